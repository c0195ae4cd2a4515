/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* engine_step(): one event in, one effect out, by a table of states and events. */
#include <string.h>

#include "engine/step.h"

/* ---- begin ---- */

static void begin_dialog(struct step *step)
{
	const struct session_event *event = step->event;
	char code[TEXT_PATH_MAX];
	size_t len;

	if (event->len < sizeof(code)) {	/* else it is longer than any code: no entry will match */
		len = text_fold_input(event->text, event->len, code);
		path_put(step, code, len);
		explicit_bzero(code, event->len);
	}
	call_account(step);
}

/* Store the input until the facts are loaded. */
static void store_answer(struct step *step)
{
	const struct session_event *event = step->event;

	step->session->flags &= ~FLAG_NOTIFICATION;
	step->session->flags |= FLAG_TEXT;
	path_put(step, event->text, event->len < TEXT_PATH_MAX ? event->len : TEXT_PATH_MAX - 1);
}

static void store_short_code(struct step *step, const struct short_code *code)
{
	step->session->flags |= FLAG_MESSAGES;
	if (code)
		record_put_number(&step->vars, VAR_SHORT_CODE, code - step->menu->short_codes);
}

static void text_begin(struct step *step)
{
	const struct short_code *code = short_code_find(step->menu, step->event->short_code);

	store_short_code(step, code);
	store_answer(step);
	if (step->event->changed)
		record_put_number(&step->vars, VAR_CHANGED, 1);
	if (step->event->unsure)
		record_put_number(&step->vars, VAR_UNSURE, 1);
	if (!code) {
		end_with(step, SYSTEM_NO_CODE);
		return;
	}
	step->session->page = code->page;
	call_account(step);
}

/* Reuse the session for a new dialog; only its language is preserved. */
static void reset(struct step *step)
{
	struct session *session = step->session;
	const uint8_t language = session->language;

	record_wipe(&step->vars);
	session_init(session, step->menu);
	session->language = language;
}

static void text_begin_afresh(struct step *step)
{
	char text[SO_FAR_MAX];
	size_t len = 0;

	if (text_calls_agent(step, step->event->text, step->event->len)) {
		walk_push(step);
		len = so_far(step, text);
	}
	reset(step);
	if (len)
		record_put_text(&step->vars, VAR_SO_FAR, text, len);
	explicit_bzero(text, len);
	text_begin(step);
}

/* Offer to resume, but only if the subscriber dials the main menu: a short cut has its own destination. */
static void begin_parked(struct step *step)
{
	const struct entry *entry;
	const size_t len = menu_code_length(step->event->text, step->event->len);
	size_t path = 0;

	record_drop(&step->vars, VAR_SHOWN);	/* the list will be on the screen again */
	entry = menu_entry(step->menu, step->event->text, len, &path);
	if (entry && entry->page == step->menu->home && path >= len && !step_page(step)->action) {
		show_resume(step);
	} else {
		reset(step);
		begin_dialog(step);
	}
}

/* ---- results ---- */

static void take_language(struct step *step)
{
	char name[16];
	uint16_t i;

	record_text(&step->vars, FIELD_LANGUAGE, name, sizeof(name));
	for (i = 0; i < step->menu->languages_count; i++)
		if (!strcmp(step->menu->languages[i].name, name))
			step->session->language = i;
}

static void take_facts(struct step *step)
{
	if (!step->event->facts)
		return;
	record_merge(&step->vars, step->event->facts);
	take_language(step);
}

/* A new session has no facts to replace. */
static void take_first_facts(struct step *step)
{
	if (!step->event->facts || record_append(&step->vars, step->event->facts))
		return;
	take_language(step);
}

/* The profile of an account is reduced to what the menu uses, so that a waiting session is small. */
static void take_profile(struct step *step)
{
	if (!step->event->facts || record_append_without(&step->vars, step->event->facts, step->menu->unneeded, FIELD_COUNT))
		return;
	take_language(step);
}

/* F34: facts that a link may not show must not influence its pages either. */
static void take_language_alone(struct step *step)
{
	char name[16];
	const size_t len = step->event->facts ? record_text(step->event->facts, FIELD_LANGUAGE, name, sizeof(name)) : 0;

	step->session->flags &= ~FLAG_LOADED;
	if (!len || len >= sizeof(name))
		return;
	record_put_text(&step->vars, FIELD_LANGUAGE, name, len);
	take_language(step);
}

