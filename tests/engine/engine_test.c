/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The engine: paths through a menu, and invariants under all events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/tree.h"
#include "tests/cmocka.h"
#include "tests/engine/talk.h"

#define HOME_PREPAID "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"
#define HOME_POSTPAID "Menu\n1 Balance\n2 Bills\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"

/* ---- walking ---- */

static void engine__hidden_item__leaves_a_gap(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "prepaid");
	talk_expect_ask(talk, HOME_PREPAID);
	talk_input(talk, "2");
	talk_expect_ask(talk, "Wrong choice.\n" HOME_PREPAID);
}

static void engine__route__depends_on_the_account(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "prepaid");
	talk_input(talk, "1");
	talk_expect_end(talk, "You have $12.50.");
}

static void engine__stay_page__goes_back(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "postpaid");
	talk_input(talk, "1");
	talk_expect_ask(talk, "You owe -$3.00.\n0 Back");
	talk_input(talk, "0");
	talk_expect_ask(talk, HOME_POSTPAID);
}

static void engine__three_wrong_inputs__end_politely(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "prepaid");
	talk_input(talk, "x");
	talk_input(talk, "");
	talk_expect_ask(talk, "Wrong choice.\n" HOME_PREPAID);
	talk_input(talk, "99");
	talk_expect_end(talk, "Goodbye.");
	assert_false(talk->effect.parked);
}

static void engine__long_text__split_into_screens_that_fit(void **state)
{
	struct talk *talk = *state;
	unsigned int screens = 1;

	talk_dial(talk, "*100*6#", "prepaid");
	while (talk->effect.kind == EFFECT_ASK) {
		assert_true(text_fits(text_cost(talk->effect.text, talk->effect.len), talk->limits.ask));
		assert_non_null(strstr(talk->effect.text, "\n98 More 0 Back"));
		talk_input(talk, "98");
		screens++;
	}
	assert_true(screens >= 3);
	assert_non_null(strstr(talk->effect.text, "thirty."));
}

static void engine__back_on_a_later_screen__goes_one_screen_back(void **state)
{
	struct talk *talk = *state;
	char first[sizeof(talk->effect.text)];

	talk_dial(talk, "*100*6#", "prepaid");
	strcpy(first, talk->effect.text);
	talk_input(talk, "98");
	assert_string_not_equal(talk->effect.text, first);
	talk_input(talk, "0");
	talk_expect_ask(talk, first);
	talk_input(talk, "0");
	talk_expect_ask(talk, HOME_PREPAID);
}

static void engine__full_width_digits__are_understood(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "prepaid");
	talk_input(talk, " １ ");
	talk_expect_end(talk, "You have $12.50.");
}

/* ---- direct dial ---- */

static void engine__dialled_path__follows_the_keys(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*1#", "prepaid");
	talk_expect_end(talk, "You have $12.50.");
}

static void engine__dialled_path__shows_the_page_before_a_wrong_part(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*9*1#", "prepaid");
	talk_expect_ask(talk, "Wrong choice.\n" HOME_PREPAID);
}

/* A56: as many lists as fit into a code. */
static void engine__dialled_path_back_and_forth__bounded_number_of_calls(void **state)
{
	struct talk *talk = *state;
	char code[183] = "*100";
	unsigned int calls = 1;
	size_t len;

	while ((len = strlen(code)) + 5 < sizeof(code))
		strcpy(code + len, "*4*0");
	strcpy(code + len, "#");
	talk_dial(talk, code, "prepaid");
	for (; talk->effect.kind == EFFECT_CALL; calls++) {
		talk_expect_call(talk, "service.offered");
		talk_services(talk, 1);
	}
	assert_int_equal(calls, SESSION_CALLS_MAX);
	talk_expect_ask(talk, "Services\n1 SERVICE1 $1.00/month\n0 Back");
	talk_input(talk, "0");
	talk_input(talk, "4");
	talk_expect_call(talk, "service.offered");
}

