/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Run libosmocore's loop inside a test. */
#pragma once

#include <stdbool.h>

/* Until \a reached says so. Returns false when \a timeout_ms pass first. */
bool loop_until(bool (*reached)(void *user), void *user, unsigned int timeout_ms);

/* For a while. */
void loop_for(unsigned int ms);

/* From time_stop() to time_go_on() time stands still but for time_pass(). All clocks: timers run on the wall clock. */
void time_stop(void);
void time_pass(unsigned int seconds);
void time_go_on(void);
