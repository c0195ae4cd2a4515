/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the server: dialogs and how they are found. */
#pragma once

#include <string.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/action.h"
#include "starhash/backends.h"
#include "starhash/barring.h"
#include "starhash/clock.h"
#include "starhash/hash.h"
#include "starhash/index.h"
#include "starhash/load.h"
#include "starhash/notification.h"
#include "starhash/server.h"
#include "starhash/slab.h"
#include "server/delay.h"
#include "server/limiter.h"
#include "server/wheel.h"

/* The states of a dialog and the events that it handles. The table at the top of dialog.c has a handler for each pair. */
enum dialog_state {
	DIALOG_FREE,		/* over; its memory is free for the next dialog */
	DIALOG_NEW,		/* just made; the turn or notification that it was made for comes next */
	DIALOG_FETCHING,	/* the store is looking for a saved conversation of the open turn */
	DIALOG_CALLING,		/* a turn is open and a request to the account, or a call of a backend, is pending */
	DIALOG_WAITING,		/* for the subscriber */
	DIALOG_EXPIRING,	/* a saved question was not answered in time; the store is expiring it */
	DIALOG_DETACHED,	/* an order is in flight; the subscriber has left or was asked to wait */
	DIALOG_PARKED,		/* dropped; the subscriber may resume it with the next begin */
	DIALOG_LOOKING,		/* the store is looking for a conversation that a notification's question would collide with */
	DIALOG_SHOWN,		/* a notification's question is shown in a dialog that we began; no answer yet */
	DIALOG_STATES
};

enum dialog_event {
	ON_BEGIN,		/* turn: the subscriber dials, in this network session or another */
	ON_INPUT,		/* turn: the subscriber answers */
	ON_TEXT,		/* turn: the subscriber sends a text */
	ON_NOTIFY,		/* notification to send */
	ON_RESPONSE,	/* response to the dialog's request */
	ON_UNKNOWN,		/* a change missed the account's deadline; its response is still to come */
	ON_TIMER,		/* the dialog's timer fired */
	ON_GONE,		/* the network has ended it */
	ON_STOP,		/* the daemon stops */
	ON_EVICT,		/* the dialog should make room */
	ON_EVENTS
};

struct dialog_input {
	enum dialog_event event;
	struct turn *turn;				/* set as the event says, else NULL */
	const struct response *response;
	const struct backend_answer *answer;		/* RESPONSE of a backend */
	const struct account_notification *notification;
};

struct dialog_list {
	uint32_t first, last;			/* numbers of dialogs; SLAB_NONE: it is empty */
};

enum dialog_list_kind {
	LIST_BUSY,				/* server->busy: live, but not waiting for its subscriber */
	LIST_WAITING,				/* its origin's */
	LIST_PARKED,
};

/* A channel as the server sees it; its rx_user. */
struct origin {
	struct server *server;
	struct channel *channel;
	unsigned int share;			/* dialogs that it may have */
	unsigned int live;			/* dialogs that it has, parked ones not counted */
	unsigned int open;			/* turns not answered yet */
	struct dialog_list waiting;		/* dialogs waiting for their subscriber, longest wait first */
	struct rate_limit rate;
	struct bucket bucket;
	/* dials.c */
	struct delay delay;
	struct dials {
		struct llist_head entry;	/* in server->dialling, while there are any */
		struct turn *first, *last;	/* they wait in this order */
		unsigned int count;
		unsigned int begun;		/* in this round */
	} dials;
	bool in_batch;
	int64_t batch_us, came_us;		/* of the batch: when it was read, and the earliest time at which it may have come */
};

#define BUSY_SECONDS 60

/* How busy the server is, for people. */
struct pace {
	int64_t worst_us[BUSY_SECONDS];		/* longest wait of an input in each of the last seconds */
	int64_t second;				/* the newest of them, by the monotonic clock */
	int64_t turn_ns;			/* time of a turn, smoothed */
	unsigned int turns;			/* of this batch or round */
};

