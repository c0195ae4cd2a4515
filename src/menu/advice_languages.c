/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Warnings about texts that differ between languages where they should not, or do not differ where they should, and about words and
 * constants that no text shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/advice.h"

/* ---- the same text in other languages ---- */

/* The group of that text in a language; NULL: none. */
static const struct setting *same_group(const struct build *build, size_t language, const struct wording *wording)
{
	const struct setting *family = setting_get(build->source->texts[language].root, wording->family);

	return wording->owner ? setting_get(family, wording->owner) : family;
}

/* The text of the same name in a language; NULL: none. */
static const struct setting *same_text(const struct build *build, size_t language, const struct wording *wording)
{
	return setting_get(same_group(build, language, wording), wording->text->name);
}

static bool is_draft(const struct build *build, size_t language)
{
	return build->menu->languages[language].draft;
}

/* ---- placeholders ---- */

#define NAMES_MAX 64

struct names {
	const char *names[NAMES_MAX];
	size_t lens[NAMES_MAX];
	size_t count;
};

static bool has_name(const struct names *names, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (names->lens[i] == len && !memcmp(names->names[i], name, len))
			return true;
	return false;
}

static void add_names(struct build *build, const struct wording *wording, void *user)
{
	const char *pos = wording->at->string, *name;
	struct names *names = user;
	size_t len;

	while ((name = next_placeholder(&pos, &len))) {
		if (names->count == NAMES_MAX || has_name(names, name, len))
			continue;
		names->names[names->count] = name;
		names->lens[names->count++] = len;
	}
}

/* Texts of one meaning in several languages. */
struct peers {
	const struct wording *first;
	const struct setting **texts;		/* by language; NULL: none */
	struct names *names;			/* by language */
	size_t count;				/* of languages */
};

/* Whether most languages have a placeholder. */
static bool is_common(const struct peers *peers, const char *name, size_t len)
{
	size_t have = 0, all = 0, i;

	for (i = 0; i < peers->count; i++) {
		all += peers->texts[i] != NULL;
		have += peers->texts[i] && has_name(&peers->names[i], name, len);
	}
	return 2 * have >= all;
}

/* advice.c warns about a confirmation without these. */
static bool is_term(const struct build *build, const struct peers *peers, const char *name, size_t len)
{
	if ((len != 5 || memcmp(name, "price", 5)) && (len != 6 || memcmp(name, "period", 6)))
		return false;
	return !strcmp(peers->first->family, "pages") && page_sells(build_find_page(build, peers->first->owner));
}

#define LIST_MAX 200

/* Add "{name}" for each placeholder that language \a in has and language \a out lacks. */
static void list_names(const struct build *build, const struct peers *peers, size_t in, size_t out, bool common, char list[static LIST_MAX])
{
	const struct names *names = &peers->names[in];
	char name[LIST_MAX];
	size_t n;

	for (n = 0; n < names->count; n++) {
		if (has_name(&peers->names[out], names->names[n], names->lens[n]) ||
		    is_term(build, peers, names->names[n], names->lens[n]) ||
		    is_common(peers, names->names[n], names->lens[n]) != common)
			continue;
		snprintf(name, sizeof(name), "{%.*s}", (int)names->lens[n], names->names[n]);
		if (!strstr(list, name) && strlen(list) + strlen(name) + 3 < LIST_MAX)
			sprintf(list + strlen(list), "%s%s", *list ? ", " : "", name);
	}
}

/* A language that lacks what most have is warned about, and one that has what most lack. */
static void check_names(struct build *build, const struct peers *peers)
{
	size_t i, k, other = 0;
	char what[WORDING_NAME_MAX];
	int common;

	wording_name(peers->first, what);
	for (i = 0; i < peers->count; i++) {
		for (common = 0; peers->texts[i] && common < 2; common++) {
			char list[LIST_MAX] = "";

			for (k = 0; k < peers->count; k++) {
				if (k == i || !peers->texts[k])
					continue;
				other = *list ? other : k;
				list_names(build, peers, common ? k : i, common ? i : k, common, list);
			}
			if (*list)
				problem_remedy(problems_warn(build->problems, peers->texts[i], common ?
							     "%s does not show %s, unlike that of language '%s' (%s:%u)" :
							     "%s shows %s, unlike that of language '%s' (%s:%u)", what, list,
							     build->menu->languages[other].name, peers->texts[other]->file,
							     peers->texts[other]->line),
					       common ? "add it here, or remove it there" : "remove it here, or add it there");
		}
	}
}

static bool same_settings(const struct setting *a, const struct setting *b)
{
	if (!a || !b)
		return a == b;
	if (a->type != b->type || a->number != b->number || strcmp(a->name ? a->name : "", b->name ? b->name : "") ||
	    strcmp(a->string ? a->string : "", b->string ? b->string : ""))
		return false;
	for (a = a->child, b = b->child; a && b && same_settings(a, b); a = a->next, b = b->next)
		;
	return !a && !b;
}

