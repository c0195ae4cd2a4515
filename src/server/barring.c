/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Barred numbers: a polite text for those who dial, no answer for those who text. The set follows the account store, which the operator's
 * tool changes, too. A link that knows only IMSIs finds a barred MSISDN when the account is known, before a page is shown or anything is
 * changed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/server_internal.h"
#include "starhash/alarm.h"
#include "starhash/log.h"

#define SYNC_S 2
#define LOG_INTERVAL_S 60
#define CLOCK_OFF_S 60			/* a clock that differs by more is wrong */
#define TEXT "Sorry, this service is not available for your number."

const struct bar *barring_of(const struct server *server, const struct subscriber *subscriber)
{
	const struct barring *barring = &server->barring;
	const struct bar *bar = NULL;

	if (!barring->count)
		return NULL;
	wall_clock_read(server->clock);
	if (subscriber->msisdn[0])
		bar = barring_find(barring, subscriber->msisdn, server->clock->now);
	return bar || !subscriber->imsi[0] ? bar : barring_find(barring, subscriber->imsi, server->clock->now);
}

bool barring_of_dialog(const struct dialog *dialog)
{
	const struct server *server = dialog_server(dialog);
	struct subscriber subscriber;

	if (!server->barring.count)
		return false;
	subscriber = dialog_subscriber(dialog);
	return barring_of(server, &subscriber);
}

static const char *text_of(const struct server *server)
{
	return server->settings.barred_text ? server->settings.barred_text : TEXT;
}

/* A dialog that was open before ends, too. */
bool barring_takes(struct server *server, struct turn *turn)
{
	const char *text = text_of(server);
	struct dialog *dialog;

	if (turn->kind == TURN_GONE || !barring_of(server, &turn->subscriber))
		return false;
	dialog = dialog_find(server, &turn->peer);
	origin_of(turn->peer.channel)->open++;
	if (turn->kind == TURN_TEXT) {
		server_drop(server, turn, COUNT_REFUSED_BARRED);
	} else {
		server_count(server, COUNT_REFUSED_BARRED);
		server_wipe(turn);
		server_answer(turn, ANSWER_END, text, strlen(text));
	}
	if (dialog)
		dialog_step(dialog, &(struct dialog_input){ .event = ON_GONE });
	return true;
}

void barring_end(struct dialog *dialog, struct effect *effect)
{
	struct server *server = dialog_server(dialog);

	if (!dialog->work->turn || effect->kind == EFFECT_CALL || !barring_of_dialog(dialog))
		return;
	server_count(server, COUNT_REFUSED_BARRED);
	effect->kind = EFFECT_END;
	effect->parked = effect->served = effect->by_message = effect->notify_silence = false;
	effect->len = (size_t)snprintf(effect->text, sizeof(effect->text), "%s",
				       dialog_channel(dialog)->traits.by_short_code ? "" : text_of(server));
}

/* ---- changes ---- */

static void adjusted(void *user, uint64_t id, const struct response *response)
{
	if (response->result != RESULT_OK)
		LOGP(DMAIN, LOGL_ERROR, "a bar was not stored with the right time, which counts until this process ends: enter it again\n");
}

/* A new change was made since the store was last read: if the clock of the tool's machine says otherwise, its length counts from now on. It
 * is stored again, for the next process. */
static void adjust(struct server *server, struct bar *bar)
{
	const int64_t off = server->clock->now - bar->since;
	struct response response;
	char masked[MASKED_SIZE];
	unsigned int suppressed;
	uint64_t id;

	if (bar->id <= server->barring_newest || (bar->since >= server->barring_read - CLOCK_OFF_S && off >= -CLOCK_OFF_S))
		return;
	if (log_allowed(&server->barring_limit, LOG_INTERVAL_S, &suppressed))
		LOGP(DMAIN, LOGL_NOTICE, "%s was barred or unbarred where the clock is %" PRId64 " s %s: this counts from now on (%u more "
		     "since the last such line)\n", log_masked(bar->number, masked), off > 0 ? off : -off, off > 0 ? "behind" : "ahead",
		     suppressed);
	bar->since += off;
	bar->until += bar->until ? off : 0;
	if (accounts_bar(server->accounts, bar, adjusted, server, &response, &id) == 0)
		adjusted(server, id, &response);
}