static void loaded(struct step *step)
{
	struct session *session = step->session;
	const bool resuming = session->flags & FLAG_RESUMING;
	char path[TEXT_PATH_MAX];
	const size_t len = resuming ? 0 : path_take(step, path);	/* before the facts come behind it */

	session->flags &= ~(FLAG_RESUMING | FLAG_LOADED | FLAG_UNKNOWN);
	if (step->event->outcome >= 0)
		session->flags |= FLAG_LOADED;
	else if (step->event->outcome == OUTCOME_NO_ACCOUNT)
		session->flags |= FLAG_UNKNOWN;
	if (step->event->trust < TRUST_READ)
		take_language_alone(step);
	else if (resuming)
		take_facts(step);
	else
		take_profile(step);
	if (resuming) {
		session->phase = PHASE_ENTER;
	} else {
		if (session->flags & FLAG_TEXT)
			text_start(step, path, len);
		else
			walk_start(step, path, len);
		session->flags &= ~FLAG_TEXT;
		explicit_bzero(path, len);
	}
	walk_run(step);
}

static void called(struct step *step)
{
	const struct menu_action *action = step_page(step)->action;

	step->about_service = action && action->orders;
	record_drop(&step->vars, FIELD_TRIES_LEFT);	/* they belong to one answer */
	record_drop(&step->vars, FIELD_LOCKED_UNTIL);
	walk_forget_facts(step);
	take_facts(step);
	walk_result(step);
	walk_run(step);
}

static void load_late(struct step *step)
{
	struct session_event late = *step->event;

	late.kind = EVENT_RESULT;
	late.outcome = OUTCOME_UNAVAILABLE;
	step->event = &late;
	loaded(step);
}

static bool is_changing(const struct step *step)
{
	return step->session->phase == PHASE_DO && step_page(step)->action->changes;
}

static void call_late(struct step *step)
{
	if (step->session->phase == PHASE_SURVEY) {
		walk_without_survey(step);
		return;
	}
	end_with(step, is_changing(step) ? SYSTEM_LATER : SYSTEM_UNAVAILABLE);
}

static void begin_while_calling(struct step *step)
{
	end_with(step, is_changing(step) ? SYSTEM_IN_FLIGHT : SYSTEM_UNAVAILABLE);
}

/* ---- input ---- */

static void take_typed(struct step *step)
{
	step->typed = true;
	input_take(step, step->event->text, step->event->len);
	step->typed = false;
}

/* The answer to a notification or a saved page: first load that page, with current facts and rows. */
static void take_up(struct step *step)
{
	store_answer(step);
	step->session->flags |= FLAG_RESUMING;
	call_account(step);
}

static void answered(struct step *step)
{
	if (step->session->flags & FLAG_NOTIFICATION) {
		take_up(step);
		return;
	}
	take_typed(step);
	walk_run(step);
}

/* An information page: only navigation keys answer it. */
static bool asks_nothing(const struct step *step)
{
	const struct page *page = step_page(step);

	return step->session->phase == PHASE_SHOW && !page->choices_count && page->list_page == PAGE_NONE;
}

/* A text that fits the last page answers it; otherwise a keyword or an empty text begins again; anything else is a mistake. */
static bool begins_anew(struct step *step)
{
	const struct session_event *event = step->event;

	return !input_is_fit(step, event->text, event->len) &&
	       (asks_nothing(step) || text_begins_anew(step, event->text, event->len));
}

static void take_reply(struct step *step)
{
	if (input_is_fit(step, step->event->text, step->event->len)) {
		answered(step);
		return;
	}
	take_typed(step);
	if (!step->done)
		text_mistaken(step, step->event->text, step->event->len);
	walk_run(step);
}

static void text_take_up(struct step *step)
{
	store_short_code(step, short_code_find(step->menu, step->event->short_code));
	take_up(step);
}

