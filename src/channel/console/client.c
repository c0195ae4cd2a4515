/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* console/: a channel for people at a terminal, and for tests. Start with console.c.
 *
 * One client of the console channel: its input lines and output pages. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "channel/console/console.h"

#define MISTAKE_INTERVAL_S 60

/* ---- output ---- */

static void put(struct client *client, const char *text, size_t len)
{
	struct output *out = &client->out;

	if (client->broken)
		return;
	if (out->tail - out->head + len > CLIENT_OUT_MAX || output_reserve(client, out, len) < 0) {
		client->broken = true;
		/* This makes the loop call on_ready() even if the client never reads. */
		shutdown(client->fd.fd, SHUT_RDWR);
		return;
	}
	memcpy(out->data + out->tail, text, len);
	out->tail += len;
	osmo_fd_write_enable(&client->fd);
}

void client_receipt(struct client *client, uint64_t receipt)
{
	if (receipt)
		output_receipt_add(client, &client->out, receipt);
}

void client_show(struct client *client, char mark, const char *text, size_t len)
{
	const char head[2] = { mark, ' ' };
	const char *end = text + len, *newline;

	for (;; text = newline + 1) {
		newline = memchr(text, '\n', end - text);
		put(client, head, sizeof(head));
		put(client, text, (newline ? newline : end) - text);
		put(client, "\n", 1);
		if (!newline)
			return;
	}
}

/* Tell a client what it did wrong. Never quote its input, which may be secret. */
static void complain(struct client *client, const char *text)
{
	struct console *console = client->console;
	unsigned int suppressed;

	console->mistakes++;
	client->mistakes++;
	client_show(client, '!', text, strlen(text));
	if (log_allowed(&console->mistake_limit, MISTAKE_INTERVAL_S, &suppressed))
		LOGP(DCONSOLE, LOGL_NOTICE, "%s: a client made a mistake: %s (%u more since the last such line)\n",
		     console->channel.name, text, suppressed);
}

/* Returns 0, or -EPIPE when the client is gone. */
static int flush(struct client *client)
{
	struct output *out = &client->out;
	uint64_t receipt;
	ssize_t sent = 0;

	if (out->head < out->tail)
		sent = send(client->fd.fd, out->data + out->head, out->tail - out->head, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	output_written(out, sent);
	if (out->head == out->tail) {
		TALLOC_FREE(out->data);
		out->size = 0;
		osmo_fd_write_disable(&client->fd);
	}
	while ((receipt = output_receipt_take(out, false)))
		channel_sent(&client->console->channel, receipt, 0);
	return 0;
}

/* ---- the dialog ---- */

static struct turn *make_turn(struct client *client, enum turn_kind kind, const char *text, size_t len)
{
	struct console *console = client->console;
	struct turn *turn = turn_new(&console->turns);

	turn->peer.channel = &console->channel;
	turn->peer.user = digits_pack(client->subscriber.msisdn);
	turn->peer.session = client->session;
	turn->peer.context = client->number;
	turn->kind = kind;
	turn->subscriber = client->subscriber;
	turn->limits = console_limits(console->settings);
	turn->sequence = ++client->sequence;
	turn->len = len;
	memcpy(turn->text, text, len);
	return turn;
}

static void leave_dialog(struct client *client)
{
	if (client->session)
		client->console->talking--;
	client->session = 0;
	client->waiting = false;
}

/* The phone is switched off or hung up: the server need not wait any longer. */
static void hang_up(struct client *client)
{
	struct turn *turn = client->session ? make_turn(client, TURN_GONE, "", 0) : NULL;

	leave_dialog(client);
	if (turn && channel_rx(turn) < 0)
		turn_free(&client->console->turns, turn);
}

static void send_input(struct client *client, const char *text, size_t len)
{
	struct console *console = client->console;
	bool begins = client->session == 0;
	unsigned int suppressed;
	struct turn *turn;

	client->mistakes = 0;
	if (begins) {
		client->session = ++console->last_session;
		console->talking++;
		client->sequence = 0;
	}
	console->inputs++;
	client->waiting = true;
	turn = make_turn(client, begins ? TURN_BEGIN : TURN_CONTINUE, text, len);
	if (channel_rx(turn) == 0)
		return;
	/* The server cannot accept the input: answer it here. */
	turn_free(&console->turns, turn);
	console->refused++;
	client->waiting = false;
	if (begins)
		leave_dialog(client);
	client_show(client, '!', "too busy, try again later", strlen("too busy, try again later"));
	if (log_allowed(&console->refused_limit, MISTAKE_INTERVAL_S, &suppressed))
		LOGP(DCONSOLE, LOGL_NOTICE, "%s: overload, an input was refused (%u more since the last such line)\n",
		     console->channel.name, suppressed);
}

void client_answer(struct client *client, enum answer_kind kind, const char *text, size_t len)
{
	client->waiting = false;
	if (kind != ANSWER_NONE)
		client_show(client, '<', text, len);
	if (kind == ANSWER_END)
		leave_dialog(client);
	put(client, client->session ? "?\n" : ".\n", 2);
}

/* ---- lines in ---- */

static void take_input(struct client *client, const char *text, size_t len)
{
	if (client->subscriber.msisdn[0] == '\0')
		complain(client, "send \"subscriber NUMBER\" first");
	else if (len > TURN_TEXT_MAX)
		complain(client, "the input is too long");
	else if (!text_valid(text, len) || memchr(text, '\0', len))
		complain(client, "the input is not in UTF-8");
	else
		send_input(client, text, len);
}

static void take_subscriber(struct client *client, const char *number, size_t len)
{
	size_t digits = 0;

	while (digits < len && number[digits] >= '0' && number[digits] <= '9')
		digits++;
	if (client->session) {
		complain(client, "the subscriber cannot change during a dialog");
	} else if (len == 0 || len >= MSISDN_SIZE || digits < len) {
		complain(client, "a subscriber is a number of 1 to 15 digits");
	} else {
		memcpy(client->subscriber.msisdn, number, len);
		client->subscriber.msisdn[len] = '\0';
	}
}

static void take_hangup(struct client *client, const char *rest, size_t len)
{
	hang_up(client);
	put(client, ".\n", 2);
}

static const struct {
	const char *word;
	void (*take)(struct client *client, const char *rest, size_t len);
} commands[] = {
	{ "> ", take_input },
	{ ">", take_input },
	{ "subscriber ", take_subscriber },
	{ "hangup", take_hangup },
};

static void take_line(struct client *client, const char *line, size_t len)
{
	size_t i, word;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		word = strlen(commands[i].word);
		if (len >= word && memcmp(line, commands[i].word, word) == 0) {
			commands[i].take(client, line + word, len - word);
			return;
		}
	}
	complain(client, "a line is \"> TEXT\", \"subscriber NUMBER\" or \"hangup\"");
}

