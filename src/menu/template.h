/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts with placeholders, parsed when the menu is compiled and rendered when a page is shown.
 *
 *     {name}                     a value in its type's format
 *     {service:about}            a code, shown with the words of another group
 *     {brand:if:a # brand|none}  the value with words around it, or other words if it is unknown
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
	bool worst;			/* render the longest possible values instead */
};

/* Parse \a at's string in \a language. Problems go to the build's list. */
struct template template_parse(struct build *build, const struct language *language, const struct setting *at);

/* A template of one literal. */
struct template template_literal(struct build *build, const char *text);

void template_render(const struct template *template, const struct render *render, struct writer *writer);

/* Whether it shows any value of the account. */
bool template_needs_account(const struct template *template);
