/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks that everything fits: every page, in every language, cut into screens as by the engine, with the widest values.
 *
 * What a page shows depends on conditions, and on the service that it is about. Each combination of these is a case, in which they have
 * definite values, those of the catalogue for each service. All other values are the widest of the real ones (widest.c), the same wherever
 * the text shows them. So each text that is refused is one that a subscriber could be shown, and the report quotes it.
 *
 * The conditions of one text are tried in all combinations. Texts without a common field are independent of each other: if they have many
 * combinations together, the worst case of each is found by itself. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/view.h"
#include "menu/widest.h"

#define CASES_MAX 256		/* more: each group of conditions by itself */
#define GROUP_CASES_MAX (1 << 20)	/* combinations of one group */
#define DOMAINS_MAX 64
#define OPTIONS_MAX 4096
#define UNITS_MAX 600
#define OPEN_MAX 128
#define VALUES_ROOM 16384
#define ROW_ROOM 512
#define NOW 864000000		/* 1997-05-19, for times that are new or old */

/* A value that a variable has in a case. */
struct option {
	enum { OPTION_NONE, OPTION_TEXT, OPTION_NUMBER, OPTION_SAME } kind;
	const char *text;
	int64_t number;
	uint16_t from;			/* SAME: the variable that has the same value */
};

/* A variable that conditions are about; or whether the subscriber has a service. */
struct domain {
	uint16_t var;
	const char *has;		/* code of the service; NULL: none */
	uint16_t has_from;		/* variable that holds the code; FIELD_NONE: none */
	struct option *options;
	uint16_t count, chosen;
	uint16_t best[BY_COUNT];
	uint8_t group;			/* index of the first domain on which the same texts depend */
};

/* A text and the conditions under which it is shown; either may be NULL. */
struct unit {
	const struct conditions *conditions;
	const struct text *text;
	const struct bindings *with;	/* what the text sees besides; may be NULL */
	bool of_row;
};

/* A variable of a case that no condition is about. */
struct open {
	struct widest widest;
	const struct piece *places[OPEN_MAX];
	size_t count;
};

/* What a case adds up to. */
struct measure {
	struct weight fixed;
	struct weight total[BY_COUNT];	/* BY_OTHERS: with at least one character outside GSM-7; units -1: there is none */
	int other;			/* the open value that is outside GSM-7 for that; -1: some other part is */
};

/* Memory for one check, used again for each. */
struct work {
	struct domain domains[DOMAINS_MAX];
	struct option options[OPTIONS_MAX];
	struct unit units[UNITS_MAX];
	struct open open[OPEN_MAX];
	struct blanks blanks;
	struct view_text text;
	char body[VIEW_BODY_MAX];
	uint8_t data[VALUES_ROOM], bad_data[VALUES_ROOM];
	uint16_t domains_count, options_count, units_count, open_count;
	uint64_t shown[VAR_ROWS / 64 + 1];	/* variables, as bits, that some text of the view shows */
};

struct fit {
	struct build *build;
	struct work *work;
	const struct page *page;
	const char *part;		/* "its text", for messages */
	struct view view;
	unsigned int allowed;		/* screens */
	bool consent;			/* also check the length of the confirmation */
	bool messages_only;		/* never shown on a screen */
	bool about_service;		/* one case for each service */
	const struct service *service;	/* of this case */
	struct record values;
	const struct conditions *where;	/* cases in which these do not hold do not occur; may be NULL */
	void (*each)(struct fit *fit);	/* for each case */
	void *user;

	unsigned int worst;		/* how bad the worst case is; 0: all fit */
	struct record bad;		/* its values */
	bool bad_messages;
	bool bad_consent;
};

/* ---- reports ---- */

static void put_value(struct record *record, uint16_t var, const struct value *value)
{
	if (value->is_text)
		record_put_text(record, var, value->text, value->len);
	else
		record_put_number(record, var, value->number);
}

static const struct text_limits *limits_of(const struct fit *fit)
{
	return fit->view.render.messages ? &menu_message_limits : &fit->build->source->limits;
}

/* Where the text stands that this case shows; NULL: not known. */
static const struct setting *place_of(const struct fit *fit)
{
	const uint16_t language = fit->view.render.language - fit->build->menu->languages;
	const struct text *text = fit->view.above;
	const struct page *page = fit->view.page;
	const struct variant *variant;

	if (!text && page && fit->view.kind == VIEW_QUESTION)
		text = &page->questions[fit->view.question].prompt[language];
	else if (!text && page && page->list && !fit->view.rows)
		text = &page->empty[language];
	else if (!text && page && page->text)
		text = &page->text[language];
	if (!text)
		return NULL;
	for (variant = text->variants; !conditions_hold(&variant->conditions, &fit->view.render); variant++)
		;
	return variant->at;
}

/* "has room for 130 characters (GSM-7) and needs 142 at worst": for a text that must fit one screen. */
static unsigned int describe_room(const struct view_text *text, char *out, size_t size)
{
	struct text_cost cost = text_cost(text->body, text->flow.body_len);
	const struct text_cost footer = text_cost(text->last, text->flow.last_len);
	const bool gsm7 = cost.gsm7 && footer.gsm7;
	const unsigned int room = gsm7 ? text->flow.last_budget.septets - footer.septets : text->flow.last_budget.units - footer.units;
	const unsigned int need = gsm7 ? cost.septets : cost.units;

	snprintf(out, size, "has room for %u characters (%s) and needs %u at worst", room, gsm7 ? "GSM-7" : "UCS-2", need);
	return need > room ? need - room : 0;
}

static void report_screens(struct fit *fit, unsigned int screens, const struct view_text *text)
{
	const struct setting *at = place_of(fit);
	const struct page *page = fit->page;
	struct problem *problem;
	unsigned int over = 0;
	char what[160], room[120];

	if (page)
		snprintf(what, sizeof(what), "page '%s', %s, in language '%s'", page->name, fit->part, fit->view.render.language->name);
	else
		snprintf(what, sizeof(what), "%s of language '%s'", fit->part, fit->view.render.language->name);
	if (!screens)
		snprintf(room, sizeof(room), "cannot be cut into screens of this size");
	else if (fit->allowed == 1)
		over = describe_room(text, room, sizeof(room));
	else
		snprintf(room, sizeof(room), "needs %u screens at worst, but %u are allowed", screens, fit->allowed);
	problem = problems_add_at(fit->build->problems, at ? at->file : page ? page->file : NULL, at ? at->line : page ? page->line : 0,
				  "%s %s", what, room);
	problem_quote(problem, "%.*s", (int)text->flow.body_len, text->body);
	if (over)
		problem_remedy(problem, page && fit->view.kind == VIEW_CONFIRM ? "shorten it by %u, or allow more 'screens'"
									       : "shorten it by %u", over);
}