/* A new change by starhash-data: one by the VTY is not new to the set. */
static void audit(const struct server *server, const struct bar *bar)
{
	const struct bar *was = barring_entry(&server->barring, bar->number);
	const bool bars = !bar_is_end(bar);
	char masked[MASKED_SIZE];

	if (bar->id <= server->barring_newest || (bars ? was && was->since == bar->since && was->until == bar->until : !was))
		return;
	LOGP(DMAIN, LOGL_NOTICE, "audit: starhash-data, %s: %s %s%s%s\n", bar->staff, bars ? "bar" : "unbar",
	     log_masked(bar->number, masked), was ? ", barred by " : "", was ? was->staff : "");
}

/* What does not fit is read again when there is room. */
static void apply(struct server *server, struct bar *bar)
{
	char masked[MASKED_SIZE];

	server->barring_id = bar->id;
	if (!bar_number_valid(bar->number))
		return;
	audit(server, bar);
	adjust(server, bar);
	if (barring_put(&server->barring, bar, server->clock->now) == 0 || server->barring_missed)
		return;
	server->barring_missed = bar->id;
	alarm_raise(server->settings.alarms, ALARM_BARRED_FULL, "%u numbers are barred, as many as barred_max allows: %s is served, and "
		    "perhaps others. Raise barred_max and restart, bar prefixes, or unbar numbers", server->barring.count,
		    log_masked(bar->number, masked));
}

int server_bar(struct server *server, const struct bar *bar, accounts_done *done, void *user, struct response *response, uint64_t *id)
{
	const int rc = barring_put(&server->barring, bar, server->clock->now);

	return rc ? rc : accounts_bar(server->accounts, bar, done, user, response, id);
}

static void sync_done(void *user, uint64_t id, const struct response *response)
{
	struct server *server = user;
	struct record row;
	struct bar bar;

	wall_clock_read(server->clock);
	for (unsigned int i = 0; response->result == RESULT_OK && rows_at(&response->rows, i, &row); i++) {
		bar_read(&row, &bar);
		apply(server, &bar);
	}
	if (response->result == RESULT_OK && !response->more) {
		server->barring_newest = server->barring_id;
		server->barring_read = server->clock->now;
		if (!server->barring_missed)
			alarm_clear(server->settings.alarms, ALARM_BARRED_FULL);
	}
	osmo_timer_schedule(&server->barring_timer, response->result == RESULT_OK && response->more ? 0 : SYNC_S, 0);
}

static void sync(void *data)
{
	struct server *server = data;
	struct request request = { .kind = REQUEST_BARRED };
	struct response response;
	uint64_t id;

	if (server->barring_missed) {
		wall_clock_read(server->clock);
		barring_expire(&server->barring, server->clock->now);
	}
	if (server->barring_missed && server->barring.count < server->barring.max) {
		server->barring_id = server->barring_missed - 1;
		server->barring_missed = 0;
	}
	request.id = server->barring_id;
	if (accounts_submit_for(server->accounts, &request, sync_done, server, &response, &id) == 0)
		sync_done(server, id, &response);
}

void barring_start(struct server *server)
{
	osmo_timer_schedule(&server->barring_timer, 0, 0);
}

void barring_setup(struct server *server)
{
	barring_init(&server->barring, server->settings.barred_max, server->seed);
	server->barring_newest = INT64_MAX;
	osmo_timer_setup(&server->barring_timer, sync, server);
}

void barring_stop(struct server *server)
{
	osmo_timer_del(&server->barring_timer);
	barring_fini(&server->barring);
}
