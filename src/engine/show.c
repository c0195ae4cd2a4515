/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Effects: a page on the screen, the end, a CALL. */
#include <string.h>

#include "engine/step.h"

#define CODE_WITHIN_S 600	/* validity of a one-time code if the page sets no time */

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

/* Say before the screen what was wrong with the last input, but only if there is room: the hint must not move text from this screen to the
 * next one, which may not exist. */
static void add_hint(struct step *step, struct text_budget budget)
{
	struct effect *effect = step->effect;
	char hint[EFFECT_TEXT_MAX];
	size_t len;

	if (!step->hint)
		return;
	len = show_text(step, step->hint, hint, sizeof(hint) - 1);
	hint[len++] = '\n';
	if (effect->len + len >= sizeof(effect->text))
		return;
	memmove(effect->text + len, effect->text, effect->len + 1);
	memcpy(effect->text, hint, len);
	effect->len += len;
	if (text_fits(text_cost(effect->text, effect->len), budget))
		return;
	effect->len -= len;
	memmove(effect->text, effect->text + len, effect->len + 1);
}

/* In a short message the hints below a page are not worth another part. */
static bool costs_a_part(const struct effect *effect, const struct view_text *text)
{
	char whole[EFFECT_TEXT_MAX];
	const size_t len = effect->len + text->flow.last_len;

	if (len > sizeof(whole))
		return true;
	memcpy(whole, effect->text, effect->len);
	memcpy(whole + effect->len, text->flow.last, text->flow.last_len);
	return text_sms_parts(text_cost(whole, len)) > text_sms_parts(text_cost(effect->text, effect->len));
}

/* Put screen session->part into the effect; if there is no such part (any more), show the first. */
static bool show_screen(struct step *step, struct view *view)
{
	const struct text_limits *limits = step->effect->by_message ? &menu_message_limits : step->limits;
	const struct text_screen *screen;
	struct view_text text;

	if (!view_fit(view, limits, step->session->part, &text))
		return false;
	screen = &text.screen;
	step->session->part = screen->part;
	if (text.whole && !by_messages(step)) {
		effect_add(step->effect, text.body, text.flow.body_len + text.flow.last_len);
	} else {
		effect_add(step->effect, text.body + screen->from, screen->len);
		if (!screen->last)
			effect_add(step->effect, text.more, text.flow.more_len);
		else if (!by_messages(step) || !costs_a_part(step->effect, &text))
			effect_add(step->effect, text.flow.last, text.flow.last_len);
	}
	add_hint(step, screen->last ? text.flow.last_budget : text.flow.more_budget);
	step->effect->kind = screen->last && !view->waits ? EFFECT_END : EFFECT_ASK;
	return true;
}

static void show_view(struct step *step, struct view *view, enum session_state waiting)
{
	if (!show_screen(step, view)) {
		end_with(step, SYSTEM_UNAVAILABLE);
		return;
	}
	step->session->state = step->effect->kind == EFFECT_ASK ? waiting : SESSION_OVER;
	step->done = true;
}

/* Not secret, and it leads somewhere: a subscriber who reads the balance and hangs up was not cut off. */
bool page_resumable(const struct page *page)
{
	return !page->route && !page->secret && (page->action || page->choices_count || page->list);
}

/* Whether the session can be resumed. Resuming the main menu is not worth an offer, but if a short message showed it, the answer may come
 * at any time. So may the answer to a one-time code or a confirmation with a time limit; those are never offered on dialling. */
static bool resumable(const struct step *step, const struct page *page)
{
	const enum phase phase = step->session->phase;

	if (!page_resumable(page))
		return false;
	if (step->session->page == step->menu->survey && !by_messages(step))
		return false;
	if (page->action)
		return by_messages(step) && (phase == PHASE_CODE || (page->within_s && phase == PHASE_CONFIRM));
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
	case PHASE_RESULTS: return VIEW_RESULTS;
	case PHASE_CODE: return VIEW_CODE;
	default: return VIEW_PAGE;
	}
}

/* The text of the outcome that led to this page; NULL: none. */
static const struct text *text_above(const struct step *step)
{
	const struct session *session = step->session;

	if (!session->above)
		return NULL;
	return &step->menu->pages[session->above_page].outcomes[session->above - 1].text[session->language];
}

