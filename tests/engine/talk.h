/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A conversation with the engine in a test: events in, the last effect to look at. */
#pragma once

#include "starhash/action.h"

struct talk {
	struct menu *menu;
	struct text_limits limits;
	struct session session;
	struct effect effect;
	int64_t now;
	uint64_t refs;			/* references given to events so far */
	enum trust trust, trust_messages;	/* TRUST_PASSWORD unless a test says otherwise */
	struct codes codes;			/* the one-time codes are 000001, 000002 … */
	unsigned int codes_made;
};

/* For cmocka: *\a state is an open talk. */
int talk_setup(void **state);
int talk_teardown(void **state);

/* Load the fixture menu; the test fails if it has problems. */
void talk_open(struct talk *talk);
void talk_close(struct talk *talk);

/* The parts of each event that a caller adds. */
void talk_stamp(struct talk *talk, struct session_event *event);

void talk_event(struct talk *talk, enum event_kind kind, const char *text);

/* Dial and give the account's facts: "prepaid", "postpaid"; NULL: unknown subscriber; "": store unavailable. */
void talk_dial(struct talk *talk, const char *code, const char *account);

void talk_input(struct talk *talk, const char *text);

/* Text to the short code; a following CALL for the account's facts is answered for a prepaid or postpaid account. */
void talk_text(struct talk *talk, const char *text, const char *account);

/* Answer the CALL for the account's facts like talk_dial(). */
void talk_facts(struct talk *talk, const char *account);

/* Answer the CALL. */
void talk_outcome(struct talk *talk, int outcome);

/* Answer the CALL of a lister. */
void talk_rows(struct talk *talk, const struct rows *rows);

/* The same with \a count rows of services. */
void talk_services(struct talk *talk, unsigned int count);
void talk_services_from(struct talk *talk, unsigned int first, unsigned int last);	/* SERVICE2, SERVICE3 … */

/* The last effect must be this. */
void talk_expect_ask(const struct talk *talk, const char *text);
void talk_expect_end(const struct talk *talk, const char *text);
void talk_expect_call(const struct talk *talk, const char *action);	/* NULL: the account's facts */

/* Arguments of the last effect, which must be a CALL. */
struct record talk_args(struct talk *talk);
void talk_expect_arg(struct talk *talk, uint16_t id, const char *text);
