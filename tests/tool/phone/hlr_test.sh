#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-phone through a real osmo-hlr, to Debian's own osmo-euse-demo (which calls itself
# "foobar-00-00-00-00-00-00"). Skipped if they are not installed.
set -euo pipefail
for program in osmo-hlr osmo-hlr-db-tool osmo-euse-demo sqlite3; do
	command -v "$program" >/dev/null || exit 77
done

source=$(cd "${srcdir:-.}" && pwd)
# shellcheck source=contrib/lab.sh
. "$source/contrib/lab.sh"
bin=$PWD

start_network() {
	accounts=$run/accounts.db
	"$bin/starhash-data" sample "$accounts" --pepper "$run/pepper" >/dev/null 2>&1
	entity=foobar-00-00-00-00-00-00
	lab_start_hlr
	osmo-euse-demo "$address" 4222 >"$run/euse.log" 2>&1 &
	pids+=($!)
	lab_wait "osmo-euse-demo" "$run/euse.log" lab_attached
}

call() {
	timeout 20 ./starhash-phone --hlr "$address:4222" --imsi "$1" 2>&1
}

# Usage: expect NAME STATUS TEXT IMSI; the inputs are on standard input
expect() {
	local name=$1 status=$2 text=$3 got=0 shown

	shown=$(call "$4") || got=$?
	if [[ $got != "$status" || $shown != *"$text"* ]]; then
		echo "$name: status $got, shown: $shown"
		exit 1
	fi
	echo "$name: fine"
}

lab_open
trap lab_close EXIT
start_network
expect phone_hlr__known_subscriber__page_shown 0 'You sent "*100#"' 001010000000001 <<<'*100#'
expect phone_hlr__unknown_subscriber__says_so 1 'the HLR does not know this IMSI' 901700000000002 <<<'*100#'
