/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every store's operations, for the table. */
#pragma once

#include "starhash/store.h"
#include "starhash/store_admin.h"

extern const struct store_ops memory_store_ops;
extern const struct store_ops sqlite_store_ops;

extern const struct store_admin_ops memory_admin_ops;
extern const struct store_admin_ops sqlite_admin_ops;
