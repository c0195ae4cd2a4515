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

/* How many digits in groups, as of a card, begin at \a at; a group that no card has is not one of them. */
static size_t groups(const char *at, const char *end, const char **behind)
{
	size_t all = 0, count;
	const char *next;

	for (*behind = at;; at = *behind + 1) {
		count = digits(at, end, &next);
		if (count < GROUP_LEAST || count > GROUP_MOST)
			return all;
		all += count;
		*behind = next;
		if (next == end || !strchr(" -.", *next))
			return all;
	}
}

/* Of the long numbers that telephones have: abroad, with the prefix, and those of services that send. No card and no identity begins so. */
static bool is_telephone(const char *at, const char *end)
{
	return (end - at > 2 && !strncmp(at, "00", 2)) || (end - at > 3 && !strncmp(at, "106", 3));
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
		if (masked >= CARD_LEAST && is_telephone(at, end))
			masked = 0;
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
