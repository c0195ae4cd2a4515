/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A phone's line for short messages: a small SMSC for this one phone. starhashd binds to it over SMPP as to any other SMSC. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/socket.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/smpp/smpp_codec.h"
#include "channel/smpp/sms/short_message.h"
#include "tool/phone/phone.h"

#define BINDS_MAX 4
#define IN_SIZE 8192
#define SILENCE_S 5		/* without a text for so long, no reply is expected */
#define AGAIN_S 1		/* until a temporarily refused text is delivered again */
#define ESM_UDH 0x40
#define TEXT_SIZE (SMS_PARTS * SMS_TEXT)

struct smsc_line;

/* A connection of starhashd. */
struct smsc_bind {
	struct smsc_line *line;		/* NULL: not in use */
	struct osmo_fd fd;
	bool receives;			/* deliver_sm may be sent there */
	size_t in_len;
	uint8_t in[IN_SIZE];
};

struct smsc_line {
	struct line line;
	struct phone *phone;
	const char *msisdn, *service;
	struct osmo_fd listener;
	struct smsc_bind binds[BINDS_MAX];
	struct sms_reassembly *reassembly;
	char *text;			/* being sent to the server; NULL: none */
	struct sms_segmentation segments;
	unsigned int next;		/* number of its next part to deliver, from 1 */
	uint32_t first_sequence;	/* of its first part */
	uint32_t sequence;
	uint16_t reference;
	unsigned int last_id;
	struct osmo_timer_list again, silence;
};

static const struct sms_encoding_profile profile = { .parts = SMS_PARTS };

/* ---- connections ---- */

static void bind_close(struct smsc_bind *bind)
{
	osmo_fd_close(&bind->fd);
	bind->line = NULL;
	bind->receives = false;
	bind->in_len = 0;
}

/* The server is on this machine and reads continuously, so a PDU that cannot be sent at once never can. */
static void bind_send(struct smsc_bind *bind, const struct smpp_pdu *pdu)
{
	uint8_t octets[1024];
	int len = smpp_write(pdu, octets, sizeof(octets));

	if (len < 0 || send(bind->fd.fd, octets, len, MSG_NOSIGNAL) != len)
		shutdown(bind->fd.fd, SHUT_RDWR);	/* closed when the end of file is read */
}

static void respond(struct smsc_bind *bind, const struct smpp_pdu *request, uint32_t status, const char *message_id)
{
	const struct smpp_pdu response = {
		.command = status == SMPP_RINVCMDID ? SMPP_GENERIC_NACK : request->command | SMPP_RESPONSE,
		.status = status, .sequence = request->sequence, .system_id = "phone", .message_id = message_id,
	};

	bind_send(bind, &response);
}

static struct smsc_bind *receiver(struct smsc_line *line)
{
	for (size_t i = 0; i < BINDS_MAX; i++)
		if (line->binds[i].line && line->binds[i].receives)
			return &line->binds[i];
	return NULL;
}

/* ---- from the phone ---- */

static void deliver_part(struct smsc_line *line, struct smsc_bind *bind, unsigned int number)
{
	uint8_t octets[SMS_PART_OCTETS];
	struct sms_part part;
	const int len = sms_part_encode(&line->segments, number, &part, octets, sizeof(octets));
	const struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM, .sequence = line->first_sequence + number - 1,
		.source_ton = 1, .source_npi = 1, .source = line->msisdn,
		.destination_npi = 1, .destination = line->service,
		.esm_class = part.esm_class, .data_coding = part.data_coding,
		.short_message = { octets, len > 0 ? len : 0 },
		.tlvs = 1u << SMPP_TLV_USER_MESSAGE_REFERENCE, .user_message_reference = line->reference,
	};

	bind_send(bind, &pdu);
	explicit_bzero(octets, sizeof(octets));
}

/* Send all remaining parts, once the server has bound. */
static void deliver(struct smsc_line *line)
{
	struct smsc_bind *bind = receiver(line);

	if (!bind || !line->text)
		return;
	while (line->next <= line->segments.messages)
		deliver_part(line, bind, line->next++);
	osmo_timer_schedule(&line->silence, SILENCE_S, 0);
}

static void deliver_again(void *data)
{
	deliver(data);
}

