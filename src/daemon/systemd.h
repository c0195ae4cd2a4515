/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the daemon says to systemd: ready, reloading, stopping, and alive. */
#pragma once

struct systemd;

/* NULL when nobody wants to hear ($NOTIFY_SOCKET is not set). Takes the variables out of the environment, since they are not for
 * our children. While the loop runs, the watchdog is fed twice as often as $WATCHDOG_USEC asks: a loop that is stuck feeds it no
 * more. \a ctx: talloc parent. */
struct systemd *systemd_new(void *ctx);
void systemd_free(struct systemd *systemd);

/* Lines as in sd_notify(3), such as "READY=1\nSTATUS=serving". Never waits. NULL is fine. */
void systemd_say(struct systemd *systemd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "RELOADING=1" with the time that systemd asks for; "READY=1" ends it. */
void systemd_reloading(struct systemd *systemd);
