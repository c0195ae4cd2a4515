#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Benchmarks: starhashd with a million accounts in SQLite, compared with other servers on the same machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=contrib/common.sh
. contrib/common.sh

usage() {
	cat <<-END
	Usage: contrib/bench.sh [--all | --sms | --only "MEASURE..."] [--subscribers N] [OPTION...]
	       contrib/bench.sh --orders [--subscribers N] [OPTION...]
	       contrib/bench.sh --flood [--subscribers N] [OPTION...]
	       contrib/bench.sh --notices [--subscribers N] [OPTION...]
	       contrib/bench.sh --events [--subscribers N] [OPTION...]
	       contrib/bench.sh --reload [PAGES...]
	       contrib/bench.sh --data [SUBSCRIBERS...]
	       contrib/bench.sh --report [LINES]

	Build with optimisation and without sanitizers in build-bench/, make a million sample accounts there the first
	time, run a load generator against starhashd and the servers it is compared with, one after the other in turn, and
	write tables and a picture to build-bench/results/. A dialog has three steps (the menu, the balance from the account,
	the end; tests/bench/menu). Every answer is verified. The other servers are starhash-baseline, the least that can
	answer these dialogs, from SQLite and from memory, or that echoes one prepared text, and Debian's osmo-euse-demo,
	an echo.

	Without an option, 1, 64, 1024 and 65536 dialogs at once, and instructions for each step, counted by valgrind. With
	--all, also dialogs at a fixed rate, the start, a million dialogs at the menu, a reload of 10,000 pages, a flood of
	dialogs for a minute, growth from ten thousand accounts to a million, and short messages: half an hour, 10 GB of disk.
	GROWTH="10000 1000000 10000000" in the environment adds ten million accounts, which need 20 GB. contrib/bench_all.sh
	lists the other variables. --only names some of closed open start live reload flood growth instructions sms.

	With --sms, starhashd answers the keyword BAL with the balance of the account, over SMPP, and Kannel (bearerbox
	and smsbox) answers the same keyword with a fixed text.

	With --orders, subscribers dial and read at a fixed rate while others order services, or guess passwords, one at a
	time and many at once. The table shows how many orders and passwords become durable each second, and the response
	time of the readers. The accounts are copied first; neither server nor generator is bound to a processor.

	With --flood, subscribers dial and read at a fixed rate, first alone and then beside 200,000 short messages of invented
	senders, as many half messages, and as many wrong passwords, each in two seconds. The table shows how many messages
	the server accepts from the SMSC, and the response time of the readers. Fails when their median grows to more than 1.5
	times the quiet one.

	With --notices, each subscriber has asked for the monthly notice of information fees, and last month's bill has some. The
	daemon finds them and sends 1,000 notices a second to an SMSC, while subscribers dial and read the self-care menu at a
	fixed rate. The tables show how long that takes, the memory, and the response time of the readers, before and beside it.
	Fails when a notification is missing or comes twice, or when the 99th percentile grows to more than 1.5 times the quiet one.
	With KILL=1 in the environment the daemon is killed in the middle and started again: those in flight may come twice.
	NOTICES=N is a shorter way to say --subscribers N. The accounts are copied first; no processor is reserved.

	With --events, subscribers dial and read at a fixed rate, first alone and then beside batches of 100 events to the door's
	UNIX socket: as many as 16 senders get stored, and then four times as many. The table shows how many events are stored, how
	many batches are refused, and the response time of the readers. Fails when an event that was answered 202 is missing in the
	database, or when the readers' median grows to more than 1.5 times the quiet one. Without RATE=N in the environment, the door
	has no limit of events a second.

	With --reload, start the server with the self-care menu and the given numbers of further pages in five languages (default: 1,
	1,000, 2,000, 5,000 and 10,000), and let 500 subscribers a second dial and read, first alone and then beside reloads one after
	the other. The table shows how long a start and a reload take, and the response time of the readers.

	With --data, import the given numbers of invented subscribers (default: a million and ten million; the files need
	5 GB of disk for each million), and look them up through the account store, cold and warm.

	With --report, invent a month of a million CDRs and ten thousand tickets, with three months of fewer tickets before it;
	compare every figure of its reports, as text, CSV and HTML, with a recount and with "starhash-data check"; and count
	LINES of a journal from a pipe (default: 100 million, which takes ten minutes to invent; 0: none).

	The server runs on processor 0 and the generator on processor 1, unless stated otherwise. Run nothing else meanwhile.

	Other options go to the generator: see build-bench/starhash-bench --help.
	END
}

