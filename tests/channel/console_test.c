/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The console channel between a fake server and real sockets. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/console/console.h"
#include "starhash/conf.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

static char folder[] = "/tmp/starhash-console-XXXXXX";
static char socket_path[64];
static void *ctx;

/* ---- a server that answers from a script ---- */

struct fake {
	bool later;		/* leave the turn open; the test answers it */
	bool busy;
	enum answer_kind kind;
	const char *text;
	struct turn *open;
	struct turn seen;
	unsigned int turns;
	unsigned int sent;	/* calls with a receipt */
	int became;		/* from the last call */
};

static int fake_rx(void *user, struct turn *turn)
{
	struct fake *fake = user;

	if (fake->busy)
		return -EBUSY;
	fake->seen = *turn;
	fake->turns++;
	if (turn->kind == TURN_GONE)
		turn_answer(turn, ANSWER_NONE, "", 0);
	else if (fake->later)
		fake->open = turn;
	else
		turn_answer(turn, fake->kind, fake->text, strlen(fake->text));
	return 0;
}

static void fake_sent(void *user, uint64_t receipt, int rc)
{
	struct fake *fake = user;

	assert_int_equal(receipt, 9);
	fake->sent++;
	fake->became = rc;
}

static struct console_settings settings;

static struct channel *start(struct fake *fake)
{
	struct problems problems = { 0 };
	struct channel *channel;

	conf_read(NULL, console_channel_kind.rows + 2, &settings, &problems);
	settings.name = "console";
	settings.socket = socket_path;
	assert_int_equal(problems.count, 0);
	channel = console_channel_kind.create(ctx, &settings);
	assert_non_null(channel);
	channel->rx = fake_rx;
	channel->sent = fake_sent;
	channel->rx_user = fake;
	*fake = (struct fake){ .kind = ANSWER_ASK, .text = "Welcome\n1 Balance" };
	return channel;
}

static void stop(struct channel *channel)
{
	channel->ops->free(channel);
	assert_int_equal(access(socket_path, F_OK), -1);
	assert_int_equal(talloc_total_blocks(ctx), 1);
}

/* ---- a phone ---- */

static int dial_in(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, socket_path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void loop(void)
{
	int i;

	for (i = 0; i < 6; i++)
		osmo_select_main(1);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	loop();
}

static void expect(int fd, const char *text)
{
	char got[4096];
	ssize_t len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	got[len > 0 ? len : 0] = '\0';
	assert_string_equal(got, text);
}

static void expect_closed(int fd)
{
	char octet;

	assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), 0);
	close(fd);
}

static void end_call(int fd)
{
	close(fd);
	loop();
}

/* ---- dialogs ---- */

static void console__dialog__pages_and_end(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	say(fd, "subscriber 13800138000\n> *100#\n");
	expect(fd, "< Welcome\n< 1 Balance\n?\n");
	assert_int_equal(fake.seen.kind, TURN_BEGIN);
	assert_string_equal(fake.seen.subscriber.msisdn, "13800138000");
	assert_true(fake.seen.peer.user == digits_pack("13800138000"));
	assert_memory_equal(fake.seen.text, "*100#", fake.seen.len);
	assert_int_equal(fake.seen.limits.ask.septets, 182);
	assert_int_equal(fake.seen.sequence, 1);
	fake.kind = ANSWER_END;
	fake.text = "余额 15.00";
	say(fd, "> 1\r\n");
	expect(fd, "< 余额 15.00\n.\n");
	assert_int_equal(fake.seen.kind, TURN_CONTINUE);
	assert_int_equal(fake.seen.len, 1);
	assert_int_equal(fake.seen.sequence, 2);
	end_call(fd);
	assert_int_equal(fake.turns, 2);
	stop(channel);
}

static void console__second_dialog__new_session(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();
	uint64_t session;

	fake.kind = ANSWER_END;
	say(fd, "subscriber 13800138000\n> *100#\n");
	session = fake.seen.peer.session;
	say(fd, "> *100#\n");
	assert_int_equal(fake.seen.kind, TURN_BEGIN);
	assert_int_not_equal(fake.seen.peer.session, session);
	end_call(fd);
	stop(channel);
}

