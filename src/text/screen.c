/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cuts a long text into screens, each with its footer. */
#include "starhash/text.h"

static uint16_t less(uint16_t budget, uint32_t cost)
{
	return cost < budget ? budget - cost : 0;
}

/* The budget that a footer leaves. One outside GSM-7 makes the whole screen UCS-2. */
static struct text_budget budget_less(struct text_budget budget, struct text_cost footer)
{
	return (struct text_budget){ footer.gsm7 ? less(budget.septets, footer.septets) : 0, less(budget.units, footer.units) };
}

/* The octets of \a text that go on a screen that is not the last. */
static size_t cut(const struct text_flow *flow, const char *text, size_t len, struct text_budget budget, size_t *skip)
{
	size_t cut;

	if (!flow->tight)
		return text_cut(text, len, budget, skip);
	cut = text_fit(text, len, budget);
	*skip = text_spaces(text + cut, len - cut);
	return cut;
}

/* The screen that begins at \a from; \a last, \a more: the cost of the footers; *\a skip: octets of white space behind it that no screen
 * shows. False when nothing fits. */
static bool screen_at(const struct text_flow *flow, struct text_cost last, struct text_cost more, size_t from, struct text_screen *screen,
		      size_t *skip)
{
	const char *text = flow->body + from;
	const size_t left = flow->body_len - from;
	size_t len;

	screen->from = from;
	screen->len = left;
	screen->last = true;
	*skip = 0;
	if (text_fits(text_cost_add(text_cost(text, left), last), flow->last_budget))
		return true;
	len = cut(flow, text, left, budget_less(flow->more_budget, more), skip);
	/* If nothing is left for the last screen, this is the last one; or, if it is too long for that, it ends earlier. */
	if (len + *skip == left && !text_fits(text_cost_add(text_cost(text, len), last), flow->last_budget))
		len = cut(flow, text, len, budget_less(flow->last_budget, last), skip);
	screen->len = len;
	screen->last = len + *skip == left;
	return len > 0;
}

/* Cut screens up to that part, or all. */
static unsigned int screens_cut(const struct text_flow *flow, unsigned int part, bool all, struct text_screen *screen)
{
	const struct text_cost last = text_cost(flow->last, flow->last_len), more = text_cost(flow->more, flow->more_len);
	struct text_screen at;
	unsigned int count = 0;
	size_t from = 0, skip;

	do {
		if (!screen_at(flow, last, more, from, &at, &skip))
			return 0;
		at.part = count++;
		if (screen && (!at.part || at.part == part))
			*screen = at;
		from += at.len + skip;
	} while (!at.last && (all || count <= part));
	return count;
}

bool text_screen(const struct text_flow *flow, unsigned int part, struct text_screen *screen)
{
	return screens_cut(flow, part, false, screen);
}

unsigned int text_screens(const struct text_flow *flow, unsigned int part, struct text_screen *screen)
{
	return screens_cut(flow, part, true, screen);
}
