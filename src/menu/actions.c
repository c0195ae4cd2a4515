/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* menu/: menu files as a checked tree. Start with build.c; tree.h is the tree.
 *
 * Actions of a page: what it lists or does, the page after each outcome, and the confirmation. */
#include <stdio.h>
#include <string.h>

#include "menu/build.h"
#include "menu/former.h"

const char *const auth_outcome_names[AUTH_OUTCOMES] = {
	[AUTH_WRONG] = "wrong", [AUTH_LOCKED] = "locked", [AUTH_TEMPORARY] = "temporary",
};

const struct menu_action *build_find_action(struct build *build, const struct setting *group, const char *name, bool lists)
{
	const struct setting *set = build_get(build, group, name, SETTING_STRING);
	const struct menu_action *const *action;
	struct text_nearest nearest = {};
	struct problem *problem;
	bool other = false;

	if (!set)
		return NULL;
	for (action = build->source->actions; *action; action++) {
		if (!strcmp((*action)->name, set->string) && (*action)->lists == lists) {
			build_check_sent(build, set, *action);
			return *action;
		}
		other |= !strcmp((*action)->name, set->string);
	}
	for (action = build->source->actions; *action; action++)
		if ((*action)->lists == lists)
			text_nearest_try(&nearest, set->string, (*action)->name, strlen((*action)->name));
	problem = problems_add(build->problems, set, lists ? "unknown list '%s'" : "unknown action '%s'", set->string);
	if (other)
		problem_remedy(problem, lists ? "it is an action: name it in 'do'" : "it is a list: name it in 'list'");
	else if (!former_suggest(problem, FORMER_ACTION, set->string) && !nearest.best && !strchr(set->string, '.'))
		problem_remedy(problem, "a service of your own is declared in 'backends' of starhash.cfg; check with --config "
			       "starhash.cfg");
	else if (!problem->remedy)
		problem_suggest(problem, &nearest);
	return NULL;
}

/* "price": ascending; "-date": descending. The field is one of the rows'. */
static void build_order(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *set = build_get(build, group, "order", SETTING_STRING);
	const char *name = set ? set->string : "";
	unsigned int i;

	page->descending = *name == '-';
	name += page->descending;
	for (i = 0; i < ACTION_FIELDS_MAX && page->list->fields[i]; i++)
		if (!strcmp(menu_var_name(build->menu, page->list->fields[i]), name))
			page->order = page->list->fields[i];
	if (set && !page->order)
		problems_add(build->problems, set, "'%s' is not a field of the rows of '%s'", name, page->list->name);
}

void build_list(struct build *build, struct page *page, const struct setting *group)
{
	page->list_page = page->several_page = page->unlisted_page = PAGE_NONE;
	page->list = build_find_action(build, group, "list", true);
	if (!page->list)
		return;
	page->row = build_texts(build, page, "row", true);
	page->empty = build_texts(build, page, "empty", true);
	page->where = build_where(build, build_get(build, group, "where", SETTING_GROUP));
	build_order(build, page, group);
	page->list_page = build_page_ref(build, group, "page", false);
	page->several_page = build_page_ref(build, group, "several", false);
	page->unlisted_page = build_page_ref(build, group, "unlisted", false);
	if (page->unlisted_page != PAGE_NONE && page->list->fields[0] != FIELD_SERVICE)
		problems_add(build->problems, setting_get(group, "unlisted"), "'unlisted' belongs to a list of services");
}

/* ---- outcomes ---- */

const char *build_outcome_group(const struct menu_action *action, char *out, size_t size)
{
	char *c;

	snprintf(out, size, "%s", action ? action->name : "");
	for (c = out; *c; c++)
		if (*c == '.')
			*c = '_';
	return out;
}

static bool is_outcome(const struct menu_action *action, const char *name)
{
	unsigned int i;

	for (i = 0; i < ACTION_OUTCOMES_MAX && action->outcomes[i]; i++)
		if (!strcmp(action->outcomes[i], name))
			return true;
	return false;
}

/* Outcomes that do not depend on the action. */
static bool is_common_outcome(const char *name)
{
	unsigned int i;

	for (i = 0; i < AUTH_OUTCOMES; i++)
		if (!strcmp(auth_outcome_names[i], name))
			return true;
	return !strcmp(name, OUTCOME_NAME_UNAVAILABLE) || !strcmp(name, OUTCOME_NAME_DECLINED) || !strcmp(name, OUTCOME_NAME_LATE);
}

