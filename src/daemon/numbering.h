/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The numbering plan of all links. */
#pragma once

#include "starhash/conf.h"
#include "starhash/number.h"

extern const struct conf_row numbering_rows[];

/* \a group: see the rows; NULL: international numbers of 7 to 15 digits. */
void numbering_read(const struct setting *group, struct numbering_plan *plan, struct problems *problems);
