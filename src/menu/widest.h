/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The widest values that a variable can have, within its declared width, its words and its format: real ones, for the fit check. */
#pragma once

#include "menu/template.h"

/* The cost of a part of a text. */
struct weight {
	long septets, units, octets;
	long others;			/* characters outside GSM-7: any of them makes the whole text UCS-2 */
};

struct weight weigh(const struct render *render, const char *text, size_t len);
void weight_add(struct weight *to, const struct weight *more);

enum widest_by {
	BY_UNITS,
	BY_SEPTETS,		/* of the values in GSM-7 */
	BY_OTHERS,		/* the most units of the values outside GSM-7 */
	BY_OCTETS,
	BY_COUNT
};

struct widest_value {
	bool found;
	bool known;		/* else the value is missing */
	struct value value;	/* its text lives as long as the menu */
	struct weight weight;	/* in all of its places */
};

struct widest {
	uint16_t var;
	struct widest_value best[BY_COUNT];
	struct widest_value missing;	/* found: it may be */
};

/* Visit every value that may be the widest for \a count places of the same variable, all of which show the same one; NULL: it is missing.
 * The service in \a render's values does not replace itself. */
typedef void widest_visit(void *user, const struct value *value);
void widest_each(const struct render *render, const struct piece *const *places, size_t count, widest_visit *visit, void *user);

/* Values that occur in a case; NULL: it is missing there. */
struct widest_case {
	bool (*has)(const struct widest_case *of, const struct value *value);
};

/* The widest of them; \a of: only those of this case, or NULL. */
void widest_find(const struct render *render, const struct piece *const *places, size_t count, const struct widest_case *of,
		 struct widest *widest);
