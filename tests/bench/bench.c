/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-bench: measures starhashd, or osmo-euse-demo or Kannel for comparison, by playing the HLR or SMSC that they
 * connect to. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define COUNTS 3
#define CACHES_FULL_S 1	/* of work before memory is measured */
#define PORT 4222		/* the only one of osmo-euse-demo */
#define SMPP_PORT 27750
#define KANNEL_TEXT "Balance 12.50"

static const char help[] =
	"Usage: starhash-bench --config FILE [OPTION]...\n"
	"\n"
	"Play the HLR on 127.0.0.1 port 4222: let starhashd and osmo-euse-demo connect, one after the other and several\n"
	"times, keep 1, 64 and 1024 dialogs busy, verify every answer, and print a table. contrib/bench.sh prepares it all.\n"
	"\n"
	"With --sms, play an SMSC on 127.0.0.1 port 27750: let starhashd and Kannel connect, and keep 1, 64 and 1000 texts of\n"
	"one keyword unanswered.\n"
	"\n"
	"With --orders, play two HLRs, on ports 4222 and 4223: let subscribers dial and read on the first one, 2000 a second, and\n"
	"measure their answers in quiet and beside orders and wrong passwords on the second one.\n"
	"\n"
	"With --notices, play an HLR and an SMSC: let subscribers dial and read, 500 a second, and measure their answers in quiet\n"
	"with a server of the first configuration, and then beside the notifications that a server of the other one sends to all its\n"
	"subscribers. Fails when a notification is missing or comes twice, or when the 99th percentile is then more than so many times\n"
	"the quiet one as --limit says.\n"
	"\n"
	"With --events, play an HLR and the operator's systems: let subscribers dial and read, 500 a second, and measure their answers\n"
	"in quiet and beside batches of events sent to the door, four times as many as the server takes. Fails when an event is\n"
	"missing that was answered 202, or when the median grows to more than so many times the quiet one as --limit says.\n"
	"\n"
	"With --flood, play an HLR and an SMSC: let subscribers dial and read, 500 a second, and measure their answers in quiet\n"
	"and beside 200000 texts of invented senders, half messages, or wrong passwords. Fails when the median is then more than\n"
	"so many times the quiet one as --limit says.\n"
	"\n"
	"  -c, --config FILE    configuration of starhashd: tests/bench/menu, sample accounts, a GSUP link to port 4222, or\n"
	"                       with --sms an SMPP link to port 27750, with --orders GSUP links to ports 4222 and 4223\n"
	"  -S, --sms            measure short messages\n"
	"  -o, --orders         measure reading beside orders and passwords; they stay in the accounts\n"
	"  -f, --flood          measure reading beside floods of short messages\n"
	"  -N, --notices FILE   measure reading beside monthly notices, with this configuration: menus/selfcare, GSUP and SMPP links\n"
	"  -K, --kill           with --notices: kill the server with SIGKILL in the middle, and start it again\n"
	"  -E, --events SOCKET  measure reading beside events sent to this socket, the door's\n"
	"  -D, --database FILE  with --events: the accounts of the configuration\n"
	"  -T, --texts N        in each flood (200000)\n"
	"  -R, --readers N      subscribers who dial each second beside it (500)\n"
	"  -L, --limit X        what the median, with --notices the 99th percentile, may grow to (1.5); 0: anything\n"
	"  -a, --address A      where to listen (127.0.0.1)\n"
	"  -k, --kannel FILE    with --sms: configuration of Kannel, which answers the keyword BAL with \"Balance 12.50\";\n"
	"                       it is left out otherwise\n"
	"  -s, --server FILE    starhashd (./starhashd)\n"
	"  -e, --echo FILE      osmo-euse-demo, as found in PATH unless said otherwise; \"\": leave it out\n"
	"  -n, --subscribers N  how many sample accounts there are (1000000)\n"
	"  -r, --rounds N       how often everything is measured; the table has the medians (3)\n"
	"  -t, --seconds S      how long each measurement takes (2)\n"
	"  -d, --dialogs N      1, 64 or 1024 only, or with --sms 1000\n"
	"  -m, --no-memory      leave out the memory of 10000 and 100000 live dialogs\n"
	"  -l, --loud           show what the servers print; it costs them time\n"
	"  -h, --help           show this\n";

struct bench {
	const char *config, *server, *echo;
	unsigned int subscribers, rounds, dialogs;
	double seconds;
	const char *kannel;
	const char *address;
	const char *notices;		/* configuration; NULL: something else is measured */
	const char *events, *database;	/* the door's socket, and where the events are stored */
	bool memory, loud, sms, orders, flood, kill;
	unsigned int texts, readers;
	double limit;
	struct smsc *smsc;
	struct wire wires[2];		/* the second only with --orders */
	struct script script;
	struct load *load;
};

