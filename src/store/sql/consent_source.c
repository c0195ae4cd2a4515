/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The consents of a database, list by list. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>

#include "store/sql/connection.h"
#include "store/sql/consent.h"

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
	struct sql_consents *consents = container_of(source, struct sql_consents, source);
	struct connection *connection = consents->connection;
	struct statement **statement = &consents->lists[list];
	int rc = connection->driver->view_begin(connection);

	if (*statement)
		statement_put(*statement, DB_OK);
	else if (rc == DB_OK)
		rc = statement_prepare(connection, lists[list], statement);
	if (rc == DB_OK && list == CONSENTS_BY_ID)
		statement_bind_number(*statement, 1, after);
	if (rc != DB_OK)
		source->why = connection->driver->describe(rc);
}

/* The statement at its next row; NULL: no more rows. */
static struct statement *next(struct consent_source *source, enum consent_list list)
{
	struct sql_consents *consents = container_of(source, struct sql_consents, source);
	struct statement *statement = consents->lists[list];
	const int rc = source->why ? DB_DONE : statement_next(statement);

	if (rc == DB_ROW)
		return statement;
	if (rc != DB_DONE)
		source->why = consents->connection->driver->describe(rc);
	if (statement)
		statement_put(statement, rc);
	return NULL;
}

static void key_read(struct statement *statement, int column, char key[static CONSENT_KEY_ID_SIZE])
{
	const char *text = column_text(statement, column);

	snprintf(key, CONSENT_KEY_ID_SIZE, "%s", text ? text : "");
}

static bool next_row(struct consent_source *source, enum consent_list list, struct consent_row *row)
{
	struct statement *statement = next(source, list);

	if (!statement)
		return false;
	memset(row, 0, sizeof(*row));
	row->id = column_number(statement, ROW_ID);
	row->consent.msisdn = column_number(statement, ROW_MSISDN);
	row->consent.epoch = column_number(statement, ROW_EPOCH);
	row->consent.time = column_number(statement, ROW_TIME);
	row->consent.ref = column_number(statement, ROW_REF);
	for (int i = 0; i < CONSENT_TEXTS; i++) {
		const struct column text = column_get(statement, ROW_TEXTS + i);

		row->consent.texts[i].octets = text.octets;
		row->consent.texts[i].len = text.len;
	}
	key_read(statement, ROW_KEY, row->key);
	row->head.sequence = column_number(statement, ROW_SEQUENCE);
	row->previous.sequence = row->head.sequence - 1;
	row->whole = hash_read(statement, ROW_PREVIOUS, row->previous.hash);
	row->whole &= hash_read(statement, ROW_HASH, row->head.hash);
	row->newest = column_number(statement, ROW_NEWEST);
	return true;
}

static bool next_chain(struct consent_source *source, enum consent_list list, struct consent_chain *chain)
{
	struct statement *statement = next(source, list);

	if (!statement)
		return false;
	memset(chain, 0, sizeof(*chain));
	chain->msisdn = column_number(statement, CHAIN_MSISDN);
	chain->head.sequence = column_number(statement, CHAIN_SEQUENCE);
	chain->whole = hash_read(statement, CHAIN_HASH, chain->head.hash);
	chain->root.head.sequence = column_number(statement, CHAIN_ROOT_SEQUENCE);
	chain->root.id = column_number(statement, CHAIN_ROOT_ID);
	key_read(statement, CHAIN_ROOT_KEY, chain->root_key);
	if (chain->root.head.sequence)
		chain->whole &= hash_read(statement, CHAIN_ROOT_HASH, chain->root.head.hash) &&
				hash_read(statement, CHAIN_ROOT_SEAL, chain->root_seal);
	return true;
}

static void release_list(struct consent_source *source)
{
	struct sql_consents *consents = container_of(source, struct sql_consents, source);

	for (enum consent_list list = 0; list < CONSENT_LISTS; list++) {
		if (consents->lists[list])
			statement_put(consents->lists[list], DB_OK);
	}
	consents->connection->driver->view_end(consents->connection);
}

static const struct consent_source_ops ops = {
	.begin = begin_list,
	.next_row = next_row,
	.next_chain = next_chain,
	.release = release_list,
};

void sql_consents_init(struct sql_consents *consents, struct connection *connection)
{
	*consents = (struct sql_consents){ .source.ops = &ops, .connection = connection };
}

void sql_consents_fini(struct sql_consents *consents)
{
	for (enum consent_list list = 0; list < CONSENT_LISTS; list++)
		statement_finish(consents->lists[list]);
}
