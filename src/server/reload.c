/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reloads of the menu: files are read, and trees built and freed, in a thread; the loop only exchanges the pointer. */
#include <errno.h>
#include <stdlib.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "starhash/worker.h"

#define JOBS_MAX 64
#define THREAD_NICE 10		/* turns go first where both have one processor */

struct loader {
	struct server *server;
	struct worker *worker;		/* one thread, so that one load runs at a time */
	struct llist_head running;	/* those who wait for the load that runs */
	struct llist_head next;		/* those who asked since it began */
	struct loading {
		struct job job;
		struct loader *loader;
		struct menu *menu;	/* the result */
		struct menu_copy *copy;
		struct problems problems;
	} load;
	bool loading;
};

/* ---- in the thread ---- */

static void load_run(struct job *job, void *batch)
{
	struct loading *load = container_of(job, struct loading, job);
	const struct server_settings *settings = &load->loader->server->settings;

	load->menu = settings->load_menu(settings->user, &load->copy, &load->problems);
}

/* A menu to be freed. */
struct waste {
	struct job job;
	struct menu *menu;
	struct menu_copy *copy;
};

static void waste_free(struct menu *menu, struct menu_copy *copy)
{
	if (menu)
		menu_free(menu);
	menu_copy_free(copy);
}

static void waste_run(struct job *job, void *batch)
{
	struct waste *waste = container_of(job, struct waste, job);

	waste_free(waste->menu, waste->copy);
}

/* ---- in the loop ---- */

/* The thread is started when it is first needed. NULL: out of threads. */
static struct loader *loader_of(struct server *server)
{
	const struct worker_settings settings = { .name = "menu-load", .threads = 1, .queue_max = JOBS_MAX, .batch_max = 1,
						  .nice = THREAD_NICE };
	struct loader *loader = server->loader;

	if (loader)
		return loader;
	loader = talloc_zero(server, struct loader);
	OSMO_ASSERT(loader);
	loader->server = server;
	loader->load.loader = loader;
	INIT_LLIST_HEAD(&loader->running);
	INIT_LLIST_HEAD(&loader->next);
	loader->worker = worker_new(loader, &settings);
	if (!loader->worker) {
		talloc_free(loader);
		return NULL;
	}
	return server->loader = loader;
}

static void waste_done(struct job *job)
{
	free(container_of(job, struct waste, job));
}

void reload_drop(struct server *server, struct menu *menu, struct menu_copy *copy)
{
	struct loader *loader = menu || copy ? loader_of(server) : NULL;
	struct waste *waste = loader ? malloc(sizeof(*waste)) : NULL;

	if (!menu && !copy)
		return;
	if (waste) {
		*waste = (struct waste){ .job = { .run = waste_run, .done = waste_done }, .menu = menu, .copy = copy };
		if (worker_submit(loader->worker, &waste->job) == 0)
			return;
		free(waste);
	}
	waste_free(menu, copy);		/* out of threads or memory: here, although it takes milliseconds */
}

static void release(void *server, struct menu *menu)
{
	reload_drop(server, menu, NULL);
}

/* Dialogs may still use it. */
void reload_retire(struct server *server, struct menu *menu)
{
	if (menu)
		menu_on_release(menu, release, server);
	menu_unref(menu);
}

/* Each may ask for the next reload, or be forgotten by another one. */
static void report(struct llist_head *waiting, int rc, const struct problems *problems)
{
	LLIST_HEAD(done);

	llist_splice_init(waiting, &done);
	while (!llist_empty(&done)) {
		struct menu_reload *reload = llist_first_entry(&done, struct menu_reload, entry);

		llist_del_init(&reload->entry);
		reload->done(reload, rc, problems);
	}
}

/* Returns the result for those who wait. */
static int no_thread(struct server *server, struct problems *problems)
{
	problems_add_at(problems, NULL, 0, "out of threads or descriptors: nothing was loaded");
	return server_reload_failed(server, problems, -EAGAIN);
}

static void load_start(struct loader *loader);

static void load_done(struct job *job)
{
	struct loading *load = container_of(job, struct loading, job);
	struct loader *loader = load->loader;
	struct problems problems = load->problems;
	int rc = -ESHUTDOWN;

	loader->loading = false;
	load->problems = (struct problems){};
	if (loader->server->stopping)
		reload_drop(loader->server, load->menu, load->copy);
	else
		rc = server_take_menu(loader->server, load->menu, load->copy, &problems);
	report(&loader->running, rc, &problems);
	problems_fini(&problems);
	if (llist_empty(&loader->next) || loader->loading)	/* one of them asked again */
		return;
	if (loader->server->stopping)
		report(&loader->next, rc, &(struct problems){});
	else
		load_start(loader);
}

static void load_start(struct loader *loader)
{
	struct problems problems = {};

	llist_splice_init(&loader->next, &loader->running);
	loader->load.menu = NULL;
	loader->load.copy = NULL;
	loader->load.job = (struct job){ .run = load_run, .done = load_done };
	loader->loading = worker_submit(loader->worker, &loader->load.job) == 0;
	if (!loader->loading)
		report(&loader->running, no_thread(loader->server, &problems), &problems);
	problems_fini(&problems);
}

void server_reload(struct server *server, struct menu_reload *reload)
{
	struct loader *loader = loader_of(server);
	struct problems problems = {};
	int rc;

	INIT_LLIST_HEAD(&reload->entry);
	if (server->stopping || !loader || !server->settings.load_menu) {
		rc = server->stopping ? -ESHUTDOWN : loader ? server_take_menu(server, NULL, NULL, &problems)
							    : no_thread(server, &problems);
		reload->done(reload, rc, &problems);
		problems_fini(&problems);
		return;
	}
	llist_add_tail(&reload->entry, &loader->next);
	if (!loader->loading)
		load_start(loader);
}

void server_reload_forget(struct menu_reload *reload)
{
	llist_del_init(&reload->entry);
}

bool reload_runs(const struct server *server)
{
	return server->loader && server->loader->loading;
}

void reload_stop(struct server *server)
{
	if (reload_runs(server))
		problems_stop(&server->loader->load.problems);
}

void reload_fini(struct server *server)
{
	if (!server->loader)
		return;
	worker_free(server->loader->worker);
	talloc_free(server->loader);
	server->loader = NULL;
}
