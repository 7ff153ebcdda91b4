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
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from city.bucket_rows import HOUR_US, MINUTE_US, Bools, Floats, Ints, Rows, Values, increases, order
from city.percentiles import percentiles
from city.registry import Domain, Metric

MINUTES = 60
Cells = NDArray[np.int32]
#: Hours of sensors in one block: its arrays of minutes stay in the processor's cache.
BLOCK = 2048
#: Below this part of its length a sum of unit vectors is rounding: the directions cancel out.
CANCELS = 1e-9


@dataclass(slots=True)
class Minutes:
    """One metric over K hours of sensors: arrays [K, 60], NaN where a minute has no reading.

    ``mean`` float32. ``n`` int16; None where no minute of the block has more than one reading, and then ``low`` and
    ``high`` (float32, counters float64) are None as well: they are the mean. ``value`` float32, of amounts and
    counters only. ``percentiles`` float32 [K, p, 60] in the registry's order, of metrics that have them; None where
    ``n`` is, or where they were not asked for.
    """

    mean: NDArray[np.float32]
    n: NDArray[np.int16] | None
    low: Values | None
    high: Values | None
    value: NDArray[np.float32] | None
    percentiles: NDArray[np.float32] | None = None

    def counts(self) -> NDArray[np.int16]:
        """How many readings each minute has, [K, 60]."""
        return (~np.isnan(self.mean)).astype(np.int16) if self.n is None else self.n

    def ranks(self, number: int) -> NDArray[np.float32]:
        """So many percentiles of each minute, [K, number, 60]; NaN where they are not known, or there is nothing."""
        mean = np.broadcast_to(self.mean[:, None], (len(self.mean), number, MINUTES))
        if self.n is None:
            return mean
        # Of a single reading every percentile is that reading.
        known = np.float32(np.nan) if self.percentiles is None else self.percentiles
        return np.where((self.n == 1)[:, None], mean, known)


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

    ``readings``: of metrics with percentiles, (row of the block * 60 + minute, value) of every reading.
    """

    sensor: NDArray[np.int32]
    channel: NDArray[np.int16]
    time_us: Ints
    lag_s: NDArray[np.float32]
    minutes: dict[str, Minutes]
    hours: dict[str, Hours]
    readings: dict[str, tuple[Cells, Values]]

    def __len__(self) -> int:
        return len(self.sensor)


def blocks(domain: Domain, rows: Rows, *, wanted: Bools | None = None, size: int = BLOCK) -> Iterator[Block]:
    """The buckets of all rows, in blocks of about ``size`` hours of sensors; all of a sensor's are in one block.

    ``wanted`` (n,): rows that count. The others only tell the counters where they stood: give the hour before.
    """
    by = order(rows)
    rises = {m.name: increases(rows, by, m.name) for m in domain.metrics if _counts(m) and m.name in rows.values}
    if wanted is not None and not wanted.all():
        places = wanted[by.found]
        by, rises = by.take(places), {name: rise[places] for name, rise in rises.items()}
    if not len(by.found):
        return
    hour = by.time_us // HOUR_US
    starts = np.concatenate(([0], np.flatnonzero(~by.same() | (hour[1:] != hour[:-1])) + 1))
    ends = np.concatenate((starts[1:], [len(hour)]))
    for a, b in _cuts(by.sensor[starts], size):
        first, last = starts[a:b], ends[a:b]
        span = slice(int(first[0]), int(last[-1]))
        mine = by.found[span]
        row = np.repeat(np.arange(len(first), dtype=np.int32), last - first)
        block = Block(
            by.sensor[first], by.channel[first], hour[first] * HOUR_US,
            np.fmin.reduceat(rows.lag_s[mine], first - first[0]), {}, {}, {},
        )  # fmt: skip
        minute = (by.time_us[span] - block.time_us[row]) // MINUTE_US
        spots = _Spots(row * np.int32(MINUTES) + minute.astype(np.int32))
        for m in domain.metrics:
            if m.name in rows.values:
                rise = rises[m.name][span] if m.name in rises else None
                _metric(block, m, spots, rows.values[m.name][mine], rise)
        yield block


def _cuts(sensor: Values, size: int) -> list[tuple[int, int]]:
    """Where blocks begin and end: about ``size`` rows each, and all of a sensor's in one."""
    heads = np.concatenate(([0], np.flatnonzero(sensor[1:] != sensor[:-1]) + 1, [len(sensor)]))
    cuts = np.unique(np.append(heads[np.searchsorted(heads, np.arange(0, len(sensor), size))], len(sensor))).tolist()
    return list(pairwise(cuts))


