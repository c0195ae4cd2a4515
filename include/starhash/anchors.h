/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The anchors' file: each new head of a chain of consents is appended to it, by a thread, after its commit. Nothing is ever
 * dropped: what could not be written is found in the store, at the next try or the next start. */
#pragma once

#include <stdint.h>

struct alarms;
struct anchors;
struct consent_keys;
struct consent_source;

struct anchors_settings {
	const char *file;			/* appended to; mode 0600, made when absent */
	struct consent_source *source;		/* the thread's from anchors_new() to anchors_finish() */
	int64_t reached;			/* id up to which the store knows that consents have anchors */
	const struct consent_keys *keys;
	struct alarms *alarms;			/* NULL: alarms are only logged */
};

/* Writes at once what has no anchor yet, then compares the newest anchors with the store, as it does once a day. \a ctx: talloc
 * parent; the settings' pointers stay valid. NULL when memory or threads are short: a file that cannot be written is an alarm,
 * not an error. */
struct anchors *anchors_new(void *ctx, const struct anchors_settings *settings);

/* Write what is left and end the thread. NULL is fine, here and below. */
void anchors_finish(struct anchors *anchors);
void anchors_free(struct anchors *anchors);

/* There are new consents. */
void anchors_wake(struct anchors *anchors);

/* From any thread: the last consent, by its id, whose anchor is durable, of those without a gap. \a anchors may be NULL. */
int64_t anchors_reached(const struct anchors *anchors);
