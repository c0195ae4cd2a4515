/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The state table of a dialog: the real server is brought into each state and gets each event. The table gives the next state and
 * the fate of the turn; every turn is answered exactly once. Pairs left out are ignored. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

#define ALICE_NUMBER UINT64_C(13800138000)
#define ON_BEGIN_ELSEWHERE ON_EVENTS	/* the same subscriber dials in another session of the network */
#define TEST_EVENTS (ON_EVENTS + 1)

static struct menu *menu;

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, texts, beginning;
};

static void bench_open(struct bench *bench)
{
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
						    .requests_max = 100 };
	const struct server_settings settings = { .dialogs_max = 100, .resume_ms = 1000000 };

	*bench = (struct bench){ .ctx = talloc_named_const(NULL, 0, "bench") };
	bench->server = server_new(bench->ctx, &settings);
	server_set_menu(bench->server, menu_ref(menu));
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	phones_init(&bench->phones);
	phones_init_texting(&bench->texts);
	phones_init_beginning(&bench->beginning);
	server_add_channel(bench->server, &bench->phones.channel);
	server_add_channel(bench->server, &bench->texts.channel);
	server_add_channel(bench->server, &bench->beginning.channel);
	time_stop();
}

static void bench_close(struct bench *bench)
{
	time_go_on();
	server_free(bench->server);
	assert_int_equal(bench->phones.open + bench->texts.open + bench->beginning.open, 0);
	assert_int_equal(menu_users(menu), 0);
	talloc_free(bench->ctx);
}

/* ---- entering each state ---- */

static void gate(struct bench *bench, enum gate to)
{
	gate_set(accounts_store(bench->accounts), to);
}

static void dial(struct bench *bench, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, 1, 1, code), 0);
}

static void answer(struct bench *bench, const char *text)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, 1, 2, text), 0);
}

static void text(struct bench *bench, const char *words)
{
	assert_int_equal(phones_turn(&bench->texts, TURN_TEXT, ALICE_NUMBER, 10086, 0, words), 0);
}

static void hang_up(struct bench *bench)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
}

static void give(struct bench *bench, const char *kind)
{
	uint8_t data[64];
	struct account_notification notification = { .id = 4711, .kind = kind, .subscriber = { .msisdn = ALICE },
					       .facts = { data, 0, sizeof(data) } };

	record_put_text(&notification.facts, FIELD_SERVICE, "NEWS", 4);
	record_put_number(&notification.facts, FIELD_PRICE, 300);
	notification_take(bench->server, &notification);
}

static void wait_for_answer(const struct dialog *dialog)
{
	const uint64_t request = dialog->work->request;

	for (unsigned int i = 0; i < 10 && dialog->work->request == request; i++)
		osmo_select_main_ctx(1);
}

static struct dialog *be_free(struct bench *bench)
{
	dial(bench, "*100*1#");
	return dialog_at(bench->server, bench->server->spare);
}

static struct dialog *be_new(struct bench *bench)
{
	const struct turn turn = { .peer = { .channel = &bench->phones.channel, .user = ALICE_NUMBER, .session = 1 },
				   .subscriber.msisdn = ALICE, .limits = bench->server->settings.limits };

	return dialog_new(bench->server, &turn);
}

static struct dialog *be_fetching(struct bench *bench)
{
	gate(bench, GATE_SHUT);
	text(bench, "services");
	return phones_dialog(bench->server);
}

static struct dialog *be_calling(struct bench *bench)
{
	dial(bench, "*100#");
	gate(bench, GATE_SHUT);
	answer(bench, "4");
	return phones_dialog(bench->server);
}

static struct dialog *be_ordering(struct bench *bench)
{
	dial(bench, "*100*4*103#");
	gate(bench, GATE_SHUT);
	answer(bench, "1");
	return phones_dialog(bench->server);
}

static struct dialog *be_waiting(struct bench *bench)
{
	dial(bench, "*100*4#");
	return phones_dialog(bench->server);
}

