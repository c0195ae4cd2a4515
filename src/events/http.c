/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /v1/events and GET /v1/events/ID.
 *
 * The events of a request are asked in their order, a bounded number at a time, so that a long batch neither fills the account layer nor
 * delays the loop; requests take turns. A request is answered when each of its events is durable or refused. At the first BUSY the rest of
 * its events is not asked at all: the sender repeats the request, and those done before are recognised.
 *
 * A subscriber who is not stored may be known to billing: their profile is asked for, which stores it, and then the event again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/accounts.h"
#include "starhash/clock.h"
#include "starhash/events.h"
#include "starhash/log.h"

#define IN_FLIGHT_MAX 64
#define LOG_INTERVAL_S 60
#define PATH "/v1/events"

_Static_assert(DOOR_CLIENT_MAX < EVENT_SOURCE_SIZE, "a client is the source of its events");

enum status {
	STATUS_OK = 200, STATUS_ACCEPTED = 202, STATUS_BAD = 400, STATUS_NOT_FOUND = 404, STATUS_REFUSED = 422, STATUS_BUSY = 429,
	STATUS_UNAVAILABLE = 503,
};

enum counter { COUNT_EVENTS, COUNT_NOTIFIED, COUNT_REPEATED, COUNT_REFUSED, COUNT_LATER };

