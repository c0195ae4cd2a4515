# shellcheck shell=bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Shared by the tests of the whole daemon: a lab with the fixture menu and fresh sample accounts, and expectations. Sourced by bash;
# runs in the build folder, with $srcdir from make.
set -euo pipefail
source=$(cd "${srcdir:-.}" && pwd)
# shellcheck source=contrib/lab.sh
. "$source/contrib/lab.sh"
bin=$PWD
failed=0

system_open() {
	lab_open
	trap lab_close EXIT
	cp "$source"/tests/engine/fixture/*.cfg "$run"
	chmod u+w "$run"/*.cfg
	menu=$run/menu.cfg
	accounts=$run/accounts.db
	"$bin/starhash-data" sample "$accounts" --pepper "$run/pepper" --as-of 2026-11-15T08:50:00Z >/dev/null 2>&1
}

# Usage: check NAME COMMAND...
check() {
	local name=$1

	shift
	if "$@"; then
		echo "$name: fine"
	else
		echo "$name: FAILED ($*)"
		failed=$((failed + 1))
	fi
}

# Usage: shows NAME EXPECTED GOT
shows() {
	[[ $3 == "$2" ]] || printf 'expected:\n%s\ngot:\n%s\n' "$2" "$3"
	check "$1" test "$3" == "$2"
}

# A phone that stays in its dialog: type with "say_phone TEXT", wait for a shown text with "hear_phone TEXT".
open_phone() {
	[[ -z ${phone-} ]] || exec {phone}>&-
	rm -f "$run/phone.in"
	: >"$run/phone.out"	# the previous phone's output must not be found again
	mkfifo "$run/phone.in"
	lab_phone "$1" <"$run/phone.in" >"$run/phone.out" 2>&1 &
	pids+=($!)
	exec {phone}>"$run/phone.in"
}

say_phone() {
	echo "$1" >&"$phone"
}

hear_phone() {
	lab_wait "the page '$1'" "$run/phone.out" grep -qF "$1" "$run/phone.out"
}

# One VTY command; prints its output.
vty() {
	"$bin/starhash-vty" --socket "$run/vty" --enable "$1" || true
}

# The number of the Nth prepaid and active sample subscriber who reads English.
subscriber() {
	sqlite3 "$accounts" "SELECT msisdn FROM subscriber WHERE account = 'prepaid' AND language = 'en' AND status = 'active'
		ORDER BY msisdn LIMIT 1 OFFSET $(($1 - 1))"
}

# Makes $run/bin/starhashd and $run/bin/starhash-data, which have a clock that is behind by as many seconds as $run/behind has octets, and
# ahead by those of $run/ahead.
make_clock() {
	local compiler sanitizer program

	read -ra compiler <<<"${CC:-cc}"
	"${compiler[@]}" -shared -fPIC -o "$run/clock_shim.so" "$source/tests/system/clock_shim.c" || return
	sanitizer=$(ldd "$bin/starhashd" | grep -o '/[^ ]*libasan[^ ]*' || true)	# must be first
	: >"$run/behind"
	: >"$run/ahead"
	mkdir "$run/bin"
	for program in starhashd starhash-data; do
		cat >"$run/bin/$program" <<-END
		#!/bin/sh
		exec env CLOCK_BEHIND="$run/behind" CLOCK_AHEAD="$run/ahead" LD_PRELOAD="$sanitizer $run/clock_shim.so" "$bin/$program" "\$@"
		END
		chmod +x "$run/bin/$program"
	done
}

# Six digits that no subscriber may have as a password, or that are often found by chance: repeated, in sequence, or the start of numbers.
easy_to_guess() {
	local easy='(.)\1|(..)\2\2|(...)\3|01|12|23|34|45|56|67|78|89|98|87|76|65|54|43|32|21|10|^138'	# quoted: else bash takes \1 for 1

	[[ $1 =~ $easy ]]
}

system_end() {
	((failed == 0)) || cat "$run/starhashd.log"
	exit "$((failed > 0))"
}
