/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words for codes: each group is shown by some text, its codes exist, and no language lacks a word that another one has. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

static const struct setting *words_of(const struct build *build, size_t language, const char *group)
{
	const struct setting *words = setting_get(setting_get(build->source->texts[language].root, "words"), group);

	return words && words->type == SETTING_GROUP ? words : NULL;
}

void build_words_used(struct build *build, const char *group, uint16_t var, uint16_t language)
{
	size_t i = 0;

	while (i < build->words_uses_count && (build->words_uses[i].var != var || strcmp(build->words_uses[i].group, group)))
		i++;
	if (i < build->words_uses_count) {
		build->words_uses[i].languages |= 1ull << (language & 63);
		return;
	}
	build->words_uses = reallocarray(build->words_uses, build->words_uses_count + 1, sizeof(build->words_uses[0]));
	if (!build->words_uses)
		abort();
	build->words_uses[build->words_uses_count++] = (struct words_use){ build_copy(build, group), var, 1ull << (language & 63) };
}

typedef void see_field(void *user, uint16_t var);

/* The fields and answers whose codes a group has words for: those that texts show with it, and the field with its name. */
static unsigned int each_field(const struct build *build, const char *group, see_field *see, void *user)
{
	const uint16_t own = build_var(build, group);
	unsigned int count = 0;
	size_t i;

	if (own && menu_var_type(build->menu, own) == FIELD_TYPE_CODE) {
		see(user, own);
		count++;
	}
	for (i = 0; i < build->words_uses_count; i++) {
		const struct words_use *use = &build->words_uses[i];

		if (strcmp(use->group, group) || use->var == own)
			continue;
		see(user, use->var);
		count++;
	}
	return count;
}

/* ---- codes that exist ---- */

struct known {
	struct build *build;
	const char *group;
	const char *code;
	uint16_t var;			/* one of its fields, for a message */
	bool open;			/* one of the fields can have any code */
	bool found;
};

static void see_codes(void *user, uint16_t var)
{
	struct known *known = user;
	const char *codes = build_codes(known->build, var);

	known->open |= !codes;
	known->found |= codes && known->code && build_is_word_of(codes, known->code);
	known->var = known->var ? known->var : var;
}

/* Whether no field that the group is for can have the code. */
static bool is_impossible(struct build *build, const char *group, const char *code, uint16_t *var)
{
	struct known known = { .build = build, .group = group, .code = code };

	if (!each_field(build, group, see_codes, &known) || !strcmp(code, "other"))
		return false;
	*var = known.var;
	return !known.open && !known.found;
}

static void check_codes(struct build *build, const struct setting *group)
{
	const struct setting *word;
	uint16_t var = 0;

	for (word = group->child; word; word = word->next)
		if (is_impossible(build, group->name, word->name, &var))
			build_check_code(build, word, menu_var_name(build->menu, var), build_codes(build, var), word->name);
}

static void see_nothing(void *user, uint16_t var)
{
}

static void see_period(void *user, uint16_t var)
{
	*(bool *)user |= var == FIELD_PERIOD;
}

/* A price without its period, or with that of another, is a wrong price. */
static void check_periods(struct build *build, const struct setting *group)
{
	const struct setting *word, *other;
	bool periods = false;

	each_field(build, group->name, see_period, &periods);
	for (word = periods ? group->child : NULL; word; word = word->next) {
		if (word->type != SETTING_STRING)
			continue;
		if (!word->string[strspn(word->string, " \t\r\n")])
			problem_remedy(problems_add(build->problems, word, "the word for the period '%s' is empty", word->name),
				       "write it, such as \"a month\"");
		for (other = group->child; other != word; other = other->next) {
			if (other->type != SETTING_STRING || !*other->string ||
			    strcmp(build_fold(build, other->string), build_fold(build, word->string)))
				continue;
			problem_remedy(problems_add(build->problems, word, "the periods '%s' and '%s' have the same word '%s'", other->name,
						    word->name, word->string), "write how often the price is paid");
			break;
		}
	}
}

/* ---- groups that texts show ---- */

/* Remember the groups of the placeholders in a text, "{name:group}", each once. */
static void add_shown(struct build *build, const char *text)
{
	struct arena *arena = &build->menu->arena;
	struct setting *shown;
	const char *end, *name;
	char group[64];

	for (end = strchr(text, '}'); end; end = strchr(end + 1, '}')) {
		for (name = end; name > text && (isalnum((unsigned char)name[-1]) || strchr("_-*", name[-1])); name--)
			;
		if (name == end || name == text || name[-1] != ':' || (size_t)(end - name) >= sizeof(group))
			continue;
		snprintf(group, sizeof(group), "%.*s", (int)(end - name), name);
		if (setting_get(build->shown_groups, group))
			continue;
		shown = arena_alloc(arena, sizeof(*shown));
		shown->name = build_copy(build, group);
		setting_append(build->shown_groups, shown);
	}
}

