/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tickets: what subscribers report and ask, and what staff answer (S12, S13, S14, S16, S18, S19). Plain data; a new kind is a row of
 * TICKET_KINDS, and its texts. */
#pragma once

#include "starhash/request.h"

#define TICKET_FACTS_MAX 10
#define TICKET_FACTS_SIZE 256
#define TICKET_STAFF_SIZE ACCOUNT_WORD_SIZE	/* names of staff */
#define TICKET_TEXT_SIZE 1024		/* what was written at once; with the zero */
#define TICKET_PROPOSED_SIZE (ACCOUNT_WORD_SIZE + 2 * CREDIT_FORM_SIZE)
#define TICKET_TERMS_SIZE (TICKET_PROPOSED_SIZE + 32)
#define TICKET_NUMBER_SIZE 9		/* eight digits and the zero */

struct ticket_kind {
	const char *name;
	bool owes;			/* staff must answer in time; the number alone is no answer */
	bool asks;			/* after the final answer only the subscriber's yes, or silence, closes it; others are staff's */
	bool confidential;		/* S13: what was written is hidden from ordinary staff */
	bool disputes;			/* S16: staff decide about a charge */
	bool confirms;			/* S14: staff may confirm that it is so */
	bool wordless;			/* it needs no text */
	bool once;			/* there is at most one of a subscriber that is not closed, about the same facts if it has any */
	uint16_t facts[TICKET_FACTS_MAX];	/* fields that it may have, ended by FIELD_NONE */
};

/* X(name, members): the list of all kinds. */
#define TICKET_KINDS(X) \
	/* S12 */ \
	X(complaint, .owes = true, .asks = true) \
	X(suggestion, .owes = true, .asks = true) \
	/* S13 */ \
	X(nuisance, .confidential = true, .facts = { FIELD_SENDER }) \
	/* S14 */ \
	X(network, .confirms = true, .facts = { FIELD_PROBLEM, FIELD_PLACE }) \
	/* S16 */ \
	X(dispute, .owes = true, .asks = true, .disputes = true, .once = true, \
	  .facts = { FIELD_MONTH, FIELD_ITEM, FIELD_SERVICE, FIELD_AMOUNT, FIELD_PROVIDER, FIELD_FEE_CLASS, FIELD_CAUSE }) \
	/* S18 */ \
	X(deletion, .owes = true, .wordless = true, .once = true) \
	/* S19 */ \
	X(agent, .owes = true, .asks = true, .wordless = true, .once = true) \
	/* S12 */ \
	X(compliment)

extern const struct ticket_kind ticket_kinds[];
extern const unsigned int ticket_kinds_count;

/* NULL when there is no such kind. */
const struct ticket_kind *ticket_kind_find(const char *name);
unsigned int ticket_kind_index(const struct ticket_kind *kind);

enum ticket_state {
	TICKET_OPEN,			/* nobody has answered, or the subscriber has written again */
	TICKET_TAKEN,			/* somebody of the staff has it */
	TICKET_INTERIM,			/* a first answer was given, not the final one */
	TICKET_CONFIRMED,		/* S14 */
	TICKET_ANSWERED,		/* the final answer was given */
	TICKET_CLOSED,
	TICKET_STATES
};

/* "open", "taken" …, as stored and shown; TICKET_STATES for any other word. */
const char *ticket_state_name(enum ticket_state state);
enum ticket_state ticket_state_by_name(const char *name);

/* X(member): numbers of a ticket, which are columns of stores. Times are seconds since 1970; 0: none, or not yet. */
#define TICKET_NUMBERS(X) \
	X(opened) \
	X(since)		/* when it was opened, first or last, from which the time for a final answer counts */ \
	X(first_due)		/* when the first answer is due */ \
	X(first_answered)	/* by staff */ \
	X(owed_by)		/* when staff must have answered: first, finally, or once more */ \
	X(answered)		/* finally */ \
	X(delivered)		/* when the message with the final answer was sent; -1: it could not be, and staff may close the ticket */ \
	X(closed) \
	X(due)			/* the next task of housekeeping */ \
	X(warned)		/* 1: an alarm was raised before owed_by; 2: it has passed */ \
	X(repeated)		/* 1: the subscriber had opened another one of the kind less than 30 days before */ \
	X(reopened)		/* how often */ \
	X(entries)		/* how many there are */ \
	X(confirmed)		/* S14: when staff confirmed it */ \
	X(rewarded)		/* S14: what it won, in minor units, like the next two */ \
	X(month)		/* S16: the charge's, yyyymm, as staff named it; its facts may have it, too */ \
	X(refunded)		/* S16: of the charge */ \
	X(equal)		/* S16: its equal, as it was granted and not refused by billing */ \
	X(equal_ref)		/* reference number of that order; with equal 0 billing has refused it: it is still owed */ \
	X(reward_ref)		/* likewise, of what it won */ \
	X(compensated)		/* beside that, in all */ \
	X(proposed)		/* what awaits a second member of staff; 0: nothing */ \
	X(former)		/* 1: the number had another owner then, who is not answered */ \
	X(touched)		/* when the subscriber or staff last did something with it */ \
	X(written_on)		/* the day of the subscriber's last words, yyyymmdd */ \
	X(written)		/* how often they wrote on that day */

