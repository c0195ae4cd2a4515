#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts once more what starhash-data report has counted, from the lines of starhash-journal-lines and from what starhash-care has
done, and compares every figure. Local time is eight hours ahead of UTC, and the targets are the defaults.

Usage: recount.py [--lines FILE] [--care FILE] [--check FILE] REPORT...

A report is CSV; NAME.text and NAME.html beside NAME.csv, in English, must have the same figures. With --check, the output of
"starhash-data check", the reports are those of all months in which something happened: their sums are its totals."""
import argparse
import array
import collections
import csv
import datetime
import html
import json
import os
import re
import sys

ZONE = datetime.timezone(datetime.timedelta(hours=8))
ENDS = {"completed": "done by_message saved notification late", "refused": "unknown stray", "abandoned": "gone replaced",
        "timed_out": "silence", "failed": "changed unavailable uncertain stopped"}
END_OF = {outcome: end for end, outcomes in ENDS.items() for outcome in outcomes.split()}
QUANTILES = {"median_ms": 500, "95_percent_ms": 950, "99_percent_ms": 990, "most_ms": 1000}
KINDS = ["complaint", "suggestion", "nuisance", "network", "dispute", "deletion", "agent", "compliment"]
OWED = {"complaint", "suggestion", "dispute", "deletion", "agent"}
DAY = 86400
problems = 0


def problem(*words):
    global problems
    problems += 1
    if problems <= 20:
        print("FAIL:", *words)


def month_of(second):
    return datetime.datetime.fromtimestamp(second, ZONE).strftime("%Y-%m")


def month_before(month):
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02}"


class Journal:
    """The lines of months and quarters, as counts and as waiting times."""

    def __init__(self, name):
        self.records = collections.Counter()
        self.figures = collections.Counter()
        self.waits = collections.defaultdict(lambda: array.array("I"))
        for line in open(name, encoding="utf-8") if name else ():
            cdr = json.loads(line)
            local = datetime.datetime.fromisoformat(cdr["time"].replace("Z", "+00:00")).astimezone(ZONE)
            for period in (f"{local.year}-{local.month:02}", f"{local.year}-Q{(local.month + 2) // 3}"):
                self.add(period, local.hour, cdr)

    def add(self, period, hour, cdr):
        path, waits, asked = cdr["path"], cdr.get("waits_ms", []), cdr["turns"] > 0
        unasked = max(0, len(path) - cdr["turns"])
        self.records[period] += 1
        for section, name in ("all", ""), ("hour", f"{hour:02}"), ("link", cdr["channel"]), ("entry", cdr["code"]):
            row = period, section, name
            self.figures[row + ("requests" if asked else "messages",)] += 1
            self.figures[row + ("shown",)] += len(path)
            if asked:
                self.figures[row + (END_OF[cdr["outcome"]],)] += 1
                self.waits[row].extend(waits[unasked:])
        for i, page in enumerate(path):
            self.figures[period, "page", page, "shown"] += 1
            if i >= unasked:
                self.waits[period, "page", page].append(waits[i])
        if path and asked:
            self.figures[period, "page", path[-1], "ended"] += 1
            self.figures[period, "page", path[-1], END_OF[cdr["outcome"]]] += 1

    def is_quantile(self, row, figure, value):
        values = sorted(self.waits[row]) if row in self.waits else []
        if not values:
            return value == ""
        exact = values[max(0, -(-len(values) * QUANTILES[figure] // 1000) - 1)]
        return value != "" and exact <= int(value) <= exact + exact // 16


class Care:
    """Tickets, orders and surveys, from the steps that were taken."""

    def __init__(self, name):
        self.tickets, self.credits, self.orders = {}, [], []
        self.asked, self.scores = [], []        # (time, page), (time, page, score)
        pages = {}
        opened = collections.defaultdict(list)
        waiting = collections.defaultdict(list)
        for time, number, serial, what, detail in csv.reader(open(name, encoding="utf-8")) if name else ():
            time, ticket = int(time), self.tickets.get((number, serial))
            if what == "opened":
                before = opened[number, detail]
                self.tickets[number, serial] = {
                    "kind": detail, "opened": time, "answered": None, "closed": None, "outcome": None,
                    "repeated": any(other > time - 30 * DAY for other in before)}
                before.append(time)
            elif what in ("interim", "answered", "granted", "declined"):
                ticket["answered"] = ticket["answered"] or time
                if what == "answered" and ticket["kind"] == "deletion":
                    ticket.update(closed=time, outcome=what)
            elif what in ("resolved", "silence", "closed"):
                ticket.update(closed=time, outcome=what)
            elif what == "reopened":
                ticket.update(closed=None, outcome=None)
            elif what == "surveyed":
                self.asked.append((time, detail))
                pages[serial] = detail
            elif what == "scored":
                self.scores.append((time, pages[serial], int(detail)))
            if what in ("granted", "compensated"):
                waiting[serial] += [int(detail)] * (2 if what == "granted" else 1)
            if what == "ended":
                self.credits += [(time, amount) for amount in waiting.get(serial, ())]
                self.orders += [(time, detail)] * len(waiting.pop(serial, [0]))

    def count(self, month, kinds):
        """Of some kinds: opened, due, in time, closed, resolved, repeated."""
        figures = collections.Counter()
        for ticket in self.tickets.values():
            if ticket["kind"] not in kinds:
                continue
            due = ticket["opened"] + 2 * DAY
            if month_of(ticket["opened"]) == month:
                figures["opened"] += 1
                figures["repeated"] += ticket["repeated"]
            if ticket["kind"] in OWED and month_of(due) == month and (
                    ticket["answered"] or not ticket["closed"] or ticket["closed"] > due):
                figures["due"] += 1
                figures["in_time"] += ticket["answered"] is not None and ticket["answered"] <= due
            if ticket["closed"] and month_of(ticket["closed"]) == month:
                figures["closed"] += 1
                figures["resolved"] += ticket["outcome"] != "closed"
        return figures

    def surveys(self, month):
        """Page: asked, answered, sum of the scores, satisfied."""
        rows = collections.defaultdict(lambda: [0, 0, 0, 0])
        for time, page in self.asked:
            if month_of(time) == month:
                rows[page][0] += 1
        for time, page, score in self.scores:
            if month_of(time) == month:
                rows[page] = [sum(pair) for pair in zip(rows[page], (0, 1, score, score >= 4))]
        return rows

    def targets(self, month):
        """Name: part, whole, target and bound in permille, state."""
        count, result = self.count(month, OWED), {}
        for _, answered, _, satisfied in self.surveys(month).values():
            count["answers"] += answered
            count["satisfied"] += satisfied
        for name, whole, target, bound in (("in_time", "due", 1000, 950), ("resolved", "closed", 980, 930),
                                           ("repeated", "opened", 30, 80), ("satisfied", "answers", 950, 900)):
            part, all_of = count[name], count[whole]
            at_most = name == "repeated"
            met, minor = ((part * 1000 <= limit * all_of if at_most else part * 1000 >= limit * all_of)
                          for limit in (target, bound))
            state = "none" if not all_of else "met" if met else "minor" if minor else "missed"
            result[name] = part, all_of, target, state
        return result

    def months_missed(self, month, name):
        count = 0
        while count < 12 and self.targets(month)[name][3] in ("minor", "missed"):
            count, month = count + 1, month_before(month)
        return count

    def figures(self, month):
        figures = {}
        for kind in KINDS:
            for figure, value in self.count(month, {kind}).items():
                figures["tickets", kind, figure] = str(value)
        for name, (part, whole, target, state) in self.targets(month).items():
            missed = self.months_missed(month, name)
            figures.update({
                ("target", name, "cases"): str(whole), ("target", name, "measured"): str(part),
                ("target", name, "target_percent"): f"{target / 10:.1f}", ("target", name, "state"): state,
                ("target", name, "months_missed"): str(missed), ("target", name, "marked"): "yes" if missed >= 3 else "no"})
        for page, (asked, answered, total, satisfied) in self.surveys(month).items():
            figures.update({
                ("survey", page, "asked"): str(asked), ("survey", page, "answered"): str(answered),
                ("survey", page, "average"): f"{int(total * 10 / answered + 0.5) / 10:.1f}" if answered else "",
                ("survey", page, "satisfied"): str(satisfied)})
        ends = collections.Counter(end for time, end in self.orders if month_of(time) == month)
        credits = [amount for time, amount in self.credits if month_of(time) == month]
        figures.update({
            ("orders", "", "done"): str(ends["done"]), ("orders", "", "refused"): str(ends["refused"]),
            ("orders", "", "not_delivered"): str(ends["dead"]), ("orders", "", "refunds"): str(len(credits)),
            ("orders", "", "refunded"): f"{sum(credits) // 100}.{sum(credits) % 100:02}"})
        return figures


# ---- one report ----

def compare_csv(rows, period, journal, care):
    expected = {key[1:]: str(value) for key, value in journal.figures.items() if key[0] == period}
    expected.update(care.figures(period) if care.tickets else {})
    seen = set()
    for row in rows:
        key, value = (row["section"], row["name"], row["figure"]), row["value"]
        if row["period"] != period:
            problem("period", row)
        elif key[0] == "journal":
            if key[2] == "records" and int(value) != journal.records[period]:
                problem(row, "instead of", journal.records[period])
        elif key[2] in QUANTILES:
            if not journal.is_quantile((period,) + key[:2], key[2], value):
                problem(row, "is not that quantile")
        elif value != expected.get(key, "0"):
            problem(row, "instead of", expected.get(key, "0"))
        seen.add(key)
    for key, value in expected.items():
        if value != "0" and key not in seen:
            problem(key, value, "is missing")


def count(value):
    return f"{int(value):,}"


def share(part, whole):
    permille = int(part / whole * 1000 + 0.5)
    permille = 999 if permille == 1000 and part < whole else 1 if not permille and part else permille
    return f"{permille // 10}.{permille % 10} %"


SHARE_OF = {"in_time": "due", "resolved": "closed", "repeated": "opened", "measured": "cases"}
SHARE_OF.update({("survey", "answered"): "asked", ("survey", "satisfied"): "answered"})
SHARE_OF.update({("page", end): "ended" for end in ENDS})
SHARE_OF.update({(section, end): "requests" for section in ("all", "link", "entry", "hour") for end in ENDS})
WORDS = {"met": "met", "minor": "minor breach", "missed": "missed", "none": "–"}


def shown(section, name, figures):
    """What people are shown of a row: its cells that are not empty, and the counts behind its shares."""
    cells, parts = [], []
    for figure, value in figures.items():
        whole = SHARE_OF.get(figure if section in ("tickets", "target") else (section, figure))
        if whole:
            total = int(figures[whole])
            if section == "tickets" and figure == "resolved" and name in set(KINDS) - OWED:
                total = 0
            cells.append(share(int(value), total) if total else "")
            parts += [count(value)] if total else []
        elif figure == "average":
            cells.append(value)
        elif figure == "target_percent":
            cells.append(f"{'≤' if name == 'repeated' else '≥'} {value} %")
        elif figure == "state":
            cells.append(WORDS[value])
        elif figure == "marked":
            cells.append("▲ missed 3 or more months running" if value == "yes" else "")
        else:
            cells.append(value and (f"{float(value):,.2f}" if figure == "refunded" else count(value)))
    return [cell for cell in cells if cell], parts


def tables_of_text(text):
    """Rows as lists of cells, without their names, in the order of the tables."""
    tables = [block.split("\n")[2:] for block in text.split("\n\n")[2:-1]]
    return [[re.split(" {2,}", line.strip()) for line in table if line.strip()] for table in tables]


def tables_of_html(page):
    for table in re.findall("<tbody>(.*?)</tbody>", page, re.S):
        yield [([html.unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("<t[hd][^>]*>.*?</t[hd]>", row)],
                re.findall('<td title="([^"]*)"', row)) for row in re.findall("<tr>(.*?)</tr>", table, re.S)]


def compare_shown(rows, name):
    sections = collections.OrderedDict()
    for row in rows:
        if row["section"] != "journal":
            sections.setdefault(row["section"], collections.OrderedDict()).setdefault(row["name"], {})[row["figure"]] = row["value"]
    expected = [[shown(section, title, figures) for title, figures in table.items()] for section, table in sections.items()]
    text = tables_of_text(open(name + ".text", encoding="utf-8").read())
    page = list(tables_of_html(open(name + ".html", encoding="utf-8").read()))
    if not [len(table) for table in expected] == [len(table) for table in text] == [len(table) for table in page]:
        problem(name, "has other tables or rows as text, as HTML and as CSV")
        return
    for i, table in enumerate(expected):
        for j, (cells, parts) in enumerate(table):
            if text[i][j][-len(cells):] != cells:
                problem(name + ".text:", text[i][j], "instead of", cells)
            if [cell for cell in page[i][j][0] if cell][-len(cells):] != cells or page[i][j][1] != parts:
                problem(name + ".html:", page[i][j], "instead of", cells, parts)


# ---- the store's own totals ----

def compare_check(name, sums, care):
    totals, undelivered = {}, 0
    for line in open(name, encoding="utf-8"):
        words = line.split()
        if line.startswith(("tickets ", "orders ")):
            totals[" ".join(words[:-1])] = int(words[-1])
        elif re.match("problem: [0-9]+ more of this kind", line):
            undelivered += int(words[1])
        elif "could not be delivered" in line:
            undelivered += 1
        elif line.startswith("problem"):
            problem("check:", line.strip())
    for about, total in (
            ("tickets", sum(sums["tickets", kind, "opened"] for kind in KINDS)), ("orders completed", sums["orders", "", "done"]),
            ("orders refused", sums["orders", "", "refused"]), ("orders dead", sums["orders", "", "not_delivered"]),
            *((f"tickets of kind {kind}", sums["tickets", kind, "opened"]) for kind in KINDS)):
        if totals.get(about, 0) != total:
            problem("check has", totals.get(about, 0), about, "and the reports", total)
    if undelivered != sums["orders", "", "not_delivered"]:
        problem("check finds", undelivered, "orders that were not delivered")
    if totals.get("tickets") != len(care.tickets) or not care.tickets:
        problem("check has", totals.get("tickets"), "tickets of", len(care.tickets))


def main():
    parser = argparse.ArgumentParser()
    for option in "--lines", "--care", "--check":
        parser.add_argument(option)
    parser.add_argument("reports", nargs="+")
    words = parser.parse_args()
    journal, care, sums, figures = Journal(words.lines), Care(words.care), collections.Counter(), 0
    for report in words.reports:
        rows = list(csv.DictReader(open(report, newline="", encoding="utf-8")))
        compare_csv(rows, rows[0]["period"], journal, care)
        if os.path.exists(report[:-4] + ".text"):
            compare_shown(rows, report[:-4])
        for row in rows:
            if row["section"] in ("tickets", "orders") and row["figure"] != "refunded":
                sums[row["section"], row["name"], row["figure"]] += int(row["value"])
        figures += len(rows)
    if words.check:
        compare_check(words.check, sums, care)
    print(f"{sum(journal.records.values()) // 2} records, {len(care.tickets)} tickets, {len(care.orders)} orders:",
          f"{figures} figures compared, {problems} wrong")
    sys.exit(problems > 0)


main()
