/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The operator's tool on every store: whole accounts and lists, snapshots that replace everything, old records, progress of
 * imports. Ages are relative to the machine's clock, which stores read here. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/calendar.h"
#include "store/copies.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

#define ALL ((1u << ACCOUNT_KINDS) - 1)
#define ALICE_NUMBER 13800138000
#define BOB_NUMBER 13800138001
#define CAROL "13800138002"
#define SEEN_MAX 16
#define DAY_S INT64_C(86400)

static const struct contender {
	const char *name;
	const struct store_ops *serves;		/* in this process; NULL: a file is used */
	const struct store_admin_ops *ops;
} in_memory = { "memory", &memory_store_ops, &memory_admin_ops }, in_sqlite = { "sqlite", NULL, &sqlite_admin_ops };

static const uint8_t key_octets[CONSENT_KEY_SIZE] = "the key of consents in a test";
static const struct consent_keys keys = { 1, { { "0123abcd", key_octets } } };
static struct account_rules rules;

static const struct contender *contender;
static const struct store_admin_ops *ops;
static struct store *store;
static char file[DATABASE_NAME_SIZE];
static struct store_admin *admin;
static int64_t now;
static void *ctx;			/* copies that a case makes of its rows */

/* ---- both stores, filled with the fixture's accounts ---- */

static struct store_admin *open_another(enum admin_access access)
{
	const struct admin_settings settings = { .file = file, .store = store, .access = access, .rules = &rules,
						 .consent_key = &keys.keys[0] };
	struct store_admin *opened;
	const char *why = "";

	if (ops->open(NULL, &settings, &opened, &why) < 0)
		fail_msg("%s", why);
	return opened;
}

static struct account_step step;
static struct response response;

static void merge_update(const struct account_update *update)
{
	response_init(&response);
	step.response = &response;
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->merge(admin, update, &step), 0);
	assert_int_equal(ops->commit(admin), 0);
}

/* Merge it as one line of an import does. */
static void merge(const struct stored_account *account)
{
	const struct account_update update = account_update_whole(account, INT64_MAX - ACCOUNT_AHEAD_S, false);

	merge_update(&update);
	assert_null(step.why);
	assert_false(step.older);
}

static void fill(void)
{
	const struct accounts_settings settings = {
		.password_tries = 3, .orders_wait = true, .consent_keys = &keys, .message_rules = &rules.messages,
	};

	assert_int_equal(contender->serves->open(NULL, &settings, NULL, &store), 0);
	admin = open_another(ADMIN_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(fixture_services); i++)
		assert_int_equal(ops->put_service(admin, &fixture_services[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fixture_accounts); i++)
		merge(&fixture_accounts[i]);
}

static int setup(void **state)
{
	contender = *state;
	ops = contender->ops;
	now = time(NULL);
	ctx = talloc_named_const(NULL, 0, "case");
	account_rules_read(&rules, 3, NULL, NULL, NULL);
	rules.billing = true;
	rules.messages.survey_percent = 100;
	if (contender->serves) {
		fill();
		return 0;
	}
	database_fixture(file);
	database_number(file, "PRAGMA journal_mode = WAL");	/* as the serving daemon has it */
	admin = open_another(ADMIN_WRITE);
	return 0;
}

static int teardown(void **state)
{
	ops->close(admin);
	talloc_free(ctx);
	if (store)
		contender->serves->close(store);
	else
		database_unlink(file);
	store = NULL;
	file[0] = '\0';
	return 0;
}

static int setup_to_read(void **state)
{
	setup(state);
	ops->close(admin);
	admin = open_another(ADMIN_READ);
	return 0;
}

static void ask(struct request request, enum result wanted)
{
	request.now = now;
	response_init(&response);
	if (account_steps(request.kind))
		assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->ask(admin, &request, &response), 0);
	if (account_steps(request.kind))
		assert_int_equal(ops->commit(admin), 0);
	assert_string_equal(result_name(response.result), result_name(wanted));
}

/* Returns its id. */
static int64_t order(enum request_kind kind, const char *msisdn, const char *service)
{
	struct request request = fixture_request(kind, msisdn, 0);

	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->reference(admin, &request.ref), 0);
	assert_int_equal(ops->commit(admin), 0);
	if (service)
		fixture_arg(&request, FIELD_SERVICE, service);
	ask(request, RESULT_ACCEPTED);
	return response.order;
}

static void end_order(int64_t id, enum order_end end, const char *reason)
{
	struct request request = fixture_request(REQUEST_ORDER_END, "", 0);

	request.id = id;
	request.outcome.end = end;
	osmo_strlcpy(request.outcome.reason, reason, sizeof(request.outcome.reason));
	ask(request, RESULT_OK);
}

/* ---- accounts ---- */

struct seen {
	unsigned int count;
	unsigned int stop;		/* after this many */
	struct stored_account account;	/* the last one; its pointers are no longer valid */
	unsigned int lines;		/* of its last but one bill */
	char text[80];			/* copies of what it points to */
};

static int account_see(void *user, const struct stored_account *account)
{
	struct seen *seen = user;

	seen->account = *account;
	seen->lines = account->bills_count > 1 ? account->bills[account->bills_count - 2].lines_count : 0;
	if (account->points_count > 2 && seen->lines == 3)
		snprintf(seen->text, sizeof(seen->text), "%u %u %s %u %s", account->points_entries[2].place,
			 account->points_entries[2].date,
			 account->subscriptions[1].service, account->bills[5].lines[2].place, account->bills[5].lines[2].item);
	return ++seen->count == seen->stop;
}

static struct seen accounts_see(int64_t msisdn, unsigned int kinds, unsigned int stop)
{
	const struct admin_selection selection = { .msisdn = msisdn, .kinds = kinds };
	struct seen seen = { .stop = stop };

	assert_int_equal(ops->accounts(admin, &selection, account_see, &seen), 0);
	return seen;
}

static void accounts__one__is_whole(void **state)
{
	const struct seen seen = accounts_see(ALICE_NUMBER, ALL, 0);

	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.account.msisdn, ALICE);
	assert_string_equal(seen.account.imsis[0], ALICE_IMSI);
	assert_string_equal(seen.account.imsis[1], ALICE_SECOND_IMSI);
	assert_int_equal(seen.account.balance, 1250);
	assert_int_equal(seen.account.owed, STORED_UNKNOWN);
	assert_int_equal(seen.account.bills_count, 7);
	assert_int_equal(seen.lines, 3);
	assert_int_equal(seen.account.points_count, 12);
	assert_int_equal(seen.account.subscriptions_count, 2);
	assert_string_equal(seen.text, "3 20260201 NEWS 3 sms");
}

static void accounts__all__in_the_order_of_numbers(void **state)
{
	const struct seen seen = accounts_see(0, ALL, 0);

	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.account.msisdn, BOB);
	assert_int_equal(seen.account.bills_count + seen.account.points_count + seen.account.subscriptions_count, 0);
	assert_string_equal(seen.account.imsis[0], "001010000000002");
	assert_string_equal(seen.account.imsis[1], "");
}

static void accounts__callback_stops__no_more(void **state)
{
	const struct seen seen = accounts_see(0, ALL, 1);

	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.account.msisdn, ALICE);
}

static void accounts__unknown_number__none(void **state)
{
	assert_int_equal(accounts_see(BOB_NUMBER + 1, ALL, 0).count, 0);
	assert_int_equal(accounts_see(ALICE_NUMBER - 1, ALL, 0).count, 0);
}

static void accounts__some_kinds__only_those(void **state)
{
	const struct seen bills = accounts_see(ALICE_NUMBER, 1u << ACCOUNT_BILLS, 0);
	const struct seen profile = accounts_see(ALICE_NUMBER, 1u << ACCOUNT_PROFILE, 0);

	assert_string_equal(bills.account.msisdn, ALICE);
	assert_int_equal(bills.account.bills_count, 7);
	assert_int_equal(bills.lines, 3);
	assert_int_equal(bills.account.points_count + bills.account.subscriptions_count, 0);
	assert_null(bills.account.brand);
	assert_string_equal(bills.account.imsis[0], "");
	assert_non_null(profile.account.brand);
	assert_int_equal(profile.account.bills_count, 0);
}

static void accounts__totals_only__no_charges(void **state)
{
	const struct admin_selection selection = { .msisdn = ALICE_NUMBER, .kinds = 1u << ACCOUNT_BILLS, .totals_alone = true };
	struct seen seen = { .count = 0 };

	assert_int_equal(ops->accounts(admin, &selection, account_see, &seen), 0);
	assert_int_equal(seen.account.bills_count, 7);
	assert_int_equal(seen.lines, 0);
}

/* ---- lists ---- */

struct listed {
	unsigned int count;
	struct {
		int64_t msisdn;
		struct order order;
	} orders[SEEN_MAX];
	unsigned int subscribed;
	bool catalogue;
	char text[PASSWORD_HASH_SIZE + STORED_ID_PIECES_SIZE];	/* of the last row */
	struct admin_vanished vanished;
	struct admin_import import;
	char imported[32];			/* the file's name */
};

static int row_see(void *user, const struct admin_row *row)
{
	((struct listed *)user)->count++;
	return 0;
}

static int order_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	assert_in_range(listed->count, 0, SEEN_MAX - 1);
	listed->orders[listed->count].msisdn = row->msisdn;
	listed->orders[listed->count++].order = *row->order;
	return 0;
}

static struct listed list(struct admin_query query, admin_row_visit *visit)
{
	struct listed listed = { .count = 0 };

	assert_int_equal(ops->list(admin, &query, visit, &listed), 0);
	return listed;
}

