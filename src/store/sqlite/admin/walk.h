/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Work on a whole table in short transactions. */
#pragma once

#include <stdint.h>

struct store_admin;

#define WALK_WORK_MAX 8

/* Rows of a table by key, in pieces: \a keys gives the last key of a piece that begins behind ?1 and has ?2 rows; each statement of
 * \a work, which is NULL-terminated, gets the key behind which the piece begins as ?1, and its last one as ?2. An SQLite result code. */
int walk(struct store_admin *admin, const char *keys, const char *const *work);

/* Rows one by one: \a next gives the first key behind ?1. */
int walk_each(struct store_admin *admin, const char *next, int (*one)(struct store_admin *admin, int64_t key, void *user), void *user);
