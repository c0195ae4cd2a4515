/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The load: many phones that dial, read, answer and dial again without a pause. Every answer is verified. */
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define BATCHES 4096		/* sends whose time is remembered: more than the latest answer needs */
#define WINDOW 1024		/* dialogs begun and not yet answered, while many are opened */
#define WARM_UP 0.2
#define STRIDE 7919		/* a prime: an order of subscribers that no cache predicts */
#define SLOT_BITS 17
#define SLOTS (1u << SLOT_BITS)
#define SESSIONS 0x20000000u	/* as osmo-msc counts */

struct dialog {
	uint32_t session;		/* 0: free */
	uint32_t subscriber;
	uint32_t batch;			/* the send that carried its last message */
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
	unsigned int rate;		/* 0: no pause */
	uint64_t due;			/* the next dialog, when there is a rate */
	uint32_t generation, subscriber, batch;
	bool draining, holding;		/* no new dialogs; no answers to pages */
	uint64_t now, measured_from;	/* answers before this time are not counted; 0: none are */
	uint64_t sent[BATCHES];
	struct latencies *latencies;
	uint64_t counted, ended, refused;
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
	if (!load->dialogs || !load->idle || dialogs_max > SLOTS)
		errx(1, "cannot make %u dialogs", dialogs_max);
	while (dialogs_max)
		load->idle[load->idle_count++] = --dialogs_max;
	return load;
}

void load_free(struct load *load)
{
	free(load->dialogs);
	free(load->idle);
	latencies_free(load->latencies);
	free(load);
}

/* ---- out ---- */

static void message_put(struct load *load, struct dialog *dialog, const struct template *template, int8_t invoke_id)
{
	uint8_t *at = wire_put(load->wire, template->len);
	const uint32_t session = __builtin_bswap32(dialog->session);

	memcpy(at, template->octets, template->len);
	memcpy(at + template->imsi_at, load->script->people[dialog->subscriber].imsi, 8);
	memcpy(at + template->session_at, &session, sizeof(session));
	at[template->invoke_at] = (uint8_t)invoke_id;
	dialog->batch = load->batch;
}

/* A new dialog of the next subscriber. */
static void dialog_begin(struct load *load)
{
	const uint32_t slot = load->idle[--load->idle_count];
	struct dialog *dialog = &load->dialogs[slot];

	load->subscriber = (load->subscriber + STRIDE) % load->people;
	dialog->session = SESSIONS | (load->generation++ << SLOT_BITS & (SESSIONS - 1)) | slot;
	dialog->subscriber = load->first + load->subscriber;
	dialog->step = 0;
	message_put(load, dialog, &load->script->begins[load->talk], 1);
	load->open++;
}

/* Dialogs that are due without a free slot are dropped. */
static void begin_due(struct load *load)
{
	if (!load->rate) {
		while (load->open < load->wanted)
			dialog_begin(load);
		return;
	}
	for (; load->due <= load->now; load->due += 1000000000 / load->rate)
		if (load->open < load->wanted)
			dialog_begin(load);
}

void load_send(struct load *load)
{
	load->now = clock_ns();
	if (!load->draining)
		begin_due(load);
	load->sent[load->batch++ % BATCHES] = load->now;
	wire_flush(load->wire);
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

static void check(const struct load *load, const struct dialog *dialog, const struct reply *reply)
{
	const struct packed *expected = script_expected(load->script, load->talk, dialog->step,
							&load->script->people[dialog->subscriber]);

	if (load->hangs_up ? !reply->ends && begins_with(reply, expected)
			   : reply->ends == (dialog->step + 1u == load->steps) && is_text(reply, expected))
		return;
	warnx("a wrong answer to step %u of subscriber %u%s", dialog->step + 1, dialog->subscriber,
	      reply->ends ? ", which ends the dialog" : "");
	packed_print("expected", expected->octets, expected->len);
	packed_print("received", reply->text, reply->len);
	exit(1);
}

static bool is_refusal(const struct load *load, const struct reply *reply)
{
	const struct packed *refusal = &load->script->refusals[load->talk];

	return refusal->len && reply->ends && is_text(reply, refusal);
}

static void count(struct load *load, const struct dialog *dialog)
{
	const uint64_t sent = load->sent[dialog->batch % BATCHES];

	if (!load->measured_from || load->draining || load->now < load->measured_from)
		return;
	load->counted++;
	load->ended += dialog->step + 1u == load->steps;
	if (sent >= load->measured_from)
		latencies_add(load->latencies, load->now - sent);
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

	if (!reply_read(message, len, &reply))
		errx(1, "an answer without a text");
	dialog = dialog_of(load, &reply);
	if (is_refusal(load, &reply)) {
		load->refused++;
	} else {
		check(load, dialog, &reply);
		count(load, dialog);
	}
	dialog->step++;
	if (load->hangs_up && dialog->step == load->steps) {
		message_put(load, dialog, &load->script->hang_up, reply.invoke_id);
		dialog_over(load, dialog);
		return;
	}
	if (reply.ends)
		dialog_over(load, dialog);
	else if (!load->holding)
		message_put(load, dialog, &load->script->answer, reply.invoke_id);
}

unsigned int load_rx(struct load *load)
{
	const uint8_t *message;
	unsigned int answers = 0;
	size_t len;

	wire_read(load->wire);
	load->now = clock_ns();
	for (; (message = hlr_next(load->wire, &len)); answers++)
		message_rx(load, message, len);
	return answers;
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
	load->due = clock_ns();
	load->draining = load->holding = false;
	load->measured_from = 0;
}

void load_measure(struct load *load)
{
	load->measured_from = load->now = clock_ns();
	load->counted = load->ended = load->refused = 0;
	latencies_clear(load->latencies);
}

void load_stop(struct load *load)
{
	load->draining = true;
}

bool load_is_open(const struct load *load)
{
	return load->open;
}

void load_figures(const struct load *load, struct figures *figures)
{
	const double s = (double)(load->now - load->measured_from) / 1e9;

	figures->steps_per_s = (double)load->counted / s;
	figures->ended_per_s = (double)load->ended / s;
	figures->refused_per_s = (double)load->refused / s;
	latencies_figures(load->latencies, figures);
}

static void go_on_until(struct load *load, uint64_t end)
{
	while (load->now < end) {
		load_rx(load);
		load_send(load);
	}
}

static void drain(struct load *load)
{
	load_stop(load);
	while (load->open) {
		load_rx(load);
		load_send(load);
	}
}

void load_run(struct load *load, const struct subject *subject, unsigned int dialogs, double seconds,
	      struct figures *figures)
{
	uint64_t cpu;

	load_start(load, subject->talk, dialogs, 0);
	load_send(load);
	go_on_until(load, load->now + (uint64_t)(WARM_UP * 1e9));
	load_measure(load);
	cpu = subject_cpu_ns(subject);
	go_on_until(load, load->measured_from + (uint64_t)(seconds * 1e9));
	cpu = subject_cpu_ns(subject) - cpu;
	load_figures(load, figures);
	figures->cpu_s = (double)cpu / 1e3 / (double)load->counted;
	drain(load);
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
}
