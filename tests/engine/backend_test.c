/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values of the operator's own services in a dialog: typed, shown as plain text, and sent on as declared. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/backends.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"
#include "tests/engine/talk.h"

#define CFG_OF_WIDTH(width) \
	"backends = { offers = { url = \"https://b/offers\"; send = ( \"msisdn\" );" \
	"	fields = { sum = { path = \"$.s\"; type = \"money\"; width = 8; }; };" \
	"	rows = { path = \"$.o[*]\"; max = 5; fields = { offer = { path = \"$.id\"; type = \"code\"; width = 8; };" \
	"		offer_name = { path = \"$.n\"; width = " width "; }; tier = { path = \"$.t\"; type = \"code\"; width = 1; };" \
	"		cost = { path = \"$.c\"; type = \"count\"; width = 5; }; ends = { path = \"$.e\"; type = \"date\"; }; }; };" \
	"	outcomes = { is = \"none\"; when_status = 404; }; };" \
	"redeem = { url = \"https://b/redeem\"; changes = true;" \
	"	send = ( \"msisdn\", \"offer\", \"wish\", [ \"most\", \"most\", \"money\" ], \"cost\", \"ends\" );" \
	"	fields = { voucher = { path = \"$.v\"; type = \"code\"; width = 8; };" \
	"		sum = { path = \"$.s\"; type = \"money\"; width = 8; }; };" \
	"	outcomes = { is = \"too_few\"; when_status = 422; }; };" \
	"find = { url = \"https://b/find\"; send = ( \"offer\" ); }; };"

enum { OK, DECLARED, UNAVAILABLE, SLOW };

struct bench {
	struct talk talk;
	struct conf_file *file;
	struct backends *backends;
	const struct backend *offers, *redeem;
};

static struct menu *menu_of(const char *text, struct conf_file **file, struct backends **backends)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };
	struct problems problems = { 0 };
	struct menu *menu;

	*file = settings_of(text);
	*backends = backends_read(NULL, setting_get(conf_file_root(*file), "backends"), &problems);
	menu = conf_menu_load(FIXTURES "/engine/backend/menu.cfg", backends_actions(*backends, actions_all()), limits, &problems);
	if (problems.count)
		conf_problems_print(&problems);
	problems_fini(&problems);	/* warnings */
	assert_non_null(menu);
	return menu;
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->talk.menu = menu_of(CFG_OF_WIDTH("20"), &bench->file, &bench->backends);
	bench->talk.limits = (struct text_limits){ text_budget_ussd(160), text_budget_ussd(160) };
	bench->talk.now = 1790000000;
	bench->talk.trust = bench->talk.trust_messages = TRUST_PASSWORD;
	bench->offers = backends_find(bench->backends, "offers");
	bench->redeem = backends_find(bench->backends, "redeem");
	session_init(&bench->talk.session, bench->talk.menu);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	menu_unref(bench->talk.menu);
	backends_free(bench->backends);
	conf_file_free(bench->file);
	free(bench);
	return 0;
}

/* A value of a backend by its name. */
static uint16_t id_of(const struct bench *bench, const char *name)
{
	const struct backend *both[] = { bench->offers, bench->redeem };

	for (size_t i = 0; i < 2; i++) {
		for (unsigned int k = 0; k < both[i]->row_count; k++)
			if (!strcmp(both[i]->row[k].name, name))
				return both[i]->row[k].id;
		for (unsigned int k = 0; k < both[i]->fields_count; k++)
			if (!strcmp(both[i]->fields[k].name, name))
				return both[i]->fields[k].id;
		for (unsigned int k = 0; k < both[i]->sent_count; k++)
			if (!strcmp(both[i]->sent[k].name, name))
				return both[i]->sent[k].id;
	}
	fail_msg("no value %s", name);
	return 0;
}

