/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-overload: an HLR whose subscribers dial at a fixed rate, whatever the server does (open loop): first as many as it can serve,
 * then several times as many, then a quarter. Prints what they saw, and fails when a dialog that had begun was refused, a dial got no
 * answer or another one than its page or the busy text, or a dial was refused a second after the flood. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/bench.h"
#include "starhash/text.h"

#define SLOT_BITS 20
#define SLOTS (1u << SLOT_BITS)
#define SESSIONS 0x3fffffffu
#define OUT_SIZE (128u * 1024 * 1024)
#define STRIDE 7919
#define AT_ONCE 256		/* dialogs that keep the server busy, to measure its best rate */
#define SLICE_NS 1000000
#define DRAIN_S 20

struct slot {
	uint32_t session;		/* 0: free */
	uint32_t subscriber;
	uint64_t sent;			/* when its last message was due, ns */
	uint8_t step;
};

static struct slot slots[SLOTS];
static bool *dials;		/* the subscribers that are in a dialog: nobody dials twice at a time */
static uint32_t idle[SLOTS], idle_count, generation, subscriber;
static struct wire wire;
static struct script script;
static uint8_t *out;
static size_t out_head, out_tail;
static unsigned int open_count;
static struct latencies *pages, *answers, *refusals;
static uint64_t dialled, steps, completed, refused, cut_off;

static void put(struct slot *slot, const struct template *template, int8_t invoke_id, uint64_t now)
{
	const uint32_t session = __builtin_bswap32(slot->session);
	uint8_t *at = out + out_tail;

	if (out_tail + template->len > OUT_SIZE)
		errx(1, "the server does not read");
	out_tail += template->len;
	memcpy(at, template->octets, template->len);
	memcpy(at + template->imsi_at, script.people[slot->subscriber].imsi, 8);
	memcpy(at + template->session_at, &session, sizeof(session));
	at[template->invoke_at] = (uint8_t)invoke_id;
	slot->sent = now;
}

