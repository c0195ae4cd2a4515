/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data purge: what is held about a subscriber (S18), or records that have become old. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "import/value.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/consent.h"
#include "store/sqlite/ledger.h"
#include "tool/data.h"
#include "tool/data_consents.h"
#include "tool/data_file.h"
#include "tool/data_stage.h"

#define DAY 86400
#define ROWS_AT_ONCE 500

/* Deletes with ?1 bound; *\a deleted is added to. */
static int delete(struct data_file *file, const char *sql, int64_t number, int64_t *deleted)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(statement, 1, number);
	rc = statement_put(statement, sqlite3_step(statement));
	*deleted += rc == SQLITE_OK ? sqlite3_changes(file->db) : 0;
	sqlite3_finalize(statement);
	return rc;
}

/* ---- one subscriber ---- */

static const struct {
	const char *what, *sql;
	bool legal;			/* the law may want it kept */
} held[] = {
	{ "lines of bills", "DELETE FROM bill_line WHERE msisdn = ?1", false },
	{ "bills", "DELETE FROM bill WHERE msisdn = ?1", false },
	{ "entries of points", "DELETE FROM points_entry WHERE msisdn = ?1", false },
	{ "subscriptions", "DELETE FROM subscription WHERE msisdn = ?1", false },
	{ "conversations", "DELETE FROM conversation WHERE msisdn = ?1", false },
	{ "notices", "DELETE FROM notice WHERE msisdn = ?1", false },
	{ "passwords", "DELETE FROM password WHERE msisdn = ?1", false },
	{ "passwords that were kept", "DELETE FROM vanished WHERE msisdn = ?1", false },
	{ "subscriptions that were kept", "DELETE FROM vanished_subscription WHERE msisdn = ?1", false },
	{ "IMSIs", "DELETE FROM sim WHERE msisdn = ?1", false },
	{ "accounts", "DELETE FROM subscriber WHERE msisdn = ?1", false },
	/* The next owner of the number is shown none of these consents. */
	{ NULL, "UPDATE consent_head SET epoch = epoch + 1 WHERE msisdn = ?1", false },
	{ "settled orders", "DELETE FROM orders WHERE msisdn = ?1 AND state <> 'taken'", true },
};

static void tell_kept(struct data_file *file, int64_t msisdn, bool keep_legal)
{
	const int64_t consents = data_number_of(file, "SELECT (SELECT count(*) FROM ledger WHERE msisdn = ?1)"
						" + (SELECT count(*) FROM consent WHERE msisdn = ?1)", msisdn, 0);
	const int64_t orders = data_number_of(file, "SELECT count(*) FROM orders WHERE msisdn = ?1", msisdn, 0);

	if (keep_legal && orders)
		printf("kept: %" PRId64 " orders, because of --keep-legal\n", orders);
	if (consents)
		printf("kept: %" PRId64 " consents, until retention ends: they prove what was agreed\n", consents);
	puts("Records of contacts (starhashd's journal) are not in the database.");
}

static int number_purge(struct data_file *file, const struct data_options *options, int64_t msisdn)
{
	int rc = data_begin(file);

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(held) / sizeof(*held); i++) {
		int64_t deleted = 0;

		if (held[i].legal && options->keep_legal)
			continue;
		rc = delete(file, held[i].sql, msisdn, &deleted);
		if (rc == SQLITE_OK && deleted && held[i].what)
			printf("deleted: %" PRId64 " %s\n", deleted, held[i].what);
	}
	if (rc == SQLITE_OK)
		rc = data_commit(file);
	if (rc != SQLITE_OK) {
		data_undo(file);
		return data_failed(file->name, "nothing was deleted", rc);
	}
	tell_kept(file, msisdn, options->keep_legal);
	return 0;
}

static int number_check(struct data_file *file, const struct data_options *options)
{
	int64_t msisdn;

	if (!msisdn_key(options->number, &msisdn))
		return data_failed(options->number, "not a number", 0);
	if (data_number_of(file, "SELECT count(*) FROM orders WHERE state = 'taken' AND msisdn = ?1", msisdn, 0))
		return data_failed(options->number, "has orders that billing has not settled: try again when it has",
				   0);
	return number_purge(file, options, msisdn);
}

/* ---- old records ---- */

enum age { AGE_SECONDS, AGE_MONTH, AGE_DATE };

/* Each deletes some, until none is left. */
static const struct {
	const char *name;
	enum age age;
	const char *sql;
} kinds[] = {
	{ "bills", AGE_MONTH,
	 "DELETE FROM bill WHERE (msisdn, month) IN (SELECT msisdn, month FROM bill WHERE month < ?1 LIMIT 500)" },
	{ "points", AGE_DATE,
	 "DELETE FROM points_entry WHERE (msisdn, position) IN (SELECT msisdn, position FROM points_entry"
	 " WHERE date < ?1 LIMIT 500)" },
	{ "orders", AGE_SECONDS,
	 "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE state <> 'taken'"
	 " AND coalesce(settled, taken) < ?1 LIMIT 500)" },
	{ "notices", AGE_SECONDS,
	 "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE expires < ?1 LIMIT 500)" },
	{ "changes", AGE_SECONDS, "DELETE FROM change WHERE id IN (SELECT id FROM change WHERE time < ?1 LIMIT 500)" },
	{ "imports", AGE_SECONDS,
	 "DELETE FROM import WHERE id IN (SELECT id FROM import WHERE state NOT IN ('running', 'switched')"
	 " AND began < ?1 LIMIT 500)" },
};

