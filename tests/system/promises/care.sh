# shellcheck shell=bash disable=SC2154 # variables come from common.sh and by choose
# SPDX-License-Identifier: AGPL-3.0-or-later
# S12 to S20: what subscribers report and ask, and how they are treated. Sourced by promises_test.sh.

# A number at once, the first answer within 48 hours, the state at any time; an answer that is late is seen.
s12_complaints() {
	local dialler texter

	choose dialler
	choose texter
	dial "$dialler" '*100*6*3*1#' "The music plays at night"
	says_ticket complaint "$dialler"
	says "We answer by $(day '%d/%m' 2) "
	text "$texter" "SUGGEST Longer opening hours"
	says_ticket suggestion "$texter"
	says "We answer by $(day '%d/%m' 2) "
	staff "$dialler" answer "The music was switched off."
	hears "$dialler" "Report $(ticket_of "$dialler"): The music was switched off."
	text "$dialler" "Yes."
	says "Thank you. Report $(ticket_of "$dialler") is closed."
	dial "$dialler" "*135*$(ticket_of "$dialler")#"
	says "$(ticket_of "$dialler"), Complaint, $(day %d/%m)"
	says ": closed"
	text "$texter" "STATUS $(ticket_of "$texter")"
	says ": open. We answer by $(day '%d/%m' 2) "
	days_pass 3
	becomes "the alarm" 1 late_alarms
	late=$((late + 1))
	is "late" 1 "$(data tickets "$accounts" "$texter" | grep -c 'LATE since')"
	staff "$texter" interim "We are thinking about it."
	hears "$texter" "Report $(ticket_of "$texter"): We are thinking about it."
	days_pass 1
	staff "$texter" answer "From Monday on."
	hears "$texter" "Report $(ticket_of "$texter"): From Monday on."
	is "late" 0 "$(data tickets "$accounts" "$texter" | grep -c 'LATE since')"
}

late=0	# first answers

late_alarms() {
	vty 'show alarm-states' | grep -c '^ *tickets:late *[^ -]' || true
}

# SENDER*CONTENT to a number of its own: thanked and recorded, whatever the message says.
s13_nuisance_message() {
	local who

	choose who
	text "$who" '10690001*STOP NEWS now or win a prize' 10086999
	says_ticket nuisance "$who"
	says "Thank you."
	is "its sender is recorded" 1 "$(in_accounts "SELECT instr(facts, CAST('10690001' AS BLOB)) > 0 FROM ticket WHERE msisdn = $who")"
	is "billing did" nothing "$(billing_did "$who")"
	text "$who" 'SPAM LOANS-R-US call me'
	says_ticket nuisance "$who"
	dial "$who" '*100*6*3*5#'
	says "$(ticket_of "$who") Nuisance message: open"
}

# To a number of its own, or by the menu with kind and place; staff confirm and answer.
s14_network_problem() {
	local dialler texter

	choose dialler
	choose texter
	dial "$dialler" '*100*6*3*3*2#' "Park Road 7" "Calls drop each morning"
	says_ticket network "$dialler"
	is "recorded" "place: Park Road 7, problem: dropped" "$(ticket_facts "$dialler" place problem)"
	text "$texter" "no signal in Park Road since Monday" 10086120
	says_ticket network "$texter"
	staff "$dialler" confirm
	staff "$texter" confirm
	dial "$dialler" '*100*6*3*5#'
	says "Network problem: confirmed"
	staff "$texter" answer "A new mast is being built."
	hears "$texter" "Report $(ticket_of "$texter"): A new mast is being built."
	is "tickets" "network closed" "$(tickets "$texter")"
}

# What a service does, what it costs and how to use it; also for a number that has no account.
s15_service_information() {
	local who stranger=13900000001

	choose who
	sqlite3 "$run/hlr.db" "INSERT INTO subscriber (imsi, msisdn) VALUES ('001019999999999', '$stranger')"
	dial "$stranger" '*100*6*2*7#'
	says "手机报"
	says "3.00元"
	dial "$who" '*100*6*2*7#'
	says "News, ¥3.00 a month: the day's news by text at 7 a.m."
	text "$who" JSCALLID
	says "Caller ID, ¥2.00 a month: shows who is calling. Activate it under 4 Services."
}

# One wrong, double back: staff decide, billing carries out both, the subscriber hears of it; or why not.
s16_billing_dispute() {
	local dialler texter refused

	choose dialler "account = 'postpaid'"
	choose texter
	choose refused
	billing_sets "$dialler" $.owed 5000
	billing_sets "$texter" $.balance 5000
	dial "$dialler" '*100*2*1*2*1*2#' "The calls cost too much"
	says_ticket dispute "$dialler"
	is "recorded" "cause: tariff, item: calls" "$(ticket_facts "$dialler" cause item)"
	staff "$dialler" grant "Sorry, our mistake." --amount 300 --form credit --equal credit
	hears "$dialler" "our mistake. You get ¥3.00 back to your account, and as much again to your account."
	becomes "billing did" "refund, compensation" billing_did "$dialler"
	is "owed at billing" 4400 "$(billing_knows "$dialler" $.owed)"
	text "$texter" "DISPUTE In March I paid ¥3 for News that I never ordered"
	says_ticket dispute "$texter"
	staff "$texter" grant "You are right." --amount 300 --form credit --equal voucher --month "$(day %Y-%m)"
	hears "$texter" "You get ¥3.00 back to your account, and as much again as a voucher."
	becomes "billing did" "refund, compensation" billing_did "$texter"
	is "balance at billing" 5300 "$(billing_knows "$texter" $.balance)"
	text "$refused" "FYCY In April I paid ¥3 for News"
	says_ticket dispute "$refused"
	staff "$refused" decline "You ordered it on 2 April." --reason correct
	hears "$refused" "we cannot give this back, since the charge is correct. You ordered it on 2 April."
}

