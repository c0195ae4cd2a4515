/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* account/: one account and every rule about it. Start with step.c: a request in, an answer and changes out.
 *
 * Recording consents (S6). */
#include <string.h>

#include "account/step.h"

static void consent_text(struct consent *consent, enum consent_text which, const char *octets, size_t len)
{
	consent->texts[which].octets = octets;
	consent->texts[which].len = len;
}

void consent_add_by_billing(struct account_step *step, int64_t msisdn, int64_t now, const char *service, struct consent *room)
{
	const char *kind = request_kind_name(REQUEST_TRIAL_ACCEPT), *answered = trial_ends_name(TRIAL_ENDS_PAID);

	*room = (struct consent){ .time = now, .msisdn = msisdn };
	consent_text(room, CONSENT_KIND, kind, strlen(kind));
	consent_text(room, CONSENT_SERVICE, service, strlen(service));
	consent_text(room, CONSENT_CHANNEL, CONSENT_CHANNEL_BILLING, strlen(CONSENT_CHANNEL_BILLING));
	consent_text(room, CONSENT_ANSWERED, answered, strlen(answered));
	change_add(step, CHANGE_CONSENT_ADD)->consent = room;
}

void consent_add_for(struct stepping *stepping, const struct order *order)
{
	static const uint16_t args[CONSENT_TEXTS] = {
		[CONSENT_CHANNEL] = ARG_CHANNEL, [CONSENT_TRUST] = ARG_TRUST,
		[CONSENT_SHOWN] = ARG_SHOWN, [CONSENT_ANSWERED] = ARG_ANSWERED,
	};
	const char *kind = request_kind_name(order_request_kind(order->kind));
	const char *subject = order_subject_name(order);
	struct consent *consent = &stepping->step->consent;
	struct value value;

	if (order->own || !(stepping->shown || (record_get(&stepping->args, ARG_SHOWN, &value) && value.is_text)))
		return;
	*consent = (struct consent){
		.time = stepping->request->now, .msisdn = stepping->account->msisdn, .ref = (int64_t)order->ref,
	};
	consent_text(consent, CONSENT_KIND, kind, strlen(kind));
	consent_text(consent, CONSENT_SERVICE, subject, strlen(subject));
	for (enum consent_text i = 0; i < CONSENT_TEXTS; i++) {
		if (args[i] && record_get(&stepping->args, args[i], &value) && value.is_text)
			consent_text(consent, i, value.text, value.len);
	}
	if (stepping->shown)
		consent_text(consent, CONSENT_SHOWN, stepping->shown, strlen(stepping->shown));
	change_add(stepping->step, CHANGE_CONSENT_ADD)->consent = consent;
}
