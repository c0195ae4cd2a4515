/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: short messages from hostile networks and people: decoding, splitting, joining, receipts, keywords. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "channel/smpp/sms/short_message.h"

#define MOST 512	/* octets used of an input */

/* The first octets of the input: the link's settings. */
static struct sms_encoding_profile style_from(const uint8_t *data)
{
	return (struct sms_encoding_profile){
		.plain = (enum sms_coding)(data[0] % (SMS_UTF8 + 1)),
		.ia5 = data[0] & 0x80 ? SMS_GSM7 : SMS_ASCII,
		.concat = (enum sms_concat)(data[1] % 4),
		.parts = data[1] >> 4,
		.sar_reserve = data[1] & 8 ? 6 : 0,
		.languages = (uint16_t)(data[2] << 8 | data[3]),
	};
}

static void check_decoding(const struct sms_encoding_profile *profile, uint8_t data_coding, bool udh,
			   const uint8_t *data, size_t len)
{
	struct sms_raw raw = { data, len, data_coding, udh };
	struct sms_info info;
	char text[4 * MOST];
	int rc = sms_decode(profile, &raw, &info, text, sizeof(text));

	MUST(rc != -ENOSPC);
	MUST(rc <= 0 || text_valid(text, rc));
	MUST(!info.concat || (info.number >= 1 && info.number <= info.total));
	MUST(rc <= 0 || info.coding != SMS_BINARY);
	sms_decode(profile, &raw, &info, text, len / 2);
}

/* A part as the phone would show it; must be a piece of the text. */
static size_t check_part(const struct sms_segmentation *segments, unsigned int number, const char *text)
{
	uint8_t octets[SMS_OCTETS], less[SMS_OCTETS];
	char shown[4 * MOST];
	struct sms_part part;
	struct sms_info info;
	int len = sms_part_encode(segments, number, &part, octets, sizeof(octets));
	struct sms_raw raw = { octets, (size_t)len, part.data_coding, part.esm_class & 0x40 };

	MUST(len >= 0 && len == part.len && (part.payload || len <= SMS_PART_OCTETS));
	MUST(len == 0 || sms_part_encode(segments, number, &part, less + sizeof(less) - (len - 1), len - 1) == -ENOSPC);
	len = sms_decode(&segments->profile, &raw, &info, shown, sizeof(shown));
	MUST(len >= 0);
	if (segments->coding == SMS_GSM7 || segments->coding == SMS_UCS2)
		MUST(memcmp(shown, text, len) == 0);
	return len;
}

static void check_splitting(const struct sms_encoding_profile *profile, const char *text, size_t len)
{
	struct sms_segmentation segments;
	int messages = sms_segment(&segments, profile, text, len, 0x1234);
	size_t shown = 0;

	MUST(messages > 0 || !text_fits(text_cost(text, len), sms_budget(profile)));
	if (messages < 0 || !text_valid(text, len))
		return;
	MUST(segments.total <= SMS_PARTS && segments.ends[messages - 1] == len);
	for (int i = 1; i <= messages; i++)
		shown += check_part(&segments, i, text + (i > 1 ? segments.ends[i - 2] : 0));
	MUST(shown == len || (segments.coding != SMS_GSM7 && segments.coding != SMS_UCS2));
}

static const struct sms_reassembly_limits limits = { .messages = 5, .per_sender = 3, .octets = 50, .timeout_ms = 30 };

/* The part that completes a text can be returned, and completes it again. */
static void check_piece(struct sms_reassembly *reassembly, uint64_t now, const struct sms_piece *piece)
{
	struct sms_whole whole;

	if (sms_reassembly_add(reassembly, now, piece, &whole) != SMS_REASSEMBLY_WHOLE)
		return;
	MUST(whole.len <= limits.octets && whole.have == whole.total);
	sms_reassembly_forget(reassembly, piece);
	MUST(sms_reassembly_add(reassembly, now, piece, &whole) == SMS_REASSEMBLY_WHOLE);
	MUST(sms_reassembly_add(reassembly, now, piece, &whole) == SMS_REASSEMBLY_DUPLICATE);
}

/* Every four octets are a part. */
static void check_joining(const uint8_t *data, size_t len)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_whole whole;
	uint64_t now = 0;

	for (size_t at = 0; reassembly && at + 4 <= len; at += 4) {
		struct sms_piece piece = {
			.from = data[at] & 3, .reference = data[at] >> 2 & 3, .total = data[at + 1] & 15,
			.number = data[at + 1] >> 4, .text = (const char *)data, .len = data[at + 2] % (at + 1),
		};

		now += data[at + 3] & 15;
		check_piece(reassembly, now, &piece);
		if (data[at + 3] & 16 && sms_reassembly_expire(reassembly, now, &whole))
			MUST(whole.len <= limits.octets && whole.have < whole.total);
	}
	sms_reassembly_free(reassembly);
}

static void check_receipt(const char *text, size_t len)
{
	char folded[SMS_ID_MAX + 1];
	struct sms_receipt receipt;

	if (!sms_receipt_read(&receipt, text, len))
		return;
	MUST(strlen(receipt.id) <= SMS_ID_MAX && receipt.state <= SMS_STATE_REJECTED);
	MUST(sms_id_fold(receipt.id, SMS_ID_HEX, folded) == strlen(folded));
	MUST(sms_id_fold(receipt.id, SMS_ID_DECIMAL, folded) == strlen(folded));
}

static void check_keyword(const char *text, size_t len)
{
	struct text_span words[5];
	char once[MOST], twice[MOST];
	size_t folded = text_fold_keyword(text, len, once);
	size_t count = text_words(text, len, TEXT_SEPARATORS, words, 5), at = 0;

	MUST(folded <= len && count <= 5);
	MUST(!text_valid(text, len) || (text_valid(once, folded) && text_fold_keyword(once, folded, twice) == folded));
	for (size_t i = 0; i < count; i++) {
		MUST(words[i].len > 0 && words[i].from >= at && words[i].from + words[i].len <= len);
		at = words[i].from + words[i].len;
	}
	if (count >= 2) {
		const char *a = text + words[0].from, *b = text + words[1].from;

		MUST(text_distance(a, words[0].len, b, words[1].len) == text_distance(b, words[1].len, a, words[0].len));
	}
}

/* The first six octets choose the link, the coding and whether there is a header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_encoding_profile profile;
	size_t len;

	if (size < 6)
		return 0;
	profile = style_from(data);
	len = size - 6 < MOST ? size - 6 : MOST;
	check_decoding(&profile, data[4], data[5] & 1, data + 6, len);
	check_splitting(&profile, (const char *)data + 6, len);
	check_joining(data + 6, len);
	check_receipt((const char *)data + 6, len);
	check_keyword((const char *)data + 6, len);
	return 0;
}
