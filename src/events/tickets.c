/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /v1/ticket-list and /v1/ticket-read: what staff see of tickets in a system of the operator's (S12), a page at a time. What they do
 * with tickets is in proposals.c.
 *
 * Numbers of subscribers are in the body, never in the path: proxies log paths. A page that is read is a line of the ticket's history
 * before any of it is shown, and the list of one number's tickets is a look at its subscriber's data (S18); what was reported as a nuisance
 * (S13) is not shown here. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "events/call.h"

#define CURSOR_SIZE 48		/* seconds since 1970, number and ticket, between dots */
#define NO_TICKET "the number has no such ticket"

const struct door_path tickets_paths[] = {
	{ "POST", "/v1/ticket-list", DOOR_TICKETS },
	{ "POST", "/v1/ticket-read", DOOR_TICKETS },
	{ 0 }
};

/* ---- answers ---- */

static void text_set(json_t *object, const char *key, const struct record *record, uint16_t id)
{
	struct value value;

	if (record_get(record, id, &value) && value.is_text)
		json_object_set_new(object, key, json_stringn(value.text, value.len));
}

static void time_set(json_t *object, const char *key, const struct record *record, uint16_t id)
{
	char text[TIME_TEXT_SIZE];

	if (time_print(record_number(record, id, 0), text))
		json_object_set_new(object, key, json_string(text));
}

static void true_set(json_t *object, const char *key, bool yes)
{
	if (yes)
		json_object_set_new(object, key, json_true());
}

/* What view_ticket() made, and who has the ticket. */
static json_t *ticket_json(const char *msisdn, const struct record *record, int64_t now)
{
	const int64_t answer_by = record_number(record, FIELD_ANSWER_BY, 0);
	json_t *ticket = json_pack("{s:s}", "number", msisdn);

	text_set(ticket, "ticket", record, FIELD_TICKET);
	text_set(ticket, "ticket_kind", record, FIELD_TICKET_KIND);
	text_set(ticket, "ticket_state", record, FIELD_TICKET_STATE);
	time_set(ticket, "opened", record, FIELD_OPENED);
	time_set(ticket, "answer_by", record, FIELD_ANSWER_BY);
	true_set(ticket, "late", answer_by && answer_by <= now);
	text_set(ticket, "staff", record, FIELD_STAFF);
	return ticket;
}

/* ---- the list ---- */

static void cursor_set(json_t *body, const struct record *facts)
{
	char text[CURSOR_SIZE], msisdn[MSISDN_SIZE], number[TICKET_NUMBER_SIZE];

	if (!record_text(facts, FIELD_TICKET, number, sizeof(number)))
		return;
	record_text(facts, FIELD_MSISDN, msisdn, sizeof(msisdn));
	snprintf(text, sizeof(text), "%" PRId64 ".%s.%s", record_number(facts, FIELD_OPENED, 0), msisdn, number);
	json_object_set_new(body, "after", json_string(text));
}

/* False when no list has made it. */
static bool cursor_take(const char *text, struct record *args)
{
	char msisdn[MSISDN_SIZE], number[TICKET_NUMBER_SIZE], end;
	int64_t opened;

	if (sscanf(text, "%11" SCNd64 ".%15[0-9].%8[0-9]%c", &opened, msisdn, number, &end) != 3 || !ticket_number(number, strlen(number)))
		return false;
	record_put_number(args, FIELD_OPENED, opened);
	record_put_text(args, FIELD_MSISDN, msisdn, strlen(msisdn));
	record_put_text(args, FIELD_TICKET, number, strlen(number));
	return true;
}

static void listed(struct asked *asked, const struct response *response)
{
	const int64_t now = events_now(asked->call->events);
	char msisdn[MSISDN_SIZE];
	json_t *tickets, *body;
	struct record row;
	uint16_t pos = 0;

	if (response->result != RESULT_OK) {
		call_fail(asked->call, response->result, NO_TICKET);
		return;
	}
	tickets = json_array();
	while (rows_next(&response->rows, &pos, &row)) {
		record_text(&row, FIELD_MSISDN, msisdn, sizeof(msisdn));
		json_array_append_new(tickets, ticket_json(msisdn, &row, now));
	}
	body = json_pack("{s:o}", "tickets", tickets);
	cursor_set(body, &response->facts);
	answer(asked->call->door_call, STATUS_OK, body);
	call_free(asked->call);
}

