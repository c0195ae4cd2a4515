/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The billing client against the sample billing system over real sockets. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/accounts.h"
#include "starhash/billing.h"
#include "starhash/http.h"
#include "starhash/log.h"
#include "starhash/stored.h"
#include "tests/billing/sample.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define LONG_MS 30000			/* to abort a hanging test */
#define ALL_KINDS ((1u << ACCOUNT_KINDS) - 1)

static const struct subscriber who = { .msisdn = SAMPLE_MSISDN };

struct fixture {
	struct sample *sample;		/* of the group */
	struct conf_file *file;
	void *settings;
	struct billing *billing;
};

/* The answer. */
struct reply {
	unsigned int count;
	enum billing_result result;
	unsigned int kinds;
	char msisdn[MSISDN_SIZE];
	int64_t balance;
	unsigned int bills, entries, subscriptions;
	struct billing_answer answer;
};

static void update_cb(void *user, enum billing_result result, const struct stored_account *account, unsigned int kinds)
{
	struct reply *reply = user;

	assert_int_equal(account != NULL, result == BILLING_OK);
	*reply = (struct reply){ .count = reply->count + 1, .result = result, .kinds = kinds };
	if (!account)
		return;
	reply->balance = account->balance;
	memcpy(reply->msisdn, account->msisdn, sizeof(reply->msisdn));
	reply->bills = account->bills_count;
	reply->entries = account->points_count;
	reply->subscriptions = account->subscriptions_count;
}

static void answered(void *user, const struct billing_answer *answer)
{
	struct reply *reply = user;

	*reply = (struct reply){ .count = reply->count + 1, .result = answer->result, .answer = *answer };
}

static bool has_come(void *user)
{
	return ((struct reply *)user)->count > 0;
}

/* ---- life cycle ---- */

static void billing_end(struct fixture *fix)
{
	billing_free(fix->billing);
	fix->billing = NULL;
	free(fix->settings);
	fix->settings = NULL;
	conf_file_free(fix->file);
	fix->file = NULL;
}

/* Start with a URL and more rows. */
static void billing_at(struct fixture *fix, const char *url, const char *rows)
{
	struct problems problems = { 0 };
	char *text;

	billing_end(fix);
	assert_true(asprintf(&text, "url = \"%s\";\n%s", url, rows) > 0);
	fix->file = settings_of(text);
	free(text);
	fix->settings = calloc(1, billing_settings_size);
	conf_read(conf_file_root(fix->file), billing_rows, fix->settings, &problems);
	billing_check(fix->settings, conf_file_root(fix->file), &problems);
	if (problems.count)
		conf_problems_print(&problems);
	assert_int_equal(problems.count, 0);
	fix->billing = billing_new(NULL, fix->settings, conf_file_root(fix->file));
	assert_non_null(fix->billing);
}

/* Connected to the sample, with enough time for a busy machine. */
static void billing_begin(struct fixture *fix, const char *rows)
{
	char url[64], *all;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", fix->sample->port);
	assert_true(asprintf(&all, "%s%s", strstr(rows, "total_ms") ? "" : "total_ms = 20000;\n", rows) > 0);
	billing_at(fix, url, all);
	free(all);
}

static struct reply ask_for(struct fixture *fix, const struct subscriber *subscriber, unsigned int kinds)
{
	struct reply reply = { 0 };

	assert_int_equal(billing_ask(fix->billing, subscriber, kinds, update_cb, &reply), 0);
	assert_int_equal(reply.count, 0);
	assert_true(loop_until(has_come, &reply, LONG_MS));
	assert_int_equal(reply.count, 1);
	return reply;
}

static enum billing_result ask(struct fixture *fix)
{
	return ask_for(fix, &who, 1u << ACCOUNT_PROFILE).result;
}

