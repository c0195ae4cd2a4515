/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications, each handed out until it is acknowledged; housekeeping; the catalogue passed to the store. */
#include <string.h>

#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"

struct taker {
	struct bench bench;
	unsigned int count;
	uint64_t last;
	bool sends_at_once;
};

static void take(void *user, const struct account_notification *notification)
{
	struct taker *taker = user;

	assert_string_equal(notification->kind, "order_completed");
	assert_string_equal(notification->subscriber.msisdn, ALICE);
	assert_string_equal(fixture_text(&notification->facts, FIELD_SERVICE), "NEWS");
	taker->count++;
	taker->last = notification->id;
	if (taker->sends_at_once)
		accounts_notification_ack(taker->bench.accounts, notification->id, NOTIFICATION_SENT);
}

static void taker_start(struct taker *taker)
{
	bench_start(&taker->bench, &(struct accounts_settings){ 0 });
	accounts_set_notify(taker->bench.accounts, take, taker);
	loop_round();
}

static void notification__sent__once_and_deleted(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct taker taker = { .sends_at_once = i & 1 };

		disk.later = i & 2;
		disk_add_notification();
		taker_start(&taker);
		assert_int_equal(taker.count, 1);
		clocks_pass(5000);
		assert_int_equal(taker.count, 1);
		accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_SENT);
		accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_SENT);
		loop_round();
		assert_true(llist_empty(&disk.notifications));
		clocks_pass(1000);
		assert_int_equal(taker.count, 1);
		bench_stop(&taker.bench);
	}
}

static void notification__no_receiver__stays(void **state)
{
	struct bench bench = { 0 };

	disk_add_notification();
	bench_start(&bench, &(struct accounts_settings){ 0 });
	clocks_pass(5000);
	assert_int_equal(disk.claims, 0);
	assert_false(llist_empty(&disk.notifications));
	bench_stop(&bench);
}

static void notification__cannot_be_sent_now__sent_again_when_due(void **state)
{
	struct taker taker = { 0 };
	const int64_t id = disk_add_notification();
	int64_t wait;

	taker_start(&taker);
	accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_LATER);
	wait = disk_notification(id)->due - FAKE_NOW;
	assert_in_range(wait, 30, 38);
	clocks_pass((unsigned int)(wait - 1) * 1000);
	assert_int_equal(taker.count, 1);
	clocks_pass(1000);
	assert_int_equal(taker.count, 2);
	bench_stop(&taker.bench);
}

static void F3_notification__never_acknowledged__sent_again_after_a_minute(void **state)
{
	struct taker taker = { 0 };

	disk_add_notification();
	taker_start(&taker);
	clocks_pass(59000);
	assert_int_equal(taker.count, 1);
	clocks_pass(1000);
	assert_int_equal(taker.count, 2);
	bench_stop(&taker.bench);
}

static void F16_notification__sent_while_the_store_cannot_write__not_sent_again(void **state)
{
	struct taker taker = { 0 };

	disk_add_notification();
	taker_start(&taker);
	disk.broken = true;
	accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_SENT);
	for (int i = 0; i < 200; i++)
		clocks_pass(1000);
	assert_int_equal(taker.count, 1);
	disk.broken = false;
	clocks_pass(1000);
	assert_true(llist_empty(&disk.notifications));
	bench_stop(&taker.bench);
}

static void F5_notification__shown_in_a_turn__acknowledged_without_being_sent(void **state)
{
	struct taker taker = { 0 };
	const int64_t id = disk_add_notification();

	disk_notification(id)->due = FAKE_NOW + 60;
	taker_start(&taker);
	accounts_notification_ack(taker.bench.accounts, (uint64_t)id, NOTIFICATION_SENT);
	assert_true(llist_empty(&disk.notifications));
	clocks_pass(60000);
	assert_int_equal(taker.count, 0);
	bench_stop(&taker.bench);
}

static void notifications__a_thousand__each_once(void **state)
{
	struct taker taker = { .sends_at_once = true };
	char line[512];

	for (int i = 0; i < 1000; i++)
		disk_add_notification();
	taker_start(&taker);
	for (int i = 0; i < 100; i++)
		clocks_pass(100);
	assert_int_equal(taker.count, 1000);
	assert_true(llist_empty(&disk.notifications));
	accounts_describe(taker.bench.accounts, line, sizeof(line));
	assert_non_null(strstr(line, "1000 messages tried, 1000 sent, 0 put off"));
	bench_stop(&taker.bench);
}

