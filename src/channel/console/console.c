/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The console channel: phones at a local socket, for demonstrations, transcripts and tests. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "channel/console/console.h"
#include "starhash/conf.h"

#define ACCEPTS_PER_ROUND 64	/* so that a rush of new phones does not starve those that talk */
#define ACCEPT_LOG_INTERVAL_S 60

#define ROW(row_name, row_type, ...) \
	{ .name = #row_name, .type = row_type, .offset = offsetof(struct console_settings, row_name), \
	  .reload = CONF_RESTART, __VA_ARGS__ }

static const struct conf_row rows[] = {
	ROW(name, CONF_STRING, .min = 1, .fallback = "console", .help = "What logs and inspection call this channel"),
	ROW(socket, CONF_PATH, .min = 1, .required = true, .help = "Path of the socket, made with mode 0600"),
	ROW(ask_octets, CONF_INT, .min = 20, .max = 160, .fallback = "160", .unit = "octets",
	    .help = "Room of a page that waits for an answer, as on a USSD link"),
	ROW(end_octets, CONF_INT, .min = 20, .max = 160, .fallback = "160", .unit = "octets",
	    .help = "Room of the last page"),
	ROW(answer_ms, CONF_INT, .min = 100, .max = 600000, .fallback = "8000", .unit = "ms",
	    .help = "Time that the server has for a page"),
	ROW(idle_ms, CONF_INT, .min = 100, .max = 3600000, .fallback = "60000", .unit = "ms",
	    .help = "Silence of the subscriber that ends a dialogue"),
	ROW(dialogue_ms, CONF_INT, .min = 100, .max = 86400000, .fallback = "180000", .unit = "ms",
	    .help = "Longest time of a whole dialogue"),
	ROW(trust, CONF_CHOICE, .choices = "ask read order password", .fallback = "password",
	    .help = "What its inputs may do without a one-time code"),
	{ 0 }
};

static void check_settings(const void *data, const struct setting *group, struct problems *problems)
{
	const struct console_settings *settings = data;
	struct sockaddr_un address;

	if (settings->socket && strlen(settings->socket) >= sizeof(address.sun_path))
		problems_add(problems, setting_get(group, "socket"), "the path of a socket has at most %zu octets: %s",
			     sizeof(address.sun_path) - 1, settings->socket);
	if (settings->answer_ms >= settings->idle_ms)
		problems_add(problems, group, "\"answer_ms\" (%lld) must be less than \"idle_ms\" (%lld)",
			     settings->answer_ms, settings->idle_ms);
	if (settings->idle_ms >= settings->dialogue_ms)
		problems_add(problems, group, "\"idle_ms\" (%lld) must be less than \"dialogue_ms\" (%lld)",
			     settings->idle_ms, settings->dialogue_ms);
}

struct text_limits console_limits(const void *data)
{
	const struct console_settings *settings = data;

	return (struct text_limits){
		.ask = text_budget_ussd(settings->ask_octets),
		.end = text_budget_ussd(settings->end_octets),
	};
}

static struct channel_timing console_timing(const void *data)
{
	const struct console_settings *settings = data;

	return (struct channel_timing){ settings->answer_ms, settings->idle_ms, settings->dialogue_ms };
}

void console_turn_free(struct turn *turn)
{
	explicit_bzero(turn->text, sizeof(turn->text));
	talloc_free(turn);
}

/* ---- what the server asks of us ---- */

static struct console *console_of(struct channel *channel)
{
	return (struct console *)channel;
}

/* The client at the other end of a dialogue; NULL when it has hung up meanwhile. */
static struct client *find_client(struct console *console, const struct peer *peer)
{
	struct client *client;

	hash_for_each_possible(console->clients, client, entry, peer->context[0]) {
		if (client->number == peer->context[0] && client->session == peer->session)
			return client;
	}
	return NULL;
}

static void answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct client *client = find_client(console_of(channel), &turn->peer);

	channel_sent(channel, turn->receipt, client && !client->broken && kind != ANSWER_NONE ? 0 : -ENOTCONN);
	if (client)
		client_answer(client, kind, text, len);
	console_turn_free(turn);
}

static void end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	struct client *client = find_client(console_of(channel), peer);

	if (client)
		client_answer(client, ANSWER_END, text, len);
}

