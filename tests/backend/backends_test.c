/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls of backends over real sockets, mostly to the loyalty service of contrib/billing (F41): slow, gone, wrong, too large, redirecting,
 * answering late and twice. Each call is answered once, in time, while the loop goes on. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/alarm.h"
#include "starhash/backends.h"
#include "starhash/http.h"
#include "starhash/log.h"
#include "tests/billing/sample.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define LONG_MS 30000			/* to abort a hanging test */
#define BLOCK_MAX_MS 500		/* much less than the slowest answer, and enough for a busy machine with sanitizers */
#define TICK_MS 10

struct fixture {
	struct sample *sample;		/* of the group */
	struct alarms *alarms;
	struct conf_file *file;
	struct backends *backends;
};

/* The answers to one call. */
struct reply {
	unsigned int count;
	uint64_t id;
	const struct backend *backend;
	int outcome;
	unsigned int rows;
	char text[64];			/* the first value of the first row, or of the answer */
};

static void answered(void *user, uint64_t id, const struct backend_answer *answer)
{
	struct reply *reply = user;
	const bool lists = reply->backend->row_count;
	struct record first = answer->facts;

	reply->count++;
	reply->id = id;
	reply->outcome = answer->outcome;
	reply->rows = answer->rows.count;
	if (lists && !rows_at(&answer->rows, 0, &first))
		first.len = 0;
	record_text(&first, (lists ? reply->backend->row : reply->backend->fields)[0].id, reply->text, sizeof(reply->text));
}

static bool has_come(void *user)
{
	return ((struct reply *)user)->count > 0;
}

/* ---- life ---- */

static void backends_end(struct fixture *fix)
{
	backends_free(fix->backends);
	fix->backends = NULL;
	conf_file_free(fix->file);
	fix->file = NULL;
}

