/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* action/: what a menu may list or do, one file per family. table.c has them all.
 *
 * bill.list, bill.lines: the bills of the last months, and the lines of one bill (S10). bill.fees: the information fees on the last bill,
 * by service (S5). */
#include "action/table.h"

const struct action action_bill_list = {
	.menu = { .name = "bill.list", .request = REQUEST_BILLS,
		  .lists = true, .needs = TRUST_READ, .fields = { FIELD_MONTH, FIELD_TOTAL } },
};

const struct action action_bill_lines = {
	.menu = { .name = "bill.lines", .request = REQUEST_BILL_LINES, .lists = true, .needs = TRUST_READ, .params = { FIELD_MONTH },
		  .fields = { FIELD_ITEM, FIELD_AMOUNT, LINE_FACTS(LINE_FIELD) } },
};

const struct action action_bill_fees = {
	.menu = { .name = "bill.fees", .request = REQUEST_BILL_FEES, .lists = true, .needs = TRUST_READ, .outcomes = { "done", "missing" },
		  .fields = { FIELD_SERVICE, FIELD_AMOUNT }, .facts = { FIELD_MONTH, FIELD_TOTAL } },
	.outcomes = { [RESULT_NOT_FOUND] = 2 },
};