static void answer_to_call(struct bench *bench, int outcome, int64_t sum, const char *voucher, const struct rows *rows)
{
	uint8_t data[128];
	struct record facts = { data, 0, sizeof(data) };
	struct session_event event = { .kind = EVENT_RESULT, .outcome = outcome, .facts = &facts, .rows = rows };

	if (sum)
		record_put_number(&facts, id_of(bench, "sum"), sum);
	if (voucher)
		record_put_text(&facts, id_of(bench, "voucher"), voucher, strlen(voucher));
	talk_stamp(&bench->talk, &event);
	engine_step(bench->talk.menu, &bench->talk.limits, &bench->talk.session, &event, &bench->talk.effect);
}

/* NULL, 0: the row lacks it. */
static void row_add(const struct bench *bench, struct rows *rows, const char *offer, const char *name, const char *tier, int64_t cost,
		    int64_t ends)
{
	uint8_t data[256];
	struct record row = { data, 0, sizeof(data) };

	record_put_text(&row, id_of(bench, "offer"), offer, strlen(offer));
	if (name)
		record_put_text(&row, id_of(bench, "offer_name"), name, strlen(name));
	if (tier)
		record_put_text(&row, id_of(bench, "tier"), tier, strlen(tier));
	if (cost)
		record_put_number(&row, id_of(bench, "cost"), cost);
	if (ends)
		record_put_number(&row, id_of(bench, "ends"), ends);
	rows_add(rows, &row);
}

static void offers_answer(struct bench *bench)
{
	uint8_t data[1024];
	struct rows rows = { .data = data, .size = sizeof(data) };

	talk_expect_call(&bench->talk, "offers");
	row_add(bench, &rows, "2", "{offer} 1 Yes 00", "G", 10, 20991231);
	row_add(bench, &rows, "TEA", "Tea", "S", 12345, 20991231);
	row_add(bench, &rows, "GUM", NULL, NULL, 0, 0);
	answer_to_call(bench, OK, 1250, NULL, &rows);
}

static void list_open(struct bench *bench)
{
	talk_dial(&bench->talk, "*100#", "prepaid");
	offers_answer(bench);
}

static void answer_questions(struct bench *bench)
{
	talk_input(&bench->talk, "milk");
	talk_input(&bench->talk, "4.50");
}

static void list__values__typed_and_plain_text(void **state)
{
	struct bench *bench = *state;

	list_open(bench);
	talk_expect_ask(&bench->talk, "Sum ¥12.50. Offers:\n1 {offer} 1 Yes 00, gold, 10, 31/12/2099\n2 Tea, plain, 12345, 31/12/2099\n"
			"3 -, -, -, -\n0 Back");
}

/* The first row has the code "2": what is typed is the number on the screen all the same, and no other one. */
static void list__row_chosen__by_its_number_or_name_never_by_a_key_of_the_service(void **state)
{
	struct bench *bench = *state;

	list_open(bench);
	talk_input(&bench->talk, "4");
	assert_memory_equal(bench->talk.effect.text, "Invalid choice", 14);
	talk_input(&bench->talk, "2");
	answer_questions(bench);
	talk_expect_ask(&bench->talk, "Tea until 31/12/2099?\n1 Yes\n2 No");
	session_init(&bench->talk.session, bench->talk.menu);
	list_open(bench);
	talk_input(&bench->talk, "tea");
	answer_questions(bench);
	talk_expect_ask(&bench->talk, "Tea until 31/12/2099?\n1 Yes\n2 No");
}

static void list__conditions__see_the_row(void **state)
{
	struct bench *bench = *state;

	list_open(bench);
	talk_input(&bench->talk, "1");
	answer_questions(bench);
	talk_expect_ask(&bench->talk, "Gold {offer} 1 Yes 00?\n1 Yes\n2 No");
}

/* What a row or an answer lacks is not known, whatever an earlier one said. */
static void row__lacks_values__not_those_of_another(void **state)
{
	struct bench *bench = *state;

	list_open(bench);
	talk_input(&bench->talk, "1");
	talk_input(&bench->talk, "0");
	offers_answer(bench);
	talk_expect_ask(&bench->talk, "Sum ¥12.50. Offers:\n1 {offer} 1 Yes 00, gold, 10, 31/12/2099\n2 Tea, plain, 12345, 31/12/2099\n"
			"3 -, -, -, -\n0 Back");
	talk_input(&bench->talk, "3");
	answer_questions(bench);
	talk_expect_ask(&bench->talk, "-, milk, ¥4.50?\n1 Yes\n2 No");
}

