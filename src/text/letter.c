/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folding characters for comparison: case, digits, punctuation, white space. */
#include "text/letter.h"

#include <stddef.h>
#include <string.h>

#include "text/space.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
	uint16_t from, to;
};

/* Exceptions: punctuation of other scripts, letters that people write in more than one way. Sorted. */
static const struct pair pairs[] = {
	{ 0xab, '"' }, { 0xb4, '\'' }, { 0xb5, 0x39c }, { 0xbb, '"' }, { 0x386, 0x391 }, { 0x388, 0x395 },
	{ 0x389, 0x397 }, { 0x38a, 0x399 }, { 0x38c, 0x39f }, { 0x38e, 0x3a5 }, { 0x38f, 0x3a9 },
	{ 0x390, 0x399 }, { 0x3aa, 0x399 }, { 0x3ab, 0x3a5 }, { 0x3ac, 0x391 }, { 0x3ad, 0x395 },
	{ 0x3ae, 0x397 }, { 0x3af, 0x399 }, { 0x3b0, 0x3a5 }, { 0x3c2, 0x3a3 }, { 0x3ca, 0x399 },
	{ 0x3cb, 0x3a5 }, { 0x3cc, 0x39f }, { 0x3cd, 0x3a5 }, { 0x3ce, 0x3a9 }, { 0x401, 0x415 },
	{ 0x451, 0x415 }, { 0x4cf, 0x4c0 }, { 0x589, '.' }, { 0x60c, ',' }, { 0x61b, ';' }, { 0x61f, '?' },
	{ 0x622, 0x627 }, { 0x623, 0x627 }, { 0x625, 0x627 }, { 0x629, 0x647 }, { 0x649, 0x64a },
	{ 0x66a, '%' }, { 0x66b, '.' }, { 0x66c, ',' }, { 0x66d, '*' }, { 0x671, 0x627 }, { 0x6a9, 0x643 },
	{ 0x6cc, 0x64a }, { 0x6d4, '.' }, { 0x964, '.' }, { 0x2018, '\'' }, { 0x2019, '\'' },
	{ 0x201a, '\'' }, { 0x201c, '"' }, { 0x201d, '"' }, { 0x201e, '"' }, { 0x2022, '*' },
	{ 0x2024, '.' }, { 0x2025, '.' }, { 0x2026, '.' }, { 0x2044, '/' }, { 0x2212, '-' }, { 0x2215, '/' },
	{ 0x2217, '*' }, { 0x3001, ',' }, { 0x3002, '.' }, { 0x3007, '0' }, { 0x300c, '"' }, { 0x300d, '"' },
	{ 0xfe50, ',' }, { 0xfe51, ',' }, { 0xfe52, '.' }, { 0xfe54, ';' }, { 0xfe55, ':' }, { 0xfe56, '?' },
	{ 0xfe57, '!' }, { 0xfe58, '-' }, { 0xfe5f, '#' }, { 0xfe60, '&' }, { 0xfe61, '*' }, { 0xfe63, '-' },
	{ 0xff61, '.' }, { 0xff64, ',' },
};

/* The zeros of scripts with ten consecutive digits. Sorted. */
static const uint16_t zeros[] = {
	0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
	0x1040, 0x1090, 0x17e0, 0x1810, 0xff10,
};

/* Ranges of alternating capital and small letters, the capital first. */
static const struct pair twins[] = {
	{ 0x132, 0x133 }, { 0x14a, 0x14b }, { 0x152, 0x153 }, { 0x460, 0x481 }, { 0x48a, 0x4bf }, { 0x4c1, 0x4ce },
	{ 0x4d0, 0x52f }, { 0x1efa, 0x1eff },
};

