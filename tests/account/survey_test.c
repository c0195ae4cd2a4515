/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S17: who is asked how satisfied they are, how often, and that the account does not store what they answered. */
#include <string.h>

#include "starhash/account.h"
#include "tests/cmocka.h"

#define NOW INT64_C(1795161600)		/* 2026-11-20 08:00 UTC */
#define TODAY 20261120
#define ABOUT "activate"

static struct account account;
static struct account_step step;
static struct response response;
static struct account_rules rules;

static enum result ask(enum request_kind kind, uint64_t ref, const char *about, const char *score)
{
	struct request request = { .kind = kind, .now = NOW, .ref = ref };
	struct record args = request_args(&request);

	if (about)
		record_put_text(&args, FIELD_SURVEY, about, strlen(about));
	record_put_text(&args, ARG_CHANNEL, "hlr-1", 5);
	if (score)
		record_put_text(&args, FIELD_SCORE, score, strlen(score));
	request_set_args(&request, &args);
	response_init(&response);
	step.response = &response;
	account_step(&rules, &account, &request, &step);
	return response.result;
}

static void setup(int64_t percent, int64_t last, int64_t answered)
{
	assert_null(account_rules_read(&rules, 3, NULL, NULL, NULL));
	rules.messages.survey_percent = percent;
	memset(&account, 0, sizeof(account));
	account.known = true;
	if (last)
		account_add_preference(&account, &(struct preference){
			.kind = notification_kind_find("survey", 6), .last = last, .since = answered, .threshold = THRESHOLD_OPERATORS,
		});
}

static const struct change *change_find(enum change_kind kind)
{
	for (unsigned int i = 0; i < step.changes_count; i++) {
		if (step.changes[i].kind == kind)
			return &step.changes[i];
	}
	return NULL;
}

static void offer__whom__and_when(void **state)
{
	static const struct {
		const char *what;
		int64_t percent, last;
		enum preference_choice choice;
		const char *ticket;
		enum ticket_state state;
		bool former;
		enum result wanted;
	} table[] = {
		{ "never asked", 100, 0, .wanted = RESULT_OK },
		{ "no surveys at all", 0, 0, .wanted = RESULT_REFUSED },
		{ "asked 89 days ago", 100, 20260823, .wanted = RESULT_REFUSED },
		{ "asked 90 days ago", 100, 20260822, .wanted = RESULT_OK },
		{ "asked today", 100, TODAY, .wanted = RESULT_REFUSED },
		{ "asked by a clock that was wrong", 100, 20270101, .wanted = RESULT_OK },
		{ "chose not to be asked", 100, 20200101, PREFERENCE_OFF, .wanted = RESULT_REFUSED },
		{ "chose to be asked", 100, 20200101, PREFERENCE_ON, .wanted = RESULT_OK },
		{ "complaint is open", 100, 0, 0, "complaint", TICKET_OPEN, .wanted = RESULT_REFUSED },
		{ "complaint is answered, not closed", 100, 0, 0, "complaint", TICKET_ANSWERED, .wanted = RESULT_REFUSED },
		{ "complaint is closed", 100, 0, 0, "complaint", TICKET_CLOSED, .wanted = RESULT_OK },
		{ "complaint of a former owner", 100, 0, 0, "complaint", TICKET_OPEN, true, RESULT_OK },
		{ "report that is owed no answer", 100, 0, 0, "nuisance", TICKET_OPEN, .wanted = RESULT_OK },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		setup(table[i].percent, table[i].last, 0);
		account.preferences[0].choice = table[i].choice;
		if (table[i].ticket)
			account.tickets[account.tickets_count++] = (struct ticket){
				.kind = ticket_kind_find(table[i].ticket), .state = table[i].state, .former = table[i].former,
			};
		if (ask(REQUEST_SURVEY_OFFER, 7, ABOUT, NULL) != table[i].wanted)
			fail_msg("%s: %s", table[i].what, result_name(response.result));
		assert_int_equal(step.changes_count, table[i].wanted == RESULT_OK ? 2 : 0);
	}
}

