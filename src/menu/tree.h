/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The compiled menu tree, for src/menu/, which builds it, and src/engine/, which walks it.
 *
 * Everything is in one arena and never changes after menu_build(). Names are resolved to indexes: pages into
 * menu->pages, variables into the id space of records (FIELD_* first, then the menu's own questions). */
#pragma once

#include "starhash/backend.h"
#include "starhash/menu.h"
#include "starhash/arena.h"
#include "menu/pattern.h"

#define PAGE_NONE UINT16_MAX
#define VAR_FIRST 128		/* ids of questions that are not fields; below: FIELD_*. From BACKEND_VALUE on: values of backends */
#define VAR_ROWS 1000		/* rows of the list on the screen */
#define VAR_PATH 1001		/* rest of a dialled path, or of the arguments of a keyword; a text until the account is loaded */
#define VAR_SHOWN 1002		/* marks of the rows that a resumed page had shown */
#define VAR_DEADLINE 1003	/* deadline of the confirmation on the screen */
#define VAR_ANSWERED 1004	/* the yes, as it was typed */
#define VAR_CHOSEN 1005		/* several rows, confirmed together */
#define VAR_NEXT 1006		/* index of the next chosen row to order */
#define VAR_RESULTS 1007		/* results of the rows before it */
#define VAR_ORDER_REF 1008	/* reference number of the order on the confirmation page */
#define VAR_CHANGED 1009	/* the first text may answer a page of a replaced menu */
/* 1010 to 1059 were facts of responses, which earlier versions saved in the same record. */
#define VAR_CODE 1060		/* digest of the one-time code sent */
#define VAR_WRONG_CODES 1061	/* number of wrong one-time codes returned */
#define VAR_CODED 1062		/* the right code was returned: the page's action is allowed */
#define VAR_ASKED 1064		/* S6: a record of what a partner asked on a replaced menu, to be asked again */
#define VAR_UNSURE 1063		/* the conversation that the first text may belong to could not be looked up */
#define VAR_SHORT_CODE 1065	/* index of the short code that was texted */
#define VAR_AHEAD 1066		/* bits of the page's questions that were answered before they are asked */
#define VAR_SO_FAR 1067		/* S19: the dialog that a keyword for an agent has ended */
#define CHOSEN_MAX 5		/* rows confirmed together */
#define RESULTS_MAX 1600		/* octets of their results */
#define QUESTIONS_MAX 8
#define OUTCOMES_MAX 32
#define OUTCOME_NAME_UNAVAILABLE "unavailable"
#define OUTCOME_NAME_ACCEPTED "accepted"	/* without a page or text of its own: the system's text "later" */
#define OUTCOME_NAME_MISSING "missing"	/* of orders: there is no such service, or its price is not known */
#define OUTCOME_NAME_DECLINED "declined"	/* a confirmation was answered with no */
#define OUTCOME_NAME_LATE "late"		/* it was answered too late, or not at all */

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
	uint16_t longest;	/* index of the text with the highest cost */
};

enum piece_kind { PIECE_LITERAL, PIECE_VALUE, PIECE_PLURAL };

struct piece {
	enum piece_kind kind;
	enum field_type type;		/* VALUE */
	uint16_t var;			/* VALUE, PLURAL */
	uint16_t width;			/* VALUE: worst case, in characters */
	bool cut;			/* VALUE: a wider one may be cut: it is a text, and no number, key or reference */
	uint16_t len;			/* LITERAL */
	const char *text;		/* LITERAL */
	const struct words *words;	/* VALUE that is a code; NULL: show the code */
	const char *before, *after;	/* VALUE that is optional: text around it if it is known; else NULL */
	const char *otherwise;		/* instead of it if it is unknown */
	bool if_old;			/* optional TIME: shown only if it marks old data */
	const char *const *forms;	/* PLURAL: one per category of the language; '#' is the number */
};

struct template {
	const struct piece *pieces;
	uint16_t count;
};

/* ---- conditions ---- */

enum condition_kind {
	CONDITION_IS,		/* the field has one of the values */
	CONDITION_KNOWN,	/* one of the fields is known and not 0 */
	CONDITION_AHEAD,	/* one of the fields, all dates, is later than today */
	CONDITION_HAS,		/* the subscriber has one of these services */
	CONDITION_FAMILY,	/* the chosen service belongs to one of these families */
	CONDITION_CHANNEL,	/* the text is shown on "ussd", or goes by "sms" */
};

