#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The instructions that a step of a dialog takes must not exceed instructions.bound by more than 10 %. valgrind counts them, so that the
# figure is the same on a busy machine; it cannot run a build with sanitizers, and another compiler makes other code: the test is then
# skipped. "make distcheck", a part of contrib/check.sh, has a build for which the bound holds.
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
lab_write_config "resume_s = 0;" "gsup = { address = \"$address\"; };"
check bench__dialogs_under_valgrind__are_counted "$bin/starhash-bench" --compare instructions --rounds 1 --results "$run/results" \
	--address "$address" --config "$run/starhash.cfg" --server "$bin/starhashd" --subscribers "$subscribers"
got=$(awk '$1 == "instructions" { printf "%.0f", $5 }' "$run/results")
bound=$(awk '$1 == "step" { print $2 }' "$source/$bound_file")
echo "a step takes $got instructions; the bound is $bound"
((got * 10 >= bound * 9)) || echo "Better: write $got into $bound_file, so that it stays so."
((got * 10 <= bound * 11)) || echo "See where they are spent: valgrind --tool=callgrind ./starhashd …. If they are worth it, write $got into" \
	"$bound_file, and why into the commit."
check step__instructions__at_most_a_tenth_above_the_bound test $((got * 10)) -le $((bound * 11))
system_end
