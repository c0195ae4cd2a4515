/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes orders, and reads their answers. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "billing/order.h"
#include "starhash/ticket.h"
#include "billing/account_parse.h"

/* The interface says "service-activate" for "service activate". */
static void put_kind(json_t *object, enum request_kind kind)
{
	char name[32];

	snprintf(name, sizeof(name), "%s", request_kind_name(kind));
	for (char *at = name; *at; at++)
		*at = *at == ' ' ? '-' : *at;
	json_object_set_new(object, "kind", json_string(name));
}

static void put_text(json_t *object, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(object, name, json_string(text));
}

static void put_date(json_t *object, const char *name, uint32_t date)
{
	char text[32];

	snprintf(text, sizeof(text), "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
	if (date)
		json_object_set_new(object, name, json_string(text));
}

static void put_time(json_t *object, const char *name, int64_t seconds)
{
	const time_t when = (time_t)seconds;
	struct tm parts;
	char text[32];

	if (gmtime_r(&when, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts))
		json_object_set_new(object, name, json_string(text));
}

static void put_credit(json_t *object, const struct billing_order *order)
{
	char number[TICKET_NUMBER_SIZE];

	json_object_set_new(object, "amount", json_integer(order->price));
	put_text(object, "form", order->form);
	put_text(object, "ticket", ticket_number_print(order->ticket, number));
}

char *order_write(const struct billing_order *order)
{
	json_t *object = json_object();
	char key[HTTP_KEY_SIZE], *text;

	put_text(object, "ref", http_key(order->ref, key));
	put_kind(object, order->kind);
	put_text(object, "msisdn", order->msisdn);
	put_text(object, "service", order->service);
	put_text(object, "instead", order->instead);
	if (order->form && *order->form)
		put_credit(object, order);
	else
		put_text(object, "period", order->period);
	if (order->service && *order->service)
		json_object_set_new(object, "price", json_integer(order->price));
	put_date(object, "effective", order->effective);
	put_date(object, "trial_until", order->trial_until);
	if (order->trial_until) {
		json_object_set_new(object, "trial_price", json_integer(order->trial_price));
		put_text(object, "trial_ends", trial_ends_name(order->trial_paid ? TRIAL_ENDS_PAID : TRIAL_ENDS_AGREEMENT));
	}
	put_time(object, "ordered", order->ordered);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	OSMO_ASSERT(text);
	return text;
}

/* ---- answers ---- */

/* Menus have texts for codes only, so leave out a reason that is not a code. */
static void reason_put(struct billing_answer *out, const char *reason)
{
	const size_t len = reason ? strlen(reason) : 0;

	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)reason[i]) && reason[i] != '_' && reason[i] != '-')
			return;
	}
	if (len < sizeof(out->reason))
		snprintf(out->reason, sizeof(out->reason), "%s", reason ? reason : "");
}

/* The result that the body states: WRONG if it states none. */
static enum billing_result body_read(const struct order_mapping *mapping, const struct http_answer *answer,
				     struct billing_answer *out)
{
	json_t *root = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, NULL);
	struct order_completed parsed = { 0 };
	void *ctx = talloc_named_const(NULL, 0, "order answer");
	char why[80];

	if (!root || fields_read(ctx, &mapping->answer, false, root, &parsed, why) < 0)
		parsed.state = NULL;
	else if (parsed.reason)
		reason_put(out, parsed.reason);
	if (!parsed.state)
		out->result = BILLING_WRONG;
	else if (!strcmp(parsed.state, "done"))
		out->result = BILLING_OK;
	else
		out->result = !strcmp(parsed.state, "refused") ? BILLING_DECLINED : BILLING_LATER;
	talloc_free(ctx);
	json_decref(root);
	return out->result;
}

static void status_read(const struct order_mapping *mapping, const struct http_answer *answer,
			struct billing_answer *out)
{
	switch (answer->status) {
	case 404:
		out->result = BILLING_UNKNOWN_SUBSCRIBER;
		break;
	case 409:
		out->result = BILLING_KEY_CONFLICT;
		reason_put(out, "conflict");
		break;
	case 422:
		body_read(mapping, answer, out);
		out->result = BILLING_DECLINED;
		break;
	case 401:
	case 403:
	case 408:
	case 429:
	case 500 ... 599:
		out->result = BILLING_DOWN;
		break;
	default:
		out->result = BILLING_WRONG;
	}
}

void order_read(const struct order_mapping *mapping, const struct http_answer *answer, struct billing_answer *out)
{
	*out = (struct billing_answer){ .result = BILLING_DOWN, .after_s = answer->after_s };
	if (answer->failed)
		return;
	if (answer->status < 200 || answer->status > 299)
		status_read(mapping, answer, out);
	else if (strspn(answer->body, " \t\r\n") == answer->len)
		out->result = BILLING_LATER;	/* an empty body only says that the order was received (F4) */
	else if (body_read(mapping, answer, out) == BILLING_WRONG && answer->status == 202)
		out->result = BILLING_LATER;
}
