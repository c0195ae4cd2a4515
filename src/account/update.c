/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Merging an update of one subscriber, from billing or a line of an import, into the stored account: account_merge() decides kind by
 * kind, subscription_merge() subscription by subscription. */
#include <stdio.h>
#include <string.h>

#include "account/order.h"
#include "account/step.h"

struct updating {
	struct account *account;
	const struct account_update *update;
	struct merge merge;
	struct account_step *step;
};

/* The "as of" of the kind, or of the update. */
int64_t account_update_age(const struct account_update *update, enum account_kind kind)
{
	const struct stored_account *account = update->account;
	const int64_t ages[ACCOUNT_KINDS] = {
		[ACCOUNT_BILLS] = account->bills_as_of, [ACCOUNT_POINTS] = account->points_as_of,
		[ACCOUNT_SERVICES] = account->services_as_of,
	};

	if (ages[kind] && ages[kind] != STORED_UNKNOWN)
		return ages[kind];
	return account->as_of == STORED_UNKNOWN ? 0 : account->as_of;
}

int64_t account_update_since(const struct account_update *update)
{
	const int64_t profile = account_update_age(update, ACCOUNT_PROFILE), services = account_update_age(update, ACCOUNT_SERVICES);

	return profile < services ? profile : services;
}

/* Whether an order that the update may not know of shields its subject. \a service "": the line. */
static bool shielded(const struct account *account, const char *service, int64_t as_of)
{
	for (unsigned int i = 0; i < account->in_flight_count; i++) {
		const struct account_order *order = &account->in_flight[i];
		const bool about = service[0] ? in_flight_about(order, service) :
						order_about_line(order->kind);

		if (about && order_shields(!order->ended_at, order->ended_at, as_of))
			return true;
	}
	return account->more_in_flight && service[0];
}

static struct change *add(const struct updating *updating, enum change_kind kind)
{
	struct change *change = change_add(updating->step, kind);

	change->update = updating->update;
	return change;
}

static bool takes(const struct updating *updating, enum account_kind kind)
{
	return updating->merge.kinds[kind] == MERGE_TAKE;
}

/* The "as of" of a new subscriber's kinds comes with the profile. */
static void as_of_set(const struct updating *updating, enum account_kind kind)
{
	if (updating->account->known)
		add(updating, CHANGE_AS_OF)->as_of = (struct kind_age){ kind, account_update_age(updating->update, kind) };
}

/* ---- each kind ---- */

/* A language once set stays: the subscriber chose it here. */
static void profile_fill(const struct updating *updating)
{
	const struct account_update *update = updating->update;
	const int64_t as_of = account_update_age(update, ACCOUNT_PROFILE);

	updating->step->profile = (struct profile){
		.update = update, .account = update->account->account, .brand = update->account->brand, .owner = update->account->owner,
		.status = shielded(updating->account, "", as_of) ? NULL : update->account->status,
		.language = updating->account->language[0] ? NULL : update->account->language,
		.facts = update->facts,
		.numbers = takes(updating, ACCOUNT_POINTS) ? update->numbers : update->numbers & ~(unsigned int)UPDATE_POINTS,
		.as_of = as_of,
	};
}

/* A line of an import is complete for a new subscriber; an answer of billing may cover only some kinds. */
static void newcomer_add(const struct updating *updating)
{
	const struct account_update *update = updating->update;
	struct profile *profile = &updating->step->profile;

	profile_fill(updating);
	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++)
		profile->ages[kind] = update->import || update->kinds & 1u << kind ? account_update_age(update, kind) : 0;
	add(updating, CHANGE_ACCOUNT_ADD)->profile = profile;
}

static void profile_take(const struct updating *updating)
{
	const struct account_update *update = updating->update;

	if (updating->account->known) {
		profile_fill(updating);
		add(updating, CHANGE_PROFILE)->profile = &updating->step->profile;
	}
	if (update->sims)
		add(updating, CHANGE_SIMS);
	if (update->import && (update->account->hash || update->account->id_pieces))
		add(updating, CHANGE_PASSWORD_FILL);
	if (!update->import && update->account->hash)
		add(updating, CHANGE_PASSWORD_HASH);
	if (!update->import && update->account->id_pieces)
		change_add(updating->step, CHANGE_ID_PIECES)->text = update->account->id_pieces;
}

static void bills_take(const struct updating *updating)
{
	const struct account_update *update = updating->update;

	add(updating, !update->single ? CHANGE_BILLS : update->charge ? CHANGE_CHARGE_PUT : CHANGE_BILL_PUT);
	as_of_set(updating, ACCOUNT_BILLS);
}

static void points_take(const struct updating *updating)
{
	add(updating, updating->update->single ? CHANGE_POINTS_PUT : CHANGE_POINTS);
	as_of_set(updating, ACCOUNT_POINTS);
}