static void console__answer_comes_later_f2__further_input_waits(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	fake.later = true;
	say(fd, "subscriber 13800138000\n> *100#\n> 1\n");
	expect(fd, "");
	assert_int_equal(fake.turns, 1);
	turn_answer(fake.open, ANSWER_ASK, "Page", 4);
	assert_int_equal(fake.turns, 1);	/* rule 3: no turn comes in while we answer */
	loop();
	expect(fd, "< Page\n?\n");
	assert_int_equal(fake.turns, 2);
	turn_answer(fake.open, ANSWER_END, "Bye", 3);
	loop();
	expect(fd, "< Bye\n.\n");
	end_call(fd);
	stop(channel);
}

static void console__hang_up_while_asked_f6__server_notified(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	say(fd, "subscriber 13800138000\n> *100#\n");
	end_call(fd);
	assert_int_equal(fake.turns, 2);
	assert_int_equal(fake.seen.kind, TURN_GONE);
	stop(channel);
}

static void console__hang_up_while_turn_is_open__late_answer_discarded(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	fake.later = true;
	say(fd, "subscriber 13800138000\n> *100#\n");
	end_call(fd);
	assert_int_equal(fake.seen.kind, TURN_GONE);
	turn_answer(fake.open, ANSWER_ASK, "Page", 4);
	stop(channel);
}

static void console__hangup_then_dial_again__late_answer_not_mixed_up(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	struct turn *first;
	int fd = dial_in();

	fake.later = true;
	say(fd, "subscriber 13800138000\n> *100#\n");
	first = fake.open;
	say(fd, "hangup\n");	/* waits behind the open input */
	turn_answer(first, ANSWER_ASK, "Old", 3);
	loop();
	expect(fd, "< Old\n?\n.\n");
	say(fd, "> *101#\n");
	assert_int_equal(fake.seen.kind, TURN_BEGIN);
	turn_answer(fake.open, ANSWER_END, "New", 3);
	loop();
	expect(fd, "< New\n.\n");
	end_call(fd);
	stop(channel);
}

static void console__server_ends_dialog__last_text_shown(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	struct peer peer;
	int fd = dial_in();

	say(fd, "subscriber 13800138000\n> *100#\n");
	expect(fd, "< Welcome\n< 1 Balance\n?\n");
	peer = fake.seen.peer;
	channel->ops->end(channel, &peer, "Too late", 8);
	loop();
	expect(fd, "< Too late\n.\n");
	channel->ops->end(channel, &peer, "Twice", 5);
	loop();
	expect(fd, "");
	end_call(fd);
	channel->ops->end(channel, &peer, "Gone", 4);	/* rule 6 */
	stop(channel);
}

static void console__overload_f26__polite_text_and_connection_stays(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	fake.busy = true;
	say(fd, "subscriber 13800138000\n> *100#\n");
	expect(fd, "! too busy, try again later\n");
	fake.busy = false;
	say(fd, "> *100#\n");
	expect(fd, "< Welcome\n< 1 Balance\n?\n");
	fake.busy = true;
	say(fd, "> 1\n");
	expect(fd, "! too busy, try again later\n");
	fake.busy = false;
	say(fd, "> 1\n");
	assert_int_equal(fake.seen.kind, TURN_CONTINUE);
	end_call(fd);
	stop(channel);
}

static void console__notify__reaches_only_the_subscriber(void **state)
{
	static const struct subscriber anna = { .msisdn = "13800138000" }, nobody = { .msisdn = "" };
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in(), other = dial_in();

	say(fd, "subscriber 13800138000\n");
	say(other, "subscriber 13800138001\n");
	assert_int_equal(channel->ops->notify(channel, &anna, &(struct channel_text){ .text = "a\nb", .len = 3 }), 0);
	assert_int_equal(channel->ops->notify(channel, &nobody, &(struct channel_text){ .text = "a", .len = 1 }),
			 -EDESTADDRREQ);	/* A39 */
	loop();
	expect(fd, "* a\n* b\n");
	expect(other, "");
	end_call(fd);
	end_call(other);
	stop(channel);
}

