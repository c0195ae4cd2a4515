/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cases of a view, for the fit check.
 *
 * What a page shows depends on conditions, and on the service that it is about. Each combination of these is a case, in which they have
 * definite values, those of the catalogue for each service. All other values are the widest of the real ones (widest.c), the same wherever
 * the text shows them.
 *
 * A value is decided only where it matters: if the first variant of a text is shown, the conditions of the others do not. Texts without a
 * common field are independent of each other: if they have many cases together, the worst case of each is found by itself. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "menu/fit_cases.h"

#define CASES_MAX 256		/* more: each group of conditions by itself */
#define GROUP_CASES_MAX 4096	/* more: what most texts depend on is decided first */
#define SPLITS_MAX 512		/* decided so; more: the view is refused */

/* ---- what a case adds up to ---- */

static struct open *open_of(struct work *work, uint16_t var)
{
	uint16_t i;

	for (i = 0; i < work->open_count; i++)
		if (work->open[i].widest.var == var)
			return &work->open[i];
	if (work->open_count == OPEN_MAX)
		return NULL;
	work->open[work->open_count].widest.var = var;
	work->open[work->open_count].count = 0;		/* the rest is large, and set later */
	return &work->open[work->open_count++];
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

/* Find the widest value; one that is shown plainly in one place, in any case, is found only once. */
static void find_widest(struct fit *fit, struct open *open, const struct domain *domain)
{
	const struct language *language = fit->view.render.language;
	const struct piece *piece = open->places[0];
	const uintptr_t hash = (uintptr_t)piece->words / 16 ^ piece->var * 8u ^ (uintptr_t)(language - fit->build->menu->languages);
	struct known_widest *known = &fit->work->known[hash % KNOWN_WIDEST];

	if (domain || open->count > 1 || piece->kind != PIECE_VALUE || piece->before || piece->var == FIELD_INSTEAD) {
		widest_find(&fit->view.render, open->places, open->count, domain ? &domain->of : NULL, &open->widest);
		return;
	}
	if (known->language != language || known->piece.var != piece->var || known->piece.words != piece->words ||
	    known->piece.width != piece->width || known->piece.cut != piece->cut) {
		widest_find(&fit->view.render, open->places, 1, NULL, &known->widest);
		known->language = language;
		known->piece = *piece;
	}
	open->widest = known->widest;
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
	work->body_len = view_body(&fit->view, work->body);
	sum.fixed = weigh(&fit->view.render, work->body, work->body_len);
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
		const struct domain *domain = find_domain(work, open->widest.var, NULL, FIELD_NONE);

		find_widest(fit, open, domain);
		weight_add(&sum.total[BY_UNITS], &best[BY_UNITS].weight);
		weight_add(&sum.total[BY_OCTETS], &best[BY_OCTETS].weight);
		if (best[BY_SEPTETS].found)
			weight_add(&sum.total[BY_SEPTETS], &best[BY_SEPTETS].weight);
		else
			sum.total[BY_SEPTETS].others++;
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

/* Whether any value that no condition tells from the chosen one may be shown. */
static bool is_open(const struct domain *domain)
{
	const struct option *option = &domain->options[domain->chosen];

	return !domain->exact && (option->kind == OPTION_NONE || option->kind == OPTION_LIKE);
}

static void put_option(struct fit *fit, const struct domain *domain)
{
	const struct option *option = &domain->options[domain->chosen];
	struct value value;

	if (option->text)
		record_put_text(&fit->values, domain->var, option->text, strlen(option->text));
	else if (option->kind == OPTION_VALUE || option->kind == OPTION_LIKE)
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
	char codes[DOMAINS_MAX * (SERVICE_CODE_MAX + 1)];
	const enum field *term;
	uint16_t i, pass;

	codes[0] = '\0';
	memset(work->blanks.given, 0, sizeof(work->blanks.given));
	fit->values = (struct record){ work->data, 0, sizeof(work->data) };
	if (fit->service) {
		give(work, FIELD_SERVICE);
		for (term = menu_catalogue_terms; *term; term++)
			give(work, *term);
		menu_put_service(fit->service, &fit->values);
		if (fit->trial >= TRIAL_WITHOUT_DAYS)
			record_drop(&fit->values, FIELD_TRIAL_DAYS);
		if (fit->trial >= TRIAL_NONE) {
			record_drop(&fit->values, FIELD_TRIAL_PRICE);
			record_drop(&fit->values, FIELD_TRIAL_ENDS);
		}
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
			if (!is_open(domain))
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
	fit->about_service |= needs_service(user, var);
}

static void note_condition(struct fit *fit, const struct condition *condition, void *user)
{
	uint8_t i;

	fit->by_channel |= condition->kind == CONDITION_CHANNEL;
	fit->about_service |= needs_service(user, condition->kind == CONDITION_FAMILY ? FIELD_SERVICE :
						  condition->kind == CONDITION_IS ? condition->field : FIELD_NONE);
	for (i = 0; i < condition->count; i++)
		fit->about_service |= condition->fields && needs_service(user, condition->fields[i]);
}

static uint8_t root_of(const struct work *work, uint8_t index)
{
	while (work->domains[index].group != index)
		index = work->domains[index].group;
	return index;
}

/* Values are of one class if no condition tells them apart; NULL: missing. */
static unsigned int class_of(const struct domain *domain, const struct value *value)
{
	unsigned int class = 0;
	uint16_t i;

	if (!value)
		return 0;
	class |= domain->known && (value->is_text ? value->len > 0 : value->number > 0);
	class |= (domain->ahead && !value->is_text && value->number > format_today(NOW, 0)) << 1;
	for (i = 0; value->is_text && i < domain->count; i++)
		if (domain->options[i].kind == OPTION_VALUE && strlen(domain->options[i].text) == value->len &&
		    !memcmp(domain->options[i].text, value->text, value->len))
			class |= (i + 1u) << 2;
	return class;
}

static unsigned int class_of_option(const struct domain *domain, const struct option *option)
{
	const struct value value = { .is_text = option->text, .text = option->text, .len = option->text ? strlen(option->text) : 0,
				     .number = option->number };

	return class_of(domain, option->kind == OPTION_VALUE || option->kind == OPTION_LIKE ? &value : NULL);
}

static bool has_value(const struct widest_case *of, const struct value *value)
{
	const struct domain *domain = (const struct domain *)of;	/* its first member */

	return class_of(domain, value) == class_of_option(domain, &domain->options[domain->chosen]);
}

/* A value on which a condition depends; \a exact: it is also used elsewhere, in another variable or to find another one's. */
typedef void visit_subject(struct fit *fit, uint16_t var, const char *has, uint16_t has_from, bool exact, void *user);

/* Whether the subscriber has the service of each row is a case of its own. False: the value does not come from rows on sale. */
static bool each_row_subject(struct fit *fit, const struct unit *unit, uint16_t var, visit_subject *visit, void *user)
{
	const struct service *service;
	struct value code;
	struct record row;
	uint16_t pos = 0;

	if (!unit->of_row || !fit->view.rows)
		return false;
	while (rows_next(fit->view.rows, &pos, &row)) {
		service = record_get(&row, var, &code) && code.is_text ? catalogue_find(&fit->build->menu->catalogue, code.text, code.len)
								       : NULL;
		if (!service)
			return false;
		visit(fit, FIELD_SERVICES, service->code, FIELD_NONE, false, user);
	}
	return true;
}

static void each_subject(struct fit *fit, const struct unit *unit, const struct condition *condition, visit_subject *visit, void *user)
{
	const bool compares = condition->kind == CONDITION_IS || condition->kind == CONDITION_HAS;
	bool exact = false;
	uint8_t i;

	for (i = 0; condition->kind == CONDITION_HAS && i < condition->count; i++) {
		const struct binding *binding = binding_of(unit, condition->fields[i]);
		const uint16_t from = binding ? binding->from : condition->fields[i];

		if (from && each_row_subject(fit, unit, from, visit, user))
			continue;
		visit(fit, FIELD_SERVICES, from ? NULL : binding ? binding->text : condition->values[i], from, false, user);
	}
	for (i = 0; condition->kind != CONDITION_FAMILY && condition->kind != CONDITION_CHANNEL && i < condition->count; i++) {
		if (!condition->fields[i] || is_definite(fit, unit, condition->fields[i]))
			continue;
		visit(fit, condition->fields[i], NULL, FIELD_NONE, compares, user);
		exact |= compares;
	}
	if (condition->kind == CONDITION_IS && !is_definite(fit, unit, condition->field))
		visit(fit, condition->field, NULL, FIELD_NONE, exact, user);
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

	if (domain->decided)
		return;
	domain->texts++;
	if (group->first < 0)
		group->first = index;
	work->domains[index].group = root_of(work, group->first);
}

static void add_domain(struct fit *fit, uint16_t var, const char *has, uint16_t has_from, bool exact, void *user)
{
	struct work *work = fit->work;
	struct domain *domain = find_domain(work, var, has, has_from);

	if (!domain && work->domains_count == DOMAINS_MAX) {
		work->too_many = true;
		return;
	}
	if (!domain) {
		domain = &work->domains[work->domains_count++];
		*domain = (struct domain){ .of.has = has_value, .var = var, .has = has, .has_from = has_from };
	}
	domain->exact |= exact;
}

static void add_domains(struct fit *fit, const struct condition *condition, void *user)
{
	each_subject(fit, user, condition, add_domain, NULL);
}

/* A variable whose value is shown as that of another. */
static void add_bound(struct fit *fit, uint16_t var, void *user)
{
	const struct binding *binding = binding_of(user, var);

	if (binding && binding->from && !is_definite(fit, user, binding->from))
		add_domain(fit, binding->from, NULL, FIELD_NONE, true, NULL);
}

static void join_subject(struct fit *fit, uint16_t var, const char *has, uint16_t has_from, bool exact, void *user)
{
	struct domain *domain = find_domain(fit->work, var, has, has_from);

	if (domain)
		join(fit, user, domain);
}

static void join_condition(struct fit *fit, const struct condition *condition, void *user)
{
	each_subject(fit, ((struct group *)user)->unit, condition, join_subject, user);
}

/* The domain of a variable that a text shows, or whose value it shows as that of another; NULL: none. */
static struct domain *shown_domain(struct fit *fit, const struct unit *unit, uint16_t var)
{
	const struct binding *binding = binding_of(unit, var);

	if (binding && binding->from)
		var = binding->from;
	else if (is_definite(fit, unit, var))
		return NULL;
	return find_domain(fit->work, var, NULL, FIELD_NONE);
}

static void join_shown(struct fit *fit, uint16_t var, void *user)
{
	struct group *group = user;
	struct domain *domain = shown_domain(fit, group->unit, var);

	if (domain)
		join(fit, group, domain);
}

/* Put the undecided domains that one text depends on into one group. */
static void find_groups(struct fit *fit)
{
	struct work *work = fit->work;
	struct unit where = { .conditions = fit->where };
	struct group group;
	uint16_t i;

	for (i = 0; i < work->domains_count; i++) {
		work->domains[i].group = i;
		work->domains[i].texts = 0;
	}
	for (i = 0; i <= work->units_count; i++) {
		group = (struct group){ i < work->units_count ? &work->units[i] : &where, -1 };
		each_condition(fit, group.unit, join_condition, &group);
		each_shown(fit, group.unit, join_shown, &group);
	}
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
	if (work->options_count == OPTIONS_MAX) {
		work->too_many = true;
		return;
	}
	domain->options[domain->count++] = option;
	work->options_count++;
}

/* What a condition asks about a domain, and the values that it names. */
static void add_values(struct fit *fit, const struct condition *condition, void *user)
{
	struct domain *domain = user;
	struct work *work = fit->work;
	uint8_t i;

	if (condition->kind == CONDITION_IS && condition->field == domain->var)
		for (i = 0; i < condition->count; i++)
			add_option(work, domain, condition->fields[i]
				   ? (struct option){ .kind = OPTION_SAME, .from = condition->fields[i] }
				   : (struct option){ .kind = OPTION_VALUE, .text = condition->values[i] });
	for (i = 0; i < condition->count; i++) {
		domain->known |= condition->kind == CONDITION_KNOWN && condition->fields[i] == domain->var;
		domain->ahead |= condition->kind == CONDITION_AHEAD && condition->fields[i] == domain->var;
	}
}

struct adding {
	struct fit *fit;
	struct domain *domain;
};

/* A value that no condition names: an exact one is an option of its own, else the first of its class stands for all. */
static void add_other(void *user, const struct value *value)
{
	const struct adding *adding = user;
	struct domain *domain = adding->domain;
	struct option option = { .kind = domain->exact ? OPTION_VALUE : OPTION_LIKE };
	uint16_t i;

	if (!value)
		return;
	for (i = 0; i < domain->count; i++)
		if (!domain->exact && class_of_option(domain, &domain->options[i]) == class_of(domain, value))
			return;
	option.number = value->number;
	if (value->is_text)
		option.text = arena_copy(&adding->fit->build->menu->arena, value->text, value->len);
	add_option(adding->fit->work, domain, option);
}

static void add_options(struct fit *fit, struct domain *domain)
{
	const enum field_type type = menu_var_type(fit->build->menu, domain->var);
	const struct piece piece = { .kind = PIECE_VALUE, .var = domain->var, .type = type,
				     .width = template_width(fit->build, domain->var),
				     .words = build_find_words(fit->view.render.language, menu_var_words(fit->build->menu, domain->var)) };
	const struct piece *place = &piece;
	struct work *work = fit->work;
	uint16_t i;

	domain->options = work->options + work->options_count;
	add_option(work, domain, (struct option){ .kind = OPTION_NONE });
	if (domain->has || domain->has_from) {
		add_option(work, domain, (struct option){ .kind = OPTION_VALUE });
		return;
	}
	for (i = 0; i < work->units_count; i++)
		each_condition(fit, &work->units[i], add_values, domain);
	each_of(fit, fit->where, add_values, domain);
	fit->view.render.values = NULL;
	widest_each(&fit->view.render, &place, 1, add_other, &(struct adding){ fit, domain });
}

void fit_find_domains(struct fit *fit)
{
	struct work *work = fit->work;
	struct unit where = { .conditions = fit->where };
	uint16_t i;

	work->domains_count = work->options_count = 0;
	work->too_many = false;
	fit->about_service = fit->by_channel = false;
	for (i = 0; i < work->units_count; i++) {
		each_shown(fit, &work->units[i], note_shown, &work->units[i]);
		each_condition(fit, &work->units[i], note_condition, &work->units[i]);
	}
	each_of(fit, fit->where, note_condition, &where);
	fit->about_service &= !constant_of(fit, FIELD_SERVICE) || catalogue_find(&fit->build->menu->catalogue,
				constant_of(fit, FIELD_SERVICE), strlen(constant_of(fit, FIELD_SERVICE)));
	for (i = 0; i < work->units_count; i++) {
		each_condition(fit, &work->units[i], add_domains, &work->units[i]);
		each_shown(fit, &work->units[i], add_bound, &work->units[i]);
	}
	each_of(fit, fit->where, add_domains, &where);
	for (i = 0; i < work->domains_count; i++)
		add_options(fit, &work->domains[i]);
}

/* ---- what is still undecided ---- */

static void find_undecided(struct fit *fit, uint16_t var, const char *has, uint16_t has_from, bool exact, void *user)
{
	struct domain *domain = find_domain(fit->work, var, has, has_from), **first = user;

	if (domain && !domain->decided && !*first)
		*first = domain;
}

enum verdict { NO, YES, MAYBE };

/* Whether a condition holds. MAYBE: the domain that decides about it, the first of several, is set in *\a undecided, unless one is set
 * already; none: it differs from row to row, or from choice to choice. */
static enum verdict holds(struct fit *fit, const struct unit *unit, const struct condition *condition, struct domain **undecided)
{
	const struct conditions one = { .only_if = condition, .only_if_count = 1 };
	struct domain *first = NULL;

	each_subject(fit, unit, condition, find_undecided, &first);
	if (!*undecided)
		*undecided = first;
	if (first || unit->of_row || (unit->with && unit->with->count))
		return MAYBE;
	return conditions_hold(&one, &fit->view.render);
}

static enum verdict all_hold(struct fit *fit, const struct unit *unit, const struct condition *conditions, uint8_t count,
			     struct domain **undecided)
{
	enum verdict all = YES;
	uint8_t i;

	for (i = 0; i < count && all != NO; i++) {
		const enum verdict one = holds(fit, unit, &conditions[i], undecided);

		all = one == YES ? all : one;
	}
	return all;
}

static enum verdict may_hold(struct fit *fit, const struct unit *unit, const struct conditions *conditions, struct domain **undecided)
{
	struct domain *first = NULL, *of_unless = NULL;
	enum verdict only_if, unless;

	if (!conditions)
		return YES;
	only_if = all_hold(fit, unit, conditions->only_if, conditions->only_if_count, &first);
	unless = conditions->unless_count ? all_hold(fit, unit, conditions->unless, conditions->unless_count, &of_unless) : NO;
	if (only_if == NO || unless == YES)
		return NO;
	if (only_if == YES && unless == NO)
		return YES;
	*undecided = only_if == MAYBE && first ? first : unless == MAYBE ? of_unless : NULL;
	return MAYBE;
}

/* The first undecided domain on which it depends what a text shows; NULL: it is decided. */
static struct domain *undecided_of(struct fit *fit, const struct unit *unit)
{
	struct domain *first = NULL;
	uint16_t p;
	uint8_t v;

	if (may_hold(fit, unit, unit->conditions, &first) == NO || first)
		return first;
	for (v = 0; unit->text && v < unit->text->count; v++) {
		const struct variant *variant = &unit->text->variants[v];
		const enum verdict may = may_hold(fit, unit, &variant->conditions, &first);

		for (p = 0; may != NO && !first && p < variant->template.count; p++) {
			first = variant->template.pieces[p].var ? shown_domain(fit, unit, variant->template.pieces[p].var) : NULL;
			first = first && first->decided ? NULL : first;
		}
		if (first || may == YES)
			return first;
	}
	return NULL;
}

/* ---- all cases ---- */

typedef void visit_case(struct fit *fit, void *user);

/* Visit the cases that differ in what a group's texts show (-1: all texts): at most \a most. Returns how many there are; more than
 * \a most: more. */
static unsigned int each_case(struct fit *fit, int group, unsigned int most, visit_case *visit, void *user)
{
	struct work *work = fit->work;
	const struct unit where = { .conditions = fit->where };
	struct domain *domain = NULL;
	unsigned int count = 0;
	uint16_t i;

	put_case(fit);
	fit->view.render.values = &fit->values;
	if (may_hold(fit, &where, fit->where, &domain) == NO)
		return 0;
	for (i = 0; i <= work->units_count; i++) {
		if (domain && (group < 0 || root_of(work, domain - work->domains) == group))
			break;
		domain = i < work->units_count ? undecided_of(fit, &work->units[i]) : NULL;
	}
	if (!domain) {
		visit(fit, user);
		return 1;
	}
	domain->decided = true;
	for (domain->chosen = 0; domain->chosen < domain->count && count <= most; domain->chosen++)
		count += each_case(fit, group, most - count, visit, user);
	domain->chosen = 0;
	domain->decided = false;
	return count;
}

static void count_case(struct fit *fit, void *user)
{
}

static void check_one(struct fit *fit, void *user)
{
	fit->each(fit);
}

struct group_search {
	int group;
	long best[BY_COUNT], least_others;
};

/* Whether a case is the worst of its group so far, while all others have their first. */
static void compare_case(struct fit *fit, void *user)
{
	struct group_search *search = user;
	struct work *work = fit->work;
	const struct measure sum = fit_measure(fit);
	const long others = sum.total[BY_SEPTETS].others;
	unsigned int by;
	uint16_t i;

	if (others < search->least_others) {	/* what was found before was the same outside GSM-7 in all cases */
		search->least_others = others;
		search->best[BY_SEPTETS] = -1;
	}
	for (by = 0; by < BY_COUNT; by++) {
		const struct weight *total = &sum.total[by];
		const long value = by == BY_SEPTETS ? others > search->least_others ? -1 : total->septets
				 : by == BY_OTHERS ? others > search->least_others ? sum.total[BY_UNITS].units : total->units
				 : by == BY_OCTETS ? total->octets : total->units;

		if (value <= search->best[by])
			continue;
		search->best[by] = value;
		for (i = 0; i < work->domains_count; i++)
			if (root_of(work, i) == search->group)
				work->domains[i].best[by] = work->domains[i].chosen;
	}
}

static void choose(struct work *work, enum widest_by by, int other)
{
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		if (!work->domains[i].decided)
			work->domains[i].chosen = work->domains[i].best[root_of(work, i) == other ? BY_OTHERS : by];
}

/* The worst of each group together. */
static void check_groups(struct fit *fit)
{
	struct work *work = fit->work;
	uint16_t i, by;

	for (i = 0; i < work->domains_count; i++) {
		struct group_search search = { i, { -1, -1, -1, -1 }, LONG_MAX };

		if (root_of(work, i) == i && !work->domains[i].decided &&
		    !each_case(fit, i, GROUP_CASES_MAX, compare_case, &search))
			return;
	}
	for (by = 0; by < BY_COUNT; by++) {
		choose(work, by, -1);
		put_case(fit);
		fit->each(fit);
	}
	for (i = 0; i < work->domains_count; i++) {
		if (root_of(work, i) != i || work->domains[i].decided)
			continue;
		choose(work, BY_UNITS, i);
		put_case(fit);
		fit->each(fit);
	}
	for (i = 0; i < work->domains_count; i++)
		if (!work->domains[i].decided)
			work->domains[i].chosen = 0;
}

/* The undecided domain of a group on which the most texts depend. */
static struct domain *hub(struct work *work, int group)
{
	struct domain *best = NULL;
	uint16_t i;

	for (i = 0; i < work->domains_count; i++)
		if (root_of(work, i) == group && !work->domains[i].decided && (!best || work->domains[i].texts > best->texts))
			best = &work->domains[i];
	return best;
}

/* Whether it is clear without a count that there are not too many cases. */
static bool are_few(const struct work *work)
{
	unsigned int most = 1;
	uint16_t i;

	for (i = 0; i < work->domains_count && most <= CASES_MAX; i++)
		most *= work->domains[i].decided ? 1 : work->domains[i].count;
	return most <= CASES_MAX;
}

/* Check all cases; or, if they are too many, those that are the worst of each group; or, if a group has too many, decide the value on which
 * the most texts depend, whose groups are then smaller. */
static void check_service(struct fit *fit)
{
	struct work *work = fit->work;
	struct domain *domain;
	int large = -1;
	uint16_t i;

	if (work->too_many)
		return;
	if (are_few(work) || each_case(fit, -1, CASES_MAX, count_case, NULL) <= CASES_MAX) {
		each_case(fit, -1, CASES_MAX, check_one, NULL);
		return;
	}
	find_groups(fit);
	for (i = 0; i < work->domains_count && large < 0; i++)
		if (root_of(work, i) == i && !work->domains[i].decided &&
		    each_case(fit, i, GROUP_CASES_MAX, count_case, NULL) > GROUP_CASES_MAX)
			large = i;
	if (large < 0) {
		check_groups(fit);
		return;
	}
	domain = hub(work, large);
	if (!work->splits) {
		work->too_many = true;
		return;
	}
	work->splits--;
	domain->decided = true;
	for (domain->chosen = 0; domain->chosen < domain->count; domain->chosen++)
		check_service(fit);
	domain->chosen = 0;
	domain->decided = false;
}

/* Whether a service may come with so much of its trial: a row of a subscriber's own has it only while it lasts, and not its days; rows of
 * some lists have none of it; the catalogue has all. */
static bool may_bring(const struct fit *fit, unsigned int trial)
{
	const struct page *page = fit->view.page ? fit->view.page : fit->page;
	const struct service *service = fit->service;
	bool days = false, until = false;
	unsigned int i;

	if (!service->trial_days && !service->trial_price && service->trial_ends != TRIAL_ENDS_PAID)
		return trial == TRIAL_NONE;
	for (i = 0; fit->list && i < ACTION_FIELDS_MAX && fit->list->fields[i]; i++) {
		days |= fit->list->fields[i] == FIELD_TRIAL_DAYS;
		until |= fit->list->fields[i] == FIELD_TRIAL_UNTIL;
	}
	if (fit->list)
		return days ? trial == TRIAL_WHOLE : trial == TRIAL_NONE || (until && trial == TRIAL_WITHOUT_DAYS);
	return trial == TRIAL_WHOLE || (page && !constant_of(fit, FIELD_SERVICE) &&
					fit->build->trial_left_out[page - fit->build->menu->pages]);
}

void fit_check_services(struct fit *fit)
{
	const struct catalogue *catalogue = &fit->build->menu->catalogue;
	const char *constant = constant_of(fit, FIELD_SERVICE);
	size_t i;

	fit->service = NULL;
	fit->work->splits = SPLITS_MAX;
	if (!fit->about_service || !catalogue->count) {
		check_service(fit);
		return;
	}
	for (i = 0; i < catalogue->count * TRIALS; i++) {
		fit->service = &catalogue->services[i / TRIALS];
		fit->trial = i % TRIALS;
		if ((!constant || !strcmp(constant, fit->service->code)) && may_bring(fit, fit->trial))
			check_service(fit);
	}
}
