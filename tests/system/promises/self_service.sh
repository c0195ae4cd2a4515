# shellcheck shell=bash disable=SC2154 # variables come from common.sh and by choose
# SPDX-License-Identifier: AGPL-3.0-or-later
# S1 to S11: what subscribers do by themselves. Sourced by promises_test.sh.

# Prepaid accounts hold money, postpaid ones owe it; the bill total is that of the last month that was billed.
s1_bill_total_and_balance() {
	local holder payer

	choose holder
	choose payer "account = 'postpaid'"
	billing_sets "$holder" $.balance 4321
	billing_sets "$payer" $.owed 6543 $.bill_total 5432
	dial "$holder" '*100*1#'
	says "Balance ¥43.21, valid until"
	dial "$payer" '*100*1#'
	says "Amount due ¥65.43. Bill for $(day %m/%Y -30): ¥54.32."
	text "$holder" YE
	says "Balance ¥43.21, valid until"
	text "$payer" BAL
	says "Amount due ¥65.43. Bill for $(day %m/%Y -30): ¥54.32."
}

# The total first, then what was earned and spent; and points can be redeemed.
s2_points() {
	local dialler texter

	choose dialler
	choose texter
	billing_sets "$dialler" $.points 777
	billing_sets "$texter" $.points 888
	dial "$dialler" '*100*3#'
	says "You have 777 points."
	says "spent"
	dial "$dialler" '*100*7*1#' 1
	says "Redeem 10 points for A cup of tea?"
	says "A cup of tea is yours."
	is "points at billing" 767 "$(billing_knows "$dialler" $.points)"
	text "$texter" JF
	says "You have 888 points."
	says "spent"
	text "$texter" "REDEEM MIN30"
	says "Redeem 25 points for 30 minutes?"
	text "$texter" yes
	says "30 minutes is yours."
	is "points at billing" 863 "$(billing_knows "$texter" $.points)"
}

# Each with price and period before the decision: list, activate, cancel, change.
s3_services() {
	local dialler texter

	choose dialler "account = 'prepaid' AND services NOT LIKE '%CALLID%' AND services NOT LIKE '%DATA%'"
	choose texter "account = 'prepaid' AND services NOT LIKE '%CALLID%' AND services NOT LIKE '%DATA%'"
	dial "$dialler" '*100*4*2*2#' 1
	says "Caller ID, ¥2.00 a month"
	says "Activate Caller ID for ¥2.00 a month?"
	dial "$dialler" '*100*4*2*2*1#' 1
	says "Caller ID is now active: ¥2.00 a month."
	dial "$dialler" '*100*4*1#'
	says "2 Caller ID"
	dial "$dialler" '*100*4*1*2*1#' 1
	says "Cancel Caller ID, ¥2.00 a month?"
	says "Caller ID has been cancelled."
	becomes "billing did" "service-activate CALLID, service-deactivate CALLID" billing_did "$dialler"
	text "$texter" KTDATA1G
	says "Activate 1 GB data for ¥10.00 a month?"
	text "$texter" yes
	says "1 GB data is now active: ¥10.00 a month."
	text "$texter" GHDATA1G
	says "6 5 GB data, ¥30.00 a month"
	text "$texter" 6
	says "Change 1 GB data to 5 GB data for ¥30.00 a month from today? You lose what is left of 1 GB data."
	text "$texter" 1
	says "5 GB data is now active for ¥30.00 a month, in place of 1 GB data."
	text "$texter" 0000
	says "6 5 GB data"
	says_not "1 GB data"
	text "$texter" "STOP DATA5G"
	says "Cancel 5 GB data, ¥30.00 a month?"
	text "$texter" ok
	says "5 GB data ends on $(date -d "$(day %Y-%m-01) 1 month" +%d/%m/%Y)."
	becomes "billing did" "service-activate DATA1G, service-change DATA5G, service-deactivate DATA5G" billing_did "$texter"
}

