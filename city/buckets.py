"""Buckets of a minute and of an hour, per (sensor, channel): what its readings of a time come to.

A block is a few thousand hours of sensors at once: every figure is an array over all of them, and nothing loops over
readings or sensors. Minutes are kept in the precision of their tables, hours are figured out in double precision
from the readings.

``mean`` is the mean that is right for the metric (arithmetic, of directions, of sound energy); ``value`` is its own
aggregate (a sum for amounts, the increase for counters, else the mean).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from city.bucket_rows import HOUR_US, Bools, Floats, Ints, Rows, Values, increases, order
from city.registry import Domain, Metric

MINUTES = 60
#: Hours of sensors in one block: its arrays of minutes stay in the processor's cache.
BLOCK = 2048
#: Below this part of its length a sum of unit vectors is rounding: the directions cancel out.
CANCELS = 1e-9


@dataclass(slots=True)
class Minutes:
    """One metric over K hours of sensors: arrays [K, 60], NaN where a minute has no reading.

    ``mean`` float32. ``n`` int16; None where no minute of the block has more than one reading, and then ``low`` and
    ``high`` (float32, counters float64) are None as well: they are the mean. ``value`` float32, of amounts and
    counters only.
    """

    mean: NDArray[np.float32]
    n: NDArray[np.int16] | None
    low: Values | None
    high: Values | None
    value: NDArray[np.float32] | None


@dataclass(slots=True)
class Hours:
    """One metric over K hours of sensors: float64 (K,), NaN where an hour has no reading; ``n`` int64 (K,).

    ``x``, ``y``: mean sine and mean cosine of directions, else None. ``percentiles`` (K, p) in the registry's order.
    """

    n: Ints
    mean: Floats
    low: Floats
    high: Floats
    value: Floats
    x: Floats | None = None
    y: Floats | None = None
    percentiles: Floats | None = None


@dataclass(slots=True)
class Block:
    """K hours of sensors, by (sensor, channel, hour). ``lag_s``: the least of an hour's rows, of any quality.

    ``readings``: of metrics with percentiles, (row of the block, value) of every reading.
    """

    sensor: NDArray[np.int32]
    channel: NDArray[np.int16]
    time_us: Ints
    lag_s: NDArray[np.float32]
    minutes: dict[str, Minutes]
    hours: dict[str, Hours]
    readings: dict[str, tuple[Ints, Values]]

    def __len__(self) -> int:
        return len(self.sensor)


def blocks(domain: Domain, rows: Rows, *, wanted: Bools | None = None, size: int = BLOCK) -> Iterator[Block]:
    """The buckets of all rows, in blocks of at most ``size`` hours of sensors.

    ``wanted`` (n,): rows that count. The others only tell the counters where they stood: give the hour before.
    """
    found = order(rows)
    rises = {m.name: increases(rows, found, m.name) for m in domain.metrics if _counts(m) and m.name in rows.values}
    if wanted is not None:
        found = found[wanted[found]]
    if not len(found):
        return
    sensor, channel = rows.sensor[found], rows.channel[found]
    hour = rows.time_us[found] // HOUR_US
    fresh = (sensor[1:] != sensor[:-1]) | (channel[1:] != channel[:-1]) | (hour[1:] != hour[:-1])
    starts = np.concatenate(([0], np.flatnonzero(fresh) + 1))
    ends = np.concatenate((starts[1:], [len(found)]))
    for a in range(0, len(starts), size):
        first, last = starts[a : a + size], ends[a : a + size]
        mine = found[first[0] : last[-1]]
        row = np.repeat(np.arange(len(first)), last - first)
        heads = mine[first - first[0]]
        block = Block(
            rows.sensor[heads], rows.channel[heads], hour[first] * HOUR_US,
            np.minimum.reduceat(rows.lag_s[mine], first - first[0]), {}, {}, {},
        )  # fmt: skip
        minute = (rows.time_us[mine] - block.time_us[row]) // 60_000_000
        cell = row * MINUTES + minute
        for m in domain.metrics:
            if m.name in rows.values:
                rise = rises[m.name][mine] if m.name in rises else None
                _metric(block, m, cell, rows.values[m.name][mine], rise)
        yield block


def _counts(metric: Metric) -> bool:
    return metric.aggregate == "increase"


def _metric(block: Block, metric: Metric, cell: Ints, value: Values, rise: Floats | None) -> None:
    """Put the figures of one metric into the block. ``cell`` (n,) ascending: row * 60 + minute."""
    there = ~np.isnan(value)
    if not there.all():
        cell, value = cell[there], value[there]
        rise = None if rise is None else rise[there]
        if not len(cell):
            return
    row = cell // MINUTES
    figures = _Sums(metric, cell, value, rise)
    block.minutes[metric.name] = figures.minutes(len(block))
    block.hours[metric.name] = hours = figures.hours(len(block))
    if metric.percentiles:
        hours.percentiles = percentiles(row, value, len(block), metric.percentiles)
        block.readings[metric.name] = row, value


class _Sums:
    """One metric's readings of a block, summed up by minute."""

    def __init__(self, metric: Metric, cell: Ints, value: Values, rise: Floats | None) -> None:
        self.metric = metric
        starts = np.concatenate(([0], np.flatnonzero(cell[1:] != cell[:-1]) + 1))
        self.single = len(starts) == len(cell)
        self.cells = cell[starts]
        self.n = np.diff(starts, append=len(cell))
        wide = value.astype(np.float64)
        self.x = self.y = None
        if metric.aggregate == "circular":
            angle = np.radians(wide)
            self.x, self.y = self._add(np.sin(angle), starts), self._add(np.cos(angle), starts)
        elif metric.aggregate == "energy":
            self.x = self._add(10.0 ** (wide / 10.0), starts)
        self.total = self._add(wide, starts)
        self.low = value if self.single else np.minimum.reduceat(value, starts)
        self.high = value if self.single else np.maximum.reduceat(value, starts)
        self.own = None
        if metric.aggregate == "sum":
            self.own = self.total
        elif rise is not None:
            self.own = self._add(rise, starts)

    def _add(self, values: Floats, starts: Ints) -> Floats:
        return values if self.single else np.add.reduceat(values, starts)

    def minutes(self, rows: int) -> Minutes:
        def spread(values: Values, kind: type[np.floating]) -> Values:
            out = np.full(rows * MINUTES, np.nan, kind)
            out[self.cells] = values
            return out.reshape(rows, MINUTES)

        wide: type[np.floating] = np.float64 if self.metric.double else np.float32
        mean = _mean(self.metric, self.n, self.total, self.x, self.y) if not self.single else self.total
        own = None if self.own is None else spread(self.own, np.float32)
        if self.single:
            return Minutes(spread(mean, np.float32), None, None, None, own)
        n = np.zeros(rows * MINUTES, np.int16)
        n[self.cells] = np.minimum(self.n, np.iinfo(np.int16).max)
        low, high = spread(self.low, wide), spread(self.high, wide)
        return Minutes(spread(mean, np.float32), n.reshape(rows, MINUTES), low, high, own)

    def hours(self, rows: int) -> Hours:
        row = self.cells // MINUTES
        starts = np.concatenate(([0], np.flatnonzero(row[1:] != row[:-1]) + 1))
        at = row[starts]

        def spread(values: Values) -> Floats:
            if len(at) == rows:
                return values.astype(np.float64)
            out = np.full(rows, np.nan)
            out[at] = values
            return out

        n = np.zeros(rows, np.int64)
        n[at] = some = np.add.reduceat(self.n, starts)
        total = np.add.reduceat(self.total, starts)
        x = None if self.x is None else np.add.reduceat(self.x, starts)
        y = None if self.y is None else np.add.reduceat(self.y, starts)
        mean = spread(_mean(self.metric, some, total, x, y))
        value = mean if self.own is None else spread(np.add.reduceat(self.own, starts))
        out = Hours(
            n,
            mean,
            spread(np.minimum.reduceat(self.low, starts)),
            spread(np.maximum.reduceat(self.high, starts)),
            value,
        )
        if x is not None and y is not None:
            out.x, out.y = spread(x / some), spread(y / some)
        return out


