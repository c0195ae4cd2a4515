/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Housekeeping: trials that end (S7), services and questions that expire, and records whose retention has ended. It works in bounded
 * pieces, so that no other change waits for it. */
#include <string.h>

#include "starhash/store.h"
#include "starhash/calendar.h"
#include "store/sql/change.h"
#include "store/sql/consent.h"
#include "store/sql/rows.h"

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
	struct statement *statement = statement_get(keeping->connection, SQL_SUBSCRIPTION_DUE);
	struct record args = request_args(request);
	int rc;

	statement_bind_number(statement, 1, calendar_date(keeping->day));
	rc = statement_next(statement);
	if (rc == DB_ROW) {
		msisdn_print(column_number(statement, 0), request->subscriber.msisdn);
		columns_put(statement, 1, &field, 1, &args);
		request_set_args(request, &args);
	}
	return statement_put(statement, rc);
}

/* A conversation that expired without a dialog to announce it, unless the announcement would be too late to be useful. */
static int conversation_find(const struct keeping *keeping, struct request *request)
{
	struct statement *statement = statement_get(keeping->connection, SQL_UNANSWERED);
	int rc;

	statement_bind_number(statement, 1, keeping->now - GRACE_S);
	statement_bind_number(statement, 2, keeping->now - DAY_S);
	statement_bind_number(statement, 3, SHORT_CODE_SIZE);
	statement_bind_number(statement, 4, ACCOUNT_LATE_SIZE);
	rc = statement_next(statement);
	if (rc == DB_ROW) {
		msisdn_print(column_number(statement, 0), request->subscriber.msisdn);
		column_copy(statement, 1, request->conversation.short_code, sizeof(request->conversation.short_code));
	}
	return statement_put(statement, rc);
}

/* A ticket whose time to answer is nearly over, or over, or whose subscriber has been silent. */
static int ticket_find(const struct keeping *keeping, struct request *request)
{
	struct statement *statement = statement_get(keeping->connection, SQL_TICKET_DUE);
	struct record args = request_args(request);
	char number[TICKET_NUMBER_SIZE];
	int rc;

	statement_bind_number(statement, 1, keeping->now);
	rc = statement_next(statement);
	if (rc == DB_ROW) {
		msisdn_print(column_number(statement, 0), request->subscriber.msisdn);
		ticket_number_print(column_number(statement, 1), number);
		record_put_text(&args, FIELD_TICKET, number, strlen(number));
		request_set_args(request, &args);
	}
	return statement_put(statement, rc);
}

static const struct {
	enum request_kind kind;
	int (*find)(const struct keeping *keeping, struct request *request);
} works[] = {
	{ REQUEST_SUBSCRIPTION_DUE, subscription_find },
	{ REQUEST_CONVERSATION_DUE, conversation_find },
	{ REQUEST_TICKET_DUE, ticket_find },
};

/* Do a piece of one kind: as many items as there are reference numbers for the orders that they may cause. Stops at an item that cannot
 * be done now, which is then the first of the next piece. */
static int works_do(const struct keeping *keeping, size_t work, bool *more)
{
	struct response response;
	struct request request;
	int rc = DB_OK;

	*more = true;
	for (unsigned int i = 0; i < PIECE; i++) {
		request = (struct request){
			.kind = works[work].kind, .ref = keeping->ref ? keeping->ref + i : 0, .now = keeping->now,
			.utc_offset = keeping->utc_offset,
		};
		rc = works[work].find(keeping, &request);
		if (rc != DB_OK)
			return rc;
		*more = request.subscriber.msisdn[0];
		response_init(&response);
		if (*more)
			rc = account_change(keeping->connection, &keeping->connection->rules, &request, &response);
		*more = response.result == RESULT_OK || response.result == RESULT_ACCEPTED;
		if (rc != DB_OK || !*more)
			return rc;
	}
	return rc;
}

/* ---- reminders: messages that follow from the data alone (S5, S9) ----
 *
 * Two searches go through all accounts, or through those that chose a kind, in the order of their numbers, a piece at a time, and begin
 * again after a while. Their places are stored, so that a restart goes on. */

#define SEARCH_S 3600			/* from the beginning of a round to that of the next */
#define SEARCH_PIECE 1000		/* accounts looked at */
#define MANY 65536			/* of a kind that wait: no more are made, until the links have sent some */

struct search {
	const char *name;
	enum sql statement;
	bool chosen;			/* name is the kind that they chose */
};

