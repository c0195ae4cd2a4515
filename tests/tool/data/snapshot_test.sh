#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Brakes for snapshots (F27, F38): one that is truncated (A63) or removes many subscribers (A64) is not switched; data of subscribers
# who vanish are saved, and are restored only to the same owner (A65).
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

snapshot() {
	"$data" import --snapshot "$db" "$@" --quiet
}

subscribers() {
	is "$1" "$2" "SELECT count(*) FROM subscriber"
}

# The key beside the database.
head -c 32 /dev/urandom >"$db.pepper"
chmod 600 "$db.pepper"

# A hundred subscribers with owners. Usage: extract SECONDS_LATER >FILE
extract() {
	"$data" sample --jsonl 100 | sed "s/\"msisdn\":\"\([0-9]*\)\"/&,\"owner\":\"C\1\"/; s/\"as_of\":\"[^\"]*\"/\"as_of\":$((1794732600 + $1))/"
}

extract 0 >"$folder/whole.jsonl"
snapshot "$folder/whole.jsonl"
query "INSERT INTO password (msisdn, hash, past, tries) SELECT msisdn, 'hash of ' || msisdn, 'old', 1 FROM subscriber
	WHERE true ON CONFLICT DO UPDATE SET hash = excluded.hash, past = 'old', tries = 1"

# ---- A63 snapshot__without_its_end__not_switched ----

extract 10 | head -10 >"$folder/cut.jsonl"
refused import --snapshot "$db" "$folder/cut.jsonl" --force
says "incomplete: the files of a snapshot must end with a line"
refused import --snapshot "$db" "$folder/cut.jsonl" --force
says "incomplete: the files of a snapshot must end with a line"
subscribers "a file without its end" 100
cat "$folder/cut.jsonl" | if "$data" import --snapshot "$db" - --format jsonl --force --quiet 2>"$folder/errors"; then fail "a pipe without an end mark"; fi
says "incomplete"
extract 10 | sed 50d >"$folder/less.jsonl"
refused import --snapshot "$db" "$folder/less.jsonl" --force
says "incomplete: it has 108 lines, but its end mark says 109"
refused import --snapshot "$db" "$folder/less.jsonl" --force
says "its end mark says 109"
grep -v '^#' "$folder/less.jsonl" >"$folder/expected.jsonl"
refused import --snapshot "$db" "$folder/expected.jsonl" --expect 109
says "instead of 109"
refused import --snapshot "$db" "$folder/expected.jsonl" "$folder/less.jsonl" --force
says "incomplete"
refused import --snapshot "$db" "$folder/expected.jsonl" "$folder/less.jsonl" --force
says "incomplete"
subscribers "files that are not whole" 100
snapshot "$folder/expected.jsonl" --expect 108
subscribers "as many as are expected" 99
snapshot "$folder/whole.jsonl" --again --force

# ---- A64 snapshot__takes_many_away__needs_force ----

extract 20 | sed '/138001380[1-9]/d' >"$folder/few.jsonl"
mark "$folder/few.jsonl"
refused import --snapshot "$db" "$folder/few.jsonl"
says "90 of 100 subscribers are not in it, and 0 have another owner: more than 1 %"
refused import --snapshot "$db" "$folder/few.jsonl" --max-removed 89
subscribers "refused ones change nothing" 100
extract 20 | sed 's/"owner":"C138001380[1-9]/&x/' >"$folder/owners.jsonl"
refused import --snapshot "$db" "$folder/owners.jsonl"
says "0 of 100 subscribers are not in it, and 90 have another owner"
is "refused ones remove no password" 100 "SELECT count(*) FROM password WHERE hash <> ''"
extract 20 | sed '/13800138099/d' >"$folder/one.jsonl"
mark "$folder/one.jsonl"
"$data" import --snapshot "$db" "$folder/one.jsonl" 2>"$folder/errors" >/dev/null
says "1 of 100 subscribers are not in it, and 0 have another owner"
subscribers "one in a hundred" 99

# as with files in a spool folder, which are set aside with the reason
mkdir "$folder/spool"
cp "$folder/few.jsonl" "$folder/spool/few.snapshot.jsonl"
cp "$folder/cut.jsonl" "$folder/spool/cut.snapshot.jsonl"
touch -d '1 minute ago' "$folder/spool/cut.snapshot.jsonl"
if "$data" spool "$folder/spool" "$db" --quiet 2>/dev/null; then fail "spool takes snapshots that import refuses"; fi
grep -q "more than 1 %" "$folder/spool/failed/few.snapshot.jsonl.reason" || fail "the reason of few"
grep -q "incomplete" "$folder/spool/failed/cut.snapshot.jsonl.reason" || fail "the reason of cut"
subscribers "spooled ones are refused, too" 99

