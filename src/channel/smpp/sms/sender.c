/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which senders are answered: lists of numbers, short codes, names. */
#include <string.h>

#include "channel/smpp/sms/short_message.h"

#define TON_ALPHANUMERIC 5

/* Skip an international prefix, which does not change whose number it is. */
static size_t past_prefix(const char *address, size_t len)
{
	if (len > 0 && address[0] == '+')
		return 1;
	return len > 2 && address[0] == '0' && address[1] == '0' ? 2 : 0;
}

static bool matches(const char *pattern, const char *digits, size_t count)
{
	size_t len = strlen(pattern), skip = past_prefix(pattern, len);
	bool open;

	pattern += skip;
	len -= skip;
	open = len > 0 && pattern[len - 1] == '*';
	len -= open;
	return (open ? len <= count : len == count) && memcmp(pattern, digits, len) == 0;
}

static bool listed(struct sms_numbers numbers, const char *digits, size_t count)
{
	for (size_t i = 0; i < numbers.count; i++)
		if (matches(numbers.patterns[i], digits, count))
			return true;
	return false;
}

bool sms_numbers_have(struct sms_numbers numbers, const char *digits)
{
	return listed(numbers, digits, strlen(digits));
}

static bool is_number(const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	return count > 0;
}

enum sms_sender sms_sender_check(const struct sms_rules *rules, uint8_t ton, const char *address, size_t len)
{
	size_t skip = past_prefix(address, len);
	const char *digits = address + skip;

	len -= skip;
	if (ton == TON_ALPHANUMERIC || !is_number(digits, len))
		return SMS_SENDER_NAME;
	if (listed(rules->test, digits, len))
		return SMS_SENDER_TEST;
	if (listed(rules->allow, digits, len))
		return SMS_SENDER_SERVED;
	if (listed(rules->deny, digits, len))
		return SMS_SENDER_DENIED;
	if (rules->only_allowed)
		return SMS_SENDER_NOT_ALLOWED;
	return len < rules->short_below ? SMS_SENDER_SHORT : SMS_SENDER_SERVED;
}
