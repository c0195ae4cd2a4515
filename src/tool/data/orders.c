/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data orders: list orders that billing or a backend has not completed, and release dead ones for another try. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "starhash/account.h"
#include "starhash/engine.h"
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/print.h"

#define DEAD (1u << ORDER_DEAD)
#define INCOMPLETE (1u << ORDER_ACCEPTED | DEAD)

/* Compare with the printed form, ignoring case and dashes. */
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

/* ---- listing ---- */

struct listing {
	const char *ref;		/* of the wanted order; NULL: all */
	bool found;
};

static int print_order(void *user, const struct admin_row *row)
{
	const struct order *order = row->order;
	const int64_t time = order->state == ORDER_ACCEPTED ? order->due : order->ended_at;
	struct listing *listing = user;
	char ref[REF_TEXT_SIZE];

	if (listing->ref && !ref_is(order->ref, listing->ref))
		return 0;
	listing->found = true;
	printf("%s  %" PRId64 "  %s  %s%s%s  %s  %" PRId64 "  ", ref_print(order->ref, ref), row->msisdn,
	       request_kind_name(order_request_kind(order->kind)), order_subject_name(order), order->instead[0] ? " instead of " : "",
	       order->instead, order_state_name(order->state), order->attempts);
	print_time(stdout, order->accepted_at);
	fputs("  ", stdout);
	if (time)
		print_time(stdout, time);
	else
		putchar('-');
	printf("  %s\n", order->reason);
	return 0;
}

/* List orders. An order requested by its number is listed even if it is complete. */
static int list_orders(const struct data_store *store, const char *ref, bool dead)
{
	const struct admin_query query = { .list = ADMIN_ORDERS, .states = ref ? 0 : dead ? DEAD : INCOMPLETE };
	struct listing listing = { .ref = ref };

	if (store->ops->list(store->admin, &query, print_order, &listing) < 0)
		return data_why(store);
	return ref && !listing.found ? data_failed(ref, "no order has this number") : 0;
}

/* ---- release ---- */

struct release {
	const struct data_store *store;
	const char *which;		/* number of an order; NULL: all */
	int64_t *ids;
	size_t ids_count;
	int released;
	int obsolete;			/* dead orders that no longer fit their account */
};

static int dead_add(void *user, const struct admin_row *row)
{
	struct release *release = user;

	/* an order without a subscriber can only be released by its number */
	if (release->which ? !ref_is(row->order->ref, release->which) : !strcmp(row->order->reason, ORDER_REASON_VANISHED))
		return 0;
	release->ids = talloc_realloc(NULL, release->ids, int64_t, release->ids_count + 1);
	release->ids[release->ids_count++] = row->order->id;
	return 0;
}

static int release_one(struct release *release, int64_t id)
{
	const struct data_store *store = release->store;
	struct request request;
	struct response response;

	data_request(&request, REQUEST_ORDER_RELEASE, NULL);
	request.id = id;
	response_init(&response);
	if (store->ops->ask(store->admin, &request, &response) < 0)
		return -1;
	release->released += response.result == RESULT_OK;
	release->obsolete += response.result == RESULT_CONFLICT;
	return 0;
}

/* Release one order at a time: it may make another one obsolete. */
static int release_each(struct release *release)
{
	const struct data_store *store = release->store;
	int rc = store->ops->begin(store->admin);

	for (size_t i = 0; rc == 0 && i < release->ids_count; i++) {
		rc = release_one(release, release->ids[i]);
		if (rc == 0 && store->ops->is_long(store->admin))
			rc = store->ops->commit(store->admin) < 0 ? -1 : store->ops->begin(store->admin);
	}
	return data_end(store, rc);
}

static int release_print(const struct release *release)
{
	if (!release->released && release->obsolete && release->which)
		return data_failed(release->which,
				   "the account has changed since, or another order for the same service is in flight");
	if (!release->released && release->which)
		return data_failed(release->which, "no dead order has this number");
	printf("%d orders will be delivered once more.\n", release->released);
	if (release->obsolete)
		printf("%d stay dead: their accounts have changed since, or another order for the same service is in flight.\n",
		       release->obsolete);
	return 0;
}

static int release_orders(const struct data_store *store, const char *which)
{
	const struct admin_query query = { .list = ADMIN_ORDERS, .states = DEAD };
	struct release release = { .store = store, .which = strcmp(which, "all") ? which : NULL };
	int rc = store->ops->list(store->admin, &query, dead_add, &release);

	if (rc == 0)
		rc = release_each(&release);
	talloc_free(release.ids);
	return rc < 0 ? data_why(store) : release_print(&release);
}

int data_orders(const struct data_options *options)
{
	const bool releases = options->count && !strcmp(options->words[0], "release");
	struct data_store store;
	int status;

	if (options->count > 1 + releases || (releases && options->count < 2)) {
		fputs("starhash-data: usage: orders DB [REF | release REF|all]\n",
		      stderr);
		return 2;
	}
	status = data_open(&store, options, releases ? ADMIN_WRITE : ADMIN_READ);
	if (!status)
		status = releases ? release_orders(&store, options->words[1]) :
				    list_orders(&store, options->count ? options->words[0] : NULL, options->dead);
	data_close(&store);
	return status;
}
