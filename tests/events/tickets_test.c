/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What staff see of tickets over HTTP (S12, S13). */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/events/bench.h"

#define LIST "POST /v1/ticket-list"
#define READ "POST /v1/ticket-read"
#define ABOUT(ticket) "{\"number\":\"" ALICE "\",\"ticket\":\"" ticket "\",\"staff\":\"li\"}"

/* Times differ in each run: "T"; tickets, which begin with the day: "D01". */
static void vary(char *text)
{
	static const char *const times[] = { "\"opened\":\"", "\"answer_by\":\"", "\"time\":\"" };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		for (char *at = text; (at = strstr(at, times[i]));) {
			at += strlen(times[i]);
			*at = 'T';
			memmove(at + 1, strchr(at, '"'), strlen(strchr(at, '"')) + 1);
		}
	}
	for (char *at = text; (at = strstr(at, "\"ticket\":\""));) {
		at += strlen("\"ticket\":\"");
		*at = 'D';
		memmove(at + 1, at + 6, strlen(at + 6) + 1);
	}
}

static void says(const struct bench *bench, const char *request, const char *body, const char *wanted)
{
	answers_but(bench, request, body, vary, wanted);
}

static void ticket_open(const struct bench *bench, const char *msisdn, const char *kind, const char *text,
			char ticket[static TICKET_NUMBER_SIZE])
{
	struct request request = { .kind = REQUEST_TICKET_OPEN, .ref = accounts_reference(bench->accounts) };
	struct answers answers;

	osmo_strlcpy(request.subscriber.msisdn, msisdn, sizeof(request.subscriber.msisdn));
	fixture_arg(&request, FIELD_TICKET_KIND, kind);
	fixture_arg(&request, FIELD_TEXT, text);
	fixture_arg(&request, FIELD_SENDER, "106912345");
	ask(bench, &request, &answers);
	assert_int_equal(answers.last.result, RESULT_OK);
	record_text(&answers.last.facts, FIELD_TICKET, ticket, TICKET_NUMBER_SIZE);
}

static void list__filters__and_mistakes_are_named(void **state)
{
	const struct bench *bench = *state;
	char ticket[TICKET_NUMBER_SIZE];

	says(bench, LIST, "{}", "200 {\"tickets\":[]}");
	ticket_open(bench, ALICE, "complaint", "no signal", ticket);
	ticket_open(bench, BOB, "nuisance", "buy now", ticket);
#define OF_ALICE \
	"{\"number\":\"" ALICE "\",\"ticket\":\"D01\",\"ticket_kind\":\"complaint\",\"ticket_state\":\"open\"," \
	"\"opened\":\"T\",\"answer_by\":\"T\"}"
#define OF_BOB "{\"number\":\"" BOB "\",\"ticket\":\"D01\",\"ticket_kind\":\"nuisance\",\"ticket_state\":\"open\"," \
	"\"opened\":\"T\"}"
	says(bench, LIST, "{\"ticket_kind\":\"nuisance\"}", "200 {\"tickets\":[" OF_BOB "]}");
	says(bench, LIST, "{\"number\":\"+" ALICE "\",\"staff\":\"li\"}", "200 {\"tickets\":[" OF_ALICE "]}");
	says(bench, LIST, "{\"ticket_state\":\"taken\"}", "200 {\"tickets\":[]}");
	says(bench, LIST, "{\"late\":true}", "200 {\"tickets\":[]}");
	says(bench, LIST, "{\"number\":\"8613800999999\",\"staff\":\"li\"}", "200 {\"tickets\":[]}");
	says(bench, LIST, "{\"number\":\"call me\"}", "422 {\"error\":\"'number' must be a text of digits\"}");
	says(bench, LIST, "{\"number\":13800138000}", "422 {\"error\":\"'number' must be a text of digits\"}");
	says(bench, LIST, "{\"late\":1}", "422 {\"error\":\"'late' must be true or false\"}");
	says(bench, LIST, "{\"after\":\"1.2\"}", "422 {\"error\":\"'after' must be that of the answer before\"}");
	says(bench, LIST, "{\"after\":1}", "422 {\"error\":\"'after' must be that of the answer before\"}");
	says(bench, LIST, "{\"kind\":\"nuisance\"}", "422 {\"error\":\"'kind' is not a key of 'ticket-list'\"}");
	says(bench, LIST, "{\"ticket_kind\":\"praise\"}", "422 {\"error\":\"'ticket_kind' must be one of: complaint "
	     "suggestion nuisance network dispute deletion agent compliment\"}");
	says(bench, LIST, "[]", "422 {\"error\":\"not an object\"}");
	says(bench, LIST, "{", "400 {\"error\":\"not JSON, at character 1: string or '}' expected near end of file\"}");
	says(bench, "GET /v1/ticket-list", "", "405 {\"error\":\"this path does not have this method\"}");
}