static struct billing_answer order_instead(struct fixture *fix, uint64_t ref, enum request_kind kind, const char *service,
					   const char *instead)
{
	const struct billing_order given = { .ref = ref, .kind = kind, .msisdn = SAMPLE_MSISDN, .service = service, .instead = instead,
					     .period = "month", .price = 300, .effective = 20261201, .ordered = 1794732600 };
	struct reply reply = { 0 };

	assert_int_equal(billing_order(fix->billing, &given, answered, &reply), 0);
	assert_int_equal(reply.count, 0);
	assert_true(loop_until(has_come, &reply, LONG_MS));
	assert_int_equal(reply.count, 1);
	return reply.answer;
}

static struct billing_answer order(struct fixture *fix, uint64_t ref, enum request_kind kind, const char *service)
{
	return order_instead(fix, ref, kind, service, "");
}

static unsigned int effects(struct fixture *fix, uint64_t ref)
{
	char text[64];

	snprintf(text, sizeof(text), "\"ref\": \"%016llx\"", (unsigned long long)ref);
	return sample_count(fix->sample, "/v1/effects", text);
}

static const char *described(struct fixture *fix)
{
	static char text[512];

	billing_describe(fix->billing, text, sizeof(text));
	return text;
}

/* ---- queries ---- */

static void ask__all_kinds__answered_together(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;

	billing_begin(fix, "");
	reply = ask_for(fix, &who, ALL_KINDS);
	assert_int_equal(reply.result, BILLING_OK);
	assert_int_equal(reply.kinds, ALL_KINDS);
	assert_string_equal(reply.msisdn, SAMPLE_MSISDN);
	assert_int_equal(reply.balance, 1250);
	assert_int_equal(reply.bills, 1);
	assert_int_equal(reply.entries, 1);
	assert_true(reply.subscriptions >= 1);
}

static void ask__imsi_only__answered_with_the_number(void **state)
{
	struct fixture *fix = *state;
	struct reply reply;

	billing_begin(fix, "");
	reply = ask_for(fix, &(struct subscriber){ .imsi = SAMPLE_IMSI }, 1u << ACCOUNT_PROFILE);
	assert_int_equal(reply.result, BILLING_OK);
	assert_string_equal(reply.msisdn, SAMPLE_MSISDN);
}

static void ask__impossible__refused_at_once(void **state)
{
	struct fixture *fix = *state;
	struct reply reply = { 0 };

	billing_begin(fix, "ask = { path = \"/v1/subscribers/{msisdn}\"; gives = \"profile\"; };\n");
	assert_int_equal(billing_ask(fix->billing, &who, 1u << ACCOUNT_POINTS, update_cb, &reply), -ENOENT);
	assert_int_equal(billing_ask(fix->billing, &(struct subscriber){ .imsi = SAMPLE_IMSI }, 1, update_cb, &reply), -ENOENT);
	assert_int_equal(ask(fix), BILLING_OK);
	assert_int_equal(reply.count, 0);
}

static void ask__unknown_subscriber__answered_as_unknown(void **state)
{
	/* channels pass only digits; anything else would still be one part of the path */
	static const struct subscriber strangers[] = { { .msisdn = "13800999999" }, { .msisdn = "1/../?#%" } };
	struct fixture *fix = *state;

	billing_begin(fix, "");
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
		assert_int_equal(ask_for(fix, &strangers[i], 1).result, BILLING_UNKNOWN_SUBSCRIBER);
}

static void ask__billing_misbehaves__answer_rejected_F17(void **state)
{
	static const struct { const char *fault; enum billing_result result; } rows[] = {
		{ "{\"body\":\"bad-json\"}", BILLING_WRONG }, { "{\"body\":\"other-number\"}", BILLING_WRONG },
		{ "{\"body\":\"negative\"}", BILLING_WRONG }, { "{\"body\":\"empty\"}", BILLING_WRONG },
		{ "{\"body\":\"huge\"}", BILLING_DOWN }, { "{\"body\":\"cut\"}", BILLING_DOWN },
		{ "{\"drop\":\"before\"}", BILLING_DOWN }, { "{\"status\":500}", BILLING_DOWN },
		{ "{\"status\":429}", BILLING_DOWN }, { "{\"status\":401}", BILLING_DOWN },
		{ "{\"status\":302}", BILLING_WRONG }, { "{\"status\":418}", BILLING_WRONG },
		{ "{\"status\":404}", BILLING_UNKNOWN_SUBSCRIBER },
	};
	struct fixture *fix = *state;

	billing_begin(fix, "breaker_failures = 1000;\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sample_fault(fix->sample, rows[i].fault);
		if (ask(fix) != rows[i].result)
			fail_msg("%s", rows[i].fault);
	}
	sample_fault(fix->sample, "{}");
	assert_int_equal(ask(fix), BILLING_OK);
}

