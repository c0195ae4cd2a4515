/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs our SMPP link against a given SMSC: sends numbered messages, repeats those that came back, answers
 * requests, and prints a summary at the end. Exits with 0 if every message was answered well and in time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "channel/smpp/smpp_link.h"
#include "starhash/log.h"

struct esme {
	struct smpp_link_settings settings;
	struct link_tls_settings tls;
	struct smpp_link *link;
	unsigned int count;		/* messages to send */
	unsigned int expected;		/* messages to receive */
	unsigned int timeout_s;
	unsigned int *again;		/* a ring of numbers waiting to be sent */
	unsigned int head, tail;
	unsigned int events[SMPP_LINK_ROOM + 1];
	unsigned int answered, unanswered, unsent, refused;
	unsigned int received;		/* different ones */
	unsigned int doubled;
	bool *seen;
	size_t blocks;			/* of memory, when the link first came up */
};

static void number_push(struct esme *esme, unsigned int number)
{
	esme->again[esme->tail++ % esme->count] = number;
}

static int number_send(struct esme *esme, unsigned int number)
{
	char text[32];
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM, .source_npi = 1, .source = "10086", .destination_ton = 1, .destination_npi = 1,
		.destination = "13800138000",
	};

	pdu.short_message.len = snprintf(text, sizeof(text), "message %u", number);
	pdu.short_message.at = (const uint8_t *)text;
	return smpp_link_send(esme->link, &pdu, (struct smpp_token){ .id = number });
}

static void numbers_send(struct esme *esme)
{
	while (esme->head != esme->tail && number_send(esme, esme->again[esme->head % esme->count]) == 0)
		esme->head++;
}

static void event_cb(void *user, unsigned int event)
{
	struct esme *esme = user;

	esme->events[event]++;
	if (event == LINK_UP && !esme->blocks)
		esme->blocks = talloc_total_blocks(esme->link);
	if (event == LINK_UP || event == SMPP_LINK_ROOM)
		numbers_send(esme);
}

static void rx_cb(void *user, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	struct esme *esme = user;
	struct smpp_octets message = smpp_message(pdu);
	char text[SMPP_SHORT_MESSAGE_MAX + 1] = "";
	unsigned int number = 0;

	memcpy(text, message.at, message.len < sizeof(text) - 1 ? message.len : sizeof(text) - 1);
	if (sscanf(text, "deliver %u", &number) == 1 && number < esme->expected) {
		esme->doubled += esme->seen[number];
		esme->received += !esme->seen[number];
		esme->seen[number] = true;
	}
	smpp_link_answer(esme->link, ticket, SMPP_OK);
}

static void done_cb(void *user, struct smpp_token token, enum smpp_outcome outcome, const struct smpp_pdu *request,
		    const struct smpp_pdu *response)
{
	struct esme *esme = user;
	bool well = outcome == SMPP_ANSWERED && !response->status;

	esme->answered += well;
	esme->refused += outcome == SMPP_ANSWERED && !well;
	esme->unanswered += outcome == SMPP_UNANSWERED;
	esme->unsent += outcome == SMPP_UNSENT;
	if (!well)
		number_push(esme, token.id);
}

static const struct smpp_link_ops ops = { .event = event_cb, .rx = rx_cb, .done = done_cb };

static void options_read(struct esme *esme, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "p:n:r:w:t:c:h:s:C:K:")) != -1) {
		switch (option) {
		case 'p': esme->settings.link.port = atoi(optarg); break;
		case 'n': esme->count = atoi(optarg); break;
		case 'r': esme->expected = atoi(optarg); break;
		case 'w': esme->settings.window = atoi(optarg); break;
		case 't': esme->timeout_s = atoi(optarg); break;
		case 'c': esme->tls.ca_file = optarg; break;
		case 'h': esme->tls.host = optarg; break;
		case 'C': esme->tls.cert_file = optarg; break;
		case 'K': esme->tls.key_file = optarg; break;
		case 's': esme->settings.password_file = optarg; break;
		default: exit(2);
		}
	}
	if (esme->tls.ca_file)
		esme->settings.link.tls = &esme->tls;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void tick(void *data)
{
	osmo_timer_schedule(data, 0, 100000);
}

static bool is_finished(const struct esme *esme)
{
	return esme->answered == esme->count && esme->received == esme->expected;
}

static void run(struct esme *esme)
{
	struct osmo_timer_list timer = { 0 };
	double until = seconds() + esme->timeout_s;

	osmo_timer_setup(&timer, tick, &timer);
	tick(&timer);
	while (!is_finished(esme) && seconds() < until)
		osmo_select_main(0);
	osmo_timer_del(&timer);
}

static void report(const struct esme *esme, double took)
{
	printf("answered %u unanswered %u unsent %u refused %u throttled %u ups %u malformed %u received %u doubled %u "
	       "blocks %+ld seconds %.3f rate %.0f\n", esme->answered, esme->unanswered, esme->unsent, esme->refused,
	       esme->events[SMPP_LINK_THROTTLED], esme->events[LINK_UP], esme->events[LINK_MALFORMED],
	       esme->received, esme->doubled, (long)talloc_total_blocks(esme->link) - (long)esme->blocks, took,
	       esme->answered / took);
}

int main(int argc, char **argv)
{
	struct esme esme = {
		.settings = {
			.link = { .name = "esme", .address = "127.0.0.1", .us = "starhash",
				  .backoff_min_ms = 50, .backoff_max_ms = 200 },
			.bind = SMPP_BIND_TRANSCEIVER, .pause_min_ms = 20, .pause_max_ms = 100,
			.queue_max = 5000,
		},
		.count = 1, .timeout_s = 60,
	};
	double start = seconds();
	bool finished;

	options_read(&esme, argc, argv);
	osmo_init_logging2(NULL, &log_categories);
	esme.again = calloc(esme.count, sizeof(*esme.again));
	esme.seen = calloc(esme.expected + 1, sizeof(*esme.seen));
	for (unsigned int i = 0; i < esme.count; i++)
		number_push(&esme, i);
	esme.link = smpp_link_new(NULL, &esme.settings, &ops, &esme);
	if (!esme.link)
		return 2;
	run(&esme);
	finished = is_finished(&esme);
	report(&esme, seconds() - start);
	smpp_link_free(esme.link);
	free(esme.again);
	free(esme.seen);
	return finished ? 0 : 1;
}
