/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data vanished: subscribers whom a snapshot left out, and how they come back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/vanished.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"

#define BETWEEN(column) column " > ?1 AND " column " <= ?2"

/* ---- the command ---- */

static int list(struct data_file *file)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db,
				    "SELECT v.msisdn, v.time, iif(v.hash <> '', 'password', 'no password'), (SELECT count(*)"
				    " FROM orders o WHERE o.msisdn = v.msisdn AND o.state = 'dead' AND o.reason = '" VANISHED "'),"
				    " CASE WHEN s.msisdn IS NULL THEN 'away' ELSE 'back, and nobody knows whether as the same' END"
				    " FROM vanished v LEFT JOIN subscriber s USING (msisdn) ORDER BY v.msisdn",
				    -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return data_failed(file->name, "cannot be read", rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
		print_plain(stdout, statement, "itsns");
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : data_failed(file->name, "cannot be read", rc);
}

static int run_number(struct data_file *file, const char *sql, int64_t msisdn)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(statement, 1, msisdn - 1);
	sqlite3_bind_int64(statement, 2, msisdn);
	rc = statement_put(statement, sqlite3_step(statement));
	sqlite3_finalize(statement);
	return rc;
}

/* The operator's word takes the place of billing's: the owner is the same. */
static int give_back(struct data_file *file, int64_t msisdn)
{
	static const char same[] = "UPDATE vanished SET owner = coalesce(s.owner, '') FROM subscriber s"
				   " WHERE " BETWEEN("vanished.msisdn") " AND s.msisdn = vanished.msisdn";
	static const char known[] = "UPDATE subscriber SET owner = '' WHERE " BETWEEN("msisdn") " AND owner IS NULL";
	static const char unknown[] = "UPDATE subscriber SET owner = NULL WHERE " BETWEEN("msisdn") " AND owner = ''";
	int rc = data_begin(file);

	if (rc == SQLITE_OK)
		rc = run_number(file, known, msisdn);
	if (rc == SQLITE_OK)
		rc = run_number(file, same, msisdn);
	if (rc == SQLITE_OK)
		rc = vanished_return(file->db, msisdn);
	if (rc == SQLITE_OK)
		rc = run_number(file, unknown, msisdn);
	if (rc == SQLITE_OK)
		rc = data_commit(file);
	if (rc == SQLITE_OK)
		return 0;
	data_undo(file);
	return data_failed(file->name, "cannot be written", rc);
}

static int release(struct data_file *file, const char *number)
{
	int64_t msisdn;

	if (!msisdn_key(number, &msisdn))
		return data_failed(number, "not a number", 0);
	if (!data_number_of(file, "SELECT count(*) FROM vanished WHERE msisdn = ?1", msisdn, 0))
		return data_failed(number, "nothing is kept of that number", 0);
	if (!data_number_of(file, "SELECT count(*) FROM subscriber WHERE msisdn = ?1", msisdn, 0))
		return data_failed(number, "is not a subscriber's: what is kept comes back when an import brings the number", 0);
	if (data_number_of(file, "SELECT count(*) FROM vanished v JOIN subscriber s USING (msisdn) WHERE v.msisdn = ?1"
			   " AND s.owner <> v.owner", msisdn, 0))
		return data_failed(number, "another owner has that number now", 0);
	if (give_back(file, msisdn))
		return 1;
	printf("%s has what was kept.\n", number);
	return 0;
}

int data_vanished(const struct data_options *options)
{
	const bool releases = options->count == 2 && !strcmp(options->words[0], "release");
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	int status;

	if (options->count && !releases) {
		fputs("starhash-data: after vanished comes the database, and then nothing, or release and a number\n", stderr);
		return 2;
	}
	status = data_open_keyed(&file, options->file, releases ? DATA_WRITE : DATA_READ, options->pepper);
	if (!status)
		status = releases ? release(&file, options->words[1]) : list(&file);
	data_close(&file);
	return status;
}
