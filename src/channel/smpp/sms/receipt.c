/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery receipts in words: "id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…". */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "channel/smpp/sms/short_message.h"

struct value {
	const char *text;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';' || c == '\0';
}

static const char *past_blanks(const char *pos, const char *end)
{
	while (pos < end && is_blank(*pos))
		pos++;
	return pos;
}

/* Skip \a name at \a pos and the blanks, ":" or "=" after it. NULL: \a name is not there. */
static const char *past_name(const char *pos, const char *end, const char *name)
{
	size_t len = strlen(name);

	if ((size_t)(end - pos) <= len || strncasecmp(pos, name, len) != 0)
		return NULL;
	pos += len;
	while (pos < end && *pos == ' ')
		pos++;
	return pos < end && (*pos == ':' || *pos == '=') ? pos + 1 : NULL;
}

/* The value at \a pos, up to the next blank. Empty if the next field's name is there. */
static struct value value_at(const char *pos, const char *end)
{
	struct value value;

	while (pos < end && *pos == ' ')
		pos++;
	value = (struct value){ .text = pos };
	while (pos < end && !is_blank(*pos) && *pos != ':')
		pos++;
	if (pos == end || *pos != ':')
		value.len = pos - value.text;
	return value;
}

/* The value of the field \a name, which begins a word. The subscriber's text, the last field, is not searched. */
static struct value field(const char *text, size_t len, const char *name)
{
	const char *end = text + len;

	for (const char *pos = past_blanks(text, end); pos < end; pos = past_blanks(pos, end)) {
		const char *after = past_name(pos, end, name);

		if (after)
			return value_at(after, end);
		if (past_name(pos, end, "text"))
			break;
		while (pos < end && !is_blank(*pos))
			pos++;
	}
	return (struct value){ .text = end };
}

/* Compare the first letters: vendors write DELIVRD, Delivered, UNDELIV, UNDELIVERABLE… */
static enum sms_state state_of(struct value value)
{
	static const struct { const char *word; enum sms_state state; } words[] = {
		{ "deliv", SMS_STATE_DELIVERED }, { "undeliv", SMS_STATE_UNDELIVERABLE },
		{ "expir", SMS_STATE_EXPIRED }, { "delet", SMS_STATE_DELETED }, { "accept", SMS_STATE_ACCEPTED },
		{ "reject", SMS_STATE_REJECTED }, { "unknown", SMS_STATE_UNKNOWN }, { "enrout", SMS_STATE_ENROUTE },
		{ "buffer", SMS_STATE_ENROUTE }, { "submit", SMS_STATE_ENROUTE }, { "fail", SMS_STATE_UNDELIVERABLE },
		{ "undlv", SMS_STATE_UNDELIVERABLE },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t len = strlen(words[i].word);

		if (value.len >= len && strncasecmp(value.text, words[i].word, len) == 0)
			return words[i].state;
	}
	return SMS_STATE_NONE;
}

/* Returns -1 if there is none or it is too long for a number. */
static int number_of(struct value value)
{
	int number = 0;

	if (value.len == 0 || value.len > 8)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if (value.text[i] < '0' || value.text[i] > '9')
			return -1;
		number = number * 10 + (value.text[i] - '0');
	}
	return number;
}

/* Dates have 10 or 12 digits, or 14 with a century. */
static uint64_t date_of(struct value value)
{
	uint64_t date = 0;

	if (value.len != 10 && value.len != 12 && value.len != 14)
		return 0;
	for (size_t i = value.len == 14 ? 2 : 0; i < value.len; i++) {
		if (value.text[i] < '0' || value.text[i] > '9')
			return 0;
		date = date * 10 + (uint64_t)(value.text[i] - '0');
	}
	return value.len == 10 ? date * 100 : date;
}

bool sms_receipt_read(struct sms_receipt *receipt, const char *text, size_t len)
{
	struct value id = field(text, len, "id"), stat = field(text, len, "stat");

	*receipt = (struct sms_receipt){
		.state = state_of(stat),
		.submitted = number_of(field(text, len, "sub")),
		.delivered = number_of(field(text, len, "dlvrd")),
		.error = number_of(field(text, len, "err")),
		.done = date_of(field(text, len, "done date")),
	};
	if (id.len && id.len <= SMS_ID_MAX)
		memcpy(receipt->id, id.text, id.len);
	return receipt->id[0] || stat.len > 0;
}

bool sms_state_final(enum sms_state state)
{
	return state >= SMS_STATE_DELIVERED && state != SMS_STATE_ACCEPTED;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool read_number(const char *id, unsigned int base, uint64_t *number)
{
	*number = 0;
	for (const char *pos = id; *pos; pos++) {
		unsigned int digit = (unsigned int)digit_value(*pos);

		if (digit >= base || *number > (UINT64_MAX - digit) / base)
			return false;
		*number = *number * base + digit;
	}
	return *id != '\0';
}

size_t sms_id_fold(const char *id, enum sms_id_base base, char *out)
{
	size_t len = strnlen(id, SMS_ID_MAX);
	uint64_t number;

	if (base != SMS_ID_TEXT && read_number(id, base == SMS_ID_HEX ? 16 : 10, &number))
		return (size_t)snprintf(out, SMS_ID_MAX + 1, "%llx", (unsigned long long)number);
	memcpy(out, id, len);
	out[len] = '\0';
	return len;
}
