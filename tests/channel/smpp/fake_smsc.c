/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sockets of a fake SMSC. */
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/channel/loop.h"
#include "tests/channel/smpp/fake_smsc.h"
#include "tests/cmocka.h"

void smsc_listen(struct fake_smsc *smsc, uint16_t port)
{
	smsc->listener = loopback_listen(&port);
	smsc->port = port;
	smsc->fd = -1;
}

void smsc_accept(struct fake_smsc *smsc)
{
	long long until = now_ms() + 5000;
	int on = 1;

	while ((smsc->fd = accept(smsc->listener, NULL, NULL)) < 0 && now_ms() < until)
		run_ms(1);
	assert_true(smsc->fd >= 0);
	setsockopt(smsc->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	smsc->in_len = smsc->pdu_len = 0;
}

void smsc_close(struct fake_smsc *smsc)
{
	if (smsc->fd >= 0)
		close(smsc->fd);
	smsc->fd = -1;
}

void smsc_forget(struct fake_smsc *smsc)
{
	do {
		smsc_close(smsc);
		smsc->fd = accept(smsc->listener, NULL, NULL);
	} while (smsc->fd >= 0);
}

void smsc_send_octets(struct fake_smsc *smsc, const void *octets, size_t len)
{
	assert_int_equal(send(smsc->fd, octets, len, MSG_NOSIGNAL), len);
}

void smsc_send(struct fake_smsc *smsc, const struct smpp_pdu *pdu)
{
	uint8_t octets[1024];
	int n = smpp_write(pdu, octets, sizeof(octets));

	assert_true(n > 0);
	smsc_send_octets(smsc, octets, n);
}

void smsc_answer(struct fake_smsc *smsc, const struct smpp_pdu *pdu, uint32_t status)
{
	struct smpp_pdu response = {
		.command = pdu->command | SMPP_RESPONSE, .status = status, .sequence = pdu->sequence,
		.system_id = "fake", .message_id = "1a",
	};

	smsc_send(smsc, &response);
}

/* The next whole PDU of the buffer. */
static bool pdu_next(struct fake_smsc *smsc, struct smpp_pdu *pdu)
{
	smsc->in_len -= smsc->pdu_len;
	memmove(smsc->in, smsc->in + smsc->pdu_len, smsc->in_len);
	smsc->pdu_len = smpp_frame_read(smsc->in, smsc->in_len);
	if (!smsc->pdu_len)
		return false;
	assert_int_equal(smpp_read(smsc->in, smsc->pdu_len, pdu), 0);
	return true;
}

static bool pdu_wait(struct fake_smsc *smsc, struct smpp_pdu *pdu, long long until)
{
	ssize_t n;

	while (!pdu_next(smsc, pdu)) {
		n = recv(smsc->fd, smsc->in + smsc->in_len, sizeof(smsc->in) - smsc->in_len, MSG_DONTWAIT);
		if (n > 0)
			smsc->in_len += n;
		else if (now_ms() > until)
			return false;
		else
			run_ms(1);
	}
	return true;
}

bool smsc_poll(struct fake_smsc *smsc, struct smpp_pdu *pdu, unsigned int ms)
{
	long long until = now_ms() + ms;

	while (pdu_wait(smsc, pdu, until)) {
		if (pdu->command != SMPP_ENQUIRE_LINK)
			return true;
		smsc_answer(smsc, pdu, 0);
	}
	return false;
}

void smsc_expect(struct fake_smsc *smsc, uint32_t command, struct smpp_pdu *pdu)
{
	assert_true(smsc_poll(smsc, pdu, 5000));
	assert_string_equal(smpp_command_name(pdu->command), smpp_command_name(command));
}

void smsc_bind(struct fake_smsc *smsc)
{
	struct smpp_pdu pdu;

	smsc_accept(smsc);
	smsc_expect(smsc, SMPP_BIND_TRANSCEIVER, &pdu);
	smsc_answer(smsc, &pdu, 0);
}
