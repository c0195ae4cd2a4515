/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3, S11, S18: orders as rows. One transaction holds the order, its consent, and what it changes. What may be ordered, and what
 * becomes of it, is decided by order_accept() and order_step(). Without billing an order is completed immediately. */
#include <stdio.h>
#include <string.h>

#include "starhash/calendar.h"
#include "store/sqlite/change.h"
#include "store/sqlite/consent.h"
#include "store/sqlite/orders.h"
#include "store/sqlite/subscriptions.h"

#define ANSWER_WAIT_S 60		/* the turn's answer is quicker, and recalls the notice */
#define SETTLED_WAIT_S 5
#define DELETION_DAYS 30		/* asked for again within these: noted already */

static const char *const notice_names[] = {
	[ORDER_SAYS_DONE] = "order_done",
	[ORDER_SAYS_REFUSED] = "order_refused",
	[ORDER_SAYS_DEAD] = "order_dead",
	[ORDER_SAYS_TRIAL_ENDED] = "trial_ended",
};

/* ---- rows ---- */

enum order_kind order_kind_of(enum request_kind kind)
{
	static const enum order_kind kinds[REQUEST_KIND_COUNT] = {
		[REQUEST_SERVICE_OPEN] = ORDER_ACTIVATE,
		[REQUEST_SERVICE_CANCEL] = ORDER_DEACTIVATE,
		[REQUEST_SERVICE_KEEP] = ORDER_ACCEPT_TRIAL,
		[REQUEST_LINE_SUSPEND] = ORDER_SUSPEND,
		[REQUEST_LINE_RESUME] = ORDER_RESUME,
		[REQUEST_DATA_DELETE] = ORDER_DELETE_DATA,
	};

	return kinds[kind];
}

static const char *const order_states[ORDER_STATES] = {
	[ORDER_ACCEPTED] = "taken", [ORDER_COMPLETED] = "done", [ORDER_REFUSED] = "refused", [ORDER_DEAD] = "dead",
};

const char *order_state_name(enum order_state state)
{
	return order_states[state];
}

static int name_find(const char *const names[], int count, const char *name)
{
	while (count-- && strcmp(names[count], name))
		;
	return count;
}

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

static enum request_kind kind_by_name(const char *name)
{
	enum request_kind kind = 0;

	while (kind < REQUEST_KIND_COUNT && strcmp(request_kind_name(kind), name))
		kind++;
	return kind;
}

enum { ORDER_ID, ORDER_MSISDN, ORDER_KIND, ORDER_REF, ORDER_SERVICE, ORDER_EFFECTIVE, ORDER_TRIAL, ORDER_OWN, ORDER_STATE, ORDER_FORMER_OWNER };

bool item_read(sqlite3_stmt *statement, struct item *item)
{
	char kind[ORDER_CODE_SIZE], state[ORDER_CODE_SIZE];
	int found;

	*item = (struct item){ .price = STORED_UNKNOWN };
	column_copy(statement, ORDER_KIND, kind, sizeof(kind));
	column_copy(statement, ORDER_STATE, state, sizeof(state));
	item->kind = kind_by_name(kind);
	found = name_find(order_states, ORDER_STATES, state);
	if (!request_orders(item->kind) || found < 0)
		return false;
	item->id = sqlite3_column_int64(statement, ORDER_ID);
	item->msisdn = sqlite3_column_int64(statement, ORDER_MSISDN);
	item->ref = sqlite3_column_int64(statement, ORDER_REF);
	item->order = (struct order){
		.kind = order_kind_of(item->kind), .state = (enum order_state)found,
		.effective = sqlite3_column_int64(statement, ORDER_EFFECTIVE),
		.trial_until = sqlite3_column_int64(statement, ORDER_TRIAL),
		.own = sqlite3_column_int(statement, ORDER_OWN),
		.former_owner = sqlite3_column_int(statement, ORDER_FORMER_OWNER),
	};
	column_copy(statement, ORDER_SERVICE, item->order.service, sizeof(item->order.service));
	return true;
}

/* A statement about the subscriber's subscription to a service. */
static sqlite3_stmt *begin(const struct call *call, const struct order *order, enum statement which)
{
	sqlite3_stmt *statement = call_begin(call, which);

	statement_bind_text(statement, 2, order->service);
	return statement;
}

/* ---- its end ---- */

