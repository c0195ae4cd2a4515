/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Times and money for people. */
#include "tool/data/print.h"

#include <inttypes.h>
#include <time.h>

static void moment_format(int64_t seconds, const char *format, char out[static MOMENT_SIZE])
{
	const time_t when = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&when, &parts) || !strftime(out, MOMENT_SIZE, format, &parts))
		snprintf(out, MOMENT_SIZE, "%" PRId64, seconds);
}

const char *moment_print(int64_t seconds, char out[static MOMENT_SIZE])
{
	moment_format(seconds, "%Y-%m-%d %H:%M:%S UTC", out);
	return out;
}

void print_time(FILE *out, int64_t seconds)
{
	char text[MOMENT_SIZE];

	moment_format(seconds, "%Y-%m-%d %H:%M UTC", text);
	fputs(text, out);
}

const char *money_print(int64_t minor, char out[static MONEY_SIZE])
{
	const uint64_t size = minor < 0 ? -(uint64_t)minor : (uint64_t)minor;

	snprintf(out, MONEY_SIZE, "%s%" PRIu64 ".%02" PRIu64, minor < 0 ? "-" : "", size / 100, size % 100);
	return out;
}

void print_money(FILE *out, int64_t minor)
{
	char text[MONEY_SIZE];

	fputs(money_print(minor, text), out);
}