static struct listed orders_see(struct admin_query query)
{
	query.list = ADMIN_ORDERS;
	return list(query, order_see);
}

static unsigned int rows_of(enum admin_list kind, int64_t msisdn)
{
	return list((struct admin_query){ .list = kind, .msisdn = msisdn }, row_see).count;
}

/* 1: in flight, 2: dead, 3: dead, 4: in flight */
static void orders_add(void)
{
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	end_order(order(REQUEST_LINE_RESUME, BOB, NULL), END_DEAD, "late");
	end_order(order(REQUEST_SERVICE_DEACTIVATE, ALICE, "CRBT"), END_DEAD, "late");
	order(REQUEST_LINE_SUSPEND, ALICE, NULL);
}

static void list__of_states__oldest_first(void **state)
{
	struct listed listed;

	orders_add();
	listed = orders_see((struct admin_query){ .states = 1u << ORDER_DEAD });
	assert_int_equal(listed.count, 2);
	assert_int_equal(listed.orders[0].msisdn, BOB_NUMBER);
	assert_int_equal(listed.orders[0].order.id, 2);
	assert_int_equal(listed.orders[1].order.id, 3);
	assert_string_equal(listed.orders[1].order.service, "CRBT");
	assert_string_equal(listed.orders[1].order.reason, "late");
	assert_int_equal(listed.orders[1].order.accepted_at, now);
	assert_int_equal(listed.orders[1].order.ended_at, now);
	assert_int_equal(orders_see((struct admin_query){ .states = 0 }).count, 4);
}

static void list__of_one__newest_first(void **state)
{
	struct listed listed;

	orders_add();
	listed = orders_see((struct admin_query){ .msisdn = ALICE_NUMBER, .max = 1, .states = 1u << ORDER_DEAD });
	assert_int_equal(listed.count, 1);
	assert_int_equal(listed.orders[0].order.id, 3);		/* the newest of that state */
	listed = orders_see((struct admin_query){ .msisdn = ALICE_NUMBER, .max = 2 });
	assert_int_equal(listed.count, 2);
	assert_int_equal(listed.orders[0].order.id, 4);
	assert_int_equal(listed.orders[1].order.id, 3);
	assert_int_equal(listed.orders[0].order.due, ORDER_WAITS);
}

static int password_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	snprintf(listed->text, sizeof(listed->text), "%s, %s", row->password->hash, row->id_pieces);
	return 0;
}

static struct listed password_of(int64_t msisdn)
{
	return list((struct admin_query){ .list = ADMIN_PASSWORDS, .msisdn = msisdn }, password_see);
}

static void list__of_passwords__with_pieces(void **state)
{
	assert_int_equal(password_of(0).count, 2);
	assert_string_equal(password_of(0).text, "hash of bob, ");
	assert_int_equal(password_of(ALICE_NUMBER).count, 1);
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, pieces of alice");
}

static int service_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	if (row->subscribed)
		listed->subscribed++;
	listed->catalogue = row->catalogue;
	snprintf(listed->text, sizeof(listed->text), "%s %lld %s %s", row->service->code, (long long)row->service->price,
		 row->service->period,
		 row->service->account ? row->service->account : "-");
	return 0;
}

static void list__of_services__whose_price_is_unknown(void **state)
{
	static const struct service feed = { .code = "ZEN", .price = 7, .period = "day", .account = "prepaid" };
	static const struct stored_subscription unheard[] = { { .service = "ZEN", .since = 20260101 } };
	const struct admin_query query = { .list = ADMIN_SERVICES };
	struct stored_account bob = fixture_accounts[1];
	struct listed listed = list(query, service_see);

	assert_int_equal(listed.count, 4);
	assert_int_equal(listed.subscribed, 0);
	assert_false(listed.catalogue);
	bob.subscriptions = unheard;
	bob.subscriptions_count = 1;
	merge(&bob);
	listed = list(query, service_see);
	assert_int_equal(listed.subscribed, 1);
	assert_string_equal(listed.text, "ZEN 0  -");
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->put_service(admin, &feed), 0);
	assert_int_equal(ops->commit(admin), 0);
	listed = list(query, service_see);
	assert_int_equal(listed.subscribed, 0);
	assert_string_equal(listed.text, "ZEN 7 day prepaid");
}

static int conversation_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	snprintf(listed->text + strlen(listed->text), sizeof(listed->text) - strlen(listed->text), "%lld %s %lld;", (long long)row->msisdn,
		 row->conversation->number, (long long)row->conversation->until);
	return 0;
}

static int survey_seen(void *user, const struct admin_row *row)
{
	char **seen = user;

	*seen = talloc_asprintf_append(*seen, "%s %s %lld: %lld; ", row->survey->about, row->survey->channel,
				       (long long)row->survey->score, (long long)row->survey->count);
	return 0;
}

static void survey(enum request_kind kind, const char *msisdn, uint64_t ref, const char *score, enum result wanted)
{
	struct request request = fixture_request(kind, msisdn, ref);

	fixture_arg(&request, FIELD_SURVEY, "cancel");
	fixture_arg(&request, (enum field)ARG_CHANNEL, "ussd");
	if (score)
		fixture_arg(&request, FIELD_SCORE, score);
	ask(request, wanted);
}

static void list__of_surveys__counted_and_nobody_named(void **state)
{
	const struct admin_query query = { .list = ADMIN_SURVEYS };
	char *seen = talloc_strdup(ctx, "");

	survey(REQUEST_SURVEY_ANSWER, ALICE, 9, "5", RESULT_REFUSED);
	survey(REQUEST_SURVEY_OFFER, ALICE, 10, NULL, RESULT_OK);
	survey(REQUEST_SURVEY_OFFER, ALICE, 11, NULL, RESULT_REFUSED);
	survey(REQUEST_SURVEY_ANSWER, ALICE, 12, "6", RESULT_REFUSED);
	survey(REQUEST_SURVEY_ANSWER, ALICE, 13, "5", RESULT_OK);
	survey(REQUEST_SURVEY_ANSWER, ALICE, 13, "5", RESULT_OK);
	survey(REQUEST_SURVEY_ANSWER, ALICE, 14, "5", RESULT_DUPLICATE);
	survey(REQUEST_SURVEY_OFFER, BOB, 15, NULL, RESULT_OK);
	survey(REQUEST_SURVEY_ANSWER, BOB, 16, "5", RESULT_OK);
	assert_int_equal(ops->list(admin, &query, survey_seen, &seen), 0);
	assert_string_equal(seen, "cancel ussd 0: 2; cancel ussd 5: 2; ");
}

static int bar_seen(void *user, const struct admin_row *row)
{
	char **seen = user;

	*seen = talloc_asprintf_append(*seen, "%s %d %d %s %s; ", row->bar->number, (int)row->bar->since, (int)row->bar->until,
				       row->bar->reason, row->bar->staff);
	return 0;
}

static void list__of_barred_numbers__sorted_and_seen_by_the_daemon(void **state)
{
	static const struct bar bars[] = {
		{ .number = "8613*", .since = 10, .reason = "fraud", .staff = "ann" },
		{ .number = "13800138000", .since = 11, .until = 5000, .reason = "test", .staff = "bob" },
		{ .number = "8613*", .since = 12, .until = 12, .staff = "bob" },
	};
	const struct admin_query query = { .list = ADMIN_BARRED };
	const struct request request = { .kind = REQUEST_BARRED };
	char *seen = talloc_strdup(ctx, "");

	assert_int_equal(ops->begin(admin), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bars); i++)
		assert_int_equal(ops->bar(admin, &bars[i]), 0);
	assert_int_equal(ops->commit(admin), 0);
	assert_int_equal(ops->list(admin, &query, bar_seen, &seen), 0);
	assert_string_equal(seen, "13800138000 11 5000 test bob; 8613* 12 12  bob; ");
	response_init(&response);
	assert_int_equal(ops->ask(admin, &request, &response), 0);
	assert_int_equal(response.rows.count, 2);
}

static void list__of_conversations__by_number_and_short_code(void **state)
{
	ask(fixture_keep(BOB, "123", "s", 3, NULL), RESULT_OK);
	ask(fixture_keep(ALICE, "456", "s", 2, NULL), RESULT_OK);
	ask(fixture_keep(ALICE, "123", "s", 1, "late"), RESULT_OK);
	assert_string_equal(list((struct admin_query){ .list = ADMIN_CONVERSATIONS }, conversation_see).text,
			    ALICE " 123 1;" ALICE " 456 2;" BOB " 123 3;");
	assert_int_equal(rows_of(ADMIN_CONVERSATIONS, BOB_NUMBER), 1);
}

static int consent_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	snprintf(listed->text, sizeof(listed->text), "%lld %.*s", (long long)row->msisdn, (int)row->consent->texts[CONSENT_SHOWN].len,
		 (const char *)row->consent->texts[CONSENT_SHOWN].octets);
	return 0;
}

static void consent_give(const char *msisdn, int64_t at, const char *shown)
{
	struct request request = fixture_request(strcmp(msisdn, BOB) ? REQUEST_LINE_SUSPEND : REQUEST_LINE_RESUME, msisdn, 0);
	const int64_t real = now;

	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->reference(admin, &request.ref), 0);
	assert_int_equal(ops->commit(admin), 0);
	fixture_arg(&request, ARG_SHOWN, shown);
	now = at;
	ask(request, RESULT_ACCEPTED);
	end_order(response.order, END_DONE, "");
	now = real;
}

