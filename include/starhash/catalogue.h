/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The value-added services that an operator sells: data only. It stands in the menu's files, so that a price is edited,
 * checked and reloaded as a text is; their names and descriptions are words of each language. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_CODE_MAX 24	/* octets, no blanks */

/* How a trial ends when its subscriber says nothing more. */
enum trial_ends {
	TRIAL_ENDS_UNSAID,		/* as by agreement */
	TRIAL_ENDS_AGREEMENT,		/* it ends, unless the subscriber agrees to go on */
	TRIAL_ENDS_PAID,		/* it goes on as a paid service, as was agreed to when it began */
	TRIAL_ENDS_COUNT
};

struct service {
	const char *code;		/* "NEWS" */
	const char *family;		/* NULL: none */
	int64_t price;			/* minor units of the operator's currency, for one period */
	const char *period;		/* day, week, month, once */
	unsigned int trial_days;	/* S7: a trial at first; 0: none */
	enum trial_ends trial_ends;
	int64_t trial_price;		/* of the whole trial; 0: free of charge */
	bool activates_next_period;		/* an opening counts from the next period on, otherwise at once */
	bool deactivates_next_period;	/* a cancelling */
	const char *account;		/* who may have it: prepaid, postpaid; NULL: anybody */
	const char *brand;		/* NULL: anybody */
	const char *excludes;		/* codes of services that cannot be had beside it, between blanks; "" */
	const char *sender;		/* number from which texts about it come; NULL: the channel's */
};

struct catalogue {
	const struct service *services;	/* by code */
	size_t count;
};

/* Whether a catalogue differs so much from the one before that a person should look at it first (A66): a price, or a
 * trial's, by more than \a percent of what it was, free of charge no more, another period, or more than \a percent of the
 * services gone. \a percent 0: never. \a why becomes one sentence about it. */
bool catalogue_jumps(const struct catalogue *before, const struct catalogue *after, unsigned int percent, char *why, size_t size);

/* "agreement", "paid"; NULL when nothing was said. */
const char *trial_ends_name(enum trial_ends ends);

/* TRIAL_ENDS_UNSAID for NULL, and for a word that is none of them. */
enum trial_ends trial_ends_by_name(const char *name);

/* NULL when there is none of that code. */
const struct service *catalogue_find(const struct catalogue *catalogue, const char *code, size_t len);
