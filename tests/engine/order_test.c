/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Orders: their consent, confirmations with a time limit, the service password; and notifications. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/step.h"
#include "tests/cmocka.h"
#include "tests/engine/talk.h"

#define HOME "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"
#define AGREE "Open SERVICE1 for $1.00 a month? Reply YES."

static bool has_arg(struct talk *talk, uint16_t id)
{
	const struct record args = talk_args(talk);
	struct value value;

	return record_get(&args, id, &value);
}

static void notify(struct talk *talk, const char *kind, const char *language, bool dialog)
{
	uint8_t data[256];
	struct record facts = { data, 0, sizeof(data) };
	struct session_event event = { .kind = EVENT_NOTIFICATION, .text = kind, .len = strlen(kind), .facts = &facts,
				       .by_message = !dialog };

	record_put_text(&facts, FIELD_REF, "K7Q2-9F3T-XM4P", 14);
	record_put_text(&facts, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&facts, FIELD_PRICE, 300);
	record_put_text(&facts, FIELD_PERIOD, "month", 5);
	if (!strncmp(kind, "order_", 6)) {
		record_put_text(&facts, FIELD_PROPOSAL, "K7Q2-9F3T-0009", 14);
		record_put_number(&facts, FIELD_CONFIRM_UNTIL, talk->now + 3600);
	}
	if (!strcmp(kind, "order_code"))
		record_put_text(&facts, FIELD_CONFIRM_CODE, "123456", 6);
	if (language)
		record_put_text(&facts, FIELD_LANGUAGE, language, strlen(language));
	talk_stamp(talk, &event);
	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
}

/* talk_open(): 14:13 */
#define REQUESTED "Open News for $3.00 a month, until 15:13?"

/* By short message up to the confirmation of SERVICE1. */
static void text_to_agree(struct talk *talk)
{
	talk_text(talk, "SUB SERVICE1", "prepaid");
	talk_expect_call(talk, "service.offered");
	talk_services(talk, 3);
	talk_expect_ask(talk, AGREE "\n1 Yes\n2 No");
}

/* ---- the catalogue ---- */

static void catalogue__of_the_menu__sorted_and_complete(void **state)
{
	struct talk *talk = *state;
	const struct catalogue *catalogue = menu_catalogue(talk->menu);
	const struct service *form = catalogue_find(catalogue, "FORM", 4), *news = catalogue_find(catalogue, "NEWS", 4);

	assert_int_equal(catalogue->count, 3);
	assert_ptr_equal(form, &catalogue->services[0]);
	assert_string_equal(form->family, "forms");
	assert_string_equal(form->account, "prepaid");
	assert_string_equal(form->brand, "classic");
	assert_string_equal(form->excludes, "");
	assert_null(form->sender);
	assert_int_equal(news->price, 300);
	assert_int_equal(news->trial_days, 30);
	assert_string_equal(news->period, "month");
	assert_string_equal(news->excludes, "FORM");
	assert_string_equal(news->sender, "10690");
}

/* ---- consent ---- */

static void order__confirmed__carries_shown_text_answer_and_terms(void **state)
{
	struct talk *talk = *state;
	struct record args;

	text_to_agree(talk);
	talk_text(talk, "Yes. ", "prepaid");
	talk_expect_call(talk, "service.activate");
	talk_expect_arg(talk, FIELD_SERVICE, "SERVICE1");
	talk_expect_arg(talk, FIELD_PERIOD, "month");
	args = talk_args(talk);
	assert_int_equal(record_number(&args, FIELD_PRICE, 0), 100);
	talk_expect_arg(talk, ARG_SHOWN, AGREE);
	talk_expect_arg(talk, ARG_ANSWERED, "Yes. ");
}

static void order__without_confirmation__has_no_consent(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "LOST 246810", "prepaid");
	talk_expect_call(talk, "line.suspend");
	assert_false(has_arg(talk, ARG_SHOWN));
	assert_false(has_arg(talk, ARG_ANSWERED));
}

static void order__of_another_service__carries_the_terms_of_the_catalogue(void **state)
{
	struct talk *talk = *state;
	struct record args;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 2);
	talk_input(talk, "1");
	talk_input(talk, "00");
	talk_input(talk, "7");		/* its page sets its own service */
	talk_input(talk, "12");
	talk_input(talk, "24122099");
	talk_input(talk, "13800138000");
	talk_input(talk, "AB123");
	talk_input(talk, "fast");
	talk_input(talk, "word");
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	talk_expect_arg(talk, FIELD_SERVICE, "FORM");
	talk_expect_arg(talk, FIELD_PERIOD, "once");
	args = talk_args(talk);
	assert_int_equal(record_number(&args, FIELD_PRICE, 0), 1);
}

static void order__accepted_without_a_page__answered_by_the_system__F4(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk_text(talk, "y", "prepaid");
	talk_outcome(talk, 5);
	assert_memory_equal(talk->effect.text, "Order ", 6);
	assert_non_null(strstr(talk->effect.text, " takes longer."));
	assert_int_equal(talk->effect.kind, EFFECT_END);
}

static void order__result__has_the_sender_of_its_service(void **state)
{
	struct talk *talk = *state;

	notify(talk, "trial_ending", "en", false);
	talk_text(talk, "yes", "prepaid");
	talk_expect_call(talk, "trial.accept");
	talk_outcome(talk, 0);
	talk_expect_end(talk, "News goes on.");
	assert_string_equal(talk->effect.sender, "10690");
}

/* ---- S11: the service password ---- */

