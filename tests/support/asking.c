/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ask through accounts/ and wait for the answer. */
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

void answers_take(void *user, uint64_t id, const struct response *response)
{
	struct answers *answers = user;

	answers->count++;
	answers->id = id;
	response_copy(&answers->last, response);
}

static bool answered(void *user)
{
	struct answers *answers = user;

	return answers->count;
}

static void wait_answer(struct answers *answers, int rc)
{
	if (rc == 0)
		answers->count++;
	else
		assert_true(loop_until(answered, answers, 10000));
	assert_int_equal(answers->count, 1);
}

void fixture_ask(struct accounts *accounts, const struct request *request, struct answers *answers)
{
	uint64_t id;

	answers->count = 0;
	wait_answer(answers, accounts_ask(accounts, request, answers_take, answers, &answers->last, &id));
}

void fixture_claim(struct accounts *accounts, enum queue queue, struct answers *answers)
{
	const struct claim claim = { .until = FIXTURE_NOW, .max = DUE_MAX };
	uint64_t id;

	answers->count = 0;
	wait_answer(answers, accounts_claim(accounts, queue, &claim, answers_take, answers, &answers->last, &id));
	assert_int_equal(answers->last.result, RESULT_OK);
}
