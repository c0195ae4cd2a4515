/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A step printed in words. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/account/printed.h"
#include "tests/cmocka.h"

struct writer {
	char *out;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct writer *writer, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(writer->out + writer->len, PRINTED_SIZE - writer->len, format, args);
	va_end(args);
	assert_in_range(len, 0, PRINTED_SIZE - writer->len - 1);
	writer->len += (size_t)len;
}

static void say_time(struct writer *writer, const char *name, int64_t time)
{
	if (!time)
		say(writer, " %s=never", name);
	else if (time == INT64_MAX)
		say(writer, " %s=waits", name);
	else if (time == NOW)
		say(writer, " %s=now", name);
	else
		say(writer, " %s=now%+" PRId64, name, time - NOW);
}

static void say_date(struct writer *writer, const char *name, int64_t date)
{
	if (date)
		say(writer, " %s=%" PRId64, name, date);
}

static void say_octets(struct writer *writer, const char *name, const void *octets, size_t len)
{
	say(writer, " %s='%.*s'", name, (int)len, octets ? (const char *)octets : "");
}

static void say_text(struct writer *writer, const char *name, const char *text)
{
	if (text)
		say(writer, " %s='%s'", name, text);
	else
		say(writer, " %s=-", name);
}

/* ---- records ---- */

static void say_record(struct writer *writer, const struct record *record)
{
	struct value value;
	uint16_t pos = 0, id;

	assert_true(record_check(record->data, record->len));
	while (record_next(record, &pos, &id, &value)) {
		if (id == ARG_ROWS) {
			uint16_t count;

			assert_true(rows_check((const uint8_t *)value.text, value.len, &count));
			say(writer, " rows=%u", count);
			continue;
		}
		if (id == ARG_TRUE_SINCE) {
			say_time(writer, "true_since", value.number);
			continue;
		}
		assert_in_range(id, FIELD_NONE + 1, FIELD_COUNT - 1);
		if (value.is_text)
			say_octets(writer, field_info(id)->name, value.text, value.len);
		else if (field_info(id)->type == FIELD_TYPE_TIME)
			say_time(writer, field_info(id)->name, value.number);
		else
			say(writer, " %s=%" PRId64, field_info(id)->name, value.number);
	}
}

/* ---- the parts of a change ---- */

static void say_subscription(struct writer *writer, const struct subscription *subscription)
{
	say(writer, " %s %s", subscription->service, subscription_state_name(subscription->state));
	say_date(writer, "since", subscription->since);
	say_date(writer, "trial", subscription->trial_until);
	say_date(writer, "until", subscription->until);
	if (subscription->reminded)
		say(writer, " reminded");
	if (subscription->trial_ends)
		say(writer, " trial_ends=%s", trial_ends_name(subscription->trial_ends));
}

static void say_order(struct writer *writer, const struct order *order)
{
	char kind[ACCOUNT_CODE_SIZE];

	say(writer, " %s%s%s %s ref=%" PRIu64, order_field(order, kind), order->service[0] ? " " : "", order->service,
	    order_state_name(order->state), order->ref);
	say_date(writer, "effective", order->effective);
	say_date(writer, "trial", order->trial_until);
	if (order->trial_price)
		say(writer, " trial_price=%" PRId64, order->trial_price);
	if (order->trial_ends)
		say(writer, " trial_ends=%s", trial_ends_name(order->trial_ends));
	if (order->priced)
		say(writer, " price=%" PRId64 "/%s", order->price, order->period);
	if (order->own)
		say(writer, " own");
	if (order->sent)
		say(writer, " sent='%s'", order->sent);
	say_time(writer, "accepted", order->accepted_at);
	say_time(writer, "ended", order->ended_at);
	say_time(writer, "due", order->due);
}

static void say_delivery(struct writer *writer, const struct order *order)
{
	say_time(writer, "due", order->due);
	say(writer, " attempts=%" PRId64, order->attempts);
}

