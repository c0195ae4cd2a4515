# shellcheck shell=bash disable=SC2154,SC2034 # some variables come from the scripts that source this, others are for them
# SPDX-License-Identifier: AGPL-3.0-or-later
# A small network on loopback for the demo and the tests: starhashd, a real osmo-hlr in front of it, the sample billing behind it.
# Sourced by bash with "set -euo pipefail", after $bin (the folder of the programs), $menu and $accounts have been set; the pepper is
# beside $accounts. lab_open makes $run, a private folder for all processes; lab_close stops everything and removes it.
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

lab_open() {
	run=$(mktemp -d "${TMPDIR:-/tmp}/starhash-lab.XXXXXX")
	# osmo-hlr has fixed ports, so each lab uses its own loopback address
	address=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 2)).$((RANDOM % 250 + 2))
	pids=()
	entity=starhash
	server_pid=
	hlr_pid=
	billing_pid=
}

# Stop all processes in reverse order.
lab_close() {
	local i

	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null || true
		wait "${pids[i]}" 2>/dev/null || true
	done
	[[ -z ${run-} ]] || rm -rf "$run"
}

# Wait until a command succeeds, as long as the daemon that was started last is alive. Usage: lab_wait WHAT LOG COMMAND...
lab_wait() {
	local what=$1 log=$2 tries=1200

	shift 2
	until "$@" 2>/dev/null; do
		if ((--tries == 0)) || ! kill -0 "$daemon_pid" 2>/dev/null; then
			cat "$log" >&2
			echo "$what did not come" >&2
			return 1
		fi
		sleep 0.05
	done
}

# ---- starhashd ----

# Pages on the console have the size of those over OsmoHLR. No hours are quiet, whenever this runs; nobody is refused because the machine is
# busy with other tests, unless $lab_delay (ms) says so; $lab_messages, without it no surveys, is added to the group "messages".
# Usage: lab_write_config [LINE...], for example a gsup link.
lab_write_config() {
	cat >"$run/starhash.cfg" <<-END
	menu = "$menu";
	accounts = "$accounts";
	pepper = "${accounts%/*}/pepper";
	vty_socket = "$run/vty";
	user = "$(id -un)";
	inputs_per_minute = 0;
	delay_target_ms = ${lab_delay-0};
	messages = { quiet_from = "00:00"; quiet_until = "00:00"; ${lab_messages-survey_percent = 0;} };
	console = { socket = "$run/console"; ask_octets = 114; end_octets = 112; };
	END
	((!$#)) || printf '%s\n' "$@" >>"$run/starhash.cfg"
}

lab_start_server() {
	rm -f "$run/console"
	"$bin/starhashd" --config "$run/starhash.cfg" >>"$run/starhashd.log" 2>&1 &
	pids+=($!)
	server_pid=$! daemon_pid=$!
	lab_wait starhashd "$run/starhashd.log" test -S "$run/console"
}

# ---- billing ----

# At its first start the sample billing copies the accounts; from then on it has its own database. Pass the output of
# lab_billing_config to lab_write_config. Usage: lab_start_billing [OPTION...]
lab_start_billing() {
	[[ -f $run/billing.jsonl ]] || "$bin/starhash-data" export "$accounts" >"$run/billing.jsonl"
	: >"$run/billing.out"
	PYTHONDONTWRITEBYTECODE=1 python3 "$lab/billing/billing.py" --address "$address" --database "$run/billing.db" \
		--subscribers "$run/billing.jsonl" --verbose "$@" >"$run/billing.out" 2>>"$run/billing.log" &
	pids+=($!)
	billing_pid=$! daemon_pid=$!
	lab_wait "the sample billing" "$run/billing.log" grep -q listening "$run/billing.out"
}

# Usage: lab_billing_config [SETTING...], settings of the group billing
lab_billing_config() {
	printf 'billing = { url = "http://%s:8085"; %s };\n' "$address" "$*"
}

# The loyalty service of the sample billing, for the self-care menu: pass the output to lab_write_config. Usage: lab_loyalty_config
lab_loyalty_config() {
	printf 'backends = {\n%s\n};\n' "$(sed "s|http://127.0.0.1:|http://$address:|" "$lab/billing/loyalty.cfg")"
}

# Make billing misbehave from now on: lab_billing_fault JSON. Back to normal: lab_billing_fault {}
lab_billing_fault() {
	curl -sS --fail -o /dev/null -X PUT -d "$1" "http://$address:8085/v1/faults"
}

# ---- osmo-hlr ----

lab_write_hlr_config() {
	cat >"$run/hlr.cfg" <<-END
	log stderr
	 logging level set-all notice
	line vty
	 bind $address
	ctrl
	 bind $address
	hlr
	 gsup
	  bind ip $address
	 euse $entity
	 ussd route prefix *100# external $entity
	 ussd default-route external $entity
	END
}

# The HLR gets the same subscribers as the accounts.
lab_make_hlr_database() {
	osmo-hlr-db-tool -l "$run/hlr.db" create >"$run/hlr-db.log" 2>&1
	sqlite3 "$run/hlr.db" "ATTACH '$accounts' AS accounts;
		INSERT INTO subscriber (imsi, msisdn) SELECT printf('%015d', imsi), msisdn FROM accounts.sim GROUP BY msisdn"
}

lab_hlr_listens() {
	: <>"/dev/tcp/$address/4222"
}

lab_start_hlr() {
	lab_write_hlr_config
	[[ -f $run/hlr.db ]] || lab_make_hlr_database
	osmo-hlr -c "$run/hlr.cfg" -l "$run/hlr.db" >"$run/hlr.log" 2>&1 &
	pids+=($!)
	hlr_pid=$! daemon_pid=$!
	lab_wait osmo-hlr "$run/hlr.log" lab_hlr_listens
}

# The HLR's VTY lists an entity once its link is up.
lab_attached() {
	local console reply

	exec {console}<>"/dev/tcp/$address/4258" || return
	printf 'show gsup-connections\r\nexit\r\n' >&"$console"
	reply=$(timeout 2 cat <&"$console" | tr -d '\0') || true
	exec {console}>&-
	[[ $reply == *EUSE-$entity* ]]
}

# ---- phones ----

# Inputs on standard input, pages on standard output.
lab_phone() {
	"$bin/starhash-phone" --socket "$run/console" --msisdn "$1"
}

# The phone acts as the SMSC to which starhashd's channel sms binds: pass the output of lab_sms_config to lab_write_config. It sends
# texts only from its own number, so they are trusted.
lab_sms_config() {
	echo "sms = { addresses = \"$address:2775\"; numbers = \"10086 10086120 10086999\"; trust = \"password\"; };"
}

# Texts on standard input, answers on standard output.
lab_sms_phone() {
	"$bin/starhash-phone" --smsc "$address:2775" --msisdn "$@"
}

lab_imsi() {
	sqlite3 "$run/hlr.db" "SELECT imsi FROM subscriber WHERE msisdn = '$1'"
}

lab_hlr_phone() {
	"$bin/starhash-phone" --hlr "$address:4222" --imsi "$(lab_imsi "$1")"
}
