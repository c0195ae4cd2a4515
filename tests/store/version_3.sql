-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A database of version 3, as it was released: never to be changed.
CREATE TABLE subscriber (
  msisdn INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  brand TEXT NOT NULL,
  status TEXT NOT NULL,
  language TEXT NOT NULL,
  services TEXT NOT NULL DEFAULT '',
  balance INTEGER,
  owed INTEGER,
  valid_until INTEGER,
  bill_month INTEGER,
  bill_total INTEGER,
  points INTEGER,
  as_of INTEGER NOT NULL
) STRICT;
CREATE TABLE sim (
  imsi INTEGER PRIMARY KEY,
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE
) STRICT;
CREATE TABLE password (
  msisdn INTEGER PRIMARY KEY REFERENCES subscriber ON DELETE CASCADE,
  hash TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  id_number TEXT
) STRICT;
CREATE TABLE bill (
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  month INTEGER NOT NULL,
  total INTEGER NOT NULL,
  PRIMARY KEY (msisdn, month)
) STRICT, WITHOUT ROWID;
CREATE TABLE bill_line (
  msisdn INTEGER NOT NULL,
  month INTEGER NOT NULL,
  position INTEGER NOT NULL,
  item TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (msisdn, month, position),
  FOREIGN KEY (msisdn, month) REFERENCES bill ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE points_entry (
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  position INTEGER NOT NULL,
  date INTEGER NOT NULL,
  change INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (msisdn, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE service (
  service TEXT PRIMARY KEY,
  price INTEGER NOT NULL,
  period TEXT NOT NULL,
  account TEXT,
  brand TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE subscription (
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  service TEXT NOT NULL REFERENCES service,
  since INTEGER NOT NULL,
  PRIMARY KEY (msisdn, service)
) STRICT, WITHOUT ROWID;
CREATE TABLE change (
  id INTEGER PRIMARY KEY,
  ref INTEGER NOT NULL,
  kind TEXT NOT NULL,
  result TEXT NOT NULL,
  facts BLOB NOT NULL,
  time INTEGER NOT NULL,
  UNIQUE (ref, kind)
) STRICT;
INSERT INTO service VALUES ('CRBT', 500, 'month', NULL, NULL), ('NEWS', 300, 'month', NULL, NULL), ('WEATHER', 10, 'day', NULL, NULL);
INSERT INTO subscriber VALUES (13800138000, 'prepaid', 'young', 'active', 'en', 'CRBT NEWS', 1250, NULL, 20271231, 202608, 3100, 40, 1788220800);
INSERT INTO subscriber VALUES (13800138001, 'postpaid', 'classic', 'suspended', 'zh', '', NULL, -5, NULL, NULL, NULL, 0, 1788220800);
INSERT INTO sim VALUES (1010000000001, 13800138000), (1010000000009, 13800138000), (1010000000002, 13800138001);
INSERT INTO password VALUES (13800138000, 'hash of alice', 3, '11010119900307123X'), (13800138001, 'hash of bob', 1, NULL);
INSERT INTO bill VALUES (13800138000, 202607, 3040), (13800138000, 202608, 3100);
INSERT INTO bill_line VALUES (13800138000, 202608, 0, 'rent', 1800), (13800138000, 202608, 1, 'calls', 1300);
INSERT INTO points_entry VALUES (13800138000, 0, 20260901, 40, 'earned');
INSERT INTO subscription VALUES (13800138000, 'CRBT', 20250115), (13800138000, 'NEWS', 20260301);
INSERT INTO change (ref, kind, result, facts, time) VALUES (77, 'language set', 'ok', x'', 1788220800);
CREATE TABLE conversation (
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  number TEXT NOT NULL,
  session BLOB NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (msisdn, number)
) STRICT, WITHOUT ROWID;
INSERT INTO conversation VALUES (13800138000, '10086', CAST('where it waits' AS BLOB), 4102444800);
ALTER TABLE subscriber ADD COLUMN bills_as_of INTEGER;
ALTER TABLE subscriber ADD COLUMN points_as_of INTEGER;
ALTER TABLE subscriber ADD COLUMN services_as_of INTEGER;
ALTER TABLE subscriber ADD COLUMN owner TEXT;
ALTER TABLE subscriber ADD COLUMN orders_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscriber ADD COLUMN consents_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE subscription ADD COLUMN trial_until INTEGER;
ALTER TABLE subscription ADD COLUMN until INTEGER;
ALTER TABLE subscription ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX subscription_trial ON subscription (trial_until) WHERE state = 'trial';
CREATE INDEX subscription_reminder ON subscription (trial_until) WHERE state = 'trial' AND reminded = 0;
CREATE INDEX subscription_until ON subscription (until) WHERE state = 'closing';
ALTER TABLE service ADD COLUMN family TEXT;
ALTER TABLE service ADD COLUMN trial_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE service ADD COLUMN opens_next_period INTEGER NOT NULL DEFAULT 0;
ALTER TABLE service ADD COLUMN cancels_next_period INTEGER NOT NULL DEFAULT 0;
ALTER TABLE service ADD COLUMN excludes TEXT NOT NULL DEFAULT '';
ALTER TABLE service ADD COLUMN offered INTEGER NOT NULL DEFAULT 1;
ALTER TABLE password ADD COLUMN locks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE password ADD COLUMN locked_until INTEGER;
ALTER TABLE password ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0;
ALTER TABLE password ADD COLUMN past TEXT NOT NULL DEFAULT '';
CREATE INDEX sim_of ON sim (msisdn);
CREATE INDEX conversation_until ON conversation (until);
ALTER TABLE conversation ADD COLUMN late TEXT;
CREATE INDEX conversation_late ON conversation (until) WHERE late IS NOT NULL;
CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ref INTEGER NOT NULL,
  msisdn INTEGER NOT NULL,
  kind TEXT NOT NULL,
  service TEXT,
  price INTEGER,
  period TEXT,
  effective INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  taken INTEGER NOT NULL,
  settled INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  UNIQUE (ref, kind)
) STRICT;
CREATE INDEX orders_due ON orders (due) WHERE state = 'taken';
CREATE INDEX orders_taken ON orders (msisdn, id) WHERE state = 'taken';
CREATE INDEX orders_of ON orders (msisdn, id);
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  msisdn INTEGER NOT NULL,
  ref INTEGER NOT NULL,
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  channel TEXT NOT NULL,
  shown TEXT NOT NULL,
  answered TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX ledger_of ON ledger (msisdn, id);
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END;
CREATE TABLE ledger_root (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  hash BLOB NOT NULL
) STRICT;
INSERT INTO ledger_root VALUES (0, zeroblob(32));
CREATE TABLE notice (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  msisdn INTEGER NOT NULL,
  kind TEXT NOT NULL,
  facts BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_due ON notice (due);
CREATE INDEX notice_of ON notice (msisdn, kind);
CREATE TABLE import (
  id INTEGER PRIMARY KEY,
  file TEXT NOT NULL,
  digest BLOB NOT NULL,
  kind TEXT NOT NULL,
  lines INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  older INTEGER NOT NULL DEFAULT 0,
  offset INTEGER NOT NULL DEFAULT 0,
  line INTEGER NOT NULL DEFAULT 0,
  as_of INTEGER,
  state TEXT NOT NULL,
  began INTEGER NOT NULL,
  ended INTEGER
) STRICT;
INSERT INTO ledger VALUES (1, 1795161601, 13800138000, 1, 'service open', 'WEATHER', 'gsup', 'Sure?', '1', x'a0f28d018896e775e9aa97d36495650bd661f9073355b8f6fc0582277950522b');
INSERT INTO ledger VALUES (2, 1795161602, 13800138000, 2, 'service cancel', 'WEATHER', 'gsup', 'Sure?', '1', x'42b47ead693dfe59277fa40abfcc484734f7ae4c868a2d9451b05321e5b59162');
INSERT INTO ledger VALUES (3, 1795161603, 13800138000, 3, 'service open', 'WEATHER', 'gsup', 'Sure?', '1', x'e92a3a8b087cb9ec3fb2d1139f41701437966955e6178a456fcf39e07786eb1d');
INSERT INTO ledger VALUES (4, 1795161604, 13800138000, 4, 'service cancel', 'WEATHER', 'gsup', 'Sure?', '1', x'eb5f7f81cd0c6cd12a62eb981f6d4ed2b486ad87c3a2605d717a1c7d0aa766f9');
INSERT INTO ledger VALUES (5, 1795161605, 13800138000, 5, 'service open', 'WEATHER', 'gsup', 'Sure?', '1', x'6b927cf8e192d2b1df77949a2a7fdaaa3a21bc19eda1cb4b8ba6d1e3dc8b543c');
INSERT INTO ledger VALUES (6, 1795161606, 13800138000, 6, 'service cancel', 'WEATHER', 'gsup', 'Sure?', '1', x'ed8937070ef4a07f14e3144783425ec4e5dfc3c73668d7efc27e00ad896ff5b0');
INSERT INTO orders (id, ref, msisdn, kind, effective, state, taken, settled, due)
 VALUES (901, 901, 13800138000, 'data delete', 20261119, 'done', 1795068000, 1795068001, 0), (902, 902, 13800138000, 'data delete', 20261119, 'done', 1795068002, 1795068002, 0);
INSERT INTO change (ref, kind, result, facts, time) VALUES (901, 'data delete', 'ok', x'', 1795068000);
PRAGMA user_version = 3;