static void report_consent(const struct fit *fit)
{
	problems_add_at(fit->build->problems, fit->page->file, fit->page->line, "page '%s', %s, in language '%s' is longer than %d octets, "
			"the most that can be stored with the order", fit->page->name, fit->part, fit->view.render.language->name,
			VIEW_CONSENT_MAX);
}

/* Report the worst case. */
static void report(struct fit *fit)
{
	const struct menu_source *source = fit->build->source;
	struct view_text *text = &fit->work->text;

	if (!fit->worst)
		return;
	fit->view.render.values = &fit->bad;
	fit->view.render.messages = fit->bad_messages;
	if (source->refused)
		source->refused(source->user, fit->page ? fit->page->name : "", &fit->view, fit->allowed);
	if (fit->bad_consent) {
		report_consent(fit);
		return;
	}
	view_compose(&fit->view, limits_of(fit), text);
	report_screens(fit, text_screens(&text->flow), text);
}

/* ---- one case ---- */

static void note_bad(struct fit *fit, unsigned int badness, bool consent)
{
	if (badness <= fit->worst)
		return;
	fit->worst = badness;
	fit->bad = (struct record){ fit->work->bad_data, fit->values.len, sizeof(fit->work->bad_data) };
	memcpy(fit->bad.data, fit->values.data, fit->values.len);
	fit->bad_messages = fit->view.render.messages;
	fit->bad_consent = consent;
}

/* Cut the view as the engine would. */
static void cut(struct fit *fit)
{
	struct view_text *text = &fit->work->text;
	unsigned int screens, over;
	char room[120];

	view_compose(&fit->view, limits_of(fit), text);
	screens = text_screens(&text->flow);
	if (screens && screens <= fit->allowed)
		return;
	over = fit->allowed == 1 ? describe_room(text, room, sizeof(room)) : screens;
	note_bad(fit, screens ? 2 + over : UINT_MAX, false);
}

static struct open *open_of(struct work *work, uint16_t var)
{
	uint16_t i;

	for (i = 0; i < work->open_count; i++)
		if (work->open[i].widest.var == var)
			return &work->open[i];
	if (work->open_count == OPEN_MAX)
		return NULL;
	work->open[work->open_count] = (struct open){ .widest.var = var };
	return &work->open[work->open_count++];
}

/* Compose the view without its open values, and find the widest of each. */
static struct measure measure(struct fit *fit)
{
	struct work *work = fit->work;
	struct measure sum = { .other = -1 };
	unsigned int by;
	uint16_t i;
	long loss = LONG_MAX;

	work->blanks.count = work->open_count = 0;
	fit->view.render.values = &fit->values;
	fit->view.render.blanks = &work->blanks;
	sum.fixed = weigh(&fit->view.render, work->body, view_body(&fit->view, work->body));
	fit->view.render.blanks = NULL;
	for (i = 0; i < work->blanks.count; i++) {
		struct open *open = open_of(work, work->blanks.list[i]->var);

		if (open && open->count < OPEN_MAX)
			open->places[open->count++] = work->blanks.list[i];
	}
	for (by = 0; by < BY_COUNT; by++)
		sum.total[by] = sum.fixed;
	for (i = 0; i < work->open_count; i++) {
		struct open *open = &work->open[i];
		const struct widest_value *best = open->widest.best;

		widest_find(&fit->view.render, open->places, open->count, &open->widest);
		weight_add(&sum.total[BY_UNITS], &best[BY_UNITS].weight);
		weight_add(&sum.total[BY_OCTETS], &best[BY_OCTETS].weight);
		if (best[BY_SEPTETS].found)
			weight_add(&sum.total[BY_SEPTETS], &best[BY_SEPTETS].weight);
		else
			sum.total[BY_SEPTETS].others = 1;
		if (!best[BY_OTHERS].found || best[BY_UNITS].weight.units - best[BY_OTHERS].weight.units >= loss)
			continue;
		loss = best[BY_UNITS].weight.units - best[BY_OTHERS].weight.units;
		sum.other = i;
	}
	sum.total[BY_OTHERS] = sum.total[BY_UNITS];
	if (sum.total[BY_UNITS].others)
		sum.other = -1;
	else if (sum.other < 0)
		sum.total[BY_OTHERS].units = -1;
	else
		sum.total[BY_OTHERS].units -= loss;
	return sum;
}

/* Give the open values the widest of theirs; \a other: this one, or with INT_MAX all that can, is outside GSM-7. */
static void fill(struct fit *fit, enum widest_by by, int other)
{
	struct work *work = fit->work;
	uint16_t i;

	for (i = 0; i < work->open_count; i++) {
		const struct widest_value *best = work->open[i].widest.best;
		const struct widest_value *one = &best[best[by].found ? by : BY_UNITS];

		if ((other == i || other == INT_MAX) && best[BY_OTHERS].found)
			one = &best[BY_OTHERS];
		if (one->known)
			put_value(&fit->values, work->open[i].widest.var, &one->value);
	}
}

static void cut_filled(struct fit *fit, enum widest_by by, int other)
{
	const uint16_t len = fit->values.len;

	fill(fit, by, other);
	cut(fit);
	fit->values.len = len;
}

/* Whether everything surely fits one screen. */
static bool fits_one(const struct fit *fit, const struct measure *sum)
{
	struct view_text *text = &fit->work->text;
	struct text_cost last;

	view_compose(&fit->view, limits_of(fit), text);
	last = text_cost(text->last, text->flow.last_len);
	if (sum->total[BY_OTHERS].units < 0 && !sum->fixed.others && last.gsm7)
		return sum->total[BY_SEPTETS].septets + last.septets <= text->flow.last_budget.septets;
	return sum->total[BY_UNITS].units + last.units <= text->flow.last_budget.units &&
	       (sum->fixed.others || sum->total[BY_SEPTETS].septets + last.septets <= text->flow.last_budget.septets);
}