static int subject_read(const struct call *call, const struct order *order, struct order_subject *subject)
{
	sqlite3_stmt *statement;
	int rc;

	*subject = (struct order_subject){ .today = calendar_date(call_day(call)) };
	if (!order->service[0])
		return SQLITE_OK;
	statement = begin(call, order, SQL_SUBSCRIPTION);
	rc = sqlite3_step(statement);
	subject->subscribed = rc == SQLITE_ROW;
	if (subject->subscribed)
		subscription_read(statement, &subject->subscription);
	return statement_put(statement, rc);
}

static int line_set(const struct call *call, bool suspended)
{
	sqlite3_stmt *statement = call_begin(call, SQL_LINE_SET);

	statement_bind_text(statement, 2, suspended ? "suspended" : "active");
	return statement_step(statement);
}

static int subject_write(const struct call *call, const struct order *order, const struct order_subject *subject)
{
	if (order->state == ORDER_COMPLETED && (order->kind == ORDER_SUSPEND || order->kind == ORDER_RESUME))
		return line_set(call, subject->suspended);
	if (!order->service[0])
		return SQLITE_OK;
	if (!subject->subscribed)
		return subscription_remove(statement_get(call->connection, SQL_SUBSCRIPTION_REMOVE), call->who.msisdn, order->service);
	return subscription_write(statement_get(call->connection, SQL_SUBSCRIPTION_WRITE), call->who.msisdn, &subject->subscription);
}

static int facts_put(const struct call *call, const struct item *item, struct record *facts)
{
	static const uint16_t fields[] = {
		FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_EFFECTIVE, FIELD_REASON, FIELD_LANGUAGE,
	};
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_FACTS);
	char ref[REF_TEXT_SIZE];
	int rc;

	record_put_text(facts, FIELD_REF, ref_print((uint64_t)item->ref, ref), REF_TEXT_SIZE - 1);
	sqlite3_bind_int64(statement, 1, item->id);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		columns_put(statement, 0, fields, sizeof(fields) / sizeof(*fields), facts);
	return statement_put(statement, rc);
}

static int end_notice(const struct call *call, const struct item *item, enum order_notification says, int64_t wait_s)
{
	struct notice notice = { .facts = { .data = notice.octets, .size = sizeof(notice.octets) } };
	int64_t id;
	int rc;

	if (says == ORDER_SAYS_NOTHING)
		return SQLITE_OK;
	rc = facts_put(call, item, &notice.facts);
	if (rc == SQLITE_OK)
		rc = notice_add(call, &notice, notice_names[says], wait_s, &id);
	if (rc == SQLITE_OK)
		record_put_number(&call->response->facts, ACCOUNT_FACT_NOTICE, id);
	return rc;
}

/* The subscriber's next order is due. */
static int next_wake(const struct call *call)
{
	sqlite3_stmt *statement = call_begin(call, SQL_ORDER_NEXT);

	sqlite3_bind_int64(statement, 2, call->request->now);
	return statement_step(statement);
}

static int end_write(const struct call *call, const struct item *item)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_SETTLE);

	sqlite3_bind_int64(statement, 1, item->id);
	statement_bind_text(statement, 2, order_state_name(item->order.state));
	statement_bind_arg(statement, 3, &call->args, FIELD_REASON);
	sqlite3_bind_int64(statement, 4, call->request->now);
	return statement_step(statement);
}

static int order_end(const struct call *call, struct item *item, enum order_event event, int64_t wait_s)
{
	struct order_subject subject;
	struct order_step step;
	int rc = subject_read(call, &item->order, &subject);

	if (rc != SQLITE_OK)
		return rc;
	step = order_step(&item->order, event, &subject);
	rc = end_write(call, item);
	if (rc == SQLITE_OK)
		rc = next_wake(call);
	if (rc == SQLITE_OK)
		rc = subject_write(call, &item->order, &subject);
	if (rc == SQLITE_OK && item->order.service[0])
		rc = services_refresh(call);
	return rc == SQLITE_OK ? end_notice(call, item, step.notification, wait_s) : rc;
}

/* ---- accepting one ---- */

