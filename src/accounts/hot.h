/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hot accounts: the profiles that dialogs begin with, in bounded memory, found by MSISDN and by IMSI.
 *
 * A profile takes some 20 octets, one more for each service, and five in each index. When there is no room, those that nobody asked for go
 * first. The owner drops what changes in the store. No input or output; one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "starhash/record.h"

struct hot;

struct hot_counts {
	uint64_t evicted;
	uint32_t profiles;		/* here now */
	size_t octets;			/* in use, without the packer's tables: half a megabyte at most */
};

/* \a octets: the most that it may use, from 1,000,000 to 1 GiB; the system gives them as profiles come. \a expected: how many profiles will
 * come; 0: unknown. \a seed: secret, for hashes. NULL: no memory. */
struct hot *hot_new(size_t octets, uint64_t expected, uint64_t seed);
void hot_free(struct hot *hot);

/* Remember a profile, in place of an older one of this MSISDN. \a facts: as answered to REQUEST_PROFILE. \a imsi: 0 if not known. Both
 * numbers are made by msisdn_key() and imsi_key(). */
void hot_put(struct hot *hot, int64_t msisdn, int64_t imsi, const struct record *facts);

/* Append the profile to \a facts. False: it is not here. */
bool hot_find(struct hot *hot, int64_t msisdn, struct record *facts);
bool hot_find_by_imsi(struct hot *hot, int64_t imsi, struct record *facts);

void hot_drop(struct hot *hot, int64_t msisdn);

/* Whether others have had to go. */
bool hot_is_full(const struct hot *hot);

void hot_count(const struct hot *hot, struct hot_counts *counts);
