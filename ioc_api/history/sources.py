"""Steps of sensors, made from what is rolled up and, where that ends, from the readings themselves.

    from        first whole unit                      done_until            to
      ├─ readings ─┤├───────────── rollups ──────────────┤├───── readings ────┤

Hours that rollup_due names have changed since they were rolled up: they come from the readings as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
import psycopg
from numpy.typing import NDArray

from city.bucket_rows import gather, increases, order
from city.buckets import MINUTES, Block
from city.counters import GAP_US
from city.registry import Metric
from city.sensors import Sensor
from infra import readings
from infra.rollup import stored
from infra.times import SECOND
from ioc_api.faults import vi
from ioc_api.history import steps
from ioc_api.history.grid import HOUR_US, Floats, Grid, Ints, widened
from ioc_api.history.kept import UNIT_US, Span, kept, late
from ioc_api.history.question import READ, Part, Question
from ioc_api.problems import Stop

#: Hours that were changed after they were rolled up, and are therefore read anew; with more, the rollup will do.
_STALE = 48


@dataclass
class Filled:
    """Series of some sensors. ``sensor`` and ``channel`` (int64 (n,)) name the grid's rows, by sensor as asked, then
    by channel. ``sources``: what was read (raw, minute, hour)."""

    grid: Grid
    sensor: Ints
    channel: Ints
    sources: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Plan:
    """Where a span comes from: rollups of ``unit`` in ``rolled`` without the ``stale`` hours, readings in ``raw`` and
    for those hours in ``again``. ``exact``: metrics that come from readings all through. ``gone``: parts of units whose
    readings are not kept any more. ``late``: how many hours have changed since they were rolled up, and come from the
    rollup all the same."""

    unit: str
    rolled: Span
    raw: tuple[Span, ...]
    done_us: int
    stale: frozenset[int] = frozenset()
    again: tuple[Span, ...] = ()
    exact: tuple[Metric, ...] = ()
    gone: tuple[Span, ...] = ()
    late: int = 0


def plan(conn: psycopg.Connection, q: Question, part: Part) -> Plan:
    """Look how far rollups reach; 422 where too many readings would have to be read for what is missing."""
    unit = steps.unit(q.every_s)
    # Nothing is measured later than a few minutes from now.
    end = min(q.to_us, max(q.now_us + HOUR_US, q.from_us))
    state = kept(conn, q, part)
    if unit == "raw":
        there, gone = state.readable([(q.from_us, end)])
        return Plan(unit, (0, 0), tuple(there), 0, gone=tuple(gone))
    rolled, rest = state.split(unit, q.from_us, end)
    there, gone = state.readable(rest)
    spans = tuple(there)
    changed = late(conn, part.domain.code, rolled, [s.id for s in part.sensors], _STALE + 1) if rolled[1] else []
    # Hours whose readings are gone, or too many of them, stay as they were rolled up.
    stale = frozenset(h for h in changed if h >= state.raw_us) if len(changed) <= _STALE else frozenset()
    again = tuple((max(h, rolled[0]), min(h + HOUR_US, rolled[1])) for h in sorted(stale))
    number = _number(q, part, spans + again)
    if number > READ:
        raise Stop(
            422, f"khoảng {vi(number)} số đo của câu hỏi này chưa được tổng hợp, mỗi lần cộng được tối đa {vi(READ)}:"
            " hãy hỏi khoảng ngắn hơn hoặc ít cảm biến hơn, và xem `ioc db maintain` có chạy kịp không"
            f" / about {number:,} readings of this question are not rolled up, and {READ:,} can be summed up at once:"
            " ask for less time or fewer sensors, and see that `ioc db maintain` keeps up",
        )  # fmt: skip
    turning = replace(part, metrics=circular(part, q.every_s))
    able = rolled[0] >= state.raw_us and _number(q, turning, [rolled]) + number <= READ
    return Plan(unit, rolled, spans, state.done_us, stale, again, turning.metrics if able else (), tuple(gone),
                len(changed) - len(stale))  # fmt: skip


def circular(part: Part, step_s: int) -> tuple[Metric, ...]:
    """Directions, for steps of several minutes: rolled-up minutes say where the wind came from, not how steadily."""
    if steps.unit(step_s) != "minute" or step_s == steps.MINUTE_S:
        return ()
    return tuple(m for m in part.metrics if m.aggregate == "circular")


def _number(q: Question, part: Part, spans: Sequence[Span]) -> int:
    """About how many readings the part's sensors have in these spans."""
    seconds = sum(max(0, min(b, q.now_us) - a) for a, b in spans) / SECOND
    return int(seconds * sum(len(part.metrics) / part.interval_s(s) for s in part.sensors))


