/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks the chain of consents of version 3. */
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "store/sqlite/consent_version_3.h"

#define HASH_SIZE 32		/* BLAKE2b-256 */
#define NUMBERS 4
#define TEXTS 5

struct text {
	const void *octets;
	size_t len;
};

/* The values that a hash covers, in this order. */
struct row {
	int64_t numbers[NUMBERS];	/* id, time, msisdn, ref */
	struct text texts[TEXTS];	/* kind, service, channel, shown, answered */
};

static void write_64(uint8_t out[static 8], uint64_t number)
{
	for (unsigned int i = 0; i < 8; i++)
		out[i] = (uint8_t)(number >> (8 * i));
}

/* Numbers have eight octets and texts are prefixed by their length, so the encoding is unique. \a hash: in: of the previous row, out: of
 * this one. */
static void row_hash(const struct row *row, uint8_t hash[static HASH_SIZE])
{
	crypto_generichash_state state;
	uint8_t number[8];

	crypto_generichash_init(&state, NULL, 0, HASH_SIZE);
	crypto_generichash_update(&state, hash, HASH_SIZE);
	for (unsigned int i = 0; i < NUMBERS; i++) {
		write_64(number, (uint64_t)row->numbers[i]);
		crypto_generichash_update(&state, number, sizeof(number));
	}
	for (unsigned int i = 0; i < TEXTS; i++) {
		write_64(number, row->texts[i].len);
		crypto_generichash_update(&state, number, sizeof(number));
		crypto_generichash_update(&state, row->texts[i].octets, row->texts[i].len);
	}
	crypto_generichash_final(&state, hash, HASH_SIZE);
}

static bool column_hash(sqlite3_stmt *statement, int column, uint8_t hash[static HASH_SIZE])
{
	if (sqlite3_column_bytes(statement, column) != HASH_SIZE)
		return false;
	memcpy(hash, sqlite3_column_blob(statement, column), HASH_SIZE);
	return true;
}

static struct row row_read(sqlite3_stmt *statement)
{
	struct row row;

	for (int i = 0; i < NUMBERS; i++)
		row.numbers[i] = sqlite3_column_int64(statement, i);
	for (int i = 0; i < TEXTS; i++) {
		row.texts[i].octets = sqlite3_column_blob(statement, NUMBERS + i);
		row.texts[i].len = (size_t)sqlite3_column_bytes(statement, NUMBERS + i);
	}
	return row;
}

static int rows_check_chain(sqlite3_stmt *statement, uint8_t hash[static HASH_SIZE], uint64_t *rows, int64_t *broken_id)
{
	uint8_t stored[HASH_SIZE];
	int64_t expected = 0;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW && !*broken_id) {
		const struct row row = row_read(statement);

		row_hash(&row, hash);
		if (expected && row.numbers[0] != expected)
			*broken_id = expected;
		else if (!column_hash(statement, NUMBERS + TEXTS, stored) || memcmp(stored, hash, HASH_SIZE))
			*broken_id = row.numbers[0];
		expected = row.numbers[0] + 1;
		++*rows;
	}
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int query(sqlite3 *db, const char *sql, sqlite3_stmt **statement)
{
	return sqlite3_prepare_v2(db, sql, -1, statement, NULL);
}

/* Removing rows at the end leaves the chain intact, but SQLite remembers the last id. */
static int tail_check(sqlite3 *db, int64_t *broken_id)
{
	sqlite3_stmt *statement;
	int rc = query(db, "SELECT (SELECT coalesce(max(id), 0) FROM ledger) + 1 FROM sqlite_sequence WHERE name = 'ledger'"
		       " AND seq <> (SELECT coalesce(max(id), 0) FROM ledger)", &statement);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*broken_id = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int root_read(sqlite3 *db, uint8_t hash[static HASH_SIZE])
{
	sqlite3_stmt *statement;
	int rc = query(db, "SELECT hash FROM ledger_root", &statement);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(statement) == SQLITE_ROW && column_hash(statement, 0, hash) ? SQLITE_OK : SQLITE_CORRUPT;
	sqlite3_finalize(statement);
	return rc;
}

int ledger_check(sqlite3 *db, uint64_t *rows, int64_t *broken_id)
{
	uint8_t hash[HASH_SIZE];
	sqlite3_stmt *statement;
	int rc = root_read(db, hash);

	*rows = 0;
	*broken_id = 0;
	if (rc == SQLITE_OK)
		rc = query(db, "SELECT id, time, msisdn, ref, kind, service, channel, shown, answered, hash FROM ledger"
			   " ORDER BY id", &statement);
	if (rc != SQLITE_OK)
		return rc;
	rc = rows_check_chain(statement, hash, rows, broken_id);
	sqlite3_finalize(statement);
	return rc == SQLITE_OK && !*broken_id ? tail_check(db, broken_id) : rc;
}
