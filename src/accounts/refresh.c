/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read-through cache:
 *
 *   the store's answer -> too old? ask billing -> merge its update into the store -> ask the store again -> answer
 *
 * Any failure on the way, and at the latest the deadline, gives the store's first answer, which states its age (F17). Parallel reads of
 * one subscriber share one flight to billing. Billing is not asked again for a while for a number that it does not know. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/counters.h"
#include "accounts/refresh.h"
#include "accounts/unknown.h"
#include "starhash/billing.h"
#include "starhash/log.h"

#define LOG_INTERVAL 10
#define READS_MAX 1024		/* of 6 KB each */
#define FLIGHT_BITS 8
#define EVERY_KIND ((1u << ACCOUNT_KINDS) - 1)

struct refresh {
	struct accounts *accounts;
	struct billing *billing;
	const unsigned int *fresh_s;
	unsigned int open;			/* waiting reads */
	DECLARE_HASHTABLE(flights, FLIGHT_BITS);
	struct unknown_numbers *unknown;	/* NULL: not remembered */
	struct log_limit ahead_limit;
	uint64_t asked, refreshed, failed, spared;
};

/* One request to billing. */
struct flight {
	struct hlist_node node;
	struct refresh *refresh;
	struct subscriber subscriber;
	unsigned int kinds;			/* bits */
	struct llist_head reads;
};

/* A waiting request of a subscriber. */
struct read {
	struct deferred deferred;
	struct llist_head entry;		/* in its flight */
	struct refresh *refresh;
	bool again;				/* the update is merged, and the store is being asked again */
	struct request request;
};

/* ---- stale data ---- */

static const uint16_t as_of[ACCOUNT_KINDS] = {
	[ACCOUNT_PROFILE] = FIELD_AS_OF,
	[ACCOUNT_BILLS] = FIELD_BILLS_AS_OF,
	[ACCOUNT_POINTS] = FIELD_POINTS_AS_OF,
	[ACCOUNT_SERVICES] = FIELD_SERVICES_AS_OF,
};

#define BIT(kind) (1u << ACCOUNT_##kind)

/* The kinds that an answer shows: a profile includes the total of points and the services. */
static const uint8_t shows[REQUEST_KIND_COUNT] = {
	[REQUEST_PROFILE] = BIT(PROFILE) | BIT(POINTS) | BIT(SERVICES),
	[REQUEST_BILLS] = BIT(BILLS),
	[REQUEST_BILL_LINES] = BIT(BILLS),
	[REQUEST_BILL_FEES] = BIT(BILLS),
	[REQUEST_POINTS] = BIT(POINTS),
	[REQUEST_SERVICES_MINE] = BIT(SERVICES),
	[REQUEST_SERVICES_OFFERED] = BIT(SERVICES),
	[REQUEST_SERVICES_INSTEAD] = BIT(SERVICES),
};

static bool ever_asked(const struct refresh *refresh, enum request_kind kind)
{
	for (unsigned int i = 0; i < ACCOUNT_KINDS; i++) {
		if ((shows[kind] & 1u << i) && refresh->fresh_s[i])
			return true;
	}
	return false;
}

static bool has_as_of(const struct response *response)
{
	struct value value;

	for (unsigned int i = 0; i < ACCOUNT_KINDS; i++) {
		if (record_get(&response->facts, as_of[i], &value))
			return true;
	}
	return false;
}

/* The kinds, as bits, for which billing must be asked, for a known subscriber. */
static unsigned int stale_kinds(const struct refresh *refresh, enum request_kind kind, const struct response *response)
{
	const int64_t now = accounts_now(refresh->accounts);
	unsigned int kinds = 0;

	for (unsigned int i = 0; i < ACCOUNT_KINDS; i++) {
		const int64_t age = now - record_number(&response->facts, as_of[i], 0);

		/* a date in the future comes from a wrong clock: the age is unknown (F16) */
		if ((shows[kind] & 1u << i) && refresh->fresh_s[i] && (age > refresh->fresh_s[i] || age < -ACCOUNT_SKEW_S))
			kinds |= 1u << i;
	}
	return kinds;
}

