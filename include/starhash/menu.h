/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The compiled menu tree: opaque, immutable, counted. menus/README.md is the language's manual.
 *
 * menu_build() turns settings into a tree and checks it: every name resolves, every outcome has its branch, every
 * language has every text, every page fits. A tree that was built can be served. */
#pragma once

#include "starhash/catalogue.h"
#include "starhash/request.h"
#include "starhash/setting.h"
#include "starhash/text.h"

#define ACTION_PARAMS_MAX 4
#define ACTION_OUTCOMES_MAX 12
#define ACTION_FIELDS_MAX 9

/* What a menu may ask for by name ("do" and "list"): the contract between menu files and action/. */
struct menu_action {
	const char *name;				/* "password.change" */
	bool changes;					/* alters the account: never reached by direct dial alone */
	bool lists;					/* yields rows, usable as "list" */
	enum trust needs;				/* of the link; an action that changes is completed by a one-time code below it */
	bool orders;					/* billing hears of it: what was agreed to goes with it, and a page may ask
							 * for the service password first, which adds AUTH_OUTCOMES */
	bool needs_password;				/* an order on a page without that question is a mistake */
	enum field params[ACTION_PARAMS_MAX];		/* what it needs; FIELD_NONE ends */
	const char *outcomes[ACTION_OUTCOMES_MAX];	/* each needs a branch; NULL ends. A lister has none of its own */
	enum field fields[ACTION_FIELDS_MAX];		/* fields of its rows; FIELD_NONE ends */
};

/* Further outcomes of an ordering action on a page that asks a question called "password" (S11). */
enum auth_outcome { AUTH_WRONG, AUTH_LOCKED, AUTH_TEMPORARY, AUTH_OUTCOMES };

extern const char *const auth_outcome_names[AUTH_OUTCOMES];	/* "wrong", "locked", "temporary" */

/* Texts of one language, in the order of the menu's "languages". */
struct menu_texts {
	const char *language;
	const struct setting *root;	/* of texts.<lang>.cfg; NULL: the file could not be read, reported already */
};

struct menu_source {
	const struct setting *root;			/* of menu.cfg */
	const struct menu_texts *texts;
	size_t texts_count;
	const struct menu_action *const *actions;		/* NULL-terminated; must outlive the menu */
	struct text_limits limits;			/* the smallest that any link has: what every page is checked against */
};

struct menu;

/* Compile. On any problem returns NULL and \a problems has all of them. The settings are not needed afterwards. */
struct menu *menu_build(const struct menu_source *source, struct problems *problems);

/* References: menu_build() gives the first. Single thread. */
struct menu *menu_ref(struct menu *menu);
void menu_unref(struct menu *menu);	/* NULL is fine */

/* Users beyond the first reference; for inspection. */
unsigned int menu_users(const struct menu *menu);

/* A hash of what the subscriber can see and do: equal for equal trees, kept in sessions. */
uint32_t menu_fingerprint(const struct menu *menu);

size_t menu_page_count(const struct menu *menu);
size_t menu_language_count(const struct menu *menu);
const char *menu_language(const struct menu *menu, size_t index);

/* What the menu sells; lives as long as the menu. Empty when it has no "catalogue". */
const struct catalogue *menu_catalogue(const struct menu *menu);

/* Whether the menu has an entry for notifications of that kind: if not, nobody is told. */
bool menu_notifies(const struct menu *menu, const char *notification);

/* Whether a dialog of ours is to be tried first, before a short message. */
bool menu_pushes(const struct menu *menu, const char *notification);

/* Name of a page by index, for traces; "?" when out of range. */
const char *menu_page_name(const struct menu *menu, unsigned int page);

/* The first service number for texts; NULL: the menu has none. */
const char *menu_first_service(const struct menu *menu);

/* Whether a dialled code, "*100*1#", begins at any of the menu's entries. */
bool menu_serves(const struct menu *menu, const char *code, size_t len);
