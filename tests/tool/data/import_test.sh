#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data import: deltas, snapshots, rejected lines, older data, other owners, crashes (F15, F27).
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

import() {
	"$data" import "$db" "$@" --quiet
}

# ---- a delta ----

cat >"$folder/first.jsonl" <<'END'
{"service":"NEWS","price":300,"period":"month"}
{"msisdn":"8613800000001","imsi":["460000000000001"],"account":"prepaid","brand":"young","status":"active","language":"en","balance":500,"as_of":"2026-11-01T00:00:00Z","owner":"A","bills":[{"month":"2026-10","total":7,"lines":[{"item":"calls","amount":7}]}],"points_entries":[{"date":"2026-10-01","change":5,"reason":"earned"}],"subscriptions":[{"service":"NEWS","since":"2026-01-01"}]}
nonsense
{"msisdn":"8613800000002","imsi":"460000000000002","account":"postpaid","brand":"classic","status":"active","language":"zh","owed":900,"as_of":"2026-11-01T00:00:00Z","owner":"B","password_hash":"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"}
{"msisdn":"8613800000003","account":"prepaid"}
{"msisdn":"8613800000004","imsi":"460000000000004","account":"prepaid","brand":"young","status":"active","language":"en","balance":1,"as_of":"2999-01-01T00:00:00Z"}
END
import "$folder/first.jsonl"
is "stored subscribers" 8613800000001 "SELECT group_concat(msisdn) FROM subscriber"
grep -q "^# $folder/first.jsonl:3: not JSON: not an object" "$folder/first.jsonl.rejects" || fail "the reason of line 3"
grep -q "first.jsonl:4: password_hash: not of a kind in --password-hashes" "$folder/first.jsonl.rejects" || fail "the hash's kind"
grep -q "first.jsonl:5: brand: required" "$folder/first.jsonl.rejects" || fail "required fields of a new subscriber"
grep -q "first.jsonl:6: as_of: is in the future" "$folder/first.jsonl.rejects" || fail "a future time"
grep -qx nonsense "$folder/first.jsonl.rejects" || fail "the rejected line itself"
import "$folder/first.jsonl" | grep -q "already imported at" || fail "F27: the same file twice"
import "$folder/first.jsonl" --again --password-hashes "sha512-crypt argon2id" >/dev/null
is "the hash of an accepted type" 8613800000002 "SELECT msisdn FROM password WHERE hash LIKE '\$argon2id%'"

# ---- F27: older data do not overwrite ----

printf 'msisdn,balance,as_of\r\n8613800000001,400,2026-10-01T00:00:00Z\r\n8613800000001,600,2026-11-02T00:00:00Z\r\n8613800000009,1,2026-11-02T00:00:00Z\r\n' >"$folder/second.csv"
"$data" import "$db" "$folder/second.csv" |
	grep -q "2 lines accepted, 1 of them skipped because the stored data are newer, 1 rejected" || fail "older lines are counted"
is "newer data" 600 "SELECT balance FROM subscriber WHERE msisdn = 8613800000001"
is "bills retain their age" 1793491200 "SELECT bills_as_of FROM subscriber WHERE msisdn = 8613800000001"
[ "$(head -1 "$folder/second.csv.rejects")" = "msisdn,balance,as_of" ] || fail "rejected lines of CSV need their columns' names"

# ---- other tables by CSV ----

printf 'msisdn,month,total\n8613800000001,2026-09,11\n8613800000009,2026-09,11\n' >"$folder/bills.csv"
printf 'msisdn,month,position,item,amount\n8613800000001,2026-09,0,calls,11\n8613800000001,2026-08,0,calls,11\n' >"$folder/lines.csv"
printf 'msisdn,position,date,change,reason\n8613800000001,1,2026-11-01,-3,redeemed\n' >"$folder/points.csv"
printf 'msisdn,service,since,trial_until\n8613800000001,WEATHER,20261101,20261201\n' >"$folder/subscriptions.csv"
import "$folder/bills.csv" "$folder/lines.csv" "$folder/points.csv" "$folder/subscriptions.csv"
is "bills" "202609:11 202610:7" "SELECT group_concat(month || ':' || total, ' ') FROM (SELECT * FROM bill ORDER BY month)"
is "lines" 2 "SELECT count(*) FROM bill_line"
is "points" "5 -3" "SELECT group_concat(change, ' ') FROM points_entry"
is "services" "NEWS WEATHER" "SELECT services FROM subscriber WHERE msisdn = 8613800000001"
is "a trial" 20261201 "SELECT trial_until FROM subscription WHERE service = 'WEATHER' AND state = 'trial'"
grep -q "no subscriber has this number" "$folder/bills.csv.rejects" || fail "a bill of an unknown subscriber"
grep -q "no bill for that month" "$folder/lines.csv.rejects" || fail "a line without a bill"