static void password_order__carries_the_password_and_wipes_it__S11(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "LOST", "prepaid");
	talk_expect_ask(talk, "Password?\n0 Back");
	assert_true(talk->effect.secret);
	talk_text(talk, "246810", "prepaid");
	talk_expect_call(talk, "line.suspend");
	talk_expect_arg(talk, FIELD_PASSWORD, "246810");
	assert_int_not_equal(talk->effect.ref, 0);
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "246810", 6));
}

/* A26: even if the answer is gone, the order states that it needs a password. */
static void A26_password_order__password_lost__carries_an_empty_one(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "LOST", "prepaid");
	talk->session.question = 1;	/* as if it had been answered, and the page resumed without it */
	talk->session.state = SESSION_LOADING;
	talk->session.flags |= FLAG_RESUMING;
	talk_facts(talk, "prepaid");
	talk_expect_call(talk, "line.suspend");
	assert_true(has_arg(talk, FIELD_PASSWORD));
	talk_expect_arg(talk, FIELD_PASSWORD, "");
}

static void password_order__password_not_accepted__own_pages__S11(void **state)
{
	static const struct { int outcome; const char *text; } cases[] = {
		{ OUTCOME_AUTH + AUTH_WRONG, "Wrong password." },
		{ OUTCOME_AUTH + AUTH_LOCKED, "Locked until -." },
		{ OUTCOME_AUTH + AUTH_TEMPORARY, "Try later." },
		{ OUTCOME_AUTH + AUTH_OUTCOMES, "Not available." },
		{ OUTCOME_UNAVAILABLE, "Not available." },
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		session_init(&talk->session, talk->menu);
		talk_text(talk, "LOST 246810", "prepaid");
		talk_outcome(talk, cases[i].outcome);
		talk_expect_end(talk, cases[i].text);
	}
}

static void free_order__outcome_of_a_password__polite_end(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk_text(talk, "yes", "prepaid");
	talk_outcome(talk, OUTCOME_AUTH + AUTH_WRONG);
	talk_expect_end(talk, "Not available.");
}

static void action__results_of_a_password__are_its_outcomes(void **state)
{
	static const struct { enum result result; int outcome; } cases[] = {
		{ RESULT_OK, 0 }, { RESULT_DUPLICATE, 1 }, { RESULT_ACCEPTED, 3 },
		{ RESULT_WRONG, OUTCOME_AUTH + AUTH_WRONG }, { RESULT_LOCKED, OUTCOME_AUTH + AUTH_LOCKED },
		{ RESULT_TEMPORARY, OUTCOME_AUTH + AUTH_TEMPORARY }, { RESULT_BUSY, OUTCOME_UNAVAILABLE },
	};
	struct talk *talk = *state;
	struct session_event event;
	struct response response;
	size_t i;

	talk_text(talk, "LOST 246810", "prepaid");
	response_init(&response);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		response.result = cases[i].result;
		action_finish(talk->effect.action, &response, &event);
		assert_int_equal(event.outcome, cases[i].outcome);
	}
}

/* ---- S6: `within` a time, by short message ---- */

static void confirmation__with_a_limit__shows_until_when__S6(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	assert_true(talk->effect.notify_silence);
	assert_int_equal(talk->effect.within_s, 600);
	assert_false(talk->effect.by_message);
}

static void confirmation__in_time__is_a_yes__S6(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk->now += 600;
	talk_text(talk, "1", "prepaid");
	talk_expect_call(talk, "service.activate");
}

static void confirmation__too_late__is_a_no__F19(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk->now += 601;
	talk_text(talk, "YES", "prepaid");
	talk_expect_end(talk, "Too late for SERVICE1.");
}

static void confirmation__anything_else__is_a_no_and_answered_as_such__S6(void **state)
{
	static const char *const answers[] = { "2", "no", "N", "0", "00", "98", "perhaps", "3", "yess", "why?" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		session_init(&talk->session, talk->menu);
		text_to_agree(talk);
		talk_text(talk, answers[i], "prepaid");
		talk_expect_end(talk, "SERVICE1 was not opened.");
	}
}

static void confirmation__silence__is_a_no_and_notified__S6(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk->now += 600;
	talk_event(talk, EVENT_SILENCE, "");
	talk_expect_end(talk, "Too late for SERVICE1.");
	assert_false(talk->effect.parked);
}

static void confirmation__new_keyword__abandons_it(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk_text(talk, "BAL", "prepaid");
	talk_expect_end(talk, "You have $12.50.");
}

static void confirmation__shown_again__time_not_extended(void **state)
{
	struct talk *talk = *state;

	text_to_agree(talk);
	talk->now += 590;
	talk_event(talk, EVENT_REPEAT, "");
	assert_int_equal(talk->effect.within_s, 10);
}

static void confirmation__of_a_dialled_order__sent_by_message__S6(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*155*1#", "prepaid");
	talk_services(talk, 3);
	talk_expect_ask(talk, AGREE "\n1 Yes\n2 No");
	assert_true(talk->effect.by_message);
	assert_true(talk->effect.notify_silence);
	assert_int_equal(talk->effect.within_s, 600);
	assert_string_equal(talk->effect.last_text, "We have sent you a message.");
	assert_int_equal(talk->effect.last_len, strlen(talk->effect.last_text));
	talk->now += 60;
	talk_text(talk, "ok", "prepaid");
	talk_expect_call(talk, "service.activate");
	talk_expect_arg(talk, ARG_SHOWN, AGREE);
	talk_outcome(talk, 0);
	assert_memory_equal(talk->effect.text, "SERVICE1 is open.", 17);
}

