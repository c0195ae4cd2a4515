/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Live and parked dialogs: memory, deadlines, and look-up by peer and by user at a cost that does not grow with their number. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "server/server_internal.h"

#define DUE_AT_ONCE 100			/* deadlines to look at before the loop goes on: each may end a dialog with a text */

/* ---- look-up ----
 *
 * The index has each dialog under its user and, once it is known, under its MSISDN: a user has few dialogs, so one look-up finds them
 * all. */

struct dialog *dialog_at(const struct server *server, uint32_t id)
{
	return slab_at(&server->dialogs, id);
}

static uint64_t number_hash(const struct server *server, uint64_t number)
{
	return keyed_hash(server->seed, &number, sizeof(number));
}

struct dialog *dialog_next_of(const struct server *server, uint64_t number, struct dialog_search *search)
{
	uint32_t id;

	if (!number)
		return NULL;
	if (!search->at)
		search->hash = number_hash(server, number);
	while ((id = index_next(&server->by_number, search->hash, &search->at))) {
		struct dialog *dialog = dialog_at(server, id);

		if (dialog->user == number || dialog->msisdn == number)
			return dialog;
	}
	return NULL;
}

/* A text to a short code may come by any link that serves the code. */
static bool same_short_code(const struct channel *one, const struct channel *other)
{
	return one == other || (one->traits.by_short_code && other->traits.by_short_code && one->ops == other->ops);
}

bool dialog_has_peer(const struct dialog *dialog, const struct peer *peer)
{
	return dialog->user == peer->user && dialog->session_id == peer->session && same_short_code(dialog_channel(dialog), peer->channel);
}

struct dialog *dialog_find(struct server *server, const struct peer *peer)
{
	struct dialog_search search = {};
	struct dialog *dialog;

	while ((dialog = dialog_next_of(server, peer->user, &search)))
		if (dialog->state != DIALOG_PARKED && dialog_has_peer(dialog, peer))
			return dialog;
	return NULL;
}

/* The same number means the same person on every link of one kind. */
struct dialog *dialog_find_user(struct server *server, const struct peer *peer)
{
	struct dialog_search search = {};
	struct dialog *dialog;

	while ((dialog = dialog_next_of(server, peer->user, &search))) {
		const struct channel *channel = dialog_channel(dialog);

		if (dialog->user == peer->user && channel->ops == peer->channel->ops &&
		    channel->traits.by_short_code == peer->channel->traits.by_short_code)
			return dialog;
	}
	return NULL;
}

static void number_add(struct dialog *dialog, uint64_t number)
{
	struct server *server = dialog_server(dialog);

	if (number && index_add(&server->by_number, number_hash(server, number), dialog->id))
		abort();
}

static void number_drop(struct dialog *dialog, uint64_t number)
{
	struct server *server = dialog_server(dialog);

	if (number)
		index_drop(&server->by_number, number_hash(server, number), dialog->id);
}

void dialog_learn_msisdn(struct dialog *dialog, const char *msisdn)
{
	dialog->msisdn = digits_pack(msisdn);
	if (dialog->msisdn != dialog->user)
		number_add(dialog, dialog->msisdn);
}

/* Dropped dialogs do not, nor do those that only wait for the end of an order. */
bool dialogs_busy(const struct server *server, const char *msisdn, const struct dialog *own)
{
	const uint64_t number = digits_pack(msisdn);
	struct dialog_search search = {};
	const struct dialog *dialog;

	while ((dialog = dialog_next_of(server, number, &search)))
		if (dialog != own && dialog->msisdn == number && dialog->state != DIALOG_PARKED && dialog->state != DIALOG_DETACHED &&
		    !dialog_channel(dialog)->traits.leaves_phone_free)
			return true;
	return false;
}

/* ---- lists ---- */

static struct dialog_list *list_of(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);

	switch (dialog->list) {
	case LIST_WAITING:
		return &dialog->origin->waiting;
	case LIST_PARKED:
		return &server->parked;
	default:
		return &server->busy;
	}
}

static void list_leave(struct dialog *dialog)
{
	const struct server *server = dialog_server(dialog);
	struct dialog_list *list = list_of(dialog);

	*(dialog->prev ? &dialog_at(server, dialog->prev)->next : &list->first) = dialog->next;
	*(dialog->next ? &dialog_at(server, dialog->next)->prev : &list->last) = dialog->prev;
}

