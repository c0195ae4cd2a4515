#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The same words over the console and through a USSD gateway by the npm package "smpp", in each dialect. Skipped where
# the package cannot be had.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
for program in node npm sqlite3; do
	command -v "$program" >/dev/null || exit 77
done

get_package() {
	cp "$source"/tests/channel/smpp/{package.json,package-lock.json,gateway.js} "$run"
	(cd "$run" && timeout 120 npm ci --no-audit --no-fund --silent >npm.log 2>&1) || exit 77
}

# Usage: same_words DIALECT MSISDN INPUT...
same_words() {
	local dialect=$1 msisdn=$2 console gateway

	shift 2
	console=$(printf '%s\n' "$@" | lab_phone "$msisdn" 2>&1)
	gateway=$(printf '%s\n' "$@" | timeout 20 node "$run/gateway.js" "$port" "$dialect" "$msisdn" 2>&1) || true
	shows "smpp__$dialect: $*__as_on_the_console" "${console:-a page}" "$gateway"
}

serve_dialect() {
	port=$((20000 + RANDOM % 10000))
	lab_write_config "smpp_ussd = { port = $port; dialect = \"$1\"; octets = 112; };"
	lab_start_server
}

system_open
get_package
for dialect in plain generic 6d mica huawei; do
	serve_dialect "$dialect"
	same_words "$dialect" 13800138000 '*100#' 1
	same_words "$dialect" 13800138001 '*199#'
	kill "$server_pid"
	wait "$server_pid" || true
done
system_end