static void ask__one_of_many_answers_wrong__all_rejected_F17(void **state)
{
	struct fixture *fix = *state;

	billing_begin(fix, "");
	sample_fault(fix->sample, "{\"body\":\"other-number\",\"only\":\"points\"}");
	assert_int_equal(ask_for(fix, &who, ALL_KINDS).result, BILLING_WRONG);
	assert_int_equal(ask_for(fix, &who, 1u << ACCOUNT_BILLS).result, BILLING_OK);
}

static void ask__slow__ends_in_time_F17(void **state)
{
	struct fixture *fix = *state;

	billing_begin(fix, "total_ms = 150; connect_ms = 150;\n");
	sample_fault(fix->sample, "{\"slow_ms\":3000}");
	assert_int_equal(ask(fix), BILLING_DOWN);
}

static void ask__nobody_listens__is_down(void **state)
{
	struct fixture *fix = *state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	char url[64];

	/* bound, so that the port stays reserved; not listening, so that connections are refused */
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	billing_at(fix, url, "");
	assert_int_equal(ask(fix), BILLING_DOWN);
	assert_int_equal(order(fix, 1, REQUEST_LINE_SUSPEND, "").result, BILLING_DOWN);
	close(fd);
}

static void ask__name_is_unknown__is_down(void **state)
{
	struct fixture *fix = *state;

	billing_at(fix, "https://billing.invalid", "total_ms = 5000;");
	assert_int_equal(ask(fix), BILLING_DOWN);
}

/* ---- limits ---- */

#define MANY 20

static bool all_came(void *user)
{
	struct reply *replies = user;

	for (int i = 0; i < MANY; i++) {
		if (!replies[i].count)
			return false;
	}
	return true;
}

static void ask__many_at_once__one_connection_each_as_many_as_allowed(void **state)
{
	struct fixture *fix = *state;
	struct reply replies[MANY] = { { 0 } };

	billing_begin(fix, "connections_max = 1;\n");
	for (int round = 0; round < 2; round++) {
		memset(replies, 0, sizeof(replies));
		for (int i = 0; i < MANY; i++)
			assert_int_equal(billing_ask(fix->billing, &who, 1, update_cb, &replies[i]), 0);
		assert_true(loop_until(all_came, replies, LONG_MS));
		for (int i = 0; i < MANY; i++)
			assert_int_equal(replies[i].result, BILLING_OK);
	}
	assert_non_null(strstr(described(fix), " 40 connections made"));
}

static void ask__too_many_open__refused_at_once(void **state)
{
	struct fixture *fix = *state;
	static const struct billing_order late = { .msisdn = SAMPLE_MSISDN };
	struct reply replies[3] = { { 0 } };

	billing_begin(fix, "requests_max = 2;\n");
	assert_int_equal(billing_ask(fix->billing, &who, 1, update_cb, &replies[0]), 0);
	assert_int_equal(billing_ask(fix->billing, &who, 1, update_cb, &replies[1]), 0);
	assert_int_equal(billing_ask(fix->billing, &who, 1, update_cb, &replies[2]), -EBUSY);
	assert_int_equal(billing_order(fix->billing, &late, answered, &replies[2]), -EBUSY);
	assert_true(loop_until(has_come, &replies[0], LONG_MS) && loop_until(has_come, &replies[1], LONG_MS));
	assert_int_equal(replies[2].count, 0);
	assert_int_equal(ask(fix), BILLING_OK);
}

