/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data vanished: lists subscribers whom a snapshot left out, and gives their data back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/print.h"

static int print_vanished(void *user, const struct admin_row *row)
{
	const struct admin_vanished *vanished = row->vanished;

	printf("  %" PRId64 "  ", row->msisdn);
	print_time(stdout, vanished->time);
	printf("  %s  %" PRId64 "  %s\n", vanished->password ? "password" : "no password", vanished->orders,
	       vanished->back ? "back, owner unconfirmed" : "gone");
	return 0;
}

static int list_vanished(const struct data_store *store)
{
	const struct admin_query query = { .list = ADMIN_VANISHED };

	return store->ops->list(store->admin, &query, print_vanished, NULL) < 0 ? data_why(store) : 0;
}

static int release_vanished(const struct data_store *store, const char *number, int64_t msisdn)
{
	const char *refusal = NULL;
	int rc = store->ops->begin(store->admin);

	if (rc == 0)
		rc = store->ops->give_back(store->admin, msisdn, &refusal);
	if (rc == 0 && !refusal)
		rc = store->ops->commit(store->admin);
	store->ops->undo(store->admin);
	if (rc < 0)
		return data_why(store);
	if (refusal)
		return data_failed(number, refusal);
	printf("The retained data of %s were given back.\n", number);
	return 0;
}

int data_vanished(const struct data_options *options)
{
	const bool releases = options->count == 2 && !strcmp(options->words[0], "release");
	const char *number = releases ? options->words[1] : NULL;
	struct data_store store;
	int64_t msisdn = 0;
	int status;

	if (options->count && !releases) {
		fputs("starhash-data: usage: vanished DB [release NUMBER]\n", stderr);
		return 2;
	}
	if (releases && !msisdn_key(number, &msisdn))
		return data_failed(number, "not a number");
	status = data_open(&store, options, releases ? ADMIN_WRITE : ADMIN_READ);
	if (!status)
		status = releases ? release_vanished(&store, number, msisdn) : list_vanished(&store);
	data_close(&store);
	return status;
}
