/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables of requests and responses: names of fields, kinds and results. */
#include <errno.h>
#include <string.h>

#include "starhash/ticket.h"

static const struct field_info fields[FIELD_COUNT] = {
#define X(id, name, type, origin, width, storage) [FIELD_##id] = { #name, FIELD_TYPE_##type, FIELD_OF_##origin, width },
	FIELDS(X)
#undef X
};

#define AND_NAME(name, ...) " " #name
static const char *const codes[FIELD_COUNT] = {
	[FIELD_ACCOUNT] = "prepaid postpaid",
	[FIELD_STATUS] = "active suspended",
	[FIELD_STATE] = CODES_OF_SUBSCRIPTIONS " " CODES_OF_ORDERS,
	[FIELD_PERIOD] = "day week month once",
	[FIELD_TRIAL_ENDS] = "paid",
	[FIELD_BILLED] = "yes no",
	[FIELD_REGISTERED] = "yes no",
	[FIELD_SENDING] = "waiting sent expired withdrawn",
	[FIELD_CHOICE] = "on off",
	[FIELD_PURCHASED_BY] = "sms web wap",
	[FIELD_FEE_SHOWN] = "yes no",
	[FIELD_ACT] = CODES_OF_ACTS,
	[FIELD_ACCESS] = CODES_OF_ACCESSES,
	[FIELD_FORM] = CODES_OF_CREDITS,
	[FIELD_FORM_EQUAL] = CODES_OF_CREDITS,
	[FIELD_TICKET_KIND] = &TICKET_KINDS(AND_NAME)[1],
	[FIELD_TICKET_STATE] = CODES_OF_TICKETS,
	[FIELD_SCORE] = CODES_OF_SCORES,
};

