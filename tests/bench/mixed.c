/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What orders and passwords cost those who only read: readers dial at a fixed rate on one link, in quiet and then beside changes
 * on another one. Nobody is bound to a processor, as on a server. */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "bench/bench.h"

#define READERS_A_SECOND 2000	/* dialogues */
#define DIALOGS_MAX 1000
#define WARM_UP 0.5
#define LINKS 2

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
	{ "nothing", TALK_ORDER, 0, 0 },
};

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

/* Readers first: what their answers wait for shall be the server. */
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

static void measure(struct mixed *mixed, const struct beside *beside, double seconds)
{
	struct figures readers, changers;

	load_start(mixed->loads[0], TALK_READ, DIALOGS_MAX, READERS_A_SECOND);
	load_start(mixed->loads[1], beside->talk, beside->dialogs, beside->rate);
	go_on(mixed, WARM_UP);
	load_measure(mixed->loads[0]);
	load_measure(mixed->loads[1]);
	go_on(mixed, seconds);
	load_figures(mixed->loads[0], &readers);
	load_figures(mixed->loads[1], &changers);
	finish(mixed);
	printf("| %-24s | %9.0f | %9.0f | %9.0f | %9.1f | %9.1f |\n", beside->name, changers.ended_per_s,
	       changers.refused_per_s, readers.steps_per_s, readers.median_us, readers.last_us);
}

void mixed_run(struct wire wires[LINKS], const struct script *script, double seconds)
{
	const unsigned int half = script->people_count / 2;
	struct mixed mixed = { 0 };

	prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; i < LINKS; i++) {
		mixed.loads[i] = load_new(&wires[i], script, (unsigned int)i * half, half, DIALOGS_MAX);
		mixed.links[i] = (struct pollfd){ .fd = wires[i].fd, .events = POLLIN };
	}
	puts("| beside | done a second | refused | turns that read | median us | 99 % us |\n|---|---:|---:|---:|---:|---:|");
	for (size_t i = 0; i < sizeof(besides) / sizeof(*besides); i++)
		measure(&mixed, &besides[i], seconds);
	for (int i = 0; i < LINKS; i++)
		load_free(mixed.loads[i]);
}
