/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages: compiles a group of the menu file to a struct page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"


static const char page_known[] = "like choices otherwise route list where order page several unlisted ask direct confirm"
				 " unconfirmed optional screens within by_sms do on again with stay hints sms";

/* ---- choices and routes ---- */

static void check_key(struct build *build, const struct page *page, const struct choice *choice,
		      const struct setting *group)
{
	const struct setting *set = setting_get(group, "key");
	const char *key = choice->key;
	const struct choice *other;

	if (build_is_navigation(build, key))
		problem_remedy(problems_add(build->problems, group, "key '%s' is a navigation key", key), "choose another key");
	if (!set)
		problem_remedy(problems_add(build->problems, group, "a choice needs a 'key'"), "give it the digits that choose it");
	else if (set->type == SETTING_STRING && !build_is_key(key))
		build_not_a_key(build, group, key);
	for (other = page->choices; other < choice; other++)
		if (other->key && *key && !strcasecmp(other->key, key))
			problem_remedy(problems_add(build->problems, group, "key '%s' is already that of the choice '%s' (%s:%u)", key,
						    setting_string(other->at, "label", setting_string(other->at, "page", "")),
						    other->at->file, other->at->line),
				       strcmp(other->key, key) ? "choose another key; capitals do not count" : "choose another key");
}

static void build_choice(struct build *build, const struct page *page, const struct setting *group,
			 struct choice *choice)
{
	const char *page_name = build_string(build, group, "page", "");

	group = build_mended(build, group, page->route ? "page only_if unless with" : "key page label only_if unless with sms");
	choice->at = group;
	choice->page = build_page_ref(build, group, "page", true);
	choice->conditions = build_conditions(build, group);
	choice->with = build_bindings(build, build_get(build, group, "with", SETTING_GROUP));
	if (page->route)
		return;
	choice->key = build_copy(build, build_string(build, group, "key", ""));
	check_key(build, page, choice, group);
	if (!setting_get(group, "label") && setting_get(setting_get(group, "with"), "service") && !build_has_text(build, page, page_name))
		choice->label = build_made_text(build, "{service}");
	else if (choice->page != PAGE_NONE || setting_get(group, "label"))
		choice->label = build_texts(build, page, build_string(build, group, "label", page_name), true);
}

/* A choice whose page is left out is left out, too; so is its label. */
static bool leads_nowhere(const struct build *build, const struct setting *choice)
{
	return build_left_out(build, setting_get(build_pages_group(build), setting_string(choice, "page", "")));
}

static void leave_out_label(struct build *build, const struct page *page, const struct setting *choice)
{
	const char *label = setting_string(choice, "label", setting_string(choice, "page", ""));
	uint16_t i;

	for (i = 0; i < build->menu->languages_count; i++)
		build_text_used(build, setting_get(page->texts[i], label));
}

static void build_choices(struct build *build, struct page *page, const struct setting *list)
{
	const struct setting *group;
	struct choice *choices;

	if (!list)
		return;
	if (setting_count(list) > UINT8_MAX || !list->child) {
		problem_remedy(problems_add(build->problems, list, "'%s' takes 1 to %d groups", list->name, UINT8_MAX),
			       "write a list of choices in ( )");
		return;
	}
	choices = arena_alloc(&build->menu->arena, setting_count(list) * sizeof(*choices));
	page->choices = choices;
	for (group = list->child; group; group = group->next) {
		if (group->type == SETTING_GROUP && leads_nowhere(build, group))
			leave_out_label(build, page, group);
		else if (group->type == SETTING_GROUP)
			build_choice(build, page, group, &choices[page->choices_count++]);
		else
			problem_remedy(problems_add(build->problems, group, "an element of '%s' must be a group", list->name),
				       "write it in { }");
	}
}

/* A branch is tried only if those before it do not hold. */
static void check_order(struct build *build, const struct page *page)
{
	unsigned int i, k;

	for (i = 1; i < page->choices_count; i++)
		for (k = 0; k < i; k++)
			build_check_after(build, page->choices[i].at, "branch", &page->choices[i].conditions, &page->choices[k].conditions,
					  page->choices[k].at);
}

