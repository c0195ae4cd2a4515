/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Effects: a page on the screen, the end, a CALL. */
#include <string.h>

#include "engine/step.h"

struct render step_render(const struct step *step)
{
	return (struct render){ .menu = step->menu, .language = step_language(step), .values = &step->vars,
				.now = step->event->now, .utc_offset = step->event->utc_offset };
}

static bool by_messages(const struct step *step)
{
	return step->session->flags & FLAG_MESSAGES;
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
	const struct text_limits *limits = step->effect->by_message ? &view_message_limits : step->limits;
	struct text_screen screen;
	struct view_text text;

	view_compose(view, limits, &text);
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
 * dropped. A confirmation with a time limit waits until then. */
bool page_resumable(const struct page *page)
{
	return !page->route && !page->secret &&
	       (page->within_s || (!page->verb && (page->choices_count || page->list)));
}

/* The main menu is not worth an offer; but the answer to a short message that showed it may come at any time. So may
 * the one to a confirmation, which is never offered to who dials. */
static bool resumable(const struct step *step, const struct page *page)
{
	if (!page_resumable(page))
		return false;
	if (page->within_s)
		return by_messages(step) && step->session->phase == PHASE_CONFIRM;
	return step->session->page != step->menu->home || by_messages(step);
}

bool session_rows(const struct step *step, uint16_t var, struct rows *rows)
{
	struct value packed;

	if (!record_get(&step->vars, var, &packed))
		return false;
	*rows = (struct rows){ .data = (uint8_t *)packed.text, .len = packed.len, .size = packed.len };
	return packed.is_text && rows_check(rows->data, rows->len, &rows->count);
}

static enum view_kind view_kind_of(enum phase phase)
{
	switch (phase) {
	case PHASE_ASK: return VIEW_QUESTION;
	case PHASE_CONFIRM: return VIEW_CONFIRM;
	case PHASE_TOLD: return VIEW_TOLD;
	default: return VIEW_PAGE;
	}
}

static void view_of_phase(const struct step *step, struct view *view, struct rows *rows)
{
	const struct page *page = view->page;

	view->kind = view_kind_of(step->session->phase);
	view->waits = view->kind == VIEW_QUESTION || view->kind == VIEW_CONFIRM ||
		      (view->kind == VIEW_PAGE && (page->stay || page->choices_count));
	view->back = view->page->hint_back && (step->session->depth || step->session->page != step->menu->home);
	view->home = view->page->hint_home;
	view_drop_hints(view);
	if ((page->list || page->several) && session_rows(step, page->list ? VAR_ROWS : VAR_PICKED, rows))
		view->rows = rows;
}

static void view_of_page(const struct step *step, struct view *view, struct rows *rows)
{
	*view = (struct view){ .page = step_page(step), .question = step->session->question,
			       .messages = by_messages(step), .render = step_render(step) };
	view_of_phase(step, view, rows);
}

/* S6: until when a yes counts. Shown once more, it has no more time. */
static void set_deadline(struct step *step, const struct page *page)
{
	const int64_t now = step->event->now;
	int64_t deadline = record_number(&step->vars, VAR_DEADLINE, 0);

	if (!deadline) {
		deadline = now + page->within_s;
		record_put_number(&step->vars, VAR_DEADLINE, deadline);
	}
	step->effect->tell_silence = true;
	if (by_messages(step))		/* a dialogue's silence is the network's business */
		step->effect->within_s = deadline > now ? deadline - now : 1;
}

size_t show_template(const struct step *step, const struct template *template, char *out, size_t size)
{
	const struct render render = step_render(step);
	struct pen pen = { out, out + size - 1 };

	template_render(template, &render, &pen);
	*pen.at = '\0';
	return pen.at - out;
}

/* Where a confirmation is asked by short message only, the dialogue ends with a word about that. */
static void move_to_messages(struct step *step, const struct page *page)
{
	struct effect *effect = step->effect;

	effect->by_message = true;
	effect->last_len = show_template(step, &page->sent[step->session->language], effect->last_text,
				      sizeof(effect->last_text));
	step->session->flags |= FLAG_MESSAGES;
	step->about_service = true;
}

void show_page(struct step *step)
{
	const struct page *page = step_page(step);
	const bool confirms = step->session->phase == PHASE_CONFIRM;
	struct rows rows;
	struct view view;

	if (confirms && page->by_sms && !by_messages(step))
		move_to_messages(step, page);
	view_of_page(step, &view, &rows);
	show(step, &view, SESSION_ASKING);
	if (step->effect->kind == EFFECT_ASK && by_messages(step) && (step->session->flags & FLAG_UNKNOWN)) {
		end_with(step, SYSTEM_UNKNOWN);		/* a conversation with each number that can be invented costs too much */
		return;
	}
	if (confirms && page->within_s)
		set_deadline(step, page);
	step->effect->secret = view.kind == VIEW_QUESTION && page->questions[view.question].secret;
	step->session->flags &= ~FLAG_RESUMABLE;
	if (resumable(step, page))
		step->session->flags |= FLAG_RESUMABLE;
}

void show_resume(struct step *step)
{
	const struct view view = { .kind = VIEW_RESUME, .waits = true, .render = step_render(step) };
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

static void end_with_template(struct step *step, const struct template *template)
{
	struct effect *effect = step->effect;

	effect->len = show_template(step, template, effect->text, sizeof(effect->text));
	end_silently(step);
}

void end_with(struct step *step, enum system_text text)
{
	const struct language *language = step_language(step);
	const struct template *by_text = &language->system_sms[text];

	end_with_template(step, by_messages(step) && by_text->count ? by_text : &language->system[text]);
}

void end_with_text(struct step *step, texts_t text)
{
	end_with_template(step, &text[step->session->language]);
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

static void put_var(const struct step *step, uint16_t var, struct record *args)
{
	struct value value;

	if (record_get(&step->vars, var, &value))
		put_arg(args, var, &value);
}

static void put_params(const struct step *step, const struct menu_verb *verb, struct record *args)
{
	unsigned int i;

	for (i = 0; i < VERB_PARAMS_MAX && verb->params[i]; i++)
		put_var(step, verb->params[i], args);
	if (!verb->orders)
		return;
	put_var(step, FIELD_PRICE, args);
	put_var(step, FIELD_PERIOD, args);
	if (step_page(step)->guarded)
		put_var(step, FIELD_PASSWORD, args);
}

/* What the order's ledger keeps: the confirmation as it was shown, and the yes as it was typed. */
static void put_consent(struct step *step, struct record *args)
{
	char shown[VIEW_CONSENT_ROOM];
	struct value answered;
	struct rows rows;
	struct view view;

	if (!record_get(&step->vars, VAR_ANSWERED, &answered))
		return;
	step->session->phase = PHASE_CONFIRM;
	view_of_page(step, &view, &rows);
	record_append_text(args, ARG_SHOWN, shown, view_consent(&view, shown));
	record_append_text(args, ARG_ANSWERED, answered.text, answered.len);
}

void call_verb(struct step *step, const struct menu_verb *verb)
{
	struct record args = { step->effect->args, 0, sizeof(step->effect->args) };

	put_params(step, verb, &args);
	if (verb->orders)
		put_consent(step, &args);
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
