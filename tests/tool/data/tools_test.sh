#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data export, backup, purge, orders, password, check: their effects, and that they reveal no secret.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

"$data" sample "$db" --pepper "$folder/key" --subscribers 40 --quiet >/dev/null 2>&1
query "UPDATE subscriber SET owner = 'C \"1\", é', bills_as_of = 1794000000 WHERE msisdn = 13800138003;
	UPDATE subscription SET trial_until = 20271231, trial_ends = 'paid', state = 'trial' WHERE msisdn = 13800138003"

# ---- export and import round trip ----

content() {
	sqlite3 -batch "$1" "SELECT * FROM subscriber; SELECT * FROM sim; SELECT * FROM bill; SELECT * FROM bill_line; SELECT * FROM points_entry;
		SELECT msisdn, service, since, state, trial_until, trial_ends, until FROM subscription;
		SELECT service, price, period, account, brand FROM service;
		SELECT msisdn, hash FROM password WHERE '$2' <> ''"
}

"$data" export "$db" --trailer >"$folder/all.jsonl"
if grep -q argon2 "$folder/all.jsonl"; then
	fail "a hash is revealed"
fi
"$data" import "$folder/copy.db" "$folder/all.jsonl" --snapshot --quiet
content "$db" "" >"$folder/was"
content "$folder/copy.db" "" >"$folder/is"
cmp "$folder/was" "$folder/is" || fail "JSON Lines round trip"
"$data" export "$db" --with-passwords | "$data" import "$folder/hashes.db" - --format jsonl --snapshot --quiet --password-hashes starhash
content "$db" hash >"$folder/was"
content "$folder/hashes.db" hash >"$folder/is"
cmp "$folder/was" "$folder/is" || fail "own hashes, round trip"
for table in services subscribers bills lines points subscriptions; do
	"$data" export "$db" --format csv --table $table >"$folder/$table.csv"
done
"$data" import "$folder/csv.db" --snapshot --quiet "$folder/services.csv" "$folder/subscribers.csv" "$folder/bills.csv" "$folder/lines.csv" \
	"$folder/points.csv" "$folder/subscriptions.csv"
content "$db" "" >"$folder/was"
content "$folder/csv.db" "" >"$folder/is"
cmp "$folder/was" "$folder/is" || fail "CSV round trip"
[ "$("$data" export "$db" --number 13800138001 | grep -c .)" = 1 ] || fail "one subscriber alone"
refused export "$db" --format csv --table nonsense
# a text that is not valid in JSON: an export without its end is not a whole snapshot
cp "$db" "$folder/damaged.db"
sqlite3 "$folder/damaged.db" "UPDATE subscriber SET brand = CAST(x'ff' AS TEXT) WHERE msisdn = 13800138001"
if "$data" export "$folder/damaged.db" >"$folder/damaged.jsonl" 2>"$folder/errors"; then fail "a text that is not UTF-8"; fi
grep -q "13800138001: a text is not UTF-8" "$folder/errors" || fail "the subscriber whose text is not UTF-8"
! grep -q '^# end\|13800138001' "$folder/damaged.jsonl" || fail "an end mark after a text that is not UTF-8"
refused export "$db" --number 13900000000
says "no subscriber has this number"
[ ! -s "$folder/output" ] || fail "lines about an unknown number"
# a service without a price yet, and one active after a trial, which an import would read as a trial
query "INSERT INTO service (service, price, period, offered) VALUES ('UNPRICED', 0, '', 0);
	INSERT INTO subscription (msisdn, service, since, state, trial_until)
		VALUES (13800138004, 'UNPRICED', 20260101, 'active', 20260107)"
"$data" export "$db" >"$folder/unpriced.jsonl"
grep -qF '{"service":"UNPRICED","since":"2026-01-01","trial_until":"2026-01-07","state":"active"}' "$folder/unpriced.jsonl" ||
	fail "a service active after a trial"
"$data" import "$folder/unpriced.db" "$folder/unpriced.jsonl" --snapshot --rejects-max 0 --quiet ||
	fail "a service without a price, round trip"
"$data" export "$folder/unpriced.db" | cmp - "$folder/unpriced.jsonl" || fail "export, import, export"
query "DELETE FROM subscription WHERE service = 'UNPRICED'; DELETE FROM service WHERE service = 'UNPRICED'"
# A17: anything but the text of an international number belongs to no subscriber
for number in 013800138001 13800138001x +13800138001 1380013800100000 0; do
	refused export "$db" --number "$number"
	says "not an international number"
	refused show "$db" "$number"
	says "not an international number"
