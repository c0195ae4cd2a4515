/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks that everything fits: every page, in every language, cut into screens as by the engine, with the widest values.
 *
 * What a page shows depends on conditions, and on the service that it is about. Each combination of these is a case, in which they have
 * definite values, those of the catalogue for each service; all other values are as wide as they can be (template.c). So the check
 * assumes no page that cannot occur, and leaves out none that can. */
#include <stdio.h>
#include <string.h>

#include "menu/view.h"

#define CASES_MAX 4096		/* more: choices with conditions all count as shown */
#define DOMAIN_MAX 24		/* values of one field */
#define LAST_MAX 640		/* octets of a last text, see engine.h */

/* The values that a field can have in the cases; NULL: none. Numbers are dates or counts. */
struct domain {
	uint16_t field;
	bool numbers;
	const char *texts[DOMAIN_MAX];
	int64_t values[DOMAIN_MAX];	/* 0: none */
	uint8_t count;
};

#define DOMAINS_MAX WORST_OTHERS_MAX

struct fit {
	struct build *build;
	const struct page *page;
	const char *part;		/* "its text", for messages */
	struct view view;
	unsigned int allowed;		/* screens */
	bool consent;			/* also check the length of the confirmation */
	bool messages_only;		/* never shown on a screen */

	struct domain domains[DOMAINS_MAX];
	uint8_t domains_count;
	bool about_service;		/* one case for each service */
	struct worst worst;
	uint8_t data[2048];
	struct record values;
	bool reported;
};

/* ---- one case ---- */

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

	fit->reported = true;
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

static void check_consent(struct fit *fit)
{
	char shown[VIEW_CONSENT_ROOM];

	if (fit->reported || view_consent(&fit->view, shown) <= VIEW_CONSENT_MAX)
		return;
	fit->reported = true;
	problems_add_at(fit->build->problems, fit->page->file, fit->page->line, "page '%s', %s, in language '%s' is longer than %d octets, "
			"the most that can be stored with the order", fit->page->name, fit->part, fit->view.render.language->name,
			VIEW_CONSENT_MAX);
}

/* Cut the view as the engine would. Returns whether all of it is in GSM-7. */
static bool cut(struct fit *fit, const struct text_limits *limits)
{
	struct text_screen screen = {};
	struct view_text text;
	unsigned int part;

	fit->worst.seen = 0;
	view_compose(&fit->view, limits, &text);
	for (part = 0; !screen.last; part++)
		if (!text_screen(&text.flow, part, &screen))
			break;
	if (!fit->reported && (!screen.last || part > fit->allowed))
		report_screens(fit, screen.last ? part : 0, &text);
	if (fit->consent)
		check_consent(fit);
	return text_cost(text.body, text.flow.body_len).gsm7;
}

/* The widest in GSM-7, and the widest in UCS-2; if a shorter value alone makes it UCS-2, each of those in turn. */
static void check_case(struct fit *fit, const struct text_limits *limits)
{
	int i, seen;

	fit->view.render.values = &fit->values;
	fit->view.render.worst = &fit->worst;
	fit->worst.ucs2 = false;
	fit->worst.forced = -1;
	cut(fit, limits);
	fit->worst.ucs2 = true;
	if (!cut(fit, limits))
		return;
	seen = fit->worst.seen;
	for (i = 0; i < seen; i++) {
		fit->worst.forced = i;
		cut(fit, limits);
	}
}

/* On the screen, and, if the menu accepts texts, by short message. */
static void check_channels(struct fit *fit)
{
	if (!fit->messages_only) {
		fit->view.render.messages = false;
		check_case(fit, &fit->build->source->limits);
	}
	if (fit->build->has_services) {
		fit->view.render.messages = true;
		check_case(fit, &menu_message_limits);
	}
}

/* ---- all cases ---- */

static void give(struct fit *fit, uint16_t field)
{
	if (field < VAR_FIRST)
		fit->worst.given |= 1ull << field;
	else
		fit->worst.others[fit->worst.others_count++] = field;
}

static void give_service(struct fit *fit, const struct service *service)
{
	menu_put_service(service, &fit->values);
	give(fit, FIELD_SERVICE);
	give(fit, FIELD_PRICE);
	give(fit, FIELD_PERIOD);
	give(fit, FIELD_TRIAL_DAYS);
	give(fit, FIELD_TRIAL_PRICE);
	give(fit, FIELD_TRIAL_ENDS);
}

