#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon on a disk that is full, read-only or corrupt, and with a clock that steps back (F16): readable data are shown with
# their age, changes that cannot be saved are refused with a text, and nothing that was promised is lost.
#
# A disk of its own needs a mount, which disappears with this test's name space however it ends. Where mounting is not permitted,
# a limit on file sizes stands in for a full disk. SQLite has no checksums: damage is whole pages here, as on real disks.
if [[ -z ${FAULTS_MOUNTS-} ]]; then
	for FAULTS_MOUNTS in --mount '--mount --map-root-user' none; do
		# shellcheck disable=SC2086 # words
		[[ $FAULTS_MOUNTS == none ]] || ! unshare $FAULTS_MOUNTS mount -t tmpfs none /mnt 2>/dev/null || break
	done
	export FAULTS_MOUNTS
	# shellcheck disable=SC2086
	[[ $FAULTS_MOUNTS == none ]] || exec unshare $FAULTS_MOUNTS "$0"
fi
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/system/billing_common.sh
. "$source/tests/system/billing_common.sh"
for program in sqlite3 python3 curl prlimit; do
	command -v "$program" >/dev/null || exit 77
done
unavailable='Sorry, the service is not available right now. Please try again later.'

# ---- the disk ----

make_disk() {
	disk=$run/disk
	mkdir "$disk"
	if [[ $FAULTS_MOUNTS != none ]]; then
		mount -t tmpfs -o size=4m none "$disk"
		trap 'umount --lazy "$disk"; lab_close' EXIT
	fi
	mv "$accounts" "$run/pepper" "$disk"
	accounts=$disk/accounts.db
}

fill_disk() {
	if [[ $FAULTS_MOUNTS == none ]]; then
		forbid_writing
	else
		cat /dev/zero >"$disk/filler" 2>/dev/null || true
	fi
}

free_disk() {
	allow_writing
	rm -f "$disk/filler"
}

# As on a disk that the kernel has remounted read-only under a running daemon: no write succeeds.
forbid_writing() {
	prlimit --pid "$server_pid" --fsize=0:
}

allow_writing() {
	prlimit --pid "$server_pid" --fsize=unlimited:
}

stop_server() {
	kill "$server_pid"
	wait "$server_pid" 2>/dev/null || true
}

is_alive() {
	kill -0 "$server_pid"
}

change_password() {
	dial "$1" "*133*246810*975318*975318#" | grep . | tail -1
}

# Usage: reads_go_on NAME
reads_go_on() {
	shows "$1__reading_continues_with_as_of" "$(old_balance "$(buyer 2)")" "$(dial_balance "$(buyer 2)")"
}

# Usage: changes_are_refused NAME
changes_are_refused() {
	local orders who
	orders=$(in_accounts 'SELECT count(*) FROM orders') who=$(buyer 3)

	shows "$1__order_refused_with_a_text" "$unavailable" "$(order_service "$who")"
	shows "$1__password_refused_with_a_text" "$unavailable" "$(change_password "$who")"
	shows "$1__language_refused_with_a_text" "$unavailable" "$(dial "$who" '*100*6*1#' 2 | grep . | tail -1)"
	shows "$1__no_order_saved" "$orders" "$(in_accounts 'SELECT count(*) FROM orders')"
	check "$1__daemon_still_runs" is_alive
}

# At once, or a little later on a busy machine. Usage: order_is_done NAME MSISDN
order_is_done() {
	check "$1__order_taken" grep -q 'is in progress\|is now active' <<<"$(order_service "$2")"
	await_order "$2" 'completed'
	shows "$1__order_done_once" "1 ordered, 1 done" "$(effects "$2")"
}

# ---- full ----

# Billing completes an order while its end cannot be stored.
full_while_an_order_is_done() {
	lab_billing_fault '{"pending_s": 600, "only": "orders", "times": 1}'
	check disk_full__F16_before__order_taken grep -q 'is in progress' <<<"$(order_service 13800138000 2)"
	lab_wait "a first answer from billing" "$run/starhashd.log" attempted
	fill_disk
	in_billing "UPDATE orders SET ready_at = 0"
	lab_wait "the order's effect" "$run/starhashd.log" effected
	shows disk_full__F16_order_done__not_stored_yet accepted "$(order_state 13800138000)"
}

attempted() {
	[[ $(in_accounts 'SELECT attempts FROM orders') -ge 1 ]]
}

effected() {
	[[ $(effects 13800138000) == "1 ordered, 1 done" ]]
}

