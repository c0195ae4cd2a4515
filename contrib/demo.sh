#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Install what is missing, build, start starhashd with sample accounts, and open a phone in the terminal.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=contrib/common.sh
. contrib/common.sh

msisdn=13800138000
hlr=false
fresh=false
build="build-demo"
accounts=$build/accounts.db
pepper=$build/pepper
run=
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

	Everything is made in $build/; what runs is stopped at the end.
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

# Stop in reverse what was started, and leave nothing behind but the build and the accounts.
clean_up() {
	local i

	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null || true
		wait "${pids[i]}" 2>/dev/null || true
	done
	[[ -z $run ]] || rm -rf "$run"
}

build_all() {
	install_missing "${build_packages[@]}" sqlite3
	! $hlr || install_missing "${hlr_packages[@]}"
	configure_in "$build"
	[[ -x $build/starhashd ]] || say "Building, which takes a minute or two (see $build/build.log)"
	logged "$build/build.log" make -C "$build" -j"$(nproc)"
}

make_accounts() {
	! $fresh || rm -f "$accounts"{,-wal,-shm} "$pepper"
	[[ ! -f $accounts ]] || return 0
	say "Making sample accounts"
	logged "$build/build.log" "$build/starhash-data" sample "$accounts" --pepper "$pepper"
}

# Wait for a condition, not for a time. Usage: wait_for WHAT LOG COMMAND...
wait_for() {
	local what=$1 log=$2 tries=400

	shift 2
	until "$@" 2>/dev/null; do
		if ((--tries == 0)) || ! kill -0 "${pids[-1]}" 2>/dev/null; then
			cat "$log" >&2
			fail "$what did not start"
		fi
		sleep 0.05
	done
}

write_config() {
	cat >"$run/starhash.cfg" <<-END
	menu = "$PWD/menus/selfcare/menu.cfg";
	accounts = "$PWD/$accounts";
	pepper = "$PWD/$pepper";
	vty_address = "$address";
	console = { socket = "$run/console"; };
	END
	! $hlr || echo "gsup = { address = \"$address\"; entity = \"starhash\"; };" >>"$run/starhash.cfg"
}

start_server() {
	write_config
	"$build/starhashd" --config "$run/starhash.cfg" >"$run/starhashd.log" 2>&1 &
	pids+=($!)
	wait_for starhashd "$run/starhashd.log" test -S "$run/console"
}

write_hlr_config() {
	cat >"$run/hlr.cfg" <<-END
	log stderr
	 logging level set-all notice
	line vty
	 bind $address
	ctrl
	 bind $address
	hlr
	 gsup
	  bind ip $address
	 euse starhash
	 ussd route prefix *100# external starhash
	 ussd default-route external starhash
	END
}

# The HLR knows the same subscribers as our accounts.
make_hlr_database() {
	logged "$run/hlr-db.log" osmo-hlr-db-tool -l "$run/hlr.db" create
	sqlite3 "$run/hlr.db" "ATTACH '$accounts' AS accounts;
		INSERT INTO subscriber (imsi, msisdn) SELECT printf('%015d', imsi), msisdn FROM accounts.sim GROUP BY msisdn"
}

hlr_listens() {
	: <>"/dev/tcp/$address/4222"
}

start_hlr() {
	make_hlr_database
	write_hlr_config
	osmo-hlr -c "$run/hlr.cfg" -l "$run/hlr.db" >"$run/hlr.log" 2>&1 &
	pids+=($!)
	wait_for osmo-hlr "$run/hlr.log" hlr_listens
}

# The HLR's console lists us once our link is up.
server_attached() {
	local console reply

	exec {console}<>"/dev/tcp/$address/4258" || return
	printf 'show gsup-connections\r\nexit\r\n' >&"$console"
	reply=$(timeout 2 cat <&"$console" | tr -d '\0') || true
	exec {console}>&-
	[[ $reply == *EUSE-starhash* ]]
}

open_phone() {
	local imsi

	if ! $hlr; then
		"$build/starhash-phone" --socket "$run/console" --msisdn "$msisdn"
		return
	fi
	imsi=$(sqlite3 "$run/hlr.db" "SELECT imsi FROM subscriber WHERE msisdn = '$msisdn'")
	[[ $imsi ]] || fail "there is no sample subscriber $msisdn"
	"$build/starhash-phone" --hlr "$address:4222" --imsi "$imsi"
}

read_options "$@"
# ports are fixed in osmo-hlr, so each run takes a loopback address of its own
address=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 2)).$((RANDOM % 250 + 2))
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
build_all
make_accounts
run=$(mktemp -d "${TMPDIR:-/tmp}/starhash-demo.XXXXXX")
! $hlr || start_hlr
start_server
! $hlr || wait_for "the link to osmo-hlr" "$run/starhashd.log" server_attached
say "Ready: dial *100# (subscriber $msisdn)"
open_phone
