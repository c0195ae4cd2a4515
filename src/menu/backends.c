/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The operator's own services in a menu: which ones it names, their values as variables, and what they may be sent. */
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

/* ---- pages that are left out ---- */

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
	size_t i;

	for (i = 0; i < build->left_out_count && build->left_out[i] != page; i++)
		;
	return i < build->left_out_count;
}

/* Whether the route of a page has no way that is not left out. */
static bool leads_nowhere(const struct build *build, const struct setting *page)
{
	const struct setting *way = setting_get(page, "route");

	if (!way || way->type != SETTING_LIST || !way->child)
		return false;
	for (way = way->child; way; way = way->next)
		if (!build_left_out(build, setting_get(build_pages_group(build), setting_string(way, "page", ""))))
			return false;
	return true;
}

/* Until no more are found, as one route may lead to another. */
static void find_left_out(struct build *build, const struct setting *pages)
{
	const struct setting **list = arena_alloc(&build->menu->arena, setting_count(pages) * sizeof(*list)), *page, *optional;
	size_t before;

	build->left_out = list;
	do {
		before = build->left_out_count;
		for (page = pages->child; page; page = page->next) {
			if (page->type != SETTING_GROUP || build_left_out(build, page))
				continue;
			optional = setting_get(page, "optional");
			if (optional && optional->type == SETTING_BOOL && optional->number &&
			    (is_undeclared(build, page, "list", true) || is_undeclared(build, page, "do", false)))
				list[build->left_out_count++] = page;
			else if (leads_nowhere(build, page))
				list[build->left_out_count++] = page;
		}
	} while (build->left_out_count > before);
}

/* ---- variables ---- */

/* A saved dialog must not give a value to another name, type or width than it had: they are a part of the fingerprint. */
static void take_values(struct build *build, const struct backend_value *values, unsigned int count)
{
	struct menu *menu = build->menu;
	uint32_t *hash = &menu->fingerprint;

	for (unsigned int i = 0; i < count; i++) {
		const struct backend_value *value = &values[i];
		const uint32_t facts[] = { value->id, value->type, value->width };
		struct question *known;

		build_hash(hash, value->name, strlen(value->name) + 1);
		build_hash(hash, facts, sizeof(facts));
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
	build_hash(hash, "}", 1);
}

static void take_backend(struct build *build, const struct setting *group, const char *name, bool lists)
{
	const struct setting *set = setting_get(group, name);
	const struct menu_action *action = set && set->type == SETTING_STRING ? find_action(build, set->string, lists) : NULL;
	const struct backend *backend = action ? action->backend : NULL;
	uint32_t *hash = &build->menu->fingerprint;

	build->undeclared |= set && set->type == SETTING_STRING && !action && !strchr(set->string, '.');
	if (!backend)
		return;
	build_hash(hash, backend->name, strlen(backend->name) + 1);
	build_hash(hash, &backend->changes, sizeof(backend->changes));
	take_values(build, backend->sent, backend->sent_count);
	take_values(build, backend->fields, backend->fields_count);
	take_values(build, backend->row, backend->row_count);
	for (unsigned int i = 0; i < backend->outcomes_count; i++)
		build_hash(hash, backend->outcomes[i], strlen(backend->outcomes[i]) + 1);
}

/* An order may have been made when its backend was declared. */
static void note_order(struct build *build, const struct setting *page, bool left_out)
{
	const struct setting *name = setting_get(page, "do");
	const struct menu_action *action = name && name->type == SETTING_STRING ? find_action(build, name->string, false) : NULL;

	if (name && name->type == SETTING_STRING && (action ? action->backend && action->orders : left_out))
		build->backend_orders[build->backend_orders_count++] = name->string;
}

/* Each page's list, action and checks. */
void build_backends_declare(struct build *build, const struct setting *pages)
{
	const struct setting *page, *ask, *group;
	bool left_out;

	build->backend_orders = arena_alloc(&build->menu->arena, setting_count(pages) * sizeof(*build->backend_orders));
	find_left_out(build, pages);
	for (page = pages->child; page; page = page->next) {
		left_out = build_left_out(build, page);
		note_order(build, page, left_out);
		if (left_out)
			continue;
		take_backend(build, page, "list", true);
		take_backend(build, page, "do", false);
		ask = setting_get(page, "ask");
		for (group = ask ? ask->child : NULL; group; group = group->next)
			take_backend(build, group, "check", false);
	}
}

bool build_wording_left_out(const struct build *build, const struct setting *wording)
{
	const struct setting *kind = setting_get(setting_get(wording, "only_if"), "kind");
	uint16_t i;

	if (!kind || kind->type != SETTING_STRING)
		return false;
	for (i = 0; i < build->backend_orders_count && strcmp(build->backend_orders[i], kind->string); i++)
		;
	return i < build->backend_orders_count && !find_action(build, kind->string, false);
}

/* ---- what they are sent, and its unit ---- */

void build_check_backend(struct build *build, const struct setting *at, const struct menu_action *action)
{
	const struct backend *backend = action->backend;
	unsigned int i;

	if (backend && backend->major && build->menu->currency_minor != 2)
		problem_remedy(problems_add(build->problems, at, "'%s' has money = \"major\" (%s:%u), with two decimals, but "
					    "'currency_minor_digits' is %u", action->name, backend->file, backend->line,
					    build->menu->currency_minor), "let the service use minor units: money = \"minor\"");
	for (i = 0; backend && i < ACTION_PARAMS_MAX && action->params[i]; i++) {
		const uint16_t var = action->params[i];
		const char *name = menu_var_name(build->menu, var);

		if (menu_is_secret(build->menu, var))
			problem_remedy(problems_add(build->problems, at, "'%s' is sent '%s', which answers a secret question: secrets "
						    "never leave", action->name, name),
				       "give the question or the value that is sent another name");
	}
}

/* ---- room ---- */

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
	case QUESTION_PATTERN:
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

#define STORED_OCTETS 14		/* of a value in what is stored of an order, besides its name and the octets in a record */

/* Nothing is left out, and no order fails, because there is no room for it. */
static void check_room(struct build *build, const struct page *page, const struct menu_action *action)
{
	const bool orders = action && action->orders;
	const unsigned int room = orders ? ORDER_SENT_SIZE : REQUEST_ARGS_MAX;
	unsigned int octets = 0, i;

	for (i = 0; action && action->backend && i < ACTION_PARAMS_MAX && action->params[i]; i++) {
		octets += octets_of(build, action->params[i]);
		octets += orders ? (unsigned int)strlen(menu_var_name(build->menu, action->params[i])) + STORED_OCTETS : 0;
	}
	if (octets > room)
		problem_remedy(problems_add_at(build->problems, page->file, page->line, "page '%s': what '%s' is sent may need %u octets, "
					       "but there is room for %u", page->name, action->name, octets, room),
			       "send less, or let the questions take shorter answers");
}

void build_backends_check(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;
	uint8_t q;

	for (i = 0; i < menu->pages_count; i++) {
		const struct page *page = &menu->pages[i];

		check_room(build, page, page->list);
		for (q = 0; q < page->questions_count; q++)
			check_room(build, page, page->questions[q].check);
		check_room(build, page, page->action);
	}
}