bool build_outcome_known(const struct build *build, const char *group, const char *outcome)
{
	const bool all = !strcmp(group, "all");
	const struct menu_action *const *action;
	char name[64];

	if (!outcome && all)
		return true;
	if (outcome && is_common_outcome(outcome))
		return true;
	for (action = build->source->actions; *action; action++)
		if ((all || !strcmp(build_outcome_group(*action, name, sizeof(name)), group)) &&
		    (outcome ? is_outcome(*action, outcome) : !(*action)->lists || (*action)->backend))
			return true;
	return false;
}

/* Collects the outcomes of one page. */
struct outcomes {
	struct build *build;
	struct page *page;
	const struct setting *group, *on, *again;
	struct outcome list[OUTCOMES_MAX];
	uint8_t count;
};

static bool has_outcome(const struct outcomes *outcomes, const char *name)
{
	uint8_t i;

	for (i = 0; i < outcomes->count; i++)
		if (!strcmp(outcomes->list[i].name, name))
			return true;
	return false;
}

/* The question that is asked again; 0: none. */
static uint8_t find_again(struct outcomes *outcomes, const char *name)
{
	const struct setting *set = build_get(outcomes->build, outcomes->again, name, SETTING_STRING);
	uint8_t i;

	for (i = 0; set && i < outcomes->page->questions_count; i++)
		if (outcomes->page->questions[i].name && !strcmp(outcomes->page->questions[i].name, set->string))
			return i + 1;
	if (set)
		problems_add(outcomes->build->problems, set, "page '%s' has no question '%s'", outcomes->page->name, set->string);
	return 0;
}

/* Returns whether the page says what follows this outcome. */
static bool add_outcome(struct outcomes *outcomes, const struct menu_action *action, const char *name)
{
	struct build *build = outcomes->build;
	struct page *page = outcomes->page;
	struct outcome outcome = { .name = name };
	bool own;

	if (has_outcome(outcomes, name) || outcomes->count == OUTCOMES_MAX)
		return true;
	outcome.page = build_page_ref(build, outcomes->on, name, false);
	outcome.again = find_again(outcomes, name);
	/* common texts are ends: not shown above a page, nor instead of leading back */
	own = outcome.page != PAGE_NONE || (!strcmp(name, OUTCOME_NAME_DECLINED) && !page->within_s);
	outcome.text = own ? build_texts(build, page, name, false) : build_outcome_texts(build, page, action, name);
	if (outcome.page != PAGE_NONE && outcome.again)
		problems_add(build->problems, setting_get(outcomes->again, name), "outcome '%s' has both a page and a question: which of "
			     "them follows?", name);
	if (outcome.again && !outcome.text)
		problems_add(build->problems, setting_get(outcomes->again, name), "outcome '%s' has no text: why is the question asked "
			     "again?", name);
	if (outcome.page == PAGE_NONE && !outcome.text && !setting_get(outcomes->on, name))
		return false;
	outcomes->list[outcomes->count++] = outcome;
	return true;
}

/* Where to complain about an outcome that is missing. */
static const struct setting *place_of_outcomes(const struct outcomes *outcomes)
{
	return outcomes->on ? outcomes->on : outcomes->group;
}

static void need_outcome(struct outcomes *outcomes, const struct menu_action *action, const char *name)
{
	if (!add_outcome(outcomes, action, name))
		problems_add(outcomes->build->problems, place_of_outcomes(outcomes),
			     "outcome '%s' of '%s' leads nowhere: give it a text '%s', or a page in 'on'", name, action->name, name);
}

/* The system has texts for "accepted" and "unavailable". After the first outcome of a check, the page goes on. */
static void add_action_outcomes(struct outcomes *outcomes, const struct menu_action *action)
{
	const bool first = action != outcomes->page->action;	/* a check goes on, a list shows its rows */
	unsigned int i;

	for (i = first; i < ACTION_OUTCOMES_MAX && action->outcomes[i]; i++) {
		if (strcmp(action->outcomes[i], OUTCOME_NAME_ACCEPTED))
			need_outcome(outcomes, action, action->outcomes[i]);
		else
			add_outcome(outcomes, action, action->outcomes[i]);
	}
	for (i = 0; !first && outcomes->page->asks_password && i < AUTH_OUTCOMES; i++)
		need_outcome(outcomes, action, auth_outcome_names[i]);
	add_outcome(outcomes, action, OUTCOME_NAME_UNAVAILABLE);
}

