/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts.<language>.cfg files: formats, words, system texts, and the texts of pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"

static const char *const system_names[] = {
#define X(id, name) [SYSTEM_##id] = name,
	SYSTEM_TEXTS(X)
#undef X
};

const char *build_system_name(enum system_text text)
{
	return system_names[text];
}

#define X(id, name) name " "
#define X_SMS(id, name) name "_sms "
static const char system_known[] = SYSTEM_TEXTS(X) SYSTEM_LAST_TEXTS(X_SMS);
#undef X
#undef X_SMS

static const enum system_text last_texts[] = {
#define X(id, name) SYSTEM_##id,
	SYSTEM_LAST_TEXTS(X)
#undef X
};

/* ---- formats ---- */

/* Split "¥{amount}" into the text before and after the amount. */
static void build_around(struct build *build, const struct setting *group, const char *name, const char *mark,
			 const char **before, const char **behind)
{
	char *text = build_copy(build, build_string(build, group, name, mark));
	char *value = strstr(text, mark);

	if (!value) {
		problems_add(build->problems, setting_get(group, name), "'%s' must contain %s", name, mark);
		value = text;
	} else {
		*value = '\0';
		value += strlen(mark);
	}
	*before = text;
	*behind = value;
}

/* If old data is marked, every language needs a text for it. */
static void build_old_time(struct build *build, const struct setting *root, struct language *language)
{
	const struct setting *group = setting_get(root, "formats");
	struct formats *formats = &language->formats;

	build_around(build, group, "old_time", "{time}", &formats->old_before, &formats->old_after);
	if (root && setting_get(build->source->root, "old_after") && !setting_get(group, "old_time"))
		problems_add(build->problems, group ? group : root, "format 'old_time' is missing in language '%s'", language->name);
}

static void build_formats(struct build *build, const struct setting *group, struct formats *formats)
{
	build_check_names(build, group, "money decimal group date month time old_time after_key missing");
	build_around(build, group, "money", "{amount}", &formats->money_before, &formats->money_after);
	formats->decimal = build_copy(build, build_string(build, group, "decimal", "."));
	formats->group = build_copy(build, build_string(build, group, "group", ""));
	formats->date = build_copy(build, build_string(build, group, "date", "%Y-%m-%d"));
	formats->month = build_copy(build, build_string(build, group, "month", "%Y-%m"));
	formats->time = build_copy(build, build_string(build, group, "time", "%Y-%m-%d %H:%M"));
	formats->after_key = build_copy(build, build_string(build, group, "after_key", " "));
	formats->missing = build_copy(build, build_string(build, group, "missing", "-"));
}

/* ---- words ---- */

static int compare_words(const void *a, const void *b)
{
	return strcmp(((const struct word *)a)->code, ((const struct word *)b)->code);
}

static struct words build_word_group(struct build *build, const struct setting *group)
{
	struct words words = { .name = build_copy(build, group->name) };
	struct word *list = arena_alloc(&build->menu->arena, setting_count(group) * sizeof(*list));
	const struct setting *set;
	uint16_t i;

	for (set = group->child; set; set = set->next) {
		if (set->type == SETTING_STRING)
			list[words.count++] = (struct word){ build_copy(build, set->name),
							     build_copy(build, set->string) };
		else
			problems_add(build->problems, set, "word '%s' must be a string", set->name);
	}
	qsort(list, words.count, sizeof(*list), compare_words);
	for (i = 1; i < words.count; i++)
		if (strlen(list[i].text) > strlen(list[words.longest].text))
			words.longest = i;
	words.list = list;
	return words;
}

static void build_words(struct build *build, const struct setting *groups, struct language *language)
{
	struct words *words = arena_alloc(&build->menu->arena, setting_count(groups) * sizeof(*words));
	const struct setting *set;

	for (set = groups ? groups->child : NULL; set; set = set->next) {
		if (set->type == SETTING_GROUP)
			words[language->words_count++] = build_word_group(build, set);
		else
			problems_add(build->problems, set, "words '%s' must be a group", set->name);
	}
	language->words = words;
}

/* ---- languages ---- */

/* Texts about keywords and one-time codes are needed only if the menu accepts texts. */
static bool system_needed(const struct build *build, unsigned int text)
{
	switch (text) {
	case SYSTEM_UNKNOWN_WORD:
	case SYSTEM_NEAREST_WORD:
	case SYSTEM_NOTHING_ASKED:
	case SYSTEM_CHANGED:
	case SYSTEM_CODE:
	case SYSTEM_CODE_REQUEST:
	case SYSTEM_WRONG_CODE:
	case SYSTEM_CODE_SENT:
	case SYSTEM_NOT_CONFIRMED:
		return build->has_services;
	default:
		return true;
	}
}

static void build_system(struct build *build, const struct setting *root, struct language *language)
{
	const struct setting *group = build_get(build, root, "system", SETTING_GROUP);
	const struct setting *set;
	unsigned int i;

	build_check_names(build, group, system_known);
	for (i = 0; i < SYSTEM_COUNT; i++) {
		set = build_get(build, group, system_names[i], SETTING_STRING);
		if (set)
			language->system[i] = template_parse(build, language, set);
		else if (!setting_get(group, system_names[i]) && system_needed(build, i))
			problems_add(build->problems, group ? group : root, "system text '%s' is missing",
				     system_names[i]);
	}
}

