/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data show: all that is held about one subscriber, in plain words; never a secret. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"

static void print_number(enum field_type type, int64_t number)
{
	switch (type) {
	case FIELD_TYPE_MONEY:
		print_money(stdout, number);
		break;
	case FIELD_TYPE_DATE:
		printf("%04" PRId64 "-%02" PRId64 "-%02" PRId64, number / 10000, number / 100 % 100, number % 100);
		break;
	case FIELD_TYPE_MONTH:
		printf("%04" PRId64 "-%02" PRId64, number / 100, number % 100);
		break;
	case FIELD_TYPE_TIME:
		print_time(stdout, number);
		break;
	default:
		printf("%" PRId64, number);
	}
}

static void print_value(enum field field, const struct value *value)
{
	if (value->is_text)
		printf("%.*s", (int)value->len, value->text);
	else
		print_number(field_info(field)->type, value->number);
}

static void print_facts(const struct record *facts)
{
	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		struct value value;

		if (!record_get(facts, field, &value))
			continue;
		printf("%-12s ", field_info(field)->name);
		print_value(field, &value);
		putchar('\n');
	}
}

static void print_row(const struct record *row)
{
	struct value value;
	uint16_t pos = 0;
	uint16_t id;

	while (record_next(row, &pos, &id, &value)) {
		fputs("  ", stdout);
		print_value(id, &value);
	}
	putchar('\n');
}

static void print_rows(const char *title, const struct rows *rows)
{
	struct record row;
	uint16_t pos = 0;

	if (rows->count)
		printf("\n%s\n", title);
	while (rows_next(rows, &pos, &row))
		print_row(&row);
}

static int show(struct connection *connection, const char *file, const char *number)
{
	static const struct {
		enum request_kind kind;
		const char *title;
	} lists[] = {
		{ REQUEST_SERVICES_MINE, "Services: price, period, since, end of the trial, last day, state" },
		{ REQUEST_BILLS, "Bills" },
		{ REQUEST_POINTS, "Points, newest first" },
	};
	struct request request = { .kind = REQUEST_PROFILE, .now = time(NULL) };
	struct response response;
	int rc;

	snprintf(request.subscriber.msisdn, sizeof(request.subscriber.msisdn), "%s", number);
	response_init(&response);
	rc = request_read(connection, &request, &response);
	if (rc != SQLITE_OK)
		return data_failed(file, "cannot be read", rc);
	if (response.result != RESULT_OK)
		return data_failed(file, "no subscriber has that number", 0);
	print_facts(&response.facts);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(lists) / sizeof(*lists); i++) {
		request.kind = lists[i].kind;
		response_init(&response);
		rc = request_read(connection, &request, &response);
		print_rows(lists[i].title, &response.rows);
	}
	return rc == SQLITE_OK ? 0 : data_failed(file, "cannot be read", rc);
}

/* What no request of a menu asks for; each with the subscriber as ?1. */
static const struct {
	const char *title, *shape, *sql;
} more[] = {
	{ "IMSIs", "I", "SELECT imsi FROM sim WHERE msisdn = ?1 ORDER BY imsi" },
	{ "Subscriptions that change: service, state, trial until, until", "ssdd",
	 "SELECT service, state, trial_until, until FROM subscription WHERE msisdn = ?1 AND state <> 'open' ORDER BY "
	 "service" },
	{ "Password: wrong attempts, locks, locked until, temporary", "nnss",
	 "SELECT tries, locks, CASE WHEN locked_until = 9223372036854775807 THEN 'it is released' WHEN locked_until > "
	 "unixepoch()"
	 " THEN datetime(locked_until, 'unixepoch') || ' UTC' END, iif(temporary, 'yes', 'no') FROM password"
	 " WHERE msisdn = ?1 AND hash <> ''" },
	{ "Orders, newest first: taken, kind, service, state, attempts, reason", "tsssns",
	 "SELECT taken, kind, coalesce(service || ' instead of ' || instead, service), state, attempts, reason FROM orders WHERE msisdn = ?1 ORDER BY id DESC LIMIT "
	 "20" },
	{ "Consents, newest first: time, kind, service, link, trust, answered", "tsssss",
	 "SELECT * FROM (SELECT time, kind, service, channel, trust, answered FROM consent WHERE msisdn = ?1"
	 " ORDER BY sequence DESC LIMIT 20)"
	 " UNION ALL SELECT * FROM (SELECT time, kind, service, channel, '', answered FROM ledger WHERE msisdn = ?1"
	 " ORDER BY id DESC LIMIT 20) LIMIT 20" },
	{ "Notices to be sent: kind, attempts, due, expires", "sntt",
	 "SELECT kind, attempts, due, expires FROM notice WHERE msisdn = ?1 ORDER BY id" },
	{ "Conversations: service number, until", "st",
	 "SELECT number, until FROM conversation WHERE msisdn = ?1 ORDER BY number" },
};

static int print_more(struct connection *connection, size_t which, int64_t msisdn)
{
	sqlite3_stmt *statement;
	bool first = true;
	int rc = sqlite3_prepare_v2(connection->db, more[which].sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(statement, 1, msisdn);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (first)
			printf("\n%s\n", more[which].title);
		print_plain(stdout, statement, more[which].shape);
		first = false;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int show_more(struct connection *connection, const char *file, int64_t msisdn)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(more) / sizeof(*more); i++)
		rc = print_more(connection, i, msisdn);
	return rc == SQLITE_OK ? 0 : data_failed(file, "cannot be read", rc);
}

/* A typing error must not make a new, empty file; SQLite's own word for a missing one is no help. */
static int open_for_reading(struct connection *connection, const char *file)
{
	const char *why;
	const int rc = connection_open(connection, file, CONNECTION_READ, NULL, &why);

	return rc == SQLITE_OK ? 0 : data_failed(file, why, rc);
}

int data_show(const struct data_options *options)
{
	struct connection connection;
	int64_t msisdn;
	int status;

	if (!msisdn_key(options->words[0], &msisdn))
		return data_failed(options->words[0], "not an international number", 0);
	status = open_for_reading(&connection, options->file);
	if (!status)
		status = show(&connection, options->file, options->words[0]) ||
			 show_more(&connection, options->file, msisdn);
	connection_close(&connection);
	return status;
}
