/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications, receipts and questions by short message: the server between a menu, an account and phones controlled by the test. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"
#include "tests/support/reload.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define SHORT_CODE UINT64_C(10086)
#define NOTIFICATION 4711
#define DONE "Order 5 is done: News."
#define KEEP "Keep News for $3.00 a month?\n1 Yes\n2 No"
#define AGREE "Open WEATHER for $0.10 a day? Reply YES.\n1 Yes\n2 No"
#define OPENED "WEATHER is open. Thank you for texting us about it."
#define WITHIN_S 600

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, texts, beginning;
};

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static int open_bench(void **state, bool orders_wait)
{
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
						   .requests_max = 100, .orders_wait = orders_wait };
	const struct server_settings settings = { .dialogs_max = 100, .load_menu = load_menu };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct problems problems = {};

	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->server = server_new(bench->ctx, &settings);
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	phones_init(&bench->phones);
	phones_init_texting(&bench->texts);
	bench->texts.channel.timing.idle_ms = 60000;
	phones_init_beginning(&bench->beginning);
	bench->beginning.channel.timing.idle_ms = 20000;
	server_add_channel(bench->server, &bench->phones.channel);
	server_add_channel(bench->server, &bench->texts.channel);
	server_add_channel(bench->server, &bench->beginning.channel);
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	time_stop();
	*state = bench;
	return 0;
}

static int setup(void **state)
{
	return open_bench(state, false);
}

static int setup_orders_wait(void **state)
{
	return open_bench(state, true);
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	time_go_on();
	server_free(bench->server);
	assert_int_equal(bench->phones.open + bench->texts.open + bench->beginning.open, 0);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static void gate(struct bench *bench, enum gate to)
{
	gate_set(accounts_store(bench->accounts), to);
}

/* Run the loop while time stands still. */
static void store_answers(void)
{
	for (unsigned int i = 0; i < 10; i++)
		osmo_select_main_ctx(1);
}

static void give(struct bench *bench, uint64_t id, const char *kind)
{
	uint8_t data[64];
	struct account_notification notification = { .id = id, .kind = kind, .subscriber = { .msisdn = ALICE },
					       .facts = { data, 0, sizeof(data) } };

	record_put_text(&notification.facts, FIELD_SERVICE, "NEWS", 4);
	record_put_text(&notification.facts, FIELD_REF, "5", 1);
	record_put_number(&notification.facts, FIELD_PRICE, 300);
	record_put_text(&notification.facts, FIELD_PERIOD, "month", 5);
	notification_take(bench->server, &notification);
}

static void give_done(struct bench *bench)
{
	give(bench, NOTIFICATION, "order_completed");
}

static void give_question(struct bench *bench)
{
	give(bench, NOTIFICATION, "trial_ending");
}

static uint64_t counter(const struct bench *bench, enum server_counter which)
{
	return rate_ctr_group_get_ctr(bench->server->counters, which)->current;
}

/* A sent notification is completed a little later. */
static void expect_completed(struct bench *bench, unsigned int as_sent, unsigned int as_later)
{
	time_pass(1);
	assert_int_equal(counter(bench, COUNT_NOTIFICATIONS), as_sent);
	assert_int_equal(counter(bench, COUNT_NOTIFICATIONS_LATER), as_later);
}

/* Nothing is claimed to be sent. */
static void expect_withdrawn(struct bench *bench)
{
	char said[512];

	expect_completed(bench, 0, 0);
	accounts_describe(bench->accounts, said, sizeof(said));
	assert_non_null(strstr(said, " 0 sent,"));
	assert_non_null(strstr(said, " 1 withdrawn"));
}

static void expect_text(struct bench *bench, unsigned int count, const char *text)
{
	assert_int_equal(bench->texts.notifications, count);
	assert_string_equal(bench->texts.text, text);
}

static void sent(struct bench *bench, int rc)
{
	channel_sent(&bench->texts.channel, bench->texts.receipt, rc);
}

static void dial(struct bench *bench, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, 1, 1, code), 0);
}