static int save(struct talk *talk, uint8_t *saved)
{
	const int len = session_save(&talk->session, talk->menu, saved, REQUEST_ARGS_MAX);

	assert_true(len > 0);
	memset(&talk->session, 0xee, sizeof(talk->session));
	return len;
}

static void confirmation__after_a_restart__counts_in_time__S6(void **state)
{
	static const struct { int64_t later; const char *action; } cases[] = { { 600, "service.activate" }, { 601, NULL } };
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	size_t i;
	int len;

	for (i = 0; i < 2; i++) {
		session_init(&talk->session, talk->menu);
		text_to_agree(talk);
		len = save(talk, saved);
		assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
		talk->now += cases[i].later;
		talk_text(talk, "YES", "prepaid");
		if (cases[i].action)
			talk_expect_call(talk, cases[i].action);
		else
			talk_expect_end(talk, "Too late for SERVICE1.");
	}
}

static void confirmation__after_a_restart__consent_has_the_shown_text__S6(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	int len;

	text_to_agree(talk);
	len = save(talk, saved);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk_text(talk, "Y", "prepaid");
	talk_expect_call(talk, "service.activate");
	talk_expect_arg(talk, ARG_SHOWN, AGREE);
	talk_expect_arg(talk, ARG_ANSWERED, "Y");
}

/* A1: the yes comes again, as its acknowledgement was lost in a kill: it is the same order, whose reference came with the question. */
static void A1_confirmation__yes_again_after_a_kill__same_reference(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	uint64_t first = 0;
	int len;

	text_to_agree(talk);
	len = save(talk, saved);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
		talk_text(talk, "Y", "prepaid");
		talk_expect_call(talk, "service.activate");
		assert_true(talk->effect.ref > 0 && talk->effect.ref <= talk->refs);
		assert_true(!first || talk->effect.ref == first);
		first = talk->effect.ref;
	}
}

/* A1: after a refusal or a failure, agreeing again is another order. */
static void A1_confirmation__shown_anew__new_reference(void **state)
{
	struct talk *talk = *state;
	uint64_t first;

	talk_dial(talk, "*100*4*1#", "prepaid");
	talk_services(talk, 2);
	talk_input(talk, "perhaps");
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	first = talk->effect.ref;
	talk_outcome(talk, 2);		/* "refused" leads home */
	talk_input(talk, "4");
	talk_services(talk, 2);
	talk_input(talk, "1");
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	assert_true(talk->effect.ref > first);
}

static void confirmation__dialled_after_a_restart__not_offered__F6(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	int len;

	text_to_agree(talk);
	len = save(talk, saved);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk_dial(talk, "*100#", "prepaid");
	talk_expect_ask(talk, HOME);
}

static void yes__without_a_question__answered_as_such__F19(void **state)
{
	static const char *const words[] = { "YES", "yes!", "No", "ok", "是", "好" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		session_init(&talk->session, talk->menu);
		talk_text(talk, words[i], "prepaid");
		talk_expect_ask(talk, "Nothing was asked.\n" HOME);
	}
}

/* ---- notifications ---- */

static void notification__known_kind__is_shown_in_the_language_of_its_facts(void **state)
{
	static const struct { const char *language, *text; } cases[] = {
		{ NULL, "Order K7Q2-9F3T-XM4P is done: News." },
		{ "en", "Order K7Q2-9F3T-XM4P is done: News." },
		{ "zh", "订单K7Q2-9F3T-XM4P完成：News。" },
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		session_init(&talk->session, talk->menu);
		notify(talk, "order_completed", cases[i].language, false);
		talk_expect_end(talk, cases[i].text);
		assert_string_equal(talk->effect.sender, "10690");
	}
}

static void notification__entry_with_a_sender__sent_from_it(void **state)
{
	struct talk *talk = *state;

	notify(talk, "password_locked", "en", false);
	talk_expect_end(talk, "Your password is locked.");
	assert_string_equal(talk->effect.sender, "10000");
}

static void notification__kind_without_an_entry__is_not_shown(void **state)
{
	static const char *const kinds[] = { "order_dead", "", "no such thing" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		session_init(&talk->session, talk->menu);
		assert_false(menu_notifies(talk->menu, kinds[i]));
		notify(talk, kinds[i], "en", false);
		talk_expect_end(talk, "");
	}
	assert_true(menu_notifies(talk->menu, "order_completed"));
	assert_false(menu_pushes(talk->menu, "order_completed"));
	assert_true(menu_pushes(talk->menu, "trial_ending"));
}

static void notification__question__answered_with_the_facts_of_the_account__S7(void **state)
{
	struct talk *talk = *state;

	notify(talk, "trial_ending", "en", false);
	talk_expect_ask(talk, "Keep News for $3.00 a month?\n1 Yes\n2 No");
	assert_true(talk->effect.notify_silence);
	assert_int_equal(talk->effect.within_s, 86400);
	talk_event(talk, EVENT_TEXT, "Yes");
	talk_expect_call(talk, NULL);
	talk_facts(talk, "prepaid");
	talk_expect_call(talk, "trial.accept");
	talk_expect_arg(talk, FIELD_SERVICE, "NEWS");
	talk_expect_arg(talk, ARG_SHOWN, "Keep News for $3.00 a month?");
}