struct condition {
	enum condition_kind kind;
	enum field field;		/* IS */
	const char *const *values;
	const uint16_t *fields;		/* KNOWN, AHEAD: the fields that values name; IS, HAS: the field whose value is meant where a
					 * value is "{name}", else FIELD_NONE */
	uint8_t count;
};

/* Conditions for showing something to a subscriber: all of only_if match, and not all of unless. */
struct conditions {
	const struct condition *only_if;
	const struct condition *unless;
	uint8_t only_if_count;
	uint8_t unless_count;
};

static inline bool conditions_hold_always(const struct conditions *conditions)
{
	return !conditions->only_if_count && !conditions->unless_count;
}

/* ---- texts ---- */

/* One wording of a text. */
struct variant {
	struct conditions conditions;
	struct template template;
	const struct setting *at;	/* while building; NULL: made by the compiler */
};

/* A text of one language: the first variant whose conditions hold is shown. The last one has none. */
struct text {
	const struct variant *variants;
	uint8_t count;
};

/* A text in all languages; NULL array: the page has no such text. */
typedef const struct text *texts_t;

enum segment_kind {
	SEGMENT_LITERAL,	/* the same for everybody */
	SEGMENT_PIECE,		/* a value */
	SEGMENT_TEXT,		/* a text with several wordings */
	SEGMENT_CHOICE,		/* a choice that has conditions or sets values */
};

/* A part of a prepared text. The cost of a literal is known, so that it is neither rendered nor measured again. */
struct segment {
	uint8_t kind;				/* enum segment_kind */
	bool gsm7;				/* LITERAL: its cost, as struct text_cost */
	uint16_t septets, units;
	uint16_t len;				/* LITERAL: octets */
	union {
		const char *literal;
		const struct piece *piece;
		const struct text *text;
		const struct choice *choice;
	};
};

/* Texts of one language as they stand below each other on the screen, with their keys: prepared when the menu is compiled. */
struct prepared {
	const struct segment *list;
	uint16_t count;
};

/* Texts that the engine needs for every menu. X(id, name in texts files) */
#define SYSTEM_TEXTS(X) \
	X(BACK,          "back")		/* hint next to the key */ \
	X(HOME,          "home") \
	X(MORE,          "more") \
	X(YES,           "yes") \
	X(NO,            "no") \
	X(WRONG_CHOICE,  "wrong_choice")	/* hint before a page shown again */ \
	X(WRONG_DIGITS,  "wrong_digits") \
	X(WRONG_LENGTH,  "wrong_length") \
	X(WRONG_VALUE,   "wrong_value") \
	X(WRONG_AMOUNT,  "wrong_amount") \
	X(WRONG_DATE,    "wrong_date") \
	X(WRONG_PHONE,   "wrong_phone") \
	X(WRONG_REPEAT,  "wrong_repeat") \
	X(UNKNOWN_WORD,  "unknown_keyword")	/* before the first page, after a text that was not understood */ \
	X(NEAREST_WORD,  "nearest_keyword")	/* the same, when {keyword} may have been meant */ \
	X(NOTHING_ASKED, "nothing_asked")	/* the same, after a yes or no without a question */ \
	X(CHANGED,       "changed")		/* the same, after an answer to a page of a replaced menu */ \
	X(GOODBYE,       "goodbye")		/* texts that end a dialog */ \
	X(SILENCE,       "silence") \
	X(UNAVAILABLE,   "unavailable") \
	X(UNKNOWN,       "unknown") \
	X(LATER,         "later") \
	X(IN_FLIGHT,     "in_flight")		/* the subscriber dials again while order {ref} is in flight */ \
	X(NO_CODE,       "no_code") \
	X(STOPPING,      "stopping") \
	X(EXPIRED,       "expired")		/* an answer to a page of an expired session */ \
	X(CODE_SENT,     "code_sent")		/* F34: the one-time code is sent by short message */ \
	X(NOT_CONFIRMED, "not_confirmed")	/* F34: the code was not returned */ \
	X(NOT_HERE,      "not_here")		/* the link's trust is too low */ \
	X(RESUME,        "resume")		/* offer to resume a dropped dialog */ \
	X(RESUME_YES,    "resume_yes") \
	X(RESUME_NO,     "resume_no") \
	X(CODE,          "code")		/* F34: after the request; {confirm_code} until {confirm_until} */ \
	X(CODE_REQUEST,  "code_request")	/* before it, if the page has neither a confirmation nor a text "request" */ \
	X(WRONG_CODE,    "wrong_code")		/* hint before both */

