/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Walk from page to page until there is something to show, ask or do. */
#include <string.h>

#include "engine/step.h"

#define MOVES_MAX 256	/* a path has at most 91 parts; the menu compiler rejects silent cycles */

/* ---- moving ---- */

static const enum field terms[] = { FIELD_PRICE, FIELD_PERIOD, FIELD_SINCE, FIELD_STATE, FIELD_EFFECTIVE,
				    FIELD_TRIAL_DAYS, FIELD_TRIAL_UNTIL, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_UNTIL };

#define TERMS_COUNT (sizeof(terms) / sizeof(terms[0]))

/* Drop a service's terms when another one is meant, so that no order is sent with the price of an older row. */
static void drop_terms(struct record *vars)
{
	size_t i;

	for (i = 0; i < TERMS_COUNT; i++)
		record_drop(vars, terms[i]);
}

static bool is_dropped(const struct step *step, const struct piece *piece)
{
	struct value value;
	size_t i;

	for (i = 0; i < TERMS_COUNT && piece->var != terms[i]; i++)
		;
	return i < TERMS_COUNT && !piece->before && !record_get(&step->vars, piece->var, &value);
}

/* Whether a page shows the terms of a service other than the current one. */
static bool is_about_another(const struct step *step, uint16_t index)
{
	const struct page *page = &step->menu->pages[index];
	const struct template *text = page->text && !page->list ? &page->text[step->session->language] : NULL;
	uint16_t i;

	for (i = 0; text && i < text->count; i++)
		if (is_dropped(step, &text->pieces[i]))
			return true;
	return false;
}

void walk_take_row(struct step *step, const struct record *row)
{
	struct value service;

	if (record_get(row, FIELD_SERVICE, &service))
		drop_terms(&step->vars);
	record_merge(&step->vars, row);
}

/* A service that is named, not chosen from a list, gets its terms from the catalogue. */
static void take_terms(struct step *step)
{
	const struct service *service = step_service(step);
	const char *ends = trial_ends_name(TRIAL_ENDS_PAID);

	drop_terms(&step->vars);
	if (!service)
		return;
	record_put_number(&step->vars, FIELD_PRICE, service->price);
	record_put_text(&step->vars, FIELD_PERIOD, service->period, strlen(service->period));
	if (service->trial_days)
		record_put_number(&step->vars, FIELD_TRIAL_DAYS, service->trial_days);
	if (service->trial_price)
		record_put_number(&step->vars, FIELD_TRIAL_PRICE, service->trial_price);
	if (service->trial_ends == TRIAL_ENDS_PAID)
		record_put_text(&step->vars, FIELD_TRIAL_ENDS, ends, strlen(ends));
}

void walk_take_service(struct step *step, const struct service *service)
{
	record_put_text(&step->vars, FIELD_SERVICE, service->code, strlen(service->code));
	take_terms(step);
}

static void bind_one(struct step *step, const struct binding *binding)
{
	struct value value = {};
	char text[160];

	if (!binding->from) {
		record_put_text(&step->vars, binding->var, binding->text, strlen(binding->text));
	} else if (record_get(&step->vars, binding->from, &value) && !value.is_text) {
		record_put_number(&step->vars, binding->var, value.number);
	} else if (value.is_text) {
		const size_t len = record_text(&step->vars, binding->from, text, sizeof(text));

		record_put_text(&step->vars, binding->var, text, len < sizeof(text) ? len : sizeof(text) - 1);
	}
}

static void bind_variables(struct step *step, const struct bindings *with)
{
	for (uint8_t i = 0; i < with->count; i++) {
		bind_one(step, &with->list[i]);
		if (with->list[i].var == FIELD_SERVICE)
			take_terms(step);
	}
}

static void forget_confirmation(struct record *vars)
{
	uint16_t var;

	for (var = VAR_DEADLINE; var <= VAR_ORDER_REF; var++)
		record_drop(vars, var);
	for (var = VAR_CODE; var <= VAR_CODED; var++)
		record_drop(vars, var);
}

