#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A69, A70: starhash-data check distinguishes damages of consents, names what it could not check, and completes whatever it finds.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

"$data" sample "$db" --pepper "$folder/key" --subscribers 40 --quiet >/dev/null 2>&1

# Usage: check STATUS OPTIONS…; what it says is in $folder/check.
check() {
	expected=$1
	shift
	status=0
	"$data" check "$db" "$@" >"$folder/check" 2>"$folder/errors" || status=$?
	[ "$status" = "$expected" ] || { cat "$folder/check" "$folder/errors" >&2; fail "status $status instead of $expected: check $*"; }
	grep -qE '^(There are problems|No problems found)\.$' "$folder/check" || fail "it does not come to its end: check $*"
}

# Usage: finds TEXT
finds() {
	grep -q -- "$1" "$folder/check" || { cat "$folder/check" >&2; fail "does not find: $1"; }
}

# ---- unchecked parts are named, and are not faults ----

check 0
finds '^not checked: the seals of consents'
finds '^not checked: whether chains were cut'
check 1 --key "$folder/nothing"
check 1 --anchors "$folder/nothing"
finds 'nothing cannot be read'

# ---- consents given on a console, sealed by the daemon ----

cat >"$folder/starhash.cfg" <<END
menu = "$(cd "${srcdir:-.}" && pwd)/menus/selfcare/menu.cfg";
accounts = "$db";
pepper = "$folder/key";
consent_key = "$folder/consent.key";
consent_anchors = "$folder/anchors";
vty_port = 0;
user = "$(id -un)";
console = { socket = "$folder/console"; };
END
./starhashd --check --config "$folder/starhash.cfg" >/dev/null 2>"$folder/errors" || { cat "$folder/errors" >&2; fail "the settings of consents"; }
./starhashd --config "$folder/starhash.cfg" >"$folder/log" 2>&1 &
daemon=$!
tries=0
until [ -S "$folder/console" ] && [ -e "$folder/anchors" ]; do
	tries=$((tries + 1))
	if [ $tries -gt 500 ] || ! kill -0 $daemon 2>/dev/null; then
		cat "$folder/log" >&2
		fail "no daemon"
	fi
	sleep 0.02
done
kill $daemon
wait $daemon || fail "the daemon's end"
[ "$(stat -c %a "$folder/consent.key")" = 600 ] || fail "a key readable by others"
[ "$(stat -c %a "$folder/anchors")" = 600 ] || fail "anchors readable by others"
check 0 --key "$folder/consent.key" --anchors "$folder/anchors"
if grep -q '^not checked' "$folder/check"; then
	fail "everything could be checked"
fi

# ---- A69: consents without an anchor, and those recorded as removed by retention ----

echo "anchor 3 1795792320 00000000000000000000000000000000 1 $(printf '%064d' 1) 00000000 $(printf '%032d' 0)" >"$folder/later"
check 1 --anchors "$folder/later"
finds '^not checked: consents 1 to 2, whose anchors are not in this file$'
query "INSERT INTO consent_head (msisdn, sequence, hash, root_sequence, root_hash, root_id, root_key, root_seal)
	VALUES (13800138009, 3, zeroblob(32), 3, zeroblob(32), 3, '00000000', zeroblob(32))"
check 0 --anchors "$folder/later"
finds '^consents removed by retention: 1, the newest of 2026-11-27$'
query "DELETE FROM consent_head"

# ---- thousands of faults: each kind is listed up to a bound, each number masked ----

query "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
	INSERT INTO consent (msisdn, sequence, epoch, time, ref, kind, service, channel, trust, shown, answered, key, previous, hash)
	SELECT 13800138000 + i, 1, 0, 1795161600, i, 'service activate', 'NEWS', 'hlr', 'order', 'Sure?', '1', '00000000', zeroblob(32),
	randomblob(32) FROM n;
	INSERT INTO consent_head (msisdn, sequence, hash) SELECT msisdn, 1, hash FROM consent WHERE msisdn % 2;
	INSERT INTO consent_head (msisdn, sequence, hash) VALUES (13900000000, 7, zeroblob(32))"
