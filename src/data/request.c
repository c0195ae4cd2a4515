/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables behind requests and responses: fields, kinds and results by name. */
#include <string.h>

#include "starhash/request.h"

static const struct field_info fields[FIELD_COUNT] = {
#define X(id, name, type, origin, width) [FIELD_##id] = { name, FIELD_TYPE_##type, FIELD_OF_##origin, width },
	FIELDS(X)
#undef X
};

static const struct {
	const char *name;
	bool changes;
	bool orders;
} kinds[REQUEST_KIND_COUNT] = {
	[REQUEST_PROFILE] = { "profile", false },
	[REQUEST_BILLS] = { "bills", false },
	[REQUEST_BILL_LINES] = { "bill lines", false },
	[REQUEST_POINTS] = { "points", false },
	[REQUEST_SERVICES_MINE] = { "services mine", false },
	[REQUEST_SERVICES_OFFERED] = { "services offered", false },
	[REQUEST_SERVICE_OPEN] = { "service open", true, true },
	[REQUEST_SERVICE_CANCEL] = { "service cancel", true, true },
	[REQUEST_LANGUAGE_SET] = { "language set", true },
	[REQUEST_PASSWORD_CHANGE] = { "password change", true },
	[REQUEST_PASSWORD_ATTEMPT] = { "password attempt", true },
	[REQUEST_PASSWORD_SET] = { "password set", true },
	[REQUEST_CONVERSATION_KEEP] = { "conversation keep", false },
	[REQUEST_CONVERSATION_FETCH] = { "conversation fetch", false },
	[REQUEST_SERVICE_KEEP] = { "service keep", true, true },
	[REQUEST_ORDERS_MINE] = { "orders mine", false },
	[REQUEST_LINE_SUSPEND] = { "line suspend", true, true },
	[REQUEST_LINE_RESUME] = { "line resume", true, true },
	[REQUEST_DATA_MINE] = { "data mine", false },
	[REQUEST_DATA_DELETE] = { "data delete", true, true },
	[REQUEST_ORDERS_DUE] = { "orders due", false },
	[REQUEST_ORDER_SETTLE] = { "order settle", false },
	[REQUEST_NOTICES_DUE] = { "notices due", false },
	[REQUEST_NOTICE_SETTLE] = { "notice settle", false },
	[REQUEST_HOUSEKEEP] = { "housekeep", false },
	[REQUEST_CONVERSATION_EXPIRE] = { "conversation expire", false },
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
	[RESULT_TAKEN] = "taken",
};

const struct field_info *field_info(enum field field)
{
	return &fields[field];
}

enum field field_by_name(const char *name)
{
	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		if (!strcmp(fields[field].name, name))
			return field;
	}
	return FIELD_NONE;
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

const char *result_name(enum result result)
{
	return (unsigned int)result < RESULT_COUNT ? results[result] : "?";
}

void response_init(struct response *response)
{
	response->result = RESULT_UNAVAILABLE;
	response->facts = (struct record){ .data = response->facts_data, .size = RESPONSE_FACTS_MAX };
	response->rows = (struct rows){ .data = response->rows_data, .size = RESPONSE_ROWS_MAX };
}

void response_copy(struct response *to, const struct response *from)
{
	response_init(to);
	to->result = from->result;
	to->facts.len = from->facts.len;
	memcpy(to->facts_data, from->facts.data, from->facts.len);
	to->rows.len = from->rows.len;
	to->rows.count = from->rows.count;
	memcpy(to->rows_data, from->rows.data, from->rows.len);
}

struct record request_args(struct request *request)
{
	return (struct record){ .data = request->args, .len = request->args_len, .size = REQUEST_ARGS_MAX };
}

void request_set_args(struct request *request, const struct record *args)
{
	request->args_len = args->len;
}
