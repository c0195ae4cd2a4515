/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Definite assignment: every value that a page shows, or an action needs, is known on every way that leads there.
 *
 * For each page this file computes the values known on all ways to it, and those known on some, as the engine sets them: walk_go() binds
 * values and forgets secrets, walk_take_row() takes a row, answer_take() an answer, and a result brings its facts. A text with a condition,
 * or a placeholder with "if", needs a value on some way only.
 *
 * A page with errors may lead anywhere that it names, with any value: nothing is said that may only follow from those. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/assigned.h"

/* Fields of few codes, of which only some may be possible on a way. */
static const enum field coded[] = { FIELD_ACCOUNT, FIELD_STATUS, FIELD_BRAND, FIELD_BILLED, FIELD_REGISTERED, FIELD_STATE, FIELD_KIND,
				    FIELD_PERIOD, FIELD_TRIAL_ENDS };
_Static_assert(sizeof(coded) / sizeof(coded[0]) == CODED_COUNT, "a set has room for the codes of each");

#define CODES_MAX 31

void set_add(struct set *set, uint16_t var)
{
	set->bits[var / 64] |= 1ull << var % 64;
}

static void set_remove(struct set *set, uint16_t var)
{
	set->bits[var / 64] &= ~(1ull << var % 64);
}

bool set_has(const struct set *set, uint16_t var)
{
	return set->bits[var / 64] >> var % 64 & 1;
}

void set_merge(struct set *set, const struct set *other)
{
	size_t i;

	for (i = 0; i < SET_WORDS; i++)
		set->bits[i] |= other->bits[i];
	for (i = 0; i < CODED_COUNT; i++)
		set->excluded[i] &= other->excluded[i];
}

static void set_common(struct set *set, const struct set *other)
{
	size_t i;

	for (i = 0; i < SET_WORDS; i++)
		set->bits[i] &= other->bits[i];
	for (i = 0; i < CODED_COUNT; i++)
		set->excluded[i] &= other->excluded[i];
}

/* Every value is known, and may be any. */
static struct set everything(void)
{
	struct set set = {};

	memset(set.bits, 0xff, sizeof(set.bits));
	return set;
}

/* ---- codes ---- */

size_t assigned_coded_index(uint16_t var)
{
	size_t i;

	for (i = 0; i < CODED_COUNT && coded[i] != var; i++)
		;
	return i;
}

/* The bit of a code among those that a field can have. */
static uint32_t code_bit(struct build *build, uint16_t var, const char *code)
{
	const char *at = build_codes(build, var);
	unsigned int bit;
	size_t len;

	for (bit = 0; at && *at && bit < CODES_MAX; bit++, at += len + (at[len] == ' ')) {
		len = strcspn(at, " ");
		if (strlen(code) == len && !memcmp(at, code, len))
			return 1u << bit;
	}
	return 1u << CODES_MAX;
}

uint32_t assigned_bits_of(struct build *build, const struct condition *condition)
{
	uint32_t bits = 0;
	uint8_t i;

	if (condition->kind != CONDITION_IS || assigned_coded_index(condition->field) == CODED_COUNT)
		return 0;
	for (i = 0; i < condition->count; i++) {
		if (condition->fields[i])
			return 0;
		bits |= code_bit(build, condition->field, condition->values[i]);
	}
	return bits;
}

/* The field can only have these codes. */
static void restrict_to(struct set *set, uint16_t var, uint32_t bits)
{
	if (bits)
		set->excluded[assigned_coded_index(var)] |= ~bits;
}

static void allow_all(struct set *set, uint16_t var)
{
	const size_t index = assigned_coded_index(var);

	if (index < CODED_COUNT)
		set->excluded[index] = 0;
}

/* The field can only have the codes of these words. */
static void restrict_to_words(struct build *build, struct set *set, uint16_t var, const char *words)
{
	char *rest = build_copy(build, words), *word;
	uint32_t bits = 0;

	while ((word = strsep(&rest, " ")))
		bits |= code_bit(build, var, word);
	allow_all(set, var);
	restrict_to(set, var, bits | 1u << CODES_MAX);
}

/* ---- what sets values ---- */

