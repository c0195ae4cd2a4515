/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keeps one link to an SMSC alive, as an osmo_fsm, and moves PDUs over it in batches. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/smpp/smpp_link.h"
#include "channel/smpp/smpp_window.h"
#include "starhash/conf.h"
#include "starhash/log.h"

#define READ_SIZE (64 * 1024)
#define FLUSH_SIZE (16 * 1024)		/* so much is written between two rounds */
#define SMALL_PDU_MAX 256		/* of those that are not requests of the owner */
#define MALFORMED_LOG_S 60
/* Then other links have their turn: a flood delays them by so many PDUs, or by so long, since a text may take as long as many
 * responses; not by all that was read. */
#define ROUND_PDUS 16
#define ROUND_NS 10000

enum link_state {
	LINK_WAITING,
	LINK_CONNECTING,
	LINK_SECURING,
	LINK_BINDING,
	LINK_UP,
};

enum link_event {
	LINK_EV_CONNECTED,
	LINK_EV_SECURED,
	LINK_EV_BOUND,
	LINK_EV_LOST,		/* data: why, as a sentence */
};

struct smpp_link {
	const struct smpp_link_settings *settings;
	const struct smpp_link_ops *ops;
	void *user;
	struct osmo_fsm_inst *fi;
	struct sockaddr_storage address;
	struct osmo_fd fd;
	struct smpp_transport *transport;
	struct osmo_timer_list state_timer;
	struct osmo_timer_list enquire_timer;
	struct osmo_timer_list window_timer;
	struct osmo_timer_list round_timer;	/* what was read is not handled yet */
	struct osmo_timer_list give_up_timer;	/* an overflow drops the link later, not from under the sender */
	struct log_limit malformed, lines;
	unsigned int attempts;		/* since the peer last showed that it takes us */
	uint32_t connection;		/* counts them, for tickets */
	bool reading;			/* output is collected until the read is done */
	bool enquiring;			/* nothing came since our enquire_link */
	bool full;			/* a request was refused for lack of room */
	const char *leaving;		/* close, once what is there has been written, because of this */
	struct smpp_window window;
	struct output out;
	size_t in_pos, in_len;		/* what was read and not handled yet */
	uint8_t in[READ_SIZE + SMPP_PDU_MAX];
};

static unsigned int or_default(unsigned int value, unsigned int fallback)
{
	return value ? value : fallback;
}

