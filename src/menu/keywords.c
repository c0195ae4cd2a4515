/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keywords: compiles "sms" of pages, choices and texts files into one sorted table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

#define KEYWORDS_MAX 40000
#define WORDS_MAX 12
#define TEXT_MAX 120

/* One line of a grammar, "XGMM old new again", being parsed. */
struct grammar {
	const struct page *page;
	const struct menu *menu;
	const struct setting *at;
	struct text_span words[WORDS_MAX];
	size_t count;
	struct keyword keyword;
	char shown[TEXT_MAX + 1];	/* its words as written */
	size_t shown_len;
};

/* \a word: NULL if it has an error. */
static bool span_is(const char *text, struct text_span span, const char *word)
{
	return word && strlen(word) == span.len && !memcmp(text + span.from, word, span.len);
}

/* Arguments answer the page's questions in order; for a list, the only argument chooses a row by its first field. */
static bool page_takes(const struct menu *menu, const struct page *page, uint8_t args, const char *text, struct text_span span)
{
	if (page->list)
		return !args && span_is(text, span, menu_var_name(menu, page->list->fields[0]));
	return args < page->questions_count && span_is(text, span, page->questions[args].name);
}

/* The page that uses the next argument: the keyword's own, or one that a route leads to; NULL: none. */
static const struct page *taker(const struct grammar *grammar, const char *text, struct text_span span)
{
	const struct page *page = grammar->page, *next;
	const uint8_t args = grammar->keyword.args;
	uint8_t i;

	if (!page->route)
		return page_takes(grammar->menu, page, args, text, span) ? page : NULL;
	for (i = 0; i < page->choices_count; i++) {
		next = page->choices[i].page == PAGE_NONE ? NULL : &grammar->menu->pages[page->choices[i].page];
		if (next && page_takes(grammar->menu, next, args, text, span))
			return next;
	}
	return NULL;
}

static bool take_argument(struct grammar *grammar, const char *text, struct text_span span)
{
	const struct page *page = taker(grammar, text, span);

	if (!page)
		return false;
	grammar->keyword.rest = page->list || page->questions[grammar->keyword.args].kind == QUESTION_LENGTH;
	grammar->keyword.args++;
	return true;
}

/* "KT{service}": narrow the word to the argument in braces that follows it without a space. Returns whether there is one. */
static bool in_braces(const char *text, struct text_span *span)
{
	const char *brace = memchr(text + span->from, '{', span->len);
	const size_t end = span->from + span->len - 1;

	if (!brace || text[end] != '}')
		return false;
	*span = (struct text_span){ brace + 1 - text, end - (brace + 1 - text) };
	return true;
}

static void take_glued(struct grammar *grammar, const char *text, struct text_span *span)
{
	struct text_span name = *span;

	if (!in_braces(text, &name) || !take_argument(grammar, text, name))
		return;
	grammar->keyword.glued = true;
	span->len = name.from - 1 - span->from;
}

/* An argument that cannot be used at this place, or braces around something that is not an argument. */
static bool is_misplaced(const struct menu *menu, const struct page *page, const char *text, struct text_span span)
{
	uint8_t i;

	for (i = 0; i < page->questions_count; i++)
		if (span_is(text, span, page->questions[i].name))
			return true;
	for (i = 0; page->list && i < ACTION_FIELDS_MAX && page->list->fields[i]; i++)
		if (span_is(text, span, menu_var_name(menu, page->list->fields[i])))
			return true;
	return memchr(text + span.from, '{', span.len);
}

/* Keywords are written in capitals, or in a script without them, and arguments in small letters: a word in small letters after another one
 * is meant as an argument. */
static bool looks_like_argument(const char *text, struct text_span span)
{
	size_t i;

	for (i = 0; i < span.len; i++)
		if (!(text[span.from + i] >= 'a' && text[span.from + i] <= 'z') && text[span.from + i] != '_')
			return false;
	return true;
}

