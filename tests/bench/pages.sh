#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Writes menus/selfcare with any number of further pages of every kind, in five languages, to measure how long it takes to load.
set -euo pipefail

if (($# != 2)); then
	echo "Usage: pages.sh PAGES FOLDER" >&2
	exit 2
fi
folder=$2
menus=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../menus" && pwd)
mkdir -p "$folder"

# A file of the self-care menu, with the further pages in front of its own.
with_pages() {
	sed -e "s|\"\\.\\./common/|\"$menus/common/|" -e "s|^pages = {|&\\n@include \"$1\"|" \
		-e 's|^\tlanguage = { zh|\tlanguage = { fr = "Français"; sw = "Kiswahili"; zh|' \
		-e 's|^languages = .*|languages = [ "zh", "en", "ar", "fr", "sw" ];|' \
		-e 's|^entries = (|&\n\t{ ussd = "*199#"; page = "page0"; },|' "$menus/selfcare/$2" >"$folder/$2"
}

with_pages pages.cfg menu.cfg
for language in zh en ar; do
	with_pages "pages.$language.cfg" "texts.$language.cfg"
done
for language in fr sw; do
	printf 'draft = true;\nformats = { old_time = "{time} (?)"; };\npages = {\n@include "pages.%s.cfg"\n};\n' "$language" >"$folder/texts.$language.cfg"
done

# Page N has the pages 8N+1 to 8N+8 as its choices; the last level has one kind of page after the other.
awk -v pages="$1" -v folder="$folder" '
function inner(n) { return 8 * n + 1 < pages }
function kind(n) { return inner(n) ? "choices" : n % 8 == 1 ? "list" : n % 8 == 2 ? "ask" : n % 8 == 3 ? "order" : n % 8 == 4 ? "route" : "text" }
function last(n) { return 8 * n + 8 < pages ? 8 * n + 8 : pages - 1 }

function menu(   n, k, child) {
	out = folder "/pages.cfg"
	printf "" >out
	for (n = 0; n < pages; n++) {
		k = kind(n)
		printf "\tpage%d = {%s", n, n % 16 == 5 ? " sms = \"INFO" n "\";" : "" >out
		if (k == "choices") {
			print "\n\t\tchoices = (" >out
			for (child = 8 * n + 1; child <= last(n); child++)
				printf "\t\t\t{ key = \"%d\"; page = \"page%d\";%s }%s\n", child - 8 * n, child,
					child % 8 == 7 ? " only_if = { account = \"postpaid\"; };" : "", child < last(n) ? "," : "" >out
			print "\t\t);\n\t};" >out
		} else if (k == "list")
			print " list = \"service.offered\"; order = \"price\"; };" >out
		else if (k == "ask")
			print "\n\t\twith = { ticket_kind = \"suggestion\"; };\n\t\task = ( { name = \"text\"; length = [ 2, 320 ]; } );\n\t\tdo = \"ticket.open\";\n\t};" >out
		else if (k == "order")
			printf "\n\t\twith = { service = \"%s\"; };\n\t\tconfirm = true; screens = 3; hints = [];\n\t\tdo = \"service.activate\";\n\t};\n",
				n % 16 == 3 ? "NEWS" : "WEATHER" >out
		else if (k == "route")
			printf "\n\t\troute = (\n\t\t\t{ page = \"page%d\"; only_if = { account = \"postpaid\"; }; },\n\t\t\t{ page = \"page0\"; }\n\t\t);\n\t};\n", n - 2 >out
		else
			print " stay = true; };" >out
	}
	close(out)
}

function texts(language, title, sentence, ask,    n, k, child) {
	out = folder "/pages." language ".cfg"
	printf "" >out
	for (n = 0; n < pages; n++) {
		k = kind(n)
		if (k == "route")
			continue
		printf "\tpage%d = {\n", n >out
		if (k == "choices") {
			printf "\t\ttext = \"%s %d\";\n", title, n >out
			for (child = 8 * n + 1; child <= last(n); child++)
				printf "\t\tpage%d = \"%s %d\";\n", child, title, child >out
		} else if (k == "list")
			printf "\t\ttext = \"%s %d:\";\n\t\trow = \"{service}: {price} {period}\";\n\t\tempty = \"%s\";\n", title, n, sentence >out
		else if (k == "ask")
			printf "\t\ttext = \"%s %d\";\n\t\tdone = \"%s {ticket}, {answer_by}\";\n\t\talready = \"%s {ticket}\";\n", ask, n, title, title >out
		else if (k == "order")
			printf "\t\ttext = \"{service}, {price} {period}: %s?\";\n", title >out
		else if (n % 8 == 5)
			printf "\t\ttext = ( { only_if = { account = \"postpaid\"; }; text = \"%s {owed}. %s\"; }, \"%s {balance}. %s\" );\n",
				title, sentence, title, sentence >out
		else
			printf "\t\ttext = \"%s %d. %s %s\";\n", title, n, sentence, sentence >out
		print "\t};" >out
	}
	close(out)
}

BEGIN {
	menu()
	texts("zh", "优惠和资费", "营业厅八点到二十点营业。请带身份证。", "您有什么建议")
	texts("en", "Offers and tariffs", "Our shops are open from 8 to 8. Please bring your identity card.", "What do you suggest for")
	texts("ar", "عروض وأسعار", "متاجرنا مفتوحة من 8 إلى 8. أحضر بطاقة هويتك.", "ما اقتراحك")
	texts("fr", "Offres et tarifs", "Nos boutiques ouvrent de 8 h à 20 h. Apportez votre carte.", "Que proposez-vous pour")
	texts("sw", "Ofa na bei", "Maduka yetu yako wazi kutoka saa 2 hadi saa 2. Lete kitambulisho.", "Unapendekeza nini kwa")
}'
