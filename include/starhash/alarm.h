/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Alarms: what the night shift has to hear of. Each kind is counted, logged at most every ten seconds and kept with its last
 * text, for "show alarm-states" on the VTY (libosmocore has a "show alarms"). Loop only: threads report through their results. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alarms;

/* X(id, name, what it means): append, the names are an interface to monitoring. */
#define ALARMS(X) \
	X(REFERENCE_ALIEN, "reference:alien", "a reference number is already another subscriber's: nothing was done") \
	X(REFERENCE_CONFLICT, "reference:conflict", "billing knows an order's reference with other contents") \
	X(LEASE_LOST, "lease:lost", "another process became the writer of the account database") \
	X(CLOCK_JUMP, "clock:jump", "the machine's clock jumped further than is believed") \
	X(WAL_SIZE, "wal:size", "the database's write-ahead log does not shrink: a reader was forgotten") \
	X(PASSWORD_GUESSING, "password:guessing", "wrong passwords for many numbers, or from one source") \
	X(CONSENT_CHAIN, "consent:chain", "the record of consent does not agree with its anchors") \
	X(ANCHOR_FILE, "consent:anchor", "anchors of consent cannot be written") \
	X(CATALOGUE_HELD, "catalogue:held", "a change of prices or retention beyond the bound waits for an operator")

enum alarm {
#define X(id, name, help) ALARM_##id,
	ALARMS(X)
#undef X
	ALARM_COUNT
};

#define ALARM_TEXT_SIZE 256

/* NULL when memory is short. \a ctx: talloc parent. */
struct alarms *alarms_new(void *ctx);

/* Raise it, or raise it again with a newer text. With \a alarms NULL it is only logged. */
void alarm_raise(struct alarms *alarms, enum alarm alarm, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The condition has ended. Without effect unless it is raised. */
void alarm_clear(struct alarms *alarms, enum alarm alarm);

struct alarm_state {
	const char *name;
	const char *help;
	bool raised;			/* and not cleared since */
	uint64_t count;			/* of alarm_raise() */
	int64_t last_s;			/* seconds since 1970; 0: never */
	char text[ALARM_TEXT_SIZE];	/* of the last one */
};

const struct alarm_state *alarm_state(const struct alarms *alarms, enum alarm alarm);
