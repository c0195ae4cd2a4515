/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* http/: clients for HTTP services, and the values in their answers. Start with client.c.
 *
 * The circuit breaker's three states. */
#include "http/breaker.h"

static void state_change(struct breaker *breaker, enum breaker_state state)
{
	breaker->state = state;
	if (++breaker->ticket == 0)
		breaker->ticket = 1;
}

void breaker_init(struct breaker *breaker, const struct breaker_settings *settings)
{
	*breaker = (struct breaker){ .settings = *settings, .ticket = 1 };
}

uint32_t breaker_enter(struct breaker *breaker, int64_t now_ms)
{
	if (breaker->state == BREAKER_CLOSED)
		return breaker->ticket;
	if (breaker->state == BREAKER_PROBING || now_ms < breaker->until_ms)
		return 0;
	state_change(breaker, BREAKER_PROBING);
	return breaker->ticket;
}

bool breaker_leave(struct breaker *breaker, uint32_t ticket, bool well, int64_t now_ms, uint32_t chance)
{
	uint64_t ms = breaker->settings.open_ms;

	if (ticket != breaker->ticket)
		return false;
	if (well) {
		breaker->failures = 0;
		if (breaker->state == BREAKER_CLOSED)
			return false;
		breaker->openings = 0;
		state_change(breaker, BREAKER_CLOSED);
		return true;
	}
	if (breaker->state == BREAKER_CLOSED && ++breaker->failures < breaker->settings.failures)
		return false;
	/* Double the time on each failure, with jitter of a quarter either way so that many servers do not return at the same moment. */
	for (unsigned int i = 0; i < breaker->openings && ms < breaker->settings.open_max_ms; i++)
		ms *= 2;
	if (ms > breaker->settings.open_max_ms)
		ms = breaker->settings.open_max_ms;
	breaker->until_ms = now_ms + (int64_t)(ms - ms / 4 + chance % (ms / 2 + 1));
	breaker->openings++;
	state_change(breaker, BREAKER_OPEN);
	return true;
}

int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms)
{
	return breaker->state == BREAKER_OPEN && breaker->until_ms > now_ms ? breaker->until_ms - now_ms : 0;
}

const char *breaker_state_name(const struct breaker *breaker)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_PROBING] = "probing",
	};

	return names[breaker->state];
}
