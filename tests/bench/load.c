/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The load: many phones that dial, read, answer and dial again without a pause. Every answer is verified. */
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

#define WINDOW 1024		/* dialogs begun and not yet answered, while many are opened */
#define WARM_UP 0.2
#define STRIDE 7919		/* a prime: an order of subscribers that no cache predicts */
#define SLOT_BITS 21
#define SLOTS (1u << SLOT_BITS)
#define SESSIONS 0x20000000u	/* as osmo-msc counts */
#define SILENCE_NS 60000000000ull	/* without any answer */
#define SLOW_NS 50000000	/* a step that takes longer is not back to normal */

struct dialog {
	uint32_t session;		/* 0: free */
	uint32_t subscriber;
	uint64_t due;			/* when its last message was due: as scheduled, or when the page came that it answers */
	uint8_t step;
};

struct load {
	struct wire *wire;
	const struct script *script;
	uint32_t first, people;		/* subscribers of the script */
	struct dialog *dialogs;
	uint32_t *idle;			/* free slots; the last one is used next */
	uint32_t dialogs_max, idle_count;
	enum talk talk;
	unsigned int steps;		/* of the dialog */
	bool hangs_up;			/* after them */
	unsigned int open, wanted;
	unsigned int held;		/* open ones that wait at the menu, and stay there */
	unsigned int rate;		/* 0: no pause */
	uint64_t begun_from, due;	/* when there is a rate: its first dialog, and the next one */
	uint64_t begun, begun_max;	/* since load_start() */
	uint32_t generation, subscriber;
	bool draining, holding, may_refuse;	/* no new dialogs; no answers to pages; the busy text may come */
	uint64_t now;
	uint64_t measured_from, measured_to;	/* other answers are not counted; 0: none are */
	uint64_t abnormal_due;		/* of the last message that was refused or answered slowly */
	uint64_t switched;		/* when the first page of another menu came; 0: not yet */
	struct latencies *latencies, *refusals;
	uint64_t counted, ended, refused, dropped, lost;	/* dropped: since load_start(); lost: of these, while measured */
};

struct load *load_new(struct wire *wire, const struct script *script, unsigned int first, unsigned int people,
		      unsigned int dialogs_max)
{
	struct load *load = calloc(1, sizeof(*load));

	if (!load)
		err(1, "load");
	load->wire = wire;
	load->script = script;
	load->first = first;
	load->people = people;
	load->dialogs_max = dialogs_max;
	load->dialogs = calloc(dialogs_max, sizeof(*load->dialogs));
	load->idle = calloc(dialogs_max, sizeof(*load->idle));
	load->latencies = latencies_new();
	load->refusals = latencies_new();
	if (!load->dialogs || !load->idle || dialogs_max > SLOTS)
		errx(1, "cannot make %u dialogs", dialogs_max);
	while (dialogs_max)
		load->idle[load->idle_count++] = --dialogs_max;
	return load;
}

void load_people(struct load *load, unsigned int first, unsigned int people)
{
	load->first = first;
	load->people = people;
	load->subscriber = 0;
}

void load_free(struct load *load)
{
	free(load->dialogs);
	free(load->idle);
	latencies_free(load->latencies);
	latencies_free(load->refusals);
	free(load);
}

/* ---- out ---- */

static void message_put(struct load *load, struct dialog *dialog, const struct template *template, int8_t invoke_id, uint64_t due)
{
	uint8_t *at = wire_put(load->wire, template->len);
	const uint32_t session = __builtin_bswap32(dialog->session);

	memcpy(at, template->octets, template->len);
	memcpy(at + template->imsi_at, load->script->people[dialog->subscriber].imsi, 8);
	memcpy(at + template->session_at, &session, sizeof(session));
	at[template->invoke_at] = (uint8_t)invoke_id;
	dialog->due = due;
}

/* A new dialog of the next subscriber. */
static void dialog_begin(struct load *load, uint64_t due)
{
	const uint32_t slot = load->idle[--load->idle_count];
	struct dialog *dialog = &load->dialogs[slot];

	load->subscriber = (load->subscriber + STRIDE) % load->people;
	dialog->session = SESSIONS | (load->generation++ << SLOT_BITS & (SESSIONS - 1)) | slot;
	dialog->subscriber = load->first + load->subscriber;
	dialog->step = 0;
	message_put(load, dialog, &load->script->begins[load->talk], 1, due);
	load->open++;
	load->begun++;
}

/* What finds no room on the link stays due, and its latency counts from then. Dialogs that are due without a free slot are dropped. */
static void begin_due(struct load *load)
{
	if (!load->rate) {
		while (load->open < load->wanted && load->begun < load->begun_max && wire_has_room(load->wire))
			dialog_begin(load, load->now);
		return;
	}
	while (load->due <= load->now && wire_has_room(load->wire)) {
		if (load->open < load->wanted)
			dialog_begin(load, load->due);
		else if (load->dropped++, load->now < load->measured_to)
			load->lost++;
		load->due = load->begun_from + (load->begun + load->dropped) * 1000000000 / load->rate;
	}
}

