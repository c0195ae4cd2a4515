/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon's configuration file, read and checked. */
#pragma once

#include <stdbool.h>

#include "starhash/accounts.h"
#include "starhash/channel.h"
#include "starhash/conf.h"

#define LINKS_MAX 64

struct settings {
	const char *menu;
	long long dialogs_max, resume_s;
	long long inputs_per_minute, inputs_burst, texts_max;
	const char *store, *accounts, *pepper;
	bool standby;
	long long takeover_s, node;
	long long deadline_ms, password_tries, requests_max;
	const char *password_delays, *password_hashes;
	long long password_checks, password_link_wrong, password_guessing;
	long long fresh_s[ACCOUNT_KINDS];
	long long unknown_s, unknown_max;
	long long orders_give_up_s;
	const char *retention;
	const char *consent_key, *consent_anchors;
	long long wal_max_mb, clock_jump_days, catalogue_change_percent;
	const char *import_folder;
	const char *vty_socket, *vty_address, *vty_password_file, *audit_file;
	long long vty_port, vty_connections, vty_idle_s;
	const char *user;
	const struct setting *billing, *journal;	/* groups with rows of their own; NULL: absent */
	const struct setting *numbering;
};

/* One configured link. */
struct link {
	const struct channel_kind *kind;
	const struct setting *group;
	void *settings;
};

struct configuration {
	void *ctx;				/* talloc parent of what is read */
	struct conf_file *file;
	struct settings settings;
	void *billing, *journal;		/* filled by their rows; NULL: absent */
	struct numbering_plan plan;		/* of all links */
	struct link links[LINKS_MAX];
	unsigned int links_count;
	struct text_limits limits;		/* the smallest of all links */
};

/* \a configuration has its ctx, and is else zeroed; all mistakes go to \a problems. Links point to its plan: it must not
 * move. */
void settings_read(struct configuration *configuration, const char *path, struct problems *problems);
void settings_fini(struct configuration *configuration);

/* What can be wrong beside the file, for --check: the account database, files of secrets, and what the daemon's user may read.
 * \a warnings: what need not be wrong. */
void settings_check_files(const struct configuration *configuration, struct problems *problems, struct problems *warnings);

/* Every setting that there is, as a commented example, on standard output. */
void settings_print_rows(void);