static void say_consent(struct writer *writer, const struct consent *consent)
{
	static const char *const names[CONSENT_TEXTS] = {
		[CONSENT_KIND] = "kind", [CONSENT_SERVICE] = "service", [CONSENT_CHANNEL] = "channel", [CONSENT_TRUST] = "trust",
		[CONSENT_SHOWN] = "shown", [CONSENT_ANSWERED] = "answered",
	};

	say_time(writer, "time", consent->time);
	say(writer, " msisdn=%" PRId64 " ref=%" PRId64, consent->msisdn, consent->ref);
	for (int i = 0; i < CONSENT_TEXTS; i++)
		say_octets(writer, names[i], consent->texts[i].octets, consent->texts[i].len);
}

static void say_lock(struct writer *writer, const char *name, const struct password_lock *lock)
{
	if (lock->attempts || lock->locks || lock->until) {
		say(writer, " %s=%" PRId64 "/%" PRId64, name, lock->attempts, lock->locks);
		say_time(writer, "until", lock->until);
	}
}

static void say_password(struct writer *writer, const struct password *password)
{
	say_text(writer, "hash", password->hash);
	say_text(writer, "past", password->past);
	if (password->temporary)
		say(writer, " temporary");
	say_lock(writer, "trusted", &password->lock[PASSWORD_LINK_TRUSTED]);
	say_lock(writer, "untrusted", &password->lock[PASSWORD_LINK_UNTRUSTED]);
}

static void say_profile(struct writer *writer, const struct profile *profile)
{
	say_text(writer, "account", profile->account);
	say_text(writer, "brand", profile->brand);
	say_text(writer, "status", profile->status);
	say_text(writer, "language", profile->language);
	say_text(writer, "owner", profile->owner);
	say(writer, " facts=%" PRIx64 " numbers=%x", profile->facts, profile->numbers);
	say_time(writer, "as_of", profile->as_of);
}

static void say_message(struct writer *writer, const struct message *message)
{
	if (!message->short_code[0])
		return;
	say_text(writer, "short_code", message->short_code);
	if (message->channel[0])
		say_text(writer, "channel", message->channel);
	say_octets(writer, "text", message->text, message->len);
	if (message->until)
		say_time(writer, "text_until", message->until);
}

static void say_notification(struct writer *writer, const struct notification *notification)
{
	say(writer, " %s", notification->kind);
	say_time(writer, "due", notification->due);
	say_time(writer, "expires", notification->expires);
	if (notification->latest)
		say_time(writer, "latest", notification->latest);
	if (notification->answered)
		say(writer, " answered");
	say(writer, ":");
	say_record(writer, &notification->facts);
	say_message(writer, &notification->message);
}

