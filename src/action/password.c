/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* password.change, password.check: the service password, authenticated by the old one (S4). A check says beforehand what a change would
 * answer. */
#include "action/table.h"

const struct action action_password_change = {
	.menu = { .name = "password.change", .request = REQUEST_PASSWORD_CHANGE,
		  .changes = true, .needs = TRUST_PASSWORD, .params = { FIELD_OLD, FIELD_NEW },
		  .outcomes = { "done", "wrong", "weak", "locked", "used" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_WRONG] = 2, [RESULT_WEAK] = 3, [RESULT_LOCKED] = 4,
		      [RESULT_USED] = 5 },
};

const struct action action_password_check = {
	.menu = { .name = "password.check", .request = REQUEST_PASSWORD_CHECK, .needs = TRUST_PASSWORD, .params = { FIELD_OLD, FIELD_NEW },
		  .outcomes = { "done", "wrong", "weak", "locked", "used" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_WRONG] = 2, [RESULT_WEAK] = 3, [RESULT_LOCKED] = 4,
		      [RESULT_USED] = 5 },
};
