/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls backends. A call passes the circuit breaker, may be repeated once, and is answered exactly once, from the loop. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "backend/declared.h"
#include "starhash/alarm.h"
#include "starhash/clock.h"
#include "starhash/log.h"

#define COMPLAINT_LOG_S 10
#define AGAIN_MS 100			/* pause before the one repetition */

enum counter {
	COUNT_CALLED,
	COUNT_OK,
	COUNT_DECLARED,
	COUNT_UNAVAILABLE,
	COUNT_SLOW,
	COUNT_BUSY,
	COUNT_SKIPPED,
	COUNT_REPEATED,
	COUNT_CUT,
	COUNT_OPENED,
	COUNTERS
};

static const struct rate_ctr_desc counters[COUNTERS] = {
	[COUNT_CALLED] = { "called", "calls" },
	[COUNT_OK] = { "ok", "calls with the outcome ok" },
	[COUNT_DECLARED] = { "declared", "calls with a declared outcome" },
	[COUNT_UNAVAILABLE] = { "unavailable", "calls with the outcome unavailable" },
	[COUNT_SLOW] = { "slow", "calls with the outcome slow" },
	[COUNT_BUSY] = { "busy", "calls not sent because too many were open" },
	[COUNT_SKIPPED] = { "skipped", "calls not sent because the circuit breaker was open" },
	[COUNT_REPEATED] = { "repeated", "calls sent a second time" },
	[COUNT_CUT] = { "cut", "texts cut to their width, and rows dropped" },
	[COUNT_OPENED] = { "opened", "times that the circuit breaker opened" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "backend",
	.group_description = "Backend",
	.num_ctr = COUNTERS,
	.ctr_desc = counters,
};

struct backends {
	struct declared **list;		/* talloc array */
	unsigned int count;
	const struct menu_action **actions;
	struct alarms *alarms;
	struct llist_head calls;
	unsigned int open;
	uint64_t last_id;
	backend_stand_in *stand_in;	/* NULL: the network */
	void *stand_in_user;
	/* Memory of one answer. */
	uint8_t facts[RESPONSE_FACTS_MAX];
	uint8_t rows[RESPONSE_ROWS_MAX];
};

struct call {
	struct llist_head entry;
	struct backends *backends;
	struct declared *declared;
	uint64_t id;
	uint32_t ticket;		/* of the breaker; 0: it was not asked, or said no */
	int64_t began_ms;
	struct osmo_timer_list timer;	/* until the repetition, or for an outcome that is known at once */
	enum counter refused;		/* why it is not sent; 0: it is */
	bool repeated;
	char *url, *body;
	char key[HTTP_KEY_SIZE];	/* "": none, as it changes nothing */
	backend_answered *answered;	/* NULL: forgotten */
	void *user;
};

static void count(struct declared *declared, enum counter which, unsigned int by)
{
	rate_ctr_add(rate_ctr_group_get_ctr(declared->counters, which), (int)by);
}

/* ---- the end of a call ---- */

/* The alarm names all whose breaker is not closed. */
static void alarm_update(struct backends *backends)
{
	char names[160] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < backends->count && len < sizeof(names); i++) {
		if (backends->list[i]->failing)
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "", backends->list[i]->backend.name);
	}
	if (len)
		alarm_raise(backends->alarms, ALARM_BACKEND_DOWN, "no usable answers from: %s", names);
	else
		alarm_clear(backends->alarms, ALARM_BACKEND_DOWN);
}

static void breaker_note(struct call *call, bool well)
{
	struct declared *declared = call->declared;
	const enum http_change change = call->ticket ? http_leave(declared->http, call->ticket, well) : HTTP_SAME;

	if (change == HTTP_SAME)
		return;
	if (change == HTTP_OPENED)
		count(declared, COUNT_OPENED, 1);
	if (declared->failing == (change == HTTP_OPENED))
		return;
	declared->failing = change == HTTP_OPENED;
	alarm_update(call->backends);
}

