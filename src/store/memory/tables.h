/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accounts in memory, as plain lists and tables: what this store keeps, and nothing about what it means. */
#pragma once

#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>

#include "starhash/account.h"
#include "starhash/consent_source.h"
#include "starhash/store_admin.h"

#define AGE_FOLLOWS INT64_MIN		/* the kind is as old as the profile */

struct memory_subscriber {
	struct hlist_node entry;	/* by msisdn */
	int64_t msisdn;
	struct record facts;		/* the profile: FIELD_OF_ACCOUNT, but its ages */
	uint8_t octets[RESPONSE_FACTS_MAX];
	int64_t as_of[ACCOUNT_KINDS];	/* 0: never */
	char owner[ACCOUNT_OWNER_SIZE];
	int64_t orders_after;		/* ids up to which orders are a former owner's */
	const struct stored_account *bills, *points;	/* of these the lists alone count */
	struct subscription *subscriptions;	/* by service */
	unsigned int subscriptions_count;
	bool has_password;
	struct password password;
	char id_pieces[STORED_ID_PIECES_SIZE];
	struct llist_head conversations, answered;
};

struct memory_sim {
	struct hlist_node entry;	/* by imsi */
	int64_t imsi;
	struct memory_subscriber *subscriber;
};

struct memory_service {
	struct llist_head entry;	/* by code */
	struct service service;
	struct catalogue *texts;	/* of the service */
	bool offered;
};

struct memory_order {
	struct llist_head entry;	/* by id */
	int64_t msisdn;			/* stays when the subscriber goes */
	struct order order;
};

struct memory_notification {
	struct llist_head entry;	/* by id */
	int64_t id, msisdn, attempts;
	struct notification notification;
};

struct memory_conversation {
	struct llist_head entry;
	char *short_code;
	uint8_t *session, *late;	/* NULL: nothing to say when nobody answers */
	size_t session_len, late_len;
	int64_t until;
};

struct memory_replay {
	struct llist_head entry;	/* the oldest first */
	uint64_t ref;
	int64_t msisdn, time;
	enum request_kind kind;
	struct response response;
};

struct memory_consent {
	struct llist_head entry;	/* by id */
	struct consent_row row;
};

/* A subscriber's chain outlives them. */
struct memory_chain {
	struct hlist_node entry;	/* by msisdn */
	int64_t epoch;
	struct consent_chain chain;
};

struct memory_allowance {
	int64_t day, pruned, allowed;
};

/* Of a subscriber whom a snapshot left out. */
struct memory_vanished {
	struct llist_head entry;	/* by msisdn */
	int64_t msisdn, epoch, orders_after;
	struct vanished kept;
};

struct memory_import {
	struct llist_head entry;	/* by id */
	struct admin_import import;
};

struct memory_tables {
	struct memory_tables *served;	/* of a snapshot that is staged: it has subscribers and SIMs alone; NULL: these are served */
	struct memory_tables *staged;	/* NULL: there is none */
	DECLARE_HASHTABLE(subscribers, 10);
	DECLARE_HASHTABLE(sims, 10);
	DECLARE_HASHTABLE(chains, 10);
	struct llist_head services, orders, notifications, replays, consents, vanished, imports;
	unsigned int subscribers_count;
	int64_t last_order, last_notification, last_consent, last_import;	/* ids */
	bool imports_locked;
	struct account_rules rules;
	const struct consent_key *consent_key;
	struct memory_allowance orders_allowance, consents_allowance;
};

/* ---- tables.c ---- */

struct memory_tables *memory_tables_new(void *ctx);

/* NULL: there is none. */
struct memory_subscriber *memory_subscriber_by_msisdn(struct memory_tables *tables, int64_t msisdn);
struct memory_subscriber *memory_subscriber_find(struct memory_tables *tables, const struct subscriber *subscriber);
struct memory_service *memory_service_find(struct memory_tables *tables, const char *code);
struct memory_notification *memory_notification_find(struct memory_tables *tables, int64_t id);
struct memory_order *memory_order_find(struct memory_tables *tables, int64_t id);

/* With nothing but a number. */
struct memory_subscriber *memory_subscriber_add(struct memory_tables *tables, int64_t msisdn);

/* All of them, in the order of numbers. \a ctx: talloc parent. */
struct memory_subscriber **memory_subscribers_sorted(void *ctx, struct memory_tables *tables, unsigned int *count);

/* They leave, with all that is of the subscriber alone. */
void memory_subscriber_remove(struct memory_tables *tables, struct memory_subscriber *subscriber);