/* The arguments that a page takes, for a message: "old new again". */
static void list_arguments(const struct grammar *grammar, const struct page *page, char *out, size_t size)
{
	uint8_t i;

	if (page->list)
		snprintf(out, size, "%s", menu_var_name(grammar->menu, page->list->fields[0]));
	for (i = 0; i < page->questions_count; i++)
		if (page->questions[i].name)
			snprintf(out + strlen(out), size - strlen(out), "%s%s", *out ? " " : "", page->questions[i].name);
	for (i = 0; page->route && i < page->choices_count && !*out; i++)
		if (page->choices[i].page != PAGE_NONE && !grammar->menu->pages[page->choices[i].page].route)
			list_arguments(grammar, &grammar->menu->pages[page->choices[i].page], out, size);
}

/* Complain about an argument that does not name a question. Returns whether there is one. */
static bool check_arguments(struct build *build, const struct grammar *grammar)
{
	const char *text = grammar->at->string;
	bool keyword = false, found = false;
	char known[200] = "";
	size_t i;

	list_arguments(grammar, grammar->page, known, sizeof(known));
	for (i = 0; i < grammar->count; i++) {
		struct text_span span = grammar->words[i];
		struct text_nearest nearest = {};
		struct problem *problem;
		char name[TEXT_MAX + 1];

		keyword |= !looks_like_argument(text, span);
		in_braces(text, &span);
		snprintf(name, sizeof(name), "%.*s", (int)span.len, text + span.from);
		if (!keyword || !looks_like_argument(text, span) || build_is_word_of(known, name))
			continue;
		found = true;
		problem = problems_add(build->problems, grammar->at, "'%s' in the keyword '%s' is not something that page '%s' asks for",
				       name, text, grammar->page->name);
		text_nearest_try_words(&nearest, name, known);
		if (nearest.best)
			problem_suggest(problem, &nearest);
		else if (*known)
			problem_remedy(problem, "it takes: %s; a word of the keyword itself is written in capitals", known);
		else
			problem_remedy(problem, "remove it; a word of the keyword itself is written in capitals");
	}
	return found;
}

/* Add a word to the keyword's texts. */
static bool add_word(struct grammar *grammar, char *folded, const char *text, struct text_span span)
{
	struct keyword *keyword = &grammar->keyword;

	if ((keyword->args && !keyword->glued) || is_misplaced(grammar->menu, grammar->page, text, span))
		return false;
	if (grammar->shown_len + span.len + 2 > TEXT_MAX)	/* folding makes no word longer */
		return false;
	if (keyword->len)
		folded[keyword->len++] = ' ';
	if (grammar->shown_len)
		grammar->shown[grammar->shown_len++] = ' ';
	memcpy(grammar->shown + grammar->shown_len, text + span.from, span.len);
	grammar->shown_len += span.len;
	keyword->len += text_fold_keyword(text + span.from, span.len, folded + keyword->len);
	return true;
}

static size_t split(const char *text, struct text_span *words)
{
	size_t count = 0, from, len = strlen(text), at = 0;

	while (at < len && count < WORDS_MAX) {
		from = at + strspn(text + at, " ");
		at = from + strcspn(text + from, " ");
		if (at > from)
			words[count++] = (struct text_span){ from, at - from };
	}
	return count;
}

static bool parse(struct grammar *grammar, char *folded)
{
	const char *text = grammar->at->string;
	size_t i;

	for (i = 0; i < grammar->count; i++) {
		struct text_span span = grammar->words[i];

		if (take_argument(grammar, text, span))
			continue;
		take_glued(grammar, text, &span);
		if (!add_word(grammar, folded, text, span))
			return false;
	}
	return grammar->keyword.len > 0;
}

static void add(struct build *build, const struct grammar *grammar, const char *folded)
{
	struct menu *menu = build->menu;
	struct keyword *keyword;
	uint8_t words = 1;
	uint16_t i;

	if (menu->keywords_count == KEYWORDS_MAX) {
		problems_add(build->problems, grammar->at, "more than %d keywords", KEYWORDS_MAX);
		return;
	}
	if (menu->keywords_count == build->keywords_size) {
		build->keywords_size = build->keywords_size ? 2 * build->keywords_size : 128;
		keyword = arena_alloc(&menu->arena, build->keywords_size * sizeof(*keyword));
		if (menu->keywords_count)
			memcpy(keyword, menu->keywords, menu->keywords_count * sizeof(*keyword));
		menu->keywords = keyword;
	}
	keyword = &menu->keywords[menu->keywords_count++];
	*keyword = grammar->keyword;
	keyword->text = arena_copy(&menu->arena, folded, keyword->len);
	keyword->shown = arena_copy(&menu->arena, grammar->shown, grammar->shown_len);
	keyword->at = grammar->at;
	for (i = 0; i < keyword->len; i++)
		words += folded[i] == ' ';
	if (words > menu->keyword_words)
		menu->keyword_words = words;
}

