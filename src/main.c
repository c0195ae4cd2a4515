/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhashd: options, setup, signals, the main loop, and tear-down in reverse order. The only file that knows all modules. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/signal.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "daemon/spool.h"
#include "daemon/privilege.h"
#include "daemon/saved_menu.h"
#include "daemon/settings.h"
#include "daemon/systemd.h"
#include "daemon/vty.h"
#include "starhash/action.h"
#include "starhash/alarm.h"
#include "starhash/billing.h"
#include "starhash/clock.h"
#include "starhash/events.h"
#include "starhash/journal.h"
#include "starhash/load.h"
#include "starhash/log.h"
#include "starhash/server.h"

#define DRAIN_MS 300
#define STANDBY_LOOK_MS 500		/* interval of checking whether the writer is gone */
#define STANDBY_LOG_S 60
#define DOOR_RETRY_S 10
#define STACK_OCTETS (32 * 1024)	/* more stack than a turn uses */

struct daemon {
	void *ctx;
	const char *path;
	struct configuration configuration;
	const struct menu_action *const *actions;	/* what a menu may call */
	struct menu_copy *copy;			/* of the menu in service; NULL: none, or handed over to be saved */
	struct saved_menu *saved;		/* NULL: not serving, or none is wanted */
	char old_menu[ALARM_TEXT_SIZE];		/* why the start serves a saved menu, and which; "": it does not */
	struct server *server;
	struct journal *journal;
	struct alarms *alarms;
	struct wall_clock clock;
	struct load load;
	struct spool *spool;
	struct vty_door *vty;
	struct events *events;
	struct door *door;			/* NULL: none, or it cannot be opened */
	struct osmo_timer_list door_retry;
	struct systemd *systemd;
	struct osmo_signalfd *signals;
	struct accounts_settings accounts;
	struct accounts_watch watch;		/* the writer, while this process is a standby */
	struct osmo_timer_list standby;
	struct log_limit standby_limit;
	bool stopping;
	bool failed;				/* exit with a failure, so that a supervisor restarts us */
};

/* Also in a thread. */
static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct daemon *daemon = user;

	return conf_menu_load_copy(daemon->configuration.settings.menu, daemon->actions, daemon->configuration.limits, copy, problems);
}

/* A standby saves nothing: the folder belongs to the process that serves. */
static void save_menu(struct daemon *daemon)
{
	if (!daemon->saved || !daemon->copy)
		return;
	saved_menu_put(daemon->saved, daemon->copy);
	daemon->copy = NULL;
}

/* The menu has \a problems: load the last good one, with the daemon's own rights. NULL when there is none. */
static struct menu *load_saved_menu(struct daemon *daemon, struct problems *problems)
{
	const struct configuration *configuration = &daemon->configuration;
	struct problems more = {};
	char at[32], first[ALARM_TEXT_SIZE - 48], summary[64];
	int64_t saved_s = 0;
	struct menu *menu = NULL;
	time_t saved;
	char *path;

	conf_problems_log(problems, DMENU);
	path = saved_menu_find(daemon->ctx, configuration->settings.menu_saved, &saved_s);
	if (path)
		menu = conf_menu_load_copy(path, daemon->actions, configuration->limits, NULL, &more);
	conf_problems_log(&more, DMENU);
	problems_fini(&more);
	problems_summary(problems, summary, sizeof(summary));
	if (!menu) {
		LOGP(DMENU, LOGL_FATAL, "the menu %s is broken (%s), and there is no usable earlier copy in menu_saved (\"%s\")\n",
		     configuration->settings.menu, summary, configuration->settings.menu_saved);
		return NULL;
	}
	saved = saved_s;
	strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S UTC", gmtime(&saved));
	conf_problems_summarize(problems, first, sizeof(first));
	snprintf(daemon->old_menu, sizeof(daemon->old_menu), "saved at %s: %s", at, first);
	LOGP(DMENU, LOGL_ERROR, "the menu %s is broken (%s): serving the older one that was saved at %s, from %s; correct the menu and "
	     "reload it\n", configuration->settings.menu, summary, at, path);
	return menu;
}

