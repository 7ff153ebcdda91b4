"""Figures of zones and areas over a window, as the screen shows them (city/windows.py).

They are looked at every EVERY_S seconds, at whole multiples of it: at ``at`` a figure is made of the readings with
``at - window < time <= at`` that have come by ``at + late_s``. Sensors that are not trusted are left out, as everywhere
(roster.active). Below the quorum a figure says nothing: neither that it breaches nor that it is clear. So does a sum
until the city has been heard for as long as its window.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from alerts.judge.bind import Bound
from alerts.judge.machine import Machine, Samples
from alerts.judge.seen import Seen
from alerts.judge.source import Source
from alerts.judge.terms import SECOND
from alerts.judge.world import World
from alerts.rules.model import Aggregate
from city.columns import Columns
from city.registry import Domain
from city.windows import SPANS_S, Figures, Windows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EVERY_S = 5
_SPANS = list(SPANS_S.values())


class Figured:
    """One rule: which figures it looks at, [window, group, metric]."""

    def __init__(self, bound: Bound, domain: Domain, world: World) -> None:
        c = bound.rule.condition
        assert isinstance(c, Aggregate)  # noqa: S101 -- by its Maker
        self.no, self.domain = bound.no, domain.code
        self.figure, self.quorum, self.sensors = c.figure, c.quorum, c.sensors
        self._window = _SPANS.index(c.window_s)
        self._metric = next(i for i, m in enumerate(domain.metrics) if m.name == c.metric)
        self._aggregate = domain.metrics[self._metric].aggregate
        self._adds_up = c.figure == "sum" or (c.figure == "value" and self._aggregate in ("sum", "increase"))
        self.subject: Ints = np.array([n for n, _ in world.places(bound.rule.scope, c.of)], np.int64)
        self._group = -1 - self.subject

    def samples(self, figures: Figures, since_us: int) -> Samples:
        """What it is told of the figures at their moment; readings have been heard since then."""
        at = (self._window, self._group, self._metric)
        expected, reporting = figures.expected[self._group, self._metric], figures.reporting[at]
        enough = (reporting >= max(1, self.sensors)) & (reporting >= self.quorum * expected)
        enough &= not self._adds_up or figures.at_us - since_us >= _SPANS[self._window] * SECOND
        value = np.where(enough, self._value(figures)[at], np.nan)
        return Samples(self.no, self.subject, np.full(len(value), figures.at_us, np.int64), value)

    def _value(self, figures: Figures) -> Floats:
        match self.figure:
            case "value":
                return figures.value
            case "mean":
                return figures.mean
            case "min":
                return figures.low
            case "max":
                return figures.high
        # The value of amounts and counters is their sum; directions and sound levels have none.
        if self._aggregate in ("sum", "increase"):
            return figures.value
        return figures.mean * (figures.count if self._aggregate == "mean" else np.nan)


class Kept:
    """The windows of one domain that wait ``late_us`` for readings, and the rules that look at them. ``since_us``: the
    oldest reading of when they were made."""

    def __init__(self, domain: Domain, late_us: int, rules: list[Figured]) -> None:
        self.domain, self.late_us, self.rules = domain, late_us, rules
        self.windows: Windows | None = None
        self.since_us = 0

    def make(self, now_us: int, world: World, oldest_us: int | None = None) -> Windows:
        """The windows; when there were none they are empty, and ``now_us`` is the first moment to be looked at."""
        if self.windows is None:
            self.since_us = now_us if oldest_us is None else oldest_us
            self.windows = Windows(
                self.domain, len(world.roster.groups), now_us=self.edge_us(now_us) - EVERY_S * SECOND
            )
            self.place(world)
        return self.windows

    def edge_us(self, to_us: int) -> int:
        """The last moment whose figures can be looked at."""
        return (to_us - self.late_us) // (EVERY_S * SECOND) * EVERY_S * SECOND

    def place(self, world: World) -> None:
        """Say where the sensors are."""
        r = world.roster
        number = next(i for i, d in enumerate(r.domains) if d.code == self.domain.code)
        if self.windows is not None:
            self.windows.place(r.zone, r.area, r.active & (r.domain == number), r.declared(self.domain))


class Aggregates(Source):
    """Figures of windows, where the quorum is there."""

    def __init__(self, bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> None:
        self.failed = {}
        self._world = world
        by_windows: dict[tuple[str, int], list[Figured]] = {}
        for b in bounds:
            made = self.alone(b.no, partial(_figured, b, world))
            if made is not None:
                by_windows.setdefault((made.domain, b.terms.late_us), []).append(made)
        known = before if isinstance(before, Aggregates) else None
        self._seen: Seen = Seen() if known is None else known._seen
        self._seen.fit(world.roster.size)
        domains = {d.code: d for d in world.roster.domains}
        self._kept = {
            (code, late_us): Kept(domains[code], late_us, rules) for (code, late_us), rules in by_windows.items()
        }
        if known is not None and known._world.roster.groups == world.roster.groups:
            for key, kept in self._kept.items():
                old = known._kept.get(key)
                if old is not None and old.domain.metrics == kept.domain.metrics:
                    kept.windows, kept.since_us = old.windows, old.since_us
                    kept.place(world)

    def take(self, cols: Columns, now_us: int) -> None:
        if not self._kept:
            return  # nobody would ever look at what is noted
        self._seen.take(cols, now_us)
        for kept in self._kept.values():
            if kept.domain.code == cols.domain and len(cols):
                kept.make(now_us, self._world, int(cols.time_us.min())).fold(cols)

    def unheard(self, since_us: int, until_us: int) -> None:
        self._seen.unheard(since_us, until_us)

    def recall(self, cols: Columns, now_us: int) -> None:
        self._seen.recall(cols, now_us)
        for kept in self._kept.values():
            if kept.domain.code == cols.domain:
                windows = kept.make(now_us, self._world)
                place = {name: i for i, name in enumerate(windows.metrics)}
                column = np.array([place.get(name, -1) for name in cols.metrics])
                row, metric = np.nonzero(~np.isnan(cols.values) & (column >= 0))
                windows.recall(cols.sensor[row].astype(np.int64), column[metric])

    def samples(self, to_us: int) -> list[Samples]:
        out: list[Samples] = []
        if not self._kept:
            return out
        self._seen.settle(to_us, self._world)
        for kept in self._kept.values():
            edge_us = kept.edge_us(to_us)
            windows = kept.make(to_us, self._world)
            if edge_us > windows.edge * SECOND:
                windows.advance(edge_us)
                figures, since_us = windows.figures(), max(kept.since_us, self._seen.quiet_us)
                made = [self.alone(rule.no, partial(rule.samples, figures, since_us)) for rule in kept.rules]
                out += [samples for samples in made if samples is not None]
        return out


def _figured(bound: Bound, world: World) -> Figured:
    """The rule with the one domain in its scope that has its metric."""
    c, scope = bound.rule.condition, bound.rule.scope
    assert isinstance(c, Aggregate)  # noqa: S101 -- by its Maker
    having = [d for d in world.roster.domains if d.metric(c.metric) and (not scope.domain or d.code in scope.domain)]
    if len(having) != 1:
        row = ", ".join(d.code for d in having)
        raise LookupError(f"{c.metric} có ở {row}: ghi scope.domain / {c.metric} is in {row}: name scope.domain")
    return Figured(bound, having[0], world)
