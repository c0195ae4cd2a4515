#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data trace: a subscriber's records from the journal and its rotated and compressed files (O1).
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

journal=$folder/journal
key=$folder/key
number=8613800000007

"$data" sample "$db" --pepper "$folder/pepper" --subscribers 20 --quiet >/dev/null 2>&1

# Usage: trace [OPTION]…: the records of $number.
trace() {
	"$data" trace "$db" $number --journal "$journal" --journal-key "$key" "$@"
}

# Usage: same WHAT: the last trace is the one of all lines.
same() {
	cmp "$folder/got" "$folder/all" || fail "$1"
}

# Usage: squeeze PROGRAM FILE TO, or by gzip where the program is missing.
squeeze() {
	if command -v "$1" >/dev/null; then "$1" -q -c "$2" >"$3"; else gzip -c "$2" >"${3%.*}.gz"; fi
}

# trace__pseudonyms__lines_of_the_number
./starhash-journal-lines 30000 1790784000 1793462400 "$key" >"$folder/lines"
cp "$folder/lines" "$journal"
trace --format jsonl >"$folder/all"
[ "$(wc -l <"$folder/all")" -gt 0 ] || fail "nothing was found"
pseudonym=$(sed -n '1s/.*"msisdn":"\([^"]*\)".*/\1/p' "$folder/all")
grep -F "\"$pseudonym\"" "$folder/lines" >"$folder/expected"
cmp "$folder/all" "$folder/expected" || fail "the lines with the pseudonym"
! grep -q "$number" "$folder/lines" || fail "the journal has clear numbers"

# trace__rotated_and_compressed__all_of_them_oldest_first
rm "$journal"
split -n l/5 -d -a 1 "$folder/lines" "$folder/part."
gzip -c "$folder/part.0" >"$journal-20261001.gz"
squeeze xz "$folder/part.1" "$journal.11.xz"
mv "$folder/part.2" "$journal.10"
squeeze zstd "$folder/part.3" "$journal.2.zst"
cp "$folder/part.4" "$journal"
echo nonsense >"$journal.rejects"
echo nonsense >"$journal.1x"
echo nonsense >"${journal}2"
trace --format jsonl >"$folder/got" 2>"$folder/errors"
same "rotated files"
[ ! -s "$folder/errors" ] || fail "another file was read"
# named twice, a file is read once
trace --journal "$journal.10" --format jsonl >"$folder/got"
same "a file named twice"
# only the rotated ones are left, and the current file comes from elsewhere
mv "$journal" "$folder/current"
trace --journal - --format jsonl <"$folder/current" >"$folder/got"
same "standard input"
mv "$folder/current" "$journal"

# trace__damaged__named_and_left_out
sed -i '2s/"turns":[0-9]*/"turns":x/; 5s/^.*$/{"time":"2026/' "$journal"
trace --format jsonl >"$folder/got" 2>"$folder/errors"
says "^starhash-data: $journal:2: not a line of the journal: \"turns\" is missing or malformed$"
says "^starhash-data: $journal:5: not a line of the journal: \"time\" is missing or malformed$"
[ "$(wc -l <"$folder/errors")" = 2 ] || fail "a good line was left out"
same "the lines beside the damaged ones"
head -c 3000 /dev/urandom | base64 -w 20 >"$journal.1"
trace >"$folder/got" 2>"$folder/errors"
[ "$(grep -c "journal.1:[0-9]*: not a line" "$folder/errors")" = 20 ] || fail "the bad lines of one file are not bounded"
says "journal.1: [0-9]* more lines are not the journal's"
rm "$journal.1"
head -c 3000 "$journal-20261001.gz" >"$folder/cut"
cp "$folder/cut" "$journal-20261001.gz"
if trace >"$folder/got" 2>"$folder/errors"; then fail "a damaged archive is a success"; fi
says "journal-20261001.gz: is damaged, and was read up to there"
rm -f "$journal"* "${journal}2"

# trace__rotated_meanwhile__no_line_twice_and_none_missing
split -n l/6 -d -a 1 "$folder/lines" "$folder/part."
for i in 1 2 3 4 5; do mv "$folder/part.$((5 - i))" "$journal.$i"; done
mv "$folder/part.5" "$journal"
python3 - "$journal" 5 <<'END' &
import os, sys, time
journal, most = sys.argv[1], int(sys.argv[2])
while os.path.exists(journal):
	for number in range(most, 0, -1):
		os.rename(f"{journal}.{number}", f"{journal}.{number + 1}")
	os.rename(journal, journal + ".1")
	open(journal, "x").close()
	most += 1
	time.sleep(0.1)
