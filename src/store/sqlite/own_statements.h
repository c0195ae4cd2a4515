/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The statements that only SQLite needs, as in statements.h: transactions, the lease, and whose profile changed. */
#pragma once

#include "store/sql/statements.h"

#define OWN_READ_STATEMENTS(X) \
	X(READ_BEGIN, "BEGIN") \
	X(READ_END, "COMMIT") \
	X(TOUCHED, "SELECT seq, msisdn FROM touched WHERE seq >= ?1 ORDER BY seq LIMIT ?2") \
	X(TOUCHED_LAST, "SELECT max(seq) FROM touched")

#define OWN_WRITE_STATEMENTS(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(ROLLBACK, "ROLLBACK") \
	X(SAVE, "SAVEPOINT job") \
	X(RELEASE, "RELEASE job") \
	X(UNDO, "ROLLBACK TO job") \
	X(LEASE, "SELECT epoch, beat, holder, place, process FROM lease WHERE id = 0") \
	X(LEASE_TAKE, "UPDATE lease SET epoch = ?1, beat = 0, holder = ?2, place = ?3, process = ?4 WHERE id = 0") \
	X(LEASE_BEAT, "UPDATE lease SET beat = beat + 1 WHERE id = 0") \
	X(LEASE_RELEASE, "UPDATE lease SET holder = NULL WHERE id = 0 AND holder = ?1") \
	X(TOUCHED_PRUNE, "DELETE FROM touched WHERE seq < ?1")

enum own_statement {
	SQL_BEFORE_OWN = SQL_COUNT - 1,
#define X(name, sql) SQL_##name,
	OWN_READ_STATEMENTS(X)
	SQL_OWN_READ_END,
	SQL_BEFORE_OWN_WRITE = SQL_OWN_READ_END - 1,
	OWN_WRITE_STATEMENTS(X)
#undef X
};
