/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The peer's end of a link: one connection, one recv() and one send() for many messages. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define SILENCE_S 10

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

void wire_read(struct wire *wire)
{
	ssize_t n;

	wire->in_len -= wire->in_pos;
	memmove(wire->in, wire->in + wire->in_pos, wire->in_len);
	wire->in_pos = 0;
	n = recv(wire->fd, wire->in + wire->in_len, WIRE_READ_SIZE, 0);
	if (n < 0)
		err(1, "no answer");
	if (n == 0)
		errx(1, "the server under test closed its link");
	wire->in_len += (size_t)n;
}

void wire_flush(struct wire *wire)
{
	size_t done = 0;
	ssize_t n;

	while (done < wire->out_len) {
		n = send(wire->fd, wire->out + done, wire->out_len - done, MSG_NOSIGNAL);
		if (n < 0)
			err(1, "cannot send");
		done += (size_t)n;
	}
	wire->out_len = 0;
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

void wire_close(struct wire *wire)
{
	close(wire->fd);
	wire->fd = -1;
}
