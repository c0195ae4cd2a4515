#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data tickets: what staff see and do, what the history has of it, and what is hidden (S12, S13, S14).
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

"$data" sample "$db" --pepper "$folder/key" --subscribers 20 --quiet >/dev/null 2>&1
alice=13800138000 bob=13800138001
user=${SUDO_USER:-$(id -un)}
tickets() { "$data" tickets "$db" "$@"; }
prints() { tickets "$@" >"$folder/printed"; }
printed() { grep -q -- "$1" "$folder/printed" || { cat "$folder/printed" >&2; fail "does not print: $1"; }; }

prints
printed "No open tickets"

# ---- opened at the hotline, answered, and what the history has ----

number=$(tickets $alice open complaint "The bill is wrong, my code is 123456")
[ "${#number}" = 8 ] || fail "number $number"
prints
printed "^$alice  $number  complaint   open "
printed "answer by "
tickets $alice take "$number" >/dev/null
tickets $alice note "$number" "ask billing" >/dev/null
tickets $alice interim "$number" "We ask our billing." >/dev/null
tickets $alice answer "$number" "You are right." >/dev/null
prints $alice show "$number"
printed "^complaint, answered"
printed "written by $user: The bill is wrong, my code is \*\*\*\*\*\*$"
printed "taken by $user$"
printed "noted by $user: ask billing$"
printed "answered_interim by $user: We ask our billing.$"
printed "answered by $user: You are right.$"
printed "read by $user$"
is "both answers are sent" "ticket_interim ticket_answered" \
	"SELECT group_concat(kind, ' ') FROM (SELECT kind FROM notification ORDER BY id)"
refused tickets "$db" $alice close "$number"
says "not possible in its state"
refused tickets "$db" $alice answer "$number"
says "what do you want to write"
refused tickets "$db" $alice answer "$number" "$(printf '%0200d' 0)"
says "at most 199 characters"
refused tickets "$db" $bob show "$number"
says "no such ticket"
refused tickets "$db" $alice show 7
says "eight digits"
refused tickets "$db" $alice open applause "well done"
says "no such kind; there are: complaint"
refused tickets "$db" $alice open complaint
says "what did the subscriber say"
query "UPDATE ticket SET staff = 'somebody' WHERE msisdn = $alice AND number = $number"
refused tickets "$db" $alice take "$number"
says "another member of staff has it"
tickets $alice take "$number" --override >/dev/null
prints $alice show "$number"
printed "taken by $user (from somebody)$"
for i in $(seq 30); do
	tickets 13800138019 open suggestion "number $i of today" >/dev/null
done
refused tickets "$db" 13800138019 open suggestion "one more"
says "thirty tickets of today"
refused tickets "$db" $alice praise "$number"

# ---- times of the daemon's configuration ----

cat >"$folder/starhash.cfg" <<-END
	tickets = {
		first_answer_h = 24; silence_days = 2;
		deadlines = ( { kind = "agent"; first_answer_h = 1; final_answer_h = 2; } );
	};
END
number=$(tickets $bob open agent --config "$folder/starhash.cfg")
is "the kind's own time" 3600 "SELECT owed_by - opened FROM ticket WHERE msisdn = $bob AND number = $number"
tickets $bob answer "$number" "We called you." --config "$folder/starhash.cfg" >/dev/null
query "UPDATE ticket SET delivered = answered + 60 WHERE msisdn = $bob AND number = $number"
tickets $bob show "$number" --config "$folder/starhash.cfg" >/dev/null
is "the time of silence" 172860 "SELECT due - answered FROM ticket WHERE msisdn = $bob AND number = $number"
echo 'tickets = { silence_days = 0; deadlines = ( { kind = "network"; first_answer_h = 1; final_answer_h = 2; } ); };' >"$folder/wrong.cfg"
refused tickets "$db" --config "$folder/wrong.cfg"
says "wrong.cfg:1"

# ---- S16: what staff give ----

number=$(tickets $alice open agent)
refused tickets "$db" $alice compensate "$number" "Waited an hour" --amount 100 --form credit
says "needs --config"
refused tickets "$db" $alice compensate "$number" "Waited an hour" --config "$folder/starhash.cfg" --amount 100
says "amount, form or month"
refused tickets "$db" $alice compensate "$number" "Waited an hour" --config "$folder/starhash.cfg" --amount 20001 --form credit
tickets $alice compensate "$number" "Waited an hour" --config "$folder/starhash.cfg" --amount 100 --form credit >/dev/null
prints $alice compensate "$number" "Waited an hour" --config "$folder/starhash.cfg" --amount 6000 --form credit
printed "another member of staff"
prints $alice compensate "$number" "Waited an hour" --config "$folder/starhash.cfg" --amount 6000 --form credit
printed "another member of staff"
is "one order" "compensation 100 credit $number accepted" \
	"SELECT kind || ' ' || price || ' ' || form || ' ' || ticket || ' ' || state FROM orders WHERE msisdn = $alice AND ticket IS NOT NULL"