# The old password authenticates, the new one comes twice and must not be easy to guess; who guesses is locked out.
s4_password() {
	local dialler texter guesser weak

	choose dialler
	choose texter
	choose guesser
	dial "$dialler" '*133#' 246810 "$first" "$first"
	says "Your password has been changed."
	dial "$dialler" "*133*246810*$second*$second#"
	says "Wrong current password."
	for weak in 123456 111111 "${dialler: -6}"; do
		dial "$dialler" '*133#' "$first" "$weak"
		says "Too easy to guess."
	done
	dial "$dialler" "*133*$first*$second*$third#"
	says "The two passwords do not match."
	dial "$dialler" "*133*$first*$second*$second#"
	says "Your password has been changed."
	hears "$dialler" "Your password has been changed. If this was not you, call 10086"
	text "$texter" "XGMM 246810 $first $first"
	says "Your password has been changed."
	text "$texter" "XGMM#246810#$second#$second"
	says "Wrong current password."
	text "$texter" "CPIN $first $second $second"
	says "Your password has been changed."
	dial "$guesser" "*133*$wrong_1*$first*$first#"
	dial "$guesser" "*133*$wrong_2*$first*$first#"
	dial "$guesser" "*133*$wrong_3*$first*$first#"
	says "Your password is locked until"
	hears "$guesser" "Your password is locked until"
	text "$guesser" "SUSPEND 246810"
	says "Your password is locked until"
	is "the guesser's line" active "$(billing_knows "$guesser" $.status)"
}

