/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Asks billing for accounts and sends it orders. Each request passes the circuit breaker and is answered exactly once, from the loop. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "billing/mapping.h"
#include "billing/order.h"
#include "billing/settings.h"
#include "billing/account_parse.h"
#include "starhash/billing.h"
#include "starhash/clock.h"
#include "starhash/log.h"

#define FAILURE_LOG_S 10

enum counter {
	COUNT_ASKED,
	COUNT_ORDERED,
	COUNT_DONE,
	COUNT_LATER,
	COUNT_REFUSED,
	COUNT_UNKNOWN,
	COUNT_DOWN,
	COUNT_WRONG,
	COUNT_BUSY,
	COUNT_SKIPPED,
	COUNT_OPENED,
	COUNTERS
};

static const struct rate_ctr_desc counters[COUNTERS] = {
	[COUNT_ASKED] = { "asked", "account requests" },
	[COUNT_ORDERED] = { "ordered", "orders sent, including repetitions" },
	[COUNT_DONE] = { "done", "accounts read and orders done" },
	[COUNT_LATER] = { "later", "orders accepted whose outcome is not known yet" },
	[COUNT_REFUSED] = { "refused", "orders refused" },
	[COUNT_UNKNOWN] = { "unknown", "subscribers unknown to billing" },
	[COUNT_DOWN] = { "down", "requests unanswered or deferred by billing" },
	[COUNT_WRONG] = { "wrong", "invalid answers" },
	[COUNT_BUSY] = { "busy", "requests refused because too many were open" },
	[COUNT_SKIPPED] = { "skipped", "requests not sent because the circuit breaker was open" },
	[COUNT_OPENED] = { "opened", "times that the circuit breaker opened" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "billing",
	.group_description = "Billing",
	.num_ctr = COUNTERS,
	.ctr_desc = counters,
};

struct billing {
	const struct billing_settings *settings;
	struct mapping *mapping;
	struct http *http;
	struct rate_ctr_group *counters;
	struct wall_clock *clock;	/* never goes back: billing's data would seem to come from the future (F16) */
	struct wall_clock own_clock;
	billing_recovered *recovered;	/* NULL: no callback */
	void *recovered_user;
	struct llist_head requests;
	unsigned int open;
	unsigned int took_ms;		/* the last request */
	struct log_limit failures;
	struct log_limit wrongs;
};

/* An open account request or order. */
struct request_open {
	struct llist_head entry;
	struct billing *billing;
	uint32_t ticket;		/* of the breaker; 0: it was turned away */
	int64_t began_ms;
	int64_t began_s;		/* since 1970 */
	struct osmo_timer_list soon;	/* results that are known at once are still delivered from the loop */
	enum billing_result result;	/* the worst so far */
	unsigned int after_s;
	bool failed;			/* for the breaker: billing is to blame */
	unsigned int waits;		/* number of answers still to come */
	billing_update *answer_to;	/* account request */
	billing_answered *answered;	/* order */
	void *user;
	struct subscriber subscriber;
	struct parsed_account parsed;
	struct billing_answer answer;
};

/* One HTTP request of an account request. */
struct fetch {
	struct request_open *request;
	const struct resource *resource;
};

static void count(struct billing *billing, enum counter which)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(billing->counters, which));
}

/* ---- what went wrong ---- */

static void say(struct billing *billing, struct log_limit *limit, const struct subscriber *subscriber, const char *what,
		const char *why)
{
	char masked[MASKED_SIZE];
	unsigned int suppressed;

	if (log_allowed(limit, FAILURE_LOG_S, &suppressed))
		LOGP(DBILLING, LOGL_ERROR, "billing: %s (%s): %s (%u more since the last such line)\n", what,
		     log_masked(*subscriber->msisdn ? subscriber->msisdn : subscriber->imsi, masked), why, suppressed);
}

