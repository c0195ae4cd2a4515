#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A8, A9: two daemons on one database (F32): the second waits without listening, takes over when the first is killed, and nobody is
# notified of anything twice or gets an additional guess.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null || exit 77

query() {
	sqlite3 -cmd '.timeout 5000' "$accounts" "$1"
}

holds() {
	[[ $(query "$1") == 1 ]]
}

# With the configuration of the first, as a supervisor would start it on the standby machine.
start_standby() {
	"$bin/starhashd" --config "$run/starhash.cfg" >>"$run/standby.log" 2>&1 &
	pids+=($!)
	standby_pid=$! daemon_pid=$!
	lab_wait "the standby" "$run/standby.log" grep -q "standby: process $server_pid on .* serves the accounts in" "$run/standby.log"
}

kill_first() {
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	server_pid=$standby_pid daemon_pid=$standby_pid
	lab_wait "the takeover" "$run/standby.log" grep -q 'serves 2 links' "$run/standby.log"
}

open_text_phone() {
	mkfifo "$run/texts.in"
	lab_sms_phone "$1" <"$run/texts.in" >>"$run/texts.out" 2>&1 &
	pids+=($!)
	exec {texts}>"$run/texts.in"
}

# A trial whose last day is over in every time zone.
trial_is_over() {
	query "INSERT OR REPLACE INTO subscription (msisdn, service, since, state, trial_until, due) VALUES
		($1, '$2', 20260101, 'trial', CAST(strftime('%Y%m%d', 'now', '-2 day') AS INTEGER), 0)"
}

# Usage: hear_end SERVICE LOG
hear_end() {
	lab_wait "the text about $1" "$2" grep -qF "Trial of $1 is over" "$run/texts.out"
	lab_wait "its receipt" "$2" holds 'SELECT count(*) = 0 FROM notification'
}

# Usage: heard NAME SERVICE
heard_once() {
	shows "$1" 1 "$(grep -cF "Trial of $2 is over" "$run/texts.out")"
}

dial_last() {
	printf '%s\n' "$@" | lab_phone 13800138000 2>&1 | grep . | tail -1
}

tries() {
	query "SELECT tries || ' ' || locks FROM password WHERE msisdn = 13800138000"
}

serves_one() {
	[[ $(grep -c 'serves 2 links' "$run/starhashd.log" "$run/standby.log" | grep -c ':1') == "$1" ]]
}

no_standby() {
	local status=0

	sed 's/^menu/standby = false;\n&/' "$run/starhash.cfg" >"$run/alone.cfg"
	"$bin/starhashd" --config "$run/alone.cfg" >"$run/alone.log" 2>&1 || status=$?
	shows standby__A8_not_configured__exits_with_an_error 1 "$status"
	check standby__A8_not_configured__gives_reason \
		grep -q "process $server_pid on .* serves the accounts in .*, and this one is not a standby" "$run/alone.log"
}

first_and_standby() {
	msisdn=$(subscriber 1)
	open_text_phone "$msisdn"
	trial_is_over "$msisdn" NEWS
	lab_start_server
	start_standby
	hear_end News "$run/starhashd.log"
	heard_once standby__A8_two_daemons__notified_once News
	check standby__A8_two_daemons__one_serves serves_one 1
	no_standby
	shows standby__A8_two_daemons__first_answers 'Not changed.' "$(dial_last '*100*3*135791*975318*975318#')"
	shows standby__A8_two_daemons__guess_counted '1 0' "$(tries)"
}

takeover() {
	trial_is_over "$msisdn" WEATHER
	kill_first
	hear_end WEATHER "$run/standby.log"
	heard_once standby__A8_first_killed__notified_once WEATHER
	heard_once standby__A8_first_killed__not_notified_again News
	shows standby__A8_first_killed__second_answers 'Not changed.' "$(dial_last '*100*3*135792*975318*975318#')"
	shows standby__A8_first_killed__no_additional_guess '2 0' "$(tries)"
	shows standby__A8_first_killed__second_epoch 2 "$(query 'SELECT epoch FROM lease')"
	shows standby__A4_trials_that_ended__references_of_two_boots 2 \
		"$(query "SELECT count(DISTINCT ref >> 28) FROM orders WHERE own AND ref > 0")"
}

# Another process took the lease, as on another machine: the daemon ends with its next change or heartbeat.
lease_lost() {
	local status=0

	query "UPDATE lease SET epoch = epoch + 1, holder = randomblob(16)"
	wait "$server_pid" || status=$?
	shows standby__A9_lease_lost__exits_with_an_error 1 "$status"
	check standby__A9_lease_lost__alarm grep -q 'ALARM lease:lost' "$run/standby.log"
}

system_open
sed -i 's/{ notification = "order_completed"/{ notification = "trial_ended"; page = "trial_over"; },\n\t&/
	s/^	order_completed = {};/&\n\ttrial_over = {};/' "$menu"
sed -i 's/^	order_completed = .*/&\n\ttrial_over = { text = "Trial of {service} is over."; };/' "$run"/texts.*.cfg
lab_write_config "$(lab_sms_config)"
first_and_standby
takeover
lease_lost
system_end
