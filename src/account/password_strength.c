/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: rules for service passwords. */
#include <string.h>

#include "starhash/account.h"

#define CHINESE_ID_LEN 18

static bool six_digits(const char *password)
{
	return strlen(password) == PASSWORD_DIGITS && strspn(password, "0123456789") == PASSWORD_DIGITS;
}

/* Whether each digit is \a step above the previous one; 9 is followed by 0, as on a keypad. */
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

static void reverse(const char *password, char reversed[static PASSWORD_DIGITS + 1])
{
	for (unsigned int i = 0; i < PASSWORD_DIGITS; i++)
		reversed[i] = password[PASSWORD_DIGITS - 1 - i];
	reversed[PASSWORD_DIGITS] = '\0';
}

/* Forwards or backwards. */
static bool is_part(const char *password, const char *number)
{
	char reversed[PASSWORD_DIGITS + 1];
	bool found;

	reverse(password, reversed);
	found = strstr(number, password) || strstr(number, reversed);
	explicit_bzero(reversed, sizeof(reversed));
	return found;
}

/* ---- the identity number ---- */

#define RUN 'r'			/* digits that stand side by side */
#define BIRTHDAY 'b'

static void piece_put(char *piece, char kind, const char *digits)
{
	piece[0] = kind;
	memcpy(piece + 1, digits, PASSWORD_DIGITS);
	piece[1 + PASSWORD_DIGITS] = '\0';
}

/* Digits 7 to 14 of a Chinese identity number are the birthday: 19900307. Runs of adjacent digits such as 199003, 990030 and 900307 are
 * among the pieces anyway. */
static unsigned int birthdays(const char *id_number, char pieces[][PASSWORD_PIECE_SIZE])
{
	static const unsigned int orders[][3] = { { 12, 10, 8 }, { 10, 12, 8 }, { 8, 12, 10 } };	/* 070390, 030790, 900703 */
	char digits[PASSWORD_DIGITS];

	for (unsigned int i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		for (unsigned int part = 0; part < 3; part++)
			memcpy(digits + 2 * part, id_number + orders[i][part], 2);
		piece_put(pieces[i], BIRTHDAY, digits);
	}
	explicit_bzero(digits, sizeof(digits));
	return sizeof(orders) / sizeof(*orders);
}

unsigned int password_id_pieces(const char *id_number, char pieces[static PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE])
{
	const size_t len = strlen(id_number);
	unsigned int count = len == CHINESE_ID_LEN ? birthdays(id_number, pieces) : 0;

	for (size_t at = 0; at + PASSWORD_DIGITS <= len && count < PASSWORD_PIECES_MAX; at++) {
		if (strspn(id_number + at, "0123456789") >= PASSWORD_DIGITS)
			piece_put(pieces[count++], RUN, id_number + at);
	}
	return count;
}

void password_as_pieces(const char *fresh, char pieces[static PASSWORD_AS_PIECES][PASSWORD_PIECE_SIZE])
{
	char reversed[PASSWORD_DIGITS + 1];

	reverse(fresh, reversed);
	piece_put(pieces[0], RUN, fresh);
	piece_put(pieces[1], RUN, reversed);
	piece_put(pieces[2], BIRTHDAY, fresh);
	explicit_bzero(reversed, sizeof(reversed));
}

bool password_weak(const char *fresh, const char *old, const char *msisdn)
{
	if (!six_digits(fresh) || !strcmp(fresh, old))
		return true;
	if (is_run(fresh, 1) || is_run(fresh, -1))
		return true;
	if (has_period(fresh, 1) || has_period(fresh, 2) || has_period(fresh, 3))
		return true;
	return is_part(fresh, msisdn);
}