/* A number without a subscriber has nobody to see who looked. */
static void looked(struct asked *asked, const struct response *response)
{
	if (response->result != RESULT_OK && response->result != RESULT_NOT_FOUND) {
		call_fail(asked->call, response->result, NO_TICKET);
		return;
	}
	asked->request.kind = REQUEST_TICKET_LIST;
	asked->done = listed;
	asked_go(asked);
}

static int list_parse(const struct event_origin *origin, const json_t *body, struct request *request, char why[static EVENT_WHY_SIZE])
{
	static const struct account_event_kind fields = { .name = "ticket-list",
						   .may = { FIELD_TICKET_KIND, FIELD_TICKET_STATE, FIELD_STAFF } };
	static const char *const own[] = { "number", "late", "after", NULL };
	const json_t *late = json_object_get(body, "late"), *after = json_object_get(body, "after");
	const int rc = event_parse_fields(origin, body, &fields, own, request, why);
	struct record args = request_args(request);

	if (rc)
		return rc;
	if (late && !json_is_boolean(late)) {
		snprintf(why, EVENT_WHY_SIZE, "'late' must be true or false");
		return -1;
	}
	if (after && !cursor_take(json_string_value(after) ?: "", &args)) {
		snprintf(why, EVENT_WHY_SIZE, "'after' must be that of the answer before");
		return -1;
	}
	if (!record_text(&args, FIELD_STAFF, request->ticket.staff, sizeof(request->ticket.staff)) && request->subscriber.msisdn[0]) {
		snprintf(why, EVENT_WHY_SIZE, "'number' needs 'staff': subscribers see who looks at their data");
		return -1;
	}
	if (json_is_true(late))
		record_put_number(&args, ARG_LATE, 1);
	request_set_args(request, &args);
	return 0;
}

/* ---- one ticket with its history ---- */

/* What its kind has: texts and codes as they are, money in minor units. */
static json_t *facts_json(const struct ticket_kind *kind, const struct record *facts)
{
	json_t *object = json_object();
	struct value value;
	char month[16];

	for (size_t i = 0; i < TICKET_FACTS_MAX && kind->facts[i]; i++) {
		const struct field_info *info = field_info(kind->facts[i]);

		if (!record_get(facts, kind->facts[i], &value))
			continue;
		if (info->type == FIELD_TYPE_MONTH)
			snprintf(month, sizeof(month), "%04d-%02d", (int)(value.number / 100 % 10000), (int)(value.number % 100));
		json_object_set_new(object, info->name,
				    value.is_text ? json_stringn(value.text, value.len) :
				    info->type == FIELD_TYPE_MONTH ? json_string(month) : json_integer(value.number));
	}
	return object;
}

static json_t *entry_json(const struct record *row)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "position", json_integer(record_number(row, ARG_POSITION, 0)));
	time_set(entry, "time", row, ARG_TIME);
	text_set(entry, "event", row, FIELD_ACT);
	text_set(entry, "staff", row, FIELD_STAFF);
	text_set(entry, "terms", row, ARG_TERMS);
	text_set(entry, "text", row, FIELD_TEXT);
	true_set(entry, "hidden", record_number(row, ARG_HIDDEN, 0));
	return entry;
}

/* \a proposed: struct ticket. What a second member of staff has to say again, in the same words. */
static json_t *proposed_json(const struct record *facts, char *proposed)
{
	static const char *const keys[] = { "act", "form", "form_equal" };
	json_t *object = json_pack("{s:I}", "amount", (json_int_t)record_number(facts, ARG_PROPOSED, 0));
	char *rest = NULL, *word = strtok_r(proposed, " ", &rest);

	for (size_t i = 0; word && i < ARRAY_SIZE(keys); i++, word = strtok_r(NULL, " ", &rest))
		json_object_set_new(object, keys[i], json_string(word));
	text_set(object, "staff", facts, ARG_PROPOSED_BY);
	return object;
}

