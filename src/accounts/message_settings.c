/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration of messages: the group "messages". */
#include <stddef.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/message_settings.h"
#include "starhash/calendar.h"
#include "starhash/conf.h"

#define HOUR_S 3600

struct kind_conf {
	const char *name;
	unsigned int priority, expires_s;
	bool quiet, counts;
};

#define AT(member) offsetof(struct kind_conf, member)
static const struct conf_row kind_rows[] = {
	{ "kind", CONF_STRING, AT(name), .min = 1, .required = true,
	  .help = "the kind, as menus name it: trial_ending, trial_ended, suspension_planned, validity_ending, balance_low, purchase, "
	  "information_fees …" },
	{ "priority", CONF_UINT, AT(priority), 0, NOTIFICATION_PRIORITIES - 1,
	  .help = "0: sent at once, at any hour, beyond every limit; of the others, a lower number first; by default, as in the next two "
	  "settings, the kind's own" },
	{ "quiet", CONF_BOOL, AT(quiet),
	  .help = "whether it waits for the end of quiet hours, unless it would then be too late" },
	{ "counts", CONF_BOOL, AT(counts),
	  .help = "whether it counts towards daily_max and waits for the next day beyond it; not for messages that must not be late: "
	  "suspension_planned, validity_ending, balance_low, purchase, information_fees" },
	{ "expires_h", CONF_UINT, AT(expires_s), 1, 8760, .unit = "hours", .scale = HOUR_S,
	  .help = "how long it is tried; default: as \"notifications\" in retention; a message about a date is tried until that day is "
	  "over" },
	{}
};
#undef AT

struct messages_conf {
	const char *quiet_from, *quiet_until, *first_purchase;
	unsigned int daily_max, rate, fees_day, remind_days, order_answer_s, survey_percent, survey_pause_days;
	long long low_balance;
	const struct setting *kinds;
};

#define AT(member) offsetof(struct messages_conf, member)
static const struct conf_row rows[] = {
	{ "quiet_from", CONF_STRING, AT(quiet_from), .min = 1, .fallback = "21:00",
	  .help = "beginning of the quiet hours, by the wall clock of the machine's time zone" },
	{ "quiet_until", CONF_STRING, AT(quiet_until), .min = 1, .fallback = "08:00",
	  .help = "their end; equal to quiet_from: no quiet hours" },
	{ "daily_max", CONF_UINT, AT(daily_max), 0, 1000, .fallback = "3", .unit = "messages",
	  .help = "most messages of the kinds that count, per subscriber and day; 0: no limit" },
	{ "rate", CONF_UINT, AT(rate), 0, 10000, .fallback = "50", .unit = "messages a second",
	  .help = "most messages of priority 1 and lower, over all links together, so that dialogs and answers have room; 0: no limit" },
	{ "low_balance", CONF_INT, AT(low_balance), 0, 1000000000000, .fallback = "0", .unit = "minor units",
	  .help = "a prepaid balance below this is announced, unless the subscriber chose another threshold; 0: none" },
	{ "fees_day", CONF_UINT, AT(fees_day), 11, 28, .fallback = "11",
	  .help = "day of the month from which the last month's information fees are announced" },
	{ "remind_days", CONF_UINT, AT(remind_days), 2, 30, .fallback = "2", .unit = "days",
	  .help = "how long before the last day to pay, or the last day of a validity, it is announced; the message comes at least 24 "
	  "hours before that day is over" },
	{ "first_purchase", CONF_CHOICE, AT(first_purchase), .choices = "subscriber service", .fallback = "subscriber",
	  .help = "of purchases by SMS the first of the day is announced: the subscriber's first, or the first of each service" },
	{ "order_answer_h", CONF_UINT, AT(order_answer_s), 1, 168, .fallback = "24", .unit = "hours", .scale = HOUR_S,
	  .help = "longest time that a partner may give a subscriber to answer its order request; a request that asks for more is "
	  "refused. While one waits for its answer, the next one is not sent" },
	{ "survey_percent", CONF_UINT, AT(survey_percent), 0, 100, .fallback = "10", .unit = "percent",
	  .help = "of the services after which the menu may ask how satisfied the subscriber is, so many are followed by the question; 0: "
	  "none" },
	{ "survey_pause_days", CONF_UINT, AT(survey_pause_days), 1, 3650, .fallback = "90", .unit = "days",
	  .help = "how long a subscriber who was asked is not asked again, answered or not" },
	{ "kinds", CONF_GROUPS, AT(kinds), .group = kind_rows,
	  .help = "kinds of messages whose treatment differs from the default" },
	{}
};
#undef AT

