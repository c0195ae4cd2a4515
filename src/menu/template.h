/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts with placeholders, parsed when the menu is compiled and rendered when a page is shown.
 *
 *     {name}                     a value in its type's format
 *     {service:about}            a code, shown with the words of another group
 *     {brand:if:a # brand|none}  the value with words around it, or other words if it is unknown
 *     {as_of:old: (of #)}        the same for a time, but only if it marks data as old
 *     {points:plural:one|many}   the plural form for the number; '#' is the number
 *     {{ }}                      braces */
#pragma once

#include "menu/build.h"
#include "menu/format.h"

/* The sources of a text's values. */
struct render {
	const struct menu *menu;
	const struct language *language;
	const struct record *row;	/* searched first; may be NULL */
	const struct record *values;	/* may be NULL */
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;
	bool messages;			/* for a short message */
	struct worst *worst;		/* for the fit check: values that are not given are as wide as they can be; else NULL */
};

#define WORST_OTHERS_MAX 12

/* The widest values. A page is sent in one alphabet: if all of it is in GSM-7, the widest values are those with the most septets; else
 * those with the most units of UCS-2. */
struct worst {
	bool ucs2;
	int forced;			/* this value, by number, must be outside GSM-7; -1: none */
	int seen;			/* values so far that can be outside GSM-7 */
	uint64_t given;			/* fields, as bits, that have the value in render.values; or none, if it is not there */
	uint16_t others[WORST_OTHERS_MAX];	/* other variables that have */
	uint8_t others_count;
	bool all_choices;		/* show choices whatever their conditions */
};

/* The value of a variable: the row's, or else the session's. */
bool render_value(const struct render *render, uint16_t var, struct value *value);

/* Parse \a at's string in \a language. Problems go to the build's list. */
struct template template_parse(struct build *build, const struct language *language, const struct setting *at);

/* The greatest width of a value, in characters. */
uint16_t template_width(const struct build *build, uint16_t var);

void template_render(const struct template *template, const struct render *render, struct writer *writer);

/* The wording whose conditions hold. */
const struct template *text_wording(const struct text *text, const struct render *render);

/* Render that wording of a text in the language of \a render. */
void texts_render(texts_t texts, const struct render *render, struct writer *writer);

/* Set what a choice or a page sets "with", reading from \a render. A service brings its terms from the catalogue. */
void bindings_put(const struct bindings *with, const struct render *render, struct record *to);

/* Whether it shows any value of the account. */
bool template_needs_account(const struct template *template);
