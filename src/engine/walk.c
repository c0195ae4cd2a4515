/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Walk from page to page until there is something to show, ask or do. */
#include <errno.h>
#include <string.h>

#include "engine/step.h"

#define ROWS_MAX 256
#define MOVES_MAX 256	/* a path has at most 91 parts; the menu compiler rejects silent cycles */

/* ---- moving ---- */

/* Whether a page shows the terms of a service other than the current one. */
static bool is_about_another(const struct step *step, uint16_t index)
{
	const struct page *page = &step->menu->pages[index];
	const struct render render = step_render(step);
	const struct template *text;
	struct value value;
	uint16_t i;

	if (!page->text || page->list)
		return false;
	text = text_wording(&page->text[step->session->language], &render);
	for (i = 0; i < text->count; i++)
		if (menu_is_service_fact(text->pieces[i].var) && !text->pieces[i].before &&
		    !render_value(&render, text->pieces[i].var, &value))
			return true;
	return false;
}

static void drop_all(struct step *step, const uint16_t *vars)
{
	unsigned int i;

	for (i = 0; i < ACTION_FIELDS_MAX && vars[i]; i++)
		record_drop(&step->vars, vars[i]);
}

void walk_take_row(struct step *step, const struct record *row)
{
	const struct menu_action *list = step_page(step)->list;
	struct value service;
	unsigned int i;

	if (record_get(row, FIELD_SERVICE, &service))
		menu_drop_service_facts(&step->vars);
	for (i = 0; list && i < ACTION_FIELDS_MAX && list->fields[i]; i++)
		if (menu_list_brings(list, list->fields[i]))	/* what this row lacks is not that of another one */
			record_drop(&step->vars, list->fields[i]);
	record_merge(&step->vars, row);
}

static void bind(struct step *step, const struct bindings *with)
{
	struct render render;

	if (!with || !with->count)
		return;
	render = step_render(step);
	bindings_put(with, &render, &step->vars);
}

/* Answers given ahead, the confirmation, and its one-time code. */
static void forget_progress(struct record *vars)
{
	uint16_t var;

	record_drop(vars, VAR_AHEAD);
	for (var = VAR_DEADLINE; var <= VAR_ORDER_REF; var++)
		record_drop(vars, var);
	for (var = VAR_CODE; var <= VAR_CODED; var++)
		record_drop(vars, var);
}

void walk_go(struct step *step, uint16_t page, const struct bindings *with)
{
	struct session *session = step->session;

	if (step_page(step)->secret)	/* only a question sets one */
		session_forget_secrets(step->menu, &step->vars);
	session->above = 0;
	if (step_page(step)->list)
		record_drop(&step->vars, VAR_ROWS);
	if (step_page(step)->action)
		forget_progress(&step->vars);
	session->page = page;
	session->part = 0;
	session->question = 0;
	session->phase = PHASE_ENTER;
	session->wrong = 0;
	bind(step, with);
	bind(step, &step_page(step)->with);
}

void walk_push(struct step *step)
{
	struct session *session = step->session;

	if (session->depth == SESSION_STACK_MAX) {
		memmove(session->stack, session->stack + 1, sizeof(session->stack) - sizeof(session->stack[0]));
		session->depth--;
	}
	session->stack[session->depth++] = (struct session_place){ session->page, session->part };
}

void walk_home(struct step *step)
{
	step->session->depth = 0;
	path_drop(step);
	walk_go(step, step->menu->home, NULL);
}

void walk_back(struct step *step)
{
	struct session *session = step->session;
	struct session_place place;

	do {
		while (session->depth && session->stack[session->depth - 1].page == session->page)
			session->depth--;	/* after "try again" twice, "back" must leave the page */
		if (!session->depth) {
			walk_home(step);
			return;
		}
		place = session->stack[--session->depth];
	} while (is_about_another(step, place.page));
	walk_go(step, place.page, NULL);
	session->part = place.part;
}

void walk_start(struct step *step, const char *code, size_t len)
{
	const struct entry *entry;
	size_t path;

	len = menu_code_length(code, len);
	entry = menu_entry(step->menu, code, len, &path);
	if (!entry) {
		end_with(step, SYSTEM_NO_CODE);
		return;
	}
	if (path < len)
		path_put(step, code + path, len - path);
	walk_go(step, entry->page, NULL);
}

