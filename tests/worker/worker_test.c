/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Workers: every job runs once and is returned once, in batches, also when the worker ends. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "starhash/worker.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define JOBS_MAX 2000

struct batches {
	unsigned int begun;
	unsigned int ended;
};

struct counted {
	struct job job;
	struct worker *worker;
	unsigned int ran;
	unsigned int done;
	unsigned int *total;
	unsigned int again;	/* submit once more from done() */
};

struct gate {
	struct job job;
	pthread_mutex_t closed;
};

static void batch_begin(void *data)
{
	struct batches *batches = data;

	batches->begun++;
}

static void batch_end(void *data)
{
	struct batches *batches = data;

	batches->ended++;
}

static void counted_run(struct job *job, void *batch)
{
	llist_entry(job, struct counted, job)->ran++;
}

static void counted_done(struct job *job)
{
	struct counted *counted = llist_entry(job, struct counted, job);

	counted->done++;
	(*counted->total)++;
	if (counted->again && counted->again--)
		assert_int_equal(worker_submit(counted->worker, job), 0);
}

static void gate_run(struct job *job, void *batch)
{
	struct gate *gate = llist_entry(job, struct gate, job);

	pthread_mutex_lock(&gate->closed);
	pthread_mutex_unlock(&gate->closed);
}

static void gate_done(struct job *job)
{
}

static bool all_done(void *user)
{
	return *(unsigned int *)user == JOBS_MAX;
}

static void submit_all(struct worker *worker, struct counted *jobs, unsigned int count, unsigned int *total)
{
	for (unsigned int i = 0; i < count; i++) {
		jobs[i].job = (struct job){ .run = counted_run, .done = counted_done };
		jobs[i].worker = worker;
		jobs[i].total = total;
		assert_int_equal(worker_submit(worker, &jobs[i].job), 0);
	}
}

static void submit__many_jobs_one_to_four_threads__each_once(void **state)
{
	for (unsigned int threads = 1; threads <= 4; threads++) {
		const struct worker_settings settings = { .name = "t", .threads = threads, .queue_max = JOBS_MAX };
		struct worker *worker = worker_new(NULL, &settings);
		struct counted jobs[JOBS_MAX] = { 0 };
		unsigned int total = 0;

		submit_all(worker, jobs, JOBS_MAX, &total);
		assert_true(loop_until(all_done, &total, 5000));
		for (unsigned int i = 0; i < JOBS_MAX; i++) {
			assert_int_equal(jobs[i].ran, 1);
			assert_int_equal(jobs[i].done, 1);
		}
		assert_int_equal(worker_queued(worker), 0);
		worker_free(worker);
	}
}

static void submit__thread_is_busy__rest_form_one_batch(void **state)
{
	struct batches batches = { 0 };
	const struct worker_settings settings = {
		.name = "t", .threads = 1, .queue_max = JOBS_MAX, .begin = batch_begin, .end = batch_end, .batch = &batches,
	};
	struct worker *worker = worker_new(NULL, &settings);
	struct gate gate = { .job = { .run = gate_run, .done = gate_done }, .closed = PTHREAD_MUTEX_INITIALIZER };
	struct counted jobs[JOBS_MAX] = { 0 };
	unsigned int total = 0;

	pthread_mutex_lock(&gate.closed);
	assert_int_equal(worker_submit(worker, &gate.job), 0);
	while (worker_queued(worker))
		usleep(100);
	submit_all(worker, jobs, JOBS_MAX, &total);
	pthread_mutex_unlock(&gate.closed);
	assert_true(loop_until(all_done, &total, 5000));
	assert_int_equal(batches.begun, 2);
	assert_int_equal(batches.ended, 2);
	worker_free(worker);
}

static void submit__queue_full__refused(void **state)
{
	const struct worker_settings settings = { .name = "t", .threads = 1, .queue_max = 2 };
	struct worker *worker = worker_new(NULL, &settings);
	struct gate gate = { .job = { .run = gate_run, .done = gate_done }, .closed = PTHREAD_MUTEX_INITIALIZER };
	struct counted jobs[3] = { 0 };
	unsigned int total = 0;

	pthread_mutex_lock(&gate.closed);
	assert_int_equal(worker_submit(worker, &gate.job), 0);
	while (worker_queued(worker))
		usleep(100);
	submit_all(worker, jobs, 2, &total);
	assert_int_equal(worker_submit(worker, &jobs[2].job), -EAGAIN);
	pthread_mutex_unlock(&gate.closed);
	worker_free(worker);
	assert_int_equal(total, 2);
}

static void free__jobs_open_and_resubmitting__all_done(void **state)
{
	const struct worker_settings settings = { .name = "t", .threads = 2, .queue_max = JOBS_MAX };
	struct worker *worker = worker_new(NULL, &settings);
	struct counted jobs[100] = { [7] = { .again = 3 }, [50] = { .again = 1 } };
	unsigned int total = 0;

	submit_all(worker, jobs, 100, &total);
	worker_free(worker);
	assert_int_equal(total, 104);
	assert_int_equal(jobs[7].ran, 4);
	worker_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(submit__many_jobs_one_to_four_threads__each_once),
		cmocka_unit_test(submit__thread_is_busy__rest_form_one_batch),
		cmocka_unit_test(submit__queue_full__refused),
		cmocka_unit_test(free__jobs_open_and_resubmitting__all_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
