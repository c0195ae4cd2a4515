/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reference numbers in the form that people read and say. */
#include "starhash/request.h"

const char *ref_print(uint64_t ref, char out[static REF_TEXT_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";	/* Crockford: no I, L, O, U */
	char *at = out + 14;
	int i;

	*at = '\0';
	for (i = 0; i < 12; i++) {
		if (i && i % 4 == 0)
			*--at = '-';
		*--at = digits[ref & 31];
		ref >>= 5;
	}
	return out;
}
