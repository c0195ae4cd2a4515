/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether subscribers wait: then background work does not add to it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of the process, zeroed at first, owned by the caller of server_new(). The server notes the delay; read-only for others. */
struct load {
	int64_t high_until_ms;		/* of clock_monotonic_ms(); 0: never high */
};

/* Dials or texts have waited longer than the target: for the next moment the load is high. */
void load_note_high(struct load *load);

/* Whether a portion of background work should be put off now, and asked again in a moment. A long flood must not stop it altogether: after
 * \a patience_ms one portion is let through. \a load: NULL is never high. \a since_ms: of this work, zeroed at first. */
bool load_defers(const struct load *load, int64_t *since_ms, int64_t patience_ms);
