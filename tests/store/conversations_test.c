/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations that are kept for another process, and questions of theirs that run out, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/round.h"

#define SILENCE "No answer in time: nothing was opened."

static struct request about(enum request_kind kind, const char *number)
{
	struct request request = fixture_request(kind, ALICE, 0);

	fixture_arg(&request, ACCOUNT_FACT_NUMBER, number);
	return request;
}

/* \a late NULL: silence is not to be told. */
static void keep(struct round *round, const char *number, int64_t until, const char *late)
{
	struct request request = about(REQUEST_CONVERSATION_KEEP, number);

	fixture_arg(&request, ACCOUNT_FACT_SESSION, "session");
	arg_number(&request, ACCOUNT_FACT_UNTIL, until);
	if (late)
		fixture_arg(&request, ACCOUNT_FACT_LATE, late);
	ask(round, request, RESULT_OK);
}

static void fetch(struct round *round, enum result wanted)
{
	ask(round, about(REQUEST_CONVERSATION_FETCH, "10086"), wanted);
}

static void housekeep(struct round *round)
{
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0), RESULT_OK);
}

static void assert_told(struct round *round)
{
	const struct record told = assert_notice(round, NOTICE_UNANSWERED);

	assert_string_equal(fixture_text(&told, ACCOUNT_FACT_LATE), SILENCE);
	assert_string_equal(fixture_text(&told, ACCOUNT_FACT_NUMBER), "10086");
}

static void kept__its_time_is_up__gone(struct round *round)
{
	keep(round, "10086", round->now + 60, NULL);
	round->now += 59;
	fetch(round, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), ACCOUNT_FACT_SESSION), "session");
	round->now++;
	fetch(round, RESULT_NOT_FOUND);
	round->now += 120;
	housekeep(round);
	assert_notice(round, NULL);
}

static void S6_silence__nobody_was_there__told_once(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	round->now += 3600 + 59;
	housekeep(round);
	assert_notice(round, NULL);
	round->now++;
	housekeep(round);
	assert_told(round);
	fetch(round, RESULT_NOT_FOUND);
	round->now += 60;
	housekeep(round);
	assert_told(round);
}

/* So that the engine says that it is too late. */
static void F19_late_yes__before_it_was_told__finds_the_question(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	round->now += 3610;
	fetch(round, RESULT_OK);
	ask(round, about(REQUEST_CONVERSATION_KEEP, "10086"), RESULT_OK);
	round->now += 60;
	housekeep(round);
	assert_notice(round, NULL);
}

static void S6_silence__said_by_the_process_that_waited__notice_waits_a_little(struct round *round)
{
	keep(round, "010086", round->now + 3600, SILENCE);
	round->now += 3600;
	ask(round, about(REQUEST_CONVERSATION_EXPIRE, "10086"), RESULT_OK);
	assert_true(number(round, ACCOUNT_FACT_NOTICE) > 0);
	assert_notice(round, NULL);
	round->now += 60;
	housekeep(round);
	assert_notice(round, NOTICE_UNANSWERED);
	ask(round, about(REQUEST_CONVERSATION_EXPIRE, "10086"), RESULT_NOT_FOUND);
	assert_int_equal(number(round, ACCOUNT_FACT_NOTICE), ABSENT);
}

static void S6_silence__nothing_to_be_told__no_notice(struct round *round)
{
	keep(round, "10086", round->now + 3600, NULL);
	ask(round, about(REQUEST_CONVERSATION_EXPIRE, "10086"), RESULT_NOT_FOUND);
	fetch(round, RESULT_OK);
}

static void S6_question__another_page_in_its_place__silence_is_not_told(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	keep(round, "10086", round->now + 1800, NULL);
	round->now += 7200;
	housekeep(round);
	assert_notice(round, NULL);
}

static void S18_silence__a_day_later__forgotten_without_a_word(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	round->now += 3600 + DAY_S;
	housekeep(round);
	assert_notice(round, NULL);
	fetch(round, RESULT_NOT_FOUND);
}

static void S6_silence__as_long_a_text_as_goes__told_whole(struct round *round)
{
	char late[919];
	struct record told;

	memset(late, 'x', sizeof(late) - 1);
	late[sizeof(late) - 1] = '\0';
	keep(round, "10086", round->now + 60, late);
	round->now += 120;
	housekeep(round);
	told = assert_notice(round, NOTICE_UNANSWERED);
	assert_int_equal(record_text(&told, ACCOUNT_FACT_LATE, late, sizeof(late)), sizeof(late) - 1);
}

static const struct round_case cases[] = {
	CASE(kept__its_time_is_up__gone),
	CASE(S6_silence__nobody_was_there__told_once),
	CASE(F19_late_yes__before_it_was_told__finds_the_question),
	CASE(S6_silence__said_by_the_process_that_waited__notice_waits_a_little),
	CASE(S6_silence__nothing_to_be_told__no_notice),
	CASE(S6_question__another_page_in_its_place__silence_is_not_told),
	CASE(S18_silence__a_day_later__forgotten_without_a_word),
	CASE(S6_silence__as_long_a_text_as_goes__told_whole),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}
