/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* USSD over SMPP: turns from deliver_sm, pages as submit_sm, in the gateway's dialect.
 *
 * Dialogs belong to the channel rather than the link, so they outlive a re-bind: a page that could not be sent, or was not
 * answered when the link went down, waits for the next bind as long as the network may wait for the page. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/turn_pool.h"
#include "channel/smpp/smpp_dialogs.h"
#include "channel/smpp/smpp_link.h"
#include "channel/smpp/smpp_ussd.h"
#include "channel/smpp/smpp_ussd_settings.h"
#include "channel/smpp/smpp_ussd_text.h"

#define BEGIN_SEQUENCE 0x10000		/* above the sequence of any page */
#define NETWORK_SESSION 0x8000		/* its_session_info of dialogs that we begin */
#define PAGE_OCTETS_MAX 512		/* a submit_sm with a page */
#define ESM_CLASS_TYPE 0x3c		/* marks receipts and acknowledgements, clause 5.2.12 */

enum counter {
	COUNT_RX,
	COUNT_TX,
	COUNT_BEGIN,
	COUNT_CONTINUE,
	COUNT_END,
	COUNT_NOTIFY,
	COUNT_NOTIFIED,
	COUNT_REQUEST,
	COUNT_RECONNECT,
	COUNT_THROTTLED,
	COUNT_BUSY,
	COUNT_REPEATED,
	/* faults, which are also logged */
	COUNT_MALFORMED,
	COUNT_ALPHABET,
	COUNT_STALE,
	COUNT_REFUSED,
	COUNT_DROPPED,
	COUNT_TOO_LONG,
	COUNT_NAMES,
	COUNT_SHORT,
	COUNT_NATIONAL,
	COUNT_NOT_IN_PLAN,
	COUNTERS
};

