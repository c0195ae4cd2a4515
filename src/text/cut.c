/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a long text is cut into pages. */
#include "starhash/text.h"
#include "text/diacritic.h"
#include "text/space.h"
#include "text/utf8.h"

/* Places within what fits, as octets from the start; each is the end of what can be seen before white space. */
struct borders {
	size_t line;	/* the last line that ends within; 0: none */
	size_t word;	/* the last word that ends within; 0: none */
	size_t seen;	/* the last character that is not white; 0: none */
};

/* White space that begins where the fit ends counts: the word before it is whole. */
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

/* Punctuation that no line of Chinese or Japanese begins with. */
static bool is_closing(uint32_t c)
{
	return c == 0x2019 || c == 0x201d || c == 0x3001 || c == 0x3002 || (c >= 0x3009 && c <= 0x3011 && c % 2) ||
	       c == 0xff01 || c == 0xff09 || c == 0xff0c || c == 0xff1a || c == 0xff1b || c == 0xff1f;
}

/* Numbers, codes and foreign words between characters of a script without spaces. */
static bool is_plain(uint32_t c)
{
	return c > 0x20 && c < 0x7f;
}

/* Whether a reader sees \a c as one with the character before it. */
static bool is_joined(uint32_t before, uint32_t c)
{
	return before == DIACRITIC_JOINER || is_diacritic(c) || is_closing(c) || (is_plain(before) && is_plain(c));
}

/* The last place up to \a fit where a new character or number begins as a reader sees it; \a fit when there is none. */
static size_t before_marks(const char *text, size_t len, size_t fit)
{
	const char *pos = text, *end = text + len;
	uint32_t before = DIACRITIC_JOINER;	/* nothing to cut off before the first character */
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

static size_t spaces(const char *text, size_t len)
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
	/* Where a page holds few septets, what is left after cutting off all UCS-2 may be too much for GSM-7. */
	if (cut < fit && !text_fits(text_cost(text, cut), budget))
		cut = fit;
	*skip = spaces(text + cut, len - cut);
	return cut;
}
