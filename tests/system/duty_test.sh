#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# S12: a complaint whose answer is late is escalated: those on duty are texted, once, also when the link comes up only later. The npm package
# "smpp" is the SMSC that gets the texts. Skipped without it.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/system/smsc_common.sh
. "$source/tests/system/smsc_common.sh"

duty=8613800138009

# shellcheck disable=SC2317 # called by lab_wait
late_is_raised() {
	vty 'show alarm-states' | grep -q 'tickets:late'
}

system_open
make_clock || exit 77
"$bin/starhash-data" tickets "$accounts" "$(subscriber 1)" open complaint "The line is dead." >/dev/null
truncate -s $((49 * 3600)) "$run/ahead"
lab_write_config "sms = { addresses = \"127.0.0.1:$port\"; numbers = \"10086\"; };" "duty = { numbers = \"$duty\"; };"
touch "$run/record"
bin=$run/bin lab_start_server
vty 'clock accept' >/dev/null
lab_wait "the alarm" "$run/starhashd.log" late_is_raised
sleep 11			# it is tried without a link
shows "nobody is texted without a link" 0 "$(grep -c "$duty" "$run/record" || true)"
start_smsc
await_text "$duty" "starhashd tickets:late: late answers: 1; see starhash-data tickets"
sleep 11			# the next look
shows "one text while it lasts" 1 "$(grep -c "$duty" "$run/record")"
system_end
