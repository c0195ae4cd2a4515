/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What partners and web shops ask for over HTTP, and what they are answered (S6). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/events/bench.h"
#include "tests/support/loop.h"

#define ORDER(id, number, service) "{\"id\":\"" id "\",\"number\":\"" number "\",\"service\":\"" service "\"}"
#define CODE(id, service) \
	"{\"id\":\"" id "\",\"number\":\"" ALICE "\",\"service\":\"" service "\",\"shown\":\"Weather, $0.10 a day. Order?\"}"
#define PUSH(id, more) "{\"id\":\"" id "\",\"number\":\"" ALICE "\",\"page\":\"offer\"" more "}"
#define MISSING "404 {\"error\":\"there is no such request, or it is too old\"}"
#define MESSAGE(kind, state) "\"message\":{\"kind\":\"" kind "\",\"state\":\"" state "\",\"time\":T}"

/* Times and references differ in each run: "T" and "R". */
static void vary(char *text)
{
	static const char *const keys[] = { "\"until\":", "\"time\":", "\"reference\":" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		for (char *at = text; (at = strstr(at, keys[i]));) {
			char *end;

			at += strlen(keys[i]);
			end = strchr(at + 1, '"') + 1;
			*at++ = i < 2 ? 'T' : 'R';
			memmove(at, end, strlen(end) + 1);
		}
	}
}

static void says(const struct bench *bench, const char *request, const char *body, const char *wanted)
{
	answers_but(bench, request, body, vary, wanted);
}

/* ---- what the subscriber and the network do ---- */

static void fetch(const struct bench *bench, const char *id, struct answers *answers)
{
	struct request request = { .kind = REQUEST_EVENT_FETCH };

	strcpy(request.event.source, "local");
	strcpy(request.event.id, id);
	ask(bench, &request, answers);
	assert_int_equal(answers->last.result, RESULT_OK);
}

/* The subscriber's own request about a proposal. */
static struct request about(const struct bench *bench, enum request_kind kind, const char *id)
{
	struct request request = { .kind = kind, .subscriber.msisdn = ALICE, .ref = accounts_reference(bench->accounts) };
	struct answers found;

	fetch(bench, id, &found);
	fixture_arg(&request, FIELD_PROPOSAL, fixture_text(&found.last.facts, FIELD_PROPOSAL));
	return request;
}

static enum result reply(const struct bench *bench, enum request_kind kind, const char *id, const char *service)
{
	struct request request = about(bench, kind, id);
	struct answers answers;

	fixture_arg(&request, FIELD_SERVICE, service);
	ask(bench, &request, &answers);
	return answers.last.result;
}

/* The message with the code is about to be sent. */
static void code_make(const struct bench *bench, const char *id, char code[static CONFIRM_CODE_SIZE])
{
	struct request request = about(bench, REQUEST_PROPOSAL_CODE, id);
	struct record args = request_args(&request);
	uint8_t digest[CONFIRM_DIGEST_SIZE];
	struct answers answers;

	accounts_code_make(bench->accounts, &request.subscriber, code, digest);
	record_put_text(&args, ARG_CODE, (const char *)digest, sizeof(digest));
	request_set_args(&request, &args);
	ask(bench, &request, &answers);
	assert_int_equal(answers.last.result, RESULT_OK);
}

static const char *code_body(const char *code, int change)
{
	static char body[64];

	snprintf(body, sizeof(body), "{\"code\":\"%06d\"}", (atoi(code) + change) % 1000000);
	return body;
}

/* ---- orders ---- */

static void order__asked_once_whatever_is_repeated(void **state)
{
	const struct bench *bench = *state;

	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"), "202 {\"id\":\"o1\",\"state\":\"waiting\"}");
	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"),
	     "202 {\"id\":\"o1\",\"state\":\"waiting\",\"until\":T," MESSAGE("order_requested", "waiting") ",\"repeated\":true}");
	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "CRBT"), "409 {\"error\":\"another request has this id\"}");
	says(bench, "POST /v1/orders", ORDER("o2", NOBODY, "CRBT"), "404 {\"error\":\"there is no such subscriber\"}");
	says(bench, "GET /v1/orders/o1", "",
	     "200 {\"id\":\"o1\",\"state\":\"waiting\",\"until\":T," MESSAGE("order_requested", "waiting") "}");
	says(bench, "GET /v1/orders/o2", "", MISSING);
	assert_int_equal(counted("proposals"), 4);
	assert_int_equal(counted("proposals:asked"), 1);
}

