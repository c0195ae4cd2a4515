/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HLR's end of a GSUP link: one connection, one recv() and one send() for many messages. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/gsm/protocol/ipaccess.h>

#include "bench/bench.h"
#include "channel/gsup/ipa_frame.h"

#define SILENCE_S 10

void hlr_listen(struct hlr *hlr, uint16_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;

	hlr->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (hlr->listening < 0)
		err(1, "socket");
	setsockopt(hlr->listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(hlr->listening, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(hlr->listening, 1) < 0)
		err(1, "cannot listen on 127.0.0.1 port %u", port);
}

static void ccm_send(struct hlr *hlr, const uint8_t *body, size_t len)
{
	uint8_t *at = hlr_put(hlr, IPA_FRAME_HEAD + len);

	at[0] = 0;
	at[1] = (uint8_t)len;
	at[2] = IPA_STREAM_CCM;
	memcpy(at + IPA_FRAME_HEAD, body, len);
}

static void ccm_rx(struct hlr *hlr, uint8_t type)
{
	static const uint8_t pong[] = { IPAC_MSGT_PONG }, ack[] = { IPAC_MSGT_ID_ACK };

	if (type == IPAC_MSGT_PING)
		ccm_send(hlr, pong, sizeof(pong));
	else if (type == IPAC_MSGT_ID_RESP)
		ccm_send(hlr, ack, sizeof(ack));
}

const uint8_t *hlr_next(struct hlr *hlr, size_t *len)
{
	struct ipa_frame frame;
	int used;

	while ((used = ipa_frame_read(hlr->in + hlr->in_pos, hlr->in_len - hlr->in_pos, &frame))) {
		if (used < 0)
			errx(1, "what came is no IPA message");
		hlr->in_pos += (size_t)used;
		if (frame.stream == IPA_STREAM_CCM) {
			ccm_rx(hlr, frame.type);
			continue;
		}
		*len = frame.len;
		return frame.data;
	}
	return NULL;
}

void hlr_read(struct hlr *hlr)
{
	ssize_t n;

	hlr->in_len -= hlr->in_pos;
	memmove(hlr->in, hlr->in + hlr->in_pos, hlr->in_len);
	hlr->in_pos = 0;
	n = recv(hlr->fd, hlr->in + hlr->in_len, HLR_READ_SIZE, 0);
	if (n < 0)
		err(1, "no answer");
	if (n == 0)
		errx(1, "the server under test closed its link");
	hlr->in_len += (size_t)n;
}

void hlr_flush(struct hlr *hlr)
{
	size_t done = 0;
	ssize_t n;

	while (done < hlr->out_len) {
		n = send(hlr->fd, hlr->out + done, hlr->out_len - done, MSG_NOSIGNAL);
		if (n < 0)
			err(1, "cannot send");
		done += (size_t)n;
	}
	hlr->out_len = 0;
}

static void wait_for_connection(struct hlr *hlr)
{
	const struct timeval silence = { .tv_sec = SILENCE_S };
	const int on = 1;

	setsockopt(hlr->listening, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	hlr->fd = accept4(hlr->listening, NULL, NULL, SOCK_CLOEXEC);
	if (hlr->fd < 0)
		errx(1, "nobody connects; --loud shows what the server says");
	setsockopt(hlr->fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(hlr->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void hlr_accept(struct hlr *hlr)
{
	static const uint8_t who[] = { IPAC_MSGT_ID_GET, 1, IPAC_IDTAG_UNITNAME, 1, IPAC_IDTAG_SERNR };
	size_t len;

	wait_for_connection(hlr);
	hlr->in_len = hlr->in_pos = hlr->out_len = 0;
	ccm_send(hlr, who, sizeof(who));
	hlr_flush(hlr);
	while (!hlr->out_len) {		/* until there is an identity to acknowledge */
		hlr_read(hlr);
		if (hlr_next(hlr, &len))
			errx(1, "a message came before the identity");
	}
	hlr_flush(hlr);
}

void hlr_close(struct hlr *hlr)
{
	close(hlr->fd);
	hlr->fd = -1;
}
