/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A load generator that plays the HLR or an SMSC, in parts: the server under test, the link to it, the messages on the
 * link, and the load. A part that fails prints the reason and exits: half a measurement is useless. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t clock_ns(void);

/* A kind of dialog. */
enum talk {
	TALK_ECHO,		/* with osmo-euse-demo */
	TALK_READ,		/* the menu, the balance, the end */
	TALK_SELFCARE,		/* the same in menus/selfcare, and the subscriber hangs up */
	TALK_ORDER,		/* the offer, the question, and the order */
	TALK_PASSWORD,		/* a wrong one */
	TALKS,
	TALK_TEXT = TALKS,	/* no dialog: a keyword by short message */
};

/* ---- subject.c: the process under test ---- */

struct subject {
	const char *name;
	char *const *argv;
	char *const *helper;		/* a second process needed by it, or NULL */
	enum talk talk;			/* the dialog used to measure its speed */
	pid_t pid, helper_pid;
};

/* Fork a process that ends with this one. 0: this is the new one. */
pid_t child_new(void);

/* Start it on processor \a cpu, or on any if that is negative; it connects by itself. Its output is discarded
 * unless \a loud. */
void subject_start(struct subject *subject, int cpu, bool loud);
void subject_stop(struct subject *subject);
uint64_t subject_cpu_ns(const struct subject *subject);
void subject_rest(const struct subject *subject);	/* wait until it has nothing left to do from its start */
uint64_t process_waited_ns(pid_t pid);			/* ready, while others had its processor */
uint64_t subject_memory(const struct subject *subject);	/* resident octets */
uint64_t subject_memory_peak(const struct subject *subject);
void subject_kill(struct subject *subject);		/* it may not even say goodbye */
void pin_to(int cpu);

/* An idle virtual processor is lent to others and returns late: that would be measured instead of the server. */
#define CPUS 2
struct awake {
	pid_t pids[CPUS];		/* they use the idle time of each */
};
void awake_start(struct awake *awake);
void awake_stop(const struct awake *awake);

/* ---- wire.c: one connection, one recv() and one send() for many messages ---- */

#define WIRE_READ_SIZE (64 * 1024)
#define WIRE_MESSAGE_MAX (64 * 1024)
#define WIRE_OUT_SIZE (8 * 1024 * 1024)
#define WIRE_OUT_FEW (128 * 1024)

struct wire {
	int listening, fd;
	size_t in_len, in_pos, out_len;
	uint8_t in[WIRE_READ_SIZE + WIRE_MESSAGE_MAX];
	uint8_t out[WIRE_OUT_SIZE];
};

void wire_listen(struct wire *wire, const char *address, uint16_t port);
void wire_accept(struct wire *wire);
void wire_connect(struct wire *wire, const char *address, uint16_t port);
void wire_close(struct wire *wire);			/* the connection, not the listening */
void wire_flush(struct wire *wire);			/* send the queued messages */
void wire_read(struct wire *wire);			/* wait for something and read it */

/* The same without waiting: a peer that does not read delays what it is sent, and not the sender's schedule. */
void wire_flush_now(struct wire *wire);
bool wire_read_now(struct wire *wire);			/* false: nothing is there */

/* A dialog begins when few octets wait; answers are queued as long as there is room, so that two peers never wait for each other. */
static inline bool wire_has_room(const struct wire *wire)
{
	return wire->out_len < WIRE_OUT_FEW;
}

static inline bool wire_may_answer(const struct wire *wire)
{
	return wire->out_len < WIRE_OUT_SIZE - WIRE_OUT_FEW;
}

/* Room for a message, which counts as queued. */
static inline uint8_t *wire_put(struct wire *wire, size_t len)
{
	uint8_t *at = wire->out + wire->out_len;

	wire->out_len += len;
	return at;
}

/* ---- hlr.c: GSUP on it ---- */

/* Exchange identities with the connected server. */
void hlr_greet(struct wire *wire);

/* The next GSUP message of the read buffer; NULL: no complete one is left. Answers pings. */
const uint8_t *hlr_next(struct wire *wire, size_t *len);

/* ---- script.c: the messages ---- */

#define TALK_STEPS_MAX 3

/* A string as encoded in a component. */
struct packed {
	uint8_t len;
	uint8_t octets[54];
};

/* A subscriber: one cache line. */
struct person {
	uint8_t imsi[8];		/* digits as on the wire */
	bool postpaid;
	struct packed balance;
};

