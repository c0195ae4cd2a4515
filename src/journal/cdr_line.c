/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* journal/: call data records, from the loop to a file. Start with journal.c.
 *
 * Print a call data record as one line of JSON. Names come from files that people edit; whatever these contain, the line is valid
 * JSON in valid UTF-8. Runs in a thread: no logging, no talloc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/log.h"
#include "starhash/text.h"

#define PSEUDONYM_OCTETS 8
#define PSEUDONYM_MIN 16	/* libsodium makes no shorter ones; ours is its beginning */

/* Replaces invalid UTF-8 by U+FFFD. NULL without memory. */
static json_t *string_of(const char *text)
{
	const char *end = text + strlen(text);
	json_t *string = json_string(text);
	char *clean, *at;

	if (string)
		return string;
	at = clean = malloc(3 * (end - text) + 1);
	while (clean && text < end)
		at += text_put(text_next(&text, end), at);
	if (clean)
		string = json_stringn(clean, at - clean);
	free(clean);
	return string;
}

static json_t *time_of(int64_t ms)
{
	const time_t seconds = ms / 1000;
	char date[32], text[48];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03dZ", date, (int)(ms % 1000));
	return json_string(text);
}

/* A number keeps its pseudonym until the key changes; without the key, nobody can find the number from it. */
static json_t *number_of(const struct number_style *style, const char *number)
{
	unsigned char hash[PSEUDONYM_MIN];
	char text[MASKED_SIZE];

	_Static_assert(MASKED_SIZE > 2 * PSEUDONYM_OCTETS, "room for a pseudonym");
	if (style->numbers == NUMBERS_PSEUDONYM) {
		crypto_generichash(hash, sizeof(hash), (const unsigned char *)number, strlen(number), style->key, sizeof(style->key));
		number = sodium_bin2hex(text, 2 * PSEUDONYM_OCTETS + 1, hash, PSEUDONYM_OCTETS);
	} else if (style->numbers == NUMBERS_MASKED) {
		number = log_masked(number, text);
	}
	return string_of(number);
}

static json_t *path_of(const struct cdr *cdr)
{
	json_t *path = json_array();

	for (unsigned int i = 0; i < cdr->path_count; i++)
		json_array_append_new(path, string_of(cdr->path[i]));
	return path;
}

size_t line_print(const struct number_style *style, const struct cdr *cdr, char *out, size_t size)
{
	const char *msisdn = cdr->subscriber.msisdn, *imsi = cdr->subscriber.imsi;
	json_t *line = json_object();
	char menu[9];
	size_t len;
	int rc;

	snprintf(menu, sizeof(menu), "%08x", cdr->menu);
	rc = json_object_set_new(line, "time", time_of(cdr->began_ms));
	rc |= json_object_set_new(line, "channel", string_of(cdr->channel));
	rc |= json_object_set_new(line, "code", string_of(cdr->code));
	if (*msisdn || *imsi)
		rc |= json_object_set_new(line, *msisdn ? "msisdn" : "imsi", number_of(style, *msisdn ? msisdn : imsi));
	rc |= json_object_set_new(line, "language", string_of(cdr->language));
	rc |= json_object_set_new(line, "menu", json_string(menu));
	rc |= json_object_set_new(line, "turns", json_integer(cdr->turns));
	rc |= json_object_set_new(line, "path", path_of(cdr));
	if (cdr->path_left_out)
		rc |= json_object_set_new(line, "path_left_out", json_integer(cdr->path_left_out));
	rc |= json_object_set_new(line, "outcome", string_of(cdr->outcome));
	rc |= json_object_set_new(line, "took_ms", json_integer(cdr->took_ms));
	rc |= json_object_set_new(line, "slowest_ms", json_integer(cdr->slowest_ms));
	if (cdr->ref)
		rc |= json_object_set_new(line, "ref", string_of(cdr->ref));
	len = rc ? 0 : json_dumpb(line, out, size, JSON_COMPACT);
	json_decref(line);
	if (!len || len >= size)
		return 0;
	out[len] = '\n';
	return len + 1;
}
