/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of states and kinds, as stored and shown. */
#include <string.h>

#include "starhash/account.h"

static const char *const order_states[ORDER_STATES] = {
	[ORDER_ACCEPTED] = "accepted", [ORDER_COMPLETED] = "completed", [ORDER_REFUSED] = "refused", [ORDER_DEAD] = "dead",
};

static const char *const subscription_states[] = {
	[SUBSCRIPTION_ACTIVE] = "active", [SUBSCRIPTION_TRIAL] = "trial",
	[SUBSCRIPTION_ACTIVATING] = "activating", [SUBSCRIPTION_DEACTIVATING] = "deactivating",
};

static const enum request_kind order_requests[ORDER_KINDS] = {
	[ORDER_ACTIVATE] = REQUEST_SERVICE_ACTIVATE,
	[ORDER_DEACTIVATE] = REQUEST_SERVICE_DEACTIVATE,
	[ORDER_ACCEPT_TRIAL] = REQUEST_TRIAL_ACCEPT,
	[ORDER_SUSPEND] = REQUEST_LINE_SUSPEND,
	[ORDER_RESUME] = REQUEST_LINE_RESUME,
	[ORDER_CHANGE] = REQUEST_SERVICE_CHANGE,
	[ORDER_BACKEND] = REQUEST_BACKEND_ORDER,
	[ORDER_REFUND] = REQUEST_REFUND,
	[ORDER_COMPENSATION] = REQUEST_COMPENSATION,
};

const char *order_state_name(enum order_state state)
{
	return order_states[state];
}

enum order_state order_state_by_name(const char *name)
{
	enum order_state state = 0;

	while (state < ORDER_STATES && strcmp(order_states[state], name))
		state++;
	return state;
}

const char *subscription_state_name(enum subscription_state state)
{
	return subscription_states[state];
}

enum subscription_state subscription_state_by_name(const char *name)
{
	for (enum subscription_state state = 0; state < sizeof(subscription_states) / sizeof(*subscription_states); state++) {
		if (!strcmp(subscription_states[state], name))
			return state;
	}
	return SUBSCRIPTION_ACTIVE;
}

enum request_kind order_request_kind(enum order_kind kind)
{
	return order_requests[kind];
}

enum order_kind order_kind_of(enum request_kind kind)
{
	enum order_kind order = 0;

	while (order < ORDER_KINDS && order_requests[order] != kind)
		order++;
	return order;
}

enum order_kind order_kind_by_name(const char *name)
{
	enum order_kind kind = 0;

	while (kind < ORDER_KINDS && strcmp(request_kind_name(order_requests[kind]), name))
		kind++;
	return kind;
}

const char *order_subject_name(const struct order *order)
{
	return order->backend[0] ? order->backend : order->service;
}

const char *order_field(const struct order *order, char out[static ACCOUNT_CODE_SIZE])
{
	const char *name = order->backend[0] ? order->backend : request_kind_name(order_requests[order->kind]);
	size_t at = 0;

	for (; name[at]; at++)
		out[at] = name[at] == ' ' ? '_' : name[at];
	out[at] = '\0';
	return out;
}
