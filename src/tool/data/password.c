/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data password: shows whether a password is locked, unlocks it, and sets a temporary one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "accounts/id_pieces.h"
#include "accounts/password_hash.h"
#include "starhash/account.h"
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/print.h"

#define NAME_SIZE 4096

static void lock_until_print(int64_t until, const char *what)
{
	if (until == LOCKED_FOR_GOOD)
		printf("%s until released\n", what);
	if (until && until != LOCKED_FOR_GOOD) {
		printf("%s until ", what);
		print_time(stdout, until);
		putchar('\n');
	}
}

static void lock_print(const struct password *password)
{
	const struct password_lock *trusted = &password->lock[PASSWORD_LINK_TRUSTED], *untrusted = &password->lock[PASSWORD_LINK_UNTRUSTED];

	printf("%" PRId64 " wrong attempts since the last right one\n", trusted->attempts);
	lock_until_print(trusted->until, "locked");
	if (untrusted->attempts)
		printf("%" PRId64 " over untrusted links\n", untrusted->attempts);
	lock_until_print(untrusted->until, "locked for untrusted links");
	if (password->temporary)
		puts("temporary: must be changed first");
	if (!password->hash[0])
		puts("none: only an operator can set one");
}

/* ---- the stored password ---- */

struct stored {
	bool found;
	struct password password;
	char id_pieces[STORED_ID_PIECES_SIZE];
};

static int stored_take(void *user, const struct admin_row *row)
{
	struct stored *stored = user;

	stored->found = true;
	stored->password = *row->password;
	snprintf(stored->id_pieces, sizeof(stored->id_pieces), "%s", row->id_pieces);
	return 0;
}

/* Returns the exit status. \a stored contains hashes, which the caller must wipe. */
static int stored_read(const struct data_store *store, int64_t msisdn, struct stored *stored)
{
	const struct admin_query query = { .list = ADMIN_PASSWORDS, .msisdn = msisdn };

	*stored = (struct stored){ .found = false };
	return store->ops->list(store->admin, &query, stored_take, stored) < 0 ? data_why(store) : 0;
}

/* ---- the commands ---- */

static int show_password(const struct data_store *store, const struct data_options *options, int64_t msisdn)
{
	struct stored stored;
	int status = stored_read(store, msisdn, &stored);

	if (!status && stored.found)
		lock_print(&stored.password);
	else if (!status)
		status = data_failed(store->name, "this number has no password");
	explicit_bzero(&stored, sizeof(stored));
	return status;
}

/* REQUEST_PASSWORD_RELEASE, or REQUEST_PASSWORD_GIVE if there is a hash. */
static int password_change(const struct data_store *store, const char *msisdn, const char *fresh)
{
	struct request request;
	struct response response;
	int rc;

	data_request(&request, fresh ? REQUEST_PASSWORD_GIVE : REQUEST_PASSWORD_RELEASE, msisdn);
	if (fresh)
		snprintf(request.password.fresh, sizeof(request.password.fresh), "%s", fresh);
	response_init(&response);
	rc = store->ops->begin(store->admin);
	if (rc == 0)
		rc = store->ops->ask(store->admin, &request, &response);
	rc = data_end(store, rc);
	explicit_bzero(&request, sizeof(request));
	if (rc < 0)
		return data_why(store);
	if (response.result == RESULT_OK)
		return 0;
	return data_failed(store->name, fresh ? "no subscriber has this number" : "this number has no password");
}

static int release_password(const struct data_store *store, const struct data_options *options, int64_t msisdn)
{
	const int status = password_change(store, options->words[0], NULL);

	if (!status)
		puts("Released.");
	return status;
}

/* Draw a password that obeys the rules for passwords chosen by subscribers. */
static void password_draw(const struct keys *keys, const char *msisdn, const char *id_pieces,
			  char fresh[static PASSWORD_DIGITS + 1])
{
	do {
		snprintf(fresh, PASSWORD_DIGITS + 1, "%06" PRIu32, randombytes_uniform(1000000));
	} while (password_weak(fresh, "", msisdn) || id_pieces_match(keys, msisdn, id_pieces, fresh));
}

static int keys_find_file(const struct data_options *options, struct keys **keys)
{
	char beside[NAME_SIZE];
	const char *name = options->pepper ? options->pepper : beside;

	snprintf(beside, sizeof(beside), "%s.pepper", options->file);
	if (access(name, R_OK) < 0)
		return data_failed(name, "the key of password hashes cannot be read; name starhashd's with --pepper");
	return keys_load(name, keys) == 0 ? 0 : data_failed(name, "the password cannot be hashed");
}

static int password_give(const struct data_store *store, const char *msisdn, const struct keys *keys, const char *fresh)
{
	char hash[PASSWORD_HASH_SIZE];
	int status;

	if (password_hash(keys_current(keys), fresh, hash) < 0)
		return data_failed(store->name, "the password cannot be hashed");
	status = password_change(store, msisdn, hash);
	explicit_bzero(hash, sizeof(hash));
	return status;
}

static int temporary(const struct data_store *store, const struct data_options *options, int64_t msisdn)
{
	char fresh[PASSWORD_DIGITS + 1] = "";
	struct keys *keys = NULL;
	struct stored stored;
	int status = stored_read(store, msisdn, &stored) || keys_find_file(options, &keys);

	if (!status) {
		password_draw(keys, options->words[0], stored.id_pieces, fresh);
		status = password_give(store, options->words[0], keys, fresh);
	}
	if (!status)
		printf("Temporary password: %s\nIt is not stored anywhere else. The subscriber must change it before it can be "
		       "used for anything.\n",
		       fresh);
	keys_free(keys);
	explicit_bzero(&stored, sizeof(stored));
	explicit_bzero(fresh, sizeof(fresh));
	return status;
}

static const struct command {
	const char *name;
	bool on_terminal;		/* print to a terminal only */
	int (*run)(const struct data_store *store, const struct data_options *options, int64_t msisdn);
} commands[] = {
	{ "show", false, show_password },
	{ "release", false, release_password },
	{ "temporary", true, temporary },
};

int data_password(const struct data_options *options)
{
	const char *name = options->count > 1 ? options->words[1] : "show";
	const struct command *command = NULL;
	struct data_store store;
	int64_t msisdn;
	int status;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			command = &commands[i];
	}
	if (!command) {
		fprintf(stderr, "starhash-data: %s: expected show, release or temporary\n", name);
		return 2;
	}
	if (!msisdn_key(options->words[0], &msisdn))
		return data_failed(options->words[0], "not a number");
	if (command->on_terminal && !isatty(STDOUT_FILENO))
		return data_failed(options->file, "the password is only shown on a terminal");
	status = data_open(&store, options, ADMIN_WRITE) || data_access_note(&store, options->words[0]) ||
		 command->run(&store, options, msisdn);
	data_close(&store);
	return status;
}
