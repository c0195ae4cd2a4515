/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Functions shared by the commands of starhash-data: opening the store, messages, files, progress. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accounts/password_keys.h"
#include "starhash/store_admin.h"

struct data_options;
struct problems;
struct setting;

struct data_store {
	const char *name;			/* of the database file */
	const struct store_admin_ops *ops;
	struct store_admin *admin;
	bool key_found;				/* key is the current key of password hashes and of pieces of identity numbers */
	uint8_t key[PEPPER_SIZE];
};

/* Open the store. Returns the exit status: 0, or 1 after a message. To be closed in any case. */
int data_open(struct data_store *store, const struct data_options *options, enum admin_access access);
void data_close(struct data_store *store);

/* Complete an import that was interrupted after the exchange of a snapshot (import.c). Returns the exit status. */
int data_finish(struct data_store *store);

/* Commit the open transaction if \a rc is 0, otherwise undo it. Returns 0, or -1 with the store's error. */
int data_end(const struct data_store *store, int rc);

/* Print the store's last error. Returns 1. */
int data_why(const struct data_store *store);

/* Print "starhash-data: FILE: why". Returns 1. */
int data_failed(const char *file, const char *why);

/* Pass the named group of the daemon's configuration to \a read; NULL when it has none, or when the options name no configuration. The
 * group lives until \a read returns. Returns the exit status, after printing all problems. */
typedef void data_group_read(void *user, const struct setting *group, struct problems *problems);
int data_config_read(const struct data_options *options, const char *group, data_group_read *read, void *user);

/* Initialize a request about a number, or about none (NULL), at the present time. Local time is the operator's, as in the daemon. */
void data_request(struct request *request, enum request_kind kind, const char *number);

/* S18: record that the user who runs the command looks at the subscriber's data, before anything of them is shown: subscribers see it. A
 * number without a subscriber has nobody to see it. Returns the exit status. */
int data_access_note(const struct data_store *store, const char *number);

/* Rename a complete file to \a name, replacing a file of that name, and sync file and folder to the disk. Returns the exit status. */
int data_take_place(const char *made, const char *name);

/* Seconds of the monotonic clock. */
double data_seconds(void);

/* Progress on standard error: a bar on a terminal, otherwise a line every ten seconds. */
struct progress {
	const char *what;	/* "subscribers", "octets" */
	uint64_t all;		/* 0: unknown */
	bool quiet;
	double began, shown;
};

void progress_begin(struct progress *progress, const char *what, uint64_t all, bool quiet);
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress, uint64_t done);
