/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Times and money for people. */
#pragma once

#include <stdint.h>
#include <stdio.h>

void print_time(FILE *out, int64_t seconds);		/* 2026-11-15 08:50 UTC */
void print_money(FILE *out, int64_t minor);		/* 12.50 */

#define MONEY_SIZE 24

/* In the format of print_money(). Returns \a out. */
const char *money_print(int64_t minor, char out[static MONEY_SIZE]);

#define MOMENT_SIZE 40

/* 2026-11-15 08:50:59 UTC. Returns \a out. */
const char *moment_print(int64_t seconds, char out[static MOMENT_SIZE]);