static void free__requests_open__no_callbacks(void **state)
{
	struct fixture *fix = *state;
	struct reply reply = { 0 };

	billing_begin(fix, "");
	sample_fault(fix->sample, "{\"slow_ms\":300}");
	billing_ask(fix->billing, &who, ALL_KINDS, update_cb, &reply);
	loop_for(50);
	billing_ask(fix->billing, &who, ALL_KINDS, update_cb, &reply);
	billing_end(fix);
	loop_for(50);
	assert_int_equal(reply.count, 0);
}

/* Ask repeatedly until \a reached. */
static bool retried_until(struct fixture *fix, bool (*reached)(struct fixture *fix))
{
	for (int i = 0; i < LONG_MS / 20; i++) {
		if (reached(fix))
			return true;
		loop_for(20);
	}
	return false;
}

/* ---- breaker ---- */

static bool answers_again(struct fixture *fix)
{
	return ask(fix) == BILLING_OK;
}

static void breaker__failures_in_a_row__opens_and_closes_by_itself_F17(void **state)
{
	struct fixture *fix = *state;
	struct billing_answer answer;
	unsigned int before;

	billing_begin(fix, "breaker_failures = 3; breaker_ms = 60000;\n");
	sample_fault(fix->sample, "{\"status\":503}");
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(fix), BILLING_DOWN);
	assert_non_null(strstr(described(fix), "breaker open"));
	sample_fault(fix->sample, "{}");
	before = sample_count(fix->sample, "/v1/orders", "\"ref\"");
	answer = order(fix, 0xb1, REQUEST_LINE_RESUME, "");
	assert_int_equal(answer.result, BILLING_DOWN);
	assert_in_range(answer.after_s, 40, 75);
	assert_int_equal(ask(fix), BILLING_DOWN);
	assert_int_equal(sample_count(fix->sample, "/v1/orders", "\"ref\""), before);

	billing_begin(fix, "breaker_failures = 2; breaker_ms = 100; breaker_max_ms = 200;\n");
	sample_fault(fix->sample, "{\"status\":503}");
	for (int i = 0; i < 2; i++)
		assert_int_equal(ask(fix), BILLING_DOWN);
	sample_fault(fix->sample, "{}");
	assert_true(retried_until(fix, answers_again));
	assert_non_null(strstr(described(fix), "breaker closed"));
}

static void breaker__values_are_wrong__stays_closed(void **state)
{
	struct fixture *fix = *state;

	billing_begin(fix, "breaker_failures = 2;\n");
	sample_fault(fix->sample, "{\"body\":\"negative\"}");
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(fix), BILLING_WRONG);
	assert_non_null(strstr(described(fix), "breaker closed"));
}

/* ---- orders ---- */

static void order__repeated__has_its_effect_once(void **state)
{
	struct fixture *fix = *state;

	billing_begin(fix, "");
	for (int i = 0; i < 3; i++)
		assert_int_equal(order(fix, 0x101, REQUEST_SERVICE_ACTIVATE, "CRBT").result, BILLING_OK);
	assert_int_equal(effects(fix, 0x101), 1);
	assert_int_equal(sample_count(fix->sample, "/v1/orders", "\"deliveries\": 3, \"effects\": 1"), 1);
	assert_int_equal(order(fix, 0x102, REQUEST_SERVICE_DEACTIVATE, "CRBT").result, BILLING_OK);
}

static void order__change__one_service_replaces_another(void **state)
{
	struct fixture *fix = *state;

	billing_begin(fix, "");
	assert_int_equal(order(fix, 0x111, REQUEST_SERVICE_ACTIVATE, "DATA1G").result, BILLING_OK);
	assert_int_equal(order_instead(fix, 0x112, REQUEST_SERVICE_CHANGE, "DATA5G", "DATA1G").result, BILLING_OK);
	assert_int_equal(effects(fix, 0x112), 1);
	assert_string_equal(order_instead(fix, 0x113, REQUEST_SERVICE_CHANGE, "DATA1G", "DATA1G").reason, "not-active");
	assert_string_equal(order_instead(fix, 0x114, REQUEST_SERVICE_CHANGE, "DATA5G", "DATA5G").reason, "duplicate");
	assert_int_equal(order(fix, 0x115, REQUEST_SERVICE_DEACTIVATE, "DATA5G").result, BILLING_OK);
}

