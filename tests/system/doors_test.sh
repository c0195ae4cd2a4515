#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon's VTY, secrets, user, systemd, and an unread log, as an operator uses them. A27 to A33, A38, A41.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null && command -v python3 >/dev/null || exit 77

dial() {
	printf '%s\n' "$@" | lab_phone 13800138000 2>&1 | grep . | tail -1
}

# Prints the output of --check. Usage: checked [SETTING...]
checked() {
	lab_write_config "$@"
	"$bin/starhashd" --check -c "$run/starhash.cfg" 2>&1
}

# Usage: says NAME WORDS [SETTING...]
says() {
	local name=$1 words=$2

	shift 2
	check "$name" grep -qF "$words" <<<"$(checked "$@")"
}

stop_server() {
	kill -TERM "$server_pid" 2>/dev/null || true
	wait "$server_pid" 2>/dev/null || true
}

# ---- --check ----

# Usage: names_line NAME WORDS SETTING: --check says these words, with the setting's line.
names_line() {
	local line

	says "check__$1__named" "$2" "$3"
	line=$(grep -n "^${3%% *}" "$run/starhash.cfg" | cut -d : -f 1)
	check "check__$1__its_line" grep -q "starhash.cfg:$line: " <<<"$(checked "$3")"
}

# Usage: door_of RIGHT
door_of() {
	echo "door = { socket = \"s\"; clients = { name = \"a\"; token_file = \"client.token\"; may = [ \"$1\" ]; }; };"
}

check_speaks_of_clients() {
	local right

	(umask 077 && echo a-token-0123456789 >"$run/client.token")
	for right in orders codes push; do
		says "check__${right}_without_sms__warns" "client \"a\" may ask for messages to subscribers, but there is no link" "$(door_of $right)"
		check "check__${right}_without_sms__not_an_error" "$bin/starhashd" --check -c "$run/starhash.cfg"
		check "check__${right}_with_sms__silent" silent_but_for_warnings "$(door_of $right)" 'sms = { numbers = "1"; };'
	done
	check check__events_without_sms__silent silent_but_for_warnings "$(door_of events)"
	says check__duty_without_sms__warns "nobody on duty is texted: there is no link" 'duty = { numbers = "8613800138000"; };'
	check check__duty_with_sms__silent silent_but_for_warnings 'duty = { numbers = "8613800138000"; };' 'sms = { numbers = "1"; };'
	finds_file same_tokens 'clients "a" and "b" have the same token' "door = { socket = \"s\"; clients = ( $(printf \
		'{ name = "%s"; token_file = "client.token"; may = [ "push" ]; }%s' a , b '') ); };"
	rm "$run/client.token"
}

# The start and --check have the same rules: each of these is reported by both, before any socket opens.
# Usage: refuses_setting NAME WORDS SETTING
refuses_setting() {
	names_line "$@"
	check "start__$1__refused" test "$(timeout 20 "$bin/starhashd" -c "$run/starhash.cfg" >/dev/null 2>&1; echo $?)" = 1
}

# Usage: finds_file NAME WORDS SETTING
finds_file() {
	names_line "$@"
	check "check__$1__fails" test "$("$bin/starhashd" --check -c "$run/starhash.cfg" >/dev/null 2>&1; echo $?)" = 1
}

