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

#include "menu/build.h"
#include "starhash/backend.h"

#define SET_WORDS ((VAR_ROWS + 63) / 64)

/* Fields of few codes, of which only some may be possible on a way. */
static const enum field coded[] = { FIELD_ACCOUNT, FIELD_STATUS, FIELD_BRAND, FIELD_BILLED, FIELD_REGISTERED, FIELD_STATE, FIELD_KIND,
				    FIELD_PERIOD, FIELD_TRIAL_ENDS };

#define CODED_COUNT (sizeof(coded) / sizeof(coded[0]))
#define CODES_MAX 31

/* Values, by id. */
struct set {
	uint64_t bits[SET_WORDS];
	uint32_t excluded[CODED_COUNT];	/* codes that the field cannot have, as bits in the order of build_codes(); the last bit: any other
					 * code, or none */
};

static void set_add(struct set *set, uint16_t var)
{
	set->bits[var / 64] |= 1ull << var % 64;
}

static void set_remove(struct set *set, uint16_t var)
{
	set->bits[var / 64] &= ~(1ull << var % 64);
}

static bool set_has(const struct set *set, uint16_t var)
{
	return set->bits[var / 64] >> var % 64 & 1;
}

static void set_merge(struct set *set, const struct set *other)
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

static size_t coded_index(uint16_t var)
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

/* The bits of the codes that a condition compares with; 0: not a condition on such a field, or not on constants. */
static uint32_t bits_of(struct build *build, const struct condition *condition)
{
	uint32_t bits = 0;
	uint8_t i;

	if (condition->kind != CONDITION_IS || coded_index(condition->field) == CODED_COUNT)
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
		set->excluded[coded_index(var)] |= ~bits;
}

static void allow_all(struct set *set, uint16_t var)
{
	const size_t index = coded_index(var);

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

/* How a page is entered. A page for several rows is entered without any of them; it takes each when it orders it. */
enum mode { MODE_PAGE, MODE_SEVERAL, MODE_EACH, MODES };

struct state {
	struct set sets[MODES];		/* SEVERAL: before the rows; EACH: with one of them */
	bool reached[MODES];
};

/* A way to a page, for messages. */
struct way {
	char name[120];			/* "choice '1' of page 'home'" */
	const struct setting *at;
	uint16_t from;			/* a route, which only passes on what led to it; PAGE_NONE: another way */
	struct set set;			/* known on it */
};

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
	} kind;
	unsigned int index;		/* of the condition */
	bool known;
};

struct assigned {
	struct build *build;
	const struct menu *menu;
	bool some_way;			/* known on some way; else on all */
	struct state *states;		/* by page */
	struct state *all, *any;	/* results: known on all ways, on some */
	const struct set *assumed;	/* by page: already complained about; NULL: nothing */
	uint16_t *queue;
	size_t queued;
	bool *waits;			/* by page: is in the queue */

	/* while ways are listed */
	void (*see)(struct assigned *assigned, uint16_t page, enum mode mode, const struct set *set, const struct way *way);
	uint16_t wanted_page;		/* ways to this page lack a value: */
	enum mode wanted_mode;
	uint16_t wanted_var;
	struct way ways[4];
	size_t ways_count;

	struct complaint *complaints;
	size_t complaints_count;
	struct some *somes;
	size_t somes_count;
};

static void *grow(void *list, size_t count, size_t size)
{
	void *grown = count & (count - 1) ? list : reallocarray(list, count ? 2 * count : 1, size);

	if (!grown)
		abort();
	return grown;
}

/* ---- what sets values ---- */

/* Loaded with the account. The others of its fields come with results and texts. */
static bool is_of_account(uint16_t var)
{
	switch (var) {
	case FIELD_REF:
	case FIELD_KEYWORD:
	case FIELD_CONFIRM_CODE:
	case FIELD_CONFIRM_UNTIL:
	case FIELD_LOCKED_UNTIL:
	case FIELD_TRIES_LEFT:
		return false;
	default:
		return var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ACCOUNT;
	}
}