static void text_answered(struct step *step)
{
	const struct session_event *event = step->event;
	struct session_event meant = *event;
	char keyword[TEXT_PATH_MAX];

	if (text_agrees(step, keyword, sizeof(keyword))) {
		meant.text = keyword;
		meant.len = strlen(keyword);
		step->event = &meant;
		text_begin_afresh(step);
		step->event = event;
	} else if (step->session->flags & FLAG_NOTIFICATION) {
		text_take_up(step);
	} else if (begins_anew(step)) {
		text_begin_afresh(step);
	} else {
		take_reply(step);
	}
}

void text_resumed(struct step *step)
{
	const struct session_event *event = step->event;
	char text[TEXT_PATH_MAX];
	const size_t len = path_take(step, text);
	const struct short_code *code = step_short_code(step);
	const struct session_event came = {
		.kind = step->session->flags & FLAG_MESSAGES ? EVENT_TEXT : EVENT_INPUT,
		.text = text, .len = len, .short_code = code ? code->number : NULL,
		.now = event->now, .utc_offset = event->utc_offset, .ref = event->ref,
		.trust = event->trust, .trust_messages = event->trust_messages, .codes = event->codes,
	};

	step->session->flags &= ~FLAG_TEXT;
	step->event = &came;
	if (came.kind == EVENT_INPUT) {
		answered(step);
	} else if (begins_anew(step)) {
		text_begin_afresh(step);
	} else {
		take_reply(step);
	}
	record_drop(&step->vars, VAR_SHOWN);
	step->event = event;
	explicit_bzero(text, sizeof(text));
}

static void offer_answered(struct step *step)
{
	const struct menu_keys *keys = &step->menu->keys;
	char text[8] = "";

	if (step->event->len < sizeof(text))
		text[text_fold_input(step->event->text, step->event->len, text)] = '\0';
	if (!strcmp(text, keys->yes)) {
		step->session->flags |= FLAG_RESUMING;
		call_account(step);
	} else if (!strcmp(text, keys->no)) {
		step->session->flags |= FLAG_RESUMING;
		walk_home(step);
		call_account(step);
	} else {
		input_wrong(step, SYSTEM_WRONG_CHOICE);
		if (!step->done)
			show_resume(step);
	}
}

/* ---- notifications ---- */

/* Nothing is loaded for notifications: they contain their facts, and the rest is loaded when an answer comes. */
static void notification(struct step *step)
{
	const struct session_event *event = step->event;
	const struct menu_notification *notification = menu_notification(step->menu, event->text, event->len);

	if (!notification) {
		end_silently(step);
		return;
	}
	step->session->flags |= FLAG_LOADED | FLAG_NOTIFICATION;
	step->about_service = true;
	step->effect->sender = notification->sender;
	take_first_facts(step);
	walk_go(step, notification->page, NULL);
	walk_run(step);
	step->effect->secret |= record_get(&step->vars, FIELD_CONFIRM_CODE, &(struct value){});
}

static void repeat(struct step *step)
{
	if (step->session->flags & FLAG_NOTIFICATION && step->session->flags & FLAG_MESSAGES)
		step->limits = &menu_message_limits;
	show_again(step);
}

/* ---- ends ---- */

static void park(struct step *step)
{
	if (!session_resumable(step->session))
		return;
	step->effect->parked = true;
	step->session->state = SESSION_PARKED;
}

/* S17: what the subscriber came for is done: a survey may follow, is on the screen, or its answer is being stored. */
static bool is_served(const struct step *step)
{
	return step->session->phase == PHASE_SURVEY ||
	       (step->menu->survey != PAGE_NONE && step->session->page == step->menu->survey);
}

static void fell_silent(struct step *step)
{
	const enum phase phase = step->session->phase;

	if (phase == PHASE_CODE || (phase == PHASE_CONFIRM && step_page(step)->within_s)) {
		end_unanswered(step);
		return;
	}
	if (is_served(step) && step->session->above)
		end_with_above(step);
	else
		end_with(step, SYSTEM_SILENCE);
	step->effect->served = is_served(step);
	park(step);
}

static void gone(struct step *step)
{
	end_silently(step);
	step->effect->served = is_served(step);
	park(step);
}

static void gone_for_good(struct step *step)
{
	end_silently(step);
	step->effect->served = is_served(step);
}