build="build-bench"
subscribers=${NOTICES:-1000000}
if [[ ${1-} == --help || ${1-} == -h ]]; then
	usage
	exit
fi
if [[ ${1-} == --data ]]; then
	shift
	install_missing "${build_packages[@]}" time
	configure_in "$build" CFLAGS="-O2 -g"
	say "Building"
	logged "$build/build.log" make -C "$build" -j"$(nproc)" starhash-data tests/bench/lookup
	exec contrib/bench_data.sh "$build" "$@"
fi
if [[ ${1-} == --reload ]]; then
	shift
	install_missing "${build_packages[@]}" sqlite3
	configure_in "$build" CFLAGS="-O2 -g"
	say "Building"
	logged "$build/build.log" make -C "$build" -j"$(nproc)" starhashd starhash-data tests/bench/reload
	exec contrib/bench_reload.sh "$build" "$@"
fi
if [[ ${1-} == --report ]]; then
	shift
	install_missing "${build_packages[@]}" time python3
	configure_in "$build" CFLAGS="-O2 -g"
	say "Building"
	logged "$build/build.log" make -C "$build" -j"$(nproc)" starhash-data starhash-journal-lines starhash-care
	exec contrib/bench_report.sh "$build" "$@"
fi
way=compare
measures="closed instructions"
case ${1-} in
--all) measures="closed open start live reload flood growth instructions sms"; shift ;;
--sms) measures=sms; shift ;;
--only) measures=${2:?which measures}; shift 2 ;;
--orders | --flood | --notices | --events) way=${1#--}; shift ;;
esac
if [[ ${1-} == --subscribers ]]; then
	subscribers=${2:?how many subscribers}
	shift 2
fi

build_all() {
	install_missing "${build_packages[@]}" "${hlr_packages[@]}"
	[[ $way != compare ]] || install_missing valgrind python3
	[[ $measures != *sms* ]] || install_missing kannel
	configure_in "$build" CFLAGS="-O2 -g"
	say "Building"
	logged "$build/build.log" make -C "$build" -j"$(nproc)" starhashd starhash-data starhash-bench starhash-baseline
}

# The file name has the number of accounts: the generator derives the accounts from it.
make_accounts() {
	[[ -f $accounts ]] && return
	say "Making $subscribers accounts (a minute the first time)"
	logged "$build/build.log" "$build/starhash-data" sample "$accounts" --subscribers "$subscribers"
}

# Write the settings common to all benchmarks, then the given ones. The limit of inputs per subscriber is off where it is not measured.
write_config() {
	cat >"$build/bench.cfg" <<-END
	menu = "$PWD/${menu-tests/bench/menu/menu.cfg}";
	vty_socket = "";
	user = "$(id -un)";
	END
	printf '%s;\n' "$@" >>"$build/bench.cfg"
}

# Orders change the accounts, so work on a copy. The pepper is beside the original.
copy_accounts() {
	rm -f "$build/ordered.db"*
	cp "$accounts" "$build/ordered.db"
	sync	# otherwise the first orders wait for the copy to reach the disk
	copied=("accounts = \"$PWD/$build/ordered.db\"" "pepper = \"$PWD/$accounts.pepper\"" "resume_s = 0")
}

# Every subscriber has asked for the notification, and has two services with information fees on the newest bill that is announced today.
# The generator knows the sum of them, and reads English.
make_due() {
	local day month

	day=$(date +%-d)
	month=$(date -d "$(date +%Y-%m-15) $((day < 11 ? 2 : 1)) month ago" +%Y%m)
	say "Making fees of $month for $subscribers subscribers"
	sqlite3 "$1" >/dev/null <<-END
	PRAGMA journal_mode = OFF;
	PRAGMA synchronous = OFF;
	BEGIN;
	DELETE FROM bill_line WHERE month = $month;
	INSERT OR IGNORE INTO bill (msisdn, month, total) SELECT msisdn, $month, 5000 FROM subscriber;
	INSERT INTO bill_line (msisdn, month, position, item, amount, charged_service, fee_class)
	SELECT b.msisdn, $month, l.position, l.item,
		CASE l.position WHEN 0 THEN total - 410 - b.msisdn % 1000 WHEN 1 THEN 310 + b.msisdn % 1000 ELSE 100 END, l.service, l.class
	FROM bill b, (SELECT 0 position, 'rent' item, NULL service, NULL class UNION ALL SELECT 1, 'services', 'NEWS', 'information'
		UNION ALL SELECT 2, 'services', 'WEATHER', 'information') l WHERE b.month = $month;
	INSERT INTO preference (msisdn, kind, about, choice, since, last, after)
	SELECT msisdn, 'information_fees', '', 'on', $month, 0, 0 FROM subscriber;
	UPDATE subscriber SET billed = 'yes', bill_month = max($month, bill_month);
	COMMIT;
	PRAGMA journal_mode = WAL;
	END
}

accounts=$build/accounts-$subscribers.db
options=(--config "$build/bench.cfg" --server "$build/starhashd" --subscribers "$subscribers")
build_all
[[ $way != compare ]] || exec contrib/bench_all.sh "$build" "$subscribers" "$measures" "$@"
make_accounts
case $way in
flood)
	# limits, loop brake and shares have their defaults, but all rounds come within duplicate_s, and their texts must not be
	# throttled for that
	copy_accounts
	write_config "${copied[@]}" 'gsup = { address = "127.0.0.1"; }' \
		'sms = { addresses = "127.0.0.1:27750"; numbers = "10086"; duplicates = 4000000; }'
	exec "$build/starhash-bench" --flood "${options[@]}" "$@"
	;;
