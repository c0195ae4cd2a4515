/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who plays in a transcript: subscribers with their accounts, and the catalogue of services. */
#pragma once

#include "tool/simulator/simulator.h"

struct scenario;

/* \a catalogue: of the menu; while it is empty, lines say what is offered. */
struct scenario *scenario_new(void *ctx, const struct catalogue *catalogue);

/* Take a line such as "subscriber 13800138000 prepaid en" or "set balance 1250". Returns NULL when it was taken, else
 * what is wrong with it: valid until the next call. *\a known: whether its first word is one of the scenario's at all. */
const char *scenario_line(struct scenario *scenario, const char *line, bool *known);

/* Put everybody into the store; from now on only facts may be changed. NULL \a pepper: no passwords. Returns NULL, or what is
 * wrong, as scenario_line(). */
const char *scenario_enter(struct scenario *scenario, struct simulator *simulator, const uint8_t *pepper);

/* Who holds the phone; NULL before the first line that names somebody. */
const struct subscriber *scenario_caller(const struct scenario *scenario);

/* "2026-11-20 08:00" as seconds since 1970 UTC. */
bool scenario_parse_time(const char *text, int64_t *seconds);
