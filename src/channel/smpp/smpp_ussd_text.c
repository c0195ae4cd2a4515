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

static uint8_t data_coding_of(const struct smpp_ussd_coding *coding, bool ucs2)
{
	if (ucs2)
		return coding->dcs ? 0x48 : 0x08;
	return coding->dcs ? 0x0f : 0x00;
}

static int packed_encode(const char *text, size_t len, uint8_t *out, bool *ucs2)
{
	int n = text_ussd_pack(text, len, out, SMPP_USSD_OCTETS);

	*ucs2 = n == -EILSEQ;
	return *ucs2 ? text_ucs2_encode(text, len, out, SMPP_USSD_OCTETS) : n;
}

static int plan_encode(const struct smpp_ussd_coding *coding, const char *text, size_t len, uint8_t *out, bool *ucs2)
{
	struct sms_encoding_profile profile = profile_of(coding);
	struct sms_segmentation plan;
	struct sms_part part;

	if (sms_segment(&plan, &profile, text, len, 0) < 0)
		return -EMSGSIZE;
	*ucs2 = plan.coding == SMS_UCS2;
	return sms_part_encode(&plan, 1, &part, out, SMPP_USSD_OCTETS);
}

int smpp_ussd_encode(const struct smpp_ussd_coding *coding, const char *text, size_t len,
		     uint8_t out[static SMPP_USSD_OCTETS], uint8_t *data_coding)
{
	bool ucs2 = false;
	int n = coding->plain == SMS_GSM7_PACKED ? packed_encode(text, len, out, &ucs2) :
						   plan_encode(coding, text, len, out, &ucs2);

	*data_coding = data_coding_of(coding, ucs2);
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
