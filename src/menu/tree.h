/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the compiled menu tree: for src/menu/, which builds it, and src/engine/, which walks it.
 *
 * Everything is in one arena and never changes after menu_build(). Names are resolved to indexes: pages into
 * menu->pages, variables into the id space of records (FIELD_* first, then the menu's own questions). */
#pragma once

#include <regex.h>

#include "starhash/menu.h"
#include "menu/arena.h"

#define PAGE_NONE UINT16_MAX
#define VAR_FIRST 64		/* ids of questions that are no field; below: FIELD_* */
#define VAR_ROWS 1000		/* rows of the list on the screen */
#define VAR_PATH 1001		/* rest of a dialled path, parts between '*' */
#define VAR_SHOWN 1002		/* marks of the rows that a page taken up again had shown */
#define VAR_DEADLINE 1003	/* until when the confirmation on the screen may be answered */
#define VAR_ANSWERED 1004	/* the yes, as it was typed */
#define VAR_CHOSEN 1005		/* several rows that are confirmed together */
#define VAR_NEXT 1006		/* index of the next of them to be ordered */
#define VAR_RESULTS 1007		/* what became of those before */
#define VAR_ORDER_REF 1008	/* reference number of what the confirmation on the screen orders */
#define VAR_CHANGED 1009	/* the text that begins the conversation may answer a page of a menu that was replaced */

/* 1010 to 1059 were facts of responses, which earlier versions saved in the same record. */
#define VAR_CODE 1060		/* digest of the one-time code that was sent */
#define VAR_WRONG_CODES 1061	/* how many came back that were not it */
#define VAR_CODED 1062		/* it came back: what the page does may be done */
#define VAR_UNSURE 1063		/* the conversation that the text may belong to could not be looked up */
#define CHOSEN_MAX 5		/* rows confirmed together */
#define RESULTS_MAX 1600		/* what becomes of them, octets */
#define QUESTIONS_MAX 8
#define BRANCHES_MAX (ACTION_OUTCOMES_MAX + AUTH_OUTCOMES)

/* ---- texts ---- */

struct word {
	const char *code;
	const char *text;
};

/* Words of one language for the codes of one field, sorted by code. */
struct words {
	const char *name;
	const struct word *list;
	uint16_t count;
	uint16_t longest;	/* index of the costliest text */
};

enum piece_kind { PIECE_LITERAL, PIECE_VALUE, PIECE_PLURAL };

struct piece {
	enum piece_kind kind;
	enum field_type type;		/* VALUE */
	uint16_t var;			/* VALUE, PLURAL */
	uint16_t width;			/* VALUE: worst, in characters */
	uint16_t len;			/* LITERAL */
	const char *text;		/* LITERAL */
	const struct words *words;	/* VALUE of a code; NULL: shown as it is */
	const char *before, *after;	/* VALUE that may be left out: around it, where it is known; else NULL */
	const char *otherwise;		/* in place of it, where it is not */
	const char *const *forms;	/* PLURAL: one per category of the language; '#' is the number */
};

struct template {
	const struct piece *pieces;
	uint16_t count;
};

/* A text in all languages; NULL array: the page has no such text. */
typedef const struct template *texts_t;

/* Texts that end a dialog; each may have another, NAME_sms, for short messages. X(id, name in texts files) */
#define SYSTEM_LAST_TEXTS(X) \
	X(GOODBYE,       "goodbye") \
	X(SILENCE,       "silence") \
	X(UNAVAILABLE,   "unavailable") \
	X(UNKNOWN,       "unknown") \
	X(LATER,         "later") \
	X(IN_FLIGHT,     "in_flight")		/* dialled again while an order {ref} is being carried out */ \
	X(NO_CODE,       "no_code") \
	X(STOPPING,      "stopping") \
	X(EXPIRED,       "expired")		/* the answer to a page of a session that is not known any more */ \
	X(CODE_SENT,     "code_sent")		/* F34: the one-time code goes by short message */ \
	X(NOT_CONFIRMED, "not_confirmed")	/* and nobody texted it back */ \
	X(NOT_HERE,      "not_here")		/* the link may not do this */

/* Texts that the engine needs whatever the menu says. X(id, name in texts files) */
#define SYSTEM_TEXTS(X) \
	X(BACK,          "back")		/* hint beside the key */ \
	X(HOME,          "home") \
	X(MORE,          "more") \
	X(YES,           "yes") \
	X(NO,            "no") \
	X(WRONG_CHOICE,  "wrong_choice")	/* hint in front of a page shown again */ \
	X(WRONG_DIGITS,  "wrong_digits") \
	X(WRONG_LENGTH,  "wrong_length") \
	X(WRONG_VALUE,   "wrong_value") \
	X(WRONG_AMOUNT,  "wrong_amount") \
	X(WRONG_DATE,    "wrong_date") \
	X(WRONG_PHONE,   "wrong_phone") \
	X(WRONG_REPEAT,  "wrong_repeat") \
	X(UNKNOWN_WORD,  "unknown_keyword")	/* in front of the first page, after a text that means nothing here */ \
	X(NEAREST_WORD,  "nearest_keyword")	/* the same, when {keyword} may have been meant */ \
	X(NOTHING_ASKED, "nothing_asked")	/* the same, after a yes or no that nobody waits for */ \
	X(CHANGED,       "changed")		/* the same, after an answer to a page of a menu that was replaced */ \
	SYSTEM_LAST_TEXTS(X) \
	X(RESUME,        "resume")		/* offer to take up a dropped dialog */ \
	X(RESUME_YES,    "resume_yes") \
	X(RESUME_NO,     "resume_no") \
	X(CODE,          "code")		/* F34: under what is to be confirmed; {confirm_code} until {confirm_until} */ \
	X(CODE_REQUEST,  "code_request")	/* in front of it, where the page has neither a confirmation nor a text "request" */ \
	X(WRONG_CODE,    "wrong_code")		/* hint in front of both */

enum system_text {
#define X(id, name) SYSTEM_##id,
	SYSTEM_TEXTS(X)
#undef X
	SYSTEM_COUNT
};

/* Which plural form a number takes: an index into a list of forms. */
struct plural_rule {
	const char *name;
	unsigned int forms;
	unsigned int (*form)(uint64_t number);
};

/* The rule of a language ("en", "zh" …), or of that name ("arabic"); the English one when nobody knows better. */
const struct plural_rule *plural_rule_for(const char *language);
const struct plural_rule *plural_rule_named(const char *name);

struct formats {
	const char *money_before, *money_after;	/* around the amount */
	const char *decimal, *group;
	const char *date, *month, *time;	/* %Y %m %d %H %M %% */
	const char *old_before, *old_after;	/* around the time of what is old; NULL: the language does not say */
	const char *after_key;			/* between an item's key and its label */
	const char *missing;			/* in place of a value that is not known */
};

struct language {
	const char *name;			/* ISO 639-1 */
	bool transliterate;
	const struct plural_rule *plural;
	struct formats formats;
	struct template system[SYSTEM_COUNT];
	struct template system_sms[SYSTEM_COUNT];	/* in its place by short message; without pieces: the same */
	const struct words *words;
	uint16_t words_count;
	const char *const *yes, *const *no;	/* folded words that are as good as the keys */
	uint8_t yes_count, no_count;
};

/* ---- pages ---- */

enum condition_kind {
	CONDITION_IS,		/* the field has one of the values */
	CONDITION_KNOWN,	/* one of the fields is known, and not 0 */
	CONDITION_AHEAD,	/* one of the fields, which are dates, is later than today */
};

struct condition {
	enum condition_kind kind;
	enum field field;		/* CONDITION_IS */
	const char *const *values;
	const uint16_t *fields;		/* the others: what the values name */
	uint8_t count;
};

/* Whether something is there for this subscriber: all of only_if match, and not all of unless. */
struct conditions {
	const struct condition *only_if;
	const struct condition *unless;
	uint8_t only_if_count;
	uint8_t unless_count;
};

/* A variable set on the way: from another one, or to a constant when from is FIELD_NONE. */
struct binding {
	uint16_t var;
	uint16_t from;
	const char *text;
};

struct bindings {
	const struct binding *list;
	uint8_t count;
};

struct choice {
	const char *key;
	uint16_t page;
	uint8_t key_len;
	texts_t label;
	struct conditions conditions;
	struct bindings with;
};

enum question_kind {
	QUESTION_DIGITS,
	QUESTION_LENGTH,
	QUESTION_ONE_OF,
	QUESTION_AMOUNT,
	QUESTION_DATE,
	QUESTION_PHONE,
	QUESTION_PATTERN,
	QUESTION_SAME_AS,
};

enum question_date { DATE_ANY, DATE_PAST, DATE_FUTURE };

struct question {
	const char *name;
	enum question_kind kind;
	enum field_type type;		/* of the answer */
	uint16_t var;
	bool secret;
	long long min, max;		/* DIGITS, LENGTH: characters; AMOUNT: minor units; DATE: enum question_date in min */
	const char *const *values;	/* ONE_OF */
	uint8_t values_count;
	uint16_t same_as;		/* SAME_AS: variable */
	const regex_t *pattern;		/* PATTERN, anchored */
	texts_t prompt;
	texts_t hint;			/* may be NULL: the system's */
};

/* What a page does, in this order, each part if there is one: route away; fetch rows; ask; confirm; do; else show. */
struct page {
	const char *name;
	const char *file;
	unsigned int line;

	const struct choice *choices;	/* also the cases of a route: keys are NULL there */
	uint8_t choices_count;
	bool route;

	const struct menu_action *list;
	uint16_t list_page;		/* where picking a row leads; PAGE_NONE: rows are only shown */
	uint16_t several_page;		/* where picking several leads; PAGE_NONE: one at a time */
	uint16_t unlisted_page;		/* where a service leads that is named and not in the list; PAGE_NONE: that is a mistake */
	texts_t row;			/* also of several that are confirmed */
	texts_t empty;

	const struct question *questions;
	uint8_t questions_count;
	bool direct;			/* a dialled path may answer the questions */

	bool confirm;
	uint16_t no;			/* where "no" leads; PAGE_NONE: back */
	uint8_t screens;		/* that it may need at worst: a yes counts on the last one */
	uint32_t within_s;		/* S6: a yes must come so soon, and anything else is a no; 0: any time */
	bool by_sms;			/* S6: it is confirmed by short message only */
	texts_t several;		/* in place of the text, in front of several rows; may be NULL */
	texts_t late;			/* the time is over */
	texts_t declined;		/* no; may be NULL */
	texts_t sent;			/* ends the dialog whose confirmation goes by short message */
	texts_t request;		/* what a one-time code confirms, where the page has no confirmation; may be NULL */

	const struct menu_action *action;
	const uint16_t *branches;	/* one page per outcome of the action, then one per auth_outcome; PAGE_NONE: the system's */
	bool asks_password;			/* it asks for the service password (S11) */
	uint16_t unavailable;		/* page for OUTCOME_UNAVAILABLE; PAGE_NONE: the system's text */

	struct bindings with;
	texts_t text;
	texts_t text_sms;		/* in its place where there is more room; may be NULL */
	bool stay;			/* a page without choices waits instead of ending */
	bool hint_back, hint_home;
	bool needs_account;
	bool secret;			/* holds a secret question */
};

struct entry {
	const char *code;		/* without the final '#' */
	uint16_t len;
	uint16_t page;
	bool exact;			/* no path behind it */
	bool prefix;			/* any code that begins so */
};

/* Where texts to a service number begin that name no keyword. */
struct service_number {
	const char *number;
	uint16_t page;
};

/* What the server tells without having been asked. */
struct menu_notification {
	const char *kind;
	uint16_t page;
	const char *sender;		/* NULL: the service's, or the channel's */
	bool push;			/* a dialog of ours is tried first */
	const struct setting *at;	/* while building */
};

/* A word or words that lead straight to a page. What stands behind them answers its questions, or picks a row. */
struct keyword {
	const char *text;		/* folded */
	uint16_t len;
	uint16_t page;
	uint8_t args;			/* words behind it that are taken */
	bool glued;			/* its argument follows without a space, as in "KTNEWS" */
	bool rest;			/* the last argument takes all that is left of the text */
	struct conditions conditions;
	struct bindings with;
	const struct setting *at;	/* while building */
};

struct menu_keys {
	const char *back, *home, *more, *yes, *no;
};

struct menu {
	unsigned int refs;
	uint32_t fingerprint;
	struct arena arena;

	const struct language *languages;
	uint16_t languages_count;
	struct page *pages;
	uint16_t pages_count;
	uint16_t home;
	const struct entry *entries;
	uint16_t entries_count;
	const struct service_number *services;
	uint16_t services_count;
	const struct menu_notification *notifications;
	uint16_t notifications_count;
	struct catalogue catalogue;
	struct keyword *keywords;	/* by text */
	uint16_t keywords_count;
	uint8_t keyword_words;		/* most words in one keyword */
	struct menu_keys keys;
	uint32_t old_after_s[FIELD_COUNT];	/* a time that is longer ago says so; 0: never */
	uint8_t currency_minor;		/* digits behind the decimal sign */
	uint8_t tries;			/* wrong inputs in a row until the end */
	uint8_t screens_max;		/* a page's worst case may not be longer */

	const struct question **vars;	/* questions that are no field; id VAR_FIRST + index */
	uint16_t vars_count;
	const uint16_t *secrets;	/* ids of all secret variables */
	uint16_t secrets_count;
	regex_t **patterns;		/* to be freed */
	uint16_t patterns_count;
};

/* Name, type and worst width of a variable by id. */
const char *menu_var_name(const struct menu *menu, uint16_t var);
enum field_type menu_var_type(const struct menu *menu, uint16_t var);

/* The length of a code without its final '#'. */
size_t menu_code_length(const char *code, size_t len);

/* The entry that a code without its final '#' begins at, the most specific one; *\a path: where the rest starts. */
const struct entry *menu_entry(const struct menu *menu, const char *code, size_t len, size_t *path);

struct render;

/* Whether something is there for a subscriber of these values, served in that language at that time. */
bool conditions_hold(const struct conditions *conditions, const struct render *render);

/* NULL when the menu does not tell of such. */
const struct menu_notification *menu_notification(const struct menu *menu, const char *kind, size_t len);

/* The first page for texts to a number; PAGE_NONE when it is not ours. */
uint16_t short_code_page(const struct menu *menu, const char *number);
