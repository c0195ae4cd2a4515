/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to the account database with its statements, and what the store's parts do with it. Each connection
 * belongs to one thread at a time. Unless said otherwise functions return an SQLite result code. */
#pragma once

#include <stdbool.h>

#include <sqlite3.h>

#include "starhash/request.h"
#include "starhash/stored.h"

#define BUSY_MS 2000		/* how long another process's lock is waited for, where waiting is allowed */

/* X(name, SQL): reading ones first. */
#define READ_STATEMENTS(X) \
	X(READ_BEGIN, "BEGIN") \
	X(READ_END, "COMMIT") \
	X(PROFILE, "SELECT msisdn, account, brand, status, language, services, balance, owed, valid_until," \
	  " bill_month, bill_total, points, as_of FROM subscriber WHERE msisdn = ?1") \
	X(PROFILE_BY_IMSI, "SELECT s.msisdn, account, brand, status, language, services, balance, owed, valid_until," \
	  " bill_month, bill_total, points, as_of FROM sim m JOIN subscriber s ON s.msisdn = m.msisdn WHERE imsi = ?1") \
	X(WHO, "SELECT msisdn, bill_month FROM subscriber WHERE msisdn = ?1") \
	X(WHO_BY_IMSI, "SELECT s.msisdn, s.bill_month FROM sim m JOIN subscriber s ON s.msisdn = m.msisdn" \
	  " WHERE imsi = ?1") \
	X(BILLS, "SELECT month, total FROM bill WHERE msisdn = ?1 AND month <= ?2 ORDER BY month DESC LIMIT 5") \
	X(BILL, "SELECT 1 FROM bill WHERE msisdn = ?1 AND month = ?2") \
	X(BILL_LINES, "SELECT item, amount FROM bill_line WHERE msisdn = ?1 AND month = ?2 ORDER BY position") \
	X(POINTS, "SELECT date, change, reason FROM points_entry WHERE msisdn = ?1 ORDER BY position DESC LIMIT 10") \
	X(MINE, "SELECT service, price, period, since FROM subscription JOIN service USING (service)" \
	  " WHERE msisdn = ?1 ORDER BY service") \
	X(OFFERED, "SELECT service, price, period FROM service v JOIN subscriber s ON s.msisdn = ?1" \
	  " WHERE (v.account IS NULL OR v.account = s.account) AND (v.brand IS NULL OR v.brand = s.brand)" \
	  " AND NOT EXISTS (SELECT 1 FROM subscription o WHERE o.msisdn = ?1 AND o.service = v.service)" \
	  " ORDER BY service") \
	X(CONVERSATION, "SELECT session FROM conversation WHERE msisdn = ?1 AND number = ?2 AND until > unixepoch()")

#define WRITE_STATEMENTS(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(ROLLBACK, "ROLLBACK") \
	X(SAVE, "SAVEPOINT job") \
	X(RELEASE, "RELEASE job") \
	X(UNDO, "ROLLBACK TO job") \
	X(CHANGE, "SELECT result, facts FROM change WHERE ref = ?1 AND kind = ?2") \
	X(CHANGE_ADD, "INSERT INTO change (ref, kind, result, facts, time)" \
	  " VALUES (?1, ?2, ?3, ?4, unixepoch())") \
	X(CHANGE_PRUNE, "DELETE FROM change WHERE id < (SELECT min(id) + 64 FROM change)" \
	  " AND time < unixepoch() - 7 * 86400") \
	X(SERVICE, "SELECT (v.account IS NULL OR v.account = s.account) AND (v.brand IS NULL OR v.brand = s.brand)" \
	  " AND status = 'active', EXISTS (SELECT 1 FROM subscription o WHERE o.msisdn = ?1 AND o.service = ?2)" \
	  " FROM service v, subscriber s WHERE v.service = ?2 AND s.msisdn = ?1") \
	X(OPEN, "INSERT INTO subscription (msisdn, service, since)" \
	  " VALUES (?1, ?2, CAST(strftime('%Y%m%d', 'now', 'localtime') AS INTEGER))") \
	X(CANCEL, "DELETE FROM subscription WHERE msisdn = ?1 AND service = ?2") \
	X(SERVICES, "UPDATE subscriber SET services = coalesce((SELECT group_concat(service, ' ') FROM" \
	  " (SELECT service FROM subscription WHERE msisdn = ?1 ORDER BY service)), '')" \
	  " WHERE msisdn = ?1 RETURNING services") \
	X(LANGUAGE, "UPDATE subscriber SET language = ?2 WHERE msisdn = ?1") \
	X(TRY, "UPDATE password SET tries = tries + 1 WHERE msisdn = ?1 AND tries < ?2") \
	X(PASSWORD, "SELECT hash, tries, id_number FROM password WHERE msisdn = ?1") \
	X(PASSWORD_SET, "UPDATE password SET hash = coalesce(?3, hash), tries = 0 WHERE msisdn = ?1 AND hash = ?2") \
	X(CONVERSATION_KEEP, "INSERT INTO conversation (msisdn, number, session, until)" \
	  " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET session = excluded.session, until = excluded.until") \
	X(CONVERSATION_FORGET, "DELETE FROM conversation WHERE msisdn = ?1 AND number = ?2") \
	X(CONVERSATION_PRUNE, "DELETE FROM conversation WHERE msisdn >= ?1 AND msisdn <= (SELECT max(msisdn) FROM" \
	  " (SELECT msisdn FROM conversation WHERE msisdn >= ?1 ORDER BY msisdn LIMIT 32)) AND until <= unixepoch()")

