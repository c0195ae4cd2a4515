#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# README names only existing files and folders, and every public header.
set -euo pipefail
cd "${srcdir:-.}"

failed=0
complain() {
	echo "$*"
	failed=1
}

# A file is searched from the root, in a few implied folders, in those that its line names, and beside the previous file.
while IFS= read -r line; do
	mapfile -t words < <(grep -oE '\]\([^)#]+|`[^`]+`' <<<"$line" | sed 's/^](//; s/`//g')
	folders=(. src include/starhash src/channel src/store)
	for word in "${words[@]}"; do
		[[ $word == *" "* || $word == *[\*\<\>=]* || $word == http* ]] && continue
		found=
		case $word in
		*/)
			for folder in "${folders[@]}"; do [[ -d $folder/$word ]] && found=$folder/$word; done
			[[ $found ]] || [[ $word == build* ]] || complain "README.md: there is no folder $word"
			;;
		*.c | *.h | *.sh | *.md | *.am | *.yaml | */*.cfg)
			[[ $word == /* ]] && continue
			for folder in "${folders[@]}"; do [[ -e $folder/$word ]] && found=$folder/$word; done
			[[ $found ]] || complain "README.md: there is no file $word in ${folders[*]}"
			;;
		esac
		[[ $found ]] && folders+=("${found%/*}")
	done
done < <(grep -v '^    \|^```' README.md)

for header in include/starhash/*.h; do
	grep -qF "]($header)" README.md || complain "README.md: $header is not in the tour"
done

# "server/: what it is. turns.c begins; …", in the second line, below the licence.
while IFS= read -r folder; do
	first=$(find "$folder" -maxdepth 1 -name '*.[ch]' | LC_ALL=C sort | head -n 1)
	[[ $first ]] || continue
	line=$(sed -n 2p "$first")
	grep -qi "${folder##*/}" <<<"$line" || complain "$first does not say what $folder is"
	for file in $(grep -oE '[a-z_]+\.[ch]\b' <<<"$line"); do
		[[ -e $folder/$file || -e src/$file ]] || complain "$first: there is no $folder/$file"
	done
done < <(find src -mindepth 1 -type d | LC_ALL=C sort)
exit $failed