/* ---- one page ---- */

static void take_route(struct step *step, const struct page *page)
{
	const uint8_t above = step->session->above;
	const struct choice *way = page->choices;

	while (!step_holds(step, &way->conditions))
		way++;		/* the last way is open to everybody, as the menu compiler ensures */
	walk_go(step, way->page, &way->with);
	step->session->above = above;
}

bool walk_needs_code(const struct step *step)
{
	const struct page *page = step_page(step);
	const struct session_event *event = step->event;
	enum trust trust = event->trust;
	struct value coded;

	/* What counts is the link that brings the answer: a question asked by short message only is answered there. */
	if (page->by_sms && !(step->session->flags & FLAG_MESSAGES) && event->trust_messages < trust)
		trust = event->trust_messages;
	return page->action && trust < page->action->needs && !record_get(&step->vars, VAR_CODED, &coded);
}

/* The only way to an action: whatever led here, no link may do more than its trust allows. */
static void do_action(struct step *step, const struct page *page)
{
	if (walk_needs_code(step)) {
		step->session->phase = PHASE_CODE;
		return;
	}
	call_action(step, page->action);
	step->session->phase = PHASE_DO;
}

/* Whether the price of what is sold is known, of each row if several were chosen. */
static bool has_price(const struct step *step)
{
	struct value price;
	struct rows rows;
	struct record row;
	uint16_t pos = 0;

	if (!session_rows(step, VAR_CHOSEN, &rows))
		return record_get(&step->vars, FIELD_PRICE, &price);
	while (rows_next(&rows, &pos, &row))
		if (!record_get(&row, FIELD_PRICE, &price))
			return false;
	return true;
}

/* All questions are answered: next is the confirmation, or a one-time code in its place. Nothing is sold without its price. */
static void decide(struct step *step, const struct page *page)
{
	const struct outcome *missing = page->action->sells ? page_outcome(page, OUTCOME_NAME_MISSING) : NULL;

	if (missing && !has_price(step))
		walk_outcome(step, missing);
	else if (page->confirm && !walk_needs_code(step))
		step->session->phase = PHASE_CONFIRM;
	else
		do_action(step, page);
}

/* Whether a resumed confirmation was already shown; its questions have then been answered. */
static bool was_shown(const struct step *step)
{
	struct value deadline;

	return record_get(&step->vars, VAR_DEADLINE, &deadline);
}

/* A link that may only ask shows nothing of an account; messages that we begin go to the account's owner. */
static bool is_out_of_reach(const struct step *step, const struct page *page)
{
	return page->needs_account && step->event->trust < TRUST_READ && !(step->session->flags & FLAG_NOTIFICATION);
}

/* Whether a row belongs before another. */
static bool is_before(const struct step *step, const struct page *page, const struct record *row, const struct record *other)
{
	struct row_keys keys = {}, other_keys = {};
	struct value a, b;
	int order;

	if (!page->order)	/* services by their keys, the others as they come */
		return row_key(step->menu, page, row, &keys) < row_key(step->menu, page, other, &other_keys);
	if (!record_get(row, page->order, &a) || !record_get(other, page->order, &b))
		return record_get(row, page->order, &a);	/* without that field: last */
	if (a.is_text) {
		order = memcmp(a.text, b.text, a.len < b.len ? a.len : b.len);
		order = order ? order : a.len - b.len;
	} else {
		order = (a.number > b.number) - (a.number < b.number);
	}
	return page->descending ? order > 0 : order < 0;
}

/* Store the rows that the list wants, in its order. 0 or -ENOSPC. */
static int put_rows(struct step *step, const struct page *page, const struct rows *rows)
{
	struct record sorted[ROWS_MAX], row;
	uint8_t data[RESPONSE_ROWS_MAX];
	struct rows wanted = { .data = data, .size = sizeof(data) };
	struct render render = step_render(step);
	uint16_t pos = 0;
	size_t count = 0, i;

	render.row = &row;
	render.list = page->list;
	while (count < ROWS_MAX && rows_next(rows, &pos, &row)) {
		if (!conditions_hold(&page->where, &render))
			continue;
		for (i = count++; i && is_before(step, page, &row, &sorted[i - 1]); i--)
			sorted[i] = sorted[i - 1];
		sorted[i] = row;
	}
	for (i = 0; i < count; i++)
		if (rows_add(&wanted, &sorted[i]))
			return -ENOSPC;
	return record_put_text(&step->vars, VAR_ROWS, (const char *)data, wanted.len);
}

