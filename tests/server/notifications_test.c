/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notices, receipts and questions by short message: the server between an account, an engine and phones that say what a test
 * wants. The linker puts the functions called __wrap_… here in place of the real ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define SERVICE UINT64_C(10086)
#define NOTICE 4711

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, messages, beginning;
};

/* ---- the engine, where a test wants it to do something ---- */

static const struct effect *script[EVENT_KIND_COUNT];

static enum session_state state_after(const struct effect *effect)
{
	if (effect->kind == EFFECT_CALL)
		return effect->action ? SESSION_CALLING : SESSION_LOADING;
	return effect->kind == EFFECT_ASK ? SESSION_ASKING : SESSION_OVER;
}

void __real_engine_step(const struct menu *menu, const struct text_limits *limits, struct session *session,
			const struct session_event *event, struct effect *effect);
void __wrap_engine_step(const struct menu *menu, const struct text_limits *limits, struct session *session,
			const struct session_event *event, struct effect *effect);

void __wrap_engine_step(const struct menu *menu, const struct text_limits *limits, struct session *session,
			const struct session_event *event, struct effect *effect)
{
	const struct effect *wanted = script[event->kind];

	if (wanted) {
		*effect = *wanted;
		session->state = state_after(wanted);
		return;
	}
	memset(effect, 0, offsetof(struct effect, text));
	effect->last_len = 0;
	__real_engine_step(menu, limits, session, event, effect);
}

static struct effect effect_of(enum effect_kind kind, const char *text)
{
	struct effect effect = { .kind = kind, .len = strlen(text) };

	strcpy(effect.text, text);
	return effect;
}

/* ---- the menu and the account ---- */

static bool told, pushed;

bool __wrap_menu_notifies(const struct menu *menu, const char *notice);
bool __wrap_menu_notifies(const struct menu *menu, const char *notice)
{
	return told;
}

bool __wrap_menu_pushes(const struct menu *menu, const char *notice);
bool __wrap_menu_pushes(const struct menu *menu, const char *notice)
{
	return pushed;
}

static accounts_notify *notify;
static void *notify_user;
static unsigned int sent, later;
static uint64_t order_notice;		/* that the next order leaves */
static enum result order_result;
static char order_channel[16];

void __wrap_accounts_set_notify(struct accounts *accounts, accounts_notify *function, void *user);
void __wrap_accounts_set_notify(struct accounts *accounts, accounts_notify *function, void *user)
{
	notify = function;
	notify_user = user;
}

void __wrap_accounts_notice_settle(struct accounts *accounts, uint64_t id, enum notice_end end);
void __wrap_accounts_notice_settle(struct accounts *accounts, uint64_t id, enum notice_end end)
{
	assert_int_equal(id, NOTICE);
	if (end == NOTICE_SENT)
		sent++;
	else
		later++;
}

static void leave_notice(struct response *response)
{
	response->result = order_result;
	if (order_notice)
		response->notification = order_notice;
}

int __real_accounts_submit(struct accounts *accounts, const struct request *request, void *user, struct response *response,
			   uint64_t *id);
int __wrap_accounts_submit(struct accounts *accounts, const struct request *request, void *user, struct response *response,
			   uint64_t *id);

int __wrap_accounts_submit(struct accounts *accounts, const struct request *request, void *user, struct response *response,
			   uint64_t *id)
{
	struct request copy = *request;
	const struct record args = request_args(&copy);
	const int rc = __real_accounts_submit(accounts, request, user, response, id);

	record_text(&args, ARG_CHANNEL, order_channel, sizeof(order_channel));
	if (!rc && request_changes(request->kind))
		leave_notice(response);
	return rc;
}

static void accounts_answers(void *user, uint64_t id, const struct response *response)
{
	struct response changed;

	response_init(&changed);
	response_copy(&changed, response);
	if (order_notice)
		leave_notice(&changed);
	server_accounts_done(user, id, &changed);
}

/* ---- the bench ---- */