/* The order stores the confirmation in UTF-8. */
static void check_consent(struct fit *fit)
{
	const uint16_t len = fit->values.len;
	char shown[VIEW_CONSENT_ROOM];
	size_t octets;

	fill(fit, BY_OCTETS, -1);
	octets = view_consent(&fit->view, shown);
	if (octets > VIEW_CONSENT_MAX)
		note_bad(fit, 1, true);	/* less bad than a text that does not fit */
	fit->values.len = len;
}

/* With the widest values in UCS-2; if these are all in GSM-7, with one that is not; and, if none can be, with the widest in GSM-7. How a
 * text of several screens is cut depends on each value, so these are tried, too. */
static void check_case(struct fit *fit)
{
	const struct measure sum = measure(fit);
	int i;

	if (fit->consent && sum.total[BY_OCTETS].octets > VIEW_CONSENT_MAX)
		check_consent(fit);
	if (fits_one(fit, &sum))
		return;
	cut_filled(fit, BY_UNITS, -1);
	if (sum.other >= 0)
		cut_filled(fit, BY_UNITS, sum.other);
	if (!sum.total[BY_SEPTETS].others)
		cut_filled(fit, BY_SEPTETS, -1);
	for (i = 0; fit->allowed > 1 && i < fit->work->open_count; i++)
		if (fit->work->open[i].widest.best[BY_OTHERS].found && i != sum.other)
			cut_filled(fit, BY_UNITS, i);
	if (fit->allowed > 1)
		cut_filled(fit, BY_UNITS, INT_MAX);
}

/* ---- the values of a case ---- */

static void give(struct work *work, uint16_t var)
{
	work->blanks.given[var / 64] |= 1ull << var % 64;
}

static const uint16_t terms[] = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS };

#define TERMS_COUNT (sizeof(terms) / sizeof(terms[0]))

static bool is_term(uint16_t var)
{
	size_t i;

	for (i = 0; i < TERMS_COUNT && terms[i] != var; i++)
		;
	return i < TERMS_COUNT;
}

/* The constant that a page sets for it when it is entered; NULL: none. */
static const char *constant_of(const struct fit *fit, uint16_t var)
{
	const struct page *page = fit->view.page;
	uint8_t i;

	for (i = 0; page && i < page->with.count; i++)
		if (page->with.list[i].var == var && !page->with.list[i].from)
			return page->with.list[i].text;
	return NULL;
}

static void put_option(struct fit *fit, const struct domain *domain)
{
	const struct option *option = &domain->options[domain->chosen];
	struct value value;

	if (option->kind == OPTION_TEXT)
		record_put_text(&fit->values, domain->var, option->text, strlen(option->text));
	else if (option->kind == OPTION_NUMBER)
		record_put_number(&fit->values, domain->var, option->number);
	else if (option->kind == OPTION_SAME && record_get(&fit->values, option->from, &value) && value.is_text && value.len < 64) {
		char text[64];

		memcpy(text, value.text, value.len);
		record_put_text(&fit->values, domain->var, text, value.len);
	}
}

/* Add a service to those that the subscriber has. */
static void put_has(struct fit *fit, const struct domain *domain, char *codes, size_t size)
{
	struct value value = { .is_text = true, .text = domain->has, .len = domain->has ? strlen(domain->has) : 0 };
	const size_t len = strlen(codes);

	if (!domain->chosen || (domain->has_from && (!record_get(&fit->values, domain->has_from, &value) || !value.is_text)))
		return;
	if (len + value.len + 2 < size)
		snprintf(codes + len, size - len, "%s%.*s", len ? " " : "", value.len, value.text);
}

/* Set the variables of conditions, and the service's terms. */
static void put_case(struct fit *fit)
{
	struct work *work = fit->work;
	const struct page *page = fit->view.page;
	char codes[DOMAINS_MAX * (SERVICE_CODE_MAX + 1)] = "";
	uint16_t i, pass;

	memset(work->blanks.given, 0, sizeof(work->blanks.given));
	fit->values = (struct record){ work->data, 0, sizeof(work->data) };
	for (i = 0; fit->service && i < TERMS_COUNT; i++)
		give(work, terms[i]);
	if (fit->service)
		menu_put_service(fit->service, &fit->values);
	for (i = 0; page && i < page->with.count; i++) {
		const struct binding *binding = &page->with.list[i];

		if (binding->from || (binding->var == FIELD_SERVICE && fit->service))
			continue;
		record_put_text(&fit->values, binding->var, binding->text, strlen(binding->text));
		give(work, binding->var);
	}
	for (pass = 0; pass < 2; pass++)	/* values that equal another one come last */
		for (i = 0; i < work->domains_count; i++) {
			const struct domain *domain = &work->domains[i];

			if (domain->has || domain->has_from || (domain->options[domain->chosen].kind == OPTION_SAME) != pass)
				continue;
			put_option(fit, domain);
			give(work, domain->var);
		}
	for (i = 0; i < work->domains_count; i++)
		if (work->domains[i].has || work->domains[i].has_from)
			put_has(fit, &work->domains[i], codes, sizeof(codes));
	give(work, FIELD_SERVICES);
	if (*codes)
		record_put_text(&fit->values, FIELD_SERVICES, codes, strlen(codes));
}

/* ---- what they depend on ---- */

static void add_unit(struct fit *fit, struct unit unit)
{
	struct work *work = fit->work;

	if (work->units_count < UNITS_MAX)
		work->units[work->units_count++] = unit;
}

static void add_text_of(struct fit *fit, const struct text *text)
{
	if (text)
		add_unit(fit, (struct unit){ .text = text });
}

static const struct text *in_language(const struct fit *fit, texts_t texts)
{
	return texts ? &texts[fit->view.render.language - fit->build->menu->languages] : NULL;
}

static void add_texts(struct fit *fit, texts_t texts)
{
	add_text_of(fit, in_language(fit, texts));
}

typedef void visit_condition(struct fit *fit, const struct condition *condition, void *user);

static void each_of(struct fit *fit, const struct conditions *conditions, visit_condition *visit, void *user)
{
	unsigned int i;

	for (i = 0; conditions && i < conditions->only_if_count; i++)
		visit(fit, &conditions->only_if[i], user);
	for (i = 0; conditions && i < conditions->unless_count; i++)
		visit(fit, &conditions->unless[i], user);
}