/* S18: subscribers see that somebody looked at their tickets, but not that a list of all was made. */
static void list__of_a_number__is_a_look_at_its_data(void **state)
{
	const struct bench *bench = *state;
	const struct request request = fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0);
	struct answers answers;

	says(bench, LIST, "{}", "200 {\"tickets\":[]}");
	says(bench, LIST, "{\"number\":\"" ALICE "\"}",
	     "422 {\"error\":\"'number' needs 'staff': subscribers see who looks at their data\"}");
	ask(bench, &request, &answers);
	assert_int_equal(answers.last.rows.count, 0);
	says(bench, LIST, "{\"number\":\"" ALICE "\",\"staff\":\"li\"}", "200 {\"tickets\":[]}");
	ask(bench, &request, &answers);
	assert_int_equal(answers.last.rows.count, 1);
}

/* The number of rows, and in *\a after where to go on; "": at the end. */
static unsigned int page(const struct bench *bench, const char *after, char out[static 64])
{
	struct client client;
	unsigned int count = 0;
	char body[128];
	const char *is;

	snprintf(body, sizeof(body), "{%s%s%s}", *after ? "\"after\":\"" : "", after, *after ? "\"" : "");
	request_send(bench, &client, LIST, body);
	is = answer_wait(&client);
	for (const char *at = is; (at = strstr(at, "\"ticket\":")); at++)
		count++;
	*out = '\0';
	if (strstr(is, "\"after\":"))
		sscanf(strstr(is, "\"after\":"), "\"after\":\"%63[^\"]", out);
	client_close(&client);
	return count;
}

static void list__longer_than_a_page__goes_on_after_it(void **state)
{
	const struct bench *bench = *state;
	char after[64], ticket[TICKET_NUMBER_SIZE];

	for (unsigned int i = 0; i < 25; i++)
		ticket_open(bench, ALICE, "complaint", "no signal", ticket);
	assert_int_equal(page(bench, "", after), 20);
	assert_string_not_equal(after, "");
	assert_int_equal(page(bench, after, after), 5);
	assert_string_equal(after, "");
}

static void read__recorded_before_it_is_shown__by_whom(void **state)
{
	const struct bench *bench = *state;
	char ticket[TICKET_NUMBER_SIZE], body[128];

	ticket_open(bench, ALICE, "complaint", "no signal", ticket);
	snprintf(body, sizeof(body), ABOUT("%s"), ticket);
#define HEAD(kind) "{\"number\":\"" ALICE "\",\"ticket\":\"D01\",\"ticket_kind\":\"" kind "\",\"ticket_state\":\"open\",\"opened\":\"T\""
#define ENTRY(position, event, more) "{\"position\":" position ",\"time\":\"T\",\"event\":\"" event "\"" more "}"
	says(bench, READ, body, "200 " HEAD("complaint") ",\"answer_by\":\"T\",\"facts\":{},\"entries\":["
	     ENTRY("1", "written", ",\"text\":\"no signal\"") "," ENTRY("2", "read", ",\"staff\":\"li\"") "]}");
	snprintf(body, sizeof(body), "{\"number\":\"" ALICE "\",\"ticket\":\"%s\",\"staff\":\"wu\",\"after\":1}", ticket);
	says(bench, READ, body, "200 " HEAD("complaint") ",\"answer_by\":\"T\",\"facts\":{},\"entries\":["
	     ENTRY("2", "read", ",\"staff\":\"li\"") "," ENTRY("3", "read", ",\"staff\":\"wu\"") "]}");
}

static void S13_read__sender_and_contents_are_hidden(void **state)
{
	const struct bench *bench = *state;
	char ticket[TICKET_NUMBER_SIZE], body[128];

	ticket_open(bench, ALICE, "nuisance", "buy now", ticket);
	snprintf(body, sizeof(body), ABOUT("%s"), ticket);
	says(bench, READ, body, "200 " HEAD("nuisance") ",\"facts\":{},\"entries\":["
	     ENTRY("1", "written", ",\"hidden\":true") "," ENTRY("2", "read", ",\"staff\":\"li\"") "]}");
}

