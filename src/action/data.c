/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* data.mine, data.accesses: the data stored about a subscriber, and what staff did with their tickets (S18). */
#include "action/table.h"

const struct action action_data_mine = {
	.menu = { .name = "data.mine", .request = REQUEST_DATA_MINE,
		  .lists = true, .needs = TRUST_READ, .fields = { FIELD_KIND, FIELD_STORED, FIELD_RETENTION } },
};

const struct action action_data_accesses = {
	.menu = { .name = "data.accesses", .request = REQUEST_DATA_ACCESSES,
		  .lists = true, .needs = TRUST_READ, .fields = { FIELD_ACCESS, FIELD_ACCESSED, FIELD_TICKET } },
};
