#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon with a menu that calls the operator's own HTTP services: the sample's loyalty service works, is slow, is gone and
# comes back; what engineers see of it, and which configurations are refused.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/system/billing_common.sh
. "$source/tests/system/billing_common.sh"
for program in sqlite3 python3 curl; do
	command -v "$program" >/dev/null || exit 77
done

# Usage: backends [SETTING...], settings of each
backends() {
	local who=$1 more="breaker_failures = 2; breaker_ms = 300; breaker_max_ms = 300; connect_ms = 500; ${*:2}"
	local points="url = \"http://$address:8085/v1/subscribers/$who/points\"; method = \"GET\"; $more"

	cat <<-END
	backends = {
		entries = { $points rows = { path = "\$.entries[*]"; fields = { date = { path = "\$.date"; type = "date"; };
			change = { path = "\$.change"; type = "count"; }; price = { path = "\$.change"; type = "money"; }; }; }; };
		points = { $points fields = { price = { path = "\$.points"; type = "money"; }; };
			outcomes = { is = "none"; when_status = 404; }; };
		redeem = { url = "http://$address:8085/v1/loyalty/redeem"; hmac_file = "hmac"; changes = true; $more
			send = ( "msisdn", [ "offer", "service" ] ); fields = { price = { path = "\$.points"; type = "money"; }; };
			outcomes = { is = "none"; when_status = 422; }; };
	};
	END
}

system_open
menu=$source/tests/server/backend/menu.cfg
who=$(subscriber 1)
(umask 077; echo "shared key" >"$run/hmac")
lab_start_billing --hmac-file "$run/hmac"
in_billing "UPDATE subscriber SET data = json_set(data, '\$.points', 15) WHERE msisdn = '$who'"
lab_write_config "$(backends "$who" 'total_ms = 1500;')"
check backends__configuration__fine "$bin/starhashd" --config "$run/starhash.cfg" --check
lab_start_server

shows backends__works__answer_on_the_page "Points: ¥0.15" "$(dial "$who" '*100*2#')"
shows backends__redeem__confirmed_and_signed "Points: ¥0.05" "$(dial "$who" '*100*3#' 1 | grep . | tail -1)"
shows backends__redeem__too_few_points "Not possible." "$(dial "$who" '*100*3#' 1 | grep . | tail -1)"
shows backends__redeem__done_once 1 "$(in_billing "SELECT count(*) FROM redemption")"
check backends__redeem__no_key_and_no_token_in_the_log test -z "$(grep -F 'shared key' "$run/starhashd.log" "$run/billing.log")"

lab_billing_fault '{"slow_ms": 2500, "times": 1}'
shows backends__F41_slow__its_branch "Not known yet." "$(dial "$who" '*100*2#')"
lab_billing_fault '{"status": 302, "location": "/v1/stats", "times": 1}'
shows backends__F41_redirects__its_branch "Try later." "$(dial "$who" '*100*2#')"
check backends__F41__reported grep -q 'backend points: slow: timeout' "$run/starhashd.log"

kill -KILL "$billing_pid"
wait "$billing_pid" 2>/dev/null || true
daemon_pid=$server_pid
for _ in 1 2 3 4; do
	shows backends__F41_gone__its_branch "Try later." "$(dial "$who" '*100*2#')"
done
shows backends__F41_gone__breaker_reported_once 1 "$(grep -c 'backend points failed 2 times in a row' "$run/starhashd.log")"
check backends__F41_gone__shown grep -q 'points: http://.*, breaker open' <<<"$(vty 'show backends')"
check backends__F41_gone__others_are_not grep -q 'redeem: http://.*, breaker closed' <<<"$(vty 'show backends')"
check backends__F41_gone__alarm grep -q 'backend:down *RAISED .*no usable answers from: points' <<<"$(vty 'show alarm-states')"
lab_start_billing --hmac-file "$run/hmac"
daemon_pid=$server_pid
is_back() {
	[[ $(dial "$who" '*100*2#') == "Points: ¥0.05" ]]
}
lab_wait "the service" "$run/starhashd.log" is_back
check backends__back__alarm_cleared grep -q 'backend:down *- ' <<<"$(vty 'show alarm-states')"
check backends__back__logged grep -q 'backend points answers again' "$run/starhashd.log"

# ---- configurations that are refused ----

# Usage: refused NAME MESSAGE
refused() {
	if "$bin/starhashd" --config "$run/starhash.cfg" --check 2>"$run/check.log"; then
		check "$1" false
	fi
	check "$1" grep -q "$2" "$run/check.log"
}

lab_write_config "$(backends "$who" 'total_ms = 8000;')"
refused backends__slower_than_a_turn__refused_F8 'starhash.cfg:[0-9]*: total_ms of "points" is 8000 ms, but must be below answer_ms (8000 ms)'
lab_write_config "$(backends "$who")"
chmod 644 "$run/hmac"
refused backends__key_for_all__refused 'starhash.cfg:[0-9]*: "hmac_file": .*/hmac: its mode gives others access'
rm "$run/hmac"
refused backends__no_key__refused '"hmac_file": .*/hmac: No such file'
lab_write_config
refused backends__menu_names_an_undeclared_one__refused "menu.cfg:[0-9]*: unknown list 'entries'"
system_end
