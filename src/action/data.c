/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* data.mine, data.delete: the data stored about a subscriber, and the subscriber's request to delete it (S18). */
#include "action/table.h"

const struct action action_data_mine = {
	.menu = { .name = "data.mine", .request = REQUEST_DATA_MINE,
		  .lists = true, .needs = TRUST_READ, .fields = { FIELD_KIND, FIELD_STORED, FIELD_RETENTION } },
};

const struct action action_data_delete = {
	.menu = { .name = "data.delete", .request = REQUEST_DATA_DELETE, .changes = true, .orders = true, .needs = TRUST_ORDER,
		  .outcomes = { "done", "already", "refused", "accepted" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3, [RESULT_CONFLICT] = 3,
		      [RESULT_ACCEPTED] = 4 },
};