static struct dialog *be_texting(struct bench *bench)
{
	text(bench, "services");
	return phones_dialog(bench->server);
}

/* Not yet durable in the store, so it needs a dialog until its time is up. */
static struct dialog *be_expiring(struct bench *bench)
{
	dial(bench, "*155#");
	gate(bench, GATE_SHUT);
	answer(bench, "103");
	time_pass(601);
	return phones_dialog(bench->server);
}

static struct dialog *be_detached(struct bench *bench)
{
	struct dialog *dialog = be_ordering(bench);

	hang_up(bench);
	return dialog;
}

/* The order is completed, and its page asks for a list. */
static struct dialog *be_detached_listing(struct bench *bench)
{
	struct dialog *dialog;

	dial(bench, "*100#");
	gate(bench, GATE_SHUT);
	answer(bench, "5");
	hang_up(bench);
	dialog = phones_dialog(bench->server);
	gate(bench, GATE_LATER);
	wait_for_answer(dialog);
	gate(bench, GATE_SHUT);
	assert_false(dialog_is_order(dialog));
	return dialog;
}

static struct dialog *be_parked(struct bench *bench)
{
	dial(bench, "*100*4#");
	hang_up(bench);
	return phones_dialog(bench->server);
}

static struct dialog *be_looking(struct bench *bench)
{
	bench->beginning.refuse = -ENOTCONN;
	gate(bench, GATE_SHUT);
	give(bench, "trial_ending");
	return phones_dialog(bench->server);
}

static struct dialog *be_shown(struct bench *bench)
{
	give(bench, "trial_ending");
	return phones_dialog(bench->server);
}

/* ---- outcomes ---- */

struct follows {
	bool is_said;
	int rc;
	enum dialog_state state;
};

#define DONE(next) { true, 0, DIALOG_ ## next }
#define NOT(rc, next) { true, rc, DIALOG_ ## next }

