/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The fastest possible SMSC, to measure a link and to run behind TLS: answers each request on standard input, or of
 * one connection to a port of 127.0.0.1, and stores nothing. */
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/smpp/smpp_codec.h"

struct buffer {
	size_t len;
	uint8_t octets[4 * SMPP_PDU_MAX];
};

static int connection_accept(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 1) < 0)
		exit(1);
	fd = accept(listener, NULL, NULL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void answer(const struct smpp_pdu *request, struct buffer *out)
{
	struct smpp_pdu pdu = {
		.command = request->command | SMPP_RESPONSE, .sequence = request->sequence, .system_id = "sink",
		.message_id = "1",
	};

	if (!(request->command & SMPP_RESPONSE))
		out->len += smpp_write(&pdu, out->octets + out->len, sizeof(out->octets) - out->len);
}

static void answer_all(struct buffer *in, struct buffer *out)
{
	struct smpp_pdu pdu;
	size_t used = 0;
	int n;

	while ((n = smpp_frame_read(in->octets + used, in->len - used)) > 0) {
		smpp_read(in->octets + used, n, &pdu);
		answer(&pdu, out);
		used += n;
	}
	in->len -= used;
	memmove(in->octets, in->octets + used, in->len);
}

int main(int argc, char **argv)
{
	static struct buffer in, out;
	int from = argc > 1 ? connection_accept(atoi(argv[1])) : STDIN_FILENO;
	int to = argc > 1 ? from : STDOUT_FILENO;
	ssize_t n;

	while ((n = read(from, in.octets + in.len, SMPP_PDU_MAX)) > 0) {
		in.len += n;
		answer_all(&in, &out);
		if (write(to, out.octets, out.len) < 0)
			return 1;
		out.len = 0;
	}
	return 0;
}
