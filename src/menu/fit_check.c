/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks that everything fits: every page, in every language, cut into screens as by the engine, with the widest values.
 *
 * fit_cases.c finds the cases of a view, which have real values. So each text that is refused is one that a subscriber could be shown, and
 * the report quotes it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/fit_cases.h"

#define ROW_ROOM 512

/* ---- reports ---- */

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
	struct text_cost cost = text_cost(text->flow.body, text->flow.body_len);
	const struct text_cost footer = text_cost(text->flow.last, text->flow.last_len);
	const bool gsm7 = cost.gsm7 && footer.gsm7;
	const unsigned int room = gsm7 ? text->flow.last_budget.septets - footer.septets : text->flow.last_budget.units - footer.units;
	const unsigned int need = gsm7 ? cost.septets : cost.units;

	snprintf(out, size, "has room for %u characters (%s) and needs %u at worst", room, gsm7 ? "GSM-7" : "UCS-2", need);
	return need > room ? need - room : 0;
}

#define BEYOND_MAX 80	/* characters shown of what does not fit */

/* The octets of a text that fit on the screens it may have. */
static size_t fitting(const struct fit *fit, const struct view_text *text)
{
	struct text_flow flow = text->flow;

	while (flow.body_len && (!text_screens(&flow, 0, NULL) || text_screens(&flow, 0, NULL) > fit->allowed))
		for (flow.body_len--; flow.body_len && (flow.body[flow.body_len] & 0xc0) == 0x80; flow.body_len--)
			;
	return flow.body_len;
}