/* Whether the arguments that a page takes are not known, because it, or one that it leads to, has errors. */
static bool is_unsure(const struct build *build, uint16_t index)
{
	const struct page *page = &build->menu->pages[index];
	uint8_t i;

	for (i = 0; page->route && i < page->choices_count; i++)
		if (page->choices[i].page != PAGE_NONE && build->broken[page->choices[i].page])
			return true;
	return build->broken[index] || (page->texts_alone && build->textless);
}

static void build_line(struct build *build, uint16_t page, const struct choice *choice, const struct setting *at)
{
	struct grammar grammar = { .page = &build->menu->pages[page], .menu = build->menu, .at = at,
				   .keyword = { .page = page } };
	const bool wanted = build->wanted[page], unsure = is_unsure(build, page);
	char folded[TEXT_MAX + 1];

	build->wanted[page] = true;	/* until it is known to be a way */
	if (at->type != SETTING_STRING) {
		problem_remedy(problems_add(build->problems, at, "'sms' takes a string, or a list of strings"), "write keywords in quotes");
		return;
	}
	if (choice) {
		grammar.keyword.conditions = choice->conditions;
		grammar.keyword.with = choice->with;
	}
	grammar.count = split(at->string, grammar.words);
	if (!unsure && check_arguments(build, &grammar))
		return;
	if (parse(&grammar, folded)) {
		build->wanted[page] = wanted;
		add(build, &grammar, folded);
	} else if (!unsure) {
		problem_remedy(problems_add(build->problems, at, "'%s' is not a keyword with arguments: words first, then questions of "
					    "page '%s' in their order, or the first field of its rows", at->string, grammar.page->name),
			       "write the word in capitals, then what the page asks for");
	}
}

static void build_lines(struct build *build, uint16_t page, const struct choice *choice, const struct setting *set)
{
	const struct setting *at;

	if (set && set->type != SETTING_LIST)
		build_line(build, page, choice, set);
	else
		for (at = set ? set->child : NULL; at; at = at->next)
			build_line(build, page, choice, at);
}

/* Keywords from the menu file and from each language's texts for the page. */
void build_keywords(struct build *build, uint16_t page, const struct choice *choice, const struct setting *group)
{
	const struct setting *set;
	uint16_t i;

	if (page == PAGE_NONE)
		return;
	build_lines(build, page, choice, setting_get(group, "sms"));
	for (i = 0; !choice && i < build->menu->languages_count; i++) {
		set = setting_get(build->menu->pages[page].texts[i], "sms");
		if (set)
			build_text_used(build, set);
		build_lines(build, page, NULL, set);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct keyword *)a)->text, ((const struct keyword *)b)->text);
}

void build_keywords_finish(struct build *build)
{
	struct menu *menu = build->menu;
	const struct page *pages = menu->pages;
	uint16_t i;

	if (!menu->keywords_count)
		return;
	qsort(menu->keywords, menu->keywords_count, sizeof(*menu->keywords), compare);
	for (i = 1; i < menu->keywords_count; i++) {
		struct keyword *a = &menu->keywords[i - 1], *b = &menu->keywords[i];

		if (compare(a, b))
			continue;
		/* the same word may be given twice for one page, as in two languages, or as "KT service" and "KT{service}" */
		if (a->page == b->page && bindings_equal(&a->with, &b->with) && a->args == b->args)
			a->glued = b->glued |= a->glued;
		else if (a->page == b->page)
			problem_remedy(problems_add(build->problems, b->at, "keyword '%s' is already defined at %s:%u, with other "
						    "arguments or values", b->text, a->at->file, a->at->line), "remove one of them");
		else
			problem_remedy(problems_add(build->problems, b->at, "keyword '%s' means page '%s' here and page '%s' at %s:%u",
						    b->text, pages[b->page].name, pages[a->page].name, a->at->file, a->at->line),
				       "change or remove one of them");
	}
}
