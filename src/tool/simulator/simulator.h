/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a transcript is played: the real server, a real store, a phone inside the process and a clock that only
 * moves when it is told to. What the phone shows is kept as the lines of a transcript:
 *
 *     < a line of a page
 *     ?    the page waits for an answer
 *     .    the dialog is over
 *     ...  no answer yet
 *     * a line of a page of a dialog that the phone has left, or of a message
 *     !    refused */
#pragma once

#include "starhash/menu.h"

struct stage;
struct account_update;
struct catalogue;
struct subscriber;

struct stage_settings {
	struct menu *menu;		/* a reference is taken */
	struct text_limits limits;
	const char *pepper_file;	/* NULL: no passwords */
	const char *store;		/* one that stage_knows_store() */
	bool later;			/* it is asked in the loop's next turn only */
	bool orders_wait;		/* until stage_set_billing() says how they end */
	bool over_sms;			/* what is dialled and answered goes by short messages */
	const char *hlr;		/* it goes through the HLR at this numeric address; NULL: through none */
};

/* Take the clocks of the process over: they stand at \a now, seconds since 1970 UTC, and the zone is UTC. */
void stage_set_clock(int64_t now);

/* Its name in the table of stores. */
bool stage_knows_store(const char *name);

/* NULL, after a message, when the HLR cannot be reached or the store not be opened. */
struct stage *stage_new(void *ctx, const struct stage_settings *settings);

/* End everything. Returns how many inputs were never answered: 0 unless there is a bug. */
unsigned int stage_free(struct stage *stage);

/* What is sold, where the menu does not say it. */
void stage_sell(struct stage *stage, const struct catalogue *catalogue);

/* What billing, or an import, says of a subscriber. False: the store does not take it. */
bool stage_merge(struct stage *stage, const struct account_update *update);

/* What the store does from now on: "up", "down" (says so at once) or "silent" (does not answer). False: none of
 * them. */
bool stage_set_store(struct stage *stage, const char *state);

/* What short messages may do from now on without a one-time code, "read", or what is dialled, "ussd order". False: neither. */
bool stage_set_trust(struct stage *stage, const char *text);

/* What billing says to the orders that wait: "done", "refused REASON" or "dead", when nobody could reach it. False: none of
 * them. */
bool stage_set_billing(struct stage *stage, const char *text);

/* What happens at the phone. Each returns when the server has nothing more to do. */
void stage_say(struct stage *stage, const struct subscriber *who, const char *text);	/* dial or answer */
void stage_text(struct stage *stage, const struct subscriber *who, const char *text);	/* to the service number */
void stage_redial(struct stage *stage, const struct subscriber *who, const char *text);	/* dial while a page waits */
void stage_repeat(struct stage *stage);		/* the network sends the last input again */
void stage_hang_up(struct stage *stage);
void stage_wait(struct stage *stage, unsigned int seconds);
void stage_fall_silent(struct stage *stage);	/* until the server loses patience */

/* The subscriber opens or cancels a service in another way, such as in a shop. */
void stage_order(struct stage *stage, const struct subscriber *who, const char *service, bool open);

/* The lines since the last call, each with its newline; valid until the next event. */
const char *stage_take_output(struct stage *stage);
