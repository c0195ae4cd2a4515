/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the settings say about locks, billing and retention. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/accounts.h"
#include "store/sqlite/rules.h"

#define NUMBER_MAX (1000 * INT64_C(366) * 86400)
#define WORD_SIZE 24

/* How long it is kept when nobody says so, in days. */
static const struct {
	const char *name;
	int64_t days;
} kinds[KEPT_KINDS] = {
	[KEPT_LEDGER] = { "ledger", 1825 },
	[KEPT_ORDERS] = { "orders", 400 },
	[KEPT_NOTICES] = { "notices", 7 },
	[KEPT_CHANGES] = { "changes", 7 },
	[KEPT_VANISHED] = { "vanished", 30 },
};

/* The next word of a text, cut to \a word; false at the end. */
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

static bool word_number(const char *word, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(word, &end, 10);
	return !errno && end > word && !*end && *number > 0 && *number <= NUMBER_MAX;
}

static bool locks_read(struct password_rules *rules, const char *text)
{
	char word[WORD_SIZE];

	while (text && word_next(&text, word)) {
		if (rules->locks == PASSWORD_LOCKS_MAX || !word_number(word, &rules->lock_s[rules->locks]))
			return false;
		rules->locks++;
	}
	return true;
}

static enum kept kept_by_name(const char *name)
{
	enum kept kept = 0;

	while (kept < KEPT_KINDS && strcmp(kinds[kept].name, name))
		kept++;
	return kept;
}

static bool retention_read(struct rules *rules, const char *text)
{
	char word[WORD_SIZE];
	enum kept kept;

	while (text && word_next(&text, word)) {
		kept = kept_by_name(word);
		if (kept == KEPT_KINDS || !word_next(&text, word) || !word_number(word, &rules->kept_days[kept]))
			return false;
	}
	return true;
}

const char *rules_read(struct rules *rules, const struct accounts_settings *settings)
{
	memset(rules, 0, sizeof(*rules));
	rules->password.attempts_max = settings->password_tries;
	rules->billing = settings->billing;
	rules->node = settings->node;
	for (enum kept kept = 0; kept < KEPT_KINDS; kept++)
		rules->kept_days[kept] = kinds[kept].days;
	if (!locks_read(&rules->password, settings->password_delays))
		return "the delays of password locks are up to 16 numbers of seconds between blanks";
	if (!retention_read(rules, settings->retention))
		return "retention is a list of ledger, orders, notices, changes or vanished, each with a number of days";
	return NULL;
}

const char *kept_name(enum kept kept)
{
	return kinds[kept].name;
}
