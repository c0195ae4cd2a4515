/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon's configuration file: rows of its own, a group for billing and for the journal, and a group, or list of groups,
 * for each kind of link. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "daemon/privilege.h"
#include "daemon/settings.h"
#include "starhash/billing.h"
#include "starhash/journal.h"

typedef void part_check(const void *settings, const struct setting *group, struct problems *problems);

static const struct conf_row rows[] = {
	{ "menu", CONF_PATH, offsetof(struct settings, menu), .min = 1, .required = true, .reload = CONF_RESTART,
	  .help = "the menu tree: a menu.cfg with its texts beside it" },
	{ "accounts", CONF_PATH, offsetof(struct settings, accounts), .min = 1, .required = true,
	  .reload = CONF_RESTART, .help = "the account cache: an SQLite database" },
	{ "store", CONF_CHOICE, offsetof(struct settings, store), .choices = "sqlite", .fallback = "sqlite",
	  .reload = CONF_RESTART, .help = "what keeps the account cache" },
	{ "standby", CONF_BOOL, offsetof(struct settings, standby), .fallback = "true", .reload = CONF_RESTART,
	  .help = "where another process serves from this cache, wait until it is gone and take over; false: say so and end" },
	{ "takeover_s", CONF_INT, offsetof(struct settings, takeover_s), 10, 3600, .fallback = "15", .unit = "s",
	  .reload = CONF_RESTART, .help = "how long the other's heartbeat has to stand still where its lock cannot be seen, as on another "
	  "machine; on this machine it is taken over at once" },
	{ "node", CONF_INT, offsetof(struct settings, node), -1, 1023, .fallback = "-1", .reload = CONF_RESTART,
	  .help = "first part of reference numbers, 0 to 1023: another one for each cache behind one billing; -1: the cache's own, drawn "
	  "at random when it was made" },
	{ "pepper", CONF_SECRET, offsetof(struct settings, pepper), .min = 1, .made = true, .reload = CONF_RESTART,
	  .help = "key for password hashes, mode 0600, made when absent; without it passwords cannot be changed" },
	{ "deadline_ms", CONF_INT, offsetof(struct settings, deadline_ms), 100, 60000, .fallback = "5000",
	  .unit = "ms", .reload = CONF_RESTART, .help = "how long an account request may take" },
	{ "password_tries", CONF_INT, offsetof(struct settings, password_tries), 1, 20, .fallback = "3",
	  .reload = CONF_RESTART, .help = "wrong passwords in a row that lock" },
	{ "password_delays", CONF_STRING, offsetof(struct settings, password_delays), .fallback = "300 3600", .unit = "s",
	  .reload = CONF_RESTART, .help = "how long the first lock lasts, the second …, between blanks; after the last one an "
	  "operator has to release it, which is so at once when this is empty" },
	{ "password_checks", CONF_INT, offsetof(struct settings, password_checks), 0, 1000, .fallback = "10",
	  .unit = "a minute", .reload = CONF_RESTART, .help = "most passwords of one subscriber that are checked; 0: no limit" },
	{ "password_link_wrong", CONF_INT, offsetof(struct settings, password_link_wrong), 0, 1000000, .fallback = "60",
	  .unit = "a minute", .reload = CONF_RESTART, .help = "most wrong passwords over a link whose trust is below password; "
	  "above, it is refused all of them for the rest of the minute; 0: no limit" },
	{ "password_guessing", CONF_INT, offsetof(struct settings, password_guessing), 0, 2000, .fallback = "50",
	  .reload = CONF_RESTART, .help = "numbers with a wrong password or one-time code within ten minutes, over one link or "
	  "over all of them, that raise the alarm password:guessing; 0: none" },
	{ "password_hashes", CONF_STRING, offsetof(struct settings, password_hashes), .min = 1,
	  .reload = CONF_RESTART, .help = "kinds of hashes of billing's making that are accepted: argon2id bcrypt sha256-crypt "
	  "sha512-crypt yescrypt, between blanks; without this ours alone" },
	{ "fresh_profile_s", CONF_INT, offsetof(struct settings, fresh_s[ACCOUNT_PROFILE]), 0, 31536000,
	  .fallback = "60", .unit = "s", .reload = CONF_RESTART,
	  .help = "age up to which billing is not asked again for balance, sum owed and the like" },
	{ "fresh_bills_s", CONF_INT, offsetof(struct settings, fresh_s[ACCOUNT_BILLS]), 0, 31536000,
	  .fallback = "86400", .unit = "s", .reload = CONF_RESTART, .help = "the same for bills" },
	{ "fresh_points_s", CONF_INT, offsetof(struct settings, fresh_s[ACCOUNT_POINTS]), 0, 31536000,
	  .fallback = "3600", .unit = "s", .reload = CONF_RESTART, .help = "the same for points" },
	{ "fresh_services_s", CONF_INT, offsetof(struct settings, fresh_s[ACCOUNT_SERVICES]), 0, 31536000,
	  .fallback = "600", .unit = "s", .reload = CONF_RESTART, .help = "the same for services" },
	{ "unknown_s", CONF_INT, offsetof(struct settings, unknown_s), 0, 3600, .fallback = "60", .unit = "s",
	  .reload = CONF_RESTART, .help = "how long billing is not asked again for a number that it does not know; 0: it is" },
	{ "unknown_max", CONF_INT, offsetof(struct settings, unknown_max), 4, 16777216, .fallback = "65536",
	  .reload = CONF_RESTART, .help = "such numbers remembered at once, 16 octets of memory each" },
	{ "orders_give_up_s", CONF_INT, offsetof(struct settings, orders_give_up_s), 60, 31536000,
	  .fallback = "259200", .unit = "s", .reload = CONF_RESTART,
	  .help = "an order that billing has not answered for so long is left to an operator" },
	{ "retention", CONF_STRING, offsetof(struct settings, retention), .min = 1, .reload = CONF_RESTART,
	  .help = "days by kind of record, such as \"ledger 1825 orders 400\"; without this the store's own" },
	{ "consent_key", CONF_SECRET, offsetof(struct settings, consent_key), .min = 1, .made = true, .reload = CONF_RESTART,
	  .help = "key that seals consents, mode 0600, made when absent; without this \"accounts\" with \".consent-key\" behind: "
	  "better apart from the database" },
	{ "consent_anchors", CONF_PATH, offsetof(struct settings, consent_anchors), .min = 1, .reload = CONF_RESTART,
	  .help = "file that the heads of consents are appended to and nothing is ever removed from; without this \"accounts\" with "
	  "\".consent-anchors\" behind" },
	{ "wal_max_mb", CONF_INT, offsetof(struct settings, wal_max_mb), 16, 1048576, .fallback = "256", .unit = "MB",
	  .reload = CONF_RESTART, .help = "room on the disk for the account cache's write-ahead log; an alarm is raised when it grows "
	  "larger because a reader was forgotten" },
	{ "catalogue_change_percent", CONF_INT, offsetof(struct settings, catalogue_change_percent), 0, 1000000, .fallback = "50",
	  .unit = "percent", .reload = CONF_RESTART, .help = "a menu in which a price changes by more than this, or more of the services "
	  "are gone, waits for an operator; 0: none does" },
	{ "clock_jump_days", CONF_INT, offsetof(struct settings, clock_jump_days), 1, 36500, .fallback = "30", .unit = "days",
	  .reload = CONF_RESTART, .help = "after a longer absence than this an operator has to say that the machine's clock is right" },
	{ "import_folder", CONF_PATH, offsetof(struct settings, import_folder), .min = 1, .reload = CONF_RESTART,
	  .help = "files that appear here are imported into the account cache" },
	{ "billing", CONF_GROUP, offsetof(struct settings, billing),
	  .help = "asked when the cache is too old, and given the orders; without this orders are done when they are taken" },
	{ "journal", CONF_GROUP, offsetof(struct settings, journal), .help = "one line for each contact" },
	{ "numbering", CONF_GROUP, offsetof(struct settings, numbering),
	  .help = "how subscribers' numbers are written; without this international numbers of 7 to 15 digits are served" },
	{ "requests_max", CONF_INT, offsetof(struct settings, requests_max), 1, 1000000, .fallback = "10000",
	  .reload = CONF_RESTART, .help = "account requests open at once; more are answered busy" },
	{ "dialogs_max", CONF_INT, offsetof(struct settings, dialogs_max), 1, 4000000, .fallback = "200000",
	  .reload = CONF_RESTART, .help = "dialogs open at once; more are refused politely" },
	{ "resume_s", CONF_INT, offsetof(struct settings, resume_s), 0, 86400, .fallback = "180", .unit = "s",
	  .reload = CONF_RESTART, .help = "how long a dropped dialogue is offered again; 0: never" },
	{ "inputs_per_minute", CONF_INT, offsetof(struct settings, inputs_per_minute), 0, 60000, .fallback = "30",
	  .reload = CONF_RESTART, .help = "dials, answers and texts of one subscriber that are taken, on each kind of link but "
	  "the console; 0: no limit. 65536 subscribers are known at a time, in 1 MB" },
	{ "inputs_burst", CONF_INT, offsetof(struct settings, inputs_burst), 1, 10000, .fallback = "20",
	  .reload = CONF_RESTART, .help = "so many of them at once" },
	{ "texts_max", CONF_INT, offsetof(struct settings, texts_max), 0, 1000000, .fallback = "1000", .reload = CONF_RESTART,
	  .help = "short messages that are worked on at once, on each link; more are put off before an account is looked up; "
	  "0: no limit. About 1 kB each" },
	{ "user", CONF_STRING, offsetof(struct settings, user), .min = 1, .reload = CONF_RESTART,
	  .help = "the user that the daemon becomes when root starts it; without this starhash, and it refuses to start where there "
	  "is none; \"root\" stays root" },
	{ "vty_socket", CONF_PATH, offsetof(struct settings, vty_socket), .reload = CONF_RESTART,
	  .help = "UNIX socket of the VTY, of mode 0600: see starhash-vty(1); without this vty in $RUNTIME_DIRECTORY or in "
	  "/run/starhash; \"\": none" },
	{ "vty_address", CONF_STRING, offsetof(struct settings, vty_address), .min = 1, .reload = CONF_RESTART,
	  .help = "numeric address where the VTY also listens on TCP, for every user who reaches it; without this it does not" },
	{ "vty_port", CONF_INT, offsetof(struct settings, vty_port), 0, 65535, .fallback = "4290",
	  .reload = CONF_RESTART, .help = "its TCP port; 0: no TCP" },
	{ "vty_password_file", CONF_SECRET, offsetof(struct settings, vty_password_file), .min = 1, .reload = CONF_RESTART,
	  .help = "password of at least 12 characters for \"enable\" over TCP; without this nothing can be changed there" },
	{ "vty_connections", CONF_INT, offsetof(struct settings, vty_connections), 1, 1000, .fallback = "8",
	  .unit = "connections", .reload = CONF_RESTART, .help = "VTYs open at once on the socket, and as many on TCP, of at most 1 MB "
	  "each; more are refused" },
	{ "vty_idle_s", CONF_INT, offsetof(struct settings, vty_idle_s), 0, 86400, .fallback = "900", .unit = "s",
	  .reload = CONF_RESTART, .help = "a VTY where nothing is typed for so long is closed; 0: never" },
	{ "audit_file", CONF_PATH, offsetof(struct settings, audit_file), .min = 1, .reload = CONF_RESTART,
	  .help = "file of mode 0600 to which a line is appended for all that is changed on the VTY; the log has one in any case" },
	{}
};

