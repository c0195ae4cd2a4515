/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the parts of the menu compiler. */
#pragma once

#include "menu/former.h"
#include "menu/tree.h"

#define WIDTH_MAX 199	/* of a value, in characters */
#define ELEMENTS_MAX 20000	/* of a group or list, thus pages: counts are of 16 bits, and some checks compare all with all */

/* A text that a page needs and a language lacks. */
struct missing_text {
	const struct page *page;
	const char *name;
	uint16_t language;
};

struct used_text {
	const struct setting *set;		/* NULL: the slot is free */
	const struct text *text;		/* NULL: not compiled yet */
};

struct words_use {
	const char *group;
	uint16_t var;				/* whose codes it has words for */
	uint64_t languages;			/* whose texts show it, as bits */
};

struct build {
	struct menu *menu;
	const struct menu_source *source;	/* with misspelt names mended */
	struct menu_texts *texts;		/* source->texts, still writable */
	struct problems *problems;
	const struct setting *values;		/* the author's constants */
	const struct setting *widths;		/* worst widths that override the fields' own */
	struct language *languages;		/* menu->languages, still writable */
	const struct setting **texts_pages;	/* "pages" of each texts file; elements may be NULL */
	const struct setting **texts_outcomes;	/* "outcomes" of each texts file, by action; elements may be NULL */
	const char *const *brands;		/* declared in the menu */
	uint8_t brands_count;
	const char **backend_orders;		/* backends to which pages send orders, also those left out with their page */
	uint16_t backend_orders_count;
	size_t keywords_size;			/* of menu->keywords */
	struct setting *shown_groups;		/* of words, by the names that texts show them by */
	const char *codes[FIELD_COUNT];		/* see build_codes(); NULL: not joined yet, or open */
	const char *families;
	struct words_use *words_uses;		/* groups of words that texts show */
	size_t words_uses_count;
	bool *broken;				/* by page: an error was found in it, so that more about it may only follow from that */
	bool *broken_languages;			/* the same by language, without the texts of pages */
	const struct setting *catalogue;	/* NULL: none */
	bool broken_catalogue;
	bool broken_keys;
	struct missing_text *missing;		/* until build_texts_finish() reports them */
	size_t missing_count;
	bool *wanted;				/* by page: a mistyped name may mean it, so that a way to it may be missing */
	bool *trial_left_out;			/* by page: some way brings a service without the days of its trial */
	bool textless;				/* some page of the menu has no texts at all: those of another may be meant for it */
	bool lost_ways;				/* some ways may lead anywhere: their page is missing, or has an unknown name */
	const struct setting *pages;		/* all pages, with what they have from others; the number of each is its index */
	size_t pages_known;
	struct used_text *used;			/* texts shown by some page: a hash table by setting */
	size_t used_count, used_size;
	const struct setting *const *left_out;	/* pages that are not compiled: see build_left_out() */
	size_t left_out_count;
	bool undeclared;			/* some list or action may be that of a backend that is not declared, and so may values */
	bool has_services;			/* the menu has an entry for texts */
	unsigned int searches;			/* see build_searches() */
	bool *named;				/* by page: the menu names it; NULL: not looked for yet */
	texts_t nothing;			/* in place of texts that are missing; NULL: none was yet */
};

/* Whether to compile no further: the tree takes too much memory, which is reported, or problems_end(). To be asked once a page. */
bool build_ends(struct build *build);

/* Whether to look for the name that was meant by a wrong one: the first of many wrong names are enough, as each search may take as long as
 * there are pages. */
bool build_searches(struct build *build);

/* Whether \a name is one of the words, which are separated by blanks. */
bool build_is_word_of(const char *words, const char *name);

/* The group with a copy of its elements, in which one of them is replaced, or has another name. */
const struct setting *build_replaced(struct build *build, const struct setting *group, const struct setting *replaced,
				     const struct setting *by);
const struct setting *build_renamed(struct build *build, const struct setting *group, const struct setting *renamed, const char *name);

/* Complain about elements of \a group whose names are not in \a known (words separated by blanks). Returns the group as the author
 * meant it, with misspelt names mended, so that nothing is reported which only follows from those. */
const struct setting *build_mended(struct build *build, const struct setting *group, const char *known);

/* The same where names have changed. */
const struct setting *build_mended_at(struct build *build, const struct setting *group, const char *known, enum former_place place);

/* An element of the given type. NULL if absent, or, with a complaint, if it has another type. */
const struct setting *build_get(struct build *build, const struct setting *group, const char *name,
				enum setting_type type);

const char *build_string(struct build *build, const struct setting *group, const char *name, const char *fallback);
bool build_bool(struct build *build, const struct setting *group, const char *name, bool fallback);
long long build_int(struct build *build, const struct setting *group, const char *name, long long fallback,
		    long long min, long long max);