/* ---- start ---- */

/* Nothing can be changed any more: exit; once restarted the process is a standby. */
static void accounts_lost(void *user)
{
	struct daemon *daemon = user;

	LOGP(DMAIN, LOGL_FATAL, "another process serves these accounts now: stopping\n");
	daemon->failed = daemon->stopping = true;
}

static int prepare_account(struct daemon *daemon)
{
	const struct configuration *configuration = &daemon->configuration;
	struct accounts_settings *settings = &daemon->accounts;

	*settings = configuration->accounts;
	settings->alarms = daemon->alarms;
	settings->clock = &daemon->clock;
	settings->load = &daemon->load;
	settings->watch = &daemon->watch;
	settings->lost = accounts_lost;
	settings->lost_user = daemon;
	settings->backends = configuration->backends;
	if (!configuration->billing)
		return 0;
	settings->billing = billing_new(daemon->ctx, configuration->billing, configuration->settings.billing);
	if (!settings->billing)
		return -EIO;
	billing_set_clock(settings->billing, &daemon->clock);
	return 0;
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

/* The default socket is in the folder that systemd made for us; without one, there is none. */
static int start_vty(struct daemon *daemon)
{
	const char *folder = getenv("RUNTIME_DIRECTORY");
	const size_t first = folder ? strcspn(folder, ":") : 0;
	struct vty_settings *settings = &daemon->configuration.vty;

	if (!settings->socket && first)
		settings->socket = talloc_asprintf(daemon->ctx, "%.*s/vty", (int)first, folder);
	else if (!settings->socket && access("/run/starhash", W_OK) == 0)
		settings->socket = "/run/starhash/vty";
	return vty_door_new(daemon->ctx, settings, daemon->server, &daemon->vty);
}

static int start_saved_menu(struct daemon *daemon)
{
	const char *folder = daemon->configuration.settings.menu_saved;

	if (!folder[0])
		return 0;
	daemon->saved = saved_menu_new(daemon->ctx, folder, daemon->alarms);
	save_menu(daemon);
	return daemon->saved ? 0 : -EIO;
}

static int start_journal(struct daemon *daemon)
{
	if (!daemon->configuration.journal)
		return 0;
	daemon->journal = journal_new(daemon->ctx, daemon->configuration.journal);
	return daemon->journal ? 0 : -EIO;
}

static int start_spool(struct daemon *daemon)
{
	const struct configuration *configuration = &daemon->configuration;
	const struct spool_settings settings = {
		.folder = configuration->settings.spool_folder, .database = configuration->accounts.file,
		.pepper = configuration->accounts.pepper_file, .message_rules = configuration->accounts.message_rules,
		.load = &daemon->load,
	};

	if (!settings.folder)
		return 0;
	daemon->spool = spool_new(daemon->ctx, &settings);
	return daemon->spool ? 0 : -EIO;
}

/* Subscribers are served also without it: an address may appear later, and a former process may still have the port. */
static void open_door(void *data)
{
	struct daemon *daemon = data;
	const int rc = door_new(daemon->ctx, daemon->configuration.door, events_tables(daemon->events), &daemon->door);

	if (rc == 0) {
		alarm_clear(daemon->alarms, ALARM_DOOR_CLOSED);
		return;
	}
	alarm_raise(daemon->alarms, ALARM_DOOR_CLOSED, "cannot be opened: %s; trying again every %d s", strerror(-rc), DOOR_RETRY_S);
	osmo_timer_schedule(&daemon->door_retry, DOOR_RETRY_S, 0);
}

static bool has_pushed_page(void *user, const char *page)
{
	const struct daemon *daemon = user;
	char notification[sizeof(NOTIFICATION_PUSH ":") + NOTIFICATION_PAGE_MAX];

	snprintf(notification, sizeof(notification), NOTIFICATION_PUSH ":%s", page);
	return server_notifies(daemon->server, notification);
}

static void start_door(struct daemon *daemon, struct accounts *accounts)
{
	const struct events_settings settings = {
		.accounts = accounts, .clock = &daemon->clock, .plan = &daemon->configuration.plan,
		.rules = daemon->configuration.accounts.message_rules, .pushes = has_pushed_page, .user = daemon,
	};

	if (!daemon->configuration.door)
		return;
	daemon->events = events_new(daemon->ctx, &settings);
	osmo_timer_setup(&daemon->door_retry, open_door, daemon);
	open_door(daemon);
}

/* Before the server and its accounts. */
static void close_door(struct daemon *daemon)
{
	osmo_timer_del(&daemon->door_retry);
	events_free(daemon->events);
	door_free(daemon->door);
	daemon->events = NULL;
	daemon->door = NULL;
}

static int describe_door(void *user, char *out, size_t size)
{
	const struct daemon *daemon = user;

	if (daemon->door)
		return door_describe(daemon->door, out, size);
	return daemon->events ? snprintf(out, size, "closed: see \"show alarm-states\"") : 0;
}

static void menu_loaded(void *user, int rc, const struct problems *problems, struct menu_copy *copy)
{
	struct daemon *daemon = user;
	char first[ALARM_TEXT_SIZE];

	if (rc) {
		conf_problems_summarize(problems, first, sizeof(first));
		systemd_say(daemon->systemd, "STATUS=the menu was not reloaded, serving the previous one: %s", first);
		return;
	}
	daemon->old_menu[0] = '\0';
	systemd_say(daemon->systemd, "STATUS=serving the reloaded menu");
	menu_copy_free(daemon->copy);
	daemon->copy = copy;
	save_menu(daemon);
}

static int start_server(struct daemon *daemon, struct menu *menu)
{
	struct server_settings settings = daemon->configuration.server;

	settings.limits = daemon->configuration.limits;
	settings.clock = &daemon->clock;
	settings.load = &daemon->load;
	settings.alarms = daemon->alarms;
	settings.journal = daemon->journal;
	settings.backends = daemon->configuration.backends;
	settings.load_menu = load_menu;
	settings.menu_loaded = menu_loaded;
	settings.describe_door = describe_door;
	settings.user = daemon;
	daemon->server = server_new(daemon->ctx, &settings);
	if (!daemon->server)
		return -ENOMEM;
	server_set_menu(daemon->server, menu);
	if (daemon->old_menu[0])
		alarm_raise(daemon->alarms, ALARM_MENU_OLD, "%s", daemon->old_menu);
	return 0;
}

/* No socket is open while another process serves. */
static int wait_for_writer(struct daemon *daemon)
{
	const char *holder = daemon->watch.holder[0] ? daemon->watch.holder : "another process";
	unsigned int suppressed;

	if (daemon->watch.alive && !daemon->configuration.settings.standby) {
		LOGP(DMAIN, LOGL_ERROR, "%s serves the accounts in %s, and this one is not a standby\n", holder, daemon->accounts.file);
		return -EBUSY;
	}
	if (log_allowed(&daemon->standby_limit, STANDBY_LOG_S, &suppressed))
		LOGP(DMAIN, LOGL_NOTICE, "standby: %s %s the accounts in %s\n", holder,
		     daemon->watch.alive ? "serves" : "may still serve", daemon->accounts.file);
	systemd_say(daemon->systemd, "READY=1\nSTATUS=standby: %s serves", holder);
	osmo_timer_schedule(&daemon->standby, 0, STANDBY_LOOK_MS * 1000);
	return 0;
}

static int start_serving(struct daemon *daemon)
{
	struct accounts *accounts;
	const int rc = accounts_new(daemon->ctx, &daemon->accounts, server_accounts_done, &accounts);

	if (rc == -EBUSY)
		return wait_for_writer(daemon);
	daemon->accounts.billing = NULL;		/* handed over */
	if (rc)
		return -EIO;
	server_set_accounts(daemon->server, accounts);
	duty_new(daemon->ctx, &daemon->configuration.duty, daemon->alarms, daemon->server);
	if (start_saved_menu(daemon) || start_vty(daemon) || start_channels(daemon) || start_spool(daemon))
		return -EIO;
	start_door(daemon, accounts);
	LOGP(DMAIN, LOGL_NOTICE, "starhashd " PACKAGE_VERSION " serves %u links\n", daemon->configuration.links_count);
	systemd_say(daemon->systemd, "READY=1\nSTATUS=serving %u links%s%s", daemon->configuration.links_count,
		    daemon->old_menu[0] ? " with an older menu, " : "", daemon->old_menu);
	return 0;
}

static void look_again(void *data)
{
	struct daemon *daemon = data;

	if (start_serving(daemon))
		daemon->failed = daemon->stopping = true;
}

static int start_daemon(struct daemon *daemon, struct menu *menu)
{
	daemon->alarms = alarms_new(daemon->ctx);
	if (!daemon->alarms || start_journal(daemon) || start_server(daemon, menu)) {
		menu_unref(menu);
		return -EIO;
	}
	osmo_timer_setup(&daemon->standby, look_again, daemon);
	if (backends_start(daemon->configuration.backends, daemon->alarms))
		return -EIO;
	return prepare_account(daemon) ? -EIO : start_serving(daemon);
}

/* ---- run ---- */

/* A SIGHUP whose menu is being loaded. */
struct hangup {
	struct menu_reload reload;
	struct daemon *daemon;
};

static void reloaded(struct menu_reload *reload, int rc, const struct problems *problems)
{
	struct hangup *hangup = container_of(reload, struct hangup, reload);

	if (rc != -ESHUTDOWN)
		systemd_say(hangup->daemon->systemd, "READY=1");
	talloc_free(hangup);
}

static void reload(struct daemon *daemon)
{
	struct hangup *hangup = talloc_zero(daemon->ctx, struct hangup);

	OSMO_ASSERT(hangup);
	hangup->daemon = daemon;
	hangup->reload.done = reloaded;
	systemd_reloading(daemon->systemd);
	journal_reopen(daemon->journal);
	server_reload(daemon->server, &hangup->reload);
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
		spool_reap(daemon->spool);
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
	signal(SIGXFSZ, SIG_IGN);	/* treat a file size limit like a full disk (F16) */
	daemon->signals = osmo_signalfd_setup(daemon->ctx, set, on_signal, daemon);
	return daemon->signals ? 0 : -EIO;
}

/* The last texts are in flight: give the sockets a moment to accept them. */
static void drain(void *stop)
{
	*(bool *)stop = true;
}

/* Inputs may be secret, and functions that have returned leave copies on the stack. */
static __attribute__((noinline)) void forget_stack(void)
{
	char below[STACK_OCTETS];

	explicit_bzero(below, sizeof(below));
}

static void run_loop(struct daemon *daemon)
{
	struct osmo_timer_list timer = {};
	bool drained = false;

	while (!daemon->stopping) {
		osmo_select_main_ctx(0);
		forget_stack();
	}
	systemd_say(daemon->systemd, "STOPPING=1\nSTATUS=ending dialogs");
	close_door(daemon);
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
	     "      --check         check the configuration, the menu, the account database and the secret files, print all\n"
	     "                      problems and exit\n"
	     "      --print-rows    print every setting with its type, range and default, and exit\n"
	     "      --print-manual  print the manual page starhash.cfg(5), generated from them, and exit\n"
	     "  -h, --help          this text\n"
	     "  -V, --version       version\n\n"
	     "Signals: HUP reloads the menu and reopens the journal, USR1 only reopens the journal,\n"
	     "TERM and INT stop after a last text to every open dialog.\n"
	     "Manual: starhashd(8), starhash.cfg(5); menu language: menus/README.md in the documentation.");
}