static void flush(void)
{
	ssize_t n = 0;

	while (out_head < out_tail && (n = send(wire.fd, out + out_head, out_tail - out_head, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
		out_head += (size_t)n;
	if (n < 0 && errno != EAGAIN)
		err(1, "cannot send");
	if (out_head == out_tail)
		out_head = out_tail = 0;
}

static void dial(uint64_t due)
{
	uint32_t at;

	if (!idle_count)
		errx(1, "%u dialogs without an answer", SLOTS);
	subscriber = (subscriber + STRIDE) % script.people_count;
	if (dials[subscriber])
		return;
	dials[subscriber] = true;
	at = idle[--idle_count];
	slots[at] = (struct slot){ .session = (generation++ << SLOT_BITS & SESSIONS) | at | 0x40000000u, .subscriber = subscriber };
	put(&slots[at], &script.begins[TALK_READ], 1, due);
	open_count++;
	dialled++;
}

static void over(struct slot *slot)
{
	slot->session = 0;
	dials[slot->subscriber] = false;
	idle[idle_count++] = (uint32_t)(slot - slots);
	open_count--;
}

static void take(const struct reply *reply, uint64_t now, const struct packed *busy)
{
	struct slot *slot = &slots[reply->session & (SLOTS - 1)];
	const struct packed *page;

	if (slot->session != reply->session)
		errx(1, "an answer to session %08x, which is not open", reply->session);
	page = script_expected(&script, TALK_READ, slot->step, &script.people[slot->subscriber]);
	if (reply->len == page->len && !memcmp(reply->text, page->octets, page->len)) {
		latencies_add(slot->step ? answers : pages, now - slot->sent);
		steps++;
		slot->step++;
		completed += reply->ends;
	} else if (reply->ends && reply->len == busy->len && !memcmp(reply->text, busy->octets, busy->len)) {
		latencies_add(refusals, now - slot->sent);
		refused++;
		cut_off += slot->step > 0;
	} else {
		packed_print("a wrong answer", reply->text, reply->len);
		exit(1);
	}
	if (reply->ends)
		over(slot);
	else
		put(slot, &script.answer, reply->invoke_id, now);
}

static void receive(const struct packed *busy)
{
	const uint8_t *message;
	struct reply reply;
	size_t len;
	uint64_t now;

	wire_read(&wire);
	now = clock_ns();
	while ((message = hlr_next(&wire, &len))) {
		if (!reply_read(message, len, &reply))
			errx(1, "an answer without a text");
		take(&reply, now, busy);
	}
}

/* \a rate: dials a second; 0: AT_ONCE dialogs are open all the time. */
static void run(double seconds, double rate, const struct packed *busy)
{
	const uint64_t begin = clock_ns(), end = begin + (uint64_t)(seconds * 1e9), gap = rate > 0 ? (uint64_t)(1e9 / rate) : 0;
	uint64_t now, due = begin;

	while ((now = clock_ns()) < end) {
		struct pollfd link = { .fd = wire.fd, .events = POLLIN };
		const struct timespec slice = { .tv_nsec = SLICE_NS };

		for (; gap && due <= now; due += gap)
			dial(due);
		while (!gap && open_count < AT_ONCE)
			dial(now);
		flush();
		if (ppoll(&link, 1, &slice, NULL) < 0)
			err(1, "poll");
		if (link.revents)
			receive(busy);
	}
}

static double report(const char *what, double seconds)
{
	struct figures first, next, no;

	latencies_figures(pages, &first);
	latencies_figures(answers, &next);
	latencies_figures(refusals, &no);
	printf("| %-18s | %.0f | %.0f | %.0f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", what, (double)dialled / seconds,
	       (double)completed / seconds, (double)refused / seconds, first.median_us / 1e3, first.last_us / 1e3, next.median_us / 1e3,
	       next.last_us / 1e3, no.median_us / 1e3, no.last_us / 1e3);
	return (double)completed / seconds;
}

static void count_from_now(void)
{
	dialled = steps = completed = refused = 0;
	latencies_clear(pages);
	latencies_clear(answers);
	latencies_clear(refusals);
}

/* What is open ends. */
static void drain(const struct packed *busy)
{
	const uint64_t end = clock_ns() + DRAIN_S * UINT64_C(1000000000);

	while (open_count) {
		if (clock_ns() > end)
			errx(1, "%u dials got no answer", open_count);
		flush();
		receive(busy);
	}
}

int main(int argc, char **argv)
{
	char *words[] = { argc > 2 ? argv[2] : NULL, "--config", argc > 1 ? argv[1] : NULL, NULL };
	struct subject server = { .name = "starhashd", .argv = words, .talk = TALK_READ };
	struct packed busy;
	double seconds, factor, best;
	uint64_t bad;

	if (argc != 8)
		errx(2, "usage: starhash-overload CONFIG SERVER ADDRESS SUBSCRIBERS SECONDS TIMES BUSY-TEXT");
	seconds = atof(argv[5]);
	factor = atof(argv[6]);
	busy.len = (uint8_t)text_ussd_pack(argv[7], strlen(argv[7]), busy.octets, sizeof(busy.octets));
	out = malloc(OUT_SIZE);
	pages = latencies_new();
	answers = latencies_new();
	refusals = latencies_new();
	if (!out)
		err(1, "memory");
	while (idle_count < SLOTS) {
		idle[idle_count] = SLOTS - 1 - idle_count;
		idle_count++;
	}
	script_init(&script, (unsigned int)atoi(argv[4]), TALK_READ);
	dials = calloc(script.people_count, sizeof(*dials));
	if (!dials)
		err(1, "memory");
	wire_listen(&wire, argv[3], 4222);
	subject_start(&server, -1, true);
	wire_accept(&wire);
	hlr_greet(&wire);
	puts("| dials | a second | completed | refused | first page ms | 99 % | next pages | 99 % | refusals | 99 % |\n"
	     "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
	run(seconds / 4, 0, &busy);
	count_from_now();
	run(seconds, 0, &busy);
	best = report("as it can serve", seconds);
	drain(&busy);
	count_from_now();
	run(seconds, best * factor, &busy);
	report("flood", seconds);
	bad = !refused;
	run(1, best / 4, &busy);
	count_from_now();
	run(seconds, best / 4, &busy);
	report("a second later", seconds);
	bad |= refused | cut_off;
	drain(&busy);
	if (bad)
		printf("refused after the flood: %llu, in the middle of a dialog: %llu\n", (unsigned long long)refused,
		       (unsigned long long)cut_off);
	subject_stop(&server);
	script_fini(&script);
	free(dials);
	free(out);
	latencies_free(pages);
	latencies_free(answers);
	latencies_free(refusals);
	return bad ? 1 : 0;
}
