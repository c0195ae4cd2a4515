# shellcheck shell=sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Shared by the tests of starhash-menu, and sourced by them: a folder of their own, and the tool's exit status.

tool=$PWD/starhash-menu
work=$(mktemp -d "${TMPDIR:-/tmp}/starhash-menu-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
	echo "$1"
	cat err
	exit 1
}

# expect STATUS ARGUMENT...: run the tool.
expect() {
	wanted=$1
	shift
	status=0
	"$tool" "$@" >out 2>err || status=$?
	[ $status -eq "$wanted" ] || fail "$*: exit status $status, not $wanted"
}