static const struct {
	const char *name;
	bool changes;
	bool orders;
	bool needs_password;
} kinds[REQUEST_KIND_COUNT] = {
	[REQUEST_PROFILE] = { .name = "profile" },
	[REQUEST_BILLS] = { .name = "bills" },
	[REQUEST_BILL_LINES] = { .name = "bill lines" },
	[REQUEST_POINTS] = { .name = "points" },
	[REQUEST_SERVICES_MINE] = { .name = "services mine" },
	[REQUEST_SERVICES_OFFERED] = { .name = "services offered" },
	[REQUEST_SERVICE_ACTIVATE] = { .name = "service activate", .changes = true, .orders = true },
	[REQUEST_SERVICE_DEACTIVATE] = { .name = "service deactivate", .changes = true, .orders = true },
	[REQUEST_LANGUAGE_SET] = { .name = "language set", .changes = true },
	[REQUEST_PASSWORD_CHANGE] = { .name = "password change", .changes = true },
	[REQUEST_PASSWORD_CHECK] = { .name = "password check" },
	[REQUEST_PASSWORD_ATTEMPT] = { .name = "password attempt", .changes = true },
	[REQUEST_PASSWORD_SET] = { .name = "password set", .changes = true },
	[REQUEST_CONVERSATION_SAVE] = { .name = "conversation save" },
	[REQUEST_CONVERSATION_FETCH] = { .name = "conversation fetch" },
	[REQUEST_TRIAL_ACCEPT] = { .name = "trial accept", .changes = true, .orders = true },
	[REQUEST_ORDERS_MINE] = { .name = "orders mine" },
	[REQUEST_LINE_SUSPEND] = { .name = "line suspend", .changes = true, .orders = true, .needs_password = true },
	[REQUEST_LINE_RESUME] = { .name = "line resume", .changes = true, .orders = true, .needs_password = true },
	[REQUEST_DATA_MINE] = { .name = "data mine" },
	[REQUEST_DATA_ACCESSES] = { .name = "data accesses" },
	[REQUEST_SERVICE_CHANGE] = { .name = "service change", .changes = true, .orders = true },
	[REQUEST_SERVICES_INSTEAD] = { .name = "services instead" },
	[REQUEST_BILL_FEES] = { .name = "bill fees" },
	[REQUEST_MESSAGES_MINE] = { .name = "messages mine" },
	[REQUEST_PREFERENCES_MINE] = { .name = "preferences mine" },
	[REQUEST_PREFERENCE_SET] = { .name = "preference set", .changes = true },
	[REQUEST_PROPOSAL_ACCEPT] = { .name = "proposal accept", .changes = true, .orders = true },
	[REQUEST_PROPOSAL_DECLINE] = { .name = "proposal decline", .changes = true },
	[REQUEST_BACKEND_ORDER] = { .name = "backend order", .changes = true, .orders = true },
	[REQUEST_TICKET_OPEN] = { .name = "ticket open", .changes = true },
	[REQUEST_TICKET_WRITE] = { .name = "ticket write", .changes = true },
	[REQUEST_TICKET_RESOLVE] = { .name = "ticket resolve", .changes = true },
	[REQUEST_TICKET_REOPEN] = { .name = "ticket reopen", .changes = true },
	[REQUEST_TICKET_STATE] = { .name = "ticket state" },
	[REQUEST_TICKETS_MINE] = { .name = "tickets mine" },
	[REQUEST_TICKET_ANSWERS] = { .name = "ticket answers" },
	[REQUEST_ACCESS] = { .name = "access" },
	[REQUEST_SURVEY_OFFER] = { .name = "survey offer", .changes = true },
	[REQUEST_SURVEY_ANSWER] = { .name = "survey answer", .changes = true },
	[REQUEST_ORDER_END] = { .name = "order end" },
	[REQUEST_REFUND] = { .name = "refund" },
	[REQUEST_COMPENSATION] = { .name = "compensation" },
	[REQUEST_HOUSEKEEP] = { .name = "housekeep" },
	[REQUEST_CONVERSATION_EXPIRE] = { .name = "conversation expire" },
	[REQUEST_TEXT_SAVE] = { .name = "text save" },
	[REQUEST_EVENT] = { .name = "event" },
	[REQUEST_PROPOSE] = { .name = "propose" },
	[REQUEST_TICKET_ACT] = { .name = "ticket act" },
	[REQUEST_EVENT_FETCH] = { .name = "event fetch" },
	[REQUEST_PROPOSAL_CODE] = { .name = "proposal code" },
	[REQUEST_PROPOSAL_CONFIRM] = { .name = "proposal confirm", .changes = true, .orders = true },
	[REQUEST_MESSAGES_WAITING] = { .name = "messages waiting" },
	[REQUEST_BARRED] = { .name = "barred" },
	[REQUEST_TICKET_LIST] = { .name = "ticket list" },
	[REQUEST_TICKET_HISTORY] = { .name = "ticket history" },
	[REQUEST_ORDER_RELEASE] = { .name = "order release" },
	[REQUEST_PASSWORD_RELEASE] = { .name = "password release" },
	[REQUEST_PASSWORD_GIVE] = { .name = "password give" },
	[REQUEST_TICKET_STAFF] = { .name = "ticket staff" },
	[REQUEST_ACCOUNT_PURGE] = { .name = "account purge" },
	[REQUEST_ORDERS_PURGE] = { .name = "orders purge" },
	[REQUEST_SUBSCRIPTION_DUE] = { .name = "subscription due" },
	[REQUEST_CONVERSATION_DUE] = { .name = "conversation due" },
	[REQUEST_REMINDER_DUE] = { .name = "reminder due" },
	[REQUEST_TICKET_DUE] = { .name = "ticket due" },
};

static const char *const results[RESULT_COUNT] = {
	[RESULT_OK] = "ok",
	[RESULT_NOT_FOUND] = "not found",
	[RESULT_CONFLICT] = "conflict",
	[RESULT_DUPLICATE] = "duplicate",
	[RESULT_REFUSED] = "refused",
	[RESULT_WRONG] = "wrong",
	[RESULT_WEAK] = "weak",
	[RESULT_LOCKED] = "locked",
	[RESULT_BUSY] = "busy",
	[RESULT_UNAVAILABLE] = "unavailable",
	[RESULT_UNKNOWN] = "unknown",
	[RESULT_EXCLUDED] = "excluded",
	[RESULT_USED] = "used",
	[RESULT_TEMPORARY] = "temporary",
	[RESULT_ACCEPTED] = "accepted",
	[RESULT_ALIEN] = "alien",
};

