/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: events from a hostile client or file. Every accepted one is within all bounds, and every refusal may be printed. */
#include "fuzz.h"

#include <string.h>

#include "starhash/account.h"
#include "starhash/events.h"

#define NOW 1794732600
#define AMOUNT_MAX 999999999999ll

static bool is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

static void check_value(const struct account_event_kind *kind, uint16_t id, const struct value *value)
{
	struct rows rows = { .data = (uint8_t *)(uintptr_t)value->text, .len = value->len, .size = value->len };
	bool listed = false;

	switch (id) {
	case ARG_ROWS:
		MUST(kind->rows && value->is_text && value->len <= NOTIFICATION_ROWS_SIZE &&
		     rows_check(rows.data, rows.len, &rows.count));
		return;
	case ARG_SHOWN:
		MUST(kind->proposes == PROPOSES_CODE && value->is_text && value->len && value->len <= 640 &&
		     !memchr(value->text, '\0', value->len) && !memchr(value->text, '\r', value->len));
		return;
	case ARG_PAGE:
		MUST(kind->proposes == PROPOSES_PAGE && value->is_text && value->len && value->len <= NOTIFICATION_PAGE_MAX &&
		     !memchr(value->text, ':', value->len));
		return;
	case ARG_BEGIN:
	case ARG_END:
		MUST(kind->proposes != PROPOSES_NOTHING && !value->is_text && value->number > 0 && value->number < NOW + 400 * 86400);
		return;
	}
	for (size_t i = 0; i < EVENT_FIELDS_MAX; i++)
		listed |= kind->needs[i] == id || kind->may[i] == id;
	MUST(listed);
	if (value->is_text)
		MUST(value->len && value->len <= field_info(id)->width && !memchr(value->text, ' ', value->len) &&
		     !memchr(value->text, '\n', value->len));
	else
		MUST(value->number <= AMOUNT_MAX && value->number >= -AMOUNT_MAX);
}

static void check_request(struct request *request, enum event_proposes proposes)
{
	const struct account_event_kind *kind = account_event_kind_find(request->event.kind);
	struct record args = request_args(request);
	struct value value;
	uint16_t at = 0, id;
	int64_t key;

	MUST(kind && kind->proposes == proposes && record_check(request->args, request->args_len));
	MUST(request->kind == account_event_request(proposes));
	MUST(*request->event.id && is_printable(request->event.id) && *request->event.source && is_printable(request->event.source));
	MUST(msisdn_key(request->subscriber.msisdn, &key) && !*request->subscriber.imsi);
	MUST(request->event.time > 0 && request->event.time <= NOW + ACCOUNT_AHEAD_S);
	while (record_next(&args, &at, &id, &value))
		check_value(kind, id, &value);
	for (size_t i = 0; i < EVENT_FIELDS_MAX && kind->needs[i]; i++)
		MUST(record_get(&args, kind->needs[i], &value));
	MUST(proposes != PROPOSES_CODE || record_get(&args, ARG_SHOWN, &value));
	MUST(proposes != PROPOSES_PAGE || record_get(&args, ARG_PAGE, &value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct event_origin origins[] = {
		{ .source = "shop", .plan = &numbering_default, .now = NOW }, { .source = "spool", .names_source = true, .now = NOW },
		{ .source = "shop", .proposes = PROPOSES_ORDER, .plan = &numbering_default, .now = NOW },
		{ .source = "shop", .proposes = PROPOSES_CODE, .plan = &numbering_default, .now = NOW },
		{ .source = "shop", .proposes = PROPOSES_PAGE, .plan = &numbering_default, .now = NOW },
	};
	char why[EVENT_WHY_SIZE] = "";
	json_t *event = event_load((const char *)data, size, why);
	struct request request;

	MUST(event || (*why && is_printable(why)));
	for (size_t i = 0; event && i < sizeof(origins) / sizeof(*origins); i++) {
		*why = '\0';
		if (event_parse(&origins[i], event, &request, why))
			MUST(*why && is_printable(why));
		else
			check_request(&request, origins[i].proposes);
	}
	json_decref(event);
	return 0;
}
