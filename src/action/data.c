/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* data.mine: the data stored about a subscriber (S18). */
#include "action/table.h"

const struct action action_data_mine = {
	.menu = { .name = "data.mine", .request = REQUEST_DATA_MINE,
		  .lists = true, .needs = TRUST_READ, .fields = { FIELD_KIND, FIELD_STORED, FIELD_RETENTION } },
};