static void console__answer_with_a_receipt__reported_if_shown_or_not(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	fake.later = true;
	say(fd, "subscriber 13800138000\n> *100#\n");
	fake.open->receipt = 9;
	turn_answer(fake.open, ANSWER_ASK, "Menu", 4);
	assert_int_equal(fake.sent, 0);
	say(fd, "> 1\n");
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.became, 0);
	fake.open->receipt = 9;
	end_call(fd);
	turn_answer(fake.open, ANSWER_END, "Bye", 3);
	assert_int_equal(fake.sent, 2);
	assert_int_equal(fake.became, -ENOTCONN);
	stop(channel);
}

/* ---- hostile or broken clients ---- */

static void console__mistakes__each_named(void **state)
{
	static const struct {
		const char *said, *answer;
	} cases[] = {
		{ "> *100#\n", "! send \"subscriber NUMBER\" first\n" },
		{ "hello\n", "! a line is \"> TEXT\", \"subscriber NUMBER\" or \"hangup\"\n" },
		{ "\n", "! a line is \"> TEXT\", \"subscriber NUMBER\" or \"hangup\"\n" },
		{ "subscriber \n", "! a subscriber is a number of 1 to 15 digits\n" },
		{ "subscriber 12x\n", "! a subscriber is a number of 1 to 15 digits\n" },
		{ "subscriber 1234567890123456\n", "! a subscriber is a number of 1 to 15 digits\n" },
		{ "hangup\n", ".\n" },
		{ "subscriber 1\n", "" },
		{ "> \xff\n", "! the input is not in UTF-8\n" },
		{ "> *100#\n", "< Welcome\n< 1 Balance\n?\n" },
		{ "subscriber 2\n", "! the subscriber cannot change during a dialog\n" },
		{ ">\n", "< Welcome\n< 1 Balance\n?\n" },
		{ "hangup\n", ".\n" },
	};
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		say(fd, cases[i].said);
		expect(fd, cases[i].answer);
	}
	end_call(fd);
	stop(channel);
}

static void console__one_octet_at_a_time_f12__understood(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();
	const char *c, *all = "subscriber 13800138000\n> *100#\n";

	for (c = all; *c; c++) {
		assert_int_equal(send(fd, c, 1, 0), 1);
		osmo_select_main(1);
	}
	loop();
	expect(fd, "< Welcome\n< 1 Balance\n?\n");
	end_call(fd);
	stop(channel);
}

static void console__longest_input__accepted_and_one_more_refused(void **state)
{
	char line[TURN_TEXT_MAX + 8] = "> ";
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	say(fd, "subscriber 1\n");
	memset(line + 2, 'x', TURN_TEXT_MAX);
	strcpy(line + 2 + TURN_TEXT_MAX, "\n");
	say(fd, line);
	assert_int_equal(fake.seen.len, TURN_TEXT_MAX);
	expect(fd, "< Welcome\n< 1 Balance\n?\n");
	strcpy(line + 2 + TURN_TEXT_MAX, "x\n");
	say(fd, line);
	expect(fd, "! the input is too long\n");
	end_call(fd);
	stop(channel);
}