/* A56: the bound is per input, not per dialog. */
static void engine__dialog_of_many_inputs__calls_not_bounded(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "prepaid");
	for (unsigned int i = 0; i < 2 * SESSION_CALLS_MAX; i++) {
		talk_input(talk, "4");
		talk_expect_call(talk, "service.offered");
		talk_services(talk, 1);
		talk_input(talk, "0");
		assert_int_equal(talk->effect.kind, EFFECT_ASK);
	}
}

static void engine__dialled_path__stops_at_a_confirmation(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4*1*1#", "prepaid");
	talk_expect_call(talk, "service.offered");
	talk_services(talk, 2);
	talk_expect_ask(talk, "Open SERVICE1?\n1 Yes\n2 No\n0 Back");
}

static void engine__dialled_path__stops_before_an_immediate_commit(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*5#", "prepaid");
	talk_expect_ask(talk, HOME_PREPAID);
	talk_input(talk, "5");
	talk_expect_call(talk, "language.set");
}

/* Nor does it order through a row, or a route. The words after a keyword may. */
static void engine__dialled_path__stops_before_an_order_behind_a_row_or_a_route(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*158*1*1#", "prepaid");
	talk_expect_call(talk, "service.offered");
	talk_services(talk, 2);
	assert_int_equal(talk->effect.kind, EFFECT_ASK);
	assert_memory_equal(talk->effect.text, "Which?", 6);
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	session_init(&talk->session, talk->menu);
	talk_dial(talk, "*158*2#", "prepaid");
	talk_expect_ask(talk, "Quick\n1 List\n2 Route News\n0 Back");
	talk_input(talk, "2");
	talk_expect_call(talk, "service.activate");
}

static void engine__dialled_answers__fill_the_questions_if_allowed(void **state)
{
	struct talk *talk = *state;
	uint8_t *args = talk->effect.args;
	struct record record;
	char text[16];

	talk_dial(talk, "*100*3*246810*135791*135791#", "prepaid");
	talk_expect_call(talk, "password.change");
	record = (struct record){ args, talk->effect.args_len, talk->effect.args_len };
	record_text(&record, FIELD_OLD, text, sizeof(text));
	assert_string_equal(text, "246810");
	record_text(&record, FIELD_NEW, text, sizeof(text));
	assert_string_equal(text, "135791");
	talk_outcome(talk, 0);
	talk_expect_end(talk, "Changed.");
}

static void engine__dialled_answers__missing_ones_are_asked_for(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*3*246810#", "prepaid");
	talk_expect_ask(talk, "New?\n0 Back");
	assert_true(talk->effect.secret);
}

static void engine__dialled_answers__ignored_if_not_allowed(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*7*5*20991231#", "prepaid");
	talk_expect_ask(talk, "Sum?\n0 Back");
}

static void engine__entries__exact_prefix_and_unknown(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*131#", "prepaid");
	talk_expect_end(talk, "You have $12.50.");
	talk_event(talk, EVENT_GONE, "");
	session_init(&talk->session, talk->menu);
	talk_dial(talk, "*131*1#", "prepaid");
	talk_expect_end(talk, "No such code.");
	session_init(&talk->session, talk->menu);
	talk_dial(talk, "*147#", "prepaid");
	assert_int_equal(talk->effect.kind, EFFECT_ASK);
	assert_memory_equal(talk->effect.text, "One two", 7);
}

/* ---- forms ---- */

static void engine__questions__accept_valid_answers_only(void **state)
{
	static const struct { const char *input, *page; } steps[] = {
		{ "0.99", "Wrong amount.\nSum?\n0 Back" },	{ "12,5", "Day?\n0 Back" },
		{ "31.02.2099", "Wrong date.\nDay?\n0 Back" },	{ "01.01.2020", "Wrong date.\nDay?\n0 Back" },
		{ "24122099", "Whom?\n0 Back" },		{ "12a", "Wrong number.\nWhom?\n0 Back" },
		{ "+8613800138000", "Code?\n0 Back" },
		{ "AB12", "Two letters, three digits.\nCode?\n0 Back" },
		{ "AB123", "How?\n0 Back" },			{ "soon", "Wrong value.\nHow?\n0 Back" },
		{ "FAST", "Word?\n0 Back" },			{ "x", "Wrong length.\nWord?\n0 Back" },
		{ "déjà", "$12.50 24.12.2099 8613800138000 AB123 fast?\n1 Yes\n2 No\n0 Back" },
	};
	struct talk *talk = *state;
	size_t i;

	talk_dial(talk, "*100*7#", "prepaid");
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		talk_input(talk, steps[i].input);
		talk_expect_ask(talk, steps[i].page);
	}
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	talk_outcome(talk, 0);
	talk_expect_end(talk, "Form is open.");
}