END
rotation=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	trace --format jsonl >"$folder/got" 2>"$folder/errors" || fail "a trace while files are rotated: $(cat "$folder/errors")"
	same "a trace while files are rotated"
done
kill $rotation
wait $rotation 2>/dev/null || true
rm -f "$journal"*

# trace__period__its_records_only
cp "$folder/lines" "$journal"
trace --from 2026-10-10T00:00:00Z --to 2026-10-20T12:00:00Z --format jsonl >"$folder/got"
awk -F'"' '$4 >= "2026-10-10T00:00:00" && $4 < "2026-10-20T12:00:00"' "$folder/all" >"$folder/expected"
[ -s "$folder/expected" ] || fail "nothing to expect"
cmp "$folder/got" "$folder/expected" || fail "the period"

# trace__text__every_field_and_no_control_character
cat >"$journal" <<'END'
{"time":"2026-11-22T01:51:20.123Z","channel":"hlr-1","code":"*100#","msisdn":"8613800000007","language":"en","menu":"00000abc","turns":3,"path":["home","余额\u001b[2J\u009b\n","help"],"path_left_out":7,"waits_ms":[3,12,5],"outcome":"gone","took_ms":5120,"slowest_ms":12,"ref":"K7Q2-9F3T-XM4P"}
{"time":"2026-11-22T01:52:20.123Z","channel":"sms","code":"","imsi":"460001234567890","language":"zh","menu":"ffffffff","turns":0,"path":[],"outcome":"stray","took_ms":0,"slowest_ms":0}
{"time":"2026-11-22T01:53:20.123Z","channel":"sms","code":"10086","msisdn":"8613800000008","language":"zh","menu":"ffffffff","turns":1,"path":["home"],"outcome":"done","took_ms":0,"slowest_ms":0}
END
cat >"$folder/expected" <<'END'
2026-11-22 01:51:20 UTC  hlr-1  *100#  gone
  inputs 3, took 5120 ms, slowest answer 12 ms, language en, menu 00000abc
  pages: home (3 ms), 余额?[2J?? (12 ms), help (5 ms), and 7 more
  order K7Q2-9F3T-XM4P
2026-11-22 01:52:20 UTC  sms  -  stray
  inputs 0, took 0 ms, slowest answer 0 ms, language zh, menu ffffffff, recorded by IMSI
END
trace --imsi 460001234567890 >"$folder/got"
diff "$folder/expected" "$folder/got" || fail "as text"
[ "$(trace | grep -c UTC)" = 1 ] || fail "of another IMSI"
printf '%s' "$(head -n 1 "$journal")" >"$folder/last"
[ "$("$data" trace "$db" $number --journal "$folder/last" --journal-key "$key" | grep -c UTC)" = 1 ] || fail "a last line without a line feed"

# trace__nothing_can_be_said__an_error
refused trace "$db" 8613900000000 --journal "$journal" --journal-key "$key"
says "the journal has no records of this number"
sed -i 's/8613800000007/86*********07/' "$journal"
refused trace "$db" $number --journal "$journal" --journal-key "$key"
says "1 lines have masked numbers, which cannot be traced"
cp "$folder/lines" "$journal"
refused trace "$db" $number --journal "$journal" --journal-key "$folder/nokey"
says "nokey: No such file"
[ ! -e "$folder/nokey" ] || fail "a key was made"
chmod 640 "$key"
refused trace "$db" $number --journal "$journal" --journal-key "$key"
says "only its owner may read"
if [ ! -e /var/lib/starhash/journal.key ]; then
	refused trace "$db" $number --journal "$journal"
	says "30000 lines have pseudonyms, whose key is not known"
fi
refused trace "$db" 0138000 --journal "$journal"
says "not an international number"
refused trace "$db" $number --imsi 46000x --journal "$journal"
says "not an IMSI"
refused trace "$db" $number --journal "$folder/none"
says "none: No such file"
refused trace "$db" $number --from yesterday
says "not a time"
refused trace "$db" $number --journal "$journal" --format csv
echo "trace: fine"
