#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Measures reloads of menus of several sizes, for contrib/bench.sh --reload. Usage: bench_reload.sh BUILD [PAGES...]
set -euo pipefail

build=$1
shift
(($#)) || set -- 1 1000 2000 5000 10000
subscribers=10000
accounts=$PWD/$build/reload.db

rm -f "$accounts"*
"$build/starhash-data" sample "$accounts" --subscribers $subscribers >"$build/build.log" 2>&1
sqlite3 "$accounts" "UPDATE subscriber SET language = 'en' WHERE msisdn < (SELECT min(msisdn) FROM subscriber) + $subscribers / 2"
echo "| further pages | start ms | reloads | median ms | longest ms | quiet turns, median us | 99 % | longest | beside reloads | 99 % | longest |"
echo "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
for pages; do
	rm -rf "${build:?}/pages"
	tests/bench/pages.sh "$pages" "$build/pages"
	cat >"$build/bench.cfg" <<-END
	menu = "$PWD/$build/pages/menu.cfg";
	menu_saved = "";
	accounts = "$accounts";
	vty_socket = "";
	user = "$(id -un)";
	inputs_per_minute = 0;
	resume_s = 0;
	gsup = { address = "127.0.0.1"; port = 4229; };
	END
	printf '| %s | ' "$pages"
	"$build/tests/bench/reload" "$build/bench.cfg" "$build/starhashd" $subscribers "${READERS:-500}" "${SECONDS_EACH:-5}"
done