/* If that is not the last one, those after it are reported. */
static bool has_open_branch(const struct page *page)
{
	unsigned int i;

	for (i = 0; i < page->choices_count; i++)
		if (conditions_hold_always(&page->choices[i].conditions))
			return true;
	return false;
}

static void build_route(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *route = build_get(build, group, "route", SETTING_LIST);
	const struct setting *way, *written = NULL;

	if (!route)
		return;
	page->route = true;
	build_choices(build, page, route);
	check_order(build, page);
	for (way = route->child; way; way = way->next)
		written = way;
	if (!page->choices_count || has_open_branch(page))
		return;
	if (leads_nowhere(build, written))
		problem_remedy(problems_add(build->problems, written, "the last way of 'route' leads to '%s', which is left out since its "
					    "backend is not declared", setting_string(written, "page", "")),
			       "let it lead to a page that is not optional");
	else
		problem_remedy(problems_add(build->problems, route, "the last way of 'route' must be open to everybody"),
			       "remove its conditions, or add a way without any");
}

/* ---- pages ---- */

static void build_hints(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *hints = build_get(build, group, "hints", SETTING_LIST);
	const struct setting *set;

	page->hint_back = !hints;
	for (set = hints ? hints->child : NULL; set; set = set->next) {
		const char *name = set->type == SETTING_STRING ? set->string : "";
		struct text_nearest nearest = {};
		struct problem *problem;

		page->hint_back |= !strcmp(name, "back");
		page->hint_home |= !strcmp(name, "home");
		if (build_is_word_of("back home", name))
			continue;
		text_nearest_try_words(&nearest, name, "back home");
		problem = problems_add(build->problems, set, "hints are \"back\" and \"home\", not \"%s\"", name);
		problem_remedy(problem, "name one of them");
		problem_suggest(problem, &nearest);
	}
}

/* Whether the list or action of a page does not exist, which has been reported. */
static bool names_unknown(const struct page *page, const struct setting *group)
{
	return (setting_get(group, "list") && !page->list) || (setting_get(group, "do") && !page->action);
}

/* Check parts that exclude or require each other. */
static void check_parts(struct build *build, const struct page *page, const struct setting *group)
{
	const int bodies = !!setting_get(group, "choices") + page->route + !!setting_get(group, "list") +
			   !!(setting_get(group, "ask") || setting_get(group, "do"));

	if (bodies > 1)
		problem_remedy(problems_add(build->problems, group, "page '%s': choices, route, list and ask/do exclude each other",
					    page->name), "keep one of them, and move the others to pages of their own");
	if (setting_get(group, "optional") && !(page->list && page->list->backend) && !(page->action && page->action->backend) &&
	    !names_unknown(page, group))
		problem_remedy(problems_add(build->problems, setting_get(group, "optional"), "page '%s' names no backend, so it cannot be "
					    "optional", page->name), "remove 'optional'");
	if (page->confirm && !setting_get(group, "do"))
		problem_remedy(problems_add(build->problems, group, "'confirm' without 'do'"),
			       "add the action, or remove 'confirm'");
	if (setting_get(group, "screens") && !page->confirm)
		problem_remedy(problems_add(build->problems, setting_get(group, "screens"), "'screens' without 'confirm'"),
			       "remove it, or add confirm = true");
	if (setting_get(group, "within") && !page->confirm && !setting_get(group, "otherwise"))
		problem_remedy(problems_add(build->problems, setting_get(group, "within"), "'within' without 'confirm' or 'otherwise'"),
			       "remove it, or add confirm = true");
	if (page->by_sms && !page->within_s)
		problem_remedy(problems_add(build->problems, group, "'by_sms' without 'within'"),
			       "add within = 3600, or other seconds");
	if (page->within_s && page->secret)
		problem_remedy(problems_add(build->problems, group, "'within' cannot be used with a secret, which would have to be stored "
					    "that long"), "remove 'within', or the secret question");
	if (setting_get(group, "direct") && !page->questions_count)
		problem_remedy(problems_add(build->problems, group, "'direct' without 'ask'"), "remove it");
	if (setting_get(group, "otherwise") && !setting_get(group, "choices"))
		problem_remedy(problems_add(build->problems, setting_get(group, "otherwise"), "'otherwise' without 'choices'"),
			       "remove it, or let the page have choices");
	if (setting_get(group, "several") && !setting_get(group, "page"))
		problem_remedy(problems_add(build->problems, group, "'several' without 'page'"), "add 'page'");
	if (setting_get(group, "unlisted") && !setting_get(group, "page"))
		problem_remedy(problems_add(build->problems, group, "'unlisted' without 'page'"), "add 'page'");
	if (setting_get(group, "page") && !setting_get(group, "list"))
		problem_remedy(problems_add(build->problems, group, "'page' belongs to 'list' and to choices"),
			       "remove it, or let the page have a list");
	if ((setting_get(group, "where") || setting_get(group, "order")) && !setting_get(group, "list"))
		problem_remedy(problems_add(build->problems, group, "'where' and 'order' belong to 'list'"),
			       "remove them, or let the page have a list");
}

