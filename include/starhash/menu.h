/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The compiled menu tree: opaque, immutable, reference-counted. menus/README.md is the manual of the menu language.
 *
 * menu_build() compiles settings into a tree and checks it: every name resolves, every outcome has its branch, every language has every
 * text, every page fits. A tree that compiles can be put in service. */
#pragma once

#include "starhash/catalogue.h"
#include "starhash/request.h"
#include "starhash/setting.h"
#include "starhash/text.h"

struct backend;
struct view;

#define ACTION_PARAMS_MAX 8
#define ACTION_OUTCOMES_MAX 12
#define ACTION_FIELDS_MAX 16

/* What a menu can call by name ("do" and "list"): the contract between menu files and src/action/. */
struct menu_action {
	const char *name;				/* "password.change" */
	enum request_kind request;			/* to the account; REQUEST_PROFILE: none */
	bool changes;					/* changes the account: never reached by direct dial alone */
	bool harmless;					/* of a change: forged, it costs the subscriber neither money nor a service, so a
							 * link that may read can do it */
	bool lists;					/* yields rows, usable as "list" */
	bool local;					/* lists: the rows are the menu's own catalogue; nothing of an account is needed */
	bool sells;					/* a price must have been shown: without one, the outcome is "missing" */
	enum trust needs;				/* trust needed in the link; below it a one-time code completes an action that
							 * changes */
	bool orders;					/* an order to billing: the consent goes with it, and a page may ask for the
							 * service password first, which adds AUTH_OUTCOMES */
	bool needs_password;				/* an order on a page without that question is an error */
	bool reports;					/* S19: its TEXT is the dialog so far */
	uint16_t params[ACTION_PARAMS_MAX];		/* parameters: FIELD_*, or values of backends; FIELD_NONE ends */
	uint16_t also[ACTION_PARAMS_MAX];		/* parameters that are passed if they are known */
	const char *outcomes[ACTION_OUTCOMES_MAX];	/* each needs a branch, except the first of a list or check; NULL ends */
	uint16_t fields[ACTION_FIELDS_MAX];		/* of its rows, as params; the first identifies a row */
	uint16_t facts[ACTION_FIELDS_MAX];		/* of its answer, as params: beside the rows of a list; each may be absent from
							 * that of a backend */
	const struct backend *backend;			/* the service that is called; NULL: the account */
};

/* S17: asked before the menu's page "survey", without a page of its own. */
#define ACTION_SURVEY_OFFER "survey.offer"

/* Additional outcomes of an order on a page with a question called "password" (S11). */
enum auth_outcome { AUTH_WRONG, AUTH_LOCKED, AUTH_TEMPORARY, AUTH_OUTCOMES };

extern const char *const auth_outcome_names[AUTH_OUTCOMES];	/* "wrong", "locked", "temporary" */

/* Texts of one language, in the order of the menu's "languages". */
struct menu_texts {
	const char *language;
	const struct setting *root;	/* of texts.<lang>.cfg; NULL: the file could not be read, which has been reported */
};

struct menu_source {
	const struct setting *root;			/* of menu.cfg */
	const struct menu_texts *texts;
	size_t texts_count;
	const struct menu_action *const *actions;		/* NULL-terminated; must outlive the menu */
	struct text_limits limits;			/* the smallest of all links: every page must fit */
	bool advise;					/* find also what is only worth a warning, which takes as long again */
	/* If not NULL: called for each text that does not fit, with the case that shows it, which lives during the call. */
	void (*refused)(void *user, const char *page, const struct view *view, unsigned int screens);
	void *user;
};

struct menu;

/* What a text by short message may need: three parts, the default limit of that channel. */
extern const struct text_limits menu_message_limits;

/* Compile. On any problem returns NULL, with all of them in \a problems. The settings are not needed afterwards. */
struct menu *menu_build(const struct menu_source *source, struct problems *problems);

/* References: menu_build() returns the first. Single thread. */
struct menu *menu_ref(struct menu *menu);
void menu_unref(struct menu *menu);	/* NULL is fine */

/* Instead of being freed when its last reference goes, the menu is given to \a release(), which calls menu_free(), perhaps in another
 * thread: a large tree takes milliseconds. */
void menu_on_release(struct menu *menu, void (*release)(void *user, struct menu *menu), void *user);
void menu_free(struct menu *menu);

/* References beyond the first; for inspection. */
unsigned int menu_users(const struct menu *menu);

/* A hash of everything the subscriber can see and do: equal for equal trees, stored in sessions. */
uint32_t menu_fingerprint(const struct menu *menu);

size_t menu_page_count(const struct menu *menu);
size_t menu_language_count(const struct menu *menu);
const char *menu_language(const struct menu *menu, size_t index);

/* The services on sale; lives as long as the menu. Empty without a "catalogue". */
const struct catalogue *menu_catalogue(const struct menu *menu);

/* Whether the menu has an entry for notifications of that kind: if not, they are not sent. */
bool menu_notifies(const struct menu *menu, const char *notification);

/* Whether to try a network-initiated dialog before a short message. */
bool menu_pushes(const struct menu *menu, const char *notification);

/* Name of a page by index, for traces; "?" when out of range. */
const char *menu_page_name(const struct menu *menu, unsigned int page);

/* Whether the field comes with a service of the catalogue, or with its order: nothing else may set it, since a confirmation shows it as
 * what the subscriber pays. */
bool menu_comes_with_service(uint16_t field);

/* The optional pages that the menu lacks since no backend of theirs is declared: "offers, redeem"; "": none. */
const char *menu_left_out(const struct menu *menu);

/* The first short code; NULL: the menu has none. */
const char *menu_first_short_code(const struct menu *menu);

/* Whether a dialled code, such as "*100*1#", matches one of the menu's entries. */
bool menu_serves(const struct menu *menu, const char *code, size_t len);
