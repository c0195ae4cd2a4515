/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A catalogue with one service of each kind, and how they are ordered. */
#pragma once

#include "tests/store/round.h"

/* DAILY, WEEKLY and MONTHLY start with their next period; MONTHLY and NEWS end with theirs; RIVAL excludes NEWS; DAILY,
 * NEWS and WEATHER are one family; TRY is free for seven days. VMAIL is no longer sold. */
void sell(struct round *round);

/* For ALICE. */
void order(struct round *round, enum request_kind kind, uint64_t ref, const char *service, enum result wanted);

/* Billing's answer to an order. */
void end_order(struct round *round, int64_t id, enum order_end end, const char *reason, enum result wanted);