/* What a dialog has only while something goes on: a turn or a request is open, or a notification is to be sent. */
struct work {
	struct turn *turn;			/* the open turn, to be answered; NULL: none */
	const struct menu_action *action;		/* of the pending request; NULL: not an action's request */
	uint64_t request;			/* id of the pending request; 0: none */
	uint64_t call;				/* id of the pending call of a backend; 0: none */
	uint64_t notification;			/* id of the one that the dialog or its next answer delivers; 0: none */
	uint64_t answered;			/* digest of the text that an earlier process answered; 0: none */
	uint64_t save_request;			/* id of the pending request to save the conversation; 0: none */
	struct text_save *text_save;		/* pending save of the open turn's text (text_save.c); NULL: none */
	int64_t silent_ms;			/* when the subscriber times out, if later than the deadline; 0: then */
	int64_t heard_ms;			/* when the open turn came */
	uint64_t imsi;				/* packed, if it is known and not the peer's user; else 0 */
	uint32_t item;				/* its number in server->works; SLAB_NONE: shared by all dialogs without work, read-only */
};

/* One subscriber's dialog. A million of them may wait, so what is not needed meanwhile is elsewhere. It never moves. */
struct dialog {
	struct wheel_link deadline;		/* when the current wait ends; stays linked after the end */
	uint32_t id;				/* its number in server->dialogs */
	uint32_t next, prev;			/* in its list */
	uint32_t began;				/* tick */
	struct origin *origin;			/* the channel of its peer */
	struct menu *menu;			/* a reference */
	struct work *work;			/* write by dialog_work() */
	uint64_t user, session_id;		/* of its peer */
	uint64_t msisdn;			/* packed; 0: unknown */
	uint32_t context;			/* of its peer */
	uint32_t sequence;			/* of the last input accepted */
	struct block session;			/* packed, in server->blocks; none: not begun */
	struct block cdr;			/* in server->blocks: what cdr_close() writes to the journal; none: nothing to record yet */
	uint16_t limits;			/* index in server->limits */
	uint8_t state : 4;			/* enum dialog_state */
	uint8_t list : 2;			/* enum dialog_list_kind */
	/* Facts that outlive a state. */
	bool counted : 1;			/* towards its channel's share; parked ones are not */
	bool saved : 1;				/* the conversation was sent to the account store, for another process */
	bool durable : 1;			/* and the store has confirmed the page that waits for an answer */
	bool unsure : 1;			/* no saved conversation could be looked up for its first text: that one changes nothing */
	bool changed : 1;			/* the menu was replaced: the answer to the next text says so */
	bool notify_silence : 1;		/* the open question promised a notification if nobody answers, on any channel (S6) */
	bool push : 1;				/* show the notification in a dialog that we begin, not as a text */
	bool by_imsi : 1;			/* its user is the IMSI */
};

_Static_assert(sizeof(struct dialog) <= 104, "a million of them may wait");

enum server_counter {
	COUNT_BEGUN, COUNT_TURNS, COUNT_ENDED, COUNT_RESUMED, COUNT_SILENT, COUNT_GONE, COUNT_REPEATED,
	COUNT_CROSSED, COUNT_STRAY, COUNT_REFUSED, COUNT_LATE, COUNT_LATE_RESULTS, COUNT_RELOADS, COUNT_RELOADS_FAILED,
	COUNT_NOTIFICATIONS, COUNT_NOTIFICATIONS_LATER, COUNT_BY_MESSAGE,
	COUNT_RESTED, COUNT_EVICTED, COUNT_REFUSED_SHARE, COUNT_REFUSED_SUBSCRIBER, COUNT_REFUSED_LINK, COUNT_REFUSED_TEXTS,
	COUNT_TEXTS_SAVED, COUNT_TEXTS_NOT_SAVED, COUNT_TEXTS_AGAIN, COUNT_VALUES_CUT,
	COUNT_REFUSED_DELAY, COUNT_DIALS_BUSY, COUNT_REFUSED_BARRED,
};