check 1 --key "$folder/consent.key" --anchors "$folder/anchors"
finds '^problem: consent 1 of 13\*\*\*\*\*\*\*01 is sealed with a key that is not available$'
finds '^problem: 2980 more without a key$'
finds '^problem: 1480 more heads missing$'
finds '^problem: consents 1 to 7 of 13\*\*\*\*\*\*\*00 are missing: only the head of the chain is left$'
finds '^consents: 3000, of 1501 numbers$'
[ "$(wc -l <"$folder/check")" -lt 60 ] || fail "an unlimited list"
if grep -q 13800138 "$folder/check"; then
	fail "an unmasked number"
fi
check 1
query "DELETE FROM consent; DELETE FROM consent_head"
check 0 --key "$folder/consent.key" --anchors "$folder/anchors"

# ---- heads survive a purge and a snapshot, and later owners do not see these consents; retention needs the key and anchors ----

query "INSERT INTO consent (msisdn, sequence, epoch, time, ref, kind, service, channel, trust, shown, answered, key, previous, hash)
	SELECT 13800138000 + i, 1, 0, 1000, i, 'service activate', 'NEWS', 'hlr', 'order', 'Sure?', '1', '00000000', zeroblob(32), randomblob(32)
	FROM (SELECT 1 AS i UNION SELECT 2);
	INSERT INTO consent_head (msisdn, sequence, hash) SELECT msisdn, 1, hash FROM consent"
"$data" show "$db" 13800138001 >"$folder/show"
grep -q 'service activate  NEWS  hlr  order  1$' "$folder/show" || fail "show names link and trust"
"$data" purge "$db" --number 13800138001 >"$folder/purge"
grep -q '^retained: 1 consents, until retention ends' "$folder/purge" || fail "a purge reports retained data"
"$data" export "$db" | grep -v '"msisdn":"13800138002"' >"$folder/all.jsonl"
sed -i '$d' "$folder/all.jsonl"
echo "{\"end\": $(grep -c . "$folder/all.jsonl")}" >>"$folder/all.jsonl"
"$data" import "$db" "$folder/all.jsonl" --snapshot --force --quiet
is "heads and owners" "13800138001 1 1,13800138002 1 1" "SELECT group_concat(msisdn || ' ' || epoch || ' ' || sequence) FROM consent_head"
is "consents" 2 "SELECT count(*) FROM consent"
refused purge "$db" --older consents 30
says "--key"
"$data" purge "$db" --older consents 30 --key "$folder/consent.key" | grep -q '^deleted: 0 consents$' || fail "consents without anchors"
query "UPDATE consent_anchored SET id = 9999"
"$data" purge "$db" --older consents 30 --key "$folder/consent.key" | grep -q '^deleted: 2 consents$' || fail "old consents"
check 0 --key "$folder/consent.key"
is "roots" "1 1" "SELECT group_concat(root_sequence, ' ') FROM consent_head"
query "UPDATE consent_head SET root_id = root_id + 1 WHERE msisdn = 13800138001"
check 1 --key "$folder/consent.key"
finds '^problem: consent 1 of 13\*\*\*\*\*\*\*01 is missing, but not removed by retention$'
query "DELETE FROM consent_head"

# ---- pages of rubbish: the other checks run all the same ----

# The page where the table of bills begins.
page=$(query "SELECT rootpage FROM sqlite_master WHERE name = 'bill'")
query "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
head -c 4096 /dev/zero | tr '\0' '\377' | dd of="$db" bs=4096 seek=$((page - 1)) conv=notrunc 2>/dev/null
check 1 --quiet
finds '^problem: checking the structure stopped'
finds '^problem: checking the references stopped'
finds '^subscribers 38$'
finds '^consents: 0, of 0 numbers$'
