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
	# shellcheck disable=SC2086
	"$tool" check $config --format json menu.cfg >>"$work/all.json" 2>"$work/else" || true
	[ ! -s "$work/else" ] || { cat "$work/else"; echo "$name: more than JSON"; failed=1; }
	if [ "${1-}" = --write ]; then
		cp "$work/got" "$golden/$name.ok"
	elif ! diff -u "$golden/$name.ok" "$work/got"; then
		echo "$name: the messages differ"
		failed=1
	fi
done

# as many messages in JSON as in text
python3 - "$golden" "$work/all.json" <<'END' || failed=1
import json, re, sys
from pathlib import Path

decoder, text, at, total = json.JSONDecoder(), Path(sys.argv[2]).read_text(), 0, 0
while at < len(text):
    messages, at = decoder.raw_decode(text, at)
    at += 1
    total += len(messages)
counts = [re.findall(r"^(\d+) errors?, (\d+) warn|^(\d+) (?:error|warn)", ok.read_text(), re.M) for ok in Path(sys.argv[1]).glob("*.ok")]
wanted = sum(int(n) for found in counts for n in (found[-1] if found else ()) if n)
if total != wanted:
    sys.exit(f"{total} messages in JSON, {wanted} in text")
END
exit $failed
