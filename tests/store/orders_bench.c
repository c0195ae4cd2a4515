/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many orders and password attempts a second become durable, and what that costs those who only read. Give it a
 * copy of a sample database: it orders and cancels services and changes passwords there.
 *
 * Reads come at a fixed rate, each timed from when it was due until it was answered; first in quiet, then beside
 * the changes. All of it happens on one loop, as in the daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/account.h"
#include "starhash/catalogue.h"
#include "starhash/log.h"

#define FIRST_MSISDN 13800138000ull
#define READS_A_SECOND 5000
#define BURST 16		/* changes begun in one turn of the loop */
#define PASSWORD "135790"

/* What is done again and again, by so many at once. */
struct load {
	const char *name;
	unsigned int open_max;
	bool passwords;
};

/* Who waits for an answer. */
struct waiting {
	struct bench *bench;
	int64_t due_ns;		/* of a read */
};

struct bench {
	struct account *account;
	struct response response;
	const struct load *load;
	uint64_t random, ref;
	unsigned int subscribers;
	unsigned int open, done, busy, failed;
	struct waiting change;		/* any of them */
	struct waiting *reads;
	unsigned int reads_count, reads_begun, reads_open;
	int64_t *latencies;
	unsigned int latencies_count;
	int64_t began_ns;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static unsigned int draw(struct bench *bench)
{
	bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)((bench->random >> 33) % bench->subscribers);
}

static void set_number(struct bench *bench, struct request *request)
{
	snprintf(request->subscriber.msisdn, MSISDN_SIZE, "%llu", FIRST_MSISDN + draw(bench));
}

/* ---- changes ---- */

static void change_done(struct bench *bench, enum result result)
{
	switch (result) {
	case RESULT_OK:
	case RESULT_DUPLICATE:
	case RESULT_REFUSED:
	case RESULT_WRONG:
	case RESULT_LOCKED:
		bench->done++;
		break;
	case RESULT_BUSY:
		bench->busy++;
		break;
	default:
		bench->failed++;
	}
}

static void make_order(struct bench *bench, struct request *request)
{
	static const char shown[] = "Open News for 3.00 a month?";
	struct record args = request_args(request);

	request->kind = REQUEST_SERVICE_OPEN;
	record_append_text(&args, FIELD_SERVICE, "NEWS", 4);
	record_append_text(&args, ARG_SHOWN, shown, sizeof(shown) - 1);
	record_append_text(&args, ARG_ANSWERED, "1", 1);
	record_append_text(&args, ARG_CHANNEL, "bench", 5);
	request_set_args(request, &args);
}

/* A wrong one: it costs as much as a right one, and leaves the line as it is until it locks. */
static void make_attempt(struct request *request)
{
	struct record args = request_args(request);

	request->kind = REQUEST_PASSWORD_CHANGE;
	record_append_text(&args, FIELD_OLD, "024681", 6);
	record_append_text(&args, FIELD_NEW, "918273", 6);
	request_set_args(request, &args);
}

/* Returns false when there is no room for more. */
static bool change_begin(struct bench *bench)
{
	struct request request = { .ref = bench->ref += 65536 };
	uint64_t id;

	set_number(bench, &request);
	if (bench->load->passwords)
		make_attempt(&request);
	else
		make_order(bench, &request);
	if (account_submit(bench->account, &request, &bench->change, &bench->response, &id) == -EINPROGRESS)
		bench->open++;
	else
		change_done(bench, bench->response.result);
	return bench->response.result != RESULT_BUSY;
}

/* ---- reads ---- */

static void read_done(const struct waiting *read)
{
	read->bench->latencies[read->bench->latencies_count++] = now_ns() - read->due_ns;
}

static void read_begin(struct bench *bench)
{
	struct request request = { .kind = REQUEST_PROFILE };
	struct waiting *read = &bench->reads[bench->reads_begun];
	uint64_t id;

	read->bench = bench;
	read->due_ns = bench->began_ns + bench->reads_begun++ * (INT64_C(1000000000) / READS_A_SECOND);
	set_number(bench, &request);
	if (account_submit(bench->account, &request, read, &bench->response, &id) == -EINPROGRESS)
		bench->reads_open++;
	else
		read_done(read);
}

