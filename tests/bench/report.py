"""What was measured, as text: a table for each case, and the targets with what was reached."""

import statistics

# Below this many of them a median says little; shown beside it.
FEW = 3


def number(value):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}"


def spread(series):
    """Median, with the least and the most of the rounds."""
    if not series:
        return "-"
    if len(series) == 1:
        return number(series[0])
    return f"{number(statistics.median(series))} ({number(min(series))}..{number(max(series))})"


def ratio_text(figures, metric, variant, other):
    if variant == other or other not in figures.values:
        return ""
    ratios = figures.ratios(metric, variant, other)
    return f"{statistics.median(ratios):.2f}" if ratios else ""


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


# The variants that others are compared with, where a case has them.
BASES = ("direct", "nginx", "1 key", "2 providers", "pushes elsewhere", "with control plane")


def case_text(figures):
    bases = [base for base in BASES if base in figures.values]
    metrics = []
    for values in figures.values.values():
        metrics += [metric for metric in values if metric not in metrics]
    rows = [["", "", "median (least..most)", *(f"to {base}" for base in bases)]]
    for metric in metrics:
        for index, variant in enumerate(figures.values):
            series = figures.series(variant, metric)
            if not series:
                continue
            ratios = [ratio_text(figures, metric, variant, base) for base in bases]
            first = not any(row[0] == metric for row in rows)
            rows.append([metric if first else "", variant, spread(series), *ratios])
    text = f"{figures.name}: {figures.title}\n" + table(rows)
    if any(0 < len(figures.series(variant, metrics[0])) < FEW for variant in figures.values):
        text += "\n  few rounds: medians say little"
    for note in figures.notes:
        text += f"\n  {note}"
    for invalid in figures.invalid:
        text += f"\n  INVALID {invalid}"
    return text


class Target:
    """`measure`: what each round of its case has; the median is to reach the limit. `unit`: "x" for ratios."""

    def __init__(self, case, what, limit, measure, unit="x", least=False):
        self.case, self.what, self.limit, self.measure, self.unit, self.least = case, what, limit, measure, unit, least

    def reached(self, value):
        return value >= self.limit if self.least else value <= self.limit

    def limit_text(self):
        return f"{'>=' if self.least else '<='} {self.limit:g} {self.unit}"


def ratio(case, what, metric, other, limit, least=False):
    return Target(case, what, limit, lambda figures: figures.ratios(metric, "sluice", other), least=least)


def added(case, what, metric, limit):
    return Target(case, what, limit, lambda figures: figures.differences(metric, "sluice", "nginx"), unit="us")


def plain(case, what, variant, metric, limit, unit):
    return Target(case, what, limit, lambda figures: figures.series(variant, metric), unit=unit)


PUSHES = ("pushed", "pushes elsewhere")

TARGETS = [
    ratio("small10", "CPU of a small POST to nginx's, 10 connections", "cpu us/req", "nginx", 1.3),
    ratio("small64", "CPU of a small POST to nginx's, 64 connections", "cpu us/req", "nginx", 1.3),
    ratio("small10", "CPU of a small POST to HAProxy's, 10 connections", "cpu us/req", "haproxy", 1.0),
    ratio("small64", "CPU of a small POST to HAProxy's, 64 connections", "cpu us/req", "haproxy", 1.0),
    ratio("small64", "requests a second to nginx's, one worker, 64 connections", "req/s", "nginx", 0.75, least=True),
    added("rate", "p50 beyond nginx's at 3,000 requests a second", "p50 us", 30),
    added("rate", "p99 beyond nginx's at 3,000 requests a second", "p99 us", 100),
    ratio("download", "CPU of a download to nginx's", "cpu s/GiB", "nginx", 1.3),
    ratio("upload", "CPU of an upload to nginx's", "cpu s/GiB", "nginx", 1.3),
    ratio("sse34", "CPU of an event to nginx's, 34 at once", "cpu us/event", "nginx", 1.3),
    ratio("sse-paced", "CPU of an event to nginx's, one at a time", "cpu us/event", "nginx", 1.3),
    plain("idle", "CPU of a small POST beside 8,000 streams, to beside none", "sluice 8000", "to beside none", 1.15, "x"),
    plain("idle", "memory of an open stream, 8,000 open", "sluice 8000", "KiB/stream", 14, "KiB"),
    Target("keys", "CPU of a small POST with 100,000 keys, to with one", 1.03, lambda f: f.ratios("cpu us/req", "100000 keys", "1 key")),
    Target("push", "p99 with a push every 100 ms, to with pushes elsewhere", 1.1, lambda f: f.ratios("p99 us", *PUSHES)),
    plain("syscalls", "system calls of a small request", "sluice", "all", 6, ""),
]


def reach_targets(cases):
    """(target, its value in each round, verdict) of each, for `cases` by name."""
    rows = []
    for target in TARGETS:
        figures = cases.get(target.case)
        values = target.measure(figures) if figures else []
        verdict = "not measured" if not values else "met" if target.reached(statistics.median(values)) else "MISSED"
        rows.append((target, values, verdict))
    return rows


def targets_text(reached):
    rows = [["target", "", "case", "measured (least..most)", ""]]
    for target, values, verdict in reached:
        rows.append([target.what, target.limit_text(), target.case, spread(values), verdict])
    return table(rows)