struct server {
	struct server_settings settings;
	struct accounts *accounts;
	struct menu *menu;
	struct menu *waiting;			/* menu whose catalogue waits for an operator (A66); NULL: none */
	struct menu_copy *waiting_copy;
	bool waiting_old;			/* a later load failed: the files are newer */
	struct loader *loader;			/* reload.c; NULL: nothing was reloaded yet */
	bool catalogue_pending;			/* the catalogue of the start-up menu waits for an operator */
	unsigned int generation;		/* of the menu, counted from 1 */
	struct channel **channels;		/* talloc array */
	unsigned int channels_count;
	bool stopping;
	uint64_t seed;				/* of the hash tables */

	struct slab dialogs;			/* struct dialog; those that are over stay in use, for the next ones */
	struct dialog_list busy, parked;	/* oldest first; those that wait are in their origin's list */
	uint32_t spare;				/* the first of those that are over, linked by next */
	struct slab works;			/* struct work */
	struct text_limits *limits;		/* talloc array: a few of each link */
	uint16_t limits_count;
	struct blocks blocks;
	struct index by_number;			/* dialogs by their user and by their MSISDN */
	struct wheel wheel;			/* their deadlines */
	struct osmo_timer_list wheel_timer;
	bool armed;				/* the timer */
	uint32_t wakes;				/* tick at which it fires */
	int64_t now_ms;				/* of the monotonic clock, read when the loop calls: server_wake() */
	DECLARE_HASHTABLE(in_flight, 10);	/* notifications accepted and not completed yet */
	bool notifications_warned;		/* that no link can send them */
	unsigned int live_count, parked_count;
	DECLARE_HASHTABLE(text_saves, 8);	/* requests to save a text (text_save.c) */
	struct limiter *limiter;		/* for subscribers */
	struct rate_limit inputs;		/* of each subscriber */
	struct llist_head dialling;		/* links with dials that wait (dials.c); the next one to be served is first */
	struct osmo_timer_list dials_timer;	/* the next round */
	unsigned int unread;			/* links with more input */
	struct pace pace;
	struct barring barring;
	int64_t barring_id;			/* the last change that is known from the account store */
	int64_t barring_newest;			/* the last change when the store was last read to its end; INT64_MAX: not yet */
	int64_t barring_read;			/* when that was, by our clock */
	int64_t barring_missed;			/* the first one that did not fit; 0: none */
	struct osmo_timer_list barring_timer;
	struct log_limit barring_limit;
	struct wall_clock *clock;
	struct wall_clock own_clock;

	struct rate_ctr_group *counters;
	/* Scratch memory of one step. */
	struct session scratch;			/* the session being stepped; secrets in it are wiped once it is stored */
	struct codes codes;			/* for the dialog being stepped */
	struct effect effect;			/* passed on as an argument */
	struct response response;
	struct request request;			/* its arguments are wiped once it is submitted */
};

static inline void server_count(struct server *server, enum server_counter counter)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(server->counters, counter));
}

static inline void server_count_more(struct server *server, enum server_counter counter, unsigned int by)
{
	rate_ctr_add(rate_ctr_group_get_ctr(server->counters, counter), (int)by);
}

static inline struct server *dialog_server(const struct dialog *dialog)
{
	return dialog->origin->server;
}

static inline struct channel *dialog_channel(const struct dialog *dialog)
{
	return dialog->origin->channel;
}

/* The loop calls: read the clock for all that follows, until the loop calls again. */
static inline void server_wake(struct server *server)
{
	server->now_ms = clock_monotonic_ms();
}

static inline int64_t server_wall_ms(struct server *server)
{
	return wall_clock_ms_at(server->clock, server->now_ms);
}

static inline uint32_t server_tick(const struct server *server)
{
	return (uint32_t)((uint64_t)server->now_ms / WHEEL_TICK_MS);
}

static inline struct origin *origin_of(const struct channel *channel)
{
	return channel->rx_user;
}

/* Answer a turn, which returns it to its channel. */
static inline void server_answer(struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	origin_of(turn->peer.channel)->open--;
	turn_answer(turn, kind, text, len);
}