done
# A17: an IMSI retains its leading zeros at any length
printf '%s\n' '{"msisdn":"8613800000091","imsi":["01010000000077","001010000000077"],"account":"prepaid","brand":"young","status":"active","language":"en","balance":1,"as_of":"2026-11-01T00:00:00Z"}' '{"end": 1}' |
	"$data" import "$folder/imsi.db" - --format jsonl --snapshot --quiet >/dev/null
"$data" export "$folder/imsi.db" | grep -qF '"imsi":["001010000000077","01010000000077"]' || fail "IMSIs with zeros, exported"
"$data" show "$folder/imsi.db" 8613800000091 | grep -qx '  01010000000077' || fail "IMSIs with zeros, shown"

# ---- backup ----

"$data" backup "$db" "$folder/backup.db" --quiet >/dev/null
[ "$(stat -c %a "$folder/backup.db")" = 600 ] || fail "a backup readable by others"
content "$folder/backup.db" hash >"$folder/is"
content "$db" hash >"$folder/was"
cmp "$folder/was" "$folder/is" || fail "the backup differs"
refused backup "$db" "$folder/backup.db"
says "already exists"
refused backup "$db" "$db" --force
says "is the database itself"
refused backup "$db" "$folder/other.db-wal" --force
says "uses for its own files"
touch "$folder/used.db" "$folder/used.db-wal"
refused backup "$db" "$folder/used.db" --force
says "in use"
"$data" backup "$db" "$folder/backup.db" --force >/dev/null
"$data" check "$folder/backup.db" >/dev/null || fail "check of the backup"
# A8: the lease of the original is not in the copy
query "UPDATE lease SET holder = x'07', epoch = 3"
"$data" backup "$db" "$folder/backup.db" --force >/dev/null
[ "$(sqlite3 "$folder/backup.db" "SELECT epoch, holder IS NULL FROM lease")" = "3|1" ] || fail "the lease of the backup"
query "UPDATE lease SET holder = NULL"

# ---- orders ----

query "INSERT INTO orders (ref, msisdn, kind, service, effective, state, accepted, due, attempts, reason) VALUES
	(4711, 13800138001, 'service activate', 'WEATHER', 20261101, 'dead', unixepoch(), 0, 20, 'unreachable'),
	(4712, 13800138001, 'service activate', 'CRBT', 20261101, 'accepted', unixepoch(), 0, 2, NULL),
	(4713, 13800138002, 'service deactivate', 'CRBT', 20261101, 'completed', 1000, 0, 1, NULL)"
"$data" orders "$db" >"$folder/orders"
[ "$(wc -l <"$folder/orders")" = 2 ] || fail "orders that are not completed"
"$data" orders "$db" --dead >"$folder/orders"
query "UPDATE orders SET kind = 'service change', instead = 'NEWS' WHERE ref = 4711"
"$data" orders "$db" --dead >"$folder/changes"
grep -q '  service change  WEATHER instead of NEWS  dead  20' "$folder/changes" || fail "a dead change names both services"
query "UPDATE orders SET kind = 'service activate', instead = NULL WHERE ref = 4711"
grep -q '^0000-0000-04K7  13800138001  service activate  WEATHER  dead  20' "$folder/orders" || fail "the dead order"
if "$data" check "$db" >"$folder/check"; then
	fail "a dead order is not reported"
fi
grep -q '^problem: order 1 of 13800138001 could not be delivered: unreachable$' "$folder/check" || fail "check names the dead order"
refused orders "$db" release 0000-0000-0000
[ "$("$data" orders "$db" 00000000-04k9 | cut -d' ' -f1-5)" = "0000-0000-04K9  13800138002  service" ] ||
	fail "a completed order, by its number"
refused orders "$db" 0000-0000-04KZ
says "no order has this number"
"$data" orders "$db" release 0000000004k7 >/dev/null
is "released" "accepted 0" "SELECT state || ' ' || attempts FROM orders WHERE ref = 4711"
is "orders waiting for it" "activating" "SELECT state FROM subscription WHERE msisdn = 13800138001 AND service = 'WEATHER'"
is "the younger one waits" 1 "SELECT due = 9223372036854775807 FROM orders WHERE ref = 4712"
"$data" check "$db" >/dev/null || fail "check after the release"
# the agreed free trial belongs to the order, and starts again; a service active by now is not ordered again
query "UPDATE orders SET state = 'dead', reason = 'unreachable', ended = unixepoch(), effective = 20260101, trial_until = 20260107
	WHERE ref = 4711;
	DELETE FROM subscription WHERE msisdn = 13800138001 AND service = 'WEATHER'"