# ---- F15: an IMSI that moves, another owner, gone ----

query "INSERT INTO password (msisdn, hash) VALUES (8613800000001, 'x');
	INSERT INTO conversation (msisdn, short_code, session, until) VALUES (8613800000001, '10086', x'00', 9999999999);
	INSERT INTO notification (msisdn, kind, facts, due, expires) VALUES (8613800000001, 'order_completed', x'', 0, 9999999999)"
cat >"$folder/third.jsonl" <<'END'
{"msisdn":"8613800000002","imsi":["460000000000001"],"as_of":"2026-11-03T00:00:00Z"}
END
import "$folder/third.jsonl"
is "the IMSI that moved" 8613800000002 "SELECT msisdn FROM sim WHERE imsi = 460000000000001"
is "the IMSI that was given up" 0 "SELECT count(*) FROM sim WHERE imsi = 460000000000002"
cat >"$folder/fourth.jsonl" <<'END'
{"msisdn":"8613800000001","imsi":["460000000000011"],"account":"prepaid","brand":"young","status":"active","language":"ar","balance":0,"as_of":"2026-11-04T00:00:00Z","owner":"Z"}
END
import "$folder/fourth.jsonl"
is "nothing of the former owner" "0 0 0 0 0 0 0" "SELECT (SELECT count(*) FROM password WHERE msisdn = s.msisdn) || ' ' ||
	(SELECT count(*) FROM conversation) || ' ' || (SELECT count(*) FROM notification) || ' ' || (SELECT count(*) FROM bill) || ' ' ||
	(SELECT count(*) FROM bill_line) || ' ' || (SELECT count(*) FROM points_entry) || ' ' || (SELECT count(*) FROM subscription)
	FROM subscriber s WHERE msisdn = 8613800000001"
is "the new owner's language" ar "SELECT language FROM subscriber WHERE msisdn = 8613800000001"
echo '{"msisdn":"8613800000001","gone":true,"as_of":"2026-11-03T00:00:00Z"}' >"$folder/late.jsonl"
import "$folder/late.jsonl"
is "gone, as of an earlier time" 1 "SELECT count(*) FROM subscriber WHERE msisdn = 8613800000001"
echo '{"msisdn":"8613800000001","gone":true,"as_of":"2026-11-05T00:00:00Z"}' | "$data" import "$db" - --format jsonl 2>/dev/null >/dev/null
is "gone" "0 0" "SELECT (SELECT count(*) FROM subscriber WHERE msisdn = 8613800000001) || ' ' || (SELECT count(*) FROM sim
	WHERE imsi = 460000000000011)"
# prices come with the daemon's menu: before its first start a feed's services have none, which is not damage
query "UPDATE service SET period = ''; DELETE FROM catalogue"
"$data" check "$db" >"$folder/check" || { cat "$folder/check"; fail "check before the daemon's first start"; }
grep -q '^not checked: prices of [1-9][0-9]* services, until starhashd has set them from its menu$' "$folder/check" || fail "prices"
query "INSERT INTO catalogue VALUES ('OTHER', 100, 'month', 0);
	INSERT INTO subscription (msisdn, service, since) SELECT min(msisdn), (SELECT min(service) FROM service), 19990101 FROM subscriber"
if "$data" check "$db" --quick >"$folder/check"; then fail "check of prices"; fi
grep -q 'has subscribers but no price' "$folder/check" || fail "the price"
query "UPDATE service SET period = 'month'; DELETE FROM catalogue; DELETE FROM subscription WHERE since = 19990101"
"$data" check "$db" >/dev/null || fail "check after deltas"

