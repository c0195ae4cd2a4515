/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Prepares the statements, and binds what several of them need. */
#include "store/sql/connection.h"

static const char *const texts[SQL_COUNT] = {
#define X(name, text) [SQL_##name] = text,
	READ_STATEMENTS(X)
	WRITE_STATEMENTS(X)
#undef X
};

int statements_prepare(struct connection *connection, bool writes)
{
	const unsigned int count = writes ? SQL_COUNT : SQL_READ_COUNT;
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < count; i++)
		rc = statement_prepare(connection, texts[i], &connection->statements[i]);
	return rc == DB_OK && writes ? lists_prepare(connection) : rc;
}

void statements_finish(struct connection *connection)
{
	for (unsigned int i = 0; i < SQL_COUNT + SQL_OWN_MAX; i++)
		statement_finish(connection->statements[i]);
	memset(connection->statements, 0, sizeof(connection->statements));
	lists_finish(&connection->lists);
}

int statement_run(struct connection *connection, unsigned int which)
{
	return statement_step(statement_get(connection, which));
}

void statement_bind_arg(struct statement *statement, int index, const struct record *args, uint16_t id)
{
	struct value value;

	if (record_get(args, id, &value) && value.is_text)
		statement_bind_chars(statement, index, value.text, value.len);
	else
		statement_bind_null(statement, index);
}

void statement_bind_known(struct statement *statement, int index, int64_t number)
{
	if (number == STORED_UNKNOWN)
		statement_bind_null(statement, index);
	else
		statement_bind_number(statement, index, number);
}

static void fact_bind(struct statement *statement, int index, const struct stored_account *account, const struct stored_fact *fact)
{
	if (stored_fact_is_text(fact))
		statement_bind_text(statement, index, *stored_text(account, fact));
	else
		statement_bind_known(statement, index, *stored_number(account, fact));
}

void facts_bind(struct statement *statement, int first, const struct stored_account *account)
{
	for (int i = 0; i < STORED_FACTS; i++)
		fact_bind(statement, first + i, account, &stored_facts[i]);
}

void facts_bind_changes(struct statement *statement, int first, const struct stored_account *account, uint64_t changes)
{
	for (int i = 0; i < STORED_FACTS; i++) {
		statement_bind_number(statement, first + 2 * i, changes >> i & 1);
		fact_bind(statement, first + 2 * i + 1, account, &stored_facts[i]);
	}
}

void line_bind(struct statement *statement, int first, const struct stored_line *line)
{
	statement_bind_text(statement, first, line->item);
	statement_bind_number(statement, first + 1, line->amount);
	for (int i = 0; i < LINE_FACT_COUNT; i++)
		statement_bind_text(statement, first + 2 + i, *line_fact(line, i));
}