static void view_of_page(const struct step *step, struct view *view, struct rows *rows)
{
	const struct page *page = step_page(step);

	*view = (struct view){ .kind = view_kind_of(step->session->phase), .page = page, .question = step->session->question,
			       .render = step_render(step) };
	view->above = view->kind == VIEW_RESULTS ? NULL : text_above(step);
	view->waits = view->kind == VIEW_QUESTION || view->kind == VIEW_CONFIRM || view->kind == VIEW_CODE ||
		      (view->kind == VIEW_PAGE && (page->stay || page->choices_count));
	view->back = page->hint_back && (step->session->depth || step->session->page != step->menu->home);
	view->home = page->hint_home;
	view_drop_hints(view);
	if ((page->list || page->several) && session_rows(step, page->list ? VAR_ROWS : VAR_CHOSEN, rows))
		view->rows = rows;
}

/* S6, F34: until when a yes or a one-time code is valid; of a proposal, not longer than itself. Showing it again does not extend the
 * time. */
static void set_deadline(struct step *step, const struct page *page)
{
	int64_t deadline = step->event->now + (page->within_s ? page->within_s : CODE_WITHIN_S);
	const int64_t until = record_number(&step->vars, FIELD_CONFIRM_UNTIL, deadline);
	struct value value;

	if (record_get(&step->vars, VAR_DEADLINE, &value))
		return;
	if (until < deadline && record_get(&step->vars, FIELD_PROPOSAL, &value))
		deadline = until;
	record_put_number(&step->vars, VAR_DEADLINE, deadline);
	record_put_number(&step->vars, FIELD_CONFIRM_UNTIL, deadline);
}

/* A code may go to a subscriber who did not ask for anything: do not text them again when it expires. */
static void await_until_deadline(struct step *step, const struct page *page)
{
	const int64_t now = step->event->now, deadline = record_number(&step->vars, VAR_DEADLINE, now);

	step->effect->notify_silence = page->within_s;
	if (by_messages(step))		/* the network handles silence in a dialog */
		step->effect->within_s = deadline > now ? deadline - now : 1;
}

size_t show_text(const struct step *step, const struct text *text, char *out, size_t size)
{
	const struct view view = { .kind = VIEW_END, .above = text, .render = step_render(step) };
	char body[VIEW_BODY_MAX];
	const size_t len = view_body(&view, body);
	struct writer writer = { .at = out, .end = out + size - 1 };

	writer_put(&writer, body, len);
	*writer.at = '\0';
	return writer.at - out;
}

/* A text that ends a dialog at once, within its limit. */
static size_t show_last(const struct step *step, const struct text *text, char *out, size_t size)
{
	struct view view = { .kind = VIEW_END, .above = text, .render = step_render(step) };
	struct writer writer = { .at = out, .end = out + size - 1 };
	struct view_text composed;
	size_t skip;

	view_fit(&view, step->limits, 0, &composed);
	writer_put(&writer, composed.body, text_cut(composed.body, composed.flow.body_len, step->limits->end, &skip));
	*writer.at = '\0';
	return writer.at - out;
}

/* If a confirmation is asked by short message only, the dialog ends with a text that says so. */
static void move_to_messages(struct step *step, const struct page *page)
{
	const uint8_t language = step->session->language;
	const struct text *last = page->sent ? &page->sent[language] : &step_language(step)->system[SYSTEM_CODE_SENT];
	struct effect *effect = step->effect;

	effect->by_message = true;
	effect->last_len = show_last(step, last, effect->last_text, sizeof(effect->last_text));
	step->session->flags |= FLAG_MESSAGES;
	step->about_service = true;
}

/* Reserve the order's number before the yes, for as long as the same confirmation is shown. */
static void reserve_ref(struct step *step)
{
	struct value reserved;

	if (step->event->ref && !record_get(&step->vars, VAR_ORDER_REF, &reserved))
		record_put_number(&step->vars, VAR_ORDER_REF, (int64_t)step->event->ref);
}

/* Whether a page goes by short message: a confirmation if the author wants it; a one-time code unless the link is trusted to show it.
 * Anything that we begin ourselves reaches only the subscriber anyway. */
static bool goes_by_message(const struct step *step, const struct page *page)
{
	const enum phase phase = step->session->phase;

	if (by_messages(step))
		return false;
	return (phase == PHASE_CONFIRM && page->by_sms) || (phase == PHASE_CODE && !(step->session->flags & FLAG_NOTIFICATION));
}

