/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F34: actions that a link may do by itself, and one-time codes for the others. Rows A20, A21 and A22 of tests/audit.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/conf.h"
#include "tests/cmocka.h"
#include "tests/engine/talk.h"

#define ORDER_CODE(code) "Open SERVICE1 for $1.00 a month? Reply YES.\nReply " code " by 14:23."
#define LINE_CODE(code) "A request.\nReply " code " by 14:23."

static int setup(void **state)
{
	struct talk *talk;

	talk_setup(state);
	talk = *state;
	talk->trust = talk->trust_messages = TRUST_READ;
	return 0;
}

static void begin_afresh(struct talk *talk)
{
	session_init(&talk->session, talk->menu);
	talk->codes_made = 0;
}

static void text_to_order(struct talk *talk)
{
	begin_afresh(talk);
	talk_text(talk, "SUB SERVICE1", "prepaid");
	talk_services(talk, 3);
	talk_expect_ask(talk, ORDER_CODE("000001"));
}

static void text_to_suspend(struct talk *talk)
{
	begin_afresh(talk);
	talk_text(talk, "LOST 246810", "prepaid");
	talk_expect_ask(talk, LINE_CODE("000001"));
}

/* ---- trust of a link (A20) ---- */

static void A20_link__may_read__shows_the_account_and_orders_nothing_by_itself(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "BAL", "prepaid");
	talk_expect_end(talk, "You have $12.50.");
	text_to_order(talk);
	talk_text(talk, "yes", "prepaid");
	talk_expect_ask(talk, "Wrong code.\n" ORDER_CODE("000002"));
}

static void A20_link__may_order__orders_with_a_yes_but_needs_a_code_for_the_line(void **state)
{
	struct talk *talk = *state;

	talk->trust = talk->trust_messages = TRUST_ORDER;
	talk_text(talk, "SUB SERVICE1", "prepaid");
	talk_services(talk, 3);
	talk_text(talk, "yes", "prepaid");
	talk_expect_call(talk, "service.activate");
	assert_false(talk->effect.by_code);
	text_to_suspend(talk);
}

static void A20_link__may_order__needs_a_code_for_the_password(void **state)
{
	struct talk *talk = *state;

	talk->trust = talk->trust_messages = TRUST_ORDER;
	talk_text(talk, "MMXG 246810 975319 975319", "prepaid");
	talk_expect_ask(talk, LINE_CODE("000001"));
	talk_text(talk, "000001", "prepaid");
	talk_expect_call(talk, "password.change");
	talk_expect_arg(talk, FIELD_OLD, "246810");
	talk_expect_arg(talk, FIELD_NEW, "975319");
	assert_true(talk->effect.by_code);
}

static void A20_link__may_only_ask__shows_no_account_data(void **state)
{
	static const char *const texts[] = { "BAL", "SUB SERVICE1", "LOST 246810", "SERVICES", "HF", "CHINESE" };
	struct talk *talk = *state;
	size_t i;

	talk->trust = talk->trust_messages = TRUST_ASK;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		begin_afresh(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_end(talk, "Not here.");
	}
}

/* An unknown number gets the same: nothing reveals whether a number is known. */
static void A20_link__may_only_ask__unknown_number_gets_the_same(void **state)
{
	struct talk *talk = *state;

	talk->trust = TRUST_ASK;
	talk_text(talk, "BAL", NULL);
	talk_expect_end(talk, "Not here.");
}

/* A postpaid subscriber would see choice 2. */
static void A20_link__may_only_ask__menu_reveals_only_the_language(void **state)
{
	struct talk *talk = *state;

	talk->trust = TRUST_ASK;
	talk_text(talk, "", "postpaid");
	talk_expect_ask(talk, "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form");
}

/* ---- the code (A21) ---- */

static void A21_code__comes_back__orders_with_consent_that_names_it(void **state)
{
	struct talk *talk = *state;

	text_to_order(talk);
	assert_true(talk->effect.secret);
	assert_int_equal(talk->effect.within_s, 600);
	talk_text(talk, "٠٠٠٠٠١.", "prepaid");		/* in Arabic digits */
	talk_expect_call(talk, "service.activate");
	assert_true(talk->effect.by_code);
	talk_expect_arg(talk, ARG_SHOWN, "Open SERVICE1 for $1.00 a month? Reply YES.");
	talk_expect_arg(talk, ARG_ANSWERED, "(code)");
}