static void engine__repeat_differs__asks_for_the_first_of_the_two_again(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*3#", "prepaid");
	talk_input(talk, "246810");
	talk_input(talk, "135791");
	talk_input(talk, "135792");
	talk_expect_ask(talk, "Not the same.\nNew?\n0 Back");
}

static void engine__secrets__wiped_after_the_call(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*3*246810*135791*135791#", "prepaid");
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "135791", 6));
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "246810", 6));
}

static void engine__secrets__wiped_after_going_home(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*3*246810#", "prepaid");
	talk_input(talk, "00");
	talk_expect_ask(talk, HOME_PREPAID);
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "246810", 6));
}

/* ---- lists, commits ---- */

static void engine__list__split_into_pages_with_stable_numbers(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 9);
	assert_non_null(strstr(talk->effect.text, "Services\n1 SERVICE1 $1.00/month\n2 SERVICE2"));
	talk_input(talk, "98");
	talk_input(talk, "9");
	talk_expect_ask(talk, "Open SERVICE9?\n1 Yes\n2 No\n0 Back");
	talk_input(talk, "2");
	talk_expect_call(talk, "service.offered");
	talk_services(talk, 9);
	assert_null(strstr(talk->effect.text, "1 SERVICE1 "));	/* back on the second screen */
}

static void engine__empty_list__reported(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 0);
	talk_expect_ask(talk, "None.\n0 Back");
	talk_input(talk, "1");
	talk_expect_ask(talk, "Wrong choice.\nNone.\n0 Back");
}

static void engine__commit__has_its_own_reference(void **state)
{
	struct talk *talk = *state;
	uint64_t first;

	talk_dial(talk, "*100*4*1#", "prepaid");
	talk_services(talk, 2);
	talk_input(talk, "1");
	talk_expect_call(talk, "service.activate");
	first = talk->effect.ref;
	assert_int_not_equal(first, 0);
	talk_outcome(talk, 2);		/* "refused" leads home */
	talk_input(talk, "5");
	talk_expect_call(talk, "language.set");
	assert_int_not_equal(talk->effect.ref, 0);
	assert_int_not_equal(talk->effect.ref, first);
}

/* A6: references do not count steps: the caller's reference comes out, however long the dialog lasts. */
static void A6_engine__more_than_4096_steps__no_reference_twice(void **state)
{
	struct talk *talk = *state;
	uint64_t last = 0;
	int i;

	talk_dial(talk, "*100#", "prepaid");
	for (i = 0; i < 9000; i++) {
		talk_input(talk, "5");
		talk_expect_call(talk, "language.set");
		assert_true(talk->effect.ref > last);
		last = talk->effect.ref;
		talk_outcome(talk, 0);
		assert_int_equal(talk->effect.kind, EFFECT_ASK);
	}
}

static void engine__commit_unavailable__follows_its_branch(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4*1#", "prepaid");
	talk_services(talk, 1);
	talk_input(talk, "1");
	talk_outcome(talk, OUTCOME_UNAVAILABLE);
	talk_expect_end(talk, "Try later.");
}

static void engine__commit_late__names_the_order__F3(void **state)
{
	struct talk *talk = *state;
	char ref[REF_TEXT_SIZE], text[64];

	talk_dial(talk, "*100*4*1#", "prepaid");
	talk_services(talk, 1);
	talk_input(talk, "1");
	ref_print(talk->effect.ref, ref);
	talk_event(talk, EVENT_LATE, "");
	snprintf(text, sizeof(text), "Order %s takes longer.", ref);
	talk_expect_end(talk, text);
}

