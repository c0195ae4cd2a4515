/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two invented subscribers and a small catalogue for tests of stores and of accounts/, and a way to ask and wait. */
#pragma once

#include "accounts/internal.h"
#include "starhash/store.h"

#define ALICE "13800138000"		/* prepaid, young, active; two IMSIs */
#define ALICE_IMSI "001010000000001"
#define ALICE_SECOND_IMSI "001010000000009"
#define BOB "13800138001"		/* postpaid, classic, suspended */
#define NOBODY "13900000000"
#define FIXTURE_NOW INT64_C(1795161600)	/* Friday, 2026-11-20 08:00 UTC */

extern const struct stored_account fixture_accounts[2];
extern const struct service fixture_services[4];

/* Into a store that answers at once: a new subscriber as an import adds them, the catalogue, or everything. */
void fixture_put(const struct store_ops *ops, struct store *store, const struct stored_account *account);
void fixture_sell(const struct store_ops *ops, struct store *store);
void fixture_fill(const struct store_ops *ops, struct store *store);

/* The answer to a request, now or later. */
struct answers {
	unsigned int count;
	uint64_t id;
	struct response last;
};

void answers_take(void *user, uint64_t id, const struct response *response);

/* Ask the store and wait for its answer in \a answers. */
void fixture_ask(struct accounts *accounts, const struct request *request, struct answers *answers);

/* The same for items due at FIXTURE_NOW. */
void fixture_claim(struct accounts *accounts, enum queue queue, struct answers *answers);

/* A request by MSISDN at FIXTURE_NOW, with an argument unless \a field is FIELD_NONE. */
struct request fixture_request(enum request_kind kind, const char *msisdn, uint64_t ref);
void fixture_arg(struct request *request, uint16_t field, const char *text);

/* About the conversation with a short code. */
struct request fixture_conversation(enum request_kind kind, const char *msisdn, const char *short_code);

/* Save one; NULL \a session: none, NULL \a late: silence is not notified. */
struct request fixture_keep(const char *msisdn, const char *short_code, const char *session, int64_t until, const char *late);

/* The session found: "" if none. */
const char *fixture_session(const struct response *response);

const char *fixture_text(const struct record *record, uint16_t field);

/* Whether two records have the same values, in any order. */
bool fixture_same(const struct record *a, const struct record *b);
