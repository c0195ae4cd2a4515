/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Deep copies of plain data, which the writer's thread can read without sharing them. */
#pragma once

#include "starhash/stored.h"

/* \a ctx: talloc parent. */
struct stored_account *stored_copy(void *ctx, const struct stored_account *account);
struct catalogue *catalogue_copy(void *ctx, const struct catalogue *catalogue);
