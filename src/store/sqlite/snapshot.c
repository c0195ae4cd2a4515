/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "starhash/clock.h"
#include "store/sqlite/snapshot.h"

#define IDLE_US 100000		/* then an idle transaction ends; a shorter timer would wake the loop too often */

void snapshot_end(struct snapshot *snapshot)
{
	if (snapshot->open)
		statement_run(snapshot->connection, SQL_READ_END);
	snapshot->open = snapshot->stale = false;
	snapshot->changed_count = 0;
}

static void end_cb(void *data)
{
	snapshot_end(data);
}

void snapshot_init(struct snapshot *snapshot, struct connection *connection, const bool *hurry)
{
	*snapshot = (struct snapshot){ .connection = connection, .hurry = hurry };
	osmo_timer_setup(&snapshot->end, end_cb, snapshot);
}

static bool same(const char *a, const char *b)
{
	return *a && !strcmp(a, b);
}

static bool differ(const char *a, const char *b)
{
	return *a && *b && strcmp(a, b) != 0;
}

/* If one is known only by IMSI and the other only by MSISDN, they may be the same. */
static bool may_be(const struct subscriber *a, const struct subscriber *b)
{
	if (same(a->imsi, b->imsi) || same(a->msisdn, b->msisdn))
		return true;
	return !differ(a->imsi, b->imsi) && !differ(a->msisdn, b->msisdn);
}

static bool is_somebody(const struct subscriber *who)
{
	return *who->imsi || *who->msisdn;
}

static bool is_fresh_for(const struct snapshot *snapshot, const struct subscriber *who)
{
	if (!snapshot->stale)
		return true;
	for (unsigned int i = 0; i < snapshot->changed_count; i++)
		if (may_be(&snapshot->changed[i], who))
			return false;
	return is_somebody(who);
}

int snapshot_begin(struct snapshot *snapshot, const struct subscriber *who)
{
	const int64_t now = clock_monotonic_ms();
	int rc;

	if (snapshot->open && now - snapshot->began_ms < SNAPSHOT_HOLD_MS && is_fresh_for(snapshot, who))
		return DB_OK;
	snapshot_end(snapshot);		/* also forgets the noted changes */
	rc = statement_run(snapshot->connection, SQL_READ_BEGIN);
	snapshot->open = rc == DB_OK;
	snapshot->began_ms = now;
	/* A timer of 0 fires in the next turn, after the reads of this one. */
	if (snapshot->open && __atomic_load_n(snapshot->hurry, __ATOMIC_RELAXED))
		osmo_timer_schedule(&snapshot->end, 0, 0);
	else if (snapshot->open && !osmo_timer_pending(&snapshot->end))
		osmo_timer_schedule(&snapshot->end, 0, IDLE_US);
	return rc;
}

void snapshot_note(struct snapshot *snapshot, const struct subscriber *who)
{
	snapshot->stale = true;
	if (!who || snapshot->changed_count == CHANGED_MAX)
		snapshot_end(snapshot);
	else if (is_somebody(who))
		snapshot->changed[snapshot->changed_count++] = *who;
}
