/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "starhash/ticket.h"

#define ROW(kind_name, ...) { .name = #kind_name, __VA_ARGS__ },
const struct ticket_kind ticket_kinds[] = { TICKET_KINDS(ROW) };

const unsigned int ticket_kinds_count = sizeof(ticket_kinds) / sizeof(*ticket_kinds);

static const char *const states[TICKET_STATES] = {
	[TICKET_OPEN] = "open", [TICKET_TAKEN] = "taken", [TICKET_INTERIM] = "interim", [TICKET_CONFIRMED] = "confirmed",
	[TICKET_ANSWERED] = "answered", [TICKET_CLOSED] = "closed",
};

static const struct {
	const char *name;
	bool staff, text, answers, credits;
} events[TICKET_EVENTS] = {
	[TICKET_WRITE] = { .name = "written", .text = true },
	[TICKET_RESOLVE] = { .name = "resolved" },
	[TICKET_REOPEN] = { .name = "reopened" },
	[TICKET_TAKE] = { .name = "taken", .staff = true },
	[TICKET_NOTE] = { .name = "noted", .staff = true, .text = true },
	[TICKET_ANSWER_INTERIM] = { .name = "answered_interim", .staff = true, .text = true, .answers = true },
	[TICKET_ANSWER] = { .name = "answered", .staff = true, .text = true, .answers = true },
	[TICKET_CONFIRM] = { .name = "confirmed", .staff = true },
	[TICKET_CLOSE] = { .name = "closed", .staff = true },
	[TICKET_GRANT] = { .name = "granted", .staff = true, .text = true, .answers = true, .credits = true },
	[TICKET_DECLINE] = { .name = "declined", .staff = true, .text = true, .answers = true },
	[TICKET_COMPENSATE] = { .name = "compensated", .staff = true, .text = true, .credits = true },
	[TICKET_REWARD] = { .name = "rewarded", .staff = true, .text = true, .credits = true },
	[TICKET_PROPOSE] = { .name = "proposed", .staff = true, .text = true, .credits = true },
	[TICKET_READ] = { .name = "read", .staff = true },
	[TICKET_EXPORT] = { .name = "exported", .staff = true, .text = true },
	[TICKET_WARN] = { .name = "warned" },
	[TICKET_LATE] = { .name = "late" },
	[TICKET_SILENCE] = { .name = "silence" },
	[TICKET_UNDELIVERED] = { .name = "undelivered" },
	[TICKET_UNPAID] = { .name = "credit_refused" },
};

const struct ticket_kind *ticket_kind_find(const char *name)
{
	for (unsigned int i = 0; i < ticket_kinds_count; i++) {
		if (!strcmp(ticket_kinds[i].name, name))
			return &ticket_kinds[i];
	}
	return NULL;
}

unsigned int ticket_kind_index(const struct ticket_kind *kind)
{
	return (unsigned int)(kind - ticket_kinds);
}

const char *ticket_state_name(enum ticket_state state)
{
	return states[state];
}

enum ticket_state ticket_state_by_name(const char *name)
{
	enum ticket_state state = 0;

	while (state < TICKET_STATES && strcmp(states[state], name) != 0)
		state++;
	return state;
}

const char *ticket_event_name(enum ticket_event event)
{
	return events[event].name;
}

enum ticket_event ticket_event_by_name(const char *name)
{
	enum ticket_event event = 0;

	while (event < TICKET_EVENTS && strcmp(events[event].name, name) != 0)
		event++;
	return event;
}

bool ticket_event_by_staff(enum ticket_event event)
{
	return events[event].staff;
}

bool ticket_event_has_text(enum ticket_event event)
{
	return events[event].text;
}

bool ticket_event_answers(enum ticket_event event)
{
	return events[event].answers;
}

bool ticket_event_credits(enum ticket_event event)
{
	return events[event].credits;
}

bool ticket_event_decides(enum ticket_event event)
{
	return ticket_event_credits(event) || event == TICKET_DECLINE;
}

bool ticket_hides_field(const struct ticket_kind *kind, enum field field)
{
	return kind->confidential && field == FIELD_SENDER;
}

bool ticket_hides_text(const struct ticket_kind *kind, enum ticket_event event)
{
	return kind->confidential && event == TICKET_WRITE;
}

const char *ticket_number_print(int64_t number, char out[static TICKET_NUMBER_SIZE])
{
	snprintf(out, TICKET_NUMBER_SIZE, "%08" PRId64, number);
	return out;
}

int64_t ticket_number(const char *text, size_t len)
{
	int64_t number = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || len != TICKET_NUMBER_SIZE - 1)
			return 0;
		number = number * 10 + text[i] - '0';
	}
	return number;
}

int64_t ticket_number_in(const struct record *args)
{
	struct value number;

	return record_get(args, FIELD_TICKET, &number) && number.is_text ? ticket_number(number.text, number.len) : 0;
}