void show_page(struct step *step)
{
	const struct page *page = step_page(step);
	const enum phase phase = step->session->phase;
	const bool timed = phase == PHASE_CODE || (phase == PHASE_CONFIRM && page->within_s);
	struct rows rows;
	struct view view;

	if (goes_by_message(step, page))
		move_to_messages(step, page);
	if (timed)
		set_deadline(step, page);
	view_of_page(step, &view, &rows);
	show_view(step, &view, SESSION_ASKING);
	if (step->effect->kind == EFFECT_ASK && by_messages(step) && (step->session->flags & FLAG_UNKNOWN)) {
		end_with(step, SYSTEM_UNKNOWN);		/* a conversation with every invented number would cost too much */
		return;
	}
	if ((phase == PHASE_CONFIRM || phase == PHASE_CODE) && page->action && page->action->changes)
		reserve_ref(step);
	if (timed)
		await_until_deadline(step, page);
	else if (step->session->flags & FLAG_NOTIFICATION)
		step->effect->within_s = page->within_s;
	step->effect->secret = phase == PHASE_CODE ||
			       (view.kind == VIEW_QUESTION && page->questions[view.question].secret);
	step->session->flags &= ~FLAG_RESUMABLE;
	if (resumable(step, page))
		step->session->flags |= FLAG_RESUMABLE;
}

/* F34: the text goes to the subscriber's own number, which a forger cannot read. Each time it has a new code, since the session does not
 * store the previous one. */
static void show_code(struct step *step)
{
	const struct codes *codes = step->event->codes;
	uint8_t digest[CONFIRM_DIGEST_SIZE];
	char code[CONFIRM_CODE_SIZE];

	if (!codes || !step->menu->short_codes_count) {	/* no way to make it, or to text it back */
		end_with(step, SYSTEM_NOT_HERE);
		return;
	}
	codes->make(codes->user, code, digest);
	record_put_text(&step->vars, VAR_CODE, (const char *)digest, sizeof(digest));
	record_put_text(&step->vars, FIELD_CONFIRM_CODE, code, CONFIRM_CODE_LEN);
	show_page(step);
	record_drop(&step->vars, FIELD_CONFIRM_CODE);
	explicit_bzero(code, sizeof(code));
}

/* A confirmation may have been shown on a link with more trust than the one on which it continues. */
void show_again(struct step *step)
{
	if (step->session->phase == PHASE_CONFIRM && walk_needs_code(step))
		step->session->phase = PHASE_CODE;
	if (step->session->phase == PHASE_CODE)
		show_code(step);
	else
		show_page(step);
}

/* A word that was not understood by short message: only that is said, and the page still waits. */
void show_hint(struct step *step)
{
	step->effect->len = show_text(step, step->hint, step->effect->text, sizeof(step->effect->text));
	step->effect->kind = EFFECT_ASK;
	step->session->state = SESSION_ASKING;
	step->done = true;
}

void show_resume(struct step *step)
{
	struct view view = { .kind = VIEW_RESUME, .waits = true, .render = step_render(step) };
	const uint8_t part = step->session->part;

	step->session->part = 0;
	show_view(step, &view, SESSION_OFFERING);
	step->session->part = part;
}

/* ---- ends ---- */

void end_silently(struct step *step)
{
	step->effect->kind = EFFECT_END;
	step->session->state = SESSION_OVER;
	step->done = true;
}

static void end_at_once(struct step *step, const struct text *text)
{
	struct effect *effect = step->effect;

	effect->len = show_last(step, text, effect->text, sizeof(effect->text));
	end_silently(step);
}

void end_with(struct step *step, enum system_text text)
{
	end_at_once(step, &step_language(step)->system[text]);
}

void end_with_above(struct step *step)
{
	end_at_once(step, text_above(step));
}

/* If the text is longer than a screen, the subscriber asks for the rest. */
void end_with_text(struct step *step, texts_t texts)
{
	const struct text *text = &texts[step->session->language];
	struct view_text composed;
	const struct view view = { .kind = VIEW_END, .above = text, .render = step_render(step) };

	view_compose(&view, step->limits, &composed);
	if (text_screens(&composed.flow, 0, NULL) == 1) {
		step->effect->len = 0;
		effect_add(step->effect, composed.body, composed.flow.body_len);
		end_silently(step);
	} else if (record_put_text(&step->vars, VAR_RESULTS, composed.body, composed.flow.body_len)) {
		step->effect->cuts = 0;
		step->effect->len = show_last(step, text, step->effect->text, sizeof(step->effect->text));
		end_silently(step);
	} else {
		step->session->phase = PHASE_RESULTS;
		step->session->part = 0;
		show_page(step);
	}
}

