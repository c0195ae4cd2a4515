#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The load generator finds a wrong text and a wrong balance, and the servers that starhashd is compared with answer the same as it does.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
subscribers=1000

# Some dialogs with each of the given servers. Usage: dial "SERVERS" [OPTION...]
dial() {
	local servers=$1

	shift
	timeout 120 "$bin/starhash-bench" --compare closed --servers "$servers" --dialogs 64 --seconds 0.2 --rounds 1 --results "$run/results" \
		--address "$address" --config "$run/starhash.cfg" --server "$bin/starhashd" --baseline "$bin/starhash-baseline" \
		--database "$accounts" --subscribers "$subscribers" "$@" >"$run/out" 2>&1
}

# Usage: is_wrong STEP SERVERS
is_wrong() {
	! dial "$2" && grep -q "a wrong answer to step $1 of subscriber" "$run/out"
}

system_open
mkdir "$run/bench"
cp "$source"/tests/bench/menu/*.cfg "$run/bench"
chmod u+w "$run/bench"/*.cfg
menu=$run/bench/menu.cfg
rm -f "$accounts"* "$run/pepper"
: >"$run/starhashd.log"
"$bin/starhash-data" sample "$accounts" --pepper "$run/pepper" --subscribers "$subscribers" >/dev/null 2>&1
lab_write_config "resume_s = 0;" "gsup = { address = \"$address\"; };"
for server in starhashd memory sqlite echo; do
	check "${server}__sample_accounts__every_answer_is_right" dial "$server"
done
check results__each_server__has_its_lines test "$(cut -f 2 "$run/results" | sort -u | paste -sd ' ')" = "echo memory sqlite starhashd"
sed -i 's/Good bye/Good night/' "$run/bench/texts.en.cfg"
check generator__other_last_text__fails is_wrong 3 starhashd
sed -i 's/Good night/Good bye/' "$run/bench/texts.en.cfg"
sqlite3 "$accounts" "UPDATE subscriber SET balance = balance + 1, owed = owed + 1"
for server in starhashd memory sqlite; do
	check "generator__balances_a_cent_higher_of_${server}__fails" is_wrong 2 "$server"
done
system_end
