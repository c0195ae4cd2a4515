/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents: appended to their subscriber's chain, and removed from its beginning when retention ends. */
#include <string.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/consent.h"

void hash_bind(sqlite3_stmt *statement, int index, const uint8_t hash[static CONSENT_HASH_SIZE])
{
	sqlite3_bind_blob(statement, index, hash, CONSENT_HASH_SIZE, SQLITE_STATIC);
}

bool hash_read(sqlite3_stmt *statement, int column, uint8_t hash[static CONSENT_HASH_SIZE])
{
	if (sqlite3_column_bytes(statement, column) != CONSENT_HASH_SIZE)
		return false;
	memcpy(hash, sqlite3_column_blob(statement, column), CONSENT_HASH_SIZE);
	return true;
}

/* ---- adding ---- */

/* Read each time: another process may have raised the epoch since. */
static int head_read(struct connection *connection, struct consent *consent, struct consent_head *head)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENT_HEAD);
	int rc;

	*head = (struct consent_head){ 0 };
	consent->epoch = 0;
	sqlite3_bind_int64(statement, 1, consent->msisdn);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		consent->epoch = sqlite3_column_int64(statement, 0);
		head->sequence = sqlite3_column_int64(statement, 1);
		rc = hash_read(statement, 2, head->hash) ? SQLITE_ROW : SQLITE_CORRUPT;
	}
	return statement_put(statement, rc);
}

static int row_add(struct connection *connection, const struct consent *consent, const struct consent_head *previous,
		   const struct consent_head *head)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENT_ADD);

	sqlite3_bind_int64(statement, 1, consent->msisdn);
	sqlite3_bind_int64(statement, 2, head->sequence);
	sqlite3_bind_int64(statement, 3, consent->epoch);
	sqlite3_bind_int64(statement, 4, consent->time);
	sqlite3_bind_int64(statement, 5, consent->ref);
	for (int i = 0; i < CONSENT_TEXTS; i++) {
		const char *octets = consent->texts[i].octets;

		sqlite3_bind_text(statement, 6 + i, octets ? octets : "", (int)consent->texts[i].len, SQLITE_STATIC);
	}
	statement_bind_text(statement, 6 + CONSENT_TEXTS, connection->consent_key->id);
	hash_bind(statement, 7 + CONSENT_TEXTS, previous->hash);
	hash_bind(statement, 8 + CONSENT_TEXTS, head->hash);
	return statement_put(statement, sqlite3_step(statement));
}

static int head_write(struct connection *connection, int64_t msisdn, const struct consent_head *head)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENT_HEAD_SET);

	sqlite3_bind_int64(statement, 1, msisdn);
	sqlite3_bind_int64(statement, 2, head->sequence);
	hash_bind(statement, 3, head->hash);
	return statement_put(statement, sqlite3_step(statement));
}

int consent_add(struct connection *connection, struct consent *consent)
{
	struct consent_head previous, head;
	int rc = connection->consent_key ? head_read(connection, consent, &previous) : SQLITE_MISUSE;

	if (rc != SQLITE_OK)
		return rc;
	head = previous;
	consent_seal(connection->consent_key->octets, &head, consent);
	rc = row_add(connection, consent, &previous, &head);
	if (rc == SQLITE_OK)
		rc = head_write(connection, consent->msisdn, &head);
	connection->consents++;
	return rc;
}

/* ---- retention ---- */

int consent_anchored_read(struct connection *connection)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENT_ANCHORED);
	const int rc = sqlite3_step(statement);

	connection->anchored = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return statement_put(statement, rc);
}

static int root_write(struct connection *connection, int64_t msisdn, const struct consent_root *root)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENT_ROOT);
	uint8_t seal[CONSENT_HASH_SIZE];

	consent_seal_root(connection->consent_key->octets, msisdn, root, seal);
	sqlite3_bind_int64(statement, 1, msisdn);
	sqlite3_bind_int64(statement, 2, root->head.sequence);
	hash_bind(statement, 3, root->head.hash);
	sqlite3_bind_int64(statement, 4, root->id);
	statement_bind_text(statement, 5, connection->consent_key->id);
	hash_bind(statement, 6, seal);
	return statement_put(statement, sqlite3_step(statement));
}

/* Move the roots past the oldest rows that may be removed. *\a last: the last of these rows; 0: none. */
static int roots_move(struct connection *connection, int64_t before, int max, int64_t *last, int *count)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENTS_OLD);
	struct consent_root root;
	int rc;

	*last = *count = 0;
	sqlite3_bind_int64(statement, 1, before);
	sqlite3_bind_int(statement, 2, max);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW && sqlite3_column_int(statement, 1)) {
		root.id = sqlite3_column_int64(statement, 0);
		root.head.sequence = sqlite3_column_int64(statement, 3);
		if (root.id > connection->anchored || !hash_read(statement, 4, root.head.hash))
			break;		/* damaged rows stay, for "check" to find */
		rc = root_write(connection, sqlite3_column_int64(statement, 2), &root);
		if (rc != SQLITE_OK)
			break;
		*last = root.id;
		++*count;
	}
	return statement_put(statement, rc);
}

int consent_prune(struct connection *connection, int64_t before, int max, int *deleted)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONSENTS_CUT);
	int64_t last;
	int rc = SQLITE_MISUSE;

	*deleted = 0;
	if (connection->consent_key)
		rc = roots_move(connection, before, max, &last, deleted);
	if (rc != SQLITE_OK || !last)
		return rc;
	sqlite3_bind_int64(statement, 1, last);
	return statement_put(statement, sqlite3_step(statement));
}