static void timer_schedule_ms(struct osmo_timer_list *timer, unsigned int ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

static long long now_us(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void link_lose(struct smpp_link *link, const char *why)
{
	osmo_fsm_inst_dispatch(link->fi, LINK_EV_LOST, (void *)why);
}

static void link_malformed(struct smpp_link *link, const char *what)
{
	unsigned int suppressed;

	link->ops->event(link->user, SMPP_LINK_MALFORMED);
	if (log_allowed(&link->malformed, MALFORMED_LOG_S, &suppressed))
		LOGP(DSMPP, LOGL_NOTICE, "%s: %s (%u more since the last such line)\n", link->settings->name, what,
		     suppressed);
}

/* ---- output ---- */

static void link_overflow(struct smpp_link *link)
{
	if (osmo_timer_pending(&link->give_up_timer))
		return;
	osmo_timer_schedule(&link->give_up_timer, 0, 0);
	link->ops->event(link->user, SMPP_LINK_OVERFLOW);
}

static void give_up_timer_cb(void *data)
{
	link_lose(data, "the SMSC does not read what we send");
}

static int octets_send(struct smpp_link *link, const uint8_t *octets, size_t len)
{
	if (osmo_timer_pending(&link->give_up_timer) || output_reserve(link, &link->out, len) < 0) {
		link_overflow(link);
		return -ENOBUFS;
	}
	memcpy(link->out.data + link->out.tail, octets, len);
	link->out.tail += len;
	if (!link->reading)
		osmo_fd_write_enable(&link->fd);
	return 0;
}

static int pdu_send(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	uint8_t octets[SMALL_PDU_MAX];
	int n = smpp_write(pdu, octets, sizeof(octets)), rc = n;

	if (n > 0)
		rc = octets_send(link, octets, n);
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

/* Returns 0, or -errno when the connection is gone. */
static int output_flush(struct smpp_link *link)
{
	struct output *out = &link->out;
	ssize_t n;

	if (out->head < out->tail) {
		n = link->transport->ops->write(link->transport, out->data + out->head, out->tail - out->head);
		if (n < 0 && n != -EAGAIN)
			return n;
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

/* ---- requests of ours ---- */

static void request_finish(struct smpp_link *link, struct smpp_request *request, enum smpp_outcome outcome,
			   const struct smpp_pdu *response)
{
	struct smpp_pdu pdu;

	smpp_read(request->octets, request->len, &pdu);
	link->ops->done(link->user, request->token, outcome, &pdu, response);
	talloc_free(request);
}

static void overdue_finish(struct smpp_link *link, long long now)
{
	struct smpp_request *request;

	while ((request = window_overdue(&link->window, now)))
		request_finish(link, request, SMPP_UNANSWERED, NULL);
}

static void window_timer_set(struct smpp_link *link, long long now)
{
	long long due = window_due(&link->window), wait = due > now ? due - now : 0;

	if (due == LLONG_MAX)
		osmo_timer_del(&link->window_timer);
	else
		osmo_timer_schedule(&link->window_timer, wait / 1000000, wait % 1000000);
}

static void room_tell(struct smpp_link *link)
{
	if (!link->full || link->window.waiting_count > link->window.settings.queue_max / 2)
		return;
	link->full = false;
	link->ops->event(link->user, SMPP_LINK_ROOM);
}

/* Let out what the window, the rate and the SMSC allow. */
static void requests_send(struct smpp_link *link)
{
	struct smpp_request *request;
	long long now = now_us();

	if (!smpp_link_is_up(link) || link->leaving)
		return;
	while ((request = window_next(&link->window, now))) {
		if (octets_send(link, request->octets, request->len) < 0)
			break;
	}
	window_timer_set(link, now);
	room_tell(link);
}

static void window_timer_cb(void *data)
{
	struct smpp_link *link = data;

	overdue_finish(link, now_us());
	requests_send(link);
}

int smpp_link_send(struct smpp_link *link, const struct smpp_pdu *request, uint64_t token)
{
	int rc;

	if (!smpp_link_is_up(link))
		return -ENOTCONN;
	rc = window_add(&link->window, link, request, token);
	if (rc == -ENOBUFS)
		link->full = true;
	if (!rc && !link->reading)
		osmo_fd_write_enable(&link->fd);
	return rc;
}

static void requests_return(struct smpp_link *link)
{
	struct smpp_request *request;

	while ((request = window_pop(&link->window)))
		request_finish(link, request, request->sequence ? SMPP_UNANSWERED : SMPP_UNSENT, NULL);
}

static bool is_throttle(uint32_t status)
{
	return status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL;
}

static void response_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	struct smpp_request *request = window_take(&link->window, pdu->sequence);

	if (!request) {
		link_malformed(link, "dropped a response to nothing that is open");
		return;
	}
	if (is_throttle(pdu->status)) {
		window_throttled(&link->window, request, now_us());
		link->ops->event(link->user, SMPP_LINK_THROTTLED);
		return;
	}
	window_recover(&link->window, request);
	request_finish(link, request, SMPP_ANSWERED, pdu);
}

/* ---- bind and keep-alive ---- */

static int bind_send(struct smpp_link *link)
{
	const struct smpp_link_settings *settings = link->settings;
	char password[SMPP_PASSWORD_MAX + 1] = "";
	struct smpp_pdu pdu = {
		.command = settings->bind, .sequence = window_sequence(&link->window),
		.system_id = settings->system_id, .password = password, .system_type = settings->system_type,
		.interface_version = SMPP_VERSION, .address_ton = settings->address_ton,
		.address_npi = settings->address_npi, .address_range = settings->address_range,
	};
	int rc = settings->password_file ? conf_secret_read(settings->password_file, password, sizeof(password)) : 0;

	if (rc == 0)
		rc = pdu_send(link, &pdu);
	else if (link_may_log(&link->lines, DSMPP, settings->name))
		LOGP(DSMPP, LOGL_ERROR, "%s: password file %s: %s\n", settings->name, settings->password_file,
		     conf_secret_problem(rc));
	explicit_bzero(password, sizeof(password));
	return rc;
}

static const char *refusal(uint32_t status)
{
	switch (status) {
	case SMPP_RALYBND:
		return "the SMSC says that we are bound already";
	case SMPP_RINVPASWD:
		return "the SMSC refuses the password";
	case SMPP_RINVSYSID:
		return "the SMSC does not know this system_id";
	}
	return "the SMSC refuses the bind";
}

static void bind_resp_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	if (!pdu->status) {
		osmo_fsm_inst_dispatch(link->fi, LINK_EV_BOUND, NULL);
		return;
	}
	if (link_may_log(&link->lines, DSMPP, link->settings->name))
		LOGP(DSMPP, LOGL_ERROR, "%s: bind as %s: status 0x%08x\n", link->settings->name, link->settings->system_id,
		     pdu->status);
	link->leaving = refusal(pdu->status);
	link->ops->event(link->user, SMPP_LINK_REFUSED);
}

static void enquire_timer_cb(void *data)
{
	struct smpp_link *link = data;
	struct smpp_pdu pdu = { .command = SMPP_ENQUIRE_LINK, .sequence = window_sequence(&link->window) };

	if (link->enquiring) {
		link_lose(link, "the SMSC does not answer our enquire_link");
		return;
	}
	link->enquiring = true;
	timer_schedule_ms(&link->enquire_timer, or_default(link->settings->enquire_ms, 30000));
	pdu_send(link, &pdu);
}

/* ---- input ---- */

static void pdu_answer(struct smpp_link *link, uint32_t command, uint32_t sequence, uint32_t status)
{
	struct smpp_pdu pdu = { .command = command | SMPP_RESPONSE, .status = status, .sequence = sequence };

	pdu_send(link, &pdu);
}

int smpp_link_answer(struct smpp_link *link, const struct smpp_ticket *ticket, uint32_t status)
{
	if (!smpp_link_is_up(link) || ticket->connection != link->connection)
		return -ENOTCONN;
	pdu_answer(link, ticket->command, ticket->sequence, status);
	return 0;
}

static void message_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	struct smpp_ticket ticket = { link->connection, pdu->command, pdu->sequence };

	if (smpp_link_is_up(link))
		link->ops->rx(link->user, pdu, &ticket);
	else
		pdu_answer(link, pdu->command, pdu->sequence, SMPP_RINVBNDSTS);
}

static void request_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	switch (pdu->command) {
	case SMPP_DELIVER_SM:
	case SMPP_DATA_SM:
		message_rx(link, pdu);
		break;
	case SMPP_ENQUIRE_LINK:
		pdu_answer(link, pdu->command, pdu->sequence, SMPP_OK);
		break;
	case SMPP_UNBIND:
		pdu_answer(link, pdu->command, pdu->sequence, SMPP_OK);
		link->leaving = "unbound by the SMSC";
		break;
	case SMPP_ALERT_NOTIFICATION:
	case SMPP_OUTBIND:
		/* They ask for nothing, and want no response. */
		break;
	default:
		link_malformed(link, "refused a command that an SMSC does not send");
		pdu_answer(link, SMPP_GENERIC_NACK, pdu->sequence, SMPP_RINVCMDID);
	}
}

static bool is_bind_resp(const struct smpp_link *link, const struct smpp_pdu *pdu)
{
	if (link->fi->state != LINK_BINDING)
		return false;
	return pdu->command == SMPP_GENERIC_NACK || pdu->command == (link->settings->bind | SMPP_RESPONSE);
}

static void understood_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	if (smpp_link_is_up(link))
		link->attempts = 0;
	if (is_bind_resp(link, pdu))
		bind_resp_rx(link, pdu);
	else if (!(pdu->command & SMPP_RESPONSE))
		request_rx(link, pdu);
	else if (pdu->command != (SMPP_RESPONSE | SMPP_ENQUIRE_LINK) && pdu->command != (SMPP_RESPONSE | SMPP_UNBIND))
		response_rx(link, pdu);
}