static void console__endless_line__closed(void **state)
{
	char line[CLIENT_IN_SIZE + 1];
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in();

	memset(line, '>', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	say(fd, line);
	expect(fd, "! too much input at once\n");
	expect_closed(fd);
	stop(channel);
}

static void console__client_never_reads__dropped(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int i, fd = dial_in();

	for (i = 0; i < 100000 && send(fd, "x\nx\nx\nx\n", 8, MSG_NOSIGNAL) > 0; i++)
		osmo_select_main(1);
	assert_true(i < 100000);
	close(fd);
	loop();
	stop(channel);
}

static void send_noise(int fd)
{
	static const char words[] = "> \nsubscriber 1\n> *100#\nhangup\n\r\xff";
	char noise[64];
	size_t i;

	for (i = 0; i < sizeof(noise); i++)
		noise[i] = rand() % 8 ? words[rand() % (sizeof(words) - 1)] : rand();
	if (send(fd, noise, rand() % sizeof(noise), MSG_NOSIGNAL) < 0)
		return;
	osmo_select_main(1);
	while (recv(fd, noise, sizeof(noise), MSG_DONTWAIT) > 0)
		;
}

static void console__noise__no_turn_left_open(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int i, fd = dial_in();

	srand(1);
	for (i = 0; i < 30000; i++) {
		if (i % 50 == 0) {
			close(fd);
			fd = dial_in();
		}
		send_noise(fd);
	}
	close(fd);
	loop();
	assert_int_equal(((struct console *)channel)->connected, 0);
	assert_int_equal(((struct console *)channel)->talking, 0);
	stop(channel);
}

static void console__thousands_of_phones__each_its_own_page(void **state)
{
	enum { PHONES = 2000 };
	static int fds[PHONES];
	struct rlimit limit;
	struct channel *channel;
	struct fake fake;
	int i;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 2 * PHONES + 64)
		skip();
	channel = start(&fake);
	((struct console *)channel)->door.connections_max = PHONES;
	for (i = 0; i < PHONES; i++) {
		fds[i] = dial_in();
		assert_int_equal(send(fds[i], "subscriber 1\n> *100#\n", 21, 0), 21);
		osmo_select_main(1);
	}
	for (i = 0; i < 50; i++)
		osmo_select_main(1);
	assert_int_equal(fake.turns, PHONES);
	for (i = 0; i < PHONES; i++) {
		expect(fds[i], "< Welcome\n< 1 Balance\n?\n");
		close(fds[i]);
	}
	for (i = 0; i < 50; i++)
		osmo_select_main(1);
	assert_int_equal(fake.turns, 2 * PHONES);
	stop(channel);
}

/* ---- limits ---- */

static bool is_hung_up(int fd)
{
	char octet;
	int i;

	for (i = 0; i < 20; i++)
		osmo_select_main(1);
	return recv(fd, &octet, 1, MSG_DONTWAIT) == 0;
}

static void console__one_phone_too_many__refused_until_one_leaves_A30(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	char line[256];
	int first, second, third;

	((struct console *)channel)->door.connections_max = 2;
	first = dial_in();
	second = dial_in();
	assert_false(is_hung_up(first) || is_hung_up(second));
	third = dial_in();
	assert_true(is_hung_up(third));
	channel->ops->describe(channel, line, sizeof(line));
	assert_non_null(strstr(line, "1 connections refused"));
	close(first);
	close(third);
	loop();
	third = dial_in();
	assert_false(is_hung_up(third));
	close(second);
	close(third);
	stop(channel);
}

static void console__only_mistakes__hung_up_A30(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int fd = dial_in(), i;

	for (i = 0; i <= CLIENT_MISTAKES_MAX; i++) {
		assert_int_equal(send(fd, "GET / HTTP/1.1\n", 15, 0), 15);
		osmo_select_main(1);
	}
	loop();
	assert_int_equal(((struct console *)channel)->connected, 0);
	assert_int_equal(((struct console *)channel)->mistakes, CLIENT_MISTAKES_MAX + 1);
	close(fd);
	stop(channel);
}

static void console__silent_phone__makes_room_unless_in_a_dialog_A30(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	int silent, talking;

	time_stop();
	silent = dial_in();
	talking = dial_in();
	assert_int_equal(send(talking, "subscriber 1\n> *100#\n", 21, 0), 21);
	assert_false(is_hung_up(silent));
	time_pass(settings.silence_s + 1);
	assert_true(is_hung_up(silent));
	assert_int_equal(((struct console *)channel)->connected, 1);
	assert_int_equal(((struct console *)channel)->talking, 1);
	time_go_on();
	close(silent);
	close(talking);
	stop(channel);
}

/* ---- the socket ---- */