static void add_account(struct set *set)
{
	uint16_t var;

	for (var = FIELD_NONE + 1; var < FIELD_COUNT; var++)
		if (is_of_account(var))
			set_add(set, var);
}

static void drop_terms(struct set *set)
{
	uint16_t var;

	for (var = FIELD_NONE + 1; var < FIELD_COUNT; var++)
		if (menu_is_term(var)) {
			set_remove(set, var);
			allow_all(set, var);
		}
}

static const enum field terms_of_service[] = { FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS };

static bool is_term_of_service(uint16_t var)
{
	size_t i;

	for (i = 0; i < sizeof(terms_of_service) / sizeof(terms_of_service[0]) && terms_of_service[i] != var; i++)
		;
	return i < sizeof(terms_of_service) / sizeof(terms_of_service[0]);
}

/* The account has a language, but an action that sets it needs one that was chosen: that is marked by this id. */
#define LANGUAGE_CHOSEN FIELD_NONE

static const char *name_of(const struct assigned *assigned, uint16_t var)
{
	return var == LANGUAGE_CHOSEN ? field_info(FIELD_LANGUAGE)->name : menu_var_name(assigned->menu, var);
}

/* A service brings its terms from the catalogue in place of those of another. */
static void add_value(struct set *set, uint16_t var)
{
	size_t i;

	set_add(set, var);
	allow_all(set, var);
	if (var == FIELD_LANGUAGE)
		set_add(set, LANGUAGE_CHOSEN);
	if (var != FIELD_SERVICE)
		return;
	drop_terms(set);
	for (i = 0; i < sizeof(terms_of_service) / sizeof(terms_of_service[0]); i++)
		set_add(set, terms_of_service[i]);
}

static void add_bindings(struct build *build, struct set *set, const struct bindings *with)
{
	uint8_t i;

	for (i = 0; i < with->count; i++) {
		const struct binding *binding = &with->list[i];

		if (binding->from && !set_has(set, binding->from))
			continue;
		add_value(set, binding->var);
		if (!binding->from && coded_index(binding->var) < CODED_COUNT)
			restrict_to(set, binding->var, code_bit(build, binding->var, binding->text));
	}
}

/* A row takes the place of the terms of another service. */
static void add_row(struct build *build, struct set *set, const struct menu_action *list)
{
	unsigned int i;

	for (i = 0; i < ACTION_FIELDS_MAX && list->fields[i]; i++)
		if (list->fields[i] == FIELD_SERVICE)
			drop_terms(set);
	for (i = 0; i < ACTION_FIELDS_MAX && list->fields[i]; i++) {
		set_add(set, list->fields[i]);
		allow_all(set, list->fields[i]);
		if (list->fields[i] == FIELD_STATE || list->fields[i] == FIELD_KIND)
			restrict_to_words(build, set, list->fields[i], build_codes_here(build, list->fields[i], list, false));
	}
}

static void add_answers(struct set *set, const struct page *page, uint8_t count)
{
	uint8_t i;

	for (i = 0; i < count; i++) {
		add_account(set);
		add_value(set, page->questions[i].var);
	}
}

/* These belong to one result. */
static void drop_results(struct set *set)
{
	set_remove(set, FIELD_TRIES_LEFT);
	set_remove(set, FIELD_LOCKED_UNTIL);
}

static void add_of_condition(struct build *build, struct set *set, const struct condition *condition)
{
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
		restrict_to(set, condition->field, bits_of(build, condition));
		break;
	default:
		break;
	}
}

/* The condition does not hold. */
static void exclude(struct build *build, struct set *set, const struct condition *condition)
{
	const uint32_t bits = bits_of(build, condition);

	if (bits)
		set->excluded[coded_index(condition->field)] |= bits;
}

/* What is known where the conditions hold. */
static void add_if(struct build *build, struct set *set, const struct conditions *conditions)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		add_of_condition(build, set, &conditions->only_if[i]);
	if (conditions->unless_count == 1)
		exclude(build, set, &conditions->unless[0]);
}

