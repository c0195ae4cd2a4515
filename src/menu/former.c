/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Former names of the menu language. */
#include "menu/former.h"

#include <stddef.h>
#include <string.h>

#include "starhash/setting.h"

static const struct {
	enum former_place place;
	const char *former, *present;
} names[] = {
	{ FORMER_ACTION, "data.delete", "ticket.request" },
	{ FORMER_ACTION, "service.open", "service.activate" },
	{ FORMER_ACTION, "service.cancel", "service.deactivate" },
	{ FORMER_ACTION, "service.keep", "trial.accept" },
	{ FORMER_ACTION, "trial.keep", "trial.accept" },
	{ FORMER_ENTRY, "notice", "notification" },
	{ FORMER_ENTRY, "service", "sms" },
	{ FORMER_NOTIFICATION, "order_done", "order_completed" },
	{ FORMER_SERVICE, "opens", "activates" },
	{ FORMER_SERVICE, "cancels", "deactivates" },
	{ FORMER_OUTCOME, "taken", "accepted" },
	{ FORMER_FIELD, "held", "stored" },
	{ FORMER_FIELD, "kept", "retention" },
	{ FORMER_STATE, "open", "active" },
	{ FORMER_STATE, "opening", "activating" },
	{ FORMER_STATE, "closing", "deactivating" },
	{ FORMER_STATE, "taken", "accepted" },
	{ FORMER_STATE, "done", "completed" },
	{ FORMER_TRANSCRIPT, "opens", "activates" },
	{ FORMER_TRANSCRIPT, "cancels", "deactivates" },
};

const char *former_name(enum former_place place, const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].place == place && !strcmp(names[i].former, name))
			return names[i].present;
	return NULL;
}

bool former_suggest(struct problem *problem, enum former_place place, const char *name)
{
	const char *present = former_name(place, name);

	if (present)
		problem_remedy(problem, "it is now called '%s'", present);
	return present;
}