const struct conf_row *const message_rows = rows;

struct message_settings message_settings_default(void)
{
	struct message_settings settings = { 0 };

	for (unsigned int i = 0; i < notification_kinds_count; i++)
		settings.kinds[i] = (struct message_policy){
			.priority = notification_kinds[i].priority, .quiet = notification_kinds[i].quiet,
			.counts = notification_kinds[i].capped,
		};
	return settings;
}

static unsigned int read_minute(const struct setting *group, const char *name, const char *text, struct problems *problems)
{
	const bool shaped = calendar_shaped(text, strlen(text), "00:00");
	const int64_t hour = shaped ? calendar_number(text, 2) : 24, minute = shaped ? calendar_number(text + 3, 2) : 0;

	if (hour < 24 && minute < 60)
		return (unsigned int)(hour * 60 + minute);
	problems_add(problems, setting_at(group, name), "%s is \"%s\", but must be a time from 00:00 to 23:59", name, text);
	return 0;
}

static void read_kind(const struct setting *group, struct message_settings *settings, struct message_rules *rules,
		      struct problems *problems)
{
	const size_t before = problems->errors;
	const struct notification_kind *kind;
	struct message_policy *policy;
	struct kind_conf conf;

	conf_read(group, kind_rows, &conf, problems);
	if (problems->errors > before)
		return;
	kind = notification_kind_find(conf.name, strlen(conf.name));
	if (!kind || !notification_has_page(kind)) {
		problems_add(problems, setting_at(group, "kind"), "unknown kind of message \"%s\"", conf.name);
		return;
	}
	policy = &settings->kinds[notification_kind_index(kind)];
	if (setting_get(group, "priority"))
		policy->priority = (uint8_t)conf.priority;
	policy->quiet &= policy->priority > 0;
	if (setting_get(group, "quiet"))
		policy->quiet = conf.quiet;
	if (setting_get(group, "counts"))
		policy->counts = conf.counts;
	rules->expires_s[notification_kind_index(kind)] = conf.expires_s;
	if (policy->counts && kind->always)
		problems_add(problems, setting_at(group, "counts"), "\"%s\" must not wait for another day, so it cannot count",
			     kind->name);
	else if (!policy->priority && (policy->quiet || policy->counts))
		problems_add(problems, setting_at(group, policy->counts ? "counts" : "quiet"),
			     "\"%s\" has priority 0, which nothing delays: give it a priority from 1 to %d, or neither \"quiet\" nor "
			     "\"counts\"", kind->name, NOTIFICATION_PRIORITIES - 1);
}

void messages_read(void *ctx, const struct setting *group, struct accounts_settings *settings, struct problems *problems)
{
	struct message_settings *made = talloc(ctx, struct message_settings);
	struct message_rules *rules = talloc(ctx, struct message_rules);
	const size_t before = problems->errors;
	struct messages_conf conf;

	OSMO_ASSERT(made && rules);
	settings->messages = made;
	settings->message_rules = rules;
	*made = message_settings_default();
	*rules = message_rules_default;
	conf_read(group, rows, &conf, problems);
	if (problems->errors > before)
		return;
	made->quiet_from = read_minute(group, "quiet_from", conf.quiet_from, problems);
	made->quiet_until = read_minute(group, "quiet_until", conf.quiet_until, problems);
	made->daily_max = conf.daily_max;
	made->rate = conf.rate;
	rules->low_balance = conf.low_balance;
	rules->fees_day = conf.fees_day;
	rules->remind_days = conf.remind_days;
	rules->order_answer_s = conf.order_answer_s;
	rules->survey_percent = conf.survey_percent;
	rules->survey_pause_days = conf.survey_pause_days;
	rules->purchase_of_service = !strcmp(conf.first_purchase, "service");
	if (!conf.kinds)
		return;
	if (conf.kinds->type == SETTING_GROUP)
		read_kind(conf.kinds, made, rules, problems);
	for (const struct setting *at = conf.kinds->type == SETTING_LIST ? conf.kinds->child : NULL; at; at = at->next)
		read_kind(at, made, rules, problems);
}
