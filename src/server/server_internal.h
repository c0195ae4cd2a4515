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
#include "starhash/clock.h"
#include "starhash/hash.h"
#include "starhash/server.h"
#include "server/limiter.h"

/* Where a dialog stands, and what can happen to it: the table of both is on top of dialog.c. */
enum dialog_state {
	DIALOG_FREE,		/* it is over: memory for the next one */
	DIALOG_NEW,		/* nobody is in it yet: made for a turn or a notification, which comes at once */
	DIALOG_FETCHING,	/* the store looks for a saved conversation that the open turn may belong to */
	DIALOG_CALLING,		/* its turn is open, and the account is asked */
	DIALOG_WAITING,		/* for its subscriber */
	DIALOG_EXPIRING,	/* nobody answered a saved question; the store is expiring it */
	DIALOG_DETACHED,	/* an order is in flight, and its subscriber has left or was asked to wait */
	DIALOG_PARKED,		/* dropped; the next begin may take it up */
	DIALOG_LOOKING,		/* the store looks for a conversation that the question of a notification would cross */
	DIALOG_SHOWN,		/* that question is shown in a dialog that we began, and not answered yet */
	DIALOG_STATES
};

enum dialog_event {
	ON_BEGIN,		/* turn: its subscriber dials, in this session of the network or another */
	ON_INPUT,		/* turn: its subscriber answers */
	ON_TEXT,		/* turn: its subscriber texts */
	ON_NOTIFY,		/* notification: to be sent */
	ON_RESPONSE,	/* response: to its request */
	ON_UNKNOWN,		/* a change has passed the account's deadline; its response is still to come */
	ON_TIMER,		/* its time is up */
	ON_GONE,		/* the network has ended it */
	ON_STOP,		/* the daemon stops */
	ON_EVICT,		/* it should make room */
	ON_EVENTS
};

struct dialog_input {
	enum dialog_event event;
	struct turn *turn;				/* these as the event says, else NULL */
	const struct response *response;
	const struct account_notification *notification;
};

/* A channel as the server sees it; its rx_user. */
struct origin {
	struct server *server;
	struct channel *channel;
	unsigned int share;			/* dialogs that it may hold */
	unsigned int live;			/* that it holds, parked ones not counted */
	unsigned int open;			/* turns that were not answered yet */
	struct llist_head waiting;		/* dialogs that wait for their subscriber, the longest one first */
	struct rate_limit rate;
	struct bucket bucket;
};

/* One subscriber's dialog: session, menu reference, open turn, pending request, timer. What comes after the timer is zeroed for each
 * new one. */
struct dialog {
	struct llist_head entry;		/* server->live, parked or spare: oldest first */
	struct session *session;		/* packed: only session_size() octets are there */
	uint16_t session_room;			/* octets allocated for it */
	int64_t fires_ms;			/* when the timer fires, which may be earlier than due_ms, or after the end; 0: it is not set */
	struct osmo_timer_list timer;

	enum dialog_state state;
	struct hlist_node by_user;		/* in its bucket of server->by_user */
	struct hlist_node by_msisdn;		/* of server->by_msisdn, or in none */
	struct llist_head waiting;		/* origin->waiting, while it waits */
	struct origin *origin;			/* in whose share it is; NULL: parked */
	struct server *server;
	struct menu *menu;			/* a reference */
	struct turn *turn;			/* open: to be answered; NULL: nobody waits */
	const struct menu_action *action;		/* of the pending request; NULL: it is none of an action */
	struct peer peer;
	struct open_cdr *cdr;			/* what cdr_close() writes to the journal; NULL: nothing has happened yet */
	uint64_t request;			/* id of the pending request; 0: none */
	uint64_t notification;			/* id of the one that it tells, or that its next answer tells; 0: none */
	uint64_t answered;			/* digest of the text that an earlier process answered; 0: none */
	uint64_t save_request;			/* id of the request to save it; 0: none is pending */
	struct text_save *text_save;		/* of the open turn's text, see texts.c; NULL: none */
	/* Facts that outlive a state, and say nothing of where the dialog stands. */
	bool saved;				/* the account store was given the conversation, for another process */
	bool durable;				/* and has said that it has the page that waits */
	bool unsure;				/* a saved conversation could not be looked up */
	bool changed;				/* the conversation's menu was replaced: the answer to the next text says so */
	bool notify_silence;			/* the open question promised a notification if nobody answers, on any channel (S6) */
	bool push;				/* the notification is to be shown in a dialog that we begin, not sent as a text */
	uint32_t sequence;			/* of the last input taken */
	int64_t silent_ms;			/* when the subscriber is silent for good, after a first look at due_ms; 0: then */
	int64_t began_ms;
	int64_t due_ms;				/* when time is up */
	struct subscriber subscriber;
	struct text_limits limits;
};

