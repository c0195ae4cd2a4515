/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Alarms: conditions that the night shift must know of. Each kind is counted, logged at most every ten seconds and stored with its last
 * text, for "show alarm-states" on the VTY (libosmocore has a "show alarms"). Loop only: threads report through their results. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alarms;

/* X(id, name, meaning): append only; the names are an interface to monitoring. */
#define ALARMS(X) \
	X(REFERENCE_ALIEN, "reference:alien", "a reference number already belongs to another subscriber: nothing was done") \
	X(REFERENCE_CONFLICT, "reference:conflict", "billing has another order under an order's reference number") \
	X(LEASE_LOST, "lease:lost", "another process became the writer of the account database") \
	X(CLOCK_JUMP, "clock:jump", "the machine's clock jumped too far to be trusted") \
	X(WAL_SIZE, "wal:size", "the database's write-ahead log does not shrink: a reader is stuck") \
	X(PASSWORD_GUESSING, "password:guessing", "many wrong passwords: for many numbers, or over one link") \
	X(CONSENT_CHAIN, "consent:chain", "the recorded consents do not match their anchors") \
	X(ANCHOR_FILE, "consent:anchor", "anchors of consents cannot be written") \
	X(CATALOGUE_PENDING, "catalogue:pending", "a large change of prices or retention waits for an operator's confirmation") \
	X(MENU_OLD, "menu:old", "the files of the menu have errors: an older menu is in use") \
	X(MENU_UNSAVED, "menu:unsaved", "the menu in use could not be saved for a start with broken files") \
	X(BACKEND_DOWN, "backend:down", "one of the operator's own HTTP services gives no usable answers") \
	X(DOOR_CLOSED, "door:closed", "the door for the operator's systems cannot be opened: no events come in") \
	X(TICKETS_LATE, "tickets:late", "subscribers' tickets were not answered in time") \
	X(TICKETS_SOON, "tickets:soon", "subscribers' tickets must be answered soon") \
	X(BARRED_FULL, "barred:full", "more numbers are barred than barred_max: some are served all the same")

enum alarm {
#define X(id, name, help) ALARM_##id,
	ALARMS(X)
#undef X
	ALARM_COUNT
};

#define ALARM_TEXT_SIZE 256

/* NULL when out of memory. \a ctx: talloc parent. */
struct alarms *alarms_new(void *ctx);

/* Raise an alarm, or update its text. With \a alarms NULL it is only logged. */
void alarm_raise(struct alarms *alarms, enum alarm alarm, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The condition has ended. No effect unless the alarm is raised. */
void alarm_clear(struct alarms *alarms, enum alarm alarm);

struct alarm_state {
	const char *name;
	const char *help;
	bool raised;			/* and not cleared since */
	uint64_t count;			/* of alarm_raise() */
	int64_t since_s;		/* seconds since 1970, when it was raised while it was not; 0: never */
	int64_t last_s;			/* of the last alarm_raise(); 0: never */
	char text[ALARM_TEXT_SIZE];	/* of the last alarm_raise() */
};

const struct alarm_state *alarm_state(const struct alarms *alarms, enum alarm alarm);