static void notification__question__no_and_silence_are_answered__S7(void **state)
{
	struct talk *talk = *state;

	notify(talk, "trial_ending", "en", false);
	talk_text(talk, "no", "prepaid");
	talk_expect_end(talk, "News will end.");
	session_init(&talk->session, talk->menu);
	notify(talk, "trial_ending", "en", false);
	talk_event(talk, EVENT_SILENCE, "");
	talk_expect_end(talk, "News ends.");
}

static void notification__question__a_keyword_starts_again(void **state)
{
	struct talk *talk = *state;

	notify(talk, "trial_ending", "en", false);
	talk_event(talk, EVENT_TEXT, "BAL");
	talk_expect_call(talk, NULL);
	talk_facts(talk, "prepaid");
	talk_expect_call(talk, NULL);
	talk_facts(talk, "prepaid");
	talk_expect_end(talk, "You have $12.50.");
}

static void notification__pushed__answered_in_its_dialog__F29(void **state)
{
	struct talk *talk = *state;

	notify(talk, "trial_ending", "en", true);
	talk_expect_ask(talk, "Keep News for $3.00 a month?\n1 Yes\n2 No");
	assert_int_equal(talk->effect.within_s, 0);
	talk_input(talk, "1");
	talk_expect_call(talk, NULL);
	talk_facts(talk, "prepaid");
	talk_expect_call(talk, "trial.accept");
	talk_outcome(talk, 0);
	talk_expect_end(talk, "News goes on.");
}

static void notification__after_a_restart__can_still_be_answered__S7(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	int len;

	notify(talk, "trial_ending", "en", false);
	len = save(talk, saved);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk->now += 3600;
	talk_text(talk, "YES", "prepaid");
	talk_expect_call(talk, "trial.accept");
}

static void notification__account_is_unavailable__polite_end__F16(void **state)
{
	struct talk *talk = *state;

	notify(talk, "trial_ending", "en", false);
	talk_text(talk, "yes", "");
	talk_expect_end(talk, "Not available.");
}

/* ---- several rows at once ---- */

#define BOTH "Cancel all of these?\nSERVICE2 $2.00\nSERVICE3 $3.00\n1 Yes\n2 No"

/* The next expected CALL, and its result. */
static void expect_cancel(struct talk *talk, const char *service, int outcome, char ref[static REF_TEXT_SIZE])
{
	talk_expect_call(talk, "service.deactivate");
	talk_expect_arg(talk, FIELD_SERVICE, service);
	assert_int_not_equal(talk->effect.ref, 0);
	ref_print(talk->effect.ref, ref);
	talk_outcome(talk, outcome);
}

static void several__named_in_every_way__confirmed_together__S3(void **state)
{
	static const char *const texts[] = {
		"STOP 2,3", "STOP 2，3", "stop 2, 3", "STOP 2 3", "STOP SERVICE2,SERVICE3", "STOP service2 service3 please",
		"STOP 2、3", "STOP 2,3,2", "Stop 2, 3.", "QX2,3", "QX 2,3", "QXSERVICE2,SERVICE3", "QX#2,3", "STOP 2;3",
		"STOP ２，３", "STOP 2,SERVICE3 thank you",
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		session_init(&talk->session, talk->menu);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_call(talk, "service.mine");
		talk_services(talk, 4);
		if (strcmp(talk->effect.text, BOTH "\n0 Back"))
			fail_msg("'%s' gave '%s'", texts[i], talk->effect.text);
	}
}

static void several__anything_but_listed_numbers__chooses_none_or_the_first(void **state)
{
	static const struct { const char *text, *page; } cases[] = {
		{ "STOP 2,9", "Wrong choice.\nWhich?\n1 SERVICE1\n2 SERVICE2\n3 SERVICE3\n4 SERVICE4\n5 SERVICE5\n6 SERVICE6\n0 Back" },
		{ "STOP 1,2,3,4,5,6",
		  "Wrong choice.\nWhich?\n1 SERVICE1\n2 SERVICE2\n3 SERVICE3\n4 SERVICE4\n5 SERVICE5\n6 SERVICE6\n0 Back" },
		{ "STOP 2 now", "Cancel SERVICE2?\n1 Yes\n2 No\n0 Back" },
		{ "STOP 2,", "Cancel SERVICE2?\n1 Yes\n2 No\n0 Back" },
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		session_init(&talk->session, talk->menu);
		talk_text(talk, cases[i].text, "prepaid");
		talk_services(talk, 6);
		talk_expect_ask(talk, cases[i].page);
	}
}

static void several__confirmed__each_is_its_own_order(void **state)
{
	struct talk *talk = *state;
	char first[REF_TEXT_SIZE], second[REF_TEXT_SIZE], results[200];

	talk_dial(talk, "*156#", "prepaid");
	talk_services(talk, 4);
	talk_input(talk, "2,3");
	talk_expect_ask(talk, BOTH "\n0 Back");
	talk_input(talk, "1");
	expect_cancel(talk, "SERVICE2", 0, first);
	talk_expect_arg(talk, ARG_SHOWN, "Cancel all of these?\nSERVICE2 $2.00\nSERVICE3 $3.00");
	talk_expect_arg(talk, ARG_ANSWERED, "1");
	expect_cancel(talk, "SERVICE3", 0, second);
	assert_string_not_equal(first, second);
	snprintf(results, sizeof(results), "SERVICE2: %s\nSERVICE3: %s", first, second);
	talk_expect_end(talk, results);
}

