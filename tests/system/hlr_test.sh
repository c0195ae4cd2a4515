#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The same words over the console and through Debian's osmo-hlr, which is then killed and started again. Skipped where it is not installed.
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
	same_words hlr__F10_hlr_started_again__dialogues_go_on 13800138000 '*100#' 1
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
system_end