static const struct search searches[] = {
	{ "data", SQL_REMINDERS_OF_DATA, false },
	{ "information_fees", SQL_REMINDERS_CHOSEN, true },
};

/* The reminders that a piece calls for. */
struct found {
	unsigned int count;
	struct {
		int64_t msisdn, subject;
		const struct notification_kind *kind;
	} due[PIECE];
	int64_t last;			/* the number looked at last; 0: none */
	unsigned int looked;
};

/* The data of one account and its preferences: rows of REMINDED_COLUMNS with the same number. */
struct looked {
	int64_t msisdn;			/* 0: none yet */
	struct record facts;
	uint8_t octets[256];
	unsigned int preferences_count;
	struct preference preferences[PREFERENCES_MAX];
};

static void looked_judge(const struct keeping *keeping, const struct search *search, const struct looked *looked, struct found *found)
{
	for (unsigned int i = 0; looked->msisdn && i < notification_kinds_count && found->count < PIECE; i++) {
		const struct notification_kind *kind = &notification_kinds[i];
		struct reminded reminded = { .rules = &keeping->connection->rules.messages, .facts = &looked->facts, .day = keeping->day };
		int64_t subject;

		if ((kind->choice == CHOICE_OPT_IN) != search->chosen)
			continue;
		for (unsigned int at = 0; at < looked->preferences_count; at++) {
			if (looked->preferences[at].kind == kind)
				reminded.preference = &looked->preferences[at];
		}
		if (!reminder_due(kind, &reminded, &subject))
			continue;
		found->due[found->count].msisdn = looked->msisdn;
		found->due[found->count].subject = subject;
		found->due[found->count++].kind = kind;
	}
}

static void looked_begin(struct statement *statement, struct looked *looked)
{
	static const uint16_t fields[] = {
		FIELD_ACCOUNT, FIELD_STATUS, FIELD_BALANCE, FIELD_OWED, FIELD_VALID_UNTIL, FIELD_PAY_BY, FIELD_BILL_MONTH, FIELD_AS_OF,
	};

	looked->msisdn = column_number(statement, 0);
	looked->preferences_count = 0;
	looked->facts = (struct record){ .data = looked->octets, .size = sizeof(looked->octets) };
	columns_put(statement, 1, fields, sizeof(fields) / sizeof(*fields), &looked->facts);
}

/* An account for whose reminders there may be no room begins the next piece. */
static int search_look(const struct keeping *keeping, const struct search *search, int64_t after, struct found *found)
{
	enum { PREFERENCE = 9 };	/* of REMINDED_COLUMNS */
	struct statement *statement = statement_get(keeping->connection, search->statement);
	struct looked looked = { 0 };
	int rc;

	statement_bind_number(statement, 1, after);
	statement_bind_number(statement, 2, SEARCH_PIECE);
	if (search->chosen)
		statement_bind_text(statement, 3, search->name);
	while ((rc = statement_next(statement)) == DB_ROW) {
		if (looked.msisdn != column_number(statement, 0)) {
			looked_judge(keeping, search, &looked, found);
			if (looked.msisdn)
				found->last = looked.msisdn;
			if (found->count > PIECE - 4)
				break;
			found->looked++;
			looked_begin(statement, &looked);
		}
		if (looked.preferences_count < PREFERENCES_MAX)
			looked.preferences_count += preference_read(statement, PREFERENCE,
								    &looked.preferences[looked.preferences_count]);
	}
	if (rc == DB_DONE) {
		looked_judge(keeping, search, &looked, found);
		if (looked.msisdn)
			found->last = looked.msisdn;
	}
	return statement_put(statement, rc);
}

static int reminders_make(const struct keeping *keeping, const struct found *found)
{
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < found->count; i++) {
		const char *kind = found->due[i].kind->name;
		struct request request = { .kind = REQUEST_REMINDER_DUE, .now = keeping->now, .utc_offset = keeping->utc_offset };
		struct record args = request_args(&request);
		struct response response;

		msisdn_print(found->due[i].msisdn, request.subscriber.msisdn);
		record_put_text(&args, FIELD_NOTIFICATION, kind, strlen(kind));
		record_put_number(&args, FIELD_MONTH, found->due[i].subject);
		request_set_args(&request, &args);
		response_init(&response);
		rc = account_change(keeping->connection, &keeping->connection->rules, &request, &response);
	}
	return rc;
}

