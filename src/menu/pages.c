/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages: compiles a group of the menu file to a struct page. */
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"

#define PAGES_MAX 4000

static const char page_known[] = "choices route list page several unlisted ask direct confirm screens no within by_sms do on with"
				 " stay hints sms";

/* ---- choices and routes ---- */

static void check_key(struct build *build, const struct page *page, const struct choice *choice,
		      const struct setting *group)
{
	const struct menu_keys *keys = &build->menu->keys;
	const char *key = choice->key;
	const struct choice *other;

	if (!strcmp(key, keys->back) || !strcmp(key, keys->home) || !strcmp(key, keys->more))
		problems_add(build->problems, group, "key '%s' is a navigation key", key);
	if (!build_is_key(key))
		problems_add(build->problems, group, "'%s' is not a key: one to four digits or letters", key);
	for (other = page->choices; other < choice; other++)
		if (other->key && !strcmp(other->key, key))
			problems_add(build->problems, group, "duplicate key '%s'", key);
}

static void build_choice(struct build *build, const struct page *page, const struct setting *group,
			 struct choice *choice)
{
	const char *page_name = build_string(build, group, "page", "");

	build_check_names(build, group, page->route ? "page only_if unless with"
						    : "key page label only_if unless with sms");
	choice->page = build_page_ref(build, group, "page", true);
	choice->conditions = build_conditions(build, group);
	choice->with = build_bindings(build, build_get(build, group, "with", SETTING_GROUP));
	if (page->route)
		return;
	choice->key = build_copy(build, build_string(build, group, "key", ""));
	choice->key_len = strlen(choice->key);
	check_key(build, page, choice, group);
	if (choice->page != PAGE_NONE || setting_get(group, "label"))
		choice->label = build_texts(build, page, build_string(build, group, "label", page_name), true);
}

static void build_choices(struct build *build, struct page *page, const struct setting *list)
{
	const struct setting *group;
	struct choice *choices;

	if (!list)
		return;
	if (setting_count(list) > UINT8_MAX || !list->child) {
		problems_add(build->problems, list, "'%s' takes 1 to %d groups", list->name, UINT8_MAX);
		return;
	}
	choices = arena_alloc(&build->menu->arena, setting_count(list) * sizeof(*choices));
	page->choices = choices;
	for (group = list->child; group; group = group->next) {
		if (group->type == SETTING_GROUP)
			build_choice(build, page, group, &choices[page->choices_count++]);
		else
			problems_add(build->problems, group, "an element of '%s' must be a group", list->name);
	}
}

static void build_route(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *route = build_get(build, group, "route", SETTING_LIST);
	const struct conditions *last;

	if (!route)
		return;
	page->route = true;
	build_choices(build, page, route);
	last = page->choices_count ? &page->choices[page->choices_count - 1].conditions : NULL;
	if (last && (last->only_if_count || last->unless_count))
		problems_add(build->problems, route, "the last way of 'route' must be open to everybody");
}

/* ---- pages ---- */

static void build_hints(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *hints = build_get(build, group, "hints", SETTING_LIST);
	const struct setting *set;

	page->hint_back = !hints;
	for (set = hints ? hints->child : NULL; set; set = set->next) {
		const char *name = set->type == SETTING_STRING ? set->string : "";

		if (!strcmp(name, "back"))
			page->hint_back = true;
		else if (!strcmp(name, "home"))
			page->hint_home = true;
		else
			problems_add(build->problems, set, "hints are \"back\" and \"home\"");
	}
}

