/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The USSD dialogues that are open over SMPP: whom each is with, and how its next page has to look. They outlive a
 * link. */
#pragma once

#include <osmocom/core/hashtable.h>

#include "channel/smpp/dialects.h"

struct dialogue {
	struct hlist_node entry, by_msisdn;
	uint64_t user;			/* key, as the dialect has it */
	uint64_t session;
	uint64_t msisdn;		/* packed */
	bool ours;			/* we began it */
	uint16_t page;			/* of our last page, from 1; 0: none yet */
	uint16_t reference;		/* user_message_reference of the last input */
	bool has_reference;
	bool one_reference;		/* all messages of this dialogue have the same */
	uint8_t inputs;			/* that came: 0, 1, 2 and more */
	uint16_t its_session_info, user_message_reference;	/* of the beginning */
	uint8_t subscriber_ton, subscriber_npi, service_ton, service_npi;
	char service_type[6];
	char subscriber[SMPP_ADDRESS_MAX + 1];	/* as the gateway writes it */
	char service[SMPP_ADDRESS_MAX + 1];
};

struct dialogues {
	void *ctx;
	unsigned int count;
	uint64_t seed;			/* of the hashes */
	DECLARE_HASHTABLE(table, 16);
	DECLARE_HASHTABLE(by_msisdn, 16);
};

/* \a ctx owns the memory. */
void dialogues_init(struct dialogues *dialogues, void *ctx);

/* NULL when it is not there. */
struct dialogue *dialogue_find(struct dialogues *dialogues, uint64_t user, uint64_t session);

/* One that this subscriber is in; NULL when there is none. */
struct dialogue *dialogue_with(struct dialogues *dialogues, uint64_t msisdn);

/* Find or add the dialogue of a deliver_sm, and note the addresses that answers go to. */
struct dialogue *dialogue_put(struct dialogues *dialogues, const struct dialect_input *input,
			      const struct smpp_pdu *pdu);

void dialogue_drop(struct dialogues *dialogues, struct dialogue *dialogue);

/* Points into \a dialogue. */
struct dialect_route dialogue_route(const struct dialogue *dialogue);