# Chosen in one month, the first notice comes after the 10th of the next one, with the fees that are on billing's own bill.
s5_information_fees() {
	local dialler texter unbilled month total news who

	choose dialler "account = 'postpaid'"
	choose texter "account = 'postpaid'"
	choose unbilled
	billing_sets "$unbilled" $.billed "'no'"
	dial "$dialler" '*100*4*5*3*1#' 1
	says "From next month on, after the 10th"
	text "$texter" DZXXSF
	says "From next month on, after the 10th"
	dial "$unbilled" '*100*4*5*3*2#' 1
	says "your plan has no bill"
	text "$unbilled" DZXXSF
	says "your plan has no bill"
	days_pass "$(days_until "$(day %Y-%m-12 31)")"
	month=$(day %Y-%m -28)
	for who in "$dialler" "$texter"; do
		billing_sets "$who" $.bill_month "'$month'" $.bill_total 2610 $.bills "json('[{
			\"month\": \"$month\", \"total\": 2610, \"lines\": [ { \"item\": \"rent\", \"amount\": 1800 },
			{ \"item\": \"services\", \"amount\": 300, \"charged_service\": \"NEWS\", \"fee_class\": \"information\" },
			{ \"item\": \"services\", \"amount\": 310, \"charged_service\": \"WEATHER\", \"fee_class\": \"information\" },
			{ \"item\": \"services\", \"amount\": 200, \"charged_service\": \"CALLID\" } ] }]')"
		total=$(information_of "$who" "")
		news=$(information_of "$who" NEWS)
		tell "$who" "{\"event\": \"information_fees\", \"month\": \"$month\", \"total\": $total,
			\"lines\": [ { \"service\": \"NEWS\", \"amount\": $news }, { \"service\": \"WEATHER\", \"amount\": $((total - news)) } ]}"
	done
	hears "$texter" "Information fees in ${month#*-}/${month%-*}: $(yuan "$total") in all. To stop this notice, text QXXXSF."
	says "News $(yuan "$news"), to cancel text STOP News"
	is "notices" 1 "$(heard "$texter" "Information fees in")"
	text "$texter" XXF
	says "$(yuan "$total") in all"
	hears "$dialler" "Information fees in ${month#*-}/${month%-*}: $(yuan "$total") in all."
	dial "$dialler" '*100*4*5*2#'
	says "$(yuan "$total") in all"
	dial "$dialler" '*100*2*1#'
	says "$(yuan 2610) in all"
	text "$texter" QXXXSF
	says "You will get no more information fee notices."
	dial "$dialler" '*100*4*5*3*1#' 2
	says "You will get no more information fee notices."
}

# Information fees on the last bill that billing has: of one service, or of all.
information_of() {
	in_billing "SELECT sum(json_extract(value, '$.amount')) FROM subscriber, json_each(data, '$.bills[0].lines') WHERE msisdn = '$1'
		AND json_extract(value, '$.fee_class') = 'information' AND '$2' IN ('', json_extract(value, '$.charged_service'))"
}

# An order is a request until a fresh yes: silence, another answer and a dialled path do not count as one; also for orders of partners and shops, and
# with a one-time code over a link that is not trusted.
s6_second_confirmation() {
	local dialler silent texter foreigner without="account = 'prepaid' AND services NOT LIKE '%CALLID%'"

	choose dialler "$without"
	choose silent "$without"
	choose texter "$without"
	choose foreigner "$without"
	dial "$silent" '*100*4*2*2*1*1#'
	says "Activate Caller ID for ¥2.00 a month?"
	dial "$dialler" '*100*4*2*2*1#' 2
	says "Caller ID was not activated. You have not been charged."
	is "billing did" nothing "$(billing_did "$dialler")"
	dial "$dialler" '*100*4*2*2*1#' 1
	says "Caller ID is now active"
	becomes "billing did" "service-activate CALLID" billing_did "$dialler"
	text "$texter" KTCALLID
	says "Activate Caller ID for ¥2.00 a month?"
	text "$texter" "why"
	says "Caller ID was not activated. You have not been charged."
	is "billing did" nothing "$(billing_did "$texter")"
	not_trusted "$foreigner"
	partners_and_shops "$texter"
	pushed_page
	dial "$silent" '*100*4*1#'
	says_not "Caller ID"
	is "billing did" nothing "$(billing_did "$silent")"
}

# Over a link whose senders nobody vouches for, a yes is not enough.
not_trusted() {
	local who=$1 code

	stop_server
	serve read
	text "$who" KTCALLID
	says "Activate Caller ID for ¥2.00 a month?"
	says "To confirm, reply "
	text "$who" yes
	says "That is not the code we sent."
	is "billing did" nothing "$(billing_did "$who")"
	code=$(sed -n 's/.*To confirm, reply \([0-9]*\) .*/\1/p' <<<"$pages")
	codes+=("$code")
	text "$who" "$code"
	says "Caller ID is now active"
	becomes "billing did" "service-activate CALLID" billing_did "$who"
	stop_server
	serve
}

# Usage: door METHOD PATH [BODY]
door() {
	curl -sS --max-time 20 -X "$1" -H 'Content-Type: application/json' ${3+-d "$3"} --unix-socket "$run/door" "http://local$2"
}

# A partner asks for an order of Caller ID, a shop for a code, or a system for a page. Usage: asks orders|codes|push ID MSISDN [MORE]
asks() {
	door POST "/v1/$1" "{\"id\": \"$2\", \"number\": \"$3\", \"service\": \"CALLID\"${4-}}" >"$run/asked"
}

state_at_door() {
	door GET "$1" | sed -n 's/^[^{]*{[^{]*"state":"\([a-z_]*\)".*/\1/p'
}

partners_and_shops() {
	local refuser=$1 buyer shopper silent code

	choose buyer "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	choose shopper "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	choose silent "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	asks orders p1 "$buyer" ', "provider": "SINA"'
	asks orders p2 "$refuser"
	asks orders p3 "$silent"
	hears "$buyer" "SINA asks: activate Caller ID for ¥2.00 a month?"
	text "$buyer" 1
	says "Caller ID is now active"
	hears "$refuser" "A partner asks: activate Caller ID for ¥2.00 a month?"
	text "$refuser" "what is that"
	says "Caller ID was not ordered. You have not been charged."
	hears "$silent" "A partner asks: activate Caller ID for ¥2.00 a month?"
	becomes "the partner hears" yes state_at_door /v1/orders/p1
	becomes "the partner hears" no state_at_door /v1/orders/p2
	is "the partner hears" asked "$(state_at_door /v1/orders/p3)"
	becomes "billing did" "service-activate CALLID" billing_did "$buyer"
	is "billing did" nothing "$(billing_did "$refuser")"
	is "billing did" nothing "$(billing_did "$silent")"
	is "consent" "SINA asks: activate Caller ID for ¥2.00 a month?" \
		"$(in_accounts "SELECT substr(shown, 1, 48) FROM consent WHERE msisdn = $buyer")"
	asks codes c1 "$shopper" ', "shown": "Caller ID, 2.00 a month"'
	hears "$shopper" "Your code for Caller ID, ¥2.00 a month"
	code=$(sed -n 's/^Your code for .*: \([0-9]\{6\}\), .*/\1/p' <<<"$pages")
	codes+=("$code")
	is "billing did" nothing "$(billing_did "$shopper")"
	door POST /v1/codes/c1 "{\"code\": \"$code\"}" >"$run/asked"
	becomes "billing did" "service-activate CALLID" billing_did "$shopper"
	is "consent" "Caller ID, 2.00 a month by web:local" \
		"$(in_accounts "SELECT shown || ' by ' || channel FROM consent WHERE msisdn = $shopper")"
}

# An offer that is pushed orders nothing, and does not come to subscribers who stopped offers.
pushed_page() {
	local who

	choose who "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	asks push o1 "$who" ', "page": "offer"'
	hears "$who" "Caller ID, ¥2.00 a month"
	text "$who" QXYXDX
	says "You will get no more offers."
	asks push o2 "$who" ', "page": "offer"'
	becomes "the second push" not_wanted state_at_door /v1/push/o2
	is "billing did" nothing "$(billing_did "$who")"
}

# Without a yes a trial ends and costs nothing; the question comes in time.
s7_trials_end() {
	local dialler texter keeper without="account = 'prepaid' AND services NOT LIKE '%NEWS%'"

	choose dialler "$without"
	choose texter "$without"
	choose keeper "$without"
	dial "$dialler" '*100*4*2*7*1#' 1
	says "Try News free for 30 days? It then stops, unless you choose to keep it for ¥3.00 a month."
	says "News is free from $(day %d/%m/%Y) to $(day %d/%m/%Y 29)."
	for who in "$texter" "$keeper"; do
		text "$who" KTNEWS
		says "Try News free of charge for 30 days? It then stops, unless you choose to keep it for ¥3.00 a month."
		text "$who" yes
		says "News is free from $(day %d/%m/%Y)"
	done
	days_pass 26
	for who in "$dialler" "$texter" "$keeper"; do
		hears "$who" "Your free trial of News ends on $(day %d/%m/%Y 3). Keep it for ¥3.00 a month from then on?"
	done
	text "$texter" no
	says "OK, News ends with the trial. You will not be charged."
	text "$keeper" yes
	says "News continues from $(day %d/%m/%Y 4) at ¥3.00 a month."
	days_pass 4
	hears "$dialler" "Your trial of News has ended. You were not charged."
	hears "$texter" "Your trial of News has ended. You were not charged."
	becomes "billing did" "service-activate NEWS, service-deactivate NEWS" billing_did "$texter"
	becomes "billing did" "service-activate NEWS, trial-accept NEWS" billing_did "$keeper"
	text "$keeper" SERVICES
	says "7 News"
	says_not "on trial"
	dial "$dialler" '*100*4*1#'
	says "Your services:"
	says_not "News"
	becomes "billing did" "service-activate NEWS, service-deactivate NEWS" billing_did "$dialler"
}

# The first purchase of a day by text is followed by its fee, and each one whose fee was not shown.
s8_fee_of_a_purchase() {
	local who

	choose who
	billing_sets "$who" $.balance 5000
	tell "$who" '{"event": "purchase", "service": "NEWS", "amount": 201, "purchased_by": "sms"}'
	hears "$who" "You were charged ¥2.01 on $(day %d/%m/%Y) for News, ordered by text."
	tell "$who" '{"event": "purchase", "service": "NEWS", "amount": 202, "purchased_by": "sms"}'
	tell "$who" '{"event": "purchase", "service": "WEATHER", "amount": 203, "purchased_by": "web"}'
	tell "$who" '{"event": "purchase", "service": "WEATHER", "amount": 204, "purchased_by": "web", "fee_shown": "yes"}'
	tell "$who" '{"event": "purchase", "service": "WEATHER", "amount": 205, "purchased_by": "wap"}'
	hears "$who" "You were charged ¥2.05"
	is "notices" 3 "$(heard "$who" "You were charged")"
	dial "$who" '*100*1#'
	says "Balance ¥39.85"
	dial "$who" '*100*4*5*1#'
	says "Purchase notice: sent"
}

# The amount below which a prepaid subscriber is warned is their own choice; validity and suspension are announced a day before, or more.
s9_reminders() {
	local holder dialler payer

	choose holder
	choose dialler
	choose payer "account = 'postpaid'"
	text "$holder" "YETX 10"
	says "We will text you when your balance falls below ¥10.00, free of charge."
	dial "$dialler" '*100*4*5*3*1#' 3 20
	says "We will text you when your balance falls below ¥20.00, free of charge."
	falls_to "$holder" 1500
	falls_to "$dialler" 1500
	hears "$dialler" "Your balance is ¥15.00, below ¥20.00."
	falls_to "$holder" 999
	hears "$holder" "Your balance is ¥9.99, below ¥10.00."
	falls_to "$holder" 998
	tell "$holder" '{"event": "payment", "amount": 5000}'
	falls_to "$holder" 500
	hears "$holder" "Your balance is ¥5.00"
	is "alerts until and after a payment" 2 "$(heard "$holder" "Your balance is")"
	billing_sets "$holder" $.balance 5999
	tell "$holder" "{\"event\": \"validity_ending\", \"valid_until\": \"$(day %Y-%m-%d 2)\", \"balance\": 5999}"
	hears "$holder" "Your balance of ¥59.99 is valid until $(day %d/%m/%Y 2)."
	billing_sets "$payer" $.owed 10400
	tell "$payer" "{\"event\": \"suspension_planned\", \"owed\": 10400, \"pay_by\": \"$(day %Y-%m-%d 2)\",
		\"bill_month\": \"$(month %Y-%m -1)\", \"bill_total\": 9900}"
	hears "$payer" "Your bill for $(month %m/%Y -1) is ¥99.00. Still to pay: ¥104.00. Please pay by $(day %d/%m/%Y 2), or your line"
	dial "$payer" '*100*4*5*1#'
	says "Payment reminder: sent"
}

# Usage: falls_to MSISDN FEN: the balance, and billing reports it
falls_to() {
	billing_sets "$1" $.balance "$2"
	tell "$1" "{\"event\": \"balance_low\", \"balance\": $2}"
}

# The last five months without the current one, the lines of a bill in plain words, and what each is.
s10_bills() {
	local payer prepaid unbilled n bills='' between=''

	choose payer "account = 'postpaid'"
	choose prepaid
	for n in 0 1 2 3 4 5 6; do
		bills+="$between{\"month\": \"$(month %Y-%m "-$n")\", \"total\": $((1000 + n)), \"lines\": [{\"item\": \"rent\", \"amount\": 900},
			{\"item\": \"calls\", \"amount\": $((100 + n))}]}"
		between=,
	done
	billing_sets "$payer" $.bills "json('[$bills]')" $.bill_month "'$(month %Y-%m -1)'" $.bill_total 1001
	dial "$payer" '*100*2#'
	five_bills
	dial "$payer" '*100*2*1#'
	says "Bill for $(month %m/%Y -1), ¥10.01 in all"
	dial "$payer" '*100*2*1*2#'
	says "Calls, ¥1.01: calls not included in your plan, per minute or part of a minute."
	text "$payer" HF
	five_bills
	text "$payer" "HF $(month %Y%m -3)"
	says "Bill for $(month %m/%Y -3), ¥10.03 in all"
	says "2 Calls ¥1.03"
	text "$payer" 2
	says "calls not included in your plan"
	dial "$payer" '*100*2*1*2*2#'
	says "Each call, text and charge of the last six months:"
	text "$payer" XD
	says "Each call, text and charge of the last six months:"
	dial "$prepaid" '*100#'
	says "3 Points"
	says_not "Bills"
	choose unbilled
	billing_sets "$unbilled" $.billed "'no'" $.balance 4321
	dial "$unbilled" '*131#'
	says "Balance ¥43.21"
	text "$unbilled" HF
	says "You get no monthly bill. Balance ¥43.21."
}

# Usage: month FORMAT MONTHS, from the current one on
month() {
	date -d "$(day %Y-%m-15) $2 months" "+$1"
}

five_bills() {
	local n

	for n in 1 2 3 4 5; do
		says "$n $(month %m/%Y "-$n") ¥10.0$n"
	done
	says_not "$(month %m/%Y 0)"
	says_not "$(month %m/%Y -6)"
}

# A lost phone: with the service password, at once.
s11_suspend_and_resume() {
	local dialler texter

	choose dialler
	choose texter
	dial "$dialler" '*100*6*4#' "$wrong_1"
	says "Wrong password."
	is "status at billing" active "$(billing_knows "$dialler" $.status)"
	dial "$dialler" '*100*6*4#' 246810
	says "Your line is suspended."
	becomes "status at billing" suspended billing_knows "$dialler" $.status
	dial "$dialler" '*100*6*5#' 246810
	says "Your line is active again."
	becomes "status at billing" active billing_knows "$dialler" $.status
	text "$texter" "GS $wrong_1"
	says "Wrong password."
	text "$texter" "TJ#246810"
	says "Your line is suspended."
	becomes "status at billing" suspended billing_knows "$texter" $.status
	text "$texter" "FJ 246810"
	says "Your line is active again."
	becomes "status at billing" active billing_knows "$texter" $.status
}
