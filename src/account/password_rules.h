/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: what a service password may be. */
#pragma once

#include <stdbool.h>

#define PASSWORD_DIGITS 6

/* Whether \a fresh must be refused: not six digits, a run (123456, 654321), a repeat (111111, 121212, 123123), the
 * old one, part of the phone or identity number, read from either end, or the day of birth in a Chinese identity
 * number in any order that people write it. Any but \a fresh may be "". */
bool password_weak(const char *fresh, const char *old, const char *msisdn, const char *id_number);
