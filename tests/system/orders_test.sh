#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Orders of partners and web shops with the whole daemon (S6): the examples of contrib/door/README.md, rights, ids of other clients,
# hostile bodies, repetitions, guessed codes, and a search for codes in all files. The npm package "smpp" is the SMSC that gets the texts.
# Answers are compared with contrib/door/orders.yaml. Skipped without the package.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
for program in sqlite3 curl python3; do
	command -v "$program" >/dev/null || exit 77
done
python3 -c 'import yaml' 2>/dev/null || exit 77
# shellcheck source=tests/system/smsc_common.sh
. "$source/tests/system/smsc_common.sh"
door_port=$((port + 1))

serve() {
	lab_write_config \
		"journal = { file = \"$run/journal\"; key_file = \"$run/journal.key\"; };" "sms = { addresses = \"127.0.0.1:$port\"; numbers = \"10086\"; };" \
		"door = { socket = \"$run/door\"; address = \"127.0.0.1\"; port = $door_port; clients = (
			{ name = \"sina\"; token_file = \"$run/sina.token\"; may = [ \"orders\" ]; providers = [ \"SINA\", \"SOHU\" ]; },
			{ name = \"shop\"; token_file = \"$run/shop.token\"; may = [ \"orders\", \"codes\" ]; } ); };"
	lab_start_server
}

# Answer and status; each answer is also recorded with its request, for conform. Usage: request CLIENT METHOD PATH [BODY]
request() {
	local client=$1 method=$2 path=$3 answer

	shift 3
	answer=$(curl -sS --max-time 20 -w ' %{http_code}' -X "$method" -H 'Content-Type: application/json' \
		-H "Authorization: Bearer $client-token-0123456789" ${1+-d "$1"} "http://127.0.0.1:$door_port$path")
	printf '%s %s %s\n' "$method" "$path" "$answer" >>"$run/answers"
	echo "$answer"
}

# The same without times and references.
answer() {
	request "$@" | vary
}

vary() {
	sed -E 's/"(until|time)":"[^"]*"/"\1":T/g; s/"reference":"[0-9A-Z-]*"/"reference":R/'
}

# Usage: order ID SERVICE [NUMBER]
order() {
	echo "{\"id\": \"$1\", \"number\": \"${3-$first}\", \"service\": \"$2\"}"
}

code_of() {
	echo "{\"id\": \"$1\", \"number\": \"$second\", \"service\": \"$2\", \"shown\": \"Weather, \$0.10 a day. Order?\"}"
}

# Usage: is_in STATE CLIENT PATH
is_in() {
	[[ $(request "$2" GET "$3") == *"\"state\":\"$1\""* ]]
}

# Sets $code, the last that was texted to a number. Usage: await_code NUMBER COUNT
await_code() {
	lab_wait "a code" "$run/starhashd.log" has_codes "$@"
	code=$(codes "$1" | tail -1)
}

codes() {
	grep "^$1 Code" "$run/record" | grep -oE 'Code [0-9]{6}' | cut -d' ' -f2
}

has_codes() {
	[[ $(codes "$1" | wc -l) -ge $2 ]]
}

# Usage: other DIGITS N: another code
other() {
	printf %06d $(((10#$1 + $2) % 1000000))
}

# ---- the examples of README.md ----

# Prints each example but those of tickets, which staff's systems have: a line with its command, and one with its answer.
examples() {
	sed -n 's/^    //p' "$source/contrib/door/README.md" | sed "s|/run/starhash/door|$run/door|; s/8613800138000/$third/" |
		python3 -c 'import re, sys
for example in re.split(r"(?m)^(?=curl)", sys.stdin.read() + "\n"):
    found = re.match(r"(curl.*?)\n(\{\".*?)\n", example, re.S)
    if found and "/v1/ticket" not in example:
        print(found.group(1).replace("\n", " ")); print(found.group(2))'
}

says_as_written() {
	[[ $(eval "$1" 2>&1 | vary) == "$(vary <<<"$2")" ]]
}

readme_is_true() {
	local command wanted count=0

	examples >"$run/examples"
	while read -r command && read -r wanted; do
		count=$((count + 1))
		lab_wait "example $count of README.md" "$run/starhashd.log" says_as_written "$command -sS" "$wanted"
	done <"$run/examples"
	shows orders__readme__all_examples_as_written 5 "$count"
}

# ---- who may do what ----

each_has_its_rights() {
	local path

	for path in codes push events; do
		shows "orders__client_with_orders_only__not_$path" '{"error":"this client may not use this path"} 403' \
			"$(answer sina POST "/v1/$path" "$(order 1 WEATHER)")"
		shows "orders__client_with_orders_only__no_state_of_$path" '{"error":"this client may not use this path"} 403' \
			"$(answer sina GET "/v1/$path/1")"
	done
	shows orders__client_with_orders_only__enters_no_code '{"error":"this client may not use this path"} 403' \
		"$(answer sina POST /v1/codes/1 '{"code": "123456"}')"
	shows orders__in_another_name__refused '{"error":"this client may not ask in the name of that provider"} 403' \
		"$(answer sina POST /v1/orders "{\"id\": \"r0\", \"number\": \"$first\", \"service\": \"WEATHER\", \"provider\": \"BANK\"}")"
	shows orders__no_client__refused 401 "$(answer nobody POST /v1/orders "$(order 1 WEATHER)" | tail -c 4 | tr -d ' ')"
	shows orders__asked__stored '{"id":"r1","state":"waiting"} 202' "$(answer sina POST /v1/orders "$(order r1 WEATHER)")"
	shows orders__of_another_client__not_seen '{"error":"there is no such request, or it is too old"} 404' \
		"$(answer shop GET /v1/orders/r1)"
	shows orders__same_id_of_another_client__another_request '{"id":"r1","state":"waiting"} 202' \
		"$(answer shop POST /v1/orders "$(order r1 WEATHER "$second")")"
}

# ---- bodies ----

hostile_bodies_are_refused() {
	local long

	long=$(head -c 70000 /dev/zero | tr '\0' x)
	shows orders__too_long__413 '{"error":"the body is too large"} 413' "$(answer shop POST /v1/orders "$(order "$long" WEATHER)")"
	shows orders__not_json__400 400 "$(answer shop POST /v1/codes "${long:0:60000}" | tail -c 4 | tr -d ' ')"
	shows orders__sql__only_a_text '{"error":"'\''service'\'' must be a code: a short text without blanks"} 422' \
		"$(answer shop POST /v1/orders "$(order h1 "X'; DROP TABLE orders; --")")"
	shows orders__control_characters__refused 422 "$(answer shop POST /v1/codes \
		"{\"id\": \"h2\", \"number\": \"$second\", \"service\": \"WEATHER\", \"shown\": \"a\\u001b[2J\"}" | tail -c 4 | tr -d ' ')"
	shows orders__key_of_another_path__named '{"error":"'\''page'\'' is not a key of '\''order_request'\''"} 422' \
		"$(answer shop POST /v1/orders "{\"id\": \"h3\", \"number\": \"$first\", \"service\": \"WEATHER\", \"page\": \"offer\"}")"
	shows orders__unknown_page__refused '{"error":"the menu has no page of that name to push"} 422' \
		"$(curl -sS --unix-socket "$run/door" -w ' %{http_code}' -H 'Content-Type: application/json' http://local/v1/push \
			-d "{\"id\": \"h4\", \"number\": \"$first\", \"page\": \"nowhere\"}")"
	shows orders__as_an_event__refused 422 "$(curl -sS --unix-socket "$run/door" -w ' %{http_code}' -H 'Content-Type: application/json' \
		http://local/v1/events -d "{\"id\": \"h5\", \"event\": \"order_request\", \"number\": \"$first\", \"time\": 1, \"service\": \"WEATHER\"}" |
		tail -c 3)"
}

# ---- orders ----

asked_once() {
	shows orders__repeated__recognised '"repeated":true' "$(answer sina POST /v1/orders "$(order r1 WEATHER)" | grep -o '"repeated":true')"
	shows orders__same_id_for_another_service__conflict '{"error":"another request has this id"} 409' \
		"$(answer sina POST /v1/orders "$(order r1 NEWS)")"
	lab_wait "the request's state" "$run/starhashd.log" is_in asked sina /v1/orders/r1
	lab_wait "the other request's state" "$run/starhashd.log" is_in asked shop /v1/orders/r1
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	serve
	shows orders__after_a_kill__recognised '{"id":"r1","state":"asked"' "$(answer sina POST /v1/orders "$(order r1 WEATHER)" | cut -d, -f1,2)"
	shows orders__both_clients__each_texted_once "1 1" \
		"$(grep -c "^$first Open WEATHER for " "$run/record") $(grep -c "^$second Open WEATHER for " "$run/record")"
}

# ---- codes ----

right_code_orders() {
	local right

	answer shop POST /v1/codes "$(code_of c1 WEATHER)" >/dev/null
	await_code "$second" 1
	shows codes__wrong__counted '{"id":"c1","state":"wrong","tries_left":2} 422' \
		"$(answer shop POST /v1/codes/c1 "{\"code\": \"$(other "$code" 1)\"}")"
	check codes__wrong__names_the_client grep -q "DDOOR NOTICE shop: a one-time code is wrong" "$run/starhashd.log"
	right=$(request shop POST /v1/codes/c1 "{\"code\": \"$code\"}")
	shows codes__right__ordered '{"id":"c1","state":"yes" 200' "$(cut -d, -f1,2 <<<"$right") ${right: -3}"
	shows codes__right_again__same_reference "$right" "$(request shop POST /v1/codes/c1 "{\"code\": \"$code\"}")"
	shows codes__right__one_order 1 "$(sqlite3 -cmd '.timeout 5000' "$accounts" \
		"SELECT count(*) FROM orders WHERE msisdn = $second AND service = 'WEATHER'")"
	shows codes__right__consent_to_what_was_shown "Weather, \$0.10 a day. Order?|******|web:shop|code" "$(sqlite3 -cmd '.timeout 5000' \
		"$accounts" "SELECT shown, answered, channel, trust FROM consent WHERE msisdn = $second ORDER BY id DESC LIMIT 1")"
}

# Usage: is_in_memory CODE...
is_in_memory() {
	! perl "$source/tests/system/secrets.pl" "$server_pid" -- "$@" >/dev/null
}

guessed_codes_lock() {
	local n=0 guess typed=()

	answer shop POST /v1/codes "$(code_of c2 NEWS)" >/dev/null
	await_code "$second" 2
	# libraries have tables of digits
	while ((${#typed[@]} < 3)); do
		n=$((n + 1))
		guess=$(other "$code" "$((n * 7919))")
		((EUID == 0)) && is_in_memory "$guess" || typed+=("$guess")
	done
	for n in 1 2 3; do
		shows "codes__guess_${n}__wrong" "{\"id\":\"c2\",\"state\":\"wrong\",\"tries_left\":$((3 - n))} 422" \
			"$(answer shop POST /v1/codes/c2 "{\"code\": \"${typed[n - 1]}\"}")"
	done
	if ((EUID == 0)); then
		check codes__typed__not_in_memory test "$(is_in_memory "${typed[@]}"; echo $?)" = 1
	else
		echo "codes__typed__not_in_memory: skipped, since only root may read the daemon's memory"
	fi
	shows codes__fourth_and_right__refused '"state":"locked" 410' \
		"$(answer shop POST /v1/codes/c2 "{\"code\": \"$code\"}" | sed -E 's/.*("state":"locked").* /\1 /')"
	shows codes__locked__no_order 0 "$(sqlite3 -cmd '.timeout 5000' "$accounts" \
		"SELECT count(*) FROM orders WHERE msisdn = $second AND service = 'NEWS'")"
}

# Usage: has_code FILE
has_code() {
	grep -qawFf <(grep -oE 'Code [0-9]{6}' "$run/record" | cut -d' ' -f2) "$1"
}

no_code_in_a_file() {
	check codes__texted__three test "$(grep -cE 'Code [0-9]{6}' "$run/record")" = 3
	check codes__searcher__finds_them has_code "$run/record"
	sqlite3 "$accounts" .dump >"$run/dump"
	check codes__in_no_log test "$(has_code "$run/starhashd.log"; echo $?)" = 1
	cat "$accounts"* >>"$run/dump"
	check codes__not_in_the_database test "$(has_code "$run/dump"; echo $?)" = 1
	check codes__not_in_the_journal test "$(has_code "$run/journal"; echo $?)" = 1
}

# ---- the contract ----

conforms() {
	python3 - "$source/contrib/door/orders.yaml" "$run/answers" <<-'PY'
	import json, re, sys
	import yaml

	document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))

	def target(node):
	    while "$ref" in node:
	        name, node = node["$ref"], document
	        for part in name.removeprefix("#/").split("/"):
	            node = node[part]
	    return node

	def fits(value, schema):
	    schema = target(schema)
	    if "oneOf" in schema:
	        return sum(fits(value, one) for one in schema["oneOf"]) == 1
	    kind = {"object": dict, "string": str, "integer": int, "boolean": bool}[schema["type"]]
	    good = isinstance(value, kind) and value in schema.get("enum", [value])
	    if good and kind is dict:
	        properties = schema["properties"]
	        good = set(schema.get("required", [])) <= set(value) <= set(properties) and all(
	            fits(value[name], properties[name]) for name in value)
	    if good and "pattern" in schema:
	        good = re.search(schema["pattern"], value) is not None
	    if good and schema.get("format") == "date-time":
	        good = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) is not None
	    return good

	count = 0
	for line in open(sys.argv[2], encoding="utf-8"):
	    method, path, rest = line.rstrip("\n").split(" ", 2)
	    body, status = rest.rsplit(" ", 1)
	    known = [item for name, item in document["paths"].items()
	             if re.fullmatch(name.replace("{id}", "[^/]+"), path)]
	    if not known:
	        continue		# of events.yaml
	    answers = known[0][method.lower()]["responses"]
	    schema = target(answers[status])["content"]["application/json"]["schema"] if status in answers else {"type": "boolean"}
	    if not fits(json.loads(body), schema):
	        sys.exit(f"{line}is not as in orders.yaml")
	    count += 1
	sys.exit(0 if count > 25 else f"only {count} answers")
	PY
}

system_open
(umask 077 && for client in sina shop; do echo "$client-token-0123456789" >"$run/$client.token"; done)
read -r first second third < <(sqlite3 "$accounts" "SELECT msisdn FROM subscriber WHERE account = 'prepaid' AND language = 'en' AND
	status = 'active' AND msisdn NOT IN (SELECT msisdn FROM subscription WHERE service IN ('NEWS', 'WEATHER')) ORDER BY msisdn LIMIT 3" | tr '\n' ' '; echo)
sed -i 's/push:plain/push:offer/' "$menu"	# README.md's page
start_smsc
serve
readme_is_true
each_has_its_rights
hostile_bodies_are_refused
asked_once
right_code_orders
guessed_codes_lock
no_code_in_a_file
check orders__all_answers__as_in_orders_yaml conforms
check orders__accounts__sound "$bin/starhash-data" check "$accounts"
system_end