/* Handle the complete lines, up to one that has to wait for its page. */
static void take_lines(struct client *client)
{
	char *newline = NULL;
	size_t len;

	while (!client->waiting && !client->broken && (newline = memchr(client->in, '\n', client->in_len))) {
		take_line(client, client->in, newline - client->in);
		len = newline + 1 - client->in;
		client->in_len -= len;
		memmove(client->in, newline + 1, client->in_len);
		explicit_bzero(client->in + client->in_len, len);
	}
	if (client->in_len == sizeof(client->in))
		complain(client, "too much input at once");
	if (client->in_len == sizeof(client->in) || client->mistakes > CLIENT_MISTAKES_MAX) {
		flush(client);
		client->broken = true;
	}
}

/* Pages that have not been written yet never will be. */
static void client_lost(struct client *client)
{
	uint64_t receipt;

	hang_up(client);
	while ((receipt = output_receipt_take(&client->out, true)))
		channel_sent(&client->console->channel, receipt, -EPIPE);
	client_free(client);
}

/* Nobody is at the phone any more: make room for another one. */
static void silent(void *data)
{
	struct client *client = data;

	if (client->session)
		osmo_timer_schedule(&client->silence, client->console->settings->silence_s, 0);
	else
		client_lost(client);
}

static void listen_for(struct client *client)
{
	if (client->console->settings->silence_s)
		osmo_timer_schedule(&client->silence, client->console->settings->silence_s, 0);
}

/* Returns 0, or -EPIPE when the client is gone. */
static int receive(struct client *client)
{
	ssize_t got = recv(client->fd.fd, client->in + client->in_len, sizeof(client->in) - client->in_len, MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	client->in_len += got;
	listen_for(client);
	return got ? 0 : -EPIPE;
}

/* ---- the connection ---- */

static int on_ready(struct osmo_fd *fd, unsigned int what)
{
	struct client *client = fd->data;

	if ((what & OSMO_FD_READ) && receive(client) < 0)
		client->broken = true;
	else
		take_lines(client);
	if (!client->broken && (what & OSMO_FD_WRITE) && flush(client) < 0)
		client->broken = true;
	if (client->broken)
		client_lost(client);
	return 0;
}

void client_new(struct console *console, int fd)
{
	struct client *client = talloc_zero(console, struct client);

	if (!client) {
		close(fd);
		listener_release(console->listener);
		return;
	}
	client->console = console;
	client->number = ++console->last_client;
	osmo_fd_setup(&client->fd, fd, OSMO_FD_READ, on_ready, client, 0);
	if (osmo_fd_register(&client->fd) < 0) {
		close(fd);
		talloc_free(client);
		listener_release(console->listener);
		return;
	}
	osmo_timer_setup(&client->silence, silent, client);
	listen_for(client);
	hash_add(console->clients, &client->entry, client->number);
	console->connected++;
}

void client_free(struct client *client)
{
	leave_dialog(client);
	hash_del(&client->entry);
	client->console->connected--;
	osmo_timer_del(&client->silence);
	listener_release(client->console->listener);
	osmo_fd_close(&client->fd);
	explicit_bzero(client->in, sizeof(client->in));
	talloc_free(client);
}