static void engine__dialled_again_during_commit__names_the_order__F7(void **state)
{
	struct talk *talk = *state;
	char ref[REF_TEXT_SIZE], text[64];

	talk_dial(talk, "*100*4*1#", "prepaid");
	talk_services(talk, 1);
	talk_input(talk, "1");
	ref_print(talk->effect.ref, ref);
	talk_event(talk, EVENT_BEGIN, "*100#");
	snprintf(text, sizeof(text), "Order %s is being carried out.", ref);
	talk_expect_end(talk, text);
}

static void engine__language_set__used_at_once(void **state)
{
	struct talk *talk = *state;
	uint8_t data[32];
	struct record facts = { data, 0, sizeof(data) };
	struct session_event event = { .kind = EVENT_RESULT, .facts = &facts, .trust = TRUST_PASSWORD };

	talk_dial(talk, "*100#", "prepaid");
	talk_input(talk, "5");
	record_put_text(&facts, FIELD_LANGUAGE, "zh", 2);
	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
	assert_non_null(strstr(talk->effect.text, "菜单\n1 余额"));
}

/* ---- surveys ---- */

/* Up to the CALL that decides whether a survey follows. The result shows the number of the order, not of that CALL. */
static void finish(struct talk *talk, char result[static 64])
{
	char ref[REF_TEXT_SIZE];

	talk_dial(talk, "*159#", "prepaid");
	talk_input(talk, "1");
	snprintf(result, 64, "Cancelled, order %s.", ref_print(talk->effect.ref, ref));
	talk_outcome(talk, 0);
	talk_expect_call(talk, "survey.offer");
	talk_expect_arg(talk, FIELD_SURVEY, "finish");
}

static void engine__survey__asked_below_the_result__S17(void **state)
{
	struct talk *talk = *state;
	char result[64], text[128];

	finish(talk, result);
	talk_outcome(talk, 0);
	snprintf(text, sizeof(text), "%s\nGood? 1 no 2 yes", result);
	talk_expect_ask(talk, text);
	talk_input(talk, "2");
	talk_expect_call(talk, "survey.answer");
	talk_expect_arg(talk, FIELD_SURVEY, "finish");
	talk_expect_arg(talk, FIELD_SCORE, "2");
	talk_outcome(talk, 0);
	talk_expect_end(talk, "Thanks.");
}

/* Whatever happens to the question, the subscriber gets the result, and the dialog counts as completed. */
static void engine__survey__not_asked_or_not_answered__ends_with_the_result__S17(void **state)
{
	static const struct {
		bool asked;
		enum event_kind event;
		int outcome;
		bool silent, served;
	} table[] = {
		{ .event = EVENT_RESULT, .outcome = 1 },
		{ .event = EVENT_RESULT, .outcome = OUTCOME_UNAVAILABLE },
		{ .event = EVENT_RESULT, .outcome = OUTCOME_UNCERTAIN },
		{ .event = EVENT_RESULT, .outcome = OUTCOME_NO_ACCOUNT },
		{ .event = EVENT_LATE },
		{ .event = EVENT_STOP },
		{ .event = EVENT_GONE, .silent = true, .served = true },
		{ .asked = true, .event = EVENT_SILENCE, .served = true },
		{ .asked = true, .event = EVENT_GONE, .silent = true, .served = true },
	};
	struct talk *talk = *state;
	char result[64];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		finish(talk, result);
		if (table[i].asked)
			talk_outcome(talk, 0);
		if (table[i].event == EVENT_RESULT)
			talk_outcome(talk, table[i].outcome);
		else
			talk_event(talk, table[i].event, "");
		talk_expect_end(talk, table[i].silent ? "" : result);
		assert_int_equal(talk->effect.served, table[i].served);
		assert_false(talk->effect.parked);
		session_init(&talk->session, talk->menu);
	}
}

/* The order was made before the question was asked. */
static void engine__survey__hangs_up_while_the_answer_is_stored__completed__S17(void **state)
{
	struct talk *talk = *state;
	char result[64];

	finish(talk, result);
	talk_outcome(talk, 0);
	talk_input(talk, "2");
	talk_expect_call(talk, "survey.answer");
	talk_event(talk, EVENT_GONE, "");
	talk_expect_end(talk, "");
	assert_true(talk->effect.served);
}