static const unsigned int dialog_counts[COUNTS] = { 1, 64, 1024 };
static const unsigned int text_counts[COUNTS] = { 1, 64, 1000 };
static const unsigned int live_counts[] = { 10000, 100000 };

static const unsigned int *counts_of(const struct bench *bench)
{
	return bench->sms ? text_counts : dialog_counts;
}

/* ---- one after the other ---- */

static void connect_subject(struct bench *bench, struct subject *subject)
{
	subject_start(subject, 0, bench->loud);
	wire_accept(bench->wires);
	if (bench->sms)
		smsc_greet(bench->smsc);
	else
		hlr_greet(bench->wires);
}

/* In this order: a server that lost its link would reconnect in place of the next one. */
static void disconnect_subject(struct bench *bench, struct subject *subject)
{
	subject_stop(subject);
	wire_close(bench->wires);
}

static bool wanted(const struct bench *bench, unsigned int dialogs)
{
	return !bench->dialogs || bench->dialogs == dialogs;
}

static void measure_one(struct bench *bench, struct subject *subject, unsigned int count, struct figures *figures)
{
	if (bench->sms)
		smsc_run(bench->smsc, subject, subject->helper ? KANNEL_TEXT : NULL, count, bench->seconds, figures);
	else
		load_run(bench->load, subject, count, bench->seconds, figures);
}

static void measure(struct bench *bench, struct subject *subject, unsigned int round,
		    struct figures figures[COUNTS][ROUNDS_MAX])
{
	const unsigned int *counts = counts_of(bench);
	unsigned int i;

	connect_subject(bench, subject);
	for (i = 0; i < COUNTS; i++)
		if (wanted(bench, counts[i]))
			measure_one(bench, subject, counts[i], &figures[i][round]);
	disconnect_subject(bench, subject);
}

/* ---- the table ---- */

static void print_figures(const struct bench *bench, const struct subject *subject,
			  struct figures figures[COUNTS][ROUNDS_MAX])
{
	const unsigned int *counts = counts_of(bench);
	unsigned int i;

	for (i = 0; i < COUNTS; i++)
		if (wanted(bench, counts[i]))
			printf("%-16s %5u %8u %12.0f %10.1f %10.1f %12.2f\n", subject->name,
			       bench->sms ? 1 : script_steps(subject->talk),
			       counts[i],
			       figures_median(figures[i], bench->rounds, offsetof(struct figures, steps_per_s)),
			       figures_median(figures[i], bench->rounds, offsetof(struct figures, median_us)),
			       figures_median(figures[i], bench->rounds, offsetof(struct figures, last_us)),
			       figures_median(figures[i], bench->rounds, offsetof(struct figures, cpu_s)));
}

static void measure_speed(struct bench *bench, struct subject *subjects, unsigned int count)
{
	static struct figures figures[2][COUNTS][ROUNDS_MAX];
	unsigned int round, i;

	for (round = 0; round < bench->rounds; round++)
		for (i = 0; i < count; i++)
			measure(bench, &subjects[i], round, figures[i]);
	printf("%-16s %5s %8s %12s %10s %10s %12s\n", "server", "steps", bench->sms ? "texts" : "dialogs",
	       bench->sms ? "answers/s" : "steps/s", "median us", "99 % us",
	       "CPU s/1M");
	for (i = 0; i < count; i++)
		print_figures(bench, &subjects[i], figures[i]);
}

static void measure_memory(struct bench *bench, struct subject *subject)
{
	struct figures ignored;
	uint64_t before, after;
	unsigned int i;

	connect_subject(bench, subject);
	load_run(bench->load, subject, dialog_counts[COUNTS - 1], CACHES_FULL_S, &ignored);
	before = subject_memory(subject);
	printf("\n%s without dialogs, its caches full: %.1f MB\n", subject->name, (double)before / 1e6);
	for (i = 0; i < sizeof(live_counts) / sizeof(*live_counts); i++) {
		load_open(bench->load, live_counts[i]);
		after = subject_memory(subject);
		printf("with %6u dialogs at the menu: %.1f MB, %.0f octets for each\n", live_counts[i],
		       (double)after / 1e6, (double)(after - before) / live_counts[i]);
	}
	disconnect_subject(bench, subject);
}

