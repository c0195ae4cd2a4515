/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the parts of the menu compiler: settings in, tree out. */
#pragma once

#include "menu/tree.h"

#define WIDTH_MAX 199	/* of a value, in characters */

struct build {
	struct menu *menu;
	const struct menu_source *source;
	struct problems *problems;
	const struct setting *values;		/* the author's constants */
	const struct setting *widths;		/* worst widths that differ from the fields' own */
	struct language *languages;		/* menu->languages, still writable */
	const struct setting **texts_pages;	/* "pages" of each texts file; elements may be NULL */
	const struct setting **used;		/* texts that some page shows */
	size_t used_count;
	bool has_services;			/* an entry for texts is there */
};

/* Complain about elements of \a group whose names are not among \a known (words between blanks). */
void build_check_names(struct build *build, const struct setting *group, const char *known);

/* An element of a type, or NULL with a complaint when it is there and is of another type. */
const struct setting *build_get(struct build *build, const struct setting *group, const char *name,
				enum setting_type type);

const char *build_string(struct build *build, const struct setting *group, const char *name, const char *fallback);
bool build_bool(struct build *build, const struct setting *group, const char *name, bool fallback);
long long build_int(struct build *build, const struct setting *group, const char *name, long long fallback,
		    long long min, long long max);

/* The page called \a name; PAGE_NONE with a complaint at \a at when there is none. */
uint16_t build_page_index(struct build *build, const struct setting *at, const char *name);

/* The same for a group's element \a name; \a needed: it must be there. */
uint16_t build_page_ref(struct build *build, const struct setting *group, const char *name, bool needed);

/* Id of a field or question; 0 when there is none. */
uint16_t build_var(const struct build *build, const char *name);

/* A list of strings, or one string as a list of one. */
const char *const *build_strings(struct build *build, const struct setting *set, uint8_t *count);

/* One to four digits or letters: what may stand in front of an item. */
bool build_is_key(const char *key);

char *build_copy(struct build *build, const char *text);

/* languages.c: languages, formats, system texts, words. */
void build_languages(struct build *build);
const char *build_system_name(enum system_text text);

/* The texts of a page's element in all languages: texts.<lang>.cfg: pages.<page>.<name>. NULL when no language has it and
 * it is not needed; a complaint when only some have it, or it is needed and absent. */
texts_t build_texts(struct build *build, const struct page *page, const char *name, bool needed);

/* A text, or list of keywords, that is used though no page shows it. */
void build_text_used(struct build *build, const struct setting *set);

/* Complain about texts that no page shows, most often misspelt names; free what build_texts() noted. */
void build_texts_finish(struct build *build);

/* questions.c */
void build_questions_declare(struct build *build, const struct setting *pages);
void build_questions(struct build *build, struct page *page, const struct setting *group);

/* conditions.c: conditions and bindings. */
struct conditions build_conditions(struct build *build, const struct setting *group);
struct bindings build_bindings(struct build *build, const struct setting *with);

/* pages.c */
void build_pages(struct build *build, const struct setting *pages);

/* actions.c: the parts of a page about "list", "do" and "confirm", after its questions. */
void build_list(struct build *build, struct page *page, const struct setting *group);
void build_action(struct build *build, struct page *page, const struct setting *group);
void build_confirm(struct build *build, struct page *page, const struct setting *group);

/* entries.c */
void build_entries(struct build *build, const struct setting *entries);

/* catalogue.c: what is sold. */
void build_catalogue(struct build *build, const struct setting *group);

/* The number or name from which texts come, of a group's element "sender"; NULL when there is none. */
const char *build_sender(struct build *build, const struct setting *group);

/* notifications.c: messages that the subscriber did not ask for. */
void build_notifications(struct build *build, const struct setting *entries);
void build_notifications_check(struct build *build);

/* Whether a notification that the menu tells of brings it along. */
bool build_notifications_bring(const struct menu *menu, uint16_t var);

/* keywords.c: the words by which texts find pages. */
void build_keywords(struct build *build, uint16_t page, const struct choice *choice, const struct setting *group);
void build_keywords_finish(struct build *build);	/* sort, and refuse words that mean two things */

/* fit_check.c: the worst case of every page fits. */
void build_fit_check(struct build *build);

/* check.c: what only the whole tree can tell. */
void build_check(struct build *build);
