/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* User-data headers: concatenation and national language tables. */
#include "channel/smpp/sms/header.h"

#include <errno.h>

enum element {
	CONCAT = 0x00,
	PORTS = 0x04,
	PORTS16 = 0x05,
	CONCAT16 = 0x08,
	SINGLE_SHIFT = 0x24,
	LOCKING_SHIFT = 0x25,
};

unsigned int header_size(const struct sms_segmentation *segments, unsigned int total)
{
	unsigned int size = (segments->single ? 3 : 0) + (segments->locking ? 3 : 0);

	if (total > 1 && segments->profile.concat == SMS_CONCAT_UDH)
		size += 5;
	if (total > 1 && segments->profile.concat == SMS_CONCAT_UDH16)
		size += 6;
	return size > 0 ? 1 + size : 0;
}

static uint8_t *put_concat(const struct sms_segmentation *segments, unsigned int number, uint8_t *out)
{
	bool wide = segments->profile.concat == SMS_CONCAT_UDH16;

	*out++ = wide ? CONCAT16 : CONCAT;
	*out++ = wide ? 4 : 3;
	if (wide)
		*out++ = (uint8_t)(segments->reference >> 8);
	*out++ = (uint8_t)segments->reference;
	*out++ = segments->total;
	*out++ = (uint8_t)number;
	return out;
}

static uint8_t *put_language(enum element element, uint8_t language, uint8_t *out)
{
	if (language == SMS_NO_LANGUAGE)
		return out;
	*out++ = (uint8_t)element;
	*out++ = 1;
	*out++ = language;
	return out;
}

unsigned int header_write(const struct sms_segmentation *segments, unsigned int number, uint8_t *out)
{
	unsigned int size = header_size(segments, segments->total);

	if (size == 0)
		return 0;
	*out++ = (uint8_t)(size - 1);
	if (segments->total > 1)
		out = put_concat(segments, number, out);
	out = put_language(SINGLE_SHIFT, segments->single, out);
	put_language(LOCKING_SHIFT, segments->locking, out);
	return size;
}

/* \a data: total and number. An inconsistent element is ignored. */
static void read_concat(struct sms_info *info, unsigned int reference, const uint8_t *data, bool wide)
{
	if (data[1] == 0 || data[1] > data[0])
		return;
	info->concat = true;
	info->wide = wide;
	info->reference = (uint16_t)reference;
	info->total = data[0];
	info->number = data[1];
}

/* An element of the wrong length is skipped, like an unknown one. */
static void read_element(struct sms_info *info, uint8_t element, const uint8_t *data, unsigned int len)
{
	if (element == CONCAT && len == 3)
		read_concat(info, data[0], data + 1, false);
	else if (element == CONCAT16 && len == 4)
		read_concat(info, (unsigned int)data[0] << 8 | data[1], data + 2, true);
	else if (element == SINGLE_SHIFT && len == 1)
		info->single = data[0];
	else if (element == LOCKING_SHIFT && len == 1)
		info->locking = data[0];
	else if (element == PORTS || element == PORTS16)
		info->ports = true;
}

int header_read(const uint8_t *octets, size_t len, struct sms_info *info)
{
	size_t end, at = 1;

	if (len == 0 || octets[0] > len - 1)
		return -EBADMSG;
	end = 1 + (size_t)octets[0];
	while (end - at >= 2) {
		unsigned int size = octets[at + 1];

		if (size > end - at - 2)
			return -EBADMSG;
		read_element(info, octets[at], octets + at + 2, size);
		at += 2 + size;
	}
	return (int)end;
}
