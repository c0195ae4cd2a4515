#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Plays every transcript of every menu over both stores, answering at once and later, and once more by short message, and compares
# the phone's pages octet by octet. tests/menu/menus_test.sh checks that they are right. The databases are in memory where the
# system has a folder for that, as the disk is not tested here.
set -euo pipefail
shopt -s nullglob

sources=$(cd "${srcdir:-.}" && pwd)
tool=$PWD/starhash-menu
[[ -n ${TMPDIR:-} || ! -w /dev/shm ]] || export TMPDIR=/dev/shm
work=$(mktemp -d "${TMPDIR:-/tmp}/starhash-stores.XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
cd "$sources/menus"
least=70
played=0
config=
failed=0

# Usage: record NAME OPTION... MENU TRANSCRIPT...
record() {
	local name=$1

	shift
	"$tool" record "$@" >"$work/$name.dlg" 2>"$work/$name.err" || echo "starhash-menu record: status $?" >>"$work/$name.err"
}

# Usage: compare WAY "NAME..." MENU TRANSCRIPT...: over the stores of these names, and over the memory store answering at once.
compare() {
	local way=$1 others=$2 name pids=() pid

	shift 2
	for name in memory $others; do
		# shellcheck disable=SC2086 # one word or two
		record "$name" ${config:+"$config"} --over "$way" --store ${name/-later/ --later} "$@" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	[[ -s $work/memory.dlg ]] || failed=1
	for name in memory $others; do
		diff -u "$work/memory.dlg" "$work/$name.dlg" || failed=1
		[[ ! -s $work/$name.err ]] || { cat "$work/$name.err"; failed=1; }
	done
}

while read -r menu; do
	folder=$(dirname "$menu")
	config=
	[[ ! -f $folder/starhash.cfg ]] || config=--config=$folder/starhash.cfg
	transcripts=("$folder"/test.dl[g] "$folder"/tests/*.dlg)
	compare ussd "memory-later sqlite sqlite-later" "$menu" "${transcripts[@]}"
	played=$((played + ${#transcripts[@]}))
	grep -q '{ sms = ' "$menu" || continue
	readarray -t texted < <(grep -L '^# USSD only:' "${transcripts[@]}")
	((!${#texted[@]})) || compare sms sqlite "$menu" "${texted[@]}"
done < <(find . -name menu.cfg | LC_ALL=C sort)
echo "played: $played transcripts, over both stores in both ways"
((played >= least)) || failed=1
left=$(find "$work" -name 'starhash-menu-*')
[[ -z $left ]] || { echo "left behind: $left"; failed=1; }
exit "$failed"