/* An unknown subscriber may be a new customer: request everything, or they would appear to have no bills. */
static unsigned int kinds_wanted(const struct refresh *refresh, enum request_kind kind, const struct response *response)
{
	if (!ever_asked(refresh, kind))
		return 0;
	if (response->result == RESULT_NOT_FOUND && !has_as_of(response))
		return EVERY_KIND;
	if (response->result == RESULT_OK || response->result == RESULT_NOT_FOUND)
		return stale_kinds(refresh, kind, response);
	return 0;
}

/* ---- reads ---- */

static void read_let_go(struct deferred *deferred)
{
	struct read *read = container_of(deferred, struct read, deferred);

	llist_del(&read->entry);
	read->refresh->open--;
	explicit_bzero(read, sizeof(*read));
	talloc_free(read);
}

static bool read_answered(struct deferred *deferred, const struct response *response);

static struct read *read_new(struct refresh *refresh, const struct request *request, uint64_t id,
			     const struct response *response)
{
	struct read *read;

	if (refresh->open >= READS_MAX)
		return NULL;
	read = talloc_zero(refresh, struct read);
	deferred_init(&read->deferred, id, response);
	read->deferred.answered = read_answered;
	read->deferred.let_go = read_let_go;
	read->refresh = refresh;
	read->request = *request;
	INIT_LLIST_HEAD(&read->entry);
	refresh->open++;
	return read;
}

/* The store's second answer counts, unless it is an error. */
static void read_end(struct read *read, const struct response *response)
{
	accounts_answer(read->refresh->accounts, read->deferred.id,
			accounts_failed(response->result) ? &read->deferred.response : response);
}

static void read_again(struct read *read)
{
	struct response response;

	read->again = true;
	if (accounts_ask_again(read->refresh->accounts, read->deferred.id, &read->request, &response) == 0)
		read_end(read, &response);
}

/* ---- flights ---- */

static uint32_t subscriber_hash(const struct subscriber *subscriber)
{
	const char *at = subscriber->msisdn[0] ? subscriber->msisdn : subscriber->imsi;
	uint32_t hash = 5381;

	while (*at)
		hash = hash * 33 + (uint8_t)*at++;
	return hash;
}

static struct flight *flight_find(const struct refresh *refresh, const struct subscriber *subscriber,
				  unsigned int kinds)
{
	struct flight *flight;

	hash_for_each_possible(refresh->flights, flight, node, subscriber_hash(subscriber)) {
		if ((flight->kinds & kinds) == kinds && !strcmp(flight->subscriber.msisdn, subscriber->msisdn) &&
		    (subscriber->msisdn[0] || !strcmp(flight->subscriber.imsi, subscriber->imsi)))
			return flight;
	}
	return NULL;
}

/* Detach all reads before answering the first: its user may start a new flight. */
static void flight_end(struct flight *flight, bool refreshed)
{
	struct refresh *refresh = flight->refresh;
	LLIST_HEAD(reads);

	llist_splice_init(&flight->reads, &reads);
	hash_del(&flight->node);
	talloc_free(flight);
	if (refreshed)
		refresh->refreshed++;
	else
		refresh->failed++;
	while (!llist_empty(&reads)) {
		struct read *read = llist_first_entry(&reads, struct read, entry);

		llist_del_init(&read->entry);
		if (refreshed)
			read_again(read);
		else
			accounts_answer(refresh->accounts, read->deferred.id, &read->deferred.response);
	}
}

static void merge_done(void *user, uint64_t id, const struct response *response)
{
	struct flight *flight = user;
	unsigned int suppressed;

	if (response->result == RESULT_REFUSED && log_allowed(&flight->refresh->ahead_limit, LOG_INTERVAL, &suppressed))
		LOGP(DACCOUNT, LOGL_ERROR, "Billing's answer is more than a day ahead of this machine's clock and was ignored: check"
		     " both clocks (%u more since the last time)\n", suppressed);
	flight_end(flight, response->result == RESULT_OK);
}

static void flight_answered(void *user, enum billing_result result, const struct stored_account *account, unsigned int kinds)
{
	struct flight *flight = user;
	struct accounts *accounts = flight->refresh->accounts;
	struct account_update update;
	struct response response;
	uint64_t id;

	if (result == BILLING_UNKNOWN_SUBSCRIBER)
		unknown_note(flight->refresh->unknown, &flight->subscriber);
	if (result != BILLING_OK) {
		flight_end(flight, false);
		return;
	}
	update = account_update_of(account, kinds, accounts_now(accounts));
	if (accounts_merge(accounts, &update, merge_done, flight, &response, &id) == 0)
		merge_done(flight, id, &response);
}