static void check_domains(struct fit *fit, uint8_t index)
{
	const uint64_t given = fit->worst.given;
	const uint8_t others = fit->worst.others_count;
	const struct domain *domain = &fit->domains[index];
	uint8_t i;

	if (index == fit->domains_count) {
		check_channels(fit);
		return;
	}
	if (domain->field < VAR_FIRST && given & (1ull << domain->field)) {	/* a term of the service */
		check_domains(fit, index + 1);
		return;
	}
	give(fit, domain->field);
	for (i = 0; i < domain->count; i++) {
		record_drop(&fit->values, domain->field);
		if (domain->numbers && domain->values[i])
			record_put_number(&fit->values, domain->field, domain->values[i]);
		else if (domain->texts[i])
			record_put_text(&fit->values, domain->field, domain->texts[i], strlen(domain->texts[i]));
		check_domains(fit, index + 1);
	}
	record_drop(&fit->values, domain->field);
	fit->worst.given = given;
	fit->worst.others_count = others;
}

static void check_cases(struct fit *fit)
{
	const struct catalogue *catalogue = &fit->build->menu->catalogue;
	size_t cases = 1, i;

	for (i = 0; i < fit->domains_count; i++)
		cases *= fit->domains[i].count;
	fit->worst.all_choices = cases > CASES_MAX;
	for (i = 0; cases > CASES_MAX && i < fit->domains_count; i++)
		fit->domains[i].count = 1;
	fit->values = (struct record){ fit->data, 0, sizeof(fit->data) };
	if (!fit->about_service || !catalogue->count) {
		check_domains(fit, 0);
		return;
	}
	for (i = 0; i < catalogue->count; i++) {
		record_wipe(&fit->values);
		fit->worst.given = 0;
		give_service(fit, &catalogue->services[i]);
		check_domains(fit, 0);
	}
	fit->worst.given = 0;
}

/* ---- what they depend on ---- */

static struct domain *domain_of(struct fit *fit, uint16_t field)
{
	struct domain *domain;
	uint8_t i;

	for (i = 0; i < fit->domains_count; i++)
		if (fit->domains[i].field == field)
			return &fit->domains[i];
	if (fit->domains_count == DOMAINS_MAX) {
		fit->worst.all_choices = true;
		return NULL;
	}
	domain = &fit->domains[fit->domains_count++];
	*domain = (struct domain){ .field = field, .count = 1 };	/* not known */
	return domain;
}

static void add_text(struct domain *domain, const char *text)
{
	uint8_t i;

	for (i = 0; i < domain->count; i++)
		if (domain->texts[i] && !strcmp(domain->texts[i], text))
			return;
	if (domain->count < DOMAIN_MAX)
		domain->texts[domain->count++] = text;
}

static void add_number(struct domain *domain, int64_t number)
{
	uint8_t i;

	domain->numbers = true;
	for (i = 0; i < domain->count; i++)
		if (domain->values[i] == number)
			return;
	if (domain->count < DOMAIN_MAX)
		domain->values[domain->count++] = number;
}

/* A value that is none of those named: the widest that the field can have. */
static void add_any(struct fit *fit, struct domain *domain)
{
	const struct words *words = build_find_words(fit->view.render.language, menu_var_words(fit->build->menu, domain->field));
	const uint16_t width = template_width(fit->build, domain->field);
	char *widest;
	uint16_t i;

	for (i = 0; words && i < words->count; i++)
		add_text(domain, words->list[i].code);
	if (words)
		return;
	widest = arena_alloc(&fit->build->menu->arena, width + 1u);
	memset(widest, '8', width);
	add_text(domain, widest);
	if (domain->field >= VAR_FIRST) {	/* of any script */
		widest = arena_alloc(&fit->build->menu->arena, 3u * width + 1);
		for (i = 0; i < width; i++)
			memcpy(widest + 3 * i, "\u4e2d", 3);
		add_text(domain, widest);
	}
}

