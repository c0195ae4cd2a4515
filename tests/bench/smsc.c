/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SMSC's end of an SMPP link: subscribers who text a keyword, and read and compare the answer. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "channel/smpp/smpp_codec.h"
#include "tool/data/invented.h"

#define SERVICE "10086"
#define KEYWORD "BAL"
#define PDU_MAX 256
#define WARM_UP 0.5
#define STRIDE 7919		/* a prime: an order of subscribers that no cache predicts */

/* The sender of a text, and the expected answer. */
struct texter {
	char number[12];
	char balance[44];
	uint64_t sent;		/* time of sending; 0: no answer expected */
};

struct smsc {
	struct wire *wire;
	struct texter *texters;
	unsigned int count, next;
	uint64_t first;			/* number of the first; the others follow it */
	uint32_t sequence, message_id;
	const char *fixed;
	unsigned int open;
	uint64_t left;			/* texts that may still begin */
	bool draining;
	uint64_t now, measured_from;	/* 0: none are counted */
	uint64_t counted;
	struct latencies *latencies;
};

/* ---- the link ---- */

static void flush(struct smsc *smsc)
{
	smsc->now = clock_ns();
	wire_flush(smsc->wire);
}

static void put(struct smsc *smsc, const struct smpp_pdu *pdu)
{
	struct wire *wire = smsc->wire;
	int n;

	if (wire->out_len + PDU_MAX > WIRE_OUT_SIZE)
		flush(smsc);
	n = smpp_write(pdu, wire->out + wire->out_len, PDU_MAX);
	if (n < 0)
		errx(1, "a message of the benchmark cannot be made");
	wire->out_len += (size_t)n;
}

static void answer(struct smsc *smsc, const struct smpp_pdu *pdu, const char *message_id)
{
	put(smsc, &(struct smpp_pdu){ .command = pdu->command | SMPP_RESPONSE, .sequence = pdu->sequence,
				      .system_id = "bench", .message_id = message_id });
}

static void read_more(struct smsc *smsc)
{
	wire_read(smsc->wire);
	smsc->now = clock_ns();
}

/* In the read buffer. */
static bool next_pdu(struct smsc *smsc, struct smpp_pdu *pdu)
{
	struct wire *wire = smsc->wire;
	const int n = smpp_frame_read(wire->in + wire->in_pos, wire->in_len - wire->in_pos);

	if (!n)
		return false;
	if (n < 0 || smpp_read(wire->in + wire->in_pos, (size_t)n, pdu) < 0)
		errx(1, "what came is not SMPP");
	wire->in_pos += (size_t)n;
	return true;
}

/* ---- the messages ---- */

/* The next subscriber that does not wait for an answer. */
static void text_begin(struct smsc *smsc)
{
	struct texter *texter;

	do {
		smsc->next = (smsc->next + STRIDE) % smsc->count;
		texter = &smsc->texters[smsc->next];
	} while (texter->sent);
	texter->sent = smsc->now;
	smsc->left--;
	smsc->sequence++;
	smsc->open++;
	put(smsc, &(struct smpp_pdu){
		.command = SMPP_DELIVER_SM, .sequence = smsc->sequence & 0x7fffffff, .source_ton = 1, .source_npi = 1,
		.source = texter->number, .destination_npi = 1, .destination = SERVICE,
		.short_message = { (const uint8_t *)KEYWORD, strlen(KEYWORD) },
		.tlvs = 1 << SMPP_TLV_USER_MESSAGE_REFERENCE, .user_message_reference = (uint16_t)(smsc->sequence | 1),
	});
}

static struct texter *texter_of(struct smsc *smsc, const char *number)
{
	const uint64_t index = strtoull(number, NULL, 10) - smsc->first;

	if (index >= smsc->count || !smsc->texters[index].sent)
		errx(1, "an answer to %s, who waits for none", number);
	return &smsc->texters[index];
}

static void check(const struct smsc *smsc, const struct texter *texter, const struct smpp_pdu *pdu)
{
	const struct smpp_octets message = smpp_message(pdu);
	const char *expected = smsc->fixed ? smsc->fixed : texter->balance;

	if (message.len != strlen(expected) || memcmp(message.at, expected, message.len) || strcmp(pdu->source, SERVICE))
		errx(1, "%s got \"%.*s\" and not \"%s\"", texter->number, (int)message.len, message.at, expected);
}