static int64_t age_bound(enum age age, int64_t before)
{
	const time_t when = (time_t)before;
	struct tm parts;

	if (age == AGE_SECONDS)
		return before;
	gmtime_r(&when, &parts);
	parts.tm_year += 1900;
	parts.tm_mon++;
	return age == AGE_MONTH ? parts.tm_year * 100 + parts.tm_mon
				: parts.tm_year * 10000 + parts.tm_mon * 100 + parts.tm_mday;
}

static int piece_purge(struct data_file *file, const char *sql, int64_t bound, int64_t *deleted)
{
	int64_t before;
	int rc = data_begin(file);

	do {
		before = *deleted;
		if (rc == SQLITE_OK)
			rc = delete(file, sql, bound, deleted);
	} while (rc == SQLITE_OK && *deleted > before && !data_is_long(file));
	if (rc == SQLITE_OK)
		return data_commit(file);
	data_undo(file);
	return rc;
}

static int kind_purge(struct data_file *file, size_t kind, int64_t before)
{
	const int64_t bound = age_bound(kinds[kind].age, before);
	int64_t all = 0, deleted;
	int rc = data_run(file, "PRAGMA foreign_keys = 1"); /* a bill's lines go with it */

	do {
		deleted = 0;
		if (rc == SQLITE_OK)
			rc = piece_purge(file, kinds[kind].sql, bound, &deleted);
		all += deleted;
	} while (rc == SQLITE_OK && deleted);
	if (rc != SQLITE_OK)
		return data_failed(file->name, "cannot be written", rc);
	printf("deleted: %" PRId64 " %s\n", all, kinds[kind].name);
	return 0;
}

/* Consents of version 3 and of now. */
static int consents_piece(struct connection *connection, int64_t before, int *deleted)
{
	int old = 0, fresh = 0;
	int rc = statement_run(connection, SQL_BEGIN);

	if (rc == SQLITE_OK)
		rc = ledger_prune(connection, before, ROWS_AT_ONCE, &old);
	if (rc == SQLITE_OK)
		rc = consent_anchored_read(connection);
	if (rc == SQLITE_OK)
		rc = consent_prune(connection, before, ROWS_AT_ONCE, &fresh);
	if (rc == SQLITE_OK)
		rc = statement_run(connection, SQL_COMMIT);
	*deleted = old + fresh;
	return rc;
}

/* In order, so that each chain goes on from what is left. What is left says so under the key's seal. */
static int consents_purge(const struct data_options *options, int64_t before)
{
	struct connection connection;
	struct data_keys keys;
	const char *why;
	int64_t all = 0;
	int deleted, rc;

	if (data_keys_open(&keys, options) != 1)
		return data_failed(options->file, "to remove consents needs the key that they are sealed with; see --key", 0);
	rc = connection_open(&connection, options->file, CONNECTION_WRITE, NULL, &why);
	connection.consent_key = consent_key_current(&keys.consent);
	do {
		deleted = 0;
		if (rc == SQLITE_OK)
			rc = consents_piece(&connection, before, &deleted);
		all += deleted;
	} while (rc == SQLITE_OK && deleted);
	connection_close(&connection);
	data_keys_close(&keys);
	if (rc != SQLITE_OK)
		return data_failed(options->file, "cannot be written", rc);
	printf("deleted: %" PRId64 " consents\n", all);
	return 0;
}

static int older_purge(struct data_file *file, const struct data_options *options)
{
	int64_t days;

	if (!options->count || !value_number(options->words[0], strlen(options->words[0]), &days) || days < 0 ||
	    days > 36500) {
		fputs("starhash-data: after --older come a kind of record and a number of days\n", stderr);
		return 2;
	}
	if (!strcmp(options->older, "ledger"))
		return consents_purge(options, time(NULL) - days * DAY);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kinds[i].name, options->older))
			return kind_purge(file, i, time(NULL) - days * DAY);
	}
	fprintf(stderr,
		"starhash-data: %s: one of bills, points, orders, ledger, notices, changes, imports is wanted\n",
		options->older);
	return 2;
}

int data_purge(const struct data_options *options)
{
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	int status;

	if (!options->number == !options->older) {
		fputs("starhash-data: purge wants either --number N or --older KIND DAYS\n", stderr);
		return 2;
	}
	status = data_open_keyed(&file, options->file, DATA_WRITE, options->pepper);
	/* what an interrupted import has not removed yet is data, too */
	if (!status && stage_interrupted(&file))
		status = data_lock(&file) || stage_finish(&file, options->quiet);
	if (!status)
		status = options->number ? number_check(&file, options) : older_purge(&file, options);
	data_close(&file);
	return status;
}