static void list__of_consents__text_shown(void **state)
{
	struct admin_consents consents = { .source = NULL };
	struct consent_row row;

	consent_give(ALICE, now, "Suspend?");
	consent_give(BOB, now, "Suspend now?");
	assert_int_equal(list((struct admin_query){ .list = ADMIN_CONSENTS }, consent_see).count, 2);
	assert_string_equal(list((struct admin_query){ .list = ADMIN_CONSENTS, .max = 1 }, consent_see).text, BOB " Suspend now?");
	assert_string_equal(list((struct admin_query){ .list = ADMIN_CONSENTS, .msisdn = ALICE_NUMBER }, consent_see).text,
			    ALICE " Suspend?");
	assert_int_equal(ops->consents(admin, &consents), 0);
	assert_int_equal(consents.count, 2);
	consents.source->ops->begin(consents.source, CONSENTS_BY_ID, 0);
	assert_true(consents.source->ops->next_row(consents.source, CONSENTS_BY_ID, &row));
	assert_int_equal(row.consent.msisdn, ALICE_NUMBER);
	consents.source->ops->release(consents.source);
}

/* ---- accounts as they are now ---- */

static int account_take(void *user, const struct stored_account *account)
{
	*(struct stored_account **)user = stored_copy(ctx, account);
	return 0;
}

/* NULL: unknown subscriber. */
static struct stored_account *account_of(int64_t msisdn)
{
	const struct admin_selection selection = { .msisdn = msisdn, .kinds = ALL };
	struct stored_account *account = NULL;

	assert_int_equal(ops->accounts(admin, &selection, account_take, &account), 0);
	return account;
}

/* "CRBT active, NEWS …" */
static const char *services_of(int64_t msisdn)
{
	const struct stored_account *account = account_of(msisdn);
	char *services = talloc_strdup(ctx, "");

	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		services = talloc_asprintf_append(services, "%s%s %s", i ? ", " : "", account->subscriptions[i].service,
						  account->subscriptions[i].state);
	return services;
}

/* ---- single entries of a list ---- */

static struct account_update one_of(const struct stored_account *account, enum account_kind kind, bool charge, int64_t position)
{
	return (struct account_update){
		.account = account, .kinds = 1u << kind, .now = now, .import = true, .single = true, .charge = charge, .position = position,
	};
}

static struct stored_account with_number(const char *msisdn)
{
	struct stored_account account = { .as_of = STORED_UNKNOWN };

	stored_facts_clear(&account);
	osmo_strlcpy(account.msisdn, msisdn, sizeof(account.msisdn));
	account.points = account.bill_month = account.bill_total = STORED_UNKNOWN;
	return account;
}

static void (*take_one)(const struct account_update *update);

static void charge(const char *item, int64_t position)
{
	const struct stored_line line = { .item = item, .amount = position };
	const struct stored_bill bill = { .month = 202608, .lines = &line, .lines_count = 1 };
	struct stored_account account = with_number(ALICE);
	struct account_update update = one_of(&account, ACCOUNT_BILLS, true, position);

	account.as_of = now - 20;
	account.bills = &bill;
	account.bills_count = 1;
	take_one(&update);
	assert_null(step.why);
}

static void points(int64_t change, int64_t position)
{
	const struct stored_points entry = { .date = 20260902, .change = change, .reason = "earned" };
	struct stored_account account = with_number(ALICE);
	struct account_update update = one_of(&account, ACCOUNT_POINTS, false, position);

	account.as_of = now - 20;
	account.points_entries = &entry;
	account.points_count = 1;
	take_one(&update);
	assert_null(step.why);
}

/* Lines of a file come in any order. */
static void merge__single_entry__at_its_place(void **state)
{
	const struct stored_account *alice;
	const struct stored_bill *bill;

	take_one = merge_update;
	charge("ninth", 8);
	charge("fifth", 4);
	charge("first", 0);
	points(77, 20);
	points(66, 15);
	alice = account_of(ALICE_NUMBER);
	bill = &alice->bills[5];
	assert_int_equal(bill->month, 202608);
	assert_int_equal(bill->lines_count, 5);
	assert_string_equal(bill->lines[0].item, "first");
	assert_string_equal(bill->lines[1].item, "calls");
	assert_string_equal(bill->lines[3].item, "fifth");
	assert_int_equal(bill->lines[3].place, 5);
	assert_string_equal(bill->lines[4].item, "ninth");
	assert_int_equal(alice->points_count, 14);
	assert_int_equal(alice->points_entries[12].change, 66);
	assert_int_equal(alice->points_entries[13].change, 77);
	assert_int_equal(alice->points_entries[13].place, 21);
}

static void merge__another_owner__orders_belong_to_the_former_one(void **state)
{
	struct stored_account bob = fixture_accounts[1];
	struct order seen;

	bob.owner = "B1";
	merge(&bob);
	order(REQUEST_LINE_RESUME, BOB, NULL);
	assert_false(orders_see((struct admin_query){ .msisdn = BOB_NUMBER }).orders[0].order.former_owner);
	bob.owner = "B2";
	merge(&bob);
	seen = orders_see((struct admin_query){ .msisdn = BOB_NUMBER }).orders[0].order;
	assert_int_equal(seen.state, ORDER_DEAD);
	assert_string_equal(seen.reason, ORDER_REASON_OTHER_OWNER);
	assert_true(seen.former_owner);
}

/* ---- snapshots ---- */

static struct stored_account row(const char *msisdn, const char *imsi, const char *owner, int64_t as_of)
{
	struct stored_account account = with_number(msisdn);

	osmo_strlcpy(account.imsis[0], imsi, sizeof(account.imsis[0]));
	account.account = "postpaid";
	account.brand = "classic";
	account.status = "active";
	account.language = "en";
	account.owner = owner;
	account.as_of = as_of;
	return account;
}

static struct stored_account alice_row(const char *owner, int64_t as_of)
{
	return row(ALICE, ALICE_IMSI, owner, as_of);
}

static void staging_add_update(const struct account_update *update)
{
	response_init(&response);
	step.response = &response;
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->staging_add(admin, update, &step), 0);
	assert_int_equal(ops->commit(admin), 0);
}

/* NULL \a refusal: accepted. */
static void staging_add(struct stored_account account, const char *refusal)
{
	const struct account_update update = account_update_whole(&account, now, false);

	staging_add_update(&update);
	if (refusal)
		assert_string_equal(step.why, refusal);
	else
		assert_null(step.why);
	assert_string_equal(result_name(response.result), result_name(refusal ? RESULT_REFUSED : RESULT_OK));
}

static void staging_begin(void)
{
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->staging_begin(admin), 0);
	assert_int_equal(ops->commit(admin), 0);
}

static struct admin_loss staging_end(int64_t as_of, bool force)
{
	struct admin_import import = { .snapshot = true, .file = "snapshot.jsonl", .newest = as_of };
	struct admin_loss loss;
	bool any;

	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->import_put(admin, &import), 0);
	assert_int_equal(ops->commit(admin), 0);
	assert_int_equal(ops->staging_look(admin, as_of, force, &loss, &any), 0);
	assert_true(any);
	assert_int_equal(ops->staging_switch(admin, as_of, force, &import), 0);
	assert_int_equal(import.state, ADMIN_IMPORT_SWITCHED);
	assert_int_equal(ops->staging_clean(admin), 0);
	return loss;
}

/* A snapshot of these rows, as old as its first row. */
static struct admin_loss snapshot(const struct stored_account *rows, size_t count, bool force)
{
	staging_begin();
	for (size_t i = 0; i < count; i++)
		staging_add(rows[i], NULL);
	return staging_end(rows[0].as_of, force);
}

static struct admin_loss snapshot_of(struct stored_account account, bool force)
{
	return snapshot(&account, 1, force);
}

static struct admin_loss snapshot_without_alice(int64_t as_of, bool force)
{
	return snapshot_of(row(BOB, "001010000000002", NULL, as_of), force);
}

static int vanished_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	listed->vanished = *row->vanished;
	return 0;
}

static struct listed vanished_of(int64_t msisdn)
{
	return list((struct admin_query){ .list = ADMIN_VANISHED, .msisdn = msisdn }, vanished_see);
}

static void assert_order(const char *msisdn, enum order_state state, const char *reason)
{
	int64_t key = 0;
	struct listed listed;

	msisdn_key(msisdn, &key);
	listed = orders_see((struct admin_query){ .msisdn = key });
	assert_int_equal(listed.count, 1);
	assert_string_equal(order_state_name(listed.orders[0].order.state), order_state_name(state));
	assert_string_equal(listed.orders[0].order.reason, reason);
}

static void snapshot__subscriber_is_missing__vanishes(void **state)
{
	struct admin_loss loss;

	ask(fixture_keep(ALICE, "123", "s", now + 100, NULL), RESULT_OK);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	loss = snapshot_without_alice(now - 100, false);
	assert_int_equal(loss.all, 2);
	assert_int_equal(loss.vanish, 1);
	assert_int_equal(loss.other_owner, 0);
	assert_null(account_of(ALICE_NUMBER));
	assert_non_null(account_of(BOB_NUMBER));
	assert_int_equal(rows_of(ADMIN_PASSWORDS, ALICE_NUMBER), 0);
	assert_int_equal(rows_of(ADMIN_CONVERSATIONS, 0), 0);
	assert_order(ALICE, ORDER_DEAD, ORDER_REASON_VANISHED);
	assert_int_equal(vanished_of(0).count, 1);
	assert_true(vanished_of(ALICE_NUMBER).vanished.password);
	assert_int_equal(vanished_of(ALICE_NUMBER).vanished.orders, 1);
	assert_false(vanished_of(ALICE_NUMBER).vanished.back);
}

static void alice_is(const char *owner, int64_t as_of)
{
	struct stored_account alice = fixture_accounts[0];

	alice.owner = owner;
	alice.as_of = as_of;
	merge(&alice);
}

