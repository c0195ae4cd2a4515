/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* memory/: accounts in the process, for tests and transcripts. Start with memory.c.
 *
 * The operator's interface to the store in memory, inside the serving process. Everything is done at once: nothing can fail halfway or be
 * undone. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>

#include "starhash/calendar.h"
#include "store/memory/tables.h"
#include "store/stores.h"

struct store_admin {
	struct store *store;
	struct memory_tables *tables;
	void (*note)(const char *text);
	const char *why;
	bool removes_consents;
	bool locked;			/* excludes other imports */
};

static int failed(struct store_admin *admin, const char *why)
{
	admin->why = why;
	return -1;
}

/* ---- life, and one account ---- */

static int admin_open(void *ctx, const struct admin_settings *settings, struct store_admin **admin, const char **why)
{
	*admin = NULL;
	if (!settings->store) {
		*why = talloc_strdup(ctx, "a store in memory can only be opened in the process that serves from it");
		return -1;
	}
	*admin = talloc(ctx, struct store_admin);
	**admin = (struct store_admin){
		.store = settings->store, .tables = memory_store_tables(settings->store), .note = settings->note, .why = "",
		.removes_consents = settings->consent_key,
	};
	return 0;
}

static void admin_close(struct store_admin *admin)
{
	if (admin && admin->locked)
		admin->tables->imports_locked = false;
	talloc_free(admin);
}

static const char *admin_why(const struct store_admin *admin)
{
	return admin->why;
}

static int begin_work(struct store_admin *admin)
{
	return 0;
}

static bool is_long(const struct store_admin *admin)
{
	return false;
}

static int commit(struct store_admin *admin)
{
	return 0;
}

static void undo(struct store_admin *admin)
{
}

static int ask_machine(struct store_admin *admin, const struct request *request, struct response *response)
{
	return (account_steps(request->kind) ? memory_store_ops.change : memory_store_ops.read)(admin->store, request, STORE_NOBODY,
												response);
}

static int merge(struct store_admin *admin, const struct account_update *update, struct account_step *step)
{
	return memory_update(admin->tables, update, step) ? 0 : failed(admin, "msisdn: no number");
}

static int reference(struct store_admin *admin, uint64_t *ref)
{
	*ref = memory_store_ops.reference(admin->store, 1);
	return 0;
}

static int bar(struct store_admin *admin, const struct bar *bar)
{
	memory_bar_put(admin->tables, bar);
	return 0;
}

/* Other fields of a known service stay as they are. */
static int put_service(struct store_admin *admin, const struct service *service)
{
	const struct memory_service *known = memory_service_find(admin->tables, service->code);
	struct service fed = known ? known->service : (struct service){ .code = service->code };

	fed.price = service->price;
	fed.period = service->period;
	fed.account = service->account;
	fed.brand = service->brand;
	memory_service_put(admin->tables, &fed);
	return 0;
}

/* ---- accounts and lists ---- */

static int accounts(struct store_admin *admin, const struct admin_selection *selection, admin_account_visit *visit, void *user)
{
	void *ctx = talloc_new(admin);
	unsigned int count;
	struct memory_subscriber **all = memory_subscribers_sorted(ctx, admin->tables, &count);

	for (unsigned int i = 0; i < count; i++) {
		if (selection->msisdn && all[i]->msisdn != selection->msisdn)
			continue;
		if (visit(user, memory_account(ctx, admin->tables, all[i], selection)))
			break;
	}
	talloc_free(ctx);
	return 0;
}

static int list_rows(struct store_admin *admin, const struct admin_query *query, admin_row_visit *visit, void *user)
{
	memory_list(admin->tables, query, memory_store_ops.catalogue(admin->store)->count, visit, user);
	return 0;
}

/* ---- old records ---- */

struct pruning {
	struct memory_tables *tables;
	int64_t before;				/* seconds since 1970 */
	unsigned int max;
	int64_t deleted;
};

static void bill_prune(struct pruning *pruning, struct memory_subscriber *subscriber)
{
	struct stored_account *stored = (struct stored_account *)subscriber->bills;
	struct stored_bill *bills = stored ? (struct stored_bill *)stored->bills : NULL;
	const int64_t month = calendar_date(day_of(pruning->before, 0)) / 100;

	while (stored && stored->bills_count && bills[0].month < month && pruning->deleted < pruning->max) {
		memmove(bills, bills + 1, --stored->bills_count * sizeof(*bills));
		pruning->deleted++;
	}
}

