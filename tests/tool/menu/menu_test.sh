#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Messages and exit status of starhash-menu when a transcript fails or cannot be understood.
set -eu

sources=$(cd "${srcdir:-.}" && pwd)
menu=$sources/menus/examples/choices/menu.cfg
. "$sources/tests/tool/menu/common.sh"

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

# what the author wrote stays in the line of the message
cp -r "${menu%/menus/examples/*}/menus/examples/choices" menus/examples/hostile
sed -i 's/"Welcome"/"Welcome {bal\\nance\\x1b[2J}"/' menus/examples/hostile/texts.en.cfg
expect 1 check --format gcc menus/examples/hostile/menu.cfg
[ "$(sed -n 1p err)" = "menus/examples/hostile/texts.en.cfg:4: error: unknown placeholder 'bal ance [2J': a brace to be shown is written twice" ] ||
	fail "a message is torn"

printf 'languages = [ "en" ];\nentries = ( { ussd = "*100#"; page = "home"; } );\n' >broken.cfg
printf 'pages = { };\n' >texts.en.cfg
reports text err <<-'END'
	broken.cfg:1: the menu has no 'pages': write it like this: pages = { home = {}; };
	1 error in 1 file
END
reports gcc err <<-'END'
	broken.cfg:1: error: the menu has no 'pages': write it like this: pages = { home = {}; };
	1 error in 1 file
END
reports json out.flat <<-'END'
	[{"file":"broken.cfg","line":1,"column":null,"severity":"error","text":"themenuhasno'pages'","quote":null,"remedy":"writeitlikethis:pages={home={};};"}]
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
known='    known: subscriber unknown set bill points has service backend use now > text text_to redial repeat hangup silence wait store billing trust activates deactivates event answer code staff < ? . ... * = ! #'
facts='    known: account brand status language password id_number balance owed valid_until tariff billed registered pay_by points bill_total bill_month as_of'

# lists MESSAGE KNOWN LINE...: the same, with the words that are known in a second line.
lists() {
	message=$1
	list=$2
	shift 2
	printf '%s\n' 'subscriber 13800138000 prepaid en' "$@" >t.dlg
	expect 1 test "$menu" t.dlg
	[ "$(sed -n 1p err)" = "t.dlg:$message" ] || fail "instead of: $message"
	[ "$(sed -n 2p err)" = "$list" ] || fail "instead of: $list"
}