static void snapshot__missing_subscriber_is_newer__stays_whole(void **state)
{
	const struct stored_account *alice;

	alice_is("A", now - 50);
	assert_int_equal(snapshot_without_alice(now - 100, false).vanish, 0);
	alice = account_of(ALICE_NUMBER);
	assert_non_null(alice);
	assert_int_equal(alice->bills_count, 7);
	assert_int_equal(alice->points_count, 12);
	assert_string_equal(alice->imsis[1], ALICE_SECOND_IMSI);
	assert_string_equal(alice->hash, "hash of alice");
	assert_string_equal(services_of(ALICE_NUMBER), "CRBT active, NEWS active");
	assert_int_equal(snapshot_without_alice(now - 100, true).vanish, 1);
	assert_null(account_of(ALICE_NUMBER));
}

static void snapshot__another_owner__nothing_private_stays(void **state)
{
	struct stored_account next = alice_row("A2", now - 10);
	struct stored_account *alice;

	alice_is("A1", now - 100);
	ask(fixture_keep(ALICE, "123", "s", now + 100, NULL), RESULT_OK);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	consent_give(ALICE, now, "Suspend?");
	next.hash = "hash of the next";
	assert_int_equal(snapshot_of(next, false).other_owner, 1);
	alice = account_of(ALICE_NUMBER);
	assert_string_equal(alice->owner, "A2");
	assert_string_equal(alice->hash, "hash of the next");
	assert_string_equal(alice->imsis[1], "");
	assert_int_equal(alice->bills_count + alice->points_count + alice->subscriptions_count, 0);
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of the next, ");
	assert_int_equal(rows_of(ADMIN_CONVERSATIONS, 0), 0);
	assert_int_equal(rows_of(ADMIN_NOTIFICATIONS, ALICE_NUMBER), 0);
	assert_int_equal(vanished_of(ALICE_NUMBER).count, 0);
	assert_string_equal(orders_see((struct admin_query){ .max = 3 }).orders[1].order.reason, ORDER_REASON_OTHER_OWNER);
	assert_true(orders_see((struct admin_query){ .max = 3 }).orders[0].order.former_owner);
	ask(fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_int_equal(response.rows.count, 0);
	ask(fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	for (unsigned int i = 0; i < response.rows.count; i++) {
		struct record at;

		assert_true(rows_at(&response.rows, i, &at));
		if (!strcmp(fixture_text(&at, FIELD_KIND), "consents"))
			assert_int_equal(record_number(&at, FIELD_STORED, -1), 0);
	}
	assert_int_equal(rows_of(ADMIN_CONSENTS, ALICE_NUMBER), 1);
}

static void snapshot__names_a_former_owner__present_owner_stays(void **state)
{
	struct stored_account former = alice_row("A0", now - 100);

	alice_is("A1", now - 50);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	former.hash = "hash of the former";
	assert_int_equal(snapshot_of(former, false).other_owner, 0);
	assert_string_equal(account_of(ALICE_NUMBER)->owner, "A1");
	assert_int_equal(account_of(ALICE_NUMBER)->bills_count, 7);
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, pieces of alice");
	assert_order(ALICE, ORDER_ACCEPTED, "");
}

static void snapshot__without_an_owner__treated_as_the_same(void **state)
{
	alice_is("A1", now - 100);
	snapshot_of(alice_row(NULL, now - 10), false);
	assert_string_equal(account_of(ALICE_NUMBER)->owner, "A1");
	assert_string_equal(account_of(ALICE_NUMBER)->account, "postpaid");
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, pieces of alice");
}

static void snapshot__order_in_flight__shields_its_service_or_line(void **state)
{
	static const struct stored_subscription subscriptions[] = {
		{ .service = "CRBT", .since = 20250115 }, { .service = "NEWS", .since = 20260301 },
	};
	struct stored_account alice = alice_row(NULL, now - 10);
	const struct stored_account *after;

	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	order(REQUEST_SERVICE_DEACTIVATE, ALICE, "NEWS");
	order(REQUEST_LINE_SUSPEND, ALICE, NULL);
	alice.status = "new";
	alice.balance = 7;
	alice.subscriptions = &subscriptions[1];
	alice.subscriptions_count = 1;
	snapshot_of(alice, false);
	assert_string_equal(services_of(ALICE_NUMBER), "NEWS deactivating, WEATHER activating");
	after = account_of(ALICE_NUMBER);
	assert_string_equal(after->status, "active");
	assert_int_equal(after->balance, 7);
	assert_int_equal(after->bills_count, 0);
	assert_string_equal(after->imsis[1], "");
	ask(fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&response.facts, FIELD_SERVICES), "NEWS WEATHER");
	end_order(1, END_DONE, "");
	assert_string_equal(services_of(ALICE_NUMBER), "NEWS deactivating, WEATHER active");
}

/* It ended after billing's extract was made. */
static void snapshot__order_ended_later__shields_its_service(void **state)
{
	end_order(order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER"), END_DONE, "");
	snapshot_of(alice_row(NULL, now - 10), false);
	assert_string_equal(services_of(ALICE_NUMBER), "WEATHER active");
	now += 20;
	snapshot_of(alice_row(NULL, now - 10), false);
	assert_string_equal(services_of(ALICE_NUMBER), "");
}

static void snapshot__subscription_starts_later__stays(void **state)
{
	const int64_t tomorrow = calendar_date(day_of(now, 0) + 1);
	const struct stored_subscription later[] = { { .service = "NEWS", .since = (uint32_t)tomorrow } };
	struct stored_account alice = alice_row(NULL, now - 100);

	alice.subscriptions = later;
	alice.subscriptions_count = 1;
	merge(&alice);
	assert_string_equal(services_of(ALICE_NUMBER), "NEWS active");
	snapshot_of(alice_row(NULL, now - 10), false);
	assert_string_equal(services_of(ALICE_NUMBER), "NEWS active");
}

static void snapshot__language_and_password__stay(void **state)
{
	struct request request = fixture_request(REQUEST_LANGUAGE_SET, ALICE, 5);
	struct stored_account alice = alice_row(NULL, now - 10);

	fixture_arg(&request, FIELD_LANGUAGE, "fr");
	ask(request, RESULT_OK);
	alice.language = "zh";
	alice.hash = "hash of billing";
	alice.id_pieces = "fresh pieces";
	snapshot_of(alice, false);
	assert_string_equal(account_of(ALICE_NUMBER)->language, "fr");
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, fresh pieces");
}

/* Also where the profile is newer than the snapshot. */
static void snapshot__kinds_with_ages__newer_ones_stay(void **state)
{
	struct stored_account alice = alice_row(NULL, now - 100);
	const struct stored_bill bill = { .month = 202610, .total = 5 };
	const struct stored_account *after;

	alice_is(NULL, now - 50);
	alice.bills = &bill;
	alice.bills_count = 1;
	alice.bills_as_of = now - 20;
	alice.bill_total = 5;
	alice.bill_month = 202610;
	alice.id_pieces = "fresh pieces";
	snapshot_of(alice, false);
	after = account_of(ALICE_NUMBER);
	assert_string_equal(after->account, "prepaid");
	assert_string_equal(after->imsis[1], ALICE_SECOND_IMSI);
	assert_int_equal(after->bills_count, 1);
	assert_int_equal(after->bill_month, 202610);
	assert_int_equal(after->bills_as_of, now - 20);
	assert_int_equal(after->as_of, now - 50);
	assert_int_equal(after->points_count, 12);
	assert_string_equal(services_of(ALICE_NUMBER), "CRBT active, NEWS active");
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, pieces of alice");	/* part of the profile */
}

static void snapshot__new_subscriber__added_with_password(void **state)
{
	const struct stored_subscription unheard = { .service = "ZEN", .since = 20260101 };
	struct stored_account rows[] = {
		alice_row(NULL, now - 10), row(BOB, "001010000000002", NULL, now - 10), row(CAROL, ALICE_SECOND_IMSI, "C", now - 10),
	};
	struct stored_account *carol;

	rows[2].hash = "hash of carol";
	rows[2].subscriptions = &unheard;
	rows[2].subscriptions_count = 1;
	staging_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		staging_add(rows[i], NULL);
	assert_null(account_of(13800138002));
	assert_int_equal(staging_end(now - 10, false).vanish, 0);
	carol = account_of(13800138002);
	assert_string_equal(carol->hash, "hash of carol");
	assert_string_equal(carol->imsis[0], ALICE_SECOND_IMSI);
	assert_string_equal(services_of(13800138002), "ZEN active");
	assert_string_equal(account_of(ALICE_NUMBER)->imsis[1], "");
	ask((struct request){ .kind = REQUEST_PROFILE, .subscriber.imsi = ALICE_SECOND_IMSI }, RESULT_OK);
	assert_string_equal(fixture_text(&response.facts, FIELD_MSISDN), CAROL);
}

/* An IMSI claimed by a newer subscriber and by another one of the snapshot belongs to only one. */
static void snapshot__IMSI_of_a_newer_subscriber__stays(void **state)
{
	const struct stored_account rows[] = { alice_row(NULL, now - 100), row(BOB, ALICE_SECOND_IMSI, NULL, now - 100) };
	struct stored_account bob = fixture_accounts[1];

	alice_is(NULL, now - 50);
	bob.as_of = now - 50;
	merge(&bob);
	snapshot(rows, ARRAY_SIZE(rows), false);
	assert_string_equal(account_of(ALICE_NUMBER)->imsis[1], ALICE_SECOND_IMSI);
	assert_string_equal(account_of(BOB_NUMBER)->imsis[0], "001010000000002");
	assert_string_equal(account_of(BOB_NUMBER)->imsis[1], "");
}

static void staging__duplicate_number_or_IMSI__refused_and_nothing_changed(void **state)
{
	struct stored_account lacks = row(CAROL, "001010000000003", NULL, now - 10);
	struct stored_account gone = lacks;
	struct account_update update = account_update_whole(&gone, now, false);

	staging_begin();
	staging_add(alice_row("A", now - 10), NULL);
	staging_add(row(ALICE, "001010000000007", "other", now - 10), "msisdn: already in this snapshot");
	staging_add(row(CAROL, ALICE_IMSI, NULL, now - 10), "imsi: belongs to another subscriber of this snapshot");
	lacks.brand = NULL;
	staging_add(lacks, "brand: required for a new subscriber");
	update.gone = true;
	staging_add_update(&update);
	assert_string_equal(step.why, "gone: a snapshot must leave out subscribers who are gone");
	staging_add(row("x", "001010000000003", NULL, now - 10), "msisdn: no number");
	assert_int_equal(staging_end(now - 10, false).vanish, 1);
	assert_string_equal(account_of(ALICE_NUMBER)->imsis[0], ALICE_IMSI);
	assert_string_equal(account_of(ALICE_NUMBER)->owner, "A");
	assert_null(account_of(13800138002));
	/* a refused number can be sent again */
	staging_begin();
	staging_add(alice_row("A", now - 5), NULL);
	staging_add(row(CAROL, ALICE_IMSI, NULL, now - 5), "imsi: belongs to another subscriber of this snapshot");
	staging_add(row(CAROL, ALICE_SECOND_IMSI, NULL, now - 5), NULL);
	staging_end(now - 5, false);
	assert_non_null(account_of(13800138002));
}

static void staging__single_entry__is_as_old_as_its_subscriber(void **state)
{
	const struct stored_bill bill = { .month = 202608, .total = 5 };
	struct stored_account alice = with_number(ALICE), carol = with_number(CAROL);
	struct account_update update = one_of(&alice, ACCOUNT_BILLS, false, 0);

	alice.bills = carol.bills = &bill;
	alice.bills_count = carol.bills_count = 1;
	staging_begin();
	staging_add(alice_row(NULL, now - 30), NULL);
	staging_add_update(&update);
	assert_null(step.why);
	take_one = staging_add_update;
	charge("second", 1);
	charge("first", 0);
	points(3, 0);
	update.account = &carol;
	staging_add_update(&update);
	assert_int_equal(response.result, RESULT_NOT_FOUND);
	staging_end(now - 30, false);
	assert_int_equal(account_of(ALICE_NUMBER)->as_of, now - 30);
	assert_int_equal(account_of(ALICE_NUMBER)->bills_as_of, now - 20);
	assert_int_equal(account_of(ALICE_NUMBER)->bills_count, 1);
	assert_string_equal(account_of(ALICE_NUMBER)->bills[0].lines[0].item, "first");
	assert_int_equal(account_of(ALICE_NUMBER)->points_count, 1);
	staging_begin();
	staging_add(alice_row(NULL, now - 15), NULL);
	update.account = &alice;
	staging_add_update(&update);
	staging_end(now - 15, false);
	assert_int_equal(account_of(ALICE_NUMBER)->bills_as_of, now - 15);
	assert_int_equal(account_of(ALICE_NUMBER)->bills[0].lines_count, 0);
}

static void staging_drop__nothing_is_left(void **state)
{
	staging_begin();
	staging_add(row(CAROL, ALICE_SECOND_IMSI, NULL, now - 10), NULL);
	assert_int_equal(ops->staging_drop(admin), 0);
	assert_int_equal(ops->staging_drop(admin), 0);
	assert_string_equal(account_of(ALICE_NUMBER)->imsis[1], ALICE_SECOND_IMSI);
	snapshot_of(alice_row(NULL, now - 10), false);
	assert_null(account_of(13800138002));
	assert_null(account_of(BOB_NUMBER));
}

static void staging__changed_meanwhile__is_merged(void **state)
{
	struct stored_account alice = alice_row(NULL, now - 50), carol = row(CAROL, ALICE_SECOND_IMSI, NULL, now - 10);

	alice.balance = 7;
	staging_begin();
	staging_add(alice, NULL);
	alice_is("A", now - 20);
	merge(&carol);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	staging_end(now - 50, false);
	assert_int_equal(account_of(ALICE_NUMBER)->balance, 1250);
	assert_string_equal(account_of(ALICE_NUMBER)->owner, "A");
	assert_string_equal(services_of(ALICE_NUMBER), "CRBT active, NEWS active, WEATHER activating");
	assert_non_null(account_of(13800138002));
	assert_null(account_of(BOB_NUMBER));
}

/* More than fit: those of the snapshot stay as they are. */
static void snapshot__too_many_subscriptions_together__only_its_own(void **state)
{
	struct stored_subscription many[STORED_SUBSCRIPTIONS_MAX];
	struct stored_account alice = alice_row(NULL, now - 100);

	for (unsigned int i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct stored_subscription){
			.service = talloc_asprintf(ctx, "S%03u", i), .since = (uint32_t)calendar_date(day_of(now, 0) + 1),
		};
	alice.subscriptions = many;
	alice.subscriptions_count = ARRAY_SIZE(many);
	alice.language = "fr";
	merge(&alice);
	assert_int_equal(account_of(ALICE_NUMBER)->subscriptions_count, STORED_SUBSCRIPTIONS_MAX);
	alice = alice_row("A", now - 10);
	alice.subscriptions = (const struct stored_subscription[]){ { .service = "NEWS", .since = 20260101 } };
	alice.subscriptions_count = 1;
	snapshot_of(alice, false);
	assert_string_equal(services_of(ALICE_NUMBER), "NEWS active");
	assert_string_equal(account_of(ALICE_NUMBER)->owner, "A");
	assert_string_equal(account_of(ALICE_NUMBER)->language, "en");
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, pieces of alice");
}

/* ---- subscribers who vanished and come back (A65) ---- */

static void alice_vanishes(const char *owner)
{
	struct request request = fixture_request(REQUEST_LANGUAGE_SET, ALICE, 5);

	alice_is(owner, now - 200);
	fixture_arg(&request, FIELD_LANGUAGE, "fr");
	ask(request, RESULT_OK);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");
	order(REQUEST_LINE_SUSPEND, ALICE, NULL);
	snapshot_without_alice(now - 100, false);
	assert_int_equal(vanished_of(ALICE_NUMBER).vanished.orders, 2);
}

static void assert_alice_is_back(void)
{
	const struct listed orders = orders_see((struct admin_query){ .msisdn = ALICE_NUMBER });

	assert_string_equal(account_of(ALICE_NUMBER)->language, "fr");
	assert_string_equal(password_of(ALICE_NUMBER).text, "hash of alice, pieces of alice");
	assert_string_equal(services_of(ALICE_NUMBER), "WEATHER activating");
	assert_int_equal(orders.orders[0].order.state, ORDER_ACCEPTED);
	assert_in_range(orders.orders[0].order.due, now, now + 100);
	assert_int_equal(orders.orders[1].order.state, ORDER_ACCEPTED);
	assert_int_equal(orders.orders[1].order.due, ORDER_WAITS);
	assert_false(orders.orders[1].order.former_owner);
	assert_int_equal(vanished_of(ALICE_NUMBER).count, 0);
	ask(fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&response.facts, FIELD_SERVICES), "WEATHER");
}

static void vanished__same_owner_in_a_snapshot__everything_restored(void **state)
{
	struct stored_account alice = alice_row("A", now - 50);

	alice_vanishes("A");
	alice.hash = "hash of billing";
	snapshot_of(alice, false);
	assert_alice_is_back();
}

static void vanished__same_owner_in_an_update__everything_restored(void **state)
{
	struct stored_account alice = alice_row("A", now - 50);

	alice_vanishes("A");
	merge(&alice);
	assert_alice_is_back();
}

static void vanished__another_owner__saved_data_deleted(void **state)
{
	struct stored_account alice = alice_row("B", now - 50);

	alice_vanishes("A");
	merge(&alice);
	assert_int_equal(rows_of(ADMIN_PASSWORDS, ALICE_NUMBER), 0);
	assert_string_equal(account_of(ALICE_NUMBER)->language, "en");
	assert_string_equal(orders_see((struct admin_query){ .max = 1 }).orders[0].order.reason, ORDER_REASON_OTHER_OWNER);
	assert_int_equal(vanished_of(0).count, 0);
}

static void vanished__with_tickets_alone__the_next_owner_sees_none(void **state)
{
	struct stored_account carol = row(CAROL, "001010000000003", "C", now - 200);
	struct request request = fixture_request(REQUEST_TICKET_OPEN, CAROL, 5);

	merge(&carol);
	fixture_arg(&request, FIELD_TICKET_KIND, "complaint");
	fixture_arg(&request, FIELD_TEXT, "nobody answers");
	ask(request, RESULT_OK);
	snapshot_of(row(BOB, "001010000000002", NULL, now - 100), true);
	carol = row(CAROL, "001010000000003", "D", now - 50);
	merge(&carol);
	ask(fixture_request(REQUEST_TICKETS_MINE, CAROL, 0), RESULT_OK);
	assert_int_equal(response.rows.count, 0);
}

static void vanished__refused_update__still_saved(void **state)
{
	struct stored_account alice = alice_row("A", now - 50);
	struct stored_subscription many[STORED_SUBSCRIPTIONS_MAX];

	alice_vanishes("A");
	for (unsigned int i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct stored_subscription){ .service = talloc_asprintf(ctx, "S%03u", i), .since = 20260101 };
	alice.subscriptions = many;
	alice.subscriptions_count = ARRAY_SIZE(many);
	merge_update(&(struct account_update){ .account = &alice, .kinds = ALL, .now = now, .import = true });
	assert_string_equal(step.why, "subscriptions: too many");
	assert_null(account_of(ALICE_NUMBER));
	assert_int_equal(vanished_of(ALICE_NUMBER).vanished.orders, 2);
	assert_true(vanished_of(ALICE_NUMBER).vanished.password);
	alice.subscriptions_count = 0;
	merge(&alice);
	assert_alice_is_back();
}

static const char *give_back(int64_t msisdn)
{
	const char *refusal;

	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->give_back(admin, msisdn, &refusal), 0);
	assert_int_equal(ops->commit(admin), 0);
	return refusal;
}

