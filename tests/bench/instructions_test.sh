#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The instructions that a step of a dialog and the answer to a text take must not exceed instructions.bound by more than 10 %. valgrind
# counts them, so that the figure is the same on a busy machine; it cannot run a build with sanitizers, and another compiler makes other
# code: the test is then skipped. "make distcheck", a part of contrib/check.sh, has a build for which the bound holds.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
subscribers=1000
bound_file=tests/bench/instructions.bound

skip() {
	echo "instructions_test.sh: skipped: $*"
	exit 77
}

command -v valgrind >/dev/null || skip "valgrind is not installed"
! grep -q __asan_init "$bin/starhashd" || skip "valgrind cannot run a build with sanitizers"
grep -q 'GCC: (Debian 12\.2' "$bin/starhashd" || skip "the bound holds for gcc 12.2 of Debian 12"
sed -n 's/^CFLAGS = //p' "$bin/Makefile" | grep -qw -- -O2 || skip "the bound holds for -O2"

system_open
menu=$source/tests/bench/menu/menu.cfg
rm -f "$accounts"* "$run/pepper"
: >"$run/starhashd.log"
"$bin/starhash-data" sample "$accounts" --pepper "$run/pepper" --subscribers "$subscribers" >/dev/null 2>&1

# Usage: measure MEASURE; prints the instructions
measure() {
	"$bin/starhash-bench" --compare "$1" --rounds 1 --results "$run/results" --address "$address" --config "$run/starhash.cfg" \
		--server "$bin/starhashd" --subscribers "$subscribers" >"$run/bench.log" 2>&1 || { cat "$run/bench.log" >&2; return 1; }
	awk -v measure="$1" '$1 == measure { got = $5 } END { printf "%.0f", got }' "$run/results"
}

# On a busy machine batches are smaller, which costs more: the least of some runs counts. Usage: count WHAT MEASURE LINK, with WHAT as in
# the file of bounds
count() {
	local what=$1 runs=4 got bound

	bound=$(awk -v what="$what" '$1 == what { print $2 }' "$source/$bound_file")
	lab_write_config "resume_s = 0;" "$3"
	until got=$(measure "$2"); echo "a $what takes $got instructions; the bound is $bound"; ((got * 10 <= bound * 11 || --runs == 0)); do
		:
	done
	((got * 10 >= bound * 9)) || echo "Better: write $got into $bound_file, so that it stays so."
	((got * 10 <= bound * 11)) || echo "See where they are spent: valgrind --tool=callgrind ./starhashd …. If they are worth it, write" \
		"$got into $bound_file, and why into the commit."
	check "${what}__instructions__at_most_a_tenth_above_the_bound" test "$got" -gt 0 -a $((got * 10)) -le $((bound * 11))
}

count step instructions "gsup = { address = \"$address\"; };"
count text sms_instructions "sms = { addresses = \"$address:27750\"; numbers = \"10086\"; window = 1000; };"
system_end
