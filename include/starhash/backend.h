/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A backend: an HTTP service of the operator's own that a menu names as a list or an action. Here is what the daemon's configuration
 * declares of it, as plain data, for the menu compiler, the engine and the server; backends.h reads declarations and calls the services.
 *
 * The menu compiler refuses a page that does not say what follows each outcome, on which something that is sent is not known or is the
 * answer to a secret question, or that does not confirm what a backend changes. */
#pragma once

#include "starhash/request.h"

#define BACKEND_SENT_MAX 8
#define BACKEND_FIELDS_MAX 16		/* of an answer, and of a row */
#define BACKEND_OUTCOMES_MAX 12

#define BACKEND_ROW_MAX 600		/* octets of a row: a chosen one must fit into a session */

/* In records, a value that has the name of a field has the id of that field. Any other has an id from BACKEND_VALUE on, above those of a
 * menu's own questions. One name has one id in all backends: a value of one may be sent to another, and a question may have its name. */
#define BACKEND_VALUE 600
#define BACKEND_VALUES_MAX 400

struct backend_value {
	const char *name;		/* in menus */
	uint16_t id;
	enum field field;		/* the field of that name; FIELD_NONE: a variable */
	enum field_type type;
	unsigned int width;		/* longest text, in characters; most digits of an amount or count, with sign and point. Sent: 0 */
};

struct backend {
	const char *name;		/* of the list or action in menus */
	bool major;			/* its amounts are in major units, with up to two decimals */
	bool changes;			/* an action that changes something: an order, which is stored, sent with an idempotency key until
					 * it is answered, and needs TRUST_ORDER */
	unsigned int total_ms;		/* its answer, or its last outcome, comes within this time */
	struct backend_value sent[BACKEND_SENT_MAX];	/* from the account, a chosen row, or answers to questions */
	unsigned int sent_count;
	struct backend_value fields[BACKEND_FIELDS_MAX];	/* each may be absent from an answer */
	unsigned int fields_count;
	struct backend_value row[BACKEND_FIELDS_MAX];
	unsigned int row_count;		/* 0: an action; otherwise a list */
	unsigned int rows_max;
	const char *outcomes[BACKEND_OUTCOMES_MAX];	/* "ok", those declared, "unavailable", "slow" */
	unsigned int outcomes_count;
	const char *file;		/* where it is declared, for messages */
	unsigned int line;
};

/* Outcomes by index; those declared lie in between. */
#define BACKEND_OK 0

/* No connection, status 5xx, an answer that cannot be read or is too large, or not asked: known to fail, or too many requests open. Of
 * one that changes something: no order was accepted. */
static inline int backend_unavailable(const struct backend *backend)
{
	return (int)backend->outcomes_count - 2;
}

/* No answer in time. An order stays accepted, and a notification of its end follows. */
static inline int backend_slow(const struct backend *backend)
{
	return (int)backend->outcomes_count - 1;
}
