/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server: creation, menu reload, shutdown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "server/server_internal.h"
#include "starhash/alarm.h"
#include "starhash/conf.h"
#include "starhash/log.h"

#define WHY_SIZE 160

static const struct rate_ctr_desc counter_names[] = {
	[COUNT_BEGUN] = { "dialogs:begun", "dialogs begun" },
	[COUNT_TURNS] = { "turns", "inputs from subscribers" },
	[COUNT_ENDED] = { "dialogs:ended", "dialogs ended" },
	[COUNT_RESUMED] = { "dialogs:resumed", "dropped dialogs found again" },
	[COUNT_SILENT] = { "dialogs:silent", "dialogs ended because the subscriber did not answer" },
	[COUNT_GONE] = { "dialogs:gone", "hang-ups and aborts" },
	[COUNT_REPEATED] = { "turns:repeated", "retransmitted inputs" },
	[COUNT_CROSSED] = { "turns:crossed", "inputs while an answer was on its way" },
	[COUNT_STRAY] = { "turns:stray", "inputs that belong to no dialog" },
	[COUNT_REFUSED] = { "dialogs:refused", "begins refused because all dialogs were in use" },
	[COUNT_LATE] = { "requests:late", "turns answered before the account responded" },
	[COUNT_LATE_RESULTS] = { "results:late", "results that came after their turn was answered" },
	[COUNT_RELOADS] = { "menu:reloads", "menu trees loaded" },
	[COUNT_RELOADS_FAILED] = { "menu:reloads_failed", "menu trees rejected" },
	[COUNT_NOTIFICATIONS] = { "notifications:completed", "notifications that were sent or not wanted" },
	[COUNT_NOTIFICATIONS_LATER] = { "notifications:later", "notifications put off" },
	[COUNT_BY_MESSAGE] = { "dialogs:by_message", "questions sent as short messages instead" },
	[COUNT_RESTED] = { "dialogs:rested", "conversations left to the account store until the next text" },
	[COUNT_EVICTED] = { "dialogs:evicted", "conversations that had waited longest and made room" },
	[COUNT_REFUSED_SHARE] = { "refused:share", "begins refused because their channel had used up its share of dialogs" },
	[COUNT_REFUSED_SUBSCRIBER] = { "refused:subscriber", "inputs refused because their subscriber sent too many" },
	[COUNT_REFUSED_LINK] = { "refused:link", "inputs refused because they exceeded the rate_in of their link" },
	[COUNT_REFUSED_TEXTS] = { "refused:texts", "texts deferred because texts_max of them were being processed" },
	[COUNT_TEXTS_SAVED] = { "texts:saved", "slow texts that were saved before they were acknowledged" },
	[COUNT_TEXTS_NOT_SAVED] = { "texts:not_saved", "slow texts not saved, because they may contain a secret or the store failed" },
	[COUNT_VALUES_CUT] = { "values:cut", "names and words from outside that were shown cut, because they are wider than their width" },
	[COUNT_REFUSED_DELAY] = { "refused:delay", "dials and texts refused because they would have waited, or had waited, for too long" },
	[COUNT_DIALS_BUSY] = { "refused:waiting", "dials refused after they had waited, because of too many dialogs or a stop" },
	[COUNT_REFUSED_BARRED] = { "refused:barred", "dials, answers and texts of barred numbers" },
	[COUNT_TEXTS_AGAIN] = { "texts:again", "texts saved by an earlier process and processed by this one" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "server", .group_description = "Dialogs and turns",
	.num_ctr = ARRAY_SIZE(counter_names), .ctr_desc = counter_names,
};

static int server_destruct(struct server *server)
{
	unsigned int i;

	dialogs_fini(server);
	for (i = 0; i < server->channels_count; i++)
		server->channels[i]->ops->free(server->channels[i]);
	notifications_fini(server);
	barring_stop(server);
	admission_fini(server);
	accounts_free(server->accounts);
	reload_fini(server);
	menu_unref(server->menu);
	menu_unref(server->waiting);
	menu_copy_free(server->waiting_copy);
	rate_ctr_group_free(server->counters);
	return 0;
}

struct server *server_new(void *ctx, const struct server_settings *settings)
{
	struct server *server = talloc_zero(ctx, struct server);

	if (!server)
		return NULL;
	server->settings = *settings;
	server->clock = settings->clock ? settings->clock : &server->own_clock;
	if (!settings->limits.end.septets)
		server->settings.limits = (struct text_limits){ text_budget_ussd(160), text_budget_ussd(160) };
	if (getrandom(&server->seed, sizeof(server->seed), 0) != sizeof(server->seed))
		abort();
	notifications_init(server);
	dials_init(server);
	barring_setup(server);
	server->counters = rate_ctr_group_alloc(server, &counter_group, 0);
	if (!server->counters || dialogs_init(server) || admission_init(server)) {
		talloc_free(server);
		return NULL;
	}
	response_init(&server->response);
	talloc_set_destructor(server, server_destruct);
	return server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	server_stop(server);
	talloc_free(server);
}

/* NULL for a menu that sells nothing: the store then retains its catalogue, which may come from an import. */
static const struct catalogue *catalogue_of(const struct menu *menu)
{
	const struct catalogue *catalogue = menu ? menu_catalogue(menu) : NULL;

	return catalogue && catalogue->count ? catalogue : NULL;
}

static void set_catalogue(struct server *server)
{
	const struct catalogue *catalogue = catalogue_of(server->menu);

	if (server->accounts && catalogue)
		accounts_set_catalogue(server->accounts, catalogue);
	server->catalogue_pending = false;
}

/* ---- catalogues and retention that wait for an operator (A66) ---- */

static bool is_held(struct server *server, const struct menu *menu, char why[static WHY_SIZE])
{
	const struct catalogue *catalogue = catalogue_of(menu);

	return server->accounts && catalogue && accounts_catalogue_pending(server->accounts, catalogue, why, WHY_SIZE);
}

static void held_raise(struct server *server, const char *why, const char *meanwhile)
{
	alarm_raise(server->settings.alarms, ALARM_CATALOGUE_PENDING, "%s: %s until an operator enters \"catalogue accept\"", why,
		    meanwhile);
}

/* One alarm covers both: clear it only when neither a catalogue nor a retention waits. */
static void held_end(struct server *server)
{
	const char *retention = server->accounts ? accounts_retention_pending(server->accounts) : NULL;

	if (retention)
		held_raise(server, retention, "the longer one applies");
	else if (!server->waiting && !server->catalogue_pending)
		alarm_clear(server->settings.alarms, ALARM_CATALOGUE_PENDING);
}

/* The previous menu is not available at a start. Serve the new one with the prices in the store: an order whose price has changed is
 * answered "changed", and nobody pays a price that no operator has checked. */
void server_set_accounts(struct server *server, struct accounts *accounts)
{
	char why[WHY_SIZE];

	server->accounts = accounts;
	accounts_set_notify(accounts, notification_take, server);
	barring_start(server);
	held_end(server);
	server->catalogue_pending = is_held(server, server->menu, why);
	if (server->catalogue_pending)
		held_raise(server, why, "orders use the old catalogue");
	else
		set_catalogue(server);
}

void server_menu_loaded(struct server *server, int rc, const struct problems *problems, struct menu_copy *copy)
{
	if (server->settings.menu_loaded)
		server->settings.menu_loaded(server->settings.user, rc, problems, copy);
	else
		menu_copy_free(copy);
}

bool server_catalogue_accept(struct server *server)
{
	struct menu *menu = server->waiting;
	struct menu_copy *copy = server->waiting_copy;
	const bool any = menu || server->catalogue_pending || accounts_retention_pending(server->accounts);

	server->waiting = NULL;
	server->waiting_copy = NULL;
	if (menu) {
		server_set_menu(server, menu);
		if (!server->waiting_old)
			alarm_clear(server->settings.alarms, ALARM_MENU_OLD);
		server_menu_loaded(server, 0, &(struct problems){}, copy);
	} else if (server->catalogue_pending) {
		set_catalogue(server);
	}
	accounts_retention_accept(server->accounts);
	held_end(server);
	return any;
}

void server_add_channel(struct server *server, struct channel *channel)
{
	server->channels = talloc_realloc(server, server->channels, struct channel *, server->channels_count + 1);
	server->channels[server->channels_count++] = channel;
	channel->batch_begin = dials_batch_begin;
	channel->batch_end = dials_batch_end;
	channel->refused = dials_refused;
	channel->rx = turns_take;
	channel->sent = notification_sent;
	channel->save_text = text_save;
	channel->rx_user = origin_new(server, channel);
}

void server_set_menu(struct server *server, struct menu *menu)
{
	struct menu *old = server->menu;

	server->menu = menu;
	server->generation++;
	server_count(server, COUNT_RELOADS);
	LOGP(DMENU, LOGL_NOTICE, "menu generation %u: %zu pages, %zu languages, fingerprint %08x; %u dialogs finish on "
	     "the previous one\n", server->generation, menu_page_count(menu), menu_language_count(menu),
	     menu_fingerprint(menu), old ? menu_users(old) : 0);
	if (*menu_left_out(menu))
		LOGP(DMENU, LOGL_NOTICE, "menu: left out, since their backends are not declared: %s\n", menu_left_out(menu));
	set_catalogue(server);
	reload_retire(server, old);
}

unsigned int server_generation(const struct server *server)
{
	return server->generation;
}

bool server_notifies(const struct server *server, const char *notification)
{
	return menu_notifies(server->menu, notification);
}

int server_reload_failed(struct server *server, struct problems *problems, int rc)
{
	char first[ALARM_TEXT_SIZE], summary[64];

	server_count(server, COUNT_RELOADS_FAILED);
	conf_problems_log(problems, DMENU);
	problems_summary(problems, summary, sizeof(summary));
	LOGP(DMENU, LOGL_ERROR, "menu not reloaded: %s; generation %u stays in use\n", summary, server->generation);
	server->waiting_old = rc != -EPERM;
	if (rc != -EPERM) {
		conf_problems_summarize(problems, first, sizeof(first));
		alarm_raise(server->settings.alarms, ALARM_MENU_OLD, "%s", first);
	}
	server_menu_loaded(server, rc, problems, NULL);
	return rc;
}

int server_take_menu(struct server *server, struct menu *menu, struct menu_copy *copy, struct problems *problems)
{
	char why[WHY_SIZE];

	if (!menu)
		return server_reload_failed(server, problems, -EINVAL);		/* an earlier one may still be accepted */
	reload_drop(server, server->waiting, server->waiting_copy);
	server->waiting = NULL;
	server->waiting_copy = NULL;
	if (is_held(server, menu, why)) {
		server->waiting = menu;
		server->waiting_copy = copy;
		held_raise(server, why, "the previous menu stays in use");
		problems_add_at(problems, NULL, 0, "%s: the whole menu waits until an operator enters \"catalogue accept\"", why);
		return server_reload_failed(server, problems, -EPERM);
	}
	conf_problems_log(problems, DMENU);
	server_set_menu(server, menu);
	alarm_clear(server->settings.alarms, ALARM_MENU_OLD);
	held_end(server);
	server_menu_loaded(server, 0, problems, copy);
	return 0;
}

void server_stop(struct server *server)
{
	struct dialog *dialog = NULL;

	if (server->stopping)
		return;
	server->stopping = true;
	LOGP(DMAIN, LOGL_NOTICE, "stopping with %u dialogs open\n", server->live_count);
	server_wake(server);
	reload_stop(server);
	dials_stop(server);
	while ((dialog = dialogs_next(server, dialog)))	/* parked ones ignore it */
		dialog_step(dialog, &(struct dialog_input){ .event = ON_STOP });
}

void server_accounts_done(void *user, uint64_t id, const struct response *response)
{
	struct dialog *dialog = user;	/* its memory lives as long as the server */

	server_wake(dialog_server(dialog));
	if (texts_saved(dialog_server(dialog), id, response))
		return;
	if (id == dialog->work->save_request) {
		sms_conversation_saved(dialog, response);
		dialog_rest(dialog);
	} else if (accounts_pending(dialog_server(dialog)->accounts, id)) {
		dialog_step(dialog, &(struct dialog_input){ .event = ON_UNKNOWN });
	} else {
		dialog_work(dialog)->request = 0;
		dialog_step(dialog, &(struct dialog_input){ .event = ON_RESPONSE, .response = response });
	}
}

/* ---- shared by the other files ---- */

void server_drop(struct server *server, struct turn *turn, enum server_counter why)
{
	server_count(server, why);
	server_wipe(turn);
	if (turn->saved_receipt)
		notification_close(server, turn->saved_receipt, NOTIFICATION_SENT);
	server_answer(turn, ANSWER_NONE, "", 0);
}

void server_reply(struct server *server, struct turn *turn, const struct effect *effect)
{
	server_wipe(turn);
	turn->receipt = turn->saved_receipt;
	if (turn->receipt)
		notification_enter(server, turn->receipt);
	server_answer(turn, ANSWER_END, effect->text, effect->len);
}

void server_stamp(struct server *server, struct session_event *event)
{
	wall_clock_at(server->clock, server->now_ms);
	event->now = server->clock->now;
	event->utc_offset = server->clock->utc_offset;
	event->ref = server->accounts ? accounts_reference(server->accounts) : 0;
}

void server_peek(struct server *server, const struct menu *menu, const struct text_limits *limits, enum event_kind kind,
		 struct effect *effect)
{
	struct session_event event = { .kind = kind, .text = "" };

	server_stamp(server, &event);
	engine_step(menu, limits, &server->scratch, &event, effect);
	session_wipe(&server->scratch);
	explicit_bzero(effect->args, effect->args_len);
}

unsigned int server_dialogs(const struct server *server)
{
	return server->live_count;
}
