/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Packed GSM-7 for USSD, 3GPP TS 23.038 clause 6.1.2.3: septets from the least significant bit on. */
#include "starhash/text.h"

#include <errno.h>
#include <string.h>

#include "text/gsm7.h"
#include "text/utf8.h"

/* Packs septets into octets. */
struct packer {
	uint8_t *pos;
	uint8_t *end;
	uint64_t bits;		/* bits not written yet, least significant first */
	unsigned int held;	/* their number; below 8 between calls */
	unsigned int septets;	/* septets so far */
	bool full;
};

static inline void write_eight(uint8_t *out, uint64_t bits)
{
	out[0] = (uint8_t)bits;
	out[1] = (uint8_t)(bits >> 8);
	out[2] = (uint8_t)(bits >> 16);
	out[3] = (uint8_t)(bits >> 24);
	out[4] = (uint8_t)(bits >> 32);
	out[5] = (uint8_t)(bits >> 40);
	out[6] = (uint8_t)(bits >> 48);
	out[7] = (uint8_t)(bits >> 56);
}

/* Put up to eight septets, the first in the lowest bits. */
static inline void put_septets(struct packer *packer, uint64_t septets, unsigned int count)
{
	packer->bits |= septets << packer->held;
	packer->held += 7 * count;
	packer->septets += count;
	if (packer->end - packer->pos >= 8) {
		write_eight(packer->pos, packer->bits);
		packer->pos += packer->held / 8;
		packer->bits >>= packer->held / 8 * 8;
		packer->held %= 8;
		return;
	}
	for (; packer->held >= 8; packer->held -= 8) {
		if (packer->pos == packer->end) {
			packer->full = true;
			packer->held = 0;
			return;
		}
		*packer->pos++ = (uint8_t)packer->bits;
		packer->bits >>= 8;
	}
}

static inline uint64_t code_at(const char *text, unsigned int index)
{
	return (uint64_t)gsm7_codes[(uint8_t)text[index]] << 8 * index;
}

#define EACH(octet) ((octet) * UINT64_C(0x0101010101010101))

/* The septets of eight characters, if they are ASCII and have one septet each. The halves of ever longer groups move together. */
static inline bool eight_at(const char *text, uint64_t *septets)
{
	uint64_t octets, codes;

	memcpy(&octets, text, 8);
	codes = code_at(text, 0) | code_at(text, 1) | code_at(text, 2) | code_at(text, 3) | code_at(text, 4) | code_at(text, 5) |
		code_at(text, 6) | code_at(text, 7);
	if (octets & EACH(0x80) || (codes & EACH(GSM7_PLAIN)) != EACH(GSM7_PLAIN))
		return false;
	codes = (codes & 0x007f007f007f007fu) | (codes & 0x7f007f007f007f00u) >> 1;
	codes = (codes & 0x00003fff00003fffu) | (codes & 0x3fff00003fff0000u) >> 2;
	*septets = (codes & 0x000000000fffffffu) | (codes & 0x0fffffff00000000u) >> 4;
	return true;
}

/* Put characters of one septet each, eight at a time, and return the rest. */
static const char *put_plain(struct packer *packer, const char *pos, const char *end)
{
	char padded[] = "        ";
	uint64_t septets;

	for (; end - pos >= 8 && eight_at(pos, &septets); pos += 8)
		put_septets(packer, septets, 8);
	if (end - pos >= 8 || pos == end)
		return pos;
	memcpy(padded, pos, end - pos);
	if (!eight_at(padded, &septets))
		return pos;
	put_septets(packer, septets & ((UINT64_C(1) << 7 * (end - pos)) - 1), (unsigned int)(end - pos));
	return end;
}