static const struct rate_ctr_desc counters[COUNTERS] = {
	[COUNT_RX] = { "rx", "messages received" },
	[COUNT_TX] = { "tx", "messages accepted by the gateway" },
	[COUNT_BEGIN] = { "begin", "dialogs begun by phones" },
	[COUNT_CONTINUE] = { "continue", "answers to our pages" },
	[COUNT_END] = { "end", "dialogs that we ended with a text" },
	[COUNT_NOTIFY] = { "notify", "texts shown outside dialogs" },
	[COUNT_NOTIFIED] = { "notified", "confirmations of such texts" },
	[COUNT_REQUEST] = { "request", "dialogs begun by us" },
	[COUNT_RECONNECT] = { "reconnect", "times that a link came up" },
	[COUNT_THROTTLED] = { "throttled", "messages that the gateway refused for now" },
	[COUNT_BUSY] = { "busy", "inputs refused because of too many dialogs" },
	[COUNT_REPEATED] = { "repeated", "repeated inputs" },
	[COUNT_MALFORMED] = { "malformed", "messages not understood" },
	[COUNT_ALPHABET] = { "unknown_alphabet", "texts with a data_coding that we cannot read" },
	[COUNT_STALE] = { "stale", "ends of unknown dialogs" },
	[COUNT_REFUSED] = { "refused", "messages rejected by the gateway" },
	[COUNT_DROPPED] = { "dropped", "messages not sent in time, because the link was down or full" },
	[COUNT_TOO_LONG] = { "too_long", "texts too long for this link" },
	[COUNT_NAMES] = { "not_served:names", "messages from names instead of numbers" },
	[COUNT_SHORT] = { "not_served:short", "messages from short numbers that are not in the numbering plan" },
	[COUNT_NATIONAL] = { "not_served:national", "messages from national numbers while numbering.country is not set" },
	[COUNT_NOT_IN_PLAN] = { "not_served:not_in_plan", "messages from numbers that are not in the numbering plan" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "smpp_ussd",
	.group_description = "USSD over SMPP",
	.num_ctr = COUNTERS,
	.ctr_desc = counters,
};

/* A page that waits for a link. */
struct deferred {
	struct llist_head entry;
	struct smpp_token token;	/* id: its receipt; 0: none */
	size_t len;
	uint8_t octets[];
};

struct smpp_ussd;

struct side {
	struct smpp_ussd *ussd;
	struct smpp_link_settings settings;
	struct smpp_link *link;
};

struct smpp_ussd {
	struct channel channel;
	const struct smpp_ussd_settings *settings;
	struct dialect dialect;		/* with the operations of this link */
	struct smpp_ussd_coding coding;
	struct link_tls_settings tls;
	struct text_limits limits;
	struct side sides[2];		/* the first one sends */
	struct link_counters counters;
	struct smpp_dialogs dialogs;
	struct llist_head deferred;	/* oldest first */
	unsigned int deferred_count;
	struct osmo_timer_list deferred_timer;	/* when the oldest has waited too long */
	struct turn_pool turns;
	uint16_t begun;			/* number of dialogs begun by us */
	bool closing;
};

static struct smpp_ussd *ussd_of(struct channel *channel)
{
	return (struct smpp_ussd *)channel;
}

/* ---- output ---- */

static void deferred_watch(struct smpp_ussd *ussd)
{
	long long wait;

	if (llist_empty(&ussd->deferred) || osmo_timer_pending(&ussd->deferred_timer))
		return;
	wait = llist_first_entry(&ussd->deferred, struct deferred, entry)->token.expires_ms - link_now_ms();
	wait = OSMO_MAX(wait, 0) + 1;
	osmo_timer_schedule(&ussd->deferred_timer, wait / 1000, wait % 1000 * 1000);
}

/* Returns false when there is no more time or room for it. */
static bool defer(struct smpp_ussd *ussd, const struct smpp_pdu *pdu, struct smpp_token token)
{
	uint8_t octets[PAGE_OCTETS_MAX];
	int len = smpp_write(pdu, octets, sizeof(octets));
	struct deferred *deferred;

	if (len < 0 || ussd->closing || token.expires_ms <= link_now_ms() || ussd->deferred_count >= ussd->settings->queue) {
		link_fault(&ussd->counters, COUNT_DROPPED, pdu->destination);
		return false;
	}
	deferred = talloc_size(ussd, sizeof(*deferred) + len);
	OSMO_ASSERT(deferred);
	deferred->token = token;
	deferred->len = len;
	memcpy(deferred->octets, octets, len);
	llist_add_tail(&deferred->entry, &ussd->deferred);
	ussd->deferred_count++;
	deferred_watch(ussd);
	return true;
}

/* Send deferred pages while the link accepts them; drop those that have waited too long. */
static void deferred_send(struct smpp_ussd *ussd)
{
	struct deferred *deferred, *next;
	struct smpp_pdu pdu;
	long long now = link_now_ms();

	llist_for_each_entry_safe(deferred, next, &ussd->deferred, entry) {
		const bool late = deferred->token.expires_ms <= now;
		const uint64_t receipt = deferred->token.id;

		smpp_read(deferred->octets, deferred->len, &pdu);
		if (late)
			link_fault(&ussd->counters, COUNT_DROPPED, pdu.destination);
		else if (smpp_link_send(ussd->sides[0].link, &pdu, deferred->token) < 0)
			return;
		llist_del(&deferred->entry);
		ussd->deferred_count--;
		talloc_free(deferred);
		if (late)
			channel_sent(&ussd->channel, receipt, -ETIMEDOUT);
	}
}

static void deferred_expire(void *data)
{
	struct smpp_ussd *ussd = data;

	deferred_send(ussd);
	deferred_watch(ussd);
}

/* Fill in a submit_sm with a text. \a octets is room for it. Returns 0, -EMSGSIZE, -ENOTSUP. */
static int text_write(struct smpp_ussd *ussd, enum dialect_output output, const struct dialect_route *route,
		      const struct channel_text *text, uint8_t octets[static SMPP_USSD_OCTETS], struct smpp_pdu *pdu)
{
	uint8_t data_coding;
	int n = smpp_ussd_encode(&ussd->coding, text->text, text->len, octets, &data_coding);

	if (n < 0) {
		link_fault(&ussd->counters, COUNT_TOO_LONG, route->subscriber);
		return n;
	}
	return dialect_write(&ussd->dialect, output, route, (struct smpp_octets){ octets, n }, data_coding, pdu);
}

/* Reports the receipt if there is an error; otherwise link_done() does. */
static int dialog_send(struct smpp_ussd *ussd, const struct smpp_dialog *dialog, enum dialect_output output,
		       const struct channel_text *text)
{
	/* Both the receipt and the deadline come back with the request. */
	const struct smpp_token token = { text->receipt, link_now_ms() + ussd->settings->guard_ms };
	struct dialect_route route = smpp_dialog_route(dialog);
	uint8_t octets[SMPP_USSD_OCTETS];
	struct smpp_pdu pdu;
	int rc = text_write(ussd, output, &route, text, octets, &pdu);

	if (rc < 0)
		channel_sent(&ussd->channel, text->receipt, rc);
	else if ((ussd->deferred_count || smpp_link_send(ussd->sides[0].link, &pdu, token) < 0) && !defer(ussd, &pdu, token))
		channel_sent(&ussd->channel, text->receipt, -ENOTCONN);
	return rc;
}

static struct channel_text words(const char *text)
{
	return (struct channel_text){ .text = text, .len = strlen(text) };
}

/* Send the last text of a dialog, and forget the dialog. */
static void dialog_end(struct smpp_ussd *ussd, struct smpp_dialog *dialog, const struct channel_text *text)
{
	const enum dialect_output last = dialog->ours ? DIALECT_RELEASE : DIALECT_END;
	const struct channel_text sorry = words(ussd->settings->sorry);

	link_count(&ussd->counters, COUNT_END);
	if (dialog_send(ussd, dialog, text->len ? last : DIALECT_ABORT, text) < 0)
		dialog_send(ussd, dialog, last, &sorry);
	smpp_dialog_drop(&ussd->dialogs, dialog);
}

static void dialog_end_words(struct smpp_ussd *ussd, struct smpp_dialog *dialog, const char *text)
{
	const struct channel_text last = words(text);

	dialog_end(ussd, dialog, &last);
}

static void dialog_busy(struct smpp_ussd *ussd, struct smpp_dialog *dialog)
{
	link_count(&ussd->counters, COUNT_BUSY);
	dialog_end_words(ussd, dialog, ussd->settings->busy);
}

/* ---- turns ---- */

static struct peer peer_of(struct smpp_ussd *ussd, const struct smpp_dialog *dialog)
{
	return (struct peer){ .channel = &ussd->channel, .user = dialog->msisdn, .session = dialog->session };
}

static struct turn *turn_get(struct smpp_ussd *ussd, enum turn_kind kind, const struct smpp_dialog *dialog)
{
	struct turn *turn = turn_new(&ussd->turns);
	char number[PACKED_SIZE];

	turn->peer = peer_of(ussd, dialog);
	turn->kind = kind;
	digits_unpack(dialog->msisdn, number);
	osmo_strlcpy(turn->subscriber.msisdn, number, sizeof(turn->subscriber.msisdn));
	turn->limits = ussd->limits;
	return turn;
}

/* Where the network's session number alone is the key, it may have passed to another subscriber. */
static struct smpp_dialog *dialog_of(struct smpp_ussd *ussd, const struct peer *peer)
{
	struct smpp_dialog *dialog;

	dialog = smpp_dialog_find(&ussd->dialogs, ussd->dialect.key == KEY_ITS ? 0 : peer->user, peer->session);
	return dialog && dialog->msisdn == peer->user ? dialog : NULL;
}

static void smpp_ussd_answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text,
			     size_t len)
{
	struct smpp_ussd *ussd = ussd_of(channel);
	struct smpp_dialog *dialog = dialog_of(ussd, &turn->peer);
	const struct channel_text out = { .text = text, .len = len, .receipt = turn->receipt };

	if (dialog && kind == ANSWER_ASK) {
		/* It follows from the turn, so that a turn answered again sends the same page again. */
		dialog->page = turn->kind == TURN_BEGIN ? 1 : turn->sequence % UINT16_MAX + 1;
		if (dialog_send(ussd, dialog, DIALECT_PAGE, &out) < 0)
			dialog_end_words(ussd, dialog, ussd->settings->sorry);
	} else if (dialog && kind == ANSWER_END) {
		dialog_end(ussd, dialog, &out);
	} else if (dialog && kind == ANSWER_BUSY) {
		dialog_busy(ussd, dialog);
	} else {
		channel_sent(channel, turn->receipt, -ENOTCONN);
	}
	turn_free(&ussd->turns, turn);
}