/* Each row has its price: that of the page is not known. */
static void several__activated__each_for_its_price(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 4);
	talk_input(talk, "2,3");
	talk_expect_ask(talk, "Open all of these?\nSERVICE2 $2.00 month\nSERVICE3 $3.00 month\n1 Yes\n2 No\n0 Back");
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	talk_expect_arg(talk, FIELD_SERVICE, "SERVICE2");
	talk_outcome(talk, 0);
	talk_expect_call(talk, "service.activate");
	talk_expect_arg(talk, FIELD_SERVICE, "SERVICE3");
}

static void several__each_has_its_own_outcome__all_are_shown(void **state)
{
	struct talk *talk = *state;
	char refs[5][REF_TEXT_SIZE], results[400];

	talk_text(talk, "STOP 1,2,3,4,5", "prepaid");
	talk_services(talk, 5);
	talk_text(talk, "yes", "prepaid");
	expect_cancel(talk, "SERVICE1", 1, refs[0]);
	expect_cancel(talk, "SERVICE2", OUTCOME_UNAVAILABLE, refs[1]);
	expect_cancel(talk, "SERVICE3", OUTCOME_UNCERTAIN, refs[2]);
	expect_cancel(talk, "SERVICE4", 3, refs[3]);
	expect_cancel(talk, "SERVICE5", 0, refs[4]);
	snprintf(results, sizeof(results), "No SERVICE1.\nNot available.\nOrder %s takes longer.\nOrder %s takes longer.\n"
		 "SERVICE5: %s", refs[2], refs[3], refs[4]);
	if (talk->effect.kind == EFFECT_ASK)		/* on more than one screen */
		assert_memory_equal(talk->effect.text, results, 60);
	else
		talk_expect_end(talk, results);
}

static void several__too_long_for_a_screen__yes_counts_on_the_last(void **state)
{
	struct talk *talk = *state;
	char ref[REF_TEXT_SIZE];

	talk->limits.ask = text_budget_ussd(60);
	talk_dial(talk, "*156#", "prepaid");
	talk_services(talk, 5);
	talk_input(talk, "1,2,3,4,5");
	assert_non_null(strstr(talk->effect.text, "98 More"));
	assert_null(strstr(talk->effect.text, "SERVICE5"));
	talk_input(talk, "1");
	while (talk->effect.kind == EFFECT_ASK && strstr(talk->effect.text, "98 More"))
		talk_input(talk, "98");
	assert_int_equal(talk->effect.kind, EFFECT_ASK);
	assert_non_null(strstr(talk->effect.text, "1 Yes"));
	talk_input(talk, "1");
	expect_cancel(talk, "SERVICE1", 0, ref);
}

/* ---- replacing one service by another ---- */

/* Answer with one row that has a first day. */
static void one_since_january(struct talk *talk, const char *service)
{
	uint8_t data[128], rows_data[256];
	struct rows rows = { .data = rows_data, .size = sizeof(rows_data) };
	struct record row = { data, 0, sizeof(data) };

	record_put_text(&row, FIELD_SERVICE, service, strlen(service));
	record_put_number(&row, FIELD_SINCE, 20260101);
	assert_int_equal(rows_add(&rows, &row), 0);
	talk_rows(talk, &rows);
}

static void go_to_change(struct talk *talk)
{
	talk_dial(talk, "*157#", "prepaid");
	talk_expect_call(talk, "service.mine");
	one_since_january(talk, "NEWS");
	talk_input(talk, "101");
	talk_expect_ask(talk, "News since 01.01.2026.\n1 Change\n0 Back");
	talk_input(talk, "1");
	talk_expect_call(talk, "service.instead");
	talk_expect_arg(talk, FIELD_INSTEAD, "NEWS");
	talk_services(talk, 2);
	talk_expect_ask(talk, "In place of News\n1 SERVICE1\n2 SERVICE2\n0 Back");
}

static void change__chosen__names_both_and_a_yes_counts_on_the_last_screen__S3(void **state)
{
	struct talk *talk = *state;

	go_to_change(talk);
	talk->limits.ask = text_budget_ussd(40);
	talk_input(talk, "2");
	talk_expect_ask(talk, "Change News to SERVICE2 for\n98 More 0 Back");
	talk_input(talk, "1");
	talk_expect_ask(talk, "$2.00 a month?\n1 Yes\n2 No\n0 Back");
	talk_input(talk, "1");
	talk_expect_call(talk, "service.change");
	talk_expect_arg(talk, FIELD_SERVICE, "SERVICE2");
	talk_expect_arg(talk, FIELD_INSTEAD, "NEWS");
	talk_expect_arg(talk, ARG_SHOWN, "Change News to SERVICE2 for $2.00 a month?");
}

/* Its page would say "SERVICE1 since -". */
static void back__past_the_page_of_the_former_service__skipped(void **state)
{
	struct talk *talk = *state;

	go_to_change(talk);
	talk_input(talk, "1");
	talk_input(talk, "2");
	talk_expect_call(talk, "service.instead");
	talk_expect_arg(talk, FIELD_INSTEAD, "NEWS");
	talk_services(talk, 2);
	talk_input(talk, "0");
	talk_expect_call(talk, "service.mine");
	one_since_january(talk, "NEWS");
	talk_input(talk, "101");
	talk_input(talk, "1");
	talk_services(talk, 2);
	talk_input(talk, "0");			/* nothing was chosen */
	talk_expect_ask(talk, "News since 01.01.2026.\n1 Change\n0 Back");
}