check_reads_what_modules_parse() {
	refuses_setting retention 'retention must be a list' 'retention = "orders many";'
	refuses_setting password_delays 'password_delays must be up to 16 numbers' 'password_delays = "300 soon";'
	refuses_setting password_hashes 'unknown password hash type "md5"' 'password_hashes = "bcrypt md5";'
	refuses_setting door 'the door needs a "socket" or an "address"' 'door = { rate = 1; };'
	refuses_setting vty_address 'but must be numeric' 'vty_address = "localhost";'
	refuses_setting same_names 'two links are called "sms"' 'sms = ( { numbers = "1"; }, { numbers = "2"; } );'
	refuses_setting same_name_of_another_kind 'two links are called "console"' 'sms = { name = "console"; numbers = "1"; };'
	finds_file spool_folder 'No such file' 'spool_folder = "nowhere";'
	finds_file spool_file 'Not a directory' 'spool_folder = "starhash.cfg";'
	finds_file tls_ca_missing 'No such file' 'sms = { numbers = "1"; tls_ca = "nowhere.pem"; };'
	finds_file tls_ca_no_certificate 'there is no certificate in it' 'smpp_ussd = { tls_ca = "starhash.cfg"; };'
	finds_file ca_file_of_billing 'there is no certificate in it' 'billing = { url = "https://127.0.0.1"; ca_file = "starhash.cfg"; };'
	head -c 33 /dev/zero >"$run/short.key"
	chmod 600 "$run/short.key"
	finds_file consent_key 'not a file of 1 to 64 keys' 'consent_key = "short.key";'
	head -c 7 /dev/zero >"$run/short.key"
	finds_file journal_key 'too short for a key' 'journal = { file = "j"; key_file = "short.key"; };'
	echo sesame >"$run/short.key"
	finds_file door_token 'the token is shorter' 'door = { socket = "s"; clients = { name = "a"; token_file = "short.key"; may = [ "push" ]; }; };'
	finds_file vty_password 'the password is too short' 'vty_password_file = "short.key";'
	rm "$run/short.key"
}

# Usage: silent_but_for_warnings SETTING...: the fixture's menu has some.
silent_but_for_warnings() {
	! checked "$@" | grep -v ': warning: \|^[0-9]* warnings in'
}

# Its files are not here, but nothing else may be wrong with it.
example_of_the_manual_is_right() {
	local example

	example=$(sed -n '/^    door = {/,/^    };/p' "$source/src/starhashd.8")
	check check__door_of_the_manual__found test "$(grep -c name <<<"$example")" = 3
	check check__door_of_the_manual__only_files_missing test \
		"$(checked "$example" 'sms = { numbers = "1"; };' | grep 'starhash.cfg:' | grep -v ': warning: \|No such file')" = ""
}

check_speaks_of_files() {
	check check__all_well__silent_A38 silent_but_for_warnings
	says check__secret_missing__found_A38 'No such file' 'sms = { numbers = "1"; password_file = "smsc.password"; };'
	echo sesame >"$run/smsc.password"
	chmod 644 "$run/smsc.password"
	says check__secret_0644__found_A38 'chmod it to 0600' 'sms = { numbers = "1"; password_file = "smsc.password"; };'
	says check__key_0644__found_A38 'chmod it to 0600' \
		'sms = { numbers = "1"; tls_ca = "x"; tls_cert = "x"; tls_key = "smsc.password"; };'
	chmod 600 "$run/smsc.password"
	check check__secret_0600__silent_A38 silent_but_for_warnings 'sms = { numbers = "1"; password_file = "smsc.password"; };'
	check_reads_what_modules_parse
	check_speaks_of_clients
	example_of_the_manual_is_right
	says check__vty_over_tcp__warns_A27 'warning: ' "vty_address = \"$address\";"
	check check__vty_over_tcp__not_an_error_A27 "$bin/starhashd" --check -c "$run/starhash.cfg"
	mv "$accounts" "$accounts.away"
	says check__no_database__found_A38 'there is no account database'
	mv "$accounts.away" "$accounts"
}

# ---- the VTY ----

nobody_listens() {
	! { : <>"/dev/tcp/$address/4290"; } 2>/dev/null
}

vty_run() {
	"$bin/starhash-vty" -s "$run/vty" "$@"
}

