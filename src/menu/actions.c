/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* menu/: menu files as a checked tree. Start with build.c; tree.h is the tree.
 *
 * Actions of a page: what it lists or does, the page after each outcome, and the confirmation. */
#include <stdio.h>
#include <string.h>

#include "menu/build.h"

const char *const auth_outcome_names[AUTH_OUTCOMES] = {
	[AUTH_WRONG] = "wrong", [AUTH_LOCKED] = "locked", [AUTH_TEMPORARY] = "temporary",
};

static void name_params(struct menu *menu, const uint16_t params[static ACTION_PARAMS_MAX])
{
	for (unsigned int i = 0; i < ACTION_PARAMS_MAX && params[i]; i++)
		if (params[i] < FIELD_COUNT)
			menu->unneeded[params[i]] = false;
}

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
			build_check_backend(build, set, *action);
			name_params(build->menu, (*action)->params);
			name_params(build->menu, (*action)->also);
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
	else if (former_suggest(problem, FORMER_ACTION, set->string))
		return NULL;
	else if (!nearest.best && !strchr(set->string, '.'))
		problem_remedy(problem, "a service of your own is declared in 'backends' of starhash.cfg: starhash-menu reads it with "
			       "--config, starhashd when it starts");
	else if (nearest.best)
		problem_suggest(problem, &nearest);
	else
		problem_remedy(problem, "choose one from the table of actions and lists in menus/README.md");
	return NULL;
}

/* "price": ascending; "-date": descending. The field is one of the rows'. */
static void build_order(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *set = build_get(build, group, "order", SETTING_STRING);
	const char *name = set ? set->string : "";
	struct text_nearest nearest = {};
	struct problem *problem;
	char known[240] = "";
	unsigned int i;

	page->descending = *name == '-';
	name += page->descending;
	for (i = 0; i < ACTION_FIELDS_MAX && page->list->fields[i]; i++)
		if (!strcmp(menu_var_name(build->menu, page->list->fields[i]), name))
			page->order = page->list->fields[i];
	if (!set || page->order)
		return;
	problem = problems_add(build->problems, set, "'%s' is not a field of the rows of '%s'", name, page->list->name);
	if (former_suggest(problem, FORMER_FIELD, name))
		return;
	for (i = 0; i < ACTION_FIELDS_MAX && page->list->fields[i]; i++) {
		const char *field = menu_var_name(build->menu, page->list->fields[i]);

		text_nearest_try(&nearest, name, field, strlen(field));
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", *known ? " " : "", field);
	}
	problem_remedy(problem, "choose one of: %s", known);
	problem_suggest(problem, &nearest);
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
		problem_remedy(problems_add(build->problems, setting_get(group, "unlisted"), "'unlisted' belongs to a list of services"),
			       "remove it");
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
	return !strcmp(name, OUTCOME_NAME_UNAVAILABLE) || outcome_precedes_action(name);
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
		    (outcome ? is_outcome(*action, outcome) : (*action)->outcomes[0] != NULL))
			return true;
	return false;
}

const char *build_suggest_outcome(struct build *build, struct problem *problem, const char *group, const char *outcome)
{
	const struct menu_action *const *action;
	struct text_nearest nearest = {};
	char name[64], present[64];
	unsigned int i;

	for (action = build->source->actions; *action; action++) {
		build_outcome_group(*action, name, sizeof(name));
		if (!outcome && (*action)->outcomes[0])
			text_nearest_try(&nearest, group, (*action)->name, strlen((*action)->name));
		for (i = 0; outcome && (!strcmp(group, "all") || !strcmp(group, name)) && i < ACTION_OUTCOMES_MAX &&
		     (*action)->outcomes[i]; i++)
			text_nearest_try(&nearest, outcome, (*action)->outcomes[i], strlen((*action)->outcomes[i]));
	}
	if (outcome && former_suggest(problem, FORMER_OUTCOME, outcome))
		return former_name(FORMER_OUTCOME, outcome);
	if (outcome) {
		problem_suggest(problem, &nearest);
		return nearest.best;
	}
	snprintf(name, sizeof(name), "%s", group);
	if (strchr(name, '_'))
		*strchr(name, '_') = '.';
	if (!nearest.best && !former_name(FORMER_ACTION, name))
		return NULL;
	snprintf(present, sizeof(present), "%s", nearest.best ? nearest.best : former_name(FORMER_ACTION, name));
	if (strchr(present, '.'))
		*strchr(present, '.') = '_';
	problem_remedy(problem, nearest.best ? "did you mean '%s'?" : "it is now called '%s'", present);
	return build_copy(build, present);
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
		problem_remedy(problems_add(outcomes->build->problems, set, "page '%s' has no question '%s'", outcomes->page->name,
					    set->string), "name a question of this page");
	return 0;
}

