/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A hash table of dialogs. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/smpp/smpp_dialogs.h"
#include "starhash/hash.h"

static uint64_t number_key(const struct smpp_dialogs *dialogs, uint64_t msisdn)
{
	return keyed_hash(dialogs->seed, &msisdn, sizeof(msisdn));
}

void smpp_dialogs_init(struct smpp_dialogs *dialogs, void *ctx)
{
	dialogs->ctx = ctx;
	dialogs->count = 0;
	dialogs->seed = link_seed();
	hash_init(dialogs->table);
	hash_init(dialogs->by_msisdn);
}

struct smpp_dialog *smpp_dialog_find(struct smpp_dialogs *dialogs, uint64_t user, uint64_t session)
{
	struct smpp_dialog *dialog;

	hash_for_each_possible(dialogs->table, dialog, entry, keyed_hash_pair(dialogs->seed, user, session)) {
		if (dialog->user == user && dialog->session == session)
			return dialog;
	}
	return NULL;
}

struct smpp_dialog *smpp_dialog_with(struct smpp_dialogs *dialogs, uint64_t msisdn)
{
	struct smpp_dialog *dialog;

	hash_for_each_possible(dialogs->by_msisdn, dialog, by_msisdn, number_key(dialogs, msisdn)) {
		if (dialog->msisdn == msisdn)
			return dialog;
	}
	return NULL;
}

struct smpp_dialog *smpp_dialog_put(struct smpp_dialogs *dialogs, const struct dialect_input *input,
				    const struct smpp_pdu *pdu)
{
	struct smpp_dialog *dialog = smpp_dialog_find(dialogs, input->user, input->session);

	if (dialog) {
		hash_del(&dialog->by_msisdn);
	} else {
		dialog = talloc_zero(dialogs->ctx, struct smpp_dialog);
		OSMO_ASSERT(dialog);
		dialog->user = input->user;
		dialog->session = input->session;
		hash_add(dialogs->table, &dialog->entry, keyed_hash_pair(dialogs->seed, input->user, input->session));
		dialogs->count++;
	}
	dialog->msisdn = digits_pack(input->msisdn);
	dialog->its_session_info = pdu->its_session_info;
	dialog->user_message_reference = pdu->user_message_reference;
	dialog->subscriber_ton = pdu->source_ton;
	dialog->subscriber_npi = pdu->source_npi;
	dialog->short_code_ton = pdu->destination_ton;
	dialog->short_code_npi = pdu->destination_npi;
	osmo_strlcpy(dialog->service_type, pdu->service_type, sizeof(dialog->service_type));
	osmo_strlcpy(dialog->subscriber, pdu->source, sizeof(dialog->subscriber));
	osmo_strlcpy(dialog->short_code, pdu->destination, sizeof(dialog->short_code));
	hash_add(dialogs->by_msisdn, &dialog->by_msisdn, number_key(dialogs, dialog->msisdn));
	return dialog;
}

void smpp_dialog_drop(struct smpp_dialogs *dialogs, struct smpp_dialog *dialog)
{
	hash_del(&dialog->entry);
	hash_del(&dialog->by_msisdn);
	dialogs->count--;
	talloc_free(dialog);
}

struct dialect_route smpp_dialog_route(const struct smpp_dialog *dialog)
{
	return (struct dialect_route){
		.service_type = dialog->service_type,
		.subscriber = dialog->subscriber,
		.subscriber_ton = dialog->subscriber_ton, .subscriber_npi = dialog->subscriber_npi,
		.short_code = dialog->short_code,
		.short_code_ton = dialog->short_code_ton, .short_code_npi = dialog->short_code_npi,
		.its_session_info = dialog->its_session_info,
		.user_message_reference = dialog->user_message_reference,
	};
}