static void say(struct declared *declared, const char *outcome, const char *why)
{
	unsigned int suppressed;

	if (log_allowed(&declared->complaints, COMPLAINT_LOG_S, &suppressed))
		LOGP(DBACKEND, LOGL_ERROR, "backend %s: %s: %s (%u more since the last such line)\n", declared->backend.name, outcome, why,
		     suppressed);
}

/* Unlink the call before the callback, which may make another one. */
static void call_done(struct call *call, const struct http_answer *answer)
{
	struct backends *backends = call->backends;
	struct declared *declared = call->declared;
	const struct backend *backend = &declared->backend;
	struct backend_answer out = { .facts = { backends->facts, 0, sizeof(backends->facts) },
				      .rows = { backends->rows, 0, sizeof(backends->rows), 0 } };
	const int unavailable = backend_unavailable(backend);
	struct answer_notes notes;

	answer_read(declared, answer, &out, &notes);
	out.failing = notes.failed;
	if (call->ticket)
		declared->took_ms = (unsigned int)(clock_monotonic_ms() - call->began_ms);
	breaker_note(call, !notes.failed);
	count(declared, out.outcome == BACKEND_OK ? COUNT_OK : out.outcome < unavailable ? COUNT_DECLARED :
	      out.outcome == unavailable ? COUNT_UNAVAILABLE : COUNT_SLOW, 1);
	count(declared, COUNT_CUT, notes.cut);
	if (out.outcome >= unavailable && !call->refused)
		say(declared, backend->outcomes[out.outcome], notes.why);
	llist_del(&call->entry);
	osmo_timer_del(&call->timer);
	declared->open--;
	backends->open--;
	if (call->answered)
		call->answered(call->user, call->id, &out);
	talloc_free(call);
}

static void call_failed(struct call *call, enum http_failure failure, const char *why)
{
	call_done(call, &(struct http_answer){ .failure = failure, .failed = why, .body = "" });
}

/* ---- the network ---- */

static void answer_came(void *user, const struct http_answer *answer);

static int call_send(struct call *call, unsigned int total_ms)
{
	return http_send(call->declared->http,
			 &(struct http_call){ .url = call->url, .body = call->body, .key = *call->key ? call->key : NULL,
					      .total_ms = total_ms, .done = answer_came, .user = call });
}

static unsigned int left_ms(const struct call *call)
{
	const int64_t left = call->began_ms + call->declared->backend.total_ms - clock_monotonic_ms();

	return left > 0 ? (unsigned int)left : 0;
}

/* Only what the service has not seen, or recognizes by its key, may be sent again. */
static bool may_repeat(const struct call *call, const struct http_answer *answer)
{
	const bool safe = answer->failure == HTTP_NOT_SENT || (answer->failure == HTTP_LOST && *call->key);

	return safe && !call->repeated && call->answered && left_ms(call) > 2 * AGAIN_MS;
}

static void answer_came(void *user, const struct http_answer *answer)
{
	struct call *call = user;

	if (!may_repeat(call, answer)) {
		call_done(call, answer);
		return;
	}
	call->repeated = true;
	osmo_timer_schedule(&call->timer, 0, AGAIN_MS * 1000);
}

/* ---- calls ---- */

static void simulated(struct call *call)
{
	struct http_answer answer = { .body = "" };
	struct backends *backends = call->backends;

	if (backends->stand_in(backends->stand_in_user, &call->declared->backend, &answer))
		call_done(call, &answer);
	else
		call_failed(call, HTTP_LOST, "nothing stands in for it");
}

static void timer_fired(void *data)
{
	struct call *call = data;

	if (call->refused) {
		call_failed(call, HTTP_NOT_SENT, counters[call->refused].description);
	} else if (call->backends->stand_in) {
		simulated(call);
	} else {
		count(call->declared, COUNT_REPEATED, 1);
		if (!left_ms(call) || call_send(call, left_ms(call)))
			call_failed(call, HTTP_NOT_SENT, "the request could not be sent again");
	}
}

