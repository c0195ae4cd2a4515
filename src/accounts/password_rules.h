/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: what a service password may be. */
#pragma once

#include <stdbool.h>

#define PASSWORD_DIGITS 6

/* Whether \a fresh must be refused: not six digits, a run (123456, 654321), a repeat (111111, 121212, 123123), the
 * old one, or part of the phone number, read from either end. Any but \a fresh may be "". */
bool password_weak(const char *fresh, const char *old, const char *msisdn);

/* Nor may it be part of the identity number, read from either end, or the day of birth in a Chinese one in any order that people
 * write it. The number is not kept, only its pieces, as keyed hashes: a letter for the kind of piece, and six digits. */
#define PASSWORD_PIECE_SIZE (1 + PASSWORD_DIGITS + 1)
#define PASSWORD_PIECES_MAX 64		/* of longer numbers the end is left out */
#define PASSWORD_AS_PIECES 3

/* Returns how many there are. */
unsigned int password_id_pieces(const char *id_number, char pieces[static PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE]);

/* What a password of six digits would be as a piece: it is refused when one of these is among them. */
void password_as_pieces(const char *fresh, char pieces[static PASSWORD_AS_PIECES][PASSWORD_PIECE_SIZE]);
