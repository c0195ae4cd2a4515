#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# "make install" makes the configuration and the menus that an engineer edits once, and never overwrites them; "make uninstall" removes
# all but edited ones. Runs in the build folder.
set -euo pipefail
unset MAKEFLAGS MFLAGS MAKELEVEL
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

fail() {
	echo "FAIL: $*"
	exit 1
}

made() {
	make -s "$@" DESTDIR="$root" 2>&1
}

# shellcheck disable=SC2016 # make's own variables
read -r conf data programs < <(make -s --eval 'folders: ; @echo $(sysconfdir)/starhash $(pkgdatadir) $(bindir) $(sbindir)' folders)
live=$root$conf pristine=$root$data

# Only data are installed here; "make uninstall" wants the folders of the programs, too.
make_folders() {
	local folder

	for folder in $programs; do mkdir -p "$root$folder"; done
}

first=$(made install-data) || fail "$first"
[[ $first != *"not overwritten"* ]] || fail "the first installation met something: $first"
for file in starhash.cfg menus/selfcare/menu.cfg menus/selfcare/texts.zh.cfg; do
	[[ -f $live/$file ]] || fail "$file is not in $conf"
done
diff -r "$pristine/menus" "$live/menus" || fail "the menus differ after the first installation"
diff "$pristine/starhash.cfg" "$live/starhash.cfg" || fail "the configuration differs after the first installation"
menu=$(sed -n 's/^menu = "\(.*\)";/\1/p' "$live/starhash.cfg")
[[ -f $live${menu#/etc/starhash} ]] || fail "the configuration names another menu: $menu"

# Included files of the menu are installed with it.
./starhash-menu check "$live/menus/selfcare/menu.cfg" || fail "the installed menu has errors"

echo '# edited' >>"$live/menus/selfcare/menu.cfg"
rm "$live/menus/selfcare/texts.ar.cfg"
sed -i 's/^gsup = /gsup_edited = /' "$live/starhash.cfg"
second=$(made install-data) || fail "$second"
tail -n 1 "$live/menus/selfcare/menu.cfg" | grep -q '^# edited$' || fail "the second installation overwrote an edited menu"
[[ ! -e $live/menus/selfcare/texts.ar.cfg ]] || fail "the second installation brought a deleted file back"
grep -q '^gsup_edited' "$live/starhash.cfg" || fail "the second installation overwrote an edited configuration"
! grep -q '^# edited$' "$pristine/menus/selfcare/menu.cfg" || fail "this version's menu is edited, too"
[[ $second == *"$conf/menus is not overwritten; this version's is $data/menus"* ]] || fail "nothing is said of the menus: $second"
[[ $second == *"$conf/starhash.cfg is not overwritten"* ]] || fail "nothing is said of the configuration: $second"

make_folders
made uninstall >/dev/null
[[ ! -e $pristine/menus && ! -e $pristine/starhash.cfg ]] || fail "uninstall leaves this version's files"
grep -q '^# edited$' "$live/menus/selfcare/menu.cfg" || fail "uninstall removes an edited menu"
grep -q '^gsup_edited' "$live/starhash.cfg" || fail "uninstall removes an edited configuration"

rm -rf "${root:?}"/*
made install-data >/dev/null
make_folders
made uninstall >/dev/null
[[ ! $(find "$root" -type f) ]] || fail "uninstall leaves files"
[[ ! -e $live ]] || fail "uninstall leaves the folder $conf"
