#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# starhash-data report: its figures are those of the journal's lines, to the last one (O2); its texts, in each language.
set -eu
# shellcheck source=tests/tool/data/common.sh
. "${srcdir:-.}/tests/tool/data/common.sh"

here=${srcdir:-.}/tests/tool/data
journal=$folder/journal
TZ=Asia/Shanghai
export TZ
unset LC_ALL LC_MESSAGES
LANG=C
export LANG

report() {
	"$data" report --journal "$journal" "$@"
}

# report__invented_month__every_figure_is_that_of_the_lines
# 35 days around October on the wall of Shanghai, in rotated and compressed files, with damaged lines
./starhash-journal-lines 40000 1790611200 1793635200 >"$folder/lines"
split -n l/3 -d -a 1 "$folder/lines" "$folder/part."
gzip -c "$folder/part.0" >"$journal.2.gz"
cp "$folder/part.1" "$journal.1"
{ echo '{"time":"2026-10'; cat "$folder/part.2"; } >"$journal"
report --month 2026-10 --csv >"$folder/got" 2>"$folder/errors"
says "journal:1: not a line of the journal"
python3 "${srcdir:-.}/tests/bench/recount.py" --lines "$folder/lines" "$folder/got" || fail "figures of a month"
grep -q '^2026-10,journal,"",covers_period,yes' "$folder/got" || fail "the period is covered"
report --quarter 2026-Q3 --csv >"$folder/got" 2>/dev/null
python3 "${srcdir:-.}/tests/bench/recount.py" --lines "$folder/lines" "$folder/got" || fail "figures of a quarter"
grep -q '^2026-Q3,journal,"",covers_period,no' "$folder/got" || fail "the quarter is not covered"

# report__html__whole_page_without_anything_from_elsewhere
for language in en zh ar; do
	report --month 2026-10 --html --language $language >"$folder/page.$language" 2>/dev/null
	python3 - "$folder/page.$language" <<'END' || fail "the page in $language"
import html.parser, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
VOID = {"meta", "line", "rect", "circle", "path", "polyline"}
class Parser(html.parser.HTMLParser):
	open = []
	def handle_starttag(self, tag, attributes):
		assert tag not in ("script", "link", "img", "iframe", "object", "use", "image"), tag
		assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attributes), attributes
		if tag != "meta":
			self.open.append(tag)
	def handle_startendtag(self, tag, attributes):
		assert tag in VOID, tag
	def handle_endtag(self, tag):
		assert self.open and self.open.pop() == tag, tag
parser = Parser()
parser.feed(page)
parser.close()
assert not parser.open, parser.open
assert not re.search(r"url\(|@import|https?:", page)
assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", page) and "prefers-color-scheme:dark" in page and "@media print" in page
assert page.count("<svg viewBox=\"0 0 1000") == 4 and page.count("<table>") == 5
END
done

# report__texts__as_in_the_golden_files
rm -f "$journal"*
cat >"$journal" <<'END'
{"time":"2026-09-30T16:10:00.000Z","channel":"hlr-1","code":"*100#","msisdn":"13","language":"zh","menu":"00000abc","turns":2,"path":["home","余额"],"waits_ms":[3,5],"outcome":"done","took_ms":5120,"slowest_ms":5}
{"time":"2026-10-10T01:00:00.000Z","channel":"sms","code":"10086","msisdn":"13","language":"zh","menu":"00000abc","turns":1,"path":["余额"],"waits_ms":[1500],"outcome":"saved","took_ms":1500,"slowest_ms":1500}
{"time":"2026-10-10T01:30:00.000Z","channel":"sms","code":"balance_low","msisdn":"13","language":"zh","menu":"00000abc","turns":0,"path":["balance_low"],"waits_ms":[0],"outcome":"notification","took_ms":0,"slowest_ms":0}
{"time":"2026-10-10T11:00:00.000Z","channel":"hlr-1","code":"","msisdn":"13","language":"ar","menu":"00000abc","turns":1,"path":[],"outcome":"stray","took_ms":0,"slowest_ms":0}
{"time":"2026-10-31T15:10:00.000Z","channel":"hlr-1","code":"*100#","msisdn":"13","language":"en","menu":"00000abc","turns":1,"path":["home"],"waits_ms":[8],"outcome":"gone","took_ms":7000,"slowest_ms":8}
END
for language in en zh ar; do
	report --month 2026-10 --language $language >"$folder/got"
	diff "$here/report.$language.ok" "$folder/got" || fail "the text in $language"