/* The password is known to the forger, the code is not. */
static void A21_code__password_given__checked_only_after_it(void **state)
{
	struct talk *talk = *state;

	text_to_suspend(talk);
	talk_text(talk, "no", "prepaid");
	talk_expect_end(talk, "Not confirmed.");
	text_to_suspend(talk);
	talk_text(talk, "000001", "prepaid");
	talk_expect_call(talk, "line.suspend");
	talk_expect_arg(talk, FIELD_PASSWORD, "246810");
}

static void A21_code__wrong_or_of_an_earlier_question__ends_after_three(void **state)
{
	struct talk *talk = *state;

	text_to_order(talk);
	talk_text(talk, "123456", "prepaid");
	talk_expect_ask(talk, "Wrong code.\n" ORDER_CODE("000002"));
	talk_text(talk, "000001", "prepaid");
	talk_expect_ask(talk, "Wrong code.\n" ORDER_CODE("000003"));
	talk_text(talk, "000002", "prepaid");
	talk_expect_end(talk, "SERVICE1 was not opened.");
}

static void A21_code__anything_else__is_no(void **state)
{
	static const char *const texts[] = { "no", "12345", "0000001", "hello", "000001 000001" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		text_to_order(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_end(talk, "SERVICE1 was not opened.");
	}
}

static void A21_code__after_its_time__is_no(void **state)
{
	struct talk *talk = *state;

	text_to_suspend(talk);
	talk->now += 601;
	talk_text(talk, "000001", "prepaid");
	talk_expect_end(talk, "Not confirmed.");
	talk->now -= 601;
	text_to_order(talk);
	talk->now += 601;
	talk_text(talk, "000001", "prepaid");
	talk_expect_end(talk, "Too late for SERVICE1.");
}

/* A subscriber who asked for nothing gets no second text; silence after an order is notified, as always (S6). */
static void A21_code__silence__notified_for_orders_only(void **state)
{
	struct talk *talk = *state;

	text_to_suspend(talk);
	assert_false(talk->effect.notify_silence);
	assert_int_equal(talk->effect.within_s, 600);
	talk_event(talk, EVENT_SILENCE, "");
	talk_expect_end(talk, "Not confirmed.");
	text_to_order(talk);
	assert_true(talk->effect.notify_silence);
	talk_event(talk, EVENT_SILENCE, "");
	talk_expect_end(talk, "Too late for SERVICE1.");
}

static void A21_code__of_several_orders__does_all_of_them(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "STOP 1,2", "prepaid");
	talk_services(talk, 3);
	talk_expect_ask(talk, "Cancel all of these?\nSERVICE1 $1.00\nSERVICE2 $2.00\nReply 000001 by 14:23.");
	talk_text(talk, "000001", "prepaid");
	talk_expect_call(talk, "service.deactivate");
	assert_true(talk->effect.by_code);
	talk_outcome(talk, 0);
	talk_expect_call(talk, "service.deactivate");
	assert_true(talk->effect.by_code);
	talk_outcome(talk, 0);
	assert_memory_equal(talk->effect.text, "SERVICE1: ", 10);
}

/* One code, one request: going back to the same page starts again. */
static void A21_code__used__not_valid_again(void **state)
{
	struct talk *talk = *state;

	text_to_suspend(talk);
	talk_text(talk, "000001", "prepaid");
	talk_outcome(talk, OUTCOME_AUTH);
	talk_expect_end(talk, "Wrong password.");
	talk_text(talk, "000001", "prepaid");
	assert_int_not_equal(talk->effect.kind, EFFECT_CALL);
	text_to_order(talk);
	talk_text(talk, "000001", "prepaid");
	talk_outcome(talk, 2);
	talk_expect_end(talk, "Try later.");
	assert_null(memmem(talk->session.data, talk->session.used, "(code)", 6));
}

static void A21_code__never_in_the_session(void **state)
{
	struct talk *talk = *state;

	text_to_order(talk);
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "000001", 6));
	talk_text(talk, "000001", "prepaid");
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "000001", 6));
	assert_null(memmem(talk->effect.args, talk->effect.args_len, "000001", 6));
}

static int save(struct talk *talk, uint8_t *saved)
{
	const int len = session_save(&talk->session, talk->menu, saved, REQUEST_ARGS_MAX);

	assert_true(len > 0);
	assert_null(memmem(saved, len, "000001", 6));
	memset(&talk->session, 0xee, sizeof(talk->session));
	return len;
}

static void A21_code__saved_and_loaded__still_valid_with_its_tries(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	int len;

	text_to_order(talk);
	talk_text(talk, "123456", "prepaid");
	len = save(talk, saved);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk_text(talk, "123456", "prepaid");
	talk_expect_ask(talk, "Wrong code.\n" ORDER_CODE("000003"));
	len = save(talk, saved);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk_text(talk, "000003", "prepaid");
	talk_expect_call(talk, "service.activate");
	assert_true(talk->effect.by_code);
}

