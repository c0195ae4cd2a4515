/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Run libosmocore's loop inside a test. */
#pragma once

#include <stdbool.h>

/* Run until \a reached returns true. Returns false after \a timeout_ms. */
bool loop_until(bool (*reached)(void *user), void *user, unsigned int timeout_ms);

/* For a while. */
void loop_for(unsigned int ms);

/* From time_stop() to time_go_on() only time_pass() moves the time. All clocks: timers use the wall clock. */
void time_stop(void);
void time_pass(unsigned int seconds);
void time_go_on(void);