static void smpp_ussd_end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	struct smpp_ussd *ussd = ussd_of(channel);
	struct smpp_dialog *dialog = dialog_of(ussd, peer);
	const struct channel_text last = { .text = text, .len = len };

	if (dialog)
		dialog_end(ussd, dialog, &last);
}

/* Route of a dialog that we begin. Its session number should be one that gateways do not give to a phone's dialog. */
static struct dialect_route route_new(struct smpp_ussd *ussd, const struct subscriber *subscriber)
{
	const uint16_t number = ussd->begun++;

	return (struct dialect_route){
		.service_type = "USSD", .subscriber = subscriber->msisdn, .subscriber_ton = 1, .subscriber_npi = 1,
		.short_code = ussd->settings->short_code, .short_code_npi = 1,
		.its_session_info = NETWORK_SESSION | number << 1,
		.user_message_reference = NETWORK_SESSION | number,
	};
}

/* Send once: an unsolicited text is not sent again when the link goes down. */
static int send_once(struct smpp_ussd *ussd, const struct smpp_pdu *pdu, uint64_t receipt)
{
	int rc = smpp_link_send(ussd->sides[0].link, pdu, (struct smpp_token){ .id = receipt });

	return rc == -ENOBUFS ? -ENOTCONN : rc;
}

