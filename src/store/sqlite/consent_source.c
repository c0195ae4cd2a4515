/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The consents of a database, list by list. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>

#include "store/sqlite/consent.h"

#define ROW_COLUMNS "c.id, c.msisdn, c.sequence, c.epoch, c.time, c.ref, c.kind, c.service, c.channel, c.trust, c.shown, c.answered," \
	" c.key, c.previous, c.hash"
#define CHAIN_COLUMNS "msisdn, sequence, hash, root_sequence, root_hash, root_id, root_key, root_seal"

enum { ROW_ID, ROW_MSISDN, ROW_SEQUENCE, ROW_EPOCH, ROW_TIME, ROW_REF, ROW_TEXTS, ROW_KEY = ROW_TEXTS + CONSENT_TEXTS, ROW_PREVIOUS,
       ROW_HASH, ROW_NEWEST };
enum { CHAIN_MSISDN, CHAIN_SEQUENCE, CHAIN_HASH, CHAIN_ROOT_SEQUENCE, CHAIN_ROOT_HASH, CHAIN_ROOT_ID, CHAIN_ROOT_KEY, CHAIN_ROOT_SEAL };

static const char *const lists[CONSENT_LISTS] = {
	[CONSENTS_BY_NUMBER] = "SELECT " ROW_COLUMNS ", 0 FROM consent c ORDER BY msisdn, sequence",
	[CONSENTS_BY_ID] = "SELECT " ROW_COLUMNS ", h.sequence FROM consent c LEFT JOIN consent_head h USING (msisdn)"
		" WHERE c.id > ?1 ORDER BY c.id",
	[CHAINS_BY_NUMBER] = "SELECT " CHAIN_COLUMNS " FROM consent_head ORDER BY msisdn",
	[CHAINS_BY_ROOT] = "SELECT " CHAIN_COLUMNS " FROM consent_head WHERE root_id IS NOT NULL ORDER BY root_id DESC",
};

static void begin_list(struct consent_source *source, enum consent_list list, int64_t after)
{
	struct sqlite_consents *consents = container_of(source, struct sqlite_consents, source);
	int rc = SQLITE_OK;

	sqlite3_reset(consents->lists[list]);
	if (sqlite3_get_autocommit(consents->db))
		rc = sqlite3_exec(consents->db, "BEGIN", NULL, NULL, NULL);
	if (rc == SQLITE_OK && !consents->lists[list])
		rc = sqlite3_prepare_v2(consents->db, lists[list], -1, &consents->lists[list], NULL);
	if (rc == SQLITE_OK && list == CONSENTS_BY_ID)
		rc = sqlite3_bind_int64(consents->lists[list], 1, after);
	if (rc != SQLITE_OK)
		source->why = sqlite3_errstr(rc);
}

/* The statement at its next row; NULL: no more rows. */
static sqlite3_stmt *next(struct consent_source *source, enum consent_list list)
{
	sqlite3_stmt *statement = container_of(source, struct sqlite_consents, source)->lists[list];
	const int rc = source->why ? SQLITE_DONE : sqlite3_step(statement);

	if (rc == SQLITE_ROW)
		return statement;
	if (rc != SQLITE_DONE)
		source->why = sqlite3_errstr(rc);
	sqlite3_reset(statement);
	return NULL;
}

static void key_read(sqlite3_stmt *statement, int column, char key[static CONSENT_KEY_ID_SIZE])
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	snprintf(key, CONSENT_KEY_ID_SIZE, "%s", text ? (const char *)text : "");
}

static bool next_row(struct consent_source *source, enum consent_list list, struct consent_row *row)
{
	sqlite3_stmt *statement = next(source, list);

	if (!statement)
		return false;
	memset(row, 0, sizeof(*row));
	row->id = sqlite3_column_int64(statement, ROW_ID);
	row->consent.msisdn = sqlite3_column_int64(statement, ROW_MSISDN);
	row->consent.epoch = sqlite3_column_int64(statement, ROW_EPOCH);
	row->consent.time = sqlite3_column_int64(statement, ROW_TIME);
	row->consent.ref = sqlite3_column_int64(statement, ROW_REF);
	for (int i = 0; i < CONSENT_TEXTS; i++) {
		row->consent.texts[i].octets = sqlite3_column_blob(statement, ROW_TEXTS + i);
		row->consent.texts[i].len = (size_t)sqlite3_column_bytes(statement, ROW_TEXTS + i);
	}
	key_read(statement, ROW_KEY, row->key);
	row->head.sequence = sqlite3_column_int64(statement, ROW_SEQUENCE);
	row->previous.sequence = row->head.sequence - 1;
	row->whole = hash_read(statement, ROW_PREVIOUS, row->previous.hash);
	row->whole &= hash_read(statement, ROW_HASH, row->head.hash);
	row->newest = sqlite3_column_int64(statement, ROW_NEWEST);
	return true;
}

static bool next_chain(struct consent_source *source, enum consent_list list, struct consent_chain *chain)
{
	sqlite3_stmt *statement = next(source, list);

	if (!statement)
		return false;
	memset(chain, 0, sizeof(*chain));
	chain->msisdn = sqlite3_column_int64(statement, CHAIN_MSISDN);
	chain->head.sequence = sqlite3_column_int64(statement, CHAIN_SEQUENCE);
	chain->whole = hash_read(statement, CHAIN_HASH, chain->head.hash);
	chain->root.head.sequence = sqlite3_column_int64(statement, CHAIN_ROOT_SEQUENCE);
	chain->root.id = sqlite3_column_int64(statement, CHAIN_ROOT_ID);
	key_read(statement, CHAIN_ROOT_KEY, chain->root_key);
	if (chain->root.head.sequence)
		chain->whole &= hash_read(statement, CHAIN_ROOT_HASH, chain->root.head.hash) &&
				hash_read(statement, CHAIN_ROOT_SEAL, chain->root_seal);
	return true;
}

static void release_list(struct consent_source *source)
{
	struct sqlite_consents *consents = container_of(source, struct sqlite_consents, source);

	for (enum consent_list list = 0; list < CONSENT_LISTS; list++)
		sqlite3_reset(consents->lists[list]);
	sqlite3_exec(consents->db, "COMMIT", NULL, NULL, NULL);
}

static const struct consent_source_ops ops = {
	.begin = begin_list,
	.next_row = next_row,
	.next_chain = next_chain,
	.release = release_list,
};

void sqlite_consents_init(struct sqlite_consents *consents, sqlite3 *db)
{
	*consents = (struct sqlite_consents){ .source.ops = &ops, .db = db };
}

void sqlite_consents_fini(struct sqlite_consents *consents)
{
	for (enum consent_list list = 0; list < CONSENT_LISTS; list++)
		sqlite3_finalize(consents->lists[list]);
}
