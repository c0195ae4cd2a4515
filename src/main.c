/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhashd: options, wiring, signals, the loop, tear-down in reverse. The only file that knows everybody. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/signal.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/telnet_interface.h>
#include <osmocom/vty/logging.h>

#include "starhash/action.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "starhash/server.h"

#define CHANNELS_MAX 64
#define DRAIN_MS 300
#define STACK_OCTETS (32 * 1024)	/* more than a turn takes of it */

/* ---- configuration ---- */

struct settings {
	const char *menu;
	long long dialogs_max, resume_s;
	const char *store, *accounts, *pepper;
	long long deadline_ms, password_tries, requests_max;
	const char *vty_address;
	long long vty_port;
};

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
	{ "requests_max", CONF_INT, offsetof(struct settings, requests_max), 1, 1000000, .fallback = "10000",
	  .reload = CONF_RESTART, .help = "account requests open at once; more are answered busy" },
	{ "dialogs_max", CONF_INT, offsetof(struct settings, dialogs_max), 1, 4000000, .fallback = "200000",
	  .reload = CONF_RESTART, .help = "dialogs open at once; more are refused politely" },
	{ "resume_s", CONF_INT, offsetof(struct settings, resume_s), 0, 86400, .fallback = "180", .unit = "s",
	  .reload = CONF_RESTART, .help = "how long a dropped dialogue is offered again; 0: never" },
	{ "vty_address", CONF_STRING, offsetof(struct settings, vty_address), .min = 1, .fallback = "127.0.0.1",
	  .reload = CONF_RESTART, .help = "where the VTY listens" },
	{ "vty_port", CONF_INT, offsetof(struct settings, vty_port), 0, 65535, .fallback = "4290",
	  .reload = CONF_RESTART, .help = "its TCP port; 0: no VTY" },
	{}
};

/* One configured link. */
struct link {
	const struct channel_kind *kind;
	void *settings;
};

struct daemon {
	void *ctx;
	const char *path;
	struct conf_file *file;
	struct settings settings;
	struct link links[CHANNELS_MAX];
	unsigned int links_count;
	struct text_limits limits;		/* the smallest of all links */
	struct server *server;
	struct osmo_signalfd *signals;
	bool stopping;
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
static void check_timing(const struct daemon *daemon, const struct channel_timing *timing,
			 const struct setting *group, struct problems *problems)
{
	const struct setting *own = setting_get(group, "answer_ms");

	if (daemon->settings.deadline_ms >= timing->answer_ms)
		problems_add(problems, own ? own : group, "answer_ms is %u ms, but has to be above deadline_ms (%lld ms): "
			     "the account must have answered before the turn is over", timing->answer_ms,
			     daemon->settings.deadline_ms);
}

static void read_link(struct daemon *daemon, const struct channel_kind *kind, const struct setting *group,
		      struct problems *problems)
{
	struct link *link = &daemon->links[daemon->links_count];
	const size_t before = problems->count;
	struct channel_timing timing;
	struct text_limits limits;

	if (daemon->links_count == CHANNELS_MAX) {
		problems_add(problems, group, "more than %d links", CHANNELS_MAX);
		return;
	}
	link->kind = kind;
	link->settings = talloc_zero_size(daemon->ctx, kind->settings_size);
	conf_read(group, kind->rows, link->settings, problems);
	if (problems->count > before)
		return;
	if (kind->check)
		kind->check(link->settings, group, problems);
	timing = kind->timing(link->settings);
	check_timing(daemon, &timing, group, problems);
	limits = kind->limits(link->settings);
	daemon->limits.ask = smaller_budget(daemon->limits.ask, limits.ask);
	daemon->limits.end = smaller_budget(daemon->limits.end, limits.end);
	daemon->links_count++;
}

static void read_links(struct daemon *daemon, const struct channel_kind *kind, const struct setting *set,
		       struct problems *problems)
{
	const struct setting *group;

