#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F24, O3: passwords right, wrong, weak, mistyped, abandoned and typed where none was asked for, on the console, by short message
# and, if installed, through OsmoHLR, while everything is logged; then a search for each of them in all files and in the memory
# of the daemon. The same search must find other values that are there.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null && command -v perl >/dev/null || exit 77
secrets=()
# the typed secrets: filled by "secret"
first='' second='' third='' fourth='' fifth='' fresh='' wrong='' mistyped='' abandoned='' misplaced='' long=''

# Usage: is_time DIGITS: whether a log line of the next minutes may have them in its time, YYYYMMDDhhmmss and milliseconds, or reversed
is_time() {
	local digits=$1 reversed minutes len time

	reversed=$(rev <<<"$digits")
	for minutes in 0 1 2 3 4; do
		time=$(date -u -d "$minutes minutes" +%Y%m%d%H%M)
		[[ $time != *$digits* && $time != *$reversed* ]] || return 0
		for len in 1 2 3 4 5; do
			[[ $digits != "${time: -len}"* && $reversed != "${time: -len}"* ]] || return 0
		done
	done
	return 1
}

# Usage: secret NAME: six digits, in a variable of that name.
secret() {
	local digits

	until printf -v digits %06d $((SRANDOM % 1000000)) && ! easy_to_guess "$digits" && [[ "${secrets[*]-}" != *$digits* ]] &&
		! grep -qrF "$digits" "$source/tests/engine/fixture" && ! is_time "$digits"; do :; done
	printf -v "$1" %s "$digits"
	secrets+=("$digits")
}

# Secrets that are in no file and nowhere in the memory of the server before anyone has typed them: libraries have tables of digits, a
# database has numbers.
draw_secrets() {
	local places=("$run") name

	((EUID != 0)) || places+=("$server_pid")
	until secrets=() && for name in first second third fourth fifth fresh wrong mistyped abandoned misplaced long; do
		secret $name
	done && find_words "${places[@]}" -- "${secrets[@]}" >/dev/null; do :; done
}

find_words() {
	perl "$source/tests/system/secrets.pl" "$@"
}

# Usage: finds HOW OCTETS, as printf writes them
finds() {
	printf '%b' "$2" >"$run/found"
	check "searcher__${1}__found" test -n "$(find_words "$run/found" -- 246810 || true)"
	rm "$run/found"
}

searcher_finds_what_is_there() {
	finds in_clear 'xx246810'
	finds reversed '018642'
	finds ucs2 '\x002\x004\x006\x008\x001\x000'
	finds septets '\x32\x9a\x0d\x17\x83\x01'
	finds septets_behind_one '\x31\x19\xcd\x86\x8b\xc1\x00'
	printf 'x 246810,' >"$run/found"
	check searcher__number_alone__found test -n "$(find_words --alone "$run/found" -- 246810 || true)"
	printf '1246810 246810f' >"$run/found"
	check searcher__part_of_another_number__not_found find_words --alone "$run/found" -- 246810
	printf 'xxx246811' >"$run/found"
	check searcher__something_else__not_found find_words "$run/found" -- 246810
	rm "$run/found"
}

# The most verbose logging that an engineer can switch on.
log_everything() {
	mkfifo "$run/debug.in"
	"$bin/starhash-vty" --socket "$run/vty" <"$run/debug.in" >"$run/debug.log" &
	pids+=($!)
	exec {debug}>"$run/debug.in"
	printf '%s\r\n' enable 'logging enable' 'logging filter all 1' 'logging level set-all debug' >&"$debug"
	lab_wait "the log of everything" "$run/starhashd.log" grep -q 'set-all debug' "$run/debug.log"
}

dial() {
	printf '%s\n' "$@" | lab_phone "$msisdn" 2>&1 | grep . | tail -1
}

text() {
	printf '%s\n' "$@" | lab_sms_phone "$msisdn" 2>&1 | grep . | tail -1
}

