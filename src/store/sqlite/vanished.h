/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscribers whom a snapshot left out (A65): their passwords and orders in flight are kept for a while, as retention has it,
 * and come back with the same number and owner. A number's other owner never gets anything of them. */
#pragma once

#include <stdint.h>

#include "starhash/store_admin.h"

#include <sqlite3.h>

/* Statements about the subscribers behind ?1 and up to ?2, in this order, inside one transaction; NULL-terminated. */

/* Of those in gone_next who are not in subscriber_next: before anything of theirs is deleted. */
extern const char *const vanished_keep[];

/* Who is a subscriber again: the same owner gets all back, and another one's number forgets it. */
extern const char *const vanished_back[];

/* The same for one subscriber, without preparing anything: it is rare. An SQLite result code. */
int vanished_return(sqlite3 *db, int64_t msisdn);

/* The last key of a piece that begins behind ?1 and has ?2 rows. */
#define VANISHED_KEYS "SELECT max(msisdn) FROM (SELECT msisdn FROM vanished WHERE msisdn > ?1 ORDER BY msisdn LIMIT ?2)"

/* The reason of a dead order that waits for its subscriber. */
#define VANISHED ORDER_REASON_VANISHED