/* The services offers and redeem with more settings; %u in \a base is the sample's port. */
static void backends_begin_at(struct fixture *fix, const char *base, const char *settings)
{
	struct problems problems = { 0 };
	char url[128], *text;

	backends_end(fix);
	snprintf(url, sizeof(url), base, fix->sample->port);
	assert_true(asprintf(&text,
		"backends = { offers = { url = \"%s/v1/loyalty/offers\"; hmac_file = \"%s/hmac\"; %s send = ( \"msisdn\", \"language\" );"
		"	rows = { path = \"$.offers[*]\"; fields = { offer = { path = \"$.id\"; type = \"code\"; width = 8; };"
		"		offer_name = { path = \"$.name\"; width = 20; }; cost = { path = \"$.points\"; type = \"count\"; }; }; };"
		"	outcomes = { is = \"none\"; when_status = 404; }; };"
		"redeem = { url = \"%s/v1/loyalty/redeem\"; hmac_file = \"%s/hmac\"; %s changes = true; send = ( \"msisdn\", \"offer\" );"
		"	fields = { voucher = { path = \"$.voucher\"; type = \"code\"; width = 12; }; };"
		"	outcomes = { is = \"too_few\"; path = \"$.code\"; equals = \"POINTS\"; }; }; };",
		url, fix->sample->folder, settings, url, fix->sample->folder, settings) > 0);
	fix->file = settings_of(text);
	free(text);
	fix->backends = backends_read(NULL, setting_get(conf_file_root(fix->file), "backends"), &problems);
	if (problems.count)
		conf_problems_print(&problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(backends_start(fix->backends, fix->alarms), 0);
}

static void backends_begin(struct fixture *fix, const char *settings)
{
	backends_begin_at(fix, "http://127.0.0.1:%u", settings);
}

/* As an order is: what it sends is written first, and read again. */
static uint64_t order_begin(struct fixture *fix, const struct backend *backend, struct request *request, uint64_t ref, struct reply *reply)
{
	struct record args;
	struct value sent;

	assert_int_equal(backends_order_put(backend, request), 0);
	assert_int_equal(request->kind, REQUEST_BACKEND_ORDER);
	args = request_args(request);
	assert_true(record_get(&args, ARG_SENT, &sent));
	return backends_order(fix->backends, backend->name, strndupa(sent.text, sent.len), ref, answered, reply);
}

static void call_begin(struct fixture *fix, const char *name, const char *msisdn, const char *offer, uint64_t ref, struct reply *reply)
{
	struct request request = { 0 };
	struct record args = request_args(&request);

	*reply = (struct reply){ .backend = backends_find(fix->backends, name) };
	record_put_text(&args, FIELD_MSISDN, msisdn, strlen(msisdn));
	record_put_text(&args, FIELD_LANGUAGE, "en", 2);
	record_put_text(&args, FIELD_PASSWORD, "135790", 6);
	record_put_text(&args, reply->backend->sent[1].id, offer, strlen(offer));
	request_set_args(&request, &args);
	if (reply->backend->changes)
		assert_int_not_equal(order_begin(fix, reply->backend, &request, ref, reply), 0);
	else
		assert_int_not_equal(backends_call(fix->backends, reply->backend, &args, answered, reply), 0);
	assert_int_equal(reply->count, 0);		/* never from inside the call */
}

static const char *outcome(const struct reply *reply)
{
	return reply->backend->outcomes[reply->outcome];
}

static struct reply call(struct fixture *fix, const char *name, const char *offer, uint64_t ref)
{
	struct reply reply;

	call_begin(fix, name, SAMPLE_MSISDN, offer, ref, &reply);
	assert_true(loop_until(has_come, &reply, LONG_MS));
	assert_int_equal(backends_open(fix->backends), 0);
	return reply;
}

static const char *ask(struct fixture *fix)
{
	static struct reply reply;

	reply = call(fix, "offers", "", 0);
	return outcome(&reply);
}

static const char *described(struct fixture *fix, unsigned int index)
{
	static char text[512];

	backends_describe(fix->backends, index, text, sizeof(text));
	return text;
}

/* ---- the loop ---- */

struct watch {
	struct osmo_timer_list timer;
	struct timespec last;
	unsigned int longest_ms;	/* time between two ticks that are TICK_MS apart */
};

static void tick(void *data)
{
	struct watch *watch = data;
	struct timespec now;
	unsigned int ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (unsigned int)((now.tv_sec - watch->last.tv_sec) * 1000 + (now.tv_nsec - watch->last.tv_nsec) / 1000000);
	watch->longest_ms = OSMO_MAX(watch->longest_ms, ms);
	watch->last = now;
	osmo_timer_schedule(&watch->timer, 0, TICK_MS * 1000);
}

static void watch_begin(struct watch *watch)
{
	*watch = (struct watch){ 0 };
	clock_gettime(CLOCK_MONOTONIC, &watch->last);
	osmo_timer_setup(&watch->timer, tick, watch);
	tick(watch);
}

/* ---- answers ---- */

static void call__offers__rows_in_the_language(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;

	backends_begin(fix, "");
	reply = call(fix, "offers", "", 0);
	assert_string_equal(outcome(&reply), "ok");
	assert_int_equal(reply.rows, 3);
	assert_string_equal(reply.text, "TEA");
	assert_non_null(strstr(described(fix, 0), "called 1, ok 1, declared 0"));
	call_begin(fix, "offers", "13900000000", "", 0, &reply);
	assert_true(loop_until(has_come, &reply, LONG_MS));
	assert_string_equal(outcome(&reply), "none");
}

static void call__misbehaves__each_its_outcome_once_and_in_time_F41(void **state)
{
	static const struct { const char *fault, *outcome; } rows[] = {
		{ "{}", "ok" },
		{ "{\"slow_ms\": 2000}", "slow" },
		{ "{\"drop\": \"before\"}", "unavailable" },
		{ "{\"status\": 500}", "unavailable" },
		{ "{\"status\": 503, \"retry_after\": 1}", "unavailable" },
		{ "{\"status\": 404}", "none" },
		{ "{\"status\": 401}", "unavailable" },
		{ "{\"status\": 418}", "unavailable" },
		{ "{\"body\": \"bad-json\"}", "unavailable" },
		{ "{\"body\": \"empty\"}", "unavailable" },
		{ "{\"body\": \"huge\"}", "unavailable" },
		{ "{\"body\": \"cut\"}", "unavailable" },
		{ "{\"body\": \"twice\"}", "ok" },
		{ "{}", "ok" },
	};
	struct fixture *fix = *state;
	struct watch watch;

	backends_begin(fix, "total_ms = 1000; breaker_failures = 100;");
	watch_begin(&watch);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct timespec began, now;
		struct reply reply;

		sample_fault(fix->sample, rows[i].fault);
		clock_gettime(CLOCK_MONOTONIC, &watch.last);	/* the sample was addressed outside of the loop */
		clock_gettime(CLOCK_MONOTONIC, &began);
		reply = call(fix, "offers", "", 0);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (strcmp(outcome(&reply), rows[i].outcome))
			fail_msg("%s: %s", rows[i].fault, outcome(&reply));
		assert_true((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 < 1000 + BLOCK_MAX_MS);
		loop_for(30);
		assert_int_equal(reply.count, 1);
	}
	sample_fault(fix->sample, "{}");
	osmo_timer_del(&watch.timer);
	print_message("the loop was never busy for longer than %u ms\n", watch.longest_ms - TICK_MS);
	assert_true(watch.longest_ms < BLOCK_MAX_MS);
}

/* The late answer meets nobody, and the next call is not taken for it. */
static void call__late_answer__dropped_F41(void **state)
{
	struct fixture *fix = *state;
	struct reply late, next;

	backends_begin(fix, "connect_ms = 300; total_ms = 300;");
	sample_fault(fix->sample, "{\"slow_ms\": 800, \"times\": 1}");
	late = call(fix, "offers", "", 0);
	assert_string_equal(outcome(&late), "slow");
	next = call(fix, "offers", "", 0);
	loop_for(1000);
	assert_int_equal(late.count, 1);
	assert_int_equal(next.count, 1);
	assert_string_equal(outcome(&next), "ok");
}

static int listener_open(unsigned int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void call__redirects__not_followed_F41(void **state)
{
	struct fixture *fix = *state;
	char fault[128];
	unsigned int port;
	const int fd = listener_open(&port);

	backends_begin(fix, "");
	for (int status = 301; status <= 308; status++) {
		snprintf(fault, sizeof(fault), "{\"status\": %d, \"location\": \"http://127.0.0.1:%u/v1/loyalty/offers\"}", status, port);
		sample_fault(fix->sample, fault);
		assert_string_equal(ask(fix), "unavailable");
	}
	assert_int_equal(accept(fd, NULL, NULL), -1);
	close(fd);
}

/* ---- changes ---- */

static void change__answer_lost__repeated_under_its_key_and_done_once(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;

	backends_begin(fix, "");
	sample_fault(fix->sample, "{\"drop\": \"after\", \"only\": \"redeem\", \"times\": 1}");
	reply = call(fix, "redeem", "TEA", 0x4711);
	assert_string_equal(outcome(&reply), "ok");
	assert_int_equal(strlen(reply.text), 8);
	assert_int_equal(sample_count(fix->sample, "/v1/loyalty/redemptions", "\"key\": \"0000000000004711\""), 1);
	assert_int_equal(sample_count(fix->sample, "/v1/loyalty/redemptions", "\"deliveries\": 2"), 1);
	assert_string_equal((reply = call(fix, "redeem", "TEA", 0x4712), outcome(&reply)), "too_few");
}

/* The store has run out of reference numbers: any other key would be somebody else's. */
static void change__no_reference__not_sent(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;

	backends_begin(fix, "");
	reply = call(fix, "redeem", "TEA", 0);
	assert_string_equal(outcome(&reply), "unavailable");
	assert_int_equal(sample_count(fix->sample, "/v1/loyalty/redemptions", "\"key\": \"0000000000000000\""), 0);
}

/* What was stored is not trusted: the declaration may have changed meanwhile, or somebody the database. */
static void order__stored_for_another_declaration__not_sent(void **state)
{
	static const char *const sent[] = { "", "[]", "{\"msisdn\":86138}", "{\"offer\":null}", "{\"offer\":\"A\",\"offer\":\"B\"}", "{", };
	struct fixture *fix = *state;
	struct reply reply;

	backends_begin(fix, "");
	for (size_t i = 0; i < sizeof(sent) / sizeof(*sent); i++)
		assert_int_equal(backends_order(fix->backends, "redeem", sent[i], 1, answered, &reply), 0);
	assert_int_equal(backends_order(fix->backends, "offers", "{}", 1, answered, &reply), 0);
	assert_int_equal(backends_order(fix->backends, "gone", "{}", 1, answered, &reply), 0);
	assert_int_equal(backends_open(fix->backends), 0);
}

static void order__too_long_or_not_text__not_made(void **state)
{
	static const char *const offers[] = { "\xff", NULL };
	char longest[ORDER_SENT_SIZE];
	struct fixture *fix = *state;
	const struct backend *redeem;

	backends_begin(fix, "");
	redeem = backends_find(fix->backends, "redeem");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++) {
		const char *offer = offers[i] ? offers[i] : longest;
		struct request request = { 0 };
		struct record args = request_args(&request);

		assert_int_equal(record_put_text(&args, redeem->sent[1].id, offer, strlen(offer)), 0);
		request_set_args(&request, &args);
		assert_int_equal(backends_order_put(redeem, &request), -ENOSPC);
	}
}

/* A chosen row may lack a value: an order without it would be for something else. */
static void order__value_not_known__not_made(void **state)
{
	struct fixture *fix = *state;
	struct request request = { 0 };
	struct record args = request_args(&request);

	backends_begin(fix, "");
	record_put_text(&args, FIELD_MSISDN, SAMPLE_MSISDN, strlen(SAMPLE_MSISDN));
	request_set_args(&request, &args);
	assert_int_equal(backends_order_put(backends_find(fix->backends, "redeem"), &request), -ENOENT);
}

/* Nothing is accepted that is known not to be done soon. */
static void ready__breaker_open_or_too_many_open__not(void **state)
{
	struct fixture *fix = *state;
	const struct backend *redeem;
	struct reply replies[2];

	backends_begin(fix, "breaker_failures = 2; in_flight = 1;");
	redeem = backends_find(fix->backends, "redeem");
	assert_true(backends_ready(fix->backends, redeem));
	sample_fault(fix->sample, "{\"slow_ms\": 100, \"only\": \"redeem\", \"times\": 1}");
	call_begin(fix, "redeem", SAMPLE_MSISDN, "TEA", 0x4801, &replies[0]);
	assert_false(backends_ready(fix->backends, redeem));
	assert_true(loop_until(has_come, &replies[0], LONG_MS));
	assert_true(backends_ready(fix->backends, redeem));
	sample_fault(fix->sample, "{\"status\": 503}");
	for (unsigned int i = 0; i < 2; i++)
		call(fix, "redeem", "TEA", 0x4802 + i);
	assert_false(backends_ready(fix->backends, redeem));
}

/* Without a key a second request might do a thing twice. */
static void call__answer_lost__not_repeated(void **state)
{
	struct fixture *fix = *state;

	backends_begin(fix, "");
	sample_fault(fix->sample, "{\"drop\": \"before\", \"only\": \"offers\", \"times\": 1}");
	assert_string_equal(ask(fix), "unavailable");
	assert_string_equal(ask(fix), "ok");
}

static void change__slow__may_have_been_done(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;

	backends_begin(fix, "connect_ms = 300; total_ms = 300;");
	sample_fault(fix->sample, "{\"slow_ms\": 600, \"only\": \"redeem\", \"times\": 1}");
	reply = call(fix, "redeem", "GB1", 0x4713);
	assert_string_equal(outcome(&reply), "slow");
	loop_for(600);
	assert_int_equal(reply.count, 1);
}

/* ---- gone ---- */

static void call__nobody_listens__tried_twice_then_unavailable(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;
	unsigned int port;
	char url[64];

	close(listener_open(&port));
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	backends_begin_at(fix, url, "");
	reply = call(fix, "offers", "", 0);
	assert_string_equal(outcome(&reply), "unavailable");
	loop_for(300);
	assert_int_equal(reply.count, 1);
}

static void call__service_comes_back_meanwhile__the_second_try_reaches_it(void **state)
{
	struct fixture *fix = *state;
	static const char gone[] = "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n";
	struct reply reply;
	unsigned int port;
	char url[64];
	int fd = listener_open(&port), client;

	close(fd);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	backends_begin_at(fix, url, "");
	call_begin(fix, "offers", SAMPLE_MSISDN, "", 0, &reply);
	loop_for(50);
	assert_int_equal(reply.count, 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	assert_int_equal(bind(fd, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
			      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, sizeof(struct sockaddr_in)), 0);
	assert_int_equal(listen(fd, 5), 0);
	for (unsigned int i = 0; (client = accept(fd, NULL, NULL)) < 0 && i < 100; i++)
		loop_for(20);
	assert_true(client >= 0);
	assert_int_equal(write(client, gone, sizeof(gone) - 1), sizeof(gone) - 1);
	assert_true(loop_until(has_come, &reply, LONG_MS));
	assert_string_equal(outcome(&reply), "none");
	close(client);
	close(fd);
}

static void breaker__failures_in_a_row__opens_with_an_alarm_and_closes(void **state)
{
	struct fixture *fix = *state;
	const struct alarm_state *alarm = alarm_state(fix->alarms, ALARM_BACKEND_DOWN);

	backends_begin(fix, "breaker_failures = 3; breaker_ms = 200; breaker_max_ms = 200;");
	sample_fault(fix->sample, "{\"status\": 503}");
	for (unsigned int i = 0; i < 5; i++)
		assert_string_equal(ask(fix), "unavailable");
	assert_non_null(strstr(described(fix, 0), "breaker open"));
	assert_non_null(strstr(described(fix, 1), "breaker closed"));
	assert_true(alarm->raised);
	assert_string_equal(alarm->text, "no usable answers from: offers");
	sample_fault(fix->sample, "{}");
	loop_for(400);
	assert_string_equal(ask(fix), "ok");
	assert_non_null(strstr(described(fix, 0), "breaker closed"));
	assert_false(alarm->raised);
	assert_int_equal(alarm->count, 1);
}

static void call__too_many_open__unavailable_at_once(void **state)
{
	struct fixture *fix = *state;
	struct reply replies[4];

	backends_begin(fix, "in_flight = 3;");
	sample_fault(fix->sample, "{\"slow_ms\": 300}");
	for (unsigned int i = 0; i < 4; i++)
		call_begin(fix, "offers", SAMPLE_MSISDN, "", 0, &replies[i]);
	assert_true(loop_until(has_come, &replies[3], LONG_MS));
	assert_string_equal(outcome(&replies[3]), "unavailable");
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(replies[i].count, 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(loop_until(has_come, &replies[i], LONG_MS));
		assert_string_equal(outcome(&replies[i]), "ok");
	}
}

static void call__forgotten_or_freed__not_answered(void **state)
{
	struct fixture *fix = *state;
	struct reply reply, other;
	uint8_t octets[8];
	struct record none = { octets, 0, sizeof(octets) };

	backends_begin(fix, "");
	call_begin(fix, "offers", SAMPLE_MSISDN, "", 0, &reply);
	backends_forget(fix->backends, backends_call(fix->backends, reply.backend, &none, answered, &other));
	memset(&other, 0, sizeof(other));
	assert_true(loop_until(has_come, &reply, LONG_MS));
	loop_for(200);
	assert_int_equal(other.count, 0);
	assert_int_equal(backends_open(fix->backends), 0);
	sample_fault(fix->sample, "{\"slow_ms\": 300}");
	call_begin(fix, "offers", SAMPLE_MSISDN, "", 0, &reply);
	backends_end(fix);
	loop_for(400);
	assert_int_equal(reply.count, 0);
}

/* ---- secrets ---- */

static void sign__wrong_key_or_no_file__unavailable(void **state)
{
	struct fixture *fix = *state;
	FILE *key;

	backends_begin(fix, "");
	assert_string_equal(ask(fix), "ok");
	key = fopen(sample_file(fix->sample, "hmac"), "w");
	fputs("another key\n", key);
	fclose(key);
	assert_string_equal(ask(fix), "unavailable");
	chmod(sample_file(fix->sample, "hmac"), 0644);
	assert_string_equal(ask(fix), "unavailable");
	chmod(sample_file(fix->sample, "hmac"), 0600);
	key = fopen(sample_file(fix->sample, "hmac"), "w");
	fputs("shared key\n", key);
	fclose(key);
	assert_string_equal(ask(fix), "ok");
}

/* Every octet that leaves, with a password among the values that the engine handed over. */
static void call__on_the_wire__no_secret_and_nothing_undeclared(void **state)
{
	static const char twice[] = "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"voucher\":\"AB\"}"
				    "HTTP/1.1 422 No\r\nContent-Length: 17\r\n\r\n{\"code\":\"POINTS\"}";
	struct fixture *fix = *state;
	struct reply reply;
	unsigned int port;
	const int fd = listener_open(&port);
	char url[64], got[4096] = "";
	ssize_t len = 0;
	int client;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	backends_begin_at(fix, url, "");
	call_begin(fix, "redeem", SAMPLE_MSISDN, "TEA", 0x4714, &reply);
	loop_for(100);
	client = accept(fd, NULL, NULL);
	assert_true(client >= 0);
	for (unsigned int i = 0; i < 10 && !strstr(got, "}"); i++) {
		const ssize_t n = recv(client, got + len, sizeof(got) - 1 - (size_t)len, MSG_DONTWAIT);

		len += n > 0 ? n : 0;
		loop_for(20);
	}
	assert_non_null(strstr(got, "POST /v1/loyalty/redeem HTTP/1.1\r\n"));
	assert_non_null(strstr(got, "\r\nIdempotency-Key: 0000000000004714\r\n"));
	assert_non_null(strstr(got, "\r\nStarhash-Signature: t="));
	assert_non_null(strstr(got, "\r\n\r\n{\"msisdn\":\"" SAMPLE_MSISDN "\",\"offer\":\"TEA\"}"));
	assert_null(strstr(got, "135790"));
	assert_null(strstr(got, "shared key"));
	/* twice at once: the first counts, the rest closes the connection */
	assert_int_equal(write(client, twice, sizeof(twice) - 1), sizeof(twice) - 1);
	assert_true(loop_until(has_come, &reply, LONG_MS));
	assert_string_equal(outcome(&reply), "ok");
	assert_string_equal(reply.text, "AB");
	loop_for(50);
	assert_int_equal(reply.count, 1);
	close(client);
	close(fd);
}

/* Read a request, up to the end of its body. */
static void request_read(int client, char *got, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < 50 && !(len && got[len - 1] == '}'); i++) {
		const ssize_t n = recv(client, got + len, size - 1 - len, MSG_DONTWAIT);

		len += n > 0 ? (size_t)n : 0;
		got[len] = '\0';
		loop_for(20);
	}
	assert_true(len && got[len - 1] == '}');
}

static void answer_write(int client, const char *voucher)
{
	char text[128];
	const int len = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"voucher\":\"%s\"}", voucher);

	assert_int_equal(write(client, text, (size_t)len), len);
}