static void offer__accepted__day_stored_and_counted_by_page_and_channel(void **state)
{
	const struct survey *survey;

	setup(100, 20250101, 1);
	assert_int_equal(ask(REQUEST_SURVEY_OFFER, 7, ABOUT, NULL), RESULT_OK);
	survey = change_find(CHANGE_SURVEY_COUNT)->survey;
	assert_int_equal(survey->day, TODAY);
	assert_string_equal(survey->about, ABOUT);
	assert_string_equal(survey->channel, "hlr-1");
	assert_int_equal(survey->score, 0);
	assert_int_equal(change_find(CHANGE_PREFERENCE_PUT)->preference->last, TODAY);
	assert_int_equal(change_find(CHANGE_PREFERENCE_PUT)->preference->since, 0);
	assert_int_equal(ask(REQUEST_SURVEY_OFFER, 8, NULL, NULL), RESULT_REFUSED);
	assert_int_equal(ask(REQUEST_SURVEY_OFFER, 8, "a_page_whose_name_is_much_longer_than_any_that_is_counted_so_that_it_is_cut",
			     NULL), RESULT_OK);
	assert_int_equal(strlen(change_find(CHANGE_SURVEY_COUNT)->survey->about), SURVEY_ABOUT_SIZE - 1);
}

/* 10 % of 10,000, within six standard deviations; the same request is always decided alike. */
static void offer__ten_percent__a_tenth_is_asked(void **state)
{
	unsigned int asked = 0;

	for (uint64_t ref = 1; ref <= 10000; ref++) {
		setup(10, 0, 0);
		asked += ask(REQUEST_SURVEY_OFFER, ref, ABOUT, NULL) == RESULT_OK;
		setup(10, 0, 0);
		assert_int_equal(ask(REQUEST_SURVEY_OFFER, ref, ABOUT, NULL) == RESULT_OK, step.changes_count > 0);
	}
	assert_in_range(asked, 820, 1180);
}

static void answer__counted_once__the_account_has_no_score(void **state)
{
	static const struct {
		int64_t last, answered;
		const char *score;
		enum result wanted;
	} table[] = {
		{ TODAY, 0, "1", RESULT_OK }, { TODAY, 0, "5", RESULT_OK }, { 20261114, 0, "3", RESULT_OK },
		{ 20261113, 0, "3", RESULT_REFUSED }, { 0, 0, "3", RESULT_REFUSED }, { TODAY, 1, "3", RESULT_DUPLICATE },
		{ TODAY, 0, "0", RESULT_REFUSED }, { TODAY, 0, "6", RESULT_REFUSED }, { TODAY, 0, "33", RESULT_REFUSED },
		{ TODAY, 0, "", RESULT_REFUSED }, { TODAY, 0, NULL, RESULT_REFUSED },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		setup(0, table[i].last, table[i].answered);
		if (ask(REQUEST_SURVEY_ANSWER, 7, ABOUT, table[i].score) != table[i].wanted)
			fail_msg("row %zu: %s", i, result_name(response.result));
		if (table[i].wanted != RESULT_OK) {
			assert_int_equal(step.changes_count, 0);
			continue;
		}
		assert_int_equal(step.changes_count, 2);
		assert_int_equal(change_find(CHANGE_SURVEY_COUNT)->survey->score, table[i].score[0] - '0');
		assert_int_equal(change_find(CHANGE_PREFERENCE_PUT)->preference->since, 1);
		assert_int_equal(change_find(CHANGE_PREFERENCE_PUT)->preference->last, table[i].last);
		assert_int_equal(change_find(CHANGE_PREFERENCE_PUT)->preference->threshold, THRESHOLD_OPERATORS);
	}
	setup(0, TODAY, 0);
	assert_int_equal(ask(REQUEST_SURVEY_ANSWER, 7, NULL, "3"), RESULT_REFUSED);
	assert_int_equal(step.changes_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offer__whom__and_when),
		cmocka_unit_test(offer__accepted__day_stored_and_counted_by_page_and_channel),
		cmocka_unit_test(offer__ten_percent__a_tenth_is_asked),
		cmocka_unit_test(answer__counted_once__the_account_has_no_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
