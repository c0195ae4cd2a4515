/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How orders and passwords delay reads: readers dial at a fixed rate on one link, first alone and then beside changes on
 * another one. The server is not bound to a processor; it shares them with the generator, which has priority. */
#include <err.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

#define READERS_A_SECOND 2000	/* dialogs */
#define DIALOGS_MAX 1000
#define WARM_UP 0.5
#define LINKS 2
#define GENERATOR_NICE (-10)

/* Beside the readers. */
struct beside {
	const char *name;
	enum talk talk;
	unsigned int dialogs, rate;	/* as load_start() has them */
};

static const struct beside besides[] = {
	{ "nothing", TALK_ORDER, 0, 0 },
	{ "orders, 1 at a time", TALK_ORDER, 1, 0 },
	{ "orders, 1000 at a time", TALK_ORDER, 1000, 0 },
	{ "passwords, 1 at a time", TALK_PASSWORD, 1, 0 },
	{ "passwords, 1000 a second", TALK_PASSWORD, 1000, 1000 },
};

#define BESIDES (sizeof(besides) / sizeof(*besides))

struct mixed {
	struct load *loads[LINKS];	/* readers, changers */
	struct pollfd links[LINKS];
};

static uint64_t due_ns(const struct mixed *mixed, uint64_t end)
{
	for (int i = 0; i < LINKS; i++)
		if (load_due_ns(mixed->loads[i]) < end)
			end = load_due_ns(mixed->loads[i]);
	return end;
}

static void wait_until(struct mixed *mixed, uint64_t due)
{
	const uint64_t now = clock_ns(), left = due > now ? due - now : 0;
	const struct timespec wait = { .tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000) };

	if (ppoll(mixed->links, LINKS, &wait, NULL) < 0)
		err(1, "poll");
}

/* Readers first, so that their answers wait only for the server. */
static void step(struct mixed *mixed, uint64_t end)
{
	wait_until(mixed, due_ns(mixed, end));
	for (int i = 0; i < LINKS; i++) {
		if (mixed->links[i].revents)
			load_rx(mixed->loads[i]);
		load_send(mixed->loads[i]);
	}
}

static void go_on(struct mixed *mixed, double seconds)
{
	const uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9);

	while (clock_ns() < end)
		step(mixed, end);
}

static void finish(struct mixed *mixed)
{
	for (int i = 0; i < LINKS; i++)
		load_stop(mixed->loads[i]);
	while (load_is_open(mixed->loads[0]) || load_is_open(mixed->loads[1]))
		step(mixed, clock_ns() + 1000000000);
}

static void measure(struct mixed *mixed, const struct beside *beside, double seconds, struct figures figures[LINKS])
{
	load_start(mixed->loads[0], TALK_READ, DIALOGS_MAX, READERS_A_SECOND);
	load_start(mixed->loads[1], beside->talk, beside->dialogs, beside->rate);
	go_on(mixed, WARM_UP);
	for (int i = 0; i < LINKS; i++)
		load_measure(mixed->loads[i]);
	go_on(mixed, seconds);
	for (int i = 0; i < LINKS; i++)
		load_figures(mixed->loads[i], &figures[i]);
	finish(mixed);
}

static void print(const struct beside *beside, const struct figures *readers, const struct figures *changers,
		  unsigned int rounds)
{
	printf("| %-24s | %9.0f | %9.0f | %9.0f | %9.1f | %9.1f |\n", beside->name,
	       figures_median(changers, rounds, offsetof(struct figures, ended_per_s)),
	       figures_median(changers, rounds, offsetof(struct figures, refused_per_s)),
	       figures_median(readers, rounds, offsetof(struct figures, steps_per_s)),
	       figures_median(readers, rounds, offsetof(struct figures, median_us)),
	       figures_median(readers, rounds, offsetof(struct figures, last_us)));
}

/* In turn, so that other load on the machine affects each alike. */
static void measure_all(struct mixed *mixed, double seconds, unsigned int rounds)
{
	static struct figures figures[LINKS][BESIDES][ROUNDS_MAX];
	struct figures pair[LINKS];

	for (unsigned int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < BESIDES; i++) {
			measure(mixed, &besides[i], seconds, pair);
			figures[0][i][round] = pair[0];
			figures[1][i][round] = pair[1];
		}
	}
	puts("| beside | done a second | refused | turns that read | median us | 99 % us |\n|---|---:|---:|---:|---:|---:|");
	for (size_t i = 0; i < BESIDES; i++)
		print(&besides[i], figures[0][i], figures[1][i], rounds);
}

void mixed_run(struct wire wires[LINKS], const struct script *script, double seconds, unsigned int rounds)
{
	const unsigned int half = script->people_count / 2;
	struct mixed mixed = { 0 };
	struct awake awake;

	awake_start(&awake);
	prctl(PR_SET_TIMERSLACK, 1);
	setpriority(PRIO_PROCESS, 0, GENERATOR_NICE);
	for (int i = 0; i < LINKS; i++) {
		mixed.loads[i] = load_new(&wires[i], script, (unsigned int)i * half, half, DIALOGS_MAX);
		mixed.links[i] = (struct pollfd){ .fd = wires[i].fd, .events = POLLIN };
	}
	measure_all(&mixed, seconds, rounds);
	for (int i = 0; i < LINKS; i++)
		load_free(mixed.loads[i]);
	awake_stop(&awake);
}
