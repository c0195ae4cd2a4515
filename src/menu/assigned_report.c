/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Definite assignment: what each page shows and each action needs, compared with what is known there (assigned.c), and the messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/assigned.h"

/* A value that is not known where it is needed. */
struct complaint {
	uint16_t page;
	uint16_t var;
	enum mode mode;
	bool passing;			/* what is known on entering the page is known there */
	const struct menu_action *needs;	/* NULL: it is shown */
	const struct setting *at;
	texts_t texts;			/* that show it */
	bool sometimes;			/* some ways bring it */
	uint64_t languages;		/* that show it, as bits */
	bool follows;			/* only follows from another one */
};

/* A value that is needed on some way by a text or condition, which several pages may share. */
struct some {
	const struct setting *at;
	const struct page *page;
	uint16_t var;
	enum some_kind {
		SOME_SHOWN,		/* with "if" */
		SOME_TESTED,		/* by a condition */
		SOME_CODES,		/* the codes that a condition compares it with */
		SOME_PASSED,		/* by "with" */
	} kind;
	unsigned int index;		/* of the condition */
	bool known;
};

static void *grow(void *list, size_t count, size_t size)
{
	void *grown = count & (count - 1) ? list : reallocarray(list, count ? 2 * count : 1, size);

	if (!grown)
		abort();
	return grown;
}

static const char *name_of(const struct assigned *assigned, uint16_t var)
{
	return var == LANGUAGE_CHOSEN ? field_info(FIELD_LANGUAGE)->name : menu_var_name(assigned->menu, var);
}

/* ---- what is needed ---- */

static void complain(struct assigned *assigned, struct complaint complaint, uint16_t language)
{
	const struct state *all = &assigned->all[complaint.page];
	struct complaint *other = assigned->complaints;

	complaint.passing = !set_has(&all->sets[complaint.mode], complaint.var);
	for (; other < assigned->complaints + assigned->complaints_count; other++) {
		if (other->page != complaint.page || other->var != complaint.var || other->mode != complaint.mode ||
		    other->texts != complaint.texts)
			continue;
		other->languages |= 1ull << (language & 63);
		return;
	}
	complaint.languages = 1ull << (language & 63);
	assigned->complaints = grow(assigned->complaints, assigned->complaints_count, sizeof(*other));
	assigned->complaints[assigned->complaints_count++] = complaint;
}

/* Several pages may share a text: it is enough that the value may be known on one of them. */
static void need_some(struct assigned *assigned, const struct setting *at, const struct page *page, uint16_t var, enum some_kind kind,
		      unsigned int index, bool known)
{
	if (!at)
		return;
	assigned->somes = grow(assigned->somes, assigned->somes_count, sizeof(*assigned->somes));
	assigned->somes[assigned->somes_count++] = (struct some){ at, page, var, kind, index, known };
}

static void need_for_condition(struct assigned *assigned, const struct setting *at, const struct page *page, const struct set *any,
			       const struct condition *condition, unsigned int index)
{
	bool known = false;
	uint32_t bits;
	uint8_t i;

	switch (condition->kind) {
	case CONDITION_KNOWN:
	case CONDITION_AHEAD:
		for (i = 0; i < condition->count; i++)
			known |= set_has(any, condition->fields[i]);
		if (condition->count)
			need_some(assigned, at, page, condition->fields[0], SOME_TESTED, index, known);
		return;
	case CONDITION_FAMILY:
		need_some(assigned, at, page, FIELD_SERVICE, SOME_TESTED, index, set_has(any, FIELD_SERVICE));
		return;
	case CONDITION_IS:
		if (condition->field != FIELD_LANGUAGE)
			need_some(assigned, at, page, condition->field, SOME_TESTED, index, set_has(any, condition->field));
		bits = assigned_bits_of(assigned->build, condition);
		if (bits && set_has(any, condition->field))
			need_some(assigned, at, page, condition->field, SOME_CODES, index,
				  bits & ~any->excluded[assigned_coded_index(condition->field)]);
		break;
	default:
		break;
	}
	for (i = 0; i < condition->count; i++)
		if (condition->fields[i])
			need_some(assigned, at, page, condition->fields[i], SOME_TESTED, index, set_has(any, condition->fields[i]));
}

