/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Effects: a page on the screen, the end, a CALL. */
#include <string.h>

#include "engine/step.h"

/* Where the texts of this step take their values from. */
static struct render render_of(const struct step *step)
{
	return (struct render){ .menu = step->menu, .language = step_language(step), .values = &step->vars,
				.utc_offset = step->event->utc_offset };
}

/* ---- pages ---- */

static void effect_add(struct effect *effect, const char *text, size_t len)
{
	const size_t room = sizeof(effect->text) - 1 - effect->len;

	if (len > room)
		len = room;
	memcpy(effect->text + effect->len, text, len);
	effect->len += len;
	effect->text[effect->len] = '\0';
}

static size_t render_hint(const struct step *step, const struct view *view, char out[static VIEW_FOOTER_MAX])
{
	char plain[VIEW_FOOTER_MAX];
	struct pen pen = { out, out + VIEW_FOOTER_MAX - 1 };
	size_t len;

	if (!step->hint)
		return 0;
	template_render(step->hint, &view->render, &pen);
	*pen.at++ = '\n';
	if (!view->render.language->transliterate)
		return pen.at - out;
	len = text_transliterate(out, pen.at - out, plain, sizeof(plain));
	memcpy(out, plain, len);
	return len;
}

/* Say in front of the screen what was wrong with the last input, but only where there is room: it must not move what
 * stands on this screen to the next, which may not even be there. */
static void add_hint(struct step *step, const struct view *view, struct text_budget budget)
{
	struct effect *effect = step->effect;
	char hint[VIEW_FOOTER_MAX];
	const size_t len = render_hint(step, view, hint);

	if (!len || effect->len + len >= sizeof(effect->text))
		return;
	memmove(effect->text + len, effect->text, effect->len + 1);
	memcpy(effect->text, hint, len);
	effect->len += len;
	if (text_fits(text_cost(effect->text, effect->len), budget))
		return;
	effect->len -= len;
	memmove(effect->text, effect->text + len, effect->len + 1);
}

/* Put the screen that session->part says into the effect; a part that is not there (any more) shows the first. */
static bool show_screen(struct step *step, const struct view *view)
{
	struct text_screen screen;
	struct view_text text;

	view_compose(view, step->limits, &text);
	if (!text_screen(&text.flow, step->session->part, &screen)) {
		step->session->part = 0;
		if (!text_screen(&text.flow, 0, &screen))
			return false;
	}
	effect_add(step->effect, text.body + screen.from, screen.len);
	effect_add(step->effect, screen.last ? text.last : text.more,
		   screen.last ? text.flow.last_len : text.flow.more_len);
	add_hint(step, view, screen.last ? text.flow.last_budget : text.flow.more_budget);
	step->effect->kind = screen.last && !view->waits ? EFFECT_END : EFFECT_ASK;
	return true;
}

static void show(struct step *step, const struct view *view, enum session_state waiting)
{
	if (!show_screen(step, view)) {
		end_with(step, SYSTEM_UNAVAILABLE);
		return;
	}
	step->session->state = step->effect->kind == EFFECT_ASK ? waiting : SESSION_OVER;
	step->done = true;
}

/* Neither secret nor about to commit, and it leads somewhere: who has read the balance and hangs up has not been
 * dropped. */
bool page_resumable(const struct page *page)
{
	return !page->route && !page->secret && !page->verb && (page->choices_count || page->list);
}

/* The main menu is not worth an offer; but the answer to a short message that showed it may come at any time. */
static bool resumable(const struct step *step, const struct page *page)
{
	return page_resumable(page) &&
	       (step->session->page != step->menu->home || step->session->flags & FLAG_MESSAGES);
}

static void view_of_phase(const struct step *step, struct view *view, struct rows *rows)
{
	struct value packed;

	view->kind = step->session->phase == PHASE_ASK	     ? VIEW_QUESTION
		     : step->session->phase == PHASE_CONFIRM ? VIEW_CONFIRM
							     : VIEW_PAGE;
	view->waits = view->kind != VIEW_PAGE || view->page->stay || view->page->choices_count;
	view->back = view->page->hint_back && (step->session->depth || step->session->page != step->menu->home);
	if (!view->page->list || !record_get(&step->vars, VAR_ROWS, &packed))
		return;
	*rows = (struct rows){ .data = (uint8_t *)packed.text, .len = packed.len, .size = packed.len };
	if (rows_check(rows->data, rows->len, &rows->count))
		view->rows = rows;
}

void show_page(struct step *step)
{
	const struct page *page = step_page(step);
	struct view view = { .page = page, .question = step->session->question, .home = page->hint_home,
			     .messages = step->session->flags & FLAG_MESSAGES,
			     .render = render_of(step) };
	struct rows rows;

	view_of_phase(step, &view, &rows);
	show(step, &view, SESSION_ASKING);
	step->effect->secret = view.kind == VIEW_QUESTION && page->questions[view.question].secret;
	step->session->flags &= ~FLAG_RESUMABLE;
	if (resumable(step, page))
		step->session->flags |= FLAG_RESUMABLE;
}

void show_resume(struct step *step)
{
	const struct view view = { .kind = VIEW_RESUME, .waits = true, .render = render_of(step) };
	const uint8_t part = step->session->part;

	step->session->part = 0;
	show(step, &view, SESSION_OFFERING);
	step->session->part = part;
}

/* ---- ends ---- */

void end_silently(struct step *step)
{
	step->effect->kind = EFFECT_END;
	step->session->state = SESSION_OVER;
	step->done = true;
}

void end_with(struct step *step, enum system_text text)
{
	const struct render render = render_of(step);
	struct pen pen = { step->effect->text, step->effect->text + sizeof(step->effect->text) - 1 };

	template_render(&step_language(step)->system[text], &render, &pen);
	*pen.at = '\0';
	step->effect->len = pen.at - step->effect->text;
	end_silently(step);
}

/* ---- calls ---- */

static uint64_t next_ref(struct session *session)
{
	return (session->id << 12 | (session->step & 0xfff)) & ((UINT64_C(1) << 60) - 1);
}

/* Number the order, and keep the number for texts that show it. */
static void take_ref(struct step *step)
{
	char text[REF_TEXT_SIZE];

	step->effect->ref = next_ref(step->session);
	ref_print(step->effect->ref, text);
	record_put_text(&step->vars, FIELD_REF, text, strlen(text));
}

static void put_arg(struct record *args, uint16_t id, const struct value *value)
{
	if (value->is_text)
		record_put_text(args, id, value->text, value->len);
	else
		record_put_number(args, id, value->number);
}

void call_verb(struct step *step, const struct menu_verb *verb)
{
	struct record args = { step->effect->args, 0, sizeof(step->effect->args) };
	struct value value;
	unsigned int i;

	for (i = 0; i < VERB_PARAMS_MAX && verb->params[i]; i++)
		if (record_get(&step->vars, verb->params[i], &value))
			put_arg(&args, verb->params[i], &value);
	step->effect->kind = EFFECT_CALL;
	step->effect->verb = verb;
	step->effect->args_len = args.len;
	if (verb->changes)
		take_ref(step);
	step->session->state = SESSION_CALLING;
	step->done = true;
	session_forget_secrets(step->menu, &step->vars);
}

void call_account(struct step *step)
{
	step->effect->kind = EFFECT_CALL;
	step->session->state = SESSION_LOADING;
	step->done = true;
}
