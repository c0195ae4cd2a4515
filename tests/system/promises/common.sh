# shellcheck shell=bash disable=SC2154,SC2034 # some variables come from the lab, some are for those who source this
# SPDX-License-Identifier: AGPL-3.0-or-later
# How a promise is played and judged: subscribers who dial through osmo-hlr and text through an SMSC, billing and staff behind the daemon,
# and a clock that can be set on. Sourced by promises_test.sh after the lab's own files.

# ---- the table ----

declare -A wrong	# by channel: what was not as promised
declare -A judged	# by channel: how much was looked at
failed_rows=()

# Play one promise, print its row, and below it what was not as promised. The function's name begins with the row's number. It is judged in
# each channel, or, if none is given, as a whole; where nothing was looked at, it has failed. With ROWS="S4 O2" in the environment only
# those are played. Usage: promise FUNCTION WHAT [CHANNEL...]
promise() {
	local function=$1 row=${1%%_*} what=$2 verdict='' each

	[[ -z ${ROWS-} || " $ROWS " == *" ${row^^} "* ]] || return 0
	shift 2
	wrong=() judged=() channel=- pages='' row_began=$(phones_lines) whole=''
	(($#)) || { whole=- && set -- -; }
	"$function" || fails "stopped"
	for each; do
		((${judged[$each]-0})) || wrong[$each]+="nothing was looked at"$'\n'
		[[ $whole ]] || verdict+=$(printf '%-5s' "$each")
		verdict+=$(printf '%-8s' "$([[ ${wrong[$each]-} ]] && echo FAILED || echo ok)")
	done
	printf '%-4s %-46s %s\n' "${row^^}" "$what" "$verdict" | sed 's/ *$//'
	((!${#wrong[@]})) || failed_rows+=("${row^^}")
	for each in "${!wrong[@]}"; do
		sed "s/^/     $each: /;s/^     -: /     /" <<<"${wrong[$each]%$'\n'}"
	done
}

# What the program does not do yet. Usage: not_yet ROW WHAT
not_yet() {
	[[ -z ${ROWS-} || " $ROWS " == *" $1 "* ]] || return 0
	printf '%-4s %-46s not yet\n' "$1" "$2"
}

promises_end() {
	((${#failed_rows[@]})) || exit 0
	cat "$run/starhashd.log"
	echo "failed: ${failed_rows[*]}"
	exit 1
}

fails() {
	wrong[${whole:-$channel}]+="$1"$'\n'
}

# Usage: judge PROBLEM COMMAND...: the command fails if there is one.
judge() {
	local problem=$1

	shift
	judged[${whole:-$channel}]=$((${judged[${whole:-$channel}]-0} + 1))
	"$@" || fails "$problem${pages:+; seen: ${pages//$'\n'/ / }}"
}

# An effect is there, now or soon. Usage: becomes WHAT EXPECTED COMMAND..., which prints it
becomes() {
	local what=$1 expected=$2

	shift 2
	within 6 prints "$expected" "$@" || true
	is "$what" "$expected" "$("$@")"
}

# Usage: is WHAT EXPECTED GOT
is() {
	judge "$1: expected '$2', got '$3'" test "$3" = "$2"
}

prints() {
	local expected=$1

	shift
	[[ $("$@") == "$expected" ]]
}

# Usage: within SECONDS COMMAND...: until it succeeds
within() {
	local end=$((SECONDS + $1))

	shift
	until "$@" 2>/dev/null; do
		((SECONDS <= end)) || return 1
		sleep 0.05
	done
}

# ---- subscribers ----

taken="''"
dials=0
texts=0

# The next active subscriber that no other row has, of those who read English or, if the condition names a language, that one.
# Usage: choose VARIABLE [SQL]
choose() {
	local condition=${2-account = \'prepaid\'}

	[[ $condition == *language* ]] || condition+=" AND language = 'en'"
	printf -v "$1" %s "$(in_accounts "SELECT msisdn FROM subscriber WHERE status = 'active' AND $condition AND msisdn NOT IN ($taken)
		ORDER BY msisdn LIMIT 1")"
	[[ ${!1} ]] || fails "no subscriber is left for $1"
	taken+=", '${!1}'"
}

# Dial a code through osmo-hlr, and answer its pages. Usage: dial MSISDN CODE [INPUT...]
dial() {
	local who=$1

	shift
	channel=USSD pages=
	[[ $who ]] || return 0
	dials=$((dials + 1))
	pages=$(printf '%s\n' "$@" | lab_hlr_phone "$who" 2>&1 | grep .) || true
}

phones_lines() {
	wc -l <"$run/record"
}

answered() {
	texted "$last_texter" "$text_began" '' && [[ $pages ]]
}

by=	# the SMSC that the subscribers' texts go through: see start_smsc

# Text through the SMSC, and wait for an answer. Usage: text MSISDN WORDS [SHORT_CODE]
text() {
	channel=SMS texts=$((texts + 1)) last_texter=$1 text_began=$(phones_lines)
	echo "$1${3+>$3}|$2" >"$run/talks$by"
	kill -HUP "$smsc_pid"
	within 5 answered || true
}

# The texts that a subscriber got since there were so many lines have these words. Usage: texted MSISDN LINES WORDS
texted() {
	pages=$(tail -n "+$(($2 + 1))" "$run/record" | sed -n "s/^$1 //p")
	grep -qF -- "$3" <<<"$pages"
}

on_pages() {
	grep -qF -- "$1" <<<"$pages"
}

not_on_pages() {
	! on_pages "$1"
}

# The pages that were dialled, or the texts that came since the last one was sent, have these words.
says() {
	if [[ $channel == SMS ]]; then
		within 6 texted "$last_texter" "$text_began" "$1" || true
	fi
	judge "expected '$1'" on_pages "$1"
}

# They do not; of texts this can be said only after what they have.
says_not() {
	judge "'$1' is not expected" not_on_pages "$1"
}

# The subscriber gets a text with these words, or got it since the row began. What could not be sent at once, because of an open dialog,
# is tried again after half a minute, then later: time passes faster. Usage: hears MSISDN WORDS
hears() {
	local tries=15

	channel=SMS
	until within 1 texted "$1" "$row_began" "$2" || ((--tries == 0)); do
		clock_on 90
	done
	last_texter=$1 text_began=$row_began
	judge "$1 expected '$2'" on_pages "$2"
}

# How many texts to a subscriber have begun so since the row began. Usage: heard MSISDN TEXT
heard() {
	tail -n "+$((row_began + 1))" "$run/record" | grep -cF "$1 $2" || true
}

# ---- time ----

clock_now() {
	echo $(($(date +%s) + $(stat -c %s "$run/ahead")))
}

# Usage: day FORMAT [DAYS]: by the daemon's clock, so many days from now
day() {
	date -d "@$(($(clock_now) + ${2-0} * 86400))" "+$1"
}

# Usage: days_until DATE
days_until() {
	echo $((($(date -d "$1 12:00" +%s) - $(date -d "$(day %Y-%m-%d) 12:00" +%s) + 7200) / 86400))
}

# Usage: clock_on SECONDS
clock_on() {
	truncate -s "+$1" "$run/ahead"
}

# Set all clocks on. Usage: clock_at TIME
clock_at() {
	truncate -s $(($(date -d "$1" +%s) - $(date +%s))) "$run/ahead"
}

# Usage: days_pass DAYS: until ten o'clock of that day. The daemon starts anew, since it does its housekeeping then, and later once a minute.
days_pass() {
	stop_server
	clock_at "$(day %Y-%m-%d "$1") 10:00"
	serve
}

# ---- billing and staff ----

# Usage: billing_knows MSISDN PATH, such as $.balance
billing_knows() {
	in_billing "SELECT json_extract(data, '$2') FROM subscriber WHERE msisdn = '$1'"
}

# Usage: billing_sets MSISDN PATH SQL...
billing_sets() {
	local who=$1 assignments=''

	shift
	while (($#)); do
		assignments+=", '$1', $2"
		shift 2
	done
	in_billing "UPDATE subscriber SET data = json_set(data$assignments) WHERE msisdn = '$who'"
}

# What billing has carried out for a subscriber, in order: "service-activate CALLID, …".
billing_did() {
	in_billing "SELECT coalesce(group_concat(kind || coalesce(' ' || service, ''), ', '), 'nothing')
		FROM (SELECT kind, service FROM effect WHERE msisdn = '$1' ORDER BY id)"
}

# Billing reports an event. Usage: tell MSISDN JSON
tell() {
	curl -sS --fail -o /dev/null -d "$2" "http://$address:8085/v1/subscribers/$1/events"
}

yuan() {
	printf '¥%d.%02d' $(($1 / 100)) $(($1 % 100))
}

data() {
	"$run/bin/starhash-data" "$@" 2>&1
}

# Kind and state of a subscriber's tickets, the newest last. Usage: tickets MSISDN
tickets() {
	data tickets "$accounts" "$1" | awk '/^[0-9]/ { printf "%s%s %s", n++ ? ", " : "", $3, $4 }'
}

# The number of a subscriber's newest ticket.
ticket_of() {
	in_accounts "SELECT number FROM ticket WHERE msisdn = $1 ORDER BY number DESC LIMIT 1"
}

# The subscriber was given the number of a new ticket. Usage: says_ticket KIND MSISDN
says_ticket() {
	says "eport $(ticket_of "$2")"
	is "ticket" "$1 open" "$(tickets "$2" | sed 's/.*, //')"
	opened[$1]=$((${opened[$1]-0} + 1))
}

declare -A opened	# by kind

# What staff do with a ticket. Usage: staff MSISDN ACT [TEXT [OPTION...]]
staff() {
	local who=$1 act=$2 said

	shift 2
	said=$(data tickets "$accounts" --config "$run/starhash.cfg" "$who" "$act" "$(ticket_of "$who")" "$@") || fails "staff cannot $act: $said"
}

# What staff read of it. Usage: ticket_shows MSISDN
ticket_shows() {
	data tickets "$accounts" "$1" show "$(ticket_of "$1")"
}

# Some of its facts: "cause: tariff, item: calls". Usage: ticket_facts MSISDN NAME NAME
ticket_facts() {
	ticket_shows "$1" | grep "^$2: \|^$3: " | sort | paste -sd '|' | sed 's/|/, /'
}

# ---- processes ----

# Usage: serve [TRUST_OF_TEXTS [SETTING_OF_MESSAGES]]
serve() {
	lab_messages=${2-survey_percent = 0;} lab_write_config "$(lab_billing_config)" "$(lab_loyalty_config)" \
		"sms = { addresses = \"127.0.0.1:$port 127.0.0.1:$second_port\"; numbers = \"10086 10086120 10086999\";
			trust = \"${1-password}\"; };" \
		"gsup = { address = \"$address\"; idle_ms = 1000; };" "door = { socket = \"$run/door\"; };" \
		"journal = { file = \"$run/journal\"; key_file = \"$run/journal.key\"; flush_ms = 20; };" "audit_file = \"$run/audit\";" \
		"clock_jump_days = 100;"
	bin=$run/bin lab_start_server
	lab_wait "the link to osmo-hlr" "$run/starhashd.log" lab_attached
	lab_wait "the links to the SMSCs" "$run/starhashd.log" binds_up 2
}

# Usage: binds_up NUMBER, of the two
binds_up() {
	[[ $(vty 'show links') == *"sms: $1 of 2 binds up"* ]]
}

stop_server() {
	kill "$server_pid"
	wait "$server_pid" || true
}

stop_billing() {
	kill -KILL "$billing_pid"
	wait "$billing_pid" 2>/dev/null || true
	daemon_pid=$server_pid
}

start_billing() {
	CLOCK_AHEAD=$run/ahead LD_PRELOAD=$run/clock_shim.so lab_start_billing --events-url "unix:$run/door"
}

# ---- secrets ----

secrets=(246810)	# that all sample subscribers have
codes=()		# for one order

# Six digits that pass as a password, and that no file in $run has before somebody types them. Usage: secret VARIABLE
secret() {
	local digits

	until printf -v digits %06d $((500000 + SRANDOM % 500000)) && ! easy_to_guess "$digits" && [[ "${secrets[*]}" != *$digits* ]] &&
		find_words "$run" -- "$digits" >/dev/null; do :; done
	printf -v "$1" %s "$digits"
	secrets+=("$digits")
}

draw_secrets() {
	local name

	for name in first second third wrong_1 wrong_2 wrong_3; do
		secret "$name"
	done
}

find_words() {
	perl "$source/tests/system/secrets.pl" "$@"
}