static void pdu_rx(struct smpp_link *link, const uint8_t *octets, size_t len)
{
	struct smpp_pdu pdu;
	int rc = smpp_read(octets, len, &pdu);

	if (!rc) {
		understood_rx(link, &pdu);
		return;
	}
	link_malformed(link, rc == -ENOSYS ? "refused a PDU of unknown command" : "refused a PDU whose parts do not fit");
	/* A response to a response would be answered again, and so on. */
	if (pdu.command & SMPP_RESPONSE)
		return;
	if (rc == -ENOSYS || pdu.command == SMPP_ALERT_NOTIFICATION || pdu.command == SMPP_OUTBIND)
		pdu_answer(link, SMPP_GENERIC_NACK, pdu.sequence, rc == -ENOSYS ? SMPP_RINVCMDID : SMPP_RINVCMDLEN);
	else
		pdu_answer(link, pdu.command, pdu.sequence, SMPP_RINVCMDLEN);
}

/* Of the processor's own clock: for a time much shorter than a tick. */
static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Handle the next complete PDUs in place. 0; 1: not all of them; -EBADMSG. */
static int pdus_rx(struct smpp_link *link)
{
	const int64_t end = now_ns() + ROUND_NS;
	unsigned int count = 0;
	int n;

	while (!link->leaving && (n = smpp_frame_read(link->in + link->in_pos, link->in_len - link->in_pos))) {
		if (n < 0)
			return n;
		if (count == ROUND_PDUS || (count && now_ns() >= end))
			return 1;
		count++;
		pdu_rx(link, link->in + link->in_pos, n);
		link->in_pos += n;
	}
	return 0;
}