void walk_go(struct step *step, uint16_t page, const struct bindings *with)
{
	struct session *session = step->session;

	session_forget_secrets(step->menu, &step->vars);
	if (step_page(step)->list)
		record_drop(&step->vars, VAR_ROWS);
	if (step_page(step)->action)
		forget_confirmation(&step->vars);
	session->page = page;
	session->part = 0;
	session->question = 0;
	session->phase = PHASE_ENTER;
	session->wrong = 0;
	if (with)
		bind_variables(step, with);
	bind_variables(step, &step_page(step)->with);
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

void walk_start(struct step *step)
{
	const struct entry *entry;
	char code[TEXT_PATH_MAX];
	size_t len = record_text(&step->vars, VAR_PATH, code, sizeof(code)), path;

	len = menu_code_length(code, len);
	entry = menu_entry(step->menu, code, len, &path);
	path_drop(step);
	if (!entry) {
		end_with(step, SYSTEM_NO_CODE);
		return;
	}
	if (path < len)
		record_put_text(&step->vars, VAR_PATH, code + path, len - path);
	explicit_bzero(code, sizeof(code));
	walk_go(step, entry->page, NULL);
}

/* ---- one page ---- */

static void take_route(struct step *step, const struct page *page)
{
	const struct choice *way = page->choices;

	while (!step_holds(step, &way->conditions))
		way++;		/* the last way is open to everybody, as the menu compiler ensures */
	walk_go(step, way->page, &way->with);
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

/* All questions are answered: next is the confirmation, or a one-time code in its place. */
static void decide(struct step *step, const struct page *page)
{
	if (page->confirm && !walk_needs_code(step))
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
	} else if (page->list) {
		session->phase = PHASE_LIST;
		call_action(step, page->list);
	} else if (page->questions_count && !was_shown(step)) {
		session->phase = PHASE_ASK;
	} else if (page->action) {
		decide(step, page);
	} else {
		session->phase = PHASE_SHOW;
	}
}

static void run_phase(struct step *step)
{
	const struct page *page = step_page(step);

	switch (step->session->phase) {
	case PHASE_ENTER:
		enter(step);
		break;
	case PHASE_ASK:
		if (step->session->question >= page->questions_count)
			decide(step, page);
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

static void result_failed(struct step *step, const struct page *page, int outcome)
{
	const bool changes = step->session->phase == PHASE_DO && page->action->changes;

	if (outcome == OUTCOME_NO_ACCOUNT)
		end_with(step, SYSTEM_UNKNOWN);
	else if (outcome == OUTCOME_UNCERTAIN && changes)
		end_with(step, SYSTEM_LATER);
	else if (step->session->phase == PHASE_DO && page->unavailable != PAGE_NONE)
		walk_go(step, page->unavailable, NULL);
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
static const struct template *text_of(const struct step *step, uint16_t index)
{
	const struct page *page = &step->menu->pages[index];
	const struct choice *way;

	for (; page->route; page = &step->menu->pages[way->page])
		for (way = page->choices; !step_holds(step, &way->conditions); way++)
			;
	return &page->text[step->session->language];
}

static const struct template *text_of_outcome(const struct step *step, const struct page *page, unsigned int branch)
{
	const struct template *system = step_language(step)->system;

	if (branch < BRANCHES_MAX)
		return page->branches[branch] == PAGE_NONE ? &system[SYSTEM_LATER] : text_of(step, page->branches[branch]);
	if (step->event->outcome == OUTCOME_NO_ACCOUNT)
		return &system[SYSTEM_UNKNOWN];
	if (step->event->outcome == OUTCOME_UNCERTAIN)
		return &system[SYSTEM_LATER];
	return page->unavailable == PAGE_NONE ? &system[SYSTEM_UNAVAILABLE] : text_of(step, page->unavailable);
}

/* Add a line for the result of one order, then start the next. */
static void collect_result(struct step *step, const struct page *page, unsigned int branch)
{
	char results[RESULTS_MAX + 1];
	size_t len = record_text(&step->vars, VAR_RESULTS, results, sizeof(results));

	if (len && len < RESULTS_MAX)
		results[len++] = '\n';
	len += show_template(step, text_of_outcome(step, page, branch), results + len, sizeof(results) - len);
	record_put_text(&step->vars, VAR_RESULTS, results, len);
	if (!order_next(step))
		step->session->phase = PHASE_RESULTS;
}

/* ---- the end of a CALL ---- */

/* Index into the page's branches; BRANCHES_MAX: none for this outcome. */
static unsigned int branch_of(const struct page *page, int outcome)
{
	int count = 0;

	if (outcome >= OUTCOME_AUTH && outcome < OUTCOME_AUTH + AUTH_OUTCOMES && page->asks_password)
		return ACTION_OUTCOMES_MAX + outcome - OUTCOME_AUTH;
	while (count < ACTION_OUTCOMES_MAX && page->action->outcomes[count])
		count++;
	return outcome >= 0 && outcome < count ? outcome : BRANCHES_MAX;
}

static void action_done(struct step *step, const struct page *page)
{
	const unsigned int branch = branch_of(page, step->event->outcome);
	struct rows rows;

	if (session_rows(step, VAR_CHOSEN, &rows))
		collect_result(step, page, branch);
	else if (branch == BRANCHES_MAX)
		result_failed(step, page, step->event->outcome);
	else if (page->branches[branch] == PAGE_NONE)
		end_with(step, SYSTEM_LATER);
	else
		walk_go(step, page->branches[branch], NULL);
}

void walk_result(struct step *step)
{
	const struct page *page = step_page(step);
	const struct rows *rows = step->event->rows;

	if (step->session->phase == PHASE_DO) {
		action_done(step, page);
	} else if (step->event->outcome) {
		result_failed(step, page, step->event->outcome);
	} else {
		step->session->phase = PHASE_SHOW;
		if (rows && record_put_text(&step->vars, VAR_ROWS, (const char *)rows->data, rows->len))
			end_with(step, SYSTEM_UNAVAILABLE);
	}
}