static struct menu *load_menu(void *user, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static void reset_fakes(void)
{
	memset(script, 0, sizeof(script));
	told = true;
	pushed = false;
	sent = later = 0;
	order_notice = 0;
	order_result = RESULT_OK;
	order_channel[0] = '\0';
}

static void add_phones(struct bench *bench)
{
	phones_init(&bench->phones);
	phones_init_texting(&bench->messages);
	bench->messages.channel.name = "messages";
	bench->messages.channel.timing.idle_ms = 60000;
	phones_init_beginning(&bench->beginning);
	bench->beginning.channel.timing.idle_ms = 20000;
	server_add_channel(bench->server, &bench->phones.channel);
	server_add_channel(bench->server, &bench->messages.channel);
	server_add_channel(bench->server, &bench->beginning.channel);
}

static int setup(void **state)
{
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
						   .requests_max = 100 };
	const struct server_settings settings = { .dialogs_max = 100, .load_menu = load_menu };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct problems problems = {};

	reset_fakes();
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->server = server_new(bench->ctx, &settings);
	assert_int_equal(accounts_new(bench->ctx, &accounts, accounts_answers, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	add_phones(bench);
	assert_int_equal(server_reload(bench->server, &problems), 0);
	time_stop();
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	time_go_on();
	server_free(bench->server);
	assert_int_equal(bench->phones.open + bench->messages.open + bench->beginning.open, 0);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static void gate(struct bench *bench, enum gate to)
{
	gate_set(accounts_store(bench->accounts), to);
}

static void give_notice(void)
{
	uint8_t data[64];
	struct account_notice notice = { .id = NOTICE, .kind = "order_done", .subscriber = { .msisdn = ALICE },
					 .facts = { data, 0, sizeof(data) } };

	record_put_text(&notice.facts, FIELD_SERVICE, "NEWS", 4);
	notify(notify_user, &notice);
}

static void expect_settled(unsigned int as_sent, unsigned int as_later)
{
	assert_int_equal(sent, as_sent);
	assert_int_equal(later, as_later);
}

static void dial(struct bench *bench, uint64_t session, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, session, 1, code), 0);
}

static void answer(struct bench *bench, uint64_t session, const char *text)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, session, 0, text), 0);
}

static void text(struct bench *bench, const char *words)
{
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, SERVICE, 0, words), 0);
}

/* ---- a text ---- */

static void notice__menu_does_not_tell__settled(void **state)
{
	struct bench *bench = *state;

	told = false;
	give_notice();
	expect_settled(1, 0);
	assert_int_equal(bench->messages.notices, 0);
}