refused tickets "$db" $alice grant "$number" "You were right" --config "$folder/starhash.cfg" --amount 100 --form credit --equal credit
says "not possible in its state"

prints $alice show "$number"
printed "awaits a second member of staff: compensated credit  *of 60.00, proposed by $user"
printed "compensated by $user (100 credit): Waited an hour"
printed "proposed by $user (6000 credit): Waited an hour"
is "a former owner's ticket" "" "UPDATE ticket SET former = 1 WHERE msisdn = $alice AND number = $number"
refused tickets "$db" $alice compensate "$number" "Waited an hour" --config "$folder/starhash.cfg" --amount 100 --form credit
prints $alice show "$number"
printed "of a former owner"
query "INSERT INTO ticket_entry VALUES ($alice, $number, 99, 1, 'written', '', '', 'clean' || char(27) || ']0;x' || char(7))"
prints $alice show "$number"
printed "written: clean?]0;x?"
query "UPDATE orders SET state = 'completed', ended = unixepoch() WHERE msisdn = $alice"
"$data" purge "$db" --number $alice >/dev/null
is "S18: nothing is left of tickets" 0 "SELECT (SELECT count(*) FROM ticket WHERE msisdn = $alice)
	+ (SELECT count(*) FROM ticket_entry WHERE msisdn = $alice)"

echo 'tickets = { month_max = 300; words_max = 200; words_months = 0; };' >"$folder/month.cfg"
give() { prints $bob compensate "$1" "Waited" --config "$folder/month.cfg" --amount "$2" --form credit; }
give "$(tickets $bob open complaint "No signal")" 200
printed "^Done"
give "$(tickets $bob open complaint "Still none")" 101
printed "another member of staff"

number=$(tickets $bob open dispute "March, News")
refused tickets "$db" $bob grant "$number" "You were right." --config "$folder/starhash.cfg" --amount 100 --form credit --equal credit
says "amount, form or month"
refused tickets "$db" $bob grant "$number" "You were right." --config "$folder/starhash.cfg" --amount 100 --form credit --equal credit --month March
says "not a month"
refused tickets "$db" $bob grant "$number" "You were right." --config "$folder/month.cfg" --amount 201 --form credit --equal credit \
	--month "$(date +%Y-%m)"
says "amount, form or month"
refused tickets "$db" $bob grant "$number" "You were right." --config "$folder/month.cfg" --amount 200 --form credit --equal credit \
	--month "$(date -d "$(date +%Y-%m-15) -1 month" +%Y-%m)"
says "amount, form or month"
prints $bob grant "$number" "You were right." --config "$folder/month.cfg" --amount 200 --form credit --equal credit --month "$(date +%Y-%m)"
printed "another member of staff"
refused tickets "$db" $bob decline "$number" "You ordered it yourself." --reason used
says "one of: old cancelled own"
tickets $bob decline "$number" "You ordered it yourself." --reason own >/dev/null
is "the reason goes with the message" 1 \
	"SELECT count(*) FROM notification WHERE kind = 'dispute_declined' AND instr(facts, CAST('own' AS BLOB))"

# ---- S13: the content is hidden; S14: confirmed and closed by staff ----

number=$(tickets $bob open nuisance "Buy now")
prints $bob show "$number"
printed "written by $user: (confidential)$"
if grep -q "Buy now" "$folder/printed"; then fail "content of a nuisance message"; fi

