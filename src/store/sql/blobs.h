/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The contents of two columns: replay.facts, the answer to a reference number, and notification.facts. Each is a record of FIELD_* and a
 * few more ids, which are private to this file. */
#pragma once

#include "starhash/account.h"

#define ANSWER_BLOB_SIZE (RESPONSE_FACTS_MAX + 32)
#define NOTIFICATION_BLOB_SIZE 1760

/* Encode facts, order and notification of a response in \a octets, of ANSWER_BLOB_SIZE. */
struct record answer_encode(const struct response *response, uint8_t *octets);
void answer_decode(const uint8_t *octets, size_t len, struct response *response);

/* Encode facts or message of a notification. The record is in \a octets, of NOTIFICATION_BLOB_SIZE, or in \a notification itself. */
struct record notification_encode(const struct notification *notification, uint8_t *octets);

/* Pointers refer to \a octets. */
void notification_decode(const uint8_t *octets, size_t len, struct due_notification *notification);
