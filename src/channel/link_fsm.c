/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* channel/: the links to the network, a folder for each kind, and what they share. table.c has them all.
 *
 * Keeps one link alive with a table of states and events, and moves messages over it in batches.
 *
 * osmo_fsm does not fit: an FSM has one log category, but each protocol needs its own; and in libosmocore 1.7 its timers treat the
 * milliseconds left over from whole seconds as microseconds. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/link_fsm.h"
#include "channel/link_io.h"

#define MALFORMED_LOG_S 60
#define ROUND_NS 10000
#define FLUSH_SIZE (16 * 1024)		/* write between two rounds once this much is queued */
#define DRAIN_MS 1000			/* for a peer that does not read our last messages */
#define WHY_SIZE 120

enum state {
	SAME,
	WAITING,			/* for the next attempt */
	CONNECTING,
	SECURING,			/* TLS handshake; skipped without TLS */
	GREETING,
	UP,
	DRAINING,			/* our last messages are being written */
	STATES
};

enum event {
	EV_RETRY,			/* the pause is over */
	EV_CONNECTED,
	EV_SECURED,
	EV_READY,			/* the peer has accepted us */
	EV_LEAVE,			/* we or the peer want to close in good order */
	EV_LOST,			/* also when a state times out */
	EVENTS
};

/* The next state for each state and event; an empty entry means no change. */
static const enum state transitions[STATES][EVENTS] = {
	[WAITING]    = { [EV_RETRY] = CONNECTING },
	[CONNECTING] = { [EV_CONNECTED] = SECURING, [EV_LOST] = WAITING },
	[SECURING]   = { [EV_SECURED] = GREETING, [EV_LOST] = WAITING },
	[GREETING]   = { [EV_READY] = UP, [EV_LEAVE] = DRAINING, [EV_LOST] = WAITING },
	[UP]         = { [EV_LEAVE] = DRAINING, [EV_LOST] = WAITING },
	[DRAINING]   = { [EV_LOST] = WAITING },
};

static void waiting_enter(struct link *link, enum state from);
static void connecting_enter(struct link *link, enum state from);
static void securing_enter(struct link *link, enum state from);
static void greeting_enter(struct link *link, enum state from);
static void up_enter(struct link *link, enum state from);
static void draining_enter(struct link *link, enum state from);

static const struct {
	const char *name;
	void (*enter)(struct link *link, enum state from);
} states[STATES] = {
	[WAITING]    = { "waiting", waiting_enter },
	[CONNECTING] = { "connecting", connecting_enter },
	[SECURING]   = { "securing", securing_enter },
	[GREETING]   = { "greeting", greeting_enter },
	[UP]         = { "up", up_enter },
	[DRAINING]   = { "draining", draining_enter },
};

struct link {
	const struct link_protocol *protocol;
	const struct link_settings *settings;
	void *user;
	enum state state;
	char why[WHY_SIZE];		/* reason of its loss or closing */
	struct sockaddr_storage address;
	struct osmo_fd fd;
	struct link_transport *transport;
	struct osmo_timer_list state_timer;
	struct osmo_timer_list keep_alive_timer;
	struct osmo_timer_list round_timer;	/* some input is not handled yet */
	struct osmo_timer_list give_up_timer;	/* drops the link after an overflow, not within the sender's call */
	struct link_log log;
	unsigned int attempts;		/* since the link last proved itself */
	int64_t up_ms;			/* when the link came up */
	bool was_up;			/* since it was connected */
	bool in_round;			/* output is collected until the end of the round */
	bool probing;			/* nothing received since the last keep_alive() */
	size_t greeting_len;		/* octets of the greeting at the start of the output */
	struct output out;
	int64_t came_us;		/* what was read last did not come before */
	int64_t looked_us;		/* when the socket had unread octets; they came before, others after it */
	size_t unread;			/* those of them that are still unread */
	bool more;			/* the server knows that there is more input */
	size_t in_pos, in_len;		/* input not handled yet */
	uint8_t in[];			/* one read, after part of a message */
};

