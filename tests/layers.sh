#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks that every #include of src/ and include/starhash/ respects the layers. Prints each line that does not, as
# file:line, and fails. Usage: layers.sh [SOURCES]; "make check" sets srcdir.
#
# To add a channel, a store or an action nothing changes here; a new folder or public header needs a line below.
set -eu

cd "${1:-${srcdir:-.}}"

find src include/starhash -name '*.[ch]' | LC_ALL=C sort | awk '
BEGIN {
	data = "arena setting text record barring calendar catalogue request notification ticket number hash index slab backend "
	# Public headers that each folder of src/ may include; those of a public header are under its own name.
	may["text"] = data
	may["data"] = data "stored"
	may["sms"] = data
	may["import"] = data "stored"
	may["menu"] = data "menu"
	may["engine"] = data "menu engine"
	may["action"] = data "menu engine action"
	may["account"] = data "account consent stored"
	may["consent"] = "consent consent_source consent_check anchors alarm worker log"
	may["log"] = "log"
	may["clock"] = "clock log"
	may["load"] = "load clock log"
	may["alarm"] = "alarm clock log"
	may["worker"] = "worker log"
	may["listener"] = "listener log"
	may["conf"] = data "menu conf log"
	may["accounts"] = may["store"] = data "account accounts store billing stored consent worker conf log clock alarm"
	may["accounts"] = may["accounts"] " backends load"
	may["store"] = may["store"] " consent_source anchors"
	may["http"] = data "http json menu conf log clock"
	may["backend"] = data "menu backends http json conf log clock alarm"
	may["billing"] = data "accounts billing stored http json conf log clock"
	may["door"] = data "door listener conf log clock"
	may["events"] = data "account accounts door events json log clock"
	may["journal"] = data "journal worker conf log"
	may["channel"] = data "channel conf log listener"
	may["server"] = may["main"] = may["daemon"] = may["tool"] = \
		data "menu engine action account accounts backends billing stored consent consent_source consent_check journal door events channel conf worker log clock load alarm server listener store"
	may["store"] = may["store"] " store_admin"
	may["tool"] = may["tool"] " store_admin http json"

	may["setting.h"] = may["text.h"] = may["record.h"] = may["request.h"] = may["notification.h"] = may["barring.h"] = may["ticket.h"] = may["number.h"] = may["menu.h"] = data
	may["log.h"] = may["load.h"] = may["worker.h"] = may["alarm.h"] = may["consent.h"] = may["anchors.h"] = may["listener.h"] = ""
	may["consent_source.h"] = "consent"
	may["consent_check.h"] = "consent_source"
	may["clock.h"] = "log"
	may["account.h"] = data "consent stored"
	may["store.h"] = data "account accounts"
	may["store_admin.h"] = data "account consent_source"
	may["accounts.h"] = may["channel.h"] = may["journal.h"] = may["stored.h"] = data
	may["events.h"] = data "account door json"
	may["billing.h"] = may["http.h"] = may["door.h"] = data "conf"
	may["json.h"] = may["backend.h"] = data
	may["backends.h"] = data "menu conf"
	may["arena.h"] = may["calendar.h"] = may["catalogue.h"] = may["hash.h"] = may["index.h"] = may["slab.h"] = ""
	may["engine.h"] = may["conf.h"] = data "menu"
	may["action.h"] = data "menu engine"
	may["server.h"] = data "menu engine action accounts journal channel conf worker log"

	# The pure line. A number: folders may look into the private headers of lower ones.
	pure["data"] = pure["text"] = pure["arena.h"] = pure["setting.h"] = pure["text.h"] = pure["record.h"] = pure["request.h"] = pure["notification.h"] = pure["barring.h"] = pure["ticket.h"] = pure["number.h"] = pure["backend.h"] = pure["calendar.h"] = pure["catalogue.h"] = pure["hash.h"] = pure["index.h"] = pure["slab.h"] = 1
	pure["account"] = pure["account.h"] = pure["consent.h"] = pure["menu"] = pure["menu.h"] = pure["sms"] = pure["import"] = pure["stored.h"] = 2
	pure["engine"] = pure["engine.h"] = 3
	pure["action"] = pure["action.h"] = 4

	# Headers of libc that pure code may use: none for I/O. <stdio.h> is for snprintf(), which tests/pure.sh checks.
	count = split("assert ctype endian errno inttypes limits regex stdarg stdbool stddef stdint stdio stdlib string " \
		"strings time", libc)
	for (i = 1; i <= count; i++)
		pure_libc[libc[i] ".h"] = 1

	# Libraries that only some folders may use; a path ending in * matches all that begin with it.
	only["libconfig.h"] = "tests alone"
	only["sqlite3.h"] = "src/store/sqlite/*"
	only["pthread.h"] = "src/worker/*"
	only["sodium.h"] = "src/accounts/* src/http/* src/door/* src/events/parse.c src/consent/* src/store/sql/* src/store/sqlite/* src/store/memory* src/journal/* src/tool/*"
	only["curl/curl.h"] = "src/http/*"
	only["jansson.h"] = "include/starhash/json.h src/http/* src/backend/* src/billing/* src/events/* src/journal/* src/tool/*"
	only["crypt.h"] = "src/accounts/*"
	only["gnutls/gnutls.h"] = "src/channel/link_tls.c src/door/*"
	only["microhttpd.h"] = "src/door/door.c src/door/judge.h"

	# Tools may use private headers, starhash-data only those that begin like this; none may use those of a store, except for the
	# simulator of starhash-menu.
	data_inside = "src/tool/data/ src/tool/report/ src/import/ src/accounts/password_ src/accounts/id_pieces.h"
	simulator["src/tool/simulator/simulator.c"] = "src/store/gate.h"
	# The folders of src/tool/, and the others that each may use.
	rooms["menu"] = rooms["phone"] = "src/tool/simulator/"
	rooms["data"] = "src/tool/report/"
}