def _mean(metric: Metric, n: Ints, total: Floats, x: Floats | None, y: Floats | None) -> Floats:
    """The mean that is right for the metric, of n readings (> 0) each."""
    if metric.aggregate == "circular" and x is not None and y is not None:
        return direction(x / n, y / n)
    if metric.aggregate == "energy" and x is not None:
        return 10.0 * np.log10(x / n)
    return total / n


def direction(x: Floats, y: Floats) -> Floats:
    """Degrees, 0 to 360, of mean sine ``x`` and mean cosine ``y``; NaN where directions cancel out."""
    angle = np.degrees(np.arctan2(x, y)) % 360.0
    return np.where(np.hypot(x, y) > CANCELS, angle, np.nan)


def percentiles(group: Ints, value: Values, groups: int, wanted: tuple[int, ...]) -> Floats:
    """Percentiles of the values of each group, by linear interpolation: [groups, p], NaN for a group without any.

    ``group`` (n,) 0 to groups - 1 in any order.
    """
    out = np.full((groups, len(wanted)), np.nan)
    if not len(group):
        return out
    by = np.lexsort((value, group))
    sorted_values = value[by].astype(np.float64)
    n = np.bincount(group, minlength=groups)
    first = np.cumsum(n) - n
    some = np.flatnonzero(n)
    for i, p in enumerate(wanted):
        at = (n[some] - 1) * (p / 100.0)
        low = np.floor(at).astype(np.int64)
        a = sorted_values[first[some] + low]
        b = sorted_values[first[some] + np.minimum(low + 1, n[some] - 1)]
        out[some, i] = a + (at - low) * (b - a)
    return out