static void order__connection_drops__has_its_effect_once_when_repeated_F18(void **state)
{
	static const struct { uint64_t ref; const char *fault; unsigned int effects; } rows[] = {
		{ 0x201, "{\"drop\":\"before\"}", 0 }, { 0x202, "{\"drop\":\"after\"}", 1 },
		{ 0x203, "{\"body\":\"cut\"}", 1 }, { 0x204, "{\"body\":\"bad-json\"}", 1 }, { 0x205, "{\"status\":500}", 0 },
	};
	struct fixture *fix = *state;

	billing_begin(fix, "breaker_failures = 1000;\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct billing_answer answer;

		sample_fault(fix->sample, rows[i].fault);
		answer = order(fix, rows[i].ref, REQUEST_LINE_SUSPEND, "");
		assert_true(answer.result == BILLING_DOWN || answer.result == BILLING_WRONG);
		sample_fault(fix->sample, "{}");
		assert_int_equal(effects(fix, rows[i].ref), rows[i].effects);
		assert_int_equal(order(fix, rows[i].ref, REQUEST_LINE_SUSPEND, "").result, BILLING_OK);
		assert_int_equal(effects(fix, rows[i].ref), 1);
	}
}

static bool is_done(struct fixture *fix)
{
	return order(fix, 0x301, REQUEST_LINE_RESUME, "").result == BILLING_OK;
}

static void order__accepted_for_later__is_done_by_asking_again_F4(void **state)
{
	struct fixture *fix = *state;

	billing_begin(fix, "");
	sample_fault(fix->sample, "{\"pending_s\":0.5}");
	assert_int_equal(order(fix, 0x301, REQUEST_LINE_RESUME, "").result, BILLING_LATER);
	assert_true(retried_until(fix, is_done));
	assert_int_equal(effects(fix, 0x301), 1);
	sample_fault(fix->sample, "{\"body\":\"empty\"}");
	assert_int_equal(order(fix, 0x302, REQUEST_LINE_RESUME, "").result, BILLING_LATER);
	sample_fault(fix->sample, "{}");
	assert_int_equal(order(fix, 0x302, REQUEST_LINE_RESUME, "").result, BILLING_OK);
}

static void order__refused__gives_the_reason(void **state)
{
	struct fixture *fix = *state;
	struct billing_answer answer;

	billing_begin(fix, "");
	sample_fault(fix->sample, "{\"refuse\":\"no_credit\"}");
	answer = order(fix, 0x401, REQUEST_SERVICE_ACTIVATE, "SPORT");
	assert_int_equal(answer.result, BILLING_DECLINED);
	assert_string_equal(answer.reason, "no_credit");
	sample_fault(fix->sample, "{}");
	answer = order(fix, 0x401, REQUEST_SERVICE_ACTIVATE, "SPORT");
	assert_string_equal(answer.reason, "no_credit");
	answer = order(fix, 0x401, REQUEST_SERVICE_ACTIVATE, "WEATHER");
	assert_int_equal(answer.result, BILLING_KEY_CONFLICT);	/* A5 */
	assert_string_equal(answer.reason, "conflict");
	answer = order(fix, 0x402, REQUEST_SERVICE_DEACTIVATE, "SPORT");
	assert_string_equal(answer.reason, "not-active");
	assert_int_equal(effects(fix, 0x401) + effects(fix, 0x402), 0);
	sample_fault(fix->sample, "{\"status\":503,\"retry_after\":7}");
	answer = order(fix, 0x403, REQUEST_LINE_RESUME, "");
	assert_int_equal(answer.result, BILLING_DOWN);
	assert_int_equal(answer.after_s, 7);
}

