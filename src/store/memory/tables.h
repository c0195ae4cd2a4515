/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accounts in memory, as plain lists and tables, without any rules about them. */
#pragma once

#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>

#include "starhash/account.h"
#include "starhash/barring.h"
#include "starhash/consent_source.h"
#include "starhash/store_admin.h"

#define AGE_FOLLOWS INT64_MIN		/* the kind is as old as the profile */

struct memory_subscriber {
	struct hlist_node entry;	/* by msisdn */
	int64_t msisdn;
	struct record facts;		/* the profile: FIELD_OF_ACCOUNT, without its ages */
	uint8_t octets[RESPONSE_FACTS_MAX];
	int64_t as_of[ACCOUNT_KINDS];	/* 0: never */
	char owner[ACCOUNT_OWNER_SIZE];
	int64_t orders_after;		/* orders up to this id belong to a former owner */
	const struct stored_account *bills, *points;	/* only their lists are used */
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
	int64_t msisdn;			/* remains when the subscriber is removed */
	struct order order;
};

struct memory_notification {
	struct llist_head entry;	/* by id */
	int64_t id, msisdn, attempts;
	struct notification notification;	/* expires: when it ends; once it has ended, when it is removed */
	const char *sending;		/* sent, expired, withdrawn; NULL: it waits */
	int64_t ended;			/* seconds since 1970 */
	bool counts;			/* remains, though not listed, when it has ended: its kind counts */
};

struct memory_preference {
	struct llist_head entry;
	int64_t msisdn;
	struct preference preference;
};

struct memory_event {
	struct llist_head entry;	/* oldest first */
	struct event_request event;
	int64_t msisdn;
	struct event_row row;
	int64_t notification;		/* 0: none */
};

struct memory_proposal {
	struct llist_head entry;
	char source[EVENT_SOURCE_SIZE], id[EVENT_ID_SIZE];
	struct proposal proposal;
};

struct memory_ticket {
	struct llist_head entry;	/* oldest first */
	int64_t msisdn;
	struct ticket ticket;
	struct llist_head entries;	/* struct memory_ticket_entry, oldest first */
};

struct memory_ticket_entry {
	struct llist_head list;
	struct ticket_entry entry;
};

/* When staff looked at a subscriber's data. */
struct memory_access {
	struct llist_head list;		/* oldest first */
	int64_t msisdn;
	struct ticket_entry entry;	/* position: its place among all */
};

struct memory_survey {
	struct llist_head entry;	/* as they came first */
	struct survey survey;
};

struct memory_bar {
	struct llist_head entry;	/* by id */
	struct bar bar;
};

struct memory_conversation {
	struct llist_head entry;
	char *short_code;
	uint8_t *session, *late;	/* NULL: no text if the question expires */
	size_t session_len, late_len;
	int64_t until;
};

struct memory_replay {
	struct llist_head entry;	/* oldest first */
	uint64_t ref;
	int64_t msisdn, time;
	enum request_kind kind;
	struct response response;
};

struct memory_consent {
	struct llist_head entry;	/* by id */
	struct consent_row row;
};

/* A subscriber's chain of consents. It outlives the subscriber. */
struct memory_chain {
	struct hlist_node entry;	/* by msisdn */
	int64_t epoch;
	struct consent_chain chain;
};

struct memory_allowance {
	int64_t day, pruned, allowed;
};

/* Data retained of a subscriber whom a snapshot left out. */
struct memory_vanished {
	struct llist_head entry;	/* by msisdn */
	int64_t msisdn, epoch, orders_after;
	struct vanished data;
};

struct memory_import {
	struct llist_head entry;	/* by id */
	struct admin_import import;
};

struct memory_tables {
	struct memory_tables *served;	/* of a staged snapshot, which only has subscribers and SIMs; NULL: these are the served ones */
	struct memory_tables *staged;	/* NULL: no snapshot is staged */
	DECLARE_HASHTABLE(subscribers, 10);
	DECLARE_HASHTABLE(sims, 10);
	DECLARE_HASHTABLE(chains, 10);
	struct llist_head services, orders, notifications, replays, consents, vanished, imports, preferences, events,
		proposals, tickets, accesses, surveys, bars;
	unsigned int subscribers_count;
	int64_t last_order, last_notification, last_consent, last_import, last_access, last_bar;	/* ids */
	bool imports_locked;
	struct account_rules rules;
	const struct consent_key *consent_key;
	struct memory_allowance orders_allowance, consents_allowance;
};

