/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of account/ share, and tests of stores look into. */
#pragma once

#include "starhash/account.h"

/* As account_submit(), with a done of one's own, and every kind goes straight to the store. */
int account_ask(struct account *account, const struct request *request, account_done *done, void *user,
		struct response *response, uint64_t *id);

/* Give a request to whoever does such ones, under the id of one that waits. As a store's submit; \a response is empty. */
int account_pass(struct account *account, const struct request *request, uint64_t id, struct response *response);

/* As account_ask(), for a store's put. */
int account_put(struct account *account, const struct stored_account *told, unsigned int kinds, account_done *done,
		void *user, struct response *response, uint64_t *id);

/* Ask the store once more for a request that is open, whose answer is held. As a store's submit. */
int account_ask_again(struct account *account, uint64_t id, const struct request *request, struct response *response);

/* The end of an open request: its user hears of it. Quiet when there is none of that id. */
void account_answer(struct account *account, uint64_t id, const struct response *response);

/* Until the deadline of an open request; 0 when there is none. */
uint64_t account_left_ms(struct account *account, uint64_t id);

/* The first of \a count that follow each other, as account_reference(). */
uint64_t account_references(struct account *account, unsigned int count);

/* As in the requests that are sent now. */
int64_t account_now(struct account *account);

/* Whether that time may be acted on: false while the machine's clock is doubted, and then nothing may end or be deleted (F31). */
bool account_clock_sure(struct account *account);

/* A store that failed for now: what was asked may be asked again. */
bool account_failed(enum result result);

/* An answer that is there, but may become better until the request's deadline: what the cache has, while billing is asked;
 * "taken", while billing has the order. Part of what refresh.c and outbox.c know about an open request. */
struct held {
	uint64_t id;			/* of the request */
	bool known;			/* false: the store has not answered yet */
	struct response response;	/* given when time is up; wiped at the end */
	/* The store's answer to account_ask_again(), or its first one when that is not known yet. Whether it is held on to. */
	bool (*answered)(struct held *held, const struct response *response);
	void (*let_go)(struct held *held);	/* the request is over: forget and free it */
};

/* Make it of memory that is zero; \a response NULL: not known yet. */
void held_init(struct held *held, uint64_t id, const struct response *response);

struct store *account_store(const struct account *account);

struct account_counts {
	uint64_t requests;
	uint64_t busy;		/* refused: too many open */
	uint64_t expired;	/* answered by their deadline */
	uint64_t dropped;	/* answers to ids that nobody waits for any more */
};

const struct account_counts *account_counts(const struct account *account);

struct rate_ctr_group *account_counters(const struct account *account);	/* see counters.h */