enum system_text {
#define X(id, name) SYSTEM_##id,
	SYSTEM_TEXTS(X)
#undef X
	SYSTEM_COUNT
};

/* A plural rule: form() returns the index of a number's form. */
struct plural_rule {
	const char *name;
	unsigned int forms;
	unsigned int (*form)(uint64_t number);
};

/* The rule of a language ("en", "zh" …; unknown ones get the English rule), and the rule of a name ("arabic"). */
const struct plural_rule *plural_rule_for(const char *language);
const struct plural_rule *plural_rule_named(const char *name);

struct formats {
	const char *money_before, *money_after;	/* around the amount */
	const char *decimal, *group;
	const char *date, *month, *time;	/* %Y %m %d %H %M %% */
	const char *old_before, *old_after;	/* around the time of old data; NULL: not marked in this language */
	const char *after_key;			/* between an item's key and its label */
	const char *missing;			/* instead of an unknown value */
};

/* What a footer hints at. */
enum { FOOTER_MORE = 1, FOOTER_BACK = 2, FOOTER_HOME = 4, FOOTERS = 8 };

struct language {
	const char *name;			/* ISO 639-1 */
	bool draft;				/* texts and words that it lacks are those of the first language */
	bool transliterate;
	const struct plural_rule *plural;
	struct formats formats;
	struct text system[SYSTEM_COUNT];
	const struct words *words;
	uint16_t words_count;
	const char *const *yes, *const *no;	/* folded words that count as the keys */
	uint8_t yes_count, no_count;
	struct prepared footers[FOOTERS];	/* by what they hint at, as bits */
};

/* ---- pages ---- */

/* Sets a variable when a page is entered: from another one, or to a constant when from is FIELD_NONE. */
struct binding {
	uint16_t var;
	uint16_t from;
	const char *text;
};

struct bindings {
	const struct binding *list;
	uint8_t count;
};

bool bindings_equal(const struct bindings *a, const struct bindings *b);

struct choice {
	const char *key;
	uint16_t page;
	texts_t label;
	const struct prepared *item;	/* by language: key and label, if it has conditions or sets values; else NULL */
	struct conditions conditions;
	struct bindings with;
	const struct setting *at;	/* while building */
};

/* The end of an action, a check or a confirmation, by name: "done", "already", "late" … Its page follows, below its text if it has one.
 * Without a page the text is the end of the dialog, or with again it is shown above that question of the page. */
struct outcome {
	const char *name;
	uint16_t page;			/* PAGE_NONE: none */
	uint8_t again;			/* question that is asked again, from 1; 0: none */
	texts_t text;			/* may be NULL */
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
	uint16_t width;			/* in menu->vars: what a backend answers has at most so many characters; 0: none answers it */
	bool secret;
	long long min, max;		/* DIGITS, LENGTH: characters; AMOUNT: minor units; DATE: enum question_date in min */
	const char *const *values;	/* ONE_OF; in menu->vars also PATTERN: the widest answers */
	uint8_t values_count;
	uint16_t same_as;		/* SAME_AS: variable */
	const struct pattern *pattern;	/* PATTERN */
	const struct menu_action *check;	/* carried out with the answers so far before the next question; may be NULL */
	texts_t prompt;
	texts_t hint;			/* NULL: the system's */
};

/* A page does the following in order, if it has that part: route away; fetch rows; ask; confirm; do; else show. */
struct page {
	const char *name;
	const char *file;
	unsigned int line;
	const struct setting *at;	/* while building: its group, with what it has from other pages */
	const struct setting *const *texts;	/* while building: its group in the texts of each language, or NULL */
	const struct page *like;	/* has the texts that this page lacks; NULL: none */
	bool texts_alone;		/* only texts files have it: it shows its text */

	const struct choice *choices;	/* also the cases of a route: keys are NULL there */
	uint8_t choices_count;
	bool route;
	uint16_t otherwise;		/* choices: page whose questions any other text answers; PAGE_NONE: it is a mistake */

