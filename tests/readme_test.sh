#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# README and src/README.md name only existing files and folders; README's tour has every public header and every folder of src/
# in 40 lines at most. The first file of each folder says what the folder is. README links to every other document beside it.
set -euo pipefail
cd "${srcdir:-.}"

failed=0
complain() {
	echo "$*"
	failed=1
}

# Rows of tables, and paragraphs, a line each.
lines() {
	grep -v '^    \|^```' "$1" | awk '/^\|/ || !NF { if (text) print text; text = ""; print; next } { text = text " " $0 } END { print text }'
}

# A file is searched from the root, in a few implied folders, in those that its line names, and beside the previous file.
check_names() {
	local readme=$1 line word words folder folders found
	while IFS= read -r line; do
		mapfile -t words < <(grep -oE '\]\([^)#]+|`[^`]+`' <<<"$line" | sed 's/^](//; s/`//g')
		folders=(. src include/starhash src/channel src/store)
		for word in "${words[@]}"; do
			[[ $word == *" "* || $word == *[\*\<\>=]* || $word == http* ]] && continue
			found=
			case $word in
			*/)
				for folder in "${folders[@]}"; do [[ -d $folder/$word ]] && found=$folder/$word; done
				[[ $found ]] || [[ $word == build* ]] || complain "$readme: there is no folder $word"
				;;
			*.c | *.h | *.sh | *.md | *.am | *.yaml | */*.cfg)
				[[ $word == /* ]] && continue
				for folder in "${folders[@]}"; do [[ -e $folder/$word ]] && found=$folder/$word; done
				[[ $found ]] || complain "$readme: there is no file $word in ${folders[*]}"
				;;
			esac
			if [[ $found ]]; then folders+=("${found%/*}"); fi
		done
	done < <(lines "$readme")
}

check_names README.md
check_names src/README.md

for document in *.md; do
	[[ $document == README.md ]] || grep -qF "]($document)" README.md || complain "README.md does not link to $document"
done

tour=$(sed -n '/^## A tour/,/^## Licence/p' README.md)
(($(grep -c . <<<"$tour") <= 41)) || complain "README.md: the tour has more than 40 lines"
for folder in src/*/; do
	grep -qF "\`$folder" <<<"$tour" || complain "README.md: $folder is not in the tour"
done
for header in include/starhash/*.h; do
	grep -qF "]($header)" <<<"$tour" || complain "README.md: $header is not in the tour"
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
