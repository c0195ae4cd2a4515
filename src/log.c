/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Log categories, logging to standard error, and masked numbers. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"

static const struct log_info_cat categories[LOG_TOPIC_COUNT] = {
	[DMAIN] = {
		.name = "DMAIN",
		.description = "Start, stop and configuration",
		.color = OSMO_LOGCOLOR_BRIGHTWHITE,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DMENU] = {
		.name = "DMENU",
		.description = "Menu trees and their reload",
		.color = OSMO_LOGCOLOR_GREEN,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DDIALOG] = {
		.name = "DDIALOG",
		.description = "Dialogs and turns",
		.color = OSMO_LOGCOLOR_CYAN,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DACCOUNT] = {
		.name = "DACCOUNT",
		.description = "Account requests, stores and passwords",
		.color = OSMO_LOGCOLOR_YELLOW,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DBILLING] = {
		.name = "DBILLING",
		.description = "Requests to billing over HTTP",
		.color = OSMO_LOGCOLOR_CYAN,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DBACKEND] = {
		.name = "DBACKEND",
		.description = "Calls of the operator's own HTTP services",
		.color = OSMO_LOGCOLOR_CYAN,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DDOOR] = {
		.name = "DDOOR",
		.description = "HTTP requests from the operator's systems",
		.color = OSMO_LOGCOLOR_CYAN,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DGSUP] = {
		.name = "DGSUP",
		.description = "GSUP links",
		.color = OSMO_LOGCOLOR_PURPLE,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DCONSOLE] = {
		.name = "DCONSOLE",
		.description = "Console phones",
		.color = OSMO_LOGCOLOR_BLUE,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
	[DSMPP] = {
		.name = "DSMPP",
		.description = "SMPP links",
		.color = OSMO_LOGCOLOR_DARKPURPLE,
		.enabled = 1, .loglevel = LOGL_INFO,
	},
};

const struct log_info log_categories = {
	.cat = categories,
	.num_cat = ARRAY_SIZE(categories),
};

/* Lines that could not be written to standard error. */
static unsigned int dropped;

/* A pipe that poll() reports as writable accepts PIPE_BUF octets without blocking. Standard error must not be made non-blocking: others
 * may share it. */
static bool line_put(const char *line, size_t len)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	if (poll(&out, 1, 0) <= 0 || !(out.revents & POLLOUT))
		return false;
	n = send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(STDERR_FILENO, line, len);
	return n == (ssize_t)len;
}

static size_t stamp_put(char out[static 32])
{
	struct timespec now;
	struct tm tm;
	char stamp[24];

	osmo_clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	return snprintf(out, 32, "%s%03ld ", stamp, now.tv_nsec / 1000000);
}

/* libosmocore would stamp lines with its timers' time, which does not follow changes of the clock (see daemon/monotonic.c), and would
 * block until they are read. */
static void write_stamped(struct log_target *target, unsigned int level, const char *text)
{
	char line[PIPE_BUF];
	size_t head = stamp_put(line);
	int len;

	if (dropped) {
		len = snprintf(line + head, sizeof(line) - head, "DMAIN ERROR %u log lines were dropped: nobody read them\n", dropped);
		if (line_put(line, head + len))
			dropped = 0;
	}
	len = snprintf(line + head, sizeof(line) - head, "%s", text);
	if (head + len >= sizeof(line)) {
		len = sizeof(line) - head - 1;
		line[head + len - 1] = '\n';
	}
	if (dropped || !line_put(line, head + len))
		dropped++;
}

/* Mute the categories of libosmocore's libraries, except for fatal errors. */
static void silence_libraries(struct log_target *target)
{
	int category;

	for (category = DLGLOBAL; category >= -OSMO_NUM_DLIB; category--)
		log_set_category_filter(target, category, 1, LOGL_FATAL);
}

void log_start(void *ctx)
{
	osmo_init_logging2(ctx, &log_categories);
	log_set_use_color(osmo_stderr_target, isatty(STDERR_FILENO));
	log_set_print_category(osmo_stderr_target, 1);
	log_set_print_category_hex(osmo_stderr_target, 0);
	log_set_print_level(osmo_stderr_target, 1);
	osmo_stderr_target->output = write_stamped;
	log_set_print_filename2(osmo_stderr_target, LOG_FILENAME_NONE);
	silence_libraries(osmo_stderr_target);
}

const char *log_masked(const char *number, char out[static MASKED_SIZE])
{
	size_t len = strnlen(number, MASKED_SIZE - 1);

	memset(out, '*', len);
	out[len] = '\0';
	/* with four characters or fewer all are hidden */
	if (len > 4) {
		memcpy(out, number, 2);
		memcpy(out + len - 2, number + len - 2, 2);
	}
	/* control characters that a peer sends in a number must not break the line */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = '?';
	return out;
}

int log_burst(struct log_limit *limit, unsigned int lines, unsigned int interval_s, unsigned int *suppressed)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	*suppressed = 0;
	if (limit->last && now.tv_sec - limit->last < interval_s) {
		if (limit->lines++ < lines)
			return 1;
		limit->suppressed++;
		return 0;
	}
	*suppressed = limit->suppressed;
	limit->suppressed = 0;
	limit->lines = 1;
	/* 0 means "never", so the first second after the machine's start counts as 1 */
	limit->last = now.tv_sec ? now.tv_sec : 1;
	return 1;
}

int log_allowed(struct log_limit *limit, unsigned int interval_s, unsigned int *suppressed)
{
	return log_burst(limit, 1, interval_s, suppressed);
}
