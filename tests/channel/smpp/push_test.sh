#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Dialogs that we begin at a USSD gateway made of the npm package "smpp", in each dialect that has them. Skipped if the package
# is not available.
set -euo pipefail
# shellcheck source=tests/channel/smpp/peers.sh
. "${srcdir:-.}/tests/channel/smpp/peers.sh"
# shellcheck source=tests/channel/smpp/npm.sh
. "$source/npm.sh"

npm_smpp "$source" || skip "the npm package smpp is not to be had"
for dialect in plain generic 6d mica; do
	printf '%s\n' 1 yes | node "$source/gateway.js" "$port" "$dialect" 8613800138000 pushed >"$run/pages" 2>&1 &
	pids=($!)
	wait_listening
	tests/channel/smpp/push "$port" "$dialect" 8613800138000 >"$run/answers" 2>"$run/push.log" ||
		fail "$dialect: it did not come to an end: $(cat "$run/answers" "$run/pages" "$run/push.log")"
	wait "${pids[0]}" || fail "$dialect: the gateway saw no end: $(cat "$run/pages")"
	[[ $(cat "$run/answers") == $'answer: 1\nanswer: yes\nreceipts: 1' ]] || fail "$dialect: $(cat "$run/answers")"
	[[ $(grep -v '^$' "$run/pages") == $'Keep it?\nSure?\nDone.' ]] || fail "$dialect: $(cat "$run/pages")"
	echo "push__${dialect}__asked_twice_and_ended: fine"
done
