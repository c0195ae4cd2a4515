#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Follows the walk-through in menus/README.md to the letter, on a copy of the menus. Its fenced blocks are steps:
#   ```console    commands after "$ ", and their whole output; "fingerprint …" stands for any
#   ```diff FILE  an edit: lines that are there once, to be left " ", removed "-" or added "+"; "@@" between edits
#   ```cfg FILE   a new file; ```dlg FILE the same
# Any other block, and a step that does not do what the text says, fails. Usage: walkthrough_test.sh [README.md]
set -euo pipefail

sources=$(cd "${srcdir:-.}" && pwd)
readme=$(realpath "${1:-$sources/menus/README.md}")
PATH=$PWD:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/starhash-walkthrough-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$sources/menus" "$work/menus"
chmod -R u+w "$work/menus"
cd "$work"
steps=0

fail() {
	echo "README.md:$start: $*"
	exit 1
}

# The commands run in this shell, so that "cd" lasts.
run_console() {
	local line expected='' command='' first=true
	while IFS= read -r line; do
		if [[ $line == '$ '* ]]; then
			$first || check_command "$command" "$expected"
			first=false
			command=${line#'$ '}
			expected=
		else
			expected+=$line$'\n'
		fi
	done <<<"$1"
	$first && fail "no command"
	check_command "$command" "$expected"
}

check_command() {
	eval "$1" >"$work/got" 2>&1 || true
	sed -i 's/fingerprint [0-9a-f]*$/fingerprint …/' "$work/got"
	diff -u --label "README.md, after $ $1" --label "seen" <(printf %s "$2") "$work/got" || fail "the output differs"
}

edit() {
	[[ -e $1 ]] || fail "there is no file $1 to edit"
	awk -v block="$work/block" '
		function replace(   at) {
			at = before == "" ? 0 : index("\n" text, "\n" before)
			if (!at || index(substr("\n" text, at + 1), "\n" before)) exit wrong = 1
			text = substr(text, 1, at - 1) after substr(text, at + length(before))
			before = after = ""
		}
		{ text = text $0 "\n" }
		END {
			while ((getline line < block) > 0) {
				if (line == "@@") replace()
				else if (line !~ /^[-+ ]/) exit wrong = 1
				if (line !~ /^[+@]/) before = before substr(line, 2) "\n"
				if (line !~ /^[-@]/) after = after substr(line, 2) "\n"
			}
			replace()
			printf "%s", text
		}' "$1" >"$work/edited" || fail "the lines to edit are not in $1 exactly once"
	cat "$work/edited" >"$1"
}

do_step() {
	steps=$((steps + 1))
	case $kind in
	console) run_console "$(cat "$work/block")" ;;
	diff) edit "$file" ;;
	cfg | dlg)
		[[ -e $file ]] && fail "$file exists already"
		cp "$work/block" "$file"
		;;
	*) fail "'$kind' is not a step" ;;
	esac
}

number=0 start=0 inside=false here=false
while IFS= read -r line; do
	number=$((number + 1))
	if $inside && [[ $line == '```' ]]; then
		inside=false
		! $here || do_step
	elif $inside; then
		printf '%s\n' "$line" >>"$work/block"
	elif [[ $line == '```'* ]]; then
		inside=true start=$number
		read -r kind file _ <<<"${line#'```'} "
		: >"$work/block"
	elif [[ $line == '## Walk-through'* ]]; then
		here=true
	elif [[ $line == '## '* ]]; then
		here=false
	fi
done <"$readme"

echo "walkthrough_test.sh: $steps steps"
((steps >= 15))
