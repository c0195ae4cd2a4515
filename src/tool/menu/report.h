/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Problems of a menu for people, editors and programs. */
#pragma once

#include "starhash/setting.h"

/* The names of the formats, between blanks: "text" for people, "gcc" as compilers write them, "json" for programs. */
#define REPORT_FORMATS "text gcc json"

/* Report all problems, sorted, and their number: text and gcc on standard error, in colour on a terminal unless NO_COLOR is set; json
 * as one array on standard output. */
void report(struct problems *problems, const char *format);
