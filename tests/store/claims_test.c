/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claims in memory: reading and completing in any order. Expiring leases are tested against whole stores. */
#include <string.h>

#include "store/claims.h"
#include "tests/cmocka.h"

#define LEASE_MS 60000

static void list_orders(struct response *response, int64_t first, unsigned int count)
{
	response_init(response);
	response->part = RESPONSE_ORDERS;
	for (unsigned int i = 0; i < count; i++)
		response->orders[response->orders_count++] = (struct due_order){ .id = first + i };
}

static void list_notifications(struct response *response, int64_t first, unsigned int count)
{
	response_init(response);
	for (unsigned int i = 0; i < count; i++) {
		const struct due_notification due = { .id = first + i, .kind = "order_completed" };

		assert_int_equal(response_add_notification(response, &due), 0);
	}
}

/* Two lists read at the same time have the same items. */
static void claims__two_lists_at_once__each_item_in_one_of_them(void **state)
{
	struct response one, other;
	struct claims claims;

	claims_init(&claims);
	claims_begin(&claims);
	claims_begin(&claims);
	list_orders(&one, 1, 3);
	list_orders(&other, 2, 3);
	claims_end(&claims, LEASE_MS, &one);
	assert_int_equal(one.orders_count, 3);
	claims_end(&claims, LEASE_MS, &other);
	assert_int_equal(other.orders_count, 1);
	assert_int_equal(other.orders[0].id, 4);
	claims_free(&claims);
}

/* The list that was read before still contains it: it must not be done twice. */
static void claims__completed_while_a_list_is_read__not_in_it(void **state)
{
	struct due_notification due;
	struct response response;
	struct claims claims;
	int64_t ids[4];

	claims_init(&claims);
	claims_begin(&claims);
	claims_begin(&claims);
	claims_drop(&claims, 2);
	list_notifications(&response, 1, 3);
	claims_end(&claims, LEASE_MS, &response);
	assert_int_equal(response.rows.count, 2);
	assert_true(response_notification(&response, 0, &due));
	assert_int_equal(due.id, 1);
	assert_true(response_notification(&response, 1, &due));
	assert_int_equal(due.id, 3);
	list_notifications(&response, 2, 1);
	claims_end(&claims, LEASE_MS, &response);
	assert_int_equal(response.rows.count, 0);
	assert_int_equal(claims_ids(&claims, ids, 4), 2);
	claims_begin(&claims);			/* a retried item may be in this list */
	list_notifications(&response, 2, 1);
	claims_end(&claims, LEASE_MS, &response);
	assert_int_equal(response.rows.count, 1);
	claims_free(&claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims__two_lists_at_once__each_item_in_one_of_them),
		cmocka_unit_test(claims__completed_while_a_list_is_read__not_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
