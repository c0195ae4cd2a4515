/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Short messages: keywords as people write them, their arguments, and conversations. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/engine/talk.h"

#define HOME "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"
#define BALANCE "You have $12.50."

static void anew(struct talk *talk)
{
	session_init(&talk->session, talk->menu);
}

/* ---- spellings (F21) ---- */

static void text__spellings__F21_all_mean_the_balance(void **state)
{
	static const char *const spellings[] = {
		"YE", "ye", "Ye", " ye ", "ye.", "YE!", "ye。", "ＹＥ", "ｙｅ", "\"YE\"", "‘ye’", "ye\n", "Ye\r\n", "YE\n--\nWang Wei",
		"ye, thank you", "ye please", "ye 谢谢", "ye😀", "😀 ye", "*ye#", "#YE#", "cxye", "CXYE", "ＣＸＹＥ", "cxye？", "bal",
		"Bal.", "BAL?", "balance", "Balance", "BALANCE!!!", "balance please", "  balance\tnow", "money", "Money, please",
		"1010", "１０１０", "1010.", "١٠١٠", "余额", "余额。", "“余额”", "查余额", "查余额！", "余额 谢谢", "【余额】",
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		anew(talk);
		talk_text(talk, spellings[i], "prepaid");
		if (strcmp(talk->effect.text, BALANCE))
			fail_msg("'%s' gave '%s'", spellings[i], talk->effect.text);
	}
}

static void text__unknown_word__nearest_keyword_or_plain_help(void **state)
{
	static const struct { const char *text, *hint; } cases[] = {
		{ "blance", "Did you mean BALANCE?" },	 { "ballance", "Did you mean BALANCE?" },
		{ "servces", "Did you mean SERVICES?" }, { "BAK", "Did you mean BAL?" },
		{ "chinees", "Did you mean CHINESE?" },  { "hello there", "Unknown keyword." },
		{ "qwertyuiop", "Unknown keyword." },	 { "9", "Unknown keyword." },
		{ "I asked for YE yesterday", "Unknown keyword." },
	};
	struct talk *talk = *state;
	char page[400];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		anew(talk);
		talk_text(talk, cases[i].text, "prepaid");
		snprintf(page, sizeof(page), "%s\n" HOME, cases[i].hint);
		talk_expect_ask(talk, page);
	}
}

static void text__empty__main_menu(void **state)
{
	static const char *const texts[] = { "", " ", "\n", "...", "😀", "？" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_ask(talk, HOME);
	}
}

static void text__key_of_the_menu_without_conversation__accepted(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "1.", "prepaid");
	talk_expect_end(talk, BALANCE);
}

/* F16: a yes may answer what another process asked; a key of the menu and a keyword do what they always do. */
static void text__conversation_cannot_be_looked_up__yes_is_deferred(void **state)
{
	static const struct {
		const char *text, *shows;
	} table[] = { { "yes", "Not available." }, { "No", "Not available." }, { "1", BALANCE }, { "YE", BALANCE }, { "", HOME } };
	struct session_event event = { .kind = EVENT_TEXT, .short_code = "10086", .unsure = true };
	struct talk *talk = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		anew(talk);
		event.text = table[i].text;
		event.len = strlen(event.text);
		engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
		talk_facts(talk, "prepaid");
		assert_memory_equal(talk->effect.text, table[i].shows, strlen(table[i].shows));
	}
}

static void text__other_short_code__polite_end(void **state)
{
	struct session_event event = { .kind = EVENT_TEXT, .text = "YE", .len = 2, .short_code = "99999" };
	struct talk *talk = *state;

	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
	talk_expect_end(talk, "No such code.");
}

/* ---- arguments ---- */

static void expect_password(struct talk *talk, const char *text)
{
	struct record args;
	char old[16], new[16];

	anew(talk);
	talk_text(talk, text, "prepaid");
	if (talk->effect.kind != EFFECT_CALL)
		fail_msg("'%s' gave '%s'", text, talk->effect.text);
	talk_expect_call(talk, "password.change");
	args = (struct record){ talk->effect.args, talk->effect.args_len, talk->effect.args_len };
	record_text(&args, FIELD_OLD, old, sizeof(old));
	record_text(&args, FIELD_NEW, new, sizeof(new));
	assert_string_equal(old, "246810");
	assert_string_equal(new, "135791");
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "135791", 6));
}

