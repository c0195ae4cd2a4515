/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server: owns time, memory and live dialogs; drives sessions by the engine and carries out their effects. */
#pragma once

#include "starhash/accounts.h"
#include "starhash/channel.h"
#include "starhash/journal.h"
#include "starhash/menu.h"

struct alarms;
struct conf_row;
struct server;
struct wall_clock;

struct server_settings {
	unsigned int dialogs_max;	/* live and parked; more are refused politely (F26) */
	unsigned int inputs_per_minute;	/* of one subscriber, on links that are limited; 0: no limit */
	unsigned int inputs_burst;	/* so many of them at once */
	unsigned int texts_max;		/* that are worked on at once, on each link; more are put off; 0: no limit */
	unsigned int resume_ms;		/* how long a dropped dialog can be taken up again; 0: never */
	struct text_limits limits;	/* that every link can send: of texts that answer nothing. Zeroed: a page of USSD */
	struct wall_clock *clock;	/* of the whole process; stays the caller's. NULL: one of its own */
	struct alarms *alarms;		/* stays the caller's; NULL: they are only logged, and not shown */
	struct journal *journal;	/* O1: is told of each contact; stays the caller's. NULL: none */
	/* Build the menu anew from its files, for "reload"; NULL: not possible. Returns NULL with problems. */
	struct menu *(*load_menu)(void *user, struct problems *problems);
	void *user;
};

/* What a configuration file says of them: for conf_read(). */
extern const struct conf_row *const server_rows;

/* \a ctx: talloc parent. The account and the channels are handed over: server_free() frees them. */
struct server *server_new(void *ctx, const struct server_settings *settings);
void server_free(struct server *server);

void server_set_accounts(struct server *server, struct accounts *accounts);
void server_add_channel(struct server *server, struct channel *channel);

/* Swap the tree; takes over the caller's reference. New dialogs use it, running ones finish on theirs. */
void server_set_menu(struct server *server, struct menu *menu);

/* Build beside, swap when all is well. Returns 0, or -EINVAL with all problems and the old tree in place. When its catalogue
 * differs too much from what is sold (A66) it waits as a whole, prices that are shown and that are charged with it: -EPERM. */
int server_reload(struct server *server, struct problems *problems);

/* An operator's word: take the menu that waits, or at the start the catalogue, and the retention. False: nothing waits. */
bool server_catalogue_accept(struct server *server);

/* Answer every open turn and end every dialog with a polite text; refuse new ones from now on. A subscriber whose order is
 * being carried out hears that it is, and gets the result by short message. */
void server_stop(struct server *server);

/* For accounts_new(). */
accounts_done server_accounts_done;

/* Live dialogs (parked ones not counted). */
unsigned int server_dialogs(const struct server *server);

/* VTY commands: show, notify, reload. Call once, after vty_init(). */
void server_vty_init(struct server *server);