static void list_enter(struct dialog *dialog, enum dialog_list_kind kind)
{
	const struct server *server = dialog_server(dialog);
	struct dialog_list *list;

	dialog->list = kind;
	list = list_of(dialog);
	dialog->prev = list->last;
	dialog->next = SLAB_NONE;
	*(list->last ? &dialog_at(server, list->last)->next : &list->first) = dialog->id;
	list->last = dialog->id;
}

static void list_move(struct dialog *dialog, enum dialog_list_kind kind)
{
	if (dialog->list == kind)
		return;
	list_leave(dialog);
	list_enter(dialog, kind);
}

/* ---- its peer, and the share that it counts towards ---- */

struct peer dialog_peer(const struct dialog *dialog)
{
	return (struct peer){ .channel = dialog_channel(dialog), .user = dialog->user, .session = dialog->session_id,
			      .context = dialog->context };
}

static void enter(struct dialog *dialog, const struct peer *peer)
{
	dialog->origin = origin_of(peer->channel);
	dialog->user = peer->user;
	dialog->session_id = peer->session;
	dialog->context = peer->context;
	dialog->began = server_tick(dialog_server(dialog));
	dialog->origin->live++;
	dialog->counted = true;
	number_add(dialog, dialog->user);
	if (dialog->msisdn != dialog->user)
		number_add(dialog, dialog->msisdn);
	list_enter(dialog, LIST_BUSY);
}

static void leave_share(struct dialog *dialog)
{
	if (dialog->counted)
		dialog->origin->live--;
	dialog->counted = false;
}

static void leave(struct dialog *dialog)
{
	list_leave(dialog);
	leave_share(dialog);
	number_drop(dialog, dialog->user);
	if (dialog->msisdn != dialog->user)
		number_drop(dialog, dialog->msisdn);
}

static uint64_t imsi_of(const struct dialog *dialog)
{
	return dialog->by_imsi ? dialog->user : dialog->work->imsi;
}

static void set_imsi(struct dialog *dialog, uint64_t imsi)
{
	dialog->by_imsi = imsi && imsi == dialog->user;
	if (imsi_of(dialog) != imsi)
		dialog_work(dialog)->imsi = imsi;
}

void dialog_move(struct dialog *dialog, const struct peer *peer)
{
	const uint64_t imsi = imsi_of(dialog);

	leave(dialog);
	dialog->sequence = 0;
	enter(dialog, peer);
	set_imsi(dialog, imsi);
}

const struct text_limits *dialog_limits(const struct dialog *dialog)
{
	return &dialog_server(dialog)->limits[dialog->limits];
}

/* A link has one or two kinds of limits. */
static uint16_t limits_index(struct server *server, const struct text_limits *limits)
{
	uint16_t i;

	for (i = 0; i < server->limits_count; i++)
		if (!memcmp(&server->limits[i], limits, sizeof(*limits)))
			return i;
	OSMO_ASSERT(i < UINT16_MAX);
	server->limits = talloc_realloc(server, server->limits, struct text_limits, i + 1u);
	OSMO_ASSERT(server->limits);
	server->limits[i] = *limits;
	server->limits_count++;
	return i;
}

/* A text may come by another link than the one before. */
void dialog_hear(struct dialog *dialog, struct turn *turn)
{
	struct work *work = dialog_work(dialog);
	struct origin *origin = origin_of(turn->peer.channel);

	dialog->state = DIALOG_CALLING;
	list_move(dialog, LIST_BUSY);
	work->silent_ms = 0;
	work->turn = turn;
	work->heard_ms = dialog_server(dialog)->now_ms;
	dialog->sequence = turn->sequence;
	dialog->limits = limits_index(origin->server, &turn->limits);
	dialog->context = turn->peer.context;
	if (dialog->origin != origin) {
		leave_share(dialog);
		dialog->origin = origin;
		dialog->origin->live++;
		dialog->counted = true;
	}
}

void dialog_wait(struct dialog *dialog)
{
	dialog->state = DIALOG_WAITING;
	list_move(dialog, LIST_WAITING);
}

void dialog_park(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);

	leave_share(dialog);
	dialog->state = DIALOG_PARKED;
	server->live_count--;
	server->parked_count++;
	list_move(dialog, LIST_PARKED);
}