static int order_add(const struct call *call, struct item *item)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_ADD);
	const bool accepted = item->order.state == ORDER_ACCEPTED;
	int rc;

	sqlite3_bind_int64(statement, 1, item->ref);
	sqlite3_bind_int64(statement, 2, call->who.msisdn);
	statement_bind_text(statement, 3, request_kind_name(item->kind));
	statement_bind_text(statement, 4, item->order.service[0] ? item->order.service : NULL);
	statement_bind_known(statement, 5, item->price);
	statement_bind_text(statement, 6, item->period[0] ? item->period : NULL);
	sqlite3_bind_int64(statement, 7, item->order.effective);
	sqlite3_bind_int64(statement, 8, call->request->now);
	sqlite3_bind_int64(statement, 9, item->order.own);
	statement_bind_nonzero(statement, 10, item->order.trial_until);
	statement_bind_text(statement, 11, order_state_name(item->order.state));
	statement_bind_nonzero(statement, 12, accepted ? 0 : call->request->now);
	rc = statement_step(statement);
	item->id = sqlite3_last_insert_rowid(call->connection->db);
	return rc;
}

static void consent_text(struct consent *consent, enum consent_text which, const char *octets, size_t len)
{
	consent->texts[which].octets = octets;
	consent->texts[which].len = len;
}

/* Consent to what was shown; where nothing was shown there is none to keep. */
static int order_consent(const struct call *call, const struct item *item)
{
	static const uint16_t args[CONSENT_TEXTS] = {
		[CONSENT_CHANNEL] = ARG_CHANNEL, [CONSENT_TRUST] = ARG_TRUST,
		[CONSENT_SHOWN] = ARG_SHOWN, [CONSENT_ANSWERED] = ARG_ANSWERED,
	};
	const char *kind = request_kind_name(item->kind);
	struct consent consent = {
		.time = call->request->now, .msisdn = call->who.msisdn, .ref = item->ref,
	};
	struct value value;

	if (item->order.own || !record_get(&call->args, ARG_SHOWN, &value) || !value.is_text)
		return SQLITE_OK;
	consent_text(&consent, CONSENT_KIND, kind, strlen(kind));
	consent_text(&consent, CONSENT_SERVICE, item->order.service, strlen(item->order.service));
	for (enum consent_text i = 0; i < CONSENT_TEXTS; i++) {
		if (args[i] && record_get(&call->args, args[i], &value) && value.is_text)
			consent_text(&consent, i, value.text, value.len);
	}
	return consent_add(call->connection, &consent);
}

/* What the rules look at, as it is stored; pointers lead into it, and into the row of the service. */
struct asking {
	struct order_asked asked;
	struct service service;
	char account[CODE_SIZE], brand[CODE_SIZE];	/* of the subscriber */
	char period[CODE_SIZE];				/* as shown */
	int64_t price;
};

/* The row stays open, and its statement is to be reset. */
static int service_read(const struct call *call, const struct order *order, struct asking *asking)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_SERVICE);
	int rc;

	statement_bind_text(statement, 1, order->service);
	rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		return statement_put(statement, rc);
	asking->service = (struct service){
		.code = (const char *)sqlite3_column_text(statement, 0),
		.price = sqlite3_column_int64(statement, 1),
		.period = (const char *)sqlite3_column_text(statement, 2),
		.trial_days = (unsigned int)sqlite3_column_int(statement, 3),
		.opens_next_period = sqlite3_column_int(statement, 4),
		.cancels_next_period = sqlite3_column_int(statement, 5),
		.account = (const char *)sqlite3_column_text(statement, 6),
		.brand = (const char *)sqlite3_column_text(statement, 7),
		.excludes = (const char *)sqlite3_column_text(statement, 8),
	};
	asking->asked.service = &asking->service;
	asking->asked.offered = sqlite3_column_int(statement, 9);
	return SQLITE_OK;
}

/* Whether one of the services that the subscriber has rules it out. */
static int others_read(const struct call *call, const struct order *order, struct asking *asking)
{
	sqlite3_stmt *statement = begin(call, order, SQL_OTHER_SERVICES);
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW && !asking->asked.excluded) {
		const struct service other = {
			.code = (const char *)sqlite3_column_text(statement, 0),
			.excludes = (const char *)sqlite3_column_text(statement, 1),
		};

		asking->asked.excluded = services_exclude(&asking->service, &other);
	}
	return statement_put(statement, rc);
}

