/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* store/: where accounts are stored, a folder for each store, and what they share. table.c has them all. */
#include <string.h>

#include "starhash/store.h"

/* A request, to the function of a store that answers its kind. */
int store_ask(const struct store_ops *ops, struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (request->kind == REQUEST_HOUSEKEEP)
		return ops->housekeep(store, request, id, response);
	return account_steps(request->kind) ? ops->change(store, request, id, response) : ops->read(store, request, id, response);
}

const struct store_ops *store_find(const char *name)
{
	for (const struct store_ops *const *ops = store_table; *ops; ops++) {
		if (!strcmp((*ops)->name, name))
			return *ops;
	}
	return NULL;
}
