# shellcheck shell=bash disable=SC2154,SC2034 # some variables come from common.sh, some are for those who source this
# SPDX-License-Identifier: AGPL-3.0-or-later
# Subscribers of menus/selfcare with the sample billing: the data at both, actions and answers. Sourced after common.sh.

in_accounts() {
	sqlite3 -cmd '.timeout 5000' "$accounts" "$1"
}

in_billing() {
	sqlite3 -cmd '.timeout 5000' "$run/billing.db" "$1"
}

# Usage: billing_has MSISDN BALANCE, in fen
billing_has() {
	in_billing "UPDATE subscriber SET data = json_set(data, '$.balance', $2) WHERE msisdn = '$1'"
}

# Queries about subscribers that billing has got.
questions() {
	grep -c '"GET /v1/subscribers/' "$run/billing.log" || true
}

# Prepaid, active, English and without Caller ID, which is therefore the first service offered.
buyer() {
	in_accounts "SELECT msisdn FROM subscriber WHERE account = 'prepaid' AND language = 'en' AND status = 'active'
		AND services NOT LIKE '%CALLID%' AND msisdn <> 13800138000 ORDER BY msisdn LIMIT 1 OFFSET $(($1 - 1))"
}

# Makes the cache older than the age at which menus/selfcare/menu.cfg shows "may be out of date".
age_cache() {
	in_accounts "UPDATE subscriber SET as_of = $(date +%s) - 3 * 86400, bills_as_of = NULL, points_as_of = NULL, services_as_of = NULL"
}

shown_time() {
	date -d "@$(in_accounts "SELECT as_of FROM subscriber WHERE msisdn = $1")" '+%d/%m %H:%M'
}

cached_balance() {
	in_accounts "SELECT printf('¥%.2f', balance / 100.0) FROM subscriber WHERE msisdn = $1"
}

# Usage: dial MSISDN INPUT...
dial() {
	local msisdn=$1

	shift
	printf '%s\n' "$@" | lab_phone "$msisdn" 2>&1
}

# The text of a stale balance, without its expiry date.
dial_balance() {
	dial "$1" '*131#' | sed -n '1s/, .*\. Updated/ Updated/p'
}

old_balance() {
	echo "Balance $(cached_balance "$1") Updated $(shown_time "$1"), may be out of date."
}

# Order a service by its key, and say yes. Prints the answer. Usage: order_service MSISDN [KEY]; Caller ID without one
order_service() {
	dial "$1" "*100*4*2*${2-2}*1#" 1 | grep . | tail -1
}

# The state of a subscriber's last order.
order_state() {
	in_accounts "SELECT state FROM orders WHERE msisdn = $1 ORDER BY id DESC LIMIT 1"
}

order_is() {
	[[ $(order_state "$1") == "$2" ]]
}

await_order() {
	lab_wait "an order that is $2" "$run/starhashd.log" order_is "$1" "$2"
}

# Makes the next attempt due.
hurry() {
	in_accounts "UPDATE orders SET due = 0 WHERE state = 'accepted'; UPDATE notification SET due = 0"
}

# A subscriber's orders and their effects at billing.
effects() {
	in_billing "SELECT (SELECT count(*) FROM orders WHERE msisdn = '$1') || ' ordered, ' ||
		(SELECT count(*) FROM effect WHERE msisdn = '$1') || ' done'"
}

open_texts() {
	mkfifo "$run/texts.in"
	lab_sms_phone "$1" <"$run/texts.in" >"$run/texts.out" 2>&1 &
	pids+=($!)
	exec {phone}>"$run/texts.in"	# held open until the end
}

# Usage: heard WORDS HOW_OFTEN
heard() {
	[[ $(grep -cF "$1" "$run/texts.out") == "$2" ]]
}

hear_text() {
	lab_wait "the text '$1'" "$run/starhashd.log" heard "$1" 1
}

start_billing() {
	lab_start_billing
	daemon_pid=$server_pid
}
