# shellcheck shell=sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Shared by the tests of starhash-data. Sourced by sh; runs in the build folder, with $srcdir from make.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
db=$folder/accounts.db
data=./starhash-data

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

# Usage: refused WORDS…; the reason must be on standard error.
refused() {
	if "$data" "$@" >"$folder/output" 2>"$folder/errors"; then
		fail "not refused: $*"
	fi
	[ -s "$folder/errors" ] || fail "refused without a word: $*"
}

# Usage: says TEXT: the last refusal contains it.
says() {
	grep -q -- "$1" "$folder/errors" || { cat "$folder/errors" >&2; fail "does not say: $1"; }
}

query() {
	sqlite3 -batch -cmd '.timeout 5000' "$db" "$1"
}

# Usage: is WHAT EXPECTED QUERY
is() {
	got=$(query "$3")
	[ "$got" = "$2" ] || fail "$1: '$got' instead of '$2'"
}

# Append the end mark to a file of lines.
mark() {
	sed -i '/^# end /d' "$1"
	echo "# end $(grep -c . "$1")" >>"$1"
}
