/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an operator's tool reads: whole accounts and lists, as they are stored. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/talloc.h>

#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

#define ALL ((1u << ACCOUNT_KINDS) - 1)
#define ALICE_NUMBER 13800138000
#define BOB_NUMBER 13800138001
#define SEEN_MAX 16

static const struct store_admin_ops *const ops = &sqlite_admin_ops;

static char file[DATABASE_NAME_SIZE];
static struct store_admin *admin;

static int open_to_read(void **state)
{
	const struct admin_settings settings = { .file = database_fixture(file), .access = ADMIN_READ };
	const char *why;

	database_number(file, "PRAGMA journal_mode = WAL");	/* as whoever serves has it */
	return ops->open(NULL, &settings, &admin, &why);
}

static int close_and_remove(void **state)
{
	ops->close(admin);
	database_unlink(file);
	return 0;
}

/* ---- accounts ---- */

struct seen {
	unsigned int count;
	unsigned int stop;		/* behind so many */
	struct stored_account account;	/* the last one; what it points to is gone */
	unsigned int lines;		/* of its last but one bill */
	char text[80];			/* of what it points to */
};

static int account_see(void *user, const struct stored_account *account)
{
	struct seen *seen = user;

	seen->account = *account;
	seen->lines = account->bills_count > 1 ? account->bills[account->bills_count - 2].lines_count : 0;
	if (account->points_count > 2 && seen->lines == 3)
		snprintf(seen->text, sizeof(seen->text), "%u %u %s %u %s", account->points_entries[2].place, account->points_entries[2].date,
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

static void accounts__visitor_has_enough__no_more(void **state)
{
	const struct seen seen = accounts_see(0, ALL, 1);

	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.account.msisdn, ALICE);
}

static void accounts__nobody_of_that_number__none(void **state)
{
	assert_int_equal(accounts_see(BOB_NUMBER + 1, ALL, 0).count, 0);
	assert_int_equal(accounts_see(ALICE_NUMBER - 1, ALL, 0).count, 0);
}

static void accounts__some_kinds__those_alone(void **state)
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

static void accounts__totals_alone__no_charges(void **state)
{
	const struct admin_selection selection = { .msisdn = ALICE_NUMBER, .kinds = 1u << ACCOUNT_BILLS, .totals_alone = true };
	struct seen seen = { .count = 0 };

	assert_int_equal(ops->accounts(admin, &selection, account_see, &seen), 0);
	assert_int_equal(seen.account.bills_count, 7);
	assert_int_equal(seen.lines, 0);
}

/* Damage, between two subscribers and behind them. */
static void accounts__rows_of_nobody__are_left_out(void **state)
{
	database_number(file, "UPDATE bill_line SET month = 199901 WHERE month = 202608 AND position = 0");
	database_number(file, "UPDATE subscriber SET msisdn = msisdn + 1 WHERE msisdn = 13800138001");
	database_number(file, "INSERT INTO subscription (msisdn, service, since, state) VALUES (13800138001, 'NEWS', 20260101, 'open')");
	database_number(file, "INSERT INTO bill (msisdn, month, total) VALUES (13900000000, 202601, 5)");
	assert_int_equal(accounts_see(ALICE_NUMBER, ALL, 0).lines, 2);
	assert_int_equal(accounts_see(0, ALL, 0).count, 2);
	assert_int_equal(accounts_see(0, ALL, 0).account.subscriptions_count, 0);
}

/* ---- lists ---- */

struct listed {
	unsigned int count;
	int64_t ids[SEEN_MAX];
	bool told;			/* of the last order: it is a former owner's; of the last service: a catalogue has come */
	char text[PASSWORD_HASH_SIZE + STORED_ID_PIECES_SIZE];	/* of the last password */
};

static int row_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	assert_in_range(listed->count, 0, SEEN_MAX - 1);
	listed->ids[listed->count++] = row->order->id;
	listed->told = row->order->former_owner;
	return 0;
}

static struct listed orders_see(struct admin_query query)
{
	struct listed listed = { .count = 0 };

	query.list = ADMIN_ORDERS;
	assert_int_equal(ops->list(admin, &query, row_see, &listed), 0);
	return listed;
}

static void orders_add(void)
{
	database_number(file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due) VALUES"
			" (1, 1, 13800138000, 'service open', 'NEWS', 20261101, 'taken', 1000, 0),"
			" (2, 2, 13800138001, 'service open', 'NEWS', 20261101, 'dead', 1000, 0),"
			" (3, 3, 13800138000, 'service open', 'CRBT', 20261101, 'dead', 1000, 0),"
			" (4, 4, 13800138000, 'line suspend', NULL, 20261101, 'done', 1000, 0),"
			" (5, 5, 13800138000, 'of another version', NULL, 20261101, 'dead', 1000, 0)");
}

