/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry points: the pages of dialled codes and of short codes. */
#include <string.h>

#include "menu/build.h"
#include "starhash/number.h"

static bool is_code(const char *code, size_t len)
{
	return len >= 2 && (code[0] == '*' || code[0] == '#') && strspn(code, "0123456789*#") == len;
}

/* Texts that are no keywords can only be answers. */
static void check_verbatim(struct build *build, const struct setting *group, const struct short_code *code)
{
	if (code->page == PAGE_NONE || build->broken[code->page] || build->menu->pages[code->page].questions_count)
		return;
	problem_remedy(problems_add(build->problems, setting_get(group, "verbatim"), "page '%s' asks nothing that the texts to '%s' could "
				    "answer", build->menu->pages[code->page].name, code->number),
		       "let it ask questions, or remove 'verbatim'");
}

/* Short codes for texts: "10086". */
static void build_short_codes(struct build *build, const struct setting *set)
{
	struct short_code *codes = arena_alloc(&build->menu->arena, setting_count(set) * sizeof(*codes));
	struct short_code *code, *other;
	const struct setting *group, *sms;
	const char *number;
	size_t len;

	build->menu->short_codes = codes;
	for (group = set->child; group && !build_ends(build); group = group->next) {
		if (!setting_get(group, "sms"))
			continue;
		code = &codes[build->menu->short_codes_count++];
		group = build_mended(build, group, "sms page verbatim");
		sms = build_get(build, group, "sms", SETTING_STRING);
		number = sms ? sms->string : "";
		len = strlen(number);
		for (other = codes; sms && other < code; other++)
			if (!strcmp(other->number, number))
				problem_remedy(problems_add(build->problems, sms, "short code '%s' already has an entry (%s:%u)", number,
							    other->at->file, other->at->line), "remove one of them");
		if (sms && (len < 2 || len > PACKED_DIGITS || strspn(number, "0123456789") != len))
			problem_remedy(problems_add(build->problems, group, "'%s' is not a short code: 2 to %d digits", number,
						    PACKED_DIGITS), "write the number to which subscribers send their texts");
		code->number = build_copy(build, number);
		code->at = group;
		code->page = build_page_ref(build, group, "page", true);
		code->verbatim = build_bool(build, group, "verbatim", false);
		if (code->verbatim)
			check_verbatim(build, group, code);
	}
}

/* "*100#" as a whole code, "*14" as a prefix of codes. */
static void build_code(struct build *build, const struct setting *group, struct entry *entry)
{
	const char *code = build_string(build, group, "ussd", NULL);
	const char *prefix = build_string(build, group, "ussd_prefix", NULL);
	const char *text = prefix ? prefix : code;
	size_t len;

	if (!text && (setting_get(group, "ussd") || setting_get(group, "ussd_prefix")))
		return;		/* it is of another type */
	if (!text || (code && prefix)) {
		problem_remedy(problems_add(build->problems, group, "an entry needs one of 'ussd', 'ussd_prefix', 'sms' and "
					    "'notification'"), "name the code, number or kind of notification that leads there");
		return;
	}
	entry->prefix = prefix;
	entry->exact = build_bool(build, group, "exact", false);
	len = strlen(text);
	entry->code = arena_copy(&build->menu->arena, text, len);
	if (!is_code(entry->code, len) || (code && code[len - 1] != '#'))
		problems_add(build->problems, group, code ? "'%s' is not a USSD code such as \"*100#\""
							  : "'%s' is not a prefix of USSD codes such as \"*14\"",
			     entry->code);
	entry->len = code && len ? len - 1 : len;
}

static void check_twice(struct build *build, const struct setting *set, const struct entry *entries, uint16_t index)
{
	uint16_t i;

	for (i = 0; i < index; i++)
		if (entries[i].len == entries[index].len && entries[i].code && entries[index].code &&
		    !memcmp(entries[i].code, entries[index].code, entries[i].len))
			problem_remedy(problems_add(build->problems, set, "'%s' already has an entry (%s:%u)", entries[index].code,
						    entries[i].at->file, entries[i].at->line), "remove one of them");
}

static bool is_of_code(const struct setting *group)
{
	return !setting_get(group, "sms") && !setting_get(group, "notification");
}

void build_entries(struct build *build, const struct setting *set)
{
	struct entry *entries = arena_alloc(&build->menu->arena, setting_count(set) * sizeof(*entries));
	const struct setting *group;
	struct entry *entry;

	if (!set->child)
		problem_remedy(problems_add(build->problems, set, "a menu without entries cannot be reached"),
			       "add one: { ussd = \"*100#\"; page = \"home\"; }");
	build->menu->entries = entries;
	build_short_codes(build, set);
	for (group = set->child; group && !build_ends(build); group = group->next) {
		if (group->type != SETTING_GROUP) {
			problem_remedy(problems_add(build->problems, group, "an entry must be a group"), "write it in { }");
			continue;
		}
		if (!is_of_code(group))
			continue;
		group = build_mended_at(build, group, "ussd ussd_prefix exact page", FORMER_ENTRY);
		if (!is_of_code(group))
			continue;	/* by a former name */
		entry = &entries[build->menu->entries_count];
		build_code(build, group, entry);
		entry->at = group;
		entry->page = build_page_ref(build, group, "page", true);
		check_twice(build, group, entries, build->menu->entries_count++);
	}
}