static void text__arguments__answer_the_questions_in_order(void **state)
{
	static const char *const texts[] = {
		"XGMM#246810#135791#135791", "xgmm 246810 135791 135791", "XGMM 246810,135791,135791",
		"XGMM＃246810＃135791＃135791", "mmxg*246810*135791*135791#", "Xgmm: 246810 135791 135791.",
		"change pin 246810 135791 135791", "Change-PIN 246810/135791/135791", "XGMM ２４６８１０ １３５７９１ １３５７９１",
		"XGMM\n246810\n135791\n135791", "XGMM 246810 135791 135791 thanks",
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_password(talk, texts[i]);
}

static void text__arguments_missing__asked_for(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "XGMM 246810", "prepaid");
	talk_expect_ask(talk, "New?\n0 Back");
	assert_true(talk->effect.secret);
	talk_text(talk, "135791", NULL);
	talk_text(talk, "135791", NULL);
	talk_expect_call(talk, "password.change");
}

static void text__argument_chooses_a_row__and_stops_at_the_confirmation(void **state)
{
	static const char *const texts[] = { "KT SERVICE2", "kt service2", "KT2", "KTSERVICE2", "ktservice2.", "KT#2",
					     "ＫＴＳＥＲＶＩＣＥ２", "KT service2, please", "“kt” service2. Thank you" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_call(talk, "service.offered");
		talk_services(talk, 3);
		talk_expect_ask(talk, "Open SERVICE2?\n1 Yes\n2 No\n0 Back");
	}
}

/* The last argument is the rest of the text, with what separates others. */
static void text__words_after_a_keyword__S12_all_of_them_are_passed(void **state)
{
	static const char *const texts[] = { "TS It costs 2*3, not 5/6; why? #1", "ts  It costs 2*3, not 5/6; why? #1" };
	struct talk *talk = *state;
	char text[560] = "TS ";
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_call(talk, "ticket.open");
		talk_expect_arg(talk, FIELD_TEXT, "It costs 2*3, not 5/6; why? #1");
	}
	for (i = 0; i < 180; i++)
		strcat(text, "慢");
	anew(talk);
	talk_text(talk, text, "prepaid");
	talk_expect_call(talk, "ticket.open");
	talk_expect_arg(talk, FIELD_TEXT, text + 3);
}

/* ---- texts that are no keywords ---- */

static void text_to(struct talk *talk, const char *short_code, const char *text)
{
	struct session_event event = { .kind = EVENT_TEXT, .text = text, .len = strlen(text), .short_code = short_code };

	talk_stamp(talk, &event);
	engine_step(talk->menu, &talk->limits, &talk->session, &event, &talk->effect);
	if (talk->effect.kind == EFFECT_CALL && !talk->effect.action)
		talk_facts(talk, "prepaid");
}

static void expect_report(struct talk *talk, const char *sender, const char *text)
{
	talk_expect_call(talk, "ticket.open");
	talk_expect_arg(talk, FIELD_TICKET_KIND, "nuisance");
	talk_expect_arg(talk, FIELD_SENDER, sender);
	talk_expect_arg(talk, FIELD_TEXT, text);
}

static void text__report__S13_split_once_and_never_a_keyword(void **state)
{
	static const struct { const char *text, *sender, *said; } cases[] = {
		{ "10690001*YE", "10690001", "YE" }, { "10690001＊ ＷＩＮ * a prize \n", "10690001", "ＷＩＮ * a prize" },
		{ "BANK٭*100#", "BANK", "*100#" }, { " １０６９ *no", "1069", "no" }, { "STOP*NEWS", "STOP", "NEWS" },
	};
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		anew(talk);
		text_to(talk, "10086999", cases[i].text);
		expect_report(talk, cases[i].sender, cases[i].said);
	}
}

