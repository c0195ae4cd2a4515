/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The console channel's own parts: the listening side, and one client at its socket.
 *
 * The line protocol, which a person can speak with socat:
 *
 *     client                          server
 *     subscriber 13800138000
 *     > *100#                         < Welcome
 *                                     < 1 Balance
 *                                     ?
 *     > 1                             < Your balance is 15.00
 *                                     .
 *
 * "> TEXT" begins a dialog or answers its page, "hangup" ends it. "?" waits for an answer, "." is the end of the
 * dialog, "* TEXT" a message outside of any, "! TEXT" a mistake in the protocol. Input that comes before its page
 * waits for it. A client that closes its side has hung up. */
#pragma once

#include <osmocom/core/hashtable.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/turn_pool.h"
#include "starhash/listener.h"
#include "starhash/log.h"

struct console_settings {
	const char *name;
	const char *socket;
	long long ask_octets, end_octets;
	const char *trust;
	long long answer_ms, idle_ms, dialog_ms;
	long long connections, silence_s;
};

struct console {
	struct channel channel;		/* first: the two are the same to the server */
	const struct console_settings *settings;
	struct listener_settings door;
	struct listener *listener;
	DECLARE_HASHTABLE(clients, 10);
	uint32_t last_client;
	uint64_t last_session;
	struct turn_pool turns;
	unsigned int connected, talking;
	unsigned int inputs, mistakes, refused;
	struct log_limit mistake_limit, refused_limit;
};

extern const struct channel_kind console_channel_kind;

#define CLIENT_IN_SIZE 2048
#define CLIENT_MISTAKES_MAX 100	/* who makes more of them in a row speaks another protocol */
#define CLIENT_OUT_MAX (64 * 1024)	/* a client that does not read is dropped beyond this */

struct client {
	struct hlist_node entry;
	struct console *console;
	uint32_t number;
	struct osmo_fd fd;
	struct osmo_timer_list silence;
	struct subscriber subscriber;
	uint64_t session;		/* 0: in no dialog */
	uint32_t sequence;		/* inputs of the dialog */
	unsigned int mistakes;		/* since it last said something that is understood */
	bool waiting;			/* for the server's answer to the last input */
	bool broken;			/* to be closed as soon as we are back in the loop */
	size_t in_len;
	char in[CLIENT_IN_SIZE];
	struct output out;		/* without memory while there is nothing */
};

struct text_limits console_limits(const void *settings);

/* Serve a new connection; the client goes when the connection does. Takes \a fd over. */
void client_new(struct console *console, int fd);

/* Close without telling the server, and free. */
void client_free(struct client *client);

/* Show a text, each line after \a mark. It leaves when we are back in the loop: nothing calls back from here. */
void client_show(struct client *client, char mark, const char *text, size_t len);

/* Have channel_sent() called when all that was shown so far has left, or never can. 0: nobody asks. */
void client_receipt(struct client *client, uint64_t receipt);

/* The server's answer to the open input, or the end of the dialog. */
void client_answer(struct client *client, enum answer_kind kind, const char *text, size_t len);