# ---- unreadable files ----

refused import "$db" "$folder/missing.jsonl"
refused import "$db" "$folder/first.txt"
says "use --format"
printf 'msisdn,colour\n1,2\n' >"$folder/alien.csv"
refused import "$db" "$folder/alien.csv"
says "colour: no column"
yes nonsense | head -50 >"$folder/bad.jsonl"
refused import "$db" "$folder/bad.jsonl" --rejects-max 9
says "more rejected lines"
[ "$(grep -c '^#' "$folder/bad.jsonl.rejects")" = 10 ] || fail "stopped at another line"
{ head -c 300000 /dev/zero; printf '\n{"msisdn":"8613800000002","balance":77}\n'; } >"$folder/long.jsonl"
import "$folder/long.jsonl" --as-of 2026-11-06T00:00:00Z
is "the line after an endless one" 77 "SELECT balance FROM subscriber WHERE msisdn = 8613800000002"

# ---- the plain facts of FIELDS ----

printf '{"msisdn":"8613800000002","as_of":"2026-11-07T00:00:00Z","tariff":"MONTHLY59","registered":"yes","owed":901}\n' >"$folder/facts.jsonl"
import "$folder/facts.jsonl"
"$data" export "$db" --number 8613800000002 | grep -q '"owed":901,"tariff":"MONTHLY59","registered":"yes",' || fail "facts of an export"
printf 'msisdn,as_of,tariff,billed\n8613800000002,2026-11-07T00:00:00Z,,yes\n' >"$folder/facts.csv"
import "$folder/facts.csv"
is "only the given fields" "901 none yes yes" "SELECT owed || ' ' || coalesce(tariff, 'none') || ' ' || billed || ' ' || registered
	FROM subscriber WHERE msisdn = 8613800000002"
printf '{"msisdn":"8613800000002","as_of":"2026-11-07T00:00:00Z","bills":[{"month":"2026-10","total":9,"lines":[{"item":"rent","amount":4},{"item":"services","amount":5,"charged_service":"NEWS","provider":"STAR","fee_class":"info"}]}]}\n' >"$folder/lines.jsonl"
import "$folder/lines.jsonl"
"$data" export "$db" --number 8613800000002 | grep -q '"lines":\[{"item":"rent","amount":4},{"item":"services","amount":5,"charged_service":"NEWS","provider":"STAR","fee_class":"info"}\]' || fail "purpose of a charge"
printf 'msisdn,month,position,item,amount,as_of,provider,fee_class\n8613800000002,2026-10,1,services,6,2026-11-07T00:00:00Z,MOON,\n' >"$folder/lines.csv"
import "$folder/lines.csv"
is "a single charge" "rent 4 none,services 6 MOON" "SELECT group_concat(item || ' ' || amount || ' ' || coalesce(provider, 'none'))
	FROM bill_line WHERE msisdn = 8613800000002 AND fee_class IS NULL AND charged_service IS NULL"
printf '{"msisdn":"8613800000002","billed":"perhaps"}\n' >"$folder/wide.jsonl"
import "$folder/wide.jsonl"
grep -q "billed: too long for its field" "$folder/wide.jsonl.rejects" || fail "a word that is too long"
"$data" export "$db" --format csv --table subscribers | head -1 | grep -q ',balance,owed,valid_until,tariff,billed,registered,pay_by,bill_month,' || fail "columns of an export"
"$data" show "$db" 8613800000002 | grep -q '^registered  *yes$' || fail "shown facts"

# ---- merging, as the daemon merges billing's answers: see account/merge.c ----

