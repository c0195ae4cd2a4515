/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be configured about dialogs. */
#include <stddef.h>

#include "starhash/conf.h"
#include "starhash/server.h"

#define AT(member) offsetof(struct server_settings, member)
static const struct conf_row rows[] = {
	{ "dialogs_max", CONF_UINT, AT(dialogs_max), 1, 4000000, .fallback = "200000",
	  .help = "dialogs open at once; more are refused politely" },
	{ "resume_s", CONF_UINT, AT(resume_ms), 0, 86400, .fallback = "180", .unit = "s", .scale = 1000,
	  .help = "how long a dropped dialog is offered again; 0: never" },
	{ "inputs_per_minute", CONF_UINT, AT(inputs_per_minute), 0, 60000, .fallback = "30",
	  .help = "dials, answers and texts of one subscriber that are taken, on each kind of link but the console; 0: no limit. 65536 "
	  "subscribers are known at a time, in 1 MB" },
	{ "inputs_burst", CONF_UINT, AT(inputs_burst), 1, 10000, .fallback = "20",
	  .help = "so many of them at once" },
	{ "texts_max", CONF_UINT, AT(texts_max), 0, 1000000, .fallback = "1000",
	  .help = "short messages that are worked on at once, on each link; more are put off before an account is looked up; 0: no "
	  "limit. About 1 kB each" },
	{}
};
#undef AT

const struct conf_row *const server_rows = rows;
