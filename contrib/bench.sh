#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Measure: starhashd with a million accounts in SQLite, and osmo-euse-demo beside it on the same machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=contrib/common.sh
. contrib/common.sh

usage() {
	cat <<-END
	Usage: contrib/bench.sh [--subscribers N] [OPTION...]

	Build with optimisation and without sanitizers in build-bench/, make a million sample accounts there the first
	time, let starhashd and osmo-euse-demo answer a load generator, one after the other, and print the table:
	steps a second, median and 99th percentile of the time that an answer takes, processor seconds per million
	steps, and memory per live dialog. A dialogue with starhashd has three steps (the menu, the balance from the
	account, the end; tests/bench/menu), one with osmo-euse-demo has one (an echo). Every answer is verified.

	The server has processor 0, the generator processor 1. Let nothing else run meanwhile.

	Other options go to the generator: see build-bench/starhash-bench --help.
	END
}

build="build-bench"
subscribers=1000000
if [[ ${1-} == --help || ${1-} == -h ]]; then
	usage
	exit
fi
if [[ ${1-} == --subscribers ]]; then
	subscribers=${2:?how many subscribers}
	shift 2
fi

build_all() {
	install_missing "${build_packages[@]}" "${hlr_packages[@]}"
	configure_in "$build" CFLAGS="-O2 -g"
	say "Building"
	logged "$build/build.log" make -C "$build" -j"$(nproc)" starhashd starhash-data starhash-bench
}

# Under a name that says how many: the generator knows the accounts by their numbers.
make_accounts() {
	[[ -f $accounts ]] && return
	say "Making $subscribers accounts (a minute the first time)"
	logged "$build/build.log" "$build/starhash-data" sample "$accounts" --subscribers "$subscribers"
}

write_config() {
	cat >"$build/bench.cfg" <<-END
	menu = "$PWD/tests/bench/menu/menu.cfg";
	accounts = "$PWD/$accounts";
	resume_s = 0;
	vty_port = 0;
	gsup = { address = "127.0.0.1"; };
	END
}

accounts=$build/accounts-$subscribers.db
build_all
make_accounts
write_config
exec "$build/starhash-bench" --config "$build/bench.cfg" --server "$build/starhashd" --subscribers "$subscribers" "$@"
