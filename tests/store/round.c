/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every store in every way of answering, and requests to it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "starhash/consent.h"
#include "store/gate.h"
#include "store/stores.h"
#include "tests/store/round.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

/* In place of accounts/: every completed request completes this round's. */
struct accounts {
	struct round *round;
};

static const struct contender {
	const char *name;
	const struct store_ops *ops;
	bool later;
	bool uncached;
} contenders[] = {
	{ "memory now", &memory_store_ops, false, false },
	{ "memory later", &memory_store_ops, true, false },
	{ "sqlite", &sqlite_store_ops, false, false },
	{ "sqlite, nothing cached", &sqlite_store_ops, false, true },
};

void accounts_complete(struct accounts *accounts, uint64_t id, const struct response *response)
{
	struct round *round = accounts->round;

	if (id == STORE_NOBODY)
		return;
	assert_int_equal(id, round->answers.id);
	round->answers.count++;
	response_copy(&round->answers.last, response);
}

void accounts_touched(struct accounts *accounts, int64_t msisdn)
{
	struct round *round = accounts->round;

	assert_true(round->touched_count < ROUND_TOUCHED);
	round->touched[round->touched_count++] = msisdn;
}

/* ---- rounds ---- */

static const uint8_t consent_key[CONSENT_KEY_SIZE] = "the key of consents in a round";
static const struct consent_keys consent_keys = { 1, { { "0123abcd", consent_key } } };

static void round_open(struct round *round, const struct contender *contender, struct accounts *accounts,
		       struct accounts_settings settings)
{
	*round = (struct round){ .ops = contender->later ? &gate_store_ops : contender->ops, .now = FIXTURE_NOW };
	accounts->round = round;
	settings.password_tries = ROUND_TRIES;
	settings.consent_keys = &consent_keys;
	settings.store = contender->ops->name;
	if (contender->ops == &sqlite_store_ops)
		settings.file = database_fixture(round->file);
	assert_int_equal(round->ops->open(NULL, &settings, accounts, &round->store), 0);
	if (contender->ops == &memory_store_ops)
		fixture_fill(round->ops, round->store);
	if (contender->later)
		gate_set(round->store, GATE_LATER);
}

static void round_close(struct round *round)
{
	disk_would_block = false;
	round->ops->close(round->store);
	if (round->file[0])
		database_unlink(round->file);
}

struct plan {
	const struct contender *contender;
	const struct round_case *cases;
	size_t count;
};

static void store__every_case__conforms(void **state)
{
	const struct plan *plan = *state;

	for (size_t i = 0; i < plan->count; i++) {
		struct accounts accounts;
		struct round round;

		print_message("  %s: %s\n", plan->contender->name, plan->cases[i].name);
		round_open(&round, plan->contender, &accounts, plan->cases[i].settings);
		disk_would_block = plan->contender->uncached;
		plan->cases[i].run(&round);
		round_close(&round);
	}
}

int rounds_run(const struct round_case *cases, size_t count)
{
	struct plan plans[ARRAY_SIZE(contenders)];
	struct CMUnitTest tests[ARRAY_SIZE(contenders)];

	for (size_t i = 0; i < ARRAY_SIZE(contenders); i++) {
		plans[i] = (struct plan){ &contenders[i], cases, count };
		tests[i] = (struct CMUnitTest){ contenders[i].name, store__every_case__conforms, NULL, NULL, &plans[i] };
	}
	return _cmocka_run_group_tests("stores", tests, ARRAY_SIZE(tests), NULL, NULL);
}

/* ---- asking ---- */

static bool answered(void *user)
{
	return ((struct round *)user)->answers.count;
}

static void wait_answer(struct round *round, int rc)
{
	if (rc == -EINPROGRESS)
		assert_true(loop_until(answered, round, 10000));
	else
		assert_int_equal(rc, 0);
}

static void answers_begin(struct round *round)
{
	round->answers.count = 0;
	round->answers.id++;
	response_init(&round->answers.last);
}

void ask_anything(struct round *round, struct request request)
{
	request.now = round->now;
	request.utc_offset = round->utc_offset;
	answers_begin(round);
	wait_answer(round, store_ask(round->ops, round->store, &request, round->answers.id, &round->answers.last));
}

void post(struct round *round, struct request request)
{
	struct response response;

	request.now = round->now;
	response_init(&response);
	store_ask(round->ops, round->store, &request, STORE_NOBODY, &response);
}

void ask(struct round *round, struct request request, enum result wanted)
{
	ask_anything(round, request);
	if (round->answers.last.result != wanted)
		print_error("%s: %s\n", request_kind_name(request.kind), result_name(round->answers.last.result));
	assert_int_equal(round->answers.last.result, wanted);
}