static struct declared *declared_of(const struct backend *backend)
{
	return (struct declared *)((char *)backend - offsetof(struct declared, backend));
}

/* Why the call is not sent; 0: it is, or simulated. */
static enum counter refusal(struct call *call, const struct record *args)
{
	struct declared *declared = call->declared;

	if (!call_write(call, declared, args, &call->url, &call->body)) {
		say(declared, "unavailable", "a value that is sent is not known, or not fit for its url");
		return COUNT_UNAVAILABLE;
	}
	if (declared->backend.changes && !*call->key) {
		say(declared, "unavailable", "there is no reference number");
		return COUNT_UNAVAILABLE;
	}
	if (declared->open > (unsigned int)declared->settings.in_flight)
		return COUNT_BUSY;
	if (call->backends->stand_in)
		return 0;
	call->ticket = http_enter(declared->http);
	return call->ticket ? 0 : COUNT_SKIPPED;
}

static uint64_t call_new(struct backends *backends, struct declared *declared, const struct record *args, uint64_t ref,
			 backend_answered *answered, void *user)
{
	struct call *call = talloc_zero(backends, struct call);

	OSMO_ASSERT(call);
	call->backends = backends;
	call->declared = declared;
	call->id = ++backends->last_id;
	call->began_ms = clock_monotonic_ms();
	call->answered = answered;
	call->user = user;
	osmo_timer_setup(&call->timer, timer_fired, call);
	llist_add_tail(&call->entry, &backends->calls);
	backends->open++;
	declared->open++;
	count(declared, COUNT_CALLED, 1);
	if (ref)
		http_key(ref, call->key);
	call->refused = refusal(call, args);
	if (call->refused == COUNT_BUSY || call->refused == COUNT_SKIPPED)
		count(declared, call->refused, 1);
	else if (!call->refused && !backends->stand_in && call_send(call, 0))
		call->refused = COUNT_UNAVAILABLE;
	if (call->refused || backends->stand_in)
		osmo_timer_schedule(&call->timer, 0, 0);
	return call->id;
}

uint64_t backends_call(struct backends *backends, const struct backend *backend, const struct record *args, backend_answered *answered,
		       void *user)
{
	return call_new(backends, declared_of(backend), args, 0, answered, user);
}

void backends_forget(struct backends *backends, uint64_t id)
{
	struct call *call;

	llist_for_each_entry(call, &backends->calls, entry) {
		if (call->id == id)
			call->answered = NULL;
	}
}

unsigned int backends_open(const struct backends *backends)
{
	return backends ? backends->open : 0;
}

/* ---- orders ---- */

bool backends_ready(struct backends *backends, const struct backend *backend)
{
	const struct declared *declared = declared_of(backend);
	struct http_answer answer = { .body = "" };

	if (declared->open >= (unsigned int)declared->settings.in_flight)
		return false;
	if (backends->stand_in)
		return !backends->stand_in(backends->stand_in_user, backend, &answer) || answer.failure != HTTP_NOT_SENT;
	return !http_wait_ms(declared->http);
}

uint64_t backends_order(struct backends *backends, const char *name, const char *sent, uint64_t ref, backend_answered *answered,
			void *user)
{
	const struct backend *backend = backends_find(backends, name);
	uint8_t octets[REQUEST_ARGS_MAX];
	struct record args = { .data = octets, .size = sizeof(octets) };

	if (!backend || !backend->changes) {
		LOGP(DBACKEND, LOGL_ERROR, "an order for \"%s\" is not sent: no backend of that name takes orders\n", name);
		return 0;
	}
	if (!order_values_read(backend, sent, &args)) {
		say(declared_of(backend), "an order is not sent", "what was stored of it cannot be read");
		return 0;
	}
	return call_new(backends, declared_of(backend), &args, ref, answered, user);
}

/* ---- life ---- */