void load_send(struct load *load)
{
	load->now = clock_ns();
	if (!load->draining)
		begin_due(load);
	wire_flush_now(load->wire);
}

uint64_t load_due_ns(const struct load *load)
{
	return load->rate && !load->draining ? load->due : UINT64_MAX;
}

/* ---- in ---- */

/* Of a beginning, the last octet may have part of a character that follows. */
static bool begins_with(const struct reply *reply, const struct packed *text)
{
	return reply->len >= text->len && !memcmp(reply->text, text->octets, text->len - 1u);
}

static bool is_text(const struct reply *reply, const struct packed *text)
{
	return reply->len == text->len && !memcmp(reply->text, text->octets, text->len);
}

static void check(struct load *load, const struct dialog *dialog, const struct reply *reply)
{
	const struct packed *expected = script_expected(load->script, load->talk, dialog->step,
							&load->script->people[dialog->subscriber]);

	if (load->hangs_up ? !reply->ends && begins_with(reply, expected)
			   : reply->ends == (dialog->step + 1u == load->steps) && is_text(reply, expected))
		return;
	if (load->talk == TALK_READ && dialog->step == 0 && !reply->ends && begins_with(reply, &load->script->other_menu)) {
		load->switched = load->switched ? load->switched : load->now;
		return;
	}
	warnx("a wrong answer to step %u of subscriber %u%s", dialog->step + 1, dialog->subscriber,
	      reply->ends ? ", which ends the dialog" : "");
	packed_print("expected", expected->octets, expected->len);
	packed_print("received", reply->text, reply->len);
	exit(1);
}

static bool is_refusal(const struct load *load, const struct reply *reply)
{
	const struct packed *refusal = &load->script->refusals[load->talk];

	return refusal->len && reply->ends && (load->may_refuse || load->talk != TALK_READ) && is_text(reply, refusal);
}

/* Throughput by the time of the answer, latency by that of the message: those that are answered late count, too. */
static void count(struct load *load, const struct dialog *dialog, bool refusal)
{
	const bool measured = load->measured_from && load->now >= load->measured_from && load->now < load->measured_to;

	if (load->may_refuse && (refusal || load->now - dialog->due > SLOW_NS) && dialog->due > load->abnormal_due)
		load->abnormal_due = dialog->due;
	load->refused += measured && refusal;
	load->counted += measured && !refusal;
	load->ended += measured && !refusal && dialog->step + 1u == load->steps;
	if (load->measured_from && dialog->due >= load->measured_from && dialog->due < load->measured_to)
		latencies_add(refusal ? load->refusals : load->latencies, load->now - dialog->due);
}

static struct dialog *dialog_of(const struct load *load, const struct reply *reply)
{
	const uint32_t slot = reply->session & (SLOTS - 1);

	if (slot >= load->dialogs_max || load->dialogs[slot].session != reply->session)
		errx(1, "an answer to session %08x, which is not open", reply->session);
	return &load->dialogs[slot];
}

static void dialog_over(struct load *load, struct dialog *dialog)
{
	dialog->session = 0;
	load->open--;
	load->idle[load->idle_count++] = (uint32_t)(dialog - load->dialogs);
}

static void message_rx(struct load *load, const uint8_t *message, size_t len)
{
	struct dialog *dialog;
	struct reply reply;
	bool refusal;

	if (!reply_read(message, len, &reply))
		errx(1, "an answer without a text");
	dialog = dialog_of(load, &reply);
	refusal = is_refusal(load, &reply);
	if (!refusal)
		check(load, dialog, &reply);
	count(load, dialog, refusal);
	dialog->step++;
	if (load->hangs_up && dialog->step == load->steps) {
		message_put(load, dialog, &load->script->hang_up, reply.invoke_id, load->now);
		dialog_over(load, dialog);
		return;
	}
	if (reply.ends)
		dialog_over(load, dialog);
	else if (!load->holding)
		message_put(load, dialog, &load->script->answer, reply.invoke_id, load->now);
}

static unsigned int messages_rx(struct load *load)
{
	const uint8_t *message;
	unsigned int answers = 0;
	size_t len;

	load->now = clock_ns();
	for (; wire_may_answer(load->wire) && (message = hlr_next(load->wire, &len)); answers++)
		message_rx(load, message, len);
	return answers;
}

unsigned int load_rx(struct load *load)
{
	wire_read(load->wire);
	return messages_rx(load);
}

void load_go_on(struct load *load, double seconds)
{
	struct pollfd link = { .fd = load->wire->fd, .events = POLLIN };
	const uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9);
	uint64_t now;

	while ((now = clock_ns()) < end) {
		const uint64_t due = load_due_ns(load) < end ? load_due_ns(load) : end;
		const uint64_t left = due > now ? due - now : 0;
		const struct timespec wait = { .tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000) };

		if (ppoll(&link, 1, &wait, NULL) < 0)
			err(1, "poll");
		if (link.revents)
			load_rx(load);
		load_send(load);
	}
}