/* A second answer, however late it comes, must not become that of the next call, which is another subscriber's. */
static void answer__again_later__is_not_that_of_the_next_call(void **state)
{
	struct fixture *fix = *state;
	struct reply first, second;
	char url[64], got[4096] = "";
	unsigned int port;
	const int fd = listener_open(&port);
	int client, other;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	backends_begin_at(fix, url, "");
	call_begin(fix, "redeem", SAMPLE_MSISDN, "TEA", 0x4715, &first);
	loop_for(100);
	client = accept(fd, NULL, NULL);
	assert_true(client >= 0);
	request_read(client, got, sizeof(got));
	answer_write(client, "AB");
	assert_true(loop_until(has_come, &first, LONG_MS));
	assert_string_equal(first.text, "AB");
	call_begin(fix, "redeem", SAMPLE_MSISDN, "TEA", 0x4716, &second);
	loop_for(100);
	answer_write(client, "XX");
	loop_for(200);
	assert_int_equal(second.count, 0);
	other = accept(fd, NULL, NULL);
	assert_true(other >= 0);
	request_read(other, got, sizeof(got));
	assert_non_null(strstr(got, "\r\nIdempotency-Key: 0000000000004716\r\n"));
	answer_write(other, "CD");
	assert_true(loop_until(has_come, &second, LONG_MS));
	assert_string_equal(second.text, "CD");
	close(client);
	close(other);
	close(fd);
}