struct subscription subscription_of(const struct stored_subscription *stored)
{
	struct subscription subscription = {
		.state = stored->state ? subscription_state_by_name(stored->state) : stored->until ? SUBSCRIPTION_DEACTIVATING :
			 stored->trial_until ? SUBSCRIPTION_TRIAL : SUBSCRIPTION_ACTIVE,
		.since = stored->since, .trial_until = stored->trial_until, .until = stored->until,
		.trial_ends = trial_ends_by_name(stored->trial_ends),
	};

	snprintf(subscription.service, sizeof(subscription.service), "%s", stored->service);
	return subscription;
}

/* S7: whether a trial became a paid service. Not for imports: they may claim so of any account, and the importing tool may lack the
 * key. */
static bool trial_confirmed(const struct updating *updating, const struct subscription *stored, const struct subscription *merged)
{
	return !updating->update->import && stored->state == SUBSCRIPTION_TRIAL && merged->state == SUBSCRIPTION_ACTIVE;
}

/* NULL: not stored, or not in the update. Returns the number of entries of step->merged then in use. */
static unsigned int subscription_take(const struct updating *updating, const char *service, const struct subscription *stored,
				      const struct subscription *update, unsigned int merged)
{
	const int64_t as_of = account_update_age(updating->update, ACCOUNT_SERVICES);
	struct subscription *room = &updating->step->merged[merged];

	switch (subscription_merge(stored, update, shielded(updating->account, service, as_of), as_of, room)) {
	case SUBSCRIPTION_WRITE:
		change_add(updating->step, CHANGE_SUBSCRIPTION_PUT)->subscription = room;
		if (stored && trial_confirmed(updating, stored, room))
			consent_add_by_billing(updating->step, updating->account->msisdn, updating->update->now, room->service,
					       &updating->step->confirmed[stored - updating->account->subscriptions]);
		return merged + 1;
	case SUBSCRIPTION_REMOVE:
		snprintf(room->service, sizeof(room->service), "%s", service);
		change_add(updating->step, CHANGE_SUBSCRIPTION_REMOVE)->subscription = room;
		return merged + 1;
	default:
		return merged;
	}
}

static bool has(const struct stored_account *update, const char *service)
{
	for (unsigned int i = 0; i < update->subscriptions_count; i++) {
		if (!strcmp(update->subscriptions[i].service, service))
			return true;
	}
	return false;
}

static void services_take(const struct updating *updating)
{
	const struct stored_account *update = updating->update->account;
	struct account *account = updating->account;
	struct account_step *step = updating->step;
	const unsigned int first = step->changes_count;
	unsigned int merged = 0;

	for (unsigned int i = 0; i < update->subscriptions_count; i++) {
		const struct subscription subscription = subscription_of(&update->subscriptions[i]);

		if (!account->services_known[i] && !updating->update->import)
			continue;
		if (!account->services_known[i])
			change_add(step, CHANGE_SERVICE_NAME)->text = update->subscriptions[i].service;
		merged = subscription_take(updating, subscription.service, subscription_find(account, subscription.service),
					   &subscription, merged);
	}
	for (unsigned int i = 0; !updating->update->single && i < account->subscriptions_count; i++) {
		const struct subscription *stored = &account->subscriptions[i];

		if (!has(update, stored->service))
			merged = subscription_take(updating, stored->service, stored, NULL, merged);
	}
	for (unsigned int i = first; i < step->changes_count; i++) {
		if (step->changes[i].kind == CHANGE_SUBSCRIPTION_REMOVE)
			subscription_drop(account, step->changes[i].subscription->service);
	}
	for (unsigned int i = first; i < step->changes_count; i++) {
		if (step->changes[i].kind == CHANGE_SUBSCRIPTION_PUT)
			subscription_put(account, step->changes[i].subscription);
	}
	services_join(account, step->services);
	if (!account->known)
		step->profile.services = step->services;
	else if (merged)
		change_add(step, CHANGE_SERVICES)->text = step->services;
	as_of_set(updating, ACCOUNT_SERVICES);
}

/* ---- the whole update ---- */

static void (*const kind_takes[ACCOUNT_KINDS])(const struct updating *updating) = {
	[ACCOUNT_PROFILE] = profile_take,
	[ACCOUNT_BILLS] = bills_take,
	[ACCOUNT_POINTS] = points_take,
	[ACCOUNT_SERVICES] = services_take,
};

static struct merge judge_update(const struct account *account, const struct account_update *update)
{
	struct account_head stored = { .owner = account->owner[0] ? account->owner : NULL };
	struct account_head fresh = { .owner = update->account->owner };

	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
		stored.as_of[kind] = account->as_of[kind];
		fresh.as_of[kind] = account_update_age(update, kind);
	}
	return account_merge(account->known ? &stored : NULL, &fresh, update->now, update->force);
}

/* A line of an import is complete for the new owner: older data, of any kind, are the former owner's. */
static void ages_set(const struct updating *updating)
{
	for (enum account_kind kind = ACCOUNT_PROFILE + 1; kind < ACCOUNT_KINDS; kind++) {
		if (!(updating->update->kinds & 1u << kind))
			as_of_set(updating, kind);
	}
}

