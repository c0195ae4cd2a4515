/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The operator's own services in a menu: which ones it names, their values as variables, and whether what they are sent is known. */
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"

/* ---- what the menu names ---- */

static const struct menu_action *find_action(const struct build *build, const char *name, bool lists)
{
	const struct menu_action *const *action;

	for (action = build->source->actions; *action; action++)
		if ((*action)->lists == lists && !strcmp((*action)->name, name))
			return *action;
	return NULL;
}

static void hash(struct build *build, const void *data, size_t len)
{
	const unsigned char *octet = data;

	while (len--)
		build->menu->fingerprint = (build->menu->fingerprint ^ *octet++) * 16777619u;
}

/* A saved dialog must not give a value to another name, type or width than it had: they are a part of the fingerprint. */
static void take_values(struct build *build, const struct backend_value *values, unsigned int count)
{
	struct menu *menu = build->menu;

	for (unsigned int i = 0; i < count; i++) {
		const struct backend_value *value = &values[i];
		const uint32_t facts[] = { value->id, value->type, value->width };
		struct question *known;

		hash(build, value->name, strlen(value->name) + 1);
		hash(build, facts, sizeof(facts));
		if (value->id < BACKEND_VALUE)
			continue;
		known = (struct question *)menu->vars[value->id - VAR_FIRST];
		known = known ? known : arena_alloc(&menu->arena, sizeof(*known));
		menu->vars[value->id - VAR_FIRST] = known;
		known->name = value->name;
		known->type = value->type;
		known->kind = QUESTION_LENGTH;
		known->width = value->width > known->width ? (uint16_t)value->width : known->width;
		known->max = known->width;
	}
	hash(build, "}", 1);
}

static void take_backend(struct build *build, const struct setting *group, const char *name, bool lists)
{
	const struct setting *set = setting_get(group, name);
	const struct menu_action *action = set && set->type == SETTING_STRING ? find_action(build, set->string, lists) : NULL;
	const struct backend *backend = action ? action->backend : NULL;

	build->undeclared |= set && set->type == SETTING_STRING && !action && !strchr(set->string, '.');
	if (!backend)
		return;
	hash(build, backend->name, strlen(backend->name) + 1);
	hash(build, &backend->changes, sizeof(backend->changes));
	take_values(build, backend->sent, backend->sent_count);
	take_values(build, backend->fields, backend->fields_count);
	take_values(build, backend->row, backend->row_count);
	for (unsigned int i = 0; i < backend->outcomes_count; i++)
		hash(build, backend->outcomes[i], strlen(backend->outcomes[i]) + 1);
}

/* Each page's list, action and checks. */
void build_backends_declare(struct build *build, const struct setting *pages)
{
	const struct setting *page, *ask, *group;

	for (page = pages->child; page; page = page->next) {
		take_backend(build, page, "list", true);
		take_backend(build, page, "do", false);
		ask = setting_get(page, "ask");
		for (group = ask ? ask->child : NULL; group; group = group->next)
			take_backend(build, group, "check", false);
	}
}

/* ---- pages that are optional ---- */

/* A name that is nearly that of something declared is a mistake. */
static bool is_undeclared(const struct build *build, const struct setting *page, const char *name, bool lists)
{
	const struct setting *set = setting_get(page, name);
	const struct menu_action *const *action;
	struct text_nearest nearest = {};

	if (!set || set->type != SETTING_STRING)
		return false;
	for (action = build->source->actions; *action; action++)
		text_nearest_try(&nearest, set->string, (*action)->name, strlen((*action)->name));
	return !find_action(build, set->string, lists) && !nearest.best;
}

const struct setting *build_pages_group(const struct build *build)
{
	return setting_get(build->source->root, "pages");
}

bool build_left_out(const struct build *build, const struct setting *page)
{
	const struct setting *optional = page && page->type == SETTING_GROUP ? setting_get(page, "optional") : NULL;

	return optional && optional->type == SETTING_BOOL && optional->number &&
	       (is_undeclared(build, page, "list", true) || is_undeclared(build, page, "do", false));
}

/* ---- what they are sent ---- */

static bool is_secret(const struct menu *menu, uint16_t var)
{
	uint16_t i;

	for (i = 0; i < menu->secrets_count; i++)
		if (menu->secrets[i] == var)
			return true;
	return false;
}

