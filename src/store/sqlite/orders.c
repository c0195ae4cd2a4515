/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3, S11, S18: orders. One transaction holds the order, its consent, and what it changes.
 *
 * Every order is taken first: the subscription is then opening or closing, and no other order about it is accepted.
 * Without billing it is settled in the same breath; otherwise when billing has answered. Being settled, it has its
 * effect or the subscription is again what it was. */
#include <inttypes.h>
#include <string.h>

#include "store/sqlite/change.h"
#include "store/sqlite/dates.h"
#include "store/sqlite/consent.h"

#define ANSWER_WAIT_S 60		/* the turn's answer is quicker, and recalls the notice */
#define SETTLED_WAIT_S 5
#define DELETION_DAYS 30		/* asked for again within these: noted already */

struct order {
	enum request_kind kind;
	int64_t id;
	int64_t ref;
	bool own;			/* ours, at a trial's end: nobody asked for it */
	char service[SERVICE_SIZE];	/* "" when it is not about one */
	char period[CODE_SIZE];
	int64_t price;			/* STORED_UNKNOWN: none */
	int64_t effective;		/* yyyymmdd */
	int64_t trial_until;		/* STORED_UNKNOWN: no trial */
};

enum order_end { ORDER_DONE, ORDER_REFUSED, ORDER_DEAD, ORDER_CONFLICT };

static const char *const end_names[] = {
	[ORDER_DONE] = "done",
	[ORDER_REFUSED] = "refused",
	[ORDER_DEAD] = "dead",
	[ORDER_CONFLICT] = "conflict",
};

static const char *const notice_names[] = {
	[ORDER_DONE] = "order_done",
	[ORDER_REFUSED] = "order_refused",
	[ORDER_DEAD] = "order_dead",
	[ORDER_CONFLICT] = "order_dead",
};

static void column_copy(sqlite3_stmt *statement, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	const size_t len = (size_t)sqlite3_column_bytes(statement, column);

	out[0] = '\0';
	if (!text || len >= size)
		return;
	memcpy(out, text, len);
	out[len] = '\0';
}

/* A statement about the subscriber's subscription to a service. */
static sqlite3_stmt *begin(const struct call *call, const struct order *order, enum statement which)
{
	sqlite3_stmt *statement = call_begin(call, which);

	statement_bind_text(statement, 2, order->service);
	return statement;
}

static int apply(const struct call *call, const struct order *order, enum statement which, const char *state)
{
	sqlite3_stmt *statement = begin(call, order, which);

	if (state)
		statement_bind_text(statement, 3, state);
	return statement_step(statement);
}

/* ---- what an order changes ---- */

static int open_effect(const struct call *call, const struct order *order, enum order_end end)
{
	int rc;

	if (end == ORDER_DONE)
		return apply(call, order, SQL_RESTORE, "opening");
	rc = apply(call, order, SQL_CLOSE_AGAIN, NULL);
	return rc == SQLITE_OK ? apply(call, order, SQL_GONE, "opening") : rc;
}

static int close(const struct call *call, const struct order *order)
{
	sqlite3_stmt *statement;

	if (order->effective <= calendar_date(call_day(call)))
		return apply(call, order, SQL_GONE, "closing");
	statement = begin(call, order, SQL_CLOSE_AFTER);
	sqlite3_bind_int64(statement, 3, calendar_date(date_day(order->effective) - 1));
	return statement_step(statement);
}

/* A trial whose end billing refuses is a subscription from then on, and the subscriber is told: ending it once more
 * would be refused once more. */
static int cancel_effect(const struct call *call, const struct order *order, enum order_end end)
{
	int rc = SQLITE_OK;

	if (end == ORDER_DONE)
		return close(call, order);
	if (end == ORDER_REFUSED && order->own)
		rc = apply(call, order, SQL_TRIAL_FORGET, NULL);
	return rc == SQLITE_OK ? apply(call, order, SQL_RESTORE, "closing") : rc;
}