barring_by_vty() {
	local tomorrow

	tomorrow=$(date -d tomorrow +%Y-%m-%d)
	check vty__bar_without_enable__fails test "$(vty_run 'bar 8690* reason x' >/dev/null; echo $?)" = 1
	check vty__bar__barred vty_run -e 'bar 8690* reason many calls' 'bar 13800138001 for 2 reason test' "bar 13800138002 until $tomorrow reason test"
	check vty__barred__with_reason grep -q '8690\*  *[-0-9: ]* until ended by hand, by vty uid [0-9]* pid [0-9]*: many calls' <<<"$(vty_run -e 'show barred')"
	check vty__barred_until__that_day grep -q "13800138002  *[-0-9: ]* until $tomorrow 00:00, by vty uid [0-9]* pid [0-9]*: test" <<<"$(vty_run -e 'show barred')"
	check vty__bar__in_the_audit_file grep -q "vty uid $(id -u) pid [0-9]*: bar 13800138001 for 2 reason test" "$run/audit"
	check vty__bar__seen_by_the_tool lab_wait "the bar" "$run/starhashd.log" grep_barred 'many calls'
	check vty__unbar__served vty_run -e 'unbar 8690*' 'unbar 13800138001' 'unbar 13800138002'
	check vty__unbarred__nobody grep -q ' 0 of 10000' <<<"$(vty_run -e 'show barred')"
	check vty__unbar_again__says_so grep -q '^% 8690\* is not barred$' <<<"$(vty_run -e 'unbar 8690*')"
	check tool__bar__done "$bin/starhash-data" bar "$accounts" '8691*' "many calls"
	check tool__bar__in_the_daemons_log lab_wait "the bar" "$run/starhashd.log" grep -q "audit: starhash-data, $(id -un): bar 86" "$run/starhashd.log"
	check vty__unbar_of_the_tools__served vty_run -e 'unbar 8691*'
	check vty__bar_of_a_name__refused test "$(vty_run -e 'bar x reason y' >/dev/null; echo $?)" = 1
	check vty__bar_until_yesterday__refused test "$(vty_run -e 'bar 5 until 2001-01-01 reason y' >/dev/null; echo $?)" = 1
}

grep_barred() {
	"$bin/starhash-data" barred "$accounts" | grep -q "$1"
}

vty_is_private() {
	shows vty__socket__mode_0600_A27 600 "$(stat -c %a "$run/vty")"
	check vty__no_address__no_listener_on_4290_A27 nobody_listens
	check vty__show__without_enable_A29 grep -q 'console console' <<<"$("$bin/starhash-vty" -s "$run/vty" 'show links')"
	check vty__change_without_enable__fails_A29 test "$("$bin/starhash-vty" -s "$run/vty" reload >/dev/null; echo $?)" = 1
	check vty__reload__well_A29 "$bin/starhash-vty" -s "$run/vty" -e reload
	sed -i 's/page = "bills"/page = "bils"/' "$run/menu.cfg"
	check vty__reload_of_a_broken_menu__fails_A33 test "$("$bin/starhash-vty" -s "$run/vty" -e reload >/dev/null; echo $?)" = 1
	sed -i 's/page = "bils"/page = "bills"/' "$run/menu.cfg"
	check vty__reload__in_the_audit_file_A29 grep -q "vty uid $(id -u) pid [0-9]*: reload" "$run/audit"
	check vty__reload__in_the_log_A29 grep -q "audit: vty uid $(id -u) pid [0-9]*: reload" "$run/starhashd.log"
	barring_by_vty
	check vty__load__tells_queues grep -q 'console: 0 of [0-9]* dialogs, 0 of 10000 dials waiting' \
		<<<"$("$bin/starhash-vty" -s "$run/vty" 'show load')"
	shows vty__terminal__telnet_commands_removed 'starhashd 0.1.0' \
		"$(printf 'show version\r\nexit\r\n' | "$bin/starhash-vty" -s "$run/vty" | tr -d '\r' | grep '^starhashd')"
}

# ---- the user ----