def _counts(metric: Metric) -> bool:
    return metric.aggregate == "increase"


class _Spots:
    """Where the readings of a block lie. ``cell`` int32 (n,) ascending: row * 60 + minute."""

    def __init__(self, cell: Cells) -> None:
        self.cell = cell
        self.starts = _starts(cell)
        self.single = len(self.starts) == len(cell)
        self.cells = cell if self.single else cell[self.starts]
        self.n = np.diff(self.starts, append=len(cell))
        row = self.cells // np.int32(MINUTES)
        self.rows = _starts(row)
        self.at = row[self.rows]


def _starts(ascending: Cells) -> Ints:
    """Where each run of equal numbers begins."""
    return np.concatenate(([0], np.flatnonzero(ascending[1:] != ascending[:-1]) + 1))


def _metric(block: Block, metric: Metric, spots: _Spots, value: Values, rise: Floats | None) -> None:
    """Put the figures of one metric into the block."""
    there = ~np.isnan(value)
    if not there.all():
        value = value[there]
        if not len(value):
            return
        spots = _Spots(spots.cell[there])
        rise = None if rise is None else rise[there]
    figures = _Sums(metric, spots, value, rise)
    block.minutes[metric.name] = figures.minutes(len(block))
    block.hours[metric.name] = hours = figures.hours(len(block))
    if metric.percentiles:
        hours.percentiles = percentiles(spots.cell // MINUTES, value, len(block), metric.percentiles)
        if not spots.single:
            block.minutes[metric.name].percentiles = by_minute(
                percentiles(spots.cell, value, len(block) * MINUTES, metric.percentiles)
            )
        block.readings[metric.name] = spots.cell, value


class _Sums:
    """One metric's readings of a block, summed up by minute."""

    def __init__(self, metric: Metric, spots: _Spots, value: Values, rise: Floats | None) -> None:
        self.metric, self.spots = metric, spots
        wide = value.astype(np.float64)
        self.x = self.y = None
        if metric.aggregate == "circular":
            angle = np.radians(wide)
            self.x, self.y = self._add(np.sin(angle)), self._add(np.cos(angle))
        elif metric.aggregate == "energy":
            self.x = self._add(10.0 ** (wide / 10.0))
        self.total = self._add(wide)
        self.low = value if spots.single else np.minimum.reduceat(value, spots.starts)
        self.high = value if spots.single else np.maximum.reduceat(value, spots.starts)
        self.own = None
        if metric.aggregate == "sum":
            self.own = self.total
        elif rise is not None:
            self.own = self._add(rise)

    def _add(self, values: Floats) -> Floats:
        return values if self.spots.single else np.add.reduceat(values, self.spots.starts)

    def minutes(self, rows: int) -> Minutes:
        def spread(values: Values, kind: type[np.floating]) -> Values:
            if len(values) == rows * MINUTES:  # every minute has some: mostly
                return values.astype(kind).reshape(rows, MINUTES)
            out = np.full(rows * MINUTES, np.nan, kind)
            out[self.spots.cells] = values
            return out.reshape(rows, MINUTES)

        wide: type[np.floating] = np.float64 if self.metric.double else np.float32
        mean = _mean(self.metric, self.spots.n, self.total, self.x, self.y) if not self.spots.single else self.total
        own = None if self.own is None else spread(self.own, np.float32)
        if self.spots.single:
            return Minutes(spread(mean, np.float32), None, None, None, own)
        n = np.zeros(rows * MINUTES, np.int16)
        n[self.spots.cells] = np.minimum(self.spots.n, np.iinfo(np.int16).max)
        low, high = spread(self.low, wide), spread(self.high, wide)
        return Minutes(spread(mean, np.float32), n.reshape(rows, MINUTES), low, high, own)

    def hours(self, rows: int) -> Hours:
        starts, at = self.spots.rows, self.spots.at

        def spread(values: Values) -> Floats:
            if len(at) == rows:
                return values.astype(np.float64)
            out = np.full(rows, np.nan)
            out[at] = values
            return out

        n = np.zeros(rows, np.int64)
        alone = self.spots.single
        n[at] = some = np.diff(starts, append=len(self.total)) if alone else np.add.reduceat(self.spots.n, starts)
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


def by_minute(ranks: Floats) -> NDArray[np.float32]:
    """Percentiles of K * 60 minutes, [K * 60, p], as they are kept: [K, p, 60]."""
    found: NDArray[np.float32] = ranks.reshape(-1, MINUTES, ranks.shape[1]).transpose(0, 2, 1).astype(np.float32)
    return found