static void text__report_without_a_sender__S13_asked_and_the_text_is_not_lost(void **state)
{
	static const char *const texts[] = { "YE", "*100#", "Call me * now", "KT SERVICE2", "*win", "10690001 win" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		text_to(talk, "10086999", texts[i]);
		talk_expect_ask(talk, "Who?\n0 Back");
		text_to(talk, "10086999", "my neighbour");
		talk_expect_ask(talk, "Wrong value.\nWho?\n0 Back");
		text_to(talk, "10086999", "10690001");
		expect_report(talk, "10690001", texts[i]);
	}
}

static void text__another_report_while_one_asks__S13_begins_again(void **state)
{
	struct talk *talk = *state;

	text_to(talk, "10086999", "the first");
	text_to(talk, "10086999", "10690002*the second");
	expect_report(talk, "10690002", "the second");
	anew(talk);
	text_to(talk, "10086999", "");
	talk_expect_ask(talk, "Who?\n0 Back");
	text_to(talk, "10086999", "10690003*the third");
	expect_report(talk, "10690003", "the third");
	anew(talk);
	text_to(talk, "10086999", "the fourth");
	text_to(talk, "10086999", "0");			/* back: the menu */
	talk_expect_ask(talk, HOME);
	text_to(talk, "10086999", "YE");
	talk_expect_ask(talk, "Who?\n0 Back");
}

static void text__one_question__S14_the_whole_text_answers_it(void **state)
{
	static const char *const texts[] = { "YE", "no signal * in Park Road #5", "0000", "1 2 3" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		text_to(talk, "10086120", texts[i]);
		talk_expect_call(talk, "ticket.open");
		talk_expect_arg(talk, FIELD_TICKET_KIND, "network");
		talk_expect_arg(talk, FIELD_TEXT, texts[i]);
	}
	anew(talk);
	text_to(talk, "10086120", "x");
	talk_expect_ask(talk, "Wrong length.\nWhat is wrong?\n0 Back");
	text_to(talk, "10086120", "YE YE");
	talk_expect_call(talk, "ticket.open");
}

/* ---- an agent (S19) ---- */

static void expect_agent(struct talk *talk, const char *so_far)
{
	talk_expect_call(talk, "ticket.agent");
	talk_expect_arg(talk, FIELD_TICKET_KIND, "agent");
	talk_expect_arg(talk, FIELD_TEXT, so_far);
}

static void agent__key__S19_brings_the_dialog_so_far(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100#", "prepaid");
	talk_input(talk, "*");
	expect_agent(talk, "Menu");

	anew(talk);
	talk_dial(talk, "*100*4#", "prepaid");
	talk_services(talk, 3);
	talk_input(talk, "2");
	talk_expect_ask(talk, "Open SERVICE2?\n1 Yes\n2 No\n0 Back");
	talk_input(talk, " ＊ ");
	expect_agent(talk, "Menu > 4 Services > Open SERVICE2?");
}

static void agent__forms__S19_answers_but_no_secrets(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*100*7#", "prepaid");
	talk_input(talk, "5");
	talk_input(talk, "01.12.2030");
	talk_input(talk, "13800138000");
	talk_input(talk, "AB123");
	talk_input(talk, "*");
	expect_agent(talk, "Menu > 7 Form > Sum?  > Day?  > Whom? 13800138000 > Code? AB123 > How?  > Word? ");

	anew(talk);
	talk_dial(talk, "*100*3#", "prepaid");
	talk_input(talk, "246810");
	talk_expect_ask(talk, "New?\n0 Back");
	talk_input(talk, "*");
	expect_agent(talk, "Menu > 3 Password > Old?  > New?  > Again? ");
	assert_null(memmem(talk->session.data, sizeof(talk->session.data), "246810", 6));
}

/* Ordinary staff may not see what is reported there. */
static void agent__nuisance_report__S13_brings_no_answers(void **state)
{
	struct talk *talk = *state;

	talk_dial(talk, "*160#", "prepaid");
	talk_input(talk, "10690001");
	talk_input(talk, "*");
	expect_agent(talk, "Who?  > What? ");
}

