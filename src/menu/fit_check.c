/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks that everything fits: the worst case of every page, in every language, cut into screens as by the engine. */
#include <string.h>

#include "menu/view.h"

#define LAST_MAX 640		/* octets of a last text, see engine.h */

/* Cut a view's worst case as the engine would. Returns the number of screens; 0: it cannot be cut. */
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

static void fit_check(struct build *build, const struct page *page, const struct view *view, const char *part)
{
	const unsigned int screens = worst_screens(build, view);
	const bool one = view->kind == VIEW_QUESTION ||
			 ((view->kind == VIEW_CONFIRM || view->kind == VIEW_CODE) && !view->rows);
	const unsigned int confirmed = view->kind == VIEW_CONFIRM ? page->screens : 1;
	const unsigned int most = one ? confirmed : build->menu->screens_max;

	if (!screens)
		problems_add_at(build->problems, page->file, page->line,
				"page '%s', %s, in language '%s' cannot be cut into screens of this size", page->name, part,
				view->render.language->name);
	else if (screens > most)
		problems_add_at(build->problems, page->file, page->line,
				"page '%s', %s, in language '%s' needs %u screens at worst, but %u are allowed", page->name, part,
				view->render.language->name, screens, most);
}

/* One row of a list must fit a screen by itself, however many there are. */
static void fit_check_row(struct build *build, const struct page *page, struct view *view)
{
	uint8_t data[8];
	struct rows rows = { .data = data, .size = sizeof(data) };
	const struct record empty = { .data = data };

	rows_add(&rows, &empty);
	view->rows = &rows;
	fit_check(build, page, view, "with one row");
	view->rows = NULL;
	fit_check(build, page, view, "without rows");
}

/* The page's text, and its text for short messages. */
static void fit_check_texts(struct build *build, const struct page *page, struct view *view, const char *part)
{
	fit_check(build, page, view, part);
	view->messages = page->text_sms;
	if (view->messages)
		fit_check(build, page, view, part);
	view->messages = false;
}

/* A text that ends a dialog, or is sent after its end. */
static void fit_check_end(struct build *build, const struct page *page, const struct render *render, texts_t texts,
			  const char *name)
{
	char body[VIEW_BODY_MAX];
	struct writer writer = { body, body + sizeof(body) };

	if (!texts)
		return;
	template_render(&texts[render->language - build->menu->languages], render, &writer);
	if (writer.at - body >= LAST_MAX || !text_fits(text_cost(body, writer.at - body), build->source->limits.end))
		problems_add_at(build->problems, page->file, page->line,
				"page '%s', '%s', in language '%s' is longer than a page", page->name, name,
				render->language->name);
}

static void fit_check_consent(struct build *build, const struct page *page, const struct view *view)
{
	char shown[VIEW_CONSENT_ROOM];

	if (view_consent(view, shown) > VIEW_CONSENT_MAX)
		problems_add_at(build->problems, page->file, page->line,
				"page '%s', the confirmation, in language '%s' is longer than %d octets, the most that can be "
				"stored with the order", page->name, view->render.language->name, VIEW_CONSENT_MAX);
}

/* Several rows that are confirmed together. */
static void fit_check_several(struct build *build, const struct page *page, struct view *view)
{
	uint8_t data[CHOSEN_MAX * 8];
	struct rows rows = { .data = data, .size = sizeof(data) };
	const struct record empty = { .data = data };
	unsigned int i;

	for (i = 0; i < CHOSEN_MAX; i++)
		rows_add(&rows, &empty);
	view->rows = &rows;
	fit_check(build, page, view, "the confirmation of several rows");
	fit_check_consent(build, page, view);
	view->rows = NULL;
}

struct worst {
	size_t len;
	char text[VIEW_BODY_MAX];
};

static void find_worst(struct build *build, const struct render *render, uint16_t index, struct worst *worst)
{
	const struct page *page = index == PAGE_NONE ? NULL : &build->menu->pages[index];
	char text[VIEW_BODY_MAX];
	struct writer writer = { text, text + sizeof(text) };
	uint8_t i;

	for (i = 0; page && page->route && i < page->choices_count; i++)
		find_worst(build, render, page->choices[i].page, worst);
	if (!page || !page->text)
		return;
	template_render(&page->text[render->language - build->menu->languages], render, &writer);
	if (text_cost(text, writer.at - text).units <= text_cost(worst->text, worst->len).units)
		return;
	worst->len = writer.at - text;
	memcpy(worst->text, text, worst->len);
}