/* ---- tables.c ---- */

struct memory_tables *memory_tables_new(void *ctx);

/* NULL: not found. */
struct memory_subscriber *memory_subscriber_by_msisdn(struct memory_tables *tables, int64_t msisdn);
struct memory_subscriber *memory_subscriber_find(struct memory_tables *tables, const struct subscriber *subscriber);
struct memory_service *memory_service_find(struct memory_tables *tables, const char *code);
struct memory_notification *memory_notification_find(struct memory_tables *tables, int64_t id);
struct memory_order *memory_order_find(struct memory_tables *tables, int64_t id);

struct memory_event *memory_event_find(struct memory_tables *tables, const struct event_request *event);

/* NULL: not found. */
struct memory_proposal *memory_proposal_find(struct memory_tables *tables, const char *number);

void memory_preferences_remove(struct memory_tables *tables, int64_t msisdn);

void memory_bar_put(struct memory_tables *tables, const struct bar *bar);
void memory_bars_prune(struct memory_tables *tables, int64_t before);	/* those that ended before */

/* End a notification that waits; unless its kind stays listed, it is removed. */
void memory_notification_end(struct memory_tables *tables, struct memory_notification *at, const char *sending, int64_t now);

/* Add a subscriber with only a number. */
struct memory_subscriber *memory_subscriber_add(struct memory_tables *tables, int64_t msisdn);

/* All subscribers in the order of their numbers. \a ctx: talloc parent. */
struct memory_subscriber **memory_subscribers_sorted(void *ctx, struct memory_tables *tables, unsigned int *count);

/* Remove a subscriber with all data that belong to nobody else. */
void memory_subscriber_remove(struct memory_tables *tables, struct memory_subscriber *subscriber);

/* The subscriber with this IMSI; NULL: nobody. */
struct memory_subscriber *memory_sim_find(struct memory_tables *tables, int64_t imsi);

/* Replace the subscriber's IMSIs by the account's. */
void memory_sims_set(struct memory_tables *tables, struct memory_subscriber *subscriber, const struct stored_account *account);

struct memory_service *memory_service_put(struct memory_tables *tables, const struct service *service);
void memory_subscription_put(struct memory_subscriber *subscriber, const struct subscription *subscription);
void memory_subscription_remove(struct memory_subscriber *subscriber, const char *service);
struct memory_vanished *memory_vanished_find(struct memory_tables *tables, int64_t msisdn);	/* NULL: nothing is retained */
void memory_vanished_remove(struct memory_vanished *vanished);
struct memory_chain *memory_chain_get(struct memory_tables *tables, int64_t msisdn);

/* Set a fact; \a text NULL: unknown. */
void memory_fact_put(struct memory_subscriber *subscriber, enum field field, const char *text);
void memory_number_put(struct memory_subscriber *subscriber, enum field field, int64_t number);
void memory_stored_fact_put(struct memory_subscriber *subscriber, const struct stored_account *account, int fact);

int64_t memory_age(const struct memory_subscriber *subscriber, enum account_kind kind);

/* ---- read.c ---- */

/* List due work, except these ids. */
void memory_due(struct memory_tables *tables, enum queue queue, const struct claim *claim, const int64_t *claimed, unsigned int count,
		struct response *response);

/* Information fees of a month's bill, 0: the last billed one; fees->month stays 0 when there is no such bill. */
void memory_fees(const struct memory_subscriber *subscriber, int64_t month, struct fees *fees);

/* Append the profile as REQUEST_PROFILE gives it. */
void memory_profile(const struct memory_subscriber *subscriber, struct record *facts);

/* Answer a request that changes nothing. */
void memory_read(struct memory_tables *tables, const struct request *request, struct response *response);

/* ---- change.c ---- */

void memory_change(struct memory_tables *tables, const struct request *request, struct response *response);

/* Apply an update by account_update(); step->response is the caller's. False: the update names no number. */
bool memory_update(struct memory_tables *tables, const struct account_update *update, struct account_step *step);

/* Apply a row of a snapshot to the staged tables. */
void memory_staging_add(struct memory_tables *staged, const struct account_update *update, struct account_step *step);