static void each_condition(struct fit *fit, const struct unit *unit, visit_condition *visit, void *user)
{
	uint8_t v;

	each_of(fit, unit->conditions, visit, user);
	for (v = 0; unit->text && v < unit->text->count; v++)
		each_of(fit, &unit->text->variants[v].conditions, visit, user);
}

typedef void visit_variable(struct fit *fit, uint16_t var, void *user);

static void each_shown(struct fit *fit, const struct unit *unit, visit_variable *visit, void *user)
{
	uint16_t p;
	uint8_t v;

	for (v = 0; unit->text && v < unit->text->count; v++)
		for (p = 0; p < unit->text->variants[v].template.count; p++)
			if (unit->text->variants[v].template.pieces[p].var)
				visit(fit, unit->text->variants[v].template.pieces[p].var, user);
}

/* What a unit sets for a variable; NULL: nothing. */
static const struct binding *binding_of(const struct unit *unit, uint16_t var)
{
	uint8_t i;

	for (i = 0; unit->with && i < unit->with->count; i++)
		if (unit->with->list[i].var == var)
			return &unit->with->list[i];
	return NULL;
}

/* Whether it comes from rows, which have been chosen, or is definite for another reason. */
static bool is_definite(const struct fit *fit, const struct unit *unit, uint16_t var)
{
	if (unit->of_row && var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ROW)
		return true;
	if (binding_of(unit, var) || (is_term(var) && binding_of(unit, FIELD_SERVICE)))
		return true;
	return var == FIELD_LANGUAGE || var == FIELD_SERVICES || constant_of(fit, var) ||
	       (fit->about_service && fit->build->menu->catalogue.count && is_term(var));
}

/* Whether it depends on the service that the view is about. */
static bool needs_service(const struct unit *unit, uint16_t var)
{
	return is_term(var) && !unit->of_row && !binding_of(unit, FIELD_SERVICE);
}

static void note_shown(struct fit *fit, uint16_t var, void *user)
{
	fit->work->shown[var / 64] |= 1ull << var % 64;
	fit->about_service |= needs_service(user, var);
}

static void note_service(struct fit *fit, const struct condition *condition, void *user)
{
	uint8_t i;

	fit->about_service |= needs_service(user, condition->kind == CONDITION_FAMILY ? FIELD_SERVICE :
						  condition->kind == CONDITION_IS ? condition->field : FIELD_NONE);
	for (i = 0; i < condition->count; i++)
		fit->about_service |= condition->fields && needs_service(user, condition->fields[i]);
}

static struct domain *find_domain(struct work *work, uint16_t var, const char *has, uint16_t has_from)
{
	uint16_t i;

	for (i = 0; i < work->domains_count; i++) {
		struct domain *domain = &work->domains[i];

		if (domain->var == var && domain->has_from == has_from && !domain->has == !has && (!has || !strcmp(domain->has, has)))
			return domain;
	}
	return NULL;
}

static uint8_t root_of(const struct work *work, uint8_t index)
{
	while (work->domains[index].group != index)
		index = work->domains[index].group;
	return index;
}

/* The variables of one text belong together. */
struct group {
	const struct unit *unit;
	int first;			/* index of a domain; -1: none yet */
};

static void join(struct fit *fit, struct group *group, struct domain *domain)
{
	struct work *work = fit->work;
	const uint8_t index = root_of(work, domain - work->domains);

	if (group->first < 0)
		group->first = index;
	work->domains[index].group = root_of(work, group->first);
}

static void add_domain(struct fit *fit, struct group *group, uint16_t var, const char *has, uint16_t has_from)
{
	struct work *work = fit->work;
	struct domain *domain = find_domain(work, var, has, has_from);

	if (!domain && work->domains_count < DOMAINS_MAX) {
		domain = &work->domains[work->domains_count];
		*domain = (struct domain){ .var = var, .has = has, .has_from = has_from, .group = work->domains_count++ };
	}
	if (domain)
		join(fit, group, domain);
}

static void add_subject(struct fit *fit, const struct condition *condition, void *user)
{
	struct group *group = user;
	uint8_t i;

	if (condition->kind == CONDITION_HAS) {
		for (i = 0; i < condition->count; i++) {
			const struct binding *binding = binding_of(group->unit, condition->fields[i]);
			const uint16_t from = binding ? binding->from : condition->fields[i];

			add_domain(fit, group, FIELD_SERVICES, from ? NULL : binding ? binding->text : condition->values[i], from);
		}
	} else if (condition->kind == CONDITION_IS && !is_definite(fit, group->unit, condition->field)) {
		add_domain(fit, group, condition->field, NULL, FIELD_NONE);
	}
	for (i = 0; condition->kind != CONDITION_FAMILY && condition->kind != CONDITION_CHANNEL && i < condition->count; i++)
		if (condition->fields[i] && !is_definite(fit, group->unit, condition->fields[i]))
			add_domain(fit, group, condition->fields[i], NULL, FIELD_NONE);
}

/* A variable that is shown here, and decides about another text. */
static void join_shown(struct fit *fit, uint16_t var, void *user)
{
	struct group *group = user;
	struct domain *domain = is_definite(fit, group->unit, var) ? NULL : find_domain(fit->work, var, NULL, FIELD_NONE);

	if (domain)
		join(fit, group, domain);
}

static void add_option(struct work *work, struct domain *domain, struct option option)
{
	uint16_t i;

	for (i = 0; i < domain->count; i++) {
		const struct option *other = &domain->options[i];

		if (other->kind == option.kind && other->number == option.number && other->from == option.from &&
		    !other->text == !option.text && (!option.text || !strcmp(other->text, option.text)))
			return;
	}
	if (work->options_count == OPTIONS_MAX)
		return;
	domain->options[domain->count++] = option;
	work->options_count++;
}