static void answer(struct bench *bench, const char *text)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, 1, 0, text), 0);
}

static void hang_up(struct bench *bench)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
}

static void text(struct bench *bench, const char *words)
{
	assert_int_equal(phones_turn(&bench->texts, TURN_TEXT, ALICE_NUMBER, SHORT_CODE, 0, words), 0);
}

/* ---- a text ---- */

static void notification__not_in_the_menu__withdrawn(void **state)
{
	struct bench *bench = *state;

	give(bench, NOTIFICATION, "trial_ended");
	expect_withdrawn(bench);
	assert_int_equal(bench->texts.notifications, 0);
}

static void notification__text_sent__completed(void **state)
{
	struct bench *bench = *state;

	give(bench, NOTIFICATION, "password_locked");
	expect_text(bench, 1, "Your password is locked.");
	assert_string_equal(bench->texts.sender, "10000");
	expect_completed(bench, 0, 0);
	sent(bench, 0);
	expect_completed(bench, 1, 0);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void notification__of_a_service__from_its_sender(void **state)
{
	struct bench *bench = *state;

	give_done(bench);
	expect_text(bench, 1, DONE);
	assert_string_equal(bench->texts.sender, "10690");
}

/* ---- pushes and one-time codes (S6) ---- */

static void give_push(struct bench *bench, const char *page)
{
	uint8_t data[256];
	struct account_notification notification = { .id = NOTIFICATION, .kind = "push", .subscriber = { .msisdn = ALICE },
					       .facts = { data, 0, sizeof(data) } };

	record_put_text(&notification.facts, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&notification.facts, FIELD_PRICE, 300);
	record_put_text(&notification.facts, FIELD_PERIOD, "month", 5);
	record_put_number(&notification.facts, ARG_BEGIN, 1);
	record_put_number(&notification.facts, ARG_END, 2);
	if (page)
		record_put_text(&notification.facts, ARG_PAGE, page, strlen(page));
	notification_take(bench->server, &notification);
}

static void push__text_sent__by_the_sender_of_its_page(void **state)
{
	struct bench *bench = *state;

	give_push(bench, "plain");
	expect_text(bench, 1, "Hello.");
	assert_string_equal(bench->texts.sender, "10000");
	expect_completed(bench, 0, 0);
	sent(bench, 0);
	expect_completed(bench, 1, 0);
}

static void push__page_that_asks__in_a_dialog_first(void **state)
{
	struct bench *bench = *state;
	struct dialog *dialog;
	uint16_t pos = 0, id;
	struct value value;
	struct record vars;

	give_push(bench, "weather");
	assert_int_equal(bench->beginning.begun, 1);
	assert_string_equal(bench->beginning.text, "News today?\n1 Open\n0 Back");
	dialog = dialog_find(bench->server, &(struct peer){ .channel = &bench->beginning.channel, .user = PHONES_BEGUN,
							    .session = PHONES_BEGUN });
	assert_non_null(dialog);
	dialog_load(dialog);
	vars = (struct record){ bench->server->scratch.data, bench->server->scratch.used, SESSION_DATA_MAX };
	while (record_next(&vars, &pos, &id, &value))
		assert_true(id < ARG_SHOWN);
}

static void push__no_such_page__withdrawn(void **state)
{
	static const char *const pages[] = { NULL, "", "gone", "plain:", "plainplainplainplainplainplainplain" };
	struct bench *bench;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (i) {
			teardown(state);
			setup(state);
		}
		bench = *state;
		give_push(bench, pages[i]);
		expect_withdrawn(bench);
		assert_int_equal(bench->texts.notifications + bench->beginning.begun, 0);
	}
}

