#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon in use: dial, edit and reload, stop during a dialog, kill -9 after an order, and no password stored anywhere.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"

home='Menu
1 Balance
3 Password
4 Services
5 Chinese
6 Info
7 Form'

dial() {
	printf '%s\n' "$@" | lab_phone 13800138000 2>&1
}

# The last page, if it has one line.
dial_last() {
	dial "$@" | grep . | tail -1
}

refuses() {
	! "$@" >/dev/null 2>&1
}

dial_and_read() {
	shows daemon__dial__menu_then_balance "$home

You have \$12.50." "$(dial '*100#' 1)"
	shows daemon__path__straight_to_the_page "You have \$12.50." "$(dial '*100*1#')"
}

reload_while_talking() {
	open_phone 13800138000
	say_phone '*100#'
	hear_phone '1 Balance'
	sed -i 's/You have/Your purse holds/' "$run"/texts.*.cfg
	kill -HUP "$server_pid"
	lab_wait "the new menu" "$run/starhashd.log" grep -q 'menu generation 2' "$run/starhashd.log"
	shows daemon__F25_text_edited__next_dialog_has_it "Your purse holds \$12.50." "$(dial '*131#')"
}

# Waits for the old text, which comes although the new one is in use by then.
reload_keeps_old_tree() {
	open_phone "$(subscriber 2)"
	say_phone '*100#'
	hear_phone '1 Balance'
	sed -i 's/Your purse holds/In your pocket:/' "$run"/texts.*.cfg
	kill -HUP "$server_pid"
	lab_wait "the new menu" "$run/starhashd.log" grep -q 'menu generation 3' "$run/starhashd.log"
	say_phone 1
	hear_phone 'Your purse holds'
}

broken_edit() {
	sed -i 's/page = "bills"/page = "bils"/' "$run/menu.cfg"
	sed -i 's/{owed}/{owned}/' "$run/texts.en.cfg"
	kill -HUP "$server_pid"
	lab_wait "the refusal" "$run/starhashd.log" grep -q 'generation 3 stays in use' "$run/starhashd.log"
	check daemon__F25_broken_edit__page_named grep -q "menu.cfg:[0-9]*: there is no page 'bils'" "$run/starhashd.log"
	check daemon__F25_broken_edit__text_named grep -q "texts.en.cfg:[0-9]*: unknown placeholder 'owned'" "$run/starhashd.log"
	shows daemon__F25_broken_edit__old_tree_serves "In your pocket: \$12.50." "$(dial '*131#')"
	check daemon__broken_menu__check_refuses refuses "$bin/starhashd" --check -c "$run/starhash.cfg"
	sed -i 's/"bils"/"bills"/' "$run/menu.cfg"
	sed -i 's/{owned}/{owed}/' "$run/texts.en.cfg"
}

# Two strings side by side are one, but seldom meant to be.
warned_edit() {
	sed -i 's/In your pocket:/In your ""pocket:/' "$run"/texts.*.cfg
	kill -HUP "$server_pid"
	lab_wait "the new menu" "$run/starhashd.log" grep -q 'menu generation 4' "$run/starhashd.log"
	check daemon__menu_with_a_warning__logged grep -q 'texts.en.cfg:[0-9]*: warning: two strings ' "$run/starhashd.log"
	shows daemon__menu_with_a_warning__serves "In your pocket: \$12.50." "$(dial '*131#')"
	check daemon__menu_with_a_warning__check_accepts "$bin/starhashd" --check -c "$run/starhash.cfg"
}

order_survives_kill() {
	local opened

	opened=$(dial_last '*100*4#' 103 1)
	check daemon__S3_order__confirmed grep -q ' is open\.$' <<<"$opened"
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	lab_start_server
	shows daemon__F18_killed_after_an_order__order_is_stored 1 \
		"$(sqlite3 "$accounts" "SELECT count(*) FROM subscription WHERE msisdn = 13800138000 AND service = '${opened%% *}'")"
}

# Six digits that occur nowhere else; wrong at first, so that both code paths are run.
password_leaves_no_trace() {
	shows daemon__S4_wrong_password__refused 'Not changed.' "$(dial '*100*3*864209*975318*975318#')"
	shows daemon__S4_right_password__changed 'Changed.' "$(dial_last '*100*3#' 246810 975318 975318 )"
	shows daemon__S4_old_password__no_longer_valid 'Not changed.' "$(dial '*100*3*246810*864209*864209#')"
	shows daemon__S4_new_password__valid 'Changed.' "$(dial '*100*3*975318*246801*246801#')"
	check daemon__passwords__nowhere_on_disk test ! "$(grep -rlE '975318|864209|813579|902468' "$run" --exclude=phone.out)"
}

# With the default settings: three wrong passwords need no operator.
first_lock_ends_by_itself() {
	local number

	number=$(subscriber 4)
	for _ in 1 2 3; do
		printf '%s\n' '*100*3*135791*975318*975318#' | lab_phone "$number" >/dev/null 2>&1
	done
	shows daemon__A23_three_wrong_passwords__locked_for_five_minutes 1 \
		"$(sqlite3 "$accounts" "SELECT locked_until BETWEEN unixepoch() + 1 AND unixepoch() + 300 FROM password
			WHERE msisdn = $number")"
}

stop_while_talking() {
	open_phone "$(subscriber 3)"
	say_phone '*100#'
	hear_phone '1 Balance'
	kill -TERM "$server_pid"
	hear_phone 'Restarting.'
	wait "$server_pid" && check daemon__stopped_by_signal__exits_with_0 true
}

system_open
lab_write_config
lab_start_server
dial_and_read
reload_while_talking
reload_keeps_old_tree
broken_edit
warned_edit
order_survives_kill
password_leaves_no_trace
first_lock_ends_by_itself
stop_while_talking
system_end