static void schedule_ms(struct osmo_timer_list *timer, unsigned int ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

static unsigned int or_default(unsigned int value, unsigned int fallback)
{
	return value ? value : fallback;
}

static unsigned int setup_ms(const struct link *link)
{
	return or_default(link->settings->setup_ms, link->protocol->setup_ms);
}

static void link_event(struct link *link, enum link_event event)
{
	if (link->protocol->event)
		link->protocol->event(link->user, event);
}

/* Entering a state may lead to the next one, so the call comes last. */
static void dispatch(struct link *link, enum event event)
{
	const enum state from = link->state, to = transitions[from][event];

	if (to == SAME)
		return;
	osmo_timer_del(&link->state_timer);
	link->state = to;
	LOGP(link->log.category, LOGL_DEBUG, "%s: %s, was %s\n", link->log.name, states[to].name, states[from].name);
	states[to].enter(link, from);
}

static __attribute__((format(printf, 2, 3))) void lose(struct link *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(link->why, sizeof(link->why), format, args);
	va_end(args);
	dispatch(link, EV_LOST);
}

void link_leave(struct link *link, const char *format, ...)
{
	va_list args;

	if (link->state != GREETING && link->state != UP)
		return;
	va_start(args, format);
	vsnprintf(link->why, sizeof(link->why), format, args);
	va_end(args);
	dispatch(link, EV_LEAVE);
}

/* ---- output ---- */

uint8_t *link_room(struct link *link, size_t len)
{
	if (link->state < GREETING || osmo_timer_pending(&link->give_up_timer))
		return NULL;
	if (output_reserve(link, &link->out, len) < 0) {
		osmo_timer_schedule(&link->give_up_timer, 0, 0);
		link_event(link, LINK_OVERFLOW);
		return NULL;
	}
	return link->out.data + link->out.tail;
}

static void give_up_timer_cb(void *data)
{
	struct link *link = data;

	lose(link, "%s does not read our messages", link->protocol->peer);
}

void link_push(struct link *link, size_t len)
{
	link->out.tail += len;
	link_wake(link);
}

int link_send(struct link *link, const void *octets, size_t len)
{
	uint8_t *room = link_room(link, len);

	if (!room)
		return -ENOBUFS;
	memcpy(room, octets, len);
	link_push(link, len);
	return 0;
}

void link_receipt(struct link *link, uint64_t receipt)
{
	output_receipt_add(link, &link->out, receipt);
	link_wake(link);
}

void link_wake(struct link *link)
{
	if (!link->in_round)
		osmo_fd_write_enable(&link->fd);
}

/* Returns 0, or -errno when the connection is gone. */
static int output_flush(struct link *link)
{
	struct output *out = &link->out;
	uint64_t receipt;
	ssize_t n;

	if (out->head < out->tail) {
		n = link->transport->ops->write(link->transport, out->data + out->head, out->tail - out->head);
		if (n < 0 && n != -EAGAIN)
			return n;
		if (n > 0)
			output_written(out, n);
	}
	if (out->head < out->tail)
		osmo_fd_write_enable(&link->fd);
	else
		osmo_fd_write_disable(&link->fd);
	while ((receipt = output_receipt_take(out, false)))
		link->protocol->sent(link->user, receipt, 0);
	return 0;
}

/* ---- input ---- */

void link_malformed(struct link *link, const char *what)
{
	unsigned int suppressed;

	link_event(link, LINK_MALFORMED);
	if (log_allowed(&link->log.malformed, MALFORMED_LOG_S, &suppressed))
		LOGP(link->log.category, LOGL_NOTICE, "%s: %s (%u more since the last such line)\n", link->log.name, what,
		     suppressed);
}

/* A precise clock, for times much shorter than a tick. */
static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Handle the next complete messages in place. Returns 0; 1 when some are left; -EBADMSG. */
static int messages_rx(struct link *link)
{
	const struct link_protocol *protocol = link->protocol;
	const unsigned int most = protocol->round_messages;
	const int64_t end = most ? now_ns() + ROUND_NS : 0;
	unsigned int count = 0;
	int n;

	while (link->state != DRAINING && (n = protocol->frame(link->in + link->in_pos, link->in_len - link->in_pos))) {
		if (n < 0)
			return n;
		if (most && count && (count == most || now_ns() >= end))
			return 1;
		count++;
		protocol->message(link->user, link->in + link->in_pos, n);
		link->in_pos += n;
	}
	return 0;
}

static void batch_begin(struct link *link, int64_t now_us)
{
	if (link->protocol->batch_begin)
		link->protocol->batch_begin(link->user, now_us, link->came_us);
}

static void batch_end(struct link *link, bool more)
{
	const int change = more - link->more;

	link->more = more;
	if (link->protocol->batch_end)
		link->protocol->batch_end(link->user, change);
}

/* Returns 0, or -EBADMSG. */
static int round_rx(struct link *link, int64_t now_us)
{
	int rc;

	link->in_round = true;
	batch_begin(link, now_us);
	rc = messages_rx(link);
	batch_end(link, rc > 0 || link->unread);
	link->in_round = false;
	if (rc > 0) {
		osmo_fd_read_disable(&link->fd);
		osmo_timer_schedule(&link->round_timer, 0, 0);
		return 0;
	}
	if (rc < 0)
		return rc;
	/* Move the rest of a message to the front and wipe everything else: it may have been a secret. */
	link->in_len -= link->in_pos;
	memmove(link->in, link->in + link->in_pos, link->in_len);
	explicit_bzero(link->in + link->in_len, link->in_pos);
	link->in_pos = 0;
	if (link->state != DRAINING)
		osmo_fd_read_enable(&link->fd);
	return 0;
}

/* \a len octets were read. While reads are full, look how many are left when those of the last look are read, so that it is known when the
 * others came, at the cost of a system call for each backlog and not for each read. */
static void age_input(struct link *link, size_t len, int64_t now_us)
{
	int left = 0;

	if (link->unread > len) {
		link->unread -= len;
		return;
	}
	link->came_us = link->unread ? link->looked_us : now_us;
	if (len == link->protocol->read_size && ioctl(link->fd.fd, FIONREAD, &left) < 0)
		left = 0;
	link->unread = left;
	link->looked_us = now_us;
}

/* Returns 0, or -errno when the connection is gone: -ESHUTDOWN, closed by the peer; -EBADMSG as round_rx(). */
static int input_rx(struct link *link)
{
	int64_t now_us;
	ssize_t n;

	if (link->in_len > link->protocol->message_max)
		return -EBADMSG;
	n = link->transport->ops->read(link->transport, link->in + link->in_len, link->protocol->read_size);
	if (n < 0)
		return n == -EAGAIN ? 0 : n;
	if (!n)
		return -ESHUTDOWN;
	link->probing = false;
	link->in_len += n;
	now_us = link_now_us();
	age_input(link, n, now_us);
	return round_rx(link, now_us);
}

/* \a rc is that of round_rx() or input_rx(). */
static void traffic_end(struct link *link, int rc)
{
	int written;

	if (!rc && link->state != DRAINING && link->protocol->before_write)
		link->protocol->before_write(link->user);
	if (!rc && osmo_timer_pending(&link->round_timer) && link->out.tail - link->out.head < FLUSH_SIZE)
		return;		/* write together with the next round: a write costs as much as handling a text */
	/* Also when the link is about to be lost, so that the peer gets our last messages. */
	written = output_flush(link);
	if (rc == -EBADMSG)
		lose(link, "malformed input from %s: the framing is lost", link->protocol->peer);
	else if (rc == -ESHUTDOWN)
		lose(link, "closed by %s", link->protocol->peer);
	else if (rc || written)
		lose(link, "%s", strerror(rc ? -rc : -written));
	else if (link->state == DRAINING && link->out.head == link->out.tail)
		dispatch(link, EV_LOST);
}

static void round_timer_cb(void *data)
{
	struct link *link = data;

	traffic_end(link, round_rx(link, link_now_us()));
}

static void handshake(struct link *link)
{
	int rc = link->transport->ops->handshake(link->transport);

	if (rc < 0)
		lose(link, "TLS handshake failed");
	else if (rc)
		osmo_fd_update_when(&link->fd, 0, rc);
	else
		dispatch(link, EV_SECURED);
}

static int fd_cb(struct osmo_fd *fd, unsigned int what)
{
	struct link *link = fd->data;
	const bool reads = what & OSMO_FD_READ && link->state != DRAINING && !osmo_timer_pending(&link->round_timer);
	const char *why;

	switch (link->state) {
	case CONNECTING:
		why = link_connect_result(&link->fd);
		if (why)
			lose(link, "%s", why);
		else
			dispatch(link, EV_CONNECTED);
		break;
	case SECURING:
		handshake(link);
		break;
	default:
		traffic_end(link, reads ? input_rx(link) : 0);
	}
	return 0;
}

/* ---- states ---- */

static void connection_close(struct link *link)
{
	osmo_timer_del(&link->keep_alive_timer);
	osmo_timer_del(&link->round_timer);
	osmo_timer_del(&link->give_up_timer);
	if (link->transport)
		link->transport->ops->free(link->transport);
	link->transport = NULL;
	if (osmo_fd_is_registered(&link->fd))
		osmo_fd_close(&link->fd);
	output_drop(&link->out);
	explicit_bzero(link->in, link->in_len);
	link->in_pos = link->in_len = link->unread = 0;
	link->was_up = link->probing = false;
}

static void input_lost(struct link *link)
{
	link->came_us = link_now_us();
	batch_begin(link, link->came_us);
	batch_end(link, false);
}

/* The minimum, doubled with each attempt up to the maximum, plus or minus a quarter so that many peers do not come back at the same
 * moment. A link that repeatedly goes down soon after it came up is not tried more often than one that never comes up. */
static unsigned int pause_ms(struct link *link)
{
	const unsigned int min = or_default(link->settings->backoff_min_ms, link->protocol->backoff_min_ms);
	const unsigned int max = or_default(link->settings->backoff_max_ms, link->protocol->backoff_max_ms);
	unsigned int ms, random;

	if (link->was_up && link_now_ms() - link->up_ms >= max)
		link->attempts = 0;
	ms = link->attempts < 16 && min << link->attempts < max ? min << link->attempts : max;
	link->attempts++;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = ms / 4;
	return ms - ms / 4 + random % (ms / 2 + 1);
}

static void waiting_enter(struct link *link, enum state from)
{
	const struct link_settings *settings = link->settings;
	const bool was_up = link->was_up;
	const unsigned int ms = pause_ms(link);
	uint64_t receipt;

	if (link_may_log(&link->log))
		LOGP(link->log.category, LOGL_NOTICE, "%s: link to %s port %u, %s: %s; next try in %u ms\n", settings->name,
		     settings->address, settings->port, states[from].name, link->why, ms);
	connection_close(link);
	if (link->more)
		input_lost(link);
	schedule_ms(&link->state_timer, ms);
	link_event(link, was_up ? LINK_DOWN : LINK_FAILED);
	while ((receipt = output_receipt_take(&link->out, true)))
		link->protocol->sent(link->user, receipt, -EPIPE);
}

static void connecting_enter(struct link *link, enum state from)
{
	int rc;

	schedule_ms(&link->state_timer, setup_ms(link));
	rc = link_connect(&link->fd, &link->address);
	if (rc < 0)
		lose(link, "%s", strerror(-rc));
}

static void securing_enter(struct link *link, enum state from)
{
	const struct link_settings *settings = link->settings;
	struct link_tls_settings tls;

	schedule_ms(&link->state_timer, setup_ms(link));
	if (!settings->tls) {
		link->transport = link_plain_new(link, link->fd.fd);
	} else {
		tls = *settings->tls;
		/* Without a name, the certificate must contain the address that we connect to. */
		if (!tls.host || !*tls.host)
			tls.host = settings->address;
		link->transport = link_tls_new(link, &tls, &link->log, link->fd.fd);
	}
	if (link->transport)
		handshake(link);
	else
		lose(link, "no TLS");
}

static void greeting_enter(struct link *link, enum state from)
{
	int rc = 0;

	schedule_ms(&link->state_timer, setup_ms(link));
	osmo_fd_update_when(&link->fd, 0, OSMO_FD_READ);
	if (link->protocol->greet)
		rc = link->protocol->greet(link->user);
	link->greeting_len = link->out.tail;
	if (rc < 0)
		lose(link, "no greeting");
	else if (!link->protocol->greet)
		dispatch(link, EV_READY);
}

static void keep_alive_timer_cb(void *data)
{
	struct link *link = data;

	if (link->probing) {
		lose(link, "%s does not answer", link->protocol->peer);
		return;
	}
	link->probing = true;
	schedule_ms(&link->keep_alive_timer, or_default(link->settings->keep_alive_ms, link->protocol->keep_alive_ms));
	link->protocol->keep_alive(link->user);
}

static void up_enter(struct link *link, enum state from)
{
	const struct link_settings *settings = link->settings;

	link->up_ms = link_now_ms();
	link->was_up = true;
	/* It may contain a password. */
	if (link->out.head == link->out.tail && link->greeting_len)
		explicit_bzero(link->out.data, link->greeting_len);
	if (link_may_log(&link->log))
		LOGP(link->log.category, LOGL_NOTICE, "%s: up, to %s port %u as %s\n", settings->name, settings->address,
		     settings->port, settings->us);
	if (link->protocol->keep_alive)
		keep_alive_timer_cb(link);
	link_event(link, LINK_UP);
}

static void draining_enter(struct link *link, enum state from)
{
	osmo_timer_del(&link->keep_alive_timer);
	schedule_ms(&link->state_timer, DRAIN_MS);
	osmo_fd_read_disable(&link->fd);
	link_wake(link);
}

static void state_timer_cb(void *data)
{
	struct link *link = data;

	if (link->state == WAITING)
		dispatch(link, EV_RETRY);
	else if (link->state == DRAINING)
		dispatch(link, EV_LOST);
	else
		lose(link, "no answer in time");
}

void link_ready(struct link *link)
{
	dispatch(link, EV_READY);
}

void link_proven(struct link *link)
{
	link->attempts = 0;
}

/* ---- life ---- */

struct link *link_new(void *ctx, const struct link_protocol *protocol, const struct link_settings *settings, void *user)
{
	struct link *link = talloc_zero_size(ctx, sizeof(*link) + protocol->read_size + protocol->message_max);

	OSMO_ASSERT(link);
	talloc_set_name_const(link, "struct link");
	link->protocol = protocol;
	link->settings = settings;
	link->user = user;
	link->log = (struct link_log){ .category = protocol->category, .name = settings->name };
	osmo_fd_setup(&link->fd, -1, 0, fd_cb, link, 0);
	if (link_address_read(settings->address, settings->port, &link->address) < 0) {
		LOGP(protocol->category, LOGL_ERROR, "%s: %s is not a numeric address\n", settings->name, settings->address);
		talloc_free(link);
		return NULL;
	}
	osmo_timer_setup(&link->state_timer, state_timer_cb, link);
	osmo_timer_setup(&link->keep_alive_timer, keep_alive_timer_cb, link);
	osmo_timer_setup(&link->round_timer, round_timer_cb, link);
	osmo_timer_setup(&link->give_up_timer, give_up_timer_cb, link);
	link->state = WAITING;
	dispatch(link, EV_RETRY);
	return link;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	if (link->state == UP && link->protocol->farewell)
		link->protocol->farewell(link->user);
	if (link->was_up) {
		output_flush(link);
		link->state = WAITING;
		link_event(link, LINK_DOWN);
	}
	connection_close(link);
	osmo_timer_del(&link->state_timer);
	talloc_free(link);
}

bool link_is_up(const struct link *link)
{
	return link->state == UP;
}

struct link_log *link_log(struct link *link)
{
	return &link->log;
}

const char *link_state_name(const struct link *link)
{
	return states[link->state].name;
}
