/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A channel controlled by a test: turns by function call, answers to inspect. */
#pragma once

#include "starhash/server.h"

struct phones {
	struct channel channel;
	unsigned int open;		/* turns open at the server */
	unsigned int asks, ends, nones, busy;	/* answers by kind */
	unsigned int last_texts;	/* ends without a turn */
	unsigned int notifications;		/* texts outside of a dialog */
	unsigned int begun;		/* dialogs that the server began */
	struct turn *turn;		/* the last one; valid while it is open */
	unsigned int keeps;		/* answers to channel_save_text() */
	int text_saved;			/* the last one */
	bool saving;		/* from the last answer */
	unsigned int saves_completed;		/* calls */
	unsigned int agains;		/* texts of an earlier process */
	int refuse;			/* -errno for notify and begin */
	uint64_t receipt;		/* requested with the last text */
	char sender[32];		/* of the last text outside of a dialog */
	enum answer_kind kind;		/* of the last answer */
	char text[2600];		/* of the last answer or last text */
};

/* A server with the engine's fixture menu, over a store in memory with the fixture's accounts, which *\a accounts gets. \a ctx: talloc
 * parent. */
struct server *phones_server(void *ctx, const struct server_settings *settings, struct accounts **accounts);

/* A channel that server_add_channel() can take; it is not freed by the server's ops->free(). */
void phones_init(struct phones *phones);

/* One for short messages. */
void phones_init_texting(struct phones *phones);

/* One that can also begin dialogs: as session PHONES_BEGUN of user PHONES_BEGUN. */
#define PHONES_BEGUN 777
void phones_init_beginning(struct phones *phones);

/* Send a turn for a user's dialog. Returns the result of channel_rx(). */
int phones_turn(struct phones *phones, enum turn_kind kind, uint64_t user, uint64_t session, uint32_t sequence,
		const char *text);

/* The server's only dialog, live or parked. */
struct dialog *phones_dialog(const struct server *server);

/* A partner asks the subscriber for an order: the message, as the account gives it to the server. */
void phones_partner_asks(struct server *server, const char *msisdn);
