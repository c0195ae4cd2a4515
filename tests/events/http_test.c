/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events over HTTP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/events/bench.h"
#include "tests/support/loop.h"

#define PURCHASE(id, number) "{\"id\":\"" id "\",\"event\":\"purchase\",\"number\":\"" number "\",\"time\":1700000000,\"amount\":200," \
			     "\"purchased_by\":\"web\"}"
#define PAYMENT(id, amount) "{\"id\":\"" id "\",\"event\":\"payment\",\"number\":\"" ALICE "\",\"time\":1700000000,\"amount\":" amount "}"

static void posts(const struct bench *bench, const char *body, const char *wanted)
{
	answers(bench, "POST /v1/events", body, wanted);
}

/* ---- one event ---- */

static void event__stored_once_whatever_is_repeated(void **state)
{
	const struct bench *bench = *state;

	posts(bench, PURCHASE("p1", ALICE), "202 {\"id\":\"p1\",\"result\":\"notified\"}");
	posts(bench, PURCHASE("p1", ALICE), "202 {\"id\":\"p1\",\"result\":\"notified\",\"repeated\":true}");
	posts(bench, PAYMENT("p1", "5"), "422 {\"id\":\"p1\",\"result\":\"conflict\",\"error\":\"another event has this id\"}");
	posts(bench, PURCHASE("p2", NOBODY), "422 {\"id\":\"p2\",\"result\":\"unknown\",\"error\":\"there is no such subscriber\"}");
	posts(bench, PAYMENT("p3", "\"5\""),
	      "422 {\"id\":\"p3\",\"result\":\"malformed\",\"error\":\"'amount' must be a whole number of minor units\"}");
	assert_int_equal(counted("events"), 5);
	assert_int_equal(counted("events:notified"), 1);
	assert_int_equal(counted("events:repeated"), 1);
	assert_int_equal(counted("events:refused"), 3);
}

static void event__fetched__what_was_done_and_its_message(void **state)
{
	const struct bench *bench = *state;
	static const char expected[] = "200 {\"id\":\"p1\",\"result\":\"notified\",\"message\":{\"kind\":\"purchase\","
				       "\"state\":\"waiting\",\"time\":\"2";
	struct client client;
	const char *is;

	posts(bench, PURCHASE("p1", ALICE), "202 {\"id\":\"p1\",\"result\":\"notified\"}");
	posts(bench, PAYMENT("p2", "5"), "202 {\"id\":\"p2\",\"result\":\"withdrawn\"}");
	request_send(bench, &client, "GET /v1/events/p1", "");
	is = answer_wait(&client);
	assert_memory_equal(is, expected, strlen(expected));
	client_close(&client);
	answers(bench, "GET /v1/events/p2", "", "200 {\"id\":\"p2\",\"result\":\"withdrawn\"}");
	answers(bench, "GET /v1/events/p3", "", "404 {\"error\":\"no such event, or it is too old\"}");
	answers(bench, "GET /v1/events/01234567890123456789012345678901234567890123456789012345678901234", "",
		"404 {\"error\":\"ids have at most 64 characters\"}");
}

static void body__neither_event_nor_list__400(void **state)
{
	const struct bench *bench = *state;
	char *many = malloc(200000);
	size_t len = (size_t)sprintf(many, "{\"events\":[0");

	posts(bench, "[]", "400 {\"error\":\"the body must be an event, or an object with the list 'events'\"}");
	posts(bench, "{\"events\":{}}", "400 {\"error\":\"'events' must be a list of 1 to 1000 events\"}");
	posts(bench, "{\"events\":[]}", "400 {\"error\":\"'events' must be a list of 1 to 1000 events\"}");
	posts(bench, "{\"events\":[" PURCHASE("1", ALICE) "],\"id\":1}", "400 {\"error\":\"beside 'events' there must be no other key\"}");
	posts(bench, "{\"id\":", "400 {\"error\":\"not JSON, at character 6: unexpected token near end of file\"}");
	for (int i = 0; i < EVENTS_BATCH_MAX; i++)
		len += (size_t)sprintf(many + len, ",0");
	sprintf(many + len, "]}");
	posts(bench, many, "400 {\"error\":\"'events' must be a list of 1 to 1000 events\"}");
	free(many);
	assert_int_equal(counted("events"), 0);
}

