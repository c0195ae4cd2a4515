/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Live and parked dialogs: memory, and finding them by peer and by user at a cost that does not grow with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"

#define SESSION_ROOM_STEP 64
#define BUCKETS_START 1024

/* ---- the table ----
 *
 * By user alone: one user has few dialogs, and so one look finds them all. It grows with the dialogs, so that it stays
 * in the processor's caches while they are few. */

static struct dialog **bucket_of(const struct server *server, const struct peer *peer)
{
	return &server->by_user[keyed_hash(server->seed, &peer->user, sizeof(peer->user)) & server->buckets_mask];
}

/* Dialogs belong to their link; what is texted to a number may come by any link that serves it. */
static bool same_way(const struct channel *a, const struct channel *b)
{
	return a == b || (a->traits.by_short_code && b->traits.by_short_code && a->ops == b->ops);
}

bool dialog_same_peer(const struct peer *a, const struct peer *b)
{
	return same_way(a->channel, b->channel) && a->user == b->user && a->session == b->session;
}

/* The same number means the same person on every link of one kind. */
static bool same_user(const struct peer *a, const struct peer *b)
{
	return a->user == b->user && a->channel->ops == b->channel->ops &&
	       a->channel->traits.by_short_code == b->channel->traits.by_short_code;
}

static void bucket_add(struct dialog *dialog)
{
	struct dialog **bucket = bucket_of(dialog->server, &dialog->peer);

	dialog->next = *bucket;
	*bucket = dialog;
}

static int buckets_alloc(struct server *server, unsigned int count)
{
	server->by_user = talloc_zero_array(server, struct dialog *, count);
	server->buckets_mask = count - 1;
	return server->by_user ? 0 : -ENOMEM;
}

static void buckets_grow(struct server *server)
{
	struct dialog **old = server->by_user, *dialog, *next;
	const unsigned int count = server->buckets_mask + 1;
	unsigned int i;

	if (buckets_alloc(server, 2 * count))
		abort();
	for (i = 0; i < count; i++) {
		for (dialog = old[i]; dialog; dialog = next) {
			next = dialog->next;
			bucket_add(dialog);
		}
	}
	talloc_free(old);
}

static void table_add(struct dialog *dialog)
{
	struct server *server = dialog->server;

	if (server->live_count + server->parked_count > server->buckets_mask)
		buckets_grow(server);
	bucket_add(dialog);
}

static void table_remove(struct dialog *dialog)
{
	struct dialog **at;

	for (at = bucket_of(dialog->server, &dialog->peer); *at != dialog; at = &(*at)->next)
		;
	*at = dialog->next;
}

struct dialog *dialog_find(struct server *server, const struct peer *peer)
{
	struct dialog *dialog = *bucket_of(server, peer);

	while (dialog && (dialog->parked || !dialog_same_peer(&dialog->peer, peer)))
		dialog = dialog->next;
	return dialog;
}

struct dialog *dialog_find_user(struct server *server, const struct peer *peer)
{
	struct dialog *dialog = *bucket_of(server, peer);

	while (dialog && !same_user(&dialog->peer, peer))
		dialog = dialog->next;
	return dialog;
}

int dialogs_init(struct server *server)
{
	INIT_LLIST_HEAD(&server->live);
	INIT_LLIST_HEAD(&server->parked);
	INIT_LLIST_HEAD(&server->spare);
	hash_init(server->keeping);
	return buckets_alloc(server, BUCKETS_START) ? -ENOMEM : by_msisdn_init(server);
}

/* ---- memory ---- */

static void free_all(struct llist_head *list)
{
	struct dialog *dialog, *next;

	llist_for_each_entry_safe(dialog, next, list, entry)
		dialog_free(dialog);
}

void dialogs_fini(struct server *server)
{
	struct dialog *dialog, *next;

	free_all(&server->live);
	free_all(&server->parked);
	llist_for_each_entry_safe(dialog, next, &server->spare, entry) {
		osmo_timer_del(&dialog->timer);
		free(dialog->session);
		free(dialog);
	}
	by_msisdn_fini(server);
}

static struct dialog *dialog_alloc(struct server *server)
{
	struct dialog *dialog;

	if (llist_empty(&server->spare)) {
		dialog = calloc(1, sizeof(*dialog));
		if (dialog)
			osmo_timer_setup(&dialog->timer, drive_timer, dialog);
		return dialog;
	}
	dialog = llist_first_entry(&server->spare, struct dialog, entry);
	llist_del(&dialog->entry);
	return dialog;
}

/* ---- shares ---- */

static void share_take(struct dialog *dialog)
{
	dialog->way = way_of(dialog->peer.channel);
	dialog->way->live++;
}

static void share_leave(struct dialog *dialog)
{
	llist_del_init(&dialog->waiting);
	if (dialog->way)
		dialog->way->live--;
	dialog->way = NULL;
}

