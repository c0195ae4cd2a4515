/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a profile is remembered: hot.c. Here: what may be remembered, and for how long.
 *
 * A fill reads all profiles into a new memory, which then replaces the old one. What changes meanwhile is noted,
 * and forgotten there, too. */
#include <inttypes.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <sodium.h>

#include "accounts/counters.h"
#include "accounts/hot.h"
#include "accounts/profiles.h"
#include "starhash/clock.h"
#include "starhash/log.h"
#include "starhash/worker.h"

#define TICK_MS 200			/* to look for changes while nobody asks, and to fill again */
#define BEHIND_MS 10			/* the same while there are more changes than one look takes */
#define PAUSE_MS 10000			/* after a fill that came to nothing */
#define NICE 19
#define NOTED_MAX (1u << 20)		/* changes during a fill, 8 MiB; beyond it, it comes to nothing */
#define NOTED_START 4096
#define LOG_S 600
#define QUEUE_MAX 16

/* Belongs to the thread from worker_submit() until fill_done(). */
struct fill {
	struct job job;
	struct profile_sink sink;
	const struct profiles *profiles;	/* only what never changes */
	struct hot *hot;		/* what was read; NULL: nothing */
	bool stop;			/* set by the loop */
	int rc;
};

/* A memory that the loop does not use any more: giving it back to the system takes long. */
struct gone {
	struct job job;
	struct hot *hot;
};

struct profiles {
	const struct store_ops *ops;
	struct store *store;
	struct rate_ctr_group *counters;
	size_t octets;
	uint64_t seed;
	struct hot *hot;
	struct worker *worker;
	struct osmo_timer_list timer;
	struct fill fill;
	bool wanted, filling;
	bool all_noted;			/* everybody's profile changed during the fill, or too many did */
	unsigned int noted_count;
	int64_t *noted;			/* changed during the fill; NULL: nobody */
	int64_t again_ms;		/* when the next fill may begin */
	int64_t began_ms, took_ms;	/* the last fill; took_ms: unless another is wanted */
	struct log_limit log_failed;
	uint64_t changes;		/* counted from 1 */
	uint64_t changes_filled, changes_ticked;	/* those before the last fill began, and before the last tick */
	uint64_t here, read;		/* answers from memory, and from the store */
};

/* ---- in the thread ---- */

static void fill_begin(struct profile_sink *sink, uint64_t count)
{
	struct fill *fill = container_of(sink, struct fill, sink);

	fill->hot = hot_new(fill->profiles->octets, count, fill->profiles->seed);
}

/* Once something has to make room, the rest comes as it is asked for. */
static bool fill_take(struct profile_sink *sink, int64_t msisdn, int64_t imsi, const struct record *facts)
{
	struct fill *fill = container_of(sink, struct fill, sink);

	if (!fill->hot || hot_is_full(fill->hot) || __atomic_load_n(&fill->stop, __ATOMIC_RELAXED))
		return false;
	hot_put(fill->hot, msisdn, imsi, facts);
	return true;
}

static void fill_run(struct job *job, void *unused)
{
	struct fill *fill = container_of(job, struct fill, job);

	fill->rc = fill->profiles->ops->profiles(fill->profiles->store, &fill->sink);
}

static void gone_run(struct job *job, void *unused)
{
	hot_free(container_of(job, struct gone, job)->hot);
}

/* ---- in the loop ---- */

static void gone_done(struct job *job)
{
	talloc_free(container_of(job, struct gone, job));
}

static void give_back(struct profiles *profiles, struct hot *hot)
{
	struct gone *gone = talloc_zero(profiles, struct gone);

	*gone = (struct gone){ .job = { .run = gone_run, .done = gone_done }, .hot = hot };
	if (worker_submit(profiles->worker, &gone->job) == 0)
		return;
	hot_free(hot);
	talloc_free(gone);
}

static void fill_start(struct profiles *profiles)
{
	struct fill *fill = &profiles->fill;

	fill->hot = NULL;
	profiles->noted_count = 0;
	profiles->all_noted = profiles->wanted = false;
	profiles->changes_filled = profiles->changes;
	profiles->began_ms = clock_monotonic_ms();
	profiles->filling = worker_submit(profiles->worker, &fill->job) == 0;
	profiles->wanted = !profiles->filling;
}

