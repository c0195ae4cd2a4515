/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of the account database, and the migration from version 3. Columns of plain facts come from FIELDS and LINE_FACTS.
 *
 * A subscriber's key is the MSISDN as a number, so that all rows of one subscriber are adjacent in each table and a look-up follows one
 * path of the tree, however many subscribers there are. IMSIs are numbers, too. Secrets have a separate table, so that the rows read by
 * every dialog stay small. */
#include <stdio.h>
#include <string.h>

#include "starhash/stored.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"

#define SUBSCRIPTION_TABLE \
	"CREATE TABLE subscription (" \
	"  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE," \
	"  service TEXT NOT NULL REFERENCES service," \
	"  since INTEGER NOT NULL,"			/* yyyymmdd */ \
	"  state TEXT NOT NULL DEFAULT 'active',"	/* active, trial, activating, deactivating */ \
	"  trial_until INTEGER,"			/* yyyymmdd */ \
	"  trial_ends TEXT," \
	"  until INTEGER,"				/* yyyymmdd: if deactivating, its last day */ \
	"  reminded INTEGER NOT NULL DEFAULT 0,"	/* the trial's end was announced */ \
	/* The first day on which it needs housekeeping, yyyymmdd: subscription_due(). 0: to be determined; NULL: never. */ \
	"  due INTEGER," \
	"  PRIMARY KEY (msisdn, service)" \
	") STRICT, WITHOUT ROWID;" \
	"CREATE INDEX subscription_due ON subscription (due) WHERE due IS NOT NULL;"

#define ORDERS_DUE_INDEXES \
	"CREATE INDEX orders_due ON orders (due) WHERE state = 'accepted' AND backend IS NULL;" \
	"CREATE INDEX orders_backend_due ON orders (due) WHERE state = 'accepted' AND backend IS NOT NULL;"

#define NOTIFICATION_INDEXES \
	"CREATE INDEX notification_due ON notification (kind, due) WHERE ended IS NULL;" \
	"CREATE INDEX notification_latest ON notification (kind, latest) WHERE ended IS NULL AND latest IS NOT NULL;" \
	"CREATE INDEX notification_expires ON notification (expires);" \
	"CREATE INDEX notification_of ON notification (msisdn, kind);"

