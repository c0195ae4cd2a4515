/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks whether the database is intact and its tables agree. A question that cannot be answered because of damage is a finding, and the
 * check continues with the next one. */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/admin/admin.h"
#include "store/sqlite/consent_version_3.h"

#define STEPS 1000000		/* of SQLite's virtual machine, between two looks at the clock */

/* Each query yields one sentence per problem, or "ok". */
static const struct question {
	enum { ALWAYS, QUICK, SLOW } when;
	const char *about, *sql;
} questions[] = {
	{ QUICK, "structure", "PRAGMA quick_check(20)" },
	{ SLOW, "structure", "PRAGMA integrity_check(20)" },
	{ SLOW, "references", "SELECT 'table ' || \"table\" || ' has a row without its ' || \"parent\" || coalesce(': row ' || rowid, '')"
	  " FROM pragma_foreign_key_check" },
	{ SLOW, "services", "SELECT 'services of ' || msisdn || ' do not match the subscriptions' FROM subscriber s WHERE services IS NOT"
	  " coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM subscription o"
	  " WHERE o.msisdn = s.msisdn ORDER BY service)), '')" },
	{ SLOW, "IMSIs", "SELECT msisdn || ' has more than two IMSIs' FROM sim GROUP BY msisdn HAVING count(*) > 2" },
	{ SLOW, "tickets", "SELECT 'ticket ' || number || ' of ' || msisdn || ' lacks lines of its history' FROM ticket t"
	  " WHERE entries <> (SELECT count(*) FROM ticket_entry e WHERE e.msisdn = t.msisdn AND e.number = t.number)" },
	/* S16; not of tickets that are older than the orders that retention has left */
	{ SLOW, "tickets", "SELECT 'ticket ' || number || ' of ' || msisdn || ' does not have one order for its refund' FROM ticket t"
	  " WHERE refunded > 0 AND opened > (SELECT min(accepted) FROM orders) AND 1 <> (SELECT count(*) FROM orders o"
	  " WHERE o.msisdn = t.msisdn AND o.ticket = t.number AND o.kind = 'refund' AND o.state <> 'refused')" },
	{ SLOW, "tickets", "SELECT 'billing has not carried out the ' || kind || ' for ticket ' || ticket || ' of ' || msisdn ||"
	  " ': the subscriber still expects it' FROM orders WHERE ticket > 0 AND state = 'dead'" },
	{ ALWAYS, "encoding", "SELECT 'texts are in ' || encoding || ', not UTF-8' FROM pragma_encoding WHERE encoding <> 'UTF-8'" },
};

/* A line for each row. */
static const struct {
	const char *what, *sql;
} figures[] = {
	{ "subscribers", "SELECT count(*) FROM subscriber" },
	{ "imsis", "SELECT count(*) FROM sim" },
	{ "services", "SELECT count(*) FROM service" },
	{ "tickets", "SELECT count(*) FROM ticket" },
	{ "tickets of kind", "SELECT kind || ' ' || count(*) FROM ticket GROUP BY kind" },
	{ "orders", "SELECT state || ' ' || count(*) FROM orders GROUP BY state" },
	{ "journal_mode", "SELECT journal_mode FROM pragma_journal_mode" },
};

struct asking {
	const struct admin_watch *watch;
	const char *about;
};

static int finding_give(void *user, int count, char **values, char **names)
{
	const struct asking *asking = user;

	if (count && values[0] && strcmp(values[0], "ok"))
		asking->watch->found(asking->watch->user, asking->about, values[0]);
	return 0;
}

static int busy_give(void *user)
{
	const struct asking *asking = user;

	asking->watch->busy(asking->watch->user, asking->about, 0, 0);
	return 0;
}

static void question_ask(struct store_admin *admin, const struct question *question, const struct admin_watch *watch)
{
	struct asking asking = { watch, question->about };
	char stopped[120];
	int rc;

	if (watch->busy)
		sqlite3_progress_handler(admin->connection.db, STEPS, busy_give, &asking);
	rc = sqlite3_exec(admin->connection.db, question->sql, finding_give, &asking, NULL);
	sqlite3_progress_handler(admin->connection.db, 0, NULL, NULL);
	if (rc == SQLITE_OK)
		return;
	snprintf(stopped, sizeof(stopped), "checking the %s stopped: %s", question->about, sqlite3_errstr(rc));
	watch->found(watch->user, question->about, stopped);
}

int admin_check(struct store_admin *admin, bool quick, const struct admin_watch *watch)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		if (questions[i].when != (quick ? SLOW : QUICK))
			question_ask(admin, &questions[i], watch);
	}
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		sqlite3_stmt *statement;
		char text[80];

		if (sqlite3_prepare_v2(admin->connection.db, figures[i].sql, -1, &statement, NULL) != SQLITE_OK)
			continue;
		while (sqlite3_step(statement) == SQLITE_ROW) {
			snprintf(text, sizeof(text), "%s %s", figures[i].what, (const char *)sqlite3_column_text(statement, 0));
			watch->figure(watch->user, text);
		}
		sqlite3_finalize(statement);
	}
	return 0;
}

int admin_consents(struct store_admin *admin, struct admin_consents *consents)
{
	const int rc = ledger_check(admin->connection.db, &consents->old, &consents->old_broken);

	consent_anchored_read(&admin->connection);	/* 0 if it cannot be read */
	if (!admin->consents.connection)
		sql_consents_init(&admin->consents, &admin->connection);
	consents->source = &admin->consents.source;
	consents->count = (uint64_t)admin_number(admin, "SELECT max(id) - min(id) + 1 FROM consent", 0);
	consents->anchored = admin->connection.anchored;
	return rc == SQLITE_OK ? 0 : admin_failed(admin, "consents of version 3 cannot be read to their end", rc);
}
