#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A76: "show counters" has every counter that the source declares, and failures are counted there.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"

# The descriptions in all arrays of counters, one a line; alarms have theirs in alarm.h.
declared() {
	find "$source/src" -name '*.c' -exec awk '
		/rate_ctr_desc [a-z_]*\[/ { inside = 1 }
		inside && /^};/ { inside = 0 }
		inside && /"/ { text = $0; sub(/"[^"]*$/, "", text); sub(/.*"/, "", text); print text }' {} +
	sed -n '/#define ALARMS(X)/,/^$/s/.*"\([^"]*\)").*/\1/p' "$source/include/starhash/alarm.h"
}

shown() {
	while IFS= read -r line; do
		grep -qF "$line" <<<"$counters" || { echo "not shown: $line"; return 1; }
	done < <(declared)
}

# Usage: count_is DESCRIPTION N
count_is() {
	grep -qE "^ *$1: +$2 " <<<"$counters"
}

system_open
lab_write_config "gsup = { address = \"$address\"; };" "$(lab_sms_config)" "smpp_ussd = { address = \"$address\"; };" \
	"$(lab_billing_config)" "backends = { loyalty = { url = \"http://$address:8085/v1\"; }; };" "door = { socket = \"$run/door\"; };"
lab_start_server
printf '%s\n' '*100*3*111111*975318*975318#' | lab_phone 13800138000 >/dev/null
printf '%s\n' '*100#' | lab_phone 19900000000 >/dev/null
counters=$(vty 'show counters')
check counters__A76_declared__all_are_shown shown
check counters__A76_wrong_password__counted count_is 'wrong passwords' 1
check counters__A76_unknown_subscriber__counted count_is 'requests for an unknown subscriber, bill or service' 1
check counters__A76_many_declared__found test "$(declared | wc -l)" -gt 60
((failed == 0)) || echo "$counters"
system_end