static void add_known(struct fit *fit, uint16_t field)
{
	struct domain *domain = domain_of(fit, field);
	const enum field_type type = menu_var_type(fit->build->menu, field);
	int64_t most = 1;
	unsigned int i;

	if (!domain)
		return;
	for (i = 0; i < template_width(fit->build, field) && most < INT64_MAX / 10; i++)
		most *= 10;
	if (type == FIELD_TYPE_TEXT || type == FIELD_TYPE_CODE)
		add_any(fit, domain);
	else if (type == FIELD_TYPE_DATE)
		add_number(domain, 99991231);
	else if (type == FIELD_TYPE_MONTH)
		add_number(domain, 999912);
	else if (type == FIELD_TYPE_MONEY)
		add_number(domain, most / (fit->build->menu->currency_minor ? 10 : 1) - 1);
	else
		add_number(domain, type == FIELD_TYPE_TIME ? 253402300799 : most - 1);
}

/* The services of a subscriber who has everything. */
static const char *all_services(const struct fit *fit)
{
	const struct catalogue *catalogue = &fit->build->menu->catalogue;
	char *codes = arena_alloc(&fit->build->menu->arena, catalogue->count * (SERVICE_CODE_MAX + 1) + 1);
	size_t i;

	for (i = 0; i < catalogue->count; i++)
		strcat(strncat(codes, catalogue->services[i].code, SERVICE_CODE_MAX), " ");
	return codes;
}

static void add_condition(struct fit *fit, const struct condition *condition)
{
	struct domain *domain;
	uint8_t i;

	switch (condition->kind) {
	case CONDITION_CHANNEL:
		return;
	case CONDITION_FAMILY:
		fit->about_service = true;
		return;
	case CONDITION_KNOWN:
	case CONDITION_AHEAD:
		for (i = 0; i < condition->count; i++) {
			add_known(fit, condition->fields[i]);
			domain = domain_of(fit, condition->fields[i]);
			if (domain && condition->kind == CONDITION_AHEAD)
				add_number(domain, 19700101);
		}
		return;
	case CONDITION_HAS:
		domain = domain_of(fit, FIELD_SERVICES);
		break;
	default:
		if (condition->field == FIELD_LANGUAGE)
			return;
		fit->about_service |= condition->field == FIELD_SERVICE;
		domain = domain_of(fit, condition->field);
		break;
	}
	for (i = 0; domain && i < condition->count; i++) {
		fit->about_service |= condition->fields[i] != FIELD_NONE;
		if (!condition->fields[i])
			add_text(domain, condition->values[i]);
		else if (condition->kind == CONDITION_HAS)
			add_text(domain, all_services(fit));
		else
			fit->worst.all_choices = true;
	}
	if (domain && condition->kind == CONDITION_IS)
		add_any(fit, domain);
}

static void add_conditions(struct fit *fit, const struct conditions *conditions)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		add_condition(fit, &conditions->only_if[i]);
	for (i = 0; i < conditions->unless_count; i++)
		add_condition(fit, &conditions->unless[i]);
}

static void add_text_of(struct fit *fit, const struct text *text)
{
	uint16_t p;
	uint8_t v;

	for (v = 0; text && v < text->count; v++) {
		const struct template *template = &text->variants[v].template;

		add_conditions(fit, &text->variants[v].conditions);
		for (p = 0; p < template->count; p++)
			fit->about_service |= template->pieces[p].var == FIELD_SERVICE || template->pieces[p].var == FIELD_PRICE ||
					      template->pieces[p].var == FIELD_PERIOD;
	}
}

static void add_texts(struct fit *fit, texts_t texts)
{
	if (texts)
		add_text_of(fit, &texts[fit->view.render.language - fit->build->menu->languages]);
}

/* ---- the parts of a page ---- */

static struct fit fit_of(const struct fit *page, enum view_kind kind, const char *part, unsigned int allowed)
{
	struct fit fit = { .build = page->build, .page = page->page, .part = part, .view = page->view, .allowed = allowed };

	fit.view.kind = kind;
	fit.view.waits = kind == VIEW_QUESTION || kind == VIEW_CONFIRM || kind == VIEW_CODE;
	fit.worst.forced = -1;
	return fit;
}

