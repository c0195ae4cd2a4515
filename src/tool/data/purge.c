/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data purge: deletes the data held about a subscriber (S18), or old records. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "import/value.h"
#include "tool/data/data.h"
#include "tool/data/consents.h"
#include "tool/data/command.h"

#define DAY 86400
#define ROWS_AT_ONCE 500

/* ---- one subscriber ---- */

/* Counts of the data held about a number. */
struct held {
	int64_t accounts, imsis, bills, charges, points, subscriptions;
	int64_t passwords, orders, consents, notifications, conversations, vanished, tickets;
};

static int account_count(void *user, const struct stored_account *account)
{
	struct held *held = user;

	held->accounts++;
	for (int i = 0; i < STORED_IMSIS_MAX; i++)
		held->imsis += account->imsis[i][0] != '\0';
	held->bills += account->bills_count;
	for (unsigned int i = 0; i < account->bills_count; i++)
		held->charges += account->bills[i].lines_count;
	held->points += account->points_count;
	held->subscriptions += account->subscriptions_count;
	return 0;
}

static int row_count(void *user, const struct admin_row *row)
{
	++*(int64_t *)user;
	return 0;
}

/* Returns 0, or 1 after a message; so do the functions below. */
static int held_count(const struct data_store *store, int64_t msisdn, struct held *held)
{
	const struct admin_selection selection = { .msisdn = msisdn, .kinds = (1u << ACCOUNT_KINDS) - 1 };
	const struct {
		enum admin_list list;
		int64_t *count;
	} lists[] = {
		{ ADMIN_PASSWORDS, &held->passwords }, { ADMIN_ORDERS, &held->orders }, { ADMIN_CONSENTS, &held->consents },
		{ ADMIN_NOTIFICATIONS, &held->notifications }, { ADMIN_CONVERSATIONS, &held->conversations },
		{ ADMIN_VANISHED, &held->vanished }, { ADMIN_TICKETS, &held->tickets },
	};

	*held = (struct held){ 0 };
	if (store->ops->accounts(store->admin, &selection, account_count, held) < 0)
		return data_why(store);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const struct admin_query query = { .list = lists[i].list, .msisdn = msisdn };

		if (store->ops->list(store->admin, &query, row_count, lists[i].count) < 0)
			return data_why(store);
	}
	return 0;
}

static void deleted_print(const struct held *held, bool orders)
{
	const struct {
		const char *what;
		int64_t count;
	} deleted[] = {
		{ "bill lines", held->charges }, { "bills", held->bills }, { "points entries", held->points },
		{ "subscriptions", held->subscriptions }, { "conversations", held->conversations },
		{ "notifications", held->notifications },
		{ "passwords", held->passwords }, { "retained accounts that a snapshot left out", held->vanished },
		{ "IMSIs", held->imsis },
		{ "accounts", held->accounts }, { "completed orders", orders ? held->orders : 0 },
		{ "tickets", orders ? held->tickets : 0 },
	};

	for (size_t i = 0; i < sizeof(deleted) / sizeof(*deleted); i++) {
		if (deleted[i].count)
			printf("deleted: %" PRId64 " %s\n", deleted[i].count, deleted[i].what);
	}
}

static int ask_machine(const struct data_store *store, enum request_kind kind, const char *number, enum result *result)
{
	struct request request;
	struct response response;
	int rc;

	data_request(&request, kind, number);
	response_init(&response);
	rc = store->ops->ask(store->admin, &request, &response);
	*result = response.result;
	return rc;
}

static int number_purge(const struct data_store *store, const struct data_options *options, int64_t msisdn)
{
	const struct held nothing = { 0 };
	enum result result = RESULT_OK;
	struct held held;
	int rc = store->ops->begin(store->admin);

	if (rc == 0)
		rc = held_count(store, msisdn, &held);
	if (rc == 0)
		rc = ask_machine(store, REQUEST_ACCOUNT_PURGE, options->number, &result);
	if (rc == 0 && result == RESULT_OK && !options->keep_legal)
		rc = ask_machine(store, REQUEST_ORDERS_PURGE, options->number, &result);
	if (rc == 0 && result == RESULT_OK)
		rc = store->ops->commit(store->admin);
	if (rc < 0)
		data_why(store);
	store->ops->undo(store->admin);
	if (rc == 0 && result != RESULT_OK)
		return data_failed(options->number, "has orders in flight: try again when billing has completed them");
	if (rc)
		return data_failed(store->name, "nothing was deleted");
	if (!memcmp(&held, &nothing, sizeof(nothing)))
		return data_failed(options->number, "no data are held about this number");
	deleted_print(&held, !options->keep_legal);
	if (options->keep_legal && held.orders)
		printf("retained: %" PRId64 " orders, because of --keep-legal\n", held.orders);
	if (options->keep_legal && held.tickets)
		printf("retained: %" PRId64 " tickets, because of --keep-legal; the number's next owner does not see them\n", held.tickets);
	if (held.consents)
		printf("retained: %" PRId64 " consents, until retention ends: they prove what was agreed\n", held.consents);
	puts("Call data records (starhashd's journal) are not in the database.");
	return 0;
}

