/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Print a call data record as one line of JSON. Names come from files that people edit; whatever these contain, the line is valid
 * JSON in valid UTF-8. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/log.h"
#include "starhash/text.h"

#define PSEUDONYM_OCTETS 8
#define PSEUDONYM_MIN 16	/* libsodium makes no shorter ones; ours is its beginning */

struct out {
	char *at, *end;
	bool full;
};

static void put(struct out *out, const char *text, size_t len)
{
	if ((size_t)(out->end - out->at) < len) {
		out->full = true;
		return;
	}
	memcpy(out->at, text, len);
	out->at += len;
}

static void __attribute__((format(printf, 2, 3))) putf(struct out *out, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	put(out, text, vsnprintf(text, sizeof(text), format, args));
	va_end(args);
}

static void put_letter(struct out *out, uint32_t codepoint)
{
	char octets[4];

	if (codepoint == '"' || codepoint == '\\')
		putf(out, "\\%c", (int)codepoint);
	else if (codepoint < 0x20 || codepoint == 0x7f)
		putf(out, "\\u%04" PRIx32, codepoint);
	else
		put(out, octets, text_put(codepoint, octets));
}

static void put_string(struct out *out, const char *text)
{
	const char *end = text + strlen(text);

	put(out, "\"", 1);
	while (text < end)
		put_letter(out, text_next(&text, end));
	put(out, "\"", 1);
}

static void put_member(struct out *out, const char *name, const char *text)
{
	putf(out, ",\"%s\":", name);
	put_string(out, text);
}

/* ---- members ---- */

static void put_time(struct out *out, int64_t ms)
{
	const time_t seconds = ms / 1000;
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	putf(out, "{\"time\":\"%s.%03dZ\"", text, (int)(ms % 1000));
}

/* A number keeps its pseudonym until the key changes; without the key, nobody can find the number from it. */
static const char *pseudonym(const struct number_style *style, const char *number, char text[static 2 * PSEUDONYM_OCTETS + 1])
{
	unsigned char hash[PSEUDONYM_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)number, strlen(number), style->key,
			   sizeof(style->key));
	return sodium_bin2hex(text, 2 * PSEUDONYM_OCTETS + 1, hash, PSEUDONYM_OCTETS);
}

static void put_number(struct out *out, const struct number_style *style, const char *name, const char *number)
{
	char text[MASKED_SIZE];

	_Static_assert(MASKED_SIZE > 2 * PSEUDONYM_OCTETS, "room for a pseudonym");
	if (style->numbers == NUMBERS_PSEUDONYM)
		number = pseudonym(style, number, text);
	else if (style->numbers == NUMBERS_MASKED)
		number = log_masked(number, text);
	put_member(out, name, number);
}

static void put_subscriber(struct out *out, const struct number_style *style, const struct subscriber *subscriber)
{
	if (subscriber->msisdn[0])
		put_number(out, style, "msisdn", subscriber->msisdn);
	else if (subscriber->imsi[0])
		put_number(out, style, "imsi", subscriber->imsi);
}

static void put_path(struct out *out, const struct cdr *cdr)
{
	unsigned int i;

	putf(out, ",\"path\":[");
	for (i = 0; i < cdr->path_count; i++) {
		put(out, ",", i > 0);
		put_string(out, cdr->path[i]);
	}
	putf(out, "]");
	if (cdr->path_left_out)
		putf(out, ",\"path_left_out\":%u", cdr->path_left_out);
}

size_t line_print(const struct number_style *style, const struct cdr *cdr, char *text, size_t size)
{
	struct out out = { .at = text, .end = text + size };

	put_time(&out, cdr->began_ms);
	put_member(&out, "channel", cdr->channel);
	put_member(&out, "code", cdr->code);
	put_subscriber(&out, style, &cdr->subscriber);
	put_member(&out, "language", cdr->language);
	putf(&out, ",\"menu\":\"%08" PRIx32 "\",\"turns\":%u", cdr->menu, cdr->turns);
	put_path(&out, cdr);
	put_member(&out, "outcome", cdr->outcome);
	putf(&out, ",\"took_ms\":%" PRIu32 ",\"slowest_ms\":%" PRIu32, cdr->took_ms, cdr->slowest_ms);
	if (cdr->ref)
		put_member(&out, "ref", cdr->ref);
	putf(&out, "}\n");
	return out.full ? 0 : out.at - text;
}