/* What is known where they do not hold: all that they exclude. */
static void add_unless(struct build *build, struct set *set, const struct conditions *conditions)
{
	unsigned int i;

	for (i = 0; !conditions->only_if_count && i < conditions->unless_count; i++)
		add_of_condition(build, set, &conditions->unless[i]);
	if (conditions->only_if_count == 1 && !conditions->unless_count)
		exclude(build, set, &conditions->only_if[0]);
}

static bool is_called(const char *name, const char *other)
{
	return !strcmp(name, other);
}

/* The values of a backend's answer take the place of those of an earlier one. */
static void add_answer_of(struct set *set, const struct menu_action *action, bool ok)
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
	if (is_called(outcome, OUTCOME_NAME_DECLINED) || is_called(outcome, OUTCOME_NAME_LATE))
		return;
	add_account(set);
	add_answer_of(set, action, is_called(outcome, action->outcomes[0]));
	if (action->changes && !(action->sells && is_called(outcome, OUTCOME_NAME_MISSING)))
		set_add(set, FIELD_REF);
	if (is_called(outcome, "wrong"))
		set_add(set, FIELD_TRIES_LEFT);
	if (is_called(outcome, "locked"))
		set_add(set, FIELD_LOCKED_UNTIL);
	if (action->orders && is_called(outcome, "excluded"))
		set_add(set, FIELD_INSTEAD);
	if (action->orders && action->params[0] == FIELD_SERVICE &&
	    (is_called(outcome, "done") || is_called(outcome, OUTCOME_NAME_ACCEPTED))) {
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
			if (is_called(page->questions[i].check->outcomes[k], outcome))
				return i + 1;
	return page->questions_count;
}

/* What is known at an outcome of an action. */
static struct set at_outcome(const struct page *page, struct set set, enum mode mode, const char *outcome)
{
	add_account(&set);
	if (mode == MODE_PAGE)
		add_answers(&set, page, answers_before(page, outcome));
	add_facts(&set, page, outcome);
	return set;
}

/* ---- ways ---- */

static const struct setting *place_in(const struct page *page, const char *name)
{
	return setting_at(page->at, name);
}

static void go_as(struct assigned *assigned, uint16_t page, enum mode mode, struct set set, const struct bindings *with,
		  const struct way *way)
{
	uint16_t i;

	if (page == PAGE_NONE)
		return;
	for (i = 0; i < assigned->menu->secrets_count; i++)
		set_remove(&set, assigned->menu->secrets[i]);
	if (with)
		add_bindings(assigned->build, &set, with);
	add_bindings(assigned->build, &set, &assigned->menu->pages[page].with);
	assigned->see(assigned, page, mode, &set, way);
}

static void go(struct assigned *assigned, uint16_t page, struct set set, const struct bindings *with, const struct way *way)
{
	go_as(assigned, page, MODE_PAGE, set, with, way);
}

static __attribute__((format(printf, 2, 3))) struct way way_at(const struct setting *at, const char *format, ...)
{
	struct way way = { .at = at, .from = PAGE_NONE };
	va_list args;

	va_start(args, format);
	vsnprintf(way.name, sizeof(way.name), format, args);
	va_end(args);
	return way;
}

