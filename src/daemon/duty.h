/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The phones of those on duty: alarms that nobody may oversee are texted to them, first when they are raised, and again while they last. */
#pragma once

#include "starhash/alarm.h"
#include "starhash/conf.h"

struct server;

#define DUTY_NUMBERS_MAX 8

struct duty_settings {
	unsigned int numbers_count;
	char numbers[DUTY_NUMBERS_MAX][16];	/* international, digits alone */
	uint32_t alarms;			/* bits, 1 << enum alarm */
	unsigned int repeat_s;
};

extern const struct conf_row duty_rows[];

/* \a group: see the rows; NULL: nobody is texted. */
void duty_read(const struct setting *group, struct duty_settings *duty, struct problems *problems);

struct duty;

/* \a ctx: talloc parent. What it is given must outlive it. NULL when nobody is to be texted, or out of memory. */
struct duty *duty_new(void *ctx, const struct duty_settings *settings, const struct alarms *alarms, struct server *server);

/* Whether an alarm is to be texted now. \a texted: when it was last, seconds since 1970; 0: never. */
bool duty_calls(const struct duty_settings *settings, enum alarm alarm, const struct alarm_state *state, int64_t texted, int64_t now);
