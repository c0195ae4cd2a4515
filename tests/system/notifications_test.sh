#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Notifications that must survive any restart, with the whole daemon: a second confirmation by text (S6), the end of a trial (S7).
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null || exit 77

# A phone for texts that stays on: send with "say_text", wait for a shown text with "hear_text".
open_text_phone() {
	mkfifo "$run/texts.in"
	lab_sms_phone "$1" <"$run/texts.in" >>"$run/texts.out" 2>&1 &
	pids+=($!)
	exec {texts}>"$run/texts.in"
}

say_text() {
	echo "$1" >&"$texts"
}

hear_text() {
	lab_wait "the text '$1'" "$run/starhashd.log" grep -qF "$1" "$run/texts.out"
}

query() {
	sqlite3 -cmd '.timeout 5000' "$accounts" "$1"
}

holds() {
	[[ $(query "$1") == 1 ]]
}

kill_server() {
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
}

links_up() {
	[[ $(grep -c 'sms: up' "$run/starhashd.log") -gt $1 ]]
}

start_server() {
	local before

	touch "$run/starhashd.log"
	before=$(grep -c 'sms: up' "$run/starhashd.log" || true)
	lab_start_server
	lab_wait "the link for texts" "$run/starhashd.log" links_up "$before"
}

kill_and_start() {
	kill_server
	start_server
}

# Usage: heard NAME TIMES TEXT
heard() {
	shows "$1" "$2" "$(grep -cF "$3" "$run/texts.out")"
}

dial_an_order() {
	: >"$run/texts.out"	# earlier texts must not be found again
	shows notifications__S6_dialled_order__question_goes_by_text "We have sent you a message." \
		"$(printf '*155*103#\n' | lab_phone "$msisdn" 2>&1 | grep . | tail -1)"
	hear_text 'Reply YES.'
	lab_wait "the question on the disk" "$run/starhashd.log" holds 'SELECT count(*) FROM conversation'
}

yes_after_a_kill() {
	dial_an_order
	kill_and_start
	say_text YES
	hear_text 'is open.'
	kill_and_start
	shows notifications__S6_F18_yes_after_a_kill__ordered_once 1 \
		"$(query "SELECT count(*) FROM orders WHERE msisdn = $msisdn AND kind = 'service activate'")"
	shows notifications__S6_F18_yes_after_a_kill__consent_stored 'YES' \
		"$(query "SELECT answered FROM consent WHERE msisdn = $msisdn AND kind = 'service activate'")"
}

# While no daemon runs, time is advanced by moving the stored times back.
silence_while_nobody_runs() {
	dial_an_order
	kill_server
	query "UPDATE conversation SET until = until - 700"
	start_server
	hear_text 'Too late for'
	lab_wait "the receipt" "$run/starhashd.log" holds 'SELECT count(*) = 0 FROM notification'
	kill_and_start
	heard notifications__S6_F18_silence_while_killed__notified_once 1 'Too late for'
	shows notifications__S6_F18_silence_while_killed__nothing_ordered 0 \
		"$(query "SELECT count(*) FROM orders WHERE msisdn = $msisdn AND kind = 'service activate'")"
}

# A trial whose last day is over in every time zone.
trial_ends() {
	kill_server
	query "INSERT OR REPLACE INTO subscription (msisdn, service, since, state, trial_until, due) VALUES
		($msisdn, 'NEWS', 20260101, 'trial', CAST(strftime('%Y%m%d', 'now', '-2 day') AS INTEGER), 0)"
	start_server
	hear_text 'Trial of News is over'
	lab_wait "the receipt" "$run/starhashd.log" holds 'SELECT count(*) = 0 FROM notification'
	kill_and_start
	heard notifications__S7_trial_unanswered__notified_once 1 'Trial of News is over'
	shows notifications__S7_trial_unanswered__cancelled 0 \
		"$(query "SELECT count(*) FROM subscription WHERE msisdn = $msisdn AND service = 'NEWS'")"
	shows notifications__S7_trial_unanswered__own_order_completed 'service deactivate completed 1' \
		"$(query "SELECT kind, state, own FROM orders WHERE msisdn = $msisdn AND service = 'NEWS'" | tr '|' ' ')"
	shows notifications__S7_trial_unanswered__nobody_consented 0 \
		"$(query "SELECT count(*) FROM consent WHERE msisdn = $msisdn AND service = 'NEWS'")"
}

shown() {
	vty 'show messages' | grep -q "$1"
}

# An operator pauses a kind of message, and resumes it.
pause_and_resume() {
	check notifications__pause_unknown_kind__refused grep -q "unknown kind of message 'trials'" <<<"$(vty 'messages pause trials')"
	check notifications__pause__said grep -q '^paused until' <<<"$(vty 'messages pause trial_ended')"
	query "INSERT INTO notification (msisdn, kind, facts, due, expires) SELECT $msisdn, 'trial_ended', x'', 0, 4102444800"
	lab_wait "the message to be counted" "$run/starhashd.log" shown 'trial_ended  *1 waiting, 0 sent, .* PAUSED'
	shows notifications__paused__waits 1 "$(query 'SELECT count(*) FROM notification')"
	check notifications__resume__said grep -q '^resumed' <<<"$(vty 'messages resume trial_ended')"
	lab_wait "the message to be sent" "$run/starhashd.log" holds 'SELECT count(*) = 0 FROM notification'
	lab_wait "the message to be shown as sent" "$run/starhashd.log" shown 'trial_ended  *0 waiting, 1 sent'
	check notifications__pause__audited grep -q 'vty uid .*messages pause trial_ended' "$run/starhashd.log"
}

system_open
sed -i 's/{ notification = "order_completed"/{ notification = "trial_ended"; page = "trial_over"; },\n\t&/
	s/^	order_completed = {};/&\n\ttrial_over = {};/' "$menu"
sed -i 's/^	order_completed = .*/&\n\ttrial_over = { text = "Trial of {service} is over."; };/' "$run"/texts.*.cfg
lab_write_config "$(lab_sms_config)"
msisdn=$(subscriber 1)
open_text_phone "$msisdn"
start_server
silence_while_nobody_runs
yes_after_a_kill
trial_ends
pause_and_resume
check notifications__S7_accounts__sound "$bin/starhash-data" check "$accounts"
system_end