static const char *const trusts[TRUST_COUNT] = {
	[TRUST_ASK] = "ask",
	[TRUST_READ] = "read",
	[TRUST_ORDER] = "order",
	[TRUST_PASSWORD] = "password",
};

const struct field_info *field_info(enum field field)
{
	return &fields[field];
}

const char *field_words(enum field field)
{
	return fields[field == FIELD_INSTEAD ? FIELD_SERVICE : field == FIELD_FORM_EQUAL ? FIELD_FORM : field].name;
}

enum field field_by_name(const char *name)
{
	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		if (*fields[field].name == *name && !strcmp(fields[field].name, name))
			return field;
	}
	return FIELD_NONE;
}

const char *field_codes(enum field field)
{
	return codes[field];
}

const char *request_kind_name(enum request_kind kind)
{
	return (unsigned int)kind < REQUEST_KIND_COUNT ? kinds[kind].name : "?";
}

bool request_changes(enum request_kind kind)
{
	return (unsigned int)kind < REQUEST_KIND_COUNT && kinds[kind].changes;
}

bool request_orders(enum request_kind kind)
{
	return (unsigned int)kind < REQUEST_KIND_COUNT && kinds[kind].orders;
}

bool request_needs_password(enum request_kind kind)
{
	return (unsigned int)kind < REQUEST_KIND_COUNT && kinds[kind].needs_password;
}

const char *result_name(enum result result)
{
	return (unsigned int)result < RESULT_COUNT ? results[result] : "?";
}

const char *trust_name(enum trust trust)
{
	return (unsigned int)trust < TRUST_COUNT ? trusts[trust] : "?";
}

enum trust trust_by_name(const char *name, enum trust otherwise)
{
	for (enum trust trust = TRUST_ASK; name && trust < TRUST_COUNT; trust++) {
		if (!strcmp(trusts[trust], name))
			return trust;
	}
	return otherwise;
}

/* ---- responses ---- */

void response_init(struct response *response)
{
	response->result = RESULT_UNAVAILABLE;
	response->facts = (struct record){ .data = response->facts_data, .size = RESPONSE_FACTS_MAX };
	response->rows = (struct rows){ .data = response->rows_data, .size = RESPONSE_ROWS_MAX };
	response->order = response->notification = 0;
	response->references = 0;
	response->more = false;
	response->alien = (struct alien){ 0 };
	response->part = RESPONSE_ROWS;
	response->orders_count = response->sent_len = 0;
}

void response_copy(struct response *to, const struct response *from)
{
	response_init(to);
	to->result = from->result;
	to->order = from->order;
	to->notification = from->notification;
	to->more = from->more;
	to->alien = from->alien;
	to->facts.len = from->facts.len;
	memcpy(to->facts_data, from->facts.data, from->facts.len);
	to->part = from->part;
	switch (from->part) {
	case RESPONSE_ROWS:
		to->rows.len = from->rows.len;
		to->rows.count = from->rows.count;
		memcpy(to->rows_data, from->rows.data, from->rows.len);
		break;
	case RESPONSE_ORDERS:
		to->orders_count = from->orders_count;
		memcpy(to->orders, from->orders, from->orders_count * sizeof(*from->orders));
		to->sent_len = from->sent_len;
		memcpy(to->sent, from->sent, from->sent_len);
		break;
	case RESPONSE_PASSWORD:
		to->password = from->password;
		break;
	case RESPONSE_CONVERSATION:
		to->conversation = from->conversation;
		break;
	}
}

void response_wipe(struct response *response)
{
	explicit_bzero(response, sizeof(*response));
	response_init(response);
}

int response_add_order(struct response *response, const struct due_order *order, const char *sent)
{
	const size_t size = sent ? strlen(sent) + 1 : 0;
	struct due_order *added = &response->orders[response->orders_count];

	if (response->orders_count == DUE_MAX || size > DUE_SENT_MAX - response->sent_len)
		return -ENOSPC;
	response->part = RESPONSE_ORDERS;
	response->orders_count++;
	*added = *order;
	added->sent = (struct span){ response->sent_len, (uint16_t)size };
	if (size)
		memcpy(response->sent + response->sent_len, sent, size);
	response->sent_len += (uint16_t)size;
	return 0;
}

