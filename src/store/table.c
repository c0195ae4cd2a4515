/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of stores. */
#include <stddef.h>

#include "store/stores.h"

const struct store_ops *const store_table[] = {
	&memory_store_ops,
	&sqlite_store_ops,
	NULL,
};