/* The rest of a PDU to the front, and nothing else left: there may have been secrets. */
static void input_compact(struct smpp_link *link)
{
	link->in_len -= link->in_pos;
	memmove(link->in, link->in + link->in_pos, link->in_len);
	explicit_bzero(link->in + link->in_len, link->in_pos);
	link->in_pos = 0;
}

/* Returns NULL, or why the connection is lost. */
static const char *round_rx(struct smpp_link *link)
{
	int rc;

	link->reading = true;
	rc = pdus_rx(link);
	link->reading = false;
	if (rc < 0)
		return "what came is no SMPP: the framing is lost";
	if (rc) {
		osmo_fd_read_disable(&link->fd);
		osmo_timer_schedule(&link->round_timer, 0, 0);
	} else {
		input_compact(link);
		osmo_fd_read_enable(&link->fd);
	}
	return link->leaving;
}

/* As round_rx(). */
static const char *input_rx(struct smpp_link *link)
{
	ssize_t n = link->transport->ops->read(link->transport, link->in + link->in_len, READ_SIZE);

	if (n < 0)
		return n == -EAGAIN ? NULL : strerror(-n);
	if (!n)
		return "closed by the SMSC";
	link->enquiring = false;
	link->in_len += n;
	return round_rx(link);
}

static void handshake_go_on(struct smpp_link *link)
{
	int rc = link->transport->ops->handshake(link->transport);

	if (rc < 0)
		link_lose(link, "no TLS");
	else if (rc)
		osmo_fd_update_when(&link->fd, 0, rc);
	else
		osmo_fsm_inst_dispatch(link->fi, LINK_EV_SECURED, NULL);
}

static void traffic_end(struct smpp_link *link, const char *why)
{
	int rc;

	requests_send(link);
	if (!why && osmo_timer_pending(&link->round_timer) && link->out.tail - link->out.head < FLUSH_SIZE)
		return;		/* what the next round has to say goes with it: each write costs as much as a text */
	/* Also when the link is to be lost: the other side shall see our last words. */
	rc = output_flush(link);
	if (!why && rc < 0)
		why = strerror(-rc);
	if (why)
		link_lose(link, why);
}

static void round_timer_cb(void *data)
{
	struct smpp_link *link = data;

	traffic_end(link, round_rx(link));
}

static void traffic_go_on(struct smpp_link *link, unsigned int what)
{
	const bool reads = what & OSMO_FD_READ && !osmo_timer_pending(&link->round_timer);

	traffic_end(link, reads ? input_rx(link) : NULL);
}

static int fd_cb(struct osmo_fd *fd, unsigned int what)
{
	struct smpp_link *link = fd->data;
	const char *why;

	switch (link->fi->state) {
	case LINK_CONNECTING:
		why = link_connect_result(&link->fd);
		osmo_fsm_inst_dispatch(link->fi, why ? LINK_EV_LOST : LINK_EV_CONNECTED, (void *)why);
		break;
	case LINK_SECURING:
		handshake_go_on(link);
		break;
	default:
		traffic_go_on(link, what);
	}
	return 0;
}

/* ---- states ---- */

static void link_close(struct smpp_link *link)
{
	osmo_timer_del(&link->enquire_timer);
	osmo_timer_del(&link->window_timer);
	osmo_timer_del(&link->round_timer);
	osmo_timer_del(&link->give_up_timer);
	if (link->transport)
		link->transport->ops->free(link->transport);
	link->transport = NULL;
	if (osmo_fd_is_registered(&link->fd))
		osmo_fd_close(&link->fd);
	link->out.head = link->out.tail = 0;
	explicit_bzero(link->in, link->in_len);
	link->in_pos = link->in_len = 0;
	link->enquiring = link->full = false;
	link->leaving = NULL;
}