static const struct rate_ctr_desc counters[] = {
	[COUNT_EVENTS] = { "events", "events received" },
	[COUNT_NOTIFIED] = { "events:notified", "events that caused a message to a subscriber" },
	[COUNT_REPEATED] = { "events:repeated", "events that had come before" },
	[COUNT_REFUSED] = { "events:refused", "events with a mistake, or that contradict the account" },
	[COUNT_LATER] = { "events:later", "events that could not be stored, to be sent again" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "events", .group_description = "Events from the operator's systems",
	.num_ctr = ARRAY_SIZE(counters), .ctr_desc = counters,
};

struct events {
	struct events_settings settings;
	struct llist_head calls;
	unsigned int in_flight;
	struct rate_ctr_group *counters;
	struct log_limit limit;
};

/* A request that is not answered yet. */
struct call {
	struct llist_head entry;
	struct events *events;
	struct door_call *door_call;
	char source[EVENT_SOURCE_SIZE];
	json_t *list;			/* of events; NULL: it fetches one */
	json_t *results;		/* in the same order, null where there is none yet */
	bool single;			/* the event came alone, and so is its result answered */
	size_t next;			/* to be asked */
	size_t refused, later;
	bool busy;
	struct llist_head asked;
};

/* One event in flight. */
struct asked {
	struct llist_head entry;
	struct call *call;
	size_t index;
	uint64_t id;			/* of the account layer */
	enum { STEP_EVENT, STEP_PROFILE, STEP_AGAIN } step;
	struct request request;		/* the event */
};

const struct door_path events_paths[] = {
	{ "POST", PATH, DOOR_EVENTS },
	{ "GET", PATH "/", DOOR_EVENTS },
	{ 0 }
};

static void count(struct events *events, enum counter which)
{
	rate_ctr_inc2(events->counters, which);
}

/* ---- answers ---- */

/* Takes the reference. */
static void answer(struct door_call *call, enum status status, json_t *body)
{
	char *text;

	OSMO_ASSERT(body);
	text = json_dumps(body, JSON_COMPACT);
	OSMO_ASSERT(text);
	door_answer(call, status, text, strlen(text));
	free(text);
	json_decref(body);
}

static void answer_error(struct door_call *call, enum status status, const char *why)
{
	answer(call, status, json_pack("{s:s}", "error", why));
}

static void call_free(struct call *call)
{
	llist_del(&call->entry);
	json_decref(call->list);
	json_decref(call->results);
	talloc_free(call);
}

/* The id as the sender wrote it, so that a malformed one is found again; not one of another type. */
static void result_put(struct call *call, size_t index, const struct event_result *result)
{
	json_t *id = json_object_get(json_array_get(call->list, index), "id");
	json_t *put = json_pack("{s:O*, s:s, s:s*}", "id", json_is_string(id) ? id : NULL, "result", result->word, "error", result->error);

	OSMO_ASSERT(put);
	if (result->repeated)
		json_object_set_new(put, "repeated", json_true());
	json_array_set_new(call->results, index, put);
	call->later += result->later;
	call->refused += result->error && !result->later;
	count(call->events, COUNT_EVENTS);
	if (result->error)
		count(call->events, result->later ? COUNT_LATER : COUNT_REFUSED);
	else if (result->repeated)
		count(call->events, COUNT_REPEATED);
	else if (!strcmp(result->word, "notified"))
		count(call->events, COUNT_NOTIFIED);
}

/* Once a minute, so that somebody looks for a mistake in the sender. */
static void refused_log(struct call *call)
{
	const json_t *result;
	unsigned int suppressed;
	size_t i;

	if (!call->refused || !log_allowed(&call->events->limit, LOG_INTERVAL_S, &suppressed))
		return;
	json_array_foreach(call->results, i, result) {
		const char *why = json_string_value(json_object_get(result, "error"));

		if (!why)
			continue;
		LOGP(DDOOR, LOGL_NOTICE, "%s: refused %zu of %zu events; event %zu: %s (%u more such requests since the last such line)\n",
		     call->source, call->refused, json_array_size(call->list), i + 1, why, suppressed);
		return;
	}
}

/* The status says what the sender has to do: 202 nothing, 422 look at the results, 429 and 503 send all of it again. */
static void call_end(struct call *call)
{
	const struct event_result rest = { "busy", "too many requests are being processed", false, true };
	enum status status = STATUS_ACCEPTED;
	json_t *body;

	for (size_t i = call->next; i < json_array_size(call->list); i++)
		result_put(call, i, &rest);
	refused_log(call);
	if (call->later)
		status = call->busy ? STATUS_BUSY : STATUS_UNAVAILABLE;
	else if (call->refused)
		status = STATUS_REFUSED;
	body = call->single ? json_incref(json_array_get(call->results, 0)) : json_pack("{s:O}", "results", call->results);
	answer(call->door_call, status, body);
	call_free(call);
}

/* ---- POST ---- */

static void event_done(struct call *call, size_t index, const struct response *response)
{
	char word[ACCOUNT_WORD_SIZE];
	const struct event_result result = event_result(response, word);

	result_put(call, index, &result);
	call->busy |= response->result == RESULT_BUSY;
}

static bool is_asked(const struct call *call)
{
	return call->busy || call->next == json_array_size(call->list);
}

static void pump(struct events *events);

/* Whether the answer is not the event's last one. */
static bool goes_on(struct asked *asked, const struct response *response)
{
	const bool on = (asked->step == STEP_EVENT && response->result == RESULT_NOT_FOUND) ||
			(asked->step == STEP_PROFILE && response->result == RESULT_OK);

	asked->step += on;
	return on;
}

static void account_done(void *user, uint64_t id, const struct response *response);

/* False when account_done() will be called; otherwise the event is answered. */
static bool ask(struct asked *asked, struct response *response)
{
	do {
		const struct request profile = { .kind = REQUEST_PROFILE, .subscriber = asked->request.subscriber };

		if (accounts_submit_for(asked->call->events->settings.accounts, asked->step == STEP_PROFILE ? &profile : &asked->request,
					account_done, asked, response, &asked->id))
			return false;
	} while (goes_on(asked, response));
	return true;
}

static void account_done(void *user, uint64_t id, const struct response *response)
{
	struct asked *asked = user;
	struct call *call = asked->call;
	struct events *events = call->events;
	struct response next;

	if (goes_on(asked, response)) {
		if (!ask(asked, &next))
			return;
		response = &next;
	}
	llist_del(&asked->entry);
	events->in_flight--;
	event_done(call, asked->index, response);
	talloc_free(asked);
	if (is_asked(call) && llist_empty(&call->asked))
		call_end(call);
	pump(events);
}

static void next_ask(struct call *call)
{
	struct events *events = call->events;
	const size_t index = call->next++;
	struct event_origin origin = { .source = call->source, .plan = events->settings.plan };
	struct asked *asked = talloc_zero(call, struct asked);
	struct response response;
	char why[EVENT_WHY_SIZE];

	OSMO_ASSERT(asked);
	asked->call = call;
	asked->index = index;
	wall_clock_read(events->settings.clock);
	origin.now = events->settings.clock->now;
	if (event_parse(&origin, json_array_get(call->list, index), &asked->request, why)) {
		result_put(call, index, &(struct event_result){ "malformed", why, false, false });
	} else if (ask(asked, &response)) {
		event_done(call, index, &response);
	} else {
		llist_add_tail(&asked->entry, &call->asked);
		events->in_flight++;
		return;
	}
	talloc_free(asked);
}

static struct call *call_waiting(struct events *events)
{
	struct call *call;

	llist_for_each_entry(call, &events->calls, entry) {
		if (call->list && !is_asked(call))
			return call;
	}
	return NULL;
}

/* Ask what there is room for, one event of each request in turn. */
static void pump(struct events *events)
{
	struct call *call;

	while (events->in_flight < IN_FLIGHT_MAX && (call = call_waiting(events))) {
		llist_move_tail(&call->entry, &events->calls);
		next_ask(call);
		if (is_asked(call) && llist_empty(&call->asked))
			call_end(call);
	}
}

static struct call *call_new(struct events *events, struct door_call *door_call, const char *client)
{
	struct call *call = talloc_zero(events, struct call);

	OSMO_ASSERT(call);
	call->events = events;
	call->door_call = door_call;
	INIT_LLIST_HEAD(&call->asked);
	osmo_strlcpy(call->source, client, sizeof(call->source));
	llist_add_tail(&call->entry, &events->calls);
	return call;
}

/* The list of events in a body, of one or of many. Takes the reference to \a root; NULL and \a why when it has none. */
static json_t *list_take(json_t *root, bool *single, char why[static EVENT_WHY_SIZE])
{
	json_t *list = json_object_get(root, "events");

	*single = !list;
	if (*single)
		list = json_pack("[O]", root);
	else
		json_incref(list);
	if (!json_is_object(root))
		snprintf(why, EVENT_WHY_SIZE, "the body must be an event, or an object with the list 'events'");
	else if (!*single && json_object_size(root) > 1)
		snprintf(why, EVENT_WHY_SIZE, "beside 'events' there must be no other key");
	else if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > EVENTS_BATCH_MAX)
		snprintf(why, EVENT_WHY_SIZE, "'events' must be a list of 1 to %d events", EVENTS_BATCH_MAX);
	else
		*why = '\0';
	json_decref(root);
	if (!*why)
		return list;
	json_decref(list);
	return NULL;
}