static void order_code__sent__code_is_nowhere_any_more(void **state)
{
	struct bench *bench = *state;
	uint8_t data[256];
	struct account_notification notification = { .id = NOTIFICATION, .kind = "order_code", .subscriber = { .msisdn = ALICE },
					       .facts = { data, 0, sizeof(data) } };

	record_put_text(&notification.facts, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&notification.facts, FIELD_CONFIRM_UNTIL, 1790000000);
	record_put_text(&notification.facts, FIELD_CONFIRM_CODE, "471147", 6);
	notification_take(bench->server, &notification);
	assert_non_null(strstr(bench->texts.text, "Code 471147 for News"));
	assert_null(memmem(&bench->server->effect, sizeof(bench->server->effect), "471147", 6));
	assert_null(memmem(&bench->server->scratch, sizeof(bench->server->scratch), "471147", 6));
	assert_int_equal(server_dialogs(bench->server), 0);
}

/* The information fees of a month, with octets as their rows. */
static void give_fees(struct bench *bench, const void *rows, size_t len)
{
	uint8_t data[128];
	struct account_notification notification = { .id = NOTIFICATION, .kind = "information_fees", .subscriber = { .msisdn = ALICE },
					       .facts = { data, 0, sizeof(data) } };

	record_put_number(&notification.facts, FIELD_MONTH, 202611);
	record_put_number(&notification.facts, FIELD_TOTAL, 300);
	record_put_text(&notification.facts, ARG_ROWS, rows, len);
	notification_take(bench->server, &notification);
}

static void notification__brings_rows__lists_them__S5(void **state)
{
	struct bench *bench = *state;
	uint8_t row_data[32], data[64];
	struct record row = { row_data, 0, sizeof(row_data) };
	struct rows rows = { .data = data, .size = sizeof(data) };

	record_put_text(&row, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&row, FIELD_AMOUNT, 300);
	assert_int_equal(rows_add(&rows, &row), 0);
	gate(bench, GATE_DOWN);		/* it asks for nothing */
	give_fees(bench, rows.data, rows.len);
	expect_text(bench, 1, "Fees of 2026-11: $3.00\nNews $3.00");
	sent(bench, 0);
	expect_completed(bench, 1, 0);
}

static void notification__rows_are_malformed__lists_none(void **state)
{
	struct bench *bench = *state;

	give_fees(bench, "\xff\xff\x01", 3);
	expect_text(bench, 1, "No fees in 2026-11.");
}

static void notification__text_never_arrives__deferred(void **state)
{
	struct bench *bench = *state;

	give_done(bench);
	sent(bench, -EHOSTUNREACH);
	expect_completed(bench, 0, 1);
}

static void notification__handed_out_again_in_flight__sent_once(void **state)
{
	struct bench *bench = *state;

	give_done(bench);
	give_done(bench);
	assert_int_equal(bench->texts.notifications, 1);
	sent(bench, -EIO);
	give_done(bench);
	assert_int_equal(bench->texts.notifications, 2);
}

