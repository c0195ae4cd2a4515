/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* gsup/: USSD over GSUP, from and to an HLR. Start here; ussd_codec.c decodes.
 *
 * The GSUP channel: converts between turns and an HLR's supplementary service messages.
 *
 * A dialog on the wire, from our side:
 *
 *   <- PROC_SS_REQUEST BEGIN     Invoke 59 (or 19) with the dialled code
 *   -> PROC_SS_REQUEST CONTINUE  Invoke 60 with a page. It is a request, because OsmoHLR reports undeliverable
 *                                messages for requests only
 *   <- PROC_SS_REQUEST CONTINUE  ReturnResult 60 with the answer
 *   -> PROC_SS_RESULT END        ReturnResult 59 with the last text and the first invoke id
 *
 * A phase 1 phone (operation 19) gets one text in IA5 and no pages that ask: a page ends its dialog.
 *
 * An answer to a page that is not the last one is counted as stale and dropped: ending the dialog would punish a
 * phone for a retransmission. An answer in an unknown session (after we restarted) goes to the server, which
 * ends it with a text (F42). That text is the result of the phone's first invoke, whose id nobody remembers: so each
 * page's own invoke id encodes it, and the answer brings it back. Anything else that cannot be understood ends the
 * dialog with a text, never with ReturnError or Reject: OsmoHLR turns those into "facility not supported". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/gsup/gsup.h"
#include "channel/gsup/gsup_link.h"
#include "channel/gsup/gsup_settings.h"
#include "channel/gsup/gsup_ss.h"
#include "channel/gsup/sessions.h"
#include "channel/gsup/ussd_codec.h"
#include "channel/turn_pool.h"

#define QUIET_S 60
#define BEGIN_SEQUENCE 0x100		/* added to the first invoke id, above the sequence of any page */
#define NETWORK_SESSION 0x80000000	/* sessions that we begin: MSCs count from below */

/* Invoke ids of pages, from 1 to 127: three for each first invoke id up to 40 (phones count from 0 or 1, Osmocom's use
 * 5), and three more for all others. Three are used in rotation, so that an answer to the page before the last is recognised. */
#define PAGES_MAX 126			/* a multiple of PAGE_IDS, so that the rotation continues when the count wraps */
#define PAGE_IDS 3
#define FIRST_IDS 41
#define PAGE_ID_OTHER (1 + PAGE_IDS * FIRST_IDS)
#define FIRST_ID_GUESS 1

#define IMSI_DIGITS_MIN 6		/* 23.003 clause 2.2: country, network, and at least one digit */

enum counter {
	COUNT_RX,
	COUNT_TX,
	COUNT_BEGIN,
	COUNT_CONTINUE,
	COUNT_END,
	COUNT_NOTIFY,
	COUNT_RECONNECT,
	COUNT_DROPPED,
	COUNT_BUSY,
	/* faults, which are also logged */
	COUNT_MALFORMED,
	COUNT_ALPHABET,
	COUNT_STALE,
	COUNT_STRAY,
	COUNT_REFUSED,
	COUNT_UNEXPECTED,
	COUNT_TOO_LONG,
	COUNTERS
};