static void agent__text__S19_brings_the_conversation_that_it_leaves(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "RG my line is dead", "prepaid");
	expect_agent(talk, "RG my line is dead");

	anew(talk);
	talk_text(talk, "", "prepaid");
	talk_text(talk, "4", NULL);
	talk_services(talk, 3);
	talk_text(talk, "rg", "prepaid");
	expect_agent(talk, "Menu > 4 Services > Services > rg");

	anew(talk);
	talk_text(talk, "SERVICES", "prepaid");
	talk_services(talk, 3);
	talk_text(talk, "*", NULL);
	expect_agent(talk, "Services");
}

static void agent__long_way__S19_the_end_of_it(void **state)
{
	char text[600];
	struct talk *talk = *state;
	struct record args;
	size_t i;

	talk_dial(talk, "*100#", "prepaid");
	for (i = 0; i < menu_page_count(talk->menu); i++)
		if (!strcmp(menu_page_name(talk->menu, (unsigned int)i), "info"))
			break;
	for (talk->session.depth = 0; talk->session.depth < SESSION_STACK_MAX - 1; talk->session.depth++)
		talk->session.stack[talk->session.depth].page = (uint16_t)i;
	talk_input(talk, "*");
	talk_expect_call(talk, "ticket.agent");
	args = talk_args(talk);
	assert_in_range(record_text(&args, FIELD_TEXT, text, sizeof(text)), 300, 500);
	assert_memory_equal(text, "One two three", 13);
	assert_string_equal(text + strlen(text) - 7, " > Menu");
}

static void text__argument_chooses_nothing__list_is_shown(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "KT NOSUCH", "prepaid");
	talk_services(talk, 1);
	talk_expect_ask(talk, "Wrong choice.\nServices\n1 SERVICE1 $1.00/month\n0 Back");
}

/* A row is identified by its first field: its price and period do not name it. */
static void text__argument_is_another_field__chooses_nothing(void **state)
{
	static const char *const texts[] = { "KT 200", "KT month" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_services(talk, 1);
		talk_expect_ask(talk, "Wrong choice.\nServices\n1 SERVICE1 $1.00/month\n0 Back");
	}
}

static void text__code__same_page_as_dialled(void **state)
{
	static const char *const texts[] = { "*131#", "*100*1#", " ＊131＃", "*131" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		talk_text(talk, texts[i], "prepaid");
		talk_expect_end(talk, BALANCE);
	}
	anew(talk);
	talk_text(talk, "*131*1#", "prepaid");
	talk_expect_ask(talk, "Unknown keyword.\n" HOME);
}

static void text__information_page_has_no_use_for_it__starts_again(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "YE", "postpaid");
	talk_expect_ask(talk, "You owe -$3.00.\n0 Back");
	talk_text(talk, "BAK", "prepaid");
	talk_expect_ask(talk, "Did you mean BAL?\n" HOME);
}

static void text__mistake_at_a_menu__nearest_keyword(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "", "prepaid");
	talk_text(talk, "blance", NULL);
	talk_expect_ask(talk, "Did you mean BALANCE?");
	talk_text(talk, "8", NULL);
	talk_expect_ask(talk, "Wrong choice.\n" HOME);
	talk_text(talk, "", "prepaid");
	talk_expect_ask(talk, HOME);
}

static void text__yes_to_the_nearest_keyword__means_it(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "blance", "prepaid");
	talk_expect_ask(talk, "Did you mean BALANCE?\n" HOME);
	talk_text(talk, "yes", "prepaid");
	talk_expect_end(talk, BALANCE);
	/* only at once */
	anew(talk);
	talk_text(talk, "", "prepaid");
	talk_text(talk, "blance", NULL);
	talk_text(talk, "1", NULL);
	talk_expect_end(talk, BALANCE);
}

static void text__keyword_that_commits_at_once__does_it(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "Chinese", "prepaid");
	talk_expect_call(talk, "language.set");
}

/* ---- conversations ---- */

static void text__reply__continues_the_menu(void **state)
{
	static const char *const replies[] = { "1", "1.", " 1 ", "１", "1!", "1\n" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		anew(talk);
		talk_text(talk, "", "prepaid");
		talk_text(talk, replies[i], NULL);
		talk_expect_end(talk, BALANCE);
	}
}

