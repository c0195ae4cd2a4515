/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents in memory: a chain for each subscriber, and the lists of them. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "store/memory/tables.h"

void memory_consent_add(struct memory_tables *tables, struct consent *consent)
{
	struct memory_chain *chain = memory_chain_get(tables, consent->msisdn);
	struct memory_consent *stored = talloc_zero(tables, struct memory_consent);
	struct consent_row *row = &stored->row;

	consent->epoch = chain->epoch;
	*row = (struct consent_row){ .id = ++tables->last_consent, .consent = *consent, .previous = chain->chain.head, .whole = true };
	for (int i = 0; i < CONSENT_TEXTS; i++) {
		const size_t len = consent->texts[i].len;

		row->consent.texts[i].octets = len ? talloc_memdup(stored, consent->texts[i].octets, len) : NULL;
	}
	strcpy(row->key, tables->consent_key->id);
	consent_seal(tables->consent_key->octets, &chain->chain.head, consent);
	row->head = chain->chain.head;
	llist_add_tail(&stored->entry, &tables->consents);
}

void memory_consent_remove(struct memory_tables *tables, struct memory_consent *consent)
{
	struct consent_chain *chain = &memory_chain_get(tables, consent->row.consent.msisdn)->chain;

	chain->root = (struct consent_root){ .head = consent->row.head, .id = consent->row.id };
	strcpy(chain->root_key, tables->consent_key->id);
	consent_seal_root(tables->consent_key->octets, chain->msisdn, &chain->root, chain->root_seal);
	llist_del(&consent->entry);
	talloc_free(consent);
}

/* ---- lists ---- */

static void begin_list(struct consent_source *source, enum consent_list list, int64_t after)
{
	struct memory_consents *consents = container_of(source, struct memory_consents, source);

	consents->places[list] = (struct memory_place){ list == CONSENTS_BY_ID ? after : INT64_MIN, INT64_MAX };
}

/* Whether the place is after \a last and before \a best; if so, it becomes \a best. */
static bool take_place(struct memory_place place, const struct memory_place *last, struct memory_place *best)
{
	const bool behind = place.first > last->first || (place.first == last->first && place.second > last->second);

	if (!behind || place.first > best->first || (place.first == best->first && place.second >= best->second))
		return false;
	*best = place;
	return true;
}

static bool next_row(struct consent_source *source, enum consent_list list, struct consent_row *row)
{
	struct memory_consents *consents = container_of(source, struct memory_consents, source);
	struct memory_place best = { INT64_MAX, INT64_MAX };
	struct memory_consent *at, *found = NULL;

	llist_for_each_entry(at, &consents->tables->consents, entry) {
		const int64_t first = list == CONSENTS_BY_ID ? at->row.id : at->row.consent.msisdn;

		if (take_place((struct memory_place){ first, at->row.head.sequence }, &consents->places[list], &best))
			found = at;
	}
	if (!found)
		return false;
	*row = found->row;
	row->newest = memory_chain_get(consents->tables, row->consent.msisdn)->chain.head.sequence;
	consents->places[list] = best;
	return true;
}

static bool next_chain(struct consent_source *source, enum consent_list list, struct consent_chain *chain)
{
	struct memory_consents *consents = container_of(source, struct memory_consents, source);
	struct memory_place best = { INT64_MAX, INT64_MAX };
	struct memory_chain *at, *found = NULL;
	unsigned int bucket;

	hash_for_each(consents->tables->chains, bucket, at, entry) {
		const int64_t first = list == CHAINS_BY_ROOT ? -at->chain.root.id : at->chain.msisdn;

		if ((list == CHAINS_BY_ROOT ? at->chain.root.id : at->chain.head.sequence) &&
		    take_place((struct memory_place){ first, at->chain.msisdn }, &consents->places[list], &best))
			found = at;
	}
	if (!found)
		return false;
	*chain = found->chain;
	consents->places[list] = best;
	return true;
}

static void release_list(struct consent_source *source)
{
}

static const struct consent_source_ops ops = {
	.begin = begin_list,
	.next_row = next_row,
	.next_chain = next_chain,
	.release = release_list,
};

void memory_consents_init(struct memory_consents *consents, struct memory_tables *tables)
{
	*consents = (struct memory_consents){ .source.ops = &ops, .tables = tables };
}
