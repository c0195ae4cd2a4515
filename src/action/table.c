/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of actions, and what they have in common. */
#include <string.h>

#include "action/table.h"

static const struct menu_verb *const verbs[] = {
	&action_bill_lines.verb,
	&action_bill_list.verb,
	&action_data_delete.verb,
	&action_data_mine.verb,
	&action_language_set.verb,
	&action_line_resume.verb,
	&action_line_suspend.verb,
	&action_orders_mine.verb,
	&action_password_change.verb,
	&action_points_list.verb,
	&action_service_cancel.verb,
	&action_service_change.verb,
	&action_service_excluding.verb,
	&action_service_instead.verb,
	&action_service_keep.verb,
	&action_service_mine.verb,
	&action_service_offered.verb,
	&action_service_open.verb,
	NULL
};

const struct menu_verb *const *action_verbs(void)
{
	return verbs;
}

static const struct action *action_of(const struct menu_verb *verb)
{
	return (const struct action *)((const char *)verb - offsetof(struct action, verb));
}

void action_prepare(const struct effect *effect, const struct subscriber *subscriber, struct request *request)
{
	*request = (struct request){
		.kind = effect->verb ? action_of(effect->verb)->request : REQUEST_PROFILE,
		.subscriber = *subscriber, .ref = effect->ref, .args_len = effect->args_len,
	};
	memcpy(request->args, effect->args, effect->args_len);
}

/* What a result means when the action says nothing of its own. */
static int usual_outcome(enum result result)
{
	switch (result) {
	case RESULT_OK: return 0;
	case RESULT_NOT_FOUND: return OUTCOME_NO_ACCOUNT;
	case RESULT_UNKNOWN: return OUTCOME_UNCERTAIN;
	default: return OUTCOME_UNAVAILABLE;
	}
}

/* The service password of who orders was not accepted; only a page that asks for it can be told so (S11). */
static int guard_outcome(const struct menu_verb *verb, enum result result)
{
	if (!verb || !verb->orders)
		return usual_outcome(result);
	switch (result) {
	case RESULT_WRONG: return OUTCOME_GUARD + GUARD_WRONG;
	case RESULT_LOCKED: return OUTCOME_GUARD + GUARD_LOCKED;
	case RESULT_TEMPORARY: return OUTCOME_GUARD + GUARD_TEMPORARY;
	default: return usual_outcome(result);
	}
}

void action_finish(const struct menu_verb *verb, const struct response *response, struct session_event *event)
{
	const uint8_t own = verb ? action_of(verb)->outcomes[response->result] : 0;

	event->kind = EVENT_RESULT;
	event->outcome = own ? own - 1 : guard_outcome(verb, response->result);
	event->facts = &response->facts;
	event->rows = verb && verb->lists ? &response->rows : NULL;
}
