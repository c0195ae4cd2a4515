/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Live and parked dialogs: memory, timers, and look-up by peer and by user at a cost that does not grow with their number. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"

#define SESSION_ROOM_STEP 64
#define BUCKETS_START 1024

/* ---- the table ----
 *
 * Dialogs are hashed by user alone: a user has few dialogs, so one look-up finds them all. The table grows with the number of dialogs,
 * and so fits the processor's caches while they are few. */

static struct hlist_head *bucket_of(const struct server *server, const struct peer *peer)
{
	return &server->by_user[keyed_hash(server->seed, &peer->user, sizeof(peer->user)) & server->buckets_mask];
}

/* A dialog belongs to its link, but a text to a short code may come by any link that serves the code. */
bool dialog_same_peer(const struct peer *a, const struct peer *b)
{
	const struct channel *one = a->channel, *other = b->channel;
	const bool same_short_code = one == other || (one->traits.by_short_code && other->traits.by_short_code && one->ops == other->ops);

	return same_short_code && a->user == b->user && a->session == b->session;
}

static int buckets_alloc(struct server *server, unsigned int count)
{
	server->by_user = talloc_zero_array(server, struct hlist_head, count);
	server->buckets_mask = count - 1;
	return server->by_user ? 0 : -ENOMEM;
}

static void buckets_grow(struct server *server)
{
	const unsigned int count = server->buckets_mask + 1;
	struct hlist_head *old = server->by_user;
	struct hlist_node *next;
	struct dialog *dialog;

	if (buckets_alloc(server, 2 * count))
		abort();
	for (unsigned int i = 0; i < count; i++)
		hlist_for_each_entry_safe(dialog, next, &old[i], by_user)
			hlist_add_head(&dialog->by_user, bucket_of(server, &dialog->peer));
	talloc_free(old);
}

struct dialog *dialog_find(struct server *server, const struct peer *peer)
{
	struct dialog *dialog;

	hlist_for_each_entry(dialog, bucket_of(server, peer), by_user)
		if (dialog->state != DIALOG_PARKED && dialog_same_peer(&dialog->peer, peer))
			return dialog;
	return NULL;
}

/* The same number means the same person on every link of one kind. */
struct dialog *dialog_find_user(struct server *server, const struct peer *peer)
{
	struct dialog *dialog;

	hlist_for_each_entry(dialog, bucket_of(server, peer), by_user) {
		const struct channel *channel = dialog->peer.channel;

		if (dialog->peer.user == peer->user && channel->ops == peer->channel->ops &&
		    channel->traits.by_short_code == peer->channel->traits.by_short_code)
			return dialog;
	}
	return NULL;
}

/* ---- its peer: the share and the hash chain that it is in ---- */

static void enter(struct dialog *dialog)
{
	dialog->origin = origin_of(dialog->peer.channel);
	dialog->origin->live++;
	hlist_add_head(&dialog->by_user, bucket_of(dialog->server, &dialog->peer));
	by_msisdn_add(dialog);
}

static void leave_share(struct dialog *dialog)
{
	llist_del_init(&dialog->waiting);
	if (dialog->origin)
		dialog->origin->live--;
	dialog->origin = NULL;
}

static void leave(struct dialog *dialog)
{
	hlist_del(&dialog->by_user);
	hlist_del_init(&dialog->by_msisdn);
	leave_share(dialog);
}

void dialog_move(struct dialog *dialog, const struct peer *peer)
{
	leave(dialog);
	dialog->peer = *peer;
	dialog->sequence = 0;
	dialog->began_ms = clock_monotonic_ms();
	enter(dialog);
}

/* A text may come by another link than the one before. */
void dialog_hear(struct dialog *dialog, struct turn *turn)
{
	dialog->state = DIALOG_CALLING;
	llist_del_init(&dialog->waiting);
	dialog->silent_ms = 0;
	dialog->turn = turn;
	dialog->heard_ms = clock_monotonic_ms();
	dialog->sequence = turn->sequence;
	dialog->limits = turn->limits;
	if (dialog->peer.channel != turn->peer.channel) {
		leave_share(dialog);
		dialog->origin = origin_of(turn->peer.channel);
		dialog->origin->live++;
	}
	dialog->peer = turn->peer;
}

void dialog_wait(struct dialog *dialog)
{
	dialog->state = DIALOG_WAITING;
	llist_move_tail(&dialog->waiting, &dialog->origin->waiting);
}

void dialog_park(struct dialog *dialog)
{
	struct server *server = dialog->server;

	leave_share(dialog);
	dialog->state = DIALOG_PARKED;
	server->live_count--;
	server->parked_count++;
	llist_move_tail(&dialog->entry, &server->parked);
}

static void take_turn(struct dialog *dialog, const struct turn *turn)
{
	dialog->peer = turn->peer;
	dialog->subscriber = turn->subscriber;
	dialog->limits = turn->limits;
	dialog->began_ms = clock_monotonic_ms();
	enter(dialog);
}

