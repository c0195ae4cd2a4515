/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every statement of the account database, by topic: X(name, SQL). Times and dates are parameters, so that the caller's clock applies.
 *
 * The words are the standard's, or those that SQLite and PostgreSQL share. Spellings that are SQLite's own, for a driver to replace:
 *	?1			parameter 1; "?" alone is the one after the largest so far
 *	REPLACE			an insertion that first deletes any rows in its way: by a second key, or to get a new id
 *	INDEXED BY		a hint
 *	group_concat(a, ' ')	string_agg(a, ' ')
 *	instr(a, b)		position(b IN a), of octets
 *	length(CAST(a AS BLOB))	octet_length(a)
 *	CAST(a AS INTEGER)	0 if the text is no number
 *	main.subscriber		the served table, for a connection to staged ones; elsewhere it is the same one
 *	a column such as "time < ?1" or EXISTS (...) is read as a number
 * Elsewhere, PostgreSQL 15 prepares them as they are, but cannot tell the types of parameters in ORDERS_RETURN (numbers),
 * NOTIFICATION_WITHDRAW (octets), ACCOUNT_ADD and VANISHED_SUBSCRIPTION_PUT (whose ?7 is not used). */
#pragma once

#include "starhash/account.h"

/* SQL fragments for the plain facts in FIELDS: columns, parameters, and assignments. */
#define FACT_SQL(id, name, type, origin, width, storage) FACT_SQL_##storage(name)
#define FACT_SQL_OWN(name) ""
#define FACT_SQL_FACT(name) ", " #name
#define FACT_COLUMNS FIELDS(FACT_SQL)
#define FACT_PLACE(id, name, type, origin, width, storage) FACT_PLACE_##storage
#define FACT_PLACE_OWN ""
#define FACT_PLACE_FACT ", ?"
#define FACT_PLACES FIELDS(FACT_PLACE)
#define FACT_CHANGE(id, name, type, origin, width, storage) FACT_CHANGE_##storage(name)
#define FACT_CHANGE_OWN(name) ""
#define FACT_CHANGE_FACT(name) ", " #name " = CASE WHEN ? <> 0 THEN ? ELSE " #name " END"
#define FACT_CHANGES FIELDS(FACT_CHANGE)	/* two parameters each: whether it changes, and the value */
#define FACT_NULL(id, name, type, origin, width, storage) FACT_NULL_##storage(name)
#define FACT_NULL_OWN(name) ""
#define FACT_NULL_FACT(name) ", " #name " = NULL"
#define FACT_NULLS FIELDS(FACT_NULL)

#define LINE_COLUMN(id, name) ", " #name
#define LINE_COLUMNS LINE_FACTS(LINE_COLUMN)
#define LINE_PLACE(id, name) ", ?"
#define LINE_PLACES LINE_FACTS(LINE_PLACE)

#define SQL_PROFILE_COLUMNS \
	" account, brand, status, language, services, bill_month, bill_total, points," \
	" nullif(as_of, 0), nullif(coalesce(bills_as_of, as_of), 0), nullif(coalesce(points_as_of, as_of), 0)," \
	" nullif(coalesce(services_as_of, as_of), 0)" FACT_COLUMNS

/* In the order of enum account_kind. Data without an age of their own are as old as the profile. */
#define OTHER_AGES(of) \
	"coalesce(" of ".bills_as_of, " of ".as_of), coalesce(" of ".points_as_of, " of ".as_of)," \
	" coalesce(" of ".services_as_of, " of ".as_of)"
#define AGE_COLUMNS(of) of ".as_of, " OTHER_AGES(of)

#define SQL_WHO_COLUMNS " s.msisdn, s.bill_month, s.orders_after, s.consents_after, " OTHER_AGES("s")

/* In the order that ticket_read() and ticket_write() use. */
#define TICKET_NAME(member, ...) ", " #member
#define TICKET_PLACE(member, ...) ", ?"
#define TICKET_CHANGE(member, ...) ", " #member " = excluded." #member
#define TICKET_COLUMNS "number, kind, state, facts" TICKET_NUMBERS(TICKET_NAME) TICKET_TEXTS(TICKET_NAME)
#define TICKET_PLACES TICKET_NUMBERS(TICKET_PLACE) TICKET_TEXTS(TICKET_PLACE)
#define TICKET_CHANGES TICKET_NUMBERS(TICKET_CHANGE) TICKET_TEXTS(TICKET_CHANGE)

#define BAR_COLUMNS "id, number, since, until, reason, staff"
/* As read by preference_read(). */
#define PREFERENCE_COLUMNS "p.kind, p.about, p.choice, p.threshold, p.since, p.last, p.after"

