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
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/telnet_interface.h>
#include <osmocom/vty/logging.h>

#include "daemon/drop.h"
#include "daemon/settings.h"
#include "starhash/action.h"
#include "starhash/alarm.h"
#include "starhash/billing.h"
#include "starhash/journal.h"
#include "starhash/log.h"
#include "starhash/server.h"

#define DRAIN_MS 300
#define STACK_OCTETS (32 * 1024)	/* more than a turn takes of it */

struct daemon {
	void *ctx;
	const char *path;
	struct configuration configuration;
	struct server *server;
	struct journal *journal;
	struct alarms *alarms;
	struct drop *drop;
	struct osmo_signalfd *signals;
	bool stopping;
};

static struct menu *load_menu(void *user, struct problems *problems)
{
	const struct configuration *configuration = &((struct daemon *)user)->configuration;

	return conf_menu_load(configuration->settings.menu, action_verbs(), configuration->limits, problems);
}

/* Everything that can be checked without starting: returns the menu, or NULL with all problems printed. */
static struct menu *configure(struct daemon *daemon)
{
	struct problems problems = {};
	struct menu *menu = NULL;

	daemon->configuration.ctx = daemon->ctx;
	settings_read(&daemon->configuration, daemon->path, &problems);
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

static void fill_account_settings(const struct settings *from, struct account_settings *to)
{
	unsigned int kind;

	*to = (struct account_settings){
		.store = from->store, .file = from->accounts, .pepper_file = from->pepper,
		.deadline_ms = from->deadline_ms, .password_tries = from->password_tries,
		.password_delays = from->password_delays, .password_hashes = from->password_hashes,
		.requests_max = from->requests_max, .orders_give_up_s = from->orders_give_up_s,
		.retention = from->retention,
	};
	for (kind = 0; kind < ACCOUNT_KINDS; kind++)
		to->fresh_s[kind] = from->fresh_s[kind];
}

static int start_account(struct daemon *daemon)
{
	const struct configuration *configuration = &daemon->configuration;
	struct account_settings settings;
	struct account *account;
	int rc;

	fill_account_settings(&configuration->settings, &settings);
	settings.alarms = daemon->alarms;
	if (configuration->billing) {
		settings.billing = billing_new(daemon->ctx, configuration->billing, configuration->settings.billing);
		if (!settings.billing)
			return -EIO;
	}
	rc = account_new(daemon->ctx, &settings, server_account_done, &account);
	if (!rc)
		server_set_account(daemon->server, account);
	return rc;
}

static int start_channels(struct daemon *daemon)
{
	const struct configuration *configuration = &daemon->configuration;
	unsigned int i;

	for (i = 0; i < configuration->links_count; i++) {
		const struct link *link = &configuration->links[i];
		struct channel *channel = link->kind->create(daemon->ctx, link->settings);

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
	const struct settings *settings = &daemon->configuration.settings;

	if (!settings->vty_port)
		return 0;
	info.tall_ctx = daemon->ctx;
	vty_init(&info);
	logging_vty_add_cmds();
	server_vty_init(daemon->server);
	return telnet_init_dynif(daemon->ctx, daemon->server, settings->vty_address, settings->vty_port);
}

static int start_journal(struct daemon *daemon)
{
	if (!daemon->configuration.journal)
		return 0;
	daemon->journal = journal_new(daemon->ctx, daemon->configuration.journal);
	return daemon->journal ? 0 : -EIO;
}

static int start_drop(struct daemon *daemon)
{
	const struct settings *settings = &daemon->configuration.settings;

	if (!settings->import_folder)
		return 0;
	daemon->drop = drop_new(daemon->ctx, settings->import_folder, settings->accounts);
	return daemon->drop ? 0 : -EIO;
}

static int start_server(struct daemon *daemon, struct menu *menu)
{
	const struct configuration *configuration = &daemon->configuration;
	const struct server_settings settings = {
		.dialogs_max = configuration->settings.dialogs_max,
		.resume_ms = configuration->settings.resume_s * 1000, .limits = configuration->limits,
		.inputs_per_minute = configuration->settings.inputs_per_minute,
		.inputs_burst = configuration->settings.inputs_burst, .texts_max = configuration->settings.texts_max,
		.alarms = daemon->alarms, .journal = daemon->journal, .load_menu = load_menu, .user = daemon,
	};

	daemon->server = server_new(daemon->ctx, &settings);
	if (!daemon->server)
		return -ENOMEM;
	server_set_menu(daemon->server, menu);
	return 0;
}

static int start(struct daemon *daemon, struct menu *menu)
{
	daemon->alarms = alarms_new(daemon->ctx);
	if (!daemon->alarms || start_journal(daemon) || start_server(daemon, menu)) {
		menu_unref(menu);
		return -EIO;
	}
	if (start_account(daemon) || start_vty(daemon) || start_channels(daemon) || start_drop(daemon))
		return -EIO;
	LOGP(DMAIN, LOGL_NOTICE, "starhashd " PACKAGE_VERSION " serves %u links\n", daemon->configuration.links_count);
	return 0;
}

/* ---- run ---- */

static void reload(struct daemon *daemon)
{
	struct problems problems = {};

	server_reload(daemon->server, &problems);
	problems_fini(&problems);
	journal_reopen(daemon->journal);
}

static void on_signal(struct osmo_signalfd *signals, const struct signalfd_siginfo *info)
{
	struct daemon *daemon = signals->data;

	switch (info->ssi_signo) {
	case SIGHUP:
		reload(daemon);
		break;
	case SIGUSR1:
		journal_reopen(daemon->journal);
		break;
	case SIGCHLD:
		drop_reap(daemon->drop);
		break;
	default:
		LOGP(DMAIN, LOGL_NOTICE, "signal %u: stopping\n", info->ssi_signo);
		daemon->stopping = true;
	}
}

static int catch_signals(struct daemon *daemon)
{
	static const int signals[] = { SIGHUP, SIGUSR1, SIGCHLD, SIGINT, SIGTERM };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a file that may not grow is as a disk that is full (F16) */
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
	     "Signals: HUP reads the menu again and opens the journal's file anew, USR1 only the latter,\n"
	     "TERM and INT stop after a last text to every open dialogue.\n"
	     "Manual: starhashd(8); menu language: menus/README.md in the documentation.");
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
		case 'P': settings_print_rows(); return MODE_EXIT;
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
	drop_free(daemon->drop);
	server_free(daemon->server);
	journal_free(daemon->journal);
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
	settings_fini(&daemon.configuration);
	log_fini();
	talloc_free(daemon.ctx);
	return rc;
}
