/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scenario of a transcript: subscribers with their accounts, and the catalogue of services. */
#pragma once

#include "tool/simulator/simulator.h"

struct scenario;

/* If the menu's catalogue is empty, lines of the transcript define the services. */
struct scenario *scenario_new(void *ctx, const struct menu *menu);

/* Parse a line such as "subscriber 13800138000 prepaid en" or "set balance 1250". Returns NULL, or the complaint, valid until the next
 * call. *\a known: whether its first word belongs to the scenario at all. */
const char *scenario_line(struct scenario *scenario, const char *line, bool *known);

/* Store all accounts; from now on only facts may be changed. \a pepper NULL: no passwords. Returns NULL or the complaint, as
 * scenario_line(). */
const char *scenario_enter(struct scenario *scenario, struct simulator *simulator, const uint8_t *pepper);

/* Parse the line after "event", such as "purchase amount 200 purchased_by sms", and report it about the caller. NULL or the complaint, as
 * scenario_line(). */
const char *scenario_event(struct scenario *scenario, const char *line);

/* The complaint about a word, say a "status", that is not among the known ones, which are listed between blanks; as scenario_line(). */
const char *scenario_unknown(struct scenario *scenario, const char *kind, const char *word, const char *known);

/* The first words of all lines of scenarios, between blanks; a talloc child of \a ctx. */
const char *scenario_commands(void *ctx);

/* NULL if a service with this code is on sale; else the complaint, as scenario_line(). */
const char *scenario_check_service(struct scenario *scenario, const char *code);

/* The subscriber who uses the phone; NULL before the first line that names one. */
const struct subscriber *scenario_caller(const struct scenario *scenario);

/* "2026-11-20 08:00" as seconds since 1970 UTC. */
bool scenario_parse_time(const char *text, int64_t *seconds);
