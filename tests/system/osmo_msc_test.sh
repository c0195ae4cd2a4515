#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Debian's osmo-msc as the SMSC, as far as it works without radio: bind, keep-alive, a text to an unknown subscriber (which it
# stores), and its restart. Skipped if it is not installed. It listens for SCTP, which not every kernel has: a shim replaces
# that.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
command -v osmo-msc >/dev/null || exit 77

write_msc_config() {
	cat >"$run/msc.cfg" <<-END
	log stderr
	 logging level set-all notice
	 logging level smpp debug
 logging level lsms debug
	line vty
	 no login
	 bind $address
	ctrl
	 bind $address
	network
	 network country code 1
	 mobile network code 1
	 encryption a5 0
	msc
	 mgw remote-ip $address
	hlr
	 remote-ip $address
	smpp
	 local-tcp-ip $address 2775
	 system-id lab
	 policy closed
	 esme menu
	  password secret08
	  default-route
	END
}

msc_listens() {
	: <>"/dev/tcp/$address/2775"
}

start_msc() {
	(cd "$run" && LD_PRELOAD=$run/sctp_shim.so exec osmo-msc -c msc.cfg) >>"$run/msc.log" 2>&1 &
	pids+=($!)
	msc_pid=$! daemon_pid=$!
	lab_wait osmo-msc "$run/msc.log" msc_listens
}

bound() {
	(($(grep -c "sms: up, to $address port 2775 as menu" "$run/starhashd.log") == $1))
}

nothing_waits() {
	grep -q ' 0 texts to be sent' <<<"$(vty 'show links')"
}

# It accepts texts for subscribers who may attach later.
text_taken() {
	shows osmo_msc__text_queued__reported sent "$(vty 'notify sms msisdn 8613800138000 Balance 12.50' | grep -o '^sent')"
	lab_wait "the text" "$run/msc.log" grep -q 'SUBMIT-SM: Stored in DB' "$run/msc.log"
	lab_wait "its response" "$run/msc.log" nothing_waits
}

system_open
write_msc_config
read -ra compiler <<<"${CC:-cc}"
"${compiler[@]}" -shared -fPIC -o "$run/sctp_shim.so" "$source/tests/system/sctp_shim.c" -ldl || exit 77
start_msc
install -m 0600 /dev/null "$run/password"
echo secret08 >"$run/password"
lab_write_config "sms = { addresses = \"$address\"; system_id = \"menu\"; password_file = \"$run/password\"; numbers = \"10086\";
	ia5 = \"gsm7\"; };"
lab_start_server
lab_wait "the bind" "$run/starhashd.log" bound 1
check osmo_msc__bind__accepted bound 1
lab_wait "our enquire_link" "$run/msc.log" grep -q 'Tx Enquire Link Response' "$run/msc.log"
text_taken
check osmo_msc__unknown_subscriber__text_stored_and_answered nothing_waits
kill -KILL "$msc_pid"
wait "$msc_pid" 2>/dev/null || true
lab_wait "the loss of the link" "$run/starhashd.log" grep -q 'sms: link to .*, up: ' "$run/starhashd.log"
start_msc
daemon_pid=$server_pid
lab_wait "the second bind" "$run/starhashd.log" bound 2
check osmo_msc__F10_restarted__bound_again bound 2
system_end