/* It answers an expired question, or one of another conversation. */
static void text__yes_or_no_to_a_menu__S6_F19_nothing_was_asked(void **state)
{
	static const char *const words[] = { "yes", "Y!", "OK", "no", "好" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		anew(talk);
		talk_text(talk, "", "prepaid");
		talk_text(talk, words[i], NULL);
		talk_expect_ask(talk, "Nothing was asked.");
	}
}

static void text__new_keyword__leaves_the_conversation(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "KT 1", "prepaid");
	talk_services(talk, 2);
	talk_text(talk, "ye", "prepaid");
	talk_expect_end(talk, BALANCE);
}

static void text__keyword_that_answers_the_question__is_its_answer(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "FORM 12.50 24122099", "prepaid");
	talk_expect_ask(talk, "Whom?\n0 Back");
	talk_text(talk, "1010", NULL);		/* a valid phone number */
	talk_expect_ask(talk, "Code?\n0 Back");
	talk_text(talk, "ye", "prepaid");	/* not a code, but a keyword */
	talk_expect_end(talk, BALANCE);
}

static void text__decision__in_words(void **state)
{
	static const char *const yes[] = { "1", "Yes.", "Y!", "yes", "OK", "ＹＥＳ", "“yes”" };
	static const char *const no[] = { "2", "No.", "n", "NO!" };
	struct talk *talk = *state;
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		anew(talk);
		talk_text(talk, "KT 1", "prepaid");
		talk_services(talk, 2);
		talk_text(talk, yes[i], NULL);
		talk_expect_call(talk, "service.activate");
	}
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		anew(talk);
		talk_text(talk, "KT 1", "prepaid");
		talk_services(talk, 2);
		talk_text(talk, no[i], NULL);
		talk_expect_call(talk, "service.offered");
	}
}

static void text__page_with_a_text_for_messages__uses_it(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "KT 1", "prepaid");
	talk_services(talk, 1);
	talk_text(talk, "yes", NULL);
	talk_outcome(talk, 0);
	talk_expect_end(talk, "SERVICE1 is open. Thank you for texting us about it.");
}

static void text__three_mistakes__end_politely(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "KT 1", "prepaid");
	talk_services(talk, 1);
	talk_text(talk, "perhaps", NULL);
	talk_text(talk, "later", NULL);
	talk_text(talk, "who knows", NULL);
	talk_expect_end(talk, "Goodbye, text again.");
}

/* ---- resumed later, by another process ---- */

static int keep(struct talk *talk)
{
	uint8_t saved[REQUEST_ARGS_MAX];
	const int len = session_save(&talk->session, talk->menu, saved, sizeof(saved));

	assert_true(len > 0);
	memset(&talk->session, 0xee, sizeof(talk->session));
	assert_int_equal(session_load(&talk->session, talk->menu, saved, len), 0);
	return len;
}

static void saved__list__small_and_without_facts(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 10);
	assert_in_range(keep(talk), 1, 100);
	assert_false(record_get(&(struct record){ talk->session.data, talk->session.used, talk->session.used },
				FIELD_BALANCE, &(struct value){}));
}

static void saved__more_rows_than_fit__not_saved(void **state)
{
	uint8_t saved[64];
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 20);
	assert_int_equal(session_save(&talk->session, talk->menu, saved, sizeof(saved)), -ENOSPC);
	assert_int_equal(session_save(&talk->session, talk->menu, saved, 3), -ENOSPC);
}

static void resumed__number__answers_the_menu(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "", "prepaid");
	keep(talk);
	talk_text(talk, "1.", "prepaid");
	talk_expect_end(talk, BALANCE);
}

static void resumed__number__chooses_the_row(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 3);
	keep(talk);
	talk_text(talk, "2", "prepaid");
	talk_expect_call(talk, "service.offered");
	talk_services(talk, 3);
	talk_expect_ask(talk, "Open SERVICE2?\n1 Yes\n2 No\n0 Back");
	talk_text(talk, "yes", NULL);
	talk_expect_call(talk, "service.activate");
	talk_outcome(talk, 0);
	talk_expect_end(talk, "SERVICE2 is open. Thank you for texting us about it.");
}

