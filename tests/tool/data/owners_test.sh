#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data: numbers that pass from one owner to the next, and data that a merge must not change (F15, F27).
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

# Usage: line NUMBER OWNER DAY [MORE]: a subscriber's line of a file, as of that day of November.
line() {
	printf '{"msisdn":"861380000000%s","account":"prepaid","brand":"young","status":"active","language":"en","owner":"%s","as_of":"2026-11-%sT00:00:00Z"%s}\n' \
		"$1" "$2" "$3" "${4:-}"
}

take() {
	"$data" import "$db" "$@" --quiet 2>/dev/null
}

delta() {
	cat >"$folder/delta.jsonl"
	take "$folder/delta.jsonl" --again
}

snapshot() {
	for file in "$@"; do
		sed -i '/^# end /d' "$file"
		rows=$(grep -c . "$file")
		case $file in *.csv) rows=$((rows - 1)) ;; esac
		echo "# end $rows" >>"$file"
	done
	"$data" import --snapshot "$db" "$@" --force --quiet 2>/dev/null
}

order_of="INSERT INTO orders (ref, msisdn, kind, service, price, period, effective, state, accepted, due, ended)"

# ---- the next owner sees and gets nothing of the former one ----

line 1 A 01 | delta
query "INSERT INTO service (service, price, period) VALUES ('NEWS', 300, 'month');
	$order_of VALUES (1, 8613800000001, 'service activate', 'NEWS', 300, 'month', 20261101, 'dead', 1, 1, 2),
	(2, 8613800000001, 'service deactivate', 'NEWS', 300, 'month', 20261101, 'completed', 1, 1, 2)"
line 1 A 05 ',"gone":true' | delta
line 1 B 10 | delta
is "orders that B sees" 0 "SELECT count(*) FROM orders o JOIN subscriber s USING (msisdn) WHERE o.id > s.orders_after"
"$data" orders "$db" release all >/dev/null
is "orders of A that are delivered" 0 "SELECT count(*) FROM orders WHERE state = 'accepted'"

line 2 A 01 ',"bills":[{"month":"2026-10","total":7}]' | delta
line 2 B 10 | delta
printf 'msisdn,month,total,as_of\n8613800000002,2026-10,777,2026-11-09T00:00:00Z\n' >"$folder/bills.csv"
printf 'msisdn,service,since,as_of\n8613800000002,NEWS,2026-01-01,2026-11-09T00:00:00Z\n' >"$folder/subscriptions.csv"
take "$folder/bills.csv"
take "$folder/subscriptions.csv"
is "bills and services of A that come late" "0 0" "SELECT (SELECT count(*) FROM bill) || ' ' || (SELECT count(*) FROM subscription)"

long=$(printf 'X%.0s' $(seq 1 127))
line 3 "${long}1" 01 | delta
query "INSERT INTO password (msisdn, hash) VALUES (8613800000003, 'of the former owner')"
line 3 "${long}2" 10 | delta
is "owners that differ in the last letter" 0 "SELECT count(*) FROM password"

printf '{"msisdn":"8613800000004","account":"prepaid","brand":"young","status":"active","language":"en","as_of":"2026-11-10T00:00:00Z","bills_as_of":"2026-11-01T00:00:00Z"}\n' | delta
query "INSERT INTO password (msisdn, hash) VALUES (8613800000004, 'chosen since')"
printf '{"msisdn":"8613800000004","owner":"A","as_of":"2026-11-05T00:00:00Z","bills":[]}\n' | delta
line 4 B 12 | delta
is "the owner of an older line is ignored" 1 "SELECT count(*) FROM password"

# ---- a snapshot leaves one out, and the number comes back with another owner ----

line 5 A 01 | delta
query "$order_of VALUES (3, 8613800000005, 'service activate', 'NEWS', 300, 'month', 20261101, 'dead', 1, 1, 2)"
line 6 C 05 >"$folder/without.jsonl"
snapshot "$folder/without.jsonl"
line 5 B 10 | delta
is "orders that the next one sees" 0 "SELECT count(*) FROM orders o JOIN subscriber s USING (msisdn) WHERE msisdn = 8613800000005
	AND o.id > s.orders_after"