static void notice__text_with_the_network__settled_then(void **state)
{
	struct effect done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	done.sender = "1062";
	script[EVENT_NOTICE] = &done;
	give_notice();
	assert_string_equal(bench->messages.text, "NEWS is open.");
	assert_string_equal(bench->messages.sender, "1062");
	expect_settled(0, 0);
	channel_sent(&bench->messages.channel, bench->messages.receipt, 0);
	expect_settled(1, 0);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void notice__text_never_arrives__put_off(void **state)
{
	const struct effect done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &done;
	give_notice();
	channel_sent(&bench->messages.channel, bench->messages.receipt, -EHOSTUNREACH);
	expect_settled(0, 1);
}

static void notice__given_again_on_its_way__sent_once(void **state)
{
	const struct effect done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &done;
	give_notice();
	give_notice();
	assert_int_equal(bench->messages.notices, 1);
	channel_sent(&bench->messages.channel, NOTICE, -EIO);
	give_notice();
	assert_int_equal(bench->messages.notices, 2);
}

static void notice__link_is_down__put_off(void **state)
{
	const struct effect done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &done;
	bench->messages.refuse = -ENOTCONN;
	give_notice();
	expect_settled(0, 1);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void notice__no_link_for_messages__put_off(void **state)
{
	struct bench *bench = *state;

	bench->messages.channel.traits.can_notify = false;
	give_notice();
	expect_settled(0, 1);
}

static void notice__page_without_a_text__settled(void **state)
{
	const struct effect nothing = effect_of(EFFECT_END, "");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &nothing;
	give_notice();
	expect_settled(1, 0);
	assert_int_equal(bench->messages.notices, 0);
}

static void notice__subscriber_in_a_dialog__put_off__F29(void **state)
{
	const struct effect done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &done;
	dial(bench, 1, "*100#");
	give_notice();
	expect_settled(0, 1);
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	give_notice();
	assert_int_equal(bench->messages.notices, 1);
}

/* ---- with the account's facts ---- */

static const struct effect load = { .kind = EFFECT_CALL };

static void notice__account_is_silent__put_off__F17(void **state)
{
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &load;
	gate(bench, GATE_SHUT);
	give_notice();
	time_pass(1);
	expect_settled(0, 1);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void notice__dials_while_the_account_works__put_off__F29(void **state)
{
	const struct effect done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &load;
	time_go_on();
	gate(bench, GATE_LATER);
	give_notice();
	gate(bench, GATE_OPEN);
	dial(bench, 1, "*100#");
	script[EVENT_RESULT] = &done;
	loop_for(20);
	expect_settled(0, 1);
	assert_int_equal(bench->messages.notices, 0);
}

static void notice__daemon_stops__put_off(void **state)
{
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &load;
	gate(bench, GATE_SHUT);
	give_notice();
	server_stop(bench->server);
	expect_settled(0, 1);
	give_notice();
	expect_settled(0, 2);
}

/* ---- a question ---- */

static const char question_text[] = "Your trial ends. Keep NEWS?\n1 Yes";

static void notice__question__answered_by_a_text(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	const struct effect thanks = effect_of(EFFECT_END, "NEWS stays.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &question;
	script[EVENT_TEXT] = &thanks;
	give_notice();
	assert_string_equal(bench->messages.sender, "10086");
	channel_sent(&bench->messages.channel, bench->messages.receipt, 0);
	expect_settled(1, 0);
	text(bench, "1");
	assert_string_equal(bench->messages.text, "NEWS stays.");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void notice__question_while_a_text_is_answered__put_off__F29(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &question;
	gate(bench, GATE_SHUT);
	text(bench, "ye");
	give_notice();
	expect_settled(0, 1);
	time_pass(1);
}

static void notice__question_while_another_waits__put_off_until_it_is_over__S6(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text), bye = effect_of(EFFECT_END, "Good bye.");
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &question;
	script[EVENT_TEXT] = &bye;
	text(bench, "services");
	assert_int_equal(server_dialogs(bench->server), 0);
	script[EVENT_TEXT] = NULL;
	text(bench, "services");
	assert_int_equal(server_dialogs(bench->server), 1);
	give_notice();
	expect_settled(0, 1);
	script[EVENT_TEXT] = &bye;
	text(bench, "1");
	give_notice();
	assert_string_equal(bench->messages.text, question_text);
}

static void keep_conversation(struct bench *bench, int64_t until)
{
	struct request request = {
		.kind = REQUEST_CONVERSATION_KEEP, .subscriber.msisdn = ALICE, .conversation = { .short_code = "10086", .until = until },
	};

	assert_int_equal(request_put_span(&request, &request.conversation.session, "what it was", 11), 0);
	accounts_post(bench->accounts, &request);
}

static void notice__question_while_one_of_an_earlier_process_waits__put_off__S6(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	struct bench *bench = *state;

	script[EVENT_NOTICE] = &question;
	keep_conversation(bench, INT64_MAX);
	give_notice();
	expect_settled(0, 1);
	keep_conversation(bench, 1);
	give_notice();
	assert_string_equal(bench->messages.text, question_text);
}

static void push_question(struct bench *bench, const struct effect *question)
{
	pushed = true;
	script[EVENT_NOTICE] = script[EVENT_REPEAT] = question;
	give_notice();
}

static void notice__pushed_and_answered__settled_without_a_text(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	const struct effect thanks = effect_of(EFFECT_END, "NEWS stays.");
	struct bench *bench = *state;

	push_question(bench, &question);
	assert_int_equal(bench->beginning.begun, 1);
	assert_string_equal(bench->beginning.text, question_text);
	expect_settled(0, 0);
	script[EVENT_INPUT] = &thanks;
	assert_int_equal(phones_turn(&bench->beginning, TURN_CONTINUE, PHONES_BEGUN, PHONES_BEGUN, 0, "1"), 0);
	assert_string_equal(bench->beginning.text, "NEWS stays.");
	expect_settled(1, 0);
	assert_int_equal(bench->messages.notices, 0);
}

static void expect_fallen_back(struct bench *bench)
{
	assert_int_equal(bench->messages.notices, 1);
	assert_string_equal(bench->messages.text, question_text);
	channel_sent(&bench->messages.channel, bench->messages.receipt, 0);
	expect_settled(1, 0);
}

static void notice__push_refused_by_the_phone__sms__F29(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	const struct effect thanks = effect_of(EFFECT_END, "NEWS stays.");
	struct bench *bench = *state;

	push_question(bench, &question);
	assert_int_equal(phones_turn(&bench->beginning, TURN_GONE, PHONES_BEGUN, PHONES_BEGUN, 0, ""), 0);
	expect_fallen_back(bench);
	assert_int_equal(bench->beginning.last_texts, 0);
	script[EVENT_TEXT] = &thanks;
	text(bench, "1");
	assert_string_equal(bench->messages.text, "NEWS stays.");
}

static void notice__push_not_answered__sms__F29(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	struct bench *bench = *state;

	push_question(bench, &question);
	time_pass(21);
	assert_int_equal(bench->beginning.last_texts, 1);
	assert_string_equal(bench->beginning.text, "No answer.");
	expect_fallen_back(bench);
}

static void notice__push_not_possible__sms__F29(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	struct bench *bench = *state;

	bench->beginning.refuse = -ENOTCONN;
	push_question(bench, &question);
	expect_fallen_back(bench);
}

static void notice__phone_in_a_dialog_of_others__put_off__F29(void **state)
{
	const struct effect question = effect_of(EFFECT_ASK, question_text);
	struct bench *bench = *state;

	bench->beginning.refuse = -EBUSY;
	push_question(bench, &question);
	expect_settled(0, 1);
	assert_int_equal(bench->messages.notices, 0);
}

/* ---- how an order ended, in a turn's answer ---- */

static void order(struct bench *bench)
{
	order_notice = NOTICE;
	dial(bench, 1, "*100*4*1#");
	answer(bench, 1, "1");
}

static void receipt__outcome_told_by_an_answer__settles_the_notice(void **state)
{
	struct bench *bench = *state;

	order(bench);
	assert_string_equal(bench->phones.text, "WEATHER is open.");
	assert_int_equal(bench->phones.receipt, NOTICE);
	give_notice();		/* it is on its way */
	expect_settled(0, 0);
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
	expect_settled(1, 0);
	assert_int_equal(bench->messages.notices, 0);
}

static void receipt__answer_lost__notice_does_its_work__F9(void **state)
{
	struct bench *bench = *state;

	order(bench);
	channel_sent(&bench->phones.channel, bench->phones.receipt, -EPIPE);
	expect_settled(0, 1);
}

static void receipt__order_without_an_end__notice_is_left_alone__F4(void **state)
{
	struct bench *bench = *state;

	order_result = RESULT_TAKEN;
	order(bench);
	assert_int_equal(bench->phones.receipt, 0);
}

static void receipt__hung_up__told_by_message_and_settled__F3(void **state)
{
	struct bench *bench = *state;

	time_go_on();
	dial(bench, 1, "*100*4*1#");
	order_notice = NOTICE;
	gate(bench, GATE_LATER);
	answer(bench, 1, "1");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	loop_for(20);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->messages.notices, 1);
	assert_int_equal(bench->messages.receipt, NOTICE);
	expect_settled(0, 0);
}

static void order__of_billing__names_its_channel(void **state)
{
	static const struct action open = { .menu = { .name = "service.open", .changes = true, .orders = true },
					    .request = REQUEST_SERVICE_OPEN };
	const struct effect call = { .kind = EFFECT_CALL, .action = &open.menu, .ref = 1 };
	const struct effect done = effect_of(EFFECT_END, "Taken.");
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	assert_string_equal(order_channel, "");
	script[EVENT_INPUT] = &call;
	script[EVENT_RESULT] = &done;
	answer(bench, 1, "1");
	assert_string_equal(order_channel, "phones");
}

/* ---- a second confirmation by short message ---- */

static struct effect confirmation(void)
{
	struct effect effect = effect_of(EFFECT_ASK, "NEWS, 3.00 a month: answer 1 for yes.");

	effect.by_message = effect.notify_silence = true;
	effect.within_s = 3600;
	strcpy(effect.last_text, "We have texted you a question.");
	effect.last_len = strlen(effect.last_text);
	return effect;
}

static void ask_by_message(struct bench *bench, const struct effect *question)
{
	dial(bench, 1, "*100#");
	script[EVENT_INPUT] = question;
	answer(bench, 1, "4");
}

static void by_message__fresh_yes__is_the_answer__S6(void **state)
{
	const struct effect question = confirmation(), done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	ask_by_message(bench, &question);
	assert_int_equal(bench->phones.kind, ANSWER_END);
	assert_string_equal(bench->phones.text, "We have texted you a question.");
	assert_string_equal(bench->messages.text, "NEWS, 3.00 a month: answer 1 for yes.");
	assert_string_equal(bench->messages.sender, "10086");
	time_pass(3599);
	script[EVENT_TEXT] = &done;
	text(bench, "1");
	assert_string_equal(bench->messages.text, "NEWS is open.");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void by_message__silence__told__S6(void **state)
{
	const struct effect question = confirmation(), no = effect_of(EFFECT_END, "NEWS was not opened.");
	struct bench *bench = *state;

	ask_by_message(bench, &question);
	script[EVENT_SILENCE] = &no;
	time_pass(3601);
	assert_int_equal(bench->messages.notices, 2);
	assert_string_equal(bench->messages.text, "NEWS was not opened.");
	assert_string_equal(bench->messages.sender, "10086");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void by_message__yes_after_its_time__begins_anew__F19(void **state)
{
	const struct effect question = confirmation(), no = effect_of(EFFECT_END, "NEWS was not opened.");
	struct bench *bench = *state;

	ask_by_message(bench, &question);
	script[EVENT_SILENCE] = &no;
	time_pass(3601);
	text(bench, "1");
	assert_string_equal(bench->messages.text, "You have $12.50.");
}

static void by_message__other_conversations__fall_silent_without_a_word(void **state)
{
	struct bench *bench = *state;

	text(bench, "services");
	assert_int_equal(server_dialogs(bench->server), 1);
	time_pass(61);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->messages.notices, 0);
}

static void by_message__cannot_be_sent__unavailable_and_nothing_asked__S6(void **state)
{
	const struct effect question = confirmation();
	struct bench *bench = *state;

	bench->messages.refuse = -ENOTCONN;
	ask_by_message(bench, &question);
	assert_int_equal(bench->phones.kind, ANSWER_END);
	assert_string_equal(bench->phones.text, "Not available.");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void by_message__older_conversation__replaced(void **state)
{
	const struct effect question = confirmation(), done = effect_of(EFFECT_END, "NEWS is open.");
	struct bench *bench = *state;

	text(bench, "services");
	ask_by_message(bench, &question);
	assert_int_equal(server_dialogs(bench->server), 1);
	script[EVENT_TEXT] = &done;
	text(bench, "1");
	assert_string_equal(bench->messages.text, "NEWS is open.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(notice__menu_does_not_tell__settled),
		TEST(notice__text_with_the_network__settled_then),
		TEST(notice__text_never_arrives__put_off),
		TEST(notice__given_again_on_its_way__sent_once),
		TEST(notice__link_is_down__put_off),
		TEST(notice__no_link_for_messages__put_off),
		TEST(notice__page_without_a_text__settled),
		TEST(notice__subscriber_in_a_dialog__put_off__F29),
		TEST(notice__account_is_silent__put_off__F17),
		TEST(notice__dials_while_the_account_works__put_off__F29),
		TEST(notice__daemon_stops__put_off),
		TEST(notice__question__answered_by_a_text),
		TEST(notice__question_while_a_text_is_answered__put_off__F29),
		TEST(notice__question_while_another_waits__put_off_until_it_is_over__S6),
		TEST(notice__question_while_one_of_an_earlier_process_waits__put_off__S6),
		TEST(notice__pushed_and_answered__settled_without_a_text),
		TEST(notice__push_refused_by_the_phone__sms__F29),
		TEST(notice__push_not_answered__sms__F29),
		TEST(notice__push_not_possible__sms__F29),
		TEST(notice__phone_in_a_dialog_of_others__put_off__F29),
		TEST(receipt__outcome_told_by_an_answer__settles_the_notice),
		TEST(receipt__answer_lost__notice_does_its_work__F9),
		TEST(receipt__order_without_an_end__notice_is_left_alone__F4),
		TEST(receipt__hung_up__told_by_message_and_settled__F3),
		TEST(order__of_billing__names_its_channel),
		TEST(by_message__fresh_yes__is_the_answer__S6),
		TEST(by_message__silence__told__S6),
		TEST(by_message__yes_after_its_time__begins_anew__F19),
		TEST(by_message__other_conversations__fall_silent_without_a_word),
		TEST(by_message__cannot_be_sent__unavailable_and_nothing_asked__S6),
		TEST(by_message__older_conversation__replaced),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
