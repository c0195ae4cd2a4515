/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A33: the messages that systemd gets at its socket, and that a stuck loop does not feed the watchdog. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "daemon/systemd.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

struct fixture {
	void *ctx;
	int fd;
	unsigned int feeds;
	char folder[64];
	char path[100];
	struct systemd *systemd;
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	fix->ctx = talloc_named_const(NULL, 0, "test");
	strcpy(fix->folder, "/tmp/starhash-systemd-XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	snprintf(fix->path, sizeof(fix->path), "%s/notify", fix->folder);
	strcpy(address.sun_path, fix->path);
	fix->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(fix->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", fix->path, 1);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	systemd_free(fix->systemd);
	close(fix->fd);
	unlink(fix->path);
	rmdir(fix->folder);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static const char *heard(const struct fixture *fix, char out[static 512])
{
	const ssize_t n = recv(fix->fd, out, 511, MSG_DONTWAIT);

	out[n > 0 ? n : 0] = '\0';
	return out;
}

static void systemd__each_message__one_datagram_A33(void **state)
{
	struct fixture *fix = *state;
	char said[512];

	fix->systemd = systemd_new(fix->ctx);
	assert_non_null(fix->systemd);
	assert_null(getenv("NOTIFY_SOCKET"));
	systemd_say(fix->systemd, "READY=1\nSTATUS=serving %u links", 3);
	systemd_reloading(fix->systemd);
	assert_string_equal(heard(fix, said), "READY=1\nSTATUS=serving 3 links");
	assert_ptr_equal(strstr(heard(fix, said), "RELOADING=1\nMONOTONIC_USEC="), said);
	assert_string_equal(heard(fix, said), "");
}

/* Its count since the start. */
static unsigned int feeds(struct fixture *fix)
{
	char said[512];

	while (!strcmp(heard(fix, said), "WATCHDOG=1"))
		fix->feeds++;
	return fix->feeds;
}

static bool fed_three_times(void *user)
{
	return feeds(user) >= 3;
}

static void systemd__loop__feeds_the_watchdog_A33(void **state)
{
	struct fixture *fix = *state;

	setenv("WATCHDOG_USEC", "20000", 1);
	fix->systemd = systemd_new(fix->ctx);
	assert_int_equal(feeds(fix), 1);
	assert_true(loop_until(fed_three_times, fix, 5000));
}

static void systemd__stuck_loop__does_not_feed_the_watchdog_A33(void **state)
{
	struct fixture *fix = *state;

	setenv("WATCHDOG_USEC", "20000", 1);
	fix->systemd = systemd_new(fix->ctx);
	assert_int_equal(feeds(fix), 1);
	usleep(100000);
	assert_int_equal(feeds(fix), 1);
}

static void systemd__watchdog_of_another_process__is_not_fed_A33(void **state)
{
	struct fixture *fix = *state;

	setenv("WATCHDOG_USEC", "20000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	fix->systemd = systemd_new(fix->ctx);
	loop_for(50);
	assert_int_equal(feeds(fix), 0);
}

static void systemd__no_socket__silent_A33(void **state)
{
	struct fixture *fix = *state;

	unsetenv("NOTIFY_SOCKET");
	assert_null(systemd_new(fix->ctx));
	systemd_say(NULL, "READY=1");
	systemd_reloading(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(systemd__each_message__one_datagram_A33),
		TEST(systemd__loop__feeds_the_watchdog_A33),
		TEST(systemd__stuck_loop__does_not_feed_the_watchdog_A33),
		TEST(systemd__watchdog_of_another_process__is_not_fed_A33),
		TEST(systemd__no_socket__silent_A33),
	};

	osmo_init_logging2(NULL, &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
