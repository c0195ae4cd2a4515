/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scenario of a transcript: subscribers with their accounts, and the catalogue of services. */
#pragma once

#include "tool/simulator/simulator.h"

struct scenario;

/* \a catalogue: of the menu; if it is empty, lines of the transcript define the services. */
struct scenario *scenario_new(void *ctx, const struct catalogue *catalogue);

/* Parse a line such as "subscriber 13800138000 prepaid en" or "set balance 1250". Returns NULL, or the complaint, valid until the next
 * call. *\a known: whether its first word belongs to the scenario at all. */
const char *scenario_line(struct scenario *scenario, const char *line, bool *known);

/* Store all accounts; from now on only facts may be changed. \a pepper NULL: no passwords. Returns NULL or the complaint, as
 * scenario_line(). */
const char *scenario_enter(struct scenario *scenario, struct simulator *simulator, const uint8_t *pepper);

/* The subscriber who uses the phone; NULL before the first line that names one. */
const struct subscriber *scenario_caller(const struct scenario *scenario);

/* "2026-11-20 08:00" as seconds since 1970 UTC. */
bool scenario_parse_time(const char *text, int64_t *seconds);