static const struct rate_ctr_desc counters[COUNTERS] = {
	[COUNT_RX] = { "rx", "GSUP messages received" },
	[COUNT_TX] = { "tx", "GSUP messages sent" },
	[COUNT_BEGIN] = { "begin", "dialogs begun by phones" },
	[COUNT_CONTINUE] = { "continue", "answers to our pages" },
	[COUNT_END] = { "end", "dialogs that we ended with a text" },
	[COUNT_NOTIFY] = { "notify", "texts shown outside dialogs" },
	[COUNT_RECONNECT] = { "reconnect", "times that the link came up" },
	[COUNT_DROPPED] = { "dropped", "messages not sent, because the link was down or full" },
	[COUNT_BUSY] = { "busy", "inputs refused because of too many dialogs" },
	[COUNT_MALFORMED] = { "malformed", "messages and components not understood" },
	[COUNT_ALPHABET] = { "unknown_alphabet", "texts with a data coding scheme that we cannot read" },
	[COUNT_STALE] = { "stale", "answers to a page that is no longer open, and ends of unknown sessions" },
	[COUNT_STRAY] = { "stray", "answers in an unknown session, which was ended with a text" },
	[COUNT_REFUSED] = { "refused", "errors and rejects from phones or the HLR" },
	[COUNT_UNEXPECTED] = { "unexpected", "messages of a type not handled here" },
	[COUNT_TOO_LONG] = { "too_long", "texts too long for this link" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "gsup",
	.group_description = "GSUP link",
	.num_ctr = COUNTERS,
	.ctr_desc = counters,
};

struct gsup {
	struct channel channel;
	const struct gsup_settings *settings;
	struct link_settings link_settings;
	struct gsup_link *link;
	struct link_counters counters;
	struct osmo_timer_list quiet_timer;
	struct text_limits limits;
	struct gsup_sessions sessions;
	struct turn_pool turns;
	struct refusal {
		uint8_t octets[GSUP_SS_MAX];
		uint16_t len, invoke_at;
	} refusals[2];			/* of a dial, after its IMSI: by operation 59, by 19 */
	unsigned int refused;		/* dials of this batch that got one */
	uint32_t notify_session;
	bool heard;			/* a message was received since the link came up */
};

static struct gsup *gsup_of(struct channel *channel)
{
	return (struct gsup *)channel;
}

static void fault(struct gsup *gsup, enum counter counter, uint64_t user)
{
	char imsi[PACKED_SIZE];

	digits_unpack(user, imsi);
	link_fault(&gsup->counters, counter, imsi);
}

/* ---- turns ---- */

static struct turn *turn_get(struct gsup *gsup, enum turn_kind kind, const struct gsup_session *session)
{
	struct turn *turn = turn_new(&gsup->turns);
	char imsi[PACKED_SIZE];

	turn->peer = (struct peer){
		.channel = &gsup->channel,
		.user = session->user,
		.session = session->session,
	};
	turn->kind = kind;
	digits_unpack(session->user, imsi);
	memcpy(turn->subscriber.imsi, imsi, strlen(imsi) + 1);
	turn->limits = gsup->limits;
	/* A phase 1 phone shows one character per octet. */
	if (session->operation == USSD_PROCESS_DATA)
		turn->limits.ask = turn->limits.end = (struct text_budget){ .septets = gsup->settings->end_octets };
	return turn;
}

/* ---- out ---- */

/* Wrap \a text in \a out. */
static const struct channel_text *words(const char *text, struct channel_text *out)
{
	*out = (struct channel_text){ .text = text, .len = strlen(text) };
	return out;
}

/* Send a text in its component. \a message has everything else. Returns 0, and the receipt, if any, is to come; -EMSGSIZE, -ENOTCONN,
 * -ENOBUFS. */
static int text_send(struct gsup *gsup, struct gsup_message *message, const struct ussd_envelope *envelope,
		     const struct channel_text *text)
{
	uint8_t component[USSD_COMPONENT_MAX];
	int n, rc;

	/* OsmoHLR rejects an empty string, and 29.002 does not allow one. */
	n = ussd_write(envelope, text->len ? text->text : " ", text->len ? text->len : 1, component, sizeof(component));
	if (n < 0) {
		fault(gsup, COUNT_TOO_LONG, message->imsi);
		return n;
	}
	message->ss_info = component;
	message->ss_info_len = n;
	message->message_class = OSMO_GSUP_MESSAGE_CLASS_USSD;
	rc = gsup_link_send(gsup->link, message, text->receipt);
	link_count(&gsup->counters, rc < 0 ? COUNT_DROPPED : COUNT_TX);
	return rc;
}

static int8_t page_id(const struct gsup_session *session)
{
	const int turn = session->page % PAGE_IDS;

	if (session->invoke_id >= 0 && session->invoke_id < FIRST_IDS)
		return 1 + turn * FIRST_IDS + session->invoke_id;
	return PAGE_ID_OTHER + turn;
}

/* The session's first invoke id, decoded from the invoke id of one of its pages. */
static int8_t first_id_of(int8_t page_id)
{
	return page_id > 0 && page_id < PAGE_ID_OTHER ? (page_id - 1) % FIRST_IDS : FIRST_ID_GUESS;
}

/* End a session with its last text and forget it. Returns as text_send(), whether this text was sent. */
static int session_end(struct gsup *gsup, const struct gsup_session *session, const struct channel_text *text)
{
	struct ussd_envelope envelope = {
		USSD_RESULT, session->operation, session->invoke_id, gsup->settings->end_octets
	};
	struct gsup_message message = { .message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT, .session_state = OSMO_GSUP_SESSION_STATE_END,
					.session_id = session->session, .imsi = session->user };
	struct channel_text sorry;
	int rc;

	link_count(&gsup->counters, COUNT_END);
	rc = text_send(gsup, &message, &envelope, text);
	if (rc == -EMSGSIZE)
		text_send(gsup, &message, &envelope, words(gsup->settings->sorry, &sorry));
	sessions_drop(&gsup->sessions, session->user, session->session);
	return rc;
}

static void session_end_busy(struct gsup *gsup, const struct gsup_session *session)
{
	struct channel_text busy;

	link_count(&gsup->counters, COUNT_BUSY);
	session_end(gsup, session, words(gsup->settings->busy, &busy));
}

static void session_end_sorry(struct gsup *gsup, const struct gsup_session *session)
{
	struct channel_text sorry;

	session_end(gsup, session, words(gsup->settings->sorry, &sorry));
}

/* The page's number follows from the turn, so that a turn answered again sends the same page again. */
static int session_ask(struct gsup *gsup, struct gsup_session *session, const struct turn *turn,
		       const struct channel_text *text)
{
	struct ussd_envelope envelope = { USSD_INVOKE, USSD_REQUEST, 0, gsup->settings->ask_octets };
	struct gsup_message message = { .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
					.session_state = OSMO_GSUP_SESSION_STATE_CONTINUE,
					.session_id = session->session, .imsi = session->user };
	int rc;

	if (session->operation == USSD_PROCESS_DATA)
		return session_end(gsup, session, text);
	session->page = turn->kind == TURN_BEGIN ? 1 : turn->sequence % PAGES_MAX + 1;
	envelope.invoke_id = page_id(session);
	rc = text_send(gsup, &message, &envelope, text);
	if (rc == -EMSGSIZE)
		session_end_sorry(gsup, session);
	return rc;
}

static void gsup_answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct gsup *gsup = gsup_of(channel);
	struct gsup_session *session = sessions_find(&gsup->sessions, turn->peer.user, turn->peer.session);
	const struct channel_text out = { .text = text, .len = len, .receipt = turn->receipt };
	int rc = -ENOTCONN;

	if (session && kind == ANSWER_ASK)
		rc = session_ask(gsup, session, turn, &out);
	else if (session && kind == ANSWER_END)
		rc = session_end(gsup, session, &out);
	else if (session && kind == ANSWER_BUSY)
		session_end_busy(gsup, session);
	if (rc < 0)
		channel_sent(channel, turn->receipt, rc);
	turn_free(&gsup->turns, turn);
}