enum server_counter {
	COUNT_BEGUN, COUNT_TURNS, COUNT_ENDED, COUNT_RESUMED, COUNT_SILENT, COUNT_GONE, COUNT_REPEATED,
	COUNT_CROSSED, COUNT_STRAY, COUNT_REFUSED, COUNT_LATE, COUNT_LATE_RESULTS, COUNT_RELOADS, COUNT_RELOADS_FAILED,
	COUNT_NOTIFICATIONS, COUNT_NOTIFICATIONS_LATER, COUNT_BY_MESSAGE,
	COUNT_RESTED, COUNT_EVICTED, COUNT_REFUSED_SHARE, COUNT_REFUSED_SUBSCRIBER, COUNT_REFUSED_LINK, COUNT_REFUSED_TEXTS,
	COUNT_TEXTS_SAVED, COUNT_TEXTS_NOT_SAVED, COUNT_TEXTS_AGAIN,
};

struct server {
	struct server_settings settings;
	struct accounts *accounts;
	struct menu *menu;
	struct menu *waiting;			/* its catalogue waits for an operator (A66); NULL: none does */
	bool catalogue_held;			/* that of the menu that the process started with */
	unsigned int generation;		/* of the menu, from 1 */
	struct channel **channels;		/* talloc array */
	unsigned int channels_count;
	bool stopping;
	uint64_t seed;				/* of its hash tables */

	struct hlist_head *by_user;		/* buckets_mask + 1 chains */
	unsigned int buckets_mask;
	struct hlist_head *by_msisdn;		/* msisdn_mask + 1 chains: see by_msisdn.c */
	unsigned int msisdn_mask;
	DECLARE_HASHTABLE(in_flight, 10);	/* notifications that were taken and not completed yet */
	bool notifications_warned;		/* that there is no way to send them */
	unsigned int live_count, parked_count;
	struct llist_head live, parked;
	struct llist_head spare;		/* freed dialogs, to be used again */
	DECLARE_HASHTABLE(text_saves, 8);	/* requests to save a text: see texts.c */
	struct limiter *limiter;		/* of subscribers */
	struct rate_limit inputs;		/* of each */
	struct wall_clock *clock;
	struct wall_clock own_clock;

	struct rate_ctr_group *counters;
	/* Scratch memory of one step. */
	struct session scratch;			/* the session being stepped; wiped when it has been stored */
	struct codes codes;			/* for the dialog being stepped */
	struct effect effect;			/* handed on as an argument */
	struct response response;
	struct request request;			/* its arguments are wiped once it is submitted */
};

static inline void server_count(struct server *server, enum server_counter counter)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(server->counters, counter));
}

static inline struct origin *origin_of(const struct channel *channel)
{
	return channel->rx_user;
}

/* Give a turn back. */
static inline void server_answer(struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	origin_of(turn->peer.channel)->open--;
	turn_answer(turn, kind, text, len);
}

/* A turn's text may be a secret: it goes as soon as the engine has seen it. */
static inline void server_wipe(struct turn *turn)
{
	if (!turn || !turn->len)
		return;
	explicit_bzero(turn->text, turn->len);
	turn->len = 0;
}

