/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the console channel: the listening side, and one client on its socket.
 *
 * The line protocol, which a person can use with socat:
 *
 *     client                          server
 *     subscriber 13800138000
 *     > *100#                         < Welcome
 *                                     < 1 Balance
 *                                     ?
 *     > 1                             < Your balance is 15.00
 *                                     .
 *
 * "> TEXT" begins a dialog or answers its page; "hangup" ends it. "?" waits for an answer, "." marks the end of the
 * dialog, "* TEXT" is a message outside any dialog, "! TEXT" reports a protocol error. Input that comes before its page
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
	struct channel channel;		/* first member: the server's pointer to it is also ours */
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
#define CLIENT_MISTAKES_MAX 100	/* a client that makes more of them in a row speaks another protocol */
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
	unsigned int mistakes;		/* since its last valid line */
	bool waiting;			/* for the server's answer to the last input */
	bool broken;			/* to be closed once back in the loop */
	size_t in_len;
	char in[CLIENT_IN_SIZE];
	struct output out;		/* has no memory while empty */
};

struct text_limits console_limits(const void *settings);

/* Serve a new connection. Takes ownership of \a fd; the client is freed with the connection. */
void client_new(struct console *console, int fd);

/* Close without telling the server, and free. */
void client_free(struct client *client);

/* Show a text, each line after \a mark. It is written once back in the loop: no callback is made from here. */
void client_show(struct client *client, char mark, const char *text, size_t len);

/* Have channel_sent() called when everything shown so far is written, or never will be. 0: no receipt. */
void client_receipt(struct client *client, uint64_t receipt);

/* The server's answer to the open input, or the end of the dialog. */
void client_answer(struct client *client, enum answer_kind kind, const char *text, size_t len);