/* ---- the examples ---- */

/* Shaped like the examples in TM Forum's published specifications. */
static const char consumption[] =
	"[{\"id\":\"r1\",\"name\":\"Report\",\"effectiveDate\":\"2026-11-15T15:44:28Z\",\"bucket\":["
	"{\"id\":\"b1\",\"name\":\"Main offer - data\",\"usageType\":\"data\",\"isShared\":false,"
	" \"remainingValue\":{\"amount\":1.8,\"units\":\"GB\"},\"remainingValueName\":\"1.8 GB left\","
	" \"validFor\":{\"startDateTime\":\"2026-11-01T00:00:00Z\",\"endDateTime\":\"2026-11-30T00:00:00Z\"},\"@type\":\"Bucket\"},"
	"{\"id\":\"b2\",\"name\":\"Main offer - national voice calls\",\"usageType\":\"national voice\","
	" \"remainingValue\":{\"amount\":80,\"units\":\"mins\"},\"remainingValueName\":\"80 minutes left\",\"@type\":\"Bucket\"}]}]";

static const char bills[] =
	"[{\"id\":\"CB-1\",\"billNo\":\"780123456\",\"amountDue\":{\"unit\":\"EUR\",\"value\":12.5},"
	"\"billDate\":\"2026-11-05T12:00:56.982Z\","
	"\"paymentDueDate\":\"2026-11-15T00:00:00.000Z\",\"runType\":\"onCycle\",\"taxIncludedAmount\":{\"unit\":\"EUR\",\"value\":50},"
	"\"@type\":\"CustomerBill\"},"
	"{\"id\":\"CB-2\",\"@type\":\"CustomerBill\",\"billNo\":\"780123400\",\"taxIncludedAmount\":{\"unit\":\"EUR\",\"value\":41.07}}]";