/* The basic letters of Latin letters with accents, strokes and hooks; '.': none. Each string begins at a code point. Sorted. */
static const struct {
	uint16_t from;
	const char *letters;
} bases[] = {
	{ 0xc0, "AAAAAA.CEEEEIIIIDNOOOOO.OUUUUY..AAAAAA.CEEEEIIIIDNOOOOO.OUUUUY.Y"
	  "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIII..JJKK.LLLLLLL"
	  "LLLNNNNNNN..OOOOOO..RRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS" },
	{ 0x1a0, "OO.............UU" },
	{ 0x1cd, "AAIIOOUUUUUUUUUU.AAAA....GGKKOOOO..J...GG" },
	{ 0x1f8, "NNAA....AAAAEEEEIIIIOOOORRRRUUUUSSTT..HH......AAEEOOOOOOOOYY" },
	{ 0x1e00, "AABBBBBBCCDDDDDDDDDDEEEEEEEEEEFFGGHHHHHHHHHHIIIIKKKKKKLLLLLLLLMM"
	  "MMMMNNNNNNNNOOOOOOOOPPPPRRRRRRRRSSSSSSSSSSTTTTTTTTUUUUUUUUUUVVVV"
	  "WWWWWWWWWWXXXXYYZZZZZZHTWYA.....AAAAAAAAAAAAAAAAAAAAAAAAEEEEEEEE"
	  "EEEEEEEEIIIIOOOOOOOOOOOOOOOOOOOOOOOOUUUUUUUUUUUUUUYYYYYYYY" },
};

/* Control characters, direction marks, accents that stand alone, Arabic vowel signs and tatweel, variation selectors, the keycap frame. */
static bool is_dropped(uint32_t c)
{
	return c < 0xa0 || c == 0xad || (c >= 0x300 && c <= 0x36f) || (c >= 0x610 && c <= 0x61a) || c == 0x61c || c == 0x640 ||
	       (c >= 0x64b && c <= 0x65f) || c == 0x670 || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2069) || c == 0x20e3 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

/* 0: not a digit. */
static uint32_t fold_digit(uint32_t c)
{
	for (size_t i = 0; i < COUNT(zeros) && c >= zeros[i]; i++)
		if (c <= zeros[i] + 9u)
			return c - zeros[i] + '0';
	return c >= 0x2460 && c <= 0x2468 ? c - 0x2460 + '1' : 0;
}

/* 0: not found. */
static uint32_t fold_pair(uint32_t c)
{
	size_t low = 0, high = COUNT(pairs);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pairs[middle].from == c)
			return pairs[middle].to;
		if (pairs[middle].from < c)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* 0: it has no basic letter. */
static uint32_t fold_accent(uint32_t c)
{
	for (size_t i = 0; i < COUNT(bases) && c >= bases[i].from; i++) {
		const size_t at = c - bases[i].from;

		if (at < strlen(bases[i].letters))
			return bases[i].letters[at] == '.' ? 0 : (uint32_t)bases[i].letters[at];
	}
	return 0;
}

static uint32_t fold_twin(uint32_t c)
{
	for (size_t i = 0; i < COUNT(twins) && c >= twins[i].from; i++)
		if (c <= twins[i].to)
			return c - (c - twins[i].from) % 2;
	return c;
}

static uint32_t fold_case(uint32_t c)
{
	if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9) || (c >= 0x430 && c <= 0x44f))
		return c - 0x20;
	if (c >= 0x450 && c <= 0x45f)
		return c - 0x50;
	return fold_twin(c);
}

static uint32_t fold_ascii(uint32_t c)
{
	if (c == '\n' || c == '\r')
		return '\n';
	if (c <= ' ')
		return is_space(c) ? ' ' : LETTER_NONE;
	return c >= 'a' && c <= 'z' ? c - 0x20 : c;
}

static uint32_t fold_other(uint32_t c)
{
	uint32_t folded = fold_digit(c);

	if (folded == 0)
		folded = fold_pair(c);
	if (folded == 0)
		folded = fold_accent(c);
	return folded ? folded : fold_case(c);
}

uint32_t letter_fold(uint32_t c)
{
	if (c < 0x7f)
		return fold_ascii(c);
	if (c >= 0xff01 && c <= 0xff5e)
		return fold_ascii(c - 0xff01 + '!');
	if (c == 0x85 || c == 0x2028 || c == 0x2029)
		return '\n';
	if (is_space(c) || c == 0xa0 || c == 0x2007 || c == 0x202f)
		return ' ';
	return is_dropped(c) ? LETTER_NONE : fold_other(c);
}
