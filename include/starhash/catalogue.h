/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The value-added services that an operator sells: data only. It stands in the menu's files, so that a price is edited,
 * checked and reloaded as a text is; their names and descriptions are words of each language. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_CODE_MAX 24	/* octets, no blanks */

struct service {
	const char *code;		/* "NEWS" */
	const char *family;		/* NULL: none */
	int64_t price;			/* minor units of the operator's currency, for one period */
	const char *period;		/* day, week, month, once */
	unsigned int trial_days;	/* S7: a trial at first, which ends unless the subscriber wants to keep it; 0: none */
	int64_t trial_price;		/* of the whole trial; 0: free of charge */
	bool opens_next_period;		/* an opening counts from the next period on, otherwise at once */
	bool cancels_next_period;	/* a cancelling */
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
 * trial's, by more than \a percent of what it was, free of charge no more, another period, or more than \a percent of the services gone. \a percent
 * 0: never. \a why becomes one sentence about it. */
bool catalogue_jumps(const struct catalogue *before, const struct catalogue *after, unsigned int percent, char *why, size_t size);

/* NULL when there is none of that code. */
const struct service *catalogue_find(const struct catalogue *catalogue, const char *code, size_t len);