/* A turn's text may be a secret: wipe it as soon as the engine has seen it. */
static inline void server_wipe(struct turn *turn)
{
	if (!turn || !turn->len)
		return;
	explicit_bzero(turn->text, turn->len);
	turn->len = 0;
}

/* server.c: answers to turns, and the facts that each session event carries. */
void server_drop(struct server *server, struct turn *turn, enum server_counter why);	/* without an answer: retransmitted or crossed */
void server_reply(struct server *server, struct turn *turn, const struct effect *effect);	/* to a turn that belongs to no dialog */
void server_stamp(struct server *server, struct session_event *event);	/* sets now, utc_offset and ref */
/* Compose what the session in server->scratch answers to an event, without changing the session. */
void server_peek(struct server *server, const struct menu *menu, const struct text_limits *limits, enum event_kind kind,
		 struct effect *effect);

/* reload.c: menus are built and freed in a thread. */
void reload_drop(struct server *server, struct menu *menu, struct menu_copy *copy);	/* a menu that nobody uses; both may be NULL */
void reload_retire(struct server *server, struct menu *menu);	/* give back the server's reference; NULL is fine */
bool reload_runs(const struct server *server);
void reload_stop(struct server *server);	/* end the load that runs */
void reload_fini(struct server *server);	/* after the last reference to an older menu */

/* server.c, for these. */
void server_menu_loaded(struct server *server, int rc, const struct problems *problems, struct menu_copy *copy);
int server_take_menu(struct server *server, struct menu *menu, struct menu_copy *copy, struct problems *problems);
int server_reload_failed(struct server *server, struct problems *problems, int rc);	/* logs, counts, raises the alarm; returns \a rc */

/* turns.c: dispatch each turn from a channel to its dialog. */
int turns_take(void *origin, struct turn *turn);
int turns_begin(struct turn *turn);		/* one that has waited; as dialog_step() */

/* dials.c: dials wait for the answers of running dialogs. */
void dials_init(struct server *server);
void dials_stop(struct server *server);		/* refuse all that wait */
void dials_batch_begin(void *origin, int64_t now_us, int64_t came_us);
void dials_batch_end(void *origin, int more);
void dials_refused(void *origin, unsigned int dials);	/* by their channel */
int dials_add(struct origin *origin, struct turn *turn);	/* 0, or -EBUSY: too many wait */
bool dials_forget(struct origin *origin, const struct peer *peer);	/* whether one of that peer waited */
int64_t dials_delay(const struct server *server, int64_t now_us);	/* of the dial that has waited longest */
int64_t dials_worst(struct server *server, int64_t now_us);		/* in the last minute */

/* barring.c */
void barring_setup(struct server *server);
void barring_start(struct server *server);		/* accounts are set: follow their store */
void barring_stop(struct server *server);
const struct bar *barring_of(const struct server *server, const struct subscriber *subscriber);	/* NULL: served */
bool barring_of_dialog(const struct dialog *dialog);		/* whether its subscriber is barred */
bool barring_takes(struct server *server, struct turn *turn);	/* a turn of a barred number; it is answered */
void barring_end(struct dialog *dialog, struct effect *effect);	/* in place of the page of a number that turns out to be barred */
/* Now, and in the store: as accounts_bar(), or -errno of barring_put(), then nothing has changed. */
int server_bar(struct server *server, const struct bar *bar, accounts_done *done, void *user, struct response *response, uint64_t *id);

/* admission.c */
int admission_init(struct server *server);
void admission_fini(struct server *server);
struct origin *origin_new(struct server *server, struct channel *channel);
int admit(struct origin *origin, const struct turn *turn);	/* 0, -EBUSY or -EAGAIN */
bool admit_dialog(struct origin *origin);			/* whether one more may begin: makes room, or counts the refusal */

/* dialog.c: the state machine. Returns 0 when done: the turn is answered or open. Otherwise the turn still belongs to the caller:
 * -EAGAIN: it must come again later; -ENOENT: no dialog is in its way any more; -ENOTSUP: the event does not apply, nothing was done. */
int dialog_step(struct dialog *dialog, const struct dialog_input *input);
const char *dialog_state_name(const struct dialog *dialog);	/* for display */