"$data" orders "$db" release 0000-0000-04K7 >/dev/null
is "the trial" "6.0 0" "SELECT (julianday(substr(trial_until, 1, 4) || '-' || substr(trial_until, 5, 2) || '-'
	|| substr(trial_until, 7, 2)) -
	julianday(date('now', 'localtime'))) || ' ' || (since <> strftime('%Y%m%d', 'now', 'localtime') + 0) FROM subscription WHERE msisdn = 13800138001
	AND service = 'WEATHER'"
query "UPDATE orders SET state = 'dead', ended = unixepoch() WHERE ref = 4711; UPDATE subscription SET state = 'active'
	WHERE service = 'WEATHER'"
refused orders "$db" release 0000-0000-04K7
says "the account has changed since"
is "still dead" "dead" "SELECT state FROM orders WHERE ref = 4711"
query "UPDATE orders SET state = 'accepted', ended = NULL WHERE ref = 4711; UPDATE subscription SET state = 'activating'
	WHERE service = 'WEATHER'"

# ---- S7: a trial that a subscriber accepts with our staff ----

query "UPDATE service SET price = 10, period = 'day'; UPDATE subscription SET state = 'trial', trial_until = 20991231, due = 20991229
	WHERE msisdn = 13800138005"
service=$(query "SELECT min(service) FROM subscription WHERE msisdn = 13800138005")
refused trial "$db" 13800138005 "$service" accept anna
says "the key that seals consents is missing"
cp "$folder/key" "$db.consent-key"
for wrong in "13800138005 $service perhaps anna" "13800138005 $service accept" "13800138005 $service accept anna twice"; do
	# shellcheck disable=SC2086
	refused trial "$db" $wrong
done
refused trial "$db" 13800138006 NOSUCH accept anna
says "no trial of this service"
refused trial "$db" 13900000000 "$service" accept anna
says "no trial of this service"
"$data" trial "$db" 13800138005 "$service" accept "Anna B." |
	grep -qx "$service continues after its trial, once billing has completed the order; without billing, say \"done\"\." || fail "a trial that goes on"
is "an order for billing" "trial accept accepted 21000101 10" "SELECT kind || ' ' || state || ' ' || effective || ' ' || price
	FROM orders WHERE msisdn = 13800138005"
"$data" show "$db" 13800138005 | grep -q "trial accept  $service  staff  by Anna B\.  accept" ||
	fail "the staff member who recorded the consent"
is "the agreed terms" "$service: trial at 0.00 until 2099-12-31; unless agreed otherwise it ends then; paid, it is 0.10 a day" "SELECT shown FROM consent WHERE msisdn = 13800138005"
refused trial "$db" 13800138005 "$service" end anna
says "already decided"
query "UPDATE subscription SET state = 'trial', trial_until = 20991231, due = 20991229 WHERE msisdn = 13800138007"
service=$(query "SELECT min(service) FROM subscription WHERE msisdn = 13800138007")
"$data" trial "$db" 13800138007 "$service" end anna done | grep -qx "$service ends\." || fail "a trial that ends"
is "it is gone, and notified" "0 completed order_completed" "SELECT (SELECT count(*) FROM subscription WHERE msisdn = 13800138007
	AND service = '$service') || ' ' ||
	(SELECT state FROM orders WHERE msisdn = 13800138007) || ' ' || (SELECT kind FROM notification WHERE msisdn = 13800138007
		AND expires > unixepoch())"
"$data" check "$db" >"$folder/check" || { cat "$folder/check"; fail "consents of our staff"; }
query "DELETE FROM orders WHERE msisdn IN (13800138005, 13800138007)"

# ---- passwords ----

query "UPDATE password SET tries = 5, locks = 4, locked_until = 9223372036854775807 WHERE msisdn = 13800138001"
"$data" password "$db" 13800138001 | grep -q "locked until released" || fail "shown as locked"
"$data" password "$db" 13800138001 release >/dev/null
is "released" "0 0 1" "SELECT tries || ' ' || locks || ' ' || (locked_until IS NULL) FROM password WHERE msisdn = 13800138001"
refused password "$db" 13900000000 release
refused password "$db" 13800138001 temporary --pepper "$folder/key"
says "only shown on a terminal"
refused password "$db" 13800138001 temporary --pepper "$folder/nokey"
script -qec "$data password $db 13800138001 temporary --pepper $folder/key" /dev/null >"$folder/terminal"
grep -q '^Temporary password: [0-9]\{6\}' "$folder/terminal" || fail "the temporary password"
is "temporary" 1 "SELECT temporary FROM password WHERE msisdn = 13800138001 AND hash LIKE '%argon2id%' AND past LIKE '%argon2id%'"