static int search_place(const struct keeping *keeping, const struct search *search, int64_t *msisdn, int64_t *began)
{
	struct statement *statement = statement_get(keeping->connection, SQL_REMINDER_SEARCH);
	int rc;

	*msisdn = *began = 0;
	statement_bind_text(statement, 1, search->name);
	rc = statement_next(statement);
	if (rc == DB_ROW) {
		*msisdn = column_number(statement, 0);
		*began = column_number(statement, 1);
	}
	return statement_put(statement, rc);
}

static int search_put(const struct keeping *keeping, const struct search *search, int64_t msisdn, int64_t began)
{
	struct statement *statement = statement_get(keeping->connection, SQL_REMINDER_SEARCH_SET);

	statement_bind_text(statement, 1, search->name);
	statement_bind_number(statement, 2, msisdn);
	statement_bind_number(statement, 3, began);
	return statement_step(statement);
}

/* Whether so many wait already that making more would only fill the disk. */
static int search_waits(const struct keeping *keeping, const struct search *search, bool *waits)
{
	struct statement *statement = statement_get(keeping->connection, SQL_NOTIFICATIONS_MANY);
	int rc;

	*waits = false;
	if (!search->chosen)
		return DB_OK;
	statement_bind_text(statement, 1, search->name);
	statement_bind_number(statement, 2, MANY);
	rc = statement_next(statement);
	*waits = rc == DB_ROW;
	return statement_put(statement, rc);
}

static int search_go_on(const struct keeping *keeping, const struct search *search, bool *more)
{
	struct found found = { 0 };
	int64_t after, began;
	bool waits, ended;
	int rc = search_place(keeping, search, &after, &began);

	if (rc != DB_OK || (!after && keeping->now - began < SEARCH_S && keeping->now >= began))
		return rc;
	rc = search_waits(keeping, search, &waits);
	if (rc != DB_OK || waits)
		return rc;
	rc = search_look(keeping, search, after, &found);
	if (rc == DB_OK)
		rc = reminders_make(keeping, &found);
	ended = found.looked < SEARCH_PIECE && found.count <= PIECE - 4;
	*more |= !ended;
	return rc == DB_OK ? search_put(keeping, search, ended ? 0 : found.last, after ? began : keeping->now) : rc;
}

/* ---- retention ---- */

static int prune(const struct keeping *keeping, enum sql which, int64_t before, bool *more)
{
	struct statement *statement = statement_get(keeping->connection, which);
	int rc;

	statement_bind_number(statement, 1, before);
	rc = statement_step(statement);
	*more |= rc == DB_OK && connection_changed(keeping->connection) == PIECE;
	return rc;
}

static int64_t before(const struct keeping *keeping, enum retention kind)
{
	return keeping->now - keeping->connection->rules.retention_days[kind] * DAY_S;
}

static int messages_expire(const struct keeping *keeping, bool *more)
{
	statement_bind_number(statement_get(keeping->connection, SQL_NOTIFICATIONS_EXPIRE), 2,
			   message_stays_until(&keeping->connection->rules, keeping->now));
	return prune(keeping, SQL_NOTIFICATIONS_EXPIRE, keeping->now, more);
}

/* ---- retention of consents and orders, with a limit per day ---- */

static int orders_prune(struct connection *connection, int64_t before, int max, int *deleted)
{
	struct statement *statement = statement_get(connection, SQL_ORDERS_PRUNE);
	int rc;

	statement_bind_number(statement, 1, before);
	statement_bind_number(statement, 2, max);
	rc = statement_step(statement);
	*deleted = rc == DB_OK ? (int)connection_changed(connection) : 0;
	return rc;
}

static const struct scarce {
	enum retention kind;
	const char *name;
	enum sql count;
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
	struct statement *statement = statement_get(keeping->connection, SQL_PRUNED);
	int64_t count;
	bool found;
	int rc;

	statement_bind_text(statement, 1, scarce->name);
	statement_bind_number(statement, 2, keeping->day);
	rc = statement_next(statement);
	found = rc == DB_ROW;
	if (found)
		*allowance = (struct allowance){ column_number(statement, 0), column_number(statement, 1) };
	rc = statement_put(statement, rc);
	if (rc != DB_OK || found)
		return rc;
	statement = statement_get(keeping->connection, scarce->count);
	rc = statement_next(statement);
	count = rc == DB_ROW ? column_number(statement, 0) : 0;
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
	struct statement *statement;
	int deleted = 0;
	int64_t max;

	if (rc != DB_OK)
		return rc;
	max = allowance.allowed - allowance.pruned;
	if (max > PIECE)
		max = PIECE;
	if (max > 0)
		rc = scarce->prune(keeping->connection, before(keeping, scarce->kind), (int)max, &deleted);
	*more |= deleted == PIECE;
	allowance.pruned += deleted;
	if (rc != DB_OK || !deleted)
		return rc;
	statement = statement_get(keeping->connection, SQL_PRUNED_SAVE);
	statement_bind_text(statement, 1, scarce->name);
	statement_bind_number(statement, 2, keeping->day);
	statement_bind_number(statement, 3, allowance.pruned);
	statement_bind_number(statement, 4, allowance.allowed);
	return statement_step(statement);
}

