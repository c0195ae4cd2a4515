/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the database as JSON Lines, CSV or plain words. */
#include "tool/data_print.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "store/sqlite/connection.h"

#define NUMBER_SIZE 40

static const char *column_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text ? (const char *)text : "";
}

static void moment_format(int64_t seconds, const char *format, char *out, size_t size)
{
	const time_t when = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&when, &parts) || !strftime(out, size, format, &parts))
		snprintf(out, size, "%" PRId64, seconds);
}

/* Everything but texts. Returns whether it goes between quotes in JSON. */
static bool number_format(int64_t number, char shape, char out[static NUMBER_SIZE])
{
	switch (shape) {
	case PRINT_DATE:
		snprintf(out, NUMBER_SIZE, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, number / 10000, number / 100 % 100,
			 number % 100);
		return true;
	case PRINT_MONTH:
		snprintf(out, NUMBER_SIZE, "%04" PRId64 "-%02" PRId64, number / 100, number % 100);
		return true;
	case PRINT_TIME:
		moment_format(number, "%Y-%m-%dT%H:%M:%SZ", out, NUMBER_SIZE);
		return true;
	case PRINT_IMSI:
		imsi_of_key(number, out);
		return true;
	default:
		snprintf(out, NUMBER_SIZE, "%" PRId64, number);
		return shape == PRINT_DIGITS;
	}
}

static void json_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void json_value(FILE *out, sqlite3_stmt *statement, int column, char shape)
{
	char text[NUMBER_SIZE];

	if (shape == PRINT_TEXT)
		json_text(out, column_text(statement, column));
	else if (number_format(sqlite3_column_int64(statement, column), shape, text))
		json_text(out, text);
	else
		fputs(text, out);
}

void print_members(FILE *out, sqlite3_stmt *statement, int first, const char *shape, bool *any)
{
	for (int column = first; *shape; column++, shape++) {
		if (sqlite3_column_type(statement, column) == SQLITE_NULL)
			continue;
		fprintf(out, "%s\"%s\":", *any ? "," : "", sqlite3_column_name(statement, column));
		json_value(out, statement, column, *shape);
		*any = true;
	}
}

static void csv_text(FILE *out, const char *text)
{
	const bool quote = strpbrk(text, ",\"\r\n") != NULL;

	if (quote)
		fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quote)
		fputc('"', out);
}

void print_csv(FILE *out, sqlite3_stmt *statement, const char *shape)
{
	char text[NUMBER_SIZE];

	for (int column = 0; shape[column]; column++) {
		if (column)
			fputc(',', out);
		if (sqlite3_column_type(statement, column) == SQLITE_NULL)
			continue;
		if (shape[column] == PRINT_TEXT) {
			csv_text(out, column_text(statement, column));
			continue;
		}
		number_format(sqlite3_column_int64(statement, column), shape[column], text);
		fputs(text, out);
	}
	fputs("\r\n", out);
}

void print_csv_names(FILE *out, sqlite3_stmt *statement)
{
	for (int column = 0; column < sqlite3_column_count(statement); column++)
		fprintf(out, "%s%s", column ? "," : "", sqlite3_column_name(statement, column));
	fputs("\r\n", out);
}

void print_time(FILE *out, int64_t seconds)
{
	char text[NUMBER_SIZE];

	moment_format(seconds, "%Y-%m-%d %H:%M UTC", text, sizeof(text));
	fputs(text, out);
}

void print_money(FILE *out, int64_t minor)
{
	const uint64_t size = minor < 0 ? -(uint64_t)minor : (uint64_t)minor;

	fprintf(out, "%s%" PRIu64 ".%02" PRIu64, minor < 0 ? "-" : "", size / 100, size % 100);
}

static void plain_value(FILE *out, sqlite3_stmt *statement, int column, char shape)
{
	const int64_t number = sqlite3_column_int64(statement, column);
	char text[NUMBER_SIZE];

	if (shape == PRINT_TEXT) {
		fputs(column_text(statement, column), out);
	} else if (shape == PRINT_MONEY) {
		print_money(out, number);
	} else if (shape == PRINT_TIME) {
		print_time(out, number);
	} else {
		number_format(number, shape, text);
		fputs(text, out);
	}
}

void print_plain(FILE *out, sqlite3_stmt *statement, const char *shape)
{
	for (int column = 0; shape[column]; column++) {
		fputs("  ", out);
		if (sqlite3_column_type(statement, column) == SQLITE_NULL)
			fputc('-', out);
		else
			plain_value(out, statement, column, shape[column]);
	}
	fputc('\n', out);
}
