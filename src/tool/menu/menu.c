/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-menu: checks menus and plays transcripts of dialogs. starhash-menu.1 is its manual. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/password_hash.h"
#include "starhash/action.h"
#include "starhash/backends.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "starhash/text.h"
#include "tool/menu/report.h"
#include "tool/simulator/folder.h"
#include "tool/simulator/transcript.h"

/* The smallest sizes of common links: a page that fits them fits every link. */
#define ASK_OCTETS 114
#define END_OCTETS 112

#define OCTETS_MIN 40
#define OCTETS_MAX 160

enum status { STATUS_GOOD, STATUS_BAD, STATUS_USAGE };

struct options {
	struct text_limits limits;
	const char *store;
	bool later;
	bool over_sms;
	const char *hlr;
	const char *format;	/* of problems, in report() */
	bool strict;		/* warnings count as errors */
	const char *config;	/* the daemon's configuration, which declares backends; NULL: none */
	struct backends *backends;
	struct conf_file *config_file;
	int argc;		/* the arguments after the options: command, menu, transcripts */
	char **argv;
};

/* ---- loading ---- */

/* Returns NULL after reporting errors. */
static struct menu *load(const struct options *options)
{
	struct problems problems = { 0 };
	const struct menu_action *const *actions = backends_actions(options->backends, actions_all());
	struct menu *menu = conf_menu_load(options->argv[1], actions, options->limits, &problems);

	if (!menu)
		report(&problems, options->format);
	problems_fini(&problems);
	return menu;
}

/* For "N pages". */
static const char *s(size_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- check ---- */

static void print_menu(const char *path, const struct menu *menu)
{
	const size_t pages = menu_page_count(menu), languages = menu_language_count(menu);

	printf("%s: %zu page%s, %zu language%s (", path, pages, s(pages), languages, s(languages));
	for (size_t i = 0; i < languages; i++)
		printf("%s%s", i ? " " : "", menu_language(menu, i));
	printf("), fingerprint %08x\n", menu_fingerprint(menu));
	if (*menu_left_out(menu))
		printf("%s: left out, since their backends are not declared: %s\n", path, menu_left_out(menu));
}

static int check(const struct options *options)
{
	struct problems problems = { 0 };
	const struct menu_action *const *actions = backends_actions(options->backends, actions_all());
	struct menu *menu = conf_menu_load(options->argv[1], actions, options->limits, &problems);
	const bool good = menu && !(options->strict && problems.count);

	report(&problems, options->format);
	if (good && strcmp(options->format, "json"))
		print_menu(options->argv[1], menu);
	problems_fini(&problems);
	menu_unref(menu);
	return good ? STATUS_GOOD : STATUS_BAD;
}

/* ---- test and record ---- */

/* Play with a store that answers at once, and with one that answers later: the subscriber must not see a difference. */
static int test_all(const struct options *options, struct transcript_settings *settings)
{
	int failed = 0, i;

	for (i = 2; i < options->argc; i++) {
		bool right;

		settings->simulator.later = false;
		right = transcript_play(options->argv[i], settings) == 0;
		settings->simulator.later = true;
		failed += !right || transcript_play(options->argv[i], settings) < 0;
	}
	printf("%s: %d transcript%s, %d failed\n", options->argv[1], options->argc - 2, s(options->argc - 2), failed);
	return failed ? STATUS_BAD : STATUS_GOOD;
}

static int record_all(const struct options *options, struct transcript_settings *settings)
{
	int status = STATUS_GOOD, i;

	settings->record = stdout;
	settings->simulator.later = options->later;
	for (i = 2; i < options->argc; i++) {
		if (transcript_play(options->argv[i], settings) < 0)
			status = STATUS_BAD;
	}
	return status;
}

typedef int play_all(const struct options *options, struct transcript_settings *settings);

/* Load the menu, run \a play, and check that all references to the menu are released. The key of password hashes is temporary. */
static int play_with(const struct options *options, play_all *play)
{
	struct transcript_settings settings = { .simulator = { .limits = options->limits, .store = options->store,
						  .over_sms = options->over_sms, .hlr = options->hlr,
						  .backends = options->backends } };
	char folder[FOLDER_SIZE], file[FOLDER_SIZE + 16];
	uint8_t pepper[PEPPER_SIZE];
	int status = STATUS_BAD;

	settings.simulator.menu = load(options);
	if (!settings.simulator.menu)
		return STATUS_BAD;
	if (folder_make(folder)) {
		snprintf(file, sizeof(file), "%s/pepper", folder);
		settings.simulator.pepper_file = file;
		settings.pepper = pepper;
		if (pepper_load(file, pepper) == 0)
			status = play(options, &settings);
		folder_remove(folder);
	}
	OSMO_ASSERT(!menu_users(settings.simulator.menu));
	menu_unref(settings.simulator.menu);
	return status;
}

static int test(const struct options *options)
{
	return play_with(options, test_all);
}

static int record(const struct options *options)
{
	return play_with(options, record_all);
}

/* ---- options ---- */

static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	bool plays;		/* takes transcripts */
} commands[] = {
	{ "check", check, .plays = false },
	{ "test", test, .plays = true },
	{ "record", record, .plays = true },
};