static void order__nothing_to_ask__says_why(void **state)
{
	const struct bench *bench = *state;

#define NOT_ASKED(id, why) "{\"id\":\"" id "\",\"state\":\"not_asked\",\"reason\":\"" why "\"}"
	says(bench, "POST /v1/orders", ORDER("1", ALICE, "NEWS"), "200 " NOT_ASKED("1", "already"));
	says(bench, "POST /v1/orders", ORDER("2", ALICE, "NONE"), "200 " NOT_ASKED("2", "not_sold"));
	says(bench, "POST /v1/orders", ORDER("3", ALICE, "VMAIL"), "200 " NOT_ASKED("3", "not_allowed"));
	says(bench, "POST /v1/orders", "{\"id\":\"4\",\"number\":\"" ALICE "\",\"service\":\"WEATHER\",\"price\":11}",
	     "200 " NOT_ASKED("4", "other_price"));
	says(bench, "POST /v1/orders", "{\"id\":\"5\",\"number\":\"" ALICE "\",\"service\":\"WEATHER\",\"until\":1}",
	     "200 " NOT_ASKED("5", "obsolete"));
	says(bench, "GET /v1/orders/1", "", "200 " NOT_ASKED("1", "already"));
	says(bench, "POST /v1/orders", ORDER("1", ALICE, "NEWS"),
	     "200 {\"id\":\"1\",\"state\":\"not_asked\",\"reason\":\"already\",\"repeated\":true}");
	assert_int_equal(counted("proposals:asked"), 0);
}

static void order__in_the_name_of_a_provider_that_is_not_the_client_s__refused(void **state)
{
#define BY(id, provider) "{\"id\":\"" id "\",\"number\":\"" ALICE "\",\"service\":\"WEATHER\",\"provider\":\"" provider "\"}"
#define NOT_ITS "403 {\"error\":\"this client may not ask in the name of that provider\"}"
	struct setting sina = { .type = SETTING_STRING, .string = "SINA" };
	struct setting sohu = { .type = SETTING_STRING, .string = "SOHU", .next = &sina };
	const struct setting list = { .type = SETTING_LIST, .child = &sohu }, none = { .type = SETTING_LIST };
	struct bench *bench = *state;

	bench->providers = &list;
	says(bench, "POST /v1/orders", BY("1", "BANK"), NOT_ITS);
	says(bench, "POST /v1/orders", BY("1", "SIN"), NOT_ITS);
	says(bench, "POST /v1/orders", BY("1", "SINAX"), NOT_ITS);
	says(bench, "POST /v1/codes",
	     "{\"id\":\"1\",\"number\":\"" ALICE "\",\"service\":\"WEATHER\",\"provider\":\"BANK\",\"shown\":\"?\"}", NOT_ITS);
	says(bench, "GET /v1/orders/1", "", MISSING);
	says(bench, "POST /v1/orders", BY("1", "SINA"), "202 {\"id\":\"1\",\"state\":\"waiting\"}");
	says(bench, "POST /v1/orders", ORDER("2", ALICE, "WEATHER"), "202 {\"id\":\"2\",\"state\":\"waiting\"}");
	bench->providers = &none;
	says(bench, "POST /v1/orders", BY("3", "SINA"), NOT_ITS);
	bench->providers = NULL;
	says(bench, "POST /v1/orders", BY("3", "BANK"), "202 {\"id\":\"3\",\"state\":\"waiting\"}");
}

static void order__yes__reference_and_state_of_the_order(void **state)
{
	const struct bench *bench = *state;

	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"), "202 {\"id\":\"o1\",\"state\":\"waiting\"}");
	assert_int_equal(reply(bench, REQUEST_PROPOSAL_ACCEPT, "o1", "WEATHER"), RESULT_OK);
	says(bench, "GET /v1/orders/o1", "",
	     "200 {\"id\":\"o1\",\"state\":\"yes\",\"until\":T," MESSAGE("order_requested", "waiting") ",\"reference\":R,"
	     "\"order\":\"completed\"}");
	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"),
	     "200 {\"id\":\"o1\",\"state\":\"yes\",\"until\":T," MESSAGE("order_requested", "waiting") ",\"repeated\":true,"
	     "\"reference\":R,\"order\":\"completed\"}");
}