static void run_sms(struct bench *bench)
{
	char *starhashd[] = { (char *)bench->server, "--config", (char *)bench->config, NULL };
	char *bearerbox[] = { "/usr/sbin/bearerbox", (char *)bench->kannel, NULL };
	char *smsbox[] = { "/usr/sbin/smsbox", (char *)bench->kannel, NULL };
	struct subject subjects[] = {
		{ .name = "starhashd", .argv = starhashd },
		{ .name = "Kannel", .argv = bearerbox, .helper = smsbox },
	};

	wire_listen(bench->wires, bench->address, SMPP_PORT);
	pin_to(1);
	bench->smsc = smsc_new(bench->wires, bench->subscribers);
	measure_speed(bench, subjects, bench->kannel ? 2 : 1);
	smsc_free(bench->smsc);
}

static void run(struct bench *bench)
{
	char *starhashd[] = { (char *)bench->server, "--config", (char *)bench->config, NULL };
	char *echo[] = { (char *)bench->echo, NULL };
	struct subject subjects[] = {
		{ .name = "starhashd", .argv = starhashd, .talk = TALK_READ },
		{ .name = "osmo-euse-demo", .argv = echo, .talk = TALK_ECHO },
	};

	wire_listen(bench->wires, bench->address, PORT);
	pin_to(1);
	script_init(&bench->script, bench->subscribers, TALK_READ);
	bench->load = load_new(bench->wires, &bench->script, 0, bench->subscribers, live_counts[1]);
	measure_speed(bench, subjects, *bench->echo ? 2 : 1);
	if (bench->memory)
		measure_memory(bench, subjects);
	load_free(bench->load);
	script_fini(&bench->script);
}

static void run_orders(struct bench *bench)
{
	char *starhashd[] = { (char *)bench->server, "--config", (char *)bench->config, NULL };
	struct subject subject = { .name = "starhashd", .argv = starhashd };

	script_init(&bench->script, bench->subscribers, TALK_READ);
	for (unsigned int i = 0; i < 2; i++)
		wire_listen(&bench->wires[i], bench->address, (uint16_t)(PORT + i));
	subject_start(&subject, -1, bench->loud);
	for (unsigned int i = 0; i < 2; i++) {
		wire_accept(&bench->wires[i]);
		hlr_greet(&bench->wires[i]);
	}
	mixed_run(bench->wires, &bench->script, bench->seconds, bench->rounds);
	subject_stop(&subject);
	script_fini(&bench->script);
}

static bool run_flood(struct bench *bench)
{
	char *starhashd[] = { (char *)bench->server, "--config", (char *)bench->config, NULL };
	struct subject subject = { .name = "starhashd", .argv = starhashd };
	const struct flood_options options = {
		.texts = bench->texts, .readers = bench->readers, .rounds = bench->rounds, .seconds = bench->seconds,
		.limit = bench->limit,
	};
	bool within;

	script_init(&bench->script, bench->subscribers, TALK_READ);
	wire_listen(&bench->wires[0], bench->address, PORT);
	wire_listen(&bench->wires[1], bench->address, SMPP_PORT);
	subject_start(&subject, 0, bench->loud);
	for (unsigned int i = 0; i < 2; i++)
		wire_accept(&bench->wires[i]);
	hlr_greet(&bench->wires[0]);
	flood_greet(&bench->wires[1]);
	within = flood_run(bench->wires, &bench->script, &options);
	subject_stop(&subject);
	script_fini(&bench->script);
	return within;
}

static bool run_notices(struct bench *bench)
{
	char *with_none[] = { (char *)bench->server, "--config", (char *)bench->config, NULL };
	char *with_all[] = { (char *)bench->server, "--config", (char *)bench->notices, NULL };
	struct subject quiet = { .name = "starhashd", .argv = with_none }, noticed = { .name = "starhashd", .argv = with_all };
	const struct notices_options options = {
		.readers = bench->readers, .seconds = bench->seconds, .limit = bench->limit, .kill = bench->kill, .loud = bench->loud,
	};
	bool fine;

	script_init(&bench->script, bench->subscribers, TALK_SELFCARE);
	wire_listen(&bench->wires[0], bench->address, PORT);
	wire_listen(&bench->wires[1], bench->address, SMPP_PORT);
	fine = notices_run(bench->wires, &bench->script, &quiet, &noticed, &options);
	script_fini(&bench->script);
	return fine;
}

