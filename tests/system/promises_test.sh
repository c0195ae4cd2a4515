#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Every promise to subscribers (S1 to S20) and of the operator (O1 to O5), seen working from end to end: dialled through Debian's osmo-hlr,
# texted through the npm package "smpp" as two SMSCs, with the sample billing behind. Prints a table, and below a row what was not as
# promised; fails if there is such a row. ROWS="S4 O2" plays only these, MENU=FILE another menu. Skipped where osmo-hlr or the package is
# missing.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
# shellcheck source=tests/system/billing_common.sh
. "$source/tests/system/billing_common.sh"
for program in osmo-hlr osmo-hlr-db-tool sqlite3 python3 curl perl; do
	command -v "$program" >/dev/null || exit 77
done
# shellcheck source=tests/system/smsc_common.sh
. "$source/tests/system/smsc_common.sh"
# shellcheck source=tests/system/promises/common.sh
. "$source/tests/system/promises/common.sh"
# shellcheck source=tests/system/promises/self_service.sh
. "$source/tests/system/promises/self_service.sh"
# shellcheck source=tests/system/promises/care.sh
. "$source/tests/system/promises/care.sh"
# shellcheck source=tests/system/promises/operator.sh
. "$source/tests/system/promises/operator.sh"

# Accounts of yesterday, on the 5th of a month to come: nothing in the files is younger.
open_lab() {
	system_open
	make_clock || exit 77
	menu=${MENU:-$source/menus/selfcare/menu.cfg}
	clock_at "$(date +%Y-%m-05) + 1 month 09:00"
	first_month=$(day %Y-%m)
	data sample "$accounts" --force --subscribers 600 --pepper "$run/pepper" --as-of "$(day %Y-%m-%dT08:00:00Z -1)" >"$run/sample"
	"$bin/starhash-data" export "$accounts" >"$run/billing.jsonl"
	lab_start_hlr
	second_port=$((port + 1))
	start_smsc "$second_port"
	second_smsc=$smsc_pid
	start_smsc
	draw_secrets
	start_billing
	serve
}

open_lab
promise s1_bill_total_and_balance "Bill total and balance" USSD SMS
promise s2_points "Points: total, detail, redemption" USSD SMS
promise s3_services "Services: list, activate, change, cancel" USSD SMS
not_yet S3 "Change of the tariff plan"
promise s4_password "Change of the service password" USSD SMS
promise s5_information_fees "Notice of information fees" USSD SMS
promise s6_second_confirmation "Second confirmation of every order" USSD SMS
promise s7_trials_end "Trials end by themselves" USSD SMS
promise s8_fee_of_a_purchase "Notice of an on-demand fee" USSD SMS
promise s9_reminders "Reminders before money or validity runs out" USSD SMS
promise s10_bills "Bills of the last five months" USSD SMS
promise s11_suspend_and_resume "Suspend and resume my line" USSD SMS
promise s12_complaints "Complaints and suggestions" USSD SMS
promise s13_nuisance_message "Report a nuisance message" USSD SMS
promise s14_network_problem "Report a network problem" USSD SMS
promise s15_service_information "Service information" USSD SMS
promise s16_billing_dispute "Billing dispute: one wrong, double back" USSD SMS
promise s17_survey "Feedback after a service" USSD SMS
promise s18_my_data "My data, and their deletion" USSD SMS
promise s19_a_human "A human, at any point" USSD SMS
promise s20_one_stop "One-stop: no repeated questions, short cuts" USSD SMS
promise o1_every_request_is_recorded "Every request is recorded and can be traced"
promise o2_reports "Service-quality reports"
promise o3_confidential "Confidential: no secret in any file"
promise o4_day_and_night "Day and night: without billing, without a link"
promise o5_languages "Plain words in the subscriber's language"
promises_end