void dialog_wait(struct dialog *dialog)
{
	llist_move_tail(&dialog->waiting, &dialog->way->waiting);
}

/* A text may come by another link than the one before. */
void dialog_hear(struct dialog *dialog, struct turn *turn)
{
	llist_del_init(&dialog->waiting);
	dialog->silent_ms = 0;
	dialog->turn = turn;
	dialog->sequence = turn->sequence;
	if (dialog->peer.channel == turn->peer.channel) {
		dialog->peer = turn->peer;
		return;
	}
	share_leave(dialog);
	dialog->peer = turn->peer;
	share_take(dialog);
}

static void take_turn(struct dialog *dialog, const struct turn *turn)
{
	dialog->peer = turn->peer;
	dialog->subscriber = turn->subscriber;
	dialog->limits = turn->limits;
	dialog->began_ms = clock_monotonic_ms();
}

struct dialog *dialog_new(struct server *server, const struct turn *turn)
{
	struct dialog *dialog = admit_dialog(way_of(turn->peer.channel)) ? dialog_alloc(server) : NULL;

	if (!dialog)
		return NULL;
	dialog->server = server;
	dialog->menu = menu_ref(server->menu);
	dialog->turn = NULL;
	dialog->pending = dialog->parked = dialog->gone = dialog->fetching = dialog->kept = false;
	dialog->expiring = dialog->has_msisdn = dialog->tell_silence = dialog->changed = false;
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
	dialog->sequence = 0;
	dialog->keep_sure = dialog->looking = dialog->nothing_crossed = false;
	dialog->keep_request = dialog->answered = 0;
	dialog->keeping = NULL;
	dialog->silent_ms = 0;
	take_turn(dialog, turn);
	INIT_LLIST_HEAD(&dialog->waiting);
	share_take(dialog);
	table_add(dialog);
	by_msisdn_add(dialog);
	llist_add_tail(&dialog->entry, &server->live);
	server->live_count++;
	session_init(&server->scratch, server->menu);
	dialog_store(dialog);
	return dialog;
}

void dialog_free(struct dialog *dialog)
{
	struct server *server = dialog->server;

	table_remove(dialog);
	by_msisdn_remove(dialog);
	share_leave(dialog);
	cdr_close(dialog, NULL);
	notification_forget(dialog);
	sms_conversation_left(dialog);
	if (dialog->parked)
		server->parked_count--;
	else
		server->live_count--;
	session_wipe(dialog->session);
	menu_unref(dialog->menu);
	dialog->menu = NULL;
	llist_del(&dialog->entry);
	llist_add(&dialog->entry, &server->spare);
}

/* ---- parking ---- */

void dialog_park(struct dialog *dialog)
{
	struct server *server = dialog->server;

	share_leave(dialog);
	dialog->parked = true;
	server->live_count--;
	server->parked_count++;
	llist_move_tail(&dialog->entry, &server->parked);
}

void dialog_unpark(struct dialog *dialog, const struct turn *turn)
{
	struct server *server = dialog->server;

	table_remove(dialog);
	by_msisdn_remove(dialog);
	take_turn(dialog, turn);
	share_take(dialog);
	table_add(dialog);
	by_msisdn_add(dialog);
	dialog->parked = dialog->gone = false;
	server->parked_count--;
	server->live_count++;
	llist_move_tail(&dialog->entry, &server->live);
}

/* ---- somewhere else ---- */

void dialog_move(struct dialog *dialog, const struct peer *peer)
{
	table_remove(dialog);
	by_msisdn_remove(dialog);
	share_leave(dialog);
	dialog->peer = *peer;
	share_take(dialog);
	dialog->sequence = 0;
	dialog->began_ms = clock_monotonic_ms();
	table_add(dialog);
	by_msisdn_add(dialog);
}

bool dialog_is_order(const struct dialog *dialog)
{
	return dialog->pending && dialog->verb && dialog->verb->changes;
}

/* ---- the session, packed between its turns ---- */

void dialog_load(struct dialog *dialog)
{
	memcpy(&dialog->server->scratch, dialog->session, session_size(dialog->session));
}

void dialog_store(struct dialog *dialog)
{
	struct session *scratch = &dialog->server->scratch;
	const size_t size = session_size(scratch);
	const size_t before = dialog->session ? session_size(dialog->session) : 0;

	if (!dialog->session || dialog->session_room < size) {
		const size_t room = (size / SESSION_ROOM_STEP + 1) * SESSION_ROOM_STEP;
		struct session *grown = malloc(room);

		if (!grown)
			abort();
		if (dialog->session)
			session_wipe(dialog->session);
		free(dialog->session);
		dialog->session = grown;
		dialog->session_room = room;
	} else if (size < before) {
		/* What it has forgotten may be a secret. */
		explicit_bzero((uint8_t *)dialog->session + size, before - size);
	}
	memcpy(dialog->session, scratch, size);
	explicit_bzero(scratch->data, scratch->used);
}