static void gsup_end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	struct gsup *gsup = gsup_of(channel);
	struct gsup_session *session = sessions_find(&gsup->sessions, peer->user, peer->session);
	const struct channel_text last = { .text = text, .len = len };

	if (session)
		session_end(gsup, session, &last);
}

static bool is_imsi(const char *text)
{
	return strlen(text) >= IMSI_DIGITS_MIN && digits_pack(text) && text[strspn(text, "0")];
}

/* OsmoHLR does not forward the phone's acknowledgement, and closes its session only when the guard timer runs out: store no session
 * here. */
static int gsup_notify(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	struct gsup *gsup = gsup_of(channel);
	struct ussd_envelope envelope = { USSD_INVOKE, USSD_NOTIFY, 1, gsup->settings->ask_octets };
	struct gsup_message message = { .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
					.session_state = OSMO_GSUP_SESSION_STATE_BEGIN };
	int rc;

	if (strcmp(gsup->settings->push, "notify") != 0)
		return -ENOTSUP;
	if (!subscriber->imsi[0])
		return -EDESTADDRREQ;
	if (!is_imsi(subscriber->imsi))
		return -EINVAL;
	message.session_id = NETWORK_SESSION | (gsup->notify_session++ & ~NETWORK_SESSION);
	message.imsi = digits_pack(subscriber->imsi);
	rc = text_send(gsup, &message, &envelope, text);
	if (rc < 0)
		return rc == -ENOBUFS ? -ENOTCONN : rc;
	link_count(&gsup->counters, COUNT_NOTIFY);
	return 0;
}

