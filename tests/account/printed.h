/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A step printed in words, so that a table compares all of it: result and facts, then a line for each change, in order, with
 * everything it points at. Times are printed relative to NOW. */
#pragma once

#include "starhash/account.h"

#define NOW INT64_C(1795161600)		/* Friday, 2026-11-20 08:00 UTC */
#define PRINTED_SIZE 16384

const char *printed(const struct account_step *step, char out[static PRINTED_SIZE]);

/* The account matches its changes, their list of services is right, and no two changes postpone the same order. */
void assert_follows(const struct account *before, const struct account_step *step, const struct account *after);
