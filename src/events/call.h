/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests over HTTP that are being answered: call.c has what all paths share, http.c events, tickets.c what staff
 * see of tickets, proposals.c the rest. */
#pragma once

#include <osmocom/core/linuxlist.h>

#include "starhash/accounts.h"
#include "starhash/events.h"
#include "starhash/log.h"

enum status {
	STATUS_OK = 200, STATUS_ACCEPTED = 202, STATUS_BAD = 400, STATUS_FORBIDDEN = 403, STATUS_NOT_FOUND = 404, STATUS_CONFLICT = 409,
	STATUS_GONE = 410, STATUS_REFUSED = 422, STATUS_BUSY = 429, STATUS_UNAVAILABLE = 503,
};

enum counter {
	COUNT_EVENTS, COUNT_NOTIFIED, COUNT_REPEATED, COUNT_REFUSED, COUNT_LATER,
	COUNT_PROPOSALS, COUNT_ASKED, COUNT_CODES, COUNT_CODES_WRONG,
};

struct events {
	struct events_settings settings;
	struct door_table tables[4];
	struct llist_head calls;
	unsigned int in_flight;		/* events of batches */
	struct rate_ctr_group *counters;
	struct log_limit limit, codes_limit;
};

/* A request that is not answered yet. */
struct call {
	struct llist_head entry;
	struct events *events;
	struct door_call *door_call;
	char source[EVENT_SOURCE_SIZE];	/* the client */
	enum event_proposes proposes;	/* what its path takes */
	struct batch *batch;		/* http.c's; NULL: none */
	struct llist_head asked;
};

/* A request to the account layer. A subscriber who is not stored may be known to billing: their profile is asked for, which stores it, and
 * then the same again. */
struct asked {
	struct llist_head entry;	/* in its call, while it waits */
	struct call *call;
	uint64_t id;			/* of the account layer */
	enum { STEP_ONCE, STEP_FIRST, STEP_PROFILE, STEP_AGAIN } step;	/* ONCE: the profile is not asked for */
	void (*done)(struct asked *asked, const struct response *response);
	const char *missing;		/* of asked_fetch(), like the next one */
	void (*then)(struct asked *asked, const struct record *facts);
	size_t index;			/* of an event in its batch */
	bool repeated;			/* of a proposal: it came before */
	char event[EVENT_ID_SIZE];	/* id of the proposal or event that is fetched */
	char code[CONFIRM_CODE_SIZE];	/* as typed; wiped after use */
	struct request request;
};

void events_count(struct events *events, enum counter which);
int64_t events_now(struct events *events);	/* seconds since 1970 */

struct call *call_new(struct events *events, struct door_call *door_call, const struct door_request *request);
void call_free(struct call *call);

struct asked *asked_new(struct call *call);

/* True: answered at once, \a response is filled. False: \a done will be called. */
bool asked_submit(struct asked *asked, struct response *response);

/* The same, and \a done is called in any case. The call may be gone afterwards. */
void asked_go(struct asked *asked);

/* For a path that is completed by an id. NULL after answering that there is no such id. */
struct asked *asked_by_path(struct events *events, struct door_call *door_call, const struct door_request *request);

/* Fetch \a asked->event, of a kind that the call's path takes, then do \a then; without such an event, answer \a missing. */
void asked_fetch(struct asked *asked, const char *missing, void (*then)(struct asked *asked, const struct record *facts));

/* Answer \a call by JSON; takes the reference. */
void answer(struct door_call *call, enum status status, json_t *body);
void answer_error(struct door_call *call, enum status status, const char *why);

/* Answer what could not be done, and free the call. \a missing: the error of NOT_FOUND. */
void call_fail(struct call *call, enum result result, const char *missing);

/* RFC 3339; NULL for 0. */
#define TIME_TEXT_SIZE 32
const char *time_print(int64_t time, char out[static TIME_TEXT_SIZE]);

/* {kind, state, time} of a fetched event's message; NULL: there is none. */
json_t *message_of(const struct record *facts);

extern const struct door_path events_paths[], proposals_paths[], tickets_paths[];
door_handle events_handle, proposals_handle, tickets_handle;