static void need_for_conditions(struct assigned *assigned, const struct setting *at, const struct page *page, const struct set *any,
				const struct conditions *conditions)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		need_for_condition(assigned, at, page, any, &conditions->only_if[i], i);
	for (i = 0; i < conditions->unless_count; i++)
		need_for_condition(assigned, at, page, any, &conditions->unless[i], UINT8_MAX + i);
}

static void need_for_bindings(struct assigned *assigned, const struct setting *group, const struct page *page, const struct set *any,
			      const struct bindings *with)
{
	uint8_t i;

	for (i = 0; i < with->count; i++)
		if (with->list[i].from)
			need_some(assigned, setting_at(setting_get(group, "with"), name_of(assigned, with->list[i].var)), page,
				  with->list[i].from, SOME_PASSED, i, set_has(any, with->list[i].from));
}

/* A place where values are shown or needed. */
struct place {
	uint16_t page;
	enum mode mode;
	struct set all, any;
};

static void need_for_text(struct assigned *assigned, const struct place *place, texts_t texts)
{
	const struct page *page = &assigned->menu->pages[place->page];
	uint16_t l, i, var;
	uint8_t v;

	for (l = 0; texts && l < assigned->menu->languages_count; l++) {
		struct set others = place->all;		/* the wordings before do not hold */

		for (v = 0; v < texts[l].count; v++) {
			const struct variant *variant = &texts[l].variants[v];
			struct set all = others;

			need_for_conditions(assigned, variant->at, page, &place->any, &variant->conditions);
			set_add_if(assigned->build, &all, &variant->conditions);
			set_add_unless(assigned->build, &others, &variant->conditions);
			for (i = 0; i < variant->template.count; i++) {
				const struct piece *piece = &variant->template.pieces[i];

				var = piece->var;
				if (!var || var == FIELD_LANGUAGE)
					continue;
				if (piece->before)
					need_some(assigned, variant->at, page, var, SOME_SHOWN, 0, set_has(&place->any, var));
				else if (!set_has(&all, var))
					complain(assigned, (struct complaint){ .page = place->page, .var = var, .mode = place->mode,
									       .at = setting_at(variant->at, "text"),
									       .texts = texts,
									       .sometimes = set_has(&place->any, var) }, l);
			}
		}
	}
}

static void need_for_action(struct assigned *assigned, const struct place *place, const struct menu_action *action,
			    const struct setting *at)
{
	unsigned int i;
	uint16_t var;

	for (i = 0; i < ACTION_PARAMS_MAX && action->params[i]; i++) {
		var = action->params[i] == FIELD_LANGUAGE && !action->backend ? LANGUAGE_CHOSEN : action->params[i];
		if (!set_has(&place->all, var))
			complain(assigned, (struct complaint){ .page = place->page, .var = var, .mode = place->mode, .needs = action,
							       .at = at }, 0);
	}
	if (action->sells && !set_has(&place->all, FIELD_PRICE) && set_has(&place->all, FIELD_SERVICE))
		complain(assigned, (struct complaint){ .page = place->page, .var = FIELD_PRICE, .mode = place->mode, .needs = action,
						       .at = at }, 0);
}

static struct place place_of(const struct assigned *assigned, uint16_t page, enum mode mode)
{
	return (struct place){ page, mode, assigned->all[page].sets[mode], assigned->any[page].sets[mode] };
}

static void need_for_outcomes(struct assigned *assigned, uint16_t index, enum mode mode)
{
	const struct page *page = &assigned->menu->pages[index];
	unsigned int i;

	for (i = 0; i < page->outcomes_count; i++) {
		const struct outcome *outcome = &page->outcomes[i];
		const bool before = outcome_precedes_action(outcome->name);
		struct place end = { index, mode,
				     set_at_outcome(assigned->menu, page, assigned->all[index].sets[mode], mode, outcome->name),
				     set_at_outcome(assigned->menu, page, assigned->any[index].sets[mode], mode, outcome->name) };

		if (mode != (before ? MODE_EACH : MODE_SEVERAL))
			need_for_text(assigned, &end, outcome->text);
	}
}

