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
static const char system_known[] = SYSTEM_TEXTS(X);
#undef X

/* ---- formats ---- */

/* Split "¥{amount}" into the text before and after the amount. */
static void build_around(struct build *build, const struct setting *group, const char *name, const char *mark,
			 const char **before, const char **behind)
{
	char *text = build_copy(build, build_string(build, group, name, mark));
	char *value = strstr(text, mark);

	if (!value) {
		problem_remedy(problems_add(build->problems, setting_get(group, name), "'%s' must contain %s", name, mark),
			       "write it where the value belongs");
		value = text;
	} else {
		*value = '\0';
		value += strlen(mark);
	}
	if (strstr(value, mark))
		problem_remedy(problems_add(build->problems, setting_get(group, name), "'%s' contains %s twice", name, mark),
			       "write it once");
	*before = text;
	*behind = value;
}

/* Whether a text has digits of any script that inputs may have. */
static bool has_digit(struct build *build, const char *text)
{
	char *folded = build_copy(build, text);

	folded[text_fold_input(text, strlen(text), folded)] = '\0';
	return strpbrk(folded, "0123456789");
}

/* If old data is marked, every language needs a text for it. */
static void build_old_time(struct build *build, const struct setting *root, struct language *language)
{
	const struct setting *group = setting_get(root, "formats");
	struct formats *formats = &language->formats;

	build_around(build, group, "old_time", "{time}", &formats->old_before, &formats->old_after);
	if (root && setting_get(build->source->root, "old_after") && !setting_get(group, "old_time"))
		problem_remedy(problems_add(build->problems, group ? group : root, "format 'old_time' is missing in language '%s'",
					    language->name), "write it, such as old_time = \"{time}, may be out of date\";");
}