month=$(date +%Y-%m)
out=$folder/nuisance.jsonl
refused tickets "$db" export nuisance "$out" --month "$month"
says "needs --month 2026-10, and --reason"
refused tickets "$db" export nuisance "$out" --reason "2026/113"
refused tickets "$db" export nuisance "$out" --month "$month" --reason "$(printf 'two\nlines')"
says "one line"
refused tickets "$db" export complaint "$out" --month "$month" --reason "2026/113"
says "not a confidential kind"
echo mine >"$out.new"
refused tickets "$db" export nuisance "$out" --month "$month" --reason "2026/113"
says "nuisance.jsonl.new: is in the way"
[ "$(cat "$out.new")" = mine ] || fail "the file in the way"
rm "$out.new"
refused tickets "$db" export nuisance "$folder/none/x" --month "$month" --reason "2026/113"
is "nothing is recorded for a name that cannot be" 0 "SELECT count(*) FROM ticket_entry WHERE event = 'exported'"
(umask 0; tickets export nuisance "$out" --month "$month" --reason "2026/113") 2>"$folder/errors"
says "Exported 1 tickets"
[ "$(stat -c %a "$out")" = 600 ] || fail "mode of the export"
[ "$(wc -l <"$out")" = 1 ] || fail "lines of the export"
grep -q "^{\"number\":\"$bob\",\"ticket\":\"$number\",\"time\":\"20..-..-..T..:..:..Z\",\"content\":\"Buy now\"}$" "$out" || fail "$(cat "$out")"
refused tickets "$db" export nuisance "$out" --month "$month" --reason "2026/113"
says "already exists"
tickets export nuisance - --month "$month" --reason "2026/114" 2>/dev/null >"$folder/again"
cmp "$out" "$folder/again"
tickets export nuisance - --month 2020-01 --reason "2026/115" >"$folder/again" 2>/dev/null
[ ! -s "$folder/again" ] || fail "export of another month"
prints $bob show "$number"
printed "exported by $user: 2026/113$"
printed "exported by $user: 2026/114$"
if grep -q "2026/115\|Buy now" "$folder/printed"; then fail "history after exports"; fi
number=$(tickets $bob open network "No coverage in the lift")
tickets $bob confirm "$number" >/dev/null
tickets $bob close "$number" >/dev/null
prints $bob show "$number"
printed "^network, closed: closed"
printed "confirmed by $user$"
prints
if grep -q "^$bob  $number" "$folder/printed"; then fail "a closed ticket is listed as open"; fi
prints $bob
printed "$number  network     closed"
# ---- S14: the month's draw ----

refused draw "$db" --month "$month" --winners 1 --form credit
says "needs --month"
refused draw "$db" --month "$month" --winners 1 --amount 500 --form credit
says "needs --config"
refused draw "$db" --month 2020-01 --winners 1 --amount 500 --form credit --config "$folder/starhash.cfg"
says "no network problem was confirmed"
refused draw "$db" --month "$month" --winners 1 --amount 500 --form credit --config "$folder/starhash.cfg"
says "the month is not over"
month=$(date -d "$month-15 -1 month" +%Y-%m)
query "UPDATE ticket SET confirmed = $(date -d "$month-15" +%s) WHERE confirmed > 0"
refused draw "$db" --month "$month" --winners 1 --amount 5001 --form credit --config "$folder/starhash.cfg"
says "alone_max"
is "nothing is rewarded by a refused draw" 0 "SELECT count(*) FROM ticket WHERE rewarded > 0"
"$data" draw "$db" --month "$month" --winners 3 --amount 500 --form credit --config "$folder/starhash.cfg" --done >"$folder/printed"
printed "^$bob  $number$"
printed "Drawn from 1 subscriber\\."
is "the reward's order" "compensation 500 credit completed" \
	"SELECT kind || ' ' || price || ' ' || form || ' ' || state FROM orders WHERE msisdn = $bob AND ticket = $number"
refused draw "$db" --month "$month" --winners 3 --amount 500 --form credit --config "$folder/starhash.cfg"
says "has been drawn"
prints $bob show "$number"
printed "rewarded by $user (500 credit): drawn from 1 subscriber"

# ---- S18: subscribers see when staff looked at their data ----

looks() { query "SELECT count(*) FROM access WHERE msisdn = $1 AND staff = '$user' AND time > unixepoch() - 600"; }
before=$(looks $bob)
prints $bob
"$data" export "$db" --number $bob >/dev/null
"$data" password "$db" $bob >/dev/null
"$data" password "$db" $bob release >/dev/null
: >"$folder/journal"
"$data" trace "$db" $bob --journal "$folder/journal" --journal-key "$folder/key" >/dev/null 2>&1 || true
"$data" show "$db" $bob >/dev/null
[ "$(looks $bob)" = $((before + 6)) ] || fail "$(looks $bob) looks after $before"
prints
"$data" export "$db" >/dev/null
[ "$(looks $bob)" = $((before + 6)) ] || fail "lists of all are no looks"
refused export "$db" --number 13900000000
says "no subscriber has this number"

"$data" show "$db" $bob >"$folder/printed"
printed "  $number  network  closed  "
"$data" check "$db" --quiet >/dev/null 2>&1 || fail "check"