/* The services on sale need no CALL. */
static void list_catalogue(struct step *step, const struct page *page)
{
	const struct catalogue *catalogue = &step->menu->catalogue;
	uint8_t data[RESPONSE_ROWS_MAX], row_data[200];
	struct rows rows = { .data = data, .size = sizeof(data) };
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < catalogue->count; i++) {
		struct record row = { .data = row_data, .size = sizeof(row_data) };

		menu_put_service(&catalogue->services[i], &row);
		rc = rows_add(&rows, &row);
	}
	step->session->phase = PHASE_SHOW;
	if (rc || put_rows(step, page, &rows))
		end_with(step, SYSTEM_UNAVAILABLE);
}

static void enter(struct step *step)
{
	const struct page *page = step_page(step);
	struct session *session = step->session;

	if (is_out_of_reach(step, page)) {
		end_with(step, SYSTEM_NOT_HERE);
	} else if (page->needs_account && !(session->flags & FLAG_LOADED)) {
		end_with(step, session->flags & FLAG_UNKNOWN ? SYSTEM_UNKNOWN : SYSTEM_UNAVAILABLE);
	} else if (page->route) {
		take_route(step, page);
	} else if (page->list && page->list->local) {
		list_catalogue(step, page);
	} else if (page->list) {
		session->phase = PHASE_LIST;
		if (step->event->kind == EVENT_NOTIFICATION)
			walk_result(step);	/* it brings the rows, as the menu compiler ensures */
		else
			call_action(step, page->list);
	} else if (page->questions_count && !was_shown(step)) {
		session->phase = PHASE_ASK;
	} else if (page->action) {
		decide(step, page);
	} else {
		session->phase = PHASE_SHOW;
	}
}

/* Check the answers so far. A link that is not trusted enough for it hears at the end, after its one-time code. */
static void check(struct step *step, const struct page *page)
{
	const struct menu_action *action = page->questions[step->session->question].check;

	if (step->event->trust >= action->needs) {
		call_action(step, action);
	} else {
		step->session->question++;
		step->session->phase = PHASE_ASK;
	}
}

void walk_answered(struct step *step)
{
	if (step_page(step)->questions[step->session->question].check)
		step->session->phase = PHASE_CHECK;
	else
		step->session->question++;
}

/* Whether the question was answered by a text that said more than was asked. */
static bool is_answered_ahead(const struct step *step)
{
	struct value answer;

	return record_number(&step->vars, VAR_AHEAD, 0) >> step->session->question & 1 &&
	       record_get(&step->vars, step_page(step)->questions[step->session->question].var, &answer);
}

static void run_phase(struct step *step)
{
	const struct page *page = step_page(step);

	switch (step->session->phase) {
	case PHASE_ENTER:
		enter(step);
		break;
	case PHASE_CHECK:
		check(step, page);
		break;
	case PHASE_ASK:
		if (step->session->question >= page->questions_count)
			decide(step, page);
		else if (is_answered_ahead(step))
			walk_answered(step);
		else if (!path_next(step))
			show_page(step);
		break;
	case PHASE_RESULTS:
		show_page(step);
		break;
	case PHASE_SHOW:
	case PHASE_CONFIRM:
	case PHASE_CODE:
		if (step->session->flags & FLAG_TEXT)
			text_resumed(step);
		else if (!path_next(step))
			show_again(step);
		break;
	default:
		end_with(step, SYSTEM_UNAVAILABLE);
		break;
	}
}

void walk_run(struct step *step)
{
	unsigned int moves;

	for (moves = 0; !step->done && moves < MOVES_MAX; moves++)
		run_phase(step);
	if (!step->done)
		end_with(step, SYSTEM_UNAVAILABLE);
}

/* ---- results ---- */

