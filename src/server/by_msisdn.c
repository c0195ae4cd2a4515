/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is in a dialog, whatever the channel: live dialogs by the subscriber's number, which channels may not know and the
 * account tells. Conversations by short messages are left out: a text reaches their subscriber at any time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/server_internal.h"

#define CHAINS_MAX (1u << 20)

/* As many chains as there may be dialogs. What is not used costs no memory, because nobody writes to it. */
int by_msisdn_init(struct server *server)
{
	unsigned int count = 1;

	while (count < server->settings.dialogs_max && count < CHAINS_MAX)
		count *= 2;
	server->by_msisdn = calloc(count, sizeof(*server->by_msisdn));
	server->msisdn_mask = count - 1;
	return server->by_msisdn ? 0 : -ENOMEM;
}

void by_msisdn_fini(struct server *server)
{
	free(server->by_msisdn);
}

static struct dialog **chain_of(const struct server *server, const char *msisdn)
{
	return &server->by_msisdn[keyed_hash(server->seed, msisdn, strlen(msisdn)) & server->msisdn_mask];
}

void by_msisdn_add(struct dialog *dialog)
{
	struct dialog **chain;

	if (dialog->has_msisdn || !dialog->subscriber.msisdn[0] || dialog->peer.channel->traits.leaves_phone_free)
		return;
	chain = chain_of(dialog->server, dialog->subscriber.msisdn);
	dialog->next_of_msisdn = *chain;
	*chain = dialog;
	dialog->has_msisdn = true;
}

void by_msisdn_remove(struct dialog *dialog)
{
	struct dialog **at;

	if (!dialog->has_msisdn)
		return;
	for (at = chain_of(dialog->server, dialog->subscriber.msisdn); *at != dialog; at = &(*at)->next_of_msisdn)
		;
	*at = dialog->next_of_msisdn;
	dialog->has_msisdn = false;
}

/* A dialog that was dropped, or only waits for an order's end, keeps nobody busy. */
bool by_msisdn_busy(const struct server *server, const struct subscriber *subscriber)
{
	const struct dialog *dialog = *chain_of(server, subscriber->msisdn);

	for (; dialog; dialog = dialog->next_of_msisdn)
		if (!dialog->parked && !dialog->gone && !strcmp(dialog->subscriber.msisdn, subscriber->msisdn))
			return true;
	return false;
}