static int notify(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	struct console *console = console_of(channel);
	struct client *client;
	size_t bucket;
	int rc = -ENOTCONN;

	hash_for_each(console->clients, bucket, client, entry) {
		if (subscriber->msisdn[0] && strcmp(client->subscriber.msisdn, subscriber->msisdn) == 0) {
			client_show(client, '*', text->text, text->len);
			rc = 0;
		}
	}
	if (!rc)
		channel_sent(channel, text->receipt, 0);
	return rc;
}

static int describe(const struct channel *channel, char *out, size_t size)
{
	const struct console *console = (const struct console *)channel;

	return snprintf(out, size, "console %s: listens on %s, %u phones, %u in a dialogue, %u inputs, %u mistakes, %u refused",
			channel->name, console->settings->socket, console->connected, console->talking,
			console->inputs, console->mistakes, console->refused);
}

static void free_console(struct channel *channel)
{
	struct console *console = console_of(channel);
	struct hlist_node *next;
	struct client *client;
	size_t bucket;

	hash_for_each_safe(console->clients, bucket, next, client, entry)
		client_free(client);
	osmo_timer_del(&console->retry);
	osmo_fd_close(&console->listener);
	unlink(console->settings->socket);
	talloc_free(console);
}

static const struct channel_ops ops = {
	.kind = "console",
	.answer = answer,
	.end = end,
	.notify = notify,
	.describe = describe,
	.free = free_console,
};

/* ---- listening ---- */

static void listen_again(void *data)
{
	struct console *console = data;

	osmo_fd_read_enable(&console->listener);
}

/* Without descriptors the socket would stay readable and keep the loop spinning. */
static void pause_listening(struct console *console)
{
	unsigned int suppressed;

	osmo_fd_read_disable(&console->listener);
	osmo_timer_schedule(&console->retry, 1, 0);
	if (log_allowed(&console->accept_limit, ACCEPT_LOG_INTERVAL_S, &suppressed))
		LOGP(DCONSOLE, LOGL_ERROR, "%s: cannot accept a phone: %s (%u more since the last such line)\n",
		     console->channel.name, strerror(errno), suppressed);
}

static int on_connection(struct osmo_fd *listener, unsigned int what)
{
	struct console *console = listener->data;
	int i, fd;

	for (i = 0; i < ACCEPTS_PER_ROUND; i++) {
		fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_listening(console);
		if (fd < 0)
			return 0;
		client_new(console, fd);
	}
	return 0;
}

/* A socket that nobody listens on was left by a server that crashed; any other file is not ours to remove. */
static int remove_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int refused;

	if (fd < 0)
		return -errno;
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (refused == ENOENT)
		return 0;
	if (refused == ECONNREFUSED)
		return unlink(address->sun_path) < 0 ? -errno : 0;
	return -EADDRINUSE;
}

/* connect() says "refused" of any file that is no socket: that must stay. */
static bool is_foreign(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

/* On Linux the mode of the socket before bind() is the mode of the file: it is never open to others. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -errno;
	return 0;
}

/* Returns a listening socket or -errno. */
static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	rc = is_foreign(path) ? -EEXIST : remove_stale(&address);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = bind_private(fd, &address);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static int start_listening(struct console *console)
{
	int fd = open_socket(console->settings->socket);
	int rc;

	if (fd < 0)
		return fd;
	osmo_fd_setup(&console->listener, fd, OSMO_FD_READ, on_connection, console, 0);
	rc = osmo_fd_register(&console->listener);
	if (rc < 0)
		close(fd);
	return rc;
}

static struct channel *create(void *ctx, const void *data)
{
	const struct console_settings *settings = data;
	struct console *console = talloc_zero(ctx, struct console);
	int rc;

	if (!console)
		return NULL;
	console->settings = settings;
	console->channel.ops = &ops;
	console->channel.name = settings->name;
	console->channel.timing = console_timing(settings);
	console->channel.trust = trust_by_name(settings->trust, TRUST_PASSWORD);
	hash_init(console->clients);
	osmo_timer_setup(&console->retry, listen_again, console);
	rc = start_listening(console);
	if (rc == 0)
		return &console->channel;
	LOGP(DCONSOLE, LOGL_ERROR, "%s: cannot listen on %s: %s\n", settings->name, settings->socket, strerror(-rc));
	talloc_free(console);
	return NULL;
}

const struct channel_kind console_channel_kind = {
	.kind = "console",
	.rows = rows,
	.settings_size = sizeof(struct console_settings),
	.check = check_settings,
	.limits = console_limits,
	.timing = console_timing,
	.create = create,
};
