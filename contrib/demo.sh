#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Install what is missing, build, start starhashd with sample accounts, and open a phone in the terminal.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=contrib/common.sh
. contrib/common.sh
# shellcheck source=contrib/lab.sh
. contrib/lab.sh

msisdn=13800138000
hlr=false
fresh=false
bin=$PWD/build-demo
menu=$PWD/menus/selfcare/menu.cfg
accounts=$bin/accounts.db
pids=()

usage() {
	cat <<-END
	Usage: contrib/demo.sh [--hlr] [--msisdn NUMBER] [--fresh]
	Build Starhash and dial *100# on a phone in this terminal. Without a terminal the phone reads the code and the
	answers from standard input, one a line, and prints the pages.

	  --hlr            through a real osmo-hlr, started on a loopback address of its own
	  --msisdn NUMBER  the subscriber (default $msisdn)
	  --fresh          make new sample accounts
	  --help           show this

	Everything is made in build-demo/; what runs is stopped at the end.
	END
}

read_options() {
	while (($#)); do
		case $1 in
		--hlr) hlr=true ;;
		--fresh) fresh=true ;;
		--msisdn)
			[[ ${2-} =~ ^[0-9]{1,15}$ ]] || fail "--msisdn needs a number of up to 15 digits"
			msisdn=$2
			shift
			;;
		--help)
			usage
			exit
			;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift
	done
}

build_all() {
	install_missing "${build_packages[@]}" sqlite3
	! $hlr || install_missing "${hlr_packages[@]}"
	configure_in "$bin"
	[[ -x $bin/starhashd ]] || say "Building, which takes a minute or two (see $bin/build.log)"
	logged "$bin/build.log" make -C "$bin" -j"$(nproc)"
}

make_accounts() {
	! $fresh || rm -f "$accounts"{,-wal,-shm} "${accounts%/*}/pepper"
	[[ ! -f $accounts ]] || return 0
	say "Making sample accounts"
	logged "$bin/build.log" "$bin/starhash-data" sample "$accounts" --pepper "${accounts%/*}/pepper"
}

open_phone() {
	if ! $hlr; then
		lab_phone "$msisdn"
		return
	fi
	[[ $(lab_imsi "$msisdn") ]] || fail "there is no sample subscriber $msisdn"
	lab_hlr_phone "$msisdn"
}

start_network() {
	lab_write_config "$($hlr && echo "gsup = { address = \"$address\"; };")"
	! $hlr || lab_start_hlr
	lab_start_server
	! $hlr || lab_wait "the link to osmo-hlr" "$run/starhashd.log" lab_attached
}

read_options "$@"
trap lab_close EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
build_all
make_accounts
lab_open
start_network
say "Ready: dial *100# (subscriber $msisdn)"
open_phone