static void S16_read__facts_of_the_charge_and_what_was_proposed(void **state)
{
	const struct bench *bench = *state;
	struct request request = { .kind = REQUEST_TICKET_OPEN, .subscriber.msisdn = ALICE, .ref = accounts_reference(bench->accounts) };
	struct record args = request_args(&request);
	struct answers answers;
	char ticket[TICKET_NUMBER_SIZE], body[256];

	record_put_text(&args, FIELD_TICKET_KIND, "dispute", 7);
	record_put_text(&args, FIELD_TEXT, "not ordered", 11);
	record_put_text(&args, FIELD_ITEM, "services", 8);
	record_put_number(&args, FIELD_MONTH, 202610);
	record_put_number(&args, FIELD_AMOUNT, 500);
	request_set_args(&request, &args);
	ask(bench, &request, &answers);
	record_text(&answers.last.facts, FIELD_TICKET, ticket, sizeof(ticket));
	snprintf(body, sizeof(body), "{\"id\":\"a\",\"number\":\"" ALICE "\",\"ticket\":\"%s\",\"act\":\"compensated\","
		 "\"staff\":\"wu\",\"text\":\"waited\",\"amount\":6000,\"form\":\"credit\"}", ticket);
	says(bench, "POST /v1/tickets", body, "200 {\"id\":\"a\",\"state\":\"proposed\"}");
	snprintf(body, sizeof(body), "{\"number\":\"" ALICE "\",\"ticket\":\"%s\",\"staff\":\"li\",\"after\":2}", ticket);
	says(bench, READ, body, "200 " HEAD("dispute") ",\"answer_by\":\"T\","
	     "\"facts\":{\"month\":\"2026-10\",\"item\":\"services\",\"amount\":500},"
	     "\"proposed\":{\"amount\":6000,\"act\":\"compensated\",\"form\":\"credit\",\"staff\":\"wu\"},\"entries\":["
	     ENTRY("3", "read", ",\"staff\":\"li\"") "]}");
}

static void read__mistakes_are_named(void **state)
{
	const struct bench *bench = *state;

	says(bench, READ, ABOUT("26010101"), "404 {\"error\":\"the number has no such ticket\"}");
	says(bench, READ, "{\"number\":\"8613800999999\",\"ticket\":\"26010101\",\"staff\":\"li\"}",
	     "404 {\"error\":\"the number has no such ticket\"}");
	says(bench, READ, ABOUT("1"), "404 {\"error\":\"the number has no such ticket\"}");
	says(bench, READ, "{\"number\":\"" ALICE "\",\"ticket\":\"26010101\"}", "422 {\"error\":\"'staff' is missing\"}");
	says(bench, READ, "{\"ticket\":\"26010101\",\"staff\":\"li\"}", "422 {\"error\":\"'number' must be a text of digits\"}");
	says(bench, READ, "{\"number\":\"" ALICE "\",\"ticket\":\"26010101\",\"staff\":\"li na\"}",
	     "422 {\"error\":\"'staff' must be a code: a short text without blanks\"}");
	says(bench, READ, "{\"number\":\"" ALICE "\",\"ticket\":\"26010101\",\"staff\":\"li\",\"after\":\"2\"}",
	     "422 {\"error\":\"'after' must be that of the answer before\"}");
}

/* Nothing is shown that could not be recorded. */
static void read__store_down__503(void **state)
{
	const struct bench *bench = *state;
	char ticket[TICKET_NUMBER_SIZE], body[128];

	ticket_open(bench, ALICE, "complaint", "no signal", ticket);
	snprintf(body, sizeof(body), ABOUT("%s"), ticket);
	gate(bench, GATE_DOWN);
	says(bench, READ, body, "503 {\"error\":\"not possible now\"}");
	says(bench, LIST, "{}", "503 {\"error\":\"not possible now\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(memory, list__filters__and_mistakes_are_named),
		IN(memory, list__of_a_number__is_a_look_at_its_data),
		IN(sqlite, list__filters__and_mistakes_are_named),
		IN(sqlite, list__of_a_number__is_a_look_at_its_data),
		IN(memory, list__longer_than_a_page__goes_on_after_it),
		IN(sqlite, list__longer_than_a_page__goes_on_after_it),
		IN(memory, read__recorded_before_it_is_shown__by_whom),
		IN(sqlite, read__recorded_before_it_is_shown__by_whom),
		IN(memory, S13_read__sender_and_contents_are_hidden),
		IN(sqlite, S16_read__facts_of_the_charge_and_what_was_proposed),
		IN(memory, read__mistakes_are_named),
		IN(memory, read__store_down__503),
	};
	void *ctx = talloc_named_const(NULL, 0, "tickets_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}
