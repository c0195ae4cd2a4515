/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Run libosmocore's loop inside a test. */
#include <stddef.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "tests/support/loop.h"

static void expire(void *data)
{
	bool *expired = data;

	*expired = true;
}

static bool never(void *user)
{
	return false;
}

bool loop_until(bool (*reached)(void *user), void *user, unsigned int timeout_ms)
{
	struct osmo_timer_list timer = { 0 };
	bool expired = false;

	osmo_timer_setup(&timer, expire, &expired);
	osmo_timer_schedule(&timer, timeout_ms / 1000, timeout_ms % 1000 * 1000);
	while (!reached(user) && !expired)
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
	return reached(user);
}

void loop_for(unsigned int ms)
{
	loop_until(never, NULL, ms);
}
