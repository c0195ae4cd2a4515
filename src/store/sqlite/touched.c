/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>

#include "starhash/clock.h"
#include "store/sqlite/touched.h"

#define READ_MAX 2048		/* rows: a millisecond of the loop; the others in the next looks */
#define PIECE 4096		/* profiles read in one transaction, so that the log can be written back meanwhile */

/* ---- whose profiles changed ---- */

/* After the file was replaced by an older one. */
static int begin_again(struct touched *touched, struct connection *connection, struct accounts *accounts)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_TOUCHED_LAST);
	const int rc = sqlite3_step(statement);

	touched->seen = sqlite3_column_int64(statement, 0);
	accounts_touched(accounts, 0);
	return statement_put(statement, rc);
}

/* The row read last is still there, unless rows behind it were removed before they were read. *\a more: others are left. */
static int rows_read(struct touched *touched, struct connection *connection, struct accounts *accounts, bool *more)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_TOUCHED);
	int64_t seen = touched->seen;
	int rc, count = 0;

	sqlite3_bind_int64(statement, 1, seen);
	sqlite3_bind_int(statement, 2, READ_MAX);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		seen = sqlite3_column_int64(statement, 0);
		if (count++)
			accounts_touched(accounts, sqlite3_column_int64(statement, 1));
		else if (seen != touched->seen)
			accounts_touched(accounts, 0);
	}
	rc = statement_put(statement, rc);
	*more = count == READ_MAX;
	if (rc != SQLITE_OK)
		return rc;
	touched->seen = seen;
	return count ? SQLITE_OK : begin_again(touched, connection, accounts);
}

/* In a transaction that begins now and also serves the next reads: none of them is older than this look. */
bool touched_look(struct touched *touched, struct snapshot *snapshot, struct accounts *accounts)
{
	static const struct subscriber nobody;
	const int64_t now = clock_monotonic_ms();
	bool more;

	if (!touched->look && now - touched->looked_ms < SNAPSHOT_HOLD_MS)
		return true;
	snapshot_end(snapshot);
	if (snapshot_begin(snapshot, &nobody) != SQLITE_OK)
		return false;
	if (rows_read(touched, snapshot->connection, accounts, &more) != SQLITE_OK) {
		snapshot_end(snapshot);
		return false;
	}
	touched->look = more;
	touched->looked_ms = now;
	return !more;
}

int touched_prune(struct connection *writer, const void *what, struct response *response)
{
	const int64_t *seen = what;

	return statement_step(statement_of(writer, SQL_TOUCHED_PRUNE, *seen));
}

/* ---- all profiles ---- */

/* Both statements are sorted by MSISDN. */
static int64_t imsi_of(sqlite3_stmt *sims, int64_t msisdn, int *sims_rc)
{
	while (*sims_rc == SQLITE_ROW && sqlite3_column_int64(sims, 0) < msisdn)
		*sims_rc = sqlite3_step(sims);
	return *sims_rc == SQLITE_ROW && sqlite3_column_int64(sims, 0) == msisdn ? sqlite3_column_int64(sims, 1) : 0;
}

/* Profiles from *\a last on, exclusively. *\a last: 0 after the last one. */
static int piece_give(struct connection *connection, struct profile_sink *sink, int64_t *last)
{
	sqlite3_stmt *profiles = statement_of(connection, SQL_PROFILES, *last), *sims = statement_of(connection, SQL_SIMS, *last);
	uint8_t octets[RESPONSE_FACTS_MAX];
	int rc, sims_rc = sqlite3_step(sims), count = 0;

	sqlite3_bind_int(profiles, 2, PIECE);
	while ((rc = sqlite3_step(profiles)) == SQLITE_ROW) {
		struct record facts = { .data = octets, .size = sizeof(octets) };

		*last = profile_row_read(profiles, &facts);
		count++;
		if (!sink->take(sink, *last, imsi_of(sims, *last, &sims_rc), &facts)) {
			count = 0;
			break;
		}
	}
	sims_rc = statement_put(sims, sims_rc);
	rc = statement_put(profiles, rc);
	if (count < PIECE)
		*last = 0;
	return rc != SQLITE_OK ? rc : sims_rc;
}

static int all_give(struct connection *connection, struct profile_sink *sink)
{
	sqlite3_stmt *count = statement_get(connection, SQL_PROFILES_COUNT);
	int64_t last = 0;
	int rc = sqlite3_step(count);

	sink->begin(sink, rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(count, 0) : 0);
	rc = statement_put(count, rc);
	do {
		if (rc == SQLITE_OK)
			rc = statement_run(connection, SQL_READ_BEGIN);
		if (rc == SQLITE_OK)
			rc = piece_give(connection, sink, &last);
		if (!sqlite3_get_autocommit(connection->db))
			statement_run(connection, SQL_READ_END);
	} while (rc == SQLITE_OK && last);
	return rc;
}

int profiles_give(const char *file, struct profile_sink *sink)
{
	struct connection connection;
	const char *why;
	int rc = connection_open(&connection, file, CONNECTION_READ, NULL, &why);

	if (rc == SQLITE_OK)
		rc = all_give(&connection, sink);
	connection_close(&connection);
	return rc == SQLITE_OK ? 0 : -EIO;
}