/* ---- degraded ---- */

static void engine__unknown_subscriber__sees_pages_without_account_data__F15(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", NULL);
	talk_expect_ask(talk, HOME_PREPAID);
	talk_input(talk, "1");
	talk_expect_end(talk, "Unknown number.");
}

static void engine__store_unavailable__reported__F16(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*1#", "");
	talk_expect_end(talk, "Not available.");
}

static void engine__stale_data__shown_with_their_age__F17(void **state)
{
	static const struct { int64_t age; const char *text; } cases[] = {
		{ 0, "As of 00:00, services 23:00." },
		{ 3600, "As of 23:00, services 22:00." },
		{ 3601, "As of 22:59 (old), services 21:59." },
		{ 86400, "As of 00:00 (old), services 23:00." },
	};
	const int64_t midnight = 1790035200;
	struct talk *talk = *state;
	uint8_t data[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record facts = { data, 0, sizeof(data) };
		struct session_event event = { .kind = EVENT_RESULT, .facts = &facts, .now = midnight,
					       .trust = TRUST_PASSWORD };

		session_init(&talk->session, talk->menu);
		record_put_number(&facts, FIELD_AS_OF, midnight - cases[i].age);
		record_put_number(&facts, FIELD_SERVICES_AS_OF, midnight - cases[i].age - 3600);
		record_put_text(&facts, FIELD_LANGUAGE, "en", 2);
		talk_event(talk, EVENT_TEXT, "AGE");
		engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
		talk_expect_end(talk, cases[i].text);
	}
}

/* ---- repetition and resumption ---- */

/* A million sessions wait. */
static void engine__account_facts__only_those_that_the_menu_names(void **state)
{
	struct talk *talk = *state;
	struct record found = { talk->session.data, 0, SESSION_DATA_MAX };
	struct value value;

	assert_false(talk->menu->unneeded[FIELD_BALANCE]);
	talk->menu->unneeded[FIELD_OWED] = true;
	talk_dial(talk, "*100#", "prepaid");
	found.len = talk->session.used;
	assert_int_equal(record_number(&found, FIELD_BALANCE, 0), 1250);
	assert_false(record_get(&found, FIELD_OWED, &value));
	assert_true(record_is(&found, FIELD_ACCOUNT, "prepaid"));
}

static void engine__repeat__same_page_and_no_action__F1(void **state)
{
	struct talk *talk = *state;
	char shown[sizeof(talk->effect.text)];

	talk_dial(talk, "*100*4*1#", "prepaid");
	talk_services(talk, 1);
	strcpy(shown, talk->effect.text);
	talk_event(talk, EVENT_REPEAT, "1");
	talk_expect_ask(talk, shown);
}

static void engine__dropped_dialog__is_offered_and_continued__F6(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 3);
	talk_event(talk, EVENT_GONE, "");
	assert_int_equal(talk->effect.kind, EFFECT_END);
	assert_int_equal(talk->effect.len, 0);
	assert_true(talk->effect.parked);
	talk_event(talk, EVENT_BEGIN, "*100#");
	talk_expect_ask(talk, "Go on?\n1 Continue\n2 Main menu");
	talk_input(talk, "7");
	talk_expect_ask(talk, "Wrong choice.\nGo on?\n1 Continue\n2 Main menu");
	talk_input(talk, "1");
	talk_expect_call(talk, NULL);
	talk_outcome(talk, 0);
	talk_expect_call(talk, "service.offered");
	talk_services(talk, 3);
	assert_memory_equal(talk->effect.text, "Services\n1", 10);
}

static void engine__dropped_dialog__main_menu_on_request(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 3);
	talk_event(talk, EVENT_SILENCE, "");
	talk_expect_end(talk, "No answer.");
	talk_event(talk, EVENT_BEGIN, "*100#");
	talk_input(talk, "2");
	talk_outcome(talk, 0);
	talk_expect_ask(talk, HOME_PREPAID);
}

static void engine__direct_dial__dropped_dialog_not_offered(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 3);
	talk_event(talk, EVENT_GONE, "");
	talk_dial(talk, "*100*1#", "prepaid");
	talk_expect_end(talk, "You have $12.50.");
}