static bool same_conditions(const struct setting *a, const struct setting *b)
{
	return same_settings(setting_get(a, "only_if"), setting_get(b, "only_if")) &&
	       same_settings(setting_get(a, "unless"), setting_get(b, "unless"));
}

/* Whether the wordings of two texts have the same conditions, in the same order. */
static bool same_wordings(const struct setting *a, const struct setting *b)
{
	if (a->type != SETTING_LIST || b->type != SETTING_LIST)
		return a->type == b->type;
	for (a = a->child, b = b->child; a && b && same_conditions(a, b); a = a->next, b = b->next)
		;
	return !a && !b;
}

static const struct setting *nth(const struct setting *text, size_t n)
{
	const struct setting *part = text->type == SETTING_LIST ? text->child : n ? NULL : text;

	for (; part && n && text->type == SETTING_LIST; n--)
		part = part->next;
	return part;
}

/* Compare wording by wording if all languages have the same ones, else the texts as a whole. */
static void compare_names(struct build *build, const struct peers *whole)
{
	const struct setting *first = whole->first->text, *part;
	struct peers peers = *whole;
	bool same = true;
	size_t i, n;

	for (i = 0; i < peers.count; i++)
		same &= !whole->texts[i] || same_wordings(first, whole->texts[i]);
	peers.texts = calloc(peers.count, sizeof(*peers.texts));
	if (!peers.texts)
		abort();
	for (n = 0; n == 0 || (same && nth(first, n)); n++) {
		memset(peers.names, 0, peers.count * sizeof(*peers.names));
		for (i = 0; i < peers.count; i++) {
			struct wording wording = *whole->first;

			part = whole->texts[i] && same ? nth(whole->texts[i], n) : whole->texts[i];
			wording.text = part && part->type == SETTING_GROUP ? setting_get(part, "text") : part;
			peers.texts[i] = wording.text;
			if (wording.text)
				each_string(build, &wording, add_names, &peers.names[i]);
		}
		check_names(build, &peers);
	}
	free(peers.texts);
}

/* ---- untranslated texts ---- */

/* Groups of words that are names, the same in all languages. */
static bool is_name(const struct build *build, const struct wording *wording)
{
	size_t i;

	if (!strcmp(wording->family, "words") && build_is_word_of("brand tariff provider", wording->owner))
		return true;
	for (i = 0; i < build->source->texts_count; i++)		/* a language's name for itself */
		if (!strcmp(setting_string(build->source->texts[i].root, "name", ""), wording->at->string))
			return true;
	return false;
}

struct equal {
	const char *string;
	const struct setting *found;
};

static void find_equal(struct build *build, const struct wording *wording, void *user)
{
	struct equal *equal = user;

	if (!strcmp(wording->at->string, equal->string))
		equal->found = wording->at;
}

/* Whether a text of one language may be that of another. In one script, few letters may well be the same in both. */
static bool is_untranslated(const struct letters *text, const struct letters *language, const struct letters *other)
{
	const enum script own = main_script(language), script = main_script(other);

	if (script == SCRIPT_LATIN)
		return own == script ? text->words >= 2 && text->of[script] >= 8 : text->words && !text->of[own];
	return own == script ? text->of[script] >= 8 : text->of[script] && !text->of[own];
}

struct translation {
	const struct letters *letters;	/* of each language */
	size_t count;			/* of texts that seem not to be translated */
	bool counting;			/* without warnings */
};

/* The same text in another language; NULL: none. */
static const struct setting *find_original(struct build *build, const struct wording *wording, const struct letters *text,
					   const struct letters *all, size_t *language)
{
	const size_t own = wording->language - build->menu->languages;
	struct equal equal = { .string = wording->at->string };
	struct wording other = *wording;
	size_t i;

	for (i = 0; i < build->menu->languages_count && !equal.found; i++) {
		/* in the same script nobody knows which of the two was copied */
		if (i == own || is_draft(build, i) || !is_untranslated(text, &all[own], &all[i]) ||
		    (i > own && main_script(&all[i]) == main_script(&all[own])))
			continue;
		other.text = same_text(build, i, wording);
		if (other.text)
			each_string(build, &other, find_equal, &equal);
		*language = i;
	}
	return equal.found;
}