/* The subscriber's kind of account and line, and whether an order about the line is in flight. */
static int line_read(const struct call *call, struct asking *asking, struct order_subject *subject)
{
	static const uint16_t fields[] = { FIELD_STATUS };
	sqlite3_stmt *statement = call_begin(call, SQL_LINE);
	char status[CODE_SIZE];
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW) {
		column_copy(statement, 0, status, sizeof(status));
		subject->suspended = strcmp(status, "active") != 0;
		subject->others = sqlite3_column_int(statement, 1);
		column_copy(statement, 2, asking->account, sizeof(asking->account));
		column_copy(statement, 3, asking->brand, sizeof(asking->brand));
		asking->asked.account = asking->account;
		asking->asked.brand = asking->brand;
		if (call->request->kind == REQUEST_LINE_SUSPEND || call->request->kind == REQUEST_LINE_RESUME)
			columns_put(statement, 0, fields, 1, &call->response->facts);
	}
	return statement_put(statement, rc);
}

static int deletion_read(const struct call *call, struct order_subject *subject)
{
	sqlite3_stmt *statement = call_begin(call, SQL_DELETION_ASKED);
	int rc;

	sqlite3_bind_int64(statement, 2, call->who.orders_after);
	sqlite3_bind_int64(statement, 3, call->request->now - DELETION_DAYS * INT64_C(86400));
	rc = sqlite3_step(statement);
	subject->others = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

static void shown_read(const struct call *call, struct asking *asking)
{
	struct value value;

	if (record_get(&call->args, FIELD_PRICE, &value)) {
		asking->price = value.is_text ? STORED_UNKNOWN : value.number;
		asking->asked.price = &asking->price;
	}
	if (record_get(&call->args, FIELD_PERIOD, &value)) {
		record_text(&call->args, FIELD_PERIOD, asking->period, sizeof(asking->period));
		asking->asked.period = asking->period;
	}
}

static int asking_read(const struct call *call, const struct order *order, struct asking *asking, struct order_subject *subject)
{
	int rc = subject_read(call, order, subject);

	memset(asking, 0, sizeof(*asking));
	asking->asked.day = call_day(call);
	shown_read(call, asking);
	if (rc == SQLITE_OK && order->kind == ORDER_DELETE_DATA)
		rc = deletion_read(call, subject);
	if (rc == SQLITE_OK && (order->kind == ORDER_ACTIVATE || order->kind == ORDER_SUSPEND || order->kind == ORDER_RESUME))
		rc = line_read(call, asking, subject);
	if (rc == SQLITE_OK && order->service[0])
		rc = service_read(call, order, asking);
	if (rc == SQLITE_OK && order->kind == ORDER_ACTIVATE && asking->asked.service)
		rc = others_read(call, order, asking);
	return rc;
}

/* The response to an order that was accepted. */
static void order_tell(const struct call *call, const struct item *item, bool done)
{
	struct record *facts = &call->response->facts;

	call->response->result = done ? RESULT_OK : RESULT_TAKEN;
	if (item->order.service[0])
		record_put_number(facts, FIELD_EFFECTIVE, item->order.effective);
	if (item->order.kind == ORDER_ACTIVATE && item->order.trial_until)
		record_put_number(facts, FIELD_TRIAL_UNTIL, item->order.trial_until);
	if (!done)
		record_put_number(facts, ACCOUNT_FACT_ID, item->id);
}

/* Without billing it has its end at once. The deletion of data is an operator's task, and no business of billing's. */
static int order_take(const struct call *call, struct item *item, struct order_subject *subject, int64_t wait_s)
{
	const bool done = !call->connection->rules.billing || item->order.kind == ORDER_DELETE_DATA;
	struct order_step step = { .notification = ORDER_SAYS_NOTHING };
	int rc;

	if (done)
		step = order_step(&item->order, BILLING_DONE, subject);
	rc = order_add(call, item);
	if (rc == SQLITE_OK)
		rc = order_consent(call, item);
	if (rc == SQLITE_OK)
		rc = subject_write(call, &item->order, subject);
	if (rc != SQLITE_OK)
		return rc;
	order_tell(call, item, done);
	return end_notice(call, item, step.notification, wait_s);
}

static const enum result results[ORDER_VERDICTS] = {
	[ORDER_MAY_BE] = RESULT_OK,
	[ORDER_NOT_FOUND] = RESULT_NOT_FOUND,
	[ORDER_ALREADY] = RESULT_DUPLICATE,
	[ORDER_NOT_ALLOWED] = RESULT_REFUSED,
	[ORDER_EXCLUDED] = RESULT_EXCLUDED,
	[ORDER_OTHER_PRICE] = RESULT_CONFLICT,
};

/* Judge it, and carry it out when it may be. The response has the verdict. */
static int order_ask(const struct call *call, struct item *item, int64_t wait_s)
{
	struct order_subject subject;
	struct asking asking;
	int rc = asking_read(call, &item->order, &asking, &subject);

	if (rc == SQLITE_OK)
		call->response->result = results[order_accept(&item->order, &subject, &asking.asked)];
	if (rc == SQLITE_OK && asking.asked.service) {
		item->price = asking.service.price;
		snprintf(item->period, sizeof(item->period), "%s", asking.service.period);
	}
	sqlite3_reset(statement_get(call->connection, SQL_SERVICE));
	if (rc != SQLITE_OK)
		return rc;
	return call->response->result == RESULT_OK ? order_take(call, item, &subject, wait_s) : SQLITE_OK;
}

static struct item item_of(const struct call *call, enum request_kind kind)
{
	return (struct item){
		.order = { .kind = order_kind_of(kind) },
		.kind = kind, .ref = (int64_t)call->request->ref, .price = STORED_UNKNOWN,
	};
}

/* Whatever the answer is, it tells the services. */
int order_service(struct call *call)
{
	struct item item = item_of(call, call->request->kind);
	const size_t len = record_text(&call->args, FIELD_SERVICE, item.order.service, sizeof(item.order.service));
	int rc = SQLITE_OK;

	call->response->result = RESULT_NOT_FOUND;
	if (len && len < sizeof(item.order.service))
		rc = order_ask(call, &item, ANSWER_WAIT_S);
	return rc == SQLITE_OK ? services_refresh(call) : rc;
}

int order_other(struct call *call)
{
	struct item item = item_of(call, call->request->kind);
	const char *status = item.order.kind == ORDER_SUSPEND ? "suspended" : "active";
	int rc = order_ask(call, &item, ANSWER_WAIT_S);

	if (rc == SQLITE_OK && call->response->result == RESULT_OK && item.order.kind != ORDER_DELETE_DATA)
		record_put_text(&call->response->facts, FIELD_STATUS, status, strlen(status));
	return rc;
}

int order_trial_end(const struct call *call, const char *service, uint64_t ref)
{
	struct item item = item_of(call, REQUEST_SERVICE_CANCEL);
	int rc;

	snprintf(item.order.service, sizeof(item.order.service), "%s", service);
	item.ref = (int64_t)ref;
	item.order.own = true;
	rc = order_ask(call, &item, 0);
	return rc == SQLITE_OK ? services_refresh(call) : rc;
}

/* ---- what billing said ---- */

/* *\a found: whether it is there, in any state. */
static int item_find(struct call *call, int64_t id, struct item *item, bool *found)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER);
	int rc;

	sqlite3_bind_int64(statement, 1, id);
	rc = sqlite3_step(statement);
	*found = rc == SQLITE_ROW;
	if (*found && !item_read(statement, item))
		rc = SQLITE_CORRUPT;
	if (*found)
		call->who.msisdn = item->msisdn;
	return statement_put(statement, rc);
}

