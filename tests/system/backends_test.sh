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
			change = { path = "\$.change"; type = "count"; }; worth = { path = "\$.change"; type = "money"; }; }; }; };
		points = { $points fields = { worth = { path = "\$.points"; type = "money"; }; };
			outcomes = { is = "none"; when_status = 404; }; };
		redeem = { url = "http://$address:8085/v1/loyalty/redeem"; hmac_file = "hmac"; changes = true; $more
			send = ( "msisdn", [ "offer", "service" ] ); fields = { worth = { path = "\$.points"; type = "money"; }; };
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
# an order is accepted until the service is known to be down
who=$(subscriber 2)
in_billing "UPDATE subscriber SET data = json_set(data, '\$.points', 15) WHERE msisdn = '$who'"
shows backends__F41_gone__ordered "Not known yet." "$(dial "$who" '*100*3#' 1 | grep . | tail -1)"
open_redeem() {
	vty 'show backends' | grep -q 'redeem: http://.*, breaker open'
}
lab_wait "the breaker" "$run/starhashd.log" open_redeem
shows backends__F41_known_to_be_gone__nothing_ordered "Try later. 1" \
	"$(dial "$who" '*100*3#' 1 | grep . | tail -1) $(in_accounts "SELECT count(*) FROM orders WHERE msisdn = $who")"
lab_start_billing --hmac-file "$run/hmac"
daemon_pid=$server_pid
await_order "$who" completed
shows backends__back__redeemed_once 1 "$(in_billing "SELECT count(*) FROM redemption WHERE msisdn = '$who'")"
who=$(subscriber 1)
is_back() {
	[[ $(dial "$who" '*100*2#') == "Points: ¥0.05" ]]
}
lab_wait "the service" "$run/starhashd.log" is_back
check backends__back__alarm_cleared grep -q 'backend:down *- ' <<<"$(vty 'show alarm-states')"
check backends__back__logged grep -q 'backend points answers again' "$run/starhashd.log"

# ---- the self-care menu with the loyalty service ----

stop_server() {
	kill "$server_pid"
	wait "$server_pid" || true
}

# Usage: redeemed: how many redemptions the service has, how often it was asked for the last one, and the points that are left.
redeemed() {
	in_billing "SELECT count(*) || ' ' || coalesce((SELECT deliveries FROM redemption ORDER BY rowid DESC LIMIT 1), 0) || ' ' ||
		(SELECT json_extract(data, '\$.points') FROM subscriber WHERE msisdn = '$who') FROM redemption"
}

ordered() {
	in_accounts "SELECT count(*) FROM orders WHERE msisdn = $who AND backend = 'redeem' AND state = 'completed'"
}

# Usage: offered EXPECTED FAULT: what the list shows while the service behaves so.
offered() {
	lab_billing_fault "$2"
	shows "selfcare__F41_list_${2//[^a-z0-9]/_}__its_branch" "$1" "$(dial "$who" '*100*7#' | head -1)"
	lab_billing_fault '{}'
}

# Usage: redeem: the page that ends the dialog
redeem() {
	dial "$who" '*100*7*1#' 1 | grep . | tail -1 | sed 's/Order .*/Order R./'
}

# Usage: redeems EXPECTED FAULT
redeems() {
	lab_billing_fault "$2"
	shows "selfcare__F41_redeem_${2//[^a-z0-9]/_}__its_branch" "$1" "$(redeem)"
	lab_billing_fault '{}'
}

follows="We are redeeming your points. A text follows. Order R."

stop_server
menu=$source/menus/selfcare/menu.cfg
more='hmac_file = "hmac"; total_ms = 1500; connect_ms = 500; breaker_failures = 1000;'
lab_write_config "$(lab_loyalty_config | sed "s|url = |$more url = |")"
check selfcare__configuration__fine "$bin/starhashd" --config "$run/starhash.cfg" --check
lab_start_server
# the language decides which texts are expected, and the service must know who asks
who=$(buyer 1)
in_billing "UPDATE subscriber SET data = json_set(data, '\$.points', 100) WHERE msisdn = '$who'"
in_billing "DELETE FROM redemption"
before=$(ordered)

offered "Redeem points for:" '{}'
offered "Rewards are not available right now. Please try again later." '{"slow_ms":2500,"only":"offers"}'
offered "Rewards are not available right now. Please try again later." '{"status":503}'
offered "Rewards are not available right now. Please try again later." '{"status":302,"location":"/v1/stats"}'
offered "Rewards are not available right now. Please try again later." '{"body":"bad-json"}'
offered "Rewards are not available right now. Please try again later." '{"body":"huge"}'
offered "Rewards are not available right now. Please try again later." '{"body":"cut"}'
offered "Rewards are not available right now. Please try again later." '{"drop":"before"}'
offered "Redeem points for:" '{"body":"twice"}'
offered "You do not collect points yet. Please call 10086." '{"status":404}'

shows selfcare__declined__nothing_is_redeemed "Your points stay as they are." "$(dial "$who" '*100*7*1#' 2 | grep . | tail -1)"
shows selfcare__declined__no_call "0 0 100" "$(redeemed)"
shows selfcare__redeem__done "A cup of tea is yours. Voucher V. Points left: 90." \
	"$(dial "$who" '*100*7*1#' 1 | grep . | tail -1 | sed 's/Voucher [0-9A-F]*/Voucher V/')"
shows selfcare__redeem__once "1 1 90" "$(redeemed)"
# an order that is not answered is sent again until it is
redeems "$follows" '{"status":503,"only":"redeem"}'
await_order "$who" completed
redeems "$follows" '{"status":302,"location":"/v1/stats","only":"redeem"}'
await_order "$who" completed
shows selfcare__F41_not_answered__sent_until_it_is "3 1 70" "$(redeemed)"
# done, but the answer is lost: asked again under the same key, which does nothing twice
lab_billing_fault '{"drop":"after","only":"redeem","times":1}'
shows selfcare__answer_is_lost__asked_again "A cup of tea is yours. Voucher V. Points left: 60." \
	"$(dial "$who" '*100*7*1#' 1 | grep . | tail -1 | sed 's/Voucher [0-9A-F]*/Voucher V/')"
shows selfcare__answer_is_lost__redeemed_once "4 2 60" "$(redeemed)"
# done, but late
redeems "$follows" '{"slow_ms":2500,"only":"redeem"}'
await_order "$who" completed
shows selfcare__F41_late__redeemed_once "5 50" "$(redeemed | cut -d' ' -f1,3)"
# the server is killed while the service has the order, and before the answer is stored
lab_billing_fault '{"slow_ms":1200,"only":"redeem","times":1}'
dial "$who" '*100*7*1#' 1 >/dev/null &
phone_pid=$!
in_flight() {
	order_is "$who" accepted && grep -q 'POST /v1/loyalty/redeem' "$run/billing.log"
}
lab_wait "an order in flight" "$run/starhashd.log" in_flight
sleep 0.3
kill -KILL "$server_pid"
wait "$server_pid" 2>/dev/null || true
wait "$phone_pid" || true
shows selfcare__F18_killed__order_is_stored accepted "$(order_state "$who")"
lab_start_server
await_order "$who" completed
# the service still works at what the killed server sent, if the new one started faster
asked_twice() {
	[[ $(redeemed) == "6 2 "* ]]
}
lab_wait "the service" "$run/billing.log" asked_twice
shows selfcare__F18_killed__redeemed_once "6 2 40" "$(redeemed)"
shows selfcare__orders__each_with_its_consent "$((before + 6)) 0" "$(ordered) $(in_accounts "SELECT count(*) FROM orders o
	WHERE backend IS NOT NULL AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.ref = o.ref AND c.service = 'redeem')")"
