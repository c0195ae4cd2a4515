/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keeps one GSUP link to an HLR alive, as an osmo_fsm, and moves messages over it in batches.
 *
 * libosmo-gsup-client is not used: it writes each message by a system call of its own, which costs more than
 * everything else that happens to it. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/protocol/ipaccess.h>

#include "channel/gsup/gsup_link.h"
#include "channel/gsup/gsup_ss.h"
#include "channel/gsup/ipa_frame.h"
#include "channel/link_io.h"
#include "starhash/log.h"

#define READ_SIZE (4 * 1024)	/* some fifty turns: then other links and the account have theirs */
#define MESSAGE_MAX 2048
#define UNIT_NAME_MAX 128
#define MALFORMED_LOG_S 60

enum link_state {
	LINK_WAITING,
	LINK_CONNECTING,
	LINK_IDENTIFYING,
	LINK_UP,
};

enum link_event {
	LINK_EV_CONNECTED,
	LINK_EV_IDENTIFIED,
	LINK_EV_LOST,		/* data: why, as a sentence */
};

struct gsup_link {
	const struct gsup_link_settings *settings;
	const struct gsup_link_ops *ops;
	void *user;
	struct osmo_fsm_inst *fi;
	struct sockaddr_storage address;
	struct osmo_fd fd;
	struct osmo_timer_list state_timer;
	struct osmo_timer_list ping_timer;
	struct osmo_timer_list give_up_timer;	/* an overflow drops the link later, not from under the sender */
	struct log_limit malformed, lines;
	unsigned int attempts;		/* since the link was last up for as long as the longest pause */
	int64_t up_ms;			/* when it came up */
	bool reading;			/* output is collected until the read is done */
	bool pong_due;
	bool heard;			/* a GSUP message since the link came up */
	struct msgb *encoding;
	struct output out;
	size_t in_len;
	uint8_t in[READ_SIZE + IPA_FRAME_HEAD + IPA_FRAME_MAX];
};

static unsigned int or_default(unsigned int value, unsigned int fallback)
{
	return value ? value : fallback;
}

static void link_lose(struct gsup_link *link, const char *why)
{
	osmo_fsm_inst_dispatch(link->fi, LINK_EV_LOST, (void *)why);
}

/* ---- output ---- */

static void link_overflow(struct gsup_link *link)
{
	if (osmo_timer_pending(&link->give_up_timer))
		return;
	osmo_timer_schedule(&link->give_up_timer, 0, 0);
	link->ops->event(link->user, GSUP_LINK_OVERFLOW);
}

/* Queue one frame; \a type is its first octet. */
static int frame_send(struct gsup_link *link, enum ipa_stream stream, uint8_t type, const uint8_t *data, size_t len)
{
	struct output *out = &link->out;
	uint8_t *at;

	if (osmo_timer_pending(&link->give_up_timer) || output_reserve(link, out, IPA_FRAME_HEAD + 1 + len) < 0) {
		link_overflow(link);
		return -ENOBUFS;
	}
	at = out->data + out->tail;
	at[0] = (len + 1) >> 8;
	at[1] = (len + 1) & 0xff;
	at[2] = stream;
	at[3] = type;
	if (len)
		memcpy(at + 4, data, len);
	out->tail += IPA_FRAME_HEAD + 1 + len;
	if (!link->reading)
		osmo_fd_write_enable(&link->fd);
	return 0;
}

/* Returns 0, or -errno when the connection is gone. */
static int output_flush(struct gsup_link *link)
{
	struct output *out = &link->out;
	ssize_t n;

	if (out->head < out->tail) {
		n = send(link->fd.fd, out->data + out->head, out->tail - out->head, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0)
			out->head += n;
	}
	if (out->head < out->tail) {
		osmo_fd_write_enable(&link->fd);
		return 0;
	}
	out->head = out->tail = 0;
	osmo_fd_write_disable(&link->fd);
	return 0;
}

int gsup_link_send(struct gsup_link *link, const struct osmo_gsup_message *message)
{
	uint8_t usual[GSUP_SS_MAX];
	size_t len;

	if (!gsup_link_is_up(link))
		return -ENOTCONN;
	len = gsup_ss_write(message, usual);
	if (len)
		return frame_send(link, IPA_STREAM_OSMO, IPA_OSMO_GSUP, usual, len);
	msgb_reset(link->encoding);
	if (osmo_gsup_encode(link->encoding, message) < 0)
		return -EMSGSIZE;
	return frame_send(link, IPA_STREAM_OSMO, IPA_OSMO_GSUP, msgb_data(link->encoding),
			  msgb_length(link->encoding));
}

