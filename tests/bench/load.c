/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The load: many phones that dial, read, answer and dial again without a pause. Every answer is verified. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define BATCHES 4096		/* sends whose time is remembered: no answer is so late */
#define WINDOW 1024		/* dialogs begun and not yet answered, while many are opened */
#define WARM_UP 0.2
#define STRIDE 7919		/* a prime: subscribers come in an order that no cache foresees */
#define SLOT_BITS 17
#define SLOTS (1u << SLOT_BITS)
#define SESSIONS 0x20000000u	/* as osmo-msc counts */

struct dialog {
	uint32_t session;		/* 0: free */
	uint32_t subscriber;
	uint32_t batch;			/* the send that its last message went with */
	uint8_t step;
};

struct load {
	struct wire *wire;
	const struct script *script;
	struct dialog *dialogs;
	uint32_t dialogs_max;
	unsigned int steps;		/* of a dialogue */
	unsigned int open;
	uint32_t generation, subscriber, batch;
	bool draining, holding;		/* no new dialogues; no answers to pages */
	uint64_t now, measured_from;	/* answers before that do not count; 0: none do */
	uint64_t sent[BATCHES];
	struct latencies *latencies;
	uint64_t counted;
};

struct load *load_new(struct wire *wire, const struct script *script, unsigned int dialogs_max)
{
	struct load *load = calloc(1, sizeof(*load));

	if (!load)
		err(1, "load");
	load->wire = wire;
	load->script = script;
	load->dialogs_max = dialogs_max;
	load->dialogs = calloc(dialogs_max, sizeof(*load->dialogs));
	load->latencies = latencies_new();
	if (!load->dialogs || dialogs_max > SLOTS)
		errx(1, "cannot make %u dialogs", dialogs_max);
	return load;
}

void load_free(struct load *load)
{
	free(load->dialogs);
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

/* A new dialogue of the next subscriber, in the place of one that is over. */
static void dialog_begin(struct load *load, uint32_t slot)
{
	struct dialog *dialog = &load->dialogs[slot];

	load->subscriber = (load->subscriber + STRIDE) % load->script->people_count;
	dialog->session = SESSIONS | (load->generation++ << SLOT_BITS & (SESSIONS - 1)) | slot;
	dialog->subscriber = load->subscriber;
	dialog->step = 0;
	message_put(load, dialog, &load->script->begin, 1);
	load->open++;
}

static void batch_send(struct load *load)
{
	load->now = clock_ns();
	load->sent[load->batch++ % BATCHES] = load->now;
	wire_flush(load->wire);
}

/* ---- in ---- */

static void check(const struct load *load, const struct dialog *dialog, const struct reply *reply)
{
	const struct packed *expected = script_expected(load->script, load->steps, dialog->step,
							&load->script->people[dialog->subscriber]);

	if (reply->ends == (dialog->step + 1u == load->steps) && reply->len == expected->len &&
	    !memcmp(reply->text, expected->octets, reply->len))
		return;
	warnx("a wrong answer to step %u of subscriber %u%s", dialog->step + 1, dialog->subscriber,
	      reply->ends ? ", which ends the dialogue" : "");
	packed_print("expected", expected->octets, expected->len);
	packed_print("received", reply->text, reply->len);
	exit(1);
}

static void count(struct load *load, const struct dialog *dialog)
{
	const uint64_t sent = load->sent[dialog->batch % BATCHES];

	if (!load->measured_from || load->draining || load->now < load->measured_from)
		return;
	load->counted++;
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
	if (!load->draining)
		dialog_begin(load, (uint32_t)(dialog - load->dialogs));
}

static void message_rx(struct load *load, const uint8_t *message, size_t len)
{
	struct dialog *dialog;
	struct reply reply;

	if (!reply_read(message, len, &reply))
		errx(1, "an answer without a text");
	dialog = dialog_of(load, &reply);
	check(load, dialog, &reply);
	count(load, dialog);
	dialog->step++;
	if (reply.ends)
		dialog_over(load, dialog);
	else if (!load->holding)
		message_put(load, dialog, &load->script->answer, reply.invoke_id);
}

/* Everything that is there. Returns how many answers that were. */
static unsigned int batch_rx(struct load *load)
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

/* ---- measuring ---- */

static void start(struct load *load, const struct subject *subject)
{
	load->steps = subject->steps;
	load->draining = load->holding = false;
	load->measured_from = 0;
	load->counted = 0;
	latencies_clear(load->latencies);
}

static void go_on_until(struct load *load, uint64_t end)
{
	while (load->now < end) {
		batch_rx(load);
		batch_send(load);
	}
}

static void drain(struct load *load)
{
	load->draining = true;
	while (load->open) {
		batch_rx(load);
		batch_send(load);
	}
}

void load_run(struct load *load, const struct subject *subject, unsigned int dialogs, double seconds,
	      struct figures *figures)
{
	uint64_t cpu;
	uint32_t i;

	start(load, subject);
	for (i = 0; i < dialogs; i++)
		dialog_begin(load, i);
	batch_send(load);
	go_on_until(load, load->now + (uint64_t)(WARM_UP * 1e9));
	load->measured_from = load->now;
	cpu = subject_cpu_ns(subject);
	go_on_until(load, load->measured_from + (uint64_t)(seconds * 1e9));
	cpu = subject_cpu_ns(subject) - cpu;
	figures->steps_per_s = (double)load->counted * 1e9 / (double)(load->now - load->measured_from);
	figures->cpu_s = (double)cpu / 1e3 / (double)load->counted;
	drain(load);
	latencies_figures(load->latencies, figures);
}

void load_open(struct load *load, const struct subject *subject, unsigned int dialogs)
{
	unsigned int answered = load->open;

	start(load, subject);
	load->holding = true;
	while (answered < dialogs) {
		while (load->open < dialogs && load->open - answered < WINDOW)
			dialog_begin(load, load->open);
		batch_send(load);
		answered += batch_rx(load);
	}
}