/* Tables that version 3 has, too, in their present form. */
static const char existing[] =
	"CREATE TABLE subscriber ("
	"  msisdn INTEGER PRIMARY KEY,"
	"  account TEXT NOT NULL,"			/* prepaid, postpaid */
	"  brand TEXT NOT NULL,"
	"  status TEXT NOT NULL,"			/* active, suspended */
	"  language TEXT NOT NULL,"			/* ISO 639-1 */
	"  services TEXT NOT NULL DEFAULT '',"		/* codes of subscription, separated by blanks, maintained by the writer */
	"  bill_month INTEGER,"				/* yyyymm: last billed; later bills are not final. NULL: unknown, here and below */
	"  bill_total INTEGER,"				/* minor units */
	"  points INTEGER,"
	"  as_of INTEGER NOT NULL,"			/* seconds since 1970 */
	/* Data with an age of their own; NULL: as old as as_of. */
	"  bills_as_of INTEGER,"
	"  points_as_of INTEGER,"
	"  services_as_of INTEGER,"
	"  owner TEXT,"					/* billing's customer number */
	/* Orders and consents up to these ids belong to a former owner: retained, but shown to nobody. */
	"  orders_after INTEGER NOT NULL DEFAULT 0,"
	"  consents_after INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE TABLE sim ("
	"  imsi INTEGER PRIMARY KEY,"
	"  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE"
	") STRICT;"
	"CREATE INDEX sim_of ON sim (msisdn);"		/* for updates, and for removing a subscriber */
	"CREATE TABLE password ("
	"  msisdn INTEGER PRIMARY KEY REFERENCES subscriber ON DELETE CASCADE,"
	"  hash TEXT NOT NULL,"
	"  tries INTEGER NOT NULL DEFAULT 0,"		/* wrong attempts since the last right one; locked at the limit */
	"  locks INTEGER NOT NULL DEFAULT 0,"		/* since the last right one */
	"  locked_until INTEGER,"			/* seconds since 1970; the largest number: until released */
	/* F34: attempts over links that do not authenticate subscribers are counted and locked separately, so that forged texts cannot
	 * prevent a subscriber from suspending a lost phone. */
	"  untrusted_tries INTEGER NOT NULL DEFAULT 0,"
	"  untrusted_locks INTEGER NOT NULL DEFAULT 0,"
	"  untrusted_until INTEGER,"
	"  temporary INTEGER NOT NULL DEFAULT 0,"
	"  past TEXT NOT NULL DEFAULT '',"		/* hashes, newest first, separated by blanks */
	"  id_pieces TEXT"				/* of the identity number, keyed (A71); NULL: unknown */
	") STRICT;"
	"CREATE TABLE bill ("
	"  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
	"  month INTEGER NOT NULL,"			/* yyyymm */
	"  total INTEGER NOT NULL,"
	"  PRIMARY KEY (msisdn, month)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE bill_line ("
	"  msisdn INTEGER NOT NULL,"
	"  month INTEGER NOT NULL,"
	"  position INTEGER NOT NULL,"
	"  item TEXT NOT NULL,"
	"  amount INTEGER NOT NULL,"
	"  PRIMARY KEY (msisdn, month, position),"
	"  FOREIGN KEY (msisdn, month) REFERENCES bill ON DELETE CASCADE"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE points_entry ("
	"  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
	"  position INTEGER NOT NULL,"
	"  date INTEGER NOT NULL,"			/* yyyymmdd */
	"  change INTEGER NOT NULL,"
	"  reason TEXT NOT NULL,"
	"  PRIMARY KEY (msisdn, position)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE service ("
	"  service TEXT PRIMARY KEY,"
	"  family TEXT,"
	"  price INTEGER NOT NULL,"
	"  period TEXT NOT NULL,"			/* day, week, month, once */
	"  trial_days INTEGER NOT NULL DEFAULT 0,"
	"  trial_price INTEGER NOT NULL DEFAULT 0,"	/* of the whole trial */
	"  trial_ends TEXT,"				/* agreement, paid; NULL: unspecified, here and below */
	"  activates_next_period INTEGER NOT NULL DEFAULT 0,"
	"  deactivates_next_period INTEGER NOT NULL DEFAULT 0,"
	"  account TEXT,"				/* kind of account that may activate it; NULL: any */
	"  brand TEXT,"
	"  excludes TEXT NOT NULL DEFAULT '',"		/* codes separated by blanks */
	"  offered INTEGER NOT NULL DEFAULT 1"		/* 0: only for existing subscriptions */
	") STRICT, WITHOUT ROWID;"
	SUBSCRIPTION_TABLE
	"CREATE TABLE conversation ("			/* saved conversations by short message, which survive a restart */
	"  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
	"  short_code TEXT NOT NULL,"
	"  session BLOB NOT NULL,"			/* state of the menu engine */
	"  until INTEGER NOT NULL,"			/* seconds since 1970 */
	"  late TEXT,"					/* text to send if the question expires; NULL: none */
	"  PRIMARY KEY (msisdn, short_code)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX conversation_until ON conversation (until);"
	"CREATE INDEX conversation_late ON conversation (until) WHERE late IS NOT NULL;"
	/* Changes by reference number, to answer a repetition alike. Ids grow, so the oldest rows are found without an index on the
	 * time. */
	"CREATE TABLE replay ("
	"  id INTEGER PRIMARY KEY,"
	"  ref INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  result TEXT NOT NULL,"
	"  facts BLOB NOT NULL,"			/* a record */
	"  time INTEGER NOT NULL,"			/* seconds since 1970 */
	"  msisdn INTEGER,"				/* NULL: not recorded by version 3, so nobody gets its answer */
	"  UNIQUE (ref, kind)"
	") STRICT;"
	/* The orders of subscribers. Those in state "accepted" are the outbox to billing and to backends. */
	"CREATE TABLE orders ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"	/* grows: a subscriber's orders are delivered in this sequence */
	"  ref INTEGER NOT NULL,"
	"  msisdn INTEGER NOT NULL,"			/* remains when the subscriber is removed */
	"  kind TEXT NOT NULL,"				/* request_kind_name() */
	"  service TEXT,"
	"  instead TEXT,"				/* the service that is replaced; NULL: none */
	"  price INTEGER,"
	"  period TEXT,"
	"  effective INTEGER NOT NULL,"			/* yyyymmdd */
	/* The agreed trial belongs to the order, whatever happens to the subscription meanwhile. */
	"  trial_until INTEGER,"			/* last day, yyyymmdd */
	"  trial_price INTEGER,"			/* NULL: free of charge */
	"  trial_ends TEXT,"
	"  state TEXT NOT NULL,"			/* accepted, completed, refused, dead */
	"  reason TEXT,"
	"  accepted INTEGER NOT NULL,"			/* seconds since 1970, here and below */
	"  ended INTEGER,"
	"  attempts INTEGER NOT NULL DEFAULT 0,"
	"  due INTEGER NOT NULL,"			/* the largest number: waits for an older one to the same */
	"  own INTEGER NOT NULL DEFAULT 0,"		/* 1: placed by us at a trial's end */
	"  backend TEXT,"				/* to which it is sent; NULL: to billing */
	"  sent TEXT,"					/* what the backend is sent: JSON */
	"  form TEXT,"					/* of a credit: credit, voucher, bill, cash */
	"  ticket INTEGER,"				/* of a credit: number of its ticket */
	"  UNIQUE (ref, kind)"
	") STRICT;"
	ORDERS_DUE_INDEXES
	"CREATE INDEX orders_in_flight ON orders (msisdn, id) WHERE state = 'accepted';"
	"CREATE INDEX orders_of ON orders (msisdn, id);"
	/* Consents of version 3. Each hash covers the row and the hash before it. */
	"CREATE TABLE ledger ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  time INTEGER NOT NULL,"
	"  msisdn INTEGER NOT NULL,"
	"  ref INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  service TEXT NOT NULL,"			/* '' if none */
	"  channel TEXT NOT NULL,"
	"  shown TEXT NOT NULL,"
	"  answered TEXT NOT NULL,"
	"  hash BLOB NOT NULL"				/* BLAKE2b, 32 octets */
	") STRICT;"
	"CREATE INDEX ledger_of ON ledger (msisdn, id);"
	"CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END;"
	"CREATE TABLE ledger_root ("			/* the hash before the oldest row that retention has left */
	"  id INTEGER PRIMARY KEY CHECK (id = 0),"
	"  hash BLOB NOT NULL"
	") STRICT;"
	"INSERT INTO ledger_root VALUES (0, zeroblob(32));"
	"CREATE TABLE notification ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  msisdn INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  facts BLOB NOT NULL,"			/* a record */
	"  attempts INTEGER NOT NULL DEFAULT 0,"
	"  due INTEGER NOT NULL,"
	"  expires INTEGER NOT NULL,"			/* then it ends, or, when it has ended, is removed */
	"  latest INTEGER,"				/* must be sent by then, whatever the hour; NULL: whenever it can */
	"  stays INTEGER NOT NULL DEFAULT 0,"		/* listed after it has ended */
	"  ended INTEGER,"				/* NULL: it waits */
	"  sending TEXT"				/* when it has ended: sent, expired, withdrawn */
	") STRICT;"
	NOTIFICATION_INDEXES
	/* Imports: which files were read and how far, so that an import continues after a crash and no file counts twice. */
	"CREATE TABLE import ("
	"  id INTEGER PRIMARY KEY,"
	"  file TEXT NOT NULL,"
	"  digest BLOB NOT NULL,"			/* BLAKE2b of the files; empty: standard input */
	"  kind TEXT NOT NULL,"				/* snapshot, delta */
	"  lines INTEGER NOT NULL DEFAULT 0,"		/* accepted so far */
	"  rejected INTEGER NOT NULL DEFAULT 0,"
	"  older INTEGER NOT NULL DEFAULT 0,"		/* skipped because the stored data are newer; included in lines */
	"  offset INTEGER NOT NULL DEFAULT 0,"		/* octets read so far, over all files */
	"  line INTEGER NOT NULL DEFAULT 0,"		/* in the file that is being read */
	"  as_of INTEGER,"				/* of its newest data; NULL: none yet */
	"  state TEXT NOT NULL,"			/* running, switched, done, given up */
	"  began INTEGER NOT NULL,"
	"  ended INTEGER"
	") STRICT;";

/* Tables that version 3 lacks. */
static const char added[] =
	/* Reference numbers: this database's node, unless one is configured, and every boot identity drawn so far. */
	"CREATE TABLE identity ("
	"  id INTEGER PRIMARY KEY CHECK (id = 0),"
	"  node INTEGER NOT NULL"			/* 0 to 1023 */
	") STRICT;"
	"INSERT INTO identity VALUES (0, random() & 1023);"
	"CREATE TABLE boot ("
	"  boot INTEGER PRIMARY KEY,"
	"  time INTEGER NOT NULL"			/* seconds since 1970, for people */
	") STRICT;"
	/* The lease of the one writing process. */
	"CREATE TABLE lease ("
	"  id INTEGER PRIMARY KEY CHECK (id = 0),"
	"  epoch INTEGER NOT NULL,"			/* grows with each takeover */
	"  beat INTEGER NOT NULL,"			/* grows while the holder lives */
	"  holder BLOB,"				/* random, for each takeover; NULL: nobody */
	"  place TEXT NOT NULL,"			/* identifies the holder's system lock */
	"  process TEXT NOT NULL"			/* for people */
	") STRICT;"
	"INSERT INTO lease VALUES (0, 0, 0, NULL, '', '');"
	/* Consents, a sealed chain for each subscriber: see consent.h. The table "ledger" of version 3 is only read, until retention has
	 * emptied it. */
	"CREATE TABLE consent ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"	/* grows by one: sequence of anchors and of retention */
	"  msisdn INTEGER NOT NULL,"
	"  sequence INTEGER NOT NULL,"			/* from 1, per subscriber */
	"  epoch INTEGER NOT NULL,"
	"  time INTEGER NOT NULL,"			/* seconds since 1970 */
	"  ref INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  service TEXT NOT NULL,"			/* '' if none */
	"  channel TEXT NOT NULL,"			/* name of the link */
	"  trust TEXT NOT NULL,"			/* how far the link was trusted */
	"  shown TEXT NOT NULL,"
	"  answered TEXT NOT NULL,"
	"  key TEXT NOT NULL,"				/* id of the key that sealed it */
	"  previous BLOB NOT NULL,"			/* hash of the previous consent */
	"  hash BLOB NOT NULL,"
	"  UNIQUE (msisdn, sequence)"
	") STRICT;"
	"CREATE TRIGGER consent_stays BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, 'a consent is never changed'); END;"
	"CREATE TRIGGER ledger_ended BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'consents have a table of their own'); END;"
	/* Remains when the subscriber is removed. */
	"CREATE TABLE consent_head ("
	"  msisdn INTEGER PRIMARY KEY,"
	"  epoch INTEGER NOT NULL DEFAULT 0,"		/* raised for a new owner, who must not see the former owner's */
	"  sequence INTEGER NOT NULL,"			/* of the newest consent */
	"  hash BLOB NOT NULL,"
	"  root_sequence INTEGER NOT NULL DEFAULT 0,"	/* of the last consent that retention removed; 0: none */
	"  root_hash BLOB,"
	"  root_id INTEGER,"
	"  root_key TEXT,"
	"  root_seal BLOB"
	") STRICT;"
	"CREATE INDEX consent_root ON consent_head (root_id) WHERE root_id IS NOT NULL;"
	"CREATE TABLE consent_anchored ("
	"  one INTEGER PRIMARY KEY CHECK (one = 0),"
	"  id INTEGER NOT NULL"				/* consents up to this one are in the anchors file */
	") STRICT;"
	"INSERT INTO consent_anchored VALUES (0, 0);"
	/* The catalogue sold last, and the retention used last: large differences wait for an operator (A66). */
	"CREATE TABLE catalogue ("
	"  service TEXT PRIMARY KEY,"
	"  price INTEGER NOT NULL,"
	"  period TEXT NOT NULL,"
	"  trial_price INTEGER NOT NULL DEFAULT 0"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE retention ("
	"  kind TEXT PRIMARY KEY,"			/* as in the setting "retention" */
	"  days INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	/* The last time that was believed (A60), for the next start; written by housekeeping. */
	"CREATE TABLE clock ("
	"  id INTEGER PRIMARY KEY CHECK (id = 0),"
	"  believed INTEGER NOT NULL"			/* seconds since 1970 */
	") STRICT;"
	/* How much retention has deleted in a day of records that the law may require (A62). */
	"CREATE TABLE pruned ("
	"  kind TEXT PRIMARY KEY,"			/* orders, ledger, consent */
	"  day INTEGER NOT NULL,"			/* days since 1970, in the operator's calendar */
	"  count INTEGER NOT NULL,"			/* rows deleted on that day */
	"  allowed INTEGER NOT NULL"			/* limit for that day */
	") STRICT, WITHOUT ROWID;"
	/* Data retained of subscribers whom a snapshot left out (A65): columns as in subscriber and password. */
	"CREATE TABLE vanished ("
	"  msisdn INTEGER PRIMARY KEY,"
	"  owner TEXT,"
	"  language TEXT NOT NULL,"
	"  orders_after INTEGER NOT NULL,"
	"  consents_after INTEGER NOT NULL,"
	"  epoch INTEGER,"				/* of their consents; NULL: none */
	"  time INTEGER NOT NULL,"			/* seconds since 1970, when they were left out */
	"  hash TEXT,"					/* NULL: no password */
	"  tries INTEGER,"
	"  locks INTEGER,"
	"  locked_until INTEGER,"
	"  temporary INTEGER,"
	"  past TEXT,"
	"  id_pieces TEXT,"
	"  untrusted_tries INTEGER,"
	"  untrusted_locks INTEGER,"
	"  untrusted_until INTEGER"
	") STRICT;"
	"CREATE INDEX vanished_time ON vanished (time);"
	"CREATE TABLE vanished_subscription ("		/* those that an order in flight was about */
	"  msisdn INTEGER NOT NULL,"
	"  service TEXT NOT NULL,"
	"  since INTEGER NOT NULL,"
	"  state TEXT NOT NULL,"
	"  trial_until INTEGER,"
	"  trial_ends TEXT,"
	"  until INTEGER,"
	"  PRIMARY KEY (msisdn, service)"
	") STRICT, WITHOUT ROWID;"
	/* Digest of the short message that caused a change, per conversation, to recognise a duplicate after a crash. */
	"CREATE TABLE answered ("
	"  msisdn INTEGER NOT NULL,"			/* may have been removed: these rows live for minutes */
	"  short_code TEXT NOT NULL,"
	"  digest BLOB NOT NULL,"			/* keyed, computed by the server */
	"  until INTEGER NOT NULL,"			/* seconds since 1970 */
	"  PRIMARY KEY (msisdn, short_code)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX answered_until ON answered (until);"
	/* What subscribers have chosen about kinds of messages, and which they were sent last: account.h, struct preference. Remains when
	 * the subscriber is replaced by billing's data. */
	"CREATE TABLE preference ("
	"  msisdn INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  about TEXT NOT NULL,"			/* a service, or a client of the door; '': none */
	"  choice TEXT NOT NULL,"			/* on, off; '': the subscriber has not chosen */
	"  threshold INTEGER,"				/* minor units; NULL: the operator's */
	"  since INTEGER NOT NULL,"
	"  last INTEGER NOT NULL,"
	"  after INTEGER NOT NULL,"			/* seconds since 1970 */
	"  PRIMARY KEY (msisdn, kind, about)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX preference_on ON preference (kind, msisdn) WHERE choice = 'on';"
	/* Events from the operator's systems, to recognise a repetition. */
	"CREATE TABLE event ("
	"  source TEXT NOT NULL,"
	"  id TEXT NOT NULL,"				/* the source's */
	"  digest BLOB NOT NULL,"			/* of its contents */
	"  msisdn INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  time INTEGER NOT NULL,"			/* when it happened, and when it came: seconds since 1970 */
	"  received INTEGER NOT NULL,"
	"  done TEXT NOT NULL,"				/* a word: account/event.c */
	"  notification INTEGER,"			/* the message that it caused; NULL: none */
	"  PRIMARY KEY (source, id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX event_received ON event (received);"
	"CREATE INDEX event_of ON event (msisdn);"
	/* Orders that a partner or a web shop asks for, and the subscriber's answer: account.h, struct proposal. */
	"CREATE TABLE proposal ("
	"  number TEXT PRIMARY KEY,"
	"  source TEXT NOT NULL,"			/* of its event, like the id */
	"  id TEXT NOT NULL,"
	"  msisdn INTEGER NOT NULL,"
	"  until INTEGER NOT NULL,"			/* seconds since 1970 */
	"  service TEXT NOT NULL,"
	"  terms BLOB NOT NULL,"			/* a record */
	"  shown TEXT NOT NULL,"			/* '': nothing but the message */
	"  reply TEXT NOT NULL,"			/* a word: account/proposal.c; '': none yet */
	"  order_ref INTEGER,"				/* NULL: none */
	"  code BLOB,"					/* keyed digest of the one-time code that was sent last; NULL: none */
	"  tries INTEGER NOT NULL"			/* wrong codes */
	") STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX proposal_event ON proposal (source, id);"
	"CREATE INDEX proposal_of ON proposal (msisdn);"
	"CREATE INDEX proposal_until ON proposal (until);"
	/* Tickets: ticket.h, struct ticket. Remain when the subscriber is removed. */
	"CREATE TABLE ticket ("
	"  msisdn INTEGER NOT NULL,"
	"  number INTEGER NOT NULL,"			/* yymmdd and two digits */
	"  kind TEXT NOT NULL,"
	"  state TEXT NOT NULL,"			/* open, taken, interim, confirmed, answered, closed */
	"  facts BLOB NOT NULL,"			/* a record */
#define X(member) "  " #member " INTEGER NOT NULL,"
	TICKET_NUMBERS(X)
#undef X
#define X(member, size) "  " #member " TEXT NOT NULL,"
	TICKET_TEXTS(X)
#undef X
	"  PRIMARY KEY (msisdn, number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX ticket_due ON ticket (due) WHERE due > 0;"
	"CREATE INDEX ticket_opened ON ticket (opened);"
	"CREATE INDEX ticket_waiting ON ticket (opened) WHERE closed = 0;"
	"CREATE INDEX ticket_closed ON ticket (closed) WHERE closed > 0;"
	"CREATE INDEX ticket_owed ON ticket (owed_by) WHERE closed = 0;"
	"CREATE INDEX ticket_touched ON ticket (touched) WHERE closed = 0;"
	"CREATE TABLE ticket_entry ("			/* the history of a ticket, never changed */
	"  msisdn INTEGER NOT NULL,"
	"  number INTEGER NOT NULL,"
	"  position INTEGER NOT NULL,"			/* from 1 */
	"  time INTEGER NOT NULL,"			/* seconds since 1970 */
	"  event TEXT NOT NULL,"			/* written, answered, read … */
	"  staff TEXT NOT NULL,"			/* '': not by staff */
	"  terms TEXT NOT NULL,"			/* of a credit; '': none */
	"  text TEXT NOT NULL,"
	"  PRIMARY KEY (msisdn, number, position),"
	"  FOREIGN KEY (msisdn, number) REFERENCES ticket ON DELETE CASCADE"
	") STRICT, WITHOUT ROWID;"
	/* When staff looked at a subscriber's data (S18). */
	"CREATE TABLE access ("
	"  id INTEGER PRIMARY KEY,"
	"  msisdn INTEGER NOT NULL,"
	"  time INTEGER NOT NULL,"			/* seconds since 1970 */
	"  staff TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX access_of ON access (msisdn, time);"
	"CREATE INDEX access_time ON access (time);"
	/* Answers to surveys, counted: account.h, struct survey. */
	"CREATE TABLE survey ("
	"  day INTEGER NOT NULL,"			/* yyyymmdd */
	"  about TEXT NOT NULL,"			/* a page of the menu */
	"  channel TEXT NOT NULL,"
	"  score INTEGER NOT NULL CHECK (score BETWEEN 0 AND 5),"	/* 0: asked */
	"  count INTEGER NOT NULL,"
	"  PRIMARY KEY (day, about, channel, score)"
	") STRICT, WITHOUT ROWID;"
	/* Barred numbers: barring.h, struct bar. Each change has a new id, for the daemon, which looks for those that it does not know. */
	"CREATE TABLE barred ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  number TEXT NOT NULL UNIQUE,"
	"  since INTEGER NOT NULL,"			/* seconds since 1970, as the next one */
	"  until INTEGER NOT NULL,"			/* 0: until it is ended */
	"  reason TEXT NOT NULL,"
	"  staff TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX barred_until ON barred (until) WHERE until > 0;"
	/* Entries that others have replaced: who had barred a number and why, and who changed that. */
	"CREATE TABLE barred_before ("
	"  id INTEGER PRIMARY KEY,"			/* as in barred, as are the others */
	"  number TEXT NOT NULL,"
	"  since INTEGER NOT NULL,"
	"  until INTEGER NOT NULL,"
	"  reason TEXT NOT NULL,"
	"  staff TEXT NOT NULL,"
	"  changed INTEGER NOT NULL,"			/* seconds since 1970 */
	"  changed_by TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX barred_before_changed ON barred_before (changed);"
	/* How far the search for reminders has come: it goes through all accounts again and again. */
	"CREATE TABLE reminder_search ("
	"  name TEXT PRIMARY KEY,"
	"  msisdn INTEGER NOT NULL,"			/* the last one that was looked at; 0: the next round has not begun */
	"  began INTEGER NOT NULL"			/* the round: seconds since 1970 */
	") STRICT, WITHOUT ROWID;"
	/* For what remembers profiles: whose may have changed, noted by triggers. The newest row stays, so numbers never restart. */
	"CREATE TABLE touched ("
	"  seq INTEGER PRIMARY KEY,"
	"  msisdn INTEGER NOT NULL"			/* 0: everybody's */
	") STRICT;"
	"INSERT INTO touched VALUES (0, 0);";

#define KIND_OF_3 \
	"CASE kind WHEN 'service open' THEN 'service activate' WHEN 'service cancel' THEN 'service deactivate'" \
	" WHEN 'service keep' THEN 'trial accept' ELSE kind END"

/* Those of a day are numbered. */
#define DELETIONS_OF_3 \
	"(SELECT msisdn, CAST(substr(strftime('%Y%m%d', accepted, 'unixepoch'), 3) AS INTEGER) * 100" \
	" + row_number() OVER (PARTITION BY msisdn, accepted / 86400 ORDER BY id) AS number, accepted," \
	" coalesce(ended, accepted) AS ended, id <= coalesce((SELECT orders_after FROM subscriber s WHERE s.msisdn = orders.msisdn), 0)" \
	" AS former FROM orders WHERE kind = 'data delete')"

/* Other differences. The exchange of a snapshot leaves each index with either of two names. */
static const char from_3[] =
	"UPDATE sim SET imsi = imsi + 1000000000000000 WHERE imsi BETWEEN 10000000000000 AND 99999999999999;"	/* imsi_key() */
	"ALTER TABLE password ADD COLUMN untrusted_tries INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE password ADD COLUMN untrusted_locks INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE password ADD COLUMN untrusted_until INTEGER;"
	"ALTER TABLE password ADD COLUMN id_pieces TEXT;"
	"UPDATE password SET id_pieces = id_pieces(CAST(msisdn AS TEXT), id_number) WHERE id_number IS NOT NULL;"
	"ALTER TABLE password DROP COLUMN id_number;"
	"ALTER TABLE service ADD COLUMN trial_price INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE service ADD COLUMN trial_ends TEXT;"
	"ALTER TABLE subscription ADD COLUMN trial_ends TEXT;"
	"ALTER TABLE subscription ADD COLUMN due INTEGER;"
	"UPDATE subscription SET due = 0 WHERE state IN ('trial', 'closing');"
	"DROP INDEX IF EXISTS subscription_trial; DROP INDEX IF EXISTS subscription_trial_next;"
	"DROP INDEX IF EXISTS subscription_reminder; DROP INDEX IF EXISTS subscription_reminder_next;"
	"DROP INDEX IF EXISTS subscription_until; DROP INDEX IF EXISTS subscription_until_next;"
	"CREATE INDEX subscription_due ON subscription (due) WHERE due IS NOT NULL;"
	"ALTER TABLE change ADD COLUMN msisdn INTEGER;"
	"UPDATE change SET msisdn = (SELECT msisdn FROM orders o WHERE o.ref = change.ref AND o.kind = change.kind);"
	"ALTER TABLE orders ADD COLUMN instead TEXT;"
	"ALTER TABLE orders ADD COLUMN trial_until INTEGER;"
	"ALTER TABLE orders ADD COLUMN trial_price INTEGER;"
	"ALTER TABLE orders ADD COLUMN trial_ends TEXT;"
	"ALTER TABLE orders ADD COLUMN own INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE orders ADD COLUMN backend TEXT;"
	"ALTER TABLE orders ADD COLUMN sent TEXT;"
	"ALTER TABLE orders ADD COLUMN form TEXT;"
	"ALTER TABLE orders ADD COLUMN ticket INTEGER;"
	"UPDATE orders SET own = 1 WHERE ref < 0;"
	/* A dead order may have had the catalogue's trial. */
	"UPDATE orders SET trial_until = coalesce((SELECT trial_until FROM subscription u WHERE u.msisdn = orders.msisdn"
	" AND u.service = orders.service AND u.state = 'opening'), (SELECT CAST(strftime('%Y%m%d', printf('%04d-%02d-%02d',"
	" effective / 10000, effective / 100 % 100, effective % 100), '+' || (trial_days - 1) || ' days') AS INTEGER)"
	" FROM service v WHERE v.service = orders.service AND trial_days > 0 AND orders.state = 'dead'))"
	" WHERE kind = 'service open' AND state IN ('taken', 'dead');"
	"ALTER TABLE notice RENAME TO notification;"
	"DROP INDEX IF EXISTS notice_due; DROP INDEX IF EXISTS notice_of;"
	"ALTER TABLE notification ADD COLUMN latest INTEGER;"
	"ALTER TABLE notification ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE notification ADD COLUMN ended INTEGER;"
	"ALTER TABLE notification ADD COLUMN sending TEXT;"
	NOTIFICATION_INDEXES
	/* A snapshot that was being staged lacks new columns and contains identity numbers: it starts over. */
	"DROP TABLE IF EXISTS password_next;"
	"UPDATE import SET state = 'given up' WHERE kind = 'snapshot' AND state IN ('running', 'merging');"
	/* Renamed since. Rows of the ledger stay as they are: their hashes cover the names. */
	"ALTER TABLE service RENAME COLUMN opens_next_period TO activates_next_period;"
	"ALTER TABLE service RENAME COLUMN cancels_next_period TO deactivates_next_period;"
	"ALTER TABLE conversation RENAME COLUMN number TO short_code;"
	"ALTER TABLE subscription RENAME TO subscription_3;"
	"DROP INDEX subscription_due;"
	SUBSCRIPTION_TABLE
	"INSERT INTO subscription SELECT msisdn, service, since, CASE state WHEN 'open' THEN 'active' WHEN 'opening' THEN 'activating'"
	" WHEN 'closing' THEN 'deactivating' ELSE state END, trial_until, trial_ends, until, reminded, due FROM subscription_3;"
	"DROP TABLE subscription_3;"
	"ALTER TABLE orders RENAME COLUMN taken TO accepted;"
	"ALTER TABLE orders RENAME COLUMN settled TO ended;"
	"DROP INDEX orders_due; DROP INDEX orders_taken;"
	"UPDATE orders SET kind = " KIND_OF_3 ", state = CASE state WHEN 'taken' THEN 'accepted' WHEN 'done' THEN 'completed'"
	" ELSE state END, reason = iif(reason = 'not-open', 'not-active', reason);"
	ORDERS_DUE_INDEXES
	"CREATE INDEX orders_in_flight ON orders (msisdn, id) WHERE state = 'accepted';"
	"ALTER TABLE change RENAME TO replay;"
	"UPDATE replay SET kind = " KIND_OF_3 ", result = iif(result = 'taken', 'accepted', result), facts = facts_of_3(facts);"
	"UPDATE notification SET kind = iif(kind = 'order_done', 'order_completed', kind), facts = facts_of_3(facts);"
	/* S18: wishes to have data deleted were orders that were done at once. */
#define X(member, ...) ", " #member
	"INSERT INTO ticket (msisdn, number, kind, state, facts" TICKET_NUMBERS(X) TICKET_TEXTS(X) ") SELECT msisdn, number, 'deletion',"
	" 'closed', x''"
#undef X
#define X(member) ", 0"
	TICKET_NUMBERS(X)
#undef X
#define X(member, size) ", ''"
	TICKET_TEXTS(X)
#undef X
	" FROM " DELETIONS_OF_3 ";"
	"UPDATE ticket SET opened = accepted, closed = ended, touched = ended, entries = 1, former = o.former, outcome = 'closed'"
	" FROM " DELETIONS_OF_3 " o"
	" WHERE ticket.msisdn = o.msisdn AND ticket.number = o.number;"
	"INSERT INTO ticket_entry (msisdn, number, position, time, event, staff, text, terms)"
	" SELECT msisdn, number, 1, opened, 'written', '', '', '' FROM ticket;"
	"DELETE FROM orders WHERE kind = 'data delete'; DELETE FROM replay WHERE kind = 'data delete';";

int schema_pragma(sqlite3 *db, const char *name)
{
	sqlite3_stmt *statement;
	char sql[64];
	int number = -1;

	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

int schema_version(sqlite3 *db)
{
	return schema_pragma(db, "user_version");
}

bool schema_upgrades(int version)
{
	return version == 0 || version == 3;
}

static int column_add(sqlite3 *db, const char *table, const char *column, const char *type)
{
	char sql[128];

	if (sqlite3_table_column_metadata(db, NULL, table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
		return SQLITE_OK;
	snprintf(sql, sizeof(sql), "ALTER TABLE %s ADD COLUMN %s %s", table, column, type);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Add the columns of plain facts. NULL means unknown. */
static int facts_add(sqlite3 *db)
{
#define LINE_NAME(id, name) #name,
	static const char *const line_facts[] = { LINE_FACTS(LINE_NAME) };
	int rc = SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < STORED_FACTS; i++)
		rc = column_add(db, "subscriber", stored_facts[i].name, stored_fact_is_text(&stored_facts[i]) ? "TEXT" : "INTEGER");
	for (int i = 0; rc == SQLITE_OK && i < LINE_FACT_COUNT; i++)
		rc = column_add(db, "bill_line", line_facts[i], "TEXT");
	return rc;
}

/* Migrate in one transaction. */
static int bring_up(sqlite3 *db, int version, char why[static SCHEMA_WHY_SIZE])
{
	char done[64];
	/* legacy: leave the views of others as they are when a table is replaced */
	int rc = sqlite3_exec(db, "PRAGMA legacy_alter_table = 1; BEGIN IMMEDIATE", NULL, NULL, NULL);

	snprintf(done, sizeof(done), "PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);
	if (rc == SQLITE_OK && !version)
		rc = sqlite3_exec(db, existing, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, added, NULL, NULL, NULL);
	if (rc == SQLITE_OK && version)
		rc = sqlite3_exec(db, from_3, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = facts_add(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, TOUCHED_MAKE, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, done, NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		snprintf(why, SCHEMA_WHY_SIZE, "%s", sqlite3_errmsg(db));
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	return rc;
}

int schema_secure(sqlite3 *db)
{
	const int rc = sqlite3_exec(db, "PRAGMA secure_delete = 1", NULL, NULL, NULL);

	return rc == SQLITE_OK && schema_pragma(db, "secure_delete") != 1 ? SQLITE_ERROR : rc;
}

/* "id_pieces(msisdn, id_number)" */
static void pieces_make(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct schema_pieces *pieces = sqlite3_user_data(context);
	const char *msisdn = (const char *)sqlite3_value_text(values[0]);
	const char *id_number = (const char *)sqlite3_value_text(values[1]);
	char text[STORED_ID_PIECES_SIZE];

	if (!pieces || !pieces->make || !msisdn || !id_number)
		return;
	pieces->make(pieces->key, msisdn, id_number, text);
	sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* "facts_of_3(facts)": a record with today's names of orders' kinds. */
static void facts_rename(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const char *const names[][2] = {
		{ "service_open", "service_activate" }, { "service_cancel", "service_deactivate" }, { "service_keep", "trial_accept" },
		{ "not-open", "not-active" },
	};
	const int len = sqlite3_value_bytes(values[0]);
	const struct record facts = { .data = (uint8_t *)sqlite3_value_blob(values[0]), .len = (uint16_t)len, .size = (uint16_t)len };
	uint8_t octets[UINT16_MAX];
	struct record renamed = { .data = octets, .size = sizeof(octets) };
	uint16_t at = 0, id;
	struct value value;
	int rc = 0;

	if (!facts.data || len > UINT16_MAX || !record_check(facts.data, facts.len)) {
		sqlite3_result_value(context, values[0]);
		return;
	}
	while (!rc && record_next(&facts, &at, &id, &value)) {
		for (size_t i = 0; value.is_text && (id == FIELD_KIND || id == FIELD_REASON) && i < sizeof(names) / sizeof(*names); i++) {
			if (value.len == strlen(names[i][0]) && !memcmp(value.text, names[i][0], value.len))
				value = (struct value){ .is_text = true, .text = names[i][1], .len = (uint16_t)strlen(names[i][1]) };
		}
		rc = value.is_text ? record_append_text(&renamed, id, value.text, value.len) :
				     record_append_number(&renamed, id, value.number);
	}
	if (rc)
		sqlite3_result_value(context, values[0]);
	else
		sqlite3_result_blob(context, octets, renamed.len, SQLITE_TRANSIENT);
}

int schema_migrate(sqlite3 *db, const struct schema_pieces *pieces, char why[static SCHEMA_WHY_SIZE])
{
	const int version = schema_version(db);
	int rc = version < 0 ? SQLITE_NOTADB : !schema_upgrades(version) && version != SCHEMA_VERSION ? SQLITE_MISMATCH : schema_secure(db);

	snprintf(why, SCHEMA_WHY_SIZE, "%s", sqlite3_errstr(rc));
	if (rc != SQLITE_OK || version == SCHEMA_VERSION)
		return rc;
	rc = sqlite3_create_function(db, "id_pieces", 2, SQLITE_UTF8, (void *)pieces, pieces_make, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(db, "facts_of_3", 1, SQLITE_UTF8, NULL, facts_rename, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = bring_up(db, version, why);
	sqlite3_create_function(db, "facts_of_3", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	sqlite3_create_function(db, "id_pieces", 2, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	return rc;
}