struct numbering {
	const char *country, *national_prefix, *international_prefix, *numbers, *shorts;
};

static const struct conf_row numbering_rows[] = {
	{ "country", CONF_STRING, offsetof(struct numbering, country), .fallback = "", .reload = CONF_RESTART,
	  .help = "our country code, such as 86: without it numbers in national form are refused" },
	{ "national_prefix", CONF_STRING, offsetof(struct numbering, national_prefix), .fallback = "0",
	  .reload = CONF_RESTART, .help = "dialled before national numbers; empty where there is none" },
	{ "international_prefix", CONF_STRING, offsetof(struct numbering, international_prefix), .fallback = "00",
	  .reload = CONF_RESTART, .help = "dialled before international numbers" },
	{ "numbers", CONF_STRING, offsetof(struct numbering, numbers), .fallback = "7-15", .min = 1, .reload = CONF_RESTART,
	  .help = "subscribers' international numbers: digits, or PREFIX:DIGITS with the prefix counted, such as "
	  "\"86:13 852:11\"; the others are refused" },
	{ "short", CONF_STRING, offsetof(struct numbering, shorts), .fallback = "", .reload = CONF_RESTART,
	  .help = "subscribers' numbers in a private network, in the same form, such as \"2:4 31:5-6\" or \"3-6\"; they are "
	  "taken as they are" },
	{}
};