static void order__no__and_a_yes_without_an_order(void **state)
{
	const struct bench *bench = *state;

	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"), "202 {\"id\":\"o1\",\"state\":\"waiting\"}");
	says(bench, "POST /v1/orders", ORDER("o2", ALICE, "WEATHER"), "202 {\"id\":\"o2\",\"state\":\"waiting\"}");
	says(bench, "POST /v1/orders", ORDER("o3", ALICE, "WEATHER"), "202 {\"id\":\"o3\",\"state\":\"waiting\"}");
	assert_int_equal(reply(bench, REQUEST_PROPOSAL_DECLINE, "o1", "WEATHER"), RESULT_OK);
	assert_int_equal(reply(bench, REQUEST_PROPOSAL_ACCEPT, "o2", "WEATHER"), RESULT_OK);
	assert_int_equal(reply(bench, REQUEST_PROPOSAL_ACCEPT, "o3", "WEATHER"), RESULT_DUPLICATE);
	says(bench, "GET /v1/orders/o1", "",
	     "200 {\"id\":\"o1\",\"state\":\"no\",\"until\":T," MESSAGE("order_requested", "waiting") "}");
	says(bench, "GET /v1/orders/o3", "",
	     "200 {\"id\":\"o3\",\"state\":\"no_order\",\"reason\":\"already\",\"until\":T," MESSAGE("order_requested", "waiting") "}");
}

/* ---- who may see what ---- */

static void paths__each_knows_only_its_own(void **state)
{
	const struct bench *bench = *state;

	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"), "202 {\"id\":\"o1\",\"state\":\"waiting\"}");
	says(bench, "GET /v1/codes/o1", "", MISSING);
	says(bench, "GET /v1/push/o1", "", MISSING);
	says(bench, "GET /v1/events/o1", "", "404 {\"error\":\"no such event, or it is too old\"}");
	says(bench, "POST /v1/codes/o1", "{\"code\":\"123456\"}", MISSING);
	says(bench, "POST /v1/events", "{\"id\":\"e1\",\"event\":\"payment\",\"number\":\"" ALICE "\",\"time\":1700000000,\"amount\":1}",
	     "202 {\"id\":\"e1\",\"result\":\"withdrawn\"}");
	says(bench, "GET /v1/orders/e1", "", MISSING);
	/* ids are those of the client, whatever they are for */
	says(bench, "POST /v1/codes", CODE("o1", "WEATHER"), "409 {\"error\":\"another request has this id\"}");
	says(bench, "POST /v1/push", PUSH("e1", ""), "409 {\"error\":\"another request has this id\"}");
	says(bench, "GET /v1/codes/01234567890123456789012345678901234567890123456789012345678901234", "",
	     "404 {\"error\":\"ids have at most 64 characters\"}");
}

static void body__malformed__400_and_422(void **state)
{
	const struct bench *bench = *state;
	char *deep = calloc(1, 100001);
	struct client client;

	says(bench, "POST /v1/orders", "{\"id\":", "400 {\"error\":\"not JSON, at character 6: unexpected token near end of file\"}");
	says(bench, "POST /v1/orders", "", "400 {\"error\":\"not JSON, at character 0: '[' or '{' expected near end of file\"}");
	says(bench, "POST /v1/orders", "[]", "422 {\"error\":\"not an object\"}");
	says(bench, "POST /v1/orders", "{}", "422 {\"error\":\"'id' must be a text of 1 to 64 letters, digits, -, ., _ or ~\"}");
	says(bench, "POST /v1/orders", "{\"events\":[]}",
	     "422 {\"error\":\"'id' must be a text of 1 to 64 letters, digits, -, ., _ or ~\"}");
	says(bench, "POST /v1/codes", ORDER("1", ALICE, "WEATHER"), "422 {\"error\":\"'shown' is missing\"}");
	says(bench, "POST /v1/push", "{\"id\":\"1\",\"number\":\"" ALICE "\",\"page\":\"other\"}",
	     "422 {\"error\":\"the menu has no page of that name to push\"}");
	memset(deep, '[', 100000);
	request_send(bench, &client, "POST /v1/orders", deep);
	assert_memory_equal(answer_wait(&client), "400 {\"error\":\"not JSON, ", 23);
	client_close(&client);
	free(deep);
}

/* ---- codes ---- */

