/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events that the operator's systems report (S5, S8, S9): as JSON over HTTP, or in files. What follows from an event is decided in
 * src/account/event.c. Over HTTP alone, partners and web shops also ask for orders, codes and pages (S6): see src/account/proposal.c.
 * contrib/door has the contracts, events.yaml and orders.yaml. */
#pragma once

#include "starhash/door.h"
#include "starhash/json.h"
#include "starhash/number.h"
#include "starhash/account.h"

struct accounts;
struct wall_clock;

/* ---- one event ---- */

#define EVENT_WHY_SIZE 160

/* Where events come from. */
struct event_origin {
	const char *source;			/* shorter than EVENT_SOURCE_SIZE */
	bool names_source;			/* an event may name another source, by its key "source" */
	enum event_proposes proposes;		/* what its path takes. PROPOSES_NOTHING: events, whose key "event" names their kind */
	const struct numbering_plan *plan;	/* NULL: numbers are international, as in imports */
	int64_t now;				/* seconds since 1970 */
	const struct message_rules *rules;	/* of proposals; NULL: message_rules_default */
};

/* Parse an event into the request of its kind, whose number is still 0. The digest in it covers the kind and the whole
 * event except its source, whatever the order of keys. Returns 0, or -EBADMSG and \a why says what is wrong, in words that may be printed
 * anywhere; the request then has the event's id, if that is good, and else "". */
int event_parse(const struct event_origin *origin, const json_t *event, struct request *request, char why[static EVENT_WHY_SIZE]);

/* Take the subscriber's number and the fields that \a fields has from what is \a asked about tickets, and check that it has no other keys
 * but \a own, NULL-terminated. The number may be absent if \a fields needs nothing. Returns as event_parse(). */
int event_parse_fields(const struct event_origin *origin, const json_t *asked, const struct account_event_kind *fields,
		       const char *const *own, struct request *request, char why[static EVENT_WHY_SIZE]);

/* Load JSON text that may be hostile. NULL and \a why when it is not JSON, or a key comes twice. */
json_t *event_load(const char *text, size_t len, char why[static EVENT_WHY_SIZE]);

/* What became of an event. */
struct event_result {
	const char *word;			/* that of src/account/event.c, also if the event came before; or unknown, conflict,
						 * refused, busy, unavailable. Inside the response, or static */
	const char *error;			/* NULL: the event is durable */
	bool repeated;				/* the event came before */
	bool later;				/* nothing is wrong with the event: send it again */
};

/* \a buffer: for the word. */
struct event_result event_result(const struct response *response, char buffer[static ACCOUNT_WORD_SIZE]);

/* ---- over HTTP ---- */

#define EVENTS_BATCH_MAX 1000

struct events_settings {
	struct accounts *accounts;		/* must outlive the events, like the next three */
	struct wall_clock *clock;
	const struct numbering_plan *plan;
	const struct message_rules *rules;	/* NULL: message_rules_default */
	bool (*pushes)(void *user, const char *page);	/* whether the menu in use has a page of that name to push */
	void *user;
};

struct events;

struct events *events_new(void *ctx, const struct events_settings *settings);

/* Answers open calls with 503: call it before door_free(), and before the accounts are freed. What was accepted is carried out all the
 * same. NULL is fine. */
void events_free(struct events *events);

/* For door_new(). */
const struct door_table *events_tables(const struct events *events);