/* ---- in ---- */

static bool is_begin(const struct ussd_component *component)
{
	return component->kind == USSD_INVOKE && component->alphabet != USSD_NO_STRING &&
	       (component->operation == USSD_PROCESS_REQUEST || component->operation == USSD_PROCESS_DATA);
}

/* The answer to a page. If the subscriber just pressed "send", it has no parameter, and so no operation. */
static bool is_answer(const struct ussd_component *component)
{
	return component->kind == USSD_RESULT &&
	       (component->operation == USSD_REQUEST || component->operation == USSD_NO_OPERATION);
}

/* Find the first component that is \a wanted. Otherwise returns false, with some other component, if any, in \a found. */
static bool component_find(const struct gsup_message *message, bool (*wanted)(const struct ussd_component *),
			   struct ussd_component *found)
{
	struct ussd_component component;
	size_t pos = 0;
	int rc;

	*found = (struct ussd_component){ 0 };
	while (message->ss_info && (rc = ussd_read(message->ss_info, message->ss_info_len, &pos, &component))) {
		if (rc > 0)
			*found = component;
		if (rc > 0 && wanted(&component))
			return true;
	}
	return false;
}

/* Pass a turn to the server, or answer that we are busy. */
static void turn_deliver(struct gsup *gsup, struct turn *turn)
{
	struct gsup_session *session;

	if (channel_rx(turn) != -EBUSY)
		return;
	session = sessions_find(&gsup->sessions, turn->peer.user, turn->peer.session);
	if (session && turn->kind != TURN_GONE)
		session_end_busy(gsup, session);
	turn_free(&gsup->turns, turn);
}

/* The other side has ended the dialog. */
static void session_gone(struct gsup *gsup, const struct gsup_session *session)
{
	struct turn *turn = turn_get(gsup, TURN_GONE, session);

	sessions_drop(&gsup->sessions, turn->peer.user, turn->peer.session);
	turn_deliver(gsup, turn);
}

/* The phone's message makes no sense: end the session towards the network and the server. */
static void session_abort(struct gsup *gsup, const struct gsup_session *session)
{
	struct turn *turn = turn_get(gsup, TURN_GONE, session);

	session_end_sorry(gsup, session);
	turn_deliver(gsup, turn);
}

static void begin_rx(struct gsup *gsup, const struct gsup_message *message)
{
	struct ussd_component component;
	bool understood = component_find(message, is_begin, &component);
	struct gsup_session *session = sessions_put(&gsup->sessions, message->imsi, message->session_id);
	struct turn *turn;
	int len;

	session->invoke_id = component.invoke_id;
	session->operation = component.operation == USSD_PROCESS_DATA ? USSD_PROCESS_DATA : USSD_PROCESS_REQUEST;
	session->page = 0;
	link_count(&gsup->counters, COUNT_BEGIN);
	if (!understood) {
		fault(gsup, COUNT_MALFORMED, message->imsi);
		session_end_sorry(gsup, session);
		return;
	}
	turn = turn_get(gsup, TURN_BEGIN, session);
	len = ussd_text(&component, turn->text, sizeof(turn->text));
	if (len < 0) {
		fault(gsup, COUNT_ALPHABET, message->imsi);
		session_end_sorry(gsup, session);
		turn_free(&gsup->turns, turn);
		return;
	}
	turn->len = len;
	turn->sequence = BEGIN_SEQUENCE + (uint8_t)component.invoke_id;
	turn_deliver(gsup, turn);
}