static int smpp_ussd_notify(struct channel *channel, const struct subscriber *subscriber,
			    const struct channel_text *text)
{
	struct smpp_ussd *ussd = ussd_of(channel);
	struct dialect_route route = route_new(ussd, subscriber);
	uint8_t octets[SMPP_USSD_OCTETS];
	struct smpp_pdu pdu;
	int rc = subscriber->msisdn[0] ? text_write(ussd, DIALECT_NOTIFY, &route, text, octets, &pdu) : -EDESTADDRREQ;

	if (!rc)
		rc = send_once(ussd, &pdu, text->receipt);
	if (rc < 0)
		return rc;
	link_count(&ussd->counters, COUNT_NOTIFY);
	return 0;
}

/* Add the dialog of our own request, identified by the answer that it will get. NULL when that session number is in use, or the
 * subscriber is in another dialog. */
static struct smpp_dialog *dialog_begin(struct smpp_ussd *ussd, const struct smpp_pdu *request)
{
	struct dialect_input input;
	struct smpp_pdu answer;
	struct smpp_dialog *dialog;

	if (dialect_read_back(&ussd->dialect, ussd->settings->plan, request, &answer, &input) < 0 ||
	    smpp_dialog_find(&ussd->dialogs, input.user, input.session) ||
	    smpp_dialog_with(&ussd->dialogs, digits_pack(input.msisdn)))
		return NULL;
	dialog = smpp_dialog_put(&ussd->dialogs, &input, &answer);
	dialog->ours = true;
	dialog->page = 1;
	return dialog;
}

static int smpp_ussd_begin(struct channel *channel, const struct subscriber *subscriber,
			   const struct channel_text *text, struct peer *peer)
{
	struct smpp_ussd *ussd = ussd_of(channel);
	struct dialect_route route = route_new(ussd, subscriber);
	uint8_t octets[SMPP_USSD_OCTETS];
	struct smpp_dialog *dialog;
	struct smpp_pdu pdu;
	int rc = subscriber->msisdn[0] ? text_write(ussd, DIALECT_REQUEST, &route, text, octets, &pdu) : -ENOTSUP;

	if (rc < 0)
		return rc;
	dialog = dialog_begin(ussd, &pdu);
	if (!dialog)
		return -EBUSY;
	rc = send_once(ussd, &pdu, text->receipt);
	if (rc < 0) {
		smpp_dialog_drop(&ussd->dialogs, dialog);
		return rc;
	}
	*peer = peer_of(ussd, dialog);
	link_count(&ussd->counters, COUNT_REQUEST);
	return 0;
}

/* ---- input ---- */

/* Pass a turn to the server, or answer that we are busy. */
static void turn_deliver(struct smpp_ussd *ussd, struct turn *turn)
{
	struct smpp_dialog *dialog;

	if (channel_rx(turn) != -EBUSY)
		return;
	dialog = dialog_of(ussd, &turn->peer);
	if (dialog && turn->kind != TURN_GONE)
		dialog_busy(ussd, dialog);
	turn_free(&ussd->turns, turn);
}

