/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: attempts at a password, locks, and a new password. accounts/ knows what is right and wrong; here it is
 * counted, durably, before anything is compared. The last attempt of a row locks in advance; a right password
 * releases.
 *
 * F34: attempts over links that are not trusted with passwords are counted apart. Their lock leaves the subscriber's own phone
 * alone; the lock of that one holds for them, too, and a right password over it releases both. */
#include <string.h>

#include "store/sqlite/change.h"

#define PAST_KEPT 3			/* hashes of former passwords */
#define PAST_SIZE (PAST_KEPT * 128 + PAST_KEPT)
#define LOCKED_WAIT_S 60		/* a right password is quicker, and recalls the notice */
#define LOCKED "password_locked"

struct lock {
	bool known;		/* there is a password */
	bool untrusted;		/* of attempts over links that are not trusted */
	int64_t tries;
	int64_t locks;
	int64_t until;		/* 0: not locked */
	int64_t owner_until;	/* of untrusted: when the lock of the others ends */
};

static bool is_untrusted(const struct call *call)
{
	return record_number(&call->args, ACCOUNT_FACT_UNTRUSTED, 0);
}

static int lock_read(const struct call *call, struct lock *lock)
{
	sqlite3_stmt *statement = call_begin(call, SQL_PASSWORD);
	int rc = sqlite3_step(statement);
	int column;

	memset(lock, 0, sizeof(*lock));
	lock->untrusted = is_untrusted(call);
	lock->known = rc == SQLITE_ROW;
	if (lock->known) {
		column = lock->untrusted ? 3 : 0;
		lock->tries = sqlite3_column_int64(statement, column);
		lock->locks = sqlite3_column_int64(statement, column + 1);
		lock->until = sqlite3_column_int64(statement, column + 2);
		lock->owner_until = lock->untrusted ? sqlite3_column_int64(statement, 2) : 0;
	}
	return statement_put(statement, rc);
}

static int lock_write(const struct call *call, const struct lock *lock)
{
	sqlite3_stmt *statement = call_begin(call, lock->untrusted ? SQL_PASSWORD_COUNT_UNTRUSTED : SQL_PASSWORD_COUNT);

	sqlite3_bind_int64(statement, 2, lock->tries);
	sqlite3_bind_int64(statement, 3, lock->locks);
	sqlite3_bind_int64(statement, 4, lock->until);
	return statement_step(statement);
}

/* Absent when only an operator can release it. */
static void until_put(struct record *facts, int64_t until)
{
	if (until && until != INT64_MAX)
		record_put_number(facts, FIELD_LOCKED_UNTIL, until);
}

static int locked_notice(const struct call *call, int64_t until)
{
	struct notice notice;
	int rc = notice_begin(call, &notice);

	until_put(&notice.facts, until);
	return rc == SQLITE_OK ? notice_add(call, &notice, LOCKED, LOCKED_WAIT_S, NULL) : rc;
}

static int lock_begin(const struct call *call, struct lock *lock)
{
	int rc;

	lock->until = rules_lock_end(&call->connection->rules, (unsigned int)lock->locks, call->request->now);
	lock->locks++;
	lock->tries = 0;
	rc = lock_write(call, lock);
	return rc == SQLITE_OK ? locked_notice(call, lock->until) : rc;
}

/* An attempt that counts: its answer says which one of the row it is. */
static int attempt_count(struct call *call, struct lock *lock)
{
	struct record *facts = &call->response->facts;
	const bool last = ++lock->tries == call->connection->rules.tries_max;
	int rc;

	record_put_number(facts, ACCOUNT_FACT_TRIES, lock->tries);
	rc = last ? lock_begin(call, lock) : lock_write(call, lock);
	until_put(facts, lock->until);
	call->response->result = RESULT_OK;
	return rc;
}

/* Tries of an earlier version, or from before fewer were allowed, may be too many already. */
static int attempt_judge(struct call *call)
{
	const int64_t now = call->request->now;
	struct lock lock;
	int rc = lock_read(call, &lock);

	call->response->result = RESULT_LOCKED;
	if (rc != SQLITE_OK || !lock.known)
		return rc;
	if (lock.owner_until > now) {
		until_put(&call->response->facts, lock.owner_until);
		return rc;
	}
	if (lock.until <= now && lock.tries < call->connection->rules.tries_max) {
		lock.until = 0;
		return attempt_count(call, &lock);
	}
	if (lock.until <= now)
		rc = lock_begin(call, &lock);
	until_put(&call->response->facts, lock.until);
	return rc;
}

