/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data orders: what billing has not settled, and dead letters for another try. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "starhash/engine.h"
#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"
#include "store/sqlite/vanished.h"

#define COLUMNS                                                                                                        \
	"msisdn, kind, coalesce(service || ' instead of ' || instead, service, ''), state, attempts, taken, "           \
	"iif(state = 'taken', due, settled), coalesce(reason, '')"

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

/* Local time is the operator's, as the daemon has it. */
static void now_set(struct request *request)
{
	struct tm local;

	request->now = time(NULL);
	localtime_r(&request->now, &local);
	request->utc_offset = (int32_t)local.tm_gmtoff;
}

/* *\a result: OK, or CONFLICT when the account no longer fits it. */
static int release_one(struct connection *connection, int64_t id, enum result *result)
{
	struct request request = { .kind = REQUEST_ORDER_RELEASE };
	struct record args = { .data = request.args, .size = sizeof(request.args) };
	struct response response;
	int rc;

	record_put_number(&args, ACCOUNT_FACT_ID, id);
	request.args_len = args.len;
	now_set(&request);
	response_init(&response);
	rc = request_write(connection, &request, &response);
	*result = response.result;
	return rc;
}

struct released {
	int count;
	int obsolete;			/* dead orders that no longer fit their account */
};

/* One at a time: what is released may make another one obsolete. */
static int release(struct connection *connection, const char *which, struct released *released)
{
	const bool all = !strcmp(which, "all");
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(connection->db, "SELECT id, ref, reason IS '" VANISHED "' FROM orders WHERE state = 'dead'"
				    " ORDER BY id", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		enum result result;

		/* without its subscriber an order is released by its number alone */
		if (all ? sqlite3_column_int(statement, 2) : !ref_is((uint64_t)sqlite3_column_int64(statement, 1), which))
			continue;
		rc = release_one(connection, sqlite3_column_int64(statement, 0), &result);
		if (rc != SQLITE_OK)
			break;
		released->count += result == RESULT_OK;
		released->obsolete += result == RESULT_CONFLICT;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int release_all(struct data_file *file, const char *which)
{
	struct released released = { 0 };
	struct connection connection;
	int rc = connection_use(&connection, file->db);

	if (rc == SQLITE_OK)
		rc = data_begin(file);
	if (rc == SQLITE_OK)
		rc = release(&connection, which, &released);
	connection_leave(&connection);
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
	status = data_open_keyed(&file, options->file, releases ? DATA_WRITE : DATA_READ, options->pepper);
	if (!status)
		status = releases ? release_all(&file, options->words[1]) : list(&file, options->dead);
	data_close(&file);
	return status;
}