/* Where dialogs and conversations begin. */
static void each_start(struct assigned *assigned)
{
	const struct menu *menu = assigned->menu;
	struct set set = {}, facts;
	struct way way;
	uint16_t i;

	add_account(&set);
	way = way_at(NULL, "the key 'home'");
	go(assigned, menu->home, set, NULL, &way);
	for (i = 0; i < menu->entries_count; i++) {
		way = way_at(menu->entries[i].at, "the entry '%.*s%s'", (int)menu->entries[i].len,
			     menu->entries[i].code ? menu->entries[i].code : "", menu->entries[i].prefix ? "…" : "#");
		go(assigned, menu->entries[i].page, set, NULL, &way);
	}
	for (i = 0; i < menu->short_codes_count; i++) {
		way = way_at(menu->short_codes[i].at, "a text to '%s'", menu->short_codes[i].number);
		go(assigned, menu->short_codes[i].page, set, NULL, &way);
	}
	for (i = 0; i < menu->keywords_count; i++) {
		const struct keyword *keyword = &menu->keywords[i];

		facts = set;
		add_if(assigned->build, &facts, &keyword->conditions);
		way = way_at(keyword->at, "the keyword '%s'", keyword->shown);
		go(assigned, keyword->page, facts, &keyword->with, &way);
	}
	for (i = 0; i < menu->notifications_count; i++) {
		const struct menu_notification *notification = &menu->notifications[i];
		const enum field *fact = build_notification_facts(notification->kind);

		facts = (struct set){};
		set_add(&facts, FIELD_LANGUAGE);
		for (; *fact; fact++) {
			set_add(&facts, *fact);
			if (*fact == FIELD_KIND)
				restrict_to_words(assigned->build, &facts, FIELD_KIND,
						  build_codes_here(assigned->build, FIELD_KIND, NULL, true));
		}
		way = way_at(notification->at, "the notification '%s'", notification->kind);
		go(assigned, notification->page, facts, NULL, &way);
	}
}

static void each_way_of_list(struct assigned *assigned, const struct page *page, struct set set)
{
	struct set rows, unlisted;
	struct way way;

	add_account(&set);
	drop_results(&set);
	add_answer_of(&set, page->list, true);
	rows = unlisted = set;
	add_row(assigned->build, &rows, page->list);
	add_if(assigned->build, &rows, &page->where);
	way = way_at(place_in(page, "page"), "a row of page '%s'", page->name);
	go(assigned, page->list_page, rows, NULL, &way);
	add_value(&unlisted, FIELD_SERVICE);
	way = way_at(place_in(page, "unlisted"), "'unlisted' of page '%s'", page->name);
	go(assigned, page->unlisted_page, unlisted, NULL, &way);
	if (page->several_page == PAGE_NONE)
		return;
	way = way_at(place_in(page, "several"), "'several' of page '%s'", page->name);
	go_as(assigned, page->several_page, MODE_SEVERAL, set, NULL, &way);
	add_bindings(assigned->build, &set, &assigned->menu->pages[page->several_page].with);
	add_row(assigned->build, &set, page->list);
	assigned->see(assigned, page->several_page, MODE_EACH, &set, &way);
}

static void each_way_of_choices(struct assigned *assigned, const struct page *page, struct set set)
{
	struct way way;
	unsigned int i;

	if (!page->route)
		add_account(&set);
	for (i = 0; i < page->choices_count; i++) {
		const struct choice *choice = &page->choices[i];
		struct set taken = set;

		add_if(assigned->build, &taken, &choice->conditions);
		way = way_at(choice->at, "page '%s'", page->name);
		way.from = page - assigned->menu->pages;
		if (!page->route)
			way = way_at(choice->at, "choice '%s' of page '%s'", choice->key ? choice->key : "", page->name);
		go(assigned, choice->page, taken, &choice->with, &way);
		if (page->route)
			add_unless(assigned->build, &set, &choice->conditions);	/* the next ones are tried only then */
	}
}

static void each_way_of_outcomes(struct assigned *assigned, const struct page *page, const struct state *state)
{
	unsigned int i, mode;

	for (i = 0; i < page->outcomes_count; i++) {
		const char *name = page->outcomes[i].name;
		const bool before = is_called(name, OUTCOME_NAME_DECLINED) || is_called(name, OUTCOME_NAME_LATE);
		const struct way way = way_at(setting_at(place_in(page, "on"), name), "'%s' of page '%s'", name, page->name);

		for (mode = 0; mode < MODES; mode++)
			if (state->reached[mode] && mode != (before ? MODE_EACH : MODE_SEVERAL))
				go(assigned, page->outcomes[i].page, at_outcome(page, state->sets[mode], mode, name), NULL, &way);
	}
}

static bool mentions(const struct setting *set, const char *name)
{
	for (; set; set = set->next)
		if ((set->string && !strcmp(set->string, name)) || mentions(set->child, name))
			return true;
	return false;
}