static void need_for_list(struct assigned *assigned, uint16_t index)
{
	const struct page *page = &assigned->menu->pages[index];
	struct place place = place_of(assigned, index, MODE_PAGE);

	need_for_action(assigned, &place, page->list, setting_at(page->at, "list"));
	need_for_outcomes(assigned, index, MODE_PAGE);
	set_add_answer_of(&place.all, page->list, true);
	set_add_answer_of(&place.any, page->list, true);
	need_for_text(assigned, &place, page->text);
	need_for_text(assigned, &place, page->empty);
	set_add_row(assigned->build, &place.any, page->list);
	need_for_conditions(assigned, setting_get(page->at, "where"), page, &place.any, &page->where);
	set_add_row(assigned->build, &place.all, page->list);
	set_add_if(assigned->build, &place.all, &page->where);
	need_for_text(assigned, &place, page->row);
}

static void need_for_questions(struct assigned *assigned, struct place *place)
{
	const struct page *page = &assigned->menu->pages[place->page];
	const struct setting *group = setting_at(page->at, "ask")->child;
	uint8_t i;

	for (i = 0; i < page->questions_count; i++) {
		need_for_text(assigned, place, page->questions[i].prompt);
		need_for_text(assigned, place, page->questions[i].hint);
		set_add_answer(assigned->menu, &place->all, page, i);
		set_add_answer(assigned->menu, &place->any, page, i);
		if (page->questions[i].check)
			need_for_action(assigned, place, page->questions[i].check, setting_at(group, "check"));
		group = group ? group->next : NULL;
	}
}

static void need_for_form(struct assigned *assigned, uint16_t index)
{
	const struct page *page = &assigned->menu->pages[index];
	unsigned int mode;

	for (mode = 0; mode < MODES; mode++) {
		struct place place = place_of(assigned, index, mode);

		if (!assigned->all[index].reached[mode])
			continue;
		if (mode == MODE_PAGE)
			need_for_questions(assigned, &place);
		if (mode != MODE_SEVERAL)
			need_for_action(assigned, &place, page->action, setting_at(page->at, "do"));
		if (mode == MODE_PAGE) {
			need_for_text(assigned, &place, page->text);
			need_for_text(assigned, &place, page->request);
			need_for_text(assigned, &place, page->sent);
		}
		if (mode == MODE_SEVERAL)
			need_for_text(assigned, &place, page->several);
		if (mode == MODE_EACH)
			need_for_text(assigned, &place, page->row);
		need_for_outcomes(assigned, index, mode);
	}
}

static void need_for_choices(struct assigned *assigned, uint16_t index)
{
	const struct page *page = &assigned->menu->pages[index];
	struct place place = place_of(assigned, index, MODE_PAGE);
	struct set with_account = place.any;
	unsigned int i;

	set_add_account(&with_account);
	need_for_text(assigned, &place, page->text);
	for (i = 0; i < page->choices_count; i++) {
		const struct choice *choice = &page->choices[i];
		struct place label = place;
		struct set passing = with_account;

		need_for_conditions(assigned, choice->at, page, &place.any, &choice->conditions);
		set_add_if(assigned->build, &passing, &choice->conditions);
		need_for_bindings(assigned, choice->at, page, &passing, &choice->with);
		set_add_if(assigned->build, &label.all, &choice->conditions);
		set_add_bindings(assigned->build, &label.all, &choice->with);
		set_add_bindings(assigned->build, &label.any, &choice->with);
		need_for_text(assigned, &label, choice->label);
		if (page->route)
			set_add_unless(assigned->build, &place.all, &choice->conditions);
	}
}

/* ---- messages ---- */

/* Names of the lists whose rows have a field: "'service.mine' or 'service.offered'". Returns their number. */
static unsigned int list_lists(const struct build *build, uint16_t var, char *out, size_t size)
{
	const struct menu_action *const *action = build->source->actions;
	unsigned int count = 0, i;

	*out = '\0';
	for (; *action; action++) {
		if (!(*action)->lists)
			continue;
		for (i = 0; i < ACTION_FIELDS_MAX && (*action)->fields[i]; i++) {
			if ((*action)->fields[i] != var || ++count > 3)
				continue;
			snprintf(out + strlen(out), size - strlen(out), "%s'%s'", count > 1 ? " or " : "", (*action)->name);
		}
	}
	return count;
}

