/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The window of requests on a test clock: order, throttling, rate and time-outs. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <osmocom/core/talloc.h>

#include "channel/smpp/smpp_window.h"
#include "tests/cmocka.h"

#define SECOND 1000000LL

struct fixture {
	void *ctx;
	struct smpp_window window;
};

static const struct smpp_window_settings defaults = {
	.size = 4, .queue_max = 8, .response_us = 60 * SECOND, .pause_min_us = SECOND, .pause_max_us = 4 * SECOND,
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->ctx = talloc_named_const(NULL, 0, "window test");
	window_init(&fix->window, &defaults);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static int add(struct fixture *fix, uint64_t token)
{
	struct smpp_pdu pdu = { .command = SMPP_SUBMIT_SM };

	return window_add(&fix->window, fix->ctx, &pdu, (struct smpp_token){ .id = token });
}

static void add_many(struct fixture *fix, unsigned int count)
{
	for (unsigned int i = 1; i <= count; i++)
		assert_int_equal(add(fix, i), 0);
}

/* How many are sent now. */
static unsigned int send_all(struct fixture *fix, long long now)
{
	unsigned int count = 0;

	while (window_next(&fix->window, now))
		count++;
	return count;
}

static void answer(struct fixture *fix, uint32_t sequence)
{
	struct smpp_request *request = window_take(&fix->window, sequence);

	assert_non_null(request);
	window_recover(&fix->window, request);
	talloc_free(request);
}

static void throttle(struct fixture *fix, uint32_t sequence, long long now)
{
	struct smpp_request *request = window_take(&fix->window, sequence);

	assert_non_null(request);
	window_throttled(&fix->window, request, now);
}

static void next__window_full__waits_for_a_response(void **state)
{
	struct fixture *fix = *state;

	add_many(fix, 6);
	assert_int_equal(send_all(fix, 0), 4);
	assert_int_equal(window_due(&fix->window), 60 * SECOND);
	answer(fix, 3);
	assert_int_equal(send_all(fix, 0), 1);
	assert_null(window_take(&fix->window, 3));
	answer(fix, 5);
	assert_int_equal(send_all(fix, 0), 1);
}

static void add__queue_full__is_refused(void **state)
{
	struct fixture *fix = *state;

	add_many(fix, 8);
	assert_int_equal(add(fix, 9), -ENOBUFS);
	send_all(fix, 0);
	assert_int_equal(add(fix, 9), 0);
}

static void throttled__whole_window__is_one_pause_and_the_old_order(void **state)
{
	struct fixture *fix = *state;
	struct smpp_request *request;

	add_many(fix, 6);
	send_all(fix, 0);
	for (unsigned int i = 4; i >= 1; i--)
		throttle(fix, i, 100);
	assert_int_equal(window_due(&fix->window), SECOND + 100);
	assert_int_equal(send_all(fix, SECOND), 0);
	/* half as many as before */
	for (uint64_t token = 1; token <= 2; token++) {
		request = window_next(&fix->window, SECOND + 100);
		assert_int_equal(request->token.id, token);
	}
	assert_null(window_next(&fix->window, SECOND + 100));
}

static void throttled__repeatedly__pause_doubles_to_the_maximum_then_recovers(void **state)
{
	static const long long pauses[] = { SECOND, 2 * SECOND, 4 * SECOND, 4 * SECOND };
	struct fixture *fix = *state;
	long long now = 0;
	uint32_t sequence = 0;

	add_many(fix, 8);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		sequence += send_all(fix, now);
		for (uint32_t at = sequence; fix->window.sent_count; at--)
			throttle(fix, at, now);
		assert_int_equal(window_due(&fix->window), now + pauses[i]);
		now += pauses[i];
	}
	/* one at a time, then two, three, four */
	assert_int_equal(send_all(fix, now), 1);
	answer(fix, ++sequence);
	assert_int_equal(fix->window.pause_us, 0);
	assert_int_equal(send_all(fix, now), 2);
	answer(fix, ++sequence);
	answer(fix, ++sequence);
	assert_int_equal(fix->window.open, 4);
}

static void recover__response_to_a_request_before_the_pause__doubling_continues(void **state)
{
	struct fixture *fix = *state;

	add_many(fix, 4);
	send_all(fix, 0);
	throttle(fix, 1, 10);
	answer(fix, 2);
	assert_int_equal(fix->window.pause_us, SECOND);
	assert_int_equal(send_all(fix, 20), 0);
	assert_int_equal(send_all(fix, SECOND + 10), 1);
	throttle(fix, 5, SECOND + 20);
	assert_int_equal(fix->window.pause_us, 2 * SECOND);
}

static void rate__hundred_a_second__in_any_second(void **state)
{
	struct smpp_window_settings settings = { .size = 1000, .queue_max = 1000, .rate = 100, .response_us = SECOND };
	struct fixture *fix = *state;
	unsigned int count = 0;

	window_init(&fix->window, &settings);
	add_many(fix, 1000);
	for (long long now = 5 * SECOND; now < 6 * SECOND; now += 1000)
		count += send_all(fix, now);
	assert_in_range(count, 100, 102);
	assert_in_range(window_due(&fix->window), 6 * SECOND - 10000, 6 * SECOND + 10000);
}

static void overdue__no_response__returned_after_its_time(void **state)
{
	struct fixture *fix = *state;
	struct smpp_request *request;

	add_many(fix, 2);
	send_all(fix, 5 * SECOND);
	assert_null(window_overdue(&fix->window, 65 * SECOND - 1));
	request = window_overdue(&fix->window, 65 * SECOND);
	assert_int_equal(request->token.id, 1);
	talloc_free(request);
	assert_int_equal(window_overdue(&fix->window, 65 * SECOND)->token.id, 2);
	assert_null(window_overdue(&fix->window, 100 * SECOND));
	assert_true(window_due(&fix->window) == LLONG_MAX);
}

static void pop__in_flight_throttled_and_waiting__in_order(void **state)
{
	struct fixture *fix = *state;
	struct smpp_request *request;

	add_many(fix, 6);
	send_all(fix, 0);
	throttle(fix, 2, 0);
	for (uint64_t token = 1; token <= 6; token++) {
		request = window_pop(&fix->window);
		assert_int_equal(request->token.id, token);
		assert_int_equal(request->sequence != 0, token == 1 || token == 3 || token == 4);
	}
	assert_null(window_pop(&fix->window));
}

static void sequence__after_the_highest__restarts(void **state)
{
	struct fixture *fix = *state;

	fix->window.sequence = 0x7ffffffe;
	assert_int_equal(window_sequence(&fix->window), 0x7fffffff);
	assert_int_equal(window_sequence(&fix->window), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(next__window_full__waits_for_a_response, setup, teardown),
		cmocka_unit_test_setup_teardown(add__queue_full__is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(throttled__whole_window__is_one_pause_and_the_old_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			throttled__repeatedly__pause_doubles_to_the_maximum_then_recovers, setup, teardown),
		cmocka_unit_test_setup_teardown(recover__response_to_a_request_before_the_pause__doubling_continues, setup,
						teardown),
		cmocka_unit_test_setup_teardown(rate__hundred_a_second__in_any_second, setup, teardown),
		cmocka_unit_test_setup_teardown(overdue__no_response__returned_after_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(pop__in_flight_throttled_and_waiting__in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(sequence__after_the_highest__restarts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
