/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the engine: the state of one step. */
#pragma once

#include "menu/view.h"
#include "starhash/engine.h"

/* Progress of the current page. */
enum phase {
	PHASE_ENTER,		/* nothing done yet */
	PHASE_LIST,		/* its rows are being fetched */
	PHASE_SHOW,		/* its text is on the screen */
	PHASE_ASK,		/* question session->question is on the screen */
	PHASE_CONFIRM,		/* the confirmation is on the screen */
	PHASE_DO,		/* its action is being carried out */
	PHASE_RESULTS,		/* the results of several orders are on the screen */
	PHASE_CODE,		/* F34: a request and its one-time code are on the screen */
	PHASE_SURVEY,		/* S17: done, and asking whether a survey follows; the outcome is session->above */
	PHASE_CHECK,		/* question session->question is answered, and its check is being carried out */
};

enum session_flag {
	FLAG_LOADED = 1,	/* account facts are loaded */
	FLAG_UNKNOWN = 2,	/* no such account */
	FLAG_RESUMABLE = 4,	/* the session may be parked while it waits here */
	FLAG_RESUMING = 8,	/* the facts being loaded are for a resumed page */
	FLAG_TEXT = 16,		/* VAR_PATH holds a short message until the facts are loaded or the page is resumed */
	FLAG_MESSAGES = 64,	/* a conversation by short messages */
	FLAG_NOTIFICATION = 128,	/* a notification is on the screen: only its own facts are known */
	FLAG_GIVEN = 32,	/* VAR_PATH holds a keyword's arguments, which may answer any question */
	FLAG_PATH = 256,	/* there is VAR_PATH */
};

#define TEXT_PATH_MAX 641	/* octets of a dialled code or a short message, and one more */
#define ARGUMENT_END '\0'	/* between a keyword's arguments in VAR_PATH; between the parts of a dialled code there is '*' */

struct step {
	const struct menu *menu;
	const struct text_limits *limits;
	struct session *session;
	const struct session_event *event;
	struct effect *effect;
	struct record vars;		/* of the session; step_finish() writes its length back */
	const struct text *hint;	/* shown in front of the next page */
	bool done;			/* the effect is complete */
	bool typed;			/* the input being taken was typed, not part of a dialled path */
	bool about_service;		/* the text is about the session's service: use that service's sender */
};

static inline const struct page *step_page(const struct step *step)
{
	return &step->menu->pages[step->session->page];
}

static inline const struct language *step_language(const struct step *step)
{
	return &step->menu->languages[step->session->language];
}

/* The source of values for texts and conditions. */
static inline struct render step_render(const struct step *step)
{
	return (struct render){ .menu = step->menu, .language = step_language(step), .values = &step->vars,
				.now = step->event->now, .utc_offset = step->event->utc_offset,
				.messages = step->session->flags & FLAG_MESSAGES, .cuts = &step->effect->cuts };
}

/* The catalogue entry of the session's service; NULL: none. */
const struct service *step_service(const struct step *step);

static inline bool step_holds(const struct step *step, const struct conditions *conditions)
{
	struct render render;

	if (conditions_hold_always(conditions))
		return true;
	render = step_render(step);
	return conditions_judge(conditions, &render);
}

/* The short code that was texted; NULL: the menu has none. */
static inline const struct short_code *step_short_code(const struct step *step)
{
	const int64_t index = record_number(&step->vars, VAR_SHORT_CODE, 0);

	return index < step->menu->short_codes_count ? &step->menu->short_codes[index] : NULL;
}

