/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon's configuration file: its own rows, groups for billing, numbering and the journal, and a group, or list of groups, for each
 * kind of link. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "daemon/numbering.h"
#include "daemon/privilege.h"
#include "daemon/settings.h"
#include "daemon/spool.h"
#include "starhash/billing.h"
#include "starhash/door.h"
#include "starhash/journal.h"

#define LINK_KINDS_MAX 16

typedef void part_check(const void *settings, const struct setting *group, struct problems *problems);

#define AT(member) offsetof(struct settings, member)
static const struct conf_row rows[] = {
	{ "menu", CONF_PATH, AT(menu), .min = 1, .required = true,
	  .help = "the menu tree: a menu.cfg with its texts beside it" },
	{ "menu_saved", CONF_PATH, AT(menu_saved),
	  .help = "folder for a copy of the last menu without errors, which a start with a broken menu serves; default: menu-saved beside "
	  "the account cache; \"\": none" },
	{ "standby", CONF_BOOL, AT(standby), .fallback = "true",
	  .help = "if another process uses this cache, wait until it ends, then take over; false: report it and exit" },
	{ "spool_folder", CONF_PATH, AT(spool_folder), .min = 1,
	  .help = "folder whose files are imported into the account cache" },
	{ "billing", CONF_GROUP, AT(billing),
	  .help = "asked when the cache is too old, and sent the orders; without it, orders complete as soon as they are accepted" },
	{ "backends", CONF_GROUP, AT(backends),
	  .help = "the operator's own HTTP services, which menus can name as lists and actions: a group for each, under its name" },
	{ "door", CONF_GROUP, AT(door),
	  .help = "HTTP server for the operator's systems, which report events; without it, none" },
	{ "journal", CONF_GROUP, AT(journal),
	  .help = "journal of call data records" },
	{ "messages", CONF_GROUP, AT(messages),
	  .help = "when, how fast and how often subscribers are sent messages that they did not ask for" },
	{ "tickets", CONF_GROUP, AT(tickets),
	  .help = "when what subscribers report must be answered, and what staff may grant" },
	{ "duty", CONF_GROUP, AT(duty),
	  .help = "phones to which alarms are texted; without it, none" },
	{ "report", CONF_GROUP, AT(report),
	  .help = "targets of the service-quality report; the daemon only checks them" },
	{ "numbering", CONF_GROUP, AT(numbering),
	  .help = "how subscribers' numbers are written; without it, international numbers of 7 to 15 digits are served" },
	{ "user", CONF_STRING, AT(user), .min = 1,
	  .help = "user that the daemon becomes when started by root; default: starhash. Without that user it refuses to start; \"root\" "
	  "stays root" },
	{}
};
#undef AT

/* A group, or list of groups, for each kind of channel. */
static const struct conf_row *link_rows(void *ctx)
{
	struct conf_row *links = talloc_zero_array(ctx, struct conf_row, LINK_KINDS_MAX + 1);

	for (size_t i = 0; channel_table[i]; i++)
		links[i] = (struct conf_row){ .name = channel_table[i]->kind, .type = CONF_GROUPS, .offset = i * sizeof(struct setting *),
					      .help = "links of this kind" };
	return links;
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

	if (configuration->accounts.deadline_ms >= timing->answer_ms)
		problems_add(problems, own ? own : group, "answer_ms is %u ms, but must be above deadline_ms (%u ms): "
			     "the account must answer before the turn ends", timing->answer_ms,
			     configuration->accounts.deadline_ms);
}

/* Each channel has a row for its name. */
static const char *name_of(const struct link *link)
{
	const struct conf_row *row = link->kind->rows;

	while (strcmp(row->name, "name"))
		row++;
	return *(const char *const *)((const char *)link->settings + row->offset);
}

/* The VTY and the counters find a link by its name. */
static void check_name(const struct configuration *configuration, const struct link *link, struct problems *problems)
{
	for (const struct link *other = configuration->links; other < link; other++)
		if (!strcmp(name_of(other), name_of(link)))
			problems_add(problems, setting_at(link->group, "name"), "two links are called \"%s\": give each its own \"name\"",
				     name_of(link));
}

