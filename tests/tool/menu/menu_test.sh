#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Messages and exit status of starhash-menu when a transcript fails or cannot be understood.
set -eu

menu=$(cd "${srcdir:-.}" && pwd)/menus/examples/choices/menu.cfg
tool=$PWD/starhash-menu
work=$(mktemp -d "${TMPDIR:-/tmp}/starhash-menu-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
	echo "$1"
	cat err
	exit 1
}

# expect STATUS ARGUMENT...: run the tool.
expect() {
	wanted=$1
	shift
	status=0
	"$tool" "$@" >out 2>err || status=$?
	[ $status -eq "$wanted" ] || fail "$*: exit status $status, not $wanted"
}

# says MESSAGE LINE...: a transcript of these lines fails with this message.
says() {
	message=$1
	shift
	printf '%s\n' 'subscriber 13800138000 prepaid en' "$@" >t.dlg
	expect 1 test "$menu" t.dlg
	[ "$(cat err)" = "t.dlg:$message" ] || fail "instead of: $message"
}

expect 0 --help
expect 0 --version
expect 2
expect 2 check
expect 2 test "$menu"
expect 2 what "$menu"
expect 2 check --octets 39 "$menu"
expect 2 check --octets 161 "$menu"
expect 2 check --ask x "$menu"
expect 2 test --over fax "$menu" t.dlg
expect 2 test --store paper "$menu" t.dlg
expect 1 test --over hlr:nobody "$menu" t.dlg
expect 0 check --ask 64 --end 64 "$menu"
expect 1 check --octets 40 "$menu"
expect 1 check nothing.cfg
expect 1 test "$menu" nothing.dlg
expect 1 test nothing.cfg nothing.dlg

says '2: after "> *100#", with the store memory that answers at once (- expected, + got):
    < Welcome
  - < 1 Offer of the week
  - ?
  + < 1 Offers of the week
  + < 2 Our shops
  + < 9 Complaints
  + ?' '> *100#' '< Welcome' '< 1 Offer of the week'
says '3: after "> 2", with the store memory that answers at once (- expected, + got):
  + < Our shops are open from 8 to 8.
  + .' '> *100#' '> 2' '> 1'
says '2: unknown line' 'sett balance 1250'
says '2: unknown line' '? yes'
says "2: unknown fact 'blance'" 'set blance 1250'
says "2: 'twelve' is not a valid value of this fact" 'set balance twelve'
says "2: 'soon' is not a valid value of this fact" 'set valid_until soon'
says '2: a bill is MONTH TOTAL [ITEM AMOUNT]…' 'bill 2026 100'
says '3: the bill of 2026-09 must follow older ones' 'bill 2026-10 100' 'bill 2026-09 100'
says "2: 'much' is not an amount" 'bill 2026-10 100 rent much'
says "2: unknown service 'NEWS'" 'has NEWS 2026-01-01'
says "2: 'dear' is not a price" 'service NEWS dear month'
says '2: the form is: points DATE CHANGE REASON' 'points 2026-01-01 5'
says "2: '12a' is not a number of up to 15 digits" 'subscriber 12a'
says '2: 13800138000 already has an account' 'subscriber 13800138000 postpaid'
says "3: 'set' must follow a subscriber with an account" 'unknown 13900000000' 'set balance 1250'
says "3: 'bill' must come before the first input" '> *100#' 'bill 2026-10 100'
says "3: 'password' must be set before the first input" '> *100#' 'set password 135790'
says '2: output without an event before it' '< Welcome'
says '2: the file to use cannot be read' 'use nothing.txt'
says '2: not a time such as 2026-11-20 08:00' 'now yesterday'
says "3: 'billing silent' must come before the first input" '> *100#' 'billing silent'
says "4: the store does not accept '1250'" '> *100#' 'store silent' 'set balance 1250'
says "3: 'now' must come before the first input" '> *100#' 'now 2026-11-20 08:00'
says "2: 'wait' takes a number of seconds" 'wait long'
says "2: the store may be 'up', 'down' or 'silent'" 'store broken'
says '2: the line is not in UTF-8' "$(printf '> \377')"

echo '> *100#' >t.dlg
expect 1 test "$menu" t.dlg
grep -q "t.dlg:1: nobody uses the phone" err || fail "a fault without a phone is not reported"

echo 'use t.dlg' >t.dlg
expect 1 test "$menu" t.dlg
