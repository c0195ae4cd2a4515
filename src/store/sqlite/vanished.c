/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/vanished.h"

#define BETWEEN(column) column " > ?1 AND " column " <= ?2"
#define GONE "gone_next g JOIN subscriber s USING (msisdn) LEFT JOIN subscriber_next n USING (msisdn)"
#define GONE_WHERE " WHERE " BETWEEN("g.msisdn") " AND n.msisdn IS NULL"
#define WAITS "EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = g.msisdn AND o.state = 'taken')"

const char *const vanished_keep[] = {
	/* When it is done again after a crash, there may be no password any more: what was kept stays. */
	"INSERT INTO vanished (msisdn, owner, language, orders_after, consents_after, epoch, time, hash, tries, locks,"
	" locked_until, temporary, past, id_pieces, untrusted_tries, untrusted_locks, untrusted_until)"
	" SELECT g.msisdn, s.owner, s.language, s.orders_after, s.consents_after, h.epoch, unixepoch(), p.hash, p.tries, p.locks,"
	" p.locked_until, p.temporary, p.past, p.id_pieces, p.untrusted_tries, p.untrusted_locks, p.untrusted_until"
	" FROM " GONE " LEFT JOIN password p USING (msisdn) LEFT JOIN consent_head h USING (msisdn)" GONE_WHERE
	" AND (p.hash <> '' OR " WAITS ")"
	" ON CONFLICT DO UPDATE SET owner = excluded.owner, language = excluded.language, orders_after = excluded.orders_after,"
	" consents_after = excluded.consents_after, epoch = excluded.epoch, time = excluded.time, hash = excluded.hash, tries = excluded.tries,"
	" locks = excluded.locks, locked_until = excluded.locked_until, temporary = excluded.temporary, past = excluded.past,"
	" id_pieces = excluded.id_pieces, untrusted_tries = excluded.untrusted_tries, untrusted_locks = excluded.untrusted_locks,"
	" untrusted_until = excluded.untrusted_until WHERE excluded.hash IS NOT NULL",
	"INSERT OR REPLACE INTO vanished_subscription (msisdn, service, since, state, trial_until, until, trial_ends)"
	" SELECT g.msisdn, o.service, o.since, o.state, o.trial_until, o.until, o.trial_ends FROM " GONE
	" JOIN subscription o USING (msisdn)" GONE_WHERE " AND o.state IN ('opening', 'closing')",
	"UPDATE orders SET state = 'dead', reason = '" VANISHED "', settled = taken WHERE state = 'taken' AND msisdn IN"
	" (SELECT g.msisdn FROM " GONE GONE_WHERE ")",
	NULL,
};

#define BACK "vanished v JOIN subscriber s USING (msisdn) WHERE " BETWEEN("v.msisdn")
#define SAME " AND s.owner = v.owner"
#define OTHER " AND s.owner <> v.owner"

const char *const vanished_back[] = {
	"UPDATE orders SET reason = '" ORDER_REASON_OTHER_OWNER "' WHERE state = 'dead' AND reason = '" VANISHED "'"
	" AND msisdn IN (SELECT v.msisdn FROM " BACK OTHER ")",
	"UPDATE subscriber SET language = v.language, orders_after = v.orders_after, consents_after = v.consents_after"
	" FROM vanished v WHERE " BETWEEN("v.msisdn") " AND subscriber.msisdn = v.msisdn AND subscriber.owner = v.owner",
	/* Consents that were made meanwhile keep their epoch for themselves. */
	"UPDATE consent_head SET epoch = v.epoch FROM vanished v JOIN subscriber s USING (msisdn) WHERE " BETWEEN("v.msisdn") SAME
	" AND consent_head.msisdn = v.msisdn AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.msisdn = v.msisdn"
	" AND c.epoch > v.epoch) AND v.epoch IS NOT NULL",
	"INSERT INTO password (msisdn, hash, tries, locks, locked_until, temporary, past, id_pieces, untrusted_tries,"
	" untrusted_locks, untrusted_until) SELECT v.msisdn, v.hash, v.tries, v.locks, v.locked_until, v.temporary, v.past, v.id_pieces,"
	" coalesce(v.untrusted_tries, 0), coalesce(v.untrusted_locks, 0), v.untrusted_until FROM " BACK SAME " AND v.hash <> ''"
	" ON CONFLICT DO UPDATE SET hash = excluded.hash, tries = excluded.tries, locks = excluded.locks,"
	" locked_until = excluded.locked_until, temporary = excluded.temporary, past = excluded.past,"
	" untrusted_tries = excluded.untrusted_tries, untrusted_locks = excluded.untrusted_locks,"
	" untrusted_until = excluded.untrusted_until WHERE hash = ''",
	"INSERT INTO subscription (msisdn, service, since, state, trial_until, until, trial_ends, due)"
	" SELECT w.msisdn, w.service, w.since, w.state, w.trial_until, w.until, w.trial_ends, 0 FROM vanished_subscription w"
	" JOIN service USING (service) WHERE w.msisdn IN (SELECT v.msisdn FROM " BACK SAME ")"
	" ON CONFLICT DO UPDATE SET state = excluded.state, trial_until = excluded.trial_until, until = excluded.until,"
	" trial_ends = excluded.trial_ends, due = 0",
	"UPDATE subscriber SET services = coalesce((SELECT group_concat(service, ' ') FROM (SELECT service FROM subscription o"
	" WHERE o.msisdn = subscriber.msisdn ORDER BY service)), '') WHERE msisdn IN (SELECT v.msisdn FROM " BACK SAME ")",
	/* The oldest is due, unless one that was accepted since is in flight. */
	"UPDATE orders SET state = 'taken', reason = NULL, settled = NULL, due = iif(id = (SELECT min(id) FROM orders o"
	" WHERE o.msisdn = orders.msisdn AND o.state = 'dead' AND o.reason = '" VANISHED "') AND NOT EXISTS (SELECT 1 FROM orders o"
	" WHERE o.msisdn = orders.msisdn AND o.state = 'taken' AND o.due < 9223372036854775807),"
	" unixepoch(), 9223372036854775807) WHERE state = 'dead' AND reason = '" VANISHED "'"
	" AND msisdn IN (SELECT v.msisdn FROM " BACK SAME ")",
	"DELETE FROM vanished_subscription WHERE msisdn IN (SELECT v.msisdn FROM " BACK " AND s.owner IS NOT NULL"
	" AND v.owner IS NOT NULL)",
	"DELETE FROM vanished WHERE msisdn IN (SELECT v.msisdn FROM " BACK " AND s.owner IS NOT NULL AND v.owner IS NOT NULL)",
	NULL,
};

int vanished_return(sqlite3 *db, int64_t msisdn)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && vanished_back[i]; i++)
		rc = statement_run_once(db, vanished_back[i], msisdn - 1, msisdn);
	return rc;
}
