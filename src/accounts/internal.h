/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the files of accounts/, and used by tests of stores. */
#pragma once

#include "starhash/account.h"
#include "starhash/accounts.h"

/* As accounts_submit(), with a separate \a done; requests of every kind go straight to the store. */
int accounts_ask(struct accounts *accounts, const struct request *request, accounts_done *done, void *user,
		 struct response *response, uint64_t *id);

/* Dispatch a request to the password module or the store, under the id of an open one. Returns as an operation of a store; \a response is
 * empty. */
int accounts_pass(struct accounts *accounts, const struct request *request, uint64_t id, struct response *response);

/* As accounts_ask(), for a store's merge. Replaces an identity number by its pieces. */
int accounts_merge(struct accounts *accounts, const struct account_update *update, accounts_done *done, void *user,
		   struct response *response, uint64_t *id);

/* Whether any request waits for the store or for a password hash. */
bool accounts_busy(const struct accounts *accounts);

/* As accounts_ask(), for a store's claim and complete. */
int accounts_claim(struct accounts *accounts, enum queue queue, const struct claim *claim, accounts_done *done, void *user,
		   struct response *response, uint64_t *id);
int accounts_ack(struct accounts *accounts, enum queue queue, const struct completion *completion, accounts_done *done, void *user,
		 struct response *response, uint64_t *id);

/* As accounts_ack(), without waiting for the result. */
void accounts_ack_unheard(struct accounts *accounts, enum queue queue, const struct completion *completion);

/* Repeat an open request, whose answer is held, to the store. Returns as an operation of a store. */
int accounts_ask_again(struct accounts *accounts, uint64_t id, const struct request *request, struct response *response);

/* Answer an open request. No effect when no request has that id. */
void accounts_answer(struct accounts *accounts, uint64_t id, const struct response *response);

/* Time until the deadline of an open request; 0 when no request has that id. */
uint64_t accounts_left_ms(struct accounts *accounts, uint64_t id);

/* The first of \a count consecutive reference numbers, as accounts_reference(). */
uint64_t accounts_references(struct accounts *accounts, unsigned int count);

/* The time, as set in requests sent now. */
int64_t accounts_now(struct accounts *accounts);

/* Whether a portion of the work that no subscriber waits for should be put off now: load_defers(). */
bool accounts_defers(const struct accounts *accounts, int64_t *since_ms);

/* Whether that time may be acted on: false while the machine's clock is doubted; then nothing may expire or be deleted (F31). */
bool accounts_clock_sure(struct accounts *accounts);

/* Whether the store failed temporarily: the request may be repeated. */
bool accounts_failed(enum result result);

/* An answer that may improve until the request's deadline: cached data, while billing is asked; ACCEPTED, while billing has the order.
 * Embedded in the state of refresh.c and outbox.c for an open request. */
struct deferred {
	uint64_t id;			/* of the request */
	bool known;			/* false: the store has not answered yet */
	struct response response;	/* the answer given at the deadline; wiped at the end */
	/* Takes the store's answer to accounts_ask_again(), or its first answer if not known yet. Returns whether to go on holding. */
	bool (*answered)(struct deferred *deferred, const struct response *response);
	void (*let_go)(struct deferred *deferred);	/* the request is over: free this */
};

/* Initialize zeroed memory; \a response NULL: not known yet. */
void deferred_init(struct deferred *deferred, uint64_t id, const struct response *response);

struct store *accounts_store(const struct accounts *accounts);

struct accounts_counts {
	uint64_t requests;
	uint64_t busy;		/* refused: too many open */
	uint64_t expired;	/* answered at their deadline */
	uint64_t dropped;	/* answers to ids that nobody waits for */
};

const struct accounts_counts *accounts_counts(const struct accounts *accounts);

struct rate_ctr_group *accounts_counters(const struct accounts *accounts);	/* see counters.h */