/* S6: with a time limit, a no must be answered, and so must silence. */
static void add_confirmation_outcomes(struct outcomes *outcomes)
{
	const struct page *page = outcomes->page;
	struct problems *problems = outcomes->build->problems;

	if (!page->confirm)
		return;
	if (!add_outcome(outcomes, page->action, OUTCOME_NAME_DECLINED) && page->within_s)
		problems_add(problems, place_of_outcomes(outcomes), "'within' needs a text or page 'declined': a no must be answered");
	if (page->within_s && !add_outcome(outcomes, page->action, OUTCOME_NAME_LATE))
		problems_add(problems, place_of_outcomes(outcomes), "'within' needs a text 'late' for a question that nobody answered in "
			     "time");
}

/* Names in "on" and "again" that the page does not have. */
static void check_named(struct outcomes *outcomes, const struct setting *group)
{
	const struct menu_action *action = outcomes->page->action ? outcomes->page->action : outcomes->page->list;
	const struct setting *set;

	for (set = group ? group->child : NULL; set; set = set->next) {
		struct text_nearest nearest = {};
		unsigned int i;

		if (has_outcome(outcomes, set->name))
			continue;
		for (i = 0; i < ACTION_OUTCOMES_MAX && action->outcomes[i]; i++)
			text_nearest_try(&nearest, set->name, action->outcomes[i], strlen(action->outcomes[i]));
		problem_suggest(problems_add(outcomes->build->problems, set, "page '%s' has no outcome '%s'", outcomes->page->name,
					     set->name), &nearest);
	}
}

void build_outcomes(struct build *build, struct page *page, const struct setting *group)
{
	struct outcomes outcomes = { .build = build, .page = page, .group = group,
				     .on = build_get(build, group, "on", SETTING_GROUP),
				     .again = build_get(build, group, "again", SETTING_GROUP) };
	const struct setting *late;
	struct outcome *list;
	uint8_t i;

	if (!page->action && !(page->list && page->list->backend)) {
		if (outcomes.on && !setting_get(group, "do") && !(setting_get(group, "list") && !page->list))
			problems_add(build->problems, outcomes.on, "'on' without 'do'");
		return;
	}
	for (i = 0; i < page->questions_count; i++)
		if (page->questions[i].check)
			add_action_outcomes(&outcomes, page->questions[i].check);
	add_action_outcomes(&outcomes, page->action ? page->action : page->list);
	add_confirmation_outcomes(&outcomes);
	late = setting_get(outcomes.on, OUTCOME_NAME_LATE);
	late = late ? late : setting_get(outcomes.again, OUTCOME_NAME_LATE);
	if (late)
		problems_add(build->problems, late, "outcome 'late' has a text only: nobody is there to see a page");
	check_named(&outcomes, outcomes.on);
	check_named(&outcomes, outcomes.again);
	list = arena_alloc(&build->menu->arena, outcomes.count * sizeof(*list));
	memcpy(list, outcomes.list, outcomes.count * sizeof(*list));
	page->outcomes = list;
	page->outcomes_count = outcomes.count;
}

/* ---- actions and confirmations ---- */

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
	page->action = build_find_action(build, group, "do", false);
	if (page->action) {
		page->asks_password = asks_password(build, page, group);
		if (!build_bool(build, group, "confirm", false))
			page->request = build_texts(build, page, "request", false);
	}
	if (page->questions_count && !setting_get(group, "do"))
		problems_add(build->problems, group, "questions without 'do': what are the answers for?");
}

/* S6: how long to wait for a yes, and where. */
void build_confirm(struct build *build, struct page *page, const struct setting *group)
{
	page->confirm = build_bool(build, group, "confirm", false);
	page->screens = build_int(build, group, "screens", 1, 1, 4);
	if (page->confirm)
		page->several = build_texts(build, page, "several", false);
	if (page->several)
		page->row = build_texts(build, page, "row", true);
	page->within_s = build_int(build, group, "within", 0, 10, 86400);
	page->by_sms = build_bool(build, group, "by_sms", false);
	if (page->by_sms)
		page->sent = build_texts(build, page, "sent", true);
}
