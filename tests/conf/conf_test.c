/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files: each golden/NAME.in must give exactly the output in golden/NAME.ok. Names "rows-…" are read by the
 * table of rows below; for the others the tree is printed. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/source.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "tests/cmocka.h"

struct sample {
	const char *name, *file, *mode;
	long long count, big;
	bool active;
	const struct setting *inner, *links;
};

#define ROW(row_name, row_type, ...) \
	{ .name = #row_name, .type = row_type, .offset = offsetof(struct sample, row_name), __VA_ARGS__ }

static const struct conf_row inner_rows[] = {
	{ "depth", CONF_UINT, 0, 1, 9, .required = true, .unit = "s", .scale = 1000, .help = "How deep it is" },
	{ 0 }
};

static const struct conf_row sample_rows[] = {
	ROW(name, CONF_STRING, .required = true, .min = 1, .help = "Name of the sample"),
	ROW(count, CONF_INT, .max = 16, .fallback = "4", .unit = "ms", .reload = CONF_LIVE, .help = "How many there are"),
	ROW(big, CONF_INT, .max = 5000000000, .fallback = "4294967296", .help = "More than 32 bits"),
	ROW(active, CONF_BOOL, .fallback = "true", .help = "Whether it is in use"),
	ROW(file, CONF_PATH, .fallback = "sample.db", .help = "Where it is stored"),
	ROW(mode, CONF_CHOICE, .choices = "slow fast", .fallback = "slow", .help = "How it goes"),
	ROW(inner, CONF_GROUP, .group = inner_rows, .help = "More of it"),
	ROW(links, CONF_GROUPS, .help = "Where it leads"),
	{ 0 }
};

static void print_problems(const struct problems *problems, FILE *out)
{
	char line[512];
	size_t i;

	for (i = 0; i < problems->count; i++) {
		problem_print(&problems->list[i], line, sizeof(line));
		fputs(line, out);
	}
}

static void print_tree(const struct setting *at, int depth, FILE *out)
{
	const struct setting *child;

	fprintf(out, "%s:%u: %*s%s: %s", at->file, at->line, 2 * depth, "", at->name ? at->name : "-",
		setting_type_name(at->type));
	if (at->type == SETTING_STRING)
		fprintf(out, " [%s]", at->string);
	else if (at->type == SETTING_INT || at->type == SETTING_BOOL)
		fprintf(out, " %lld", at->number);
	else if (at->type == SETTING_FLOAT)
		fprintf(out, " %g", at->real);
	fputc('\n', out);
	for (child = at->child; child; child = child->next)
		print_tree(child, depth + 1, out);
}

static void print_sample(const struct sample *sample, FILE *out)
{
	fprintf(out, "name %s, count %lld, big %lld, active %d, file %s, mode %s, inner %zu, links %zu\n", sample->name,
		sample->count, sample->big, sample->active, sample->file, sample->mode, setting_count(sample->inner),
		setting_count(sample->links));
}

static void print_file(const char *path, FILE *out)
{
	struct problems problems = { 0 };
	struct conf_file *file = conf_file_load(path, &problems);
	struct sample sample;

	if (file && strncmp(path, "rows-", 5) == 0)
		conf_read(conf_file_root(file), sample_rows, &sample, &problems);
	problems_sort(&problems);
	print_problems(&problems, out);
	if (file && strncmp(path, "rows-", 5) != 0)
		print_tree(conf_file_root(file), 0, out);
	else if (file && problems.count == 0)
		print_sample(&sample, out);
	problems_fini(&problems);
	conf_file_free(file);
}

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fwrite(text, 1, len, file);
	fclose(file);
}