static void points_prune(struct pruning *pruning, struct memory_subscriber *subscriber)
{
	struct stored_account *stored = (struct stored_account *)subscriber->points;
	struct stored_points *entries = stored ? (struct stored_points *)stored->points_entries : NULL;
	const int64_t date = calendar_date(day_of(pruning->before, 0));

	for (unsigned int i = 0; stored && i < stored->points_count && pruning->deleted < pruning->max;) {
		if (entries[i].date >= date) {
			i++;
			continue;
		}
		memmove(&entries[i], &entries[i + 1], (--stored->points_count - i) * sizeof(*entries));
		pruning->deleted++;
	}
}

static void each_subscriber(struct pruning *pruning, void (*prune)(struct pruning *pruning, struct memory_subscriber *subscriber))
{
	unsigned int count;
	struct memory_subscriber **all = memory_subscribers_sorted(pruning->tables, pruning->tables, &count);

	for (unsigned int i = 0; i < count; i++)
		prune(pruning, all[i]);
	talloc_free(all);
}

static void bills(struct pruning *pruning)
{
	each_subscriber(pruning, bill_prune);
}

static void points(struct pruning *pruning)
{
	each_subscriber(pruning, points_prune);
}

/* Remove the old entries of a list, up to the maximum. */
#define PRUNE(pruning, list, type, is_old) \
	do { \
		type *at, *next; \
		llist_for_each_entry_safe(at, next, list, entry) { \
			if ((pruning)->deleted == (pruning)->max || !(is_old)) \
				continue; \
			llist_del(&at->entry); \
			talloc_free(at); \
			(pruning)->deleted++; \
		} \
	} while (0)

static void completed_orders(struct pruning *pruning)
{
	PRUNE(pruning, &pruning->tables->orders, struct memory_order, at->order.state != ORDER_ACCEPTED &&
	      at->order.accepted_at < pruning->before);
}

static void expired_notifications(struct pruning *pruning)
{
	PRUNE(pruning, &pruning->tables->notifications, struct memory_notification, at->notification.expires < pruning->before);
}

static void replays(struct pruning *pruning)
{
	PRUNE(pruning, &pruning->tables->replays, struct memory_replay, at->time < pruning->before);
}

static void ended_imports(struct pruning *pruning)
{
	PRUNE(pruning, &pruning->tables->imports, struct memory_import, at->import.state != ADMIN_IMPORT_RUNNING &&
	      at->import.state != ADMIN_IMPORT_SWITCHED && at->import.began < pruning->before);
}

/* They have no anchors, since they do not outlive the process. */
static void old_consents(struct pruning *pruning)
{
	struct memory_consent *at, *next;

	llist_for_each_entry_safe(at, next, &pruning->tables->consents, entry) {
		if (pruning->deleted == pruning->max || at->row.consent.time >= pruning->before)
			return;
		memory_consent_remove(pruning->tables, at);
		pruning->deleted++;
	}
}

static int prune(struct store_admin *admin, enum admin_record kind, int64_t before, unsigned int max, int64_t *deleted)
{
	static void (*const kinds[])(struct pruning *pruning) = {
		[ADMIN_BILLS] = bills,
		[ADMIN_POINTS] = points,
		[ADMIN_COMPLETED_ORDERS] = completed_orders,
		[ADMIN_OLD_CONSENTS] = old_consents,
		[ADMIN_EXPIRED_NOTIFICATIONS] = expired_notifications,
		[ADMIN_REPLAYS] = replays,
		[ADMIN_ENDED_IMPORTS] = ended_imports,
	};
	struct pruning pruning = { .tables = admin->tables, .before = before, .max = max };

	if (kind == ADMIN_OLD_CONSENTS && !admin->removes_consents)
		return failed(admin, "removing consents requires their key");
	kinds[kind](&pruning);
	*deleted = pruning.deleted;
	return 0;
}

static int give_back(struct store_admin *admin, int64_t msisdn, const char **refusal)
{
	struct memory_subscriber *subscriber = memory_subscriber_by_msisdn(admin->tables, msisdn);

	*refusal = memory_give_back_refusal(admin->tables, subscriber, msisdn);
	if (!*refusal)
		memory_vanished_return(admin->tables, subscriber, true);
	return 0;
}

