/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon's configuration file, read and checked. */
#pragma once

#include <stdbool.h>

#include "daemon/duty.h"
#include "daemon/vty.h"
#include "starhash/accounts.h"
#include "starhash/backends.h"
#include "starhash/channel.h"
#include "starhash/conf.h"
#include "starhash/server.h"

#define LINKS_MAX 64

/* The daemon's own settings. */
struct settings {
	const char *menu;
	const char *menu_saved;		/* "": none */
	bool standby;
	const char *spool_folder;
	const char *user;
	/* groups with their own rows; NULL: absent */
	const struct setting *billing, *door, *journal, *backends, *messages, *report, *tickets;
	const struct setting *numbering, *duty;
};

/* One configured link. */
struct link {
	const struct channel_kind *kind;
	const struct setting *group;
	void *settings;
};

struct configuration {
	void *ctx;				/* talloc parent of everything read */
	struct conf_file *file;
	struct settings settings;
	struct accounts_settings accounts;	/* only the members set by the file; also in the next two */
	struct server_settings server;
	struct vty_settings vty;
	void *billing, *door, *journal;		/* read by their rows; NULL: absent */
	struct backends *backends;
	struct numbering_plan plan;		/* of all links */
	struct duty_settings duty;
	struct link links[LINKS_MAX];
	unsigned int links_count;
	struct text_limits limits;		/* the smallest of all links */
};

/* \a configuration is zeroed except for its ctx; all mistakes are added to \a problems. Links point to its plan, so it must not
 * move. */
void settings_read(struct configuration *configuration, const char *path, struct problems *problems);
void settings_fini(struct configuration *configuration);

/* Problems outside the file, for --check: the account database, secret files, and read access of the daemon's user.
 * \a warnings: possible problems. */
void settings_check_files(const struct configuration *configuration, struct problems *problems, struct problems *warnings);

/* Print all settings as a commented example on standard output. */
void settings_print_rows(void);

/* Print them as the manual page starhash.cfg(5). */
void settings_print_manual(void);
