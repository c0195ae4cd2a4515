/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The numbering plan of the configuration, and how it reaches the links (A16, A18). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "channel/smpp/smpp_ussd_settings.h"
#include "channel/smpp/sms_settings.h"
#include "daemon/settings.h"
#include "tests/cmocka.h"

#define LINKS "sms = { numbers = \"10086\"; };\nsmpp_ussd = { };\n"

struct read {
	struct configuration configuration;
	struct problems problems;
};

static void read_init(struct read *read, const char *numbering)
{
	char path[] = "/tmp/starhash-numbering-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	*read = (struct read){ .configuration.ctx = talloc_named_const(NULL, 0, "numbering test") };
	assert_non_null(file);
	fprintf(file, "menu = \"m\";\naccounts = \"a\";\n%s%s", LINKS, numbering);
	fclose(file);
	settings_read(&read->configuration, path, &read->problems);
	unlink(path);
}

static void read_fini(struct read *read)
{
	settings_fini(&read->configuration);
	problems_fini(&read->problems);
	talloc_free(read->configuration.ctx);
}

/* Links of both kinds read an address in the same way. */
static void normalizes(struct read *read, const char *address, const char *msisdn)
{
	for (unsigned int i = 0; i < read->configuration.links_count; i++) {
		const struct link *link = &read->configuration.links[i];
		const bool sms = !strcmp(link->kind->kind, "sms");
		const struct numbering_plan *plan = sms ? ((struct sms_settings *)link->settings)->plan
							: ((struct smpp_ussd_settings *)link->settings)->plan;
		char out[MSISDN_SIZE];

		number_normalize(plan, 0, 1, address, out);
		assert_string_equal(out, msisdn);
	}
}

static void numbering__A16_absent__only_international_numbers(void **state)
{
	struct read read;

	read_init(&read, "");
	assert_int_equal(read.problems.count, 0);
	assert_int_equal(read.configuration.links_count, 2);
	normalizes(&read, "8613800138000", "8613800138000");
	normalizes(&read, "008613800138000", "8613800138000");
	normalizes(&read, "013800138000", "");
	normalizes(&read, "2001", "");
	read_fini(&read);
}

static void numbering__A16_given__each_link_has_it(void **state)
{
	struct read read;

	read_init(&read, "numbering = { country = \"7\"; national_prefix = \"8\"; international_prefix = \"810\";\n"
			 "numbers = \"7:11 86:13\"; short = \"2:4\"; };\n");
	assert_int_equal(read.problems.count, 0);
	normalizes(&read, "89161234567", "79161234567");
	normalizes(&read, "8108613800138000", "8613800138000");
	normalizes(&read, "2001", "2001");
	normalizes(&read, "3001", "");
	read_fini(&read);
}

static void numbering__A16_invalid__reported(void **state)
{
	static const struct { const char *text, *problem; } rows[] = {
		{ "numbering = { country = \"1234\"; };", "country is \"1234\", but must be at most 3 digits" },
		{ "numbering = { country = \"+86\"; };", "country is \"+86\"" },
		{ "numbering = { country = \"0\"; };", "country codes do not begin with 0" },
		{ "numbering = { national_prefix = \"x\"; };", "national_prefix is \"x\"" },
		{ "numbering = { international_prefix = \"12345678\"; };", "at most 7 digits" },
		{ "numbering = { numbers = \"86:13 44:\"; };", "numbers: \"44:\" is not" },
		{ "numbering = { short = \"3-6 16\"; };", "short: \"16\" is not" },
		{ "numbering = { numbers = \"\"; };", "numbers" },
		{ "numbering = { lengths = \"7\"; };", "lengths" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct read read;

		print_message("%s\n", rows[i].text);
		read_init(&read, rows[i].text);
		assert_int_equal(read.problems.count, 1);
		assert_non_null(strstr(read.problems.list[0].text, rows[i].problem));
		read_fini(&read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbering__A16_absent__only_international_numbers),
		cmocka_unit_test(numbering__A16_given__each_link_has_it),
		cmocka_unit_test(numbering__A16_invalid__reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
