#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Tests tests/layers.sh: for each row, a tree with that one line in that one file must pass or be refused.
set -eu

layers=$(cd "${srcdir:-.}" && pwd)/tests/layers.sh
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
failed=0
rows=0

while read -r verdict file include; do
	[ -n "$verdict" ] || continue
	rows=$((rows + 1))
	rm -rf "$temp/tree"
	mkdir -p "$temp/tree/include/starhash" "$temp/tree/src/engine" "$temp/tree/$(dirname "$file")"
	printf '/* A comment about #include. */\n#include %s\n' "$include" >"$temp/tree/$file"
	if "$layers" "$temp/tree" >"$temp/log"; then got=pass; else got=refuse; fi
	[ $got = refuse ] && ! grep -q "^$file:2: " "$temp/log" && got=unnamed
	if [ $got != "$verdict" ]; then
		echo "layers_test.sh: $file with #include $include: want $verdict, got $got"
		failed=1
	fi
done <<'ROWS'
pass   src/text/cost.c               "starhash/text.h"
pass   src/text/cost.c               "gsm7.h"
pass   src/text/cost.c               "text/gsm7.h"
pass   src/text/cost.c               <string.h>
refuse src/text/cost.c               "starhash/menu.h"
refuse src/text/cost.c               <osmocom/core/utils.h>
refuse src/data/record.c             <pthread.h>
refuse src/data/record.c             "menu/tree.h"
pass   src/menu/build.c              "starhash/request.h"
refuse src/menu/build.c              "starhash/engine.h"
refuse src/menu/build.c              <libconfig.h>
refuse src/menu/build.c              <sys/socket.h>
pass   src/engine/step.c             "menu/tree.h"
refuse src/engine/step.c             "action/table.h"
refuse src/engine/step.c             "starhash/action.h"
refuse src/engine/step.c             "starhash/log.h"
refuse src/engine/step.c             <unistd.h>
refuse src/engine/step.c             HEADER
refuse src/engine/step.c             "../conf/source.h"
pass   src/action/balance.c          "starhash/action.h"
refuse src/action/balance.c          <sqlite3.h>
refuse src/action/balance.c          "starhash/accounts.h"
refuse src/action/balance.c          "starhash/server.h"
pass   include/starhash/menu.h       "starhash/request.h"
refuse include/starhash/menu.h       "starhash/engine.h"
refuse include/starhash/text.h       "starhash/menu.h"
refuse include/starhash/engine.h     <talloc.h>
refuse include/starhash/channel.h    "starhash/engine.h"
refuse include/starhash/channel.h    "starhash/accounts.h"
refuse include/starhash/accounts.h    "starhash/server.h"
refuse include/starhash/menu.h       "menu/tree.h"
pass   include/starhash/log.h        <osmocom/core/logging.h>
refuse src/conf/file.c               <libconfig.h>
pass   src/conf/file.c               "starhash/menu.h"
refuse src/conf/file.c               "starhash/channel.h"
refuse src/conf/file.c               "menu/tree.h"
refuse src/server/dialog.c            <libconfig.h>
pass   src/store/sqlite/open.c       <sqlite3.h>
refuse src/store/sqlite_open.c       <sqlite3.h>
refuse src/store/sql/db.h            <sqlite3.h>
refuse src/tool/data/data.c             <sqlite3.h>
refuse src/tool/vty/vty.c               <sqlite3.h>
refuse src/daemon/daemon.c           <sqlite3.h>
pass   src/store/sqlite/admin/admin.c <sqlite3.h>
refuse src/store/memory.c            <sqlite3.h>
refuse src/accounts/accounts.c         <sqlite3.h>
pass   src/accounts/secret.c          <sodium.h>
refuse src/store/postgres/open.c     <sodium.h>
refuse src/consent/check.c           <sqlite3.h>
refuse src/consent/check.c           "store/sqlite/consent.h"
pass   src/consent/anchors.c         "starhash/worker.h"
pass   src/worker/worker.c           <pthread.h>
pass   src/accounts/accounts.c         "starhash/clock.h"
refuse src/engine/step.c             "starhash/clock.h"
refuse src/clock.c                   "starhash/accounts.h"
refuse src/store/sqlite/open.c       <pthread.h>
pass   src/channel/gsup/gsup.c       "starhash/channel.h"
pass   src/channel/gsup/gsup.c       "channel/gsup/gsup_link.h"
pass   src/channel/gsup/gsup.c       "gsup_link.h"
pass   src/channel/gsup/gsup.c       <osmocom/core/select.h>
pass   src/channel/table.c           "channel/gsup/gsup.h"
refuse src/channel/gsup/gsup.c       "starhash/menu.h"
refuse src/channel/gsup/gsup.c       "starhash/engine.h"
refuse src/channel/gsup/gsup.c       "starhash/server.h"
refuse src/channel/gsup/gsup.c       "starhash/accounts.h"
refuse src/channel/gsup/gsup.c       <starhash/menu.h>
refuse src/channel/gsup/gsup.c       "channel/smpp/smpp_link.h"
pass   src/channel/smpp/sms_in.c     "channel/smpp/sms/short_message.h"
refuse src/channel/gsup/gsup.c       "channel/smpp/sms/short_message.h"
refuse src/server/server.c           "channel/smpp/sms/short_message.h"
pass   src/tool/phone.c              "channel/smpp/sms/short_message.h"
pass   src/channel/smpp/sms/part.c   "text/utf8.h"
refuse src/channel/smpp/sms/part.c   "channel/smpp/smpp_link.h"
refuse src/channel/smpp/sms/part.c   <osmocom/core/select.h>
refuse src/channel/gsup/gsup.c       "server/dialog.h"
pass   src/store/sqlite/open.c       "starhash/accounts.h"
pass   src/store/table.c             "store/sqlite/sqlite.h"
refuse src/store/sqlite/open.c       "starhash/server.h"
refuse src/store/sqlite/open.c       "starhash/engine.h"
refuse src/store/sqlite/open.c       "store/postgres.h"
pass   src/store/sqlite/open.c       "store/sql/db.h"
pass   src/store/sqlite/admin/open.c "store/sql/db.h"
pass   src/store/postgres/open.c     "store/sql/db.h"
pass   src/store/sql/db.c            "store/sql/db.h"
refuse src/store/sql/db.c            "store/sqlite/open.h"
refuse src/store/memory/open.c       "store/sql/db.h"
refuse src/store/gate.c              "store/sql/db.h"
pass   src/store/sqlite/gate.c       "store/gate.h"
refuse src/store/gate.c              "store/sqlite/open.h"
pass   src/store/gate.c              "store/copies.h"
pass   src/store/gate.c              "store/stores.h"
pass   src/store/gate.c              "store/gate.h"
pass   src/store/sqlite/admin/admin.c "starhash/store_admin.h"
refuse src/server/server.c           "starhash/store_admin.h"
refuse src/accounts/accounts.c       "starhash/store_admin.h"
refuse include/starhash/store_admin.h "starhash/accounts.h"
pass   src/tool/data/command.c          "starhash/store_admin.h"
pass   src/tool/data/command.c          "tool/data/data.h"
pass   src/tool/data/upsert.h           "import/row.h"
pass   src/tool/data/password.c         "accounts/password_hash.h"
pass   src/tool/data/password.c         "accounts/id_pieces.h"
refuse src/tool/data/password.c         "accounts/internal.h"
refuse src/tool/data/show.c             "store/sqlite/connection.h"
refuse src/tool/data/upsert.h           "store/sqlite/rows.h"
refuse src/tool/data/import.c           "store/gate.h"
refuse src/tool/data/upsert.c           "account/step.h"
refuse src/tool/data/show.c             "tool/simulator/msc.h"
refuse src/tool/phone/gsup.c            "tool/data/data.h"
refuse src/tool/simulator/msc.c         "tool/phone/phone.h"
pass   src/tool/phone/gsup.c            "tool/simulator/msc.h"
pass   src/tool/menu/menu.c             "tool/simulator/transcript.h"
refuse src/tool/data/upsert.c           "http/breaker.h"
pass   src/tool/simulator/simulator.c   "store/gate.h"
refuse src/tool/simulator/scenario.c    "store/gate.h"
refuse src/tool/menu/menu.c             "store/gate.h"
refuse src/tool/simulator/simulator.c   "store/sqlite/connection.h"
pass   src/tool/simulator/simulator.c   "accounts/internal.h"
pass   src/tool/simulator/msc.c         "channel/gsup/gsup_link.h"
pass   src/server/dialog.c            "starhash/engine.h"
refuse src/server/dialog.c            "channel/gsup/gsup.h"
refuse src/server/dialog.c            "engine/input.h"
pass   src/main.c                    "starhash/server.h"
refuse src/novelty/new.c             "starhash/text.h"
pass   src/door/door.c               <microhttpd.h>
pass   src/door/door.c               "starhash/listener.h"
refuse src/door/clients.c            <microhttpd.h>
refuse src/door/door.c               "starhash/accounts.h"
refuse src/door/door.c               "starhash/server.h"
refuse src/server/server.c           "door/clients.h"
ROWS

echo "layers_test.sh: $rows rows"
exit $failed