/* The account's fields by id, as bits, without those that come with results and texts. */
#define BIT(field) ((field) / 64 == WORD ? 1ull << (field) % 64 : 0)
#define X(id, name, type, origin, width, storage) | (FIELD_OF_##origin == FIELD_OF_ACCOUNT ? BIT(FIELD_##id) : 0)
#define OF_ACCOUNT (0ull FIELDS(X)) & ~(BIT(FIELD_REF) | BIT(FIELD_KEYWORD) | BIT(FIELD_CONFIRM_CODE) | BIT(FIELD_CONFIRM_UNTIL) | \
					BIT(FIELD_LOCKED_UNTIL) | BIT(FIELD_TRIES_LEFT))
static const uint64_t of_account[] = {
#define WORD 0
	OF_ACCOUNT,
#undef WORD
#define WORD 1
	OF_ACCOUNT,
#undef WORD
#define WORD 2
	OF_ACCOUNT,
#undef WORD
};
#undef OF_ACCOUNT
#undef X
#undef BIT
_Static_assert(FIELD_COUNT <= 3 * 64 && SET_WORDS >= 3, "all fields have a bit");

bool assigned_is_of_account(uint16_t var)
{
	return var < FIELD_COUNT && of_account[var / 64] >> var % 64 & 1;
}

void set_add_account(struct set *set)
{
	size_t i;

	for (i = 0; i < sizeof(of_account) / sizeof(of_account[0]); i++)
		set->bits[i] |= of_account[i];
}

static void drop_value(void *set, uint16_t var)
{
	set_remove(set, var);
	allow_all(set, var);
}

static void drop_service_facts(struct set *set)
{
	const enum field *fact;

	for (fact = menu_service_facts; *fact; fact++)
		drop_value(set, *fact);
}

void set_add_value(struct set *set, uint16_t var)
{
	const enum field *term;

	set_add(set, var);
	allow_all(set, var);
	if (var == FIELD_LANGUAGE)
		set_add(set, LANGUAGE_CHOSEN);
	if (var != FIELD_SERVICE)
		return;
	drop_service_facts(set);
	for (term = menu_catalogue_terms; *term; term++)
		set_add(set, *term);
	set_add(set, TRIAL_CONTINUES);
}

/* The service is one that meets the condition. */
static void restrict_trial(struct build *build, struct set *set, const struct condition *condition)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	size_t i;
	uint8_t v;

	if (condition->kind != CONDITION_FAMILY && (condition->kind != CONDITION_IS || condition->field != FIELD_SERVICE))
		return;
	for (i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];
		const char *code = condition->kind == CONDITION_FAMILY ? service->family : service->code;

		for (v = 0; code && service->trial_ends == TRIAL_ENDS_PAID && v < condition->count; v++)
			if (condition->fields[v] || !strcmp(condition->values[v], code))
				return;
	}
	set_remove(set, TRIAL_CONTINUES);
}

void set_add_bindings(struct build *build, struct set *set, const struct bindings *with)
{
	uint16_t vars[UINT8_MAX + 1] = {}, unsure[UINT8_MAX];
	unsigned int count = 0, unsure_count = 0, i;

	for (i = 0; i < with->count; i++) {
		const struct binding *binding = &with->list[i];

		if (binding->from && !set_has(set, binding->from)) {
			unsure[unsure_count++] = binding->var;
			continue;
		}
		vars[count++] = binding->var;
		set_add_value(set, binding->var);
		if (!binding->from && assigned_coded_index(binding->var) < CODED_COUNT)
			restrict_to(set, binding->var, code_bit(build, binding->var, binding->text));
		if (!binding->from && binding->var == FIELD_SERVICE)
			restrict_trial(build, set, &(struct condition){ .kind = CONDITION_IS, .field = FIELD_SERVICE, .count = 1,
									.values = &binding->text,
									.fields = (const uint16_t[]){ FIELD_NONE } });
	}
	menu_leave_rows(build->menu, vars, count, drop_value, set);
	for (i = 0; i < unsure_count; i++) {	/* it may be set, or not */
		struct set taken = *set;

		vars[count] = unsure[i];
		set_add_value(&taken, unsure[i]);
		menu_leave_rows(build->menu, vars, count + 1, drop_value, &taken);
		set_common(set, &taken);
	}
}