/* NULL: nobody's. */
struct memory_subscriber *memory_sim_find(struct memory_tables *tables, int64_t imsi);

/* Give the subscriber these IMSIs and no others. */
void memory_sims_set(struct memory_tables *tables, struct memory_subscriber *subscriber, const struct stored_account *account);

struct memory_service *memory_service_put(struct memory_tables *tables, const struct service *service);
void memory_subscription_put(struct memory_subscriber *subscriber, const struct subscription *subscription);
void memory_subscription_remove(struct memory_subscriber *subscriber, const char *service);
struct memory_vanished *memory_vanished_find(struct memory_tables *tables, int64_t msisdn);	/* NULL: nothing is kept */
void memory_vanished_remove(struct memory_vanished *vanished);
struct memory_chain *memory_chain_get(struct memory_tables *tables, int64_t msisdn);

/* A text, where it is known. */
void memory_fact_put(struct memory_subscriber *subscriber, enum field field, const char *text);
void memory_number_put(struct memory_subscriber *subscriber, enum field field, int64_t number);
void memory_stored_fact_put(struct memory_subscriber *subscriber, const struct stored_account *account, int fact);

int64_t memory_age(const struct memory_subscriber *subscriber, enum account_kind kind);

/* ---- read.c ---- */

/* What is due, but for these ids. */
void memory_due(struct memory_tables *tables, enum queue queue, const struct claim *claim, const int64_t *claimed, unsigned int count,
		struct response *response);

/* A request that changes nothing. */
void memory_read(struct memory_tables *tables, const struct request *request, struct response *response);

/* ---- change.c ---- */

void memory_change(struct memory_tables *tables, const struct request *request, struct response *response);

/* What account_update() makes of an update; step->response is the caller's. False: it names no number. */
bool memory_update(struct memory_tables *tables, const struct account_update *update, struct account_step *step);

/* A row of a snapshot, into the tables that are staged. */
void memory_staging_add(struct memory_tables *staged, const struct account_update *update, struct account_step *step);

/* A password where there is none, and pieces of the identity number; NULL: unknown. */
void memory_password_fill(struct memory_subscriber *subscriber, const char *hash, const char *id_pieces);

/* What account_vanish() says about a subscriber, who is about to go. */
void memory_vanish(struct memory_tables *tables, struct memory_subscriber *subscriber, bool other_owner);

/* What account_return() says about somebody who is a subscriber again, if anything is kept of them. \a same: an operator says that
 * they are the same. */
void memory_vanished_return(struct memory_tables *tables, struct memory_subscriber *subscriber, bool same);

/* As account_give_back_refusal(). \a subscriber NULL: there is none. */
const char *memory_give_back_refusal(struct memory_tables *tables, const struct memory_subscriber *subscriber, int64_t msisdn);

/* Whether it is one of a former owner. */
bool memory_order_is_former(struct memory_tables *tables, const struct memory_order *order);

/* ---- lists.c ---- */

/* As it is stored. \a ctx: talloc parent. */
struct stored_account *memory_account(void *ctx, struct memory_tables *tables, struct memory_subscriber *subscriber,
				      const struct admin_selection *selection);

void memory_list(struct memory_tables *tables, const struct admin_query *query, bool catalogue, admin_row_visit *visit, void *user);

/* ---- staging.c ---- */

void memory_stage_begin(struct memory_tables *tables);
void memory_stage_look(struct memory_tables *tables, int64_t as_of, bool force, struct admin_loss *loss, bool *any);
void memory_stage_switch(struct memory_tables *tables, int64_t as_of, bool force);
void memory_stage_drop(struct memory_tables *tables);

/* ---- housekeep.c ---- */

void memory_housekeep(struct memory_tables *tables, const struct request *request, struct response *response);

/* ---- memory.c ---- */

/* The store's, valid as long as it is. While a thread reads it the store must not change. */
struct store;
struct consent_source *memory_store_consents(struct store *store);
struct memory_tables *memory_store_tables(struct store *store);

/* ---- consents.c ---- */

/* All consents, list by list: each step looks through all of them. */
struct memory_consents {
	struct consent_source source;
	struct memory_tables *tables;
	struct memory_place {
		int64_t first, second;
	} places[CONSENT_LISTS];	/* of what each list gave last */
};

void memory_consents_init(struct memory_consents *consents, struct memory_tables *tables);

/* Seal it as the next one of its chain. */
void memory_consent_add(struct memory_tables *tables, struct consent *consent);

/* The chain begins behind this one, which is the oldest of all. */
void memory_consent_remove(struct memory_tables *tables, struct memory_consent *consent);
