#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Short messages through the whole daemon: the npm package "smpp" is the SMSC, is killed under load and comes back; an order that
# is late on USSD is reported by SMS; tshark decodes the sent messages. Skipped if node, the package or tshark is missing.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
for program in sqlite3 tshark; do
	command -v "$program" >/dev/null || exit 77
done
# shellcheck source=tests/system/smsc_common.sh
. "$source/tests/system/smsc_common.sh"

kill_smsc() {
	kill -KILL "$smsc_pid"
	wait "$smsc_pid" 2>/dev/null || true
}

# Restart, with settings besides those of the link. Usage: serve [LINE]
serve() {
	if [[ ${server_pid-} ]]; then
		kill "$server_pid"
		wait "$server_pid" || true
	fi
	lab_write_config "$@" "sms = { addresses = \"127.0.0.1:$port\"; numbers = \"10086\"; repeats = 100; answers_per_hour = 1000;
		trust = \"password\"; };"
	lab_start_server
}

start_capture() {
	tshark -i lo -f "tcp port $port" -w "$run/capture.pcap" 2>"$run/tshark.log" &
	tshark_pid=$!
	pids+=($!)
	daemon_pid=$!
	lab_wait "the capture" "$run/tshark.log" grep -q 'Capturing on' "$run/tshark.log" || exit 77
}

# Active subscribers who read English and do not have NEWS yet.
buyers() {
	sqlite3 "$accounts" "SELECT msisdn FROM subscriber WHERE language = 'en' AND status = 'active' AND account = 'prepaid'
		AND services NOT LIKE '%NEWS%' AND msisdn <> 13800138000 ORDER BY msisdn"
}

write_talks() {
	buyers | sed 's/$/|KT NEWS=Open News?|yes please=Wrong choice|YES.=News is open|=Menu|6=One two|Ｂａｌ=You |nonsense=Unknown/' \
		>"$run/talks"
	# two pages chosen by the same digit, distinguished from a duplicate only by the network's reference; and a language in UCS-2
	sqlite3 "$accounts" "SELECT msisdn || '|SERVICES=Services|1=Open |1=' || '|CHINESE=菜单' FROM subscriber
		WHERE language = 'en' AND status = 'active' AND services LIKE '%NEWS%' AND services NOT LIKE '%WEATHER%'
		AND msisdn % 2" >"$run/others"
	cat "$run/others" >>"$run/talks"
}

steps_done() {
	(($(grep -c ^answered "$run/state") >= $1))
}

steps_of_all() {
	tr -cd '=' <"$run/talks" | wc -c
}

nothing_waits() {
	grep -q ' 0 texts to be sent, 0 being answered' <<<"$(vty 'show links')"
}

conversations() {
	local all at
	all=$(steps_of_all)

	for at in 5 3 2; do
		lab_wait "part of the answers" "$run/smsc.log" steps_done $((all / at))
		kill_smsc
		sleep 0.3
		start_smsc
	done
	lab_wait "all answers" "$run/smsc.log" steps_done "$all"
	shows sms__F10_smsc_killed_under_load__each_text_answered "$all" "$(grep ^answered "$run/state" | sort -u | wc -l)"
	shows sms__F19_smsc_killed_under_load__each_order_once "$(cat "$run/buyers" "$run/others" | wc -l)" \
		"$(sqlite3 "$accounts" "SELECT count(*) FROM replay WHERE kind = 'service activate'")"
	shows sms__F19_smsc_killed_under_load__everybody_has_the_service "" "$(buyers)"
	lab_wait "an empty queue" "$run/starhashd.log" nothing_waits
}

# Another process locks the database for longer than the deadline.
late_order() {
	local writer

	mkfifo "$run/lock"
	sqlite3 "$accounts" <"$run/lock" &
	pids+=($!)
	exec {writer}>"$run/lock"
	open_phone 13800138000
	say_phone '*100*4#'
	hear_phone 'Services'
	say_phone 1
	hear_phone '?'
	echo "BEGIN IMMEDIATE;" >&"$writer"
	sleep 0.2
	say_phone 1
	hear_phone 'takes longer'
	check sms__F3_order_late__not_notified_yet test ! "$(grep '^13800138000 ' "$run/record")"
	echo 'COMMIT;' >&"$writer"
	exec {writer}>&-
	lab_wait "the result by SMS" "$run/smsc.log" grep -q '^13800138000 .* is open' "$run/record"
	sleep 1
	shows sms__F3_order_late_on_ussd__notified_once_by_sms 1 "$(grep -c '^13800138000 ' "$run/record")"
}

memory_of() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$server_pid/status"
}

# The same texts repeatedly, from different subscribers: memory must not grow.
memory_is_steady() {
	local round before=

	for round in 1 2 3 4 5; do
		kill_smsc
		: >"$run/state"
		sqlite3 "$accounts" "SELECT msisdn || '|BAL $round=You |YE $round=You |BALANCE $round=You |CXYE $round=You '
			FROM subscriber WHERE language = 'en'
			AND status = 'active'" >"$run/talks"
		start_smsc
		lab_wait "all answers" "$run/smsc.log" steps_done "$(steps_of_all)"
		[[ $round != 3 ]] || before=$(memory_of)
	done
	check sms__many_texts__memory_steady test $(($(memory_of) - before)) -lt $((before / 10))
}

decodes() {
	local sent complaints

	sleep 0.5
	kill -INT "$tshark_pid"
	wait "$tshark_pid" 2>/dev/null || true
	sent=$(tshark -r "$run/capture.pcap" -d "tcp.port==$port,smpp" -Y "tcp.dstport == $port && smpp" -T fields \
		-e smpp.command_id 2>/dev/null | tr ',' '\n' | sort | uniq -c)
	check sms__sent_messages__all_kinds_seen grep -q 0x00000004 <<<"$sent"
	echo "$sent"
	complaints=$(tshark -r "$run/capture.pcap" -d "tcp.port==$port,smpp" -Y "tcp.dstport == $port && smpp &&
		(_ws.malformed || _ws.expert.message && !(tcp.analysis.flags || tcp.flags.fin == 1 || tcp.flags.reset == 1))" \
		-T fields -e frame.number -e _ws.expert.message 2>/dev/null | grep -v 'Connection finish\|Connection reset' || true)
	shows sms__sent_messages__tshark_finds_nothing_malformed "" "$complaints"
}

system_open
sed -i 's/key = 103/key = 1/' "$run/menu.cfg"	# the same digit chooses it and says yes
write_talks
buyers >"$run/buyers"
: >"$run/record"
start_capture
start_smsc
serve
conversations
serve "deadline_ms = 300;"
late_order
serve
memory_is_steady
decodes
system_end