void set_add_row(struct build *build, struct set *set, const struct menu_action *list)
{
	unsigned int i;

	for (i = 0; i < ACTION_FIELDS_MAX && list->fields[i]; i++)
		if (list->fields[i] == FIELD_SERVICE) {
			drop_service_facts(set);
			set_add(set, TRIAL_CONTINUES);
		}
	for (i = 0; i < ACTION_FIELDS_MAX && list->fields[i]; i++) {
		set_add(set, list->fields[i]);
		allow_all(set, list->fields[i]);
		if (list->fields[i] == FIELD_STATE || list->fields[i] == FIELD_KIND)
			restrict_to_words(build, set, list->fields[i], build_codes_here(build, list->fields[i], list, false));
	}
}

void set_add_answer(const struct menu *menu, struct set *set, const struct page *page, unsigned int question)
{
	uint16_t vars[QUESTIONS_MAX];
	unsigned int i;

	set_add_account(set);
	set_add_value(set, page->questions[question].var);
	for (i = 0; i <= question; i++)
		vars[i] = page->questions[i].var;
	menu_leave_rows(menu, vars, i, drop_value, set);
}

/* These belong to one result. */
static void drop_results(struct set *set)
{
	set_remove(set, FIELD_TRIES_LEFT);
	set_remove(set, FIELD_LOCKED_UNTIL);
}

static void add_of_condition(struct build *build, struct set *set, const struct condition *condition)
{
	restrict_trial(build, set, condition);
	switch (condition->kind) {
	case CONDITION_KNOWN:
	case CONDITION_AHEAD:
		if (condition->count == 1)
			set_add(set, condition->fields[0]);
		break;
	case CONDITION_FAMILY:
		set_add(set, FIELD_SERVICE);
		break;
	case CONDITION_IS:
		set_add(set, condition->field);
		restrict_to(set, condition->field, assigned_bits_of(build, condition));
		break;
	default:
		break;
	}
}

/* The condition does not hold. */
static void exclude(struct build *build, struct set *set, const struct condition *condition)
{
	const uint32_t bits = assigned_bits_of(build, condition);

	if (bits)
		set->excluded[assigned_coded_index(condition->field)] |= bits;
}

void set_add_if(struct build *build, struct set *set, const struct conditions *conditions)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		add_of_condition(build, set, &conditions->only_if[i]);
	if (conditions->unless_count == 1)
		exclude(build, set, &conditions->unless[0]);
}

void set_add_unless(struct build *build, struct set *set, const struct conditions *conditions)
{
	unsigned int i;

	for (i = 0; !conditions->only_if_count && i < conditions->unless_count; i++)
		add_of_condition(build, set, &conditions->unless[i]);
	if (conditions->only_if_count == 1 && !conditions->unless_count)
		exclude(build, set, &conditions->only_if[0]);
}

void set_add_answer_of(struct set *set, const struct menu_action *action, bool ok)
{
	unsigned int i;

	for (i = 0; i < ACTION_FIELDS_MAX && action->facts[i]; i++) {
		set_remove(set, action->facts[i]);
		if (ok)
			set_add(set, action->facts[i]);
		allow_all(set, action->facts[i]);
	}
}

/* What a result brings, by the requests of the actions: see request.h. */
static void add_facts(struct set *set, const struct page *page, const char *outcome)
{
	const struct menu_action *action = page->action ? page->action : page->list;
	size_t i;

	drop_results(set);
	for (i = 0; i < CODED_COUNT; i++)		/* an action may change the account */
		set->excluded[i] = 0;
	if (outcome_precedes_action(outcome))
		return;
	set_add_account(set);
	set_add_answer_of(set, action, !strcmp(outcome, action->outcomes[0]) ||
				       (action->request == REQUEST_TICKET_OPEN && !strcmp(outcome, "already")));
	if (action->changes && !(action->sells && !strcmp(outcome, OUTCOME_NAME_MISSING)))
		set_add(set, FIELD_REF);
	if (!strcmp(outcome, "wrong"))
		set_add(set, FIELD_TRIES_LEFT);
	if (!strcmp(outcome, "locked"))
		set_add(set, FIELD_LOCKED_UNTIL);
	if (action->orders && !strcmp(outcome, "excluded"))
		set_add(set, FIELD_INSTEAD);
	if (action->orders && action->params[0] == FIELD_SERVICE && (!strcmp(outcome, "done") || !strcmp(outcome, OUTCOME_NAME_ACCEPTED))) {
		set_add(set, FIELD_EFFECTIVE);
		set_add(set, FIELD_TRIAL_UNTIL);
	}
}