static void answer__lacks_values__not_those_of_another(void **state)
{
	struct bench *bench = *state;

	list_open(bench);
	talk_input(&bench->talk, "2");
	answer_questions(bench);
	talk_input(&bench->talk, "1");
	answer_to_call(bench, OK, 300, "V1", NULL);
	talk_expect_ask(&bench->talk, "Voucher V1, ¥3.00.\n1 More");
	talk_input(&bench->talk, "1");
	offers_answer(bench);
	talk_input(&bench->talk, "2");
	answer_questions(bench);
	talk_input(&bench->talk, "1");
	answer_to_call(bench, DECLARED, 0, NULL, NULL);
	talk_expect_ask(&bench->talk, "No voucher.\n1 More");
}

/* An order for one offer must not follow a page with the name and the price of another. */
static void row__one_value_set__others_not_known(void **state)
{
	struct bench *bench = *state;
	struct talk *talk = &bench->talk;

	talk_dial(talk, "*101#", "prepaid");
	offers_answer(bench);
	talk_input(talk, "1");
	talk_expect_ask(talk, "{offer} 1 Yes 00\n1 2 gold\n2 CAR no tier\n3 Other\n0 Back");
	talk_input(talk, "1");
	talk_expect_ask(talk, "2, {offer} 1 Yes 00, 10\n0 Back");
	talk_input(talk, "0");
	talk_input(talk, "2");
	talk_expect_ask(talk, "CAR, no name, no cost\n0 Back");
	session_init(&talk->session, talk->menu);
	talk_dial(talk, "*101#", "prepaid");
	offers_answer(bench);
	talk_input(talk, "1");
	talk_input(talk, "3");
	talk_input(talk, "BUS");
	talk_expect_call(talk, "find");
	answer_to_call(bench, OK, 0, NULL, NULL);
	talk_expect_ask(talk, "BUS, no name, no cost\n0 Back");
}

/* As declared, in its type, and for the consent record what was shown and answered. */
static void call__is_sent__answers_and_row_and_nothing_else(void **state)
{
	struct bench *bench = *state;
	struct record args;
	struct value value;
	uint16_t pos = 0, id;
	unsigned int i, count = 0;

	list_open(bench);
	talk_input(&bench->talk, "2");
	answer_questions(bench);
	talk_input(&bench->talk, "1");
	talk_expect_call(&bench->talk, "redeem");
	talk_expect_arg(&bench->talk, id_of(bench, "offer"), "TEA");
	talk_expect_arg(&bench->talk, id_of(bench, "wish"), "milk");
	args = talk_args(&bench->talk);
	assert_int_equal(record_number(&args, id_of(bench, "most"), 0), 450);
	assert_int_equal(record_number(&args, id_of(bench, "cost"), 0), 12345);
	assert_int_equal(record_number(&args, id_of(bench, "ends"), 0), 20991231);
	assert_true(record_get(&args, ARG_SHOWN, &value) && record_get(&args, ARG_ANSWERED, &value));
	record_drop(&args, ARG_SHOWN);
	record_drop(&args, ARG_ANSWERED);
	while (record_next(&args, &pos, &id, &value)) {
		for (i = 0; i < bench->redeem->sent_count && bench->redeem->sent[i].id != id; i++)
			;
		assert_int_not_equal(i, bench->redeem->sent_count);
		count++;
	}
	assert_int_equal(count, 5);		/* the facts of this test have no number */
}

/* The fit check relies on the width: transliteration makes three characters of each of these. */
static void list__text_gets_longer__cut_to_its_width(void **state)
{
	struct bench *bench = *state;
	uint8_t data[512];
	struct rows rows = { .data = data, .size = sizeof(data) };

	talk_dial(&bench->talk, "*100#", "prepaid");
	row_add(bench, &rows, "TEA", "…………………………………………………………", "G", 1, 20991231);
	answer_to_call(bench, OK, 0, NULL, &rows);
	talk_expect_ask(&bench->talk, "Offers:\n1 ...................., gold, 1, 31/12/2099\n0 Back");
}