/* ---- TLS and the token ---- */

static void tls__each_reason_to_distrust__is_down(void **state)
{
	static const struct { const char *host, *ca, *token; mode_t mode; enum billing_result result; } rows[] = {
		{ "https://127.0.0.1", "cert.pem", "token", 0600, BILLING_OK },
		{ "https://127.0.0.1", "cert.pem", "wrong-token", 0600, BILLING_DOWN },
		{ "https://127.0.0.1", "cert.pem", "token", 0640, BILLING_DOWN },
		{ "https://127.0.0.1", "cert.pem", "token", 0604, BILLING_DOWN },
		{ "https://127.0.0.1", "cert.pem", "none", 0600, BILLING_DOWN },
		{ "https://127.0.0.1", "", "token", 0600, BILLING_DOWN },	/* no trusted authority signed it */
		{ "https://localhost", "cert.pem", "token", 0600, BILLING_DOWN },	/* another name */
		{ "http://127.0.0.1", "cert.pem", "token", 0600, BILLING_DOWN },
	};
	struct fixture *fix = *state;
	struct sample sample;

	sample_start(&sample, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char url[64], more[512];
		int len = snprintf(more, sizeof(more), "total_ms = 20000; token_file = \"%s\";\n",
				   sample_file(&sample, rows[i].token));

		if (*rows[i].ca)
			snprintf(more + len, sizeof(more) - len, "ca_file = \"%s\";\n", sample_file(&sample, rows[i].ca));
		snprintf(url, sizeof(url), "%s:%u", rows[i].host, sample.port);
		chmod(sample_file(&sample, "token"), rows[i].mode);
		billing_at(fix, url, more);
		if (ask(fix) != rows[i].result)
			fail_msg("row %zu: %s", i, described(fix));
	}
	sample_stop(&sample);
}

static bool is_listening(unsigned int port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					     .sin_port = htons(port) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const bool listening = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return listening;
}

/* OpenSSL's server can still be configured to speak old versions. Its page says whether a session was resumed. Returns its process, which
 * listens. */
static pid_t tls_server(const struct sample *sample, unsigned int port, const char *version)
{
	char accept[32], cert[128], key[128];
	const pid_t pid = fork();
	int tries;

	for (tries = 0; pid && tries < 200 && !is_listening(port); tries++)
		usleep(20000);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(accept, sizeof(accept), "127.0.0.1:%u", port);
	snprintf(cert, sizeof(cert), "%s", sample_file(sample, "cert.pem"));
	snprintf(key, sizeof(key), "%s", sample_file(sample, "key.pem"));
	close(STDIN_FILENO);
	execlp("openssl", "openssl", "s_server", "-accept", accept, "-cert", cert, "-key", key, version, "-cipher",
	       "DEFAULT@SECLEVEL=0", "-www", "-quiet", NULL);
	_exit(127);
}

/* A page of HTML would be "wrong", not "down": the connection is refused first. */
static void tls__older_than_1_2__is_down_A36(void **state)
{
	const unsigned int port = 20000 + getpid() % 10000;
	struct fixture *fix = *state;
	struct sample sample;
	char url[64], more[256];
	pid_t pid;

	sample_start(&sample, true);
	pid = tls_server(&sample, port, "-tls1_1");
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", port);
	snprintf(more, sizeof(more), "ca_file = \"%s\";\n", sample_file(&sample, "cert.pem"));
	billing_at(fix, url, more);
	if (ask(fix) != BILLING_DOWN)
		fail_msg("%s", described(fix));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	sample_stop(&sample);
}

struct page {
	bool came;
	char body[8192];
};

static void page_came(void *user, const struct http_answer *answer)
{
	struct page *page = user;

	page->came = true;
	snprintf(page->body, sizeof(page->body), "%s", answer->failed ? answer->failed : answer->body);
}

