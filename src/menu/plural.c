/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Plural rules: the cardinal categories of Unicode CLDR 42 for whole numbers. */
#include <string.h>

#include "menu/tree.h"

static unsigned int form_none(uint64_t n)
{
	return 0;
}

static unsigned int form_one_other(uint64_t n)
{
	return n != 1;
}

static unsigned int form_french(uint64_t n)
{
	return n > 1;
}

static unsigned int form_slavic(uint64_t n)
{
	const unsigned int ten = n % 10, hundred = n % 100;

	if (ten == 1 && hundred != 11)
		return 0;
	return ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14) ? 1 : 2;
}

static unsigned int form_polish(uint64_t n)
{
	return n == 1 ? 0 : n % 10 == 1 ? 2 : form_slavic(n);
}

static unsigned int form_czech(uint64_t n)
{
	return n == 1 ? 0 : n >= 2 && n <= 4 ? 1 : 2;
}

static unsigned int form_arabic(uint64_t n)
{
	const unsigned int hundred = n % 100;

	if (n <= 2)
		return n;
	if (hundred >= 3 && hundred <= 10)
		return 3;
	return hundred >= 11 ? 4 : 5;
}

static const struct {
	struct plural_rule rule;
	const char *languages;
} rules[] = {
	{ { "one_other", 2, form_one_other }, " en de es it nl sv da nb no fi el he hu tr bg ca et sw ur so " },
	{ { "none", 1, form_none }, " zh ja ko th vi id ms lo km my " },
	{ { "french", 2, form_french }, " fr hi bn fa gu am zu pt hy " },
	{ { "slavic", 3, form_slavic }, " ru uk be sr hr bs " },
	{ { "polish", 3, form_polish }, " pl " },
	{ { "czech", 3, form_czech }, " cs sk " },
	{ { "arabic", 6, form_arabic }, " ar " },
};

#define RULES_COUNT (sizeof(rules) / sizeof(rules[0]))

static bool lists(const char *languages, const char *language)
{
	const size_t len = strcspn(language, "-_");
	const char *at = languages;

	while (len && (at = strstr(at, " "))) {
		at++;
		if (!strncmp(at, language, len) && at[len] == ' ')
			return true;
	}
	return false;
}

const struct plural_rule *plural_rule_for(const char *language)
{
	size_t i;

	for (i = 0; i < RULES_COUNT; i++)
		if (lists(rules[i].languages, language))
			return &rules[i].rule;
	return &rules[0].rule;
}

const struct plural_rule *plural_rule_named(const char *name)
{
	size_t i;

	for (i = 0; i < RULES_COUNT; i++)
		if (!strcmp(rules[i].rule.name, name))
			return &rules[i].rule;
	return NULL;
}
