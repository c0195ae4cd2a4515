-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What made a database of version 2 one of version 3, as it was released, and six consents: never to be changed.
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
PRAGMA user_version = 3;