/* The values that a condition names. */
static void add_values(struct fit *fit, const struct condition *condition, void *user)
{
	struct domain *domain = user;
	struct work *work = fit->work;
	uint8_t i;

	if (condition->kind == CONDITION_IS && condition->field == domain->var)
		for (i = 0; i < condition->count; i++)
			add_option(work, domain, condition->fields[i]
				   ? (struct option){ .kind = OPTION_SAME, .from = condition->fields[i] }
				   : (struct option){ .kind = OPTION_TEXT, .text = condition->values[i] });
	for (i = 0; condition->kind == CONDITION_AHEAD && i < condition->count; i++)
		if (condition->fields[i] == domain->var)
			add_option(work, domain, (struct option){ .kind = OPTION_NUMBER, .number = 19700101 });
}

/* Values that no condition names. If a text shows it, all that it can have, so that the widest is among them. */
static void add_any(struct fit *fit, struct domain *domain)
{
	const bool shown = fit->work->shown[domain->var / 64] & (1ull << domain->var % 64);
	const struct question *question = domain->var < VAR_FIRST ? NULL : fit->build->menu->vars[domain->var - VAR_FIRST];
	const struct words *words = build_find_words(fit->view.render.language, menu_var_words(fit->build->menu, domain->var));
	const char *codes = question ? NULL : field_codes(domain->var);
	const unsigned int width = template_width(fit->build, domain->var);
	const uint16_t before = domain->count;
	const char *widest;
	uint16_t i;
	size_t len;

	for (; codes && *codes; codes += strspn(codes + strcspn(codes, " "), " ") + strcspn(codes, " "))
		add_option(fit->work, domain, (struct option){ .kind = OPTION_TEXT,
			   .text = arena_copy(&fit->build->menu->arena, codes, strcspn(codes, " ")) });
	if (codes)
		return;
	for (i = 0; words && i < words->count && (shown || domain->count == before); i++)
		add_option(fit->work, domain, (struct option){ .kind = OPTION_TEXT, .text = words->list[i].code });
	for (i = 0; question && question->kind == QUESTION_ONE_OF && i < question->values_count; i++)
		add_option(fit->work, domain, (struct option){ .kind = OPTION_TEXT, .text = question->values[i] });
	for (i = 0; question && question->kind == QUESTION_LENGTH && !words && (widest = widest_text(question, i, width, &len)); i++)
		add_option(fit->work, domain, (struct option){ .kind = OPTION_TEXT,
			   .text = arena_copy(&fit->build->menu->arena, widest, len) });
	if (!words && (!question || (question->kind != QUESTION_ONE_OF && question->kind != QUESTION_LENGTH)))
		add_option(fit->work, domain, (struct option){ .kind = OPTION_TEXT, .text = widest_code(width) });
}

static void add_options(struct fit *fit, struct domain *domain)
{
	const enum field_type type = menu_var_type(fit->build->menu, domain->var);
	struct work *work = fit->work;
	uint16_t i;

	domain->options = work->options + work->options_count;
	add_option(work, domain, (struct option){ .kind = OPTION_NONE });
	if (domain->has || domain->has_from) {
		add_option(work, domain, (struct option){ .kind = OPTION_TEXT });
		return;
	}
	for (i = 0; i < work->units_count; i++)
		each_condition(fit, &work->units[i], add_values, domain);
	each_of(fit, fit->where, add_values, domain);
	if (type == FIELD_TYPE_TEXT || type == FIELD_TYPE_CODE)
		add_any(fit, domain);
	else
		add_option(work, domain, (struct option){ .kind = OPTION_NUMBER, .number =
			   type == FIELD_TYPE_DATE ? 99991231 : type == FIELD_TYPE_MONTH ? 202612 : type == FIELD_TYPE_TIME ? NOW :
			   widest_number(&fit->view.render, type, template_width(fit->build, domain->var)) });
}

static void find_domains(struct fit *fit)
{
	struct work *work = fit->work;
	struct unit where = { .conditions = fit->where };
	struct group group;
	uint16_t i;

	work->domains_count = work->options_count = 0;
	memset(work->shown, 0, sizeof(work->shown));
	fit->about_service = false;
	for (i = 0; i < work->units_count; i++) {
		each_shown(fit, &work->units[i], note_shown, &work->units[i]);
		each_condition(fit, &work->units[i], note_service, &work->units[i]);
	}
	each_of(fit, fit->where, note_service, &where);
	fit->about_service &= !constant_of(fit, FIELD_SERVICE) || catalogue_find(&fit->build->menu->catalogue,
				constant_of(fit, FIELD_SERVICE), strlen(constant_of(fit, FIELD_SERVICE)));
	for (i = 0; i < work->units_count; i++) {
		group = (struct group){ &work->units[i], -1 };
		each_condition(fit, &work->units[i], add_subject, &group);
	}
	group = (struct group){ &where, -1 };
	each_of(fit, fit->where, add_subject, &group);
	for (i = 0; i < work->units_count; i++) {
		group = (struct group){ &work->units[i], -1 };
		each_condition(fit, &work->units[i], add_subject, &group);
		each_shown(fit, &work->units[i], join_shown, &group);
	}
	for (i = 0; i < work->domains_count; i++)
		add_options(fit, &work->domains[i]);
}

/* ---- all cases ---- */

/* Choose the next combination of a group's options (all: of all). False: that was the last; all are the first again. */
static bool next_combination(struct work *work, int group)
{
	uint16_t i;

	for (i = 0; i < work->domains_count; i++) {
		struct domain *domain = &work->domains[i];

		if (group >= 0 && root_of(work, i) != group)
			continue;
		if (++domain->chosen < domain->count)
			return true;
		domain->chosen = 0;
	}
	return false;
}

static double combinations(const struct work *work, int group)
{
	double count = 1;
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		if (group < 0 || root_of(work, i) == group)
			count *= work->domains[i].count;
	return count;
}

static void keep_best(struct work *work, int group, enum widest_by by)
{
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		if (root_of(work, i) == group)
			work->domains[i].best[by] = work->domains[i].chosen;
}

/* Find the worst combinations of one group, while all others have their first. */
static void search_group(struct fit *fit, int group)
{
	struct work *work = fit->work;
	long best[BY_COUNT] = { -1, -1, -1, -1 }, least_others = LONG_MAX;
	unsigned int by;

	do {
		struct measure sum;
		long others;

		put_case(fit);
		sum = measure(fit);
		others = sum.fixed.others;
		if (others < least_others) {	/* what was found before was the same outside GSM-7 in all combinations */
			least_others = others;
			best[BY_SEPTETS] = -1;
		}
		for (by = 0; by < BY_COUNT; by++) {
			const struct weight *total = &sum.total[by];
			const long value = by == BY_SEPTETS ? others > least_others ? -1 : total->septets
					 : by == BY_OTHERS ? others > least_others ? sum.total[BY_UNITS].units : total->units
					 : by == BY_OCTETS ? total->octets : total->units;

			if (value <= best[by])
				continue;
			best[by] = value;
			keep_best(work, group, by);
		}
	} while (next_combination(work, group));
}

