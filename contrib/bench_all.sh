#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Measure starhashd beside the servers that it is compared with: contrib/bench.sh calls this in the source folder.
# Usage: bench_all.sh BUILD SUBSCRIBERS "MEASURES" [OPTION...]; the options go to the generator.
# In the environment: ROUNDS (5), SECONDS_EACH (2), FLOOD_SECONDS (60), LIVE (dialogs, 1000000), PAGES (10000), GROWTH (numbers of accounts).
set -euo pipefail
# shellcheck source=contrib/common.sh
. contrib/common.sh

build=$PWD/$1
subscribers=$2
measures=$3
shift 3
options=("$@")
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-2}
growth=${GROWTH:-10000 1000000}
out=$build/results
results=$out/results.tsv
work=$build/compare
menu=$PWD/tests/bench/menu/menu.cfg

mkdir -p "$out" "$work"
: >"$results"

# The file name has the number of accounts: the generator derives the accounts from it. Usage: accounts_make SUBSCRIBERS
accounts_make() {
	accounts=$build/accounts-$1.db
	[[ ! -f $accounts ]] || return 0
	say "Making $1 accounts (half a minute for a million)"
	logged "$build/build.log" "$build/starhash-data" sample "$accounts" --subscribers "$1"
}

# A closed loop begins all its dialogs at once and expects each to be served: only in the flood too long a wait, or too many dials that
# wait, are refused.
# Usage: [delay=MS] [dials=N] config_write SETTING...
config_write() {
	printf '%s;\n' "menu = \"$menu\"" 'vty_socket = ""' "user = \"$(id -un)\"" "accounts = \"$accounts\"" "resume_s = 0" \
		"inputs_per_minute = 0" "delay_target_ms = ${delay-0}" "dials_max = ${dials-100000}" "$@" >"$work/bench.cfg"
}

link='gsup = { address = "127.0.0.1"; }'
smpp='sms = { addresses = "127.0.0.1:27750"; numbers = "10086"; window = 1000; duplicates = 10000000; }'
journal="journal = { file = \"$work/journal\"; key_file = \"$work/journal.key\"; }"

# Usage: compare MEASURE "SERVERS" [OPTION...]
compare() {
	local measure=$1 servers=$2

	shift 2
	say "Measuring: $measure ($servers)"
	"$build/starhash-bench" --compare "$measure" --servers "$servers" --results "$results" --config "$work/bench.cfg" \
		--database "$accounts" --server "$build/starhashd" --baseline "$build/starhash-baseline" --kannel "$work/kannel.conf" \
		--subscribers "$subscribers" --rounds "$rounds" --seconds "$seconds" "$@" "${options[@]}"
}

# The most steps a second that starhashd made with 1024 dialogs in this run.
best_rate() {
	if ! grep -q $'^closed\tstarhashd\t1024\t' "$results"; then
		compare closed starhashd --dialogs 1024 --rounds 3
	fi
	awk -F'\t' '$1 == "closed" && $2 == "starhashd" && $3 == 1024 && $4 == "steps_per_s" { print $5 }' "$results" | sort -g |
		awk '{ rate[NR] = $1 } END { printf "%d", rate[int((NR + 1) / 2)] }'
}

# Logging, or only one text in flight, would slow Kannel down.
kannel_config_write() {
	cat >"$work/kannel.conf" <<-END
	group = core
	admin-port = 27751
	admin-interface = 127.0.0.1
	admin-password = bench
	smsbox-port = 27752
	smsbox-interface = 127.0.0.1
	box-allow-ip = 127.0.0.1
	log-level = 4

	group = smsc
	smsc = smpp
	host = 127.0.0.1
	port = 27750
	transceiver-mode = true
	smsc-username = kannel
	smsc-password = kannel
	system-type = ""
	max-pending-submits = 1000

	group = smsbox
	bearerbox-host = 127.0.0.1
	log-level = 4

	group = sms-service
	keyword = BAL
	text = "Balance 12.50"
	END
}

