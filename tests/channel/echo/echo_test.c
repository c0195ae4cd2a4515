/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The example channel, looked up in a table of channels and used as the daemon uses each of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "starhash/conf.h"
#include "starhash/log.h"
#include "tests/channel/echo/echo.h"
#include "tests/channel/loop.h"
#include "tests/cmocka.h"

/* Replaces the table of src/channel/table.c. */
const struct channel_kind *const channel_table[] = {
	&echo_channel_kind,
	NULL
};

struct fixture {
	void *ctx, *settings;
	int listener, fd;
	struct channel *channel;
	struct turn *turn;
	unsigned int turns, written, lost;
	char heard[2048];
	size_t len;
};

static int rx_cb(void *user, struct turn *turn)
{
	struct fixture *fix = user;

	fix->turns++;
	fix->turn = turn;
	return 0;
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	struct fixture *fix = user;

	assert_int_equal(receipt, 9);
	fix->written += !rc;
	fix->lost += rc == -EPIPE;
}

static void says(struct fixture *fix, const char *words)
{
	assert_int_equal(send(fix->fd, words, strlen(words) + 1, MSG_NOSIGNAL), strlen(words) + 1);
}

/* The next message, after a while; "" when none comes. */
static const char *hears(struct fixture *fix)
{
	static char words[1024];
	ssize_t n;

	run_ms(20);
	n = recv(fix->fd, fix->heard + fix->len, sizeof(fix->heard) - fix->len, MSG_DONTWAIT);
	fix->len += n > 0 ? n : 0;
	words[0] = '\0';
	if (!memchr(fix->heard, 0, fix->len))
		return words;
	strcpy(words, fix->heard);
	fix->len -= strlen(words) + 1;
	memmove(fix->heard, fix->heard + strlen(words) + 1, fix->len);
	return words;
}

static void up(struct fixture *fix)
{
	while ((fix->fd = accept(fix->listener, NULL, NULL)) < 0)
		run_ms(1);
	fix->len = 0;
	assert_string_equal(hears(fix), "hello");
	says(fix, "hello");
	assert_string_equal(hears(fix), "ping");
}

static int setup(void **state)
{
	const struct channel_kind *kind = channel_table[0];
	struct fixture *fix = calloc(1, sizeof(*fix));
	struct problems problems = {};
	struct setting port = { .name = "port", .type = SETTING_INT };
	struct setting group = { .name = "echo", .type = SETTING_GROUP, .child = &port };
	uint16_t free_port = 0;

	fix->ctx = talloc_named_const(NULL, 0, "echo test");
	fix->listener = loopback_listen(&free_port);
	port.number = free_port;
	fix->settings = talloc_zero_size(fix->ctx, kind->settings_size);
	conf_read(&group, kind->rows, fix->settings, &problems);
	assert_int_equal(problems.count, 0);
	fix->channel = kind->create(fix->ctx, fix->settings);
	fix->channel->rx = rx_cb;
	fix->channel->sent = sent_cb;
	fix->channel->rx_user = fix;
	up(fix);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	char line[100];

	fix->channel->ops->describe(fix->channel, line, sizeof(line));
	assert_non_null(strstr(line, " 0 open turns"));
	fix->channel->ops->free(fix->channel);
	close(fix->fd);
	close(fix->listener);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

/* Echoes the turn. */
static void echo(struct fixture *fix, enum answer_kind kind)
{
	char text[TURN_TEXT_MAX];
	const size_t len = fix->turn->len;

	memcpy(text, fix->turn->text, len);
	fix->turn->receipt = 9;
	turn_answer(fix->turn, kind, text, len);
}

static void dialog__begin_next_end__is_echoed(void **state)
{
	struct fixture *fix = *state;

	says(fix, "13800138000 begin *100#");
	run_until(&fix->turns, 1);
	assert_int_equal(fix->turn->kind, TURN_BEGIN);
	assert_string_equal(fix->turn->subscriber.msisdn, "13800138000");
	echo(fix, ANSWER_ASK);
	assert_int_equal(fix->written, 0);
	assert_string_equal(hears(fix), "13800138000 ask *100#");
	assert_int_equal(fix->written, 1);
	says(fix, "13800138000 next two words");
	run_until(&fix->turns, 2);
	echo(fix, ANSWER_END);
	assert_string_equal(hears(fix), "13800138000 end two words");
}

static void message__not_understood__only_that_one_is_dropped(void **state)
{
	struct fixture *fix = *state;

	says(fix, "13800138000");
	says(fix, "13800138000 sings loud");
	says(fix, "nobody begin *100#");
	says(fix, "");
	says(fix, "13800138000 gone");
	run_until(&fix->turns, 1);
	assert_int_equal(fix->turn->kind, TURN_GONE);
	turn_answer(fix->turn, ANSWER_NONE, "", 0);
}

static void link__drops__comes_back_and_reports_losses(void **state)
{
	const struct subscriber subscriber = { .msisdn = "13800138000" };
	const struct channel_text text = { .text = "News!", .len = 5, .receipt = 9 };
	struct fixture *fix = *state;

	close(fix->fd);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &text), 0);
	run_ms(20);
	assert_int_equal(fix->written + fix->lost, 1);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &text), -ENOTCONN);
	up(fix);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &text), 0);
	assert_string_equal(hears(fix), "13800138000 show News!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(dialog__begin_next_end__is_echoed, setup, teardown),
		cmocka_unit_test_setup_teardown(message__not_understood__only_that_one_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(link__drops__comes_back_and_reports_losses, setup, teardown),
	};

	log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
