#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Fuzzes each target for FUZZ_SECONDS with libFuzzer and the sanitizers: "make fuzz" calls this in the source folder.
# A target is NAME, or NAME:SOURCE:SOURCE… for the sources that it needs beyond PURE_SOURCES.
# What is found new stays in $FUZZ_OUT/NAME, so the next run goes on from there; crashing inputs are named in the output.
set -eu

: "${FUZZ_SECONDS:=60}" "${FUZZ_OUT:=fuzz}" "${CLANG:=clang}"
pure=
for source in $PURE_SOURCES; do
	case $source in
	*.c) pure="$pure $source" ;;
	esac
done

for target in "$@"; do
	name=${target%%:*}
	extra=
	[ "$name" = "$target" ] || extra=$(echo "${target#*:}" | tr : ' ')
	mkdir -p "$FUZZ_OUT/$name"
	# Lists of sources and flags are meant to be split here.
	# shellcheck disable=SC2086
	$CLANG -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-Iinclude -Isrc ${CPPFLAGS:-} "tests/fuzz/fuzz_$name.c" $pure $extra ${LIBS:-} -o "$FUZZ_OUT/fuzz_$name"
	"$FUZZ_OUT/fuzz_$name" -max_total_time="$FUZZ_SECONDS" -max_len=600 -timeout=5 -print_final_stats=1 \
		-artifact_prefix="$FUZZ_OUT/$name-" "$FUZZ_OUT/$name" "tests/fuzz/corpus/$name"
done
