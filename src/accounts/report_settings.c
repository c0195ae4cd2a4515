/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration of the service-quality report: the group "report", with what the operator has promised. */
#include <stddef.h>

#include "starhash/accounts.h"
#include "starhash/conf.h"

#define AT(member) offsetof(struct report_targets, member)
static const struct conf_row rows[] = {
	{ "in_time_percent", CONF_PERCENT, AT(in_time), 1, 100, .fallback = "100",
	  .help = "target: of the first answers due in a month, at least so many came in time" },
	{ "resolved_percent", CONF_PERCENT, AT(resolved), 1, 100, .fallback = "98",
	  .help = "target: of the tickets closed in a month, at least so many were resolved; silence counts as yes" },
	{ "repeated_percent", CONF_PERCENT, AT(repeated), 0, 100, .fallback = "3",
	  .help = "target: of the tickets opened in a month, at most so many repeat one of the same subscriber and kind" },
	{ "satisfied_percent", CONF_PERCENT, AT(satisfied), 1, 100, .fallback = "95",
	  .help = "target: of the answers to surveys in a month, at least so many were good" },
	{ "minor_percent", CONF_PERCENT, AT(minor), 0, 100, .fallback = "5",
	  .help = "a share that is below its target by up to so many percentage points is a minor breach" },
	{ "repeated_minor_percent", CONF_PERCENT, AT(repeated_minor), 0, 100, .fallback = "8",
	  .help = "repeats above their target, but not above this, are a minor breach" },
	{ "months_running", CONF_UINT, AT(months), 2, 12, .fallback = "3", .unit = "months",
	  .help = "an indicator that missed its target, if by little, for so many months running is marked" },
	{}
};
#undef AT

const struct conf_row *const report_rows = rows;

static void check(const struct setting *group, const char *name, bool sound, const char *problem, struct problems *problems)
{
	const struct setting *at = setting_get(group, name);

	if (!sound)
		problems_add(problems, at ? at : group, "\"%s\" %s", name, problem);
}

void report_targets_read(const struct setting *group, struct report_targets *targets, struct problems *problems)
{
	const size_t before = problems->errors;

	conf_read(group, rows, targets, problems);
	if (problems->errors > before)
		return;
	check(group, "repeated_minor_percent", targets->repeated_minor >= targets->repeated,
	      "is below \"repeated_percent\": what meets the target would be a breach", problems);
	check(group, "minor_percent", targets->minor < targets->in_time && targets->minor < targets->resolved &&
	      targets->minor < targets->satisfied, "is as much as a target: every breach of it would be minor", problems);
}
