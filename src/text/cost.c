/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cost of a text, and its longest prefix that fits a page. */
#include "starhash/text.h"
#include "text/gsm7.h"
#include "text/utf8.h"

struct text_budget text_budget_ussd(unsigned int octets)
{
	unsigned int most = UINT16_MAX / 8;

	if (octets > most)
		octets = most;
	return (struct text_budget){ .septets = (uint16_t)(octets * 8 / 7), .units = (uint16_t)(octets / 2) };
}

static inline void add_char(struct text_cost *cost, uint32_t codepoint)
{
	unsigned int code = gsm7_code(codepoint);

	cost->septets += gsm7_width(code);
	cost->units += codepoint > 0xffff ? 2 : 1;
	cost->gsm7 &= code != 0;
	cost->others += code == 0;
}

/* Add ASCII characters up to the next one that is not ASCII. */
static const char *add_ascii(struct text_cost *cost, const char *pos, const char *end)
{
	const char *start = pos;
	unsigned int wide = 0, outside = 0;

	while (pos < end) {
		unsigned int code;

		if (end - pos >= 8 && gsm7_plain8(pos)) {
			pos += 8;
			continue;
		}
		if ((uint8_t)*pos >= 0x80)
			break;
		code = gsm7_codes[(uint8_t)*pos++];
		wide += code < GSM7_PLAIN;
		outside += code == 0;
	}
	cost->units += (uint32_t)(pos - start);
	cost->septets += (uint32_t)(pos - start) + wide;
	cost->gsm7 &= !outside;
	cost->others += outside;
	return pos;
}

struct text_cost text_cost(const char *text, size_t len)
{
	struct text_cost cost = { .gsm7 = true };
	const char *pos = text, *end = len ? text + len : text;	/* no text may be NULL */

	while (pos < end) {
		if ((uint8_t)*pos < 0x80)
			pos = add_ascii(&cost, pos, end);
		else
			add_char(&cost, utf8_next(&pos, end));
	}
	return cost;
}

bool text_fits(struct text_cost cost, struct text_budget budget)
{
	return cost.gsm7 && budget.septets ? cost.septets <= budget.septets : cost.units <= budget.units;
}

/* Measure the ASCII prefix of a text, as far as it is in the alphabet and fits. Every shorter prefix fits, too. */
static const char *fit_ascii(struct text_cost *cost, const char *text, const char *end, uint32_t septets)
{
	const char *pos = text;
	uint32_t used = 0;

	while (pos < end) {
		unsigned int code, width;

		if (end - pos >= 8 && used + 8 <= septets && gsm7_plain8(pos)) {
			pos += 8;
			used += 8;
			continue;
		}
		code = (uint8_t)*pos < 0x80 ? gsm7_codes[(uint8_t)*pos] : 0;
		width = gsm7_width(code);
		if (code == 0 || used + width > septets)
			break;
		pos++;
		used += width;
	}
	cost->septets = used;
	cost->units = (uint32_t)(pos - text);
	return pos;
}

/* Whether a longer prefix could fit. A text too long for GSM-7 may still fit as UCS-2 if the budget has many units. */
static bool can_grow(const struct text_cost *cost, struct text_budget budget)
{
	return cost->units <= budget.units || (cost->gsm7 && cost->septets <= budget.septets);
}

size_t text_fit(const char *text, size_t len, struct text_budget budget)
{
	struct text_cost cost = { .gsm7 = true };
	const char *end = text + len;
	const char *pos = fit_ascii(&cost, text, end, budget.septets);
	const char *best = pos;

	while (pos < end && can_grow(&cost, budget)) {
		add_char(&cost, utf8_next(&pos, end));
		if (text_fits(cost, budget))
			best = pos;
	}
	return best - text;
}

unsigned int text_sms_parts(struct text_cost cost)
{
	const unsigned int used = cost.gsm7 ? cost.septets : cost.units, whole = cost.gsm7 ? 160 : 70, part = cost.gsm7 ? 153 : 67;

	return used <= whole ? 1 : (used + part - 1) / part;
}