/* Record a failure. The request's result becomes the worst one so far. */
static void request_fails(struct request_open *request, enum billing_result result, const char *why)
{
	struct billing *billing = request->billing;

	if (result > request->result)
		request->result = result;
	if (result == BILLING_WRONG)
		say(billing, &billing->wrongs, &request->subscriber, "invalid answer", why);
	else if (result == BILLING_DOWN)
		say(billing, &billing->failures, &request->subscriber, "no answer", why);
}

static const char *answer_problem(const struct http_answer *answer, char *buffer, size_t size)
{
	if (answer->failed)
		return answer->failed;
	snprintf(buffer, size, "status %ld%s", answer->status, answer->status <= 299 ? ", not understood" : "");
	return buffer;
}

/* ---- the end of a request ---- */

static void breaker_note(struct request_open *request)
{
	struct billing *billing = request->billing;
	const enum http_change change = request->ticket ? http_leave(billing->http, request->ticket, !request->failed) : HTTP_SAME;

	if (change == HTTP_OPENED)
		count(billing, COUNT_OPENED);
	else if (change == HTTP_CLOSED && billing->recovered)
		billing->recovered(billing->recovered_user);
}

/* Unlink the request before the callback, which may start another one. */
static void request_done(struct request_open *request)
{
	static const enum counter counts[] = {
		[BILLING_OK] = COUNT_DONE, [BILLING_LATER] = COUNT_LATER, [BILLING_DECLINED] = COUNT_REFUSED,
		[BILLING_UNKNOWN_SUBSCRIBER] = COUNT_UNKNOWN, [BILLING_DOWN] = COUNT_DOWN, [BILLING_WRONG] = COUNT_WRONG,
	};
	struct billing *billing = request->billing;
	const bool known = request->result == BILLING_OK;

	if (request->ticket)
		billing->took_ms = (unsigned int)(clock_monotonic_ms() - request->began_ms);
	breaker_note(request);
	count(billing, counts[request->result]);
	llist_del(&request->entry);
	billing->open--;
	osmo_timer_del(&request->soon);
	if (request->answered)
		request->answered(request->user, &request->answer);
	else
		request->answer_to(request->user, request->result, known ? &request->parsed.account : NULL,
				   known ? request->parsed.kinds : 0);
	talloc_free(request);
}

static void request_soon(void *data)
{
	request_done(data);
}

static void answer_later(struct request_open *request)
{
	osmo_timer_schedule(&request->soon, 0, 0);
}

static struct request_open *request_new(struct billing *billing, void *user)
{
	struct request_open *request = talloc_zero(billing, struct request_open);

	OSMO_ASSERT(request);
	request->billing = billing;
	request->user = user;
	request->began_ms = clock_monotonic_ms();
	wall_clock_read(billing->clock);
	request->began_s = billing->clock->now;
	request->ticket = http_enter(billing->http);
	osmo_timer_setup(&request->soon, request_soon, request);
	llist_add_tail(&request->entry, &billing->requests);
	billing->open++;
	return request;
}

/* The breaker is open: answer BILLING_DOWN without sending anything. */
static void skip(struct request_open *request)
{
	struct billing *billing = request->billing;

	count(billing, COUNT_SKIPPED);
	request->result = request->answer.result = BILLING_DOWN;
	request->answer.after_s = (unsigned int)((http_wait_ms(billing->http) + 999) / 1000);
	answer_later(request);
}

static bool is_full(struct billing *billing)
{
	if (billing->open < billing->settings->requests_max)
		return false;
	count(billing, COUNT_BUSY);
	return true;
}

/* ---- addresses ---- */

/* The configured url may end with a slash. */
static char *url_make(void *ctx, const struct billing *billing, const char *path, const struct subscriber *subscriber)
{
	const char *base = billing->settings->service.url;
	size_t len = strlen(base);
	char *text;

	while (len && base[len - 1] == '/')
		len--;
	text = http_url_put(ctx, path, "{msisdn}", subscriber->msisdn);
	text = http_url_put(ctx, text, "{imsi}", subscriber->imsi);
	return talloc_asprintf(ctx, "%.*s%s", (int)len, base, text);
}