/* "Dial again" does not suit a text conversation, so its last texts may differ. */
static void build_system_sms(struct build *build, const struct setting *root, struct language *language)
{
	const struct setting *group = setting_get(root, "system"), *set;
	char name[40];
	size_t i;

	for (i = 0; i < sizeof(last_texts) / sizeof(last_texts[0]); i++) {
		snprintf(name, sizeof(name), "%s_sms", system_names[last_texts[i]]);
		set = build_get(build, group, name, SETTING_STRING);
		if (set)
			language->system_sms[last_texts[i]] = template_parse(build, language, set);
	}
}

static const char *const *build_answer(struct build *build, const struct setting *group, const char *name,
				       uint8_t *count)
{
	const struct setting *set = setting_get(group, name);
	const char *const *words = set ? build_strings(build, set, count) : NULL;
	uint8_t i;

	for (i = 0; i < *count; i++) {
		char *word = (char *)words[i];

		word[text_fold_keyword(word, strlen(word), word)] = '\0';
	}
	return words;
}

static void build_language(struct build *build, const struct menu_texts *texts, struct language *language)
{
	const struct setting *root = texts->root, *plural, *answers;

	language->name = build_copy(build, texts->language);
	build_check_names(build, root, "name transliterate plural formats system words pages answers");
	plural = build_get(build, root, "plural", SETTING_STRING);
	language->plural = plural ? plural_rule_named(plural->string) : plural_rule_for(language->name);
	if (!language->plural) {
		problems_add(build->problems, plural, "unknown plural rule '%s'", plural->string);
		language->plural = plural_rule_for(language->name);
	}
	language->transliterate = build_bool(build, root, "transliterate", false);
	build_formats(build, build_get(build, root, "formats", SETTING_GROUP), &language->formats);
	build_old_time(build, root, language);
	build_words(build, build_get(build, root, "words", SETTING_GROUP), language);
	/* words that count as the keys of a confirmation */
	answers = build_get(build, root, "answers", SETTING_GROUP);
	build_check_names(build, answers, "yes no");
	language->yes = build_answer(build, answers, "yes", &language->yes_count);
	language->no = build_answer(build, answers, "no", &language->no_count);
	if (!root)
		return;
	build_system(build, root, language);
	build_system_sms(build, root, language);
}

void build_languages(struct build *build)
{
	const struct menu_source *source = build->source;
	struct arena *arena = &build->menu->arena;
	size_t i;

	build->languages = arena_alloc(arena, source->texts_count * sizeof(*build->languages));
	build->texts_pages = arena_alloc(arena, source->texts_count * sizeof(*build->texts_pages));
	build->menu->languages = build->languages;
	build->menu->languages_count = source->texts_count;
	for (i = 0; i < source->texts_count; i++) {
		build_language(build, &source->texts[i], &build->languages[i]);
		build->texts_pages[i] = build_get(build, source->texts[i].root, "pages", SETTING_GROUP);
	}
}

/* ---- texts of pages ---- */

static const struct setting *find_text(struct build *build, size_t language, const char *page, const char *name)
{
	const struct setting *group = setting_get(build->texts_pages[language], page);

	return build_get(build, group, name, SETTING_STRING);
}

void build_text_used(struct build *build, const struct setting *set)
{
	const struct setting **grown = reallocarray(build->used, build->used_count + 1, sizeof(*grown));

	if (!grown)
		abort();
	build->used = grown;
	build->used[build->used_count++] = set;
}

static struct template build_text(struct build *build, size_t i, const struct page *page, const char *name)
{
	const struct setting *set = find_text(build, i, page->name, name);
	const struct setting *root = build->source->texts[i].root;

	if (set) {
		build_text_used(build, set);
		return template_parse(build, &build->menu->languages[i], set);
	}
	if (root)
		problems_add_at(build->problems, root->file, 0, "page '%s' (%s:%u) has no text '%s' in language '%s'",
				page->name, page->file, page->line, name, build->menu->languages[i].name);
	return template_literal(build, "");
}

texts_t build_texts(struct build *build, const struct page *page, const char *name, bool needed)
{
	struct template *texts;
	size_t i;

	for (i = 0; i < build->menu->languages_count && !needed; i++)
		needed = find_text(build, i, page->name, name) != NULL;
	if (!needed)
		return NULL;
	texts = arena_alloc(&build->menu->arena, build->menu->languages_count * sizeof(*texts));
	for (i = 0; i < build->menu->languages_count; i++)
		texts[i] = build_text(build, i, page, name);
	return texts;
}

static bool is_used(const struct build *build, const struct setting *set)
{
	size_t i;

	for (i = 0; i < build->used_count; i++)
		if (build->used[i] == set)
			return true;
	return false;
}

void build_texts_finish(struct build *build)
{
	const struct setting *page, *text;
	size_t i;

	for (i = 0; i < build->menu->languages_count; i++) {
		for (page = build->texts_pages[i] ? build->texts_pages[i]->child : NULL; page; page = page->next)
			for (text = page->child; text; text = text->next)
				if (!is_used(build, text))
					problems_add(build->problems, text, "no page shows the text '%s' of '%s'",
						     text->name ? text->name : "", page->name);
	}
	free(build->used);
	build->used = NULL;
}