/* server.c: answers to turns, and the facts that each session event carries. */
void server_drop(struct server *server, struct turn *turn, enum server_counter why);	/* unanswered: a retransmission, a crossing */
void server_reply(struct server *server, struct turn *turn, const struct effect *effect);	/* to one that is no dialog's */
void server_stamp(struct server *server, struct session_event *event);	/* sets now, utc_offset and ref */
/* What the session in server->scratch says to an event that does not move it. */
void server_peek(struct server *server, const struct menu *menu, const struct text_limits *limits, enum event_kind kind,
		 struct effect *effect);

/* turns.c: in by a channel, to the dialog that each belongs to. */
int turns_take(void *origin, struct turn *turn);

/* admission.c */
int admission_init(struct server *server);
void admission_fini(struct server *server);
struct origin *origin_new(struct server *server, struct channel *channel);
int admit(struct origin *origin, const struct turn *turn);	/* 0, -EBUSY or -EAGAIN */
bool admit_dialog(struct origin *origin);			/* one more: it makes room, or counts why not */

/* dialog.c: the state machine. Returns 0: done, and its turn is answered, or open. Otherwise the turn is still the caller's, -EAGAIN:
 * it is to come again later; -ENOENT: no dialog is in its way any more; or nothing was done, -ENOTSUP: the event means nothing now. */
int dialog_step(struct dialog *dialog, const struct dialog_input *input);
void dialog_timer(void *dialog);
const char *dialog_state_name(const struct dialog *dialog);	/* for people */

/* effects.c: what the engine wants to be done. */
bool effect_call(struct dialog *dialog, struct effect *effect, struct session_event *event);	/* false: the response comes later */
void effect_response(struct dialog *dialog, const struct response *response, struct session_event *event);	/* to what was called */
bool effect_show(struct dialog *dialog, const struct effect *effect, struct session_event *event);	/* false: *event comes of it */
void effect_end(struct dialog *dialog, const struct effect *effect);		/* with the open turn, or by itself */
void effect_put_off(struct dialog *dialog);	/* the notification that it tells; the dialog is freed */

/* dialogs.c: memory, look-up and time. */
int dialogs_init(struct server *server);
void dialogs_fini(struct server *server);
struct dialog *dialog_new(struct server *server, const struct turn *turn);	/* NULL: too many */
void dialog_free(struct dialog *dialog);	/* its turn must have been answered, its request forgotten */
bool dialog_same_peer(const struct peer *a, const struct peer *b);
struct dialog *dialog_find(struct server *server, const struct peer *peer);
struct dialog *dialog_find_user(struct server *server, const struct peer *peer);	/* any dialog of that user */
void dialog_park(struct dialog *dialog);
void dialog_unpark(struct dialog *dialog, const struct turn *turn);
void dialog_move(struct dialog *dialog, const struct peer *peer);	/* it goes on elsewhere */
void dialog_hear(struct dialog *dialog, struct turn *turn);	/* it waits no longer: the turn is its open one */
void dialog_wait(struct dialog *dialog);	/* for its subscriber */
void dialog_arm_timer(struct dialog *dialog, int64_t ms);
void dialog_answer(struct dialog *dialog, enum answer_kind kind, const char *text, size_t len);	/* its open turn */
bool dialog_is_order(const struct dialog *dialog);	/* its pending request is an order */
void dialog_forget_request(struct dialog *dialog);
int dialog_submit(struct dialog *dialog, uint64_t *id);	/* server->request; as accounts_submit() returns */
void dialog_load(struct dialog *dialog);	/* into server->scratch */
void dialog_store(struct dialog *dialog);	/* from server->scratch, which is wiped */
void dialog_peek(struct dialog *dialog, const struct text_limits *limits, enum event_kind kind, struct effect *effect);

/* by_msisdn.c: who is in a dialog that keeps the phone busy, whatever the channel. */
int by_msisdn_init(struct server *server);
void by_msisdn_fini(struct server *server);
void by_msisdn_add(struct dialog *dialog);		/* when its number is known */
bool by_msisdn_busy(const struct server *server, const struct subscriber *subscriber);