static void choose(struct work *work, enum widest_by by, int other)
{
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		work->domains[i].chosen = work->domains[i].best[root_of(work, i) == other ? BY_OTHERS : by];
}

/* The worst of each group together. */
static void check_groups(struct fit *fit)
{
	struct work *work = fit->work;
	uint16_t i, by;

	for (i = 0; i < work->domains_count; i++)
		if (root_of(work, i) == i)
			search_group(fit, i);
	for (by = 0; by < BY_COUNT; by++) {
		choose(work, by, -1);
		put_case(fit);
		fit->each(fit);
	}
	for (i = 0; i < work->domains_count; i++) {
		if (root_of(work, i) != i)
			continue;
		choose(work, BY_UNITS, i);
		put_case(fit);
		fit->each(fit);
	}
	for (i = 0; i < work->domains_count; i++)
		work->domains[i].chosen = 0;
}

static bool occurs(struct fit *fit)
{
	fit->view.render.values = &fit->values;
	return !fit->where || conditions_hold(fit->where, &fit->view.render);
}

static void check_service(struct fit *fit)
{
	struct work *work = fit->work;

	if (combinations(work, -1) > CASES_MAX && !fit->where) {
		check_groups(fit);
		return;
	}
	do {
		put_case(fit);
		if (occurs(fit))
			fit->each(fit);
	} while (next_combination(work, -1));
}

static void check_services(struct fit *fit)
{
	const struct catalogue *catalogue = &fit->build->menu->catalogue;
	const char *constant = constant_of(fit, FIELD_SERVICE);
	size_t i;

	fit->service = NULL;
	if (!fit->about_service || !catalogue->count) {
		check_service(fit);
		return;
	}
	for (i = 0; i < catalogue->count; i++) {
		fit->service = &catalogue->services[i];
		if (!constant || !strcmp(constant, fit->service->code))
			check_service(fit);
	}
}

/* On the screen, and, if the menu accepts texts, by short message. */
static void check_cases(struct fit *fit)
{
	struct work *work = fit->work;
	uint16_t i;

	find_domains(fit);
	for (i = 0; i < work->domains_count; i++)
		if (combinations(work, root_of(work, i)) > GROUP_CASES_MAX) {
			problems_add_at(fit->build->problems, fit->page ? fit->page->file : NULL, fit->page ? fit->page->line : 0,
					"page '%s', %s, depends on more combinations of conditions than can be checked",
					fit->page ? fit->page->name : "", fit->part);
			return;
		}
	fit->worst = 0;
	fit->each = check_case;
	fit->view.render.messages = false;
	if (!fit->messages_only)
		check_services(fit);
	fit->view.render.messages = true;
	if (fit->build->has_services)
		check_services(fit);
	fit->view.render.messages = false;
	report(fit);
}

/* ---- rows ---- */

struct widest_row {
	long cost;
	uint16_t len;
	uint8_t data[ROW_ROOM];
	char text[VIEW_BODY_MAX / 4];
	uint16_t text_len;
};

/* The widest row of each service, by one measure. */
struct search_rows {
	enum widest_by by;
	struct widest_row best[CHOSEN_MAX];	/* of different services, the widest first */
	const struct service *services[CHOSEN_MAX];
	unsigned int count;
};

static void consider_row(struct fit *fit)
{
	struct search_rows *rows = fit->user;
	const struct measure sum = measure(fit);
	const struct weight *total = &sum.total[rows->by];
	const long cost = rows->by == BY_SEPTETS ? total->others ? -1 : total->septets : total->units;
	struct value value;
	struct record row;
	unsigned int at;
	uint16_t pos = 0, var;

	for (at = 0; at < rows->count && rows->services[at] != fit->service; at++)
		;
	if (cost < 0 || (at < rows->count && cost <= rows->best[at].cost))
		return;
	if (at == rows->count) {
		if (rows->count == CHOSEN_MAX && cost <= rows->best[--at].cost)
			return;
		rows->count += rows->count < CHOSEN_MAX;
	}
	for (; at && rows->best[at - 1].cost < cost; at--) {
		rows->best[at] = rows->best[at - 1];
		rows->services[at] = rows->services[at - 1];
	}
	fill(fit, rows->by == BY_OTHERS ? BY_UNITS : rows->by, rows->by == BY_OTHERS ? sum.other : -1);
	row = (struct record){ rows->best[at].data, 0, ROW_ROOM };
	while (record_next(&fit->values, &pos, &var, &value))
		if (var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ROW)
			put_value(&row, var, &value);
	rows->best[at].cost = cost;
	rows->best[at].len = row.len;
	rows->best[at].text_len = view_body(&fit->view, fit->work->body);
	if (rows->best[at].text_len > sizeof(rows->best[at].text))
		rows->best[at].text_len = sizeof(rows->best[at].text);
	memcpy(rows->best[at].text, fit->work->body, rows->best[at].text_len);
	rows->services[at] = fit->service;
}

static struct fit fit_of(const struct fit *page, enum view_kind kind, const char *part, unsigned int allowed)
{
	struct fit fit = { .build = page->build, .work = page->work, .page = page->page, .part = part, .view = page->view,
			   .allowed = allowed };

	fit.work->units_count = 0;
	fit.view.kind = kind;
	fit.view.waits = kind == VIEW_QUESTION || kind == VIEW_CONFIRM || kind == VIEW_CODE;
	return fit;
}

/* Search the widest rows of a text; without a catalogue one row stands for all. */
static void search_rows(const struct fit *page, const struct text *text, const struct conditions *where, bool messages,
			struct search_rows *rows)
{
	struct fit fit = fit_of(page, VIEW_END, "", 1);

