/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of account/ share, and tests of stores look into. */
#pragma once

#include "starhash/account.h"

/* As account_submit(), with a done of one's own, and every kind goes straight to the store. */
int account_ask(struct account *account, const struct request *request, account_done *done, void *user,
		struct response *response, uint64_t *id);

/* Give a request to whoever does such ones, under the id of one that waits. As a store's submit; \a response is empty. */
int account_pass(struct account *account, const struct request *request, uint64_t id, struct response *response);

struct store *account_store(const struct account *account);

struct account_counts {
	uint64_t requests;
	uint64_t busy;		/* refused: too many open */
	uint64_t expired;	/* answered by their deadline */
	uint64_t dropped;	/* answers to ids that nobody waits for any more */
};

const struct account_counts *account_counts(const struct account *account);
