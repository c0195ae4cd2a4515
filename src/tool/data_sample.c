/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data sample: a new database of invented accounts. It is made under another name and takes its own when it
 * is whole and on the disk. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accounts/id_pieces.h"
#include "accounts/password_hash.h"
#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_jsonl.h"
#include "tool/sample.h"

#define NAME_SIZE 4096
#define PROGRESS_STEP 1024

struct secrets {
	uint8_t key[PEPPER_SIZE];
	char hash[PASSWORD_HASH_SIZE];	/* everybody's */
};

static int add_accounts(struct connection *connection, const struct data_options *options, const struct secrets *secrets)
{
	struct progress progress;
	const bool with_lines = options->subscribers <= SAMPLE_LINES_MAX;
	char pieces[STORED_ID_PIECES_SIZE];
	struct sample sample;
	int rc = SQLITE_OK;

	progress_begin(&progress, "subscribers", options->subscribers, options->quiet);
	for (unsigned int i = 0; rc == SQLITE_OK && i < options->subscribers; i++) {
		sample_make(&sample, i, with_lines, secrets->hash);
		id_pieces_make(secrets->key, sample.account.msisdn, sample.account.id_number, pieces);
		sample.account.id_pieces = pieces;
		rc = import_account(connection, &sample.account);
		if (i % PROGRESS_STEP == 0)
			progress_tell(&progress, i);
	}
	progress_end(&progress, options->subscribers);
	return rc;
}

static int add_all(struct connection *connection, const struct data_options *options, const struct secrets *secrets)
{
	int rc = sqlite3_exec(connection->db, "BEGIN", NULL, NULL, NULL);

	for (unsigned int i = 0; rc == SQLITE_OK && i < sample_services_count; i++)
		rc = import_service(connection, &sample_services[i]);
	if (rc == SQLITE_OK)
		rc = add_accounts(connection, options, secrets);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(connection->db, "COMMIT; PRAGMA optimize", NULL, NULL, NULL);
	return rc;
}

static int fill(const char *file, const struct data_options *options, const struct secrets *secrets)
{
	struct connection connection = { 0 };
	const char *why = "cannot be made";
	int rc = database_make(file);

	if (rc == SQLITE_OK)
		rc = connection_open(&connection, file, CONNECTION_IMPORT, NULL, &why);
	if (rc == SQLITE_OK)
		rc = add_all(&connection, options, secrets);
	connection_close(&connection);
	return rc == SQLITE_OK ? 0 : data_failed(file, sqlite3_errstr(rc), 0);
}

/* The log of an older database would be taken for the new one's. */
static int take_place(const char *made, const char *file)
{
	char log[NAME_SIZE + 8];

	snprintf(log, sizeof(log), "%s-wal", file);
	unlink(log);
	snprintf(log, sizeof(log), "%s-shm", file);
	unlink(log);
	return data_take_place(made, file);
}

static int make(const struct data_options *options, const struct secrets *secrets)
{
	char made[NAME_SIZE];
	int status;

	snprintf(made, sizeof(made), "%s.new", options->file);
	unlink(made);
	status = fill(made, options, secrets);
	if (!status)
		status = take_place(made, options->file);
	if (status)
		unlink(made);
	return status;
}

/* The password is everybody's: hashing one takes longer than inventing a thousand accounts. */
static int secrets_make(const struct data_options *options, struct secrets *secrets)
{
	char beside[NAME_SIZE];
	int rc;

	snprintf(beside, sizeof(beside), "%s.pepper", options->file);
	rc = pepper_load(options->pepper ? options->pepper : beside, secrets->key);
	if (rc == 0)
		rc = password_hash(secrets->key, SAMPLE_PASSWORD, secrets->hash);
	return rc == 0 ? 0 : data_failed(options->file, "the passwords cannot be hashed", 0);
}

static int sample_database(const struct data_options *options)
{
	const double began = data_seconds();
	struct secrets secrets;
	int status;

	if (!options->file) {
		fputs("starhash-data: something is missing after sample; see starhash-data --help\n", stderr);
		return 2;
	}
	if (strlen(options->file) + 8 > NAME_SIZE)
		return data_failed(options->file, "the name is too long", 0);
	if (!options->force && access(options->file, F_OK) == 0)
		return data_failed(options->file, "exists already; --force overwrites it", 0);
	umask(077); /* customers' data is nobody else's business */
	database_start();
	status = secrets_make(options, &secrets) || make(options, &secrets);
	explicit_bzero(&secrets, sizeof(secrets));
	if (status)
		return 1;
	printf("Made %s with %u subscribers in %.1f seconds.\n", options->file, options->subscribers,
	       data_seconds() - began);
	return 0;
}

/* Everything that an account can have, for a try of import. */
static int sample_lines(const struct data_options *options)
{
	struct sample sample;

	for (unsigned int i = 0; i < sample_services_count; i++)
		jsonl_service(stdout, &sample_services[i]);
	for (unsigned int i = 0; i < options->subscribers && !ferror(stdout); i++) {
		sample_make(&sample, i, true, NULL);
		jsonl_account(stdout, &sample.account);
	}
	printf("# end %u\n", sample_services_count + options->subscribers);
	return fflush(stdout) ? data_failed("standard output", strerror(errno), 0) : 0;
}

int data_sample(const struct data_options *options)
{
	return options->jsonl ? sample_lines(options) : sample_database(options);
}
