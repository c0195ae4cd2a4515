#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-phone through a real osmo-hlr, to Debian's own osmo-euse-demo (which calls itself "foobar-00-00-00-00-00-00"). Skipped where they are not installed.
set -euo pipefail
for program in osmo-hlr osmo-hlr-db-tool osmo-euse-demo sqlite3; do
	command -v "$program" >/dev/null || exit 77
done

address=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 2)).$((RANDOM % 250 + 2))
folder=$(mktemp -d)
pids=()

clean_up() {
	kill "${pids[@]}" 2>/dev/null || true
	wait
	rm -rf "$folder"
}

wait_for() {
	local tries=200

	until "$@" 2>/dev/null; do
		((tries-- > 0)) || { echo "gave up waiting for: $*"; exit 1; }
		sleep 0.05
	done
}

hlr_listens() {
	: <>"/dev/tcp/$address/4222"
}

demo_attached() {
	local console reply

	exec {console}<>"/dev/tcp/$address/4258" || return
	printf 'show gsup-connections\r\nexit\r\n' >&"$console"
	reply=$(timeout 2 cat <&"$console" | tr -d '\0') || true
	exec {console}>&-
	[[ $reply == *EUSE-foobar* ]]
}

start_network() {
	printf '%s\n' "log stderr" " logging level set-all notice" "line vty" " bind $address" "ctrl" " bind $address" \
		"hlr" " gsup" "  bind ip $address" " euse foobar-00-00-00-00-00-00" " ussd default-route external foobar-00-00-00-00-00-00" >"$folder/hlr.cfg"
	osmo-hlr-db-tool -l "$folder/hlr.db" create 2>/dev/null
	sqlite3 "$folder/hlr.db" "INSERT INTO subscriber (imsi, msisdn) VALUES ('001010000000001', '13800138000')"
	osmo-hlr -c "$folder/hlr.cfg" -l "$folder/hlr.db" >"$folder/hlr.log" 2>&1 &
	pids+=($!)
	wait_for hlr_listens
	osmo-euse-demo "$address" 4222 >"$folder/euse.log" 2>&1 &
	pids+=($!)
	wait_for demo_attached
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

trap clean_up EXIT
start_network
expect phone_hlr__known_subscriber__page_shown 0 'You sent "*100#"' 001010000000001 <<<'*100#'
expect phone_hlr__unknown_subscriber__says_so 1 'the HLR does not know this IMSI' 001010000000002 <<<'*100#'
