/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The open USSD dialogs over SMPP: the subscriber of each, and the route of its next page. They outlive a link. */
#pragma once

#include <osmocom/core/hashtable.h>

#include "channel/smpp/dialects.h"

struct smpp_dialog {
	struct hlist_node entry, by_msisdn;
	uint64_t user;			/* key, as defined by the dialect */
	uint64_t session;
	uint64_t msisdn;		/* packed */
	bool ours;			/* we began it */
	uint16_t page;			/* number of our last page, from 1; 0: none yet */
	uint16_t reference;		/* user_message_reference of the last input */
	bool has_reference;
	bool one_reference;		/* all messages of this dialog have the same one */
	uint8_t inputs;			/* inputs received: 0, 1, or 2 for more */
	uint16_t its_session_info, user_message_reference;	/* of the first message */
	uint8_t subscriber_ton, subscriber_npi, short_code_ton, short_code_npi;
	char service_type[6];
	char subscriber[SMPP_ADDRESS_MAX + 1];	/* as written by the gateway */
	char short_code[SMPP_ADDRESS_MAX + 1];
};

struct smpp_dialogs {
	void *ctx;
	unsigned int count;
	uint64_t seed;			/* of the hashes */
	DECLARE_HASHTABLE(table, 16);
	DECLARE_HASHTABLE(by_msisdn, 16);
};

/* \a ctx owns the memory. */
void smpp_dialogs_init(struct smpp_dialogs *dialogs, void *ctx);

/* NULL when not found. */
struct smpp_dialog *smpp_dialog_find(struct smpp_dialogs *dialogs, uint64_t user, uint64_t session);

/* A dialog that this subscriber is in; NULL: none. */
struct smpp_dialog *smpp_dialog_with(struct smpp_dialogs *dialogs, uint64_t msisdn);

/* Find or add the dialog of a deliver_sm, and store the addresses for its answers. */
struct smpp_dialog *smpp_dialog_put(struct smpp_dialogs *dialogs, const struct dialect_input *input,
				    const struct smpp_pdu *pdu);

void smpp_dialog_drop(struct smpp_dialogs *dialogs, struct smpp_dialog *dialog);

/* Points into \a dialog. */
struct dialect_route smpp_dialog_route(const struct smpp_dialog *dialog);
