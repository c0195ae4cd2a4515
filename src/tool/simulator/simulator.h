/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The simulator plays a transcript against the real server and a real store, with a phone inside the process and a clock that
 * moves only on command. It records what the phone shows as the lines of a transcript:
 *
 *     < a line of a page
 *     ?    the page waits for an answer
 *     .    the dialog is over
 * ... no answer yet
 *     * a line of a page of a dialog that the phone has left, or of a message
 *     !    refused */
#pragma once

#include "starhash/menu.h"
#include "starhash/ticket.h"

struct backends;
struct simulator;
struct account_update;
struct catalogue;

struct simulator_settings {
	struct menu *menu;		/* a reference is taken */
	struct text_limits limits;
	const char *pepper_file;	/* NULL: no passwords */
	const char *store;		/* a name that simulator_knows_store() accepts */
	bool later;			/* the store answers in the loop's next turn, not at once */
	bool orders_wait;		/* orders wait until simulator_set_billing() says how they end */
	bool surveys;			/* every dialog that can end with the menu's survey does */
	bool over_sms;			/* inputs and answers are short messages */
	struct backends *backends;	/* for which stand-ins answer; NULL: none */
	const char *hlr;		/* numeric address of the HLR to go through; NULL: none */
};

/* Take over the clocks of the process: they stop at \a now, seconds since 1970 UTC, and the time zone is UTC. */
void simulator_set_clock(int64_t now);

/* Whether the table of stores has this name. */
bool simulator_knows_store(const char *name);

/* NULL, after a message, if the HLR cannot be reached or the store cannot be opened. */
struct simulator *simulator_new(void *ctx, const struct simulator_settings *settings);

/* Shut down. Returns the number of inputs that were never answered: 0 unless there is a bug. */
unsigned int simulator_free(struct simulator *simulator);

/* Set the catalogue of a menu without one. */
void simulator_sell(struct simulator *simulator, const struct catalogue *catalogue);

/* Merge an update from billing, or from an import, into the store. False: the store refuses it. */
bool simulator_merge(struct simulator *simulator, const struct account_update *update);

/* Set the store's behaviour: "up", "down" (reports an error at once) or "silent" (does not answer). False: none of these. */
bool simulator_set_store(struct simulator *simulator, const char *state);

/* Set the trust in short messages, such as "read", or in dialled input, such as "ussd order". False: neither. */
bool simulator_set_trust(struct simulator *simulator, const char *text);

/* Complete the waiting orders: "done", "refused REASON" or "dead" (billing was unreachable). False: none of these. */
bool simulator_set_billing(struct simulator *simulator, const char *text);

/* Whether a dialog is open on the phone, so that what is typed next answers its page; never over SMS. */
bool simulator_waits(const struct simulator *simulator);

/* Events at the phone. Each returns when the server has nothing more to do. */
void simulator_say(struct simulator *simulator, const struct subscriber *who, const char *text);	/* dial or answer */
/* \a short_code NULL: the menu's first. */
void simulator_text(struct simulator *simulator, const struct subscriber *who, const char *short_code, const char *text);
void simulator_redial(struct simulator *simulator, const struct subscriber *who, const char *text);	/* dial while a page waits */
void simulator_repeat(struct simulator *simulator);		/* the network sends the last input again */
void simulator_hang_up(struct simulator *simulator);
void simulator_wait(struct simulator *simulator, unsigned int seconds);
void simulator_fall_silent(struct simulator *simulator);	/* until the server's timeout */

/* The subscriber activates or cancels a service in another way, such as in a shop. */
void simulator_order(struct simulator *simulator, const struct subscriber *who, const char *service, bool open);

/* A system of the operator's reports an event, which has its kind and arguments. False: the store does not accept it. */
bool simulator_report(struct simulator *simulator, struct request *event);

/* S6: what the source of the last event hears: of a proposal, how it ended; else of its message. Output after "= ". */
void simulator_tell_source(struct simulator *simulator);

/* S6: a one-time code is entered where the order of the last event was begun. The result is output after "= ". */
void simulator_enter_code(struct simulator *simulator, const struct subscriber *who, const char *code);

/* S12: staff do something with a ticket of the caller's. Args: as of REQUEST_TICKET_STAFF, without reference numbers. The result is output
 * after "= ", unless it is OK. */
void simulator_staff(struct simulator *simulator, const struct subscriber *who, enum ticket_event event, const struct record *args);

int64_t simulator_now(const struct simulator *simulator);	/* seconds since 1970 */

/* The output lines since the last call, each with its newline; valid until the next event. */
const char *simulator_take_output(struct simulator *simulator);