events)
	copy_accounts
	write_config "${copied[@]}" "inputs_per_minute = 0" 'gsup = { address = "127.0.0.1"; }' \
		"door = { socket = \"$PWD/$build/door\"; rate = ${RATE:-0}; }"
	exec "$build/starhash-bench" --events "$build/door" --database "$build/ordered.db" "${options[@]}" --seconds 5 "$@"
	;;
notices)
	menu=menus/selfcare/menu.cfg
	copy_accounts
	sqlite3 "$build/ordered.db" "UPDATE subscriber SET language = 'en' WHERE msisdn < (SELECT min(msisdn) FROM subscriber) + $subscribers / 2"
	rm -f "$build/noticed.db"*
	cp "$build/ordered.db" "$build/noticed.db"
	make_due "$build/noticed.db"
	sync
	links=("inputs_per_minute = 0" 'gsup = { address = "127.0.0.1"; }'
		'sms = { addresses = "127.0.0.1:27750"; numbers = "10086"; window = 100; }'
		"messages = { quiet_from = \"00:00\"; quiet_until = \"00:00\"; rate = ${RATE:-1000}; }")
	write_config "${copied[@]}" "${links[@]}"
	mv "$build/bench.cfg" "$build/quiet.cfg"
	write_config "${copied[@]/ordered.db/noticed.db}" "${links[@]}"
	options=(--config "$build/quiet.cfg" "${options[@]:2}")
	[[ -z ${KILL-} ]] || options+=(--kill)
	exec "$build/starhash-bench" --notices "$build/bench.cfg" --seconds 10 "${options[@]}" "$@"
	;;
orders)
	copy_accounts
	write_config "${copied[@]}" "inputs_per_minute = 0" \
		'gsup = ( { name = "readers"; address = "127.0.0.1"; }, { name = "changers"; address = "127.0.0.1"; port = 4223; } )'
	exec "$build/starhash-bench" --orders "${options[@]}" "$@"
	;;
esac
