#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Install missing packages, build with gcc, clang and sanitizers, and run all tests. The last line is the summary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=contrib/common.sh
. contrib/common.sh

if (($#)); then
	echo "Usage: contrib/check.sh: install what is missing, build with gcc, clang and sanitizers, and run all tests (half an hour)."
	exit "$([[ $1 == --help || $1 == -h ]] && echo 0 || echo 2)"
fi

passed=0
failed=0
jobs=$(nproc)

# Add up the summary that automake's "make check" left in a file; without one, the tests never ran.
count_results() {
	local kind count

	if ! grep -qs '^# TOTAL:' "$1"; then
		failed=$((failed + 1))
		return
	fi
	while read -r kind count; do
		case $kind in
		PASS) passed=$((passed + count)) ;;
		FAIL | ERROR | XPASS) failed=$((failed + count)) ;;
		esac
	done < <(sed -n 's/^# \(PASS\|FAIL\|ERROR\|XPASS\): *\([0-9]*\)$/\1 \2/p' "$1")
}

# Run one step that counts as a test.
step() {
	local name=$1 log=$2

	shift 2
	say "$name"
	if logged "$log" "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		return 1
	fi
}

# From the output of "make check", show a line for each finished test, with the number left; without a terminal, only failures.
# Usage: tests_show COUNT
tests_show() {
	local left=$1 result name

	while read -r result name; do
		case $result in
		PASS: | SKIP: | XFAIL:) left=$((left - 1)); [[ ! -t 2 ]] || say "  $result $name ($left left)" ;;
		FAIL: | ERROR: | XPASS:) left=$((left - 1)); say "  $result $name ($left left)" ;;
		esac
	done
}

# Usage: tests_run FOLDER LOG
tests_run() {
	local count

	# shellcheck disable=SC2016 # make's own variable
	count=$(make -s -C "$1" --eval 'tests-count: ; @echo $(words $(TESTS))' tests-count)
	make -C "$1" -j"$jobs" VERBOSE=1 check </dev/null 2>&1 | tee -a "$2" | tests_show "$count"
}

# Build and test in a folder. Usage: check_build NAME FOLDER ARGUMENT...
check_build() {
	local name=$1 folder=$2 log=$2/build.log

	shift 2
	if ! configure_in "$folder" "$@"; then
		failed=$((failed + 1))
		return
	fi
	step "Building with $name" "$log" make -C "$folder" -j"$jobs" all || return 0
	say "Testing with $name"
	rm -f "$folder/test-suite.log"
	tests_run "$folder" "$log" || { tail -n 60 "$log" >&2; say "All of its output is in $log"; }
	count_results "$folder/test-suite.log"
}

check_dist() {
	local folder=build-check/gcc log=build-check/dist.log

	: >"$log"
	step "Checking the release: make distcheck" "$log" make -C "$folder" -j"$jobs" distcheck \
		DISTCHECK_CONFIGURE_FLAGS=--enable-werror || return 0
	count_results "$log"
}

run_all() {
	mkdir -p build-check
	: >build-check/lint.log
	check_build "gcc and sanitizers" build-check/gcc --enable-sanitizers --enable-werror CC=gcc
	# it needs the whole machine: no test that waits for an answer may run beside it
	step "Flooding it with short messages" build-check/gcc/build.log \
		env -C build-check/gcc srcdir=../.. timeout --kill-after=10 600 ../../tests/system/flood_test.sh || true
	step "Flooding it with dials" build-check/gcc/build.log \
		env -C build-check/gcc srcdir=../.. timeout --kill-after=10 600 ../../tests/system/overload_test.sh || true
	check_build "clang and sanitizers" build-check/clang --enable-sanitizers --enable-werror CC=clang
	# cppcheck's warnings about variables in list macros are wrong, and the compilers check those variables
	step "Looking for faults: cppcheck" build-check/lint.log cppcheck -q -j"$jobs" --error-exitcode=1 --inline-suppr \
		--enable=warning,portability --suppress=unknownMacro --suppress=uninitvar --suppress=autoVariables \
		-Iinclude -Isrc src || true
	step "Looking for faults: shellcheck" build-check/lint.log shellcheck -x contrib/*.sh contrib/completion/* || true
	check_dist
}

install_missing "${build_packages[@]}" "${hlr_packages[@]}" "${check_packages[@]}"
# npm is not a separate package when it comes with a newer node
command -v npm >/dev/null || install_missing nodejs npm
run_all
echo "$passed passed, $failed failed"
((failed == 0))
