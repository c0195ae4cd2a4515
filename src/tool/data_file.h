/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the commands of starhash-data share: the database as an operator opens it, short transactions beside a daemon at
 * work, messages, progress. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "accounts/password_keys.h"

/* A database, with the transaction that is open. Functions return an SQLite result code unless said otherwise. */
struct data_file {
	const char *name;
	sqlite3 *db;
	int lock_fd;		/* -1: no import's lock */
	int shm_fd;		/* -1: not open */
	bool shared;		/* another process has it open, too: transactions are short, with pauses */
	double began;		/* the transaction */
	double looked;		/* for other processes */
};

enum data_access {
	DATA_READ,
	DATA_WRITE,		/* an older version's tables are brought up to this one's */
	DATA_MAKE,		/* as DATA_WRITE, and made when there is none */
};

/* The current key of password hashes, which also makes pieces of identity numbers: of the file \a pepper, or else of
 * DATABASE.pepper. *\a found: false when neither is there, which is an error only for a file that was named. Exit status. */
int data_key(const char *database, const char *pepper, uint8_t key[static PEPPER_SIZE], bool *found);

/* As data_open(), with the file of keys that an older version's identity numbers are to be hashed with. */
int data_open_keyed(struct data_file *file, const char *name, enum data_access access, const char *pepper);

/* Returns the program's exit status: 0, or 1 after a message. To be closed in any case. */
int data_open(struct data_file *file, const char *name, enum data_access access);
void data_close(struct data_file *file);

/* Keep other imports out. Exit status. */
int data_lock(struct data_file *file);

int data_run(struct data_file *file, const char *sql);

/* The first column of the first row; \a fallback when there is none. \a parameter: what ?1 stands for. */
int64_t data_number(struct data_file *file, const char *sql, int64_t fallback);
int64_t data_number_of(struct data_file *file, const char *sql, int64_t parameter, int64_t fallback);

/* Transactions that a daemon hardly notices: end one when data_is_long(), and the pause lets others in. */
int data_begin(struct data_file *file);
bool data_is_long(const struct data_file *file);
int data_commit(struct data_file *file);
void data_undo(struct data_file *file);

/* Says "starhash-data: FILE: why[: SQLite's words]" and returns 1. \a rc 0: no words of SQLite's. */
int data_failed(const char *file, const char *why, int rc);

/* Give a file that is whole the name \a name, in the place of what has it; both are on the disk then. Exit status. */
int data_take_place(const char *made, const char *name);

/* Seconds of a clock that never goes back. */
double data_seconds(void);

/* A bar on a terminal, else a line every ten seconds; on standard error. */
struct progress {
	const char *what;	/* "subscribers", "octets" */
	uint64_t all;		/* 0: not known */
	bool quiet;
	double began, told;
};

void progress_begin(struct progress *progress, const char *what, uint64_t all, bool quiet);
void progress_tell(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress, uint64_t done);
