/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data export: what import takes, from one moment of the database. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"

#define SQL_SIZE 1024

/* Lists of a subscriber, in the order in which they are written. */
enum part { PART_SIMS, PART_BILLS, PART_LINES, PART_POINTS, PART_SUBSCRIPTIONS, PARTS };

struct export {
	struct data_file *file;
	const struct data_options *options;
	int64_t msisdn;		/* the key of options->number, when there is one */
	sqlite3_stmt *parts[PARTS];
	uint64_t count;
	struct progress progress;
};

static const char *const part_texts[PARTS] = {
	[PART_SIMS] = "SELECT imsi FROM sim WHERE msisdn = ?1 ORDER BY imsi",
	[PART_BILLS] = "SELECT month, total FROM bill WHERE msisdn = ?1 ORDER BY month",
	[PART_LINES] = "SELECT item, amount" LINE_COLUMNS " FROM bill_line WHERE msisdn = ?1 AND month = ?2 ORDER BY position",
	[PART_POINTS] = "SELECT date, change, reason FROM points_entry WHERE msisdn = ?1 ORDER BY position",
	[PART_SUBSCRIPTIONS] =
		"SELECT service, since, trial_until, CASE WHEN state <> 'open' AND NOT (state = 'trial' AND"
		" trial_until IS NOT NULL) THEN state END AS state, until FROM subscription WHERE msisdn = ?1"
		" ORDER BY service",
};

#define EXPORT_PASSWORD "iif(%d, nullif(hash, ''), NULL) AS password_hash"
#define SUBSCRIBER_COLUMNS                                                                                             \
	"account, brand, status, language" FACT_COLUMNS ", bill_month, bill_total, points,"                            \
	" as_of, bills_as_of, points_as_of, services_as_of, owner, " EXPORT_PASSWORD
#define FACT_SHAPE(id, name, type, origin, width, storage) FACT_SHAPE_##storage(type)
#define FACT_SHAPE_OWN(type) ""
#define FACT_SHAPE_FACT(type) FACT_SHAPE_##type
#define FACT_SHAPE_CODE "s"
#define FACT_SHAPE_MONEY "n"
#define FACT_SHAPE_DATE "d"
#define SUBSCRIBER_SHAPE "ssss" FIELDS(FACT_SHAPE) "mnnttttss"
#define LINE_FACT_SHAPE(id, name) "s"
#define LINE_SHAPE "sn" LINE_FACTS(LINE_FACT_SHAPE)
#define SERVICES_SQL "SELECT service, price, period, account, brand FROM service"
#define SERVICES_SHAPE "snsss"

static const struct {
	const char *name, *sql, *shape, *order;
} csv_tables[] = {
	{ "subscribers",
	 "SELECT s.msisdn, (SELECT min(imsi) FROM sim WHERE msisdn = s.msisdn) AS imsi, (SELECT max(imsi) FROM sim"
	 " WHERE msisdn = s.msisdn HAVING count(*) > 1) AS imsi2, " SUBSCRIBER_COLUMNS
	 " FROM subscriber s LEFT JOIN password USING (msisdn)",
	 "iII" SUBSCRIBER_SHAPE, " ORDER BY s.msisdn" },
	{ "bills", "SELECT msisdn, month, total FROM bill s", "imn", " ORDER BY msisdn, month" },
	{ "lines", "SELECT msisdn, month, position, item, amount" LINE_COLUMNS " FROM bill_line s", "imn" LINE_SHAPE,
	 " ORDER BY msisdn, month, position" },
	{ "points", "SELECT msisdn, position, date, change, reason FROM points_entry s", "indns",
	 " ORDER BY msisdn, position" },
	{ "subscriptions", "SELECT msisdn, service, since, trial_until, state, until FROM subscription s", "isddsd",
	 " ORDER BY msisdn, service" },
	{ "services", SERVICES_SQL " s", SERVICES_SHAPE, " ORDER BY service" },
};

static int failed(const struct export *export)
{
	return data_failed(export->file->name, sqlite3_errmsg(export->file->db), 0);
}

static const char *condition(const struct export *export)
{
	return export->options->number ? " WHERE s.msisdn = ?1" : "";
}

static void told(struct export *export)
{
	export->count++;
	if (export->count % 1024 == 0)
		progress_tell(&export->progress, export->count);
}

/* ---- JSON Lines ---- */

/* \a inner: writes what each row holds besides its columns; NULL: nothing. */
static int list_write(struct export *export, enum part part, const char *name, const char *shape,
		      int (*inner)(struct export *export, sqlite3_stmt *row))
{
	sqlite3_stmt *statement = export->parts[part];
	bool first = true;
	int rc;

	printf(",\"%s\":[", name);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		bool any = false;

		fputs(first ? "{" : ",{", stdout);
		print_members(stdout, statement, 0, shape, &any);
		rc = inner ? inner(export, statement) : SQLITE_OK;
		if (rc != SQLITE_OK)
			break;
		fputc('}', stdout);
		first = false;
	}
	fputc(']', stdout);
	return statement_put(statement, rc);
}

static int lines_write(struct export *export, sqlite3_stmt *bill)
{
	sqlite3_bind_int64(export->parts[PART_LINES], 2, sqlite3_column_int64(bill, 0));
	return list_write(export, PART_LINES, "lines", LINE_SHAPE, NULL);
}