static void unlisted__named_in_any_spelling__leads_to_its_page_with_its_terms(void **state)
{
	static const char *const texts[] = { "WISH FORM", "wish form please", "WISH Form." };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		session_init(&talk->session, talk->menu);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_call(talk, "service.offered");
		talk_services(talk, 2);
		talk_expect_call(talk, "service.excluding");
		talk_expect_arg(talk, FIELD_SERVICE, "FORM");
		talk_services(talk, 0);
		talk_expect_ask(talk, "No Form.\n0 Back");
	}
	session_init(&talk->session, talk->menu);
	talk_text(talk, "WISH", "prepaid");
	talk_services(talk, 2);
	talk_text(talk, "2", "prepaid");	/* a number chooses a row */
	talk_expect_ask(talk, "Open SERVICE2?\n1 Yes\n2 No\n0 Back");
	session_init(&talk->session, talk->menu);
	talk_text(talk, "WISH nothing", "prepaid");
	talk_services(talk, 2);
	assert_non_null(strstr(talk->effect.text, "Wrong choice."));
}

static void several__no__chooses_nothing(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*156#", "prepaid");
	talk_services(talk, 4);
	talk_input(talk, "2,3");
	talk_input(talk, "2");
	talk_expect_call(talk, "service.mine");
	talk_services(talk, 4);
	talk_input(talk, "4");
	talk_expect_ask(talk, "Cancel SERVICE4?\n1 Yes\n2 No\n0 Back");
}

static void several__late__the_rest_continues_without_the_subscriber__F3(void **state)
{
	struct talk *talk = *state;
	struct session saved;
	char ref[REF_TEXT_SIZE];

	talk_text(talk, "STOP 1,2", "prepaid");
	talk_services(talk, 2);
	talk_text(talk, "yes", "prepaid");
	saved = talk->session;
	talk_event(talk, EVENT_LATE, "");
	assert_memory_equal(talk->effect.text, "Order ", 6);
	talk->session = saved;
	talk_outcome(talk, 0);
	expect_cancel(talk, "SERVICE2", 0, ref);
	assert_non_null(strstr(talk->effect.text, "SERVICE2: "));
	assert_memory_equal(talk->effect.text, "SERVICE1: ", 10);
}

/* ---- every event ---- */

static void check_effect(const struct talk *talk)
{
	const struct effect *effect = &talk->effect;
	const struct text_budget budget = effect->kind == EFFECT_ASK ? talk->limits.ask : talk->limits.end;

	assert_true(effect->kind <= EFFECT_CALL);
	assert_true(talk->session.used <= SESSION_DATA_MAX);
	if (effect->kind == EFFECT_CALL)
		assert_true(record_check(effect->args, effect->args_len));
	else if (!effect->by_message)
		assert_true(text_fits(text_cost(effect->text, effect->len), budget));
	else
		assert_true(effect->last_len &&
			    text_fits(text_cost(effect->last_text, effect->last_len), talk->limits.end));
}

static void random_result(struct talk *talk, unsigned int *seed)
{
	if (!talk->effect.action)
		talk_facts(talk, rand_r(seed) % 8 ? "prepaid" : "");
	else if (talk->effect.action->lists)
		talk_services(talk, rand_r(seed) % 9);
	else
		talk_outcome(talk, rand_r(seed) % 10 ? (int)(rand_r(seed) % 8) - 2 : OUTCOME_AUTH + (int)(rand_r(seed) % 4));
}

static void random_reload(struct talk *talk)
{
	uint8_t saved[REQUEST_ARGS_MAX];
	const int len = session_save(&talk->session, talk->menu, saved, sizeof(saved));

	if (len > 0)
		assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
}

static void random_step(struct talk *talk, unsigned int *seed)
{
	static const char *const texts[] = { "SUB 1", "SUB SERVICE2", "STOP 1,2", "STOP 1,2,3,4,5", "QX2 3", "2,3", "1", "yes",
					     "no", "LOST", "LOST 246810", "246810", "0", "98", "00", "BAL", "x", "" };
	static const char *const kinds[] = { "order_completed", "trial_ending", "password_locked", "none" };
	const char *text = texts[rand_r(seed) % 18];
	const unsigned int dice = rand_r(seed) % 100;

	talk->now += rand_r(seed) % 400;
	if (talk->effect.kind == EFFECT_CALL && dice < 90) {
		random_result(talk, seed);
	} else if (talk->effect.kind == EFFECT_END || talk->session.state == SESSION_OVER) {
		session_init(&talk->session, talk->menu);
		if (dice < 30)
			notify(talk, kinds[rand_r(seed) % 4], dice % 2 ? "zh" : "en", dice % 3);
		else if (dice < 50)
			talk_event(talk, EVENT_BEGIN, dice % 2 ? "*155*1#" : "*156#");
		else
			talk_text(talk, text, "prepaid");
	} else if (dice < 50) {
		talk_event(talk, EVENT_TEXT, text);
	} else if (dice < 90) {
		talk_input(talk, text);
	} else if (dice < 95) {
		random_reload(talk);
	} else {
		talk_event(talk, rand_r(seed) % EVENT_KIND_COUNT, text);
	}
}