	fit.view.page = NULL;
	fit.view.above = text;
	fit.view.render.messages = messages;
	fit.where = where;
	fit.each = consider_row;
	fit.user = rows;
	add_text_of(&fit, text);
	find_domains(&fit);
	rows->count = 0;
	if (combinations(fit.work, -1) <= GROUP_CASES_MAX)
		check_services(&fit);
}

/* Put the widest rows, at most \a most; if there is no catalogue, the same one as often. */
static void put_rows(const struct search_rows *search, unsigned int most, struct rows *rows)
{
	unsigned int i;

	for (i = 0; search->count && i < most; i++) {
		const struct widest_row *best = &search->best[search->services[0] ? i : 0];

		if (search->services[0] && i == search->count)
			return;
		rows_add(rows, &(struct record){ (uint8_t *)best->data, best->len, best->len });
	}
}

/* Check the view with each of the rows that are widest in some way. */
static void check_with_rows(struct fit *fit, const struct text *row, const struct conditions *where, unsigned int most)
{
	static const enum widest_by measures[] = { BY_UNITS, BY_SEPTETS, BY_OTHERS };
	struct unit units[UNITS_MAX];
	const uint16_t units_count = fit->work->units_count;
	uint8_t data[2][CHOSEN_MAX * (ROW_ROOM + 2)];
	struct rows rows[2] = {};
	struct search_rows *search = malloc(sizeof(*search));
	unsigned int i;

	if (!search)
		abort();
	memcpy(units, fit->work->units, units_count * sizeof(units[0]));
	for (i = 0; i < 2 * 3 && !fit->worst; i++) {
		struct rows *now = &rows[i % 2];

		if (i >= 3 && !fit->build->has_services)
			break;
		*now = (struct rows){ .data = data[i % 2], .size = sizeof(data[0]) };
		search->by = measures[i % 3];
		search_rows(fit, row, where, i >= 3, search);
		put_rows(search, most, now);
		if (!now->count || (now->len == rows[!(i % 2)].len && !memcmp(now->data, rows[!(i % 2)].data, now->len)))
			continue;
		memcpy(fit->work->units, units, units_count * sizeof(units[0]));
		fit->work->units_count = units_count;
		fit->view.rows = now;
		check_cases(fit);
	}
	fit->view.rows = NULL;
	free(search);
}

/* ---- the parts of a page ---- */

static void check_end(const struct fit *page, const struct text *text, const char *part, unsigned int allowed, bool messages_only)
{
	struct fit fit = fit_of(page, VIEW_END, part, allowed);

	fit.messages_only = messages_only;
	fit.view.above = text;
	if (allowed > 1) {	/* what is longer than a screen is asked for as on the page */
		fit.view.back = page->page->hint_back;
		fit.view.home = page->page->hint_home;
	}
	add_text_of(&fit, text);
	check_cases(&fit);
}

static void check_question(const struct fit *page, const struct page *of, uint8_t question, const struct text *above)
{
	/* an answer counts on each screen, but the question itself must not be cut */
	struct fit fit = fit_of(page, VIEW_QUESTION, of->questions[question].name, above ? page->build->menu->screens_max : 1);

	fit.view.page = of;
	fit.view.question = question;
	fit.view.above = above;
	fit.view.back = of->hint_back;
	fit.view.home = of->hint_home;
	add_text_of(&fit, above);
	add_texts(&fit, of->questions[question].prompt);
	check_cases(&fit);
}

static void add_system(struct fit *fit, enum system_text text)
{
	add_text_of(fit, &fit->view.render.language->system[text]);
}

/* The first view of a page: its text, or one row of its list and none, or its first question, or its confirmation. */
static void check_first(const struct fit *page, const struct page *of, const struct text *above, unsigned int depth)
{
	struct fit fit;
	uint8_t i;

	if (page->build->broken[of - page->build->menu->pages])
		return;
	for (i = 0; of->route && i < of->choices_count && depth < 8; i++)
		check_first(page, &page->build->menu->pages[of->choices[i].page], above, depth + 1);
	if (of->route)
		return;
	if (of->questions_count && above) {
		check_question(page, of, 0, above);
		return;
	}
	if (of->action && !of->confirm)
		return;
	fit = fit_of(page, of->confirm ? VIEW_CONFIRM : VIEW_PAGE, of->confirm ? "the confirmation" : "its text",
		     of->confirm ? of->screens : page->build->menu->screens_max);
	fit.view.page = of;
	fit.view.above = above;
	fit.view.back = of->hint_back;
	fit.view.home = of->hint_home;
	fit.view.waits |= of->choices_count || of->stay;
	fit.consent = of->confirm;
	view_drop_hints(&fit.view);
	add_text_of(&fit, above);
	if (of->confirm) {
		add_system(&fit, SYSTEM_YES);
		add_system(&fit, SYSTEM_NO);
	}
	if (!of->list) {
		add_texts(&fit, of->text);
		for (i = 0; i < of->choices_count; i++)
			add_unit(&fit, (struct unit){ .conditions = &of->choices[i].conditions, .with = &of->choices[i].with,
						      .text = in_language(&fit, of->choices[i].label) });
		check_cases(&fit);
		return;
	}
	fit.part = "without rows";
	add_texts(&fit, of->empty);
	check_cases(&fit);
	fit.work->units_count = 0;
	fit.part = "with one row";
	add_text_of(&fit, above);
	add_texts(&fit, of->text);
	add_unit(&fit, (struct unit){ .text = in_language(&fit, of->row), .of_row = true });
	check_with_rows(&fit, in_language(&fit, of->row), &of->where, 1);
}

/* F34: the request with a one-time code instead of a yes, by short message. */
static void check_code(const struct fit *page)
{
	struct fit fit = fit_of(page, VIEW_CODE, "with a one-time code", 1);

	fit.messages_only = true;
	fit.consent = true;
	add_texts(&fit, page->page->confirm ? page->page->text : page->page->request);
	add_system(&fit, SYSTEM_CODE);
	if (!page->page->confirm && !page->page->request)
		add_system(&fit, SYSTEM_CODE_REQUEST);
	check_cases(&fit);
}

/* ---- several rows ---- */

