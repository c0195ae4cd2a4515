#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make tables (results.md, results.txt) and a picture (results.svg) of the lines that starhash-bench --compare wrote: medians of the rounds.

Usage: report.py RESULTS.tsv FOLDER; FOLDER/about.txt says what was measured, and where."""
import math
import statistics
import sys
from collections import defaultdict

SERVERS = ["starhashd", "memory", "sqlite", "echo", "osmo-euse-demo", "Kannel"]
ROUNDS = defaultdict(list)


def value(measure, server, load, figure):
    """The median, or None where it was not measured."""
    found = ROUNDS.get((measure, server, load, figure))
    return statistics.median(found) if found else None


def loads(measure, server=None):
    return sorted({key[2] for key in ROUNDS if key[0] == measure and server in (None, key[1])})


def servers(measure):
    return [server for server in SERVERS if loads(measure, server)]


def only(measure, server, figure):
    """The value of a measure with one load."""
    for load in loads(measure, server):
        if value(measure, server, load, figure) is not None:
            return value(measure, server, load, figure)
    return None


def ratio(over, under):
    return over / under if over is not None and under else None


def difference(one, other):
    return one - other if one is not None and other is not None else None


def waited():
    """The largest share of a measurement that generator or server waited for a processor that others had."""
    return max((max(found) for key, found in ROUNDS.items() if key[3] == "waited"), default=0)


WAITED_MAX = 0.05

# ---- how figures are written ----

def number(what, unit=""):
    if what is None:
        return ""
    digits = 2 - int(math.floor(math.log10(abs(what)))) if what else 0
    return f"{round(what, digits):,.{max(0, digits)}f}{unit}"


def times(what):
    return "" if what is None else f"{what:.2f}"


def duration(us):
    if us is None:
        return ""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if us >= size:
            return f"{number(us / size)} {unit}"
    return f"{number(us)} µs"


# ---- the tables: title, head, rows ----

PERCENTILES = [("p50_us", "median"), ("p99_us", "99 %"), ("p999_us", "99.9 %"), ("max_us", "longest")]


def latencies(measure, server, load):
    return [duration(value(measure, server, load, figure)) for figure, _ in PERCENTILES]


def closed():
    head = ["server", "dialogs at once", "steps a second", "of memory's"] + [name for _, name in PERCENTILES] + [
        "processor time per million steps", "times memory's", "instructions a step"]
    rows = []
    for server in servers("closed"):
        for load in loads("closed", server):
            steps = value("closed", server, load, "steps_per_s")
            rows.append([server, f"{load:,}", number(steps), times(ratio(steps, value("closed", "memory", load, "steps_per_s")))]
                        + latencies("closed", server, load)
                        + [number(value("closed", server, load, "cpu_s"), " s"),
                           times(ratio(value("closed", server, load, "cpu_s"), value("closed", "memory", load, "cpu_s"))),
                           number(only("instructions", server, "instructions"))])
    return "Closed loop", head, rows


def open_loop():
    head = ["server", "steps a second"] + [name for _, name in PERCENTILES] + ["99 % of memory's", "99.9 % of memory's", "instructions a step"]
    rows = []
    for server in servers("open"):
        for load in loads("open", server):
            rows.append([server, number(value("open", server, load, "steps_per_s"))] + latencies("open", server, load)
                        + [times(ratio(value("open", server, load, figure), value("open", "memory", load, figure)))
                           for figure in ("p99_us", "p999_us")] + [number(only("instructions", server, "instructions"))])
    return "Open loop at half of the best rate", head, rows


def start():
    return "From the start until the first dialog has ended", ["server", "time"], [
        [server, duration((only("start", server, "start_ms") or 0) * 1e3)] for server in servers("start")]


def live():
    rows = []
    for server in servers("live"):
        few, many = (loads("live", server) + [0, 0])[1:3]
        steps = [value("live", server, load, "steps_per_s") for load in (few, many)]
        octets = value("live", server, many, "dialog_octets")
        rows.append([server, f"{many:,}", number(value("live", server, 0, "memory_mb"), " MB"),
                     number(value("live", server, many, "memory_mb"), " MB"), number(octets), number(steps[0]), number(steps[1]),
                     times(ratio(steps[1], steps[0])), number(only("instructions", server, "instructions"))])
    return "Live dialogs", ["server", "dialogs", "memory before", "with them", "octets each", "steps a second without them", "beside them",
                            "ratio", "instructions a step"], rows


def reload():
    names = {0: "quiet", 1: f"reload of {value('reload', 'starhashd', 1, 'pages') or 0:,.0f} pages"}
    rows = [[names[load], number(value("reload", "starhashd", load, "steps_per_s"))] + latencies("reload", "starhashd", load)
            for load in loads("reload", "starhashd")]
    for load, row in enumerate(rows):
        switch = value("reload", "starhashd", load, "switch_ms")
        row.append(duration(switch * 1e3) if switch else "")
    return "Reload under load", ["beside", "steps a second"] + [name for _, name in PERCENTILES] + ["first page of the new menu after"], rows


def flood_figure(load, name):
    """Nobody waits for refusals that do not come."""
    if name.startswith("refusal_") and not value("flood", "starhashd", load, "refused_per_s"):
        return None
    return value("flood", "starhashd", load, name)


def flood():
    load = loads("flood", "starhashd")[0]

    def figure(name):
        return flood_figure(load, name)

    return "Flood of four times the capacity", ["figure", ""], [
        ["dialogs offered a second", number(load)],
        ["never begun, since too many were open", number(figure("dropped_per_s"))],
        ["refused a second", number(figure("refused_per_s"))],
        ["completed a second", number(figure("ended_per_s"))],
        ["of the best rate", times(ratio(figure("ended_per_s"), figure("best_per_s")))],
        ["step of an admitted dialog, median", duration(figure("p50_us"))],
        ["99 %", duration(figure("p99_us"))],
        ["refusal, median", duration(figure("refusal_p50_us"))],
        ["99 %", duration(figure("refusal_p99_us"))],
        ["normal after its end", duration((figure("recovery_s") or 0) * 1e6)],
    ]


def growth():
    rows = []
    for server in servers("growth"):
        first = value("growth", server, loads("growth", server)[0], "steps_per_s")
        for load in loads("growth", server):
            steps = value("growth", server, load, "steps_per_s")
            rows.append([server, f"{load:,}", number(steps), times(ratio(first, steps)), number(only("instructions", server, "instructions"))])
    return "Growth of the accounts, 1024 dialogs at once", ["server", "accounts", "steps a second", "time per step, of the fewest's", "instructions a step"], rows


def sms():
    rows = []
    for server in servers("sms"):
        for load in loads("sms", server):
            answers = value("sms", server, load, "steps_per_s")
            rows.append([server, f"{load:,}", number(answers), times(ratio(answers, value("sms", "Kannel", load, "steps_per_s")))]
                        + latencies("sms", server, load) + [number(value("sms", server, load, "cpu_s"), " s"),
                                                            number(only("sms_instructions", server, "instructions"))])
    return "Short messages", ["server", "texts at once", "answers a second", "of Kannel's"] + [name for _, name in PERCENTILES] + [
        "processor time per million answers", "instructions an answer"], rows


def goals():
    """What is to be reached, measured, and whether it is."""
    closed_1024 = {server: value("closed", server, 1024, "steps_per_s") for server in SERVERS}
    alone = {server: value("closed", server, 1, "p50_us") for server in SERVERS}
    open_at = (loads("open", "starhashd") or [None])[0]
    live_at = (loads("live", "starhashd") or [None])[-1]
    flood_at = (loads("flood", "starhashd") or [None])[0]
    sizes = loads("growth", "starhashd") or [0]
    octets = value("live", "starhashd", live_at, "dialog_octets")
    rows = [
        ["instructions a step", only("instructions", "starhashd", "instructions"), "at most", 5000],
        ["steps with 1024 dialogs, of memory's", ratio(closed_1024["starhashd"], closed_1024["memory"]), "at least", 0.45],
        ["of osmo-euse-demo's", ratio(closed_1024["starhashd"], closed_1024["osmo-euse-demo"]), "at least", 8],
        ["median of one dialog alone, of echo's", ratio(alone["starhashd"], alone["echo"]), "at most", 1.3],
        ["open loop, 99 % of memory's", ratio(value("open", "starhashd", open_at, "p99_us"), value("open", "memory", open_at, "p99_us")),
         "at most", 2],
        ["open loop, 99.9 % of memory's",
         ratio(value("open", "starhashd", open_at, "p999_us"), value("open", "memory", open_at, "p999_us")), "at most", 3],
        ["a million live dialogs, MB", octets, "at most", 250],
        ["steps beside them, of those without them", ratio(value("live", "starhashd", live_at, "steps_per_s"),
                                                           value("live", "starhashd", 1024, "steps_per_s")), "at least", 0.9],
        ["reload: longest wait, ms more than in quiet", ratio(difference(value("reload", "starhashd", 1, "max_us"),
                                                                         value("reload", "starhashd", 0, "max_us")), 1000), "at most", 2],
        ["reload: switch, ms", value("reload", "starhashd", 1, "switch_ms"), "at most", 300],
        ["flood: completed, of the best rate", ratio(value("flood", "starhashd", flood_at, "ended_per_s"),
                                                     value("flood", "starhashd", flood_at, "best_per_s")), "at least", 0.9],
        ["flood: median step, ms", ratio(value("flood", "starhashd", flood_at, "p50_us"), 1000), "at most", 50],
        ["flood: 99 %, ms", ratio(value("flood", "starhashd", flood_at, "p99_us"), 1000), "at most", 200],
        ["flood: 99 % of the refusals, ms", ratio(flood_figure(flood_at, "refusal_p99_us"), 1000), "at most", 100],
        ["flood: normal after, s", value("flood", "starhashd", flood_at, "recovery_s"), "at most", 1],
        [f"time per step, {sizes[-1]:,} accounts to {sizes[0]:,}",
         ratio(value("growth", "starhashd", sizes[0], "steps_per_s"), value("growth", "starhashd", sizes[-1], "steps_per_s")),
         "at most", 1.2],
        ["texts with 1000 at once, of Kannel's", ratio(value("sms", "starhashd", 1000, "steps_per_s"),
                                                       value("sms", "Kannel", 1000, "steps_per_s")), "at least", 100],
    ]
    return "Goals", ["figure of starhashd", "measured", "goal", "reached"], [
        [what, number(got), f"{how} {bound:,}",
         "not valid" if waited() > WAITED_MAX and not what.startswith(("instructions", "a million"))
         else "yes" if (got <= bound if how == "at most" else got >= bound) else "no"]
        for what, got, how, bound in rows if got is not None]


TABLES = [("closed", closed), ("open", open_loop), ("start", start), ("live", live), ("reload", reload), ("flood", flood),
          ("growth", growth), ("sms", sms)]


def markdown(title, head, rows):
    lines = [f"## {title}", "", "| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n\n"


def plain(title, head, rows):
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    lines = [title, ""]
    for row in [head] + rows:
        lines.append("  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    return "\n".join(lines) + "\n\n"


# ---- the picture: a lane for each server, marks of different shapes on a logarithmic scale ----

LIGHT = ["#0065a8", "#b34a00", "#00795a", "#626c78", "#a3407f", "#6b5b00"]
DARK = ["#62b5f0", "#f0954a", "#3fc79c", "#a8b2bf", "#e08cc0", "#d8c24a"]


def colours(ground, ink, faint, grid, marks):
    return (f".ground {{ fill: {ground} }} text {{ fill: {ink} }} .faint {{ fill: {faint} }} .grid {{ stroke: {grid} }}\n"
            + " ".join(f".s{i} {{ fill: {mark}; stroke: {mark} }}" for i, mark in enumerate(marks)) + "\n")


STYLE = ('svg { font-family: system-ui, "Liberation Sans", sans-serif; font-size: 12px } .title { font-size: 15px; font-weight: 600 }\n'
         ".mark { stroke-width: 2 } .stem { stroke-width: 2; stroke-opacity: 0.5 } .strong { font-weight: 600 }\n"
         + colours("#ffffff", "#1d2430", "#5a6472", "#d9dde3", LIGHT)
         + "@media screen and (prefers-color-scheme: dark) {\n" + colours("#14181f", "#e8ebf0", "#a2acb9", "#343b46", DARK) + "}")
SHAPES = ["M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0", "M-4.5,-4.5h9v9h-9z", "M0,-5.5L5.5,4.5L-5.5,4.5z", "M0,-6L6,0L0,6L-6,0z",
          "M-5,-5l10,10m0,-10l-10,10", "M-6,0h12m-6,-6v12"]
WIDTH, LEFT, RIGHT, LANE = 860, 150, 90, 17


def shape(server, x, y):
    i = SERVERS.index(server)
    return f'<path class="mark s{i}" d="{SHAPES[i]}" transform="translate({x:.1f},{y})"/>'


def panel(top, title, groups, write):
    """Groups: name, [(server, value)]. Returns its part of the picture, and where it ends."""
    every = [what for _, marks in groups for _, what in marks if what]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    high = max(high, low + 1)
    height = sum(len(marks) * LANE + 10 for _, marks in groups)

    def place(what):
        return LEFT + (math.log10(what) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    out = [f'<text class="title" x="16" y="{top}">{title}</text>']
    y = top + 18
    for power in range(low, high + 1):
        x = place(10 ** power)
        out.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + height}"/>'
                   f'<text class="faint" x="{x:.1f}" y="{y + height + 14}" text-anchor="middle">{write(10 ** power).replace(".00", "").replace(".0", "")}</text>')
    for name, marks in groups:
        out.append(f'<text x="{LEFT - 12}" y="{y + 5 + len(marks) * LANE / 2 + 4:.0f}" text-anchor="end">{name}</text>')
        for server, what in marks:
            y += LANE
            if not what:
                continue
            strong = " strong" if server == SERVERS[0] else ""
            out.append(f'<line class="stem s{SERVERS.index(server)}" x1="{LEFT}" x2="{place(what):.1f}" y1="{y - 4}" y2="{y - 4}"/>'
                       + shape(server, place(what), y - 4)
                       + f'<text class="faint{strong}" x="{place(what) + 11:.1f}" y="{y}">{write(what)}</text>')
        y += 10
    return "\n".join(out), y + 50


def picture(about):
    shown = [server for server in SERVERS if any(key[1] == server for key in ROUNDS)]
    parts, top = [], 84
    for i, server in enumerate(shown):
        x = 24 + i * 132
        parts.append(shape(server, x, 40) + f'<text x="{x + 12}" y="44">{server}</text>')
    panels = [
        ("Steps a second, by dialogs at once (more is better)", [
            (f"{load:,}", [(server, value("closed", server, load, "steps_per_s")) for server in servers("closed")])
            for load in loads("closed")], number),
        ("Instructions for a step (less is better)", [("", [(server, only("instructions", server, "instructions")) for server in servers("instructions")])],
         number),
        ("Wait for an answer at half of the best rate (less is better)", [
            (name, [(server, value("open", server, load, figure)) for server in servers("open")])
            for load in loads("open")[:1] for figure, name in PERCENTILES], duration),
        ("Texts answered a second, by texts at once (more is better)", [
            (f"{load:,}", [(server, value("sms", server, load, "steps_per_s")) for server in servers("sms")])
            for load in loads("sms")], number),
    ]
    for title, groups, write in panels:
        if any(marks for _, marks in groups):
            part, top = panel(top, title, groups, write)
            parts.append(part)
    for line in about:
        parts.append(f'<text class="faint" x="16" y="{top - 14}">{line.replace("&", "&amp;").replace("<", "&lt;")}</text>')
        top += 16
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" role="img" '
            f'aria-label="Benchmarks of Starhash">\n<style>{STYLE}</style>\n<rect class="ground" width="{WIDTH}" height="{top}"/>\n'
            '<text class="title" x="16" y="20">starhashd beside other servers</text>\n' + "\n".join(parts) + "\n</svg>\n")


def main():
    results, folder = sys.argv[1:]
    with open(results, encoding="utf-8") as lines:
        for line in lines:
            measure, server, load, figure, what = line.split("\t")
            ROUNDS[measure, server, int(load), figure].append(float(what))
    with open(f"{folder}/about.txt", encoding="utf-8") as file:
        about = file.read().splitlines()
    if waited() > WAITED_MAX:
        about.append(f"NOT VALID: others had a processor for up to {waited():.0%} of a measurement. Speeds and waits measure them.")
    tables = [goals()] + [table() for measure, table in TABLES if loads(measure)]
    with open(f"{folder}/results.md", "w", encoding="utf-8") as file:
        file.write("# Benchmarks\n\n" + "\n".join(about) + "\n\n" + "".join(markdown(*table) for table in tables))
    text = "\n".join(about) + "\n\n" + "".join(plain(*table) for table in tables)
    with open(f"{folder}/results.txt", "w", encoding="utf-8") as file:
        file.write(text)
    with open(f"{folder}/results.svg", "w", encoding="utf-8") as file:
        file.write(picture(about))
    print(text, end="")


main()
