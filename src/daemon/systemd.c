/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The protocol of sd_notify(3): one datagram per message. libsystemd could do it, but for one sendto() it would bring three compression
 * libraries and libgcrypt into a process with secrets, and the protocol is guaranteed to be stable. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "daemon/systemd.h"
#include "starhash/clock.h"
#include "starhash/log.h"
#include "starhash/text.h"

#define LOG_INTERVAL_S 60

struct systemd {
	int fd;
	struct sockaddr_un address;
	socklen_t address_len;
	struct osmo_timer_list watchdog;
	struct log_limit limit;
	unsigned long long interval_us;
};

void systemd_say(struct systemd *systemd, const char *format, ...)
{
	char message[512];
	unsigned int suppressed;
	size_t len, cut = 0;
	va_list args;

	if (!systemd)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	/* systemd ignores a status that ends in half a character */
	len = strlen(message);
	while (cut < 3 && cut < len && !text_valid(message, len - cut))
		cut++;
	if (sendto(systemd->fd, message, len - cut, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&systemd->address,
		   systemd->address_len) < 0 && log_allowed(&systemd->limit, LOG_INTERVAL_S, &suppressed))
		LOGP(DMAIN, LOGL_ERROR, "cannot notify systemd: %s (%u more since the last such line)\n", strerror(errno),
		     suppressed);
}

void systemd_reloading(struct systemd *systemd)
{
	systemd_say(systemd, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_ms() * 1000);
}

static void feed_watchdog(void *data)
{
	struct systemd *systemd = data;

	systemd_say(systemd, "WATCHDOG=1");
	osmo_timer_schedule(&systemd->watchdog, systemd->interval_us / 1000000, systemd->interval_us % 1000000);
}

/* 0 when the watchdog is off, or belongs to another process. */
static unsigned long long watchdog_interval_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!us || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(us, NULL, 10) / 2;
}

struct systemd *systemd_new(void *ctx)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const size_t len = path ? strlen(path) : 0;
	struct systemd *systemd = NULL;

	if (path && (path[0] == '/' || path[0] == '@') && len < sizeof(systemd->address.sun_path))
		systemd = talloc_zero(ctx, struct systemd);
	if (systemd) {
		systemd->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		systemd->address.sun_family = AF_UNIX;
		memcpy(systemd->address.sun_path, path, len);
		systemd->address_len = offsetof(struct sockaddr_un, sun_path) + len;
		if (path[0] == '@')
			systemd->address.sun_path[0] = '\0';	/* an abstract socket name */
		systemd->interval_us = watchdog_interval_us();
		osmo_timer_setup(&systemd->watchdog, feed_watchdog, systemd);
		if (systemd->interval_us)
			feed_watchdog(systemd);
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return systemd;
}

void systemd_free(struct systemd *systemd)
{
	if (!systemd)
		return;
	osmo_timer_del(&systemd->watchdog);
	close(systemd->fd);
	talloc_free(systemd);
}