	const struct menu_action *list;
	uint16_t list_page;		/* page for a chosen row; PAGE_NONE: rows are only shown */
	uint16_t several_page;		/* page for several chosen rows; PAGE_NONE: one at a time */
	uint16_t unlisted_page;		/* page for a named service that is not in the list; PAGE_NONE: a mistake */
	struct conditions where;	/* rows that do not meet these are left out */
	uint16_t order;			/* rows are sorted by this field; FIELD_NONE: as they come */
	bool descending;
	texts_t row;			/* also of several rows being confirmed */
	texts_t empty;

	const struct question *questions;
	uint8_t questions_count;
	bool direct;			/* a dialled path may answer the questions */

	bool confirm;
	uint8_t screens;		/* allowed in the worst case; a yes counts on the last one */
	uint32_t within_s;		/* S6: time for a yes; anything else is a no; 0: no limit */
	bool by_sms;			/* S6: confirmed by short message only */
	texts_t several;		/* instead of the text, before several rows; may be NULL */
	texts_t sent;			/* ends the dialog whose confirmation goes by short message */
	texts_t request;		/* what a one-time code confirms, if the page has no confirmation; may be NULL */

	const struct menu_action *action;
	const struct outcome *outcomes;	/* those of the action and of checks, and of the confirmation */
	uint8_t outcomes_count;
	bool asks_password;		/* asks for the service password (S11) */

	struct bindings with;
	texts_t text;
	const struct prepared *body;	/* by language: text and choices; NULL: a page that is never shown */
	bool stay;			/* a page without choices waits instead of ending */
	bool hint_back, hint_home;
	bool needs_account;
	bool secret;			/* holds a secret question */
};

struct entry {
	const char *code;		/* without the final '#' */
	uint16_t len;
	uint16_t page;
	bool exact;			/* no path after it */
	bool prefix;			/* any code that begins with it */
	const struct setting *at;	/* while building */
};

/* The first page for texts to a short code without a keyword. */
struct short_code {
	const char *number;
	uint16_t page;
	bool verbatim;			/* S13, S14: no text is a keyword; it answers the questions of the page */
	const struct setting *at;	/* while building */
};

/* An unsolicited message of the server. */
struct menu_notification {
	const char *kind;
	uint16_t page;
	const char *sender;		/* NULL: the service's, or the channel's */
	bool push;			/* try a dialog that we begin first */
	const struct setting *at;	/* while building */
};

/* One or more words that lead straight to a page. Words after them answer its questions or choose a row. */
struct keyword {
	const char *text;		/* folded */
	const char *shown;		/* as written, to be shown to subscribers */
	uint16_t len;
	uint16_t page;
	uint8_t args;			/* words after it that are used */
	bool glued;			/* its argument follows without a space, as in "KTNEWS" */
	bool rest;			/* the last argument is the rest of the text */
	struct conditions conditions;
	struct bindings with;
	const struct setting *at;	/* while building */
};

struct menu_keys {
	const char *back, *home, *more, *yes, *no;
	const char *agent;		/* S19: no key of a choice, and no answer in digits */
};

_Static_assert(BACKEND_VALUE + BACKEND_VALUES_MAX <= VAR_ROWS, "values have ids of their own");

struct menu {
	unsigned int refs;
	void (*release)(void *user, struct menu *menu);	/* see menu_on_release(); NULL: menu_free() */
	void *release_user;
	uint32_t fingerprint;
	struct arena arena;

	const struct language *languages;
	uint16_t languages_count;
	struct page *pages;
	uint16_t pages_count;
	const struct menu_action **lists;	/* of all pages, each once */
	uint16_t lists_count;
	uint16_t home;
	uint16_t agent;			/* page of the key 'agent'; PAGE_NONE: the key has no meaning */
	uint16_t survey;		/* S17: some of the dialogs that would end with an outcome's text go on to this page; PAGE_NONE */
	const struct menu_action *survey_offer;	/* decides which; NULL without that page */
	const struct entry *entries;
	uint16_t entries_count;
	const struct short_code *short_codes;
	uint16_t short_codes_count;
	const struct menu_notification *notifications;
	uint16_t notifications_count;
	struct catalogue catalogue;
	struct keyword *keywords;	/* sorted by text */
	uint16_t keywords_count;
	uint8_t keyword_words;		/* maximum words in a keyword */
	struct menu_keys keys;
	const char *kinds, *messages;		/* codes of FIELD_KIND and FIELD_NOTIFICATION, between blanks */
	bool unneeded[FIELD_COUNT];	/* facts of an account that no text, condition or action names, and nothing else uses */
	uint32_t old_after_s[FIELD_COUNT];	/* an older time is marked as old; 0: never */
	uint8_t currency_minor;		/* digits after the decimal sign */
	uint8_t tries;			/* wrong inputs in a row that end the dialog */
	uint8_t screens_max;		/* maximum screens of a page in the worst case */

