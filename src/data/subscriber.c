/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numeric keys of subscribers. */
#include <string.h>

#include "starhash/request.h"

#define DIGITS_MAX 15
#define IMSI_SHORTER INT64_C(1000000000000000)	/* added to a key for each digit short of 15 */

static bool digits_key(const char *digits, int64_t *key)
{
	int64_t number = 0;
	const char *at = digits;

	for (; *at >= '0' && *at <= '9' && at - digits < DIGITS_MAX; at++)
		number = number * 10 + (*at - '0');
	*key = number;
	return at > digits && !*at;
}

/* An international number does not begin with 0, so its value is unique. */
bool msisdn_key(const char *msisdn, int64_t *key)
{
	return digits_key(msisdn, key) && *msisdn != '0';
}

/* An IMSI may begin with 0, as in test networks, so its length is part of the key. */
bool imsi_key(const char *imsi, int64_t *key)
{
	if (!digits_key(imsi, key))
		return false;
	*key += (int64_t)(DIGITS_MAX - strlen(imsi)) * IMSI_SHORTER;
	return true;
}

void imsi_of_key(int64_t key, char out[static IMSI_SIZE])
{
	const int64_t shorter = key / IMSI_SHORTER;
	unsigned int at = shorter >= 0 && shorter < DIGITS_MAX ? DIGITS_MAX - (unsigned int)shorter : 0;

	for (out[at] = '\0'; at > 0; key /= 10)
		out[--at] = (char)('0' + key % 10);
}

/* Faster than printf(): every profile has an MSISDN. */
void msisdn_print(int64_t msisdn, char out[static MSISDN_SIZE])
{
	char digits[DIGITS_MAX], *at = digits + sizeof(digits);
	size_t len;

	do {
		*--at = (char)('0' + msisdn % 10);
		msisdn /= 10;
	} while (msisdn && at > digits);
	len = (size_t)(digits + sizeof(digits) - at);
	memcpy(out, at, len);
	out[len] = '\0';
}

void msisdn_put(struct record *facts, int64_t msisdn)
{
	char digits[MSISDN_SIZE];

	msisdn_print(msisdn, digits);
	record_append_text(facts, FIELD_MSISDN, digits, strlen(digits));
}