/* X(member, size): texts, likewise. */
#define TICKET_TEXTS(X) \
	X(brand, 32)		/* the subscriber's, when it was opened */ \
	X(channel, CHANNEL_NAME_SIZE)	/* by which it was opened; "": by staff */ \
	X(staff, TICKET_STAFF_SIZE)	/* who has it; "": nobody */ \
	X(proposed_as, TICKET_PROPOSED_SIZE)	/* name of the event and the forms, between blanks */ \
	X(proposed_by, TICKET_STAFF_SIZE) \
	X(outcome, ACCOUNT_WORD_SIZE)	/* how it was closed: resolved, silence, closed */

struct ticket {
	int64_t number;			/* the day it was opened, yymmdd, and two digits; unique among those of a subscriber */
	const struct ticket_kind *kind;
	enum ticket_state state;
#define X(member) int64_t member;
	TICKET_NUMBERS(X)
#undef X
#define X(member, size) char member[size];
	TICKET_TEXTS(X)
#undef X
	uint16_t facts_len;
	uint8_t facts[TICKET_FACTS_SIZE];	/* a record */
};

/* A confidential ticket's sender and contents are hidden from ordinary staff (S13). */
bool ticket_hides_field(const struct ticket_kind *kind, enum field field);

/* What happened to a ticket. */
enum ticket_event {
	TICKET_WRITE,			/* the subscriber writes, first or again */
	TICKET_RESOLVE,			/* the subscriber says that it is resolved */
	TICKET_REOPEN,			/* or that it is not */
	TICKET_TAKE,			/* staff, here and below */
	TICKET_NOTE,			/* for staff only */
	TICKET_ANSWER_INTERIM,
	TICKET_ANSWER,
	TICKET_CONFIRM,
	TICKET_CLOSE,
	TICKET_GRANT,			/* S16: the charge is given back */
	TICKET_DECLINE,			/* or not */
	TICKET_COMPENSATE,		/* a credit beside that */
	TICKET_REWARD,			/* S14: it won in the month's draw */
	TICKET_PROPOSE,			/* one of these awaits a second member of staff; never brought as such */
	TICKET_READ,			/* what was written was shown to staff */
	TICKET_EXPORT,			/* S13: the same was given to the authority; the text says what for */
	TICKET_WARN,			/* by housekeeping, here and below: the time to answer is nearly over */
	TICKET_LATE,			/* it is over */
	TICKET_SILENCE,			/* the subscriber has not said whether it is resolved */
	TICKET_UNDELIVERED,		/* the message with the final answer could not be sent: staff owe another answer */
	TICKET_UNPAID,			/* billing has refused a credit: staff owe another answer */
	TICKET_EVENTS
};

/* "written", "resolved", "reopened" …, as stored; TICKET_EVENTS for any other word. */
const char *ticket_event_name(enum ticket_event event);
enum ticket_event ticket_event_by_name(const char *name);

/* Whether staff bring it, and whether it comes with a text. */
bool ticket_event_by_staff(enum ticket_event event);
bool ticket_event_has_text(enum ticket_event event);

/* Whether its text is an answer to the subscriber. */
bool ticket_event_answers(enum ticket_event event);

/* Whether it comes with the terms of a credit. */
bool ticket_event_credits(enum ticket_event event);

/* Whether it decides about money: it gives a credit, or declines one. */
bool ticket_event_decides(enum ticket_event event);

/* Whether the text that came with it is hidden: ticket_hides_field(). */
bool ticket_hides_text(const struct ticket_kind *kind, enum ticket_event event);

/* One line of a ticket's history, which is never changed. */
struct ticket_entry {
	int64_t number, position;	/* its ticket; from 1 */
	int64_t time;			/* seconds since 1970 */
	enum ticket_event event;
	char staff[TICKET_STAFF_SIZE];	/* "": not by staff */
	char terms[TICKET_TERMS_SIZE];	/* of a credit: minor units, forms, and what staff insisted on; of a ticket that was taken from
					 * a colleague: "from NAME"; "": none */
	char text[TICKET_TEXT_SIZE];	/* "": none */
};

/* Numbers in printed form: eight digits. ticket_number() returns 0 for any other text. */
const char *ticket_number_print(int64_t number, char out[static TICKET_NUMBER_SIZE]);
int64_t ticket_number(const char *text, size_t len);

/* The number that the arguments name as FIELD_TICKET; 0: none. */
int64_t ticket_number_in(const struct record *args);
