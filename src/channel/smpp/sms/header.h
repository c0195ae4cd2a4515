/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The user-data header at the start of a message's octets, 3GPP TS 23.040 clause 9.2.3.24. */
#pragma once

#include "channel/smpp/sms/short_message.h"

/* Octets of a phone's message, header included. */
#define SMS_MESSAGE 140

/* Octets of the header of each part of a text with \a total parts; 0: none. */
unsigned int header_size(const struct sms_segmentation *segments, unsigned int total);

/* Write the header of part \a number. Returns header_size(). */
unsigned int header_write(const struct sms_segmentation *segments, unsigned int number, uint8_t *out);

/* Read the header into \a info. Returns its octets, or -EBADMSG. */
int header_read(const uint8_t *octets, size_t len, struct sms_info *info);