void end_unanswered(struct step *step)
{
	const struct outcome *late = page_outcome(step_page(step), OUTCOME_NAME_LATE);

	if (late)
		walk_outcome(step, late);
	else
		end_with(step, SYSTEM_NOT_CONFIRMED);
}

/* ---- calls ---- */

/* Number the order, and store the number for texts that show it. A confirmation's number is used once, so that the same yes, even in
 * another process, makes the same order. Each of several orders, and each repeated attempt, has its own number. */
static void take_ref(struct step *step)
{
	const int64_t confirmed = record_number(&step->vars, VAR_ORDER_REF, 0);
	char text[REF_TEXT_SIZE];

	record_drop(&step->vars, VAR_ORDER_REF);
	step->effect->ref = confirmed ? (uint64_t)confirmed : step->event->ref;
	ref_print(step->effect->ref, text);
	if (step->session->phase != PHASE_SURVEY)	/* the text above it may show that of the order */
		record_put_text(&step->vars, FIELD_REF, text, strlen(text));
}

/* S19: of a conversation that a keyword has left, it was stored then. */
static void put_so_far(const struct step *step, struct record *args)
{
	char text[SO_FAR_MAX];
	struct value stored;
	const bool left = record_get(&step->vars, VAR_SO_FAR, &stored);
	const size_t len = left ? 0 : so_far(step, text);

	if (left || len)
		record_put_text(args, FIELD_TEXT, left ? stored.text : text, left ? stored.len : len);
	explicit_bzero(text, len);
}

static void put_params(const struct step *step, const struct menu_action *action, struct record *args)
{
	const enum field *term;
	unsigned int i;

	for (i = 0; i < ACTION_PARAMS_MAX && action->params[i]; i++)
		record_copy(args, &step->vars, action->params[i]);
	for (i = 0; i < ACTION_PARAMS_MAX && action->also[i]; i++)
		record_copy(args, &step->vars, action->also[i]);
	if (action->reports)
		put_so_far(step, args);
	if (!action->orders)
		return;
	for (term = menu_catalogue_terms; !action->backend && *term; term++)
		record_copy(args, &step->vars, *term);
	/* A page that asks for a password orders nothing without one: if the answer is gone, an empty password is wrong. */
	if (step_page(step)->asks_password && !record_copy(args, &step->vars, FIELD_PASSWORD))
		record_put_text(args, FIELD_PASSWORD, "", 0);
}

/* For the consent record: the confirmation as it was shown, and the yes as it was typed. */
static void put_consent(struct step *step, struct record *args)
{
	char shown[VIEW_CONSENT_ROOM];
	struct value answered;
	struct view_text text;
	struct rows rows;
	struct view view;

	if (!record_get(&step->vars, VAR_ANSWERED, &answered))
		return;
	step->session->phase = step->effect->by_code ? PHASE_CODE : PHASE_CONFIRM;
	view_of_page(step, &view, &rows);
	view_fit(&view, by_messages(step) ? &menu_message_limits : step->limits, 0, &text);	/* as it was shown */
	record_append_text(args, ARG_SHOWN, shown, view_consent(&view, shown));
	record_append_text(args, ARG_ANSWERED, answered.text, answered.len);
}

void call_action(struct step *step, const struct menu_action *action)
{
	struct record args = { step->effect->args, 0, sizeof(step->effect->args) };
	struct value coded;

	step->effect->by_code = record_get(&step->vars, VAR_CODED, &coded);
	put_params(step, action, &args);
	if (action->orders)
		put_consent(step, &args);
	step->session->calls++;
	step->effect->kind = EFFECT_CALL;
	step->effect->action = action;
	step->effect->args_len = args.len;
	if (action->reports)
		record_drop(&step->vars, VAR_SO_FAR);
	if (action->changes)
		take_ref(step);
	step->session->state = SESSION_CALLING;
	step->done = true;
	if (step->session->phase != PHASE_CHECK)	/* a check leaves the answers for the action */
		session_forget_secrets(step->menu, &step->vars);
}

void call_account(struct step *step)
{
	step->session->calls++;
	step->effect->kind = EFFECT_CALL;
	step->session->state = SESSION_LOADING;
	step->done = true;
}