static int keep_effect(const struct call *call, const struct order *order, enum order_end end)
{
	int rc = end == ORDER_DONE ? apply(call, order, SQL_TRIAL_FORGET, NULL) : SQLITE_OK;

	return rc == SQLITE_OK ? apply(call, order, SQL_RESTORE, "opening") : rc;
}

static int line_effect(const struct call *call, const struct order *order, enum order_end end)
{
	sqlite3_stmt *statement = call_begin(call, SQL_LINE_SET);

	if (end != ORDER_DONE)
		return SQLITE_OK;
	statement_bind_text(statement, 2, order->kind == REQUEST_LINE_SUSPEND ? "suspended" : "active");
	return statement_step(statement);
}

static int no_effect(const struct call *call, const struct order *order, enum order_end end)
{
	return SQLITE_OK;
}

static int (*const effects[REQUEST_KIND_COUNT])(const struct call *, const struct order *, enum order_end) = {
	[REQUEST_SERVICE_OPEN] = open_effect,
	[REQUEST_SERVICE_CANCEL] = cancel_effect,
	[REQUEST_SERVICE_KEEP] = keep_effect,
	[REQUEST_LINE_SUSPEND] = line_effect,
	[REQUEST_LINE_RESUME] = line_effect,
	[REQUEST_DATA_DELETE] = no_effect,
};

/* ---- its end ---- */

static int facts_put(const struct call *call, const struct order *order, struct record *facts)
{
	static const uint16_t fields[] = {
		FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_EFFECTIVE, FIELD_REASON, FIELD_LANGUAGE,
	};
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_FACTS);
	char ref[REF_TEXT_SIZE];
	int rc;

	record_put_text(facts, FIELD_REF, ref_print((uint64_t)order->ref, ref), REF_TEXT_SIZE - 1);
	sqlite3_bind_int64(statement, 1, order->id);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		columns_put(statement, 0, fields, sizeof(fields) / sizeof(*fields), facts);
	return statement_put(statement, rc);
}

/* Of a trial's end that nobody could deliver nothing is said: it is ordered again. */
static int end_notice(const struct call *call, const struct order *order, enum order_end end, int64_t wait_s)
{
	const char *kind = order->own && end == ORDER_DONE ? "trial_ended" : notice_names[end];
	struct notice notice = { .facts = { .data = notice.octets, .size = sizeof(notice.octets) } };
	int64_t id;
	int rc;

	if (order->own && (end == ORDER_DEAD || end == ORDER_CONFLICT))
		return SQLITE_OK;
	rc = facts_put(call, order, &notice.facts);
	if (rc == SQLITE_OK)
		rc = notice_add(call, &notice, kind, wait_s, &id);
	if (rc == SQLITE_OK)
		record_put_number(&call->response->facts, ACCOUNT_FACT_NOTICE, id);
	return rc;
}

/* Whoever waited behind it is next. */
static int next_wake(const struct call *call)
{
	sqlite3_stmt *statement = call_begin(call, SQL_ORDER_NEXT);

	sqlite3_bind_int64(statement, 2, call->request->now);
	return statement_step(statement);
}

static int end_write(const struct call *call, const struct order *order, enum order_end end)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_SETTLE);

	sqlite3_bind_int64(statement, 1, order->id);
	statement_bind_text(statement, 2, end_names[end == ORDER_CONFLICT ? ORDER_DEAD : end]);
	statement_bind_arg(statement, 3, &call->args, FIELD_REASON);
	sqlite3_bind_int64(statement, 4, call->request->now);
	return statement_step(statement);
}

/* Under a reference that means something else to billing nothing is known of this order: it waits for an operator, and the
 * subscription as well, which would be paid for, or be gone, by any other end. */
static int order_end(const struct call *call, const struct order *order, enum order_end end, int64_t wait_s)
{
	int rc = end_write(call, order, end);

	if (rc == SQLITE_OK)
		rc = next_wake(call);
	if (rc == SQLITE_OK && end != ORDER_CONFLICT)
		rc = effects[order->kind](call, order, end);
	if (rc == SQLITE_OK && order->service[0])
		rc = services_refresh(call);
	return rc == SQLITE_OK ? end_notice(call, order, end, wait_s) : rc;
}