static void order__random_walk_of_200000_steps__always_an_effect_that_fits(void **state)
{
	struct talk *talk = *state;
	unsigned int seed = 20261122, i;

	talk_text(talk, "SUB 1", "prepaid");
	for (i = 0; i < 200000; i++) {
		random_step(talk, &seed);
		check_effect(talk);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, talk_setup, talk_teardown)

/* ---- lists of services ---- */

static void row__lacks_fact_of_its_service__does_not_show_that_of_another(void **state)
{
	uint8_t session_data[64], row_data[64];
	struct record session = { session_data, 0, sizeof(session_data) }, row = { row_data, 0, sizeof(row_data) };
	const struct talk *talk = *state;
	const struct render render = { .menu = talk->menu, .values = &session, .row = &row };
	struct value value;

	record_put_text(&session, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&session, FIELD_TRIAL_DAYS, 30);
	record_put_number(&session, FIELD_MONTH, 202612);
	record_put_text(&row, FIELD_SERVICE, "WEATHER", 7);
	assert_false(render_value(&render, FIELD_TRIAL_DAYS, &value));
	assert_true(render_value(&render, FIELD_MONTH, &value));
	record_drop(&row, FIELD_SERVICE);
	assert_true(render_value(&render, FIELD_TRIAL_DAYS, &value));
}

/* ---- S6: what others ask for ---- */

static void proposal__yes__accepts_it_with_its_terms_as_shown(void **state)
{
	struct talk *talk = *state;

	notify(talk, "order_requested", "en", false);
	talk_expect_ask(talk, REQUESTED "\n1 Yes\n2 No");
	assert_int_equal(talk->effect.within_s, 3600);
	assert_true(talk->effect.notify_silence);
	talk_text(talk, "Y", "prepaid");
	talk_expect_call(talk, "proposal.accept");
	talk_expect_arg(talk, FIELD_PROPOSAL, "K7Q2-9F3T-0009");
	talk_expect_arg(talk, FIELD_SERVICE, "NEWS");
	talk_expect_arg(talk, FIELD_PERIOD, "month");
	talk_expect_arg(talk, ARG_SHOWN, REQUESTED);
	assert_true(has_arg(talk, FIELD_PRICE));
	talk_outcome(talk, 0);
	talk_expect_end(talk, "News is open. Thank you for texting us about it.");
}

static void proposal__any_other_answer__declines_it(void **state)
{
	static const char *const answers[] = { "2", "no", "0", "What is this?" };
	struct talk *talk = *state;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		session_init(&talk->session, talk->menu);
		notify(talk, "order_requested", "en", false);
		talk_text(talk, answers[i], "prepaid");
		talk_expect_call(talk, "proposal.decline");
		talk_expect_arg(talk, FIELD_PROPOSAL, "K7Q2-9F3T-0009");
		assert_false(has_arg(talk, FIELD_SERVICE));
		talk_outcome(talk, 0);
		talk_expect_end(talk, "Declined.");
	}
}

static void proposal__saved_and_answered_later__what_was_shown_and_in_time_alone(void **state)
{
	uint8_t saved[REQUEST_ARGS_MAX];
	struct talk *talk = *state;
	int len;

	notify(talk, "order_requested", "en", false);
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	assert_true(len > 0);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk->now += 3600;
	talk_text(talk, "1", "prepaid");
	talk_expect_call(talk, "proposal.accept");
	talk_expect_arg(talk, ARG_SHOWN, REQUESTED);
	talk_expect_arg(talk, FIELD_PROPOSAL, "K7Q2-9F3T-0009");
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk->now++;
	talk_text(talk, "1", "prepaid");
	talk_expect_end(talk, "Nobody answered about News.");
}

static void proposal__link_may_not_order__code_until_it_ends(void **state)
{
	struct talk *talk = *state;

	talk->trust = talk->trust_messages = TRUST_READ;
	notify(talk, "order_requested", "en", false);
	talk_expect_ask(talk, "Open News for $3.00 a month, until 15:13?\nReply 000001 by 15:13.");
	talk_text(talk, "2", "prepaid");
	talk_expect_call(talk, "proposal.decline");
	session_init(&talk->session, talk->menu);
	notify(talk, "order_requested", "en", false);
	talk_text(talk, "000002", "prepaid");
	talk_expect_call(talk, "proposal.accept");
}

/* A text to a conversation whose menu was replaced. */
static void text_after_reload(struct talk *talk, const char *text)
{
	struct session_event event = { .kind = EVENT_TEXT, .text = text, .len = strlen(text), .short_code = "10086", .changed = true };
	const struct session before = talk->session;

	session_replace(&talk->session, talk->menu, &before);
	talk_stamp(talk, &event);
	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
	talk_facts(talk, "prepaid");
}

static void proposal__menu_replaced__asked_again_until_the_same_time(void **state)
{
	struct talk *talk = *state;

	notify(talk, "order_requested", "en", false);
	talk->now += 3500;
	text_after_reload(talk, "1");
	talk_expect_ask(talk, REQUESTED "\n1 Yes\n2 No");
	assert_int_equal(talk->effect.within_s, 100);
	text_after_reload(talk, "what is this");
	talk_expect_ask(talk, REQUESTED "\n1 Yes\n2 No");
	talk_text(talk, "1", "prepaid");
	talk_expect_call(talk, "proposal.accept");
	talk_expect_arg(talk, FIELD_PROPOSAL, "K7Q2-9F3T-0009");
	talk_expect_arg(talk, FIELD_SERVICE, "NEWS");
	talk_expect_arg(talk, ARG_SHOWN, REQUESTED);
}

static void proposal__menu_replaced__old_code_does_not_order(void **state)
{
	struct talk *talk = *state;

	talk->trust = talk->trust_messages = TRUST_READ;
	notify(talk, "order_requested", "en", false);
	text_after_reload(talk, "000001");
	talk_expect_ask(talk, "Open News for $3.00 a month, until 15:13?\nReply 000002 by 15:13.");
}