static void code__right__orders_once(void **state)
{
	const struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE], order[512];
	struct client client;

	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	code_make(bench, "c1", code);
	request_send(bench, &client, "POST /v1/codes/c1", code_body(code, 0));
	snprintf(order, sizeof(order), "%s", answer_wait(&client));
	client_close(&client);
	assert_memory_equal(order, "200 {\"id\":\"c1\",\"state\":\"yes\"", 27);
	assert_non_null(strstr(order, "\"order\":\"completed\""));
	assert_null(strstr(order, code));
	/* again, since the answer may be lost: the same order */
	answers(bench, "POST /v1/codes/c1", code_body(code, 0), order);
	answers(bench, "GET /v1/codes/c1", "", order);
	assert_int_equal(counted("codes"), 2);
	assert_int_equal(counted("codes:wrong"), 0);
	if (!bench->database[0])
		return;
	assert_int_equal(database_number(bench->database, "SELECT count(*) FROM orders WHERE service = 'WEATHER'"), 1);
	assert_int_equal(database_number(bench->database, "SELECT count(*) FROM consent WHERE shown = 'Weather, $0.10 a day. Order?' AND "
					 "answered = '******' AND channel = 'web:local' AND trust = 'code'"), 1);
}

static void code__wrong__counted_and_the_fourth_is_refused_even_if_right(void **state)
{
	const struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

#define LOCKED "410 {\"id\":\"c1\",\"state\":\"locked\",\"until\":T," MESSAGE("order_code", "waiting") "}"
	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	code_make(bench, "c1", code);
	says(bench, "POST /v1/codes/c1", code_body(code, 1), "422 {\"id\":\"c1\",\"state\":\"wrong\",\"tries_left\":2}");
	says(bench, "POST /v1/codes/c1", code_body(code, 2), "422 {\"id\":\"c1\",\"state\":\"wrong\",\"tries_left\":1}");
	/* a new code does not help */
	code_make(bench, "c1", code);
	says(bench, "POST /v1/codes/c1", code_body(code, 1), "422 {\"id\":\"c1\",\"state\":\"wrong\",\"tries_left\":0}");
	says(bench, "POST /v1/codes/c1", code_body(code, 0), LOCKED);
	says(bench, "POST /v1/codes/c1", code_body(code, 1), LOCKED);
	assert_int_equal(counted("codes:wrong"), 3);
	assert_int_equal(reply(bench, REQUEST_PROPOSAL_ACCEPT, "c1", "WEATHER"), RESULT_DUPLICATE);
}

#define BLANKS "                              "
static void code__not_six_digits__not_an_attempt(void **state)
{
	static const char *const bodies[] = {
		"", "{}", "[]", "\"123456\"", "{\"code\":123456}", "{\"code\":\"12345\"}", "{\"code\":\"1234567\"}",
		"{\"code\":\"12345a\"}",
		"{\"code\":\" 123456\"}", "{\"code\":\"123456\",\"code\":\"123457\"}", "{\"code\":\"123456\",\"id\":1}",
		"{\"code\":\"\\u0031\\u0032\\u0033\\u0034\\u0035\\u0036\"}", "{\"\\u0063ode\":\"123456\"}", "{\"Code\":\"123456\"}",
		"{\"code\":\"123456\"" BLANKS BLANKS BLANKS BLANKS "}",
	};
	const struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	code_make(bench, "c1", code);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		says(bench, "POST /v1/codes/c1", bodies[i],
		     "422 {\"error\":\"the body must be {\\\"code\\\": \\\"...\\\"} with six digits\"}");
	says(bench, "POST /v1/codes/c1", code_body(code, 1), "422 {\"id\":\"c1\",\"state\":\"wrong\",\"tries_left\":2}");
	assert_int_equal(counted("codes"), 1);
}

static void code__before_it_was_sent__wrong(void **state)
{
	const struct bench *bench = *state;

	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	says(bench, "POST /v1/codes/c1", "{\"code\":\"000000\"}", "422 {\"id\":\"c1\",\"state\":\"wrong\",\"tries_left\":2}");
}

static void take(void *user, const struct account_notification *notification)
{
	accounts_notification_ack(user, notification->id, NOTIFICATION_SENT);
}

static bool is_asked(void *user)
{
	struct answers found;

	fetch(user, "c1", &found);
	return record_is(&found.last.facts, FIELD_SENDING, "sent");
}