static void say_change(struct writer *writer, const struct change *change)
{
	static const char *const kinds[ACCOUNT_KINDS] = {
		[ACCOUNT_PROFILE] = "profile", [ACCOUNT_BILLS] = "bills", [ACCOUNT_POINTS] = "points", [ACCOUNT_SERVICES] = "services",
	};

	switch (change->kind) {
	case CHANGE_ACCOUNT_ADD:
		say(writer, "account.add");
		say_profile(writer, change->profile);
		for (int i = 0; i < ACCOUNT_KINDS; i++)
			say_time(writer, kinds[i], change->profile->ages[i]);
		if (change->profile->services)
			say_text(writer, "services", change->profile->services);
		break;
	case CHANGE_ACCOUNT_REMOVE:
		say(writer, "account.remove");
		break;
	case CHANGE_ACCOUNT_CLEAR:
		say(writer, "account.clear");
		break;
	case CHANGE_PRIVATE_REMOVE:
		say(writer, "private.remove");
		break;
	case CHANGE_ORDERS_DEAD:
		say(writer, "orders.dead %s", change->text);
		break;
	case CHANGE_ORDERS_RETURN:
		say(writer, "orders.return");
		if (change->due == ORDER_WAITS)
			say(writer, " wait");
		else
			say_time(writer, "due", change->due);
		break;
	case CHANGE_VANISHED_PUT:
		say(writer, "vanished.put");
		say_text(writer, "owner", change->vanished->owner);
		say_text(writer, "hash", change->vanished->has_password ? change->vanished->password.hash : "");
		for (unsigned int i = 0; i < change->vanished->subscriptions_count; i++)
			say(writer, " %s", change->vanished->subscriptions[i].service);
		break;
	case CHANGE_VANISHED_MARKS:
		say(writer, "vanished.marks");
		break;
	case CHANGE_PREFERENCE_PUT:
		say(writer, "preference %s", change->preference->kind->name);
		say_text(writer, "about", change->preference->about);
		say_text(writer, "choice", preference_choice_name(change->preference->choice));
		if (change->preference->threshold != THRESHOLD_OPERATORS)
			say(writer, " threshold=%" PRId64, change->preference->threshold);
		say(writer, " since=%" PRId64 " last=%" PRId64, change->preference->since, change->preference->last);
		if (change->preference->after)
			say_time(writer, "after", change->preference->after);
		break;
	case CHANGE_PREFERENCES_REMOVE:
		say(writer, "preferences.remove");
		break;
	case CHANGE_EVENT_ADD:
		say(writer, "event %s/%s %s%s", change->event->event->source, change->event->event->id, change->event->done,
		    change->event->notified ? " notified" : "");
		break;
	case CHANGE_PROPOSAL_ADD:
		say(writer, "proposal %s %s until=%" PRId64, change->proposal->number, change->proposal->service, change->proposal->until);
		break;
	case CHANGE_PROPOSAL_PUT:
		say(writer, "proposal %s reply=%s tries=%" PRId64, change->proposal->number, change->proposal->reply,
		    change->proposal->tries);
		break;
	case CHANGE_TICKET_PUT:
		say(writer, "ticket %" PRId64 " %s", change->ticket->number, ticket_state_name(change->ticket->state));
		break;
	case CHANGE_TICKET_ENTRY_ADD:
		say(writer, "ticket.entry %" PRId64 "/%" PRId64 " %s", change->entry->number, change->entry->position,
		    ticket_event_name(change->entry->event));
		say_text(writer, "staff", change->entry->staff);
		say_text(writer, "text", change->entry->text);
		break;
	case CHANGE_TICKETS_FORMER:
		say(writer, "tickets.former");
		break;
	case CHANGE_TICKETS_REMOVE:
		say(writer, "tickets.remove");
		break;
	case CHANGE_ACCESS_ADD:
		say(writer, "access");
		say_text(writer, "staff", change->entry->staff);
		break;
	case CHANGE_SURVEY_COUNT:
		say(writer, "survey %" PRId64 " %s %s %" PRId64, change->survey->day, change->survey->about, change->survey->channel,
		    change->survey->score);
		break;
	case CHANGE_VANISHED_REMOVE:
		say(writer, "vanished.remove");
		break;
	case CHANGE_SERVICE_NAME:
		say(writer, "service.name");
		say_text(writer, "is", change->text);
		break;
	case CHANGE_OWNER:
		say(writer, "owner");
		say_text(writer, "is", change->text);
		break;
	case CHANGE_PROFILE:
		say(writer, "profile");
		say_profile(writer, change->profile);
		break;
	case CHANGE_SIMS:
		say(writer, "sims '%s' '%s'", change->update->account->imsis[0], change->update->account->imsis[1]);
		break;
	case CHANGE_PASSWORD_HASH:
		say(writer, "password.hash '%s'", change->update->account->hash);
		break;
	case CHANGE_PASSWORD_FILL:
		say(writer, "password.fill");
		say_text(writer, "hash", change->update->account->hash);
		say_text(writer, "pieces", change->update->account->id_pieces);
		break;
	case CHANGE_ID_PIECES:
		say(writer, "id_pieces '%s'", change->text);
		break;
	case CHANGE_BILLS:
		say(writer, "bills count=%u numbers=%x", change->update->account->bills_count, change->update->numbers);
		break;
	case CHANGE_POINTS:
		say(writer, "points count=%u numbers=%x", change->update->account->points_count, change->update->numbers);
		break;
	case CHANGE_BILL_PUT:
		say(writer, "bill.put %u", change->update->account->bills->month);
		break;
	case CHANGE_CHARGE_PUT:
		say(writer, "charge.put %u %s at=%" PRId64, change->update->account->bills->month,
		    change->update->account->bills->lines->item, change->update->position);
		break;
	case CHANGE_POINTS_PUT:
		say(writer, "points.put %" PRId64 " at=%" PRId64, change->update->account->points_entries->change,
		    change->update->position);
		break;
	case CHANGE_AS_OF:
		say(writer, "as_of");
		say_time(writer, kinds[change->as_of.kind], change->as_of.as_of);
		break;
	case CHANGE_LANGUAGE:
		say(writer, "language '%s'", change->text);
		break;
	case CHANGE_STATUS:
		say(writer, "status '%s'", change->text);
		break;
	case CHANGE_SUBSCRIPTION_PUT:
		say(writer, "subscription.put");
		say_subscription(writer, change->subscription);
		break;
	case CHANGE_SUBSCRIPTION_REMOVE:
		say(writer, "subscription.remove %s", change->subscription->service);
		break;
	case CHANGE_SERVICES:
		say(writer, "services '%s'", change->text);
		break;
	case CHANGE_ORDER_ADD:
		say(writer, "order.add");
		say_order(writer, change->order);
		break;
	case CHANGE_ORDER_END:
		say(writer, "order.end %" PRId64 " %s", change->order->id, order_state_name(change->order->state));
		say_text(writer, "reason", change->order->reason);
		say_time(writer, "ended", change->order->ended_at);
		break;
	case CHANGE_ORDER_DUE:
		say(writer, "order.due %" PRId64, change->order->id);
		say_delivery(writer, change->order);
		break;
	case CHANGE_ORDER_RELEASE:
		say(writer, "order.release %" PRId64 " %s", change->order->id, order_state_name(change->order->state));
		say_delivery(writer, change->order);
		say_date(writer, "effective", change->order->effective);
		say_date(writer, "trial", change->order->trial_until);
		break;
	case CHANGE_ORDERS_REMOVE:
		say(writer, "orders.remove");
		break;
	case CHANGE_CONSENT_ADD:
		say(writer, "consent.add");
		say_consent(writer, change->consent);
		break;
	case CHANGE_PASSWORD_PUT:
		say(writer, "password.put");
		say_password(writer, change->password);
		break;
	case CHANGE_NOTIFICATION_ADD:
		say(writer, "notification.add");
		say_notification(writer, change->notification);
		break;
	case CHANGE_NOTIFICATION_WITHDRAW:
		say(writer, "notification.withdraw %s", change->withdrawal.kind);
		if (change->withdrawal.ref)
			say_text(writer, "ref", change->withdrawal.ref);
		break;
	case CHANGE_CONVERSATION_PUT:
		say(writer, "conversation.put");
		say_text(writer, "short_code", change->conversation->short_code);
		say_octets(writer, "session", change->conversation->session, change->conversation->session_len);
		say_octets(writer, "late", change->conversation->late, change->conversation->late ? change->conversation->late_len : 0);
		say_time(writer, "until", change->conversation->until);
		break;
	case CHANGE_CONVERSATION_REMOVE:
		say(writer, "conversation.remove");
		say_text(writer, "short_code", change->conversation->short_code);
		break;
	case CHANGE_ANSWERED_PUT:
		say(writer, "answered.put");
		say_text(writer, "short_code", change->conversation->short_code);
		say_octets(writer, "digest", change->conversation->digest, ANSWERED_DIGEST_SIZE);
		say_time(writer, "until", change->conversation->until);
		break;
	case CHANGE_KINDS:
		fail_msg("this is not a change");
	}
	say(writer, "\n");
}