static void vanished__owner_is_unknown__an_operator_restores_it(void **state)
{
	struct stored_account alice = alice_row(NULL, now - 50);

	alice_vanishes("A");
	assert_string_equal(give_back(BOB_NUMBER), "nothing is retained for that number");
	assert_string_equal(give_back(ALICE_NUMBER), "has no subscriber: the retained data return when an import brings the number");
	merge(&alice);
	assert_int_equal(rows_of(ADMIN_PASSWORDS, ALICE_NUMBER), 0);
	assert_true(vanished_of(ALICE_NUMBER).vanished.back);
	assert_null(give_back(ALICE_NUMBER));
	assert_alice_is_back();
	assert_null(account_of(ALICE_NUMBER)->owner);
	assert_string_equal(give_back(ALICE_NUMBER), "nothing is retained for that number");
}

/* A subscriber's orders are due one at a time. */
static void vanished__another_order_is_in_flight__restored_orders_wait(void **state)
{
	struct stored_account alice = alice_row(NULL, now - 50);
	struct listed orders;

	alice_vanishes("A");
	merge(&alice);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "NEWS");
	assert_null(give_back(ALICE_NUMBER));
	orders = orders_see((struct admin_query){ .msisdn = ALICE_NUMBER, .states = 1u << ORDER_ACCEPTED });
	assert_int_equal(orders.count, 3);
	assert_int_equal(orders.orders[0].order.due, ORDER_WAITS);
	assert_int_equal(orders.orders[1].order.due, ORDER_WAITS);
	assert_int_equal(orders.orders[2].order.due, now);
	end_order(orders.orders[2].order.id, END_DONE, "");
	assert_int_equal(orders_see((struct admin_query){ .msisdn = ALICE_NUMBER }).orders[0].order.due, now);
}

