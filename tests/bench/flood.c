/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a flood of short messages delays dialled dialogs (F36): readers dial at a fixed rate over GSUP, first alone and then beside
 * texts of invented senders, half messages, and password requests over SMPP. The flood is a process of its own with a lower
 * priority than the readers, so that their answers wait only for the server. */
#include <err.h>
#include <errno.h>
#include <poll.h>
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

#define SERVICE "10086"
#define PDU_MAX 256
#define WARM_UP 0.5
#define PAUSE 1.0		/* after each flood, for its aftermath */
#define DIALOGS_MAX 1000
#define OUTSTANDING_MAX 2000	/* the window of the SMSC: requests without a response */
#define READERS_NICE (-10)
#define FLOODER_NICE 10

static const struct flood_kind {
	const char *name;
	const char *text;
	bool invented;			/* otherwise sample subscribers send it */
	bool half;			/* the first one of two parts */
} kinds[] = {
	{ "nothing", NULL, false, false },
	{ "texts of invented senders", "Hello", true, false },	/* shows the menu, and waits for an answer */
	{ "half messages", "What I wanted to say is longer than", true, true },
	{ "wrong passwords", "LOST 024681", false, false },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* Between the two processes. */
struct shared {
	atomic_uint wanted;		/* index of the flood to send; 0: none */
	atomic_uint rate;		/* a second */
	atomic_ullong sent, taken, throttled, refused, replies;
};

/* ---- the flood ---- */

struct flooder {
	struct wire *wire;
	struct shared *shared;
	uint64_t first;			/* number of the first sample subscriber */
	unsigned int people;
	unsigned int outstanding;
	uint64_t began, number;
	unsigned int kind;
};

static void put(struct flooder *flooder, const struct smpp_pdu *pdu)
{
	struct wire *wire = flooder->wire;
	int n = smpp_write(pdu, wire->out + wire->out_len, PDU_MAX);

	if (n < 0)
		errx(1, "a message of the flood cannot be made");
	wire->out_len += (size_t)n;
}

static bool has_room(const struct flooder *flooder)
{
	return flooder->wire->out_len + 64 * 1024 < WIRE_OUT_SIZE;
}

static void text_send(struct flooder *flooder, const struct flood_kind *kind)
{
	const uint64_t number = flooder->number++;
	uint8_t octets[128] = { 5, 0, 3, (uint8_t)number, 2, 1 };
	const size_t head = kind->half ? 6 : 0, len = strlen(kind->text);
	char sender[24];

	if (kind->invented)
		snprintf(sender, sizeof(sender), "139%08llu", (unsigned long long)number % 100000000);
	else
		snprintf(sender, sizeof(sender), "%llu",
			 (unsigned long long)(flooder->first + flooder->people / 2 + number % (flooder->people / 2)));
	memcpy(octets + head, kind->text, len);
	put(flooder, &(struct smpp_pdu){
		.command = SMPP_DELIVER_SM, .sequence = (uint32_t)number % 0x7fffffff + 1, .source_ton = 1, .source_npi = 1,
		.source = sender, .destination_npi = 1, .destination = SERVICE, .esm_class = kind->half ? 0x40 : 0,
		.short_message = { octets, head + len },
	});
	flooder->outstanding++;
	atomic_fetch_add(&flooder->shared->sent, 1);
}

/* As many as are due since the flood began; an SMSC that had to wait catches up. */
static void texts_send(struct flooder *flooder)
{
	const unsigned int kind = atomic_load(&flooder->shared->wanted);
	const uint64_t now = clock_ns();
	uint64_t due;

	if (kind != flooder->kind) {
		flooder->kind = kind;
		flooder->began = now;
		atomic_store(&flooder->shared->sent, 0);
	}
	if (!kind)
		return;
	due = (uint64_t)((double)(now - flooder->began) / 1e9 * atomic_load(&flooder->shared->rate));
	while (atomic_load(&flooder->shared->sent) < due && flooder->outstanding < OUTSTANDING_MAX && has_room(flooder))
		text_send(flooder, &kinds[kind]);
}

static void response_take(struct flooder *flooder, const struct smpp_pdu *pdu)
{
	struct shared *shared = flooder->shared;

	flooder->outstanding--;
	if (!pdu->status)
		atomic_fetch_add(&shared->taken, 1);
	else if (pdu->status == SMPP_RTHROTTLED || pdu->status == SMPP_RMSGQFUL || pdu->status == SMPP_RX_T_APPN)
		atomic_fetch_add(&shared->throttled, 1);
	else
		atomic_fetch_add(&shared->refused, 1);
}

static void pdu_take(struct flooder *flooder, const struct smpp_pdu *pdu)
{
	if (pdu->command == (SMPP_DELIVER_SM | SMPP_RESPONSE)) {
		response_take(flooder, pdu);
	} else if (!(pdu->command & SMPP_RESPONSE)) {
		atomic_fetch_add(&flooder->shared->replies, pdu->command == SMPP_SUBMIT_SM);
		put(flooder, &(struct smpp_pdu){ .command = pdu->command | SMPP_RESPONSE, .sequence = pdu->sequence,
						 .system_id = "flood", .message_id = "1" });
	}
}

static void pdus_take(struct flooder *flooder)
{
	struct wire *wire = flooder->wire;
	struct smpp_pdu pdu;
	int n;

	while (has_room(flooder) && (n = smpp_frame_read(wire->in + wire->in_pos, wire->in_len - wire->in_pos))) {
		if (n < 0 || smpp_read(wire->in + wire->in_pos, (size_t)n, &pdu) < 0)
			errx(1, "what came is not SMPP");
		wire->in_pos += (size_t)n;
		pdu_take(flooder, &pdu);
	}
}

/* Without waiting: a server that does not read is defending itself. */
static void octets_move(struct flooder *flooder)
{
	struct wire *wire = flooder->wire;
	ssize_t n = send(wire->fd, wire->out, wire->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		err(1, "cannot send");
	if (n > 0) {
		wire->out_len -= (size_t)n;
		memmove(wire->out, wire->out + n, wire->out_len);
	}
	wire->in_len -= wire->in_pos;
	memmove(wire->in, wire->in + wire->in_pos, wire->in_len);
	wire->in_pos = 0;
	n = wire->in_len < WIRE_MESSAGE_MAX ? recv(wire->fd, wire->in + wire->in_len, WIRE_READ_SIZE, MSG_DONTWAIT) : 0;
	if (n > 0)
		wire->in_len += (size_t)n;
	else if (n < 0 && errno != EAGAIN)
		err(1, "cannot read");
}

static void flooder_live(struct flooder *flooder, pid_t parent)
{
	struct pollfd link = { .fd = flooder->wire->fd };

	while (getppid() == parent) {
		link.events = flooder->wire->out_len ? POLLIN | POLLOUT : POLLIN;
		poll(&link, 1, 1);
		octets_move(flooder);
		pdus_take(flooder);
		texts_send(flooder);
	}
}

static pid_t flooder_start(struct wire *wire, struct shared *shared, uint64_t first, unsigned int people)
{
	struct flooder flooder = { .wire = wire, .shared = shared, .first = first, .people = people };
	const pid_t parent = getpid(), pid = child_new();

	if (pid)
		return pid;
	setpriority(PRIO_PROCESS, 0, FLOODER_NICE);
	flooder_live(&flooder, parent);
	_exit(0);
}

/* ---- the readers ---- */

struct flood {
	struct load *readers;
	struct wire *wire;		/* theirs */
	struct shared *shared;
	const struct flood_options *options;
};

static void go_on(struct flood *flood, double seconds)
{
	load_go_on(flood->readers, seconds);
}

struct outcome {
	struct figures readers;
	unsigned long long sent, taken, throttled, refused, replies;
};

static void measure(struct flood *flood, unsigned int kind, struct outcome *outcome)
{
	const struct flood_options *options = flood->options;
	struct shared *shared = flood->shared;

	atomic_store(&shared->taken, 0);
	atomic_store(&shared->throttled, 0);
	atomic_store(&shared->refused, 0);
	atomic_store(&shared->replies, 0);
	load_start(flood->readers, TALK_READ, DIALOGS_MAX, options->readers);
	atomic_store(&shared->rate, (unsigned int)(options->texts / options->seconds));
	atomic_store(&shared->wanted, kind);
	go_on(flood, WARM_UP);
	load_measure(flood->readers);
	go_on(flood, options->seconds);
	load_figures(flood->readers, &outcome->readers);
	outcome->sent = kind ? atomic_load(&shared->sent) : 0;
	outcome->taken = atomic_load(&shared->taken);
	outcome->throttled = atomic_load(&shared->throttled);
	outcome->refused = atomic_load(&shared->refused);
	outcome->replies = atomic_load(&shared->replies);
	atomic_store(&shared->wanted, 0);
	load_stop(flood->readers);
	while (load_is_open(flood->readers))
		go_on(flood, 0.01);
	go_on(flood, PAUSE);
}

/* In turn, so that other load on the machine affects each alike. Returns whether all are within the limit. */
static bool measure_all(struct flood *flood)
{
	static struct outcome outcomes[KINDS][ROUNDS_MAX];
	static struct figures figures[KINDS][ROUNDS_MAX];
	const unsigned int rounds = flood->options->rounds;
	double quiet_median = 0, quiet_last = 0;
	bool within = true;

	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int kind = 0; kind < KINDS; kind++) {
			measure(flood, kind, &outcomes[kind][round]);
			figures[kind][round] = outcomes[kind][round].readers;
		}
	}
	puts("| beside | sent | taken | throttled | refused | answered | turns a second | median us | ratio | 99 % us | ratio |\n"
	     "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const struct outcome *last = &outcomes[kind][rounds - 1];
		const double median = figures_median(figures[kind], rounds, offsetof(struct figures, median_us));
		const double of_100 = figures_median(figures[kind], rounds, offsetof(struct figures, last_us));

		quiet_median = kind ? quiet_median : median;
		quiet_last = kind ? quiet_last : of_100;
		printf("| %-25s | %llu | %llu | %llu | %llu | %llu | %.0f | %.1f | %.2f | %.1f | %.2f |\n", kinds[kind].name, last->sent,
		       last->taken, last->throttled, last->refused, last->replies,
		       figures_median(figures[kind], rounds, offsetof(struct figures, steps_per_s)), median, median / quiet_median,
		       of_100, of_100 / quiet_last);
		within = within && (!flood->options->limit || median <= flood->options->limit * quiet_median);
	}
	return within;
}