/* S17: the page is done. Whether a question about it follows is the account's decision. */
static void offer_survey(struct step *step, uint8_t above)
{
	const char *about = step_page(step)->name;

	record_put_text(&step->vars, FIELD_SURVEY, about, strlen(about));
	step->session->phase = PHASE_SURVEY;
	step->session->above = above;
	call_action(step, step->menu->survey_offer);
}

void walk_without_survey(struct step *step)
{
	const uint8_t above = step->session->above;

	step->session->above = 0;
	end_with_text(step, step->menu->pages[step->session->above_page].outcomes[above - 1].text);
}

static void survey_offered(struct step *step)
{
	const uint8_t above = step->session->above;

	if (step->event->outcome) {
		walk_without_survey(step);
		return;
	}
	walk_go(step, step->menu->survey, NULL);
	step->session->depth = 0;
	step->session->above = above;
}

/* Follow an outcome: to its page, below its text if it has one; back to a question; or to the end. */
void walk_outcome(struct step *step, const struct outcome *outcome)
{
	const uint8_t above = 1 + (outcome - step_page(step)->outcomes);

	step->session->above_page = step->session->page;
	if (outcome->again) {
		walk_ask(step, outcome->again - 1);
		step->session->above = above;
	} else if (outcome_surveys(step->menu, outcome)) {
		offer_survey(step, above);
	} else if (outcome->page != PAGE_NONE) {
		walk_go(step, outcome->page, NULL);
		if (outcome->page == step->menu->home)
			step->session->depth = 0;
		step->session->above = outcome->text ? above : 0;
	} else {
		end_with_text(step, outcome->text);
	}
}

/* Ask a question again, or, if the answer to an earlier one has been forgotten, that one. */
void walk_ask(struct step *step, uint8_t question)
{
	const struct page *page = step_page(step);
	struct value answer;
	uint8_t i;

	for (i = 0; i < question && record_get(&step->vars, page->questions[i].var, &answer); i++)
		;
	path_drop(step);
	step->session->above = 0;
	forget_progress(&step->vars);
	step->session->question = i;
	step->session->part = 0;
	step->session->phase = PHASE_ASK;
}

static void result_failed(struct step *step, const struct page *page, int outcome)
{
	const bool acts = step->session->phase == PHASE_DO || step->session->phase == PHASE_CHECK;
	const struct outcome *unavailable = acts ? page_outcome(page, OUTCOME_NAME_UNAVAILABLE) : NULL;

	if (outcome == OUTCOME_NO_ACCOUNT)
		end_with(step, SYSTEM_UNKNOWN);
	else if (outcome == OUTCOME_UNCERTAIN && step->session->phase == PHASE_DO && page->action->changes)
		end_with(step, SYSTEM_LATER);
	else if (unavailable)
		walk_outcome(step, unavailable);
	else
		end_with(step, SYSTEM_UNAVAILABLE);
}

/* ---- several orders, one after the other ---- */

/* False when all of them have been done. */
static bool order_next(struct step *step)
{
	const int64_t index = record_number(&step->vars, VAR_NEXT, 0);
	uint8_t copy[512];
	struct record row, chosen = { copy, 0, sizeof(copy) };
	struct rows rows;

	if (!session_rows(step, VAR_CHOSEN, &rows) || !rows_at(&rows, index, &row) || record_append(&chosen, &row))
		return false;
	record_put_number(&step->vars, VAR_NEXT, index + 1);
	walk_take_row(step, &chosen);
	do_action(step, step_page(step));
	return true;
}

void walk_order(struct step *step)
{
	if (!order_next(step))
		do_action(step, step_page(step));
}

/* A page's text; for a route, that of the page that it leads to. */
static texts_t text_of(const struct step *step, uint16_t index)
{
	const struct page *page = &step->menu->pages[index];
	const struct choice *way;

	for (; page->route; page = &step->menu->pages[way->page])
		for (way = page->choices; !step_holds(step, &way->conditions); way++)
			;
	return page->text;
}

