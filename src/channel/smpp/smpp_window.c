/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two lists of requests, a window that adapts to the SMSC, and a rate limit. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/smpp/smpp_window.h"

#define SEQUENCE_MAX 0x7fffffff		/* clause 3.2 */
#define BURST_US 10000			/* how much earlier than due a request may go, so that timers need not be exact */

void window_init(struct smpp_window *window, const struct smpp_window_settings *settings)
{
	window->settings = *settings;
	INIT_LLIST_HEAD(&window->waiting);
	INIT_LLIST_HEAD(&window->sent);
	window->waiting_count = window->sent_count = 0;
	window->numbers = 0;
	window_reset(window);
}

void window_reset(struct smpp_window *window)
{
	window->sequence = 0;
	window->open = window->settings.size;
	window->pause_us = window->pause_until = 0;
}

uint32_t window_sequence(struct smpp_window *window)
{
	window->sequence = window->sequence < SEQUENCE_MAX ? window->sequence + 1 : 1;
	return window->sequence;
}

int window_add(struct smpp_window *window, void *ctx, const struct smpp_pdu *pdu, struct smpp_token token)
{
	struct smpp_request *request;
	int len;

	if (window->waiting_count >= window->settings.queue_max)
		return -ENOBUFS;
	len = smpp_write(pdu, window->scratch, sizeof(window->scratch));
	if (len < 0)
		return len;
	request = talloc_size(ctx, sizeof(*request) + len);
	OSMO_ASSERT(request);
	*request = (struct smpp_request){ .number = window->numbers++, .token = token, .len = len };
	memcpy(request->octets, window->scratch, len);
	llist_add_tail(&request->entry, &window->waiting);
	window->waiting_count++;
	return 0;
}

static struct smpp_request *first_of(const struct llist_head *list)
{
	return llist_first_entry_or_null(list, struct smpp_request, entry);
}

/* When the next waiting request may be sent; LLONG_MAX: only after a response. */
static long long send_due(const struct smpp_window *window)
{
	long long due = window->pause_until;

	if (!window->waiting_count || window->sent_count >= window->open)
		return LLONG_MAX;
	if (window->settings.rate && window->rate_next - BURST_US > due)
		due = window->rate_next - BURST_US;
	return due;
}

struct smpp_request *window_next(struct smpp_window *window, long long now)
{
	struct smpp_request *request = first_of(&window->waiting);

	if (send_due(window) > now)
		return NULL;
	if (window->settings.rate)
		window->rate_next = OSMO_MAX(window->rate_next, now) + 1000000 / window->settings.rate;
	llist_move_tail(&request->entry, &window->sent);
	window->waiting_count--;
	window->sent_count++;
	request->sent_us = now;
	request->sequence = window_sequence(window);
	smpp_sequence_put(request->octets, request->sequence);
	return request;
}

static struct smpp_request *sent_remove(struct smpp_window *window, struct smpp_request *request)
{
	llist_del(&request->entry);
	window->sent_count--;
	return request;
}

struct smpp_request *window_take(struct smpp_window *window, uint32_t sequence)
{
	struct smpp_request *request;

	/* Responses mostly come in order, so it is usually the first. */
	llist_for_each_entry(request, &window->sent, entry) {
		if (request->sequence == sequence)
			return sent_remove(window, request);
	}
	return NULL;
}

void window_recover(struct smpp_window *window, const struct smpp_request *request)
{
	if (window->open < window->settings.size)
		window->open++;
	/* A request sent before the pause says nothing about what the SMSC accepts now. */
	if (request->sent_us >= window->pause_until)
		window->pause_us = 0;
}

void window_throttled(struct smpp_window *window, struct smpp_request *request, long long now)
{
	struct smpp_request *other;

	/* All requests in flight are refused at once: count that as one reason to pause, not many. */
	if (now >= window->pause_until) {
		window->pause_us = window->pause_us ? window->pause_us * 2 : window->settings.pause_min_us;
		if (window->pause_us > window->settings.pause_max_us)
			window->pause_us = window->settings.pause_max_us;
		window->pause_until = now + window->pause_us;
		window->open = window->open > 1 ? window->open / 2 : 1;
	}
	llist_for_each_entry(other, &window->waiting, entry) {
		if (other->number > request->number)
			break;
	}
	/* Insert before the other one; at the end when there is none. */
	llist_add_tail(&request->entry, &other->entry);
	request->sequence = 0;
	window->waiting_count++;
}

struct smpp_request *window_overdue(struct smpp_window *window, long long now)
{
	struct smpp_request *request = first_of(&window->sent);

	if (!request || request->sent_us + window->settings.response_us > now)
		return NULL;
	return sent_remove(window, request);
}

struct smpp_request *window_pop(struct smpp_window *window)
{
	struct smpp_request *sent = first_of(&window->sent), *waiting = first_of(&window->waiting);

	if (sent && (!waiting || sent->number < waiting->number))
		return sent_remove(window, sent);
	if (!waiting)
		return NULL;
	llist_del(&waiting->entry);
	window->waiting_count--;
	return waiting;
}

long long window_due(const struct smpp_window *window)
{
	const struct smpp_request *oldest = first_of(&window->sent);
	long long due = send_due(window);

	if (oldest && oldest->sent_us + window->settings.response_us < due)
		due = oldest->sent_us + window->settings.response_us;
	return due;
}
