/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The console channel: phones on a local socket, for demonstrations, transcripts and tests. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include <osmocom/core/talloc.h>

#include "channel/console/console.h"
#include "starhash/conf.h"

#define ROW(row_name, row_type, ...) \
	{ .name = #row_name, .type = row_type, .offset = offsetof(struct console_settings, row_name), \
	  __VA_ARGS__ }

static const struct conf_row rows[] = {
	ROW(name, CONF_STRING, .min = 1, .fallback = "console", .help = "Name of this channel in logs and VTY output"),
	ROW(socket, CONF_PATH, .min = 1, .required = true, .help = "Path of the socket, created with mode 0600"),
	ROW(ask_octets, CONF_INT, .min = 20, .max = 160, .fallback = "160", .unit = "octets",
	    .help = "Longest page that waits for an answer, as on a USSD link"),
	ROW(end_octets, CONF_INT, .min = 20, .max = 160, .fallback = "160", .unit = "octets",
	    .help = "Longest last page"),
	ROW(answer_ms, CONF_INT, .min = 100, .max = 600000, .fallback = "8000", .unit = "ms",
	    .help = "Time to answer one input"),
	ROW(idle_ms, CONF_INT, .min = 100, .max = 3600000, .fallback = "60000", .unit = "ms",
	    .help = "Silence of the subscriber after which a dialog ends"),
	ROW(dialog_ms, CONF_INT, .min = 100, .max = 86400000, .fallback = "180000", .unit = "ms",
	    .help = "Longest duration of a dialog"),
	ROW(trust, CONF_CHOICE, .choices = "ask read order password", .fallback = "password",
	    .help = "What inputs over this link may do without a one-time code"),
	ROW(connections, CONF_INT, .min = 1, .max = 10000, .fallback = "64", .unit = "phones",
	    .help = "Most phones connected at once, of at most 70 KB each; more are refused"),
	ROW(silence_s, CONF_INT, .min = 0, .max = 86400, .fallback = "3600", .unit = "s",
	    .help = "A phone outside a dialog is disconnected after this much silence; 0: never"),
	{ 0 }
};

static void check_settings(const void *data, const struct setting *group, struct problems *problems)
{
	const struct console_settings *settings = data;
	struct sockaddr_un address;

	if (settings->socket && strlen(settings->socket) >= sizeof(address.sun_path))
		problems_add(problems, setting_get(group, "socket"), "a socket path has at most %zu octets: %s",
			     sizeof(address.sun_path) - 1, settings->socket);
	if (settings->answer_ms >= settings->idle_ms)
		problems_add(problems, group, "\"answer_ms\" (%lld) must be less than \"idle_ms\" (%lld)",
			     settings->answer_ms, settings->idle_ms);
	if (settings->idle_ms >= settings->dialog_ms)
		problems_add(problems, group, "\"idle_ms\" (%lld) must be less than \"dialog_ms\" (%lld)",
			     settings->idle_ms, settings->dialog_ms);
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

	return (struct channel_timing){ settings->answer_ms, settings->idle_ms, settings->dialog_ms };
}

/* ---- called by the server ---- */

static struct console *console_of(struct channel *channel)
{
	return (struct console *)channel;
}

/* The client at the other end of a dialog; NULL when it has hung up in the meantime. */
static struct client *find_client(struct console *console, const struct peer *peer)
{
	struct client *client;

	hash_for_each_possible(console->clients, client, entry, peer->context) {
		if (client->number == peer->context && client->session == peer->session)
			return client;
	}
	return NULL;
}

static void answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct client *client = find_client(console_of(channel), &turn->peer);

	if (client)
		client_answer(client, kind, text, len);
	if (client && kind != ANSWER_NONE)
		client_receipt(client, turn->receipt);
	else
		channel_sent(channel, turn->receipt, -ENOTCONN);
	turn_free(&console_of(channel)->turns, turn);
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
	int rc = subscriber->msisdn[0] ? -ENOTCONN : -EDESTADDRREQ;

	hash_for_each(console->clients, bucket, client, entry) {
		if (subscriber->msisdn[0] && strcmp(client->subscriber.msisdn, subscriber->msisdn) == 0) {
			client_show(client, '*', text->text, text->len);
			if (rc)
				client_receipt(client, text->receipt);	/* only of the first, if the subscriber has several phones */
			rc = 0;
		}
	}
	return rc;
}

static int describe(const struct channel *channel, char *out, size_t size)
{
	const struct console *console = (const struct console *)channel;

	return snprintf(out, size, "console %s: listens on %s, %u phones, %u in a dialog, %u inputs, %u mistakes, %u refused, "
			"%u connections refused",
			channel->name, console->settings->socket, console->connected, console->talking,
			console->inputs, console->mistakes, console->refused,
			listener_refused(console->listener));
}

static void free_console(struct channel *channel)
{
	struct console *console = console_of(channel);
	struct hlist_node *next;
	struct client *client;
	size_t bucket;

	hash_for_each_safe(console->clients, bucket, next, client, entry)
		client_free(client);
	listener_free(console->listener);
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

static void accepted(void *user, int fd)
{
	client_new(user, fd);
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
	turn_pool_init(&console->turns, console, sizeof(struct turn));
	console->door = (struct listener_settings){ .name = settings->name, .category = DCONSOLE, .user = console,
						    .connections_max = settings->connections, .accepted = accepted };
	rc = listener_unix(console, &console->door, settings->socket, &console->listener);
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