# ---- invalid commands change nothing: not even the tables of an older version ----

old=$folder/old.db
cat "${srcdir:-.}"/tests/store/version_3.sql | sqlite3 "$old" >/dev/null
was=$(sqlite3 "$old" "PRAGMA user_version")
refused orders "$old" release
refused orders "$old" 4711 all
refused vanished "$old" release
refused vanished "$old" release 1380013800x
refused password "$old" 1380013800x release
refused password "$old" 13800138001 frobnicate
refused password "$old" 13800138001 temporary
refused export "$old" --number 1380013800x
[ "$(sqlite3 "$old" "PRAGMA user_version")" = "$was" ] || fail "a typing error has changed the tables"
refused password "$old" 13900000000 release
[ "$(sqlite3 "$old" "PRAGMA user_version")" -gt "$was" ] || fail "the tables are still old"

# ---- S18: purge ----

refused purge "$db"
refused purge "$db" --number 999999999
says "no data are held about this number"
refused purge "$db" --number 13800138001
says "has orders in flight"
query "UPDATE orders SET state = 'completed', ended = unixepoch()"
"$data" purge "$db" --number 13800138001 --keep-legal >"$folder/purge"
grep -q 'retained: 2 orders' "$folder/purge" || fail "retained data are named"
is "nothing but orders" "0 0 0 2" "SELECT (SELECT count(*) FROM subscriber WHERE msisdn = 13800138001) || ' ' || (SELECT count(*)
	FROM password WHERE msisdn = 13800138001) || ' ' || (SELECT count(*) FROM bill_line WHERE msisdn = 13800138001) || ' ' || (SELECT count(*)
	FROM orders
	WHERE msisdn = 13800138001)"
"$data" purge "$db" --number 13800138001 >/dev/null
is "no orders" 0 "SELECT count(*) FROM orders WHERE msisdn = 13800138001"
query "UPDATE orders SET ended = 1000"
"$data" purge "$db" --older orders 30 | grep -q 'deleted: 1 orders' || fail "old orders"
"$data" purge "$db" --older bills 36500 | grep -q 'deleted: 0 bills' || fail "bills that are not expired"
"$data" purge "$db" --older bills 0 >/dev/null
is "lines go with their bills" 0 "SELECT count(*) FROM bill_line WHERE month < 202611"
refused purge "$db" --older nonsense 3
# ---- barred numbers ----
"$data" bar "$db" 13800138001 "lost phone" --until 2099-01-01T00:00:00Z | grep -q '^13800138001 is barred' || fail "bar"
"$data" bar "$db" '8690*' fraud >/dev/null
"$data" barred "$db" >"$folder/barred"
grep -q '^  13800138001 .* until 2099-01-01.*: lost phone$' "$folder/barred" || fail "barred until a day, and why"
grep -q '^  8690\* .* until ended by hand  by .*: fraud$' "$folder/barred" || fail "a barred prefix"
"$data" unbar "$db" '8690*' >/dev/null
"$data" barred "$db" | grep -q 8690 && fail "barred though it has ended"
is "who ended it is known" 1 "SELECT count(*) FROM barred WHERE number = '8690*' AND staff <> ''"
is "who barred it, why, and who changed that is known" 1 "SELECT count(*) FROM barred_before WHERE number = '8690*' AND
	reason = 'fraud' AND staff <> '' AND changed_by <> ''"
refused unbar "$db" '8690*'
says "8690.*: not barred$"
"$data" bar "$db" '138*' fraud >/dev/null
refused unbar "$db" 13800138002
says "not barred by itself, but"
"$data" unbar "$db" '138*' >/dev/null
"$data" unbar "$db" 13800138001 >/dev/null
"$data" bar "$db" 13800138001 "lost phone" --until 2099-01-01T00:00:00Z >/dev/null
refused bar "$db" '86*90' fraud
says "not a number"
refused bar "$db" 13800138002 fraud --until 2001-01-01T00:00:00Z
says "in the past"
refused bar "$db" 13800138002
refused purge "$db" --older bills
"$data" check "$db" >/dev/null || fail "check at the end"
"$data" check "$db" --quick >/dev/null || fail "a quick check"
query "PRAGMA foreign_keys = 0; DELETE FROM bill WHERE msisdn = 13800138002;
	INSERT INTO bill_line (msisdn, month, position, item, amount) VALUES (13800138002, 202601, 0, 'x', 1)"
if "$data" check "$db" >"$folder/check"; then
	fail "a line without its bill is not reported"
fi
grep -q '^problem: table bill_line has a row without its bill' "$folder/check" || fail "check names the line"
