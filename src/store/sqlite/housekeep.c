/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Housekeeping: trials that end (S7), services and questions that expire, and records whose retention has ended. It works in bounded
 * pieces, so that no other change waits for it. */
#include "starhash/store.h"
#include "starhash/calendar.h"
#include "store/sqlite/change.h"
#include "store/sqlite/consent.h"
#include "store/sqlite/consent_version_3.h"
#include "store/sqlite/rows.h"

#define PIECE STORE_PIECE
#define DAY_S INT64_C(86400)
#define GRACE_S 10			/* time for a process with an open dialog to announce an expired question itself */

struct keeping {
	struct connection *connection;
	uint64_t ref;			/* first of PIECE reference numbers; 0: none */
	int64_t now;			/* seconds since 1970 */
	int32_t utc_offset;
	int64_t day;
};

/* ---- due work: each function prepares a request for the first item, without a subscriber if there is none ---- */

/* A subscription that is due. */
static int subscription_find(const struct keeping *keeping, struct request *request)
{
	static const uint16_t field = FIELD_SERVICE;
	sqlite3_stmt *statement = statement_get(keeping->connection, SQL_SUBSCRIPTION_DUE);
	struct record args = request_args(request);
	int rc;

	sqlite3_bind_int64(statement, 1, calendar_date(keeping->day));
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		msisdn_print(sqlite3_column_int64(statement, 0), request->subscriber.msisdn);
		columns_put(statement, 1, &field, 1, &args);
		request_set_args(request, &args);
	}
	return statement_put(statement, rc);
}

/* A conversation that expired without a dialog to announce it, unless the announcement would be too late to be useful. */
static int conversation_find(const struct keeping *keeping, struct request *request)
{
	sqlite3_stmt *statement = statement_get(keeping->connection, SQL_UNANSWERED);
	int rc;

	sqlite3_bind_int64(statement, 1, keeping->now - GRACE_S);
	sqlite3_bind_int64(statement, 2, keeping->now - DAY_S);
	sqlite3_bind_int(statement, 3, SHORT_CODE_SIZE);
	sqlite3_bind_int(statement, 4, ACCOUNT_LATE_SIZE);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		msisdn_print(sqlite3_column_int64(statement, 0), request->subscriber.msisdn);
		column_copy(statement, 1, request->conversation.short_code, sizeof(request->conversation.short_code));
	}
	return statement_put(statement, rc);
}

static const struct {
	enum request_kind kind;
	int (*find)(const struct keeping *keeping, struct request *request);
} works[] = {
	{ REQUEST_SUBSCRIPTION_DUE, subscription_find },
	{ REQUEST_CONVERSATION_DUE, conversation_find },
};

/* Do a piece of one kind: as many items as there are reference numbers for the orders that they may cause. Stops at an item that cannot
 * be done now, which is then the first of the next piece. */
static int works_do(const struct keeping *keeping, size_t work, bool *more)
{
	struct response response;
	struct request request;
	int rc = SQLITE_OK;

	*more = true;
	for (unsigned int i = 0; i < PIECE; i++) {
		request = (struct request){
			.kind = works[work].kind, .ref = keeping->ref ? keeping->ref + i : 0, .now = keeping->now,
			.utc_offset = keeping->utc_offset,
		};
		rc = works[work].find(keeping, &request);
		if (rc != SQLITE_OK)
			return rc;
		*more = request.subscriber.msisdn[0];
		response_init(&response);
		if (*more)
			rc = account_change(keeping->connection, &keeping->connection->rules, &request, &response);
		*more = response.result == RESULT_OK || response.result == RESULT_ACCEPTED;
		if (rc != SQLITE_OK || !*more)
			return rc;
	}
	return rc;
}

/* ---- retention ---- */

static int prune(const struct keeping *keeping, enum statement which, int64_t before, bool *more)
{
	sqlite3_stmt *statement = statement_get(keeping->connection, which);
	int rc;

	sqlite3_bind_int64(statement, 1, before);
	rc = statement_step(statement);
	*more |= rc == SQLITE_OK && sqlite3_changes(keeping->connection->db) == PIECE;
	return rc;
}

static int64_t before(const struct keeping *keeping, enum retention kind)
{
	return keeping->now - keeping->connection->rules.retention_days[kind] * DAY_S;
}

/* ---- retention of consents and orders, with a limit per day ---- */

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
	enum retention kind;
	const char *name;
	enum statement count;
	int (*prune)(struct connection *connection, int64_t before, int max, int *deleted);
} scarces[] = {
	{ RETENTION_ORDERS, "orders", SQL_ORDERS_COUNT, orders_prune },
	{ RETENTION_CONSENTS, "ledger", SQL_LEDGER_COUNT, ledger_prune },
	{ RETENTION_CONSENTS, "consent", SQL_CONSENT_COUNT, consent_prune },
};

