/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the server: dialogs and how they are found. */
#pragma once

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

/* How far a notice that a dialog tells has come. */
enum notice_stage {
	NOTICE_NONE,		/* it tells none, or has told it */
	NOTICE_BY_TEXT,		/* its text is to be sent as a short message */
	NOTICE_BY_DIALOGUE,	/* is to be shown in a dialog that we begin */
	NOTICE_SHOWN,		/* is shown in one, and was not answered yet */
};

/* A channel as the server sees it; its rx_user. */
struct way {
	struct server *server;
	struct channel *channel;
	unsigned int share;			/* dialogs that it may hold */
	unsigned int live;			/* that it holds, parked ones not counted */
	unsigned int open;			/* turns that were not answered yet */
	struct llist_head waiting;		/* dialogs that wait for their subscriber, the longest one first */
	struct rate_limit rate;
	struct bucket bucket;
};

/* One subscriber's dialog: session, menu reference, open turn, pending request, timer. */
struct dialog {
	struct dialog *next;			/* in its bucket of server->by_user */
	struct dialog *next_of_msisdn;		/* in its bucket of server->by_msisdn */
	struct llist_head entry;			/* server->live, or server->parked: oldest first */
	struct llist_head waiting;		/* way->waiting, while it waits */
	struct way *way;			/* in whose share it is; NULL: parked */
	struct server *server;
	struct menu *menu;			/* a reference */
	struct turn *turn;			/* open: to be answered; NULL: nobody waits */
	struct session *session;		/* packed: only session_size() octets are there */
	const struct menu_verb *verb;		/* of the pending request */
	struct peer peer;
	struct cdr *cdr;			/* what the journal will be told; NULL: nothing so far */
	uint64_t request;			/* id of the pending request */
	uint64_t notice;			/* id of the notice that it tells, or that its next answer tells; 0: none */
	bool pending;				/* a request is pending */
	bool parked;
	bool gone;				/* nobody waits any more; only an order is still on its way */
	bool fetching;				/* the pending request is for a kept conversation */
	bool expiring;				/* the pending request says that nobody answered */
	bool looking;				/* the pending request looks for a conversation that our question would cross */
	bool nothing_crossed;			/* and there was none */
	bool kept;				/* the account store keeps the conversation for another process */
	bool keep_sure;				/* it has said so, of the page that waits */
	uint64_t answered;			/* digest of the text that an earlier process answered; 0: none */
	uint64_t keep_request;			/* id of the request to keep it; 0: none is pending */
	struct keeping *keeping;		/* of the open turn's text, see texts.c; NULL: none */
	int64_t silent_ms;			/* when the subscriber is silent for good, after a first look at due_ms; 0: then */
	bool has_msisdn;				/* it is in server->by_msisdn */
	bool changed;				/* the conversation was on a menu that was replaced */
	bool tell_silence;			/* who does not answer is told what follows, whatever the channel (S6) */
	uint8_t stage;				/* enum notice_stage */
	uint16_t session_room;			/* octets allocated for the session */
	uint32_t sequence;			/* of the last input taken */
	int64_t began_ms;
	int64_t due_ms;				/* when time is up */
	int64_t fires_ms;			/* when the timer fires, which may be earlier, or after the end; 0: it is not set */
	struct subscriber subscriber;
	struct text_limits limits;
	struct osmo_timer_list timer;
};

enum server_counter {
	COUNT_BEGUN, COUNT_TURNS, COUNT_ENDED, COUNT_RESUMED, COUNT_SILENT, COUNT_GONE, COUNT_REPEATED,
	COUNT_CROSSED, COUNT_STRAY, COUNT_REFUSED, COUNT_LATE, COUNT_LATE_RESULTS, COUNT_RELOADS, COUNT_RELOADS_FAILED,
	COUNT_NOTICES, COUNT_NOTICES_LATER, COUNT_BY_MESSAGE,
	COUNT_RESTED, COUNT_EVICTED, COUNT_REFUSED_SHARE, COUNT_REFUSED_SUBSCRIBER, COUNT_REFUSED_LINK, COUNT_REFUSED_TEXTS,
	COUNT_TEXTS_KEPT, COUNT_TEXTS_NOT_KEPT, COUNT_TEXTS_AGAIN,
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