static void resumed__rows_moved__F22_number_means_the_shown_row(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 3);
	keep(talk);
	talk_text(talk, "3", "prepaid");
	talk_services_from(talk, 2, 3);		/* SERVICE3 has become the second */
	talk_expect_ask(talk, "Open SERVICE3?\n1 Yes\n2 No\n0 Back");
}

static void resumed__row_is_gone__F22_list_shown_again(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 3);
	keep(talk);
	talk_text(talk, "1", "prepaid");
	talk_services_from(talk, 2, 3);
	talk_expect_ask(talk, "Wrong choice.\nServices\n1 SERVICE2 $2.00/month\n2 SERVICE3 $3.00/month\n0 Back");
	talk_text(talk, "1", NULL);		/* now it refers to the present screen */
	talk_expect_ask(talk, "Open SERVICE2?\n1 Yes\n2 No\n0 Back");
}

static void resumed__keyword__starts_again(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 3);
	keep(talk);
	talk_text(talk, "XGMM 246810", "prepaid");
	talk_services(talk, 3);
	talk_expect_call(talk, NULL);
	talk_facts(talk, "prepaid");
	talk_expect_ask(talk, "New?\n0 Back");
}

static void resumed__choice_that_commits_at_once__does_it(void **state)
{
	struct talk *talk = *state;
	uint64_t ref;

	talk_text(talk, "", "prepaid");
	talk_text(talk, "5", NULL);
	talk_expect_call(talk, "language.set");
	ref = talk->effect.ref;
	anew(talk);
	talk_text(talk, "", "prepaid");
	keep(talk);
	talk_text(talk, "5", "prepaid");
	talk_expect_call(talk, "language.set");
	assert_true(talk->effect.ref && talk->effect.ref != ref);
}

static void resumed__way_back__leads_where_it_came_from(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "", "prepaid");
	talk_text(talk, "4", NULL);
	talk_services(talk, 3);
	keep(talk);
	talk_text(talk, "0", "prepaid");
	talk_services(talk, 3);
	talk_expect_ask(talk, HOME);
}

static void resumed__account_is_unavailable__polite_end(void **state)
{
	struct talk *talk = *state;

	talk_text(talk, "services", "prepaid");
	talk_services(talk, 3);
	keep(talk);
	talk_text(talk, "1", "");
	talk_outcome(talk, OUTCOME_UNAVAILABLE);
	talk_expect_end(talk, "Not available.");
}

static void resumed__damaged_octets__refused_or_harmless(void **state)
{
	uint8_t saved[REQUEST_ARGS_MAX], broken[REQUEST_ARGS_MAX];
	struct talk *talk = *state;
	unsigned int seed = 11, i;
	int len;

	talk_text(talk, "", "prepaid");
	talk_text(talk, "4", NULL);
	talk_services(talk, 3);
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	assert_true(len > 0);
	for (i = 0; i < 20000; i++) {
		memcpy(broken, saved, len);
		broken[rand_r(&seed) % len] = rand_r(&seed);
		if (session_load(&talk->session, talk->menu, broken, len))
			continue;
		talk_text(talk, rand_r(&seed) % 2 ? "2" : "0", "prepaid");
		if (talk->effect.kind == EFFECT_CALL)
			talk_services(talk, 3);
		assert_true(text_fits(text_cost(talk->effect.text, talk->effect.len), talk->limits.ask));
	}
}

static void text__secret_or_confirmation__never_saved(void **state)
{
	static const char *const texts[] = { "XGMM 246810", "KT 1", "FORM 12.50" };
	struct talk *talk = *state;
	uint8_t saved[REQUEST_ARGS_MAX];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		anew(talk);
		talk_text(talk, texts[i], "prepaid");
		if (talk->effect.kind == EFFECT_CALL)
			talk_services(talk, 2);
		assert_int_equal(talk->effect.kind, EFFECT_ASK);
		assert_int_equal(session_save(&talk->session, talk->menu, saved, sizeof(saved)), -EINVAL);
	}
}