static void code__sent_and_too_late__410_and_no_order(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

#define AFTER(state) "{\"id\":\"c1\",\"state\":\"" state "\",\"until\":T," MESSAGE("order_code", "sent") "}"
	accounts_set_notify(bench->accounts, take, bench->accounts);
	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	assert_true(loop_until(is_asked, bench, 20000));
	code_make(bench, "c1", code);
	says(bench, "GET /v1/codes/c1", "", "200 " AFTER("asked"));
	time_stop();
	time_pass(601);
	says(bench, "POST /v1/codes/c1", code_body(code, 0), "410 " AFTER("silence"));
	says(bench, "GET /v1/codes/c1", "", "200 " AFTER("silence"));
	time_go_on();
}

static void code__not_sent_in_time__nobody_was_asked(void **state)
{
	static const char *const requests[] = { "POST /v1/codes/c1", "GET /v1/codes/c1" };
	struct bench *bench = *state;
	struct client client;

	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	time_stop();
	time_pass(601);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		request_send(bench, &client, requests[i], i ? "" : "{\"code\":\"123456\"}");
		assert_non_null(strstr(answer_wait(&client), " {\"id\":\"c1\",\"state\":\"not_asked\",\"reason\":\"expired\","));
		client_close(&client);
	}
	time_go_on();
}

static void code__right_but_no_order_is_possible__409_with_the_reason(void **state)
{
	const struct bench *bench = *state;
	struct request order = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, accounts_reference(bench->accounts));
	char code[CONFIRM_CODE_SIZE];
	struct answers answers;

#define ALREADY "409 {\"id\":\"c1\",\"state\":\"no_order\",\"reason\":\"already\",\"until\":T," MESSAGE("order_code", "waiting") "}"
	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	says(bench, "POST /v1/codes", CODE("c2", "NEWS"), "200 " NOT_ASKED("c2", "already"));
	code_make(bench, "c1", code);
	fixture_arg(&order, FIELD_SERVICE, "WEATHER");
	ask(bench, &order, &answers);
	assert_int_equal(answers.last.result, RESULT_OK);
	says(bench, "POST /v1/codes/c1", code_body(code, 0), ALREADY);
	says(bench, "POST /v1/codes/c1", code_body(code, 0), ALREADY);
	says(bench, "POST /v1/codes/c2", code_body(code, 0), "410 " NOT_ASKED("c2", "already"));
}

/* Two at once, as from a double click. */
static void code__twice_at_once__one_order(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE], first[512];
	struct client clients[2];

	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	code_make(bench, "c1", code);
	for (size_t i = 0; i < 2; i++)
		request_send(bench, &clients[i], "POST /v1/codes/c1", code_body(code, 0));
	snprintf(first, sizeof(first), "%s", answer_wait(&clients[0]));
	assert_memory_equal(first, "200 {\"id\":\"c1\",\"state\":\"yes\"", 27);
	assert_string_equal(answer_wait(&clients[1]), first);
	for (size_t i = 0; i < 2; i++)
		client_close(&clients[i]);
}

/* ---- pages ---- */

static void push__states_of_its_message(void **state)
{
	const struct bench *bench = *state;

	says(bench, "POST /v1/push", PUSH("p1", ""), "202 {\"id\":\"p1\",\"state\":\"waiting\"}");
	says(bench, "GET /v1/push/p1", "", "200 {\"id\":\"p1\",\"state\":\"waiting\"," MESSAGE("push", "waiting") "}");
	says(bench, "POST /v1/push", PUSH("p2", ",\"service\":\"NEWS\""), "200 {\"id\":\"p2\",\"state\":\"already\"}");
	says(bench, "POST /v1/push", PUSH("p3", ",\"not_after\":1"), "200 {\"id\":\"p3\",\"state\":\"obsolete\"}");
	says(bench, "POST /v1/push", PUSH("p3", ",\"not_after\":1"), "200 {\"id\":\"p3\",\"state\":\"obsolete\",\"repeated\":true}");
}

static void push__opted_out__not_wanted(void **state)
{
	const struct bench *bench = *state;
	struct request choice = fixture_request(REQUEST_PREFERENCE_SET, ALICE, accounts_reference(bench->accounts));
	struct answers answers;

	fixture_arg(&choice, FIELD_NOTIFICATION, "push");
	fixture_arg(&choice, FIELD_CHOICE, "off");
	ask(bench, &choice, &answers);
	assert_int_equal(answers.last.result, RESULT_OK);
	says(bench, "POST /v1/push", PUSH("p1", ""), "200 {\"id\":\"p1\",\"state\":\"not_wanted\"}");
}