root_gives_up_its_rights() {
	local uid

	((EUID == 0)) || { echo "user: only root can give up its rights: skipped"; return 0; }
	lab_write_config
	sed -i '/^user = /d' "$run/starhash.cfg"
	if ! getent passwd starhash >/dev/null; then
		check user__root_without_the_user__refuses_A32 \
			test "$(timeout 20 "$bin/starhashd" -c "$run/starhash.cfg" 2>"$run/refused"; echo $?)" = 1
		check user__root_without_the_user__gives_reason_A32 grep -q 'started by root, but the user starhash does not exist' "$run/refused"
	fi
	uid=$(id -u nobody)
	chmod 755 "$run"
	mkdir -m 700 "$run/nobody"
	cp "$accounts" "$run/nobody/accounts.db"
	echo sesame >"$run/nobody/smsc.password"
	chmod 600 "$run/nobody"/*
	cat >"$run/nobody.cfg" <<-END
	menu = "$menu";
	accounts = "$run/nobody/accounts.db";
	vty_socket = "$run/nobody/vty";
	user = "nobody";
	console = { socket = "$run/nobody/console"; };
	sms = { addresses = "$address:2775"; numbers = "1"; password_file = "nobody/smsc.password"; };
	END
	check check__secret_of_root__not_for_the_user_A38 \
		grep -q "smsc.password belongs to user 0, and the daemon's user $uid cannot read it" \
		<<<"$("$bin/starhashd" --check -c "$run/nobody.cfg" 2>&1)"
	check check__database_of_root__not_for_the_user_A38 grep -q "the daemon's user $uid cannot write it" \
		<<<"$("$bin/starhashd" --check -c "$run/nobody.cfg" 2>&1)"
	chown -R nobody "$run/nobody"
	check check__all_of_the_user__silent_A38 "$bin/starhashd" --check -c "$run/nobody.cfg"
	"$bin/starhashd" -c "$run/nobody.cfg" >>"$run/nobody.log" 2>&1 &
	pids+=($!)
	server_pid=$! daemon_pid=$!
	lab_wait "the daemon as nobody" "$run/nobody.log" test -S "$run/nobody/console"
	shows user__root__became_nobody_permanently_A32 "Uid:	$uid	$uid	$uid	$uid" "$(grep ^Uid: "/proc/$server_pid/status")"
	shows user__root__has_no_capability_A32 'CapEff:	0000000000000000' "$(grep ^CapEff: "/proc/$server_pid/status")"
	shows user__socket__is_nobodys_A32 nobody "$(stat -c %U "$run/nobody/vty")"
	stop_server
}

# As under the shipped unit: root's files are unreadable, and the daemon owns systemd's copies.
credentials_are_readable() {
	local as_nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

	if ! "${as_nobody[@]}" test -x "$bin/starhashd" 2>/dev/null; then
		echo "credentials: only root can try, where nobody can run the program: skipped"
		return 0
	fi
	mkdir -m 700 "$run/secrets" "$run/credentials"
	echo sesame | tee "$run/secrets/smsc.password" >"$run/credentials/secret_smsc.password"
	chmod 600 "$run/secrets/smsc.password"
	chmod 400 "$run/credentials/secret_smsc.password"
	chown -R nobody "$run/credentials"
	sed -i 's|password_file = "[^"]*"|password_file = "secrets/smsc.password"|' "$run/nobody.cfg"
	check secret__roots_file__is_not_readable_A31 grep -q 'Permission denied' \
		<<<"$("${as_nobody[@]}" "$bin/starhashd" --check -c "$run/nobody.cfg" 2>&1)"
	sed -i 's|password_file = "[^"]*"|password_file = "credential:smsc.password"|' "$run/nobody.cfg"
	check secret__credential__is_readable_A31 env CREDENTIALS_DIRECTORY="$run/credentials" "${as_nobody[@]}" \
		"$bin/starhashd" --check -c "$run/nobody.cfg"
}

# ---- systemd ----

unit_is_right() {
	local unit=$source/contrib/starhashd.service line said

	for line in Type=notify 'WatchdogSec=[0-9]' 'StartLimitIntervalSec=[0-9]' 'StartLimitBurst=[0-9]' 'MemoryMax=[0-9]' \
		'TasksMax=[0-9]' \
		LoadCredential=secret:/etc/starhash/secrets; do
		check "unit__${line%%=*}__is_there_A33" grep -q "^$line" "$unit"
	done
	command -v systemd-analyze >/dev/null || { echo "unit: no systemd-analyze: skipped"; return 0; }
	mkdir -p "$run/unit"
	# the programs are not installed here, nor is network.target in a container
	sed -E "s|/usr/s?bin/(starhash[a-z-]*)|$bin/\\1|" "$unit" >"$run/unit/starhashd.service"
	said=$(systemd-analyze verify --man=no "$run/unit/starhashd.service" 2>&1 | grep starhashd.service || true)
	shows unit__systemd_analyze__no_findings_A33 '' "$said"
	check unit__exposure__at_most_two_of_ten_A33 systemd-analyze security --offline=yes --no-pager --threshold=20 "$unit" >/dev/null
}

systemd_is_notified() {
	cat >"$run/systemd.py" <<-'END'
	import socket, sys
	listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	listener.bind(sys.argv[1])
	print("listening", flush=True)
	while True:
	    print(listener.recv(4096).decode().replace("\n", " "), flush=True)
	END
	python3 "$run/systemd.py" "$run/notify" >"$run/notified" &
	pids+=($!)
	daemon_pid=$!
	lab_wait "the socket" "$run/notified" grep -q listening "$run/notified"
	lab_write_config "audit_file = \"$run/audit\";"
	NOTIFY_SOCKET=$run/notify WATCHDOG_USEC=200000 lab_start_server
	lab_wait "READY" "$run/starhashd.log" grep -q '^READY=1 STATUS=serving 1 links' "$run/notified"
	lab_wait "WATCHDOG" "$run/starhashd.log" grep -q '^WATCHDOG=1$' "$run/notified"
	kill -HUP "$server_pid"
	lab_wait "READY again" "$run/starhashd.log" grep -q '^STATUS=serving the reloaded menu' "$run/notified"
	check systemd__reload__announced_first_A33 grep -q '^RELOADING=1 MONOTONIC_USEC=[0-9]' "$run/notified"
	vty_is_private
	stop_server
	check systemd__stop__announced_A33 grep -q '^STOPPING=1' "$run/notified"
}

# ---- an unread log ----

log_that_nobody_reads() {
	local reader i

	rm -f "$run/console" "$run/stuck"
	mkfifo "$run/stuck"
	exec {reader}<>"$run/stuck"
	"$bin/starhashd" -c "$run/starhash.cfg" >"$run/stuck" 2>&1 &
	pids+=($!)
	server_pid=$! daemon_pid=$!
	lab_wait starhashd /dev/null test -S "$run/vty"
	for ((i = 0; i < 1000; i++)); do echo reload; done >"$run/reloads"
	sed -i 's/page = "bills"/page = "bils"/' "$run/menu.cfg"
	{ echo enable; cat "$run/reloads"; echo exit; } | timeout 60 "$bin/starhash-vty" -s "$run/vty" >"$run/reloaded"
	check log__written__more_than_a_pipe_holds_A41 test "$(grep -c 'not reloaded' "$run/reloaded")" -gt 700
	shows log__nobody_reads_it__dialog_answered_A41 "You have \$12.50." "$(dial '*100*1#')"
	sed -i 's/page = "bils"/page = "bills"/' "$run/menu.cfg"
	stop_server
	exec {reader}<&-
}

system_open
check_speaks_of_files
unit_is_right
systemd_is_notified
log_that_nobody_reads
root_gives_up_its_rights
credentials_are_readable
system_end
