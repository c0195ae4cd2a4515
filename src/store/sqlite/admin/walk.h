/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Processes a whole table in short transactions. */
#pragma once

#include <stdint.h>

struct store_admin;

#define WALK_WORK_MAX 8

/* Process the rows of a table by key, in pieces. \a keys yields the last key of a piece that begins after key ?1 and has ?2 rows. Each
 * statement of \a work, which is NULL-terminated, gets the key before the piece as ?1 and the last key of the piece as ?2. Returns an
 * SQLite result code. */
int walk(struct store_admin *admin, const char *keys, const char *const *work);

/* Process rows one by one: \a next yields the first key after ?1. */
int walk_each(struct store_admin *admin, const char *next, int (*one)(struct store_admin *admin, int64_t key, void *user), void *user);
