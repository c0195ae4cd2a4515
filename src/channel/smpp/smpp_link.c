/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SMPP 3.4 as a protocol of link_fsm.h. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/smpp/smpp_link.h"
#include "starhash/conf.h"

#define READ_SIZE (64 * 1024)
#define SMALL_PDU_MAX 256		/* PDUs other than the owner's requests */
/* PDUs per round. Then other links are served, so a flood delays them by this many PDUs, not by a whole read. */
#define ROUND_PDUS 16

struct smpp_link {
	struct link *link;
	const struct smpp_link_settings *settings;
	const struct smpp_link_ops *ops;
	void *user;
	struct osmo_timer_list window_timer;
	uint32_t connection;		/* number of the connection, for tickets */
	bool binding;			/* waiting for the bind_resp */
	bool full;			/* a request was refused because the queue was full */
	struct smpp_window window;
};

static unsigned int or_default(unsigned int value, unsigned int fallback)
{
	return value ? value : fallback;
}

static int pdu_send(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	uint8_t octets[SMALL_PDU_MAX];
	int n = smpp_write(pdu, octets, sizeof(octets)), rc = n;

	if (n > 0)
		rc = link_send(link->link, octets, n);
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

/* ---- our requests ---- */

static void request_finish(struct smpp_link *link, struct smpp_request *request, enum smpp_outcome outcome,
			   const struct smpp_pdu *response)
{
	struct smpp_pdu pdu;

	smpp_read(request->octets, request->len, &pdu);
	link->ops->done(link->user, request->token, outcome, &pdu, response);
	explicit_bzero(request->octets, request->len);		/* it may hold a one-time code */
	talloc_free(request);
}

/* Send as many requests as the window, the rate and the SMSC allow. */
static void requests_send(void *user)
{
	struct smpp_link *link = user;
	struct smpp_request *request;
	long long now = link_now_us(), due, wait;

	if (!smpp_link_is_up(link))
		return;
	while ((request = window_next(&link->window, now))) {
		if (link_send(link->link, request->octets, request->len) < 0)
			break;
	}
	due = window_due(&link->window);
	wait = due > now ? due - now : 0;
	if (due == LLONG_MAX)
		osmo_timer_del(&link->window_timer);
	else
		osmo_timer_schedule(&link->window_timer, wait / 1000000, wait % 1000000);
	if (!link->full || link->window.waiting_count > link->window.settings.queue_max / 2)
		return;
	link->full = false;
	link->ops->event(link->user, SMPP_LINK_ROOM);
}

static void window_timer_cb(void *data)
{
	struct smpp_link *link = data;
	const long long now = link_now_us();
	struct smpp_request *request;

	while ((request = window_overdue(&link->window, now)))
		request_finish(link, request, SMPP_UNANSWERED, NULL);
	requests_send(link);
}

int smpp_link_send(struct smpp_link *link, const struct smpp_pdu *request, struct smpp_token token)
{
	int rc;

	if (!smpp_link_is_up(link))
		return -ENOTCONN;
	rc = window_add(&link->window, link, request, token);
	if (rc == -ENOBUFS)
		link->full = true;
	if (!rc)
		link_wake(link->link);
	return rc;
}

static void response_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	struct smpp_request *request = window_take(&link->window, pdu->sequence);

	if (!request) {
		link_malformed(link->link, "dropped a response that matches no open request");
		return;
	}
	if (pdu->status == SMPP_RTHROTTLED || pdu->status == SMPP_RMSGQFUL) {
		window_throttled(&link->window, request, link_now_us());
		link->ops->event(link->user, SMPP_LINK_THROTTLED);
		return;
	}
	window_recover(&link->window, request);
	request_finish(link, request, SMPP_ANSWERED, pdu);
}

/* ---- bind and keep-alive ---- */