static const struct situation {
	const char *name;
	enum dialog_state state;
	struct dialog *(*bring)(struct bench *bench);
	struct follows follows[TEST_EVENTS];
} situations[] = {
	{ "free", DIALOG_FREE, be_free, {} },
	{ "new", DIALOG_NEW, be_new,
	  { [ON_BEGIN] = DONE(WAITING), [ON_BEGIN_ELSEWHERE] = DONE(WAITING), [ON_TEXT] = DONE(FREE), [ON_NOTIFY] = DONE(FREE),
	    [ON_TIMER] = DONE(FREE), [ON_STOP] = DONE(FREE) } },
	{ "fetching", DIALOG_FETCHING, be_fetching,
	  { [ON_TEXT] = NOT(-EAGAIN, FETCHING), [ON_RESPONSE] = DONE(WAITING), [ON_UNKNOWN] = DONE(CALLING), [ON_TIMER] = DONE(CALLING),
	    [ON_GONE] = DONE(FREE), [ON_STOP] = DONE(FREE) } },
	{ "calling", DIALOG_CALLING, be_calling,
	  { [ON_BEGIN_ELSEWHERE] = NOT(-ENOENT, FREE), [ON_TEXT] = NOT(-EAGAIN, CALLING), [ON_RESPONSE] = DONE(WAITING),
	    [ON_UNKNOWN] = DONE(DETACHED), [ON_TIMER] = DONE(FREE), [ON_GONE] = DONE(FREE), [ON_STOP] = DONE(FREE) } },
	{ "calling, an order", DIALOG_CALLING, be_ordering,
	  { [ON_BEGIN_ELSEWHERE] = DONE(CALLING), [ON_TEXT] = NOT(-EAGAIN, CALLING), [ON_RESPONSE] = DONE(FREE),
	    [ON_UNKNOWN] = DONE(DETACHED), [ON_TIMER] = DONE(DETACHED), [ON_GONE] = DONE(DETACHED), [ON_STOP] = DONE(FREE) } },
	{ "waiting", DIALOG_WAITING, be_waiting,
	  { [ON_BEGIN] = NOT(-ENOENT, PARKED), [ON_BEGIN_ELSEWHERE] = NOT(-ENOENT, PARKED), [ON_INPUT] = DONE(WAITING),
	    [ON_TEXT] = DONE(WAITING), [ON_TIMER] = DONE(PARKED), [ON_GONE] = DONE(PARKED), [ON_STOP] = DONE(FREE) } },
	{ "waiting, a conversation", DIALOG_WAITING, be_texting,
	  { [ON_BEGIN] = NOT(-ENOENT, FREE), [ON_BEGIN_ELSEWHERE] = NOT(-ENOENT, FREE), [ON_INPUT] = DONE(WAITING),
	    [ON_TEXT] = DONE(WAITING), [ON_TIMER] = DONE(FREE), [ON_GONE] = DONE(FREE), [ON_STOP] = DONE(FREE), [ON_EVICT] = DONE(FREE) } },
	{ "expiring", DIALOG_EXPIRING, be_expiring,
	  { [ON_TEXT] = NOT(-EAGAIN, EXPIRING), [ON_RESPONSE] = DONE(FREE), [ON_UNKNOWN] = DONE(FREE), [ON_TIMER] = DONE(FREE),
	    [ON_STOP] = DONE(FREE) } },
	{ "detached", DIALOG_DETACHED, be_detached,
	  { [ON_BEGIN] = DONE(DETACHED), [ON_BEGIN_ELSEWHERE] = DONE(DETACHED), [ON_INPUT] = DONE(DETACHED), [ON_TEXT] = DONE(DETACHED),
	    [ON_RESPONSE] = DONE(FREE), [ON_UNKNOWN] = DONE(DETACHED), [ON_TIMER] = DONE(FREE), [ON_STOP] = DONE(FREE) } },
	{ "detached, a list", DIALOG_DETACHED, be_detached_listing,
	  { [ON_BEGIN] = NOT(-ENOENT, FREE), [ON_BEGIN_ELSEWHERE] = NOT(-ENOENT, FREE), [ON_INPUT] = NOT(-ENOENT, FREE),
	    [ON_TEXT] = NOT(-EAGAIN, DETACHED), [ON_RESPONSE] = DONE(FREE), [ON_UNKNOWN] = DONE(DETACHED), [ON_TIMER] = DONE(FREE),
	    [ON_STOP] = DONE(FREE) } },
	{ "parked", DIALOG_PARKED, be_parked,
	  { [ON_BEGIN] = DONE(WAITING), [ON_BEGIN_ELSEWHERE] = DONE(WAITING), [ON_TIMER] = DONE(FREE), [ON_EVICT] = DONE(FREE) } },
	{ "looking", DIALOG_LOOKING, be_looking,
	  { [ON_BEGIN] = NOT(-ENOENT, FREE), [ON_BEGIN_ELSEWHERE] = NOT(-ENOENT, FREE), [ON_RESPONSE] = DONE(WAITING),
	    [ON_UNKNOWN] = DONE(FREE), [ON_TIMER] = DONE(FREE), [ON_STOP] = DONE(FREE) } },
	{ "shown", DIALOG_SHOWN, be_shown,
	  { [ON_BEGIN] = NOT(-ENOENT, FREE), [ON_BEGIN_ELSEWHERE] = NOT(-ENOENT, FREE), [ON_INPUT] = DONE(FREE), [ON_TIMER] = DONE(WAITING),
	    [ON_GONE] = DONE(WAITING), [ON_STOP] = DONE(FREE) } },
};

/* ---- each event ---- */

/* A turn of the dialog's own peer, as turns_take() hands it over. */
static struct turn *turn_for(const struct dialog *dialog, unsigned int event)
{
	static const char *const texts[TEST_EVENTS] = { [ON_INPUT] = "1", [ON_TEXT] = "1" };
	struct turn *turn = calloc(1, sizeof(*turn));

