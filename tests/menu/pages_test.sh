#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A menu of ten thousand pages in five languages compiles, also where one error is in its last page.
set -eu

: "${srcdir:=.}"
tool=$PWD/starhash-menu
work=$(mktemp -d /tmp/starhash-pages-XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=0

check() {
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: $2"
		failed=1
	fi
}

"$srcdir/tests/bench/pages.sh" 10000 "$work"
check pages__ten_thousand_in_five_languages__compile \
	"$("$tool" check "$work/menu.cfg" 2>&1 | sed -n 's/.*: \(10.*languages\).*/\1/p')" "10110 pages, 5 languages"

line=$(grep -n 'page9999 = {' "$work/pages.zh.cfg" | cut -d: -f1)
sed -i "$((line + 1))s/\"/\"{nothing}/" "$work/pages.zh.cfg"
check pages__error_in_the_last_one__its_file_and_line \
	"$("$tool" check "$work/menu.cfg" 2>&1 | sed -n 's/.*\(pages.zh.cfg:[0-9]*: unknown placeholder .*\)/\1/p' | cut -d\' -f1,2)" \
	"pages.zh.cfg:$((line + 1)): unknown placeholder 'nothing"

# What is wrong with every page is said of the first ones.
sed -i 's/^\tpage\([0-9]*\) = /\tpags\1 = /' "$work/pages.en.cfg"
"$tool" check "$work/menu.cfg" 2>"$work/problems" >/dev/null || true
check pages__all_of_a_language_misspelt__a_thousand_errors_reported "$(grep -c ': ' "$work/problems") $(tail -n 1 "$work/problems")" \
	"1000 at least 1000 errors in 3 files"
seq -f 'unknown%.0f = 1;' 400000 >>"$work/menu.cfg"
"$tool" check "$work/menu.cfg" 2>"$work/problems" >/dev/null || true
check pages__unknown_settings_by_the_hundred_thousand__one_error "$(sed 's/.*: //' "$work/problems")" "this has more than 20000 elements
1 error in 1 file"
exit $failed