static void check_end(const struct fit *page, const struct text *text, const char *part, unsigned int allowed, bool messages_only)
{
	struct fit fit = fit_of(page, VIEW_END, part, allowed);

	fit.messages_only = messages_only;
	fit.view.above = text;
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

/* The first view of a page: its text, or one row of its list and none, or its first question, or its confirmation. */
static void check_first(const struct fit *page, const struct page *of, const struct text *above, unsigned int depth)
{
	struct fit fit = fit_of(page, of->confirm ? VIEW_CONFIRM : VIEW_PAGE, of->confirm ? "the confirmation" : "its text",
				of->confirm ? of->screens : page->build->menu->screens_max);
	uint8_t data[8], i;
	struct rows rows = { .data = data, .size = sizeof(data) };
	const struct record row = { .data = data };

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
	fit.view.page = of;
	fit.view.above = above;
	fit.view.back = of->hint_back;
	fit.view.home = of->hint_home;
	fit.view.waits |= of->choices_count || of->stay;
	fit.consent = of->confirm;
	view_drop_hints(&fit.view);
	add_text_of(&fit, above);
	add_texts(&fit, of->text);
	for (i = 0; i < of->choices_count; i++) {
		add_conditions(&fit, &of->choices[i].conditions);
		if (!of->choices[i].with.count)
			add_texts(&fit, of->choices[i].label);
	}
	if (of->list) {
		add_texts(&fit, of->row);
		rows_add(&rows, &row);
		fit.part = "with one row";
		fit.view.rows = &rows;
		check_cases(&fit);
		fit.domains_count = 0;
		fit.about_service = false;
		fit.part = "without rows";
		fit.view.rows = NULL;
		add_text_of(&fit, above);
		add_texts(&fit, of->empty);
	}
	check_cases(&fit);
}

/* F34: the request with a one-time code instead of a yes, by short message. */
static void check_code(const struct fit *page)
{
	struct fit fit = fit_of(page, VIEW_CODE, "with a one-time code", 1);

	fit.messages_only = true;
	fit.consent = true;
	add_texts(&fit, page->page->confirm ? page->page->text : page->page->request);
	check_cases(&fit);
}

/* ---- several rows ---- */

struct widest_row {
	size_t cost;
	const struct service *service;
};

static void insert(struct widest_row *rows, struct widest_row row)
{
	unsigned int i;

	for (i = 0; i < CHOSEN_MAX; i++) {
		if (row.cost > rows[i].cost || !rows[i].service) {
			const struct widest_row next = rows[i];

			rows[i] = row;
			row = next;
		}
	}
}

/* The services whose text is longest: each row is another one. */
static unsigned int widest_services(const struct fit *page, const struct text *text, struct widest_row *rows)
{
	const struct catalogue *catalogue = &page->build->menu->catalogue;
	struct worst worst = { .ucs2 = true, .forced = -1 };
	struct render render = page->view.render;
	char out[VIEW_BODY_MAX];
	uint8_t data[512];
	size_t i;

	memset(rows, 0, CHOSEN_MAX * sizeof(*rows));
	render.worst = &worst;
	for (i = 0; i < catalogue->count; i++) {
		struct record row = { .data = data, .size = sizeof(data) };
		struct writer writer = { out, out + sizeof(out) };

		menu_put_service(&catalogue->services[i], &row);
		render.row = render.values = &row;
		template_render(text_wording(text, &render), &render, &writer);
		insert(rows, (struct widest_row){ text_cost(out, writer.at - out).units, &catalogue->services[i] });
	}
	return catalogue->count < CHOSEN_MAX ? catalogue->count : CHOSEN_MAX;
}

static void check_several(const struct fit *page)
{
	const uint16_t language = page->view.render.language - page->build->menu->languages;
	struct fit fit = fit_of(page, VIEW_CONFIRM, "the confirmation of several rows", page->build->menu->screens_max);
	struct widest_row widest[CHOSEN_MAX];
	uint8_t data[CHOSEN_MAX * 128], row_data[120];
	struct rows rows = { .data = data, .size = sizeof(data) };
	unsigned int count = widest_services(page, &page->page->row[language], widest), i;

	for (i = 0; i < CHOSEN_MAX; i++) {
		struct record row = { .data = row_data, .size = sizeof(row_data) };

		if (i < count)
			menu_put_service(widest[i].service, &row);
		if (i < count || !count)
			rows_add(&rows, &row);
	}
	fit.view.rows = &rows;
	fit.consent = true;
	view_drop_hints(&fit.view);
	add_texts(&fit, page->page->several);
	check_cases(&fit);
}

struct widest_line {
	size_t len, units;
	char text[VIEW_BODY_MAX];
};

static void widest_line(const struct fit *page, const struct text *text, struct widest_line *widest)
{
	struct widest_row rows[CHOSEN_MAX];
	struct worst worst = { .ucs2 = true, .forced = -1 };
	struct render render = page->view.render;
	uint8_t v, data[512];

	render.worst = &worst;
	for (v = 0; v < text->count; v++) {
		const struct text wording = { &(struct variant){ .template = text->variants[v].template }, 1 };
		const unsigned int count = widest_services(page, &wording, rows);
		struct record row = { .data = data, .size = sizeof(data) };
		char out[VIEW_BODY_MAX];
		struct writer writer = { out, out + sizeof(out) };

		if (count)
			menu_put_service(rows[0].service, &row);
		render.row = render.values = &row;
		template_render(&text->variants[v].template, &render, &writer);
		if (text_cost(out, writer.at - out).units <= widest->units)
			continue;
		widest->len = writer.at - out;
		widest->units = text_cost(out, widest->len).units;
		memcpy(widest->text, out, widest->len);
	}
}

static void widest_line_of(const struct fit *page, uint16_t index, struct widest_line *widest)
{
	const struct page *of = &page->build->menu->pages[index];
	uint8_t i;

	for (i = 0; of->route && i < of->choices_count; i++)
		widest_line_of(page, of->choices[i].page, widest);
	if (!of->route && of->text)
		widest_line(page, &of->text[page->view.render.language - page->build->menu->languages], widest);
}

/* The results of several rows, one line each. */
static void check_results(const struct fit *page)
{
	const uint16_t language = page->view.render.language - page->build->menu->languages;
	struct fit fit = fit_of(page, VIEW_RESULTS, "the results of several rows", page->build->menu->screens_max);
	struct widest_line widest = {};
	char text[RESULTS_MAX];
	struct writer writer = { text, text + sizeof(text) };
	struct view_text composed;
	struct text_screen screen = {};
	unsigned int i, part;
	uint8_t o;

	for (o = 0; o < page->page->outcomes_count; o++) {
		const struct outcome *outcome = &page->page->outcomes[o];

		if (outcome->text)
			widest_line(page, &outcome->text[language], &widest);
		else if (outcome->page != PAGE_NONE)
			widest_line_of(page, outcome->page, &widest);
	}
	for (i = 0; i < CHOSEN_MAX; i++) {
		writer_put(&writer, widest.text, widest.len);
		writer_put(&writer, "\n", 1);
	}
	if (CHOSEN_MAX * (widest.len + 1) > RESULTS_MAX)
		problems_add_at(page->build->problems, page->page->file, page->page->line, "page '%s': the results of %d rows in language "
				"'%s' are longer than %d octets", page->page->name, CHOSEN_MAX, page->view.render.language->name,
				RESULTS_MAX);
	fit.values = (struct record){ fit.data, 0, sizeof(fit.data) };
	record_put_text(&fit.values, VAR_RESULTS, text, writer.at - text);
	fit.view.render.values = &fit.values;
	fit.view.back = page->page->hint_back;
	view_compose(&fit.view, &page->build->source->limits, &composed);
	for (part = 0; !screen.last && text_screen(&composed.flow, part, &screen); part++)
		;
	if (!screen.last || part > fit.allowed)
		report_screens(&fit, screen.last ? part : 0, &composed);
}

/* ---- everything ---- */

/* Which ends come when nobody can ask for a second screen. */
static bool is_last(const char *outcome)
{
	return !strcmp(outcome, OUTCOME_NAME_LATE) || !strcmp(outcome, OUTCOME_NAME_DECLINED);
}

static void check_outcome(const struct fit *page, const struct outcome *outcome)
{
	const struct text *text = outcome->text ? &outcome->text[page->view.render.language - page->build->menu->languages] : NULL;

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
	const uint16_t language = fit->view.render.language - fit->build->menu->languages;
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
		check_end(fit, &page->sent[language], "sent", 1, false);
}

static void check_system(struct fit *fit, const struct language *language)
{
	char part[80];
	unsigned int i;

	fit->page = NULL;
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
	uint16_t l, i;

	for (l = 0; l < menu->languages_count; l++) {
		struct fit fit = { .build = build, .view = { .render = { .menu = menu, .language = &menu->languages[l] } } };
		struct fit resume;

		for (i = 0; i < menu->pages_count; i++)
			check_page(&fit, &menu->pages[i]);
		check_system(&fit, &menu->languages[l]);
		resume = fit_of(&fit, VIEW_RESUME, "the offer to resume", 1);
		resume.view.waits = true;
		resume.view.page = NULL;
		check_cases(&resume);
	}
}