bool build_mentions(const struct setting *group, const char *name)
{
	return group && mentions(group->child, name);
}

/* All ways from a page, with what is known on them. */
static void each_way(struct assigned *assigned, uint16_t index)
{
	const struct page *page = &assigned->menu->pages[index];
	struct state state = assigned->states[index];
	const struct set any = everything();
	unsigned int mode;
	uint16_t i;

	for (mode = 0; assigned->assumed && mode < MODES; mode++)
		for (i = 0; i < SET_WORDS; i++)
			state.sets[mode].bits[i] |= assigned->assumed[index].bits[i];
	if (assigned->build->broken[index]) {
		for (i = 0; i < assigned->menu->pages_count; i++)
			if (build_mentions(page->at, assigned->menu->pages[i].name))
				assigned->see(assigned, i, MODE_PAGE, &any, NULL);
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

static struct state *compute(struct assigned *assigned, bool some_way)
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
		bits = bits_of(assigned->build, condition);
		if (bits && set_has(any, condition->field))
			need_some(assigned, at, page, condition->field, SOME_CODES, index,
				  bits & ~any->excluded[coded_index(condition->field)]);
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
			add_if(assigned->build, &all, &variant->conditions);
			add_unless(assigned->build, &others, &variant->conditions);
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
		const bool before = is_called(outcome->name, OUTCOME_NAME_DECLINED) || is_called(outcome->name, OUTCOME_NAME_LATE);
		struct place end = { index, mode, at_outcome(page, assigned->all[index].sets[mode], mode, outcome->name),
				     at_outcome(page, assigned->any[index].sets[mode], mode, outcome->name) };

		if (mode != (before ? MODE_EACH : MODE_SEVERAL))
			need_for_text(assigned, &end, outcome->text);
	}
}

static void need_for_list(struct assigned *assigned, uint16_t index)
{
	const struct page *page = &assigned->menu->pages[index];
	struct place place = place_of(assigned, index, MODE_PAGE);

	need_for_action(assigned, &place, page->list, place_in(page, "list"));
	need_for_outcomes(assigned, index, MODE_PAGE);
	add_answer_of(&place.all, page->list, true);
	add_answer_of(&place.any, page->list, true);
	need_for_text(assigned, &place, page->text);
	need_for_text(assigned, &place, page->empty);
	add_row(assigned->build, &place.any, page->list);
	need_for_conditions(assigned, setting_get(page->at, "where"), page, &place.any, &page->where);
	add_row(assigned->build, &place.all, page->list);
	add_if(assigned->build, &place.all, &page->where);
	need_for_text(assigned, &place, page->row);
}

