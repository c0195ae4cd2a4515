/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A session is plain data, advanced by one pure function.
 *
 *     engine_step(menu, limits, session, event, effect)
 *
 * Each step yields exactly one effect. The caller owns time, sockets and memory: it sends ASK and END to the subscriber, carries out CALL
 * and returns with its result. Every state accepts every event; an event that makes no sense ends the session politely. A step allocates
 * nothing, never blocks and is bounded. */
#pragma once

#include "starhash/menu.h"

#define SESSION_STACK_MAX 12
#define SESSION_DATA_MAX 4096

/* CALLs that one input may cause; then the rest of a dialled code, or of a keyword's arguments, is dropped and the page reached is shown.
 * A direct path needs one for the account and one for each list, on no more pages than fit on the stack; "*100*4*0*4*0…#" could request
 * 45. */
#define SESSION_CALLS_MAX SESSION_STACK_MAX

enum session_state {
	SESSION_NEW,		/* no event yet */
	SESSION_LOADING,	/* waits for a CALL for the account's facts */
	SESSION_CALLING,	/* waits for a CALL of the page's action */
	SESSION_ASKING,		/* waits for input */
	SESSION_OFFERING,	/* asked whether to resume a dropped dialog; waits for input */
	SESSION_PARKED,		/* dropped while asking; can be resumed by a new begin */
	SESSION_OVER,		/* final */
};

/* One place to go back to. */
struct session_place {
	uint16_t page;
	uint8_t part;		/* screen, for pages longer than one screen */
};

/* Packed for as long as it waits: the head, which can be read there too, the used part of the stack, then that of data. */
struct session {
	uint32_t menu;			/* menu_fingerprint() of its tree */
	uint16_t used;			/* octets of data in use */
	uint8_t state;			/* enum session_state */
	uint8_t language;		/* index into the menu's languages */
	uint16_t page;
	uint16_t above_page;		/* whose outcome's text is shown above the page */
	uint16_t flags;			/* internal to the engine */
	uint8_t above;			/* 1 + that outcome; 0: none */
	uint8_t part;
	uint8_t question;		/* next question of a form */
	uint8_t phase;			/* internal to the engine: progress on the page */
	uint8_t wrong;			/* wrong inputs in a row */
	uint8_t depth;			/* of stack */
	uint8_t calls;			/* since the last input */
	struct session_place stack[SESSION_STACK_MAX];
	uint8_t data[SESSION_DATA_MAX];	/* a record: account facts, answers, rows, rest of a dialled code */
};

#define SESSION_HEAD offsetof(struct session, stack)

size_t session_packed_size(const struct session *session);	/* also of a packed one */
void session_pack(const struct session *session, void *packed);
void session_unpack(const void *packed, struct session *session);

/* Fresh session. */
void session_init(struct session *session, const struct menu *menu);

/* The same for a conversation whose session \a before used another menu. A partner's question that waits for its answer (S6) is asked again
 * when the next text answers it. \a before must be another session. */
void session_replace(struct session *session, const struct menu *menu, const struct session *before);

/* Whether a dropped dialog may be resumed: it waited at a page with no secret and no order to confirm; a
 * conversation by short message also at a confirmation with a time limit, or for a one-time code. */
bool session_resumable(const struct session *session);

/* Whether another question may take the place of the page on the screen: no order depends on its answer. *\a within_s: how long the page
 * itself gives for an answer by short message; 0: as long as the channel does. */
bool session_yields(const struct session *session, const struct menu *menu, uint32_t *within_s);

/* Overwrite what may be secret. */
void session_wipe(struct session *session);

/* Serialize for another process or a later time: answers and the stack, a few dozen octets, plus four for each row on the screen; no
 * secrets, no account facts. Returns the octets written, -ENOSPC, or -EINVAL when the session is not resumable. */
int session_save(const struct session *session, const struct menu *menu, uint8_t *out, size_t size);

/* Load the output of session_save(), which is not trusted. 0: the session is PARKED; -EINVAL: malformed; -ESTALE: of another menu; on
 * errors the session is fresh, with -ESTALE as after session_replace(). */
int session_load(struct session *session, const struct menu *menu, const uint8_t *in, size_t len);

enum event_kind {
	EVENT_BEGIN,		/* text: the dialled code; on a PARKED session this offers to resume, on a copy of a CALLING one it says
				 * that an order is being processed */
	EVENT_INPUT,		/* text: the subscriber's input */
	EVENT_TEXT,		/* text: a short message to short_code: a keyword, or the answer to the last page; a PARKED
				 * session is resumed first */
	EVENT_NOTIFICATION,	/* text: kind of the notification, facts: its fields; on a NEW session. The effect is ASK or END
				 * with a text to send, or END without one when the menu lacks that notification */
	EVENT_RESULT,		/* the CALL's outcome */
	EVENT_LATE,		/* the CALL took too long: its result, if any, will not be passed */
	EVENT_SILENCE,		/* the subscriber did not answer in time */
	EVENT_GONE,		/* the subscriber hung up, or the network ended the dialog */
	EVENT_REPEAT,		/* the last input was retransmitted: show the current screen again and do nothing else */
	EVENT_STOP,		/* we are shutting down */
	EVENT_KIND_COUNT
};

