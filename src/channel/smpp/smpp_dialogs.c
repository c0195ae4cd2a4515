/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A hash table of dialogues. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/smpp/dialogues.h"
#include "starhash/hash.h"

static uint64_t number_key(const struct dialogues *dialogues, uint64_t msisdn)
{
	return keyed_hash(dialogues->seed, &msisdn, sizeof(msisdn));
}

void dialogues_init(struct dialogues *dialogues, void *ctx)
{
	dialogues->ctx = ctx;
	dialogues->count = 0;
	dialogues->seed = link_seed();
	hash_init(dialogues->table);
	hash_init(dialogues->by_msisdn);
}

struct dialogue *dialogue_find(struct dialogues *dialogues, uint64_t user, uint64_t session)
{
	struct dialogue *dialogue;

	hash_for_each_possible(dialogues->table, dialogue, entry, keyed_hash_pair(dialogues->seed, user, session)) {
		if (dialogue->user == user && dialogue->session == session)
			return dialogue;
	}
	return NULL;
}

struct dialogue *dialogue_with(struct dialogues *dialogues, uint64_t msisdn)
{
	struct dialogue *dialogue;

	hash_for_each_possible(dialogues->by_msisdn, dialogue, by_msisdn, number_key(dialogues, msisdn)) {
		if (dialogue->msisdn == msisdn)
			return dialogue;
	}
	return NULL;
}

static struct dialogue *dialogue_add(struct dialogues *dialogues, uint64_t user, uint64_t session)
{
	struct dialogue *dialogue = talloc_zero(dialogues->ctx, struct dialogue);

	OSMO_ASSERT(dialogue);
	dialogue->user = user;
	dialogue->session = session;
	hash_add(dialogues->table, &dialogue->entry, keyed_hash_pair(dialogues->seed, user, session));
	dialogues->count++;
	return dialogue;
}

static void route_note(struct dialogue *dialogue, const struct smpp_pdu *pdu)
{
	dialogue->its_session_info = pdu->its_session_info;
	dialogue->user_message_reference = pdu->user_message_reference;
	dialogue->subscriber_ton = pdu->source_ton;
	dialogue->subscriber_npi = pdu->source_npi;
	dialogue->service_ton = pdu->destination_ton;
	dialogue->service_npi = pdu->destination_npi;
	osmo_strlcpy(dialogue->service_type, pdu->service_type, sizeof(dialogue->service_type));
	osmo_strlcpy(dialogue->subscriber, pdu->source, sizeof(dialogue->subscriber));
	osmo_strlcpy(dialogue->service, pdu->destination, sizeof(dialogue->service));
}

struct dialogue *dialogue_put(struct dialogues *dialogues, const struct dialect_input *input,
			      const struct smpp_pdu *pdu)
{
	struct dialogue *dialogue = dialogue_find(dialogues, input->user, input->session);

	if (dialogue)
		hash_del(&dialogue->by_msisdn);
	else
		dialogue = dialogue_add(dialogues, input->user, input->session);
	dialogue->msisdn = digits_pack(input->msisdn);
	route_note(dialogue, pdu);
	hash_add(dialogues->by_msisdn, &dialogue->by_msisdn, number_key(dialogues, dialogue->msisdn));
	return dialogue;
}

void dialogue_drop(struct dialogues *dialogues, struct dialogue *dialogue)
{
	hash_del(&dialogue->entry);
	hash_del(&dialogue->by_msisdn);
	dialogues->count--;
	talloc_free(dialogue);
}

struct dialect_route dialogue_route(const struct dialogue *dialogue)
{
	return (struct dialect_route){
		.service_type = dialogue->service_type,
		.subscriber = dialogue->subscriber,
		.subscriber_ton = dialogue->subscriber_ton, .subscriber_npi = dialogue->subscriber_npi,
		.service = dialogue->service,
		.service_ton = dialogue->service_ton, .service_npi = dialogue->service_npi,
		.its_session_info = dialogue->its_session_info,
		.user_message_reference = dialogue->user_message_reference,
	};
}