/* The path for the identities known of this subscriber; NULL: none fits. */
static const char *path_for(const struct resource *resource, const struct subscriber *subscriber)
{
	const char *paths[] = { resource->path, resource->path_imsi };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (paths[i] && (*subscriber->msisdn || !strstr(paths[i], "{msisdn}")) &&
		    (*subscriber->imsi || !strstr(paths[i], "{imsi}")))
			return paths[i];
	}
	return NULL;
}

/* ---- account requests ---- */

static void document_read(struct fetch *fetch, const struct http_answer *answer)
{
	struct request_open *request = fetch->request;
	json_t *root = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, NULL);

	if (!root) {
		request->failed = true;
		request_fails(request, BILLING_WRONG, "not JSON");
	} else if (account_parse(request, &request->parsed, fetch->resource, &request->subscriber, root, request->began_s)) {
		request_fails(request, BILLING_WRONG, request->parsed.why);
	}
	json_decref(root);
}

static void fetched(void *user, const struct http_answer *answer)
{
	struct fetch *fetch = user;
	struct request_open *request = fetch->request;
	const long status = answer->failed ? 0 : answer->status;
	char buffer[48];
	const char *why = answer_problem(answer, buffer, sizeof(buffer));

	if (status == 200) {
		document_read(fetch, answer);
	} else if (status == 404 || status == 410) {
		request_fails(request, BILLING_UNKNOWN_SUBSCRIBER, why);
	} else if (status && status < 500 && status != 401 && status != 403 && status != 408 && status != 429) {
		request_fails(request, BILLING_WRONG, why);
	} else {
		request->failed = true;
		request_fails(request, BILLING_DOWN, why);
	}
	if (--request->waits)
		return;
	if (request->result == BILLING_OK && account_parse_end(&request->parsed, &request->subscriber))
		request_fails(request, BILLING_WRONG, request->parsed.why);
	request_done(request);
}

static void fetch_begin(struct request_open *request, const struct resource *resource)
{
	struct fetch *fetch = talloc(request, struct fetch);
	const char *path = path_for(resource, &request->subscriber);

	OSMO_ASSERT(fetch);
	*fetch = (struct fetch){ request, resource };
	if (http_send(request->billing->http,
		      &(struct http_call){ .url = url_make(fetch, request->billing, path, &request->subscriber),
					   .done = fetched, .user = fetch }) == 0) {
		request->waits++;
		return;
	}
	request->failed = true;
	request_fails(request, BILLING_DOWN, "the request could not be sent");
}

int billing_ask(struct billing *billing, const struct subscriber *subscriber, unsigned int kinds, billing_update *update,
		void *user)
{
	const struct mapping *mapping = billing->mapping;
	struct request_open *request;

	kinds = mapping_kinds(mapping, kinds);
	if (!kinds)
		return -ENOENT;
	for (unsigned int i = 0; i < mapping->count; i++) {
		if (mapping->resources[i].gives & kinds && !path_for(&mapping->resources[i], subscriber))
			return -ENOENT;
	}
	if (is_full(billing))
		return -EBUSY;
	count(billing, COUNT_ASKED);
	request = request_new(billing, user);
	request->answer_to = update;
	request->subscriber = *subscriber;
	account_parse_init(&request->parsed);
	if (!request->ticket) {
		skip(request);
		return 0;
	}
	for (unsigned int i = 0; i < mapping->count; i++) {
		if (mapping->resources[i].gives & kinds)
			fetch_begin(request, &mapping->resources[i]);
	}
	if (!request->waits)
		answer_later(request);
	return 0;
}

/* ---- orders ---- */

