#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F10: our link against the npm package "smpp" as SMSC, which throttles, is killed under load and comes back: nothing is
# lost, and only messages of unknown fate are repeated. Skipped if the package is not available.
set -euo pipefail
# shellcheck source=tests/channel/smpp/peers.sh
. "${srcdir:-.}/tests/channel/smpp/peers.sh"
# shellcheck source=tests/channel/smpp/npm.sh
. "$source/npm.sh"

count=3000
deliveries=300

start_smsc() {
	node "$source/smsc.js" "$port" "$run/record" "$run/answered" "$deliveries" >>"$run/smsc.log" 2>&1 &
	pids=($!)
	wait_listening
}

npm_smpp "$source" || skip "the npm package smpp is not to be had"
echo secret08 >"$run/password"
chmod 0600 "$run/password"
: >"$run/record"
start_smsc
"$esme" -p "$port" -n "$count" -r "$deliveries" -w 20 -s "$run/password" -t 90 >"$run/report" 2>"$run/esme.log" &
esme_pid=$!
for at in 500 1500; do
	until (($(wc -l <"$run/record") >= at)); do
		kill -0 "$esme_pid" 2>/dev/null || fail "the link ended early"
		sleep 0.02
	done
	kill -9 "${pids[0]}"
	wait "${pids[0]}" 2>/dev/null || true
	sleep 0.2
	start_smsc
done
wait "$esme_pid" || fail "not everything was answered: $(cat "$run/report")"
cat "$run/report"
check_record "$count" "$run/record"
(($(reported ups) >= 3)) || fail "the link did not see the restarts"
(($(reported throttled) > 0)) || fail "the SMSC did not throttle"
(($(reported malformed) == 0)) || fail "a message was malformed"
(($(reported blocks) == 0)) || fail "memory was not released"
