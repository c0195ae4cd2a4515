# shellcheck shell=bash disable=SC2154 # variables come from common.sh and by choose
# SPDX-License-Identifier: AGPL-3.0-or-later
# O1 to O5: the operator's side. Sourced by promises_test.sh.

trace() {
	data trace "$accounts" "$1" --journal "$run/journal" --journal-key "$run/journal.key"
}

# Who, when, over which link, what was shown, how it ended: of every dial and text; what was agreed to has a record of its own.
o1_every_request_is_recorded() {
	local who found

	choose who "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	dial "$who" '*100#' 1
	text "$who" KTCALLID
	text "$who" yes
	within 6 nobody_talks || true
	pages=''
	found=$(trace "$who")
	is "a dial" 1 "$(grep -c "$(day %Y-%m-%d) .* UTC  gsup  \*100#  silence$" <<<"$found")"
	is "its pages" 1 "$(grep -c 'pages: home ([0-9]* ms), balance ([0-9]* ms)' <<<"$found")"
	is "a text" 1 "$(grep -c "$(day %Y-%m-%d) .* UTC  sms  10086  done$" <<<"$found")"
	is "its order" 1 "$(data orders "$accounts" "$(sed -n 's/^ *order //p' <<<"$found")" | grep -c "$who.*CALLID")"
	is "consent" "Activate Caller ID for ¥2.00 a month?: yes by sms" "$(in_accounts "SELECT
		shown || ': ' || answered || ' by ' || channel FROM consent WHERE msisdn = $who")"
	is "seal of all consents" yes "$(data check "$accounts" >"$run/checked" && echo yes)"
	stop_server
	is "records of dials" "$dials" "$(grep -c '"channel":"gsup"' "$run/journal")"
	is "inputs by text" "$texts" "$(sed -n 's/.*"channel":"sms".*"turns":\([0-9]*\).*/\1/p' "$run/journal" | added_up)"
	serve
}

nobody_talks() {
	[[ $(vty 'show links') == *"gsup: "*" 0 dialogs"* ]]
}

added_up() {
	awk -F, '{ n += $NF } END { print n + 0 }'
}

# The months of this run, as yyyy-mm.
months_played() {
	local month=$first_month

	while [[ ! $month > $(day %Y-%m) ]]; do
		echo "$month"
		month=$(date -d "$month-15 1 month" +%Y-%m)
	done
}

# A figure of the reports on these months, added up. Usage: figure SECTION NAME FIGURE
figure() {
	grep -F "$1,\"$2\",$3," "$run/reports" | tr -d '\r' | added_up
}

# Requests, tickets and orders as they were played, and how long answers took.
o2_reports() {
	local month kind

	for month in $(months_played); do
		data report "$accounts" --config "$run/starhash.cfg" --journal "$run/journal" --month "$month" --csv
	done >"$run/reports"
	is "requests over osmo-hlr" "$dials" "$(figure link gsup requests)"
	judge "completed requests and their times" test "$(figure all "" completed)" -gt 0 -a "$(figure all "" most_ms)" -gt 0
	for kind in "${!opened[@]}"; do
		is "tickets: $kind" "${opened[$kind]}" "$(figure tickets "$kind" opened)"
	done
	is "first answers that were late" "$late" "$(($(figure target in_time cases) - $(figure target in_time measured)))"
	is "answers to surveys, and satisfied ones" "2 2" "$(figure survey activate answered) $(figure target satisfied measured)"
	is "orders done" "$(in_billing "SELECT (SELECT count(*) FROM orders WHERE state = 'done') + (SELECT count(*) FROM redemption)")" \
		"$(figure orders "" "done")"
	is "refunds" "$(in_billing "SELECT count(*) FROM effect WHERE kind IN ('refund', 'compensation')")" "$(figure orders "" refunds)"
	is "language of a report" 1 "$(data report "$accounts" --config "$run/starhash.cfg" --journal "$run/journal" --month "$(day %Y-%m)" \
		--language zh --html | grep -c '<html lang="zh')"
}

