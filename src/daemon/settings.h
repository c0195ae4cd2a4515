/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon's configuration file, read and checked. */
#pragma once

#include <stdbool.h>

#include "starhash/account.h"
#include "starhash/channel.h"
#include "starhash/conf.h"

#define LINKS_MAX 64

struct settings {
	const char *menu;
	long long dialogs_max, resume_s;
	long long inputs_per_minute, inputs_burst, texts_max;
	const char *store, *accounts, *pepper;
	long long deadline_ms, password_tries, requests_max;
	const char *password_delays, *password_hashes;
	long long fresh_s[ACCOUNT_KINDS];
	long long orders_give_up_s;
	const char *retention;
	const char *import_folder;
	const char *vty_address;
	long long vty_port;
	const struct setting *billing, *journal;	/* groups with rows of their own; NULL: absent */
};

/* One configured link. */
struct link {
	const struct channel_kind *kind;
	void *settings;
};

struct configuration {
	void *ctx;				/* talloc parent of what is read */
	struct conf_file *file;
	struct settings settings;
	void *billing, *journal;		/* filled by their rows; NULL: absent */
	struct link links[LINKS_MAX];
	unsigned int links_count;
	struct text_limits limits;		/* the smallest of all links */
};

/* \a configuration has its ctx, and is else zeroed; all mistakes go to \a problems. */
void settings_read(struct configuration *configuration, const char *path, struct problems *problems);
void settings_fini(struct configuration *configuration);

/* Every setting that there is, as a commented example, on standard output. */
void settings_print_rows(void);