/* ---- tickets ---- */

#define ACT(id, ticket, act, more) \
	"{\"id\":\"" id "\",\"number\":\"" ALICE "\",\"ticket\":\"" ticket "\",\"act\":\"" act "\",\"staff\":\"li\"" more "}"

static void ticket_open(const struct bench *bench, char ticket[static TICKET_NUMBER_SIZE])
{
	struct request request = fixture_request(REQUEST_TICKET_OPEN, ALICE, accounts_reference(bench->accounts));
	struct answers answers;

	fixture_arg(&request, FIELD_TICKET_KIND, "complaint");
	fixture_arg(&request, FIELD_TEXT, "no signal");
	ask(bench, &request, &answers);
	assert_int_equal(answers.last.result, RESULT_OK);
	record_text(&answers.last.facts, FIELD_TICKET, ticket, TICKET_NUMBER_SIZE);
}

static void S12_ticket__answered_by_staffs_system__once(void **state)
{
	const struct bench *bench = *state;
	char ticket[TICKET_NUMBER_SIZE], body[256], none[] = ACT("a0", "26010199", "taken", "");

	says(bench, "POST /v1/tickets", none, "422 {\"id\":\"a0\",\"state\":\"no_ticket\"}");
	ticket_open(bench, ticket);
	snprintf(body, sizeof(body), ACT("a1", "%s", "answered", ",\"text\":\"The mast is repaired.\""), ticket);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"a1\",\"state\":\"done\"}");
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"a1\",\"state\":\"done\",\"repeated\":true}");
	says(bench, "GET /v1/tickets/a1", "", "200 {\"id\":\"a1\",\"state\":\"done\"}");
	says(bench, "GET /v1/orders/a1", "", MISSING);
	snprintf(body, sizeof(body), ACT("a1", "%s", "answered", ",\"text\":\"Something else.\""), ticket);
	says(bench, "POST /v1/tickets", body, "409 {\"error\":\"another request has this id\"}");
	snprintf(body, sizeof(body), ACT("a5", "%s", "taken", ""), ticket);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"a5\",\"state\":\"done\"}");
	snprintf(body, sizeof(body), "{\"id\":\"a6\",\"number\":\"" ALICE "\",\"ticket\":\"%s\",\"act\":\"taken\",\"staff\":\"wu\"}",
		 ticket);
	says(bench, "POST /v1/tickets", body, "422 {\"id\":\"a6\",\"state\":\"has_staff\"}");
	snprintf(body, sizeof(body), ACT("a2", "%s", "closed", ""), ticket);
	says(bench, "POST /v1/tickets", body, "422 {\"id\":\"a2\",\"state\":\"not_now\"}");
#define ELSEWHERE "; POST /v1/ticket-list has the tickets of a number, /v1/ticket-read one of them\"}"
	says(bench, "GET /v1/tickets/a2", "", "404 {\"error\":\"there is no such request, or it is too old" ELSEWHERE);
	says(bench, "GET /v1/tickets/" ALICE, "", "404 {\"error\":\"there is no such request, or it is too old" ELSEWHERE);
	snprintf(body, sizeof(body), ACT("a3", "%s", "compensated", ",\"text\":\"waited\",\"amount\":6000,\"form\":\"credit\""), ticket);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"a3\",\"state\":\"proposed\"}");
	snprintf(body, sizeof(body), ACT("a4", "%s", "praised", ""), ticket);
	says(bench, "POST /v1/tickets", body, "422 {\"error\":\"'act' must be one of: " CODES_OF_ACTS "\"}");
}

/* Tickets may be answered without "credits", but money is neither given nor refused. */
static void S16_ticket__client_without_credits__decides_nothing(void **state)
{
	static const char *const acts[] = { "granted", "declined", "compensated" };
	static const char lacks[] = "403 {\"error\":\"this client may not decide about money: it lacks \\\"credits\\\"\"}";
	struct bench *bench = *state;
	char ticket[TICKET_NUMBER_SIZE], body[256];

	ticket_open(bench, ticket);
	bench->lacks = DOOR_CREDITS;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		snprintf(body, sizeof(body), ACT("c1", "%s", "%s", ",\"text\":\"waited\",\"amount\":100,\"form\":\"credit\""), ticket,
			 acts[i]);
		says(bench, "POST /v1/tickets", body, lacks);
	}
	snprintf(body, sizeof(body), ACT("c1", "%s", "answered", ",\"text\":\"The mast is repaired.\""), ticket);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"c1\",\"state\":\"done\"}");
	bench->lacks = 0;
	snprintf(body, sizeof(body), ACT("c2", "%s", "compensated", ",\"text\":\"waited\",\"amount\":100,\"form\":\"credit\""), ticket);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"c2\",\"state\":\"done\"}");
}

