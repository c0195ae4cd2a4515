#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Fuzzes each target for FUZZ_SECONDS with libFuzzer and the sanitizers: "make fuzz" calls this in the source folder.
# A target is NAME, or NAME:SOURCE:SOURCE… for the sources that it needs beyond PURE_SOURCES. One that fails does not stop the next.
# New inputs stay in $FUZZ_OUT/NAME, where the next run continues; crashing inputs are named in the output.
# FUZZ_RUNS: this many inputs beyond the corpus instead of a time. FUZZ_FLAGS: compiler flags.
set -eu

: "${FUZZ_SECONDS:=60}" "${FUZZ_RUNS:=-1}" "${FUZZ_OUT:=fuzz}" "${CLANG:=clang}"
: "${FUZZ_FLAGS:=-O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined}"

srcdir=.
export FUZZ_OUT CLANG FUZZ_FLAGS srcdir

# Usage: compile SOURCE…; the objects go to $FUZZ_OUT/objects.
# Lists of flags are split on purpose here and below, and "$1" is the inner shell's.
# shellcheck disable=SC2016,SC2086
compile() {
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c '
		object=$FUZZ_OUT/objects/$(echo "$1" | tr / _ | sed "s/c$/o/")
		exec $CLANG -g -D_GNU_SOURCE $FUZZ_FLAGS -Iinclude -Isrc $CPPFLAGS -c "$1" -o "$object"' sh '{}'
}

objects() {
	for source in "$@"; do
		echo "$FUZZ_OUT/objects/$(echo "$source" | tr / _ | sed 's/c$/o/')"
	done
}

# Usage: fuzz NAME [SOURCE…]
# shellcheck disable=SC2086,SC2046
fuzz() {
	name=$1
	shift
	mkdir -p "$FUZZ_OUT/$name"
	compile "tests/fuzz/fuzz_$name.c" "$@" || return 1
	$CLANG $FUZZ_FLAGS -fsanitize=fuzzer $(objects "tests/fuzz/fuzz_$name.c" "$@") "$FUZZ_OUT/libpure.a" ${LIBS:-} \
		-o "$FUZZ_OUT/fuzz_$name" || return 1
	"$FUZZ_OUT/fuzz_$name" -max_total_time="$FUZZ_SECONDS" -runs="$FUZZ_RUNS" -max_len=600 -timeout=5 -print_final_stats=1 \
		-artifact_prefix="$FUZZ_OUT/$name-" "$FUZZ_OUT/$name" "tests/fuzz/corpus/$name"
}

mkdir -p "$FUZZ_OUT/objects"
# shellcheck disable=SC2086
pure=$(printf '%s\n' $PURE_SOURCES | grep '\.c$')
export CPPFLAGS="${CPPFLAGS:-}"
# shellcheck disable=SC2086
compile $pure
rm -f "$FUZZ_OUT/libpure.a"
# shellcheck disable=SC2046,SC2086
ar rc "$FUZZ_OUT/libpure.a" $(objects $pure)

failed=
for target in "$@"; do
	echo "== ${target%%:*}"
	# shellcheck disable=SC2046
	fuzz $(echo "$target" | tr : ' ') || failed="$failed ${target%%:*}"
done
[ -z "$failed" ] || { echo "fuzzing failed:$failed" >&2; exit 1; }
echo "fuzzing: $# targets came to their end"
