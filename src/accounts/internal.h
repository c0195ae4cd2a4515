/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of accounts/ share, and tests of stores look into. */
#pragma once

#include "starhash/account.h"
#include "starhash/accounts.h"

/* As accounts_submit(), with a done of one's own, and every kind goes straight to the store. */
int accounts_ask(struct accounts *accounts, const struct request *request, accounts_done *done, void *user,
		 struct response *response, uint64_t *id);

/* Give a request to whoever does such ones, under the id of one that waits. As a store's submit; \a response is empty. */
int accounts_pass(struct accounts *accounts, const struct request *request, uint64_t id, struct response *response);

/* As accounts_ask(), for a store's merge; of an identity number the store gets its pieces. */
int accounts_merge(struct accounts *accounts, const struct account_update *update, accounts_done *done, void *user,
		   struct response *response, uint64_t *id);

/* Whether anybody waits for the store, or for a password's hash. */
bool accounts_busy(const struct accounts *accounts);

/* As accounts_ask(), for a store's claim and complete. */
int accounts_claim(struct accounts *accounts, enum queue queue, const struct claim *claim, accounts_done *done, void *user,
		   struct response *response, uint64_t *id);
int accounts_ack(struct accounts *accounts, enum queue queue, const struct completion *completion, accounts_done *done, void *user,
		 struct response *response, uint64_t *id);

/* As accounts_ack(), and nobody waits for it. */
void accounts_ack_unheard(struct accounts *accounts, enum queue queue, const struct completion *completion);

/* Ask the store once more for a request that is open, whose answer is held. As a store's submit. */
int accounts_ask_again(struct accounts *accounts, uint64_t id, const struct request *request, struct response *response);

/* The end of an open request: its user hears of it. Quiet when there is none of that id. */
void accounts_answer(struct accounts *accounts, uint64_t id, const struct response *response);

/* Until the deadline of an open request; 0 when there is none. */
uint64_t accounts_left_ms(struct accounts *accounts, uint64_t id);

/* The first of \a count that follow each other, as accounts_reference(). */
uint64_t accounts_references(struct accounts *accounts, unsigned int count);

/* As in the requests that are sent now. */
int64_t accounts_now(struct accounts *accounts);

/* Whether that time may be acted on: false while the machine's clock is doubted, and then nothing may end or be deleted (F31). */
bool accounts_clock_sure(struct accounts *accounts);

/* A store that failed for now: what was asked may be asked again. */
bool accounts_failed(enum result result);

/* An answer that is there, but may become better until the request's deadline: what the cache has, while billing is asked;
 * "accepted", while billing has the order. Part of what refresh.c and outbox.c know about an open request. */
struct held {
	uint64_t id;			/* of the request */
	bool known;			/* false: the store has not answered yet */
	struct response response;	/* given when time is up; wiped at the end */
	/* The store's answer to accounts_ask_again(), or its first one when that is not known yet. Whether it is held on to. */
	bool (*answered)(struct held *held, const struct response *response);
	void (*let_go)(struct held *held);	/* the request is over: forget and free it */
};

/* Make it of memory that is zero; \a response NULL: not known yet. */
void held_init(struct held *held, uint64_t id, const struct response *response);

struct store *accounts_store(const struct accounts *accounts);

struct accounts_counts {
	uint64_t requests;
	uint64_t busy;		/* refused: too many open */
	uint64_t expired;	/* answered by their deadline */
	uint64_t dropped;	/* answers to ids that nobody waits for any more */
};

const struct accounts_counts *accounts_counts(const struct accounts *accounts);

struct rate_ctr_group *accounts_counters(const struct accounts *accounts);	/* see counters.h */
