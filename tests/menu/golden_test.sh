#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The checker's findings in invalid menus: tests/menu/golden/NAME.in is a menu.cfg and, after lines "---- FILE", the files
# beside it; with a starhash.cfg, the check reads its backends. NAME.ok is the output of "starhash-menu check". If NAME.in has
# no texts.en.cfg, an empty one that includes the common system texts is used.
# "golden_test.sh --write" rewrites the .ok files: read the difference before committing it.
set -eu

sources=$(cd "${srcdir:-.}" && pwd)
tool=$PWD/starhash-menu
golden=$sources/tests/menu/golden
work=$(mktemp -d "${TMPDIR:-/tmp}/starhash-golden-XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

mkdir "$work/common"
cp "$sources"/menus/common/*.cfg "$work/common/"

unpack() {
	echo '@include "../common/system.en.cfg"' >texts.en.cfg
	awk 'BEGIN { file = "menu.cfg" } /^---- / { file = $2; printf "" >file; next } { print >file }' "$1"
}

for in in "$golden"/*.in; do
	name=$(basename "$in" .in)
	mkdir "$work/$name"
	cd "$work/$name"
	unpack "$in"
	config=
	[ ! -f starhash.cfg ] || config='--config starhash.cfg'
	# shellcheck disable=SC2086 # none, or two words
	"$tool" check $config menu.cfg 2>&1 | sed "s/fingerprint .*/fingerprint …/" >"$work/got"
	if [ "${1-}" = --write ]; then
		cp "$work/got" "$golden/$name.ok"
	elif ! diff -u "$golden/$name.ok" "$work/got"; then
		echo "$name: the messages differ"
		failed=1
	fi
done
exit $failed