static void check_translated(struct build *build, const struct wording *wording, void *user)
{
	struct translation *translation = user;
	const struct letters *own = &translation->letters[wording->language - build->menu->languages];
	const char *language = wording->language->name;
	struct letters letters = {};
	char name[WORDING_NAME_MAX];
	const struct setting *original;
	struct problem *problem;
	size_t of = 0;

	if (!strcmp(wording->family, "formats") || wording->language->draft || is_name(build, wording))
		return;
	count_letters(wording->language, wording->at->string, &letters);
	original = find_original(build, wording, &letters, translation->letters, &of);
	wording_name(wording, name);
	if (translation->counting) {
		translation->count += original != NULL;
	} else if (original && translation->count > ADVICE_MANY) {
		problem = problems_warn(build->problems, wording->at, "%s and %zu others are the same as in language '%s'", name,
					translation->count - 1, build->menu->languages[of].name);
		problem_remedy(problem, "write them in language '%s', or set 'draft = true' until then", language);
		translation->count = 0;		/* once */
	} else if (original && translation->count) {
		problem = problems_warn(build->problems, wording->at, "%s is the same as in language '%s' (%s:%u)", name,
					build->menu->languages[of].name, original->file, original->line);
		problem_remedy(problem, "write it in language '%s'", language);
	} else if (!original && main_script(own) != SCRIPT_LATIN && letters.words >= 2 && !letters.of[main_script(own)]) {
		problem_remedy(problems_warn(build->problems, wording->at, "%s is in Latin letters, unlike other texts of language '%s'",
					     name, language), "write it in this language");
	}
}

/* ---- comparing ---- */

struct comparison {
	struct peers peers;
	const struct setting **groups;	/* by language: the groups of the last text, among thousands of pages */
	struct wording of;
	const struct setting *last;	/* the text of the last string: compare each once */
};

static void compare(struct build *build, const struct wording *wording, size_t language, struct comparison *comparison)
{
	const bool same = wording->family == comparison->of.family && wording->owner == comparison->of.owner;
	struct peers *peers = &comparison->peers;
	size_t i, others = 0;

	comparison->of = *wording;
	for (i = 0; !same && i < peers->count; i++)
		comparison->groups[i] = is_draft(build, i) ? NULL : same_group(build, i, wording);
	for (i = 0; i < peers->count; i++) {
		peers->texts[i] = setting_get(comparison->groups[i], wording->text->name);
		if (i < language && peers->texts[i])
			return;		/* already compared */
		others += peers->texts[i] && i != language;
	}
	peers->first = wording;
	if (others)
		compare_names(build, peers);
}

static void compare_wording(struct build *build, const struct wording *wording, void *user)
{
	const size_t language = wording->language - build->menu->languages;
	struct comparison *comparison = user;

	if (wording->text == comparison->last || !strcmp(wording->family, "formats") || !strcmp(wording->family, "words"))
		return;
	comparison->last = wording->text;
	if (!is_draft(build, language))
		compare(build, wording, language, comparison);
}

/* ---- what no text shows ---- */

struct usage {
	const char *constant;
	bool used;
};

static void find_use(struct build *build, const struct wording *wording, void *user)
{
	const char *pos = wording->at->string, *name;
	struct usage *usage = user;
	size_t len;

	while (!usage->used && (name = next_placeholder(&pos, &len)))
		usage->used = len == strlen(usage->constant) && !memcmp(name, usage->constant, len);
}

/* Constants of a file that other menus include, too, may be for them. */
static void check_used(struct build *build)
{
	const struct setting *set;
	size_t i;

	for (set = build->values ? build->values->child : NULL; set; set = set->next) {
		struct usage usage = { .constant = set->name };

		if (strcmp(set->file, build->source->root->file))
			continue;
		for (i = 0; i < build->menu->languages_count && !usage.used; i++)
			each_wording(build, i, find_use, &usage);
		if (!usage.used)
			problem_remedy(problems_warn(build->problems, set, "no text shows the constant '%s'", set->name),
				       "write {%s} in a text, or remove it", set->name);
	}
}

static void count_wording(struct build *build, const struct wording *wording, void *user)
{
	count_letters(wording->language, wording->at->string, user);
}

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void advise_languages(struct build *build)
{
	const size_t count = build->menu->languages_count;
	struct letters *letters = must_have(calloc(count, sizeof(*letters)));
	struct comparison comparison = { .peers = { .count = count } };
	struct translation translation;
	size_t i;

	comparison.peers.texts = must_have(calloc(count, sizeof(*comparison.peers.texts)));
	comparison.groups = must_have(calloc(count, sizeof(*comparison.groups)));
	comparison.peers.names = must_have(calloc(count, sizeof(*comparison.peers.names)));
	for (i = 0; i < count; i++)
		each_wording(build, i, count_wording, &letters[i]);
	for (i = 0; i < count; i++) {
		each_wording(build, i, compare_wording, &comparison);
		translation = (struct translation){ .letters = letters, .counting = true };
		each_wording(build, i, check_translated, &translation);
		translation.counting = false;
		each_wording(build, i, check_translated, &translation);
	}
	check_used(build);
	free(comparison.peers.names);
	free(comparison.peers.texts);
	free(comparison.groups);
	free(letters);
}
