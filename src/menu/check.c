/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks of the whole tree: every page can be reached, every value is provided, and no cycle is silent. */
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"

static void complain(struct build *build, const struct page *page, const char *text, const char *what, const char *remedy)
{
	problem_remedy(problems_add_at(build->problems, page->file, page->line, text, page->name, what), "%s", remedy);
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
	visit(see, user, page->otherwise);
	if (page->list) {
		visit(see, user, page->list_page);
		visit(see, user, page->several_page);
		visit(see, user, page->unlisted_page);
	}
	for (i = 0; i < page->outcomes_count; i++)
		visit(see, user, page->outcomes[i].page);
}

/* Not by recursion: ten thousand pages in a row need more stack than a thread has. */
struct walk {
	const struct build *build;
	const struct menu *menu;
	bool *seen;
	uint16_t *queue;
	size_t queued;
};

static void reach(void *user, uint16_t page)
{
	struct walk *walk = user;

	if (!walk->seen[page])
		walk->queue[walk->queued++] = page;
	walk->seen[page] = true;
}

static void reach_all(struct walk *walk)
{
	size_t taken;

	for (taken = 0; taken < walk->queued; taken++) {
		const uint16_t page = walk->queue[taken];

		each_next(&walk->menu->pages[page], reach, walk);
		if (walk->build->broken[page])
			build_each_mention(walk->build, walk->menu->pages[page].at, reach, walk);
	}
}

static void check_reached(struct build *build)
{
	const struct menu *menu = build->menu;
	struct walk walk = { .build = build, .menu = menu, .seen = calloc(menu->pages_count + 1, sizeof(bool)),
			     .queue = calloc(menu->pages_count + 1, sizeof(uint16_t)) };
	uint16_t i;

	if (!walk.seen || !walk.queue)
		abort();
	for (i = 0; i < menu->pages_count; i++)
		if (build->wanted[i])
			reach(&walk, i);
	visit(reach, &walk, menu->home);
	visit(reach, &walk, menu->agent);
	for (i = 0; i < menu->entries_count; i++)
		visit(reach, &walk, menu->entries[i].page);
	for (i = 0; i < menu->short_codes_count; i++)
		visit(reach, &walk, menu->short_codes[i].page);
	for (i = 0; i < menu->keywords_count; i++)
		visit(reach, &walk, menu->keywords[i].page);
	for (i = 0; i < menu->notifications_count; i++)
		visit(reach, &walk, menu->notifications[i].page);
	reach_all(&walk);
	for (i = 0; !build->lost_ways && i < menu->pages_count && !build_ends(build); i++) {
		const struct page *page = &menu->pages[i];

		if (!walk.seen[i] && page->texts_alone && !build->textless)
			build_texts_of_no_page(build, page->at, NULL);
		else if (!walk.seen[i] && !page->texts_alone && !build_is_textless(build, page))
			problem_remedy(problems_add_at(build->problems, page->file, page->line, "page '%s' cannot be reached", page->name),
				       "let a choice, an entry or a keyword lead there, or remove it");
	}
	free(walk.queue);
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
	uint16_t *seen_from;	/* by page: the last start from which it was seen, from 1 */
	uint16_t *queue;
	size_t queued;
	bool found;
};

static void follow(void *user, uint16_t page)
{
	struct chain *chain = user;

	chain->found |= page == chain->start;
	if (chain->seen_from[page] == chain->start + 1 || !is_silent(&chain->menu->pages[page]))
		return;
	chain->seen_from[page] = chain->start + 1;
	chain->queue[chain->queued++] = page;
}

static bool check_cycles(struct build *build)
{
	const struct menu *menu = build->menu;
	struct chain chain = { .menu = menu, .seen_from = calloc(menu->pages_count + 1, sizeof(*chain.seen_from)),
			       .queue = calloc(menu->pages_count + 1, sizeof(*chain.queue)) };
	bool found = false;
	size_t taken;
	uint16_t i;

	if (!chain.seen_from || !chain.queue)
		abort();
	for (i = 0; i < menu->pages_count; i++) {
		if (!is_silent(&menu->pages[i]) || build->broken[i])
			continue;
		chain.start = i;
		chain.found = false;
		chain.queued = 0;
		each_silent_next(&menu->pages[i], follow, &chain);
		for (taken = 0; taken < chain.queued; taken++)
			each_silent_next(&menu->pages[chain.queue[taken]], follow, &chain);
		if (chain.found)
			complain(build, &menu->pages[i], "page '%s' leads back to itself without showing anything%s", "",
				 "let one of the pages on the way show or ask something");
		found |= chain.found;
	}
	free(chain.queue);
	free(chain.seen_from);
	return found;
}

/* ---- trust (F34) ---- */

/* Changing an account may cost money or lock a subscriber out, and lists are private to the subscriber. */
static void check_needs(struct build *build, const struct page *page, const struct menu_action *action)
{
	const enum trust least = action && action->changes && !action->harmless ? TRUST_ORDER : TRUST_READ;

	if (action && !action->local && action->needs < least)
		complain(build, page, "page '%s': '%s' does not say how far its link must be trusted", action->name,
			 "use another action");
}

/* Below the trust that its action needs, a page is confirmed with a one-time code, which must be shown and can be returned. */
static void check_trust(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		if (build->broken[i])
			continue;
		check_needs(build, &menu->pages[i], menu->pages[i].action);
		check_needs(build, &menu->pages[i], menu->pages[i].list);
	}
}

