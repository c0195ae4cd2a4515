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

#define TICK_S 1			/* to look for changes while nobody asks, and to fill again */
#define NICE 19
#define NOTED_MAX 65536			/* changes during a fill; beyond it, it begins again */
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
	int64_t *noted;			/* changed during the fill */
	int64_t began_ms, took_ms;	/* the last fill */
	uint64_t changes;		/* counted from 1 */
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
	profiles->began_ms = clock_monotonic_ms();
	profiles->filling = worker_submit(profiles->worker, &fill->job) == 0;
	profiles->wanted = !profiles->filling;
}

static void replace(struct profiles *profiles, struct hot *hot)
{
	give_back(profiles, profiles->hot);
	profiles->hot = hot;
}

static void fill_done(struct job *job)
{
	struct fill *fill = container_of(job, struct fill, job);
	struct profiles *profiles = container_of(fill, struct profiles, fill);

	profiles->filling = false;
	profiles->wanted |= profiles->all_noted;
	if (fill->rc || !fill->hot || profiles->all_noted) {
		if (!profiles->all_noted)
			LOGP(DACCOUNT, LOGL_NOTICE, "Profiles could not be read in advance: each is read when it is asked for\n");
		if (fill->hot)
			give_back(profiles, fill->hot);
		return;
	}
	for (unsigned int i = 0; i < profiles->noted_count; i++)
		hot_drop(fill->hot, profiles->noted[i]);
	replace(profiles, fill->hot);
	profiles->took_ms = clock_monotonic_ms() - profiles->began_ms;
}

static void tick(void *data)
{
	struct profiles *profiles = data;

	profiles->ops->touched(profiles->store);
	if (profiles->wanted && !profiles->filling)
		fill_start(profiles);
	osmo_timer_schedule(&profiles->timer, TICK_S, 0);
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
	if (!profiles->filling || profiles->all_noted)
		return;
	if (profiles->noted_count < NOTED_MAX)
		profiles->noted[profiles->noted_count++] = msisdn;
	else
		profiles->all_noted = true;
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

	if (profiles->hot)
		hot_count(profiles->hot, &counts);
	return snprintf(out, size, "%u profiles in %zu KiB of memory, %" PRIu64 " %% of %" PRIu64 " answers came from there, %s %" PRId64
			" ms", counts.profiles, counts.octets / 1024, all ? profiles->here * 100 / all : 0, all,
			profiles->filling ? "being read for" : "read in", profiles->filling ? clock_monotonic_ms() - profiles->began_ms :
			profiles->took_ms);
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
	profiles->noted = talloc_array(profiles, int64_t, NOTED_MAX);
	profiles->hot = hot_new(octets, 0, profiles->seed);
	profiles->worker = worker_new(profiles, &settings);
	profiles->fill = (struct fill){
		.job = { .run = fill_run, .done = fill_done }, .sink = { fill_begin, fill_take }, .profiles = profiles,
	};
	osmo_timer_setup(&profiles->timer, tick, profiles);
	if (!profiles->worker || !profiles->hot) {
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
