/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Running libosmocore's loop in tests. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

long long now_ms(void);

/* A socket that listens on 127.0.0.1, at \a *port or, if that is 0, at a free one, which is stored there. */
int loopback_listen(uint16_t *port);

/* Run the loop for a while. */
void run_ms(unsigned int ms);

/* Run until \a counter reaches \a value; the test fails after 5 seconds, or if the counter takes another value. */
void run_until(const unsigned int *counter, unsigned int value);