/* What was disputed in words has the month that staff name. */
static void S16_ticket__in_words__granted_with_its_month(void **state)
{
	const struct bench *bench = *state;
	struct request request = fixture_request(REQUEST_TICKET_OPEN, ALICE, accounts_reference(bench->accounts));
	const time_t before = time(NULL) - 32 * 86400;
	struct answers answers;
	char ticket[TICKET_NUMBER_SIZE], body[256], month[8];

	strftime(month, sizeof(month), "%Y-%m", gmtime(&before));
	fixture_arg(&request, FIELD_TICKET_KIND, "dispute");
	fixture_arg(&request, FIELD_TEXT, "News, which I never ordered");
	ask(bench, &request, &answers);
	record_text(&answers.last.facts, FIELD_TICKET, ticket, sizeof(ticket));
#define MONEY ",\"text\":\"You were right.\",\"amount\":100,\"form\":\"credit\",\"form_equal\":\"credit\""
	snprintf(body, sizeof(body), ACT("d1", "%s", "granted", MONEY), ticket);
	says(bench, "POST /v1/tickets", body, "422 {\"id\":\"d1\",\"state\":\"refused\"}");
	snprintf(body, sizeof(body), ACT("d1", "%s", "granted", MONEY ",\"month\":\"%s\""), ticket, month);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"d1\",\"state\":\"done\"}");
}

/* ---- the account layer cannot ---- */

/* A former customer. */
static void S12_ticket__of_a_number_without_an_account__answered_as_well(void **state)
{
	const struct bench *bench = *state;
	struct request request = {
		.kind = REQUEST_TICKET_OPEN, .subscriber.msisdn = "8613800999999", .ref = accounts_reference(bench->accounts),
	};
	struct answers answers;
	char body[256];

	fixture_arg(&request, FIELD_TICKET_KIND, "complaint");
	fixture_arg(&request, FIELD_TEXT, "I was your customer.");
	ask(bench, &request, &answers);
	snprintf(body, sizeof(body), "{\"id\":\"b1\",\"number\":\"+8613800999999\",\"ticket\":\"%s\",\"act\":\"answered\","
		 "\"staff\":\"li\",\"text\":\"You still are.\"}", fixture_text(&answers.last.facts, FIELD_TICKET));
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"b1\",\"state\":\"done\"}");
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"b1\",\"state\":\"done\",\"repeated\":true}");
	says(bench, "POST /v1/tickets",
	     "{\"id\":\"b2\",\"number\":\"8613800888888\",\"ticket\":\"26110101\",\"act\":\"taken\",\"staff\":\"li\"}",
	     "422 {\"id\":\"b2\",\"state\":\"no_ticket\"}");
}

static void store_down__503_and_the_same_again_completes_it(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];
	struct client client;

	gate(bench, GATE_DOWN);
	request_send(bench, &client, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"));
	assert_string_equal(answer_wait(&client), "503 {\"error\":\"not possible now\"}");
	assert_non_null(strstr(client.got, "Retry-After: "));
	client_close(&client);
	says(bench, "GET /v1/orders/o1", "", "503 {\"error\":\"not possible now\"}");
	gate(bench, GATE_OPEN);
	says(bench, "POST /v1/codes", CODE("c1", "WEATHER"), "202 {\"id\":\"c1\",\"state\":\"waiting\"}");
	code_make(bench, "c1", code);
	gate(bench, GATE_DOWN);
	says(bench, "POST /v1/codes/c1", code_body(code, 0), "503 {\"error\":\"not possible now\"}");
	gate(bench, GATE_OPEN);
	says(bench, "POST /v1/codes/c1", code_body(code, 0),
	     "200 {\"id\":\"c1\",\"state\":\"yes\",\"until\":T," MESSAGE("order_code", "waiting") ",\"reference\":R,"
	     "\"order\":\"completed\"}");
}

