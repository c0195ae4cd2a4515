#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The same texts over the console and through Debian's osmo-hlr, which is then killed and restarted. Skipped if it is not installed.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
for program in osmo-hlr osmo-hlr-db-tool sqlite3; do
	command -v "$program" >/dev/null || exit 77
done

# Usage: same_words NAME MSISDN INPUT...
same_words() {
	local name=$1 msisdn=$2 console

	shift 2
	console=$(printf '%s\n' "$@" | lab_phone "$msisdn" 2>&1)
	shows "$name" "${console:-a page}" "$(printf '%s\n' "$@" | lab_hlr_phone "$msisdn" 2>&1)"
}

link_comes_back() {
	kill -KILL "$hlr_pid"
	wait "$hlr_pid" 2>/dev/null || true
	lab_wait "the loss of the link" "$run/starhashd.log" grep -q 'closed by the HLR' "$run/starhashd.log"
	lab_start_hlr
	lab_wait "the link" "$run/starhashd.log" lab_attached
	same_words hlr__F10_hlr_started_again__dialogs_go_on 13800138000 '*100#' 1
}

# A72: a subscriber who answers a page of a killed daemon reads at once that the session is over, and can dial again.
answer_after_a_kill() {
	mkfifo "$run/hlr_phone.in"
	lab_hlr_phone 13800138000 <"$run/hlr_phone.in" >"$run/hlr_phone.out" 2>&1 &
	pids+=($!)
	exec {hlr_phone}>"$run/hlr_phone.in"
	echo '*100#' >&"$hlr_phone"
	lab_wait "the menu" "$run/hlr_phone.out" grep -q Balance "$run/hlr_phone.out"
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	lab_start_server
	lab_wait "the link" "$run/starhashd.log" lab_attached
	echo 1 >&"$hlr_phone"
	lab_wait "the last text" "$run/hlr_phone.out" grep -q '^Expired\.$' "$run/hlr_phone.out"
	check hlr__F42_answer_after_a_kill__answered_as_expired grep -q '^Expired\.$' "$run/hlr_phone.out"
	exec {hlr_phone}>&-
	same_words hlr__F42_dialled_again__served 13800138000 '*100#' 1
}

system_open
lab_write_config "gsup = { address = \"$address\"; };"
lab_start_hlr
lab_start_server
lab_wait "the link" "$run/starhashd.log" lab_attached
same_words hlr__menu_and_balance__as_on_the_console 13800138000 '*100#' 1
same_words hlr__direct_dial__as_on_the_console 13800138000 '*100*4#' 0
same_words hlr__wrong_inputs__as_on_the_console 13800138001 '*100#' x y z
same_words hlr__code_of_nobody__as_on_the_console 13800138001 '*199#'
link_comes_back
answer_after_a_kill
system_end
