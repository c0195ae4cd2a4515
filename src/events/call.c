/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* events/: what the operator's systems report, what partners ask for, and what staff do with tickets. parse.c makes a request of it,
 * http.c takes events over HTTP, tickets.c shows tickets, proposals.c takes the rest; starhash-data takes events from files. This file has
 * the life of a request over HTTP, and what it asks of the account layer. */
#include <string.h>
#include <time.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "events/call.h"
#include "starhash/clock.h"

_Static_assert(DOOR_CLIENT_MAX < EVENT_SOURCE_SIZE, "a client is the source of its events");

static const struct rate_ctr_desc counters[] = {
	[COUNT_EVENTS] = { "events", "events received" },
	[COUNT_NOTIFIED] = { "events:notified", "events that caused a message to a subscriber" },
	[COUNT_REPEATED] = { "events:repeated", "events that had come before" },
	[COUNT_REFUSED] = { "events:refused", "events with a mistake, or that contradict the account" },
	[COUNT_LATER] = { "events:later", "events that could not be stored, to be sent again" },
	[COUNT_PROPOSALS] = { "proposals", "requests for orders, codes and pages" },
	[COUNT_ASKED] = { "proposals:asked", "those that caused a message to a subscriber" },
	[COUNT_CODES] = { "codes", "one-time codes entered" },
	[COUNT_CODES_WRONG] = { "codes:wrong", "those that were wrong" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "events", .group_description = "Events and requests from the operator's systems",
	.num_ctr = ARRAY_SIZE(counters), .ctr_desc = counters,
};

void events_count(struct events *events, enum counter which)
{
	rate_ctr_inc2(events->counters, which);
}

int64_t events_now(struct events *events)
{
	wall_clock_read(events->settings.clock);
	return events->settings.clock->now;
}

/* ---- answers ---- */

void answer(struct door_call *call, enum status status, json_t *body)
{
	char *text;

	OSMO_ASSERT(body);
	text = json_dumps(body, JSON_COMPACT);
	OSMO_ASSERT(text);
	door_answer(call, status, text, strlen(text));
	free(text);
	json_decref(body);
}

void answer_error(struct door_call *call, enum status status, const char *why)
{
	answer(call, status, json_pack("{s:s}", "error", why));
}

const char *time_print(int64_t time, char out[static TIME_TEXT_SIZE])
{
	const time_t seconds = time;
	struct tm parts;

	strftime(out, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
	return time ? out : NULL;
}

json_t *message_of(const struct record *facts)
{
	char kind[ACCOUNT_WORD_SIZE], state[ACCOUNT_WORD_SIZE], time[TIME_TEXT_SIZE];

	if (!record_text(facts, FIELD_NOTIFICATION, kind, sizeof(kind)))
		return NULL;
	record_text(facts, FIELD_SENDING, state, sizeof(state));
	return json_pack("{s:s, s:s, s:s*}", "kind", kind, "state", state, "time", time_print(record_number(facts, FIELD_SENT, 0), time));
}

/* ---- calls ---- */

struct call *call_new(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	struct call *call = talloc_zero(events, struct call);

	OSMO_ASSERT(call);
	call->events = events;
	call->door_call = door_call;
	call->proposes = request->right == DOOR_ORDERS ? PROPOSES_ORDER : request->right == DOOR_CODES ? PROPOSES_CODE :
			 request->right == DOOR_PUSH ? PROPOSES_PAGE : request->right == DOOR_TICKETS ? PROPOSES_ACT : PROPOSES_NOTHING;
	INIT_LLIST_HEAD(&call->asked);
	osmo_strlcpy(call->source, request->client, sizeof(call->source));
	llist_add_tail(&call->entry, &events->calls);
	return call;
}

void call_free(struct call *call)
{
	llist_del(&call->entry);
	talloc_free(call);
}

void call_fail(struct call *call, enum result result, const char *missing)
{
	switch (result) {
	case RESULT_NOT_FOUND:
		answer_error(call->door_call, STATUS_NOT_FOUND, missing);
		break;
	case RESULT_CONFLICT:
		answer_error(call->door_call, STATUS_CONFLICT, "another request has this id");
		break;
	case RESULT_REFUSED:
		answer_error(call->door_call, STATUS_REFUSED, "it contradicts the account");
		break;
	case RESULT_BUSY:
		answer_error(call->door_call, STATUS_BUSY, "too many requests are being processed");
		break;
	default:
		answer_error(call->door_call, STATUS_UNAVAILABLE, "not possible now");
	}
	call_free(call);
}

/* ---- what they ask ---- */

static int asked_wipe(struct asked *asked)
{
	explicit_bzero(asked->code, sizeof(asked->code));
	return 0;
}

struct asked *asked_new(struct call *call)
{
	struct asked *asked = talloc_zero(call, struct asked);

	OSMO_ASSERT(asked);
	asked->call = call;
	talloc_set_destructor(asked, asked_wipe);
	return asked;
}

/* Whether the answer is not the last one. */
static bool goes_on(struct asked *asked, const struct response *response)
{
	const bool on = (asked->step == STEP_FIRST && response->result == RESULT_NOT_FOUND) ||
			(asked->step == STEP_PROFILE && response->result == RESULT_OK);

	asked->step += on;
	return on;
}

static void account_done(void *user, uint64_t id, const struct response *response)
{
	struct asked *asked = user;
	struct response next;

	llist_del(&asked->entry);
	if (goes_on(asked, response)) {
		if (!asked_submit(asked, &next))
			return;
		response = &next;
	}
	asked->done(asked, response);
}

bool asked_submit(struct asked *asked, struct response *response)
{
	const struct request profile = { .kind = REQUEST_PROFILE, .subscriber = asked->request.subscriber };

	do {
		if (accounts_submit_for(asked->call->events->settings.accounts, asked->step == STEP_PROFILE ? &profile : &asked->request,
					account_done, asked, response, &asked->id)) {
			llist_add_tail(&asked->entry, &asked->call->asked);
			return false;
		}
	} while (goes_on(asked, response));
	return true;
}

void asked_go(struct asked *asked)
{
	struct response response;

	if (asked_submit(asked, &response))
		asked->done(asked, &response);
}

/* NOT_FOUND also for an event of a kind that the call's path does not take. */
static enum result fetched_result(const struct asked *asked, const struct response *response)
{
	const struct account_event_kind *kind;
	char name[ACCOUNT_WORD_SIZE];

	record_text(&response->facts, FIELD_KIND, name, sizeof(name));
	kind = account_event_kind_find(name);
	if (response->result == RESULT_OK && (kind ? kind->proposes : PROPOSES_NOTHING) != asked->call->proposes)
		return RESULT_NOT_FOUND;
	return response->result;
}

static void fetch_done(struct asked *asked, const struct response *response)
{
	const enum result result = fetched_result(asked, response);

	if (result == RESULT_OK)
		asked->then(asked, &response->facts);
	else
		call_fail(asked->call, result, asked->missing);
}

void asked_fetch(struct asked *asked, const char *missing, void (*then)(struct asked *asked, const struct record *facts))
{
	asked->request = (struct request){ .kind = REQUEST_EVENT_FETCH };
	osmo_strlcpy(asked->request.event.source, asked->call->source, sizeof(asked->request.event.source));
	osmo_strlcpy(asked->request.event.id, asked->event, sizeof(asked->request.event.id));
	asked->step = STEP_ONCE;
	asked->done = fetch_done;
	asked->missing = missing;
	asked->then = then;
	asked_go(asked);
}

struct asked *asked_by_path(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	struct asked *asked;

	if (strlen(request->id) >= EVENT_ID_SIZE) {
		answer_error(door_call, STATUS_NOT_FOUND, "ids have at most 64 characters");
		return NULL;
	}
	asked = asked_new(call_new(events, door_call, request));
	strcpy(asked->event, request->id);
	return asked;
}

/* ---- setup and teardown ---- */

struct events *events_new(void *ctx, const struct events_settings *settings)
{
	struct events *events = talloc_zero(ctx, struct events);

	OSMO_ASSERT(events);
	events->settings = *settings;
	events->tables[0] = (struct door_table){ events_paths, events_handle, events };
	events->tables[1] = (struct door_table){ proposals_paths, proposals_handle, events };
	events->tables[2] = (struct door_table){ tickets_paths, tickets_handle, events };
	INIT_LLIST_HEAD(&events->calls);
	events->counters = rate_ctr_group_alloc(events, &counter_group, 0);
	OSMO_ASSERT(events->counters);
	return events;
}

const struct door_table *events_tables(const struct events *events)
{
	return events->tables;
}

void events_free(struct events *events)
{
	struct call *call, *next;
	struct asked *asked;

	if (!events)
		return;
	llist_for_each_entry_safe(call, next, &events->calls, entry) {
		llist_for_each_entry(asked, &call->asked, entry)
			accounts_forget(events->settings.accounts, asked->id);
		answer_error(call->door_call, STATUS_UNAVAILABLE, "the server is stopping");
		call_free(call);
	}
	rate_ctr_group_free(events->counters);
	talloc_free(events);
}
