/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: what a service password may be. */
#include <string.h>

#include "account/password_rules.h"

#define CHINESE_ID_LEN 18

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

/* Read from either end. */
static bool is_part(const char *password, const char *number)
{
	char reversed[PASSWORD_DIGITS + 1] = "";
	bool found;

	for (unsigned int i = 0; i < PASSWORD_DIGITS; i++)
		reversed[i] = password[PASSWORD_DIGITS - 1 - i];
	found = strstr(number, password) || strstr(number, reversed);
	explicit_bzero(reversed, sizeof(reversed));
	return found;
}

/* Digits 7 to 14 of a Chinese identity number are the day of birth: 19900307. As a part of the number 199003, 990030,
 * 900307 and the like are refused anyhow. */
static bool is_birthday(const char *password, const char *id_number)
{
	static const unsigned int orders[][3] = { { 12, 10, 8 }, { 10, 12, 8 }, { 8, 12, 10 } };	/* 070390, 030790, 900703 */

	if (strlen(id_number) != CHINESE_ID_LEN)
		return false;
	for (unsigned int i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		unsigned int same = 0;

		for (unsigned int part = 0; part < 3; part++)
			same += !memcmp(password + 2 * part, id_number + orders[i][part], 2);
		if (same == 3)
			return true;
	}
	return false;
}

bool password_weak(const char *fresh, const char *old, const char *msisdn, const char *id_number)
{
	if (!six_digits(fresh) || !strcmp(fresh, old))
		return true;
	if (is_run(fresh, 1) || is_run(fresh, -1))
		return true;
	if (has_period(fresh, 1) || has_period(fresh, 2) || has_period(fresh, 3))
		return true;
	return is_part(fresh, msisdn) || is_part(fresh, id_number) || is_birthday(fresh, id_number);
}
