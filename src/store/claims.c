/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claims of due work, in memory. */
#include <osmocom/core/talloc.h>

#include "starhash/clock.h"
#include "store/claims.h"

struct held {
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

static void forget(struct held *held)
{
	llist_del(&held->entry);
	talloc_free(held);
}

void claims_free(struct claims *claims)
{
	struct held *held, *next;

	llist_for_each_entry_safe(held, next, &claims->held, entry)
		forget(held);
}

static struct held *held_find(const struct claims *claims, int64_t id)
{
	struct held *held;

	llist_for_each_entry(held, &claims->held, entry) {
		if (held->id == id)
			return held;
	}
	return NULL;
}

static struct held *held_add(struct claims *claims, int64_t id)
{
	struct held *held = talloc_zero(NULL, struct held);

	held->id = id;
	llist_add_tail(&held->entry, &claims->held);
	return held;
}

void claims_begin(struct claims *claims)
{
	const int64_t now = clock_monotonic_ms();
	struct held *held, *next;

	llist_for_each_entry_safe(held, next, &claims->held, entry) {
		if (!held->over && held->until_ms <= now)
			forget(held);
	}
	claims->reading++;
}

unsigned int claims_ids(const struct claims *claims, int64_t *ids, unsigned int max)
{
	unsigned int count = 0;
	struct held *held;

	llist_for_each_entry(held, &claims->held, entry) {
		if (count < max)
			ids[count++] = held->id;
	}
	return count;
}

static bool take_claim(struct claims *claims, int64_t id, int64_t until_ms)
{
	if (held_find(claims, id))
		return false;
	held_add(claims, id)->until_ms = until_ms;
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
	struct held *held, *next;
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
	struct held *held = held_find(claims, id);

	if (claims->reading)
		(held ? held : held_add(claims, id))->over = true;
	else if (held)
		forget(held);
}