void build_check_sent(struct build *build, const struct setting *at, const struct menu_action *action)
{
	unsigned int i;

	for (i = 0; action->backend && i < ACTION_PARAMS_MAX && action->params[i]; i++) {
		const uint16_t var = action->params[i];
		const char *name = menu_var_name(build->menu, var);

		if (is_secret(build->menu, var))
			problem_remedy(problems_add(build->problems, at, "'%s' is sent '%s', which answers a secret question: secrets "
						    "never leave", action->name, name),
				       "give the question or the value that is sent another name");
	}
}

/* ---- whether it is known ---- */

/* For one variable: on which pages it is known, whatever way led there. */
struct knowledge {
	const struct menu *menu;
	uint16_t var;
	bool *known;
	uint16_t *lacking;	/* a page from which the way lacks it; PAGE_NONE: a way from outside */
	bool changed;
};

static void lower(struct knowledge *knowledge, uint16_t page, bool known, uint16_t from)
{
	if (page == PAGE_NONE || known || !knowledge->known[page])
		return;
	knowledge->known[page] = false;
	knowledge->lacking[page] = from;
	knowledge->changed = true;
}

static bool binds(const struct bindings *with, uint16_t var)
{
	uint8_t i;

	for (i = 0; i < with->count; i++)
		if (with->list[i].var == var || (with->list[i].var == FIELD_SERVICE && menu_is_term(var)))
			return true;
	return false;
}

static bool has_var(const uint16_t *vars, unsigned int max, uint16_t var)
{
	unsigned int i;

	for (i = 0; i < max && vars[i]; i++)
		if (vars[i] == var || (vars[i] == FIELD_SERVICE && menu_is_term(var)))
			return true;
	return false;
}

static bool asked(const struct page *page, uint8_t count, uint16_t var)
{
	uint8_t i;

	for (i = 0; i < count; i++)
		if (page->questions[i].var == var || (page->questions[i].var == FIELD_SERVICE && menu_is_term(var)))
			return true;
	return false;
}

static bool known_on(const struct knowledge *knowledge, uint16_t index)
{
	return knowledge->known[index] || binds(&knowledge->menu->pages[index].with, knowledge->var);
}

/* An answer replaces what an earlier one said, and says less if it is not ok. */
static bool known_after(const struct page *page, const struct outcome *outcome, bool known, uint16_t var)
{
	const struct menu_action *action = page->list ? page->list : page->action;

	if (!action || !has_var(action->facts, ACTION_FIELDS_MAX, var))
		return known;
	return !strcmp(outcome->name, action->outcomes[0]);
}

static void follow_page(struct knowledge *knowledge, uint16_t index)
{
	const struct page *page = &knowledge->menu->pages[index];
	const uint16_t var = knowledge->var;
	const bool known = known_on(knowledge, index);
	const bool listed = known || (page->list && (has_var(page->list->fields, ACTION_FIELDS_MAX, var) ||
						     has_var(page->list->facts, ACTION_FIELDS_MAX, var)));
	const bool answered = known || asked(page, page->questions_count, var);
	unsigned int i;

	for (i = 0; i < page->choices_count; i++)
		lower(knowledge, page->choices[i].page, known || binds(&page->choices[i].with, var), index);
	if (page->list) {
		lower(knowledge, page->list_page, listed, index);
		lower(knowledge, page->several_page, listed, index);
		lower(knowledge, page->unlisted_page, known || var == FIELD_SERVICE || menu_is_term(var), index);
	}
	for (i = 0; i < page->outcomes_count; i++)
		lower(knowledge, page->outcomes[i].page, known_after(page, &page->outcomes[i], answered, var), index);
}

static void follow_all(struct knowledge *knowledge)
{
	const struct menu *menu = knowledge->menu;
	uint16_t i;

	memset(knowledge->known, true, menu->pages_count * sizeof(*knowledge->known));
	lower(knowledge, menu->home, false, PAGE_NONE);
	for (i = 0; i < menu->entries_count; i++)
		lower(knowledge, menu->entries[i].page, false, PAGE_NONE);
	for (i = 0; i < menu->short_codes_count; i++)
		lower(knowledge, menu->short_codes[i].page, false, PAGE_NONE);
	for (i = 0; i < menu->notifications_count; i++)
		lower(knowledge, menu->notifications[i].page, false, PAGE_NONE);
	for (i = 0; i < menu->keywords_count; i++)
		lower(knowledge, menu->keywords[i].page, binds(&menu->keywords[i].with, knowledge->var), PAGE_NONE);
	do {
		knowledge->changed = false;
		for (i = 0; i < menu->pages_count; i++)
			follow_page(knowledge, i);
	} while (knowledge->changed);
}

#define ANSWER_OCTETS_MAX 640
#define CHARACTER_OCTETS_MAX 4