/* Also where a plain yes would not have been saved: the confirmation of a cancellation has no `within` of its own. */
static void A21_code__of_a_page_without_a_time_limit__is_saved_too(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	int len;

	talk_text(talk, "STOP 1", "prepaid");
	talk_services(talk, 3);
	talk_expect_ask(talk, "Cancel SERVICE1?\nReply 000001 by 14:23.");
	len = save(talk, saved);
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk_text(talk, "000001", "prepaid");
	talk_expect_call(talk, "service.deactivate");
	talk_expect_arg(talk, FIELD_SERVICE, "SERVICE1");
}

static void A21_code__with_a_secret__is_not_saved(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];

	text_to_suspend(talk);
	assert_int_equal(session_save(&talk->session, talk->menu, saved, sizeof(saved)), -EINVAL);
}

/* VAR_CODED, inserted into a saved session by somebody who can write the database. */
static void A21_saved_session__claims_that_a_code_was_entered__refused(void **state)
{
	static const uint8_t claim[] = { 1062 & 0xff, 1062 >> 8, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0 };
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	uint16_t used;
	int len;

	text_to_order(talk);
	len = save(talk, saved);
	memcpy(&used, saved + 6, sizeof(used));
	used += sizeof(claim);
	memcpy(saved + 6, &used, sizeof(used));
	memcpy(saved + len, claim, sizeof(claim));
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len + sizeof(claim)), -EINVAL);
	assert_int_equal(talk->session.state, SESSION_NEW);
}

/* On a link with short messages: each screen is sent with its own code, and the last one shows it. */
static void A21_code__question_longer_than_a_screen__shown_on_the_last(void **state)
{
	struct talk *talk = *state;

	talk->limits.ask = talk->limits.end = text_budget_ussd(48);
	begin_afresh(talk);
	talk_text(talk, "SUB SERVICE1", "prepaid");
	talk_services(talk, 3);
	assert_null(strstr(talk->effect.text, "by 14:23"));
	talk_text(talk, "98", "prepaid");
	assert_non_null(strstr(talk->effect.text, "000002 by 14:23"));
	talk_text(talk, "000002", "prepaid");
	talk_expect_call(talk, "service.activate");
}

/* ---- where the code goes (A21) ---- */

static void A21_dialled__link_is_not_trusted__asked_and_answered_by_message(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*156#", "prepaid");
	talk_services(talk, 1);
	talk_input(talk, "1");
	talk_expect_ask(talk, "Cancel SERVICE1?\nReply 000001 by 14:23.");
	assert_true(talk->effect.by_message);
	assert_string_equal(talk->effect.last_text, "We sent a code.");
	talk_text(talk, "000001", "prepaid");
	talk_expect_call(talk, "service.deactivate");
	assert_true(talk->effect.by_code);
}

/* The dialog may order, the text that answers may not. */
static void A21_confirmed_by_message__texts_are_not_trusted__with_a_code(void **state)
{
	struct talk *talk = *state;

	talk->trust = TRUST_PASSWORD;
	talk_dial(talk, "*155#", "prepaid");
	talk_services(talk, 1);
	talk_input(talk, "1");
	talk_expect_ask(talk, ORDER_CODE("000001"));
	assert_true(talk->effect.by_message);
}

static void notify(struct talk *talk, bool dialog)
{
	uint8_t data[256];
	struct record facts = { data, 0, sizeof(data) };
	struct session_event event = { .kind = EVENT_NOTIFICATION, .text = "trial_ending", .len = 12, .facts = &facts,
				       .by_message = !dialog };

	record_put_text(&facts, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&facts, FIELD_PRICE, 300);
	record_put_text(&facts, FIELD_PERIOD, "month", 5);
	record_put_text(&facts, FIELD_LANGUAGE, "en", 2);
	talk_stamp(talk, &event);
	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
}

static void A21_notification__that_asks__carries_the_code(void **state)
{
	struct talk *talk = *state;

	notify(talk, false);
	talk_expect_ask(talk, "Keep News for $3.00 a month?\nReply 000001 by 14:13.");
	talk_text(talk, "000001", "prepaid");
	talk_expect_call(talk, "trial.accept");
	assert_true(talk->effect.by_code);
}

