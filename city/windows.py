"""Sliding windows over the readings of one domain, per group (a zone or an area) and metric.

A ring keeps one slot a second for the last 15 minutes. A reading at time t belongs to slot ceil(t), so that the
window of W seconds at the edge ``at`` (a whole second) holds exactly the readings with at - W < t <= at: the last
W slots. Folding and asking are numpy operations over whole batches; nothing loops over readings or sensors.

A reading that is ahead of the edge waits until the edge reaches it; one that is up to 15 minutes late lands in its
own slot. Only readings of quality "measuring" by active sensors are counted.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from city.columns import MEASURING, Columns
from city.counters import Counters
from city.decimals import widen
from city.registry import Domain
from city.rows import grown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_Rows = tuple[Ints, Ints, Ints, Floats]

SPANS_S = {"10s": 10, "1m": 60, "5m": 300, "15m": 900}
RING_S = 900
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Figures:
    """What the windows hold at one edge. Arrays are [window, group, metric], windows in the order of SPANS_S.

    ``mean`` is the mean that is right for the metric (arithmetic, of directions, of sound energy); ``value`` is the
    metric's own aggregate (a sum for amounts, the increase for counters, else the mean). Both, ``low`` and
    ``high`` are NaN where ``count`` is 0 (and ``mean`` where directions cancel out). ``newest_us`` is 0 there.
    ``expected`` is [group, metric].
    """

    at_us: int
    count: Ints
    mean: Floats
    low: Floats
    high: Floats
    value: Floats
    newest_us: Ints
    reporting: Ints
    expected: Ints


class Windows:
    """The windows of one domain; ``groups`` is the number of zones and areas together.

    A sensor belongs to one zone and one area, or to none (-1).
    """

    def __init__(self, domain: Domain, groups: int, *, now_us: int) -> None:
        self.metrics = tuple(m.name for m in domain.metrics)
        self.aggregates = tuple(m.aggregate for m in domain.metrics)
        self.groups = groups
        self.edge = _ceil_s(now_us)
        self._single = np.array([not m.double for m in domain.metrics])
        self._places = {name: i for i, name in enumerate(self.metrics)}
        self._counters = {i: Counters() for i, a in enumerate(self.aggregates) if a == "increase"}
        #: Metrics that add up more than their plain sum, and their columns in `_x` and `_y`.
        self._extra = [i for i, a in enumerate(self.aggregates) if a in ("circular", "energy", "increase")]
        self._ring = False  # a domain without readings takes no memory
        self._zone = np.empty(0, np.int64)
        self._area = np.empty(0, np.int64)
        self._active = np.empty(0, bool)
        self._declared = np.empty((0, len(self.metrics)), bool)
        self._last = np.empty((0, len(self.metrics)), np.int64)
        self._expected: Ints | None = None
        self._ahead: list[tuple[int, int, _Rows]] = []
        self._parked = 0

    def _make_ring(self) -> None:
        self._ring = True
        # One group more than there are: what belongs to no zone or no area falls there and is never asked for.
        shape = (RING_S, self.groups + 1, len(self.metrics))
        self._count = np.zeros(shape, np.int32)
        self._sum = np.zeros(shape)
        self._low = np.full(shape, np.inf)
        self._high = np.full(shape, -np.inf)
        self._newest = np.zeros(shape, np.int64)
        # How many sensors have their newest reading of a metric in the slot: the sum over a window is the number
        # of sensors that report in it, without looking at the sensors.
        self._seen = np.zeros(shape, np.int32)
        few = (*shape[:2], len(self._extra))
        self._x = np.zeros(few)  # sines, sound energy or increases, by the metric's aggregate
        self._y = np.zeros(few)  # cosines

    def place(self, zone: Ints, area: Ints, active: Bools, declared: Bools) -> None:
        """Say where each sensor belongs; rows are the sensors' database numbers.

        ``zone`` and ``area`` (int64[n]) are groups or -1, ``declared`` (bool[n, metrics]) is what each promises to
        measure. What was folded before stays where it was; which sensors report is moved to their new place.
        """
        self._zone = np.where(zone < 0, self.groups, zone)
        self._area = np.where(area < 0, self.groups, area)
        self._active = active
        self._declared = declared
        self._expected = None
        self._last = grown(self._last, len(zone), _NEVER)
        if not self._ring:
            return
        self._seen[:] = 0
        last = self._last[: len(zone)]
        sensor, metric = np.nonzero((last > self.edge - RING_S) & active[:, None])
        slot = last[sensor, metric] % RING_S
        for group in (self._zone, self._area):
            np.add.at(self._seen, (slot, group[sensor], metric), 1)

    def recall(self, sensor: Ints, metric: Ints) -> None:
        """Note that these sensors have reported these metrics at some time, however long ago."""
        known = sensor < len(self._zone)
        before = self._last[sensor[known], metric[known]]
        self._last[sensor[known], metric[known]] = np.maximum(before, _NEVER + 1)
        self._expected = None

    def advance(self, now_us: int) -> None:
        """Move the edge to ceil(now) and fold what has waited for it. The edge never moves back."""
        edge = _ceil_s(now_us)
        if edge <= self.edge:
            return
        before, self.edge = self.edge, edge
        if not self._ring:
            self._take_waiting()
            return
        fresh = np.arange(max(before + 1, edge - RING_S + 1), edge + 1) % RING_S
        for column in (self._count, self._sum, self._newest, self._x, self._y, self._seen):
            column[fresh] = 0
        self._low[fresh] = np.inf
        self._high[fresh] = -np.inf
        self._take_waiting()

    def _take_waiting(self) -> None:
        while self._ahead and self._ahead[0][0] <= self.edge:
            self._fold(*heapq.heappop(self._ahead)[2])

    def fold(self, rows: Columns) -> None:
        """Take in readings of this domain, in any order."""
        usable = (rows.quality == MEASURING) & (rows.sensor < len(self._active))
        usable[usable] = self._active[rows.sensor[usable]]
        if not usable.any():
            return
        if not usable.all():
            rows = rows.take(usable)
        if rows.metrics == self.metrics:
            table = rows.values
        else:
            table = np.full((len(rows), len(self.metrics)), np.nan)
            for i, name in enumerate(rows.metrics):
                if name in self._places:
                    table[:, self._places[name]] = rows.values[:, i]
        self._fold(rows.sensor.astype(np.int64), rows.channel.astype(np.int64), rows.time_us, table)

    def _fold(self, sensor: Ints, channel: Ints, time_us: Ints, table: Floats) -> None:
        slot = _ceil_s(time_us)
        ahead = slot > self.edge
        if ahead.any():
            rest = (sensor[ahead], channel[ahead], time_us[ahead], table[ahead])
            self._parked += 1
            heapq.heappush(self._ahead, (int(slot[ahead].min()), self._parked, rest))
            due = ~ahead
            sensor, channel, time_us, table, slot = sensor[due], channel[due], time_us[due], table[due], slot[due]
        row, metric = np.nonzero(~np.isnan(table))
        value = table[row, metric]
        single = self._single[metric]
        value[single] = widen(value[single])
        climbs = {i: self._increases(i, sensor, channel, time_us, row, metric, value) for i in self._counters}

        inside = slot[row] > self.edge - RING_S
        if not inside.any():
            return
        if not self._ring:
            self._make_ring()
        who, when, place = sensor[row], time_us[row], slot[row] % RING_S
        width = len(self.metrics)
        for group in (self._zone[who], self._area[who]):
            base = place * (self.groups + 1) + group
            at, into = (base * width + metric)[inside], value[inside]
            np.add.at(self._count.reshape(-1), at, 1)
            np.add.at(self._sum.reshape(-1), at, into)
            np.minimum.at(self._low.reshape(-1), at, into)
            np.maximum.at(self._high.reshape(-1), at, into)
            np.maximum.at(self._newest.reshape(-1), at, when[inside])
            for column, i in enumerate(self._extra):
                mine = inside & (metric == i)
                cell = base[mine] * len(self._extra) + column
                self._add_extra(i, cell, climbs[i][mine] if i in climbs else value[mine])
        self._note_sensors((who * width + metric)[inside], slot[row][inside])

    def _increases(
        self, i: int, sensor: Ints, channel: Ints, time_us: Ints, row: Ints, metric: Ints, value: Floats
    ) -> Floats:
        """What each reading of the counter with number ``i`` adds; 0 for the readings of other metrics."""
        mine = metric == i
        out = np.zeros(len(value))
        if mine.any():
            at = row[mine]
            out[mine] = self._counters[i].increases(sensor[at], channel[at], time_us[at], value[mine])
        return out

    def _add_extra(self, i: int, cell: Ints, value: Floats) -> None:
        """Add to what metric ``i`` sums up besides its values."""
        x, y = self._x.reshape(-1), self._y.reshape(-1)
        match self.aggregates[i]:
            case "circular":
                angle = np.radians(value)
                np.add.at(x, cell, np.sin(angle))
                np.add.at(y, cell, np.cos(angle))
            case "energy":
                np.add.at(x, cell, 10.0 ** (value / 10.0))
            case _:
                np.add.at(x, cell, value)

    def _note_sensors(self, cell: Ints, slot: Ints) -> None:
        """Move each (sensor, metric) from the slot of its newest reading so far to that of its newest now."""
        last = self._last.reshape(-1)
        cells = np.unique(cell)
        before = last[cells]
        np.maximum.at(last, cell, slot)
        after = last[cells]
        if (before == _NEVER).any():
            self._expected = None
        moved = after > before
        cells, before, after = cells[moved], before[moved], after[moved]
        sensor, metric = np.divmod(cells, len(self.metrics))
        held = before > self.edge - RING_S
        for group in (self._zone[sensor], self._area[sensor]):
            np.add.at(self._seen, (after % RING_S, group, metric), 1)
            np.subtract.at(self._seen, (before[held] % RING_S, group[held], metric[held]), 1)

    def figures(self) -> Figures:
        """The figures of every window, group and metric at the edge."""
        count, total, low, high, newest, seen, x, y = self._sums()
        empty = count == 0
        low[empty] = high[empty] = np.nan
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / count
            value = np.where(empty, np.nan, total) if "sum" in self.aggregates else mean
            value = np.where([a == "sum" for a in self.aggregates], value, mean)
            for column, i in enumerate(self._extra):
                n, sx, sy = count[..., i], x[..., column], y[..., column]
                if self.aggregates[i] == "circular":
                    angle = np.degrees(np.arctan2(sx, sy)) % 360.0
                    # Directions that cancel out have no mean; what is left is rounding.
                    value[..., i] = mean[..., i] = np.where(np.hypot(sx, sy) > 1e-9 * n, angle, np.nan)
                elif self.aggregates[i] == "energy":
                    value[..., i] = mean[..., i] = 10.0 * np.log10(sx / n)
                else:
                    value[..., i] = np.where(n, sx, np.nan)
        return Figures(self.edge * 1_000_000, count, mean, low, high, value, newest, seen, self.expected())

    def _sums(self) -> tuple[NDArray[Any], ...]:
        """The ring's columns summed up over each window: [window, group, metric]."""
        shape = (len(SPANS_S), self.groups, len(self.metrics))
        if not self._ring:
            zero = np.zeros(shape, np.int64)
            few = np.zeros((*shape[:2], len(self._extra)))
            return zero, np.zeros(shape), np.zeros(shape), np.zeros(shape), zero, zero, few, few
        columns: tuple[NDArray[Any], ...] = (
            self._count,
            self._sum,
            self._low,
            self._high,
            self._newest,
            self._seen,
            self._x,
            self._y,
        )
        joins: tuple[Any, ...] = (np.add, np.add, np.minimum, np.maximum, np.maximum, np.add, np.add, np.add)
        out: list[NDArray[Any]] = [
            np.empty((*shape[:2], c.shape[2]), np.int64 if c.dtype == np.int32 else c.dtype) for c in columns
        ]
        begin = self.edge
        for w, span in enumerate(SPANS_S.values()):
            first = self.edge - span + 1
            for column, join, into in zip(columns, joins, out, strict=True):
                # Each window goes on from the shorter one.
                parts = [join.reduce(column[rows, :-1], axis=0) for rows in _rows(first, begin)]
                into[w] = join.reduce([*parts, into[w - 1]] if w else parts, axis=0)
            begin = first - 1
        return tuple(out)

    def expected(self) -> Ints:
        """Active sensors per group and metric that declare the metric or have reported it, [group, metric]."""
        if self._expected is not None:
            return self._expected
        last = self._last[: len(self._zone)]
        sensor, metric = np.nonzero((self._declared | (last > _NEVER)) & self._active[:, None])
        out = np.zeros((self.groups + 1) * len(self.metrics), np.int64)
        for group in (self._zone, self._area):
            out += np.bincount(group[sensor] * len(self.metrics) + metric, minlength=len(out))
        self._expected = out.reshape(self.groups + 1, len(self.metrics))[:-1]
        return self._expected


def _ceil_s(time_us: Any) -> Any:
    return -(-time_us // 1_000_000)


def _rows(first: int, last: int) -> list[slice]:
    """Rows of the ring that hold the seconds ``first`` to ``last``, both included."""
    a, b = first % RING_S, last % RING_S
    return [slice(a, b + 1)] if a <= b else [slice(a, RING_S), slice(0, b + 1)]
