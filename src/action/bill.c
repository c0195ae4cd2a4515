/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* action/: what a menu may list or do, one file per family. table.c has them all.
 *
 * bill.list, bill.lines: the bills of the last months, and the lines of one bill (S10). */
#include "action/table.h"

const struct action action_bill_list = {
	.menu = { .name = "bill.list", .lists = true, .needs = TRUST_READ, .fields = { FIELD_MONTH, FIELD_TOTAL } },
	.request = REQUEST_BILLS,
};

const struct action action_bill_lines = {
	.menu = { .name = "bill.lines", .lists = true, .needs = TRUST_READ, .params = { FIELD_MONTH },
		  .fields = { FIELD_ITEM, FIELD_AMOUNT, LINE_FACTS(LINE_FIELD) } },
	.request = REQUEST_BILL_LINES,
};
