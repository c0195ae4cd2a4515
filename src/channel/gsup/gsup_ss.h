/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GSUP messages: all are read here, and those that carry USSD are written in the one form that they usually have.
 *
 * Each step costs one of each, and libosmogsm takes several times as long, for it looks for everything that GSUP knows. It
 * also logs each element that it does not like, as often as a peer sends one (A40), and looks into empty ones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/gsm/gsup.h>

#define GSUP_SS_MAX (1 + 10 + 6 + 3 + 2 + UINT8_MAX + 3)

/* As osmo_gsup_decode(), of type, IMSI, session, component, class and cause; other elements are skipped, and arrays whose
 * counts become 0 are not touched. False: no IMSI, or what there is does not have its length. Points into \a in. Logs
 * nothing. */
bool gsup_ss_read(const uint8_t *in, size_t len, struct osmo_gsup_message *out);

/* As osmo_gsup_encode(), of the elements that a PROC_SS message may have. Returns octets; 0: not such a message. */
size_t gsup_ss_write(const struct osmo_gsup_message *message, uint8_t out[static GSUP_SS_MAX]);