#define ONE_COMES "it comes"

/* Where a value comes from: "it comes with a service". */
static void describe_origin(const struct assigned *assigned, uint16_t var, char *out, size_t size)
{
	const struct menu *menu = assigned->menu;
	char lists[160];
	uint16_t p;
	uint8_t i;

	if (var == LANGUAGE_CHOSEN)
		snprintf(out, size, ONE_COMES " with a choice or an answer");
	else if (assigned_is_of_account(var))
		snprintf(out, size, "a notification, which brings only its own values, leads there");
	else if (var == FIELD_REF)
		snprintf(out, size, ONE_COMES " with an order");
	else if (var == FIELD_TRIES_LEFT || var == FIELD_LOCKED_UNTIL)
		snprintf(out, size, ONE_COMES " with the outcome '%s' of a password", var == FIELD_TRIES_LEFT ? "wrong" : "locked");
	else if (var == FIELD_CONFIRM_CODE || var == FIELD_CONFIRM_UNTIL)
		snprintf(out, size, "only the system text 'code' shows it");
	else if (var == FIELD_KEYWORD)
		snprintf(out, size, "only the system text 'nearest_keyword' shows it");
	else if (menu_is_catalogue_term(var))
		snprintf(out, size, ONE_COMES " with a service");
	else if (var == FIELD_SERVICE)
		snprintf(out, size, ONE_COMES " with a choice, an answer or a row of a list");
	else if (list_lists(assigned->build, var, lists, sizeof(lists)))
		snprintf(out, size, ONE_COMES " with a row of %s%s", lists, var == FIELD_EFFECTIVE || var == FIELD_TRIAL_UNTIL ?
			 ", or with an order" : "");
	else
		snprintf(out, size, "no question on the way asks for it");
	for (p = 0; p < menu->pages_count; p++)
		for (i = 0; i < menu->pages[p].questions_count; i++)
			if (menu->pages[p].questions[i].var == var && var >= VAR_FIRST)
				snprintf(out, size, "it is the answer to a question of page '%s'", menu->pages[p].name);
}

static void describe_remedy(const struct complaint *complaint, const char *name, struct problem *problem, bool way)
{
	char otherwise[120] = "";

	if (!complaint->needs && complaint->sometimes)
		snprintf(otherwise, sizeof(otherwise), ", or show it only if known: {%s:if:#}", name);
	if (complaint->var == FIELD_SERVICE || menu_is_catalogue_term(complaint->var))
		problem_remedy(problem, "choose the service on the way there, by a list or with = { service = \"…\"; }%s", otherwise);
	else if (complaint->var == LANGUAGE_CHOSEN)
		problem_remedy(problem, "set it there: with = { language = \"…\"; }");
	else if (complaint->needs)
		problem_remedy(problem, "ask for '%s', let a list lead there, or set it by 'with'", name);
	else if (way)
		problem_remedy(problem, "let a page that brings it lead there%s", otherwise);
	else
		problem_remedy(problem, "%sdo not show it there%s", complaint->var < VAR_FIRST ? "" : "ask for it before, or ", otherwise);
}

static bool in_all_languages(const struct assigned *assigned, const struct complaint *complaint)
{
	uint16_t l;

	for (l = 0; l < assigned->menu->languages_count; l++)
		if (!(complaint->languages & 1ull << (l & 63)))
			return false;
	return true;
}

/* Whether the way that lacks the value is to be mended, because others bring it, or else the text, because it alone shows the value. */
static bool is_of_way(const struct assigned *assigned, const struct complaint *complaint)
{
	return complaint->passing && set_has(&assigned->any[complaint->page].sets[complaint->mode], complaint->var) &&
	       (complaint->needs || in_all_languages(assigned, complaint));
}

/* Whether another text of the page shows the value, too, and stands before it. */
static bool is_listed(const struct assigned *assigned, const struct complaint *complaint)
{
	const struct complaint *other = assigned->complaints;

	while (other < complaint && (other->page != complaint->page || other->mode != complaint->mode || other->var != complaint->var ||
				     other->needs))
		other++;
	return other < complaint;
}