static void replace(struct profiles *profiles, struct hot *hot)
{
	give_back(profiles, profiles->hot);
	profiles->hot = hot;
}

static void fill_use(struct profiles *profiles, struct hot *hot)
{
	for (unsigned int i = 0; i < profiles->noted_count; i++)
		hot_drop(hot, profiles->noted[i]);
	replace(profiles, hot);
	profiles->took_ms = clock_monotonic_ms() - profiles->began_ms;
}

static void fill_discard(struct profiles *profiles, struct hot *hot)
{
	unsigned int suppressed;

	if (hot)
		give_back(profiles, hot);
	profiles->wanted = true;
	profiles->again_ms = clock_monotonic_ms() + PAUSE_MS;
	if (!profiles->all_noted && log_allowed(&profiles->log_failed, LOG_S, &suppressed))
		LOGP(DACCOUNT, LOGL_NOTICE, "Profiles cannot be read in advance: each is read when it is asked for; the next try is in "
		     "%u s\n", PAUSE_MS / 1000);
}

static void fill_done(struct job *job)
{
	struct fill *fill = container_of(job, struct fill, job);
	struct profiles *profiles = container_of(fill, struct profiles, fill);

	profiles->filling = false;
	if (fill->rc || !fill->hot || profiles->all_noted)
		fill_discard(profiles, fill->hot);
	else
		fill_use(profiles, fill->hot);
	TALLOC_FREE(profiles->noted);
}

/* After an import of most subscribers. */
static bool few_are_left(const struct profiles *profiles)
{
	struct hot_counts counts = { 0 };

	if (profiles->hot)
		hot_count(profiles->hot, &counts);
	return profiles->changes == profiles->changes_ticked && profiles->changes - profiles->changes_filled > counts.profiles;
}

static void tick(void *data)
{
	struct profiles *profiles = data;
	const bool known = profiles->ops->touched(profiles->store);

	profiles->wanted |= few_are_left(profiles);
	profiles->changes_ticked = profiles->changes;
	if (profiles->wanted && !profiles->filling && clock_monotonic_ms() >= profiles->again_ms)
		fill_start(profiles);
	osmo_timer_schedule(&profiles->timer, 0, (known ? TICK_MS : BEHIND_MS) * 1000);
}

/* All changes of one subscriber in an import follow each other. */
static void note(struct profiles *profiles, int64_t msisdn)
{
	const unsigned int count = profiles->noted_count;

	if (count && profiles->noted[count - 1] == msisdn)
		return;
	profiles->all_noted = count == NOTED_MAX;
	if (profiles->all_noted)
		return;
	if (!count || (count >= NOTED_START && !(count & (count - 1))))
		profiles->noted = talloc_realloc(profiles, profiles->noted, int64_t, count ? 2 * count : NOTED_START);
	profiles->noted[profiles->noted_count++] = msisdn;
}

static void forget_all(struct profiles *profiles)
{
	struct hot *hot = hot_new(profiles->octets, 0, profiles->seed);

	profiles->wanted = profiles->all_noted = true;
	replace(profiles, hot);
}

void profiles_forget(struct profiles *profiles, int64_t msisdn)
{
	if (!profiles)
		return;
	profiles->changes++;
	if (!msisdn) {
		forget_all(profiles);
		return;
	}
	if (profiles->hot)
		hot_drop(profiles->hot, msisdn);
	if (profiles->filling && !profiles->all_noted)
		note(profiles, msisdn);
}

/* ---- requests ---- */

static bool find(struct profiles *profiles, const struct subscriber *subscriber, struct record *facts)
{
	int64_t key;

	if (subscriber->msisdn[0])
		return msisdn_key(subscriber->msisdn, &key) && hot_find(profiles->hot, key, facts);
	return imsi_key(subscriber->imsi, &key) && hot_find_by_imsi(profiles->hot, key, facts);
}

bool profiles_answer(struct profiles *profiles, const struct request *request, struct response *response)
{
	bool found;

	if (!profiles || request->kind != REQUEST_PROFILE)
		return false;
	found = profiles->ops->touched(profiles->store) && profiles->hot && find(profiles, &request->subscriber, &response->facts);
	profiles->here += found;
	profiles->read += !found;
	accounts_count(profiles->counters, found ? ACCOUNT_COUNT_PROFILES_HERE : ACCOUNT_COUNT_PROFILES_READ);
	if (found)
		response->result = RESULT_OK;
	return found;
}