/* The number of questions answered before an outcome: of a check, those up to it. */
static uint8_t answers_before(const struct page *page, const char *outcome)
{
	uint8_t i, k;

	for (i = 0; i < page->questions_count; i++)
		for (k = 1; page->questions[i].check && k < ACTION_OUTCOMES_MAX && page->questions[i].check->outcomes[k]; k++)
			if (!strcmp(page->questions[i].check->outcomes[k], outcome))
				return i + 1;
	return page->questions_count;
}

struct set set_at_outcome(const struct menu *menu, const struct page *page, struct set set, enum mode mode, const char *outcome)
{
	unsigned int i;

	set_add_account(&set);
	for (i = 0; mode == MODE_PAGE && i < answers_before(page, outcome); i++)
		set_add_answer(menu, &set, page, i);
	add_facts(&set, page, outcome);
	return set;
}

/* ---- ways ---- */

static void go_as(struct assigned *assigned, uint16_t page, enum mode mode, struct set set, const struct bindings *with,
		  const struct way *way)
{
	uint16_t i;

	if (page == PAGE_NONE)
		return;
	for (i = 0; i < assigned->menu->secrets_count; i++)
		set_remove(&set, assigned->menu->secrets[i]);
	if (with)
		set_add_bindings(assigned->build, &set, with);
	set_add_bindings(assigned->build, &set, &assigned->menu->pages[page].with);
	assigned->see(assigned, page, mode, &set, way);
}

static void go(struct assigned *assigned, uint16_t page, struct set set, const struct bindings *with, const struct way *way)
{
	go_as(assigned, page, MODE_PAGE, set, with, way);
}

static void find_lacking(struct assigned *assigned, uint16_t page, enum mode mode, const struct set *set, const struct way *way);

/* Only messages need the name. */
static __attribute__((format(printf, 3, 4))) struct way way_at(const struct assigned *assigned, const struct setting *at,
								const char *format, ...)
{
	struct way way;
	va_list args;

	way.at = at;
	way.from = PAGE_NONE;
	way.name[0] = '\0';
	if (assigned->see != find_lacking)
		return way;
	va_start(args, format);
	vsnprintf(way.name, sizeof(way.name), format, args);
	va_end(args);
	return way;
}

/* That of an order to a backend has the values of its answer, too. As with orders about the line, a text says itself whether there is a
 * service. */
static void each_notified(struct assigned *assigned, const struct menu_notification *notification)
{
	struct way way = way_at(assigned, notification->at, "the notification '%s'", notification->kind);
	const uint16_t *fact = build_notification_facts(notification->kind);
	const struct menu *menu = assigned->menu;
	struct set set = everything(), answer;		/* of an unknown kind */
	uint16_t i;

	if (fact)
		set = (struct set){};
	set_add(&set, FIELD_LANGUAGE);
	for (; fact && *fact; fact++)
		set_add(&set, *fact);
	if (fact && set_has(&set, FIELD_KIND))
		restrict_to_words(assigned->build, &set, FIELD_KIND, build_codes_here(assigned->build, FIELD_KIND, NULL, true));
	go(assigned, notification->page, set, NULL, &way);
	for (i = 0; i < menu->pages_count && !strcmp(notification->kind, "order_completed"); i++) {
		const struct menu_action *action = menu->pages[i].action;

		if (!action || !action->backend || !action->orders)
			continue;
		answer = set;
		set_add_answer_of(&answer, action, true);
		way = way_at(assigned, notification->at, "the notification '%s' of '%s'", notification->kind, action->name);
		go(assigned, notification->page, answer, NULL, &way);
	}
}

/* Where dialogs and conversations begin. */
static void each_start(struct assigned *assigned)
{
	const struct menu *menu = assigned->menu;
	struct set set = {}, facts;
	struct way way;
	uint16_t i;

	set_add_account(&set);
	way = way_at(assigned, NULL, "the key 'home'");
	go(assigned, menu->home, set, NULL, &way);
	way = way_at(assigned, NULL, "the key 'agent'");
	go(assigned, menu->agent, set, NULL, &way);
	for (i = 0; i < menu->entries_count; i++) {
		way = way_at(assigned, menu->entries[i].at, "the entry '%.*s%s'", (int)menu->entries[i].len,
			     menu->entries[i].code ? menu->entries[i].code : "", menu->entries[i].prefix ? "…" : "#");
		go(assigned, menu->entries[i].page, set, NULL, &way);
	}
	for (i = 0; i < menu->short_codes_count; i++) {
		way = way_at(assigned, menu->short_codes[i].at, "a text to '%s'", menu->short_codes[i].number);
		go(assigned, menu->short_codes[i].page, set, NULL, &way);
	}
	for (i = 0; i < menu->keywords_count; i++) {
		const struct keyword *keyword = &menu->keywords[i];

		facts = set;
		set_add_if(assigned->build, &facts, &keyword->conditions);
		way = way_at(assigned, keyword->at, "the keyword '%s'", keyword->shown);
		go(assigned, keyword->page, facts, &keyword->with, &way);
	}
	for (i = 0; i < menu->notifications_count; i++)
		each_notified(assigned, &menu->notifications[i]);
}