/* ---- identity and keep-alive ---- */

static size_t identity_put(uint8_t *out, uint8_t tag, const char *value)
{
	size_t len = strlen(value) + 1;

	/* The length counts tag and value. */
	out[0] = (len + 1) >> 8;
	out[1] = (len + 1) & 0xff;
	out[2] = tag;
	memcpy(out + 3, value, len);
	return 3 + len;
}

/* Whatever was asked for: the same list that libosmo-gsup-client sends. OsmoHLR routes by the serial number. */
static void identity_send(struct gsup_link *link)
{
	static const char nothing[] = "00:00:00:00:00:00";
	const char *name = link->settings->unit_name;
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

static void link_malformed(struct gsup_link *link, const char *what)
{
	unsigned int suppressed;

	link->ops->event(link->user, GSUP_LINK_MALFORMED);
	if (log_allowed(&link->malformed, MALFORMED_LOG_S, &suppressed))
		LOGP(DGSUP, LOGL_NOTICE, "%s: dropped %s (%u more since the last such line)\n", link->settings->name,
		     what, suppressed);
}

static void ccm_rx(struct gsup_link *link, const struct ipa_frame *frame)
{
	switch (frame->type) {
	case IPAC_MSGT_PING:
		frame_send(link, IPA_STREAM_CCM, IPAC_MSGT_PONG, NULL, 0);
		break;
	case IPAC_MSGT_PONG:
		break;
	case IPAC_MSGT_ID_GET:
		identity_send(link);
		break;
	case IPAC_MSGT_ID_ACK:
		if (link->fi->state == LINK_IDENTIFYING)
			osmo_fsm_inst_dispatch(link->fi, LINK_EV_IDENTIFIED, NULL);
		break;
	default:
		link_malformed(link, "an IPA message of unknown type");
	}
}

static void ping_timer_cb(void *data)
{
	struct gsup_link *link = data;

	if (link->pong_due) {
		link_lose(link, "the HLR does not answer our ping");
		return;
	}
	link->pong_due = true;
	frame_send(link, IPA_STREAM_CCM, IPAC_MSGT_PING, NULL, 0);
	osmo_timer_schedule(&link->ping_timer, or_default(link->settings->ping_ms, 20000) / 1000,
			    or_default(link->settings->ping_ms, 20000) % 1000 * 1000);
}

static void give_up_timer_cb(void *data)
{
	link_lose(data, "the HLR does not read what we send");
}

/* ---- input ---- */

static void gsup_rx(struct gsup_link *link, const struct ipa_frame *frame)
{
	struct osmo_gsup_message message;

	if (!gsup_link_is_up(link) || !gsup_ss_read(frame->data, frame->len, &message)) {
		link_malformed(link, "a GSUP message that cannot be decoded, or came before the identity");
		return;
	}
	link->heard = true;
	link->ops->rx(link->user, &message);
}

static void frame_rx(struct gsup_link *link, const struct ipa_frame *frame)
{
	if (frame->stream == IPA_STREAM_CCM)
		ccm_rx(link, frame);
	else if (frame->type == IPA_OSMO_GSUP)
		gsup_rx(link, frame);
	else
		link_malformed(link, "a message of a protocol other than GSUP");
}

/* Handle every complete frame in place. Returns octets used, or -EBADMSG. */
static ssize_t frames_rx(struct gsup_link *link)
{
	struct ipa_frame frame;
	size_t used = 0;
	int n;

	while ((n = ipa_frame_read(link->in + used, link->in_len - used, &frame))) {
		if (n == -EBADMSG)
			return n;
		if (n == -ENOMSG) {
			link_malformed(link, "an empty IPA message");
			n = IPA_FRAME_HEAD;
		} else {
			frame_rx(link, &frame);
		}
		used += n;
	}
	return used;
}

/* Returns NULL, or why the connection is lost. */
static const char *input_rx(struct gsup_link *link)
{
	ssize_t n = recv(link->fd.fd, link->in + link->in_len, READ_SIZE, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
	if (!n)
		return "closed by the HLR";
	link->pong_due = false;
	link->in_len += n;
	link->reading = true;
	n = frames_rx(link);
	link->reading = false;
	if (n < 0)
		return "what came is no IPA message: the framing is lost";
	link->in_len -= n;
	memmove(link->in, link->in + n, link->in_len);
	/* There may have been secrets. */
	explicit_bzero(link->in + link->in_len, n);
	return NULL;
}

static int fd_cb(struct osmo_fd *fd, unsigned int what)
{
	struct gsup_link *link = fd->data;
	const char *why = NULL;
	int rc;

	if (link->fi->state == LINK_CONNECTING) {
		why = link_connect_result(&link->fd);
		osmo_fsm_inst_dispatch(link->fi, why ? LINK_EV_LOST : LINK_EV_CONNECTED, (void *)why);
		return 0;
	}
	if (what & OSMO_FD_READ)
		why = input_rx(link);
	rc = why ? 0 : output_flush(link);
	if (rc < 0)
		why = strerror(-rc);
	if (why)
		link_lose(link, why);
	return 0;
}

/* ---- states ---- */

static void link_close(struct gsup_link *link)
{
	osmo_timer_del(&link->ping_timer);
	osmo_timer_del(&link->give_up_timer);
	if (osmo_fd_is_registered(&link->fd))
		osmo_fd_close(&link->fd);
	link->out.head = link->out.tail = 0;
	explicit_bzero(link->in, link->in_len);
	link->in_len = 0;
	link->pong_due = false;
}

static void state_enter(struct osmo_fsm_inst *fi, enum link_state state, unsigned int ms)
{
	struct gsup_link *link = fi->priv;

	link_state_enter(fi, &link->state_timer, state, ms);
}

/* A link that goes down soon after it came up, again and again, is not tried more often than one that never comes up. */
static unsigned int pause_ms(struct osmo_fsm_inst *fi)
{
	struct gsup_link *link = fi->priv;
	const unsigned int longest = or_default(link->settings->backoff_max_ms, 30000);

	if (fi->state == LINK_UP && link_now_ms() - link->up_ms >= longest)
		link->attempts = 0;
	return backoff_ms(or_default(link->settings->backoff_min_ms, 1000), longest, link->attempts++);
}

static void lost(struct osmo_fsm_inst *fi, const char *why)
{
	struct gsup_link *link = fi->priv;
	const unsigned int ms = pause_ms(fi);

	if (link_may_log(&link->lines, DGSUP, link->settings->name))
		LOGP(DGSUP, LOGL_NOTICE, "%s: link to %s port %u, %s: %s; next try in %u ms\n", link->settings->name,
		     link->settings->address, link->settings->port, gsup_link_state_name(link), why, ms);
	/* The first attempt after a refusal by name looks just like this. */
	if (fi->state >= LINK_IDENTIFYING && !link->heard && link_may_log(&link->lines, DGSUP, link->settings->name))
		LOGP(DGSUP, LOGL_NOTICE, "%s: nothing ever came over it: is another entity called %s connected?\n",
		     link->settings->name, link->settings->unit_name);
	state_enter(fi, LINK_WAITING, ms);
}

static void waiting_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct gsup_link *link = fi->priv;

	link_close(link);
	if (prev_state == LINK_UP)
		link->ops->event(link->user, GSUP_LINK_DOWN);
}

static void connecting_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct gsup_link *link = fi->priv;
	int rc = link_connect(&link->fd, &link->address);

	if (rc < 0)
		lost(fi, strerror(-rc));
}

