#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks every menu under menus/ and plays all its transcripts: test.dlg of an example, tests/*.dlg of others.
set -eu

sources=$(cd "${srcdir:-.}" && pwd)
tool=$PWD/starhash-menu
cd "$sources/menus"

find . -name menu.cfg | LC_ALL=C sort | while read -r menu; do
	folder=$(dirname "$menu")
	"$tool" check "$menu"
	# what fits the smallest link must do on a larger one, too
	"$tool" check --octets 160 "$menu" >/dev/null
	if [ -d "$folder/tests" ]; then
		"$tool" test "$menu" "$folder"/tests/*.dlg
	else
		"$tool" test "$menu" "$folder/test.dlg"
	fi
done