static void read_expected(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	out[fread(out, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void check_golden(const char *name)
{
	char ok[256], expected[8192], *shown = NULL;
	size_t shown_len = 0;
	FILE *out = open_memstream(&shown, &shown_len);

	snprintf(ok, sizeof(ok), "%.*s.ok", (int)(strlen(name) - strlen(".in")), name);
	print_file(name, out);
	fclose(out);
	read_expected(ok, expected, sizeof(expected));
	if (strcmp(shown, expected) != 0)
		print_error("%s gives:\n%s", name, shown);
	assert_string_equal(shown, expected);
	free(shown);
}

/* A zero octet ends its string, but not those that follow it. */
static void source_read__strings_side_by_side__joined_in_little_memory(void **state)
{
	char *text = NULL, path[] = "/tmp/starhash-strings-XXXXXX";
	struct problems problems = { 0 };
	struct source source = { 0 };
	const struct setting *set;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	close(mkstemp(path));
	fputs("zero = \"a\\x00bcd\" \"e\" \"\" \"fg\"; long = \"0\"", out);
	for (int i = 1; i < 20000; i++)
		fprintf(out, " \"%d\"", i % 10);
	fputs(";", out);
	fclose(out);
	write_file(path, text, len);
	assert_int_equal(source_read(&source, path, &problems), 0);
	assert_string_equal(setting_string(source.root, "zero", ""), "aefg");
	set = setting_get(source.root, "long");
	assert_int_equal(strlen(set->string), 20000);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(set->string[i], '0' + i % 10);
	assert_true(source.arena.used < 3 * len);
	source_fini(&source);
	problems_fini(&problems);
	unlink(path);
	free(text);
}

/* Four octets of a file are a setting of a hundred, and more for its place in a table. */
static void source_read__settings_that_need_too_much_memory__ends_with_a_problem(void **state)
{
	char *text = NULL, path[] = "/tmp/starhash-memory-XXXXXX";
	struct problems problems = { 0 };
	struct source source = { .arena.used = ARENA_MB * (size_t)1000000 - 2000000 };
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	close(mkstemp(path));
	fputs("many = [", out);
	for (int i = 0; i < 100000; i++)
		fputs("1,\n", out);
	fputs("1];", out);
	fclose(out);
	write_file(path, text, len);
	assert_int_equal(source_read(&source, path, &problems), -EINVAL);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].text, "the settings up to here need more than 256 MB of memory");
	assert_true(problems.list[0].line > 1 && problems.list[0].line < 50000);
	assert_true(source.arena.used < ARENA_MB * (size_t)1000000 + 1000);
	source_fini(&source);
	problems_fini(&problems);
	unlink(path);
	free(text);
}

static void source_read__stopped__ends_without_a_problem(void **state)
{
	struct problems problems = { 0 };
	struct source source = { 0 };

	problems_stop(&problems);
	assert_int_equal(source_read(&source, "name-twice.in", &problems), -EINVAL);
	assert_int_equal(problems.count, 0);
	assert_true(source.arena.used < 5000);
	source_fini(&source);
}

/* Nobody can choose names for the settings of a large group that all belong in one place of its table. */
static void source_read__same_file_again__another_seed(void **state)
{
	struct problems problems = { 0 };
	struct source sources[2] = { 0 };

	for (int i = 0; i < 2; i++)
		source_read(&sources[i], "name-twice.in", &problems);
	assert_true(sources[0].arena.seed != sources[1].arena.seed);
	for (int i = 0; i < 2; i++)
		source_fini(&sources[i]);
	problems_fini(&problems);
}

static void conf_files__golden_files__exact_problems_and_trees(void **state)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(folder))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".in") == 0) {
			check_golden(entry->d_name);
			count++;
		}
	}
	closedir(folder);
	assert_true(count >= 25);
}

static void expect_one_problem(const char *path, const char *text)
{
	struct problems problems = { 0 };
	char line[512];

	assert_null(conf_file_load(path, &problems));
	assert_int_equal(problems.count, 1);
	problem_print(&problems.list[0], line, sizeof(line));
	assert_non_null(strstr(line, text));
	problems_fini(&problems);
}

/* A comment allows warnings of its own line, or of the next when it stands alone; not from within a string. */
static void conf_file_load__allowing_comments__hide_warnings(void **state)
{
	static const char text[] = "a = 1; # check: allow\nb = 2;\n  // check: allow: they say so\nc = 3;\n"
				   "d = \"# check: allow\"; # check: all\ne = 5; # allow\n";
	char path[] = "/tmp/starhash-conf-XXXXXX", warned[8] = "";
	struct problems problems = { 0 };
	struct conf_file *file;

	close(mkstemp(path));
	write_file(path, text, strlen(text));
	file = conf_file_load(path, &problems);
	assert_non_null(file);
	for (const struct setting *at = conf_file_root(file)->child; at; at = at->next)
		if (problems_warn(&problems, at, "odd"))
			strcat(warned, at->name);
	assert_string_equal(warned, "bde");
	problems_fini(&problems);
	conf_file_free(file);
	unlink(path);
}

static void conf_file_load__no_readable_file__gives_the_reason(void **state)
{
	expect_one_problem("sub", "sub: cannot be read: it is a folder, not a file");
	expect_one_problem("absent.cfg", "absent.cfg: cannot be read: No such file or directory");
	expect_one_problem("/dev/null", "it is not a regular file");
}

static void conf_file_load__pipe__refused_without_waiting(void **state)
{
	char path[] = "/tmp/starhash-conf-XXXXXX", pipe_path[64];

	assert_non_null(mkdtemp(path));
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", path);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	expect_one_problem(pipe_path, "it is not a regular file");
	unlink(pipe_path);
	rmdir(path);
}