static void dialog_gone(struct smpp_ussd *ussd, struct smpp_dialog *dialog)
{
	struct turn *turn = turn_get(ussd, TURN_GONE, dialog);

	smpp_dialog_drop(&ussd->dialogs, dialog);
	turn_deliver(ussd, turn);
}

/* Turn "100" into *100#: gateways that put the code into the destination omit the signs. */
static void code_complete(struct turn *turn)
{
	turn->text[turn->len] = '\0';
	if (!turn->len || strspn(turn->text, "0123456789*") != turn->len || turn->len + 2u >= sizeof(turn->text))
		return;
	if (turn->text[0] != '*') {
		memmove(turn->text + 1, turn->text, turn->len++);
		turn->text[0] = '*';
	}
	turn->text[turn->len++] = '#';
}

/* Repeating the same code is the same beginning; another code is a new one. */
static uint32_t begin_sequence(const struct turn *turn)
{
	uint32_t hash = 2166136261u;

	for (unsigned int i = 0; i < turn->len; i++)
		hash = (hash ^ (uint8_t)turn->text[i]) * 16777619u;
	return BEGIN_SEQUENCE | hash >> 16;
}

static void text_rx(struct smpp_ussd *ussd, const struct dialect_input *input, struct smpp_dialog *dialog)
{
	enum turn_kind kind = input->event == DIALECT_BEGIN ? TURN_BEGIN : TURN_CONTINUE;
	struct turn *turn = turn_get(ussd, kind, dialog);
	int len = smpp_ussd_decode(&ussd->coding, input->text, input->data_coding, turn->text, sizeof(turn->text) - 1);

	link_count(&ussd->counters, kind == TURN_BEGIN ? COUNT_BEGIN : COUNT_CONTINUE);
	if (len < 0) {
		link_fault(&ussd->counters, COUNT_ALPHABET, dialog->subscriber);
		dialog_end_words(ussd, dialog, ussd->settings->sorry);
		turn->kind = TURN_GONE;
		turn_deliver(ussd, turn);
		return;
	}
	turn->len = len;
	turn->sequence = dialog->page;
	if (kind == TURN_BEGIN) {
		code_complete(turn);
		turn->sequence = begin_sequence(turn);
	}
	turn_deliver(ussd, turn);
}

/* F1: an answer that the gateway sends again has the same reference as before, even if our next page has gone out since.
 * But some gateways give all messages of a dialog one reference: the first message and the first answer then have the
 * same one. */
static bool is_repeated(struct smpp_dialog *dialog, const struct smpp_pdu *pdu)
{
	bool same = smpp_has(pdu, SMPP_TLV_USER_MESSAGE_REFERENCE) && dialog->has_reference &&
		    dialog->reference == pdu->user_message_reference;

	if (dialog->inputs == 1)
		dialog->one_reference = same;
	return same && dialog->inputs > 1 && !dialog->one_reference;
}

static void input_rx(struct smpp_ussd *ussd, const struct dialect_input *input, const struct smpp_pdu *pdu)
{
	struct smpp_dialog *dialog = smpp_dialog_find(&ussd->dialogs, input->user, input->session);

	/* A phone begins a dialog under the session number of our own dialog: ours is over. */
	if (input->event == DIALECT_BEGIN && dialog && dialog->ours) {
		dialog_gone(ussd, dialog);
	} else if (input->event == DIALECT_BEGIN && !dialog && ussd->channel.full) {
		link_count(&ussd->counters, COUNT_BEGIN);
		channel_refused(&ussd->channel, 1);
		dialog_busy(ussd, smpp_dialog_put(&ussd->dialogs, input, pdu));
		return;
	}
	/* Let the server end an unknown dialog with a text. */
	dialog = smpp_dialog_put(&ussd->dialogs, input, pdu);
	if (input->event == DIALECT_BEGIN) {
		dialog->inputs = 0;
	} else if (is_repeated(dialog, pdu)) {
		link_count(&ussd->counters, COUNT_REPEATED);
		return;
	}
	dialog->has_reference = smpp_has(pdu, SMPP_TLV_USER_MESSAGE_REFERENCE);
	dialog->reference = pdu->user_message_reference;
	if (dialog->inputs < 2)
		dialog->inputs++;
	text_rx(ussd, input, dialog);
}

