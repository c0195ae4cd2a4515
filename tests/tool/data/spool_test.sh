#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data spool: whole files of a spool folder, the oldest first, once, with rejects beside them.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"
spool=$folder/spool
mkdir "$spool"

spool() {
	"$data" spool "$spool" "$db" --quiet
}

spool
"$data" sample --jsonl 30 --as-of 2026-11-15T08:50:00Z >"$spool/0.snapshot.jsonl"
printf 'msisdn,balance,as_of\n13800138000,1,2026-11-16T00:00:00Z\nnonsense,1,1\n' >"$spool/a.csv"
printf 'msisdn,balance,as_of\n13800138000,2,2026-11-16T00:00:00Z\n' >"$spool/b.csv"
printf 'msisdn,balance,as_of\n13800138000,3,2026-11-16T00:00:00Z\n' >"$spool/growing.csv"
printf 'msisdn,balance,as_of\n13800138000,4,2026-11-16T00:00:00Z\n' >"$spool/marked.csv"
printf 'msisdn,colour\n' >"$spool/alien.csv"
printf 'something else\n' >"$spool/notes.txt"
: >"$spool/marked.csv.done"
touch -d '3 minutes ago' "$spool/0.snapshot.jsonl"
touch -d '1 minute ago' "$spool/a.csv"
touch -d '2 minutes ago' "$spool/b.csv" "$spool/alien.csv"
if spool 2>"$folder/errors"; then
	fail "an unreadable file is not a failure"
fi
says "colour"
[ "$(cd "$spool/done" && echo *)" = "0.snapshot.jsonl a.csv a.csv.rejects b.csv marked.csv marked.csv.done" ] || fail "what is done: $(ls "$spool/done")"
[ "$(cd "$spool/failed" && echo *)" = "alien.csv alien.csv.reason" ] || fail "failed line"
[ "$(cd "$spool" && echo *)" = "done failed growing.csv notes.txt" ] || fail "remaining data"
is "the newest last" 4 "SELECT balance FROM subscriber WHERE msisdn = 13800138000"
is "the snapshot" 30 "SELECT count(*) FROM subscriber"

# the same name again, and a link that leads elsewhere
printf 'msisdn,balance,as_of\n13800138000,5,2026-11-16T00:00:00Z\n' >"$spool/a.csv"
ln -s /etc/passwd "$spool/link.csv"
touch -d '1 minute ago' "$spool/a.csv"
spool
[ "$(find "$spool/done" -name '*a.csv' | wc -l)" = 2 ] || fail "a file of the same name was lost"
[ -L "$spool/link.csv" ] || fail "a link was followed"

# A31: a user who may write to the folder cannot change the daemon's files by a link named like a file that an import creates
echo precious >"$folder/precious"
printf 'msisdn,colour\n' >"$spool/reason.csv"
ln -s "$folder/precious" "$spool/failed/reason.csv.reason"
printf 'msisdn,balance,as_of\nnonsense,1,1\n' >"$spool/rejects.csv"
ln -s "$folder/made" "$spool/rejects.csv.rejects"
touch -d '1 minute ago' "$spool/reason.csv" "$spool/rejects.csv"
if spool 2>"$folder/errors"; then
	fail "an unreadable file is not a failure"
fi
[ "$(cat "$folder/precious")" = precious ] || fail "a link at the name of a reason was followed"
cat "$spool"/failed/*-reason.csv.reason | grep -q colour || fail "the reason is not stored"
[ ! -e "$folder/made" ] || fail "a link at the name of rejected lines was followed"
grep -q nonsense "$spool/done/rejects.csv.rejects" || fail "the rejected lines are not stored"
mkdir "$folder/linked"
ln -s "$folder" "$folder/linked/failed"
refused spool "$folder/linked" "$db"
says "is not a folder"

# the reason for setting a file aside stays beside it when the next one of that name is imported or set aside, too
printf 'msisdn,balance,as_of\n13800138000,5,2026-11-16T00:00:00Z\n' >"$spool/alien.csv"
touch -d '1 minute ago' "$spool/alien.csv"
spool
grep -q colour "$spool/failed/alien.csv.reason" || fail "the reason of an earlier file of that name is gone"
printf 'msisdn,taste\n' >"$spool/alien.csv"
touch -d '1 minute ago' "$spool/alien.csv"
spool 2>"$folder/errors" && fail "an unreadable file is not a failure"
grep -q colour "$spool/failed/alien.csv.reason" || fail "the reason of an earlier file of that name was overwritten"
grep -q taste "$spool"/failed/*-alien.csv.reason || fail "the second reason is not stored"

# users who put files here do not choose where reasons are written
echo precious >"$folder/precious"
ln -s "$folder/precious" "$spool/failed/trap.csv.reason"
printf 'msisdn,colour\n' >"$spool/trap.csv"
touch -d '1 minute ago' "$spool/trap.csv"
spool 2>"$folder/errors" && fail "an unreadable file is not a failure"
says "colour"
[ "$(cat "$folder/precious")" = precious ] || fail "a reason was written through a link"

# another running import is not the file's fault
printf 'msisdn,balance,as_of\n13800138000,6,2026-11-16T00:00:00Z\n' >"$spool/wait.csv"
touch -d '1 minute ago' "$spool/wait.csv"
flock "$db-import" "$data" spool "$spool" "$db" --quiet 2>"$folder/errors" && fail "two imports at once"
says "another import is in progress"
[ -f "$spool/wait.csv" ] || fail "a file that has to wait was moved"
spool
[ -f "$spool/done/wait.csv" ] || fail "a file that waited was left"

# one pass at a time
exec 9<"$spool"
flock 9
refused spool "$spool" "$db"
says "another pass"
refused spool "$folder/missing" "$db"