static void console__socket__only_for_its_owner(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);
	char line[256];
	struct stat st;

	assert_int_equal(stat(socket_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(channel->ops->describe(channel, line, sizeof(line)) > 0);
	assert_non_null(strstr(line, "0 phones"));
	stop(channel);
}

static void console__socket_in_use__not_started(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);

	assert_null(console_channel_kind.create(ctx, &settings));
	assert_int_equal(access(socket_path, F_OK), 0);
	stop(channel);
}

static void console__stale_socket__replaced(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct fake fake;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	stop(start(&fake));
}

static void console__other_file_in_the_way__not_touched(void **state)
{
	close(open(socket_path, O_CREAT | O_WRONLY, 0600));
	settings.name = "console";
	settings.socket = socket_path;
	assert_null(console_channel_kind.create(ctx, &settings));
	assert_int_equal(unlink(socket_path), 0);
}

static void console_check__timers_in_wrong_order_f8__problems(void **state)
{
	struct console_settings wrong = { .socket = "s", .answer_ms = 5000, .idle_ms = 5000, .dialog_ms = 4000 };
	struct problems problems = { 0 };
	char longest[200];

	console_channel_kind.check(&wrong, NULL, &problems);
	assert_int_equal(problems.count, 2);
	problems_fini(&problems);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	wrong = (struct console_settings){ .socket = longest, .answer_ms = 1, .idle_ms = 2, .dialog_ms = 3 };
	console_channel_kind.check(&wrong, NULL, &problems);
	assert_int_equal(problems.count, 1);
	problems_fini(&problems);
}

static int make_folder(void **state)
{
	ctx = talloc_named_const(NULL, 0, "console_test");
	osmo_init_logging2(NULL, &log_categories);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", mkdtemp(folder));
	return 0;
}

static int remove_folder(void **state)
{
	log_fini();
	talloc_free(ctx);
	return rmdir(folder);
}

/* A20 */
static void A20_console__trust__authenticated_unless_configured(void **state)
{
	struct fake fake;
	struct channel *channel = start(&fake);

	assert_int_equal(channel->trust, TRUST_PASSWORD);
	stop(channel);
	settings.trust = "ask";
	channel = console_channel_kind.create(ctx, &settings);
	assert_int_equal(channel->trust, TRUST_ASK);
	stop(channel);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(console__dialog__pages_and_end),
		cmocka_unit_test(A20_console__trust__authenticated_unless_configured),
		cmocka_unit_test(console__second_dialog__new_session),
		cmocka_unit_test(console__answer_comes_later_f2__further_input_waits),
		cmocka_unit_test(console__hang_up_while_asked_f6__server_notified),
		cmocka_unit_test(console__hang_up_while_turn_is_open__late_answer_discarded),
		cmocka_unit_test(console__hangup_then_dial_again__late_answer_not_mixed_up),
		cmocka_unit_test(console__server_ends_dialog__last_text_shown),
		cmocka_unit_test(console__overload_f26__polite_text_and_connection_stays),
		cmocka_unit_test(console__notify__reaches_only_the_subscriber),
		cmocka_unit_test(console__answer_with_a_receipt__reported_if_shown_or_not),
		cmocka_unit_test(console__mistakes__each_named),
		cmocka_unit_test(console__one_octet_at_a_time_f12__understood),
		cmocka_unit_test(console__longest_input__accepted_and_one_more_refused),
		cmocka_unit_test(console__endless_line__closed),
		cmocka_unit_test(console__client_never_reads__dropped),
		cmocka_unit_test(console__noise__no_turn_left_open),
		cmocka_unit_test(console__thousands_of_phones__each_its_own_page),
		cmocka_unit_test(console__one_phone_too_many__refused_until_one_leaves_A30),
		cmocka_unit_test(console__only_mistakes__hung_up_A30),
		cmocka_unit_test(console__silent_phone__makes_room_unless_in_a_dialog_A30),
		cmocka_unit_test(console__socket__only_for_its_owner),
		cmocka_unit_test(console__socket_in_use__not_started),
		cmocka_unit_test(console__stale_socket__replaced),
		cmocka_unit_test(console__other_file_in_the_way__not_touched),
		cmocka_unit_test(console_check__timers_in_wrong_order_f8__problems),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