static void read_link(struct configuration *configuration, const struct channel_kind *kind, const struct setting *group,
		      struct problems *problems)
{
	struct link *link = &configuration->links[configuration->links_count];
	const size_t before = problems->errors;
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
	if (problems->errors > before)
		return;
	if (kind->set_plan)
		kind->set_plan(link->settings, &configuration->plan);
	if (kind->check)
		kind->check(link->settings, group, problems);
	check_name(configuration, link, problems);
	timing = kind->timing(link->settings);
	check_timing(configuration, &timing, group, problems);
	backends_check_time(configuration->backends, timing.answer_ms, kind->kind, problems);
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

/* Read a group whose rows are defined elsewhere. NULL when the file does not have it. */
static void *read_part(struct configuration *configuration, const struct setting *group, const struct conf_row *part_rows,
		       size_t size, part_check *check, struct problems *problems)
{
	const size_t before = problems->errors;
	void *settings;

	if (!group)
		return NULL;
	settings = talloc_zero_size(configuration->ctx, size);
	conf_read(group, part_rows, settings, problems);
	if (problems->errors == before)
		check(settings, group, problems);
	return settings;
}

static void read_root(struct configuration *configuration, struct problems *problems)
{
	const struct setting *root = conf_file_root(configuration->file), *links[LINK_KINDS_MAX];
	const struct settings *settings = &configuration->settings;
	struct report_targets targets;
	const char *accounts, *slash;
	const struct conf_part parts[] = {
		{ rows, &configuration->settings }, { accounts_rows, &configuration->accounts }, { server_rows, &configuration->server },
		{ vty_rows, &configuration->vty }, { link_rows(configuration->ctx), links }, {}
	};

	conf_read_parts(root, parts, problems);
	accounts_check(&configuration->accounts, root, problems);
	messages_read(configuration->ctx, settings->messages, &configuration->accounts, problems);
	tickets_read(configuration->ctx, settings->tickets, &configuration->accounts, problems);
	report_targets_read(settings->report, &targets, problems);
	vty_check(&configuration->vty, root, problems);
	accounts = configuration->accounts.file;
	slash = accounts ? strrchr(accounts, '/') : NULL;
	if (!settings->menu_saved && accounts)
		configuration->settings.menu_saved = talloc_asprintf(configuration->ctx, "%.*smenu-saved",
								     (int)(slash ? slash + 1 - accounts : 0), accounts);
	configuration->billing = read_part(configuration, settings->billing, billing_rows, billing_settings_size,
					   billing_check, problems);
	configuration->journal = read_part(configuration, settings->journal, journal_rows, journal_settings_size,
					   journal_check, problems);
	configuration->door = read_part(configuration, settings->door, door_rows, door_settings_size, door_check, problems);
	configuration->backends = backends_read(configuration->ctx, settings->backends, problems);
	numbering_read(settings->numbering, &configuration->plan, problems);
	duty_read(settings->duty, &configuration->duty, problems);
	for (size_t i = 0; channel_table[i]; i++)
		read_links(configuration, channel_table[i], links[i], problems);
	if (!problems->errors && !configuration->links_count)
		problems_add(problems, root, "no links: configure at least one, such as 'gsup' or 'console'");
}

/* ---- other files ---- */

static void check_accounts(const struct configuration *configuration, uid_t reader, struct problems *problems)
{
	const char *path = configuration->accounts.file;
	const struct setting *at = setting_get(conf_file_root(configuration->file), "accounts");
	struct stat found;

	if (strcmp(configuration->accounts.store, "sqlite"))
		return;
	if (stat(path, &found) < 0)
		problems_add(problems, at, "there is no account database %s: %s; \"starhash-data import\" creates one", path,
			     strerror(errno));
	else if (reader ? found.st_uid != reader : access(path, R_OK | W_OK) < 0)
		problems_add(problems, at, "the account database %s belongs to user %u, and the daemon's user %u cannot write it",
			     path, found.st_uid, reader);
}

static void check_files(const struct configuration *configuration, uid_t reader, struct problems *problems)
{
	const struct setting *root = conf_file_root(configuration->file);
	const struct settings *settings = &configuration->settings;
	unsigned int i;

	conf_files_check(root, accounts_rows, &configuration->accounts, reader, problems);
	conf_files_check(root, vty_rows, &configuration->vty, reader, problems);
	if (configuration->billing)
		conf_files_check(settings->billing, billing_rows, configuration->billing, reader, problems);
	backends_check_secrets(configuration->backends, reader, problems);
	if (configuration->door)
		door_check_files(configuration->door, settings->door, reader, problems);
	if (configuration->journal)
		conf_files_check(settings->journal, journal_rows, configuration->journal, reader, problems);
	for (i = 0; i < configuration->links_count; i++) {
		const struct link *link = &configuration->links[i];

		conf_files_check(link->group, link->kind->rows, link->settings, reader, problems);
	}
}

/* The UNIX socket may do everything, but perhaps only reports events. */
static void check_messages(const struct configuration *configuration, struct problems *warnings)
{
	const struct setting *client =
		configuration->door ? door_client_with(configuration->door, DOOR_ORDERS | DOOR_CODES | DOOR_PUSH) : NULL;

	for (unsigned int i = 0; i < configuration->links_count; i++)
		if (configuration->links[i].kind->can_notify)
			return;
	if (configuration->duty.numbers_count)
		problems_add(warnings, configuration->settings.duty, "nobody on duty is texted: there is no link that sends texts, such as "
			     "'sms'");
	if (client)
		problems_add(warnings, setting_at(client, "may"), "client \"%s\" may ask for messages to subscribers, but there is no "
			     "link that sends them, such as 'sms': they would wait, and expire", setting_string(client, "name", ""));
}

void settings_check_files(const struct configuration *configuration, struct problems *problems, struct problems *warnings)
{
	const struct setting *root = conf_file_root(configuration->file);
	const struct settings *settings = &configuration->settings;
	struct privilege privilege;
	const char *why;

	if (privilege_find(settings->user, &privilege))
		problems_add(warnings, settings->user ? setting_get(root, "user") : root, "there is no user %s: if started by root, the "
			     "daemon would refuse to run", settings->user ? settings->user : "starhash");
	check_accounts(configuration, privilege.uid, problems);
	check_files(configuration, privilege.uid, problems);
	check_messages(configuration, warnings);
	why = settings->spool_folder ? spool_problem(settings->spool_folder) : NULL;
	if (why)
		problems_add(problems, setting_get(root, "spool_folder"), "\"spool_folder\": %s: %s", settings->spool_folder, why);
	if (configuration->vty.address && configuration->vty.port)
		problems_add(warnings, setting_get(root, "vty_address"), "the VTY listens on TCP: every user who can reach %s port %u "
			     "sees its output; prefer vty_socket", configuration->vty.address, configuration->vty.port);
}

/* ---- whole file ---- */

void settings_read(struct configuration *configuration, const char *path, struct problems *problems)
{
	configuration->limits.ask = configuration->limits.end = text_budget_ussd(160);
	configuration->file = conf_file_load(path, problems);
	if (configuration->file)
		read_root(configuration, problems);
}

void settings_fini(struct configuration *configuration)
{
	backends_free(configuration->backends);
	conf_file_free(configuration->file);
}

/* ---- printing ---- */

static void print_group(const char *name, const char *remark, const struct conf_row *group)
{
	char text[16384];

	conf_print_rows(group, 1, text, sizeof(text));
	printf("\n# %s\n%s = {\n%s};\n", remark, name, text);
}

static void print_root(const struct conf_row *part)
{
	char text[16384];

	conf_print_rows(part, 0, text, sizeof(text));
	fputs(text, stdout);
}

static void print_backends(void)
{
	char text[16384];

	conf_print_rows(backend_rows, 2, text, sizeof(text));
	printf("\n# the operator's own HTTP services: a group for each, under its name in menus\nbackends = {\n NAME = {\n%s };\n};\n",
	       text);
}

void settings_print_rows(void)
{
	puts("# A change needs a restart; SIGHUP only reads the menu again.");
	print_root(rows);
	print_root(accounts_rows);
	print_root(server_rows);
	print_root(vty_rows);
	print_group("billing", "the authoritative source; see contrib/billing", billing_rows);
	print_backends();
	print_group("messages", "messages that subscribers did not ask for", message_rows);
	print_group("tickets", "what subscribers report, and staff answer", ticket_rows);
	print_group("report", "targets of the service-quality report", report_rows);
	print_group("numbering", "how numbers are written", numbering_rows);
	print_group("door", "HTTP server for the operator's systems", door_rows);
	print_group("journal", "call data records, one line of JSON each", journal_rows);
	for (size_t i = 0; channel_table[i]; i++)
		print_group(channel_table[i]->kind, "a link, or a list of links: ( { … }, { … } )",
			    channel_table[i]->rows);
}

static void print_section(const char *heading, const char *remark, const struct conf_row *part)
{
	char text[32768];

	conf_print_manual(part, text, sizeof(text));
	printf(".SH %s\n%s\n%s", heading, remark, text);
}

void settings_print_manual(void)
{
	char heading[64], remark[160];

	puts(".\\\" SPDX-License-Identifier: AGPL-3.0-or-later\n"
	     ".\\\" Made by starhashd --print-manual.\n"
	     ".TH STARHASH.CFG 5\n"
	     ".SH NAME\nstarhash.cfg \\- configuration of starhashd\n"
	     ".SH DESCRIPTION\n"
	     "A libconfig file: names with values, each ended by a semicolon, and groups in braces.\n"
	     "Relative paths start from the file's own folder, and\n.B @include\nreads another file.\n"
	     "An unknown name, a wrong type and a value out of range are errors with file and line;\n"
	     ".B starhashd \\-\\-check\nreports all of them at once.\n"
	     "A change needs a restart; SIGHUP only reads the menu again.\n"
	     "A secret is a file that only the daemon's user may read, or\n.BI credential: NAME\nof systemd.");
	print_section("DAEMON", "The process and its files.", rows);
	print_section("ACCOUNTS", "The account cache, passwords, orders and consents.", accounts_rows);
	print_section("DIALOGS", "Limits on dialogs and on subscribers' inputs.", server_rows);
	print_section("VTY", "The control terminal: see starhash\\-vty(1).", vty_rows);
	print_section("BILLING", "A group called\n.BR billing :", billing_rows);
	print_section("BACKENDS", "A group called\n.BR backends ,\nwith a group of these settings for each service, under its name:",
		      backend_rows);
	print_section("MESSAGES", "A group called\n.BR messages :", message_rows);
	print_section("TICKETS", "A group called\n.BR tickets :", ticket_rows);
	print_section("REPORT", "A group called\n.BR report ,\nread by\n.BR starhash\\-data (1):", report_rows);
	print_section("NUMBERING", "A group called\n.BR numbering :", numbering_rows);
	print_section("DOOR", "A group called\n.BR door :", door_rows);
	print_section("JOURNAL", "A group called\n.BR journal :", journal_rows);
	for (size_t i = 0; channel_table[i]; i++) {
		const char *kind = channel_table[i]->kind;

		snprintf(heading, sizeof(heading), "LINKS: %s", kind);
		snprintf(remark, sizeof(remark), "A group, or a list of groups in parentheses, called\n.BR %s :", kind);
		print_section(heading, remark, channel_table[i]->rows);
	}
	puts(".SH SEE ALSO\n.BR starhashd (8),\n.BR starhash\\-data (1),\n.BR starhash\\-menu (1)");
}