/* What stands in for the network, and what came of it. */
struct example {
	const char *body;
	const struct backend *backend;
	char text[512];
	bool done;
};

static bool example_ask(void *user, const struct backend *backend, struct http_answer *answer)
{
	const struct example *example = user;

	if (!example->body)
		return false;
	*answer = (struct http_answer){ .status = 200, .body = example->body, .len = strlen(example->body) };
	return true;
}

static void example_taken(void *user, uint64_t id, const struct backend_answer *answer)
{
	struct example *example = user;
	const struct backend *backend = example->backend;
	FILE *out = fmemopen(example->text, sizeof(example->text), "w");
	struct record row;
	uint16_t pos = 0;

	fprintf(out, "%s", backend->outcomes[answer->outcome]);
	while (rows_next(&answer->rows, &pos, &row)) {
		for (unsigned int i = 0; i < backend->row_count; i++) {
			struct value value;

			if (!record_get(&row, backend->row[i].id, &value))
				fputs(i ? "|-" : "\n-", out);
			else if (value.is_text)
				fprintf(out, "%s%.*s", i ? "|" : "\n", (int)value.len, value.text);
			else
				fprintf(out, "%s%lld", i ? "|" : "\n", (long long)value.number);
		}
	}
	fclose(out);
	example->done = true;
}