static void vanished__again_without_a_password__first_one_stays_saved(void **state)
{
	struct stored_account alice = alice_row(NULL, now - 50);

	alice_vanishes("A");
	merge(&alice);
	order(REQUEST_SERVICE_ACTIVATE, ALICE, "NEWS");
	snapshot_without_alice(now - 40, false);
	assert_true(vanished_of(ALICE_NUMBER).vanished.password);
	assert_int_equal(vanished_of(ALICE_NUMBER).vanished.orders, 3);
}

/* F15: its owner was not known at first, and then it belonged to another one. */
static void vanished__number_has_had_two_owners_since__saved_data_deleted(void **state)
{
	struct stored_account alice = alice_row("B", now - 50);

	alice_vanishes(NULL);
	merge(&alice);
	assert_int_equal(vanished_of(ALICE_NUMBER).count, 1);
	snapshot_of(alice_row("C", now - 40), false);
	assert_int_equal(vanished_of(ALICE_NUMBER).count, 0);
	assert_string_equal(give_back(ALICE_NUMBER), "nothing is retained for that number");
}

/* ---- purge and old records ---- */

static void purge__order_in_flight__only_after_its_end(void **state)
{
	const int64_t id = order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");

	ask(fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_REFUSED);
	assert_non_null(account_of(ALICE_NUMBER));
	end_order(id, END_DONE, "");
	consent_give(ALICE, now, "Suspend?");
	ask(fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_OK);
	assert_null(account_of(ALICE_NUMBER));
	assert_int_equal(rows_of(ADMIN_PASSWORDS, ALICE_NUMBER), 0);
	assert_int_equal(rows_of(ADMIN_NOTIFICATIONS, ALICE_NUMBER), 0);
	assert_int_equal(rows_of(ADMIN_CONSENTS, ALICE_NUMBER), 1);
	assert_int_equal(rows_of(ADMIN_ORDERS, ALICE_NUMBER), 2);
	ask(fixture_request(REQUEST_ORDERS_PURGE, ALICE, 0), RESULT_OK);
	assert_int_equal(rows_of(ADMIN_ORDERS, ALICE_NUMBER), 0);
	ask((struct request){ .kind = REQUEST_PROFILE, .subscriber.imsi = ALICE_IMSI }, RESULT_NOT_FOUND);
}

static void purge__vanished_subscriber__saved_data_deleted(void **state)
{
	alice_vanishes("A");
	ask(fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_OK);
	assert_int_equal(vanished_of(0).count, 0);
}

static int64_t prune(enum admin_record kind, int64_t before, unsigned int max)
{
	int64_t deleted = -1;

	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->prune(admin, kind, before, max, &deleted), 0);
	assert_int_equal(ops->commit(admin), 0);
	return deleted;
}

#define AUGUST_2 INT64_C(1785628800)		/* 2026-08-02, UTC */

static void prune__of_accounts__older_than_their_month_or_date(void **state)
{
	assert_int_equal(prune(ADMIN_BILLS, AUGUST_2, 3), 3);
	assert_int_equal(account_of(ALICE_NUMBER)->bills_count, 4);
	assert_int_equal(prune(ADMIN_BILLS, AUGUST_2, 100), 2);
	assert_int_equal(prune(ADMIN_BILLS, AUGUST_2, 100), 0);
	assert_int_equal(account_of(ALICE_NUMBER)->bills[0].month, 202608);
	assert_int_equal(account_of(ALICE_NUMBER)->bills[0].lines_count, 3);
	assert_int_equal(prune(ADMIN_POINTS, AUGUST_2, 100), 9);
	assert_int_equal(account_of(ALICE_NUMBER)->points_count, 3);
	assert_int_equal(account_of(ALICE_NUMBER)->points_entries[0].date, 20260901);
	assert_int_equal(account_of(ALICE_NUMBER)->points_entries[0].place, 1);
}

static void prune__orders_and_notifications__that_have_ended(void **state)
{
	const int64_t first = order(REQUEST_SERVICE_ACTIVATE, ALICE, "WEATHER");

	order(REQUEST_LINE_RESUME, BOB, NULL);
	now += DAY_S;				/* the age of an order counts from its acceptance, whenever it ended */
	end_order(first, END_DONE, "");
	now -= DAY_S;
	assert_int_equal(rows_of(ADMIN_NOTIFICATIONS, ALICE_NUMBER), 1);
	assert_int_equal(prune(ADMIN_COMPLETED_ORDERS, now, 100), 0);
	assert_int_equal(prune(ADMIN_COMPLETED_ORDERS, now + 1, 100), 1);
	assert_int_equal(orders_see((struct admin_query){ .states = 0 }).orders[0].msisdn, BOB_NUMBER);
	assert_int_equal(prune(ADMIN_EXPIRED_NOTIFICATIONS, now, 100), 0);
	assert_int_equal(prune(ADMIN_EXPIRED_NOTIFICATIONS, now + 100 * DAY_S, 100), 1);
	assert_int_equal(rows_of(ADMIN_NOTIFICATIONS, 0), 0);
}

static void prune__replays__same_reference_is_new_again(void **state)
{
	struct request request = fixture_request(REQUEST_LANGUAGE_SET, ALICE, 5);

	fixture_arg(&request, FIELD_LANGUAGE, "fr");
	ask(request, RESULT_OK);
	assert_int_equal(prune(ADMIN_REPLAYS, now, 100), 0);
	assert_int_equal(prune(ADMIN_REPLAYS, now + 1, 100), 1);
	request = fixture_request(REQUEST_LANGUAGE_SET, ALICE, 5);
	fixture_arg(&request, FIELD_LANGUAGE, "zh");
	ask(request, RESULT_OK);
	assert_string_equal(account_of(ALICE_NUMBER)->language, "zh");
}

/* ---- imports ---- */

static int import_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	listed->import = *row->import;
	snprintf(listed->imported, sizeof(listed->imported), "%s", row->import->file);
	return 0;
}

static void import_put(struct admin_import *import)
{
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->import_put(admin, import), 0);
	assert_int_equal(ops->commit(admin), 0);
}