static void conf_file_load__huge_file__refused(void **state)
{
	char path[] = "/tmp/starhash-conf-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 16 * 1024 * 1024 + 1), 0);
	expect_one_problem(path, "it is larger than 16 MiB");
	close(fd);
	unlink(path);
}

static void conf_read__no_group__all_fallbacks(void **state)
{
	struct problems problems = { 0 };
	struct sample sample;

	conf_read(NULL, sample_rows + 1, &sample, &problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(sample.count, 4);
	assert_true(sample.big == 4294967296);
	assert_true(sample.active);
	assert_string_equal(sample.file, "sample.db");
	assert_string_equal(sample.mode, "slow");
	assert_null(sample.inner);
}

/* A choice without a default that has the wrong type has no value at all. */
static void conf_read__choice_of_wrong_type__reported(void **state)
{
	static const struct conf_row rows[] = {
		{ "mode", CONF_CHOICE, offsetof(struct sample, mode), .choices = "slow fast", .help = "how it goes" }, { 0 }
	};
	static const struct setting number = { .name = "mode", .type = SETTING_INT, .number = 7 };
	static const struct setting group = { .type = SETTING_GROUP, .child = &number };
	struct problems problems = { 0 };
	struct sample sample;

	conf_read(&group, rows, &sample, &problems);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].text, "\"mode\" must be a string, not a whole number");
	assert_null(sample.mode);
	problems_fini(&problems);
}

/* F8: a module's struct has its own units; a name may be in any part, and suggestions come from all parts. */
static void conf_read_parts__two_structs__each_gets_its_own(void **state)
{
	static const char text[] = "name = \"x\";\ndepth = 3;\ndept = 4;\nmod = \"slow\";\n";
	char path[] = "/tmp/starhash-conf-XXXXXX";
	struct problems problems = { 0 };
	struct conf_file *file;
	struct sample sample;
	unsigned int depth;
	const struct conf_part parts[] = { { sample_rows, &sample }, { inner_rows, &depth }, { 0 } };

	close(mkstemp(path));
	write_file(path, text, strlen(text));
	file = conf_file_load(path, &problems);
	assert_non_null(file);
	conf_read_parts(conf_file_root(file), parts, &problems);
	assert_string_equal(sample.name, "x");
	assert_int_equal(depth, 3000);
	assert_int_equal(problems.count, 2);
	assert_non_null(strstr(problems.list[0].remedy, "did you mean 'depth'?"));
	assert_non_null(strstr(problems.list[1].remedy, "did you mean 'mode'?"));
	problems_fini(&problems);
	conf_file_free(file);
	unlink(path);
}

static unsigned int lines_logged, errors_logged;
static char last_logged[256];

static void line_count(struct log_target *target, unsigned int level, const char *text)
{
	lines_logged++;
	errors_logged += level == LOGL_ERROR && !!strstr(text, "an error");
	snprintf(last_logged, sizeof(last_logged), "%s", text);
}

/* The loop writes the log: the journal may be slow, and the errors must not be lost among warnings. */
static void conf_problems_log__hundreds__errors_first_and_the_number_of_the_others(void **state)
{
	struct log_target *target = log_target_create();
	struct problems problems = { 0 };

	target->output = line_count;
	log_add_target(target);
	log_set_all_filter(target, 1);
	for (unsigned int line = 1; line <= 300; line++)
		problems_warn_at(&problems, "a.cfg", line, "a warning");
	for (unsigned int line = 1; line <= 60; line++)
		problem_quote(problems_add_at(&problems, "b.cfg", line, "an error"), "%s", line == 60 ? "its text" : "");
	conf_problems_log(&problems, DMENU);
	assert_int_equal(lines_logged, PROBLEMS_LOG_LINES + 1);
	assert_int_equal(errors_logged, 60);
	assert_non_null(strstr(last_logged, "261 problems more: starhash-menu check shows them"));
	problems_fini(&problems);
	problems_add_at(&problems, "a.cfg", 1, "an error");
	lines_logged = 0;
	conf_problems_log(&problems, DMENU);
	assert_int_equal(lines_logged, 1);
	problems_fini(&problems);
	log_target_destroy(target);
}

