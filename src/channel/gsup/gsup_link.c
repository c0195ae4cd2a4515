/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GSUP over IPA as a protocol of link_fsm.h.
 *
 * libosmo-gsup-client is not used: it needs one system call per message, which costs more than everything else that
 * happens to a message. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/protocol/ipaccess.h>

#include "channel/gsup/gsup_link.h"
#include "channel/gsup/ipa_frame.h"

#define READ_SIZE (16 * 1024)	/* about two hundred turns, a millisecond; then other links and the account are served */
#define UNIT_NAME_MAX 128

struct gsup_link {
	struct link *link;
	const struct link_settings *settings;
	const struct gsup_link_ops *ops;
	void *user;
	bool closing;			/* do not report events any more */
	bool greeting;			/* connected and not lost since */
	bool heard;			/* a GSUP message was received since then */
};

/* ---- output ---- */

#define FRAME_HEAD (IPA_FRAME_HEAD + 1)		/* with the type */

/* Queue the frame at \a at, the link's room, whose \a len octets after the type are written. */
static void frame_push(struct gsup_link *link, uint8_t *at, enum ipa_stream stream, uint8_t type, size_t len)
{
	at[0] = (len + 1) >> 8;
	at[1] = (len + 1) & 0xff;
	at[2] = stream;
	at[3] = type;
	link_push(link->link, FRAME_HEAD + len);
}

static int frame_send(struct gsup_link *link, enum ipa_stream stream, uint8_t type, const uint8_t *data, size_t len)
{
	uint8_t *at = link_room(link->link, FRAME_HEAD + len);

	if (!at)
		return -ENOBUFS;
	if (len)
		memcpy(at + FRAME_HEAD, data, len);
	frame_push(link, at, stream, type, len);
	return 0;
}

int gsup_link_send(struct gsup_link *link, const struct gsup_message *message, uint64_t receipt)
{
	uint8_t *at;
	size_t len;

	if (!gsup_link_is_up(link))
		return -ENOTCONN;
	at = link_room(link->link, FRAME_HEAD + GSUP_SS_MAX);
	if (!at)
		return -ENOBUFS;
	len = gsup_ss_write(message, at + FRAME_HEAD);
	if (!len)
		return -EMSGSIZE;
	frame_push(link, at, IPA_STREAM_OSMO, IPA_OSMO_GSUP, len);
	if (receipt)
		link_receipt(link->link, receipt);
	return 0;
}

int gsup_link_send_octets(struct gsup_link *link, const uint8_t *octets, size_t len)
{
	return frame_send(link, IPA_STREAM_OSMO, IPA_OSMO_GSUP, octets, len);
}

static size_t identity_put(uint8_t *out, uint8_t tag, const char *value)
{
	size_t len = strlen(value) + 1;

	/* The length includes the tag. */
	out[0] = (len + 1) >> 8;
	out[1] = (len + 1) & 0xff;
	out[2] = tag;
	memcpy(out + 3, value, len);
	return 3 + len;
}

/* Ignore which items were requested: send the same list as libosmo-gsup-client. OsmoHLR routes by the serial number. */
static void identity_send(struct gsup_link *link)
{
	static const char nothing[] = "00:00:00:00:00:00";
	const char *name = link->settings->us;
	uint8_t body[8 * (3 + UNIT_NAME_MAX + 1)];
	size_t len = 0;

	len += identity_put(body + len, IPAC_IDTAG_UNIT, "0/0/0");
	len += identity_put(body + len, IPAC_IDTAG_MACADDR, nothing);
	len += identity_put(body + len, IPAC_IDTAG_LOCATION1, nothing);
	len += identity_put(body + len, IPAC_IDTAG_LOCATION2, nothing);
	len += identity_put(body + len, IPAC_IDTAG_EQUIPVERS, nothing);
	len += identity_put(body + len, IPAC_IDTAG_SWVERSION, nothing);
	len += identity_put(body + len, IPAC_IDTAG_UNITNAME, name);
	len += identity_put(body + len, IPAC_IDTAG_SERNR, name);
	frame_send(link, IPA_STREAM_CCM, IPAC_MSGT_ID_RESP, body, len);
	frame_send(link, IPA_STREAM_CCM, IPAC_MSGT_ID_ACK, NULL, 0);
}

static void ping(void *user)
{
	frame_send(user, IPA_STREAM_CCM, IPAC_MSGT_PING, NULL, 0);
}

/* ---- input ---- */

/* An empty frame is one without a stream. */
static int frame_size(const uint8_t *octets, size_t len)
{
	struct ipa_frame frame;
	const int n = ipa_frame_read(octets, len, &frame);

	return n == -ENOMSG ? IPA_FRAME_HEAD : n;
}