#define READ_STATEMENTS(X) \
	X(PROFILE, "SELECT msisdn," SQL_PROFILE_COLUMNS " FROM subscriber WHERE msisdn = ?1") \
	X(PROFILE_BY_IMSI, "SELECT s.msisdn," SQL_PROFILE_COLUMNS " FROM sim m JOIN subscriber s ON s.msisdn = m.msisdn" \
	  " WHERE imsi = ?1") \
	/* Columns as of PROFILE. */ \
	X(PROFILES, "SELECT msisdn," SQL_PROFILE_COLUMNS " FROM subscriber WHERE msisdn > ?1 ORDER BY msisdn LIMIT ?2") \
	X(PROFILES_COUNT, "SELECT count(*) FROM subscriber") \
	X(SIMS, "SELECT msisdn, imsi FROM sim WHERE msisdn > ?1 ORDER BY msisdn") \
	X(WHO, "SELECT" SQL_WHO_COLUMNS " FROM subscriber s WHERE msisdn = ?1") \
	X(WHO_BY_IMSI, "SELECT" SQL_WHO_COLUMNS " FROM sim m" \
	  " JOIN subscriber s ON s.msisdn = m.msisdn WHERE imsi = ?1") \
	X(BILLS, "SELECT month, total FROM bill WHERE msisdn = ?1 AND month <= ?2 ORDER BY month DESC LIMIT ?3") \
	X(BILL, "SELECT 1 FROM bill WHERE msisdn = ?1 AND month = ?2") \
	X(BILL_LINES, "SELECT item, amount" LINE_COLUMNS " FROM bill_line WHERE msisdn = ?1 AND month = ?2 ORDER BY position") \
	X(POINTS, "SELECT date, change, reason FROM points_entry WHERE msisdn = ?1 ORDER BY date DESC, position DESC LIMIT ?2") \
	X(MINE, "SELECT " SUBSCRIPTION_COLUMNS_OF("o") ", v.price, v.period, v.trial_price FROM subscription o" \
	  " JOIN service v USING (service) WHERE msisdn = ?1 ORDER BY service") \
	X(OFFERED, "SELECT " SERVICE_COLUMNS ", s.account, s.brand, " HELD_SERVICES("") " FROM service v" \
	  " JOIN subscriber s ON s.msisdn = ?1 ORDER BY service") \
	/* ?2: the replaced service, ?3: the replacing one; NULL: any. */ \
	X(INSTEAD, "SELECT " SUBSCRIPTION_COLUMNS_OF("i") ", " SERVICE_COLUMNS_OF("v") ", " SERVICE_COLUMNS_OF("w") "," \
	  " s.account, s.brand, " HELD_SERVICES(" AND o.service <> i.service") " FROM subscription i" \
	  " JOIN service w ON w.service = i.service JOIN subscriber s ON s.msisdn = i.msisdn JOIN service v" \
	  " ON true WHERE i.msisdn = ?1 AND i.service = coalesce(?2, i.service) AND v.service = coalesce(?3, v.service)" \
	  " ORDER BY v.service, i.service") \
	X(ORDERS_MINE, "SELECT kind, service, state, accepted, ref, instead, backend FROM orders WHERE msisdn = ?1 AND id > ?2" \
	  " ORDER BY id DESC LIMIT ?3") \
	X(DATA_MINE, "SELECT 'profile', 1" \
	  " UNION ALL SELECT 'bills', count(*) FROM bill WHERE msisdn = ?1" \
	  " UNION ALL SELECT 'points', count(*) FROM points_entry WHERE msisdn = ?1" \
	  " UNION ALL SELECT 'services', count(*) FROM subscription WHERE msisdn = ?1" \
	  " UNION ALL SELECT 'password', count(*) FROM password WHERE msisdn = ?1" \
	  " UNION ALL SELECT 'orders', count(*) FROM orders WHERE msisdn = ?1 AND id > ?2" \
	  " UNION ALL SELECT 'consents', (SELECT count(*) FROM ledger WHERE msisdn = ?1 AND id > ?3)" \
	  "  + (SELECT count(*) FROM consent JOIN consent_head USING (msisdn, epoch) WHERE msisdn = ?1)" \
	  " UNION ALL SELECT 'messages', count(*) FROM notification WHERE msisdn = ?1" \
	  " UNION ALL SELECT 'conversations', count(*) FROM conversation WHERE msisdn = ?1" \
	  " UNION ALL SELECT 'tickets', count(*) FROM ticket WHERE msisdn = ?1 AND former = 0") \
	X(ORDERS_DUE, "SELECT id, ref, attempts, msisdn, service, price, period, effective, accepted, instead, kind, trial_until," \
	  " trial_price, trial_ends, form, ticket FROM orders WHERE state = 'accepted' AND backend IS NULL AND due <= ?1" \
	  " ORDER BY due LIMIT ?2") \
	X(BACKEND_ORDERS_DUE, "SELECT id, ref, attempts, msisdn, backend, sent, accepted FROM orders WHERE state = 'accepted'" \
	  " AND backend IS NOT NULL AND due <= ?1 ORDER BY due LIMIT ?2") \
	X(NOTIFICATIONS_DUE, "SELECT id, kind, msisdn, facts, attempts, expires, latest FROM notification" \
	  " WHERE ended IS NULL AND kind = ?3 AND due <= ?1 AND expires > ?1 ORDER BY due LIMIT ?2") \
	X(NOTIFICATIONS_HURRIED, "SELECT id, kind, msisdn, facts, attempts, expires, latest FROM notification" \
	  " INDEXED BY notification_latest WHERE ended IS NULL AND kind = ?3 AND latest <= ?4 AND due <= ?1 AND expires > ?1" \
	  " ORDER BY latest LIMIT ?2") \
	X(NOTIFICATIONS_SENT, "SELECT kind FROM notification WHERE msisdn = ?1 AND ended >= ?2 AND sending = 'sent'") \
	X(MESSAGES_WAITING, "SELECT count(*) FROM (SELECT 1 FROM notification INDEXED BY notification_due WHERE ended IS NULL" \
	  " AND kind = ?1 LIMIT ?2) AS few") \
	X(BARRED, "SELECT " BAR_COLUMNS " FROM barred WHERE id > ?1 ORDER BY id") \
	/* by number, not by counting: of ten million subscribers this reads three rows */ \
	X(SEARCH_PROGRESS, "SELECT 1000 * (r.msisdn - lowest) / CASE WHEN highest > lowest THEN highest - lowest ELSE 1 END, r.began" \
	  " FROM reminder_search r, (SELECT" \
	  " (SELECT min(msisdn) FROM preference WHERE kind = ?1 AND choice = 'on') AS lowest," \
	  " (SELECT max(msisdn) FROM preference WHERE kind = ?1 AND choice = 'on') AS highest) AS numbers" \
	  " WHERE r.name = ?1 AND r.msisdn > 0 AND lowest IS NOT NULL") \
	X(MESSAGES_MINE, "SELECT kind, coalesce(sending, 'waiting'), coalesce(ended, due) FROM notification WHERE msisdn = ?1" \
	  " AND stays <> 0 ORDER BY id DESC LIMIT ?2") \
	X(PREFERENCES_MINE, "SELECT " PREFERENCE_COLUMNS " FROM preference p WHERE msisdn = ?1 AND about = ''") \
	X(EVENT_FETCH, "SELECT p.terms, o.ref, e.msisdn, e.done, e.kind, n.kind," \
	  " CASE WHEN n.id IS NOT NULL THEN coalesce(n.sending, 'waiting') END, coalesce(n.ended, n.due), p.number, p.until," \
	  " nullif(p.reply, ''), CASE WHEN p.shown <> '' THEN ?3 - p.tries END, o.state" \
	  " FROM event e LEFT JOIN notification n ON n.id = e.notification" \
	  " LEFT JOIN proposal p ON p.source = e.source AND p.id = e.id" \
	  " LEFT JOIN orders o ON o.msisdn = p.msisdn AND o.ref = p.order_ref WHERE e.source = ?1 AND e.id = ?2") \
	X(TICKET, "SELECT " TICKET_COLUMNS " FROM ticket WHERE msisdn = ?1 AND number = ?2") \
	X(TICKETS, "SELECT " TICKET_COLUMNS " FROM ticket WHERE msisdn = ?1 ORDER BY number DESC LIMIT ?2") \
	/* ACCOUNT_PART_TICKETS */ \
	X(TICKETS_LOADED, "SELECT " TICKET_COLUMNS " FROM ticket WHERE msisdn = ?1 ORDER BY" \
	  " number = (SELECT max(number) FROM ticket WHERE msisdn = ?1) DESC, refunded = 0, owed_by = 0, closed > 0, number DESC" \
	  " LIMIT ?2") \
	/* ACCOUNT_PART_DELIVERY */ \
	X(DELIVERIES, "SELECT kind, facts, coalesce(sending, ''), coalesce(ended, 0), expires FROM notification" \
	  " WHERE msisdn = ?1 AND stays <> 0 ORDER BY id DESC") \
	/* Behind ?1, ?2, ?3. */ \
	X(TICKETS_LISTED, "SELECT " TICKET_COLUMNS ", msisdn FROM ticket WHERE (opened, msisdn, number) > (?1, ?2, ?3)" \
	  " ORDER BY opened, msisdn, number") \
	X(TICKETS_LISTED_OPEN, "SELECT " TICKET_COLUMNS ", msisdn FROM ticket WHERE closed = 0" \
	  " AND (opened, msisdn, number) > (?1, ?2, ?3) ORDER BY opened, msisdn, number") \
	X(TICKETS_LISTED_OF, "SELECT " TICKET_COLUMNS ", msisdn FROM ticket WHERE msisdn = ?1 AND number > ?2 ORDER BY number") \
	X(TICKET_HISTORY, "SELECT position, time, event, staff, terms, text FROM ticket_entry WHERE msisdn = ?1 AND number = ?2" \
	  " AND position > ?3 ORDER BY position") \
	X(TICKET_ACCESSES, "SELECT number, e.position, e.time, e.event FROM ticket_entry e JOIN ticket t USING (msisdn, number)" \
	  " WHERE msisdn = ?1 AND t.former = 0 AND e.staff <> '' UNION ALL SELECT 0, id, time, 'read' FROM access WHERE msisdn = ?1" \
	  " ORDER BY 3 DESC, 1 DESC, 2 DESC LIMIT ?2") \
	X(TICKET_ANSWERS, "SELECT text, time FROM ticket_entry WHERE msisdn = ?1 AND number = ?2" \
	  " AND event IN ('answered', 'answered_interim', 'granted', 'declined') ORDER BY position DESC LIMIT ?3") \
	X(CATALOGUE, "SELECT service, price, period, trial_price FROM catalogue ORDER BY service") \
	X(RETENTION, "SELECT days FROM retention WHERE kind = ?1") \
	X(CLOCK_LAST, "SELECT believed FROM clock") \
	X(CONSENT_ANCHORED, "SELECT id FROM consent_anchored") \
	X(CONVERSATION, "SELECT (SELECT session FROM conversation WHERE msisdn = ?1 AND short_code = ?2" \
	  " AND (until > ?3 OR late IS NOT NULL))," \
	  " (SELECT digest FROM answered WHERE msisdn = ?1 AND short_code = ?2 AND until > ?3)," \
	  " (SELECT until FROM conversation WHERE msisdn = ?1 AND short_code = ?2)")