# ---- data that a merge does not change ----

printf '{"msisdn":"8613800000005","as_of":"2020-01-01T00:00:00Z","subscriptions":[{"service":"OLD","since":"2020-01-01"}]}\n' | delta
printf '{"msisdn":"8613800000009","as_of":"2020-01-01T00:00:00Z","subscriptions":[{"service":"BAD","since":"2020-01-01"}]}\n' | delta || true
is "services that older and refused lines name" NEWS "SELECT group_concat(service) FROM service"

line 7 A 01 ',"imsi":"460000000000007"' | delta
printf 'msisdn,imsi,as_of\n8613800000007,,2026-11-02T00:00:00Z\n' >"$folder/imsi.csv"
take "$folder/imsi.csv"
is "an empty IMSI removes the SIM" 0 "SELECT count(*) FROM sim WHERE msisdn = 8613800000007"

line 6 C 05 | delta
query "INSERT INTO subscription (msisdn, service, since, state) VALUES (8613800000006, 'NEWS', 20261101, 'activating');
	$order_of VALUES (4, 8613800000006, 'service activate', 'NEWS', 300, 'month', 20261101, 'accepted', 1, 1, NULL)"
printf 'msisdn,account,brand,status,language,owner,as_of\n8613800000006,prepaid,young,active,en,C,2026-11-10T00:00:00Z\n' >"$folder/subscribers.csv"
printf 'msisdn,month,total\n8613800000006,2026-10,3\n' >"$folder/bills.csv"
printf 'msisdn,month,position,item,amount\n8613800000006,2026-10,1,calls,1\n8613800000006,2026-10,2,rent,2\n' >"$folder/lines.csv"
printf 'msisdn,position,date,change,reason\n8613800000006,17,2026-10-01,5,earned\n' >"$folder/points.csv"
snapshot "$folder/subscribers.csv" "$folder/bills.csv" "$folder/lines.csv" "$folder/points.csv"
is "positions after the exchange" "1:calls,2:rent 17" \
	"SELECT (SELECT group_concat(position || ':' || item) FROM bill_line) || ' ' || (SELECT group_concat(position) FROM points_entry)"
is "the service of an order" activating "SELECT state FROM subscription WHERE msisdn = 8613800000006"
line 6 C 12 ',"bills_as_of":"2099-01-01T00:00:00Z"' >"$folder/future.jsonl"
snapshot "$folder/future.jsonl" || true
is "a line with a list from the future" 0 "SELECT count(*) FROM subscriber WHERE bills_as_of > unixepoch('2090-01-01')"

# a snapshot made with a clock an hour fast does not block the next ones
line 6 C 12 | sed "s/2026-11-12T00:00:00Z/$(date -u -d '+1 hour' +%FT%TZ)/" >"$folder/fast.jsonl"
snapshot "$folder/fast.jsonl"
line 6 C 12 | sed "s/2026-11-12T00:00:00Z/$(date -u +%FT%TZ)/" >"$folder/right.jsonl"
echo "# end 1" >>"$folder/right.jsonl"
take --snapshot "$folder/right.jsonl" --max-removed 100 || fail "a snapshot after one from a fast clock"

# ---- released beside more orders in flight than are loaded ----

line 8 A 01 | delta
query "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 42)
	INSERT INTO service (service, price, period) SELECT 'S' || i, 1, 'month' FROM n;
	$order_of VALUES (100, 8613800000008, 'service activate', 'S42', 1, 'month', 20261101, 'dead', 1, 1, 2);
	WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 42)
	$order_of SELECT 100 + i, 8613800000008, 'service activate', 'S' || i, 1, 'month', 20261101, 'accepted', 1, 1, NULL FROM n"
"$data" orders "$db" release all >/dev/null
is "orders about the same in flight" 1 "SELECT count(*) FROM orders WHERE service = 'S42' AND state = 'accepted'"
