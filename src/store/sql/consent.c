/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents: appended to their subscriber's chain, and removed from its beginning when retention ends. */
#include <string.h>

#include "store/sql/connection.h"
#include "store/sql/consent.h"

void hash_bind(struct statement *statement, int index, const uint8_t hash[static CONSENT_HASH_SIZE])
{
	statement_bind_blob(statement, index, hash, CONSENT_HASH_SIZE);
}

bool hash_read(struct statement *statement, int column, uint8_t hash[static CONSENT_HASH_SIZE])
{
	const struct column got = column_get(statement, column);

	if (got.len != CONSENT_HASH_SIZE)
		return false;
	memcpy(hash, got.octets, CONSENT_HASH_SIZE);
	return true;
}

/* ---- adding ---- */

/* Read each time: another process may have raised the epoch since. */
static int head_read(struct connection *connection, struct consent *consent, struct consent_head *head)
{
	struct statement *statement = statement_get(connection, SQL_CONSENT_HEAD);
	int rc;

	*head = (struct consent_head){ 0 };
	consent->epoch = 0;
	statement_bind_number(statement, 1, consent->msisdn);
	rc = statement_next(statement);
	if (rc == DB_ROW) {
		consent->epoch = column_number(statement, 0);
		head->sequence = column_number(statement, 1);
		rc = hash_read(statement, 2, head->hash) ? DB_ROW : DB_CORRUPT;
	}
	return statement_put(statement, rc);
}

static int row_add(struct connection *connection, const struct consent *consent, const struct consent_head *previous,
		   const struct consent_head *head)
{
	struct statement *statement = statement_get(connection, SQL_CONSENT_ADD);

	statement_bind_number(statement, 1, consent->msisdn);
	statement_bind_number(statement, 2, head->sequence);
	statement_bind_number(statement, 3, consent->epoch);
	statement_bind_number(statement, 4, consent->time);
	statement_bind_number(statement, 5, consent->ref);
	for (int i = 0; i < CONSENT_TEXTS; i++) {
		const char *octets = consent->texts[i].octets;

		statement_bind_chars(statement, 6 + i, octets ? octets : "", consent->texts[i].len);
	}
	statement_bind_text(statement, 6 + CONSENT_TEXTS, connection->consent_key->id);
	hash_bind(statement, 7 + CONSENT_TEXTS, previous->hash);
	hash_bind(statement, 8 + CONSENT_TEXTS, head->hash);
	return statement_step(statement);
}

static int head_write(struct connection *connection, int64_t msisdn, const struct consent_head *head)
{
	struct statement *statement = statement_get(connection, SQL_CONSENT_HEAD_SET);

	statement_bind_number(statement, 1, msisdn);
	statement_bind_number(statement, 2, head->sequence);
	hash_bind(statement, 3, head->hash);
	return statement_step(statement);
}

int consent_add(struct connection *connection, struct consent *consent)
{
	struct consent_head previous, head;
	int rc = connection->consent_key ? head_read(connection, consent, &previous) : DB_MISUSE;

	if (rc != DB_OK)
		return rc;
	head = previous;
	consent_seal(connection->consent_key->octets, &head, consent);
	rc = row_add(connection, consent, &previous, &head);
	if (rc == DB_OK)
		rc = head_write(connection, consent->msisdn, &head);
	connection->consents++;
	return rc;
}

/* ---- retention ---- */

int consent_anchored_read(struct connection *connection)
{
	struct statement *statement = statement_get(connection, SQL_CONSENT_ANCHORED);
	const int rc = statement_next(statement);

	connection->anchored = rc == DB_ROW ? column_number(statement, 0) : 0;
	return statement_put(statement, rc);
}

int consent_anchored_write(struct connection *connection, int64_t id)
{
	struct statement *statement = statement_get(connection, SQL_CONSENT_ANCHORED_SET);

	statement_bind_number(statement, 1, id);
	return statement_step(statement);
}

static int root_write(struct connection *connection, int64_t msisdn, const struct consent_root *root)
{
	struct statement *statement = statement_get(connection, SQL_CONSENT_ROOT);
	uint8_t seal[CONSENT_HASH_SIZE];

	consent_seal_root(connection->consent_key->octets, msisdn, root, seal);
	statement_bind_number(statement, 1, msisdn);
	statement_bind_number(statement, 2, root->head.sequence);
	hash_bind(statement, 3, root->head.hash);
	statement_bind_number(statement, 4, root->id);
	statement_bind_text(statement, 5, connection->consent_key->id);
	hash_bind(statement, 6, seal);
	return statement_step(statement);
}

/* Move the roots past the oldest rows that may be removed. *\a last: the last of these rows; 0: none. */
static int roots_move(struct connection *connection, int64_t before, int max, int64_t *last, int *count)
{
	struct statement *statement = statement_get(connection, SQL_CONSENTS_OLD);
	struct consent_root root;
	int rc;

	*last = *count = 0;
	statement_bind_number(statement, 1, before);
	statement_bind_number(statement, 2, max);
	while ((rc = statement_next(statement)) == DB_ROW && column_number(statement, 1)) {
		root.id = column_number(statement, 0);
		root.head.sequence = column_number(statement, 3);
		if (root.id > connection->anchored || !hash_read(statement, 4, root.head.hash))
			break;		/* damaged rows stay, for "check" to find */
		rc = root_write(connection, column_number(statement, 2), &root);
		if (rc != DB_OK)
			break;
		*last = root.id;
		++*count;
	}
	return statement_put(statement, rc);
}

int consent_prune(struct connection *connection, int64_t before, int max, int *deleted)
{
	struct statement *statement = statement_get(connection, SQL_CONSENTS_CUT);
	int64_t last = 0;
	int rc = DB_MISUSE;

	*deleted = 0;
	if (connection->consent_key)
		rc = roots_move(connection, before, max, &last, deleted);
	if (rc != DB_OK || !last)
		return rc;
	statement_bind_number(statement, 1, last);
	return statement_step(statement);
}

/* ---- retention of the chain of version 3 ---- */

/* The last of the oldest rows that may be removed, and its hash; 0: none. */
static int old_find(struct connection *connection, int64_t before, int max, int64_t *last, int *count,
		    uint8_t hash[static CONSENT_HASH_SIZE])
{
	struct statement *statement = statement_get(connection, SQL_LEDGER_OLD);
	uint8_t candidate[CONSENT_HASH_SIZE];
	int64_t id = 0;
	int rc;

	*last = *count = 0;
	statement_bind_number(statement, 1, before);
	while ((rc = statement_next(statement)) == DB_ROW) {
		if (id) {
			*last = id;
			memcpy(hash, candidate, CONSENT_HASH_SIZE);
			++*count;
		}
		id = column_number(statement, 0);
		if (*count == max || !column_number(statement, 2) || !hash_read(statement, 1, candidate))
			break;
	}
	return statement_put(statement, rc);
}

int ledger_prune(struct connection *connection, int64_t before, int max, int *deleted)
{
	struct statement *statement = statement_get(connection, SQL_LEDGER_ROOT);
	uint8_t hash[CONSENT_HASH_SIZE];
	int64_t last;
	int rc = old_find(connection, before, max, &last, deleted, hash);

	if (rc != DB_OK || !last)
		return rc;
	hash_bind(statement, 1, hash);
	rc = statement_step(statement);
	if (rc != DB_OK)
		return rc;
	return statement_step(statement_of(connection, SQL_LEDGER_CUT, last));
}