struct allowance {
	int64_t pruned, allowed;	/* of this day */
};

/* The one recorded for this day, or else a new one. */
static int allowance_read(const struct keeping *keeping, const struct scarce *scarce, struct allowance *allowance)
{
	sqlite3_stmt *statement = statement_get(keeping->connection, SQL_PRUNED);
	int64_t count;
	bool found;
	int rc;

	statement_bind_text(statement, 1, scarce->name);
	sqlite3_bind_int64(statement, 2, keeping->day);
	rc = sqlite3_step(statement);
	found = rc == SQLITE_ROW;
	if (found)
		*allowance = (struct allowance){ sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1) };
	rc = statement_put(statement, rc);
	if (rc != SQLITE_OK || found)
		return rc;
	statement = statement_get(keeping->connection, scarce->count);
	rc = sqlite3_step(statement);
	count = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	*allowance = (struct allowance){
		.allowed = retention_allowed(count, keeping->connection->rules.retention_days[scarce->kind]),
	};
	return statement_put(statement, rc);
}

/* A62: if the clock or the retention is wrong, the daily limit leaves days to react before much is lost. */
static int scarce_prune(const struct keeping *keeping, const struct scarce *scarce, bool *more)
{
	struct allowance allowance;
	int rc = allowance_read(keeping, scarce, &allowance);
	sqlite3_stmt *statement;
	int deleted = 0;
	int64_t max;

	if (rc != SQLITE_OK)
		return rc;
	max = allowance.allowed - allowance.pruned;
	if (max > PIECE)
		max = PIECE;
	if (max > 0)
		rc = scarce->prune(keeping->connection, before(keeping, scarce->kind), (int)max, &deleted);
	*more |= deleted == PIECE;
	allowance.pruned += deleted;
	if (rc != SQLITE_OK || !deleted)
		return rc;
	statement = statement_get(keeping->connection, SQL_PRUNED_SAVE);
	statement_bind_text(statement, 1, scarce->name);
	sqlite3_bind_int64(statement, 2, keeping->day);
	sqlite3_bind_int64(statement, 3, allowance.pruned);
	sqlite3_bind_int64(statement, 4, allowance.allowed);
	return statement_step(statement);
}

static int retention(const struct keeping *keeping, bool *more)
{
	int rc = prune(keeping, SQL_CONVERSATIONS_PRUNE, keeping->now, more);

	if (rc == SQLITE_OK)
		rc = prune(keeping, SQL_UNANSWERED_PRUNE, keeping->now - DAY_S, more);
	if (rc == SQLITE_OK)
		rc = prune(keeping, SQL_ANSWERED_PRUNE, keeping->now, more);
	if (rc == SQLITE_OK)
		rc = prune(keeping, SQL_NOTIFICATIONS_PRUNE, keeping->now, more);
	if (rc == SQLITE_OK)
		rc = prune(keeping, SQL_REPLAYS_PRUNE, before(keeping, RETENTION_REPLAYS), more);
	if (rc == SQLITE_OK)
		rc = prune(keeping, SQL_VANISHED_SUBSCRIPTIONS_PRUNE, before(keeping, RETENTION_VANISHED), more);
	if (rc == SQLITE_OK)
		rc = prune(keeping, SQL_VANISHED_PRUNE, before(keeping, RETENTION_VANISHED), more);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(scarces) / sizeof(*scarces); i++)
		rc = scarce_prune(keeping, &scarces[i], more);
	return rc;
}

int housekeep(struct connection *connection, const struct request *request, struct response *response)
{
	const struct keeping keeping = {
		.connection = connection, .ref = request->ref, .now = request->now, .utc_offset = request->utc_offset,
		.day = day_of(request->now, request->utc_offset),
	};
	sqlite3_stmt *clock = statement_get(connection, SQL_CLOCK_SAVE);
	bool more = false;
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(works) / sizeof(*works); i++) {
		bool there;

		rc = works_do(&keeping, i, &there);
		more |= there;
	}
	if (rc == SQLITE_OK)
		rc = retention(&keeping, &more);
	if (rc == SQLITE_OK) {
		/* record the time for the next start (A60) */
		sqlite3_bind_int64(clock, 1, keeping.now);
		rc = statement_step(clock);
	}
	response->more = more;
	response->result = RESULT_OK;
	return rc;
}