	struct dialog **by_user;		/* hash table of buckets_mask + 1 chains */
	unsigned int buckets_mask;
	struct dialog **by_msisdn;		/* hash table of msisdn_mask + 1 chains: see by_msisdn.c */
	unsigned int msisdn_mask;
	DECLARE_HASHTABLE(in_flight, 10);	/* notices that were taken and not settled yet */
	struct llist_head told;			/* those of them whose text has gone, the first one first */
	struct osmo_timer_list told_timer;
	bool notifications_warned;			/* that there is no way to send them */
	unsigned int live_count, parked_count;
	struct llist_head live, parked;
	struct llist_head spare;		/* freed dialogs, to be used again */
	DECLARE_HASHTABLE(keeping, 8);		/* requests to keep a text: see texts.c */
	struct limiter *limiter;		/* of subscribers */
	struct rate_limit inputs;		/* of each */
	struct wall_clock *clock;
	struct wall_clock own_clock;

	struct rate_ctr_group *counters;
	struct session scratch;			/* the session being stepped */
	struct codes codes;			/* for the dialog being stepped */
	struct effect effect;
	struct response response;
	struct request request;
};

static inline void server_count(struct server *server, enum server_counter counter)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(server->counters, counter));
}

static inline struct way *way_of(const struct channel *channel)
{
	return channel->rx_user;
}

/* Give a turn back. */
static inline void server_answer(struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	way_of(turn->peer.channel)->open--;
	turn_answer(turn, kind, text, len);
}

/* clock.c */
void clock_stamp(struct server *server, struct session_event *event);	/* sets now, utc_offset and ref */

/* dialogs.c: memory and look-up. */
int dialogs_init(struct server *server);
void dialogs_fini(struct server *server);
struct dialog *dialog_new(struct server *server, const struct turn *turn);	/* NULL: too many */
void dialog_free(struct dialog *dialog);	/* its turn must have been answered, its request forgotten */
void dialog_wait(struct dialog *dialog);	/* for its subscriber */
bool dialog_same_peer(const struct peer *a, const struct peer *b);
struct dialog *dialog_find(struct server *server, const struct peer *peer);
struct dialog *dialog_find_user(struct server *server, const struct peer *peer);	/* any dialog of that user */
void dialog_park(struct dialog *dialog);
void dialog_unpark(struct dialog *dialog, const struct turn *turn);
void dialog_load(struct dialog *dialog);	/* into server->scratch */
void dialog_store(struct dialog *dialog);	/* from server->scratch, which is wiped of secrets' octets */

void dialog_move(struct dialog *dialog, const struct peer *peer);	/* it goes on elsewhere */
void dialog_hear(struct dialog *dialog, struct turn *turn);	/* it waits no longer: the turn is its open one */
bool dialog_is_order(const struct dialog *dialog);	/* its pending request is an order */

/* by_msisdn.c: who is in a dialog, whatever the channel. */
int by_msisdn_init(struct server *server);
void by_msisdn_fini(struct server *server);
void by_msisdn_add(struct dialog *dialog);		/* when its number is known */
void by_msisdn_remove(struct dialog *dialog);
bool by_msisdn_busy(const struct server *server, const struct subscriber *subscriber);

/* sms_conversation.c: short messages outlive the process. \a service: the number that is texted. */
void sms_conversation_save(struct dialog *dialog, const char *service);	/* it will wait for an answer */
void sms_conversation_forget(struct dialog *dialog);	/* it is over; while the turn is open */
bool sms_conversation_fetch(struct dialog *dialog);		/* while the turn is open; false: pending */
void sms_conversation_fetched(struct dialog *dialog, const struct response *response);
void sms_conversation_saved(struct dialog *dialog, const struct response *response);
void sms_conversation_left(struct dialog *dialog);		/* nobody will hear whether it was kept */
void sms_conversation_rest(struct dialog *dialog);		/* the store has it, and gives it to the next text: free the dialog */
int sms_conversation_is_saved(struct dialog *dialog, const char *service);	/* 0: no; 1: yes; -EINPROGRESS: pending, looking */
bool sms_conversation_expire(struct dialog *dialog);	/* nobody answered; false: pending */
void sms_conversation_expired(struct dialog *dialog, const struct response *response);

