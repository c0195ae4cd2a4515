/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations saved for another process, and their questions that expire, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/round.h"

#define SILENCE "No answer in time: nothing was opened."

static struct request about(enum request_kind kind, const char *number)
{
	return fixture_conversation(kind, ALICE, number);
}

/* \a late NULL: silence is not notified. */
static void keep(struct round *round, const char *number, int64_t until, const char *late)
{
	ask(round, fixture_keep(ALICE, number, "session", until, late), RESULT_OK);
}

static void fetch(struct round *round, enum result wanted)
{
	ask(round, about(REQUEST_CONVERSATION_FETCH, "10086"), wanted);
}

static void housekeep(struct round *round)
{
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0), RESULT_OK);
}

static void assert_silence_notified(struct round *round)
{
	const struct message message = assert_notification(round, NOTIFICATION_UNANSWERED).message;

	assert_int_equal(message.len, strlen(SILENCE));
	assert_memory_equal(message.text, SILENCE, message.len);
	assert_string_equal(message.short_code, "10086");
	assert_string_equal(message.channel, "");
}

static void saved__its_time_is_up__gone(struct round *round)
{
	keep(round, "10086", round->now + 60, NULL);
	round->now += 59;
	fetch(round, RESULT_OK);
	assert_string_equal(fixture_session(&round->answers.last), "session");
	round->now++;
	fetch(round, RESULT_NOT_FOUND);
	round->now += 120;
	housekeep(round);
	assert_facts_of(round, NULL);
}

/* A long page is saved like any other. */
static void saved__of_maximum_size__fetched_whole(struct round *round)
{
	char session[REQUEST_ARGS_MAX + 1];

	memset(session, 'x', sizeof(session) - 1);
	session[sizeof(session) - 1] = '\0';
	ask(round, fixture_keep(ALICE, "10086", session, round->now + 60, NULL), RESULT_OK);
	fetch(round, RESULT_OK);
	assert_string_equal(fixture_session(&round->answers.last), session);
}

static void S6_silence__no_process_was_running__notified_once(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	round->now += 3600 + 9;
	housekeep(round);
	assert_facts_of(round, NULL);
	round->now++;
	housekeep(round);
	assert_silence_notified(round);
	fetch(round, RESULT_NOT_FOUND);
	round->now += 60;
	housekeep(round);
	assert_silence_notified(round);
}

/* So that the engine answers that it is too late. */
static void F19_late_yes__before_the_notification__finds_the_question(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	round->now += 3610;
	fetch(round, RESULT_OK);
	ask(round, about(REQUEST_CONVERSATION_SAVE, "10086"), RESULT_OK);
	round->now += 60;
	housekeep(round);
	assert_facts_of(round, NULL);
}

static void S6_silence__announced_by_the_waiting_process__notification_waits_a_little(struct round *round)
{
	keep(round, "010086", round->now + 3600, SILENCE);
	round->now += 3600;
	ask(round, about(REQUEST_CONVERSATION_EXPIRE, "10086"), RESULT_OK);
	assert_true(notification_id(round) > 0);
	assert_facts_of(round, NULL);
	round->now += 60;
	housekeep(round);
	assert_facts_of(round, NOTIFICATION_UNANSWERED);
	ask(round, about(REQUEST_CONVERSATION_EXPIRE, "10086"), RESULT_NOT_FOUND);
	assert_int_equal(notification_id(round), 0);
}

static void S6_silence__without_a_text__no_notification(struct round *round)
{
	keep(round, "10086", round->now + 3600, NULL);
	ask(round, about(REQUEST_CONVERSATION_EXPIRE, "10086"), RESULT_NOT_FOUND);
	fetch(round, RESULT_OK);
}

static void S6_question__another_page_in_its_place__silence_is_not_notified(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	keep(round, "10086", round->now + 1800, NULL);
	round->now += 7200;
	housekeep(round);
	assert_facts_of(round, NULL);
}

static void S18_silence__a_day_later__deleted_without_notification(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	round->now += 3600 + DAY_S;
	housekeep(round);
	assert_facts_of(round, NULL);
	fetch(round, RESULT_NOT_FOUND);
}

static void S6_silence__text_of_maximum_size__notified_whole(struct round *round)
{
	struct message message;
	char late[919];

	memset(late, 'x', sizeof(late) - 1);
	late[sizeof(late) - 1] = '\0';
	keep(round, "10086", round->now + 60, late);
	round->now += 120;
	housekeep(round);
	message = assert_notification(round, NOTIFICATION_UNANSWERED).message;
	assert_int_equal(message.len, sizeof(late) - 1);
	assert_memory_equal(message.text, late, message.len);
}