/* ---- batches ---- */

static void batch__each_has_its_result_in_order(void **state)
{
	const struct bench *bench = *state;

	posts(bench, "{\"events\":[" PURCHASE("1", ALICE) "," PAYMENT("2", "5") "]}",
	      "202 {\"results\":[{\"id\":\"1\",\"result\":\"notified\"},{\"id\":\"2\",\"result\":\"withdrawn\"}]}");
	posts(bench, "{\"events\":[" PURCHASE("1", ALICE) ",7," PURCHASE("3", NOBODY) ",{\"id\":4}," PAYMENT("5", "5") "]}",
	      "422 {\"results\":[{\"id\":\"1\",\"result\":\"notified\",\"repeated\":true},"
	      "{\"result\":\"malformed\",\"error\":\"not an object\"},"
	      "{\"id\":\"3\",\"result\":\"unknown\",\"error\":\"there is no such subscriber\"},"
	      "{\"result\":\"malformed\",\"error\":\"'id' must be a text of 1 to 64 letters, digits, -, ., _ or ~\"},"
	      "{\"id\":\"5\",\"result\":\"withdrawn\"}]}");
}

/* A thousand, each twice, in two requests at once. */
static void batch__a_thousand__each_once(void **state)
{
	const struct bench *bench = *state;
	char *body = malloc(300000);
	struct client clients[2];
	size_t len = (size_t)sprintf(body, "{\"events\":[");

	for (int i = 0; i < EVENTS_BATCH_MAX; i++)
		len += (size_t)sprintf(body + len, "%s{\"id\":\"e%d\",\"event\":\"purchase\",\"number\":\"" ALICE "\",\"time\":1700000000,"
				       "\"amount\":%d,\"purchased_by\":\"web\"}", i ? "," : "", i, i);
	sprintf(body + len, "]}");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		request_send(bench, &clients[i], "POST /v1/events", body);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		const char *is = answer_wait(&clients[i]);

		assert_memory_equal(is, "202 ", 4);
		assert_null(strstr(is, "null"));
		client_close(&clients[i]);
	}
	assert_int_equal(counted("events:notified"), EVENTS_BATCH_MAX);
	assert_int_equal(counted("events:repeated"), EVENTS_BATCH_MAX);
	free(body);
	if (bench->database[0])
		assert_int_equal(database_number(bench->database, "SELECT count(*) FROM notification WHERE kind = 'purchase'"),
				 EVENTS_BATCH_MAX);
}

/* ---- the account layer cannot ---- */

static void busy__429_and_the_same_again_completes_it(void **state)
{
	struct bench *bench = *state;
	const struct request turn = fixture_request(REQUEST_PROFILE, ALICE, 0);
	struct answers turns = { 0 };
	struct client client;
	uint64_t id;

	/* the first is on its way when subscribers take the rest of the room */
	gate(bench, GATE_SHUT);
	request_send(bench, &client, "POST /v1/events", PURCHASE("1", ALICE));
	loop_for(20);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(accounts_submit(bench->accounts, &turn, &turns, &turns.last, &id), -EINPROGRESS);
	posts(bench, "{\"events\":[" PURCHASE("2", ALICE) "," PURCHASE("3", ALICE) "]}",
	      "429 {\"results\":[{\"id\":\"2\",\"result\":\"busy\",\"error\":\"too many requests are being processed\"},"
	      "{\"id\":\"3\",\"result\":\"busy\",\"error\":\"too many requests are being processed\"}]}");
	gate(bench, GATE_OPEN);
	assert_string_equal(answer_wait(&client), "202 {\"id\":\"1\",\"result\":\"notified\"}");
	client_close(&client);
	posts(bench, "{\"events\":[" PURCHASE("1", ALICE) "," PURCHASE("2", ALICE) "]}",
	      "202 {\"results\":[{\"id\":\"1\",\"result\":\"notified\",\"repeated\":true},{\"id\":\"2\",\"result\":\"notified\"}]}");
	assert_int_equal(counted("events:later"), 2);
}