static void say_response(struct writer *writer, const struct response *response)
{
	const struct password_found *found = &response->password;

	say(writer, "%s", result_name(response->result));
	say_record(writer, &response->facts);
	if (response->result == RESULT_ALIEN)
		say(writer, " msisdn=%" PRId64 " ref=%" PRIu64 " other=%" PRId64, response->alien.msisdn, response->alien.ref,
		    response->alien.other);
	if (response->part != RESPONSE_PASSWORD)
		return;
	say(writer, " left=%" PRId64, found->left);
	say_text(writer, "hash", found->hash);
	if (found->past[0])
		say_text(writer, "past", found->past);
	if (found->temporary)
		say(writer, " temporary");
	if (found->id_pieces[0])
		say_text(writer, "id_pieces", found->id_pieces);
}

const char *printed(const struct account_step *step, char out[static PRINTED_SIZE])
{
	struct writer writer = { .out = out };

	out[0] = '\0';
	assert_in_range(step->changes_count, 0, ACCOUNT_CHANGES_MAX);
	say_response(&writer, step->response);
	say(&writer, "\n");
	for (unsigned int i = 0; i < step->changes_count; i++)
		say_change(&writer, &step->changes[i]);
	return out;
}

/* ---- invariants of every step ---- */

struct held {
	unsigned int count;
	struct subscription subscriptions[3 * ACCOUNT_SUBSCRIPTIONS_MAX];	/* by service */
	char status[ACCOUNT_CODE_SIZE], language[ACCOUNT_CODE_SIZE];
};