/* walk.c: from page to page. */
void walk_start(struct step *step, const char *code, size_t len);	/* from a dialled code */
void walk_go(struct step *step, uint16_t page, const struct bindings *with);
void walk_run(struct step *step);			/* until there is an effect */
void walk_back(struct step *step);
void walk_home(struct step *step);
void walk_take_row(struct step *step, const struct record *row);
void walk_push(struct step *step);			/* remember the page on the screen */
void walk_forget_facts(struct step *step);		/* those of the action that has been called: its answer may lack them now */
void walk_result(struct step *step);			/* handle the result of the page's CALL */
void walk_outcome(struct step *step, const struct outcome *outcome);	/* of the page: what follows it */
void walk_without_survey(struct step *step);		/* the dialog ends as if no survey could follow it */
void walk_ask(struct step *step, uint8_t question);	/* again, with the answers before it */
void walk_answered(struct step *step);			/* the question on the screen: its check, or the next one */
void walk_order(struct step *step);			/* send the confirmed order, or the first of several */

bool walk_needs_code(const struct step *step);		/* F34: whether the link's trust is too low for the page's action */

/* step.c */
void text_resumed(struct step *step);			/* the page that the message in VAR_PATH answers is loaded */

/* input.c: input on the page that is on the screen. */
void input_take(struct step *step, const char *text, size_t len);
void input_wrong(struct step *step, enum system_text hint);

bool input_is_late(const struct step *step);		/* the confirmation has expired */
bool input_says_yes(const struct step *step, const char *text, size_t len);	/* in words of the session's language */
bool input_says_yes_or_no(const struct step *step, const char *text, size_t len);	/* in any language */
bool input_has_choice(const struct step *step, const char *text, size_t len);
bool input_is_fit(struct step *step, const char *text, size_t len);	/* would be accepted */

/* text.c: short messages. */
void text_start(struct step *step, const char *text, size_t len);	/* from a message */
void text_mistaken(struct step *step, const char *text, size_t len);	/* neither an answer nor a keyword: say so */
bool text_agrees(struct step *step, char *keyword, size_t size);	/* a yes to "Did you mean …?": the keyword */
bool text_calls_agent(const struct step *step, const char *text, size_t len);	/* S19: a keyword whose page passes on the dialog so far */
bool text_begins_anew(struct step *step, const char *text, size_t len);	/* a keyword, or an empty text */
void text_answers(struct step *step, uint16_t page, const char *text, size_t len);	/* go to a page whose questions the text answers */

/* answer.c: one answer to one question. Stores it and returns 0, or returns the system text that says what is wrong. */
size_t count_characters(const char *text, size_t len);
bool answer_is_fit(const struct step *step, const struct question *question, const char *text, size_t len);
enum system_text answer_take(struct step *step, const struct question *question, const char *text, size_t len);

/* so_far.c. Returns the length. */
#define SO_FAR_MAX 500
size_t so_far(const struct step *step, char out[static SO_FAR_MAX]);

/* path.c: the rest of a dialled code. */
bool path_next(struct step *step);			/* use one part as input; false: none, or it must stop here */
void path_put(struct step *step, const char *path, size_t len);
size_t path_take(struct step *step, char out[static TEXT_PATH_MAX]);	/* the whole path, which is dropped */
void path_drop(struct step *step);

/* show.c: effects. */
void show_page(struct step *step);
void show_again(struct step *step);			/* the same page again, with a new one-time code if it needs one (F34) */
void show_hint(struct step *step);			/* instead of the page */
void show_resume(struct step *step);
void end_with(struct step *step, enum system_text text);
void end_with_text(struct step *step, texts_t text);
void end_with_above(struct step *step);			/* what is shown above the page */
void end_silently(struct step *step);
void end_unanswered(struct step *step);			/* for a confirmation that expired */
void call_account(struct step *step);
void call_action(struct step *step, const struct menu_action *action);

size_t show_text(const struct step *step, const struct text *text, char *out, size_t size);
bool session_rows(const struct step *step, uint16_t var, struct rows *rows);	/* the rows in VAR_ROWS or VAR_CHOSEN */

bool page_resumable(const struct page *page);		/* whether a dialog that waits there may be resumed */

/* session.c */
struct shown_row {		/* in VAR_SHOWN */
	uint16_t number;	/* typed to choose the row */
	uint32_t mark;
} __attribute__((packed));

uint32_t session_row_mark(const struct record *row);
void session_forget_secrets(const struct menu *menu, struct record *vars);