static void reads_due(struct bench *bench)
{
	const int64_t due = (now_ns() - bench->began_ns) / (INT64_C(1000000000) / READS_A_SECOND);

	while (bench->reads_begun < bench->reads_count && bench->reads_begun < due)
		read_begin(bench);
}

static void done(void *user, uint64_t id, const struct response *response)
{
	struct waiting *waiting = user;
	struct bench *bench = waiting->bench;

	if (waiting == &bench->change) {
		bench->open--;
		change_done(bench, response->result);
	} else {
		bench->reads_open--;
		read_done(waiting);
	}
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static double percentile(struct bench *bench, double part)
{
	qsort(bench->latencies, bench->latencies_count, sizeof(*bench->latencies), compare);
	return (double)bench->latencies[(size_t)(part * (bench->latencies_count - 1))] / 1000;
}

/* Sleeps no longer than a read can wait. */
static void tick(void *data)
{
	struct osmo_timer_list *timer = data;

	osmo_timer_schedule(timer, 0, 1000000 / READS_A_SECOND);
}

static void measure(struct bench *bench, const struct load *load, unsigned int seconds)
{
	struct osmo_timer_list timer;
	double took;

	bench->load = load;
	bench->done = bench->busy = bench->failed = 0;
	bench->latencies_count = bench->reads_begun = 0;
	bench->reads_count = seconds * READS_A_SECOND;
	bench->began_ns = now_ns();
	osmo_timer_setup(&timer, tick, &timer);
	tick(&timer);
	while (bench->reads_begun < bench->reads_count) {
		reads_due(bench);
		for (unsigned int i = 0; load && i < BURST && bench->open < load->open_max && change_begin(bench); i++)
			;
		osmo_select_main(0);
	}
	took = (double)(now_ns() - bench->began_ns) / 1e9;
	printf("| %-32s | %9.0f | %6u | %9.1f | %9.1f |\n", load ? load->name : "nothing", bench->done / took, bench->failed,
	       percentile(bench, 0.5), percentile(bench, 0.99));
	while (bench->open || bench->reads_open)
		osmo_select_main(0);
	osmo_timer_del(&timer);
}

static const struct load loads[] = {
	{ "orders, 1 at a time", 1, false },
	{ "orders, 1000 at a time", 1000, false },
	{ "password attempts, 1 at a time", 1, true },
	{ "password attempts, 1000 at a time", 1000, true },
};

static void measure_all(struct bench *bench, unsigned int seconds)
{
	puts("| beside | a second | failed | read, median µs | read, 99 % µs |\n|---|---:|---:|---:|---:|");
	measure(bench, NULL, seconds);
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		measure(bench, &loads[i], seconds);
	measure(bench, NULL, seconds);
}

int main(int argc, char **argv)
{
	const unsigned int seconds = argc > 4 ? (unsigned int)atoi(argv[4]) : 10;
	const struct account_settings settings = {
		.store = "sqlite", .file = argv[1], .pepper_file = argv[2], .deadline_ms = 60000, .password_tries = 20,
		.requests_max = 4096,
	};
	struct bench bench = { .random = 1, .ref = (uint64_t)time(NULL) << 32 };

	if (argc < 4 || account_new(NULL, &settings, done, &bench.account) < 0) {
		fprintf(stderr, "Usage: orders_bench DATABASE PEPPER SUBSCRIBERS [SECONDS]\n");
		return 1;
	}
	bench.change.bench = &bench;
	bench.subscribers = (unsigned int)atoi(argv[3]);
	bench.reads = calloc(seconds * READS_A_SECOND, sizeof(*bench.reads));
	bench.latencies = calloc(seconds * READS_A_SECOND, sizeof(*bench.latencies));
	measure_all(&bench, seconds);
	account_free(bench.account);
	free(bench.reads);
	free(bench.latencies);
	return 0;
}
