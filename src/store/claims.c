/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claims of due work, in memory. */
#include <osmocom/core/talloc.h>

#include "starhash/clock.h"
#include "store/claims.h"

struct claimed {
	struct llist_head entry;
	int64_t id;
	int64_t until_ms;		/* by the monotonic clock */
	bool over;			/* completed, but a list that is being read may still contain it */
};

void claims_init(struct claims *claims)
{
	*claims = (struct claims){ 0 };
	INIT_LLIST_HEAD(&claims->held);
}

static void forget(struct claimed *held)
{
	llist_del(&held->entry);
	talloc_free(held);
}

void claims_free(struct claims *claims)
{
	struct claimed *held, *next;

	llist_for_each_entry_safe(held, next, &claims->held, entry)
		forget(held);
}

static struct claimed *claimed_find(const struct claims *claims, int64_t id)
{
	struct claimed *held;

	llist_for_each_entry(held, &claims->held, entry) {
		if (held->id == id)
			return held;
	}
	return NULL;
}

static struct claimed *claimed_add(struct claims *claims, int64_t id)
{
	struct claimed *held = talloc_zero(NULL, struct claimed);

	held->id = id;
	llist_add_tail(&held->entry, &claims->held);
	return held;
}

void claims_begin(struct claims *claims)
{
	const int64_t now = clock_monotonic_ms();
	struct claimed *held, *next;

	llist_for_each_entry_safe(held, next, &claims->held, entry) {
		if (!held->over && held->until_ms <= now)
			forget(held);
	}
	claims->reading++;
}

unsigned int claims_ids(const struct claims *claims, int64_t *ids, unsigned int max)
{
	unsigned int count = 0;
	struct claimed *held;

	llist_for_each_entry(held, &claims->held, entry) {
		if (count < max)
			ids[count++] = held->id;
	}
	return count;
}

static bool take_claim(struct claims *claims, int64_t id, int64_t until_ms)
{
	if (claimed_find(claims, id))
		return false;
	claimed_add(claims, id)->until_ms = until_ms;
	return true;
}

static void notifications_take(struct claims *claims, int64_t until_ms, struct response *response)
{
	struct response taken;
	struct due_notification due;
	bool all = true;

	response_init(&taken);
	for (unsigned int i = 0; response_notification(response, i, &due); i++) {
		if (take_claim(claims, due.id, until_ms))
			response_add_notification(&taken, &due);
		else
			all = false;
	}
	taken.result = response->result;
	if (!all)
		response_copy(response, &taken);
}

void claims_end(struct claims *claims, unsigned int lease_ms, struct response *response)
{
	const int64_t until_ms = clock_monotonic_ms() + lease_ms;
	struct claimed *held, *next;
	unsigned int taken = 0;

	if (response->part == RESPONSE_ORDERS) {
		for (unsigned int i = 0; i < response->orders_count; i++) {
			if (take_claim(claims, response->orders[i].id, until_ms))
				response->orders[taken++] = response->orders[i];
		}
		response->orders_count = taken;
	} else {
		notifications_take(claims, until_ms, response);
	}
	if (--claims->reading)
		return;
	llist_for_each_entry_safe(held, next, &claims->held, entry) {
		if (held->over)
			forget(held);
	}
}

void claims_drop(struct claims *claims, int64_t id)
{
	struct claimed *held = claimed_find(claims, id);

	if (claims->reading)
		(held ? held : claimed_add(claims, id))->over = true;
	else if (held)
		forget(held);
}

void claims_drop_order(struct claims queues[static QUEUES], int64_t id)
{
	claims_drop(&queues[QUEUE_ORDERS], id);
	claims_drop(&queues[QUEUE_BACKEND_ORDERS], id);
}
