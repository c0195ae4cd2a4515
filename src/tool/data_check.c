/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data check: is the database whole, do its tables agree, are all consents as they were written, does anything wait
 * too long? A question that damage leaves without an answer is a finding, and the next one is asked all the same. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_consents.h"
#include "tool/data_file.h"

#define FOUND_MAX 20		/* of one kind */
#define STEPS 1000000		/* of SQLite's machine, between two looks at the clock */

struct check {
	struct data_file file;
	unsigned int found;	/* in all */
	unsigned int of_this;
	const char *about;	/* what is being looked at; NULL: nobody watches */
	double began, shown;
};

/* Each gives sentences: one for each thing that is wrong, or "ok". */
static const struct question {
	bool slow;
	const char *sql;
	const char *about;
} questions[] = {
	{true, "PRAGMA integrity_check(20)",
	 "structure" },
	{true,
	 "SELECT 'table ' || \"table\" || ' has a row without its ' || \"parent\" || coalesce(': row ' || rowid, '')"
	 " FROM pragma_foreign_key_check",
	 "references" },
	{true,
	 "SELECT 'services of ' || msisdn || ' are not what is subscribed' FROM subscriber s WHERE services IS NOT"
	 " coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM subscription o"
	 " WHERE o.msisdn = s.msisdn ORDER BY service)), '')",
	 "services" },
	{true, "SELECT msisdn || ' has more than two IMSIs' FROM sim GROUP BY msisdn HAVING count(*) > 2",
	 "IMSIs" },
	{false,
	 "SELECT 'texts are in ' || encoding || ', not in UTF-8' FROM pragma_encoding WHERE encoding <> 'UTF-8'",
	 "encoding" },
	/* Prices come with the daemon's menu: before its first start a feed's services have none. */
	{false, "SELECT 'service ' || service || ' has subscribers, and nobody knows its price' FROM service v WHERE "
		"period = '' AND EXISTS (SELECT 1 FROM catalogue)"
		" AND EXISTS (SELECT 1 FROM subscription o WHERE o.service = v.service)",
	 "prices" },
	{false, "SELECT 'order ' || id || ' of ' || msisdn || ' could not be delivered: ' || coalesce(reason, 'no "
		"reason is known')"
		" FROM orders WHERE state = 'dead' AND reason IS NOT 'other_owner'",
	 "orders that could not be delivered" },
	{false, "SELECT 'order ' || id || ' of ' || msisdn || ' waits since ' || datetime(taken, 'unixepoch') || ' "
		"UTC, tried '"
		" || attempts || ' times' FROM orders WHERE state = 'taken' AND taken < unixepoch() - 86400",
	 "orders that wait" },
	{false, "SELECT 'notice ' || id || ' should have been given up at ' || datetime(expires, 'unixepoch') || ' UTC'"
		" FROM notice WHERE expires < unixepoch() - 86400",
	 "notices" },
	{false,
	 "SELECT kind || ' ' || file || ' stopped behind line ' || line || ': the same import goes on' FROM import"
	 " WHERE state = 'running' AND began < unixepoch() - 86400",
	 "imports" },
	{false,
	 "SELECT 'what was served before snapshot ' || file || ' is not removed yet: the same import goes on' FROM import"
	 " WHERE state = 'switched'",
	 "exchanges" },
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

/* ---- on a terminal: what takes long ---- */

static int show_progress(void *user)
{
	struct check *check = user;
	const double now = data_seconds();

	if (now - check->shown >= 1) {
		fprintf(stderr, "\r\033[KChecking %s: %.0f s", check->about, now - check->began);
		check->shown = now;
	}
	return 0;
}

static void watch_begin(struct check *check, const char *about)
{
	if (!check->about)
		return;
	check->about = about;
	check->began = check->shown = data_seconds();
	sqlite3_progress_handler(check->file.db, STEPS, show_progress, check);
}

static void watch_end(struct check *check)
{
	if (!check->about)
		return;
	sqlite3_progress_handler(check->file.db, 0, NULL, NULL);
	if (check->shown > check->began)
		fputs("\r\033[K", stderr);
}

/* ---- questions ---- */

static void ask(struct check *check, const char *sql, const char *about)
{
	int rc;

	check->of_this = 0;
	watch_begin(check, about);
	rc = sqlite3_exec(check->file.db, sql, print_finding, check, NULL);
	watch_end(check);
	if (check->of_this > FOUND_MAX)
		printf("problem: %u more like that\n", check->of_this - FOUND_MAX);
	if (rc == SQLITE_OK)
		return;
	check->found++;
	printf("problem: checking the %s stopped: %s\n", about, sqlite3_errstr(rc));
}

static void count_print(struct check *check, const char *what, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(check->file.db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		printf("%s %s\n", what, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
}

static void questions_ask(struct check *check, bool quick)
{
	if (quick)
		ask(check, "PRAGMA quick_check(20)", "structure");
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		if (!quick || !questions[i].slow)
			ask(check, questions[i].sql, questions[i].about);
	}
	count_print(check, "subscribers", "SELECT count(*) FROM subscriber");
	count_print(check, "imsis", "SELECT count(*) FROM sim");
	count_print(check, "services", "SELECT count(*) FROM service");
	count_print(check, "journal_mode", "SELECT journal_mode FROM pragma_journal_mode");
	count_print(check, "not checked: prices, before starhashd has brought those of its menu;",
		    "SELECT count(*) || ' services have none' FROM service WHERE period = '' AND NOT EXISTS (SELECT 1 FROM catalogue)"
		    " HAVING count(*) > 0");
}

int data_check(const struct data_options *options)
{
	struct check check = {
		.file = { .shm_fd = -1, .lock_fd = -1 }, .about = !options->quiet && isatty(STDERR_FILENO) ? "" : NULL,
	};
	int status = data_open(&check.file, options->file, DATA_READ);

	if (!status) {
		questions_ask(&check, options->quick);
		check.found += data_consents_check(&check.file, options);
		puts(check.found ? "There are problems." : "No problem found.");
		status = check.found > 0;
	}
	data_close(&check.file);
	return status;
}
