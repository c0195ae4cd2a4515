#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What subscribers are promised to hear before it costs them money (S5, S6, S8, S9), from end to end: dialled through Debian's osmo-hlr,
# texted through the npm package "smpp" as the SMSC, with the sample billing behind, whose figures the texts must have. Skipped without them.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/system/billing_common.sh
. "$source/tests/system/billing_common.sh"
for program in osmo-hlr osmo-hlr-db-tool sqlite3 curl; do
	command -v "$program" >/dev/null || exit 77
done
# shellcheck source=tests/system/smsc_common.sh
. "$source/tests/system/smsc_common.sh"

# ---- the lab ----

serve() {
	lab_write_config "$(lab_billing_config)" "sms = { addresses = \"127.0.0.1:$port\"; numbers = \"10086\"; trust = \"order\"; };" \
		"gsup = { address = \"$address\"; };" "door = { socket = \"$run/door\"; };"
	bin=$run/bin lab_start_server
	lab_wait "the link to osmo-hlr" "$run/starhashd.log" lab_attached
}

# The daemon's clock is at that time from now on. Usage: clock_at TIME
clock_at() {
	truncate -s $(($(date -d "$1" +%s) - $(date +%s))) "$run/ahead"
}

# How many texts to a subscriber begin so. Usage: texts MSISDN TEXT
texts() {
	grep -cF "$1 $2" "$run/record" || true
}

# The subscriber texts and is answered. Usage: text MSISDN WORDS ANSWER
text() {
	echo "$1|$2=$3" >"$run/talks"
	kill -HUP "$smsc_pid"
	await_text "$1" "$3"
}

# The page that a dialled code shows. Usage: dialled MSISDN CODE [INPUT...]
dialled() {
	local who=$1

	shift
	printf '%s\n' "$@" | lab_hlr_phone "$who" 2>&1
}

# Billing tells of an event. Usage: tell MSISDN JSON
tell() {
	curl -sS --fail -o /dev/null -d "$2" "http://$address:8085/v1/subscribers/$1/events"
}

# As it is shown. Usage: yuan FEN
yuan() {
	printf '¥%d.%02d' $(($1 / 100)) $(($1 % 100))
}

# ---- S5 ----