static void F5_notifications__a_thousand_shown_in_turns_at_once__all_acknowledged(void **state)
{
	struct taker taker = { 0 };
	int64_t ids[1000];

	for (int i = 0; i < 1000; i++) {
		ids[i] = disk_add_notification();
		disk_notification(ids[i])->due = FAKE_NOW + 60;
	}
	disk.later = true;
	taker_start(&taker);
	for (int i = 0; i < 1000; i++)
		accounts_notification_ack(taker.bench.accounts, (uint64_t)ids[i], NOTIFICATION_SENT);
	clocks_pass(90000);
	assert_int_equal(taker.count, 0);
	assert_true(llist_empty(&disk.notifications));
	bench_stop(&taker.bench);
}

static void notifications__nothing_due__acknowledging_asks_for_no_list(void **state)
{
	struct taker taker = { 0 };
	unsigned int asked;
	int64_t id;

	taker_start(&taker);
	clocks_pass(1000);
	asked = disk.claims;
	id = disk_add_notification();
	disk_notification(id)->due = FAKE_NOW + 60;
	accounts_notification_ack(taker.bench.accounts, (uint64_t)id, NOTIFICATION_SENT);
	loop_round();
	assert_int_equal(disk.claims, asked);
	bench_stop(&taker.bench);
}

static void housekeeping__much_to_do__in_pieces_with_pauses(void **state)
{
	struct bench bench = { 0 };

	disk.housekeeping_left = 10;
	bench_start(&bench, &(struct accounts_settings){ 0 });
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 0);
	clocks_pass(1000);
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 1);
	for (int i = 0; i < 20; i++)
		clocks_pass(50);
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 10);
	clocks_pass(58000);
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 10);
	clocks_pass(2000);
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 11);
	bench_stop(&bench);
}

static void housekeeping__fails_in_the_middle__goes_on_soon(void **state)
{
	struct bench bench = { 0 };

	disk.housekeeping_left = 10;
	bench_start(&bench, &(struct accounts_settings){ 0 });
	clocks_pass(1000);
	clocks_pass(50);
	disk.broken = true;
	clocks_pass(50);
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 3);
	disk.broken = false;
	clocks_pass(5000);
	clocks_pass(50);
	assert_int_equal(disk.asked[REQUEST_HOUSEKEEP], 5);
	bench_stop(&bench);
}

static void catalogue__set__reaches_the_store(void **state)
{
	static const struct catalogue catalogue;
	struct bench bench = { 0 };

	bench_start(&bench, &(struct accounts_settings){ 0 });
	accounts_set_catalogue(bench.accounts, &catalogue);
	assert_ptr_equal(disk.catalogue, &catalogue);
	bench_stop(&bench);
}

static void describe__little_room__truncated_and_terminated(void **state)
{
	struct bench bench = { 0 };
	char whole[600], line[600];
	int len;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	len = accounts_describe(bench.accounts, whole, sizeof(whole));
	assert_int_equal(len, (int)strlen(whole));
	for (size_t size = 1; size <= sizeof(line); size++) {
		assert_int_equal(accounts_describe(bench.accounts, line, size), len);
		assert_int_equal(strlen(line), OSMO_MIN(size - 1, (size_t)len));
		assert_memory_equal(line, whole, strlen(line));
	}
	bench_stop(&bench);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fakes_setup, fakes_teardown)
	const struct CMUnitTest tests[] = {
		TEST(notification__sent__once_and_deleted),
		TEST(notification__no_receiver__stays),
		TEST(notification__cannot_be_sent_now__sent_again_when_due),
		TEST(F3_notification__never_acknowledged__sent_again_after_a_minute),
		TEST(F16_notification__sent_while_the_store_cannot_write__not_sent_again),
		TEST(F5_notification__shown_in_a_turn__acknowledged_without_being_sent),
		TEST(notifications__a_thousand__each_once),
		TEST(F5_notifications__a_thousand_shown_in_turns_at_once__all_acknowledged),
		TEST(notifications__nothing_due__acknowledging_asks_for_no_list),
		TEST(housekeeping__much_to_do__in_pieces_with_pauses),
		TEST(housekeeping__fails_in_the_middle__goes_on_soon),
		TEST(catalogue__set__reaches_the_store),
		TEST(describe__little_room__truncated_and_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