#define REFERENCE_STATEMENTS(X) \
	/* Changes and orders with a reference: orders are retained for longer than answers. */ \
	X(REPLAY, "SELECT kind, msisdn, result, facts FROM replay WHERE ref = ?1" \
	  " UNION ALL SELECT kind, msisdn, NULL, NULL FROM orders WHERE ref = ?1") \
	X(REPLAY_ADD, "INSERT INTO replay (ref, kind, result, facts, time, msisdn) VALUES (?1, ?2, ?3, ?4, ?5, ?6)") \
	X(NODE, "SELECT node FROM identity") \
	X(BOOT_ADD, "INSERT INTO boot (boot, time) VALUES (?1, ?2) ON CONFLICT (boot) DO NOTHING")

#define LINE_SET(id, name) ", " #name " = excluded." #name

#define HEAD_COLUMNS " s.msisdn, s.account, s.brand, s.status, s.language"

#define SUBSCRIBER_STATEMENTS(X) \
	X(LANGUAGE, "UPDATE subscriber SET language = ?2 WHERE msisdn = ?1") \
	X(STATUS, "UPDATE subscriber SET status = ?2 WHERE msisdn = ?1") \
	X(SERVICES_SET, "UPDATE subscriber SET services = ?2 WHERE msisdn = ?1") \
	X(HEAD, "SELECT" HEAD_COLUMNS " FROM subscriber s WHERE msisdn = ?1") \
	X(HEAD_BY_IMSI, "SELECT" HEAD_COLUMNS " FROM sim m JOIN subscriber s ON s.msisdn = m.msisdn WHERE imsi = ?1") \
	X(CONVERSATION_PUT, "INSERT INTO conversation (msisdn, short_code, session, until, late) VALUES (?1, ?2, ?3, ?4, ?5)" \
	  " ON CONFLICT (msisdn, short_code) DO UPDATE SET session = excluded.session, until = excluded.until, late = excluded.late") \
	X(CONVERSATION_REMOVE, "DELETE FROM conversation WHERE msisdn = ?1 AND short_code = ?2") \
	X(ANSWERED_PUT, "INSERT INTO answered (msisdn, short_code, digest, until) VALUES (?1, ?2, ?3, ?4)" \
	  " ON CONFLICT (msisdn, short_code) DO UPDATE SET digest = excluded.digest, until = excluded.until") \
	X(CONVERSATION_LATE, "SELECT short_code, late FROM conversation WHERE msisdn = ?1 AND late IS NOT NULL" \
	  " AND CAST(short_code AS INTEGER) = CAST(?2 AS INTEGER) LIMIT 1")

/* As used by subscription_read(), subscription_bind() and the administration files. */
#define SUBSCRIPTION_COLUMNS "service, state, since, trial_until, until, reminded, trial_ends"
#define SUBSCRIPTION_COLUMNS_OF(table) \
	table ".service, " table ".state, " table ".since, " table ".trial_until, " table ".until, " table ".reminded, " table \
	".trial_ends"
