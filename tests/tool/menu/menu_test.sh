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

# refuses MESSAGE ARGUMENT...: a wrong command line.
refuses() {
	message=$1
	shift
	expect 2 "$@"
	[ "$(sed -n 1p err)" = "starhash-menu: $message" ] || fail "instead of: $message"
	[ "$(sed -n 2p err)" = "Try 'starhash-menu --help'." ] || fail "$*: nothing about --help"
	[ ! -s out ] || fail "$*: output for a wrong command line"
}

echo '> *100#' >t.dlg
expect 0 --help
expect 0 --version
refuses 'no command given'
refuses 'no menu given' check
refuses 'no menu given' test
refuses 'no transcript given' test "$menu"
refuses "unknown command 'what'" what "$menu"
refuses "unknown command 'chekc': did you mean 'check'?" chekc "$menu"
refuses "'check' takes one menu, so 't.dlg' is too much" check "$menu" t.dlg
refuses "unknown option '--stict': did you mean '--strict'?" check --stict "$menu"
refuses "unknown option '--colour'" check --colour=never "$menu"
refuses "unknown option '-x'" check -lx "$menu"
refuses "the option '--strict' takes no value" check --strict=yes "$menu"
refuses "the option '--format' needs a value" check "$menu" --format
refuses "the format is one of: text gcc json; not 'jsno': did you mean 'json'?" check --format jsno "$menu"
refuses "the format is one of: text gcc json; not ''" check --format '' "$menu"
refuses "a page holds 40 to 160 octets, not '39'" check --octets 39 "$menu"
refuses "a page holds 40 to 160 octets, not '161'" check --octets 161 "$menu"
refuses "a page holds 40 to 160 octets, not 'x'" check --ask x "$menu"
refuses "transcripts are played over ussd, sms or hlr:ADDRESS, not 'fax'" test --over fax "$menu" t.dlg
refuses "the store is memory or sqlite, not 'paper'" test --store paper "$menu" t.dlg
refuses 'no such file: nothing.cfg' check nothing.cfg
refuses 'no such file: nothing.dlg' test "$menu" nothing.dlg
refuses 'no such file: nothing.cfg' test nothing.cfg nothing.dlg
expect 1 test --over hlr:nobody "$menu" t.dlg
expect 0 check --ask 64 --end 64 "$menu"
expect 0 check --strict "$menu"
grep -q ': 3 pages, 1 language (en), fingerprint ' out || fail "no summary, or a wrong plural"
[ ! -s err ] || fail "messages about a good menu"
expect 0 check --format json "$menu"
[ "$(cat out)" = '[]' ] || fail "a good menu is not an empty list"
expect 1 check --octets 40 "$menu"
printf '> *100#\n< Welcome\n< 1 Offers of the week\n< 2 Our shops\n< 9 Complaints\n' >good.dlg
sed -i '1i subscriber 13800138000 prepaid en' good.dlg
expect 0 test "$menu" good.dlg
grep -q ': 1 transcript, 0 failed$' out || fail "no summary, or a wrong plural"
expect 0 test "$menu" good.dlg good.dlg
grep -q ': 2 transcripts, 0 failed$' out || fail "no summary, or a wrong plural"

# reports FORMAT STREAM: what is wrong with a menu, in a format.
reports() {
	expect 1 check --format "$1" broken.cfg
	cat >wanted
	[ "$1" != json ] || printf '%s\n' "$(tr -d ' \n' <out)" >out.flat
	diff wanted "$2" || fail "another report in the format $1"
}

# warnings alone do not fail, unless they count as errors
cp -r "${menu%/menus/examples/*}/menus" .
sed -i 's/"en"/"e" "n"/' menus/examples/choices/menu.cfg
expect 0 check menus/examples/choices/menu.cfg
grep -q '^menus/examples/choices/menu.cfg:3: warning: two strings without ' err || fail "no warning"
grep -q '^1 warning in 1 file$' err || fail "warnings are not counted"
grep -q 'fingerprint' out || fail "a menu with warnings is not described"
expect 1 check --strict menus/examples/choices/menu.cfg
[ ! -s out ] || fail "a menu with warnings is good although they count as errors"
expect 0 test menus/examples/choices/menu.cfg menus/examples/choices/test.dlg
sed -i '/"e" "n"/s/$/ # check: allow/' menus/examples/choices/menu.cfg
expect 0 check --strict menus/examples/choices/menu.cfg
[ ! -s err ] || fail "an allowed warning is reported"

printf 'languages = [ "en" ];\nkind = 1;\n' >broken.cfg
printf 'pages = { };\n' >texts.en.cfg
reports text err <<-'END'
	broken.cfg:1: a menu needs 'languages', 'entries' and 'pages'
	1 error in 1 file
END
reports gcc err <<-'END'
	broken.cfg:1: error: a menu needs 'languages', 'entries' and 'pages'
	1 error in 1 file
END
reports json out.flat <<-'END'
	[{"file":"broken.cfg","line":1,"column":null,"severity":"error","text":"amenuneeds'languages','entries'and'pages'","quote":null,"remedy":null}]
END
expect 1 test --format json broken.cfg t.dlg
grep -q '"line": 1,' out || fail "test does not report as check does"

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
