/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* proposal.accept, proposal.decline: what a subscriber answers when a partner or a web shop asks for an order (S6). */
#include "action/table.h"

/* "missing" also means that there is nothing to accept any more, "already" that it was answered before. */
const struct action action_proposal_accept = {
	.menu = { .name = "proposal.accept", .request = REQUEST_PROPOSAL_ACCEPT,
		  .changes = true, .orders = true, .sells = true, .needs = TRUST_ORDER,
		  .params = { FIELD_SERVICE, FIELD_PROPOSAL },
		  .outcomes = { "done", "already", "refused", "changed", "excluded", "accepted", "missing" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3, [RESULT_CONFLICT] = 4,
		      [RESULT_EXCLUDED] = 5, [RESULT_ACCEPTED] = 6, [RESULT_NOT_FOUND] = 7 },
};

const struct action action_proposal_decline = {
	.menu = { .name = "proposal.decline", .request = REQUEST_PROPOSAL_DECLINE,
		  .changes = true, .harmless = true, .needs = TRUST_READ, .params = { FIELD_PROPOSAL },
		  .outcomes = { "done", "already", "missing" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_NOT_FOUND] = 3 },
};