/* ---- old records ---- */

static const struct kind {
	const char *name;
	enum admin_record record;
	const char *what;		/* name of the deleted records */
} kinds[] = {
	{ "bills", ADMIN_BILLS, "bills" },
	{ "points", ADMIN_POINTS, "points" },
	{ "orders", ADMIN_COMPLETED_ORDERS, "orders" },
	{ "consents", ADMIN_OLD_CONSENTS, "consents" },
	{ "notifications", ADMIN_EXPIRED_NOTIFICATIONS, "notifications" },
	{ "replays", ADMIN_REPLAYS, "replays" },
	{ "imports", ADMIN_ENDED_IMPORTS, "imports" },
};

/* Delete a piece in one transaction; *\a some: rows were deleted. */
static int piece_purge(const struct data_store *store, enum admin_record record, int64_t before, int64_t *all, bool *some)
{
	int64_t deleted = 0;
	int rc = store->ops->begin(store->admin);

	*some = false;
	do {
		if (rc == 0)
			rc = store->ops->prune(store->admin, record, before, ROWS_AT_ONCE, &deleted);
		*all += rc == 0 ? deleted : 0;
		*some |= rc == 0 && deleted;
	} while (rc == 0 && deleted && !store->ops->is_long(store->admin));
	return rc == 0 ? store->ops->commit(store->admin) : rc;
}

static int kind_purge(const struct data_store *store, const struct kind *kind, int64_t before)
{
	int64_t all = 0;
	bool some = true;

	while (some) {
		if (piece_purge(store, kind->record, before, &all, &some) < 0) {
			data_why(store);
			store->ops->undo(store->admin);
			return 1;
		}
	}
	printf("deleted: %" PRId64 " %s\n", all, kind->what);
	return 0;
}

/* ---- the command ---- */

struct purge {
	const struct kind *kind;	/* NULL: purge a number */
	int64_t days;
	int64_t msisdn;
};

static int misuse(const char *what)
{
	fprintf(stderr, "starhash-data: %s\n", what);
	return 2;
}

/* Check the options before anything is opened. Returns the exit status. */
static int options_judge(const struct data_options *options, struct purge *purge)
{
	if (!options->number == !options->older)
		return misuse("purge needs either --number N or --older KIND DAYS");
	if (options->number)
		return msisdn_key(options->number, &purge->msisdn) ? 0 : data_failed(options->number, "not a number");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kinds[i].name, options->older))
			purge->kind = &kinds[i];
	}
	if (!options->count || !value_number(options->words[0], strlen(options->words[0]), &purge->days) || purge->days < 0 ||
	    purge->days > 36500)
		return misuse("--older needs a kind of record and a number of days");
	return purge->kind ? 0 : misuse("--older needs one of bills, points, orders, consents, notifications, replays, imports");
}

int data_purge(const struct data_options *options)
{
	struct data_options keyed = *options;
	struct purge purge = { .kind = NULL };
	struct data_keys keys = { .keys = NULL };
	struct data_store store;
	int status = options_judge(options, &purge);

	if (status)
		return status;
	if (purge.kind && purge.kind->record == ADMIN_OLD_CONSENTS && data_keys_open(&keys, options) != 1)
		return data_failed(options->file, "removing consents needs the key that seals them; see --key");
	keyed.consent_key = consent_key_current(&keys.consent);
	/* complete an interrupted import first: it may still have to remove data */
	status = data_open(&store, &keyed, ADMIN_WRITE) || data_finish(&store);
	if (!status)
		status = purge.kind ? kind_purge(&store, purge.kind, time(NULL) - purge.days * DAY) :
				      number_purge(&store, options, purge.msisdn);
	data_close(&store);
	data_keys_close(&keys);
	return status;
}
