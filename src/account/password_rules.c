/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: what a service password may be. */
#include <string.h>

#include "account/password_rules.h"

static bool six_digits(const char *password)
{
	return strlen(password) == PASSWORD_DIGITS && strspn(password, "0123456789") == PASSWORD_DIGITS;
}

/* Each digit is \a step above the one before; 9 is followed by 0, as on a keypad. */
static bool is_run(const char *password, int step)
{
	for (unsigned int i = 1; i < PASSWORD_DIGITS; i++) {
		if ((password[i] - password[i - 1] - step) % 10)
			return false;
	}
	return true;
}

static bool has_period(const char *password, unsigned int period)
{
	return !memcmp(password, password + period, PASSWORD_DIGITS - period);
}

bool password_weak(const char *fresh, const char *old, const char *msisdn, const char *id_number)
{
	if (!six_digits(fresh) || !strcmp(fresh, old))
		return true;
	if (is_run(fresh, 1) || is_run(fresh, -1))
		return true;
	if (has_period(fresh, 1) || has_period(fresh, 2) || has_period(fresh, 3))
		return true;
	return strstr(msisdn, fresh) || strstr(id_number, fresh);
}
