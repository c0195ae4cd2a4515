#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks every menu under menus/ and plays all its transcripts: test.dlg of an example, tests/*.dlg of others. Menus that
# serve texts are also played over short messages, with the same words. A transcript that is impossible by text has a line
# "# USSD only: why".
set -eu

sources=$(cd "${srcdir:-.}" && pwd)
tool=$PWD/starhash-menu
cd "$sources/menus"

play() {
	menu=$1
	shift
	"$tool" test "$menu" "$@"
	grep -q '{ sms = ' "$menu" || return 0
	texted=$(grep -L '^# USSD only:' "$@" || true)
	# shellcheck disable=SC2086 # names of transcripts have no blanks
	[ -z "$texted" ] || "$tool" test --over sms "$menu" $texted
}

# Menus that other programs dial: a benchmark or a long test should not be the first to find them broken.
"$tool" check "$sources/tests/bench/menu/menu.cfg"
"$tool" check "$sources/tests/chaos/menu/menu.cfg"

[ "$(find . -name menu.cfg | wc -l)" -ge 13 ] || exit 1
find . -name menu.cfg | LC_ALL=C sort | while read -r menu; do
	folder=$(dirname "$menu")
	"$tool" check --strict "$menu"
	# pages that fit the smallest link must fit a larger one, too
	"$tool" check --octets 160 "$menu" >/dev/null
	if [ -d "$folder/tests" ]; then
		play "$menu" "$folder"/tests/*.dlg
	else
		play "$menu" "$folder/test.dlg"
	fi
done