/* ---- taking one ---- */

static int order_add(const struct call *call, struct order *order)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_ADD);
	int rc;

	sqlite3_bind_int64(statement, 1, order->ref);
	sqlite3_bind_int64(statement, 2, call->who.msisdn);
	statement_bind_text(statement, 3, request_kind_name(order->kind));
	statement_bind_text(statement, 4, order->service[0] ? order->service : NULL);
	statement_bind_known(statement, 5, order->price);
	statement_bind_text(statement, 6, order->period[0] ? order->period : NULL);
	sqlite3_bind_int64(statement, 7, order->effective);
	sqlite3_bind_int64(statement, 8, call->request->now);
	sqlite3_bind_int64(statement, 9, order->own);
	rc = statement_step(statement);
	order->id = sqlite3_last_insert_rowid(call->connection->db);
	return rc;
}

static void consent_text(struct consent *consent, enum consent_text which, const char *octets, size_t len)
{
	consent->texts[which].octets = octets;
	consent->texts[which].len = len;
}

/* Consent to what was shown; where nothing was shown there is none to keep. */
static int order_consent(const struct call *call, const struct order *order)
{
	static const uint16_t args[CONSENT_TEXTS] = {
		[CONSENT_CHANNEL] = ARG_CHANNEL, [CONSENT_TRUST] = ARG_TRUST,
		[CONSENT_SHOWN] = ARG_SHOWN, [CONSENT_ANSWERED] = ARG_ANSWERED,
	};
	const char *kind = request_kind_name(order->kind);
	struct consent consent = {
		.time = call->request->now, .msisdn = call->who.msisdn, .ref = order->ref,
	};
	struct value value;

	if (!record_get(&call->args, ARG_SHOWN, &value) || !value.is_text)
		return SQLITE_OK;
	consent_text(&consent, CONSENT_KIND, kind, strlen(kind));
	consent_text(&consent, CONSENT_SERVICE, order->service, strlen(order->service));
	for (enum consent_text i = 0; i < CONSENT_TEXTS; i++) {
		if (args[i] && record_get(&call->args, args[i], &value) && value.is_text)
			consent_text(&consent, i, value.text, value.len);
	}
	return consent_add(call->connection, &consent);
}

/* What the subscriber is told of an order that was accepted. */
static void order_tell(const struct call *call, const struct order *order, bool done)
{
	struct record *facts = &call->response->facts;

	call->response->result = done ? RESULT_OK : RESULT_TAKEN;
	if (order->service[0])
		record_put_number(facts, FIELD_EFFECTIVE, order->effective);
	if (order->kind == REQUEST_SERVICE_OPEN && order->trial_until != STORED_UNKNOWN)
		record_put_number(facts, FIELD_TRIAL_UNTIL, order->trial_until);
	if (!done)
		record_put_number(facts, ACCOUNT_FACT_ID, order->id);
}

/* The deletion of data is an operator's task, and no business of billing's. */
static int order_take(const struct call *call, struct order *order)
{
	const bool done = !call->connection->rules.billing || order->kind == REQUEST_DATA_DELETE;
	int rc = order_add(call, order);

	if (rc == SQLITE_OK)
		rc = order_consent(call, order);
	if (rc != SQLITE_OK)
		return rc;
	order_tell(call, order, done);
	return done ? order_end(call, order, ORDER_DONE, ANSWER_WAIT_S) : SQLITE_OK;
}

static struct order order_of(const struct call *call, enum request_kind kind)
{
	struct order order = {
		.kind = kind, .ref = (int64_t)call->request->ref, .price = STORED_UNKNOWN,
		.effective = calendar_date(call_day(call)), .trial_until = STORED_UNKNOWN,
	};

	return order;
}

/* False when what the subscriber was shown is not what it costs. */
static bool price_agreed(const struct call *call, const struct order *order)
{
	struct value value;

	if (record_get(&call->args, FIELD_PRICE, &value) && (value.is_text || value.number != order->price))
		return false;
	return !record_get(&call->args, FIELD_PERIOD, &value) ||
	       (value.is_text && value.len == strlen(order->period) && !memcmp(value.text, order->period, value.len));
}

