#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks that the examples in menus/README.md are the tested ones: each fenced block whose first line names a file,
# "```cfg examples/list/menu.cfg", must be in that file word for word. walkthrough_test.sh follows the walk-through instead.
set -eu

cd "${srcdir:-.}/menus"

awk '
function read(file,   text, line) {
	while ((getline line < file) > 0)
		text = text line "\n"
	close(file)
	return text
}

/^## / { followed = /^## Walk-through/ }

/^```/ && inside {
	inside = 0
	if (!followed && file != "" && index("\n" read(file), "\n" block) == 0) {
		printf "README.md:%d: this block does not stand in %s\n", start, file
		wrong++
	}
	next
}
/^```/ { inside = 1; start = NR; file = $2; block = ""; count += file != ""; next }
inside { block = block $0 "\n" }

END {
	printf "manual_test.sh: %d examples, %d wrong\n", count, wrong
	exit wrong > 0 || count == 0 || inside
}' README.md
