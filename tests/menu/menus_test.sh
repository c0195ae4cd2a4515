#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks every menu under menus/ and plays all its transcripts: test.dlg of an example, tests/*.dlg of others. Menus that
# serve texts are also played over short messages, with the same words. A transcript that is impossible by text has a line
# "# USSD only: why".
# Backends are declared in an example's starhash.cfg, or in contrib/billing/backends.cfg for the self-care menu.
set -eu

sources=$(cd "${srcdir:-.}" && pwd)
tool=$PWD/starhash-menu
cd "$sources/menus"

# play CONFIG MENU TRANSCRIPT...: CONFIG is "", or --config=FILE for the backends.
play() {
	config=$1 menu=$2
	shift 2
	"$tool" test ${config:+"$config"} "$menu" "$@"
	grep -q '{ sms = ' "$menu" || return 0
	texted=$(grep -L '^# USSD only:' "$@" || true)
	# shellcheck disable=SC2086 # names of transcripts have no blanks
	[ -z "$texted" ] || "$tool" test ${config:+"$config"} --over sms "$menu" $texted
}

# Menus that other programs dial: a benchmark or a long test should not be the first to find them broken.
"$tool" check "$sources/tests/bench/menu/menu.cfg"
"$tool" check "$sources/tests/chaos/menu/menu.cfg"

# Texts that all menus share suggest no keyword: the menu at hand may not have it.
! grep -nE '(text|send) [A-Z]{2}|发送“|أرسلوا:' common/system.*.cfg || exit 1

[ "$(find . -name menu.cfg | wc -l)" -ge 13 ] || exit 1
find . -name menu.cfg | LC_ALL=C sort | while read -r menu; do
	folder=$(dirname "$menu")
	config=
	[ ! -f "$folder/starhash.cfg" ] || config=--config=$folder/starhash.cfg
	"$tool" check ${config:+"$config"} --strict "$menu"
	# pages that fit the smallest link must fit a larger one, too
	"$tool" check ${config:+"$config"} --octets 160 "$menu" >/dev/null
	if [ -d "$folder/tests" ]; then
		play "$config" "$menu" "$folder"/tests/*.dlg
	else
		play "$config" "$menu" "$folder/test.dlg"
	fi
done

# The self-care menu with the loyalty service of the sample billing; all else is as without.
config=--config=$sources/contrib/billing/backends.cfg
"$tool" check "$config" selfcare/menu.cfg
"$tool" check "$config" --octets 160 selfcare/menu.cfg >/dev/null
play "$config" selfcare/menu.cfg selfcare/tests/backends/*.dlg