/* Returns the status of the response. */
static uint32_t message_rx(struct smpp_ussd *ussd, const struct smpp_pdu *pdu)
{
	static const enum counter causes[NUMBER_RESULTS] = {
		[NUMBER_NAME] = COUNT_NAMES, [NUMBER_SHORT] = COUNT_SHORT, [NUMBER_NATIONAL] = COUNT_NATIONAL,
		[NUMBER_UNKNOWN] = COUNT_NOT_IN_PLAN,
	};
	struct smpp_dialog *dialog;
	struct dialect_input input;
	int rc;

	if (pdu->esm_class & ESM_CLASS_TYPE)
		return SMPP_OK;
	rc = dialect_read(&ussd->dialect, ussd->settings->plan, pdu, &input);
	if (rc < 0) {
		link_fault(&ussd->counters, rc == -EINVAL ? causes[input.number] : COUNT_MALFORMED, pdu->source);
		return SMPP_RX_R_APPN;
	}
	if (input.event == DIALECT_NOTIFIED)
		link_count(&ussd->counters, COUNT_NOTIFIED);
	else if (input.event != DIALECT_GONE)
		input_rx(ussd, &input, pdu);
	else if ((dialog = smpp_dialog_find(&ussd->dialogs, input.user, input.session)))
		dialog_gone(ussd, dialog);
	else
		link_fault(&ussd->counters, COUNT_STALE, pdu->source);
	return SMPP_OK;
}

static void link_rx(void *data, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	struct side *side = data;

	link_count(&side->ussd->counters, COUNT_RX);
	smpp_link_answer(side->link, ticket, message_rx(side->ussd, pdu));
}

static void link_event(void *data, unsigned int event)
{
	struct side *side = data;
	struct smpp_ussd *ussd = side->ussd;

	switch (event) {
	case LINK_UP:
		link_count(&ussd->counters, COUNT_RECONNECT);
		/* fall through */
	case SMPP_LINK_ROOM:
		if (side == &ussd->sides[0])
			deferred_send(ussd);
		break;
	case LINK_MALFORMED:
		link_count(&ussd->counters, COUNT_MALFORMED);
		break;
	case SMPP_LINK_THROTTLED:
		link_count(&ussd->counters, COUNT_THROTTLED);
		break;
	default:
		break;
	}
}

/* A page was lost, so it will not be answered. */
static void page_lost(struct smpp_ussd *ussd, const struct smpp_pdu *page)
{
	struct dialect_input input;
	struct smpp_pdu answer;
	struct smpp_dialog *dialog;

	if (dialect_read_back(&ussd->dialect, ussd->settings->plan, page, &answer, &input) < 0)
		return;
	dialog = smpp_dialog_find(&ussd->dialogs, input.user, input.session);
	if (dialog)
		dialog_gone(ussd, dialog);
}

static void link_done(void *data, struct smpp_token token, enum smpp_outcome outcome, const struct smpp_pdu *request,
		      const struct smpp_pdu *response)
{
	struct smpp_ussd *ussd = ((struct side *)data)->ussd;

	if (outcome != SMPP_ANSWERED) {
		if (defer(ussd, request, token) || ussd->closing)
			return;
		channel_sent(&ussd->channel, token.id, -EPIPE);
		page_lost(ussd, request);
		return;
	}
	link_count(&ussd->counters, COUNT_TX);
	channel_sent(&ussd->channel, token.id, response->status ? -EREMOTEIO : 0);
	if (!response->status)
		return;
	link_fault(&ussd->counters, COUNT_REFUSED, request->destination);
	page_lost(ussd, request);
}

static void link_batch_begin(void *data, int64_t now_us, int64_t came_us)
{
	const struct side *side = data;

	channel_batch_begin(&side->ussd->channel, now_us, came_us);
}

static void link_batch_end(void *data, int more)
{
	const struct side *side = data;

	channel_batch_end(&side->ussd->channel, more);
}

/* ---- life ---- */

static int smpp_ussd_describe(const struct channel *channel, char *out, size_t size)
{
	const struct smpp_ussd *ussd = (const struct smpp_ussd *)channel;
	const struct smpp_link *link = ussd->sides[0].link;

	return snprintf(out, size, "%s, to %s port %lld as %s, dialect %s, %u dialogs, %u turns open, %u pages in "
			"flight or queued, %u deferred", smpp_link_state_name(link), ussd->settings->address,
			ussd->settings->port, ussd->settings->system_id, ussd->dialect.name, ussd->dialogs.count,
			ussd->turns.open, smpp_link_load(link), ussd->deferred_count);
}

