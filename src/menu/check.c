/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What only the whole tree can tell: every page can be reached, every value is there, nothing goes round in silence,
 * and the worst case of every page fits. */
#include <stdlib.h>
#include <string.h>

#include "menu/view.h"

static void complain(struct build *build, const struct page *page, const char *text, const char *what)
{
	problems_add_at(build->problems, page->file, page->line, text, page->name, what);
}

/* ---- where pages lead ---- */

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
	if (page->list)
		visit(see, user, page->list_page);
	if (!page->verb)
		return;
	for (i = 0; i < VERB_OUTCOMES_MAX && page->verb->outcomes[i]; i++)
		visit(see, user, page->branches[i]);
	for (i = 0; page->guarded && i < GUARD_OUTCOMES; i++)
		visit(see, user, page->branches[VERB_OUTCOMES_MAX + i]);
	visit(see, user, page->unavailable);
	visit(see, user, page->no);
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
	for (i = 0; i < menu->services_count; i++)
		visit(reach, &walk, menu->services[i].page);
	for (i = 0; i < menu->keywords_count; i++)
		visit(reach, &walk, menu->keywords[i].page);
	for (i = 0; i < menu->notices_count; i++)
		visit(reach, &walk, menu->notices[i].page);
	for (i = 0; i < menu->pages_count; i++)
		if (!walk.seen[i])
			complain(build, &menu->pages[i], "page '%s' cannot be reached%s", "");
	free(walk.seen);
}

/* ---- silent cycles ---- */

static bool is_silent(const struct page *page)
{
	return page->route || (page->verb && !page->questions_count && !page->confirm);
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
	each_next(&chain->menu->pages[page], follow, chain);
}

static bool comes_back(const struct menu *menu, uint16_t page)
{
	struct chain chain = { .menu = menu, .start = page, .seen = calloc(menu->pages_count, sizeof(bool)) };

	if (!chain.seen)
		abort();
	each_next(&menu->pages[page], follow, &chain);
	free(chain.seen);
	return chain.found;
}

static void check_cycles(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++)
		if (is_silent(&menu->pages[i]) && comes_back(menu, i))
			complain(build, &menu->pages[i], "page '%s' comes back to itself without showing anything%s", "");
}

/* ---- values ---- */

static bool page_provides(const struct page *page, uint16_t var)
{
	unsigned int i, c;

	for (i = 0; i < page->questions_count; i++)
		if (page->questions[i].var == var)
			return true;
	for (i = 0; i < page->with.count; i++)
		if (page->with.list[i].var == var)
			return true;
	for (c = 0; c < page->choices_count; c++)
		for (i = 0; i < page->choices[c].with.count; i++)
			if (page->choices[c].with.list[i].var == var)
				return true;
	for (i = 0; page->list && i < VERB_FIELDS_MAX && page->list->fields[i]; i++)
		if (page->list->fields[i] == var)
			return true;
	return page->verb && page->verb->orders && (var == FIELD_EFFECTIVE || var == FIELD_TRIAL_UNTIL);
}

static bool provided(const struct menu *menu, uint16_t var)
{
	uint16_t i;

	if (var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ACCOUNT)
		return true;
	for (i = 0; i < menu->pages_count; i++)
		if (page_provides(&menu->pages[i], var))
			return true;
	return build_notices_bring(menu, var);
}

static void check_params(struct build *build, const struct page *page, const struct menu_verb *verb)
{
	unsigned int i;

	for (i = 0; verb && i < VERB_PARAMS_MAX && verb->params[i]; i++)
		if (!provided(build->menu, verb->params[i]))
			complain(build, page, "page '%s': nothing asks for or sets '%s'",
				 field_info(verb->params[i])->name);
}

static void check_shown(struct build *build, const struct page *page, texts_t texts)
{
	uint16_t i, l, var;

	for (l = 0; texts && l < build->menu->languages_count; l++) {
		for (i = 0; i < texts[l].count; i++) {
			var = texts[l].pieces[i].var;
			if (var && !provided(build->menu, var))
				complain(build, page, "page '%s' shows '%s', which nothing asks for or sets",
					 menu_var_name(build->menu, var));
		}
	}
}

static void check_values(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		check_params(build, &menu->pages[i], menu->pages[i].verb);
		check_params(build, &menu->pages[i], menu->pages[i].list);
		check_shown(build, &menu->pages[i], menu->pages[i].text);
		check_shown(build, &menu->pages[i], menu->pages[i].text_sms);
		check_shown(build, &menu->pages[i], menu->pages[i].row);
		check_shown(build, &menu->pages[i], menu->pages[i].late);
		check_shown(build, &menu->pages[i], menu->pages[i].declined);
		check_shown(build, &menu->pages[i], menu->pages[i].sent);
	}
}

/* ---- the proof that everything fits ---- */

#define LAST_MAX 640		/* octets of a last text, see engine.h */

/* A view's worst case as the engine would cut it. Returns screens, 0 when even that is impossible. */
static unsigned int worst_screens(const struct build *build, const struct view *view)
{
	struct text_screen screen = {};
	struct view_text text;
	unsigned int part;

	view_compose(view, view->messages ? &view_message_limits : &build->source->limits, &text);
	for (part = 0; !screen.last; part++)
		if (!text_screen(&text.flow, part, &screen))
			return 0;
	return part;
}

