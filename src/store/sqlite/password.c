/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Service passwords: each is read, changed by password_step(), and written back. */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/change.h"
#include "store/sqlite/password.h"

#define LOCKED_WAIT_S 10		/* a right password is quicker, and withdraws the notification */
#define LOCKED "password_locked"

enum { LOCK_COLUMNS = 3, TEMPORARY = PASSWORD_LINKS * LOCK_COLUMNS, HASH, PAST, ID_PIECES };

/* ---- rows ---- */

void password_read(sqlite3_stmt *statement, struct password *password)
{
	memset(password, 0, sizeof(*password));
	for (int link = 0; link < PASSWORD_LINKS; link++)
		password->lock[link] = (struct password_lock){
			.attempts = sqlite3_column_int64(statement, link * LOCK_COLUMNS),
			.locks = sqlite3_column_int64(statement, link * LOCK_COLUMNS + 1),
			.until = sqlite3_column_int64(statement, link * LOCK_COLUMNS + 2),
		};
	password->temporary = sqlite3_column_int(statement, TEMPORARY);
	snprintf(password->hash, sizeof(password->hash), "%s", (const char *)sqlite3_column_text(statement, HASH));
	snprintf(password->past, sizeof(password->past), "%s", (const char *)sqlite3_column_text(statement, PAST));
}

void password_bind(sqlite3_stmt *statement, const struct password *password)
{
	for (int link = 0; link < PASSWORD_LINKS; link++) {
		const struct password_lock *lock = &password->lock[link];

		sqlite3_bind_int64(statement, 2 + link * LOCK_COLUMNS, lock->attempts);
		sqlite3_bind_int64(statement, 2 + link * LOCK_COLUMNS + 1, lock->locks);
		statement_bind_nonzero(statement, 2 + link * LOCK_COLUMNS + 2, lock->until);
	}
	sqlite3_bind_int(statement, 2 + TEMPORARY, password->temporary);
	sqlite3_bind_text(statement, 2 + HASH, password->hash, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2 + PAST, password->past, -1, SQLITE_STATIC);
}

/* *\a found: there is one. Its pieces of the identity number go into the facts of an attempt. */
static int load(const struct call *call, struct password *password, bool *found)
{
	static const uint16_t fields[] = { ACCOUNT_FACT_ID_PIECES };
	sqlite3_stmt *statement = call_begin(call, SQL_PASSWORD);
	int rc = sqlite3_step(statement);

	*found = rc == SQLITE_ROW;
	if (*found) {
		password_read(statement, password);
		if (call->request->kind == REQUEST_PASSWORD_ATTEMPT)
			columns_put(statement, ID_PIECES, fields, 1, &call->response->facts);
	}
	return statement_put(statement, rc);
}

static int save(const struct call *call, const struct password *password)
{
	sqlite3_stmt *statement = call_begin(call, SQL_PASSWORD_WRITE);
	int rc;

	password_bind(statement, password);
	rc = statement_step(statement);
	sqlite3_clear_bindings(statement);
	return rc;
}

/* ---- what the step says ---- */

/* Absent when only an operator can release it. */
static void until_put(struct record *facts, int64_t until)
{
	if (until && until != LOCKED_FOR_GOOD)
		record_put_number(facts, FIELD_LOCKED_UNTIL, until);
}

static int withdraw(const struct call *call)
{
	sqlite3_stmt *statement = call_begin(call, SQL_NOTICE_RECALL);

	statement_bind_text(statement, 2, LOCKED);
	return statement_step(statement);
}

static int notify(const struct call *call, const struct password_step *step)
{
	const bool changed = step->notification == PASSWORD_SAYS_CHANGED;
	struct notice notice;
	int64_t id;
	int rc = notice_begin(call, &notice);

	until_put(&notice.facts, step->locked_until);
	if (rc == SQLITE_OK)
		rc = notice_add(call, &notice, changed ? "password_changed" : LOCKED, changed ? 0 : LOCKED_WAIT_S, &id);
	if (rc == SQLITE_OK && changed)
		record_put_number(&call->response->facts, ACCOUNT_FACT_NOTICE, id);
	return rc;
}

static int make(const struct call *call, struct password *password, const struct password_input *input, struct password_step *step)
{
	int rc = SQLITE_OK;

	*step = password_step(&call->connection->rules.password, password, input);
	if (step->answer == PASSWORD_OUTDATED)
		return SQLITE_OK;
	rc = save(call, password);
	if (rc == SQLITE_OK && step->withdraw_locked)
		rc = withdraw(call);
	return rc == SQLITE_OK && step->notification != PASSWORD_SAYS_NOTHING ? notify(call, step) : rc;
}

static enum password_link link_of(const struct call *call)
{
	return record_number(&call->args, ACCOUNT_FACT_UNTRUSTED, 0) ? LINK_UNTRUSTED : LINK_TRUSTED;
}

/* ---- requests ---- */

static void tell(const struct call *call, const struct password *password)
{
	struct record *facts = &call->response->facts;

	msisdn_put(facts, call->who.msisdn);
	record_put_text(facts, ACCOUNT_FACT_HASH, password->hash, strlen(password->hash));
	if (password->past[0])
		record_put_text(facts, ACCOUNT_FACT_PAST, password->past, strlen(password->past));
	if (password->temporary)
		record_put_number(facts, ACCOUNT_FACT_TEMPORARY, 1);
}

int password_attempt(struct call *call)
{
	const struct password_input input = { .event = PASSWORD_ATTEMPTED, .link = link_of(call), .now = call->request->now };
	struct record *facts = &call->response->facts;
	struct password_step step = { .answer = PASSWORD_LOCKED };
	struct password password;
	bool found;
	int rc = load(call, &password, &found);

	if (rc == SQLITE_OK && found)
		rc = make(call, &password, &input, &step);
	call->response->result = step.answer == PASSWORD_DONE ? RESULT_OK : RESULT_LOCKED;
	if (rc == SQLITE_OK && step.answer == PASSWORD_DONE) {
		record_put_number(facts, ACCOUNT_FACT_TRIES, step.attempt);
		tell(call, &password);
	} else {
		record_drop(facts, ACCOUNT_FACT_ID_PIECES);
	}
	until_put(facts, step.locked_until);
	explicit_bzero(&password, sizeof(password));
	return rc;
}

int password_set(struct call *call)
{
	char old[PASSWORD_HASH_SIZE], fresh[PASSWORD_HASH_SIZE];
	struct password_input input = { .link = link_of(call), .compared = old, .fresh = fresh, .now = call->request->now };
	struct password_step step = { .answer = PASSWORD_OUTDATED };
	struct password password;
	bool found;
	int rc = load(call, &password, &found);

	record_text(&call->args, FIELD_OLD, old, sizeof(old));
	if (record_text(&call->args, FIELD_NEW, fresh, sizeof(fresh)))
		input.event = PASSWORD_CHANGED;
	else
		input.event = record_text(&call->args, ACCOUNT_FACT_HASH, fresh, sizeof(fresh)) ? PASSWORD_REHASHED : PASSWORD_RIGHT;
	if (rc == SQLITE_OK && found)
		rc = make(call, &password, &input, &step);
	call->response->result = step.answer == PASSWORD_DONE ? RESULT_OK : RESULT_CONFLICT;
	explicit_bzero(&password, sizeof(password));
	explicit_bzero(old, sizeof(old));
	explicit_bzero(fresh, sizeof(fresh));
	return rc;
}
