/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GSUP messages, as far as USSD needs them.
 *
 * Each step needs one decoding and one encoding. libosmogsm takes several times as long, because it looks for everything that GSUP
 * defines, and prints IMSIs that nobody reads. It also logs each element that it does not like, as often as a peer sends one (A40), and
 * reads into empty ones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/gsm/gsup.h>

#define GSUP_SS_MAX (1 + 10 + 3 + 6 + 3 + 2 + UINT8_MAX + 3)

struct gsup_message {
	uint8_t message_type;		/* enum osmo_gsup_message_type */
	uint8_t session_state;		/* enum osmo_gsup_session_state; NONE: no session */
	uint8_t message_class;		/* enum osmo_gsup_message_class; UNSET: not written */
	uint8_t cause;			/* only read */
	uint8_t cn_domain;		/* only written, unless 0 */
	uint32_t session_id;
	uint64_t imsi;			/* packed as by digits_pack() */
	const uint8_t *ss_info;		/* a Facility; NULL: none */
	size_t ss_info_len;
};

/* As osmo_gsup_decode(). Other elements are skipped. Returns false when there is no IMSI or an element has a wrong length. Points into
 * \a in. Logs nothing. */
bool gsup_ss_read(const uint8_t *in, size_t len, struct gsup_message *out);

/* As osmo_gsup_encode(). Returns octets; 0: without an IMSI, or the Facility is too long. */
size_t gsup_ss_write(const struct gsup_message *message, uint8_t out[static GSUP_SS_MAX]);

/* What the refusal of a dial needs. */
struct gsup_dial {
	const uint8_t *imsi, *session;	/* octets of its elements: the whole one, and the value */
	uint8_t imsi_len;
	uint8_t operation;
	int8_t invoke_id;
};

/* Recognize a dial whose elements are in the usual sequence, as OsmoHLR sends them, without decoding it. */
bool gsup_dial_read(const uint8_t *in, size_t len, struct gsup_dial *dial);
