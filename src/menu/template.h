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
	const struct menu_action *list;	/* that brought the row: a field of it that the row lacks is not known; may be NULL */
	const struct record *values;	/* may be NULL */
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;
	bool messages;			/* for a short message */
	uint16_t width_max;		/* values from outside are cut to this width, if it is less than their own; 0: to their own */
	unsigned int *cuts;		/* counts values that were cut; may be NULL */
	struct blanks *blanks;		/* for the fit check, which fills them; else NULL */
	bool of_row;			/* fields of rows come from the row alone */
};

static inline uint16_t render_language(const struct render *render)
{
	return render->language - render->menu->languages;
}

#define BLANKS_MAX 1024

/* The places of values that are still open. */
struct blanks {
	const struct piece *list[BLANKS_MAX];
	uint16_t count;
	uint64_t given[VAR_ROWS / 64 + 1];	/* variables, as bits, that have their value in render.values, or none */
};

/* The value of a variable: the row's, or else the session's, unless the row's list brings it, or it is a fact of a service and the row has
 * a service of its own. */
bool render_value(const struct render *render, uint16_t var, struct value *value);

/* Parse \a at's string in \a language. Problems go to the build's list. */
struct template template_parse(struct build *build, const struct language *language, const struct setting *at);

/* The greatest width of a value, in characters. */
uint16_t template_width(const struct build *build, uint16_t var);

/* Show one value, or, without it, what the text says in its place. */
void piece_render(const struct piece *piece, const struct render *render, const struct value *value, struct writer *writer);

void template_render(const struct template *template, const struct render *render, struct writer *writer);

/* The wording whose conditions hold. */
const struct template *text_wording(const struct text *text, const struct render *render);

/* Render that wording of a text in the language of \a render. */
void texts_render(texts_t texts, const struct render *render, struct writer *writer);

/* Render a prepared text, with a writer that counts. */
void prepared_render(const struct prepared *prepared, const struct render *render, struct writer *writer);

/* Set what a choice or a page sets "with", reading from \a render. A service brings its terms from the catalogue. */
void bindings_put(const struct bindings *with, const struct render *render, struct record *to);

/* Whether it shows a value. */
bool template_shows(const struct template *template, uint16_t var);

/* Whether it shows any value of the account. */
bool template_needs_account(const struct template *template);