/* "'{item}', '{amount}'": all that the same way lacks on that page. Returns their number; *\a same: all come from there, \a origin. */
static unsigned int list_lacking(const struct assigned *assigned, const struct complaint *complaint, const struct way *way,
				 const char *origin, char *out, size_t size, bool *same)
{
	const struct complaint *other = assigned->complaints;
	unsigned int count = 0;
	char own[240];

	*out = '\0';
	*same = !strncmp(origin, ONE_COMES, strlen(ONE_COMES));
	for (; other < assigned->complaints + assigned->complaints_count; other++) {
		if (other->page != complaint->page || other->mode != complaint->mode || other->needs || other->follows ||
		    set_has(&way->set, other->var) || !is_of_way(assigned, other) || is_listed(assigned, other))
			continue;
		snprintf(out + strlen(out), size - strlen(out), "%s'{%s}'", count++ ? ", " : "", name_of(assigned, other->var));
		describe_origin(assigned, other->var, own, sizeof(own));
		*same &= !strcmp(own, origin);
	}
	return count;
}

static void report_way(struct assigned *assigned, const struct complaint *complaint, const struct way *way, const char *origin)
{
	const char *name = name_of(assigned, complaint->var), *page = assigned->menu->pages[complaint->page].name;
	const struct setting *at = way->at ? way->at : complaint->at;
	struct problems *problems = assigned->build->problems;
	struct problem *problem;
	char lacking[200];
	bool same;

	if (complaint->needs)
		problem = problems_add(problems, at, "'%s' on page '%s' needs '%s', which is not known when %s leads there: %s",
				       complaint->needs->name, page, name, way->name, origin);
	else if (list_lacking(assigned, complaint, way, origin, lacking, sizeof(lacking), &same) < 2)
		problem = problems_add(problems, at, "%s is not known on page '%s' when %s leads there: %s", lacking, page, way->name,
				       origin);
	else
		problem = problems_add(problems, at, "%s are not known on page '%s' when %s leads there%s%s", lacking, page, way->name,
				       same ? ": they come" : "", same ? origin + strlen(ONE_COMES) : "");
	describe_remedy(complaint, name, problem, true);
}

/* The wording of a language that shows a value. */
static const struct setting *place_in_text(const struct text *text, uint16_t var)
{
	uint16_t i;
	uint8_t v;

	for (v = 0; v < text->count; v++)
		for (i = 0; i < text->variants[v].template.count; i++)
			if (text->variants[v].template.pieces[i].var == var && !text->variants[v].template.pieces[i].before)
				return setting_at(text->variants[v].at, "text");
	return NULL;
}

/* If all languages show a value, its page is wrong, which is said once; else those that do. */
static void report_text(struct assigned *assigned, const struct complaint *complaint, const char *origin)
{
	const struct page *page = &assigned->menu->pages[complaint->page];
	const char *name = name_of(assigned, complaint->var);
	const bool once = in_all_languages(assigned, complaint);
	struct problem *problem;
	uint16_t l;

	if (complaint->needs) {
		problem = problems_add(assigned->build->problems, complaint->at, "'%s' on page '%s' needs '%s', which is not known there: "
				       "%s", complaint->needs->name, page->name, name, origin);
		describe_remedy(complaint, name, problem, false);
	}
	for (l = 0; !complaint->needs && l < assigned->menu->languages_count; l++) {
		const struct setting *at = place_in_text(&complaint->texts[l], complaint->var);

		if (!(complaint->languages & 1ull << (l & 63)))
			continue;
		problem = problems_add_at(assigned->build->problems, at ? at->file : page->file, at ? at->line : page->line,
					  "'{%s}' is not known on page '%s': %s", name, page->name, origin);
		describe_remedy(complaint, name, problem, false);
		if (once)
			return;
	}
}

static bool is_reported(const struct assigned *assigned, const struct complaint *complaint, const struct way *way)
{
	const struct complaint *other = assigned->complaints;

	for (; other < complaint; other++)
		if (other->page == complaint->page && other->mode == complaint->mode && !other->follows &&
		    !set_has(&way->set, other->var) && is_of_way(assigned, other))
			return true;
	return false;
}

