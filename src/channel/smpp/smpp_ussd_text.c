/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Text of USSD over SMPP, in the alphabets of short messages; packed septets are padded as USSD requires. */
#include <errno.h>
#include <string.h>

#include "channel/smpp/dialects.h"
#include "channel/smpp/smpp_ussd_text.h"

enum sms_coding smpp_ussd_coding_find(const char *name)
{
	static const struct { const char *name; enum sms_coding coding; } names[] = {
		{ "packed", SMS_GSM7_PACKED }, { "latin1", SMS_LATIN1 }, { "ascii", SMS_ASCII }, { "utf8", SMS_UTF8 },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0)
			return names[i].coding;
	}
	return SMS_GSM7;
}

/* One message of any length: the text limits decide what fits. */
static struct sms_encoding_profile profile_of(const struct smpp_ussd_coding *coding)
{
	return (struct sms_encoding_profile){
		.plain = coding->plain, .ia5 = SMS_ASCII, .concat = SMS_CONCAT_PAYLOAD, .parts = 2,
	};
}

int smpp_ussd_encode(const struct smpp_ussd_coding *coding, const char *text, size_t len,
		     uint8_t out[static SMPP_USSD_OCTETS], uint8_t *data_coding)
{
	const struct sms_encoding_profile profile = profile_of(coding);
	struct sms_segmentation segments;
	struct sms_part part;
	bool ucs2 = false;
	int n;

	if (coding->plain == SMS_GSM7_PACKED) {
		n = text_ussd_pack(text, len, out, SMPP_USSD_OCTETS);
		ucs2 = n == -EILSEQ;
		if (ucs2)
			n = text_ucs2_encode(text, len, out, SMPP_USSD_OCTETS);
	} else {
		n = sms_segment(&segments, &profile, text, len, 0);
		if (n >= 0) {
			ucs2 = segments.coding == SMS_UCS2;
			n = sms_part_encode(&segments, 1, &part, out, SMPP_USSD_OCTETS);
		}
	}
	if (ucs2)
		*data_coding = coding->dcs ? 0x48 : 0x08;
	else
		*data_coding = coding->dcs ? 0x0f : 0x00;
	return n < 0 ? -EMSGSIZE : n;
}

int smpp_ussd_decode(const struct smpp_ussd_coding *coding, struct smpp_octets octets, uint8_t data_coding, char *out,
		     size_t size)
{
	static const uint8_t of_smpp[] = {
		[CODING_DEFAULT] = 0, [CODING_ASCII] = 1, [CODING_LATIN1] = 3, [CODING_UCS2] = 8,
	};
	enum dialect_coding meaning = dialect_coding(data_coding);
	struct sms_encoding_profile profile = profile_of(coding);
	struct sms_raw raw = { .octets = octets.at, .len = octets.len };
	struct sms_info info;
	int n;

	if (meaning == CODING_UNKNOWN)
		return -EILSEQ;
	if (meaning == CODING_DEFAULT && coding->plain == SMS_GSM7_PACKED)
		return text_ussd_unpack(octets.at, octets.len, out, size);
	raw.data_coding = of_smpp[meaning];
	n = sms_decode(&profile, &raw, &info, out, size);
	return n == -ENOSPC || n >= 0 ? n : -EILSEQ;
}
