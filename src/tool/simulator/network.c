/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Connects both sides of a real HLR. The simulated clock may stand still, so waiting uses the machine's clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "channel/gsup/gsup.h"
#include "channel/gsup/gsup_settings.h"
#include "tool/simulator/msc.h"
#include "tool/simulator/network.h"

#define HLR_PORT 4222
#define CONNECT_MS 5000
#define DIALOGS 8

struct network {
	struct gsup_settings settings;
	struct channel *channel;
	struct msc *msc;
	const struct network_ops *ops;
	void *user;
	unsigned int waiting;		/* MSC events to wait for: its link, or an answer to its registration */
	bool refused;
	char attached[IMSI_SIZE];	/* the last one registered */
};

void network_imsi(const char *msisdn, char out[static IMSI_SIZE])
{
	snprintf(out, IMSI_SIZE, "%015llu", strtoull(msisdn, NULL, 10));
}

/* ---- waiting ---- */

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void network_wait(const unsigned int *open, unsigned int ms)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	const long long until = now_ms() + ms;

	while (*open && now_ms() < until) {
		osmo_select_main_ctx(1);
		nanosleep(&pause, NULL);
	}
}

/* ---- the phone's side ---- */

static void on_link(void *user, bool up)
{
	struct network *network = user;

	network->waiting = !up;
}

static void on_page(void *user, uint32_t dialog, const char *text, size_t len, bool waits)
{
	struct network *network = user;

	network->ops->page(network->user, dialog, text, len, waits);
}

static void on_failed(void *user, uint32_t dialog)
{
	struct network *network = user;

	network->ops->failed(network->user, dialog);
}

static void on_notification(void *user, const char *imsi, const char *text, size_t len)
{
	struct network *network = user;

	network->ops->notification(network->user, text, len);
}

static void on_attached(void *user, const char *imsi, bool accepted)
{
	struct network *network = user;

	network->waiting = 0;
	network->refused = !accepted;
}

static const struct msc_ops msc_ops = {
	.link = on_link,
	.page = on_page,
	.failed = on_failed,
	.notify = on_notification,
	.attached = on_attached,
};

/* Register the phone, so that the HLR can find it. */
static int attach(struct network *network, const char *imsi)
{
	int rc;

	if (!strcmp(network->attached, imsi))
		return 0;
	network->waiting = 1;
	rc = msc_attach(network->msc, imsi);
	if (rc < 0)
		return rc;
	network_wait(&network->waiting, CONNECT_MS);
	if (network->waiting || network->refused)
		return -ENOENT;
	strcpy(network->attached, imsi);
	return 0;
}

int network_dial(struct network *network, const char *msisdn, const char *code, uint32_t *dialog)
{
	char imsi[IMSI_SIZE];
	int rc;

	network_imsi(msisdn, imsi);
	rc = attach(network, imsi);
	return rc < 0 ? rc : msc_begin(network->msc, imsi, code, dialog);
}

int network_answer(struct network *network, uint32_t dialog, const char *text)
{
	return msc_answer(network->msc, dialog, text);
}

void network_hang_up(struct network *network, uint32_t dialog)
{
	msc_hang_up(network->msc, dialog);
}

/* ---- life ---- */

struct channel *network_channel(const struct network *network)
{
	return network->channel;
}

struct network *network_new(void *ctx, const char *hlr, const struct network_ops *ops, void *user)
{
	struct network *network = talloc_zero(ctx, struct network);
	struct problems problems = { 0 };

	network->ops = ops;
	network->user = user;
	conf_read(NULL, gsup_rows, &network->settings, &problems);
	problems_fini(&problems);
	network->settings.address = hlr;
	/* The channel's link is started first, so it is up when the MSC's is. */
	network->waiting = 1;
	network->channel = gsup_channel_kind.create(network, &network->settings);
	if (network->channel)
		network->msc = msc_new(network, hlr, HLR_PORT, "starhash-menu", DIALOGS, &msc_ops, network);
	if (network->msc)
		network_wait(&network->waiting, CONNECT_MS);
	if (network->msc && !network->waiting)
		return network;
	fprintf(stderr, "starhash-menu: cannot connect to an HLR at %s, port %d\n", hlr, HLR_PORT);
	if (network->channel)
		network->channel->ops->free(network->channel);
	network_free(network);
	return NULL;
}

void network_free(struct network *network)
{
	if (!network)
		return;
	msc_free(network->msc);
	talloc_free(network);
}
