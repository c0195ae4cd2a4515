#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon's CDR journal as used by logrotate and a JSON reader (O1), and its spool folder with a program that only prints
# its arguments.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"

journal=
import=

# The daemon runs the starhash-data in its own folder.
stand_in_for_data() {
	mkdir "$run/bin" "$import"
	cp "$bin/starhashd" "$bin/starhash-phone" "$run/bin"
	cat >"$run/bin/starhash-data" <<-'END'
	#!/bin/sh
	echo "first line"
	echo "$1 $(basename "$2") $(basename "$3") nice $(nice)"
	rm -f "$2"/*.csv
	END
	chmod +x "$run/bin/starhash-data"
	bin=$run/bin
}

configure() {
	lab_write_config "journal = { file = \"$journal\"; key_file = \"$run/key\"; flush_ms = 20; };" \
		"spool_folder = \"$import\"; password_delays = \"300 3600\";"
}

dial() {
	printf '%s\n' "$@" | lab_phone 13800138000 >/dev/null 2>&1
}

lines() {
	[[ $(wc -l <"$journal") == "$1" ]]
}

wait_for_lines() {
	lab_wait "line $1 of the journal" "$run/starhashd.log" lines "$1"
}

field() {
	tail -1 "$journal" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

one_record_for_each_dialog() {
	dial '*100#' 1
	wait_for_lines 1
	shows cdr__O1_dialog__outcome done "$(field outcome)"
	shows cdr__O1_dialog__pages "['home', 'balance_prepaid']" "$(field path)"
	check cdr__O1_dialog__no_number test -z "$(grep 13800138000 "$journal")"
	dial '*100*3*917364#' 0
	wait_for_lines 2
	check journal__F24_dialled_secret__not_written test -z "$(grep 917364 "$journal")"
	shows journal__key__private 600 "$(stat -c %a "$run/key")"
}

# Staff who know the key find the number's records; "$bin" has a stand-in.
traced() {
	local found
	found=$("$data" trace "$accounts" 13800138000 --journal "$journal" --journal-key "$run/key" 2>&1)
	shows trace__O1_daemons_own_journal__both_dialogs 2 "$(grep -c ' UTC ' <<<"$found")"
	check trace__O1_daemons_own_journal__pages grep -q 'pages: home ([0-9]* ms), balance_prepaid ([0-9]* ms)' <<<"$found"
	check trace__O1_daemons_own_journal__no_secret test -z "$(grep 917364 <<<"$found")"
}

moved_away() {
	mv "$journal" "$journal.moved"
	kill -USR1 "$server_pid"
	lab_wait "a new journal" "$run/starhashd.log" test -e "$journal"
	dial '*131#'
	wait_for_lines 1
	shows journal__moved_away__old_lines_stay 2 "$(wc -l <"$journal.moved")"
}

stopped() {
	open_phone 13800138000
	say_phone '*100#'
	hear_phone '1 Balance'
	kill "$server_pid"
	wait "$server_pid" || true
	shows journal__daemon_stops__last_record_is_there stopped "$(field outcome)"
}

import_starts() {
	echo x >"$import/new.csv"
	lab_wait "the import" "$run/starhashd.log" grep -q "is done: spool import accounts.db nice 10" "$run/starhashd.log"
	echo import__file_written__picked_up_at_low_priority: fine
}

system_open
data=$bin/starhash-data
journal=$run/journal import=$run/import
stand_in_for_data
configure
lab_start_server
one_record_for_each_dialog
traced
moved_away
import_starts
stopped
sed -i 's/ key_file = [^;]*;//' "$run/starhash.cfg"
check journal__no_key__check_refuses grep -q 'pseudonyms need a "key_file"' <("$bin/starhashd" --check -c "$run/starhash.cfg" 2>&1)
system_end