static void order_answered(void *user, const struct http_answer *answer)
{
	struct request_open *request = user;
	char buffer[48];

	order_read(&request->billing->mapping->order, answer, &request->answer);
	request->failed = request->answer.result == BILLING_DOWN ||
			  (request->answer.result == BILLING_WRONG && answer->status <= 299);
	request_fails(request, request->answer.result, answer_problem(answer, buffer, sizeof(buffer)));
	request_done(request);
}

int billing_order(struct billing *billing, const struct billing_order *order, billing_answered *answered, void *user)
{
	struct request_open *request;
	struct http_call call;
	char key[HTTP_KEY_SIZE], *body;

	if (is_full(billing))
		return -EBUSY;
	count(billing, COUNT_ORDERED);
	request = request_new(billing, user);
	request->answered = answered;
	snprintf(request->subscriber.msisdn, sizeof(request->subscriber.msisdn), "%s", order->msisdn);
	if (!request->ticket) {
		skip(request);
		return 0;
	}
	body = order_write(order);
	call = (struct http_call){
		.url = url_make(request, billing, billing->mapping->order.path, &request->subscriber),
		.body = body, .key = http_key(order->ref, key), .done = order_answered, .user = request,
	};
	if (http_send(billing->http, &call) < 0) {
		request->failed = true;
		request->result = request->answer.result = BILLING_DOWN;
		answer_later(request);
	}
	free(body);
	return 0;
}

/* ---- life ---- */

struct billing *billing_new(void *ctx, const void *data, const struct setting *group)
{
	const struct billing_settings *settings = data;
	struct billing *billing = talloc_zero(ctx, struct billing);
	struct problems problems = { 0 };

	OSMO_ASSERT(billing);
	billing->settings = settings;
	billing->clock = &billing->own_clock;
	INIT_LLIST_HEAD(&billing->requests);
	billing->counters = rate_ctr_group_alloc(billing, &counter_group, 0);
	OSMO_ASSERT(billing->counters);
	rate_ctr_group_set_name(billing->counters, "billing");
	billing->mapping = mapping_new(billing, settings->ask, settings->order, &problems);
	if (problems.errors)
		LOGP(DBILLING, LOGL_ERROR, "billing: %s\n", problems.list[0].text);
	else
		billing->http = http_new(billing, &(struct http_settings){
			.service = &settings->service, .name = "billing", .category = DBILLING,
			.connections_max = (unsigned int)settings->connections_max,
			.response_max = (size_t)settings->response_max,
		});
	problems_fini(&problems);
	if (!billing->http) {
		billing_free(billing);
		return NULL;
	}
	return billing;
}

void billing_set_recovered(struct billing *billing, billing_recovered *recovered, void *user)
{
	billing->recovered = recovered;
	billing->recovered_user = user;
}

void billing_set_clock(struct billing *billing, struct wall_clock *clock)
{
	billing->clock = clock;
}

void billing_free(struct billing *billing)
{
	struct request_open *request;

	if (!billing)
		return;
	http_free(billing->http);
	llist_for_each_entry(request, &billing->requests, entry)
		osmo_timer_del(&request->soon);
	rate_ctr_group_free(billing->counters);
	talloc_free(billing);
}

static uint64_t counted(const struct billing *billing, enum counter which)
{
	return rate_ctr_group_get_ctr(billing->counters, which)->current;
}

int billing_describe(const struct billing *billing, char *out, size_t size)
{
	return snprintf(out, size,
			"%s, breaker %s, %u of %lld requests open, %u connections made, last answer %u ms; asked %" PRIu64
			", ordered %" PRIu64 ", done %" PRIu64 ", refused %" PRIu64 ", down %" PRIu64 ", wrong %" PRIu64,
			billing->settings->service.url, http_breaker_name(billing->http), billing->open,
			billing->settings->requests_max, http_connections(billing->http), billing->took_ms,
			counted(billing, COUNT_ASKED), counted(billing, COUNT_ORDERED), counted(billing, COUNT_DONE),
			counted(billing, COUNT_REFUSED), counted(billing, COUNT_DOWN), counted(billing, COUNT_WRONG));
}