static void history_answer(struct asked *asked, const struct response *response)
{
	const struct record *facts = &response->facts;
	const int64_t position = record_number(facts, ARG_POSITION, 0);
	json_t *body = ticket_json(asked->request.subscriber.msisdn, facts, events_now(asked->call->events)), *entries = json_array();
	const struct ticket_kind *kind;
	char name[ACCOUNT_WORD_SIZE], proposed[TICKET_PROPOSED_SIZE];
	struct record row;
	uint16_t pos = 0;

	record_text(facts, FIELD_TICKET_KIND, name, sizeof(name));
	kind = ticket_kind_find(name);
	text_set(body, "channel", facts, ARG_CHANNEL);
	text_set(body, "outcome", facts, ARG_OUTCOME);
	true_set(body, "repeated", record_number(facts, ARG_REPEATED, 0));
	true_set(body, "former", record_number(facts, ARG_FORMER, 0));
	json_object_set_new(body, "facts", kind ? facts_json(kind, facts) : json_object());
	if (record_text(facts, ARG_PROPOSED_AS, proposed, sizeof(proposed)))
		json_object_set_new(body, "proposed", proposed_json(facts, proposed));
	while (rows_next(&response->rows, &pos, &row))
		json_array_append_new(entries, entry_json(&row));
	json_object_set_new(body, "entries", entries);
	if (position)
		json_object_set_new(body, "after", json_integer(position));
	answer(asked->call->door_call, STATUS_OK, body);
	call_free(asked->call);
}

static void history_read(struct asked *asked, const struct response *response)
{
	if (response->result == RESULT_OK)
		history_answer(asked, response);
	else
		call_fail(asked->call, response->result, NO_TICKET);
}

/* That the ticket is read is durable: show it. */
static void reading_written(struct asked *asked, const struct response *response)
{
	if (response->result != RESULT_OK) {
		call_fail(asked->call, response->result, NO_TICKET);
		return;
	}
	asked->request.kind = REQUEST_TICKET_HISTORY;
	asked->done = history_read;
	asked_go(asked);
}

static int read_parse(const struct event_origin *origin, const json_t *body, struct request *request, char why[static EVENT_WHY_SIZE])
{
	static const struct account_event_kind fields = { .name = "ticket-read", .needs = { FIELD_TICKET, FIELD_STAFF } };
	static const char *const own[] = { "number", "after", NULL };
	const json_t *after = json_object_get(body, "after");
	const int rc = event_parse_fields(origin, body, &fields, own, request, why);
	struct record args = request_args(request);

	if (rc)
		return rc;
	if (after && (!json_is_integer(after) || json_integer_value(after) < 0)) {
		snprintf(why, EVENT_WHY_SIZE, "'after' must be that of the answer before");
		return -1;
	}
	record_put_number(&args, ARG_POSITION, json_integer_value(after));
	record_text(&args, FIELD_STAFF, request->ticket.staff, sizeof(request->ticket.staff));
	request->ticket.event = TICKET_READ;
	request_set_args(request, &args);
	return 0;
}

void tickets_handle(void *user, struct door_call *door_call, const struct door_request *request)
{
	struct events *events = user;
	const bool lists = !strcmp(request->path, tickets_paths[0].path);
	const struct event_origin origin = { .plan = events->settings.plan, .now = events_now(events) };
	char why[EVENT_WHY_SIZE];
	json_t *body = event_load(request->body, request->len, why);
	struct asked *asked;
	int rc;

	if (!body) {
		answer_error(door_call, STATUS_BAD, why);
		return;
	}
	asked = asked_new(call_new(events, door_call, request));
	asked->request.kind = lists ? REQUEST_TICKET_LIST : REQUEST_TICKET_STAFF;
	asked->done = lists ? listed : reading_written;
	rc = lists ? list_parse(&origin, body, &asked->request, why) : read_parse(&origin, body, &asked->request, why);
	json_decref(body);
	if (lists && asked->request.subscriber.msisdn[0]) {
		asked->request.kind = REQUEST_ACCESS;
		asked->done = looked;
	}
	if (!rc) {
		asked_go(asked);
		return;
	}
	answer_error(door_call, STATUS_REFUSED, why);
	call_free(asked->call);
}
