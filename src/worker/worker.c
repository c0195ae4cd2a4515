/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Worker threads: jobs are passed in batches, and so are results, each batch with one wake-up. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "starhash/worker.h"

#define DONE_MAX 16		/* results delivered before the loop serves others */

struct worker {
	struct worker_settings settings;
	pthread_t *threads;
	unsigned int started;
	struct osmo_fd wake;		/* an eventfd: results are ready */
	struct llist_head delivering;	/* used by the loop: finished, done() not called yet */

	/* The mutex protects the members below. */
	pthread_mutex_t mutex;
	pthread_cond_t work;		/* there is a job, or the threads must stop */
	pthread_cond_t progress;	/* a job has finished */
	struct llist_head queue;
	struct llist_head finished;
	unsigned int queued;		/* jobs in the queue */
	unsigned int open;		/* submitted, done() not called yet */
	unsigned int idle;		/* threads waiting for work */
	bool woken;			/* the eventfd is already raised */
	bool stop;
};

/* Several threads share the queue; a single thread takes all of it. */
static void take_batch(struct worker *worker, struct llist_head *batch)
{
	unsigned int share = (worker->queued + worker->settings.threads - 1) / worker->settings.threads;

	if (worker->settings.batch_max && share > worker->settings.batch_max)
		share = worker->settings.batch_max;
	for (; share; share--) {
		struct llist_head *entry = worker->queue.next;

		llist_del(entry);
		llist_add_tail(entry, batch);
		worker->queued--;
	}
}

static void run_batch(const struct worker_settings *settings, struct llist_head *batch)
{
	struct job *job;

	if (settings->begin)
		settings->begin(settings->batch);
	llist_for_each_entry(job, batch, entry)
		job->run(job, settings->batch);
	if (settings->end)
		settings->end(settings->batch);
}

static void raise_wake(const struct worker *worker)
{
	const uint64_t one = 1;

	/* Cannot fail: the counter is far from its limit, because it is raised only from zero. */
	while (write(worker->wake.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *thread_main(void *data)
{
	struct worker *worker = data;
	struct llist_head batch;

	pthread_setname_np(pthread_self(), worker->settings.name);
	if (worker->settings.nice)
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + worker->settings.nice);	/* of this thread */
	pthread_mutex_lock(&worker->mutex);
	for (;;) {
		worker->idle++;
		while (llist_empty(&worker->queue) && !worker->stop)
			pthread_cond_wait(&worker->work, &worker->mutex);
		worker->idle--;
		if (llist_empty(&worker->queue))
			break;
		INIT_LLIST_HEAD(&batch);
		take_batch(worker, &batch);
		pthread_mutex_unlock(&worker->mutex);
		run_batch(&worker->settings, &batch);
		pthread_mutex_lock(&worker->mutex);
		llist_splice(&batch, worker->finished.prev);
		if (!worker->woken)
			raise_wake(worker);
		worker->woken = true;
		pthread_cond_signal(&worker->progress);
	}
	pthread_mutex_unlock(&worker->mutex);
	return NULL;
}

static struct job *next_finished(struct worker *worker)
{
	struct job *job;

	pthread_mutex_lock(&worker->mutex);
	llist_splice_init(&worker->finished, worker->delivering.prev);
	job = llist_first_entry_or_null(&worker->delivering, struct job, entry);
	if (job)
		worker->open--;
	pthread_mutex_unlock(&worker->mutex);
	if (job)
		llist_del(&job->entry);
	return job;
}

/* In the loop: call done() for finished jobs. */
static void deliver(struct worker *worker, unsigned int max)
{
	struct job *job;

	while (max-- && (job = next_finished(worker)))
		job->done(job);
}

/* A large group of changes ends at once: readers should not wait until all of its answers are delivered. */
static void come_again(struct worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	if (!llist_empty(&worker->delivering) && !worker->woken) {
		raise_wake(worker);
		worker->woken = true;
	}
	pthread_mutex_unlock(&worker->mutex);
}

static int wake_cb(struct osmo_fd *fd, unsigned int what)
{
	struct worker *worker = fd->data;
	uint64_t count;

	pthread_mutex_lock(&worker->mutex);
	while (read(fd->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	worker->woken = false;
	pthread_mutex_unlock(&worker->mutex);
	deliver(worker, DONE_MAX);
	come_again(worker);
	return 0;
}

/* Only the loop handles signals: threads start with all of them blocked. */
static void start_threads(struct worker *worker)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (worker->started < worker->settings.threads &&
	       !pthread_create(&worker->threads[worker->started], NULL, thread_main, worker))
		worker->started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_threads(struct worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	worker->stop = true;
	pthread_cond_broadcast(&worker->work);
	pthread_mutex_unlock(&worker->mutex);
	while (worker->started)
		pthread_join(worker->threads[--worker->started], NULL);
}

struct worker *worker_new(void *ctx, const struct worker_settings *settings)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct worker *worker;

	if (fd < 0)
		return NULL;
	worker = talloc_zero(ctx, struct worker);
	worker->settings = *settings;
	worker->threads = talloc_zero_array(worker, pthread_t, settings->threads);
	INIT_LLIST_HEAD(&worker->queue);
	INIT_LLIST_HEAD(&worker->finished);
	INIT_LLIST_HEAD(&worker->delivering);
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->work, NULL);
	pthread_cond_init(&worker->progress, NULL);
	osmo_fd_setup(&worker->wake, fd, OSMO_FD_READ, wake_cb, worker, 0);
	osmo_fd_register(&worker->wake);
	start_threads(worker);
	if (worker->started < settings->threads) {
		worker_free(worker);
		return NULL;
	}
	return worker;
}

/* Wait until no job is open: a done() may submit another one. */
static void drain(struct worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	while (worker->open) {
		while (llist_empty(&worker->finished) && llist_empty(&worker->delivering))
			pthread_cond_wait(&worker->progress, &worker->mutex);
		pthread_mutex_unlock(&worker->mutex);
		deliver(worker, UINT_MAX);
		pthread_mutex_lock(&worker->mutex);
	}
	pthread_mutex_unlock(&worker->mutex);
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	drain(worker);
	stop_threads(worker);
	osmo_fd_unregister(&worker->wake);
	close(worker->wake.fd);
	pthread_cond_destroy(&worker->progress);
	pthread_cond_destroy(&worker->work);
	pthread_mutex_destroy(&worker->mutex);
	talloc_free(worker);
}

int worker_submit(struct worker *worker, struct job *job)
{
	int rc = -EAGAIN;

	pthread_mutex_lock(&worker->mutex);
	if (worker->queued < worker->settings.queue_max) {
		llist_add_tail(&job->entry, &worker->queue);
		worker->queued++;
		worker->open++;
		if (worker->idle)
			pthread_cond_signal(&worker->work);
		rc = 0;
	}
	pthread_mutex_unlock(&worker->mutex);
	return rc;
}

unsigned int worker_queued(const struct worker *worker)
{
	struct worker *locked = (struct worker *)worker;
	unsigned int queued;

	pthread_mutex_lock(&locked->mutex);
	queued = worker->queued;
	pthread_mutex_unlock(&locked->mutex);
	return queued;
}