/* Returns 0, -EILSEQ or -ENOSPC. */
static int put_text(struct packer *packer, const char *pos, const char *end)
{
	while (pos < end) {
		unsigned int code;

		pos = put_plain(packer, pos, end);
		if (packer->full)
			return -ENOSPC;
		if (pos == end)
			break;
		code = gsm7_code(utf8_next(&pos, end));
		if (code == 0)
			return -EILSEQ;
		if (!(code & GSM7_PLAIN))
			put_septets(packer, GSM7_ESC, 1);
		put_septets(packer, code & 0x7f, 1);
		if (packer->full)
			return -ENOSPC;
	}
	return 0;
}

/* Clause 6.1.2.3.1: seven spare bits are filled with CR, or they would read as "@"; a CR that ends a text on the boundary is doubled, or
 * it would be taken for this filling. If a page has no octet left for the second CR, the phone drops the first: losing a blank at the end
 * is better than losing the page. */
static int put_end(struct packer *packer, bool cr)
{
	bool room = packer->pos < packer->end;

	if (packer->septets % 8 == 7 || (packer->septets % 8 == 0 && cr && room))
		put_septets(packer, GSM7_CR, 1);
	if (packer->held > 0 && !packer->full)
		put_septets(packer, 0, 1);
	return packer->full ? -ENOSPC : 0;
}

int text_ussd_pack(const char *text, size_t len, uint8_t *out, size_t size)
{
	struct packer packer = { .pos = out, .end = out + size };
	int rc = put_text(&packer, text, text + len);

	if (rc == 0)
		rc = put_end(&packer, len > 0 && text[len - 1] == '\r');
	return rc ? rc : (int)(packer.pos - out);
}

/* Septet \a index of a string, which must have it. */
static inline unsigned int septet_at(const uint8_t *in, size_t index)
{
	size_t octet = index * 7 / 8, shift = index * 7 % 8;
	unsigned int bits = in[octet];

	if (shift > 1)
		bits |= (unsigned int)in[octet + 1] << 8;
	return bits >> shift & 0x7f;
}

/* The number of septets of a string without a CR that only fills it. */
static size_t septets_count(const uint8_t *in, size_t octets)
{
	size_t count = octets / 7 * 8 + octets % 7;

	if (count > 0 && count % 8 == 0 && septet_at(in, count - 1) == GSM7_CR)
		count--;
	return count;
}

/* Read the character at septet *\a index of \a count and advance. */
static inline uint32_t read_char(const uint8_t *in, size_t count, size_t *index)
{
	unsigned int septet = septet_at(in, (*index)++);

	if (septet != GSM7_ESC)
		return gsm7_plain[septet];
	if (*index == count)
		return ' ';
	septet = septet_at(in, (*index)++);
	if (gsm7_extended[septet])
		return gsm7_extended[septet];
	return septet == GSM7_ESC ? ' ' : gsm7_plain[septet];
}

/* Read eight septets that start on an octet, if they are all ASCII. */
static inline bool read_eight(const uint8_t *in, char *out)
{
	uint64_t bits = in[0] | (uint64_t)in[1] << 8 | (uint64_t)in[2] << 16 | (uint64_t)in[3] << 24 |
			(uint64_t)in[4] << 32 | (uint64_t)in[5] << 40 | (uint64_t)in[6] << 48;
	unsigned int all = 0;

	for (int i = 0; i < 8; i++) {
		unsigned int c = gsm7_plain[bits & 0x7f];

		out[i] = (char)c;
		all |= c;
		bits >>= 7;
	}
	return all < 0x80;
}

int text_ussd_unpack(const uint8_t *in, size_t octets, char *out, size_t size)
{
	size_t count = septets_count(in, octets), used = 0, at = 0;

	while (at < count) {
		unsigned int len;

		if (at % 8 == 0 && count - at >= 8 && size - used >= 8 && read_eight(in + at / 8 * 7, out + used)) {
			at += 8;
			used += 8;
			continue;
		}
		len = utf8_append(read_char(in, count, &at), out + used, size - used);
		if (len == 0)
			return -ENOSPC;
		used += len;
	}
	return (int)used;
}
