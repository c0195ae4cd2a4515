#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Values that are wider than the menu declares, on the console and by short message: names are cut after a word and counted, amounts are
# whole, and the text has more screens if it needs them.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v sqlite3 >/dev/null || exit 77

account_has() {
	sqlite3 -cmd '.timeout 5000' "$accounts" "UPDATE subscriber SET $1 WHERE msisdn = 13800138000"
}

dialled() {
	printf '%s\n' '*100#' "$@" | lab_phone 13800138000 2>&1
}

texted() {
	printf '%s\n' PLAN | lab_sms_phone 13800138000 2>&1
}

# Usage: cut_is N: so many values have been cut.
cut_is() {
	vty 'show counters' | grep -qE "shown cut.*: +$1 "
}

system_open
cat >"$run/menu.cfg" <<MENU
@include "$source/menus/common/operator.cfg"
languages = [ "en" ];
screens_max = 4;
entries = ( { ussd = "*100#"; page = "home"; }, { sms = "10086"; page = "home"; } );
widths = { balance = 6; tariff = 20; };
pages = { home = { sms = "PLAN"; }; };
MENU
cat >"$run/texts.en.cfg" <<TEXTS
@include "$source/menus/common/system.en.cfg"
pages = { home = { text = "Your plan is {tariff}. It has so many good sides that we cannot really name them all here, and your balance is {balance}."; }; };
TEXTS
account_has "tariff = 'Family 5G', balance = 1250"
lab_write_config "$(lab_sms_config)"
lab_start_server

start='It has so many good sides that we cannot really name them all here, and your balance is'
shows values__narrow__whole "Your plan is Family 5G. $start ¥12.50." "$(dialled)"
check values__narrow__not_counted cut_is 0
account_has "tariff = 'Family and friends of all'"
shows values__name_too_wide_on_the_console__cut_after_a_word "Your plan is Family and.... $start ¥12.50." "$(dialled)"
check values__name_too_wide_on_the_console__counted cut_is 1
shows values__name_too_wide_by_text__cut_after_a_word "Your plan is Family and.... $start ¥12.50." "$(texted)"
check values__name_too_wide_by_text__counted cut_is 2
account_has "tariff = 'Family 5G', balance = 12345678901234567"
check values__amount_too_wide_on_the_console__whole_on_a_second_screen grep -qF '¥123456789012345.67' <<<"$(dialled 98)"
check values__amount_too_wide_by_text__whole grep -qF '¥123456789012345.67' <<<"$(texted)"
system_end