static size_t octets_of_character(const char *at)
{
	size_t len = *at != 0;

	while (len && (at[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* Letters after '%', of what a format shows. */
static void check_letters(struct build *build, const struct setting *group, const char *name, const char *letters)
{
	const struct setting *set = setting_get(group, name);
	const char *at = set && set->type == SETTING_STRING ? set->string : "";

	while ((at = strchr(at, '%'))) {
		const size_t len = 1 + octets_of_character(at + 1);

		if (at[1] != '%' && (!at[1] || !strchr(letters, at[1])))
			problem_remedy(problems_add(build->problems, set, at[1] ? "'%s' has an unknown letter '%.*s'"
						    : "'%s' ends with a single '%.*s'", name, (int)len, at),
				       "a %s has %s; %%%% shows a percent sign", name, !strcmp(letters, "Ymd") ? "%Y, %m and %d" :
				       !strcmp(letters, "Ym") ? "%Y and %m" : "%Y, %m, %d, %H and %M (minutes)");
		at += at[1] ? len : 1;
	}
}

/* Amounts must be readable: a sign before the minor units, and another one between thousands. */
static void check_signs(struct build *build, const struct setting *group, const struct formats *formats)
{
	if (has_digit(build, formats->money_before) || has_digit(build, formats->money_after))
		problem_remedy(problems_add(build->problems, setting_get(group, "money"), "'money' has a digit beside {amount}, which "
					    "looks like a part of the amount"),
			       "remove the digit: write the currency only, such as \"¥{amount}\"");
	if (build->menu->currency_minor && !*formats->decimal)
		problem_remedy(problems_add(build->problems, setting_get(group, "decimal"), "the decimal sign is empty: 12.34 would be "
					    "1234"), "write the sign, such as \".\"");
	else if (*formats->decimal && !strcmp(formats->decimal, formats->group))
		problem_remedy(problems_add(build->problems, setting_get(group, setting_get(group, "group") ? "group" : "decimal"),
					    "'decimal' and 'group' are the same sign '%s': nobody could tell 1%s234 from 1%s23",
					    formats->group, formats->group, formats->group), "change one of them, or leave 'group' out");
	if (has_digit(build, formats->decimal) || has_digit(build, formats->group))
		problem_remedy(problems_add(build->problems, group, "'decimal' and 'group' cannot be digits"),
			       "write signs such as \".\" and \",\"");
}

static void build_formats(struct build *build, const struct setting *group, struct formats *formats)
{
	group = build_mended(build, group, "money decimal group date month time old_time after_key missing");
	build_around(build, group, "money", "{amount}", &formats->money_before, &formats->money_after);
	formats->decimal = build_copy(build, build_string(build, group, "decimal", "."));
	formats->group = build_copy(build, build_string(build, group, "group", ""));
	formats->date = build_copy(build, build_string(build, group, "date", "%Y-%m-%d"));
	formats->month = build_copy(build, build_string(build, group, "month", "%Y-%m"));
	formats->time = build_copy(build, build_string(build, group, "time", "%Y-%m-%d %H:%M"));
	formats->after_key = build_copy(build, build_string(build, group, "after_key", " "));
	formats->missing = build_copy(build, build_string(build, group, "missing", "-"));
	check_letters(build, group, "date", "Ymd");
	check_letters(build, group, "month", "Ym");
	check_letters(build, group, "time", "YmdHM");
	check_signs(build, group, formats);
}

/* ---- words ---- */

static int compare_words(const void *a, const void *b)
{
	return strcmp(((const struct word *)a)->code, ((const struct word *)b)->code);
}

const struct words *build_find_words(const struct language *language, const char *name)
{
	uint16_t i;

	for (i = 0; i < language->words_count; i++)
		if (!strcmp(language->words[i].name, name))
			return &language->words[i];
	return NULL;
}

/* \a others: words of another language for the codes that the group lacks; may be NULL. */
static struct words build_word_group(struct build *build, const struct setting *group, const struct words *others)
{
	struct words words = { .name = build_copy(build, group->name) };
	const uint16_t most = setting_count(group) + (others ? others->count : 0);
	struct word *list = arena_alloc(&build->menu->arena, most * sizeof(*list));
	const struct setting *set;
	uint16_t i;

	for (set = group->child; set; set = set->next) {
		if (set->type == SETTING_STRING)
			list[words.count++] = (struct word){ build_copy(build, set->name),
							     build_copy(build, set->string) };
		if (set->type == SETTING_STRING && !*set->string && !strcmp(group->name, "service"))
			problem_remedy(problems_add(build->problems, set, "the name of service '%s' is empty", set->name), "write one");
		else if (set->type != SETTING_STRING)
			problem_remedy(problems_add(build->problems, set, "word '%s' must be a string", set->name), "write it in quotes");
	}
	for (i = 0; others && i < others->count; i++)
		if (!setting_get(group, others->list[i].code))
			list[words.count++] = others->list[i];
	qsort(list, words.count, sizeof(*list), compare_words);
	for (i = 1; i < words.count; i++)
		if (strlen(list[i].text) > strlen(list[words.longest].text))
			words.longest = i;
	words.list = list;
	return words;
}

/* A draft has the first language's words for what it lacks. */
static void build_words(struct build *build, const struct setting *groups, struct language *language)
{
	const struct language *first = &build->languages[0];
	const uint16_t most = setting_count(groups) + (language->draft ? first->words_count : 0);
	struct words *words = arena_alloc(&build->menu->arena, most * sizeof(*words));
	const struct setting *set;
	uint16_t i;

	for (set = groups ? groups->child : NULL; set; set = set->next) {
		if (set->type == SETTING_GROUP)
			words[language->words_count++] =
				build_word_group(build, set, language->draft ? build_find_words(first, set->name) : NULL);
		else
			problem_remedy(problems_add(build->problems, set, "words '%s' must be a group", set->name), "write them in { }");
	}
	for (i = 0; language->draft && i < first->words_count; i++)
		if (!setting_get(groups, first->words[i].name))
			words[language->words_count++] = first->words[i];
	language->words = words;
}

/* ---- languages ---- */

bool build_system_for_texts(enum system_text text)
{
	switch (text) {
	case SYSTEM_UNKNOWN_WORD:
	case SYSTEM_NEAREST_WORD:
	case SYSTEM_NOTHING_ASKED:
	case SYSTEM_CHANGED:
	case SYSTEM_CODE:
	case SYSTEM_CODE_REQUEST:
	case SYSTEM_WRONG_CODE:
		return true;
	default:
		return false;
	}
}

static void build_system(struct build *build, const struct setting *root, struct language *language)
{
	const struct setting *group = build_mended(build, build_get(build, root, "system", SETTING_GROUP), system_known), *set;
	unsigned int i;

	for (i = 0; i < SYSTEM_COUNT; i++) {
		set = setting_get(group, system_names[i]);
		if (set)
			language->system[i] = build_text(build, language, set);
		else if (language->draft)
			language->system[i] = build->languages[0].system[i];
		else if (build->has_services || (!build_system_for_texts(i) && i != SYSTEM_CODE_SENT && i != SYSTEM_NOT_CONFIRMED))
			problem_remedy(problems_add(build->problems, group ? group : root, "system text '%s' is missing", system_names[i]),
				       "write it, or include ../common/system.%s.cfg", language->name);
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
		if (!*word)
			problem_remedy(problems_add(build->problems, set, "a word for %s is empty", name), "remove it, or write a word");
	}
	return words;
}

/* A word for yes or no is a key of the menu. If it has letters, the key is the odd one. */
static void refuse_word(struct build *build, const struct setting *word, unsigned int key, const char *answer)
{
	const char *text = build_key_of(build, key);
	const struct setting *set = text[strspn(text, "0123456789")] ? build_key_at(build, key) : NULL;

	if (set)
		problem_remedy(problems_add(build->problems, set, "key '%s' is a word for %s", text, answer),
			       "choose another key, or remove the word in %s:%u", word->file, word->line);
	else
		problem_remedy(problems_add(build->problems, word, "'%s' is a key: it cannot be a word for %s", text, answer),
			       "remove it");
}

/* A confirmation tries keys before words, so no word may be another key; and none may mean both. */
static void check_answers(struct build *build, const struct setting *answers, const struct language *language)
{
	const struct setting *at[] = { setting_get(answers, "yes"), setting_get(answers, "no") };
	const char *const *words[] = { language->yes, language->no };
	const uint8_t counts[] = { language->yes_count, language->no_count };
	uint8_t side, i, k;

	for (side = 0; side < 2; side++)
		for (i = 0; i < counts[side]; i++)
			for (k = 0; !build->broken_keys && k < MENU_KEYS; k++)
				if (k != KEY_YES + side && !strcasecmp(words[side][i], build_key_of(build, k)))
					refuse_word(build, at[side], k, side ? "no" : "yes");
	for (i = 0; i < language->yes_count; i++)
		for (k = 0; k < language->no_count; k++)
			if (!strcmp(language->yes[i], language->no[k]))
				problem_remedy(problems_add(build->problems, at[1], "'%s' is a word for both yes and no", language->no[k]),
					       "remove it from one of them");
	for (side = 0; answers && setting_count(answers) <= (size_t)!!at[0] + !!at[1] && side < 2; side++)
		if (!counts[side])
			problem_remedy(problems_add(build->problems, at[side] ? at[side] : answers, "there is no word for %s", side ? "no" :
						    "yes"), "write them: %s = [ \"…\" ];", side ? "no" : "yes");
}

/* A wording of a system text as keywords are compared; *\a at: its string. */
static const char *folded_wording(struct build *build, const struct text *text, uint8_t wording, const struct setting **at)
{
	*at = setting_at(text->variants[wording].at, "text");
	return (*at)->type == SETTING_STRING ? build_fold(build, (*at)->string) : "";
}

static bool check_distinct(struct build *build, const struct language *language, enum system_text a, enum system_text b)
{
	const struct text *yes = &language->system[a], *no = &language->system[b];
	const struct setting *at, *other;
	bool distinct = true;
	uint8_t i, k;

	for (i = 0; i < no->count; i++) {
		for (k = 0; k < yes->count; k++) {
			const char *label = folded_wording(build, no, i, &at);

			if (!*label || strcmp(label, folded_wording(build, yes, k, &other)))
				continue;
			problem_remedy(problems_add(build->problems, at, "'%s' and '%s' have the same label '%s': nobody can tell "
						    "yes from no", build_system_name(a), build_system_name(b), at->string),
				       "change one of them");
			distinct = false;
		}
	}
	return distinct;
}

/* The labels of the keys do not say the opposite. */
static void check_labels(struct build *build, const struct language *language)
{
	const struct text *labels[] = { &language->system[SYSTEM_YES], &language->system[SYSTEM_NO] };
	const char *const *words[] = { language->yes, language->no };
	const uint8_t counts[] = { language->yes_count, language->no_count };
	static const char *const names[] = { "yes", "no" };
	const struct setting *at;
	const bool distinct = check_distinct(build, language, SYSTEM_YES, SYSTEM_NO);
	uint8_t side, i, k;

	check_distinct(build, language, SYSTEM_RESUME_YES, SYSTEM_RESUME_NO);
	for (side = 0; distinct && side < 2; side++)
		for (i = 0; i < labels[side]->count; i++)
			for (k = 0; k < counts[!side]; k++)
				if (!strcmp(words[!side][k], folded_wording(build, labels[side], i, &at)))
					problem_remedy(problems_add(build->problems, at, "the label of the key '%s', '%s', is a word for "
								    "%s in 'answers'", names[side], at->string, names[!side]),
						       "write a word for %s, or correct 'answers'", names[side]);
}

static void build_language(struct build *build, const struct menu_texts *texts, struct language *language)
{
	const struct setting *root = texts->root, *plural, *answers;

	language->name = build_copy(build, texts->language);
	language->draft = build_bool(build, root, "draft", false);
	if (language->draft && language == build->languages) {
		problem_remedy(problems_add(build->problems, setting_get(root, "draft"), "the first language cannot be a draft: it stands "
					    "in for those that are"), "remove 'draft', or let another language be the first");
		language->draft = false;
	}
	plural = build_get(build, root, "plural", SETTING_STRING);
	language->plural = plural ? plural_rule_named(plural->string) : plural_rule_for(language->name);
	if (!language->plural) {
		problem_remedy(problems_add(build->problems, plural, "unknown plural rule '%s'", plural->string),
			       "choose one_other, none, french, slavic, polish, czech or arabic");
		language->plural = plural_rule_for(language->name);
	}
	language->transliterate = build_bool(build, root, "transliterate", false);
	build_formats(build, build_get(build, root, "formats", SETTING_GROUP), &language->formats);
	build_old_time(build, root, language);
	build_words(build, build_get(build, root, "words", SETTING_GROUP), language);
	/* words that count as the keys of a confirmation */
	answers = build_mended(build, build_get(build, root, "answers", SETTING_GROUP), "yes no");
	language->yes = build_answer(build, answers, "yes", &language->yes_count);
	language->no = build_answer(build, answers, "no", &language->no_count);
	if (language->draft && !language->yes_count && !language->no_count) {
		language->yes = build->languages[0].yes;
		language->yes_count = build->languages[0].yes_count;
		language->no = build->languages[0].no;
		language->no_count = build->languages[0].no_count;
	}
	check_answers(build, answers, language);
	if (!root)
		return;
	build_system(build, root, language);
	check_labels(build, language);
}

/* Common texts of outcomes are for actions, and for outcomes that these have. Returns them under the actions' right names. */
static const struct setting *check_outcomes(struct build *build, const struct setting *outcomes)
{
	const struct setting *group, *set, *mended = outcomes;
	const char *meant;

	for (group = outcomes ? outcomes->child : NULL; group; group = group->next) {
		if (group->type != SETTING_GROUP || !build_outcome_known(build, group->name, NULL)) {
			meant = build_suggest_outcome(build, problems_add(build->problems, group, "'%s' must be a group for an action, "
									  "such as 'service_activate', or 'all'", group->name),
						      group->name, NULL);
			if (meant && !setting_get(mended, meant))
				mended = build_renamed(build, mended, setting_get(mended, group->name), meant);
			continue;
		}
		for (set = group->child; set; set = set->next)
			if (!build_outcome_known(build, group->name, set->name))
				build_suggest_outcome(build, problems_add(build->problems, set, "'%s' has no outcome '%s'", group->name,
									  set->name), group->name, set->name);
	}
	return mended;
}

/* Words that answer confirmations are in every language or in none. */
void build_answers_check(struct build *build)
{
	const struct menu_texts *texts = build->source->texts;
	const char *has = NULL;
	size_t i;
	uint16_t p;

	for (p = 0; p < build->menu->pages_count && !build->menu->pages[p].confirm; p++)
		;
	if (p == build->menu->pages_count)
		return;
	for (i = 0; i < build->source->texts_count; i++)
		if (!has && setting_get(texts[i].root, "answers"))
			has = texts[i].language;
	for (i = 0; has && i < build->source->texts_count; i++)
		if (texts[i].root && !setting_get(texts[i].root, "answers") && !build->languages[i].draft)
			problem_remedy(problems_add_at(build->problems, texts[i].root->file, 0, "language '%s' has no words for yes and "
						       "no, as '%s' has", texts[i].language, has), "write them: answers = { yes = [ \"…\" "
				       "]; no = [ \"…\" ]; };");
}

void build_languages(struct build *build)
{
	const struct menu_source *source = build->source;
	struct arena *arena = &build->menu->arena;
	size_t before, i;

	build->languages = arena_alloc(arena, source->texts_count * sizeof(*build->languages));
	build->texts_pages = arena_alloc(arena, source->texts_count * sizeof(*build->texts_pages));
	build->texts_outcomes = arena_alloc(arena, source->texts_count * sizeof(*build->texts_outcomes));
	build->menu->languages = build->languages;
	build->menu->languages_count = source->texts_count;
	for (i = 0; i < source->texts_count; i++) {
		before = build->problems->complaints;
		build_language(build, &source->texts[i], &build->languages[i]);
		build->broken_languages[i] |= !source->texts[i].root || build->problems->complaints > before ||
					      (build->languages[i].draft && build->broken_languages[0]);
		build->texts_pages[i] = build_get(build, source->texts[i].root, "pages", SETTING_GROUP);
		build->texts_outcomes[i] = check_outcomes(build, build_get(build, source->texts[i].root, "outcomes", SETTING_GROUP));
	}
}

/* ---- texts ---- */

static struct variant build_variant(struct build *build, const struct language *language, const struct setting *set)
{
	const struct setting *text = set->type == SETTING_GROUP ? build_get(build, set, "text", SETTING_STRING) : set;
	struct variant variant = { .at = set };

	if (set->type == SETTING_GROUP) {
		set = build_mended(build, set, "text only_if unless");
		variant.conditions = build_conditions(build, set);
	}
	if (text && text->type == SETTING_STRING)
		variant.template = template_parse(build, language, text);
	else if (set->type != SETTING_GROUP || !setting_get(set, "text"))
		problem_remedy(problems_add(build->problems, set, "a wording is a string, or a group with 'text' and 'only_if' or "
					    "'unless'"), "write its text in quotes");
	return variant;
}

/* Nobody should see an empty screen, or a key without its label. */
static void check_empty(struct build *build, const struct setting *wording, const char *name)
{
	const struct setting *text = setting_at(wording, "text");

	if (text->type == SETTING_STRING && !text->string[strspn(text->string, " \t\r\n")])
		problem_remedy(problems_add(build->problems, text, "the text '%s' is empty", name ? name : ""),
			       "write it, or remove it where it is not needed");
}

struct text build_text(struct build *build, const struct language *language, const struct setting *set)
{
	const size_t count = set->type == SETTING_LIST ? setting_count(set) : 1;
	struct variant *variants = arena_alloc(&build->menu->arena, (count + 1) * sizeof(*variants));
	struct text text = { .variants = variants };
	bool open = false;	/* some wording is for everybody; if others follow it, these are reported */
	uint8_t i, k;
	const struct setting *wording = set->type == SETTING_LIST ? set->child : set;

	if (set->type != SETTING_STRING && (set->type != SETTING_LIST || !count || count >= UINT8_MAX))
		problem_remedy(problems_add(build->problems, set, "'%s' must be a text, or a list of wordings with conditions", set->name),
			       "write it in quotes");
	else
		for (i = 0; i < count; i++, wording = wording->next)
			if (!build_wording_left_out(build, wording))
				variants[text.count++] = build_variant(build, language, wording);
	for (i = 0; i < text.count; i++) {
		check_empty(build, variants[i].at, set->name);
		open |= conditions_hold_always(&variants[i].conditions);
		for (k = 0; k < i; k++)
			build_check_after(build, variants[i].at, "wording", &variants[i].conditions, &variants[k].conditions,
					  variants[k].at);
	}
	if (text.count && !open)
		problem_remedy(problems_add(build->problems, variants[text.count - 1].at, "the last wording of '%s' must be for "
					    "everybody, without 'only_if' and 'unless'", set->name), "remove its conditions, or add a "
			       "wording without any");
	return text;
}

/* ---- texts of pages ---- */

#define GROUP_SIZE 64	/* of the name of an action's outcomes */

static const struct setting *find_text(const struct build *build, size_t language, const struct page *page, const char *name)
{
	const struct setting *set = NULL;
	unsigned int i;

	for (i = 0; page && !set && i <= build->menu->pages_count; i++, page = page->like)	/* not for ever in a circle */
		set = setting_get(page->texts[language], name);
	return set;
}

/* The slot of a text, or the free one where it belongs. */
static struct used_text *find_used(const struct build *build, const struct setting *set)
{
	size_t at = (uintptr_t)set / sizeof(*set) & (build->used_size - 1);

	while (build->used[at].set && build->used[at].set != set)
		at = (at + 1) & (build->used_size - 1);
	return &build->used[at];
}

static struct used_text *use(struct build *build, const struct setting *set)
{
	struct used_text *slot, *old = build->used;
	size_t i, size = build->used_size;

	if (2 * build->used_count >= size) {
		build->used_size = size ? 2 * size : 1024;
		build->used = calloc(build->used_size, sizeof(*build->used));
		if (!build->used)
			abort();
		for (i = 0; i < size; i++)
			if (old[i].set)
				*find_used(build, old[i].set) = old[i];
		free(old);
	}
	slot = find_used(build, set);
	build->used_count += !slot->set;
	slot->set = set;
	return slot;
}

void build_text_used(struct build *build, const struct setting *set)
{
	if (set)
		use(build, set);
}

bool build_has_text(struct build *build, const struct page *page, const char *name)
{
	size_t i;

	for (i = 0; i < build->menu->languages_count; i++)
		if (find_text(build, i, page, name))
			return true;
	return false;
}

static void add_missing(struct build *build, const struct page *page, const char *name, uint16_t language)
{
	struct missing_text *grown = reallocarray(build->missing, build->missing_count + 1, sizeof(*grown));

	if (!grown)
		abort();
	build->missing = grown;
	grown[build->missing_count++] = (struct missing_text){ page, build_copy(build, name), language };
}

/* The text of one language; a draft's is that of the first language if it has none. */
static struct text build_page_text(struct build *build, size_t i, const struct page *page, const char *name, const struct setting *set,
				   const struct text *first)
{
	const struct language *language = &build->menu->languages[i];
	const struct setting *root = build->source->texts[i].root;

	if (set) {	/* pages share the texts of pages that they are like, and of actions' outcomes */
		const struct text *known = use(build, set)->text;
		struct text *text;

		if (known)
			return *known;
		text = arena_alloc(&build->menu->arena, sizeof(*text));
		*text = build_text(build, language, set);
		use(build, set)->text = text;
		return *text;
	}
	if (language->draft)
		return *first;
	if (root)
		add_missing(build, page, name, i);
	if (!build->nothing)
		build->nothing = build_made_text(build, "");
	return build->nothing[i];
}

texts_t build_texts(struct build *build, const struct page *page, const char *name, bool needed)
{
	struct text *texts;
	size_t i;

	if (!needed && !build_has_text(build, page, name))
		return NULL;
	texts = arena_alloc(&build->menu->arena, build->menu->languages_count * sizeof(*texts));
	for (i = 0; i < build->menu->languages_count; i++)
		texts[i] = build_page_text(build, i, page, name, find_text(build, i, page, name), &texts[0]);
	return texts;
}

/* \a groups: the names of those where its common texts stand. */
static const struct setting *find_outcome(const struct build *build, size_t language, const struct page *page, char groups[2][GROUP_SIZE],
					  const char *name)
{
	const struct setting *set = find_text(build, language, page, name);
	const struct setting *outcomes = build->texts_outcomes[language];

	if (!set)
		set = setting_get(setting_get(outcomes, groups[0]), name);
	if (!set)
		set = setting_get(setting_get(outcomes, groups[1]), name);
	return set ? set : setting_get(setting_get(outcomes, "all"), name);
}

texts_t build_outcome_texts(struct build *build, const struct page *page, const struct menu_action *action, const char *name)
{
	char groups[2][GROUP_SIZE];
	struct text *texts;
	size_t i;

	build_outcome_group(page->action, groups[0], GROUP_SIZE);
	build_outcome_group(action, groups[1], GROUP_SIZE);
	for (i = 0; i < build->menu->languages_count && !find_outcome(build, i, page, groups, name); i++)
		;
	if (i == build->menu->languages_count)
		return NULL;
	texts = arena_alloc(&build->menu->arena, build->menu->languages_count * sizeof(*texts));
	for (i = 0; i < build->menu->languages_count; i++)
		texts[i] = build_page_text(build, i, page, name, find_outcome(build, i, page, groups, name), &texts[0]);
	return texts;
}

texts_t build_made_text(struct build *build, const char *text)
{
	struct text *texts = arena_alloc(&build->menu->arena, build->menu->languages_count * sizeof(*texts));
	uint16_t i;

	for (i = 0; i < build->menu->languages_count; i++) {
		const struct setting made = { .type = SETTING_STRING, .string = text, .name = "text" };
		struct variant *variant = arena_alloc(&build->menu->arena, sizeof(*variant));

		variant->template = template_parse(build, &build->menu->languages[i], &made);
		texts[i] = (struct text){ variant, 1 };
	}
	return texts;
}

bool build_is_textless(const struct build *build, const struct page *page)
{
	uint16_t i;

	for (i = 0; i < build->menu->languages_count; i++)
		if (!build->source->texts[i].root || page->texts[i])
			return false;
	return !page->texts_alone && !page->like;
}

static bool is_used(const struct build *build, const struct setting *text)
{
	return build->used_count && find_used(build, text)->set;
}

static bool is_broken(const struct build *build, const char *name)
{
	const struct page *page = build_find_page(build, name);

	return page && (build->broken[page - build->menu->pages] || (build->textless && page->texts_alone));
}

/* Texts are missed page by page. */
static int compare_missing(const void *page, const void *missing)
{
	const struct page *a = page, *b = ((const struct missing_text *)missing)->page;

	return a < b ? -1 : a > b;
}

/* The missing texts of a page, of all languages; NULL: none. */
static struct missing_text *missing_of(const struct build *build, const char *name)
{
	const struct page *page = build_find_page(build, name);
	struct missing_text *found = page && build->missing_count ?
		bsearch(page, build->missing, build->missing_count, sizeof(*build->missing), compare_missing) : NULL;

	while (found && found > build->missing && found[-1].page == page)
		found--;
	return found;
}

/* The missing text of a page that the author meant by another name; NULL: none. */
static struct missing_text *meant_by(const struct build *build, uint16_t language, const struct setting *page, const struct setting *text)
{
	struct text_nearest nearest = {};
	struct missing_text *found = NULL, *missing = text->name ? missing_of(build, page->name) : NULL;
	const struct page *of = missing ? missing->page : NULL;

	for (; missing && missing < build->missing + build->missing_count && missing->page == of; missing++) {
		if (!missing->name || missing->language != language)
			continue;
		text_nearest_try(&nearest, text->name, missing->name, strlen(missing->name));
		found = nearest.best == missing->name ? missing : found;
	}
	return found;
}

/* A text that no page shows is a mistyped name, most often: then nothing is said about the text that is missing for that reason. */
static void check_unused(struct build *build, uint16_t language, const struct setting *page, const struct setting *text)
{
	struct missing_text *missing = meant_by(build, language, page, text);
	struct problem *problem;

	if (!missing && is_broken(build, page->name))
		return;
	problem = problems_add(build->problems, text, "no page shows the text '%s' of '%s'", text->name ? text->name : "", page->name);
	if (missing)
		problem_remedy(problem, "did you mean '%s'?", missing->name);
	else if (!text->name || !former_suggest(problem, FORMER_OUTCOME, text->name))
		problem_remedy(problem, "remove it, or name it as the page does");
	if (missing)
		missing->name = NULL;
}

/* The texts of a page that the menu does not have, and whose name is near to that of one whose texts are missing. */
static bool is_mistyped_page(struct build *build, const struct missing_text *missing)
{
	const struct setting *page = build->texts_pages[missing->language];
	struct text_nearest nearest = {};

	if (setting_get(page, missing->page->name) || !build_searches(build))
		return false;
	for (page = page ? page->child : NULL; page; page = page->next) {
		const struct page *known = build_find_page(build, page->name);

		if (!known || known->texts_alone)
			text_nearest_try(&nearest, missing->page->name, page->name, strlen(page->name));
	}
	if (nearest.best)
		build_texts_of_no_page(build, setting_get(build->texts_pages[missing->language], nearest.best), missing->page->name);
	return nearest.best;
}

void build_texts_of_no_page(struct build *build, const struct setting *at, const char *meant)
{
	struct problem *problem = problems_add(build->problems, at, "these are texts of a page '%s' that menu.cfg does not name", at->name);
	const bool search = !meant && build_searches(build);
	struct text_nearest nearest = {};
	uint16_t i;

	for (i = 0; search && i < build->menu->pages_count; i++)
		if (!build->menu->pages[i].texts_alone)
			text_nearest_try(&nearest, at->name, build->menu->pages[i].name, strlen(build->menu->pages[i].name));
	meant = meant ? meant : nearest.best;
	if (meant)
		problem_remedy(problem, "did you mean '%s'?", meant);
	else
		problem_remedy(problem, "let a choice or another page lead there, or remove them");
}

/* A page of the menu whose texts stand under another name, or nowhere. */
static void report_textless(struct build *build, const struct page *page)
{
	struct problem *problem = problems_add(build->problems, page->at, "page '%s' has no texts in any language", page->name);
	const bool search = build_searches(build);
	struct text_nearest nearest = {};
	uint16_t i;

	for (i = 0; search && i < build->menu->pages_count; i++)
		if (build->menu->pages[i].texts_alone)
			text_nearest_try(&nearest, page->name, build->menu->pages[i].name, strlen(build->menu->pages[i].name));
	problem_remedy(problem, "write them under pages.%s, or give the page the name of its texts", page->name);
	problem_suggest(problem, &nearest);
}

static void note_named(void *user, uint16_t page)
{
	struct build *build = user;

	build->named[page] = true;
}

/* Whether the menu names a page that only texts files have; if not, that is reported. */
static bool is_named(struct build *build, const struct page *page)
{
	uint16_t i;

	if (!build->named) {
		build->named = arena_alloc(&build->menu->arena, build->menu->pages_count);
		for (i = 0; i < build->menu->pages_count; i++)
			build_each_mention(build, build->menu->pages[i].at, note_named, build);
		build_each_mention(build, setting_get(build->source->root, "entries"), note_named, build);
	}
	return build->named[page - build->menu->pages];
}

void build_texts_finish(struct build *build)
{
	const struct setting *page, *text;
	size_t i;

	for (i = 0; i < build->menu->languages_count; i++)
		for (page = build->texts_pages[i] ? build->texts_pages[i]->child : NULL; page && !build_ends(build); page = page->next)
			for (text = page->child; text; text = text->next)
				if (!is_used(build, text))
					check_unused(build, i, page, text);
	for (i = 0; i < build->missing_count && !build_ends(build); i++) {
		const struct missing_text *missing = &build->missing[i];
		const struct page *of = missing->page;
		const struct setting *at = setting_get(build->texts_pages[missing->language], of->name);

		at = at ? at : build->texts_pages[missing->language];
		at = at ? at : build->source->texts[missing->language].root;
		if (missing->name && build_is_textless(build, of))
			report_textless(build, of);
		else if (missing->name && !is_mistyped_page(build, missing) && (!of->texts_alone || is_named(build, of)))
			problem_remedy(problems_add(build->problems, at, "page '%s' (%s:%u) has no text '%s' in language '%s'", of->name,
						    of->file, of->line, missing->name, build->menu->languages[missing->language].name),
				       "write it: pages.%s.%s", of->name, missing->name);
	}
}