static void state_enter(struct osmo_fsm_inst *fi, enum link_state state, unsigned int ms)
{
	struct smpp_link *link = fi->priv;

	link_state_enter(fi, &link->state_timer, state, ms);
}

static void lost(struct osmo_fsm_inst *fi, const char *why)
{
	struct smpp_link *link = fi->priv;
	unsigned int ms = backoff_ms(or_default(link->settings->backoff_min_ms, 1000),
				     or_default(link->settings->backoff_max_ms, 60000), link->attempts++);

	if (link_may_log(&link->lines, DSMPP, link->settings->name))
		LOGP(DSMPP, LOGL_NOTICE, "%s: link to %s port %u, %s: %s; next try in %u ms\n", link->settings->name,
		     link->settings->address, link->settings->port, smpp_link_state_name(link), why, ms);
	state_enter(fi, LINK_WAITING, ms);
}

static void waiting_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct smpp_link *link = fi->priv;

	link_close(link);
	if (prev_state != LINK_UP)
		return;
	link->ops->event(link->user, SMPP_LINK_DOWN);
	requests_return(link);
}

static void connecting_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct smpp_link *link = fi->priv;
	int rc = link_connect(&link->fd, &link->address);

	if (rc < 0)
		lost(fi, strerror(-rc));
}

static void securing_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct smpp_link *link = fi->priv;
	struct smpp_tls_settings tls = {};

	if (link->settings->tls)
		tls = *link->settings->tls;
	/* Without a name the certificate has to bear the address that we connect to. */
	if (!tls.host || !*tls.host)
		tls.host = link->settings->address;
	link->transport = link->settings->tls ? smpp_tls_new(link, &tls, link->settings->name, &link->lines, link->fd.fd) :
						smpp_plain_new(link, link->fd.fd);
	if (link->transport)
		handshake_go_on(link);
	else
		lost(fi, "no TLS");
}

static void binding_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct smpp_link *link = fi->priv;

	link->connection++;
	window_reset(&link->window);
	osmo_fd_update_when(&link->fd, 0, OSMO_FD_READ);
	if (bind_send(link) < 0)
		lost(fi, "cannot bind");
}

static void up_onenter(struct osmo_fsm_inst *fi, uint32_t prev_state)
{
	struct smpp_link *link = fi->priv;

	if (link_may_log(&link->lines, DSMPP, link->settings->name))
		LOGP(DSMPP, LOGL_NOTICE, "%s: up, to %s port %u as %s\n", link->settings->name, link->settings->address,
		     link->settings->port, link->settings->system_id);
	enquire_timer_cb(link);
	link->ops->event(link->user, SMPP_LINK_UP);
}

static unsigned int setup_ms(const struct osmo_fsm_inst *fi)
{
	const struct smpp_link *link = fi->priv;

	return or_default(link->settings->setup_ms, 10000);
}

static void connecting_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	state_enter(fi, LINK_SECURING, setup_ms(fi));
}

static void securing_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	state_enter(fi, LINK_BINDING, setup_ms(fi));
}

static void binding_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct smpp_link *link = fi->priv;

	/* The password was there. */
	if (!link->out.tail)
		explicit_bzero(link->out.data, SMALL_PDU_MAX);
	state_enter(fi, LINK_UP, 0);
}

static void any_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (fi->state != LINK_WAITING)
		lost(fi, data);
}

static void state_timer_cb(void *data)
{
	struct osmo_fsm_inst *fi = ((struct smpp_link *)data)->fi;

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
		.out_state_mask = 1 << LINK_SECURING | 1 << LINK_WAITING,
		.onenter = connecting_onenter,
		.action = connecting_action,
	},
	[LINK_SECURING] = {
		.name = "securing",
		.in_event_mask = 1 << LINK_EV_SECURED,
		.out_state_mask = 1 << LINK_BINDING | 1 << LINK_WAITING,
		.onenter = securing_onenter,
		.action = securing_action,
	},
	[LINK_BINDING] = {
		.name = "binding",
		.in_event_mask = 1 << LINK_EV_BOUND,
		.out_state_mask = 1 << LINK_UP | 1 << LINK_WAITING,
		.onenter = binding_onenter,
		.action = binding_action,
	},
	[LINK_UP] = {
		.name = "up",
		.out_state_mask = 1 << LINK_WAITING,
		.onenter = up_onenter,
	},
};