enum mode { MODE_RUN, MODE_CHECK, MODE_EXIT, MODE_WRONG };

static enum mode read_options(int argc, char **argv, const char **path)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'C' },
		{ "print-rows", no_argument, NULL, 'P' }, { "print-manual", no_argument, NULL, 'M' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, {}
	};
	enum mode mode = MODE_RUN;
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c': *path = optarg; break;
		case 'C': mode = MODE_CHECK; break;
		case 'P': settings_print_rows(); return MODE_EXIT;
		case 'M': settings_print_manual(); return MODE_EXIT;
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

/* Called before any file is created, so that all files belong to the user. */
static int become_user(const struct settings *settings)
{
	struct privilege privilege;
	int rc = privilege_find(settings->user, &privilege);

	if (rc == -ENOENT)
		LOGP(DMAIN, LOGL_ERROR, "started by root, but the user %s does not exist: create it, or set \"user\"\n",
		     settings->user ? settings->user : "starhash");
	else if ((rc = privilege_drop(&privilege, settings->user)))
		LOGP(DMAIN, LOGL_ERROR, "cannot become user %u: %s\n", privilege.uid, strerror(-rc));
	return rc;
}

/* \a problems: of the menu; without them it is loaded. */
static int serve(struct daemon *daemon, struct menu *menu, struct problems *problems)
{
	const struct rlimit none = {};
	int rc = become_user(&daemon->configuration.settings);

	if (rc) {
		menu_unref(menu);
		return EXIT_FAILURE;
	}
	if (menu)
		conf_problems_log(problems, DMENU);	/* warnings */
	else
		menu = load_saved_menu(daemon, problems);
	if (!menu)
		return EXIT_FAILURE;
	/* Inputs are secret: forbid core files and debuggers. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	daemon->systemd = systemd_new(daemon->ctx);
	rc = catch_signals(daemon) || start_daemon(daemon, menu);
	if (!rc)
		run_loop(daemon);
	osmo_timer_del(&daemon->standby);
	close_door(daemon);
	vty_door_free(daemon->vty);
	saved_menu_free(daemon->saved);
	spool_free(daemon->spool);
	server_free(daemon->server);
	billing_free(daemon->accounts.billing);
	journal_free(daemon->journal);
	systemd_free(daemon->systemd);
	LOGP(DMAIN, LOGL_NOTICE, rc ? "not started\n" : "stopped\n");
	return rc || daemon->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Returns an exit status. */
static int check(const struct daemon *daemon, struct problems *problems)
{
	struct problems warnings = {};
	char line[1024];
	size_t i;

	settings_check_files(&daemon->configuration, problems, &warnings);
	for (i = 0; i < warnings.count; i++) {
		problem_print(&warnings.list[i], line, sizeof(line));
		fprintf(stderr, "warning: %s", line);
	}
	problems_fini(&warnings);
	if (problems->count)
		conf_problems_print(problems);
	return problems->errors ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Read the configuration and the menu, then serve or only check. Returns an exit status. */
static int run(struct daemon *daemon, enum mode mode)
{
	struct problems problems = {};
	struct menu *menu;
	int rc = EXIT_FAILURE;

	daemon->configuration.ctx = daemon->ctx;
	settings_read(&daemon->configuration, daemon->path, &problems);
	if (problems.errors) {
		conf_problems_print(&problems);
	} else {
		daemon->actions = backends_actions(daemon->configuration.backends, actions_all());
		if (mode == MODE_RUN) {
			menu = load_menu(daemon, &daemon->copy, &problems);
			rc = serve(daemon, menu, &problems);
		} else {
			menu_unref(conf_menu_load(daemon->configuration.settings.menu, daemon->actions, daemon->configuration.limits,
						  &problems));
			rc = check(daemon, &problems);
		}
	}
	problems_fini(&problems);
	menu_copy_free(daemon->copy);
	settings_fini(&daemon->configuration);
	return rc;
}

int main(int argc, char **argv)
{
	struct daemon daemon = { .path = "/etc/starhash/starhash.cfg" };
	const enum mode mode = read_options(argc, argv, &daemon.path);
	int rc;

	if (mode == MODE_EXIT || mode == MODE_WRONG)
		return mode == MODE_WRONG ? 2 : 0;
	daemon.ctx = talloc_named_const(NULL, 0, "starhashd");
	msgb_talloc_ctx_init(daemon.ctx, 0);
	log_start(daemon.ctx);
	rate_ctr_init(daemon.ctx);
	rc = run(&daemon, mode);
	log_fini();
	talloc_free(daemon.ctx);
	return rc;
}
