/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast accounts are looked up among many, through the store as the daemon uses it: with none of the file in memory, and
 * with all of it, if it fits. Usage: lookup DATABASE SUBSCRIBERS; prints look-ups a second, cold and warm, separated by a blank. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/select.h>

#include "starhash/accounts.h"
#include "starhash/log.h"

#define FIRST_IMSI 1010000000001ull
#define OPEN_MAX 64

struct lookup {
	struct accounts *accounts;
	struct response response;
	uint64_t random;
	unsigned int subscribers;
	unsigned int open, failed;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void done(void *user, uint64_t id, const struct response *response)
{
	struct lookup *lookup = user;

	lookup->open--;
	lookup->failed += response->result != RESULT_OK;
}

static void look_up(struct lookup *lookup, enum request_kind kind)
{
	struct request request = { .kind = kind };
	uint64_t id;

	lookup->random = lookup->random * 6364136223846793005u + 1442695040888963407u;
	snprintf(request.subscriber.imsi, IMSI_SIZE, "%015llu",
		 FIRST_IMSI + (lookup->random >> 33) % lookup->subscribers);
	if (accounts_submit(lookup->accounts, &request, lookup, &lookup->response, &id) == -EINPROGRESS)
		lookup->open++;
	else
		lookup->failed += lookup->response.result != RESULT_OK;
}

/* Profile and bills of \a count subscribers; look-ups a second. */
static double measure(struct lookup *lookup, unsigned int count)
{
	const double began = seconds();

	for (unsigned int i = 0; i < count; i++) {
		look_up(lookup, i % 2 ? REQUEST_BILLS : REQUEST_PROFILE);
		while (lookup->open >= OPEN_MAX)
			osmo_select_main(0);
		if (i % OPEN_MAX == 0)
			osmo_select_main(1);
	}
	while (lookup->open)
		osmo_select_main(0);
	return count / (seconds() - began);
}

/* Written pages leave the page cache. */
static void forget(const char *file)
{
	const int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

/* As far as it fits. */
static void remember(const char *file)
{
	static char block[1 << 20];
	const int fd = open(file, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && read(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = argv[1], .deadline_ms = 60000, .password_tries = 3, .requests_max = 4096,
	};
	struct lookup lookup = { .random = 1, .subscribers = argc > 2 ? (unsigned int)atoi(argv[2]) : 0 };
	double cold, warm;

	if (!lookup.subscribers) {
		fprintf(stderr, "Usage: lookup DATABASE SUBSCRIBERS\n");
		return 2;
	}
	forget(argv[1]);
	if (accounts_new(NULL, &settings, done, &lookup.accounts) < 0)
		return 1;
	cold = measure(&lookup, 20000);
	remember(argv[1]);
	measure(&lookup, 1000000);
	warm = measure(&lookup, 1000000);
	accounts_free(lookup.accounts);
	printf("%.0f %.0f\n", cold, warm);
	if (lookup.failed)
		fprintf(stderr, "lookup: %u look-ups failed\n", lookup.failed);
	return lookup.failed > 0;
}