/* ---- opening ---- */

enum { OPEN_PRICE, OPEN_PERIOD, OPEN_TRIAL_DAYS, OPEN_NEXT, OPEN_ALLOWED, OPEN_ALREADY, OPEN_AGAIN, OPEN_EXCLUDED };

static enum result open_judge(const struct call *call, sqlite3_stmt *statement, const struct order *order)
{
	if (sqlite3_column_int(statement, OPEN_ALREADY) && !sqlite3_column_int(statement, OPEN_AGAIN))
		return RESULT_DUPLICATE;
	if (!sqlite3_column_int(statement, OPEN_ALLOWED))
		return RESULT_REFUSED;
	if (sqlite3_column_int(statement, OPEN_EXCLUDED))
		return RESULT_EXCLUDED;
	return price_agreed(call, order) ? RESULT_OK : RESULT_CONFLICT;
}

/* Opened while it runs out it goes on, without another trial. */
static void open_dates(const struct call *call, sqlite3_stmt *statement, struct order *order)
{
	const int64_t trial_days = sqlite3_column_int64(statement, OPEN_TRIAL_DAYS);
	int64_t first = call_day(call);

	if (sqlite3_column_int(statement, OPEN_AGAIN))
		return;
	if (sqlite3_column_int(statement, OPEN_NEXT))
		first = day_next(first, order->period);
	order->effective = calendar_date(first);
	if (trial_days > 0)
		order->trial_until = calendar_date(first + trial_days - 1);
}

static int open_read(const struct call *call, struct order *order)
{
	sqlite3_stmt *statement = begin(call, order, SQL_TO_OPEN);
	int rc = sqlite3_step(statement);

	call->response->result = RESULT_NOT_FOUND;
	if (rc == SQLITE_ROW) {
		order->price = sqlite3_column_int64(statement, OPEN_PRICE);
		column_copy(statement, OPEN_PERIOD, order->period, sizeof(order->period));
		call->response->result = open_judge(call, statement, order);
		open_dates(call, statement, order);
	}
	return statement_put(statement, rc);
}

static int opening(const struct call *call, const struct order *order)
{
	sqlite3_stmt *statement = begin(call, order, SQL_OPENING);

	sqlite3_bind_int64(statement, 3, order->effective);
	statement_bind_known(statement, 4, order->trial_until);
	return statement_step(statement);
}

/* Whatever the answer is, it tells the services. */
static int take_or_tell(const struct call *call, struct order *order,
			int (*pend)(const struct call *, const struct order *))
{
	int rc = SQLITE_OK;

	if (call->response->result != RESULT_OK)
		return services_refresh(call);
	rc = pend(call, order);
	if (rc == SQLITE_OK)
		rc = services_refresh(call);
	record_drop(&call->response->facts, FIELD_SERVICES);
	if (rc == SQLITE_OK)
		rc = order_take(call, order);
	return rc == SQLITE_OK ? services_refresh(call) : rc;
}

static bool service_asked(const struct call *call, struct order *order)
{
	const size_t len = record_text(&call->args, FIELD_SERVICE, order->service, sizeof(order->service));

	return len && len < sizeof(order->service);
}

/* \a read: whether it may be, and its dates; \a pend: what the subscription is until the order is settled. */
static int service_order(struct call *call, enum request_kind kind, int (*read)(const struct call *, struct order *),
			 int (*pend)(const struct call *, const struct order *))
{
	struct order order = order_of(call, kind);
	int rc;

	if (!service_asked(call, &order))
		return services_refresh(call);
	rc = read(call, &order);
	return rc == SQLITE_OK ? take_or_tell(call, &order, pend) : rc;
}

int order_service_open(struct call *call)
{
	return service_order(call, REQUEST_SERVICE_OPEN, open_read, opening);
}

/* ---- ending, or keeping on ---- */