static void add_all_shown(struct build *build, const struct setting *set)
{
	for (; set; set = set->next) {
		if (set->string)
			add_shown(build, set->string);
		add_all_shown(build, set->child);
	}
}

static bool is_used(const struct build *build, const char *group)
{
	const uint16_t var = build_var(build, group);

	return (var && menu_var_type(build->menu, var) == FIELD_TYPE_CODE) || setting_get(build->shown_groups, group);
}

/* Complain about a group that nobody sees. Returns the name that is meant; NULL: unknown. */
static const char *meant_group(struct build *build, const struct setting *words, const struct setting *group)
{
	struct problem *problem = problems_add(build->problems, group, "no text shows the words '%s'", group->name);
	const bool search = build_searches(build);
	struct text_nearest nearest = {};
	const struct setting *other;
	size_t i;

	for (i = FIELD_NONE + 1; i < FIELD_COUNT; i++)
		if (field_info(i)->type == FIELD_TYPE_CODE && !setting_get(words, field_info(i)->name))
			text_nearest_try(&nearest, group->name, field_info(i)->name, strlen(field_info(i)->name));
	for (i = 0; search && i < build->source->texts_count; i++) {
		other = setting_get(build->source->texts[i].root, "words");
		for (other = other ? other->child : NULL; other; other = other->next)
			if (is_used(build, other->name) && !setting_get(words, other->name))
				text_nearest_try(&nearest, group->name, other->name, strlen(other->name));
	}
	problem_remedy(problem, "remove them, or show them: {service:%s}", group->name);
	problem_suggest(problem, &nearest);
	return nearest.best;
}

void build_words_mend(struct build *build)
{
	const struct setting *words, *group, *mended;
	const char *meant;
	size_t i;

	build->shown_groups = arena_alloc(&build->menu->arena, sizeof(*build->shown_groups));
	setting_begin(&build->menu->arena, build->shown_groups);
	for (i = 0; i < build->source->texts_count; i++)
		if (build->source->texts[i].root)
			add_all_shown(build, build->source->texts[i].root->child);
	for (i = 0; i < build->source->texts_count; i++) {
		words = mended = setting_get(build->texts[i].root, "words");
		for (group = words ? words->child : NULL; group && !build_ends(build); group = group->next) {
			if (!group->name || group->type != SETTING_GROUP || is_used(build, group->name))
				continue;
			meant = meant_group(build, mended, group);
			if (meant)
				mended = build_renamed(build, mended, setting_get(mended, group->name), meant);
		}
		if (mended != words)
			build->texts[i].root = build_replaced(build, build->texts[i].root, words, mended);
	}
}

/* ---- the same words in all languages ---- */

static bool is_complete(const struct build *build, size_t language)
{
	return build->source->texts[language].root && !build->languages[language].draft;
}

static unsigned int count_languages(const struct build *build, const char *group, const char *code)
{
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < build->source->texts_count; i++)
		count += setting_get(words_of(build, i, group), code) != NULL;
	return count;
}

/* A word of this language alone whose code is near to the one that is missing: the author mistyped it. */
static const struct setting *mistyped(struct build *build, size_t language, const char *group, const char *missing)
{
	const struct setting *word = words_of(build, language, group);
	uint16_t var;

	for (word = word && build_searches(build) ? word->child : NULL; word; word = word->next) {
		struct text_nearest nearest = {};

		if (count_languages(build, group, word->name) > 1)
			continue;
		text_nearest_try(&nearest, word->name, missing, strlen(missing));
		if (nearest.best)
			return word;
		if (is_impossible(build, group, word->name, &var) && build_is_word_of(build_codes(build, var), missing))
			return word;
	}
	return NULL;
}

static void check_word(struct build *build, size_t language, const char *group, const char *code, bool written)
{
	const struct setting *words = words_of(build, language, group), *other;
	uint16_t var;

	if (!words || !is_complete(build, language) || setting_get(words, code) ||
	    (setting_get(words, "other") && !written) ||
	    is_impossible(build, group, code, &var))
		return;
	if (!strcmp(group, "service") && catalogue_find(&build->menu->catalogue, code, strlen(code)))
		return;		/* reported with the catalogue */
	other = mistyped(build, language, group, code);
	if (other && is_impossible(build, group, other->name, &var))
		return;		/* reported */
	if (other)
		problem_remedy(problems_add(build->problems, other, "only language '%s' has a word '%s' in '%s'",
					    build->source->texts[language].language, other->name, group), "did you mean '%s'?", code);
	else
		problem_remedy(problems_add(build->problems, words, "'%s' has no word for '%s' in language '%s'", group, code,
					    build->source->texts[language].language),
			       written ? "write it: words.%s.%s, as another language does"
				       : "write it: words.%s.%s, or \"other\" for all that have none", group, code);
}

