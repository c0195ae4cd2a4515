/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data rotate-key: adds a key of password hashes. */
#include <stdio.h>
#include <string.h>

#include "accounts/password_keys.h"
#include "tool/data/data.h"

int data_rotate_key(const struct data_options *options)
{
	char id[KEY_ID_SIZE];

	if (keys_rotate(options->file, id) < 0)
		return 1;
	printf("%s has a new key, %s. starhashd hashes with it from its next start on; the keys before it stay, for "
	       "the\n"
	       "hashes that were made with them. Keep a copy of the file apart from the database.\n",
	       options->file, id);
	return 0;
}
