/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-phone in a script and at a terminal, with the console channel and a fake server. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "channel/console/console.h"
#include "tests/cmocka.h"

static char folder[] = "/tmp/starhash-phone-XXXXXX";
static struct console_settings settings = { .name = "console", .ask_octets = 160, .end_octets = 160 };
static char socket_path[64];
static struct channel *channel;
static void *ctx;

/* "1" shows the balance and ends, "9" gets no answer, anything else shows the menu. */
static int serve(void *user, struct turn *turn)
{
	static const char menu[] = "Welcome\n1 Balance", balance[] = "Balance 15.00\033[2J";
	bool end = turn->kind == TURN_CONTINUE && turn->len == 1 && turn->text[0] == '1';

	if (turn->kind == TURN_GONE)
		turn_answer(turn, ANSWER_NONE, "", 0);
	else if (turn->len == 1 && turn->text[0] == '9')
		return -EBUSY;
	else
		turn_answer(turn, end ? ANSWER_END : ANSWER_ASK, end ? balance : menu,
			    end ? sizeof(balance) - 1 : sizeof(menu) - 1);
	return 0;
}

/* ---- running the phone ---- */

struct call {
	pid_t pid;
	int in, out;		/* our ends of its standard input and output */
	char shown[8192];
	size_t len;
};

static void run_phone(const char *path)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	execl("./starhash-phone", "starhash-phone", "--socket", path, "--msisdn", "13800138000", NULL);
	_exit(127);
}

static void start_in_script(struct call *call, const char *path)
{
	int in[2], out[2];

	*call = (struct call){ 0 };
	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	call->pid = fork();
	if (call->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		run_phone(path);
	}
	close(in[0]);
	close(out[1]);
	call->in = in[1];
	call->out = out[0];
	fcntl(call->out, F_SETFL, O_NONBLOCK);
}

static void start_at_terminal(struct call *call, bool colour)
{
	*call = (struct call){ 0 };
	call->pid = forkpty(&call->out, NULL, NULL, NULL);
	if (call->pid == 0) {
		if (!colour)
			setenv("NO_COLOR", "1", 1);
		run_phone(socket_path);
	}
	call->in = dup(call->out);
	fcntl(call->out, F_SETFL, O_NONBLOCK);
}

static void on_tick(void *data)
{
}

static void serve_a_moment(struct call *call)
{
	struct osmo_timer_list tick = { 0 };
	ssize_t got;

	osmo_timer_setup(&tick, on_tick, NULL);
	osmo_timer_schedule(&tick, 0, 5000);
	osmo_select_main(0);
	osmo_timer_del(&tick);
	got = read(call->out, call->shown + call->len, sizeof(call->shown) - 1 - call->len);
	call->len += got > 0 ? got : 0;
	call->shown[call->len] = '\0';
}

/* Serve until the phone has shown a text. */
static void wait_for(struct call *call, const char *text)
{
	int i;

	for (i = 0; i < 2000 && !strstr(call->shown, text); i++)
		serve_a_moment(call);
	assert_non_null(strstr(call->shown, text));
}

static void type(struct call *call, const char *text)
{
	assert_int_equal(write(call->in, text, strlen(text)), strlen(text));
}

