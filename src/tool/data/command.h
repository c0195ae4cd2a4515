/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the commands of starhash-data share: the store as an operator opens it, messages, files, progress. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accounts/password_keys.h"
#include "starhash/store_admin.h"

struct data_options;

struct data_store {
	const char *name;			/* of its file */
	const struct store_admin_ops *ops;
	struct store_admin *admin;
	bool key_found;				/* the current key of password hashes, which also makes pieces of identity numbers */
	uint8_t key[PEPPER_SIZE];
};

/* Returns the program's exit status: 0, or 1 after a message. To be closed in any case. */
int data_open(struct data_store *store, const struct data_options *options, enum admin_access access);
void data_close(struct data_store *store);

/* End what an import was interrupted at behind the exchange of a snapshot (data_import.c). Exit status. */
int data_finish(struct data_store *store);

/* Say what the store says of its last error. Returns 1. */
int data_why(const struct data_store *store);

/* Says "starhash-data: FILE: why" and returns 1. */
int data_failed(const char *file, const char *why);

/* A request about a number, or about none (NULL), as of now. Local time is the operator's, as the daemon has it. */
void data_request(struct request *request, enum request_kind kind, const char *number);

/* Give a file that is whole the name \a name, in the place of what has it; both are on the disk then. Exit status. */
int data_take_place(const char *made, const char *name);

/* Seconds of a clock that never goes back. */
double data_seconds(void);

/* A bar on a terminal, else a line every ten seconds; on standard error. */
struct progress {
	const char *what;	/* "subscribers", "octets" */
	uint64_t all;		/* 0: not known */
	bool quiet;
	double began, shown;
};

void progress_begin(struct progress *progress, const char *what, uint64_t all, bool quiet);
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress, uint64_t done);
