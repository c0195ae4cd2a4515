/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cuts a long text into pages. */
#include "starhash/text.h"
#include "text/diacritic.h"
#include "text/utf8.h"
#include "text/word.h"

/* Possible cuts within the part that fits, as octets from the start; each is at the end of visible text before white space. */
struct borders {
	size_t line;	/* end of the last line within; 0: none */
	size_t word;	/* end of the last word within; 0: none */
	size_t seen;	/* end of the last visible character; 0: none */
};

/* White space right after the part that fits counts, because the word before it is complete. */
static struct borders borders_find(const char *text, size_t len, size_t fit)
{
	const char *pos = text, *end = text + len;
	struct borders found = { 0 };

	while (pos < end) {
		bool inside = (size_t)(pos - text) < fit;
		uint32_t c = utf8_next(&pos, end);

		if (is_space(c)) {
			found.word = found.seen;
			if (c == '\n')
				found.line = found.seen;
		} else if (inside) {
			found.seen = pos - text;
		} else {
			break;
		}
	}
	return found;
}

/* Part of a number, code or foreign word between characters of a script without spaces. */
static bool is_plain(uint32_t c)
{
	return c > 0x20 && c < 0x7f;
}

/* Whether readers see \a c and the character before it as one unit. */
static bool is_joined(uint32_t before, uint32_t c)
{
	return before == DIACRITIC_ZWJ || is_diacritic(c) || is_closing(c) || (is_plain(before) && is_plain(c));
}

/* The last position up to \a fit where readers see a new character or number begin; \a fit when there is none. */
static size_t before_marks(const char *text, size_t len, size_t fit)
{
	const char *pos = text, *end = text + len;
	uint32_t before = DIACRITIC_ZWJ;	/* nothing to cut off before the first character */
	size_t best = 0;

	while (pos < end && (size_t)(pos - text) <= fit) {
		size_t at = pos - text;
		uint32_t c = utf8_next(&pos, end);

		if (!is_joined(before, c))
			best = at;
		before = c;
	}
	return best > 0 ? best : fit;
}

static size_t cut_at(const char *text, size_t len, size_t fit)
{
	struct borders found = borders_find(text, len, fit);
	size_t marks;

	if (found.line > 0 && found.line >= fit - found.line)
		return found.line;
	if (found.word > 0 && found.word >= fit - found.word)
		return found.word;
	if (found.seen == 0)
		return fit;
	if (found.seen < fit)
		return found.seen;
	marks = before_marks(text, len, fit);
	return marks >= fit - marks ? marks : fit;
}

size_t text_spaces(const char *text, size_t len)
{
	const char *pos = text, *end = text + len, *after = text;

	while (pos < end && is_space(utf8_next(&pos, end)))
		after = pos;
	return after - text;
}

size_t text_cut(const char *text, size_t len, struct text_budget budget, size_t *skip)
{
	size_t fit = text_fit(text, len, budget), cut;

	*skip = 0;
	if (fit == 0 || fit == len)
		return fit;
	cut = cut_at(text, len, fit);
	/* On a page with few septets, the rest after cutting off all UCS-2 characters may be too long for GSM-7. */
	if (cut < fit && !text_fits(text_cost(text, cut), budget))
		cut = fit;
	*skip = text_spaces(text + cut, len - cut);
	return cut;
}
