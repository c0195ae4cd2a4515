/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* USSD over SMPP as different vendors mean it: from a deliver_sm to what happened in which session, and from what we
 * want to say to a submit_sm. Pure: one table, no state. */
#pragma once

#include "channel/smpp/smpp_codec.h"
#include "starhash/number.h"

/* What makes a dialog one and the same in this dialect. */
enum dialect_key {
	KEY_ITS,			/* its_session_info alone */
	KEY_ITS_AND_SUBSCRIBER,
	KEY_REFERENCE_AND_SUBSCRIBER,	/* user_message_reference */
	KEY_NUMBERS,			/* subscriber and short code: one dialog at a time */
};

/* Values of ussd_service_op, clause 5.3.2.44, and two that are not there. */
enum ussd_service_op {
	USSD_OP_BEGIN = 0x01,		/* PSSR indication */
	USSD_OP_REQUEST = 0x02,		/* USSR request */
	USSD_OP_NOTIFY = 0x03,		/* USSN request */
	USSD_OP_END = 0x11,		/* PSSR response */
	USSD_OP_ANSWER = 0x12,		/* USSR confirm */
	USSD_OP_NOTIFIED = 0x13,	/* USSN confirm */
	USSD_OP_ABORT = 0x81,
	USSD_OP_NONE = 0xff,
};

struct dialect {
	const char *name;
	enum dialect_key key;
	uint8_t answer[2];		/* what brings an answer */
	uint8_t gone;			/* what says that the dialog is over, besides USSD_OP_ABORT */
	uint8_t end;			/* what carries the last page */
	uint8_t abort;			/* what ends without a page */
	uint8_t notify;
	uint8_t request;		/* what begins a dialog of ours, with a page that waits for an answer */
	uint8_t release;		/* what carries its last page: no request of the phone waits for a response */
	bool end_bit;			/* the lowest bit of its_session_info marks the end, both ways */
};

/* "plain", "generic", "6d", "mica", "huawei"; NULL: there is none of this name. */
const struct dialect *dialect_find(const char *name);

/* The names, in the order of the table; NULL after the last. */
const char *dialect_name(unsigned int index);

enum dialect_event {
	DIALECT_BEGIN,			/* text: the dialled code */
	DIALECT_CONTINUE,		/* text: the answer to our last page */
	DIALECT_GONE,			/* over on the other side */
	DIALECT_NOTIFIED,		/* our notification was shown */
};

/* How the octets of a text are to be read. */
enum dialect_coding {
	CODING_DEFAULT,			/* what the SMSC means by 0, usually GSM-7 unpacked */
	CODING_ASCII,
	CODING_LATIN1,
	CODING_UCS2,
	CODING_UNKNOWN,
};

struct dialect_input {
	enum dialect_event event;
	uint64_t user;			/* of the key: the number, packed; 0 where the dialect does without the subscriber */
	uint64_t session;		/* of the key */
	char msisdn[MSISDN_SIZE];	/* the subscriber's number in its one form */
	enum number_result number;	/* why there is none: after -EINVAL */
	struct smpp_octets text;
	uint8_t data_coding;
};

/* What a deliver_sm (or data_sm) says. 0; -EBADMSG when it is none of this dialect or lacks its key; -EINVAL when the
 * subscriber's address is not a number of the plan. Points into \a pdu. */
int dialect_read(const struct dialect *dialect, const struct numbering_plan *plan, const struct smpp_pdu *pdu,
		 struct dialect_input *input);

/* What the answer to a page of ours would look like: *\a answer, and what it says. 0; -EBADMSG when \a page is none. */
int dialect_read_back(const struct dialect *dialect, const struct numbering_plan *plan, const struct smpp_pdu *page,
		      struct smpp_pdu *answer, struct dialect_input *input);

/* What data_coding means: values of SMPP, clause 5.2.19, and of USSD's own scheme, 23.038 clause 5, which many gateways
 * put there. */
enum dialect_coding dialect_coding(uint8_t data_coding);

enum dialect_output {
	DIALECT_PAGE,			/* waits for an answer */
	DIALECT_END,
	DIALECT_ABORT,			/* needs no text */
	DIALECT_NOTIFY,
	DIALECT_REQUEST,		/* a page that begins a dialog of ours */
	DIALECT_RELEASE,		/* its last page */
};

/* Whom an output goes to, as the first deliver_sm said it, or made by us for what we begin. */
struct dialect_route {
	const char *service_type;
	const char *subscriber;
	uint8_t subscriber_ton, subscriber_npi;
	const char *short_code;		/* our number */
	uint8_t short_code_ton, short_code_npi;
	uint16_t its_session_info;
	uint16_t user_message_reference;
};

/* The submit_sm for it; its strings are those of \a route. 0, or -ENOTSUP when the dialect has no such output. */
int dialect_write(const struct dialect *dialect, enum dialect_output output, const struct dialect_route *route,
		  struct smpp_octets text, uint8_t data_coding, struct smpp_pdu *pdu);
