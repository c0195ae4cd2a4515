/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration of tickets: the group "tickets". */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "starhash/accounts.h"
#include "starhash/account.h"
#include "starhash/conf.h"

#define HOUR_S 3600
#define DAY_S 86400

struct deadline_conf {
	const char *kind, *brand;
	unsigned int first_s, final_s;
};

#define AT(member) offsetof(struct deadline_conf, member)
static const struct conf_row deadline_rows[] = {
	{ "kind", CONF_STRING, AT(kind), .min = 1,
	  .help = "of tickets that are owed an answer, such as complaint; default: all" },
	{ "brand", CONF_STRING, AT(brand), .min = 1, .help = "of subscribers; default: all" },
	{ "first_answer_h", CONF_UINT, AT(first_s), 1, 8760, .required = true, .unit = "hours", .scale = HOUR_S,
	  .help = "time for the first answer, holidays included" },
	{ "final_answer_h", CONF_UINT, AT(final_s), 1, 8760, .required = true, .unit = "hours", .scale = HOUR_S,
	  .help = "time for the final answer, from when the ticket was opened" },
	{}
};
#undef AT

struct tickets_conf {
	unsigned int first_s, final_s, warn_s, silence_s, reopen_s, words_months;
	long long alone_max, month_max, credit_max, words_max;
	const struct setting *deadlines;
};

#define AT(member) offsetof(struct tickets_conf, member)
static const struct conf_row rows[] = {
	{ "first_answer_h", CONF_UINT, AT(first_s), 1, 8760, .fallback = "48", .unit = "hours", .scale = HOUR_S,
	  .help = "time for the first answer to a ticket, by the wall clock, holidays included" },
	{ "final_answer_h", CONF_UINT, AT(final_s), 1, 8760, .fallback = "168", .unit = "hours", .scale = HOUR_S,
	  .help = "time for the final answer, from when the ticket was opened" },
	{ "deadlines", CONF_GROUPS, AT(deadlines), .group = deadline_rows,
	  .help = "kinds and brands with other times; the first that fits counts" },
	{ "warn_h", CONF_UINT, AT(warn_s), 1, 720, .fallback = "12", .unit = "hours", .scale = HOUR_S,
	  .help = "how long before an answer is late an alarm is raised" },
	{ "silence_days", CONF_UINT, AT(silence_s), 1, 90, .fallback = "7", .unit = "days", .scale = DAY_S,
	  .help = "how long after the final answer was sent a subscriber's silence closes the ticket. An answer that could not be sent "
	  "opens it again: staff owe another one, or close it when they have reached the subscriber in another way" },
	{ "reopen_days", CONF_UINT, AT(reopen_s), 1, 365, .fallback = "30", .unit = "days", .scale = DAY_S,
	  .help = "how long after it was closed the subscriber may open it again" },
	{ "alone_max", CONF_INT, AT(alone_max), 0, 1000000000000, .fallback = "5000", .unit = "minor units",
	  .help = "largest sum of credits for one ticket that one member of staff may grant; a larger one needs a second" },
	{ "month_max", CONF_INT, AT(month_max), 0, 1000000000000, .fallback = "10000", .unit = "minor units",
	  .help = "the same, of the credits for all tickets of a subscriber in a calendar month; rewards of the draw count, but never "
	  "need a second" },
	{ "credit_max", CONF_INT, AT(credit_max), 0, 1000000000000, .fallback = "20000", .unit = "minor units",
	  .help = "largest credit that staff may grant beside a dispute; 0: none" },
	{ "words_max", CONF_INT, AT(words_max), 0, 1000000000000, .fallback = "20000", .unit = "minor units",
	  .help = "largest sum that is given back for a charge disputed in words, which is on no bill that the subscriber was shown; as "
	  "much again may be its equal; 0: none" },
	{ "words_months", CONF_UINT, AT(words_months), 0, 120, .fallback = "24", .unit = "months",
	  .help = "how many months ago such a charge may have been at most; staff name its month" },
	{}
};
#undef AT

const struct conf_row *const ticket_rows = rows;

static void check_times(const struct setting *group, int64_t first_s, int64_t final_s, struct problems *problems)
{
	if (final_s < first_s)
		problems_add(problems, group, "\"final_answer_h\" is shorter than \"first_answer_h\"");
}

static void read_deadline(const struct setting *group, struct ticket_rules *rules, struct problems *problems)
{
	struct ticket_deadline *deadline = &rules->deadlines[rules->deadlines_count];
	const size_t before = problems->errors;
	struct deadline_conf conf;

	conf_read(group, deadline_rows, &conf, problems);
	if (problems->errors > before)
		return;
	if (rules->deadlines_count == TICKET_DEADLINES_MAX) {
		problems_add(problems, group, "\"deadlines\" may have up to %d groups", TICKET_DEADLINES_MAX);
		return;
	}
	*deadline = (struct ticket_deadline){ .first_s = conf.first_s, .final_s = conf.final_s };
	check_times(group, conf.first_s, conf.final_s, problems);
	if (conf.brand && snprintf(deadline->brand, sizeof(deadline->brand), "%s", conf.brand) >= (int)sizeof(deadline->brand))
		problems_add(problems, setting_at(group, "brand"), "a brand has fewer than %zu characters", sizeof(deadline->brand));
	if (conf.kind) {
		deadline->kind = ticket_kind_find(conf.kind);
		if (!deadline->kind || !deadline->kind->owes)
			problems_add(problems, setting_at(group, "kind"), "\"%s\" is not a kind of ticket that is owed an answer",
				     conf.kind);
	}
	rules->deadlines_count++;
}

void tickets_read(void *ctx, const struct setting *group, struct accounts_settings *settings, struct problems *problems)
{
	struct ticket_rules *made = talloc_zero(ctx, struct ticket_rules);
	const size_t before = problems->errors;
	struct tickets_conf conf;

	settings->ticket_rules = made;
	*made = ticket_rules_default;
	conf_read(group, rows, &conf, problems);
	if (problems->errors > before)
		return;
	made->first_s = conf.first_s;
	made->final_s = conf.final_s;
	made->warn_s = conf.warn_s;
	made->silence_s = conf.silence_s;
	made->reopen_s = conf.reopen_s;
	made->alone_max = conf.alone_max;
	made->month_max = conf.month_max;
	made->credit_max = conf.credit_max;
	made->words_max = conf.words_max;
	made->words_months = conf.words_months;
	check_times(group, made->first_s, made->final_s, problems);
	if (made->warn_s >= made->first_s)
		problems_add(problems, group, "\"warn_h\" is as long as \"first_answer_h\": the alarm would be raised at once");
	if (conf.deadlines && conf.deadlines->type == SETTING_GROUP)
		read_deadline(conf.deadlines, made, problems);
	for (const struct setting *at = conf.deadlines && conf.deadlines->type == SETTING_LIST ? conf.deadlines->child : NULL; at;
	     at = at->next)
		read_deadline(at, made, problems);
}
