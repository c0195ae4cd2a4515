#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F26: several times as many dials as the server can serve, for seconds. Dialogs that have begun go on, every other dial is shown the busy
# text, and a second later nobody is refused. starhash-overload measures the same at full speed, in a build without sanitizers.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
subscribers=5000

system_open
menu=$source/tests/bench/menu/menu.cfg
rm -f "$accounts"* "$run/pepper"
"$bin/starhash-data" sample "$accounts" --pepper "$run/pepper" --subscribers "$subscribers" >/dev/null 2>&1
: >"$run/starhashd.log"
# a small queue, so that a machine with other work refuses dials, too; a target that no pause of such a machine exceeds
lab_delay=2000 lab_write_config "resume_s = 0;" "dials_max = 200;" \
	"gsup = { address = \"$address\"; busy = \"Come again\"; };"
check flood__F26_more_dials_than_can_be_served__answered_politely_and_normal_a_second_later "$bin/starhash-overload" \
	"$run/starhash.cfg" "$bin/starhashd" "$address" "$subscribers" 2 8 "Come again"
system_end
