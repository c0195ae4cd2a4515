/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sms/: short messages as texts: alphabets, parts, duplicates, loops. short_message.h declares all.
 *
 * Decodes a received message: its alphabet, from data_coding and header, and its text. */
#include <errno.h>

#include "channel/smpp/sms/header.h"
#include "channel/smpp/sms/language.h"
#include "text/utf8.h"

#define UNKNOWN (-ENOTSUP)

/* Returns an enum sms_coding, or UNKNOWN. Values up to 0x0f are SMPP's, higher ones those of 23.038. */
static int coding_of(const struct sms_encoding_profile *profile, uint8_t data_coding)
{
	const int by_bits[] = { profile->plain, SMS_BINARY, SMS_UCS2, UNKNOWN };

	switch (data_coding) {
	case 0:
		return profile->plain;
	case 1:
		return profile->ia5;
	case 2:
	case 4:
		return SMS_BINARY;
	case 3:
		return SMS_LATIN1;
	case 8:
		return SMS_UCS2;
	}
	/* Groups of 3GPP TS 23.038 clause 4 whose bits 3 and 2 name the alphabet; compressed text is not supported. */
	if (data_coding >= 0x10 && data_coding < 0x80)
		return data_coding & 0x20 ? UNKNOWN : by_bits[data_coding >> 2 & 3];
	if (data_coding >= 0xf0)
		return data_coding & 4 ? SMS_BINARY : profile->plain;
	if (data_coding >= 0xe0)
		return SMS_UCS2;
	return data_coding >= 0xc0 ? (int)profile->plain : UNKNOWN;
}

/* A text being written; used becomes -ENOSPC when it is full. */
struct sink {
	char *text;
	size_t size;
	int used;
};

static inline void put_char(struct sink *sink, uint32_t c)
{
	unsigned int len;

	if (sink->used < 0)
		return;
	len = utf8_append(c, sink->text + sink->used, sink->size - sink->used);
	sink->used = len ? sink->used + (int)len : -ENOSPC;
}

/* Input of septets, packed or not. */
struct septets {
	const uint8_t *octets;
	size_t at, count;
	bool packed;
};

/* The next septet; 0x80 or more is not a septet. */
static unsigned int next_septet(struct septets *in)
{
	size_t bit = in->at * 7, shift = bit % 8;
	unsigned int bits;

	if (!in->packed)
		return in->octets[in->at++];
	in->at++;
	bits = in->octets[bit / 8];
	if (shift > 1)
		bits |= (unsigned int)in->octets[bit / 8 + 1] << 8;
	return bits >> shift & 0x7f;
}

static uint32_t read_septet(struct septets *in, const struct alphabet *alphabet)
{
	unsigned int septet = next_septet(in);

	if (septet == GSM7_ESC) {
		/* Without a shifted character in the table, it is the plain one, 23.038 clause 6.2.1.1. */
		septet = in->at < in->count ? next_septet(in) : GSM7_ESC;
		if (septet <= 0x7f && alphabet->shifted[septet])
			return alphabet->shifted[septet];
	}
	if (septet > 0x7f)
		return UTF8_REPLACEMENT;
	return alphabet->plain[septet] ? alphabet->plain[septet] : ' ';
}

/* Eight septets fill seven octets: drop a last CR or 0, which only pads a shorter text and would show as "@". */
static void drop_padding(struct septets *in)
{
	struct septets last = *in;
	unsigned int septet;

	if (!in->packed || in->count % 8 || in->count <= in->at)
		return;
	last.at = in->count - 1;
	septet = next_septet(&last);
	if (septet == 0 || septet == GSM7_CR)
		in->count--;
}

static void read_septets(struct sink *sink, const uint8_t *octets, size_t len, size_t header, const struct sms_info *info)
{
	struct septets in = { .octets = octets, .at = header, .count = len };
	struct alphabet alphabet;

	if (info->coding == SMS_GSM7_PACKED) {
		in.packed = true;
		in.at = (header * 8 + 6) / 7;
		in.count = len * 8 / 7;
	}
	alphabet_make(&alphabet, info->locking, info->single);
	drop_padding(&in);
	while (in.at < in.count)
		put_char(sink, read_septet(&in, &alphabet));
}

/* Some SMSCs send the terminating NUL of a C string. */
static size_t without_nul(const uint8_t *octets, size_t len)
{
	while (len > 0 && octets[len - 1] == 0)
		len--;
	return len;
}

static int read_text(const struct sms_raw *raw, size_t header, const struct sms_info *info, char *text, size_t size)
{
	struct sink sink = { .text = text, .size = size };
	const uint8_t *octets = raw->octets + header;
	size_t len = raw->len - header;
	const char *pos, *end;

	switch (info->coding) {
	case SMS_GSM7:
	case SMS_GSM7_PACKED:
		read_septets(&sink, raw->octets, raw->len, header, info);
		break;
	case SMS_LATIN1:
	case SMS_ASCII:
		/* Octets beyond ASCII in "ASCII" are Latin-1 more often than not. */
		len = without_nul(octets, len);
		for (size_t i = 0; i < len; i++)
			put_char(&sink, octets[i]);
		break;
	case SMS_UTF8:
		pos = (const char *)octets;
		end = pos + without_nul(octets, len);
		while (pos < end)
			put_char(&sink, utf8_next(&pos, end));
		break;
	case SMS_UCS2:
		return text_ucs2_decode(octets, len, text, size);
	case SMS_BINARY:
		break;
	}
	return sink.used;
}

/* A header with shift tables implies septets, whatever the link's plain coding. */
static void resolve_coding(struct sms_info *info, int coding)
{
	bool text = coding == SMS_LATIN1 || coding == SMS_ASCII || coding == SMS_UTF8;

	info->coding = (enum sms_coding)coding;
	if (info->ports)
		info->coding = SMS_BINARY;
	else if (text && (info->locking || info->single))
		info->coding = SMS_GSM7;
}

int sms_decode(const struct sms_encoding_profile *profile, const struct sms_raw *raw, struct sms_info *info, char *text,
	       size_t size)
{
	int header = 0, coding = coding_of(profile, raw->data_coding);

	*info = (struct sms_info){ .coding = SMS_BINARY };
	if (raw->udh)
		header = header_read(raw->octets, raw->len, info);
	if (header < 0)
		return header;
	if (coding < 0)
		return coding;
	resolve_coding(info, coding);
	return read_text(raw, header, info, text, size);
}
