/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folding of one character for the comparison of keywords. */
#pragma once

#include <stdint.h>

#define LETTER_NONE 0u		/* drop it: invisible, or a mark that people leave out */

/* Fold to upper case without accents, with digits and punctuation in ASCII; any white space becomes ' ' or '\n'. The result is never
 * longer in UTF-8 than \a codepoint, and folds to itself. */
uint32_t letter_fold(uint32_t codepoint);
