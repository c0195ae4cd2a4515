/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes an invented journal to standard output, the same each time: starhash-journal-lines COUNT FROM TO [KEY]
 *
 * COUNT records between two times in seconds since 1970, busier by day than by night, in the order of their time. Numbers are clear, or
 * pseudonyms with the key in the file KEY, which is made if absent. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/log.h"

static uint64_t state = 88172645463325252u;

/* xorshift64, by Marsaglia */
static uint32_t below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) * bound >> 32);
}

static uint32_t chosen(const uint8_t *weights, unsigned int count)
{
	uint32_t all = 0, at;
	unsigned int i;

	for (i = 0; i < count; i++)
		all += weights[i];
	at = below(all);
	for (i = 0; at >= weights[i]; i++)
		at -= weights[i];
	return i;
}

/* Most waits are of a few milliseconds, some of seconds. */
static uint32_t wait_ms(void)
{
	return below(4u << below(below(12) + 1));
}

static const char *const ways[][3] = {	/* of the self-care menu: pages from the first one on */
	{ "home", "balance_prepaid" }, { "home", "balance_postpaid" }, { "home", "bills", "bill" }, { "home", "points", "points_entries" },
	{ "home", "offered", "confirm_activate" }, { "home", "services", "confirm_deactivate" }, { "home", "password" }, { "home", "help" },
};
static const uint8_t way_weights[] = { 60, 25, 30, 10, 20, 8, 4, 6 };
static const uint8_t outcome_weights[CDR_OUTCOME_COUNT] = {
	[CDR_DONE] = 120, [CDR_GONE] = 60, [CDR_SILENCE] = 30, [CDR_SAVED] = 8, [CDR_BY_MESSAGE] = 4, [CDR_REPLACED] = 2, [CDR_LATE] = 1,
	[CDR_UNKNOWN] = 4, [CDR_STRAY] = 2, [CDR_UNAVAILABLE] = 2, [CDR_UNCERTAIN] = 1, [CDR_CHANGED] = 1, [CDR_STOPPED] = 1,
};
static const uint8_t hour_weights[24] = { 8, 5, 3, 2, 2, 4, 10, 25, 45, 60, 62, 58, 66, 55, 52, 54, 58, 66, 74, 80, 76, 60, 38, 18 };
static const char *const notifications[] = { "balance_low", "order_completed", "trial_ends", "purchase" };

static void invent(struct cdr *cdr, const char *path[static CDR_PATH_MAX], uint32_t waits[static CDR_PATH_MAX])
{
	static const char *const channels[] = { "hlr-1", "hlr-2", "gateway" }, *const codes[] = { "*100#", "*100#", "*131#", "" };
	static const char *const languages[] = { "zh", "zh", "zh", "en", "ar" };
	const bool texts = below(4) == 0, notification = below(10) == 0;

	*cdr = (struct cdr){ .menu = 0x5ca1ab1e, .path = path, .waits_ms = waits, .outcome = CDR_NOTIFICATION };
	cdr->channel = texts || notification ? "sms" : channels[below(3)];
	cdr->code = notification ? notifications[below(4)] : texts ? "10086" : codes[below(4)];
	cdr->language = languages[below(5)];
	snprintf(cdr->subscriber.msisdn, sizeof(cdr->subscriber.msisdn), "86138%08u", below(1000));
	if (notification) {
		path[cdr->path_count++] = cdr->code;
		if (below(4) == 0) {		/* answered */
			cdr->turns = 1;
			cdr->outcome = CDR_DONE;
			path[cdr->path_count++] = "help";
		}
	} else {
		const char *const *way = ways[chosen(way_weights, ARRAY_SIZE(ways))];

		cdr->outcome = chosen(outcome_weights, CDR_OUTCOME_COUNT);
		cdr->turns = 1 + below(3);
		if (cdr->outcome != CDR_STRAY)
			while (cdr->path_count < cdr->turns && cdr->path_count < 3 && way[cdr->path_count]) {
				path[cdr->path_count] = way[cdr->path_count];
				cdr->path_count++;
			}
	}
	for (unsigned int i = 0; i < cdr->path_count; i++) {
		waits[i] = cdr->path_count - i <= cdr->turns ? wait_ms() : 0;
		cdr->slowest_ms = OSMO_MAX(cdr->slowest_ms, waits[i]);
		cdr->took_ms += waits[i] + (i ? below(9000) : 0);
	}
	if (cdr->path_count > 2)
		cdr->ref = below(2) ? "K7Q2-9F3T-XM4P" : NULL;
}

int main(int argc, char **argv)
{
	const uint64_t count = argc > 3 ? strtoull(argv[1], NULL, 10) : 0;
	const int64_t from = argc > 3 ? strtoll(argv[2], NULL, 10) : 0, to = argc > 3 ? strtoll(argv[3], NULL, 10) : 0;
	struct number_style style = { .numbers = NUMBERS_CLEAR };
	const char *path[CDR_PATH_MAX];
	uint32_t waits[CDR_PATH_MAX], hours = 0;
	char line[4096];
	struct cdr cdr;

	if (argc < 4 || argc > 5 || to <= from || sodium_init() < 0) {
		fputs("Usage: starhash-journal-lines COUNT FROM TO [KEY]\n", stderr);
		return 2;
	}
	log_start(NULL);
	if (argc == 5) {
		style.numbers = NUMBERS_PSEUDONYM;
		if (journal_key_load(argv[4], style.key))
			return 1;
	}
	for (unsigned int i = 0; i < 24; i++)
		hours += hour_weights[i];
	for (uint64_t i = 0; i < count; i++) {
		const int64_t all_ms = (to - from) * 1000, day_ms = 86400000;
		const int64_t evenly = (int64_t)((double)i / (double)count * (double)all_ms), day = evenly / day_ms;
		double left = (double)(evenly % day_ms) / (double)day_ms * hours;
		unsigned int hour = 0;

		while (hour < 23 && left >= hour_weights[hour])
			left -= hour_weights[hour++];
		invent(&cdr, path, waits);
		cdr.began_ms = from * 1000 + day * day_ms + (int64_t)((hour + left / hour_weights[hour]) * 3600000);
		fwrite(line, 1, line_print(&style, &cdr, line, sizeof(line)), stdout);
	}
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
