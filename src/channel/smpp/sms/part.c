/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Encodes one part of a segmented text as the octets of a message. */
#include <errno.h>

#include "channel/smpp/sms/header.h"
#include "channel/smpp/sms/language.h"
#include "text/utf8.h"

/* Output of octets; an overflow is detected at the end. */
struct writer {
	uint8_t *out;
	size_t size;
	size_t used;			/* octets, or septets where they are packed */
	bool packed;
};

static void put_octet(struct writer *writer, unsigned int octet)
{
	if (writer->used < writer->size)
		writer->out[writer->used] = (uint8_t)octet;
	writer->used++;
}

/* Septets are packed from the least significant bit on; those before \a used belong to the header. */
static void put_packed(struct writer *writer, unsigned int septet)
{
	size_t at = writer->used * 7 / 8, shift = writer->used * 7 % 8;

	writer->used++;
	if (at + (shift > 1) >= writer->size)
		return;
	if (shift == 0)
		writer->out[at] = 0;
	writer->out[at] |= (uint8_t)(septet << shift);
	if (shift > 1)
		writer->out[at + 1] = (uint8_t)(septet >> (8 - shift));
}

static void put_septet(struct writer *writer, unsigned int septet)
{
	if (writer->packed)
		put_packed(writer, septet);
	else
		put_octet(writer, septet);
}

static void put_default(struct writer *writer, const char *pos, const char *end)
{
	while (pos < end) {
		unsigned int code = gsm7_code(utf8_next(&pos, end));

		if (!(code & GSM7_PLAIN))
			put_septet(writer, GSM7_ESC);
		put_septet(writer, code & 0x7f);
	}
}

static void put_national(struct writer *writer, const struct sms_segmentation *segments, const char *pos,
			 const char *end)
{
	struct alphabet_index index;
	struct alphabet alphabet;

	alphabet_make(&alphabet, segments->locking, segments->single);
	alphabet_index_make(&index, &alphabet);
	while (pos < end) {
		unsigned int code = alphabet_code(&index, utf8_next(&pos, end));

		if (code & ALPHABET_SHIFTED)
			put_septet(writer, GSM7_ESC);
		put_septet(writer, code & 0x7f);
	}
}

static void put_single_octets(struct writer *writer, enum sms_coding coding, const char *pos, const char *end)
{
	unsigned int limit = coding == SMS_LATIN1 ? 0x100 : 0x80;

	while (pos < end) {
		uint32_t c = utf8_next(&pos, end);

		put_octet(writer, c < limit ? c : '?');
	}
}

static void put_utf8(struct writer *writer, const char *pos, const char *end)
{
	while (pos < end)
		put_octet(writer, (uint8_t)*pos++);
}

static void put_ucs2(struct writer *writer, const char *pos, const char *end)
{
	size_t room = writer->size > writer->used ? writer->size - writer->used : 0;
	int octets = text_ucs2_encode(pos, end - pos, writer->out + (room ? writer->used : 0), room);

	writer->used = octets < 0 ? writer->size + 1 : writer->used + octets;
}

static void put_text(struct writer *writer, const struct sms_segmentation *segments, const char *pos, const char *end)
{
	if (segments->coding == SMS_UCS2)
		put_ucs2(writer, pos, end);
	else if (segments->locking || segments->single)
		put_national(writer, segments, pos, end);
	else if (segments->coding == SMS_LATIN1 || segments->coding == SMS_ASCII)
		put_single_octets(writer, segments->coding, pos, end);
	else if (segments->coding == SMS_UTF8)
		put_utf8(writer, pos, end);
	else
		put_default(writer, pos, end);
}

/* Fill bits between a header and the first septet are 0. Seven spare bits at the end would read as "@", so they become CR.
 * Returns octets. */
static size_t put_packed_text(struct writer *writer, const struct sms_segmentation *segments, const char *pos,
			      const char *end)
{
	size_t header = writer->used;

	writer->used = (header * 8 + 6) / 7;
	writer->packed = true;
	if (header < writer->size)
		writer->out[header] = 0;
	put_text(writer, segments, pos, end);
	if (writer->used % 8 == 7)
		put_septet(writer, GSM7_CR);
	return (writer->used * 7 + 7) / 8;
}

int sms_part_encode(const struct sms_segmentation *segments, unsigned int number, struct sms_part *part, uint8_t *out,
		    size_t size)
{
	const unsigned int header = header_size(segments, segments->total);
	const char *pos = segments->text + (number > 1 ? segments->ends[number - 2] : 0);
	const char *end = segments->text + segments->ends[number - 1];
	struct writer writer = { .out = out, .size = size };
	size_t octets;

	if (size < header)
		return -ENOSPC;
	writer.used = header_write(segments, number, out);
	if (segments->coding == SMS_GSM7_PACKED) {
		octets = put_packed_text(&writer, segments, pos, end);
	} else {
		put_text(&writer, segments, pos, end);
		octets = writer.used;
	}
	if (octets > size)
		return -ENOSPC;
	*part = (struct sms_part){
		.data_coding = segments->coding == SMS_UCS2 ? 8 : 0,
		.esm_class = header ? 0x40 : 0,
		.sar = segments->profile.concat == SMS_CONCAT_SAR && segments->total > 1,
		.reference = segments->reference,
		.total = segments->messages,
		.number = (uint8_t)number,
		.payload = segments->profile.concat == SMS_CONCAT_PAYLOAD && (segments->total > 1 || octets > SMS_PART_OCTETS),
		.len = (uint16_t)octets,
	};
	return (int)octets;
}