query "INSERT OR IGNORE INTO service (service, price, period)
	VALUES ('RAIN', 1, 'day'), ('SNOW', 1, 'day'), ('SUN', 1, 'day'), ('TRY', 1, 'day'), ('FOG', 1, 'day');
	DELETE FROM subscription WHERE msisdn = 8613800000002;
	UPDATE subscriber SET status = 'active', language = 'fr' WHERE msisdn = 8613800000002;
	INSERT INTO subscription (msisdn, service, since, state, until, trial_until, reminded) VALUES
	(8613800000002, 'RAIN', 20250101, 'active', NULL, NULL, 0), (8613800000002, 'SNOW', 20261101, 'activating', NULL, NULL, 0),
	(8613800000002, 'SUN', 20261201, 'active', NULL, NULL, 0), (8613800000002, 'FOG', 20250101, 'deactivating', 20261130, NULL, 0),
	(8613800000002, 'TRY', 20261101, 'trial', NULL, 20261130, 1);
	INSERT INTO orders (ref, msisdn, kind, service, effective, state, accepted, due)
		VALUES (77, 8613800000002, 'service activate', 'SNOW', 0, 'accepted', unixepoch(), 1)"
printf '{"msisdn":"8613800000002","as_of":"2026-11-08T00:00:00Z","status":"suspended","language":"zh","subscriptions":[{"service":"FOG","since":"2025-01-01"},{"service":"TRY","since":"2026-11-01","trial_until":"2026-12-05"}]}\n' >"$folder/merge.jsonl"
import "$folder/merge.jsonl"
is "subscriptions" "FOG deactivating 20261130 0,SNOW activating  0,SUN active  0,TRY trial  0" \
	"SELECT group_concat(service || ' ' || state || ' ' || coalesce(until, '') || ' ' || reminded) FROM subscription WHERE msisdn = 8613800000002"
is "their list" "FOG SNOW SUN TRY" "SELECT services FROM subscriber WHERE msisdn = 8613800000002"
is "an order for a service does not shield the line's state; the language stays" "suspended fr" "SELECT status || ' ' || language
	FROM subscriber WHERE msisdn = 8613800000002"
query "UPDATE subscriber SET as_of = unixepoch() + 1000, services_as_of = unixepoch() + 1000 WHERE msisdn = 8613800000002;
	DELETE FROM orders WHERE ref = 77"
printf '{"msisdn":"8613800000002","as_of":"2026-11-09T00:00:00Z","status":"active"}\n' >"$folder/clock.jsonl"
import "$folder/clock.jsonl"
is "data written with a wrong clock block nothing" active "SELECT status FROM subscriber WHERE msisdn = 8613800000002"

# ---- F27: snapshots ----

rm -f "$db"*
"$data" sample --jsonl 2000 --as-of 2026-11-15T08:50:00Z >"$folder/whole.jsonl"
import --snapshot "$folder/whole.jsonl"
is "a snapshot" 2000 "SELECT count(*) FROM subscriber"
query "INSERT INTO password (msisdn, hash) VALUES (13800138001, 'x') ON CONFLICT DO UPDATE SET hash = 'x';
	INSERT INTO password (msisdn, hash) VALUES (13800138002, 'x') ON CONFLICT DO UPDATE SET hash = 'x';
	UPDATE subscriber SET language = 'fr' WHERE msisdn = 13800138002;
	UPDATE subscriber SET owner = 'me' WHERE msisdn = 13800138003;
	INSERT INTO password (msisdn, hash) VALUES (13800138003, 'x') ON CONFLICT DO UPDATE SET hash = 'x';
	INSERT INTO orders (ref, msisdn, kind, service, effective, state, accepted, due)
		VALUES (1, 13800138004, 'service activate', 'CRBT', 0, 'accepted', unixepoch(), 1);
	DELETE FROM subscription WHERE msisdn = 13800138004; INSERT INTO subscription (msisdn, service, since, state)
		VALUES (13800138004, 'CRBT', 20261101, 'activating');
	UPDATE subscriber SET services = 'CRBT' WHERE msisdn = 13800138004;
	INSERT INTO orders (ref, msisdn, kind, service, instead, effective, state, accepted, due) VALUES
		(2, 13800138007, 'service change', 'WEATHER', 'CRBT', 0, 'accepted', unixepoch(), 1);
	DELETE FROM subscription WHERE msisdn = 13800138007; INSERT INTO subscription (msisdn, service, since, state) VALUES
		(13800138007, 'CRBT', 20250101, 'deactivating'), (13800138007, 'WEATHER', 20261101, 'activating');
	UPDATE subscription SET state = 'trial', trial_until = 20991231, trial_ends = 'paid', due = 20991229 WHERE msisdn = 13800138010;
	UPDATE subscriber SET balance = 4242, as_of = 1794999999 WHERE msisdn = 13800138005"
