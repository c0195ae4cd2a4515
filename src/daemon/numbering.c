/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The numbering plan of all links. */
#include <stddef.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "daemon/numbering.h"

struct numbering {
	const char *country, *national_prefix, *international_prefix, *numbers, *shorts;
};

#define AT(member) offsetof(struct numbering, member)
const struct conf_row numbering_rows[] = {
	{ "country", CONF_STRING, AT(country), .fallback = "",
	  .help = "our country code, such as 86; without it, numbers in national form are refused" },
	{ "national_prefix", CONF_STRING, AT(national_prefix), .fallback = "0",
	  .help = "dialled before national numbers; empty: none" },
	{ "international_prefix", CONF_STRING, AT(international_prefix), .fallback = "00",
	  .help = "prefix dialled before international numbers" },
	{ "numbers", CONF_STRING, AT(numbers), .fallback = "7-15", .min = 1,
	  .help = "subscribers' international numbers: number of digits, or PREFIX:DIGITS including the prefix, such as \"86:13 852:11\"; "
	  "all others are refused" },
	{ "short", CONF_STRING, AT(shorts), .fallback = "",
	  .help = "subscribers' numbers in a private network, in the same form, such as \"2:4 31:5-6\" or \"3-6\"; they are used as "
	  "they are" },
	{}
};
#undef AT

static void read_digits(char *out, size_t size, const struct setting *group, const char *name, const char *digits,
			struct problems *problems)
{
	if (strlen(digits) >= size || digits[strspn(digits, "0123456789")])
		problems_add(problems, setting_at(group, name), "%s is \"%s\", but must be at most %zu digits", name, digits,
			     size - 1);
	else
		osmo_strlcpy(out, digits, size);
}

static void read_rules(struct number_rules *rules, const struct setting *group, const char *name, const char *words,
		       struct problems *problems)
{
	const char *wrong = number_rules_read(rules, words);

	if (wrong)
		problems_add(problems, setting_at(group, name), "%s: \"%.*s\" is not DIGITS, LEAST-MOST or PREFIX:DIGITS (up to "
			     "15 digits), or more than %d of them", name, (int)strcspn(wrong, " "), wrong, NUMBER_RULES);
}

void numbering_read(const struct setting *group, struct numbering_plan *plan, struct problems *problems)
{
	const size_t before = problems->errors;
	struct numbering numbering;

	*plan = numbering_default;
	if (!group)
		return;
	conf_read(group, numbering_rows, &numbering, problems);
	if (problems->errors > before)
		return;
	read_digits(plan->country, sizeof(plan->country), group, "country", numbering.country, problems);
	read_digits(plan->national_prefix, sizeof(plan->national_prefix), group, "national_prefix",
		    numbering.national_prefix, problems);
	read_digits(plan->international_prefix, sizeof(plan->international_prefix), group, "international_prefix",
		    numbering.international_prefix, problems);
	read_rules(&plan->numbers, group, "numbers", numbering.numbers, problems);
	read_rules(&plan->shorts, group, "short", numbering.shorts, problems);
	if (*plan->country == '0')
		problems_add(problems, setting_at(group, "country"), "country codes do not begin with 0");
}
