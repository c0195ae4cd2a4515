#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Install missing packages, build, start starhashd with sample accounts, and open a phone in the terminal.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=contrib/common.sh
. contrib/common.sh
# shellcheck source=contrib/lab.sh
. contrib/lab.sh

msisdn=13800138000
short_code=10086
way=console
fresh=false
billing=false
bin=$PWD/build-demo
menu=$PWD/menus/selfcare/menu.cfg
accounts=$bin/accounts.db
pids=()

usage() {
	cat <<-END
	Usage: contrib/demo.sh [--hlr | --sms [--to NUMBER]] [--billing] [--msisdn NUMBER] [--fresh]
	Build Starhash, then dial *100# on a phone in this terminal, or text keywords. Without a terminal the phone reads the
	code and the answers, or the texts, from standard input, one a line, and prints the pages.

	  --hlr            through a real osmo-hlr, started on a loopback address of its own
	  --sms            text keywords such as YE or BAL to 10086, over an SMPP connection
	  --to NUMBER      with --sms: text another short code: 10086999 for a nuisance message, SENDER*TEXT; 10086120 for a
	                   network problem, in any words
	  --billing        with a sample billing server, which is queried and gets the orders over HTTP, and redeems points: *100*7#.
	                   It reports events at a door, which is open to the examples of contrib/door too; with --sms for their texts
	  --msisdn NUMBER  the subscriber (default $msisdn)
	  --fresh          make new sample accounts
	  --help           show this

	All files are made in build-demo/; all processes are stopped at the end.
	END
}

read_options() {
	while (($#)); do
		case $1 in
		--hlr) way=hlr ;;
		--sms) way=sms ;;
		--billing) billing=true ;;
		--fresh) fresh=true ;;
		--msisdn)
			[[ ${2-} =~ ^[0-9]{1,15}$ ]] || fail "--msisdn needs a number of up to 15 digits"
			msisdn=$2
			shift
			;;
		--to)
			[[ ${2-} =~ ^[0-9]{2,15}$ ]] || fail "--to needs a short code"
			short_code=$2
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
	[[ $way != hlr ]] || install_missing "${hlr_packages[@]}"
	! $billing || install_missing python3
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
	case $way in
	console) lab_phone "$msisdn" ;;
	sms) lab_sms_phone "$msisdn" --short-code "$short_code" ;;
	hlr)
		[[ $(lab_imsi "$msisdn") ]] || fail "there is no sample subscriber $msisdn"
		lab_hlr_phone "$msisdn"
		;;
	esac
}

start_network() {
	local lines=()

	case $way in
	sms) lines+=("$(lab_sms_config)") ;;
	hlr)
		lines+=("gsup = { address = \"$address\"; };")
		lab_start_hlr
		;;
	esac
	# shellcheck disable=SC2119 # no options are wanted
	if $billing; then
		lines+=("$(lab_billing_config)" "$(lab_loyalty_config)" "door = { socket = \"$run/door\"; };")
		lab_start_billing --events-url "unix:$run/door"
	else
		# nothing updates the sample accounts
		lines+=('fresh_profile_s = 86400; fresh_points_s = 86400; fresh_services_s = 86400;')
	fi
	lab_write_config "${lines[@]}"
	lab_start_server
	[[ $way != hlr ]] || lab_wait "the link to osmo-hlr" "$run/starhashd.log" lab_attached
}

ready() {
	! $billing || say "Billing: http://$address:8085; fetch /v1/orders with curl; contrib/billing/README.md describes how to cause faults and events"
	! $billing || say "Door: curl --unix-socket $run/door …; contrib/door/README.md has examples"
	if [[ $way == sms ]]; then
		[[ $short_code == 10086 ]] || say "Ready: text to $short_code (subscriber $msisdn)"
		[[ $short_code != 10086 ]] || say "Ready: text YE, BAL, HELP or an empty line to 10086 (subscriber $msisdn)"
	else
		say "Ready: dial *100# (subscriber $msisdn)"
	fi
}

read_options "$@"
trap lab_close EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
build_all
make_accounts
lab_open
start_network
ready
open_phone
