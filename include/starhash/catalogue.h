/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The value-added services that an operator sells: data only. The catalogue is part of the menu files, so that a price is edited, checked
 * and reloaded like a text; names and descriptions are in the texts of each language. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_CODE_MAX 24	/* octets, no blanks */

/* How a trial ends when the subscriber does nothing. */
enum trial_ends {
	TRIAL_ENDS_UNSAID,		/* not stated: as TRIAL_ENDS_AGREEMENT */
	TRIAL_ENDS_AGREEMENT,		/* it ends, unless the subscriber agrees to continue */
	TRIAL_ENDS_PAID,		/* it continues as a paid service, as agreed when it began */
	TRIAL_ENDS_COUNT
};

struct service {
	const char *code;		/* "NEWS" */
	unsigned int key;		/* its number in lists, from 1; unique, never reused */
	const char *family;		/* NULL: none */
	int64_t price;			/* minor units of the operator's currency, for one period */
	const char *period;		/* day, week, month, once */
	unsigned int trial_days;	/* S7: length of the trial; 0: none */
	enum trial_ends trial_ends;
	int64_t trial_price;		/* of the whole trial; 0: free of charge */
	bool activates_next_period;		/* activation takes effect with the next period, otherwise immediately */
	bool deactivates_next_period;	/* cancellation takes effect with the next period, otherwise immediately */
	const char *account;		/* required account type: prepaid, postpaid; NULL: any */
	const char *brand;		/* required brand; NULL: any */
	const char *excludes;		/* codes of services that cannot be combined with it, between blanks; "" */
	const char *sender;		/* sender of texts about it; NULL: the channel's */
};

struct catalogue {
	const struct service *services;	/* by code */
	size_t count;
	unsigned int key_max;		/* the greatest key */
};

/* Whether a catalogue differs so much from the previous one that a person should review it first (A66): a price, of a service or a trial,
 * changed by more than \a percent; a free service or trial is charged; a period changed; or more than \a percent of the services are
 * gone. \a percent 0: never. \a why gets one sentence about it. */
bool catalogue_jumps(const struct catalogue *before, const struct catalogue *after, unsigned int percent, char *why, size_t size);

/* "agreement", "paid"; NULL for TRIAL_ENDS_UNSAID. */
const char *trial_ends_name(enum trial_ends ends);

/* TRIAL_ENDS_UNSAID for NULL and for any other word. */
enum trial_ends trial_ends_by_name(const char *name);

/* NULL when no service has that code. */
const struct service *catalogue_find(const struct catalogue *catalogue, const char *code, size_t len);