# No password or one-time code that was typed is in any file, nor a number in the journal; only the daemon's user reads what it stores.
o3_confidential() {
	local file who

	choose who
	text "$who" "COMPLAINT My bill is wrong, my password is $first"
	says_ticket complaint "$who"
	ticket_shows "$who" >"$run/read"
	is "staff who read a ticket" 1 "$(grep -c "read by $(id -un)" "$run/read")"
	pages=''
	mkdir "$run/phones"
	rm "$run/talks"*
	for file in "$accounts" "$run/billing.db"; do
		sqlite3 "$file" .dump >"$file.dump"	# a row's values stand alone
	done
	is "passwords in files" "" "$(find_words --alone "$run" -- "${secrets[@]}")"
	mv "$run/record" "$run/state"* "$run/phones"	# subscribers' phones have their codes
	is "one-time codes in files" "" "$(find_words --alone "$run" -- "${codes[@]}" | grep -v "$run/phones")"
	mv "$run/phones"/* "$run"
	is "numbers in the journal" 0 "$(grep -c 138001380 "$run/journal")"
	for file in "$accounts" "$run/journal" "$run/journal.key" "$run/pepper" "$run/vty" "$run/door" "$run/audit"; do
		is "mode of ${file##*/}" 600 "$(stat -c %a "$file")"
	done
	is "operators who changed something" yes "$(grep -q 'vty uid [0-9]* pid [0-9]*: enable' "$run/audit" && echo yes)"
}

# Without billing the cache answers and says how old it is, and orders wait; without one SMSC the other one serves; both come back.
o4_day_and_night() {
	local who since lost

	choose who "account = 'prepaid' AND services NOT LIKE '%CALLID%'"
	dial "$who" '*100*1#'
	since=$(sed -n 's/.*Updated \(.*\)\./\1/p' <<<"$pages")
	stop_billing
	days_pass 3
	dial "$who" '*100*1#'
	says "Updated $since, may be out of date."
	text "$who" YE
	says "Updated $since, may be out of date."
	dial "$who" '*100*4*2*2*1#' 1
	says "is in progress. We will text you the result."
	start_billing
	hears "$who" "Caller ID is now active"
	becomes "billing did" "service-activate CALLID" billing_did "$who"
	within 6 balance_is_new "$who" || true
	says_not "out of date"
	lost=$smsc_pid
	kill -KILL "$lost"
	wait "$lost" 2>/dev/null || true
	daemon_pid=$server_pid
	becomes "one SMSC" up binds 1
	dial "$who" '*100*1#'
	says "Balance"
	by=.$second_port smsc_pid=$second_smsc
	text "$who" BAL
	says "Balance"
	tell "$who" '{"event": "purchase", "service": "NEWS", "amount": 201, "purchased_by": "sms"}'
	hears "$who" "You were charged ¥2.01"
	rm "$run/state" "$run/talks"
	by='' && start_smsc
	becomes "two SMSCs" up binds 2
	text "$who" SERVICES
	says "Caller ID"
}

balance_is_new() {
	dial "$1" '*100*1#'
	! on_pages "out of date"
}

binds() {
	binds_up "$1" && echo up
}

# In the subscriber's language by dial, text and message; another one from now on when they choose it. Chinese, English and Arabic.
o5_languages() {
	local chinese english arabic

	choose chinese "account = 'prepaid' AND language = 'zh'"
	choose english
	choose arabic "account = 'prepaid' AND language = 'ar'"
	in_language "$chinese" "余额43.21元，有效期至" 余额 "您的余额为9.99元，低于10.00元"
	in_language "$english" "Balance ¥43.21, valid until" "my balance" "Your balance is ¥9.99, below ¥10.00."
	in_language "$arabic" "الرصيد 43.21 يوان، صالح حتى" رصيدي "رصيدكم 9.99 يوان، أقل من 10.00 يوان"
	dial "$english" '*100*6*1#' 1
	says "语言已设置为中文。"
	text "$english" CXYE
	says "有效期至"
	dial "$english" '*131#'
	says "有效期至"
}

# Usage: in_language MSISDN BALANCE KEYWORD ALERT
in_language() {
	billing_sets "$1" $.balance 4321
	dial "$1" '*131#'
	says "$2"
	text "$1" "$3"
	says "$2"
	text "$1" "YETX 10"
	falls_to "$1" 999
	hears "$1" "$4"
}