# ---- A65 vanished__same_owner_again__password_and_orders_restored ----

query "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, accepted, due) VALUES
		(10, 10, 13800138050, 'service activate', 'WEATHER', 20261101, 'accepted', unixepoch(), 5),
		(11, 11, 13800138050, 'line suspend', NULL, 20261101, 'accepted', unixepoch(), 9223372036854775807),
		(12, 12, 13800138060, 'line suspend', NULL, 20261101, 'accepted', unixepoch(), 5);
	DELETE FROM subscription WHERE msisdn = 13800138050;
	INSERT INTO subscription (msisdn, service, since, state) VALUES (13800138050, 'WEATHER', 20261101, 'activating');
	UPDATE subscriber SET services = 'WEATHER', language = 'fr' WHERE msisdn = 13800138050;
	UPDATE subscriber SET owner = NULL WHERE msisdn = 13800138080;
	INSERT INTO consent (msisdn, sequence, epoch, time, ref, kind, service, channel, trust, shown, answered, key, previous, hash)
		SELECT column1, 1, 0, unixepoch(), 1, 'service activate', 'NEWS', 'ussd', 'password', 'Sure?', '1', '', zeroblob(32), zeroblob(32)
		FROM (VALUES (13800138050), (13800138060));
	INSERT INTO consent_head (msisdn, sequence, hash) SELECT msisdn, 1, hash FROM consent"

# an import that ends before its last step: served subscribers have everything once the next import begins
query "CREATE TRIGGER disk_full BEFORE UPDATE ON import WHEN new.state = 'switched' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
refused import --snapshot "$db" "$folder/few.jsonl" --max-removed 90
says "constraint failed"
is "removed before its last step" "10 dead" "SELECT (SELECT count(*) FROM password WHERE hash <> '') || ' ' || (SELECT state FROM orders
	WHERE id = 10)"
query "DROP TRIGGER disk_full"
extract 25 | sed 50d >"$folder/next.jsonl"
refused import --snapshot "$db" "$folder/next.jsonl"
says "incomplete"
is "back" "98 accepted" "SELECT (SELECT count(*) FROM password WHERE hash <> '') || ' ' || (SELECT state FROM orders WHERE id = 10)"
is "the oldest is due, the next one waits" "1 0" "SELECT group_concat(due <= unixepoch(), ' ') FROM orders
	WHERE msisdn = 13800138050 ORDER BY id"

snapshot "$folder/few.jsonl" --max-removed 90
subscribers "allowed" 10
is "no password of vanished subscribers" 10 "SELECT count(*) FROM password WHERE hash <> ''"
is "orders wait" "10 dead vanished,11 dead vanished,12 dead vanished" "SELECT group_concat(id || ' ' || state || ' ' || reason) FROM orders"
"$data" vanished "$db" >"$folder/list"
[ "$(grep -c password "$folder/list")" = 90 ] || fail "the list of vanished subscribers"
grep -q "13800138050 .* password  2  gone" "$folder/list" || { grep 138050 "$folder/list"; fail "orders of vanished subscribers"; }
! grep -q hash "$folder/list" || fail "a hash is listed"
"$data" orders "$db" release all >"$folder/output"
grep -q "^0 orders" "$folder/output" || fail "orders of vanished subscribers are released with all others"
extract 30 | sed 's/"owner":"C1380013806./&x/' >"$folder/again.jsonl"
snapshot "$folder/again.jsonl"
is "the same password" "hash of 13800138050 old 1" "SELECT hash || ' ' || past || ' ' || tries FROM password WHERE msisdn = 13800138050"
is "the chosen language" fr "SELECT language FROM subscriber WHERE msisdn = 13800138050"
is "the same owner's consents, and nobody else's" 13800138050 "SELECT group_concat(msisdn) FROM consent
	JOIN consent_head USING (msisdn, epoch)"
is "orders continue" "10 accepted,11 accepted" "SELECT group_concat(id || ' ' || state) FROM orders WHERE msisdn = 13800138050"
is "the oldest is due" 10 "SELECT id FROM orders WHERE msisdn = 13800138050 AND due <= unixepoch()"
is "the service of the order" "activating 1" "SELECT state || ' ' || (instr(s.services, 'WEATHER') > 0) FROM subscription
	JOIN subscriber s USING (msisdn) WHERE msisdn = 13800138050 AND service = 'WEATHER'"
is "another owner's number" "0 other_owner 0" "SELECT (SELECT count(*) FROM password WHERE hash <> ''
		AND msisdn BETWEEN 13800138060 AND 13800138069) || ' ' ||
	(SELECT reason FROM orders WHERE id = 12) || ' ' || (SELECT count(*) FROM vanished
		WHERE msisdn BETWEEN 13800138060 AND 13800138069)"
