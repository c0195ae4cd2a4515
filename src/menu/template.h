/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts with placeholders: parsed when the menu is built, filled in when a page is shown.
 *
 *     {name}                     a value in the form of its type
 *     {service:about}            a code, in the words of another group
 *     {brand:if:a # brand|none}  the value with words around it, or others in place of it where it is not known
 *     {points:plural:one|many}   the form that the number takes; '#' in it is the number
 *     {{ }}                      braces */
#pragma once

#include "menu/build.h"
#include "menu/format.h"

/* Where a text's values come from. */
struct render {
	const struct menu *menu;
	const struct language *language;
	const struct record *row;	/* looked at first; may be NULL */
	const struct record *values;	/* may be NULL */
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;
	bool worst;			/* the longest that each value may be, instead */
};

/* Parse \a at's string in \a language. Problems go to the build's list. */
struct template template_parse(struct build *build, const struct language *language, const struct setting *at);

/* A template of one literal. */
struct template template_literal(struct build *build, const char *text);

void template_render(const struct template *template, const struct render *render, struct writer *writer);

/* Whether a value of the account is shown anywhere in it. */
bool template_needs_account(const struct template *template);
