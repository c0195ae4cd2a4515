/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <time.h>

#include <sodium.h>

#include "starhash/accounts.h"
#include "store/sql/references.h"

#define NODE_SHIFT 50
#define BOOT_SHIFT 28
#define BOOTS (UINT32_C(1) << (NODE_SHIFT - BOOT_SHIFT))
#define DRAWS_MAX 1000		/* enough even if nine in ten of all boot identities are used */

/* The configured node, otherwise the one drawn when the tables were created. */
static int node_read(struct connection *connection, uint64_t *node)
{
	struct statement *statement = statement_get(connection, SQL_NODE);
	int rc;

	if (connection->node) {
		*node = connection->node - 1;
		return DB_OK;
	}
	rc = statement_next(statement);
	if (rc == DB_ROW)
		*node = (uint64_t)column_number(statement, 0);
	return rc == DB_DONE ? DB_CORRUPT : statement_put(statement, rc);
}

int references_draw(struct connection *connection, uint64_t *base)
{
	struct statement *statement = statement_get(connection, SQL_BOOT_ADD);
	uint64_t node = 0;
	int rc = node_read(connection, &node);

	for (unsigned int i = 0; rc == DB_OK && i < DRAWS_MAX; i++) {
		const uint32_t boot = randombytes_uniform(BOOTS);
		bool fresh;	/* the database has not had this boot identity before */

		statement_bind_number(statement, 1, boot);
		statement_bind_number(statement, 2, time(NULL));
		rc = statement_next(statement);
		fresh = rc == DB_DONE && connection_changed(connection) > 0;
		rc = statement_put(statement, rc);
		if (rc != DB_OK || !fresh)
			continue;
		*base = node << NODE_SHIFT | (uint64_t)boot << BOOT_SHIFT;
		return DB_OK;
	}
	return rc == DB_OK ? DB_FULL : rc;
}

int references_draw_more(struct connection *connection, const void *what, struct response *response)
{
	uint64_t base = 0;
	const int rc = references_draw(connection, &base);

	response->result = RESULT_OK;
	response->references = base;
	return rc;
}

/* Counting starts at 1, so that no reference is 0. */
uint64_t references_take(struct references *references, unsigned int count)
{
	uint64_t first;

	if (count >= REFERENCES_PER_BOOT - references->used) {
		if (!references->next)
			return 0;
		*references = (struct references){ .base = references->next };
	}
	first = references->base | (references->used + 1);
	references->used += count;
	return first;
}

bool references_low(const struct references *references)
{
	return !references->next && references->used >= REFERENCES_PER_BOOT / 2;
}
