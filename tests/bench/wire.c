/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The peer's end of a link: one connection, one recv() and one send() for many messages. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define SILENCE_S 60	/* a server may read millions of accounts first, or be slowed down by a profiler */

void wire_listen(struct wire *wire, const char *address, uint16_t port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int on = 1;

	wire->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (wire->listening < 0)
		err(1, "socket");
	setsockopt(wire->listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (inet_pton(AF_INET, address, &here.sin_addr) != 1 ||
	    bind(wire->listening, (const struct sockaddr *)&here, sizeof(here)) < 0 || listen(wire->listening, 1) < 0)
		err(1, "cannot listen on %s port %u", address, port);
}

static bool octets_read(struct wire *wire, int flags)
{
	ssize_t n;

	wire->in_len -= wire->in_pos;
	memmove(wire->in, wire->in + wire->in_pos, wire->in_len);
	wire->in_pos = 0;
	if (wire->in_len > WIRE_MESSAGE_MAX)	/* its reader is waiting for room to answer */
		return false;
	n = recv(wire->fd, wire->in + wire->in_len, WIRE_READ_SIZE, flags);
	if (n < 0 && errno == EAGAIN && flags)
		return false;
	if (n < 0)
		err(1, "no answer");
	if (n == 0)
		errx(1, "the peer closed its link");
	wire->in_len += (size_t)n;
	return true;
}

void wire_read(struct wire *wire)
{
	octets_read(wire, 0);
}

bool wire_read_now(struct wire *wire)
{
	return octets_read(wire, MSG_DONTWAIT);
}

static void octets_send(struct wire *wire, int flags)
{
	ssize_t n = send(wire->fd, wire->out, wire->out_len, MSG_NOSIGNAL | flags);

	if (n < 0 && errno == EAGAIN && flags)
		return;
	if (n < 0)
		err(1, "cannot send");
	wire->out_len -= (size_t)n;
	memmove(wire->out, wire->out + n, wire->out_len);
}

void wire_flush(struct wire *wire)
{
	while (wire->out_len)
		octets_send(wire, 0);
}

void wire_flush_now(struct wire *wire)
{
	if (wire->out_len)
		octets_send(wire, MSG_DONTWAIT);
}

void wire_accept(struct wire *wire)
{
	const struct timeval silence = { .tv_sec = SILENCE_S };
	const int on = 1;

	setsockopt(wire->listening, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	wire->fd = accept4(wire->listening, NULL, NULL, SOCK_CLOEXEC);
	if (wire->fd < 0)
		errx(1, "nobody connects; --loud shows what the server says");
	setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	wire->in_len = wire->in_pos = wire->out_len = 0;
}

void wire_connect(struct wire *wire, const char *address, uint16_t port)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int on = 1;

	wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (wire->fd < 0 || inet_pton(AF_INET, address, &there.sin_addr) != 1 ||
	    connect(wire->fd, (const struct sockaddr *)&there, sizeof(there)) < 0)
		err(1, "cannot connect to %s port %u", address, port);
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	wire->in_len = wire->in_pos = wire->out_len = 0;
}

void wire_close(struct wire *wire)
{
	close(wire->fd);
	wire->fd = -1;
}