static void need_for_questions(struct assigned *assigned, struct place *place)
{
	const struct page *page = &assigned->menu->pages[place->page];
	const struct setting *group = place_in(page, "ask")->child;
	uint8_t i;

	for (i = 0; i < page->questions_count; i++) {
		need_for_text(assigned, place, page->questions[i].prompt);
		need_for_text(assigned, place, page->questions[i].hint);
		add_account(&place->all);
		add_value(&place->all, page->questions[i].var);
		add_account(&place->any);
		add_value(&place->any, page->questions[i].var);
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
			need_for_action(assigned, &place, page->action, place_in(page, "do"));
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
	unsigned int i;

	need_for_text(assigned, &place, page->text);
	for (i = 0; i < page->choices_count; i++) {
		const struct choice *choice = &page->choices[i];
		struct place label = place;

		need_for_conditions(assigned, choice->at, page, &place.any, &choice->conditions);
		add_if(assigned->build, &label.all, &choice->conditions);
		add_bindings(assigned->build, &label.all, &choice->with);
		add_bindings(assigned->build, &label.any, &choice->with);
		set_merge(&label.all, &place.all);	/* a label sees what its page knows, too */
		set_merge(&label.any, &place.any);
		need_for_text(assigned, &label, choice->label);
		if (page->route)
			add_unless(assigned->build, &place.all, &choice->conditions);
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

/* Where a value comes from: "it comes with a service". */
static void describe_origin(const struct assigned *assigned, uint16_t var, char *out, size_t size)
{
	const struct menu *menu = assigned->menu;
	char lists[160];
	uint16_t p;
	uint8_t i;

	if (var == LANGUAGE_CHOSEN)
		snprintf(out, size, "it comes with a choice or an answer");
	else if (is_of_account(var))
		snprintf(out, size, "a notification, which brings only its own values, leads there");
	else if (var == FIELD_REF)
		snprintf(out, size, "it comes with an order");
	else if (var == FIELD_TRIES_LEFT || var == FIELD_LOCKED_UNTIL)
		snprintf(out, size, "it comes with the outcome '%s' of a password", var == FIELD_TRIES_LEFT ? "wrong" : "locked");
	else if (var == FIELD_CONFIRM_CODE || var == FIELD_CONFIRM_UNTIL)
		snprintf(out, size, "only the system text 'code' shows it");
	else if (var == FIELD_KEYWORD)
		snprintf(out, size, "only the system text 'nearest_keyword' shows it");
	else if (is_term_of_service(var))
		snprintf(out, size, "it comes with a service");
	else if (var == FIELD_SERVICE)
		snprintf(out, size, "it comes with a choice, an answer or a row of a list");
	else if (list_lists(assigned->build, var, lists, sizeof(lists)))
		snprintf(out, size, "it comes with a row of %s%s", lists, var == FIELD_EFFECTIVE || var == FIELD_TRIAL_UNTIL ?
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
	if (complaint->var == FIELD_SERVICE || is_term_of_service(complaint->var))
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
static void find_ways(struct assigned *assigned, uint16_t page, enum mode mode, uint16_t var)
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

/* "'{item}', '{amount}'": all that the same way lacks on that page. Returns their number. */
static unsigned int list_lacking(const struct assigned *assigned, const struct complaint *complaint, const struct way *way, char *out,
				 size_t size)
{
	const struct complaint *other = assigned->complaints;
	unsigned int count = 0;

	*out = '\0';
	for (; other < assigned->complaints + assigned->complaints_count; other++)
		if (other->page == complaint->page && other->mode == complaint->mode && !other->needs && !other->follows &&
		    !set_has(&way->set, other->var) && is_of_way(assigned, other) && !is_listed(assigned, other))
			snprintf(out + strlen(out), size - strlen(out), "%s'{%s}'", count++ ? ", " : "",
				 name_of(assigned, other->var));
	return count;
}

static void report_way(struct assigned *assigned, const struct complaint *complaint, const struct way *way, const char *origin)
{
	const struct page *page = &assigned->menu->pages[complaint->page];
	const char *name = name_of(assigned, complaint->var);
	const struct setting *at = way->at ? way->at : complaint->at;
	struct problem *problem;
	char lacking[200];

	if (complaint->needs)
		problem = problems_add(assigned->build->problems, at, "'%s' on page '%s' needs '%s', which is not known when %s leads "
				       "there: %s", complaint->needs->name, page->name, name, way->name, origin);
	else
		problem = problems_add(assigned->build->problems, at, list_lacking(assigned, complaint, way, lacking, sizeof(lacking)) > 1
				       ? "%s are not known on page '%s' when %s leads there: %s"
				       : "%s is not known on page '%s' when %s leads there: %s", lacking, page->name, way->name, origin);
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
		find_ways(assigned, complaint->page, complaint->mode, complaint->var);
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
		if (is_term_of_service(complaint->var) && other->var == FIELD_SERVICE)
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
	states = compute(assigned, false);
	for (complaint = assigned->complaints; complaint < end; complaint++)
		complaint->follows = has_cause(assigned, complaint) ||
				     (complaint->passing && set_has(&states[complaint->page].sets[complaint->mode], complaint->var));
	for (complaint = assigned->complaints; complaint < end; complaint++)
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
		add_account(&set);
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
						    build_system_name(id), is_of_account(var) ? ": it is shown without an account" : ""),
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
	assigned.any = compute(&assigned, true);
	assigned.all = compute(&assigned, false);
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
