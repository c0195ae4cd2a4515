/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The catalogue of services, checked for consistency and against the words of each language. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

#define SENDER_MAX 20
#define TRIAL_DAYS_MAX 366
#define EXCLUDES_MAX 1024
#define KEY_MAX 999

static const char service_known[] =
	"key family price period trial_days trial_price trial_ends activates deactivates account brand excludes sender";

/* ---- one service ---- */

static const char *copy_or_null(struct build *build, const struct setting *group, const char *name)
{
	const char *text = build_string(build, group, name, NULL);

	return text ? build_copy(build, text) : NULL;
}

/* One of \a known (words separated by blanks); NULL: absent. */
static const char *build_one_of(struct build *build, const struct setting *group, const char *name, const char *known)
{
	const char *text = build_string(build, group, name, NULL);
	struct text_nearest nearest = {};

	if (!text)
		return NULL;
	if (build_is_word_of(known, text))
		return build_copy(build, text);
	text_nearest_try_words(&nearest, text, known);
	problem_suggest(problems_add(build->problems, setting_get(group, name), "'%s' must be one of: %s; not \"%s\"", name, known, text),
			&nearest);
	return NULL;
}

const char *build_sender(struct build *build, const struct setting *group)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ";
	const char *sender = build_string(build, group, "sender", NULL);
	const size_t len = sender ? strlen(sender) : 0;

	if (!sender)
		return NULL;
	if (!len || (strspn(sender, "0123456789") == len ? len > SENDER_MAX : len > 11 || strspn(sender, letters) < len))
		problem_remedy(problems_add(build->problems, setting_get(group, "sender"), "'%s' is not a sender: up to %d digits, or up "
					    "to 11 letters and digits", sender, SENDER_MAX), "write the number or name that a text comes "
			       "from");
	return build_copy(build, sender);
}

/* The codes, joined by blanks. check_excludes() checks later that they are sold. */
static const char *build_excludes(struct build *build, const struct setting *group)
{
	const struct setting *set = setting_get(group, "excludes");
	char joined[EXCLUDES_MAX] = "";
	const char *const *codes;
	uint8_t count = 0, i;

	codes = set ? build_strings(build, set, &count) : NULL;
	for (i = 0; i < count; i++) {
		if (strlen(joined) + strlen(codes[i]) + 2 > sizeof(joined)) {
			problems_add(build->problems, set, "'excludes' is too long");
			break;
		}
		strcat(strcat(joined, *joined ? " " : ""), codes[i]);
	}
	return build_copy(build, joined);
}

/* An amount in minor units: 10 for 0.10. */
static uint32_t build_amount(struct build *build, const struct setting *group, const char *name)
{
	const struct setting *set = setting_get(group, name);
	double minor = set ? set->real : 0;
	unsigned int i;

	if (!set || set->type != SETTING_FLOAT)
		return build_int(build, group, name, 0, 0, INT_MAX);
	for (i = 0; i < build->menu->currency_minor; i++)
		minor *= 10;
	problem_remedy(problems_add(build->problems, set, "'%s' is an amount in minor units, a whole number", name), minor >= 0 && minor <=
		       INT_MAX ? "write %s = %.0f for %.*f" : "write it without a point", name, minor, (int)build->menu->currency_minor,
		       set->real);
	return 0;
}

