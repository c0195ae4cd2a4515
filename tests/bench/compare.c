/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhashd beside servers that do less: the same measure of each in turn, as lines "measure, server, load, figure, value" of a file that
 * report.py makes tables and a picture of. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

#define PORT 4222
#define SMPP_PORT 27750
#define KANNEL_TEXT "Balance 12.50"
#define DIALOGS_MAX (1u << 21)
#define CALM_S 3
#define GROWTH_DIALOGS 1024
#define COUNTED_AT_ONCE 64
#define HOUSEKEEPING_S 4
#define COUNTED_PEOPLE 1000		/* they dial once in the run that is subtracted, so that no cache is cold afterwards */
#define ARGUMENTS_MAX 8

struct compare {
	const struct compare_options *options;
	struct wire *wire;
	struct script script;
	struct smsc *smsc;		/* instead, for short messages */
	FILE *results;
};

/* A server, and how it is started. */
struct kind {
	const char *name;
	enum talk talk;
	const char *baseline;		/* argument of starhash-baseline */
};

static const struct kind kinds[] = {
	{ "starhashd", TALK_READ, NULL },
	{ "memory", TALK_READ, "memory" },
	{ "sqlite", TALK_READ, "sqlite" },
	{ "echo", TALK_ECHO, "echo" },
	{ "osmo-euse-demo", TALK_ECHO, NULL },
	{ "Kannel", TALK_TEXT, NULL },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static void subject_make(const struct compare *compare, const struct kind *kind, const char *arguments[2 * ARGUMENTS_MAX],
			 struct subject *subject)
{
	const struct compare_options *options = compare->options;

	memset(arguments, 0, 2 * ARGUMENTS_MAX * sizeof(*arguments));
	*subject = (struct subject){ .name = kind->name, .talk = kind->talk, .argv = (char *const *)arguments };
	if (kind->talk == TALK_TEXT) {
		subject->helper = (char *const *)arguments + ARGUMENTS_MAX;
		arguments[0] = "/usr/sbin/bearerbox";
		arguments[ARGUMENTS_MAX] = "/usr/sbin/smsbox";
		arguments[1] = arguments[ARGUMENTS_MAX + 1] = options->kannel;
	} else if (kind->baseline) {
		*arguments++ = options->baseline;
		*arguments++ = kind->baseline;
		*arguments++ = options->address;
		*arguments = kind->talk == TALK_ECHO ? NULL : options->database;
	} else if (kind->talk == TALK_ECHO) {
		*arguments = options->echo;
	} else {
		*arguments++ = options->server;
		*arguments++ = "--config";
		*arguments = options->config;
	}
}

static void connect_subject(struct compare *compare, struct subject *subject)
{
	subject_start(subject, 0, compare->options->loud);
	wire_accept(compare->wire);
	if (compare->smsc)
		smsc_greet(compare->smsc);
	else
		hlr_greet(compare->wire);
}

/* In this order: a server that lost its link would reconnect in place of the next one. */
static void disconnect_subject(struct compare *compare, struct subject *subject)
{
	subject_stop(subject);
	wire_close(compare->wire);
}

static struct load *load_connected(struct compare *compare, struct subject *subject, unsigned int people, unsigned int dialogs_max)
{
	connect_subject(compare, subject);
	return load_new(compare->wire, &compare->script, 0, people, dialogs_max);
}

static struct load *load_rested(struct compare *compare, struct subject *subject, unsigned int people, unsigned int dialogs_max)
{
	struct load *load = load_connected(compare, subject, people, dialogs_max);

	subject_rest(subject);
	return load;
}

static void disconnect(struct compare *compare, struct subject *subject, struct load *load)
{
	disconnect_subject(compare, subject);
	load_free(load);
}

static void result_put(const struct compare *compare, const struct subject *subject, unsigned int load, const char *figure, double value)
{
	fprintf(compare->results, "%s\t%s\t%u\t%s\t%.6g\n", compare->options->measure, subject->name, load, figure, value);
	fflush(compare->results);
}

static void results_put(const struct compare *compare, const struct subject *subject, unsigned int load, const struct figures *figures)
{
	result_put(compare, subject, load, "steps_per_s", figures->steps_per_s);
	result_put(compare, subject, load, "p50_us", figures->median_us);
	result_put(compare, subject, load, "p99_us", figures->last_us);
	result_put(compare, subject, load, "p999_us", figures->p999_us);
	result_put(compare, subject, load, "max_us", figures->max_us);
	result_put(compare, subject, load, "cpu_s", figures->cpu_s);
	result_put(compare, subject, load, "waited", figures->waited);
}

static bool is_wanted(const struct compare *compare, unsigned int load)
{
	return !compare->options->dialogs || compare->options->dialogs == load;
}

static unsigned int dialogs_rate(const struct compare *compare, const struct subject *subject)
{
	return compare->options->rate / script_steps(subject->talk);
}

/* ---- the measures ---- */

static void measure_closed(struct compare *compare, struct subject *subject)
{
	static const unsigned int counts[] = { 1, 64, 1024, 65536 };
	struct load *load = load_rested(compare, subject, compare->options->subscribers, counts[3]);
	struct figures figures;

	for (unsigned int i = 0; i < 4; i++) {
		if (!is_wanted(compare, counts[i]))
			continue;
		load_run(load, subject, counts[i], 0, compare->options->seconds, &figures);
		results_put(compare, subject, counts[i], &figures);
	}
	disconnect(compare, subject, load);
}

static void measure_sms(struct compare *compare, struct subject *subject)
{
	static const unsigned int counts[] = { 1, 64, 1000 };
	struct figures figures = { 0 };		/* waited stays 0: not observed */

	connect_subject(compare, subject);
	subject_rest(subject);
	for (unsigned int i = 0; i < 3; i++) {
		if (!is_wanted(compare, counts[i]))
			continue;
		smsc_run(compare->smsc, subject, subject->helper ? KANNEL_TEXT : NULL, counts[i], compare->options->seconds, &figures);
		results_put(compare, subject, counts[i], &figures);
	}
	disconnect_subject(compare, subject);
}

static void measure_growth(struct compare *compare, struct subject *subject)
{
	struct load *load = load_rested(compare, subject, compare->options->subscribers, GROWTH_DIALOGS);
	struct figures figures;

	load_run(load, subject, GROWTH_DIALOGS, 0, compare->options->seconds, &figures);
	results_put(compare, subject, compare->options->subscribers, &figures);
	disconnect(compare, subject, load);
}

static void measure_open(struct compare *compare, struct subject *subject)
{
	struct load *load = load_rested(compare, subject, compare->options->subscribers, DIALOGS_MAX);
	struct figures figures;

	load_run(load, subject, 0, dialogs_rate(compare, subject), compare->options->seconds, &figures);
	results_put(compare, subject, compare->options->rate, &figures);
	disconnect(compare, subject, load);
}

/* From fork() to the last answer of the first dialog. */
static void measure_start(struct compare *compare, struct subject *subject)
{
	const uint64_t begun = clock_ns();
	struct load *load = load_connected(compare, subject, compare->options->subscribers, 1);

	load_count(load, subject->talk, 1, 1);
	result_put(compare, subject, compare->options->subscribers, "start_ms", (double)(clock_ns() - begun) / 1e6);
	disconnect(compare, subject, load);
}

/* All accounts have been read once before, so that memory does not grow for other reasons. Who waits at the menu does not dial again: that
 * would end the first dialog. */
static void measure_live(struct compare *compare, struct subject *subject)
{
	const struct compare_options *options = compare->options;
	const unsigned int live = options->dialogs ? options->dialogs : 1000000;
	struct figures figures;
	struct load *load;
	uint64_t before;

	if (options->subscribers < live + GROWTH_DIALOGS)
		errx(2, "%u live dialogs need more subscribers", live);
	load = load_rested(compare, subject, options->subscribers, live + GROWTH_DIALOGS);
	load_count(load, subject->talk, GROWTH_DIALOGS, options->subscribers);
	load_run(load, subject, GROWTH_DIALOGS, 0, options->seconds, &figures);
	results_put(compare, subject, GROWTH_DIALOGS, &figures);
	before = subject_memory(subject);
	result_put(compare, subject, 0, "memory_mb", (double)before / 1e6);
	load_people(load, 0, live);
	load_open(load, live);
	result_put(compare, subject, live, "memory_mb", (double)subject_memory(subject) / 1e6);
	result_put(compare, subject, live, "dialog_octets", ((double)subject_memory(subject) - (double)before) / live);
	load_people(load, live, options->subscribers - live);
	load_run(load, subject, GROWTH_DIALOGS, 0, options->seconds, &figures);
	results_put(compare, subject, live, &figures);
	disconnect(compare, subject, load);
}

/* The menu is replaced before, and read again in the middle of the second run. */
static void measure_reload(struct compare *compare, struct subject *subject)
{
	const struct compare_options *options = compare->options;
	const unsigned int rate = dialogs_rate(compare, subject);
	struct load *load = load_rested(compare, subject, compare->options->subscribers, DIALOGS_MAX);
	struct figures figures;

	load_run(load, subject, 0, rate, options->seconds, &figures);
	results_put(compare, subject, 0, &figures);
	if (rename(options->next_menu, options->menu) < 0)
		err(1, "%s", options->next_menu);
	load_start(load, subject->talk, DIALOGS_MAX, rate);
	load_busy(load, options->seconds / 2);
	load_measure(load);
	kill(subject->pid, SIGHUP);
	load_busy(load, options->seconds);
	load_finish(load);
	load_figures(load, &figures);
	figures.cpu_s = figures.waited = 0;
	results_put(compare, subject, 1, &figures);
	if (load_switched_s(load) < 0)
		errx(1, "%s does not serve the other menu within %.0f s", subject->name, options->seconds);
	result_put(compare, subject, 1, "switch_ms", load_switched_s(load) * 1e3);
	disconnect(compare, subject, load);
}

/* Four times the rate that it can serve, and then half of it. */
static void measure_flood(struct compare *compare, struct subject *subject)
{
	const unsigned int best = dialogs_rate(compare, subject), offered = 4 * best;
	struct load *load = load_rested(compare, subject, compare->options->subscribers, DIALOGS_MAX);
	struct figures figures;

	load_flood(load, offered);
	load_measure(load);
	load_busy(load, compare->options->seconds);
	load_calm(load, best / 2);
	load_busy(load, CALM_S);
	load_finish(load);
	load_figures(load, &figures);
	figures.cpu_s = figures.waited = 0;
	results_put(compare, subject, offered, &figures);
	result_put(compare, subject, offered, "ended_per_s", figures.ended_per_s);
	result_put(compare, subject, offered, "best_per_s", best);
	result_put(compare, subject, offered, "refused_per_s", figures.refused_per_s);
	result_put(compare, subject, offered, "dropped_per_s", figures.dropped_per_s);
	result_put(compare, subject, offered, "refusal_p50_us", load_refusals_us(load, 0.5));
	result_put(compare, subject, offered, "refusal_p99_us", load_refusals_us(load, 0.99));
	result_put(compare, subject, offered, "recovery_s", load_recovery_s(load));
	disconnect(compare, subject, load);
}

/* ---- instructions ---- */

/* All of the process's, in all its threads. */
static uint64_t instructions_read(const char *name)
{
	unsigned long long total = 0;
	char line[256];
	FILE *file = fopen(name, "r");

	if (!file)
		err(1, "%s", name);
	while (!total && fgets(line, sizeof(line), file))
		sscanf(line, "totals: %llu", &total);
	fclose(file);
	unlink(name);
	if (!total)
		errx(1, "%s has no total", name);
	return total;
}

/* valgrind counts each octet that "rep stosb" writes as an instruction; processors write 32 or more of them at once, as AVX2 does. */
static void repetition_avoid(void)
{
	if (setenv("GLIBC_TUNABLES", "glibc.cpu.x86_rep_stosb_threshold=1073741824:glibc.cpu.x86_rep_movsb_threshold=1073741824", 1) < 0)
		err(1, "setenv");
}

/* \a count: dialogs or texts; \a idle_s: how long the server then has nothing to answer. */
static uint64_t instructions_of(struct compare *compare, const struct subject *subject, unsigned int people, unsigned int count,
				unsigned int idle_s)
{
	static const char out[] = "--callgrind-out-file=";
	char option[256], *arguments[ARGUMENTS_MAX + 4] = { "valgrind", "-q", "--tool=callgrind", option };
	struct subject profiled = *subject;
	struct load *load;

	if (snprintf(option, sizeof(option), "%s%s.callgrind", out, compare->options->results) >= (int)sizeof(option))
		errx(1, "%s is too long", compare->options->results);
	memcpy(arguments + 4, subject->argv, ARGUMENTS_MAX * sizeof(*arguments));
	profiled.argv = arguments;
	if (compare->smsc) {
		connect_subject(compare, &profiled);
		smsc_count(compare->smsc, COUNTED_AT_ONCE, count);
		sleep(idle_s);
		disconnect_subject(compare, &profiled);
	} else {
		load = load_connected(compare, &profiled, people, COUNTED_AT_ONCE);
		load_count(load, subject->talk, COUNTED_AT_ONCE, count);
		sleep(idle_s);
		disconnect(compare, &profiled, load);
	}
	return instructions_read(option + sizeof(out) - 1);
}

/* The difference of two runs, so that what each start does is not counted. The first run of all does what a new database needs, some
 * of it a second after the start: a run may be over by then. */
static void measure_instructions(struct compare *compare, struct subject *subject)
{
	const unsigned int counted = compare->options->dialogs ? compare->options->dialogs : 2000;
	const unsigned int subscribers = compare->options->subscribers;
	const unsigned int people = subscribers < COUNTED_PEOPLE ? subscribers : COUNTED_PEOPLE;
	uint64_t few, many;

	repetition_avoid();
	instructions_of(compare, subject, people, people, HOUSEKEEPING_S);
	few = instructions_of(compare, subject, people, people, 0);
	many = instructions_of(compare, subject, people, people + counted, 0);
	result_put(compare, subject, compare->options->subscribers, "instructions",
		   ((double)many - (double)few) / counted / (compare->smsc ? 1 : script_steps(subject->talk)));
}

static const struct measure {
	const char *name;
	void (*run)(struct compare *compare, struct subject *subject);
} measures[] = {
	{ "closed", measure_closed }, { "open", measure_open }, { "start", measure_start }, { "live", measure_live },
	{ "reload", measure_reload }, { "flood", measure_flood }, { "growth", measure_growth },
	{ "instructions", measure_instructions }, { "sms", measure_sms }, { "sms_instructions", measure_instructions },
	{}
};

/* Whether \a name is one of \a names, which blanks separate. */
static bool is_among(const char *names, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = names; (at = strstr(at, name)); at += len)
		if ((at == names || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

void compare_run(struct wire *wire, const struct compare_options *options)
{
	struct compare compare = { .options = options, .wire = wire, .results = fopen(options->results, "a") };
	const char *arguments[2 * ARGUMENTS_MAX];
	const struct measure *measure = measures;
	struct subject subject;
	struct awake awake;
	bool sms;

	if (!compare.results)
		err(1, "%s", options->results);
	while (measure->name && strcmp(measure->name, options->measure))
		measure++;
	if (!measure->name)
		errx(2, "unknown measure: %s", options->measure);
	sms = !strncmp(measure->name, "sms", 3);
	awake_start(&awake);
	pin_to(1);
	wire_listen(wire, options->address, sms ? SMPP_PORT : PORT);
	if (sms)
		compare.smsc = smsc_new(wire, options->subscribers);
	else
		script_init(&compare.script, options->subscribers, TALK_READ);
	for (unsigned int round = 0; round < options->rounds; round++) {
		for (unsigned int i = 0; i < KINDS; i++) {
			const struct kind *kind = &kinds[(i + round) % KINDS];

			if (!is_among(options->servers, kind->name))
				continue;
			subject_make(&compare, kind, arguments, &subject);
			measure->run(&compare, &subject);
		}
	}
	if (sms)
		smsc_free(compare.smsc);
	else
		script_fini(&compare.script);
	awake_stop(&awake);
	fclose(compare.results);
}
