#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A42, A48, F36: short floods of texts by invented senders, of half messages and of wrong passwords. A subscriber who dials meanwhile gets
# the right page each time, and every flood is answered in some way. The same beside four times the events that the door takes; each that
# was answered 202 is stored once. contrib/bench.sh --flood and --events measure the speed, on a dedicated machine.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
subscribers=2000

system_open
menu=$source/tests/bench/menu/menu.cfg
rm -f "$accounts"* "$run/pepper"
"$bin/starhash-data" sample "$accounts" --pepper "$run/pepper" --subscribers "$subscribers" >/dev/null 2>&1
# small tables, which the floods fill
: >"$run/starhashd.log"
lab_write_config "dialogs_max = 500;" "resume_s = 0;" "gsup = { address = \"$address\"; };" \
	"sms = { addresses = \"$address:27750\"; numbers = \"10086\"; };"
check flood__A42_texts_halves_passwords__dials_get_their_pages "$bin/starhash-bench" --flood --loud --address "$address" \
	--config "$run/starhash.cfg" --server "$bin/starhashd" --subscribers "$subscribers" --rounds 1 --seconds 2 --texts 4000 \
	--readers 20 --limit 0
lab_write_config "resume_s = 0;" "gsup = { address = \"$address\"; };" "door = { socket = \"$run/door\"; rate = 0; };"
check flood__events__dials_get_their_pages_and_accepted_ones_are_stored "$bin/starhash-bench" --events "$run/door" \
	--database "$accounts" --loud --address "$address" --config "$run/starhash.cfg" --server "$bin/starhashd" \
	--subscribers "$subscribers" --seconds 1 --readers 20 --limit 0
system_end