/* ---- notifications, as rows: their format is private. Texts, except the message's, include the zero ---- */

enum { ID = 1, MSISDN, ATTEMPTS, KIND, FACTS, SHORT_CODE, CHANNEL, TEXT, UNTIL, REFERENCE, SENT_SINCE, EXPIRES, LATEST };

#define NOTIFICATION_SIZE 2048		/* of one row */

int response_add_notification(struct response *response, const struct due_notification *notification)
{
	const struct message *message = &notification->message;
	uint8_t octets[NOTIFICATION_SIZE];
	struct record row = { .data = octets, .size = sizeof(octets) };
	int rc = record_append_number(&row, ID, notification->id);

	rc = rc ? rc : record_append_number(&row, MSISDN, notification->msisdn);
	rc = rc ? rc : record_append_number(&row, ATTEMPTS, notification->attempts);
	rc = rc ? rc : record_append_number(&row, SENT_SINCE, notification->sent_since);
	rc = rc ? rc : record_append_number(&row, EXPIRES, notification->expires);
	rc = rc ? rc : record_append_number(&row, LATEST, notification->latest);
	rc = rc ? rc : record_append_text(&row, KIND, notification->kind, strlen(notification->kind) + 1);
	rc = rc ? rc : record_append_text(&row, FACTS, (const char *)notification->facts.data, notification->facts.len);
	rc = rc ? rc : record_append_number(&row, UNTIL, message->until);
	rc = rc ? rc : record_append_number(&row, REFERENCE, message->reference);
	if (message->short_code[0])
		rc = rc ? rc : record_append_text(&row, SHORT_CODE, message->short_code, strlen(message->short_code));
	if (message->channel[0])
		rc = rc ? rc : record_append_text(&row, CHANNEL, message->channel, strlen(message->channel));
	if (message->text)
		rc = rc ? rc : record_append_text(&row, TEXT, message->text, message->len);
	return rc ? rc : rows_add(&response->rows, &row);
}

bool response_notification(const struct response *response, unsigned int index, struct due_notification *notification)
{
	struct message *message = &notification->message;
	struct value kind, facts, text;
	struct record row;

	if (response->part != RESPONSE_ROWS || !rows_at(&response->rows, index, &row) || !record_get(&row, KIND, &kind) ||
	    !record_get(&row, FACTS, &facts))
		return false;
	*notification = (struct due_notification){
		.id = record_number(&row, ID, 0), .msisdn = record_number(&row, MSISDN, 0),
		.attempts = (uint32_t)record_number(&row, ATTEMPTS, 0), .kind = kind.text,
		.sent_since = (uint32_t)record_number(&row, SENT_SINCE, 0),
		.expires = record_number(&row, EXPIRES, 0), .latest = record_number(&row, LATEST, 0),
		.facts = { .data = (uint8_t *)facts.text, .len = facts.len, .size = facts.len },
		.message.until = record_number(&row, UNTIL, 0),
		.message.reference = (uint32_t)record_number(&row, REFERENCE, 0),
	};
	record_text(&row, SHORT_CODE, message->short_code, sizeof(message->short_code));
	record_text(&row, CHANNEL, message->channel, sizeof(message->channel));
	if (record_get(&row, TEXT, &text)) {
		message->text = text.text;
		message->len = text.len;
	}
	return true;
}

/* ---- requests ---- */

struct record request_args(struct request *request)
{
	return (struct record){ .data = request->args, .len = request->args_len, .size = REQUEST_ARGS_MAX };
}

void request_set_args(struct request *request, const struct record *args)
{
	request->args_len = args->len;
}

int request_put_span(struct request *request, struct span *span, const void *octets, size_t len)
{
	*span = (struct span){ .at = request->args_len };
	if (len > sizeof(request->args) - request->args_len)
		return -ENOSPC;
	if (len)
		memcpy(request->args + request->args_len, octets, len);
	span->len = (uint16_t)len;
	request->args_len += span->len;
	return 0;
}

const char *request_span(const struct request *request, const struct span *span)
{
	const bool inside = span->at <= request->args_len && span->len <= request->args_len - span->at;

	return span->len && inside ? (const char *)request->args + span->at : NULL;
}
