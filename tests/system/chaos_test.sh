#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F18, F31, F32, F35: the daemon is killed again and again while orders and password changes come in on two channels, in each scenario of
# tests/chaos/chaos.py; all of them at once, since most of the time they wait. More of it: KILLS=1000 make check
# TESTS=tests/system/chaos_test.sh, of some of them with SCENARIOS="clock ack".
set -euo pipefail
source=$(cd "${srcdir:-.}" && pwd)
bin=$PWD
command -v python3 >/dev/null || exit 77
run=$(mktemp -d "${TMPDIR:-/tmp}/starhash-chaos.XXXXXX")
trap 'rm -rf "$run"' EXIT
declare -A kills=([kill]=20 [ack]=16 [clock]=8 [standby]=6 [backup]=3 [sites]=8)
read -ra scenarios <<<"${SCENARIOS:-kill ack clock standby backup sites}"
status=0

make_shim() {
	local compiler

	read -ra compiler <<<"${CC:-cc}"
	"${compiler[@]}" -shared -fPIC -o "$run/clock_shim.so" "$source/tests/system/clock_shim.c" || return
	# a sanitizer wants to be the first
	preload="$(ldd "$bin/starhashd" | grep -o '/[^ ]*libasan[^ ]*' || true) $run/clock_shim.so"
}

# Usage: scenario NAME
scenario() {
	mkdir "$run/$1"
	nice -n 19 "$source/tests/chaos/chaos.py" --bin "$bin" --billing "$source/contrib/billing/billing.py" --scenario "$1" \
		--menu "$source/tests/chaos/menu/menu.cfg" --run "$run/$1" --kills "${KILLS:-${kills[$1]}}" ${SEED:+--seed "$SEED"} \
		--preload "$([[ $1 != clock ]] || echo "$preload")" >"$run/$1.out" 2>&1
}

make_shim || exit 77
pids=()
for name in "${scenarios[@]}"; do
	scenario "$name" &
	pids+=($!)
done
for at in "${!scenarios[@]}"; do
	name=${scenarios[$at]}
	if wait "${pids[$at]}"; then
		cat "$run/$name.out"
	else
		status=1
		cat "$run/$name.out"
		tail -n 100 "$run/$name/starhashd.log" "$run/$name/billing.log" || true
	fi
done
exit "$status"
