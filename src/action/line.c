/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* line.suspend, line.resume: a lost phone (S11). */
#include "action/table.h"

const struct action action_line_suspend = {
	.menu = { .name = "line.suspend", .request = REQUEST_LINE_SUSPEND,
		  .changes = true, .orders = true, .needs_password = true, .needs = TRUST_PASSWORD,
		  .outcomes = { "done", "already", "refused", "accepted" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3, [RESULT_CONFLICT] = 3,
		      [RESULT_ACCEPTED] = 4 },
};

const struct action action_line_resume = {
	.menu = { .name = "line.resume", .request = REQUEST_LINE_RESUME,
		  .changes = true, .orders = true, .needs_password = true, .needs = TRUST_PASSWORD,
		  .outcomes = { "done", "already", "refused", "accepted" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3, [RESULT_CONFLICT] = 3,
		      [RESULT_ACCEPTED] = 4 },
};
