/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to an SMSC that speaks SMPP 3.4: bind, window, throttling, over link_fsm.h.
 *
 * The input of one read is handled in rounds of at most 16 PDUs and about ten microseconds; other links are served in between. Output is
 * written when all input is handled, or when 16 KB have accumulated.
 * A transmitter and a receiver are two links. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "channel/link_fsm.h"
#include "channel/smpp/smpp_codec.h"
#include "channel/smpp/smpp_window.h"

/* Must outlive the link, with its strings. 0: the default. */
struct smpp_link_settings {
	struct link_settings link;	/* us: the system_id */
	enum smpp_command bind;		/* SMPP_BIND_TRANSCEIVER, SMPP_BIND_TRANSMITTER or SMPP_BIND_RECEIVER */
	const char *password_file;	/* read at each bind; NULL: no password */
	const char *system_type;
	uint8_t address_ton, address_npi;
	const char *address_range;
	unsigned int response_ms;	/* 60000 */
	unsigned int pause_min_ms;	/* 1000: after RTHROTTLED or RMSGQFUL */
	unsigned int pause_max_ms;	/* 60000 */
	unsigned int window;		/* 10 */
	unsigned int queue_max;		/* 1000; requests waiting for the window */
	unsigned int rate;		/* requests per second; 0: no limit */
};

/* Besides the events of every link. After LINK_DOWN the requests come back. */
enum smpp_link_event {
	SMPP_LINK_REFUSED = LINK_EVENTS,	/* the SMSC rejected the bind; will be tried again */
	SMPP_LINK_THROTTLED,		/* a request was refused for now and will be sent again */
	SMPP_LINK_ROOM,			/* after -ENOBUFS: half of the queue is free again */
};

enum smpp_outcome {
	SMPP_ANSWERED,			/* a response was received; its status may be an error */
	SMPP_UNANSWERED,		/* no response, but it may have arrived: sending it again may duplicate it */
	SMPP_UNSENT,			/* never sent */
};

/* Identifies a request of the SMSC when answering it. */
struct smpp_ticket {
	uint32_t connection;
	uint32_t command;
	uint32_t sequence;
};

/* Called from the loop. None of these may free the link. */
struct smpp_link_ops {
	void (*event)(void *user, unsigned int event);

	/* A deliver_sm or data_sm was received. Answer it once, now or later, with smpp_link_answer(). Everything that \a pdu
	 * points to is valid during the call. */
	void (*rx)(void *user, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket);

	/* Our request is done or comes back, in the order of sending if possible. Each request accepted by
	 * smpp_link_send() comes here exactly once. \a response is NULL unless SMPP_ANSWERED; both are valid
	 * during the call. */
	void (*done)(void *user, struct smpp_token token, enum smpp_outcome outcome, const struct smpp_pdu *request,
		     const struct smpp_pdu *response);

	/* As those of struct link_protocol; may be NULL. */
	void (*batch_begin)(void *user, int64_t now_us, int64_t came_us);
	void (*batch_end)(void *user, int more);
};

struct smpp_link;

/* Begin to connect. NULL, after a log line, when the address is not numeric or a name is too long. */
struct smpp_link *smpp_link_new(void *ctx, const struct smpp_link_settings *settings, const struct smpp_link_ops *ops,
				void *user);

/* Unbinds if this is possible at once. Unanswered requests come back through done() first. */
void smpp_link_free(struct smpp_link *link);

/* Queue a request (submit_sm, data_sm, query_sm); the link sets its sequence number. \a token belongs to the caller. Throttled requests
 * (RTHROTTLED, RMSGQFUL) are sent again automatically.
 * Returns 0; -ENOTCONN; -ENOBUFS when the queue is full; -EMSGSIZE, -ENOSYS as smpp_write(). */
int smpp_link_send(struct smpp_link *link, const struct smpp_pdu *request, struct smpp_token token);

/* Answer a request of the SMSC. Returns 0, or -ENOTCONN when it came over a connection that is gone; the SMSC will then send it
 * again. */
int smpp_link_answer(struct smpp_link *link, const struct smpp_ticket *ticket, uint32_t status);

bool smpp_link_is_up(const struct smpp_link *link);

/* Requests waiting or in flight. */
unsigned int smpp_link_load(const struct smpp_link *link);

/* "up", "connecting" …, for display. */
const char *smpp_link_state_name(const struct smpp_link *link);
