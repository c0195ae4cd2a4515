/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Running libosmocore's loop in tests. */
#pragma once

#include <stdbool.h>

long long now_ms(void);

/* Let the loop run for a while. */
void run_ms(unsigned int ms);

/* Run until \a counter reaches \a value; the test fails after 5 seconds, or when it becomes another one. */
void run_until(const unsigned int *counter, unsigned int value);
