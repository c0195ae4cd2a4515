/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* orders.mine: a subscriber's orders and their results (F4). */
#include "action/table.h"

const struct action action_orders_mine = {
	.menu = { .name = "orders.mine", .request = REQUEST_ORDERS_MINE, .lists = true, .needs = TRUST_READ,
		  .fields = { FIELD_ORDER, FIELD_KIND, FIELD_SERVICE, FIELD_INSTEAD, FIELD_STATE, FIELD_ORDERED } },
};
