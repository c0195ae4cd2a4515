/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SMPP 3.4 PDUs between octets and a struct (Short Message Peer to Peer Protocol Specification v3.4, issue 1.2).
 *
 * Bounded, without allocation or state. Every octet of the input may be hostile. The struct points into the input. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMPP_HEAD 16			/* command_length, command_id, command_status, sequence_number */
#define SMPP_PDU_MAX 65536		/* anything longer means that framing is lost */
#define SMPP_SHORT_MESSAGE_MAX 254
#define SMPP_VERSION 0x34
#define SMPP_SYSTEM_ID_MAX 15		/* characters, without the NUL */
#define SMPP_PASSWORD_MAX 8
#define SMPP_SYSTEM_TYPE_MAX 12
#define SMPP_ADDRESS_RANGE_MAX 40
#define SMPP_ADDRESS_MAX 20
#define SMPP_MESSAGE_ID_MAX 64

#define SMPP_RESPONSE 0x80000000u	/* added to a request's command */

enum smpp_command {
	SMPP_BIND_RECEIVER = 0x01,
	SMPP_BIND_TRANSMITTER = 0x02,
	SMPP_QUERY_SM = 0x03,
	SMPP_SUBMIT_SM = 0x04,
	SMPP_DELIVER_SM = 0x05,
	SMPP_UNBIND = 0x06,
	SMPP_BIND_TRANSCEIVER = 0x09,
	SMPP_OUTBIND = 0x0b,
	SMPP_ENQUIRE_LINK = 0x15,
	SMPP_ALERT_NOTIFICATION = 0x102,
	SMPP_DATA_SM = 0x103,
};

#define SMPP_GENERIC_NACK SMPP_RESPONSE

/* The statuses that matter here; vendors have many more. */
enum smpp_status {
	SMPP_OK = 0x00,
	SMPP_RINVMSGLEN = 0x01,
	SMPP_RINVCMDLEN = 0x02,
	SMPP_RINVCMDID = 0x03,
	SMPP_RINVBNDSTS = 0x04,
	SMPP_RALYBND = 0x05,
	SMPP_RSYSERR = 0x08,
	SMPP_RINVDSTADR = 0x0b,
	SMPP_RBINDFAIL = 0x0d,
	SMPP_RINVPASWD = 0x0e,
	SMPP_RINVSYSID = 0x0f,
	SMPP_RMSGQFUL = 0x14,
	SMPP_RSUBMITFAIL = 0x45,
	SMPP_RTHROTTLED = 0x58,
	SMPP_RX_T_APPN = 0x64,		/* transient: try again later */
	SMPP_RX_R_APPN = 0x66,		/* permanent: rejected */
};

/* Optional parameters that we read and write; others are skipped. */
enum smpp_tlv {
	SMPP_TLV_RECEIPTED_MESSAGE_ID,	/* 0x001E */
	SMPP_TLV_USER_MESSAGE_REFERENCE,/* 0x0204 */
	SMPP_TLV_SAR_REFERENCE,		/* 0x020C */
	SMPP_TLV_SAR_TOTAL,		/* 0x020E */
	SMPP_TLV_SAR_PART,		/* 0x020F, from 1 */
	SMPP_TLV_SC_INTERFACE_VERSION,	/* 0x0210 */
	SMPP_TLV_NETWORK_ERROR,		/* 0x0423: network type, error code of two octets */
	SMPP_TLV_MESSAGE_PAYLOAD,	/* 0x0424 */
	SMPP_TLV_MESSAGE_STATE,		/* 0x0427 */
	SMPP_TLV_USSD_SERVICE_OP,	/* 0x0501 */
	SMPP_TLV_ITS_SESSION_INFO,	/* 0x1383 */
	SMPP_TLVS
};

struct smpp_octets {
	const uint8_t *at;
	size_t len;
};

/* Any PDU. Which members are set depends on the command; the others are 0 or "". When writing, a string may be NULL, which means "". */
struct smpp_pdu {
	uint32_t command;		/* enum smpp_command, perhaps with SMPP_RESPONSE, or an unknown one */
	uint32_t status;
	uint32_t sequence;
	const char *system_id;
	const char *password;
	const char *system_type;
	const char *address_range;
	const char *service_type;
	const char *source;
	const char *destination;	/* also esme_addr of alert_notification */
	const char *schedule;
	const char *validity;
	const char *message_id;
	const char *final_date;
	struct smpp_octets short_message;
	uint8_t interface_version;
	uint8_t address_ton, address_npi;
	uint8_t source_ton, source_npi;
	uint8_t destination_ton, destination_npi;
	uint8_t esm_class;
	uint8_t protocol_id;
	uint8_t priority;
	uint8_t registered_delivery;
	uint8_t replace_if_present;
	uint8_t data_coding;
	uint8_t default_message;
	uint8_t message_state;		/* of query_sm_resp, or the TLV */
	uint8_t error_code;

	uint32_t tlvs;			/* a bit for each enum smpp_tlv that is present */
	uint8_t sar_total, sar_part;
	uint8_t sc_interface_version;
	uint8_t ussd_service_op;
	uint16_t user_message_reference;
	uint16_t sar_reference;
	uint16_t its_session_info;
	struct smpp_octets receipted_message_id;	/* without the NUL */
	struct smpp_octets network_error;
	struct smpp_octets message_payload;
};

static inline bool smpp_has(const struct smpp_pdu *pdu, enum smpp_tlv tlv)
{
	return pdu->tlvs & 1u << tlv;
}

/* The content of a message: short_message, or else message_payload. Never NULL, even when empty. */
struct smpp_octets smpp_message(const struct smpp_pdu *pdu);

/* Find the length of the first PDU in \a len octets. Returns 0 when it is not complete yet; -EBADMSG when its length cannot be that of a
 * PDU, so that the start of the next one cannot be found. */
int smpp_frame_read(const uint8_t *in, size_t len);

/* Read one whole PDU of \a len octets, as found by smpp_frame_read(). Strings and octets of \a pdu point into \a in.
 *
 * Returns 0; -ENOSYS for an unknown command; -EBADMSG for a request whose fields do not fit into it. The header is set
 * in either case. A response is never rejected: its status and sequence number are enough, whatever follows them. */
int smpp_read(const uint8_t *in, size_t len, struct smpp_pdu *pdu);

/* Write a PDU. Returns octets; -EMSGSIZE when a string or message is longer than the specification allows or \a size is
 * too small; -ENOSYS for an unknown command.
 *
 * A response to deliver_sm always has its empty message_id: some SMSCs do not understand an error without it. */
int smpp_write(const struct smpp_pdu *pdu, uint8_t *out, size_t size);

/* Replace the sequence number of a PDU that is already written. */
void smpp_sequence_put(uint8_t *pdu, uint32_t sequence);

/* "submit_sm", "deliver_sm_resp" …; "unknown command". */
const char *smpp_command_name(uint32_t command);
