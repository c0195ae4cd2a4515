/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Secret files: where systemd puts them, who may read them, and what --check reports. A31, A38. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "starhash/conf.h"
#include "tests/cmocka.h"

struct sample {
	const char *password, *key;
};

static const struct conf_row rows[] = {
	{ .name = "password_file", .type = CONF_SECRET, .offset = offsetof(struct sample, password), .help = "a password" },
	{ .name = "key_file", .type = CONF_SECRET, .offset = offsetof(struct sample, key), .made = true, .help = "a key" },
	{ .name = NULL },
};

struct fixture {
	char folder[64];
	struct conf_file *file;
	struct sample sample;
	struct problems problems;
};

static const char *path_of(const struct fixture *fix, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", fix->folder, name);
	return path;
}

static void write_file(const struct fixture *fix, const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(path_of(fix, name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path_of(fix, name), mode), 0);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	strcpy(fix->folder, "/tmp/starhash-secret-XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	assert_int_equal(mkdir(path_of(fix, "secrets"), 0700), 0);
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "secrets/smsc", "secret_smsc", "smsc", "password", "cfg" };
	struct fixture *fix = *state;
	size_t i;

	problems_fini(&fix->problems);
	conf_file_free(fix->file);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(path_of(fix, names[i]));
	rmdir(path_of(fix, "secrets"));
	assert_int_equal(rmdir(fix->folder), 0);
	free(fix);
	return 0;
}

static void read_settings(struct fixture *fix, const char *text)
{
	write_file(fix, "cfg", text, 0644);
	fix->file = conf_file_load(path_of(fix, "cfg"), &fix->problems);
	assert_non_null(fix->file);
	conf_read(conf_file_root(fix->file), rows, &fix->sample, &fix->problems);
}

static void check(struct fixture *fix, uid_t reader)
{
	conf_files_check(conf_file_root(fix->file), rows, &fix->sample, reader, &fix->problems);
}

static void assert_problem(struct fixture *fix, const char *text)
{
	assert_int_equal(fix->problems.count, 1);
	if (!strstr(fix->problems.list[0].text, text))
		fail_msg("\"%s\" is not in: %s", text, fix->problems.list[0].text);
	assert_int_equal(fix->problems.list[0].line, 1);
}

/* ---- credentials ---- */

static void secret__credential_without_systemd__beside_the_configuration_A31(void **state)
{
	struct fixture *fix = *state;

	write_file(fix, "secrets/smsc", "sesame\n", 0600);
	read_settings(fix, "password_file = \"credential:smsc\";");
	assert_string_equal(fix->sample.password, path_of(fix, "secrets/smsc"));
	check(fix, getuid());
	assert_int_equal(fix->problems.count, 0);
}

static void secret__credential__where_systemd_put_it_A31(void **state)
{
	static const char *const names[] = { "smsc", "secret_smsc" };
	struct fixture *fix = *state;
	char secret[16];
	size_t i;

	setenv("CREDENTIALS_DIRECTORY", fix->folder, 1);
	for (i = 0; i < 2; i++) {
		write_file(fix, names[i], "sesame\n", 0400);
		read_settings(fix, "password_file = \"credential:smsc\";");
		assert_string_equal(fix->sample.password, path_of(fix, names[i]));
		assert_int_equal(conf_secret_read(fix->sample.password, secret, sizeof(secret)), 0);
		assert_string_equal(secret, "sesame");
		assert_int_equal(fix->problems.count, 0);
		unlink(path_of(fix, names[i]));
		conf_file_free(fix->file);
		fix->file = NULL;
	}
}

/* The mask of an access list appears as the group's bits. */
static void secret__credential_with_an_access_list__is_read_A31(void **state)
{
	struct fixture *fix = *state;
	char secret[16];

	write_file(fix, "smsc", "sesame\n", 0440);
	assert_int_equal(conf_secret_read(path_of(fix, "smsc"), secret, sizeof(secret)), -EPERM);
	setenv("CREDENTIALS_DIRECTORY", fix->folder, 1);
	assert_int_equal(conf_secret_read(path_of(fix, "smsc"), secret, sizeof(secret)), 0);
	assert_int_equal(chmod(path_of(fix, "smsc"), 0444), 0);
	assert_int_equal(conf_secret_read(path_of(fix, "smsc"), secret, sizeof(secret)), -EPERM);
	write_file(fix, "secrets/smsc", "sesame\n", 0440);
	assert_int_equal(conf_secret_read(path_of(fix, "secrets/smsc"), secret, sizeof(secret)), -EPERM);
}

static void secret__credential_that_is_a_path__is_refused_A31(void **state)
{
	struct fixture *fix = *state;

	read_settings(fix, "password_file = \"credential:../shadow\";");
	assert_problem(fix, "is not the name of a credential");
}

/* ---- --check ---- */

static void check__each_state_of_a_secret__reported_A38(void **state)
{
	static const struct { const char *text; mode_t mode; uid_t reader; const char *problem; } rows_of[] = {
		{ "sesame\n", 0600, 0, NULL },
		{ "sesame\n", 0400, 0, NULL },
		{ "sesame\n", 0644, 0, "gives others access" },
		{ "sesame\n", 0640, 0, "gives others access" },
		{ "", 0600, 0, "is empty" },
		{ NULL, 0, 0, "No such file" },
		{ "sesame\n", 0600, 54321, "the daemon's user 54321 cannot read it" },
	};
	struct fixture *fix = *state;
	size_t i;

	for (i = 0; i < sizeof(rows_of) / sizeof(*rows_of); i++) {
		if (rows_of[i].text)
			write_file(fix, "password", rows_of[i].text, rows_of[i].mode);
		read_settings(fix, "password_file = \"password\";");
		check(fix, rows_of[i].reader);
		if (rows_of[i].problem)
			assert_problem(fix, rows_of[i].problem);
		else
			assert_int_equal(fix->problems.count, 0);
		problems_fini(&fix->problems);
		conf_file_free(fix->file);
		fix->file = NULL;
		unlink(path_of(fix, "password"));
	}
}

static void check__key_made_by_the_daemon__may_be_missing_A38(void **state)
{
	struct fixture *fix = *state;

	read_settings(fix, "key_file = \"password\";");
	check(fix, 0);
	assert_int_equal(fix->problems.count, 0);
	write_file(fix, "password", "key", 0644);
	check(fix, 0);
	assert_problem(fix, "gives others access");
}

static void secret__loaded_as_a_whole__or_not_at_all(void **state)
{
	const struct fixture *fix = *state;
	char text[8];

	write_file(fix, "password", "a\nb\n\n.\n", 0600);
	assert_int_equal(conf_secret_load(path_of(fix, "password"), text, 8), 7);
	assert_string_equal(text, "a\nb\n\n.\n");
	assert_int_equal(conf_secret_load(path_of(fix, "password"), text, 7), -EFBIG);
	assert_int_equal(chmod(path_of(fix, "password"), 0640), 0);
	assert_int_equal(conf_secret_load(path_of(fix, "password"), text, 8), -EPERM);
	assert_int_equal(conf_secret_load(path_of(fix, "nowhere"), text, 8), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(secret__credential_without_systemd__beside_the_configuration_A31),
		TEST(secret__credential__where_systemd_put_it_A31),
		TEST(secret__credential_with_an_access_list__is_read_A31),
		TEST(secret__credential_that_is_a_path__is_refused_A31),
		TEST(check__each_state_of_a_secret__reported_A38),
		TEST(check__key_made_by_the_daemon__may_be_missing_A38),
		TEST(secret__loaded_as_a_whole__or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
