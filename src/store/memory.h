/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store for tests: filled by these functions, and made to answer when the test wants it to. */
#pragma once

#include "starhash/store.h"

struct consent_source;

enum memory_mode {
	MEMORY_NOW,		/* submit returns the answer */
	MEMORY_LATER,		/* the loop's next turn brings it */
	MEMORY_NEVER,		/* kept until the mode changes; then they come in the next turn */
	MEMORY_UNAVAILABLE,	/* nothing is done, and submit says so */
};

/* Services first: subscriptions name them. */
void memory_store_add(struct store *store, const struct stored_account *account);
void memory_store_add_service(struct store *store, const struct service *service);

/* Change one fact of a subscriber who was added: a FIELD_OF_ACCOUNT that is stored. NULL \a value: not known. */
void memory_store_set(struct store *store, const char *msisdn, enum field field, const struct value *value);

void memory_store_mode(struct store *store, enum memory_mode mode);

/* The store's, valid as long as it is. Whoever reads it in a thread leaves the store alone meanwhile. */
struct consent_source *memory_store_consents(struct store *store);

/* From now on orders are taken, and done when somebody settles them. */
void memory_store_orders_wait(struct store *store);