/* ---- imports ---- */

static int lock_imports(struct store_admin *admin)
{
	if (admin->tables->imports_locked && !admin->locked)
		return failed(admin, "another import is in progress");
	admin->tables->imports_locked = admin->locked = true;
	return 0;
}

/* An import's kind, file and digest stay as first recorded. */
static int import_put(struct store_admin *admin, struct admin_import *import)
{
	struct memory_import *stored = NULL, *at;
	struct admin_import fresh = *import;

	llist_for_each_entry(at, &admin->tables->imports, entry) {
		if (at->import.id == import->id)
			stored = at;
	}
	if (!import->id) {
		stored = talloc(admin->tables, struct memory_import);
		import->id = fresh.id = ++admin->tables->last_import;
		fresh.file = talloc_strdup(stored, import->file);
		fresh.began = time(NULL);
		fresh.ended = 0;
		llist_add_tail(&stored->entry, &admin->tables->imports);
	} else if (stored) {
		fresh.snapshot = stored->import.snapshot;
		fresh.file = stored->import.file;
		fresh.known = stored->import.known;
		memcpy(fresh.digest, stored->import.digest, sizeof(fresh.digest));
		fresh.began = stored->import.began;
		fresh.ended = import->state == ADMIN_IMPORT_RUNNING ? stored->import.ended : time(NULL);
	}
	if (stored)
		stored->import = fresh;
	return 0;
}

static int staging_begin(struct store_admin *admin)
{
	if (admin->tables->staged)
		return failed(admin, "a snapshot is staged already");
	memory_staging_begin(admin->tables);
	return 0;
}

static int staging_add(struct store_admin *admin, const struct account_update *update, struct account_step *step)
{
	if (!admin->tables->staged)
		return failed(admin, "no snapshot is staged");
	memory_staging_add(admin->tables->staged, update, step);
	return 0;
}

static int staging_look(struct store_admin *admin, int64_t as_of, bool force, struct admin_loss *loss, bool *any)
{
	if (!admin->tables->staged)
		return failed(admin, "no snapshot is staged");
	memory_staging_look(admin->tables, as_of, force, loss, any);
	return 0;
}

static int staging_switch(struct store_admin *admin, int64_t as_of, bool force, struct admin_import *import)
{
	if (!admin->tables->staged)
		return failed(admin, "no snapshot is staged");
	memory_staging_switch(admin->tables, as_of, force);
	import->state = ADMIN_IMPORT_SWITCHED;
	return import_put(admin, import);
}

/* Nothing to do: the switch removed everything. */
static int staging_clean(struct store_admin *admin)
{
	return 0;
}

static int staging_drop(struct store_admin *admin)
{
	if (admin->tables->staged && admin->note)
		admin->note("Removing the remains of an unfinished snapshot.");
	memory_staging_drop(admin->tables);
	return 0;
}

/* ---- checking ---- */

/* No files can be damaged and no copies can differ; only consents are checked. */
static int check(struct store_admin *admin, bool quick, const struct admin_watch *watch)
{
	return 0;
}

static int consents(struct store_admin *admin, struct admin_consents *consents)
{
	*consents = (struct admin_consents){
		.source = memory_store_consents(admin->store), .count = llist_count(&admin->tables->consents),
	};
	return 0;
}

static int backup(struct store_admin *admin, const char *file, void (*progress)(void *user, uint64_t done, uint64_t all), void *user)
{
	return failed(admin, "a store in memory has no file");
}

const struct store_admin_ops memory_admin_ops = {
	.open = admin_open,
	.close = admin_close,
	.why = admin_why,
	.begin = begin_work,
	.is_long = is_long,
	.commit = commit,
	.undo = undo,
	.ask = ask_machine,
	.merge = merge,
	.reference = reference,
	.put_service = put_service,
	.bar = bar,
	.accounts = accounts,
	.list = list_rows,
	.prune = prune,
	.give_back = give_back,
	.lock_imports = lock_imports,
	.import_put = import_put,
	.staging_begin = staging_begin,
	.staging_add = staging_add,
	.staging_look = staging_look,
	.staging_switch = staging_switch,
	.staging_clean = staging_clean,
	.staging_drop = staging_drop,
	.check = check,
	.consents = consents,
	.backup = backup,
};
