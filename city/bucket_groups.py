"""Figures of groups (zones, and the areas that they make up) from the figures of their sensors.

What is kept adds up: counts, sums, sums of sines and cosines or of sound energy, least and greatest. So hours make
days and zones make areas, and only percentiles and the number of sensors need more.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from city.bucket_rows import Floats, Ints, Values
from city.buckets import Hours, Minutes, direction
from city.registry import Metric


@dataclass(slots=True)
class Figures:
    """One metric of G groups over W buckets: arrays [G, W], NaN where ``n`` is 0.

    ``x`` and ``y`` (mean sine and cosine) are NaN but for directions. ``sensors``: how many report.
    """

    n: Ints
    mean: Floats
    low: Floats
    high: Floats
    value: Floats
    x: Floats
    y: Floats
    sensors: Ints

    def take(self, groups: Ints) -> Figures:
        """The chosen groups."""
        return Figures(*(getattr(self, f.name)[groups] for f in fields(self)))


class Tally:
    """What the readings of one metric add up to, in G groups and W buckets."""

    def __init__(self, metric: Metric, groups: int, width: int) -> None:
        self.metric = metric
        shape = (groups, width)
        self.n = np.zeros(shape, np.int64)
        self.sensors = np.zeros(shape, np.int64)
        self.total, self.own, self.x, self.y = (np.zeros(shape) for _ in range(4))
        self.low, self.high = np.full(shape, np.nan), np.full(shape, np.nan)

    def minutes(self, part: Minutes, group: Ints, sensor: Values) -> None:
        """Fold in K hours of sensors, by minute. ``group`` (K,): -1 is left out; rows in the order of ``sensor``."""
        low = part.mean if part.low is None else part.low
        high = part.mean if part.high is None else part.high
        x = y = None
        if self.metric.aggregate == "circular":
            # Of a minute only the direction is kept, not how much its readings agreed.
            angle = np.radians(part.mean.astype(np.float64))
            x, y = np.sin(angle), np.cos(angle)
        self._add(group, sensor, part.counts(), part.mean, low, high, part.value, x, y)

    def hours(self, part: Hours, group: Ints, sensor: Values) -> None:
        """Fold in K hours of sensors as one bucket each."""

        def column(values: Values | None) -> Values | None:
            return None if values is None else values[:, None]

        self._add(
            group, sensor, part.n[:, None], part.mean[:, None], part.low[:, None], part.high[:, None],
            column(part.value), column(part.x), column(part.y),
        )  # fmt: skip

    def _add(
        self, group: Ints, sensor: Values, n: Values, mean: Values, low: Values, high: Values, own: Values | None,
        x: Values | None, y: Values | None,
    ) -> None:  # fmt: skip
        by = np.argsort(group, kind="stable")
        by = by[np.searchsorted(group[by], 0) :]
        if not len(by):
            return
        places = group[by]
        starts = np.concatenate(([0], np.flatnonzero(places[1:] != places[:-1]) + 1))
        at = places[starts]
        n = n[by]
        several = int(n.max()) > 1

        def summed(values: Values) -> Floats:
            part = values[by].astype(np.float64)
            part[np.isnan(part)] = 0.0
            if several:
                part *= n
            return np.add.reduceat(part, starts, axis=0)

        counted = np.add.reduceat(n, starts, axis=0, dtype=np.int64 if several else np.int32)
        self.n[at] += counted
        self.low[at] = np.fmin(self.low[at], np.fmin.reduceat(low[by], starts, axis=0))
        self.high[at] = np.fmax(self.high[at], np.fmax.reduceat(high[by], starts, axis=0))
        match self.metric.aggregate:
            case "circular":
                assert x is not None and y is not None  # noqa: S101, PT018 -- directions have both
                self.x[at] += summed(x)
                self.y[at] += summed(y)
            case "energy":
                self.x[at] += summed(10.0 ** (mean.astype(np.float64) / 10.0))
            case "sum" | "increase":
                assert own is not None  # noqa: S101 -- amounts and counters have one
                self.total[at] += summed(mean)
                self.own[at] += np.add.reduceat(np.nan_to_num(own[by].astype(np.float64)), starts, axis=0)
            case _:
                self.total[at] += summed(mean)
        who = sensor[by]
        if not several and not ((who[1:] == who[:-1]) & (places[1:] == places[:-1])).any():
            self.sensors[at] += counted  # a row a sensor, a reading a row
        else:
            self._count_sensors(places, who, n > 0)

    def _count_sensors(self, places: Ints, who: Values, has: Values) -> None:
        """Count each sensor once, however many channels it has; its rows follow each other within a group."""
        fresh = np.concatenate(([True], (who[1:] != who[:-1]) | (places[1:] != places[:-1])))
        if not fresh.all():
            starts = np.flatnonzero(fresh)
            has, places = np.logical_or.reduceat(has, starts, axis=0), places[starts]
        starts = np.concatenate(([0], np.flatnonzero(places[1:] != places[:-1]) + 1))
        self.sensors[places[starts]] += np.add.reduceat(has, starts, axis=0, dtype=np.int64)

    def fold(self, part: Figures, group: Ints) -> None:
        """Fold in the figures of smaller groups or of shorter times. Their sensors are added up: see that none is
        in two of them."""
        weight = part.n.astype(np.float64)
        energy = self.metric.aggregate == "energy"
        np.add.at(self.n, group, part.n)
        np.add.at(self.sensors, group, part.sensors)
        np.add.at(self.total, group, np.nan_to_num(part.mean) * weight)
        np.add.at(self.own, group, np.nan_to_num(part.value))
        x = np.where(part.n > 0, 10.0 ** (part.mean / 10.0), 0.0) if energy else part.x
        np.add.at(self.x, group, np.nan_to_num(x) * weight)
        np.add.at(self.y, group, np.nan_to_num(part.y) * weight)
        np.fmin.at(self.low, group, part.low)
        np.fmax.at(self.high, group, part.high)

    def figures(self) -> Figures:
        """What it comes to."""
        with np.errstate(invalid="ignore", divide="ignore"):
            x, y = self.x / self.n, self.y / self.n
            match self.metric.aggregate:
                case "circular":
                    mean = direction(x, y)
                case "energy":
                    mean = 10.0 * np.log10(x)
                case _:
                    mean = self.total / self.n
        own = self.metric.aggregate in ("sum", "increase")
        value = np.where(self.n > 0, self.own, np.nan) if own else mean
        if self.metric.aggregate != "circular":
            x = y = np.full(x.shape, np.nan)
        return Figures(self.n, mean, self.low, self.high, value, x, y, self.sensors)