static void ccm_rx(struct gsup_link *link, uint8_t type)
{
	switch (type) {
	case IPAC_MSGT_PING:
		frame_send(link, IPA_STREAM_CCM, IPAC_MSGT_PONG, NULL, 0);
		break;
	case IPAC_MSGT_PONG:
		break;
	case IPAC_MSGT_ID_GET:
		identity_send(link);
		break;
	case IPAC_MSGT_ID_ACK:
		link_ready(link->link);
		break;
	default:
		link_malformed(link->link, "dropped an IPA message of unknown type");
	}
}

static void frame_rx(void *user, const uint8_t *octets, size_t len)
{
	struct gsup_link *link = user;
	struct gsup_message message;

	if (len == IPA_FRAME_HEAD) {
		link_malformed(link->link, "dropped an empty IPA message");
	} else if (octets[2] == IPA_STREAM_CCM) {
		ccm_rx(link, octets[3]);
	} else if (octets[3] != IPA_OSMO_GSUP) {
		link_malformed(link->link, "dropped a message of a protocol other than GSUP");
	} else if (gsup_link_is_up(link) && link->ops->take && link->ops->take(link->user, octets + FRAME_HEAD, len - FRAME_HEAD)) {
		link->heard = true;
	} else if (!gsup_link_is_up(link) || !gsup_ss_read(octets + FRAME_HEAD, len - FRAME_HEAD, &message)) {
		link_malformed(link->link, "dropped a GSUP message that cannot be decoded, or came before the identity");
	} else {
		link->heard = true;
		link->ops->rx(link->user, &message);
	}
}

static void batch_begin(void *user, int64_t now_us, int64_t came_us)
{
	const struct gsup_link *link = user;

	if (link->ops->batch_begin)
		link->ops->batch_begin(link->user, now_us, came_us);
}

static void batch_end(void *user, int more)
{
	const struct gsup_link *link = user;

	if (link->ops->batch_end)
		link->ops->batch_end(link->user, more);
}

/* ---- life ---- */

/* The HLR asks for our identity first. */
static int greet(void *user)
{
	struct gsup_link *link = user;

	link->greeting = true;
	link->heard = false;
	return 0;
}

static void event_rx(void *user, unsigned int event)
{
	struct gsup_link *link = user;

	if (link->closing)
		return;
	/* This is what the first attempt looks like when the HLR refuses our name. */
	if ((event == LINK_DOWN || event == LINK_FAILED) && link->greeting) {
		link->greeting = false;
		if (!link->heard && link_may_log(link_log(link->link)))
			LOGP(DGSUP, LOGL_NOTICE, "%s: no message was ever received: is another entity called %s connected?\n",
			     link->settings->name, link->settings->us);
	}
	link->ops->event(link->user, event);
}

static void sent(void *user, uint64_t receipt, int rc)
{
	const struct gsup_link *link = user;

	link->ops->sent(link->user, receipt, rc);
}

static const struct link_protocol protocol = {
	.category = DGSUP, .peer = "the HLR",
	.read_size = READ_SIZE, .message_max = IPA_FRAME_HEAD + IPA_FRAME_MAX,
	.setup_ms = 5000, .keep_alive_ms = 20000, .backoff_min_ms = 1000, .backoff_max_ms = 30000,
	.frame = frame_size, .message = frame_rx, .batch_begin = batch_begin, .batch_end = batch_end,
	.greet = greet, .keep_alive = ping, .event = event_rx, .sent = sent,
};

struct gsup_link *gsup_link_new(void *ctx, const struct link_settings *settings, const struct gsup_link_ops *ops,
				void *user)
{
	struct gsup_link *link = talloc_zero(ctx, struct gsup_link);

	OSMO_ASSERT(link);
	link->settings = settings;
	link->ops = ops;
	link->user = user;
	if (strlen(settings->us) > UNIT_NAME_MAX)
		LOGP(DGSUP, LOGL_ERROR, "%s: the unit name is too long\n", settings->name);
	else
		link->link = link_new(link, &protocol, settings, link);
	if (link->link)
		return link;
	talloc_free(link);
	return NULL;
}

void gsup_link_free(struct gsup_link *link)
{
	if (!link)
		return;
	link->closing = true;
	link_free(link->link);
	talloc_free(link);
}

bool gsup_link_is_up(const struct gsup_link *link)
{
	return link_is_up(link->link);
}

const char *gsup_link_state_name(const struct gsup_link *link)
{
	return link_state_name(link->link);
}