#define IMPORT_STATEMENTS(X) \
	X(ADD_SERVICE, "INSERT INTO service (service, price, period, account, brand) VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(ADD_SUBSCRIBER, "INSERT INTO subscriber (msisdn, account, brand, status, language, services, balance, owed, valid_until, bill_month," \
	  " bill_total, points, as_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)") \
	X(ADD_SIM, "INSERT INTO sim VALUES (?1, ?2)") \
	X(ADD_PASSWORD, "INSERT INTO password (msisdn, hash, id_number) VALUES (?1, ?2, ?3)") \
	X(ADD_BILL, "INSERT INTO bill VALUES (?1, ?2, ?3)") \
	X(ADD_FIVE_BILLS, "INSERT INTO bill VALUES (?1, ?2, ?3), (?1, ?4, ?5), (?1, ?6, ?7), (?1, ?8, ?9)," \
	  " (?1, ?10, ?11)") \
	X(ADD_LINE, "INSERT INTO bill_line VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(ADD_POINTS, "INSERT INTO points_entry VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(ADD_THREE_POINTS, "INSERT INTO points_entry VALUES (?1, ?2, ?3, ?4, ?5), (?1, ?6, ?7, ?8, ?9)," \
	  " (?1, ?10, ?11, ?12, ?13)") \
	X(ADD_SUBSCRIPTION, "INSERT INTO subscription (msisdn, service, since) VALUES (?1, ?2, ?3)")

enum statement {
#define X(name, sql) SQL_##name,
	READ_STATEMENTS(X)
	SQL_READ_COUNT,
	SQL_BEFORE_WRITE = SQL_READ_COUNT - 1,
	WRITE_STATEMENTS(X)
	SQL_WRITE_COUNT,
	SQL_BEFORE_IMPORT = SQL_WRITE_COUNT - 1,
	IMPORT_STATEMENTS(X)
#undef X
	SQL_COUNT
};

struct connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_COUNT];
	unsigned int tries_max;		/* of passwords */
	sqlite3_int64 kept_last;	/* whose conversation was kept last */
};

enum connection_role {
	CONNECTION_READ,		/* may not change anything */
	CONNECTION_WRITE,		/* durable changes */
	CONNECTION_IMPORT,		/* fills a new file as fast as it goes; a crash leaves rubbish */
};

/* Open an existing file, set and read back the pragmas, prepare the statements. \a vfs NULL: the default. After an
 * error \a why says in words what was being done. Close it in any case. */
int connection_open(struct connection *connection, const char *file, enum connection_role role, const char *vfs,
		    const char **why);
void connection_close(struct connection *connection);

/* A statement ready for binding. Every statement that was stepped must be given back, or it keeps its locks. */
static inline sqlite3_stmt *statement_get(struct connection *connection, enum statement which)
{
	return connection->statements[which];
}

/* Give back. \a rc passes through, with SQLITE_ROW and SQLITE_DONE becoming SQLITE_OK. */
static inline int statement_put(sqlite3_stmt *statement, int rc)
{
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static inline void statement_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* One that has no parameters and yields no rows. */
int statement_run(struct connection *connection, enum statement which);

/* A subscriber's key; false for what cannot be a number. */
bool msisdn_key(const char *msisdn, sqlite3_int64 *key);
bool imsi_key(const char *imsi, sqlite3_int64 *key);

/* Whom a request is about. */
struct who {
	bool known;
	sqlite3_int64 msisdn;
	sqlite3_int64 bill_month;
};

int who_read(struct connection *connection, const struct subscriber *subscriber, struct who *who);

/* Bind a text of a request's arguments; NULL when there is none. */
void statement_bind_arg(sqlite3_stmt *statement, int index, const struct record *args, uint16_t id);

/* Append \a count columns of the current row from \a first on, by their fields, to a record; NULL is left out. */
void columns_put(sqlite3_stmt *statement, int first, const uint16_t *fields, int count, struct record *record);

/* To menus the MSISDN is a text. */
void msisdn_put(struct record *facts, sqlite3_int64 msisdn);

/* Answer a request that changes nothing. When it fails the response is to be thrown away. */
int request_read(struct connection *connection, const struct request *request, struct response *response);

/* Carry a change out inside the transaction that is open. */
int request_write(struct connection *connection, const struct request *request, struct response *response);

/* Drop a few conversations that have run out, beside the last one kept, whose page of the file is at hand. */
int conversations_prune(struct connection *connection);

/* Fill a new file, inside a transaction. */
int import_service(struct connection *connection, const struct service *service);
int import_account(struct connection *connection, const struct stored_account *account);

/* SQLite's own settings. To be called before anything else of it. */
void database_start(void);

/* Make an empty database in a file that does not exist yet, or is empty. */
int database_make(const char *file);
