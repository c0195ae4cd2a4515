/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One character in the form under which keywords are compared. */
#pragma once

#include <stdint.h>

#define LETTER_NONE 0u		/* invisible, or a mark that people leave out: dropped */

/* Upper case, digits and punctuation in ASCII; every white space is ' ' or '\n'. Never longer in UTF-8 than
 * \a codepoint, and itself already such. */
uint32_t letter_fold(uint32_t codepoint);
