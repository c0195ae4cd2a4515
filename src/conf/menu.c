/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loads a menu.cfg and the texts of its languages, and compiles them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/source.h"
#include "starhash/conf.h"

#define LANGUAGES_MAX 64
#define LANGUAGE_LEN_MAX 16
#define FILES_MB (2 * ARENA_MB)	/* with the last file and the tree, a load takes at most four times as much as one arena */

/* Files that are open while a menu is compiled. */
struct reading {
	const char *path;
	struct conf_file *menu;
	struct conf_file *files[LANGUAGES_MAX];
	struct menu_texts texts[LANGUAGES_MAX];
	size_t count;
	size_t memory;			/* octets that the settings of all take */
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
	struct conf_file *file = NULL;
	char *path;

	if (asprintf(&path, "%.*stexts.%s.cfg", (int)source_folder_len(reading->path), reading->path, at->string) < 0)
		abort();
	if (access(path, F_OK) && errno == ENOENT)
		problem_remedy(problems_add(reading->problems, at, "there is no file 'texts.%s.cfg' beside the menu", at->string),
			       "write it, or remove the language");
	else
		file = conf_file_load(path, reading->problems);
	texts->language = at->string;
	texts->root = file ? conf_file_root(file) : NULL;
	reading->files[reading->count++] = file;
	reading->memory += file ? conf_file_memory(file) : 0;
	free(path);
}

static bool has_language(const struct reading *reading, const char *name)
{
	size_t i;

	for (i = 0; i < reading->count && strcasecmp(reading->texts[i].language, name); i++)
		;
	return i < reading->count;
}

/* Whether to load no more: the files take too much memory, which is reported, or no more errors are wanted. */
static bool ends(struct reading *reading)
{
	const bool full = reading->memory > FILES_MB * (size_t)1000000;

	if (full)
		problems_add_at(reading->problems, reading->path, 0, "the menu and its %zu languages need more than %d MB of memory",
				reading->count, FILES_MB);
	return full || problems_end(reading->problems);
}

/* Report only files that cannot be opened; menu_build() reports problems of "languages" itself. */
static void load_languages(struct reading *reading)
{
	const struct setting *languages = setting_get(conf_file_root(reading->menu), "languages");
	const struct setting *at = languages && languages->type == SETTING_LIST ? languages->child : NULL;

	for (; at && !ends(reading); at = at->next) {
		if (!is_language(at)) {
			problems_add(reading->problems, at,
				     "a language must be a string of letters, digits and hyphens, such as \"en\"");
		} else if (has_language(reading, at->string)) {
			problem_remedy(problems_add(reading->problems, at, "language '%s' stands there twice", at->string), "remove one of "
				       "them");
		} else if (reading->count == LANGUAGES_MAX) {
			problems_add(reading->problems, at, "a menu has at most %d languages", LANGUAGES_MAX);
			return;
		} else {
			load_texts(reading, at);
		}
	}
}

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void copy_add(struct menu_copy *copy, const char *language, struct conf_file *file)
{
	struct menu_copy_file *out = &copy->files[copy->count++];

	snprintf(out->name, sizeof(out->name), language ? "texts.%s.cfg" : "menu.cfg", language);
	out->text = conf_file_take_text(file, &out->len);
}

_Static_assert(MENU_COPY_FILE_MAX == SOURCE_FILE_MAX, "what a copy may hold, the reader accepts");

static struct menu_copy *copy_make(const struct reading *reading)
{
	struct menu_copy *copy = must_have(calloc(1, sizeof(*copy)));

	copy->files = must_have(calloc(reading->count + 1, sizeof(*copy->files)));
	copy_add(copy, NULL, reading->menu);
	for (size_t i = 0; i < reading->count; i++)
		copy_add(copy, reading->texts[i].language, reading->files[i]);
	return copy;
}

void menu_copy_free(struct menu_copy *copy)
{
	for (size_t i = 0; copy && i < copy->count; i++)
		free(copy->files[i].text);
	if (copy)
		free(copy->files);
	free(copy);
}

static struct menu *load(const char *path, const struct menu_action *const *actions, struct text_limits limits, bool advise,
			 struct menu_copy **copy, struct problems *problems)
{
	struct reading reading = { .path = path, .problems = problems };
	struct menu_source source = { .texts = reading.texts, .actions = actions, .limits = limits, .advise = advise };
	size_t before = problems->errors;
	struct menu *menu;

	reading.menu = conf_file_load(path, problems);
	if (!reading.menu)
		return NULL;
	reading.memory = conf_file_memory(reading.menu);
	load_languages(&reading);
	source.root = conf_file_root(reading.menu);
	source.texts_count = reading.count;
	menu = ends(&reading) ? NULL : menu_build(&source, problems);
	/* do not use the menu without a language whose file is broken */
	if (menu && (problems->errors > before || problems_end(problems))) {
		menu_unref(menu);
		menu = NULL;
	}
	if (menu && copy)
		*copy = copy_make(&reading);
	while (reading.count > 0)
		conf_file_free(reading.files[--reading.count]);
	conf_file_free(reading.menu);
	return menu;
}

struct menu *conf_menu_load_copy(const char *path, const struct menu_action *const *actions, struct text_limits limits,
				 struct menu_copy **copy, struct problems *problems)
{
	return load(path, actions, limits, false, copy, problems);
}

struct menu *conf_menu_load(const char *path, const struct menu_action *const *actions, struct text_limits limits,
			    struct problems *problems)
{
	return load(path, actions, limits, true, NULL, problems);
}