static void stop(struct step *step)
{
	end_with(step, SYSTEM_STOPPING);
}

/* F42: both the question and the subscriber are unknown, so look up nothing. */
static void expired(struct step *step)
{
	end_with(step, SYSTEM_EXPIRED);
}

/* A subscriber who has just said yes need not repeat it: the order continues, and a notification reports its end. */
static void stop_calling(struct step *step)
{
	if (step->session->phase == PHASE_SURVEY) {
		end_with_above(step);
		return;
	}
	end_with(step, is_changing(step) ? SYSTEM_LATER : SYSTEM_STOPPING);
}

static void confused(struct step *step)
{
	end_with(step, SYSTEM_UNAVAILABLE);
}

/* ---- every state, every event ---- */

typedef void handler(struct step *step);

/* Other events end the dialog with a text. */
static handler *const handlers[SESSION_OVER + 1][EVENT_KIND_COUNT] = {
	[SESSION_NEW] = { [EVENT_BEGIN] = begin_dialog, [EVENT_INPUT] = expired, [EVENT_TEXT] = text_begin,
			  [EVENT_NOTIFICATION] = notification, [EVENT_GONE] = gone_for_good, [EVENT_STOP] = stop },
	[SESSION_LOADING] = { [EVENT_RESULT] = loaded, [EVENT_LATE] = load_late, [EVENT_GONE] = gone_for_good,
			      [EVENT_STOP] = stop },
	[SESSION_CALLING] = { [EVENT_BEGIN] = begin_while_calling, [EVENT_RESULT] = called, [EVENT_LATE] = call_late,
			      [EVENT_GONE] = gone_for_good,
			      [EVENT_STOP] = stop_calling },
	[SESSION_ASKING] = { [EVENT_INPUT] = answered, [EVENT_TEXT] = text_answered, [EVENT_REPEAT] = repeat, [EVENT_SILENCE] = fell_silent,
			     [EVENT_GONE] = gone, [EVENT_STOP] = stop },
	[SESSION_OFFERING] = { [EVENT_INPUT] = offer_answered, [EVENT_TEXT] = text_begin_afresh, [EVENT_REPEAT] = show_resume,
			       [EVENT_SILENCE] = fell_silent, [EVENT_GONE] = gone, [EVENT_STOP] = stop },
	[SESSION_PARKED] = { [EVENT_BEGIN] = begin_parked, [EVENT_TEXT] = text_take_up,
			     [EVENT_GONE] = gone_for_good, [EVENT_STOP] = gone_for_good },
	[SESSION_OVER] = { [EVENT_GONE] = gone_for_good, [EVENT_STOP] = gone_for_good },
};

const struct service *step_service(const struct step *step)
{
	struct value code;

	return record_get(&step->vars, FIELD_SERVICE, &code) && code.is_text
	       ? catalogue_find(&step->menu->catalogue, code.text, code.len) : NULL;
}

void engine_step(const struct menu *menu, const struct text_limits *limits, struct session *session,
		 const struct session_event *event, struct effect *effect)
{
	struct step step = { .menu = menu, .limits = limits, .session = session, .event = event, .effect = effect,
			     .vars = { session->data, session->used, SESSION_DATA_MAX } };
	const struct service *service;
	handler *handle = NULL;

	effect->kind = EFFECT_END;
	effect->secret = effect->parked = effect->served = effect->by_message = effect->notify_silence = effect->by_code = false;
	effect->within_s = 0;
	effect->sender = NULL;
	effect->action = NULL;
	effect->ref = 0;
	effect->cuts = 0;
	effect->len = effect->last_len = effect->args_len = 0;
	effect->text[0] = '\0';
	if (event->kind != EVENT_RESULT)
		session->calls = 0;
	if (event->by_message) {
		session->flags |= FLAG_MESSAGES;
		step.limits = &menu_message_limits;	/* even if the smallest link can show less */
	}
	if (session->state <= SESSION_OVER && event->kind < EVENT_KIND_COUNT)
		handle = handlers[session->state][event->kind];
	if (!handle)
		handle = confused;
	handle(&step);
	service = step.about_service && !effect->sender ? step_service(&step) : NULL;
	if (service)
		effect->sender = service->sender;
	session->used = step.vars.len;
}
