/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Masking of digits that look like a secret. */
#include <stdbool.h>
#include <string.h>

#include "starhash/text.h"
#include "text/letter.h"

#define PASSWORD 6			/* digits of a service password */
#define CARD_LEAST 14			/* of a card, an account or an identity; telephone numbers have fewer */
#define GROUP_LEAST 3			/* digits of a card in groups: more than those of a date, fewer than of a telephone number */
#define GROUP_MOST 8

static bool is_digit(const char *at, const char *end, const char **behind)
{
	uint32_t folded;

	*behind = at;
	if (at == end)
		return false;
	folded = letter_fold(text_next(behind, end));
	return folded >= '0' && folded <= '9';
}

static size_t digits(const char *at, const char *end, const char **behind)
{
	const char *next;
	size_t count = 0;

	for (; is_digit(at, end, &next); at = next)
		count++;
	*behind = at;
	return count;
}

/* How many digits of a card number in groups begin at \a at; 0: it is none. */
static size_t groups(const char *at, const char *end, const char **behind)
{
	size_t all = 0, count;
	const char *next;

	for (;; at = *behind + 1) {
		count = digits(at, end, behind);
		if (count < GROUP_LEAST || count > GROUP_MOST)
			return 0;
		all += count;
		if (*behind == end || !strchr(" -.", **behind) || !is_digit(*behind + 1, end, &next))
			return all;
	}
}

size_t text_mask_secrets(char *text, size_t len)
{
	const char *end = text + len, *at = text, *behind;
	char *out = text;

	while (at < end) {
		const size_t alone = digits(at, end, &behind);
		const char *group_end;
		size_t masked = alone == PASSWORD || alone >= CARD_LEAST ? alone : 0;

		if (alone && groups(at, end, &group_end) >= CARD_LEAST) {
			masked = groups(at, end, &group_end);
			behind = group_end;
		}
		if (!alone)
			text_next(&behind, end);
		if (!masked)
			memmove(out, at, (size_t)(behind - at));
		memset(out, '*', masked);
		out += masked ? masked : (size_t)(behind - at);
		at = behind;
	}
	return (size_t)(out - text);
}