static const struct option long_options[] = {
	{ "octets", required_argument, NULL, 'o' },
	{ "ask", required_argument, NULL, 'a' },
	{ "end", required_argument, NULL, 'e' },
	{ "format", required_argument, NULL, 'f' },
	{ "strict", no_argument, NULL, 'S' },
	{ "over", required_argument, NULL, 'O' },
	{ "config", required_argument, NULL, 'c' },
	{ "store", required_argument, NULL, 's' },
	{ "later", no_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static void print_usage(void)
{
	puts("Usage: starhash-menu check [OPTION]... MENU.cfg\n"
	     "       starhash-menu test [OPTION]... MENU.cfg TRANSCRIPT.dlg...\n"
	     "       starhash-menu record [OPTION]... MENU.cfg TRANSCRIPT.dlg...\n"
	     "Check a menu, test it with transcripts of dialogs, or record transcripts from their inputs.\n"
	     "\n"
	     "  -o, --octets N    octets that a page holds (default 114 if it waits for an answer, 112 if it is the last)\n"
	     "  -a, --ask N       the same, only for pages that wait for an answer\n"
	     "  -e, --end N       the same, only for last pages\n"
	     "  -f, --format NAME how problems are reported: text (default), gcc (for editors) or json\n"
	     "  -S, --strict      check: warnings count as errors\n"
	     "  -O, --over WAY    how to play transcripts: ussd (default), sms, or hlr:ADDRESS\n"
	     "  -c, --config FILE configuration of the daemon, for the backends that the menu names\n"
	     "  -s, --store NAME  store of the accounts: memory (default) or sqlite\n"
	     "  -l, --later       record with a store that answers later instead of at once\n"
	     "  -h, --help        show this help\n"
	     "  -V, --version     show the version");
}

/* Report what is wrong with the command line, and the nearest name if \a nearest is not NULL. */
static int complain(const struct text_nearest *nearest, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int complain(const struct text_nearest *nearest, const char *format, ...)
{
	va_list args;

	fputs("starhash-menu: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (nearest && nearest->best)
		fprintf(stderr, ": did you mean '%.*s'?", (int)nearest->len, nearest->best);
	fputs("\nTry 'starhash-menu --help'.\n", stderr);
	return STATUS_USAGE;
}

static bool read_octets(const char *text, struct text_budget *budget)
{
	char *end;
	const unsigned long octets = strtoul(text, &end, 10);

	if (!*text || *end || octets < OCTETS_MIN || octets > OCTETS_MAX) {
		complain(NULL, "a page holds %d to %d octets, not '%s'", OCTETS_MIN, OCTETS_MAX, text);
		return false;
	}
	*budget = text_budget_ussd(octets);
	return true;
}

static bool read_way(const char *text, struct options *options)
{
	options->over_sms = !strcmp(text, "sms");
	options->hlr = strncmp(text, "hlr:", 4) ? NULL : text + 4;
	if (options->over_sms || options->hlr || !strcmp(text, "ussd"))
		return true;
	complain(NULL, "transcripts are played over ussd, sms or hlr:ADDRESS, not '%s'", text);
	return false;
}

static bool read_store(const char *name, struct options *options)
{
	options->store = name;
	if (simulator_knows_store(name))
		return true;
	complain(NULL, "the store is memory or sqlite, not '%s'", name);
	return false;
}

static bool read_format(const char *name, struct options *options)
{
	struct text_nearest nearest = { 0 };

	text_nearest_try_words(&nearest, name, REPORT_FORMATS);
	options->format = name;
	if (nearest.best && nearest.len == strlen(name) && !memcmp(nearest.best, name, nearest.len))
		return true;
	complain(&nearest, "the format is one of: " REPORT_FORMATS "; not '%s'", name);
	return false;
}

/* \a word: as typed, with its hyphens. */
static void complain_option(const char *word, int letter)
{
	struct text_nearest nearest = { 0 };
	const size_t len = strcspn(word, "=");
	char name[64];

	if (strncmp(word, "--", 2)) {
		complain(NULL, "unknown option '-%c'", letter);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len - 2, word + 2);
	for (const struct option *option = long_options; option->name; option++)
		text_nearest_try(&nearest, name, option->name, strlen(option->name));
	if (nearest.best && !strcmp(nearest.best, name))
		complain(NULL, "the option '--%s' takes no value", name);
	else if (nearest.best)
		complain(NULL, "unknown option '--%s': did you mean '--%s'?", name, nearest.best);
	else
		complain(NULL, "unknown option '--%s'", name);
}

/* Returns whether to continue; if not, *\a status is the exit status. */
static bool take_option(int c, const char *word, struct options *options, int *status)
{
	*status = STATUS_USAGE;
	switch (c) {
	case 'o':
		return read_octets(optarg, &options->limits.ask) && read_octets(optarg, &options->limits.end);
	case 'a':
		return read_octets(optarg, &options->limits.ask);
	case 'e':
		return read_octets(optarg, &options->limits.end);
	case 'f':
		return read_format(optarg, options);
	case 'S':
		options->strict = true;
		return true;
	case 'O':
		return read_way(optarg, options);
	case 'c':
		options->config = optarg;
		return true;
	case 's':
		return read_store(optarg, options);
	case 'l':
		options->later = true;
		return true;
	case 'h':
		*status = STATUS_GOOD;
		print_usage();
		return false;
	case 'V':
		*status = STATUS_GOOD;
		puts("starhash-menu " PACKAGE_VERSION);
		return false;
	case ':':
		complain(NULL, "the option '%s' needs a value", word);
		return false;
	}
	complain_option(word, optopt);
	return false;
}

static bool read_options(int argc, char **argv, struct options *options, int *status)
{
	int c;

	*options = (struct options){ .store = "memory", .format = "text",
				     .limits = { text_budget_ussd(ASK_OCTETS), text_budget_ussd(END_OCTETS) } };
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:a:e:f:SO:c:s:lhV", long_options, NULL)) != -1) {
		if (!take_option(c, argv[optind - 1], options, status))
			return false;
	}
	options->argc = argc - optind;
	options->argv = argv + optind;
	return true;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int complain_command(const char *name)
{
	struct text_nearest nearest = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		text_nearest_try(&nearest, name, commands[i].name, strlen(commands[i].name));
	return complain(&nearest, "unknown command '%s'", name);
}

/* False after printing all problems. */
static bool read_backends(void *ctx, struct options *options)
{
	struct problems problems = { 0 };

	if (options->config)
		options->backends = backends_load(ctx, options->config, &options->config_file, &problems);
	if (problems.count)
		report(&problems, options->format);
	problems_fini(&problems);
	return !options->config || options->backends;
}

static int run_command(const struct options *options)
{
	const struct command *command = options->argc ? find_command(options->argv[0]) : NULL;

	if (!options->argc)
		return complain(NULL, "no command given");
	if (!command)
		return complain_command(options->argv[0]);
	if (options->argc < 2)
		return complain(NULL, "no menu given");
	if (command->plays && options->argc < 3)
		return complain(NULL, "no transcript given");
	if (!command->plays && options->argc > 2)
		return complain(NULL, "'%s' takes one menu, so '%s' is too much", command->name, options->argv[2]);
	for (int i = 1; i < options->argc; i++)
		if (access(options->argv[i], F_OK) < 0)
			return complain(NULL, "no such file: %s", options->argv[i]);
	return command->run(options);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "starhash-menu");
	struct options options;
	int status;

	if (read_options(argc, argv, &options, &status)) {
		log_start(ctx);
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
		status = read_backends(ctx, &options) ? run_command(&options) : STATUS_BAD;
		backends_free(options.backends);
		conf_file_free(options.config_file);
	}
	talloc_free(ctx);
	return status;
}