static void answer_rx(struct gsup *gsup, const struct gsup_message *message, struct gsup_session *session,
		      const struct ussd_component *component)
{
	struct turn *turn;
	int len;

	if (!session->page || component->invoke_id != page_id(session)) {
		fault(gsup, COUNT_STALE, message->imsi);
		return;
	}
	turn = turn_get(gsup, TURN_CONTINUE, session);
	len = ussd_text(component, turn->text, sizeof(turn->text));
	if (len < 0) {
		fault(gsup, COUNT_ALPHABET, message->imsi);
		session_abort(gsup, session);
		turn_free(&gsup->turns, turn);
		return;
	}
	turn->len = len;
	turn->sequence = session->page;
	turn_deliver(gsup, turn);
}

/* F42: the page that it answers is gone, whatever it says. The server has the text for this, so pass a turn without a text. */
static void stray_rx(struct gsup *gsup, const struct gsup_message *message)
{
	struct gsup_session *session = sessions_put(&gsup->sessions, message->imsi, message->session_id);
	struct ussd_component component;

	fault(gsup, COUNT_STRAY, message->imsi);
	component_find(message, is_answer, &component);
	session->invoke_id = first_id_of(component.invoke_id);
	session->operation = USSD_PROCESS_REQUEST;
	session->page = 0;
	turn_deliver(gsup, turn_get(gsup, TURN_CONTINUE, session));
}

static void continue_rx(struct gsup *gsup, const struct gsup_message *message, struct gsup_session *session)
{
	struct ussd_component component;

	link_count(&gsup->counters, COUNT_CONTINUE);
	if (component_find(message, is_answer, &component)) {
		answer_rx(gsup, message, session, &component);
		return;
	}
	fault(gsup, component.kind == USSD_ERROR || component.kind == USSD_REJECT ? COUNT_REFUSED : COUNT_MALFORMED, message->imsi);
	session_abort(gsup, session);
}

static void session_rx(struct gsup *gsup, const struct gsup_message *message)
{
	struct gsup_session *session;

	if (message->session_state == OSMO_GSUP_SESSION_STATE_BEGIN) {
		begin_rx(gsup, message);
		return;
	}
	session = sessions_find(&gsup->sessions, message->imsi, message->session_id);
	if (!session && message->session_state == OSMO_GSUP_SESSION_STATE_CONTINUE)
		stray_rx(gsup, message);
	else if (!session)
		fault(gsup, COUNT_STALE, message->imsi);
	else if (message->session_state == OSMO_GSUP_SESSION_STATE_CONTINUE)
		continue_rx(gsup, message, session);
	else
		session_gone(gsup, session);
}

static void link_rx(void *data, const struct gsup_message *message)
{
	struct gsup *gsup = data;
	struct gsup_session *session;

	link_count(&gsup->counters, COUNT_RX);
	gsup->heard = true;
	if (message->session_state == OSMO_GSUP_SESSION_STATE_NONE) {
		fault(gsup, COUNT_MALFORMED, message->imsi);
		return;
	}
	switch (message->message_type) {
	case OSMO_GSUP_MSGT_PROC_SS_REQUEST:
	case OSMO_GSUP_MSGT_PROC_SS_RESULT:
		session_rx(gsup, message);
		break;
	case OSMO_GSUP_MSGT_PROC_SS_ERROR:
		fault(gsup, COUNT_REFUSED, message->imsi);
		session = sessions_find(&gsup->sessions, message->imsi, message->session_id);
		if (session)
			session_gone(gsup, session);
		break;
	default:
		fault(gsup, COUNT_UNEXPECTED, message->imsi);
	}
}

/* ---- a flood of dials ----
 *
 * Most of them are refused, so a refusal has to cost much less than a dialog: the answer is encoded beforehand, and of the dial only what
 * the answer repeats is looked at. */

