/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How monthly notifications (S5) delay dialled dialogs, and whether each subscriber gets one. The accounts are such that each subscriber is
 * due a notification of last month's information fees; the server finds them and sends them over SMPP. The SMSC is a process of its own
 * with a lower priority than the readers, as in flood.c, and outlives a server that is killed. Processors may sleep: beside processes that
 * only keep them awake, the server's thread that writes did not run for seconds now and then, for a reason not known. */
#include <err.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "channel/smpp/smpp_codec.h"
#include "tool/data/invented.h"

#define PDU_MAX 256
#define WARM_UP 2.0
#define PAUSE 3.0			/* after the last notice, for one too many */
#define STALL_S 180			/* without a notification: longer than one is put off whose subscriber is in a dialog */
#define BULK 0.995			/* of the notifications: the rest are those put off */
#define DIALOGS_MAX 1000
#define IN_FLIGHT_MS 2000		/* before the kill: notifications whose sending may not be on the disk */
#define READERS_NICE (-10)
#define SMSC_NICE 10
#define LOOK_S 0.1

/* Between the two processes. */
struct tally {
	atomic_uint bound;		/* how often */
	atomic_uint came, repeated, in_flight, wrong;	/* in_flight: of the repeated ones, those that the kill explains */
	atomic_uint parts;
	atomic_ullong killed_ms;	/* 0: not yet */
	uint32_t came_ms[];		/* by subscriber, since the SMSC began; 0: not yet */
};

/* ---- the SMSC ---- */

struct centre {
	struct wire *wire;
	struct tally *tally;
	uint64_t first;			/* number of the first subscriber */
	unsigned int people;
	uint32_t message_id;
};

static uint64_t now_ms(void)
{
	return clock_ns() / 1000000;
}

static void answer(struct centre *centre, const struct smpp_pdu *pdu)
{
	struct wire *wire = centre->wire;
	char message_id[16];
	int n;

	snprintf(message_id, sizeof(message_id), "%x", ++centre->message_id);
	if (wire->out_len + PDU_MAX > WIRE_OUT_SIZE)
		wire_flush(wire);
	n = smpp_write(&(struct smpp_pdu){ .command = pdu->command | SMPP_RESPONSE, .sequence = pdu->sequence, .system_id = "bench",
					   .message_id = message_id }, wire->out + wire->out_len, PDU_MAX);
	if (n < 0)
		errx(1, "a message of the benchmark cannot be made");
	wire->out_len += (size_t)n;
}

/* Of a text in parts only the first one counts; it has the sum. */
static bool is_first(const struct smpp_pdu *pdu, struct smpp_octets *text)
{
	*text = smpp_message(pdu);
	if (!(pdu->esm_class & 0x40) || text->len < 6)
		return true;
	if (text->at[5] != 1)
		return false;
	text->at += 6;
	text->len -= 6;
	return true;
}

/* contrib/bench.sh has the same rule for the fees. */
static bool has_sum(const struct smpp_pdu *pdu, const struct smpp_octets *text, uint64_t number)
{
	const unsigned int sum = 410 + number % 1000, wide = pdu->data_coding == 8 ? 2 : 1;
	char expected[16], wider[32] = "";
	const int len = snprintf(expected, sizeof(expected), "%u.%02u", sum / 100, sum % 100);

	for (int i = 0; i < len; i++)
		wider[i * (int)wide + (int)wide - 1] = expected[i];
	return memmem(text->at, text->len, wider, (size_t)len * wide);
}

static void notice_take(struct centre *centre, const struct smpp_pdu *pdu)
{
	const uint64_t number = strtoull(pdu->destination, NULL, 10), index = number - centre->first, ms = now_ms();
	struct tally *tally = centre->tally;
	struct smpp_octets text;

	atomic_fetch_add(&tally->parts, 1);
	if (!is_first(pdu, &text))
		return;
	if (index >= centre->people || !has_sum(pdu, &text, number)) {
		if (!atomic_fetch_add(&tally->wrong, 1))
			warnx("%s got \"%.*s\"", pdu->destination, (int)text.len, (const char *)text.at);
	} else if (!tally->came_ms[index]) {
		tally->came_ms[index] = (uint32_t)ms;
		atomic_fetch_add(&tally->came, 1);
	} else {
		const uint32_t before_kill = (uint32_t)atomic_load(&tally->killed_ms) - tally->came_ms[index];

		atomic_fetch_add(&tally->in_flight, atomic_load(&tally->killed_ms) && before_kill < IN_FLIGHT_MS);
		atomic_fetch_add(&tally->repeated, 1);
	}
}

