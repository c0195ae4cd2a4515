#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Our link against Debian's libnet-smpp-perl as SMSC: both sides understand each other. Skipped where it is not there.
set -euo pipefail
# shellcheck source=tests/channel/smpp/peers.sh
. "${srcdir:-.}/tests/channel/smpp/peers.sh"

count=1000
perl -MNet::SMPP -e 1 2>/dev/null || skip "no libnet-smpp-perl"
# it has no O_NONBLOCK: nobody may connect but the link
perl "$source/smsc.pl" "$port" "$run/record" 100 >"$run/smsc.log" 2>&1 &
pids+=($!)
printf wrong >"$run/password"
chmod 0600 "$run/password"
if "$esme" -p "$port" -s "$run/password" -t 1 >"$run/report" 2>"$run/esme.log"; then
	fail "a wrong password was good enough"
fi
(($(reported ups) == 0)) || fail "a bind that was refused was taken for a good one"
printf secret08 >"$run/password"
"$esme" -p "$port" -n "$count" -r 100 -s "$run/password" -t 60 >"$run/report" 2>"$run/esme.log" ||
	fail "not everything was answered: $(cat "$run/report")"
cat "$run/report"
check_record "$count" "$run/record"
(($(reported malformed) == 0)) || fail "something was not understood"
(($(reported blocks) == 0)) || fail "memory was not given back"
