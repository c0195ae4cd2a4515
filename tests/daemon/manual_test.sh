#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash.cfg(5) matches the rows of settings, and the shipped example has only existing settings.
set -eu

page=${srcdir:-.}/src/starhash.cfg.5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

./starhashd --print-manual >"$folder/page"
if ! diff -u "$page" "$folder/page"; then
	echo "FAIL: starhashd --print-manual >src/starhash.cfg.5 brings the manual page up to date"
	exit 1
fi

# Each setting is in both.
./starhashd --print-rows | sed -n 's/^ *#*\([a-z0-9_]*\) = .*/\1/p' | sort -u >"$folder/rows"
sed -n 's/^\.B \([a-z0-9_]*\)$/\1/p' "$page" | sort -u >"$folder/manual"
grep -vxF -f "$folder/manual" "$folder/rows" | grep -vx 'gsup\|sms\|smpp_ussd\|console' && {
	echo "FAIL: settings that the manual page lacks"
	exit 1
}
[ "$(wc -l <"$folder/manual")" -gt 60 ] || { echo "FAIL: so few settings"; exit 1; }