static void conf_print_manual__rows__a_page_for_man(void **state)
{
	static const struct conf_row rows[] = {
		{ "mode", CONF_CHOICE, .choices = "slow fast", .fallback = "", .reload = CONF_LIVE, .help = "how it goes; -1: not" },
		{ "odd", CONF_STRING, .required = true, .help = ".dots and \\ in it" },
		{ "inner", CONF_GROUP, .group = inner_rows, .help = "more" },
		{ 0 }
	};
	char text[1024];

	conf_print_manual(rows, text, sizeof(text));
	assert_string_equal(text, ".TP\n.B mode\nHow it goes; \\-1: not.\n.br\n"
			    "(one of: slow fast; default \"\"; applied at a reload)\n"
			    ".TP\n.B odd\n\\&.dots and \\e in it.\n.br\n(a string; required)\n"
			    ".TP\n.B inner\nMore.\n.br\n(a group)\n"
			    ".RS\n.TP\n.B depth\nHow deep it is.\n.br\n(from 1 to 9 s; required)\n.RE\n");
}

static void conf_print_rows__printed_example__reads_back(void **state)
{
	char path[] = "/tmp/starhash-conf-XXXXXX", text[4096], expected[4096];
	struct problems problems = { 0 };
	struct conf_file *file;
	struct sample sample;

	close(mkstemp(path));
	conf_print_rows(sample_rows, 0, text, sizeof(text));
	read_expected("printed-rows.ok", expected, sizeof(expected));
	assert_string_equal(text, expected);
	write_file(path, text, strlen(text));
	file = conf_file_load(path, &problems);
	assert_non_null(file);
	conf_read(conf_file_root(file), sample_rows, &sample, &problems);
	assert_int_equal(problems.count, 1);	/* the name, which has no fallback */
	assert_non_null(strstr(problems.list[0].text, "\"name\" must not be empty"));
	problems_fini(&problems);
	conf_file_free(file);
	unlink(path);
}

static void conf_print_rows__small_buffer__cut_and_terminated(void **state)
{
	char text[24], whole[4096];

	conf_print_rows(sample_rows, 8, whole, sizeof(whole));
	conf_print_rows(sample_rows, 8, text, sizeof(text));
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_memory_equal(text, whole, sizeof(text) - 1);
}

/* A syntactically rich seed, damaged at random: never a crash, and every refusal has a problem. */
static void conf_file_load__random_damage__never_crashes(void **state)
{
	static const char seed[] = "a = ( 1, 0x2, -3.5e1 );\nb = { c = \"x\\\"y\"; /* z */ };\n@include \"sub/part.cfg\"\n"
				   "d = [ true, false ]; # end\n";
	char path[] = "/tmp/starhash-conf-XXXXXX", text[sizeof(seed)];
	int i, j;

	close(mkstemp(path));
	srand(1);
	for (i = 0; i < 5000; i++) {
		struct problems problems = { 0 };
		struct conf_file *file;

		memcpy(text, seed, sizeof(seed));
		for (j = rand() % 6; j >= 0; j--)
			text[rand() % (sizeof(seed) - 1)] = rand() % 3 ? "\"{}()[]=;,@\\*/#\n.0xe+-"[rand() % 21] : rand();
		write_file(path, text, rand() % 4 ? sizeof(seed) - 1 : rand() % sizeof(seed));
		file = conf_file_load(path, &problems);
		assert_true(file ? problems.count == 0 : problems.count > 0);
		problems_fini(&problems);
		conf_file_free(file);
	}
	unlink(path);
}

static int enter_golden_folder(void **state)
{
	const char *srcdir = getenv("srcdir");

	return (srcdir ? chdir(srcdir) : 0) || chdir("tests/conf/golden");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_read__settings_that_need_too_much_memory__ends_with_a_problem),
		cmocka_unit_test(source_read__same_file_again__another_seed),
		cmocka_unit_test(source_read__stopped__ends_without_a_problem),
		cmocka_unit_test(source_read__strings_side_by_side__joined_in_little_memory),
		cmocka_unit_test(conf_files__golden_files__exact_problems_and_trees),
		cmocka_unit_test(conf_file_load__allowing_comments__hide_warnings),
		cmocka_unit_test(conf_file_load__no_readable_file__gives_the_reason),
		cmocka_unit_test(conf_file_load__pipe__refused_without_waiting),
		cmocka_unit_test(conf_file_load__huge_file__refused),
		cmocka_unit_test(conf_read__no_group__all_fallbacks),
		cmocka_unit_test(conf_read__choice_of_wrong_type__reported),
		cmocka_unit_test(conf_read_parts__two_structs__each_gets_its_own),
		cmocka_unit_test(conf_problems_log__hundreds__errors_first_and_the_number_of_the_others),
		cmocka_unit_test(conf_print_manual__rows__a_page_for_man),
		cmocka_unit_test(conf_print_rows__printed_example__reads_back),
		cmocka_unit_test(conf_print_rows__small_buffer__cut_and_terminated),
		cmocka_unit_test(conf_file_load__random_damage__never_crashes),
	};

	log_start(NULL);
	return cmocka_run_group_tests(tests, enter_golden_folder, NULL);
}
