/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server: owns time, memory and live dialogs; advances sessions with the engine and carries out their effects. */
#pragma once

#include <osmocom/core/linuxlist.h>

#include "starhash/accounts.h"
#include "starhash/channel.h"
#include "starhash/journal.h"
#include "starhash/menu.h"

struct alarms;
struct backends;
struct conf_row;
struct load;
struct menu_copy;
struct server;
struct vty;
struct wall_clock;

struct server_settings {
	unsigned int dialogs_max;	/* live and parked; more are refused with a polite text (F26) */
	unsigned int inputs_per_minute;	/* per subscriber, on links with a limit; 0: no limit */
	unsigned int inputs_burst;	/* how many of them at once */
	unsigned int texts_max;		/* short messages processed at a time, per link; more are deferred; 0: no limit */
	unsigned int delay_target_ms;	/* dials are refused while others wait longer; 0: however long */
	unsigned int dials_max;		/* that may wait, per link; more are refused; 0: no limit, for tests */
	unsigned int barred_max;	/* numbers and prefixes that may be barred */
	const char *barred_text;	/* what a barred number is shown; NULL: a text in English */
	struct load *load;		/* gets the delay, for background work; owned by the caller. NULL: none */
	unsigned int resume_ms;		/* how long a dropped dialog can be resumed; 0: never */
	struct text_limits limits;	/* limits of every link, for texts outside a dialog. Zeroed: a page of USSD */
	struct wall_clock *clock;	/* of the whole process, owned by the caller. NULL: one of its own */
	struct alarms *alarms;		/* owned by the caller; NULL: only logged, not shown on the VTY */
	struct journal *journal;	/* O1: gets a CDR of each dialog or conversation; owned by the caller. NULL: none */
	struct backends *backends;	/* owned by the caller; NULL: no menu names one */
	/* Build the menu from its files, for server_reload(); NULL: not possible. Called in a thread (worker.h), one call at a time.
	 * Returns NULL with problems, or soon after problems_end(); else *\a copy may be set to what was compiled. */
	struct menu *(*load_menu)(void *user, struct menu_copy **copy, struct problems *problems);
	/* The result of each load, in the loop. 0: the menu is in service, at once or after server_catalogue_accept(), and \a copy is its
	 * own, which the callee takes. May be NULL. */
	void (*menu_loaded)(void *user, int rc, const struct problems *problems, struct menu_copy *copy);
	/* For "show door": one line, as snprintf(); 0: no door is configured. NULL: the same. */
	int (*describe_door)(void *user, char *out, size_t size);
	void *user;
};

/* Their keys in the configuration: for conf_read(). */
extern const struct conf_row *const server_rows;

/* \a ctx: talloc parent. Takes ownership of accounts and channels: server_free() frees them. */
struct server *server_new(void *ctx, const struct server_settings *settings);
void server_free(struct server *server);

void server_set_accounts(struct server *server, struct accounts *accounts);
void server_add_channel(struct server *server, struct channel *channel);

/* Replace the tree; takes the caller's reference. New dialogs use it, live ones finish on theirs. */
void server_set_menu(struct server *server, struct menu *menu);

/* Send a short message that belongs to no dialog, by the first link that accepts it. \a msisdn: international, digits alone. Returns 0 or
 * -errno, such as -ENOTCONN. */
int server_text(struct server *server, const char *msisdn, const char *text);

/* Whether the menu in use has an entry for notifications of that kind. */
bool server_notifies(const struct server *server, const char *notification);

/* Someone who waits for a reload. */
struct menu_reload {
	struct llist_head entry;
	void (*done)(struct menu_reload *reload, int rc, const struct problems *problems);	/* called once, in the loop */
};

/* Build a new menu in a thread, and replace the old one if it has no errors. While one is being built, the next one waits: it reads the
 * files as they are then, and is the result for all who asked in the meantime. \a reload must live until done() was called, or
 * server_reload_forget(). Results:
 * 0, perhaps with warnings.
 * -EINVAL: with all problems and the old menu in place; raises ALARM_MENU_OLD, which ends when a menu is put in service that is as new as
 * its files. One that waits for confirmation still does.
 * -EPERM: its catalogue differs too much from the one in use (A66); the whole menu waits for confirmation, so that the prices shown and
 * charged stay the same.
 * -EAGAIN: out of threads or descriptors; otherwise as -EINVAL.
 * -ESHUTDOWN: the server stops, and ends a load that runs. */
void server_reload(struct server *server, struct menu_reload *reload);
void server_reload_forget(struct menu_reload *reload);

/* Of the menu in use, counted from 1. */
unsigned int server_generation(const struct server *server);

/* An operator confirms the waiting menu, or after the start the catalogue, and the retention. False: nothing waits. */
bool server_catalogue_accept(struct server *server);

/* Answer every open turn, end every dialog with a polite text, and refuse new ones from now on. A subscriber whose order is being
 * processed gets a text that says so, and the result by short message. */
void server_stop(struct server *server);

/* For accounts_new(). */
accounts_done server_accounts_done;

/* Live dialogs, without parked ones. */
unsigned int server_dialogs(const struct server *server);

/* A connection to the VTY: its telnet_connection, vty->priv, which is a talloc context, has this as its own priv. */
struct vty_user {
	struct server *server;
	const char *who;		/* for records of what was done by hand */
	/* The running command has its result later: no prompt is printed, and no input is read, until answered() has printed it. */
	void (*wait)(struct vty *vty);
	void (*answered)(struct vty *vty, const char *result, bool failed);
};

/* VTY commands: show, notify, bar. Call once, after vty_init(). */
void server_vty_init(struct server *server);
