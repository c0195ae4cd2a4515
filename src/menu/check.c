/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks of the whole tree: every page can be reached, every value is provided, and no cycle is silent. */
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

static void complain(struct build *build, const struct page *page, const char *text, const char *what)
{
	problems_add_at(build->problems, page->file, page->line, text, page->name, what);
}

/* ---- reachability ---- */

typedef void visit_page(void *user, uint16_t page);

static void visit(visit_page *see, void *user, uint16_t page)
{
	if (page != PAGE_NONE)
		see(user, page);
}

static void each_next(const struct page *page, visit_page *see, void *user)
{
	unsigned int i;

	for (i = 0; i < page->choices_count; i++)
		visit(see, user, page->choices[i].page);
	if (page->list) {
		visit(see, user, page->list_page);
		visit(see, user, page->several_page);
		visit(see, user, page->unlisted_page);
	}
	for (i = 0; i < page->outcomes_count; i++)
		visit(see, user, page->outcomes[i].page);
}

struct walk {
	const struct menu *menu;
	bool *seen;
};

static void reach(void *user, uint16_t page)
{
	struct walk *walk = user;

	if (walk->seen[page])
		return;
	walk->seen[page] = true;
	each_next(&walk->menu->pages[page], reach, walk);
}

static void check_reached(struct build *build)
{
	const struct menu *menu = build->menu;
	struct walk walk = { menu, calloc(menu->pages_count + 1, sizeof(bool)) };
	uint16_t i;

	if (!walk.seen)
		abort();
	visit(reach, &walk, menu->home);
	for (i = 0; i < menu->entries_count; i++)
		visit(reach, &walk, menu->entries[i].page);
	for (i = 0; i < menu->short_codes_count; i++)
		visit(reach, &walk, menu->short_codes[i].page);
	for (i = 0; i < menu->keywords_count; i++)
		visit(reach, &walk, menu->keywords[i].page);
	for (i = 0; i < menu->notifications_count; i++)
		visit(reach, &walk, menu->notifications[i].page);
	for (i = 0; i < menu->pages_count; i++)
		if (!walk.seen[i])
			complain(build, &menu->pages[i], menu->pages[i].texts_alone
				 ? "these are texts of a page '%s' that menu.cfg does not name%s" : "page '%s' cannot be reached%s", "");
	free(walk.seen);
}

/* ---- silent cycles ---- */

/* Whether a page may lead on without an input. */
static bool is_silent(const struct page *page)
{
	return page->route || (page->list && page->outcomes_count) || (page->action && !page->questions_count && !page->confirm);
}

/* A list's rows wait for an input; its outcomes do not. */
static void each_silent_next(const struct page *page, visit_page *see, void *user)
{
	uint8_t i;

	if (!page->list)
		each_next(page, see, user);
	for (i = 0; page->list && i < page->outcomes_count; i++)
		visit(see, user, page->outcomes[i].page);
}

struct chain {
	const struct menu *menu;
	uint16_t start;
	bool *seen;
	bool found;
};

static void follow(void *user, uint16_t page)
{
	struct chain *chain = user;

	chain->found |= page == chain->start;
	if (chain->seen[page] || !is_silent(&chain->menu->pages[page]))
		return;
	chain->seen[page] = true;
	each_silent_next(&chain->menu->pages[page], follow, chain);
}

static void check_cycles(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		struct chain chain = { .menu = menu, .start = i };

		if (!is_silent(&menu->pages[i]))
			continue;
		chain.seen = calloc(menu->pages_count, sizeof(bool));
		if (!chain.seen)
			abort();
		each_silent_next(&menu->pages[i], follow, &chain);
		free(chain.seen);
		if (chain.found)
			complain(build, &menu->pages[i], "page '%s' leads back to itself without showing anything%s", "");
	}
}

/* ---- values ---- */

/* A service brings its terms from the catalogue. */
static bool binds(const struct bindings *with, uint16_t var)
{
	uint8_t i;

	for (i = 0; i < with->count; i++)
		if (with->list[i].var == var || (with->list[i].var == FIELD_SERVICE && menu_is_term(var)))
			return true;
	return false;
}

static bool brings(const struct menu_action *action, uint16_t var)
{
	unsigned int i;

	for (i = 0; action && i < ACTION_FIELDS_MAX && action->facts[i]; i++)
		if (action->facts[i] == var)
			return true;
	return false;
}

