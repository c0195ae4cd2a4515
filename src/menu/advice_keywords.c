/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Warnings about codes and keywords that hide other ways through the menu. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "menu/advice.h"

/* ---- dialled codes ---- */

/* Where a part of a dialled path leads from a page; PAGE_NONE: nowhere. \a begun: more of the part may follow. */
static uint16_t follow_part(const struct menu *menu, uint16_t index, const char *part, size_t len, bool begun)
{
	const struct page *page = &menu->pages[index];
	unsigned int depth;
	uint8_t i;

	for (depth = 0; page->route && page->choices_count && depth < 8; depth++)
		page = &menu->pages[page->choices[page->choices_count - 1].page];
	for (i = 0; !page->route && i < page->choices_count; i++)
		if (!strncasecmp(page->choices[i].key, part, len) && (begun || !page->choices[i].key[len]))
			return page->choices[i].page;
	return page->list && (len || begun) && strspn(part, "0123456789") >= len ? page->list_page : PAGE_NONE;
}

/* "*100*2#" as an entry takes the place of choice 2 of the page of "*100#". */
static void check_entry(struct build *build, const struct entry *inner, const struct entry *outer)
{
	const struct menu *menu = build->menu;
	uint16_t page = outer->page;
	const char *part = inner->code + outer->len, *end = inner->code + inner->len;

	if (outer->exact || outer->prefix || inner->len <= outer->len || memcmp(inner->code, outer->code, outer->len) || *part != '*')
		return;
	while (part < end && page != PAGE_NONE) {
		const char *star = memchr(part + 1, '*', end - part - 1);

		star = star ? star : end;
		page = follow_part(menu, page, part + 1, star - part - 1, inner->prefix && star == end);
		part = star;
	}
	if (page == PAGE_NONE || page == inner->page)
		return;
	problem_remedy(problems_warn(build->problems, inner->at, "'%s' hides the way through '%s' to page '%s'", inner->code, outer->code,
				     menu->pages[page].name), "give it a code that is not a path through '%s'", outer->code);
}

static void check_entries(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i, k;

	for (i = 0; i < menu->entries_count; i++)
		for (k = 0; k < menu->entries_count; k++)
			check_entry(build, &menu->entries[i], &menu->entries[k]);
}

/* A constant such as "root" that texts ask subscribers to dial. */
static void check_constants(struct build *build)
{
	const struct setting *set;
	size_t len;

	for (set = build->values ? build->values->child : NULL; set; set = set->next) {
		len = strlen(set->string);
		if (!build->menu->entries_count || len < 3 || !strchr("*#", set->string[0]) || set->string[len - 1] != '#' ||
		    strspn(set->string, "0123456789*#") < len || menu_serves(build->menu, set->string, len))
			continue;
		problem_remedy(problems_warn(build->problems, set, "the constant '%s' is a code, '%s', that no entry serves", set->name,
					     set->string), "write the code of an entry, such as '%s'", build->menu->entries[0].code);
	}
}

/* ---- keywords ---- */

/* The service that a text names by its code or by its word in some language, or by its number; NULL: none. */
static const struct service *named_service(const struct build *build, const char *text, size_t len)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	char folded[160], number[12];
	size_t i, l;
	uint16_t w;

	for (i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];

		snprintf(number, sizeof(number), "%u", service->key);
		if ((strlen(service->code) == len && !strncasecmp(service->code, text, len)) ||
		    (strlen(number) == len && !memcmp(number, text, len)))
			return service;
	}
	for (l = 0; l < build->menu->languages_count; l++) {
		const struct words *words = build_find_words(&build->menu->languages[l], field_words(FIELD_SERVICE));

		for (w = 0; words && w < words->count; w++) {
			const struct word *word = &words->list[w];

			if (strlen(word->text) < sizeof(folded) && text_fold_keyword(word->text, strlen(word->text), folded) == len &&
			    !memcmp(folded, text, len))
				return catalogue_find(catalogue, word->code, strlen(word->code));
		}
	}
	return NULL;
}

static bool answers(const struct question *question, const char *text, size_t len)
{
	const bool number = len && strspn(text, "0123456789") >= len;
	uint8_t i;

	switch (question->kind) {
	case QUESTION_DIGITS: return number && (long long)len >= question->min && (long long)len <= question->max;
	case QUESTION_PHONE: return number && len >= 3 && len <= 15;
	case QUESTION_AMOUNT:
	case QUESTION_DATE: return number;
	case QUESTION_ONE_OF:
		for (i = 0; i < question->values_count; i++)
			if (strlen(question->values[i]) == len && !strncasecmp(question->values[i], text, len))
				return true;
		return false;
	case QUESTION_LENGTH: return (long long)len >= question->min && (long long)len <= question->max;
	default: return false;
	}
}