# what a line may begin with
lists "2: unknown command 'sett': did you mean 'set'?" "$known" 'sett balance 1250'
lists "2: unknown command 'hangpu': did you mean 'hangup'?" "$known" 'hangpu'
lists "2: unknown command 'dial'" "$known" 'dial *100#'
lists "2: unknown command '>*100#'" "$known" '>*100#'
says "2: nothing follows '?'" '? yes'
says "2: 'opens' is now called 'activates'" 'opens NEWS'
says "2: 'cancels' is now called 'deactivates'" 'cancels NEWS'
says "3: nothing follows 'hangup'" '> *100#' 'hangup now'
# facts
lists "2: unknown fact 'blance': did you mean 'balance'?" "$facts" 'set blance 1250'
lists "2: unknown fact 'money'" "$facts" 'set money 1250'
lists '2: the form is: set FACT VALUE' "$facts" 'set'
says '2: the form is: set balance AMOUNT in minor units, such as 1250, or unknown' 'set balance'
says '2: the form is: set balance AMOUNT in minor units, such as 1250, or unknown' 'set balance 12 50'
says '2: the form is: set valid_until DATE, such as 2026-11-20, or unknown' 'set valid_until'
says '2: the form is: set as_of TIME, such as 2026-11-20 08:00, or unknown' 'set as_of'
says '2: the form is: set bill_month MONTH, such as 2026-11, or unknown' 'set bill_month'
says "2: 'twelve' is not a valid value: the form is: set balance AMOUNT in minor units, such as 1250, or unknown" 'set balance twelve'
says "2: '12.50' is not a valid value: the form is: set balance AMOUNT in minor units, such as 1250, or unknown" 'set balance 12.50'
says "2: 'soon' is not a valid value: the form is: set valid_until DATE, such as 2026-11-20, or unknown" 'set valid_until soon'
says "2: '2026-02-30' is not a valid value: the form is: set valid_until DATE, such as 2026-11-20, or unknown" 'set valid_until 2026-02-30'
says "2: '2026-11' is not a valid value: the form is: set valid_until DATE, such as 2026-11-20, or unknown" 'set valid_until 2026-11'
says "2: '2026-13' is not a valid value: the form is: set bill_month MONTH, such as 2026-11, or unknown" 'set bill_month 2026-13'
says "2: '2026-11-31 08:00' is not a valid value: the form is: set as_of TIME, such as 2026-11-20 08:00, or unknown" 'set as_of 2026-11-31 08:00'
says "2: '2026-11-20 24:00' is not a valid value: the form is: set as_of TIME, such as 2026-11-20 08:00, or unknown" 'set as_of 2026-11-20 24:00'
# closed sets
lists "2: unknown account 'prepayed': did you mean 'prepaid'?" '    known: prepaid postpaid' 'subscriber 13900000000 prepayed'
lists "2: unknown account 'trial'" '    known: prepaid postpaid' 'set account trial'
lists "2: unknown status 'actve': did you mean 'active'?" '    known: active suspended' 'set status actve'
lists "2: unknown language 'fr'" '    known: en' 'subscriber 13900000000 prepaid fr'
lists "2: unknown language 'EN': did you mean 'en'?" '    known: en' 'set language EN'
lists "2: unknown billed 'true'" '    known: yes no unknown' 'set billed true'
lists "3: unknown service 'NWES': did you mean 'NEWS'?" '    known: NEWS' 'service NEWS 300 month' 'has NWES 2026-01-01'
lists "4: unknown service 'NWES': did you mean 'NEWS'?" '    known: NEWS' 'service NEWS 300 month' '> *100#' 'activates NWES'
lists "2: unknown period 'monthly': did you mean 'month'?" '    known: day week month once' 'service NEWS 300 monthly'
lists "2: unknown account 'all'" '    known: prepaid postpaid' 'service NEWS 300 month all'
# bills, points, services
says '2: the form is: bill MONTH TOTAL [ITEM AMOUNT [CODE=…]…]…' 'bill 2026-10'
says "2: '2026' is not a month, such as 2026-11" 'bill 2026 100'
says "2: '2026-00' is not a month, such as 2026-11" 'bill 2026-00 100'
says "2: 'dear' is not an amount in minor units, such as 1250" 'bill 2026-10 dear'
says "2: the amount of 'rent' is missing" 'bill 2026-10 100 rent'
says '3: the bill of 2026-09 must follow older ones' 'bill 2026-10 100' 'bill 2026-09 100'
says "2: 'much' is not an amount in minor units, such as 1250" 'bill 2026-10 100 rent much'
says "2: 'dear' is not a price in minor units, such as 1250" 'service NEWS dear month'
says '2: the form is: points DATE CHANGE REASON' 'points 2026-01-01 5'
says "2: '2026-04-31' is not a date, such as 2026-11-20" 'points 2026-04-31 5 bonus'
says "2: 'some' is not a number of points" 'points 2026-04-30 some bonus'
says "3: '2026-1-1' is not a date, such as 2026-11-20" 'service NEWS 300 month' 'has NEWS 2026-1-1'
# people and order
says "2: '12a' is not a number of up to 15 digits" 'subscriber 12a'
says '2: 13800138000 already has an account' 'subscriber 13800138000 postpaid'
says "3: 'set' must follow a subscriber with an account" 'unknown 13900000000' 'set balance 1250'
says "3: 'bill' must come before the first input" '> *100#' 'bill 2026-10 100'
says "3: 'password' must be set before the first input" '> *100#' 'set password 135790'
says "3: 'billing silent' must come before the first input" '> *100#' 'billing silent'
says "3: 'now' must come before the first input" '> *100#' 'now 2026-11-20 08:00'
says "4: the store does not accept '1250'" '> *100#' 'store silent' 'set balance 1250'
# events
says '2: output without an event before it' '< Welcome'
says "2: cannot use 'nothing.txt': No such file or directory" 'use nothing.txt'
says "2: 'yesterday' is not a time, such as 2026-11-20 08:00" 'now yesterday'
says "2: '2026-11-31 08:00' is not a time, such as 2026-11-20 08:00" 'now 2026-11-31 08:00'
says "2: 'wait' takes a number of seconds, from 1 to 86400, or of days: wait 30 days" 'wait long'
says "2: 'wait' takes a number of seconds, from 1 to 86400, or of days: wait 30 days" 'wait 5s'
says "2: the store may be 'up', 'down' or 'silent'" 'store broken'
says '2: the line is not in UTF-8' "$(printf '> \377')"
says '2: the line has a control character' "$(printf 'set language \033[2J')"
says '2: the line has more than 4094 octets' "$(printf '> %05000d' 0)"
says "3: a page still waits, so '*100#' would be its answer: use 'redial *100#', or 'hangup' before" '> *100#' '> *100#'
says "1: the transcript ends without an input, such as '> *100#'"
says "2: the transcript ends without an input, such as '> *100#'" 'set balance 1250'

