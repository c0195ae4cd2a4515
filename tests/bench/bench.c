/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-bench: measures starhashd, and other servers for comparison, by playing the HLR or SMSC that they connect to. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define PORT 4222		/* the only one of osmo-euse-demo */
#define SMPP_PORT 27750

static const char help[] =
	"Usage: starhash-bench --config FILE [OPTION]...\n"
	"\n"
	"With --compare, play the HLR on 127.0.0.1 port 4222, or an SMSC on port 27750: let each of the servers connect in turn, and\n"
	"append its figures to a file. contrib/bench.sh prepares it all. The measures are\n"
	"  closed        1, 64, 1024 and 65536 dialogs at once, each as fast as it is answered\n"
	"  open          dialogs begin at a fixed rate, whatever the server does\n"
	"  start         from the start until the first dialog has ended\n"
	"  live          memory of a million dialogs at the menu, and the speed of others beside them\n"
	"  reload        an open loop in which the menu is read again\n"
	"  flood         four times as many dialogs as the server can serve, and then half of them\n"
	"  growth        1024 dialogs at once; the file has the number of accounts beside the figures\n"
	"  instructions  of each step, counted by valgrind\n"
	"  sms           1, 64 and 1000 texts of one keyword\n"
	"  sms_instructions  of each text\n"
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
	"  -c, --config FILE    configuration of starhashd: tests/bench/menu, sample accounts, a GSUP link to port 4222, or an\n"
	"                       SMPP link to port 27750 for texts, with --orders GSUP links to ports 4222 and 4223\n"
	"  -C, --compare WHAT   one of the measures above\n"
	"  -O, --results FILE   with --compare: where its figures are appended\n"
	"  -w, --servers NAMES  with --compare: some of starhashd memory sqlite echo osmo-euse-demo Kannel (starhashd)\n"
	"  -b, --baseline FILE  starhash-baseline, the servers memory, sqlite and echo (./starhash-baseline)\n"
	"  -q, --rate N         with --compare: steps a second, in a flood the most that the server can serve\n"
	"  -M, --menu FILE      with --compare reload: a text file of the menu\n"
	"  -X, --next-menu FILE its next version, moved there before the reload; the first page begins with \"Reloaded\"\n"
	"  -o, --orders         measure reading beside orders and passwords; they stay in the accounts\n"
	"  -f, --flood          measure reading beside floods of short messages\n"
	"  -N, --notices FILE   measure reading beside monthly notices, with this configuration: menus/selfcare, GSUP and SMPP links\n"
	"  -K, --kill           with --notices: kill the server with SIGKILL in the middle, and start it again\n"
	"  -E, --events SOCKET  measure reading beside events sent to this socket, the door's\n"
	"  -D, --database FILE  with --events and --compare: the accounts of the configuration\n"
	"  -T, --texts N        in each flood (200000)\n"
	"  -R, --readers N      subscribers who dial each second beside it (500)\n"
	"  -L, --limit X        what the median, with --notices the 99th percentile, may grow to (1.5); 0: anything\n"
	"  -a, --address A      where to listen (127.0.0.1)\n"
	"  -k, --kannel FILE    configuration of Kannel, which answers the keyword BAL with \"Balance 12.50\"\n"
	"  -s, --server FILE    starhashd (./starhashd)\n"
	"  -e, --echo FILE      osmo-euse-demo, as found in PATH unless said otherwise\n"
	"  -n, --subscribers N  how many sample accounts there are (1000000)\n"
	"  -r, --rounds N       how often everything is measured; the table has the medians (3)\n"
	"  -t, --seconds S      how long each measurement takes (2)\n"
	"  -d, --dialogs N      with --compare: only this number of dialogs or texts at once; live ones; or counted ones\n"
	"  -l, --loud           show what the servers print; it costs them time\n"
	"  -h, --help           show this\n";

struct bench {
	const char *config, *server;
	unsigned int subscribers, rounds;
	double seconds;
	const char *address;
	const char *notices;		/* configuration; NULL: something else is measured */
	const char *events, *database;	/* the door's socket, and where the events are stored */
	bool loud, orders, flood, kill;
	unsigned int texts, readers;
	double limit;
	struct compare_options compare;
	struct wire wires[2];
	struct script script;
};

static void run_compare(struct bench *bench)
{
	bench->compare.server = bench->server;
	bench->compare.config = bench->config;
	bench->compare.database = bench->database;
	bench->compare.address = bench->address;
	bench->compare.subscribers = bench->subscribers;
	bench->compare.rounds = bench->rounds;
	bench->compare.seconds = bench->seconds;
	bench->compare.loud = bench->loud;
	compare_run(bench->wires, &bench->compare);
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
	case 'e': bench->compare.echo = optarg; break;
	case 'C': bench->compare.measure = optarg; break;
	case 'O': bench->compare.results = optarg; break;
	case 'w': bench->compare.servers = optarg; break;
	case 'b': bench->compare.baseline = optarg; break;
	case 'q': bench->compare.rate = number_read(optarg, 100000000); break;
	case 'M': bench->compare.menu = optarg; break;
	case 'X': bench->compare.next_menu = optarg; break;
	case 'n': bench->subscribers = number_read(optarg, 10000000); break;
	case 'r': bench->rounds = number_read(optarg, ROUNDS_MAX); break;
	case 't': bench->seconds = seconds_read(optarg); break;
	case 'd': bench->compare.dialogs = number_read(optarg, 2000000); break;
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
	case 'k': bench->compare.kannel = optarg; break;
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
		{ "compare", required_argument, NULL, 'C' },	 { "orders", no_argument, NULL, 'o' },
		{ "results", required_argument, NULL, 'O' },	 { "servers", required_argument, NULL, 'w' },
		{ "baseline", required_argument, NULL, 'b' },	 { "rate", required_argument, NULL, 'q' },
		{ "menu", required_argument, NULL, 'M' },	 { "next-menu", required_argument, NULL, 'X' },
		{ "kannel", required_argument, NULL, 'k' },	 { "flood", no_argument, NULL, 'f' },
		{ "texts", required_argument, NULL, 'T' },	 { "readers", required_argument, NULL, 'R' },
		{ "limit", required_argument, NULL, 'L' },	 { "address", required_argument, NULL, 'a' },
		{ "dialogs", required_argument, NULL, 'd' },
		{ "notices", required_argument, NULL, 'N' },	 { "kill", no_argument, NULL, 'K' },
		{ "events", required_argument, NULL, 'E' },	 { "database", required_argument, NULL, 'D' },
		{ "loud", no_argument, NULL, 'l' },		 { "help", no_argument, NULL, 'h' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:s:e:n:r:t:d:C:O:w:b:q:M:X:ok:fN:KE:D:T:R:L:a:lh", options, NULL)) != -1)
		option_take(bench, option);
	if (bench->events && !bench->database)
		errx(2, "--events needs --database");
	if (!bench->events && !bench->notices && !bench->flood && !bench->orders && !(bench->compare.measure && bench->compare.results))
		errx(2, "--compare and --results are missing; see --help");
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
		.server = "./starhashd", .subscribers = 1000000, .rounds = 3, .seconds = 2,
		.compare = { .servers = "starhashd", .baseline = "./starhash-baseline", .echo = "osmo-euse-demo" },
		.address = "127.0.0.1", .texts = 200000, .readers = 500, .limit = 1.5,
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
	else
		run_compare(bench);
	free(bench);
	return within ? 0 : 1;
}