static void text__random_texts__always_an_effect_that_fits(void **state)
{
	static const char alphabet[] = "YE BAL KT1234#*,.\n\xe4\xbd\x99\xe9\xa2\x9d\xf0\x9f\x98\x80\xff\xef\xbc\x91XGMM";
	struct talk *talk = *state;
	unsigned int seed = 3, i, k;
	char text[64];

	for (i = 0; i < 100000; i++) {
		const unsigned int len = rand_r(&seed) % 20;

		for (k = 0; k < len; k++)
			text[k] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
		text[len] = '\0';
		if (talk->effect.kind == EFFECT_END)
			anew(talk);
		talk_text(talk, text, rand_r(&seed) % 3 ? "prepaid" : "");
		if (talk->effect.kind == EFFECT_CALL)
			talk_outcome(talk, 0);
		if (talk->effect.kind != EFFECT_CALL)
			assert_true(text_fits(text_cost(talk->effect.text, talk->effect.len), talk->limits.ask));
		else
			anew(talk);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, talk_setup, talk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text__spellings__F21_all_mean_the_balance),
		TEST(text__unknown_word__nearest_keyword_or_plain_help),
		TEST(text__empty__main_menu),
		TEST(text__key_of_the_menu_without_conversation__accepted),
		TEST(text__conversation_cannot_be_looked_up__yes_is_deferred),
		TEST(text__other_short_code__polite_end),
		TEST(text__arguments__answer_the_questions_in_order),
		TEST(text__arguments_missing__asked_for),
		TEST(text__argument_chooses_a_row__and_stops_at_the_confirmation),
		TEST(text__words_after_a_keyword__S12_all_of_them_are_passed),
		TEST(text__report__S13_split_once_and_never_a_keyword),
		TEST(text__report_without_a_sender__S13_asked_and_the_text_is_not_lost),
		TEST(text__another_report_while_one_asks__S13_begins_again),
		TEST(text__one_question__S14_the_whole_text_answers_it),
		TEST(agent__key__S19_brings_the_dialog_so_far),
		TEST(agent__forms__S19_answers_but_no_secrets),
		TEST(agent__nuisance_report__S13_brings_no_answers),
		TEST(agent__text__S19_brings_the_conversation_that_it_leaves),
		TEST(agent__long_way__S19_the_end_of_it),
		TEST(text__argument_chooses_nothing__list_is_shown),
		TEST(text__argument_is_another_field__chooses_nothing),
		TEST(text__code__same_page_as_dialled),
		TEST(text__information_page_has_no_use_for_it__starts_again),
		TEST(text__mistake_at_a_menu__nearest_keyword),
		TEST(text__yes_to_the_nearest_keyword__means_it),
		TEST(text__keyword_that_commits_at_once__does_it),
		TEST(text__reply__continues_the_menu),
		TEST(text__yes_or_no_to_a_menu__S6_F19_nothing_was_asked),
		TEST(text__new_keyword__leaves_the_conversation),
		TEST(text__keyword_that_answers_the_question__is_its_answer),
		TEST(text__decision__in_words),
		TEST(text__page_with_a_text_for_messages__uses_it),
		TEST(text__three_mistakes__end_politely),
		TEST(saved__list__small_and_without_facts),
		TEST(saved__more_rows_than_fit__not_saved),
		TEST(resumed__number__answers_the_menu),
		TEST(resumed__number__chooses_the_row),
		TEST(resumed__rows_moved__F22_number_means_the_shown_row),
		TEST(resumed__row_is_gone__F22_list_shown_again),
		TEST(resumed__keyword__starts_again),
		TEST(resumed__choice_that_commits_at_once__does_it),
		TEST(resumed__way_back__leads_where_it_came_from),
		TEST(resumed__account_is_unavailable__polite_end),
		TEST(resumed__damaged_octets__refused_or_harmless),
		TEST(text__secret_or_confirmation__never_saved),
		TEST(text__random_texts__always_an_effect_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