/* Rows of the daemon and a group, or list of groups, for each kind of channel. */
static struct conf_row *all_rows(void *ctx, struct settings *settings, const struct setting **groups)
{
	unsigned int own = 0, kinds = 0, i;
	struct conf_row *all;

	while (rows[own].name)
		own++;
	while (channel_table[kinds])
		kinds++;
	all = talloc_zero_array(ctx, struct conf_row, own + kinds + 1);
	memcpy(all, rows, own * sizeof(*all));
	for (i = 0; i < kinds; i++) {
		all[own + i] = (struct conf_row){ .name = channel_table[i]->kind, .type = CONF_GROUPS,
						  .help = "links of this kind" };
		all[own + i].offset = (char *)&groups[i] - (char *)settings;
	}
	return all;
}

static uint16_t smaller(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

static struct text_budget smaller_budget(struct text_budget a, struct text_budget b)
{
	return (struct text_budget){ smaller(a.septets, b.septets), smaller(a.units, b.units) };
}

/* F8: the account's deadline, then the turn's, then the network's. */
static void check_timing(const struct configuration *configuration, const struct channel_timing *timing,
			 const struct setting *group, struct problems *problems)
{
	const struct setting *own = setting_get(group, "answer_ms");

	if (configuration->settings.deadline_ms >= timing->answer_ms)
		problems_add(problems, own ? own : group, "answer_ms is %u ms, but has to be above deadline_ms (%lld ms): "
			     "the account must have answered before the turn is over", timing->answer_ms,
			     configuration->settings.deadline_ms);
}

static void read_link(struct configuration *configuration, const struct channel_kind *kind, const struct setting *group,
		      struct problems *problems)
{
	struct link *link = &configuration->links[configuration->links_count];
	const size_t before = problems->count;
	struct channel_timing timing;
	struct text_limits limits;

	if (configuration->links_count == LINKS_MAX) {
		problems_add(problems, group, "more than %d links", LINKS_MAX);
		return;
	}
	link->kind = kind;
	link->group = group;
	link->settings = talloc_zero_size(configuration->ctx, kind->settings_size);
	conf_read(group, kind->rows, link->settings, problems);
	if (problems->count > before)
		return;
	if (kind->set_plan)
		kind->set_plan(link->settings, &configuration->plan);
	if (kind->check)
		kind->check(link->settings, group, problems);
	timing = kind->timing(link->settings);
	check_timing(configuration, &timing, group, problems);
	limits = kind->limits(link->settings);
	configuration->limits.ask = smaller_budget(configuration->limits.ask, limits.ask);
	configuration->limits.end = smaller_budget(configuration->limits.end, limits.end);
	configuration->links_count++;
}

static void read_links(struct configuration *configuration, const struct channel_kind *kind, const struct setting *set,
		       struct problems *problems)
{
	const struct setting *group;

	if (!set)
		return;
	if (set->type == SETTING_GROUP) {
		read_link(configuration, kind, set, problems);
		return;
	}
	for (group = set->child; group; group = group->next)
		read_link(configuration, kind, group, problems);
}

/* A group whose rows stand elsewhere. NULL when the file has none. */
static void *read_part(struct configuration *configuration, const struct setting *group, const struct conf_row *part_rows,
		       size_t size, part_check *check, struct problems *problems)
{
	const size_t before = problems->count;
	void *settings;

	if (!group)
		return NULL;
	settings = talloc_zero_size(configuration->ctx, size);
	conf_read(group, part_rows, settings, problems);
	if (problems->count == before)
		check(settings, group, problems);
	return settings;
}

static void read_digits(char *out, size_t size, const struct setting *group, const char *name, const char *digits,
			struct problems *problems)
{
	if (strlen(digits) >= size || digits[strspn(digits, "0123456789")])
		problems_add(problems, setting_at(group, name), "%s is \"%s\", but has to be up to %zu digits", name, digits,
			     size - 1);
	else
		osmo_strlcpy(out, digits, size);
}

static void read_rules(struct number_rules *rules, const struct setting *group, const char *name, const char *words,
		       struct problems *problems)
{
	const char *wrong = number_rules_read(rules, words);

	if (wrong)
		problems_add(problems, setting_at(group, name), "%s: \"%.*s\" is not DIGITS, LEAST-MOST or PREFIX:DIGITS (up to "
			     "15 digits), or more than %d of them", name, (int)strcspn(wrong, " "), wrong, NUMBER_RULES);
}

static void read_numbering(struct configuration *configuration, const struct setting *group, struct problems *problems)
{
	struct numbering_plan *plan = &configuration->plan;
	const size_t before = problems->count;
	struct numbering numbering;

	*plan = numbering_default;
	if (!group)
		return;
	conf_read(group, numbering_rows, &numbering, problems);
	if (problems->count > before)
		return;
	read_digits(plan->country, sizeof(plan->country), group, "country", numbering.country, problems);
	read_digits(plan->national_prefix, sizeof(plan->national_prefix), group, "national_prefix",
		    numbering.national_prefix, problems);
	read_digits(plan->international_prefix, sizeof(plan->international_prefix), group, "international_prefix",
		    numbering.international_prefix, problems);
	read_rules(&plan->numbers, group, "numbers", numbering.numbers, problems);
	read_rules(&plan->shorts, group, "short", numbering.shorts, problems);
	if (*plan->country == '0')
		problems_add(problems, setting_at(group, "country"), "no country's code begins with 0");
}

static void read_parts(struct configuration *configuration, struct problems *problems)
{
	const struct settings *settings = &configuration->settings;

	configuration->billing = read_part(configuration, settings->billing, billing_rows, billing_settings_size,
					   billing_check, problems);
	configuration->journal = read_part(configuration, settings->journal, journal_rows, journal_settings_size,
					   journal_check, problems);
	read_numbering(configuration, settings->numbering, problems);
}

static void read_root(struct configuration *configuration, struct problems *problems)
{
	struct {
		struct settings settings;
		const struct setting *groups[16];
	} read = {};
	const struct setting *root = conf_file_root(configuration->file);
	unsigned int i;

	conf_read(root, all_rows(configuration->ctx, &read.settings, read.groups), &read, problems);
	configuration->settings = read.settings;
	read_parts(configuration, problems);
	for (i = 0; channel_table[i]; i++)
		read_links(configuration, channel_table[i], read.groups[i], problems);
	if (!problems->count && !configuration->links_count)
		problems_add(problems, root, "no way in: configure at least one link, such as 'gsup' or 'console'");
}

/* ---- files beside it ---- */

static void check_accounts(const struct configuration *configuration, uid_t reader, struct problems *problems)
{
	const char *path = configuration->settings.accounts;
	const struct setting *at = setting_get(conf_file_root(configuration->file), "accounts");
	struct stat found;

	if (strcmp(configuration->settings.store, "sqlite"))
		return;
	if (stat(path, &found) < 0)
		problems_add(problems, at, "there is no account database %s: %s; \"starhash-data import\" makes one", path,
			     strerror(errno));
	else if (reader ? found.st_uid != reader : access(path, R_OK | W_OK) < 0)
		problems_add(problems, at, "the account database %s belongs to user %u, and the daemon's user %u cannot write it",
			     path, found.st_uid, reader);
}

static void check_secrets(const struct configuration *configuration, uid_t reader, struct problems *problems)
{
	const struct settings *settings = &configuration->settings;
	unsigned int i;

	conf_secrets_check(conf_file_root(configuration->file), rows, settings, reader, problems);
	if (configuration->billing)
		conf_secrets_check(settings->billing, billing_rows, configuration->billing, reader, problems);
	if (configuration->journal)
		conf_secrets_check(settings->journal, journal_rows, configuration->journal, reader, problems);
	for (i = 0; i < configuration->links_count; i++) {
		const struct link *link = &configuration->links[i];

		conf_secrets_check(link->group, link->kind->rows, link->settings, reader, problems);
	}
}

void settings_check_files(const struct configuration *configuration, struct problems *problems, struct problems *warnings)
{
	const struct setting *root = conf_file_root(configuration->file);
	const struct settings *settings = &configuration->settings;
	struct privilege privilege;

	if (privilege_find(settings->user, &privilege))
		problems_add(warnings, settings->user ? setting_get(root, "user") : root, "there is no user %s: started by root the "
			     "daemon would refuse to run", settings->user ? settings->user : "starhash");
	check_accounts(configuration, privilege.uid, problems);
	check_secrets(configuration, privilege.uid, problems);
	if (settings->vty_address && settings->vty_port)
		problems_add(warnings, setting_get(root, "vty_address"), "the VTY listens on TCP: every user who reaches %s port %lld "
			     "sees what it shows; vty_socket does without", settings->vty_address, settings->vty_port);
}

/* ---- the whole file ---- */

void settings_read(struct configuration *configuration, const char *path, struct problems *problems)
{
	configuration->limits.ask = configuration->limits.end = text_budget_ussd(160);
	configuration->file = conf_file_load(path, problems);
	if (configuration->file)
		read_root(configuration, problems);
}

void settings_fini(struct configuration *configuration)
{
	conf_file_free(configuration->file);
}

static void print_group(const char *name, const char *remark, const struct conf_row *group)
{
	char text[16384];

	conf_print_rows(group, 1, text, sizeof(text));
	printf("\n# %s\n%s = {\n%s};\n", remark, name, text);
}

void settings_print_rows(void)
{
	char text[16384];
	unsigned int i;

	conf_print_rows(rows, 0, text, sizeof(text));
	fputs(text, stdout);
	print_group("billing", "owns the truth; see contrib/billing", billing_rows);
	print_group("numbering", "how numbers are written", numbering_rows);
	print_group("journal", "one line of JSON for each contact", journal_rows);
	for (i = 0; channel_table[i]; i++)
		print_group(channel_table[i]->kind, "a link, or a list of links: ( { … }, { … } )",
			    channel_table[i]->rows);
}
