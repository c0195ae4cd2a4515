/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The name that somebody may have meant. */
#include <string.h>

#include "starhash/text.h"

#define NAME_MOST 128	/* octets; longer names are near to nothing */

/* Names are compared in ASCII's small letters, with underscores. */
static void simplify(const char *name, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		out[i] = name[i] == '-' ? '_' : name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
}

void text_nearest_try(struct text_nearest *nearest, const char *name, const char *candidate, size_t len)
{
	const size_t name_len = strlen(name);
	const unsigned int most = name_len < 3 ? 0 : name_len < 6 ? 1 : 2;
	char a[NAME_MOST], b[NAME_MOST];
	unsigned int distance;

	if (name_len > NAME_MOST || len > NAME_MOST)
		return;
	simplify(name, name_len, a);
	simplify(candidate, len, b);
	distance = text_distance(a, name_len, b, len);
	if (distance > most || (nearest->best && distance >= nearest->distance))
		return;
	*nearest = (struct text_nearest){ .best = candidate, .len = len, .distance = distance };
}

void text_nearest_try_words(struct text_nearest *nearest, const char *name, const char *words)
{
	while (*words) {
		const size_t len = strcspn(words, " ");

		if (len)
			text_nearest_try(nearest, name, words, len);
		words += len + (words[len] == ' ');
	}
}
