/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Deleting the data of a subscriber (S18): not before billing has answered all orders. Consents, which prove agreement, and, if the law
 * wants it, orders and tickets, the wish to be deleted among them, stay until their retention ends. */
#include "account/step.h"

void owner_leaves(struct account_step *step)
{
	change_add(step, CHANGE_PREFERENCES_REMOVE);
	change_add(step, CHANGE_TICKETS_FORMER);
}

void clear_add(struct account_step *step, struct account *account)
{
	account->language[0] = '\0';
	account->subscriptions_count = account->in_flight_count = 0;
	account->more_in_flight = account->too_many = false;
	change_add(step, CHANGE_ORDERS_DEAD)->text = ORDER_REASON_OTHER_OWNER;
	change_add(step, CHANGE_PRIVATE_REMOVE);
	change_add(step, CHANGE_VANISHED_REMOVE);
	owner_leaves(step);
	change_add(step, CHANGE_ACCOUNT_CLEAR);
}

/* Whether deletion is allowed; sets the result. */
static bool may_go(struct stepping *stepping)
{
	const bool may = !stepping->account->in_flight_count;

	stepping->step->response->result = may ? RESULT_OK : RESULT_REFUSED;
	return may;
}

void step_account_purge(struct stepping *stepping)
{
	if (!may_go(stepping))
		return;
	clear_add(stepping->step, stepping->account);
	if (stepping->account->known)
		change_add(stepping->step, CHANGE_ACCOUNT_REMOVE);
}

void step_orders_purge(struct stepping *stepping)
{
	if (!may_go(stepping))
		return;
	change_add(stepping->step, CHANGE_ORDERS_REMOVE);
	change_add(stepping->step, CHANGE_TICKETS_REMOVE);
}
