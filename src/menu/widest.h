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
};

/* The widest values for \a count places of the same variable, all of which show the same value. The service in \a render's values does not
 * replace itself. */
void widest_find(const struct render *render, const struct piece *const *places, size_t count, struct widest *widest);

/* The greatest number that a field can have within its width. */
int64_t widest_number(const struct render *render, enum field_type type, unsigned int width);

/* The widest texts of any script that a question can be answered with, or a backend can answer, which is cut to its width: by \a index,
 * from 0; NULL: no more. Not zero-terminated. */
const char *widest_text(const struct question *question, unsigned int index, unsigned int width, size_t *len);

/* A code of that width without a word. */
const char *widest_code(unsigned int width);