static int password_tell(const struct call *call)
{
	static const uint16_t fields[] = {
		ACCOUNT_FACT_HASH, ACCOUNT_FACT_ID_PIECES, ACCOUNT_FACT_PAST, ACCOUNT_FACT_TEMPORARY,
	};
	struct record *facts = &call->response->facts;
	sqlite3_stmt *statement = call_begin(call, SQL_PASSWORD_TELL);
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW) {
		msisdn_put(facts, call->who.msisdn);
		columns_put(statement, 0, fields, 4, facts);
	}
	return statement_put(statement, rc);
}

int password_attempt(struct call *call)
{
	const int rc = attempt_judge(call);

	return rc == SQLITE_OK && call->response->result == RESULT_OK ? password_tell(call) : rc;
}

/* ---- the right one ---- */

/* The old hash in front of as many older ones as are kept. */
static void past_push(char past[static PAST_SIZE], const char *old, const char *older)
{
	size_t left = PAST_KEPT - 1;
	size_t len = 0;
	const char *end = older;

	for (; *end && left; end++)
		left -= *end == ' ';
	if (*end)
		end--;
	for (; *old && len < PAST_SIZE - 2; old++)
		past[len++] = *old;
	if (older < end)
		past[len++] = ' ';
	for (; older < end && len < PAST_SIZE - 1; older++)
		past[len++] = *older;
	past[len] = '\0';
}

/* Clear the count if the hash is still \a old; *\a past: older ones. */
static int count_clear(const struct call *call, const char *old, char past[static PAST_SIZE], bool *cleared)
{
	sqlite3_stmt *statement = call_begin(call, is_untrusted(call) ? SQL_PASSWORD_CLEAR_UNTRUSTED : SQL_PASSWORD_CLEAR);
	int rc;

	statement_bind_text(statement, 2, old);
	rc = sqlite3_step(statement);
	*cleared = rc == SQLITE_ROW;
	if (*cleared) {
		past_push(past, old, (const char *)sqlite3_column_text(statement, 0));
		rc = sqlite3_step(statement);
	}
	rc = statement_put(statement, rc);
	sqlite3_clear_bindings(statement);
	return rc;
}

static int lock_recall(const struct call *call)
{
	sqlite3_stmt *statement = call_begin(call, SQL_NOTICE_RECALL);

	statement_bind_text(statement, 2, LOCKED);
	return statement_step(statement);
}

static int changed_notice(const struct call *call)
{
	struct notice notice;
	int64_t id;
	int rc = notice_begin(call, &notice);

	if (rc == SQLITE_OK)
		rc = notice_add(call, &notice, "password_changed", 0, &id);
	if (rc == SQLITE_OK)
		record_put_number(&call->response->facts, ACCOUNT_FACT_NOTICE, id);
	return rc;
}

static int hash_set(const struct call *call, const char *past)
{
	sqlite3_stmt *statement = call_begin(call, SQL_PASSWORD_SET);
	int rc;

	statement_bind_arg(statement, 2, &call->args, FIELD_NEW);
	statement_bind_text(statement, 3, past);
	rc = statement_step(statement);
	sqlite3_clear_bindings(statement);
	return rc == SQLITE_OK ? changed_notice(call) : rc;
}

/* The same password under another key: nobody has to hear of it. */
static int rehash(const struct call *call)
{
	sqlite3_stmt *statement = call_begin(call, SQL_PASSWORD_REHASH);
	int rc;

	statement_bind_arg(statement, 2, &call->args, ACCOUNT_FACT_HASH);
	rc = statement_step(statement);
	sqlite3_clear_bindings(statement);
	return rc;
}

static bool has_text(const struct call *call, uint16_t id)
{
	struct value value;

	return record_get(&call->args, id, &value) && value.is_text;
}

static int cleared_set(const struct call *call, const char *past)
{
	int rc = lock_recall(call);

	if (rc != SQLITE_OK)
		return rc;
	if (has_text(call, FIELD_NEW))
		return hash_set(call, past);
	return has_text(call, ACCOUNT_FACT_HASH) ? rehash(call) : SQLITE_OK;
}

int password_set(struct call *call)
{
	char old[128], past[PAST_SIZE];
	bool cleared;
	int rc;

	record_text(&call->args, FIELD_OLD, old, sizeof(old));
	rc = count_clear(call, old, past, &cleared);
	call->response->result = cleared ? RESULT_OK : RESULT_CONFLICT;
	if (rc == SQLITE_OK && cleared)
		rc = cleared_set(call, past);
	explicit_bzero(old, sizeof(old));
	explicit_bzero(past, sizeof(past));
	return rc;
}
