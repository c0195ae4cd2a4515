-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What made a database of version 5 one of version 6, as it was released: never to be changed.
ALTER TABLE orders ADD COLUMN instead TEXT;
PRAGMA user_version = 6;