static void report_screens(struct fit *fit, unsigned int screens, const struct view_text *text)
{
	const struct setting *at = place_of(fit);
	const struct page *page = fit->page;
	const size_t fits = fitting(fit, text);
	size_t shown;
	const struct text_cost rest = text_cost(text->flow.body + fits, text->flow.body_len - fits);
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
	if (screens && fit->allowed > 1)
		over = rest.gsm7 ? rest.septets : rest.units;
	problem = problems_add_at(fit->build->problems, at ? at->file : page ? page->file : NULL, at ? at->line : page ? page->line : 0,
				  "%s %s", what, room);
	shown = text_fit(text->flow.body + fits, text->flow.body_len - fits, (struct text_budget){ BEYOND_MAX, BEYOND_MAX });
	problem_quote(problem, "%.*s%s%.*s%s", (int)fits, text->flow.body, over ? "|" : "", (int)shown, text->flow.body + fits,
		      fits + shown < text->flow.body_len ? "…" : "");
	if (over)
		problem_remedy(problem, "shorten it by %s%u%s", fit->allowed > 1 ? "about " : "", over,
			       page && fit->view.kind == VIEW_CONFIRM && !fit->view.rows ? ", or allow more 'screens'" : "");
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
	report_screens(fit, text_screens(&text->flow, 0, NULL), text);
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

/* Cut the composed view as the engine would. */
static void cut_text(struct fit *fit, const struct view_text *text)
{
	unsigned int screens, over;
	char room[120];

	screens = text_screens(&text->flow, 0, NULL);
	if (screens && screens <= fit->allowed)
		return;
	over = fit->allowed == 1 ? describe_room(text, room, sizeof(room)) : screens;
	note_bad(fit, screens ? 2 + over : UINT_MAX, false);
}

static void cut(struct fit *fit)
{
	view_compose(&fit->view, limits_of(fit), &fit->work->text);
	cut_text(fit, &fit->work->text);
}

/* Choose the widest value of each open one; \a other: this one is outside GSM-7; -1: none must be. */
static void choose(struct work *work, enum widest_by by, int other)
{
	uint16_t i;

	for (i = 0; i < work->open_count; i++) {
		const struct widest_value *best = work->open[i].widest.best, *one = &best[i == other ? BY_OTHERS : by];

		work->open[i].chosen = one->found ? one : &best[BY_UNITS];
	}
}

/* Give the open values the chosen ones. */
static void fill(struct fit *fit)
{
	struct work *work = fit->work;
	uint16_t i;

	memcpy(work->saved, fit->values.data, fit->values.len);
	work->saved_len = fit->values.len;
	for (i = 0; i < work->open_count; i++)
		if (work->open[i].chosen->known)
			record_put(&fit->values, work->open[i].widest.var, &work->open[i].chosen->value);
}

/* Take them back. */
static void empty(struct fit *fit)
{
	fit->values.len = fit->work->saved_len;
	memcpy(fit->values.data, fit->work->saved, fit->values.len);
}

static void cut_filled(struct fit *fit)
{
	fill(fit);
	cut(fit);
	empty(fit);
}

static void cut_chosen(struct fit *fit, enum widest_by by, int other)
{
	choose(fit->work, by, other);
	cut_filled(fit);
}

#define WAYS_MAX 4

/* The values that can be the worst on some screen. One in GSM-7 cannot where another has as many characters outside it; a missing one can
 * where there is a text for it in one place and none in the other. */
static unsigned int ways_of(const struct open *open, const struct widest_value *ways[static WAYS_MAX])
{
	const struct widest_value *const units = &open->widest.best[BY_UNITS], *const septets = &open->widest.best[BY_SEPTETS],
				  *const others = &open->widest.best[BY_OTHERS], *const missing = &open->widest.missing;
	unsigned int count = 0;

	ways[count++] = units;
	if (others->found && !units->weight.others)
		ways[count++] = others;
	if (septets->found && septets->weight.septets > units->weight.septets && !(others->found && others->weight.others >=
	    septets->weight.units))
		ways[count++] = septets;
	if (missing->found && units->known && open->count > 1)
		ways[count++] = missing;
	return count;
}

#define COMBINATIONS_MAX 1024

static unsigned int count_combinations(const struct work *work)
{
	const struct widest_value *ways[WAYS_MAX];
	unsigned int count = 1;
	uint16_t i;

	for (i = 0; i < work->open_count && count <= COMBINATIONS_MAX; i++)
		count *= ways_of(&work->open[i], ways);
	return count;
}

/* Cut the text with each combination of the widest values from this one on. */
static void cut_combinations(struct fit *fit, uint16_t from)
{
	const struct widest_value *ways[WAYS_MAX];
	unsigned int count, i;

	if (from == fit->work->open_count) {
		cut_filled(fit);
		return;
	}
	count = ways_of(&fit->work->open[from], ways);
	for (i = 0; i < count; i++) {
		fit->work->open[from].chosen = ways[i];
		cut_combinations(fit, from + 1);
	}
}

/* Whether everything surely fits one screen, or one short message. */
static bool fits_one(struct fit *fit, const struct measure *sum, bool messages)
{
	const struct text_limits *limits = messages ? &menu_message_limits : &fit->build->source->limits;
	const struct text_budget room = fit->view.waits ? limits->ask : limits->end;
	const bool before = fit->view.render.messages;
	char footer[VIEW_FOOTER_MAX];
	struct text_cost last;

	fit->view.render.messages = messages;
	last = text_cost(footer, view_footer(&fit->view, false, footer));
	fit->view.render.messages = before;
	if (sum->total[BY_OTHERS].units < 0 && !sum->fixed.others && last.gsm7)
		return sum->total[BY_SEPTETS].septets + last.septets <= room.septets;
	return sum->total[BY_UNITS].units + last.units <= room.units &&
	       (sum->fixed.others || sum->total[BY_SEPTETS].septets + last.septets <= room.septets);
}

/* The order stores the confirmation in UTF-8. */
static void check_consent(struct fit *fit)
{
	char shown[VIEW_CONSENT_ROOM];
	size_t octets;

	choose(fit->work, BY_OCTETS, -1);
	fill(fit);
	octets = view_consent(&fit->view, shown);
	if (octets > VIEW_CONSENT_MAX)
		note_bad(fit, 1, true);	/* less bad than a text that does not fit */
	empty(fit);
}

/* One screen is the fullest with the widest values in UCS-2; if these are all in GSM-7, with one that is not; and, if none can be, with the
 * widest in GSM-7. Of several screens each has its own alphabet, so all combinations of these are tried; if they are too many, those with
 * one value outside GSM-7. */
static void check_case(struct fit *fit)
{
	const struct measure sum = fit_measure(fit);
	int i;

	if (fit->consent && sum.total[BY_OCTETS].octets > VIEW_CONSENT_MAX)
		check_consent(fit);
	if (!fit->view.render.messages && !fit->by_channel)
		fit->doubtful |= !fits_one(fit, &sum, true);
	if (fits_one(fit, &sum, fit->view.render.messages))
		return;
	if (!fit->work->open_count) {
		view_compose_around(&fit->view, limits_of(fit), fit->work->body, fit->work->body_len, &fit->work->text);
		cut_text(fit, &fit->work->text);
		return;
	}
	if (fit->allowed > 1 && count_combinations(fit->work) <= COMBINATIONS_MAX) {
		cut_combinations(fit, 0);
		return;
	}
	cut_chosen(fit, BY_UNITS, -1);
	if (sum.other >= 0)
		cut_chosen(fit, BY_UNITS, sum.other);
	if (!sum.total[BY_SEPTETS].others)
		cut_chosen(fit, BY_SEPTETS, -1);
	if (fit->allowed == 1)
		return;
	cut_chosen(fit, BY_OTHERS, -1);
	for (i = 0; i < fit->work->open_count; i++) {
		cut_chosen(fit, BY_UNITS, i);
		cut_chosen(fit, BY_SEPTETS, i);
	}
}

/* ---- what a view shows ---- */

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

/* ---- all cases ---- */

/* Name the values that decide about the most texts. */
static void report_too_many(const struct fit *fit)
{
	const struct work *work = fit->work;
	struct problem *problem = problems_add_at(fit->build->problems, fit->page ? fit->page->file : NULL, fit->page ? fit->page->line : 0,
						  "page '%s', %s, depends on more combinations of conditions than can be checked",
						  fit->page ? fit->page->name : "", fit->part);
	const struct domain *worst[4] = {};
	char names[200] = "";
	unsigned int k, at;
	uint16_t i;

	for (i = 0; i < work->domains_count; i++) {
		for (at = 0; at < 4 && worst[at] && worst[at]->texts >= work->domains[i].texts; at++)
			;
		for (k = 3; at < 4 && k > at; k--)
			worst[k] = worst[k - 1];
		if (at < 4)
			worst[at] = &work->domains[i];
	}
	for (k = 0; k < 4 && worst[k]; k++) {
		const size_t len = strlen(names);

		snprintf(names + len, sizeof(names) - len, "%s%s%s%s", k ? ", " : "", worst[k]->has ? "has " : "'",
			 worst[k]->has ? worst[k]->has : menu_var_name(fit->build->menu, worst[k]->var), worst[k]->has ? "" : "'");
	}
	problem_remedy(problem, "divide it among pages, or drop conditions, first of all those on %s", names);
}

/* On the screen, and, if the menu accepts texts, by short message; most texts are the same, and need no second look. */
static void check_cases(struct fit *fit)
{
	fit_find_domains(fit);
	fit->worst = 0;
	fit->each = check_case;
	fit->view.render.messages = false;
	fit->doubtful = fit->messages_only || fit->by_channel;
	if (!fit->messages_only)
		fit_check_services(fit);
	fit->view.render.messages = true;
	if (fit->build->has_services && (fit->doubtful || fit->work->too_many))
		fit_check_services(fit);
	fit->view.render.messages = false;
	if (fit->work->too_many && !fit->worst)
		report_too_many(fit);
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

#define ROW_MEASURES 3

static const enum widest_by row_measures[ROW_MEASURES] = { BY_UNITS, BY_SEPTETS, BY_OTHERS };

/* The widest row of each service, by each of these measures. */
struct search_rows {
	enum widest_by by;
	struct widest_row best[CHOSEN_MAX];	/* of different services, the widest first */
	const struct service *services[CHOSEN_MAX];
	unsigned int count;
};

static struct search_rows *search_new(void)
{
	struct search_rows *rows = malloc(ROW_MEASURES * sizeof(*rows));
	unsigned int i;

	if (!rows)
		abort();
	for (i = 0; i < ROW_MEASURES; i++) {
		rows[i].by = row_measures[i];
		rows[i].count = 0;
	}
	return rows;
}

/* The place of a row among them; NULL: others are wider. */
static struct widest_row *place_row(struct search_rows *rows, const struct service *service, long cost)
{
	unsigned int at;

	for (at = 0; at < rows->count && rows->services[at] != service; at++)
		;
	if (cost < 0 || (at < rows->count && cost <= rows->best[at].cost))
		return NULL;
	if (at == rows->count) {
		if (rows->count == CHOSEN_MAX && cost <= rows->best[--at].cost)
			return NULL;
		rows->count += rows->count < CHOSEN_MAX;
	}
	for (; at && rows->best[at - 1].cost < cost; at--) {
		rows->best[at] = rows->best[at - 1];
		rows->services[at] = rows->services[at - 1];
	}
	rows->services[at] = service;
	return &rows->best[at];
}

static void consider_row_by(struct fit *fit, const struct measure *sum, struct search_rows *rows)
{
	const struct weight *total = &sum->total[rows->by];
	const long cost = rows->by == BY_SEPTETS ? total->others ? -1 : total->septets : total->units;
	struct widest_row *best = place_row(rows, fit->service, cost);
	struct value value;
	struct record row;
	uint16_t pos = 0, var;

	if (!best)
		return;
	choose(fit->work, rows->by == BY_OTHERS ? BY_UNITS : rows->by, rows->by == BY_OTHERS ? sum->other : -1);
	fill(fit);
	row = (struct record){ best->data, 0, ROW_ROOM };
	while (record_next(&fit->values, &pos, &var, &value))
		if (var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ROW)
			record_put(&row, var, &value);
	best->cost = cost;
	best->len = row.len;
	best->text_len = view_body(&fit->view, fit->work->body);
	if (best->text_len > sizeof(best->text))
		best->text_len = sizeof(best->text);
	memcpy(best->text, fit->work->body, best->text_len);
	empty(fit);
}

static void consider_row(struct fit *fit)
{
	const struct measure sum = fit_measure(fit);
	struct search_rows *rows = fit->user;
	unsigned int i;

	for (i = 0; i < ROW_MEASURES; i++)
		consider_row_by(fit, &sum, &rows[i]);
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

/* Add the widest rows of a text, which \a list brings (NULL: not known); without a catalogue one row stands for all. Returns whether they
 * depend on the channel. */
static bool search_rows(const struct fit *page, const struct menu_action *list, const struct text *text, const struct conditions *where,
			bool messages, struct search_rows *rows)
{
	struct fit fit = fit_of(page, VIEW_END, "a row", 1);

	fit.view.page = NULL;
	fit.view.above = text;
	fit.view.render.messages = messages;
	fit.where = where;
	fit.list = list;
	fit.each = consider_row;
	fit.user = rows;
	add_text_of(&fit, text);
	fit_find_domains(&fit);
	fit_check_services(&fit);
	if (fit.work->too_many)
		report_too_many(&fit);
	return fit.by_channel;
}

/* The same rows are shown by the lists of many pages, and are searched once for each language: those of the last such text. */
static const struct search_rows *known_rows(const struct fit *page, const struct menu_action *list, const struct text *text)
{
	const uint16_t language = page->view.render.language - page->build->menu->languages;
	struct known_rows *known = &page->work->rows[language % KNOWN_ROWS];
	const struct setting *at = text->variants[0].at;

	if (known->language != page->view.render.language || known->list != list || strcmp(known->text, at->string)) {
		free(known->rows);
		known->language = page->view.render.language;
		known->list = list;
		known->text = at->string;
		known->rows = search_new();
		search_rows(page, list, text, NULL, false, known->rows);
	}
	return known->rows;
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
static void check_with_rows(struct fit *fit, const struct menu_action *list, const struct text *row, const struct conditions *where,
			    unsigned int most)
{
	struct unit units[UNITS_MAX];
	const uint16_t units_count = fit->work->units_count;
	uint8_t data[ROW_MEASURES][CHOSEN_MAX * (ROW_ROOM + 2)];
	struct rows rows[ROW_MEASURES] = {};
	const bool plain = list && row->count == 1 && row->variants[0].at && row->variants[0].at->type == SETTING_STRING &&
			   !row->variants[0].conditions.only_if_count && !row->variants[0].conditions.unless_count &&
			   (!where || (!where->only_if_count && !where->unless_count));
	unsigned int messages, i, same;
	bool by_channel = !plain;

	memcpy(units, fit->work->units, units_count * sizeof(units[0]));
	for (messages = 0; messages == 0 || (messages == 1 && fit->build->has_services && by_channel); messages++) {
		struct search_rows *own = plain ? NULL : search_new();
		const struct search_rows *search = plain ? known_rows(fit, list, row) : own;

		by_channel = !plain && search_rows(fit, list, row, where, messages, own);
		for (i = 0; i < ROW_MEASURES && !fit->worst; i++) {
			rows[i] = (struct rows){ .data = data[i], .size = sizeof(data[i]) };
			put_rows(&search[i], most, &rows[i]);
			for (same = 0; same < i && (rows[same].len != rows[i].len || memcmp(data[same], data[i], rows[i].len)); same++)
				;
			if (!rows[i].count || same < i)
				continue;
			memcpy(fit->work->units, units, units_count * sizeof(units[0]));
			fit->work->units_count = units_count;
			fit->view.rows = &rows[i];
			check_cases(fit);
		}
		free(own);
		if (fit->worst)
			break;
	}
	fit->view.rows = NULL;
}

/* ---- the parts of a page ---- */

/* Where to remember that an end fits: many pages share the ends of their actions. */
static struct checked_end *find_end(const struct fit *page, const struct text *text)
{
	uint32_t hash = (uintptr_t)text->variants / 16;
	uint8_t i;

	for (i = 0; i < page->page->with.count; i++)
		if (page->page->with.list[i].text)
			build_hash(&hash, page->page->with.list[i].text, strlen(page->page->with.list[i].text));
	return &page->work->ends[(hash ^ hash >> 16) % CHECKED_ENDS];
}

static bool is_checked(const struct fit *page, const struct checked_end *end, const struct text *text, unsigned int allowed,
		       bool messages_only)
{
	const bool *left_out = page->build->trial_left_out;
	const struct page *pages = page->build->menu->pages, *of = page->page, *other = end->page;

	return end->variants == text->variants && end->allowed == allowed && end->messages_only == messages_only &&
	       of->hint_back == other->hint_back && of->hint_home == other->hint_home &&
	       left_out[of - pages] == left_out[other - pages] && bindings_equal(&of->with, &other->with);
}

static void check_end(const struct fit *page, const struct text *text, const char *part, unsigned int allowed, bool messages_only)
{
	struct fit fit = fit_of(page, VIEW_END, part, allowed);
	struct checked_end *end = page->page ? find_end(page, text) : NULL;

	if (end && is_checked(page, end, text, allowed, messages_only))
		return;
	fit.messages_only = messages_only;
	fit.view.above = text;
	if (allowed > 1) {	/* what is longer than a screen is asked for as on the page */
		fit.view.back = page->page->hint_back;
		fit.view.home = page->page->hint_home;
	}
	add_text_of(&fit, text);
	check_cases(&fit);
	if (end && !fit.worst && !fit.work->too_many)
		*end = (struct checked_end){ text->variants, page->page, allowed, messages_only };
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
	check_with_rows(&fit, of->list, in_language(&fit, of->row), &of->where, 1);
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
	check_with_rows(&fit, NULL, in_language(&fit, page->page->row), NULL, CHOSEN_MAX);
}

/* The widest lines of all outcomes so far, of different services. */
static void search_lines_of(const struct fit *page, uint16_t index, struct search_rows *lines)
{
	const struct page *of = &page->build->menu->pages[index];
	uint8_t i;

	for (i = 0; of->route && i < of->choices_count; i++)
		search_lines_of(page, of->choices[i].page, lines);
	if (!of->route && of->text)
		search_rows(page, NULL, in_language(page, of->text), NULL, false, lines);
}

/* The results of several rows, one line each. A line that is about no service may come for each of them. */
static void check_results_by(struct fit *fit, const struct search_rows *lines)
{
	char text[VIEW_BODY_MAX];
	struct writer writer = { .at = text, .end = text + sizeof(text) };
	unsigned int i, at = 0;

	for (i = 0; i < CHOSEN_MAX && at < lines->count; i++) {
		writer_string(&writer, i ? "\n" : "");
		writer_put(&writer, lines->best[at].text, lines->best[at].text_len);
		at += lines->services[at] != NULL;
	}
	fit->too_long |= writer.at - text > RESULTS_MAX;
	fit->values = (struct record){ fit->work->data, 0, sizeof(fit->work->data) };
	record_put_text(&fit->values, VAR_RESULTS, text, writer.at - text);
	fit->view.render.values = &fit->values;
	cut(fit);
}

static void check_results(const struct fit *page)
{
	struct fit fit = fit_of(page, VIEW_RESULTS, "the results of several rows", page->build->menu->screens_max);
	struct search_rows *lines = search_new();
	unsigned int i;
	uint8_t o;

	fit.view.back = page->page->hint_back;
	fit.view.home = page->page->hint_home;
	for (o = 0; o < page->page->outcomes_count; o++) {
		const struct outcome *outcome = &page->page->outcomes[o];

		if (outcome->text)
			search_rows(page, NULL, in_language(page, outcome->text), NULL, false, lines);
		else if (outcome->page != PAGE_NONE)
			search_lines_of(page, outcome->page, lines);
	}
	for (i = 0; i < ROW_MEASURES; i++)
		check_results_by(&fit, &lines[i]);
	free(lines);
	if (fit.too_long)
		problems_add_at(page->build->problems, page->page->file, page->page->line, "page '%s': the results of %d rows in language "
				"'%s' are longer than %d octets", page->page->name, CHOSEN_MAX, page->view.render.language->name,
				RESULTS_MAX);
	report(&fit);
}

/* ---- everything ---- */

static void check_outcome(const struct fit *page, const struct outcome *outcome)
{
	const struct text *text = in_language(page, outcome->text);

	if (!text)
		return;
	if (outcome->again)
		check_question(page, page->page, outcome->again - 1, text);
	else if (outcome->page != PAGE_NONE)
		check_first(page, &page->build->menu->pages[outcome->page], text, 0);
	else	/* after a confirmation nobody can ask for a second screen */
		check_end(page, text, outcome->name, outcome_precedes_action(outcome->name) ? 1 : page->build->menu->screens_max, false);
}

static void check_page(struct fit *fit, const struct page *page)
{
	uint8_t i;

	fit->page = fit->view.page = page;
	if (!page->route)	/* it shows nothing itself, and where it leads is checked there */
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
		for (i = 0; i < menu->pages_count && !build_ends(build); i++)
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
	for (i = 0; i < KNOWN_ROWS; i++)
		free(work->rows[i].rows);
	free(work);
}