done
LANG=zh_CN.UTF-8 report --month 2026-10 >"$folder/got"
cmp "$here/report.zh.ok" "$folder/got" || fail "the language of the environment"
report --month 2026-10 --csv --language ar | tr -d '\r' >"$folder/got"
diff "$here/report.csv.ok" "$folder/got" || fail "as CSV"

# report__misuse__refused
refused report --journal "$journal"
says "needs a month"
refused report --month 2026-13 --journal "$journal"
says "2026-13: not a month"
refused report --quarter 2026-Q5 --journal "$journal"
refused report --month 2026-10 --language fr --journal "$journal"
says "reports are in en, zh or ar"
refused report --month 2026-10 --journal "$folder/none"
says "none: No such file"

# report__tickets_of_a_month__every_figure_is_that_of_the_store
# 10,000 invented tickets of five months around October, some answered late, some never, some closed by the subscriber or by silence
"$data" sample "$db" --pepper "$folder/key" --subscribers 20 --quiet >/dev/null 2>&1
query "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 9999),
	t AS (SELECT n, 13800138000 + n AS msisdn, 1785513600 + n * 1300 AS opened, CASE n % 7 WHEN 0 THEN 'complaint' WHEN 1 THEN 'suggestion'
		WHEN 2 THEN 'nuisance' WHEN 3 THEN 'network' WHEN 4 THEN 'dispute' WHEN 5 THEN 'deletion' ELSE 'agent' END AS kind FROM i)
	INSERT INTO ticket (msisdn, number, kind, state, facts, opened, since, delivered, month, first_due, first_answered, owed_by, answered, closed, due,
		warned, repeated, reopened, entries, confirmed, rewarded, refunded, equal, equal_ref, reward_ref, compensated, proposed, former, touched, written_on, written,
		brand, channel, staff, proposed_as, proposed_by, outcome)
	SELECT msisdn, 26080101, kind, iif(n % 5, 'closed', 'open'), x'', opened, opened, 0, 0,
		iif(kind IN ('nuisance', 'network'), 0, opened + 172800), iif(n % 11, opened + n % 50 * 3600, 0), 0, opened,
		iif(n % 5, opened + 400000 + n % 3 * 86400, 0), 0, 0, n % 40 = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, opened, 0, 0, '', 'console', '', '', '',
		iif(n % 5, CASE n % 4 WHEN 0 THEN 'silence' WHEN 1 THEN 'closed' ELSE 'resolved' END, '') FROM t"
"$data" report "$db" --journal "$journal" --month 2026-10 --csv 2>/dev/null | tr -d '\r' >"$folder/got"
october="BETWEEN 1790784000 AND 1793462399"
owes="kind NOT IN ('nuisance', 'network')"
figure() { # KIND or MEASURE, FIGURE
	sed -n "s/^2026-10,[a-z]*,\"\{0,1\}$1\"\{0,1\},$2,//p" "$folder/got"
}
for kind in complaint suggestion nuisance network dispute deletion agent; do
	is "opened: $kind" "$(figure $kind opened)" "SELECT count(*) FROM ticket WHERE kind = '$kind' AND opened $october"
	is "in time: $kind" "$(figure $kind in_time)" "SELECT count(*) FROM ticket WHERE kind = '$kind' AND first_due $october
		AND first_answered BETWEEN 1 AND first_due"
	is "resolved: $kind" "$(figure $kind resolved)" "SELECT count(*) FROM ticket WHERE kind = '$kind' AND closed $october
		AND outcome IN ('resolved', 'silence')"
	is "repeated: $kind" "$(figure $kind repeated)" "SELECT count(*) FROM ticket WHERE kind = '$kind' AND opened $october AND repeated"
