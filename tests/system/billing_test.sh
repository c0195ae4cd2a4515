#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon with a real billing that works, is slow, lies, is gone, refuses and is late: what subscribers see and receive,
# and that each order takes effect once (F4, F17, F18).
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/system/billing_common.sh
. "$source/tests/system/billing_common.sh"
for program in sqlite3 python3 curl; do
	command -v "$program" >/dev/null || exit 77
done

# ---- data of both sides ----

# The number of impossible answers.
wrongs() {
	vty 'show links' | sed -n 's/.*, wrong \([0-9]*\).*/\1/p'
}

# ---- actions of subscribers ----

stop_billing() {
	kill -KILL "$billing_pid"
	wait "$billing_pid" 2>/dev/null || true
	daemon_pid=$server_pid
}

# ---- queries ----

stale_is_refreshed() {
	local who asked
	who=$(buyer 1)

	billing_has "$who" 9999
	shows billing__stale_cache__updated_by_billing "Balance ¥99.99" "$(dial "$who" '*131#' | sed -n '1s/,.*//p')"
	check billing__stale_cache__new_age_is_shown grep -qF "Updated $(shown_time "$who")." <(dial "$who" '*131#')
	check billing__stale_cache__refreshed test \
		"$(($(date +%s) - $(in_accounts "SELECT as_of FROM subscriber WHERE msisdn = $who")))" -lt 60
	asked=$(questions)
	dial "$who" '*131#' >/dev/null
	shows billing__fresh_cache__not_asked_again "$asked" "$(questions)"
}

# Billing answers after the account's deadline: an answer before that came from the cache.
slow_shows_cache() {
	local who asked page
	who=$(buyer 2) asked=$(questions)

	billing_has "$who" 9999
	lab_billing_fault '{"slow_ms": 3000, "times": 3}'
	page=$(dial_balance "$who")
	shows billing__F17_slow__answered_before_billing "$asked" "$(questions)"
	shows billing__F17_slow__cache_with_its_age "$(old_balance "$who")" "$page"
	lab_wait "an alarm" "$run/starhashd.log" grep -q 'billing: no answer .*[Tt]ime' "$run/starhashd.log"
	lab_billing_fault '{}'
}

# Usage: lie_is_not_shown KIND
lie_is_not_shown() {
	local who
	who=$(buyer 3)

	lab_billing_fault "{\"body\": \"$1\"}"
	shows "billing__F17_$1__cache_is_shown" "$(old_balance "$who")" "$(dial_balance "$who")"
	lab_billing_fault '{}'
}

lies_are_not_shown() {
	local lie

	for lie in bad-json other-number negative; do
		lie_is_not_shown "$lie"
	done
	shows billing__F17_lies__counted 3 "$(wrongs)"
	check billing__F17_lies__alarm grep -q 'billing: invalid answer' "$run/starhashd.log"
}

# ---- orders ----

refusal_in_words() {
	local who
	who=$(buyer 4)

	lab_billing_fault '{"refuse": "credit", "only": "orders", "times": 1}'
	check billing__refused__answered_with_a_text grep -q 'cannot be activated for your account' <<<"$(order_service "$who")"
	shows billing__refused__nothing_done "1 ordered, 0 done" "$(effects "$who")"
	shows billing__refused__has_no_such_service 0 \
		"$(in_accounts "SELECT count(*) FROM subscription WHERE msisdn = $who AND service = 'CALLID'")"
}

answer_lost() {
	local who
	who=$(buyer "$2")

	lab_billing_fault "{\"drop\": \"$1\", \"only\": \"orders\", \"times\": 1}"
	check "billing__F18_dropped_$1__order_taken" grep -q 'is in progress\|is now active' <<<"$(order_service "$who")"
	await_order "$who" 'completed'
	shows "billing__F18_dropped_$1__one_effect" "1 ordered, 1 done" "$(effects "$who")"
}