is "an unknown owner" "1 0" "SELECT (SELECT count(*) FROM vanished) || ' ' || (SELECT count(*) FROM password WHERE hash <> ''
	AND msisdn = 13800138080)"
"$data" check "$db" >"$folder/check" || { cat "$folder/check"; fail "check at the end"; }
"$data" vanished "$db" release 13800138080 >/dev/null
is "given back by an operator" "hash of 13800138080 0" "SELECT hash || ' ' || (SELECT count(*) FROM vanished) FROM password
	WHERE msisdn = 13800138080"
is "the owner as it was" C13800138080 "SELECT owner FROM subscriber WHERE msisdn = 13800138080"
refused vanished "$db" release 13800138080
says "nothing is retained"

is "pieces of the identity number, too" 1 "SELECT count(*) FROM password WHERE msisdn = 13800138080 AND id_pieces <> ''"

# ---- A65 vanished__in_a_delta__restored ----

mark "$folder/few.jsonl"
sed 's/"as_of":[0-9]*/"as_of":1794732700/' "$folder/few.jsonl" >"$folder/later.jsonl"
query "UPDATE orders SET state = 'accepted' WHERE id = 10"
snapshot "$folder/later.jsonl" --force
refused vanished "$db" release 13800138055
says "has no subscriber"
sed 's/"as_of":[0-9]*/"as_of":1794732800/; s/"owner":"C13800138056/&x/' "$folder/whole.jsonl" | grep 138001380[5] >"$folder/delta.jsonl"
"$data" import "$db" "$folder/delta.jsonl" --quiet
is "the same password by a delta" "hash of 13800138055" "SELECT hash FROM password WHERE msisdn = 13800138055"
is "orders by a delta" "accepted activating" "SELECT o.state || ' ' || s.state FROM orders o JOIN subscription s USING (msisdn, service)
	WHERE id = 10"
is "another owner's by a delta" "0 0" "SELECT (SELECT count(*) FROM password WHERE hash <> '' AND msisdn = 13800138056) || ' ' ||
	(SELECT count(*) FROM vanished WHERE msisdn = 13800138056)"
"$data" check "$db" >"$folder/check" || { cat "$folder/check"; fail "check after a delta"; }

# everything stored, including saved data
"$data" purge "$db" --number 13800138070 >/dev/null
is "purged" 0 "SELECT count(*) FROM vanished WHERE msisdn = 13800138070"

# ---- A71 id_number__imported__is_neither_in_the_file_nor_in_an_export ----

rm -f "$db"*
"$data" sample --jsonl 20 >"$folder/ids.jsonl"
number=$(sed -n 's/.*"id_number":"\([^"]*\)".*/\1/p' "$folder/ids.jsonl" | head -1)
"$data" import "$db" --snapshot "$folder/ids.jsonl" --quiet 2>"$folder/errors"
says "name starhashd's key with --pepper"
is "nothing is stored without a key" 0 "SELECT count(id_pieces) FROM password"
head -c 32 /dev/urandom >"$folder/key"
chmod 600 "$folder/key"
"$data" import "$db" --snapshot "$folder/ids.jsonl" --again --quiet --pepper "$folder/key"
is "pieces by a snapshot" 20 "SELECT count(*) FROM password WHERE length(id_pieces) = 68"
query "UPDATE password SET id_pieces = NULL"
"$data" import "$db" "$folder/ids.jsonl" --again --quiet --pepper "$folder/key"
is "pieces by a delta" 20 "SELECT count(*) FROM password WHERE length(id_pieces) = 68"
! grep -qa "$number" "$db"* || fail "an identity number in the file"
"$data" export "$db" >"$folder/out"
"$data" export "$db" --format csv >>"$folder/out"
! grep -q "id_number\|$number" "$folder/out" || fail "an identity number in an export"
refused import "$db" "$folder/ids.jsonl" --again --pepper "$folder/nokey"

# ---- F15, F27: a snapshot that is older than the present owner ----

# Usage: row MSISDN DAY OWNER [MEMBERS]
row() {
	printf '{"msisdn":"%s","account":"prepaid","brand":"young","status":"active","language":"en","owner":"%s","as_of":"2026-11-%sT00:00:00Z"%s}\n' \
		"$1" "$3" "$2" "${4:-}"
}

# Usage: all ROW… >FILE
all() {
	printf '%s\n' "$@"
	echo "# end $#"
}

hash='$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA'
rm -f "$db"*
"$data" import "$db" --quiet - --format jsonl <<END
$(row 13800138001 10 new)
$(row 13800138002 10 new)
$(row 13800138003 10 same)
END
query "INSERT INTO password (msisdn, hash) VALUES (13800138002, 'of the new owner');
	INSERT INTO service (service, price, period) VALUES ('NEWS', 1, 'day');
	INSERT INTO orders (ref, msisdn, kind, service, effective, state, accepted, due)
		VALUES (5, 13800138002, 'service activate', 'NEWS', 20261110, 'accepted', unixepoch(), 1)"
