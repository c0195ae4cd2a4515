/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the server: dialogs and how they are found. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/timer.h>

#include "starhash/action.h"
#include "starhash/clock.h"
#include "starhash/server.h"

/* One subscriber's dialogue: session, menu reference, open turn, pending request, timer. */
struct dialog {
	struct dialog *next;			/* in its bucket of server->by_user */
	struct llist_head entry;			/* server->live, or server->parked: oldest first */
	struct server *server;
	struct menu *menu;			/* a reference */
	struct turn *turn;			/* open: to be answered; NULL: nobody waits */
	struct session *session;		/* packed: only session_size() octets are there */
	const struct menu_verb *verb;		/* of the pending request */
	struct peer peer;
	uint64_t request;			/* id of the pending request */
	bool pending;				/* a request is pending */
	bool parked;
	bool gone;				/* nobody waits any more; only an order is still on its way */
	bool fetching;				/* the pending request is for a kept conversation */
	bool kept;				/* the account store keeps the conversation for another process */
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
};

struct server {
	struct server_settings settings;
	struct account *account;
	struct menu *menu;
	unsigned int generation;		/* of the menu, from 1 */
	struct channel **channels;		/* talloc array */
	unsigned int channels_count;
	bool stopping;

	struct dialog **by_user;		/* hash table of buckets_mask + 1 chains */
	unsigned int buckets_mask;
	unsigned int live_count, parked_count;
	struct llist_head live, parked;
	struct llist_head spare;		/* freed dialogs, to be used again */
	uint64_t last_id;			/* of a session */
	int64_t began_ms;
	struct wall_clock clock;

	struct rate_ctr_group *counters;
	struct session scratch;			/* the session being stepped */
	struct effect effect;
	struct response response;
	struct request request;
};

static inline void server_count(struct server *server, enum server_counter counter)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(server->counters, counter));
}

/* clock.c */
void clock_stamp(struct server *server, struct session_event *event);	/* sets now and utc_offset */
uint64_t clock_session_id(struct server *server);

/* dialogs.c: memory and look-up. */
int dialogs_init(struct server *server);
void dialogs_fini(struct server *server);
struct dialog *dialog_new(struct server *server, const struct turn *turn);	/* NULL: too many */
void dialog_free(struct dialog *dialog);	/* its turn must have been answered, its request forgotten */
bool dialog_same_peer(const struct peer *a, const struct peer *b);
struct dialog *dialog_find(struct server *server, const struct peer *peer);
struct dialog *dialog_find_user(struct server *server, const struct peer *peer);	/* any dialogue of that user */
void dialog_park(struct dialog *dialog);
void dialog_unpark(struct dialog *dialog, const struct turn *turn);
void dialog_load(struct dialog *dialog);	/* into server->scratch */
void dialog_store(struct dialog *dialog);	/* from server->scratch, which is wiped of secrets' octets */

/* conversation.c: short messages outlive the process. While the turn is open, which says with which number. */
void conversation_keep(struct dialog *dialog);		/* it will wait for an answer */
void conversation_forget(struct dialog *dialog);	/* it is over */
bool conversation_fetch(struct dialog *dialog);		/* false: pending */
void conversation_fetched(struct dialog *dialog, const struct response *response);

/* drive.c */
int drive_turn(void *server, struct turn *turn);
void drive_result(struct dialog *dialog, const struct response *response);
void drive_stop(struct dialog *dialog);
void drive_timer(void *dialog);
