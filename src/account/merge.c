/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Merging an update, from billing, a line of an import or a snapshot, with the stored account (F15, F16, F27): older data never overwrite
 * newer data, nothing of a former owner is shown to the next one, and orders placed here stay until billing can know of them.
 *
 * A kind of data is taken when it is as new as the stored data, or newer. Stored data dated in the future were written by a wrong clock
 * and count as old: they must not block correct data until then. An update dated in the future is refused for the same reason.
 *
 * The language is taken only where none is stored, since subscribers choose it here; the state of the line only when billing knows of
 * every order on it. */
#include <string.h>

#include "account/order.h"
#include "starhash/calendar.h"

bool owners_differ(const struct account_head *one, const struct account_head *other)
{
	return one->owner && other->owner && strcmp(one->owner, other->owner) != 0;
}

static int64_t believed(int64_t age, int64_t now)
{
	return age > now + ACCOUNT_SKEW_S ? 0 : age;
}

static struct merge all(enum merge_verdict verdict)
{
	struct merge merge = { .other_owner = false };

	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		merge.kinds[kind] = verdict;
	return merge;
}

struct merge account_merge(const struct account_head *stored, const struct account_head *update, int64_t now, bool force)
{
	struct merge merge = all(MERGE_TAKE);

	for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (update->as_of[kind] > now + ACCOUNT_AHEAD_S)
			return all(MERGE_REFUSE);
		if (stored && !force && update->as_of[kind] < believed(stored->as_of[kind], now))
			merge.kinds[kind] = MERGE_KEEP;
	}
	if (!stored || !owners_differ(stored, update))
		return merge;
	if (merge.kinds[ACCOUNT_PROFILE] == MERGE_KEEP)
		return all(MERGE_KEEP);		/* it may still be about the previous owner */
	merge = all(MERGE_TAKE);
	merge.other_owner = true;
	return merge;
}

bool order_shields(bool in_flight, int64_t ended, int64_t as_of)
{
	return in_flight || ended >= as_of;
}

static bool same(const struct subscription *one, const struct subscription *other)
{
	return !strcmp(one->service, other->service) && one->state == other->state && one->since == other->since &&
	       one->trial_until == other->trial_until && one->until == other->until && one->reminded == other->reminded &&
	       one->trial_ends == other->trial_ends;
}

enum subscription_verdict subscription_merge(const struct subscription *stored, const struct subscription *update, bool shielded,
					     int64_t as_of, struct subscription *merged)
{
	if (shielded || (!stored && !update))
		return SUBSCRIPTION_KEEP;
	/* a subscription that begins after the date of the update cannot be in it yet */
	if (!update)
		return stored->since > calendar_date(day_of(as_of, 0)) ? SUBSCRIPTION_KEEP : SUBSCRIPTION_REMOVE;
	*merged = *update;
	/* billing does not report an ordered end before it is reached */
	if (stored && subscription_runs_out(stored) && update->state != SUBSCRIPTION_ACTIVATING &&
	    update->state != SUBSCRIPTION_DEACTIVATING) {
		merged->state = SUBSCRIPTION_DEACTIVATING;
		merged->until = stored->until;
	}
	if (stored && stored->trial_until == update->trial_until) {
		merged->reminded = stored->reminded;
		if (!update->trial_ends)
			merged->trial_ends = stored->trial_ends;
	}
	return stored && same(stored, merged) ? SUBSCRIPTION_KEEP : SUBSCRIPTION_WRITE;
}
