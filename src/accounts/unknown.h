/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers that billing does not know, remembered for a while, so that a stranger who texts again and again costs one question
 * to billing and not four a text. A table of fixed size: beyond it the number that runs out first is forgotten. */
#pragma once

#include <stdbool.h>

#include "starhash/request.h"

struct unknown_numbers;

#define UNKNOWN_NUMBER_OCTETS 16

/* \a numbers: remembered at once, UNKNOWN_NUMBER_OCTETS of memory each. NULL when they are not to be remembered (0 \a seconds). */
struct unknown_numbers *unknown_new(void *ctx, unsigned int seconds, unsigned int numbers);

/* Billing does not know the subscriber, as of now. NULL \a unknown is fine, here and below. */
void unknown_note(struct unknown_numbers *unknown, const struct subscriber *subscriber);

bool unknown_has(const struct unknown_numbers *unknown, const struct subscriber *subscriber);