/* As used by service_read(). */
#define SERVICE_COLUMNS_OF(table) \
	table ".service, " table ".price, " table ".period, " table ".trial_days, " table ".activates_next_period, " table \
	".deactivates_next_period, " table ".account, " table ".brand, " table ".excludes, " table ".offered, " table ".family, " table \
	".trial_price, " table ".trial_ends"
#define SERVICE_COLUMNS SERVICE_COLUMNS_OF("v")
/* Codes separated by blanks: the services of ?1, and the services that these exclude. \a but: a condition on o.service, or "". */
#define HELD_SERVICES(but) \
	"(SELECT group_concat(o.service, ' ') FROM subscription o WHERE o.msisdn = ?1" but ")," \
	" (SELECT group_concat(e.excludes, ' ') FROM subscription o JOIN service e ON e.service = o.service" \
	" WHERE o.msisdn = ?1" but ")"

#define SUBSCRIPTION_STATEMENTS(X) \
	X(SERVICE, "SELECT " SERVICE_COLUMNS " FROM service v WHERE service = ?1") \
	X(SUBSCRIPTIONS_HELD, "SELECT " SUBSCRIPTION_COLUMNS_OF("o") ", " SERVICE_COLUMNS " FROM subscription o" \
	  " JOIN service v ON v.service = o.service WHERE msisdn = ?1 ORDER BY o.service") \
	X(SUBSCRIPTION_WRITE, "INSERT INTO subscription (msisdn, " SUBSCRIPTION_COLUMNS ", due)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (msisdn, service) DO UPDATE SET" \
	  " state = excluded.state, since = excluded.since, trial_until = excluded.trial_until, until = excluded.until," \
	  " reminded = excluded.reminded, trial_ends = excluded.trial_ends, due = excluded.due") \
	X(SUBSCRIPTION_REMOVE, "DELETE FROM subscription WHERE msisdn = ?1 AND service = ?2")

/* As used by order_row_read(). */
#define ORDER_COLUMNS \
	"id, msisdn, kind, ref, service, effective, trial_until, own, state, reason IS NOT DISTINCT FROM 'other_owner' OR EXISTS" \
	" (SELECT 1 FROM subscriber s WHERE s.msisdn = orders.msisdn AND orders.id <= s.orders_after)," \
	" price, period, attempts, instead, trial_price, trial_ends, coalesce(backend, ''), coalesce(form, ''), ticket"

/* Only the oldest accepted order of a subscriber to billing, or to a backend, has a due time. Later ones have none until it is complete,
 * so that finding due orders costs the same however many are waiting. */