static bool example_done(void *user)
{
	return ((struct example *)user)->done;
}

static void example__tm_forum__answers_map_to_rows(void **state)
{
	static const struct { const char *name, *body, *text; } rows[] = {
		{ "allowances", consumption, "ok\nMain offer - data|data|1.8 GB left|20261130\n"
					     "Main offer - national voice|national voice|80 minutes left|-" },
		{ "invoices", bills, "ok\n780123456|20261105|20261115|1250|5000\n780123400|-|-|-|4107" },
		{ "offers", "{\"offers\":[{\"id\":\"TEA\",\"name\":\"A cup of tea\",\"points\":10}]}", "ok\nTEA|A cup of tea|10" },
	};
	struct problems problems = { 0 };
	struct conf_file *file;
	struct backends *backends = backends_load(NULL, FIXTURES "/../contrib/billing/backends.cfg", &file, &problems);

	if (!backends)
		conf_problems_print(&problems);
	assert_non_null(backends);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct example example = { .body = rows[i].body, .backend = backends_find(backends, rows[i].name) };
		uint8_t octets[64];
		struct record args = { octets, 0, sizeof(octets) };

		backends_simulate(backends, example_ask, &example);
		record_put_text(&args, FIELD_MSISDN, SAMPLE_MSISDN, strlen(SAMPLE_MSISDN));
		backends_call(backends, example.backend, &args, example_taken, &example);
		assert_true(loop_until(example_done, &example, LONG_MS));
		assert_string_equal(example.text, rows[i].text);
	}
	backends_free(backends);
	conf_file_free(file);
}

