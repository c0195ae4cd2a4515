/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cuts a long text into screens, each with its footer. */
#include "starhash/text.h"

static struct text_cost cost_add(struct text_cost a, struct text_cost b)
{
	return (struct text_cost){ a.septets + b.septets, a.units + b.units, a.gsm7 && b.gsm7 };
}

static uint16_t less(uint16_t budget, uint32_t cost)
{
	return cost < budget ? budget - cost : 0;
}

/* The budget that a footer leaves. A footer outside GSM-7 makes the whole screen UCS-2, so allow no more septets than units; for characters
 * of the extension table this is stricter than necessary. */
static struct text_budget budget_less(struct text_budget budget, struct text_cost footer)
{
	struct text_budget left = { less(budget.septets, footer.septets), less(budget.units, footer.units) };

	if (!footer.gsm7)
		left.septets = left.units < left.septets || !footer.septets ? left.units : left.septets;
	return left;
}

bool text_screen(const struct text_flow *flow, unsigned int part, struct text_screen *screen)
{
	const struct text_cost last = text_cost(flow->last, flow->last_len);
	size_t from = 0, len, skip;

	for (;; part--) {
		const struct text_cost rest = text_cost(flow->body + from, flow->body_len - from);
		struct text_budget budget;

		if (text_fits(cost_add(rest, last), flow->last_budget)) {
			*screen = (struct text_screen){ from, flow->body_len - from, true };
			return part == 0;
		}
		budget = budget_less(flow->more_budget, text_cost(flow->more, flow->more_len));
		len = text_cut(flow->body + from, flow->body_len - from, budget, &skip);
		if (!len)
			return false;
		*screen = (struct text_screen){ from, len, false };
		if (!part)
			return true;
		from += len + skip;
	}
}
