/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Running libosmocore's loop in tests. */
#include <arpa/inet.h>
#include <sys/socket.h>
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

int loopback_listen(uint16_t *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	*port = ntohs(address.sin_port);
	return fd;
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
