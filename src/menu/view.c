/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Composes the text of a page. */
#include <stdio.h>
#include <string.h>

#include "menu/view.h"

static void put_text(const struct view *view, texts_t texts, struct writer *writer)
{
	texts_render(texts, &view->render, writer);
}

static void put_system(const struct view *view, enum system_text text, struct writer *writer)
{
	template_render(text_wording(&view->render.language->system[text], &view->render), &view->render, writer);
}

static void put_key(const struct view *view, const char *key, struct writer *writer)
{
	writer_string(writer, key);
	writer_string(writer, view->render.language->formats.after_key);
}

static void put_system_item(const struct view *view, const char *key, enum system_text text, struct writer *writer)
{
	writer_string(writer, "\n");
	put_key(view, key, writer);
	put_system(view, text, writer);
}

static void put_rows(const struct view *view, struct writer *writer)
{
	struct view of_row = *view;
	struct row_keys keys = {};
	struct record row;
	uint16_t pos = 0;
	char key[12];

	of_row.render.of_row = true;
	of_row.render.list = view->page->list;
	while (rows_next(view->rows, &pos, &row)) {
		of_row.render.row = &row;
		writer_string(writer, "\n");
		snprintf(key, sizeof(key), "%u", row_key(view->render.menu, view->page, &row, &keys));
		if (view->page->list_page != PAGE_NONE)
			put_key(view, key, writer);
		put_text(&of_row, view->page->row, writer);
	}
}

static void put_page(const struct view *view, struct writer *writer)
{
	if (view->page->list && !(view->rows && view->rows->count)) {
		put_text(view, view->page->empty, writer);
		return;
	}
	prepared_render(&view->page->body[render_language(&view->render)], &view->render, writer);
	if (view->page->list)
		put_rows(view, writer);
}

static void put_confirmation(const struct view *view, struct writer *writer)
{
	if (!view->rows) {
		put_text(view, view->page->text, writer);
		return;
	}
	put_text(view, view->page->several, writer);
	put_rows(view, writer);
}

/* The request that a yes or a one-time code confirms. */
static void put_request(const struct view *view, struct writer *writer)
{
	if (view->page->confirm)
		put_confirmation(view, writer);
	else if (view->page->request)
		put_text(view, view->page->request, writer);
	else
		put_system(view, SYSTEM_CODE_REQUEST, writer);
}

static void put_results(const struct view *view, struct writer *writer)
{
	struct value results;

	if (record_get(view->render.values, VAR_RESULTS, &results) && results.is_text)
		writer_put(writer, results.text, results.len);
}

static void put_body(const struct view *view, struct writer *writer)
{
	if (view->above)
		template_render(text_wording(view->above, &view->render), &view->render, writer);
	if (view->above && view->kind != VIEW_END)
		writer_string(writer, "\n");
	switch (view->kind) {
	case VIEW_PAGE:
		put_page(view, writer);
		break;
	case VIEW_QUESTION:
		put_text(view, view->page->questions[view->question].prompt, writer);
		break;
	case VIEW_CONFIRM:
		put_confirmation(view, writer);
		put_system_item(view, view->render.menu->keys.yes, SYSTEM_YES, writer);
		put_system_item(view, view->render.menu->keys.no, SYSTEM_NO, writer);
		break;
	case VIEW_RESULTS:
		put_results(view, writer);
		break;
	case VIEW_END:
		break;
	case VIEW_RESUME:
		put_system(view, SYSTEM_RESUME, writer);
		put_system_item(view, view->render.menu->keys.yes, SYSTEM_RESUME_YES, writer);
		put_system_item(view, view->render.menu->keys.no, SYSTEM_RESUME_NO, writer);
		break;
	case VIEW_CODE:
		put_request(view, writer);
		writer_string(writer, "\n");
		put_system(view, SYSTEM_CODE, writer);
		break;
	}
}

static size_t transliterate(char *out, struct writer *writer)
{
	const size_t len = writer->at - out;
	char plain[VIEW_BODY_MAX];
	const size_t plain_len = text_transliterate(out, len, plain, len);

	memcpy(out, plain, plain_len);
	writer->cost = text_cost(out, plain_len);
	writer->counted = writer->at;
	return plain_len;
}

/* Finish the text that a writer wrote into \a out: in GSM-7 if the author wants that. */
static size_t finish(const struct view *view, char *out, struct writer *writer)
{
	return view->render.language->transliterate ? transliterate(out, writer) : (size_t)(writer->at - out);
}

