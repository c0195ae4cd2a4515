#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data events, and files of events in a spool folder.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"
command -v sqlite3 >/dev/null || exit 77
spool=$folder/spool
mkdir "$spool"
"$data" sample "$db" --pepper "$folder/pepper" --as-of 2026-11-15T08:50:00Z >/dev/null 2>&1
number=$(query "SELECT msisdn FROM subscriber WHERE account = 'prepaid' LIMIT 1")

# Usage: event ID KIND REST…
event() {
	printf '{"id": "%s", "event": "%s", "number": "%s", "time": "2026-11-20T08:00:00Z", %s}\n' "$1" "$2" "$number" "$3"
}

sms() {
	event "$1" purchase "\"amount\": 200, \"purchased_by\": \"sms\", \"service\": \"$2\""
}

# ---- by hand ----

{
	printf '# a comment\n\n'
	sms 1 NEWS
	sms 2 CRBT
	sms 1 NEWS
	sms 1 CRBT
	printf '\377\376\n{"id": "3"\n'
	event 4 payment '"amount": 1, "source": "billing"'
	event 5 payment '"amount": 1' | sed 's/"number": "[0-9]*"/"number": "999999999"/'
} >"$folder/day.jsonl"
[ "$("$data" events "$db" "$folder/day.jsonl" 2>"$folder/errors")" = "$folder/day.jsonl: 8 events, of which 1 notify subscribers and 1 came \
before, 4 rejected (see $folder/day.jsonl.rejects)" ] || fail "the report"
is "events" "billing 4 withdrawn,spool 1 notified,spool 2 not_first" \
	"SELECT group_concat(source || ' ' || id || ' ' || done) FROM (SELECT * FROM event ORDER BY source, id)"
is "messages" 1 "SELECT count(*) FROM notification WHERE kind = 'purchase'"
for why in '6: conflict: another event has this id' '7: not JSON, at character 0: ' '8: not JSON, at character 10: ' \
	'10: unknown: there is no such subscriber'; do
	grep -aqF "day.jsonl:$why" "$folder/day.jsonl.rejects" || { cat -v "$folder/day.jsonl.rejects"; fail "not rejected: $why"; }
done

# Again, as after a crash: nothing twice.
"$data" events "$db" "$folder/day.jsonl" --quiet
is "messages after a repetition" 1 "SELECT count(*) FROM notification WHERE kind = 'purchase'"

# ---- the daemon's rules ----

sms 6 CRBT | "$data" events "$db" - --quiet --message-rules "fees_day 11 remind_days 2 purchase_of_service 1"
is "the first of each service" notified "SELECT done FROM event WHERE id = '6'"
event 7 balance_low '"balance": 500' | "$data" events "$db" - --quiet
is "no threshold by default" not_below "SELECT done FROM event WHERE id = '7'"
event 8 balance_low '"balance": 500' | "$data" events "$db" - --quiet --message-rules "low_balance 1000"
is "a threshold" notified "SELECT done FROM event WHERE id = '8'"
event 9 purchase '"amount": 1, "purchased_by": "web"' | "$data" events "$db" - --quiet --message-rules "purchase 7200"
is "how long it is tried" 7200 "SELECT expires - due FROM notification WHERE kind = 'purchase' ORDER BY id DESC LIMIT 1"
for rules in "fees_day" "fees_day soon" "colour 1" "fees_day -1" "fees_day 29" "purchase_of_service 2" "low_balance 99999999999999999999"; do
	refused events "$db" "$folder/day.jsonl" --quiet --message-rules "$rules"
	says "pairs of a rule and a number"
done

# ---- killed: a thousand transactions are not one ----

i=0
while [ "$i" -lt 20000 ]; do
	echo "{\"id\": \"k$i\", \"event\": \"payment\", \"number\": \"$number\", \"time\": 1700000000, \"amount\": 1}"
	i=$((i + 1))
done >"$folder/many.jsonl"
"$data" events "$db" "$folder/many.jsonl" --quiet &
while [ "$(query "SELECT count(*) FROM event WHERE id LIKE 'k%'")" = 0 ]; do
	sleep 0.01
done
kill -KILL $! 2>/dev/null || echo "a fast build: it ended before it could be killed"
wait $! 2>/dev/null || true
"$data" events "$db" "$folder/many.jsonl" --quiet
is "events after a kill" 20000 "SELECT count(*) FROM event WHERE id LIKE 'k%'"
[ ! -e "$folder/many.jsonl.rejects" ] || fail "rejected after a kill"

# ---- a spool folder ----

{
	event 20 payment '"amount": 1'
	echo nonsense
	echo '# end 2'
} >"$spool/b.events.jsonl"
{
	event 21 payment '"amount": 1'
	echo '# end 2'
} >"$spool/cut.events.jsonl"
event 22 payment '"amount": 1' >"$spool/growing.events.jsonl"
ln -s "$folder/day.jsonl" "$spool/link.events.jsonl"
if "$data" spool "$spool" "$db" --quiet 2>"$folder/errors"; then
	fail "a cut file was not noticed"
fi
says "the end mark says 2 lines, but there are 1"
[ "$(cd "$spool/done" && echo *)" = "b.events.jsonl b.events.jsonl.rejects" ] || fail "what is done: $(ls "$spool/done")"
[ "$(cd "$spool/failed" && echo *)" = "cut.events.jsonl cut.events.jsonl.reason" ] || fail "what failed: $(ls "$spool/failed")"
[ -e "$spool/growing.events.jsonl" ] || fail "a growing file was taken"
is "events of the spool" "20 21" "SELECT group_concat(id, ' ') FROM (SELECT id FROM event WHERE id IN ('20', '21', '22') ORDER BY id)"
echo "events_test.sh: fine"
