#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A34: data deleted by starhash-data are overwritten in the file, whatever the library's default.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

# shellcheck disable=SC2086 # words
${CC:-cc} -shared -fPIC -o "$folder/insecure.so" "${srcdir:-.}/tests/tool/data/insecure_shim.c" -lsqlite3
sanitizer=$(ldd "$data" | grep -o '/[^ ]*libasan[^ ]*' || true)	# must be first

insecure() {
	LD_PRELOAD="$sanitizer $folder/insecure.so" "$@"
}

# deleted__by_the_tool__not_found_in_the_file
"$data" sample "$db" --quiet --subscribers 20 >/dev/null 2>&1
query "UPDATE password SET hash = 'never to be found again' WHERE msisdn = 13800138003"
grep -qa 'never to be found again' "$db" || fail "the secret is not in the searched place"
printf 'msisdn,gone\n13800138003,true\n' >"$folder/gone.csv"
insecure "$data" import "$db" "$folder/gone.csv" --quiet
is "the password is gone" 0 "SELECT count(*) FROM password WHERE msisdn = 13800138003"
! grep -qa 'never to be found again' "$db"* || fail "a deleted hash is still in the file"