dial_through_hlr() {
	printf '%s\n' "$@" | lab_hlr_phone "$msisdn" 2>&1 | grep . | tail -1
}

hang_up_in_the_middle() {
	open_phone "$msisdn"
	say_phone '*100*3#'
	hear_phone 'Old?'
	say_phone "$1"
	hear_phone 'New?'
	say_phone "$2"
	hear_phone 'Again?'
	exec {phone}>&-
	unset phone
	wait "${pids[-1]}" || true
}

change_on_the_console() {
	shows secrets__console__changed 'Changed.' "$(dial '*100*3#' 246810 "$first" "$first")"
	shows secrets__console_path__wrong 'Not changed.' "$(dial "*100*3*$wrong*$fresh*$fresh#")"
	shows secrets__console_path__changed 'Changed.' "$(dial "*100*3*$first*$second*$second#")"
	shows secrets__console__weak 'Not changed.' "$(dial '*100*3#' "$second" "${second:0:3}${second:0:3}" "${second:0:3}${second:0:3}")"
	dial '*100*3#' "$mistyped" "$fresh" "$second" >/dev/null
	hang_up_in_the_middle "$abandoned" "$fresh"
}

change_by_text() {
	shows secrets__sms__changed 'Changed.' "$(text "XGMM $second $third $third")"
	shows secrets__sms__wrong 'Not changed.' "$(text "mmxg $wrong $fresh $fresh")"
	shows secrets__sms_in_parts__wrong 'Not changed.' "$(text "XGMM $long $fresh $fresh $(printf 'please %.0s' {1..40})")"
	shows secrets__sms_questions__changed 'Changed.' "$(text XGMM "$third" "$fourth" "$fourth")"
	text "XGMM $abandoned" >/dev/null
}

change_through_hlr() {
	shows secrets__gsup__changed 'Changed.' "$(dial_through_hlr '*100*3#' "$fourth" "$fifth" "$fifth")"
	shows secrets__gsup_path__wrong 'Not changed.' "$(dial_through_hlr "*100*3*$wrong*$fresh*$fresh#")"
	dial_through_hlr '*100#' "$misplaced" >/dev/null
}

type_at_the_wrong_place() {
	dial '*100#' "$misplaced" 1 >/dev/null
	dial "*100*$misplaced#" "$misplaced" "$misplaced" >/dev/null
	dial "$misplaced" >/dev/null
	dial "*$misplaced#" >/dev/null
	text "$misplaced" "PIN $misplaced" "密码 $misplaced" >/dev/null
	text YE "我的密码是$misplaced。" >/dev/null
	text FORM "$misplaced" >/dev/null
}

system_open
searcher_finds_what_is_there
hlr=$(command -v osmo-hlr || true)
lab_write_config "$(lab_sms_config)" ${hlr:+"gsup = { address = \"$address\"; };"}
msisdn=$(subscriber 1)
[[ -z $hlr ]] || lab_start_hlr
lab_start_server
log_everything
draw_secrets
change_on_the_console
change_by_text
if [[ -n $hlr ]]; then
	lab_wait "the link" "$run/starhashd.log" lab_attached
	change_through_hlr
fi
type_at_the_wrong_place
# an open dialog with an answer that is not secret
open_phone "$(subscriber 2)"
say_phone '*100*7#'
hear_phone 'Sum?'
say_phone 12
hear_phone 'Day?'
say_phone 24.12.2099
hear_phone 'Whom?'
say_phone 13755667788
hear_phone 'Code?'
check secrets__files__F24_none_found find_words "$run" -- "${secrets[@]}"
check secrets__debug_log__has_lines test "$(wc -l <"$run/debug.log")" -gt 10
if ((EUID == 0)); then
	check secrets__memory__F24_none_found find_words "$server_pid" -- "${secrets[@]}"
	check secrets__memory__answer_that_is_not_secret_found test -n "$(find_words "$server_pid" -- 13755667788 || true)"
else
	echo "secrets__memory: not searched, only root may"
fi
system_end