static void subscription_apply(struct held *held, const struct change *change)
{
	struct subscription *at = held->subscriptions, *end = at + held->count;

	while (at < end && strcmp(at->service, change->subscription->service) < 0)
		at++;
	if (at < end && !strcmp(at->service, change->subscription->service)) {
		memmove(at, at + 1, (size_t)(end - at - 1) * sizeof(*at));
		held->count--;
		end--;
	}
	if (change->kind == CHANGE_SUBSCRIPTION_REMOVE)
		return;
	memmove(at + 1, at, (size_t)(end - at) * sizeof(*at));
	*at = *change->subscription;
	held->count++;
}

static void assert_services(const struct held *held, const char *wanted)
{
	static char services[2 * ACCOUNT_SERVICES_SIZE];

	services[0] = '\0';
	for (unsigned int i = 0; i < held->count; i++) {
		strcat(services, i ? " " : "");
		strcat(services, held->subscriptions[i].service);
	}
	assert_string_equal(wanted, services);
}

static void change_apply(struct held *held, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_ACCOUNT_CLEAR:
		held->count = 0;
		held->language[0] = '\0';
		break;
	case CHANGE_SUBSCRIPTION_PUT:
	case CHANGE_SUBSCRIPTION_REMOVE:
		subscription_apply(held, change);
		break;
	case CHANGE_STATUS:
		snprintf(held->status, sizeof(held->status), "%s", change->text);
		break;
	case CHANGE_LANGUAGE:
		snprintf(held->language, sizeof(held->language), "%s", change->text);
		break;
	case CHANGE_SERVICES:
		assert_services(held, change->text);
		break;
	default:
		break;
	}
}

static void assert_subscription(const struct subscription *is, const struct subscription *wanted)
{
	assert_string_equal(is->service, wanted->service);
	assert_int_equal(is->state, wanted->state);
	assert_int_equal(is->since, wanted->since);
	assert_int_equal(is->trial_until, wanted->trial_until);
	assert_int_equal(is->until, wanted->until);
	assert_int_equal(is->reminded, wanted->reminded);
	assert_int_equal(is->trial_ends, wanted->trial_ends);
}

void assert_follows(const struct account *before, const struct account_step *step, const struct account *after)
{
	static struct held held;

	held.count = before->subscriptions_count;
	memcpy(held.subscriptions, before->subscriptions, sizeof(before->subscriptions));
	memcpy(held.status, before->status, sizeof(held.status));
	memcpy(held.language, before->language, sizeof(held.language));
	for (unsigned int i = 0; i < step->changes_count; i++) {
		change_apply(&held, &step->changes[i]);
		for (unsigned int k = 0; k < i && step->changes[i].kind == CHANGE_ORDER_DUE; k++) {
			if (step->changes[k].kind == CHANGE_ORDER_DUE)
				assert_int_not_equal(step->changes[i].order->id, step->changes[k].order->id);
		}
	}
	assert_int_equal(after->subscriptions_count, held.count);
	for (unsigned int i = 0; i < held.count; i++)
		assert_subscription(&after->subscriptions[i], &held.subscriptions[i]);
	assert_string_equal(after->status, held.status);
	assert_string_equal(after->language, held.language);
}