measure_closed() {
	config_write "$link"
	compare closed "starhashd memory sqlite echo osmo-euse-demo"
}

measure_open() {
	local best

	config_write "$link"
	best=$(best_rate)
	config_write "$link" "$journal"
	compare open "starhashd memory sqlite echo" --rate $((best / 2))
}

measure_start() {
	config_write "$link"
	compare start "starhashd memory sqlite echo osmo-euse-demo"
}

# The network must not end dialogs that wait while others are opened, and other subscribers dial beside them.
measure_live() {
	local live=${LIVE:-1000000}
	local subscribers=$((live + live / 10)) accounts
	local patient='idle_ms = 590000; guard_ms = 600000; dialog_ms = 3600000; dialogs_share = 100;'

	accounts_make "$subscribers"
	config_write "gsup = { address = \"127.0.0.1\"; $patient }" "dialogs_max = 4000000"
	compare live "starhashd memory sqlite" --rounds 1 --dialogs "$live"
}

# Each round needs the first menu again.
measure_reload() {
	local best pages=${PAGES:-10000}
	local menu=$work/menu/menu.cfg

	config_write "$link"
	tests/bench/tree.sh "$work/menu" "$pages"
	if ! "$build/starhashd" --config "$work/bench.cfg" --check >"$work/check.log" 2>&1; then
		say "A menu of $pages pages is refused; measuring 2000: $(head -n 1 "$work/check.log")"
		pages=2000
	fi
	menu=$PWD/tests/bench/menu/menu.cfg
	config_write "$link"
	best=$(best_rate)
	menu=$work/menu/menu.cfg
	config_write "$link" "$journal"
	for ((round = 0; round < rounds; round++)); do
		rm -rf "$work/menu"
		tests/bench/tree.sh "$work/menu" "$pages"
		compare reload starhashd --rounds 1 --rate $((best / 2)) --menu "$work/menu/texts.en.cfg" --next-menu "$work/menu/texts.en.next"
	done
	printf 'reload\tstarhashd\t1\tpages\t%d\n' "$pages" >>"$results"
}

measure_flood() {
	local best

	config_write "$link"
	best=$(best_rate)
	delay=50 dials=10000 config_write "$link" "$journal"
	compare flood starhashd --rounds 1 --rate "$best" --seconds "${FLOOD_SECONDS:-60}"
}

# The sizes take turns, so that other load on the machine affects each alike.
measure_growth() {
	local subscribers accounts

	for ((round = 0; round < rounds; round++)); do
		for subscribers in $growth; do
			accounts_make "$subscribers"
			config_write "$link"
			compare growth "starhashd memory sqlite" --rounds 1
		done
	done
}

# Few accounts, so that work in the background ends before the counted dialogs.
measure_instructions() {
	local subscribers=1000 accounts

	accounts_make "$subscribers"
	config_write "$link"
	compare instructions "starhashd memory sqlite echo osmo-euse-demo" --rounds 1
	config_write "$smpp"
	compare sms_instructions starhashd --rounds 1
}

measure_sms() {
	kannel_config_write
	# the loop brake and duplicate detection stay on: there are enough subscribers, but far more texts than in a network
	config_write "$smpp"
	compare sms "starhashd Kannel" --rounds "$(((rounds + 1) / 2))"
}

# Also of what was measured before a failure.
report() {
	local compiler

	read -ra compiler <<<"${CC:-gcc}"
	{
		echo "Starhash $(git rev-parse --short HEAD 2>/dev/null || echo release), $(date -u +%Y-%m-%d), $subscribers accounts in SQLite;" \
			"rounds: $rounds of $seconds s each."
		echo "$(nproc) processors, $(awk '/model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo)," \
			"$(free -g | awk '/Mem/ { print $2 }') GB of memory; load average before: $load."
		"${compiler[@]}" --version | head -n 1
	} >"$out/about.txt"
	tests/bench/report.py "$results" "$out"
}

load=$(cut -d' ' -f1-3 /proc/loadavg)
accounts_make "$subscribers"
trap report EXIT
for measure in $measures; do
	"measure_$measure"
done