static void report(struct assigned *assigned, const struct complaint *complaint)
{
	char origin[240];
	size_t i;

	describe_origin(assigned, complaint->var, origin, sizeof(origin));
	assigned->ways_count = 0;
	if (is_of_way(assigned, complaint))
		assigned_find_ways(assigned, complaint->page, complaint->mode, complaint->var);
	if (!assigned->ways_count) {
		report_text(assigned, complaint, origin);
		return;
	}
	for (i = 0; i < assigned->ways_count; i++)
		if (!is_reported(assigned, complaint, &assigned->ways[i]))
			report_way(assigned, complaint, &assigned->ways[i], origin);
}

/* Where an action needs the value, that is said; and where the service is not known either, which brings the value, that alone. */
static bool has_cause(const struct assigned *assigned, const struct complaint *complaint)
{
	const struct complaint *other = assigned->complaints;

	for (; other < assigned->complaints + assigned->complaints_count; other++) {
		if (other->page != complaint->page || other->mode != complaint->mode)
			continue;
		if (!complaint->needs && other->needs && other->var == complaint->var)
			return true;
		if (menu_is_catalogue_term(complaint->var) && other->var == FIELD_SERVICE)
			return true;
	}
	return false;
}

/* Report those that do not only follow from another one, on a page before. */
static void report_all(struct assigned *assigned)
{
	struct set *assumed = calloc(assigned->menu->pages_count + 1, sizeof(*assumed));
	struct complaint *complaint, *end = assigned->complaints + assigned->complaints_count;
	struct state *states;

	if (!assumed)
		abort();
	for (complaint = assigned->complaints; complaint < end; complaint++)	/* a text may be wrong alone, without those after it */
		if (complaint->needs || complaint->var == FIELD_SERVICE || is_of_way(assigned, complaint))
			set_add(&assumed[complaint->page], complaint->var);
	assigned->assumed = assumed;
	states = assigned_compute(assigned, false);
	for (complaint = assigned->complaints; complaint < end; complaint++)
		complaint->follows = has_cause(assigned, complaint) ||
				     (complaint->passing && set_has(&states[complaint->page].sets[complaint->mode], complaint->var));
	for (complaint = assigned->complaints; complaint < end && !build_ends(assigned->build); complaint++)
		if (!complaint->follows)
			report(assigned, complaint);
	free(states);
	free(assumed);
	assigned->assumed = NULL;
}

static int compare_some(const void *a, const void *b)
{
	const struct some *x = a, *y = b;

	if (x->at != y->at)
		return (uintptr_t)x->at < (uintptr_t)y->at ? -1 : 1;
	if (x->var != y->var)
		return x->var < y->var ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return y->known - x->known;
}

/* Values that are never known where a text or condition depends on them. */
static void report_never(struct assigned *assigned)
{
	const struct some *some, *end = assigned->somes + assigned->somes_count;
	char origin[240];

	if (!assigned->somes_count || assigned->build->lost_ways)
		return;
	qsort(assigned->somes, assigned->somes_count, sizeof(*assigned->somes), compare_some);
	for (some = assigned->somes; some < end; some++) {
		const char *name = name_of(assigned, some->var);

		if (some->known || (some > assigned->somes && some[-1].at == some->at && some[-1].var == some->var &&
				    some[-1].kind == some->kind && some[-1].index == some->index))
			continue;
		describe_origin(assigned, some->var, origin, sizeof(origin));
		if (some->kind == SOME_SHOWN)
			problem_remedy(problems_add(assigned->build->problems, some->at, "'%s' is never known on page '%s': %s", name,
						    some->page->name, origin), "remove it from the text");
		else if (some->kind == SOME_PASSED)
			problem_remedy(problems_add(assigned->build->problems, some->at, "'%s' is never known on page '%s', so 'with' "
						    "cannot pass it on: %s", name, some->page->name, origin),
				       "remove it, or pass on another value");
		else if (some->kind == SOME_TESTED)
			problem_remedy(problems_add(assigned->build->problems, some->at, "the condition on '%s' never holds, because that "
						    "is not known on page '%s': %s", name, some->page->name, origin),
				       "remove the condition, or what depends on it");
		else
			problem_remedy(problems_add(assigned->build->problems, some->at, "the condition on '%s' never holds on page '%s': "
						    "subscribers who get there have another", name, some->page->name),
				       "remove the condition, or what depends on it");
	}
}