/* ---- life cycle ---- */

void flood_greet(struct wire *wire)
{
	struct shared none = { 0 };
	struct flooder flooder = { .wire = wire, .shared = &none };

	while (!wire->out_len) {
		wire_read(wire);
		pdus_take(&flooder);
	}
	wire_flush(wire);
}

bool flood_run(struct wire wires[2], const struct script *script, const struct flood_options *options)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct flood flood = { .wire = &wires[0], .shared = shared, .options = options };
	struct sample first;
	struct awake awake;
	pid_t flooder;
	bool within;

	if (shared == MAP_FAILED)
		err(1, "shared memory");
	sample_make(&first, 0, false, NULL, 0);
	awake_start(&awake);
	pin_to(1);
	flooder = flooder_start(&wires[1], shared, strtoull(first.account.msisdn, NULL, 10), script->people_count);
	prctl(PR_SET_TIMERSLACK, 1);
	setpriority(PRIO_PROCESS, 0, READERS_NICE);
	flood.readers = load_new(&wires[0], script, 0, script->people_count / 2, DIALOGS_MAX);
	within = measure_all(&flood);
	load_free(flood.readers);
	kill(flooder, SIGKILL);
	waitpid(flooder, NULL, 0);
	awake_stop(&awake);
	munmap(shared, sizeof(*shared));
	return within;
}