/* Set the password if there is none, and the pieces of the identity number; NULL: unknown. */
void memory_password_fill(struct memory_subscriber *subscriber, const char *hash, const char *id_pieces);

/* Apply account_vanish() to a subscriber who is about to be removed. */
void memory_vanish(struct memory_tables *tables, struct memory_subscriber *subscriber, bool other_owner);

/* Apply account_return() to a returning subscriber if anything is retained of them. \a same: an operator confirmed that it is the same
 * person. */
void memory_vanished_return(struct memory_tables *tables, struct memory_subscriber *subscriber, bool same);

/* As account_give_back_refusal(). \a subscriber NULL: the number has no subscriber. */
const char *memory_give_back_refusal(struct memory_tables *tables, const struct memory_subscriber *subscriber, int64_t msisdn);

/* Whether the order belongs to a former owner. */
bool memory_order_is_former(struct memory_tables *tables, const struct memory_order *order);

/* ---- lists.c ---- */

/* A subscriber's account as it is stored. \a ctx: talloc parent. */
struct stored_account *memory_account(void *ctx, struct memory_tables *tables, struct memory_subscriber *subscriber,
				      const struct admin_selection *selection);

void memory_list(struct memory_tables *tables, const struct admin_query *query, bool catalogue, admin_row_visit *visit, void *user);

/* ---- staging.c ---- */

void memory_staging_begin(struct memory_tables *tables);
void memory_staging_look(struct memory_tables *tables, int64_t as_of, bool force, struct admin_loss *loss, bool *any);
void memory_staging_switch(struct memory_tables *tables, int64_t as_of, bool force);
void memory_staging_drop(struct memory_tables *tables);

/* ---- tickets.c ---- */

void memory_tickets_load(struct memory_tables *tables, const struct request *request, struct account *account);
void memory_delivery_load(struct memory_tables *tables, const struct request *request, struct account *account);
void memory_ticket_put(struct memory_tables *tables, int64_t msisdn, const struct ticket *ticket);
void memory_ticket_entry_add(struct memory_tables *tables, int64_t msisdn, const struct ticket_entry *entry);
void memory_access_add(struct memory_tables *tables, int64_t msisdn, const struct ticket_entry *entry);
void memory_accesses_remove(struct memory_tables *tables, int64_t msisdn);
void memory_tickets_former(struct memory_tables *tables, int64_t msisdn);
void memory_tickets_remove(struct memory_tables *tables, int64_t msisdn);

/* Remove those closed before a time, seconds since 1970, and those that are owed no answer and untouched since then. */
void memory_tickets_prune(struct memory_tables *tables, int64_t before);

/* The one with the earliest due task; NULL: none is due. */
const struct memory_ticket *memory_ticket_due(struct memory_tables *tables, int64_t now);

/* Those whose answer is due in this time, up to TICKETS_COUNTED_MAX. */
int64_t memory_tickets_owed(struct memory_tables *tables, int64_t from, int64_t to);

/* Those that the number's subscriber may see. */
int64_t memory_tickets_count(struct memory_tables *tables, int64_t msisdn);

/* REQUEST_TICKET_STATE, _TICKET_ANSWERS, _TICKETS_MINE, _TICKET_LIST, _TICKET_HISTORY, _DATA_ACCESSES. */
void memory_tickets_answer(struct memory_tables *tables, int64_t msisdn, const struct request *request, struct response *response);

/* ---- housekeep.c ---- */

void memory_housekeep(struct memory_tables *tables, const struct request *request, struct response *response);

/* ---- memory.c ---- */

/* The store's tables, valid while the store exists. While a thread reads them, the store must not change. */
struct store;
struct consent_source *memory_store_consents(struct store *store);
struct memory_tables *memory_store_tables(struct store *store);

/* ---- consents.c ---- */

/* Iterates over all consents, list by list. Each step scans all of them. */
struct memory_consents {
	struct consent_source source;
	struct memory_tables *tables;
	struct memory_place {
		int64_t first, second;
	} places[CONSENT_LISTS];	/* place of the last consent that each list returned */
};

void memory_consents_init(struct memory_consents *consents, struct memory_tables *tables);

/* Seal a consent as the next one of its chain. */
void memory_consent_add(struct memory_tables *tables, struct consent *consent);

/* Remove the oldest consent of all: its chain then begins after it. */
void memory_consent_remove(struct memory_tables *tables, struct memory_consent *consent);
