/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Vendors' dialects of USSD over SMPP: from a deliver_sm to the event and its session, and from our output to a submit_sm. Pure:
 * one table, no state. */
#pragma once

#include "channel/smpp/smpp_codec.h"
#include "starhash/number.h"

/* What identifies a dialog in this dialect. */
enum dialect_key {
	KEY_ITS,			/* its_session_info alone */
	KEY_ITS_AND_SUBSCRIBER,
	KEY_REFERENCE_AND_SUBSCRIBER,	/* user_message_reference */
	KEY_NUMBERS,			/* subscriber and short code: one dialog at a time */
};

/* Values of ussd_service_op, clause 5.3.2.44, and two that are not in it. */
enum ussd_service_op {
	USSD_OP_BEGIN = 0x01,		/* PSSR indication */
	USSD_OP_REQUEST = 0x02,		/* USSR request */
	USSD_OP_NOTIFY = 0x03,		/* USSN request */
	USSD_OP_END = 0x11,		/* PSSR response */
	USSD_OP_ANSWER = 0x12,		/* USSR confirm */
	USSD_OP_NOTIFIED = 0x13,	/* USSN confirm */
	USSD_OP_ABORT = 0x81,
	USSD_OP_NONE = 0x100,		/* no octet: the dialect lacks this operation */
};

struct dialect {
	const char *name;
	enum dialect_key key;
	/* operations that the gateway sends */
	uint16_t begin;
	uint16_t answer[2];		/* the first also stands for a missing operation */
	uint16_t gone[2];		/* the dialog is over */
	uint16_t notified;		/* our notification was shown */
	/* and those that we send */
	uint16_t page;
	uint16_t end;			/* the last page */
	uint16_t abort;			/* ends without a page */
	uint16_t notify;
	uint16_t request;		/* begins our own dialog with a page that asks */
	uint16_t release;		/* last page of our own dialog: no request of the phone is open */
	bool end_bit;			/* the lowest bit of its_session_info marks the end, both ways */
};

/* Operations that a link sets instead of its dialect's, 0 to 255; -1: the dialect's. One that the dialect uses for two outputs stands for
 * both until the second is set. */
struct dialect_operations {
	long long begin, answer, gone, notified, page, end, abort, notify, release;
};

struct dialect dialect_with(const struct dialect *base, const struct dialect_operations *set);

/* Why these operations would not work, as the names of two that must differ. False: they work. */
bool dialect_clash(const struct dialect *dialect, const char *names[static 2]);

/* "plain", "generic", "6d", "mica", "huawei"; NULL: unknown name. */
const struct dialect *dialect_find(const char *name);

/* The names, in the order of the table; NULL after the last. */
const char *dialect_name(unsigned int index);

enum dialect_event {
	DIALECT_BEGIN,			/* text: the dialled code */
	DIALECT_CONTINUE,		/* text: the answer to our last page */
	DIALECT_GONE,			/* ended by the other side */
	DIALECT_NOTIFIED,		/* our notification was shown */
};

/* The alphabet of a text. */
enum dialect_coding {
	CODING_DEFAULT,			/* the SMSC's default alphabet, usually unpacked GSM-7 */
	CODING_ASCII,
	CODING_LATIN1,
	CODING_UCS2,
	CODING_UNKNOWN,
};

struct dialect_input {
	enum dialect_event event;
	uint64_t user;			/* of the key: the packed number; 0 if the dialect has no subscriber in its key */
	uint64_t session;		/* of the key */
	char msisdn[MSISDN_SIZE];	/* the subscriber's number, normalised */
	enum number_result number;	/* after -EINVAL: why there is none */
	struct smpp_octets text;
	uint8_t data_coding;
};

/* Interpret a deliver_sm (or data_sm). Returns 0; -EBADMSG when it does not fit this dialect or lacks its key; -EINVAL when the
 * subscriber's address is not a number of the plan. Points into \a pdu. */
int dialect_read(const struct dialect *dialect, const struct numbering_plan *plan, const struct smpp_pdu *pdu,
		 struct dialect_input *input);

/* Construct the answer to our page, *\a answer, and interpret it. Returns 0; -EBADMSG when \a page is not a page. */
int dialect_read_back(const struct dialect *dialect, const struct numbering_plan *plan, const struct smpp_pdu *page,
		      struct smpp_pdu *answer, struct dialect_input *input);

/* The alphabet of a data_coding: values of SMPP, clause 5.2.19, and of USSD's own scheme, 23.038 clause 5, which many gateways use
 * there. */
enum dialect_coding dialect_coding(uint8_t data_coding);

enum dialect_output {
	DIALECT_PAGE,			/* a page that waits for an answer */
	DIALECT_END,
	DIALECT_ABORT,			/* without a text */
	DIALECT_NOTIFY,
	DIALECT_REQUEST,		/* a page that begins our own dialog */
	DIALECT_RELEASE,		/* the last page of our own dialog */
};

/* Where an output goes: from the first deliver_sm, or made by us for our own dialogs. */
struct dialect_route {
	const char *service_type;
	const char *subscriber;
	uint8_t subscriber_ton, subscriber_npi;
	const char *short_code;		/* our short code */
	uint8_t short_code_ton, short_code_npi;
	uint16_t its_session_info;
	uint16_t user_message_reference;
};

/* Fill in the submit_sm of an output; its strings are those of \a route. Returns 0, or -ENOTSUP if the dialect has no such output. */
int dialect_write(const struct dialect *dialect, enum dialect_output output, const struct dialect_route *route,
		  struct smpp_octets text, uint8_t data_coding, struct smpp_pdu *pdu);
