/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers that billing does not know, remembered for a while, so that a stranger who texts repeatedly costs one request to billing and
 * not four per text. The table has a fixed size: when it is full, the number that expires first is dropped. */
#pragma once

#include <stdbool.h>

#include "starhash/request.h"

struct unknown_numbers;

#define UNKNOWN_NUMBER_OCTETS 16

/* \a numbers: capacity, UNKNOWN_NUMBER_OCTETS of memory each. NULL when disabled (0 \a seconds). */
struct unknown_numbers *unknown_new(void *ctx, unsigned int seconds, unsigned int numbers);

/* Billing does not know the subscriber, as of now. \a unknown may be NULL, here and below. */
void unknown_note(struct unknown_numbers *unknown, const struct subscriber *subscriber);

bool unknown_has(const struct unknown_numbers *unknown, const struct subscriber *subscriber);