/* After a list or action that does not exist, its texts are not misspelt. */
static void use_texts_of_unknown(struct build *build, const struct page *page, const struct setting *group)
{
	const struct setting *text;
	uint16_t i;

	if (!names_unknown(page, group))
		return;
	for (i = 0; i < build->menu->languages_count; i++) {
		for (text = page->texts[i] ? page->texts[i]->child : NULL; text; text = text->next)
			build_text_used(build, text);
	}
}

static bool texts_need_account(const struct build *build, texts_t texts)
{
	uint16_t i;
	uint8_t v;

	for (i = 0; texts && i < build->menu->languages_count; i++)
		for (v = 0; v < texts[i].count; v++)
			if (template_needs_account(&texts[i].variants[v].template))
				return true;
	return false;
}

static void build_page(struct build *build, struct page *page, const struct setting *group)
{
	bool silent;

	group = page->at = build_mended(build, group, page_known);
	silent = setting_get(group, "route") || (setting_get(group, "do") && !setting_get(group, "confirm"));
	build_route(build, page, group);
	if (!page->route)
		build_choices(build, page, build_get(build, group, "choices", SETTING_LIST));
	build_list(build, page, group);
	build_questions(build, page, group);
	build_action(build, page, group);
	build_confirm(build, page, group);
	build_hints(build, page, group);
	page->otherwise = build_page_ref(build, group, "otherwise", false);
	page->direct = build_bool(build, group, "direct", false);
	page->stay = build_bool(build, group, "stay", false) || page->list_page != PAGE_NONE;
	page->with = build_bindings(build, build_get(build, group, "with", SETTING_GROUP));
	page->text = silent ? NULL : build_texts(build, page, "text", true);
	page->needs_account = (page->list && !page->list->local) || page->action || texts_need_account(build, page->text);
	build_outcomes(build, page, group);
	use_texts_of_unknown(build, page, group);
	check_parts(build, page, group);
}

