/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: SMPP PDUs of a hostile SMSC; a PDU that can be read is written again, and then stays the same. Each
 * one is also read as USSD in every dialect. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "channel/smpp/dialects.h"
#include "channel/smpp/smpp_codec.h"

static void check_octets(const uint8_t *data, size_t size, struct smpp_octets octets)
{
	if (octets.len)
		MUST(octets.at >= data && octets.at + octets.len <= data + size);
}

static void check_spans(const uint8_t *data, size_t size, const struct smpp_pdu *pdu)
{
	check_octets(data, size, pdu->short_message);
	check_octets(data, size, pdu->message_payload);
	check_octets(data, size, pdu->receipted_message_id);
	check_octets(data, size, pdu->network_error);
	MUST(strlen(pdu->source) <= 64 && strlen(pdu->destination) <= 64);
	MUST(strlen(pdu->system_id) <= SMPP_SYSTEM_ID_MAX && strlen(pdu->message_id) <= SMPP_MESSAGE_ID_MAX);
}

static void check_again(const struct smpp_pdu *pdu)
{
	static uint8_t once[SMPP_PDU_MAX], twice[SMPP_PDU_MAX];
	struct smpp_pdu read;
	/* an empty response body becomes an empty message_id, and so longer */
	int n = smpp_write(pdu, once, sizeof(once)), m;

	MUST(n >= SMPP_HEAD || n == -EMSGSIZE);
	if (n < 0)
		return;
	MUST(smpp_frame_read(once, n) == n && smpp_read(once, n, &read) == 0);
	m = smpp_write(&read, twice, sizeof(twice));
	MUST(m == n && memcmp(once, twice, n) == 0);
}

static void check_dialects(const uint8_t *data, size_t size, const struct smpp_pdu *pdu)
{
	struct dialect_input input;
	struct smpp_pdu answer;

	for (unsigned int i = 0; dialect_name(i); i++) {
		const struct dialect *dialect = dialect_find(dialect_name(i));

		if (dialect_read(dialect, NULL, pdu, &input) == 0)
			check_octets(data, size, input.text);
		if (dialect_read_back(dialect, NULL, pdu, &answer, &input) == 0)
			check_octets(data, size, input.text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smpp_pdu pdu;
	int n, rc;

	while ((n = smpp_frame_read(data, size)) > 0) {
		MUST((size_t)n <= size);
		rc = smpp_read(data, n, &pdu);
		MUST(rc == 0 || rc == -ENOSYS || (rc == -EBADMSG && !(pdu.command & SMPP_RESPONSE)));
		check_spans(data, n, &pdu);
		if (rc == 0) {
			check_again(&pdu);
			check_dialects(data, n, &pdu);
		}
		data += n;
		size -= n;
	}
	return 0;
}