static int bind_send(void *user)
{
	struct smpp_link *link = user;
	const struct smpp_link_settings *settings = link->settings;
	char password[SMPP_PASSWORD_MAX + 1] = "";
	struct smpp_pdu pdu = {
		.command = settings->bind,
		.system_id = settings->link.us, .password = password, .system_type = settings->system_type,
		.interface_version = SMPP_VERSION, .address_ton = settings->address_ton,
		.address_npi = settings->address_npi, .address_range = settings->address_range,
	};
	int rc = settings->password_file ? conf_secret_read(settings->password_file, password, sizeof(password)) : 0;

	link->connection++;
	link->binding = true;
	window_reset(&link->window);
	pdu.sequence = window_sequence(&link->window);
	if (rc == 0)
		rc = pdu_send(link, &pdu);
	else if (link_may_log(link_log(link->link)))
		LOGP(DSMPP, LOGL_ERROR, "%s: password file %s: %s\n", settings->link.name, settings->password_file,
		     conf_secret_problem(rc));
	explicit_bzero(password, sizeof(password));
	return rc;
}

static const char *refusal(uint32_t status)
{
	switch (status) {
	case SMPP_RALYBND:
		return "the SMSC reports that we are already bound";
	case SMPP_RINVPASWD:
		return "the SMSC rejected the password";
	case SMPP_RINVSYSID:
		return "the SMSC does not know this system_id";
	}
	return "the SMSC rejected the bind";
}

static void bind_resp_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	link->binding = false;
	if (!pdu->status) {
		link_ready(link->link);
		return;
	}
	if (link_may_log(link_log(link->link)))
		LOGP(DSMPP, LOGL_ERROR, "%s: bind as %s: status 0x%08x\n", link->settings->link.name, link->settings->link.us,
		     pdu->status);
	link_leave(link->link, "%s", refusal(pdu->status));
	link->ops->event(link->user, SMPP_LINK_REFUSED);
}

static void command_send(struct smpp_link *link, enum smpp_command command)
{
	const struct smpp_pdu pdu = { .command = command, .sequence = window_sequence(&link->window) };

	pdu_send(link, &pdu);
}

static void enquire(void *user)
{
	command_send(user, SMPP_ENQUIRE_LINK);
}

static void unbind(void *user)
{
	command_send(user, SMPP_UNBIND);
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

static void request_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	const struct smpp_ticket ticket = { link->connection, pdu->command, pdu->sequence };

	switch (pdu->command) {
	case SMPP_DELIVER_SM:
	case SMPP_DATA_SM:
		if (smpp_link_is_up(link))
			link->ops->rx(link->user, pdu, &ticket);
		else
			pdu_answer(link, pdu->command, pdu->sequence, SMPP_RINVBNDSTS);
		break;
	case SMPP_ENQUIRE_LINK:
		pdu_answer(link, pdu->command, pdu->sequence, SMPP_OK);
		break;
	case SMPP_UNBIND:
		pdu_answer(link, pdu->command, pdu->sequence, SMPP_OK);
		link_leave(link->link, "unbound by the SMSC");
		break;
	case SMPP_ALERT_NOTIFICATION:
	case SMPP_OUTBIND:
		/* These need no action and no response. */
		break;
	default:
		link_malformed(link->link, "rejected a command that an SMSC must not send");
		pdu_answer(link, SMPP_GENERIC_NACK, pdu->sequence, SMPP_RINVCMDID);
	}
}

static void understood_rx(struct smpp_link *link, const struct smpp_pdu *pdu)
{
	if (smpp_link_is_up(link))
		link_proven(link->link);
	if (link->binding && (pdu->command == SMPP_GENERIC_NACK || pdu->command == (link->settings->bind | SMPP_RESPONSE)))
		bind_resp_rx(link, pdu);
	else if (!(pdu->command & SMPP_RESPONSE))
		request_rx(link, pdu);
	else if (pdu->command != (SMPP_RESPONSE | SMPP_ENQUIRE_LINK) && pdu->command != (SMPP_RESPONSE | SMPP_UNBIND))
		response_rx(link, pdu);
}

