-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A database of version 2, as it was released: never to be changed.
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
CREATE TABLE conversation (
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  number TEXT NOT NULL,
  session BLOB NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (msisdn, number)
) STRICT, WITHOUT ROWID;
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
INSERT INTO conversation VALUES (13800138000, '10086', CAST('where it waits' AS BLOB), 4102444800);
PRAGMA user_version = 2;