static void engine__secret_or_commit__is_never_offered_again__F6(void **state)
{
	static const char *const codes[] = { "*100*3#", "*100#", "*100*7#" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		session_init(&talk->session, talk->menu);
		talk_dial(talk, codes[i], "prepaid");
		assert_int_equal(talk->effect.kind, EFFECT_ASK);
		assert_false(session_resumable(&talk->session));
		talk_event(talk, EVENT_GONE, "");
		assert_false(talk->effect.parked);
	}
}

/* ---- save and load ---- */

static void session__saved_and_loaded__continues_elsewhere(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[8192];
	int len;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 3);
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	assert_true(len > 0);
	memset(&talk->session, 0xee, sizeof(talk->session));
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	talk_event(talk, EVENT_BEGIN, "*100#");
	talk_input(talk, "1");
	talk_outcome(talk, 0);
	talk_services(talk, 3);
	talk_input(talk, "2");
	talk_expect_ask(talk, "Open SERVICE2?\n1 Yes\n2 No\n0 Back");
}

static void session__of_another_menu__is_stale(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[8192];
	int len;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 1);
	talk->session.menu ^= 1;
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), -ESTALE);
}

static void session__damaged_octets__refused_or_harmless(void **state)
{
	struct talk *talk = *state;
	uint8_t saved[8192], broken[8192];
	unsigned int seed = 7;
	int len, i, cut;

	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 3);
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	for (cut = 0; cut < len; cut++)
		assert_int_not_equal(session_load(&talk->session, talk->menu, saved, cut), 0);
	for (i = 0; i < 20000; i++) {
		memcpy(broken, saved, len);
		broken[rand_r(&seed) % len] = rand_r(&seed);
		if (session_load(&talk->session, talk->menu, broken, len))
			continue;
		talk_event(talk, EVENT_BEGIN, "*100#");
		talk_input(talk, "1");
		talk_outcome(talk, 0);
		talk_input(talk, "1");
	}
}

/* ---- every event ---- */

static void check_effect(const struct talk *talk)
{
	const struct text_cost cost = text_cost(talk->effect.text, talk->effect.len);

	assert_true(talk->effect.kind <= EFFECT_CALL);
	assert_true(talk->session.used <= SESSION_DATA_MAX);
	if (talk->effect.kind == EFFECT_ASK)
		assert_true(talk->effect.len && text_fits(cost, talk->limits.ask));
	if (talk->effect.kind == EFFECT_END)
		assert_true(text_fits(cost, talk->limits.end));
}

static void engine__every_state_and_event__has_an_effect(void **state)
{
	struct talk *talk = *state;
	unsigned int s, e;

	for (s = 0; s <= SESSION_OVER + 1; s++) {
		for (e = 0; e <= EVENT_KIND_COUNT; e++) {
			session_init(&talk->session, talk->menu);
			talk->session.state = s;
			talk->effect.kind = 99;
			talk_event(talk, e, "1");
			check_effect(talk);
		}
	}
}

static void random_step(struct talk *talk, unsigned int *seed)
{
	static const char *const inputs[] = { "1", "2", "3", "4", "5", "6", "7", "0", "00", "98", "246810", "135791",
					      "12.50", "24122099", "13800138000", "AB123", "fast", "abc", "", "x",
					      "*100*4*1*1#", "😀", "\xff\xfe", "99999999999999999999" };
	const unsigned int dice = rand_r(seed) % 100;

	if (talk->effect.kind == EFFECT_CALL && dice < 90)
		talk->effect.action && talk->effect.action->lists ? talk_services(talk, rand_r(seed) % 12)
								  : talk_outcome(talk, (int)(rand_r(seed) % 8) - 3);
	else if (talk->effect.kind == EFFECT_END && !talk->effect.parked)
		session_init(&talk->session, talk->menu), talk_event(talk, EVENT_BEGIN, "*100#");
	else if (talk->effect.kind == EFFECT_END || dice < 3)
		talk_event(talk, EVENT_BEGIN, inputs[rand_r(seed) % 24]);
	else if (dice < 95)
		talk_input(talk, inputs[rand_r(seed) % 24]);
	else
		talk_event(talk, rand_r(seed) % EVENT_KIND_COUNT, "1");
}

