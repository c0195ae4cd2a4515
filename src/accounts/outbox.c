/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery of orders to billing, and, by a second outbox, to backends:
 *
 *   claim due orders -> send each, under its reference number -> complete it in the store -> answer the subscriber, if still waiting in
 *   the turn
 *
 * Only the store is persistent: after a crash orders not completed are due again, and the service recognizes a repeated reference number
 * (F18). Only the oldest order of each subscriber to one service is due, so that each is completed before the next is sent. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/outbox.h"
#include "starhash/alarm.h"
#include "starhash/backends.h"
#include "starhash/billing.h"
#include "starhash/log.h"

#define DELIVERIES_MAX 32	/* at once */
#define LEASE_MS 600000		/* longer than an answer takes */
#define WAITING_BITS 8
#define GIVE_UP_S (3 * 86400)
#define AFTER_MAX_S 86400	/* longest retry delay that billing can ask for */
#define DOWN_RUNG 2		/* highest step of the ladder while the service is down */
#define RECOVERY_S 120		/* longer than any wait of that step and, unless breaker_max_ms is raised, of the breaker */
#define LOG_INTERVAL 60

enum delivery_state {
	DELIVERY_FREE,
	DELIVERY_GIVEN,		/* billing or the backend has it */
	DELIVERY_COMPLETING,	/* the store is writing the answer */
	DELIVERY_UNCOMPLETED,	/* that failed: repeated in a second */
};

struct delivery {
	struct outbox *outbox;
	enum delivery_state state;
	struct due_order due;		/* as the store has it */
	char msisdn[MSISDN_SIZE];
	uint64_t call;			/* of the backend; 0: none */
	uint16_t answer_len;
	uint8_t answer[ORDER_ANSWER_SIZE + 8];	/* a record: ARG_ANSWER of a backend */
	bool later;			/* to be written: a retry after wait_s, */
	enum order_end end;		/* or how it ended */
	char reason[ORDER_REASON_SIZE];
	int64_t wait_s;
};

/* A subscriber's turn waits for the end of an order. */
struct waiting {
	struct deferred deferred;
	struct hlist_node node;
	struct outbox *outbox;
	int64_t order;
};

struct outbox {
	struct accounts *accounts;
	enum queue queue;
	const char *to;			/* for messages */
	struct billing *billing;	/* of QUEUE_ORDERS */
	struct backends *backends;	/* of QUEUE_BACKEND_ORDERS */
	struct alarms *alarms;
	unsigned int give_up_s;
	struct osmo_timer_list tick;	/* each second */
	struct osmo_timer_list soon;	/* in the next round of the loop */
	bool listing;			/* waiting for the store to list due orders */
	int64_t deferred_ms;		/* since when orders that no turn waits for yield to subscribers; 0: they do not */
	bool hurries;			/* billing is back: send orders that wait for their next attempt at once */
	struct delivery deliveries[DELIVERIES_MAX];
	DECLARE_HASHTABLE(waiting, WAITING_BITS);
	struct log_limit limit;
	uint64_t given, done, refused, put_off, dead;
};

static void list_soon(struct outbox *outbox)
{
	if (!osmo_timer_pending(&outbox->soon))
		osmo_timer_schedule(&outbox->soon, 0, 0);
}

/* ---- turns that wait for the end of an order ---- */

static void waiting_let_go(struct deferred *deferred)
{
	struct waiting *waiting = container_of(deferred, struct waiting, deferred);

	hash_del(&waiting->node);
	explicit_bzero(waiting, sizeof(*waiting));
	talloc_free(waiting);
}

/* Nothing was requested from the store meanwhile: ignore a second answer. */
static bool waiting_answered(struct deferred *deferred, const struct response *response)
{
	return true;
}

struct deferred *outbox_defer(struct outbox *outbox, uint64_t id, const struct response *response)
{
	struct waiting *waiting;

	if (!outbox || !response->order)
		return NULL;
	waiting = talloc_zero(outbox, struct waiting);
	deferred_init(&waiting->deferred, id, response);
	waiting->deferred.answered = waiting_answered;
	waiting->deferred.let_go = waiting_let_go;
	waiting->outbox = outbox;
	waiting->order = response->order;
	hash_add(outbox->waiting, &waiting->node, (uint32_t)response->order);
	list_soon(outbox);
	return &waiting->deferred;
}

static struct waiting *waiting_find(const struct outbox *outbox, int64_t order)
{
	struct waiting *waiting;

	hash_for_each_possible(outbox->waiting, waiting, node, (uint32_t)order) {
		if (waiting->order == order)
			return waiting;
	}
	return NULL;
}