static void build_service(struct build *build, const struct setting *group, struct service *service)
{
	const char *opens, *cancels;

	group = build_mended_at(build, group, service_known, FORMER_SERVICE);
	if (strlen(group->name) > SERVICE_CODE_MAX)
		problem_remedy(problems_add(build->problems, group, "code '%s' is longer than %d characters", group->name,
					    SERVICE_CODE_MAX), "shorten it");
	service->code = build_copy(build, group->name);
	service->key = build_int(build, group, "key", 0, 1, KEY_MAX);
	service->family = copy_or_null(build, group, "family");
	service->price = build_amount(build, group, "price");
	service->period = build_one_of(build, group, "period", "day week month once");
	service->trial_days = build_int(build, group, "trial_days", 0, 0, TRIAL_DAYS_MAX);
	service->trial_price = build_amount(build, group, "trial_price");
	service->trial_ends = trial_ends_by_name(build_one_of(build, group, "trial_ends", "agreement paid"));
	opens = build_one_of(build, group, "activates", "now next_period");
	cancels = build_one_of(build, group, "deactivates", "now next_period");
	service->activates_next_period = opens && !strcmp(opens, "next_period");
	service->deactivates_next_period = cancels && !strcmp(cancels, "next_period");
	service->account = build_one_of(build, group, "account", "prepaid postpaid");
	service->brand = copy_or_null(build, group, "brand");
	if (service->brand)
		build_check_code(build, setting_get(group, "brand"), "brand", build_codes(build, FIELD_BRAND), service->brand);
	service->excludes = build_excludes(build, group);
	service->sender = build_sender(build, group);
	if (!setting_get(group, "price") || !setting_get(group, "period") || !setting_get(group, "key"))
		problem_remedy(problems_add(build->problems, group, "service '%s' needs 'key', 'price' and 'period'", service->code),
			       "add what is missing");
	if (service->period && !strcmp(service->period, "once") &&
	    (service->trial_days || service->activates_next_period || service->deactivates_next_period))
		problem_remedy(problems_add(build->problems, group, "service '%s' is paid once: it cannot have a trial or a next period",
					    service->code), "change the period, or remove the trial");
	if (service->trial_price > service->price)
		problem_remedy(problems_warn(build->problems, setting_get(group, "trial_price"), "the trial of '%s' costs more than the "
					     "service", service->code), "lower trial_price, or remove the trial");
	if ((service->trial_price || service->trial_ends) && !service->trial_days)
		problem_remedy(problems_add(build->problems, group, "service '%s' has a 'trial_price' or 'trial_ends', but no "
					    "'trial_days'", service->code), "add trial_days, or remove it");
}

/* ---- all of them ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct service *)a)->code, ((const struct service *)b)->code);
}

#define NAME_ROOM 96

/* The form in which names and codes are compared with what subscribers type; "" for a longer one. */
static const char *fold(const char *name, char out[static NAME_ROOM])
{
	const size_t len = strlen(name);

	out[len < NAME_ROOM ? text_fold_keyword(name, len, out) : 0] = '\0';
	return out;
}

/* A name that is typed must mean one service: no other has the same name in the same language, nor that name as its code. */
static void check_name(struct build *build, const struct setting *word, const char *language)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	char name[NAME_ROOM], code[NAME_ROOM];
	const struct setting *other;
	size_t i;

	if (word->type != SETTING_STRING || !catalogue_find(catalogue, word->name, strlen(word->name)) || !*fold(word->string, name))
		return;
	for (i = 0; i < catalogue->count; i++)
		if (strcmp(catalogue->services[i].code, word->name) && !strcmp(fold(catalogue->services[i].code, code), name))
			problem_remedy(problems_add(build->problems, word, "'%s', the name of service '%s' in language '%s', is the code "
						    "of another service", word->string, word->name, language), "give it another name");
	for (other = word->next; other; other = other->next)
		if (other->type == SETTING_STRING && catalogue_find(catalogue, other->name, strlen(other->name)) &&
		    !strcmp(fold(other->string, code), name))
			problem_remedy(problems_add(build->problems, other, "services '%s' and '%s' have the same name '%s' in language "
						    "'%s'", word->name, other->name, other->string, language), "rename one of them");
}

static void check_all_names(struct build *build)
{
	const struct setting *word;
	size_t i;

	for (i = 0; i < build->source->texts_count; i++) {
		const struct menu_texts *texts = &build->source->texts[i];

		word = setting_get(setting_get(texts->root, "words"), "service");
		for (word = word && word->type == SETTING_GROUP ? word->child : NULL; word && !build_ends(build); word = word->next)
			check_name(build, word, texts->language);
	}
}

/* Codes are typed, too: capitals do not count. */
static void check_code_alone(struct build *build, const struct setting *catalogue, const struct setting *group)
{
	const struct setting *other;

	for (other = catalogue->child; other != group; other = other->next)
		if (!strcasecmp(other->name, group->name))
			problem_remedy(problems_add(build->problems, group, "code '%s' is like '%s': capitals do not count", group->name,
						    other->name), "give the service another code");
}

