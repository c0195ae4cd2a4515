/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Running libosmocore's loop in tests. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

long long now_ms(void);

/* A socket that listens on 127.0.0.1, at \a *port or at a free one, which is noted, when it is 0. */
int loopback_listen(uint16_t *port);

/* Let the loop run for a while. */
void run_ms(unsigned int ms);

/* Run until \a counter reaches \a value; the test fails after 5 seconds, or when it becomes another one. */
void run_until(const unsigned int *counter, unsigned int value);