shows selfcare__too_few__its_branch "You do not have 120 points." "$(dial "$who" '*100*7*3#' 1 | grep . | tail -1)"

# others are served while the service is slow
lab_billing_fault '{"slow_ms":1200}'
dial "$who" '*100*7#' >"$run/slow.out" &
slow_pid=$!
sleep 0.2
began=$(date +%s%3N)
dial "$(buyer 2)" '*131#' >/dev/null
took=$(($(date +%s%3N) - began))
wait "$slow_pid"
echo "another subscriber was answered in $took ms meanwhile"
check selfcare__service_is_slow__others_are_served test "$took" -lt 900
shows selfcare__service_is_slow__answer_comes "Redeem points for:" "$(head -1 "$run/slow.out")"
lab_billing_fault '{}'

# a daemon without these backends serves the menu without the pages, and says that an order waits for one of them
# (the service is down until the daemon has stopped: the next attempt may come within a moment)
lab_billing_fault '{"status":503,"only":"redeem"}'
shows selfcare__service_is_down__order_is_accepted "$follows" "$(redeem)"
stop_server
lab_billing_fault '{}'
lab_write_config
lab_start_server
waits_for_backend() {
	grep -q 'an order for "redeem" is not sent: no backend of that name takes orders' "$run/starhashd.log"
}
lab_wait "the order" "$run/starhashd.log" waits_for_backend
shows selfcare__undeclared__order_is_stored accepted "$(order_state "$who")"
check selfcare__undeclared__left_out grep -q 'left out, since their backends are not declared: offers, redeem' "$run/starhashd.log"
check selfcare__undeclared__shown grep -q 'left out.*: offers, redeem' <<<"$(vty 'show menu')"
shows selfcare__undeclared__no_choice 0 "$(dial "$who" '*100#' | grep -c Rewards)"
menu=$source/tests/server/backend/menu.cfg
who=$(subscriber 1)

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