/* A value with the same name as one in \a other is the same variable of menus. */
static void types_compare(const struct declared *declared, const struct declared *other, struct problems *problems)
{
	const struct backend *a = &declared->backend;

	for (unsigned int i = 0; i < a->fields_count + a->row_count; i++) {
		const struct backend_value *one = i < a->fields_count ? &a->fields[i] : &a->row[i - a->fields_count];
		const struct backend_value *two = one->name ? declared_answers(other, one->name) : NULL;

		if (!two || one->type == two->type)
			continue;
		problems_add(problems, declared->group, "\"%s\" has another type than in \"%s\": one name has one type in menus",
			     one->name, other->backend.name);
		return;
	}
	for (unsigned int i = 0; i < a->sent_count; i++) {
		for (unsigned int k = 0; k < other->backend.sent_count; k++) {
			const struct backend_value *one = &a->sent[i], *two = &other->backend.sent[k];

			if (one->id == two->id && one->type != two->type && !declared_answers(declared, one->name) &&
			    !declared_answers(other, one->name))
				problems_add(problems, setting_at(declared->group, "send"),
					     "\"%s\" is sent with another type than in \"%s\"", one->name, other->backend.name);
		}
	}
}

/* What is sent may be what a backend answered. */
static void sent_types_set(struct declared *declared, const struct declared *other)
{
	for (unsigned int i = 0; i < declared->backend.sent_count; i++) {
		struct backend_value *sent = &declared->backend.sent[i];
		const struct backend_value *answered = declared_answers(other, sent->name);

		if (answered && !sent->field)
			sent->type = answered->type;
	}
}

struct backends *backends_read(void *ctx, const struct setting *group, struct problems *problems)
{
	struct backends *backends = talloc_zero(ctx, struct backends);

	OSMO_ASSERT(backends);
	INIT_LLIST_HEAD(&backends->calls);
	for (const struct setting *at = group ? group->child : NULL; at; at = at->next) {
		struct declared *declared;

		if (at->type != SETTING_GROUP) {
			problems_add(problems, at, "\"%s\" must be a group, not %s", at->name, setting_type_name(at->type));
			continue;
		}
		declared = talloc_zero(backends, struct declared);
		backends->list = talloc_realloc(backends, backends->list, struct declared *, backends->count + 1);
		OSMO_ASSERT(declared && backends->list);
		declared_read(declared, at, backends->list, backends->count, declared, problems);
		backends->list[backends->count++] = declared;
		for (unsigned int i = 0; i < backends->count; i++) {
			types_compare(declared, backends->list[i], problems);
			sent_types_set(declared, backends->list[i]);
			sent_types_set(backends->list[i], declared);
		}
	}
	return backends;
}

struct backends *backends_load(void *ctx, const char *path, struct conf_file **file, struct problems *problems)
{
	const size_t before = problems->count;
	const struct setting *group;
	struct backends *backends;

	*file = conf_file_load(path, problems);
	if (!*file)
		return NULL;
	group = setting_get(conf_file_root(*file), "backends");
	if (group && group->type != SETTING_GROUP)
		problems_add(problems, group, "\"backends\" must be a group, not %s", setting_type_name(group->type));
	backends = backends_read(ctx, group, problems);
	if (problems->count == before)
		return backends;
	backends_free(backends);
	conf_file_free(*file);
	*file = NULL;
	return NULL;
}

/* A backend that has never been called has no counters. */
static void counters_make(struct backends *backends)
{
	for (unsigned int i = 0; i < backends->count; i++) {
		struct declared *declared = backends->list[i];

		declared->counters = rate_ctr_group_alloc(backends, &counter_group, i);
		OSMO_ASSERT(declared->counters);
		rate_ctr_group_set_name(declared->counters, declared->backend.name);
	}
}

int backends_start(struct backends *backends, struct alarms *alarms)
{
	backends->alarms = alarms;
	counters_make(backends);
	for (unsigned int i = 0; i < backends->count; i++) {
		struct declared *declared = backends->list[i];
		const struct backend_settings *settings = &declared->settings;

		declared->http = http_new(backends, &(struct http_settings){
			.service = &settings->service, .name = talloc_asprintf(declared, "backend %s", declared->backend.name),
			.category = DBACKEND, .hmac_file = settings->hmac_file,
			.connections_max = (unsigned int)settings->in_flight, .response_max = (size_t)settings->body_max,
		});
		if (!declared->http)
			return -EIO;
	}
	return 0;
}

