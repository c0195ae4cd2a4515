/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data orders: what billing has not settled, and dead letters for another try. */
#include <stdio.h>
#include <string.h>

#include "starhash/engine.h"
#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"

/* An order of a number's former owner is not delivered any more. */
#define DEAD "state = 'dead' AND reason IS NOT 'other_owner'"
#define COLUMNS "msisdn, kind, coalesce(service, ''), state, attempts, taken, iif(state = 'taken', due, settled), coalesce(reason, '')"

static int list(struct data_file *file, bool dead)
{
	sqlite3_stmt *statement;
	char ref[REF_TEXT_SIZE];
	int rc = sqlite3_prepare_v2(file->db, dead ? "SELECT " COLUMNS ", ref FROM orders WHERE state = 'dead' ORDER BY id" :
				    "SELECT " COLUMNS ", ref FROM orders WHERE state IN ('taken', 'dead') ORDER BY id", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return data_failed(file->name, "cannot be read", rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		fputs(ref_print((uint64_t)sqlite3_column_int64(statement, 8), ref), stdout);
		print_plain(stdout, statement, "isssntts");
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : data_failed(file->name, "cannot be read", rc);
}

/* As printed, without regard to case and dashes. */
static bool ref_is(uint64_t ref, const char *text)
{
	char printed[REF_TEXT_SIZE];
	const char *at = ref_print(ref, printed);

	for (;; at++, text++) {
		while (*at == '-')
			at++;
		while (*text == '-')
			text++;
		if ((*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text) != *at)
			return false;
		if (!*at)
			return true;
	}
}

static int release_one(struct data_file *file, int64_t id)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "UPDATE orders SET state = 'taken', attempts = 0, due = unixepoch(), settled = NULL, reason = NULL"
		 " WHERE id = %lld", (long long)id);
	return data_run(file, sql);
}

static int release(struct data_file *file, const char *which, int *released)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db, "SELECT id, ref FROM orders WHERE " DEAD, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (strcmp(which, "all") && !ref_is((uint64_t)sqlite3_column_int64(statement, 1), which))
			continue;
		rc = release_one(file, sqlite3_column_int64(statement, 0));
		if (rc != SQLITE_OK)
			break;
		(*released)++;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int release_all(struct data_file *file, const char *which)
{
	int released = 0;
	int rc = data_begin(file);

	if (rc == SQLITE_OK)
		rc = release(file, which, &released);
	if (rc == SQLITE_OK)
		rc = data_commit(file);
	if (rc != SQLITE_OK) {
		data_undo(file);
		return data_failed(file->name, "cannot be written", rc);
	}
	if (!released && strcmp(which, "all"))
		return data_failed(which, "no dead order has this number", 0);
	printf("%d orders will be delivered once more.\n", released);
	return 0;
}

int data_orders(const struct data_options *options)
{
	const bool releases = options->count == 2 && !strcmp(options->words[0], "release");
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	int status;

	if (options->count && !releases) {
		fputs("starhash-data: after orders comes the database, and then nothing, or release and a number or all\n", stderr);
		return 2;
	}
	status = data_open(&file, options->file, releases ? DATA_WRITE : DATA_READ);
	if (!status)
		status = releases ? release_all(&file, options->words[1]) : list(&file, options->dead);
	data_close(&file);
	return status;
}