/* ---- system texts ---- */

/* Shown before the account is loaded, or instead. */
static bool comes_without_account(enum system_text text)
{
	return text == SYSTEM_UNKNOWN || text == SYSTEM_UNAVAILABLE || text == SYSTEM_EXPIRED || text == SYSTEM_NO_CODE ||
	       text == SYSTEM_STOPPING || text == SYSTEM_NOT_HERE;
}

static struct set known_in_system(enum system_text text)
{
	struct set set = {};

	if (!comes_without_account(text))
		set_add_account(&set);
	set_add(&set, FIELD_LANGUAGE);
	if (text == SYSTEM_LATER || text == SYSTEM_IN_FLIGHT)
		set_add(&set, FIELD_REF);
	if (text == SYSTEM_NEAREST_WORD)
		set_add(&set, FIELD_KEYWORD);
	if (text == SYSTEM_CODE) {
		set_add(&set, FIELD_CONFIRM_CODE);
		set_add(&set, FIELD_CONFIRM_UNTIL);
	}
	return set;
}

static void check_system_text(struct assigned *assigned, const struct text *text, enum system_text id)
{
	const struct set known = known_in_system(id);
	uint16_t i, var;
	uint8_t v;

	for (v = 0; v < text->count; v++) {
		for (i = 0; i < text->variants[v].template.count; i++) {
			var = text->variants[v].template.pieces[i].var;
			if (!var || set_has(&known, var))
				continue;
			problem_remedy(problems_add(assigned->build->problems, setting_at(text->variants[v].at, "text"), "'{%s}' is not "
						    "known in the system text '%s'%s", name_of(assigned, var),
						    build_system_name(id),
						    assigned_is_of_account(var) ? ": it is shown without an account" : ""),
				       "do not show it there");
		}
	}
}

static void check_system(struct assigned *assigned)
{
	uint16_t l;
	unsigned int i;

	for (l = 0; l < assigned->menu->languages_count; l++)
		for (i = 0; i < SYSTEM_COUNT; i++)
			check_system_text(assigned, &assigned->menu->languages[l].system[i], i);
}

void build_assigned_check(struct build *build)
{
	const uint16_t count = build->menu->pages_count;
	struct assigned assigned = { .build = build, .menu = build->menu, .queue = calloc(count + 1, sizeof(*assigned.queue)),
				     .waits = calloc(count + 1, sizeof(*assigned.waits)),
				     .complaints = calloc(1, sizeof(*assigned.complaints)), .somes = calloc(1, sizeof(*assigned.somes)) };
	uint16_t i;

	if (!assigned.queue || !assigned.waits || !assigned.complaints || !assigned.somes)
		abort();
	assigned.any = assigned_compute(&assigned, true);
	assigned.all = assigned_compute(&assigned, false);
	for (i = 0; i < count; i++) {
		const struct page *page = &build->menu->pages[i];
		const struct state *state = &assigned.all[i];

		if (build->broken[i])
			continue;
		if (page->action)
			need_for_form(&assigned, i);
		else if (state->reached[MODE_PAGE] && page->list)
			need_for_list(&assigned, i);
		else if (state->reached[MODE_PAGE])
			need_for_choices(&assigned, i);
	}
	build->trial_left_out = arena_alloc(&build->menu->arena, count);
	for (i = 0; i < count; i++) {
		const struct state *state = &assigned.all[i];
		unsigned int mode;

		build->trial_left_out[i] = false;
		for (mode = 0; mode < MODES; mode++)
			build->trial_left_out[i] |= state->reached[mode] && set_has(&state->sets[mode], FIELD_SERVICE) &&
						    !set_has(&state->sets[mode], FIELD_TRIAL_DAYS);
	}
	report_all(&assigned);
	report_never(&assigned);
	check_system(&assigned);
	free(assigned.somes);
	free(assigned.complaints);
	free(assigned.any);
	free(assigned.all);
	free(assigned.waits);
	free(assigned.queue);
}
