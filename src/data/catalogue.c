/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding a service by its code, and comparing a catalogue with the previous one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "starhash/catalogue.h"

static const char *const trials_end[TRIAL_ENDS_COUNT] = {
	[TRIAL_ENDS_AGREEMENT] = "agreement", [TRIAL_ENDS_PAID] = "paid",
};

const char *trial_ends_name(enum trial_ends ends)
{
	return trials_end[ends];
}

enum trial_ends trial_ends_by_name(const char *name)
{
	enum trial_ends ends = TRIAL_ENDS_COUNT - 1;

	while (ends > TRIAL_ENDS_UNSAID && (!name || strcmp(trials_end[ends], name) != 0))
		ends--;
	return ends;
}

const struct service *catalogue_find(const struct catalogue *catalogue, const char *code, size_t len)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];

		if (strlen(service->code) == len && !memcmp(service->code, code, len))
			return service;
	}
	return NULL;
}

/* Uses doubles, so that no price from a file can overflow. */
static bool price_jumps(int64_t before, int64_t after, unsigned int percent)
{
	const double most = (double)before * percent / 100;
	const double change = (double)after - (double)before;

	return before ? change > most || -change > most : after != 0;
}

bool catalogue_jumps(const struct catalogue *before, const struct catalogue *after, unsigned int percent, char *why, size_t size)
{
	size_t gone = 0;

	for (size_t i = 0; percent && i < before->count; i++) {
		const struct service *was = &before->services[i];
		const struct service *is = catalogue_find(after, was->code, strlen(was->code));

		gone += !is;
		if (is && price_jumps(was->trial_price, is->trial_price, percent)) {
			snprintf(why, size, "the trial of service %s costs %" PRId64 ", previously %" PRId64, was->code, is->trial_price,
				 was->trial_price);
			return true;
		}
		if (!is || (!price_jumps(was->price, is->price, percent) && !strcmp(was->period, is->period)))
			continue;
		snprintf(why, size, "service %s costs %" PRId64 " (%s), previously %" PRId64 " (%s)", was->code, is->price,
			 is->period, was->price, was->period);
		return true;
	}
	if (gone * 100 <= before->count * percent)
		return false;
	snprintf(why, size, "%zu of %zu services are no longer sold", gone, before->count);
	return true;
}
