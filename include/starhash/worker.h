/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A job in a helper thread, its result back in the loop.
 *
 * Threads own copies: a job's memory belongs to its thread from worker_submit() until done() and may hold no talloc
 * object that anyone else touches. Nothing in run() may log, allocate from talloc or call libosmocore. */
#pragma once

#include <osmocom/core/linuxlist.h>

struct worker;

/* Embedded in the user's own struct. */
struct job {
	struct llist_head entry;
	void (*run)(struct job *job, void *batch);	/* in a thread */
	void (*done)(struct job *job);			/* in the loop; the job is the submitter's again */
};

struct worker_settings {
	const char *name;		/* of the threads, for people: up to 15 characters */
	unsigned int threads;
	unsigned int queue_max;		/* jobs not yet run; more are refused */
	unsigned int batch_max;		/* jobs that a thread takes at once; 0: its share of all */
	int nice;			/* how much less than the loop its threads count where processors are scarce: 0 to 19 */
	/* Around all jobs that one thread takes at once, in the thread; may be NULL. end() is called before any of the
	 * batch's done(), so a group of changes can be made durable together. */
	void (*begin)(void *batch);
	void (*end)(void *batch);
	void *batch;
};

/* \a ctx: talloc parent. NULL when threads or descriptors are not to be had. */
struct worker *worker_new(void *ctx, const struct worker_settings *settings);

/* Runs what was accepted, calls every done(), then joins the threads. */
void worker_free(struct worker *worker);

/* 0, or -EAGAIN when the queue is full. */
int worker_submit(struct worker *worker, struct job *job);

unsigned int worker_queued(const struct worker *worker);