static void notification__link_is_down__deferred(void **state)
{
	struct bench *bench = *state;

	bench->texts.refuse = -ENOTCONN;
	give_done(bench);
	expect_completed(bench, 0, 1);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void notification__no_link_for_texts__deferred(void **state)
{
	struct bench *bench = *state;

	bench->texts.channel.traits.can_notify = false;
	give_done(bench);
	expect_completed(bench, 0, 1);
}

static void notification__subscriber_in_a_dialog__deferred__F29(void **state)
{
	struct bench *bench = *state;

	dial(bench, "*100#");
	give_done(bench);
	expect_completed(bench, 0, 1);
	hang_up(bench);
	give_done(bench);
	expect_text(bench, 1, DONE);
}

/* Such as one that shows a text by MAP: it can notify, and its dialogs can be ended, too. */
static void notification__network_with_dialogs_and_notify__both_work(void **state)
{
	struct bench *bench = *state;

	bench->texts.channel.traits = (struct channel_traits){};
	bench->phones.channel.traits.can_notify = true;
	give_done(bench);
	assert_int_equal(bench->phones.notifications, 1);
	assert_string_equal(bench->phones.text, DONE);
	dial(bench, "*100#");
	time_pass(1);
	assert_int_equal(bench->phones.last_texts, 1);
	assert_string_equal(bench->phones.text, "No answer.");
	assert_int_equal(bench->phones.notifications, 1);
}

/* The engine finds no page for it. */
static void notification__without_a_page__withdrawn(void **state)
{
	struct bench *bench = *state;
	const struct turn nobody = { .peer.channel = &bench->texts.channel, .subscriber.msisdn = ALICE };
	const struct account_notification notification = { .id = NOTIFICATION, .kind = "trial_ended", .subscriber.msisdn = ALICE };
	struct dialog *dialog = dialog_new(bench->server, &nobody);

	assert_int_equal(dialog_step(dialog, &(struct dialog_input){ .event = ON_NOTIFY, .notification = &notification }), 0);
	expect_withdrawn(bench);
	assert_int_equal(bench->texts.notifications + server_dialogs(bench->server), 0);
}

/* ---- a question ---- */

/* As a text, since no phone can be asked in a dialog. */
static void give_question_by_text(struct bench *bench)
{
	bench->beginning.refuse = -ENOTCONN;
	give_question(bench);
}

static void question__answered_by_a_text(void **state)
{
	struct bench *bench = *state;

	give_question_by_text(bench);
	expect_text(bench, 1, KEEP);
	assert_string_equal(bench->texts.sender, "10086");
	sent(bench, 0);
	expect_completed(bench, 1, 0);
	text(bench, "2");
	assert_string_equal(bench->texts.text, "News will end.");
	assert_int_equal(bench->texts.ends, 1);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void question__while_a_text_is_answered__deferred__F29(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	text(bench, "ye");
	give_question_by_text(bench);
	expect_completed(bench, 0, 1);
}

static void question__while_another_waits__deferred_until_it_ends__S6(void **state)
{
	struct bench *bench = *state;

	text(bench, "services");
	assert_int_equal(server_dialogs(bench->server), 1);
	give_question_by_text(bench);
	expect_completed(bench, 0, 1);
	text(bench, "ye");
	assert_int_equal(server_dialogs(bench->server), 0);
	give_question(bench);
	expect_text(bench, 1, KEEP);
}

static void save_conversation(struct bench *bench, int64_t until)
{
	struct request request = {
		.kind = REQUEST_CONVERSATION_SAVE, .subscriber.msisdn = ALICE, .conversation = { .short_code = "10086", .until = until },
	};

	assert_int_equal(request_put_span(&request, &request.conversation.session, "what it was", 11), 0);
	accounts_post(bench->accounts, &request);
}

static void question__while_one_of_an_earlier_process_waits__deferred__S6(void **state)
{
	struct bench *bench = *state;

	save_conversation(bench, INT64_MAX);
	give_question_by_text(bench);
	expect_completed(bench, 0, 1);
	save_conversation(bench, 1);
	give_question(bench);
	expect_text(bench, 1, KEEP);
}

static void question__store_answers_later__asked_then(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_LATER);
	give_question_by_text(bench);
	assert_int_equal(bench->texts.notifications, 0);
	store_answers();
	expect_text(bench, 1, KEEP);
}

static void question__store_is_silent__deferred__F17(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	give_question_by_text(bench);
	time_pass(1);
	expect_completed(bench, 0, 1);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void question__dials_before_the_store_answers__deferred__F29(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	give_question_by_text(bench);
	gate(bench, GATE_OPEN);
	dial(bench, "*100#");
	store_answers();
	assert_int_equal(bench->texts.notifications, 0);
	assert_int_equal(counter(bench, COUNT_NOTIFICATIONS_LATER), 1);
}

static void question__daemon_stops__deferred(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	give_question_by_text(bench);
	server_stop(bench->server);
	assert_int_equal(counter(bench, COUNT_NOTIFICATIONS_LATER), 1);
	give_question(bench);
	assert_int_equal(counter(bench, COUNT_NOTIFICATIONS_LATER), 2);
}

/* ---- a question in a dialog that we begin ---- */

static void push__answered__completed_without_a_text(void **state)
{
	struct bench *bench = *state;

	give_question(bench);
	assert_int_equal(bench->beginning.begun, 1);
	assert_string_equal(bench->beginning.text, KEEP);
	expect_completed(bench, 0, 0);
	assert_int_equal(phones_turn(&bench->beginning, TURN_CONTINUE, PHONES_BEGUN, PHONES_BEGUN, 0, "2"), 0);
	assert_string_equal(bench->beginning.text, "News will end.");
	expect_completed(bench, 1, 0);
	assert_int_equal(bench->texts.notifications, 0);
}

static void expect_fallen_back(struct bench *bench)
{
	expect_text(bench, 1, KEEP);
	sent(bench, 0);
	expect_completed(bench, 1, 0);
}

static void push__refused_by_the_phone__sms__F29(void **state)
{
	struct bench *bench = *state;

	give_question(bench);
	assert_int_equal(phones_turn(&bench->beginning, TURN_GONE, PHONES_BEGUN, PHONES_BEGUN, 0, ""), 0);
	expect_fallen_back(bench);
	assert_int_equal(bench->beginning.last_texts, 0);
	text(bench, "2");
	assert_string_equal(bench->texts.text, "News will end.");
}

static void push__not_answered__sms__F29(void **state)
{
	struct bench *bench = *state;

	give_question(bench);
	time_pass(21);
	assert_int_equal(bench->beginning.last_texts, 1);
	assert_string_equal(bench->beginning.text, "News ends.");
	expect_fallen_back(bench);
}

static void push__not_possible__sms__F29(void **state)
{
	struct bench *bench = *state;

	give_question_by_text(bench);
	expect_fallen_back(bench);
}

static void push__phone_in_another_dialog__deferred__F29(void **state)
{
	struct bench *bench = *state;

	bench->beginning.refuse = -EBUSY;
	give_question(bench);
	expect_completed(bench, 0, 1);
	assert_int_equal(bench->texts.notifications, 0);
}

/* ---- outcomes shown by a turn's answer ---- */

static void order(struct bench *bench)
{
	dial(bench, "*100*4*103#");
	answer(bench, "1");
}

static void receipt__outcome_shown_by_an_answer__completes_the_notification(void **state)
{
	struct bench *bench = *state;

	order(bench);
	assert_string_equal(bench->phones.text, "WEATHER is open.");
	assert_true(bench->phones.receipt > 0);
	give(bench, bench->phones.receipt, "order_completed");	/* in flight */
	expect_completed(bench, 0, 0);
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
	expect_completed(bench, 1, 0);
	assert_int_equal(bench->texts.notifications, 0);
}

/* The account hands it out again. */
static void receipt__answer_lost__notification_replaces_it__F9(void **state)
{
	struct bench *bench = *state;

	order(bench);
	channel_sent(&bench->phones.channel, bench->phones.receipt, -EPIPE);
	expect_completed(bench, 0, 1);
	time_pass(60);
	assert_int_equal(bench->texts.notifications, 1);
	assert_non_null(strstr(bench->texts.text, "is done: WEATHER."));
}

static void receipt__order_without_an_end__notification_untouched__F4(void **state)
{
	struct bench *bench = *state;

	order(bench);
	assert_int_equal(bench->phones.kind, ANSWER_END);
	assert_int_equal(bench->phones.receipt, 0);
}

static void receipt__hung_up__sent_by_text_and_completed__F3(void **state)
{
	struct bench *bench = *state;

	dial(bench, "*100*4*103#");
	gate(bench, GATE_LATER);
	answer(bench, "1");
	hang_up(bench);
	store_answers();
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->texts.notifications, 1);
	assert_true(bench->texts.receipt > 0);
	expect_completed(bench, 0, 0);
	sent(bench, 0);
	expect_completed(bench, 1, 0);
}

/* ---- a second confirmation by short message ---- */

static void ask_by_text(struct bench *bench)
{
	dial(bench, "*155*103#");
	assert_int_equal(bench->phones.kind, ANSWER_END);
}

static void by_text__fresh_yes__is_the_answer__S6(void **state)
{
	struct bench *bench = *state;

	ask_by_text(bench);
	assert_string_equal(bench->phones.text, "We have sent you a message.");
	expect_text(bench, 1, AGREE);
	assert_string_equal(bench->texts.sender, "10086");
	time_pass(WITHIN_S - 1);
	text(bench, "YES");
	assert_string_equal(bench->texts.text, OPENED);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void by_text__silence__notified__S6(void **state)
{
	struct bench *bench = *state;

	ask_by_text(bench);
	time_pass(WITHIN_S + 1);
	expect_text(bench, 2, "Too late for WEATHER.");
	assert_string_equal(bench->texts.sender, "10086");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void by_text__yes_after_its_time__starts_again__F19(void **state)
{
	struct bench *bench = *state;

	ask_by_text(bench);
	time_pass(WITHIN_S + 1);
	text(bench, "YES");
	assert_memory_equal(bench->texts.text, "Nothing was asked.\nMenu", 23);
}

static void by_text__other_conversations__expire_silently(void **state)
{
	struct bench *bench = *state;

	text(bench, "services");
	assert_int_equal(server_dialogs(bench->server), 1);
	time_pass(61);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->texts.notifications, 0);
}

static void by_text__cannot_be_sent__unavailable_and_nothing_asked__S6(void **state)
{
	struct bench *bench = *state;

	bench->texts.refuse = -ENOTCONN;
	ask_by_text(bench);
	assert_string_equal(bench->phones.text, "Not available.");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void by_text__older_conversation__replaced(void **state)
{
	struct bench *bench = *state;

	text(bench, "services");
	ask_by_text(bench);
	assert_int_equal(server_dialogs(bench->server), 1);
	text(bench, "YES");
	assert_string_equal(bench->texts.text, OPENED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(notification__not_in_the_menu__withdrawn),
		TEST(notification__text_sent__completed),
		TEST(notification__of_a_service__from_its_sender),
		TEST(push__text_sent__by_the_sender_of_its_page),
		TEST(push__page_that_asks__in_a_dialog_first),
		TEST(push__no_such_page__withdrawn),
		TEST(order_code__sent__code_is_nowhere_any_more),
		TEST(notification__brings_rows__lists_them__S5),
		TEST(notification__rows_are_malformed__lists_none),
		TEST(notification__text_never_arrives__deferred),
		TEST(notification__handed_out_again_in_flight__sent_once),
		TEST(notification__link_is_down__deferred),
		TEST(notification__no_link_for_texts__deferred),
		TEST(notification__subscriber_in_a_dialog__deferred__F29),
		TEST(notification__network_with_dialogs_and_notify__both_work),
		TEST(notification__without_a_page__withdrawn),
		TEST(question__answered_by_a_text),
		TEST(question__while_a_text_is_answered__deferred__F29),
		TEST(question__while_another_waits__deferred_until_it_ends__S6),
		TEST(question__while_one_of_an_earlier_process_waits__deferred__S6),
		TEST(question__store_answers_later__asked_then),
		TEST(question__store_is_silent__deferred__F17),
		TEST(question__dials_before_the_store_answers__deferred__F29),
		TEST(question__daemon_stops__deferred),
		TEST(push__answered__completed_without_a_text),
		TEST(push__refused_by_the_phone__sms__F29),
		TEST(push__not_answered__sms__F29),
		TEST(push__not_possible__sms__F29),
		TEST(push__phone_in_another_dialog__deferred__F29),
		TEST(receipt__outcome_shown_by_an_answer__completes_the_notification),
		TEST(receipt__answer_lost__notification_replaces_it__F9),
		cmocka_unit_test_setup_teardown(receipt__order_without_an_end__notification_untouched__F4, setup_orders_wait, teardown),
		TEST(receipt__hung_up__sent_by_text_and_completed__F3),
		TEST(by_text__fresh_yes__is_the_answer__S6),
		TEST(by_text__silence__notified__S6),
		TEST(by_text__yes_after_its_time__starts_again__F19),
		TEST(by_text__other_conversations__expire_silently),
		TEST(by_text__cannot_be_sent__unavailable_and_nothing_asked__S6),
		TEST(by_text__older_conversation__replaced),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