static void list__each_outcome__has_its_branch(void **state)
{
	static const struct { int outcome; const char *text; } rows[] = {
		{ DECLARED, "Nothing for you." }, { UNAVAILABLE, "Not now." }, { SLOW, "Slow." },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		session_init(&bench->talk.session, bench->talk.menu);
		talk_dial(&bench->talk, "*100#", "prepaid");
		answer_to_call(bench, rows[i].outcome, 0, NULL, NULL);
		talk_expect_end(&bench->talk, rows[i].text);
	}
}

/* A short message that comes again after a crash: both processes call with the same key and the same values. */
static void confirmation__yes_in_two_processes__one_key(void **state)
{
	struct bench *bench = *state;
	struct talk *talk = &bench->talk;
	uint8_t saved[REQUEST_ARGS_MAX], first[REQUEST_ARGS_MAX];
	uint16_t first_len = 0;
	uint64_t ref = 0;
	int len;

	talk_text(talk, "REDEEM tea", "prepaid");
	offers_answer(bench);
	talk_text(talk, "milk", NULL);
	talk_text(talk, "4.50", NULL);
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	assert_true(len > 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(session_load(&talk->session, talk->menu, saved, (size_t)len), 0);
		talk->now += 60;
		talk_text(talk, "yes", "prepaid");
		talk_expect_call(talk, "redeem");
		if (i) {
			assert_int_equal(talk->effect.ref, ref);
			assert_int_equal(talk->effect.args_len, first_len);
			assert_memory_equal(talk->effect.args, first, first_len);
		}
		ref = talk->effect.ref;
		first_len = talk->effect.args_len;
		memcpy(first, talk->effect.args, first_len);
	}
	assert_int_not_equal(ref, 0);
}

static void declaration__changed__saved_dialog_is_not_continued(void **state)
{
	struct bench *bench = *state;
	struct talk *talk = &bench->talk;
	uint8_t saved[REQUEST_ARGS_MAX];
	struct conf_file *file;
	struct backends *backends;
	struct menu *menu;
	int len;

	list_open(bench);
	len = session_save(&talk->session, talk->menu, saved, sizeof(saved));
	assert_true(len > 0);
	menu = menu_of(CFG_OF_WIDTH("20"), &file, &backends);
	assert_int_equal(session_load(&talk->session, menu, saved, (size_t)len), 0);
	menu_unref(menu);
	backends_free(backends);
	conf_file_free(file);
	menu = menu_of(CFG_OF_WIDTH("19"), &file, &backends);
	assert_int_equal(session_load(&talk->session, menu, saved, (size_t)len), -ESTALE);
	menu_unref(menu);
	backends_free(backends);
	conf_file_free(file);
	session_init(&talk->session, talk->menu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(list__values__typed_and_plain_text, setup, teardown),
		cmocka_unit_test_setup_teardown(list__row_chosen__by_its_number_or_name_never_by_a_key_of_the_service, setup, teardown),
		cmocka_unit_test_setup_teardown(list__conditions__see_the_row, setup, teardown),
		cmocka_unit_test_setup_teardown(row__lacks_values__not_those_of_another, setup, teardown),
		cmocka_unit_test_setup_teardown(row__one_value_set__others_not_known, setup, teardown),
		cmocka_unit_test_setup_teardown(answer__lacks_values__not_those_of_another, setup, teardown),
		cmocka_unit_test_setup_teardown(call__is_sent__answers_and_row_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(list__text_gets_longer__cut_to_its_width, setup, teardown),
		cmocka_unit_test_setup_teardown(list__each_outcome__has_its_branch, setup, teardown),
		cmocka_unit_test_setup_teardown(confirmation__yes_in_two_processes__one_key, setup, teardown),
		cmocka_unit_test_setup_teardown(declaration__changed__saved_dialog_is_not_continued, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