static bool shows(const struct text *text, uint16_t var)
{
	uint8_t v;

	for (v = 0; v < text->count && !template_shows(&text->variants[v].template, var); v++)
		;
	return v < text->count;
}

static void check_code_texts(struct build *build)
{
	uint16_t i;

	for (i = 0; build->has_services && i < build->menu->languages_count; i++) {
		const struct text *text = &build->languages[i].system[SYSTEM_CODE];

		if (text->count && (!shows(text, FIELD_CONFIRM_CODE) || !shows(text, FIELD_CONFIRM_UNTIL)))
			problem_remedy(problems_add(build->problems, text->variants[0].at, "system text 'code' of language '%s' must show "
						    "{confirm_code} and {confirm_until}", build->languages[i].name),
				       "add them to the text");
	}
}

/* ---- several rows at once ---- */

/* The result of each row gets a line, so each outcome needs a text. */
static void check_result_page(struct build *build, const struct page *page, uint16_t index)
{
	const struct page *result = &build->menu->pages[index];
	uint8_t i;

	if (build->broken[index])
		return;
	for (i = 0; result->route && i < result->choices_count; i++)
		check_result_page(build, page, result->choices[i].page);
	if (!result->route && (!result->text || result->confirm || result->list))
		complain(build, page, "page '%s' takes several rows, but page '%s' has no text for the result of each", result->name,
			 "write the text, or use a text instead of a page");
}

static void check_several_page(struct build *build, const struct page *list, const struct page *page)
{
	unsigned int i;

	if (!page->several || !page->action->orders || page->questions_count) {
		complain(build, list, "page '%s': several rows lead to '%s', which must 'confirm' an order with a text "
			 "'several', and ask nothing", page->name, "name such a page, or remove 'several'");
		return;
	}
	for (i = 0; i < page->outcomes_count; i++)
		if (!page->outcomes[i].text && page->outcomes[i].page != PAGE_NONE)
			check_result_page(build, page, page->outcomes[i].page);
}

static bool takes_several(const struct build *build, uint16_t page)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++)
		if (build->broken[i] ? build_mentions(menu->pages[i].at, menu->pages[page].name) : menu->pages[i].several_page == page)
			return true;
	return false;
}

static void check_several(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		const struct page *page = &menu->pages[i];

		if (build->broken[i])
			continue;
		if (page->several_page != PAGE_NONE && !build->broken[page->several_page])
			check_several_page(build, page, &menu->pages[page->several_page]);
		if (page->several && !build->lost_ways && !build->wanted[i] && !takes_several(build, i))
			complain(build, page, "page '%s' has a text 'several', but no list leads there with several rows%s", "",
				 "remove the text, or let a list name the page in 'several'");
	}
}

/* Another text than a key can only be an answer. */
static void check_otherwise(struct build *build)
{
	const struct page *pages = build->menu->pages;
	uint16_t i;

	for (i = 0; i < build->menu->pages_count; i++) {
		const uint16_t to = pages[i].otherwise;

		if (to != PAGE_NONE && !build->broken[i] && !build->broken[to] && !pages[to].questions_count)
			problem_remedy(problems_add(build->problems, setting_get(pages[i].at, "otherwise"), "page '%s' asks nothing that "
						    "another text than the keys of page '%s' could answer", pages[to].name, pages[i].name),
				       "let it ask questions, or remove 'otherwise'");
	}
}

const struct page *build_orders_at_once(const struct menu *menu, uint16_t index, unsigned int depth)
{
	const struct page *page = &menu->pages[index], *found = NULL;
	uint8_t i;

	if (page->action && page->action->orders && !page->confirm)
		return page;
	for (i = 0; page->route && !found && depth < 8 && i < page->choices_count; i++)
		found = build_orders_at_once(menu, page->choices[i].page, depth + 1);
	return found;
}

/* A no, or a yes that comes too late, must not order. */
static void check_no(struct build *build)
{
	const struct page *orders, *page = build->menu->pages;
	uint8_t i;

	for (; page < build->menu->pages + build->menu->pages_count; page++)
		for (i = 0; i < page->outcomes_count; i++) {
			const struct outcome *outcome = &page->outcomes[i];

			if (!outcome_precedes_action(outcome->name) || outcome->page == PAGE_NONE)
				continue;
			orders = build_orders_at_once(build->menu, outcome->page, 0);
			if (orders)
				problem_remedy(problems_add(build->problems, setting_at(setting_get(page->at, "on"), outcome->name),
							    "the outcome '%s' of page '%s' leads to page '%s', which orders without asking",
							    outcome->name, page->name, orders->name),
					       "lead to another page, or ask there: confirm = true");
		}
}

/* Parts with errors are left out, and nothing is said that may only follow from those errors. */
void build_check(struct build *build)
{
	bool sound;

	build_words_check(build);
	build_answers_check(build);
	check_reached(build);
	if (check_cycles(build) || build_ends(build))
		return;			/* following routes would not end */
	check_several(build);
	check_otherwise(build);
	build_assigned_check(build);
	build_backends_check(build);
	if (build_ends(build))
		return;
	check_trust(build);
	check_no(build);
	check_code_texts(build);
	build_trials_check(build);
	build_notifications_check(build);
	build_control_check(build);
	sound = !build->problems->errors;
	if (build_ends(build))
		return;
	build_prepared(build);
	build_fit_check(build);
	if (sound && build->source->advise && !build_ends(build))
		build_advise(build);
}