/* Whether any covered kind is taken; for a subscriber who leaves, or a number with another owner, it must be the profile. */
static bool is_current(const struct updating *updating)
{
	const struct account_update *update = updating->update;
	bool current = false;

	if (update->gone || updating->merge.other_owner)
		return takes(updating, ACCOUNT_PROFILE);
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		current |= takes(updating, kind) && (update->kinds & 1u << kind || !update->import);
	return current;
}

/* NULL, or why the update is refused. */
static const char *refusal(const struct updating *updating)
{
	const struct account_update *update = updating->update;
	const struct stored_account *fresh = update->account;

	if (fresh->subscriptions_count > ACCOUNT_SUBSCRIPTIONS_MAX)
		return "subscriptions: too many";
	if (update->charge && !updating->account->bill_known)
		return "month: the subscriber has no bill for that month";
	if (!update->import || update->gone || update->single || (updating->account->known && !updating->merge.other_owner))
		return NULL;
	return !fresh->account ? "account: required for a new subscriber" :
	       !fresh->brand ? "brand: required for a new subscriber" :
	       !fresh->status ? "status: required for a new subscriber" :
	       !fresh->language ? "language: required for a new subscriber" : NULL;
}

/* If the subscriber has more subscriptions than fit, they stay as they are. */
static void apply(struct updating *updating)
{
	const struct account_update *update = updating->update;
	const bool full = updating->account->too_many;

	if (full)
		updating->merge.kinds[ACCOUNT_SERVICES] = MERGE_KEEP;
	/* nothing of the former owner may be shown to the next one */
	if (updating->account->known && (update->gone || updating->merge.other_owner)) {
		clear_add(updating->step, updating->account);
		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			updating->merge.kinds[kind] = MERGE_TAKE;
	}
	if (update->gone) {
		if (updating->account->known)
			change_add(updating->step, CHANGE_ACCOUNT_REMOVE);
		return;
	}
	if (!updating->account->known)
		newcomer_add(updating);
	else if (update->account->owner && takes(updating, ACCOUNT_PROFILE) &&
		 strcmp(update->account->owner, updating->account->owner) != 0)
		change_add(updating->step, CHANGE_OWNER)->text = update->account->owner;
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (takes(updating, kind) && update->kinds & 1u << kind)
			kind_takes[kind](updating);
	}
	if (update->import && updating->merge.other_owner)
		ages_set(updating);
	if (updating->account->too_many && (!full || update->kinds == 1u << ACCOUNT_SERVICES))
		updating->step->why = "subscriptions: too many";
}

bool account_is_new(const struct account_step *step)
{
	return step->changes_count && step->changes[0].kind == CHANGE_ACCOUNT_ADD;
}

struct account_update account_update_whole(const struct stored_account *account, int64_t now, bool force)
{
	return (struct account_update){
		.account = account, .kinds = (1u << ACCOUNT_KINDS) - 1, .facts = (UINT64_C(1) << STORED_FACTS) - 1,
		.numbers = UPDATE_BILL_MONTH | UPDATE_BILL_TOTAL | UPDATE_POINTS, .now = now, .force = force, .import = true, .sims = true,
	};
}

struct account_update account_update_of(const struct stored_account *account, unsigned int kinds, int64_t now)
{
	struct account_update update = {
		.account = account, .kinds = kinds, .now = now, .sims = account->imsis[0][0],
		.numbers = UPDATE_POINTS | (account->bill_month != STORED_UNKNOWN ? UPDATE_BILL_MONTH : 0u) |
			   (account->bill_total != STORED_UNKNOWN ? UPDATE_BILL_TOTAL : 0u),
	};

	if (!(kinds & 1u << ACCOUNT_POINTS))
		update.numbers &= ~(unsigned int)UPDATE_POINTS;
	for (int i = 0; i < STORED_FACTS; i++)
		update.facts |= (uint64_t)(!stored_fact_is_text(&stored_facts[i]) || *stored_text(account, &stored_facts[i])) << i;
	return update;
}

void account_begin_update(struct account *account)
{
	static const struct request none;

	account_begin(account, &none);
	account->owner[0] = '\0';
	memset(account->services_known, 0, sizeof(account->services_known));
	account->bill_known = false;
}

void account_update(struct account *account, const struct account_update *update, struct account_step *step)
{
	struct updating updating = { .account = account, .update = update, .step = step, .merge = judge_update(account, update) };

	step->changes_count = 0;
	step->older = false;
	step->response->result = RESULT_NOT_FOUND;
	step->why = "msisdn: no subscriber has this number";
	if (!account->known && !(update->kinds & 1u << ACCOUNT_PROFILE))
		return;
	step->response->result = RESULT_REFUSED;
	step->why = "as_of: is in the future";
	if (updating.merge.kinds[ACCOUNT_PROFILE] == MERGE_REFUSE)
		return;
	step->older = !is_current(&updating);
	step->why = step->older ? NULL : refusal(&updating);
	step->response->result = step->why ? RESULT_REFUSED : RESULT_OK;
	if (step->why || step->older)
		return;
	apply(&updating);
	if (!step->why)
		return;
	step->response->result = RESULT_REFUSED;
	step->changes_count = 0;
}