static void pdus_take(struct centre *centre)
{
	struct wire *wire = centre->wire;
	struct smpp_pdu pdu;
	int n;

	while ((n = smpp_frame_read(wire->in + wire->in_pos, wire->in_len - wire->in_pos))) {
		if (n < 0 || smpp_read(wire->in + wire->in_pos, (size_t)n, &pdu) < 0)
			errx(1, "what came is not SMPP");
		wire->in_pos += (size_t)n;
		if (pdu.command == SMPP_SUBMIT_SM)
			notice_take(centre, &pdu);
		if (!(pdu.command & SMPP_RESPONSE))
			answer(centre, &pdu);
		if (pdu.command == SMPP_BIND_TRANSCEIVER)
			atomic_fetch_add(&centre->tally->bound, 1);
	}
}

/* False at the end of the connection. */
static bool octets_read(struct wire *wire)
{
	ssize_t n;

	wire->in_len -= wire->in_pos;
	memmove(wire->in, wire->in + wire->in_pos, wire->in_len);
	wire->in_pos = 0;
	n = recv(wire->fd, wire->in + wire->in_len, WIRE_READ_SIZE, 0);
	if (n > 0)
		wire->in_len += (size_t)n;
	return n > 0;
}

/* One connection after the other: a killed server comes again. */
static void centre_live(struct centre *centre)
{
	struct wire *wire = centre->wire;

	for (;;) {
		wire->fd = accept(wire->listening, NULL, NULL);
		if (wire->fd < 0)
			err(1, "accept");
		wire->in_len = wire->in_pos = wire->out_len = 0;
		while (octets_read(wire)) {
			size_t done = 0;

			pdus_take(centre);
			while (done < wire->out_len) {
				const ssize_t n = send(wire->fd, wire->out + done, wire->out_len - done, MSG_NOSIGNAL);

				if (n < 0)
					break;
				done += (size_t)n;
			}
			wire->out_len = 0;
		}
		wire_close(wire);
	}
}

static pid_t centre_start(struct wire *wire, struct tally *tally, const struct script *script)
{
	struct centre centre = { .wire = wire, .tally = tally, .people = script->people_count };
	const pid_t pid = child_new();
	struct sample first;

	if (pid)
		return pid;
	setpriority(PRIO_PROCESS, 0, SMSC_NICE);
	sample_make(&first, 0, false, NULL, 0);
	centre.first = strtoull(first.account.msisdn, NULL, 10);
	centre_live(&centre);
	_exit(0);
}

/* ---- the readers ---- */

struct run {
	struct wire *wire;
	struct load *readers;
	struct tally *tally;
	const struct notices_options *options;
	uint64_t peak;			/* resident octets of any server, also of one that was killed */
};

static void go_on(struct run *run, double seconds)
{
	load_go_on(run->readers, seconds);
}

static void readers_end(struct run *run)
{
	load_stop(run->readers);
	while (load_is_open(run->readers))
		go_on(run, 0.01);
}

static void server_start(struct run *run, struct subject *server)
{
	const unsigned int bound = atomic_load(&run->tally->bound);

	subject_start(server, -1, run->options->loud);
	wire_accept(run->wire);
	hlr_greet(run->wire);
	while (atomic_load(&run->tally->bound) == bound)
		usleep(1000);
	load_start(run->readers, TALK_SELFCARE, DIALOGS_MAX, run->options->readers);
}

static void server_stop(struct run *run, struct subject *server)
{
	readers_end(run);
	subject_stop(server);
	wire_close(run->wire);
}

static void measure_quiet(struct run *run, struct figures *figures)
{
	go_on(run, WARM_UP);
	load_measure(run->readers);
	go_on(run, run->options->seconds);
	load_figures(run->readers, figures);
}

/* ---- the notifications ---- */

/* Until so many have come, or no more come. */
static bool await(struct run *run, unsigned int wanted)
{
	unsigned int came = 0;
	uint64_t last = clock_ns();

	while (came < wanted) {
		go_on(run, LOOK_S);
		if (atomic_load(&run->tally->came) > came)
			last = clock_ns();
		came = atomic_load(&run->tally->came);
		if (clock_ns() - last > STALL_S * 1000000000ull)
			return false;
	}
	return true;
}

/* To be called before a server ends. */
static void peak_note(struct run *run, const struct subject *server)
{
	const uint64_t peak = subject_memory_peak(server);

	run->peak = peak > run->peak ? peak : run->peak;
}