/* Returns whether the page says what follows this outcome. */
static bool add_outcome(struct outcomes *outcomes, const struct menu_action *action, const char *name)
{
	struct build *build = outcomes->build;
	struct page *page = outcomes->page;
	struct outcome outcome = { .name = name };
	bool own, surveys;

	if (has_outcome(outcomes, name) || outcomes->count == OUTCOMES_MAX)
		return true;
	outcome.page = build_page_ref(build, outcomes->on, name, false);
	outcome.again = find_again(outcomes, name);
	surveys = outcome_surveys(build->menu, &outcome);
	/* common texts are ends: not shown above a page, nor instead of leading back */
	own = (outcome.page != PAGE_NONE && !surveys) || (!strcmp(name, OUTCOME_NAME_DECLINED) && !page->within_s);
	outcome.text = own ? build_texts(build, page, name, false) : build_outcome_texts(build, page, action, name);
	if (outcome.page != PAGE_NONE && outcome.again)
		problem_remedy(problems_add(build->problems, setting_get(outcomes->again, name), "outcome '%s' has both a page and a "
					    "question", name), "remove it from 'on' or from 'again'");
	if (surveys && !outcome.text)
		problem_remedy(problems_add(build->problems, setting_get(outcomes->on, name), "outcome '%s' has no text: most dialogs "
					    "end without the survey", name), "write a text '%s'", name);
	if (outcome.again && !outcome.text)
		problem_remedy(problems_add(build->problems, setting_get(outcomes->again, name), "outcome '%s' has no text", name),
			       "write a text '%s' that says why the question is asked again", name);
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

/* A file of texts that cannot be read may have the text. */
static bool lacks_texts(const struct build *build)
{
	size_t i;

	for (i = 0; i < build->source->texts_count && build->source->texts[i].root; i++)
		;
	return i < build->source->texts_count;
}

static void need_outcome(struct outcomes *outcomes, const struct menu_action *action, const char *name)
{
	if (!add_outcome(outcomes, action, name) && !lacks_texts(outcomes->build))
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
		problem_remedy(problems_add(problems, place_of_outcomes(outcomes), "'within' needs a text or page 'declined': a no must "
					    "be answered"), "write a text 'declined'");
	if (page->within_s && !add_outcome(outcomes, page->action, OUTCOME_NAME_LATE))
		problem_remedy(problems_add(problems, place_of_outcomes(outcomes), "'within' needs a text 'late' for a question that "
					    "nobody answered in time"), "write a text 'late'");
}

/* Names in "on" and "again" that the page does not have. */
static void check_named(struct outcomes *outcomes, const struct setting *group)
{
	const struct menu_action *action = outcomes->page->action ? outcomes->page->action : outcomes->page->list;
	const struct setting *set;

	for (set = group ? group->child : NULL; set; set = set->next) {
		struct text_nearest nearest = {};
		struct problem *problem;
		unsigned int i;

		if (has_outcome(outcomes, set->name))
			continue;
		problem = problems_add(outcomes->build->problems, set, "page '%s' has no outcome '%s'", outcomes->page->name, set->name);
		if (former_suggest(problem, FORMER_OUTCOME, set->name))
			continue;
		for (i = 0; i < ACTION_OUTCOMES_MAX && action->outcomes[i]; i++)
			text_nearest_try(&nearest, set->name, action->outcomes[i], strlen(action->outcomes[i]));
		for (i = 0; i < outcomes->count; i++)
			text_nearest_try(&nearest, set->name, outcomes->list[i].name, strlen(outcomes->list[i].name));
		problem_suggest(problem, &nearest);
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

	if (!page->action && !(page->list && page->list->outcomes[0])) {
		if (outcomes.on && !setting_get(group, "do") && !(setting_get(group, "list") && !page->list))
			problem_remedy(problems_add(build->problems, outcomes.on, "'on' without 'do'"), "add the action, or remove 'on'");
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
		problem_remedy(problems_add(build->problems, late, "outcome 'late' has a text only: nobody is there to see a page"),
			       "remove it there, and write a text 'late'");
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
		if (!page->action->orders)
			problem_remedy(problems_add(build->problems, group, "a question 'password' belongs to an order, and '%s' is not "
						    "one", page->action->name), "give the question another name");
		return page->action->orders;
	}
	if (page->action->needs_password)
		problem_remedy(problems_add(build->problems, group, "'%s' needs a secret question 'password'", page->action->name),
			       "add it: ask = ( { name = \"password\"; secret = true; digits = 6; } );");
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
		problem_remedy(problems_add(build->problems, group, "questions without 'do'"),
			       "add the action that needs them, or remove them");
}

/* Nothing is ordered without a yes, unless the author says so: a subscriber's own words, such as a keyword, may be as clear. */
static void check_consent(struct build *build, const struct page *page, const struct setting *group)
{
	const struct setting *unconfirmed = setting_get(group, "unconfirmed");
	const bool orders = page->action && page->action->orders;

	if (orders && !page->confirm && !build_bool(build, group, "unconfirmed", false))
		problem_remedy(problems_add(build->problems, setting_at(group, "do"), "'%s' is an order, and page '%s' does not ask before "
					    "it", page->action->name, page->name),
			       "add confirm = true, or unconfirmed = true if leading there is as clear as a yes");
	else if (unconfirmed && page->confirm)
		problem_remedy(problems_add(build->problems, unconfirmed, "page '%s' has both 'confirm' and 'unconfirmed'", page->name),
			       "remove one of them");
	else if (unconfirmed && !orders && !(setting_get(group, "do") && !page->action))
		problem_remedy(problems_add(build->problems, unconfirmed, "'unconfirmed' without an order"), "remove it");
}

/* S6: how long to wait for a yes, and where. */
void build_confirm(struct build *build, struct page *page, const struct setting *group)
{
	page->confirm = build_bool(build, group, "confirm", false);
	check_consent(build, page, group);
	page->screens = build_int(build, group, "screens", 1, 1, 4);
	if (page->confirm)
		page->several = build_texts(build, page, "several", false);
	if (page->several)
		page->row = build_texts(build, page, "row", true);
	page->within_s = build_int(build, group, "within", 0, 10, 604800);
	page->by_sms = build_bool(build, group, "by_sms", false);
	if (page->by_sms)
		page->sent = build_texts(build, page, "sent", true);
}
