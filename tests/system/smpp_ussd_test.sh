#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The same texts over the console and through a USSD gateway made of the npm package "smpp", in each dialect. Skipped if
# the package is not available.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/channel/smpp/npm.sh
. "$source/tests/channel/smpp/npm.sh"
command -v sqlite3 >/dev/null || exit 77
npm_smpp "$source/tests/channel/smpp" || exit 77

# Usage: same_words DIALECT MSISDN INPUT...
same_words() {
	local dialect=$1 msisdn=$2 console gateway

	shift 2
	console=$(printf '%s\n' "$@" | lab_phone "$msisdn" 2>&1)
	gateway=$(printf '%s\n' "$@" | timeout 20 node "$source/tests/channel/smpp/gateway.js" "$port" "$dialect" "$msisdn" 2>&1) || true
	shows "smpp__$dialect: $*__as_on_the_console" "${console:-a page}" "$gateway"
}

# A73: an answer to a page of a former process. Usage: answer_out_of_nowhere DIALECT
answer_out_of_nowhere() {
	shows "smpp__F42_$1_answer_in_an_unknown_dialog__answered_as_expired" Expired. \
		"$(echo 1 | timeout 20 node "$source/tests/channel/smpp/gateway.js" "$port" "$1" 13800138000 answering 2>&1)"
}

serve_dialect() {
	port=$((20000 + RANDOM % 10000))
	lab_write_config "smpp_ussd = { port = $port; dialect = \"$1\"; octets = 112; };"
	lab_start_server
}

system_open
for dialect in plain generic 6d mica huawei; do
	serve_dialect "$dialect"
	same_words "$dialect" 13800138000 '*100#' 1
	same_words "$dialect" 13800138001 '*199#'
	answer_out_of_nowhere "$dialect"
	kill "$server_pid"
	wait "$server_pid" || true
done
system_end