/* The store looks a subscriber up by IMSI only without an MSISDN. */
static int64_t imsi_asked(const struct request *request)
{
	int64_t key;

	return !request->subscriber.msisdn[0] && imsi_key(request->subscriber.imsi, &key) ? key : 0;
}

static void remember(struct profiles *profiles, int64_t imsi, const struct response *response)
{
	char msisdn[MSISDN_SIZE];
	int64_t key;

	record_text(&response->facts, FIELD_MSISDN, msisdn, sizeof(msisdn));
	if (profiles->hot && response->result == RESULT_OK && msisdn_key(msisdn, &key))
		hot_put(profiles->hot, key, imsi, &response->facts);
}

void profiles_remember(struct profiles *profiles, const struct request *request, const struct response *response)
{
	if (profiles && request->kind == REQUEST_PROFILE)
		remember(profiles, imsi_asked(request), response);
}

void profiles_await(const struct profiles *profiles, const struct request *request, struct profile_awaited *awaited)
{
	*awaited = (struct profile_awaited){ 0 };
	if (profiles && request->kind == REQUEST_PROFILE)
		*awaited = (struct profile_awaited){ profiles->changes, imsi_asked(request) };
}

void profiles_remember_awaited(struct profiles *profiles, const struct profile_awaited *awaited, const struct response *response)
{
	if (profiles && awaited->changes && awaited->changes == profiles->changes)
		remember(profiles, awaited->imsi, response);
}

int profiles_describe(const struct profiles *profiles, char *out, size_t size)
{
	const uint64_t all = profiles->here + profiles->read;
	struct hot_counts counts = { 0 };
	char fill[48] = "to be read in advance";

	if (profiles->filling)
		snprintf(fill, sizeof(fill), "being read for %" PRId64 " ms", clock_monotonic_ms() - profiles->began_ms);
	else if (!profiles->wanted)
		snprintf(fill, sizeof(fill), "read in %" PRId64 " ms", profiles->took_ms);
	if (profiles->hot)
		hot_count(profiles->hot, &counts);
	return snprintf(out, size, "%u profiles in %zu KiB of memory, %" PRIu64 " %% of %" PRIu64 " answers came from there, %s",
			counts.profiles, counts.octets / 1024, all ? profiles->here * 100 / all : 0, all, fill);
}

/* ---- setup and teardown ---- */

struct profiles *profiles_new(void *ctx, const struct store_ops *ops, struct store *store, size_t octets, struct rate_ctr_group *counters)
{
	const struct worker_settings settings = { .name = "profiles", .threads = 1, .queue_max = QUEUE_MAX, .nice = NICE };
	struct profiles *profiles;

	if (!ops->touched || !octets)
		return NULL;
	profiles = talloc_zero(ctx, struct profiles);
	profiles->ops = ops;
	profiles->store = store;
	profiles->octets = octets;
	profiles->counters = counters;
	profiles->changes = 1;
	randombytes_buf(&profiles->seed, sizeof(profiles->seed));
	profiles->hot = hot_new(octets, 0, profiles->seed);
	profiles->worker = worker_new(profiles, &settings);
	profiles->fill = (struct fill){
		.job = { .run = fill_run, .done = fill_done }, .sink = { fill_begin, fill_take }, .profiles = profiles,
	};
	osmo_timer_setup(&profiles->timer, tick, profiles);
	if (!profiles->worker || !profiles->hot) {
		LOGP(DACCOUNT, LOGL_ERROR, "No profiles are remembered: there is no %s for them\n", profiles->hot ? "thread" : "memory");
		profiles_free(profiles);
		return NULL;
	}
	profiles->wanted = true;
	tick(profiles);
	return profiles;
}

void profiles_free(struct profiles *profiles)
{
	if (!profiles)
		return;
	osmo_timer_del(&profiles->timer);
	__atomic_store_n(&profiles->fill.stop, true, __ATOMIC_RELAXED);
	worker_free(profiles->worker);
	hot_free(profiles->hot);
	talloc_free(profiles);
}
