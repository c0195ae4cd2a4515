/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* password.change: the service password, authenticated by the old one (S4). */
#include "action/table.h"

const struct action action_password_change = {
	.menu = { .name = "password.change", .changes = true, .needs = TRUST_PASSWORD, .params = { FIELD_OLD, FIELD_NEW },
		  .outcomes = { "done", "wrong", "weak", "locked", "used" } },
	.request = REQUEST_PASSWORD_CHANGE,
	.outcomes = { [RESULT_OK] = 1, [RESULT_WRONG] = 2, [RESULT_WEAK] = 3, [RESULT_LOCKED] = 4,
		      [RESULT_USED] = 5 },
};
