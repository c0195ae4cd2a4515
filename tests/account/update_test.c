/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F3, F15, F16, F27: the effect of an update from billing or an import on an account: answer and changes, without a store. The
 * rules for one kind and for one subscription have tables in merge_test.c; here they are tested in context. */
#include <stdio.h>
#include <string.h>

#include "tests/account/printed.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define STORED (NOW - 100)		/* as_of of the stored account */
#define FRESH (NOW - 10)
#define STALE (NOW - 200)
#define ALL_KINDS ((1u << ACCOUNT_KINDS) - 1)
#define PROFILE (1u << ACCOUNT_PROFILE)
#define BILLS (1u << ACCOUNT_BILLS)
#define POINTS (1u << ACCOUNT_POINTS)
#define SERVICES (1u << ACCOUNT_SERVICES)

/* ---- a row ---- */

struct row {
	const char *what;
	/* the account */
	bool unknown;
	const char *owner, *language;	/* NULL: none */
	struct subscription subscriptions[3];
	unsigned int full;		/* so many more subscriptions */
	struct account_order in_flight[2];
	bool more_in_flight;
	bool bill_known;
	/* the update */
	struct stored_account update;	/* as_of 0: FRESH */
	unsigned int kinds;
	uint64_t facts;
	unsigned int numbers;
	bool import, gone, single, charge, force;
	int64_t position;
	uint64_t strange;		/* bits: its subscriptions to unknown services */
	const char *says;		/* printed(), after "older" or the refusal */
};

#define IS(code, is, day, ...) { .service = code, .state = SUBSCRIPTION_##is, .since = day, __VA_ARGS__ }
#define IN_FLIGHT(what, about) { .id = 5, .kind = what, .service = about, .due = NOW }
#define ENDED(what, about, when) { .id = 5, .kind = what, .service = about, .ended_at = when }

static void account_give(const struct row *row, struct account *account)
{
	memset(account, 0xa5, sizeof(*account));
	account_begin_update(account);
	account->msisdn = INT64_C(13800138000);
	account->known = !row->unknown;
	account->bill_known = row->bill_known;
	if (account->known) {
		strcpy(account->account, "prepaid");
		strcpy(account->brand, "young");
		strcpy(account->status, "active");
		snprintf(account->language, sizeof(account->language), "%s", row->language ? row->language : "");
		snprintf(account->owner, sizeof(account->owner), "%s", row->owner ? row->owner : "");
		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			account->as_of[kind] = STORED;
	}
	for (size_t i = 0; i < ROWS(row->subscriptions) && row->subscriptions[i].service[0]; i++) {
		const struct service terms = { .code = row->subscriptions[i].service, .period = "month", .excludes = "OTHER" };

		account_add_subscription(account, &row->subscriptions[i], &terms);
	}
	for (unsigned int i = 0; i < row->full; i++) {
		struct subscription more = { .since = 20261001 };
		const struct service terms = { .code = more.service, .period = "month", .excludes = "" };

		snprintf(more.service, sizeof(more.service), "Z%03u", i);
		account_add_subscription(account, &more, &terms);
	}
	for (size_t i = 0; i < ROWS(row->in_flight) && row->in_flight[i].id; i++)
		assert_true(account_add_in_flight(account, &row->in_flight[i]));
	account->more_in_flight = row->more_in_flight;
	for (unsigned int i = 0; i < row->update.subscriptions_count && i < ACCOUNT_SUBSCRIPTIONS_MAX; i++)
		account->services_known[i] = i > 63 || !(row->strange >> i & 1);
}

static struct account account, before;
static struct account_step step;
static struct response response;
static struct stored_account fresh;	/* changes point to it */
static struct account_update update;

static void update_run(const struct row *row)
{
	fresh = row->update;
	update = (struct account_update){
		.account = &fresh, .kinds = row->kinds, .facts = row->facts, .numbers = row->numbers, .now = NOW, .force = row->force,
		.import = row->import, .gone = row->gone, .single = row->single, .charge = row->charge, .position = row->position,
		.sims = row->update.imsis[0][0] || row->update.imsis[1][0],
	};

	if (!fresh.as_of)
		fresh.as_of = FRESH;
	account_give(row, &account);
	before = account;
	response_init(&response);
	memset(&step, 0xa5, sizeof(step));
	step.response = &response;
	account_update(&account, &update, &step);
	if (response.result == RESULT_OK && !step.older)
		assert_null(step.why);
	else
		assert_int_equal(step.changes_count, 0);
	if (response.result == RESULT_OK)
		assert_follows(&before, &step, &account);
}

