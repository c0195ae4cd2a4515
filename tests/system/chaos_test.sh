#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F18: the daemon is killed again and again while orders and password changes come in on two channels; see tests/chaos/chaos.py. More
# of it: KILLS=1000 make check TESTS=tests/system/chaos_test.sh
set -euo pipefail
source=$(cd "${srcdir:-.}" && pwd)
command -v python3 >/dev/null || exit 77
run=$(mktemp -d "${TMPDIR:-/tmp}/starhash-chaos.XXXXXX")
trap 'rm -rf "$run"' EXIT
status=0
nice -n 19 "$source/tests/chaos/chaos.py" --bin "$PWD" --billing "$source/contrib/billing/billing.py" --menu "$source/tests/chaos/menu/menu.cfg" \
	--run "$run" --kills "${KILLS:-70}" ${SEED:+--seed "$SEED"} || status=$?
((status == 0)) || tail -n 200 "$run/starhashd.log" "$run/billing.log"
exit "$status"