enum { END_PRICE, END_PERIOD, END_NEXT, END_STATE, END_SINCE, END_TRIAL_UNTIL };

static enum result end_judge(const struct call *call, const struct order *order, const char *state)
{
	if (!strcmp(state, "opening") || !strcmp(state, "closing"))
		return RESULT_DUPLICATE;
	if (order->kind == REQUEST_SERVICE_CANCEL)
		return RESULT_OK;
	if (strcmp(state, "trial"))
		return RESULT_NOT_FOUND;
	return price_agreed(call, order) ? RESULT_OK : RESULT_CONFLICT;
}

/* What is free of charge, or has not begun, ends at once; a trial that is kept costs from its end on. */
static void end_dates(const struct call *call, sqlite3_stmt *statement, struct order *order)
{
	const bool trial = sqlite3_column_type(statement, END_TRIAL_UNTIL) != SQLITE_NULL;
	const bool begun = sqlite3_column_int64(statement, END_SINCE) <= order->effective;

	if (order->kind == REQUEST_SERVICE_KEEP)
		order->effective = calendar_date(date_day(sqlite3_column_int64(statement, END_TRIAL_UNTIL)) + 1);
	else if (sqlite3_column_int(statement, END_NEXT) && begun && !trial)
		order->effective = calendar_date(day_next(call_day(call), order->period));
}

static int end_read(const struct call *call, struct order *order)
{
	sqlite3_stmt *statement = begin(call, order, SQL_TO_END);
	char state[CODE_SIZE];
	int rc = sqlite3_step(statement);

	call->response->result = RESULT_NOT_FOUND;
	if (rc == SQLITE_ROW) {
		order->price = sqlite3_column_int64(statement, END_PRICE);
		column_copy(statement, END_PERIOD, order->period, sizeof(order->period));
		column_copy(statement, END_STATE, state, sizeof(state));
		call->response->result = end_judge(call, order, state);
		end_dates(call, statement, order);
	}
	return statement_put(statement, rc);
}

static int closing(const struct call *call, const struct order *order)
{
	return apply(call, order, SQL_PENDING, "closing");
}

static int keeping(const struct call *call, const struct order *order)
{
	return apply(call, order, SQL_PENDING, "opening");
}

int order_service_cancel(struct call *call)
{
	return service_order(call, REQUEST_SERVICE_CANCEL, end_read, closing);
}

int order_service_keep(struct call *call)
{
	return service_order(call, REQUEST_SERVICE_KEEP, end_read, keeping);
}

int order_trial_end(const struct call *call, const char *service, uint64_t ref)
{
	struct order order = order_of(call, REQUEST_SERVICE_CANCEL);
	int rc;

	strncpy(order.service, service, sizeof(order.service) - 1);
	order.ref = (int64_t)ref;
	order.own = true;
	rc = end_read(call, &order);
	if (rc == SQLITE_OK)
		rc = closing(call, &order);
	if (rc == SQLITE_OK)
		rc = order_add(call, &order);
	if (rc != SQLITE_OK || call->connection->rules.billing)
		return rc;
	return order_end(call, &order, ORDER_DONE, 0);
}

/* ---- the line, and data ---- */

static int line_read(const struct call *call, const char *wanted)
{
	static const uint16_t fields[] = { FIELD_STATUS };
	sqlite3_stmt *statement = call_begin(call, SQL_LINE);
	char status[CODE_SIZE];
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW) {
		column_copy(statement, 0, status, sizeof(status));
		columns_put(statement, 0, fields, 1, &call->response->facts);
		call->response->result = sqlite3_column_int(statement, 1) || !strcmp(status, wanted) ? RESULT_DUPLICATE
												      : RESULT_OK;
	}
	return statement_put(statement, rc);
}

static int line_order(struct call *call, enum request_kind kind, const char *wanted)
{
	struct order order = order_of(call, kind);
	int rc = line_read(call, wanted);

	if (rc != SQLITE_OK || call->response->result != RESULT_OK)
		return rc;
	rc = order_take(call, &order);
	if (rc == SQLITE_OK && call->response->result == RESULT_OK)
		record_put_text(&call->response->facts, FIELD_STATUS, wanted, strlen(wanted));
	return rc;
}

