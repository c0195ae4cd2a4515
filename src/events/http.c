/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /v1/events and GET /v1/events/ID.
 *
 * The events of a request are asked in their order, a bounded number at a time, so that a long batch neither fills the account layer nor
 * delays the loop; requests take turns. A request is answered when each of its events is durable or refused. At the first BUSY the rest of
 * its events is not asked at all: the sender repeats the request, and those done before are recognised. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "events/call.h"

#define IN_FLIGHT_MAX 64
#define LOG_INTERVAL_S 60
#define PATH "/v1/events"

const struct door_path events_paths[] = {
	{ "POST", PATH, DOOR_EVENTS },
	{ "GET", PATH "/", DOOR_EVENTS },
	{ 0 }
};

/* The events of a POST. */
struct batch {
	json_t *list;
	json_t *results;		/* in the same order, null where there is none yet */
	bool single;			/* the event came alone, and so is its result answered */
	size_t next;			/* to be asked */
	size_t refused, later;
	bool busy;
};

/* ---- answers ---- */

/* The id as the sender wrote it, so that a malformed one is found again; not one of another type. */
static void result_put(struct call *call, size_t index, const struct event_result *result)
{
	struct batch *batch = call->batch;
	json_t *id = json_object_get(json_array_get(batch->list, index), "id");
	json_t *put = json_pack("{s:O*, s:s, s:s*}", "id", json_is_string(id) ? id : NULL, "result", result->word, "error", result->error);

	OSMO_ASSERT(put);
	if (result->repeated)
		json_object_set_new(put, "repeated", json_true());
	json_array_set_new(batch->results, index, put);
	batch->later += result->later;
	batch->refused += result->error && !result->later;
	events_count(call->events, COUNT_EVENTS);
	if (result->error)
		events_count(call->events, result->later ? COUNT_LATER : COUNT_REFUSED);
	else if (result->repeated)
		events_count(call->events, COUNT_REPEATED);
	else if (!strcmp(result->word, "notified"))
		events_count(call->events, COUNT_NOTIFIED);
}

/* Once a minute, so that somebody looks for a mistake in the sender. */
static void refused_log(struct call *call)
{
	const struct batch *batch = call->batch;
	const json_t *result;
	unsigned int suppressed;
	size_t i;

	if (!batch->refused || !log_allowed(&call->events->limit, LOG_INTERVAL_S, &suppressed))
		return;
	json_array_foreach(batch->results, i, result) {
		const char *why = json_string_value(json_object_get(result, "error"));

		if (!why)
			continue;
		LOGP(DDOOR, LOGL_NOTICE, "%s: refused %zu of %zu events; event %zu: %s (%u more such requests since the last such line)\n",
		     call->source, batch->refused, json_array_size(batch->list), i + 1, why, suppressed);
		return;
	}
}

/* The status says what the sender has to do: 202 nothing, 422 look at the results, 429 and 503 send all of it again. */
static void call_end(struct call *call)
{
	const struct event_result rest = { "busy", "too many requests are being processed", false, true };
	const struct batch *batch = call->batch;
	enum status status = STATUS_ACCEPTED;
	json_t *body;

	for (size_t i = batch->next; i < json_array_size(batch->list); i++)
		result_put(call, i, &rest);
	refused_log(call);
	if (batch->later)
		status = batch->busy ? STATUS_BUSY : STATUS_UNAVAILABLE;
	else if (batch->refused)
		status = STATUS_REFUSED;
	body = batch->single ? json_incref(json_array_get(batch->results, 0)) : json_pack("{s:O}", "results", batch->results);
	answer(call->door_call, status, body);
	call_free(call);
}

/* ---- POST ---- */

static void event_done(struct call *call, size_t index, const struct response *response)
{
	char word[ACCOUNT_WORD_SIZE];
	const struct event_result result = event_result(response, word);

	result_put(call, index, &result);
	call->batch->busy |= response->result == RESULT_BUSY;
}

static bool is_asked(const struct batch *batch)
{
	return batch->busy || batch->next == json_array_size(batch->list);
}

static void pump(struct events *events);

static void event_answered(struct asked *asked, const struct response *response)
{
	struct call *call = asked->call;
	struct events *events = call->events;

	events->in_flight--;
	event_done(call, asked->index, response);
	talloc_free(asked);
	if (is_asked(call->batch) && llist_empty(&call->asked))
		call_end(call);
	pump(events);
}

static void next_ask(struct call *call)
{
	struct events *events = call->events;
	const size_t index = call->batch->next++;
	const struct event_origin origin = { .source = call->source, .plan = events->settings.plan, .now = events_now(events) };
	struct asked *asked = asked_new(call);
	struct response response;
	char why[EVENT_WHY_SIZE];

	asked->index = index;
	asked->step = STEP_FIRST;
	asked->done = event_answered;
	if (event_parse(&origin, json_array_get(call->batch->list, index), &asked->request, why)) {
		result_put(call, index, &(struct event_result){ "malformed", why, false, false });
	} else if (asked_submit(asked, &response)) {
		event_done(call, index, &response);
	} else {
		events->in_flight++;
		return;
	}
	talloc_free(asked);
}

static struct call *call_waiting(struct events *events)
{
	struct call *call;

	llist_for_each_entry(call, &events->calls, entry) {
		if (call->batch && !is_asked(call->batch))
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
		if (is_asked(call->batch) && llist_empty(&call->asked))
			call_end(call);
	}
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

static int batch_free(struct batch *batch)
{
	json_decref(batch->list);
	json_decref(batch->results);
	return 0;
}

static void post(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	char why[EVENT_WHY_SIZE];
	json_t *root = event_load(request->body, request->len, why), *list;
	struct batch *batch;
	struct call *call;
	bool single;

	list = root ? list_take(root, &single, why) : NULL;
	if (!list) {
		answer_error(door_call, STATUS_BAD, why);
		return;
	}
	call = call_new(events, door_call, request);
	call->batch = batch = talloc_zero(call, struct batch);
	OSMO_ASSERT(batch);
	*batch = (struct batch){ .list = list, .results = json_array(), .single = single };
	talloc_set_destructor(batch, batch_free);
	door_charge(door_call, (unsigned int)json_array_size(list) - 1);
	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append_new(batch->results, json_null());
	pump(events);
}

/* ---- GET ---- */

static void fetched(struct asked *asked, const struct record *facts)
{
	char word[ACCOUNT_WORD_SIZE];

	record_text(facts, FIELD_REASON, word, sizeof(word));
	answer(asked->call->door_call, STATUS_OK,
	       json_pack("{s:s, s:s, s:o*}", "id", asked->event, "result", word, "message", message_of(facts)));
	call_free(asked->call);
}

void events_handle(void *user, struct door_call *call, const struct door_request *request)
{
	struct asked *asked;

	if (!strcmp(request->method, "POST"))
		post(user, call, request);
	else if ((asked = asked_by_path(user, call, request)))
		asked_fetch(asked, "no such event, or it is too old", fetched);
}