void backends_simulate(struct backends *backends, backend_stand_in *ask, void *user)
{
	backends->stand_in = ask;
	backends->stand_in_user = user;
	if (backends->count && !backends->list[0]->counters)
		counters_make(backends);
}

void backends_free(struct backends *backends)
{
	struct call *call;

	if (!backends)
		return;
	llist_for_each_entry(call, &backends->calls, entry)
		osmo_timer_del(&call->timer);
	for (unsigned int i = 0; i < backends->count; i++) {
		http_free(backends->list[i]->http);
		if (backends->list[i]->counters)
			rate_ctr_group_free(backends->list[i]->counters);
	}
	talloc_free(backends);
}

/* ---- for others ---- */

unsigned int backends_count(const struct backends *backends)
{
	return backends ? backends->count : 0;
}

const struct backend *backends_at(const struct backends *backends, unsigned int index)
{
	return &backends->list[index]->backend;
}

const struct backend *backends_find(const struct backends *backends, const char *name)
{
	for (unsigned int i = 0; i < backends_count(backends); i++) {
		if (!strcmp(backends->list[i]->backend.name, name))
			return &backends->list[i]->backend;
	}
	return NULL;
}

const struct menu_action *const *backends_actions(struct backends *backends, const struct menu_action *const *own)
{
	unsigned int count = 0;

	if (!backends_count(backends))
		return own;
	while (own[count])
		count++;
	backends->actions = talloc_realloc(backends, backends->actions, const struct menu_action *, count + backends->count + 1);
	OSMO_ASSERT(backends->actions);
	memcpy(backends->actions, own, count * sizeof(*own));
	for (unsigned int i = 0; i < backends->count; i++)
		backends->actions[count++] = &backends->list[i]->action;
	backends->actions[count] = NULL;
	return backends->actions;
}

void backends_check_time(const struct backends *backends, unsigned int answer_ms, const char *turn, struct problems *problems)
{
	for (unsigned int i = 0; i < backends_count(backends); i++) {
		const struct declared *declared = backends->list[i];

		if (declared->backend.total_ms >= answer_ms)
			problems_add(problems, setting_at(declared->group, "total_ms"), "total_ms of \"%s\" is %u ms, but must be below "
				     "answer_ms (%u ms) of %s: it must answer before the turn ends", declared->backend.name,
				     declared->backend.total_ms, answer_ms, turn);
	}
}

void backends_check_secrets(const struct backends *backends, uid_t reader, struct problems *problems)
{
	for (unsigned int i = 0; i < backends_count(backends); i++)
		conf_files_check(backends->list[i]->group, backend_rows, &backends->list[i]->settings, reader, problems);
}

static uint64_t counted(const struct declared *declared, enum counter which)
{
	return rate_ctr_group_get_ctr(declared->counters, which)->current;
}

int backends_describe(const struct backends *backends, unsigned int index, char *out, size_t size)
{
	const struct declared *declared = backends->list[index];
	const char *url = declared->settings.service.url;

	return snprintf(out, size,
			"%s: %.*s, breaker %s, %u of %lld calls open, %u connections made, last answer %u ms; called %" PRIu64
			", ok %" PRIu64 ", declared %" PRIu64 ", unavailable %" PRIu64 ", slow %" PRIu64 ", cut %" PRIu64,
			declared->backend.name, (int)strcspn(url, "?"), url, http_breaker_name(declared->http), declared->open,
			declared->settings.in_flight, http_connections(declared->http), declared->took_ms, counted(declared, COUNT_CALLED),
			counted(declared, COUNT_OK), counted(declared, COUNT_DECLARED), counted(declared, COUNT_UNAVAILABLE),
			counted(declared, COUNT_SLOW), counted(declared, COUNT_CUT));
}