void merge(struct round *round, const struct account_update *update, enum result wanted)
{
	answers_begin(round);
	wait_answer(round, round->ops->merge(round->store, update, round->answers.id, &round->answers.last));
	assert_int_equal(round->answers.last.result, wanted);
}

void claim_as(struct round *round, enum queue queue, struct claim claim)
{
	claim.until = round->now;
	answers_begin(round);
	wait_answer(round, round->ops->claim(round->store, queue, &claim, round->answers.id, &round->answers.last));
	assert_int_equal(round->answers.last.result, RESULT_OK);
}

void claim(struct round *round, enum queue queue, unsigned int max, unsigned int lease_ms)
{
	claim_as(round, queue, (struct claim){ .max = max, .lease_ms = lease_ms });
}

void complete(struct round *round, enum queue queue, struct completion completion, enum result wanted)
{
	answers_begin(round);
	wait_answer(round, round->ops->complete(round->store, queue, &completion, round->answers.id, &round->answers.last));
	assert_int_equal(round->answers.last.result, wanted);
}

void put(struct round *round, const struct stored_account *account, unsigned int kinds, enum result wanted)
{
	const struct account_update update = account_update_of(account, kinds, round->now);

	merge(round, &update, wanted);
}

void ask_with(struct round *round, enum request_kind kind, const char *msisdn, uint64_t ref, uint16_t field,
	      const char *text, enum result wanted)
{
	struct request request = fixture_request(kind, msisdn, ref);

	fixture_arg(&request, field, text);
	ask(round, request, wanted);
}

void arg_number(struct request *request, uint16_t field, int64_t number)
{
	struct record args = request_args(request);

	assert_int_equal(record_put_number(&args, field, number), 0);
	request_set_args(request, &args);
}

/* ---- answers ---- */

const struct record *facts(const struct round *round)
{
	return &round->answers.last.facts;
}

int64_t number(const struct round *round, uint16_t field)
{
	return record_number(facts(round), field, ABSENT);
}

const struct password_found *found(const struct round *round)
{
	assert_int_equal(round->answers.last.part, RESPONSE_PASSWORD);
	return &round->answers.last.password;
}

int64_t order_id(const struct round *round)
{
	return round->answers.last.order;
}

int64_t notification_id(const struct round *round)
{
	return round->answers.last.notification;
}

struct record row(const struct round *round, unsigned int index)
{
	struct record row;

	assert_true(rows_at(&round->answers.last.rows, index, &row));
	return row;
}

void assert_rows(const struct round *round, unsigned int count)
{
	assert_int_equal(round->answers.last.rows.count, count);
}

void assert_row_text(const struct round *round, unsigned int index, uint16_t field, const char *wanted)
{
	struct record at = row(round, index);

	assert_string_equal(fixture_text(&at, field), wanted);
}

void assert_row_number(const struct round *round, unsigned int index, uint16_t field, int64_t wanted)
{
	struct record at = row(round, index);

	assert_int_equal(record_number(&at, field, ABSENT), wanted);
}

void assert_services(struct round *round, const char *wanted)
{
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), wanted);
}

void assert_subscribed(struct round *round, const char *service, const char *state)
{
	struct record at;
	bool found = false;

	ask(round, fixture_request(REQUEST_SERVICES_MINE, ALICE, 0), RESULT_OK);
	for (unsigned int i = 0; !found && rows_at(&round->answers.last.rows, i, &at); i++)
		found = !strcmp(fixture_text(&at, FIELD_SERVICE), service);
	assert_int_equal(found, state != NULL);
	if (state)
		assert_string_equal(fixture_text(&at, FIELD_STATE), state);
}

void assert_orders_due(struct round *round, unsigned int count)
{
	claim(round, QUEUE_ORDERS, DUE_MAX, 0);
	assert_int_equal(round->answers.last.orders_count, count);
}

const struct due_order *due_order(const struct round *round, unsigned int index)
{
	assert_in_range(index, 0, (int)round->answers.last.orders_count - 1);
	return &round->answers.last.orders[index];
}

struct due_notification due_notification(const struct round *round, unsigned int index)
{
	struct due_notification due = { 0 };

	assert_true(response_notification(&round->answers.last, index, &due));
	return due;
}

struct due_notification assert_notification(struct round *round, const char *kind)
{
	struct due_notification due = { 0 };

	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	assert_rows(round, kind ? 1 : 0);
	if (!kind)
		return due;
	due = due_notification(round, 0);
	assert_string_equal(due.kind, kind);
	assert_true(record_check(due.facts.data, due.facts.len));
	return due;
}

struct record assert_facts_of(struct round *round, const char *kind)
{
	return assert_notification(round, kind).facts;
}