grep -v '"msisdn":"13800138001"' "$folder/whole.jsonl" | sed 's/"as_of":"[^"]*"/"as_of":1794800000,"owner":"other"/; /"msisdn":"13800138006"/d' >"$folder/next.jsonl"
sed -i '/"msisdn":"13800138010"/s/"since":"[^"]*"/&,"trial_until":"2099-12-31"/g' "$folder/next.jsonl"
mark "$folder/next.jsonl"
import --snapshot "$folder/next.jsonl"
is "the agreed terms of a trial" "trial paid" "SELECT DISTINCT state || ' ' || trial_ends FROM subscription WHERE msisdn = 13800138010"
is "the number now" 1998 "SELECT count(*) FROM subscriber"
is "the remaining passwords" 13800138002 "SELECT group_concat(msisdn) FROM password WHERE hash = 'x'"
is "the chosen language" fr "SELECT language FROM subscriber WHERE msisdn = 13800138002"
is "the service of an order" "CRBT activating" "SELECT service || ' ' || state FROM subscription WHERE msisdn = 13800138004
	AND service = 'CRBT'"
is "both services of a change" "CRBT deactivating,WEATHER activating" "SELECT group_concat(service || ' ' || state) FROM
	(SELECT * FROM subscription WHERE msisdn = 13800138007 AND service IN ('CRBT', 'WEATHER') ORDER BY service)"
is "services without an order" 1 "SELECT count(*) > 0 FROM subscription WHERE msisdn = 13800138004 AND service <> 'CRBT'"
is "data newer than the snapshot" 4242 "SELECT balance FROM subscriber WHERE msisdn = 13800138005"
is "no table is left behind" 0 "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'trigger')
	AND (name LIKE '%\\_next' ESCAPE '\\' OR name LIKE '%\\_old' ESCAPE '\\' OR name LIKE 'next\\_%' ESCAPE '\\')"
is "keys name the new tables" 0 "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%REFERENCES%\\_old%' ESCAPE '\\'
	OR sql LIKE '%REFERENCES%\\_next%' ESCAPE '\\'"
is "indexes" 2 "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'subscription'
	AND name LIKE 'subscription\\_due%' ESCAPE '\\' OR (name LIKE 'sim\\_of%' ESCAPE '\\' AND tbl_name = 'sim')"
"$data" check "$db" >"$folder/check" || { cat "$folder/check"; fail "check after a snapshot"; }

cp "$folder/whole.jsonl" "$folder/old.jsonl"
echo >>"$folder/old.jsonl"
refused import --snapshot "$db" "$folder/old.jsonl"
says "newer; --force"
{ cat "$folder/next.jsonl"; echo "# end 4711"; } >"$folder/half.jsonl"
refused import --snapshot "$db" "$folder/half.jsonl"
says "incomplete"
refused import --snapshot "$db" "$folder/next.jsonl" --again --expect 5
says "lines instead of"
is "refused ones change nothing" 1998 "SELECT count(*) FROM subscriber"
import --snapshot "$folder/old.jsonl" --force
is "forced" 2000 "SELECT count(*) FROM subscriber"
"$data" check "$db" >/dev/null || fail "check after a forced snapshot"

# ---- killed repeatedly during an import ----

rm -f "$db"*
"$data" sample --jsonl 3000 >"$folder/whole.jsonl"
sed -i '1500s/.*/nonsense/' "$folder/whole.jsonl"
tries=0
while ! timeout -s KILL "0.$((tries % 6 + 2))" "$data" import --snapshot "$db" "$folder/whole.jsonl" --quiet 2>>"$folder/errors"; do
	tries=$((tries + 1))
	[ "$tries" -lt 200 ] || fail "it never ends"
done
is "after $tries kills" 2999 "SELECT count(*) FROM subscriber"
is "its reported result" "done 3008 1" "SELECT state || ' ' || lines || ' ' || rejected FROM import"
[ "$(wc -l <"$folder/whole.jsonl.rejects")" = 2 ] || fail "rejected lines are stored twice, or not at all"
"$data" check "$db" >/dev/null || fail "check after kills"
echo "killed $tries times"