static int sims_write(struct export *export)
{
	sqlite3_stmt *statement = export->parts[PART_SIMS];
	const char *between = "";
	char imsi[IMSI_SIZE];
	int rc;

	fputs(",\"imsi\":[", stdout);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		imsi_of_key(sqlite3_column_int64(statement, 0), imsi);
		printf("%s\"%s\"", between, imsi);
		between = ",";
	}
	fputc(']', stdout);
	return statement_put(statement, rc);
}

static int subscriber_write(struct export *export, sqlite3_stmt *statement)
{
	const int64_t msisdn = sqlite3_column_int64(statement, 0);
	bool any = true;
	int rc;

	for (int part = 0; part < PARTS; part++)
		sqlite3_bind_int64(export->parts[part], 1, msisdn);
	printf("{\"msisdn\":\"%" PRId64 "\"", msisdn);
	print_members(stdout, statement, 1, SUBSCRIBER_SHAPE, &any);
	rc = sims_write(export);
	if (rc == SQLITE_OK)
		rc = list_write(export, PART_BILLS, "bills", "mn", lines_write);
	if (rc == SQLITE_OK)
		rc = list_write(export, PART_POINTS, "points_entries", "dns", NULL);
	if (rc == SQLITE_OK)
		rc = list_write(export, PART_SUBSCRIPTIONS, "subscriptions", "sddsd", NULL);
	fputs("}\n", stdout);
	return rc;
}

static int service_write(struct export *export, sqlite3_stmt *statement)
{
	bool any = false;

	fputc('{', stdout);
	print_members(stdout, statement, 0, SERVICES_SHAPE, &any);
	fputs("}\n", stdout);
	return SQLITE_OK;
}

/* ---- either ---- */

static int rows_write(struct export *export, const char *sql, int (*write)(struct export *, sqlite3_stmt *))
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(export->file->db, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (export->options->number)
		sqlite3_bind_int64(statement, 1, export->msisdn);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		rc = write(export, statement);
		if (rc != SQLITE_OK)
			break;
		told(export);
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int jsonl_write(struct export *export)
{
	char sql[SQL_SIZE];
	int rc = SQLITE_OK;

	for (int part = 0; rc == SQLITE_OK && part < PARTS; part++)
		rc = sqlite3_prepare_v2(export->file->db, part_texts[part], -1, &export->parts[part], NULL);
	if (rc == SQLITE_OK && !export->options->number)
		rc = rows_write(export, SERVICES_SQL " ORDER BY service", service_write);
	snprintf(sql, sizeof(sql),
		 "SELECT s.msisdn, " SUBSCRIBER_COLUMNS " FROM subscriber s LEFT JOIN password USING (msisdn)%s"
		 " ORDER BY s.msisdn",
		 export->options->passwords, condition(export));
	if (rc == SQLITE_OK)
		rc = rows_write(export, sql, subscriber_write);
	for (int part = 0; part < PARTS; part++)
		sqlite3_finalize(export->parts[part]);
	return rc;
}

static int csv_rows(struct export *export, const char *sql, const char *shape)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(export->file->db, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (export->options->number)
		sqlite3_bind_int64(statement, 1, export->msisdn);
	print_csv_names(stdout, statement);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		print_csv(stdout, statement, shape);
		told(export);
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static size_t csv_table(const char *name)
{
	size_t i = 0;

	while (i < sizeof(csv_tables) / sizeof(*csv_tables) && strcmp(csv_tables[i].name, name ? name : "subscribers"))
		i++;
	return i;
}

static int csv_write(struct export *export)
{
	const size_t table = csv_table(export->options->table);
	char select[SQL_SIZE], sql[2 * SQL_SIZE];

	snprintf(select, sizeof(select), csv_tables[table].sql, export->options->passwords);
	snprintf(sql, sizeof(sql), "%s%s%s", select, table == csv_table("services") ? "" : condition(export),
		 csv_tables[table].order);
	return csv_rows(export, sql, csv_tables[table].shape);
}

static int export_write(struct export *export)
{
	const bool csv = export->options->format && !strcmp(export->options->format, "csv");
	int rc = data_run(export->file, "BEGIN");

	progress_begin(&export->progress, "lines", 0, export->options->quiet);
	if (rc == SQLITE_OK)
		rc = csv ? csv_write(export) : jsonl_write(export);
	if (rc != SQLITE_OK)
		return failed(export);
	if (export->options->trailer || !export->options->number)
		printf("# end %" PRIu64 "\n", export->count);
	return fflush(stdout) ? data_failed("standard output", strerror(errno), 0) : 0;
}

int data_export(const struct data_options *options)
{
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	struct export export = { .file = &file, .options = options };
	int status;

	if (csv_table(options->table) == sizeof(csv_tables) / sizeof(*csv_tables))
		return data_failed(options->table, "there is no table of that name", 0);
	if (options->number && !msisdn_key(options->number, &export.msisdn))
		return data_failed(options->number, "not an international number", 0);
	status = data_open(&file, options->file, DATA_READ) || export_write(&export);
	data_close(&file);
	return status;
}
