/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* server/: live dialogs, from a turn to its answer. Start with turns.c; dialog.c has the states.
 *
 * Admission and eviction (A42 to A45). No channel takes another channel's share, no subscriber sends more than their turns, and the
 * conversation that has waited longest makes room before anybody is refused. */
#include <errno.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"

#define LOOKED_AT 8			/* waiting dialogs to try before giving up */

/* ---- inputs ---- */

/* Defer one subscriber's texts without throttling their SMSC, which serves everybody. */
static int refuse(struct server *server, const struct turn *turn, enum server_counter why)
{
	server_count(server, why);
	return why == COUNT_REFUSED_SUBSCRIBER && turn->kind == TURN_TEXT ? -EAGAIN : -EBUSY;
}

int admit(struct origin *origin, const struct turn *turn)
{
	struct server *server = origin->server;
	const struct channel *channel = origin->channel;
	const unsigned int texts_max = server->settings.texts_max;
	const uint64_t now_us = (uint64_t)(origin->in_batch ? origin->batch_us : server->now_ms * 1000);

	if (turn->kind == TURN_GONE || turn->saved_receipt)
		return 0;
	if (turn->kind == TURN_TEXT && texts_max && origin->open >= texts_max)
		return refuse(server, turn, COUNT_REFUSED_TEXTS);
	if (turn->kind == TURN_TEXT && origin->in_batch && !delay_serves(&origin->delay, origin->came_us, origin->batch_us) &&
	    !dialog_find(server, &turn->peer))
		return refuse(server, turn, COUNT_REFUSED_DELAY);
	if (channel->limited && !limiter_take(server->limiter, &server->inputs,
					      keyed_hash_pair(server->seed, turn->peer.user, channel->traits.by_short_code), now_us))
		return refuse(server, turn, COUNT_REFUSED_SUBSCRIBER);
	if (!bucket_take(&origin->bucket, &origin->rate, now_us))
		return refuse(server, turn, COUNT_REFUSED_LINK);
	return 0;
}

/* ---- dialogs ---- */

static bool evict_from(struct origin *origin)
{
	unsigned int looked_at = 0;
	struct dialog *dialog;

	for (uint32_t id = origin->waiting.first; id; id = dialog->next) {
		if (looked_at++ == LOOKED_AT)
			return false;
		dialog = dialog_at(origin->server, id);
		if (!dialog_step(dialog, &(struct dialog_input){ .event = ON_EVICT }))
			return true;
	}
	return false;
}

static bool evict(struct server *server)
{
	if (server->parked_count)
		return !dialog_step(dialog_at(server, server->parked.first), &(struct dialog_input){ .event = ON_EVICT });
	for (unsigned int i = 0; i < server->channels_count; i++)
		if (evict_from(origin_of(server->channels[i])))
			return true;
	return false;
}

bool admit_dialog(struct origin *origin)
{
	struct server *server = origin->server;

	if (server->live_count + server->parked_count >= server->settings.dialogs_max && !evict(server)) {
		server_count(server, COUNT_REFUSED);
		return false;
	}
	if (origin->live < origin->share || evict_from(origin))
		return true;
	server_count(server, COUNT_REFUSED_SHARE);
	return false;
}

/* ---- ways ---- */

struct origin *origin_new(struct server *server, struct channel *channel)
{
	const uint64_t percent = channel->dialogs_share ? channel->dialogs_share : 100;
	struct origin *origin = talloc_zero(server, struct origin);

	origin->server = server;
	origin->channel = channel;
	origin->share = OSMO_MAX(server->settings.dialogs_max * percent / 100, 1);
	if (channel->rate_in)
		origin->rate = (struct rate_limit){ 1000000 / channel->rate_in, channel->rate_in };
	origin->delay.target_us = server->settings.delay_target_ms * INT64_C(1000);
	return origin;
}

int admission_init(struct server *server)
{
	const struct server_settings *settings = &server->settings;

	if (settings->inputs_per_minute)
		server->inputs = (struct rate_limit){ 60000000 / settings->inputs_per_minute,
						      settings->inputs_burst ? settings->inputs_burst : 1 };
	server->limiter = limiter_new(server->seed);
	return server->limiter ? 0 : -ENOMEM;
}

void admission_fini(struct server *server)
{
	limiter_free(server->limiter);
}
