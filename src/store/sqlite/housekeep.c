/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What has to be done when its day comes: trials that end (S7), services and questions that run out, and what is kept
 * long enough. A bounded piece at a time, so that nobody's change waits for it. */
#include <string.h>

#include "store/sqlite/change.h"
#include "starhash/calendar.h"
#include "store/sqlite/consent.h"
#include "store/sqlite/ledger.h"
#include "store/sqlite/subscriptions.h"

#define PIECE ACCOUNT_TRIALS_MAX
#define DAY_S INT64_C(86400)
#define PRUNE_DAYS 200		/* see allowance_make() */
#define PRUNE_LEAST 100

/* ---- one at a time ---- */

/* The next subscription whose day has come; call->who becomes its subscriber. */
static int due_find(struct call *call, struct subscription *subscription, bool *found)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_SUBSCRIPTION_DUE);
	int rc;

	sqlite3_bind_int64(statement, 1, calendar_date(call_day(call)));
	rc = sqlite3_step(statement);
	*found = rc == SQLITE_ROW;
	if (*found) {
		subscription_read(statement, subscription);
		call->who.msisdn = sqlite3_column_int64(statement, SUBSCRIPTION_COLUMN_COUNT);
	}
	return statement_put(statement, rc);
}

static int reschedule(const struct call *call, const struct subscription *subscription)
{
	return subscription_write(statement_get(call->connection, SQL_SUBSCRIPTION_WRITE), call->who.msisdn, subscription);
}

static int trial_announce(const struct call *call, const struct subscription *subscription)
{
	static const uint16_t fields[] = {
		FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_UNTIL, FIELD_LANGUAGE,
	};
	struct notice notice = { .facts = { .data = notice.octets, .size = sizeof(notice.octets) } };
	sqlite3_stmt *statement = call_begin(call, SQL_SUBSCRIPTION_FACTS);
	int rc;

	statement_bind_text(statement, 2, subscription->service);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		columns_put(statement, 0, fields, sizeof(fields) / sizeof(*fields), &notice.facts);
	rc = statement_put(statement, rc);
	if (rc == SQLITE_OK)
		rc = reschedule(call, subscription);
	return rc == SQLITE_OK ? notice_add(call, &notice, "trial_ending", 0, NULL) : rc;
}

static int ended_remove(const struct call *call, const struct subscription *subscription)
{
	const int rc = subscription_remove(statement_get(call->connection, SQL_SUBSCRIPTION_REMOVE), call->who.msisdn,
					   subscription->service);

	return rc == SQLITE_OK ? services_refresh(call) : rc;
}

/* A piece is as many of them as there are reference numbers for trials that end. Without a number the first such trial waits, and so
 * does all that is due after it. */
static int subscription_work(struct call *call, bool *found)
{
	struct subscription subscription;
	int rc = due_find(call, &subscription, found);

	if (rc != SQLITE_OK || !*found)
		return rc;
	switch (subscription_task(&subscription, calendar_date(call_day(call)))) {
	case SUBSCRIPTION_REMIND:
		return trial_announce(call, &subscription);
	case SUBSCRIPTION_END_TRIAL:
		*found = call->request->ref;
		if (!*found)
			return SQLITE_OK;
		return order_trial_end(call, subscription.service, call->request->ref + call->trials++);
	case SUBSCRIPTION_ENDED:
		return ended_remove(call, &subscription);
	default:
		return reschedule(call, &subscription);		/* woken too early */
	}
}

/* ---- a piece of each kind ---- */

static int singles(struct call *call, bool *more)
{
	static int (*const works[])(struct call *call, bool *found) = {
		subscription_work, kept_unanswered,
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(works) / sizeof(*works); i++) {
		bool found = true;

		for (unsigned int done = 0; rc == SQLITE_OK && found && done < PIECE; done++)
			rc = works[i](call, &found);
		*more |= found;
	}
	return rc;
}

static int prune(struct call *call, enum statement which, int64_t before, bool *more)
{
	sqlite3_stmt *statement = statement_get(call->connection, which);
	int rc;

	sqlite3_bind_int64(statement, 1, before);
	rc = statement_step(statement);
	*more |= rc == SQLITE_OK && sqlite3_changes(call->connection->db) == PIECE;
	return rc;
}

static int64_t kept_since(const struct call *call, enum kept kept)
{
	return call->request->now - call->connection->rules.kept_days[kept] * DAY_S;
}

/* ---- consents and orders: so many a day ---- */

static int orders_prune(struct connection *connection, int64_t before, int max, int *deleted)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_ORDERS_PRUNE);
	int rc;

	sqlite3_bind_int64(statement, 1, before);
	sqlite3_bind_int(statement, 2, max);
	rc = statement_step(statement);
	*deleted = rc == SQLITE_OK ? sqlite3_changes(connection->db) : 0;
	return rc;
}

