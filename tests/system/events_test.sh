#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Events from the operator's systems with the whole daemon: by HTTP over the UNIX socket and over TLS, from files, and from the sample
# billing; the daemon is killed in between. The npm package "smpp" is the SMSC that gets the texts. Skipped without it.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
for program in sqlite3 curl openssl python3; do
	command -v "$program" >/dev/null || exit 77
done
# shellcheck source=tests/system/smsc_common.sh
. "$source/tests/system/smsc_common.sh"
door_port=$((port + 1))
token=shop-token-0123456789

# Usage: door_config PORT
door_config() {
	echo "door = { socket = \"$run/door\"; address = \"127.0.0.1\"; port = $1; tls_certificate = \"$run/door.pem\"; tls_key = \"$run/door.key\";
		clients = { name = \"shop\"; token_file = \"$run/shop.token\"; may = [ \"events\" ]; }; };"
}

# Usage: serve PORT
serve() {
	lab_write_config "spool_folder = \"$run/spool\";" "$(door_config "$1")" "$(lab_billing_config)" \
		"sms = { addresses = \"127.0.0.1:$port\"; numbers = \"10086\"; };"
	lab_start_server
}

kill_server() {
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
}

# Usage: purchase ID MSISDN AMOUNT
purchase() {
	echo "{\"id\": \"$1\", \"event\": \"purchase\", \"number\": \"$2\", \"time\": $(date +%s), \"amount\": $3, \"purchased_by\": \"web\"}"
}

# Answer and status. Usage: request OPTION...
request() {
	curl -sS --max-time 20 -w ' %{http_code}' -H 'Content-Type: application/json' "$@"
}

# Usage: by_socket BODY
by_socket() {
	request --unix-socket "$run/door" -d "$1" http://local/v1/events
}

# Usage: by_tls BODY OPTION...
by_tls() {
	request --cacert "$run/door.pem" -d "$1" "${@:2}" "https://localhost:$door_port/v1/events" --resolve "localhost:$door_port:127.0.0.1"
}

# Usage: is_sent ID
is_sent() {
	request --unix-socket "$run/door" "http://local/v1/events/$1" | grep -q '"state":"sent"'
}

once_over_the_socket() {
	event=$(purchase e1 "$first" 101)
	shows events__S8_purchase__stored '{"id":"e1","result":"notified"} 202' "$(by_socket "$event")"
	await_text "$first" "You paid \$1.01."
	shows events__repeated__recognised '{"id":"e1","result":"notified","repeated":true} 202' "$(by_socket "$event")"
	lab_wait "the event's state" "$run/starhashd.log" is_sent e1
	shows events__mistake__named_by_its_key "{\"id\":\"e2\",\"result\":\"malformed\",\"error\":\"'colour' is not a key of 'payment'\"} 422" \
		"$(by_socket "{\"id\": \"e2\", \"event\": \"payment\", \"number\": \"$first\", \"time\": 1, \"amount\": 1, \"colour\": 1}")"
	check events__door__described grep -q 'requests [0-9]*, refused 0' <<<"$(vty 'show door')"
}

# Events that come late, and bodies that are not events.
refused_or_obsolete() {
	local now

	now=$(date +%s)
	shows events__payment__stored '{"id":"o1","result":"withdrawn"} 202' \
		"$(by_socket "{\"id\": \"o1\", \"event\": \"payment\", \"number\": \"$first\", \"time\": $now, \"amount\": 5000}")"
	shows events__older_than_the_payment__obsolete '{"id":"o2","result":"obsolete"} 202' \
		"$(by_socket "{\"id\": \"o2\", \"event\": \"balance_low\", \"number\": \"$first\", \"time\": $((now - 60)), \"balance\": 1}")"
	shows events__no_json__refused 400 "$(by_socket '{"id": "o3",' | tail -c 3)"
	head -c 70000 /dev/zero | tr '\0' ' ' >"$run/large"
	shows events__too_large__refused 413 "$(by_socket "@$run/large" | tail -c 3)"
}

over_tls() {
	local bearer=(-H "Authorization: Bearer $token")

	# the same id, from another client
	shows events__tls__stored '{"id":"e1","result":"notified"} 202' "$(by_tls "$(purchase e1 "$second" 102)" "${bearer[@]}")"
	await_text "$second" "You paid \$1.02."
	shows events__tls_without_token__refused 401 "$(by_tls "$event" | tail -c 3)"
}

killed_after_the_answer() {
	event=$(purchase e3 "$first" 103)
	shows events__before_the_kill__stored '{"id":"e3","result":"notified"} 202' "$(by_socket "$event")"
	kill_server
	serve "$door_port"
	await_text "$first" "You paid \$1.03."
	shows events__after_the_kill__recognised '{"id":"e3","result":"notified","repeated":true} 202' "$(by_socket "$event")"
}

from_a_file() {
	local event

	event=$(purchase f1 "$second" 104)
	printf '%s\n' "${event/\{/\{\"source\": \"shop\", }" '{"id": "f2"}' \
		"{\"id\": \"f3\", \"event\": \"balance_low\", \"number\": \"$second\", \"time\": $(date +%s), \"balance\": 999}" \
		'# end 3' >"$run/spool/.events"
	mv "$run/spool/.events" "$run/spool/today.events.jsonl"
	lab_wait "the file to be done" "$run/starhashd.log" test -e "$run/spool/done/today.events.jsonl"
	await_text "$second" "You paid \$1.04."
	check events__file__rejects_with_their_reason grep -q "today.events.jsonl:2: 'event' must be one of purchase, " \
		"$run/spool/done/today.events.jsonl.rejects"
	shows events__file__judged_by_the_daemons_rules notified \
		"$(sqlite3 -cmd '.timeout 5000' "$accounts" "SELECT done FROM event WHERE id = 'f3'")"
	shows events__file_then_http__recognised '{"id":"f1","result":"notified","repeated":true} 202' \
		"$(by_tls "$event" -H "Authorization: Bearer $token")"
}

billing_results() {
	curl -sS "http://$address:8085/v1/events" | grep -o '"result": "[a-z]*"' | cut -d'"' -f4 | tr '\n' ' '
}

has_results() {
	[[ $(billing_results) == "notified withdrawn unknown " ]]
}

# Usage: billing_reports MSISDN EVENT
billing_reports() {
	curl -sS -o /dev/null -d "$2" "http://$address:8085/v1/subscribers/$1/events"
}

# The sample billing reports while nobody listens, and again until it is answered. One subscriber is not stored yet, and one is deleted.
from_the_sample_billing() {
	local new='{"account": "prepaid", "status": "active"}'

	curl -sS -o /dev/null -X PUT -d "$new" "http://$address:8085/v1/subscribers/13999999998"
	curl -sS -o /dev/null -X PUT -d "$new" "http://$address:8085/v1/subscribers/13999999999"
	kill_server
	billing_reports "$first" '{"event": "purchase", "amount": 105, "purchased_by": "wap"}'
	billing_reports 13999999998 '{"event": "payment", "amount": 5000}'
	billing_reports 13999999999 '{"event": "payment", "amount": 5000}'
	sqlite3 -cmd '.timeout 5000' "$run/billing.db" "DELETE FROM subscriber WHERE msisdn = '13999999999'"
	serve "$door_port"
	lab_wait "billing's results" "$run/starhashd.log" has_results
	await_text "$first" "You paid \$1.05."
	check events__sample_billing__repeated_until_answered grep -q '"deliveries": [2-9]' <<<"$(curl -sS "http://$address:8085/v1/events")"
}

no_text_twice() {
	shows events__all__each_texted_once "$(printf "      1 You paid \$1.0%d.\n" 1 2 3 4 5)" \
		"$(cut -d' ' -f2- "$run/record" | sort | uniq -c)"
}

door_that_cannot_open() {
	kill "$server_pid"
	wait "$server_pid" || true
	serve "$port"	# the SMSC has it
	check events__port_in_use__alarm grep -q 'door:closed *RAISED .*Address already in use' <<<"$(vty 'show alarm-states')"
	check events__port_in_use__shown grep -q 'closed' <<<"$(vty 'show door')"
	check events__port_in_use__subscribers_are_served grep -q 'Menu' <<<"$(printf '*100#\n' | lab_phone "$first" 2>&1)"
}

system_open
sed -i 's/{ notification = "order_completed"/{ notification = "purchase"; page = "bought"; },\n\t&/
	s/^	order_completed = {};/&\n\tbought = {};/' "$menu"
sed -i 's/^	order_completed = .*/&\n\tbought = { text = "You paid {amount}."; };/' "$run"/texts.*.cfg
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$run/door.key" -out "$run/door.pem" 2>/dev/null
chmod 600 "$run/door.key"
(umask 077 && echo "$token" >"$run/shop.token")
mkdir "$run/spool"
lab_messages="low_balance = 1000; survey_percent = 0;"
first=$(subscriber 1)
second=$(subscriber 2)
start_smsc
lab_start_billing --events-url "unix:$run/door"
serve "$door_port"
once_over_the_socket
refused_or_obsolete
over_tls
killed_after_the_answer
from_a_file
from_the_sample_billing
no_text_twice
door_that_cannot_open
check events__accounts__sound "$bin/starhash-data" check "$accounts"
system_end