static void identifying_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct gsup_link *link = fi->priv;

	link->heard = false;
	osmo_fd_update_when(&link->fd, 0, OSMO_FD_READ);
}

static void up_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct gsup_link *link = fi->priv;

	link->up_ms = link_now_ms();
	if (link_may_log(&link->lines, DGSUP, link->settings->name))
		LOGP(DGSUP, LOGL_NOTICE, "%s: up, to %s port %u as %s\n", link->settings->name, link->settings->address,
		     link->settings->port, link->settings->unit_name);
	ping_timer_cb(link);
	link->ops->event(link->user, GSUP_LINK_UP);
}

static unsigned int setup_ms(const struct osmo_fsm_inst *fi)
{
	const struct gsup_link *link = fi->priv;

	return or_default(link->settings->setup_ms, 5000);
}

static void connecting_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	state_enter(fi, LINK_IDENTIFYING, setup_ms(fi));
}

static void identifying_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	state_enter(fi, LINK_UP, 0);
}

static void any_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (fi->state != LINK_WAITING)
		lost(fi, data);
}

static void state_timer_cb(void *data)
{
	struct osmo_fsm_inst *fi = ((struct gsup_link *)data)->fi;

	if (fi->state == LINK_WAITING)
		state_enter(fi, LINK_CONNECTING, setup_ms(fi));
	else
		lost(fi, "no answer in time");
}

