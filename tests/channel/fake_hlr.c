/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sockets of a fake HLR. */
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/msgb.h>

#include "tests/channel/fake_hlr.h"
#include "tests/channel/loop.h"
#include "tests/cmocka.h"

void fake_listen(struct fake_hlr *fake, uint16_t port)
{
	fake->listener = loopback_listen(&port);
	fake->port = port;
	fake->fd = -1;
}

void fake_send(struct fake_hlr *fake, const void *data, size_t len)
{
	assert_int_equal(send(fake->fd, data, len, MSG_NOSIGNAL), len);
}

void fake_accept(struct fake_hlr *fake)
{
	static const uint8_t id_get[] = { 0, 17, 0xfe, 4, 1, 8, 1, 7, 1, 2, 1, 3, 1, 4, 1, 5, 1, 1, 1, 0 };
	static const uint8_t id_ack[] = { 0, 1, 0xfe, 6 };
	long long until = now_ms() + 5000;
	int on = 1;

	while ((fake->fd = accept(fake->listener, NULL, NULL)) < 0 && now_ms() < until)
		run_ms(1);
	assert_true(fake->fd >= 0);
	setsockopt(fake->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fake_send(fake, id_get, sizeof(id_get));
	fake_send(fake, id_ack, sizeof(id_ack));
}

void fake_close(struct fake_hlr *fake)
{
	close(fake->fd);
	fake->fd = -1;
}

size_t frame_put(const struct osmo_gsup_message *message, uint8_t *out)
{
	struct msgb *msg = msgb_alloc(2048, "test");
	size_t len;

	assert_int_equal(osmo_gsup_encode(msg, message), 0);
	len = msgb_length(msg);
	memcpy(out, (uint8_t[]){ (len + 1) >> 8, len + 1, 0xee, 5 }, 4);
	memcpy(out + 4, msgb_data(msg), len);
	msgb_free(msg);
	return len + 4;
}