static void prove(struct build *build, const struct page *page, const struct view *view, const char *part)
{
	const unsigned int screens = worst_screens(build, view);
	const unsigned int most = view->kind == VIEW_PAGE ? build->menu->screens_max : 1;

	if (screens && screens <= most)
		return;
	problems_add_at(build->problems, page->file, page->line,
			"page '%s', %s, in language '%s' needs %u screens at worst, and %u are allowed", page->name, part,
			view->render.language->name, screens, most);
}

/* One row of a list must fit a screen by itself, however many there are. */
static void prove_row(struct build *build, const struct page *page, struct view *view)
{
	uint8_t data[8];
	struct rows rows = { .data = data, .size = sizeof(data) };
	const struct record empty = { .data = data };

	rows_add(&rows, &empty);
	view->rows = &rows;
	prove(build, page, view, "with one row");
	view->rows = NULL;
	prove(build, page, view, "without rows");
}

/* The page's text, and the one that it has for short messages. */
static void prove_texts(struct build *build, const struct page *page, struct view *view, const char *part)
{
	prove(build, page, view, part);
	view->messages = page->text_sms;
	if (view->messages)
		prove(build, page, view, part);
	view->messages = false;
}

/* A text that ends a dialogue, or comes after it has ended. */
static void prove_end(struct build *build, const struct page *page, const struct render *render, texts_t texts,
		      const char *name)
{
	char body[VIEW_BODY_MAX];
	struct pen pen = { body, body + sizeof(body) };

	if (!texts)
		return;
	template_render(&texts[render->language - build->menu->languages], render, &pen);
	if (pen.at - body >= LAST_MAX || !text_fits(text_cost(body, pen.at - body), build->source->limits.end))
		problems_add_at(build->problems, page->file, page->line,
				"page '%s', '%s', in language '%s' is longer than a page", page->name, name,
				render->language->name);
}

static void prove_consent(struct build *build, const struct page *page, const struct view *view)
{
	char shown[VIEW_CONSENT_ROOM];

	if (view_consent(view, shown) > VIEW_CONSENT_MAX)
		problems_add_at(build->problems, page->file, page->line,
				"page '%s', the confirmation, in language '%s' is longer than %d octets, which have to be "
				"kept with the order", page->name, view->render.language->name, VIEW_CONSENT_MAX);
}

static void prove_confirm(struct build *build, const struct page *page, struct view *view)
{
	view->kind = VIEW_CONFIRM;
	view_drop_hints(view);
	prove_texts(build, page, view, "the confirmation");
	prove_consent(build, page, view);
	if (!page->text_sms)
		return;
	view->messages = true;
	prove_consent(build, page, view);
	view->messages = false;
}

static void prove_page(struct build *build, const struct page *page, struct view *view)
{
	unsigned int i;

	view->page = page;
	view->back = page->hint_back;
	view->home = page->hint_home;
	view->waits = page->choices_count || page->stay;
	view->kind = VIEW_PAGE;
	if (page->list)
		prove_row(build, page, view);
	else if (!page->verb && !page->route)
		prove_texts(build, page, view, "its text");
	view->waits = true;
	view->kind = VIEW_QUESTION;
	for (i = 0; i < page->questions_count; i++) {
		view->question = i;
		prove(build, page, view, page->questions[i].name);
	}
	if (page->confirm)
		prove_confirm(build, page, view);
	prove_end(build, page, &view->render, page->late, "late");
	prove_end(build, page, &view->render, page->declined, "declined");
	prove_end(build, page, &view->render, page->sent, "sent");
}

static void prove_system(struct build *build, const struct language *language, const struct render *render)
{
	char body[VIEW_BODY_MAX];
	unsigned int i;

	for (i = 0; i < SYSTEM_COUNT; i++) {
		struct pen pen = { body, body + sizeof(body) };

		template_render(&language->system[i], render, &pen);
		if (!text_fits(text_cost(body, pen.at - body), build->source->limits.end))
			problems_add(build->problems, NULL, "system text '%s' of language '%s' is longer than a page",
				     build_system_name(i), language->name);
	}
}

static void prove_resume(struct build *build, struct view *view)
{
	unsigned int screens;

	view->kind = VIEW_RESUME;
	view->waits = true;
	view->back = view->home = false;
	screens = worst_screens(build, view);
	if (screens != 1)
		problems_add(build->problems, NULL, "the offer to resume in language '%s' needs %u screens, and 1 is "
			     "allowed", view->render.language->name, screens);
}

static void check_fits(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t l, i;

	for (l = 0; l < menu->languages_count; l++) {
		struct view view = { .render = { .menu = menu, .language = &menu->languages[l], .worst = true } };

		for (i = 0; i < menu->pages_count; i++)
			prove_page(build, &menu->pages[i], &view);
		prove_resume(build, &view);
		prove_system(build, &menu->languages[l], &view.render);
	}
}

void build_check(struct build *build)
{
	if (build->problems->count)
		return;		/* a tree with holes in it cannot be walked */
	check_reached(build);
	check_cycles(build);		/* so that what follows routes comes to an end */
	check_values(build);
	build_notices_check(build);
	check_fits(build);
}