	turn->kind = event == ON_INPUT ? TURN_CONTINUE : event == ON_TEXT ? TURN_TEXT : TURN_BEGIN;
	turn->peer = dialog_peer(dialog);
	turn->peer.session += event == ON_BEGIN_ELSEWHERE ? 1000 : 0;
	turn->sequence = 99;
	turn->limits.ask = turn->limits.end = text_budget_ussd(160);
	strcpy(turn->subscriber.msisdn, ALICE);
	strcpy(turn->short_code, "10086");
	strcpy(turn->text, texts[event] ? texts[event] : "*100#");
	turn->len = strlen(turn->text);
	return turn;
}

static int step_turn(struct dialog *dialog, unsigned int event)
{
	struct turn *turn = turn_for(dialog, event);
	struct phones *phones = (struct phones *)turn->peer.channel;
	const size_t len = turn->len;
	int rc;

	phones->open++;
	origin_of(turn->peer.channel)->open++;
	rc = dialog_step(dialog, &(struct dialog_input){ .event = event == ON_BEGIN_ELSEWHERE ? ON_BEGIN : event, .turn = turn });
	if (rc) {
		assert_int_equal(turn->len, len);	/* unchanged, still the caller's */
		origin_of(turn->peer.channel)->open--;
		phones->open--;
		free(turn);
	}
	return rc;
}

static int step_notification(struct dialog *dialog)
{
	uint8_t data[64];
	const struct account_notification notification = { .id = 4712, .kind = "order_completed", .subscriber = { .msisdn = ALICE },
						     .facts = { data, 0, sizeof(data) } };

	return dialog_step(dialog, &(struct dialog_input){ .event = ON_NOTIFY, .notification = &notification });
}

static int happen(struct bench *bench, struct dialog *dialog, unsigned int event)
{
	struct response response;

	switch (event) {
	case ON_BEGIN:
	case ON_BEGIN_ELSEWHERE:
	case ON_INPUT:
	case ON_TEXT:
		return step_turn(dialog, event);
	case ON_NOTIFY:
		return step_notification(dialog);
	case ON_RESPONSE:
		if (dialog->work->request) {
			gate(bench, GATE_OPEN);
			wait_for_answer(dialog);
			return 0;
		}
		response_init(&response);
		return dialog_step(dialog, &(struct dialog_input){ .event = ON_RESPONSE, .response = &response });
	case ON_TIMER:
		if (dialog->work->silent_ms)		/* the conversation is parked */
			dialog->work->silent_ms = 0;
		break;
	}
	return dialog_step(dialog, &(struct dialog_input){ .event = event });
}

static bool has_turn(unsigned int event)
{
	return event == ON_BEGIN || event == ON_BEGIN_ELSEWHERE || event == ON_INPUT || event == ON_TEXT;
}

static void try(const struct situation *situation, unsigned int event)
{
	struct follows follows = situation->follows[event];
	struct dialog *dialog;
	struct bench bench;
	unsigned int open;
	int rc;

	bench_open(&bench);
	dialog = situation->bring(&bench);
	assert_int_equal(dialog->state, situation->state);
	if (!follows.is_said)
		follows = (struct follows){ true, has_turn(event) ? 0 : -ENOTSUP, situation->state };
	rc = happen(&bench, dialog, event);
	if (rc != follows.rc || dialog->state != follows.state)
		fail_msg("%s, event %u: %d and state %d (it %s), not %d and state %d", situation->name, event, rc, dialog->state,
			 dialog_state_name(dialog), follows.rc, follows.state);
	open = bench.phones.open + bench.texts.open + bench.beginning.open;
	assert_int_equal(open, dialog->work->turn != NULL);	/* all others were answered, and no turn twice: answering frees it */
	assert_int_equal(dialog->work->turn != NULL, dialog->state == DIALOG_FETCHING || dialog->state == DIALOG_CALLING);
	for (size_t i = 0; i < sizeof(bench.server->scratch.data); i++)
		assert_int_equal(bench.server->scratch.data[i], 0);
	for (size_t i = 0; i < sizeof(bench.server->request.args); i++)
		assert_int_equal(bench.server->request.args[i], 0);
	bench_close(&bench);
}

