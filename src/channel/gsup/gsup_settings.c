/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration of a GSUP link: its rows, and checks that rows cannot express.
 *
 * ask_octets and end_octets count the octets of one USSD string. OsmoHLR drops a component
 * whose content exceeds 127 octets, the short form of a BER length. Around the string there are:
 *
 *   page, Invoke 60       invoke id 3, operation 3, sequence 2, coding scheme 3, string head 2 = 13 octets:
 *                         114 remain, 130 septets or 57 UCS-2 units;
 *   end, ReturnResult 59  invoke id 3, sequence 2, operation 3, sequence 2, coding scheme 3, string head 2 = 15 octets:
 *                         112 remain, 128 septets or 56 units.
 *
 * Tested with OsmoHLR 1.5.0: a longer page comes back as PROC_SS_ERROR (115 and 116 octets pass, because it takes the
 * first octet of the long form for a length, which happens to fit); a longer last text is lost silently. */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "channel/gsup/gsup_settings.h"
#include "channel/gsup/ussd_codec.h"
#include "starhash/conf.h"

#define AT(member) offsetof(struct gsup_settings, member)

const struct conf_row gsup_rows[] = {
	{ .name = "name", .type = CONF_STRING, .offset = AT(name), .min = 1, .fallback = "gsup",
	  .help = "name of this link in logs and counters; unique" },
	{ .name = "address", .type = CONF_STRING, .offset = AT(address), .min = 1, .fallback = "127.0.0.1",
	  .help = "numeric address of the HLR" },
	{ .name = "port", .type = CONF_INT, .offset = AT(port), .min = 1, .max = 65535, .fallback = "4222", .help = "the HLR's GSUP port" },
	{ .name = "entity", .type = CONF_STRING, .offset = AT(entity), .min = 1, .fallback = "starhash",
	  .help = "our name as in the HLR's line 'euse NAME', without EUSE-; unique there" },
	{ .name = "ask_octets", .type = CONF_INT, .offset = AT(ask_octets), .min = 16, .max = USSD_STRING_MAX,
	  .fallback = "114", .unit = "octets",
	  .help = "longest USSD string of a page; OsmoHLR loses pages above 114" },
	{ .name = "end_octets", .type = CONF_INT, .offset = AT(end_octets), .min = 16, .max = USSD_STRING_MAX,
	  .fallback = "112", .unit = "octets",
	  .help = "longest USSD string of a last page; OsmoHLR loses last pages above 112" },
	{ .name = "answer_ms", .type = CONF_INT, .offset = AT(answer_ms), .min = 100, .max = 600000, .fallback = "8000",
	  .unit = "ms", .help = "time to answer one input; below guard_ms" },
	{ .name = "idle_ms", .type = CONF_INT, .offset = AT(idle_ms), .min = 1000, .max = 600000, .fallback = "25000",
	  .unit = "ms", .help = "silence of the subscriber after which a dialog ends; below guard_ms" },
	{ .name = "dialog_ms", .type = CONF_INT, .offset = AT(dialog_ms), .min = 1000, .max = 3600000,
	  .fallback = "180000", .unit = "ms", .help = "longest duration of a dialog" },
	{ .name = "guard_ms", .type = CONF_INT, .offset = AT(guard_ms), .min = 1000, .max = 600000, .fallback = "30000",
	  .unit = "ms", .help = "the network's guard timer: the HLR's ncss-guard-timeout" },
	{ .name = "push", .type = CONF_STRING, .offset = AT(push), .fallback = "notify",
	  .help = "what we may begin: notify (show a text) or none" },
	{ .name = "trust", .type = CONF_CHOICE, .offset = AT(trust), .choices = "ask read order password",
	  .fallback = "password", .help = "what inputs over this link may do without a one-time code" },
	{ .name = "sorry", .type = CONF_STRING, .offset = AT(sorry), .min = 1,
	  .fallback = "Sorry, this service is not available.",
	  .help = "the answer to input that cannot be understood" },
	{ .name = "busy", .type = CONF_STRING, .offset = AT(busy), .min = 1,
	  .fallback = "Sorry, we are busy. Please try again later.",
	  .help = "the busy text, when there are too many dialogs or inputs" },
	{ .name = "dialogs_share", .type = CONF_INT, .offset = AT(dialogs_share), .min = 1, .max = 100, .fallback = "90",
	  .unit = "percent", .help = "share of dialogs_max that this link may use" },
	{ .name = "rate_in", .type = CONF_INT, .offset = AT(rate_in), .min = 0, .max = 1000000, .fallback = "0",
	  .unit = "a second", .help = "inputs accepted, and the burst of one second's worth; more are answered that "
	  "we are busy; 0: no limit" },
	{ .name = NULL }
};

/* When its guard timer expires, the HLR drops the dialog without a message, so our timers must be shorter. */
static void timer_check(const struct setting *group, const char *name, long long ms, long long guard_ms,
			struct problems *problems)
{
	if (ms >= guard_ms)
		problems_add(problems, setting_at(group, name),
			     "%s is %lld ms, but must be below guard_ms (%lld ms): the network ends a dialog after "
			     "that time without telling us", name, ms, guard_ms);
}

/* Our own texts must fit like any others. */
static void text_check(const struct gsup_settings *settings, const struct setting *group, const char *name,
		       const char *text, struct problems *problems)
{
	if (!text_valid(text, strlen(text)) ||
	    !text_fits(text_cost(text, strlen(text)), text_budget_ussd(settings->end_octets)))
		problems_add(problems, setting_at(group, name), "%s is not UTF-8, or does not fit %lld octets", name,
			     settings->end_octets);
}

void gsup_settings_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct gsup_settings *settings = data;
	struct in6_addr address;

	if (inet_pton(AF_INET, settings->address, &address) != 1 &&
	    inet_pton(AF_INET6, settings->address, &address) != 1)
		problems_add(problems, setting_at(group, "address"),
			     "address is \"%s\", but must be numeric: names are not resolved", settings->address);
	if (strncmp(settings->entity, "EUSE-", 5) == 0)
		problems_add(problems, setting_at(group, "entity"),
			     "entity is the name as in the HLR's line 'euse NAME', without EUSE- in front");
	if (strlen(settings->entity) > GSUP_ENTITY_MAX)
		problems_add(problems, setting_at(group, "entity"), "entity has more than %d characters",
			     GSUP_ENTITY_MAX);
	timer_check(group, "answer_ms", settings->answer_ms, settings->guard_ms, problems);
	timer_check(group, "idle_ms", settings->idle_ms, settings->guard_ms, problems);
	if (strcmp(settings->push, "request") == 0)
		problems_add(problems, setting_at(group, "push"),
			     "push = \"request\" is refused: osmo-hlr crashes when a phone answers a request that we "
			     "began; use \"notify\" or \"none\"");
	else if (strcmp(settings->push, "notify") != 0 && strcmp(settings->push, "none") != 0)
		problems_add(problems, setting_at(group, "push"), "push is \"%s\", but must be \"notify\" or \"none\"",
			     settings->push);
	text_check(settings, group, "sorry", settings->sorry, problems);
	text_check(settings, group, "busy", settings->busy, problems);
}

struct channel_timing gsup_settings_timing(const void *data)
{
	const struct gsup_settings *settings = data;

	return (struct channel_timing){ settings->answer_ms, settings->idle_ms, settings->dialog_ms };
}

struct text_limits gsup_settings_limits(const void *data)
{
	const struct gsup_settings *settings = data;

	return (struct text_limits){
		.ask = text_budget_ussd(settings->ask_octets),
		.end = text_budget_ussd(settings->end_octets),
	};
}