static void post(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	char why[EVENT_WHY_SIZE];
	json_t *root = event_load(request->body, request->len, why), *list;
	struct call *call;
	bool single;

	list = root ? list_take(root, &single, why) : NULL;
	if (!list) {
		answer_error(door_call, STATUS_BAD, why);
		return;
	}
	call = call_new(events, door_call, request->client);
	call->list = list;
	call->single = single;
	call->results = json_array();
	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append_new(call->results, json_null());
	pump(events);
}

/* ---- GET ---- */

static json_t *message_of(const struct record *facts)
{
	const time_t sent = record_number(facts, FIELD_SENT, 0);
	char kind[ACCOUNT_WORD_SIZE], state[ACCOUNT_WORD_SIZE], at[32];
	struct tm parts;

	if (!record_text(facts, FIELD_NOTIFICATION, kind, sizeof(kind)))
		return NULL;
	record_text(facts, FIELD_SENDING, state, sizeof(state));
	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&sent, &parts));
	return json_pack("{s:s, s:s, s:s}", "kind", kind, "state", state, "time", at);
}

static void fetch_answer(struct door_call *call, const char *id, const struct response *response)
{
	char word[ACCOUNT_WORD_SIZE];

	switch (response->result) {
	case RESULT_OK:
		record_text(&response->facts, FIELD_REASON, word, sizeof(word));
		answer(call, STATUS_OK, json_pack("{s:s, s:s, s:o*}", "id", id, "result", word, "message", message_of(&response->facts)));
		break;
	case RESULT_NOT_FOUND:
		answer_error(call, STATUS_NOT_FOUND, "no such event, or it is too old");
		break;
	case RESULT_BUSY:
		answer_error(call, STATUS_BUSY, "too many requests are being processed");
		break;
	default:
		answer_error(call, STATUS_UNAVAILABLE, "the event cannot be read now");
	}
}

/* A fetched event is one that is asked, too: its id is the string in results. */
static void fetch_done(void *user, uint64_t id, const struct response *response)
{
	struct asked *asked = user;
	struct call *call = asked->call;

	fetch_answer(call->door_call, json_string_value(call->results), response);
	call_free(call);
}

static void fetch(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	const char *id = request->path + strlen(PATH "/");
	struct request fetch = { .kind = REQUEST_EVENT_FETCH };
	struct response response;
	struct asked *asked;
	struct call *call;

	if (strlen(id) >= sizeof(fetch.event.id)) {
		answer_error(door_call, STATUS_NOT_FOUND, "no such event: ids have at most 64 characters");
		return;
	}
	osmo_strlcpy(fetch.event.source, request->client, sizeof(fetch.event.source));
	osmo_strlcpy(fetch.event.id, id, sizeof(fetch.event.id));
	call = call_new(events, door_call, request->client);
	call->results = json_string(id);
	asked = talloc_zero(call, struct asked);
	OSMO_ASSERT(call->results && asked);
	asked->call = call;
	llist_add_tail(&asked->entry, &call->asked);
	if (accounts_submit_for(events->settings.accounts, &fetch, fetch_done, asked, &response, &asked->id) == 0)
		fetch_done(asked, 0, &response);
}

void events_handle(void *user, struct door_call *call, const struct door_request *request)
{
	if (!strcmp(request->method, "POST"))
		post(user, call, request);
	else
		fetch(user, call, request);
}

/* ---- setup and teardown ---- */

struct events *events_new(void *ctx, const struct events_settings *settings)
{
	struct events *events = talloc_zero(ctx, struct events);

	OSMO_ASSERT(events);
	events->settings = *settings;
	INIT_LLIST_HEAD(&events->calls);
	events->counters = rate_ctr_group_alloc(events, &counter_group, 0);
	OSMO_ASSERT(events->counters);
	return events;
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