static int retention(const struct keeping *keeping, bool *more)
{
	const int64_t now = keeping->now, messages = before(keeping, RETENTION_MESSAGES);
	const int64_t tickets = before(keeping, RETENTION_TICKETS), vanished = before(keeping, RETENTION_VANISHED);
	const struct {
		enum sql statement;
		int64_t before;
	} prunes[] = {
		{ SQL_CONVERSATIONS_PRUNE, now }, { SQL_UNANSWERED_PRUNE, now - DAY_S }, { SQL_ANSWERED_PRUNE, now },
		{ SQL_NOTIFICATIONS_PRUNE, now }, { SQL_EVENTS_PRUNE, messages }, { SQL_PROPOSALS_PRUNE, messages },
		{ SQL_TICKETS_PRUNE, tickets }, { SQL_TICKETS_UNOWED_PRUNE, tickets }, { SQL_ACCESSES_PRUNE, tickets },
		{ SQL_BARRED_PRUNE, tickets }, { SQL_BARRED_BEFORE_PRUNE, tickets },
		{ SQL_REPLAYS_PRUNE, before(keeping, RETENTION_REPLAYS) },
		{ SQL_VANISHED_SUBSCRIPTIONS_PRUNE, vanished }, { SQL_PREFERENCES_PRUNE, vanished }, { SQL_VANISHED_PRUNE, vanished },
	};
	int rc = messages_expire(keeping, more);

	for (size_t i = 0; rc == DB_OK && i < sizeof(prunes) / sizeof(*prunes); i++)
		rc = prune(keeping, prunes[i].statement, prunes[i].before, more);
	for (size_t i = 0; rc == DB_OK && i < sizeof(scarces) / sizeof(*scarces); i++)
		rc = scarce_prune(keeping, &scarces[i], more);
	return rc;
}

static int tickets_count(const struct keeping *keeping, int64_t from, int64_t to, enum request_arg arg, struct record *facts)
{
	struct statement *statement = statement_get(keeping->connection, SQL_TICKETS_OWED);
	int rc;

	statement_bind_number(statement, 1, from);
	statement_bind_number(statement, 2, to);
	statement_bind_number(statement, 3, TICKETS_COUNTED_MAX);
	rc = statement_next(statement);
	if (rc == DB_ROW)
		record_put_number(facts, arg, column_number(statement, 0));
	return statement_put(statement, rc);
}

int housekeep(struct connection *connection, const struct request *request, struct response *response)
{
	const struct keeping keeping = {
		.connection = connection, .ref = request->ref, .now = request->now, .utc_offset = request->utc_offset,
		.day = day_of(request->now, request->utc_offset),
	};
	struct statement *clock = statement_get(connection, SQL_CLOCK_SAVE);
	bool more = false;
	int rc = DB_OK;

	for (size_t i = 0; rc == DB_OK && i < sizeof(works) / sizeof(*works); i++) {
		bool there;

		rc = works_do(&keeping, i, &there);
		more |= there;
	}
	for (size_t i = 0; rc == DB_OK && i < sizeof(searches) / sizeof(*searches); i++)
		rc = search_go_on(&keeping, &searches[i], &more);
	if (rc == DB_OK)
		rc = retention(&keeping, &more);
	if (rc == DB_OK) {
		/* record the time for the next start (A60) */
		statement_bind_number(clock, 1, keeping.now);
		rc = statement_step(clock);
	}
	if (rc == DB_OK)
		rc = tickets_count(&keeping, 1, keeping.now, ARG_LATE, &response->facts);
	if (rc == DB_OK)
		rc = tickets_count(&keeping, keeping.now + 1, keeping.now + connection->rules.tickets.warn_s, ARG_SOON, &response->facts);
	response->more = more;
	response->result = RESULT_OK;
	return rc;
}
