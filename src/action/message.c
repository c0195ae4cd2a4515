/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* message.mine: messages that were sent, or wait to be. message.choices, .set, .threshold: which of them a subscriber wants, and below
 * which balance (S5, S9). */
#include "action/table.h"

const struct action action_message_mine = {
	.menu = { .name = "message.mine", .request = REQUEST_MESSAGES_MINE, .lists = true, .needs = TRUST_READ,
		  .fields = { FIELD_NOTIFICATION, FIELD_SENDING, FIELD_SENT } },
};

const struct action action_message_choices = {
	.menu = { .name = "message.choices", .request = REQUEST_PREFERENCES_MINE, .lists = true, .needs = TRUST_READ,
		  .fields = { FIELD_NOTIFICATION, FIELD_CHOICE, FIELD_THRESHOLD } },
};

const struct action action_message_set = {
	.menu = { .name = "message.set", .request = REQUEST_PREFERENCE_SET, .changes = true, .needs = TRUST_ORDER,
		  .params = { FIELD_NOTIFICATION, FIELD_CHOICE }, .outcomes = { "done", "already", "refused" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};

const struct action action_message_threshold = {
	.menu = { .name = "message.threshold", .request = REQUEST_PREFERENCE_SET, .changes = true, .needs = TRUST_ORDER,
		  .params = { FIELD_NOTIFICATION, FIELD_THRESHOLD }, .outcomes = { "done", "already", "refused" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};