# Ordered on the 5th of a month, the first notice comes after the 10th of the next one, with the fees on billing's own bill.
information_fees() {
	local month total news now

	month=$(date -d "$(date +%Y-%m-15) + 1 month" +%Y-%m)
	text "$payer" DZXXSF "From next month on, after the 10th"
	in_billing "UPDATE subscriber SET data = json_set(data, '\$.bill_month', '$month', '\$.bill_total', 2610, '\$.bills', json('[{
		\"month\": \"$month\", \"total\": 2610, \"lines\": [ { \"item\": \"rent\", \"amount\": 1800 },
		{ \"item\": \"services\", \"amount\": 300, \"charged_service\": \"NEWS\", \"fee_class\": \"information\" },
		{ \"item\": \"services\", \"amount\": 310, \"charged_service\": \"WEATHER\", \"fee_class\": \"information\" },
		{ \"item\": \"services\", \"amount\": 200, \"charged_service\": \"CALLID\" } ] }]')) WHERE msisdn = '$payer'"
	total=$(in_billing "SELECT sum(json_extract(value, '\$.amount')) FROM subscriber, json_each(data, '\$.bills[0].lines')
		WHERE msisdn = '$payer' AND json_extract(value, '\$.fee_class') = 'information'")
	news=$(in_billing "SELECT json_extract(value, '\$.amount') FROM subscriber, json_each(data, '\$.bills[0].lines')
		WHERE msisdn = '$payer' AND json_extract(value, '\$.charged_service') = 'NEWS'")
	stop_server
	clock_at "$month-12 + 1 month 10:00"
	serve
	vty 'clock accept' >/dev/null
	tell "$payer" "{\"event\": \"information_fees\", \"month\": \"$month\", \"total\": $total,
		\"lines\": [ { \"service\": \"NEWS\", \"amount\": $news }, { \"service\": \"WEATHER\", \"amount\": $((total - news)) } ]}"
	await_text "$payer" "Information fees in ${month#*-}/${month%-*}: $(yuan "$total") in all."
	shows S5__text__once 1 "$(texts "$payer" "Information fees in")"
	check S5__text__each_service grep -qF "News $(yuan "$news")" "$run/record"
	now=$(dialled "$payer" '*100*4*5*2#')
	check S5__dialled__the_same_sum grep -qF "$(yuan "$total")" <<<"$now"
	check S5__dialled__the_bill_has_it grep -qF "$(yuan 2610)" <<<"$(dialled "$payer" '*100*2#')"
	text "$payer" QXXXSF "You will get no more information fee notices."
}

# ---- S8 ----

purchases() {
	tell "$user" '{"event": "purchase", "service": "NEWS", "amount": 201, "purchased_by": "sms"}'
	await_text "$user" "You were charged $(yuan 201)"
	tell "$user" '{"event": "purchase", "service": "NEWS", "amount": 202, "purchased_by": "sms"}'
	tell "$user" '{"event": "purchase", "service": "WEATHER", "amount": 203, "purchased_by": "web"}'
	tell "$user" '{"event": "purchase", "service": "WEATHER", "amount": 204, "purchased_by": "web", "fee_shown": "yes"}'
	tell "$user" '{"event": "purchase", "service": "WEATHER", "amount": 205, "purchased_by": "wap"}'
	await_text "$user" "You were charged $(yuan 205)"
	shows S8__purchases__the_first_by_text_and_those_without_a_fee 3 "$(texts "$user" "You were charged")"
	check S8__dialled__the_balance_that_billing_has grep -qF "$(yuan "$(in_billing "SELECT json_extract(data, '\$.balance')
		FROM subscriber WHERE msisdn = '$user'")")" <<<"$(dialled "$user" '*100*1#')"
}

# ---- S9 ----

warnings() {
	local today

	today=$(date -d "@$(($(date +%s) + $(stat -c %s "$run/ahead")))" +%Y-%m-%d)
	text "$user" "YETX 10" "We will"
	billing_has "$user" 999
	tell "$user" '{"event": "balance_low", "balance": 999}'
	await_text "$user" "Your balance is $(yuan 999)"
	tell "$user" '{"event": "balance_low", "balance": 998}'
	tell "$user" '{"event": "payment", "amount": 5000}'
	tell "$user" '{"event": "validity_ending", "valid_until": "'"$(date -d "$today + 2 days" +%Y-%m-%d)"'", "balance": 5999}'
	await_text "$user" "Your balance of $(yuan 5999)"
	billing_has "$user" 500
	tell "$user" '{"event": "balance_low", "balance": 500}'
	await_text "$user" "Your balance is $(yuan 500)"
	shows S9__low_balance__once_until_a_payment 2 "$(texts "$user" "Your balance is")"
	tell "$payer" '{"event": "suspension_planned", "owed": 10400, "pay_by": "'"$(date -d "$today + 2 days" +%Y-%m-%d)"'"}'
	await_text "$payer" "Still to pay: $(yuan 10400)"
	check S9__dialled__listed_as_sent grep -q "Payment reminder: sent" <<<"$(dialled "$payer" '*100*4*5*1#')"
}

# ---- S6 ----

# Usage: door METHOD PATH [BODY]
door() {
	curl -sS --max-time 20 -X "$1" -H 'Content-Type: application/json' ${3+-d "$3"} --unix-socket "$run/door" "http://local$2"
}

# Usage: answer_is STATE PATH
answer_is() {
	grep -q "\"state\":\"$1\"" <<<"$(door GET "$2")"
}

order_is_done() {
	grep -q '"order":"completed"' <<<"$(door GET "$1")"
}

# A partner asks three subscribers: only the yes becomes an order, at the price that was asked about.
partner_asks() {
	local first=$1 second=$2 third=$3

	door POST /v1/orders "{\"id\": \"p1\", \"number\": \"$first\", \"service\": \"CALLID\", \"provider\": \"SINA\"}" >"$run/asked"
	door POST /v1/orders "{\"id\": \"p2\", \"number\": \"$second\", \"service\": \"CALLID\"}" >"$run/asked"
	door POST /v1/orders "{\"id\": \"p3\", \"number\": \"$third\", \"service\": \"CALLID\"}" >"$run/asked"
	await_text "$first" "SINA asks: activate Caller ID for $(yuan 200) a month?"
	await_text "$second" "A partner asks: activate Caller ID for $(yuan 200) a month?"
	await_text "$third" "A partner asks: activate Caller ID for $(yuan 200) a month?"
	text "$first" 1 "Caller ID is now active"
	text "$second" "what is that" "Caller ID was not ordered. You have not been charged."
	lab_wait "the yes" "$run/starhashd.log" order_is_done /v1/orders/p1
	check S6_partner__yes__known_to_the_partner answer_is yes /v1/orders/p1
	check S6_partner__other_answer__a_no answer_is no /v1/orders/p2
	check S6_partner__no_answer__still_asked answer_is asked /v1/orders/p3
	shows S6_partner__yes__billing_has_it_once "1 ordered, 1 done" "$(effects "$first")"
	shows S6_partner__no__billing_has_nothing "0 ordered, 0 done" "$(effects "$second")"
	shows S6_partner__no_answer__billing_has_nothing "0 ordered, 0 done" "$(effects "$third")"
	shows S6_partner__consent__to_what_was_asked 1 "$(in_accounts "SELECT count(*) FROM consent WHERE msisdn = $first
		AND shown LIKE 'SINA asks: activate Caller ID for %2.00 a month?%' AND channel = 'sms'")"
	check S6_partner__dialled__the_service_is_there grep -q "Caller ID" <<<"$(dialled "$first" '*100*4*1#')"
}

# The customer of a web shop enters the code that was texted.
shop_asks() {
	local who=$1 code

	door POST /v1/codes "{\"id\": \"c1\", \"number\": \"$who\", \"service\": \"CALLID\", \"shown\": \"Caller ID, 2.00 a month\"}" >"$run/asked"
	await_text "$who" "Your code for Caller ID, $(yuan 200) a month"
	shows S6_shop__before_the_code__nothing_ordered "0 ordered, 0 done" "$(effects "$who")"
	code=$(sed -n "s/^$who Your code for .*: \([0-9]\{6\}\), .*/\1/p" "$run/record")
	check S6_shop__right_code__ordered grep -q '"state":"yes"' <<<"$(door POST /v1/codes/c1 "{\"code\": \"$code\"}")"
	lab_wait "the order" "$run/starhashd.log" order_is_done /v1/codes/c1
	shows S6_shop__code__billing_has_it_once "1 ordered, 1 done" "$(effects "$who")"
	shows S6_shop__consent__to_what_the_shop_showed "Caller ID, 2.00 a month|web:local" \
		"$(in_accounts "SELECT shown, channel FROM consent WHERE msisdn = $who")"
	check S6_shop__dialled__the_service_is_there grep -q "Caller ID" <<<"$(dialled "$who" '*100*4*1#')"
}

# A page that is pushed is a message like others: sent, and not to subscribers who stopped such messages.
page_is_pushed() {
	local who=$1 push="{\"id\": \"o1\", \"number\": \"$1\", \"page\": \"offer\", \"service\": \"CALLID\"}"

	door POST /v1/push "$push" >"$run/asked"
	await_text "$who" "Caller ID, $(yuan 200) a month"
	lab_wait "the page's state" "$run/starhashd.log" answer_is sent /v1/push/o1
	text "$who" QXYXDX "You will get no more offers."
	check push__stopped__not_wanted grep -q '"state":"not_wanted"' <<<"$(door POST /v1/push "${push/o1/o2}")"
	shows push__nothing_is_ordered "0 ordered, 0 done" "$(effects "$who")"
}

stop_server() {
	kill "$server_pid"
	wait "$server_pid" || true
}

system_open
make_clock || exit 77
menu=$source/menus/selfcare/menu.cfg
payer=$(in_accounts "SELECT msisdn FROM subscriber WHERE account = 'postpaid' AND language = 'en' AND status = 'active' LIMIT 1")
user=$(subscriber 2)
lab_start_hlr
start_smsc
clock_at "$(date +%Y-%m-05) + 1 month 09:00"
"$bin/starhash-data" export "$accounts" >"$run/billing.jsonl"
CLOCK_AHEAD=$run/ahead LD_PRELOAD=$run/clock_shim.so lab_start_billing --events-url "unix:$run/door"
serve
information_fees
purchases
warnings
partner_asks "$(buyer 5)" "$(buyer 6)" "$(buyer 7)"
shop_asks "$(buyer 8)"
page_is_pushed "$(buyer 9)"
system_end
