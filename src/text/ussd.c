/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Packed GSM-7 as USSD carries it, 3GPP TS 23.038 clause 6.1.2.3: septets from the least significant bit on. */
#include "starhash/text.h"

#include <errno.h>

#include "text/gsm7.h"
#include "text/utf8.h"

/* Septets on their way into octets. */
struct packer {
	uint8_t *pos;
	uint8_t *end;
	uint64_t bits;		/* what is not written yet, least significant first */
	unsigned int held;	/* how many bits that is; below 8 between calls */
	unsigned int septets;	/* so far */
	bool full;
};

static inline void put_septet(struct packer *packer, unsigned int septet)
{
	packer->bits |= (uint64_t)septet << packer->held;
	packer->held += 7;
	packer->septets++;
	if (packer->held < 8)
		return;
	if (packer->pos == packer->end) {
		packer->full = true;
		return;
	}
	*packer->pos++ = (uint8_t)packer->bits;
	packer->bits >>= 8;
	packer->held -= 8;
}

/* Eight plain characters of ASCII are seven octets, whatever bits are held. False: not eight such, or no room. */
static inline bool put_block(struct packer *packer, const char *text)
{
	uint64_t block = 0;
	unsigned int plain = GSM7_PLAIN, high = 0;

	if (packer->end - packer->pos < 7)
		return false;
	for (int i = 0; i < 8; i++) {
		uint8_t octet = (uint8_t)text[i];
		unsigned int code = gsm7_codes[octet];

		high |= octet;
		plain &= code;
		block |= (uint64_t)(code & 0x7f) << 7 * i;
	}
	if (high & 0x80 || !plain)
		return false;
	packer->bits |= block << packer->held;
	for (int i = 0; i < 7; i++)
		*packer->pos++ = (uint8_t)(packer->bits >> 8 * i);
	packer->bits >>= 56;
	packer->septets += 8;
	return true;
}

/* Returns 0, -EILSEQ or -ENOSPC. */
static int put_text(struct packer *packer, const char *pos, const char *end)
{
	while (pos < end) {
		unsigned int code;

		if (end - pos >= 8 && put_block(packer, pos)) {
			pos += 8;
			continue;
		}
		code = gsm7_code(utf8_next(&pos, end));
		if (code == 0)
			return -EILSEQ;
		if (!(code & GSM7_PLAIN))
			put_septet(packer, GSM7_ESC);
		put_septet(packer, code & 0x7f);
		if (packer->full)
			return -ENOSPC;
	}
	return 0;
}

/* Clause 6.1.2.3.1: seven spare bits are filled with CR, or they would read as "@"; a CR that ends a text on the
 * boundary is doubled, or it would be taken for such filling. Where a page has no octet left for the second one, the
 * phone drops the first: a blank end is no loss, a page that cannot be sent would be. */
static int put_end(struct packer *packer, bool cr)
{
	bool room = packer->pos < packer->end;

	if (packer->septets % 8 == 7 || (packer->septets % 8 == 0 && cr && room))
		put_septet(packer, GSM7_CR);
	if (packer->held > 0 && !packer->full)
		put_septet(packer, 0);
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

/* Septet number \a index, of a string that has it. */
static inline unsigned int septet_at(const uint8_t *in, size_t index)
{
	size_t octet = index * 7 / 8, shift = index * 7 % 8;
	unsigned int bits = in[octet];

	if (shift > 1)
		bits |= (unsigned int)in[octet + 1] << 8;
	return bits >> shift & 0x7f;
}

/* The septets of a string without the CR that fills it. */
static size_t septets_count(const uint8_t *in, size_t octets)
{
	size_t count = octets / 7 * 8 + octets % 7;

	if (count > 0 && count % 8 == 0 && septet_at(in, count - 1) == GSM7_CR)
		count--;
	return count;
}

/* The character after an escape. */
static uint32_t escaped(unsigned int septet)
{
	return gsm7_extended[septet] ? gsm7_extended[septet] : gsm7_plain[septet];
}

/* Append. Returns octets, 0 when there is no room. */
static inline size_t put_char(uint32_t codepoint, char *out, size_t room)
{
	char octets[4];
	size_t len;

	if (codepoint < 0x80 && room > 0) {
		*out = (char)codepoint;
		return 1;
	}
	len = text_put(codepoint, octets);
	if (len > room)
		return 0;
	for (size_t i = 0; i < len; i++)
		out[i] = octets[i];
	return len;
}

int text_ussd_unpack(const uint8_t *in, size_t octets, char *out, size_t size)
{
	size_t count = septets_count(in, octets), used = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned int septet = septet_at(in, i);
		uint32_t codepoint = gsm7_plain[septet];
		size_t len;

		if (septet == GSM7_ESC && i + 1 < count)
			codepoint = escaped(septet_at(in, ++i));
		len = put_char(codepoint, out + used, size - used);
		if (len == 0)
			return -ENOSPC;
		used += len;
	}
	return (int)used;
}
