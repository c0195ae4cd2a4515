/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole copies of plain data, for the writer's thread, which reads them alone. */
#pragma once

#include "starhash/stored.h"

/* \a ctx: talloc parent. */
struct stored_account *stored_copy(void *ctx, const struct stored_account *account);
struct catalogue *catalogue_copy(void *ctx, const struct catalogue *catalogue);
