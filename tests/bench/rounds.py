"""Figures that are taken in turns, so that whatever else the machine does meets all variants, and compared within their round."""

import sys

from clients import LoadError


def say(text):
    print(text, file=sys.stderr, flush=True)


class Figures:
    """Of one case: for each variant and metric a value a round, None where it could not be taken."""

    def __init__(self, name, title):
        self.name, self.title = name, title
        self.values = {}
        self.invalid = []
        self.notes = []

    def add(self, variant, turn, figures):
        for metric, value in figures.items():
            series = self.values.setdefault(variant, {}).setdefault(metric, [])
            series += [None] * (turn - len(series))
            series.append(value)

    def add_invalid(self, variant, turn, error):
        self.invalid.append(f"{variant}, round {turn + 1}: {error}")
        say(f"  INVALID: {self.name}: {self.invalid[-1]}")

    def series(self, variant, metric):
        return [value for value in self.values.get(variant, {}).get(metric, []) if value is not None]

    def pairs(self, metric, variant, other):
        """Of the rounds in which both have a value."""
        both = zip(self.values.get(variant, {}).get(metric, []), self.values.get(other, {}).get(metric, []))
        return [(mine, its) for mine, its in both if mine is not None and its is not None]

    def ratios(self, metric, variant, other):
        return [mine / its for mine, its in self.pairs(metric, variant, other) if its > 0]

    def differences(self, metric, variant, other):
        return [mine - its for mine, its in self.pairs(metric, variant, other)]

    def as_json(self):
        return {"title": self.title, "values": self.values, "invalid": self.invalid, "notes": self.notes}


def in_turns(bench, figures, variants, measure, rounds=None):
    """`measure` gives the figures of one variant for one round; who begins changes from round to round."""
    for turn in range(rounds or bench.rounds):
        if bench.out_of_time(figures):
            return
        begin = turn % len(variants)
        for name, variant in variants[begin:] + variants[:begin]:
            try:
                figures.add(name, turn, measure(variant))
            except LoadError as error:
                figures.add_invalid(name, turn, error)
            bench.after_measurement()