/* The page with that name; NULL: none. */
const struct page *build_find_page(const struct build *build, const char *name);

/* The index of page \a name; PAGE_NONE, with a complaint at \a at, if there is no such page. */
uint16_t build_page_index(struct build *build, const struct setting *at, const char *name);

/* The same for the page named by a group's element \a name; \a needed: complain if it is missing. */
uint16_t build_page_ref(struct build *build, const struct setting *group, const char *name, bool needed);

/* Id of a field or question; 0: none. */
uint16_t build_var(const struct build *build, const char *name);

/* The same, with a complaint at \a at if there is none. */
uint16_t build_find_var(struct build *build, const struct setting *at, const char *name);

/* Consider the names of all fields and questions as what a mistyped name may mean. */
void build_nearest_var(const struct build *build, struct text_nearest *nearest, const char *name);

/* A list of strings, or one string as a list of one. */
const char *const *build_strings(struct build *build, const struct setting *set, uint8_t *count);

/* Whether it is a key for an item: one to four digits or letters. */
bool build_is_key(const char *key);
void build_not_a_key(struct build *build, const struct setting *at, const char *key);	/* complain */

/* The keys of the menu, and where the author set them; NULL: not set. */
enum { KEY_BACK, KEY_HOME, KEY_MORE, KEY_YES, KEY_NO, MENU_KEYS };
const char *build_key_of(const struct build *build, unsigned int index);
const struct setting *build_key_at(const struct build *build, unsigned int index);

/* Whether an input is the key 'back', 'home' or 'more'. Capitals do not count. */
bool build_is_navigation(const struct build *build, const char *text);

char *build_copy(struct build *build, const char *text);
char *build_fold(struct build *build, const char *text);	/* as keywords are compared */

/* Add octets to a fingerprint. */
void build_hash(uint32_t *hash, const void *data, size_t len);

/* languages.c: languages, formats, system texts, words, texts of pages. */
void build_languages(struct build *build);
const struct words *build_find_words(const struct language *language, const char *name);	/* NULL: the language has no such group */
const char *build_system_name(enum system_text text);

void build_answers_check(struct build *build);

/* Whether it is only ever sent by short message; such texts, and the one that announces them, are needed only if the menu accepts texts. */
bool build_system_for_texts(enum system_text text);

/* The texts of a page's element in all languages: texts.<lang>.cfg: pages.<page>.<name>. NULL when no language has it and it is not needed.
 * Complains when only some languages have it, or when it is needed and missing. */
texts_t build_texts(struct build *build, const struct page *page, const char *name, bool needed);

/* Whether some language has that text. */
bool build_has_text(struct build *build, const struct page *page, const char *name);

/* The texts of an outcome of an action or check: the page's own, or else those in texts.<lang>.cfg: outcomes.<action>.<name>, of the page's
 * action first, or outcomes.all.<name>. NULL when no language has one. */
texts_t build_outcome_texts(struct build *build, const struct page *page, const struct menu_action *action, const char *name);

/* One text: a string, or a list of wordings with conditions, the last one without. */
struct text build_text(struct build *build, const struct language *language, const struct setting *set);

/* A text made by the compiler, the same in all languages. */
texts_t build_made_text(struct build *build, const char *text);

/* prepare.c: what pages and footers show, in each language. */
void build_prepared(struct build *build);

/* Mark a text, or list of keywords, as used although no page shows it. */
void build_text_used(struct build *build, const struct setting *set);

/* Whether no language has texts for a page of the menu. */
bool build_is_textless(const struct build *build, const struct page *page);

/* Complain about texts of a page that only texts files have, and that no way leads to; \a meant: the page that has none, or NULL. */
void build_texts_of_no_page(struct build *build, const struct setting *at, const char *meant);

/* Complain about texts that are missing, and about texts that no page shows, most often misspelt names. */
void build_texts_finish(struct build *build);

/* The page that orders without a question if one leads to \a index, for some subscribers if it is a route; NULL: none. \a depth: 0. */
const struct page *build_orders_at_once(const struct menu *menu, uint16_t index, unsigned int depth);

/* backends.c: the operator's own services. The first pass declares the values of those that the menu names; they are variables. */
void build_backends_declare(struct build *build, const struct setting *pages);

/* Whether a page, as the author wrote it, is left out, with the choices that lead there: it is optional, and names a backend that the
 * daemon does not declare, or all ways of its route lead to such pages. */
bool build_left_out(const struct build *build, const struct setting *page);
const struct setting *build_pages_group(const struct build *build);	/* as the author wrote them */

/* Whether a wording is for orders to such a backend. */
bool build_wording_left_out(const struct build *build, const struct setting *wording);

/* Complain at \a at if a backend is sent what must not leave, or amounts in another unit than the menu's. */
void build_check_backend(struct build *build, const struct setting *at, const struct menu_action *action);