pending_then_done() {
	lab_billing_fault '{"pending_s": 600, "only": "orders", "times": 1}'
	check billing__F4_pending__reported grep -q 'is in progress' <<<"$(order_service 13800138000 2)"
	shows billing__F4_pending__listed_among_orders 1 "$(dial 13800138000 '*100*4*3#' | grep -c 'in progress')"
	in_billing "UPDATE orders SET ready_at = 0"
	hurry
	await_order 13800138000 'completed'
	hurry
	hear_text 'Caller ID is now active: ¥2.00 a month. Order'
	shows billing__F4_pending__done_once "1 ordered, 1 done" "$(effects 13800138000)"
}

# ---- gone ----

breaker_opens() {
	local n who

	stop_billing
	for n in 5 6 7 8 9 10; do
		who=$(buyer "$n")
		shows billing__F17_gone__cache_with_its_age "$(old_balance "$who")" "$(dial_balance "$who")"
	done
	shows billing__F17_gone__breaker_reported_once 1 "$(grep -c 'failed 3 times in a row' "$run/starhashd.log")"
}

order_waits_for_billing() {
	check billing__F17_gone__order_is_processed grep -q 'Order .* is in progress' <<<"$(order_service 13800138000 1)"
	shows billing__F17_gone__order_stored accepted "$(order_state 13800138000)"
	start_billing
	hurry
	await_order 13800138000 'completed'
	hurry
	hear_text 'Ring-back tone is now active: ¥5.00 a month. Order'
	check billing__F17_back__logged grep -q 'billing answers again' "$run/starhashd.log"
	shows billing__F17_back__each_order_once "2 ordered, 2 done" "$(effects 13800138000)"
}

dead_letter() {
	local ref

	lab_billing_fault '{"status": 503, "only": "orders"}'
	order_service 13800138000 5 >/dev/null
	in_accounts "UPDATE orders SET accepted = accepted - 100 WHERE state = 'accepted'"
	await_order 13800138000 dead
	check billing__given_up__alarm grep -q 'is dead until an operator releases it' "$run/starhashd.log"
	hurry
	hear_text 'not yet been able to activate 1 GB data'
	ref=$("$bin/starhash-data" orders "$accounts" --dead | cut -d' ' -f1)
	check billing__given_up__listed test -n "$ref"
	lab_billing_fault '{}'
	"$bin/starhash-data" orders "$accounts" release "$ref" >/dev/null
	await_order 13800138000 'completed'
	hurry
	hear_text '1 GB data is now active: ¥10.00 a month. Order'
	shows billing__released__done_once "3 ordered, 3 done" "$(effects 13800138000)"
	shows billing__released__none_left '' "$("$bin/starhash-data" orders "$accounts")"
}

# S3: one order for both services, at billing and in the cache.
change_in_one_order() {
	check billing__S3_change__done grep -q '5 GB data is now active .* in place of 1 GB data' \
		<<<"$(dial 13800138000 "*100*4*1*5*4*6#" 1 | grep . | tail -1)"
	shows billing__S3_change__once "4 ordered, 4 done" "$(effects 13800138000)"
	shows billing__S3_change__in_the_cache DATA5G \
		"$(in_accounts "SELECT group_concat(service) FROM subscription WHERE msisdn = 13800138000 AND service LIKE 'DATA%'")"
	shows billing__S3_change__at_billing DATA5G "$(in_billing "SELECT group_concat(s.value ->> 'service') FROM subscriber,
		json_each(data, '\$.subscriptions') s WHERE msisdn = '13800138000' AND s.value ->> 'service' LIKE 'DATA%'")"
}

system_open
menu=$source/menus/selfcare/menu.cfg
age_cache
start_billing
lab_write_config 'deadline_ms = 950; orders_give_up_s = 60;' "$(lab_sms_config)" \
	"$(lab_billing_config 'total_ms = 1500; breaker_failures = 3; breaker_ms = 300; breaker_max_ms = 600;')"
lab_start_server
open_texts 13800138000
stale_is_refreshed
slow_shows_cache
refusal_in_words
answer_lost before 5
answer_lost after 5
lies_are_not_shown
pending_then_done
breaker_opens
order_waits_for_billing
dead_letter
change_in_one_order
for text in 'Caller ID' 'Ring-back tone' '1 GB data'; do
	check "billing__end_of_order__notified_once" heard "$text is now active: " 1
done
system_end
