#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A70: "make fuzz" completes each of its targets. Without sanitizers, and with a few inputs each, to be quick:
# tests/fuzz/replay_* try many more.
set -eu

command -v clang >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
	echo "FAIL: $*" >&2
	cat "$folder/log" >&2
	exit 1
}

# Usage: fuzz [VARIABLE=VALUE…]
fuzz() {
	make -s fuzz FUZZ_OUT="$folder/out" FUZZ_RUNS=50 FUZZ_SECONDS=10 FUZZ_FLAGS="-O0 -fsanitize=fuzzer-no-link" "$@" >"$folder/log" 2>&1
}

fuzz || fail "make fuzz"
begun=$(grep -c '^== ' "$folder/log")
corpora=$(find "${srcdir:-.}/tests/fuzz/corpus" -mindepth 1 -maxdepth 1 -type d | wc -l)
[ "$begun" = "$corpora" ] || fail "$begun targets, and $corpora folders of inputs"
grep -q "^fuzzing: $begun targets came to their end$" "$folder/log" || fail "not all came to their end"

# A target that does not compile is reported and does not stop the others.
if fuzz FUZZ_TARGETS="record absent anchor:src/consent/anchor.c:src/consent/seal.c"; then
	fail "a target that is not there was not noticed"
fi
grep -q '^== anchor$' "$folder/log" || fail "it stopped the next one"
grep -q '^fuzzing failed: absent$' "$folder/log" || fail "it was not named"
