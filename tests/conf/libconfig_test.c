/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What libconfig accepts, with the same names, types and values: for each menu of the tree and its texts, and for values of every kind. */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "starhash/conf.h"
#include "tests/cmocka.h"

static const char *plain(const char *name)
{
	return name && name[0] == '*' && name[1] >= '0' && name[1] <= '9' ? name + 1 : name;
}

static void compare(const struct setting *ours, const config_setting_t *theirs)
{
	const char *name = plain(config_setting_name(theirs));
	const struct setting *child = ours->child;

	assert_int_equal(!ours->name, !name);
	if (name)
		assert_string_equal(ours->name, name);
	switch (config_setting_type(theirs)) {
	case CONFIG_TYPE_STRING:
		assert_int_equal(ours->type, SETTING_STRING);
		assert_string_equal(ours->string, config_setting_get_string(theirs));
		break;
	case CONFIG_TYPE_FLOAT:
		assert_int_equal(ours->type, SETTING_FLOAT);
		assert_true(ours->real == config_setting_get_float(theirs));
		break;
	case CONFIG_TYPE_BOOL:
		assert_int_equal(ours->type, SETTING_BOOL);
		assert_int_equal(ours->number, config_setting_get_bool(theirs));
		break;
	case CONFIG_TYPE_GROUP:
		assert_int_equal(ours->type, SETTING_GROUP);
		break;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		assert_int_equal(ours->type, SETTING_LIST);
		break;
	default:
		assert_int_equal(ours->type, SETTING_INT);
		assert_int_equal(ours->number, config_setting_get_int64(theirs));
	}
	for (int i = 0; config_setting_is_aggregate(theirs) && i < config_setting_length(theirs); i++, child = child->next) {
		assert_non_null(child);
		compare(child, config_setting_get_elem(theirs, i));
	}
	assert_null(child);
}

static void check_file(const char *path)
{
	struct problems problems = { 0 };
	struct conf_file *file = conf_file_load(path, &problems);
	config_t config;
	size_t len;
	char *text;

	assert_non_null(file);
	config_init(&config);
	text = conf_file_take_text(file, &len);
	assert_int_equal(config_read_string(&config, text), CONFIG_TRUE);
	free(text);
	compare(conf_file_root(file), config_root_setting(&config));
	config_destroy(&config);
	conf_file_free(file);
	problems_fini(&problems);
}

static void settings__menus__as_libconfig_reads_them(void **state)
{
	const char *source = getenv("srcdir");
	char command[256], path[256];
	unsigned int count = 0;
	FILE *list;

	snprintf(command, sizeof(command), "find %s/menus %s/contrib %s/tests/bench -name '*.cfg'", source, source, source);
	list = popen(command, "r");
	assert_non_null(list);
	while (fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = '\0';
		if (strstr(path, "/activated."))
			continue;	/* included by others, within a list */
		check_file(path);
		count++;
	}
	assert_int_equal(pclose(list), 0);
	assert_true(count > 30);
}

static void settings__values_of_every_kind__as_libconfig_reads_them(void **state)
{
	static const char *const values[] = {
		"0", "-1", "+7", "012", "2147483647", "-2147483648", "4294967296L", "9223372036854775807LL", "0x1F", "0X7fffffffL",
		"1.5", "-.5", "5.", "1e5", "-2.5E-3", "true", "FALSE", "TrUe", "\"\"", "\"a\"", "\"a\" \"b\"\n\"c\"",
		"\"\\\"q\\\" \\\\ \\n\\r\\t\\f \\a \\x41\\x4g\\x\"", "\"two\nlines\"", "\"back\\\nslash\"", "\"漢字 ê\"",
		"{}", "()", "[]", "[ 1, -2, 3 ]", "[ \"a\", \"b\" ]", "[ true, false ]", "[ 1.0, 2.5 ]",
		"( 1, \"a\", 2.5, true, { b = 1; }, ( 2 ), [ 3 ] )", "{ a = 1, b : 2; *5c = \"x\" }",
	};
	char path[] = "/tmp/starhash-libconfig-XXXXXX";
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[256];
		const int len = snprintf(text, sizeof(text), "before = 1;\nvalue = %s;\nafter : %s\n", values[i], values[i]);

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, text, len, 0), len);
		check_file(path);
	}
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings__menus__as_libconfig_reads_them),
		cmocka_unit_test(settings__values_of_every_kind__as_libconfig_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
