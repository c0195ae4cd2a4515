#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data report of invented months: each figure, as text, CSV and HTML, is what the lines of the journal and the steps of the
# tickets amount to, and the sums of all months are the totals of check (O2). contrib/bench.sh --report does the same with a million lines.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

TZ=Asia/Shanghai
export TZ
recount="python3 ${srcdir:-.}/tests/bench/recount.py"

# report__invented_months__every_figure_in_each_form
"$data" sample "$db" --pepper "$folder/key" --subscribers 2000 --quiet >/dev/null 2>&1
seconds() {
	date -d "$1" +%s
}
# some tickets in each of three months, and many in October
./starhash-care "$db" 300 100 "$(seconds 2025-07-01)" "$(seconds 2025-10-01)" >"$folder/care"
./starhash-care "$db" 600 300 "$(seconds 2025-10-01)" "$(seconds 2025-11-01)" 600 >>"$folder/care"
./starhash-journal-lines 5000 "$(seconds 2025-09-20)" "$(seconds 2025-11-10)" >"$folder/journal"
"$data" check "$db" >"$folder/checked" 2>&1 || true
for month in 07 08 09 10 11 12; do
	for form in text csv html; do
		option=--$form
		[ $form != text ] || option=
		"$data" report "$db" --journal "$folder/journal" --month 2025-$month --language en $option >"$folder/2025-$month.$form"
	done
done
$recount --lines "$folder/journal" --care "$folder/care" --check "$folder/checked" "$folder"/2025-*.csv || fail "figures"
grep -q '^2025-10,target,"in_time",marked,yes' "$folder/2025-10.csv" || fail "missed since July, and not marked in October"
grep -q '^2025-08,target,"in_time",marked,no' "$folder/2025-08.csv" || fail "marked after two months"
"$data" report "$db" --journal "$folder/journal" --quarter 2025-Q4 --csv >"$folder/quarter"
got=$(sed -n 's/^2025-Q4,tickets,"[a-z]*",opened,//p' "$folder/quarter" | awk '{ sum += $1 } END { print sum }' | tr -d '\r')
[ "$got" = 600 ] || fail "a quarter has $got tickets"

# report__figure_that_is_wrong__found
spoil() { # FILE, sed's words
	cp "$folder/$1" "$folder/spared"
	sed -i "$2" "$folder/$1"
	if cmp -s "$folder/spared" "$folder/$1" ||
		$recount --lines "$folder/journal" --care "$folder/care" --check "$folder/checked" "$folder"/2025-*.csv >/dev/null; then
		fail "not found: $1: $2"
	fi
	cp "$folder/spared" "$folder/$1"
}
spoil 2025-10.csv 's/^\(2025-10,tickets,"complaint",in_time,\)[0-9]*/\11/'
spoil 2025-10.csv 's/^\(2025-10,hour,"12",requests,\)[0-9]*/\11/'
spoil 2025-10.csv '/^2025-10,orders,"",done/d'
spoil 2025-10.text 's/^\(  Complaint  *\)[0-9]*/\11/'
spoil 2025-10.html '0,/title="/s/title="/title="1/'
spoil checked 's/^tickets 900/tickets 901/'
spoil checked 's/^orders completed /&1/'
echo "months: fine"
