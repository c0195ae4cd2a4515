/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data orders: what billing has not settled, and dead letters for another try. */
#include <stdio.h>
#include <string.h>

#include "starhash/engine.h"
#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"
#include "tool/data_vanished.h"

/* An order of a number's former owner is not delivered any more. */
#define DEAD \
	"state = 'dead' AND reason IS NOT 'other_owner' AND NOT EXISTS (SELECT 1 FROM subscriber s WHERE s.msisdn = orders.msisdn" \
	" AND orders.id <= s.orders_after)"
#define COLUMNS                                                                                                        \
	"msisdn, kind, coalesce(service, ''), state, attempts, taken, iif(state = 'taken', due, settled), "            \
	"coalesce(reason, '')"

static int list(struct data_file *file, bool dead)
{
	sqlite3_stmt *statement;
	char ref[REF_TEXT_SIZE];
	int rc = sqlite3_prepare_v2(file->db,
				    dead ? "SELECT " COLUMNS ", ref FROM orders WHERE state = 'dead' ORDER BY id"
					 : "SELECT " COLUMNS
					   ", ref FROM orders WHERE state IN ('taken', 'dead') ORDER BY id",
				    -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return data_failed(file->name, "cannot be read", rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		fputs(ref_print((uint64_t)sqlite3_column_int64(statement, 8), ref), stdout);
		print_plain(stdout, statement, "isssntts");
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : data_failed(file->name, "cannot be read", rc);
}

/* As printed, without regard to case and dashes. */
static bool ref_is(uint64_t ref, const char *text)
{
	char printed[REF_TEXT_SIZE];
	const char *at = ref_print(ref, printed);

	for (;; at++, text++) {
		while (*at == '-')
			at++;
		while (*text == '-')
			text++;
		if ((*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text) != *at)
			return false;
		if (!*at)
			return true;
	}
}

/* As it was before nobody could deliver it: the subscription waits for it, and so do younger orders of the subscriber.
 */
static const char *const release_texts[] = {
	"UPDATE orders SET state = 'taken', attempts = 0, settled = NULL, reason = NULL, due = CASE WHEN EXISTS "
	"(SELECT 1 FROM orders o"
	" WHERE o.msisdn = orders.msisdn AND o.state = 'taken' AND o.id < orders.id) THEN 9223372036854775807 ELSE "
	"unixepoch() END"
	" WHERE id = ?1",
	"UPDATE orders SET due = 9223372036854775807 WHERE state = 'taken' AND id > ?1"
	" AND msisdn = (SELECT msisdn FROM orders WHERE id = ?1)",
	"INSERT INTO subscription (msisdn, service, since, state) SELECT o.msisdn, o.service, o.effective, 'opening' "
	"FROM orders o"
	" JOIN subscriber USING (msisdn) JOIN service USING (service) WHERE o.id = ?1 AND o.kind = 'service open'"
	" ON CONFLICT DO UPDATE SET state = 'opening'",
	"UPDATE subscription SET state = iif(o.kind = 'service keep', 'opening', 'closing') FROM orders o WHERE o.id = "
	"?1"
	" AND o.kind IN ('service keep', 'service cancel') AND subscription.msisdn = o.msisdn AND subscription.service "
	"= o.service",
	"UPDATE subscriber SET services = coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM "
	"subscription o"
	" WHERE o.msisdn = subscriber.msisdn ORDER BY service)), '') WHERE msisdn = (SELECT msisdn FROM orders WHERE "
	"id = ?1)",
};

static int release_one(struct data_file *file, int64_t id)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(release_texts) / sizeof(*release_texts); i++) {
		sqlite3_stmt *statement;

		rc = sqlite3_prepare_v2(file->db, release_texts[i], -1, &statement, NULL);
		if (rc != SQLITE_OK)
			return rc;
		sqlite3_bind_int64(statement, 1, id);
		rc = statement_put(statement, sqlite3_step(statement));
		sqlite3_finalize(statement);
	}
	return rc;
}

static int release(struct data_file *file, const char *which, int *released)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db, "SELECT id, ref, reason IS '" VANISHED "' FROM orders WHERE " DEAD, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const bool all = !strcmp(which, "all");

		/* without its subscriber an order is released by its number alone */
		if (all ? sqlite3_column_int(statement, 2) : !ref_is((uint64_t)sqlite3_column_int64(statement, 1), which))
			continue;
		rc = release_one(file, sqlite3_column_int64(statement, 0));
		if (rc != SQLITE_OK)
			break;
		(*released)++;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int release_all(struct data_file *file, const char *which)
{
	int released = 0;
	int rc = data_begin(file);

	if (rc == SQLITE_OK)
		rc = release(file, which, &released);
	if (rc == SQLITE_OK)
		rc = data_commit(file);
	if (rc != SQLITE_OK) {
		data_undo(file);
		return data_failed(file->name, "cannot be written", rc);
	}
	if (!released && strcmp(which, "all"))
		return data_failed(which, "no dead order has this number", 0);
	printf("%d orders will be delivered once more.\n", released);
	return 0;
}

int data_orders(const struct data_options *options)
{
	const bool releases = options->count == 2 && !strcmp(options->words[0], "release");
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	int status;

	if (options->count && !releases) {
		fputs("starhash-data: after orders comes the database, and then nothing, or release and a number or "
		      "all\n",
		      stderr);
		return 2;
	}
	status = data_open(&file, options->file, releases ? DATA_WRITE : DATA_READ);
	if (!status)
		status = releases ? release_all(&file, options->words[1]) : list(&file, options->dead);
	data_close(&file);
	return status;
}