/* Every language needs a name for the service, for reading and for ordering (F28); a draft has the first one's. */
static void check_names(struct build *build, const struct setting *group)
{
	const struct setting *words, *draft;
	size_t i;

	for (i = 0; i < build->source->texts_count; i++) {
		const struct menu_texts *texts = &build->source->texts[i];

		words = setting_get(setting_get(texts->root, "words"), "service");
		draft = setting_get(texts->root, "draft");
		if (texts->root && !(i && draft && draft->number) && !setting_get(words, group->name))
			problem_remedy(problems_add(build->problems, words ? words : texts->root, "service '%s' (%s:%u) has no word in "
						    "'words.service' of language '%s'", group->name, group->file, group->line,
						    texts->language), "write its name: %s = \"…\";", group->name);
	}
}

static void unknown_service(struct build *build, const struct setting *set)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	const bool search = build_searches(build);
	struct text_nearest nearest = {};
	size_t i;

	for (i = 0; search && i < catalogue->count; i++)
		text_nearest_try(&nearest, set->string, catalogue->services[i].code, strlen(catalogue->services[i].code));
	problem_suggest(problems_add(build->problems, set, "unknown service '%s'", set->string), &nearest);
}

static void check_excluded(struct build *build, const struct setting *group, const struct setting *set)
{
	if (set->type != SETTING_STRING)
		return;		/* already reported */
	if (!catalogue_find(&build->menu->catalogue, set->string, strlen(set->string)))
		unknown_service(build, set);
	else if (!strcmp(set->string, group->name))
		problem_remedy(problems_add(build->problems, set, "service '%s' excludes itself", set->string), "remove it");
}

static void check_excludes(struct build *build, const struct setting *group)
{
	const struct setting *set = setting_get(group, "excludes");

	if (set && set->type == SETTING_STRING)
		check_excluded(build, group, set);
	for (set = set ? set->child : NULL; set; set = set->next)
		check_excluded(build, group, set);
}

/* A number typed at a list must mean one service, and no navigation key. */
static void check_key(struct build *build, const struct setting *group, const struct service *services, size_t index)
{
	const unsigned int key = services[index].key;
	char text[12];
	size_t i;

	snprintf(text, sizeof(text), "%u", key);
	if (key && build_is_navigation(build, text))
		problem_remedy(problems_add(build->problems, setting_at(group, "key"), "key '%s' is a navigation key", text),
			       "give the service another key; the next free one is %u", build->menu->catalogue.key_max + 1);
	for (i = 0; key && i < index; i++)
		if (services[i].key == key)
			problem_remedy(problems_add(build->problems, setting_at(group, "key"), "key %u is already that of service '%s' "
						    "(%s:%u)", key, services[i].code, group->file,
						    setting_get(build->catalogue, services[i].code)->line),
				       "the next free one is %u", build->menu->catalogue.key_max + 1);
}

void build_catalogue(struct build *build, const struct setting *catalogue)
{
	struct service *services = arena_alloc(&build->menu->arena, setting_count(catalogue) * sizeof(*services));
	unsigned int *key_max = &build->menu->catalogue.key_max;
	const struct setting *group;
	size_t count = 0, i = 0;

	for (group = catalogue ? catalogue->child : NULL; group; group = group->next) {
		if (group->type != SETTING_GROUP) {
			problem_remedy(problems_add(build->problems, group, "service '%s' must be a group", group->name),
				       "write it in { }");
			continue;
		}
		build_service(build, group, &services[count++]);
		check_names(build, group);
		*key_max = services[count - 1].key > *key_max ? services[count - 1].key : *key_max;
	}
	for (group = catalogue ? catalogue->child : NULL; group && !build_ends(build); group = group->next)
		if (group->type == SETTING_GROUP)
			check_key(build, group, services, i++);
	qsort(services, count, sizeof(*services), compare);
	build->menu->catalogue.services = services;
	build->menu->catalogue.count = count;
	for (group = catalogue ? catalogue->child : NULL; group && !build_ends(build); group = group->next) {
		check_excludes(build, group);
		check_code_alone(build, catalogue, group);
	}
	check_all_names(build);
}