static void forget_text(struct smsc_line *line)
{
	osmo_timer_del(&line->silence);
	osmo_timer_del(&line->again);
	if (line->text)
		explicit_bzero(line->text, strlen(line->text));
	TALLOC_FREE(line->text);
}

static void give_up(void *data)
{
	struct smsc_line *line = data;

	forget_text(line);
	phone_no_page(line->phone);
}

static int send_input(struct line *base, const char *text)
{
	struct smsc_line *line = (struct smsc_line *)base;
	int rc;

	forget_text(line);
	line->text = talloc_strdup(line, text);
	if (!line->text)
		return -ENOMEM;
	rc = sms_segment(&line->segments, &profile, line->text, strlen(line->text), ++line->reference);
	if (rc < 0)
		return rc;
	line->next = 1;
	line->first_sequence = line->sequence + 1;
	line->sequence += line->segments.messages;
	deliver(line);
	return 0;
}

static void hang_up(struct line *base)
{
	forget_text((struct smsc_line *)base);
}

/* The server's response to a part: accepted, temporarily refused, or refused. */
static void take_response(struct smsc_line *line, const struct smpp_pdu *pdu)
{
	const uint32_t index = pdu->sequence - line->first_sequence;

	if (!line->text || index >= line->segments.messages || pdu->status == SMPP_OK)
		return;
	if (pdu->status != SMPP_RTHROTTLED && pdu->status != SMPP_RMSGQFUL && pdu->status != SMPP_RX_T_APPN) {
		phone_failed(line->phone, "the server refused the text");
		return;
	}
	if (index + 1 < line->next)
		line->next = index + 1;
	osmo_timer_del(&line->silence);
	osmo_timer_schedule(&line->again, AGAIN_S, 0);
}

/* ---- to the phone ---- */

static void show_text(struct smsc_line *line, const char *text, size_t len)
{
	forget_text(line);
	phone_page(line->phone, text, len, true);
}

static struct sms_piece piece_of(const struct smpp_pdu *pdu, const struct sms_info *info, const char *text, size_t len)
{
	struct sms_piece piece = { .total = 1, .number = 1, .text = text, .len = len };

