/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every store's operations, for the table. */
#pragma once

#include "starhash/store.h"

extern const struct store_ops memory_store_ops;
extern const struct store_ops sqlite_store_ops;
