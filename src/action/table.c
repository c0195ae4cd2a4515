/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of actions, and their shared code. */
#include <string.h>

#include "action/table.h"
#include "starhash/backend.h"

static const struct menu_action *const actions[] = {
	&action_bill_fees.menu,
	&action_bill_lines.menu,
	&action_bill_list.menu,
	&action_data_accesses.menu,
	&action_data_mine.menu,
	&action_language_set.menu,
	&action_line_resume.menu,
	&action_line_suspend.menu,
	&action_message_choices.menu,
	&action_message_mine.menu,
	&action_message_set.menu,
	&action_message_threshold.menu,
	&action_orders_mine.menu,
	&action_password_change.menu,
	&action_password_check.menu,
	&action_points_list.menu,
	&action_proposal_accept.menu,
	&action_proposal_decline.menu,
	&action_service_activate.menu,
	&action_service_catalogue.menu,
	&action_service_change.menu,
	&action_service_deactivate.menu,
	&action_service_excluding.menu,
	&action_service_instead.menu,
	&action_service_mine.menu,
	&action_service_offered.menu,
	&action_survey_answer.menu,
	&action_survey_offer.menu,
	&action_ticket_agent.menu,
	&action_ticket_answers.menu,
	&action_ticket_dispute.menu,
	&action_ticket_find.menu,
	&action_ticket_mine.menu,
	&action_ticket_open.menu,
	&action_ticket_reopen.menu,
	&action_ticket_request.menu,
	&action_ticket_resolve.menu,
	&action_ticket_write.menu,
	&action_trial_accept.menu,
	NULL
};

const struct menu_action *const *actions_all(void)
{
	return actions;
}

static const struct action *action_of(const struct menu_action *action)
{
	return (const struct action *)((const char *)action - offsetof(struct action, menu));
}

void action_prepare(const struct effect *effect, const struct subscriber *subscriber, struct request *request)
{
	memset(request, 0, offsetof(struct request, args));
	request->kind = !effect->action ? REQUEST_PROFILE : effect->action->backend ? REQUEST_BACKEND_ORDER : effect->action->request;
	request->subscriber = *subscriber;
	request->ref = effect->ref;
	request->args_len = effect->args_len;
	memcpy(request->args, effect->args, effect->args_len);
}

/* The default outcome of a result, if the action does not define its own. */
static int usual_outcome(enum result result)
{
	switch (result) {
	case RESULT_OK: return 0;
	case RESULT_NOT_FOUND: return OUTCOME_NO_ACCOUNT;
	case RESULT_UNKNOWN: return OUTCOME_UNCERTAIN;
	default: return OUTCOME_UNAVAILABLE;
	}
}

/* Outcome when the service password was not accepted; only pages that ask for it get this outcome (S11). */
static int auth_outcome(const struct menu_action *action, enum result result)
{
	if (!action || !action->orders)
		return usual_outcome(result);
	switch (result) {
	case RESULT_WRONG: return OUTCOME_AUTH + AUTH_WRONG;
	case RESULT_LOCKED: return OUTCOME_AUTH + AUTH_LOCKED;
	case RESULT_TEMPORARY: return OUTCOME_AUTH + AUTH_TEMPORARY;
	default: return usual_outcome(result);
	}
}

/* 1 + the outcome of an order to a backend; 0: the usual meaning. What it refused has the outcome as its reason. */
static int backend_outcome(const struct backend *backend, const struct response *response)
{
	char reason[ORDER_REASON_SIZE] = "";
	int outcome = 0;

	if (response->result == RESULT_ACCEPTED)
		return 1 + backend_slow(backend);
	if (response->result != RESULT_REFUSED)
		return 0;
	record_text(&response->facts, FIELD_REASON, reason, sizeof(reason));
	while (++outcome < backend_unavailable(backend)) {
		if (!strcmp(backend->outcomes[outcome], reason))
			return 1 + outcome;
	}
	return 0;
}

static int own_outcome(const struct menu_action *action, const struct response *response)
{
	if (!action)
		return 0;
	return action->backend ? backend_outcome(action->backend, response) : action_of(action)->outcomes[response->result];
}

void action_finish(const struct menu_action *action, const struct response *response, struct session_event *event)
{
	const int own = own_outcome(action, response);

	event->kind = EVENT_RESULT;
	event->outcome = own ? own - 1 : auth_outcome(action, response->result);
	event->facts = &response->facts;
	event->rows = action && action->lists ? &response->rows : NULL;
}
