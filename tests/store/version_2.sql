-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What made a database of version 1 one of version 2, as it was released: never to be changed.
CREATE TABLE conversation (
  msisdn INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  number TEXT NOT NULL,
  session BLOB NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (msisdn, number)
) STRICT, WITHOUT ROWID;
INSERT INTO conversation VALUES (13800138000, '10086', CAST('where it waits' AS BLOB), 4102444800);
PRAGMA user_version = 2;
