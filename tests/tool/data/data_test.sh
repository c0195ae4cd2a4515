#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data: the same accounts each time, nothing overwritten, no secret shown, damage found.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
db=$folder/accounts.db
golden=${srcdir:-.}/tests/tool/data/show.ok

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

refused() {
	if ./starhash-data "$@" >/dev/null 2>"$folder/errors"; then
		fail "not refused: $*"
	fi
	[ -s "$folder/errors" ] || fail "refused without a word: $*"
}

./starhash-data sample "$db" --pepper "$folder/key" --subscribers 60 --as-of 2026-11-15T08:50:00Z 2>/dev/null
[ "$(stat -c %a:%s "$folder/key")" = 600:32 ] || fail "the key file's mode or size"
[ ! -e "$db.new" ] || fail "the temporary file is still there"

for number in 13800138000 13800138001; do
	./starhash-data show "$db" $number
done >"$folder/show"
diff -u "$golden" "$folder/show" || fail "the first accounts have changed"
if grep -q 'argon2\|110101' "$folder/show"; then
	fail "a secret is shown"
fi

# Without --as-of, data of this moment, with bills and points before it.
before=$(date +%s)
if ./starhash-data export "$db" | grep '"billed":"no"' | grep -q '"month":'; then
	fail "an account that gets no bills has bills"
fi
./starhash-data sample "$folder/today.db" --subscribers 3 --quiet >/dev/null
after=$(date +%s)
as_of=$(date +%s -d "$(./starhash-data export "$folder/today.db" | sed -n 's/.*"as_of":"\([^"]*\)".*/\1/p' | head -n 1)")
{ [ "$as_of" -ge "$before" ] && [ "$as_of" -le "$after" ]; } || fail "the data are of $as_of, not of $before to $after"
./starhash-data sample "$folder/later.db" --subscribers 3 --quiet --as-of 2099-01-31T23:00:00Z >/dev/null
[ "$(./starhash-data export "$folder/later.db" | grep -c '"msisdn"')" = 3 ] || fail "accounts of a day to come are missing"
./starhash-data sample --jsonl 1 --as-of 2031-01-31T23:00:00Z >"$folder/turn.jsonl"
grep -q '"as_of":"2031-01-31T23:00:00Z"' "$folder/turn.jsonl" || fail "--as-of is not the time of the data"
grep -q '"valid_until":"2032-12-31"' "$folder/turn.jsonl" || fail "the validity is not after --as-of"
for month in 2030-08 2030-12 2031-01; do
	grep -q "\"month\":\"$month\"" "$folder/turn.jsonl" || fail "there is no bill of $month"
done
grep -q '"date":"2030-03-05"' "$folder/turn.jsonl" || fail "the points do not begin in 2030-03"
refused sample "$folder/other.db" --as-of yesterday

./starhash-data check "$db" >"$folder/check"
grep -q '^subscribers 60$' "$folder/check" || fail "the number of subscribers"
refused sample "$db" --pepper "$folder/key"
cp "$folder/key" "$folder/key.before"
./starhash-data rotate-key "$folder/key" >/dev/null
[ "$(stat -c %a:%s "$folder/key")" = 600:64 ] || fail "the mode or size of a key file with two keys"
cmp -n 32 "$folder/key" "$folder/key.before" || fail "the first key has changed"
refused rotate-key "$folder/nosuch"
./starhash-data sample "$db" --pepper "$folder/key" --force >/dev/null
./starhash-data check "$db" | grep -q '^subscribers 200$' || fail "--force has not recreated it"

chmod 644 "$folder/key"
refused sample "$folder/other.db" --pepper "$folder/key"
refused show "$db" 13900000000
refused show "$folder/missing.db" 13800138000
[ ! -e "$folder/missing.db" ] || fail "a typing error has made a file"
refused sample
refused sample "$folder/other.db" --subscribers 0
refused sample "$folder/other.db" --subscribers 10000001
refused frobnicate "$db"

dd if=/dev/urandom of="$db" bs=4096 seek=3 count=4 conv=notrunc 2>/dev/null
if ./starhash-data check "$db" >/dev/null 2>&1; then
	fail "damage is not found"
fi
