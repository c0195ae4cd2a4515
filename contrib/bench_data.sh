#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Measure starhash-data and the account store: contrib/bench.sh --data calls this in the source folder, with the build folder.
# Usage: bench_data.sh BUILD [SUBSCRIBERS...]; by default a million and ten million.
set -euo pipefail

build=$1
shift
[[ $# -gt 0 ]] || set -- 1000000 10000000
work=$(mktemp -d "$PWD/$build/data.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Usage: timed COMMAND...; sets took (seconds) and peak (MB of memory).
timed() {
	/usr/bin/time -f '%e %M' -o "$work/time" "$@"
	read -r took peak <"$work/time"
	peak=$((peak / 1024))
}

rate() {
	awk -v count="$1" -v took="$2" 'BEGIN { printf "%.0f", count / (took > 0 ? took : 1) }'
}

measure() {
	local count=$1 db=$work/accounts.db first peak_first delta

	rm -f "$db"*
	"$build/starhash-data" sample --jsonl "$count" >"$work/all.jsonl"
	timed "$build/starhash-data" import --quiet --snapshot "$db" "$work/all.jsonl"
	first=$(rate "$count" "$took")
	peak_first=$peak
	size=$(($(stat -c %s "$db") / 1000000))
	timed "$build/starhash-data" import --quiet --snapshot --again "$db" "$work/all.jsonl"
	again=$(rate "$count" "$took")
	awk '!/^#/ && NR > 9 && NR % 100 == 0' "$work/all.jsonl" | sed 's/"as_of":"[^"]*"/"as_of":1794800000/' >"$work/delta.jsonl"
	timed "$build/starhash-data" import --quiet "$db" "$work/delta.jsonl"
	delta=$(rate $((count / 100)) "$took")
	read -r cold warm < <("$build/tests/bench/lookup" "$db" "$count")
	echo "| $count | $(($(stat -c %s "$work/all.jsonl") / 1000000)) MB | $first | $again | $delta |" \
		"$peak_first MB | $size MB | $cold | $warm |"
}

echo "| subscribers | file | first snapshot, lines a second | snapshot over it | delta of 1 in 100 |" \
	"memory | database | look-ups a second, cold | warm |"
echo "|---|---|---|---|---|---|---|---|---|"
for count; do
	measure "$count"
done
echo
echo "$(nproc) processors, $(awk '/model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo)," \
	"$(free -g | awk '/Mem/ { print $2 }') GB of memory."