static void each_way_of_list(struct assigned *assigned, const struct page *page, struct set set)
{
	struct set rows, unlisted;
	struct way way;

	set_add_account(&set);
	drop_results(&set);
	set_add_answer_of(&set, page->list, true);
	rows = unlisted = set;
	set_add_row(assigned->build, &rows, page->list);
	set_add_if(assigned->build, &rows, &page->where);
	way = way_at(assigned, setting_at(page->at, "page"), "a row of page '%s'", page->name);
	go(assigned, page->list_page, rows, NULL, &way);
	set_add_value(&unlisted, FIELD_SERVICE);
	way = way_at(assigned, setting_at(page->at, "unlisted"), "'unlisted' of page '%s'", page->name);
	go(assigned, page->unlisted_page, unlisted, NULL, &way);
	if (page->several_page == PAGE_NONE)
		return;
	way = way_at(assigned, setting_at(page->at, "several"), "'several' of page '%s'", page->name);
	go_as(assigned, page->several_page, MODE_SEVERAL, set, NULL, &way);
	set_add_bindings(assigned->build, &set, &assigned->menu->pages[page->several_page].with);
	set_add_row(assigned->build, &set, page->list);
	assigned->see(assigned, page->several_page, MODE_EACH, &set, &way);
}

static void each_way_of_choices(struct assigned *assigned, const struct page *page, struct set set)
{
	struct way way;
	unsigned int i;

	if (!page->route)
		set_add_account(&set);
	for (i = 0; i < page->choices_count; i++) {
		const struct choice *choice = &page->choices[i];
		struct set taken = set;

		set_add_if(assigned->build, &taken, &choice->conditions);
		way = way_at(assigned, choice->at, "page '%s'", page->name);
		way.from = page - assigned->menu->pages;
		if (!page->route)
			way = way_at(assigned, choice->at, "choice '%s' of page '%s'", choice->key ? choice->key : "", page->name);
		go(assigned, choice->page, taken, &choice->with, &way);
		if (page->route)
			set_add_unless(assigned->build, &set, &choice->conditions);	/* the next ones are tried only then */
	}
	way = way_at(assigned, setting_at(page->at, "otherwise"), "'otherwise' of page '%s'", page->name);
	go(assigned, page->otherwise, set, NULL, &way);
}

static void each_way_of_outcomes(struct assigned *assigned, const struct page *page, const struct state *state)
{
	unsigned int i, mode;

	for (i = 0; i < page->outcomes_count; i++) {
		const char *name = page->outcomes[i].name;
		const bool before = outcome_precedes_action(name);
		struct way way;

		if (page->outcomes[i].page == PAGE_NONE)
			continue;
		way = way_at(assigned, setting_at(setting_at(page->at, "on"), name), "'%s' of page '%s'", name, page->name);

		for (mode = 0; mode < MODES; mode++)
			if (state->reached[mode] && mode != (before ? MODE_EACH : MODE_SEVERAL))
				go(assigned, page->outcomes[i].page,
				   set_at_outcome(assigned->menu, page, state->sets[mode], mode, name), NULL, &way);
	}
}

static bool mentions(const struct setting *set, const char *name)
{
	for (; set; set = set->next)
		if ((set->string && !strcmp(set->string, name)) || mentions(set->child, name))
			return true;
	return false;
}

static void each_mention(const struct build *build, const struct setting *set, void (*see)(void *user, uint16_t page), void *user)
{
	for (; set; set = set->next) {
		const struct page *page = set->string ? build_find_page(build, set->string) : NULL;

		if (page)
			see(user, page - build->menu->pages);
		each_mention(build, set->child, see, user);
	}
}

