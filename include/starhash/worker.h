/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Jobs in worker threads, with results delivered in the loop.
 *
 * Threads work on copies: a job's memory belongs to the thread from worker_submit() until done(), and may refer to no talloc object used
 * elsewhere. run() must not log, allocate from talloc or call libosmocore. */
#pragma once

#include <osmocom/core/linuxlist.h>

struct worker;

/* Embedded in the user's own struct. */
struct job {
	struct llist_head entry;
	void (*run)(struct job *job, void *batch);	/* in a thread */
	void (*done)(struct job *job);			/* in the loop; the job belongs to the submitter again */
};

struct worker_settings {
	const char *name;		/* of the threads, shown to people: up to 15 characters */
	unsigned int threads;
	unsigned int queue_max;		/* waiting jobs; more are refused */
	unsigned int batch_max;		/* jobs that a thread takes at a time; 0: its share of all */
	int nice;			/* niceness of the threads relative to the loop: 0 to 19 */
	/* Called in the thread before and after each batch; may be NULL. end() is called before any done() of the batch, so that a group
	 * of changes can be made durable together. */
	void (*begin)(void *batch);
	void (*end)(void *batch);
	void *batch;
};

/* \a ctx: talloc parent. NULL when out of threads or descriptors. */
struct worker *worker_new(void *ctx, const struct worker_settings *settings);

/* Runs all accepted jobs, calls every done(), then joins the threads. */
void worker_free(struct worker *worker);

/* 0, or -EAGAIN when the queue is full. */
int worker_submit(struct worker *worker, struct job *job);

unsigned int worker_queued(const struct worker *worker);
