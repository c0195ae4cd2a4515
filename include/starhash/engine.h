/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A session is plain data; one pure function moves it.
 *
 *     engine_step(menu, limits, session, event, effect)
 *
 * Each step yields exactly one effect. The caller owns time, sockets and memory: it shows ASK and END to the
 * subscriber, and carries CALL out and comes back with its result. Every state takes every event; what makes no
 * sense ends politely. A step allocates nothing, blocks nowhere and is bounded. */
#pragma once

#include "starhash/menu.h"

#define SESSION_STACK_MAX 12
#define SESSION_DATA_MAX 4096

/* CALLs that one input may cause before the rest of a dialled code, or of a keyword's arguments, is dropped and the page
 * reached is shown. A way straight down needs one for the account and one for each list, on no more pages than the way
 * back remembers; "*100*4*0*4*0…#" could ask for 45. */
#define SESSION_CALLS_MAX SESSION_STACK_MAX

enum session_state {
	SESSION_NEW,		/* nothing has happened */
	SESSION_LOADING,	/* a CALL for the account's facts is out */
	SESSION_CALLING,	/* a CALL of the page's action is out */
	SESSION_ASKING,		/* waits for input */
	SESSION_OFFERING,	/* asked whether to take up a dropped dialog; waits for input */
	SESSION_PARKED,		/* dropped while asking; may be taken up by a new begin */
	SESSION_OVER,		/* final */
};

/* One place to go back to. */
struct session_place {
	uint16_t page;
	uint8_t part;		/* screen of a page that is longer than one */
};

/* Only the first session_size() octets mean anything: copy, keep and wipe those. */
struct session {
	uint32_t menu;			/* menu_fingerprint() of its tree */
	uint16_t used;			/* octets of data in use */
	uint8_t state;			/* enum session_state */
	uint8_t language;		/* index into the menu's languages */
	uint16_t page;
	uint8_t part;
	uint8_t question;		/* next question of a form */
	uint8_t phase;			/* engine's own: how far the page has come */
	uint8_t wrong;			/* wrong inputs in a row */
	uint8_t flags;			/* engine's own */
	uint8_t depth;			/* of stack */
	uint8_t calls;			/* since the last input */
	struct session_place stack[SESSION_STACK_MAX];
	uint8_t data[SESSION_DATA_MAX];	/* a record: account facts, answers, rows, rest of a dialled path */
};

size_t session_size(const struct session *session);

/* Fresh session. */
void session_init(struct session *session, const struct menu *menu);

/* Whether a dropped dialog may be offered again: it waited at a page that holds no secret and no commit. */
bool session_resumable(const struct session *session);

/* Overwrite what is secret, or everything. */
void session_wipe(struct session *session);

/* Save as octets for another process or a later time: answers and the way back, a few dozen octets, and four for each
 * row on the screen; no secret, no fact of the account. Returns octets, or -ENOSPC, or -EINVAL when the session is not
 * resumable. */
int session_save(const struct session *session, const struct menu *menu, uint8_t *out, size_t size);

/* Load what session_save() made. The octets are not trusted. 0, and the session is PARKED; -EINVAL: malformed; -ESTALE:
 * another menu's; then the session is fresh. */
int session_load(struct session *session, const struct menu *menu, const uint8_t *in, size_t len);

enum event_kind {
	EVENT_BEGIN,		/* text: the dialled code; on a PARKED session this offers to go on, on a copy of a
				 * CALLING one it tells that an order is being carried out */
	EVENT_INPUT,		/* text: what the subscriber typed */
	EVENT_TEXT,		/* text: a short message to the number in service: a keyword, or the answer to the last
				 * page, which on a PARKED session is first taken up again */
	EVENT_NOTIFICATION,		/* text: kind of the notification, facts: what it is about; on a NEW session. The effect is ASK or END
				 * with a text to be sent, or END with none when the menu does not tell of such */
	EVENT_RESULT,		/* the CALL's outcome */
	EVENT_LATE,		/* the CALL has taken too long: its result, if any, will not come here */
	EVENT_SILENCE,		/* the subscriber did not answer in time */
	EVENT_GONE,		/* the subscriber hung up, or the network ended the dialog */
	EVENT_REPEAT,		/* the last input came again (retransmission): show what is on the screen, act on nothing */
	EVENT_STOP,		/* we are shutting down */
	EVENT_KIND_COUNT
};

