/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Profiles in the process's memory, in front of the store: as they are asked for, and all of them soon after the start, read by a thread.
 * Whatever the store says has changed is forgotten before it is asked for again. */
#pragma once

#include "starhash/store.h"

struct profiles;
struct rate_ctr_group;

/* \a ctx: talloc parent. \a octets: the most memory for them. NULL: the store answers as fast by itself, or there is no memory. The
 * store must outlive it. */
struct profiles *profiles_new(void *ctx, const struct store_ops *ops, struct store *store, size_t octets, struct rate_ctr_group *counters);
void profiles_free(struct profiles *profiles);

/* In what follows, \a profiles may be NULL unless stated otherwise. Answer a request from memory; false: ask the store. */
bool profiles_answer(struct profiles *profiles, const struct request *request, struct response *response);

/* Remember what the store has answered now. */
void profiles_remember(struct profiles *profiles, const struct request *request, const struct response *response);

/* Where a profile that the store reads later will be remembered; unless anything changes meanwhile. */
struct profile_awaited {
	uint64_t changes;		/* 0: no profile is awaited */
	int64_t imsi;
};

void profiles_await(const struct profiles *profiles, const struct request *request, struct profile_awaited *awaited);
void profiles_remember_awaited(struct profiles *profiles, const struct profile_awaited *awaited, const struct response *response);

/* See accounts_touched(). */
void profiles_forget(struct profiles *profiles, int64_t msisdn);

/* As snprintf(). \a profiles: not NULL. */
int profiles_describe(const struct profiles *profiles, char *out, size_t size);