def fill(
    conn: psycopg.Connection, q: Question, part: Part, sensors: Sequence[Sensor], how: Plan, *, extremes: bool = True,
    ranks: bool = True,
) -> Filled:  # fmt: skip
    """The steps of some of the part's sensors. Without ``extremes`` least and greatest values are anything, without
    ``ranks`` there are no percentiles."""
    ids = [s.id for s in sensors]
    ranks = ranks and ranked(q.every_s)
    rows = [Readings.read(conn, part, ids, span) for span in how.raw]
    others = replace(part, metrics=tuple(m for m in part.metrics if m not in how.exact))
    rows += [Readings.read(conn, others, ids, span) for span in how.again if others.metrics]
    if how.exact:
        rows.append(Readings.read(conn, replace(part, metrics=how.exact), ids, how.rolled))
    rolled: list[Block] = []
    if how.rolled[1] > how.rolled[0]:
        first, last = how.rolled[0] // HOUR_US * HOUR_US, how.rolled[1]
        metrics = tuple(m for m in part.metrics if m not in how.exact)
        stretch = stored.Stretch(conn, part.domain, metrics, first, last, ids)
        if how.unit == "hour":
            rolled = list(stretch.hours())
        elif metrics:
            rolled = list(stretch.minutes(extremes=extremes, ranks=ranks))
    every: list[Readings | Block] = [*rows, *rolled]
    found = [(r.sensor.astype(np.int64), r.channel.astype(np.int64)) for r in every]
    sensor, channel = _series(ids, found)
    start_us = steps.begin(q.from_us, q.every_s)
    grid = Grid(len(sensor), part.metrics, start_us, q.every_s * SECOND, q.steps, ranks=ranks)
    out = Filled(grid, sensor, channel)
    index = _Index(sensor, channel)
    for block in rolled:
        out.sources.add(how.unit)
        (_add_hours if how.unit == "hour" else _add_minutes)(grid, part, how, block, index)
    for r in rows:
        if len(r.sensor):
            out.sources.add("raw")
            r.add(grid, part, index)
    return out


def ranked(step_s: int) -> bool:
    """Whether steps of sensors have percentiles: they are kept by the minute and by the hour, and do not add up to
    longer steps."""
    return step_s in (steps.MINUTE_S, steps.HOUR_S) or steps.unit(step_s) == "raw"


