/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data orders: what billing has not settled, and dead letters for another try. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "starhash/calendar.h"
#include "starhash/engine.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/orders.h"
#include "store/sqlite/subscriptions.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"
#include "tool/data_vanished.h"

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

static int prepare(struct data_file *file, const char *sql, int64_t id, sqlite3_stmt **statement)
{
	const int rc = sqlite3_prepare_v2(file->db, sql, -1, statement, NULL);

	if (rc == SQLITE_OK)
		sqlite3_bind_int64(*statement, 1, id);
	return rc;
}

static int run(sqlite3_stmt *statement)
{
	const int rc = statement_put(statement, sqlite3_step(statement));

	sqlite3_finalize(statement);
	return rc;
}

static int item_find(struct data_file *file, int64_t id, struct item *item)
{
	sqlite3_stmt *statement;
	int rc = prepare(file, ORDER_SQL, id, &statement);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement) == SQLITE_ROW && item_read(statement, item) ? SQLITE_OK : SQLITE_CORRUPT;
	sqlite3_finalize(statement);
	return rc;
}

static int64_t today(void)
{
	const time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	return calendar_date(day_of(now, (int32_t)local.tm_gmtoff));
}

/* What the order is about, and whether another one is: the subscription when it has a service, else the line. */
static int subject_find(struct data_file *file, const struct item *item, struct order_subject *subject)
{
	static const char line[] =
		"SELECT status <> 'active', EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = ?1 AND o.id <> ?2 AND state = 'taken'"
		" AND coalesce(o.service, '') = ?3) FROM (SELECT ?1 AS msisdn) LEFT JOIN subscriber USING (msisdn)";
	sqlite3_stmt *statement;
	int rc = prepare(file, line, item->msisdn, &statement);

	*subject = (struct order_subject){ .today = today() };
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(statement, 2, item->id);
	sqlite3_bind_text(statement, 3, item->order.service, -1, SQLITE_STATIC);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		subject->absent = sqlite3_column_type(statement, 0) == SQLITE_NULL;
		subject->suspended = sqlite3_column_int(statement, 0);
		subject->others = sqlite3_column_int(statement, 1);
	}
	sqlite3_finalize(statement);
	rc = prepare(file, SUBSCRIPTION_SQL, item->msisdn, &statement);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_text(statement, 2, item->order.service, -1, SQLITE_STATIC);
	subject->subscribed = sqlite3_step(statement) == SQLITE_ROW;
	if (subject->subscribed)
		subscription_read(statement, &subject->subscription);
	sqlite3_finalize(statement);
	return SQLITE_OK;
}

/* Younger orders of the subscriber wait for it, and it for older ones. */
static const char *const queue_texts[] = {
	"UPDATE orders SET state = 'taken', attempts = 0, settled = NULL, reason = NULL, due = CASE WHEN EXISTS (SELECT 1 FROM orders o"
	" WHERE o.msisdn = orders.msisdn AND o.state = 'taken' AND o.id < orders.id) THEN 9223372036854775807 ELSE unixepoch() END,"
	" effective = ?2, trial_until = nullif(?3, 0) WHERE id = ?1",
	"UPDATE orders SET due = 9223372036854775807 WHERE state = 'taken' AND id > ?1"
	" AND msisdn = (SELECT msisdn FROM orders WHERE id = ?1)",
};

static int item_write(struct data_file *file, const struct item *item, const struct order_subject *subject)
{
	sqlite3_stmt *statement;
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(queue_texts) / sizeof(*queue_texts); i++) {
		rc = prepare(file, queue_texts[i], item->id, &statement);
		if (rc == SQLITE_OK && !i) {
			sqlite3_bind_int64(statement, 2, item->order.effective);
			sqlite3_bind_int64(statement, 3, item->order.trial_until);
		}
		if (rc == SQLITE_OK)
			rc = run(statement);
	}
	if (rc == SQLITE_OK && subject->subscribed) {
		rc = prepare(file, SUBSCRIPTION_WRITE_SQL, item->msisdn, &statement);
		if (rc == SQLITE_OK) {
			subscription_bind(statement, &subject->subscription);
			rc = run(statement);
		}
	}
	if (rc == SQLITE_OK)
		rc = prepare(file, SERVICE_LIST_SQL, item->msisdn, &statement);
	return rc == SQLITE_OK ? run(statement) : rc;
}

/* *\a answer: whether it may be delivered once more, and if not why. */
static int release_one(struct data_file *file, int64_t id, enum order_answer *answer)
{
	struct order_subject subject;
	struct item item;
	int rc = item_find(file, id, &item);

	if (rc == SQLITE_OK)
		rc = subject_find(file, &item, &subject);
	if (rc != SQLITE_OK)
		return rc;
	*answer = order_step(&item.order, ORDER_RELEASED, &subject).answer;
	return *answer == ORDER_CHANGED ? item_write(file, &item, &subject) : SQLITE_OK;
}

struct released {
	int count;
	int obsolete;			/* dead orders that no longer fit their account */
};

/* One at a time: what is released may make another one obsolete. */
static int release(struct data_file *file, const char *which, struct released *released)
{
	sqlite3_stmt *statement;
	int rc = prepare(file, "SELECT id, ref, reason IS '" VANISHED "' FROM orders WHERE state = 'dead' ORDER BY id", 0, &statement);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const bool all = !strcmp(which, "all");
		enum order_answer answer;

		/* without its subscriber an order is released by its number alone */
		if (all ? sqlite3_column_int(statement, 2) : !ref_is((uint64_t)sqlite3_column_int64(statement, 1), which))
			continue;
		rc = release_one(file, sqlite3_column_int64(statement, 0), &answer);
		if (rc != SQLITE_OK)
			break;
		released->count += answer == ORDER_CHANGED;
		released->obsolete += answer == ORDER_OBSOLETE;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int release_all(struct data_file *file, const char *which)
{
	struct released released = { 0 };
	int rc = data_begin(file);

	if (rc == SQLITE_OK)
		rc = release(file, which, &released);
	if (rc == SQLITE_OK)
		rc = data_commit(file);
	if (rc != SQLITE_OK) {
		data_undo(file);
		return data_failed(file->name, "cannot be written", rc);
	}
	if (!released.count && released.obsolete && strcmp(which, "all"))
		return data_failed(which, "the account has changed since, or another order about the same is on its way", 0);
	if (!released.count && strcmp(which, "all"))
		return data_failed(which, "no dead order has this number", 0);
	printf("%d orders will be delivered once more.\n", released.count);
	if (released.obsolete)
		printf("%d stay dead: their accounts have changed since, or another order about the same is on its way.\n",
		       released.obsolete);
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
