/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which subscribers are in a dialog that keeps the phone busy, on any channel. The key is the MSISDN; a channel may not know it, in which
 * case it comes from the account. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/server_internal.h"

#define CHAINS_MAX (1u << 20)

/* One chain for each possible dialog. Unused chains cost no memory, because nothing writes to their pages. */
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

static struct hlist_head *chain_of(const struct server *server, const char *msisdn)
{
	return &server->by_msisdn[keyed_hash(server->seed, msisdn, strlen(msisdn)) & server->msisdn_mask];
}

void by_msisdn_add(struct dialog *dialog)
{
	const char *msisdn = dialog->subscriber.msisdn;

	if (hlist_unhashed(&dialog->by_msisdn) && msisdn[0] && !dialog->peer.channel->traits.leaves_phone_free)
		hlist_add_head(&dialog->by_msisdn, chain_of(dialog->server, msisdn));
}

/* Whether a dialog other than \a own keeps the phone busy. Dropped dialogs do not, nor do those that only wait for the end of an order. */
bool by_msisdn_busy(const struct server *server, const struct subscriber *subscriber, const struct dialog *own)
{
	const struct dialog *dialog;

	hlist_for_each_entry(dialog, chain_of(server, subscriber->msisdn), by_msisdn)
		if (dialog != own && dialog->state != DIALOG_PARKED && dialog->state != DIALOG_DETACHED &&
		    !strcmp(dialog->subscriber.msisdn, subscriber->msisdn))
			return true;
	return false;
}
