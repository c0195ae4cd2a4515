/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings of dialogs. */
#include <stddef.h>

#include "starhash/conf.h"
#include "starhash/server.h"

#define AT(member) offsetof(struct server_settings, member)
static const struct conf_row rows[] = {
	{ "dialogs_max", CONF_UINT, AT(dialogs_max), 1, 4000000, .fallback = "200000",
	  .help = "dialogs open at once; more are refused as busy. About 200 octets each, more on pages with lists" },
	{ "resume_s", CONF_UINT, AT(resume_ms), 0, 86400, .fallback = "180", .unit = "s", .scale = 1000,
	  .help = "how long a dropped dialog can be resumed; 0: never" },
	{ "inputs_per_minute", CONF_UINT, AT(inputs_per_minute), 0, 60000, .fallback = "30",
	  .help = "dials, answers and texts that one subscriber may send, on each kind of link but the console; 0: no limit. 65536 "
	  "subscribers are remembered at a time, in 1 MB" },
	{ "inputs_burst", CONF_UINT, AT(inputs_burst), 1, 10000, .fallback = "20",
	  .help = "how many of these may come at once" },
	{ "texts_max", CONF_UINT, AT(texts_max), 0, 1000000, .fallback = "1000",
	  .help = "short messages being processed at once, on each link; more are deferred before an account is looked up; 0: no "
	  "limit. About 1 kB each" },
	{ "delay_target_ms", CONF_UINT, AT(delay_target_ms), 0, 10000, .fallback = "50", .unit = "ms",
	  .help = "while dials of a link wait longer than this for running dialogs, more of them are answered that we are busy, and new "
	  "texts are deferred; a burst may wait twice as long; 0: they wait however long" },
	{ "dials_max", CONF_UINT, AT(dials_max), 1, 100000, .fallback = "10000",
	  .help = "dials that may wait, on each link; more are answered that we are busy. About 1 kB each" },
	{ "barred_max", CONF_UINT, AT(barred_max), 0, 1000000, .fallback = "10000",
	  .help = "numbers and prefixes that may be barred; others are served, and the alarm barred:full is raised. About 300 octets "
	  "each" },
	{ "barred_text", CONF_STRING, AT(barred_text), .min = 1, .max = 112,
	  .fallback = "Sorry, this service is not available for your number.",
	  .help = "what a barred number is shown when it dials" },
	{}
};
#undef AT

const struct conf_row *const server_rows = rows;
