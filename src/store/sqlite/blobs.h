/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What two columns of the database hold: replay.facts, the answer to a reference number, and notification.facts. Each is a record of
 * FIELD_* and of a few ids more, which nobody else knows. */
#pragma once

#include "starhash/account.h"

#define ANSWER_BLOB_SIZE (RESPONSE_FACTS_MAX + 32)
#define NOTIFICATION_BLOB_SIZE 1760

/* In \a octets, of ANSWER_BLOB_SIZE: facts, order and notification of a response. */
struct record answer_encode(const struct response *response, uint8_t *octets);
void answer_decode(const uint8_t *octets, size_t len, struct response *response);

/* In \a octets, of NOTIFICATION_BLOB_SIZE, or where they are already: facts or message. */
struct record notification_encode(const struct notification *notification, uint8_t *octets);

/* Pointers lead into \a octets. */
void notification_decode(const uint8_t *octets, size_t len, struct due_notification *notification);
