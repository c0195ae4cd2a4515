/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon's configuration file: rows of its own, a group for billing and for the journal, and a group, or list of groups,
 * for each kind of link. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

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
	{ "pepper", CONF_PATH, offsetof(struct settings, pepper), .min = 1, .reload = CONF_RESTART,
	  .help = "key for password hashes, mode 0600, made when absent; without it passwords cannot be changed" },
	{ "deadline_ms", CONF_INT, offsetof(struct settings, deadline_ms), 100, 60000, .fallback = "5000",
	  .unit = "ms", .reload = CONF_RESTART, .help = "how long an account request may take" },
	{ "password_tries", CONF_INT, offsetof(struct settings, password_tries), 1, 20, .fallback = "3",
	  .reload = CONF_RESTART, .help = "wrong passwords in a row that lock" },
	{ "password_delays", CONF_STRING, offsetof(struct settings, password_delays), .unit = "s",
	  .reload = CONF_RESTART, .help = "how long the first lock lasts, the second …, between blanks; after the last one an "
	  "operator has to release it, which is so at once without this" },
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
	{ "orders_give_up_s", CONF_INT, offsetof(struct settings, orders_give_up_s), 60, 31536000,
	  .fallback = "259200", .unit = "s", .reload = CONF_RESTART,
	  .help = "an order that billing has not answered for so long is left to an operator" },
	{ "retention", CONF_STRING, offsetof(struct settings, retention), .min = 1, .reload = CONF_RESTART,
	  .help = "days by kind of record, such as \"ledger 1825 orders 400\"; without this the store's own" },
	{ "import_folder", CONF_PATH, offsetof(struct settings, import_folder), .min = 1, .reload = CONF_RESTART,
	  .help = "files that appear here are imported into the account cache" },
	{ "billing", CONF_GROUP, offsetof(struct settings, billing),
	  .help = "asked when the cache is too old, and given the orders; without this orders are done when they are taken" },
	{ "journal", CONF_GROUP, offsetof(struct settings, journal), .help = "one line for each contact" },
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
	{ "vty_address", CONF_STRING, offsetof(struct settings, vty_address), .min = 1, .fallback = "127.0.0.1",
	  .reload = CONF_RESTART, .help = "where the VTY listens" },
	{ "vty_port", CONF_INT, offsetof(struct settings, vty_port), 0, 65535, .fallback = "4290",
	  .reload = CONF_RESTART, .help = "its TCP port; 0: no VTY" },
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
	link->settings = talloc_zero_size(configuration->ctx, kind->settings_size);
	conf_read(group, kind->rows, link->settings, problems);
	if (problems->count > before)
		return;
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

static void read_parts(struct configuration *configuration, struct problems *problems)
{
	const struct settings *settings = &configuration->settings;

	configuration->billing = read_part(configuration, settings->billing, billing_rows, billing_settings_size,
					   billing_check, problems);
	configuration->journal = read_part(configuration, settings->journal, journal_rows, journal_settings_size,
					   journal_check, problems);
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
	print_group("journal", "one line of JSON for each contact", journal_rows);
	for (i = 0; channel_table[i]; i++)
		print_group(channel_table[i]->kind, "a link, or a list of links: ( { … }, { … } )",
			    channel_table[i]->rows);
}