/* The store's answer when it accepted the order, with its outcome. */
static void answer_end(const struct waiting *waiting, const struct delivery *delivery, const struct response *completed)
{
	struct response response;

	response_copy(&response, &waiting->deferred.response);
	response.result = delivery->end == END_DONE ? RESULT_OK : RESULT_REFUSED;
	response.order = 0;
	response.notification = completed->notification;
	record_merge(&response.facts, &completed->facts);
	if (delivery->reason[0])
		record_put_text(&response.facts, FIELD_REASON, delivery->reason, strlen(delivery->reason));
	accounts_answer(waiting->outbox->accounts, waiting->deferred.id, &response);
}

static void answer_waiting(const struct delivery *delivery, const struct response *completed)
{
	struct accounts *accounts = delivery->outbox->accounts;
	struct waiting *waiting;

	/* do not let the turn wait when it would be over before the next attempt, or for a backend that has had its time */
	if (delivery->later) {
		waiting = waiting_find(delivery->outbox, delivery->due.id);
		if (waiting && (delivery->outbox->backends ||
				(uint64_t)delivery->wait_s * 1000 >= accounts_left_ms(accounts, waiting->deferred.id)))
			accounts_answer(accounts, waiting->deferred.id, &waiting->deferred.response);
		return;
	}
	while ((waiting = waiting_find(delivery->outbox, delivery->due.id))) {
		/* a conflict does not end the order: it is still stored, and its notification tells whom to ask */
		if (delivery->end == END_CONFLICT)
			accounts_answer(accounts, waiting->deferred.id, &waiting->deferred.response);
		else
			answer_end(waiting, delivery, completed);
	}
}

/* ---- completing ---- */

static void completion_done(void *user, uint64_t id, const struct response *response)
{
	struct delivery *delivery = user;
	struct outbox *outbox = delivery->outbox;

	if (accounts_failed(response->result)) {
		delivery->state = DELIVERY_UNCOMPLETED;
		return;
	}
	delivery->state = DELIVERY_FREE;
	list_soon(outbox);
	answer_waiting(delivery, response);
}

static void delivery_complete(struct delivery *delivery)
{
	struct accounts *accounts = delivery->outbox->accounts;
	const struct completion again = {
		.id = delivery->due.id, .how = ITEM_LATER, .due = accounts_now(accounts) + delivery->wait_s,
	};
	struct request request = { .kind = REQUEST_ORDER_END, .id = delivery->due.id, .outcome.end = delivery->end };
	struct response response;
	uint64_t id;
	int rc;

	delivery->state = DELIVERY_COMPLETING;
	if (delivery->later) {
		rc = accounts_ack(accounts, delivery->outbox->queue, &again, completion_done, delivery, &response, &id);
	} else {
		osmo_strlcpy(request.subscriber.msisdn, delivery->msisdn, sizeof(request.subscriber.msisdn));
		osmo_strlcpy(request.outcome.reason, delivery->reason, sizeof(request.outcome.reason));
		memcpy(request.args, delivery->answer, delivery->answer_len);
		request.args_len = delivery->answer_len;
		rc = accounts_ask(accounts, &request, completion_done, delivery, &response, &id);
	}
	if (rc == 0)
		completion_done(delivery, id, &response);
}

/* ---- answers ---- */

/* Retry at growing intervals, spread out for when a service that is \a down comes back: after an hour's outage no order should wait for
 * another hour. Meanwhile the breaker protects the service, not this. \a after_s: the service asks for that long. */
static int64_t backoff_s(unsigned int attempts, bool down, unsigned int after_s)
{
	static const unsigned int ladder[] = { 1, 5, 30, 120, 600, 3600 };
	const unsigned int rung = ladder[OSMO_MIN(attempts, down ? DOWN_RUNG : ARRAY_SIZE(ladder) - 1)];
	const unsigned int wait = OSMO_MAX(rung, OSMO_MIN(after_s, AFTER_MAX_S));

	return wait + randombytes_uniform(wait / 4 + 1);
}

static void put_off(struct delivery *delivery, bool down, unsigned int after_s)
{
	struct outbox *outbox = delivery->outbox;
	unsigned int suppressed;

	outbox->hurries = false;	/* else it would be sent again at once */
	delivery->wait_s = backoff_s(delivery->due.attempts, down, after_s);
	if (accounts_now(outbox->accounts) - delivery->due.ordered < outbox->give_up_s) {
		delivery->later = true;
		outbox->put_off++;
		return;
	}
	delivery->end = END_DEAD;
	outbox->dead++;
	if (log_allowed(&outbox->limit, LOG_INTERVAL, &suppressed))
		LOGP(DACCOUNT, LOGL_ERROR, "Order %" PRId64 " could not be delivered to %s within %u s: it is dead until an "
		     "operator releases it (%u more since the last time)\n", delivery->due.id,
		     outbox->backends ? delivery->due.backend : outbox->to, outbox->give_up_s, suppressed);
}