/* sms_conversation.c: conversations outlive the process. \a short_code: the number that is texted. */
void sms_conversation_save(struct dialog *dialog, const struct effect *effect, const char *short_code);	/* it will wait for an answer */
void sms_conversation_forget(struct dialog *dialog);	/* it is over; while the turn is open */
bool sms_conversation_fetch(struct dialog *dialog);	/* while the turn is open; false: the response comes later */
void sms_conversation_fetched(struct dialog *dialog, const struct response *response);
void sms_conversation_saved(struct dialog *dialog, const struct response *response);
void sms_conversation_left(struct dialog *dialog);	/* nobody will hear whether it was saved */
void sms_conversation_rest(struct dialog *dialog);	/* the store has it, and gives it to the next text: free the dialog */
int sms_conversation_look(struct dialog *dialog, const char *short_code);	/* is one saved? 0: no; 1: yes; -EINPROGRESS */
bool sms_conversation_expire(struct dialog *dialog);	/* nobody answered; false: the response comes later */
void sms_conversation_expired(struct dialog *dialog, const struct response *response);

/* texts.c: short messages that last, or come again after a crash. */
void text_look(struct server *server, const struct session *session, struct turn *turn);	/* before its text is wiped */
void text_mark(const struct dialog *dialog, struct answered *answered);	/* a change that the open turn leads to */
uint64_t text_read_mark(const struct server *server, const struct response *response);	/* for dialog->answered */
bool text_is_answered(const struct dialog *dialog, const struct turn *turn);	/* by an earlier process */
void text_save(void *origin, struct turn *turn);
bool texts_saved(struct server *server, uint64_t id, const struct response *response);	/* false: another request's id */
void text_answered(struct dialog *dialog);
void text_take_again(struct server *server, const struct account_notification *notification);

/* push.c: texts outside a dialog. */
bool push_asks_by(const struct channel *channel);	/* a question of ours may go by it */
struct channel *push_channel(const struct server *server, bool begins);	/* the first that can, or that begins dialogs; NULL: none */
enum trust push_trust(const struct server *server);	/* the least of the links by which an answer to a question may come */
int push_send(const struct server *server, const struct subscriber *to, const struct channel_text *text);
int push_ask(struct dialog *dialog, const struct effect *effect, uint64_t receipt, struct peer *peer);	/* to whom it went */
int push_crosses(struct dialog *dialog);		/* our question a conversation that waits: as sms_conversation_look() */
const char *push_short_code(const struct dialog *dialog, char room[static PACKED_SIZE]);	/* a conversation's own */

/* notifications.c: messages that subscribers get without having asked. */
accounts_notify notification_take;
void notification_sent(void *origin, uint64_t receipt, int rc);
void notification_enter(struct server *server, uint64_t id);	/* it is in flight now */
void notification_close(struct server *server, uint64_t id, enum notification_end end);
void notification_complete(struct dialog *dialog, enum notification_end end);	/* the one that the dialog tells */
void notification_note(struct dialog *dialog, uint64_t id);	/* the next answer tells it */
uint64_t notification_receipt(struct dialog *dialog);	/* of what the next answer tells; 0: none */
void notification_forget(struct dialog *dialog);	/* no answer did */
void notifications_init(struct server *server);
void notifications_fini(struct server *server);

/* cdr.c: call data records (O1). */
void cdr_open(struct dialog *dialog, const char *code, size_t len);
void cdr_turn(struct dialog *dialog, const struct turn *turn);
void cdr_answered(struct dialog *dialog);
void cdr_shown(struct dialog *dialog, const struct effect *effect);
void cdr_ordered(struct dialog *dialog, uint64_t ref);
void cdr_close(struct dialog *dialog, const char *outcome);
void cdr_stray(struct server *server, const struct turn *turn);
const char *cdr_outcome(const struct session_event *last);