/* A push goes to the phone itself: a code in it is as safe as one in a text. */
static void A21_push__link_is_not_trusted__carries_the_code(void **state)
{
	struct talk *talk = *state;

	notify(talk, true);
	talk_expect_ask(talk, "Keep News for $3.00 a month?\nReply 000001 by 14:13.");
	assert_false(talk->effect.by_message);
	talk_input(talk, "000001");
	talk_facts(talk, "prepaid");
	talk_expect_call(talk, "trial.accept");
}

/* The push was requested over a trusted link, and is answered by text. */
static void A21_confirmation__continues_on_a_less_trusted_link__yes_is_not_enough(void **state)
{
	struct talk *talk = *state;

	talk->trust = TRUST_PASSWORD;
	notify(talk, true);
	talk_expect_ask(talk, "Keep News for $3.00 a month?\n1 Yes\n2 No");
	talk->trust = TRUST_READ;
	talk_text(talk, "yes", "prepaid");
	talk_expect_ask(talk, "Wrong code.\nKeep News for $3.00 a month?\nReply 000001 by 14:13.");
}

static void A21_no_codes_available__refused(void **state)
{
	struct session_event event = { .kind = EVENT_TEXT, .text = "LOST 246810", .len = 11, .short_code = "10086",
				       .trust = TRUST_READ };
	struct talk *talk = *state;
	uint8_t data[64];
	struct record facts = { data, 0, sizeof(data) };
	struct session_event loaded = { .kind = EVENT_RESULT, .facts = &facts, .trust = TRUST_READ };

	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
	engine_step(talk->menu, &talk->limits, &talk->session, &loaded, &talk->effect);
	talk_expect_end(talk, "Not here.");
}

/* ---- the check (A21) ---- */

static const struct menu_action careless = { .name = "language.set", .changes = true, .params = { FIELD_LANGUAGE },
					   .outcomes = { "done" } };

static void A21_check__action_without_a_required_trust__refused(void **state)
{
	const struct menu_action *const *actions = actions_all(), *changed[64] = {};
	struct talk *talk = *state;
	struct problems problems = {};
	char line[512] = "";
	size_t i;

	for (i = 0; actions[i]; i++) {
		assert_true(actions[i]->needs >= (actions[i]->changes && !actions[i]->harmless ? TRUST_ORDER :
						  actions[i]->local ? TRUST_ASK : TRUST_READ));
		changed[i] = strcmp(actions[i]->name, careless.name) ? actions[i] : &careless;
	}
	assert_null(conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", changed, talk->limits, &problems));
	assert_int_equal(problems.count, 1);
	problem_print(&problems.list[0], line, sizeof(line));
	assert_non_null(strstr(line, "'language.set' does not say how far its link must be trusted"));
	problems_fini(&problems);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, talk_teardown)
	const struct CMUnitTest tests[] = {
		TEST(A20_link__may_read__shows_the_account_and_orders_nothing_by_itself),
		TEST(A20_link__may_order__orders_with_a_yes_but_needs_a_code_for_the_line),
		TEST(A20_link__may_order__needs_a_code_for_the_password),
		TEST(A20_link__may_only_ask__shows_no_account_data),
		TEST(A20_link__may_only_ask__unknown_number_gets_the_same),
		TEST(A20_link__may_only_ask__menu_reveals_only_the_language),
		TEST(A21_code__comes_back__orders_with_consent_that_names_it),
		TEST(A21_code__password_given__checked_only_after_it),
		TEST(A21_code__wrong_or_of_an_earlier_question__ends_after_three),
		TEST(A21_code__anything_else__is_no),
		TEST(A21_code__after_its_time__is_no),
		TEST(A21_code__silence__notified_for_orders_only),
		TEST(A21_code__of_several_orders__does_all_of_them),
		TEST(A21_code__used__not_valid_again),
		TEST(A21_code__never_in_the_session),
		TEST(A21_code__saved_and_loaded__still_valid_with_its_tries),
		TEST(A21_code__of_a_page_without_a_time_limit__is_saved_too),
		TEST(A21_code__with_a_secret__is_not_saved),
		TEST(A21_code__question_longer_than_a_screen__shown_on_the_last),
		TEST(A21_saved_session__claims_that_a_code_was_entered__refused),
		TEST(A21_dialled__link_is_not_trusted__asked_and_answered_by_message),
		TEST(A21_confirmed_by_message__texts_are_not_trusted__with_a_code),
		TEST(A21_notification__that_asks__carries_the_code),
		TEST(A21_push__link_is_not_trusted__carries_the_code),
		TEST(A21_confirmation__continues_on_a_less_trusted_link__yes_is_not_enough),
		TEST(A21_no_codes_available__refused),
		TEST(A21_check__action_without_a_required_trust__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