/* The most octets of the answer to a question. */
static unsigned int answer_octets(const struct question *question)
{
	unsigned int most = 0;
	uint8_t i;

	switch (question->kind) {
	case QUESTION_DIGITS: return (unsigned int)question->max;
	case QUESTION_LENGTH: return (unsigned int)question->max * CHARACTER_OCTETS_MAX;
	case QUESTION_PHONE: return MSISDN_SIZE;
	case QUESTION_AMOUNT:
	case QUESTION_DATE: return sizeof(int64_t);
	case QUESTION_ONE_OF:
		for (i = 0; i < question->values_count; i++)
			most = strlen(question->values[i]) > most ? strlen(question->values[i]) : most;
		return most;
	default: return ANSWER_OCTETS_MAX;
	}
}

/* The most octets of a variable in a record, with its head. */
static unsigned int octets_of(const struct build *build, uint16_t var)
{
	const struct menu *menu = build->menu;
	const enum field_type type = menu_var_type(menu, var);
	unsigned int most = template_width(build, var) * CHARACTER_OCTETS_MAX, answer;
	uint16_t i;
	uint8_t q;

	if (type != FIELD_TYPE_TEXT && type != FIELD_TYPE_CODE)
		return 4 + sizeof(int64_t);
	if (var == FIELD_SERVICES)	/* of a subscriber with all of them */
		most = menu->catalogue.count * (SERVICE_CODE_MAX + 1);
	for (i = 0; i < menu->pages_count; i++) {
		for (q = 0; q < menu->pages[i].questions_count; q++) {
			answer = menu->pages[i].questions[q].var == var ? answer_octets(&menu->pages[i].questions[q]) : 0;
			most = answer > most ? answer : most;
		}
	}
	return 4 + most;
}

/* Nothing is left out because there is no room for it. */
static void check_room(struct build *build, const struct page *page, const struct menu_action *action)
{
	unsigned int octets = 0, i;

	for (i = 0; i < ACTION_PARAMS_MAX && action->params[i]; i++)
		octets += octets_of(build, action->params[i]);
	if (octets > REQUEST_ARGS_MAX)
		problem_remedy(problems_add_at(build->problems, page->file, page->line, "page '%s': what '%s' is sent may need %u octets, "
					       "but there is room for %d", page->name, action->name, octets, REQUEST_ARGS_MAX),
			       "send less, or let the questions take shorter answers");
}

static void check_known(struct build *build, uint16_t index, const struct menu_action *action, uint8_t questions,
			struct knowledge *knowledge)
{
	const struct menu *menu = build->menu;
	const struct page *page = &menu->pages[index];
	struct problem *problem;
	unsigned int i;

	if (action && action->backend)
		check_room(build, page, action);
	for (i = 0; action && action->backend && i < ACTION_PARAMS_MAX && action->params[i]; i++) {
		knowledge->var = action->params[i];
		if (knowledge->var < FIELD_COUNT && field_info(knowledge->var)->origin == FIELD_OF_ACCOUNT)
			continue;
		follow_all(knowledge);
		if (known_on(knowledge, index) || asked(page, questions, knowledge->var))
			continue;
		problem = problems_add_at(build->problems, page->file, page->line, "'%s' is sent '%s', which is not known on every way to "
					  "page '%s'", action->name, menu_var_name(menu, knowledge->var), page->name);
		if (knowledge->lacking[index] == PAGE_NONE)
			problem_remedy(problem, "an entry or keyword leads there without it: ask for it on the page, or set it by 'with'");
		else
			problem_remedy(problem, "page '%s' leads there without it: ask for it on the page, or set it by 'with'",
				       menu->pages[knowledge->lacking[index]].name);
	}
}

void build_backends_check(struct build *build)
{
	const struct menu *menu = build->menu;
	struct knowledge knowledge = { .menu = menu, .known = calloc(menu->pages_count + 1, sizeof(bool)),
				       .lacking = calloc(menu->pages_count + 1, sizeof(uint16_t)) };
	uint16_t i;
	uint8_t q;

	if (!knowledge.known || !knowledge.lacking)
		abort();
	for (i = 0; i < menu->pages_count; i++) {
		const struct page *page = &menu->pages[i];

		check_known(build, i, page->list, 0, &knowledge);
		for (q = 0; q < page->questions_count; q++)
			check_known(build, i, page->questions[q].check, q + 1, &knowledge);
		check_known(build, i, page->action, page->questions_count, &knowledge);
	}
	free(knowledge.known);
	free(knowledge.lacking);
}
