/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* daemon/: what main.c wires: settings, the VTY, privileges, the spool, systemd.
 *
 * The audit log. The loop itself writes the line, before the command runs: people enter commands so rarely that waiting for the disk is
 * acceptable. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "daemon/audit.h"
#include "starhash/log.h"

#define WHO_MAX 96
#define NUMBER_MIN 6	/* digits: shorter numbers are amounts and short codes */

/* Append a whole line: with O_APPEND and a single write, two writers do not mix lines. */
static int line_append(const char *file, const char *who, const char *text)
{
	char line[32 + WHO_MAX + AUDIT_MAX + 4];
	struct timespec now;
	struct tm tm;
	ssize_t written;
	int fd, rc;
	size_t len;

	osmo_clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	len += snprintf(line + len, sizeof(line) - len, "%.*s: %s\n", WHO_MAX, who, text);
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	written = write(fd, line, len);
	rc = written < 0 ? -errno : (size_t)written < len ? -ENOSPC : 0;
	close(fd);
	return rc;
}

/* Only the file gets subscribers' numbers. */
static void numbers_mask(char *text)
{
	char number[MASKED_SIZE], masked[MASKED_SIZE];

	while (*text) {
		const size_t digits = strspn(text, "0123456789");

		if (digits >= NUMBER_MIN && digits < MASKED_SIZE) {
			osmo_strlcpy(number, text, digits + 1);
			memcpy(text, log_masked(number, masked), digits);
		}
		text += digits ? digits : 1;
	}
}

int audit(const char *file, const char *who, const char *format, ...)
{
	char text[AUDIT_MAX], *octet;
	va_list args;
	int rc;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (octet = text; *octet; octet++)
		if ((unsigned char)*octet < ' ' || *octet == 0x7f)
			*octet = '?';
	rc = file ? line_append(file, who, text) : 0;
	numbers_mask(text);
	LOGP(DMAIN, LOGL_NOTICE, "audit: %s: %s\n", who, text);
	if (rc)
		LOGP(DMAIN, LOGL_ERROR, "audit file %s: %s\n", file, strerror(-rc));
	return rc;
}