static bool page_provides(const struct page *page, uint16_t var)
{
	unsigned int i, c;

	for (i = 0; i < page->questions_count; i++)
		if (page->questions[i].var == var || (page->questions[i].var == FIELD_SERVICE && menu_is_term(var)))
			return true;
	if (binds(&page->with, var))
		return true;
	for (c = 0; c < page->choices_count; c++)
		if (binds(&page->choices[c].with, var))
			return true;
	for (i = 0; page->list && i < ACTION_FIELDS_MAX && page->list->fields[i]; i++)
		if (page->list->fields[i] == var)
			return true;
	if (brings(page->list, var) || brings(page->action, var))
		return true;
	for (i = 0; i < page->questions_count; i++)
		if (brings(page->questions[i].check, var))
			return true;
	return page->action && page->action->orders && (var == FIELD_EFFECTIVE || var == FIELD_TRIAL_UNTIL || var == FIELD_INSTEAD);
}

static bool provided(const struct menu *menu, uint16_t var)
{
	uint16_t i;

	if (var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ACCOUNT)
		return true;
	for (i = 0; i < menu->pages_count; i++)
		if (page_provides(&menu->pages[i], var))
			return true;
	return build_notifications_bring(menu, var);
}

static void check_params(struct build *build, const struct page *page, const struct menu_action *action)
{
	unsigned int i;

	for (i = 0; action && i < ACTION_PARAMS_MAX && action->params[i]; i++)
		if (!provided(build->menu, action->params[i]))
			complain(build, page, "page '%s': nothing asks for or sets '%s'",
				 menu_var_name(build->menu, action->params[i]));
}

static void check_shown(struct build *build, const struct page *page, texts_t texts)
{
	uint16_t l, i, var;
	uint8_t v;

	for (l = 0; texts && l < build->menu->languages_count; l++) {
		for (v = 0; v < texts[l].count; v++) {
			const struct template *text = &texts[l].variants[v].template;

			for (i = 0; i < text->count; i++) {
				var = text->pieces[i].var;
				if (var && !provided(build->menu, var))
					complain(build, page, "page '%s' shows '%s', which nothing asks for or sets",
						 menu_var_name(build->menu, var));
			}
		}
	}
}

static void check_values(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		check_params(build, &menu->pages[i], menu->pages[i].action);
		check_params(build, &menu->pages[i], menu->pages[i].list);
		check_shown(build, &menu->pages[i], menu->pages[i].text);
		check_shown(build, &menu->pages[i], menu->pages[i].row);
		check_shown(build, &menu->pages[i], menu->pages[i].several);
		for (uint8_t o = 0; o < menu->pages[i].outcomes_count; o++)
			check_shown(build, &menu->pages[i], menu->pages[i].outcomes[o].text);
		check_shown(build, &menu->pages[i], menu->pages[i].sent);
		check_shown(build, &menu->pages[i], menu->pages[i].request);
	}
}

/* ---- trust (F34) ---- */

/* Changing an account may cost money or lock a subscriber out, and lists are private to the subscriber. */
static void check_needs(struct build *build, const struct page *page, const struct menu_action *action)
{
	const enum trust least = action && action->changes ? TRUST_ORDER : TRUST_READ;

	if (action && !action->local && action->needs < least)
		complain(build, page, "page '%s': '%s' does not say how far its link must be trusted", action->name);
}

/* Below the trust that its action needs, a page is confirmed with a one-time code, which must be shown and can be returned. */
static void check_trust(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		check_needs(build, &menu->pages[i], menu->pages[i].action);
		check_needs(build, &menu->pages[i], menu->pages[i].list);
	}
}

static bool shows(const struct text *text, uint16_t var)
{
	uint16_t i;
	uint8_t v;

	for (v = 0; v < text->count; v++)
		for (i = 0; i < text->variants[v].template.count; i++)
			if (text->variants[v].template.pieces[i].var == var)
				return true;
	return false;
}

static void check_code_texts(struct build *build)
{
	uint16_t i;

	for (i = 0; build->has_services && i < build->menu->languages_count; i++)
		if (!shows(&build->languages[i].system[SYSTEM_CODE], FIELD_CONFIRM_CODE) ||
		    !shows(&build->languages[i].system[SYSTEM_CODE], FIELD_CONFIRM_UNTIL))
			problems_add(build->problems, NULL, "system text 'code' of language '%s' must show {confirm_code} "
				     "and {confirm_until}", build->languages[i].name);
}

