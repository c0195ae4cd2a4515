/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* VTY commands to inspect and control the running server. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/misc.h>
#include <osmocom/vty/telnet_interface.h>

#include "server/server_internal.h"
#include "starhash/alarm.h"
#include "starhash/conf.h"
#include "starhash/log.h"

#define SHOWN_MAX 50
#define IMSI_DIGITS_MIN 6	/* ITU-T E.212: country, network and at least one digit */

/* VTY commands have no user pointer of their own; daemon/vty.c stored it in the telnet connection. */
static const struct vty_user *user_of(const struct vty *vty)
{
	const struct telnet_connection *connection = vty->priv;

	return connection->priv;
}

static struct server *server_of(const struct vty *vty)
{
	return user_of(vty)->server;
}

static uint64_t count_of(const struct server *server, enum server_counter counter)
{
	return rate_ctr_group_get_ctr(server->counters, counter)->current;
}

static void show_list(struct vty *vty, const struct server *server, const struct dialog_list *list, unsigned int *left)
{
	const struct dialog *dialog;

	for (uint32_t id = list->first; id && *left; id = dialog->next, (*left)--) {
		const uint32_t now = (uint32_t)(clock_monotonic_ms() / WHEEL_TICK_MS);
		const struct session *session;
		struct subscriber subscriber;
		char masked[MASKED_SIZE];

		dialog = dialog_at(server, id);
		session = dialog_session(dialog);
		subscriber = dialog_subscriber(dialog);
		vty_out(vty, " %-16s %-12s %-20s part %u  %4lld s  %s%s",
			log_masked(subscriber.msisdn[0] ? subscriber.msisdn : subscriber.imsi, masked), dialog_channel(dialog)->name,
			session ? menu_page_name(dialog->menu, session->page) : "", session ? session->part + 1 : 1,
			(long long)(uint32_t)(now - dialog->began) * WHEEL_TICK_MS / 1000, dialog_state_name(dialog), VTY_NEWLINE);
	}
}