def _series(ids: Sequence[int], found: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """The distinct (sensor, channel), by sensor as asked, then by channel; a sensor without readings has channel 0."""
    place = np.full(max(ids, default=0) + 1, -1, np.int64)
    place[ids] = np.arange(len(ids))
    keys = [place[s] << 16 | c for s, c in found]
    there = np.unique(np.concatenate(keys)) if keys else np.empty(0, np.int64)
    silent = np.setdiff1d(np.arange(len(ids)), there >> 16)
    every = np.sort(np.concatenate([there, silent << 16]))
    return np.array(ids, np.int64)[every >> 16], every & 0xFFFF


class _Index:
    """Finds the grid's row of a (sensor, channel)."""

    def __init__(self, sensor: Ints, channel: Ints) -> None:
        keys = sensor << 16 | channel
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def rows(self, sensor: NDArray[Any], channel: NDArray[Any]) -> Ints:
        keys = sensor.astype(np.int64) << 16 | channel
        return np.asarray(self._order[np.searchsorted(self._keys, keys)])


@dataclass(frozen=True)
class Readings:
    """Readings of a span, in rows of (sensor, channel, time), and the values of each metric."""

    sensor: Ints
    channel: Ints
    time_us: Ints
    inside: NDArray[np.bool_]
    values: dict[str, NDArray[np.float64]]
    rises: dict[str, NDArray[np.float64]]

    @staticmethod
    def read(conn: psycopg.Connection, part: Part, ids: Sequence[int], span: Span) -> Readings:
        # A counter rises from the reading before, which may be before the span.
        climbs = [m.name for m in part.metrics if m.aggregate == "increase"]
        since = span[0] - (GAP_US if climbs else 0)
        domain = msgspec.structs.replace(part.domain, metrics=part.metrics)
        columns = readings.fetch(conn, domain, since_us=since - 1, until_us=span[1] - 1, sensors=ids)
        rows = gather(domain, ((c, c.time_us) for c in columns))
        ranked = order(rows) if climbs else None
        rises = {}
        for name in climbs:
            if ranked is not None and name in rows.values:
                rises[name] = np.empty(len(rows))
                rises[name][ranked.found] = increases(rows, ranked, name)
        values = {m.name: widened(rows.values[m.name].astype(np.float64), m) for m in part.metrics
                  if m.name in rows.values}  # fmt: skip
        return Readings(
            rows.sensor.astype(np.int64), rows.channel.astype(np.int64), rows.time_us, rows.time_us >= span[0],
            values, rises,
        )  # fmt: skip

    def add(self, grid: Grid, part: Part, index: _Index) -> None:
        cell = np.full(len(self.sensor), -1, np.int64)
        mine = self.inside
        cell[mine] = grid.place(index.rows(self.sensor[mine], self.channel[mine]), self.time_us[mine])
        for m in part.metrics:
            if m.name in self.values:
                value = self.values[m.name]
                there = mine & ~np.isnan(value)
                rise = self.rises[m.name][there] if m.name in self.rises else None
                grid.add_readings(m.name, cell[there], value[there], rise)


def _add_hours(grid: Grid, part: Part, how: Plan, block: Block, index: _Index) -> None:
    good = ~np.isin(block.time_us, list(how.stale))
    cell = grid.place(index.rows(block.sensor[good], block.channel[good]), block.time_us[good])
    for m in part.metrics:
        h = block.hours[m.name]
        ranks = {} if h.percentiles is None else {p: h.percentiles[good, i] for i, p in enumerate(m.percentiles)}
        grid.add_rolled(
            m.name, cell, h.n[good].astype(np.float64), widened(h.mean[good], m), widened(h.low[good], m),
            widened(h.high[good], m), h.value[good] if m.aggregate in ("sum", "increase") else None,
            None if h.x is None or h.y is None else (h.x[good], h.y[good]),
            {p: widened(v, m) for p, v in ranks.items()},
        )  # fmt: skip


def _add_minutes(grid: Grid, part: Part, how: Plan, block: Block, index: _Index) -> None:
    good = ~np.isin(block.time_us, list(how.stale))
    time_us = block.time_us[good, None] + np.arange(MINUTES) * UNIT_US["minute"]
    row = np.broadcast_to(index.rows(block.sensor[good], block.channel[good])[:, None], time_us.shape)
    inside = (time_us >= how.rolled[0]) & (time_us < how.rolled[1])
    cell = grid.place(row[inside], time_us[inside])
    for m in part.metrics:
        if m.name not in block.minutes or m in how.exact:
            continue
        found = block.minutes[m.name]

        def cut(values: NDArray[Any]) -> Floats:
            return np.asarray(values[good][inside], np.float64)

        mean = cut(found.mean)
        n = cut(found.counts())
        mean = widened(mean, None if m.double else m)
        low: Floats | None = mean
        high: Floats | None = mean
        if found.n is not None and found.low is None:
            low = high = None
        elif found.low is not None and found.high is not None:
            low, high = widened(cut(found.low), m), widened(cut(found.high), m)
        ranks: dict[int, Floats] = {}
        if grid.sums[m.name].percentiles:
            known = found.ranks(len(m.percentiles))
            ranks = {p: widened(cut(known[:, i]), None) for i, p in enumerate(m.percentiles)}
        grid.add_rolled(
            m.name, cell, n, mean, low, high, None if found.value is None else cut(found.value), None,
            ranks, alone=grid.step_us == UNIT_US["minute"],
        )  # fmt: skip