	const struct question **vars;	/* questions that are not fields; id VAR_FIRST + index. From BACKEND_VALUE on, values of the
					 * backends that the menu names, or NULL */
	uint16_t vars_count;		/* of questions */
	const char *left_out;		/* see menu_left_out(); NULL: none */
	const uint16_t *secrets;	/* ids of all secret variables */
	uint16_t secrets_count;
};

/* What is known of a service, from the catalogue, a row or an order. It is dropped when another service is meant, so that no order is sent
 * with the price of an older row. */
extern const enum field menu_service_facts[];	/* ended by FIELD_NONE */
bool menu_is_service_fact(uint16_t var);
void menu_drop_service_facts(struct record *from);

/* Those of them that the catalogue brings with a service; ended by FIELD_NONE. */
extern const enum field menu_catalogue_terms[];
bool menu_is_catalogue_term(uint16_t var);

/* Replace all facts by the terms of the catalogue; a service that is not on sale has none. */
void menu_put_terms(const struct menu *menu, const char *code, size_t len, struct record *to);

/* Put a service of the catalogue with its terms. */
void menu_put_service(const struct service *service, struct record *to);

/* The numbers of a list's rows: those of services are their keys in the catalogue, so that they never move; services that are not on sale
 * have the lowest numbers that no key has. Others are counted. Call for every row, in order, with the same \a keys. */
struct row_keys {
	unsigned int counted;		/* the last number that is not a key */
};

bool row_keyed(const struct menu *menu, const struct page *page);	/* rows are services with keys */

unsigned int row_key(const struct menu *menu, const struct page *page, const struct record *row, struct row_keys *keys);

/* Name and type of a variable by id, and the group of words for its codes. */
const char *menu_var_name(const struct menu *menu, uint16_t var);
enum field_type menu_var_type(const struct menu *menu, uint16_t var);
const char *menu_var_words(const struct menu *menu, uint16_t var);

/* Whether it is the answer to a secret question. */
bool menu_is_secret(const struct menu *menu, uint16_t var);

/* The length of a code without its final '#'. */
size_t menu_code_length(const char *code, size_t len);

/* The most specific entry for a code without its final '#'; *\a path: where the rest starts. */
const struct entry *menu_entry(const struct menu *menu, const char *code, size_t len, size_t *path);

/* Whether it is that of a confirmation, before the action: "declined" or "late". */
bool outcome_precedes_action(const char *name);

/* Whether each row of a list has a value of its own. What the list is asked for is the same for all of them. */
bool menu_list_brings(const struct menu_action *list, uint16_t var);

/* The values of a row belong together. Whether \a var, set by a "with" or an answer, means another row, so that \a other is no longer
 * known. The first value of an account's row names it; the others are set beside it, as the service to be replaced. Of a backend's row,
 * any value may name it. */
bool menu_row_loses(const struct menu *menu, uint16_t var, uint16_t other);

/* Call \a drop for each value that is no longer known when \a set are, which were set together. */
void menu_leave_rows(const struct menu *menu, const uint16_t *set, unsigned int count, void (*drop)(void *from, uint16_t var),
		     void *from);
void menu_leave_rows_in(const struct menu *menu, const uint16_t *set, unsigned int count, struct record *from);

/* Whether it ends the dialog, or goes on to the survey. */
bool outcome_surveys(const struct menu *menu, const struct outcome *outcome);

/* The outcome with that name; NULL: the page does not have it. */
const struct outcome *page_outcome(const struct page *page, const char *name);

struct render;

/* Whether the conditions, which are not none, hold for a subscriber with these values, language and time. */
bool conditions_judge(const struct conditions *conditions, const struct render *render);

static inline bool conditions_hold(const struct conditions *conditions, const struct render *render)
{
	return conditions_hold_always(conditions) || conditions_judge(conditions, render);
}

/* NULL when the menu has no such notification. */
const struct menu_notification *menu_notification(const struct menu *menu, const char *kind, size_t len);

/* NULL when the number is not ours. \a number NULL: the first one. */
const struct short_code *short_code_find(const struct menu *menu, const char *number);
