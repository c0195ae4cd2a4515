/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ticket.open, .dispute, .request, .agent, .write, .resolve, .reopen, .find: what a subscriber reports, and says of the staff's answer.
 * ticket.mine, .answers: lists (S12, S13, S14, S16, S18, S19). */
#include "action/table.h"

#define TICKET_FIELDS FIELD_TICKET_KIND, FIELD_TICKET_STATE, FIELD_OPENED, FIELD_ANSWER_BY

const struct action action_ticket_open = {
	.menu = { .name = "ticket.open", .request = REQUEST_TICKET_OPEN, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .params = { FIELD_TICKET_KIND, FIELD_TEXT },
		  .also = { FIELD_SENDER, FIELD_PROBLEM, FIELD_PLACE },
		  .outcomes = { "done", "already", "refused" }, .facts = { FIELD_TICKET, FIELD_ANSWER_BY } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};

/* For kinds that need no text. */
const struct action action_ticket_request = {
	.menu = { .name = "ticket.request", .request = REQUEST_TICKET_OPEN, .changes = true, .needs = TRUST_ORDER,
		  .params = { FIELD_TICKET_KIND },
		  .outcomes = { "done", "already", "refused" }, .facts = { FIELD_TICKET, FIELD_ANSWER_BY } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};

/* S16: a charge of a bill, or of one that is no longer shown. It may lead to a refund. */
const struct action action_ticket_dispute = {
	.menu = { .name = "ticket.dispute", .request = REQUEST_TICKET_OPEN, .changes = true, .needs = TRUST_ORDER,
		  .params = { FIELD_TICKET_KIND, FIELD_TEXT },
		  .also = { FIELD_MONTH, FIELD_ITEM, FIELD_SERVICE, FIELD_AMOUNT, FIELD_PROVIDER, FIELD_FEE_CLASS, FIELD_CAUSE },
		  .outcomes = { "done", "already", "refused" }, .facts = { FIELD_TICKET, FIELD_ANSWER_BY } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};

/* S19: staff are to call, and see what the subscriber saw. */
const struct action action_ticket_agent = {
	.menu = { .name = "ticket.agent", .request = REQUEST_TICKET_OPEN, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .reports = true, .params = { FIELD_TICKET_KIND },
		  .outcomes = { "done", "already", "refused" }, .facts = { FIELD_TICKET, FIELD_ANSWER_BY } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};

const struct action action_ticket_write = {
	.menu = { .name = "ticket.write", .request = REQUEST_TICKET_WRITE, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .params = { FIELD_TICKET, FIELD_TEXT }, .outcomes = { "done", "missing", "refused" },
		  .facts = { FIELD_TICKET_STATE } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_NOT_FOUND] = 2, [RESULT_REFUSED] = 3 },
};

const struct action action_ticket_resolve = {
	.menu = { .name = "ticket.resolve", .request = REQUEST_TICKET_RESOLVE, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .params = { FIELD_TICKET }, .outcomes = { "done", "already", "missing" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_NOT_FOUND] = 3 },
};

const struct action action_ticket_reopen = {
	.menu = { .name = "ticket.reopen", .request = REQUEST_TICKET_REOPEN, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .params = { FIELD_TICKET }, .outcomes = { "done", "already", "missing", "refused" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_NOT_FOUND] = 3, [RESULT_REFUSED] = 4 },
};

const struct action action_ticket_find = {
	.menu = { .name = "ticket.find", .request = REQUEST_TICKET_STATE, .needs = TRUST_READ,
		  .params = { FIELD_TICKET }, .outcomes = { "done", "missing" }, .facts = { TICKET_FIELDS } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_NOT_FOUND] = 2 },
};

const struct action action_ticket_mine = {
	.menu = { .name = "ticket.mine", .request = REQUEST_TICKETS_MINE, .lists = true, .needs = TRUST_READ,
		  .fields = { FIELD_TICKET, TICKET_FIELDS } },
};

const struct action action_ticket_answers = {
	.menu = { .name = "ticket.answers", .request = REQUEST_TICKET_ANSWERS, .lists = true, .needs = TRUST_READ,
		  .params = { FIELD_TICKET }, .fields = { FIELD_ANSWER, FIELD_ANSWERED }, .outcomes = { "done", "missing" },
		  .facts = { TICKET_FIELDS } },
	.outcomes = { [RESULT_NOT_FOUND] = 2 },
};