static void import__progress__survives(void **state)
{
	char name[] = "one.jsonl";
	struct admin_import first = { .file = name, .known = true, .digest = "digest of one", .newest = STORED_UNKNOWN };
	struct admin_import second = { .file = "two.jsonl", .snapshot = true, .newest = 5 };
	struct listed listed;

	import_put(&first);
	import_put(&second);
	assert_int_not_equal(first.id, second.id);
	first.lines = 10;
	first.rejected = 1;
	first.older = 2;
	first.offset = 1000;
	first.line = 12;
	name[0] = 'x';
	import_put(&first);
	ops->close(admin);
	admin = open_another(ADMIN_WRITE);
	listed = list((struct admin_query){ .list = ADMIN_IMPORTS, .max = 1 }, import_see);
	assert_string_equal(listed.imported, "two.jsonl");
	assert_true(listed.import.snapshot);
	assert_false(listed.import.known);
	assert_int_equal(listed.import.newest, 5);
	second.state = ADMIN_IMPORT_GIVEN_UP;
	import_put(&second);
	assert_int_equal(prune(ADMIN_ENDED_IMPORTS, now - 1, 100), 0);
	assert_int_equal(prune(ADMIN_ENDED_IMPORTS, now + 1000, 100), 1);
	listed = list((struct admin_query){ .list = ADMIN_IMPORTS }, import_see);
	assert_int_equal(listed.count, 1);
	assert_string_equal(listed.imported, "one.jsonl");
	assert_memory_equal(listed.import.digest, first.digest, ADMIN_DIGEST_SIZE);
	assert_int_equal(listed.import.state, ADMIN_IMPORT_RUNNING);
	assert_int_equal(listed.import.lines, 10);
	assert_int_equal(listed.import.rejected, 1);
	assert_int_equal(listed.import.older, 2);
	assert_int_equal(listed.import.offset, 1000);
	assert_int_equal(listed.import.line, 12);
	assert_int_equal(listed.import.newest, STORED_UNKNOWN);
	assert_in_range(listed.import.began, now, now + 100);
	assert_int_equal(listed.import.ended, 0);
	first.state = ADMIN_IMPORT_DONE;
	import_put(&first);
	assert_in_range(list((struct admin_query){ .list = ADMIN_IMPORTS }, import_see).import.ended, now, now + 100);
}

static void lock_imports__two_at_once__second_one_is_locked_out(void **state)
{
	struct store_admin *other = open_another(ADMIN_WRITE);

	assert_int_equal(ops->lock_imports(admin), 0);
	assert_int_equal(ops->lock_imports(admin), 0);
	assert_int_equal(ops->lock_imports(other), -1);
	assert_string_equal(ops->why(other), "another import is in progress");
	ops->close(admin);
	assert_int_equal(ops->lock_imports(other), 0);
	admin = other;
}

static void reference__drawn_twice__differ(void **state)
{
	uint64_t one, other;

	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->reference(admin, &one), 0);
	assert_int_equal(ops->reference(admin, &other), 0);
	assert_int_equal(ops->commit(admin), 0);
	assert_true(one && other && one != other);
}

/* ---- random steps have the same effect in both ---- */

#define TRIALS 60
#define STEPS 12

static uint32_t chance_state;

static unsigned int chance(unsigned int count)
{
	chance_state = chance_state * 1103515245 + 12345;
	return (chance_state >> 16) % count;
}

static const char *any_number(void)
{
	static const char *const numbers[] = { ALICE, BOB, CAROL };

	return numbers[chance(3)];
}

static struct stored_account any_row(const char *msisdn)
{
	static const char *const owners[] = { NULL, "A", "B" }, *const languages[] = { "en", "fr", "zh" };
	static const char *const services[] = { "CRBT", "NEWS", "WEATHER", "ZEN" };
	const int64_t today = calendar_date(day_of(now, 0));
	struct stored_subscription *subscriptions = talloc_array(ctx, struct stored_subscription, ARRAY_SIZE(services));
	struct stored_bill *bill = talloc(ctx, struct stored_bill);
	struct stored_account account = row(msisdn, talloc_asprintf(ctx, "00101000000010%u", chance(5)), owners[chance(3)],
					    now - chance(9) * 100);

	account.language = languages[chance(3)];
	account.status = chance(2) ? "active" : "suspended";
	account.balance = chance(100);
	account.hash = chance(2) ? talloc_asprintf(ctx, "hash %u", chance(100)) : NULL;
	account.id_pieces = chance(2) ? talloc_asprintf(ctx, "pieces %u", chance(100)) : NULL;
	account.bills_as_of = chance(2) ? now - chance(9) * 100 : 0;
	account.services_as_of = chance(2) ? now - chance(9) * 100 : 0;
	*bill = (struct stored_bill){ .month = 202601 + chance(12), .total = chance(100) };
	account.bills = bill;
	account.bills_count = chance(2);
	account.subscriptions = subscriptions;
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		if (chance(2))
			subscriptions[account.subscriptions_count++] = (struct stored_subscription){
				.service = services[i], .since = (uint32_t)(chance(4) ? 20260101 : today),
				.until = chance(8) ? 0 : 20991231,
				.state = chance(8) ? NULL : "deactivating",
			};
	}
	return account;
}

/* \a staged: a snapshot is staged, and billing's answers meanwhile are newer. */
static void any_update(bool staged)
{
	struct stored_account account = any_row(any_number());
	struct account_update update = account_update_whole(&account, now, !chance(6));

	if (staged) {
		account.as_of = now + 1;
		account.bills_as_of = account.services_as_of = 0;
	}
	update.gone = !staged && !chance(8);
	merge_update(&update);
}

/* The results are compared, too. \a staged: a snapshot is staged: nobody is purged meanwhile, as the snapshot would bring them back. */
static void any_request(char **said, bool staged)
{
	static const enum request_kind kinds[] = {
		REQUEST_SERVICE_ACTIVATE, REQUEST_SERVICE_DEACTIVATE, REQUEST_LINE_SUSPEND, REQUEST_LINE_RESUME, REQUEST_LANGUAGE_SET,
		REQUEST_ORDER_END, REQUEST_ORDER_END, REQUEST_ORDER_RELEASE, REQUEST_ACCOUNT_PURGE,
	};
	static const char *const services[] = { "CRBT", "NEWS", "WEATHER" };
	static uint64_t ref;
	struct request request = fixture_request(kinds[chance(ARRAY_SIZE(kinds) - staged)], any_number(), ++ref);

	request.now = now - chance(8) * 100;
	request.id = 1 + chance(6);
	if (request.kind == REQUEST_SERVICE_ACTIVATE || request.kind == REQUEST_SERVICE_DEACTIVATE)
		fixture_arg(&request, FIELD_SERVICE, services[chance(3)]);
	if (request.kind == REQUEST_LANGUAGE_SET)
		fixture_arg(&request, FIELD_LANGUAGE, "de");
	if (request.kind == REQUEST_ORDER_END)
		request.outcome.end = chance(3);
	response_init(&response);
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(ops->ask(admin, &request, &response), 0);
	assert_int_equal(ops->commit(admin), 0);
	*said = talloc_asprintf_append(*said, "%s %s\n", request_kind_name(request.kind), result_name(response.result));
}

static void any_snapshot(char **said)
{
	static const char *const numbers[] = { ALICE, BOB, CAROL };
	const int64_t as_of = now - chance(6) * 100;
	const bool force = !chance(4);
	struct admin_import import = { .snapshot = true, .file = "any", .newest = as_of };
	struct admin_loss loss;
	bool any;

	staging_begin();
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct stored_account account = any_row(numbers[i]);
		const struct account_update update = account_update_whole(&account, now, false);

		if (!chance(3))
			continue;
		staging_add_update(&update);
		*said = talloc_asprintf_append(*said, "row %s\n", step.why ? step.why : "accepted");
	}
	if (!force && chance(2))
		any_update(true);
	if (chance(2))
		any_request(said, true);
	assert_int_equal(ops->staging_look(admin, as_of, force, &loss, &any), 0);
	*said = talloc_asprintf_append(*said, "of %d, %d vanish and %d have another owner, %d\n", (int)loss.all, (int)loss.vanish,
				       (int)loss.other_owner, any);
	import_put(&import);
	assert_int_equal(ops->staging_switch(admin, as_of, force, &import), 0);
	assert_int_equal(ops->staging_clean(admin), 0);
}

static int account_print(void *user, const struct stored_account *account)
{
	char **said = user;

	*said = talloc_asprintf_append(*said, "%s %s %s owner %s %s %s balance %d imsi %s %s ages %d %d %d bill", account->msisdn,
				       account->account,
				       account->status, account->owner ? account->owner : "-", account->language,
				       account->hash ? account->hash : "-", (int)account->balance, account->imsis[0], account->imsis[1],
				       (int)(now - account->as_of), (int)(now - account->bills_as_of),
				       (int)(now - account->services_as_of));
	for (unsigned int i = 0; i < account->bills_count; i++)
		*said = talloc_asprintf_append(*said, " %u %d", account->bills[i].month, (int)account->bills[i].total);
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		*said = talloc_asprintf_append(*said, " %s %s %u %u", account->subscriptions[i].service, account->subscriptions[i].state,
					       account->subscriptions[i].since, account->subscriptions[i].until);
	*said = talloc_asprintf_append(*said, "\n");
	return 0;
}

static int password_print(void *user, const struct admin_row *row)
{
	*(char **)user = talloc_asprintf_append(*(char **)user, "password %d %s %s\n", (int)row->msisdn, row->password->hash,
						row->id_pieces);
	return 0;
}

static int order_print(void *user, const struct admin_row *row)
{
	const struct order *order = row->order;

	*(char **)user = talloc_asprintf_append(*(char **)user, "order %d of %d %s %s %s %s%s%s\n", (int)order->id, (int)row->msisdn,
						request_kind_name(order_request_kind(order->kind)), order->service,
						order_state_name(order->state), order->reason, order->former_owner ? " former" : "",
						order->state == ORDER_ACCEPTED && order->due == ORDER_WAITS ? " waits" : "");
	return 0;
}

static int vanished_print(void *user, const struct admin_row *row)
{
	*(char **)user = talloc_asprintf_append(*(char **)user, "vanished %d %d %d %d\n", (int)row->msisdn, row->vanished->password,
						(int)row->vanished->orders, row->vanished->back);
	return 0;
}

static int notification_print(void *user, const struct admin_row *row)
{
	*(char **)user = talloc_asprintf_append(*(char **)user, "notification %d %s\n", (int)row->msisdn, row->notification->kind);
	return 0;
}

