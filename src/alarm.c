/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Alarms: counted, logged at a limited rate, and remembered for the VTY. */
#include <stdarg.h>
#include <stdio.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "starhash/alarm.h"
#include "starhash/clock.h"
#include "starhash/log.h"

#define LOG_INTERVAL_S 10

struct alarms {
	struct alarm_state states[ALARM_COUNT];
	struct log_limit limits[ALARM_COUNT];
	struct rate_ctr_group *counters;
};

static const struct rate_ctr_desc counter_names[] = {
#define X(id, name, help) { name, help },
	ALARMS(X)
#undef X
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "alarms", .group_description = "Alarms raised",
	.num_ctr = ALARM_COUNT, .ctr_desc = counter_names,
};

static int alarms_destruct(struct alarms *alarms)
{
	rate_ctr_group_free(alarms->counters);
	return 0;
}

struct alarms *alarms_new(void *ctx)
{
	struct alarms *alarms = talloc_zero(ctx, struct alarms);

	if (!alarms)
		return NULL;
	alarms->counters = rate_ctr_group_alloc(alarms, &counter_group, 0);
	if (!alarms->counters) {
		talloc_free(alarms);
		return NULL;
	}
	for (unsigned int i = 0; i < ALARM_COUNT; i++) {
		alarms->states[i].name = counter_names[i].name;
		alarms->states[i].help = counter_names[i].description;
	}
	talloc_set_destructor(alarms, alarms_destruct);
	return alarms;
}

void alarm_raise(struct alarms *alarms, enum alarm alarm, const char *format, ...)
{
	char text[ALARM_TEXT_SIZE];
	unsigned int suppressed = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!alarms) {
		LOGP(DMAIN, LOGL_ERROR, "ALARM %s: %s\n", counter_names[alarm].name, text);
		return;
	}
	if (log_allowed(&alarms->limits[alarm], LOG_INTERVAL_S, &suppressed))
		LOGP(DMAIN, LOGL_ERROR, "ALARM %s: %s (%u more since the last such line)\n", counter_names[alarm].name, text,
		     suppressed);
	alarms->states[alarm].last_s = clock_wall_ms() / 1000;
	if (!alarms->states[alarm].raised)
		alarms->states[alarm].since_s = alarms->states[alarm].last_s;
	alarms->states[alarm].raised = true;
	alarms->states[alarm].count++;
	snprintf(alarms->states[alarm].text, sizeof(text), "%s", text);
	rate_ctr_inc(rate_ctr_group_get_ctr(alarms->counters, alarm));
}

void alarm_clear(struct alarms *alarms, enum alarm alarm)
{
	if (!alarms || !alarms->states[alarm].raised)
		return;
	alarms->states[alarm].raised = false;
	LOGP(DMAIN, LOGL_NOTICE, "alarm %s cleared\n", alarms->states[alarm].name);
}

const struct alarm_state *alarm_state(const struct alarms *alarms, enum alarm alarm)
{
	return &alarms->states[alarm];
}