# The layer of a file: its folder under src/, or its name for files of src/ itself and for public headers. The pure part of
# short messages is a layer of its own inside its channel.
function layer_of(path,   part) {
	split(path, part, "/")
	if (part[1] == "include")
		return part[3]
	if (path ~ /^src\/channel\/smpp\/sms\//)
		return "sms"
	if (part[2] ~ /\.[ch]$/)
		sub(/\.[ch]$/, "", part[2])
	return part[2]
}

function begins(path, starts,   start, count, i) {
	count = split(starts, start, " ")
	for (i = 1; i <= count; i++)
		if (index(path, start[i]) == 1)
			return 1
	return 0
}

# The channel or store that a file belongs to; "" for shared files: files of src/channel/ itself, and of
# src/store/ those whose names begin with store, table, copies, claims, ask or gate. The folder sql is not a store: it is shared by
# those for SQL databases, and knows none of them.
function kind_of(path,   part, count) {
	count = split(path, part, "/")
	if (count > 3)
		return part[3]
	if (part[2] == "channel" || part[3] ~ /^(store|table|copies|claims|ask|gate)/)
		return ""
	sub(/[_.].*/, "", part[3])
	return part[3]
}

function refuse(why) {
	printf "%s:%d: must not include %s: %s\n", file, line, name, why
	refused++
}

function check_public(header) {
	sub(/^starhash\//, "", header)
	sub(/\.h$/, "", header)
	if (!(layer in may))
		refuse("no rule for " layer " in tests/layers.sh")
	else if (index(" " may[layer] " ", " " header " ") == 0)
		refuse(layer " must not know " header)
}

function check_sibling(header) {
	if (layer == "store" && kind_of(header) == "sql" && kind_of(file) ~ /^(sqlite|postgres)$/)
		return
	if ((layer == "channel" || layer == "store") && file !~ /\/table\.c$/ && kind_of(header) != "" &&
	    kind_of(header) != kind_of(file))
		refuse("a " layer " must not know another")
}

function check_tool(header,   other, part) {
	other = layer_of(header)
	split(file, part, "/")
	if (file ~ /^src\/tool\/data\// && !begins(header, data_inside))
		refuse("starhash-data must not know what is inside " other)
	else if (other == "tool" && !begins(header, "src/tool/" part[3] "/ " rooms[part[3]]))
		refuse("the " part[3] " room must not know another one")
	else if (other == "store" && simulator[file] != header)
		refuse("a tool must not know what is inside a store")
}

function check_private(header,   other) {
	other = layer_of(header)
	if (layer == "main")
		return
	if (layer == "tool")
		check_tool(header)
	else if (other == layer || (layer == "channel" && other == "sms"))
		check_sibling(header)
	else if (!(layer in pure) || !(other in pure) || pure[other] >= pure[layer] || layer ~ /\.h$/)
		refuse(layer " must not know what is inside " other)
}

function check_library(   places) {
	if (layer in pure && !(name in pure_libc))
		refuse("above the pure line there is libc alone, without I/O")
	if (!(name in only))
		return
	places = only[name]
	gsub(/\*/, "", places)
	if (!begins(file, places))
		refuse("that is for " only[name])
}

# A quoted name: relative to the file, else from src/.
function resolve(   folder) {
	folder = file
	sub(/[^\/]*$/, "", folder)
	return ((folder name) in known) || index(name, "/") == 0 ? folder name : "src/" name
}

function check_line(text) {
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", text)
	name = text
	sub(/^[<"]/, "", name)
	sub(/[>"].*$/, "", name)
	if (text !~ /^[<"]/ || name ~ /\.\./)
		refuse("a name that cannot be checked")
	else if (name ~ /^starhash\//)
		check_public(name)
	else if (text ~ /^"/)
		check_private(resolve())
	else
		check_library()
}

{ known[$0] = 1; files[NR] = $0 }

END {
	for (f = 1; f <= NR; f++) {
		file = files[f]
		layer = layer_of(file)
		line = 0
		while ((getline text < file) > 0) {
			line++
			if (text ~ /^[ \t]*#[ \t]*include/)
				check_line(text)
		}
		close(file)
	}
	printf "layers.sh: %d files, %d lines refused\n", NR, refused
	exit refused > 0 || NR == 0
}'