static void take_turn(struct dialog *dialog, const struct turn *turn)
{
	dialog->msisdn = digits_pack(turn->subscriber.msisdn);
	dialog->limits = limits_index(origin_of(turn->peer.channel)->server, &turn->limits);
	enter(dialog, &turn->peer);
	set_imsi(dialog, digits_pack(turn->subscriber.imsi));
}

void dialog_unpark(struct dialog *dialog, const struct turn *turn)
{
	struct server *server = dialog_server(dialog);

	leave(dialog);
	take_turn(dialog, turn);
	server->parked_count--;
	server->live_count++;
}

struct subscriber dialog_subscriber(const struct dialog *dialog)
{
	struct subscriber subscriber;
	char digits[PACKED_SIZE];

	digits_unpack(imsi_of(dialog), digits);
	osmo_strlcpy(subscriber.imsi, digits, sizeof(subscriber.imsi));
	digits_unpack(dialog->msisdn, digits);
	osmo_strlcpy(subscriber.msisdn, digits, sizeof(subscriber.msisdn));
	return subscriber;
}

/* ---- memory ---- */

static const struct work no_work;

static void wheel_fires(void *data);

int dialogs_init(struct server *server)
{
	slab_init(&server->dialogs, sizeof(struct dialog));
	slab_init(&server->works, sizeof(struct work));
	blocks_init(&server->blocks);
	hash_init(server->text_saves);
	server_wake(server);
	wheel_init(&server->wheel, &server->dialogs, offsetof(struct dialog, deadline), server_tick(server));
	osmo_timer_setup(&server->wheel_timer, wheel_fires, server);
	return index_init(&server->by_number, 2 * server->settings.dialogs_max);
}

void dialogs_fini(struct server *server)
{
	struct dialog *dialog = NULL;

	while ((dialog = dialogs_next(server, dialog)))
		dialog_free(dialog);
	osmo_timer_del(&server->wheel_timer);
	index_fini(&server->by_number);
	blocks_fini(&server->blocks);
	slab_fini(&server->works);
	slab_fini(&server->dialogs);
}

struct dialog *dialogs_next(const struct server *server, const struct dialog *before)
{
	for (uint32_t id = before ? before->id + 1 : 1; id <= server->dialogs.used; id++)
		if (dialog_at(server, id)->state != DIALOG_FREE)
			return dialog_at(server, id);
	return NULL;
}

/* Everything but the number and the link in the wheel is zeroed. */
static struct dialog *dialog_alloc(struct server *server)
{
	const size_t lasting = offsetof(struct dialog, next);
	struct dialog *dialog;
	uint32_t id = server->spare;

	if (id) {
		dialog = dialog_at(server, id);
		server->spare = dialog->next;
	} else {
		id = slab_new(&server->dialogs);
		if (!id)
			return NULL;
		dialog = dialog_at(server, id);
		dialog->id = id;
		wheel_link_init(&dialog->deadline);
	}
	memset((char *)dialog + lasting, 0, sizeof(*dialog) - lasting);
	dialog->work = (struct work *)&no_work;
	return dialog;
}

struct dialog *dialog_new(struct server *server, const struct turn *turn)
{
	struct dialog *dialog = admit_dialog(origin_of(turn->peer.channel)) ? dialog_alloc(server) : NULL;

	if (!dialog)
		return NULL;
	dialog->state = DIALOG_NEW;
	dialog->menu = menu_ref(server->menu);
	take_turn(dialog, turn);
	server->live_count++;
	return dialog;
}

void dialog_free(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);

	leave(dialog);
	cdr_close(dialog, CDR_NONE);
	notification_forget(dialog);
	sms_conversation_left(dialog);
	if (dialog->state == DIALOG_PARKED)
		server->parked_count--;
	else
		server->live_count--;
	dialog->state = DIALOG_FREE;
	wheel_unset(&server->wheel, dialog->id);
	block_resize(&server->blocks, &dialog->session, 0, 0, true);
	if (dialog->work->item)
		slab_free(&server->works, dialog->work->item);
	dialog->work = (struct work *)&no_work;
	menu_unref(dialog->menu);
	dialog->menu = NULL;
	dialog->next = server->spare;
	server->spare = dialog->id;
}