static const struct value_string link_event_names[] = {
	{ LINK_EV_CONNECTED, "connected" },
	{ LINK_EV_SECURED, "secured" },
	{ LINK_EV_BOUND, "bound" },
	{ LINK_EV_LOST, "lost" },
	{ 0, NULL }
};

/* Not const: libosmocore links its registered machines into a list. */
static struct osmo_fsm link_fsm = {
	.name = "smpp_link",
	.states = link_states,
	.num_states = ARRAY_SIZE(link_states),
	.allstate_event_mask = 1 << LINK_EV_LOST,
	.allstate_action = any_action,
	.log_subsys = DSMPP,
	.event_names = link_event_names,
};

static __attribute__((constructor)) void link_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&link_fsm) == 0);
}

/* ---- life ---- */

/* What a bind could not carry is found before the first one. */
static int settings_check(const struct smpp_link_settings *settings)
{
	struct smpp_pdu pdu = {
		.command = settings->bind, .system_id = settings->system_id, .system_type = settings->system_type,
		.address_range = settings->address_range,
	};
	uint8_t octets[SMALL_PDU_MAX];

	return smpp_write(&pdu, octets, sizeof(octets));
}

static void window_setup(struct smpp_link *link)
{
	const struct smpp_link_settings *settings = link->settings;
	struct smpp_window_settings window = {
		.size = or_default(settings->window, 10),
		.queue_max = or_default(settings->queue_max, 1000),
		.rate = settings->rate,
		.response_us = or_default(settings->response_ms, 60000) * 1000LL,
		.pause_min_us = or_default(settings->pause_min_ms, 1000) * 1000LL,
		.pause_max_us = or_default(settings->pause_max_ms, 60000) * 1000LL,
	};

	window_init(&link->window, &window);
}

struct smpp_link *smpp_link_new(void *ctx, const struct smpp_link_settings *settings, const struct smpp_link_ops *ops,
				void *user)
{
	struct smpp_link *link = talloc_zero(ctx, struct smpp_link);

	OSMO_ASSERT(link);
	link->settings = settings;
	link->ops = ops;
	link->user = user;
	osmo_fd_setup(&link->fd, -1, 0, fd_cb, link, 0);
	if (link_address_read(settings->address, settings->port, &link->address) < 0 || settings_check(settings) < 0) {
		LOGP(DSMPP, LOGL_ERROR, "%s: %s is no numeric address, or system_id, system_type or address_range is too "
		     "long\n", settings->name, settings->address);
		talloc_free(link);
		return NULL;
	}
	window_setup(link);
	osmo_timer_setup(&link->state_timer, state_timer_cb, link);
	osmo_timer_setup(&link->enquire_timer, enquire_timer_cb, link);
	osmo_timer_setup(&link->window_timer, window_timer_cb, link);
	osmo_timer_setup(&link->round_timer, round_timer_cb, link);
	osmo_timer_setup(&link->give_up_timer, give_up_timer_cb, link);
	link->fi = osmo_fsm_inst_alloc(&link_fsm, link, link, LOGL_DEBUG, NULL);
	OSMO_ASSERT(link->fi);
	state_enter(link->fi, LINK_CONNECTING, setup_ms(link->fi));
	return link;
}

static void unbind(struct smpp_link *link)
{
	struct smpp_pdu pdu = { .command = SMPP_UNBIND, .sequence = window_sequence(&link->window) };

	pdu_send(link, &pdu);
	output_flush(link);
}

void smpp_link_free(struct smpp_link *link)
{
	if (!link)
		return;
	if (smpp_link_is_up(link)) {
		unbind(link);
		state_enter(link->fi, LINK_WAITING, 0);
	}
	link_close(link);
	osmo_timer_del(&link->state_timer);
	osmo_fsm_inst_free(link->fi);
	talloc_free(link);
}

bool smpp_link_is_up(const struct smpp_link *link)
{
	return link->fi->state == LINK_UP;
}

unsigned int smpp_link_load(const struct smpp_link *link)
{
	return link->window.waiting_count + link->window.sent_count;
}

const char *smpp_link_state_name(const struct smpp_link *link)
{
	return osmo_fsm_inst_state_name(link->fi);
}