static bool run_events(struct bench *bench)
{
	char *starhashd[] = { (char *)bench->server, "--config", (char *)bench->config, NULL };
	struct subject subject = { .name = "starhashd", .argv = starhashd };
	const struct events_options options = {
		.socket = bench->events, .database = bench->database, .readers = bench->readers, .seconds = bench->seconds,
		.limit = bench->limit,
	};
	bool fine;

	script_init(&bench->script, bench->subscribers, TALK_READ);
	wire_listen(bench->wires, bench->address, PORT);
	subject_start(&subject, -1, bench->loud);
	wire_accept(bench->wires);
	hlr_greet(bench->wires);
	fine = events_run(bench->wires, &bench->script, &subject, &options);
	script_fini(&bench->script);
	return fine;
}

/* ---- options ---- */

static unsigned int number_read(const char *text, unsigned int most)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	if (*end || *text == '-' || !number || number > most)
		errx(2, "%s is no number from 1 to %u", text, most);
	return (unsigned int)number;
}

static double seconds_read(const char *text)
{
	char *end;
	const double seconds = strtod(text, &end);

	if (*end || !(seconds > 0 && seconds <= 3600))
		errx(2, "%s is no number of seconds", text);
	return seconds;
}

static void option_take(struct bench *bench, int option)
{
	switch (option) {
	case 'c': bench->config = optarg; break;
	case 's': bench->server = optarg; break;
	case 'e': bench->echo = optarg; break;
	case 'n': bench->subscribers = number_read(optarg, 10000000); break;
	case 'r': bench->rounds = number_read(optarg, ROUNDS_MAX); break;
	case 't': bench->seconds = seconds_read(optarg); break;
	case 'd': bench->dialogs = number_read(optarg, dialog_counts[COUNTS - 1]); break;
	case 'S': bench->sms = true; break;
	case 'o': bench->orders = true; break;
	case 'f': bench->flood = true; break;
	case 'N': bench->notices = optarg; break;
	case 'K': bench->kill = true; break;
	case 'E': bench->events = optarg; break;
	case 'D': bench->database = optarg; break;
	case 'T': bench->texts = number_read(optarg, 100000000); break;
	case 'R': bench->readers = number_read(optarg, 1000000); break;
	case 'L': bench->limit = strtod(optarg, NULL); break;
	case 'a': bench->address = optarg; break;
	case 'k': bench->kannel = optarg; break;
	case 'm': bench->memory = false; break;
	case 'l': bench->loud = true; break;
	case 'h': fputs(help, stdout); exit(0);
	default: exit(2);
	}
}

static void read_options(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },	 { "server", required_argument, NULL, 's' },
		{ "echo", required_argument, NULL, 'e' },	 { "subscribers", required_argument, NULL, 'n' },
		{ "rounds", required_argument, NULL, 'r' },	 { "seconds", required_argument, NULL, 't' },
		{ "sms", no_argument, NULL, 'S' },		 { "orders", no_argument, NULL, 'o' },
		{ "kannel", required_argument, NULL, 'k' },	 { "flood", no_argument, NULL, 'f' },
		{ "texts", required_argument, NULL, 'T' },	 { "readers", required_argument, NULL, 'R' },
		{ "limit", required_argument, NULL, 'L' },	 { "address", required_argument, NULL, 'a' },
		{ "dialogs", required_argument, NULL, 'd' },	 { "no-memory", no_argument, NULL, 'm' },
		{ "notices", required_argument, NULL, 'N' },	 { "kill", no_argument, NULL, 'K' },
		{ "events", required_argument, NULL, 'E' },	 { "database", required_argument, NULL, 'D' },
		{ "loud", no_argument, NULL, 'l' },		 { "help", no_argument, NULL, 'h' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:s:e:n:r:t:d:Sok:fN:KE:D:T:R:L:a:mlh", options, NULL)) != -1)
		option_take(bench, option);
	if (bench->events && !bench->database)
		errx(2, "--events needs --database");
	if (optind < argc || !bench->config)
		errx(2, optind < argc ? "too many arguments; see --help" : "--config is missing; see --help");
}

int main(int argc, char **argv)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	bool within = true;

	if (!bench)
		err(1, "no memory");
	*bench = (struct bench){
		.server = "./starhashd", .echo = "osmo-euse-demo", .subscribers = 1000000, .rounds = 3, .seconds = 2,
		.memory = true, .address = "127.0.0.1", .texts = 200000, .readers = 500, .limit = 1.5,
	};
	read_options(bench, argc, argv);
	if (bench->events)
		within = run_events(bench);
	else if (bench->notices)
		within = run_notices(bench);
	else if (bench->flood)
		within = run_flood(bench);
	else if (bench->orders)
		run_orders(bench);
	else if (bench->sms)
		run_sms(bench);
	else
		run(bench);
	free(bench);
	return within ? 0 : 1;
}
