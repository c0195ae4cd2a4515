/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Unsolicited messages to subscribers: an order ended, a password was changed, a trial ends.
 *
 * The account store retains each notification until we report that the network has its text. The text is a page of the menu, composed in
 * a dialog of its own; if the page asks a question, that dialog continues as a conversation. A notification that cannot be sent now is
 * put off, and the account gives it again at growing intervals. The end of an order is a notification, too: an answer that reports it
 * completes it. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/log.h"

/* ---- in flight ----
 *
 * A text may take longer to reach the network than the account waits before it gives the notification again. */

struct in_flight {
	struct hlist_node entry;
	uint64_t id;
	uint64_t before;		/* id of an earlier notification in the same text; 0: none */
};

static uint64_t key_of(const struct server *server, uint64_t id)
{
	return keyed_hash(server->seed, &id, sizeof(id));
}

static struct in_flight *in_flight_find(struct server *server, uint64_t id)
{
	struct in_flight *in_flight;

	hash_for_each_possible(server->in_flight, in_flight, entry, key_of(server, id))
		if (in_flight->id == id)
			return in_flight;
	return NULL;
}

static struct in_flight *in_flight_add(struct server *server, uint64_t id)
{
	struct in_flight *in_flight = talloc_zero(server, struct in_flight);

	in_flight->id = id;
	hash_add(server->in_flight, &in_flight->entry, key_of(server, id));
	return in_flight;
}

void notification_enter(struct server *server, uint64_t id)
{
	in_flight_add(server, id);
}

static void in_flight_free(struct in_flight *in_flight)
{
	hash_del(&in_flight->entry);
	talloc_free(in_flight);
}

/* Returns the id of the notification before it. */
static uint64_t in_flight_drop(struct server *server, uint64_t id)
{
	struct in_flight *in_flight = in_flight_find(server, id);
	const uint64_t before = in_flight ? in_flight->before : 0;

	if (in_flight)
		in_flight_free(in_flight);
	return before;
}

void notification_close(struct server *server, uint64_t id, enum notification_end end)
{
	uint64_t before;

	for (; id; id = before) {
		before = in_flight_drop(server, id);
		if (end != NOTIFICATION_WITHDRAWN)
			server_count(server, end == NOTIFICATION_SENT ? COUNT_NOTIFICATIONS : COUNT_NOTIFICATIONS_LATER);
		accounts_notification_ack(server->accounts, id, end);
	}
}

void notification_sent(void *user, uint64_t receipt, int rc)
{
	notification_close(((struct origin *)user)->server, receipt, rc ? NOTIFICATION_LATER : NOTIFICATION_SENT);
}

/* ---- given by the account ---- */

const char *notification_entry(const struct account_notification *notification, char room[static NOTIFICATION_ENTRY_SIZE])
{
	char page[NOTIFICATION_PAGE_MAX + 1];

	if (strcmp(notification->kind, NOTIFICATION_PUSH))
		return notification->kind;
	if (record_text(&notification->facts, ARG_PAGE, page, sizeof(page)) >= sizeof(page))
		page[0] = '\0';		/* no entry has such a name */
	snprintf(room, NOTIFICATION_ENTRY_SIZE, NOTIFICATION_PUSH ":%s", page);
	return room;
}

/* S6: the text was composed when the question was asked. */
static void send_unanswered(struct server *server, const struct account_notification *notification)
{
	const struct message *message = &notification->message;
	const struct channel_text text = {
		.text = message->text, .len = message->len, .sender = message->short_code, .receipt = notification->id,
	};

	if (!message->len) {
		notification_close(server, notification->id, NOTIFICATION_SENT);
		return;
	}
	in_flight_add(server, notification->id);
	if (unsolicited_send(server, &notification->subscriber, &text))
		notification_close(server, notification->id, NOTIFICATION_LATER);
}

/* Compose it in a dialog of its own, which has no real peer until the text is ready: no short code is as high as its session. */
static void send_page(struct server *server, const struct account_notification *notification)
{
	const struct turn nobody = {
		.peer = { .channel = unsolicited_channel(server, false), .session = ~notification->id },
		.subscriber = notification->subscriber, .limits = server->settings.limits,
	};
	struct dialog *dialog = dialog_new(server, &nobody);

	if (dialog)
		dialog_step(dialog, &(struct dialog_input){ .event = ON_NOTIFY, .notification = notification });
	else
		notification_close(server, notification->id, NOTIFICATION_LATER);
}

void notification_take(void *user, const struct account_notification *notification)
{
	struct server *server = user;
	const bool unanswered = !strcmp(notification->kind, NOTIFICATION_UNANSWERED);
	char room[NOTIFICATION_ENTRY_SIZE];

	server_wake(server);
	if (in_flight_find(server, notification->id))
		return;
	if (server->stopping || !server->menu) {
		notification_close(server, notification->id, NOTIFICATION_LATER);
	} else if (!strcmp(notification->kind, NOTIFICATION_TEXT)) {
		text_take_again(server, notification);
	} else if (!unanswered && !menu_notifies(server->menu, notification_entry(notification, room))) {
		notification_close(server, notification->id, NOTIFICATION_WITHDRAWN);
	} else if (!unsolicited_channel(server, false)) {
		if (!server->notifications_warned)
			LOGP(DDIALOG, LOGL_ERROR, "there are notifications for subscribers, but no link for short messages to send "
			     "them: configure one, such as 'sms'; until then they wait, and expire\n");
		server->notifications_warned = true;
		notification_close(server, notification->id, NOTIFICATION_LATER);
	} else if (dialogs_busy(server, notification->subscriber.msisdn, NULL)) {
		notification_close(server, notification->id, NOTIFICATION_LATER);	/* F29 */
	} else if (unanswered) {
		send_unanswered(server, notification);
	} else {
		send_page(server, notification);
	}
}

/* ---- the notification that a dialog delivers ---- */

void notification_complete(struct dialog *dialog, enum notification_end end)
{
	notification_close(dialog_server(dialog), dialog->work->notification, end);
	if (dialog->work->notification)
		dialog->work->notification = 0;
}

/* Let the next answer carry a notification: how an order ended, or that nobody answered. One text may carry several; the receipt of the
 * last one covers those before it. */
void notification_note(struct dialog *dialog, uint64_t id)
{
	in_flight_add(dialog_server(dialog), id)->before = dialog->work->notification;
	dialog_work(dialog)->notification = id;
}

uint64_t notification_receipt(struct dialog *dialog)
{
	const uint64_t id = dialog->work->notification;

	if (id)
		dialog->work->notification = 0;
	return id;
}

/* No answer carried the notifications: the account will give them again. */
void notification_forget(struct dialog *dialog)
{
	for (uint64_t id = dialog->work->notification; id;)
		id = in_flight_drop(dialog_server(dialog), id);
}

void notifications_init(struct server *server)
{
	hash_init(server->in_flight);
}

void notifications_fini(struct server *server)
{
	struct in_flight *in_flight;
	struct hlist_node *next;
	size_t bucket;

	hash_for_each_safe(server->in_flight, bucket, next, in_flight, entry)
		in_flight_free(in_flight);
}