static bool page_has_come(void *user)
{
	return ((struct page *)user)->came;
}

static struct page page_of(struct http *http, const char *url)
{
	struct page page = { 0 };

	assert_int_equal(http_send(http, &(struct http_call){ .url = url, .total_ms = 20000, .done = page_came, .user = &page }), 0);
	assert_true(loop_until(page_has_come, &page, LONG_MS));
	return page;
}

static bool has_openssl(void)
{
	return !strncmp(curl_version_info(CURLVERSION_NOW)->ssl_version, "OpenSSL", 7);
}

static double processor_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* Each call has a connection of its own, whose TLS must cost the loop little. The system's authorities take 20 ms to read. */
static void tls__many_calls__sessions_resumed_and_authorities_read_once(void **state)
{
	enum { CALLS = 10, MOST_MS = 8 };
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct sample sample;
	char url[64], ca_file[128];

	if (!has_openssl())
		skip();
	sample_start(&sample, true);
	snprintf(ca_file, sizeof(ca_file), "%s", sample_file(&sample, "cert.pem"));
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		const unsigned int port = 20000 + (getpid() + 1 + i) % 10000;
		const pid_t pid = tls_server(&sample, port, versions[i]);
		struct http_service service = { .url = url, .ca_file = ca_file, .connect_ms = 20000, .total_ms = 20000,
						.breaker_failures = 1000, .breaker_ms = 100, .breaker_max_ms = 100 };
		const struct http_settings settings = { .service = &service, .name = "test", .category = DBILLING, .connections_max = 2,
							.response_max = 65536 };
		struct http *http = http_new(NULL, &settings);
		double from;

		snprintf(url, sizeof(url), "https://127.0.0.1:%u/", port);
		assert_non_null(strstr(page_of(http, url).body, "New, TLS"));
		assert_non_null(strstr(page_of(http, url).body, "Reused, TLS"));
		http_free(http);
		service.ca_file = NULL;		/* the server's authority is none of the system's */
		http = http_new(NULL, &settings);
		assert_null(strstr(page_of(http, url).body, "TLSv"));
		from = processor_ms();
		for (unsigned int k = 0; k < CALLS; k++)
			page_of(http, url);
		from = (processor_ms() - from) / CALLS;
		if (from > MOST_MS)
			fail_msg("%.1f ms of the processor for each call", from);
		http_free(http);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	sample_stop(&sample);
}

/* ---- settings ---- */