static void smpp_ussd_free(struct channel *channel)
{
	struct smpp_ussd *ussd = ussd_of(channel);

	ussd->closing = true;
	osmo_timer_del(&ussd->deferred_timer);
	for (unsigned int i = 0; i < 2; i++)
		smpp_link_free(ussd->sides[i].link);
	link_counters_fini(&ussd->counters);
	talloc_free(ussd);
}

static const struct channel_ops smpp_ussd_ops = {
	.kind = "smpp_ussd",
	.answer = smpp_ussd_answer,
	.end = smpp_ussd_end,
	.notify = smpp_ussd_notify,
	.begin = smpp_ussd_begin,
	.describe = smpp_ussd_describe,
	.free = smpp_ussd_free,
};

static const struct smpp_link_ops link_ops = { link_event, link_rx, link_done, link_batch_begin, link_batch_end };

static void side_open(struct smpp_ussd *ussd, struct side *side, enum smpp_command bind)
{
	const struct smpp_ussd_settings *settings = ussd->settings;

	side->ussd = ussd;
	side->settings = (struct smpp_link_settings){
		.link = { .name = settings->name, .address = settings->address, .port = settings->port,
			  .us = settings->system_id, .tls = settings->tls_ca ? &ussd->tls : NULL,
			  .keep_alive_ms = settings->enquire_ms },
		.bind = bind, .password_file = settings->password_file, .system_type = settings->system_type,
		.address_range = settings->address_range, .response_ms = settings->response_ms, .window = settings->window,
		.queue_max = settings->queue,
		.rate = settings->rate,
	};
	side->link = smpp_link_new(ussd, &side->settings, &link_ops, side);
}

static struct channel *smpp_ussd_create(void *ctx, const void *data)
{
	const struct smpp_ussd_settings *settings = data;
	const bool pair = strcmp(settings->bind, "pair") == 0;
	struct smpp_ussd *ussd = talloc_zero(ctx, struct smpp_ussd);

	OSMO_ASSERT(ussd);
	ussd->channel = (struct channel){
		.ops = &smpp_ussd_ops, .name = settings->name, .timing = smpp_ussd_settings_timing(settings),
		.trust = smpp_ussd_settings_trust(settings),
		.limited = true, .dialogs_share = settings->dialogs_share, .rate_in = settings->rate_in,
	};
	ussd->settings = settings;
	ussd->dialect = dialect_with(dialect_find(settings->dialect), &settings->operations);
	ussd->coding = (struct smpp_ussd_coding){ smpp_ussd_coding_find(settings->coding), settings->dcs };
	ussd->tls = (struct link_tls_settings){ .ca_file = settings->tls_ca, .host = settings->tls_host,
						.cert_file = settings->tls_cert, .key_file = settings->tls_key };
	ussd->limits = smpp_ussd_settings_limits(settings);
	INIT_LLIST_HEAD(&ussd->deferred);
	osmo_timer_setup(&ussd->deferred_timer, deferred_expire, ussd);
	smpp_dialogs_init(&ussd->dialogs, ussd);
	link_counters_init(&ussd->counters, ussd, DSMPP, &counter_group, settings->name);
	turn_pool_init(&ussd->turns, ussd, sizeof(struct turn));
	side_open(ussd, &ussd->sides[0], pair ? SMPP_BIND_TRANSMITTER : SMPP_BIND_TRANSCEIVER);
	if (pair)
		side_open(ussd, &ussd->sides[1], SMPP_BIND_RECEIVER);
	if (ussd->sides[0].link && (!pair || ussd->sides[1].link))
		return &ussd->channel;
	smpp_ussd_free(&ussd->channel);
	return NULL;
}

const struct channel_kind smpp_ussd_channel_kind = {
	.kind = "smpp_ussd",
	.rows = smpp_ussd_rows,
	.settings_size = sizeof(struct smpp_ussd_settings),
	.set_plan = smpp_ussd_settings_set_plan,
	.check = smpp_ussd_settings_check,
	.limits = smpp_ussd_settings_limits,
	.timing = smpp_ussd_settings_timing,
	.create = smpp_ussd_create,
};
