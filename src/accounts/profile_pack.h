/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Profiles in few octets, for hot.c.
 *
 * Profiles are alike: those of one tariff, brand and language differ in some numbers, and in their services. So each belongs to a shape,
 * the first profile of its kind with as many services, and only what differs from that one is packed. Shapes and codes of services are
 * never forgotten; beyond a limit, profiles that would need new ones are packed plainly. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "starhash/record.h"

#define PROFILE_PACKED_MAX 251

struct profile_packer;

/* \a octets: the most that shapes and codes of services may take. \a seed: secret, for hashes. NULL: no memory. */
struct profile_packer *profile_packer_new(size_t octets, uint64_t seed);
void profile_packer_free(struct profile_packer *packer);

/* \a facts: as answered to REQUEST_PROFILE. \a imsi: 0 if not known. Returns the octets in \a out; 0: too long. */
size_t profile_pack(struct profile_packer *packer, int64_t msisdn, int64_t imsi, const struct record *facts,
		    uint8_t out[static PROFILE_PACKED_MAX]);

void profile_keys(const struct profile_packer *packer, const uint8_t *packed, int64_t *msisdn, int64_t *imsi);

/* Append the profile to \a facts: the values that were packed, maybe in another order. */
void profile_unpack(const struct profile_packer *packer, const uint8_t *packed, struct record *facts);

/* Octets that shapes and codes of services take. */
size_t profile_packer_octets(const struct profile_packer *packer);
