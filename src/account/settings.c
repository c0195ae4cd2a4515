/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parsing the settings of locks and retention, and the rules about messages as the daemon passes them to starhash-data. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/account.h"

#define NUMBER_MAX (1000 * INT64_C(366) * 86400)
#define WORD_SIZE 24

/* The next word of a text, truncated to the size of \a word; false at the end. */
static bool word_next(const char **text, char word[static WORD_SIZE])
{
	size_t len;

	*text += strspn(*text, " \t");
	len = strcspn(*text, " \t");
	if (!len)
		return false;
	memset(word, 0, WORD_SIZE);
	memcpy(word, *text, len < WORD_SIZE ? len : WORD_SIZE - 1);
	*text += len;
	return true;
}

static bool word_number(const char *word, int64_t max, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(word, &end, 10);
	return !errno && end > word && !*end && *number > 0 && *number <= max;
}

static bool locks_read(struct password_rules *rules, const char *text)
{
	char word[WORD_SIZE];

	while (text && word_next(&text, word)) {
		if (rules->locks == PASSWORD_LOCKS_MAX || !word_number(word, NUMBER_MAX, &rules->lock_s[rules->locks]))
			return false;
		rules->locks++;
	}
	return true;
}

static bool retention_read(struct account_rules *rules, const char *text)
{
	char word[WORD_SIZE];
	enum retention kind;

	while (text && word_next(&text, word)) {
		for (kind = 0; kind < RETENTION_KINDS && strcmp(retention_name(kind), word); kind++)
			;
		if (kind == RETENTION_KINDS || !word_next(&text, word) || !word_number(word, NUMBER_MAX, &rules->retention_days[kind]))
			return false;
	}
	return true;
}

const struct message_rules message_rules_default = {
	.fees_day = 11, .remind_days = 2, .order_answer_s = 86400,
	.survey_percent = 10, .survey_pause_days = 90,
};

const char *account_rules_read(struct account_rules *rules, unsigned int password_tries, const char *delays, const char *retention,
			       const struct message_rules *messages)
{
	memset(rules, 0, sizeof(*rules));
	rules->password.attempts_max = password_tries;
	rules->messages = messages ? *messages : message_rules_default;
	rules->tickets = ticket_rules_default;
	for (enum retention kind = 0; kind < RETENTION_KINDS; kind++)
		rules->retention_days[kind] = retention_days(kind);
	if (!locks_read(&rules->password, delays))
		return "password_delays must be up to 16 numbers of seconds, separated by blanks";
	if (!retention_read(rules, retention))
		return "retention must be a list of consents, orders, notifications, replays, vanished, tickets or messages, each with a "
		       "number of days";
	return NULL;
}

#define AMOUNT_MAX INT64_C(1000000000000)
#define PURCHASE_OF_SERVICE "purchase_of_service"

static const struct {
	const char *name;
	size_t offset;
	int64_t max;
} numbers[] = {
	{ "low_balance", offsetof(struct message_rules, low_balance), AMOUNT_MAX },
	{ "fees_day", offsetof(struct message_rules, fees_day), 28 },
	{ "remind_days", offsetof(struct message_rules, remind_days), 30 },
	{ "order_answer_s", offsetof(struct message_rules, order_answer_s), 604800 },
};

#define NUMBERS (sizeof(numbers) / sizeof(*numbers))

void message_rules_print(const struct message_rules *rules, char out[static MESSAGE_RULES_SIZE])
{
	char *at = out;

	for (size_t i = 0; i < NUMBERS; i++) {
		const int64_t number = *(const int64_t *)((const char *)rules + numbers[i].offset);

		if (number)
			at += snprintf(at, MESSAGE_RULES_SIZE - (size_t)(at - out), "%s %" PRId64 " ", numbers[i].name, number);
	}
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		if (rules->expires_s[i])
			at += snprintf(at, MESSAGE_RULES_SIZE - (size_t)(at - out), "%s %" PRId64 " ", notification_kinds[i].name,
				       rules->expires_s[i]);
	}
	snprintf(at, MESSAGE_RULES_SIZE - (size_t)(at - out), "%s", rules->purchase_of_service ? PURCHASE_OF_SERVICE " 1" : "");
}

bool message_rules_read(struct message_rules *rules, const char *text)
{
	char name[WORD_SIZE], word[WORD_SIZE];
	int64_t number;

	while (word_next(&text, name)) {
		const struct notification_kind *kind = notification_kind_find(name, strlen(name));
		size_t i = 0;

		while (i < NUMBERS && strcmp(numbers[i].name, name))
			i++;
		if (!word_next(&text, word) || !word_number(word, i < NUMBERS ? numbers[i].max : kind ? NUMBER_MAX : 1, &number))
			return false;
		if (kind)
			rules->expires_s[notification_kind_index(kind)] = number;
		else if (i < NUMBERS)
			*(int64_t *)((char *)rules + numbers[i].offset) = number;
		else if (strcmp(name, PURCHASE_OF_SERVICE))
			return false;
		else
			rules->purchase_of_service = true;
	}
	return true;
}
