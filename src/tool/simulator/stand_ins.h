/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stand-ins for backends in a transcript: they answer what its lines say, so that no test calls out. */
#pragma once

struct backends;
struct stand_ins;

/* Takes the place of the network for \a backends, until it is freed. */
struct stand_ins *stand_ins_new(void *ctx, struct backends *backends);

/* Parse the line after "backend": "NAME answers STATUS [JSON]", "NAME is slow" or "NAME is down"; it applies from now on. Returns NULL, or
 * the complaint, valid until the next call. */
const char *stand_ins_line(struct stand_ins *stand_ins, const char *line);

/* A backend that was called although no line says what it answers, since the last call of this function; NULL: none. */
const char *stand_ins_missing(struct stand_ins *stand_ins);
