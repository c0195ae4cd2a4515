/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Regular work of stores: end trials, give up what is too old, apply retention. */
#pragma once

#include "accounts/internal.h"

struct housekeeping;

struct housekeeping *housekeeping_new(void *ctx, struct accounts *accounts, struct alarms *alarms);
void housekeeping_free(struct housekeeping *housekeeping);	/* NULL is fine */