static void check_several(const struct fit *page)
{
	struct fit fit = fit_of(page, VIEW_CONFIRM, "the confirmation of several rows", page->build->menu->screens_max);

	fit.consent = true;
	fit.view.back = page->page->hint_back;
	fit.view.home = page->page->hint_home;
	view_drop_hints(&fit.view);
	add_texts(&fit, page->page->several);
	add_unit(&fit, (struct unit){ .text = in_language(&fit, page->page->row), .of_row = true });
	add_system(&fit, SYSTEM_YES);
	add_system(&fit, SYSTEM_NO);
	check_with_rows(&fit, in_language(&fit, page->page->row), NULL, CHOSEN_MAX);
}

/* The widest lines of all outcomes so far, of different services. */
static void search_lines(const struct fit *page, const struct text *text, struct search_rows *lines)
{
	struct search_rows *more = calloc(1, sizeof(*more));
	struct widest_row line;
	unsigned int i, at;

	if (!more)
		abort();
	more->by = BY_UNITS;
	search_rows(page, text, NULL, false, more);
	for (i = 0; i < more->count; i++) {
		for (at = 0; at < lines->count && lines->services[at] != more->services[i]; at++)
			;
		if (at == CHOSEN_MAX || (at < lines->count && more->best[i].cost <= lines->best[at].cost))
			continue;
		lines->count += at == lines->count;
		line = more->best[i];
		lines->best[at] = line;
		lines->services[at] = more->services[i];
	}
	free(more);
}

static void search_lines_of(const struct fit *page, uint16_t index, struct search_rows *lines)
{
	const struct page *of = &page->build->menu->pages[index];
	uint8_t i;

	for (i = 0; of->route && i < of->choices_count; i++)
		search_lines_of(page, of->choices[i].page, lines);
	if (!of->route && of->text)
		search_lines(page, in_language(page, of->text), lines);
}

/* The results of several rows, one line each. */
static void check_results(const struct fit *page)
{
	struct fit fit = fit_of(page, VIEW_RESULTS, "the results of several rows", page->build->menu->screens_max);
	struct search_rows *lines = calloc(1, sizeof(*lines));
	char text[VIEW_BODY_MAX];
	struct writer writer = { text, text + sizeof(text) };
	unsigned int i;
	uint8_t o;

	if (!lines)
		abort();
	for (o = 0; o < page->page->outcomes_count; o++) {
		const struct outcome *outcome = &page->page->outcomes[o];

		if (outcome->text)
			search_lines(page, in_language(page, outcome->text), lines);
		else if (outcome->page != PAGE_NONE)
			search_lines_of(page, outcome->page, lines);
	}
	for (i = 0; lines->count && i < CHOSEN_MAX && (i < lines->count || !lines->services[0]); i++) {
		const struct widest_row *line = &lines->best[lines->services[0] ? i : 0];

		writer_string(&writer, i ? "\n" : "");
		writer_put(&writer, line->text, line->text_len);
	}
	free(lines);
	if (writer.at - text > RESULTS_MAX)
		problems_add_at(page->build->problems, page->page->file, page->page->line, "page '%s': the results of %d rows in language "
				"'%s' are longer than %d octets", page->page->name, CHOSEN_MAX, page->view.render.language->name,
				RESULTS_MAX);
	fit.values = (struct record){ fit.work->data, 0, sizeof(fit.work->data) };
	record_put_text(&fit.values, VAR_RESULTS, text, writer.at - text);
	fit.view.render.values = &fit.values;
	fit.view.back = page->page->hint_back;
	fit.view.home = page->page->hint_home;
	cut(&fit);
	report(&fit);
}

/* ---- everything ---- */

/* Which ends come when nobody can ask for a second screen. */
static bool is_last(const char *outcome)
{
	return !strcmp(outcome, OUTCOME_NAME_LATE) || !strcmp(outcome, OUTCOME_NAME_DECLINED);
}

static void check_outcome(const struct fit *page, const struct outcome *outcome)
{
	const struct text *text = in_language(page, outcome->text);

	if (!text)
		return;
	if (outcome->again)
		check_question(page, page->page, outcome->again - 1, text);
	else if (outcome->page != PAGE_NONE)
		check_first(page, &page->build->menu->pages[outcome->page], text, 0);
	else
		check_end(page, text, outcome->name, is_last(outcome->name) ? 1 : page->build->menu->screens_max, false);
}

static void check_page(struct fit *fit, const struct page *page)
{
	uint8_t i;

	fit->page = fit->view.page = page;
	check_first(fit, page, NULL, 0);
	for (i = 0; i < page->questions_count; i++)
		check_question(fit, page, i, NULL);
	if (page->action && fit->build->has_services)
		check_code(fit);
	if (page->several && page->action) {
		check_several(fit);
		check_results(fit);
	}
	for (i = 0; i < page->outcomes_count; i++)
		check_outcome(fit, &page->outcomes[i]);
	if (page->sent)
		check_end(fit, in_language(fit, page->sent), "sent", 1, false);
}

static void check_system(struct fit *fit, const struct language *language)
{
	char part[80];
	unsigned int i;

	fit->page = fit->view.page = NULL;
	for (i = 0; i < SYSTEM_COUNT; i++) {
		if (i == SYSTEM_CODE || !language->system[i].count)
			continue;	/* part of messages that are checked as a whole */
		snprintf(part, sizeof(part), "system text '%s'", build_system_name(i));
		check_end(fit, &language->system[i], part, 1, build_system_for_texts(i));
	}
}

void build_fit_check(struct build *build)
{
	const struct menu *menu = build->menu;
	struct work *work = calloc(1, sizeof(*work));
	uint16_t l, i;

	if (!work)
		abort();
	for (l = 0; !build->broken_catalogue && l < menu->languages_count; l++) {
		struct fit fit = { .build = build, .work = work,
				   .view = { .render = { .menu = menu, .language = &menu->languages[l], .now = NOW } } };
		struct fit resume;

		if (build->broken_languages[l])
			continue;
		for (i = 0; i < menu->pages_count; i++)
			if (!build->broken[i])
				check_page(&fit, &menu->pages[i]);
		check_system(&fit, &menu->languages[l]);
		resume = fit_of(&fit, VIEW_RESUME, "the offer to resume", 1);
		resume.view.waits = true;
		resume.view.page = NULL;
		add_system(&resume, SYSTEM_RESUME);
		add_system(&resume, SYSTEM_RESUME_YES);
		add_system(&resume, SYSTEM_RESUME_NO);
		check_cases(&resume);
	}
	free(work);
}
