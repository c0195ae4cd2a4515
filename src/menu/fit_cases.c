/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cases of a view, for the fit check.
 *
 * What a page shows depends on conditions, and on the service that it is about. Each combination of these is a case, in which they have
 * definite values, those of the catalogue for each service. All other values are the widest of the real ones (widest.c), the same wherever
 * the text shows them.
 *
 * The conditions of one text are tried in all combinations. Texts without a common field are independent of each other: if they have many
 * combinations together, the worst case of each is found by itself. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "menu/fit_cases.h"

#define CASES_MAX 256		/* more: each group of conditions by itself */

/* ---- what a case adds up to ---- */

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

struct measure fit_measure(struct fit *fit)
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

/* ---- the values of a case ---- */

static void give(struct work *work, uint16_t var)
{
	work->blanks.given[var / 64] |= 1ull << var % 64;
}

/* Whether it is the service that a view is about, or comes with it. */
static bool is_of_service(uint16_t var)
{
	return var == FIELD_SERVICE || menu_is_catalogue_term(var);
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
	const enum field *term;
	uint16_t i, pass;

	memset(work->blanks.given, 0, sizeof(work->blanks.given));
	fit->values = (struct record){ work->data, 0, sizeof(work->data) };
	if (fit->service) {
		give(work, FIELD_SERVICE);
		for (term = menu_catalogue_terms; *term; term++)
			give(work, *term);
		menu_put_service(fit->service, &fit->values);
	}
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
	if (binding_of(unit, var) || (is_of_service(var) && binding_of(unit, FIELD_SERVICE)))
		return true;
	return var == FIELD_LANGUAGE || var == FIELD_SERVICES || constant_of(fit, var) ||
	       (fit->about_service && fit->build->menu->catalogue.count && is_of_service(var));
}

/* Whether it depends on the service that the view is about. */
static bool needs_service(const struct unit *unit, uint16_t var)
{
	return is_of_service(var) && !unit->of_row && !binding_of(unit, FIELD_SERVICE);
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

uint8_t fit_root_of(const struct work *work, uint8_t index)
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
	const uint8_t index = fit_root_of(work, domain - work->domains);

	if (group->first < 0)
		group->first = index;
	work->domains[index].group = fit_root_of(work, group->first);
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

void fit_find_domains(struct fit *fit)
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

		if (group >= 0 && fit_root_of(work, i) != group)
			continue;
		if (++domain->chosen < domain->count)
			return true;
		domain->chosen = 0;
	}
	return false;
}

double fit_combinations(const struct work *work, int group)
{
	double count = 1;
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		if (group < 0 || fit_root_of(work, i) == group)
			count *= work->domains[i].count;
	return count;
}

static void keep_best(struct work *work, int group, enum widest_by by)
{
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		if (fit_root_of(work, i) == group)
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
		sum = fit_measure(fit);
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
		work->domains[i].chosen = work->domains[i].best[fit_root_of(work, i) == other ? BY_OTHERS : by];
}

/* The worst of each group together. */
static void check_groups(struct fit *fit)
{
	struct work *work = fit->work;
	uint16_t i, by;

	for (i = 0; i < work->domains_count; i++)
		if (fit_root_of(work, i) == i)
			search_group(fit, i);
	for (by = 0; by < BY_COUNT; by++) {
		choose(work, by, -1);
		put_case(fit);
		fit->each(fit);
	}
	for (i = 0; i < work->domains_count; i++) {
		if (fit_root_of(work, i) != i)
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

	if (fit_combinations(work, -1) > CASES_MAX && !fit->where) {
		check_groups(fit);
		return;
	}
	do {
		put_case(fit);
		if (occurs(fit))
			fit->each(fit);
	} while (next_combination(work, -1));
}

void fit_check_services(struct fit *fit)
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
