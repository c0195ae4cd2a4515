/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data check: is the store intact, do its parts agree, are all consents unchanged, has anything waited too long? A question that
 * cannot be answered because of damage is a finding, and the check continues with the next one. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "starhash/account.h"
#include "tool/data/data.h"
#include "tool/data/consents.h"
#include "tool/data/command.h"
#include "tool/data/print.h"

#define FOUND_MAX 20		/* of one kind */
#define LONG_S 86400		/* nothing should wait for longer */

struct check {
	struct data_store store;
	unsigned int found;	/* in total */
	unsigned int of_this;
	const char *about;	/* what is being checked */
	int64_t now;
	unsigned int unpriced;	/* services without a price, before starhashd has brought it */
	bool watched;		/* standard error is a terminal */
	double began, shown;
};

/* ---- findings ---- */

/* \a about: what is checked from now on; NULL: nothing. */
static void about_begin(struct check *check, const char *about)
{
	if (check->of_this > FOUND_MAX)
		printf("problem: %u more of this kind\n", check->of_this - FOUND_MAX);
	if (check->shown > check->began)
		fputs("\r\033[K", stderr);
	check->about = about;
	check->of_this = 0;
	check->began = check->shown = data_seconds();
}

__attribute__((format(printf, 2, 3))) static void found(struct check *check, const char *format, ...)
{
	va_list args;

	check->found++;
	if (check->of_this++ >= FOUND_MAX)
		return;
	fputs("problem: ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ---- orders, notifications and imports that wait too long ---- */

/* Prices come with the daemon's menu: services that only imports have named have no price before its first start. */
static int service_judge(void *user, const struct admin_row *row)
{
	struct check *check = user;

	if (row->service->period[0])
		return 0;
	if (!row->catalogue)
		check->unpriced++;
	else if (row->subscribed)
		found(check, "service %s has subscribers but no price", row->service->code);
	return 0;
}

static int dead_judge(void *user, const struct admin_row *row)
{
	if (!row->order->former_owner)
		found(user, "order %" PRId64 " of %" PRId64 " could not be delivered: %s", row->order->id, row->msisdn,
		      row->order->reason[0] ? row->order->reason : "for an unknown reason");
	return 0;
}

static int waiting_judge(void *user, const struct admin_row *row)
{
	const struct order *order = row->order;
	struct check *check = user;
	char since[MOMENT_SIZE];

	if (order->accepted_at < check->now - LONG_S)
		found(check, "order %" PRId64 " of %" PRId64 " has waited since %s, tried %" PRId64 " times", order->id, row->msisdn,
		      moment_print(order->accepted_at, since), order->attempts);
	return 0;
}

static int notification_judge(void *user, const struct admin_row *row)
{
	struct check *check = user;
	char expires[MOMENT_SIZE];

	if (row->notification->expires < check->now - LONG_S)
		found(check, "notification %" PRId64 " should have expired at %s", row->notification->id,
		      moment_print(row->notification->expires, expires));
	return 0;
}

static int import_judge(void *user, const struct admin_row *row)
{
	const struct admin_import *import = row->import;
	struct check *check = user;

	if (import->state == ADMIN_IMPORT_RUNNING && import->began < check->now - LONG_S)
		found(check, "%s %s stopped after line %" PRId64 ": repeat the import to continue it",
		      import->snapshot ? "snapshot" : "delta",
		      import->file, import->line);
	return 0;
}

static int exchange_judge(void *user, const struct admin_row *row)
{
	if (row->import->state == ADMIN_IMPORT_SWITCHED)
		found(user, "the data served before snapshot %s have not been removed yet: repeat the import to continue it",
		      row->import->file);
	return 0;
}

static const struct rule {
	const char *about;
	struct admin_query query;
	admin_row_visit *judge;
} rules[] = {
	{ "prices", { .list = ADMIN_SERVICES }, service_judge },
	{ "orders that could not be delivered", { .list = ADMIN_ORDERS, .states = 1u << ORDER_DEAD }, dead_judge },
	{ "waiting orders", { .list = ADMIN_ORDERS, .states = 1u << ORDER_ACCEPTED }, waiting_judge },
	{ "notifications", { .list = ADMIN_NOTIFICATIONS }, notification_judge },
	{ "imports", { .list = ADMIN_IMPORTS }, import_judge },
	{ "exchanges", { .list = ADMIN_IMPORTS }, exchange_judge },
};

static void rules_judge(struct check *check)
{
	const struct data_store *store = &check->store;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		about_begin(check, rules[i].about);
		if (store->ops->list(store->admin, &rules[i].query, rules[i].judge, check) < 0)
			found(check, "checking the %s stopped: %s", check->about, store->ops->why(store->admin));
	}
	about_begin(check, NULL);
}

/* ---- checks by the store itself ---- */

static void store_found(void *user, const char *about, const char *what)
{
	struct check *check = user;

	if (!check->about || strcmp(check->about, about))
		about_begin(check, about);
	found(check, "%s", what);
}

static void store_figure(void *user, const char *what)
{
	puts(what);
}

static void store_busy(void *user, const char *about, uint64_t done, uint64_t all)
{
	struct check *check = user;
	const double now = data_seconds();

	if (!check->about || strcmp(check->about, about))
		about_begin(check, about);
	if (now - check->shown < 1)
		return;
	fprintf(stderr, "\r\033[KChecking %s: %.0f s", about, now - check->began);
	check->shown = now;
}

static void store_ask(struct check *check, bool quick)
{
	const struct admin_watch watch = {
		.user = check, .found = store_found, .figure = store_figure, .busy = check->watched ? store_busy : NULL,
	};
	const struct data_store *store = &check->store;

	if (store->ops->check(store->admin, quick, &watch) < 0)
		found(check, "checking stopped: %s", store->ops->why(store->admin));
	about_begin(check, NULL);
}

int data_check(const struct data_options *options)
{
	struct check check = { .now = time(NULL), .watched = !options->quiet && isatty(STDERR_FILENO) };
	int status = data_open(&check.store, options, ADMIN_READ);

	if (!status) {
		rules_judge(&check);
		store_ask(&check, options->quick);
		if (check.unpriced)
			printf("not checked: prices of %u services, until starhashd has set them from its menu\n", check.unpriced);
		check.found += data_consents_check(&check.store, options);
		puts(check.found ? "There are problems." : "No problems found.");
		status = check.found > 0;
	}
	data_close(&check.store);
	return status;
}