int order_line_suspend(struct call *call)
{
	return line_order(call, REQUEST_LINE_SUSPEND, "suspended");
}

int order_line_resume(struct call *call)
{
	return line_order(call, REQUEST_LINE_RESUME, "active");
}

int order_data_delete(struct call *call)
{
	struct order order = order_of(call, REQUEST_DATA_DELETE);
	sqlite3_stmt *statement = call_begin(call, SQL_DELETION_ASKED);
	int rc;

	sqlite3_bind_int64(statement, 2, call->who.orders_after);
	sqlite3_bind_int64(statement, 3, call->request->now - DELETION_DAYS * INT64_C(86400));
	rc = sqlite3_step(statement);
	call->response->result = rc == SQLITE_ROW ? RESULT_DUPLICATE : RESULT_OK;
	rc = statement_put(statement, rc);
	return rc == SQLITE_OK && call->response->result == RESULT_OK ? order_take(call, &order) : rc;
}

/* ---- what billing said ---- */

static enum request_kind kind_by_name(const char *name)
{
	enum request_kind kind = 0;

	while (kind < REQUEST_KIND_COUNT && strcmp(request_kind_name(kind), name))
		kind++;
	return kind;
}

/* One that is still taken; *\a found: whether it is. */
static int order_read(struct call *call, int64_t id, struct order *order, bool *found)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER);
	char kind[CODE_SIZE];
	int rc;

	sqlite3_bind_int64(statement, 1, id);
	rc = sqlite3_step(statement);
	*found = rc == SQLITE_ROW;
	if (*found) {
		*order = (struct order){ .id = id, .price = STORED_UNKNOWN, .trial_until = STORED_UNKNOWN };
		call->who.msisdn = sqlite3_column_int64(statement, 0);
		column_copy(statement, 1, kind, sizeof(kind));
		order->kind = kind_by_name(kind);
		order->ref = sqlite3_column_int64(statement, 2);
		column_copy(statement, 3, order->service, sizeof(order->service));
		order->effective = sqlite3_column_int64(statement, 4);
		order->own = sqlite3_column_int(statement, 5);
	}
	rc = statement_put(statement, rc);
	return rc == SQLITE_OK && *found && !request_orders(order->kind) ? SQLITE_CORRUPT : rc;
}

static int order_known(const struct call *call, int64_t id, bool *known)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_KNOWN);
	int rc;

	sqlite3_bind_int64(statement, 1, id);
	rc = sqlite3_step(statement);
	*known = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

static int order_later(const struct call *call, int64_t id)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_LATER);

	sqlite3_bind_int64(statement, 1, id);
	sqlite3_bind_int64(statement, 2, record_number(&call->args, ACCOUNT_FACT_DUE, call->request->now));
	return statement_step(statement);
}

static int settle_as(const struct call *call, const struct order *order, const char *state)
{
	for (enum order_end end = 0; end < sizeof(end_names) / sizeof(*end_names); end++) {
		if (!strcmp(state, end_names[end]))
			return order_end(call, order, end, SETTLED_WAIT_S);
	}
	if (!strcmp(state, "taken"))
		return order_later(call, order->id);
	call->response->result = RESULT_REFUSED;
	return SQLITE_OK;
}

/* The first answer counts (F5). */
int order_settle(struct call *call)
{
	const int64_t id = record_number(&call->args, ACCOUNT_FACT_ID, 0);
	char state[CODE_SIZE];
	struct order order;
	bool found, known = false;
	int rc = order_read(call, id, &order, &found);

	if (rc == SQLITE_OK && !found)
		rc = order_known(call, id, &known);
	if (rc != SQLITE_OK || !found) {
		call->response->result = known ? RESULT_DUPLICATE : RESULT_NOT_FOUND;
		return rc;
	}
	record_text(&call->args, FIELD_STATE, state, sizeof(state));
	call->response->result = RESULT_OK;
	return settle_as(call, &order, state);
}
