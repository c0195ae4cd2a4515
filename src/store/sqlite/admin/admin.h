/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the files of the operator's interface: the open database, and short transactions beside a running daemon. Functions return an
 * SQLite result code unless stated otherwise. */
#pragma once

#include "starhash/store_admin.h"
#include "store/sqlite/connection.h"
#include "store/sql/consent.h"

struct staging;

struct store_admin {
	char *file;
	struct connection connection;	/* to the served tables */
	void (*note)(const char *text);
	char why[240];
	int lock_fd;			/* the import lock; -1: not held */
	int shm_fd;			/* -1: not open */
	bool reads;			/* read-only */
	bool shared;			/* another process has it open, too: transactions must be short, with pauses */
	double began;			/* start of the transaction, by admin_seconds() */
	double looked;			/* when other processes were last looked for */
	struct sql_consents consents;		/* unused before consents() */
	struct staging *staging;		/* NULL: no row has been staged */
};

/* Record an error; \a rc 0: without SQLite's message. Returns -1. */
int admin_failed(struct store_admin *admin, const char *what, int rc);

/* For operations that write: returns 0, or -1 after admin_failed(). */
int admin_end(struct store_admin *admin, int rc);

int admin_begin(struct store_admin *admin);
bool admin_is_long(const struct store_admin *admin);
int admin_commit(struct store_admin *admin);
void admin_undo(struct store_admin *admin);

/* Seconds of the monotonic clock. */
double admin_seconds(void);

int admin_run(struct store_admin *admin, const char *sql);

/* The first column of the first row; \a fallback if there is none. */
int64_t admin_number(struct store_admin *admin, const char *sql, int64_t fallback);

/* Print a message for the operator; \a format: as printf(). */
void admin_note(const struct store_admin *admin, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The operations of struct store_admin_ops. */
int admin_accounts(struct store_admin *admin, const struct admin_selection *selection, admin_account_visit *visit, void *user);
int admin_list(struct store_admin *admin, const struct admin_query *query, admin_row_visit *visit, void *user);
int admin_prune(struct store_admin *admin, enum admin_record kind, int64_t before, unsigned int max, int64_t *deleted);
int admin_give_back(struct store_admin *admin, int64_t msisdn, const char **refusal);
int admin_import_put(struct store_admin *admin, struct admin_import *import);
int admin_staging_begin(struct store_admin *admin);
int admin_staging_add(struct store_admin *admin, const struct account_update *update, struct account_step *step);
int admin_staging_look(struct store_admin *admin, int64_t as_of, bool force, struct admin_loss *loss, bool *any);
int admin_staging_switch(struct store_admin *admin, int64_t as_of, bool force, struct admin_import *import);
int admin_staging_clean(struct store_admin *admin);
int admin_staging_drop(struct store_admin *admin);
int admin_check(struct store_admin *admin, bool quick, const struct admin_watch *watch);
int admin_consents(struct store_admin *admin, struct admin_consents *consents);
int admin_backup(struct store_admin *admin, const char *file, void (*progress)(void *user, uint64_t done, uint64_t all), void *user);

/* Finalize the statements of a snapshot that is being staged, before close(). */
void admin_staging_leave(struct store_admin *admin);

/* As import_put(), inside the open transaction. */
int import_write(struct store_admin *admin, struct admin_import *import);
