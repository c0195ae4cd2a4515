/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files share that carry a change out: each inside the transaction that is open, in the writer's thread.
 * Functions return an SQLite result code; what subscribers are told goes into the response. */
#pragma once

#include "starhash/accounts.h"
#include "store/sqlite/connection.h"

#define CODE_SIZE 32			/* of languages, states and reasons */
#define SERVICE_SIZE (SERVICE_CODE_MAX + 1)

struct call {
	struct connection *connection;
	const struct request *request;
	struct record args;
	struct who who;
	struct response *response;
	unsigned int trials;		/* that this one has ended: each has a reference of its own */
};

/* A statement with the subscriber as first parameter. */
sqlite3_stmt *call_begin(const struct call *call, enum statement which);

/* Today in the operator's calendar. */
int64_t call_day(const struct call *call);

/* Step an UPDATE or DELETE; *\a changed: whether it found a row. */
int call_apply(const struct call *call, sqlite3_stmt *statement, bool *changed);

/* Write the subscriber's list of services anew and tell it. */
int services_refresh(const struct call *call);

/* ---- orders.c ---- */

int order_service(struct call *call);	/* REQUEST_SERVICE_OPEN, _CANCEL, _KEEP */
int order_other(struct call *call);	/* REQUEST_LINE_SUSPEND, _RESUME, REQUEST_DATA_DELETE */

/* REQUEST_ORDER_SETTLE */
int order_settle(struct call *call);

/* Our own order at a trial's end: cancel \a service of call->who. */
int order_trial_end(const struct call *call, const char *service, uint64_t ref);

/* ---- notices.c ---- */

/* The facts of a notice while they are gathered. */
struct notice {
	struct record facts;
	uint8_t octets[1280];
};

/* With the subscriber's language. */
int notice_begin(const struct call *call, struct notice *notice);

/* Leave it, to be sent after \a wait_s seconds; *\a id may be NULL. */
int notice_add(const struct call *call, const struct notice *notice, const char *kind, int64_t wait_s, int64_t *id);

/* REQUEST_NOTICE_SETTLE */
int notice_settle(struct call *call);

/* ---- conversations.c ---- */

int kept_put(struct call *call);
int kept_expire(struct call *call);

/* The conversation is over by this change: what it was answered to stands in its place. Nothing where the request names none. */
int answered_put(const struct call *call);

/* REQUEST_TEXT_KEEP */
int kept_text(struct call *call);

/* The next question that ran out while nobody was there to say so becomes a notice. */
int kept_unanswered(struct call *call, bool *found);

/* ---- password.c ---- */

int password_attempt(struct call *call);
int password_set(struct call *call);

/* ---- housekeep.c ---- */

int housekeep(struct call *call);
