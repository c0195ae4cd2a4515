/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data check: is the database whole, do its tables agree, is the ledger unbroken, does anything wait too long?
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/ledger.h"
#include "tool/data.h"
#include "tool/data_file.h"

#define FOUND_MAX 20		/* of one kind */

struct check {
	struct data_file file;
	unsigned int found;	/* in all */
	unsigned int of_this;
};

/* Each gives sentences: one for each thing that is wrong, or "ok". */
static const struct {
	bool slow;
	const char *sql;
} questions[] = {
	{true, "PRAGMA integrity_check(20)" },
	{true,
	 "SELECT 'table ' || \"table\" || ' has a row without its ' || \"parent\" || coalesce(': row ' || rowid, '')"
	 " FROM pragma_foreign_key_check" },
	{true,
	 "SELECT 'services of ' || msisdn || ' are not what is subscribed' FROM subscriber s WHERE services IS NOT"
	 " coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM subscription o"
	 " WHERE o.msisdn = s.msisdn ORDER BY service)), '')" },
	{true, "SELECT msisdn || ' has more than two IMSIs' FROM sim GROUP BY msisdn HAVING count(*) > 2" },
	{false,
	 "SELECT 'texts are in ' || encoding || ', not in UTF-8' FROM pragma_encoding WHERE encoding <> 'UTF-8'" },
	{false, "SELECT 'service ' || service || ' has subscribers, and nobody knows its price' FROM service v WHERE "
		"period = ''"
		" AND EXISTS (SELECT 1 FROM subscription o WHERE o.service = v.service)" },
	{false, "SELECT 'order ' || id || ' of ' || msisdn || ' could not be delivered: ' || coalesce(reason, 'no "
		"reason is known')"
		" FROM orders WHERE state = 'dead' AND reason IS NOT 'other_owner'" },
	{false, "SELECT 'order ' || id || ' of ' || msisdn || ' waits since ' || datetime(taken, 'unixepoch') || ' "
		"UTC, tried '"
		" || attempts || ' times' FROM orders WHERE state = 'taken' AND taken < unixepoch() - 86400" },
	{false, "SELECT 'notice ' || id || ' should have been given up at ' || datetime(expires, 'unixepoch') || ' UTC'"
		" FROM notice WHERE expires < unixepoch() - 86400" },
	{false,
	 "SELECT kind || ' ' || file || ' stopped behind line ' || line || ': the same import goes on' FROM import"
	 " WHERE state IN ('running', 'switched') AND began < unixepoch() - 86400" },
};

static int print_finding(void *user, int count, char **values, char **names)
{
	struct check *check = user;

	if (!count || !values[0] || !strcmp(values[0], "ok"))
		return 0;
	check->found++;
	if (check->of_this++ < FOUND_MAX)
		printf("problem: %s\n", values[0]);
	return 0;
}

static int ask(struct check *check, const char *sql)
{
	int rc;

	check->of_this = 0;
	rc = sqlite3_exec(check->file.db, sql, print_finding, check, NULL);
	if (check->of_this > FOUND_MAX)
		printf("problem: %u more like that\n", check->of_this - FOUND_MAX);
	return rc;
}

static int ledger_ask(struct check *check)
{
	uint64_t rows;
	int64_t broken;
	const int rc = ledger_check(check->file.db, &rows, &broken);

	if (rc == SQLITE_OK && broken) {
		check->found++;
		printf("problem: consent %" PRId64 " is not as it was written, or one before it is missing\n", broken);
	}
	if (rc == SQLITE_OK && !broken)
		printf("consents %" PRIu64 "\n", rows);
	return rc;
}

static int print_count(void *user, int count, char **values, char **names)
{
	for (int i = 0; i < count; i++)
		printf("%s %s\n", names[i], values[i]);
	return 0;
}

static int questions_ask(struct check *check, bool quick)
{
	int rc = quick ? ask(check, "PRAGMA quick_check(20)") : SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(questions) / sizeof(*questions); i++) {
		if (!quick || !questions[i].slow)
			rc = ask(check, questions[i].sql);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(check->file.db,
				  "SELECT count(*) AS subscribers, (SELECT count(*) FROM sim) AS imsis,"
				  " (SELECT count(*) FROM service) AS services, (SELECT journal_mode FROM "
				  "pragma_journal_mode) AS journal_mode"
				  " FROM subscriber",
				  print_count, NULL, NULL);
	return rc == SQLITE_OK ? ledger_ask(check) : rc;
}

int data_check(const struct data_options *options)
{
	struct check check = { .file = { .shm_fd = -1, .lock_fd = -1 } };
	int status = data_open(&check.file, options->file, DATA_READ);
	int rc;

	if (!status) {
		rc = questions_ask(&check, options->quick);
		status = check.found || rc != SQLITE_OK;
		if (rc != SQLITE_OK)
			data_failed(options->file, "cannot be read", rc);
		else
			puts(check.found ? "There are problems." : "No problem found.");
	}
	data_close(&check.file);
	return status;
}