static void build_choice_keywords(struct build *build, const struct page *page, const struct setting *choices)
{
	const struct setting *group;
	unsigned int i = 0;

	for (group = choices ? choices->child : NULL; group && i < page->choices_count; group = group->next) {
		if (group->type == SETTING_GROUP && !leads_nowhere(build, group)) {
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

/* ---- pages like others ---- */

/* Append a copy of \a set to \a group. */
static struct setting *adopt(struct build *build, struct setting *group, const struct setting *set)
{
	struct setting *copy = arena_alloc(&build->menu->arena, sizeof(*copy));

	*copy = *set;
	copy->next = NULL;
	setting_append(group, copy);
	return copy;
}

#define LIKE_MAX 8	/* pages in a row; it also ends circles */

/* What a page does not set itself is that of the page that it is like, but not its keywords. */
static void merge(struct build *build, const struct setting *pages, const struct setting *from, struct setting *group, unsigned int depth)
{
	const struct setting *like = setting_get(from, "like"), *set;

	for (set = from->child; set; set = set->next)
		if (!setting_get(group, set->name) && (!depth || strcmp(set->name, "sms")))
			adopt(build, group, set);
	if (!like || like->type != SETTING_STRING)
		return;
	from = setting_get(pages, like->string);
	if (!from || from->type != SETTING_GROUP)
		return;		/* reported */
	if (depth == LIKE_MAX)
		problem_remedy(problems_add(build->problems, like, "'like' leads from page '%s' over more than %d pages, or back to one of "
					    "them", group->name, LIKE_MAX), "let one of the pages be like no other");
	else
		merge(build, pages, from, group, depth + 1);
}

/* Complain about pages that are like one that does not exist. Returns all pages, with misspelt names mended. */
static const struct setting *mend_likes(struct build *build, const struct setting *pages)
{
	const struct setting *page, *other, *like, *mended = pages;

	for (page = pages->child; page && !build_ends(build); page = page->next) {
		struct text_nearest nearest = {};
		struct problem *problem;
		struct setting meant;

		like = setting_get(page, "like");
		if (!like || like->type != SETTING_STRING)
			continue;
		other = setting_get(pages, like->string);
		if (other && other->type == SETTING_GROUP)
			continue;
		for (other = build_searches(build) ? pages->child : NULL; other; other = other->next)
			if (other != page && other->type == SETTING_GROUP)
				text_nearest_try(&nearest, like->string, other->name, strlen(other->name));
		problem = problems_add(build->problems, like, "there is no page '%s'", like->string);
		problem_remedy(problem, "name another page of this file");
		problem_suggest(problem, &nearest);
		if (!nearest.best)
			continue;
		meant = *like;
		meant.string = nearest.best;
		mended = build_replaced(build, mended, setting_get(mended, page->name), build_replaced(build, page, like, &meant));
	}
	return mended;
}

/* The texts of a page that is left out need not be shown. */
static bool leave_out_texts(struct build *build, const struct setting *texts)
{
	const struct setting *text;

	if (!build_left_out(build, setting_get(build_pages_group(build), texts->name)))
		return false;
	for (text = texts->child; text; text = text->next)
		build_text_used(build, text);
	return true;
}

/* Number the pages as menu->pages will be. */
static struct setting *adopt_page(struct build *build, struct setting *merged, const struct setting *page)
{
	struct setting *copy = adopt(build, merged, page);

	if (copy->type == SETTING_GROUP)
		copy->number = build->pages_known++;
	return copy;
}

/* A page that only shows its text needs no more than that text. */
static void add_texts_alone(struct build *build, struct setting *merged)
{
	const struct setting *page;
	uint16_t i;

	for (i = 0; i < build->menu->languages_count; i++) {
		for (page = build->texts_pages[i] ? build->texts_pages[i]->child : NULL; page; page = page->next) {
			if (page->type != SETTING_GROUP || setting_get(merged, page->name) || leave_out_texts(build, page))
				continue;
			setting_begin(&build->menu->arena, adopt_page(build, merged, page));
		}
	}
}

/* "a, b" */
static const char *join(struct build *build, const char *names, const char *name)
{
	const size_t size = strlen(names) + strlen(name) + 3;
	char *joined = arena_alloc(&build->menu->arena, size);

	snprintf(joined, size, "%s%s%s", names, *names ? ", " : "", name);
	return joined;
}

static const struct setting *merge_pages(struct build *build, const struct setting *pages)
{
	struct setting *merged = arena_alloc(&build->menu->arena, sizeof(*merged)), *copy;
	const struct setting *page;

	pages = mend_likes(build, pages);
	*merged = *pages;
	setting_begin(&build->menu->arena, merged);
	for (page = pages->child; page; page = page->next) {
		if (build_left_out(build, page)) {
			build->menu->left_out = join(build, menu_left_out(build->menu), page->name);
			continue;
		}
		copy = adopt_page(build, merged, page);
		if (page->type != SETTING_GROUP || !setting_get(page, "like"))
			continue;
		setting_begin(&build->menu->arena, copy);
		merge(build, pages, page, copy, 0);
	}
	add_texts_alone(build, merged);
	return merged;
}

static const struct page *find_like(struct build *build, const struct setting *group)
{
	const char *name = setting_string(group, "like", NULL);

	return name ? build_find_page(build, name) : NULL;
}

static void build_lists(struct menu *menu)
{
	uint16_t page, i;

	menu->lists = arena_alloc(&menu->arena, menu->pages_count * sizeof(*menu->lists));
	for (page = 0; page < menu->pages_count; page++) {
		const struct menu_action *list = menu->pages[page].list;

		for (i = 0; i < menu->lists_count && menu->lists[i] != list; i++)
			;
		if (list && i == menu->lists_count)
			menu->lists[menu->lists_count++] = list;
	}
}

/* S17: the page asks by its choices, or a question of its own. */
static void build_survey(struct build *build)
{
	const struct menu_action *const *action = build->source->actions;
	struct menu *menu = build->menu;
	const struct page *page;

	if (menu->survey == PAGE_NONE)
		return;
	page = &menu->pages[menu->survey];
	while (*action && strcmp((*action)->name, ACTION_SURVEY_OFFER))
		action++;
	menu->survey_offer = *action;
	if (page->route || (!page->choices_count && !page->questions_count))
		problem_remedy(problems_add_at(build->problems, page->file, page->line, "page '%s' is the survey and asks nothing",
					       page->name), "give it a question 'score' and do = \"survey.answer\"");
}

void build_pages(struct build *build, const struct setting *pages)
{
	struct menu *menu = build->menu;
	const struct setting *group, *home;
	struct page *page;
	const struct setting *declared = pages, **texts;
	uint16_t i = 0, l;

	pages = merge_pages(build, pages);
	if (setting_count(pages) > ELEMENTS_MAX) {
		problems_add(build->problems, pages, "more than %d pages", ELEMENTS_MAX);
		return;
	}
	build->pages = pages;
	menu->pages = arena_alloc(&menu->arena, setting_count(pages) * sizeof(*menu->pages));
	build->broken = arena_alloc(&menu->arena, setting_count(pages) * sizeof(*build->broken));
	build->wanted = arena_alloc(&menu->arena, setting_count(pages) * sizeof(*build->wanted));
	/* first the names, to which choices and branches refer */
	for (group = pages->child; group; group = group->next) {
		if (group->type != SETTING_GROUP) {
			problem_remedy(problems_add(build->problems, group, "page '%s' must be a group", group->name), "write it in { }");
			continue;
		}
		page = &menu->pages[menu->pages_count++];
		page->name = build_copy(build, group->name);
		page->file = build_copy(build, group->file);
		page->line = group->line;
		page->at = group;
		page->texts_alone = !group->child && !setting_get(declared, group->name);
		texts = arena_alloc(&menu->arena, menu->languages_count * sizeof(*texts));
		for (l = 0; l < menu->languages_count; l++)
			texts[l] = setting_get(build->texts_pages[l], page->name);
		page->texts = texts;
	}
	for (group = pages->child, page = menu->pages; group; group = group->next)
		if (group->type == SETTING_GROUP)
			(page++)->like = find_like(build, group);
	menu->survey = build_page_ref(build, build->source->root, "survey", false);
	for (group = pages->child; group; group = group->next) {
		const size_t before = build->problems->complaints + build->missing_count;

		if (build_ends(build))
			return;
		if (group->type != SETTING_GROUP)
			continue;
		build_page(build, &menu->pages[i], group);
		build->textless |= build->missing_count && build_is_textless(build, &menu->pages[i]);
		build->broken[i++] = build->problems->complaints + build->missing_count > before;
	}
	build_lists(menu);
	build_all_keywords(build, pages);
	home = setting_get(build->source->root, "home");
	menu->home = build_page_index(build, home ? home : pages, build_string(build, build->source->root, "home", "home"));
	menu->agent = build_page_ref(build, build->source->root, "agent", false);
	build_survey(build);
	build_texts_finish(build);
}