static void check__url__is_safe_or_refused(void **state)
{
	static const struct { const char *settings, *problem; } rows[] = {
		{ "url = \"https://billing.example/api\";", NULL },
		{ "url = \"https://10.0.0.1:8443\";", NULL },
		{ "url = \"http://127.0.0.1:8085\";", NULL },
		{ "url = \"http://127.9.9.9\";", NULL },
		{ "url = \"http://[::1]:8085\";", NULL },
		{ "url = \"http://localhost\";", NULL },
		{ "url = \"http://billing.example\"; insecure = true;", NULL },
		{ "url = \"http://billing.example\";", "would send accounts and the token in clear" },
		{ "url = \"http://127.0.0.1.example\";", "would send accounts and the token in clear" },
		{ "url = \"HTTP://10.0.0.1\";", "would send accounts and the token in clear" },
		{ "url = \"file:///etc/passwd\";", "must begin with https://" },
		{ "url = \"ftp://127.0.0.1\";", "must begin with https://" },
		{ "url = \"billing.example\";", "is not a valid URL" },
		{ "url = \"https://\";", "is not a valid URL" },
		{ "url = \"https://user:secret@billing.example\";", "must not contain a user" },
		{ "url = \"https://billing.example/?a=b\";", "must not contain ?" },
		{ "", "\"url\" is missing" },
		{ "url = \"https://b\"; connect_ms = 5000;", "connect_ms (5000 ms) must not exceed total_ms (4000 ms)" },
		{ "url = \"https://b\"; breaker_ms = 70000;", "breaker_ms (70000 ms) must not exceed" },
		{ "url = \"https://b\"; ask = { path = \"x\"; gives = \"profile\"; };", "must begin with /" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct conf_file *file = settings_of(rows[i].settings);
		void *settings = calloc(1, billing_settings_size);
		struct problems problems = { 0 };

		conf_read(conf_file_root(file), billing_rows, settings, &problems);
		billing_check(settings, conf_file_root(file), &problems);
		if (!problems.count != !rows[i].problem)
			fail_msg("%s: %zu problems", rows[i].settings, problems.count);
		if (rows[i].problem)
			assert_non_null(strstr(problems.list[0].text, rows[i].problem));
		problems_fini(&problems);
		free(settings);
		conf_file_free(file);
	}
}

/* The lines of the shipped configuration from "# billing = {" to "# };", without their comment signs. */
static char *example_read(void)
{
	FILE *file = fopen(FIXTURES "/../contrib/starhash.cfg", "r"), *out;
	char line[512], *text = NULL;
	bool inside = false;
	size_t len;

	assert_non_null(file);
	out = open_memstream(&text, &len);
	while (fgets(line, sizeof(line), file)) {
		inside = inside || !strcmp(line, "# billing = {\n");
		if (inside)
			fputs(line + 1, out);
		inside = inside && strcmp(line, "# };\n");
	}
	fclose(out);
	fclose(file);
	return text;
}

static void check__shipped_example__is_valid(void **state)
{
	char *text = example_read();
	struct conf_file *file = settings_of(text);
	const struct setting *group = setting_get(conf_file_root(file), "billing");
	void *settings = calloc(1, billing_settings_size);
	struct problems problems = { 0 };

	assert_non_null(setting_get(group, "order"));
	conf_read(group, billing_rows, settings, &problems);
	billing_check(settings, group, &problems);
	if (problems.count)
		conf_problems_print(&problems);
	assert_int_equal(problems.count, 0);
	free(settings);
	conf_file_free(file);
	free(text);
}

/* ---- */

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->sample = *state;
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	billing_end(fix);
	sample_fault(fix->sample, "{}");
	free(fix);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ask__all_kinds__answered_together),
		TEST(ask__imsi_only__answered_with_the_number),
		TEST(ask__impossible__refused_at_once),
		TEST(ask__unknown_subscriber__answered_as_unknown),
		TEST(ask__billing_misbehaves__answer_rejected_F17),
		TEST(ask__one_of_many_answers_wrong__all_rejected_F17),
		TEST(ask__slow__ends_in_time_F17),
		TEST(ask__nobody_listens__is_down),
		TEST(ask__name_is_unknown__is_down),
		TEST(ask__many_at_once__one_connection_each_as_many_as_allowed),
		TEST(ask__too_many_open__refused_at_once),
		TEST(free__requests_open__no_callbacks),
		TEST(breaker__failures_in_a_row__opens_and_closes_by_itself_F17),
		TEST(breaker__values_are_wrong__stays_closed),
		TEST(order__repeated__has_its_effect_once),
		TEST(order__change__one_service_replaces_another),
		TEST(order__connection_drops__has_its_effect_once_when_repeated_F18),
		TEST(order__accepted_for_later__is_done_by_asking_again_F4),
		TEST(order__refused__gives_the_reason),
		TEST(tls__each_reason_to_distrust__is_down),
		TEST(tls__older_than_1_2__is_down_A36),
		TEST(tls__many_calls__sessions_resumed_and_authorities_read_once),
		cmocka_unit_test(check__url__is_safe_or_refused),
		cmocka_unit_test(check__shipped_example__is_valid),
	};
	void *ctx;
	int failed;

	if (system("python3 -c 'import sqlite3, ssl'") != 0)
		return 77;
	ctx = talloc_named_const(NULL, 0, "billing_test");
	log_start(ctx);
	failed = cmocka_run_group_tests(tests, sample_setup, sample_teardown);
	log_fini();
	talloc_free(ctx);
	return failed;
}
