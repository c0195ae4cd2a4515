/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GSUP messages: decodes all of them, and encodes those that carry USSD in their usual form.
 *
 * Each step needs one decoding and one encoding. libosmogsm takes several times as long, because it looks for everything that GSUP
 * defines. It also logs each element that it does not like, as often as a peer sends one (A40), and reads into empty ones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/gsm/gsup.h>

#define GSUP_SS_MAX (1 + 10 + 6 + 3 + 2 + UINT8_MAX + 3)

/* As osmo_gsup_decode(), for type, IMSI, session, component, class and cause. Other elements are skipped, and other members of \a out are
 * not touched. Returns false when there is no IMSI or an element has a wrong length. Points into \a in. Logs nothing. */
bool gsup_ss_read(const uint8_t *in, size_t len, struct osmo_gsup_message *out);

/* As osmo_gsup_encode(), for the elements that a PROC_SS message may have. Returns octets; 0: not such a message. */
size_t gsup_ss_write(const struct osmo_gsup_message *message, uint8_t out[static GSUP_SS_MAX]);
