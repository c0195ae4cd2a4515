/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key that seals consents, and the check of all consents. */
#pragma once

#include "starhash/consent.h"
#include "tool/data/data.h"
#include "tool/data/command.h"

struct keys;

struct data_keys {
	struct keys *keys;
	struct consent_keys consent;
};

/* Read the key of consents from the file in the options, or from beside the database; none is created. Returns 1: it was read; 0: no file
 * was named, and there is none beside the database; -1, after a message: it cannot be read. */
int data_keys_open(struct data_keys *keys, const struct data_options *options);
void data_keys_close(struct data_keys *keys);

/* Check all consents: print problems, and what could not be checked. Returns the number of problems. */
unsigned int data_consents_check(const struct data_store *store, const struct data_options *options);
