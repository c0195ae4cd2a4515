/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that subscribers should get without having asked: from the store to who can send them, and back. */
#pragma once

#include "accounts/internal.h"

struct notices;

struct notices *notices_new(void *ctx, struct accounts *accounts);
void notices_free(struct notices *notices);	/* NULL is fine */

void notices_start(struct notices *notices, accounts_notify *notify, void *user);
void notices_settle(struct notices *notices, uint64_t id, enum notice_end end);

/* As snprintf(). */
int notices_describe(const struct notices *notices, char *out, size_t size);
