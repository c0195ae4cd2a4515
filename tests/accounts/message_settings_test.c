/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The group "messages" of the configuration. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "accounts/message_settings.h"
#include "starhash/conf.h"
#include "tests/cmocka.h"

struct read {
	void *ctx;
	struct accounts_settings settings;
	struct problems problems;
};

static unsigned int index_of(const char *kind)
{
	return notification_kind_index(notification_kind_find(kind, strlen(kind)));
}

/* \a text NULL: there is no such group. */
static struct read read_text(const char *text)
{
	struct read read = { .ctx = talloc_named_const(NULL, 0, "messages test") };
	char path[] = "/tmp/starhash-messages-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct conf_file *loaded;

	assert_non_null(file);
	if (text)
		fprintf(file, "messages = {\n%s\n};\n", text);
	fclose(file);
	loaded = conf_file_load(path, &read.problems);
	unlink(path);
	assert_non_null(loaded);
	messages_read(read.ctx, setting_get(conf_file_root(loaded), "messages"), &read.settings, &read.problems);
	conf_file_free(loaded);
	return read;
}

static void read_free(struct read *read)
{
	problems_fini(&read->problems);
	talloc_free(read->ctx);
}

static void messages__no_group__defaults(void **state)
{
	struct read read = read_text(NULL);
	const struct message_settings *settings = read.settings.messages;

	assert_int_equal(read.problems.count, 0);
	assert_int_equal(settings->quiet_from, 21 * 60);
	assert_int_equal(settings->quiet_until, 8 * 60);
	assert_int_equal(settings->daily_max, 3);
	assert_int_equal(settings->rate, 50);
	assert_memory_equal(read.settings.message_rules, &message_rules_default, sizeof(message_rules_default));
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		assert_int_equal(settings->kinds[i].priority, notification_kinds[i].priority);
		assert_int_equal(settings->kinds[i].quiet, notification_kinds[i].quiet);
		assert_int_equal(settings->kinds[i].counts, notification_kinds[i].capped);
	}
	read_free(&read);
}

static void messages__all_set__reach_the_scheduler_and_the_store(void **state)
{
	struct read read = read_text("quiet_from = \"22:30\"; quiet_until = \"07:15\"; daily_max = 2; rate = 500; low_balance = 500L;\n"
				     "fees_day = 12; remind_days = 3; order_answer_h = 48; first_purchase = \"service\";\n"
				     "kinds = ( { kind = \"balance_low\"; priority = 2; quiet = false; expires_h = 36; },\n"
				     "{ kind = \"trial_ended\"; counts = true; }, { kind = \"purchase\"; priority = 0; },\n"
				     "{ kind = \"suspension_planned\"; priority = 0; } );");
	const struct message_settings *settings = read.settings.messages;
	const struct message_rules *rules = read.settings.message_rules;
	struct account_rules account_rules;

	assert_int_equal(read.problems.count, 0);
	assert_int_equal(settings->quiet_from, 22 * 60 + 30);
	assert_int_equal(settings->quiet_until, 7 * 60 + 15);
	assert_int_equal(settings->daily_max, 2);
	assert_int_equal(settings->rate, 500);
	assert_int_equal(settings->kinds[index_of("balance_low")].priority, 2);
	assert_false(settings->kinds[index_of("balance_low")].quiet);
	assert_true(settings->kinds[index_of("trial_ended")].counts);
	assert_true(settings->kinds[index_of("trial_ended")].quiet);
	assert_false(settings->kinds[index_of("suspension_planned")].quiet);
	assert_int_equal(rules->low_balance, 500);
	assert_int_equal(rules->fees_day, 12);
	assert_int_equal(rules->remind_days, 3);
	assert_int_equal(rules->order_answer_s, 48 * 3600);
	assert_true(rules->purchase_of_service);
	assert_int_equal(rules->expires_s[index_of("balance_low")], 36 * 3600);
	assert_int_equal(rules->expires_s[index_of("trial_ended")], 0);
	assert_null(account_rules_read(&account_rules, 3, NULL, NULL, rules));
	assert_memory_equal(&account_rules.messages, rules, sizeof(*rules));
	assert_null(account_rules_read(&account_rules, 3, NULL, NULL, NULL));
	assert_memory_equal(&account_rules.messages, &message_rules_default, sizeof(*rules));
	read_free(&read);
}

static void messages__wrong_values__reported_with_their_lines(void **state)
{
	static const struct {
		const char *text;
		const char *problem;
		unsigned int line;
	} table[] = {
		{ "quiet_from = \"24:00\";", "quiet_from is \"24:00\", but must be a time from 00:00 to 23:59", 2 },
		{ "\nquiet_until = \"7:30\";", "quiet_until is \"7:30\", but must be", 3 },
		{ "quiet_until = \"12:60\";", "quiet_until is", 2 },
		{ "remind_days = 1;", "remind_days", 2 },
		{ "fees_day = 10;", "fees_day", 2 },
		{ "order_answer_h = 169;", "order_answer_h", 2 },
		{ "kinds = { kind = \"weather\"; };", "unknown kind of message \"weather\"", 2 },
		{ "kinds = { kind = \"unanswered\"; };", "unknown kind of message \"unanswered\"", 2 },
		{ "kinds = (\n{ kind = \"purchase\";\ncounts = true; } );", "\"purchase\" must not wait for another day", 4 },
		{ "kinds = { kind = \"information_fees\"; counts = true; };", "\"information_fees\" must not wait for another day", 2 },
		{ "kinds = { kind = \"suspension_planned\"; counts = true; };", "\"suspension_planned\" must not wait", 2 },
		{ "kinds = { kind = \"validity_ending\"; counts = true; };", "\"validity_ending\" must not wait", 2 },
		{ "kinds = { kind = \"balance_low\"; counts = true; };", "\"balance_low\" must not wait", 2 },
		{ "kinds = { kind = \"order_completed\"; quiet = true; };", "has priority 0, which nothing delays", 2 },
		{ "kinds = { kind = \"trial_ended\"; priority = 0;\ncounts = true; };", "has priority 0, which nothing delays", 3 },
		{ "kinds = { kind = \"trial_ended\"; priority = 4; };", "priority", 2 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct read read = read_text(table[i].text);

		assert_int_equal(read.problems.count, 1);
		assert_non_null(strstr(read.problems.list[0].text, table[i].problem));
		assert_int_equal(read.problems.list[0].line, table[i].line);
		read_free(&read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages__no_group__defaults),
		cmocka_unit_test(messages__all_set__reach_the_scheduler_and_the_store),
		cmocka_unit_test(messages__wrong_values__reported_with_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
