/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data sample: creates a database of invented accounts. It is written under a temporary name and renamed when it is complete and
 * on the disk. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accounts/id_pieces.h"
#include "accounts/password_hash.h"
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/jsonl.h"
#include "tool/data/invented.h"

#define NAME_SIZE 4096
#define PROGRESS_STEP 1024

/* All accounts are of the same second. */
static int64_t sample_time(const struct data_options *options)
{
	return options->as_of == STORED_UNKNOWN ? time(NULL) : options->as_of;
}

/* All accounts have the same password: hashing one takes longer than inventing a thousand accounts. */
static int add_accounts(const struct data_store *store, const struct data_options *options, const char *hash)
{
	const bool with_lines = options->subscribers <= SAMPLE_LINES_MAX;
	const int64_t made_s = sample_time(options), now = time(NULL);
	struct response response;
	struct account_step step = { .response = &response };
	struct account_update update;
	char pieces[STORED_ID_PIECES_SIZE];
	struct progress progress;
	struct sample sample;
	int rc = 0;

	progress_begin(&progress, "subscribers", options->subscribers, options->quiet);
	for (unsigned int i = 0; rc == 0 && i < options->subscribers; i++) {
		sample_make(&sample, i, with_lines, hash, made_s);
		id_pieces_make(store->key, sample.account.msisdn, sample.account.id_number, pieces);
		sample.account.id_pieces = pieces;
		/* an update of the future is refused */
		update = account_update_whole(&sample.account, made_s > now ? made_s : now, false);
		response_init(&response);
		rc = store->ops->merge(store->admin, &update, &step);
		if (i % PROGRESS_STEP == 0)
			progress_show(&progress, i);
	}
	progress_end(&progress, options->subscribers);
	return rc;
}

static int fill(const struct data_store *store, const struct data_options *options, const char *hash)
{
	int rc = store->ops->begin(store->admin);

	for (unsigned int i = 0; rc == 0 && i < sample_services_count; i++)
		rc = store->ops->put_service(store->admin, &sample_services[i]);
	if (rc == 0)
		rc = add_accounts(store, options, hash);
	if (rc == 0)
		rc = store->ops->commit(store->admin);
	return rc == 0 ? 0 : data_why(store);
}

static int make_database(const struct data_options *options)
{
	char made[NAME_SIZE], pepper[NAME_SIZE], log[NAME_SIZE + 8], hash[PASSWORD_HASH_SIZE];
	struct data_options making = *options;
	struct data_store store = { .ops = NULL };
	uint8_t key[PEPPER_SIZE];
	int status;

	snprintf(made, sizeof(made), "%s.new", options->file);
	snprintf(pepper, sizeof(pepper), "%s.pepper", options->file);
	making.file = made;
	making.pepper = options->pepper ? options->pepper : pepper;
	unlink(made);
	if (pepper_load(making.pepper, key) || password_hash(key, SAMPLE_PASSWORD, hash))
		return data_failed(options->file, "the passwords cannot be hashed");
	explicit_bzero(key, sizeof(key));
	status = data_open(&store, &making, ADMIN_FILL) || fill(&store, options, hash);
	data_close(&store);
	if (!status) {
		/* Remove the log of an older database: SQLite would apply it to the new one. */
		snprintf(log, sizeof(log), "%s-wal", options->file);
		unlink(log);
		snprintf(log, sizeof(log), "%s-shm", options->file);
		unlink(log);
		status = data_take_place(made, options->file);
	}
	if (status)
		unlink(made);
	return status;
}

static int sample_database(const struct data_options *options)
{
	const double began = data_seconds();

	if (!options->file) {
		fputs("starhash-data: missing argument after sample; see starhash-data --help\n", stderr);
		return 2;
	}
	if (strlen(options->file) + 8 > NAME_SIZE)
		return data_failed(options->file, "the name is too long");
	if (!options->force && access(options->file, F_OK) == 0)
		return data_failed(options->file, "already exists; --force overwrites it");
	umask(077); /* customer data: no access for others */
	if (make_database(options))
		return 1;
	printf("Created %s with %u subscribers in %.1f seconds.\n", options->file, options->subscribers,
	       data_seconds() - began);
	return 0;
}

/* Write accounts with every kind of data, for trying import. */
static int sample_lines(const struct data_options *options)
{
	const int64_t made_s = sample_time(options);
	struct sample sample;

	for (unsigned int i = 0; i < sample_services_count; i++)
		jsonl_service(stdout, &sample_services[i]);
	for (unsigned int i = 0; i < options->subscribers && !ferror(stdout); i++) {
		sample_make(&sample, i, true, NULL, made_s);
		jsonl_account(stdout, &sample.account);
	}
	printf("# end %u\n", sample_services_count + options->subscribers);
	return fflush(stdout) ? data_failed("standard output", strerror(errno)) : 0;
}

int data_sample(const struct data_options *options)
{
	return options->jsonl ? sample_lines(options) : sample_database(options);
}
