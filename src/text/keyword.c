/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keywords in messages: their canonical form, their words, and the distance between words. */
#include <string.h>

#include "starhash/text.h"
#include "text/boundary.h"
#include "text/letter.h"
#include "text/utf8.h"

/* Octets that are not UTF-8 are copied unchanged: their replacement would be longer. */
static size_t put_letter(uint32_t letter, const char *from, const char *to, char *out)
{
	if (letter != UTF8_REPLACEMENT)
		return utf8_put(letter, out);
	memmove(out, from, to - from);
	return to - from;
}

/* Writing never overtakes reading: no letter grows, and each run of white space becomes one octet. */
size_t text_fold_keyword(const char *text, size_t len, char *out)
{
	const char *pos = text, *end = text + len;
	size_t used = 0, seen = 0;
	char space = 0;

	while (pos < end) {
		const char *from = pos;
		uint32_t letter = letter_fold(utf8_next(&pos, end));
		bool edge = is_boundary(letter) && letter != UTF8_REPLACEMENT;

		if (letter == ' ' || letter == '\n')
			space = space == '\n' ? space : (char)letter;
		if (letter == LETTER_NONE || letter == ' ' || letter == '\n' || (edge && seen == 0))
			continue;
		if (space && used > 0)
			out[used++] = space;
		space = 0;
		used += put_letter(letter, from, pos, out + used);
		if (!edge)
			seen = used;
	}
	return seen;
}

static bool separates(uint32_t letter, const char *separators)
{
	return letter == ' ' || letter == '\n' || (letter > ' ' && letter < 0x80 && strchr(separators, (int)letter));
}

static bool surrounds(uint32_t letter)
{
	return letter == LETTER_NONE || (is_boundary(letter) && letter != UTF8_REPLACEMENT);
}

/* The next word from \a pos on: the octets from its first to its last character that is not a boundary. Without separators it extends to
 * the end. Returns the position after it. */
static const char *next_word(const char *text, const char *pos, const char *end, const char *separators,
			     struct text_span *word)
{
	*word = (struct text_span){ 0 };
	while (pos < end) {
		const char *from = pos;
		uint32_t letter = letter_fold(utf8_next(&pos, end));

		if (separators && separates(letter, separators) && word->len > 0)
			break;
		if (surrounds(letter))
			continue;
		if (word->len == 0)
			word->from = from - text;
		word->len = pos - text - word->from;
	}
	return pos;
}

size_t text_words(const char *text, size_t len, const char *separators, struct text_span *words, size_t most)
{
	const char *pos = text, *end = text + len;
	size_t count = 0;

	while (count < most && pos < end) {
		pos = next_word(text, pos, end, count + 1 < most ? separators : NULL, &words[count]);
		count += words[count].len > 0;
	}
	return count;
}

#define WORD_MOST 32

/* Code points of a word; WORD_MOST + 1 when there are more. */
static unsigned int read_word(const char *text, size_t len, uint32_t *out)
{
	const char *pos = text, *end = text + len;
	unsigned int count = 0;

	while (pos < end && count < WORD_MOST)
		out[count++] = utf8_next(&pos, end);
	return pos < end ? WORD_MOST + 1 : count;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Fill one row of the table of distances between prefixes, from the two rows above it. Returns its smallest value. */
static unsigned int fill_row(unsigned int (*rows)[WORD_MOST + 1], unsigned int i, const uint32_t *a, const uint32_t *b,
			     unsigned int b_count)
{
	unsigned int *row = rows[i], smallest = i;

	row[0] = i;
	for (unsigned int j = 1; j <= b_count; j++) {
		unsigned int change = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

		row[j] = least(change, 1 + least(rows[i - 1][j], row[j - 1]));
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			row[j] = least(row[j], rows[i - 2][j - 2] + 1);
		smallest = least(smallest, row[j]);
	}
	return smallest;
}

unsigned int text_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int rows[WORD_MOST + 1][WORD_MOST + 1];
	uint32_t a_word[WORD_MOST], b_word[WORD_MOST];
	unsigned int a_count = read_word(a, a_len, a_word), b_count = read_word(b, b_len, b_word);

	if (a_count > WORD_MOST || b_count > WORD_MOST)
		return TEXT_FAR;
	for (unsigned int j = 0; j <= b_count; j++)
		rows[0][j] = j;
	for (unsigned int i = 1; i <= a_count; i++)
		if (fill_row(rows, i, a_word, b_word, b_count) >= TEXT_FAR)
			return TEXT_FAR;
	return least(rows[a_count][b_count], TEXT_FAR);
}