static void proposal__menu_replaced_and_too_late__not_asked_again(void **state)
{
	struct talk *talk = *state;

	notify(talk, "order_requested", "en", false);
	talk->now += 3600;
	text_after_reload(talk, "1");
	assert_memory_equal(talk->effect.text, "The menu has changed.\n", 22);
}

static void order_code__text_alone__marked_as_secret_and_not_saved(void **state)
{
	uint8_t saved[REQUEST_ARGS_MAX];
	struct talk *talk = *state;

	notify(talk, "order_code", "en", false);
	talk_expect_end(talk, "Code 123456 for News, valid until 15:13.");
	assert_true(talk->effect.secret);
	assert_int_equal(session_save(&talk->session, talk->menu, saved, sizeof(saved)), -EINVAL);
	session_init(&talk->session, talk->menu);
	notify(talk, "password_locked", "en", false);
	assert_false(talk->effect.secret);
}

static void push__a_page_of_its_name__shown_with_its_service(void **state)
{
	struct talk *talk = *state;

	notify(talk, "push:weather", "en", false);
	talk_expect_ask(talk, "News today?\n1 Open\n0 Back");
	talk_text(talk, "1", "prepaid");
	talk_expect_ask(talk, "Open News for $3.00 a month? Reply YES.\n1 Yes\n2 No");
	session_init(&talk->session, talk->menu);
	notify(talk, "push:gone", "en", false);
	talk_expect_end(talk, "");
	session_init(&talk->session, talk->menu);
	notify(talk, "push", "en", false);
	talk_expect_end(talk, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(catalogue__of_the_menu__sorted_and_complete),
		TEST(order__confirmed__carries_shown_text_answer_and_terms),
		TEST(order__without_confirmation__has_no_consent),
		TEST(order__of_another_service__carries_the_terms_of_the_catalogue),
		TEST(order__accepted_without_a_page__answered_by_the_system__F4),
		TEST(order__result__has_the_sender_of_its_service),
		TEST(password_order__carries_the_password_and_wipes_it__S11),
		TEST(A26_password_order__password_lost__carries_an_empty_one),
		TEST(password_order__password_not_accepted__own_pages__S11),
		TEST(free_order__outcome_of_a_password__polite_end),
		TEST(action__results_of_a_password__are_its_outcomes),
		TEST(confirmation__with_a_limit__shows_until_when__S6),
		TEST(confirmation__in_time__is_a_yes__S6),
		TEST(confirmation__too_late__is_a_no__F19),
		TEST(confirmation__anything_else__is_a_no_and_answered_as_such__S6),
		TEST(confirmation__silence__is_a_no_and_notified__S6),
		TEST(confirmation__new_keyword__abandons_it),
		TEST(confirmation__shown_again__time_not_extended),
		TEST(confirmation__of_a_dialled_order__sent_by_message__S6),
		TEST(confirmation__after_a_restart__counts_in_time__S6),
		TEST(confirmation__after_a_restart__consent_has_the_shown_text__S6),
		TEST(A1_confirmation__yes_again_after_a_kill__same_reference),
		TEST(A1_confirmation__shown_anew__new_reference),
		TEST(confirmation__dialled_after_a_restart__not_offered__F6),
		TEST(yes__without_a_question__answered_as_such__F19),
		TEST(notification__known_kind__is_shown_in_the_language_of_its_facts),
		TEST(notification__entry_with_a_sender__sent_from_it),
		TEST(notification__kind_without_an_entry__is_not_shown),
		TEST(notification__question__answered_with_the_facts_of_the_account__S7),
		TEST(notification__question__no_and_silence_are_answered__S7),
		TEST(notification__question__a_keyword_starts_again),
		TEST(notification__pushed__answered_in_its_dialog__F29),
		TEST(notification__after_a_restart__can_still_be_answered__S7),
		TEST(notification__account_is_unavailable__polite_end__F16),
		TEST(several__named_in_every_way__confirmed_together__S3),
		TEST(several__anything_but_listed_numbers__chooses_none_or_the_first),
		TEST(several__confirmed__each_is_its_own_order),
		TEST(several__activated__each_for_its_price),
		TEST(several__each_has_its_own_outcome__all_are_shown),
		TEST(several__too_long_for_a_screen__yes_counts_on_the_last),
		TEST(several__no__chooses_nothing),
		TEST(change__chosen__names_both_and_a_yes_counts_on_the_last_screen__S3),
		TEST(back__past_the_page_of_the_former_service__skipped),
		TEST(row__lacks_fact_of_its_service__does_not_show_that_of_another),
		TEST(unlisted__named_in_any_spelling__leads_to_its_page_with_its_terms),
		TEST(several__late__the_rest_continues_without_the_subscriber__F3),
		TEST(proposal__yes__accepts_it_with_its_terms_as_shown),
		TEST(proposal__any_other_answer__declines_it),
		TEST(proposal__saved_and_answered_later__what_was_shown_and_in_time_alone),
		TEST(proposal__link_may_not_order__code_until_it_ends),
		TEST(proposal__menu_replaced__asked_again_until_the_same_time),
		TEST(proposal__menu_replaced__old_code_does_not_order),
		TEST(proposal__menu_replaced_and_too_late__not_asked_again),
		TEST(order_code__text_alone__marked_as_secret_and_not_saved),
		TEST(push__a_page_of_its_name__shown_with_its_service),
		TEST(order__random_walk_of_200000_steps__always_an_effect_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
