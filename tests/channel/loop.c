/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Running libosmocore's loop in tests. */
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "tests/channel/loop.h"
#include "tests/cmocka.h"

long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void no_op(void *data)
{
}

void run_ms(unsigned int ms)
{
	struct osmo_timer_list timer = { 0 };
	long long until = now_ms() + ms;

	osmo_timer_setup(&timer, no_op, NULL);
	while (now_ms() < until) {
		osmo_timer_schedule(&timer, 0, 1000);
		osmo_select_main(0);
	}
	osmo_timer_del(&timer);
}

void run_until(const unsigned int *counter, unsigned int value)
{
	long long until = now_ms() + 5000;

	while (*counter < value && now_ms() < until)
		run_ms(1);
	assert_int_equal(*counter, value);
}
