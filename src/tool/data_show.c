/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data show and check: one account in plain words, and a look for damage. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"
#include "tool/data.h"

static int failed(const char *file, const char *why, int rc)
{
	fprintf(stderr, "starhash-data: %s: %s%s%s\n", file, why, rc ? ": " : "", rc ? sqlite3_errstr(rc) : "");
	return 1;
}

static void print_time(int64_t seconds)
{
	const time_t when = (time_t)seconds;
	struct tm parts;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", gmtime_r(&when, &parts));
	fputs(text, stdout);
}

static void print_money(int64_t minor)
{
	const uint64_t size = minor < 0 ? -(uint64_t)minor : (uint64_t)minor;

	printf("%s%" PRIu64 ".%02" PRIu64, minor < 0 ? "-" : "", size / 100, size % 100);
}

static void print_number(enum field_type type, int64_t number)
{
	switch (type) {
	case FIELD_TYPE_MONEY:
		print_money(number);
		break;
	case FIELD_TYPE_DATE:
		printf("%04" PRId64 "-%02" PRId64 "-%02" PRId64, number / 10000, number / 100 % 100, number % 100);
		break;
	case FIELD_TYPE_MONTH:
		printf("%04" PRId64 "-%02" PRId64, number / 100, number % 100);
		break;
	case FIELD_TYPE_TIME:
		print_time(number);
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
		{ REQUEST_SERVICES_MINE, "Services: price, period, since, state" },
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
		return failed(file, "cannot be read", rc);
	if (response.result != RESULT_OK)
		return failed(file, "no subscriber has that number", 0);
	print_facts(&response.facts);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(lists) / sizeof(*lists); i++) {
		request.kind = lists[i].kind;
		response_init(&response);
		rc = request_read(connection, &request, &response);
		print_rows(lists[i].title, &response.rows);
	}
	return rc == SQLITE_OK ? 0 : failed(file, "cannot be read", rc);
}

/* A typing error must not make a new, empty file; SQLite's own word for a missing one is no help. */
static int open_for_reading(struct connection *connection, const char *file)
{
	const char *why;
	int rc = connection_open(connection, file, CONNECTION_READ, NULL, &why);

	return rc == SQLITE_OK ? 0 : failed(file, why, rc);
}

int data_show(const struct data_options *options)
{
	struct connection connection;
	int status = open_for_reading(&connection, options->file);

	if (!status)
		status = show(&connection, options->file, options->number);
	connection_close(&connection);
	return status;
}

static int print_problem(void *user, int count, char **values, char **names)
{
	unsigned int *problems = user;

	if (count && values[0] && strcmp(values[0], "ok")) {
		printf("problem: %s\n", values[0]);
		(*problems)++;
	}
	return 0;
}

static int print_count(void *user, int count, char **values, char **names)
{
	for (int i = 0; i < count; i++)
		printf("%s %s\n", names[i], values[i]);
	return 0;
}

static int check(sqlite3 *db, const char *file)
{
	static const char *const questions[] = {
		"PRAGMA integrity_check",
		"PRAGMA foreign_key_check",
		"SELECT 'services of ' || msisdn || ' are not what is subscribed' FROM subscriber s WHERE services IS NOT"
		" coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM subscription o"
		" WHERE o.msisdn = s.msisdn ORDER BY service)), '') LIMIT 10",
	};
	unsigned int problems = 0;
	int rc = SQLITE_OK;

	if (schema_version(db) != SCHEMA_VERSION)
		return failed(file, "its tables are of another version", 0);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(questions) / sizeof(*questions); i++)
		rc = sqlite3_exec(db, questions[i], print_problem, &problems, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "SELECT count(*) AS subscribers, (SELECT count(*) FROM sim) AS imsis,"
				  " (SELECT count(*) FROM service) AS services FROM subscriber", print_count, NULL, NULL);
	if (rc != SQLITE_OK)
		return failed(file, "cannot be read", rc);
	puts(problems ? "There are problems." : "No problem found.");
	return problems ? 1 : 0;
}

int data_check(const struct data_options *options)
{
	struct connection connection;
	int status = open_for_reading(&connection, options->file);

	if (!status)
		status = check(connection.db, options->file);
	connection_close(&connection);
	return status;
}