# One question of one digit after a service, for those who are asked; only the figures are stored.
s17_survey() {
	local dialler texter without="account = 'prepaid' AND services NOT LIKE '%CALLID%'"

	choose dialler "$without"
	choose texter "$without"
	stop_server
	serve password "survey_percent = 100;"
	dial "$dialler" '*100*4*2*2*1#' 1 4
	says "Caller ID is now active"
	says "How satisfied are you? Reply 1 (not at all) to 5 (very)."
	says "Thank you for your answer."
	becomes "answers" 4/activate/1 survey_answers gsup
	text "$texter" KTCALLID
	says "Activate Caller ID"
	text "$texter" yes
	says "How satisfied are you? Reply 1 (not at all) to 5 (very)."
	text "$texter" 5
	says "Thank you for your answer."
	becomes "answers" 5/activate/1 survey_answers sms
	stop_server
	serve
}

# Usage: survey_answers CHANNEL
survey_answers() {
	in_accounts "SELECT group_concat(score || '/' || about || '/' || count) FROM survey WHERE score > 0 AND channel = '$1'"
}

# What is stored about me, and its deletion, which staff carry out; what the law makes us keep is named.
s18_my_data() {
	local dialler texter

	choose dialler
	choose texter
	dial "$dialler" '*100*6*6#' 98 2 98 98
	says "$dialler, prepaid, active"
	says "Records we keep:"
	says "retained by law for 1825 days"
	dial "$dialler" '*100*6*6*2#' 2
	says "so that you can look them up and dispute a charge"
	says "nobody else gets them"
	data show "$accounts" "$dialler" >/dev/null
	dial "$dialler" '*100*6*6*3#'
	says "looked at your data"
	dial "$dialler" '*100*6*7#' 1
	says "Delete your data? The law makes us keep your orders, reports and confirmations for some time."
	says_ticket deletion "$dialler"
	says "By $(day '%d/%m' 2) "
	text "$texter" MYDATA
	says "$texter, prepaid, active"
	text "$texter" 2
	says "Bills: 6"
	text "$texter" 1
	says "to run your line and to charge for it"
	text "$texter" "DELETE MY DATA"
	says "Delete your data?"
	text "$texter" yes
	says_ticket deletion "$texter"
	is "points before the deletion" yes "$(in_accounts "SELECT iif(count(*), 'yes', 'no') FROM points_entry WHERE msisdn = $texter")"
	staff "$texter" answer "Points and bills were deleted."
	hears "$texter" "Report $(ticket_of "$texter"): Points and bills were deleted."
	data purge "$accounts" --number "$texter" --keep-legal >"$run/purged"
	is "points after the deletion" no "$(in_accounts "SELECT iif(count(*), 'yes', 'no') FROM points_entry WHERE msisdn = $texter")"
}

# "Agent" at any point: a ticket with the dialog so far, and the hotline's number.
s19_a_human() {
	local dialler texter

	choose dialler
	choose texter
	dial "$dialler" '*100*4*1#' '*'
	says_ticket agent "$dialler"
	says "We will call you by $(day '%d/%m' 2) "
	says "Or call 10086 now, free of charge."
	is "the dialog so far" 1 "$(ticket_shows "$dialler" | grep -c 'My account > 4 Services > 1 My services')"
	text "$texter" YE
	says "Balance"
	text "$texter" '*'
	says_ticket agent "$texter"
	says "Or call 10086 now, free of charge."
	text "$texter" RG
	says "We will call you, report $(ticket_of "$texter")."
	is "tickets" "agent open" "$(tickets "$texter")"
}

# Nothing is asked twice, a dropped dialog can be taken up again, and there are short cuts.
s20_one_stop() {
	local dialler texter

	choose dialler "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	choose texter "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	dial "$dialler" '*100*4*2*2#'
	says "Caller ID, ¥2.00 a month"
	says_not "My account"
	dial "$dialler" '*100*4#' 2
	says "2 Caller ID"
	within 10 grep -q '"path":\["services","offered"\].*"outcome":"silence"' "$run/journal" || true
	dial "$dialler" '*100#' 1 2
	says "Continue where you left off?"
	says "Available to you:"
	says "Caller ID, ¥2.00 a month"
	text "$texter" "ＫＴ　callid。"
	says "Activate Caller ID"
	stop_server
	serve
	text "$texter" "yes"
	says "Caller ID is now active"
	becomes "billing did" "service-activate CALLID" billing_did "$texter"
	text "$texter" "XGMM 246810"
	says "New password, 6 digits:"
	says_not "Current password"
}