	if (!set)
		return;
	if (set->type == SETTING_GROUP) {
		read_link(daemon, kind, set, problems);
		return;
	}
	for (group = set->child; group; group = group->next)
		read_link(daemon, kind, group, problems);
}

static void read_settings(struct daemon *daemon, struct problems *problems)
{
	struct {
		struct settings settings;
		const struct setting *groups[16];
	} read = {};
	const struct setting *root = conf_file_root(daemon->file);
	unsigned int i;

	conf_read(root, all_rows(daemon->ctx, &read.settings, read.groups), &read, problems);
	daemon->settings = read.settings;
	for (i = 0; channel_table[i]; i++)
		read_links(daemon, channel_table[i], read.groups[i], problems);
	if (!problems->count && !daemon->links_count)
		problems_add(problems, root, "no way in: configure at least one link, such as 'gsup' or 'console'");
}

static struct menu *load_menu(void *user, struct problems *problems)
{
	struct daemon *daemon = user;

	return conf_menu_load(daemon->settings.menu, action_verbs(), daemon->limits, problems);
}

/* Everything that can be checked without starting: returns the menu, or NULL with all problems printed. */
static struct menu *configure(struct daemon *daemon)
{
	struct problems problems = {};
	struct menu *menu = NULL;

	daemon->limits.ask = daemon->limits.end = text_budget_ussd(160);
	daemon->file = conf_file_load(daemon->path, &problems);
	if (daemon->file)
		read_settings(daemon, &problems);
	if (!problems.count)
		menu = load_menu(daemon, &problems);
	if (!menu)
		conf_problems_print(&problems);
	problems_fini(&problems);
	return menu;
}

/* ---- start ---- */

/* Inputs are secret: no core file, nobody to attach. */
static void forbid_dumps(void)
{
	const struct rlimit none = {};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

static int start_account(struct daemon *daemon)
{
	const struct account_settings settings = {
		.store = daemon->settings.store, .file = daemon->settings.accounts,
		.pepper_file = daemon->settings.pepper, .deadline_ms = daemon->settings.deadline_ms,
		.password_tries = daemon->settings.password_tries, .requests_max = daemon->settings.requests_max,
	};
	struct account *account;
	int rc = account_new(daemon->ctx, &settings, server_account_done, &account);

	if (!rc)
		server_set_account(daemon->server, account);
	return rc;
}

static int start_channels(struct daemon *daemon)
{
	unsigned int i;

	for (i = 0; i < daemon->links_count; i++) {
		struct channel *channel = daemon->links[i].kind->create(daemon->ctx, daemon->links[i].settings);

		if (!channel)
			return -EIO;
		server_add_channel(daemon->server, channel);
	}
	return 0;
}

static int start_vty(struct daemon *daemon)
{
	static struct vty_app_info info = {
		.name = "Starhash", .version = PACKAGE_VERSION,
		.copyright = "License AGPLv3+: GNU AGPL version 3 or later\r\n",
	};

	if (!daemon->settings.vty_port)
		return 0;
	info.tall_ctx = daemon->ctx;
	vty_init(&info);
	logging_vty_add_cmds();
	server_vty_init(daemon->server);
	return telnet_init_dynif(daemon->ctx, daemon->server, daemon->settings.vty_address,
				 daemon->settings.vty_port);
}

static int start(struct daemon *daemon, struct menu *menu)
{
	const struct server_settings settings = {
		.dialogs_max = daemon->settings.dialogs_max, .resume_ms = daemon->settings.resume_s * 1000,
		.load_menu = load_menu, .user = daemon,
	};

	daemon->server = server_new(daemon->ctx, &settings);
	if (!daemon->server)
		return -ENOMEM;
	server_set_menu(daemon->server, menu);
	if (start_account(daemon) || start_vty(daemon) || start_channels(daemon))
		return -EIO;
	LOGP(DMAIN, LOGL_NOTICE, "starhashd " PACKAGE_VERSION " serves %u links\n", daemon->links_count);
	return 0;
}

/* ---- run ---- */

static void on_signal(struct osmo_signalfd *signals, const struct signalfd_siginfo *info)
{
	struct daemon *daemon = signals->data;
	struct problems problems = {};

	if (info->ssi_signo == SIGHUP) {
		server_reload(daemon->server, &problems);
		problems_fini(&problems);
	} else {
		LOGP(DMAIN, LOGL_NOTICE, "signal %u: stopping\n", info->ssi_signo);
		daemon->stopping = true;
	}
}

static int catch_signals(struct daemon *daemon)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	daemon->signals = osmo_signalfd_setup(daemon->ctx, set, on_signal, daemon);
	return daemon->signals ? 0 : -EIO;
}

/* The last texts are on their way: give the sockets a moment to take them. */
static void drain(void *stop)
{
	*(bool *)stop = true;
}

/* What was typed may be a secret, and functions that have returned leave copies on the stack. */
static __attribute__((noinline)) void forget_stack(void)
{
	char below[STACK_OCTETS];

	explicit_bzero(below, sizeof(below));
}

static void run(struct daemon *daemon)
{
	struct osmo_timer_list timer = {};
	bool drained = false;

	while (!daemon->stopping) {
		osmo_select_main_ctx(0);
		forget_stack();
	}
	server_stop(daemon->server);
	osmo_timer_setup(&timer, drain, &drained);
	osmo_timer_schedule(&timer, 0, DRAIN_MS * 1000);
	while (!drained)
		osmo_select_main_ctx(0);
}

/* ---- options ---- */

static void help(void)
{
	puts("Usage: starhashd [OPTION]...\n"
	     "Serve a menu tree to subscribers who dial USSD codes.\n\n"
	     "  -c, --config FILE   configuration (default /etc/starhash/starhash.cfg)\n"
	     "      --check         check the configuration and the menu, say all that is wrong, exit\n"
	     "      --print-rows    print every setting with its type, range and default, exit\n"
	     "  -h, --help          this text\n"
	     "  -V, --version       version\n\n"
	     "Signals: HUP reads the menu again, TERM and INT stop after a last text to every open dialogue.\n"
	     "Manual: starhashd(8); menu language: menus/README.md in the documentation.");
}

static void print_rows(void)
{
	char text[16384];
	unsigned int i;

	conf_print_rows(rows, 0, text, sizeof(text));
	fputs(text, stdout);
	for (i = 0; channel_table[i]; i++) {
		conf_print_rows(channel_table[i]->rows, 1, text, sizeof(text));
		printf("\n# a link, or a list of links: ( { … }, { … } )\n%s = {\n%s};\n", channel_table[i]->kind, text);
	}
}

enum mode { MODE_RUN, MODE_CHECK, MODE_EXIT, MODE_WRONG };

static enum mode read_options(int argc, char **argv, const char **path)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'C' },
		{ "print-rows", no_argument, NULL, 'P' },   { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	    {}
	};
	enum mode mode = MODE_RUN;
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c': *path = optarg; break;
		case 'C': mode = MODE_CHECK; break;
		case 'P': print_rows(); return MODE_EXIT;
		case 'h': help(); return MODE_EXIT;
		case 'V': puts("starhashd " PACKAGE_VERSION); return MODE_EXIT;
		default: return MODE_WRONG;
		}
	}
	if (optind == argc)
		return mode;
	fprintf(stderr, "starhashd: unexpected argument '%s'\n", argv[optind]);
	return MODE_WRONG;
}

static int serve(struct daemon *daemon, struct menu *menu)
{
	int rc;

	forbid_dumps();
	rc = catch_signals(daemon) || start(daemon, menu);
	if (!rc)
		run(daemon);
	server_free(daemon->server);
	LOGP(DMAIN, LOGL_NOTICE, rc ? "not started\n" : "stopped\n");
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct daemon daemon = { .path = "/etc/starhash/starhash.cfg" };
	const enum mode mode = read_options(argc, argv, &daemon.path);
	struct menu *menu;
	int rc = EXIT_SUCCESS;

	if (mode == MODE_EXIT || mode == MODE_WRONG)
		return mode == MODE_WRONG ? 2 : 0;
	daemon.ctx = talloc_named_const(NULL, 0, "starhashd");
	msgb_talloc_ctx_init(daemon.ctx, 0);
	log_start(daemon.ctx);
	rate_ctr_init(daemon.ctx);
	menu = configure(&daemon);
	if (!menu)
		rc = EXIT_FAILURE;
	else if (mode == MODE_RUN)
		rc = serve(&daemon, menu);
	else
		menu_unref(menu);
	conf_file_free(daemon.file);
	log_fini();
	talloc_free(daemon.ctx);
	return rc;
}
