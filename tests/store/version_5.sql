-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What made a database of version 4 one of version 5, as it was released: never to be changed.
ALTER TABLE subscription ADD COLUMN due INTEGER;
UPDATE subscription SET due = 0 WHERE state IN ('trial', 'closing');
DROP INDEX IF EXISTS subscription_trial; DROP INDEX IF EXISTS subscription_trial_next;
DROP INDEX IF EXISTS subscription_reminder; DROP INDEX IF EXISTS subscription_reminder_next;
DROP INDEX IF EXISTS subscription_until; DROP INDEX IF EXISTS subscription_until_next;
CREATE INDEX subscription_due ON subscription (due) WHERE due IS NOT NULL;
ALTER TABLE subscriber ADD COLUMN tariff TEXT;
ALTER TABLE subscriber ADD COLUMN billed TEXT;
ALTER TABLE subscriber ADD COLUMN registered TEXT;
ALTER TABLE bill_line ADD COLUMN charged_service TEXT;
ALTER TABLE bill_line ADD COLUMN provider TEXT;
ALTER TABLE bill_line ADD COLUMN fee_class TEXT;
UPDATE import SET state = 'given up' WHERE kind = 'snapshot' AND state IN ('running', 'merging');
PRAGMA user_version = 5;