space_again() {
	local deliveries who
	deliveries=$(in_billing 'SELECT count(*) FROM delivery') who=$(buyer 3)

	free_disk
	await_order 13800138000 'completed'
	shows disk_full__F16_space_again__billing_not_asked_again "$deliveries" "$(in_billing 'SELECT count(*) FROM delivery')"
	hurry
	hear_text 'Caller ID is now active: ¥2.00 a month. Order'
	order_is_done disk_full__F16_space_again "$who"
	shows disk_full__F16_space_again__password_changed 'Your password has been changed.' "$(change_password "$who")"
}

disk_full() {
	full_while_an_order_is_done
	reads_go_on disk_full__F16_full
	changes_are_refused disk_full__F16_full
	# with the file size limit the log cannot be written either
	[[ $FAULTS_MOUNTS == none ]] ||
		check disk_full__F16_full__alarm grep -q 'cannot change accounts: .*; free space on its disk' "$run/starhashd.log"
	space_again
}

# ---- read-only ----

read_only() {
	forbid_writing
	reads_go_on read_only__F16_all_of_a_sudden
	changes_are_refused read_only__F16_all_of_a_sudden
	allow_writing
	order_is_done read_only__F16_writable_again "$(buyer 4)"
}

# SQLite's log cannot be opened without writing.
starts_read_only() {
	stop_server
	if [[ $FAULTS_MOUNTS == none ]]; then
		echo "read_only__F16_at_the_start: skipped, nothing may be mounted here"
		return
	fi
	mount -o remount,bind,ro "$disk"
	refuses_to_start read_only__F16_at_the_start 'needs write access to the file'
	mount -o remount,bind,rw "$disk"
}

# Usage: refuses_to_start NAME WHY
refuses_to_start() {
	local status=0

	timeout 10 "$bin/starhashd" --config "$run/starhash.cfg" >"$run/refusal.log" 2>&1 || status=$?
	shows "$1__refused" 1 "$status"
	check "$1__reason_and_advice" grep -q "Account database $accounts .*$2" "$run/refusal.log"
}

# ---- the clock ----

# Timers continue, billing's updates with their right time are trusted, and fresh data stay fresh.
clock_steps_back() {
	local asked who later
	who=$(buyer 5) later=$(buyer 6)

	billing_has "$who" 9999
	lab_billing_fault '{"status": 503, "only": "orders", "times": 1}'
	check clock_back__F16_before__order_taken grep -q 'is in progress' <<<"$(order_service "$later")"
	truncate -s 3600 "$run/behind"
	shows clock_back__F16_stale_cache__updated_by_billing "Balance ¥99.99" "$(dial "$who" '*131#' | sed -n '1s/,.*//p')"
	asked=$(questions)
	check clock_back__F16_fresh_cache__its_age_is_right grep -qF "Updated $(shown_time "$who")." <(dial "$who" '*131#')
	shows clock_back__F16_fresh_cache__not_asked_again "$asked" "$(questions)"
	await_order "$later" 'completed'
	shows clock_back__F16_order_deferred__done_once "1 ordered, 1 done" "$(effects "$later")"
	check clock_back__F16_alarm grep -q "The machine's clock was set back by 3600 s" "$run/starhashd.log"
}

clock_alarm() {
	vty 'show alarm-states' | grep -q "clock:jump *$1"
}

# A60: started with a clock that is six years ahead, and right again while it runs. A time that was not accepted was not stored.
clock_is_years_ahead() {
	in_accounts "INSERT OR REPLACE INTO subscription (msisdn, service, since, state, trial_until, due)
		SELECT $(buyer 7), service, 20260101, 'trial', 20291231, 0 FROM service LIMIT 1"
	truncate -s $((6 * 365 * 86400)) "$run/ahead"
	bin=$run/bin lab_start_server
	check clock_ahead__F31_started__alarm clock_alarm RAISED
	check clock_ahead__F31_started__served grep -q 'Balance ¥' <<<"$(dial_balance "$(buyer 2)")"
	sleep 2		# housekeeping begins a second after the start
	shows clock_ahead__F31_housekeeping__trial_not_ended trial "$(in_accounts "SELECT state FROM subscription
		WHERE msisdn = $(buyer 7) AND trial_until = 20291231")"
	shows clock_ahead__F31_housekeeping__time_not_stored 1 "$(in_accounts "SELECT believed < unixepoch() + 60 FROM clock")"
	truncate -s 0 "$run/ahead"
	dial_balance "$(buyer 2)" >/dev/null
	check clock_ahead__F31_right_again__alarm_ends clock_alarm -
	truncate -s $((6 * 365 * 86400)) "$run/ahead"
	dial_balance "$(buyer 2)" >/dev/null
	check clock_ahead__F31_again__alarm clock_alarm RAISED
	check clock_ahead__F31_accepted__reported grep -q 'clock is trusted' <<<"$(vty 'clock accept')"
	check clock_ahead__F31_accepted__alarm_ends clock_alarm -
	truncate -s 0 "$run/ahead"
	stop_server
}

