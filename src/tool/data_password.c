/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data password: whether one is locked, releasing it, and giving a temporary one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "accounts/id_pieces.h"
#include "accounts/password_hash.h"
#include "starhash/account.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/rows.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_print.h"

#define NAME_SIZE 4096

static int prepare(struct data_file *file, const char *sql, int64_t msisdn, sqlite3_stmt **statement)
{
	const int rc = sqlite3_prepare_v2(file->db, sql, -1, statement, NULL);

	if (rc != SQLITE_OK)
		return data_failed(file->name, sqlite3_errmsg(file->db), 0);
	sqlite3_bind_int64(*statement, 1, msisdn);
	return 0;
}

static void lock_until_print(int64_t until, const char *what)
{
	if (until == LOCKED_FOR_GOOD)
		printf("%s until it is released\n", what);
	if (until && until != LOCKED_FOR_GOOD) {
		printf("%s until ", what);
		print_time(stdout, until);
		putchar('\n');
	}
}

static void lock_print(const struct password *password)
{
	const struct password_lock *trusted = &password->lock[LINK_TRUSTED], *untrusted = &password->lock[LINK_UNTRUSTED];

	printf("%" PRId64 " wrong attempts since the last right one\n", trusted->attempts);
	lock_until_print(trusted->until, "locked");
	if (untrusted->attempts)
		printf("%" PRId64 " over links that are not trusted\n", untrusted->attempts);
	lock_until_print(untrusted->until, "locked for links that are not trusted");
	if (password->temporary)
		puts("temporary: has to be changed first");
	if (!password->hash[0])
		puts("there is none: only an operator can give one");
}

/* 0; 1 after an error or, with its words, when there is none. */
static int password_load(struct data_file *file, int64_t msisdn, struct password *password)
{
	sqlite3_stmt *statement;
	bool found;

	if (prepare(file, "SELECT " PASSWORD_COLUMNS " FROM password WHERE msisdn = ?1", msisdn, &statement))
		return 1;
	found = sqlite3_step(statement) == SQLITE_ROW;
	if (found)
		password_read(statement, password);
	sqlite3_finalize(statement);
	return found ? 0 : data_failed(file->name, "that number has no password", 0);
}

static int show(struct data_file *file, const struct data_options *options, int64_t msisdn)
{
	struct password password;
	const int status = password_load(file, msisdn, &password);

	if (!status)
		lock_print(&password);
	explicit_bzero(&password, sizeof(password));
	return status;
}

/* REQUEST_PASSWORD_RELEASE; with a hash REQUEST_PASSWORD_GIVE. */
static int password_change(struct data_file *file, const char *msisdn, const char *fresh)
{
	struct request request = { .kind = fresh ? REQUEST_PASSWORD_GIVE : REQUEST_PASSWORD_RELEASE, .now = time(NULL) };
	struct record args = { .data = request.args, .size = sizeof(request.args) };
	struct connection connection;
	struct response response;
	int rc = connection_use(&connection, file->db);

	snprintf(request.subscriber.msisdn, sizeof(request.subscriber.msisdn), "%s", msisdn);
	if (fresh)
		record_put_text(&args, ACCOUNT_FACT_HASH, fresh, strlen(fresh));
	request.args_len = args.len;
	response_init(&response);
	if (rc == SQLITE_OK)
		rc = data_begin(file);
	if (rc == SQLITE_OK)
		rc = request_write(&connection, &request, &response);
	connection_leave(&connection);
	if (rc == SQLITE_OK)
		rc = data_commit(file);
	else
		data_undo(file);
	explicit_bzero(&request, sizeof(request));
	if (rc != SQLITE_OK)
		return data_failed(file->name, "cannot be written", rc);
	return response.result == RESULT_OK ? 0 : data_failed(file->name, "that number has no password", 0);
}

static int release(struct data_file *file, const struct data_options *options, int64_t msisdn)
{
	const int status = password_change(file, options->words[0], NULL);

	if (!status)
		puts("Released.");
	return status;
}

/* Of the rules for good ones, as for one that a subscriber chooses. */
static void password_draw(const struct keys *keys, const char *msisdn, const char *id_pieces,
			  char fresh[static PASSWORD_DIGITS + 1])
{
	do {
		snprintf(fresh, PASSWORD_DIGITS + 1, "%06" PRIu32, randombytes_uniform(1000000));
	} while (password_weak(fresh, "", msisdn) || id_pieces_match(keys, msisdn, id_pieces, fresh));
}

static int id_pieces_read(struct data_file *file, int64_t msisdn, char id_pieces[static STORED_ID_PIECES_SIZE])
{
	sqlite3_stmt *statement;
	bool found;

	if (prepare(file,
		    "SELECT coalesce(id_pieces, '') FROM subscriber LEFT JOIN password USING (msisdn) WHERE msisdn = "
		    "?1",
		    msisdn, &statement))
		return 1;
	found = sqlite3_step(statement) == SQLITE_ROW;
	snprintf(id_pieces, STORED_ID_PIECES_SIZE, "%s", found ? (const char *)sqlite3_column_text(statement, 0) : "");
	sqlite3_finalize(statement);
	return found ? 0 : data_failed(file->name, "no subscriber has that number", 0);
}

static int keys_find_file(const struct data_options *options, struct keys **keys)
{
	char beside[NAME_SIZE];
	const char *name = options->pepper ? options->pepper : beside;

	snprintf(beside, sizeof(beside), "%s.pepper", options->file);
	if (access(name, R_OK) < 0)
		return data_failed(name, "the key of password hashes cannot be read; name starhashd's with --pepper",
				   0);
	return keys_load(name, keys) == 0 ? 0 : data_failed(name, "the password cannot be hashed", 0);
}

static int temporary(struct data_file *file, const struct data_options *options, int64_t msisdn)
{
	char fresh[PASSWORD_DIGITS + 1] = "", hash[PASSWORD_HASH_SIZE], id_pieces[STORED_ID_PIECES_SIZE];
	struct keys *keys = NULL;
	int status;

	if (!isatty(STDOUT_FILENO))
		return data_failed(options->file, "the password is shown on a terminal and nowhere else", 0);
	status = id_pieces_read(file, msisdn, id_pieces) || keys_find_file(options, &keys);
	if (!status) {
		password_draw(keys, options->words[0], id_pieces, fresh);
		status = password_hash(keys_current(keys), fresh, hash) == 0 ?
				 password_change(file, options->words[0], hash) : data_failed(options->file, "the password cannot be hashed", 0);
	}
	if (!status)
		printf("Temporary password: %s\nIt is kept nowhere else. The subscriber has to change it before it is "
		       "good for anything.\n",
		       fresh);
	keys_free(keys);
	explicit_bzero(fresh, sizeof(fresh));
	return status;
}

static const struct {
	const char *name;
	int (*run)(struct data_file *file, const struct data_options *options, int64_t msisdn);
} commands[] = { { "show", show }, { "release", release }, { "temporary", temporary } };

int data_password(const struct data_options *options)
{
	const char *name = options->count > 1 ? options->words[1] : "show";
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	int64_t msisdn;
	int status = 2;

	if (!msisdn_key(options->words[0], &msisdn))
		return data_failed(options->words[0], "not a number", 0);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		status = data_open_keyed(&file, options->file, i ? DATA_WRITE : DATA_READ, options->pepper) ||
			 commands[i].run(&file, options, msisdn);
		data_close(&file);
	}
	if (status == 2)
		fprintf(stderr, "starhash-data: %s: one of show, release, temporary is wanted\n", name);
	return status;
}
