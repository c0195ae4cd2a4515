# shellcheck shell=bash disable=SC2154,SC2034 # some variables come from common.sh, some are for those who source this
# SPDX-License-Identifier: AGPL-3.0-or-later
# An SMSC made of the npm package "smpp", see smsc.js, at 127.0.0.1 and $port. Sourced after common.sh; skips the test without the package.
# shellcheck source=tests/channel/smpp/npm.sh
. "$source/tests/channel/smpp/npm.sh"
npm_smpp "$source/tests/channel/smpp" || exit 77
port=$((20000 + RANDOM % 10000))

# Usage: smsc_listens [PORT]
smsc_listens() {
	: <>"/dev/tcp/127.0.0.1/${1-$port}"
}

# What it has done before is in $run/state, and the texts are in $run/record, also those of a second SMSC, whose other files have the
# port in their names. Usage: start_smsc [PORT]
start_smsc() {
	local own=${1+.$1}

	touch "$run/talks$own" "$run/record"
	node "$source/tests/system/smsc.js" "${1-$port}" "$run/talks$own" "$run/state$own" "$run/record" >>"$run/smsc.log" 2>&1 &
	pids+=($!)
	smsc_pid=$! daemon_pid=$!
	lab_wait "the SMSC" "$run/smsc.log" smsc_listens "$@"
}

# Usage: is_texted MSISDN TEXT
is_texted() {
	grep -qF "$1 $2" "$run/record"
}

# Usage: await_text MSISDN TEXT
await_text() {
	lab_wait "the text '$2'" "$run/starhashd.log" is_texted "$@"
}
