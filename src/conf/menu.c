/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loads a menu.cfg and the texts of its languages, and compiles them. */
#include <stdlib.h>

#include <osmocom/core/talloc.h>

#include "conf/source.h"
#include "starhash/conf.h"

#define LANGUAGES_MAX 64
#define LANGUAGE_LEN_MAX 16

/* Files that are open while a menu is compiled. */
struct reading {
	const char *path;
	struct conf_file *menu;
	struct conf_file *files[LANGUAGES_MAX];
	struct menu_texts texts[LANGUAGES_MAX];
	size_t count;
	struct problems *problems;
};

/* Language names become part of file names, so allow only letters, digits and hyphens. */
static bool is_language(const struct setting *at)
{
	const char *c;

	if (at->type != SETTING_STRING || at->string[0] == '\0')
		return false;
	for (c = at->string; *c; c++) {
		bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');

		if (c - at->string >= LANGUAGE_LEN_MAX || (!letter && !(*c >= '0' && *c <= '9') && *c != '-'))
			return false;
	}
	return true;
}

static void load_texts(struct reading *reading, const struct setting *at)
{
	struct menu_texts *texts = &reading->texts[reading->count];
	char *path = talloc_asprintf(NULL, "%.*stexts.%s.cfg", (int)source_folder_len(reading->path), reading->path,
				     at->string);
	struct conf_file *file;

	if (!path)
		abort();
	file = conf_file_load(path, reading->problems);
	texts->language = at->string;
	texts->root = file ? conf_file_root(file) : NULL;
	reading->files[reading->count++] = file;
	talloc_free(path);
}

/* Report only files that cannot be opened; menu_build() reports problems of "languages" itself. */
static void load_languages(struct reading *reading)
{
	const struct setting *languages = setting_get(conf_file_root(reading->menu), "languages");
	const struct setting *at = languages && languages->type == SETTING_LIST ? languages->child : NULL;

	for (; at; at = at->next) {
		if (!is_language(at)) {
			problems_add(reading->problems, at,
				     "a language must be a string of letters, digits and hyphens, such as \"en\"");
		} else if (reading->count == LANGUAGES_MAX) {
			problems_add(reading->problems, at, "a menu has at most %d languages", LANGUAGES_MAX);
			return;
		} else {
			load_texts(reading, at);
		}
	}
}

struct menu *conf_menu_load(const char *path, const struct menu_action *const *actions, struct text_limits limits,
			    struct problems *problems)
{
	struct reading reading = { .path = path, .problems = problems };
	struct menu_source source = { .texts = reading.texts, .actions = actions, .limits = limits };
	size_t before = problems->errors;
	struct menu *menu;

	reading.menu = conf_file_load(path, problems);
	if (!reading.menu)
		return NULL;
	load_languages(&reading);
	source.root = conf_file_root(reading.menu);
	source.texts_count = reading.count;
	menu = menu_build(&source, problems);
	while (reading.count > 0)
		conf_file_free(reading.files[--reading.count]);
	conf_file_free(reading.menu);
	/* do not use the menu without a language whose file is broken */
	if (menu && problems->errors > before) {
		menu_unref(menu);
		menu = NULL;
	}
	return menu;
}
