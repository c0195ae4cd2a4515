#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F18, F31, F32, F35: the daemon is killed repeatedly while orders, password changes and events come in, in each scenario of
# tests/chaos/chaos.py, some of them once more with "-later", where the store and billing answer later; all at the same time, as they
# mostly wait. For more: KILLS=1000 make check TESTS=tests/system/chaos_test.sh, and for some scenarios only
# SCENARIOS="clock ack-later sites-later".
set -euo pipefail
source=$(cd "${srcdir:-.}" && pwd)
bin=$PWD
command -v python3 >/dev/null || exit 77
run=$(mktemp -d "${TMPDIR:-/tmp}/starhash-chaos.XXXXXX")
trap 'rm -rf "$run"' EXIT
declare -A kills=([kill]=20 [ack]=16 [clock]=8 [standby]=6 [backup]=3 [sites]=8 [events]=20 [tickets]=20)
read -ra scenarios <<<"${SCENARIOS:-kill kill-later ack ack-later clock standby backup sites events tickets}"
status=0

make_shims() {
	local compiler name

	read -ra compiler <<<"${CC:-cc}"
	for name in clock disk; do
		"${compiler[@]}" -shared -fPIC -o "$run/${name}_shim.so" "$source/tests/system/${name}_shim.c" || return
	done
}

# Libraries that a scenario needs preloaded; a sanitizer must be first.
preload() {
	local shims=()

	[[ $1 != clock* && $1 != tickets* ]] || shims+=("$run/clock_shim.so")
	[[ $1 != *-later ]] || shims+=("$run/disk_shim.so")
	((!${#shims[@]})) || echo "$(ldd "$bin/starhashd" | grep -o '/[^ ]*libasan[^ ]*' || true) ${shims[*]}"
}

# Usage: scenario NAME
scenario() {
	local kind=${1%-later}

	mkdir "$run/$1"
	nice -n 19 "$source/tests/chaos/chaos.py" --bin "$bin" --billing "$source/contrib/billing/billing.py" --scenario "$kind" \
		--answers "$([[ $1 == *-later ]] && echo later || echo now)" --menu "$source/tests/chaos/menu/menu.cfg" --run "$run/$1" \
		--kills "${KILLS:-${kills[$kind]}}" ${SEED:+--seed "$SEED"} --preload "$(preload "$1")" >"$run/$1.out" 2>&1
}

make_shims || exit 77
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
