/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the tests of src/channel/smpp/sms/. */
#pragma once

#include <errno.h>
#include <stdio.h>

#include "channel/smpp/sms/short_message.h"
#include "tests/text/text_test.h"

static const struct sms_encoding_profile udh_profile = { .parts = SMS_PARTS };

/* The text of all parts of \a segments, as a phone would show it. */
static inline size_t show_all(const struct sms_segmentation *segments, char *out, size_t size)
{
	size_t used = 0;

	for (unsigned int i = 1; i <= segments->messages; i++) {
		uint8_t octets[SMS_OCTETS];
		struct sms_part part;
		struct sms_info info;
		int len = sms_part_encode(segments, i, &part, octets, sizeof(octets));
		struct sms_raw raw = { octets, (size_t)len, part.data_coding, part.esm_class & 0x40 };

		assert_true(len >= 0);
		assert_int_equal(len, part.len);
		len = sms_decode(&segments->profile, &raw, &info, out + used, size - used);
		assert_true(len >= 0);
		used += len;
	}
	return used;
}
