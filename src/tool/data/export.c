/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data export: writes accounts in the format of import, as of one moment. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "import/column.h"
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/jsonl.h"

#define PROGRESS_STEP 1024

struct export {
	struct data_store store;
	const struct data_options *options;
	bool csv;
	enum import_table table;	/* CSV: the table */
	bool begun;			/* something was written */
	bool wrong;			/* a text was not UTF-8, which JSON cannot hold */
	uint64_t count;			/* lines, not counting the column names */
	struct progress progress;
};

static void line_count(struct export *export)
{
	export->count++;
	if (export->count % PROGRESS_STEP == 0)
		progress_show(&export->progress, export->count);
}

/* ---- CSV ---- */

static void text_write(const char *text)
{
	const bool quote = strpbrk(text, ",\"\r\n") != NULL;

	if (!quote) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void row_write(struct export *export, const struct import_row *row)
{
	const enum import_column *columns = table_exports(row->table);
	char text[COLUMN_TEXT_SIZE];

	for (const enum import_column *column = columns; *column < COLUMN_COUNT; column++) {
		if (column > columns)
			putchar(',');
		text_write(column_print(row, *column, text));
	}
	fputs("\r\n", stdout);
	line_count(export);
}

/* Write the account's rows of the table; see kinds_wanted(). */
static void account_rows_write(struct export *export, const struct stored_account *account)
{
	struct import_row row;

	row_of_account(&row, export->table, account);
	if (export->table == IMPORT_SUBSCRIBERS)
		row_write(export, &row);
	for (unsigned int i = 0; i < account->bills_count; i++) {
		row.bills[0] = account->bills[i];
		if (export->table == IMPORT_BILLS)
			row_write(export, &row);
		for (unsigned int k = 0; export->table == IMPORT_LINES && k < row.bills[0].lines_count; k++) {
			row.lines[0] = row.bills[0].lines[k];
			row.position = row.lines[0].place - 1;
			row_write(export, &row);
		}
	}
	for (unsigned int i = 0; i < account->points_count; i++) {
		row.points[0] = account->points_entries[i];
		row.position = row.points[0].place - 1;
		row_write(export, &row);
	}
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		row.subscriptions[0] = account->subscriptions[i];
		row_write(export, &row);
	}
}

/* ---- either ---- */

static void begin_export(struct export *export)
{
	const enum import_column *columns = table_exports(export->table);

	if (export->csv && !export->begun) {
		for (const enum import_column *column = columns; *column < COLUMN_COUNT; column++)
			printf("%s%s", column > columns ? "," : "", column_name(*column));
		fputs("\r\n", stdout);
	}
	export->begun = true;
}

/* After an error, write no end mark, so that the file is not accepted as a complete snapshot. */
static void line_end(struct export *export, bool right, const char *name)
{
	if (!right && !export->wrong && !ferror(stdout))
		data_failed(name, "a text is not UTF-8; the export stops there");
	export->wrong |= !right;
	line_count(export);
}

static int account_write(void *user, const struct stored_account *account)
{
	struct export *export = user;
	struct stored_account shown = *account;

	begin_export(export);
	if (!export->options->passwords)
		shown.hash = NULL;
	if (export->csv)
		account_rows_write(export, &shown);
	else
		line_end(export, jsonl_account(stdout, &shown), shown.msisdn);
	return export->wrong || ferror(stdout);
}

/* Skip services without a price, which only subscriptions have named: import would reject them, and the subscriptions name them again. */
static int service_write(void *user, const struct admin_row *row)
{
	struct export *export = user;
	struct import_row line;

	if (!row->service->period[0])
		return 0;
	begin_export(export);
	if (export->csv) {
		row_of_service(&line, row->service);
		row_write(export, &line);
	} else {
		line_end(export, jsonl_service(stdout, row->service), row->service->code);
	}
	return export->wrong || ferror(stdout);
}

/* Bits, 1 << enum account_kind. */
static unsigned int kinds_wanted(const struct export *export)
{
	static const enum account_kind kinds[IMPORT_TABLES] = {
		[IMPORT_SUBSCRIBERS] = ACCOUNT_PROFILE, [IMPORT_BILLS] = ACCOUNT_BILLS, [IMPORT_LINES] = ACCOUNT_BILLS,
		[IMPORT_POINTS] = ACCOUNT_POINTS, [IMPORT_SUBSCRIPTIONS] = ACCOUNT_SERVICES,
	};

	return export->csv ? 1u << kinds[export->table] : (1u << ACCOUNT_KINDS) - 1;
}

static int rows_write(struct export *export, int64_t msisdn)
{
	const struct admin_selection selection = {
		.msisdn = msisdn, .kinds = kinds_wanted(export), .totals_alone = export->csv && export->table == IMPORT_BILLS,
	};
	const struct store_admin_ops *ops = export->store.ops;
	const struct admin_query services = { .list = ADMIN_SERVICES };
	const bool services_alone = export->csv && export->table == IMPORT_SERVICES;
	int rc = ops->begin(export->store.admin);

	if (rc == 0 && (services_alone || (!export->csv && !msisdn)))
		rc = ops->list(export->store.admin, &services, service_write, export);
	if (rc == 0 && !services_alone)
		rc = ops->accounts(export->store.admin, &selection, account_write, export);
	ops->undo(export->store.admin);
	return rc;
}

static int export_write(struct export *export, int64_t msisdn)
{
	progress_begin(&export->progress, "lines", 0, export->options->quiet);
	if (rows_write(export, msisdn) < 0)
		return data_why(&export->store);
	if (export->wrong)
		return 1;
	if (msisdn && !export->begun)
		return data_failed(export->options->number, "no subscriber has this number");
	begin_export(export);
	if (export->options->trailer || !msisdn)
		printf("# end %" PRIu64 "\n", export->count);
	return fflush(stdout) || ferror(stdout) ? data_failed("standard output", strerror(errno)) : 0;
}

int data_export(const struct data_options *options)
{
	struct export export = { .options = options, .csv = options->format && !strcmp(options->format, "csv") };
	int64_t msisdn = 0;
	int status;

	export.table = IMPORT_SUBSCRIBERS;	/* the first one */
	while (options->table && export.table < IMPORT_TABLES && strcmp(table_name(export.table), options->table))
		export.table++;
	if (export.table == IMPORT_TABLES)
		return data_failed(options->table, "unknown table");
	if (options->number && !msisdn_key(options->number, &msisdn))
		return data_failed(options->number, "not an international number");
	status = data_open(&export.store, options, msisdn ? ADMIN_WRITE : ADMIN_READ) ||
		 (msisdn && data_access_note(&export.store, options->number)) || export_write(&export, msisdn);
	data_close(&export.store);
	return status;
}