/* Check parts that exclude or require each other. */
static void check_parts(struct build *build, const struct page *page, const struct setting *group)
{
	const int bodies = !!setting_get(group, "choices") + page->route + !!setting_get(group, "list") +
			   !!(setting_get(group, "ask") || setting_get(group, "do"));

	if (bodies > 1)
		problems_add(build->problems, group,
			     "page '%s': choices, route, list and ask/do exclude each other", page->name);
	if (page->confirm && !page->action)
		problems_add(build->problems, group, "'confirm' without 'do': confirm what?");
	if (setting_get(group, "no") && !page->confirm)
		problems_add(build->problems, setting_get(group, "no"), "'no' without 'confirm'");
	if (setting_get(group, "screens") && !page->confirm)
		problems_add(build->problems, setting_get(group, "screens"), "'screens' without 'confirm'");
	if (setting_get(group, "within") && !page->confirm)
		problems_add(build->problems, setting_get(group, "within"), "'within' without 'confirm'");
	if (page->by_sms && !page->within_s)
		problems_add(build->problems, group, "'by_sms' without 'within': until when may the answer come?");
	if (page->within_s && page->secret)
		problems_add(build->problems, group, "'within' cannot be used with a secret, which would have to be stored that long");
	if (page->within_s && page->no == PAGE_NONE && !page->declined)
		problems_add(build->problems, group, "'within' needs a page 'no' or a text 'declined': a no must be answered");
	if (setting_get(group, "direct") && !page->questions_count)
		problems_add(build->problems, group, "'direct' without 'ask'");
	if (setting_get(group, "several") && !setting_get(group, "page"))
		problems_add(build->problems, group, "'several' without 'page': where does one row lead?");
	if (setting_get(group, "unlisted") && !setting_get(group, "page"))
		problems_add(build->problems, group, "'unlisted' without 'page': where does a row lead?");
	if (setting_get(group, "page") && !page->list)
		problems_add(build->problems, group, "'page' belongs to 'list' and to choices");
}

static bool texts_need_account(const struct build *build, texts_t texts)
{
	uint16_t i;

	for (i = 0; texts && i < build->menu->languages_count; i++)
		if (template_needs_account(&texts[i]))
			return true;
	return false;
}

static void build_page(struct build *build, struct page *page, const struct setting *group)
{
	const bool silent = setting_get(group, "route") ||
			    (setting_get(group, "do") && !setting_get(group, "confirm"));

	build_check_names(build, group, page_known);
	build_route(build, page, group);
	if (!page->route)
		build_choices(build, page, build_get(build, group, "choices", SETTING_LIST));
	build_list(build, page, group);
	build_questions(build, page, group);
	build_action(build, page, group);
	build_confirm(build, page, group);
	build_hints(build, page, group);
	page->direct = build_bool(build, group, "direct", false);
	page->stay = build_bool(build, group, "stay", false) || page->list_page != PAGE_NONE;
	page->with = build_bindings(build, build_get(build, group, "with", SETTING_GROUP));
	page->text = silent ? NULL : build_texts(build, page, "text", true);
	page->text_sms = silent ? NULL : build_texts(build, page, "text_sms", false);
	page->needs_account = page->list || page->action || texts_need_account(build, page->text) ||
			      texts_need_account(build, page->text_sms);
	check_parts(build, page, group);
}

static void build_choice_keywords(struct build *build, const struct page *page, const struct setting *choices)
{
	const struct setting *group;
	unsigned int i = 0;

	for (group = choices ? choices->child : NULL; group && i < page->choices_count; group = group->next) {
		if (group->type == SETTING_GROUP) {
			build_keywords(build, page->choices[i].page, &page->choices[i], group);
			i++;
		}
	}
}

/* Call this after all pages: a keyword's arguments are questions of the page that it leads to. */
static void build_all_keywords(struct build *build, const struct setting *pages)
{
	const struct setting *group;
	uint16_t i = 0;

	for (group = pages->child; group; group = group->next) {
		if (group->type != SETTING_GROUP)
			continue;
		build_keywords(build, i, NULL, group);
		if (!build->menu->pages[i].route)
			build_choice_keywords(build, &build->menu->pages[i], setting_get(group, "choices"));
		i++;
	}
	build_keywords_finish(build);
}

void build_pages(struct build *build, const struct setting *pages)
{
	struct menu *menu = build->menu;
	const struct setting *group;
	struct page *page;
	uint16_t i = 0;

	if (setting_count(pages) > PAGES_MAX) {
		problems_add(build->problems, pages, "more than %d pages", PAGES_MAX);
		return;
	}
	menu->pages = arena_alloc(&menu->arena, setting_count(pages) * sizeof(*menu->pages));
	/* first the names, to which choices and branches refer */
	for (group = pages->child; group; group = group->next) {
		if (group->type != SETTING_GROUP) {
			problems_add(build->problems, group, "page '%s' must be a group", group->name);
			continue;
		}
		page = &menu->pages[menu->pages_count++];
		page->name = build_copy(build, group->name);
		page->file = build_copy(build, group->file);
		page->line = group->line;
	}
	for (group = pages->child; group; group = group->next)
		if (group->type == SETTING_GROUP)
			build_page(build, &menu->pages[i++], group);
	build_all_keywords(build, pages);
	menu->home = build_page_index(build, pages, build_string(build, build->source->root, "home", "home"));
	build_texts_finish(build);
}