static void every_event(void **state)
{
	for (unsigned int event = 0; event < TEST_EVENTS; event++)
		try(*state, event);
}

/* ---- all pairs ---- */

static void table__every_state__tested(void **state)
{
	bool tried[DIALOG_STATES] = {};

	for (size_t i = 0; i < ARRAY_SIZE(situations); i++)
		tried[situations[i].state] = true;
	for (unsigned int i = 0; i < DIALOG_STATES; i++)
		assert_true(tried[i]);
}

/* ---- sequences that went wrong ---- */

static uint64_t counted(const struct bench *bench, enum server_counter counter)
{
	return rate_ctr_group_get_ctr(bench->server->counters, counter)->current;
}

static void let_run(unsigned int rounds)
{
	while (rounds--)
		osmo_select_main_ctx(1);
}

/* The question was cancelled on the phone, and the store is asked whether another one waits. */
static void looking__subscriber_dials__answered(void **state)
{
	struct dialog *dialog;
	struct bench bench;

	bench_open(&bench);
	dialog = be_shown(&bench);
	gate(&bench, GATE_SHUT);
	assert_int_equal(phones_turn(&bench.beginning, TURN_GONE, PHONES_BEGUN, PHONES_BEGUN, 0, ""), 0);
	assert_int_equal(dialog->state, DIALOG_LOOKING);
	bench.beginning.nones = 0;
	assert_int_equal(phones_turn(&bench.beginning, TURN_BEGIN, PHONES_BEGUN, 5, 1, "*100#"), 0);
	gate(&bench, GATE_OPEN);
	let_run(10);
	assert_int_equal(bench.beginning.nones, 0);
	bench_close(&bench);
}

/* F29: nor does it go as a text into a dialog on another link. */
static void shown__cancelled_while_the_subscriber_is_in_another_dialog__put_off(void **state)
{
	struct bench bench;
	unsigned int before;

	bench_open(&bench);
	be_shown(&bench);
	dial(&bench, "*100#");
	before = bench.texts.notifications;
	assert_int_equal(phones_turn(&bench.beginning, TURN_GONE, PHONES_BEGUN, PHONES_BEGUN, 0, ""), 0);
	assert_int_equal(bench.texts.notifications, before);
	bench_close(&bench);
}

static void code__sent__not_left_in_the_effect(void **state)
{
	const char *at;
	struct bench bench;

	bench_open(&bench);
	bench.texts.channel.trust = TRUST_READ;
	text(&bench, "KT WEATHER");
	at = strstr(bench.texts.text, "\nReply ");
	assert_non_null(at);
	assert_null(memmem(&bench.server->effect, sizeof(bench.server->effect), at + 7, CONFIRM_CODE_LEN));
	bench_close(&bench);
}

/* Its SMSC sent it again, and the channel asked again to save it. */
static void save__asked_twice_and_answered_meanwhile__completed_once(void **state)
{
	struct bench bench;

	bench_open(&bench);
	gate(&bench, GATE_SHUT);
	text(&bench, "services");
	channel_save_text(bench.texts.turn);
	channel_save_text(bench.texts.turn);
	dialog_step(phones_dialog(bench.server), &(struct dialog_input){ .event = ON_STOP });
	assert_int_equal(bench.texts.open, 0);
	gate(&bench, GATE_OPEN);
	let_run(5);
	bench_close(&bench);
}

/* The disk is slower than the account's deadline: the text is not acknowledged, and when the save ends after all, the answer that has been
 * given completes it. Else the text would be answered again, as if it had been sent to the next question. */
static void save__ends_after_its_deadline__completed_all_the_same(void **state)
{
	struct bench bench;
	struct dialog *dialog;
	uint64_t before;

	bench_open(&bench);
	gate(&bench, GATE_SHUT);
	text(&bench, "services");
	dialog = phones_dialog(bench.server);
	channel_save_text(bench.texts.turn);
	dialog_step(dialog, &(struct dialog_input){ .event = ON_TIMER });	/* no saved conversation came */
	dialog_step(dialog, &(struct dialog_input){ .event = ON_TIMER });	/* nor an account: the turn is answered */
	assert_int_equal(bench.texts.open, 0);
	before = counted(&bench, COUNT_NOTIFICATIONS);
	time_go_on();
	loop_for(2300);
	assert_int_equal(counted(&bench, COUNT_NOTIFICATIONS), before);
	gate(&bench, GATE_OPEN);
	let_run(10);
	assert_int_equal(counted(&bench, COUNT_NOTIFICATIONS), before + 1);
	bench_close(&bench);
}