all "$(row 13800138001 09 former ",\"password_hash\":\"$hash\"")" "$(row 13800138002 09 former)" "$(row 13800138003 11 same)" >"$folder/former.jsonl"
"$data" import "$db" --snapshot --quiet --password-hashes argon2id "$folder/former.jsonl"
is "the owners stay" "new,new,same" "SELECT group_concat(owner) FROM (SELECT owner FROM subscriber ORDER BY msisdn)"
is "a former owner's password is gone" 0 "SELECT count(*) FROM password WHERE msisdn = 13800138001"
is "the owner's password and order stay" "of the new owner accepted" "SELECT hash || ' ' || state FROM password
	JOIN orders USING (msisdn) WHERE msisdn = 13800138002"

# ---- F15: a former owner's orders do not shield the next owner's data ----

query "UPDATE orders SET state = 'completed', ended = unixepoch('2026-11-12'), kind = 'service deactivate' WHERE ref = 5;
	INSERT INTO orders (ref, msisdn, kind, effective, state, accepted, due)
		VALUES (6, 13800138002, 'line suspend', 20261110, 'accepted', unixepoch(), 1)"
row 13800138002 12 next ',"subscriptions":[{"service":"NEWS","since":"2026-11-12"}]' | "$data" import "$db" --quiet - --format jsonl
is "the next one's services and line" "NEWS active" "SELECT services || ' ' || status FROM subscriber WHERE msisdn = 13800138002"

# ---- F27: lines of a snapshot that are older than their subscriber's ----

query "INSERT INTO subscription (msisdn, service, since) VALUES (13800138003, 'NEWS', 20261101);
	UPDATE subscriber SET services = 'NEWS', services_as_of = unixepoch('2026-11-12') WHERE msisdn = 13800138003"
printf 'msisdn,account,brand,status,language,owner,as_of\n13800138003,prepaid,young,active,en,same,2026-11-13T00:00:00Z\n# end 1\n' >"$folder/subscribers.csv"
printf 'service,price,period\nOTHER,1,day\n# end 1\n' >"$folder/services.csv"
printf 'msisdn,service,since,as_of\n13800138003,OTHER,2026-11-01,2026-11-11T00:00:00Z\n# end 1\n' >"$folder/subscriptions.csv"
"$data" import "$db" --snapshot --quiet --force "$folder/services.csv" "$folder/subscribers.csv" "$folder/subscriptions.csv"
is "forced: older ones are wanted" OTHER "SELECT services FROM subscriber WHERE msisdn = 13800138003"
query "INSERT INTO subscription (msisdn, service, since) VALUES (13800138003, 'NEWS', 20261101);
	UPDATE subscriber SET services = 'NEWS OTHER', services_as_of = unixepoch('2026-11-12') WHERE msisdn = 13800138003"
"$data" import "$db" --snapshot --quiet --again "$folder/services.csv" "$folder/subscribers.csv" "$folder/subscriptions.csv"
is "newer ones stay" "NEWS OTHER" "SELECT services FROM subscriber WHERE msisdn = 13800138003"

# ---- F3: one subscriber with many orders and services does not stop an import ----

query "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
	INSERT INTO orders (ref, msisdn, kind, service, effective, state, accepted, ended, due)
		SELECT 1000 + i, 13800138003, 'service activate',
	'S' || (i % 100), 20261114, 'completed', unixepoch('2026-11-14'), unixepoch('2026-11-20'), 1 FROM n;
	WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO service (service, price, period)
		SELECT 'S' || i, 1, 'day' FROM n;
	INSERT INTO subscription (msisdn, service, since) SELECT 13800138003, service, 20261101 FROM service WHERE service LIKE 'S%'"
{
	row 13800138003 14 same ',"balance":77,"subscriptions":[{"service":"NEWS","since":"2026-11-12"}]'
	row 13800138004 14 other
} | "$data" import "$db" --quiet - --format jsonl
is "both lines are taken" "77 2" "SELECT (SELECT balance FROM subscriber WHERE msisdn = 13800138003) || ' ' || count(*) FROM subscriber"

# ---- S18: remains of an interrupted exchange are purged, too ----

query "CREATE TABLE subscriber_old AS SELECT * FROM subscriber; INSERT INTO import (file, digest, kind, state, began)
	VALUES ('x', x'', 'snapshot', 'switched', 1)"
"$data" purge "$db" --number 13800138004 >/dev/null
is "formerly served tables" 0 "SELECT count(*) FROM sqlite_master WHERE name = 'subscriber_old'"
is "the interrupted import" done "SELECT state FROM import WHERE file = 'x'"
