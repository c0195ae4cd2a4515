#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A35: the built programs have the hardening of the compiler and the linker. Reads them with readelf; runs in the build folder.
# Options that a compiler lacks are reported as skipped.
set -euo pipefail
command -v readelf >/dev/null && command -v objdump >/dev/null || exit 77
failed=0

# Usage: hardened NAME COMMAND...
hardened() {
	local name=$1

	shift
	if "$@" >/dev/null; then
		echo "$name: fine"
	else
		echo "$name: FAILED ($*)"
		failed=$((failed + 1))
	fi
}

header_says() {
	readelf -hW "$1" | grep -E "$2"
}

segments_say() {
	readelf -lW "$1" | grep -E "$2"
}

dynamic_says() {
	readelf -dW "$1" | grep -E "$2"
}

calls_checked_functions() {
	readelf -sW --dyn-syms "$1" | grep -E '(printf|memcpy|read|strcpy)_chk'
}

# A large stack frame is probed page by page: each is touched by an "or" with 0.
probes_its_stack() {
	objdump -d --no-show-raw-insn "$1" | grep -E 'or[lq] +\$0x0,(0x0)?\(%[er]sp\)'
}

marks_its_branches() {
	objdump -d --no-show-raw-insn --disassemble=main "$1" | grep -E 'endbr64'
}

for program in starhashd starhash-data starhash-menu starhash-phone starhash-vty; do
	hardened "${program}__anywhere_in_memory__A35" header_says $program 'Type: +DYN'
	hardened "${program}__relro__A35" segments_say $program GNU_RELRO
	hardened "${program}__bind_now__A35" dynamic_says $program 'NOW'
	hardened "${program}__stack_not_executable__A35" segments_say $program 'GNU_STACK.* RW '
	if [[ $HARDEN_CFLAGS == *_FORTIFY_SOURCE=2* ]]; then
		hardened "${program}__fortified__A35" calls_checked_functions $program
	else
		[[ $CFLAGS == *-fsanitize* || $CFLAGS != *-O[1-9sgz]* ]] || hardened "${program}__fortified__A35" false
		echo "${program}__fortified: skipped, sanitizers or no optimization"
	fi
done
if [[ $(uname -m) == x86_64 ]]; then
	hardened starhashd__stack_probed__A35 probes_its_stack starhashd
	hardened starhashd__branches_marked__A35 marks_its_branches starhashd
else
	echo "starhashd__stack_probed, starhashd__branches_marked: skipped, not an x86-64"
fi
exit "$((failed > 0))"
