/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Warnings about menus that are free of errors: what an author most likely did not mean. Each says how to mend it. */
#pragma once

#include "menu/view.h"

/* A string that subscribers read, and where it stands. */
struct wording {
	const struct language *language;	/* NULL: a constant, which every language may show */
	const char *family;			/* the group of the texts file: "pages", "words", "system", "outcomes", "formats" */
	const char *owner;			/* page, action or group of words; NULL: none */
	const struct setting *text;		/* the whole text, with its name */
	const struct setting *at;		/* the string */
};

typedef void see_wording(struct build *build, const struct wording *wording, void *user);

/* See each string of a text. */
void each_string(struct build *build, struct wording *wording, see_wording *see, void *user);

/* See each string of a texts file, but no keywords and no answers. */
void each_wording(struct build *build, size_t language, see_wording *see, void *user);

#define WORDING_NAME_MAX 160

/* "text 'done' of page 'cancel'". Returns \a out. */
const char *wording_name(const struct wording *wording, char out[static WORDING_NAME_MAX]);

/* Whether it asks for a yes to an order that has a price: advice.c checks that its texts show it. */
bool page_sells(const struct page *page);

/* Find the next placeholder from *\a pos, and move there behind it. NULL: there are no more. */
const char *next_placeholder(const char **pos, size_t *len);

enum script { SCRIPT_LATIN, SCRIPT_ARABIC, SCRIPT_CHINESE, SCRIPT_OTHER, SCRIPTS };

/* The letters of a text, or of many, without the names of values. */
struct letters {
	size_t of[SCRIPTS];
	size_t words;		/* Latin words of two letters or more, but not short ones in capitals, such as "SMS" */
	size_t outside;		/* letters outside GSM-7 */
};

/* More equal warnings about one language become one. */
#define ADVICE_MANY 8

void count_letters(const struct language *language, const char *text, struct letters *letters);

/* The script of most of them. */
enum script main_script(const struct letters *letters);

/* advice_texts.c: each text by itself; only which characters cost more than half a page. */
void advise_texts(struct build *build);
void advise_alphabet(struct build *build);

/* advice_languages.c: the texts of one language compared with those of others. */
void advise_languages(struct build *build);

/* advice_keywords.c: keywords and dialled codes that hide others. */
void advise_keywords(struct build *build);
