/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Housekeeping: soon after the start, for work that came due while no process ran, then one portion each minute; while there is more,
 * several a second with room for subscribers in between. While the clock is doubted nothing is done (A60). */
#include <inttypes.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "accounts/housekeeping.h"
#include "starhash/alarm.h"
#include "starhash/store.h"

#define FIRST_S 1
#define PAUSE_S 60
#define AGAIN_S 5			/* after a portion that failed, or whose answer came too late: more may wait */
#define SHARE_MS 50

struct housekeeping {
	struct accounts *accounts;
	struct alarms *alarms;
	struct osmo_timer_list timer;
	int64_t deferred_ms;		/* since when it yields to subscribers; 0: it does not */
};

/* S12 */
static void tickets_watch(const struct housekeeping *housekeeping, const struct record *facts)
{
	const int64_t late = record_number(facts, ARG_LATE, 0), soon = record_number(facts, ARG_SOON, 0);

	if (soon)
		alarm_raise(housekeeping->alarms, ALARM_TICKETS_SOON, "answers due soon: %" PRId64 "; see starhash-data tickets", soon);
	else
		alarm_clear(housekeeping->alarms, ALARM_TICKETS_SOON);
	if (late)
		alarm_raise(housekeeping->alarms, ALARM_TICKETS_LATE, "late answers: %" PRId64 "; see starhash-data tickets", late);
	else
		alarm_clear(housekeeping->alarms, ALARM_TICKETS_LATE);
}

static void keep_done(void *user, uint64_t id, const struct response *response)
{
	struct housekeeping *housekeeping = user;

	if (response->result == RESULT_OK)
		tickets_watch(housekeeping, &response->facts);
	if (response->result == RESULT_OK && response->more)
		osmo_timer_schedule(&housekeeping->timer, 0, SHARE_MS * 1000);
	else
		osmo_timer_schedule(&housekeeping->timer, response->result == RESULT_OK ? PAUSE_S : AGAIN_S, 0);
}

static void keep(void *data)
{
	struct housekeeping *housekeeping = data;
	struct request request = { .kind = REQUEST_HOUSEKEEP };
	struct response response;
	uint64_t id;

	if (!accounts_clock_sure(housekeeping->accounts)) {
		osmo_timer_schedule(&housekeeping->timer, PAUSE_S, 0);
		return;
	}
	if (accounts_defers(housekeeping->accounts, &housekeeping->deferred_ms)) {
		osmo_timer_schedule(&housekeeping->timer, 0, SHARE_MS * 1000);
		return;
	}
	request.ref = accounts_references(housekeeping->accounts, STORE_PIECE);
	if (accounts_ask(housekeeping->accounts, &request, keep_done, housekeeping, &response, &id) == 0)
		keep_done(housekeeping, id, &response);
}

struct housekeeping *housekeeping_new(void *ctx, struct accounts *accounts, struct alarms *alarms)
{
	struct housekeeping *made = talloc_zero(ctx, struct housekeeping);

	made->accounts = accounts;
	made->alarms = alarms;
	osmo_timer_setup(&made->timer, keep, made);
	osmo_timer_schedule(&made->timer, FIRST_S, 0);
	return made;
}

void housekeeping_free(struct housekeeping *housekeeping)
{
	if (!housekeeping)
		return;
	osmo_timer_del(&housekeeping->timer);
	talloc_free(housekeeping);
}
