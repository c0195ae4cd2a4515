/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reload a server's menu inside a test, and wait for the result. */
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "tests/support/loop.h"
#include "tests/support/reload.h"

struct wait {
	struct menu_reload reload;
	struct problems *problems;
	bool done;
	int rc;
};

static void done(struct menu_reload *reload, int rc, const struct problems *problems)
{
	struct wait *wait = container_of(reload, struct wait, reload);

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		if (problem->severity == PROBLEM_ERROR)
			problems_add_at(wait->problems, problem->file, problem->line, "%s", problem->text);
		else
			problems_warn_at(wait->problems, problem->file, problem->line, "%s", problem->text);
	}
	wait->rc = rc;
	wait->done = true;
}

int reload_now(struct server *server, struct problems *problems)
{
	struct wait wait = { .reload.done = done, .problems = problems };
	const bool stopped = osmo_gettimeofday_override;

	if (!stopped)
		time_stop();		/* no timer of a dialog fires meanwhile, however slow the machine is */
	server_reload(server, &wait.reload);
	while (!wait.done)
		osmo_select_main(0);
	if (!stopped)
		time_go_on();
	return wait.rc;
}