/* texts.c: short messages that last, or come again after a crash. */
void text_look(struct server *server, const struct session *session, struct turn *turn);	/* before its text is wiped */
void text_mark(const struct dialog *dialog, struct answered *answered);	/* a change that the open turn leads to */
uint64_t text_read_mark(const struct server *server, const struct response *response);	/* for dialog->answered */
bool text_is_answered(const struct dialog *dialog, const struct turn *turn);	/* by an earlier process */
void text_keep(void *way, struct turn *turn);
bool texts_kept(struct server *server, uint64_t id, const struct response *response);	/* false: another request's id */
void text_answered(struct dialog *dialog);
void text_take_again(struct server *server, const struct account_notice *notice);

/* admission.c */
int admission_init(struct server *server);
void admission_fini(struct server *server);
struct way *way_new(struct server *server, struct channel *channel);
int admit(struct way *way, const struct turn *turn);	/* 0, -EBUSY or -EAGAIN */
bool admit_dialog(struct way *way);			/* one more: it makes room, or counts why not */

/* push.c: texts to who is in no dialog. */
bool push_possible(const struct server *server);
bool push_asks_by(const struct channel *channel);	/* a question of ours may go by it */
int push_send(const struct server *server, const struct subscriber *to, const struct channel_text *text);
int push_crosses(struct dialog *dialog);		/* our question would cross a conversation that waits: as above */
int push_ask(struct dialog *dialog, uint64_t receipt, struct peer *peer);	/* the effect's question; to whom it went */
void push_await(struct dialog *dialog, const struct peer *peer);	/* it goes on as a conversation with who was asked */
const char *push_number(const struct dialog *dialog, char room[static SERVICE_SIZE]);	/* a conversation's own */

/* notifications.c: messages that subscribers get without having asked. */
accounts_notify notification_take;
void notification_sent(void *way, uint64_t receipt, int rc);
void notification_close(struct server *server, uint64_t id, enum notice_end end);
void notification_tell(struct dialog *dialog, const struct session_event *event);	/* its text, or why there is none, is the effect */
bool notification_is_told_by(const struct dialog *dialog);	/* the next text goes out by itself */
enum trust notification_trust(const struct dialog *dialog, enum trust messages);	/* of the link by which its answer comes */
void notification_note(struct dialog *dialog, uint64_t id);	/* the next answer tells it */
void notification_forget(struct dialog *dialog);		/* no answer did */
uint64_t notification_receipt(struct dialog *dialog);		/* of an order's outcome that the next answer tells; 0: none */
void notification_answered(struct dialog *dialog);
bool notification_unanswered(struct dialog *dialog);		/* true: it was none of ours to be answered, or goes by message now */
void notification_put_off(struct dialog *dialog);		/* the dialog that shows it is being closed */
void notification_looked(struct dialog *dialog, const struct response *response);	/* for what push_crosses() was looking */
void notification_give_up(struct dialog *dialog);		/* ends the dialog without a word; tried again */
void notifications_init(struct server *server);
void notifications_fini(struct server *server);

/* cdr.c: what the journal is told (O1). */
void cdr_open(struct dialog *dialog, const char *code, size_t len);
void cdr_turn(struct dialog *dialog, const struct turn *turn);
void cdr_answered(struct dialog *dialog);
void cdr_shown(struct dialog *dialog);		/* the page in server->scratch */
void cdr_ordered(struct dialog *dialog, uint64_t ref);
void cdr_close(struct dialog *dialog, const char *outcome);
void cdr_stray(struct server *server, const struct turn *turn);
const char *cdr_outcome(const struct session_event *last);

/* drive.c */
void drive_event(struct dialog *dialog, struct session_event *event);
void drive_text(struct dialog *dialog, struct turn *turn, enum event_kind kind);
void drive_kind(struct dialog *dialog, enum event_kind kind);
void drive_answer(struct dialog *dialog, enum answer_kind kind);	/* the open turn, with the effect's text */
void drive_await(struct dialog *dialog);		/* an answer, as long as the effect says */
void drive_arm(struct dialog *dialog, unsigned int ms);
void drive_wipe(struct turn *turn);
void drive_result(struct dialog *dialog, const struct response *response);
void drive_stop(struct dialog *dialog);
void drive_timer(void *dialog);

/* turns.c */
int turns_take(void *way, struct turn *turn);
void turns_fetched(struct dialog *dialog);	/* a kept conversation is there, or is not to be had */