/* A message template, with the places that differ between dialogs. */
struct template {
	uint8_t octets[96];
	uint8_t len, imsi_at, session_at, invoke_at;
};

struct script {
	struct template begins[TALKS], answer, hang_up;
	struct packed texts[TALKS][TALK_STEPS_MAX];
	struct packed refusals[TALKS];	/* may come instead, and ends the dialog; empty: none */
	struct packed menu_postpaid;
	struct packed other_menu;	/* of TALK_READ, after a reload of another menu */
	enum talk reads;		/* the dialog that shows a balance */
	struct person *people;
	unsigned int people_count;
};

/* \a reads: TALK_READ or TALK_SELFCARE, by the server's menu. */
void script_init(struct script *script, unsigned int subscribers, enum talk reads);
void script_fini(struct script *script);

/* The steps of a dialog, counted by answers. */
unsigned int script_steps(enum talk talk);

/* Whether the subscriber ends the dialog after its last step. The expected texts of such a dialog are only beginnings. */
bool script_hangs_up(enum talk talk);

/* The text expected at a step (from 0) of a dialog. */
const struct packed *script_expected(const struct script *script, enum talk talk, unsigned int step,
				     const struct person *person);

/* The relevant parts of a received message. */
struct reply {
	uint32_t session;
	bool ends;
	int8_t invoke_id;
	uint8_t len;
	const uint8_t *text;
};

bool reply_read(const uint8_t *message, size_t len, struct reply *reply);
void packed_print(const char *what, const uint8_t *octets, size_t len);

/* ---- latencies.c ---- */

struct figures {
	double steps_per_s, median_us, last_us, p999_us, max_us;	/* last: 99 of 100 are faster */
	double cpu_s;						/* per million steps */
	double waited;						/* share of the time that generator or server waited for a processor */
	double ended_per_s, refused_per_s, dropped_per_s;	/* dialogs; dropped: never begun, for want of a free one */
};

#define ROUNDS_MAX 99

/* The median of the figure at \a offset. */
double figures_median(const struct figures *figures, unsigned int rounds, size_t offset);

struct latencies;

struct latencies *latencies_new(void);
void latencies_free(struct latencies *latencies);
void latencies_clear(struct latencies *latencies);
void latencies_add(struct latencies *latencies, uint64_t ns);

/* The value that this share of the added ones does not exceed, within 1/128. */
double latencies_us(const struct latencies *latencies, double share);

void latencies_figures(const struct latencies *latencies, struct figures *figures);

/* ---- load.c: phones ---- */

struct load;

/* \a first, \a people: which subscribers of the script dial. */
struct load *load_new(struct wire *wire, const struct script *script, unsigned int first, unsigned int people,
		      unsigned int dialogs_max);
void load_people(struct load *load, unsigned int first, unsigned int people);	/* from now on */
void load_free(struct load *load);

/* For a warm-up and then for \a seconds, keep \a dialogs open, or begin \a rate dialogs a second unless that is 0; finish the
 * open ones at the end. A latency counts from when the message was due: by the schedule of the rate, or when the page came that it
 * answers, so that a server that is late is late for all the dialogs of that time. */
void load_run(struct load *load, const struct subject *subject, unsigned int dialogs, unsigned int rate, double seconds,
	      struct figures *figures);

/* That many dialogs, at most \a dialogs at once. */
void load_count(struct load *load, enum talk talk, unsigned int dialogs, uint64_t total);

/* Open dialogs until there are \a dialogs, and leave them all at the menu while others come and go. */
void load_open(struct load *load, unsigned int dialogs);

/* Instead of load_start(), when the server may refuse dialogs; then load_measure(), load_busy(), and load_calm(), which ends the
 * measurement and goes on with another rate; load_finish(), and figures. */
void load_flood(struct load *load, unsigned int rate);
void load_calm(struct load *load, unsigned int rate);
double load_recovery_s(const struct load *load);	/* until no dialog was refused, and no step took more than 50 ms */
double load_refusals_us(const struct load *load, double share);

/* When the first page of another menu came; negative: none did. */
double load_switched_s(const struct load *load);

/* In parts, for several loads side by side: from load_start() on, load_send() begins and sends due dialogs, and load_rx()
 * reads answers. \a rate: dialogs begun each second, up to \a dialogs at once; 0: each as soon as another ends. */
