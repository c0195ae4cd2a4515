#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Check and measure starhash-data report: contrib/bench.sh --report calls this in the source folder, with the build folder.
# Usage: bench_report.sh BUILD [LINES]; by default 100 million lines are counted from a pipe.
set -euo pipefail

build=$1
lines=${2:-100000000}
work=$build/report
export TZ=Asia/Shanghai

seconds() {
	date -d "$1" +%s
}

# Usage: timed WHAT COMMAND...; adds seconds and memory to the table.
timed() {
	local what=$1 status=0 took peak

	shift
	/usr/bin/time -f '%e %M' -o "$work/time" "$@" || status=$?
	read -r took peak < <(tail -n 1 "$work/time")
	echo "| $what | $took s | $((peak / 1024)) MB |" >>"$work/table"
	return "$status"
}

rm -rf "$work"
mkdir "$work"
printf '| | took | memory |\n|---|---:|---:|\n' >"$work/table"
"$build/starhash-data" sample "$work/accounts.db" --subscribers 30000 --quiet >/dev/null 2>&1
"$build/starhash-care" "$work/accounts.db" 3000 1000 "$(seconds 2025-07-01)" "$(seconds 2025-10-01)" >"$work/care"
timed "making 10,000 tickets and 5,000 orders" "$build/starhash-care" "$work/accounts.db" 10000 5000 \
	"$(seconds 2025-10-01)" "$(seconds 2025-11-01)" 5000 >>"$work/care"
"$build/starhash-journal-lines" 1000000 "$(seconds 2025-10-01)" "$(seconds 2025-11-01)" >"$work/journal"
# it finds the orders that could not be delivered
timed "check" "$build/starhash-data" check "$work/accounts.db" >"$work/checked" 2>&1 || [[ $? -eq 1 ]]
for month in 07 08 09 10 11 12; do
	for form in text csv html; do
		option=()
		[[ $form == text ]] || option=("--$form")
		"$build/starhash-data" report "$work/accounts.db" --journal "$work/journal" --month 2025-$month --language en --quiet \
			"${option[@]}" >"$work/2025-$month.$form"
	done
done
timed "report of 1,000,000 lines and 13,000 tickets" "$build/starhash-data" report "$work/accounts.db" \
	--journal "$work/journal" --month 2025-10 --quiet --html >/dev/null
for language in zh ar; do
	"$build/starhash-data" report "$work/accounts.db" --journal "$work/journal" --month 2025-10 --language "$language" --quiet --html \
		>"$work/2025-10.$language.html"
done
tests/bench/recount.py --lines "$work/journal" --care "$work/care" --check "$work/checked" "$work"/2025-*.csv
if [[ $lines -gt 0 ]]; then
	"$build/starhash-journal-lines" "$lines" "$(seconds 2025-10-01)" "$(seconds 2025-11-01)" |
		timed "$lines lines from a pipe" "$build/starhash-data" report --journal - --month 2025-10 --quiet --csv >"$work/counted"
	grep -q "^2025-10,journal,\"\",records,$lines" "$work/counted" || { echo "not all lines were counted"; exit 1; }
fi
cat "$work/table"
echo "The pages to look at are $work/2025-10*.html."