static struct flight *flight_new(struct refresh *refresh, const struct subscriber *subscriber, unsigned int kinds)
{
	struct flight *flight = talloc_zero(refresh, struct flight);

	flight->refresh = refresh;
	flight->subscriber = *subscriber;
	flight->kinds = kinds;
	INIT_LLIST_HEAD(&flight->reads);
	if (billing_ask(refresh->billing, subscriber, kinds, flight_answered, flight) < 0) {
		talloc_free(flight);
		return NULL;
	}
	refresh->asked++;
	hash_add(refresh->flights, &flight->node, subscriber_hash(subscriber));
	return flight;
}

/* NULL: billing need not be asked, or accepts no more requests. */
static struct flight *flight_for(struct refresh *refresh, const struct request *request,
				 const struct response *response, unsigned int kinds)
{
	struct subscriber subscriber = request->subscriber;
	struct flight *flight;

	/* billing identifies customers by MSISDN; a subscriber identified by IMSI has an MSISDN in the cache */
	if (!subscriber.msisdn[0])
		record_text(&response->facts, FIELD_MSISDN, subscriber.msisdn, sizeof(subscriber.msisdn));
	flight = flight_find(refresh, &subscriber, kinds);
	if (flight)
		return flight;
	if (unknown_has(refresh->unknown, &subscriber)) {
		refresh->spared++;
		accounts_count(accounts_counters(refresh->accounts), ACCOUNT_COUNT_SPARED);
		return NULL;
	}
	return flight_new(refresh, &subscriber, kinds);
}

/* ---- in and out ---- */

struct deferred *refresh_defer(struct refresh *refresh, const struct request *request, uint64_t id,
			       const struct response *response)
{
	const unsigned int kinds = refresh ? kinds_wanted(refresh, request->kind, response) : 0;
	struct flight *flight;
	struct read *read;

	if (!kinds || refresh->open >= READS_MAX)
		return NULL;
	flight = flight_for(refresh, request, response, kinds);
	if (!flight)
		return NULL;
	read = read_new(refresh, request, id, response);
	llist_add_tail(&read->entry, &flight->reads);
	return &read->deferred;
}

struct deferred *refresh_expect(struct refresh *refresh, const struct request *request, uint64_t id)
{
	struct read *read = NULL;

	if (refresh && ever_asked(refresh, request->kind))
		read = read_new(refresh, request, id, NULL);
	return read ? &read->deferred : NULL;
}

static bool read_answered(struct deferred *deferred, const struct response *response)
{
	struct read *read = container_of(deferred, struct read, deferred);
	struct flight *flight;
	unsigned int kinds;

	if (deferred->known) {
		if (read->again)
			read_end(read, response);
		return true;
	}
	/* the store's first answer: false unless billing is being asked for a better one */
	kinds = kinds_wanted(read->refresh, read->request.kind, response);
	flight = kinds ? flight_for(read->refresh, &read->request, response, kinds) : NULL;
	if (!flight)
		return false;
	deferred_init(deferred, deferred->id, response);
	llist_add_tail(&read->entry, &flight->reads);
	return true;
}

struct refresh *refresh_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings)
{
	struct refresh *made;

	if (!settings->billing)
		return NULL;
	made = talloc_zero(ctx, struct refresh);
	made->accounts = accounts;
	made->billing = settings->billing;
	made->fresh_s = settings->fresh_s;
	made->unknown = unknown_new(made, settings->unknown_s, settings->unknown_max);
	hash_init(made->flights);
	return made;
}

int refresh_describe(const struct refresh *refresh, char *out, size_t size)
{
	return snprintf(out, size, "%u reads waiting for billing, %" PRIu64 " asked, %" PRIu64 " refreshed, %" PRIu64
			" answered from the cache, %" PRIu64 " avoided for unknown numbers", refresh->open,
			refresh->asked, refresh->refreshed, refresh->failed, refresh->spared);
}