static void refuse_order(struct delivery *delivery, const char *reason)
{
	delivery->end = END_REFUSED;
	osmo_strlcpy(delivery->reason, reason, sizeof(delivery->reason));
	delivery->outbox->refused++;
}

/* The reference number is unique to us: another order under it is an error, not a refusal. */
static void conflict(struct delivery *delivery, const char *reason)
{
	struct outbox *outbox = delivery->outbox;
	char ref[REF_TEXT_SIZE];

	delivery->end = END_CONFLICT;
	osmo_strlcpy(delivery->reason, reason, sizeof(delivery->reason));
	outbox->dead++;
	alarm_raise(outbox->alarms, ALARM_REFERENCE_CONFLICT, "billing has another order under reference %s: order %" PRId64
		    " waits for an operator", ref_print(delivery->due.ref, ref), delivery->due.id);
}

static void do_order(struct delivery *delivery)
{
	delivery->end = END_DONE;
	delivery->outbox->done++;
}

static void billing_answered_order(void *user, const struct billing_answer *answer)
{
	struct delivery *delivery = user;

	switch (answer->result) {
	case BILLING_OK:
		do_order(delivery);
		break;
	case BILLING_DECLINED:
		refuse_order(delivery, answer->reason);
		break;
	case BILLING_UNKNOWN_SUBSCRIBER:
		refuse_order(delivery, "unknown");
		break;
	case BILLING_KEY_CONFLICT:
		conflict(delivery, answer->reason);
		break;
	case BILLING_LATER:
	case BILLING_DOWN:
	case BILLING_WRONG:
		put_off(delivery, answer->result == BILLING_DOWN, answer->after_s);
		break;
	}
	delivery_complete(delivery);
}

/* A declared outcome is a refusal, and its reason. The turn that waits gets the values of the answer, too. */
static void backend_answered_order(void *user, uint64_t id, const struct backend_answer *answer)
{
	struct delivery *delivery = user;
	struct outbox *outbox = delivery->outbox;
	const struct backend *backend = backends_find(outbox->backends, delivery->due.backend);
	struct waiting *waiting = waiting_find(outbox, delivery->due.id);
	struct record values = { .data = delivery->answer, .size = sizeof(delivery->answer) };

	delivery->call = 0;
	if (answer->outcome >= backend_unavailable(backend)) {
		put_off(delivery, answer->failing, 0);
	} else {
		if (answer->outcome == BACKEND_OK)
			do_order(delivery);
		else
			refuse_order(delivery, backend->outcomes[answer->outcome]);
		backends_answer_put(backend, &answer->facts, &values);
		delivery->answer_len = values.len;
		if (waiting)
			record_merge(&waiting->deferred.response.facts, &answer->facts);
	}
	delivery_complete(delivery);
}

/* ---- sending ---- */

/* Its end could not be written, or there was no answer, for longer than the lease. */
static bool is_in_flight(const struct outbox *outbox, int64_t id)
{
	for (unsigned int i = 0; i < DELIVERIES_MAX; i++) {
		if (outbox->deliveries[i].state != DELIVERY_FREE && outbox->deliveries[i].due.id == id)
			return true;
	}
	return false;
}

static struct delivery *delivery_free(struct outbox *outbox)
{
	for (unsigned int i = 0; i < DELIVERIES_MAX; i++) {
		if (outbox->deliveries[i].state == DELIVERY_FREE)
			return &outbox->deliveries[i];
	}
	return NULL;
}

static bool send_to_billing(struct delivery *delivery)
{
	const struct due_order *due = &delivery->due;
	const struct billing_order order = {
		.ref = due->ref, .kind = due->kind, .msisdn = delivery->msisdn, .service = due->service,
		.instead = due->instead, .period = due->period, .price = due->price, .effective = due->effective,
		.trial_until = due->trial_until, .trial_price = due->trial_price, .trial_paid = due->trial_paid, .ordered = due->ordered,
		.form = due->form, .ticket = due->ticket,
	};

	return !billing_order(delivery->outbox->billing, &order, billing_answered_order, delivery);
}

/* One that cannot be sent, as its backend is not declared any more, is tried again later: an operator may mend that. */
static void send_to_backend(struct delivery *delivery, const char *sent)
{
	const struct due_order *due = &delivery->due;

	delivery->call = backends_order(delivery->outbox->backends, due->backend, sent, due->ref, backend_answered_order, delivery);
	if (delivery->call)
		return;
	put_off(delivery, false, 0);
	delivery_complete(delivery);
}