static void rows_run(const struct row *rows, size_t count)
{
	static char text[PRINTED_SIZE], changes[PRINTED_SIZE - 200];

	for (const struct row *row = rows; row < rows + count; row++) {
		const char *says = row->says;

		print_message("  %s\n", row->what);
		update_run(row);
		snprintf(changes, sizeof(changes), "%s", printed(&step, text));
		snprintf(text, sizeof(text), "%s%s%s%s", step.older ? "older: " : "", step.why ? step.why : "", step.why ? ": " : "",
			 changes);
		if (strcmp(text, says))
			fail_msg("%s\n---- is\n%s---- but wanted\n%s----", row->what, text, says);
	}
}

/* ---- which kinds are stored ---- */

/* Each kind is judged by its own age; the others are stored regardless, unless that age lies in the future. An update about that
 * kind alone is reported as older if it comes from an import; billing's answer is as new as the newest of its ages. */
static void account_update__age_of_each_kind__newer_or_equally_new_is_stored(void **state)
{
	static const enum change_kind changes[ACCOUNT_KINDS] = {
		[ACCOUNT_PROFILE] = CHANGE_PROFILE, [ACCOUNT_BILLS] = CHANGE_BILLS,
		[ACCOUNT_POINTS] = CHANGE_POINTS, [ACCOUNT_SERVICES] = CHANGE_SERVICES,
	};
	static const struct {
		int64_t as_of;
		bool force, takes, future;
	} table[] = {
		{ .as_of = STORED - 1 },
		{ .as_of = STORED - 1, .force = true, .takes = true },
		{ .as_of = STORED, .takes = true },
		{ .as_of = STORED + 1, .takes = true },
		{ .as_of = NOW + ACCOUNT_AHEAD_S, .takes = true },
		{ .as_of = NOW + ACCOUNT_AHEAD_S + 1, .future = true },
		{ .as_of = NOW + ACCOUNT_AHEAD_S + 1, .force = true, .future = true },
	};
	static const struct stored_subscription one[] = { { .service = "NEWS", .since = 20261001 } };

	for (size_t i = 0; i < ROWS(table); i++) {
		for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
			struct row row = {
				.what = "ages", .kinds = ALL_KINDS, .force = table[i].force,
				.update = { .as_of = FRESH, .bills_as_of = FRESH, .points_as_of = FRESH, .services_as_of = FRESH,
					    .subscriptions = one, .subscriptions_count = 1 },
			};
			int64_t *const ages[ACCOUNT_KINDS] = {
				[ACCOUNT_PROFILE] = &row.update.as_of, [ACCOUNT_BILLS] = &row.update.bills_as_of,
				[ACCOUNT_POINTS] = &row.update.points_as_of, [ACCOUNT_SERVICES] = &row.update.services_as_of,
			};
			unsigned int found[ACCOUNT_KINDS] = { 0 };

			*ages[kind] = table[i].as_of;
			update_run(&row);
			assert_int_equal(response.result, table[i].future ? RESULT_REFUSED : RESULT_OK);
			assert_false(step.older);
			if (table[i].future)
				assert_string_equal(step.why, "as_of: is in the future");
			for (unsigned int k = 0; k < step.changes_count; k++) {
				for (enum account_kind of = 0; of < ACCOUNT_KINDS; of++)
					found[of] += step.changes[k].kind == changes[of];
			}
			for (enum account_kind of = 0; of < ACCOUNT_KINDS; of++)
				assert_int_equal(found[of], table[i].future ? 0 : of == kind ? table[i].takes : 1);
			row.kinds = 1u << kind;
			row.import = true;
			update_run(&row);
			assert_int_equal(step.older, !table[i].takes && !table[i].future);
			assert_int_equal(step.changes_count > 0, table[i].takes);
		}
	}
}

