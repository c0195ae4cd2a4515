/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* language.set: the language in which a subscriber is served (O5). */
#include "action/table.h"

const struct action action_language_set = {
	.menu = { .name = "language.set", .request = REQUEST_LANGUAGE_SET,
		  .changes = true, .needs = TRUST_ORDER, .params = { FIELD_LANGUAGE }, .outcomes = { "done" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 1 },
};