/* Outcomes of a CALL besides those of the action (0, 1, …). */
enum {
	OUTCOME_UNAVAILABLE = -1,	/* the store cannot answer or is too busy; nothing was done */
	OUTCOME_UNCERTAIN = -2,		/* it may or may not have been done */
	OUTCOME_NO_ACCOUNT = -3,	/* no such subscriber */
	OUTCOME_AUTH = 100,		/* OUTCOME_AUTH + enum auth_outcome */
};

/* One-time codes (F34): random, and verified by a digest that nobody can compute without the caller's key. */
struct codes {
	void (*make)(void *user, char code[static CONFIRM_CODE_SIZE], uint8_t digest[static CONFIRM_DIGEST_SIZE]);
	bool (*right)(void *user, const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len);
	void *user;
};

struct session_event {
	enum event_kind kind;
	const char *text;		/* BEGIN, INPUT, TEXT: UTF-8 */
	size_t len;
	const char *short_code;		/* TEXT: the short code that was texted */
	bool changed;			/* TEXT, on a NEW session: the conversation used a menu that has been replaced: anything but a
					 * keyword is an answer to a page of that menu, and is not accepted */
	bool unsure;			/* TEXT, on a NEW session: the store could not look up the conversation that it may belong to: a yes
					 * or no is put off, not answered as if nothing had been asked */
	int outcome;			/* RESULT */
	const struct record *facts;	/* RESULT, NOTIFICATION: copied into the session; may be NULL */
	bool by_message;		/* NOTIFICATION, RESULT: no dialog is open, so that what follows goes by short message */
	const struct rows *rows;	/* RESULT of a lister; NOTIFICATION that brings those of its page */
	enum trust trust;		/* of the link by which the next answer will come */
	enum trust trust_messages;	/* the lowest of all links for short messages, to which a question may move */
	const struct codes *codes;	/* NULL: requests that need a code are refused */
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;		/* seconds east of UTC of the operator's wall clock */
	uint64_t ref;			/* accounts_reference(), new for each event: for the change that the event causes, or that is
					 * confirmed on the page that it leads to */
};

enum effect_kind {
	EFFECT_ASK,		/* show the text, wait for input */
	EFFECT_END,		/* show the text and end the dialog; text may be empty after GONE: show nothing */
	EFFECT_CALL,		/* carry out the action, return with EVENT_RESULT or EVENT_LATE */
};

#define EFFECT_TEXT_MAX 2560
#define EFFECT_LAST_MAX 640

struct effect {
	enum effect_kind kind;
	bool secret;				/* ASK: the next input is secret; END: the text has a one-time code */
	bool parked;				/* END: save the session, a new begin may resume it */
	bool served;				/* END: the subscriber had got what they came for, though the event is GONE or SILENCE */
	bool by_message;			/* ASK: question and answer go by short message; this dialog ends with last_text */
	bool notify_silence;			/* ASK: pass SILENCE on any channel (S6) */
	uint32_t within_s;			/* ASK: pass SILENCE after this time instead of the channel's; 0: the channel's */
	const char *sender;			/* sender of the text; NULL: the channel's */
	unsigned int cuts;			/* ASK, END: values cut because they are wider than declared */
	size_t len;
	char text[EFFECT_TEXT_MAX];		/* ASK, END: UTF-8, zero-terminated, fits the limits */
	size_t last_len;
	char last_text[EFFECT_LAST_MAX];	/* by_message: fits the limits */
	const struct menu_action *action;		/* CALL: NULL means the account's facts */
	uint64_t ref;				/* CALL of an action that changes: the reference number */
	bool by_code;				/* CALL: a one-time code completed what the link alone is not trusted to do */
	uint16_t args_len;
	uint8_t args[REQUEST_ARGS_MAX];		/* CALL: a record of the action's params, for orders with ARG_SHOWN and ARG_ANSWERED; wipe
						 * after use */
};

/* Whether a short message contains no secret: it is a choice of a few digits, a yes or no, or a keyword without arguments, and the
 * session, which may be NULL, is not asking a question that it could answer. */
bool engine_text_plain(const struct menu *menu, const struct session *session, const char *text, size_t len);

void engine_step(const struct menu *menu, const struct text_limits *limits, struct session *session,
		 const struct session_event *event, struct effect *effect);