static const struct scarce {
	enum kept kept;
	const char *name;
	enum statement count;
	int (*prune)(struct connection *connection, int64_t before, int max, int *deleted);
} scarce[] = {
	{ KEPT_ORDERS, "orders", SQL_ORDERS_COUNT, orders_prune },
	{ KEPT_LEDGER, "ledger", SQL_LEDGER_COUNT, ledger_prune },
	{ KEPT_LEDGER, "consent", SQL_CONSENT_COUNT, consent_prune },
};

struct allowance {
	int64_t pruned, allowed;	/* of this day */
};

/* Twice what grows old in a day when as much comes as goes, so that a backlog ends; of a long retention 1 in 100, and never so few
 * that a small database would not end. */
static int allowance_make(const struct call *call, const struct scarce *kind, struct allowance *allowance)
{
	const int64_t days = call->connection->rules.kept_days[kind->kept];
	sqlite3_stmt *statement = statement_get(call->connection, kind->count);
	int rc = sqlite3_step(statement);
	int64_t share = 0;

	if (rc == SQLITE_ROW)
		share = 2 * sqlite3_column_int64(statement, 0) / (days < PRUNE_DAYS ? days : PRUNE_DAYS);
	*allowance = (struct allowance){ .allowed = share > PRUNE_LEAST ? share : PRUNE_LEAST };
	return statement_put(statement, rc);
}

static int allowance_read(const struct call *call, const struct scarce *kind, struct allowance *allowance)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_PRUNED);
	bool found;
	int rc;

	statement_bind_text(statement, 1, kind->name);
	sqlite3_bind_int64(statement, 2, call_day(call));
	rc = sqlite3_step(statement);
	found = rc == SQLITE_ROW;
	if (found)
		*allowance = (struct allowance){ sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1) };
	rc = statement_put(statement, rc);
	return rc == SQLITE_OK && !found ? allowance_make(call, kind, allowance) : rc;
}

static int allowance_write(const struct call *call, const struct scarce *kind, const struct allowance *allowance)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_PRUNED_KEEP);

	statement_bind_text(statement, 1, kind->name);
	sqlite3_bind_int64(statement, 2, call_day(call));
	sqlite3_bind_int64(statement, 3, allowance->pruned);
	sqlite3_bind_int64(statement, 4, allowance->allowed);
	return statement_step(statement);
}

/* A62: whatever went wrong with clock or retention, there are days to see it before much is lost. */
static int scarce_prune(const struct call *call, const struct scarce *kind, bool *more)
{
	struct allowance allowance;
	int rc = allowance_read(call, kind, &allowance);
	int deleted = 0;
	int64_t max;

	if (rc != SQLITE_OK)
		return rc;
	max = allowance.allowed - allowance.pruned;
	if (max > PIECE)
		max = PIECE;
	if (max > 0)
		rc = kind->prune(call->connection, kept_since(call, kind->kept), (int)max, &deleted);
	*more |= deleted == PIECE;
	allowance.pruned += deleted;
	return rc == SQLITE_OK && deleted ? allowance_write(call, kind, &allowance) : rc;
}

static int retention(struct call *call, bool *more)
{
	int rc = prune(call, SQL_CONVERSATIONS_PRUNE, call->request->now, more);

	if (rc == SQLITE_OK)
		rc = prune(call, SQL_UNANSWERED_PRUNE, call->request->now - DAY_S, more);
	if (rc == SQLITE_OK)
		rc = prune(call, SQL_ANSWERED_PRUNE, call->request->now, more);
	if (rc == SQLITE_OK)
		rc = prune(call, SQL_NOTICES_PRUNE, call->request->now, more);
	if (rc == SQLITE_OK)
		rc = prune(call, SQL_CHANGES_PRUNE, kept_since(call, KEPT_CHANGES), more);
	if (rc == SQLITE_OK)
		rc = prune(call, SQL_VANISHED_SUBSCRIPTIONS_PRUNE, kept_since(call, KEPT_VANISHED), more);
	if (rc == SQLITE_OK)
		rc = prune(call, SQL_VANISHED_PRUNE, kept_since(call, KEPT_VANISHED), more);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(scarce) / sizeof(*scarce); i++)
		rc = scarce_prune(call, &scarce[i], more);
	return rc;
}

/* For the next start: what time it was when somebody last knew it. */
static int clock_keep(const struct call *call)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_CLOCK_KEEP);

	sqlite3_bind_int64(statement, 1, call->request->now);
	return statement_step(statement);
}

int housekeep(struct call *call)
{
	bool more = false;
	int rc = singles(call, &more);

	if (rc == SQLITE_OK)
		rc = retention(call, &more);
	if (rc == SQLITE_OK)
		rc = clock_keep(call);
	record_wipe(&call->response->facts);	/* what single orders told */
	if (more)
		record_put_number(&call->response->facts, ACCOUNT_FACT_MORE, 1);
	call->response->result = RESULT_OK;
	return rc;
}