static void engine__random_walk_of_200000_steps__always_fits(void **state)
{
	struct talk *talk = *state;
	unsigned int seed = 20261121, i;

	talk_event(talk, EVENT_BEGIN, "*100#");
	for (i = 0; i < 200000; i++) {
		random_step(talk, &seed);
		check_effect(talk);
	}
}

static void ref__print__is_readable(void **state)
{
	char text[REF_TEXT_SIZE];

	assert_string_equal(ref_print(0, text), "0000-0000-0000");
	assert_string_equal(ref_print((UINT64_C(1) << 60) - 1, text), "ZZZZ-ZZZZ-ZZZZ");
	assert_string_equal(ref_print(33, text), "0000-0000-0011");
	assert_int_equal(strlen(text), REF_TEXT_SIZE - 1);	/* stores save this many octets */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, talk_setup, talk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(engine__hidden_item__leaves_a_gap),
		TEST(engine__route__depends_on_the_account),
		TEST(engine__stay_page__goes_back),
		TEST(engine__three_wrong_inputs__end_politely),
		TEST(engine__long_text__split_into_screens_that_fit),
		TEST(engine__back_on_a_later_screen__goes_one_screen_back),
		TEST(engine__full_width_digits__are_understood),
		TEST(engine__dialled_path__follows_the_keys),
		TEST(engine__dialled_path__shows_the_page_before_a_wrong_part),
		TEST(engine__dialled_path_back_and_forth__bounded_number_of_calls),
		TEST(engine__dialog_of_many_inputs__calls_not_bounded),
		TEST(engine__dialled_path__stops_at_a_confirmation),
		TEST(engine__dialled_path__stops_before_an_immediate_commit),
		TEST(engine__dialled_path__stops_before_an_order_behind_a_row_or_a_route),
		TEST(engine__dialled_answers__fill_the_questions_if_allowed),
		TEST(engine__dialled_answers__missing_ones_are_asked_for),
		TEST(engine__dialled_answers__ignored_if_not_allowed),
		TEST(engine__entries__exact_prefix_and_unknown),
		TEST(engine__questions__accept_valid_answers_only),
		TEST(engine__repeat_differs__asks_for_the_first_of_the_two_again),
		TEST(engine__secrets__wiped_after_the_call),
		TEST(engine__secrets__wiped_after_going_home),
		TEST(engine__list__split_into_pages_with_stable_numbers),
		TEST(engine__empty_list__reported),
		TEST(engine__commit__has_its_own_reference),
		TEST(A6_engine__more_than_4096_steps__no_reference_twice),
		TEST(engine__commit_unavailable__follows_its_branch),
		TEST(engine__commit_late__names_the_order__F3),
		TEST(engine__dialled_again_during_commit__names_the_order__F7),
		TEST(engine__language_set__used_at_once),
		TEST(engine__survey__asked_below_the_result__S17),
		TEST(engine__survey__hangs_up_while_the_answer_is_stored__completed__S17),
		TEST(engine__survey__not_asked_or_not_answered__ends_with_the_result__S17),
		TEST(engine__unknown_subscriber__sees_pages_without_account_data__F15),
		TEST(engine__store_unavailable__reported__F16),
		TEST(engine__stale_data__shown_with_their_age__F17),
		TEST(engine__account_facts__only_those_that_the_menu_names),
		TEST(engine__repeat__same_page_and_no_action__F1),
		TEST(engine__dropped_dialog__is_offered_and_continued__F6),
		TEST(engine__dropped_dialog__main_menu_on_request),
		TEST(engine__direct_dial__dropped_dialog_not_offered),
		TEST(engine__secret_or_commit__is_never_offered_again__F6),
		TEST(session__saved_and_loaded__continues_elsewhere),
		TEST(session__of_another_menu__is_stale),
		TEST(session__damaged_octets__refused_or_harmless),
		TEST(engine__every_state_and_event__has_an_effect),
		TEST(engine__random_walk_of_200000_steps__always_fits),
		cmocka_unit_test(ref__print__is_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
