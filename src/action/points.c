/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* points.list: points earned and spent (S2). */
#include "action/table.h"

const struct action action_points_list = {
	.menu = { .name = "points.list", .request = REQUEST_POINTS,
		  .lists = true, .needs = TRUST_READ, .fields = { FIELD_DATE, FIELD_CHANGE, FIELD_REASON } },
};
