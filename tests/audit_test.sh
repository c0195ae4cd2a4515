#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Every row of audit.md must be named by a test. Prints the rows that are not, and fails.
set -eu

cd "${srcdir:-.}/tests"
missing=0
for row in $(sed -n 's/^| \(A[0-9]*\) .*/\1/p' audit.md); do
	if ! grep -rqE "(^|[^A-Za-z0-9])$row([^0-9]|\$)" --include='*.c' --include='*.sh' --include='*.py' --include='*.dlg' \
		--exclude=audit_test.sh . ../menus; then
		echo "audit_test.sh: no test names row $row" >&2
		missing=$((missing + 1))
	fi
done
[ "$missing" -eq 0 ]
