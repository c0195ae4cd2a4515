/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A backend: an HTTP service of the operator's own that a menu names as a list or an action. Here is what the daemon's configuration
 * declares of it, as plain data, for the menu compiler, the engine and the server; backends.h reads declarations and calls the services.
 *
 * The menu compiler refuses a page that does not say what follows each outcome. It MUST also refuse one on which something that is sent is
 * not known or is the answer to a secret question, and one without a confirmation of what a backend changes; it does not yet. */
#pragma once

#include "starhash/request.h"

#define BACKEND_SENT_MAX 8
#define BACKEND_FIELDS_MAX 16		/* of an answer, and of a row */
#define BACKEND_OUTCOMES_MAX 12

/* In records, a value that has the name of a field has the id of that field. Any other has BACKEND_VALUE plus its index in sent, fields or
 * row; menus cannot name these yet. */
#define BACKEND_VALUE 2000

struct backend_value {
	const char *name;		/* in menus */
	enum field field;		/* the field of that name; FIELD_NONE: a variable */
	enum field_type type;		/* of something sent that is not a field: as the record has it */
	unsigned int width;		/* longest text, in characters; most digits of an amount or count, with sign and point. Sent: 0 */
};

struct backend {
	const char *name;		/* of the list or action in menus */
	bool changes;			/* an action that changes something: it is called with an idempotency key and needs TRUST_ORDER */
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

static inline uint16_t backend_value_id(const struct backend_value *values, unsigned int index)
{
	return values[index].field ? (uint16_t)values[index].field : (uint16_t)(BACKEND_VALUE + index);
}

/* Outcomes by index; those declared lie in between. */
#define BACKEND_OK 0

/* No connection, status 5xx, an answer that cannot be read or is too large, or not asked: known to fail, or too many requests open. */
static inline int backend_unavailable(const struct backend *backend)
{
	return (int)backend->outcomes_count - 2;
}

/* No answer in time. What a backend changes may have been done. */
static inline int backend_slow(const struct backend *backend)
{
	return (int)backend->outcomes_count - 1;
}
