/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast the SQLite store reads on the loop and makes changes durable. Run it on a copy: it changes languages and saves
 * conversations. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>

#include "starhash/accounts.h"
#include "starhash/log.h"

#define FIRST_MSISDN 13800138000ull
#define FIRST_IMSI 1010000000001ull
#define READS 1000000
#define BURST 64
#define CHANGES 200000
#define CHANGES_OPEN 1024

struct bench {
	struct accounts *accounts;
	struct response response;
	uint64_t random;
	unsigned int subscribers;
	unsigned int open, done, failed;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned int draw(struct bench *bench)
{
	bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)((bench->random >> 33) % bench->subscribers);
}

static void done(void *user, uint64_t id, const struct response *response)
{
	struct bench *bench = user;

	bench->open--;
	bench->done++;
	bench->failed += response->result != RESULT_OK;
}

static void submit(struct bench *bench, struct request *request)
{
	uint64_t id;

	if (accounts_submit(bench->accounts, request, bench, &bench->response, &id) == -EINPROGRESS) {
		bench->open++;
		return;
	}
	bench->done++;
	bench->failed += bench->response.result != RESULT_OK;
}

static void report(const char *what, const struct bench *bench, double began)
{
	const double took = seconds() - began;

	printf("%-28s %9.0f a second, %6.2f us each, %u failed\n", what, bench->done / took, took * 1e6 / bench->done,
	       bench->failed);
}

/* As a busy server reads: in bursts, one per turn of the loop. */
static void bench_reads(struct bench *bench, bool by_imsi, unsigned int burst, unsigned int among, const char *what)
{
	struct request request = { .kind = REQUEST_PROFILE };
	const unsigned int all = bench->subscribers;
	double began = seconds();

	bench->done = bench->failed = 0;
	bench->subscribers = among < all ? among : all;
	for (unsigned int i = 0; i < READS; i++) {
		const unsigned int index = draw(bench);

		if (by_imsi)
			snprintf(request.subscriber.imsi, IMSI_SIZE, "%015llu", FIRST_IMSI + index);
		else
			snprintf(request.subscriber.msisdn, MSISDN_SIZE, "%llu", FIRST_MSISDN + index);
		submit(bench, &request);
		if (i % burst == burst - 1)
			osmo_select_main(1);
	}
	while (bench->open)
		osmo_select_main(0);
	bench->subscribers = all;
	report(what, bench, began);
}

static void bench_writes(struct bench *bench, struct request *request, unsigned int open_max, unsigned int count,
			 const char *what)
{
	double began = seconds();

	bench->done = bench->failed = 0;
	while (bench->done < count) {
		while (bench->open < open_max && bench->done + bench->open < count) {
			snprintf(request->subscriber.msisdn, MSISDN_SIZE, "%llu", FIRST_MSISDN + draw(bench));
			request->ref += 65536;
			submit(bench, request);
		}
		osmo_select_main(0);
	}
	report(what, bench, began);
}

static void bench_changes(struct bench *bench, unsigned int open_max, unsigned int count, const char *what)
{
	struct request request = { .kind = REQUEST_LANGUAGE_SET, .ref = (uint64_t)time(NULL) << 32 | open_max };
	struct record args = request_args(&request);

	record_put_text(&args, FIELD_LANGUAGE, "zh", 2);
	request_set_args(&request, &args);
	bench_writes(bench, &request, open_max, count, what);
}

/* The size of a conversation at a list of ten rows. */
static void bench_keeps(struct bench *bench, unsigned int open_max, unsigned int count, const char *what)
{
	struct request request = {
		.kind = REQUEST_CONVERSATION_SAVE, .conversation = { .short_code = "10086", .until = time(NULL) + 1800 },
	};
	char session[64];

	memset(session, 'x', sizeof(session));
	request_put_span(&request, &request.conversation.session, session, sizeof(session));
	bench_writes(bench, &request, open_max, count, what);
}

int main(int argc, char **argv)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = argv[1], .deadline_ms = 60000, .password_tries = 3, .requests_max = 4096,
	};
	struct bench bench = { .random = 1, .subscribers = argc > 2 ? (unsigned int)atoi(argv[2]) : 1000000 };
	char line[512];

	if (argc < 2 || accounts_new(NULL, &settings, done, &bench.accounts) < 0) {
		fprintf(stderr, "Usage: sqlite_bench DATABASE [SUBSCRIBERS]\n");
		return 1;
	}
	bench_reads(&bench, true, BURST, ~0u, "by IMSI, warming up");
	bench_reads(&bench, true, BURST, ~0u, "by IMSI, bursts of 64");
	bench_reads(&bench, false, BURST, ~0u, "by MSISDN, bursts of 64");
	bench_reads(&bench, false, 1, ~0u, "by MSISDN, one a turn");
	bench_reads(&bench, true, BURST, 10000, "10,000 hot, bursts of 64");
	bench_changes(&bench, CHANGES_OPEN, CHANGES, "changes, 1024 open");
	bench_changes(&bench, 64, CHANGES / 10, "changes, 64 open");
	bench_changes(&bench, 1, CHANGES / 1000, "changes, one by one");
	bench_keeps(&bench, CHANGES_OPEN, CHANGES, "conversations, 1024 open");
	bench_keeps(&bench, 64, CHANGES / 10, "conversations, 64 open");
	accounts_describe(bench.accounts, line, sizeof(line));
	puts(line);
	accounts_free(bench.accounts);
	return 0;
}
