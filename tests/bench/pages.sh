#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Writes a menu of any size in five languages, with pages of every kind, for measuring how long it takes to load.
set -euo pipefail

if (($# != 2)); then
	echo "Usage: pages.sh PAGES FOLDER   (the folder of this menu; common files are those of menus/common)" >&2
	exit 2
fi
pages=$1
folder=$2
common=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../menus/common" && pwd)
mkdir -p "$folder"

# Page 0 is "home". Page N has the pages 8N+1 to 8N+8 as its choices; the last level has one kind of page after the other.
awk -v pages="$pages" -v common="$common" -v folder="$folder" '
function name(n) { return n ? "page" n : "home" }
function inner(n) { return 8 * n + 1 < pages }
function kind(n) { return inner(n) ? "choices" : n % 8 == 1 ? "list" : n % 8 == 2 ? "ask" : n % 8 == 3 ? "order" : n % 8 == 4 ? "route" : "text" }

function menu(   n, k, child) {
	out = folder "/menu.cfg"
	printf "@include \"%s/operator.cfg\"\n", common >out
	print "catalogue = {\n\tNEWS = { key = 1; family = \"information\"; price = 300; period = \"month\"; trial_days = 30; };" >out
	print "\tWEATHER = { key = 2; family = \"information\"; price = 10; period = \"day\"; };\n};" >out
	print "languages = [ \"en\", \"zh\", \"ar\", \"fr\", \"sw\" ];" >out
	print "entries = ( { ussd = \"*100#\"; page = \"home\"; }, { sms = \"10086\"; page = \"home\"; } );" >out
	print "widths = { balance = 9; owed = 9; price = 5; trial_price = 5; trial_days = 2; confirm_until = 11; locked_until = 11; };" >out
	print "pages = {" >out
	for (n = 0; n < pages; n++) {
		k = kind(n)
		printf "\t%s = {", name(n) >out
		if (n % 16 == 5)
			printf " sms = \"INFO%d\";", n >out
		if (k == "choices") {
			print "\n\t\tchoices = (" >out
			for (child = 8 * n + 1; child <= 8 * n + 8 && child < pages; child++)
				printf "%s\t\t\t{ key = \"%d\"; page = \"%s\";%s }", child % 8 == 1 ? "" : ",\n", child - 8 * n, name(child),
					child % 8 == 7 ? " only_if = { account = \"postpaid\"; };" : "" >out
			print "\n\t\t);\n\t};" >out
		} else if (k == "list") {
			print " list = \"service.offered\"; order = \"price\"; };" >out
		} else if (k == "ask") {
			print "\n\t\twith = { ticket_kind = \"suggestion\"; };\n\t\task = ( { name = \"text\"; length = [ 2, 320 ]; } );" >out
			print "\t\tdo = \"ticket.open\";\n\t};" >out
		} else if (k == "order") {
			printf "\n\t\twith = { service = \"%s\"; };\n\t\tconfirm = true; screens = 3; hints = [];\n\t\tdo = \"service.activate\";\n\t};\n",
				n % 16 == 3 ? "NEWS" : "WEATHER" >out
		} else if (k == "route") {
			printf "\n\t\troute = (\n\t\t\t{ page = \"%s\"; only_if = { account = \"postpaid\"; }; },\n\t\t\t{ page = \"home\"; }\n\t\t);\n\t};\n",
				name(n - 2) >out
		} else {
			print " stay = true; };" >out
		}
	}
	print "};" >out
	close(out)
}

function texts(language, system_of, in_words, title, sentence, ask,    n, k, child) {
	out = folder "/texts." language ".cfg"
	printf "@include \"%s/system.%s.cfg\"\n", common, system_of >out
	print in_words >out
	print "pages = {" >out
	for (n = 0; n < pages; n++) {
		k = kind(n)
		if (k == "route")
			continue
		printf "\t%s = {\n", name(n) >out
		if (k == "choices") {
			printf "\t\ttext = \"%s %d\";\n", title, n >out
			for (child = 8 * n + 1; child <= 8 * n + 8 && child < pages; child++)
				printf "\t\t%s = \"%s %d\";\n", name(child), title, child >out
		} else if (k == "list") {
			printf "\t\ttext = \"%s %d:\";\n\t\trow = \"{service}: {price} {period}\";\n\t\tempty = \"%s\";\n", title, n, sentence >out
		} else if (k == "ask") {
			printf "\t\ttext = \"%s %d\";\n\t\tdone = \"%s {ticket}, {answer_by}\";\n\t\talready = \"%s {ticket}\";\n", ask, n, title, title >out
		} else if (k == "order") {
			printf "\t\ttext = \"{service}, {price} {period}: %s?\";\n", title >out
		} else if (n % 8 == 5) {
			printf "\t\ttext = ( { only_if = { account = \"postpaid\"; }; text = \"%s {owed}. %s\"; }, \"%s {balance}. %s\" );\n",
				title, sentence, title, sentence >out
		} else {
			printf "\t\ttext = \"%s %d. %s %s\";\n", title, n, sentence, sentence >out
		}
		print "\t};" >out
	}
	print "};" >out
	close(out)
}

function words(a, b, c, h, d, e, f, g) {
	return "words = { service = { NEWS = \"" a "\"; WEATHER = \"" b "\"; }; period = { day = \"" c "\"; week = \"" h "\"; month = \"" d \
		"\"; once = \"" e "\"; }; account = { prepaid = \"" f "\"; postpaid = \"" g "\"; }; };"
}

BEGIN {
	menu()
	texts("en", "en", words("News", "Weather", "a day", "a week", "a month", "once", "prepaid", "postpaid"), "Offers and tariffs",
		"Our shops are open from 8 to 8. Please bring your identity card.", "What do you suggest for")
	texts("zh", "zh", words("新闻", "天气", "每天", "每周", "每月", "一次", "预付费", "后付费"), "优惠和资费", "营业厅八点到二十点营业。请带身份证。", "您有什么建议")
	texts("ar", "ar", words("أخبار", "طقس", "يوميا", "أسبوعيا", "شهريا", "مرة", "مسبق", "لاحق"), "عروض وأسعار", "متاجرنا مفتوحة من 8 إلى 8. أحضر بطاقة هويتك.", "ما اقتراحك")
	texts("fr", "en", words("Infos", "Météo", "par jour", "par semaine", "par mois", "une fois", "prépayé", "postpayé"), "Offres et tarifs",
		"Nos boutiques ouvrent de 8 h à 20 h. Apportez votre carte.", "Que proposez-vous pour")
	texts("sw", "en", words("Habari", "Hali ya hewa", "kwa siku", "kwa wiki", "kwa mwezi", "mara moja", "kabla", "baada"), "Ofa na bei",
		"Maduka yetu yako wazi kutoka saa 2 hadi saa 2. Lete kitambulisho.", "Unapendekeza nini kwa")
}'