static void refusal_encode(const struct gsup_settings *settings, enum ussd_operation operation, int8_t invoke_id, struct refusal *refusal)
{
	const struct ussd_envelope envelope = { USSD_RESULT, operation, invoke_id, settings->end_octets };
	const size_t imsi_len = 3;
	uint8_t component[USSD_COMPONENT_MAX], octets[GSUP_SS_MAX];
	const struct gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT, .imsi = digits_pack("1"), .session_state = OSMO_GSUP_SESSION_STATE_END,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_USSD, .ss_info = component,
		.ss_info_len = OSMO_MAX(ussd_write(&envelope, settings->busy, strlen(settings->busy), component, sizeof(component)), 0),
	};
	const size_t len = gsup_ss_write(&message, octets);

	refusal->len = len ? len - 1 - imsi_len : 0;
	memcpy(refusal->octets, octets + 1 + imsi_len, refusal->len);
}

static void refusal_prepare(const struct gsup_settings *settings, enum ussd_operation operation, struct refusal *refusal)
{
	struct refusal other;

	refusal_encode(settings, operation, 0, refusal);
	refusal_encode(settings, operation, 1, &other);
	while (refusal->invoke_at < refusal->len && refusal->octets[refusal->invoke_at] == other.octets[refusal->invoke_at])
		refusal->invoke_at++;
}

/* A repeated dial of an open session is refused, too: that session then ends when nobody answers. */
static bool link_take(void *data, const uint8_t *in, size_t len)
{
	struct gsup *gsup = data;
	struct refusal *refusal = &gsup->refusals[0];
	uint8_t octets[1 + UINT8_MAX + GSUP_SS_MAX];
	struct gsup_dial dial;

	if (!gsup->channel.full || !gsup_dial_read(in, len, &dial))
		return false;
	if (dial.operation == USSD_PROCESS_DATA)
		refusal = &gsup->refusals[1];
	else if (dial.operation != USSD_PROCESS_REQUEST)
		return false;
	memcpy(refusal->octets + 2, dial.session, 4);
	refusal->octets[refusal->invoke_at] = (uint8_t)dial.invoke_id;
	octets[0] = OSMO_GSUP_MSGT_PROC_SS_RESULT;
	memcpy(octets + 1, dial.imsi, dial.imsi_len);
	memcpy(octets + 1 + dial.imsi_len, refusal->octets, refusal->len);
	gsup->heard = true;
	gsup->refused += !gsup_link_send_octets(gsup->link, octets, 1 + dial.imsi_len + refusal->len);
	return true;
}

static void link_batch_begin(void *data, int64_t now_us, int64_t came_us)
{
	struct gsup *gsup = data;

	channel_batch_begin(&gsup->channel, now_us, came_us);
}

static void link_batch_end(void *data, int more)
{
	static const enum counter counted[] = { COUNT_RX, COUNT_BEGIN, COUNT_BUSY, COUNT_END, COUNT_TX };
	struct gsup *gsup = data;

	if (gsup->refused) {
		for (unsigned int i = 0; i < ARRAY_SIZE(counted); i++)
			rate_ctr_add(rate_ctr_group_get_ctr(gsup->counters.group, counted[i]), (int)gsup->refused);
		channel_refused(&gsup->channel, gsup->refused);
		gsup->refused = 0;
	}
	channel_batch_end(&gsup->channel, more);
}

/* ---- the link ---- */

static void link_event(void *data, enum link_event event)
{
	struct gsup *gsup = data;

	switch (event) {
	case LINK_UP:
		link_count(&gsup->counters, COUNT_RECONNECT);
		gsup->heard = false;
		osmo_timer_schedule(&gsup->quiet_timer, QUIET_S, 0);
		break;
	case LINK_DOWN:
		osmo_timer_del(&gsup->quiet_timer);
		break;
	case LINK_MALFORMED:
		link_count(&gsup->counters, COUNT_MALFORMED);
		break;
	default:
		break;
	}
}

