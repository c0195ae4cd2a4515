#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# One thing has one word. Prints each line of the tree that uses a retired one, or a line of C that is longer than 140 columns, and
# fails. Usage: words.sh [SOURCES]; "make check" sets srcdir.
#
# To retire a word, add a line: the word as an extended regular expression, what to say instead and, after a second semicolon, what a
# line may hold all the same. Case does not count, and an underscore is not part of a word.
set -euo pipefail

cd "${1:-${srcdir:-.}}"

retired='
told; notified, updated, merged, received, a result page
(a|the|its|any) notices?; notification; NOTICE|set-all notice|notice RENAME|INTO notice|INDEX.* notice_
underway; in flight
whoever; the noun: subscribers, operators, callers
kept; saved, stored, retained, deferred; FORMER_FIELD, "kept"
settle[sd]?; complete, acknowledge, end; RENAME COLUMN settled
settling; completing, acknowledging, ending
guards?; condition, or auth, a network has a guard timer; guard.{1,2}timeout|guard.timer|guard_ms|GUARD_MS
dialogues?; dialog
trails?; log
stages?; staging, or the simulator
cast; scenario; CAST\(
drives?; dialog_*, move
picks?; choose, spool
verbs?; action
joiners?; reassembly; [Zz]ero.[Ww]idth|ZERO WIDTH
habits?; encoding profile
pen; writer
contacts?; CDR, call
drop folders?; spool
he; they, or a sentence without; "he| he hu 
him; them
his; their
REQUEST_SERVICE_(OPEN|CANCEL|KEEP); ACTIVATE, DEACTIVATE, TRIAL_ACCEPT
service numbers?; short code
held_by|catalogue.held; lease_holder, pending
'

mapfile -t files < <(find README.md SECURITY.md Makefile.am configure.ac src include menus contrib tests -type f \
	! -path '*/corpus/*' ! -name '*.zh.cfg' ! -name '*.ar.cfg' ! -name '*.o' ! -name version_3.sql ! -name words.sh | LC_ALL=C sort)

failed=0
((${#files[@]} > 500)) || { echo "words.sh: this is not the tree: ${#files[@]} files"; failed=1; }
while IFS=';' read -r word say allowed; do
	[[ $word ]] || continue
	say=${say# }
	allowed=${allowed# }
	pattern="(^|[^[:alpha:]])($word)([^[:alpha:]]|$)"
	# what is allowed does not excuse the rest of its line
	found=$(grep -nHIiE "$pattern" "${files[@]}" | sed -E "s/${allowed:-^$}//g" | grep -iE "^[^:]*:[0-9]+:(.*[^[:alpha:]])?($word)([^[:alpha:]]|$)" ||
		true)
	[[ $found ]] || continue
	sed "s/^\([^:]*:[0-9]*\):.*/\1: '${word//\//\\/}' is retired; say: ${say//\//\\/}/" <<<"$found"
	failed=1
done <<<"$retired"

# Columns, not octets.
for file in "${files[@]}"; do
	[[ $file == *.[ch] ]] || continue
	long=$(expand "$file" | LC_ALL=C.UTF-8 grep -nE '.{141}' | cut -d: -f1 || true)
	[[ $long ]] || continue
	sed "s|.*|$file:&: longer than 140 columns|" <<<"$long"
	failed=1
done
exit $failed