/* The line for one of several orders. */
static const struct text *text_of_outcome(const struct step *step, const struct outcome *outcome)
{
	const struct text *system = step_language(step)->system;
	const bool failed = step->event->outcome < 0;

	if (outcome)
		return &(outcome->text ? outcome->text : text_of(step, outcome->page))[step->session->language];
	if (step->event->outcome == OUTCOME_NO_ACCOUNT)
		return &system[SYSTEM_UNKNOWN];
	return &system[failed && step->event->outcome != OUTCOME_UNCERTAIN ? SYSTEM_UNAVAILABLE : SYSTEM_LATER];
}

/* Add a line for the result of one order, then start the next. */
static void collect_result(struct step *step, const struct outcome *outcome)
{
	char results[RESULTS_MAX + 1];
	size_t len = record_text(&step->vars, VAR_RESULTS, results, sizeof(results));

	if (len && len < RESULTS_MAX)
		results[len++] = '\n';
	len += show_text(step, text_of_outcome(step, outcome), results + len, sizeof(results) - len);
	record_put_text(&step->vars, VAR_RESULTS, results, len);
	if (order_next(step))
		return;
	step->session->phase = PHASE_RESULTS;
	step->session->part = 0;
}

/* ---- the end of a CALL ---- */

static const struct menu_action *called_action(const struct step *step)
{
	const struct page *page = step_page(step);

	if (step->session->phase == PHASE_CHECK)
		return page->questions[step->session->question].check;
	if (step->session->phase == PHASE_SURVEY)
		return step->menu->survey_offer;
	return step->session->phase == PHASE_DO ? page->action : page->list;
}

/* The name of an outcome of an action; NULL: it has none. */
static const char *outcome_name(const struct page *page, const struct menu_action *action, int outcome)
{
	if (outcome == OUTCOME_UNAVAILABLE)
		return OUTCOME_NAME_UNAVAILABLE;
	if (outcome >= OUTCOME_AUTH && outcome < OUTCOME_AUTH + AUTH_OUTCOMES && page->asks_password)
		return auth_outcome_names[outcome - OUTCOME_AUTH];
	return outcome >= 0 && outcome < ACTION_OUTCOMES_MAX ? action->outcomes[outcome] : NULL;
}

static void action_done(struct step *step, const struct page *page)
{
	const char *name = outcome_name(page, page->action, step->event->outcome);
	const struct outcome *outcome = name ? page_outcome(page, name) : NULL;
	struct rows rows;

	if (session_rows(step, VAR_CHOSEN, &rows))
		collect_result(step, outcome);
	else if (outcome)
		walk_outcome(step, outcome);
	else if (name && step->event->outcome >= 0)
		end_with(step, SYSTEM_LATER);		/* "accepted" */
	else
		result_failed(step, page, step->event->outcome);
}

/* A check whose first outcome is met goes on to the next question. */
static void check_done(struct step *step, const struct page *page)
{
	const char *name = outcome_name(page, page->questions[step->session->question].check, step->event->outcome);
	const struct outcome *outcome = name ? page_outcome(page, name) : NULL;

	if (!step->event->outcome) {
		step->session->question++;
		step->session->phase = PHASE_ASK;
	} else if (outcome) {
		walk_outcome(step, outcome);
	} else {
		result_failed(step, page, step->event->outcome);
	}
}

void walk_forget_facts(struct step *step)
{
	const struct menu_action *action = called_action(step);

	if (action)
		drop_all(step, action->facts);
}

/* Its first outcome shows the rows. */
static void list_done(struct step *step, const struct page *page)
{
	const char *name = page->list ? outcome_name(page, page->list, step->event->outcome) : NULL;
	const struct outcome *outcome = name ? page_outcome(page, name) : NULL;
	const struct rows *rows = step->event->rows;

	if (outcome) {
		walk_outcome(step, outcome);
	} else if (step->event->outcome) {
		result_failed(step, page, step->event->outcome);
	} else {
		step->session->phase = PHASE_SHOW;
		if (rows && put_rows(step, page, rows))
			end_with(step, SYSTEM_UNAVAILABLE);
	}
}

void walk_result(struct step *step)
{
	const struct page *page = step_page(step);

	if (step->session->phase == PHASE_DO)
		action_done(step, page);
	else if (step->session->phase == PHASE_CHECK)
		check_done(step, page);
	else if (step->session->phase == PHASE_SURVEY)
		survey_offered(step);
	else
		list_done(step, page);
}