/* A kind without its own age has that of the whole update. */
static void account_update__kind_without_age__age_of_the_update(void **state)
{
	static const struct row rows[] = {
		{ .what = "absent", .kinds = BILLS | POINTS | SERVICES, .update = { .as_of = STORED },
		  .says = "ok\n"
			  "bills count=0 numbers=0\n"
			  "as_of bills=now-100\n"
			  "points count=0 numbers=0\n"
			  "as_of points=now-100\n"
			  "as_of services=now-100\n" },
		{ .what = "unknown", .kinds = BILLS | POINTS | SERVICES,
		  .update = { .as_of = STORED, .bills_as_of = STORED_UNKNOWN, .points_as_of = STORED_UNKNOWN,
			      .services_as_of = STORED_UNKNOWN },
		  .says = "ok\n"
			  "bills count=0 numbers=0\n"
			  "as_of bills=now-100\n"
			  "points count=0 numbers=0\n"
			  "as_of points=now-100\n"
			  "as_of services=now-100\n" },
		{ .what = "nobody knows any", .kinds = ALL_KINDS, .update = { .as_of = STORED_UNKNOWN }, .says = "older: ok\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void account_update_since__profile_and_services__the_older_one(void **state)
{
	static const struct {
		int64_t as_of, services_as_of, since;
	} table[] = {
		{ 1000, 0, 1000 }, { 1000, 2000, 1000 }, { 2000, 1000, 1000 }, { STORED_UNKNOWN, 1000, 0 }, { 1000, STORED_UNKNOWN, 1000 },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		fresh = (struct stored_account){ .as_of = table[i].as_of, .services_as_of = table[i].services_as_of };
		update = (struct account_update){ .account = &fresh };
		assert_int_equal(account_update_since(&update), table[i].since);
	}
}

/* ---- a new subscriber ---- */

#define WHOLE .account = "prepaid", .brand = "young", .status = "active", .language = "zh"

static const struct stored_subscription news[] = { { .service = "NEWS", .since = 20261001 } };

static void account_update__subscriber_unknown__added_or_refused(void **state)
{
	static const struct row rows[] = {
		{ .what = "billing: all", .unknown = true, .kinds = ALL_KINDS, .facts = 3, .numbers = 7,
		  .update = { WHOLE, .owner = "me", .imsis = { "001010000000001" }, .hash = "hash", .id_pieces = "pieces",
			      .bills_as_of = STORED, .subscriptions = news, .subscriptions_count = 1 },
		  .says = "ok\n"
			  "account.add account='prepaid' brand='young' status='active' language='zh' owner='me' facts=3 numbers=7 "
			  "as_of=now-10 profile=now-10 bills=now-100 points=now-10 services=now-10 services='NEWS'\n"
			  "sims '001010000000001' ''\n"
			  "password.hash 'hash'\n"
			  "id_pieces 'pieces'\n"
			  "bills count=0 numbers=7\n"
			  "points count=0 numbers=7\n"
			  "subscription.put NEWS active since=20261001\n" },
		{ .what = "billing: profile alone", .unknown = true, .kinds = PROFILE, .update = { .account = "prepaid" },
		  .says = "ok\n"
			  "account.add account='prepaid' brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10 profile=now-10 "
			  "bills=never points=never services=never\n" },
		{ .what = "billing: no profile", .unknown = true, .kinds = BILLS | POINTS | SERVICES, .update = { WHOLE },
		  .says = "msisdn: no subscriber has this number: not found\n" },
		{ .what = "billing: in the future", .unknown = true, .kinds = ALL_KINDS,
		  .update = { WHOLE, .as_of = NOW + ACCOUNT_AHEAD_S + 1 },
		  .says = "as_of: is in the future: refused\n" },
		{ .what = "import: complete", .unknown = true, .import = true, .kinds = ALL_KINDS, .facts = 5, .numbers = 7,
		  .update = { WHOLE, .imsis = { "001010000000001", "001010000000009" }, .hash = "hash", .bills_as_of = STORED,
			      .subscriptions = news, .subscriptions_count = 1 },
		  .says = "ok\n"
			  "account.add account='prepaid' brand='young' status='active' language='zh' owner=- facts=5 numbers=7 "
			  "as_of=now-10 profile=now-10 bills=now-100 points=now-10 services=now-10 services='NEWS'\n"
			  "sims '001010000000001' '001010000000009'\n"
			  "password.fill hash='hash' pieces=-\n"
			  "bills count=0 numbers=7\n"
			  "points count=0 numbers=7\n"
			  "subscription.put NEWS active since=20261001\n" },
		{ .what = "import: no account", .unknown = true, .import = true, .kinds = ALL_KINDS,
		  .update = { .brand = "young", .status = "active", .language = "zh" },
		  .says = "account: required for a new subscriber: refused\n" },
		{ .what = "import: no brand", .unknown = true, .import = true, .kinds = ALL_KINDS,
		  .update = { .account = "prepaid", .status = "active", .language = "zh" },
		  .says = "brand: required for a new subscriber: refused\n" },
		{ .what = "import: no status", .unknown = true, .import = true, .kinds = ALL_KINDS,
		  .update = { .account = "prepaid", .brand = "young", .language = "zh" },
		  .says = "status: required for a new subscriber: refused\n" },
		{ .what = "import: no language", .unknown = true, .import = true, .kinds = ALL_KINDS,
		  .update = { .account = "prepaid", .brand = "young", .status = "active" },
		  .says = "language: required for a new subscriber: refused\n" },
		{ .what = "import: gone already", .unknown = true, .import = true, .gone = true, .kinds = ALL_KINDS, .says = "ok\n" },
		{ .what = "import: one bill of nobody", .unknown = true, .import = true, .single = true, .kinds = BILLS,
		  .says = "msisdn: no subscriber has this number: not found\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- a subscriber who leaves, or another owner ---- */

static void account_update__gone_or_other_owner__cleared_unless_older(void **state)
{
	static const struct row rows[] = {
		{ .what = "gone", .import = true, .gone = true, .kinds = ALL_KINDS, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .language = "en", .in_flight = { IN_FLIGHT(ORDER_ACTIVATE, "NEWS") },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "account.remove\n" },
		{ .what = "gone, older", .import = true, .gone = true, .kinds = ALL_KINDS, .update = { .as_of = STALE },
		  .says = "older: ok\n" },
		{ .what = "gone, profile older", .import = true, .gone = true, .kinds = ALL_KINDS,
		  .update = { .as_of = STALE, .bills_as_of = FRESH }, .says = "older: ok\n" },
		{ .what = "gone, older, forced", .import = true, .gone = true, .force = true, .kinds = ALL_KINDS,
		  .update = { .as_of = STALE },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "account.remove\n" },
		{ .what = "gone, other owner", .import = true, .gone = true, .kinds = ALL_KINDS, .owner = "me",
		  .update = { .owner = "you" },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "account.remove\n" },
		{ .what = "other owner", .kinds = ALL_KINDS, .owner = "me", .language = "en", .update = { WHOLE, .owner = "you" },
		  .subscriptions = { IS("NEWS", DEACTIVATING, 20261001, .until = 20261130) },
		  .in_flight = { IN_FLIGHT(ORDER_SUSPEND, "") }, .more_in_flight = true,
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "owner is='you'\n"
			  "profile account='prepaid' brand='young' status='active' language='zh' owner='you' facts=0 numbers=0 "
			  "as_of=now-10\n"
			  "bills count=0 numbers=0\n"
			  "as_of bills=now-10\n"
			  "points count=0 numbers=0\n"
			  "as_of points=now-10\n"
			  "as_of services=now-10\n" },
		{ .what = "other owner, older", .kinds = ALL_KINDS, .owner = "me", .update = { WHOLE, .owner = "you", .as_of = STALE },
		  .says = "older: ok\n" },
		{ .what = "other owner, older, forced", .force = true, .kinds = PROFILE, .owner = "me",
		  .update = { WHOLE, .owner = "you", .as_of = STALE },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "owner is='you'\n"
			  "profile account='prepaid' brand='young' status='active' language='zh' owner='you' facts=0 numbers=0 "
			  "as_of=now-200\n" },
		{ .what = "other owner, profile older", .kinds = ALL_KINDS, .owner = "me",
		  .update = { WHOLE, .owner = "you", .as_of = STALE, .bills_as_of = FRESH, .services_as_of = FRESH },
		  .says = "older: ok\n" },
		{ .what = "other owner, bills older", .kinds = ALL_KINDS, .owner = "me",
		  .update = { WHOLE, .owner = "you", .bills_as_of = STALE },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "owner is='you'\n"
			  "profile account='prepaid' brand='young' status='active' language='zh' owner='you' facts=0 numbers=0 "
			  "as_of=now-10\n"
			  "bills count=0 numbers=0\n"
			  "as_of bills=now-200\n"
			  "points count=0 numbers=0\n"
			  "as_of points=now-10\n"
			  "as_of services=now-10\n" },
		{ .what = "other owner, import, no language", .import = true, .kinds = ALL_KINDS, .owner = "me",
		  .update = { .account = "prepaid", .brand = "young", .status = "active", .owner = "you" },
		  .says = "language: required for a new subscriber: refused\n" },
		{ .what = "other owner of 129 subscriptions", .kinds = SERVICES, .owner = "me", .full = 129,
		  .update = { .owner = "you", .subscriptions = news, .subscriptions_count = 1 },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "owner is='you'\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "the same owner", .kinds = PROFILE, .owner = "me", .update = { .owner = "me" },
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner='me' facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "the first owner", .kinds = PROFILE, .update = { .owner = "me" },
		  .says = "ok\n"
			  "owner is='me'\n"
			  "profile account=- brand=- status=- language=- owner='me' facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "owner not named", .kinds = PROFILE, .owner = "me",
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- the profile ---- */

static void account_update__profile__language_and_status_stay_or_change(void **state)
{
	static const struct row rows[] = {
		{ .what = "language: there is one", .kinds = PROFILE, .language = "en", .update = { WHOLE },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status='active' language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "language: there is none", .kinds = PROFILE, .update = { WHOLE },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status='active' language='zh' owner=- facts=0 numbers=0 "
			  "as_of=now-10\n" },
		{ .what = "status: line order in flight", .kinds = PROFILE, .language = "en", .update = { WHOLE },
		  .in_flight = { IN_FLIGHT(ORDER_SUSPEND, "") },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "status: line order ended since", .kinds = PROFILE, .language = "en", .update = { WHOLE },
		  .in_flight = { ENDED(ORDER_RESUME, "", FRESH) },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "status: line order ended before", .kinds = PROFILE, .language = "en", .update = { WHOLE },
		  .in_flight = { ENDED(ORDER_RESUME, "", FRESH - 1) },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status='active' language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "status: order about a service", .kinds = PROFILE, .language = "en", .update = { WHOLE },
		  .in_flight = { IN_FLIGHT(ORDER_ACTIVATE, "NEWS") },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status='active' language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "status: more orders than room", .kinds = PROFILE, .language = "en", .update = { WHOLE }, .more_in_flight = true,
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status='active' language=- owner=- facts=0 numbers=0 as_of=now-10\n" },
		{ .what = "points are newer: their number stays", .kinds = PROFILE, .language = "en", .numbers = 7, .facts = 5,
		  .update = { WHOLE, .points_as_of = STALE },
		  .says = "ok\n"
			  "profile account='prepaid' brand='young' status='active' language=- owner=- facts=5 numbers=3 as_of=now-10\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void account_update__cards_and_passwords__billing_sets_import_fills(void **state)
{
	static const struct row rows[] = {
		{ .what = "billing: hash and pieces", .kinds = PROFILE, .language = "en",
		  .update = { .hash = "hash", .id_pieces = "pieces" },
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n"
			  "password.hash 'hash'\n"
			  "id_pieces 'pieces'\n" },
		{ .what = "billing: pieces", .kinds = PROFILE, .language = "en", .update = { .id_pieces = "pieces" },
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n"
			  "id_pieces 'pieces'\n" },
		{ .what = "billing: second card", .kinds = PROFILE, .language = "en", .update = { .imsis = { "", "001010000000009" } },
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n"
			  "sims '' '001010000000009'\n" },
		{ .what = "import: hash", .kinds = PROFILE, .language = "en", .import = true, .update = { .hash = "hash" },
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n"
			  "password.fill hash='hash' pieces=-\n" },
		{ .what = "import: pieces", .kinds = PROFILE, .language = "en", .import = true, .update = { .id_pieces = "pieces" },
		  .says = "ok\n"
			  "profile account=- brand=- status=- language=- owner=- facts=0 numbers=0 as_of=now-10\n"
			  "password.fill hash=- pieces='pieces'\n" },
		{ .what = "profile older: nothing of it", .kinds = PROFILE | BILLS, .import = true,
		  .update = { .as_of = STALE, .bills_as_of = FRESH, .hash = "hash", .imsis = { "001010000000001" } },
		  .says = "ok\n"
			  "bills count=0 numbers=0\n"
			  "as_of bills=now-10\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- one bill, charge, entry, subscription ---- */

static const struct stored_line lines[] = { { .item = "calls", .amount = 5 } };
static const struct stored_bill bills[] = { { .month = 202610, .total = 5, .lines = lines, .lines_count = 1 } };
static const struct stored_points entries[] = { { .date = 20261030, .change = 7, .reason = "earned" } };
static const struct stored_subscription weather[] = { { .service = "WEATHER", .since = 20261030 } };

static void account_update__single__only_that_one_and_its_age(void **state)
{
	static const struct row rows[] = {
		{ .what = "all bills", .kinds = BILLS, .numbers = 3, .update = { .bills = bills, .bills_count = 1 },
		  .says = "ok\n"
			  "bills count=1 numbers=3\n"
			  "as_of bills=now-10\n" },
		{ .what = "one bill", .kinds = BILLS, .import = true, .single = true, .update = { .bills = bills, .bills_count = 1 },
		  .says = "ok\n"
			  "bill.put 202610\n"
			  "as_of bills=now-10\n" },
		{ .what = "one charge", .kinds = BILLS, .import = true, .single = true, .charge = true, .position = 3, .bill_known = true,
		  .update = { .bills = bills, .bills_count = 1 },
		  .says = "ok\n"
			  "charge.put 202610 calls at=3\n"
			  "as_of bills=now-10\n" },
		{ .what = "one charge without its bill", .kinds = BILLS, .import = true, .single = true, .charge = true, .position = 3,
		  .update = { .bills = bills, .bills_count = 1 },
		  .says = "month: the subscriber has no bill for that month: refused\n" },
		{ .what = "all points", .kinds = POINTS, .numbers = 4, .update = { .points_entries = entries, .points_count = 1 },
		  .says = "ok\n"
			  "points count=1 numbers=4\n"
			  "as_of points=now-10\n" },
		{ .what = "one entry", .kinds = POINTS, .import = true, .single = true, .position = 9,
		  .update = { .points_entries = entries, .points_count = 1 },
		  .says = "ok\n"
			  "points.put 7 at=9\n"
			  "as_of points=now-10\n" },
		{ .what = "all subscriptions", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .update = { .subscriptions = weather, .subscriptions_count = 1 },
		  .says = "ok\n"
			  "subscription.put WEATHER active since=20261030\n"
			  "subscription.remove NEWS\n"
			  "services 'WEATHER'\n"
			  "as_of services=now-10\n" },
		{ .what = "one subscription", .kinds = SERVICES, .import = true, .single = true,
		  .subscriptions = { IS("NEWS", ACTIVE, 20261001) }, .update = { .subscriptions = weather, .subscriptions_count = 1 },
		  .says = "ok\n"
			  "subscription.put WEATHER active since=20261030\n"
			  "services 'NEWS WEATHER'\n"
			  "as_of services=now-10\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- subscriptions ---- */

#define UPDATE(list) { .subscriptions = list, .subscriptions_count = ROWS(list) }

static const struct stored_subscription trial[] = { { .service = "NEWS", .since = 20261001, .trial_until = 20261130 } };
static const struct stored_subscription opening[] = { { .service = "NEWS", .since = 20261001, .state = "activating" } };
static const struct stored_subscription both[] = { { .service = "NEWS", .since = 20261002 }, { .service = "WEATHER", .since = 20261030 } };

static void account_update__subscriptions__each_verdict_in_context(void **state)
{
	static const struct row rows[] = {
		{ .what = "added", .kinds = SERVICES, .subscriptions = { IS("GB1", ACTIVE, 20261001) }, .update = UPDATE(both),
		  .in_flight = { IN_FLIGHT(ORDER_ACTIVATE, "GB1") },
		  .says = "ok\n"
			  "subscription.put NEWS active since=20261002\n"
			  "subscription.put WEATHER active since=20261030\n"
			  "services 'GB1 NEWS WEATHER'\n"
			  "as_of services=now-10\n" },
		{ .what = "added, but nobody knows the service", .kinds = SERVICES, .update = UPDATE(both), .strange = 1,
		  .says = "ok\n"
			  "subscription.put WEATHER active since=20261030\n"
			  "services 'WEATHER'\n"
			  "as_of services=now-10\n" },
		{ .what = "stored, but nobody knows the service", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .update = UPDATE(both), .strange = 1,
		  .says = "ok\n"
			  "subscription.put WEATHER active since=20261030\n"
			  "services 'NEWS WEATHER'\n"
			  "as_of services=now-10\n" },
		{ .what = "as it is", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) }, .update = UPDATE(news),
		  .says = "ok\n"
			  "as_of services=now-10\n" },
		{ .what = "other day", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261009) }, .update = UPDATE(news),
		  .says = "ok\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "trial", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) }, .update = UPDATE(trial),
		  .says = "ok\n"
			  "subscription.put NEWS trial since=20261001 trial=20261130\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		/* S7: the subscriber agreed at billing, which counts as a consent; an import only reports a state */
		{ .what = "trial is paid for", .kinds = SERVICES, .update = UPDATE(news),
		  .subscriptions = { IS("NEWS", TRIAL, 20261001, .trial_until = 20261130, .reminded = true) },
		  .says = "ok\n"
			  "subscription.put NEWS active since=20261001\n"
			  "consent.add time=now msisdn=13800138000 ref=0 kind='trial accept' service='NEWS' channel='billing' "
			  "trust='' shown='' "
			  "answered='paid'\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "trial is paid for, in an import", .kinds = SERVICES, .import = true, .update = UPDATE(news),
		  .subscriptions = { IS("NEWS", TRIAL, 20261001, .trial_until = 20261130) },
		  .says = "ok\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "trial is paid for, and an order about it in flight", .kinds = SERVICES, .update = UPDATE(news),
		  .subscriptions = { IS("NEWS", TRIAL, 20261001, .trial_until = 20261130) },
		  .in_flight = { IN_FLIGHT(ORDER_DEACTIVATE, "NEWS") },
		  .says = "ok\n"
			  "as_of services=now-10\n" },
		{ .what = "cancelled trial is paid for", .kinds = SERVICES, .update = UPDATE(news),
		  .subscriptions = { IS("NEWS", DEACTIVATING, 20261001, .trial_until = 20261130, .until = 20261130) },
		  .says = "ok\n"
			  "subscription.put NEWS deactivating since=20261001 until=20261130\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "reminded of the same trial", .kinds = SERVICES, .update = UPDATE(trial),
		  .subscriptions = { IS("NEWS", TRIAL, 20261009, .trial_until = 20261130, .reminded = true) },
		  .says = "ok\n"
			  "subscription.put NEWS trial since=20261001 trial=20261130 reminded\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "in flight in the import", .kinds = SERVICES, .import = true, .update = UPDATE(opening),
		  .says = "ok\n"
			  "subscription.put NEWS activating since=20261001\n"
			  "services 'NEWS'\n"
			  "as_of services=now-10\n" },
		{ .what = "gone", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001), IS("WEATHER", ACTIVE, 20261030) },
		  .update = UPDATE(weather),
		  .says = "ok\n"
			  "subscription.remove NEWS\n"
			  "services 'WEATHER'\n"
			  "as_of services=now-10\n" },
		{ .what = "begins later", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261201) },
		  .says = "ok\n"
			  "as_of services=now-10\n" },
		{ .what = "runs out", .kinds = SERVICES, .subscriptions = { IS("NEWS", DEACTIVATING, 20261001, .until = 20261130) },
		  .update = UPDATE(news),
		  .says = "ok\n"
			  "as_of services=now-10\n" },
		{ .what = "order in flight", .kinds = SERVICES, .subscriptions = { IS("NEWS", DEACTIVATING, 20261001) },
		  .update = UPDATE(both),
		  .in_flight = { IN_FLIGHT(ORDER_DEACTIVATE, "NEWS") },
		  .says = "ok\n"
			  "subscription.put WEATHER active since=20261030\n"
			  "services 'NEWS WEATHER'\n"
			  "as_of services=now-10\n" },
		{ .what = "order ended since", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .in_flight = { ENDED(ORDER_ACTIVATE, "NEWS", FRESH) },
		  .says = "ok\n"
			  "as_of services=now-10\n" },
		{ .what = "order ended before", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .in_flight = { ENDED(ORDER_ACTIVATE, "NEWS", FRESH - 1) },
		  .says = "ok\n"
			  "subscription.remove NEWS\n"
			  "services ''\n"
			  "as_of services=now-10\n" },
		{ .what = "order about the line", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .in_flight = { IN_FLIGHT(ORDER_SUSPEND, "") },
		  .says = "ok\n"
			  "subscription.remove NEWS\n"
			  "services ''\n"
			  "as_of services=now-10\n" },
		{ .what = "services older than the profile: ended between", .kinds = SERVICES,
		  .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .update = { .services_as_of = STORED }, .in_flight = { ENDED(ORDER_ACTIVATE, "NEWS", STORED + 1) },
		  .says = "ok\n"
			  "as_of services=now-100\n" },
		{ .what = "more orders than room", .kinds = SERVICES, .subscriptions = { IS("NEWS", ACTIVE, 20261001) },
		  .update = UPDATE(weather), .more_in_flight = true,
		  .says = "ok\n"
			  "as_of services=now-10\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* 128 is the limit: 128 other subscriptions fit, and a 129th is refused with the whole update. */
static void account_update__too_many_subscriptions__refused_or_left_as_they_are(void **state)
{
	static struct stored_subscription many[ACCOUNT_SUBSCRIPTIONS_MAX + 1];
	static char codes[ACCOUNT_SUBSCRIPTIONS_MAX + 1][8];
	static const struct {
		const char *what;
		unsigned int stored, update;
		bool single;
		enum result result;
		unsigned int removed, put;
	} table[] = {
		{ .what = "128 others", .stored = 128, .update = 128, .removed = 128, .put = 128 },
		{ .what = "129 others", .stored = 0, .update = 129, .result = RESULT_REFUSED },
		{ .what = "one more", .stored = 127, .update = 1, .single = true, .put = 1 },
		{ .what = "one too many", .stored = 128, .update = 1, .single = true, .result = RESULT_REFUSED },
		{ .what = "129 stored: they stay", .stored = 129, .update = 1 },
	};

	for (unsigned int i = 0; i < ROWS(many); i++) {
		snprintf(codes[i], sizeof(codes[i]), "A%03u", i);
		many[i] = (struct stored_subscription){ .service = codes[i], .since = 20261001 };
	}
	for (size_t i = 0; i < ROWS(table); i++) {
		const struct row row = {
			.what = table[i].what, .kinds = PROFILE | SERVICES, .import = true, .single = table[i].single,
			.full = table[i].stored,
			.update = { .subscriptions = many, .subscriptions_count = table[i].update },
		};
		unsigned int removed = 0, put = 0, profile = 0;

		print_message("  %s\n", row.what);
		update_run(&row);
		assert_int_equal(response.result, table[i].result);
		if (table[i].result == RESULT_REFUSED)
			assert_string_equal(step.why, "subscriptions: too many");
		for (unsigned int k = 0; k < step.changes_count; k++) {
			removed += step.changes[k].kind == CHANGE_SUBSCRIPTION_REMOVE;
			put += step.changes[k].kind == CHANGE_SUBSCRIPTION_PUT;
			profile += step.changes[k].kind == CHANGE_PROFILE;
		}
		assert_int_equal(removed, table[i].removed);
		assert_int_equal(put, table[i].put);
		assert_int_equal(profile, table[i].result == RESULT_OK);
	}
}

/* ---- contents of billing's answer ---- */

static void account_update_of__numbers_and_facts__masks(void **state)
{
	static const struct {
		unsigned int kinds;
		int64_t bill_month, bill_total;
		unsigned int numbers;
	} table[] = {
		{ ALL_KINDS, 202610, 500, UPDATE_POINTS | UPDATE_BILL_MONTH | UPDATE_BILL_TOTAL },
		{ ALL_KINDS, STORED_UNKNOWN, 500, UPDATE_POINTS | UPDATE_BILL_TOTAL },
		{ ALL_KINDS, 202610, STORED_UNKNOWN, UPDATE_POINTS | UPDATE_BILL_MONTH },
		{ ALL_KINDS & ~POINTS, 202610, 500, UPDATE_BILL_MONTH | UPDATE_BILL_TOTAL },
		{ PROFILE, STORED_UNKNOWN, STORED_UNKNOWN, 0 },
	};
	uint64_t numbers = 0;

	fresh = (struct stored_account){ .points = STORED_UNKNOWN };
	stored_facts_clear(&fresh);
	for (size_t i = 0; i < ROWS(table); i++) {
		fresh.bill_month = table[i].bill_month;
		fresh.bill_total = table[i].bill_total;
		update = account_update_of(&fresh, table[i].kinds, NOW);
		assert_int_equal(update.numbers, table[i].numbers);
		assert_int_equal(update.kinds, table[i].kinds);
		assert_int_equal(update.now, NOW);
		assert_false(update.import || update.gone || update.single || update.charge || update.force);
	}
	/* numbers become unknown; a text only if billing has that fact */
	for (int i = 0; i < STORED_FACTS; i++)
		numbers |= (uint64_t)!stored_fact_is_text(&stored_facts[i]) << i;
	assert_int_equal(account_update_of(&fresh, PROFILE, NOW).facts, numbers);
	for (int i = 0; i < STORED_FACTS; i++) {
		if (!stored_fact_is_text(&stored_facts[i]))
			continue;
		*stored_text(&fresh, &stored_facts[i]) = "x";
		assert_int_equal(account_update_of(&fresh, PROFILE, NOW).facts, numbers | UINT64_C(1) << i);
		*stored_text(&fresh, &stored_facts[i]) = NULL;
	}
}

/* Nothing of the previous request is left in a reused account. */
static void account_begin_update__used_account__empty(void **state)
{
	memset(&account, 0xa5, sizeof(account));
	account_begin_update(&account);
	assert_false(account.known || account.bill_known || account.too_many || account.more_in_flight || account.order_known);
	assert_string_equal(account.owner, "");
	assert_string_equal(account.service, "");
	assert_false(account.services_known[0]);
	assert_int_equal(account.subscriptions_count + account.in_flight_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_update__age_of_each_kind__newer_or_equally_new_is_stored),
		cmocka_unit_test(account_update__kind_without_age__age_of_the_update),
		cmocka_unit_test(account_update_since__profile_and_services__the_older_one),
		cmocka_unit_test(account_update__subscriber_unknown__added_or_refused),
		cmocka_unit_test(account_update__gone_or_other_owner__cleared_unless_older),
		cmocka_unit_test(account_update__profile__language_and_status_stay_or_change),
		cmocka_unit_test(account_update__cards_and_passwords__billing_sets_import_fills),
		cmocka_unit_test(account_update__single__only_that_one_and_its_age),
		cmocka_unit_test(account_update__subscriptions__each_verdict_in_context),
		cmocka_unit_test(account_update__too_many_subscriptions__refused_or_left_as_they_are),
		cmocka_unit_test(account_update_of__numbers_and_facts__masks),
		cmocka_unit_test(account_begin_update__used_account__empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