static void busy__429(void **state)
{
	struct bench *bench = *state;
	const struct request turn = fixture_request(REQUEST_PROFILE, ALICE, 0);
	struct answers turns = { 0 };
	uint64_t id;

	gate(bench, GATE_SHUT);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(accounts_submit(bench->accounts, &turn, &turns, &turns.last, &id), -EINPROGRESS);
	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"), "429 {\"error\":\"too many requests are being processed\"}");
	says(bench, "GET /v1/orders/o1", "", "429 {\"error\":\"too many requests are being processed\"}");
	gate(bench, GATE_OPEN);
	says(bench, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"), "202 {\"id\":\"o1\",\"state\":\"waiting\"}");
}

static void stop__503_and_what_was_asked_is_stored(void **state)
{
	struct bench *bench = *state;
	struct client post, get, code;

	gate(bench, GATE_SHUT);
	request_send(bench, &post, "POST /v1/orders", ORDER("o1", ALICE, "WEATHER"));
	request_send(bench, &get, "GET /v1/orders/o1", "");
	request_send(bench, &code, "POST /v1/codes/o1", "{\"code\":\"123456\"}");
	loop_for(20);
	door_stop(bench);
	gate(bench, GATE_OPEN);
	assert_string_equal(answer_wait(&post), "503 {\"error\":\"the server is stopping\"}");
	assert_string_equal(answer_wait(&get), "503 {\"error\":\"the server is stopping\"}");
	assert_string_equal(answer_wait(&code), "503 {\"error\":\"the server is stopping\"}");
	client_close(&post);
	client_close(&get);
	client_close(&code);
	loop_for(20);
	door_start(bench);
	says(bench, "GET /v1/orders/o1", "",
	     "200 {\"id\":\"o1\",\"state\":\"waiting\",\"until\":T," MESSAGE("order_requested", "waiting") "}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(memory, order__asked_once_whatever_is_repeated),
		IN(sqlite, order__asked_once_whatever_is_repeated),
		IN(memory, order__nothing_to_ask__says_why),
		IN(sqlite, order__nothing_to_ask__says_why),
		IN(memory, order__in_the_name_of_a_provider_that_is_not_the_client_s__refused),
		IN(memory, order__yes__reference_and_state_of_the_order),
		IN(sqlite, order__yes__reference_and_state_of_the_order),
		IN(memory, order__no__and_a_yes_without_an_order),
		IN(sqlite, order__no__and_a_yes_without_an_order),
		IN(memory, paths__each_knows_only_its_own),
		IN(sqlite, paths__each_knows_only_its_own),
		IN(memory, body__malformed__400_and_422),
		IN(memory, code__right__orders_once),
		IN(sqlite, code__right__orders_once),
		IN(memory, code__wrong__counted_and_the_fourth_is_refused_even_if_right),
		IN(sqlite, code__wrong__counted_and_the_fourth_is_refused_even_if_right),
		IN(memory, code__not_six_digits__not_an_attempt),
		IN(memory, code__before_it_was_sent__wrong),
		IN(memory, code__sent_and_too_late__410_and_no_order),
		IN(sqlite, code__sent_and_too_late__410_and_no_order),
		IN(memory, code__not_sent_in_time__nobody_was_asked),
		IN(sqlite, code__not_sent_in_time__nobody_was_asked),
		IN(memory, code__right_but_no_order_is_possible__409_with_the_reason),
		IN(sqlite, code__right_but_no_order_is_possible__409_with_the_reason),
		IN(memory, code__twice_at_once__one_order),
		IN(sqlite, code__twice_at_once__one_order),
		IN(memory, push__states_of_its_message),
		IN(sqlite, push__states_of_its_message),
		IN(memory, push__opted_out__not_wanted),
		IN(memory, S12_ticket__answered_by_staffs_system__once),
		IN(memory, S16_ticket__client_without_credits__decides_nothing),
		IN(memory, S16_ticket__in_words__granted_with_its_month),
		IN(memory, S12_ticket__of_a_number_without_an_account__answered_as_well),
		IN(sqlite, S12_ticket__of_a_number_without_an_account__answered_as_well),
		IN(memory, store_down__503_and_the_same_again_completes_it),
		IN(memory, busy__429),
		IN(memory, stop__503_and_what_was_asked_is_stored),
	};
	void *ctx = talloc_named_const(NULL, 0, "proposals_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}
