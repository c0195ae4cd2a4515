#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A menu that is broken on the disk: the daemon starts with the last good one, says so everywhere, and a reload fails visibly.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null && command -v python3 >/dev/null || exit 77

dial() {
	printf '%s\n' "$@" | lab_phone 13800138000 2>&1 | grep . | tail -1
}

kill_server() {
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
}

break_menu() {
	sed -i 's/page = "bills"/page = "bils"/' "$run/menu.cfg"
}

mend_menu() {
	sed -i 's/page = "bils"/page = "bills"/' "$run/menu.cfg"
}

# The newest saved text of the balance.
saved_text() {
	grep -ho 'You have\|Purse:\|Purse [0-9]*:' "$run"/menu-saved/*/texts.en.cfg | tail -1
}

saved_as() {
	[[ $(saved_text) == "$1" ]]
}

# Exits with the status of the command that the unit runs for "systemctl reload".
unit_reload() {
	local command

	command=$(sed -n 's/^ExecReload=//p' "$source/contrib/starhashd.service")
	command=${command//\/usr\/bin/$bin}
	# shellcheck disable=SC2086 # words
	set -- ${command//\/run\/starhash\/vty/$run/vty}
	"$@" >"$run/reload.out" 2>&1
}

alarm() {
	vty 'show alarm-states' | grep "^ $1 "
}

# ---- start ----

first_start_without_copy() {
	break_menu
	check start__broken_menu_and_no_copy__exits_with_1 \
		test "$(timeout 20 "$bin/starhashd" -c "$run/starhash.cfg" >"$run/refused" 2>&1; echo $?)" = 1
	check start__broken_menu_and_no_copy__problem_named grep -q "menu.cfg:[0-9]*: there is no page 'bils'" "$run/refused"
	check start__broken_menu_and_no_copy__says_so grep -q 'no usable earlier copy' "$run/refused"
	mend_menu
}

# Usage: serves_old NAME CAUSE
serves_old() {
	shows "start__$1__last_good_menu_served" "You have \$12.50." "$(dial '*100*1#')"
	check "start__$1__problem_logged_as_an_error" grep -q "ERROR.*$2" "$run/starhashd.log"
	check "start__$1__older_menu_logged" grep -q 'serving the older one that was saved at 20' "$run/starhashd.log"
	check "start__$1__alarm" grep -q "RAISED.* saved at 20.* UTC: .*$2" <<<"$(alarm menu:old)"
	check "start__$1__show_menu_says_so" grep -q "OLDER than the files of the menu.*since 20.*UTC: saved at 20.*$2" \
		<<<"$(vty 'show menu')"
	lab_wait "the status" "$run/starhashd.log" grep -q "^READY=1 STATUS=serving 1 links with an older menu, saved at 20.*$2" "$run/notified"
}

restart() {
	kill_server
	: >"$run/notified"
	: >"$run/starhashd.log"
	NOTIFY_SOCKET=$run/notify lab_start_server
}

start_with_broken_menu() {
	break_menu
	restart
	serves_old broken_menu "menu.cfg:[0-9]*: there is no page 'bils'"
	check start__broken_menu__check_still_fails test "$("$bin/starhashd" --check -c "$run/starhash.cfg" >/dev/null 2>&1; echo $?)" = 1
	shows start__broken_menu__copy_is_untouched 1 "$(find "$run/menu-saved" -name menu.cfg | wc -l)"
	mv "$run/menu.cfg" "$run/menu.cfg.away"
	restart
	serves_old missing_menu "menu.cfg: cannot be read: No such file"
	mv "$run/menu.cfg.away" "$run/menu.cfg"
	mend_menu
	sed -i 's/{owed}/{owned}/' "$run/texts.zh.cfg"
	restart
	serves_old broken_text "unknown placeholder 'owned'"
	sed -i 's/{owned}/{owed}/' "$run/texts.zh.cfg"
}

# ---- reload ----

reload_ends_it() {
	sed -i 's/You have/Purse:/' "$run/texts.en.cfg"
	check reload__good_again__exits_with_0 unit_reload
	check reload__good_again__alarm_cleared grep -q 'menu:old *- ' <<<"$(alarm menu:old)"
	check reload__good_again__show_menu_is_silent test -z "$(vty 'show menu' | grep OLDER)"
	shows reload__good_again__new_text "Purse: \$12.50." "$(dial '*100*1#')"
	lab_wait "the status" "$run/starhashd.log" grep -q '^STATUS=serving the reloaded menu$' "$run/notified"
	lab_wait "the copy" "$run/starhashd.log" saved_as Purse:
}

reload_of_broken_menu_fails() {
	local status=0

	break_menu
	sed -i 's/{owed}/{owned}/' "$run/texts.zh.cfg"
	unit_reload || status=$?
	shows reload__broken_menu__unit_command_exits_with_1 1 "$status"
	check reload__broken_menu__command_prints_the_page grep -q "menu.cfg:[0-9]*: there is no page 'bils'" "$run/reload.out"
	check reload__broken_menu__command_prints_the_text grep -q "texts.zh.cfg:[0-9]*: unknown placeholder 'owned'" "$run/reload.out"
	check reload__broken_menu__page_logged_as_an_error grep -q "ERROR.*there is no page 'bils'" "$run/starhashd.log"
	lab_wait "the status" "$run/starhashd.log" \
		grep -q "^STATUS=the menu was not reloaded, serving the previous one: .*'bils'.* (and [0-9]* more)" "$run/notified"
	check reload__broken_menu__alarm grep -q "RAISED.*'bils'" <<<"$(alarm menu:old)"
	check reload__broken_menu__show_menu_says_so grep -q "OLDER than the files of the menu" <<<"$(vty 'show menu')"
	sed -i 's/{owned}/{owed}/' "$run/texts.zh.cfg"
	restart
	shows reload__broken_menu__restart_serves_the_one_before "Purse: \$12.50." "$(dial '*100*1#')"
	mend_menu
	check reload__mended__exits_with_0 unit_reload
}

no_daemon_no_success() {
	local status=0

	kill_server
	unit_reload || status=$?
	shows reload__no_daemon__exits_with_1 1 "$status"
	lab_start_server
}

# Reloads with a new text each time, killed at a random moment: a start with a broken menu serves one of them.
killed_while_it_saves() {
	local i k said

	sed -i 's/Purse:/Purse 0:/' "$run/texts.en.cfg"
	unit_reload
	lab_wait "the copy" "$run/starhashd.log" saved_as 'Purse 0:'
	for ((i = 0; i < 8; i++)); do
		(
			for ((k = 1; k < 50; k++)); do
				sed -i "s/Purse [0-9]*:/Purse $k:/" "$run/texts.en.cfg"
				kill -HUP "$server_pid" 2>/dev/null || exit 0
				sleep 0.01
			done
		) &
		sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
		kill_server
		wait $! 2>/dev/null || true
		break_menu
		lab_start_server
		said=$(dial '*100*1#')
		check "killed__run_${i}__a_whole_menu_serves" grep -Eq '^Purse [0-9]+: \$12.50\.$' <<<"$said"
		mend_menu
	done
}

# ---- off, and no room ----

disk_refuses() {
	local folder=$run/menu-saved

	kill_server
	rm -rf "$folder"
	: >"$folder"
	lab_start_server
	lab_wait "the alarm" "$run/starhashd.log" grep -q 'ALARM menu:unsaved' "$run/starhashd.log"
	check unsaved__obstacle__dialogs_served grep -q 'Purse' <<<"$(dial '*100*1#')"
	rm "$folder"
	vty reload >/dev/null
	lab_wait "the end of the alarm" "$run/starhashd.log" grep -q 'alarm menu:unsaved cleared' "$run/starhashd.log"
	kill_server
	rm -rf "$folder"
	lab_write_config 'menu_saved = "";'
	lab_start_server
	check off__nothing_saved test ! -e "$folder"
	kill_server
	lab_write_config 'menu_saved = "elsewhere";'
	lab_start_server
	lab_wait "the copy" "$run/starhashd.log" test -d "$run/elsewhere/1"
	shows elsewhere__modes '700 700 600' "$(stat -c %a "$run/elsewhere" "$run/elsewhere/1" "$run/elsewhere/1/menu.cfg" | xargs)"
}

system_open
lab_write_config
first_start_without_copy
cat >"$run/systemd.py" <<-'END'
	import socket, sys
	listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	listener.bind(sys.argv[1])
	out = open(sys.argv[2], "a")
	while True:
	    print(listener.recv(4096).decode().replace("\n", " "), file=out, flush=True)
END
python3 "$run/systemd.py" "$run/notify" "$run/notified" &
pids+=($!) daemon_pid=$!
lab_wait "the socket" /dev/null test -S "$run/notify"
lab_start_server
lab_wait "the copy" "$run/starhashd.log" test -f "$run/menu-saved/1/menu.cfg"
start_with_broken_menu
restart
reload_ends_it
reload_of_broken_menu_fails
no_daemon_no_success
killed_while_it_saves
disk_refuses
system_end
