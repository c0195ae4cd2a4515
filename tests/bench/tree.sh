#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Makes a large menu from the benchmarks' own: as many more pages in a tree behind *103#, in five languages that all read English, and the
# file texts.en.next with another first page, to be moved over texts.en.cfg before a reload. Usage: tree.sh FOLDER PAGES
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")/menu
folder=$1
pages=$2
mkdir -p "$folder"

# Each page leads to the next eight that nobody leads to yet. Usage: tree PAGES
tree() {
	awk -v pages="$1" 'BEGIN {
		for (page = 1; page <= pages; page++) {
			list = ""
			for (key = 1; key <= 8 && (page - 1) * 8 + key + 1 <= pages; key++)
				list = list sprintf("%s { key = \"%d\"; page = \"p%d\"; }", key > 1 ? "," : "", key, (page - 1) * 8 + key + 1)
			printf "\tp%d = {%s};\n", page, list ? " choices = (" list " ); " : ""
		}
	}'
}

# Usage: texts PAGES
texts() {
	awk -v pages="$1" 'BEGIN {
		for (page = 1; page <= pages; page++) {
			printf "\tp%d = { text = \"Page %d\";", page, page
			for (child = (page - 1) * 8 + 2; child <= page * 8 + 1 && child <= pages; child++)
				printf " p%d = \"Go to %d\";", child, child
			print " };"
		}
	}'
}

# Insert standard input behind the line that begins the group of pages.
into_pages() {
	sed "/^pages = {/r /dev/stdin" "$1"
}

tree "$pages" | into_pages "$here/menu.cfg" | sed -e 's/^languages = .*/languages = [ "en", "fr", "de", "es", "pt" ];/' \
	-e 's/^entries = (/&\n\t{ ussd = "*103#"; page = "p1"; },/' >"$folder/menu.cfg"
texts "$pages" | into_pages "$here/texts.en.cfg" >"$folder/texts.en.cfg"
for language in fr de es pt; do
	cp "$folder/texts.en.cfg" "$folder/texts.$language.cfg"
done
sed 's/"Self-care"/"Reloaded"/' "$folder/texts.en.cfg" >"$folder/texts.en.next"
