/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file of anchors: a thread appends each new head of a chain of consents after its commit. Nothing is ever dropped: anchors that
 * could not be written are found in the store at the next try or the next start. */
#pragma once

#include <stdint.h>

struct alarms;
struct anchors;
struct consent_keys;
struct consent_source;

struct anchors_settings {
	const char *file;			/* appended to; mode 0600, created when absent */
	struct consent_source *source;		/* used only by the thread from anchors_new() to anchors_finish() */
	int64_t reached;			/* the store knows that consents up to this id have anchors */
	const struct consent_keys *keys;
	struct alarms *alarms;			/* NULL: alarms are only logged */
};

/* Writes missing anchors immediately, then compares the newest anchors with the store, and does so once a day. \a ctx: talloc parent; the
 * settings' pointers must stay valid. NULL without memory or a thread; a file that cannot be written is an alarm, not an error. */
struct anchors *anchors_new(void *ctx, const struct anchors_settings *settings);

/* Write what is left and end the thread. NULL is allowed, here and below. */
void anchors_finish(struct anchors *anchors);
void anchors_free(struct anchors *anchors);

/* New consents were committed. */
void anchors_wake(struct anchors *anchors);

/* From any thread: the id up to which all consents have durable anchors. \a anchors may be NULL. */
int64_t anchors_reached(const struct anchors *anchors);
