/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept of a subscriber's identity number (A71): keyed hashes of the pieces of it that no password may be, so that a new
 * password can be tested and the number itself is nowhere. The key is that of password hashes, which lies apart from the database;
 * who has both can try out all pieces. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accounts/password_keys.h"
#include "starhash/stored.h"

/* The MSISDN goes into each hash, without zeros in front: equal pieces of two subscribers differ. \a id_number "": no pieces. */
void id_pieces_make(const uint8_t key[static PEPPER_SIZE], const char *msisdn, const char *id_number,
		    char pieces[static STORED_ID_PIECES_SIZE]);

/* Whether a password of six digits is one of the pieces. False, too, when their key is not there any more. */
bool id_pieces_match(const struct keys *keys, const char *msisdn, const char *pieces, const char *password);