/* ---- terms of trials (S7) ---- */

static bool has_priced_trial(const struct catalogue *catalogue)
{
	size_t i;

	for (i = 0; i < catalogue->count && !catalogue->services[i].trial_price; i++)
		;
	return i < catalogue->count;
}

static void check_trial_texts(struct build *build, const struct page *page, texts_t texts)
{
	uint16_t l;

	for (l = 0; texts && l < build->menu->languages_count; l++)
		if (shows(&texts[l], FIELD_TRIAL_DAYS) && !shows(&texts[l], FIELD_TRIAL_PRICE))
			complain(build, page, "page '%s' shows 'trial_days' without 'trial_price' in language '%s'",
				 build->languages[l].name);
}

static bool tests(const struct conditions *conditions, enum field field)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		if (conditions->only_if[i].field == field)
			return true;
	return false;
}

/* Whether a page's ways or its text depend on a field. */
static bool asks_for(const struct page *page, enum field field)
{
	unsigned int i;

	for (i = 0; i < page->choices_count; i++)
		if (tests(&page->choices[i].conditions, field))
			return true;
	for (i = 0; page->text && i < page->text[0].count; i++)
		if (tests(&page->text[0].variants[i].conditions, field))
			return true;
	return false;
}

/* A trial that continues automatically must not be announced as one that ends. */
static void check_trial_ends(struct build *build)
{
	const struct menu *menu = build->menu;
	const struct service *service = menu->catalogue.services;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++)
		if (asks_for(&menu->pages[i], FIELD_TRIAL_ENDS))
			return;
	for (; service < menu->catalogue.services + menu->catalogue.count; service++)
		if (service->trial_ends == TRIAL_ENDS_PAID)
			problems_add(build->problems, NULL, "service '%s' continues after its trial, but no page has a condition about "
				     "'trial_ends' to say so", service->code);
}

/* A page about trials must not make a trial with a price look free. */
static void check_trials(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	check_trial_ends(build);
	if (!has_priced_trial(&menu->catalogue))
		return;
	for (i = 0; i < menu->pages_count; i++) {
		check_trial_texts(build, &menu->pages[i], menu->pages[i].text);
		check_trial_texts(build, &menu->pages[i], menu->pages[i].row);
	}
}

/* ---- several rows at once ---- */

/* The result of each row gets a line, so each outcome needs a text. */
static void check_result_page(struct build *build, const struct page *page, uint16_t index)
{
	const struct page *result = &build->menu->pages[index];
	uint8_t i;

	for (i = 0; result->route && i < result->choices_count; i++)
		check_result_page(build, page, result->choices[i].page);
	if (!result->route && (!result->text || result->confirm || result->list))
		complain(build, page, "page '%s' takes several rows, but page '%s' has no text for the result of each", result->name);
}

static void check_several_page(struct build *build, const struct page *list, const struct page *page)
{
	unsigned int i;

	if (!page->several || !page->action->orders || page->questions_count) {
		complain(build, list, "page '%s': several rows lead to '%s', which must 'confirm' an order with a text "
			 "'several', and ask nothing", page->name);
		return;
	}
	for (i = 0; i < page->outcomes_count; i++)
		if (!page->outcomes[i].text && page->outcomes[i].page != PAGE_NONE)
			check_result_page(build, page, page->outcomes[i].page);
}

static bool takes_several(const struct menu *menu, uint16_t page)
{
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++)
		if (menu->pages[i].several_page == page)
			return true;
	return false;
}

static void check_several(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		const struct page *page = &menu->pages[i];

		if (page->several_page != PAGE_NONE)
			check_several_page(build, page, &menu->pages[page->several_page]);
		if (page->several && !takes_several(menu, i))
			complain(build, page, "page '%s' has a text 'several', but no list leads there with several rows%s", "");
	}
}

void build_check(struct build *build)
{
	if (build->problems->errors)
		return;		/* an incomplete tree cannot be walked */
	check_reached(build);
	check_cycles(build);		/* so that following routes ends */
	check_several(build);
	check_values(build);
	if (!build->problems->errors)
		build_backends_check(build);
	check_trust(build);
	check_code_texts(build);
	check_trials(build);
	build_notifications_check(build);
	build_fit_check(build);
}
