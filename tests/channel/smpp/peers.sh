# shellcheck shell=bash disable=SC2034 # some variables are for those who source this
# SPDX-License-Identifier: AGPL-3.0-or-later
# Shared by the tests against real SMSCs. Sourced by bash with "set -euo pipefail"; runs in the build folder.

source=$(cd "${srcdir:-.}" && pwd)/tests/channel/smpp
esme=$PWD/tests/channel/smpp/esme
run=$(mktemp -d "${TMPDIR:-/tmp}/starhash-smsc.XXXXXX")
port=$((20000 + RANDOM % 10000))
pids=()

close_all() {
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$run"
}
trap close_all EXIT

skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	echo "FAILED: $*" >&2
	tail -n 20 "$run"/*.log >&2 || true
	exit 1
}

# Wait for a listener on a port of 127.0.0.1.
wait_listening() {
	local tries=200

	until (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		((tries--)) || fail "nobody listens at $port"
		sleep 0.05
	done
}

# The value of a name in the esme's report.
reported() {
	sed -n "s/.*\b$1 \([-+]*[0-9.]*\).*/\1/p" "$run/report"
}

# Each of COUNT messages arrived, and none more often than the link had reason to repeat it.
check_record() {
	local count=$1 record=$2 different all

	all=$(wc -l <"$record")
	different=$(sort -u "$record" | wc -l)
	((different == count)) || fail "of $count messages $different arrived"
	((all - different <= $(reported unanswered))) ||
		fail "$((all - different)) messages arrived twice, but only $(reported unanswered) had to be sent again"
}