static int order_later(const struct call *call, int64_t id)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_ORDER_LATER);

	sqlite3_bind_int64(statement, 1, id);
	sqlite3_bind_int64(statement, 2, record_number(&call->args, ACCOUNT_FACT_DUE, call->request->now));
	return statement_step(statement);
}

/* What billing's answer, or the lack of one, means to the order. */
static const struct {
	const char *state;
	enum order_event event;
} events[] = {
	{ "done", BILLING_DONE },
	{ "refused", BILLING_REFUSED },
	{ "dead", ORDER_GIVEN_UP },
	{ "conflict", BILLING_CONFLICT },
};

static int settle_as(const struct call *call, struct item *item, const char *state)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (!strcmp(state, events[i].state))
			return order_end(call, item, events[i].event, SETTLED_WAIT_S);
	}
	if (!strcmp(state, "taken"))
		return order_later(call, item->id);
	call->response->result = RESULT_REFUSED;
	return SQLITE_OK;
}

/* The first answer counts (F5). */
int order_settle(struct call *call)
{
	char state[CODE_SIZE];
	struct item item;
	bool found;
	int rc = item_find(call, record_number(&call->args, ACCOUNT_FACT_ID, 0), &item, &found);

	if (rc != SQLITE_OK || !found || item.order.state != ORDER_ACCEPTED) {
		call->response->result = rc == SQLITE_OK && found ? RESULT_DUPLICATE : RESULT_NOT_FOUND;
		return rc;
	}
	record_text(&call->args, FIELD_STATE, state, sizeof(state));
	call->response->result = RESULT_OK;
	return settle_as(call, &item, state);
}