static void all_print(char **said)
{
	static const struct {
		enum admin_list list;
		admin_row_visit *print;
	} lists[] = {
		{ ADMIN_PASSWORDS, password_print }, { ADMIN_ORDERS, order_print }, { ADMIN_VANISHED, vanished_print },
		{ ADMIN_NOTIFICATIONS, notification_print },
	};
	const struct admin_selection everybody = { .kinds = ALL };

	assert_int_equal(ops->accounts(admin, &everybody, account_print, said), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_int_equal(ops->list(admin, &(struct admin_query){ .list = lists[i].list }, lists[i].print, said), 0);
}

/* Returns every answer and the contents after each step, below \a parent. */
static char *trial_run(void *parent, const struct contender *with, uint32_t seed, int64_t at)
{
	void *state = (void *)with;
	char *said = talloc_strdup(parent, "");

	setup(&state);
	now = at;
	chance_state = seed;
	for (unsigned int i = 0; i < STEPS; i++) {
		const char *refusal;

		switch (chance(5)) {
		case 0:
			any_update(false);
			said = talloc_asprintf_append(said, "update %s\n", step.why ? step.why : step.older ? "older" : "accepted");
			break;
		case 1:
			any_snapshot(&said);
			break;
		case 2:
			refusal = !chance(2) ? give_back(chance(2) ? ALICE_NUMBER : BOB_NUMBER) : "not asked";
			said = talloc_asprintf_append(said, "given back: %s\n", refusal ? refusal : "yes");
			break;
		default:
			any_request(&said, false);
		}
		all_print(&said);
	}
	teardown(&state);
	return said;
}

/* The lines before the first difference, and both texts from there. */
static void difference_print(uint32_t seed, const char *one, const char *other)
{
	size_t same = 0, begin;

	while (one[same] == other[same])
		same++;
	for (begin = same; begin && (one[begin - 1] != '\n' || same - begin < 800); begin--)
		;
	print_error("trial %u:\n%.*s\n", seed, (int)(same - begin), &one[begin]);
	print_error("---- in memory:\n%.300s\n---- in SQLite:\n%.300s\n", &one[same], &other[same]);
}

static void random_steps__in_any_order__same_contents_in_both(void **state)
{
	const int64_t at = time(NULL);

	for (uint32_t seed = 1; seed <= TRIALS; seed++) {
		void *parent = talloc_named_const(NULL, 0, "trial");
		const char *one = trial_run(parent, &in_memory, seed, at), *other = trial_run(parent, &in_sqlite, seed, at);

		if (strcmp(one, other))
			difference_print(seed, one, other);
		assert_int_equal(strcmp(one, other), 0);
		talloc_free(parent);
	}
}

/* ---- only in memory ---- */

static void prune__consents_in_memory__the_oldest(void **state)
{
	consent_give(ALICE, now - 100, "Suspend?");
	consent_give(BOB, now - 50, "Suspend?");
	assert_int_equal(prune(ADMIN_OLD_CONSENTS, now - 60, 100), 1);
	assert_int_equal(rows_of(ADMIN_CONSENTS, ALICE_NUMBER), 0);
	assert_int_equal(rows_of(ADMIN_CONSENTS, BOB_NUMBER), 1);
}

static void open__memory_store_without_a_process__refused(void **state)
{
	const struct admin_settings settings = { .file = "accounts.db" };
	struct store_admin *none;
	const char *why = NULL;

	assert_int_equal(memory_admin_ops.open(NULL, &settings, &none, &why), -1);
	assert_null(none);
	assert_non_null(why);
	talloc_free((void *)why);
}

static void backup__of_memory__no_file(void **state)
{
	assert_int_equal(ops->backup(admin, "/tmp/starhash-no-such-file.db", NULL, NULL), -1);
	assert_string_equal(ops->why(admin), "a store in memory has no file");
}

/* ---- only in SQLite ---- */

/* Damage: rows of unknown subscribers, between two known ones and after them. */
static void accounts__rows_of_unknown_subscribers__left_out(void **state)
{
	database_number(file, "UPDATE bill_line SET month = 199901 WHERE month = 202608 AND position = 0");
	database_number(file, "UPDATE subscriber SET msisdn = msisdn + 1 WHERE msisdn = 13800138001");
	database_number(file, "INSERT INTO subscription (msisdn, service, since, state) VALUES (13800138001, 'NEWS', 20260101, 'active')");
	database_number(file, "INSERT INTO bill (msisdn, month, total) VALUES (13900000000, 202601, 5)");
	assert_int_equal(accounts_see(ALICE_NUMBER, ALL, 0).lines, 2);
	assert_int_equal(accounts_see(0, ALL, 0).count, 2);
	assert_int_equal(accounts_see(0, ALL, 0).account.subscriptions_count, 0);
}

static void begin__to_read__one_moment(void **state)
{
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(rows_of(ADMIN_ORDERS, 0), 0);
	database_number(file, "UPDATE subscriber SET balance = 7 WHERE msisdn = 13800138000");
	assert_int_equal(accounts_see(ALICE_NUMBER, ALL, 0).account.balance, 1250);
	ops->undo(admin);
	assert_int_equal(accounts_see(ALICE_NUMBER, ALL, 0).account.balance, 7);
}

static void open__missing_file__not_created(void **state)
{
	const struct admin_settings settings = { .file = "/tmp/starhash-no-such-file.db", .access = ADMIN_READ };
	struct store_admin *none;
	const char *why = NULL;
	struct stat status;

	assert_int_equal(sqlite_admin_ops.open(NULL, &settings, &none, &why), -1);
	assert_null(none);
	assert_non_null(why);
	talloc_free((void *)why);
	assert_int_not_equal(stat(settings.file, &status), 0);
}

#define IN(contender, name) { #name " " #contender, name, setup, teardown, (void *)&(contender) }
#define BOTH(name) IN(in_memory, name), IN(in_sqlite, name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(accounts__one__is_whole),
		BOTH(accounts__all__in_the_order_of_numbers),
		BOTH(accounts__callback_stops__no_more),
		BOTH(accounts__unknown_number__none),
		BOTH(accounts__some_kinds__only_those),
		BOTH(accounts__totals_only__no_charges),
		BOTH(list__of_states__oldest_first),
		BOTH(list__of_one__newest_first),
		BOTH(list__of_passwords__with_pieces),
		BOTH(list__of_services__whose_price_is_unknown),
		BOTH(list__of_barred_numbers__sorted_and_seen_by_the_daemon),
		BOTH(list__of_conversations__by_number_and_short_code),
		BOTH(list__of_surveys__counted_and_nobody_named),
		BOTH(list__of_consents__text_shown),
		BOTH(merge__single_entry__at_its_place),
		BOTH(merge__another_owner__orders_belong_to_the_former_one),
		BOTH(snapshot__subscriber_is_missing__vanishes),
		BOTH(snapshot__missing_subscriber_is_newer__stays_whole),
		BOTH(snapshot__another_owner__nothing_private_stays),
		BOTH(snapshot__names_a_former_owner__present_owner_stays),
		BOTH(snapshot__without_an_owner__treated_as_the_same),
		BOTH(snapshot__order_in_flight__shields_its_service_or_line),
		BOTH(snapshot__order_ended_later__shields_its_service),
		BOTH(snapshot__subscription_starts_later__stays),
		BOTH(snapshot__language_and_password__stay),
		BOTH(snapshot__kinds_with_ages__newer_ones_stay),
		BOTH(snapshot__new_subscriber__added_with_password),
		BOTH(snapshot__IMSI_of_a_newer_subscriber__stays),
		BOTH(staging__duplicate_number_or_IMSI__refused_and_nothing_changed),
		BOTH(staging__single_entry__is_as_old_as_its_subscriber),
		BOTH(staging_drop__nothing_is_left),
		BOTH(staging__changed_meanwhile__is_merged),
		BOTH(snapshot__too_many_subscriptions_together__only_its_own),
		BOTH(vanished__same_owner_in_a_snapshot__everything_restored),
		BOTH(vanished__same_owner_in_an_update__everything_restored),
		BOTH(vanished__another_owner__saved_data_deleted),
		BOTH(vanished__with_tickets_alone__the_next_owner_sees_none),
		BOTH(vanished__refused_update__still_saved),
		BOTH(vanished__owner_is_unknown__an_operator_restores_it),
		BOTH(vanished__another_order_is_in_flight__restored_orders_wait),
		BOTH(vanished__again_without_a_password__first_one_stays_saved),
		BOTH(vanished__number_has_had_two_owners_since__saved_data_deleted),
		BOTH(purge__order_in_flight__only_after_its_end),
		BOTH(purge__vanished_subscriber__saved_data_deleted),
		BOTH(prune__of_accounts__older_than_their_month_or_date),
		BOTH(prune__orders_and_notifications__that_have_ended),
		BOTH(prune__replays__same_reference_is_new_again),
		BOTH(import__progress__survives),
		BOTH(lock_imports__two_at_once__second_one_is_locked_out),
		BOTH(reference__drawn_twice__differ),
		cmocka_unit_test(random_steps__in_any_order__same_contents_in_both),
		IN(in_memory, prune__consents_in_memory__the_oldest),
		IN(in_memory, backup__of_memory__no_file),
		cmocka_unit_test(open__memory_store_without_a_process__refused),
		IN(in_sqlite, accounts__rows_of_unknown_subscribers__left_out),
		{ "begin__to_read__one_moment", begin__to_read__one_moment, setup_to_read, teardown, (void *)&in_sqlite },
		cmocka_unit_test(open__missing_file__not_created),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
