/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loading a menu and its languages; the compiler is a fake that reports its arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "starhash/conf.h"
#include "tests/cmocka.h"

struct menu {
	int references;
};

static struct menu built;
static char seen[256];
static bool refuses;

struct menu *menu_build(const struct menu_source *source, struct problems *problems)
{
	size_t i;

	snprintf(seen, sizeof(seen), "%s", setting_string(source->root, "name", "?"));
	for (i = 0; i < source->texts_count; i++) {
		const struct menu_texts *texts = &source->texts[i];

		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), " %s=%s", texts->language,
			 setting_string(texts->root, "home", "?"));
	}
	assert_int_equal(source->limits.ask.septets, 182);
	if (refuses) {
		problems_add(problems, source->root, "no page");
		return NULL;
	}
	built.references = 1;
	return &built;
}

void menu_unref(struct menu *menu)
{
	menu->references--;
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static struct menu *load(struct problems *problems)
{
	static const struct menu_action *const no_actions[] = { NULL };
	struct text_limits limits = { .ask = { .septets = 182 } };

	return conf_menu_load("hall/menu.cfg", no_actions, limits, problems);
}

static void conf_menu_load__two_languages__texts_beside_the_menu(void **state)
{
	struct problems problems = { 0 };

	write_text("hall/menu.cfg", "name = \"hall\"; languages = [ \"en\", \"zh\" ];");
	assert_ptr_equal(load(&problems), &built);
	assert_string_equal(seen, "hall en=Home zh=主页");
	assert_int_equal(built.references, 1);
	assert_int_equal(problems.count, 0);
}

static void conf_menu_load__compiler_finds_problem__no_menu(void **state)
{
	struct problems problems = { 0 };

	write_text("hall/menu.cfg", "\nname = \"hall\";");
	refuses = true;
	assert_null(load(&problems));
	refuses = false;
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].file, "hall/menu.cfg");
	problems_fini(&problems);
}

static void conf_menu_load__only_warnings__a_menu(void **state)
{
	struct problems problems = { 0 };

	write_text("hall/menu.cfg", "name = \"hall\";\nlanguages = [ \"e\" \"n\" ];");
	assert_ptr_equal(load(&problems), &built);
	assert_int_equal(problems.count, 1);
	assert_int_equal(problems.errors, 0);
	assert_int_equal(problems.list[0].severity, PROBLEM_WARNING);
	assert_int_equal(problems.list[0].line, 2);
	problems_fini(&problems);
}

static void conf_menu_load__missing_language_f28__all_problems_and_no_menu(void **state)
{
	struct problems problems = { 0 };

	write_text("hall/menu.cfg", "name = \"hall\";\nlanguages = [ \"en\", \"ar\", \"../zh\" ];");
	assert_null(load(&problems));
	assert_string_equal(seen, "hall en=Home ar=?");
	assert_int_equal(built.references, 0);
	assert_int_equal(problems.count, 2);
	assert_string_equal(problems.list[0].text, "there is no file 'texts.ar.cfg' beside the menu");
	assert_string_equal(problems.list[0].file, "hall/menu.cfg");
	assert_int_equal(problems.list[0].line, 2);
	assert_int_equal(problems.list[1].line, 2);
	problems_fini(&problems);
}

static void conf_menu_load_copy__includes_and_comments__texts_in_place_without_them(void **state)
{
	static const struct menu_action *const no_actions[] = { NULL };
	const struct text_limits limits = { .ask = { .septets = 182 } };
	struct problems problems = { 0 };
	struct menu_copy *copy = NULL;

	write_text("name.cfg", "name = \"hall\"; # not a secret\nsize = 0x1f;\n");
	write_text("hall/menu.cfg", "@include \"../name.cfg\"\nlanguages = [ \"en\", \"zh\" ];");
	assert_ptr_equal(conf_menu_load_copy("hall/menu.cfg", no_actions, limits, &copy, &problems), &built);
	assert_int_equal(copy->count, 3);
	assert_string_equal(copy->files[0].name, "menu.cfg");
	assert_string_equal(copy->files[0].text, "\nname = \"hall\"; \nsize = 0x1f;\n\n\nlanguages = [ \"en\", \"zh\" ];");
	assert_string_equal(copy->files[2].name, "texts.zh.cfg");
	assert_string_equal(copy->files[2].text, "home = \"主页\";");
	menu_copy_free(copy);
	write_text("hall/menu.cfg", "languages = [ \"fr\" ];");
	copy = NULL;
	assert_null(conf_menu_load_copy("hall/menu.cfg", no_actions, limits, &copy, &problems));
	assert_null(copy);
	problems_fini(&problems);
	unlink("name.cfg");
}

static void conf_menu_load__no_menu_file__problem(void **state)
{
	struct problems problems = { 0 };

	unlink("hall/menu.cfg");
	assert_null(load(&problems));
	assert_int_equal(problems.count, 1);
	problems_fini(&problems);
}

static char folder[] = "/tmp/starhash-menu-XXXXXX";

static int make_folder(void **state)
{
	if (!mkdtemp(folder) || chdir(folder) || mkdir("hall", 0700))
		return -1;
	write_text("hall/texts.en.cfg", "home = \"Home\";");
	write_text("hall/texts.zh.cfg", "home = \"主页\";");
	return 0;
}

static int remove_folder(void **state)
{
	return unlink("hall/texts.en.cfg") || unlink("hall/texts.zh.cfg") || rmdir("hall") || rmdir(folder) ? -1 : 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_menu_load__two_languages__texts_beside_the_menu),
		cmocka_unit_test(conf_menu_load__compiler_finds_problem__no_menu),
		cmocka_unit_test(conf_menu_load__only_warnings__a_menu),
		cmocka_unit_test(conf_menu_load__missing_language_f28__all_problems_and_no_menu),
		cmocka_unit_test(conf_menu_load_copy__includes_and_comments__texts_in_place_without_them),
		cmocka_unit_test(conf_menu_load__no_menu_file__problem),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