/* Complain if a backend may be sent more than a call has room for. */
void build_backends_check(struct build *build);

/* questions.c */
void build_questions_declare(struct build *build, const struct setting *pages);
void build_questions(struct build *build, struct page *page, const struct setting *group);

/* codes.c: closed sets of codes, as words separated by blanks. NULL: the field can have any code. */
void build_brands(struct build *build, const struct setting *set);
const char *build_codes(struct build *build, uint16_t field);
const char *build_families(struct build *build);

/* Those that it has in the rows of a list (NULL: of services), or in a notification of an order. */
const char *build_codes_here(struct build *build, uint16_t field, const struct menu_action *list, bool notification);

/* Complain about a code of \a subject, a field's name or a condition's, that is not in \a known. */
void build_check_code(struct build *build, const struct setting *at, const char *subject, const char *known, const char *code);

/* assigned_report.c: every value that a page shows or needs is known on every way that leads there. */
void build_assigned_check(struct build *build);

/* Whether a group holds a string with the name of a page: for pages with errors, whose ways are not known. */
bool build_mentions(const struct setting *group, const char *name);

/* The same of all pages: call \a see() for each such string. \a group: may be NULL. */
void build_each_mention(const struct build *build, const struct setting *group, void (*see)(void *user, uint16_t page), void *user);

/* words.c */
void build_words_used(struct build *build, const char *group, uint16_t var, uint16_t language);	/* by a text */
void build_words_mend(struct build *build);	/* complain about groups that no text shows, and mend their names */
void build_words_check(struct build *build);

/* conditions.c: conditions and bindings. */
struct conditions build_conditions(struct build *build, const struct setting *group);
struct conditions build_where(struct build *build, const struct setting *where);
struct bindings build_bindings(struct build *build, const struct setting *with);

/* Whether a question or 'with' may set the value of that name; false after a complaint. */
bool build_is_settable(struct build *build, const struct setting *at, const char *name);

/* contradictions.c: whether \a other holds wherever \a condition does. */
bool build_implies(const struct condition *condition, const struct condition *other);

/* Complain about the conditions of a group that can never hold together … */
void build_check_conditions(struct build *build, const struct setting *group, const struct conditions *conditions);

/* … and about a way or wording (\a what) that comes after one which holds whenever its own conditions do. */
void build_check_after(struct build *build, const struct setting *at, const char *what, const struct conditions *conditions,
		       const struct conditions *before, const struct setting *before_at);

/* pages.c */
void build_pages(struct build *build, const struct setting *pages);

/* actions.c: the parts of a page about "list", "do" and "confirm", after its questions; outcomes come last. */
const struct menu_action *build_find_action(struct build *build, const struct setting *group, const char *name, bool lists);
void build_list(struct build *build, struct page *page, const struct setting *group);
void build_action(struct build *build, struct page *page, const struct setting *group);
void build_confirm(struct build *build, struct page *page, const struct setting *group);
void build_outcomes(struct build *build, struct page *page, const struct setting *group);

/* The group of an action's common texts of outcomes: "service_activate". Returns \a out. */
const char *build_outcome_group(const struct menu_action *action, char *out, size_t size);

/* Whether there is such a group, with such an outcome (NULL: any). */
bool build_outcome_known(const struct build *build, const char *group, const char *outcome);

/* Suggest the name that was meant by one of which that is not true, and return it; NULL: unknown. */
const char *build_suggest_outcome(struct build *build, struct problem *problem, const char *group, const char *outcome);

/* entries.c */
void build_entries(struct build *build, const struct setting *entries);

/* catalogue.c: the services on sale. */
void build_catalogue(struct build *build, const struct setting *group);

/* The sender of texts, a number or name, from a group's element "sender"; NULL: none. */
const char *build_sender(struct build *build, const struct setting *group);

/* notifications.c: unsolicited messages. */
void build_notifications(struct build *build, const struct setting *entries);
void build_notifications_check(struct build *build);

/* The fields that a notification of that kind contains; FIELD_NONE ends. NULL: there is no such kind, which has been reported. */
const uint16_t *build_notification_facts(const char *kind);

/* keywords.c: words in texts that lead to pages. */
void build_keywords(struct build *build, uint16_t page, const struct choice *choice, const struct setting *group);
void build_keywords_finish(struct build *build);	/* sort, and reject ambiguous keywords */

/* fit_check.c: the worst case of every page fits. */
void build_fit_check(struct build *build);

/* advice.c: warnings about what the author most likely did not mean. Texts that are too long are the
 * tree's only errors; if there are any, only about what may be their cause. */
void build_advise(struct build *build);

/* advice_texts.c: no text has control characters. */
void build_control_check(struct build *build);

/* trials.c: what texts say about trials. */
void build_trials_check(struct build *build);

/* check.c: checks that need the whole tree. */
void build_check(struct build *build);
