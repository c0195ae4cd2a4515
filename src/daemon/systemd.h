/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages of the daemon to systemd: ready, reloading, stopping, and alive. */
#pragma once

struct systemd;

/* NULL when $NOTIFY_SOCKET is not set. Removes the variables from the environment, since they are not for our children. While the loop
 * runs, the watchdog is triggered twice as often as $WATCHDOG_USEC requires; a stuck loop no longer triggers it. \a ctx: talloc
 * parent. */
struct systemd *systemd_new(void *ctx);
void systemd_free(struct systemd *systemd);

/* Send lines as in sd_notify(3), such as "READY=1\nSTATUS=serving". Never blocks. NULL is fine. */
void systemd_say(struct systemd *systemd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Send "RELOADING=1" with the timestamp that systemd requires; "READY=1" ends it. */
void systemd_reloading(struct systemd *systemd);
