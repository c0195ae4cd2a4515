/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A circuit breaker: who fails again and again is left alone for a while, then tried once. Knows no clock and no chance
 * of its own, so that a test can give it both. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum breaker_state {
	BREAKER_CLOSED,		/* all pass */
	BREAKER_OPEN,		/* nobody passes until the time is over */
	BREAKER_PROBING,	/* one has passed, and decides */
};

struct breaker_settings {
	unsigned int failures;		/* in a row, that open it */
	unsigned int open_ms;		/* how long, the first time */
	unsigned int open_max_ms;	/* doubled with each probe that fails, up to this */
};

struct breaker {
	struct breaker_settings settings;
	enum breaker_state state;
	unsigned int failures;		/* in a row, while closed */
	unsigned int openings;		/* since it was closed */
	uint32_t ticket;		/* changes with the state: what began before a change counts no more */
	int64_t until_ms;		/* open: then one may pass */
};

void breaker_init(struct breaker *breaker, const struct breaker_settings *settings);

/* Ask to pass. A ticket, or 0: not now. */
uint32_t breaker_enter(struct breaker *breaker, int64_t now_ms);

/* How it went for the owner of a ticket; each one has to tell. \a chance: any number, for jitter. Returns whether the
 * state changed. */
bool breaker_leave(struct breaker *breaker, uint32_t ticket, bool well, int64_t now_ms, uint32_t chance);

/* Milliseconds until it is worth asking again; 0: now. */
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

/* "closed", "open", "probing" */
const char *breaker_state_name(const struct breaker *breaker);