/* False when no more orders can be sent now. \a sent: to a backend. */
static bool give_order(struct outbox *outbox, const struct due_order *due, const char *sent)
{
	struct delivery *delivery = delivery_free(outbox);

	if (is_in_flight(outbox, due->id))
		return true;
	if (!delivery)
		return false;
	delivery->due = *due;
	delivery->later = false;
	delivery->answer_len = 0;
	delivery->reason[0] = '\0';
	msisdn_print(due->msisdn, delivery->msisdn);
	if (!outbox->backends && !send_to_billing(delivery))
		return false;
	delivery->state = DELIVERY_GIVEN;
	outbox->given++;
	if (outbox->backends)
		send_to_backend(delivery, sent);
	return true;
}

static unsigned int count_in_flight(const struct outbox *outbox)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < DELIVERIES_MAX; i++)
		count += outbox->deliveries[i].state != DELIVERY_FREE;
	return count;
}

static void listed(void *user, uint64_t id, const struct response *response)
{
	struct outbox *outbox = user;

	outbox->listing = false;
	outbox->hurries &= response->orders_count > 0;
	for (unsigned int i = 0; i < response->orders_count; i++) {
		const struct completion back = { .id = response->orders[i].id, .how = ITEM_BACK };

		if (!give_order(outbox, &response->orders[i], response->sent + response->orders[i].sent.at))
			accounts_ack_unheard(outbox->accounts, outbox->queue, &back);
	}
}

static void list_due_orders(void *data)
{
	struct outbox *outbox = data;
	const struct claim claim = {
		.until = accounts_now(outbox->accounts) + (outbox->hurries ? RECOVERY_S : 0),
		.max = DELIVERIES_MAX - count_in_flight(outbox), .lease_ms = LEASE_MS,
	};
	struct response response;
	uint64_t id;

	if (outbox->listing || !claim.max || (hash_empty(outbox->waiting) && accounts_defers(outbox->accounts, &outbox->deferred_ms)))
		return;
	outbox->listing = true;
	if (accounts_claim(outbox->accounts, outbox->queue, &claim, listed, outbox, &response, &id) == 0)
		listed(outbox, id, &response);
}

static void tick(void *data)
{
	struct outbox *outbox = data;

	osmo_timer_schedule(&outbox->tick, 1, 0);
	for (unsigned int i = 0; i < DELIVERIES_MAX; i++) {
		if (outbox->deliveries[i].state == DELIVERY_UNCOMPLETED)
			delivery_complete(&outbox->deliveries[i]);
	}
	list_due_orders(outbox);
}

/* F17: once billing is back, orders do not wait for their next attempt. */
static void recovered(void *user)
{
	struct outbox *outbox = user;

	outbox->hurries = true;
	list_soon(outbox);
}

/* ---- setup and teardown ---- */

struct outbox *outbox_new(void *ctx, struct accounts *accounts, enum queue queue, const struct accounts_settings *settings)
{
	const bool billing = queue == QUEUE_ORDERS;
	struct outbox *made;

	if (billing ? !settings->billing : !settings->backends)
		return NULL;
	made = talloc_zero(ctx, struct outbox);
	made->accounts = accounts;
	made->queue = queue;
	made->to = billing ? "billing" : "backends";
	made->billing = billing ? settings->billing : NULL;
	made->backends = billing ? NULL : settings->backends;
	made->alarms = settings->alarms;
	made->give_up_s = settings->orders_give_up_s ? settings->orders_give_up_s : GIVE_UP_S;
	for (unsigned int i = 0; i < DELIVERIES_MAX; i++)
		made->deliveries[i].outbox = made;
	hash_init(made->waiting);
	osmo_timer_setup(&made->tick, tick, made);
	osmo_timer_setup(&made->soon, list_due_orders, made);
	osmo_timer_schedule(&made->tick, 0, 0);
	if (billing)
		billing_set_recovered(made->billing, recovered, made);
	return made;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	osmo_timer_del(&outbox->tick);
	osmo_timer_del(&outbox->soon);
	for (unsigned int i = 0; outbox->backends && i < DELIVERIES_MAX; i++)
		backends_forget(outbox->backends, outbox->deliveries[i].call);
	talloc_free(outbox);
}

int outbox_describe(const struct outbox *outbox, char *out, size_t size)
{
	return snprintf(out, size, "%u orders in flight to %s, %" PRIu64 " sent, %" PRIu64 " done, %" PRIu64
			" refused, %" PRIu64 " postponed, %" PRIu64 " dead", count_in_flight(outbox), outbox->to, outbox->given,
			outbox->done, outbox->refused, outbox->put_off, outbox->dead);
}
