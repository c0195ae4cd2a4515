/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data bar, unbar, barred: numbers that the daemon does not serve. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "starhash/stored.h"
#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/print.h"
#include "tool/data/tickets.h"
#include "tool/report/report.h"

/* Whether a number is barred, whatever our clock says, and whether a prefix of it is. */
struct search {
	const char *number;
	bool found, prefix;
};

static int search_row(void *user, const struct admin_row *row)
{
	struct search *search = user;
	const struct bar *bar = row->bar;
	const size_t len = strcspn(bar->number, "*");

	if (bar_is_end(bar))
		return 0;
	search->found |= !strcmp(bar->number, search->number);
	search->prefix |= bar->number[len] && !strncmp(bar->number, search->number, len);
	return search->found;
}

static int check_barred(const struct data_store *store, const char *number)
{
	const struct admin_query query = { .list = ADMIN_BARRED };
	struct search search = { .number = number };

	if (store->ops->list(store->admin, &query, search_row, &search) < 0)
		return data_why(store);
	return search.found ? 0 : data_failed(number, search.prefix ? "not barred by itself, but with all that begin so: see \"barred\"" :
						       "not barred");
}

static int put(const struct data_options *options, struct bar *bar, const char *done)
{
	struct data_store store;
	int status;

	if (!bar_number_valid(options->words[0]))
		return data_failed(options->words[0], "not a number of 1 to 15 digits, or a prefix with \"*\" at its end");
	snprintf(bar->number, sizeof(bar->number), "%s", options->words[0]);
	tickets_staff(bar->staff);
	status = data_open(&store, options, ADMIN_WRITE);
	if (!status && bar_is_end(bar))
		status = check_barred(&store, bar->number);
	if (!status && (store.ops->begin(store.admin) || data_end(&store, store.ops->bar(store.admin, bar))))
		status = data_why(&store);
	data_close(&store);
	if (!status)
		printf("%s is %s, from now on or within seconds.\n", bar->number, done);
	return status;
}

int data_bar(const struct data_options *options)
{
	struct bar bar = { .since = time(NULL), .until = options->to == STORED_UNKNOWN ? 0 : options->to };

	if (strlen(options->words[1]) >= sizeof(bar.reason))
		return data_failed(options->words[1], "a longer reason than can be stored");
	if (!bar_holds(&bar, bar.since))
		return data_failed(options->words[0], "--until is in the past");
	strcpy(bar.reason, options->words[1]);
	return put(options, &bar, "barred");
}

int data_unbar(const struct data_options *options)
{
	const int64_t now = time(NULL);
	struct bar bar = { .since = now, .until = now };

	return put(options, &bar, "served");
}

static int print_bar(void *user, const struct admin_row *row)
{
	const struct bar *bar = row->bar;

	if (!bar_holds(bar, *(const int64_t *)user))
		return 0;
	printf("  %-16s  ", bar->number);
	print_time(stdout, bar->since);
	fputs("  until ", stdout);
	if (bar->until)
		print_time(stdout, bar->until);
	else
		fputs("ended by hand", stdout);
	fputs("  by ", stdout);
	clean_print(stdout, CLEAN_TERMINAL, bar->staff);
	fputs(": ", stdout);
	clean_print(stdout, CLEAN_TERMINAL, bar->reason);
	putchar('\n');
	return 0;
}

int data_barred(const struct data_options *options)
{
	const struct admin_query query = { .list = ADMIN_BARRED };
	struct data_store store;
	int64_t now = time(NULL);
	int status = data_open(&store, options, ADMIN_READ);

	if (!status && store.ops->list(store.admin, &query, print_bar, &now) < 0)
		status = data_why(&store);
	data_close(&store);
	return status;
}