static void store_down__503_with_retry_after(void **state)
{
	const struct bench *bench = *state;
	struct client client;

	gate(bench, GATE_DOWN);
	request_send(bench, &client, "POST /v1/events", PURCHASE("1", ALICE));
	assert_string_equal(answer_wait(&client),
			    "503 {\"id\":\"1\",\"result\":\"unavailable\",\"error\":\"the event cannot be stored now\"}");
	assert_non_null(strstr(client.got, "Retry-After: "));
	client_close(&client);
	answers(bench, "GET /v1/events/1", "", "503 {\"error\":\"not possible now\"}");
}

static void client_gone__stored_all_the_same(void **state)
{
	const struct bench *bench = *state;
	struct client client;

	gate(bench, GATE_SHUT);
	request_send(bench, &client, "POST /v1/events", "{\"events\":[" PURCHASE("1", ALICE) "," PURCHASE("2", ALICE) "]}");
	loop_for(20);
	client_close(&client);
	loop_for(20);
	gate(bench, GATE_OPEN);
	loop_for(20);
	posts(bench, PURCHASE("2", ALICE), "202 {\"id\":\"2\",\"result\":\"notified\",\"repeated\":true}");
}

static void stop__503_and_what_was_accepted_is_stored(void **state)
{
	struct bench *bench = *state;
	struct client post, get;

	gate(bench, GATE_SHUT);
	request_send(bench, &post, "POST /v1/events", PURCHASE("1", ALICE));
	request_send(bench, &get, "GET /v1/events/1", "");
	loop_for(20);
	door_stop(bench);
	gate(bench, GATE_OPEN);
	assert_string_equal(answer_wait(&post), "503 {\"error\":\"the server is stopping\"}");
	assert_string_equal(answer_wait(&get), "503 {\"error\":\"the server is stopping\"}");
	client_close(&post);
	client_close(&get);
	loop_for(20);
	door_start(bench);
	posts(bench, PURCHASE("1", ALICE), "202 {\"id\":\"1\",\"result\":\"notified\",\"repeated\":true}");
}

static void after_a_restart__recognised(void **state)
{
	struct bench *bench = *state;

	posts(bench, PURCHASE("1", ALICE), "202 {\"id\":\"1\",\"result\":\"notified\"}");
	door_stop(bench);
	accounts_free(bench->accounts);
	accounts_start(bench, true);
	door_start(bench);
	posts(bench, PURCHASE("1", ALICE), "202 {\"id\":\"1\",\"result\":\"notified\",\"repeated\":true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(memory, event__stored_once_whatever_is_repeated),
		IN(sqlite, event__stored_once_whatever_is_repeated),
		IN(memory, event__fetched__what_was_done_and_its_message),
		IN(sqlite, event__fetched__what_was_done_and_its_message),
		IN(memory, body__neither_event_nor_list__400),
		IN(memory, batch__each_has_its_result_in_order),
		IN(sqlite, batch__each_has_its_result_in_order),
		IN(memory, batch__a_thousand__each_once),
		IN(sqlite, batch__a_thousand__each_once),
		IN(memory, busy__429_and_the_same_again_completes_it),
		IN(memory, store_down__503_with_retry_after),
		IN(memory, client_gone__stored_all_the_same),
		IN(memory, stop__503_and_what_was_accepted_is_stored),
		IN(sqlite, after_a_restart__recognised),
	};
	void *ctx = talloc_named_const(NULL, 0, "http_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}