static bool is_in_earlier(const struct build *build, size_t language, const char *group, const char *code)
{
	size_t i;

	for (i = 0; i < language; i++)
		if (code ? !!setting_get(words_of(build, i, group), code) : !!words_of(build, i, group))
			return true;
	return false;
}

/* Whether the word is one that an earlier language, or several, have under a similar code. */
static bool is_mistyped(struct build *build, const char *group, const char *code)
{
	const struct setting *word;
	size_t i;

	if (count_languages(build, group, code) > 1)
		return false;
	for (i = 0; i < build->source->texts_count; i++) {
		struct text_nearest nearest = {};
		const bool first = is_in_earlier(build, i + 1, group, NULL) && !is_in_earlier(build, i + 1, group, code);

		if (setting_get(words_of(build, i, group), code))
			continue;
		for (word = words_of(build, i, group) ? words_of(build, i, group)->child : NULL; word; word = word->next)
			text_nearest_try(&nearest, code, word->name, strlen(word->name));
		if (nearest.best && (first || count_languages(build, group, nearest.best) > 1))
			return true;
	}
	return false;
}

/* \a written: some language has a word for the code, so that the others need more than "other" for it. */
static void check_in_all(struct build *build, const char *group, const char *code, bool written)
{
	size_t i;

	for (i = 0; i < build->source->texts_count; i++)
		check_word(build, i, group, code, written);
}

/* Fields whose codes must all have words, if there are any: the author knows them all. */
struct needed {
	struct build *build;
	const char *group;
};

static void need_codes(void *user, uint16_t var)
{
	static const enum field known[] = { FIELD_ACCOUNT, FIELD_STATUS, FIELD_BRAND, FIELD_LANGUAGE, FIELD_SERVICE, FIELD_INSTEAD,
					    FIELD_BILLED, FIELD_REGISTERED };
	const struct needed *needed = user;
	char *code, *rest;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]) && known[i] != var; i++)
		;
	if (i == sizeof(known) / sizeof(known[0]) || !build_codes(needed->build, var))
		return;
	rest = build_copy(needed->build, build_codes(needed->build, var));
	while ((code = strsep(&rest, " ")))
		if (*code)
			check_in_all(needed->build, needed->group, code, false);
}

static bool shows(const struct build *build, size_t language, const char *group)
{
	size_t i;

	for (i = 0; i < build->words_uses_count; i++)
		if (!strcmp(build->words_uses[i].group, group) && build->words_uses[i].languages & 1ull << (language & 63))
			return true;
	return false;
}

/* A group that this language shows and lacks, although another has it; not if it is there under a similar name. */
static void check_group(struct build *build, size_t language, const char *group)
{
	const struct setting *root = build->source->texts[language].root, *words = setting_get(root, "words"), *other;
	struct text_nearest nearest = {};

	if (!is_complete(build, language) || setting_get(words, group) || !shows(build, language, group))
		return;
	for (other = words ? words->child : NULL; other; other = other->next)
		if (!each_field(build, other->name, see_nothing, NULL))
			text_nearest_try(&nearest, group, other->name, strlen(other->name));
	if (!nearest.best)
		problem_remedy(problems_add(build->problems, words ? words : root, "language '%s' has no words '%s', as others have",
					    build->source->texts[language].language, group), "write them: words.%s", group);
}

static void check_language(struct build *build, size_t language)
{
	const struct setting *words = setting_get(build->source->texts[language].root, "words"), *group, *word;
	size_t i;

	for (group = words ? words->child : NULL; group; group = group->next) {
		struct needed needed = { build, group->name };

		if (group->type != SETTING_GROUP)
			continue;
		if (!each_field(build, group->name, see_nothing, NULL))
			continue;
		check_codes(build, group);
		check_periods(build, group);
		if (!is_in_earlier(build, language, group->name, NULL)) {
			for (i = 0; i < build->source->texts_count; i++)
				check_group(build, i, group->name);
			each_field(build, group->name, need_codes, &needed);
		}
		for (word = group->child; word && !build_ends(build); word = word->next)
			if (!is_in_earlier(build, language, group->name, word->name) && !is_mistyped(build, group->name, word->name))
				check_in_all(build, group->name, word->name, strcmp(word->name, "other"));
	}
}

void build_words_check(struct build *build)
{
	size_t i;

	for (i = 0; i < build->source->texts_count; i++)
		check_language(build, i);
}