printf 'subscriber 13800138000\n> *100#\nredial *100#\n> *100\n' >t.dlg
expect 0 test "$menu" t.dlg

: >t.dlg
expect 1 test "$menu" t.dlg
[ "$(cat err)" = "t.dlg:1: the transcript ends without an input, such as '> *100#'" ] || fail "an empty transcript passes"

# keywords without their accents, hamza and vowel signs, and a hint with them
mkdir -p menus/accents
cat >menus/accents/menu.cfg <<-'END'
	@include "../common/operator.cfg"
	languages = [ "en" ];
	entries = ( { ussd = "*100#"; page = "home"; }, { sms = "10086"; page = "home"; } );
	pages = {
		home = { choices = ( { key = "1"; page = "french"; }, { key = "2"; page = "cancel"; } ); };
		french = { sms = "français"; };
		cancel = { sms = "إلغاء الخدمة"; };
	};
END
cat >menus/accents/texts.en.cfg <<-'END'
	@include "../common/system.en.cfg"
	pages = {
		home = { text = "Home"; french = "French"; cancel = "Cancel"; };
		french = { text = "Bonjour"; };
		cancel = { text = "Cancelled"; };
	};
END
cat >accents.dlg <<-'END'
	subscriber 13800138000 prepaid en
	text FRANCAIS
	< Bonjour
	.
	text français
	< Bonjour
	.
	text الغاء الخدمه
	< Cancelled
	.
	text إِلغـــاء الخدمة
	< Cancelled
	.
	text francois
	< We did not understand your text. Did you mean français? Reply YES, or choose a number from the list.
	< Home
	< 1 French
	< 2 Cancel
	?
END
expect 0 test menus/accents/menu.cfg accents.dlg

# a brand that nearly is one of the catalogue's
selfcare=${menu%/examples/*}/selfcare/menu.cfg
printf 'subscriber 13800138000\nset brand yung\n> *100#\n' >t.dlg
expect 1 test "$selfcare" t.dlg
[ "$(cat err)" = "t.dlg:2: unknown brand 'yung': did you mean 'young'?" ] || fail "a mistyped brand passes"
printf 'subscriber 13800138000\nset brand corporate\n> *100#\n' >t.dlg
expect 0 test "$selfcare" t.dlg
printf 'subscriber 13800138000\nhas NESW 2026-01-01\n> *100#\n' >t.dlg
expect 1 test "$selfcare" t.dlg
grep -q "^t.dlg:2: unknown service 'NESW': did you mean 'NEWS'?$" err || fail "a mistyped service passes"

echo '> *100#' >t.dlg
expect 1 test "$menu" t.dlg
grep -q "t.dlg:1: nobody uses the phone" err || fail "a fault without a phone is not reported"

echo 'use t.dlg' >t.dlg
expect 1 test "$menu" t.dlg
[ "$(cat err)" = "./t.dlg:1: cannot use 't.dlg': the files use each other" ] || [ "$(cat err)" = "t.dlg:1: cannot use 't.dlg': the files use each other" ] ||
	fail "files that use each other are not reported"
