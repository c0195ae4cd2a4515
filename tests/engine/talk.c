/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A conversation with the engine in a test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/conf.h"
#include "tests/cmocka.h"
#include "tests/engine/talk.h"

static void make_code(void *user, char code[static CONFIRM_CODE_SIZE], uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	struct talk *talk = user;

	snprintf(code, CONFIRM_CODE_SIZE, "%06u", ++talk->codes_made % 1000000);
	memset(digest, 0xd1, CONFIRM_DIGEST_SIZE);
	for (int i = 0; i < CONFIRM_CODE_LEN; i++)
		digest[i] = code[i] ^ 0xa5;
}

static bool code_is_right(void *user, const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len)
{
	bool right = len == CONFIRM_CODE_LEN;

	for (size_t i = 0; i < len && right; i++)
		right = digest[i] == (uint8_t)(code[i] ^ 0xa5);
	return right;
}

void talk_open(struct talk *talk)
{
	struct problems problems = {};
	char line[512];
	size_t i;

	memset(talk, 0, sizeof(*talk));
	talk->limits.ask = text_budget_ussd(114);
	talk->limits.end = text_budget_ussd(112);
	talk->now = 1790000000;
	talk->trust = talk->trust_messages = TRUST_PASSWORD;
	talk->codes = (struct codes){ make_code, code_is_right, talk };
	talk->menu = conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), talk->limits, &problems);
	for (i = 0; i < problems.count; i++) {
		problem_print(&problems.list[i], line, sizeof(line));
		fputs(line, stderr);
	}
	problems_fini(&problems);
	assert_non_null(talk->menu);
	session_init(&talk->session, talk->menu);
}

void talk_close(struct talk *talk)
{
	assert_int_equal(menu_users(talk->menu), 0);
	menu_unref(talk->menu);
}

int talk_setup(void **state)
{
	*state = malloc(sizeof(struct talk));
	talk_open(*state);
	return 0;
}

int talk_teardown(void **state)
{
	talk_close(*state);
	free(*state);
	return 0;
}

void talk_stamp(struct talk *talk, struct session_event *event)
{
	event->now = talk->now;
	event->ref = ++talk->refs;
	event->trust = talk->trust;
	event->trust_messages = talk->trust_messages;
	event->codes = &talk->codes;
}

static void step(struct talk *talk, struct session_event *event)
{
	talk_stamp(talk, event);
	engine_step(talk->menu, &talk->limits, &talk->session, event, &talk->effect);
}

void talk_event(struct talk *talk, enum event_kind kind, const char *text)
{
	struct session_event event = { .kind = kind, .text = text, .len = strlen(text) };

	step(talk, &event);
}

void talk_input(struct talk *talk, const char *text)
{
	talk_event(talk, EVENT_INPUT, text);
}

void talk_facts(struct talk *talk, const char *account)
{
	uint8_t data[256];
	struct record facts = { data, 0, sizeof(data) };
	struct session_event event = { .kind = EVENT_RESULT, .facts = &facts };

	if (!account || !*account) {
		event.outcome = account ? OUTCOME_UNAVAILABLE : OUTCOME_NO_ACCOUNT;
	} else {
		record_put_text(&facts, FIELD_ACCOUNT, account, strlen(account));
		record_put_text(&facts, FIELD_LANGUAGE, "en", 2);
		record_put_number(&facts, FIELD_BALANCE, 1250);
		record_put_number(&facts, FIELD_OWED, -300);
	}
	step(talk, &event);
}

void talk_dial(struct talk *talk, const char *code, const char *account)
{
	talk_event(talk, EVENT_BEGIN, code);
	talk_expect_call(talk, NULL);
	talk_facts(talk, account);
}

void talk_text(struct talk *talk, const char *text, const char *account)
{
	struct session_event event = { .kind = EVENT_TEXT, .text = text, .len = strlen(text), .short_code = "10086" };

	step(talk, &event);
	if (talk->effect.kind == EFFECT_CALL && !talk->effect.action)
		talk_facts(talk, account);
}

void talk_outcome(struct talk *talk, int outcome)
{
	struct session_event event = { .kind = EVENT_RESULT, .outcome = outcome };

	step(talk, &event);
}

void talk_services(struct talk *talk, unsigned int count)
{
	talk_services_from(talk, 1, count);
}

void talk_rows(struct talk *talk, const struct rows *rows)
{
	struct session_event event = { .kind = EVENT_RESULT, .rows = rows };

	step(talk, &event);
}

void talk_services_from(struct talk *talk, unsigned int first, unsigned int last)
{
	uint8_t data[128], rows_data[2048];
	struct rows rows = { .data = rows_data, .size = sizeof(rows_data) };
	struct session_event event = { .kind = EVENT_RESULT, .rows = &rows };
	char code[16];
	unsigned int i;

	for (i = first; i <= last; i++) {
		struct record row = { data, 0, sizeof(data) };

		snprintf(code, sizeof(code), "SERVICE%u", i);
		record_put_text(&row, FIELD_SERVICE, code, strlen(code));
		record_put_number(&row, FIELD_PRICE, i * 100);
		record_put_text(&row, FIELD_PERIOD, "month", 5);
		assert_int_equal(rows_add(&rows, &row), 0);
	}
	step(talk, &event);
}

void talk_expect_ask(const struct talk *talk, const char *text)
{
	assert_string_equal(talk->effect.text, text);
	assert_int_equal(talk->effect.kind, EFFECT_ASK);
}

void talk_expect_end(const struct talk *talk, const char *text)
{
	assert_string_equal(talk->effect.text, text);
	assert_int_equal(talk->effect.kind, EFFECT_END);
}

void talk_expect_call(const struct talk *talk, const char *action)
{
	assert_int_equal(talk->effect.kind, EFFECT_CALL);
	if (!action) {
		assert_null(talk->effect.action);
		return;
	}
	assert_non_null(talk->effect.action);
	assert_string_equal(talk->effect.action->name, action);
}

struct record talk_args(struct talk *talk)
{
	return (struct record){ talk->effect.args, talk->effect.args_len, talk->effect.args_len };
}

void talk_expect_arg(struct talk *talk, uint16_t id, const char *expected)
{
	const struct record args = talk_args(talk);
	char text[1100];

	record_text(&args, id, text, sizeof(text));
	assert_string_equal(text, expected);
}