/* Outcome of a CALL besides the action's own (0, 1, …). */
enum {
	OUTCOME_UNAVAILABLE = -1,	/* the store cannot answer, or is too busy; nothing was done */
	OUTCOME_UNCERTAIN = -2,		/* it may or may not have been done */
	OUTCOME_NO_ACCOUNT = -3,	/* no such subscriber */
	OUTCOME_AUTH = 100,		/* and above: OUTCOME_AUTH + enum auth_outcome */
};

/* One-time codes (F34): made at random, and known again by a digest that nobody can compute without the caller's key. */
struct codes {
	void (*make)(void *user, char code[static CONFIRM_CODE_SIZE], uint8_t digest[static CONFIRM_DIGEST_SIZE]);
	bool (*right)(void *user, const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len);
	void *user;
};

struct session_event {
	enum event_kind kind;
	const char *text;		/* BEGIN, INPUT, TEXT: UTF-8 */
	size_t len;
	const char *short_code;		/* TEXT: the number that was texted */
	bool changed;			/* TEXT, on a NEW session: the conversation was on a menu that was replaced, so that
					 * what is no keyword is an answer to a page of that menu, and not taken */
	bool unsure;			/* TEXT, on a NEW session: the store could not be asked for the conversation that it may belong
					 * to, so that a yes or no is not answered as if nothing had been asked */
	int outcome;			/* RESULT */
	const struct record *facts;	/* RESULT, NOTIFICATION: taken into the session; may be NULL */
	bool dialog;			/* NOTIFICATION: it is shown in a dialog of ours, otherwise it goes by short message */
	const struct rows *rows;	/* RESULT of a lister */
	enum trust trust;		/* of the link by which the session's next answer comes */
	enum trust trust_messages;	/* the least of those for short messages, to which a question may move */
	const struct codes *codes;	/* NULL: what needs one is refused */
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;		/* seconds east of UTC of the operator's wall clock */
	uint64_t ref;			/* accounts_reference(), a new one for each event: of the change that it leads to, or of the one that is
					 * confirmed on the page that it leads to */
};

enum effect_kind {
	EFFECT_ASK,		/* show the text, wait for input */
	EFFECT_END,		/* show the text, the dialog is over; text may be empty after GONE: show nothing */
	EFFECT_CALL,		/* do the action, come back with EVENT_RESULT or EVENT_LATE */
};

#define EFFECT_TEXT_MAX 2560
#define EFFECT_LAST_MAX 640

struct effect {
	enum effect_kind kind;
	bool secret;				/* ASK: the next input is secret, mask it in every trace */
	bool parked;				/* END: keep the session, a new begin may take it up */
	bool by_message;			/* ASK: the question goes by short message, and its answer comes so; this
						 * dialog ends with last_text */
	bool notify_silence;			/* ASK: SILENCE is to be told, whatever the channel (S6) */
	uint32_t within_s;			/* ASK: SILENCE is due after so long, instead of the channel's time; 0: no */
	const char *sender;			/* number from which a text about it comes; NULL: the channel's */
	size_t len;
	char text[EFFECT_TEXT_MAX];		/* ASK, END: UTF-8, zero-terminated, fits the limits */
	size_t last_len;
	char last_text[EFFECT_LAST_MAX];	/* by_message: fits the limits */
	const struct menu_action *action;		/* CALL: NULL means the account's facts */
	uint64_t ref;				/* CALL of an action that changes: the order's reference number */
	bool by_code;				/* CALL: a one-time code completed what the link alone may not do */
	uint16_t args_len;
	uint8_t args[REQUEST_ARGS_MAX];		/* CALL: a record of the action's params, of an order also ARG_SHOWN and
						 * ARG_ANSWERED; wipe after use */
};

/* Whether a short message holds no secret: it is a choice of a few digits, a yes or no, or a keyword with nothing behind it;
 * and the session, which may be NULL, does not ask a question whose answer it could be. */
bool engine_text_plain(const struct menu *menu, const struct session *session, const char *text, size_t len);

void engine_step(const struct menu *menu, const struct text_limits *limits, struct session *session,
		 const struct session_event *event, struct effect *effect);
