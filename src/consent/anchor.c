/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* consent/: consents as sealed chains, their anchors, and the check of both. Start with seal.c.
 *
 * A line of the file of anchors: "anchor ID TIME NUMBER SEQUENCE HASH KEY SEAL". ID, TIME and SEQUENCE are decimal, the others
 * hexadecimal; words are separated by one blank. Each anchor has exactly one notation, so that the parser can be strict. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "consent/seal.h"

#define FIRST_WORD "anchor"
#define SEAL_TEXT (1 + 2 * LINE_SEAL_SIZE)	/* a blank and the seal */

/* ---- writing ---- */

size_t consent_anchor_print(const uint8_t key[static CONSENT_KEY_SIZE], const struct consent_anchor *anchor,
			    char line[static CONSENT_ANCHOR_SIZE])
{
	char number[2 * CONSENT_NUMBER_SIZE + 1], hash[2 * CONSENT_HASH_SIZE + 1], text[2 * LINE_SEAL_SIZE + 1];
	uint8_t seal[LINE_SEAL_SIZE];
	int len;

	sodium_bin2hex(number, sizeof(number), anchor->number, CONSENT_NUMBER_SIZE);
	sodium_bin2hex(hash, sizeof(hash), anchor->head.hash, CONSENT_HASH_SIZE);
	len = snprintf(line, CONSENT_ANCHOR_SIZE, FIRST_WORD " %" PRId64 " %" PRId64 " %s %" PRId64 " %s %s", anchor->id,
		       anchor->time, number, anchor->head.sequence, hash, anchor->key);
	seal_line(key, line, (size_t)len, seal);
	sodium_bin2hex(text, sizeof(text), seal, LINE_SEAL_SIZE);
	return (size_t)(len + snprintf(line + len, CONSENT_ANCHOR_SIZE - (size_t)len, " %s\n", text));
}

/* ---- reading ---- */

/* The rest of a line. Each function reads the next word or marks the line as bad. */
struct reader {
	const char *at, *end;
	bool bad;
};

static void word_next(struct reader *reader, const char **word, size_t *len)
{
	const char *blank = memchr(reader->at, ' ', (size_t)(reader->end - reader->at));

	*word = reader->at;
	*len = (size_t)((blank ? blank : reader->end) - reader->at);
	reader->at = blank ? blank + 1 : reader->end;
	reader->bad |= !*len;
}

static int64_t read_number(struct reader *reader)
{
	const char *word;
	int64_t number = 0;
	size_t len;

	word_next(reader, &word, &len);
	reader->bad |= len > 1 && *word == '0';
	for (size_t i = 0; i < len && !reader->bad; i++) {
		const int digit = word[i] - '0';

		reader->bad |= digit < 0 || digit > 9 || number > (INT64_MAX - digit) / 10;
		if (!reader->bad)
			number = number * 10 + digit;
	}
	return number;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_hex(struct reader *reader, uint8_t *octets, size_t size)
{
	const char *word;
	size_t len;

	word_next(reader, &word, &len);
	reader->bad |= len != 2 * size;
	for (size_t i = 0; i < size && !reader->bad; i++) {
		const int high = hex_digit(word[2 * i]), low = hex_digit(word[2 * i + 1]);

		reader->bad |= high < 0 || low < 0;
		octets[i] = (uint8_t)(reader->bad ? 0 : high << 4 | low);
	}
}

static void read_word(struct reader *reader, const char *expected)
{
	const char *word;
	size_t len;

	word_next(reader, &word, &len);
	reader->bad |= len != strlen(expected) || memcmp(word, expected, len) != 0;
}

bool consent_anchor_parse(const char *line, size_t len, struct consent_anchor *anchor)
{
	struct reader reader = { .at = line, .end = line + len };
	uint8_t key[(CONSENT_KEY_ID_SIZE - 1) / 2], seal[LINE_SEAL_SIZE];

	memset(anchor, 0, sizeof(*anchor));
	read_word(&reader, FIRST_WORD);
	anchor->id = read_number(&reader);
	anchor->time = read_number(&reader);
	read_hex(&reader, anchor->number, sizeof(anchor->number));
	anchor->head.sequence = read_number(&reader);
	read_hex(&reader, anchor->head.hash, sizeof(anchor->head.hash));
	read_hex(&reader, key, sizeof(key));
	read_hex(&reader, seal, sizeof(seal));
	if (reader.bad || reader.at < reader.end || line[len - 1] == ' ' || !anchor->id || !anchor->head.sequence)
		return false;
	sodium_bin2hex(anchor->key, sizeof(anchor->key), key, sizeof(key));
	return true;
}

bool consent_anchor_sealed(const uint8_t key[static CONSENT_KEY_SIZE], const char *line, size_t len)
{
	const char *text = line + len - SEAL_TEXT + 1;
	uint8_t seal[LINE_SEAL_SIZE];
	char own[2 * LINE_SEAL_SIZE + 1];

	if (len <= SEAL_TEXT)
		return false;
	seal_line(key, line, len - SEAL_TEXT, seal);
	sodium_bin2hex(own, sizeof(own), seal, sizeof(seal));
	return !sodium_memcmp(own, text, sizeof(own) - 1);
}