/* A13: an earlier process may have made the change by this very text, and been killed before it answered. A changed password, for example,
 * would be wrong now. */
static void fetching__no_conversation_in_time__text_changes_nothing(void **state)
{
	struct dialog *dialog;
	struct bench bench;

	bench_open(&bench);
	gate(&bench, GATE_SHUT);
	text(&bench, "CHINESE");
	dialog = phones_dialog(bench.server);
	dialog_step(dialog, &(struct dialog_input){ .event = ON_TIMER });
	assert_int_equal(dialog->state, DIALOG_CALLING);
	gate(&bench, GATE_OPEN);
	let_run(10);
	assert_string_equal(bench.texts.text, "Not available.");
	bench_close(&bench);
}

/* The answer that names the order has the receipt; until it comes, the text is in flight. */
static void detached__saved_text_is_given_twice__answered_once(void **state)
{
	struct account_notification notification = {
		.id = 5005, .kind = NOTIFICATION_TEXT, .subscriber.msisdn = ALICE,
		.message = { .text = "YE", .len = 2, .short_code = "10086", .channel = "phones", .until = INT64_MAX / 2 },
	};
	struct bench bench;
	struct dialog *dialog;
	unsigned int before;

	bench_open(&bench);
	text(&bench, "KT WEATHER");
	gate(&bench, GATE_SHUT);
	text(&bench, "1");
	dialog = phones_dialog(bench.server);
	dialog_step(dialog, &(struct dialog_input){ .event = ON_TIMER });
	assert_int_equal(dialog->state, DIALOG_DETACHED);
	before = bench.texts.ends + bench.texts.asks;
	notification_take(bench.server, &notification);
	gate(&bench, GATE_OPEN);
	let_run(5);
	notification_take(bench.server, &notification);
	let_run(3);
	assert_int_equal(bench.texts.ends + bench.texts.asks - before, 1);
	bench_close(&bench);
}

/* The fixture's menu, but setting the language leads to a list. */
static int load_menu(void **state)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };
	char folder[] = "/tmp/starhash-dialog-test-XXXXXX", command[512], path[64];
	struct problems problems = {};

	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command), "cp " FIXTURES "/engine/fixture/*.cfg %s && chmod u+w %s/* && "
		 "sed -i '/language.set/s/\"home\"/\"offered\"/' %s/menu.cfg", folder, folder, folder);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/menu.cfg", folder);
	menu = conf_menu_load(path, actions_all(), limits, &problems);
	problems_fini(&problems);	/* warnings */
	assert_non_null(menu);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static int free_menu(void **state)
{
	menu_unref(menu);
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(situations) + 8] = {
		cmocka_unit_test(table__every_state__tested),
		cmocka_unit_test(looking__subscriber_dials__answered),
		cmocka_unit_test(shown__cancelled_while_the_subscriber_is_in_another_dialog__put_off),
		cmocka_unit_test(code__sent__not_left_in_the_effect),
		cmocka_unit_test(save__asked_twice_and_answered_meanwhile__completed_once),
		cmocka_unit_test(save__ends_after_its_deadline__completed_all_the_same),
		cmocka_unit_test(fetching__no_conversation_in_time__text_changes_nothing),
		cmocka_unit_test(detached__saved_text_is_given_twice__answered_once),
	};

	for (size_t i = 0; i < ARRAY_SIZE(situations); i++)
		tests[i + 8] = (struct CMUnitTest){ situations[i].name, every_event, NULL, NULL, (void *)&situations[i] };
	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, load_menu, free_menu);
}