/* The results of several rows, one line each. */
static void fit_check_results(struct build *build, const struct page *page, struct view *view)
{
	uint8_t data[VIEW_BODY_MAX];
	struct record results = { .data = data, .size = sizeof(data) };
	char text[RESULTS_MAX];
	struct writer writer = { text, text + sizeof(text) };
	struct worst worst = {};
	unsigned int i;

	for (i = 0; i < ACTION_OUTCOMES_MAX && page->action->outcomes[i]; i++)
		find_worst(build, &view->render, page->branches[i], &worst);
	find_worst(build, &view->render, page->unavailable, &worst);
	for (i = 0; i < CHOSEN_MAX; i++) {
		writer_put(&writer, worst.text, worst.len);
		writer_put(&writer, "\n", 1);
	}
	if (CHOSEN_MAX * (worst.len + 1) > RESULTS_MAX)
		problems_add_at(build->problems, page->file, page->line, "page '%s': the results of %d rows in language "
				"'%s' are longer than %d octets", page->name, CHOSEN_MAX, view->render.language->name,
				RESULTS_MAX);
	record_put_text(&results, VAR_RESULTS, text, writer.at - text);
	view->kind = VIEW_RESULTS;
	view->back = page->hint_back;
	view->waits = false;
	view->render.values = &results;
	fit_check(build, page, view, "the results of several rows");
	view->render.values = NULL;
}

static void fit_check_confirm(struct build *build, const struct page *page, struct view *view)
{
	view->kind = VIEW_CONFIRM;
	view_drop_hints(view);
	fit_check_texts(build, page, view, "the confirmation");
	fit_check_consent(build, page, view);
	view->messages = page->text_sms;
	if (view->messages)
		fit_check_consent(build, page, view);
	view->messages = false;
	if (!page->several)
		return;
	fit_check_several(build, page, view);
	fit_check_results(build, page, view);
}

/* F34: the same with a one-time code instead of a yes, sent by short message. */
static void fit_check_code(struct build *build, const struct page *page, struct view *view)
{
	view->kind = VIEW_CODE;
	view->back = view->home = false;
	view->messages = true;
	fit_check(build, page, view, "with a one-time code");
	fit_check_consent(build, page, view);
	view->messages = false;
}

static void fit_check_page(struct build *build, const struct page *page, struct view *view)
{
	unsigned int i;

	view->page = page;
	view->back = page->hint_back;
	view->home = page->hint_home;
	view->waits = page->choices_count || page->stay;
	view->kind = VIEW_PAGE;
	if (page->list)
		fit_check_row(build, page, view);
	else if (!page->action && !page->route)
		fit_check_texts(build, page, view, "its text");
	view->waits = true;
	view->kind = VIEW_QUESTION;
	for (i = 0; i < page->questions_count; i++) {
		view->question = i;
		fit_check(build, page, view, page->questions[i].name);
	}
	if (page->confirm)
		fit_check_confirm(build, page, view);
	if (page->action && build->has_services)
		fit_check_code(build, page, view);
	fit_check_end(build, page, &view->render, page->late, "late");
	fit_check_end(build, page, &view->render, page->declined, "declined");
	fit_check_end(build, page, &view->render, page->sent, "sent");
}

static void fit_check_system_text(struct build *build, const struct template *text, const struct render *render,
				  const char *name, const char *suffix)
{
	char body[VIEW_BODY_MAX];
	struct writer writer = { body, body + sizeof(body) };

	template_render(text, render, &writer);
	if (!text_fits(text_cost(body, writer.at - body), build->source->limits.end))
		problems_add(build->problems, NULL, "system text '%s%s' of language '%s' is longer than a page", name,
			     suffix, render->language->name);
}

static void fit_check_system(struct build *build, const struct language *language, const struct render *render)
{
	unsigned int i;

	for (i = 0; i < SYSTEM_COUNT; i++) {
		if (i == SYSTEM_CODE)
			continue;	/* part of messages that are checked as a whole */
		fit_check_system_text(build, &language->system[i], render, build_system_name(i), "");
		fit_check_system_text(build, &language->system_sms[i], render, build_system_name(i), "_sms");
	}
}

static void fit_check_resume(struct build *build, struct view *view)
{
	unsigned int screens;

	view->kind = VIEW_RESUME;
	view->waits = true;
	view->back = view->home = false;
	screens = worst_screens(build, view);
	if (screens != 1)
		problems_add(build->problems, NULL, "the offer to resume in language '%s' needs %u screens, but 1 is "
			     "allowed", view->render.language->name, screens);
}

void build_fit_check(struct build *build)
{
	const struct menu *menu = build->menu;
	uint16_t l, i;

	for (l = 0; l < menu->languages_count; l++) {
		struct view view = { .render = { .menu = menu, .language = &menu->languages[l], .worst = true } };

		for (i = 0; i < menu->pages_count; i++)
			fit_check_page(build, &menu->pages[i], &view);
		fit_check_resume(build, &view);
		fit_check_system(build, &menu->languages[l], &view.render);
	}
}