/* effects.c: carry out what the engine asks for. */
bool effect_call(struct dialog *dialog, struct effect *effect, struct session_event *event);	/* false: the response comes later */
void effect_response(struct dialog *dialog, const struct response *response, struct session_event *event);	/* to effect_call() */
void effect_answer(struct dialog *dialog, const struct backend_answer *answer, struct session_event *event);	/* the same; NULL: slow */
bool effect_show(struct dialog *dialog, const struct effect *effect, struct session_event *event);	/* false: play *event next */
void effect_end(struct dialog *dialog, const struct effect *effect);		/* with the open turn, or by itself */
void effect_put_off(struct dialog *dialog);	/* put its notification off, and free the dialog */

/* dialogs.c: memory, look-up and time. */
int dialogs_init(struct server *server);
void dialogs_fini(struct server *server);
struct dialog *dialog_new(struct server *server, const struct turn *turn);	/* NULL: too many */
void dialog_free(struct dialog *dialog);	/* its turn must be answered and its request forgotten */
struct dialog *dialog_at(const struct server *server, uint32_t id);

/* Iterate over all that are not over, in any order. \a before NULL: the first. NULL: no more. */
struct dialog *dialogs_next(const struct server *server, const struct dialog *before);

/* Iterate over the dialogs of one user or MSISDN, packed; zeroed at first. */
struct dialog_search {
	uint64_t hash;
	uint32_t at;
};
struct dialog *dialog_next_of(const struct server *server, uint64_t number, struct dialog_search *search);

struct peer dialog_peer(const struct dialog *dialog);
bool dialog_has_peer(const struct dialog *dialog, const struct peer *peer);	/* or one whose texts come to the same short code */
struct subscriber dialog_subscriber(const struct dialog *dialog);
void dialog_learn_msisdn(struct dialog *dialog, const char *msisdn);	/* that its channel did not know */
const struct text_limits *dialog_limits(const struct dialog *dialog);
struct work *dialog_work(struct dialog *dialog);	/* to be written */
void dialog_rest(struct dialog *dialog);	/* drop its work, if it has none any more */
struct dialog *dialog_find(struct server *server, const struct peer *peer);
struct dialog *dialog_find_user(struct server *server, const struct peer *peer);	/* any dialog of that user */
void dialog_park(struct dialog *dialog);
void dialog_unpark(struct dialog *dialog, const struct turn *turn);
void dialog_move(struct dialog *dialog, const struct peer *peer);	/* it continues with that peer */
void dialog_hear(struct dialog *dialog, struct turn *turn);	/* end the wait: the turn is now its open turn */
void dialog_wait(struct dialog *dialog);	/* wait for its subscriber */
void dialog_arm_timer(struct dialog *dialog, int64_t ms);
void dialog_answer(struct dialog *dialog, enum answer_kind kind, const char *text, size_t len);	/* answer its open turn */
bool dialog_is_order(const struct dialog *dialog);	/* whether its pending request or call changes something */
void dialog_forget_request(struct dialog *dialog);
int dialog_submit(struct dialog *dialog, uint64_t *id);	/* submits server->request; returns as accounts_submit() */
const struct session *dialog_session(const struct dialog *dialog);	/* its head alone; NULL: not begun */
void dialog_load(struct dialog *dialog);	/* into server->scratch */
void dialog_store(struct dialog *dialog);	/* from server->scratch, which is wiped */
void dialog_peek(struct dialog *dialog, const struct text_limits *limits, enum event_kind kind, struct effect *effect);

/* Whether a dialog other than \a own keeps the subscriber's phone busy, on any channel. */
bool dialogs_busy(const struct server *server, const char *msisdn, const struct dialog *own);