void dialog_unpark(struct dialog *dialog, const struct turn *turn)
{
	struct server *server = dialog->server;

	leave(dialog);
	take_turn(dialog, turn);
	server->parked_count--;
	server->live_count++;
	llist_move_tail(&dialog->entry, &server->live);
}

/* ---- memory ---- */

int dialogs_init(struct server *server)
{
	INIT_LLIST_HEAD(&server->live);
	INIT_LLIST_HEAD(&server->parked);
	INIT_LLIST_HEAD(&server->spare);
	hash_init(server->text_saves);
	return buckets_alloc(server, BUCKETS_START) ? -ENOMEM : by_msisdn_init(server);
}

void dialogs_fini(struct server *server)
{
	struct dialog *dialog, *next;

	llist_for_each_entry_safe(dialog, next, &server->live, entry)
		dialog_free(dialog);
	llist_for_each_entry_safe(dialog, next, &server->parked, entry)
		dialog_free(dialog);
	llist_for_each_entry_safe(dialog, next, &server->spare, entry) {
		osmo_timer_del(&dialog->timer);
		free(dialog->session);
		free(dialog);
	}
	by_msisdn_fini(server);
}

struct dialog *dialog_new(struct server *server, const struct turn *turn)
{
	const size_t lasting = offsetof(struct dialog, state);
	struct dialog *dialog;

	if (!admit_dialog(origin_of(turn->peer.channel)))
		return NULL;
	dialog = llist_first_entry_or_null(&server->spare, struct dialog, entry);
	if (dialog) {
		llist_del(&dialog->entry);
		memset((char *)dialog + lasting, 0, sizeof(*dialog) - lasting);
	} else {
		dialog = calloc(1, sizeof(*dialog));
		if (!dialog)
			return NULL;
		osmo_timer_setup(&dialog->timer, dialog_timer, dialog);
	}
	dialog->state = DIALOG_NEW;
	dialog->server = server;
	dialog->menu = menu_ref(server->menu);
	INIT_LLIST_HEAD(&dialog->waiting);
	if (server->live_count + server->parked_count > server->buckets_mask)
		buckets_grow(server);
	take_turn(dialog, turn);
	llist_add_tail(&dialog->entry, &server->live);
	server->live_count++;
	session_init(&server->scratch, server->menu);
	dialog_store(dialog);
	return dialog;
}

void dialog_free(struct dialog *dialog)
{
	struct server *server = dialog->server;

	leave(dialog);
	cdr_close(dialog, CDR_NONE);
	notification_forget(dialog);
	sms_conversation_left(dialog);
	if (dialog->state == DIALOG_PARKED)
		server->parked_count--;
	else
		server->live_count--;
	dialog->state = DIALOG_FREE;
	dialog->due_ms = 0;
	session_wipe(dialog->session);
	menu_unref(dialog->menu);
	dialog->menu = NULL;
	llist_move(&dialog->entry, &server->spare);
}

/* ---- time ---- */

/* Leave a timer that fires earlier and re-arm it then: turns come faster than timers expire. */
void dialog_arm_timer(struct dialog *dialog, int64_t ms)
{
	dialog->due_ms = clock_monotonic_ms() + ms;
	if (dialog->fires_ms && dialog->fires_ms <= dialog->due_ms)
		return;
	dialog->fires_ms = dialog->due_ms;
	osmo_timer_schedule(&dialog->timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- the open turn, and the pending request ---- */

void dialog_answer(struct dialog *dialog, enum answer_kind kind, const char *text, size_t len)
{
	struct turn *turn = dialog->turn;

	dialog->turn = NULL;
	cdr_answered(dialog);
	text_answered(dialog);
	server_wipe(turn);
	server_answer(turn, kind, text, len);
}

bool dialog_is_order(const struct dialog *dialog)
{
	return dialog->request && dialog->action && dialog->action->changes;
}

void dialog_forget_request(struct dialog *dialog)
{
	if (dialog->request)
		accounts_forget(dialog->server->accounts, dialog->request);
	if (dialog->call)
		backends_forget(dialog->server->settings.backends, dialog->call);
	dialog->request = dialog->call = 0;
}

int dialog_submit(struct dialog *dialog, uint64_t *id)
{
	struct server *server = dialog->server;
	const int rc = accounts_submit(server->accounts, &server->request, dialog, &server->response, id);

	explicit_bzero(server->request.args, server->request.args_len);
	return rc;
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
		/* What the session dropped may be a secret. */
		explicit_bzero((uint8_t *)dialog->session + size, before - size);
	}
	memcpy(dialog->session, scratch, size);
	explicit_bzero(scratch->data, scratch->used);
}

void dialog_peek(struct dialog *dialog, const struct text_limits *limits, enum event_kind kind, struct effect *effect)
{
	dialog_load(dialog);
	server_peek(dialog->server, dialog->menu, limits, kind, effect);
}
