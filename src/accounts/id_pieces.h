/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The data stored of a subscriber's identity number (A71): keyed hashes of the pieces that must not be a password, so that a new password
 * can be tested without storing the number. The key is that of password hashes, stored apart from the database; with both, all pieces can
 * be tried out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accounts/password_keys.h"
#include "starhash/stored.h"

/* Each hash includes the MSISDN, without leading zeros, so that equal pieces of two subscribers differ. \a id_number "": no pieces. */
void id_pieces_make(const uint8_t key[static PEPPER_SIZE], const char *msisdn, const char *id_number,
		    char pieces[static STORED_ID_PIECES_SIZE]);

/* Whether a password of six digits is one of the pieces. Also false when their key is no longer available. */
bool id_pieces_match(const struct keys *keys, const char *msisdn, const char *pieces, const char *password);
