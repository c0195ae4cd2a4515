#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Transcripts whose dialogs call backends: stand-ins answer through the code that reads answers from the network, and a call
# that no line answers fails the test instead of calling out.
set -eu

sources=$(cd "${srcdir:-.}" && pwd)
source=$sources/tests/tool/menu/backends
. "$sources/tests/tool/menu/common.sh"

# says MESSAGE LINE...: a transcript of these lines fails with this message.
says() {
	message=$1
	shift
	printf '%s\n' 'subscriber 13800138000 prepaid en' "$@" >t.dlg
	expect 1 test --config "$source/starhash.cfg" "$source/menu.cfg" t.dlg
	[ "$(sort -u err)" = "t.dlg:$message" ] || fail "instead of: $message"
}

expect 0 check --config "$source/starhash.cfg" "$source/menu.cfg"
for store in memory sqlite; do
	expect 0 test --config "$source/starhash.cfg" --store $store "$source/menu.cfg" "$source/good.dlg"
done
expect 0 record --config "$source/starhash.cfg" "$source/menu.cfg" "$source/good.dlg"
cmp out "$source/good.dlg" || fail "recorded differently"

# Without the configuration the menu names what nothing declares.
expect 1 check "$source/menu.cfg"
grep -q "menu.cfg:8: unknown list 'shop'" err || fail "not: unknown list"
expect 1 check --config nothing.cfg "$source/menu.cfg"
grep -q "^nothing.cfg: " err || fail "not: nothing.cfg"
echo 'backends = { shop = { url = "ftp://b"; }; };' >bad.cfg
expect 1 check --config bad.cfg "$source/menu.cfg"
grep -q 'bad.cfg:1: url "ftp://b" must begin with https:// or http://' err || fail "not: the URL"

says "2: backend 'shop' was called, but the transcript does not say what it answers" '> *100*1#'
says "4: backend 'redeem' was called, but the transcript does not say what it answers" \
	'backend shop answers 200 {"offers":[{"id":"TEA","price":1}]}' '> *100*1*1#' '> 1'
says "2: there is no backend 'loyalty' in the configuration" 'backend loyalty is down'
says "2: there is no backend 'redem'; did you mean 'redeem'?" 'backend redem is down'
says "2: the form is: backend NAME answers STATUS [JSON], or: backend NAME is slow|down" 'backend shop is away'
says "2: the form is: backend NAME answers STATUS [JSON], or: backend NAME is slow|down" 'backend'
says "2: 'ok' does not begin with a status such as 200" 'backend shop answers ok'
says "2: '{\"a\": }' is not JSON" 'backend shop answers 200 {"a": }'