/* Whether a page takes this text as its first argument. *\a service: the service that it names. */
static bool takes(const struct build *build, const struct page *page, const char *text, size_t len, const struct service **service)
{
	unsigned int i;

	for (i = 0; page->route && i < page->choices_count; i++)
		if (takes(build, &build->menu->pages[page->choices[i].page], text, len, service))
			return true;
	if (page->route || !page->list)
		return page->questions_count && answers(&page->questions[0], text, len);
	if (page->list->fields[0] != FIELD_SERVICE && page->list->fields[0] != FIELD_INSTEAD)
		return strspn(text, "0123456789") >= len;
	*service = named_service(build, text, len);
	return *service || !build->menu->catalogue.count;	/* without a catalogue, any text may be a service */
}

/* "KT NEWS" for the page to which "KT service" leads with NEWS. */
static bool means_same(const struct menu *menu, const struct keyword *word, const struct keyword *pattern, const struct service *service)
{
	uint8_t i;

	if (word->page == pattern->page)
		return true;
	if (!service || word->page != menu->pages[pattern->page].list_page)
		return false;
	for (i = 0; i < word->with.count; i++)
		if (word->with.list[i].var == FIELD_SERVICE && !word->with.list[i].from && !strcmp(word->with.list[i].text, service->code))
			return true;
	return false;
}

static void check_pattern(struct build *build, const struct keyword *word, const struct keyword *pattern)
{
	const struct menu *menu = build->menu;
	const struct service *service = NULL;
	const char *rest = word->text + pattern->len;
	size_t len = word->len - pattern->len;

	if (*rest != ' ' && !pattern->glued)
		return;
	len -= *rest == ' ';
	rest += *rest == ' ';
	if (!takes(build, &menu->pages[pattern->page], rest, len, &service) || means_same(menu, word, pattern, service))
		return;
	problem_remedy(problems_warn(build->problems, word->at, "keyword '%s' for page '%s' hides '%s' (%s:%u), which leads to page '%s'",
				     word->shown, menu->pages[word->page].name, pattern->at->string, pattern->at->file, pattern->at->line,
				     menu->pages[pattern->page].name), "choose another word");
}

static const char *key_name(const struct menu *menu, const char *text, uint16_t *page)
{
	const struct menu_keys *keys = &menu->keys;

	*page = menu->home;
	if (!strcasecmp(text, keys->back) || !strcasecmp(text, keys->home))
		return strcasecmp(text, keys->back) ? "the key 'home'" : "the key 'back'";
	*page = PAGE_NONE;
	if (!strcasecmp(text, keys->more))
		return "the key 'more'";
	if (!strcasecmp(text, keys->yes))
		return "the key 'yes'";
	return strcasecmp(text, keys->no) ? NULL : "the key 'no'";
}

/* A text is an input for the page that waits, if it can be, before it is a keyword. */
static void check_key(struct build *build, const struct keyword *word)
{
	const struct menu *menu = build->menu;
	char what[160] = "";
	const char *key;
	uint16_t page, i;
	uint8_t c;

	if (!build_is_key(word->text))
		return;
	key = key_name(menu, word->text, &page);
	if (key && page == word->page)
		return;		/* it leads to the main menu either way */
	if (key)
		snprintf(what, sizeof(what), "%s", key);
	for (i = 0; !*what && i < menu->pages_count; i++)
		for (c = 0; !menu->pages[i].route && c < menu->pages[i].choices_count; c++)
			if (!strcasecmp(menu->pages[i].choices[c].key, word->text) && menu->pages[i].choices[c].page != word->page)
				snprintf(what, sizeof(what), "the key of a choice on page '%s'", menu->pages[i].name);
	for (i = 0; !*what && i < menu->catalogue.count; i++) {
		char number[12];

		snprintf(number, sizeof(number), "%u", menu->catalogue.services[i].key);
		if (!strcmp(number, word->text))
			snprintf(what, sizeof(what), "the number of service '%s' in lists", menu->catalogue.services[i].code);
	}
	if (*what)
		problem_remedy(problems_warn(build->problems, word->at, "keyword '%s' is also %s, which comes first while a page waits",
					     word->shown, what), "choose another word");
}

static void check_keywords(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i, k;

	if (menu->keywords_count && !menu->short_codes_count)
		problem_remedy(problems_warn(build->problems, menu->keywords[0].at, "nobody can text the keyword '%s': no entry has 'sms'",
					     menu->keywords[0].shown), "add an entry such as { sms = \"10086\"; page = \"%s\"; }",
			       menu->pages[menu->home].name);
	for (i = 0; i < menu->keywords_count; i++) {
		const struct keyword *word = &menu->keywords[i];

		check_key(build, word);
		/* they are sorted, so that those that begin with this one follow it */
		for (k = i + 1; word->args && k < menu->keywords_count && !strncmp(menu->keywords[k].text, word->text, word->len); k++)
			if (menu->keywords[k].len > word->len)
				check_pattern(build, &menu->keywords[k], word);
	}
}

void advise_keywords(struct build *build)
{
	check_entries(build);
	check_constants(build);
	check_keywords(build);
}