static void pdu_rx(void *user, const uint8_t *octets, size_t len)
{
	struct smpp_link *link = user;
	struct smpp_pdu pdu;
	int rc = smpp_read(octets, len, &pdu);

	if (!rc) {
		understood_rx(link, &pdu);
		return;
	}
	link_malformed(link->link, rc == -ENOSYS ? "rejected a PDU with an unknown command" : "rejected a malformed PDU");
	/* Never respond to a response: that could go on forever. */
	if (pdu.command & SMPP_RESPONSE)
		return;
	if (rc == -ENOSYS || pdu.command == SMPP_ALERT_NOTIFICATION || pdu.command == SMPP_OUTBIND)
		pdu_answer(link, SMPP_GENERIC_NACK, pdu.sequence, rc == -ENOSYS ? SMPP_RINVCMDID : SMPP_RINVCMDLEN);
	else
		pdu_answer(link, pdu.command, pdu.sequence, SMPP_RINVCMDLEN);
}

static void batch_begin(void *user, int64_t now_us, int64_t came_us)
{
	const struct smpp_link *link = user;

	if (link->ops->batch_begin)
		link->ops->batch_begin(link->user, now_us, came_us);
}

static void batch_end(void *user, int more)
{
	const struct smpp_link *link = user;

	if (link->ops->batch_end)
		link->ops->batch_end(link->user, more);
}

/* ---- life ---- */

static void event_rx(void *user, unsigned int event)
{
	struct smpp_link *link = user;
	struct smpp_request *request;

	if (event == LINK_DOWN || event == LINK_FAILED) {
		osmo_timer_del(&link->window_timer);
		link->binding = link->full = false;
	}
	link->ops->event(link->user, event);
	while (event == LINK_DOWN && (request = window_pop(&link->window)))
		request_finish(link, request, request->sequence ? SMPP_UNANSWERED : SMPP_UNSENT, NULL);
}

static const struct link_protocol protocol = {
	.category = DSMPP, .peer = "the SMSC",
	.read_size = READ_SIZE, .message_max = SMPP_PDU_MAX, .round_messages = ROUND_PDUS,
	.setup_ms = 10000, .keep_alive_ms = 30000, .backoff_min_ms = 1000, .backoff_max_ms = 60000,
	.frame = smpp_frame_read, .message = pdu_rx, .batch_begin = batch_begin, .batch_end = batch_end,
	.greet = bind_send, .keep_alive = enquire, .before_write = requests_send, .farewell = unbind, .event = event_rx,
};

struct smpp_link *smpp_link_new(void *ctx, const struct smpp_link_settings *settings, const struct smpp_link_ops *ops,
				void *user)
{
	const struct smpp_window_settings window = {
		.size = or_default(settings->window, 10),
		.queue_max = or_default(settings->queue_max, 1000),
		.rate = settings->rate,
		.response_us = or_default(settings->response_ms, 60000) * 1000LL,
		.pause_min_us = or_default(settings->pause_min_ms, 1000) * 1000LL,
		.pause_max_us = or_default(settings->pause_max_ms, 60000) * 1000LL,
	};
	/* To find settings that do not fit into a bind before the first one. */
	const struct smpp_pdu bind = {
		.command = settings->bind, .system_id = settings->link.us, .system_type = settings->system_type,
		.address_range = settings->address_range,
	};
	struct smpp_link *link = talloc_zero(ctx, struct smpp_link);
	uint8_t octets[SMALL_PDU_MAX];

	OSMO_ASSERT(link);
	link->settings = settings;
	link->ops = ops;
	link->user = user;
	window_init(&link->window, &window);
	osmo_timer_setup(&link->window_timer, window_timer_cb, link);
	if (smpp_write(&bind, octets, sizeof(octets)) < 0)
		LOGP(DSMPP, LOGL_ERROR, "%s: system_id, system_type or address_range is too long\n", settings->link.name);
	else
		link->link = link_new(link, &protocol, &settings->link, link);
	if (link->link)
		return link;
	talloc_free(link);
	return NULL;
}

void smpp_link_free(struct smpp_link *link)
{
	if (!link)
		return;
	link_free(link->link);
	osmo_timer_del(&link->window_timer);
	talloc_free(link);
}

bool smpp_link_is_up(const struct smpp_link *link)
{
	return link_is_up(link->link);
}

unsigned int smpp_link_load(const struct smpp_link *link)
{
	return link->window.waiting_count + link->window.sent_count;
}

const char *smpp_link_state_name(const struct smpp_link *link)
{
	return link_state_name(link->link);
}