/* sms_conversation.c: conversations that outlive the process. \a short_code: the number that subscribers text. */
void sms_conversation_save(struct dialog *dialog, const struct effect *effect, const char *short_code);	/* before it waits for an answer */
void sms_conversation_forget(struct dialog *dialog);	/* at its end, while the turn is open */
bool sms_conversation_fetch(struct dialog *dialog);	/* while the turn is open; false: the response comes later */
void sms_conversation_fetched(struct dialog *dialog, const struct response *response);
void sms_conversation_saved(struct dialog *dialog, const struct response *response);
void sms_conversation_left(struct dialog *dialog);	/* stop waiting for a pending save */
void sms_conversation_rest(struct dialog *dialog);	/* free the dialog; the next text fetches it from the store */
int sms_conversation_look(struct dialog *dialog, const char *short_code);	/* would our question cross one? 0, 1 or -EINPROGRESS */
bool sms_conversation_crosses(struct dialog *dialog, const struct response *response);	/* the saved one that was found */
bool sms_conversation_expire(struct dialog *dialog);	/* no answer in time; false: the response comes later */
void sms_conversation_expired(struct dialog *dialog, const struct response *response);

/* text_save.c: short messages that take long, or come again after a crash. */
void text_look(struct server *server, const struct session *session, struct turn *turn);	/* before its text is wiped */
void text_mark(const struct dialog *dialog, struct answered *answered);	/* mark a change made by the open turn */
uint64_t text_digest_read(const struct server *server, const struct response *response);	/* for dialog->answered */
bool text_is_answered(const struct dialog *dialog, const struct turn *turn);	/* by an earlier process */
void text_save(void *origin, struct turn *turn);
bool texts_saved(struct server *server, uint64_t id, const struct response *response);	/* false: another request's id */
void text_answered(struct dialog *dialog);
void text_take_again(struct server *server, const struct account_notification *notification);

/* unsolicited.c: texts outside a dialog. */
struct channel *unsolicited_channel(const struct server *server, bool begins);	/* the first that can notify, or begin dialogs */
int64_t unsolicited_idle_s(const struct server *server);	/* how long the links for questions wait for an answer */
enum trust unsolicited_trust(const struct server *server);	/* lowest trust of the links that may bring an answer to a question */
int unsolicited_send(const struct server *server, const struct subscriber *to, const struct channel_text *text);
int unsolicited_ask(struct dialog *dialog, const struct effect *effect, uint64_t receipt, struct peer *peer);	/* sets *peer */
int unsolicited_crosses(struct dialog *dialog);		/* would our question cross a waiting conversation? as sms_conversation_look() */
const char *unsolicited_short_code(const struct dialog *dialog, char room[static PACKED_SIZE]);	/* of a conversation */

/* notifications.c: unsolicited messages to subscribers. */
accounts_notify notification_take;
void notification_sent(void *origin, uint64_t receipt, int rc);
void notification_enter(struct server *server, uint64_t id);	/* it is now in flight */

#define NOTIFICATION_ENTRY_SIZE (sizeof(NOTIFICATION_PUSH ":") + NOTIFICATION_PAGE_MAX)

/* Its entry in the menu: its kind, or "push:PAGE". */
const char *notification_entry(const struct account_notification *notification, char room[static NOTIFICATION_ENTRY_SIZE]);

void notification_close(struct server *server, uint64_t id, enum notification_end end);
void notification_complete(struct dialog *dialog, enum notification_end end);	/* the one that the dialog delivers */
void notification_note(struct dialog *dialog, uint64_t id);	/* the next answer delivers it */
uint64_t notification_receipt(struct dialog *dialog);	/* of the notifications in the next answer; 0: none */
void notification_forget(struct dialog *dialog);	/* no answer delivered them */
void notifications_init(struct server *server);
void notifications_fini(struct server *server);

/* cdr.c: call data records (O1). */
void cdr_open(struct dialog *dialog, const char *code, size_t len);
void cdr_turn(struct dialog *dialog, const struct turn *turn);
void cdr_answered(struct dialog *dialog);
void cdr_shown(struct dialog *dialog, const struct effect *effect);
void cdr_ordered(struct dialog *dialog, uint64_t ref);
void cdr_close(struct dialog *dialog, enum cdr_outcome outcome);
void cdr_stray(struct server *server, const struct turn *turn);
enum cdr_outcome cdr_outcome(const struct session_event *last);