/* The hints below a screen that waits, or is not the last one. */
static size_t put_footer(const struct view *view, bool more, char *out, struct text_cost *cost)
{
	const unsigned int hints = (more ? FOOTER_MORE : 0) | (view->back ? FOOTER_BACK : 0) | (view->home ? FOOTER_HOME : 0);
	struct writer writer = writer_counting(out, VIEW_FOOTER_MAX);
	size_t len;

	if (more || view->waits)
		prepared_render(&view->render.language->footers[hints], &view->render, &writer);
	len = finish(view, out, &writer);
	*cost = writer_cost(&writer);
	return len;
}

const struct text_limits menu_message_limits = { .ask = { 459, 201 }, .end = { 459, 201 } };

void view_drop_hints(struct view *view)
{
	if (view->kind == VIEW_CODE || (view->kind == VIEW_CONFIRM && view->page->within_s))
		view->back = view->home = false;
}

size_t view_consent(const struct view *view, char out[static VIEW_CONSENT_ROOM])
{
	struct writer writer = writer_counting(out, VIEW_CONSENT_ROOM);

	put_request(view, &writer);
	return finish(view, out, &writer);
}

size_t view_body(const struct view *view, char out[static VIEW_BODY_MAX])
{
	struct writer writer = writer_counting(out, VIEW_BODY_MAX);

	put_body(view, &writer);
	return finish(view, out, &writer);
}

unsigned int view_screens(const struct view *view)
{
	const struct page *page = view->page;

	switch (view->kind) {
	case VIEW_PAGE:
		return page->list ? 0 : view->render.menu->screens_max;
	case VIEW_QUESTION:
		return view->above ? view->render.menu->screens_max : 1;
	case VIEW_CONFIRM:
		return view->rows ? view->render.menu->screens_max : page->screens;
	case VIEW_RESULTS:
		return view->render.menu->screens_max;
	default:
		return 1;
	}
}

size_t view_footer(const struct view *view, bool more, char out[static VIEW_FOOTER_MAX])
{
	struct text_cost cost;

	return put_footer(view, more, out, &cost);
}

/* \a cost: of the body. \a last: where the last footer goes. */
static void compose_around(const struct view *view, const struct text_limits *limits, const char *body, size_t len,
			   struct text_cost cost, char *last, struct view_text *text)
{
	struct text_flow *flow = &text->flow;
	struct text_cost footer;

	*flow = (struct text_flow){
		.body = body, .body_len = len,
		.more = text->more,
		.last = last, .last_len = put_footer(view, false, last, &footer),
		.more_budget = limits->ask,
		.last_budget = view->waits ? limits->ask : limits->end,
	};
	text->whole = text_fits(text_cost_add(cost, footer), flow->last_budget);
	if (!text->whole)
		flow->more_len = view_footer(view, true, text->more);
}

void view_compose_around(const struct view *view, const struct text_limits *limits, const char *body, size_t len, struct view_text *text)
{
	compose_around(view, limits, body, len, text_cost(body, len), text->body, text);
}

void view_compose(const struct view *view, const struct text_limits *limits, struct view_text *text)
{
	struct writer body = writer_counting(text->body, VIEW_BODY_MAX);
	size_t len;

	put_body(view, &body);
	len = finish(view, text->body, &body);
	compose_around(view, limits, text->body, len, writer_cost(&body), text->body + len, text);
}

static bool fits(const struct view *view, unsigned int part, bool tight, struct view_text *text)
{
	const unsigned int most = view_screens(view);
	unsigned int screens;

	text->flow.tight = tight;
	if (!most)	/* of a long list, do not cut screens that this turn does not show */
		return text_screen(&text->flow, part, &text->screen);
	screens = text_screens(&text->flow, part, &text->screen);
	return screens && screens <= most;
}

/* Compose it with values of that width, and cut it. */
static bool fits_with(struct view *view, const struct text_limits *limits, uint16_t width_max, unsigned int part, struct view_text *text)
{
	view->render.width_max = width_max;
	if (view->render.cuts)
		*view->render.cuts = 0;
	view_compose(view, limits, text);
	text->screen = (struct text_screen){ .len = text->flow.body_len, .last = true };
	return text->whole || fits(view, part, false, text) || fits(view, part, true, text);
}

bool view_fit(struct view *view, const struct text_limits *limits, unsigned int part, struct view_text *text)
{
	static const uint16_t widths[] = { 0, 16, 12, 8, 4, 1, 0 };
	size_t i;

	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		if (fits_with(view, limits, widths[i], part, text))
			return true;
	text->flow.tight = false;
	return text_screen(&text->flow, part, &text->screen);
}
