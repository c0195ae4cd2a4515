/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents as starhash-data sees them: the key that they are sealed with, and whether all of them are there. */
#pragma once

#include "starhash/consent.h"
#include "tool/data/data.h"
#include "tool/data/command.h"

struct keys;

struct data_keys {
	struct keys *keys;
	struct consent_keys consent;
};

/* Read the key of consents that the options name, or that lies beside the database; none is made. Returns 1: it is read; 0:
 * there is none beside the database, and none was named; -1, after a message: it cannot be read. */
int data_keys_open(struct data_keys *keys, const struct data_options *options);
void data_keys_close(struct data_keys *keys);

/* Check all consents: print what is wrong, and what could not be checked. Returns how many things are wrong. */
unsigned int data_consents_check(const struct data_store *store, const struct data_options *options);
