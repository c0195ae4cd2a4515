/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How reloads of the menu delay dialled dialogs, how long it takes until a reloaded menu is in service, and how long a start takes.
 *
 * Usage: reload CONFIG SERVER SUBSCRIBERS READERS SECONDS. CONFIG: menus/selfcare, perhaps with more pages (pages.sh), sample accounts of
 * which the first half reads English, and a GSUP link to port 4229. Prints a row of a table: the start in ms, the reloads, the median and
 * the longest of them in ms, and the turns' median, 99th percentile and longest in us, first in quiet and then beside reloads one after the
 * other. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/bench.h"

#define PORT 4229		/* beside other benchmarks */
#define DIALOGS_MAX 1000
#define WARM_UP 1.0
#define STEP_S 0.001		/* between looks at what the server says to systemd */
#define PAUSE_S 0.2		/* between reloads */
#define RELOADS_MAX 1000

struct run {
	struct load *readers;
	int notified;		/* the socket of $NOTIFY_SOCKET */
	double reloads_ms[RELOADS_MAX];
	unsigned int count;
};

static int notified_open(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char name[64];

	snprintf(name, sizeof(name), "@starhash-bench-%d", (int)getpid());
	memcpy(at.sun_path, name, strlen(name));
	at.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) < 0)
		err(1, "notifications");
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

/* Whether the server has said so since the last call. */
static bool has_said(int fd, const char *what)
{
	char message[512];
	bool said = false;
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[n] = '\0';
		said |= strstr(message, what) != NULL;
	}
	return said;
}

static void reload_once(struct run *run, const struct subject *server)
{
	const uint64_t begin = clock_ns();

	has_said(run->notified, "");
	kill(server->pid, SIGHUP);
	while (!has_said(run->notified, "serving the reloaded menu")) {
		load_go_on(run->readers, STEP_S);
		if (clock_ns() - begin > 60000000000)
			errx(1, "the menu was not reloaded within a minute");
	}
	run->reloads_ms[run->count++] = (double)(clock_ns() - begin) / 1e6;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(struct run *run, const struct subject *server, double seconds, bool reload, struct figures *figures)
{
	uint64_t end;

	load_go_on(run->readers, WARM_UP);
	load_measure(run->readers);
	end = clock_ns() + (uint64_t)(seconds * 1e9);
	while (clock_ns() < end) {
		if (reload && run->count < RELOADS_MAX)
			reload_once(run, server);
		load_go_on(run->readers, PAUSE_S);
	}
	load_figures(run->readers, figures);
}

int main(int argc, char **argv)
{
	static struct wire wire;
	static struct script script;
	static struct run run;
	char *arguments[] = { argv[2], "--config", argv[1], NULL };
	struct subject server = { .name = "starhashd", .argv = arguments };
	struct figures quiet, beside;
	double start_ms;
	uint64_t begin;

	if (argc != 6)
		errx(2, "usage: reload CONFIG SERVER SUBSCRIBERS READERS SECONDS");
	script_init(&script, (unsigned int)atoi(argv[3]), TALK_SELFCARE);
	wire_listen(&wire, "127.0.0.1", PORT);
	run.notified = notified_open();
	begin = clock_ns();
	subject_start(&server, -1, false);
	wire_accept(&wire);
	start_ms = (double)(clock_ns() - begin) / 1e6;
	hlr_greet(&wire);
	pin_to(1);
	run.readers = load_new(&wire, &script, 0, script.people_count / 2, DIALOGS_MAX);
	load_start(run.readers, TALK_SELFCARE, DIALOGS_MAX, (unsigned int)atoi(argv[4]));
	measure(&run, &server, atof(argv[5]), false, &quiet);
	measure(&run, &server, atof(argv[5]), true, &beside);
	load_stop(run.readers);
	while (load_is_open(run.readers))
		load_go_on(run.readers, 0.01);
	qsort(run.reloads_ms, run.count, sizeof(run.reloads_ms[0]), by_value);
	printf("%.0f | %u | %.0f | %.0f | %.1f | %.1f | %.0f | %.1f | %.1f | %.0f |\n", start_ms, run.count, run.reloads_ms[run.count / 2],
	       run.reloads_ms[run.count - 1], quiet.median_us, quiet.last_us, quiet.max_us, beside.median_us, beside.last_us,
	       beside.max_us);
	subject_stop(&server);
	load_free(run.readers);
	script_fini(&script);
	return 0;
}