	if (info->concat) {
		piece.reference = info->reference;
		piece.total = info->total;
		piece.number = info->number;
	} else if (smpp_has(pdu, SMPP_TLV_SAR_TOTAL) && smpp_has(pdu, SMPP_TLV_SAR_PART)) {
		piece.reference = pdu->sar_reference;
		piece.total = pdu->sar_total;
		piece.number = pdu->sar_part;
	}
	return piece;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static void take_message(struct smsc_line *line, const struct smpp_pdu *pdu)
{
	const struct smpp_octets message = smpp_message(pdu);
	const struct sms_raw raw = { message.at, message.len, pdu->data_coding, pdu->esm_class & ESM_UDH };
	char text[TEXT_SIZE];
	struct sms_info info;
	struct sms_piece piece;
	struct sms_whole whole;
	const int len = sms_decode(&profile, &raw, &info, text, sizeof(text));

	if (len < 0 || info.coding == SMS_BINARY)
		return;
	piece = piece_of(pdu, &info, text, len);
	if (piece.total == 1)		/* otherwise the reassembly would mistake a repeated text for a duplicate */
		show_text(line, text, len);
	else if (sms_reassembly_add(line->reassembly, now_ms(), &piece, &whole) == SMS_REASSEMBLY_WHOLE)
		show_text(line, whole.text, whole.len);
}

static void take_submit(struct smsc_bind *bind, const struct smpp_pdu *pdu)
{
	struct smsc_line *line = bind->line;
	const char *to = pdu->destination + (*pdu->destination == '+');
	char id[16];

	snprintf(id, sizeof(id), "%08X", ++line->last_id);
	respond(bind, pdu, SMPP_OK, id);
	if (!strcmp(to, line->msisdn))
		take_message(line, pdu);
}

/* ---- PDUs ---- */

static void take_pdu(struct smsc_bind *bind, const struct smpp_pdu *pdu)
{
	switch (pdu->command) {
	case SMPP_BIND_TRANSCEIVER:
	case SMPP_BIND_TRANSMITTER:
	case SMPP_BIND_RECEIVER:
		respond(bind, pdu, SMPP_OK, NULL);
		bind->receives = pdu->command != SMPP_BIND_TRANSMITTER;
		deliver(bind->line);
		return;
	case SMPP_SUBMIT_SM:
		take_submit(bind, pdu);
		return;
	case SMPP_DELIVER_SM | SMPP_RESPONSE:
		take_response(bind->line, pdu);
		return;
	case SMPP_ENQUIRE_LINK:
	case SMPP_UNBIND:
		respond(bind, pdu, SMPP_OK, NULL);
		return;
	}
	if (!(pdu->command & SMPP_RESPONSE))
		respond(bind, pdu, SMPP_RINVCMDID, NULL);
}

/* Returns the length of the first PDU, 0 if it is incomplete, or -EBADMSG. */
static int take_first(struct smsc_bind *bind)
{
	const int len = smpp_frame_read(bind->in, bind->in_len);
	struct smpp_pdu pdu;
	int rc;

	if (len <= 0)
		return !len && bind->in_len == sizeof(bind->in) ? -EBADMSG : len;
	rc = smpp_read(bind->in, len, &pdu);
	if (rc == -EBADMSG)
		return rc;
	take_pdu(bind, &pdu);
	return len;
}

static int on_readable(struct osmo_fd *fd, unsigned int what)
{
	struct smsc_bind *bind = fd->data;
	const ssize_t got = recv(fd->fd, bind->in + bind->in_len, sizeof(bind->in) - bind->in_len, MSG_DONTWAIT);
	int len;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	bind->in_len += got > 0 ? got : 0;
	while ((len = take_first(bind)) > 0) {
		bind->in_len -= len;
		memmove(bind->in, bind->in + len, bind->in_len);
	}
	if (got <= 0 || len < 0)
		bind_close(bind);
	return 0;
}

static struct smsc_bind *free_bind(struct smsc_line *line)
{
	for (size_t i = 0; i < BINDS_MAX; i++)
		if (!line->binds[i].line)
			return &line->binds[i];
	return NULL;
}

static int on_connection(struct osmo_fd *listener, unsigned int what)
{
	struct smsc_line *line = listener->data;
	struct smsc_bind *bind = free_bind(line);
	const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;

	if (fd < 0)
		return 0;
	if (!bind) {
		close(fd);
		return 0;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	bind->line = line;
	osmo_fd_setup(&bind->fd, fd, OSMO_FD_READ, on_readable, bind, 0);
	if (osmo_fd_register(&bind->fd) < 0)
		bind_close(bind);
	return 0;
}

/* ---- life ---- */

static int close_line(struct smsc_line *line)
{
	forget_text(line);
	for (size_t i = 0; i < BINDS_MAX; i++)
		if (line->binds[i].line)
			bind_close(&line->binds[i]);
	osmo_fd_close(&line->listener);
	sms_reassembly_free(line->reassembly);
	return 0;
}

struct line *line_smsc_new(void *ctx, struct phone *phone, const char *address, uint16_t port, const char *msisdn,
			   const char *service)
{
	static const struct sms_reassembly_limits limits = { 4, 4, TEXT_SIZE, 60000 };
	struct smsc_line *line = talloc_zero(ctx, struct smsc_line);

	line->line = (struct line){ .send = send_input, .hang_up = hang_up, .texts = true };
	line->phone = phone;
	line->msisdn = msisdn;
	line->service = service;
	line->reference = now_ms();	/* with the reference of an earlier phone, the same text would look like a duplicate */
	osmo_timer_setup(&line->again, deliver_again, line);
	osmo_timer_setup(&line->silence, give_up, line);
	osmo_fd_setup(&line->listener, -1, OSMO_FD_READ, on_connection, line, 0);
	line->reassembly = sms_reassembly_new(&limits);
	talloc_set_destructor(line, close_line);
	if (line->reassembly && osmo_sock_init2_ofd(&line->listener, AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, address, port,
						    NULL, 0, OSMO_SOCK_F_BIND) >= 0)
		return &line->line;
	fprintf(stderr, "starhash-phone: cannot wait for starhashd at %s, port %u\n", address, port);
	talloc_free(line);
	return NULL;
}
