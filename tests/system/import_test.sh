#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Imports while starhashd serves: its subscribers see old or new data, never none; their changes succeed and survive (F27).
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"

number=13800138000

balance() {
	echo '*100*1#' | lab_phone "$number" 2>&1 | grep . | tail -1
}

dial_often() {
	while [[ -e $run/dialling ]]; do
		balance >>"$run/heard"
	done
}

new_snapshot() {
	"$bin/starhash-data" export "$accounts" --quiet |
		sed "s/\"balance\":[0-9]*/\"balance\":$1/; s/\"as_of\":\"[^\"]*\"/\"as_of\":\"$2\"/"
}

delta_while_serving() {
	printf 'msisdn,balance,as_of\n%s,7700,2026-11-16T00:00:00Z\n' "$number" >"$run/delta.csv"
	"$bin/starhash-data" import "$accounts" "$run/delta.csv" --quiet
	shows daemon__delta__served_at_once "You have \$77.00." "$(balance)"
}

snapshot_while_serving() {
	new_snapshot 8800 2026-11-17T00:00:00Z >"$run/next.jsonl"
	: >"$run/dialling"
	: >"$run/heard"
	dial_often &
	pids+=($!)
	check daemon__F27_snapshot__imported "$bin/starhash-data" import --snapshot "$accounts" "$run/next.jsonl" --quiet
	rm "$run/dialling"
	wait $!
	shows daemon__F27_snapshot__served "You have \$88.00." "$(balance)"
	shows daemon__F27_snapshot__only_old_or_new_data_seen "" \
		"$(grep -vxF -e "You have \$77.00." -e "You have \$88.00." "$run/heard" | sort | uniq -c || true)"
}

# An order between two snapshots, of which the second is older than the order.
order_survives_snapshot() {
	local opened

	opened=$(printf '*100*4#\n1\n1\n' | lab_phone "$number" 2>&1 | grep . | tail -1)
	check daemon__S3_order_after_a_snapshot__confirmed grep -q ' is open\.$' <<<"$opened"
	new_snapshot 9900 2026-11-18T00:00:00Z >"$run/next.jsonl"
	check daemon__second_snapshot__imported "$bin/starhash-data" import --snapshot "$accounts" "$run/next.jsonl" --quiet
	shows daemon__second_snapshot__served "You have \$99.00." "$(balance)"
	shows daemon__order__still_there 1 \
		"$(sqlite3 "$accounts" "SELECT count(*) FROM subscription WHERE msisdn = $number AND service = '${opened%% *}'")"
}

system_open
lab_write_config
lab_start_server
delta_while_serving
snapshot_while_serving
order_survives_snapshot
check daemon__after_imports__database_is_whole "$bin/starhash-data" check "$accounts" --quick
check daemon__after_imports__no_error_logged test ! "$(grep -i "cannot read\|cannot change" "$run/starhashd.log")"
system_end