static void link_sent(void *data, uint64_t receipt, int rc)
{
	struct gsup *gsup = data;

	channel_sent(&gsup->channel, receipt, rc);
}

/* OsmoHLR routes requests to the first entity of a name, and silently ignores a second one. */
static void quiet_timer_cb(void *data)
{
	struct gsup *gsup = data;

	if (!gsup->heard)
		LOGP(DGSUP, LOGL_NOTICE, "%s: up for %d s and no request yet: check that the HLR has a route to %s, "
		     "and that no other entity of that name is connected (the HLR serves only the first one)\n",
		     gsup->channel.name, QUIET_S, gsup->link_settings.us);
}

/* ---- life ---- */

static int gsup_describe(const struct channel *channel, char *out, size_t size)
{
	const struct gsup *gsup = (const struct gsup *)channel;

	return snprintf(out, size, "gsup %s: %s, %s port %u as %s, %zu dialogs, %u open turns", channel->name,
			gsup_link_state_name(gsup->link), gsup->link_settings.address, gsup->link_settings.port,
			gsup->link_settings.us, gsup->sessions.count, gsup->turns.open);
}

static void gsup_free(struct channel *channel)
{
	struct gsup *gsup = gsup_of(channel);

	osmo_timer_del(&gsup->quiet_timer);
	gsup_link_free(gsup->link);
	link_counters_fini(&gsup->counters);
	sessions_fini(&gsup->sessions);
	talloc_free(gsup);
}

static const struct channel_ops gsup_ops = {
	.kind = "gsup",
	.answer = gsup_answer,
	.end = gsup_end,
	.notify = gsup_notify,
	.begin = NULL,		/* OsmoHLR, up to 1.9.2 at least, crashes on a phone's answer to a request that we begin */
	.describe = gsup_describe,
	.free = gsup_free,
};

static const struct gsup_link_ops link_ops = {
	.event = link_event,
	.rx = link_rx,
	.sent = link_sent,
	.take = link_take,
	.batch_begin = link_batch_begin,
	.batch_end = link_batch_end,
};

static struct channel *gsup_create(void *ctx, const void *data)
{
	const struct gsup_settings *settings = data;
	struct gsup *gsup = talloc_zero(ctx, struct gsup);

	OSMO_ASSERT(gsup);
	gsup->channel = (struct channel){
		.ops = &gsup_ops,
		.name = settings->name,
		.timing = gsup_settings_timing(settings),
		.trust = trust_by_name(settings->trust, TRUST_PASSWORD),
		.limited = true, .dialogs_share = settings->dialogs_share, .rate_in = settings->rate_in,
	};
	gsup->settings = settings;
	gsup->limits = gsup_settings_limits(settings);
	gsup->link_settings = (struct link_settings){
		.name = settings->name,
		.address = settings->address,
		.port = settings->port,
		.us = talloc_asprintf(gsup, "EUSE-%s", settings->entity),
	};
	refusal_prepare(settings, USSD_PROCESS_REQUEST, &gsup->refusals[0]);
	refusal_prepare(settings, USSD_PROCESS_DATA, &gsup->refusals[1]);
	sessions_init(&gsup->sessions);
	turn_pool_init(&gsup->turns, gsup, sizeof(struct turn));
	osmo_timer_setup(&gsup->quiet_timer, quiet_timer_cb, gsup);
	link_counters_init(&gsup->counters, gsup, DGSUP, &counter_group, settings->name);
	gsup->link = gsup_link_new(gsup, &gsup->link_settings, &link_ops, gsup);
	if (!gsup->link) {
		link_counters_fini(&gsup->counters);
		sessions_fini(&gsup->sessions);
		talloc_free(gsup);
		return NULL;
	}
	return &gsup->channel;
}

const struct channel_kind gsup_channel_kind = {
	.kind = "gsup",
	.rows = gsup_rows,
	.settings_size = sizeof(struct gsup_settings),
	.check = gsup_settings_check,
	.limits = gsup_settings_limits,
	.timing = gsup_settings_timing,
	.create = gsup_create,
};