static void list__of_states__oldest_first(void **state)
{
	struct listed listed;

	orders_add();
	listed = orders_see((struct admin_query){ .states = 1u << ORDER_DEAD | 1u << ORDER_ACCEPTED });
	assert_int_equal(listed.count, 3);
	assert_int_equal(listed.ids[0], 1);
	assert_int_equal(listed.ids[2], 3);
	assert_int_equal(orders_see((struct admin_query){ .states = 0 }).count, 4);
}

static void list__of_one__newest_first(void **state)
{
	struct listed listed;

	orders_add();
	listed = orders_see((struct admin_query){ .msisdn = ALICE_NUMBER, .max = 1, .states = 1u << ORDER_ACCEPTED });
	assert_int_equal(listed.count, 1);
	assert_int_equal(listed.ids[0], 1);		/* the newest of that state */
	listed = orders_see((struct admin_query){ .msisdn = ALICE_NUMBER, .max = 3 });
	assert_int_equal(listed.ids[0], 4);
	assert_int_equal(listed.ids[1], 3);
}

static void list__number_has_another_owner__order_is_a_former_ones(void **state)
{
	orders_add();
	assert_false(orders_see((struct admin_query){ .msisdn = BOB_NUMBER }).told);
	database_number(file, "UPDATE subscriber SET orders_after = 2 WHERE msisdn = 13800138001");
	assert_true(orders_see((struct admin_query){ .msisdn = BOB_NUMBER }).told);
}

static int password_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	listed->count++;
	snprintf(listed->text, sizeof(listed->text), "%s, %s", row->password->hash, row->id_pieces);
	return 0;
}

static void list__of_passwords__with_pieces(void **state)
{
	const struct admin_query query = { .list = ADMIN_PASSWORDS, .msisdn = ALICE_NUMBER };
	struct listed listed = { .count = 0 };

	assert_int_equal(ops->list(admin, &query, password_see, &listed), 0);
	assert_int_equal(listed.count, 1);
	assert_string_equal(listed.text, "hash of alice, pieces of alice");
}

static int service_see(void *user, const struct admin_row *row)
{
	struct listed *listed = user;

	if (row->subscribed)
		listed->count++;
	listed->told = row->catalogue;
	return 0;
}

static void list__of_services__whose_price_nobody_told(void **state)
{
	const struct admin_query query = { .list = ADMIN_SERVICES };
	struct listed listed = { .count = 0 };

	database_number(file, "UPDATE service SET period = '' WHERE service IN ('NEWS', 'WEATHER')");
	assert_int_equal(ops->list(admin, &query, service_see, &listed), 0);
	assert_int_equal(listed.count, 1);
	assert_false(listed.told);
	database_number(file, "INSERT INTO catalogue VALUES ('CRBT', 500, 'month', 0)");
	assert_int_equal(ops->list(admin, &query, service_see, &listed), 0);
	assert_true(listed.told);
}

/* ---- both ---- */

static void begin__to_read__as_of_one_moment(void **state)
{
	assert_int_equal(ops->begin(admin), 0);
	assert_int_equal(orders_see((struct admin_query){ .states = 0 }).count, 0);
	database_number(file, "UPDATE subscriber SET balance = 7 WHERE msisdn = 13800138000");
	assert_int_equal(accounts_see(ALICE_NUMBER, ALL, 0).account.balance, 1250);
	ops->undo(admin);
	assert_int_equal(accounts_see(ALICE_NUMBER, ALL, 0).account.balance, 7);
}

static void open__there_is_none__none_is_made(void **state)
{
	const struct admin_settings settings = { .file = "/tmp/starhash-no-such-file.db", .access = ADMIN_READ };
	struct store_admin *none;
	const char *why = NULL;
	struct stat status;

	assert_int_equal(ops->open(NULL, &settings, &none, &why), -1);
	assert_null(none);
	assert_non_null(why);
	talloc_free((void *)why);
	assert_int_not_equal(stat(settings.file, &status), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_to_read, close_and_remove)
	static const struct CMUnitTest tests[] = {
		TEST(accounts__one__is_whole),
		TEST(accounts__all__in_the_order_of_numbers),
		TEST(accounts__visitor_has_enough__no_more),
		TEST(accounts__nobody_of_that_number__none),
		TEST(accounts__some_kinds__those_alone),
		TEST(accounts__totals_alone__no_charges),
		TEST(accounts__rows_of_nobody__are_left_out),
		TEST(list__of_states__oldest_first),
		TEST(list__of_one__newest_first),
		TEST(list__number_has_another_owner__order_is_a_former_ones),
		TEST(list__of_passwords__with_pieces),
		TEST(list__of_services__whose_price_nobody_told),
		TEST(begin__to_read__as_of_one_moment),
		cmocka_unit_test(open__there_is_none__none_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
