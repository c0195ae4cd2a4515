/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A circuit breaker: after repeated failures, stop trying for a while, then probe once. Time and randomness are passed in, so that tests
 * can control both. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum breaker_state {
	BREAKER_CLOSED,		/* everything passes */
	BREAKER_OPEN,		/* nothing passes until the time is over */
	BREAKER_PROBING,	/* one probe has passed; its outcome decides */
};

struct breaker_settings {
	unsigned int failures;		/* in a row, before it opens */
	unsigned int open_ms;		/* time that it stays open at first */
	unsigned int open_max_ms;	/* doubled with each probe that fails, up to this */
};

struct breaker {
	struct breaker_settings settings;
	enum breaker_state state;
	unsigned int failures;		/* in a row, while closed */
	unsigned int openings;		/* since it was closed */
	uint32_t ticket;		/* changes with the state: outcomes of older tickets are ignored */
	int64_t until_ms;		/* open: when a probe may pass */
};

void breaker_init(struct breaker *breaker, const struct breaker_settings *settings);

/* Ask to pass. Returns a ticket, or 0: not now. */
uint32_t breaker_enter(struct breaker *breaker, int64_t now_ms);

/* Report the outcome of a ticket; every owner of a ticket must do so. \a chance: random number, for jitter. Returns whether the state
 * changed. */
bool breaker_leave(struct breaker *breaker, uint32_t ticket, bool well, int64_t now_ms, uint32_t chance);

/* Milliseconds until it is worth asking again; 0: now. */
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

/* "closed", "open", "probing" */
const char *breaker_state_name(const struct breaker *breaker);
