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
	struct statement *statement = statement_get(connection, SQL_TOUCHED_LAST);
	const int rc = statement_next(statement);

	touched->seen = column_number(statement, 0);
	accounts_touched(accounts, 0);
	return statement_put(statement, rc);
}

/* The row read last is still there, unless rows behind it were removed before they were read. *\a more: others are left. */
static int rows_read(struct touched *touched, struct connection *connection, struct accounts *accounts, bool *more)
{
	struct statement *statement = statement_get(connection, SQL_TOUCHED);
	int64_t seen = touched->seen;
	int rc, count = 0;

	statement_bind_number(statement, 1, seen);
	statement_bind_number(statement, 2, READ_MAX);
	while ((rc = statement_next(statement)) == DB_ROW) {
		seen = column_number(statement, 0);
		if (count++)
			accounts_touched(accounts, column_number(statement, 1));
		else if (seen != touched->seen)
			accounts_touched(accounts, 0);
	}
	rc = statement_put(statement, rc);
	*more = count == READ_MAX;
	if (rc != DB_OK)
		return rc;
	touched->seen = seen;
	return count ? DB_OK : begin_again(touched, connection, accounts);
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
	if (snapshot_begin(snapshot, &nobody) != DB_OK)
		return false;
	if (rows_read(touched, snapshot->connection, accounts, &more) != DB_OK) {
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
static int64_t imsi_of(struct statement *sims, int64_t msisdn, int *sims_rc)
{
	while (*sims_rc == DB_ROW && column_number(sims, 0) < msisdn)
		*sims_rc = statement_next(sims);
	return *sims_rc == DB_ROW && column_number(sims, 0) == msisdn ? column_number(sims, 1) : 0;
}

/* Profiles from *\a last on, exclusively. *\a last: 0 after the last one. */
static int piece_give(struct connection *connection, struct profile_sink *sink, int64_t *last)
{
	struct statement *profiles = statement_of(connection, SQL_PROFILES, *last), *sims = statement_of(connection, SQL_SIMS, *last);
	uint8_t octets[RESPONSE_FACTS_MAX];
	int rc, sims_rc = statement_next(sims), count = 0;

	statement_bind_number(profiles, 2, PIECE);
	while ((rc = statement_next(profiles)) == DB_ROW) {
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
	return rc != DB_OK ? rc : sims_rc;
}

static int all_give(struct connection *connection, struct profile_sink *sink)
{
	struct statement *count = statement_get(connection, SQL_PROFILES_COUNT);
	int64_t last = 0;
	int rc = statement_next(count);

	sink->begin(sink, rc == DB_ROW ? (uint64_t)column_number(count, 0) : 0);
	rc = statement_put(count, rc);
	do {
		if (rc == DB_OK)
			rc = statement_run(connection, SQL_READ_BEGIN);
		if (rc == DB_OK)
			rc = piece_give(connection, sink, &last);
		if (!sqlite3_get_autocommit(connection->db))
			statement_run(connection, SQL_READ_END);
	} while (rc == DB_OK && last);
	return rc;
}

int profiles_give(const char *file, struct profile_sink *sink)
{
	struct connection connection;
	const char *why;
	int rc = connection_open(&connection, file, CONNECTION_READ, NULL, &why);

	if (rc == DB_OK)
		rc = all_give(&connection, sink);
	connection_close(&connection);
	return rc == DB_OK ? 0 : -EIO;
}