void build_each_mention(const struct build *build, const struct setting *group, void (*see)(void *user, uint16_t page), void *user)
{
	if (group)
		each_mention(build, group->child, see, user);
}

bool build_mentions(const struct setting *group, const char *name)
{
	return group && mentions(group->child, name);
}

static void see_mentioned(void *user, uint16_t page)
{
	const struct set any = everything();
	struct assigned *assigned = user;

	assigned->see(assigned, page, MODE_PAGE, &any, NULL);
}

/* All ways from a page, with what is known on them. */
static void each_way(struct assigned *assigned, uint16_t index)
{
	const struct page *page = &assigned->menu->pages[index];
	struct state state = assigned->states[index];
	unsigned int mode;
	uint16_t i;

	for (mode = 0; assigned->assumed && mode < MODES; mode++)
		for (i = 0; i < SET_WORDS; i++)
			state.sets[mode].bits[i] |= assigned->assumed[index].bits[i];
	if (assigned->build->broken[index]) {
		build_each_mention(assigned->build, page->at, see_mentioned, assigned);
		return;
	}
	if (page->list)
		each_way_of_list(assigned, page, state.sets[MODE_PAGE]);
	if (page->list || page->action)
		each_way_of_outcomes(assigned, page, &state);
	else
		each_way_of_choices(assigned, page, state.sets[MODE_PAGE]);
}

/* ---- what is known on all ways, or on some ---- */

static void arrive(struct assigned *assigned, uint16_t page, enum mode mode, const struct set *set, const struct way *way)
{
	struct state *state = &assigned->states[page];
	const struct set before = state->sets[mode];

	if (!state->reached[mode])
		state->sets[mode] = *set;
	else if (assigned->some_way)
		set_merge(&state->sets[mode], set);
	else
		set_common(&state->sets[mode], set);
	if (assigned->waits[page] || (state->reached[mode] && !memcmp(&before, &state->sets[mode], sizeof(before)))) {
		state->reached[mode] = true;
		return;
	}
	state->reached[mode] = true;
	assigned->waits[page] = true;
	assigned->queue[assigned->queued++ % assigned->menu->pages_count] = page;
}

struct state *assigned_compute(struct assigned *assigned, bool some_way)
{
	const uint16_t count = assigned->menu->pages_count;
	const struct set any = everything();
	size_t taken;
	uint16_t i;

	assigned->some_way = some_way;
	assigned->see = arrive;
	assigned->states = calloc(count, sizeof(*assigned->states));
	if (!assigned->states)
		abort();
	assigned->queued = 0;
	each_start(assigned);
	for (i = 0; i < count; i++)
		if (assigned->build->wanted[i])
			arrive(assigned, i, MODE_PAGE, &any, NULL);
	for (taken = 0; taken < assigned->queued; taken++) {
		const uint16_t page = assigned->queue[taken % count];

		assigned->waits[page] = false;
		each_way(assigned, page);
	}
	return assigned->states;
}

/* ---- ways that lack a value ---- */

/* Remember the ways that lack a value. */
static void find_lacking(struct assigned *assigned, uint16_t page, enum mode mode, const struct set *set, const struct way *way)
{
	if (page != assigned->wanted_page || mode != assigned->wanted_mode || !way || set_has(set, assigned->wanted_var) ||
	    assigned->ways_count == sizeof(assigned->ways) / sizeof(assigned->ways[0]))
		return;
	assigned->ways[assigned->ways_count] = *way;
	assigned->ways[assigned->ways_count++].set = *set;
}

/* The ways to a page that lack a value; for a route that lacks it, the ways to that one. */
void assigned_find_ways(struct assigned *assigned, uint16_t page, enum mode mode, uint16_t var)
{
	unsigned int depth;
	uint16_t i;

	for (depth = 0; page != PAGE_NONE && depth < assigned->menu->pages_count; depth++) {
		assigned->see = find_lacking;
		assigned->wanted_page = page;
		assigned->wanted_mode = mode;
		assigned->wanted_var = var;
		assigned->ways_count = 0;
		each_start(assigned);
		for (i = 0; i < assigned->menu->pages_count; i++)
			if (assigned->states[i].reached[MODE_PAGE] || assigned->states[i].reached[MODE_SEVERAL])
				each_way(assigned, i);
		page = assigned->ways_count == 1 ? assigned->ways[0].from : PAGE_NONE;
		mode = MODE_PAGE;
	}
}
