#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# An acknowledged text is safe (A10, A12, A13): the npm package "smpp" is the SMSC, and kills the daemon at the moment of an
# acknowledgement, and right before one. Each order exists once, or its subscriber is answered that nothing was asked. Refusals are
# counted by reason (A76). Skipped if node or the package is missing.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/channel/smpp/npm.sh
. "$source/tests/channel/smpp/npm.sh"
command -v sqlite3 >/dev/null || exit 77
npm_smpp "$source/tests/channel/smpp" || exit 77
port=$((20000 + RANDOM % 10000))
people=20

smsc_listens() {
	: <>"/dev/tcp/127.0.0.1/$port"
}

# Active subscribers who read English and do not have NEWS yet.
buyers() {
	sqlite3 "$accounts" "SELECT msisdn FROM subscriber WHERE language = 'en' AND status = 'active' AND account = 'prepaid'
		AND services NOT LIKE '%NEWS%' ORDER BY msisdn LIMIT $people"
}

# Orders of the subscribers listed in a file. Usage: orders_of FILE
orders_of() {
	sqlite3 "$accounts" "SELECT msisdn FROM orders WHERE kind = 'service activate' AND service = 'NEWS'" | grep -xFf "$1" || true
}

acknowledged() {
	sed -n "s/^acknowledged \([0-9]*\) $1\$/\1/p" "$run/record"
}

server_gone() {
	[[ ! -e /proc/$server_pid || $(ps -o state= -p "$server_pid") == Z ]]
}

all_acknowledged() {
	grep -qx 'all acknowledged' "$run/record"
}

# Every subscriber with an order has been notified.
all_notified() {
	comm -23 <(orders_of "$run/numbers" | sort -u) \
		<(sed -n 's/^heard \([0-9]*\) \(News is open\|Order .* is done\).*/\1/p' "$run/record" | sort -u) |
		grep -q . && return 1
	return 0
}

# Usage: killed_when response|answer
killed_when() {
	local when=$1 smsc_pid

	buyers >"$run/numbers"
	: >"$run/record"
	rm -f "$run/pid"
	node "$source/tests/system/smsc_kill.js" "$port" "$run/numbers" "$run/pid" "$when" "$run/record" >>"$run/smsc.log" 2>&1 &
	smsc_pid=$!
	pids+=("$smsc_pid")
	daemon_pid=$smsc_pid
	lab_wait "the SMSC" "$run/smsc.log" smsc_listens
	lab_start_server
	echo "$server_pid" >"$run/pid.new"
	mv "$run/pid.new" "$run/pid"
	daemon_pid=$smsc_pid	# which must survive
	lab_wait "the kill" "$run/starhashd.log" server_gone
	wait "$server_pid" 2>/dev/null || true
	acknowledged before >"$run/acknowledged"
	orders_of "$run/acknowledged" | sort >"$run/safe"
	sqlite3 "$accounts" 'UPDATE notification SET due = due - 60'	# a minute in which an answer would have reported the same
	lab_start_server
	lab_wait "an acknowledgement of each yes" "$run/starhashd.log" all_acknowledged
	shows "ack__killed_at_${when}__what_was_acknowledged_is_ordered" "$(sort "$run/acknowledged")" "$(cat "$run/safe")"
	shows "ack__killed_at_${when}__nobody_orders_twice" "" "$(orders_of "$run/numbers" | sort | uniq -d)"
	orders_of "$run/numbers" | sort >"$run/ordered"
	sed -n 's/^heard \([0-9]*\) Nothing was asked.*/\1/p' "$run/record" | sort -u >"$run/not_asked"
	shows "ack__killed_at_${when}__ordered_or_answered_that_nothing_was" "$(sort "$run/numbers")" \
		"$(sort -u "$run/ordered" "$run/not_asked")"
	shows "ack__killed_at_${when}__nobody_is_answered_both" "" "$(comm -12 "$run/ordered" "$run/not_asked")"
	check "ack__killed_at_${when}__some_orders_were_made" test -s "$run/ordered"
	lab_wait "the ends of all orders" "$run/starhashd.log" all_notified
	check "ack__killed_at_${when}__each_is_notified_of_the_end" all_notified
	kill "$server_pid" "$smsc_pid"
	wait "$server_pid" "$smsc_pid" 2>/dev/null || true
}

refusals_are_counted() {
	lab_write_config 'sms = { addresses = "127.0.0.1:'"$port"'"; numbers = "10086"; trust = "password"; };'
	lab_start_server
	check ack__show_counters__A76_refusals_by_reason test "$(vty 'show counters' | grep -c \
		-e 'had used up its share' -e 'sent too many' -e 'exceeded the rate_in' -e 'texts_max of them')" = 4
}

system_open
lab_write_config 'sms = { addresses = "127.0.0.1:'"$port"'"; numbers = "10086"; trust = "password"; };'
killed_when response
killed_when answer
refusals_are_counted
system_end
