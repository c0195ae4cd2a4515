#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Texts over a real SMPP connection, from starhash-phone as a small SMSC to starhashd: the same answers as on the console, keywords,
# long texts, other scripts, an SMSC that disconnects and returns, a transmitter and a receiver.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null || exit 77

# Usage: texts MSISDN TEXT...
texts() {
	local msisdn=$1

	shift
	printf '%s\n' "$@" | lab_sms_phone "$msisdn" 2>&1
}

# Usage: answers NAME EXPECTED TEXT...
answers() {
	local name=$1 expected=$2

	shift 2
	shows "$name" "$expected" "$(texts "$msisdn" "$@" | tr '\n' '|')"
}

# Usage: same_words NAME INPUT...
same_words() {
	local name=$1 console

	shift
	console=$(printf '%s\n' "$@" | lab_phone "$msisdn" 2>&1)
	shows "$name" "${console:-a page}" "$(texts "$msisdn" "$@")"
}

conversation_saved() {
	[[ -n $(sqlite3 "$accounts" 'SELECT 1 FROM conversation LIMIT 1') ]]
}

restart_with() {
	kill "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	lab_write_config "$1"
	lab_start_server
}

orders() {
	sqlite3 "$accounts" "SELECT count(*) FROM orders"
}

# A20, A21: texts with the default trust, over an SMSC that can claim any sender.
code_by_default() {
	local before code asked

	before=$(orders)
	texts "$msisdn" yes '471100' >/dev/null
	asked=$(texts "$msisdn" 'SUB WEATHER')
	check sms__A21_order__asks_for_a_code grep -qE '^Reply [0-9]{6} by ' <<<"$asked"
	code=$(grep -oE '[0-9]{6}' <<<"$asked")
	texts "$msisdn" yes >"$run/asked"
	shows sms__A21_yes_of_a_forger__nothing_ordered "$before" "$(orders)"
	shows sms__A21_code_of_an_earlier_text__nothing_ordered "$before" "$(texts "$msisdn" "$code" >"$run/asked"; orders)"
	code=$(grep -oE 'Reply [0-9]{6}' "$run/asked" | grep -oE '[0-9]{6}')
	check sms__A21_code__orders grep -q 'WEATHER is open' <<<"$(texts "$msisdn" "$code")"
	shows sms__A21_code__ordered_once "$((before + 1))" "$(orders)"
	check sms__A21_code__not_in_any_log test "$(grep -cF -e "$code" "$run/starhashd.log")" = 0
	check sms__A20_reading__needs_no_code grep -q 'You have' <<<"$(texts "$msisdn" YE)"
}

system_open
lab_write_config "$(lab_sms_config)"
lab_start_server
msisdn=$(subscriber 1)
home='Menu|1 Balance|3 Password|4 Services|5 Chinese|6 Info|7 Form||'
balance=$(printf '*131#\n' | lab_phone "$msisdn" | tr '\n' '|')
long=$(printf 'YE %.0s' {1..120})

same_words sms__code_and_reply__as_on_the_console '*100#' 1
answers sms__keywords__F21_answered "$balance$balance$balance$balance" YE 'ye。' 查余额 'Balance, please'
answers sms__same_text_from_another_phone__is_no_duplicate "$balance" YE
answers sms__empty_text_and_reply__menu_and_its_item "$home$balance" '' '1.'
answers sms__long_texts_in_parts__are_one "$balance$balance" "$long" "YE $(printf '谢%.0s' {1..200})"
answers sms__password__asked_for_what_is_missing 'New?|0 Back||' 'XGMM 135790'
answers sms__smsc_gone_and_back__conversation_goes_on 'Again?|0 Back||' 246813
texts "$msisdn" services >"$run/offered"
lab_wait "a conversation on the disk" "$run/starhashd.log" conversation_saved
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null || true
lab_start_server
shows sms__daemon_killed__F18_number_answers_the_page "$(printf '*100*4*1#\n' | lab_phone "$msisdn" 2>&1)" "$(texts "$msisdn" 1)"
check sms__password__not_in_any_log test "$(grep -cF -e 135790 -e 246813 "$run/starhashd.log")" = 0
restart_with 'sms = { addresses = "'"$address"':2775"; numbers = "10086"; bind = "pair"; concat = "sar"; };'
answers sms__transmitter_and_receiver__answered "$balance$home" YE ''
restart_with 'sms = { addresses = "'"$address"':2775"; numbers = "10086"; };'
code_by_default
restart_with 'sms = { addresses = "'"$address"':2775"; numbers = "10010"; };'
answers sms__number_that_is_not_ours__no_answer '' YE
system_end