struct work *dialog_work(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);
	uint32_t item;

	if (!dialog->work->item) {
		item = slab_new(&server->works);
		if (!item)
			abort();
		dialog->work = slab_at(&server->works, item);
		*dialog->work = (struct work){ .item = item };
	}
	return dialog->work;
}

void dialog_rest(struct dialog *dialog)
{
	struct work *work = dialog->work;

	if (!work->item || work->turn || work->request || work->call || work->notification || work->answered || work->save_request ||
	    work->text_save || work->silent_ms || work->imsi)
		return;
	dialog->work = (struct work *)&no_work;
	slab_free(&dialog_server(dialog)->works, work->item);
}

/* ---- time ---- */

/* After a round of deadlines that was cut short, at once; otherwise when the wheel has something to look at. */
static void timer_arm(struct server *server, uint32_t ticks)
{
	const int64_t ms = ticks ? (int64_t)ticks * WHEEL_TICK_MS - server->now_ms % WHEEL_TICK_MS : 0;

	server->armed = true;
	server->wakes = server_tick(server) + ticks;
	osmo_timer_schedule(&server->wheel_timer, ms / 1000, ms % 1000 * 1000);
}

static void wheel_fires(void *data)
{
	struct server *server = data;
	unsigned int most = DUE_AT_ONCE;
	uint32_t id, ticks;

	server_wake(server);
	server->armed = false;
	while ((id = wheel_next(&server->wheel, server_tick(server), &most)))
		dialog_step(dialog_at(server, id), &(struct dialog_input){ .event = ON_TIMER });
	ticks = most ? wheel_sleeps(&server->wheel) : 0;
	if (ticks || !most)
		timer_arm(server, ticks);
}

/* Deadlines are never early, and late by a tick at most. */
void dialog_arm_timer(struct dialog *dialog, int64_t ms)
{
	struct server *server = dialog_server(dialog);
	const uint32_t due = (uint32_t)((uint64_t)(server->now_ms + ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS);
	const uint32_t now = server_tick(server);
	uint32_t looks;

	if (!server->armed)
		wheel_skip(&server->wheel, now);
	looks = wheel_set(&server->wheel, dialog->id, due);
	if (!server->armed || (int32_t)(looks - server->wakes) < 0)
		timer_arm(server, (int32_t)(looks - now) > 0 ? looks - now : 0);
}

/* ---- the open turn, and the pending request ---- */

void dialog_answer(struct dialog *dialog, enum answer_kind kind, const char *text, size_t len)
{
	struct turn *turn = dialog->work->turn;

	dialog->work->turn = NULL;
	cdr_answered(dialog);
	text_answered(dialog);
	server_wipe(turn);
	server_answer(turn, kind, text, len);
}

bool dialog_is_order(const struct dialog *dialog)
{
	return dialog->work->request && dialog->work->action && dialog->work->action->changes;
}

void dialog_forget_request(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);
	struct work *work = dialog->work;

	if (work->request)
		accounts_forget(server->accounts, work->request);
	if (work->call)
		backends_forget(server->settings.backends, work->call);
	if (work->request || work->call)
		work->request = work->call = 0;
}

int dialog_submit(struct dialog *dialog, uint64_t *id)
{
	struct server *server = dialog_server(dialog);
	const int rc = accounts_submit(server->accounts, &server->request, dialog, &server->response, id);

	explicit_bzero(server->request.args, server->request.args_len);
	return rc;
}

/* ---- the session, packed between its turns ---- */

const struct session *dialog_session(const struct dialog *dialog)
{
	return block_at(&dialog_server(dialog)->blocks, dialog->session);
}

void dialog_load(struct dialog *dialog)
{
	struct session *scratch = &dialog_server(dialog)->scratch;
	const struct session *packed = dialog_session(dialog);

	if (packed)
		session_unpack(packed, scratch);
	else
		session_init(scratch, dialog->menu);
}

/* What the session dropped may be a secret. */
void dialog_store(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);
	struct session *packed = block_resize(&server->blocks, &dialog->session, session_packed_size(&server->scratch), 0, true);

	if (!packed)
		abort();
	session_pack(&server->scratch, packed);
	session_wipe(&server->scratch);
}

void dialog_peek(struct dialog *dialog, const struct text_limits *limits, enum event_kind kind, struct effect *effect)
{
	dialog_load(dialog);
	server_peek(dialog_server(dialog), dialog->menu, limits, kind, effect);
}
