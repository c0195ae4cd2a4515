/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keywords: compiles "sms" of pages, choices and texts files into one sorted table. */
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

#define KEYWORDS_MAX 8000
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

static bool span_is(const char *text, struct text_span span, const char *word)
{
	return strlen(word) == span.len && !memcmp(text + span.from, word, span.len);
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

/* "KT{service}": the argument in braces follows the word without a space. */
static bool take_glued(struct grammar *grammar, const char *text, struct text_span *span)
{
	const char *brace = memchr(text + span->from, '{', span->len);
	struct text_span name;

	if (!brace || text[span->from + span->len - 1] != '}')
		return false;
	name.from = brace + 1 - text;
	name.len = span->from + span->len - 1 - name.from;
	if (!take_argument(grammar, text, name))
		return false;
	grammar->keyword.glued = true;
	span->len = brace - text - span->from;
	return true;
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

	grammar->count = split(text, grammar->words);
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

	if (!menu->keywords)
		menu->keywords = arena_alloc(&menu->arena, KEYWORDS_MAX * sizeof(*menu->keywords));
	if (menu->keywords_count == KEYWORDS_MAX) {
		problems_add(build->problems, grammar->at, "more than %d keywords", KEYWORDS_MAX);
		return;
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

static void build_line(struct build *build, uint16_t page, const struct choice *choice, const struct setting *at)
{
	struct grammar grammar = { .page = &build->menu->pages[page], .menu = build->menu, .at = at,
				   .keyword = { .page = page } };
	char folded[TEXT_MAX + 1];

	if (at->type != SETTING_STRING) {
		problems_add(build->problems, at, "'sms' takes strings only");
		return;
	}
	if (choice) {
		grammar.keyword.conditions = choice->conditions;
		grammar.keyword.with = choice->with;
	}
	if (parse(&grammar, folded))
		add(build, &grammar, folded);
	else
		problems_add(build->problems, at, "'%s' is not a keyword with arguments: words first, then questions of "
			     "page '%s' in their order, or the first field of its rows", at->string, grammar.page->name);
}

static void build_lines(struct build *build, uint16_t page, const struct choice *choice, const struct setting *set)
{
	const struct setting *at;

	if (set && set->type == SETTING_STRING)
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
		set = setting_get(setting_get(build->texts_pages[i], build->menu->pages[page].name), "sms");
		if (set)
			build_text_used(build, set);
		build_lines(build, page, NULL, set);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct keyword *)a)->text, ((const struct keyword *)b)->text);
}

static bool same_bindings(const struct bindings *a, const struct bindings *b)
{
	uint8_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->list[i].var != b->list[i].var || a->list[i].from != b->list[i].from ||
		    (!a->list[i].from && strcmp(a->list[i].text, b->list[i].text)))
			return false;
	return true;
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
		if (a->page == b->page && same_bindings(&a->with, &b->with) && a->args == b->args)
			a->glued = b->glued |= a->glued;
		else if (a->page == b->page)
			problems_add(build->problems, b->at, "keyword '%s' is already defined at %s:%u, with other arguments or "
				     "values", b->text, a->at->file, a->at->line);
		else
			problems_add(build->problems, b->at, "keyword '%s' means page '%s' here and page '%s' at %s:%u", b->text,
				     pages[b->page].name, pages[a->page].name, a->at->file, a->at->line);
	}
}