/* ---- life ---- */

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->sample = *state;
	fix->alarms = alarms_new(NULL);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	backends_end(fix);
	sample_fault(fix->sample, "{}");
	talloc_free(fix->alarms);
	free(fix);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(call__offers__rows_in_the_language),
		TEST(call__misbehaves__each_its_outcome_once_and_in_time_F41),
		TEST(call__late_answer__dropped_F41),
		TEST(call__redirects__not_followed_F41),
		TEST(change__answer_lost__repeated_under_its_key_and_done_once),
		TEST(order__stored_for_another_declaration__not_sent),
		TEST(order__too_long_or_not_text__not_made),
		TEST(order__value_not_known__not_made),
		TEST(ready__breaker_open_or_too_many_open__not),
		TEST(change__no_reference__not_sent),
		TEST(call__answer_lost__not_repeated),
		TEST(change__slow__may_have_been_done),
		TEST(call__nobody_listens__tried_twice_then_unavailable),
		TEST(call__service_comes_back_meanwhile__the_second_try_reaches_it),
		TEST(breaker__failures_in_a_row__opens_with_an_alarm_and_closes),
		TEST(call__too_many_open__unavailable_at_once),
		TEST(call__forgotten_or_freed__not_answered),
		TEST(sign__wrong_key_or_no_file__unavailable),
		TEST(call__on_the_wire__no_secret_and_nothing_undeclared),
		TEST(answer__again_later__is_not_that_of_the_next_call),
		cmocka_unit_test(example__tm_forum__answers_map_to_rows),
	};
	void *ctx;
	int failed;

	if (system("python3 -c 'import sqlite3, ssl'") != 0)
		return 77;
	ctx = talloc_named_const(NULL, 0, "backends_test");
	log_start(ctx);
	failed = cmocka_run_group_tests(tests, sample_setup, sample_teardown);
	log_fini();
	talloc_free(ctx);
	return failed;
}