clock() {
	make_clock || return 0
	bin=$run/bin lab_start_server
	lab_wait "the first housekeeping" "$run/starhashd.log" housekeeping_ran
	clock_steps_back
	stop_server
	truncate -s 0 "$run/behind"
	clock_is_years_ahead
}

housekeeping_ran() {
	[[ $(in_accounts 'SELECT count(*) FROM clock') == 1 ]]
}

# ---- corrupted ----

# Usage: damage FIRST_OCTET COUNT
damage() {
	head -c "$2" /dev/zero | tr '\0' '\377' | dd of="$accounts" bs="$2" seek="$1" oflag=seek_bytes conv=notrunc status=none
}

# The page with the last subscribers.
last_page() {
	sqlite3 "$accounts" "SELECT (pageno - 1) * pgsize FROM dbstat WHERE name = 'subscriber' AND pagetype = 'leaf'
		ORDER BY path DESC LIMIT 1"
}

restore() {
	rm -f "$accounts"-wal "$accounts"-shm
	cp "$run/backup.db" "$accounts"
}

header_damaged() {
	damage 0 100
	refuses_to_start corrupted__F16_header 'not a database; run "starhash-data check" .* restore a backup'
	check corrupted__F16_header__found_by_check refused_by_check
	restore
}

refused_by_check() {
	! "$bin/starhash-data" check "$accounts" >"$run/check.out" 2>&1 && grep -q 'problem: \|accounts.db: ' "$run/check.out"
}

# Subscribers on good pages are served, the others are answered "not available". Usage: good_pages_serve NAME
good_pages_serve() {
	shows "$1__good_page_is_shown" "$(old_balance 13800138000)" "$(dial_balance 13800138000)"
	check "$1__bad_page_unavailable" grep -q "$busy" <<<"$(dial "$last" '*131#')"
	check "$1__bad_page_no_figures" test -z "$(dial "$last" '*131#' '*100#' | grep '[¥元]')"
	check "$1__bad_page_no_order" grep -q "$busy" <<<"$(dial "$last" '*100*4*2*2*1#' 1)"
	check "$1__alarm" grep -q 'accounts.db: cannot .*malformed.* restore a backup' "$run/starhashd.log"
	check "$1__daemon_still_runs" is_alive
}

pages_damaged() {
	: >"$run/starhashd.log"
	damage "$at" 4096
	lab_start_server
	good_pages_serve corrupted__F16_pages_before_start
	check corrupted__F16_pages__found_by_check refused_by_check
	stop_server
	restore
	: >"$run/starhashd.log"
	lab_start_server
	dial 13800138000 '*131#' >/dev/null
	damage "$at" 4096
	good_pages_serve corrupted__F16_pages_while_serving
	stop_server
	restore
}

profiles_remembered() {
	vty 'show links' | grep -q '[1-9][0-9]* profiles in .* read in'
}

# What was remembered before the damage is shown, with its age, and is no ground for an order.
damaged_profile_is_remembered() {
	lab_write_config
	lab_start_server
	lab_wait "the profiles" "$run/starhashd.log" profiles_remembered
	damage "$at" 4096
	check corrupted__F16_profile_remembered__shown_with_as_of grep -q "截至.*可能已过时" <<<"$(dial "$last" '*131#')"
	check corrupted__F16_profile_remembered__no_order grep -q "$busy" <<<"$(dial "$last" '*100*4*2*2*1#' 1)"
	stop_server
}

corrupted() {
	local at last busy='系统繁忙'	# without the account the language is unknown

	lab_write_config 'profiles_mb = 0;'
	age_cache
	"$bin/starhash-data" backup "$accounts" "$run/backup.db" >/dev/null
	restore
	at=$(last_page) last=$(sqlite3 "$accounts" 'SELECT max(msisdn) FROM subscriber')
	header_damaged
	pages_damaged
	damaged_profile_is_remembered
	restore
	lab_start_server
	check corrupted__backup_restored__order_taken grep -q 'Ring-back tone is now active' <<<"$(order_service 13800138000 1)"
}

system_open
make_disk
menu=$source/menus/selfcare/menu.cfg
age_cache
start_billing
lab_write_config 'deadline_ms = 950;' "$(lab_sms_config)" "$(lab_billing_config)"
lab_start_server
open_texts 13800138000
disk_full
read_only
starts_read_only
clock
corrupted
system_end
