/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscribers left out of a snapshot (A65), perhaps by mistake: their password and their orders in flight are retained for a while, and
 * restored for the same number and owner, like their choices about messages. Another owner of the number never gets any of them (F15). */
#include <string.h>

#include "account/step.h"

void vanished_wipe(struct vanished *vanished)
{
	explicit_bzero(&vanished->password, sizeof(vanished->password));
	explicit_bzero(vanished->id_pieces, sizeof(vanished->id_pieces));
}

static void vanished_fill(struct vanished *vanished, const struct account *account, int64_t now)
{
	vanished->time = now;
	memcpy(vanished->owner, account->owner, sizeof(vanished->owner));
	memcpy(vanished->language, account->language, sizeof(vanished->language));
	vanished->has_password = account->has_password;
	vanished->password = (struct password){ .temporary = false };
	vanished->id_pieces[0] = '\0';
	if (account->has_password) {
		vanished->password = account->password;
		memcpy(vanished->id_pieces, account->id_pieces, sizeof(vanished->id_pieces));
	}
	vanished->subscriptions_count = 0;
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const struct subscription *subscription = &account->subscriptions[i];

		if (subscription->state == SUBSCRIPTION_ACTIVATING || subscription->state == SUBSCRIPTION_DEACTIVATING)
			vanished->subscriptions[vanished->subscriptions_count++] = *subscription;
	}
}

void account_vanish(const struct account *account, bool retained, bool other_owner, int64_t now, struct vanished *vanished,
		    struct account_step *step)
{
	const bool has_password = account->has_password && account->password.hash[0];

	step->changes_count = 0;
	if (account->known && other_owner) {
		change_add(step, CHANGE_VANISHED_REMOVE);
		owner_leaves(step);
	}
	/* a subscriber who vanishes again without a password may be the one whose password is already retained */
	if (account->known && !other_owner &&
	    (has_password || account->in_flight_count || account->preferences_count || account->tickets_count) &&
	    !(retained && !account->has_password)) {
		vanished_fill(vanished, account, now);
		change_add(step, CHANGE_VANISHED_PUT)->vanished = vanished;
	}
	change_add(step, CHANGE_ORDERS_DEAD)->text = other_owner ? ORDER_REASON_OTHER_OWNER : ORDER_REASON_VANISHED;
	change_add(step, CHANGE_PRIVATE_REMOVE);
}

/* If the account has a password now, it stays, and with it the pieces of the identity number. */
static void password_return(const struct account *account, const struct vanished *vanished, struct account_step *step)
{
	if (!vanished->has_password || !vanished->password.hash[0] || (account->has_password && account->password.hash[0]))
		return;
	change_add(step, CHANGE_PASSWORD_PUT)->password = &vanished->password;
	if (!account->has_password && vanished->id_pieces[0])
		change_add(step, CHANGE_ID_PIECES)->text = vanished->id_pieces;
}

/* The first day as billing now reports it stays. */
static void subscriptions_return(struct account *account, const struct vanished *vanished, struct account_step *step)
{
	for (unsigned int i = 0; i < vanished->subscriptions_count && !account->too_many; i++) {
		const struct subscription *stored = subscription_find(account, vanished->subscriptions[i].service);
		struct subscription *back = &step->merged[i];

		*back = vanished->subscriptions[i];
		back->reminded = stored && stored->reminded;
		if (stored)
			back->since = stored->since;
		subscription_put(account, back);
		change_add(step, CHANGE_SUBSCRIPTION_PUT)->subscription = back;
	}
	if (account->too_many)
		return;
	services_join(account, step->services);
	change_add(step, CHANGE_SERVICES)->text = step->services;
}

void account_return(struct account *account, const struct vanished *vanished, bool same, int64_t now, struct account_step *step)
{
	const bool known = account->owner[0] && vanished->owner[0];

	step->changes_count = 0;
	if (!same && !known)
		return;		/* whether it is the same subscriber is not known until an operator confirms it */
	if (same || !strcmp(account->owner, vanished->owner)) {
		change_add(step, CHANGE_LANGUAGE)->text = vanished->language;
		change_add(step, CHANGE_VANISHED_MARKS);
		password_return(account, vanished, step);
		subscriptions_return(account, vanished, step);
		change_add(step, CHANGE_ORDERS_RETURN)->due = account->in_flight_count ? ORDER_WAITS : now;
	} else {
		change_add(step, CHANGE_ORDERS_DEAD)->text = ORDER_REASON_OTHER_OWNER;
		owner_leaves(step);
	}
	change_add(step, CHANGE_VANISHED_REMOVE);
}

const char *account_give_back_refusal(const struct account *account, const struct vanished *vanished)
{
	if (!vanished)
		return "nothing is retained for that number";
	if (!account->known)
		return "has no subscriber: the retained data return when an import brings the number";
	return account->owner[0] && vanished->owner[0] && strcmp(account->owner, vanished->owner) != 0 ?
	       "another owner has that number now" : NULL;
}