/* ---- measuring ---- */

void load_start(struct load *load, enum talk talk, unsigned int dialogs, unsigned int rate)
{
	load->talk = talk;
	load->steps = script_steps(talk);
	load->hangs_up = script_hangs_up(talk);
	load->wanted = dialogs;
	load->rate = rate;
	load->begun_from = load->due = clock_ns();
	load->begun = load->dropped = 0;
	load->begun_max = UINT64_MAX;
	load->draining = load->holding = load->may_refuse = false;
	load->measured_from = load->measured_to = load->switched = 0;
}

void load_measure(struct load *load)
{
	load->measured_from = load->now = clock_ns();
	load->measured_to = UINT64_MAX;
	load->counted = load->ended = load->refused = load->lost = 0;
	latencies_clear(load->latencies);
	latencies_clear(load->refusals);
}

void load_stop(struct load *load)
{
	load->draining = true;
	if (load->measured_to == UINT64_MAX)
		load->measured_to = clock_ns();
}

bool load_is_open(const struct load *load)
{
	return load->open > load->held;
}

void load_figures(const struct load *load, struct figures *figures)
{
	const uint64_t to = load->measured_to < load->now ? load->measured_to : load->now;
	const double s = (double)(to - load->measured_from) / 1e9;

	figures->steps_per_s = (double)load->counted / s;
	figures->ended_per_s = (double)load->ended / s;
	figures->refused_per_s = (double)load->refused / s;
	figures->dropped_per_s = (double)load->lost / s;
	latencies_figures(load->latencies, figures);
}

/* One round. With a rate the processor does not sleep: a process that is woken is late, and that would be measured as well. */
static void round_go(struct load *load)
{
	struct pollfd link = { .fd = load->wire->fd, .events = POLLIN | POLLOUT };

	load_send(load);
	if (load->rate) {
		wire_read_now(load->wire);
		messages_rx(load);
		return;
	}
	if (load->wire->out_len && poll(&link, 1, -1) < 0)
		err(1, "poll");
	if (!load->wire->out_len || link.revents & POLLIN)
		load_rx(load);
}

void load_busy(struct load *load, double seconds)
{
	const uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9);

	do
		round_go(load);
	while (load->now < end);
}

void load_finish(struct load *load)
{
	const uint64_t begun = clock_ns();

	load_stop(load);
	while (load_is_open(load)) {
		round_go(load);
		if (load->now - begun > SILENCE_NS)
			errx(1, "%u dialogs are not answered", load->open - load->held);
	}
}

void load_run(struct load *load, const struct subject *subject, unsigned int dialogs, unsigned int rate, double seconds,
	      struct figures *figures)
{
	uint64_t cpu, ours, theirs;

	load_start(load, subject->talk, load->held + (rate ? load->dialogs_max - load->held : dialogs), rate);
	load_busy(load, WARM_UP);
	load_measure(load);
	cpu = subject_cpu_ns(subject);
	ours = process_waited_ns(getpid());
	theirs = process_waited_ns(subject->pid);
	load_busy(load, seconds);
	cpu = subject_cpu_ns(subject) - cpu;
	ours = process_waited_ns(getpid()) - ours;
	theirs = process_waited_ns(subject->pid) - theirs;
	load_finish(load);
	load_figures(load, figures);
	figures->cpu_s = (double)cpu / 1e3 / (double)load->counted;
	figures->waited = (double)(ours > theirs ? ours : theirs) / 1e9 / seconds;
}

void load_count(struct load *load, enum talk talk, unsigned int dialogs, uint64_t total)
{
	load_start(load, talk, dialogs, 0);
	load->begun_max = total;
	do
		round_go(load);
	while (load->open || load->begun < total);
}

void load_open(struct load *load, unsigned int dialogs)
{
	unsigned int answered = load->open;

	load_start(load, TALK_READ, 0, 0);
	load->holding = true;
	while (answered < dialogs) {
		load->wanted = answered + WINDOW < dialogs ? answered + WINDOW : dialogs;
		load_send(load);
		answered += load_rx(load);
	}
	load->held = load->open;
}

/* ---- a flood ---- */

void load_flood(struct load *load, unsigned int rate)
{
	load_start(load, TALK_READ, load->dialogs_max, rate);
	load->may_refuse = true;
	load->abnormal_due = 0;
}

void load_calm(struct load *load, unsigned int rate)
{
	load->measured_to = load->begun_from = load->due = clock_ns();
	load->begun = load->dropped = 0;
	load->rate = rate;
}

double load_recovery_s(const struct load *load)
{
	return load->abnormal_due > load->measured_to ? (double)(load->abnormal_due - load->measured_to) / 1e9 : 0;
}

double load_refusals_us(const struct load *load, double share)
{
	return latencies_us(load->refusals, share);
}

double load_switched_s(const struct load *load)
{
	return load->switched ? (double)(load->switched - load->measured_from) / 1e9 : -1;
}
