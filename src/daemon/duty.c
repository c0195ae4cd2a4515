/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Alarms by text to those on duty. Looks at all alarms every ten seconds, so that an alarm may be raised anywhere, also where no text can
 * be sent; one that could not be sent is tried again at the next look. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "daemon/duty.h"
#include "starhash/clock.h"
#include "starhash/log.h"
#include "starhash/number.h"
#include "starhash/server.h"

#define LOOK_S 10
#define HOUR_S 3600
#define PAUSE_S HOUR_S			/* an alarm that comes and goes is texted once in that time */

/* ---- configuration ---- */

struct duty_conf {
	const char *numbers, *alarms;
	unsigned int repeat_s;
};

#define AT(member) offsetof(struct duty_conf, member)
const struct conf_row duty_rows[] = {
	{ "numbers", CONF_STRING, AT(numbers), .required = true, .min = 1,
	  .help = "international numbers of phones, separated by blanks; up to 8" },
	{ "alarms", CONF_STRING, AT(alarms), .min = 1, .fallback = "tickets:late",
	  .help = "names of alarms, separated by blanks, as \"show alarm-states\" on the VTY lists them; \"all\": every one" },
	{ "repeat_h", CONF_UINT, AT(repeat_s), 1, 168, .fallback = "24", .unit = "hours", .scale = HOUR_S,
	  .help = "an alarm that lasts is texted again after this time" },
	{}
};
#undef AT

static uint32_t alarm_bits(const char *name, size_t len)
{
#define X(id, name, help) name,
	static const char *const names[ALARM_COUNT] = { ALARMS(X) };
#undef X

	if (len == 3 && !memcmp(name, "all", len))
		return UINT32_MAX;
	for (unsigned int i = 0; i < ALARM_COUNT; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return 1u << i;
	return 0;
}

void duty_read(const struct setting *group, struct duty_settings *duty, struct problems *problems)
{
	const size_t before = problems->errors;
	struct duty_conf conf;
	size_t len;

	_Static_assert(ALARM_COUNT <= 32, "a bit for each alarm");
	*duty = (struct duty_settings){ 0 };
	if (!group)
		return;
	conf_read(group, duty_rows, &conf, problems);
	if (problems->errors > before)
		return;
	duty->repeat_s = conf.repeat_s;
	for (const char *at = conf.numbers; at += strspn(at, " "), (len = strcspn(at, " ")); at += len) {
		if (strspn(at, "0123456789") != len || len < 7 || len >= sizeof(duty->numbers[0]))
			problems_add(problems, setting_at(group, "numbers"), "\"%.*s\" is not an international number of 7 to 15 digits",
				     (int)len, at);
		else if (duty->numbers_count == DUTY_NUMBERS_MAX)
			problems_add(problems, setting_at(group, "numbers"), "more than %d numbers", DUTY_NUMBERS_MAX);
		else
			snprintf(duty->numbers[duty->numbers_count++], sizeof(duty->numbers[0]), "%.*s", (int)len, at);
	}
	for (const char *at = conf.alarms; at += strspn(at, " "), (len = strcspn(at, " ")); at += len) {
		if (!alarm_bits(at, len))
			problems_add(problems, setting_at(group, "alarms"), "unknown alarm \"%.*s\"", (int)len, at);
		duty->alarms |= alarm_bits(at, len);
	}
	if (problems->errors == before && !(duty->numbers_count && duty->alarms))
		problems_add(problems, group, "nobody would be texted: name a number and an alarm");
}

/* ---- at work ---- */

struct duty {
	const struct duty_settings *settings;
	const struct alarms *alarms;
	struct server *server;
	struct osmo_timer_list look;
	int64_t texted[ALARM_COUNT];		/* seconds since 1970; 0: never */
};

bool duty_calls(const struct duty_settings *settings, enum alarm alarm, const struct alarm_state *state, int64_t texted, int64_t now)
{
	if (!(settings->alarms & 1u << alarm) || !state->raised)
		return false;
	if (!texted || texted > now)		/* never, or the clock was wrong then */
		return true;
	return now - texted >= (state->since_s > texted ? PAUSE_S : (int64_t)settings->repeat_s);
}

/* False when no phone could be texted. */
static bool text_all(const struct duty *duty, const struct alarm_state *state)
{
	char text[sizeof(state->text) + 64];
	bool sent = false;

	snprintf(text, sizeof(text), "starhashd %s: %s", state->name, state->text);
	for (unsigned int i = 0; i < duty->settings->numbers_count; i++)
		sent |= server_text(duty->server, duty->settings->numbers[i], text) == 0;
	return sent;
}

static void look(void *data)
{
	const int64_t now = clock_wall_ms() / 1000;
	struct duty *duty = data;

	for (enum alarm alarm = 0; alarm < ALARM_COUNT; alarm++) {
		const struct alarm_state *state = alarm_state(duty->alarms, alarm);

		if (!duty_calls(duty->settings, alarm, state, duty->texted[alarm], now))
			continue;
		if (text_all(duty, state))
			duty->texted[alarm] = now;
		else
			LOGP(DMAIN, LOGL_DEBUG, "alarm %s cannot be texted now\n", state->name);
	}
	osmo_timer_schedule(&duty->look, LOOK_S, 0);
}

static int duty_destruct(struct duty *duty)
{
	osmo_timer_del(&duty->look);
	return 0;
}

struct duty *duty_new(void *ctx, const struct duty_settings *settings, const struct alarms *alarms, struct server *server)
{
	struct duty *duty = settings->numbers_count ? talloc_zero(ctx, struct duty) : NULL;

	if (!duty)
		return NULL;
	duty->settings = settings;
	duty->alarms = alarms;
	duty->server = server;
	osmo_timer_setup(&duty->look, look, duty);
	osmo_timer_schedule(&duty->look, LOOK_S, 0);
	talloc_set_destructor(duty, duty_destruct);
	return duty;
}