#define ORDER_STATEMENTS(X) \
	X(ORDER_ADD, "INSERT INTO orders (ref, msisdn, kind, service, price, period, effective, state, accepted, due, own," \
	  " trial_until, ended, instead, trial_price, trial_ends, backend, sent, form, ticket)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10," \
	  " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)") \
	X(ORDER, "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ?1") \
	/* ACCOUNT_PART_CREDITS */ \
	X(CREDITS, "SELECT " ORDER_COLUMNS " FROM orders WHERE msisdn = ?1 AND ticket IS NOT NULL AND accepted >= ?2") \
	X(ORDER_END, "UPDATE orders SET state = ?2, reason = ?3, ended = ?4 WHERE id = ?1") \
	X(ORDER_DUE, "UPDATE orders SET due = ?2, attempts = ?3 WHERE id = ?1 AND state = 'accepted'") \
	X(ORDER_LATER, "UPDATE orders SET due = ?2, attempts = attempts + 1 WHERE id = ?1 AND state = 'accepted'") \
	X(ORDER_RELEASE, "UPDATE orders SET state = ?2, due = ?3, attempts = ?4, effective = ?5, trial_until = ?6, ended = NULL," \
	  " reason = NULL WHERE id = ?1") \
	X(ORDERS_REMOVE, "DELETE FROM orders WHERE msisdn = ?1") \
	X(ORDERS_DEAD, "UPDATE orders SET state = 'dead', reason = ?2, ended = CASE WHEN state = 'accepted' THEN accepted ELSE ended END" \
	  " WHERE msisdn = ?1 AND (state = 'accepted' OR (state = 'dead' AND reason = '" ORDER_REASON_VANISHED "'))") \
	X(ORDERS_RETURN, "UPDATE orders SET state = 'accepted', reason = NULL, ended = NULL," \
	  " due = CASE WHEN id = f.first THEN ?2 ELSE ?3 END" \
	  " FROM (SELECT min(id) AS first FROM orders WHERE msisdn = ?1 AND state = 'dead' AND reason = '" ORDER_REASON_VANISHED "') f" \
	  " WHERE msisdn = ?1 AND state = 'dead' AND reason = '" ORDER_REASON_VANISHED "'") \
	X(IN_FLIGHT, "SELECT id, kind, service, due, attempts, 0, instead, backend FROM orders WHERE msisdn = ?1 AND state = 'accepted'" \
	  " ORDER BY id") \
	X(NOTIFICATION_ADD, "INSERT INTO notification (msisdn, kind, facts, due, expires, latest, stays)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)") \
	X(NOTIFICATION_DROP, "DELETE FROM notification WHERE id = ?1 AND stays = 0") \
	/* ?3, ?4: when it ended, and until when it stays */ \
	X(NOTIFICATION_END, "UPDATE notification SET sending = ?2, ended = ?3, expires = ?4 WHERE id = ?1 AND ended IS NULL") \
	X(NOTIFICATION_LATER, "UPDATE notification SET due = ?2, attempts = attempts + ?3 WHERE id = ?1 AND ended IS NULL") \
	X(NOTIFICATION_WITHDRAW, "DELETE FROM notification WHERE msisdn = ?1 AND kind = ?2 AND stays = 0" \
	  " AND (?3 IS NULL OR instr(facts, ?3) > 0)") \
	X(NOTIFICATION_WITHDRAWN, "UPDATE notification SET sending = 'withdrawn', ended = ?3, expires = ?4" \
	  " WHERE msisdn = ?1 AND kind = ?2 AND ended IS NULL") \
	X(PREFERENCES, "SELECT " PREFERENCE_COLUMNS " FROM preference p WHERE msisdn = ?1 AND about IN ('', ?2)") \
	X(PREFERENCE_PUT, "INSERT INTO preference (msisdn, kind, about, choice, threshold, since, last, after)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (msisdn, kind, about) DO UPDATE SET choice = excluded.choice," \
	  " threshold = excluded.threshold, since = excluded.since, last = excluded.last, after = excluded.after") \
	X(PREFERENCES_REMOVE, "DELETE FROM preference WHERE msisdn = ?1") \
	X(EVENT, "SELECT digest, done FROM event WHERE source = ?1 AND id = ?2") \
	X(EVENT_ADD, "INSERT INTO event (source, id, digest, msisdn, kind, time, received, done, notification)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)") \
	X(EVENTS_REMOVE, "DELETE FROM event WHERE msisdn = ?1") \
	X(PROPOSAL, "SELECT msisdn, until, service, shown, reply, order_ref, code, tries FROM proposal WHERE number = ?1") \
	/* An event that came long ago, and again under the same id, replaces its old proposal. */ \
	X(PROPOSAL_ADD, "REPLACE INTO proposal (number, source, id, msisdn, until, service, terms, shown, reply, tries)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', 0)") \
	X(PROPOSAL_PUT, "UPDATE proposal SET reply = ?2, order_ref = ?3, code = ?4, tries = ?5 WHERE number = ?1") \
	X(PROPOSALS_REMOVE, "DELETE FROM proposal WHERE msisdn = ?1") \
	X(TICKET_PUT, "INSERT INTO ticket (msisdn, " TICKET_COLUMNS ") VALUES (?1, ?, ?, ?, ?" TICKET_PLACES ")" \
	  " ON CONFLICT (msisdn, number) DO UPDATE SET state = excluded.state" TICKET_CHANGES) \
	X(TICKET_ENTRY_ADD, "INSERT INTO ticket_entry (msisdn, number, position, time, event, staff, terms, text)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
	X(TICKETS_FORMER, "UPDATE ticket SET former = 1 WHERE msisdn = ?1") \
	X(TICKET_ENTRIES_REMOVE, "DELETE FROM ticket_entry WHERE msisdn = ?1") \
	X(TICKETS_REMOVE, "DELETE FROM ticket WHERE msisdn = ?1") \
	X(ACCESS_ADD, "INSERT INTO access (msisdn, time, staff) VALUES (?1, ?2, ?3)") \
	X(ACCESSES_REMOVE, "DELETE FROM access WHERE msisdn = ?1") \
	X(SURVEY_COUNT, "INSERT INTO survey (day, about, channel, score, count) VALUES (?1, ?2, ?3, ?4, 1)" \
	  " ON CONFLICT (day, about, channel, score) DO UPDATE SET count = survey.count + 1") \
	X(CONSENT_HEAD, "SELECT epoch, sequence, hash FROM consent_head WHERE msisdn = ?1") \
	X(CONSENT_ADD, "INSERT INTO consent (msisdn, sequence, epoch, time, ref, kind, service, channel, trust, shown, answered," \
	  " key, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)") \
	X(CONSENT_HEAD_SET, "INSERT INTO consent_head (msisdn, sequence, hash) VALUES (?1, ?2, ?3)" \
	  " ON CONFLICT (msisdn) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash") \
	X(CONSENT_ANCHORED_SET, "UPDATE consent_anchored SET id = ?1 WHERE id < ?1")

/* As used by password_read() and password_bind(). */
#define PASSWORD_COLUMNS \
	"tries, locks, locked_until, untrusted_tries, untrusted_locks, untrusted_until, temporary, hash, past"

#define PASSWORD_CHANGES \
	"tries = excluded.tries, locks = excluded.locks, locked_until = excluded.locked_until," \
	" untrusted_tries = excluded.untrusted_tries, untrusted_locks = excluded.untrusted_locks," \
	" untrusted_until = excluded.untrusted_until, temporary = excluded.temporary, hash = excluded.hash, past = excluded.past"

#define PASSWORD_STATEMENTS(X) \
	X(PASSWORD, "SELECT " PASSWORD_COLUMNS ", id_pieces FROM password WHERE msisdn = ?1") \
	X(PASSWORD_WRITE, "INSERT INTO password (msisdn, " PASSWORD_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)" \
	  " ON CONFLICT (msisdn) DO UPDATE SET " PASSWORD_CHANGES)

/* Behind the number: the fields of a reminder, and the preference. */
#define REMINDED_COLUMNS \
	"s.account, s.status, s.balance, s.owed, s.valid_until, s.pay_by, s.bill_month, s.as_of, " PREFERENCE_COLUMNS

/* ?1: today or now; each handles at most 64 rows. */
#define HOUSEKEEP_STATEMENTS(X) \
	X(SUBSCRIPTION_DUE, "SELECT msisdn, service FROM subscription WHERE due <= ?1 ORDER BY due LIMIT 1") \
	/* ?3, ?4: sizes in a working set; longer values are pruned a day later */ \
	X(UNANSWERED, "SELECT msisdn, short_code FROM conversation WHERE late IS NOT NULL AND until <= ?1 AND until > ?2" \
	  " AND length(CAST(short_code AS BLOB)) < ?3 AND length(CAST(late AS BLOB)) <= ?4 LIMIT 1") \
	X(CONVERSATIONS_PRUNE, "DELETE FROM conversation WHERE (msisdn, short_code) IN (SELECT msisdn, short_code FROM conversation" \
	  " WHERE until <= ?1 AND late IS NULL LIMIT 64)") \
	X(UNANSWERED_PRUNE, "DELETE FROM conversation WHERE (msisdn, short_code) IN (SELECT msisdn, short_code FROM conversation" \
	  " WHERE until <= ?1 AND late IS NOT NULL LIMIT 64)") \
	X(ANSWERED_PRUNE, "DELETE FROM answered WHERE (msisdn, short_code) IN (SELECT msisdn, short_code FROM answered" \
	  " WHERE until <= ?1 LIMIT 64)") \
	X(NOTIFICATIONS_EXPIRE, "UPDATE notification SET sending = 'expired', ended = ?1, expires = ?2 WHERE id IN (SELECT id" \
	  " FROM notification WHERE expires <= ?1 AND stays <> 0 AND ended IS NULL ORDER BY expires LIMIT 64)") \
	X(NOTIFICATIONS_PRUNE, "DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE expires <= ?1" \
	  " AND (ended IS NOT NULL OR stays = 0) ORDER BY expires LIMIT 64)") \
	X(EVENTS_PRUNE, "DELETE FROM event WHERE (source, id) IN (SELECT source, id FROM event WHERE received < ?1 ORDER BY received" \
	  " LIMIT 64)") \
	X(PROPOSALS_PRUNE, "DELETE FROM proposal WHERE number IN (SELECT number FROM proposal WHERE until < ?1 ORDER BY until LIMIT 64)") \
	X(TICKET_DUE, "SELECT msisdn, number FROM ticket WHERE due BETWEEN 1 AND ?1 ORDER BY due LIMIT 1") \
	X(TICKETS_OWED, "SELECT count(*) FROM (SELECT 1 FROM ticket WHERE closed = 0 AND former = 0" \
	  " AND owed_by BETWEEN ?1 AND ?2 LIMIT ?3) AS few") \
	X(TICKETS_PRUNE, "DELETE FROM ticket WHERE (msisdn, number) IN (SELECT msisdn, number FROM ticket" \
	  " WHERE closed BETWEEN 1 AND ?1 - 1 ORDER BY closed LIMIT 64)") \
	X(ACCESSES_PRUNE, "DELETE FROM access WHERE id IN (SELECT id FROM access WHERE time < ?1 ORDER BY time LIMIT 64)") \
	X(TICKETS_UNOWED_PRUNE, "DELETE FROM ticket WHERE (msisdn, number) IN (SELECT msisdn, number FROM ticket" \
	  " WHERE closed = 0 AND touched < ?1 AND (owed_by = 0 OR former <> 0) ORDER BY touched LIMIT 64)") \
	/* ?1: the last one looked at, ?2: how many accounts */ \
	X(REMINDERS_OF_DATA, "SELECT s.msisdn, " REMINDED_COLUMNS \
	  " FROM (SELECT * FROM subscriber WHERE msisdn > ?1 ORDER BY msisdn LIMIT ?2) s" \
	  " LEFT JOIN preference p ON p.msisdn = s.msisdn AND p.about = '' ORDER BY s.msisdn") \
	X(REMINDERS_CHOSEN, "SELECT c.msisdn, " REMINDED_COLUMNS \
	  " FROM (SELECT msisdn FROM preference WHERE kind = ?3 AND choice = 'on' AND msisdn > ?1 ORDER BY msisdn" \
	  " LIMIT ?2) c LEFT JOIN subscriber s ON s.msisdn = c.msisdn JOIN preference p ON p.msisdn = c.msisdn" \
	  " AND p.kind = ?3 AND p.about = '' ORDER BY c.msisdn") \
	X(REMINDER_SEARCH, "SELECT msisdn, began FROM reminder_search WHERE name = ?1") \
	X(REMINDER_SEARCH_SET, "INSERT INTO reminder_search VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET" \
	  " msisdn = excluded.msisdn, began = excluded.began") \
	X(NOTIFICATIONS_MANY, "SELECT 1 FROM notification WHERE ended IS NULL AND kind = ?1 LIMIT 1 OFFSET ?2") \
	X(BARRED_PRUNE, "DELETE FROM barred WHERE id IN (SELECT id FROM barred WHERE until > 0 AND until < ?1 ORDER BY until LIMIT 64)") \
	X(BARRED_BEFORE_PRUNE, "DELETE FROM barred_before WHERE id IN (SELECT id FROM barred_before WHERE changed < ?1" \
	  " ORDER BY changed LIMIT 64)") \
	X(REPLAYS_PRUNE, "DELETE FROM replay WHERE id IN (SELECT id FROM replay ORDER BY id LIMIT 64) AND time < ?1") \
	/* Not for each piece: a minute's difference does not matter. */ \
	X(CLOCK_SAVE, "INSERT INTO clock VALUES (0, ?1) ON CONFLICT (id) DO UPDATE SET believed = excluded.believed" \
	  " WHERE excluded.believed - clock.believed NOT BETWEEN 0 AND 50") \
	X(PRUNED, "SELECT count, allowed FROM pruned WHERE kind = ?1 AND day = ?2") \
	X(PRUNED_SAVE, "INSERT INTO pruned VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind) DO UPDATE SET day = excluded.day," \
	  " count = excluded.count, allowed = excluded.allowed") \
	/* Ids have no gaps except for retained older rows, so this is as good as a count and as fast as a look-up. */ \
	X(ORDERS_COUNT, "SELECT (SELECT max(id) FROM orders) - (SELECT min(id) FROM orders) + 1") \
	X(CONSENT_COUNT, "SELECT (SELECT max(id) FROM consent) - (SELECT min(id) FROM consent) + 1") \
	X(LEDGER_COUNT, "SELECT (SELECT max(id) FROM ledger) - (SELECT min(id) FROM ledger) + 1") \
	X(ORDERS_PRUNE, "DELETE FROM orders WHERE id IN (SELECT id FROM orders ORDER BY id LIMIT ?2) AND accepted < ?1" \
	  " AND state <> 'accepted'") \
	X(VANISHED_SUBSCRIPTIONS_PRUNE, "DELETE FROM vanished_subscription WHERE msisdn IN (SELECT msisdn FROM vanished" \
	  " WHERE time < ?1 ORDER BY time LIMIT 64)") \
	X(PREFERENCES_PRUNE, "DELETE FROM preference WHERE msisdn IN (SELECT msisdn FROM vanished WHERE time < ?1 ORDER BY time LIMIT 64)" \
	  " AND NOT EXISTS (SELECT 1 FROM subscriber s WHERE s.msisdn = preference.msisdn)") \
	X(VANISHED_PRUNE, "DELETE FROM vanished WHERE msisdn IN (SELECT msisdn FROM vanished WHERE time < ?1 ORDER BY time" \
	  " LIMIT 64)") \
	X(LEDGER_OLD, "SELECT id, hash, time < ?1 FROM ledger ORDER BY id LIMIT 65") \
	X(LEDGER_CUT, "DELETE FROM ledger WHERE id <= ?1") \
	X(LEDGER_ROOT, "UPDATE ledger_root SET hash = ?1") \
	X(CONSENTS_OLD, "SELECT id, time < ?1, msisdn, sequence, hash FROM consent ORDER BY id LIMIT ?2") \
	X(CONSENTS_CUT, "DELETE FROM consent WHERE id <= ?1") \
	X(CONSENT_ROOT, "UPDATE consent_head SET root_sequence = ?2, root_hash = ?3, root_id = ?4, root_key = ?5, root_seal = ?6" \
	  " WHERE msisdn = ?1")

#define UPDATE_STATEMENTS(X) \
	X(HEAD_MERGED, "SELECT" HEAD_COLUMNS ", owner, " AGE_COLUMNS("s") ", EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = s.msisdn" \
	  " AND (o.state = 'accepted' OR o.ended >= ?2) AND o.id > s.orders_after) FROM subscriber s WHERE msisdn = ?1") \
	X(BILL_KNOWN, "SELECT 1 FROM bill WHERE msisdn = ?1 AND month = ?2") \
	X(VANISHED, "SELECT " PASSWORD_COLUMNS ", id_pieces, owner, language, time, hash IS NOT NULL FROM vanished WHERE msisdn = ?1") \
	X(VANISHED_SUBSCRIPTIONS, "SELECT service, state, since, trial_until, until, 0, trial_ends FROM vanished_subscription" \
	  " WHERE msisdn = ?1") \
	X(VANISHED_PUT, "INSERT INTO vanished (msisdn, " PASSWORD_COLUMNS ", id_pieces, owner, language, time," \
	  " orders_after, consents_after, epoch) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14," \
	  " orders_after, consents_after, (SELECT epoch FROM consent_head WHERE msisdn = ?1) FROM subscriber WHERE msisdn = ?1" \
	  " ON CONFLICT (msisdn) DO UPDATE SET " PASSWORD_CHANGES ", id_pieces = excluded.id_pieces, owner = excluded.owner," \
	  " language = excluded.language, time = excluded.time, orders_after = excluded.orders_after," \
	  " consents_after = excluded.consents_after, epoch = excluded.epoch") \
	X(VANISHED_SUBSCRIPTION_PUT, "INSERT INTO vanished_subscription (msisdn, service, state, since, trial_until, until, trial_ends)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8)") \
	X(VANISHED_MARKS, "UPDATE subscriber SET orders_after = v.orders_after, consents_after = v.consents_after" \
	  " FROM vanished v WHERE v.msisdn = ?1 AND subscriber.msisdn = ?1") \
	X(VANISHED_EPOCH, "UPDATE consent_head SET epoch = v.epoch FROM vanished v WHERE v.msisdn = ?1 AND consent_head.msisdn = ?1" \
	  " AND v.epoch IS NOT NULL AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.msisdn = ?1 AND c.epoch > v.epoch)") \
	X(VANISHED_REMOVE, "DELETE FROM vanished WHERE msisdn = ?1") \
	X(VANISHED_SUBSCRIPTIONS_REMOVE, "DELETE FROM vanished_subscription WHERE msisdn = ?1") \
	X(SERVICE_KNOWN, "SELECT 1 FROM service WHERE service = ?1") \
	X(SERVICE_NAME, "INSERT INTO service (service, price, period, offered) VALUES (?1, 0, '', 0) ON CONFLICT (service) DO NOTHING") \
	/* Orders of the current owner that an update as of ?2 may not know. */ \
	X(ORDERS_UNSEEN, "SELECT id, kind, service, due, attempts, CASE WHEN state = 'accepted' THEN 0 ELSE ended END, instead, backend" \
	  " FROM orders WHERE msisdn = ?1" \
	  " AND (state = 'accepted' OR ended >= ?2)" \
	  " AND id > coalesce((SELECT orders_after FROM subscriber s WHERE s.msisdn = orders.msisdn), 0)") \
	X(ACCOUNT_ADD, "INSERT INTO subscriber (msisdn, account, brand, status, language, services, owner, as_of, bills_as_of," \
	  " points_as_of, services_as_of, bill_month, bill_total, points, orders_after, consents_after" FACT_COLUMNS ") VALUES (?1," \
	  " coalesce(?2, ''), coalesce(?3, ''), coalesce(?4, 'active'), coalesce(?5, ''), coalesce(?14, ''), ?6, ?7, nullif(?8, ?7)," \
	  " nullif(?9, ?7), nullif(?10, ?7), ?11, ?12, ?13," \
	  /* a staged row gets the values of the served one */ \
	  " coalesce((SELECT orders_after FROM main.subscriber WHERE msisdn = ?1), (SELECT max(id) FROM orders), 0)," \
	  " coalesce((SELECT consents_after FROM main.subscriber WHERE msisdn = ?1), (SELECT max(id) FROM ledger), 0)" FACT_PLACES ")") \
	X(ACCOUNT_REMOVE, "DELETE FROM subscriber WHERE msisdn = ?1") \
	X(CLEAR_CONVERSATIONS, "DELETE FROM conversation WHERE msisdn = ?1") \
	X(CLEAR_ANSWERED, "DELETE FROM answered WHERE msisdn = ?1") \
	X(CLEAR_NOTIFICATIONS, "DELETE FROM notification WHERE msisdn = ?1") \
	X(CLEAR_PASSWORD, "DELETE FROM password WHERE msisdn = ?1") \
	/* not by the foreign key: starhash-data works without foreign keys */ \
	X(CLEAR_CHARGES, "DELETE FROM bill_line WHERE msisdn = ?1") \
	X(CLEAR_BILLS, "DELETE FROM bill WHERE msisdn = ?1") \
	X(CLEAR_POINTS, "DELETE FROM points_entry WHERE msisdn = ?1") \
	X(CLEAR_SUBSCRIPTIONS, "DELETE FROM subscription WHERE msisdn = ?1") \
	X(CLEAR_FACTS, "UPDATE subscriber SET services = '', language = ''" FACT_NULLS \
	  ", bill_month = NULL, bill_total = NULL, points = NULL, as_of = 0, bills_as_of = 0, points_as_of = 0," \
	  " services_as_of = 0, orders_after = (SELECT coalesce(max(id), 0) FROM orders)," \
	  " consents_after = (SELECT coalesce(max(id), 0) FROM ledger) WHERE msisdn = ?1") \
	X(CLEAR_CONSENTS, "UPDATE consent_head SET epoch = epoch + 1 WHERE msisdn = ?1") \
	X(CLEAR_SIMS, "DELETE FROM sim WHERE msisdn = ?1") \
	X(PROFILE_SET, "UPDATE subscriber SET account = coalesce(?2, account), brand = coalesce(?3, brand)," \
	  " status = coalesce(?4, status), language = coalesce(?5, language)," \
	  " bill_month = CASE WHEN (?6 & 1) <> 0 THEN ?7 ELSE bill_month END," \
	  " bill_total = CASE WHEN (?6 & 2) <> 0 THEN ?8 ELSE bill_total END," \
	  " points = CASE WHEN (?6 & 4) <> 0 THEN ?9 ELSE points END, as_of = ?10," \
	  /* the other kinds retain the age that they had from as_of */ \
	  " bills_as_of = coalesce(bills_as_of, as_of), points_as_of = coalesce(points_as_of, as_of)," \
	  " services_as_of = coalesce(services_as_of, as_of)" FACT_CHANGES " WHERE msisdn = ?1") \
	X(OWNER, "UPDATE subscriber SET owner = ?2 WHERE msisdn = ?1") \
	X(BILLED, "UPDATE subscriber SET bill_month = CASE WHEN (?2 & 1) <> 0 THEN ?3 ELSE bill_month END," \
	  " bill_total = CASE WHEN (?2 & 2) <> 0 THEN ?4 ELSE bill_total END WHERE msisdn = ?1") \
	X(POINTS_SET, "UPDATE subscriber SET points = ?2 WHERE msisdn = ?1") \
	X(BILLS_AGE, "UPDATE subscriber SET bills_as_of = ?2 WHERE msisdn = ?1 AND coalesce(bills_as_of, as_of) <> ?2") \
	X(POINTS_AGE, "UPDATE subscriber SET points_as_of = ?2 WHERE msisdn = ?1 AND coalesce(points_as_of, as_of) <> ?2") \
	X(SERVICES_AGE, "UPDATE subscriber SET services_as_of = ?2 WHERE msisdn = ?1 AND coalesce(services_as_of, as_of) <> ?2") \
	X(BILL_PUT, "INSERT INTO bill (msisdn, month, total) VALUES (?1, ?2, ?3)" \
	  " ON CONFLICT (msisdn, month) DO UPDATE SET total = excluded.total") \
	X(CHARGE_PUT, "INSERT INTO bill_line (msisdn, month, position, item, amount" LINE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5" \
	  LINE_PLACES ")" \
	  " ON CONFLICT (msisdn, month, position) DO UPDATE SET item = excluded.item, amount = excluded.amount" LINE_FACTS(LINE_SET)) \
	X(POINTS_PUT, "INSERT INTO points_entry (msisdn, position, date, change, reason) VALUES (?1, ?2, ?3, ?4, ?5)" \
	  " ON CONFLICT (msisdn, position) DO UPDATE SET date = excluded.date, change = excluded.change, reason = excluded.reason") \
	X(PASSWORD_FILL, "INSERT INTO password (msisdn, hash, id_pieces) VALUES (?1, coalesce(?2, ''), ?3)" \
	  " ON CONFLICT (msisdn) DO UPDATE SET hash = CASE WHEN password.hash = '' THEN excluded.hash ELSE password.hash END," \
	  " id_pieces = coalesce(excluded.id_pieces, password.id_pieces)") \
	X(SIMS_KEEP, "DELETE FROM sim WHERE msisdn = ?1 AND imsi IS DISTINCT FROM ?2 AND imsi IS DISTINCT FROM ?3") \
	X(SIM_SET, "INSERT INTO sim VALUES (?1, ?2) ON CONFLICT (imsi) DO UPDATE SET msisdn = excluded.msisdn" \
	  " WHERE sim.msisdn <> excluded.msisdn") \
	X(PASSWORD_HASH, "INSERT INTO password (msisdn, hash, id_pieces) VALUES (?1, ?2, ?3)" \
	  " ON CONFLICT (msisdn) DO UPDATE SET hash = excluded.hash, tries = 0, locks = 0, locked_until = NULL, untrusted_tries = 0," \
	  " untrusted_locks = 0, untrusted_until = NULL") \
	X(ID_PIECES, "UPDATE password SET id_pieces = ?2 WHERE msisdn = ?1") \
	X(CATALOGUE_EMPTY, "DELETE FROM catalogue") \
	X(CATALOGUE_ADD, "INSERT INTO catalogue VALUES (?1, ?2, ?3, ?4)") \
	X(BAR, "INSERT OR REPLACE INTO barred (number, since, until, reason, staff) VALUES (?1, ?2, ?3, ?4, ?5)") \
	/* A tool's clock may be wrong. */ \
	X(BAR_REPLACED, "INSERT INTO barred_before SELECT " BAR_COLUMNS ", (SELECT max(at) FROM (SELECT ?2 AS at" \
	  " UNION ALL SELECT believed FROM clock) times), ?3 FROM barred WHERE number = ?1") \
	X(RETENTION_KEEP, "INSERT INTO retention VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET days = excluded.days") \
	X(ADD_SERVICE, "INSERT INTO service (service, family, price, period, trial_days, activates_next_period," \
	  " deactivates_next_period, account, brand, excludes, trial_price, trial_ends)" \
	  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)" \
	  " ON CONFLICT (service) DO UPDATE SET family = excluded.family, price = excluded.price, period = excluded.period," \
	  " trial_days = excluded.trial_days, activates_next_period = excluded.activates_next_period," \
	  " deactivates_next_period = excluded.deactivates_next_period, account = excluded.account, brand = excluded.brand," \
	  " excludes = excluded.excludes, trial_price = excluded.trial_price, trial_ends = excluded.trial_ends," \
	  " offered = 1") \
	/* A service as an import describes it. */ \
	X(SERVICE_FEED, "INSERT INTO service (service, price, period, account, brand) VALUES (?1, ?2, ?3, ?4, ?5)" \
	  " ON CONFLICT (service) DO UPDATE SET price = excluded.price, period = excluded.period," \
	  " account = excluded.account, brand = excluded.brand, offered = 1") \
	X(WITHDRAW, "UPDATE service SET offered = 0")

#define WRITE_STATEMENTS(X) \
	REFERENCE_STATEMENTS(X) \
	SUBSCRIBER_STATEMENTS(X) \
	SUBSCRIPTION_STATEMENTS(X) \
	ORDER_STATEMENTS(X) \
	PASSWORD_STATEMENTS(X) \
	HOUSEKEEP_STATEMENTS(X) \
	UPDATE_STATEMENTS(X)

enum sql {
#define X(name, sql) SQL_##name,
	READ_STATEMENTS(X)
	SQL_READ_COUNT,
	SQL_BEFORE_WRITE = SQL_READ_COUNT - 1,
	WRITE_STATEMENTS(X)
#undef X
	SQL_COUNT
};

#define SQL_OWN_MAX 24		/* a driver's own statements, numbered from SQL_COUNT on */
