/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* menu_build(): compiles settings to a tree, and reports each mistake with file and line. */
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

/* ---- helpers for all parts ---- */

#define SEARCHES_MAX 100

bool build_ends(struct build *build)
{
	const bool full = arena_full(&build->menu->arena);

	if (full)
		problems_add_at(build->problems, build->source->root->file, 0, "the menu needs more than %d MB of memory", ARENA_MB);
	return full || problems_end(build->problems);
}

bool build_searches(struct build *build)
{
	return build->searches++ < SEARCHES_MAX;
}

bool build_is_word_of(const char *words, const char *name)
{
	const size_t len = strlen(name);
	const char *at;

	for (at = len ? strstr(words, name) : NULL; at; at = strstr(at + 1, name))
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

const struct setting *build_replaced(struct build *build, const struct setting *group, const struct setting *replaced,
				     const struct setting *by)
{
	struct setting *copies = arena_alloc(&build->menu->arena, (1 + setting_count(group)) * sizeof(*copies)), *copy = copies;
	const struct setting *set;

	*copies = *group;
	copies->elements = NULL;
	for (set = group->child; set; set = set->next) {
		*++copy = set == replaced ? *by : *set;
		copy->next = set->next ? copy + 1 : NULL;
	}
	copies->child = copies + 1;
	return copies;
}

const struct setting *build_renamed(struct build *build, const struct setting *group, const struct setting *renamed, const char *name)
{
	struct setting by = *renamed;

	by.name = name;
	return build_replaced(build, group, renamed, &by);
}

/* Complain about a name. Returns the one that is meant; NULL: unknown. */
static const char *meant_name(struct build *build, const struct setting *set, const char *known, enum former_place place)
{
	struct problem *problem = problems_add(build->problems, set, "'%s' is unknown here; known names: %s", set->name, known);
	struct text_nearest nearest = {};

	if (former_suggest(problem, place, set->name))
		return former_name(place, set->name);
	if (build_searches(build))
		text_nearest_try_words(&nearest, set->name, known);
	problem_suggest(problem, &nearest);
	return nearest.best ? arena_copy(&build->menu->arena, nearest.best, nearest.len) : NULL;
}

const struct setting *build_mended_at(struct build *build, const struct setting *group, const char *known, enum former_place place)
{
	const struct setting *set, *mended = group;
	const char *meant;

	for (set = group ? group->child : NULL; set && !build_ends(build); set = set->next) {
		if (!set->name || build_is_word_of(known, set->name))
			continue;
		meant = meant_name(build, set, known, place);
		if (!meant || setting_get(mended, meant))
			continue;
		mended = build_renamed(build, mended, setting_get(mended, set->name), meant);
	}
	return mended;
}

const struct setting *build_mended(struct build *build, const struct setting *group, const char *known)
{
	return build_mended_at(build, group, known, FORMER_NONE);
}

const struct setting *build_get(struct build *build, const struct setting *group, const char *name,
				enum setting_type type)
{
	static const char *const remedies[] = {
		[SETTING_GROUP] = "write it in { }", [SETTING_LIST] = "write it in ( ) or [ ]",
		[SETTING_STRING] = "write it in quotes", [SETTING_INT] = "write digits alone, without quotes",
		[SETTING_FLOAT] = "write a number", [SETTING_BOOL] = "write true or false, without quotes",
	};
	const struct setting *set = setting_get(group, name);

	if (!set || set->type == type)
		return set;
	problem_remedy(problems_add(build->problems, set, "'%s' must be %s, not %s", name, setting_type_name(type),
				    setting_type_name(set->type)), "%s", remedies[type]);
	return NULL;
}

const char *build_string(struct build *build, const struct setting *group, const char *name, const char *fallback)
{
	const struct setting *set = build_get(build, group, name, SETTING_STRING);

	return set ? set->string : fallback;
}

bool build_bool(struct build *build, const struct setting *group, const char *name, bool fallback)
{
	const struct setting *set = build_get(build, group, name, SETTING_BOOL);

	return set ? set->number : fallback;
}

long long build_int(struct build *build, const struct setting *group, const char *name, long long fallback,
		    long long min, long long max)
{
	const struct setting *set = build_get(build, group, name, SETTING_INT);

	if (!set)
		return fallback;
	if (set->number >= min && set->number <= max)
		return set->number;
	problems_add(build->problems, set, "'%s' must be from %lld to %lld, not %lld", name, min, max, set->number);
	return fallback;
}

const struct page *build_find_page(const struct build *build, const char *name)
{
	const struct setting *page = setting_get(build->pages, name);

	return page && page->type == SETTING_GROUP ? &build->menu->pages[page->number] : NULL;
}

uint16_t build_page_index(struct build *build, const struct setting *at, const char *name)
{
	const struct page *page = build_find_page(build, name);
	struct text_nearest nearest = {};
	struct problem *problem;
	bool searches;
	uint16_t i;

	if (page)
		return page - build->menu->pages;
	if (build_left_out(build, setting_get(build_pages_group(build), name))) {
		if (setting_get(setting_get(build_pages_group(build), name), "route"))
			problem_remedy(problems_add(build->problems, at, "page '%s' is left out, as are all pages of its 'route', since "
						    "their backends are not declared", name),
				       "let only choices lead there, or add a way to another page");
		else
			problem_remedy(problems_add(build->problems, at, "page '%s' is optional, and is left out since its backend is not "
						    "declared", name), "let only choices lead there, or drop 'optional'");
		return PAGE_NONE;
	}
	searches = build_searches(build);
	for (i = 0; searches && i < build->menu->pages_count; i++)
		text_nearest_try(&nearest, name, build->menu->pages[i].name, strlen(build->menu->pages[i].name));
	problem = problems_add(build->problems, at, "there is no page '%s'", name);
	problem_remedy(problem, "add it to 'pages', or name another one");
	problem_suggest(problem, &nearest);
	build->lost_ways |= !nearest.best;
	for (i = 0; nearest.best && i < build->menu->pages_count; i++)
		build->wanted[i] |= nearest.best == build->menu->pages[i].name;
	return PAGE_NONE;
}

uint16_t build_page_ref(struct build *build, const struct setting *group, const char *name, bool needed)
{
	const struct setting *set = build_get(build, group, name, SETTING_STRING);

	if (set)
		return build_page_index(build, set, set->string);
	if (needed && !setting_get(group, name))
		problem_remedy(problems_add(build->problems, group, "'%s' is missing", name),
			       "name the page that follows: %s = \"…\";", name);
	build->lost_ways |= needed || setting_get(group, name);
	return PAGE_NONE;
}

uint16_t build_var(const struct build *build, const char *name)
{
	const enum field field = field_by_name(name);
	uint16_t i;

	if (field != FIELD_NONE) {
		build->menu->unneeded[field] = false;
		return field;
	}
	for (i = 0; i < build->menu->vars_count; i++)
		if (!strcmp(build->menu->vars[i]->name, name))
			return VAR_FIRST + i;
	for (i = BACKEND_VALUE - VAR_FIRST; i < VAR_ROWS - VAR_FIRST; i++)
		if (build->menu->vars[i] && !strcmp(build->menu->vars[i]->name, name))
			return VAR_FIRST + i;
	return 0;
}

void build_nearest_var(const struct build *build, struct text_nearest *nearest, const char *name)
{
	uint16_t i;

	for (i = FIELD_NONE + 1; i < FIELD_COUNT; i++)
		text_nearest_try(nearest, name, field_info(i)->name, strlen(field_info(i)->name));
	for (i = 0; i < build->menu->vars_count; i++)
		text_nearest_try(nearest, name, build->menu->vars[i]->name, strlen(build->menu->vars[i]->name));
	for (i = BACKEND_VALUE - VAR_FIRST; i < VAR_ROWS - VAR_FIRST; i++)
		if (build->menu->vars[i])
			text_nearest_try(nearest, name, build->menu->vars[i]->name, strlen(build->menu->vars[i]->name));
}

char *build_copy(struct build *build, const char *text)
{
	return arena_copy(&build->menu->arena, text, strlen(text));
}

char *build_fold(struct build *build, const char *text)
{
	char *folded = build_copy(build, text);

	folded[text_fold_keyword(text, strlen(text), folded)] = '\0';
	return folded;
}

const char *const *build_strings(struct build *build, const struct setting *set, uint8_t *count)
{
	const struct setting *first = set->type == SETTING_LIST ? set->child : set;
	const struct setting *element;
	size_t size = set->type == SETTING_LIST ? setting_count(set) : 1;
	const char **strings;

	if (size > UINT8_MAX) {
		problems_add(build->problems, set, "'%s' has more than %d values", set->name, UINT8_MAX);
		size = UINT8_MAX;
	}
	strings = arena_alloc(&build->menu->arena, size * sizeof(*strings));
	*count = 0;
	for (element = first; element && *count < size; element = set->type == SETTING_LIST ? element->next : NULL) {
		if (element->type == SETTING_STRING)
			strings[(*count)++] = build_copy(build, element->string);
		else
			problem_remedy(problems_add(build->problems, element, "'%s' takes strings only", set->name),
				       "write them in quotes");
	}
	return strings;
}

/* ---- the whole tree ---- */

void build_hash(uint32_t *hash, const void *data, size_t len)
{
	const unsigned char *octet = data;

	while (len--)
		*hash = (*hash ^ *octet++) * 16777619u;	/* FNV-1a */
}

/* Hash everything that the author wrote, but not its position in the files. */
static void hash_settings(uint32_t *hash, const struct setting *set)
{
	for (; set; set = set->next) {
		build_hash(hash, set->name ? set->name : "", set->name ? strlen(set->name) + 1 : 1);
		if (set->string)
			build_hash(hash, set->string, strlen(set->string) + 1);
		build_hash(hash, &set->number, sizeof(set->number));
		hash_settings(hash, set->child);
		build_hash(hash, "}", 1);
	}
}

static uint32_t fingerprint(const struct menu_source *source)
{
	uint32_t hash = 2166136261u;
	size_t i;

	hash_settings(&hash, source->root->child);
	for (i = 0; i < source->texts_count; i++)
		if (source->texts[i].root)
			hash_settings(&hash, source->texts[i].root->child);
	return hash;
}

bool build_is_key(const char *key)
{
	const size_t len = strlen(key);

	return len >= 1 && len <= 4 && strspn(key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == len;
}

bool build_is_navigation(const struct build *build, const char *text)
{
	const struct menu_keys *keys = &build->menu->keys;

	return !strcasecmp(text, keys->back) || !strcasecmp(text, keys->home) || !strcasecmp(text, keys->more);
}

void build_not_a_key(struct build *build, const struct setting *at, const char *key)
{
	struct problem *problem = problems_add(build->problems, at, "'%s' is not a key: one to four digits or letters", key);
	char folded[64];
	const size_t len = strlen(key);

	if (len >= sizeof(folded))
		return;
	folded[text_fold_keyword(key, len, folded)] = '\0';
	if (build_is_key(folded) && strcmp(folded, key))
		problem_remedy(problem, "write it as \"%s\", which is what subscribers type", folded);
}

static const char *build_key(struct build *build, const struct setting *keys, const char *name, const char *fallback)
{
	const char *key = build_string(build, keys, name, fallback);

	if (!build_is_key(key))
		build_not_a_key(build, setting_get(keys, name), key);
	return build_copy(build, key);
}

static const char *const key_names[MENU_KEYS] = { "back", "home", "more", "yes", "no" };

const char *build_key_of(const struct build *build, unsigned int index)
{
	const struct menu_keys *keys = &build->menu->keys;
	const char *const all[MENU_KEYS] = { keys->back, keys->home, keys->more, keys->yes, keys->no };

	return all[index];
}

const struct setting *build_key_at(const struct build *build, unsigned int index)
{
	return setting_get(setting_get(build->source->root, "keys"), key_names[index]);
}

/* No two keys of the menu may be the same. Complain about the one that the author wrote. */
static void check_key_pair(struct build *build, const struct setting *keys, unsigned int index, unsigned int other)
{
	const struct setting *at = setting_get(keys, key_names[index]), *other_at = setting_get(keys, key_names[other]);
	const char *name = key_names[at ? index : other], *other_name = key_names[at ? other : index];

	if (strcasecmp(build_key_of(build, index), build_key_of(build, other)))
		return;
	if (at && other_at)
		problem_remedy(problems_add(build->problems, at, "key '%s' of '%s' is also that of '%s' (%s:%u)",
					    build_key_of(build, index), name, other_name, other_at->file, other_at->line),
			       "change one of them; capitals do not count");
	else
		problem_remedy(problems_add(build->problems, at ? at : other_at, "key '%s' of '%s' is also that of '%s', which 'keys' does "
					    "not set", build_key_of(build, index), name, other_name), "change it; capitals do not count");
}

static void build_keys(struct build *build, const struct setting *root)
{
	const struct setting *keys = build_get(build, root, "keys", SETTING_GROUP);
	struct menu_keys *to = &build->menu->keys;
	const size_t before = build->problems->complaints;
	unsigned int i, k;

	keys = build_mended(build, keys, "back home more yes no agent");
	to->back = build_key(build, keys, "back", "0");
	to->home = build_key(build, keys, "home", "00");
	to->more = build_key(build, keys, "more", "98");
	to->yes = build_key(build, keys, "yes", "1");
	to->no = build_key(build, keys, "no", "2");
	to->agent = build_copy(build, build_string(build, keys, "agent", "*"));
	if (strcmp(to->agent, "*") && strcmp(to->agent, "#"))
		problem_remedy(problems_add(build->problems, setting_get(keys, "agent"), "key '%s' of 'agent' is neither '*' nor '#'",
					    to->agent),
			       "choose one of them: every phone can type it, and no choice or answer in digits can be it");
	/* on a confirmation, the first three would take precedence over 'yes' and 'no' */
	for (i = 1; i < MENU_KEYS; i++)
		for (k = 0; k < i; k++)
			check_key_pair(build, keys, i, k);
	build->broken_keys = build->problems->complaints > before;
}

/* The age from which pages mark billing data as old. */
static void build_old_after(struct build *build, const struct setting *group)
{
	static const enum field fields[] = { FIELD_AS_OF, FIELD_BILLS_AS_OF, FIELD_POINTS_AS_OF, FIELD_SERVICES_AS_OF };
	size_t i;

	group = build_mended(build, group, "as_of bills_as_of points_as_of services_as_of");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		build->menu->old_after_s[fields[i]] =
			build_int(build, group, field_info(fields[i])->name, 0, 60, 366 * 86400);
}

/* Until they are named. Nothing but the menu uses the numbers, times and amounts of an account, and its MSISDN. */
static void mark_unneeded(struct menu *menu)
{
	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		const enum field_type type = field_info(field)->type;

		menu->unneeded[field] = field == FIELD_MSISDN || (type != FIELD_TYPE_TEXT && type != FIELD_TYPE_CODE);
	}
}

static void build_root(struct build *build, const struct setting *root)
{
	mark_unneeded(build->menu);
	build->values = build_get(build, root, "values", SETTING_GROUP);
	build->widths = build_get(build, root, "widths", SETTING_GROUP);
	build->menu->currency_minor = build_int(build, root, "currency_minor_digits", 2, 0, 4);
	build->menu->tries = build_int(build, root, "wrong_inputs_max", 3, 1, 10);
	build->menu->screens_max = build_int(build, root, "screens_max", 8, 1, 50);
	build_brands(build, setting_get(root, "brands"));
	build_keys(build, root);
	build_old_after(build, build_get(build, root, "old_after", SETTING_GROUP));
}

/* Constants must be strings, and each width must belong to a value that can be shown. */
static void check_values(struct build *build)
{
	const struct setting *set;

	for (set = build->values ? build->values->child : NULL; set; set = set->next) {
		if (set->type != SETTING_STRING)
			problem_remedy(problems_add(build->problems, set, "'%s' must be a string", set->name), "write it in quotes");
		else if (!set->string[strspn(set->string, " \t\r\n")])
			problem_remedy(problems_add(build->problems, set, "constant '%s' is empty", set->name),
				       "write its text, or remove it");
		if (build_var(build, set->name))
			problem_remedy(problems_add(build->problems, set, "constant '%s' has the name of %s, which texts could no longer "
						    "show", set->name, build_var(build, set->name) < FIELD_COUNT ? "a field"
						    : "an answer"), "choose another name");
	}
	for (set = build->widths ? build->widths->child : NULL; set; set = set->next) {
		build_find_var(build, set, set->name);
		build_int(build, build->widths, set->name, 0, 1, WIDTH_MAX);
	}
}

/* A part without which nothing else can be checked. NULL after a complaint. */
static const struct setting *find_part(struct build *build, const char *name, enum setting_type type, const char *example)
{
	const struct setting *root = build->source->root, *set = setting_get(root, name);

	if (set && set->type == type && set->child)
		return set;
	problem_remedy(problems_add(build->problems, set ? set : root, !set ? "the menu has no '%s'" : set->type == type
				    ? "'%s' is empty" : "'%s' is of the wrong type", name), "write it like this: %s", example);
	return NULL;
}

static void build_tree(struct build *build)
{
	const struct setting *root = build->source->root;
	const struct setting *languages = find_part(build, "languages", SETTING_LIST, "languages = [ \"en\" ];");
	const struct setting *entries = find_part(build, "entries", SETTING_LIST, "entries = ( { ussd = \"*100#\"; page = \"home\"; } );");
	const struct setting *pages = find_part(build, "pages", SETTING_GROUP, "pages = { home = {}; };");
	const struct setting *entry;
	size_t before;

	if (!languages || !entries || !pages || !build->source->texts_count)
		return;
	build_root(build, root);
	build_questions_declare(build, pages);
	for (entry = entries->child; entry; entry = entry->next)
		build->has_services |= setting_get(entry, "sms") != NULL;
	check_values(build);
	build_words_mend(build);
	before = build->problems->complaints;
	build->catalogue = build_get(build, root, "catalogue", SETTING_GROUP);
	build_catalogue(build, build->catalogue);
	build->broken_catalogue = build->problems->complaints > before;
	build_languages(build);
	build_pages(build, pages);
	if (build_ends(build))
		return;
	build_entries(build, entries);
	build_notifications(build, entries);
	build_check(build);
}

/* The files, with the names of their parts mended. */
static void mend_parts(struct build *build, struct menu_source *source)
{
	struct menu_texts *texts = arena_alloc(&build->menu->arena, source->texts_count * sizeof(*texts));
	size_t before, i;

	build->broken_languages = arena_alloc(&build->menu->arena, source->texts_count * sizeof(*build->broken_languages));
	for (i = 0; i < source->texts_count; i++) {
		before = build->problems->complaints;
		texts[i] = source->texts[i];
		texts[i].root = build_mended(build, texts[i].root,
					     "name draft transliterate plural formats system words pages outcomes answers");
		build->broken_languages[i] = build->problems->complaints > before;
	}
	source->texts = build->texts = texts;
	source->root = build_mended(build, source->root, "languages home agent survey keys entries pages catalogue brands old_after "
				    "currency_minor_digits wrong_inputs_max screens_max values widths");
}

/* Whether no group or list has too many elements; each that has is reported. */
static bool check_counts(struct build *build, const struct setting *set)
{
	const size_t before = build->problems->complaints;

	if (setting_count(set) > ELEMENTS_MAX)
		problems_add(build->problems, set, "%s%s%shas more than %d elements", set->name ? "'" : "", set->name ? set->name : "this ",
			     set->name ? "' " : "", ELEMENTS_MAX);
	for (set = set ? set->child : NULL; set; set = set->next)
		check_counts(build, set);
	return build->problems->complaints == before;
}

static bool check_all_counts(struct build *build)
{
	bool good = check_counts(build, build->source->root);

	for (size_t i = 0; i < build->source->texts_count; i++)
		good &= check_counts(build, build->source->texts[i].root);
	return good;
}

struct menu *menu_build(const struct menu_source *source, struct problems *problems)
{
	const size_t before = problems->errors;
	struct menu *menu = calloc(1, sizeof(*menu));
	struct menu_source mended = *source;
	struct build build = { .menu = menu, .source = &mended, .problems = problems };

	if (!menu)
		abort();
	menu->refs = 1;
	menu->arena.seed = setting_arena(source->root)->seed;
	menu->fingerprint = fingerprint(source);
	if (check_all_counts(&build)) {
		mend_parts(&build, &mended);
		build_tree(&build);
	}
	free(build.words_uses);
	free(build.missing);
	free(build.used);
	if (problems->errors == before && !problems_end(problems))
		return menu;
	problems_sort(problems);
	menu_unref(menu);
	return NULL;
}
