/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* menu/: menu files as a checked tree. Start with build.c; tree.h is the tree.
 *
 * Actions of a page: what it lists or does, the page after each outcome, and the confirmation. */
#include <string.h>

#include "menu/build.h"

const char *const auth_outcome_names[AUTH_OUTCOMES] = {
	[AUTH_WRONG] = "wrong", [AUTH_LOCKED] = "locked", [AUTH_TEMPORARY] = "temporary",
};

static const struct menu_action *find_action(struct build *build, const struct setting *group, const char *name,
					     bool lists)
{
	const struct setting *set = build_get(build, group, name, SETTING_STRING);
	const struct menu_action *const *action;

	if (!set)
		return NULL;
	for (action = build->source->actions; *action; action++)
		if (!strcmp((*action)->name, set->string) && (*action)->lists == lists)
			return *action;
	problems_add(build->problems, set, lists ? "unknown list '%s'"
						 : "unknown action '%s'", set->string);
	return NULL;
}

void build_list(struct build *build, struct page *page, const struct setting *group)
{
	page->list_page = page->several_page = page->unlisted_page = PAGE_NONE;
	page->list = find_action(build, group, "list", true);
	if (!page->list)
		return;
	page->row = build_texts(build, page, "row", true);
	page->empty = build_texts(build, page, "empty", true);
	page->list_page = build_page_ref(build, group, "page", false);
	page->several_page = build_page_ref(build, group, "several", false);
	page->unlisted_page = build_page_ref(build, group, "unlisted", false);
	if (page->unlisted_page != PAGE_NONE && page->list->fields[0] != FIELD_SERVICE)
		problems_add(build->problems, setting_get(group, "unlisted"), "'unlisted' belongs to a list of services");
}

static bool is_outcome(const struct page *page, const char *name)
{
	unsigned int i;

	for (i = 0; i < ACTION_OUTCOMES_MAX && page->action->outcomes[i]; i++)
		if (!strcmp(page->action->outcomes[i], name))
			return true;
	for (i = 0; page->asks_password && i < AUTH_OUTCOMES; i++)
		if (!strcmp(auth_outcome_names[i], name))
			return true;
	return !strcmp(name, "unavailable");
}

/* Each outcome needs a page, except that of an order accepted but not done yet: for that the system's text is enough. */
static uint16_t build_branch(struct build *build, const struct page *page, const struct setting *group,
			     const char *outcome)
{
	const struct setting *on = setting_get(group, "on");

	if (setting_get(on, outcome))
		return build_page_ref(build, on, outcome, true);
	if (strcmp(outcome, "accepted"))
		problems_add(build->problems, on ? on : group, "outcome '%s' of '%s' has no branch", outcome,
			     page->action->name);
	return PAGE_NONE;
}

static void build_branches(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *on = build_get(build, group, "on", SETTING_GROUP);
	uint16_t *branches = arena_alloc(&build->menu->arena, BRANCHES_MAX * sizeof(*branches));
	const struct setting *set;
	unsigned int i;

	page->branches = branches;
	for (i = 0; i < ACTION_OUTCOMES_MAX && page->action->outcomes[i]; i++)
		branches[i] = build_branch(build, page, group, page->action->outcomes[i]);
	for (i = 0; page->asks_password && i < AUTH_OUTCOMES; i++)
		branches[ACTION_OUTCOMES_MAX + i] = build_branch(build, page, group, auth_outcome_names[i]);
	page->unavailable = build_page_ref(build, on, "unavailable", false);
	for (set = on ? on->child : NULL; set; set = set->next)
		if (!is_outcome(page, set->name))
			problems_add(build->problems, set, "'%s' has no outcome '%s'", page->action->name, set->name);
}

/* An order may need the service password first (S11). */
static bool asks_password(struct build *build, const struct page *page, const struct setting *group)
{
	unsigned int i;

	for (i = 0; i < page->questions_count; i++) {
		if (page->questions[i].var != FIELD_PASSWORD)
			continue;
		if (!page->questions[i].secret || !page->action->orders)
			problems_add(build->problems, group, "a question 'password' must be secret and belong to an order");
		return page->action->orders;
	}
	if (page->action->needs_password)
		problems_add(build->problems, group, "'%s' needs a secret question 'password'", page->action->name);
	return false;
}

void build_action(struct build *build, struct page *page, const struct setting *group)
{
	page->unavailable = PAGE_NONE;
	page->action = find_action(build, group, "do", false);
	if (page->action) {
		page->asks_password = asks_password(build, page, group);
		if (!build_bool(build, group, "confirm", false))
			page->request = build_texts(build, page, "request", false);
		build_branches(build, page, group);
	} else if (setting_get(group, "on") && !setting_get(group, "do")) {
		problems_add(build->problems, setting_get(group, "on"), "'on' without 'do'");
	}
	if (page->questions_count && !setting_get(group, "do"))
		problems_add(build->problems, group, "questions without 'do': what are the answers for?");
}

/* S6: how long to wait for a yes, and where. */
void build_confirm(struct build *build, struct page *page, const struct setting *group)
{
	page->confirm = build_bool(build, group, "confirm", false);
	page->no = build_page_ref(build, group, "no", false);
	page->screens = build_int(build, group, "screens", 1, 1, 4);
	if (page->confirm)
		page->several = build_texts(build, page, "several", false);
	if (page->several)
		page->row = build_texts(build, page, "row", true);
	page->within_s = build_int(build, group, "within", 0, 10, 86400);
	page->by_sms = build_bool(build, group, "by_sms", false);
	if (page->within_s) {
		page->late = build_texts(build, page, "late", true);
		page->declined = build_texts(build, page, "declined", false);
	}
	if (page->by_sms)
		page->sent = build_texts(build, page, "sent", true);
}