DEFUN(show_dialogs, show_dialogs_cmd, "show dialogs",
      SHOW_STR "Live dialogs and those that may be resumed, on each link the longest waiting first, numbers masked\n")
{
	const struct server *server = server_of(vty);
	unsigned int left = SHOWN_MAX;

	vty_out(vty, "%u live, %u dropped, room for %u%s", server->live_count, server->parked_count,
		server->settings.dialogs_max, VTY_NEWLINE);
	show_list(vty, server, &server->busy, &left);
	for (unsigned int i = 0; i < server->channels_count; i++)
		show_list(vty, server, &origin_of(server->channels[i])->waiting, &left);
	show_list(vty, server, &server->parked, &left);
	if (!left)
		vty_out(vty, " … the first %d%s", SHOWN_MAX, VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(show_links, show_links_cmd, "show links", SHOW_STR "Links to the network, and the account store\n")
{
	const struct server *server = server_of(vty);
	char line[2048];
	unsigned int i;

	for (i = 0; i < server->channels_count; i++) {
		const struct channel *channel = server->channels[i];

		channel->ops->describe(channel, line, sizeof(line));
		vty_out(vty, " %s%s", line, VTY_NEWLINE);
	}
	accounts_describe(server->accounts, line, sizeof(line));
	vty_out(vty, " accounts: %s%s", line, VTY_NEWLINE);
	if (server->settings.journal) {
		journal_describe(server->settings.journal, line, sizeof(line));
		vty_out(vty, " journal: %s%s", line, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

DEFUN(show_backends, show_backends_cmd, "show backends", SHOW_STR "The operator's own HTTP services\n")
{
	const struct backends *backends = server_of(vty)->settings.backends;
	char line[2048];

	for (unsigned int i = 0; i < backends_count(backends); i++) {
		backends_describe(backends, i, line, sizeof(line));
		vty_out(vty, " %s%s", line, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

DEFUN(show_door, show_door_cmd, "show door", SHOW_STR "The HTTP server for the operator's systems\n")
{
	const struct server_settings *settings = &server_of(vty)->settings;
	char line[1024];

	if (settings->describe_door && settings->describe_door(settings->user, line, sizeof(line)))
		vty_out(vty, " %s%s", line, VTY_NEWLINE);
	else
		vty_out(vty, " none is configured%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(show_load, show_load_cmd, "show load",
      SHOW_STR "How long inputs wait, what is admitted and refused, and how full the queues are\n")
{
	static const struct { enum server_counter counter; const char *why; } refusals[] = {
		{ COUNT_REFUSED_DELAY, "would wait too long" }, { COUNT_DIALS_BUSY, "after waiting" },
		{ COUNT_REFUSED, "all dialogs in use" }, { COUNT_REFUSED_SHARE, "share of their link" },
		{ COUNT_REFUSED_SUBSCRIBER, "rate of their subscriber" }, { COUNT_REFUSED_LINK, "rate of their link" },
		{ COUNT_REFUSED_TEXTS, "texts_max" }, { COUNT_REFUSED_BARRED, "barred" },
	};
	struct server *server = server_of(vty);
	const struct server_settings *settings = &server->settings;
	const int64_t now_us = clock_monotonic_us();
	char line[512];

	vty_out(vty, " delay of dials: %.1f ms, at worst %.1f ms in the last minute; target %u ms%s", dials_delay(server, now_us) / 1e3,
		dials_worst(server, now_us) / 1e3, settings->delay_target_ms, VTY_NEWLINE);
	vty_out(vty, " time of a turn: %.1f us%s", server->pace.turn_ns / 1e3, VTY_NEWLINE);
	vty_out(vty, " dialogs begun: %" PRIu64 "%s inputs refused:%s", count_of(server, COUNT_BEGUN), VTY_NEWLINE, VTY_NEWLINE);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		vty_out(vty, "  %10" PRIu64 " %s%s", count_of(server, refusals[i].counter), refusals[i].why, VTY_NEWLINE);
	vty_out(vty, " dialogs: %u of %u%s", server->live_count + server->parked_count, settings->dialogs_max, VTY_NEWLINE);
	for (unsigned int i = 0; i < server->channels_count; i++) {
		const struct origin *origin = origin_of(server->channels[i]);

		vty_out(vty, " %s: %u of %u dialogs, %u of %u dials waiting, %u turns open%s%s", origin->channel->name, origin->live,
			origin->share, origin->dials.count, settings->dials_max, origin->open,
			origin->channel->full ? ", refuses dials" : "", VTY_NEWLINE);
	}
	accounts_queues_describe(server->accounts, line, sizeof(line));
	vty_out(vty, " accounts: %s%s", line, VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(show_menu, show_menu_cmd, "show menu", SHOW_STR "The menu tree in use\n")
{
	const struct server *server = server_of(vty);
	const struct menu *menu = server->menu;
	const struct alarm_state *old = server->settings.alarms ? alarm_state(server->settings.alarms, ALARM_MENU_OLD) : NULL;
	const struct dialog *dialog = NULL;
	unsigned int on_it = 0;
	size_t i;

	while ((dialog = dialogs_next(server, dialog)))
		on_it += dialog->state != DIALOG_PARKED && dialog->menu == menu;		/* the others finish on older trees */

	vty_out(vty, " generation %u, fingerprint %08x: %zu pages%s", server->generation, menu_fingerprint(menu),
		menu_page_count(menu), VTY_NEWLINE);
	vty_out(vty, " languages:");
	for (i = 0; i < menu_language_count(menu); i++)
		vty_out(vty, " %s", menu_language(menu, i));
	vty_out(vty, "%s %u dialogs on it, %u finishing on older generations%s", VTY_NEWLINE, on_it,
		server->live_count - on_it, VTY_NEWLINE);
	if (reload_runs(server))
		vty_out(vty, " being reloaded%s", VTY_NEWLINE);
	if (*menu_left_out(menu))
		vty_out(vty, " left out, since their backends are not declared: %s%s", menu_left_out(menu), VTY_NEWLINE);
	if (old && old->raised) {
		const time_t since = old->since_s;
		char at[32];

		strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S UTC", gmtime(&since));
		vty_out(vty, " OLDER than the files of the menu, which could not be loaded, since %s: %s%s", at, old->text, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

DEFUN(show_counters, show_counters_cmd, "show counters", SHOW_STR "Counters of the server and of every link\n")
{
	vty_out_statistics_full(vty, " ");
	return CMD_SUCCESS;
}

DEFUN(show_alarms, show_alarms_cmd, "show alarm-states", SHOW_STR "Alarms: which are raised, and how often since the start\n")
{
	const struct server *server = server_of(vty);
	unsigned int i;

	for (i = 0; server->settings.alarms && i < ALARM_COUNT; i++) {
		const struct alarm_state *state = alarm_state(server->settings.alarms, i);

		vty_out(vty, " %-20s %-6s %8" PRIu64 "  %s%s", state->name, state->raised ? "RAISED" : "-", state->count,
			state->count ? state->text : state->help, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

static struct channel *channel_named(const struct server *server, const char *name)
{
	unsigned int i;

	for (i = 0; i < server->channels_count; i++)
		if (!strcmp(server->channels[i]->name, name))
			return server->channels[i];
	return NULL;
}

/* What is wrong with a number that was typed; NULL: nothing. */
static const char *number_problem(const char *number, bool by_imsi)
{
	const size_t digits = strspn(number, "0123456789");
	const size_t least = by_imsi ? IMSI_DIGITS_MIN : 1;

	if (!number[digits] && digits >= least && digits < IMSI_SIZE)
		return NULL;
	return by_imsi ? "an IMSI has 6 to 15 digits" : "an MSISDN has 1 to 15 digits, without \"+\"";
}

/* Why a channel refused an unsolicited text. */
static const char *notify_problem(int rc, bool by_imsi)
{
	if (rc == -EDESTADDRREQ)
		return by_imsi ? "this link takes an MSISDN only" : "this link takes an IMSI only";
	if (rc == -ENOTSUP)
		return "this link is not configured to show unsolicited texts";
	return strerror(-rc);
}

DEFUN(notify, notify_cmd, "notify LINK (imsi|msisdn) NUMBER .TEXT",
      "Show a text on a phone that is not in a dialog\n"
      "Name of a link, see 'show links'\n" "By IMSI\n" "By MSISDN\n" "Digits\n" "The text\n")
{
	struct channel *channel = channel_named(server_of(vty), argv[0]);
	const bool by_imsi = !strcmp(argv[1], "imsi");
	const char *problem = number_problem(argv[2], by_imsi);
	struct subscriber subscriber = {};
	char *text;
	int rc;

	if (!channel) {
		vty_out(vty, "%% there is no link '%s'%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (problem) {
		vty_out(vty, "%% not sent: %s%s", problem, VTY_NEWLINE);
		return CMD_WARNING;
	}
	osmo_strlcpy(by_imsi ? subscriber.imsi : subscriber.msisdn, argv[2], IMSI_SIZE);
	text = argv_concat(argv, argc, 3);
	rc = channel->ops->notify(channel, &subscriber, &(struct channel_text){ .text = text, .len = strlen(text) });
	talloc_free(text);
	if (rc) {
		vty_out(vty, "%% not sent: %s%s", notify_problem(rc, by_imsi), VTY_NEWLINE);
		return CMD_WARNING;
	}
	vty_out(vty, "sent%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(clock_accept, clock_accept_cmd, "clock accept",
      "The machine's clock\n" "Trust it again, after the alarm clock:jump\n")
{
	accounts_clock_accept(server_of(vty)->accounts);
	vty_out(vty, "the machine's clock is trusted again%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(catalogue_accept, catalogue_accept_cmd, "catalogue accept",
      "Services and retention of records\n" "Accept the pending catalogue, after the alarm catalogue:pending\n")
{
	if (!server_catalogue_accept(server_of(vty))) {
		vty_out(vty, "%% nothing is pending%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	vty_out(vty, "accepted; a changed retention applies from the next start%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(show_messages, show_messages_cmd, "show messages",
      SHOW_STR "Messages that answer nothing: how many of each kind wait and were sent, and how long many will take\n")
{
	const struct server *server = server_of(vty);
	char line[256];
	int len;

	for (unsigned int i = 0; (len = accounts_messages_describe(server->accounts, i, line, sizeof(line))) >= 0; i++)
		if (len)
			vty_out(vty, " %s%s", line, VTY_NEWLINE);
	return CMD_SUCCESS;
}

static int messages_pause_kind(struct vty *vty, const char *kind, bool pause)
{
	if (!accounts_messages_pause(server_of(vty)->accounts, kind, pause)) {
		vty_out(vty, "%% unknown kind of message '%s'%s", kind, VTY_NEWLINE);
		return CMD_WARNING;
	}
	vty_out(vty, "%s%s", pause ? "paused until it is resumed or the process ends" : "resumed", VTY_NEWLINE);
	return CMD_SUCCESS;
}

#define MESSAGES_STR "Messages that answer nothing\n"
#define MESSAGE_KIND_STR "A kind, as menus name it\n"

DEFUN(messages_pause, messages_pause_cmd, "messages pause KIND", MESSAGES_STR "Send no more of a kind\n" MESSAGE_KIND_STR)
{
	return messages_pause_kind(vty, argv[0], true);
}

DEFUN(messages_resume, messages_resume_cmd, "messages resume KIND", MESSAGES_STR "Send a paused kind again\n" MESSAGE_KIND_STR)
{
	return messages_pause_kind(vty, argv[0], false);
}

/* ---- barred numbers ---- */

static int print_bar(void *user, const struct bar *bar)
{
	struct vty *vty = user;
	char since[24], until[24] = "ended by hand";
	const time_t times[] = { bar->since, bar->until };
	struct tm tm;

	strftime(since, sizeof(since), "%Y-%m-%d %H:%M", localtime_r(&times[0], &tm));
	if (bar->until)
		strftime(until, sizeof(until), "%Y-%m-%d %H:%M", localtime_r(&times[1], &tm));
	vty_out(vty, " %-16s %s until %s, by %s: %s%s", bar->number, since, until, bar->staff, bar->reason, VTY_NEWLINE);
	return 0;
}

DEFUN(show_barred, show_barred_cmd, "show barred", SHOW_STR "Numbers and prefixes that are not served, and why\n")
{
	struct server *server = server_of(vty);

	wall_clock_read(server->clock);
	barring_expire(&server->barring, server->clock->now);
	vty_out(vty, " %u of %u%s", server->barring.count, server->barring.max, VTY_NEWLINE);
	barring_visit(&server->barring, print_bar, vty);
	return CMD_SUCCESS;
}

/* A "bar" or "unbar" that is being stored. Below the connection. */
struct waiting_bar {
	struct server *server;
	struct vty *vty;
	bool bars;
	uint64_t id;
};

static int waiting_destruct(struct waiting_bar *waiting)
{
	accounts_forget(waiting->server->accounts, waiting->id);
	return 0;
}

static void bar_result(bool bars, enum result result, char *out, size_t size)
{
	snprintf(out, size, "%s%s", bars ? "barred" : "no longer barred", result == RESULT_OK ? "" : result == RESULT_UNKNOWN ?
		 ", but not yet stored: look later with \"starhash-data barred\"" :
		 ", but only until this process ends, since it was not stored: see the log, and enter it again");
}

static void bar_done(void *user, uint64_t id, const struct response *response)
{
	struct waiting_bar *waiting = user;
	struct vty *vty = waiting->vty;
	char text[128];

	bar_result(waiting->bars, response->result, text, sizeof(text));
	talloc_free(waiting);
	user_of(vty)->answered(vty, text, response->result != RESULT_OK);
}

/* Whether there is something to end, or it is not known because the set does not have all. */
static bool can_unbar(struct vty *vty, const char *number)
{
	const struct server *server = server_of(vty);
	char digits[BAR_NUMBER_SIZE];
	const struct bar *other;

	if (barring_entry(&server->barring, number) || server->barring_missed || server->barring_newest == INT64_MAX)
		return true;
	osmo_strlcpy(digits, number, strcspn(number, "*") + 1);
	other = barring_find(&server->barring, digits, server->clock->now);
	vty_out(vty, "%% %s is not barred%s%s%s", number, other ? " by itself, but by " : "", other ? other->number : "", VTY_NEWLINE);
	return false;
}

static int bar(struct vty *vty, const char *number, int64_t for_s, const char **reason, int words)
{
	struct server *server = server_of(vty);
	struct bar bar = {};
	struct waiting_bar *waiting;
	struct response response;
	char *text, result[128];
	int rc;

	if (!bar_number_valid(number)) {
		vty_out(vty, "%% not a number of 1 to 15 digits, or a prefix with \"*\" at its end%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	wall_clock_read(server->clock);
	if (!for_s && !can_unbar(vty, number))
		return CMD_WARNING;
	bar.since = server->clock->now;
	bar.until = for_s < 0 ? 0 : bar.since + for_s;
	osmo_strlcpy(bar.number, number, sizeof(bar.number));
	osmo_strlcpy(bar.staff, user_of(vty)->who, sizeof(bar.staff));
	text = argv_concat(reason, words, 0);
	osmo_strlcpy(bar.reason, text ? text : "", sizeof(bar.reason));
	talloc_free(text);
	waiting = talloc_zero(vty->priv, struct waiting_bar);
	OSMO_ASSERT(waiting);
	waiting->server = server;
	waiting->vty = vty;
	waiting->bars = for_s;
	rc = server_bar(server, &bar, bar_done, waiting, &response, &waiting->id);
	if (rc == -EINPROGRESS) {
		talloc_set_destructor(waiting, waiting_destruct);
		user_of(vty)->wait(vty);
		return CMD_SUCCESS;
	}
	talloc_free(waiting);
	if (rc) {
		vty_out(vty, "%% not barred: %s%s", rc == -ENOSPC ? "barred_max numbers are already" : strerror(-rc), VTY_NEWLINE);
		return CMD_WARNING;
	}
	bar_result(for_s, response.result, result, sizeof(result));
	vty_out(vty, "%s%s%s", response.result == RESULT_OK ? "" : "% ", result, VTY_NEWLINE);
	return response.result == RESULT_OK ? CMD_SUCCESS : CMD_WARNING;
}

#define BAR_STR "Do not serve a number\n"
#define NUMBER_STR "Digits of an MSISDN or IMSI; all that begin so: with \"*\" at the end\n"
#define REASON_STR "Why\n" "For colleagues\n"

DEFUN(bar_number, bar_number_cmd, "bar NUMBER reason .TEXT", BAR_STR NUMBER_STR REASON_STR)
{
	return bar(vty, argv[0], -1, argv + 1, argc - 1);
}

DEFUN(bar_for, bar_for_cmd, "bar NUMBER for <1-87600> reason .TEXT", BAR_STR NUMBER_STR "For a time\n" "Hours\n" REASON_STR)
{
	return bar(vty, argv[0], strtoll(argv[1], NULL, 10) * 3600, argv + 2, argc - 2);
}

DEFUN(bar_until, bar_until_cmd, "bar NUMBER until DATE reason .TEXT", BAR_STR NUMBER_STR "Until a day\n" "YYYY-MM-DD, the operator's time\n"
      REASON_STR)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *rest = strptime(argv[1], "%Y-%m-%d", &tm);
	const int64_t left_s = rest && !*rest ? mktime(&tm) - clock_wall_ms() / 1000 : 0;

	if (left_s > 0)
		return bar(vty, argv[0], left_s, argv + 2, argc - 2);
	vty_out(vty, "%% not a day to come: YYYY-MM-DD%s", VTY_NEWLINE);
	return CMD_WARNING;
}

DEFUN(unbar, unbar_cmd, "unbar NUMBER", "Serve a number again\n" NUMBER_STR)
{
	static const char *none[] = { "" };

	return bar(vty, argv[0], 0, none, 1);
}

void server_vty_init(struct server *server)
{
	install_element_ve(&show_dialogs_cmd);
	install_element_ve(&show_links_cmd);
	install_element_ve(&show_load_cmd);
	install_element_ve(&show_backends_cmd);
	install_element_ve(&show_door_cmd);
	install_element_ve(&show_menu_cmd);
	install_element_ve(&show_counters_cmd);
	install_element_ve(&show_alarms_cmd);
	install_element_ve(&show_messages_cmd);
	install_element(ENABLE_NODE, &show_barred_cmd);	/* whole numbers */
	install_element(ENABLE_NODE, &bar_number_cmd);
	install_element(ENABLE_NODE, &bar_for_cmd);
	install_element(ENABLE_NODE, &bar_until_cmd);
	install_element(ENABLE_NODE, &unbar_cmd);
	install_element(ENABLE_NODE, &notify_cmd);
	install_element(ENABLE_NODE, &messages_pause_cmd);
	install_element(ENABLE_NODE, &messages_resume_cmd);
	install_element(ENABLE_NODE, &clock_accept_cmd);
	install_element(ENABLE_NODE, &catalogue_accept_cmd);
}
