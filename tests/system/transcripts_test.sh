#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The transcripts of all menus under menus/ through Debian's osmo-hlr, between our GSUP channel and an MSC: the same texts as
# directly at the server. Skipped if it is not installed.
# shellcheck source=tests/system/common.sh
. "${srcdir:-.}/tests/system/common.sh"
shopt -s nullglob
for program in osmo-hlr osmo-hlr-db-tool sqlite3; do
	command -v "$program" >/dev/null || exit 77
done

# Not possible that way: short messages; repetitions by the network; a silent store, and hours that pass while the real clock of
# the HLR does not follow: its guard timer and its links would end the dialog.
unsuitable='^(text|repeat|wait|store silent)\b'
least=30
skipped=0
names=()
config=

# The HLR has each number from which starhash-menu dials.
make_hlr_database() {
	osmo-hlr-db-tool -l "$run/hlr.db" create >"$run/hlr-db.log" 2>&1
	find "$source/menus" -type f \( -name '*.dlg' -o -name '*.txt' \) -exec \
		sed -nE "s/^(subscriber|unknown) ([0-9]+).*/INSERT OR IGNORE INTO subscriber (imsi, msisdn)\
 VALUES (printf('%015d', \2), '\2');/p" {} + |
		sqlite3 "$run/hlr.db"
}

# With the backends of $config, if it is not empty. Usage: play MENU TRANSCRIPT...
play() {
	local menu=$1 transcript suitable=()

	shift
	for transcript; do
		if grep -qE "$unsuitable" "$transcript"; then
			echo "skipped: ${transcript#"$source"/} ($(grep -oE "$unsuitable" "$transcript" | sort -u | paste -sd,))"
			skipped=$((skipped + 1))
		else
			suitable+=("$transcript")
		fi
	done
	((!${#suitable[@]})) || check "hlr__${menu#"$source"/menus/}__same_words" \
		"$bin/starhash-menu" test ${config:+"$config"} --over "hlr:$address" "$menu" "${suitable[@]}"
	names+=("${suitable[@]}")
}

lab_open
trap lab_close EXIT
make_hlr_database
lab_start_hlr
while read -r menu; do
	folder=$(dirname "$menu")
	config=
	[[ ! -f $folder/starhash.cfg ]] || config=--config=$folder/starhash.cfg
	play "$menu" "$folder"/test.dl[g] "$folder"/tests/*.dlg
done < <(find "$source/menus" -name menu.cfg | LC_ALL=C sort)
echo "played: ${#names[@]}, skipped: $skipped"
check hlr__transcripts__enough_played test "${#names[@]}" -ge "$least"
((failed == 0)) || cat "$run/hlr.log"
exit "$((failed > 0))"
