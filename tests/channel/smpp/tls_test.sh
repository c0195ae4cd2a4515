#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Our link over TLS against OpenSSL's server with an SMSC behind it: traffic flows, and only a certificate of our
# authority with the right name is accepted. Skipped if openssl is not installed.
set -euo pipefail
# shellcheck source=tests/channel/smpp/peers.sh
. "${srcdir:-.}/tests/channel/smpp/peers.sh"

sink=$PWD/tests/channel/smpp/sink
count=20000

# Usage: make_authority NAME
make_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$run/$1.key" -out "$run/$1.pem" \
		-days 2 -subj "/CN=$1" 2>>"$run/openssl.log"
}

# Usage: make_certificate NAME ALTERNATIVE_NAME
make_certificate() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$run/$1.key" -out "$run/$1.csr" \
		-subj "/CN=$1" 2>>"$run/openssl.log"
	openssl x509 -req -in "$run/$1.csr" -CA "$run/authority.pem" -CAkey "$run/authority.key" -CAcreateserial \
		-days 2 -extfile <(echo "subjectAltName=$2") -out "$run/$1.pem" 2>>"$run/openssl.log"
}

# Usage: serve CERTIFICATE [OPTION...]
serve() {
	local name=$1

	shift
	rm -f "$run/from" "$run/to"
	mkfifo "$run/from" "$run/to"
	openssl s_server -accept "127.0.0.1:$port" -cert "$run/$name.pem" -key "$run/$name.key" -quiet "$@" \
		<"$run/from" >"$run/to" 2>>"$run/server.log" &
	pids+=($!)
	"$sink" >"$run/from" <"$run/to" &
	pids+=($!)
	sleep 0.5
}

# Usage: connect COUNT TIMEOUT AUTHORITY HOST
connect() {
	"$esme" -p "$port" -n "$1" -w 100 -t "$2" -c "$run/$3.pem" -h "$4" >"$run/report" 2>"$run/esme.log"
}

stop() {
	kill "${pids[@]}" 2>/dev/null || true
	wait "${pids[@]}" || true
	pids=()
	port=$((port + 1))
}

# Usage: refused WHY CERTIFICATE AUTHORITY HOST WORDS
refused() {
	serve "$2"
	if connect 1 2 "$3" "$4"; then
		fail "$1 was good enough"
	fi
	(($(reported ups) == 0)) || fail "bound in spite of $1"
	grep -q "$5" "$run/esme.log" || fail "$1: the log does not say so"
	stop
}

command -v openssl >/dev/null || skip "no openssl"
make_authority authority
make_authority other
make_certificate smsc.example DNS:smsc.example
make_certificate address IP:127.0.0.1

for version in -tls1_2 -tls1_3; do
	serve smsc.example "$version"
	connect "$count" 60 authority smsc.example || fail "TLS $version: not everything was answered: $(cat "$run/report")"
	cat "$run/report"
	(($(reported unanswered) == 0 && $(reported ups) == 1)) || fail "TLS $version: the connection broke"
	stop
done
serve address
connect 1 10 authority 127.0.0.1 || fail "a certificate for an address was refused"
stop
# A37: README's example names no host
serve address
"$esme" -p "$port" -n 1 -w 100 -t 10 -c "$run/authority.pem" >"$run/report" 2>"$run/esme.log" ||
	fail "without a host, a certificate for the link's address was not good enough: $(cat "$run/esme.log")"
stop
serve smsc.example
if "$esme" -p "$port" -n 1 -w 100 -t 2 -c "$run/authority.pem" >"$run/report" 2>"$run/esme.log"; then
	fail "without a host, the certificate of another host was accepted"
fi
grep -q "does not match" "$run/esme.log" || fail "without a host, the certificate of another host is not logged"
stop

# A36: versions older than TLS 1.2 are refused, although the server supports them
serve smsc.example -tls1_1 -cipher DEFAULT@SECLEVEL=0
if connect 1 2 authority smsc.example; then
	fail "TLS 1.1 was accepted"
fi
(($(reported ups) == 0)) || fail "bound by TLS 1.1"
openssl s_client -connect "127.0.0.1:$port" -tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null 2>/dev/null | grep -q 'Protocol.*TLSv1.1' ||
	fail "the server does not support TLS 1.1 at all: the refusal proves nothing"
stop

# A37: an SMSC that requires our certificate
make_certificate client DNS:starhash.example
chmod 600 "$run/client.key"
client() {
	"$esme" -p "$port" -n 1 -w 100 -t "$1" -c "$run/authority.pem" -h smsc.example -C "$run/client.pem" -K "$run/client.key" \
		>"$run/report" 2>"$run/esme.log"
}
serve smsc.example -Verify 1 -verify_return_error -CAfile "$run/authority.pem"
if connect 1 2 authority smsc.example; then
	fail "an SMSC that requires a certificate accepted us without one"
fi
stop
serve smsc.example -Verify 1 -verify_return_error -CAfile "$run/authority.pem"
client 10 || fail "our certificate was not good enough: $(cat "$run/esme.log" "$run/server.log")"
stop
chmod 640 "$run/client.key"
serve smsc.example -Verify 1 -verify_return_error -CAfile "$run/authority.pem"
if client 2; then
	fail "a key readable by others was used"
fi
grep -q "chmod it to 0600" "$run/esme.log" || fail "a key readable by others is not logged"
stop
refused "the certificate of another address" address authority 127.0.0.2 "does not match"
refused "the certificate of another authority" smsc.example other smsc.example "issuer is unknown"
refused "the certificate of another host" smsc.example authority other.example "does not match"

# an SMSC without TLS
"$sink" "$port" &
pids+=($!)
sleep 0.2
if connect 1 1 authority smsc.example; then
	fail "plain TCP was accepted"
fi
