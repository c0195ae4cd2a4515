#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Our link against Debian's libnet-smpp-perl as SMSC: both sides understand each other. Skipped if it is not installed.
set -euo pipefail
# shellcheck source=tests/channel/smpp/peers.sh
. "${srcdir:-.}/tests/channel/smpp/peers.sh"

count=1000
perl -MNet::SMPP -e 1 2>/dev/null || skip "no libnet-smpp-perl"
# it has no O_NONBLOCK: only the link may connect
perl "$source/smsc.pl" "$port" "$run/record" 100 >"$run/smsc.log" 2>&1 &
pids+=($!)
printf wrong >"$run/password"
chmod 0600 "$run/password"
if "$esme" -p "$port" -s "$run/password" -t 1 >"$run/report" 2>"$run/esme.log"; then
	fail "a wrong password was accepted"
fi
(($(reported ups) == 0)) || fail "a refused bind was taken for a success"
printf secret08 >"$run/password"
"$esme" -p "$port" -n "$count" -r 100 -s "$run/password" -t 60 >"$run/report" 2>"$run/esme.log" ||
	fail "not everything was answered: $(cat "$run/report")"
cat "$run/report"
check_record "$count" "$run/record"
(($(reported malformed) == 0)) || fail "a message was malformed"
(($(reported blocks) == 0)) || fail "memory was not released"