void load_start(struct load *load, enum talk talk, unsigned int dialogs, unsigned int rate);
void load_send(struct load *load);
unsigned int load_rx(struct load *load);		/* answers received */
uint64_t load_due_ns(const struct load *load);		/* when load_send() begins the next dialog */
void load_go_on(struct load *load, double seconds);	/* send what is due, and read */
void load_busy(struct load *load, double seconds);	/* the same without sleeping, for high rates */
void load_finish(struct load *load);			/* load_stop(), and wait for the open dialogs */
void load_measure(struct load *load);			/* from now on */
void load_stop(struct load *load);			/* begin no more dialogs */
bool load_is_open(const struct load *load);

/* Since load_measure(). */
void load_figures(const struct load *load, struct figures *figures);

/* ---- mixed.c: reads beside changes ---- */

/* Readers dial on the first link at a fixed rate; orders and passwords come on the second one. Prints a table of the effect
 * of each on the readers: medians of \a rounds, each with \a seconds of each kind. */
void mixed_run(struct wire wires[2], const struct script *script, double seconds, unsigned int rounds);

/* ---- flood.c: dials beside a flood of short messages ---- */

struct flood_options {
	unsigned int texts;		/* in each flood */
	unsigned int readers;		/* dialled dialogs a second */
	unsigned int rounds;
	double seconds;			/* of each flood */
	double limit;			/* of the readers' median, as a multiple of the quiet one; 0: none */
};

/* Accept the bind of the connected server. */
void flood_greet(struct wire *wire);

/* Readers on the first link, GSUP; floods on the second one, SMPP. Prints a table; returns whether all medians are within the limit. */
bool flood_run(struct wire wires[2], const struct script *script, const struct flood_options *options);

/* ---- notices.c: dials beside monthly notices ---- */

struct notices_options {
	unsigned int readers;		/* dialled dialogs a second */
	double seconds;			/* of each quiet measurement */
	double limit;			/* of the readers' 99th percentile, as a multiple of the quiet one; 0: none */
	bool kill;			/* the server, when half of the notifications have come */
	bool loud;
};

/* Readers on the first link, GSUP, and an SMSC on the second one; both listen. \a quiet is a server whose subscribers are sent nothing,
 * \a noticed the one whose subscribers are each sent one notification. Prints tables; returns whether each of these came once, and the
 * readers were answered within the limit. */
bool notices_run(struct wire wires[2], const struct script *script, struct subject *quiet, struct subject *noticed,
		 const struct notices_options *options);

/* ---- events.c: dials beside events over HTTP ---- */

struct events_options {
	const char *socket;		/* the door's */
	const char *database;		/* looked into when the server has stopped */
	unsigned int readers;		/* dialled dialogs a second */
	double seconds;			/* of each measurement */
	double limit;			/* of the readers' median, as a multiple of the quiet one; 0: none */
};

/* Readers on the link of a connected server. Prints a table; returns whether each event that was accepted is stored once, and the readers'
 * median is within the limit. Stops the server. */
bool events_run(struct wire *wire, const struct script *script, struct subject *server, const struct events_options *options);

/* ---- smsc.c ---- */

struct smsc;

/* An SMSC with texts of the sample accounts. */
struct smsc *smsc_new(struct wire *wire, unsigned int subscribers);
void smsc_free(struct smsc *smsc);
void smsc_greet(struct smsc *smsc);			/* accept the bind of the connected server */

/* That many texts, at most \a texts at once. */
void smsc_count(struct smsc *smsc, unsigned int texts, uint64_t total);

/* Keep \a texts of different subscribers unanswered for a warm-up and then for \a seconds. Each gets the balance of
 * its subscriber's account, or \a fixed. */
void smsc_run(struct smsc *smsc, const struct subject *subject, const char *fixed, unsigned int texts, double seconds,
	      struct figures *figures);

/* ---- compare.c: beside servers that do less ---- */

struct compare_options {
	const char *measure;			/* closed, open, start, live, reload, flood, growth, instructions, sms, sms_instructions */
	const char *servers;			/* separated by blanks: starhashd memory sqlite echo osmo-euse-demo Kannel */
	const char *results;			/* file to append to */
	const char *server, *config, *kannel, *baseline, *echo, *database, *address;
	const char *menu, *next_menu;		/* reload: a text file of the menu, and what replaces it */
	unsigned int subscribers, rounds;
	unsigned int dialogs;			/* 0: as usual for the measure */
	unsigned int rate;			/* steps a second: offered (open, reload), or the best known (flood) */
	double seconds;
	bool loud;
};

void compare_run(struct wire *wire, const struct compare_options *options);