/* Of the readers only those are counted who dial beside the notifications. */
static void kill_and_start(struct run *run, struct subject *server)
{
	readers_end(run);
	atomic_store(&run->tally->killed_ms, now_ms());
	peak_note(run, server);
	subject_kill(server);
	wire_close(run->wire);
	server_start(run, server);
}

static double seconds_since(uint64_t ns)
{
	return (double)(clock_ns() - ns) / 1e9;
}

struct outcome {
	struct figures before, beside, after;
	uint64_t start, end;		/* resident octets */
	double bulk_s, all_s;		/* since the first one came */
	double began_s;			/* since the start of the server */
};

static void measure(struct run *run, struct subject *noticed, unsigned int people, struct outcome *outcome)
{
	const unsigned int bulk = (unsigned int)(people * BULK);
	uint64_t began = clock_ns();

	server_start(run, noticed);
	outcome->start = subject_memory(noticed);
	await(run, 1);
	outcome->began_s = seconds_since(began);
	began = clock_ns();
	load_measure(run->readers);
	await(run, run->options->kill ? people / 2 : bulk);
	load_figures(run->readers, &outcome->beside);
	if (run->options->kill) {
		kill_and_start(run, noticed);
		await(run, bulk);
	}
	outcome->bulk_s = seconds_since(began);
	await(run, people);
	outcome->all_s = seconds_since(began);
	go_on(run, PAUSE);
	measure_quiet(run, &outcome->after);
	outcome->end = subject_memory(noticed);
	peak_note(run, noticed);
	server_stop(run, noticed);
}

static double ratio(const struct figures *figures, const struct figures *quiet)
{
	return figures->last_us / quiet->last_us;
}

static void print_readers(const char *beside, const struct figures *figures, const struct figures *quiet)
{
	printf("| %-24s | %9.0f | %9.1f | %9.1f | %5.2f |\n", beside, figures->steps_per_s, figures->median_us, figures->last_us,
	       ratio(figures, quiet));
}

static bool print(const struct run *run, const struct outcome *outcome, unsigned int people)
{
	const struct tally *tally = run->tally;
	const unsigned int came = atomic_load(&tally->came), repeated = atomic_load(&tally->repeated);
	const unsigned int in_flight = atomic_load(&tally->in_flight), wrong = atomic_load(&tally->wrong);
	const double limit = run->options->limit;

	puts("| beside | turns a second | median us | 99 % us | ratio |\n|---|---:|---:|---:|---:|");
	print_readers("nothing, before", &outcome->before, &outcome->before);
	print_readers("monthly notifications", &outcome->beside, &outcome->before);
	print_readers("nothing, after", &outcome->after, &outcome->before);
	puts("\n| notices | parts | first after | 99.5 % in | a second | all in | missing | twice | wrong | MB at start | most | end |\n"
	     "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
	printf("| %u | %u | %.1f s | %.1f s | %.0f | %.1f s | %u | %u | %u | %.1f | %.1f | %.1f |\n", came, atomic_load(&tally->parts),
	       outcome->began_s, outcome->bulk_s, people * BULK / outcome->bulk_s, outcome->all_s, people - came, repeated, wrong,
	       (double)outcome->start / 1e6, (double)run->peak / 1e6, (double)outcome->end / 1e6);
	if (run->options->kill)
		printf("\nKilled in the middle: %u of those that came twice were in flight at the kill.\n", in_flight);
	return came == people && repeated == in_flight && !wrong && (!limit || ratio(&outcome->beside, &outcome->before) <= limit);
}

/* ---- life cycle ---- */

bool notices_run(struct wire wires[2], const struct script *script, struct subject *quiet, struct subject *noticed,
		 const struct notices_options *options)
{
	const unsigned int people = script->people_count;
	const size_t size = sizeof(struct tally) + people * sizeof(uint32_t);
	struct run run = { .wire = &wires[0], .options = options };
	struct outcome outcome = { 0 };
	pid_t centre;
	bool fine;

	run.tally = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.tally == MAP_FAILED)
		err(1, "shared memory");

	centre = centre_start(&wires[1], run.tally, script);
	prctl(PR_SET_TIMERSLACK, 1);
	run.readers = load_new(&wires[0], script, 0, people / 2, DIALOGS_MAX);
	server_start(&run, quiet);
	setpriority(PRIO_PROCESS, 0, READERS_NICE);
	measure_quiet(&run, &outcome.before);
	server_stop(&run, quiet);
	measure(&run, noticed, people, &outcome);
	fine = print(&run, &outcome, people);
	load_free(run.readers);
	kill(centre, SIGKILL);
	waitpid(centre, NULL, 0);

	munmap(run.tally, size);
	return fine;
}