static const struct osmo_fsm_state link_states[] = {
	[LINK_WAITING] = {
		.name = "waiting",
		.out_state_mask = 1 << LINK_CONNECTING | 1 << LINK_WAITING,
		.onenter = waiting_onenter,
	},
	[LINK_CONNECTING] = {
		.name = "connecting",
		.in_event_mask = 1 << LINK_EV_CONNECTED,
		.out_state_mask = 1 << LINK_IDENTIFYING | 1 << LINK_WAITING,
		.onenter = connecting_onenter,
		.action = connecting_action,
	},
	[LINK_IDENTIFYING] = {
		.name = "identifying",
		.in_event_mask = 1 << LINK_EV_IDENTIFIED,
		.out_state_mask = 1 << LINK_UP | 1 << LINK_WAITING,
		.onenter = identifying_onenter,
		.action = identifying_action,
	},
	[LINK_UP] = {
		.name = "up",
		.out_state_mask = 1 << LINK_WAITING,
		.onenter = up_onenter,
	},
};

static const struct value_string link_event_names[] = {
	{ LINK_EV_CONNECTED, "connected" },
	{ LINK_EV_IDENTIFIED, "identified" },
	{ LINK_EV_LOST, "lost" },
	{ 0, NULL }
};

/* Not const: libosmocore links its registered machines into a list. */
static struct osmo_fsm link_fsm = {
	.name = "gsup_link",
	.states = link_states,
	.num_states = ARRAY_SIZE(link_states),
	.allstate_event_mask = 1 << LINK_EV_LOST,
	.allstate_action = any_action,
	.log_subsys = DGSUP,
	.event_names = link_event_names,
};

static __attribute__((constructor)) void link_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&link_fsm) == 0);
}

/* ---- life ---- */

struct gsup_link *gsup_link_new(void *ctx, const struct gsup_link_settings *settings, const struct gsup_link_ops *ops,
				void *user)
{
	struct gsup_link *link = talloc_zero(ctx, struct gsup_link);

	OSMO_ASSERT(link);
	link->settings = settings;
	link->ops = ops;
	link->user = user;
	osmo_fd_setup(&link->fd, -1, 0, fd_cb, link, 0);
	if (link_address_read(settings->address, settings->port, &link->address) < 0 || strlen(settings->unit_name) > UNIT_NAME_MAX) {
		LOGP(DGSUP, LOGL_ERROR, "%s: %s is no numeric address, or the unit name is too long\n", settings->name,
		     settings->address);
		talloc_free(link);
		return NULL;
	}
	link->encoding = msgb_alloc_c(link, MESSAGE_MAX, "GSUP");
	osmo_timer_setup(&link->state_timer, state_timer_cb, link);
	osmo_timer_setup(&link->ping_timer, ping_timer_cb, link);
	osmo_timer_setup(&link->give_up_timer, give_up_timer_cb, link);
	link->fi = osmo_fsm_inst_alloc(&link_fsm, link, link, LOGL_DEBUG, NULL);
	OSMO_ASSERT(link->fi && link->encoding);
	state_enter(link->fi, LINK_CONNECTING, setup_ms(link->fi));
	return link;
}

void gsup_link_free(struct gsup_link *link)
{
	if (!link)
		return;
	link_close(link);
	osmo_timer_del(&link->state_timer);
	osmo_fsm_inst_free(link->fi);
	talloc_free(link);
}

bool gsup_link_is_up(const struct gsup_link *link)
{
	return link->fi->state == LINK_UP;
}

const char *gsup_link_state_name(const struct gsup_link *link)
{
	return osmo_fsm_inst_state_name(link->fi);
}