static void answered(struct smsc *smsc, const struct smpp_pdu *pdu)
{
	struct texter *texter = texter_of(smsc, pdu->destination);
	char message_id[16];

	check(smsc, texter, pdu);
	if (smsc->measured_from && !smsc->draining) {
		smsc->counted++;
		if (texter->sent >= smsc->measured_from)
			latencies_add(smsc->latencies, smsc->now - texter->sent);
	}
	texter->sent = 0;
	smsc->open--;
	snprintf(message_id, sizeof(message_id), "%x", ++smsc->message_id);
	answer(smsc, pdu, message_id);
	if (!smsc->draining && smsc->left)
		text_begin(smsc);
}

static void take(struct smsc *smsc, const struct smpp_pdu *pdu)
{
	if (pdu->command == SMPP_SUBMIT_SM)
		answered(smsc, pdu);
	else if (pdu->status)
		errx(1, "%s refused: status 0x%x", smpp_command_name(pdu->command), pdu->status);
	else if (!(pdu->command & SMPP_RESPONSE))
		answer(smsc, pdu, NULL);
}

static void go_on(struct smsc *smsc)
{
	struct smpp_pdu pdu;

	read_more(smsc);
	while (next_pdu(smsc, &pdu))
		take(smsc, &pdu);
	flush(smsc);
}

/* ---- the load ---- */

static void begin(struct smsc *smsc, const char *fixed, unsigned int texts, uint64_t total)
{
	smsc->fixed = fixed;
	smsc->left = total;
	smsc->draining = false;
	smsc->measured_from = smsc->counted = 0;
	latencies_clear(smsc->latencies);
	smsc->now = clock_ns();
	for (unsigned int i = 0; i < texts; i++)
		text_begin(smsc);
	flush(smsc);
}

void smsc_count(struct smsc *smsc, unsigned int texts, uint64_t total)
{
	begin(smsc, NULL, texts, total);
	while (smsc->open)
		go_on(smsc);
}

void smsc_run(struct smsc *smsc, const struct subject *subject, const char *fixed, unsigned int texts, double seconds,
	      struct figures *figures)
{
	uint64_t cpu, end;

	begin(smsc, fixed, texts, UINT64_MAX);
	for (end = smsc->now + (uint64_t)(WARM_UP * 1e9); smsc->now < end;)
		go_on(smsc);
	smsc->measured_from = smsc->now;
	cpu = subject_cpu_ns(subject);
	for (end = smsc->now + (uint64_t)(seconds * 1e9); smsc->now < end;)
		go_on(smsc);
	cpu = subject_cpu_ns(subject) - cpu;
	figures->steps_per_s = (double)smsc->counted * 1e9 / (double)(smsc->now - smsc->measured_from);
	figures->cpu_s = (double)cpu / 1e3 / (double)smsc->counted;
	for (smsc->draining = true; smsc->open;)
		go_on(smsc);
	latencies_figures(smsc->latencies, figures);
}

/* ---- life cycle ---- */

static void texter_make(struct smsc *smsc, unsigned int index)
{
	struct texter *texter = &smsc->texters[index];
	struct sample sample;

	sample_make(&sample, index, smsc->count <= SAMPLE_LINES_MAX, NULL, 0);
	snprintf(texter->number, sizeof(texter->number), "%.11s", sample.account.msisdn);
	if (sample.account.balance == STORED_UNKNOWN)	/* of those who get bills */
		strcpy(texter->balance, "Balance -");
	else
		snprintf(texter->balance, sizeof(texter->balance), "Balance %lld.%02lld",
			 (long long)sample.account.balance / 100, (long long)sample.account.balance % 100);
}

struct smsc *smsc_new(struct wire *wire, unsigned int subscribers)
{
	struct smsc *smsc = calloc(1, sizeof(*smsc));
	unsigned int i;

	if (!smsc)
		err(1, "SMSC");
	smsc->texters = calloc(subscribers, sizeof(*smsc->texters));
	if (!smsc->texters)
		err(1, "subscribers");
	smsc->count = subscribers;
	for (i = 0; i < subscribers; i++)
		texter_make(smsc, i);
	smsc->first = strtoull(smsc->texters[0].number, NULL, 10);
	smsc->latencies = latencies_new();
	smsc->wire = wire;
	return smsc;
}

void smsc_free(struct smsc *smsc)
{
	latencies_free(smsc->latencies);
	free(smsc->texters);
	free(smsc);
}

void smsc_greet(struct smsc *smsc)
{
	struct smpp_pdu pdu;

	while (!next_pdu(smsc, &pdu))
		read_more(smsc);
	if (pdu.command != SMPP_BIND_TRANSCEIVER)
		errx(1, "%s instead of a bind", smpp_command_name(pdu.command));
	answer(smsc, &pdu, NULL);
	flush(smsc);
}