/* An order given by a texted yes, and the digest by which that yes is recognised. */
static void order_by_text(struct round *round, uint64_t ref, const char *number, enum result wanted)
{
	struct request request = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, ref);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	request.answered = (struct answered){ .digest = "digest of yes", .until = round->now + 120 };
	osmo_strlcpy(request.answered.short_code, number, sizeof(request.answered.short_code));
	ask(round, request, wanted);
}

static void assert_answered(struct round *round, bool wanted)
{
	fetch(round, RESULT_NOT_FOUND);
	assert_int_equal(round->answers.last.part, RESPONSE_CONVERSATION);
	assert_int_equal(round->answers.last.conversation.answered, wanted);
}

/* A13: of the conversation only the digest of the first yes is left, so a second yes has nothing to answer. */
static void order__by_text__answered_in_the_conversations_place(struct round *round)
{
	keep(round, "10086", round->now + 3600, SILENCE);
	order_by_text(round, 7, "10086", RESULT_OK);
	assert_answered(round, true);
	assert_string_equal((const char *)round->answers.last.conversation.digest, "digest of yes");
	round->now += 3700;
	housekeep(round);
	assert_answered(round, false);
}

/* A13: the page that follows is saved beside it. */
static void order__by_text_and_another_page__both_known(struct round *round)
{
	order_by_text(round, 7, "10086", RESULT_OK);
	keep(round, "10086", round->now + 3600, NULL);
	fetch(round, RESULT_OK);
	assert_string_equal((const char *)round->answers.last.conversation.digest, "digest of yes");
	ask(round, about(REQUEST_CONVERSATION_SAVE, "10086"), RESULT_OK);
	assert_answered(round, true);
	round->now += 120;
	assert_answered(round, false);
}

/* A13: a refused change has answered its yes, too. */
static void order__by_text_and_refused__answered(struct round *round)
{
	order_by_text(round, 7, "10086", RESULT_OK);
	ask(round, about(REQUEST_CONVERSATION_SAVE, "10086"), RESULT_OK);
	round->now += 119;
	order_by_text(round, 8, "10086", RESULT_DUPLICATE);
	round->now += 119;
	assert_answered(round, true);
}

/* A10 */
static void text__saved_and_not_completed__given_again_as_it_came(struct round *round)
{
	struct request request = fixture_request(REQUEST_TEXT_SAVE, ALICE, 0);
	struct message message;

	request.text = (struct text_request){ .short_code = "10086", .channel = "sms", .until = round->now + 300, .reference = 7 };
	assert_int_equal(request_put_span(&request, &request.text.text, "yes", 3), 0);
	ask(round, request, RESULT_OK);
	assert_true(notification_id(round) > 0);
	assert_facts_of(round, NULL);
	round->now += 15;
	message = assert_notification(round, NOTIFICATION_TEXT).message;
	assert_int_equal(message.len, 3);
	assert_memory_equal(message.text, "yes", 3);
	assert_string_equal(message.short_code, "10086");
	assert_string_equal(message.channel, "sms");
	assert_int_equal(message.until, FIXTURE_NOW + 300);
	assert_int_equal(message.reference, 7);
}

/* The server does not wait for the answer when a conversation ends: the next text must find it ended. */
static void conversation__ended_without_waiting__next_text_finds_none(struct round *round)
{
	keep(round, "10086", round->now + 60, NULL);
	post(round, about(REQUEST_CONVERSATION_SAVE, "10086"));
	fetch(round, RESULT_NOT_FOUND);
	keep(round, "10086", round->now + 60, NULL);
	fetch(round, RESULT_OK);
}

static const struct round_case cases[] = {
	CASE(saved__its_time_is_up__gone),
	CASE(saved__of_maximum_size__fetched_whole),
	CASE(S6_silence__no_process_was_running__notified_once),
	CASE(F19_late_yes__before_the_notification__finds_the_question),
	CASE(S6_silence__announced_by_the_waiting_process__notification_waits_a_little),
	CASE(S6_silence__without_a_text__no_notification),
	CASE(S6_question__another_page_in_its_place__silence_is_not_notified),
	CASE(S18_silence__a_day_later__deleted_without_notification),
	CASE(S6_silence__text_of_maximum_size__notified_whole),
	CASE(order__by_text__answered_in_the_conversations_place),
	CASE(order__by_text_and_another_page__both_known),
	CASE(order__by_text_and_refused__answered),
	CASE(text__saved_and_not_completed__given_again_as_it_came),
	CASE(conversation__ended_without_waiting__next_text_finds_none),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}