done
is "all tickets are in some month" 10000 "SELECT count(*) FROM ticket"
"$data" check "$db" >"$folder/checked" 2>&1 || true
grep -q "^tickets 10000" "$folder/checked" || fail "check counts the tickets"
[ "$(figure in_time marked)" = yes ] || { grep -n target "$folder/got"; fail "a target that is missed month after month"; }
is "answers that were due" "$(figure in_time cases)" "SELECT count(*) FROM ticket WHERE $owes AND first_due $october"
"$data" report "$db" --journal "$journal" --month 2026-10 --html >"$folder/html" 2>/dev/null
grep -q "Disputed charge" "$folder/html" || fail "tickets in HTML"

# report__targets_of_the_configuration__judge_the_same_figures
care() {
	"$data" report "$db" --journal "$journal" --month 2026-10 --csv "$@" 2>/dev/null | tr -d '\r' >"$folder/got"
}
bound() { # permille as a percentage
	echo "$(($1 / 10)).$(($1 % 10))"
}
care
[ "$(figure in_time state) $(figure resolved state)" = "missed missed" ] || fail "states by the defaults"
exact=$(($(figure in_time measured) * 1000 / $(figure in_time cases)))
cat >"$folder/ours.cfg" <<END
report = {
 in_time_percent = $(bound $((exact + 1)));
 minor_percent = 0.1;
 months_running = 12;
};
END
care --config "$folder/ours.cfg"
[ "$(figure in_time target_percent) $(figure in_time state)" = "$(bound $((exact + 1))) minor" ] || fail "a minor breach"
[ "$(figure in_time marked)" = no ] || fail "fewer months than are marked"
sed -i "s/in_time_percent = .*/in_time_percent = $(bound $exact);/" "$folder/ours.cfg"
care --config "$folder/ours.cfg"
[ "$(figure in_time state)" = met ] || fail "a target that is met to the tenth"

# report__targets_that_contradict_each_other__named_with_file_and_line
wrong() { # SETTINGS, LINE, TEXT
	printf 'report = {\n%b\n};\n' "$1" >"$folder/wrong.cfg"
	refused report "$db" --journal "$journal" --month 2026-10 --config "$folder/wrong.cfg"
	says "wrong.cfg:$2: .*$3"
}
wrong 'repeated_percent = 3;\nrepeated_minor_percent = 2.9;' 3 'below "repeated_percent"'
wrong 'repeated_percent = 9;' 1 'below "repeated_percent"'
wrong 'minor_percent = 95;' 2 'every breach'
wrong 'resolved_percent = 98.55;' 2 'more than one decimal'
wrong 'resolved_percent = 100.1;' 2 'from 1 to 100 percent, not 100.1'
wrong 'resolved_percent = "98";' 2 'must be a percentage'
wrong 'solved_percent = 98;' 2 "unknown name"
refused report "$db" --journal "$journal" --month 2026-10 --config "$folder/none.cfg"

# report__fifo_beside_the_journal__not_waited_for
report --month 2026-10 --csv >"$folder/expected"
mkfifo "$journal.1"
timeout 20 "$data" report --journal "$journal" --month 2026-10 --csv >"$folder/got" || fail "a FIFO that is called like a rotated journal"
cmp "$folder/expected" "$folder/got" || fail "figures beside a FIFO"
rm "$journal.1"
mkfifo "$folder/pipe"
cat "$journal" >"$folder/pipe" &
timeout 20 "$data" report --journal "$folder/pipe" --month 2026-10 --csv >"$folder/got" || fail "a FIFO that is the journal"
cmp "$folder/expected" "$folder/got" || fail "figures from a FIFO"
echo "report: fine"
