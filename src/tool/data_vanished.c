/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data vanished: subscribers whom a snapshot left out, and how they come back. */
#include "tool/data_vanished.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"

#define BETWEEN(column) column " > ?1 AND " column " <= ?2"
#define GONE "gone_next g JOIN subscriber s USING (msisdn) LEFT JOIN subscriber_next n USING (msisdn)"
#define GONE_WHERE " WHERE " BETWEEN("g.msisdn") " AND n.msisdn IS NULL"
#define WAITS "EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = g.msisdn AND o.state = 'taken')"

const char *const vanished_keep[] = {
	/* When it is done again after a crash, there may be no password any more: what was kept stays. */
	"INSERT INTO vanished (msisdn, owner, language, orders_after, consents_after, epoch, time, hash, tries, locks,"
	" locked_until, temporary, past, id_pieces, untrusted_tries, untrusted_locks, untrusted_until)"
	" SELECT g.msisdn, s.owner, s.language, s.orders_after, s.consents_after, h.epoch, unixepoch(), p.hash, p.tries, p.locks,"
	" p.locked_until, p.temporary, p.past, p.id_pieces, p.untrusted_tries, p.untrusted_locks, p.untrusted_until"
	" FROM " GONE " LEFT JOIN password p USING (msisdn) LEFT JOIN consent_head h USING (msisdn)" GONE_WHERE
	" AND (p.hash <> '' OR " WAITS ")"
	" ON CONFLICT DO UPDATE SET owner = excluded.owner, language = excluded.language, orders_after = excluded.orders_after,"
	" consents_after = excluded.consents_after, epoch = excluded.epoch, time = excluded.time, hash = excluded.hash, tries = excluded.tries,"
	" locks = excluded.locks, locked_until = excluded.locked_until, temporary = excluded.temporary, past = excluded.past,"
	" id_pieces = excluded.id_pieces, untrusted_tries = excluded.untrusted_tries, untrusted_locks = excluded.untrusted_locks,"
	" untrusted_until = excluded.untrusted_until WHERE excluded.hash IS NOT NULL",
	"INSERT OR REPLACE INTO vanished_subscription (msisdn, service, since, state, trial_until, until)"
	" SELECT g.msisdn, o.service, o.since, o.state, o.trial_until, o.until FROM " GONE
	" JOIN subscription o USING (msisdn)" GONE_WHERE " AND o.state IN ('opening', 'closing')",
	"UPDATE orders SET state = 'dead', reason = '" VANISHED "', settled = taken WHERE state = 'taken' AND msisdn IN"
	" (SELECT g.msisdn FROM " GONE GONE_WHERE ")",
	NULL,
};

#define BACK "vanished v JOIN subscriber s USING (msisdn) WHERE " BETWEEN("v.msisdn")
#define SAME " AND s.owner = v.owner"
#define OTHER " AND s.owner <> v.owner"

const char *const vanished_back[] = {
	"UPDATE orders SET reason = 'other_owner' WHERE state = 'dead' AND reason = '" VANISHED "'"
	" AND msisdn IN (SELECT v.msisdn FROM " BACK OTHER ")",
	"UPDATE subscriber SET language = v.language, orders_after = v.orders_after, consents_after = v.consents_after"
	" FROM vanished v WHERE " BETWEEN("v.msisdn") " AND subscriber.msisdn = v.msisdn AND subscriber.owner = v.owner",
	/* Consents that were made meanwhile keep their epoch for themselves. */
	"UPDATE consent_head SET epoch = v.epoch FROM vanished v JOIN subscriber s USING (msisdn) WHERE " BETWEEN("v.msisdn") SAME
	" AND consent_head.msisdn = v.msisdn AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.msisdn = v.msisdn"
	" AND c.epoch > v.epoch) AND v.epoch IS NOT NULL",
	"INSERT INTO password (msisdn, hash, tries, locks, locked_until, temporary, past, id_pieces, untrusted_tries,"
	" untrusted_locks, untrusted_until) SELECT v.msisdn, v.hash, v.tries, v.locks, v.locked_until, v.temporary, v.past, v.id_pieces,"
	" coalesce(v.untrusted_tries, 0), coalesce(v.untrusted_locks, 0), v.untrusted_until FROM " BACK SAME " AND v.hash <> ''"
	" ON CONFLICT DO UPDATE SET hash = excluded.hash, tries = excluded.tries, locks = excluded.locks,"
	" locked_until = excluded.locked_until, temporary = excluded.temporary, past = excluded.past,"
	" untrusted_tries = excluded.untrusted_tries, untrusted_locks = excluded.untrusted_locks,"
	" untrusted_until = excluded.untrusted_until WHERE hash = ''",
	"INSERT INTO subscription (msisdn, service, since, state, trial_until, until, due)"
	" SELECT w.msisdn, w.service, w.since, w.state, w.trial_until, w.until, 0 FROM vanished_subscription w"
	" JOIN service USING (service) WHERE w.msisdn IN (SELECT v.msisdn FROM " BACK SAME ")"
	" ON CONFLICT DO UPDATE SET state = excluded.state, trial_until = excluded.trial_until, until = excluded.until, due = 0",
	"UPDATE subscriber SET services = coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM subscription o"
	" WHERE o.msisdn = subscriber.msisdn ORDER BY service)), '') WHERE msisdn IN (SELECT v.msisdn FROM " BACK SAME ")",
	"UPDATE orders SET state = 'taken', reason = NULL, settled = NULL, due = iif(id = (SELECT min(id) FROM orders o"
	" WHERE o.msisdn = orders.msisdn AND (o.state = 'taken' OR (o.state = 'dead' AND o.reason = '" VANISHED "'))),"
	" unixepoch(), 9223372036854775807) WHERE state = 'dead' AND reason = '" VANISHED "'"
	" AND msisdn IN (SELECT v.msisdn FROM " BACK SAME ")",
	"DELETE FROM vanished_subscription WHERE msisdn IN (SELECT v.msisdn FROM " BACK " AND s.owner IS NOT NULL"
	" AND v.owner IS NOT NULL)",
	"DELETE FROM vanished WHERE msisdn IN (SELECT v.msisdn FROM " BACK " AND s.owner IS NOT NULL AND v.owner IS NOT NULL)",
	NULL,
};

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
	for (size_t i = 0; rc == SQLITE_OK && vanished_back[i]; i++)
		rc = run_number(file, vanished_back[i], msisdn);
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
	status = data_open(&file, options->file, releases ? DATA_WRITE : DATA_READ);
	if (!status)
		status = releases ? release(&file, options->words[1]) : list(&file);
	data_close(&file);
	return status;
}
