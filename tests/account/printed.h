/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a step says, in words, so that a table compares all of it: result and facts, then a line for each change, in order, with
 * everything that it points at. Times are printed as they differ from NOW. */
#pragma once

#include "starhash/account.h"

#define NOW INT64_C(1795161600)		/* Friday, 2026-11-20 08:00 UTC */
#define PRINTED_SIZE 16384

const char *printed(const struct account_step *step, char out[static PRINTED_SIZE]);

/* The account is what the changes make of it, their list of services is right, and no two of them put one order off. */
void assert_follows(const struct account *before, const struct account_step *step, const struct account *after);