static int finish(struct call *call)
{
	int i, status = 0;

	for (i = 0; i < 2000 && waitpid(call->pid, &status, WNOHANG) == 0; i++)
		serve_a_moment(call);
	if (i == 2000)
		kill(call->pid, SIGKILL);
	serve_a_moment(call);
	close(call->in);
	close(call->out);
	assert_true(i < 2000 && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* ---- in a script ---- */

static void phone__inputs_in_a_pipe__only_pages(void **state)
{
	struct call call;

	start_in_script(&call, socket_path);
	type(&call, "*100#\n2\n1\n1\n");
	assert_int_equal(finish(&call), 0);
	assert_string_equal(call.shown, "Welcome\n1 Balance\n\nWelcome\n1 Balance\n\nBalance 15.00\033[2J\n\n");
}

static void phone__input_ends_early__hangs_up(void **state)
{
	struct call call;

	start_in_script(&call, socket_path);
	type(&call, "*100#");	/* a last line without a newline counts */
	close(call.in);
	call.in = -1;
	assert_int_equal(finish(&call), 0);
	assert_string_equal(call.shown, "Welcome\n1 Balance\n\n");
	assert_int_equal(((struct console *)channel)->talking, 0);
}

static void phone__hangup__ends(void **state)
{
	struct call call;

	start_in_script(&call, socket_path);
	type(&call, "*100#\nhangup\n1\n");
	assert_int_equal(finish(&call), 0);
	assert_string_equal(call.shown, "Welcome\n1 Balance\n\n");
}

static void phone__nobody_listens__message_and_failure(void **state)
{
	struct call call;

	start_in_script(&call, "/tmp/starhash-no-such-socket");
	assert_int_equal(finish(&call), 1);
	assert_non_null(strstr(call.shown, "cannot reach starhashd at /tmp/starhash-no-such-socket: No such file"));
}

static void phone__server_complains__message_and_failure(void **state)
{
	struct call call;

	start_in_script(&call, socket_path);
	type(&call, "9\n");
	assert_int_equal(finish(&call), 1);
	assert_non_null(strstr(call.shown, "the server says: too busy"));
}

static void phone__server_goes_away_f10__message_and_failure(void **state)
{
	struct call call;

	start_in_script(&call, socket_path);
	type(&call, "*100#\n");
	wait_for(&call, "1 Balance");
	channel->ops->free(channel);
	assert_int_equal(finish(&call), 1);
	assert_non_null(strstr(call.shown, "the server closed the connection"));
	channel = console_channel_kind.create(ctx, &settings);
	channel->rx = serve;
}

/* ---- at a terminal ---- */

static void phone__terminal__frames_prompts_and_another_call(void **state)
{
	struct call call;

	start_at_terminal(&call, false);
	wait_for(&call, "Dial: ");
	type(&call, "*100#\n");
	wait_for(&call, "│ Welcome\r\n│ 1 Balance\r\n└");
	wait_for(&call, "Answer: ");
	type(&call, "1\n");
	wait_for(&call, "│ Balance 15.00?[2J\r\n");	/* a page cannot control the terminal */
	type(&call, "*101#\n");
	type(&call, "hangup\n");
	assert_int_equal(finish(&call), 0);
	assert_null(strchr(call.shown, '\033'));
}

static void phone__terminal__colour(void **state)
{
	struct call call;

	start_at_terminal(&call, true);
	wait_for(&call, "\033[1mDial: \033[0m");
	type(&call, "\004");
	assert_int_equal(finish(&call), 0);
}

static void phone__notification__marked(void **state)
{
	static const struct subscriber subscriber = { .msisdn = "13800138000" };
	struct call call;

	start_at_terminal(&call, false);
	wait_for(&call, "Dial: ");
	while (channel->ops->notify(channel, &subscriber, &(struct channel_text){ .text = "Paid", .len = 4 }) < 0)
		serve_a_moment(&call);
	wait_for(&call, "* Paid\r\n");
	type(&call, "hangup\n");
	assert_int_equal(finish(&call), 0);
}

static void phone__dialog_timed_out__last_page_while_prompting(void **state)
{
	struct call call;
	struct peer peer = { 0 };

	start_at_terminal(&call, false);
	type(&call, "*100#\n");
	wait_for(&call, "Answer: ");
	peer.session = ((struct console *)channel)->last_session;
	peer.context = ((struct console *)channel)->last_client;
	channel->ops->end(channel, &peer, "Too late", 8);
	wait_for(&call, "│ Too late\r\n");
	type(&call, "hangup\n");
	assert_int_equal(finish(&call), 0);
}

/* ---- options ---- */

static void phone__wrong_options__usage(void **state)
{
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --socket x >/dev/null 2>&1")), 2);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --msisdn 1 >/dev/null 2>&1")), 2);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --nonsense >/dev/null 2>&1")), 2);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --hlr 127.0.0.1:x --imsi 1 >/dev/null 2>&1")), 1);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --smsc 127.0.0.1 >/dev/null 2>&1")), 2);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --smsc 127.0.0.1 --hlr 127.0.0.1 --imsi 1 >/dev/null 2>&1")),
			 2);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --smsc 127.0.0.1:x --msisdn 1 >/dev/null 2>&1")), 1);
	assert_int_equal(WEXITSTATUS(system("./starhash-phone --smsc 192.0.2.1 --msisdn 1 >/dev/null 2>&1")), 1);
	assert_int_equal(system("./starhash-phone --help | grep -q Usage"), 0);
	assert_int_equal(system("./starhash-phone --version | grep -q starhash-phone"), 0);
}

static int start_server(void **state)
{
	ctx = talloc_named_const(NULL, 0, "phone_test");
	osmo_init_logging2(NULL, &log_categories);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", mkdtemp(folder));
	settings.socket = socket_path;
	channel = console_channel_kind.create(ctx, &settings);
	channel->rx = serve;
	return 0;
}

static int stop_server(void **state)
{
	channel->ops->free(channel);
	log_fini();
	talloc_free(ctx);
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(phone__inputs_in_a_pipe__only_pages),
		cmocka_unit_test(phone__input_ends_early__hangs_up),
		cmocka_unit_test(phone__hangup__ends),
		cmocka_unit_test(phone__nobody_listens__message_and_failure),
		cmocka_unit_test(phone__server_complains__message_and_failure),
		cmocka_unit_test(phone__server_goes_away_f10__message_and_failure),
		cmocka_unit_test(phone__terminal__frames_prompts_and_another_call),
		cmocka_unit_test(phone__terminal__colour),
		cmocka_unit_test(phone__notification__marked),
		cmocka_unit_test(phone__dialog_timed_out__last_page_while_prompting),
		cmocka_unit_test(phone__wrong_options__usage),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
